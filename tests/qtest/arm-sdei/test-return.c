/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: COMPLETE goes back to a context that works as before
 *
 * Behind an MMU what a load may do depends on PSTATE; and PSTATE may have
 * become illegal.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "stage.h"

/*
 * Four views of the RAM, 1 GiB each: for privileged code, twice for EL0, and
 * with tags.
 */
#define GIB                     0x40000000ull
#define USER_DATA               (1 * GIB)       /* added to an address */
#define USER_CODE               (2 * GIB)
#define TAGGED                  (3 * GIB)
#define WRONG_TAG               (1ull << 56)

#define BLOCK                   (GIB | 1 << 10 | 3 << 8 | 1)
#define BLOCK_ATTR(n)           ((n) << 2)
#define BLOCK_AP_EL0            (1 << 6)
#define BLOCK_AP_RO             (1 << 7)
#define BLOCK_PXN               (1ull << 53)
#define BLOCK_UXN               (1ull << 54)

/* 39 bits, 4 KiB pages, write-back, TBI */
#define TCR_COMMON              (25 | 1 << 8 | 1 << 10 | 3 << 12)
#define TCR_EL1                 (TCR_COMMON | 1 << 23 | 1ull << 32 | \
                                 1ull << 37)
#define TCR_EL2_NVHE            (TCR_COMMON | 1 << 16 | 1 << 20 | 1 << 23 | \
                                 1ull << 31)
#define MAIR                    0xf0ff  /* 1 is tagged */

#define SCTLR_M                 (1ull << 0)
#define SCTLR_TCF_SYNC          (1ull << 40)
#define SCTLR_ATA               (1ull << 43)
#define HCR_ATA                 (1ull << 56)

#define INSN_LDTR_X(rt, rn)     (0xf8400800u | (rt) | ((rn) << 5))
#define INSN_TLBI_ALLE1         0xd50c879fu

#define EC_DATA_ABORT_LOWER     0x24
#define EC_DATA_ABORT_SAME      0x25
#define ESR_EC(esr)             ((esr) >> 26 & 0x3f)

/* Words at STAGE_DATA */
#define HANDLER_PC              0x00
#define HANDLER_COUNT           0x08
#define BODY_STOP               0x10
#define LOADED                  0x18
#define LOADED_VALUE            0x5ca1ab1e

/* Where the context is */
typedef enum Place {
    AT_EL1,
    AT_EL0,
    BELOW_EL1,          /* EL1 below an EL2 client that has an MMU of its own */
    BELOW_EL0,
    AT_VHE_EL2,
    AT_VHE_EL0,
    PLACES,
} Place;

static const struct {
    const char *name;
    StageMachines machines;
    uint64_t mode;
    uint64_t hcr;
} places[PLACES] = {
    [AT_EL1] = { "el1", STAGE_EL1, PSTATE_EL1H },
    [AT_EL0] = { "el0", STAGE_EL1, PSTATE_EL0 },
    [BELOW_EL1] = { "el1", STAGE_EL2, PSTATE_EL1H, HCR_RW },
    [BELOW_EL0] = { "el0", STAGE_EL2, PSTATE_EL0, HCR_RW },
    [AT_VHE_EL2] = { "el2-vhe", STAGE_VHE, PSTATE_EL2H,
                     HCR_RW | HCR_E2H | HCR_TGE },
    [AT_VHE_EL0] = { "el0-vhe", STAGE_VHE, PSTATE_EL0,
                     HCR_RW | HCR_E2H | HCR_TGE },
};

typedef struct ReturnCase {
    const char *name;
    StageMachines machines;
    uint64_t pstate;
    uint32_t handler_insn;      /* makes the handler's PSTATE different */
    uint32_t load;
    uint64_t view;              /* of the RAM, that is loaded from */
    bool faults;
    bool el0;
} ReturnCase;

#define LDR                     INSN_LDR_X(5, 6)
#define LDTR                    INSN_LDTR_X(5, 6)
#define HAVE_PAN                (STAGE_MAX | STAGE_A710 | STAGE_N1)

/*
 * SPAN is 0, so handlers at EL1 or with VHE have PAN; UAO is clear, TCO set.
 * Contexts of the same EL differ from them in the field in question only.
 */
