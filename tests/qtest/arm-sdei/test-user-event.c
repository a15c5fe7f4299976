/*
 * arm-sdei-test: events that the user defines, and how they are triggered
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "scenario.h"
#include "user-event.h"

/* -object sdei-event: what QEMU refuses at start */

#define MAX_USER_EVENTS     64

#define OBJECT(rest)        " -object sdei-event,id=e," rest
#define OBJECT2(rest)       " -object sdei-event,id=f," rest

typedef struct StartCase {
    const char *path;
    const char *machine;    /* NULL: virt,sdei=on */
    const char *args;
    const char *text[2];    /* all in the error; none: QEMU starts */
} StartCase;

static const StartCase start_cases[] = {
    { "one", NULL, OBJECT("number=0x40010000") },
    { "all-properties", NULL,
      OBJECT("number=0x4001ffff,scope=shared,priority=critical") },
    { "decimal-number", NULL, OBJECT("number=1073807360") },
    { "json", NULL,
      " -object '{\"qom-type\":\"sdei-event\",\"id\":\"e\","
      "\"number\":1073807360,\"scope\":\"shared\"}'" },
    { "duplicate-number", NULL,
      OBJECT("number=0x40010005") OBJECT2("number=0x40010005,scope=shared"),
      { "more than one", "0x40010005" } },
    { "duplicate-id", NULL,
      OBJECT("number=0x40010005") OBJECT("number=0x40010006"),
      { "Duplicate", "'e'" } },
    { "no-id", NULL, " -object sdei-event,number=0x40010005", { "'id'" } },
    { "number-0", NULL, OBJECT("number=0"), { "reserved", "0x0" } },
    { "number-1", NULL, OBJECT("number=1"), { "reserved", "0x1" } },
    { "number-standard-range", NULL, OBJECT("number=0x10000"),
      { "reserved", "0x10000" } },
    { "number-below-range", NULL, OBJECT("number=0x4000ffff"),
      { "reserved", "0x4000ffff" } },
    { "number-above-range", NULL, OBJECT("number=0x40020000"),
      { "reserved", "0x40020000" } },
    { "number-of-33-bits", NULL, OBJECT("number=0x140010000"),
      { "number", "uint32" } },
    { "number-negative", NULL, OBJECT("number=-1"), { "number" } },
    { "number-text", NULL, OBJECT("number=first"), { "number" } },
    { "number-missing", NULL, OBJECT("scope=private"), { "number" } },
    { "bad-scope", NULL, OBJECT("number=0x40010000,scope=global"),
      { "scope", "global" } },
    { "bad-priority", NULL, OBJECT("number=0x40010000,priority=high"),
      { "priority", "high" } },
    { "unknown-property", NULL, OBJECT("number=0x40010000,signalable=on"),
      { "signalable" } },
    { "sdei-off", "virt,sdei=off", OBJECT("number=0x40010000"),
      { "sdei=on" } },
    { "sdei-default", "virt", OBJECT("number=0x40010000"), { "sdei=on" } },
    { "machine-none", "none", OBJECT("number=0x40010000"), { "sdei=on" } },
    { "machine-sbsa-ref", "sbsa-ref", OBJECT("number=0x40010000"),
      { "sdei=on" } },
};

/* Returns: whether QEMU starts; it leaves once the machine is made */
static bool qemu_starts(const char *machine, const char *args, char **error)
{
    g_autofree char *all = g_strdup_printf("-cpu max -machine %s %s",
                                           machine ?: "virt,sdei=on", args);
    g_autofree char *dtb = guest_machine_dtb(all, error);

    g_test_message("%s", *error);
    return dtb;
}

static void check_start(const StartCase *c)
{
    g_autofree char *error = NULL;
    bool starts = qemu_starts(c->machine, c->args, &error);

    if (starts != !c->text[0]) {
        g_test_message("QEMU %s with%s", starts ? "starts" : "does not start",
                       c->args);
        g_test_fail();
    }
    for (unsigned i = 0; i < ARRAY_SIZE(c->text) && c->text[i]; i++) {
        if (!strstr(error, c->text[i])) {
            g_test_message("\"%s\" is not in the error", c->text[i]);
            g_test_fail();
        }
    }
}

