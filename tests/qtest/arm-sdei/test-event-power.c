/*
 * arm-sdei-test: power and reset with private and shared events
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "scenario.h"
#include "user-event.h"

#define PE          1
#define RESETS      10

static void register_on_pe(Guest *g, uint32_t num, unsigned handler)
{
    user_event_enable(g, 0, num, handler, SDEI_REGISTER_RM_PE,
                      guest_affinity(g, PE));
}

static void check_off(Guest *g, unsigned cpu)
{
    guest_expect(g, 0, PSCI_AFFINITY_OFF, PSCI_AFFINITY_INFO,
                 guest_affinity(g, cpu), 0);
}

/* Masked, no handler running, no private event registered */
static void check_clean(Guest *g, unsigned cpu)
{
    guest_expect(g, cpu, SDEI_DENIED, SDEI_EVENT_CONTEXT, 0);
    guest_expect(g, cpu, SDEI_DENIED, SDEI_EVENT_COMPLETE, 0);
    guest_expect(g, cpu, 0, SDEI_EVENT_STATUS, EVENT_SW_SIGNALED);
    for (unsigned i = 0; i < USER_EVENTS; i++) {
        if (!user_events[i].shared) {
            user_event_check_status(g, cpu, user_events[i].num, 0);
        }
    }
    guest_expect(g, cpu, 0, SDEI_PE_MASK);
}

/* The same, and no shared event either: as after a reset of the machine */
static void check_all_clean(Guest *g)
{
    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        check_clean(g, cpu);
    }
    for (unsigned i = 0; i < USER_EVENTS; i++) {
        user_event_check_status(g, 0, user_events[i].num, 0);
    }
}

/* Nothing is left behind that keeps PE @cpu from taking each kind of event */
static void check_works(Guest *g, unsigned cpu)
{
    static const uint32_t events[] = {
        EVENT_PN2, EVENT_PC2, EVENT_SN2, EVENT_SC2,
    };

    guest_expect(g, cpu, 0, SDEI_PE_UNMASK);
    for (unsigned i = 0; i < ARRAY_SIZE(events); i++) {
        user_event_enable(g, cpu, events[i], 4, SDEI_REGISTER_RM_PE,
                          guest_affinity(g, cpu));
        if (user_event(events[i])->shared) {
            user_event_trigger_shared(g, events[i]);
        } else {
            user_event_trigger(g, events[i], cpu);
        }
        guest_wait_handler(g, cpu, 4, NULL);
        guest_complete(g, cpu, 0);
        guest_nop(g, cpu);
        guest_expect(g, cpu, 0, SDEI_EVENT_UNREGISTER, events[i]);
    }
    guest_expect(g, cpu, 1, SDEI_PE_MASK);
}

/* CPU_OFF in a handler: it counts as completed */

static void test_off_in_private(Guest *g, const void *data)
{
    for (unsigned i = 0; i < 3; i++) {
        user_event_enable(g, PE, EVENT_PN1, 1, 0);
        guest_expect(g, PE, 0, SDEI_PE_UNMASK);
        user_event_trigger(g, EVENT_PN1, PE);
        guest_wait_handler(g, PE, 1, NULL);
        guest_cpu_off(g, 0, PE);
        user_event_trigger_fails(g->qts, "{ 'id': 'pn1', 'cpu-index': 1 }",
                                 "not registered");
        guest_cpu_on(g, 0, PE);
        check_clean(g, PE);
        check_works(g, PE);
    }
}

