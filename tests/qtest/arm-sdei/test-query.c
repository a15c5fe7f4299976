/*
 * arm-sdei-test: what management can ask, and what it is told
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "bound.h"
#include "scenario.h"
#include "snapshot.h"
#include "user-event.h"

#define EVENT_AGDI  0x40000001
#define HANDLER     1
#define NORMAL      2

static QDict *query(QTestState *qts)
{
    return qtest_qmp_assert_success_ref(qts, "{ 'execute': 'query-sdei' }");
}

/* The member of a list whose @key is @value, or NULL; no new reference */
static QDict *find(const QDict *dict, const char *list, const char *key,
                   int64_t value)
{
    const QListEntry *e;

    QLIST_FOREACH_ENTRY(qdict_get_qlist(dict, list), e) {
        QDict *member = qobject_to(QDict, qlist_entry_obj(e));

        if (qdict_haskey(member, key) && qdict_get_int(member, key) == value) {
            return member;
        }
    }
    return NULL;
}

static void check_outlook(Guest *g, const char *outlook)
{
    QDict *info = query(g->qts);

    g_assert_cmpint(qdict_get_int(info, "nmi-event"), ==, EVENT_AGDI);
    g_assert_cmpstr(qdict_get_str(info, "inject-nmi"), ==, outlook);
    qobject_unref(info);
}

/* It foretells what inject-nmi then does */
static void test_outlook(Guest *g, const void *data)
{
    check_outlook(g, "no-client");
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, EVENT_AGDI,
                 GUEST_HANDLER(HANDLER));
    check_outlook(g, "no-client");
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_AGDI);
    check_outlook(g, "would-wait");
    guest_expect(g, 2, 0, SDEI_PE_UNMASK);
    check_outlook(g, "would-be-taken");
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'inject-nmi' }");
    guest_wait_handler(g, 2, HANDLER, NULL);
    check_outlook(g, "would-wait");
    /* There is one handler, whoever is free */
    guest_expect(g, 3, 0, SDEI_PE_UNMASK);
    check_outlook(g, "would-wait");
    guest_expect(g, 3, 1, SDEI_PE_MASK);
    guest_complete(g, 2, 0);
    guest_nop(g, 2);
    check_outlook(g, "would-be-taken");

    /* Routed to a PE that masks events */
    guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT_AGDI);
    guest_expect(g, 0, 0, SDEI_EVENT_ROUTING_SET, EVENT_AGDI,
                 SDEI_REGISTER_RM_PE, guest_affinity(g, 1));
    check_outlook(g, "no-client");
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_AGDI);
    check_outlook(g, "would-wait");
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'inject-nmi' }");
    settle(g);
    guest_check_eq(g, 0, count_all(g, HANDLER), 1, "entries on all PEs");
    guest_call_start(g, 1, SDEI_PE_UNMASK);
    guest_wait_handler(g, 1, HANDLER, NULL);
    guest_complete(g, 1, 0);
}

/* A bound interrupt has a line, and its event a handler later on */
static void test_bound(Guest *g, const void *data)
{
    uint32_t num = bind_intid(g, 1, SPI_A);
    QDict *info, *event, *handler;

    line_set(g, SPI_A, 0, true);
    info = query(g->qts);
    event = find(info, "events", "number", num);
    g_assert_cmpint(qdict_get_int(event, "intid"), ==, SPI_A);
    handler = qobject_to(QDict,
                         qlist_peek(qdict_get_qlist(event, "handlers")));
    g_assert_true(qdict_get_bool(handler, "line"));
    g_assert_false(qdict_get_bool(handler, "registered"));
    g_assert_false(qdict_haskey(handler, "entry"));
    g_assert_false(qdict_haskey(handler, "argument"));
    g_assert_false(qdict_haskey(handler, "routed-to"));
    qobject_unref(info);

    line_set(g, SPI_A, 0, false);
    guest_expect(g, 1, 0, SDEI_EVENT_REGISTER, num, GUEST_HANDLER(HANDLER), 9);
    info = query(g->qts);
    handler = find(find(info, "events", "number", num), "handlers",
                   "argument", 9);
    g_assert_nonnull(handler);
    g_assert_false(qdict_get_bool(handler, "edge"));
    g_assert_false(qdict_get_bool(handler, "line"));
    qobject_unref(info);
}

