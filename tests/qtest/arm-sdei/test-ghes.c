/*
 * arm-sdei-test: hardware errors, which an event of their own tells of
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The test plays the firmware that places the ACPI tables and the driver of
 * their error sources (ACPI 6.2, 18.3.2.8); the guest has the event's handler.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "acpi.h"
#include "ghes.h"
#include "move.h"
#include "scenario.h"
#include "snapshot.h"
#include "user-event.h"

#define NOTIFY_GPIO     7
#define NOTIFY_SEA      8
#define NOTIFY_SDEI     11
#define TYPE_GHES_V2    10

#define RECORD_SIZE     172     /* of a memory error */
#define BLOCK_SIZE      1024

#define NOT_ACKNOWLEDGED "OSPM does not acknowledge previous error"

/* A guest that was started by firmware, in a machine with a HEST */
static const GuestConfig ghes_config = {
    .cpus = 2,
    .machine = "ras=on",
    .firmware = true,
};

/* ---- Who injects ---- */

static void make_record(uint8_t record[RECORD_SIZE], uint8_t mark)
{
    memset(record, mark, RECORD_SIZE);
}

/* Returns: the error, or NULL; to be freed */
static char *inject_base64(Guest *g, const char *cper)
{
    QDict *rsp = qtest_qmp(g->qts, "{ 'execute': 'inject-ghes-v2-error',"
                           " 'arguments': { 'cper': %s } }", cper);
    char *desc = NULL;

    if (qdict_haskey(rsp, "error")) {
        desc = g_strdup(qdict_get_str(qdict_get_qdict(rsp, "error"), "desc"));
    }
    qobject_unref(rsp);
    return desc;
}

static char *inject_bytes(Guest *g, const void *record, size_t len)
{
    g_autofree char *cper = g_base64_encode(record, len);

    return inject_base64(g, cper);
}

static void check_desc(Guest *g, const char *desc, const char *text)
{
    if (!text) {
        g_assert_cmpstr(desc, ==, NULL);
    } else if (!desc || !strstr(desc, text)) {
        guest_fail(g, 0, "\"%s\" is not in \"%s\"", text, desc ?: "success");
    }
}

/* Inject a record that is told by its @mark; @error is part of the answer */
static void inject(Guest *g, uint8_t mark, const char *error)
{
    uint8_t record[RECORD_SIZE];
    g_autofree char *desc = NULL;

    make_record(record, mark);
    desc = inject_bytes(g, record, sizeof(record));
    check_desc(g, desc, error);
}

/* @source has the record with this @mark, which waits to be acknowledged */
static void check_record(Guest *g, const Source *source, uint8_t mark)
{
    uint8_t expected[RECORD_SIZE], record[RECORD_SIZE];

    make_record(expected, mark);
    qtest_memread(g->qts, source->block, record, sizeof(record));
    g_assert_cmpmem(record, sizeof(record), expected, sizeof(expected));
    g_assert_cmphex(qtest_readq(g->qts, source->ack), ==, 0);
}

/* The error with this @mark comes when the guest has acknowledged the last */
static void wait_record(Guest *g, const Source *source, uint8_t mark)
{
    GuestWait wait = { };

    while (qtest_readq(g->qts, source->ack) ||
           qtest_readb(g->qts, source->block) != mark) {
        if (!guest_wait_more(&wait)) {
            guest_fail(g, 0, "error %u does not come", mark);
        }
    }
    check_record(g, source, mark);
}

/* ---- What the tables say ---- */

typedef struct HestCase {
    const char *path;
    GuestConfig config;
    uint32_t sources;       /* 0: there is no HEST */
} HestCase;

static const HestCase hest_cases[] = {
    { "both", { .machine = "ras=on" }, 3 },
    { "el2", { .machine = "ras=on,virtualization=on" }, 3 },
    { "sdei-off", { .machine = "ras=on", .no_sdei = true }, 2 },
    { "ras-off", { .machine = "ras=off" }, 0 },
    { "virt-10.1", { .machine = "ras=on", .args = "-machine virt-10.1" }, 1 },
    { "virt-10.0", { .machine = "ras=on", .args = "-machine virt-10.0" }, 1 },
    { "virt-10.0-sdei-off",
      { .machine = "ras=on", .args = "-machine virt-10.0", .no_sdei = true },
      1 },
};