/* A shared event is as before the handler ran, and can be taken elsewhere */
static void test_off_in_shared(Guest *g, const void *data)
{
    const char *route = data;
    bool any = !strcmp(route, "rm-any");

    if (any) {
        user_event_enable(g, 0, EVENT_SN1, 1, 0);
    } else {
        register_on_pe(g, EVENT_SN1, 1);
    }
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    user_event_trigger_shared(g, EVENT_SN1);
    guest_wait_handler(g, PE, 1, NULL);
    /* One more, which waits for the handler to end */
    user_event_trigger_shared(g, EVENT_SN1);
    guest_expect(g, 2, 0, SDEI_PE_UNMASK);
    guest_cpu_off(g, 0, PE);
    if (any) {
        guest_wait_handler(g, 2, 1, NULL);
        user_event_check_status(g, 0, EVENT_SN1, 7);
        guest_complete(g, 2, 0);
        guest_nop(g, 2);
    }
    user_event_check_status(g, 0, EVENT_SN1, 3);
    guest_cpu_on(g, 0, PE);
    check_clean(g, PE);
    user_event_check_status(g, PE, EVENT_SN1, 3);
    if (!any) {
        guest_expect(g, 0, guest_affinity(g, PE), SDEI_EVENT_GET_INFO,
                     EVENT_SN1, SDEI_INFO_ROUTING_AFFINITY);
        guest_call_start(g, PE, SDEI_PE_UNMASK);
        guest_wait_handler(g, PE, 1, NULL);
        guest_complete(g, PE, 0);
        guest_nop(g, PE);
        guest_expect(g, PE, 1, SDEI_PE_MASK);
    }
    check_works(g, PE);
    user_event_check_status(g, 0, EVENT_SN1, 3);
}

/* Disabled or unregistered in the meantime: what was asked for is done */
static void test_off_in_shared_disabled(Guest *g, const void *data)
{
    bool unregister = *(const bool *)data;

    register_on_pe(g, EVENT_SN1, 1);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    user_event_trigger_shared(g, EVENT_SN1);
    guest_wait_handler(g, PE, 1, NULL);
    guest_expect(g, 0, unregister ? SDEI_PENDING : 0,
                 unregister ? SDEI_EVENT_UNREGISTER : SDEI_EVENT_DISABLE,
                 EVENT_SN1);
    guest_cpu_off(g, 0, PE);
    user_event_check_status(g, 0, EVENT_SN1, unregister ? 0 : 1);
    guest_expect(g, 0, unregister ? SDEI_DENIED : 0, SDEI_EVENT_UNREGISTER,
                 EVENT_SN1);
    guest_cpu_on(g, 0, PE);
    check_clean(g, PE);
    check_works(g, PE);
}

/* Two handlers at once: both count as completed */
static void test_off_nested(Guest *g, const void *data)
{
    for (unsigned i = 0; i < 3; i++) {
        register_on_pe(g, EVENT_SN1, 1);
        user_event_enable(g, PE, EVENT_PC1, 2, 0);
        guest_expect(g, PE, 0, SDEI_PE_UNMASK);
        user_event_trigger_shared(g, EVENT_SN1);
        guest_wait_handler(g, PE, 1, NULL);
        user_event_trigger(g, EVENT_PC1, PE);
        guest_wait_handler(g, PE, 2, NULL);
        guest_cpu_off(g, 0, PE);
        user_event_check_status(g, 0, EVENT_SN1, 3);
        guest_expect(g, 0, 0, SDEI_SHARED_RESET);
        guest_cpu_on(g, 0, PE);
        check_clean(g, PE);
        check_works(g, PE);
    }
}

/* The handler itself makes the call, at once */
static void test_off_by_handler(Guest *g, const void *data)
{
    for (unsigned i = 0; i < 3; i++) {
        guest_set_mode(g, PE, ID_HANDLER(1), MODE_OFF);
        event_ready(g, PE, 1, 0);
        event_signal(g, 0, PE);
        guest_wait_off(g, 0, PE);
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_SIGNAL,
                     EVENT_SW_SIGNALED, guest_affinity(g, PE));
        guest_cpu_on(g, 0, PE);
        check_clean(g, PE);
    }
    check_works(g, PE);
}

/* A PE that is off */