static void check_handler(const QDict *handler, uint64_t entry, uint64_t arg,
                          bool running)
{
    g_assert_true(qdict_get_bool(handler, "registered"));
    g_assert_true(qdict_get_bool(handler, "enabled"));
    g_assert_cmpint(qdict_get_bool(handler, "running"), ==, running);
    g_assert_false(qdict_get_bool(handler, "pending"));
    g_assert_false(qdict_get_bool(handler, "relative"));
    g_assert_cmphex(qdict_get_uint(handler, "entry"), ==, entry);
    g_assert_cmphex(qdict_get_int(handler, "argument"), ==, arg);
    g_assert_false(qdict_haskey(handler, "line"));
}

/* A handler in another one's: what is there, where, and what it interrupted */
static void test_structure(Guest *g, const void *data)
{
    uint64_t x[31], spin;
    QDict *info, *event, *cpu, *running;

    event_ready(g, 1, NORMAL, 0x1234);
    user_event_enable(g, 0, EVENT_SC1, HANDLER, SDEI_REGISTER_RM_PE,
                      guest_affinity(g, 1));
    guest_pattern(x, 1);
    spin = guest_spin_start(g, 1, x, guest_pstate(g, PSTATE_DAIF));
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, NORMAL, NULL);
    user_event_trigger_shared(g, EVENT_SC1);
    guest_wait_handler(g, 1, HANDLER, NULL);

    info = query(g->qts);
    g_assert_cmpstr(qdict_get_str(info, "version"), ==, "1.1");
    g_assert_cmpint(qdict_get_int(info, "client-el"), ==,
                    strstr(g->config.machine, "virtualization=on") ? 2 : 1);
    g_assert_cmpuint(qlist_size(qdict_get_qlist(info, "cpus")), ==,
                     g->config.cpus);

    event = find(info, "events", "number", EVENT_SW_SIGNALED);
    g_assert_cmpstr(qdict_get_str(event, "scope"), ==, "private");
    g_assert_cmpstr(qdict_get_str(event, "priority"), ==, "normal");
    g_assert_true(qdict_get_bool(event, "signalable"));
    g_assert_false(qdict_haskey(event, "intid"));
    /* Nobody else has registered it */
    g_assert_cmpuint(qlist_size(qdict_get_qlist(event, "handlers")), ==, 1);
    check_handler(find(event, "handlers", "cpu-index", 1),
                  GUEST_HANDLER(NORMAL), 0x1234, true);

    event = find(info, "events", "number", EVENT_SC1);
    g_assert_cmpstr(qdict_get_str(event, "scope"), ==, "shared");
    g_assert_cmpstr(qdict_get_str(event, "priority"), ==, "critical");
    g_assert_false(qdict_get_bool(event, "signalable"));
    check_handler(find(event, "handlers", "routed-to", 1),
                  GUEST_HANDLER(HANDLER), 0, true);

    cpu = find(info, "cpus", "cpu-index", 1);
    g_assert_cmphex(qdict_get_int(cpu, "mpidr"), ==, guest_affinity(g, 1));
    g_assert_false(qdict_get_bool(cpu, "masked"));
    g_assert_cmpuint(qlist_size(qdict_get_qlist(cpu, "running")), ==, 2);
    running = qobject_to(QDict, qlist_peek(qdict_get_qlist(cpu, "running")));
    g_assert_cmphex(qdict_get_int(running, "number"), ==, EVENT_SC1);
    g_assert_cmpstr(qdict_get_str(running, "priority"), ==, "critical");
    running = find(cpu, "running", "number", EVENT_SW_SIGNALED);
    g_assert_cmpstr(qdict_get_str(running, "priority"), ==, "normal");
    g_assert_cmphex(qdict_get_int(running, "pstate") & PSTATE_DAIF, ==,
                    PSTATE_DAIF);

    g_assert_true(qdict_get_bool(find(info, "cpus", "cpu-index", 2),
                                 "masked"));
    qobject_unref(info);
    guest_complete(g, 1, 0);
    guest_complete(g, 1, 0);
    guest_spin_stop(g, 1, spin, NULL);
}

static bool event_is(QDict *event, uint32_t number, const char *key,
                     int64_t value)
{
    QDict *data = qdict_get_qdict(event, "data");

    return qdict_get_int(data, "number") == number &&
           (strcmp(key, "enabled") ? qdict_get_int(data, key)
                                   : qdict_get_bool(data, key)) == value;
}