/* "info sdei" names those that the HEST has, and no others */
static void check_sources_told(Guest *g, uint64_t hest, uint32_t sources)
{
    g_autofree char *text = NULL;

    for (unsigned i = 0; i < sources; i++) {
        qtest_writeq(g->qts, read_source(g, hest, i).ack, 0);
    }
    text = guest_dump(g);
    for (unsigned i = SOURCE_SYNC; i <= SOURCE_SDEI; i++) {
        g_autofree char *line =
            g_strdup_printf("source %u: one is not acknowledged", i);

        g_assert_cmpint(!!strstr(text, line), ==, i < sources);
    }
}

static void test_hest(const void *data)
{
    static const Source expected[] = {
        { TYPE_GHES_V2, SOURCE_SYNC, NOTIFY_SEA, 0 },
        { TYPE_GHES_V2, SOURCE_GED, NOTIFY_GPIO, 0 },
        { TYPE_GHES_V2, SOURCE_SDEI, NOTIFY_SDEI, EVENT_GHES },
    };
    const HestCase *c = data;
    GuestConfig config = c->config;
    uint64_t hest;
    Guest *g;

    config.cpus = 1;
    config.firmware = true;
    g = guest_start(&config);
    hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    g_assert_cmpint(!!hest, ==, !!c->sources);
    if (hest) {
        g_assert_cmpuint(qtest_readl(g->qts, hest + HEST_COUNT), ==,
                         c->sources);
        g_assert_cmpuint(qtest_readl(g->qts, hest + ACPI_HEADER_LENGTH), ==,
                         HEST_SOURCES + c->sources * GHES_SIZE);
    }
    for (unsigned i = 0; i < c->sources; i++) {
        Source source = read_source(g, hest, i);

        g_assert_cmpuint(source.type, ==, expected[i].type);
        g_assert_cmpuint(source.id, ==, expected[i].id);
        g_assert_cmpuint(source.notify, ==, expected[i].notify);
        g_assert_cmphex(source.vector, ==, expected[i].vector);
        check_no_record(g, &source);
        /* Each source has memory of its own */
        if (i) {
            g_assert_cmphex(source.block - read_source(g, hest, i - 1).block,
                            ==, BLOCK_SIZE);
        }
    }
    if (c->sources && !config.no_sdei) {
        check_sources_told(g, hest, c->sources);
    }
}

/* There is the event with the error source, and only then */
static void test_event_info(void)
{
    static const GuestConfig no_ras = { .cpus = 2 };
    Guest *g = guest_start(&ghes_config);

    guest_expect(g, 0, 1, SDEI_EVENT_GET_INFO, EVENT_GHES, SDEI_INFO_TYPE);
    guest_expect(g, 0, 1, SDEI_EVENT_GET_INFO, EVENT_GHES, SDEI_INFO_PRIORITY);
    guest_expect(g, 0, 1, SDEI_EVENT_GET_INFO, EVENT_GHES,
                 SDEI_INFO_NOT_SIGNALABLE);
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_SIGNAL, EVENT_GHES,
                 guest_affinity(g, 0));
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_RELEASE,
                 EVENT_GHES);

    g = guest_start(&no_ras);
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_STATUS, EVENT_GHES);
}

/* ---- What cannot be injected ---- */

static void test_no_hest(const void *data)
{
    Guest *g = guest_start(data);

    inject(g, 1, "no ACPI table HEST");
    if (g->config.firmware) {
        acpi_place(g->qts, ACPI_BASE, "HEST");
        inject(g, 1, strstr(g->config.machine, "ras=on")
                     ? NULL : "no ACPI table HEST");
    }
}