/* Private registrations are gone: there is nothing to trigger */
static void test_off_private_gone(Guest *g, const void *data)
{
    user_event_enable(g, PE, EVENT_PN1, 1, 0);
    user_event_enable(g, PE, EVENT_PC1, 2, 0);
    user_event_trigger(g, EVENT_PN1, PE);
    guest_cpu_off(g, 0, PE);
    user_event_trigger_fails(g->qts, "{ 'id': 'pn1', 'cpu-index': 1 }",
                             "not registered");
    user_event_trigger_fails(g->qts, "{ 'id': 'pc1', 'cpu-index': 1 }",
                             "not registered");
    guest_cpu_on(g, 0, PE);
    check_clean(g, PE);
    user_event_enable(g, PE, EVENT_PN1, 1, 0);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    settle(g);
    guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(1)), 0, "entries");
}

/* RM_PE waits for it, and does not power it on */
static void test_rm_pe_off(Guest *g, const void *data)
{
    register_on_pe(g, EVENT_SN1, 1);
    unmask_all(g);
    guest_set_mode(g, PE, ID_HANDLER(1), MODE_AUTO);
    guest_cpu_off(g, 0, PE);
    for (unsigned i = 0; i < 3; i++) {
        user_event_trigger_shared(g, EVENT_SN1);
        guest_nop(g, 0);
        guest_nop(g, 2);
        check_off(g, PE);
    }
    guest_check_eq(g, PE, count_all(g, 1), 0, "entries");
    guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT_SN1);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_SN1);
    check_off(g, PE);
    user_event_check_status(g, 0, EVENT_SN1, 3);
    guest_expect(g, 0, guest_affinity(g, PE), SDEI_EVENT_GET_INFO, EVENT_SN1,
                 SDEI_INFO_ROUTING_AFFINITY);
    guest_cpu_on(g, 0, PE);
    settle(g);
    guest_check_eq(g, PE, count_all(g, 1), 0, "entries before PE_UNMASK");
    guest_call_start(g, PE, SDEI_PE_UNMASK);
    guest_wait_handler(g, PE, 1, NULL);
    guest_complete(g, PE, 0);
    settle(g);
    guest_check_eq(g, PE, count_all(g, 1), 1, "entries");
}

/* It may be routed to a PE that is off, and away from it */
static void test_routing_set_off(Guest *g, const void *data)
{
    guest_cpu_off(g, 0, PE);
    register_on_pe(g, EVENT_SN1, 1);
    guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT_SN1);
    user_event_trigger_shared(g, EVENT_SN1);
    guest_expect(g, 0, 0, SDEI_EVENT_ROUTING_SET, EVENT_SN1, 1,
                 guest_affinity(g, 2));
    guest_expect(g, 0, 0, SDEI_EVENT_ROUTING_SET, EVENT_SN1, 1,
                 guest_affinity(g, PE));
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    guest_expect(g, 2, 0, SDEI_PE_UNMASK);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_SN1);
    check_off(g, PE);
    guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT_SN1);
    guest_expect(g, 0, 0, SDEI_EVENT_ROUTING_SET, EVENT_SN1, 1,
                 guest_affinity(g, 2));
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_SN1);
    guest_wait_handler(g, 2, 1, NULL);
    guest_complete(g, 2, 0);
    guest_nop(g, 2);
    guest_cpu_on(g, 0, PE);
    check_clean(g, PE);
}

/* The last PE that could take an RM_ANY event goes off; another comes */
static void test_rm_any_off(Guest *g, const void *data)
{
    user_event_enable(g, 0, EVENT_SN1, 1, 0);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    guest_cpu_off(g, 0, PE);
    user_event_trigger_shared(g, EVENT_SN1);
    guest_nop(g, 0);
    check_off(g, PE);
    guest_check_eq(g, PE, count_all(g, 1), 0, "entries");
    guest_cpu_on(g, 0, PE);
    guest_call_start(g, PE, SDEI_PE_UNMASK);
    guest_wait_handler(g, PE, 1, NULL);
    guest_complete(g, PE, 0);
    check_clean(g, 0);
    guest_nop(g, PE);
}

