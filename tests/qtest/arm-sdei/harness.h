/*
 * Host side of the arm-sdei test guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A test starts a guest, gives orders to its PEs and looks at what they
 * report.  guest.S is the program they run, layout.h the mailbox between the
 * two; tests need neither: a whole scenario is C.
 *
 *     Guest *g = guest_start(&config);
 *
 *     guest_expect(g, 1, 0, SDEI_EVENT_REGISTER, 0, GUEST_HANDLER(0), 0x1234);
 *     guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, 0);
 *     guest_expect(g, 1, 0, SDEI_PE_UNMASK);
 *     spin = guest_spin_start(g, 1, pattern, PSTATE_DAIF);
 *     guest_expect(g, 0, 0, SDEI_EVENT_SIGNAL, 0, guest_affinity(g, 1));
 *     guest_wait_handler(g, 1, 0, &frame);
 *     ... look at frame, and let PE 1 make calls from inside the handler ...
 *     guest_complete(g, 1, 0);
 *     guest_spin_stop(g, 1, spin, &frame);
 *
 * Nothing here waits for a time to pass: each wait is for a condition.  Its
 * limit is generous, and reaching it fails the test with a dump of the PE's
 * state.  The harness keeps track of how many frames (handlers, resume points,
 * exceptions) each PE has on its stack, and fails when an order was carried out
 * in another one than the test believes, or when a PE took an exception that
 * nobody announced.
 */

#ifndef TESTS_QTEST_ARM_SDEI_HARNESS_H
#define TESTS_QTEST_ARM_SDEI_HARNESS_H

#include "libqtest.h"
#include "layout.h"

/* The calls, by the numbers of the specification (DEN0054) */
#define SDEI_FN(n)                      (0xc4000020u + (n))
#define SDEI_FN_COUNT                   0x20
#define SDEI_VERSION                    SDEI_FN(0x00)
#define SDEI_EVENT_REGISTER             SDEI_FN(0x01)
#define SDEI_EVENT_ENABLE               SDEI_FN(0x02)
#define SDEI_EVENT_DISABLE              SDEI_FN(0x03)
#define SDEI_EVENT_CONTEXT              SDEI_FN(0x04)
#define SDEI_EVENT_COMPLETE             SDEI_FN(0x05)
#define SDEI_EVENT_COMPLETE_AND_RESUME  SDEI_FN(0x06)
#define SDEI_EVENT_UNREGISTER           SDEI_FN(0x07)
#define SDEI_EVENT_STATUS               SDEI_FN(0x08)
#define SDEI_EVENT_GET_INFO             SDEI_FN(0x09)
#define SDEI_EVENT_ROUTING_SET          SDEI_FN(0x0a)
#define SDEI_PE_MASK                    SDEI_FN(0x0b)
#define SDEI_PE_UNMASK                  SDEI_FN(0x0c)
#define SDEI_INTERRUPT_BIND             SDEI_FN(0x0d)
#define SDEI_INTERRUPT_RELEASE          SDEI_FN(0x0e)
#define SDEI_EVENT_SIGNAL               SDEI_FN(0x0f)
#define SDEI_FEATURES                   SDEI_FN(0x10)
#define SDEI_PRIVATE_RESET              SDEI_FN(0x11)
#define SDEI_SHARED_RESET               SDEI_FN(0x12)

#define SDEI_NOT_SUPPORTED              (-1)
#define SDEI_INVALID_PARAMETERS         (-2)
#define SDEI_DENIED                     (-3)
#define SDEI_PENDING                    (-5)
#define SDEI_OUT_OF_RESOURCE            (-10)

/* EVENT_REGISTER flags, EVENT_STATUS bits, EVENT_GET_INFO and FEATURES words */
#define SDEI_REGISTER_RM_PE             1
#define SDEI_REGISTER_RELATIVE          2
#define SDEI_STATUS_REGISTERED          1
#define SDEI_STATUS_ENABLED             2
#define SDEI_STATUS_RUNNING             4
#define SDEI_INFO_TYPE                  0
#define SDEI_INFO_NOT_SIGNALABLE        1
#define SDEI_INFO_PRIORITY              2
#define SDEI_INFO_ROUTING_MODE          3
#define SDEI_INFO_ROUTING_AFFINITY      4
#define SDEI_FEATURE_BIND_SLOTS         0
#define SDEI_FEATURE_RELATIVE           1

