/*
 * arm-sdei-test: code in a context of the test's choice, to be interrupted
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "stage.h"

#define CPTR_E2H_NO_TRAPS       0x03330000
#define CPTR_NO_TRAPS           0x000022ff

typedef struct StageMachine {
    StageMachines flag;
    const char *name;
    GuestConfig config;
    bool kvm;
} StageMachine;

static const StageMachine machines[] = {
    { STAGE_EL1_MAX, "el1-mte",
      { .cpus = 2, .machine = "gic-version=3,mte=on" } },
    { STAGE_EL2_MAX, "el2-mte",
      { .cpus = 2, .machine = "gic-version=3,mte=on,virtualization=on" } },
    { STAGE_EL1_A57, "el1-cortex-a57",
      { .cpus = 2, .cpu = "cortex-a57", .machine = "gic-version=2" } },
    { STAGE_EL2_A72, "el2-cortex-a72",
      { .cpus = 2, .cpu = "cortex-a72",
        .machine = "gic-version=3,virtualization=on" } },
    { STAGE_EL1_N1, "el1-neoverse-n1",
      { .cpus = 2, .cpu = "neoverse-n1", .machine = "gic-version=3" } },
    { STAGE_EL2_N1, "el2-neoverse-n1",
      { .cpus = 2, .cpu = "neoverse-n1",
        .machine = "gic-version=3,virtualization=on" } },
    { STAGE_EL1_A710, "el1-cortex-a710",
      { .cpus = 2, .cpu = "cortex-a710", .machine = "gic-version=3" } },
    { STAGE_EL2_A710, "el2-cortex-a710",
      { .cpus = 2, .cpu = "cortex-a710",
        .machine = "gic-version=3,virtualization=on" } },
    { STAGE_EL1_MAX, "el1-host",
      { .cpus = 2, .machine = "gic-version=3" }, .kvm = true },
    { STAGE_EL2_KVM, "el2-host",
      { .cpus = 2, .machine = "gic-version=3,virtualization=on" },
      .kvm = true },
};

typedef struct StageTest {
    const StageMachine *machine;
    ScenarioFn *fn;
    const void *data;
} StageTest;

static void stage_run(const void *data)
{
    const StageTest *test = data;

    test->fn(guest_start(&test->machine->config), test->data);
}

void stage_add(StageMachines flags, ScenarioFn *fn, const void *data,
               const char *path_fmt, ...)
{
    g_autofree char *path = NULL;
    va_list ap;

    va_start(ap, path_fmt);
    path = g_strdup_vprintf(path_fmt, ap);
    va_end(ap);

    for (unsigned i = 0; i < ARRAY_SIZE(machines); i++) {
        g_autofree char *full_path = NULL;
        StageTest *test;

        if (!(flags & machines[i].flag) ||
            machines[i].kvm != guest_is_kvm() ||
            (machines[i].flag == STAGE_EL2_KVM && !guest_has_nested_kvm())) {
            continue;
        }
        test = g_new(StageTest, 1);
        *test = (StageTest) { &machines[i], fn, data };
        full_path = g_strdup_printf("/arm-sdei/%s/%s", machines[i].name, path);
        qtest_add_data_func_full(full_path, test, stage_run, g_free);
    }
}

#define PSTATE_EL2T             0x8
#define PSTATE_AARCH32_FIQ      0x11
#define PSTATE_AARCH32_IRQ      0x12
#define PSTATE_AARCH32_ABT      0x17
#define PSTATE_AARCH32_UND      0x1b
#define PSTATE_AARCH32_SYS      0x1f

#define END_SVC                 INSN_SVC(RUN_END_IMM)
#define END_A32_SVC             INSN_A32_SVC(RUN_END_IMM)
#define END_A32_HVC             INSN_A32_HVC_IMM(FWD_IMM)
#define SVC                     INSN_SVC(0)
#define HVC                     INSN_HVC_IMM(1)
#define A32_SVC                 INSN_A32_SVC(0)
#define A32_HVC                 INSN_A32_HVC_IMM(1)
#define T32_SVC                 INSN_T32_PAIR(INSN_T32_SVC, INSN_T32_NOP)
#define T32_WFI                 INSN_T32_PAIR(INSN_T32_WFI, INSN_T32_NOP)
#define VHE                     (HCR_RW | HCR_E2H | HCR_TGE)
#define NEWEST_VHE              (STAGE_EL2_MAX | STAGE_EL2_KVM)
#define OLDEST_AND_NEWEST       (STAGE_MAX | STAGE_EL1_A57 | STAGE_EL2_A72)
#define T32_USR                 (PSTATE_AARCH32_USR | PSTATE_AARCH32_T)

/* EL0 below EL2 can be made to trap WFI, but not to call */
const StageContext stage_contexts[] = {
    { "el1h", STAGE_EL1, PSTATE_EL1H, 0, SVC, END_SVC },
    { "el1t", OLDEST_AND_NEWEST & STAGE_EL1, PSTATE_EL1T, 0, SVC, END_SVC },
    { "el0", STAGE_EL1, PSTATE_EL0, 0, SVC, END_SVC },
    { "el0-a32", STAGE_EL1, PSTATE_AARCH32_USR, 0, A32_SVC, END_A32_SVC },
    { "el0-t32", OLDEST_AND_NEWEST & STAGE_EL1, T32_USR, 0, T32_SVC,
      END_A32_SVC, PSTATE_AARCH32_USR },

    { "el2h", STAGE_EL2, PSTATE_EL2H, HCR_RW, SVC, END_SVC },
    { "el2t", OLDEST_AND_NEWEST & STAGE_EL2, PSTATE_EL2T, HCR_RW, SVC, END_SVC
      },
    { "el1h", STAGE_EL2, PSTATE_EL1H, HCR_RW, HVC, END_SVC },
    { "el1t", OLDEST_AND_NEWEST & STAGE_EL2, PSTATE_EL1T, HCR_RW, HVC, END_SVC
      },
    { "el0", STAGE_EL2, PSTATE_EL0, HCR_RW | HCR_TWI, INSN_WFI, END_SVC,
      .raise_skip = 4 },
    { "el0-tge", OLDEST_AND_NEWEST & STAGE_EL2, PSTATE_EL0, HCR_RW | HCR_TGE,
      SVC, END_SVC },
    { "el0-a32", STAGE_EL2, PSTATE_AARCH32_USR, HCR_RW | HCR_TWI, INSN_A32_WFI,
      END_A32_SVC, .raise_skip = 4 },
    { "el0-t32", OLDEST_AND_NEWEST & STAGE_EL2, T32_USR, HCR_RW | HCR_TWI,
      T32_WFI, END_A32_SVC, PSTATE_AARCH32_USR, .raise_skip = 2 },

    { "el0-a32-below-a32", STAGE_A32_EL1, PSTATE_AARCH32_USR, HCR_TWI,
      INSN_A32_WFI, END_A32_HVC, PSTATE_AARCH32_SVC, .raise_skip = 4 },
    { "el1-a32-svc", STAGE_A32_EL1, PSTATE_AARCH32_SVC, 0, A32_HVC, END_A32_HVC
      },
    { "el1-a32-fiq", STAGE_EL2_MAX, PSTATE_AARCH32_FIQ, 0, A32_HVC, END_A32_HVC,
      .banked = true },
    { "el1-a32-irq", STAGE_EL2_MAX, PSTATE_AARCH32_IRQ, 0, A32_HVC, END_A32_HVC,
      .banked = true },
    { "el1-a32-abt", STAGE_EL2_MAX, PSTATE_AARCH32_ABT, 0, A32_HVC, END_A32_HVC,
      .banked = true },
    { "el1-a32-und", STAGE_EL2_MAX, PSTATE_AARCH32_UND, 0, A32_HVC, END_A32_HVC,
      .banked = true },
    { "el1-a32-sys", STAGE_EL2_MAX, PSTATE_AARCH32_SYS, 0, A32_HVC, END_A32_HVC,
      .banked = true },

    { "el2h-vhe", STAGE_VHE, PSTATE_EL2H, VHE, SVC, END_SVC },
    { "el2t-vhe", NEWEST_VHE, PSTATE_EL2T, VHE, SVC, END_SVC },
    { "el0-vhe", STAGE_VHE, PSTATE_EL0, VHE, SVC, END_SVC },
    { "el0-a32-vhe", STAGE_EL2_MAX, PSTATE_AARCH32_USR, VHE, A32_SVC,
      END_A32_SVC },
    { "el2h-e2h", NEWEST_VHE, PSTATE_EL2H, HCR_RW | HCR_E2H, SVC, END_SVC },
    { "el1h-e2h", STAGE_VHE, PSTATE_EL1H, HCR_RW | HCR_E2H, HVC, END_SVC },
    { "el0-e2h", NEWEST_VHE, PSTATE_EL0, HCR_RW | HCR_E2H | HCR_TWI,
      INSN_WFI, END_SVC, .raise_skip = 4 },
};