/* The next event of @name is about @number, and @value of @key */
static void check_told(Guest *g, const char *name, uint32_t number,
                       const char *key, int64_t value)
{
    QDict *event = qtest_qmp_eventwait_ref(g->qts, name);

    g_assert_true(event_is(event, number, key, value));
    qobject_unref(event);
}

/* The same of one that nothing can have held up */
static void check_told_already(Guest *g, const char *name, uint32_t number,
                               const char *key, int64_t value)
{
    QDict *event;

    /* What was told before comes before the answer */
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'query-status' }");
    event = qtest_qmp_event_ref(g->qts, name);
    g_assert_nonnull(event);
    g_assert_true(event_is(event, number, key, value));
    qobject_unref(event);
}

static void check_client(Guest *g, bool enabled)
{
    check_told(g, "SDEI_CLIENT_CHANGE", EVENT_AGDI, "enabled", enabled);
}

/* From when on, and until when, there is a client */
static void test_client(Guest *g)
{
    user_event_enable(g, 0, EVENT_AGDI, HANDLER, 0);
    check_client(g, true);
    guest_expect(g, 1, 0, SDEI_EVENT_DISABLE, EVENT_AGDI);
    check_client(g, false);
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, EVENT_AGDI);
    check_client(g, true);
    guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, EVENT_AGDI);
    check_client(g, false);
    user_event_enable(g, 0, EVENT_AGDI, HANDLER, 0);
    check_client(g, true);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    check_client(g, false);
    user_event_enable(g, 0, EVENT_AGDI, HANDLER, 0);
    check_client(g, true);
    qtest_system_reset_nowait(g->qts);
    check_client(g, false);
}

/*
 * What is loaded is told of, though the VM stands still, and the end of what is
 * lost by that
 */
static void test_snapshot(Guest *g)
{
    g_autofree char *dir = g_dir_make_tmp("arm-sdei-query-XXXXXX", NULL);
    g_autofree char *path = g_strdup_printf("%s/disk", dir);

    snapshot_attach(g->qts, path);
    user_event_enable(g, 0, EVENT_AGDI, HANDLER, 0);
    check_client(g, true);
    snapshot_save(g->qts, "enabled");
    guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT_AGDI);
    check_client(g, false);
    user_event_enable(g, 1, EVENT_PN1, NORMAL, 0);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    user_event_trigger(g, EVENT_PN1, 1);
    guest_wait_handler(g, 1, NORMAL, NULL);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
    snapshot_load(g->qts, "enabled");
    /* In this order: who waits for an event drops those before it */
    check_told(g, "SDEI_EVENT_COMPLETED", EVENT_PN1, "cpu-index", 1);
    check_client(g, true);
    g_unlink(path);
    g_rmdir(dir);
}

/* An injected NMI, from its start to its end, which a reset can be */
static void test_nmi(Guest *g)
{
    user_event_enable(g, 0, EVENT_AGDI, HANDLER, 0);
    guest_expect(g, 3, 0, SDEI_PE_UNMASK);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'inject-nmi' }");
    guest_wait_handler(g, 3, HANDLER, NULL);
    check_told_already(g, "SDEI_EVENT_TAKEN", EVENT_AGDI, "cpu-index", 3);
    guest_complete(g, 3, 0);
    guest_nop(g, 3);
    check_told_already(g, "SDEI_EVENT_COMPLETED", EVENT_AGDI, "cpu-index", 3);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'inject-nmi' }");
    guest_wait_handler(g, 3, HANDLER, NULL);
    qtest_system_reset_nowait(g->qts);
    check_told(g, "SDEI_EVENT_COMPLETED", EVENT_AGDI, "cpu-index", 3);
}

/*
 * The user's events, on all PEs at once: none hides another.  The guest's own
 * ones are not told of.
 */
static void test_user(Guest *g)
{
    for (unsigned i = 0; i < g->config.cpus; i++) {
        event_enable(g, i, NORMAL, 0);
        user_event_enable(g, i, EVENT_PN1, NORMAL, 0);
        user_event_enable(g, i, EVENT_PC1, HANDLER, 0);
    }
    unmask_all(g);
    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, NORMAL, NULL);
    guest_complete(g, 0, 0);
    guest_nop(g, 0);
    for (unsigned i = 0; i < g->config.cpus; i++) {
        user_event_trigger(g, EVENT_PN1, i);
        guest_wait_handler(g, i, NORMAL, NULL);
        user_event_trigger(g, EVENT_PC1, i);
        guest_wait_handler(g, i, HANDLER, NULL);
    }
    for (unsigned i = 0; i < g->config.cpus; i++) {
        check_told_already(g, "SDEI_EVENT_TAKEN", EVENT_PN1, "cpu-index", i);
        check_told_already(g, "SDEI_EVENT_TAKEN", EVENT_PC1, "cpu-index", i);
    }
    for (unsigned i = 0; i < g->config.cpus; i++) {
        guest_complete(g, i, 0);
        guest_complete(g, i, 0);
        guest_nop(g, i);
    }
    for (unsigned i = 0; i < g->config.cpus; i++) {
        check_told_already(g, "SDEI_EVENT_COMPLETED", EVENT_PC1, "cpu-index",
                           i);
        check_told_already(g, "SDEI_EVENT_COMPLETED", EVENT_PN1, "cpu-index",
                           i);
    }
}

