/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: PSTATE on entry to a handler is as an exception would set it
 *
 * The same context takes an exception to the client EL first, then an event;
 * both tell the PSTATE of their first instruction.
 */

#include "qemu/osdep.h"
#include "stage.h"

#define OPTIONAL                (PSTATE_PAN | PSTATE_UAO | PSTATE_DIT | \
                                 PSTATE_SSBS | PSTATE_TCO | PSTATE_ALLINT)

/* Cores that have it */
#define V8_1                    (STAGE_N1 | V8_4)
#define V8_4                    (STAGE_A710 | STAGE_MAX)

/**
 * Rule: a sentence of the contract
 * @machines: that have what it is about
 * @pstate: the fields of the interrupted PSTATE that are varied
 * @sctlr: and of SCTLR of the client EL
 */
typedef struct Rule {
    const char *name;
    StageMachines machines;
    uint64_t pstate;
    uint64_t sctlr;
} Rule;

static const Rule rules[] = {
    { "nzcv-kept", STAGE_ALL, PSTATE_NZCV },
    { "daif-set", STAGE_ALL, PSTATE_DAIF },
    { "pan-by-span", V8_1, PSTATE_PAN, SCTLR_SPAN },
    { "uao-cleared", V8_1, PSTATE_UAO },
    { "ssbs-by-dssbs", V8_1, PSTATE_SSBS, SCTLR_DSSBS },
    { "dit-kept", V8_4, PSTATE_DIT },
    { "tco-set", STAGE_MAX, PSTATE_TCO },
    { "allint-by-spintmask", STAGE_MAX, PSTATE_ALLINT, SCTLR_SPINTMASK },
    /* Those that the core has not are zero then */
    { "all-fields", STAGE_ALL, PSTATE_NZCV | PSTATE_DAIF | OPTIONAL,
      SCTLR_SPAN | SCTLR_DSSBS | SCTLR_SPINTMASK },
};

typedef struct RuleInContext {
    const Rule *rule;
    const StageContext *context;
} RuleInContext;

/*
 * Vectors for one synchronous exception: probe its PSTATE and return to where
 * a call returns to.  X27 and X28 are ELR and SPSR then.
 */
static void write_probe_vectors(Guest *g, const StageContext *c)
{
    uint32_t elr = guest_sysreg(g, SYSREG_ELR_EL1, SYSREG_ELR_EL2);
    uint32_t spsr = guest_sysreg(g, SYSREG_SPSR_EL1, SYSREG_SPSR_EL2);
    const uint32_t code[] = {
        INSN_MSR(29, guest_sysreg(g, SYSREG_VBAR_EL1, SYSREG_VBAR_EL2)),
        INSN_MRS(28, spsr),
        INSN_MRS(27, elr),
        INSN_SVC(PROBE_IMM),
        INSN_ADD_IMM(27, 27, c->raise_skip),
        INSN_MSR(28, spsr),
        INSN_MSR(27, elr),
        INSN_ERET,
    };

    for (unsigned offset = 0; offset < 0x800; offset += 0x200) {
        guest_write_code(g, STAGE_VECTORS + offset, code, ARRAY_SIZE(code));
    }
}

static void check_cell(Guest *g, const StageContext *c, uint64_t pstate,
                       uint64_t sctlr)
{
    uint64_t end, self, expected, probes = guest_word(g, 0, PE_PROBE_COUNT);
    GuestFrame frame, result;
    Stage st;

    stage_init(&st, g, pstate, c->hcr);
    stage_sysreg(&st, guest_sysreg(g, SYSREG_SCTLR_EL1, SYSREG_SCTLR_EL2),
                 sctlr);
    stage_sysreg(&st, guest_sysreg(g, SYSREG_VBAR_EL1, SYSREG_VBAR_EL2),
                 STAGE_VECTORS);
    stage_body(&st, c->raise);
    self = stage_body(&st, stage_context_self(c));
    end = stage_body(&st, c->end);
    st.x[29] = GUEST_VECTORS;
    stage_start(&st);

    /* The exception */
    stage_wait_data(&st, PE_AREA(0) + PE_PROBE_COUNT, probes + 1);
    expected = guest_word(g, 0, PE_PROBE_SPSR);
    if (guest_is_kvm() && !pe_has_feature(g, 0, FEATURE_NMI_BIT)) {
        /* The host's CPU sets it, though KVM does not tell of FEAT_NMI */
        expected &= ~(uint64_t)PSTATE_ALLINT;
    }
    if (guest_is_kvm() && g->client_el == 2 && !stage_context_vhe(c)) {
        /* Nested virtualization sets PAN by EL1's rule, unlike events */
        guest_check_eq(g, 0, expected,
                       entry_pstate(g, 0, pstate, sctlr, true),
                       "PSTATE of a nested exception from 0x%" PRIx64, pstate);
        expected = entry_pstate(g, 0, pstate, sctlr, false);
    }
    guest_check_eq(g, 0, expected,
                   entry_pstate(g, 0, pstate, sctlr, stage_context_vhe(c)),
                   "PSTATE of an exception from 0x%" PRIx64 ", SCTLR 0x%"
                   PRIx64, pstate, sctlr);

    /* The event */
    st.pc = self;
    stage_interrupt(&st, HANDLER_PROBE, &frame);
    guest_check_eq(g, 0, frame.x[28], pstate, "SPSR of the exception");
    guest_check_eq(g, 0, frame.x[3], pstate, "entry X3 (interrupted PSTATE)");
    guest_check_eq(g, 0, guest_word(g, 0, PE_PROBE_SPSR), expected,
                   "PSTATE on entry from 0x%" PRIx64 ", SCTLR 0x%" PRIx64,
                   pstate, sctlr);

    /* The same where COMPLETE_AND_RESUME goes to */
    guest_set_word(g, 0, PE_PROBE_SPSR, 0);
    guest_complete_and_resume(g, 0, GUEST_HANDLER(HANDLER_PROBE));
    guest_wait_handler(g, 0, HANDLER_PROBE, &frame);
    guest_check_eq(g, 0, guest_word(g, 0, PE_PROBE_SPSR), expected,
                   "PSTATE after COMPLETE_AND_RESUME from 0x%" PRIx64
                   ", SCTLR 0x%" PRIx64, pstate, sctlr);
    guest_edit_frame(g, 0, FRAME_ELR, end);
    guest_edit_frame(g, 0, FRAME_SPSR, c->end_pstate ?: c->pstate);
    guest_leave_eret(g, 0);
    stage_wait(&st, &result);
}