const unsigned stage_num_contexts = ARRAY_SIZE(stage_contexts);

bool stage_context_vhe(const StageContext *c)
{
    return (c->hcr & (HCR_E2H | HCR_TGE)) == (HCR_E2H | HCR_TGE);
}

uint64_t stage_context_pstate(Guest *g, const StageContext *c, uint64_t bits)
{
    bool a32 = c->pstate & PSTATE_AARCH32;
    uint64_t pstate = c->pstate | (bits & (PSTATE_NZCV | PSTATE_DAIF));
    const struct {
        unsigned feature;
        uint64_t bit;
        uint64_t a32_bit;
    } optional[] = {
        { FEATURE_PAN_BIT, PSTATE_PAN, PSTATE_PAN },
        { FEATURE_UAO_BIT, PSTATE_UAO },
        { FEATURE_DIT_BIT, PSTATE_DIT, PSTATE_DIT },
        { FEATURE_SSBS_BIT, PSTATE_SSBS, PSTATE_AARCH32_SSBS },
        { FEATURE_MTE_BIT, PSTATE_TCO },
        { FEATURE_NMI_BIT, PSTATE_ALLINT },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(optional); i++) {
        if ((bits & optional[i].bit) &&
            pe_has_feature(g, 0, optional[i].feature)) {
            pstate |= a32 ? optional[i].a32_bit : optional[i].bit;
        }
    }
    return pstate;
}