static void test_start(const void *data)
{
    const StartCase *c = data;

    if (c->machine && !g_str_has_prefix(c->machine, "virt") &&
        !qtest_has_machine(c->machine)) {
        g_test_skip("no such machine in this QEMU");
        return;
    }
    check_start(c);
}

static char *many_objects(unsigned n)
{
    GString *args = g_string_new(NULL);

    for (unsigned i = 0; i < n; i++) {
        g_string_append_printf(args, " -object sdei-event,id=e%u,number=%u", i,
                               0x40010000 + i);
    }
    return g_string_free(args, false);
}

static void test_start_limit(void)
{
    g_autofree char *most = many_objects(MAX_USER_EVENTS);
    g_autofree char *too_many = many_objects(MAX_USER_EVENTS + 1);

    check_start(&(StartCase) { .args = most });
    check_start(&(StartCase) { .args = too_many,
                               .text = { "too many", "64" } });
}

/* What QMP refuses later */

static void qmp_fails(QTestState *qts, const char *text, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);

static void qmp_fails(QTestState *qts, const char *text, const char *fmt, ...)
{
    QDict *response;
    const char *desc;
    va_list ap;

    va_start(ap, fmt);
    response = qtest_vqmp(qts, fmt, ap);
    va_end(ap);
    g_assert(qdict_haskey(response, "error"));
    desc = qdict_get_str(qdict_get_qdict(response, "error"), "desc");
    g_test_message("%s", desc);
    if (!strstr(desc, text)) {
        g_test_message("\"%s\" is not in the error", text);
        g_test_fail();
    }
    qobject_unref(response);
}

static void test_object_add(Guest *g, const void *data)
{
    qmp_fails(g->qts, "exists already",
              "{ 'execute': 'object-add', 'arguments': {"
              "  'qom-type': 'sdei-event', 'id': 'late',"
              "  'number': %u } }", EVENT_USER(9));
    /* It is not there, and the number is nobody's */
    user_event_trigger_fails(g->qts, "{ 'id': 'late', 'cpu-index': 0 }",
                             "'late'");
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_STATUS,
                 EVENT_USER(9));
}

static void test_object_del(Guest *g, const void *data)
{
    qmp_fails(g->qts, "is in use",
              "{ 'execute': 'object-del', 'arguments': { 'id': 'pn1' } }");
    guest_expect(g, 0, 0, SDEI_EVENT_STATUS, EVENT_PN1);
}

static void test_qom_set(Guest *g, const void *data)
{
    static const struct {
        const char *property;
        const char *value;
    } sets[] = {
        { "scope", "shared" }, { "priority", "critical" },
    };

    qmp_fails(g->qts, "number", "{ 'execute': 'qom-set', 'arguments': {"
              "  'path': '/objects/pn1', 'property': 'number',"
              "  'value': %u } }", EVENT_USER(9));
    for (unsigned i = 0; i < ARRAY_SIZE(sets); i++) {
        qmp_fails(g->qts, sets[i].property,
                  "{ 'execute': 'qom-set', 'arguments': {"
                  "  'path': '/objects/pn1', 'property': %s, 'value': %s } }",
                  sets[i].property, sets[i].value);
    }

    guest_expect(g, 0, 0, SDEI_EVENT_GET_INFO, EVENT_PN1, SDEI_INFO_TYPE);
    guest_expect(g, 0, 0, SDEI_EVENT_GET_INFO, EVENT_PN1, SDEI_INFO_PRIORITY);
}

/* Before the machine exists events come and go */
static void test_preconfig(void)
{
    QTestState *qts = qtest_init("--preconfig -machine virt,sdei=on "
                                 "-nodefaults -cpu max -accel qtest");

    qtest_qmp_assert_success(qts,
        "{ 'execute': 'object-add', 'arguments': {"
        "  'qom-type': 'sdei-event', 'id': 'a', 'number': %u } }",
        EVENT_USER(1));
    qtest_qmp_assert_success(qts,
        "{ 'execute': 'object-add', 'arguments': {"
        "  'qom-type': 'sdei-event', 'id': 'b', 'number': %u } }",
        EVENT_USER(2));
    qtest_qmp_assert_success(qts,
        "{ 'execute': 'object-del', 'arguments': { 'id': 'a' } }");
    qtest_qmp_assert_success(qts, "{ 'execute': 'x-exit-preconfig' }");
    user_event_trigger_fails(qts, "{ 'id': 'a', 'cpu-index': 0 }", "'a'");
    user_event_trigger_fails(qts, "{ 'id': 'b', 'cpu-index': 0 }",
                             "not registered");
    qtest_quit(qts);
}

