/*
 * arm-sdei-test: entering and leaving a handler
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "scenario.h"

#define EP_ARG          0xfedcba9876543210ull
#define SPIN_INSNS      2

/* SP_ELx of code that OP_RUN has started */
static uint64_t run_sp(Guest *g, unsigned cpu)
{
    return guest_word(g, cpu, PE_RUN_SP);
}

/*
 * PE 0 spins with a pattern in all registers, gets an event from PE 1, and
 * goes on.  Nothing of what it had may change.
 */
static void interrupt_spin_with(Guest *g, const uint64_t x[31], uint64_t pstate)
{
    GuestFrame frame, result;
    Entry entry = { .arg = EP_ARG, .pstate = pstate, .x = x };
    uint64_t seq;

    seq = guest_spin_start(g, 0, x, pstate);
    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, 0, &frame);
    entry.pc = guest_spin_pc(0, seq);
    entry.pc_last = entry.pc + 4;
    entry_check(g, 0, &frame, &entry);
    guest_check_eq(g, 0, frame.sp, run_sp(g, 0), "entry SP_ELx");
    context_check(g, 0, x);
    guest_complete(g, 0, 0);
    guest_spin_stop(g, 0, seq, &result);
    guest_check_regs(g, 0, result.x, x, 0, 29, "after COMPLETE");
    guest_check_eq(g, 0, result.x[30], x[30] | 1ull << 63,
                   "after COMPLETE: X30");
    guest_check_eq(g, 0, guest_end_pstate(&result), pstate,
                   "after COMPLETE: PSTATE");
    guest_check_eq(g, 0, result.sp, frame.sp, "after COMPLETE: SP_ELx");
}

static void interrupt_spin(Guest *g, uint32_t seed, uint64_t pstate)
{
    uint64_t x[31];

    guest_pattern(x, seed);
    interrupt_spin_with(g, x, pstate);
}

/* A register may hold what looks like a result of a call, or like none */
static void test_values(Guest *g, const void *data)
{
    static const int64_t values[] = {
        INT64_MIN, INT64_MAX, 0, SDEI_NOT_SUPPORTED, SDEI_INVALID_PARAMETERS,
        SDEI_DENIED, SDEI_PENDING, SDEI_OUT_OF_RESOURCE, 0xc4000024,
    };
    uint64_t x[31];

    event_ready(g, 0, 0, EP_ARG);
    for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
        guest_pattern(x, 0x1100 + i);
        for (unsigned reg = 0; reg < 18; reg++) {
            x[reg] = values[i];
        }
        interrupt_spin_with(g, x, guest_pstate(g, PSTATE_DAIF));
    }
}

static void test_nzcv(Guest *g, const void *data)
{
    event_ready(g, 0, 0, EP_ARG);
    for (uint64_t nzcv = 0; nzcv < 16; nzcv++) {
        interrupt_spin(g, 0x1000 + nzcv,
                       guest_pstate(g, nzcv << 28 | PSTATE_DAIF));
    }
}

static void test_daif(Guest *g, const void *data)
{
    event_ready(g, 0, 0, EP_ARG);
    for (uint64_t daif = 0; daif < 16; daif++) {
        interrupt_spin(g, 0x2000 + daif, guest_pstate(g, daif << 6));
    }
}

/* FEAT_GCS: code between GCSPOPCX and ERET, which has to stay locked */
static void test_exlock(Guest *g, const void *data)
{
    uint64_t pfr1 = guest_read_sysreg(g, 0, SYSREG_ID_AA64PFR1_EL1);

    if (!extract64(pfr1, 44, 4)) {
        g_test_skip("the CPU has no FEAT_GCS");
        return;
    }
    event_ready(g, 0, 0, EP_ARG);
    interrupt_spin(g, 0x2100, guest_pstate(g, PSTATE_DAIF | PSTATE_EXLOCK));
    interrupt_spin(g, 0x2101, guest_pstate(g, PSTATE_NZCV | PSTATE_EXLOCK));
}

static void test_el0(Guest *g, const void *data)
{
    event_ready(g, 0, 0, EP_ARG);
    interrupt_spin(g, 0x3000, PSTATE_EL0);
    interrupt_spin(g, 0x3001, PSTATE_EL0 | PSTATE_NZCV | PSTATE_DAIF);
}

/* The client's own level, with SP_EL0 */
static void test_thread_sp(Guest *g, const void *data)
{
    uint64_t mode = g->client_el == 2 ? PSTATE_EL2H & ~1ull : PSTATE_EL1T;

    event_ready(g, 0, 0, EP_ARG);
    guest_write_sysreg(g, 0, SYSREG_SP_EL0, 0x1234560);
    interrupt_spin(g, 0x3100, mode | PSTATE_DAIF);
    guest_check_eq(g, 0, guest_read_sysreg(g, 0, SYSREG_SP_EL0), 0x1234560,
                   "SP_EL0");
}

