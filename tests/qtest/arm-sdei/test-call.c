/*
 * arm-sdei-test: arguments and results of each call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "scenario.h"

/* Stand-ins in tables for what is known only at run time */
#define ARG_SELF        0x5e1f000000000000ull   /* affinity of PE 0 */
#define ARG_OTHER       0x5e1f000000000001ull   /* affinity of PE 1 */
#define ARG_SELF_MPIDR  0x5e1f000000000002ull   /* with bit 31, as in MPIDR */

#define ENTRY           GUEST_HANDLER(0)
#define HIGH(n)         ((uint64_t)(n) << 32)

typedef enum CallState {
    UNREGISTERED,
    REGISTERED,
    ENABLED,
    IN_HANDLER,
} CallState;

typedef struct CallCase {
    const char *path;
    CallState state;
    uint64_t fn;
    uint64_t args[5];
    int64_t expected;
} CallCase;

static const CallCase call_cases[] = {
    /* EVENT_REGISTER */
    { "register/success", UNREGISTERED, SDEI_EVENT_REGISTER,
      { 0, ENTRY }, 0 },
    { "register/entry-zero", UNREGISTERED, SDEI_EVENT_REGISTER,
      { 0, 0 }, SDEI_INVALID_PARAMETERS },
    { "register/entry-misaligned-1", UNREGISTERED, SDEI_EVENT_REGISTER,
      { 0, ENTRY + 1 }, SDEI_INVALID_PARAMETERS },
    { "register/entry-misaligned-2", UNREGISTERED, SDEI_EVENT_REGISTER,
      { 0, ENTRY + 2 }, SDEI_INVALID_PARAMETERS },
    { "register/relative-entry-zero", UNREGISTERED, SDEI_EVENT_REGISTER,
      { 0, 0, 0, SDEI_REGISTER_RELATIVE }, 0 },
    { "register/relative-entry-misaligned", UNREGISTERED, SDEI_EVENT_REGISTER,
      { 0, 2, 0, SDEI_REGISTER_RELATIVE }, SDEI_INVALID_PARAMETERS },
    { "register/unknown-event", UNREGISTERED, SDEI_EVENT_REGISTER,
      { EVENT_UNKNOWN, ENTRY }, SDEI_INVALID_PARAMETERS },
    { "register/unknown-flag-bit-2", UNREGISTERED, SDEI_EVENT_REGISTER,
      { 0, ENTRY, 0, 4 }, SDEI_INVALID_PARAMETERS },
    { "register/unknown-flag-bit-32", UNREGISTERED, SDEI_EVENT_REGISTER,
      { 0, ENTRY, 0, HIGH(1) }, SDEI_INVALID_PARAMETERS },
    { "register/unknown-flag-bit-63", UNREGISTERED, SDEI_EVENT_REGISTER,
      { 0, ENTRY, 0, 1ull << 63 }, SDEI_INVALID_PARAMETERS },
    { "register/private-ignores-routing", UNREGISTERED, SDEI_EVENT_REGISTER,
      { 0, ENTRY, 0, SDEI_REGISTER_RM_PE, 0xffff }, 0 },
    { "register/event-is-32-bit", UNREGISTERED, SDEI_EVENT_REGISTER,
      { HIGH(0xdead), ENTRY }, 0 },
    { "register/twice", REGISTERED, SDEI_EVENT_REGISTER,
      { 0, ENTRY }, SDEI_DENIED },
    { "register/invalid-before-denied", REGISTERED, SDEI_EVENT_REGISTER,
      { 0, ENTRY, 0, 4 }, SDEI_INVALID_PARAMETERS },

    /* EVENT_ENABLE, EVENT_DISABLE, EVENT_UNREGISTER */
    { "enable/unregistered", UNREGISTERED, SDEI_EVENT_ENABLE,
      { 0 }, SDEI_DENIED },
    { "enable/unknown-event", UNREGISTERED, SDEI_EVENT_ENABLE,
      { EVENT_UNKNOWN }, SDEI_INVALID_PARAMETERS },
    { "enable/success", REGISTERED, SDEI_EVENT_ENABLE, { 0 }, 0 },
    { "enable/already", ENABLED, SDEI_EVENT_ENABLE, { 0 }, 0 },
    { "enable/event-is-32-bit", REGISTERED, SDEI_EVENT_ENABLE,
      { HIGH(1) }, 0 },
    { "disable/unregistered", UNREGISTERED, SDEI_EVENT_DISABLE,
      { 0 }, SDEI_DENIED },
    { "disable/unknown-event", UNREGISTERED, SDEI_EVENT_DISABLE,
      { EVENT_UNKNOWN }, SDEI_INVALID_PARAMETERS },
    { "disable/already", REGISTERED, SDEI_EVENT_DISABLE, { 0 }, 0 },
    { "disable/success", ENABLED, SDEI_EVENT_DISABLE, { 0 }, 0 },
    { "unregister/unregistered", UNREGISTERED, SDEI_EVENT_UNREGISTER,
      { 0 }, SDEI_DENIED },
    { "unregister/unknown-event", UNREGISTERED, SDEI_EVENT_UNREGISTER,
      { EVENT_UNKNOWN }, SDEI_INVALID_PARAMETERS },
    { "unregister/success", REGISTERED, SDEI_EVENT_UNREGISTER, { 0 }, 0 },
    { "unregister/enabled", ENABLED, SDEI_EVENT_UNREGISTER, { 0 }, 0 },
    { "unregister/running", IN_HANDLER, SDEI_EVENT_UNREGISTER,
      { 0 }, SDEI_PENDING },

    /* EVENT_CONTEXT, EVENT_COMPLETE, EVENT_COMPLETE_AND_RESUME */
    { "context/no-handler", ENABLED, SDEI_EVENT_CONTEXT, { 0 }, SDEI_DENIED },
    { "context/no-handler-index-17", ENABLED, SDEI_EVENT_CONTEXT,
      { 17 }, SDEI_DENIED },
    { "context/index-before-no-handler", ENABLED, SDEI_EVENT_CONTEXT,
      { 18 }, SDEI_INVALID_PARAMETERS },
    { "context/index-18", IN_HANDLER, SDEI_EVENT_CONTEXT,
      { 18 }, SDEI_INVALID_PARAMETERS },
    { "context/index-30", IN_HANDLER, SDEI_EVENT_CONTEXT,
      { 30 }, SDEI_INVALID_PARAMETERS },
    { "context/index-negative", IN_HANDLER, SDEI_EVENT_CONTEXT,
      { 0xffffffff }, SDEI_INVALID_PARAMETERS },
    { "context/index-is-32-bit", IN_HANDLER, SDEI_EVENT_CONTEXT,
      { HIGH(1) }, 0 },
    { "complete/no-handler", ENABLED, SDEI_EVENT_COMPLETE,
      { 0 }, SDEI_DENIED },
    { "complete/no-handler-failed", ENABLED, SDEI_EVENT_COMPLETE,
      { 1 }, SDEI_DENIED },
    { "complete-and-resume/no-handler", ENABLED, SDEI_EVENT_COMPLETE_AND_RESUME,
      { GUEST_RESUME(0) }, SDEI_DENIED },
    { "complete-and-resume/invalid-before-denied", ENABLED,
      SDEI_EVENT_COMPLETE_AND_RESUME,
      { GUEST_RESUME(0) + 2 }, SDEI_INVALID_PARAMETERS },
    { "complete-and-resume/misaligned", IN_HANDLER,
      SDEI_EVENT_COMPLETE_AND_RESUME,
      { GUEST_RESUME(0) + 2 }, SDEI_INVALID_PARAMETERS },

    /* EVENT_STATUS */
    { "status/unregistered", UNREGISTERED, SDEI_EVENT_STATUS, { 0 }, 0 },
    { "status/registered", REGISTERED, SDEI_EVENT_STATUS, { 0 }, 1 },
    { "status/enabled", ENABLED, SDEI_EVENT_STATUS, { 0 }, 3 },
    { "status/running", IN_HANDLER, SDEI_EVENT_STATUS, { 0 }, 7 },
    { "status/unknown-event", UNREGISTERED, SDEI_EVENT_STATUS,
      { EVENT_UNKNOWN }, SDEI_INVALID_PARAMETERS },
    { "status/event-is-32-bit", ENABLED, SDEI_EVENT_STATUS, { HIGH(7) }, 3 },

    /* EVENT_GET_INFO: event 0 is private, signalable and normal */
    { "get-info/type", UNREGISTERED, SDEI_EVENT_GET_INFO,
      { 0, SDEI_INFO_TYPE }, 0 },
    { "get-info/not-signalable", UNREGISTERED, SDEI_EVENT_GET_INFO,
      { 0, SDEI_INFO_NOT_SIGNALABLE }, 0 },
    { "get-info/priority", UNREGISTERED, SDEI_EVENT_GET_INFO,
      { 0, SDEI_INFO_PRIORITY }, 0 },
    { "get-info/private-routing-mode", UNREGISTERED, SDEI_EVENT_GET_INFO,
      { 0, SDEI_INFO_ROUTING_MODE }, SDEI_INVALID_PARAMETERS },
    { "get-info/private-routing-affinity", ENABLED, SDEI_EVENT_GET_INFO,
      { 0, SDEI_INFO_ROUTING_AFFINITY }, SDEI_INVALID_PARAMETERS },
    { "get-info/unknown-info", UNREGISTERED, SDEI_EVENT_GET_INFO,
      { 0, 5 }, SDEI_INVALID_PARAMETERS },
    { "get-info/unknown-info-negative", UNREGISTERED, SDEI_EVENT_GET_INFO,
      { 0, 0xffffffff }, SDEI_INVALID_PARAMETERS },
    { "get-info/unknown-event", UNREGISTERED, SDEI_EVENT_GET_INFO,
      { EVENT_UNKNOWN, SDEI_INFO_TYPE }, SDEI_INVALID_PARAMETERS },
    { "get-info/info-is-32-bit", UNREGISTERED, SDEI_EVENT_GET_INFO,
      { 0, HIGH(9) | SDEI_INFO_TYPE }, 0 },

    /* EVENT_ROUTING_SET */
    { "routing-set/private-event", REGISTERED, SDEI_EVENT_ROUTING_SET,
      { 0, 0, 0 }, SDEI_INVALID_PARAMETERS },
    { "routing-set/unknown-event", UNREGISTERED, SDEI_EVENT_ROUTING_SET,
      { EVENT_UNKNOWN, 0, 0 }, SDEI_INVALID_PARAMETERS },

    /* INTERRUPT_BIND, INTERRUPT_RELEASE */
    { "bind/sgi-0", UNREGISTERED, SDEI_INTERRUPT_BIND,
      { 0 }, SDEI_INVALID_PARAMETERS },
    { "bind/sgi-15", UNREGISTERED, SDEI_INTERRUPT_BIND,
      { 15 }, SDEI_INVALID_PARAMETERS },
    { "bind/special-intid", UNREGISTERED, SDEI_INTERRUPT_BIND,
      { 1023 }, SDEI_INVALID_PARAMETERS },
    { "bind/spi-of-no-gic", UNREGISTERED, SDEI_INTERRUPT_BIND,
      { 1019 }, SDEI_INVALID_PARAMETERS },
    { "bind/lpi", UNREGISTERED, SDEI_INTERRUPT_BIND,
      { 8192 }, SDEI_INVALID_PARAMETERS },
    { "release/event-0", UNREGISTERED, SDEI_INTERRUPT_RELEASE,
      { 0 }, SDEI_INVALID_PARAMETERS },
    { "release/event-0-registered", REGISTERED, SDEI_INTERRUPT_RELEASE,
      { 0 }, SDEI_INVALID_PARAMETERS },
    { "release/unknown-event", UNREGISTERED, SDEI_INTERRUPT_RELEASE,
      { EVENT_UNKNOWN }, SDEI_INVALID_PARAMETERS },

    /* EVENT_SIGNAL; the PE is masked except in the handler */
    { "signal/self", ENABLED, SDEI_EVENT_SIGNAL, { 0, ARG_SELF }, 0 },
    { "signal/unregistered", UNREGISTERED, SDEI_EVENT_SIGNAL,
      { 0, ARG_SELF }, SDEI_INVALID_PARAMETERS },
    { "signal/disabled", REGISTERED, SDEI_EVENT_SIGNAL, { 0, ARG_SELF }, 0 },
    { "signal/running", IN_HANDLER, SDEI_EVENT_SIGNAL, { 0, ARG_SELF }, 0 },
    { "signal/unregistered-at-target", ENABLED, SDEI_EVENT_SIGNAL,
      { 0, ARG_OTHER }, SDEI_INVALID_PARAMETERS },
    { "signal/no-such-pe", ENABLED, SDEI_EVENT_SIGNAL,
      { 0, 0xff0000 }, SDEI_INVALID_PARAMETERS },
    { "signal/affinity-is-64-bit", ENABLED, SDEI_EVENT_SIGNAL,
      { 0, HIGH(1) }, SDEI_INVALID_PARAMETERS },
    { "signal/mpidr-as-it-is-read", ENABLED, SDEI_EVENT_SIGNAL,
      { 0, ARG_SELF_MPIDR }, 0 },
    { "signal/only-affinity-fields-count", ENABLED, SDEI_EVENT_SIGNAL,
      { 0, 0xffffff00ff000000 }, 0 },
    { "signal/unknown-event", ENABLED, SDEI_EVENT_SIGNAL,
      { EVENT_UNKNOWN, ARG_SELF }, SDEI_INVALID_PARAMETERS },
    { "signal/event-is-32-bit", ENABLED, SDEI_EVENT_SIGNAL,
      { HIGH(1), ARG_SELF }, 0 },

    /* FEATURES */
    { "features/relative-mode", UNREGISTERED, SDEI_FEATURES,
      { SDEI_FEATURE_RELATIVE }, 1 },
    { "features/unknown", UNREGISTERED, SDEI_FEATURES,
      { 2 }, SDEI_INVALID_PARAMETERS },
    { "features/unknown-negative", UNREGISTERED, SDEI_FEATURES,
      { 0xffffffff }, SDEI_INVALID_PARAMETERS },
    { "features/feature-is-32-bit", UNREGISTERED, SDEI_FEATURES,
      { HIGH(1) | SDEI_FEATURE_RELATIVE }, 1 },

    /* PRIVATE_RESET, SHARED_RESET */
    { "private-reset/nothing-registered", UNREGISTERED, SDEI_PRIVATE_RESET,
      { 0 }, 0 },
    { "private-reset/success", ENABLED, SDEI_PRIVATE_RESET, { 0 }, 0 },
    { "private-reset/running", IN_HANDLER, SDEI_PRIVATE_RESET,
      { 0 }, SDEI_DENIED },
    { "shared-reset/success", ENABLED, SDEI_SHARED_RESET, { 0 }, 0 },
    { "shared-reset/private-running", IN_HANDLER, SDEI_SHARED_RESET, { 0 }, 0 },
};