/* sdei-trigger-event: what it refuses */

typedef struct TriggerCase {
    const char *path;
    const char *arguments;
    const char *text;
} TriggerCase;

/* All events are registered, on PE 0 if private, and 4 PEs are up */
static const TriggerCase trigger_cases[] = {
    { "unknown-id", "{ 'id': 'nobody', 'cpu-index': 0 }", "'nobody'" },
    { "empty-id", "{ 'id': '', 'cpu-index': 0 }", "''" },
    { "id-with-slash", "{ 'id': '/objects/pn1', 'cpu-index': 0 }", "'/obj" },
    { "id-missing", "{ 'cpu-index': 0 }", "'id' is missing" },
    { "other-object", "{ 'id': 'rng0', 'cpu-index': 0 }", "'rng0'" },
    { "private-without-cpu", "{ 'id': 'pn1' }", "private" },
    { "shared-with-cpu", "{ 'id': 'sn1', 'cpu-index': 0 }", "shared" },
    { "cpu-after-last", "{ 'id': 'pn1', 'cpu-index': 4 }", "index 4" },
    { "cpu-negative", "{ 'id': 'pn1', 'cpu-index': -1 }", "index -1" },
    { "cpu-of-33-bits", "{ 'id': 'pn1', 'cpu-index': 4294967296 }",
      "index 4294967296" },
    { "cpu-huge", "{ 'id': 'pn1', 'cpu-index': 9223372036854775807 }",
      "index 9223372036854775807" },
    { "cpu-most-negative",
      "{ 'id': 'pn1', 'cpu-index': -9223372036854775808 }",
      "index -9223372036854775808" },
    { "cpu-of-65-bits", "{ 'id': 'pn1', 'cpu-index': 18446744073709551616 }",
      "cpu-index" },
    { "cpu-is-no-integer", "{ 'id': 'pn1', 'cpu-index': 0.5 }", "cpu-index" },
    { "cpu-is-text", "{ 'id': 'pn1', 'cpu-index': '0' }", "cpu-index" },
    { "unknown-argument", "{ 'id': 'pn1', 'cpu-index': 0, 'value': 1 }",
      "value" },
    { "private-not-registered", "{ 'id': 'pn2', 'cpu-index': 0 }",
      "not registered" },
    { "private-not-registered-there", "{ 'id': 'pn1', 'cpu-index': 1 }",
      "not registered" },
    { "shared-not-registered", "{ 'id': 'sn2' }", "not registered" },
};

static void test_trigger_refused(Guest *g, const void *data)
{
    const TriggerCase *c = data;

    qtest_qmp_assert_success(g->qts,
        "{ 'execute': 'object-add', 'arguments': {"
        "  'qom-type': 'rng-builtin', 'id': 'rng0' } }");
    user_event_enable(g, 0, EVENT_PN1, 1, 0);
    user_event_enable(g, 0, EVENT_SN1, 2, 0);
    user_event_trigger_fails(g->qts, c->arguments, c->text);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'object-del',"
                             "  'arguments': { 'id': 'rng0' } }");

    /* And nothing came of it */
    set_all_modes(g, 1, MODE_AUTO);
    set_all_modes(g, 2, MODE_AUTO);
    unmask_all(g);
    settle(g);
    guest_check_eq(g, 0, count_all(g, 1) + count_all(g, 2), 0, "entries");
}

/* Of a machine that never ran, so that nothing can be registered */
static void test_trigger_before_start(void)
{
    QTestState *qts = qtest_init("-machine virt,sdei=on -nodefaults -cpu max "
                                 "-accel tcg -S " USER_EVENTS_ARGS);

    user_event_trigger_fails(qts, "{ 'id': 'pn1', 'cpu-index': 0 }",
                             "not registered");
    user_event_trigger_fails(qts, "{ 'id': 'sn1' }", "not registered");
    qtest_quit(qts);
}