/* EL1 below an EL2 client */
static void test_el1_below_client(Guest *g, const void *data)
{
    event_ready(g, 0, 0, EP_ARG);
    guest_write_sysreg(g, 0, SYSREG_SP_EL1, 0x6543210);
    guest_write_sysreg(g, 0, SYSREG_SP_EL0, 0x1234560);
    interrupt_spin(g, 0x3200, PSTATE_EL1H);
    interrupt_spin(g, 0x3201, PSTATE_EL1H | PSTATE_DAIF | PSTATE_NZCV);
    interrupt_spin(g, 0x3202, PSTATE_EL1T | PSTATE_DAIF);
    guest_check_eq(g, 0, guest_read_sysreg(g, 0, SYSREG_SP_EL1), 0x6543210,
                   "SP_EL1");
    guest_check_eq(g, 0, guest_read_sysreg(g, 0, SYSREG_SP_EL0), 0x1234560,
                   "SP_EL0");
}

static void test_vhe(Guest *g, const void *data)
{
    uint64_t hcr = guest_read_sysreg(g, 0, SYSREG_HCR_EL2);

    guest_write_sysreg(g, 0, SYSREG_HCR_EL2, hcr | HCR_E2H | HCR_TGE);
    event_ready(g, 0, 0, EP_ARG);
    interrupt_spin(g, 0x3300, PSTATE_EL2H);
    interrupt_spin(g, 0x3301, PSTATE_EL2H | PSTATE_NZCV | PSTATE_DAIF);
    interrupt_spin(g, 0x3302, PSTATE_EL0);
    interrupt_spin(g, 0x3303, PSTATE_EL0 | PSTATE_NZCV);
}

/* An endless AArch32 loop at EL0, ended by moving it on to its SVC */
static void test_el0_aarch32(Guest *g, const void *data)
{
    GuestFrame frame, result;
    Entry entry = { .arg = EP_ARG };
    GuestRun run;

    event_ready(g, 0, 0, EP_ARG);
    guest_set_mode(g, 0, ID_RESUME(0), MODE_SERVE);

    guest_run_init(g, 0, &run);
    guest_run_insn(&run, INSN_A32_LDR_PC(14, 16));
    guest_run_insn(&run, INSN_A32_STR(14, 14));
    guest_run_insn(&run, INSN_A32_B_SELF);
    guest_run_insn(&run, INSN_A32_SVC(RUN_END_IMM));
    guest_run_insn(&run, PE_AREA(0) + PE_STARTED);
    guest_pattern(run.x, 0x3400);
    for (unsigned i = 0; i < ARRAY_SIZE(run.x); i++) {
        run.x[i] = (uint32_t)run.x[i];
    }
    run.pstate = PSTATE_AARCH32_USR | 0xa0000000;
    guest_run_start(g, 0, &run);
    guest_run_wait_started(g, 0);
    run.x[14] = PE_AREA(0) + PE_STARTED;

    entry.pc = run.address + 4;
    entry.pc_last = run.address + 8;
    entry.pstate = run.pstate;
    entry.x = run.x;
    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, 0, &frame);
    entry_check(g, 0, &frame, &entry);
    context_check(g, 0, run.x);
    guest_complete(g, 0, 0);

    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, 0, &frame);
    entry.pc = run.address + 8;
    entry_check(g, 0, &frame, &entry);
    guest_complete_and_resume(g, 0, GUEST_RESUME(0));
    guest_wait_frame(g, 0, ID_RESUME(0), &frame);
    guest_check_eq(g, 0, frame.elr, run.address + 8, "ELR");
    guest_check_eq(g, 0, frame.spsr, run.pstate, "SPSR");
    guest_check_regs(g, 0, frame.x, run.x, 0, 17, "after COMPLETE_AND_RESUME");
    guest_edit_frame(g, 0, FRAME_ELR, run.address + 12);
    guest_leave_eret(g, 0);
    guest_wait(g, 0, run.seq, &result);
    guest_check_regs(g, 0, result.x, run.x, 0, 14, "after COMPLETE");
    guest_check_eq(g, 0, guest_end_pstate(&result), run.pstate,
                   "after COMPLETE: PSTATE");
}