static uint64_t call_arg(Guest *g, uint64_t arg)
{
    switch (arg) {
    case ARG_SELF:
        return guest_affinity(g, 0);
    case ARG_OTHER:
        return guest_affinity(g, 1);
    case ARG_SELF_MPIDR:
        return guest_affinity(g, 0) | (1u << 31);
    default:
        return arg;
    }
}

static void test_call(Guest *g, const void *data)
{
    const CallCase *c = data;
    uint64_t seq = 0;
    uint64_t args[17] = { };

    if (c->state != UNREGISTERED) {
        guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, 0, ENTRY);
    }
    if (c->state >= ENABLED) {
        guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, 0);
    }
    if (c->state == IN_HANDLER) {
        guest_expect(g, 0, 0, SDEI_PE_UNMASK);
        seq = event_signal_self(g, 0);
        guest_wait_handler(g, 0, 0, NULL);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(c->args); i++) {
        args[i] = call_arg(g, c->args[i]);
    }
    guest_expect_array(g, 0, c->expected, c->fn, args,
                       __FILE__, __LINE__, __func__);
    if (c->state == IN_HANDLER) {
        /* A signal from inside would come next */
        guest_call(g, 0, SDEI_EVENT_DISABLE, 0);
        guest_complete(g, 0, 0);
        guest_wait(g, 0, seq, NULL);
    }
}