static void test_bad_record(void)
{
    Guest *g = guest_start(&ghes_config);
    uint64_t hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    Source ged = find_source(g, hest, SOURCE_GED);
    static const uint8_t record[BLOCK_SIZE + 1] = { 1 }, empty[BLOCK_SIZE];
    static const struct {
        const uint8_t *bytes;
        size_t len;
        const char *error;
    } cases[] = {
        { record, 0, "too small" },
        { record, 19, "too small" },
        { record, BLOCK_SIZE + 1, "too big" },
        { empty, 20, "is empty" },
        { empty, BLOCK_SIZE, "is empty" },
        { record, 20, NULL },
        { record, BLOCK_SIZE, NULL },
    };

    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *desc = inject_base64(g, i ? "a b?" : "****");

        check_desc(g, desc, "Base64 data");
        check_no_record(g, &ged);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *desc = inject_bytes(g, cases[i].bytes, cases[i].len);

        check_desc(g, desc, cases[i].error);
        if (cases[i].error) {
            check_no_record(g, &ged);
        }
        acknowledge(g, &ged);
    }
}

/* The HEST is the guest's memory */
static void test_overwritten_hest(void)
{
    Guest *g = guest_start(&ghes_config);
    uint64_t hest = acpi_place(g->qts, ACPI_BASE, "HEST");

    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    qtest_writel(g->qts, hest + HEST_COUNT, 2);
    inject(g, 1, "Source 2 not found");
    /* It must not look for it beyond the table, a billion times */
    qtest_writel(g->qts, hest + HEST_COUNT, UINT32_MAX);
    inject(g, 1, "4294967295 error sources are too many");
    qtest_writel(g->qts, hest + HEST_COUNT, 4);
    qtest_writew(g->qts, hest + HEST_SOURCES + 2 * GHES_SIZE, 0xfeed);
    inject(g, 1, "not supported");
    g_assert_cmpuint(guest_count(g, 0, ID_HANDLER(1)), ==, 0);
    guest_finish();
}

/* ---- Which way an error goes ---- */

/* The handler has run once more, on any PE that does not mask events */
static void expect_handler(Guest *g, unsigned cpu, uint64_t arg)
{
    GuestFrame frame;

    guest_wait_handler(g, cpu, 1, &frame);
    guest_check_eq(g, cpu, frame.x[0], EVENT_GHES, "event number");
    guest_check_eq(g, cpu, frame.x[1], arg, "argument");
}

static void test_channel(const void *data)
{
    GuestConfig config = ghes_config;
    uint64_t hest;
    Source ged, sdei;
    Guest *g;

    config.machine = data;
    g = guest_start(&config);
    hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    ged = find_source(g, hest, SOURCE_GED);
    sdei = find_source(g, hest, SOURCE_SDEI);

    /* Nobody listens */
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    inject(g, 1, NULL);
    check_record(g, &ged, 1);
    check_no_record(g, &sdei);
    inject(g, 2, NOT_ACKNOWLEDGED);
    check_record(g, &ged, 1);

    /* Registered is not enabled; the GED's error stays with the GED */
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, EVENT_GHES, GUEST_HANDLER(1),
                 0x1234);
    inject(g, 2, NOT_ACKNOWLEDGED);
    check_no_record(g, &sdei);

    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_GHES);
    inject(g, 3, NULL);
    expect_handler(g, 1, 0x1234);
    check_record(g, &sdei, 3);
    check_record(g, &ged, 1);

    /* Not even while the handler runs is anything overwritten */
    inject(g, 4, NULL);
    check_queued(g, 1);
    check_record(g, &sdei, 3);
    acknowledge(g, &sdei);
    wait_record(g, &sdei, 4);
    check_queued(g, 0);
    acknowledge(g, &sdei);
    inject(g, 5, NULL);
    check_record(g, &sdei, 5);
    guest_complete(g, 1, 0);
    expect_handler(g, 1, 0x1234);
    acknowledge(g, &sdei);
    guest_complete(g, 1, 0);

    /* And back */
    guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT_GHES);
    inject(g, 6, NOT_ACKNOWLEDGED);
    acknowledge(g, &ged);
    inject(g, 7, NULL);
    check_record(g, &ged, 7);
    check_no_record(g, &sdei);
    guest_nop(g, 1);
    g_assert_cmpuint(guest_count(g, 1, ID_HANDLER(1)), ==, 2);
}