/* X18-X30, SP, ELR, SPSR, ESR, FAR are neither saved nor set */
static void test_el_registers(Guest *g, const void *data)
{
    uint64_t seq;
    GuestFrame frame, result;
    GuestRun run;
    uint32_t esr = guest_sysreg(g, SYSREG_ESR_EL1, SYSREG_ESR_EL2);
    uint32_t far = guest_sysreg(g, SYSREG_FAR_EL1, SYSREG_FAR_EL2);
    unsigned loop;

    event_ready(g, 0, 0, EP_ARG);
    guest_run_init(g, 0, &run);
    guest_run_insn(&run, INSN_MSR(1, esr));
    guest_run_insn(&run, INSN_MSR(2, far));
    guest_run_mark_started(0, &run);
    loop = run.words;
    guest_run_loop(0, &run, loop);
    guest_run_end(&run);
    guest_pattern(run.x, 0x4000);
    run.x[1] = 0x02345678;
    seq = run.seq;
    guest_run_start(g, 0, &run);
    guest_run_wait_started(g, 0);

    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, 0, &frame);
    guest_check_eq(g, 0, frame.elr, run.pc, "entry ELR");
    guest_check_eq(g, 0, frame.spsr, run.pstate, "entry SPSR");
    guest_check_eq(g, 0, frame.esr, run.x[1], "entry ESR");
    guest_check_eq(g, 0, frame.far, run.x[2], "entry FAR");
    /* What the handler leaves in X18-X30 stays */
    for (unsigned i = 18; i < 30; i++) {
        run.x[i] = ~run.x[i];
        guest_edit_frame(g, 0, FRAME_X(i), run.x[i]);
    }
    guest_complete(g, 0, 1);
    guest_spin_stop(g, 0, seq, &result);
    guest_check_regs(g, 0, result.x, run.x, 0, 29, "after COMPLETE");
}

static void test_fp_simd(Guest *g, const void *data)
{
    uint64_t x[31];
    GuestFrame result;
    GuestRun run, look;

    event_ready(g, 0, 0, EP_ARG);
    guest_run_init(g, 0, &run);
    for (unsigned i = 0; i < 30; i++) {
        guest_run_insn(&run, INSN_DUP_2D(i, i));
    }
    guest_run_mark_started(0, &run);
    guest_run_loop(0, &run, run.words);
    guest_run_end(&run);
    guest_pattern(x, 0x5000);
    memcpy(run.x, x, sizeof(x));
    guest_run_start(g, 0, &run);
    guest_run_wait_started(g, 0);
    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, 0, NULL);

    guest_run_init(g, 0, &look);
    for (unsigned i = 0; i < 30; i++) {
        guest_run_insn(&look, INSN_UMOV_D1(i, i));
    }
    guest_run_end(&look);
    guest_run(g, 0, &look, &result);
    guest_check_regs(g, 0, result.x, x, 0, 29, "vector registers");
    guest_complete(g, 0, 0);
    guest_spin_stop(g, 0, run.seq, NULL);
}

/* A call that delivers an event on its own PE finishes first */
static void test_self_signal(Guest *g, const void *data)
{
    GuestFrame frame, result;
    Entry entry = { .arg = EP_ARG };
    GuestRun run;

    event_ready(g, 0, 0, EP_ARG);
    guest_run_init(g, 0, &run);
    guest_run_insn(&run, g->client_el == 2 ? INSN_SMC : INSN_HVC);
    guest_run_end(&run);
    guest_pattern(run.x, 0x6000);
    run.x[0] = SDEI_EVENT_SIGNAL;
    run.x[1] = EVENT_SW_SIGNALED;
    run.x[2] = guest_affinity(g, 0);
    run.pstate = guest_pstate(g, 0x60000000);
    guest_run_start(g, 0, &run);
    guest_wait_handler(g, 0, 0, &frame);

    entry.pc = run.address + 4;
    entry.pstate = run.pstate;
    entry.x = run.x;
    run.x[0] = 0;
    entry_check(g, 0, &frame, &entry);
    guest_check_eq(g, 0, guest_call(g, 0, SDEI_EVENT_CONTEXT, 0), 0,
                   "result of EVENT_SIGNAL in the interrupted context");
    guest_complete(g, 0, 0);
    guest_wait(g, 0, run.seq, &result);
    guest_check_regs(g, 0, result.x, run.x, 4, 30, "after COMPLETE");
    guest_check_eq(g, 0, result.x[0], 0, "result of EVENT_SIGNAL");
    guest_check_eq(g, 0, result.spsr, run.pstate, "after COMPLETE: PSTATE");
}

/* A PE_UNMASK that delivers has its result in X0 too */
static void test_unmask_delivers(Guest *g, const void *data)
{
    GuestFrame result;
    uint64_t seq;

    event_enable(g, 0, 0, EP_ARG);
    event_signal(g, 0, 0);
    seq = guest_call_start(g, 0, SDEI_PE_UNMASK, 0x1111, 0x2222);
    guest_wait_handler(g, 0, 0, NULL);
    guest_check_eq(g, 0, guest_call(g, 0, SDEI_EVENT_CONTEXT, 0), 0,
                   "result of PE_UNMASK in the interrupted context");
    guest_complete(g, 0, 0);
    guest_wait(g, 0, seq, &result);
    guest_check_eq(g, 0, result.x[0], 0, "result of PE_UNMASK");
}