static void test_version(Guest *g, const void *data)
{
    uint64_t version = guest_call(g, 0, SDEI_VERSION);

    guest_check_eq(g, 0, version >> 32, 0x10001, "VERSION, without vendor");
}

static void test_bind_slots(Guest *g, const void *data)
{
    uint64_t slots = guest_call(g, 0, SDEI_FEATURES, SDEI_FEATURE_BIND_SLOTS);

    guest_check_eq(g, 0, slots >> 32, 0, "FEATURES(0) upper half");
    if (!(slots & 0xffff)) {
        guest_expect(g, 0, SDEI_OUT_OF_RESOURCE, SDEI_INTERRUPT_BIND, 27);
    }
    if (!(slots >> 16)) {
        guest_expect(g, 0, SDEI_OUT_OF_RESOURCE, SDEI_INTERRUPT_BIND, 33);
    }
}

static void test_pe_mask(Guest *g, const void *data)
{
    guest_expect(g, 0, 0, SDEI_PE_MASK);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    guest_expect(g, 0, 1, SDEI_PE_MASK);
    guest_expect(g, 0, 0, SDEI_PE_MASK);
    /* Each PE has its own */
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    guest_expect(g, 0, 0, SDEI_PE_MASK);
    guest_expect(g, 1, 1, SDEI_PE_MASK);
}