#define PSCI_CPU_OFF                    0x84000002u
#define PSCI_CPU_SUSPEND                0xc4000001u
#define PSCI_CPU_ON                     0xc4000003u
#define PSCI_CPU_ON_SMC32               0x84000003u
#define PSCI_AFFINITY_INFO              0xc4000004u
#define PSCI_SYSTEM_RESET               0x84000009u
#define PSCI_VERSION                    0x84000000u
#define PSCI_FEATURES                   0x8400000au
#define PSCI_AFFINITY_ON                0
#define PSCI_AFFINITY_OFF               1
#define PSCI_ALREADY_ON                 (-4)

/* ESR.EC */
#define EC_UNDEFINED                    0x00
#define EC_ILLEGAL_STATE                0x0e
#define EC_HVC64                        0x16
#define EC_STEP_SAME_EL                 0x33

/* PSTATE as in an SPSR */
#define PSTATE_EL0                      0x0
#define PSTATE_EL1T                     0x4
#define PSTATE_EL1H                     0x5
#define PSTATE_EL2H                     0x9
#define PSTATE_AARCH32_USR              0x10
#define PSTATE_AARCH32_SVC              0x13
#define PSTATE_AARCH32                  (1u << 4)
#define PSTATE_DAIF                     0x3c0
#define PSTATE_BTYPE                    (3u << 10)
#define PSTATE_SSBS                     (1u << 12)
#define PSTATE_ALLINT                   (1u << 13)
#define PSTATE_IL                       (1u << 20)
#define PSTATE_SS                       (1u << 21)
#define PSTATE_PAN                      (1u << 22)
#define PSTATE_UAO                      (1u << 23)
#define PSTATE_DIT                      (1u << 24)
#define PSTATE_TCO                      (1u << 25)
#define PSTATE_NZCV                     0xf0000000u
#define PSTATE_EXLOCK                   (1ull << 34)

/* Instructions for guest_run(); A64 unless the name says otherwise */
#define INSN_NOP                        0xd503201fu
#define INSN_WFI                        0xd503207fu
#define INSN_WFE                        0xd503205fu
#define INSN_SEVL                       0xd50320bfu
#define INSN_ISB                        0xd5033fdfu
#define INSN_HVC                        0xd4000002u
#define INSN_SMC                        0xd4000003u
#define INSN_SVC(imm)                   (0xd4000001u | ((imm) << 5))
#define INSN_HVC_IMM(imm)               (0xd4000002u | ((imm) << 5))
#define INSN_MOV(rd, rm)                (0xaa0003e0u | (rd) | ((rm) << 16))
#define INSN_B(offset)                  (0x14000000u | \
                                         (((offset) / 4) & 0x3ffffff))
#define INSN_CBNZ(rt, offset)           (0xb5000000u | (rt) | \
                                         ((((offset) / 4) & 0x7ffff) << 5))
#define INSN_TBZ63(rt, offset)          (0xb6f80000u | (rt) | \
                                         ((((offset) / 4) & 0x3fff) << 5))
#define INSN_LDR_LITERAL(rt, offset)    (0x58000000u | (rt) | \
                                         ((((offset) / 4) & 0x7ffff) << 5))
#define INSN_SUB(rd, rn, rm)            (0xcb000000u | (rd) | ((rn) << 5) | \
                                         ((rm) << 16))
#define INSN_ADD_IMM(rd, rn, imm)       (0x91000000u | (rd) | ((rn) << 5) | \
                                         ((imm) << 10))
