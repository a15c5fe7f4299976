/*
 * arm-sdei-test: whatever an event interrupts survives it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "stage.h"

#define EP_ARG          0x0123456789abcdefull

static void check_same_el_registers(Guest *g, const GuestFrame *got,
                                    const GuestFrame *expected,
                                    const char *when)
{
    guest_check_eq(g, 0, got->sp, expected->sp, "%s: SP_ELx", when);
    guest_check_eq(g, 0, got->elr, expected->elr, "%s: ELR_ELx", when);
    guest_check_eq(g, 0, got->spsr, expected->spsr, "%s: SPSR_ELx", when);
    guest_check_eq(g, 0, got->esr, expected->esr, "%s: ESR_ELx", when);
    guest_check_eq(g, 0, got->far, expected->far, "%s: FAR_ELx", when);
    guest_check_eq(g, 0, got->elr_el1, expected->elr_el1, "%s: ELR_EL1", when);
    guest_check_eq(g, 0, got->spsr_el1, expected->spsr_el1, "%s: SPSR_EL1",
                   when);
    guest_check_eq(g, 0, got->esr_el1, expected->esr_el1, "%s: ESR_EL1", when);
}

static void check_same_pstate(Guest *g, const GuestFrame *got,
                              const GuestFrame *expected, const char *when)
{
    guest_check_eq(g, 0, got->currentel, expected->currentel, "%s: EL", when);
    guest_check_eq(g, 0, got->spsel, expected->spsel, "%s: SPSel", when);
    guest_check_eq(g, 0, got->daif, expected->daif, "%s: DAIF", when);
    guest_check_eq(g, 0, got->nzcv, expected->nzcv, "%s: NZCV", when);
    guest_check_eq(g, 0, got->pan, expected->pan, "%s: PAN", when);
    guest_check_eq(g, 0, got->uao, expected->uao, "%s: UAO", when);
    guest_check_eq(g, 0, got->dit, expected->dit, "%s: DIT", when);
    guest_check_eq(g, 0, got->ssbs, expected->ssbs, "%s: SSBS", when);
    guest_check_eq(g, 0, got->tco, expected->tco, "%s: TCO", when);
    guest_check_eq(g, 0, got->allint, expected->allint, "%s: ALLINT", when);
}

/* V0-V29 are X0-X29 twice */
static void check_vectors(Guest *g, const uint64_t x[31])
{
    GuestFrame result;
    GuestRun run;

    guest_run_init(g, 0, &run);
    for (unsigned i = 0; i < 30; i++) {
        guest_run_insn(&run, INSN_UMOV_D1(i, i));
    }
    guest_run_end(&run);
    guest_run(g, 0, &run, &result);
    guest_check_regs(g, 0, result.x, x, 0, 29, "vector registers");
}

static void narrow(uint64_t x[31])
{
    for (unsigned i = 0; i < 31; i++) {
        x[i] = (uint32_t)x[i];
    }
}

#define SP_EL0_PATTERN          0x0102030405060700ull
#define SP_EL1_PATTERN          0x1112131415161710ull
#define ESR_PATTERN             0x02345678
#define FAR_PATTERN             0xffff0123456789abull
/* Q and GE of AArch32 */
#define PSTATE_AARCH32_OTHERS   0x080a0000u