static const ReturnCase return_cases[] = {
    { "pan-is-clear-again", HAVE_PAN, PSTATE_TCO, INSN_NOP, LDR, USER_DATA },
    { "pan-is-set-again", HAVE_PAN, PSTATE_PAN | PSTATE_TCO, INSN_MSR_PAN(0),
      LDR, USER_DATA, true },
    { "uao-is-set-again", HAVE_PAN, PSTATE_PAN | PSTATE_UAO | PSTATE_TCO,
      INSN_NOP, LDTR, 0 },
    { "uao-is-clear-again", HAVE_PAN, PSTATE_PAN | PSTATE_TCO,
      INSN_MSR_UAO(1), LDTR, 0, true },
    { "tco-is-clear-again", STAGE_MAX, PSTATE_PAN, INSN_NOP, LDR,
      TAGGED + WRONG_TAG, true },
    { "tco-is-set-again", STAGE_MAX, PSTATE_PAN | PSTATE_TCO, INSN_MSR_TCO(0),
      LDR, TAGGED + WRONG_TAG },
    { "user-data", STAGE_ALL, 0, INSN_NOP, LDR, USER_DATA, .el0 = true },
    { "kernel-data", STAGE_ALL, 0, INSN_NOP, LDR, 0, true, true },
};

typedef struct ReturnInPlace {
    const ReturnCase *c;
    Place place;
} ReturnInPlace;

static void write_tables(Guest *g)
{
    for (unsigned i = 0; i < 512; i++) {
        qtest_writeq(g->qts, STAGE_TABLE_EL1 + i * 8, 0);
        qtest_writeq(g->qts, STAGE_TABLE_EL2 + i * 8, 0);
    }
    qtest_writeq(g->qts, STAGE_TABLE_EL1 + 1 * 8, BLOCK | BLOCK_UXN);
    qtest_writeq(g->qts, STAGE_TABLE_EL1 + 2 * 8,
                 BLOCK | BLOCK_AP_EL0 | BLOCK_UXN | BLOCK_PXN);
    qtest_writeq(g->qts, STAGE_TABLE_EL1 + 3 * 8,
                 BLOCK | BLOCK_AP_EL0 | BLOCK_AP_RO | BLOCK_PXN);
    qtest_writeq(g->qts, STAGE_TABLE_EL1 + 4 * 8,
                 BLOCK | BLOCK_ATTR(1) | BLOCK_UXN | BLOCK_PXN);
    /* Just the first one, without EL0 */
    qtest_writeq(g->qts, STAGE_TABLE_EL2 + 1 * 8, BLOCK | BLOCK_AP_EL0);
}

static void mmu_on(Stage *st, Place place, uint64_t sctlr_el1,
                   uint64_t sctlr_el2)
{
    uint64_t on = SCTLR_M | SCTLR_TCF_SYNC | SCTLR_ATA;
    bool vhe = place == AT_VHE_EL2 || place == AT_VHE_EL0;

    if (!vhe) {
        stage_sysreg(st, SYSREG_TTBR0_EL1, STAGE_TABLE_EL1);
        stage_sysreg(st, SYSREG_TCR_EL1, TCR_EL1);
        stage_sysreg(st, SYSREG_MAIR_EL1, MAIR);
    }
    if (st->g->client_el == 2) {
        stage_sysreg(st, SYSREG_TTBR0_EL2,
                     vhe ? STAGE_TABLE_EL1 : STAGE_TABLE_EL2);
        stage_sysreg(st, SYSREG_TCR_EL2, vhe ? TCR_EL1 : TCR_EL2_NVHE);
        stage_sysreg(st, SYSREG_MAIR_EL2, MAIR);
        stage_insn(st, INSN_TLBI_ALLE1);
        stage_insn(st, INSN_TLBI_ALLE2);
    } else {
        stage_insn(st, INSN_TLBI_VMALLE1);
    }
    stage_insn(st, INSN_DSB_ISH);
    stage_insn(st, INSN_ISB);
    if (!vhe) {
        stage_sysreg(st, SYSREG_SCTLR_EL1, (sctlr_el1 & ~SCTLR_SPAN) | on);
    }
    if (st->g->client_el == 2) {
        stage_sysreg(st, SYSREG_SCTLR_EL2,
                     (vhe ? sctlr_el2 & ~SCTLR_SPAN : sctlr_el2) | on);
    }
    stage_insn(st, INSN_ISB);
}