/* A guest that listens, but masks its PEs, has the event pending */
static void test_masked(void)
{
    Guest *g = guest_start(&ghes_config);
    uint64_t hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    Source sdei = find_source(g, hest, SOURCE_SDEI);

    /* PEs start masked */
    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    inject(g, 1, NULL);
    check_record(g, &sdei, 1);
    /* Disabling it does not lose it either */
    guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT_GHES);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, EVENT_GHES);
    g_assert_cmpuint(guest_count(g, 0, ID_HANDLER(1)), ==, 0);

    guest_call_start(g, 0, SDEI_PE_UNMASK);
    guest_wait_handler(g, 0, 1, NULL);
    check_record(g, &sdei, 1);
    acknowledge(g, &sdei);
    guest_complete(g, 0, 0);
    guest_nop(g, 0);
    g_assert_cmpuint(guest_count(g, 0, ID_HANDLER(1)), ==, 1);
}

/* A fatal error does not wait for the handler of a normal event */
static void test_in_handler(void)
{
    Guest *g = guest_start(&ghes_config);

    acpi_place(g->qts, ACPI_BASE, "HEST");
    event_ready(g, 0, 0, 0);
    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    event_signal_self(g, 0);
    guest_wait_handler(g, 0, 0, NULL);
    inject(g, 1, NULL);
    guest_wait_handler(g, 0, 1, NULL);
    guest_complete(g, 0, 0);
    guest_complete(g, 0, 0);
    guest_nop(g, 0);
}

/*
 * Who registers it later, as the next kernel after a kexec, finds the error
 * that nobody has looked at: Linux does that in ghes_probe().
 */
static void test_next_client(void)
{
    Guest *g = guest_start(&ghes_config);
    uint64_t hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    Source sdei = find_source(g, hest, SOURCE_SDEI);
    Source ged = find_source(g, hest, SOURCE_GED);

    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    inject(g, 1, NULL);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    inject(g, 2, NULL);
    check_record(g, &sdei, 1);
    check_record(g, &ged, 2);

    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    inject(g, 3, NULL);
    check_record(g, &sdei, 1);
    acknowledge(g, &sdei);
    wait_record(g, &sdei, 3);
    acknowledge(g, &sdei);
    guest_call_start(g, 0, SDEI_PE_UNMASK);
    guest_wait_handler(g, 0, 1, NULL);
    guest_complete(g, 0, 0);
    inject(g, 4, NULL);
    guest_wait_handler(g, 0, 1, NULL);
    check_record(g, &sdei, 4);
    guest_complete(g, 0, 0);
    guest_nop(g, 0);
}

/* What waits comes in its order, and nothing is notified of twice */
static void test_queue(void)
{
    Guest *g = guest_start(&ghes_config);
    uint64_t hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    Source sdei = find_source(g, hest, SOURCE_SDEI);

    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    for (unsigned mark = 1; mark <= 20; mark++) {
        inject(g, mark, NULL);
    }
    check_queued(g, 19);
    for (unsigned mark = 1; mark <= 20; mark++) {
        wait_record(g, &sdei, mark);
        guest_wait_handler(g, 1, 1, NULL);
        check_queued(g, 20 - mark);
        acknowledge(g, &sdei);
        guest_complete(g, 1, 0);
    }
    guest_nop(g, 1);
    g_assert_cmpuint(guest_count(g, 1, ID_HANDLER(1)), ==, 20);
    check_no_record(g, &sdei);
}

/* The next one is refused, until there is room, and then nothing is missing */
static void test_bound(void)
{
    Guest *g = guest_start(&ghes_config);
    uint64_t hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    Source sdei = find_source(g, hest, SOURCE_SDEI);
    unsigned last = 1 + QUEUE_SIZE;

    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    for (unsigned mark = 1; mark <= last; mark++) {
        inject(g, mark, NULL);
    }
    inject(g, last + 1, "64 more hardware errors to acknowledge");
    check_queued(g, QUEUE_SIZE);
    check_record(g, &sdei, 1);
    acknowledge(g, &sdei);
    wait_record(g, &sdei, 2);
    inject(g, last + 1, NULL);
    inject(g, last + 2, "64 more hardware errors to acknowledge");
    for (unsigned mark = 3; mark <= last + 1; mark++) {
        acknowledge(g, &sdei);
        wait_record(g, &sdei, mark);
    }
    check_queued(g, 0);
}