static void test_undefined(Guest *g, const void *data)
{
    for (unsigned n = 0x13; n < SDEI_FN_COUNT; n++) {
        guest_expect(g, 0, SDEI_NOT_SUPPORTED, SDEI_FN(n));
    }
}

static void test_smc32(Guest *g, const void *data)
{
    for (unsigned n = 0; n < SDEI_FN_COUNT; n++) {
        guest_expect(g, 0, SDEI_NOT_SUPPORTED, 0x84000020u + n);
    }
}

static void test_psci_still_answers(Guest *g, const void *data)
{
    int64_t version = guest_call(g, 0, PSCI_VERSION);

    /* The host kernel's under KVM */
    if (version >> 16 != 1 || (!guest_is_kvm() && version != 0x10001)) {
        guest_fail(g, 0, "PSCI version 0x%" PRIx64, version);
    }
    guest_expect(g, 0, 0, PSCI_AFFINITY_INFO, guest_affinity(g, 1), 0);
}

/* SMCCC: X4-X17 are unchanged, and what is no argument or result is too */
static void test_registers_unchanged(Guest *g, const void *data)
{
    for (unsigned n = 0; n < SDEI_FN_COUNT; n++) {
        GuestFrame result;
        GuestRun run;

        guest_run_init(g, 0, &run);
        guest_run_insn(&run, g->client_el == 2 ? INSN_SMC : INSN_HVC);
        guest_run_end(&run);
        guest_pattern(run.x, 0x100 + n);
        run.x[0] = SDEI_FN(n);
        run.pstate = guest_pstate(g, n % 2 ? PSTATE_NZCV :
                                  PSTATE_DAIF | 0x50000000);
        guest_run(g, 0, &run, &result);
        guest_check_regs(g, 0, result.x, run.x, 4, 30,
                         sdei_fn_name(SDEI_FN(n)));
        guest_check_eq(g, 0, result.spsr, run.pstate, "%s: PSTATE",
                       sdei_fn_name(SDEI_FN(n)));
        guest_check_eq(g, 0, result.elr, run.address + run.words * 4,
                       "%s: PC", sdei_fn_name(SDEI_FN(n)));
    }
}