/* Goes off and comes back again and again while events come in */
static void test_off_on_storm(Guest *g, const void *data)
{
    uint64_t count;

    set_all_modes(g, 1, MODE_AUTO);
    user_event_enable(g, 0, EVENT_SN1, 1, 0);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    for (unsigned i = 0; i < RESETS; i++) {
        guest_set_mode(g, PE, ID_HANDLER(1), MODE_AUTO);
        guest_set_mode(g, PE, ID_HANDLER(2), MODE_AUTO);
        user_event_enable(g, PE, EVENT_PC1, 2, 0);
        guest_expect(g, PE, 0, SDEI_PE_UNMASK);
        guest_call_start(g, PE, PSCI_CPU_OFF);
        for (unsigned j = 0; j < 5; j++) {
            user_event_trigger_shared(g, EVENT_SN1);
            qobject_unref(qtest_qmp(g->qts,
                                    "{ 'execute': 'sdei-trigger-event',"
                                    "  'arguments': { 'id': 'pc1',"
                                    "                 'cpu-index': %u } }",
                                    PE));
        }
        guest_wait_off(g, 0, PE);
        guest_cpu_on(g, 0, PE);
        check_clean(g, PE);
    }
    settle(g);
    count = count_all(g, 1);
    user_event_trigger_shared(g, EVENT_SN1);
    wait_count_all(g, 1, count + 1);
}

/* SYSTEM_RESET in a handler */

static void system_reset_by(Guest *g, unsigned cpu)
{
    guest_set_word(g, 0, PE_READY, 0);
    guest_call_start(g, cpu, PSCI_SYSTEM_RESET);
    guest_reboot(g);
}

static void test_system_reset(Guest *g, const void *data)
{
    bool nested = *(const bool *)data;

    for (unsigned i = 0; i < 2; i++) {
        register_on_pe(g, EVENT_SN1, 1);
        user_event_enable(g, PE, EVENT_PC1, 2, 0);
        guest_expect(g, PE, 0, SDEI_PE_UNMASK);
        user_event_trigger_shared(g, EVENT_SN1);
        guest_wait_handler(g, PE, 1, NULL);
        if (nested) {
            user_event_trigger(g, EVENT_PC1, PE);
            guest_wait_handler(g, PE, 2, NULL);
        }
        system_reset_by(g, PE);
        check_all_clean(g);
        check_works(g, PE);
        check_works(g, 0);
    }
}

/* Reset of the machine by QMP at many moments */

static void moment_registered(Guest *g)
{
    for (unsigned i = 0; i < g->config.cpus; i++) {
        user_event_enable(g, i, EVENT_PN1, 1, 0);
    }
    register_on_pe(g, EVENT_SN1, 1);
    unmask_all(g);
}

static void moment_pending(Guest *g)
{
    moment_registered(g);
    guest_expect(g, PE, 1, SDEI_PE_MASK);
    user_event_trigger(g, EVENT_PN1, PE);
    user_event_trigger_shared(g, EVENT_SN1);
}

static void moment_just_triggered(Guest *g)
{
    moment_registered(g);
    user_event_trigger(g, EVENT_PN1, PE);
    user_event_trigger_shared(g, EVENT_SN1);
}

static void moment_stopped(Guest *g)
{
    moment_registered(g);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
    user_event_trigger(g, EVENT_PN1, PE);
    user_event_trigger_shared(g, EVENT_SN1);
}

static void moment_handler(Guest *g)
{
    moment_registered(g);
    user_event_trigger(g, EVENT_PN1, PE);
    guest_wait_handler(g, PE, 1, NULL);
}

static void moment_handler_masked(Guest *g)
{
    moment_handler(g);
    guest_expect(g, PE, 1, SDEI_PE_MASK);
    user_event_trigger(g, EVENT_PN1, PE);
}

static void moment_nested(Guest *g)
{
    user_event_enable(g, PE, EVENT_PC1, 2, 0);
    moment_handler(g);
    user_event_trigger(g, EVENT_PC1, PE);
    guest_wait_handler(g, PE, 2, NULL);
    user_event_trigger(g, EVENT_PC1, PE);
    user_event_trigger_shared(g, EVENT_SN1);
}

static void moment_unregistered(Guest *g)
{
    moment_handler(g);
    guest_expect(g, PE, SDEI_PENDING, SDEI_EVENT_UNREGISTER, EVENT_PN1);
}