/* CPU_OFF ends handlers, the innermost first */
static void test_cpu_off(Guest *g)
{
    user_event_enable(g, 0, EVENT_SN1, NORMAL, 0);
    user_event_enable(g, 0, EVENT_SC1, HANDLER, 0);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    user_event_trigger_shared(g, EVENT_SN1);
    guest_wait_handler(g, 1, NORMAL, NULL);
    user_event_trigger_shared(g, EVENT_SC1);
    guest_wait_handler(g, 1, HANDLER, NULL);
    guest_cpu_off(g, 0, 1);
    check_told_already(g, "SDEI_EVENT_COMPLETED", EVENT_SC1, "cpu-index", 1);
    check_told_already(g, "SDEI_EVENT_COMPLETED", EVENT_SN1, "cpu-index", 1);
}

/* When was it sent? In microseconds */
static int64_t event_time(QDict *event)
{
    QDict *timestamp = qdict_get_qdict(event, "timestamp");

    return qdict_get_int(timestamp, "seconds") * G_USEC_PER_SEC +
           qdict_get_int(timestamp, "microseconds");
}

/*
 * A guest that changes its mind all the time is told of once a second; what is
 * told last is how it is in the end
 */
static void test_rate(Guest *g)
{
    const unsigned changes = 500;
    int64_t start = g_get_monotonic_time();
    unsigned told = 0;
    int64_t seconds, before;
    QDict *event;

    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, EVENT_AGDI,
                 GUEST_HANDLER(HANDLER));
    for (unsigned i = 0; i < changes; i++) {
        guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_AGDI);
        guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT_AGDI);
    }
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'query-status' }");
    seconds = (g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    while ((event = qtest_qmp_event_ref(g->qts, "SDEI_CLIENT_CHANGE"))) {
        told++;
        qobject_unref(event);
    }
    g_test_message("%u changes, told %u times in %" PRId64 " s", 2 * changes,
                   told, seconds);
    g_assert_cmpuint(told, >=, 1);
    g_assert_cmpuint(told, <=, seconds + 2);

    before = g_get_real_time();
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_AGDI);
    for (;;) {
        bool last;

        event = qtest_qmp_eventwait_ref(g->qts, "SDEI_CLIENT_CHANGE");
        last = event_time(event) >= before;
        if (last) {
            g_assert_true(event_is(event, EVENT_AGDI, "enabled", true));
        }
        qobject_unref(event);
        if (last) {
            break;
        }
    }
}

typedef struct ToldCase {
    const char *name;
    void (*fn)(Guest *g);
} ToldCase;

static const ToldCase told_cases[] = {
    { "client", test_client },
    { "snapshot", test_snapshot },
    { "nmi", test_nmi },
    { "user-event", test_user },
    { "cpu-off", test_cpu_off },
    { "rate", test_rate },
};

/* In a QEMU that has told nothing yet, of other scenarios */
static void test_told(const void *data)
{
    const ToldCase *c = data;
    const GuestConfig config = {
        .cpus = 4,
        .machine = "gic-version=3",
        .args = USER_EVENTS_ARGS,
    };

    guest_finish();
    c->fn(guest_start(&config));
    guest_finish();
}

void add_query_tests(void)
{
    scenario_add(SCENARIO_EVENTS, test_outlook, NULL, "query/outlook");
    bound_add(SCENARIO_EVENTS, test_bound, NULL, "query/bound");
    scenario_add(SCENARIO_EVENTS, test_structure, NULL, "query/structure");
    for (unsigned i = 0; i < ARRAY_SIZE(told_cases); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/query/told/%s",
                                                told_cases[i].name);

        qtest_add_data_func(path, &told_cases[i], test_told);
    }
}