/* Signal until the handler has interrupted the body */
static void interrupt_body(Stage *st)
{
    Guest *g = st->g;
    GuestWait wait = { };
    uint64_t pc;

    guest_run_wait_started(g, 0);
    for (unsigned count = 1; ; count++) {
        event_signal(g, 1, 0);
        stage_wait_data(st, STAGE_DATA + HANDLER_COUNT, count);
        pc = qtest_readq(g->qts, STAGE_DATA + HANDLER_PC);
        if (pc >= st->pc && pc < st->pc + sizeof(st->body)) {
            return;
        }
        if (!guest_wait_more(&wait)) {
            guest_fail(g, 0, "does not get to the body");
        }
    }
}

static void check_fault(Stage *st, Place place, uint64_t pc)
{
    Guest *g = st->g;
    GuestFrame frame;
    bool el0 = places[place].mode == PSTATE_EL0;

    if (place == BELOW_EL1 || place == BELOW_EL0) {
        /* The vectors of EL1 end the run */
        stage_wait(st, &frame);
        frame.esr = frame.esr_el1;
        frame.elr = frame.elr_el1;
    } else {
        guest_wait_frame(g, 0, ID_SYNC, &frame);
        guest_edit_frame(g, 0, FRAME_ELR, frame.elr + 4);
        guest_leave_eret(g, 0);
        stage_wait(st, NULL);
    }
    guest_check_eq(g, 0, ESR_EC(frame.esr),
                   el0 ? EC_DATA_ABORT_LOWER : EC_DATA_ABORT_SAME, "ESR.EC");
    guest_check_eq(g, 0, frame.elr, pc, "PC of the fault");
}

static void test_return(Guest *g, const void *data)
{
    const ReturnInPlace *rip = data;
    const ReturnCase *c = rip->c;
    Place place = rip->place;
    const uint32_t handler[] = {
        c->handler_insn,
        INSN_STR_X_AT(2, 1, HANDLER_PC),
        INSN_LDR_X(4, 1) | (HANDLER_COUNT / 8) << 10,
        INSN_ADD_IMM(4, 4, 1),
        INSN_STR_X_AT(4, 1, HANDLER_COUNT),
    };
    uint64_t sctlr_el1 = guest_read_sysreg(g, 0, SYSREG_SCTLR_EL1);
    uint64_t sctlr_el2 = 0, pc, el0_view = 0;
    uint64_t pstate = places[place].mode | PSTATE_DAIF | c->pstate;
    uint64_t hcr = places[place].hcr;
    GuestFrame result;
    Stage st;

    if (c->view >= TAGGED && !pe_has_feature(g, 0, FEATURE_MTE_BIT)) {
        g_test_skip("The CPU has no MTE");
        return;
    }
    if (g->client_el == 2) {
        sctlr_el2 = guest_read_sysreg(g, 0, SYSREG_SCTLR_EL2);
        hcr |= pe_has_feature(g, 0, FEATURE_MTE_BIT) ? HCR_ATA : 0;
    }
    if (!pe_has_feature(g, 0, FEATURE_MTE_BIT)) {
        pstate &= ~(uint64_t)PSTATE_TCO;
    }
    if (places[place].mode == PSTATE_EL0) {
        el0_view = USER_DATA;
    }
    write_tables(g);
    guest_set_mode(g, 0, ID_SYNC, MODE_SERVE);
    stage_handler(g, handler, ARRAY_SIZE(handler), STAGE_DATA);
    stage_init(&st, g, pstate, hcr);
    mmu_on(&st, place, sctlr_el1, sctlr_el2);
    stage_body(&st, INSN_LDR_X(4, 3));
    stage_body(&st, INSN_CBZ(4, -4));
    pc = stage_body(&st, c->load);
    stage_body(&st, INSN_SVC(RUN_END_IMM));
    st.x[3] = STAGE_DATA + BODY_STOP + el0_view;
    st.x[6] = STAGE_DATA + LOADED + c->view;
    if (el0_view) {
        st.pc += USER_CODE;
        pc += USER_CODE;
    }
    qtest_writeq(g->qts, STAGE_DATA + HANDLER_COUNT, 0);
    qtest_writeq(g->qts, STAGE_DATA + BODY_STOP, 0);
    qtest_writeq(g->qts, STAGE_DATA + LOADED, LOADED_VALUE);
    stage_start(&st);
    interrupt_body(&st);
    qtest_writeq(g->qts, STAGE_DATA + BODY_STOP, 1);
    if (c->faults) {
        check_fault(&st, place, pc);
        return;
    }
    stage_wait(&st, &result);
    guest_check_eq(g, 0, result.x[5], LOADED_VALUE, "what was loaded");
    guest_check_eq(g, 0, guest_end_pc(&result), pc + 8, "PC at the end");
}