uint32_t stage_context_self(const StageContext *c)
{
    if (!(c->pstate & PSTATE_AARCH32)) {
        return INSN_B_SELF;
    }
    return c->pstate & PSTATE_AARCH32_T ?
           INSN_T32_PAIR(INSN_T32_B_SELF, INSN_T32_NOP) : INSN_A32_B_SELF;
}

/*
 * A stage
 */

void stage_init(Stage *st, Guest *g, uint64_t pstate, uint64_t hcr)
{
    *st = (Stage) { .g = g, .pstate = pstate, .pc = STAGE_BODY };
    guest_run_init(g, 0, &st->run);
    if (g->client_el == 2) {
        stage_sysreg(st, SYSREG_HCR_EL2, hcr);
        stage_sysreg(st, SYSREG_CPTR_EL2,
                     hcr & HCR_E2H ? CPTR_E2H_NO_TRAPS : CPTR_NO_TRAPS);
    }
    stage_insn(st, INSN_ISB);
    for (unsigned i = 0; i < 30; i++) {
        stage_insn(st, INSN_DUP_2D(i, i));
    }
}

void stage_insn(Stage *st, uint32_t insn)
{
    guest_run_insn(&st->run, insn);
}

/* Set X30 */
static void stage_mov(Stage *st, uint64_t value)
{
    stage_insn(st, INSN_MOVZ(30, extract64(value, 0, 16), 0));
    for (unsigned i = 1; i < 4; i++) {
        if (extract64(value, i * 16, 16)) {
            stage_insn(st, INSN_MOVK(30, (uint32_t)extract64(value, i * 16, 16),
                                     i));
        }
    }
}

void stage_sysreg(Stage *st, uint32_t reg, uint64_t value)
{
    stage_mov(st, value);
    stage_insn(st, INSN_MSR(30, reg));
}

uint64_t stage_body(Stage *st, uint32_t insn)
{
    g_assert_cmpuint(st->words, <, ARRAY_SIZE(st->body));
    st->body[st->words] = insn;
    return STAGE_BODY + 4 * st->words++;
}

