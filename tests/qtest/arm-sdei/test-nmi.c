/*
 * arm-sdei-test: the monitor's NMI, which is the event that AGDI names
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qobject/qdict.h"
#include "scenario.h"
#include "user-event.h"

#define EVENT_AGDI  0x40000001
#define HANDLER     1
#define NORMAL      2

/* HMP's "nmi" for PE @cpu; returns what it prints: nothing, or an error */
static char *nmi(Guest *g, unsigned cpu)
{
    QDict *response = qtest_qmp(g->qts,
        "{ 'execute': 'human-monitor-command', 'arguments': {"
        "  'command-line': 'nmi', 'cpu-index': %u } }", cpu);
    char *text = g_strdup(qdict_get_str(response, "return"));

    qobject_unref(response);
    return text;
}

static void inject(Guest *g, unsigned cpu)
{
    g_autofree char *text = nmi(g, cpu);

    g_assert_cmpstr(text, ==, "");
}

/* By QMP, which names no PE */
static void inject_fails(QTestState *qts, const char *text)
{
    QDict *response = qtest_qmp(qts, "{ 'execute': 'inject-nmi' }");
    const char *desc;

    g_assert(qdict_haskey(response, "error"));
    desc = qdict_get_str(qdict_get_qdict(response, "error"), "desc");
    g_test_message("%s", desc);
    if (!strstr(desc, text)) {
        g_error("\"%s\" is not in the error: %s", text, desc);
    }
    qobject_unref(response);
}

/* As Linux does: routed to any PE */
static void enable(Guest *g)
{
    user_event_enable(g, 0, EVENT_AGDI, HANDLER, 0);
    unmask_all(g);
}

static uint64_t spin_masked(Guest *g, unsigned cpu)
{
    uint64_t x[31];

    guest_pattern(x, cpu);
    return guest_spin_start(g, cpu, x, guest_pstate(g, PSTATE_DAIF));
}

/* The handler ran on @cpu, and all in all @count times */
static void check_reached(Guest *g, unsigned cpu, uint64_t count)
{
    guest_wait_handler(g, cpu, HANDLER, NULL);
    guest_complete(g, cpu, 0);
    guest_check_eq(g, cpu, count_all(g, HANDLER), count, "entries on all PEs");
}

static void test_info(Guest *g, const void *data)
{
    guest_expect(g, 0, 1, SDEI_EVENT_GET_INFO, EVENT_AGDI, SDEI_INFO_TYPE);
    guest_expect(g, 0, 1, SDEI_EVENT_GET_INFO, EVENT_AGDI, SDEI_INFO_PRIORITY);
    guest_expect(g, 0, 1, SDEI_EVENT_GET_INFO, EVENT_AGDI,
                 SDEI_INFO_NOT_SIGNALABLE);
    enable(g);
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_SIGNAL, EVENT_AGDI,
                 guest_affinity(g, 0));
}

/* Nobody listens: an error, and nothing is left for a later client */
static void test_not_enabled(Guest *g, const void *data)
{
    g_autofree char *text = NULL;

    unmask_all(g);
    inject_fails(g->qts, "0x40000001");
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, EVENT_AGDI,
                 GUEST_HANDLER(HANDLER));
    inject_fails(g->qts, "AGDI");
    text = nmi(g, 1);
    g_assert_nonnull(strstr(text, "not enabled"));
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_AGDI);
    settle(g);
    guest_check_eq(g, 0, count_all(g, HANDLER), 0, "entries on all PEs");
    guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT_AGDI);
    inject_fails(g->qts, "not enabled");
    guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, EVENT_AGDI);
    inject_fails(g->qts, "not enabled");
}

/* All PEs spin with interrupts masked; the one that is named is reached */
static void test_named(Guest *g, const void *data)
{
    uint64_t spin[4];

    enable(g);
    for (unsigned i = 0; i < g->config.cpus; i++) {
        spin[i] = spin_masked(g, i);
    }
    for (unsigned i = 0; i < 3 * g->config.cpus; i++) {
        unsigned cpu = (3 * i + 1) % g->config.cpus;

        inject(g, cpu);
        check_reached(g, cpu, i + 1);
    }
    for (unsigned i = 0; i < g->config.cpus; i++) {
        guest_spin_stop(g, i, spin[i], NULL);
    }
}

static void test_qmp(Guest *g, const void *data)
{
    uint64_t spin;

    enable(g);
    spin = spin_masked(g, 0);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'inject-nmi' }");
    check_reached(g, 0, 1);
    guest_spin_stop(g, 0, spin, NULL);
}

/* The one that is named cannot take it: another one does */

static void test_named_masked(Guest *g, const void *data)
{
    enable(g);
    guest_expect(g, 1, 1, SDEI_PE_MASK);
    inject(g, 1);
    g_assert_cmpuint(find_handler(g, HANDLER, NULL), !=, 1);
}

static void test_named_off(Guest *g, const void *data)
{
    enable(g);
    guest_cpu_off(g, 0, 1);
    guest_wait_off(g, 0, 1);
    inject(g, 1);
    g_assert_cmpuint(find_handler(g, HANDLER, NULL), !=, 1);
}

static void test_named_in_handler(Guest *g, const void *data)
{
    enable(g);
    inject(g, 1);
    guest_wait_handler(g, 1, HANDLER, NULL);
    /* A shared event has one handler: another instance waits for it */
    inject(g, 2);
    inject(g, 3);
    settle(g);
    guest_check_eq(g, 1, count_all(g, HANDLER), 1, "entries on all PEs");
    guest_complete(g, 1, 0);
    check_reached(g, 3, 2);
}