static void test_rule(Guest *g, const void *data)
{
    const RuleInContext *ric = data;
    const Rule *rule = ric->rule;
    uint64_t base = guest_read_sysreg(g, 0, guest_sysreg(g, SYSREG_SCTLR_EL1,
                                                         SYSREG_SCTLR_EL2));

    write_probe_vectors(g, ric->context);
    event_ready(g, 0, HANDLER_PROBE, 0);
    base &= ~(SCTLR_SPAN | SCTLR_DSSBS | SCTLR_SPINTMASK);
    for (unsigned i = 0; i < (rule->sctlr ? 2 : 1); i++) {
        for (unsigned j = 0; j < 2; j++) {
            check_cell(g, ric->context,
                       stage_context_pstate(g, ric->context,
                                            j ? rule->pstate : 0),
                       base | (i ? rule->sctlr : 0));
        }
    }
}

/* BTYPE: a branch to itself has it set whenever it is interrupted */

typedef struct BtypeCase {
    const char *name;
    uint32_t insn;
    uint64_t btype;
} BtypeCase;

static const BtypeCase btype_cases[] = {
    { "br", INSN_BR(1), 1 << 10 },
    { "blr", INSN_BLR(1), 2 << 10 },
};

typedef struct BtypeInContext {
    const BtypeCase *btype;
    const StageContext *context;
} BtypeInContext;

static void test_btype(Guest *g, const void *data)
{
    const BtypeInContext *bic = data;
    const StageContext *c = bic->context;
    uint64_t end, again;
    GuestFrame frame, result;
    Stage st;

    event_ready(g, 0, HANDLER_PROBE, 0);
    stage_init(&st, g, c->pstate | PSTATE_DAIF | bic->btype->btype, c->hcr);
    guest_pattern(st.x, 0x9100);
    stage_body(&st, bic->btype->insn);
    end = stage_body(&st, c->end);
    st.x[1] = STAGE_BODY;
    st.x[30] = end;
    stage_start(&st);
    stage_interrupt(&st, HANDLER_PROBE, &frame);
    guest_check_eq(g, 0, frame.x[3], st.pstate, "entry X3");
    guest_check_eq(g, 0, guest_word(g, 0, PE_PROBE_SPSR) & PSTATE_BTYPE, 0,
                   "BTYPE on entry");

    /* A second event comes at COMPLETE, before any instruction */
    event_signal(g, 1, 0);
    guest_complete(g, 0, 0);
    guest_wait_handler(g, 0, HANDLER_PROBE, &frame);
    guest_check_eq(g, 0, frame.x[2], STAGE_BODY, "second entry X2");
    again = frame.x[3];
    guest_check_eq(g, 0, again, st.pstate, "second entry X3");
    guest_check_eq(g, 0, guest_word(g, 0, PE_PROBE_SPSR) & PSTATE_BTYPE, 0,
                   "BTYPE on second entry");

    stage_resume_and_end(&st, c, end, &frame, &result);
    guest_check_eq(g, 0, frame.spsr, st.pstate, "SPSR");
    guest_check_regs(g, 0, result.x, st.x, 0, 30, "after COMPLETE");
}

void add_pstate_tests(void)
{
    for (unsigned i = 0; i < stage_num_contexts; i++) {
        const StageContext *c = &stage_contexts[i];

        for (unsigned j = 0; j < ARRAY_SIZE(rules) && !c->banked; j++) {
            RuleInContext *ric = g_new(RuleInContext, 1);

            *ric = (RuleInContext) { &rules[j], c };
            stage_add(c->machines & rules[j].machines, test_rule, ric,
                      "entry/%s/%s", rules[j].name, c->name);
        }
        if (c->pstate & PSTATE_AARCH32) {
            continue;
        }
        for (unsigned j = 0; j < ARRAY_SIZE(btype_cases); j++) {
            BtypeInContext *bic = g_new(BtypeInContext, 1);

            *bic = (BtypeInContext) { &btype_cases[j], c };
            stage_add(c->machines & V8_4, test_btype, bic,
                      "entry/btype-cleared-%s/%s", btype_cases[j].name,
                      c->name);
        }
    }
}
