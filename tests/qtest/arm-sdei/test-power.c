/*
 * arm-sdei-test: reset and PSCI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"

/* As if it had never been used: masked, nothing registered, no context */
static void check_clean(Guest *g, unsigned cpu)
{
    event_check_status(g, cpu, 0);
    guest_expect(g, cpu, SDEI_DENIED, SDEI_EVENT_CONTEXT, 0);
    guest_expect(g, cpu, SDEI_DENIED, SDEI_EVENT_COMPLETE, 0);
    /* 0: it was masked */
    guest_expect(g, cpu, 0, SDEI_PE_MASK);
}

/* The event works on PE @target */
static void check_works(Guest *g, unsigned by, unsigned target)
{
    event_ready(g, target, 2, 0);
    event_signal(g, by, target);
    guest_wait_handler(g, target, 2, NULL);
    event_check_status(g, target, 7);
    guest_complete(g, target, 0);
    guest_nop(g, target);
    event_check_status(g, target, 3);
}

/* It works on PE 0, which signals itself */
static void check_works_alone(Guest *g)
{
    uint64_t seq;

    event_ready(g, 0, 0, 0);
    seq = event_signal_self(g, 0);
    guest_wait_handler(g, 0, 0, NULL);
    guest_complete(g, 0, 0);
    guest_wait(g, 0, seq, NULL);
}

static void enter_handler(Guest *g, unsigned by, unsigned target)
{
    event_ready(g, target, 0, 0);
    event_signal(g, by, target);
    guest_wait_handler(g, target, 0, NULL);
}

static void test_boot(Guest *g, const void *data)
{
    check_clean(g, 0);
    check_clean(g, 1);
    check_works(g, 0, 1);
    check_works(g, 1, 0);
}

static void test_machine_reset(Guest *g, const void *data)
{
    enter_handler(g, 0, 1);
    event_ready(g, 0, 0, 0);
    guest_reset(g);
    check_clean(g, 0);
    check_clean(g, 1);
    check_works(g, 0, 1);
    check_works(g, 1, 0);
}

/* A signal that waits does not outlive the machine */
static void test_machine_reset_pending(Guest *g, const void *data)
{
    event_enable(g, 0, 0, 0);
    event_signal(g, 1, 0);
    guest_reset(g);
    event_ready(g, 0, 0, 0);
    guest_nop(g, 0);
    guest_check_eq(g, 0, guest_count(g, 0, ID_HANDLER(0)), 0, "entries");
}

static void test_system_reset_in_handler(Guest *g, const void *data)
{
    enter_handler(g, 0, 1);
    guest_set_word(g, 0, PE_READY, 0);
    guest_call_start(g, 1, PSCI_SYSTEM_RESET);
    guest_reboot(g);
    check_clean(g, 0);
    check_clean(g, 1);
    check_works(g, 0, 1);
}

static void test_cpu_off_on(Guest *g, const void *data)
{
    event_ready(g, 1, 0, 0);
    guest_cpu_off(g, 0, 1);
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_SIGNAL, 0,
                 guest_affinity(g, 1));
    guest_cpu_on(g, 0, 1);
    check_clean(g, 1);
    check_works(g, 0, 1);
}

/* A pending signal goes away with the registration */
static void test_cpu_off_pending(Guest *g, const void *data)
{
    event_enable(g, 1, 0, 0);
    event_signal(g, 0, 1);
    guest_cpu_off(g, 0, 1);
    guest_cpu_on(g, 0, 1);
    event_ready(g, 1, 0, 0);
    guest_nop(g, 1);
    guest_check_eq(g, 1, guest_count(g, 1, ID_HANDLER(0)), 0, "entries");
}

static void test_cpu_off_in_handler(Guest *g, const void *data)
{
    for (unsigned i = 0; i < 3; i++) {
        enter_handler(g, 0, 1);
        guest_cpu_off(g, 0, 1);
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_SIGNAL, 0,
                     guest_affinity(g, 1));
        guest_cpu_on(g, 0, 1);
        check_clean(g, 1);
        check_works(g, 0, 1);
        guest_expect(g, 1, 0, SDEI_PRIVATE_RESET);
        guest_expect(g, 1, 1, SDEI_PE_MASK);
    }
}

/*
 * As after a panic: PE 1 never leaves its handler, and what boots on PE 0 next
 * starts afresh.
 */
static void test_parked_pe(Guest *g, const void *data)
{
    guest_set_mode(g, 1, ID_HANDLER(0), MODE_PARK);
    event_ready(g, 0, 0, 0);
    event_ready(g, 1, 0, 0);
    event_signal(g, 0, 1);
    guest_wait_count(g, 1, ID_HANDLER(0), 1);

    guest_expect(g, 0, 0, SDEI_PRIVATE_RESET);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    guest_expect(g, 0, PSCI_ALREADY_ON, PSCI_CPU_ON, guest_affinity(g, 1),
                 GUEST_SECONDARY, 1);
    check_works_alone(g);
    /* It may be signalled, once, and nothing comes of it */
    event_signal(g, 0, 1);
    guest_nop(g, 0);
    guest_check_eq(g, 1, guest_count(g, 1, ID_HANDLER(0)), 1, "entries");
}

/*
 * How the handler of a kernel that panics stops its CPU.  The kernel that boots
 * next on PE 0 starts afresh, and gets those that are off.
 */
typedef struct StopWay {
    const char *name;
    bool resumes;               /* by COMPLETE_AND_RESUME, to there */
    bool goes_off;
} StopWay;