/*
 * Without an EL above to take it the other instruction is undefined, or it is
 * taken to EL2 as the guest's own.  From EL1 KVM takes both, and answers.
 */
static void test_wrong_conduit(Guest *g, const void *data)
{
    bool answered = guest_is_kvm() && g->client_el == 1;
    GuestFrame result;
    GuestRun run;

    guest_run_init(g, 0, &run);
    guest_run_insn(&run, g->client_el == 2 ? INSN_HVC : INSN_SMC);
    guest_run_end(&run);
    guest_pattern(run.x, 1);
    run.x[0] = SDEI_PE_UNMASK;
    if (!answered) {
        guest_announce_exception(g, 0);
    }
    guest_run(g, 0, &run, &result);
    guest_check_regs(g, 0, result.x, run.x, answered, 30, "wrong conduit");
    if (answered) {
        guest_check_eq(g, 0, result.x[0], SDEI_NOT_SUPPORTED, "wrong conduit");
    } else {
        guest_expect_exception(g, 0, g->client_el == 2 ? EC_HVC64 :
                               EC_UNDEFINED);
    }
    guest_expect(g, 0, 0, SDEI_PE_MASK);
}

/* HVC and SMC are undefined at EL0 */
static void test_caller_at_el0(Guest *g, const void *data)
{
    static const uint32_t insns[] = { INSN_HVC, INSN_SMC };

    for (unsigned i = 0; i < ARRAY_SIZE(insns); i++) {
        GuestFrame result;
        GuestRun run;

        guest_run_init(g, 0, &run);
        guest_run_insn(&run, insns[i]);
        guest_run_end(&run);
        guest_pattern(run.x, i);
        run.x[0] = SDEI_PE_UNMASK;
        run.pstate = PSTATE_EL0;
        if (g->client_el == 1) {
            guest_announce_exception(g, 0);
        }
        guest_run(g, 0, &run, &result);
        guest_check_regs(g, 0, result.x, run.x, 0, 30, "caller at EL0");
        if (g->client_el == 1) {
            guest_expect_exception(g, 0, EC_UNDEFINED);
        } else {
            guest_check_eq(g, 0, result.esr_el1 >> 26, EC_UNDEFINED, "ESR_EL1");
        }
        guest_expect(g, 0, 0, SDEI_PE_MASK);
    }
}