/*
 * The handler of an EL2 client changes what may be below.  COMPLETE does as
 * an exception return does.
 */

typedef struct LegalCase {
    const char *name;
    StageMachines machines;
    uint64_t pstate;
    uint64_t hcr;
    uint64_t new_hcr;
    bool illegal;
} LegalCase;

static const LegalCase legal_cases[] = {
    { "el1h-then-tge", STAGE_EL2, PSTATE_EL1H, HCR_RW, HCR_RW | HCR_TGE, true },
    { "el1t-then-tge", STAGE_EL2, PSTATE_EL1T, HCR_RW, HCR_RW | HCR_TGE, true },
    /* KVM would go back to EL1 in spite of TGE */
    { "el1h-then-vhe", STAGE_VHE & ~STAGE_EL2_KVM, PSTATE_EL1H, HCR_RW,
      HCR_RW | HCR_E2H | HCR_TGE, true },
    { "el1h-then-aarch32", STAGE_A32_EL1, PSTATE_EL1H, HCR_RW, 0, true },
    { "el1-a32-then-aarch64", STAGE_A32_EL1, PSTATE_AARCH32_SVC, 0, HCR_RW,
      true },
    { "el1-a32-fiq-then-aarch64", STAGE_A32_EL1, PSTATE_AARCH32_SVC - 2, 0,
      HCR_RW, true },
    { "el1-a32-then-tge", STAGE_A32_EL1, PSTATE_AARCH32_SVC, 0,
      HCR_RW | HCR_TGE, true },
    { "el0-then-tge", STAGE_EL2, PSTATE_EL0, HCR_RW, HCR_RW | HCR_TGE },
    { "el0-a32-then-tge", STAGE_EL2, PSTATE_AARCH32_USR, HCR_RW,
      HCR_RW | HCR_TGE },
    { "el0-a32-then-aarch64", STAGE_A32_EL1, PSTATE_AARCH32_USR, 0, HCR_RW },
    { "el2h-then-tge", STAGE_EL2, PSTATE_EL2H, HCR_RW, HCR_RW | HCR_TGE },
};

/* As the Arm ARM has it: NZCV and interrupt masks come, the rest stays */
#define FROM_ILLEGAL            (PSTATE_NZCV | PSTATE_DAIF | PSTATE_ALLINT)

static void test_legal(Guest *g, const void *data)
{
    const LegalCase *c = data;
    uint64_t pstate = c->pstate | 0xa0000000, end, expected;
    uint64_t sctlr = guest_read_sysreg(g, 0, SYSREG_SCTLR_EL2);
    GuestFrame frame;
    Stage st;

    event_ready(g, 0, HANDLER_PROBE, 0);
    stage_init(&st, g, pstate, c->hcr);
    /* Exceptions within the handler are not to set PAN */
    stage_sysreg(&st, SYSREG_SCTLR_EL2, sctlr | SCTLR_SPAN);
    guest_pattern(st.x, 0xb000);
    for (unsigned i = 0; i < 31 && (pstate & PSTATE_AARCH32); i++) {
        st.x[i] = (uint32_t)st.x[i];
    }
    stage_body(&st, pstate & PSTATE_AARCH32 ? INSN_A32_B_SELF : INSN_B_SELF);
    end = stage_body(&st, INSN_SVC(RUN_END_IMM));
    stage_start(&st);
    stage_interrupt(&st, HANDLER_PROBE, &frame);
    guest_check_eq(g, 0, frame.x[3], pstate, "entry X3");
    expected = pstate;
    if (c->illegal) {
        expected = guest_word(g, 0, PE_PROBE_SPSR) & ~(uint64_t)FROM_ILLEGAL;
        expected |= (pstate & FROM_ILLEGAL) | PSTATE_IL;
    }

    /* An event that comes at COMPLETE tells what COMPLETE made of it */
    guest_write_sysreg(g, 0, SYSREG_HCR_EL2, c->new_hcr);
    event_signal(g, 1, 0);
    guest_complete(g, 0, 0);
    guest_wait_handler(g, 0, HANDLER_PROBE, &frame);
    guest_check_eq(g, 0, frame.x[2], STAGE_BODY, "PC after COMPLETE");
    guest_check_eq(g, 0, frame.x[3], expected, "PSTATE after COMPLETE");
    guest_check_regs(g, 0, frame.x, st.x, 4, 30, "after COMPLETE");
    guest_check_eq(g, 0, guest_word(g, 0, PE_PROBE_SPSR) &
                   (PSTATE_IL | PSTATE_DAIF), PSTATE_DAIF,
                   "PSTATE.IL, DAIF of the second handler");

    if (c->illegal) {
        guest_set_mode(g, 0, ID_SYNC, MODE_SERVE);
        guest_complete(g, 0, 0);
        guest_wait_frame(g, 0, ID_SYNC, &frame);
        guest_check_eq(g, 0, ESR_EC(frame.esr), EC_ILLEGAL_STATE, "ESR.EC");
        guest_check_eq(g, 0, frame.elr, STAGE_BODY, "ELR_EL2");
        guest_check_eq(g, 0, frame.spsr, expected, "SPSR_EL2");
        event_check_status(g, 0, 3);
    } else {
        guest_set_mode(g, 0, ID_RESUME(0), MODE_SERVE);
        guest_complete_and_resume(g, 0, GUEST_RESUME(0));
        guest_wait_frame(g, 0, ID_RESUME(0), &frame);
        guest_check_eq(g, 0, frame.elr, STAGE_BODY, "ELR_EL2");
        guest_check_eq(g, 0, frame.spsr, expected, "SPSR_EL2");
    }
    guest_check_regs(g, 0, frame.x, st.x, 0, 30, "in the end");
    guest_edit_frame(g, 0, FRAME_ELR, end);
    guest_edit_frame(g, 0, FRAME_SPSR, PSTATE_EL2H | PSTATE_DAIF);
    guest_leave_eret(g, 0);
    stage_wait(&st, NULL);
}