typedef struct ResumeCase {
    const char *path;
    uint64_t address;
    unsigned id;
    uint64_t pstate;        /* of the interrupted code; the mode, if 0: ELxh */
    bool el0;
} ResumeCase;

static const ResumeCase resume_cases[] = {
    { "masked", GUEST_RESUME(0), ID_RESUME(0), PSTATE_DAIF },
    { "unmasked-flags", GUEST_RESUME(1), ID_RESUME(1), 0x50000000 },
    /* As Linux does: an IRQ vector of its own */
    { "irq-vector", GUEST_VECTORS + 0x280, ID_IRQ, 0 },
    { "irq-vector-from-el0", GUEST_VECTORS + 0x480, ID_IRQ, PSTATE_NZCV, true },
    { "from-el0", GUEST_RESUME(2), ID_RESUME(2), 0, true },
};

static void test_complete_and_resume(Guest *g, const void *data)
{
    const ResumeCase *c = data;
    uint64_t pstate = c->el0 ? c->pstate : guest_pstate(g, c->pstate);
    uint64_t sctlr = guest_read_sysreg(g, 0, guest_sysreg(g, SYSREG_SCTLR_EL1,
                                                          SYSREG_SCTLR_EL2));
    uint64_t x[31], pc, seq;
    GuestFrame frame, result;

    event_ready(g, 0, 0, EP_ARG);
    guest_set_mode(g, 0, c->id, MODE_SERVE);
    guest_pattern(x, 0x7000);
    seq = guest_spin_start(g, 0, x, pstate);
    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, 0, &frame);
    pc = frame.x[2];
    guest_complete_and_resume(g, 0, c->address);

    guest_wait_frame(g, 0, c->id, &frame);
    guest_check_regs(g, 0, frame.x, x, 0, 30, "after COMPLETE_AND_RESUME");
    guest_check_eq(g, 0, frame.elr, pc, "ELR");
    guest_check_eq(g, 0, frame.spsr, pstate, "SPSR");
    guest_check_eq(g, 0, frame.sp, run_sp(g, 0), "SP_ELx");
    guest_check_eq(g, 0, frame.currentel >> 2, g->client_el, "CurrentEL");
    guest_check_eq(g, 0, frame.spsel, 1, "SPSel");
    guest_check_eq(g, 0, frame.daif, PSTATE_DAIF, "DAIF");
    guest_check_eq(g, 0, frame.nzcv, pstate & PSTATE_NZCV, "NZCV");
    guest_check_eq(g, 0, frame.pan | frame.dit | frame.ssbs | frame.tco |
                   frame.allint,
                   entry_pstate(g, 0, pstate, sctlr, false) &
                   (PSTATE_PAN | PSTATE_DIT | PSTATE_SSBS | PSTATE_TCO |
                    PSTATE_ALLINT), "PAN, DIT, SSBS, TCO, ALLINT");

    /* The handler is over: back to the state before, and no context */
    event_check_status(g, 0, SDEI_STATUS_REGISTERED | SDEI_STATUS_ENABLED);
    guest_expect(g, 0, SDEI_DENIED, SDEI_EVENT_CONTEXT, 0);
    guest_expect(g, 0, SDEI_DENIED, SDEI_EVENT_COMPLETE, 0);

    guest_leave_eret(g, 0);
    guest_spin_stop(g, 0, seq, &result);
    guest_check_regs(g, 0, result.x, x, 0, 29, "after ERET");
    guest_check_eq(g, 0, guest_end_pstate(&result), pstate,
                   "after ERET: PSTATE");
}

static void test_resume_misaligned(Guest *g, const void *data)
{
    uint64_t x[31], seq;
    GuestFrame result;

    event_ready(g, 0, 0, EP_ARG);
    guest_pattern(x, 0x7100);
    seq = guest_spin_start(g, 0, x, guest_pstate(g, 0));
    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, 0, NULL);
    for (unsigned i = 1; i < 4; i++) {
        guest_leave_fails(g, 0, SDEI_INVALID_PARAMETERS,
                          SDEI_EVENT_COMPLETE_AND_RESUME, GUEST_RESUME(0) + i);
    }
    /* Nothing has happened */
    event_check_status(g, 0, 7);
    context_check(g, 0, x);
    guest_complete(g, 0, 0);
    guest_spin_stop(g, 0, seq, &result);
    guest_check_regs(g, 0, result.x, x, 0, 29, "after COMPLETE");
}