/* Nobody can take it: the first one that can does */
static void test_all_masked(Guest *g, const void *data)
{
    user_event_enable(g, 0, EVENT_AGDI, HANDLER, 0);
    inject(g, 1);
    settle(g);
    guest_check_eq(g, 0, count_all(g, HANDLER), 0, "entries on all PEs");
    /* The handler interrupts the call */
    guest_call_start(g, 2, SDEI_PE_UNMASK);
    check_reached(g, 2, 1);
}

/* The client's routing counts for more than the monitor's choice */
static void test_routed(Guest *g, const void *data)
{
    user_event_enable(g, 0, EVENT_AGDI, HANDLER, SDEI_REGISTER_RM_PE,
                      guest_affinity(g, 2));
    unmask_all(g);
    inject(g, 1);
    check_reached(g, 2, 1);
    inject(g, 3);
    check_reached(g, 2, 2);
}

/* It is critical: a PE that hangs in the handler of event 0 is reached */
static void test_in_normal_handler(Guest *g, const void *data)
{
    uint64_t spin;

    enable(g);
    event_enable(g, 1, NORMAL, 0);
    spin = spin_masked(g, 1);
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, NORMAL, NULL);
    inject(g, 1);
    check_reached(g, 1, 1);
    guest_complete(g, 1, 0);
    guest_spin_stop(g, 1, spin, NULL);
}

static void test_stopped(Guest *g, const void *data)
{
    enable(g);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
    inject(g, 3);
    guest_check_eq(g, 3, count_all(g, HANDLER), 0, "entries on all PEs");
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
    check_reached(g, 3, 1);
}

static void test_reset(Guest *g, const void *data)
{
    enable(g);
    guest_reset(g);
    inject_fails(g->qts, "not enabled");
}

static void test_off(void)
{
    QTestState *qts = qtest_init("-nodefaults -cpu max -accel qtest "
                                 "-machine virt,sdei=off");

    inject_fails(qts, "machine does not provide NMIs");
    qtest_quit(qts);
}

/* i6300esb at 00:02.0; where virt has ECAM and the window of 32-bit BARs */
#define WDT_CONFIG      (0x4010000000ull + (2 << 15))
#define WDT_BAR         0x10000000

static void wdt_unlock(QTestState *qts)
{
    qtest_writew(qts, WDT_BAR + 0xc, 0x80);
    qtest_writew(qts, WDT_BAR + 0xc, 0x86);
}

/* Let both stages expire after the shortest time that there is */
static void wdt_start(QTestState *qts)
{
    qtest_writel(qts, WDT_CONFIG + 0x10, WDT_BAR);
    qtest_writew(qts, WDT_CONFIG + 0x04, 2);
    for (unsigned stage = 0; stage < 2; stage++) {
        wdt_unlock(qts);
        qtest_writel(qts, WDT_BAR + 4 * stage, 1);
    }
    qtest_writeb(qts, WDT_CONFIG + 0x68, 2);
}

/* A watchdog whose NMI nobody takes: the log says what inject-nmi says */
static void test_watchdog(void)
{
    g_autofree char *dir = g_dir_make_tmp("arm-sdei-nmi-XXXXXX", NULL);
    g_autofree char *log = g_strdup_printf("%s/log", dir);
    g_autofree char *text = NULL;
    QTestState *qts;

    if (!qtest_has_device("i6300esb")) {
        g_test_skip("this QEMU has no i6300esb");
        goto out;
    }
    qts = qtest_initf("-machine virt,sdei=on -cpu max -accel qtest"
                      " -device i6300esb,addr=2"
                      " -action watchdog=inject-nmi 2>%s", log);
    wdt_start(qts);
    for (unsigned i = 0; i < 4; i++) {
        qtest_clock_step_next(qts);
    }
    qtest_qmp_eventwait(qts, "WATCHDOG");
    qtest_quit(qts);
    g_assert_true(g_file_get_contents(log, &text, NULL, NULL));
    g_test_message("%s", text);
    g_assert_nonnull(strstr(text, "warning: watchdog: the guest has not "
                            "enabled SDEI event 0x40000001"));
    g_unlink(log);
out:
    g_rmdir(dir);
}

void add_nmi_tests(void)
{
    scenario_add(SCENARIO_EVENTS, test_info, NULL, "nmi/info");
    scenario_add(SCENARIO_EVENTS, test_not_enabled, NULL, "nmi/not-enabled");
    scenario_add(SCENARIO_EVENTS_ALL, test_named, NULL, "nmi/named");
    scenario_add(SCENARIO_EVENTS, test_qmp, NULL, "nmi/qmp");
    scenario_add(SCENARIO_EVENTS, test_named_masked, NULL,
                 "nmi/named-masked");
    scenario_add(SCENARIO_EVENTS, test_named_off, NULL, "nmi/named-off");
    scenario_add(SCENARIO_EVENTS, test_named_in_handler, NULL,
                 "nmi/in-its-handler");
    scenario_add(SCENARIO_EVENTS, test_all_masked, NULL, "nmi/all-masked");
    scenario_add(SCENARIO_EVENTS, test_routed, NULL, "nmi/routed");
    scenario_add(SCENARIO_EVENTS, test_in_normal_handler, NULL,
                 "nmi/in-handler-of-event-0");
    scenario_add(SCENARIO_EVENTS, test_stopped, NULL, "nmi/stopped");
    scenario_add(SCENARIO_EVENTS, test_reset, NULL, "nmi/reset");
    qtest_add_func("/arm-sdei/nmi/off", test_off);
    qtest_add_func("/arm-sdei/nmi/watchdog-without-client", test_watchdog);
}