/* Everything in @c has a value of its own, and none is lost */
static void test_context(Guest *g, const void *data)
{
    const StageContext *c = data;
    bool a32 = c->pstate & PSTATE_AARCH32;
    bool e2h = c->hcr & HCR_E2H;
    bool below = g->client_el == 2 && (a32 || extract32(c->pstate, 2, 2) < 2);
    GuestFrame first, second, resumed, result;
    Entry entry = { .arg = EP_ARG, .pc = STAGE_BODY };
    uint64_t pstate, end;
    Stage st;

    event_ready(g, 0, 0, EP_ARG);
    pstate = stage_context_pstate(g, c, PSTATE_NZCV | PSTATE_DAIF | PSTATE_PAN |
                                  PSTATE_UAO | PSTATE_DIT | PSTATE_SSBS |
                                  PSTATE_TCO | PSTATE_ALLINT);
    if (a32) {
        pstate |= PSTATE_AARCH32_OTHERS;
    }
    stage_init(&st, g, pstate, c->hcr);
    guest_pattern(st.x, 0xa000);
    if (a32) {
        narrow(st.x);
    } else {
        stage_sysreg(&st, SYSREG_SP_EL0, SP_EL0_PATTERN);
    }
    if (g->client_el == 2) {
        stage_sysreg(&st, SYSREG_SP_EL1, SP_EL1_PATTERN);
        if (!e2h) {
            stage_sysreg(&st, SYSREG_ESR_EL1, ESR_PATTERN + 1);
            stage_sysreg(&st, SYSREG_ELR_EL1, FAR_PATTERN + 4);
            stage_sysreg(&st, SYSREG_SPSR_EL1, PSTATE_EL1T);
        }
    }
    stage_sysreg(&st, guest_sysreg(g, SYSREG_ESR_EL1, SYSREG_ESR_EL2),
                 ESR_PATTERN);
    stage_sysreg(&st, guest_sysreg(g, SYSREG_FAR_EL1, SYSREG_FAR_EL2),
                 FAR_PATTERN);
    stage_body(&st, stage_context_self(c));
    end = stage_body(&st, c->end);
    stage_start(&st);

    stage_interrupt(&st, 0, &first);
    entry.pstate = pstate;
    entry.x = st.x;
    entry_check(g, 0, &first, &entry);
    guest_check_eq(g, 0, first.elr, st.pc, "entry ELR_ELx");
    guest_check_eq(g, 0, first.spsr, pstate, "entry SPSR_ELx");
    guest_check_eq(g, 0, first.esr, ESR_PATTERN, "entry ESR_ELx");
    guest_check_eq(g, 0, first.far, FAR_PATTERN, "entry FAR_ELx");
    if (g->client_el == 2 && !e2h) {
        guest_check_eq(g, 0, first.esr_el1, ESR_PATTERN + 1, "entry ESR_EL1");
        guest_check_eq(g, 0, first.elr_el1, FAR_PATTERN + 4, "entry ELR_EL1");
        guest_check_eq(g, 0, first.spsr_el1, PSTATE_EL1T, "entry SPSR_EL1");
    }
    context_check(g, 0, st.x);

    /* A second one comes at COMPLETE, and sees what was restored */
    event_signal(g, 1, 0);
    guest_complete(g, 0, 0);
    guest_wait_handler(g, 0, 0, &second);
    entry_check(g, 0, &second, &entry);
    check_same_el_registers(g, &second, &first, "after COMPLETE");
    check_same_pstate(g, &second, &first, "after COMPLETE");
    context_check(g, 0, st.x);

    pstate = stage_resume_and_end(&st, c, end, &resumed, &result);
    guest_check_regs(g, 0, resumed.x, st.x, 0, 30,
                     "after COMPLETE_AND_RESUME");
    check_same_el_registers(g, &resumed, &first, "after COMPLETE_AND_RESUME");
    check_same_pstate(g, &resumed, &first, "after COMPLETE_AND_RESUME");

    guest_check_regs(g, 0, result.x, st.x, 0, 30, "after ERET");
    /* The way out of EL1 below EL2 has SPSR_EL1, which E2H hides */
    if (!below || !e2h || stage_context_vhe(c)) {
        guest_check_eq(g, 0, guest_end_pstate(&result), pstate,
                       "after ERET: PSTATE");
    }
    guest_expect(g, 0, SDEI_DENIED, SDEI_EVENT_CONTEXT, 0);
    event_check_status(g, 0, 3);
    if (!a32) {
        guest_check_eq(g, 0, guest_read_sysreg(g, 0, SYSREG_SP_EL0),
                       SP_EL0_PATTERN, "SP_EL0");
        if (g->client_el == 2) {
            guest_check_eq(g, 0, guest_read_sysreg(g, 0, SYSREG_SP_EL1),
                           SP_EL1_PATTERN, "SP_EL1");
        }
    }
    check_vectors(g, st.x);
}

/* Halfway through an IT block, which the end of a page splits */

#define T32_ITE_EQ              0xbf0c
#define T32_ADDEQ_R1            0x3101
#define T32_ADDNE_R2            0x3201
#define T32_B_BACK              0xe7fb  /* to the ITE */
#define PSTATE_Z                (1u << 30)
#define PSTATE_ITE_SECOND       0x1800  /* ITSTATE 0x18: NE, the last */
#define IT_TIMES                4