/* An event that is pending at COMPLETE comes at once, in the same context */
static void test_pending_at_complete(Guest *g, const void *data)
{
    uint64_t x[31], seq;
    GuestFrame first, second, result;

    event_ready(g, 0, 0, EP_ARG);
    guest_pattern(x, 0x7200);
    seq = guest_spin_start(g, 0, x, guest_pstate(g, PSTATE_NZCV));
    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, 0, &first);
    event_signal(g, 1, 0);
    guest_nop(g, 0);
    guest_check_eq(g, 0, guest_count(g, 0, ID_HANDLER(0)), 1,
                   "handler entered while it runs");
    guest_complete(g, 0, 0);
    guest_wait_count(g, 0, ID_HANDLER(0), 2);
    guest_wait_handler(g, 0, 0, &second);
    guest_check_regs(g, 0, second.x, first.x, 0, 30, "second entry");
    guest_check_eq(g, 0, second.sp, first.sp, "second entry: SP");
    context_check(g, 0, x);
    guest_complete(g, 0, 0);
    guest_spin_stop(g, 0, seq, &result);
    guest_check_regs(g, 0, result.x, x, 0, 29, "after COMPLETE");
    guest_check_eq(g, 0, guest_count(g, 0, ID_HANDLER(0)), 2, "entries");
}

/*
 * Single step of the very call that delivers the event: the handler is not
 * stepped, and what was interrupted is, once it goes on.
 */
static void test_single_step(Guest *g, const void *data)
{
    GuestFrame frame, result;
    GuestRun run;

    event_ready(g, 0, 0, EP_ARG);
    guest_write_sysreg(g, 0, SYSREG_OSLAR_EL1, 0);
    guest_write_sysreg(g, 0, SYSREG_MDSCR_EL1, MDSCR_KDE | MDSCR_SS);
    guest_run_init(g, 0, &run);
    guest_run_insn(&run, INSN_HVC);
    guest_run_insn(&run, INSN_NOP);
    guest_run_end(&run);
    guest_pattern(run.x, 0x7300);
    run.x[0] = SDEI_EVENT_SIGNAL;
    run.x[1] = EVENT_SW_SIGNALED;
    run.x[2] = guest_affinity(g, 0);
    run.pstate = PSTATE_EL1H | PSTATE_SS;
    guest_announce_exception(g, 0);
    guest_run_start(g, 0, &run);

    guest_wait_handler(g, 0, 0, &frame);
    guest_check_eq(g, 0, frame.x[2], run.address + 4, "interrupted PC");
    guest_check_eq(g, 0, frame.x[3], PSTATE_EL1H, "interrupted PSTATE");
    guest_check_eq(g, 0, guest_word(g, 0, PE_EXC_COUNT), g->pe[0].exceptions,
                   "exceptions before COMPLETE");
    guest_complete(g, 0, 0);
    guest_wait(g, 0, run.seq, &result);
    guest_check_eq(g, 0, guest_word(g, 0, PE_EXC_ELR), run.address + 4,
                   "PC of the step exception");
    guest_expect_exception(g, 0, EC_STEP_SAME_EL);
    guest_check_regs(g, 0, result.x, run.x, 4, 30, "after the step");
}

/*
 * What was interrupted has become illegal, because its handler changed what
 * is below EL2: COMPLETE does as an exception return would.
 */
static const struct IllegalCase {
    const char *path;
    uint64_t hcr_set;
    uint64_t hcr_clear;
} illegal_cases[] = {
    { "el1-is-aarch32", .hcr_clear = HCR_RW },
    { "el1-is-trapped", .hcr_set = HCR_TGE },
};

static void test_illegal_return(Guest *g, const void *data)
{
    const struct IllegalCase *c = data;
    uint64_t x[31], pc, hcr, seq;
    GuestFrame frame, result;

    event_ready(g, 0, 0, EP_ARG);
    guest_pattern(x, 0x7400);
    hcr = guest_read_sysreg(g, 0, SYSREG_HCR_EL2);
    seq = guest_spin_start(g, 0, x, PSTATE_EL1H | PSTATE_DAIF);
    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, 0, &frame);
    pc = frame.x[2];
    guest_write_sysreg(g, 0, SYSREG_HCR_EL2,
                       (hcr & ~c->hcr_clear) | c->hcr_set);
    guest_announce_exception(g, 0);
    guest_complete(g, 0, 0);

    /* The guest's exception handler clears IL, and the loop goes on at EL2 */
    guest_spin_stop(g, 0, seq, &result);
    guest_check_eq(g, 0, guest_word(g, 0, PE_EXC_ELR), pc,
                   "PC of the illegal state exception");
    guest_check_eq(g, 0, guest_word(g, 0, PE_EXC_SPSR),
                   PSTATE_EL2H | PSTATE_DAIF | PSTATE_IL |
                   (guest_word(g, 0, PE_EXC_SPSR) & PSTATE_SSBS),
                   "PSTATE of the illegal state exception");
    guest_expect_exception(g, 0, EC_ILLEGAL_STATE);
    guest_check_regs(g, 0, result.x, x, 0, 29, "after COMPLETE");
    guest_check_eq(g, 0, result.spsr & 0xf, PSTATE_EL2H, "mode");
    event_check_status(g, 0, 3);
}