/* An SMC of EL1 below the client reaches QEMU, and is not the client's */
static void test_caller_below_client(Guest *g, const void *data)
{
    event_enable(g, 0, 0, 0);
    for (unsigned n = 0; n < SDEI_FN_COUNT; n++) {
        GuestFrame result;
        GuestRun run;

        guest_run_init(g, 0, &run);
        guest_run_insn(&run, INSN_SMC);
        guest_run_insn(&run, INSN_HVC_IMM(FWD_IMM));
        guest_pattern(run.x, n);
        run.x[0] = SDEI_FN(n);
        run.x[1] = EVENT_SW_SIGNALED;
        run.x[2] = GUEST_HANDLER(1);
        run.pstate = PSTATE_EL1H | PSTATE_DAIF;
        guest_run(g, 0, &run, &result);
        guest_check_eq(g, 0, result.x[0], SDEI_NOT_SUPPORTED, "EL1's %s",
                       sdei_fn_name(SDEI_FN(n)));
        guest_check_regs(g, 0, result.x, run.x, 1, 30, "caller below client");
    }
    event_check_status(g, 0, 3);
    guest_expect(g, 0, 0, SDEI_PE_MASK);
}

static void test_caller_aarch32(Guest *g, const void *data)
{
    uint64_t hcr = guest_read_sysreg(g, 0, SYSREG_HCR_EL2);

    event_enable(g, 0, 0, 0);
    guest_write_sysreg(g, 0, SYSREG_HCR_EL2, hcr & ~HCR_RW);
    for (unsigned n = 0; n < SDEI_FN_COUNT; n++) {
        GuestFrame result;
        GuestRun run;

        guest_run_init(g, 0, &run);
        guest_run_insn(&run, INSN_A32_SMC);
        guest_run_insn(&run, INSN_A32_HVC_IMM(FWD_IMM));
        run.x[0] = SDEI_FN(n);
        run.x[1] = EVENT_SW_SIGNALED;
        run.x[2] = GUEST_HANDLER(1);
        run.pstate = PSTATE_AARCH32_SVC | PSTATE_DAIF;
        guest_run(g, 0, &run, &result);
        guest_check_eq(g, 0, (uint32_t)result.x[0],
                       (uint32_t)SDEI_NOT_SUPPORTED, "AArch32's %s",
                       sdei_fn_name(SDEI_FN(n)));
    }
    guest_write_sysreg(g, 0, SYSREG_HCR_EL2, hcr);
    event_check_status(g, 0, 3);
    guest_expect(g, 0, 0, SDEI_PE_MASK);
}