#define INSN_LDR_W(rt, rn)              (0xb9400000u | (rt) | ((rn) << 5))
#define INSN_STR_W(rt, rn)              (0xb9000000u | (rt) | ((rn) << 5))
#define INSN_LDR_X(rt, rn)              (0xf9400000u | (rt) | ((rn) << 5))
#define INSN_STR_X(rt, rn)              (0xf9000000u | (rt) | ((rn) << 5))
#define INSN_MRS(rt, reg)               (0xd5200000u | (rt) | (reg))
#define INSN_MSR(rt, reg)               (0xd5000000u | (rt) | (reg))
#define INSN_DUP_2D(vd, rn)             (0x4e080c00u | (vd) | ((rn) << 5))
#define INSN_UMOV_D1(rd, vn)            (0x4e183c00u | (rd) | ((vn) << 5))
#define INSN_A32_LDR_PC(rt, offset)     (0xe59f0000u | ((rt) << 12) | \
                                         ((offset) - 8))
#define INSN_A32_STR(rt, rn)            (0xe5800000u | ((rt) << 12) | \
                                         ((rn) << 16))
#define INSN_A32_B_SELF                 0xeafffffeu
#define INSN_A32_SVC(imm)               (0xef000000u | (imm))
#define INSN_A32_SMC                    0xe1600070u
#define INSN_A32_HVC_IMM(imm)           (0xe1400070u | ((imm) & 0xf) | \
                                         (((imm) & 0xfff0) << 4))

/* System registers for guest_read_sysreg(), guest_write_sysreg() */
#define SYSREG(op0, op1, crn, crm, op2) (((op0) << 19) | ((op1) << 16) | \
                                         ((crn) << 12) | ((crm) << 8) | \
                                         ((op2) << 5))
#define SYSREG_SCTLR_EL1                SYSREG(3, 0, 1, 0, 0)
#define SYSREG_SCTLR_EL2                SYSREG(3, 4, 1, 0, 0)
#define SYSREG_VBAR_EL1                 SYSREG(3, 0, 12, 0, 0)
#define SYSREG_VBAR_EL2                 SYSREG(3, 4, 12, 0, 0)
#define SYSREG_HCR_EL2                  SYSREG(3, 4, 1, 1, 0)
#define SYSREG_ESR_EL1                  SYSREG(3, 0, 5, 2, 0)
#define SYSREG_ESR_EL2                  SYSREG(3, 4, 5, 2, 0)
#define SYSREG_FAR_EL1                  SYSREG(3, 0, 6, 0, 0)
#define SYSREG_FAR_EL2                  SYSREG(3, 4, 6, 0, 0)
#define SYSREG_SP_EL0                   SYSREG(3, 0, 4, 1, 0)
#define SYSREG_SP_EL1                   SYSREG(3, 4, 4, 1, 0)
#define SYSREG_DBGWVR0_EL1              SYSREG(2, 0, 0, 0, 6)
#define SYSREG_DBGWCR0_EL1              SYSREG(2, 0, 0, 0, 7)
#define SYSREG_MDSCR_EL1                SYSREG(2, 0, 0, 2, 2)
#define SYSREG_OSLAR_EL1                SYSREG(2, 0, 1, 0, 4)
#define SYSREG_CNTVCT_EL0               SYSREG(3, 3, 14, 0, 2)
#define SYSREG_ID_AA64PFR0_EL1          SYSREG(3, 0, 0, 4, 0)
#define SYSREG_ID_AA64PFR1_EL1          SYSREG(3, 0, 0, 4, 1)
#define SYSREG_ID_AA64MMFR1_EL1         SYSREG(3, 0, 0, 7, 1)

#define SCTLR_SPINTMASK                 (1ull << 62)
#define SCTLR_DSSBS                     (1ull << 44)
#define SCTLR_SPAN                      (1ull << 23)

#define MDSCR_KDE                       (1u << 13)
#define MDSCR_MDE                       (1u << 15)
#define MDSCR_SS                        (1u << 0)
#define HCR_RW                          (1ull << 31)
#define HCR_TGE                         (1ull << 27)
#define HCR_E2H                         (1ull << 34)

#define GUEST_MAX_CPUS                  512