/* PSTATE on entry, shown by an exception of the handler's first instruction */

#define NO_FEATURE      (-1)

typedef struct PstateCase {
    const char *path;
    int feature;            /* FEATURE_ bit that it needs */
    uint64_t pstate;        /* interrupted, besides the mode */
    uint64_t sctlr_set;
    uint64_t sctlr_clear;
    bool el0;
    bool vhe;
} PstateCase;

static const PstateCase pstate_cases[] = {
    { "plain", NO_FEATURE, 0 },
    { "nzcv-kept", NO_FEATURE, PSTATE_NZCV },
    { "nzcv-kept-from-el0", NO_FEATURE, 0x90000000, .el0 = true },
    { "pan-kept-clear", FEATURE_PAN_BIT, 0, .sctlr_set = SCTLR_SPAN },
    { "pan-kept-set", FEATURE_PAN_BIT, PSTATE_PAN, .sctlr_set = SCTLR_SPAN },
    { "pan-set-by-span", FEATURE_PAN_BIT, 0, .sctlr_clear = SCTLR_SPAN },
    { "pan-set-by-span-from-el0", FEATURE_PAN_BIT, 0,
      .sctlr_clear = SCTLR_SPAN, .el0 = true },
    { "uao-cleared", FEATURE_UAO_BIT, PSTATE_UAO },
    { "dit-kept-set", FEATURE_DIT_BIT, PSTATE_DIT },
    { "dit-kept-set-from-el0", FEATURE_DIT_BIT, PSTATE_DIT, .el0 = true },
    { "dit-kept-clear", FEATURE_DIT_BIT, 0 },
    { "ssbs-set-by-dssbs", FEATURE_SSBS_BIT, 0, .sctlr_set = SCTLR_DSSBS },
    { "ssbs-cleared", FEATURE_SSBS_BIT, PSTATE_SSBS,
      .sctlr_clear = SCTLR_DSSBS },
    { "allint-set", FEATURE_NMI_BIT, 0, .sctlr_clear = SCTLR_SPINTMASK },
    { "allint-cleared-by-spintmask", FEATURE_NMI_BIT, PSTATE_ALLINT,
      .sctlr_set = SCTLR_SPINTMASK },
    { "everything", NO_FEATURE,
      PSTATE_NZCV | PSTATE_DAIF | PSTATE_SSBS | PSTATE_PAN | PSTATE_UAO |
      PSTATE_DIT },
};

static const PstateCase mte_cases[] = {
    { "tco-set", FEATURE_MTE_BIT, 0 },
    { "tco-stays-set", FEATURE_MTE_BIT, PSTATE_TCO },
};

static const PstateCase vhe_cases[] = {
    { "vhe-pan-kept", FEATURE_PAN_BIT, 0, .sctlr_set = SCTLR_SPAN,
      .vhe = true },
    { "vhe-pan-set-by-span", FEATURE_PAN_BIT, 0, .sctlr_clear = SCTLR_SPAN,
      .vhe = true },
    { "vhe-pan-set-by-span-from-el0", FEATURE_PAN_BIT, 0,
      .sctlr_clear = SCTLR_SPAN, .el0 = true, .vhe = true },
};

/* Those bits that this PE has; the others cannot be set */
static uint64_t implemented_pstate(Guest *g, unsigned cpu, uint64_t pstate)
{
    static const struct {
        uint64_t bits;
        unsigned feature;
    } optional[] = {
        { PSTATE_PAN, FEATURE_PAN_BIT },
        { PSTATE_UAO, FEATURE_UAO_BIT },
        { PSTATE_DIT, FEATURE_DIT_BIT },
        { PSTATE_SSBS, FEATURE_SSBS_BIT },
        { PSTATE_TCO, FEATURE_MTE_BIT },
        { PSTATE_ALLINT, FEATURE_NMI_BIT },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(optional); i++) {
        if (!pe_has_feature(g, cpu, optional[i].feature)) {
            pstate &= ~optional[i].bits;
        }
    }
    return pstate;
}