/*
 * The log of what others call: their arguments are where AArch32 has them, and
 * what a client has in X0 names another call
 */
static void test_log_aarch32(void)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *path = NULL, *args = NULL, *log = NULL;
    int fd = g_file_open_tmp("arm-sdei-log-XXXXXX", &path, &err);
    GuestConfig config = { .cpus = 1, .machine = "virtualization=on" };
    GuestFrame result;
    GuestRun run;
    uint64_t hcr;
    Guest *g;

    g_assert_no_error(err);
    close(fd);
    args = g_strdup_printf("-d guest_errors -D %s", path);
    config.args = args;
    g = guest_start(&config);
    hcr = guest_read_sysreg(g, 0, SYSREG_HCR_EL2);
    guest_write_sysreg(g, 0, SYSREG_HCR_EL2, hcr & ~HCR_RW);
    guest_run_init(g, 0, &run);
    guest_run_insn(&run, INSN_A32_SMC);
    guest_run_insn(&run, INSN_A32_HVC_IMM(FWD_IMM));
    run.x[0] = SDEI_EVENT_STATUS;
    run.pstate = PSTATE_AARCH32_SVC | PSTATE_DAIF;
    guest_run(g, 0, &run, &result);
    guest_check_eq(g, 0, (uint32_t)result.x[0], (uint32_t)SDEI_NOT_SUPPORTED,
                   "X0");
    g_assert_true(g_file_get_contents(path, &log, NULL, &err));
    g_test_message("%s", log);
    g_assert_true(g_str_has_prefix(log, "SDEI call of a non-client(0x0, "));
    guest_finish();
    g_unlink(path);
}

void add_call_tests(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(call_cases); i++) {
        scenario_add(SCENARIO_BOTH_EL, test_call, &call_cases[i],
                     "call/%s", call_cases[i].path);
    }
    scenario_add(SCENARIO_ALL, test_version, NULL, "call/version");
    scenario_add(SCENARIO_BOTH_EL, test_bind_slots, NULL,
                 "call/features/bind-slots");
    scenario_add(SCENARIO_BOTH_EL, test_pe_mask, NULL, "call/pe-mask/results");
    scenario_add(SCENARIO_BOTH_EL, test_undefined, NULL,
                 "call/undefined-functions");
    scenario_add(SCENARIO_BOTH_EL, test_smc32, NULL, "call/smc32-functions");
    scenario_add(SCENARIO_BOTH_EL, test_psci_still_answers, NULL,
                 "call/psci-still-answers");
    scenario_add(SCENARIO_ALL, test_registers_unchanged, NULL,
                 "call/registers-unchanged");
    scenario_add(SCENARIO_BOTH_EL, test_wrong_conduit, NULL,
                 "caller/wrong-conduit");
    scenario_add(SCENARIO_BOTH_EL, test_caller_at_el0, NULL, "caller/el0");
    scenario_add(SCENARIO_EL2, test_caller_below_client, NULL,
                 "caller/el1-below-client");
    scenario_add(scenario_aarch32(SCENARIO_EL2), test_caller_aarch32, NULL,
                 "caller/aarch32");
    if (!guest_is_kvm()) {
        qtest_add_func("/arm-sdei/el2/caller/log-of-aarch32",
                       test_log_aarch32);
    }
}