static void test_it_block(Guest *g, const void *data)
{
    const StageContext *c = data;
    uint64_t plain = c->pstate | PSTATE_Z, in_it = plain | PSTATE_ITE_SECOND;
    uint64_t end, ite, second;
    GuestFrame frame, resumed, result;
    unsigned seen = 0;
    Stage st;

    event_ready(g, 0, 0, EP_ARG);
    stage_init(&st, g, plain, c->hcr);
    end = stage_body(&st, c->end);
    do {
        ite = stage_body(&st, INSN_T32_PAIR(T32_ITE_EQ, T32_ADDEQ_R1));
    } while ((ite + 4) & 0xfff);
    second = stage_body(&st, INSN_T32_PAIR(T32_ADDNE_R2, T32_B_BACK));
    st.pc = ite;
    stage_start(&st);

    for (;;) {
        stage_interrupt(&st, 0, &frame);
        if (frame.x[2] == ite) {
            guest_check_eq(g, 0, frame.x[3], plain, "PSTATE before IT");
            if (seen >= IT_TIMES) {
                break;
            }
        } else {
            guest_check_eq(g, 0, frame.x[2], second, "interrupted PC");
            guest_check_eq(g, 0, frame.x[3], in_it, "PSTATE in IT block");
            seen++;
            event_signal(g, 1, 0);
            guest_complete(g, 0, 0);
            guest_wait_handler(g, 0, 0, &frame);
            guest_check_eq(g, 0, frame.x[2], second, "restored PC");
            guest_check_eq(g, 0, frame.x[3], in_it, "restored PSTATE");
        }
        if (seen == IT_TIMES / 2) {
            guest_set_mode(g, 0, ID_RESUME(0), MODE_SERVE);
            guest_complete_and_resume(g, 0, GUEST_RESUME(0));
            guest_wait_frame(g, 0, ID_RESUME(0), &resumed);
            guest_check_eq(g, 0, resumed.elr, frame.x[2], "ELR_ELx");
            guest_check_eq(g, 0, resumed.spsr, frame.x[3], "SPSR_ELx");
            guest_leave_eret(g, 0);
        } else {
            guest_complete(g, 0, 0);
        }
    }
    stage_resume_and_end(&st, c, end, &resumed, &result);
    g_assert_cmpuint(result.x[1], >=, seen);
    guest_check_eq(g, 0, result.x[2], 0, "ADDNE that were carried out");
}

/*
 * Single step: the vectors count the steps and go on, until told to stop.
 * Each step carries out one instruction, however often an event comes between.
 *
 * QEMU executes an atomic access to a device alone.  A step of it, and a
 * watchpoint that it hits, wait while what was queued for the PE is done.
 */

#define STOP_WORD       (STAGE_DATA + 0x10)
#define MDCR_TDE        (1u << 8)
#define STEP_TIMES      6
#define A32_ADD_R1      0xe2811001u
#define A32_B_BACK      0xeafffffdu
#define T32_ADDS_R1     0x3101
#define T32_B_BACK_2    0xe7fd
#define ORR_X28_SS      0xb26b039cu     /* ORR X28, X28, #PSTATE_SS */
#define LDADD_W1        0xb8210002u     /* LDADD W1, W2, [X0] */
#define ATOMIC_TIMES    200
#define RTC_LR          0x09010008      /* the PL031's, which may be written */
#define WATCH_ALL       0x1fff          /* EL0 and EL1, loads and stores */

typedef enum StepKind {
    STEP_ANY,
    STEP_ATOMIC,
    WATCH_ATOMIC,       /* the vectors go on behind the access */
} StepKind;

typedef struct StepCase {
    const char *name;
    StageMachines machines;
    uint64_t pstate;
    uint64_t hcr;
    bool at_el1;        /* debug exceptions go to EL1 below the client EL2 */
    StepKind kind;
} StepCase;

#define KDE_MASKED      (PSTATE_DAIF & ~(1u << 9))
#define T32_USR         (PSTATE_AARCH32_USR | PSTATE_AARCH32_T)
#define OLDEST_CORES    (STAGE_EL1_A57 | STAGE_EL2_A72)
#define STEP_EL1        (STAGE_EL1 & (STAGE_MAX | OLDEST_CORES))
#define STEP_EL2        (STAGE_EL2 & (STAGE_MAX | OLDEST_CORES))