/**
 * GuestConfig: what to start
 * @cpus: number of vCPUs; all are brought up
 * @cpu: -cpu, NULL for "max" under TCG and "host" under KVM
 * @machine: properties of -machine virt beside sdei=on, or NULL
 * @accel: -accel, NULL for guest_accel()
 * @args: further arguments or NULL
 * @no_sdei: sdei=off
 * @firmware: the guest is firmware and not a kernel, for machines with ACPI
 */
typedef struct GuestConfig {
    unsigned cpus;
    const char *cpu;
    const char *machine;
    const char *accel;
    const char *args;
    bool no_sdei;
    bool firmware;
} GuestConfig;

/* A frame or a result: layout.h, FRAME_*; all words in host byte order */
typedef struct GuestFrame {
    uint64_t x[31];
    uint64_t sp;
    uint64_t nzcv;
    uint64_t daif;
    uint64_t currentel;
    uint64_t spsel;
    uint64_t pan;
    uint64_t uao;
    uint64_t dit;
    uint64_t ssbs;
    uint64_t tco;
    uint64_t allint;
    uint64_t elr;
    uint64_t spsr;
    uint64_t esr;
    uint64_t far;
    uint64_t elr_el1;
    uint64_t spsr_el1;
    uint64_t esr_el1;
    uint64_t id;
    uint64_t depth;
    uint64_t ticket;
    uint64_t leave_seq;
    uint64_t leave_ret;
    uint64_t prev;
    uint64_t reserved[9];
} GuestFrame;

QEMU_BUILD_BUG_ON(offsetof(GuestFrame, sp) != FRAME_SP);
QEMU_BUILD_BUG_ON(offsetof(GuestFrame, elr) != FRAME_ELR);
QEMU_BUILD_BUG_ON(offsetof(GuestFrame, ticket) != FRAME_TICKET);
QEMU_BUILD_BUG_ON(sizeof(GuestFrame) != FRAME_SIZE);

/**
 * GuestPE: what the harness knows of a PE
 * @affinity: as in calls
 * @features: FEATURE_ bits
 * @seq: number of the last order
 * @untaken: the same, unless the PE is known to have taken it, then 0
 * @leave_seq: number of the last order that leaves a frame
 * @busy: by slot, an order that the test has not waited for, or 0
 * @depth: frames that the test knows to be on the stack
 * @next_ticket: frames with a lower one have been seen
 * @exceptions: exceptions that the test has accounted for
 * @announced: exceptions that it expects next
 */
typedef struct GuestPE {
    uint64_t affinity;
    uint64_t features;
    uint64_t seq;
    uint64_t untaken;
    uint64_t leave_seq;
    uint64_t busy[SLOTS];
    unsigned depth;
    uint64_t next_ticket;
    uint64_t exceptions;
    unsigned announced;
} GuestPE;

typedef struct Guest {
    QTestState *qts;
    GuestConfig config;
    unsigned client_el;
    GuestPE pe[GUEST_MAX_CPUS];
} Guest;

/**
 * GuestRun: code to run on a PE with all registers set
 * @seq: its order number
 * @address: where @code will be
 * @code: instructions, and data for them
 * @words: how many
 * @x: X0-X30
 * @pstate: how to enter it, as in an SPSR
 * @pc: where to start
 */
typedef struct GuestRun {
    uint64_t seq;
    uint64_t address;
    uint32_t code[CODE_SIZE / 4];
    unsigned words;
    uint64_t x[31];
    uint64_t pstate;
    uint64_t pc;
} GuestRun;

/* Starting and ending */

/**
 * guest_accel: the accelerator: $ARM_SDEI_TEST_ACCEL, or "tcg"
 *
 * Under KVM the guest shares memory with the test while its MMU is off, thus
 * its caches too.  An emulated Arm host has none; a real one might need
 * FEAT_S2FWB.
 */