static const StopWay stop_ways[] = {
    { "park" },
    { "resume-and-off", true, true },
    { "resume-and-park", true, false },
    { "off", false, true },
};

static void stop_in_handler(Guest *g, unsigned cpu, const StopWay *way)
{
    enter_handler(g, 0, cpu);
    if (way->resumes) {
        guest_set_mode(g, cpu, ID_RESUME(0), MODE_SERVE);
        guest_complete_and_resume(g, cpu, GUEST_RESUME(0));
        guest_wait_frame(g, cpu, ID_RESUME(0), NULL);
    }
    if (way->goes_off) {
        guest_call_start(g, cpu, PSCI_CPU_OFF);
    }
}

static void test_stop(Guest *g, const void *data)
{
    const StopWay *way = data;

    for (unsigned i = 1; i < g->config.cpus; i++) {
        stop_in_handler(g, i, way);
    }
    guest_expect(g, 0, 0, SDEI_PRIVATE_RESET);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    check_works_alone(g);
    for (unsigned i = 1; i < g->config.cpus; i++) {
        if (way->goes_off) {
            guest_wait_off(g, 0, i);
            guest_cpu_on(g, 0, i);
            check_clean(g, i);
            check_works(g, 0, i);
        } else {
            guest_expect(g, 0, PSCI_ALREADY_ON, PSCI_CPU_ON,
                         guest_affinity(g, i), GUEST_SECONDARY, i);
        }
    }
}

/* All but one power themselves off in their handlers at the same time */
static void test_off_together(Guest *g, const void *data)
{
    const char *wanted = g_getenv("ARM_SDEI_TEST_ROUNDS");
    uint64_t rounds = wanted ? g_ascii_strtoull(wanted, NULL, 0) : 50;

    while (rounds--) {
        for (unsigned i = 1; i < g->config.cpus; i++) {
            guest_set_mode(g, i, ID_HANDLER(1), MODE_OFF);
            event_enable(g, i, 1, 0);
            event_signal(g, 0, i);
        }
        for (unsigned i = 1; i < g->config.cpus; i++) {
            guest_call_start(g, i, SDEI_PE_UNMASK);
        }
        for (unsigned i = 1; i < g->config.cpus; i++) {
            guest_wait_off(g, 0, i);
            guest_cpu_on(g, 0, i);
            check_clean(g, i);
        }
    }
    for (unsigned i = 1; i < g->config.cpus; i++) {
        check_works(g, 0, i);
    }
}

/* PRIVATE_RESET leaves the mask alone */
static void test_private_reset_mask(Guest *g, const void *data)
{
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    guest_expect(g, 0, 0, SDEI_PRIVATE_RESET);
    guest_expect(g, 0, 1, SDEI_PE_MASK);
    guest_expect(g, 0, 0, SDEI_PRIVATE_RESET);
    guest_expect(g, 0, 0, SDEI_PE_MASK);
}

/* SHARED_RESET leaves private events alone */
static void test_shared_reset_private(Guest *g, const void *data)
{
    event_ready(g, 0, 0, 0);
    guest_expect(g, 1, 0, SDEI_SHARED_RESET);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    event_check_status(g, 0, 3);
    guest_expect(g, 0, 1, SDEI_PE_MASK);
}

/* What Linux does for each CPU that goes away and comes back */
static void test_hotplug(Guest *g, const void *data)
{
    for (unsigned i = 0; i < 5; i++) {
        event_ready(g, 1, 0, i);
        event_signal(g, 0, 1);
        guest_wait_handler(g, 1, 0, NULL);
        guest_complete(g, 1, 0);
        guest_nop(g, 1);
        guest_expect(g, 1, 0, SDEI_EVENT_UNREGISTER, 0);
        guest_expect(g, 1, 1, SDEI_PE_MASK);
        guest_cpu_off(g, 0, 1);
        guest_cpu_on(g, 0, 1);
    }
}

void add_power_tests(void)
{
    ScenarioFlags power = SCENARIO_BOTH_EL | SCENARIO_SINGLE;

    scenario_add(power, test_boot, NULL, "power/boot-is-clean");
    scenario_add(power, test_machine_reset, NULL, "power/machine-reset");
    scenario_add(power, test_machine_reset_pending, NULL,
                 "power/machine-reset-forgets");
    scenario_add(power, test_system_reset_in_handler, NULL,
                 "power/system-reset-in-handler");
    scenario_add(power, test_cpu_off_on, NULL, "power/cpu-off-on");
    scenario_add(power, test_cpu_off_pending, NULL, "power/cpu-off-forgets");
    scenario_add(power, test_cpu_off_in_handler, NULL,
                 "power/cpu-off-in-handler");
    scenario_add(power, test_parked_pe, NULL, "power/parked-pe");
    for (unsigned i = 0; i < ARRAY_SIZE(stop_ways); i++) {
        scenario_add(SCENARIO_BOTH_EL | SCENARIO_8_CPUS, test_stop,
                     &stop_ways[i], "power/stop/%s", stop_ways[i].name);
    }
    scenario_add(SCENARIO_BOTH_EL | SCENARIO_8_CPUS, test_off_together, NULL,
                 "power/off-together");
    scenario_add(power, test_hotplug, NULL, "power/hotplug");
    scenario_add(SCENARIO_BOTH_EL, test_private_reset_mask, NULL,
                 "reset/private-keeps-mask");
    scenario_add(SCENARIO_BOTH_EL, test_shared_reset_private, NULL,
                 "reset/shared-keeps-private");
}
