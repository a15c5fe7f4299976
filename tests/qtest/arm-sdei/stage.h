/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: code in a context of the test's choice, to be interrupted
 *
 * A stage is a run (see guest_run()) that writes system registers at the
 * client EL first, then does an exception return to a body of code that stands
 * in memory of its own, so that it can be at any exception level, in any
 * execution state and behind any translation.  PE 0 is on stage, PE 1 signals.
 */

#ifndef TESTS_QTEST_ARM_SDEI_STAGE_H
#define TESTS_QTEST_ARM_SDEI_STAGE_H

#include "scenario.h"

/* Memory for the test: 64 MiB from here are RAM that nobody else uses */
#define STAGE_BODY              0x48000f80      /* the page ends in it */
#define STAGE_VECTORS           0x48010000
#define STAGE_HANDLER           0x48011000
#define STAGE_DATA              0x48020000
#define STAGE_TABLE_EL1         0x48030000
#define STAGE_TABLE_EL2         0x48031000

#define INSN_ERET               0xd69f03e0u
#define INSN_B_SELF             0x14000000u
#define INSN_BR(rn)             (0xd61f0000u | ((rn) << 5))
#define INSN_BLR(rn)            (0xd63f0000u | ((rn) << 5))
#define INSN_MOVZ(rd, imm, hw)  (0xd2800000u | (rd) | ((imm) << 5) | \
                                 ((hw) << 21))
#define INSN_MOVK(rd, imm, hw)  (0xf2800000u | (rd) | ((imm) << 5) | \
                                 ((hw) << 21))
#define INSN_CBZ(rt, offset)    (0xb4000000u | (rt) | \
                                 ((((offset) / 4) & 0x7ffff) << 5))
#define INSN_STR_X_AT(rt, rn, offset) \
                                (0xf9000000u | (rt) | ((rn) << 5) | \
                                 ((offset) / 8 << 10))
#define INSN_DSB_ISH            0xd5033b9fu
#define INSN_TLBI_VMALLE1       0xd508871fu
#define INSN_TLBI_ALLE2         0xd50c871fu
#define INSN_MSR_PAN(imm)       (0xd500409fu | ((imm) << 8))
#define INSN_MSR_UAO(imm)       (0xd500407fu | ((imm) << 8))
#define INSN_MSR_TCO(imm)       (0xd503409fu | ((imm) << 8))
#define INSN_T32_B_SELF         0xe7fe
#define INSN_T32_NOP            0xbf00
#define INSN_T32_WFI            0xbf30
#define INSN_T32_SVC            0xdf00
#define INSN_A32_WFI            0xe320f003u
#define INSN_T32_PAIR(a, b)     ((a) | (uint32_t)(b) << 16)

#define SYSREG_SPSR_EL1         SYSREG(3, 0, 4, 0, 0)
#define SYSREG_SPSR_EL2         SYSREG(3, 4, 4, 0, 0)
#define SYSREG_ELR_EL1          SYSREG(3, 0, 4, 0, 1)
#define SYSREG_ELR_EL2          SYSREG(3, 4, 4, 0, 1)
#define SYSREG_CPACR_EL1        SYSREG(3, 0, 1, 0, 2)
#define SYSREG_CPTR_EL2         SYSREG(3, 4, 1, 1, 2)
#define SYSREG_MDCR_EL2         SYSREG(3, 4, 1, 1, 1)
#define SYSREG_TTBR0_EL1        SYSREG(3, 0, 2, 0, 0)
#define SYSREG_TTBR0_EL2        SYSREG(3, 4, 2, 0, 0)
#define SYSREG_TCR_EL1          SYSREG(3, 0, 2, 0, 2)
#define SYSREG_TCR_EL2          SYSREG(3, 4, 2, 0, 2)
#define SYSREG_MAIR_EL1         SYSREG(3, 0, 10, 2, 0)
#define SYSREG_MAIR_EL2         SYSREG(3, 4, 10, 2, 0)

#define HCR_TWI                 (1ull << 13)

#define PSTATE_AARCH32_T        (1u << 5)
/* In AArch32 these have other places */
#define PSTATE_AARCH32_SSBS     (1u << 23)
#define PSTATE_AARCH32_IT       0x0600fc00u
#define PSTATE_AARCH32_E        (1u << 9)