const char *guest_accel(void);
bool guest_is_kvm(void);
/** guest_has_kernel_gic: are the PPIs those of a GIC in the host kernel? */
bool guest_has_kernel_gic(void);
/** guest_has_kernel_gicv2: can the host kernel's GIC be a GICv2? */
bool guest_has_kernel_gicv2(void);
/** guest_has_nested_kvm: has the host of KVM an EL2 for guests? */
bool guest_has_nested_kvm(void);

/**
 * guest_start: start QEMU with the guest and bring up all PEs
 *
 * If the previous guest has the same @config its machine is reset instead,
 * which is faster.  guest_finish() ends the last one.
 */
Guest *guest_start(const GuestConfig *config);

/**
 * guest_attach: talk to a guest that runs already, as after a migration
 * @qts: QEMU it runs in now
 * @from: the harness's knowledge of it, which is copied; or NULL
 * @config: what it was started with
 *
 * The new Guest is the caller's to g_free(); guest_start() does not know it.
 */
Guest *guest_attach(QTestState *qts, const Guest *from,
                    const GuestConfig *config);
void guest_finish(void);

/**
 * guest_command_line: arguments of a QEMU for @config
 *
 * For tests that need to start one of their own, with guest_image() in it.
 * $ARM_SDEI_TEST_ARGS are options for all of them.
 */
char *guest_command_line(const GuestConfig *config);

/** guest_reset: reset the machine, by QMP, and bring up all PEs again */
void guest_reset(Guest *g);

/** guest_reboot: after a reset by other means, bring up all PEs again */
void guest_reboot(Guest *g);

/* Power; @by makes the PSCI call */
void guest_cpu_on(Guest *g, unsigned by, unsigned cpu);
/** guest_wait_up: wait until a PE that was powered on takes orders */
void guest_wait_up(Guest *g, unsigned cpu);
void guest_cpu_off(Guest *g, unsigned by, unsigned cpu);
/** guest_wait_off: wait until AFFINITY_INFO, asked by @by, says OFF */
void guest_wait_off(Guest *g, unsigned by, unsigned cpu);

/* Orders */

uint64_t guest_affinity(Guest *g, unsigned cpu);
/** guest_pstate: @flags in the handler mode of the client EL (EL1h, EL2h) */
uint64_t guest_pstate(Guest *g, uint64_t flags);
/** guest_sysreg: the one of the client EL */
uint32_t guest_sysreg(Guest *g, uint32_t el1, uint32_t el2);

/**
 * guest_call: make a call on a PE, in its main loop or innermost frame
 * @fn: function id, followed by up to 17 arguments
 *
 * Uses the conduit of the machine.  Returns X0.
 */
#define guest_call(g, cpu, fn, ...) \
    guest_call_array(g, cpu, fn, (const uint64_t[17]) { __VA_ARGS__ })
int64_t guest_call_array(Guest *g, unsigned cpu, uint64_t fn,
                         const uint64_t args[17]);

/**
 * guest_expect: make a call and fail, saying all, unless it returns @expected
 */
#define guest_expect(g, cpu, expected, fn, ...) \
    guest_expect_array(g, cpu, expected, fn, \
                       (const uint64_t[17]) { __VA_ARGS__ }, \
                       __FILE__, __LINE__, __func__)
void guest_expect_array(Guest *g, unsigned cpu, int64_t expected, uint64_t fn,
                        const uint64_t args[17],
                        const char *file, int line, const char *func);

/**
 * guest_call_start: begin a call which a handler may interrupt
 *
 * Returns: its number, for guest_wait(), whose result has X0-X17 afterwards
 */
#define guest_call_start(g, cpu, fn, ...) \
    guest_call_start_array(g, cpu, fn, (const uint64_t[17]) { __VA_ARGS__ })
uint64_t guest_call_start_array(Guest *g, unsigned cpu, uint64_t fn,
                                const uint64_t args[17]);

/**
 * guest_post: give an order
 * @op: OP_*
 * @x: X0-X30, or NULL for zeroes
 *
 * Returns: its number, for guest_wait()
 */
uint64_t guest_post(Guest *g, unsigned cpu, unsigned op, const uint64_t x[31]);

