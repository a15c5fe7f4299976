/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: 512 vCPUs
 *
 * As many as the virt machine has with a GICv3.  The test starts those that it
 * needs.
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

#define CPUS    GUEST_MAX_CPUS

static void test_many_cpus(void)
{
    /* Either side of where affinity level 0, then 1 and half of it, are full */
    static const unsigned cpus[] = { 15, 16, 255, 256, CPUS - 1 };
    const GuestConfig all = {
        .cpus = CPUS,
        .machine = "gic-version=3",
        .args = USER_EVENTS_ARGS,
    };
    GuestConfig one = all;
    g_autofree char *args = guest_command_line(&all);
    QTestState *qts = qtest_init(args);
    uint64_t absent[] = { 0x10, 0x2000, 0x10000, 1ull << 32, 0xff00ffffff };
    unsigned last = CPUS - 1;
    g_autofree Guest *g = NULL;

    one.cpus = 1;
    g = guest_attach(qts, NULL, &one);
    for (unsigned i = 0; i < ARRAY_SIZE(cpus); i++) {
        guest_cpu_on(g, 0, cpus[i]);
    }
    guest_check_eq(g, last, guest_affinity(g, last),
                   (last / 16) << 8 | last % 16, "affinity");

    /* Event 0, from each of them to the next, and a private event on each */
    for (unsigned i = 0; i < ARRAY_SIZE(cpus); i++) {
        unsigned by = i ? cpus[i - 1] : 0;

        event_ready(g, cpus[i], 0, i);
        event_signal(g, by, cpus[i]);
        guest_wait_handler(g, cpus[i], 0, NULL);
        guest_complete(g, cpus[i], 0);
        user_event_enable(g, cpus[i], EVENT_PC1, 1, 0);
        user_event_trigger(g, EVENT_PC1, cpus[i]);
        guest_wait_handler(g, cpus[i], 1, NULL);
        guest_complete(g, cpus[i], 0);
        guest_nop(g, cpus[i]);
    }

    /* A shared event, routed to the last one, then to any that can take it */
    user_event_enable(g, 0, EVENT_SN1, 2, SDEI_REGISTER_RM_PE,
                      guest_affinity(g, last));
    user_event_trigger_shared(g, EVENT_SN1);
    guest_wait_handler(g, last, 2, NULL);
    guest_complete(g, last, 0);
    guest_nop(g, last);
    for (unsigned i = 0; i < ARRAY_SIZE(cpus) - 1; i++) {
        guest_expect(g, cpus[i], 1, SDEI_PE_MASK);
    }
    guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT_SN1);
    guest_expect(g, 0, 0, SDEI_EVENT_ROUTING_SET, EVENT_SN1, 0);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_SN1);
    for (unsigned i = 0; i < 3; i++) {
        user_event_trigger_shared(g, EVENT_SN1);
        guest_wait_handler(g, last, 2, NULL);
        guest_complete(g, last, 0);
        guest_nop(g, last);
    }

    /* Who is off, or not there */
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_SIGNAL,
                 EVENT_SW_SIGNALED, guest_affinity(g, last) - 1);
    for (unsigned i = 0; i < ARRAY_SIZE(absent); i++) {
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_SIGNAL,
                     EVENT_SW_SIGNALED, absent[i]);
    }
    user_event_trigger_fails(qts, "{ 'id': 'pc1', 'cpu-index': 510 }",
                             "not registered");
    user_event_trigger_fails(qts, "{ 'id': 'pc1', 'cpu-index': 512 }",
                             "index 512");
    qtest_quit(qts);
}

void add_many_cpus_tests(void)
{
    /* Minutes on a machine of two cores */
    if (!g_test_slow()) {
        return;
    }
    qtest_add_func("/arm-sdei/512-cpus", test_many_cpus);
}