void stage_start(Stage *st)
{
    Guest *g = st->g;

    guest_write_code(g, STAGE_BODY, st->body, st->words);
    stage_sysreg(st, guest_sysreg(g, SYSREG_ELR_EL1, SYSREG_ELR_EL2), st->pc);
    stage_sysreg(st, guest_sysreg(g, SYSREG_SPSR_EL1, SYSREG_SPSR_EL2),
                 st->pstate);
    stage_insn(st, INSN_ISB);
    stage_mov(st, PE_AREA(0) + PE_STARTED);
    stage_insn(st, INSN_STR_X(30, 30));
    stage_mov(st, st->x[30]);
    stage_insn(st, INSN_ERET);
    memcpy(st->run.x, st->x, sizeof(st->x));
    guest_run_start(g, 0, &st->run);
}

void stage_wait(Stage *st, GuestFrame *result)
{
    guest_wait(st->g, 0, st->run.seq, result);
}

void stage_wait_data(Stage *st, uint64_t addr, uint64_t value)
{
    GuestWait wait = { };
    uint64_t got;

    while ((got = qtest_readq(st->g->qts, addr)) != value) {
        if (!guest_wait_more(&wait)) {
            guest_fail(st->g, 0, "word at 0x%" PRIx64 " is 0x%" PRIx64
                       ", not 0x%" PRIx64, addr, got, value);
        }
    }
}

void stage_handler(Guest *g, const uint32_t *words, unsigned n, uint64_t arg)
{
    const uint32_t complete[] = {
        INSN_MOVZ(0, SDEI_EVENT_COMPLETE & 0xffff, 0),
        INSN_MOVK(0, SDEI_EVENT_COMPLETE >> 16, 1),
        INSN_MOVZ(1, 0, 0),
        g->client_el == 2 ? INSN_SMC : INSN_HVC,
    };

    guest_write_code(g, STAGE_HANDLER, words, n);
    guest_write_code(g, STAGE_HANDLER + n * 4, complete, ARRAY_SIZE(complete));
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, EVENT_SW_SIGNALED, STAGE_HANDLER,
                 arg);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_SW_SIGNALED);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
}

uint64_t stage_resume_and_end(Stage *st, const StageContext *c, uint64_t end,
                              GuestFrame *frame, GuestFrame *result)
{
    Guest *g = st->g;
    uint64_t pstate = st->pstate & ~(uint64_t)PSTATE_BTYPE;

    if (c->end_pstate) {
        pstate = (st->pstate & ~(c->pstate | PSTATE_AARCH32_IT)) |
                 c->end_pstate;
    }
    guest_set_mode(g, 0, ID_RESUME(0), MODE_SERVE);
    guest_complete_and_resume(g, 0, GUEST_RESUME(0));
    guest_wait_frame(g, 0, ID_RESUME(0), frame);
    guest_edit_frame(g, 0, FRAME_ELR, end);
    guest_edit_frame(g, 0, FRAME_SPSR, pstate);
    guest_leave_eret(g, 0);
    stage_wait(st, result);
    return pstate;
}

void stage_interrupt(Stage *st, unsigned handler, GuestFrame *frame)
{
    Guest *g = st->g;
    GuestWait wait = { };

    guest_run_wait_started(g, 0);
    for (;;) {
        /* No frame on its way out, else the handler comes on top of it */
        stage_wait_data(st, PE_AREA(0) + PE_DEPTH, g->pe[0].depth);
        event_signal(g, 1, 0);
        guest_wait_handler(g, 0, handler, frame);
        if (frame->x[2] >= STAGE_BODY &&
            frame->x[2] < STAGE_BODY + sizeof(st->body)) {
            return;
        }
        if (handler == HANDLER_PROBE) {
            /* The probe has used ELR and SPSR, and the ERET is to come */
            guest_edit_frame(g, 0, FRAME_ELR, st->pc);
            guest_edit_frame(g, 0, FRAME_SPSR, st->pstate);
        }
        guest_complete(g, 0, 0);
        if (!guest_wait_more(&wait)) {
            guest_fail(g, 0, "does not get to the body");
        }
    }
}