/**
 * guest_wait: wait until an order has been carried out
 * @seq: number of the order
 * @result: what came out, or NULL
 */
void guest_wait(Guest *g, unsigned cpu, uint64_t seq, GuestFrame *result);

/** guest_nop: wait until a PE is back in its order loop */
void guest_nop(Guest *g, unsigned cpu);

/* Code */

/** guest_run_init: no code yet, the client EL's handler mode, DAIF masked */
void guest_run_init(Guest *g, unsigned cpu, GuestRun *run);
void guest_run_insn(GuestRun *run, uint32_t insn);
/** guest_run_mark_started: see guest_run_wait_started(); uses X30 only */
void guest_run_mark_started(unsigned cpu, GuestRun *run);
/** guest_run_loop: loop to word @first until guest_stop(); uses X30 only */
void guest_run_loop(unsigned cpu, GuestRun *run, unsigned first);
/** guest_run_end: back to the order loop, from AArch64 code at any EL */
void guest_run_end(GuestRun *run);
/**
 * guest_write_code: put instructions into memory
 *
 * Word by word: where KVM's host is emulated, memcpy() may use SVE, and of
 * what an SVE instruction overwrites QEMU's TCG forgets only the translations
 * that have the first byte.
 */
void guest_write_code(Guest *g, uint64_t addr, const uint32_t *words,
                      unsigned n);

/** guest_run_start: start it; guest_wait() gives registers and SPSR = PSTATE */
void guest_run_start(Guest *g, unsigned cpu, const GuestRun *run);
void guest_run_wait_started(Guest *g, unsigned cpu);
/**
 * guest_end_pstate, guest_end_pc: PSTATE at the end of a run, and where it was
 * @result: of guest_wait()
 */
uint64_t guest_end_pstate(const GuestFrame *result);
uint64_t guest_end_pc(const GuestFrame *result);
/** guest_run: start it and wait for its end */
void guest_run(Guest *g, unsigned cpu, const GuestRun *run, GuestFrame *result);

/**
 * guest_spin_start: fill all registers and spin
 * @x: X0-X30; bit 63 of X30 must be clear
 * @pstate: as in an SPSR
 *
 * The loop touches X30 only, and that always reads as @x[30] until the end,
 * when bit 63 is set.  Returns when the PE is in the loop.
 */
uint64_t guest_spin_start(Guest *g, unsigned cpu, const uint64_t x[31],
                          uint64_t pstate);
/** guest_stop: let it fall out of the loop */
void guest_stop(Guest *g, unsigned cpu);
void guest_spin_stop(Guest *g, unsigned cpu, uint64_t seq, GuestFrame *result);
/** guest_spin_pc: the address of the loop, which is two instructions long */
uint64_t guest_spin_pc(unsigned cpu, uint64_t seq);

uint64_t guest_read_sysreg(Guest *g, unsigned cpu, uint32_t reg);
void guest_write_sysreg(Guest *g, unsigned cpu, uint32_t reg, uint64_t value);
/* Memory and devices as that PE sees them */
uint32_t guest_read32(Guest *g, unsigned cpu, uint64_t addr);
void guest_write32(Guest *g, unsigned cpu, uint64_t addr, uint32_t value);

/* Frames */

/** guest_set_mode: what to do on entry to frame @id: MODE_* */
void guest_set_mode(Guest *g, unsigned cpu, unsigned id, unsigned mode);
/** guest_set_poke: store @value at @addr, then leave; for MODE_AUTO */
void guest_set_poke(Guest *g, unsigned cpu, unsigned id, uint64_t addr,
                    uint32_t value);
/** guest_count: how often frame @id was entered */
uint64_t guest_count(Guest *g, unsigned cpu, unsigned id);
/** guest_wait_count: wait until guest_count() is @count; fail if it is more */
void guest_wait_count(Guest *g, unsigned cpu, unsigned id, uint64_t count);

/** guest_wait_frame: wait until a PE has entered frame @id, one level deeper */
void guest_wait_frame(Guest *g, unsigned cpu, unsigned id, GuestFrame *frame);
#define guest_wait_handler(g, cpu, n, frame) \
    guest_wait_frame(g, cpu, ID_HANDLER(n), frame)