static const StepCase step_cases[] = {
    { "el0", STEP_EL1, PSTATE_EL0 },
    { "el0-a32", STEP_EL1, PSTATE_AARCH32_USR },
    { "el0-t32", STEP_EL1, T32_USR },
    { "el1h-kde", STEP_EL1, PSTATE_EL1H | KDE_MASKED },
    { "el0", STEP_EL2, PSTATE_EL0, HCR_RW },
    { "el0-a32", STEP_EL2, PSTATE_AARCH32_USR, HCR_RW },
    { "el1h", STEP_EL2, PSTATE_EL1H, HCR_RW },
    { "el1-a32", STEP_EL2, PSTATE_AARCH32_SVC },
    { "el2h-kde", STEP_EL2, PSTATE_EL2H | KDE_MASKED, HCR_RW },
    { "el0-vhe", STAGE_EL2_MAX, PSTATE_EL0, HCR_RW | HCR_E2H | HCR_TGE },
    { "el0-by-el1", STEP_EL2, PSTATE_EL0, HCR_RW, true },
    { "el1h-kde-by-el1", STEP_EL2, PSTATE_EL1H | KDE_MASKED, HCR_RW, true },

    { "el0-atomic", STAGE_EL1_MAX, PSTATE_EL0, 0, false, STEP_ATOMIC },
    { "el0-atomic", STAGE_EL2_MAX, PSTATE_EL0, HCR_RW, false, STEP_ATOMIC },
    { "el0-atomic-by-el1", STAGE_EL2_MAX, PSTATE_EL0, HCR_RW, true,
      STEP_ATOMIC },
    { "el0-watch", STAGE_EL1_MAX, PSTATE_EL0, 0, false, WATCH_ATOMIC },
    { "el1h-kde-watch", STAGE_EL1_MAX, PSTATE_EL1H | KDE_MASKED, 0, false,
      WATCH_ATOMIC },
    { "el0-watch", STAGE_EL2_MAX, PSTATE_EL0, HCR_RW, false, WATCH_ATOMIC },
    { "el0-watch-by-el1", STAGE_EL2_MAX, PSTATE_EL0, HCR_RW, true,
      WATCH_ATOMIC },
};

static void write_step_vectors(Guest *g, bool client, StepKind kind)
{
    bool el2 = g->client_el == 2 && client;
    bool watch = kind == WATCH_ATOMIC;
    uint32_t changed = watch ? (el2 ? SYSREG_ELR_EL2 : SYSREG_ELR_EL1)
                             : (el2 ? SYSREG_SPSR_EL2 : SYSREG_SPSR_EL1);
    const uint32_t code[] = {
        INSN_LDR_X(28, 26),
        INSN_ADD_IMM(27, 27, 1),
        INSN_CBNZ(28, 5 * 4),
        INSN_MRS(28, changed),
        watch ? INSN_ADD_IMM(28, 28, 4) : ORR_X28_SS,
        INSN_MSR(28, changed),
        INSN_ERET,
        INSN_MRS(25, el2 ? SYSREG_ELR_EL2 : SYSREG_ELR_EL1),
        INSN_MSR(29, el2 ? SYSREG_VBAR_EL2 : SYSREG_VBAR_EL1),
        client ? INSN_SVC(RUN_END_IMM) : INSN_HVC_IMM(FWD_IMM),
    };

    for (unsigned offset = 0; offset < 0x800; offset += 0x200) {
        guest_write_code(g, STAGE_VECTORS + offset, code, ARRAY_SIZE(code));
    }
}

static void step_body(Stage *st, StepKind kind)
{
    if (kind != STEP_ANY) {
        stage_body(st, INSN_ADD_IMM(1, 1, 1));
        stage_body(st, LDADD_W1);
        stage_body(st, INSN_B(-8));
    } else if (!(st->pstate & PSTATE_AARCH32)) {
        stage_body(st, INSN_ADD_IMM(1, 1, 1));
        stage_body(st, INSN_B(-4));
    } else if (!(st->pstate & PSTATE_AARCH32_T)) {
        stage_body(st, A32_ADD_R1);
        stage_body(st, A32_B_BACK);
    } else {
        stage_body(st, INSN_T32_PAIR(T32_ADDS_R1, T32_B_BACK_2));
    }
}

/* @steps exceptions were taken of it, the last at @result's X25 */
static void check_steps(Guest *g, const StepCase *c, uint64_t steps,
                        const GuestFrame *result)
{
    unsigned size = c->pstate == T32_USR ? 2 : 4;
    unsigned words = c->kind == STEP_ANY ? 2 : 3;
    uint64_t adds = steps, pc = STAGE_BODY + 4;

    if (c->kind != WATCH_ATOMIC) {
        adds = (steps + words - 1) / words;
        pc = STAGE_BODY + steps % words * size;
    }
    g_assert_cmpuint(steps, >, 0);
    guest_check_eq(g, 0, result->x[1], adds, "ADDs carried out in %" PRIu64
                   " steps", steps);
    guest_check_eq(g, 0, result->x[25], pc, "PC after %" PRIu64 " steps",
                   steps);
}