static void moment_off(Guest *g)
{
    moment_registered(g);
    guest_cpu_off(g, 0, PE);
    user_event_trigger_shared(g, EVENT_SN1);
}

static void moment_parked(Guest *g)
{
    guest_set_mode(g, PE, ID_HANDLER(0), MODE_PARK);
    event_ready(g, PE, 0, 0);
    event_signal(g, 0, PE);
    guest_wait_count(g, PE, ID_HANDLER(0), 1);
    event_signal(g, 0, PE);
}

typedef struct Moment {
    const char *path;
    void (*reach)(Guest *g);
} Moment;

static const Moment moments[] = {
    { "registered", moment_registered },
    { "pending", moment_pending },
    { "just-triggered", moment_just_triggered },
    { "stopped-and-pending", moment_stopped },
    { "handler", moment_handler },
    { "handler-masked-and-pending", moment_handler_masked },
    { "nested-and-pending", moment_nested },
    { "running-unregistered", moment_unregistered },
    { "pe-off", moment_off },
    { "pe-parked", moment_parked },
};

static void test_machine_reset(Guest *g, const void *data)
{
    const Moment *m = data;

    m->reach(g);
    guest_set_word(g, 0, PE_READY, 0);
    qtest_system_reset_nowait(g->qts);
    if (m->reach == moment_stopped) {
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
    }
    guest_reboot(g);
    check_all_clean(g);
    /* What was pending is gone with the registration */
    set_all_modes(g, 1, MODE_AUTO);
    set_all_modes(g, 0, MODE_AUTO);
    moment_registered(g);
    event_ready(g, PE, 0, 0);
    settle(g);
    guest_check_eq(g, PE, count_all(g, 1), 0, "entries");
    guest_check_eq(g, PE, count_all(g, 0), 0, "entries");
    guest_expect(g, PE, 1, SDEI_PE_MASK);
    guest_expect(g, PE, 0, SDEI_PRIVATE_RESET);
    guest_expect(g, PE, 0, SDEI_SHARED_RESET);
    check_works(g, PE);
}

/* All PEs signal each other, and users trigger, when the reset comes */
static void test_reset_storm(Guest *g, const void *data)
{
    for (unsigned n = 0; n < RESETS; n++) {
        for (unsigned id = 0; id < 3; id++) {
            set_all_modes(g, id, MODE_AUTO);
        }
        user_event_enable(g, 0, EVENT_SC1, 1, 0);
        for (unsigned i = 0; i < g->config.cpus; i++) {
            user_event_enable(g, i, EVENT_PN1, 2, 0);
            event_ready(g, i, 0, 0);
        }
        for (unsigned i = 0; i < g->config.cpus; i++) {
            unsigned loop;
            GuestRun run;

            guest_run_init(g, i, &run);
            guest_run_mark_started(i, &run);
            loop = run.words;
            guest_run_insn(&run, INSN_MOV(0, 20));
            guest_run_insn(&run, INSN_MOV(1, 21));
            guest_run_insn(&run, INSN_MOV(2, 22));
            guest_run_insn(&run, g->client_el == 2 ? INSN_SMC : INSN_HVC);
            guest_run_loop(i, &run, loop);
            guest_run_end(&run);
            run.x[20] = SDEI_EVENT_SIGNAL;
            run.x[21] = EVENT_SW_SIGNALED;
            run.x[22] = guest_affinity(g, (i + 1) % g->config.cpus);
            guest_run_start(g, i, &run);
            guest_run_wait_started(g, i);
        }
        for (unsigned i = 0; i <= n; i++) {
            user_event_trigger_shared(g, EVENT_SC1);
            user_event_trigger(g, EVENT_PN1, i % g->config.cpus);
        }
        guest_set_word(g, 0, PE_READY, 0);
        qtest_system_reset_nowait(g->qts);
        guest_reboot(g);
        check_all_clean(g);
    }
    check_works(g, 0);
    check_works(g, PE);
}