/*
 * A client that has ended its handler without a look at the record, as Linux
 * does when it is out of memory, is told again if more waits.
 */
static void test_not_read(void)
{
    Guest *g = guest_start(&ghes_config);
    uint64_t hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    Source sdei = find_source(g, hest, SOURCE_SDEI);

    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    inject(g, 1, NULL);
    guest_wait_handler(g, 1, 1, NULL);
    guest_complete(g, 1, 0);
    inject(g, 2, NULL);
    guest_wait_handler(g, 1, 1, NULL);
    check_record(g, &sdei, 1);
    acknowledge(g, &sdei);
    wait_record(g, &sdei, 2);
    guest_complete(g, 1, 0);
    guest_wait_handler(g, 1, 1, NULL);
    acknowledge(g, &sdei);
    guest_complete(g, 1, 0);
}

static void test_machine_reset(void)
{
    Guest *g = guest_start(&ghes_config);
    uint64_t hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    Source sdei = find_source(g, hest, SOURCE_SDEI);
    Source ged = find_source(g, hest, SOURCE_GED);

    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    inject(g, 1, NULL);
    inject(g, 1, NULL);
    check_record(g, &sdei, 1);
    check_queued(g, 1);
    guest_reset(g);
    check_queued(g, 0);

    /* Where the tables were may be anything now */
    acknowledge(g, &ged);
    acknowledge(g, &sdei);
    guest_expect(g, 0, 0, SDEI_EVENT_STATUS, EVENT_GHES);
    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    inject(g, 2, "no ACPI table HEST");
    check_no_record(g, &ged);
    check_no_record(g, &sdei);
    g_assert_cmpuint(guest_count(g, 0, ID_HANDLER(1)), ==, 0);

    g_assert_cmphex(acpi_place(g->qts, ACPI_BASE, "HEST"), ==, hest);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    inject(g, 3, NULL);
    guest_wait_handler(g, 0, 1, NULL);
    check_record(g, &sdei, 3);
    guest_complete(g, 0, 0);
    guest_nop(g, 0);
}

/* The event is pending, one error unacknowledged, and others wait */
static void test_migration(const void *data)
{
    Route route = *(const Route *)data;
    Guest *home, *g;
    uint64_t hest;
    Source sdei;

    if (!route_exists(route)) {
        g_test_skip("not on this host");
        return;
    }
    home = guest_start(&ghes_config);
    hest = acpi_place(home->qts, ACPI_BASE, "HEST");
    sdei = find_source(home, hest, SOURCE_SDEI);
    user_event_enable(home, 0, EVENT_GHES, 1, 0);
    for (unsigned mark = 1; mark <= 3; mark++) {
        inject(home, mark, NULL);
    }

    g = guest_move(home, route, NULL);
    check_queued(g, 2);
    inject(g, 4, NULL);
    check_record(g, &sdei, 1);
    guest_call_start(g, 0, SDEI_PE_UNMASK);
    guest_wait_handler(g, 0, 1, NULL);
    for (unsigned mark = 2; mark <= 4; mark++) {
        acknowledge(g, &sdei);
        wait_record(g, &sdei, mark);
        guest_complete(g, 0, 0);
        guest_wait_handler(g, 0, 1, NULL);
    }
    check_queued(g, 0);
    acknowledge(g, &sdei);
    guest_complete(g, 0, 0);
    inject(g, 5, NULL);
    guest_wait_handler(g, 0, 1, NULL);
    check_record(g, &sdei, 5);
    guest_complete(g, 0, 0);
    guest_nop(g, 0);
    guest_move_end(g);
    guest_finish();
}