static void test_step(Guest *g, const void *data)
{
    const StepCase *c = data;
    bool client = !c->at_el1, watch = c->kind == WATCH_ATOMIC;
    unsigned times = c->kind == STEP_ANY ? STEP_TIMES : ATOMIC_TIMES;
    GuestFrame frame, again, result;
    Stage st;

    if (c->kind != STEP_ANY && guest_is_kvm()) {
        g_test_skip("KVM emulates no atomic access to what is not memory");
        return;
    }
    event_ready(g, 0, 0, EP_ARG);
    write_step_vectors(g, client, c->kind);
    stage_init(&st, g, c->pstate | (watch ? 0 : PSTATE_SS), c->hcr);
    stage_sysreg(&st, SYSREG_OSLAR_EL1, 0);
    stage_sysreg(&st, g->client_el == 2 && client ? SYSREG_VBAR_EL2 :
                 SYSREG_VBAR_EL1, STAGE_VECTORS);
    if (g->client_el == 2) {
        stage_sysreg(&st, SYSREG_MDCR_EL2, client ? MDCR_TDE : 0);
    }
    stage_sysreg(&st, SYSREG_DBGWVR0_EL1, RTC_LR);
    stage_sysreg(&st, SYSREG_DBGWCR0_EL1, watch ? WATCH_ALL : 0);
    stage_sysreg(&st, SYSREG_MDSCR_EL1,
                 MDSCR_KDE | (watch ? MDSCR_MDE : MDSCR_SS));
    step_body(&st, c->kind);
    st.x[0] = RTC_LR;
    st.x[26] = STOP_WORD;
    st.x[29] = client ? GUEST_VECTORS : GUEST_FWD_VECTORS;
    qtest_writeq(g->qts, STOP_WORD, 0);
    stage_start(&st);

    for (unsigned seen = 0; seen < times; seen++) {
        stage_interrupt(&st, 0, &frame);
        guest_check_eq(g, 0, frame.x[3], st.pstate,
                       "interrupted PSTATE, before the step");
        event_signal(g, 1, 0);
        guest_complete(g, 0, 0);
        guest_wait_handler(g, 0, 0, &again);
        guest_check_eq(g, 0, again.x[2], frame.x[2], "restored PC");
        guest_check_eq(g, 0, again.x[3], frame.x[3], "restored PSTATE");
        guest_complete(g, 0, 0);
    }
    qtest_writeq(g->qts, STOP_WORD, 1);
    stage_wait(&st, &result);
    check_steps(g, c, result.x[27], &result);
}

/* Exclusive monitor: an event comes between LDXR and STXR */

#define INSN_LDXR(rt, rn)       (0xc85f7c00u | (rt) | ((rn) << 5))
#define INSN_STXR(rs, rt, rn)   (0xc8007c00u | (rt) | ((rn) << 5) | \
                                 ((rs) << 16))
/* Words at STAGE_DATA */
#define TARGET                  0x00
#define HANDLER_STXR            0x08
#define HANDLER_RAN             0x10
#define BODY_STARTED            0x18
#define BODY_STOP               0x20
#define NO_STXR                 0xff
#define RESUME_POINT            (STAGE_HANDLER + 0x100)

typedef struct ExclusiveCase {
    const char *name;
    bool no_event;
    uint32_t insn;              /* in the handler */
    bool resume;                /* COMPLETE_AND_RESUME to an STXR */
    uint64_t handler_stxr;      /* result expected there */
} ExclusiveCase;

static const ExclusiveCase exclusive_cases[] = {
    { "not-without-event", .no_event = true, .handler_stxr = NO_STXR },
    { "by-event", .insn = INSN_NOP, .handler_stxr = NO_STXR },
    { "on-entry", .insn = INSN_STXR(4, 2, 1), .handler_stxr = 1 },
    { "by-complete", .insn = INSN_LDXR(5, 1), .handler_stxr = NO_STXR },
    { "by-complete-and-resume", .insn = INSN_LDXR(5, 1), .resume = true,
      .handler_stxr = 1 },
};