/*
 * As after a panic: PE 1 never leaves its event 0 handler.  What boots on PE 0
 * next starts afresh, and uses all kinds of events.
 */
static void test_parked(Guest *g, const void *data)
{
    moment_parked(g);
    event_ready(g, 0, 0, 0);
    user_event_enable(g, 0, EVENT_SN1, 1, 0);
    user_event_enable(g, 0, EVENT_PN1, 1, 0);

    guest_expect(g, 0, 0, SDEI_PRIVATE_RESET);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    guest_expect(g, 0, 0, SDEI_EVENT_STATUS, EVENT_SN1);
    guest_expect(g, 0, 1, SDEI_PE_MASK);
    check_works(g, 0);
    guest_expect(g, 0, PSCI_ALREADY_ON, PSCI_CPU_ON, guest_affinity(g, PE),
                 GUEST_SECONDARY, PE);

    /* RM_ANY passes it by, which is in a handler; a critical one would not */
    set_all_modes(g, 3, MODE_AUTO);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    guest_expect(g, 2, 0, SDEI_PE_UNMASK);
    user_event_enable(g, 0, EVENT_SN1, 3, 0);
    for (unsigned i = 1; i <= 6; i++) {
        user_event_trigger_shared(g, EVENT_SN1);
        wait_count_all(g, 3, i);
    }
    guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(3)), 0, "entries");
    guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(0)), 1, "entries");

    /* Off and on again, by a critical event whose handler does that: clean */
    guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, EVENT_SN1);
    guest_set_mode(g, PE, ID_HANDLER(5), MODE_OFF);
    register_on_pe(g, EVENT_SC1, 5);
    user_event_trigger_shared(g, EVENT_SC1);
    guest_wait_off(g, 0, PE);
    guest_cpu_on(g, 0, PE);
    check_clean(g, PE);
    check_works(g, PE);
    user_event_check_status(g, 0, EVENT_SC1, 3);
}

void add_event_power_tests(void)
{
    static const bool yes = true, no;
    ScenarioFlags machines = SCENARIO_EVENTS_THREADS;

    scenario_add(machines, test_off_in_private, NULL,
                 "power/cpu-off-in-handler/private");
    scenario_add(machines, test_off_in_shared, "rm-pe",
                 "power/cpu-off-in-handler/shared-rm-pe");
    scenario_add(machines, test_off_in_shared, "rm-any",
                 "power/cpu-off-in-handler/shared-rm-any");
    scenario_add(SCENARIO_EVENTS, test_off_in_shared_disabled, &no,
                 "power/cpu-off-in-handler/shared-disabled");
    scenario_add(SCENARIO_EVENTS, test_off_in_shared_disabled, &yes,
                 "power/cpu-off-in-handler/shared-unregistered");
    scenario_add(machines, test_off_nested, NULL,
                 "power/cpu-off-in-handler/nested");
    scenario_add(machines, test_off_by_handler, NULL,
                 "power/cpu-off-in-handler/event-0");
    scenario_add(machines, test_off_private_gone, NULL,
                 "power/off/private-gone");
    scenario_add(machines, test_rm_pe_off, NULL, "power/off/rm-pe-waits");
    scenario_add(SCENARIO_EVENTS, test_routing_set_off, NULL,
                 "power/off/routing-set");
    scenario_add(machines, test_rm_any_off, NULL, "power/off/rm-any-waits");
    scenario_add(machines, test_off_on_storm, NULL, "power/off-on-storm");
    scenario_add(machines, test_system_reset, &no,
                 "power/system-reset/in-handler");
    scenario_add(machines, test_system_reset, &yes,
                 "power/system-reset/nested");
    for (unsigned i = 0; i < ARRAY_SIZE(moments); i++) {
        scenario_add(machines, test_machine_reset, &moments[i],
                     "power/machine-reset/%s", moments[i].path);
    }
    scenario_add(machines, test_reset_storm, NULL,
                 "power/machine-reset/storm");
    scenario_add(machines, test_parked, NULL, "power/parked-pe");
}