/**
 * guest_edit_frame: change the innermost frame
 * @offset: FRAME_*
 *
 * X18-X30, ELR and SPSR are what the interrupted code gets back, with
 * guest_leave_eret() also X0-X17, and PC and PSTATE from ELR and SPSR.
 */
void guest_edit_frame(Guest *g, unsigned cpu, unsigned offset, uint64_t value);

/**
 * guest_leave: leave the innermost frame
 * @op: OP_LEAVE_*
 * @x: X0-X17 of the call, or NULL
 *
 * What was interrupted goes on.  A call that does not leave fails the test
 * when that is waited for.
 */
void guest_leave(Guest *g, unsigned cpu, unsigned op, const uint64_t x[31]);
void guest_complete(Guest *g, unsigned cpu, uint64_t status);
void guest_complete_and_resume(Guest *g, unsigned cpu, uint64_t address);
void guest_leave_eret(Guest *g, unsigned cpu);
/** guest_leave_fails: fail unless a call to leave returns @expected */
void guest_leave_fails(Guest *g, unsigned cpu, int64_t expected, uint64_t fn,
                       uint64_t arg);

/** guest_announce_exception: the next order may take one exception */
void guest_announce_exception(Guest *g, unsigned cpu);
/** guest_announce_exceptions: from now on the PE may take any number of them */
void guest_announce_exceptions(Guest *g, unsigned cpu);
/** guest_expect_exception: it has, and this was its ESR.EC */
void guest_expect_exception(Guest *g, unsigned cpu, unsigned ec);

/* The rest */

/** guest_pattern: distinct values for X0-X30 made of @seed, X30 bit 63 clear */
void guest_pattern(uint64_t x[31], uint32_t seed);

uint64_t guest_word(Guest *g, unsigned cpu, unsigned offset);
void guest_set_word(Guest *g, unsigned cpu, unsigned offset, uint64_t value);

/**
 * GuestWait: for waiting loops, zeroed at first
 *
 * while (!condition) { if (!guest_wait_more(&wait)) { guest_fail(...); } }
 */
typedef struct GuestWait {
    int64_t deadline;
    unsigned pause;
} GuestWait;

bool guest_wait_more(GuestWait *wait);

/** guest_fail: print @fmt and the state of PE @cpu, and fail */
#define guest_fail(g, cpu, ...) \
    guest_fail_at(g, cpu, __FILE__, __LINE__, __func__, __VA_ARGS__)
G_NORETURN
void guest_fail_at(Guest *g, unsigned cpu, const char *file, int line,
                   const char *func, const char *fmt, ...)
    G_GNUC_PRINTF(6, 7);

/** guest_check_eq: two numbers are equal; @what says of what, printf-like */
#define guest_check_eq(g, cpu, got, expected, ...) \
    do { \
        uint64_t got_ = (got), expected_ = (expected); \
        if (got_ != expected_) { \
            g_autofree char *what_ = g_strdup_printf(__VA_ARGS__); \
            guest_fail(g, cpu, "%s: got 0x%" PRIx64 ", expected 0x%" PRIx64, \
                       what_, got_, expected_); \
        } \
    } while (0)

/** guest_check_regs: registers @first to @last of two sets are equal */
#define guest_check_regs(g, cpu, got, expected, first, last, what) \
    do { \
        for (unsigned r_ = (first); r_ <= (last); r_++) { \
            guest_check_eq(g, cpu, (got)[r_], (expected)[r_], \
                           "%s: X%u", what, r_); \
        } \
    } while (0)

const char *sdei_fn_name(uint64_t fn);

/**
 * guest_machine_dtb: make a machine, run nothing
 * @args: QEMU's arguments
 * @error: what QEMU wrote to stderr; may be NULL
 *
 * Returns: its device tree, or NULL if QEMU refused, with exit status 1
 */
void *guest_machine_dtb(const char *args, char **error);

#endif