static void test_trigger_sdei_off(void)
{
    QTestState *qts = qtest_init("-machine virt,sdei=off -nodefaults "
                                 "-cpu max -accel qtest");

    user_event_trigger_fails(qts, "{ 'id': 'pn1', 'cpu-index': 0 }", "'pn1'");
    qtest_quit(qts);
}

static void test_trigger_machine_none(void)
{
    QTestState *qts = qtest_init("-machine none -accel qtest");

    user_event_trigger_fails(qts, "{ 'id': 'pn1', 'cpu-index': 0 }", "'pn1'");
    qtest_quit(qts);
}

/* Running, but unregistered while it runs: it can no longer be triggered */
static void test_trigger_running_unregistered(Guest *g, const void *data)
{
    user_event_enable(g, 1, EVENT_PN1, 1, 0);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    user_event_trigger(g, EVENT_PN1, 1);
    guest_wait_handler(g, 1, 1, NULL);
    guest_expect(g, 1, SDEI_PENDING, SDEI_EVENT_UNREGISTER, EVENT_PN1);
    user_event_trigger_fails(g->qts, "{ 'id': 'pn1', 'cpu-index': 1 }",
                             "not registered");
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    user_event_check_status(g, 1, EVENT_PN1, 0);
}

/* What the guest is told of them */

static void test_info(Guest *g, const void *data)
{
    for (unsigned i = 0; i < USER_EVENTS; i++) {
        const UserEvent *e = &user_events[i];

        for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
            guest_expect(g, cpu, e->shared, SDEI_EVENT_GET_INFO, e->num,
                         SDEI_INFO_TYPE);
            guest_expect(g, cpu, 1, SDEI_EVENT_GET_INFO, e->num,
                         SDEI_INFO_NOT_SIGNALABLE);
            guest_expect(g, cpu, e->critical, SDEI_EVENT_GET_INFO, e->num,
                         SDEI_INFO_PRIORITY);
            guest_expect(g, cpu, SDEI_INVALID_PARAMETERS, SDEI_EVENT_GET_INFO,
                         e->num, 5);
            guest_expect(g, cpu, 0, SDEI_EVENT_STATUS, e->num);
        }
    }
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_STATUS,
                 EVENT_USER(0));
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_STATUS,
                 EVENT_USER(USER_EVENTS + 1));
}

/* Software signals event 0 only; RELEASE is for bound interrupts only */
static void test_not_for_software(Guest *g, const void *data)
{
    for (unsigned i = 0; i < USER_EVENTS; i++) {
        uint32_t num = user_events[i].num;

        user_event_enable(g, 0, num, 1, 0);
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_SIGNAL, num,
                     guest_affinity(g, 0));
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_RELEASE,
                     num);
        guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, num);
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_RELEASE,
                     num);
    }
}

/*
 * How a trigger is kept and delivered.  A row for each event: private ones
 * live on PE 1, shared ones are routed there.
 */

static void enable_on_1(Guest *g, const UserEvent *e)
{
    user_event_enable(g, 1, e->num, 1, SDEI_REGISTER_RM_PE,
                      guest_affinity(g, 1));
}

static void trigger_on_1(Guest *g, const UserEvent *e)
{
    if (e->shared) {
        user_event_trigger_shared(g, e->num);
    } else {
        user_event_trigger(g, e->num, 1);
    }
}

/* So many entries, on PE 1 */
static void check_entries(Guest *g, uint64_t count)
{
    guest_wait_count(g, 1, ID_HANDLER(1), count);
    settle(g);
    guest_check_eq(g, 1, guest_count(g, 1, ID_HANDLER(1)), count, "entries");
    guest_check_eq(g, 1, count_all(g, 1), count, "entries on all PEs");
}