/* Cores and client ELs */
typedef enum StageMachines {
    STAGE_EL1_MAX = 1 << 0,     /* with MTE, NMI and all else */
    STAGE_EL2_MAX = 1 << 1,
    STAGE_EL1_A57 = 1 << 2,     /* Armv8.0, GICv2 */
    STAGE_EL2_A72 = 1 << 3,     /* Armv8.0 */
    STAGE_EL1_N1 = 1 << 4,      /* Armv8.2, no AArch32 at EL1 */
    STAGE_EL2_N1 = 1 << 5,
    STAGE_EL1_A710 = 1 << 6,    /* Armv9.0, no AArch32 at EL1 */
    STAGE_EL2_A710 = 1 << 7,
    STAGE_EL2_KVM = 1 << 8,     /* the host's, on which E2H is always set */

    STAGE_MAX = STAGE_EL1_MAX | STAGE_EL2_MAX | STAGE_EL2_KVM,
    STAGE_A710 = STAGE_EL1_A710 | STAGE_EL2_A710,
    STAGE_N1 = STAGE_EL1_N1 | STAGE_EL2_N1,
    STAGE_A32_EL1 = STAGE_EL2_MAX | STAGE_EL2_A72,
    STAGE_VHE = STAGE_EL2_MAX | STAGE_EL2_N1 | STAGE_EL2_A710 | STAGE_EL2_KVM,
    STAGE_EL1 = STAGE_EL1_MAX | STAGE_EL1_A57 | STAGE_EL1_N1 | STAGE_EL1_A710,
    STAGE_EL2 = STAGE_EL2_MAX | STAGE_EL2_A72 | STAGE_EL2_N1 | STAGE_EL2_A710,
    STAGE_ALL = STAGE_EL1 | STAGE_EL2 | STAGE_EL2_KVM,
} StageMachines;

/** stage_add: as scenario_add(), on each of @machines */
void stage_add(StageMachines machines, ScenarioFn *fn, const void *data,
               const char *path_fmt, ...) G_GNUC_PRINTF(4, 5);

/**
 * StageContext: a context that an event can interrupt
 * @machines: that have it
 * @pstate: its mode
 * @hcr: HCR_EL2 if there is one
 * @raise: instruction that takes an exception to the client EL, whose ELR ...
 * @raise_skip: ... is this far from the instruction after it
 * @end: the instruction that ends a run there ...
 * @end_pstate: ... in this mode, if it is another
 * @banked: differs from another one just in the bank of AArch32 registers
 */
typedef struct StageContext {
    const char *name;
    StageMachines machines;
    uint64_t pstate;
    uint64_t hcr;
    uint32_t raise;
    uint32_t end;
    uint64_t end_pstate;
    unsigned raise_skip;
    bool banked;
} StageContext;

extern const StageContext stage_contexts[];
extern const unsigned stage_num_contexts;

/** stage_context_vhe: HCR_EL2.{E2H,TGE} are both set */
bool stage_context_vhe(const StageContext *c);
/** stage_context_pstate: those of PSTATE's @bits that it has, and its mode */
uint64_t stage_context_pstate(Guest *g, const StageContext *c, uint64_t bits);
/** stage_context_self: the instruction that branches to itself */
uint32_t stage_context_self(const StageContext *c);

/**
 * Stage: all that belongs to one
 * @x: X0-X30 of the body
 * @pstate: to enter the body with
 * @pc: where to enter it, or where it goes on
 */
typedef struct Stage {
    Guest *g;
    GuestRun run;
    uint64_t x[31];
    uint64_t pstate;
    uint64_t pc;
    uint32_t body[160];
    unsigned words;
} Stage;

/**
 * stage_init: an empty stage
 * @hcr: HCR_EL2, if the client EL is 2
 *
 * V0-V29 will be filled from X0-X29.
 */
void stage_init(Stage *st, Guest *g, uint64_t pstate, uint64_t hcr);
/** stage_insn: an instruction at the client EL, before the body; X30 is free */
void stage_insn(Stage *st, uint32_t insn);
/** stage_sysreg: write a system register before the body */
void stage_sysreg(Stage *st, uint32_t reg, uint64_t value);
/** stage_body: append an instruction to the body; returns its address */
uint64_t stage_body(Stage *st, uint32_t insn);
void stage_start(Stage *st);
/** stage_wait: wait for the end of the run */
void stage_wait(Stage *st, GuestFrame *result);
/** stage_wait_data: wait until a 64-bit word of memory is @value */
void stage_wait_data(Stage *st, uint64_t addr, uint64_t value);

/**
 * stage_handler: make @words, which COMPLETE follows, the handler of event 0
 * @arg: its ep_arg
 */
void stage_handler(Guest *g, const uint32_t *words, unsigned n, uint64_t arg);
/**
 * stage_resume_and_end: COMPLETE_AND_RESUME, then go to the end of the context
 * @frame: where COMPLETE_AND_RESUME led to
 *
 * Returns: PSTATE that the end is to be reached with
 */
uint64_t stage_resume_and_end(Stage *st, const StageContext *c, uint64_t end,
                              GuestFrame *frame, GuestFrame *result);

/**
 * stage_interrupt: signal event 0 until its handler has interrupted the body
 * @handler: where it is registered
 *
 * What the event interrupts before the body is just continued.
 */
void stage_interrupt(Stage *st, unsigned handler, GuestFrame *frame);

void add_pstate_tests(void);
void add_interrupted_tests(void);
void add_return_tests(void);

#endif