typedef struct ExclusiveInContext {
    const ExclusiveCase *exclusive;
    const StageContext *context;
} ExclusiveInContext;

static void exclusive_handler(Guest *g, const ExclusiveCase *c)
{
    /* X4 is NO_STXR unless an STXR sets it */
    const uint32_t code[] = {
        c->insn,
        c->resume ? INSN_NOP : INSN_STR_X_AT(4, 1, HANDLER_STXR),
        INSN_MOVZ(5, 1, 0),
        INSN_STR_X_AT(5, 1, HANDLER_RAN),
    };
    const uint32_t resume_code[] = {
        c->insn,
        INSN_MOVZ(5, 1, 0),
        INSN_STR_X_AT(5, 1, HANDLER_RAN),
        INSN_MOVZ(0, SDEI_EVENT_COMPLETE_AND_RESUME & 0xffff, 0),
        INSN_MOVK(0, SDEI_EVENT_COMPLETE_AND_RESUME >> 16, 1),
        INSN_MOVZ(1, RESUME_POINT & 0xffff, 0),
        INSN_MOVK(1, RESUME_POINT >> 16, 1),
        g->client_el == 2 ? INSN_SMC : INSN_HVC,
    };
    const uint32_t resume_point[] = {
        INSN_STXR(4, 2, 1),
        INSN_STR_X_AT(4, 1, HANDLER_STXR),
        INSN_ERET,
    };

    guest_write_code(g, RESUME_POINT, resume_point, ARRAY_SIZE(resume_point));
    if (c->resume) {
        stage_handler(g, resume_code, ARRAY_SIZE(resume_code), STAGE_DATA);
    } else {
        stage_handler(g, code, ARRAY_SIZE(code), STAGE_DATA);
    }
}

static void test_exclusive(Guest *g, const void *data)
{
    const ExclusiveInContext *eic = data;
    const ExclusiveCase *c = eic->exclusive;
    GuestFrame result;
    Stage st;

    if (guest_is_kvm() && c->no_event) {
        g_test_skip("Any exit to the host clears the monitor");
        return;
    }
    exclusive_handler(g, c);
    stage_init(&st, g, eic->context->pstate, eic->context->hcr);
    stage_body(&st, INSN_LDXR(5, 1));
    stage_body(&st, INSN_STR_X_AT(7, 1, BODY_STARTED));
    stage_body(&st, INSN_LDR_X(8, 3));
    stage_body(&st, INSN_CBZ(8, -4));
    stage_body(&st, INSN_STXR(6, 2, 1));
    stage_body(&st, eic->context->end);
    st.x[1] = STAGE_DATA;
    st.x[2] = 0x1234;
    st.x[3] = STAGE_DATA + BODY_STOP;
    st.x[4] = NO_STXR;
    st.x[7] = 1;
    for (unsigned offset = 0; offset <= BODY_STOP; offset += 8) {
        qtest_writeq(g->qts, STAGE_DATA + offset, 0);
    }
    qtest_writeq(g->qts, STAGE_DATA + HANDLER_STXR, NO_STXR);
    stage_start(&st);
    stage_wait_data(&st, STAGE_DATA + BODY_STARTED, 1);
    if (!c->no_event) {
        event_signal(g, 1, 0);
        stage_wait_data(&st, STAGE_DATA + HANDLER_RAN, 1);
    }
    qtest_writeq(g->qts, STAGE_DATA + BODY_STOP, 1);
    stage_wait(&st, &result);
    guest_check_eq(g, 0, qtest_readq(g->qts, STAGE_DATA + HANDLER_STXR),
                   c->handler_stxr, "STXR of the handler");
    guest_check_eq(g, 0, result.x[6], !c->no_event,
                   "STXR of what was interrupted");
    guest_check_eq(g, 0, qtest_readq(g->qts, STAGE_DATA + TARGET),
                   c->no_event ? st.x[2] : 0, "target of STXR");
}

/* SVE and SME */

#define INSN_SMSTART            0xd503477fu
#define INSN_SMSTOP             0xd503467fu
#define INSN_MOV_Z_X(zd, xn)    (0x05e03800u | (zd) | ((xn) << 5))
#define INSN_STR_Z(zt, rn)      (0xe5804000u | (zt) | ((rn) << 5) | \
                                 ((zt) & 7) << 10 | ((zt) >> 3) << 16)