/* An error source less: says so, and does not stumble over the queue */
static void test_migration_refused(void)
{
    static const GuestConfig no_ras = { .cpus = 2, .firmware = true };
    Guest *g = guest_start(&ghes_config);
    uint64_t hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    Source sdei = find_source(g, hest, SOURCE_SDEI);

    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    inject(g, 1, NULL);
    inject(g, 2, NULL);
    guest_move_fails(g, &no_ras, "'ras' differs: on in the stream");
    acknowledge(g, &sdei);
    wait_record(g, &sdei, 2);
}

/* A snapshot brings back what waited, and drops what came since */
static void test_snapshot(void)
{
    g_autofree char *path = g_strdup_printf("%s/arm-sdei-ghes-%d.qcow2",
                                            g_get_tmp_dir(), getpid());
    Guest *g = guest_start(&ghes_config);
    uint64_t hest = acpi_place(g->qts, ACPI_BASE, "HEST");
    Source sdei = find_source(g, hest, SOURCE_SDEI);

    snapshot_attach(g->qts, path);
    user_event_enable(g, 0, EVENT_GHES, 1, 0);
    snapshot_save(g->qts, "empty");
    inject(g, 1, NULL);
    inject(g, 2, NULL);
    snapshot_save(g->qts, "queued");
    acknowledge(g, &sdei);
    wait_record(g, &sdei, 2);
    inject(g, 3, NULL);
    inject(g, 4, NULL);

    snapshot_load(g->qts, "queued");
    check_queued(g, 1);
    check_record(g, &sdei, 1);
    acknowledge(g, &sdei);
    wait_record(g, &sdei, 2);
    inject(g, 3, NULL);

    snapshot_load(g->qts, "empty");
    check_queued(g, 0);
    check_no_record(g, &sdei);
    /* Not at once: before the snapshot there may have been many */
    inject(g, 5, NULL);
    wait_record(g, &sdei, 5);
    guest_finish();
    unlink(path);
}

void add_ghes_tests(void)
{
    static const GuestConfig no_hest[] = {
        { .cpus = 2, .machine = "ras=on", .firmware = true },
        { .cpus = 1, .machine = "ras=off", .firmware = true },
        { .cpus = 1, .machine = "ras=on" },
    };
    static const Route routes[] = { ROUTE_FILE, ROUTE_SOCKET };
    static const char *const no_hest_path[] = { "late", "ras-off", "kernel" };

    for (unsigned i = 0; i < ARRAY_SIZE(hest_cases); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/ghes/hest/%s",
                                                hest_cases[i].path);

        qtest_add_data_func(path, &hest_cases[i], test_hest);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(no_hest); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/ghes/no-hest/%s",
                                                no_hest_path[i]);

        qtest_add_data_func(path, &no_hest[i], test_no_hest);
    }
    qtest_add_func("/arm-sdei/ghes/event-info", test_event_info);
    qtest_add_func("/arm-sdei/ghes/bad-record", test_bad_record);
    qtest_add_func("/arm-sdei/ghes/overwritten-hest", test_overwritten_hest);
    qtest_add_data_func("/arm-sdei/ghes/channel/el1", "ras=on", test_channel);
    qtest_add_data_func("/arm-sdei/ghes/channel/el2",
                        "ras=on,virtualization=on", test_channel);
    qtest_add_func("/arm-sdei/ghes/masked", test_masked);
    qtest_add_func("/arm-sdei/ghes/in-handler", test_in_handler);
    qtest_add_func("/arm-sdei/ghes/next-client", test_next_client);
    qtest_add_func("/arm-sdei/ghes/queue", test_queue);
    qtest_add_func("/arm-sdei/ghes/bound", test_bound);
    qtest_add_func("/arm-sdei/ghes/not-read", test_not_read);
    qtest_add_func("/arm-sdei/ghes/machine-reset", test_machine_reset);
    for (unsigned i = 0; i < ARRAY_SIZE(routes); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/ghes/migration/%s",
                                                route_name(routes[i]));

        qtest_add_data_func(path, &routes[i], test_migration);
    }
    qtest_add_func("/arm-sdei/ghes/migration-refused",
                   test_migration_refused);
    qtest_add_func("/arm-sdei/ghes/snapshot", test_snapshot);
}