static void test_pstate(Guest *g, const void *data)
{
    const PstateCase *c = data;
    uint32_t reg = guest_sysreg(g, SYSREG_SCTLR_EL1, SYSREG_SCTLR_EL2);
    uint64_t pstate, sctlr, expected, x[31], seq;
    GuestFrame frame, result;

    if (c->feature != NO_FEATURE && !pe_has_feature(g, 0, c->feature)) {
        g_test_skip("the CPU does not have the feature");
        return;
    }
    if (c->vhe) {
        guest_write_sysreg(g, 0, SYSREG_HCR_EL2, HCR_RW | HCR_E2H | HCR_TGE);
    }
    sctlr = guest_read_sysreg(g, 0, reg);
    sctlr = (sctlr & ~c->sctlr_clear) | c->sctlr_set;
    guest_write_sysreg(g, 0, reg, sctlr);
    guest_check_eq(g, 0, guest_read_sysreg(g, 0, reg), sctlr, "SCTLR");

    pstate = implemented_pstate(g, 0, c->pstate);
    pstate = c->el0 ? pstate : guest_pstate(g, pstate);
    expected = entry_pstate(g, 0, pstate, sctlr, c->vhe);

    event_ready(g, 0, HANDLER_PROBE, EP_ARG);
    guest_pattern(x, 0x8000);
    seq = guest_spin_start(g, 0, x, pstate);
    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, HANDLER_PROBE, &frame);
    guest_check_eq(g, 0, guest_word(g, 0, PE_PROBE_SPSR), expected,
                   "PSTATE on entry");
    guest_check_eq(g, 0, frame.x[3], pstate, "entry X3 (interrupted PSTATE)");
    guest_complete(g, 0, 0);
    guest_spin_stop(g, 0, seq, &result);
    guest_check_eq(g, 0, guest_end_pstate(&result), pstate,
                   "after COMPLETE: PSTATE");
    guest_check_regs(g, 0, result.x, x, 0, 29, "after COMPLETE");
}

/* Relative entries are VBAR at the time of the event plus the offset */
static void test_relative(Guest *g, const void *data)
{
    uint32_t vbar = guest_sysreg(g, SYSREG_VBAR_EL1, SYSREG_VBAR_EL2);
    uint64_t seq;
    GuestRun run;

    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, 0, GUEST_HANDLER_OFFSET(3),
                 EP_ARG, SDEI_REGISTER_RELATIVE);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, 0);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    seq = event_signal_self(g, 0);
    guest_wait_handler(g, 0, 3, NULL);
    guest_complete(g, 0, 0);
    guest_wait(g, 0, seq, NULL);

    /* With VBAR one step lower, just for the call */
    guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, 0);
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, 0,
                 GUEST_HANDLER_OFFSET(4) + 0x800, EP_ARG,
                 SDEI_REGISTER_RELATIVE);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, 0);
    guest_run_init(g, 0, &run);
    guest_run_insn(&run, INSN_MSR(3, vbar));
    guest_run_insn(&run, INSN_ISB);
    guest_run_insn(&run, g->client_el == 2 ? INSN_SMC : INSN_HVC);
    guest_run_insn(&run, INSN_MSR(4, vbar));
    guest_run_insn(&run, INSN_ISB);
    guest_run_end(&run);
    run.x[0] = SDEI_EVENT_SIGNAL;
    run.x[1] = EVENT_SW_SIGNALED;
    run.x[2] = guest_affinity(g, 0);
    run.x[3] = GUEST_VECTORS - 0x800;
    run.x[4] = GUEST_VECTORS;
    guest_run_start(g, 0, &run);
    guest_wait_handler(g, 0, 4, NULL);
    guest_complete(g, 0, 0);
    guest_wait(g, 0, run.seq, NULL);
}

/* Offset 0 is VBAR itself, where a handler would be an exception vector */
#define TAG     (0xaaull << 56)

/*
 * Addresses with a tag, where TCR says that the top byte is ignored: it does
 * not become part of the PC
 */
static void test_tags(Guest *g, const void *data)
{
    uint32_t tcr = guest_sysreg(g, SYSREG(3, 0, 2, 0, 2),
                                SYSREG(3, 4, 2, 0, 2));
    bool nvhe = g->client_el == 2 && !pe_has_feature(g, 0, FEATURE_E2H_BIT);
    uint64_t tbi = 1ull << (nvhe ? 20 : 37);
    uint64_t x[31], seq;
    GuestFrame frame;

    guest_write_sysreg(g, 0, tcr, guest_read_sysreg(g, 0, tcr) | tbi);
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, 0, GUEST_HANDLER(3) | TAG,
                 EP_ARG);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, 0);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    guest_set_mode(g, 0, ID_RESUME(0), MODE_SERVE);
    guest_pattern(x, 0x7500);
    /* From the client's own level, and from the one below it */
    for (unsigned i = 0; i < 2; i++) {
        seq = guest_spin_start(g, 0, x, i ? PSTATE_EL0
                                          : guest_pstate(g, PSTATE_DAIF));
        event_signal(g, 1, 0);
        guest_wait_handler(g, 0, 3, &frame);
        guest_complete_and_resume(g, 0, GUEST_RESUME(0) | TAG);
        guest_wait_frame(g, 0, ID_RESUME(0), &frame);
        guest_leave_eret(g, 0);
        guest_spin_stop(g, 0, seq, NULL);
    }
}