static void test_delivered(Guest *g, const void *data)
{
    const UserEvent *e = data;
    GuestFrame frame;

    guest_expect(g, 1, 0, SDEI_EVENT_REGISTER, e->num, GUEST_HANDLER(1),
                 0x123456789abcdef0, SDEI_REGISTER_RM_PE,
                 guest_affinity(g, 1));
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, e->num);
    unmask_all(g);
    trigger_on_1(g, e);
    guest_wait_handler(g, 1, 1, &frame);
    guest_check_eq(g, 1, frame.x[0], e->num, "entry X0 (event number)");
    guest_check_eq(g, 1, frame.x[1], 0x123456789abcdef0, "entry X1 (ep_arg)");
    user_event_check_status(g, 1, e->num, 7);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    user_event_check_status(g, 1, e->num, 3);
    check_entries(g, 1);
}

/* Its own PE gets a private event, no other one */
static void test_private_per_pe(Guest *g, const void *data)
{
    set_all_modes(g, 1, MODE_AUTO);
    for (unsigned i = 0; i < g->config.cpus; i++) {
        user_event_enable(g, i, EVENT_PN1, 1, 0);
    }
    unmask_all(g);
    for (unsigned i = 0; i < g->config.cpus; i++) {
        for (unsigned n = 1; n <= i + 1; n++) {
            user_event_trigger(g, EVENT_PN1, i);
            guest_wait_count(g, i, ID_HANDLER(1), n);
        }
    }
    settle(g);
    for (unsigned i = 0; i < g->config.cpus; i++) {
        guest_check_eq(g, i, guest_count(g, i, ID_HANDLER(1)), i + 1,
                       "entries");
    }
}

static void test_pending_masked(Guest *g, const void *data)
{
    const UserEvent *e = data;

    set_all_modes(g, 1, MODE_AUTO);
    enable_on_1(g, e);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    trigger_on_1(g, e);
    check_entries(g, 0);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    check_entries(g, 1);
    guest_expect(g, 1, 1, SDEI_PE_MASK);
    trigger_on_1(g, e);
    check_entries(g, 1);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    check_entries(g, 2);
}

static void test_pending_disabled(Guest *g, const void *data)
{
    const UserEvent *e = data;

    set_all_modes(g, 1, MODE_AUTO);
    unmask_all(g);
    guest_expect(g, 1, 0, SDEI_EVENT_REGISTER, e->num, GUEST_HANDLER(1), 0,
                 SDEI_REGISTER_RM_PE, guest_affinity(g, 1));
    trigger_on_1(g, e);
    check_entries(g, 0);
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, e->num);
    check_entries(g, 1);
    guest_expect(g, 1, 0, SDEI_EVENT_DISABLE, e->num);
    trigger_on_1(g, e);
    check_entries(g, 1);
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, e->num);
    check_entries(g, 2);
}

static void test_coalesced(Guest *g, const void *data)
{
    const UserEvent *e = data;

    enable_on_1(g, e);
    for (unsigned i = 0; i < 5; i++) {
        trigger_on_1(g, e);
    }
    guest_call_start(g, 1, SDEI_PE_UNMASK);
    guest_wait_handler(g, 1, 1, NULL);
    check_entries(g, 1);
    /* While it runs: one more */
    for (unsigned i = 0; i < 5; i++) {
        trigger_on_1(g, e);
    }
    check_entries(g, 1);
    set_all_modes(g, 1, MODE_AUTO);
    guest_complete(g, 1, 0);
    guest_wait_count(g, 1, ID_HANDLER(1), 2);
    check_entries(g, 2);
}

static void test_unregister_forgets(Guest *g, const void *data)
{
    const UserEvent *e = data;

    set_all_modes(g, 1, MODE_AUTO);
    enable_on_1(g, e);
    trigger_on_1(g, e);
    guest_expect(g, 1, 0, SDEI_EVENT_UNREGISTER, e->num);
    enable_on_1(g, e);
    unmask_all(g);
    check_entries(g, 0);
    trigger_on_1(g, e);
    check_entries(g, 1);
}

static void test_stopped(Guest *g, const void *data)
{
    const UserEvent *e = data;

    set_all_modes(g, 1, MODE_AUTO);
    enable_on_1(g, e);
    unmask_all(g);
    for (unsigned i = 1; i <= 3; i++) {
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
        trigger_on_1(g, e);
        trigger_on_1(g, e);
        guest_check_eq(g, 1, guest_count(g, 1, ID_HANDLER(1)), i - 1,
                       "entries of a stopped machine");
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
        check_entries(g, i);
    }
}