#define INSN_LDR_ZA(i, rn)      (0xe1000000u | (i) | ((rn) << 5))
#define INSN_STR_ZA(i, rn)      (0xe1200000u | (i) | ((rn) << 5))
#define INSN_RDVL(rd)           (0x04bf5020u | (rd))
#define SYSREG_SVCR             SYSREG(3, 3, 4, 2, 2)
#define SYSREG_ZCR_EL1          SYSREG(3, 0, 1, 2, 0)
#define SYSREG_ZCR_EL2          SYSREG(3, 4, 1, 2, 0)
#define SYSREG_SMCR_EL1         SYSREG(3, 0, 1, 2, 6)
#define SYSREG_SMCR_EL2         SYSREG(3, 4, 1, 2, 6)
#define CPACR_NO_TRAPS          0x03330000
#define VECTOR_BYTES            32      /* ZCR, SMCR: LEN = 1 */
#define ZA_ROWS                 16
#define ZA_FROM                 (STAGE_DATA + 0x1000)
#define ZA_TO                   (STAGE_DATA + 0x2000)
#define Z_TO                    (STAGE_DATA + 0x3000)
#define HANDLER_SVCR            HANDLER_STXR

typedef struct VectorContext {
    const StageContext *context;
    bool streaming;
} VectorContext;

/* Hosts of KVM have what they have, unlike the CPU that we choose for TCG */
static bool has_sve(Guest *g)
{
    return extract64(guest_read_sysreg(g, 0, SYSREG_ID_AA64PFR0_EL1), 32, 4);
}

static bool has_sme(Guest *g)
{
    return extract64(guest_read_sysreg(g, 0, SYSREG_ID_AA64PFR1_EL1), 24, 4);
}

/* Without SME no CPU is ever in streaming mode */
static uint32_t insn_read_svcr(unsigned rd, bool sme)
{
    return sme ? INSN_MRS(rd, SYSREG_SVCR) : INSN_MOVZ(rd, 0, 0);
}

static void vector_body(Stage *st, const VectorContext *c, bool sme)
{
    unsigned loop;

    if (c->streaming) {
        stage_body(st, INSN_SMSTART);
        stage_body(st, INSN_MOVZ(12, 0, 0));
        for (unsigned i = 0; i < ZA_ROWS; i++) {
            stage_body(st, INSN_LDR_ZA(i, 20));
        }
    }
    for (unsigned i = 0; i < 31; i++) {
        stage_body(st, INSN_MOV_Z_X(i, i));
    }
    stage_body(st, INSN_STR_X_AT(7, 1, BODY_STARTED));
    loop = st->words;
    stage_body(st, INSN_LDR_X(8, 3));
    stage_body(st, INSN_CBZ(8, (int)(loop - st->words) * 4));
    for (unsigned i = 0; i < 31; i++) {
        stage_body(st, INSN_STR_Z(i, 22));
    }
    stage_body(st, INSN_RDVL(5));
    stage_body(st, insn_read_svcr(6, sme));
    if (c->streaming) {
        for (unsigned i = 0; i < ZA_ROWS; i++) {
            stage_body(st, INSN_STR_ZA(i, 21));
        }
        stage_body(st, INSN_SMSTOP);
    }
    stage_body(st, c->context->end);
}