static void test_relative_zero(Guest *g, const void *data)
{
    GuestFrame frame;
    uint64_t seq;

    guest_set_mode(g, 0, ID_SYNC, MODE_SERVE);
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, 0, 0, EP_ARG,
                 SDEI_REGISTER_RELATIVE);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, 0);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    seq = event_signal_self(g, 0);
    guest_wait_frame(g, 0, ID_SYNC, &frame);
    guest_check_eq(g, 0, frame.x[0], EVENT_SW_SIGNALED, "entry X0");
    guest_check_eq(g, 0, frame.x[1], EP_ARG, "entry X1");
    event_check_status(g, 0, 7);
    guest_complete(g, 0, 0);
    guest_wait(g, 0, seq, NULL);
}

void add_context_tests(void)
{
    scenario_add(SCENARIO_BOTH_EL, test_values, NULL, "context/any-value");
    scenario_add(SCENARIO_ALL, test_nzcv, NULL, "context/nzcv");
    scenario_add(SCENARIO_ALL, test_daif, NULL, "context/daif");
    scenario_add(SCENARIO_BOTH_EL, test_exlock, NULL, "context/exlock");
    scenario_add(SCENARIO_ALL, test_el0, NULL, "context/from-el0");
    scenario_add(SCENARIO_BOTH_EL, test_thread_sp, NULL, "context/from-sp-el0");
    scenario_add(SCENARIO_EL2, test_el1_below_client, NULL,
                 "context/from-el1-below-client");
    scenario_add(SCENARIO_EL2, test_vhe, NULL, "context/from-vhe");
    scenario_add(scenario_aarch32(SCENARIO_ALL), test_el0_aarch32, NULL,
                 "context/from-el0-aarch32");
    scenario_add(SCENARIO_BOTH_EL, test_el_registers, NULL,
                 "context/el-registers-untouched");
    scenario_add(SCENARIO_BOTH_EL, test_fp_simd, NULL,
                 "context/fp-simd-untouched");
    scenario_add(SCENARIO_ALL, test_self_signal, NULL, "context/signal-self");
    scenario_add(SCENARIO_BOTH_EL, test_unmask_delivers, NULL,
                 "context/unmask-delivers");
    for (unsigned i = 0; i < ARRAY_SIZE(resume_cases); i++) {
        scenario_add(SCENARIO_ALL, test_complete_and_resume, &resume_cases[i],
                     "context/complete-and-resume/%s", resume_cases[i].path);
    }
    scenario_add(SCENARIO_BOTH_EL, test_resume_misaligned, NULL,
                 "context/complete-and-resume/misaligned");
    scenario_add(SCENARIO_BOTH_EL, test_pending_at_complete, NULL,
                 "context/pending-at-complete");
    scenario_add(SCENARIO_EL1 | SCENARIO_OLD_CORE, test_single_step, NULL,
                 "context/single-step");
    /* Nested virtualization has no AArch32, and goes to EL1 in spite of TGE */
    for (unsigned i = 0; !guest_is_kvm() && i < ARRAY_SIZE(illegal_cases);
         i++) {
        scenario_add(SCENARIO_EL2, test_illegal_return, &illegal_cases[i],
                     "context/illegal-return/%s", illegal_cases[i].path);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(pstate_cases); i++) {
        scenario_add(SCENARIO_BOTH_EL, test_pstate, &pstate_cases[i],
                     "pstate/%s", pstate_cases[i].path);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(vhe_cases); i++) {
        scenario_add(SCENARIO_EL2, test_pstate, &vhe_cases[i],
                     "pstate/%s", vhe_cases[i].path);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(mte_cases); i++) {
        scenario_add(SCENARIO_MTE, test_pstate, &mte_cases[i],
                     "pstate/%s", mte_cases[i].path);
    }
    scenario_add(SCENARIO_BOTH_EL, test_relative, NULL, "context/relative");
    scenario_add(SCENARIO_BOTH_EL, test_tags, NULL, "context/tags");
    scenario_add(SCENARIO_BOTH_EL, test_relative_zero, NULL,
                 "context/relative-zero");
}