/* Any PE may take it, once the machine runs again */
static void test_stopped_any(Guest *g, const void *data)
{
    set_all_modes(g, 1, MODE_AUTO);
    user_event_enable(g, 0, EVENT_SN1, 1, 0);
    unmask_all(g);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
    user_event_trigger_shared(g, EVENT_SN1);
    guest_check_eq(g, 0, count_all(g, 1), 0, "entries of a stopped machine");
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
    wait_count_all(g, 1, 1);
    settle(g);
    guest_check_eq(g, 0, count_all(g, 1), 1, "entries");
}

/* Stopped in a handler: what is triggered comes after it */
static void test_stopped_in_handler(Guest *g, const void *data)
{
    enable_on_1(g, user_event(EVENT_PN1));
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    user_event_trigger(g, EVENT_PN1, 1);
    guest_wait_handler(g, 1, 1, NULL);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
    user_event_trigger(g, EVENT_PN1, 1);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
    settle(g);
    check_entries(g, 1);
    guest_complete(g, 1, 0);
    guest_wait_handler(g, 1, 1, NULL);
    guest_complete(g, 1, 0);
    check_entries(g, 2);
}

void add_user_event_tests(void)
{
    static const struct {
        const char *name;
        ScenarioFn *fn;
    } per_event[] = {
        { "delivered", test_delivered },
        { "pending-while-masked", test_pending_masked },
        { "pending-while-disabled", test_pending_disabled },
        { "coalesced", test_coalesced },
        { "unregister-forgets", test_unregister_forgets },
        { "delivered-on-cont", test_stopped },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(start_cases); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/user-event/%s/%s",
            start_cases[i].text[0] ? "start-refused" : "start",
            start_cases[i].path);

        qtest_add_data_func(path, &start_cases[i], test_start);
    }
    qtest_add_func("/arm-sdei/user-event/start/at-most-64", test_start_limit);
    qtest_add_func("/arm-sdei/user-event/start/preconfig", test_preconfig);
    qtest_add_func("/arm-sdei/user-event/trigger-refused/before-start",
                   test_trigger_before_start);
    qtest_add_func("/arm-sdei/user-event/trigger-refused/sdei-off",
                   test_trigger_sdei_off);
    qtest_add_func("/arm-sdei/user-event/trigger-refused/machine-none",
                   test_trigger_machine_none);

    for (unsigned i = 0; i < ARRAY_SIZE(trigger_cases); i++) {
        scenario_add(SCENARIO_EVENTS_EL1, test_trigger_refused,
                     &trigger_cases[i], "trigger-refused/%s",
                     trigger_cases[i].path);
    }
    scenario_add(SCENARIO_EVENTS_EL1, test_trigger_running_unregistered, NULL,
                 "trigger-refused/running-unregistered");
    scenario_add(SCENARIO_EVENTS_EL1, test_object_add, NULL,
                 "object/add-refused");
    scenario_add(SCENARIO_EVENTS_EL1, test_object_del, NULL,
                 "object/del-refused");
    scenario_add(SCENARIO_EVENTS_EL1, test_qom_set, NULL,
                 "object/qom-set-refused");
    scenario_add(SCENARIO_EVENTS, test_info, NULL, "info");
    scenario_add(SCENARIO_EVENTS, test_not_for_software, NULL,
                 "not-for-software");
    scenario_add(SCENARIO_EVENTS_ALL, test_private_per_pe, NULL,
                 "trigger/private-per-pe");
    scenario_add(SCENARIO_EVENTS_ALL, test_stopped_any, NULL,
                 "trigger/rm-any-on-cont");
    scenario_add(SCENARIO_EVENTS_ALL, test_stopped_in_handler, NULL,
                 "trigger/stopped-in-handler");
    for (unsigned i = 0; i < ARRAY_SIZE(per_event); i++) {
        for (unsigned j = 0; j < 4; j++) {
            scenario_add(j == 0 ? SCENARIO_EVENTS_ALL : SCENARIO_EVENTS_EL1,
                         per_event[i].fn, &user_events[j], "trigger/%s/%s",
                         per_event[i].name, user_events[j].id);
        }
    }
}