static void test_vectors(Guest *g, const void *data)
{
    const VectorContext *c = data;
    bool sme = has_sme(g);
    const uint32_t handler[] = {
        insn_read_svcr(4, sme),
        INSN_STR_X_AT(4, 1, HANDLER_SVCR),
        INSN_MOVZ(5, 1, 0),
        INSN_STR_X_AT(5, 1, HANDLER_RAN),
    };
    GuestFrame result;
    Stage st;

    if (guest_is_kvm() && (c->streaming ? !sme : !has_sve(g))) {
        g_test_skip(c->streaming ? "the CPU has no SME" : "the CPU has no SVE");
        return;
    }
    stage_handler(g, handler, ARRAY_SIZE(handler), STAGE_DATA);
    stage_init(&st, g, c->context->pstate, c->context->hcr);
    stage_sysreg(&st, SYSREG_CPACR_EL1, CPACR_NO_TRAPS);
    stage_insn(&st, INSN_ISB);
    if (g->client_el == 2) {
        /* More than below */
        stage_sysreg(&st, SYSREG_ZCR_EL2, c->context->hcr & HCR_E2H ? 1 : 3);
        stage_sysreg(&st, SYSREG_SMCR_EL2, c->context->hcr & HCR_E2H ? 1 : 3);
    }
    stage_sysreg(&st, SYSREG_ZCR_EL1, 1);
    if (sme) {
        stage_sysreg(&st, SYSREG_SMCR_EL1, 1);
    }
    stage_insn(&st, INSN_ISB);
    vector_body(&st, c, sme);
    guest_pattern(st.x, 0xa100);
    st.x[1] = STAGE_DATA;
    st.x[3] = STAGE_DATA + BODY_STOP;
    st.x[7] = 1;
    st.x[20] = ZA_FROM;
    st.x[21] = ZA_TO;
    st.x[22] = Z_TO;
    for (unsigned i = 0; i < ZA_ROWS * VECTOR_BYTES; i += 8) {
        qtest_writeq(g->qts, ZA_FROM + i, 0x5a5a000012340000ull + i);
    }
    for (unsigned offset = 0; offset <= BODY_STOP; offset += 8) {
        qtest_writeq(g->qts, STAGE_DATA + offset, 0);
    }
    stage_start(&st);
    stage_wait_data(&st, STAGE_DATA + BODY_STARTED, 1);
    event_signal(g, 1, 0);
    stage_wait_data(&st, STAGE_DATA + HANDLER_RAN, 1);
    qtest_writeq(g->qts, STAGE_DATA + BODY_STOP, 1);
    stage_wait(&st, &result);

    if (g->client_el == 1 || extract32(c->context->pstate, 2, 2) < 2) {
        guest_check_eq(g, 0, result.x[5], VECTOR_BYTES, "vector length");
    }
    guest_check_eq(g, 0, result.x[6], c->streaming ? 3 : 0, "SVCR");
    guest_check_eq(g, 0, qtest_readq(g->qts, STAGE_DATA + HANDLER_SVCR),
                   c->streaming ? 3 : 0, "SVCR in the handler");
    /* As when they were loaded */
    st.x[12] = c->streaming ? 0 : st.x[12];
    for (unsigned i = 0; i < 31; i++) {
        for (unsigned j = 0; j < result.x[5]; j += 8) {
            guest_check_eq(g, 0,
                           qtest_readq(g->qts, Z_TO + i * result.x[5] + j),
                           st.x[i], "Z%u, byte %u", i, j);
        }
    }
    for (unsigned i = 0; c->streaming && i < ZA_ROWS * VECTOR_BYTES; i += 8) {
        guest_check_eq(g, 0, qtest_readq(g->qts, ZA_TO + i),
                       0x5a5a000012340000ull + i, "ZA, byte %u", i);
    }
}

static void add_exclusive_tests(const StageContext *c)
{
    for (unsigned i = 0; i < ARRAY_SIZE(exclusive_cases); i++) {
        ExclusiveInContext *eic = g_new(ExclusiveInContext, 1);

        *eic = (ExclusiveInContext) { &exclusive_cases[i], c };
        stage_add(c->machines & STAGE_MAX, test_exclusive, eic,
                  "interrupted/exclusive-cleared/%s/%s",
                  exclusive_cases[i].name, c->name);
    }
}

static void add_vector_tests(const StageContext *c)
{
    /* With E2H CPACR_EL1 and ZCR_EL1 are not those of an EL1 below */
    if ((c->hcr & (HCR_E2H | HCR_TGE)) == HCR_E2H &&
        extract32(c->pstate, 2, 2) < 2) {
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        VectorContext *vc = g_new(VectorContext, 1);

        *vc = (VectorContext) { c, i };
        stage_add(c->machines & STAGE_MAX, test_vectors, vc,
                  "interrupted/%s/%s", i ? "streaming-sve-and-za" : "sve",
                  c->name);
    }
}

void add_interrupted_tests(void)
{
    for (unsigned i = 0; i < stage_num_contexts; i++) {
        const StageContext *c = &stage_contexts[i];

        stage_add(c->machines, test_context, c, "interrupted/survives/%s",
                  c->name);
        if (c->pstate & PSTATE_AARCH32_T) {
            stage_add(c->machines, test_it_block, c, "interrupted/it-block/%s",
                      c->name);
        }
        if (!(c->pstate & PSTATE_AARCH32)) {
            add_exclusive_tests(c);
            add_vector_tests(c);
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(step_cases); i++) {
        stage_add(step_cases[i].machines, test_step, &step_cases[i],
                  "interrupted/single-step/%s", step_cases[i].name);
    }
}