/* COMPLETE_AND_RESUME into an illegal one: that is the ERET's business */
static void test_resume_illegal(Guest *g, const void *data)
{
    const LegalCase *c = data;
    uint64_t pstate = c->pstate | 0x60000000, end;
    GuestFrame frame;
    Stage st;

    event_ready(g, 0, 0, 0);
    guest_set_mode(g, 0, ID_RESUME(0), MODE_SERVE);
    stage_init(&st, g, pstate, c->hcr);
    stage_body(&st, pstate & PSTATE_AARCH32 ? INSN_A32_B_SELF : INSN_B_SELF);
    end = stage_body(&st, INSN_SVC(RUN_END_IMM));
    stage_start(&st);
    stage_interrupt(&st, 0, &frame);
    guest_write_sysreg(g, 0, SYSREG_HCR_EL2, c->new_hcr);
    guest_complete_and_resume(g, 0, GUEST_RESUME(0));
    guest_wait_frame(g, 0, ID_RESUME(0), &frame);
    guest_check_eq(g, 0, frame.spsr, pstate, "SPSR_EL2");
    guest_check_eq(g, 0, frame.elr, STAGE_BODY, "ELR_EL2");
    guest_check_eq(g, 0, frame.currentel >> 2, 2, "EL");
    guest_set_mode(g, 0, ID_SYNC, MODE_SERVE);
    guest_leave_eret(g, 0);
    guest_wait_frame(g, 0, ID_SYNC, &frame);
    guest_check_eq(g, 0, ESR_EC(frame.esr), EC_ILLEGAL_STATE, "ESR.EC");
    guest_edit_frame(g, 0, FRAME_ELR, end);
    guest_edit_frame(g, 0, FRAME_SPSR, PSTATE_EL2H | PSTATE_DAIF);
    guest_leave_eret(g, 0);
    stage_wait(&st, NULL);
}

void add_return_tests(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(return_cases); i++) {
        for (Place place = 0; place < PLACES; place++) {
            ReturnInPlace *rip;

            if (return_cases[i].el0 != (places[place].mode == PSTATE_EL0)) {
                continue;
            }
            rip = g_new(ReturnInPlace, 1);
            *rip = (ReturnInPlace) { &return_cases[i], place };
            stage_add(places[place].machines & return_cases[i].machines,
                      test_return, rip, "return/mmu/%s/%s",
                      return_cases[i].name, places[place].name);
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(legal_cases); i++) {
        const LegalCase *c = &legal_cases[i];

        stage_add(c->machines, test_legal, c, "return/%s/%s",
                  c->illegal ? "illegal" : "legal", c->name);
        if (c->illegal) {
            stage_add(c->machines, test_resume_illegal, c,
                      "return/resume-illegal/%s", c->name);
        }
    }
}
