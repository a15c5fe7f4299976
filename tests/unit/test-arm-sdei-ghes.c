/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: hardware errors that wait until the guest acknowledges others
 *
 * The queue, and when an error has its turn.  Here the error sources of
 * hw/acpi/ghes.c, the guest, and time are played to them.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "hw/acpi/ghes-sdei.h"
#include "io/channel-buffer.h"
#include "qapi/qapi-types-migration.h"
#include "migration/client-options.h"
#include "migration/vmstate.h"
#include "system/cpu-timers.h"
#include "../migration/qemu-file.h"
#include "../../target/arm/sdei-ghes.h"
#include "../../target/arm/sdei-internal.h"

#define GPA             0x123456000ull
#define PAGE            SDEI_GHES_PAGE_SIZE
#define SIZE            SDEI_GHES_QUEUE_SIZE
#define RECORD_SIZE     172
#define MAX_TOLD        2000

/* What Linux's queue of lost pages holds, per CPU */
#define LINUX_FIFO      16

static SDEIState sdei;
static SDEIGhes ghes;
static const AcpiGhesSdeiOps ops;
static AcpiGhesState state = {
    .use_hest_addr = true,
    .sdei_ops = &ops,
    .sdei_opaque = &ghes,
};
static bool have_hest;
static bool listens;
static bool acknowledged;
static bool acknowledges;       /* at once */
static bool abort_acknowledged;
static bool source_is_lost;

/* What the guest was told: an address, or the mark of a record */
static uint64_t told[MAX_TOLD];
static unsigned num_told;
static unsigned num_looks;
static unsigned num_triggers;
static unsigned num_failures;   /* of lost memory */

static int64_t now;

/* ---- What the rest of QEMU would be ---- */

int64_t cpu_get_clock(void)
{
    return now;
}

AcpiGhesState *acpi_ghes_get_state(void)
{
    return have_hest ? &state : NULL;
}

static bool guest_listens(void *opaque)
{
    g_assert(opaque == &ghes);
    return listens;
}

static const AcpiGhesSdeiOps ops = {
    .listens = guest_listens,
};

bool acpi_ghes_can_record(AcpiGhesState *ags, uint16_t source_id)
{
    g_assert(ags == &state);
    if (source_id != ACPI_HEST_SRC_ID_SDEI) {
        return source_id != ACPI_HEST_SRC_ID_SYNC || abort_acknowledged;
    }
    num_looks++;
    return acknowledged || source_is_lost;
}

bool acpi_ghes_check_cper(const void *cper, size_t len, Error **errp)
{
    if (len < 20 || len > ACPI_GHES_MAX_RAW_DATA_LENGTH) {
        error_setg(errp, "too small or too big");
        return false;
    }
    return true;
}

static void tell(uint64_t what)
{
    g_assert(listens);
    g_assert(acknowledged);
    g_assert_cmpuint(num_told, <, MAX_TOLD);
    told[num_told++] = what;
    acknowledged = acknowledges;
}

bool ghes_record_cper_errors(AcpiGhesState *ags, const void *cper, size_t len,
                             uint16_t source_id, Error **errp)
{
    if (source_is_lost) {
        error_setg(errp, "Source 2 not found");
        return false;
    }
    g_assert_cmpuint(len, ==, RECORD_SIZE);
    g_assert_cmpuint(source_id, ==, ACPI_HEST_SRC_ID_SDEI);
    tell(ldl_le_p(cper));
    return true;
}

bool acpi_ghes_memory_errors(AcpiGhesState *ags, uint16_t source_id,
                             uint64_t gpa, Error **errp)
{
    if (source_is_lost) {
        num_failures++;
        error_setg(errp, "Source 2 not found");
        return false;
    }
    g_assert_cmpuint(source_id, ==, ACPI_HEST_SRC_ID_SDEI);
    tell(gpa);
    return true;
}

bool arm_sdei_trigger_event(SDEIState *s, uint32_t num, CPUState *cs,
                            Error **errp)
{
    g_assert_cmphex(num, ==, SDEI_EVENT_GHES);
    num_triggers++;
    return true;
}

bool vmstate_check_only_migratable(const VMStateDescription *description)
{
    return true;
}

MigMode migrate_mode(void)
{
    return MIG_MODE_NORMAL;
}

/* ---- What the tests do ---- */

/* A guest that listens and acknowledges all at once, and nothing waits */
static void start(void)
{
    sdei_ghes_reset(&ghes);
    have_hest = listens = acknowledged = acknowledges = true;
    abort_acknowledged = true;
    source_is_lost = false;
    num_told = num_looks = num_triggers = num_failures = 0;
    now += NANOSECONDS_PER_SECOND;
}

/* Let time pass, and have timers run when they are due */
static void pass(int64_t ms)
{
    int64_t end = now + ms * SCALE_MS;

    while (now < end) {
        int64_t next = qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL,
                                                  QEMU_TIMER_ATTR_ALL);

        now = next < 0 ? end : MIN(now + next, end);
        qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
    }
}

static bool timer_is_armed(void)
{
    return qemu_clock_has_timers(QEMU_CLOCK_VIRTUAL);
}

static void guest_acknowledges(void)
{
    acknowledged = true;
    /* However long it has not, that is enough */
    pass(1000);
}

static char *report(uint32_t mark)
{
    uint8_t cper[RECORD_SIZE] = { 0 };
    Error *err = NULL;
    char *text = NULL;

    stl_le_p(cper, mark);
    sdei_ghes_report(&ghes, cper, sizeof(cper), &err);
    if (err) {
        text = g_strdup(error_get_pretty(err));
        error_free(err);
    }
    return text;
}

static void report_well(uint32_t mark)
{
    g_autofree char *text = report(mark);

    g_assert_cmpstr(text, ==, NULL);
}

static char *info(void)
{
    GString *text = g_string_new("");

    sdei_ghes_print(&ghes, text);
    return g_string_free(text, FALSE);
}

static void check_info(const char *part)
{
    g_autofree char *text = info();

    g_assert_nonnull(strstr(text, part));
}

#define check_told(...)                                                     \
    do {                                                                    \
        const uint64_t expected[] = { __VA_ARGS__ };                        \
        g_assert_cmpmem(told, num_told * sizeof(told[0]),                   \
                        expected, sizeof(expected));                        \
    } while (0)

/* ---- The queue ---- */

static void test_order(void)
{
    g_autofree SDEIGhesQueue *q = g_new0(SDEIGhesQueue, 1);

    g_assert_true(sdei_ghes_push_record(q, "first", 6));
    /* What is not a whole page is lost with it */
    g_assert_true(sdei_ghes_push_memory(q, GPA + PAGE - 1, 2));
    g_assert_true(sdei_ghes_push_memory(q, GPA + 1, 1));
    g_assert_true(sdei_ghes_push_record(q, "last", 5));
    g_assert_cmpint(q->count, ==, 4);
    g_assert_false(sdei_ghes_check(q, NULL));

    g_assert_cmpstr((char *)q->error[0].cper, ==, "first");
    g_assert_cmpuint(q->error[0].cper_len, ==, 6);
    g_assert_cmpuint(q->error[0].memory.len, ==, 0);
    sdei_ghes_pop(q);
    g_assert_cmphex(q->error[0].memory.gpa, ==, GPA);
    g_assert_cmphex(q->error[0].memory.len, ==, 2 * PAGE);
    g_assert_cmpuint(q->error[0].cper_len, ==, 0);
    /* The rest of it waits behind the others */
    sdei_ghes_pop(q);
    g_assert_cmpint(q->count, ==, 3);
    g_assert_cmphex(q->error[0].memory.gpa, ==, GPA);
    g_assert_cmphex(q->error[0].memory.len, ==, PAGE);
    sdei_ghes_pop(q);
    g_assert_cmpstr((char *)q->error[0].cper, ==, "last");
    sdei_ghes_pop(q);
    g_assert_cmpint(q->count, ==, 1);
    g_assert_cmphex(q->error[0].memory.gpa, ==, GPA + PAGE);
    g_assert_cmphex(q->error[0].memory.len, ==, PAGE);
    g_assert_cmpuint(q->error[0].cper_len, ==, 0);
    sdei_ghes_pop(q);
    g_assert_cmpint(q->count, ==, 0);
}

static void test_bound(void)
{
    g_autofree SDEIGhesQueue *q = g_new0(SDEIGhesQueue, 1);
    static const uint8_t big[ACPI_GHES_MAX_RAW_DATA_LENGTH] = { 1 };

    for (int round = 0; round < 3; round++) {
        while (q->count < SIZE) {
            g_assert_true(sdei_ghes_push_record(q, big, sizeof(big)));
        }
        g_assert_false(sdei_ghes_push_record(q, big, sizeof(big)));
        g_assert_false(sdei_ghes_push_memory(q, GPA, PAGE));
        g_assert_cmpint(q->count, ==, SIZE);
        g_assert_true(sdei_ghes_check(q, NULL));
        for (int i = 0; i <= round; i++) {
            sdei_ghes_pop(q);
        }
    }
}

static void test_refused(void)
{
    SDEIGhesRefused r = { 0 };
    g_autofree char *text = NULL, *more = NULL;

    sdei_ghes_refuse(&r, 0x3000, PAGE);
    sdei_ghes_refuse(&r, 0x1000, PAGE);
    sdei_ghes_refuse(&r, 0x2000, 1);
    sdei_ghes_refuse(&r, 0x8000, 2 * PAGE);
    text = sdei_ghes_refused_text(&r);
    g_assert_cmpstr(text, ==, "4 memory error(s), at 0x2000-0x3fff, "
                    "0x1000-0x1fff, 0x8000-0x9fff");

    for (unsigned i = 0; i < 1000; i++) {
        sdei_ghes_refuse(&r, 0x100000 * i, PAGE);
    }
    g_assert_cmpuint(r.num_ranges, ==, SDEI_GHES_MAX_RANGES);
    more = sdei_ghes_refused_text(&r);
    g_assert_true(g_str_has_prefix(more, "1004 memory error(s), at 0x2000-"));
    g_assert_true(g_str_has_suffix(more, ", and perhaps others"));
}

/* ---- Who is told, and when ---- */

static void test_report(void)
{
    start();
    g_assert_true(sdei_ghes_report_memory(&ghes, GPA, PAGE));
    report_well(7);
    check_told(GPA, 7);
    g_assert_false(timer_is_armed());
}

static void test_not_acknowledged(void)
{
    g_autofree char *text = NULL;

    start();
    acknowledges = false;
    report_well(1);
    g_assert_false(timer_is_armed());
    g_assert_true(sdei_ghes_report_memory(&ghes, GPA, 2 * PAGE));
    report_well(2);
    check_info("Hardware errors: 2 of 64 queued\n"
               "  lost memory 0x123456000-0x123457fff\n"
               "  record of 172 bytes\n"
               "  source 2: one is not acknowledged\n");
    pass(10000);
    check_told(1);

    guest_acknowledges();
    check_told(1, GPA);
    /* The rest of a big page lets others pass */
    guest_acknowledges();
    check_told(1, GPA, 2);
    g_assert_true(timer_is_armed());
    guest_acknowledges();
    check_told(1, GPA, 2, GPA + PAGE);
    abort_acknowledged = false;
    check_info("Hardware errors: 0 of 64 queued\n"
               "  source 0: one is not acknowledged\n"
               "  source 2: one is not acknowledged\n");
    /* The queue is empty, and nobody looks whether that is acknowledged */
    g_assert_false(timer_is_armed());
    abort_acknowledged = acknowledged = true;
    text = info();
    g_assert_null(strstr(text, "not acknowledged"));
}

/* A look at an acknowledgement is taken soon, and then seldom, but for ever */
static void test_looks(void)
{
    unsigned looks;

    start();
    acknowledges = false;
    report_well(1);
    report_well(2);
    pass(100);
    g_assert_cmpuint(num_looks, >, 4);
    /* Nobody is notified again who was just slow */
    g_assert_cmpuint(num_triggers, ==, 0);
    pass(10000);
    looks = num_looks;
    pass(100000);
    g_assert_cmpuint(num_looks - looks, >=, 99);
    g_assert_cmpuint(num_looks - looks, <=, 101);
    g_assert_cmpuint(num_triggers, >=, 99);

    guest_acknowledges();
    check_told(1, 2);
    g_assert_false(timer_is_armed());
}

/* More errors at a time than Linux can handle are told one by one */
static void test_rate(void)
{
    unsigned burst;

    start();
    for (unsigned i = 0; i < SIZE; i++) {
        report_well(i);
    }
    burst = num_told;
    g_assert_cmpuint(burst, >=, 4);
    g_assert_cmpuint(burst, <, LINUX_FIFO);
    pass(100);
    g_assert_cmpuint(num_told - burst, >=, 9);
    g_assert_cmpuint(num_told - burst, <=, 11);
    pass(1000);
    g_assert_cmpuint(num_told, ==, SIZE);
    for (unsigned i = 0; i < SIZE; i++) {
        g_assert_cmpuint(told[i], ==, i);
    }
    g_assert_false(timer_is_armed());

    /* After some time there can be a burst again */
    num_told = 0;
    report_well(1);
    report_well(2);
    g_assert_cmpuint(num_told, ==, 2);
}

static void test_huge_page(void)
{
    const unsigned pages = 512;
    unsigned page = 0, record = 0;

    start();
    g_assert_true(sdei_ghes_report_memory(&ghes, GPA, pages * PAGE));
    report_well(1);
    pass(20 * pages);
    g_assert_cmpuint(num_told, ==, pages + 1);
    for (unsigned i = 0; i < num_told; i++) {
        if (told[i] == 1) {
            record = i;
        } else {
            g_assert_cmphex(told[i], ==, GPA + page++ * PAGE);
        }
    }
    /* It came after a burst, and did not wait for 500 pages */
    g_assert_cmpuint(record, >, 0);
    g_assert_cmpuint(record, <, 16);
    g_assert_cmpuint(page, ==, pages);
}

/* As between a kexec's two kernels */
static void test_nobody_listens_now(void)
{
    start();
    acknowledges = false;
    report_well(1);
    report_well(2);
    listens = false;
    guest_acknowledges();
    pass(100000);
    check_told(1);
    listens = true;
    pass(1000);
    check_told(1, 2);
}

/* The guest has overwritten its HEST */
static void test_lost_source(void)
{
    g_autofree char *text = NULL;

    start();
    source_is_lost = true;
    text = report(1);
    g_assert_cmpstr(text, ==, "Source 2 not found");
    g_assert_false(timer_is_armed());

    source_is_lost = false;
    acknowledges = false;
    report_well(2);
    report_well(3);
    g_assert_true(sdei_ghes_report_memory(&ghes, GPA, 3 * PAGE));
    source_is_lost = true;
    pass(10000);
    check_info("Hardware errors: 0 of 64 queued\n");
    check_told(2);
    /* Each is a line in the log */
    g_assert_cmpuint(num_failures, ==, 1);
    g_assert_false(timer_is_armed());
}

/* All that is lost then is in the log, not that something is */
static void test_lost_source_is_told(void)
{
    if (g_test_subprocess()) {
        for (unsigned i = 0; i < 2; i++) {
            start();
            acknowledges = false;
            report_well(1);
            g_assert_true(sdei_ghes_report_memory(&ghes, GPA + i * 3 * PAGE,
                                                  3 * PAGE));
            source_is_lost = true;
            pass(10000);
            check_info("Hardware errors: 0 of 64 queued\n");
        }
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*not told of 1 memory error(s), at "
                              "0x123456000-0x123458fff: *"
                              "not told of 1 memory error(s), at "
                              "0x123459000-0x12345bfff: *");
    g_test_trap_assert_stderr_unmatched("*not told*not told*not told*");
}

static void test_bad_record(void)
{
    Error *err = NULL;
    uint8_t cper[ACPI_GHES_MAX_RAW_DATA_LENGTH + 1] = { 1 };

    start();
    acknowledged = false;
    sdei_ghes_report(&ghes, cper, sizeof(cper), &err);
    g_assert_cmpstr(error_get_pretty(err), ==, "too small or too big");
    error_free(err);
    check_info("Hardware errors: 0 of 64 queued\n");
}

/* The queue is full, with one more that the guest does not acknowledge */
static void fill(void)
{
    start();
    acknowledges = false;
    for (unsigned i = 0; i <= SIZE; i++) {
        report_well(i);
    }
    check_told(0);
}

static void test_full(void)
{
    g_autofree char *text = NULL;

    fill();
    text = report(1000);
    g_assert_nonnull(strstr(text, "64 more hardware errors to acknowledge"));
    acknowledges = true;
    guest_acknowledges();
    g_assert_cmpuint(num_told, ==, SIZE + 1);
    for (unsigned i = 0; i <= SIZE; i++) {
        g_assert_cmpuint(told[i], ==, i);
    }
    report_well(1000);
    g_assert_cmpuint(told[SIZE + 1], ==, 1000);
}

/* It is said once that a queue is full, and what was refused when it is not */
static void test_full_is_told(void)
{
    if (g_test_subprocess()) {
        fill();
        for (unsigned i = 0; i < 100; i++) {
            g_assert_false(sdei_ghes_report_memory(&ghes, GPA + i * PAGE,
                                                   PAGE));
        }
        check_info("  not told: 100 memory error(s), at "
                   "0x123456000-0x1234b9fff\n");
        guest_acknowledges();
        check_info("Hardware errors: 63 of 64 queued\n");
        g_assert_true(sdei_ghes_report_memory(&ghes, GPA, PAGE));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*not told of lost memory, at 0x123456000*"
                              "not told of 100 memory error(s), at "
                              "0x123456000-0x1234b9fff: *");
    g_test_trap_assert_stderr_unmatched("*not told*not told*not told*");
}

static void test_reset(void)
{
    fill();
    sdei_ghes_reset(&ghes);
    check_info("Hardware errors: 0 of 64 queued\n");
    g_assert_false(timer_is_armed());
    acknowledged = true;
    pass(10000);
    check_told(0);
    report_well(5);
    check_told(0, 5);
}

/* ---- Migration ---- */

static uint8_t *save(size_t *len)
{
    QIOChannelBuffer *bioc = qio_channel_buffer_new(4096);
    QEMUFile *f = qemu_file_new_output(QIO_CHANNEL(bioc));
    uint8_t *stream;

    g_assert_cmpint(vmstate_save_state(f, &vmstate_sdei_ghes, &ghes, NULL,
                                       &error_abort), ==, 0);
    /* What comes next in a real stream */
    qemu_put_byte(f, 0x7e);
    g_assert_cmpint(qemu_fflush(f), ==, 0);
    *len = bioc->usage;
    stream = g_memdup2(bioc->data, bioc->usage);
    qemu_fclose(f);
    object_unref(OBJECT(bioc));
    return stream;
}

static bool load(const uint8_t *stream, size_t len, Error **errp)
{
    QIOChannelBuffer *bioc = qio_channel_buffer_new(len);
    QEMUFile *f;
    bool ok;

    memcpy(bioc->data, stream, len);
    bioc->usage = len;
    f = qemu_file_new_input(QIO_CHANNEL(bioc));
    ok = !vmstate_load_state(f, &vmstate_sdei_ghes, &ghes, 1, errp);
    qemu_fclose(f);
    object_unref(OBJECT(bioc));
    return ok;
}

static void test_migration(void)
{
    g_autofree uint8_t *stream = NULL;
    size_t len;

    start();
    acknowledges = false;
    report_well(1);
    report_well(2);
    g_assert_true(sdei_ghes_report_memory(&ghes, GPA, 2 * PAGE));
    report_well(3);
    stream = save(&len);

    /* The record that is not acknowledged is in the guest's memory */
    start();
    acknowledges = acknowledged = false;
    g_assert_true(load(stream, len, &error_abort));
    check_info("Hardware errors: 3 of 64 queued\n");
    pass(1000);
    g_assert_cmpuint(num_told, ==, 0);
    acknowledges = true;
    guest_acknowledges();
    check_told(2, GPA, 3, GPA + PAGE);
}

/* COLO's second machine loads again and again without a reset */
static void test_load_again(void)
{
    g_autofree uint8_t *empty = NULL;
    g_autofree uint8_t *queued = NULL;
    size_t empty_len, queued_len;

    start();
    empty = save(&empty_len);
    acknowledges = false;
    report_well(1);
    report_well(2);
    report_well(3);
    queued = save(&queued_len);

    start();
    acknowledges = acknowledged = false;
    g_assert_true(load(queued, queued_len, &error_abort));
    /* Until it looks but rarely */
    pass(10000);
    g_assert_true(load(queued, queued_len, &error_abort));
    check_info("Hardware errors: 2 of 64 queued\n");
    num_looks = 0;
    pass(10);
    g_assert_cmpuint(num_looks, >=, 2);
    g_assert_true(load(empty, empty_len, &error_abort));
    check_info("Hardware errors: 0 of 64 queued\n");
    g_assert_false(timer_is_armed());
    guest_acknowledges();
    g_assert_cmpuint(num_told, ==, 0);

    /* The other side's burst counts */
    num_told = 0;
    g_assert_true(load(empty, empty_len, &error_abort));
    report_well(4);
    g_assert_cmpuint(num_told, ==, 0);
    pass(20);
    check_told(4);
}

/* Each is a field, by its offset in the stream of test_hostile() */
static const struct {
    size_t at;
    size_t len;
    uint64_t bad;
} hostile[] = {
    { 0, 4, SIZE + 1 },
    { 0, 4, INT32_MAX },
    { 0, 4, UINT32_MAX },
    { 0, 4, 0x80000000 },
    /* Lost memory: address, length, and length of the record */
    { 4, 8, GPA + 1 },
    { 4, 8, 1ull << 52 },
    { 4, 8, UINT64_MAX - PAGE + 1 },
    { 12, 8, 0 },
    { 12, 8, PAGE - 1 },
    { 12, 8, UINT64_MAX - PAGE + 1 },
    { 12, 8, 1ull << 52 },
    { 20, 2, 20 },
    /* A record: the same */
    { 22, 8, PAGE },
    { 30, 8, 1 },
    { 38, 2, 0 },
    { 38, 2, 19 },
    { 38, 2, ACPI_GHES_MAX_RAW_DATA_LENGTH + 1 },
    { 38, 2, UINT16_MAX },
};

static void put(uint8_t *at, size_t len, uint64_t value)
{
    switch (len) {
    case 2:
        stw_be_p(at, value);
        break;
    case 4:
        stl_be_p(at, value);
        break;
    default:
        stq_be_p(at, value);
        break;
    }
}

/* What cannot be is refused, and leaves what was there */
static void test_hostile(void)
{
    g_autofree uint8_t *good = NULL;
    size_t len;

    start();
    acknowledges = false;
    report_well(1);
    g_assert_true(sdei_ghes_report_memory(&ghes, GPA, 2 * PAGE));
    report_well(2);
    good = save(&len);
    g_assert_cmpuint(len, ==, 4 + 18 + 18 + RECORD_SIZE + 1);

    for (unsigned i = 0; i < ARRAY_SIZE(hostile); i++) {
        /* So that a longer one is not cut off, which would be another error */
        size_t long_len = len + UINT16_MAX;
        g_autofree uint8_t *bad = g_malloc0(long_len);
        Error *err = NULL;

        memcpy(bad, good, len);
        put(bad + hostile[i].at, hostile[i].len, hostile[i].bad);
        if (load(bad, long_len, &err)) {
            g_error("%" PRIx64 " at %zu was taken", hostile[i].bad,
                    hostile[i].at);
        }
        g_assert_nonnull(err);
        error_free(err);
        check_info("Hardware errors: 2 of 64 queued\n");
    }
    acknowledges = true;
    guest_acknowledges();
    check_told(1, GPA, 2, GPA + PAGE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    error_init(argv[0]);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_clocks(NULL);
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, true);
    sdei_ghes_init(&ghes, &sdei);

    g_test_add_func("/arm-sdei-ghes/queue/order", test_order);
    g_test_add_func("/arm-sdei-ghes/queue/bound", test_bound);
    g_test_add_func("/arm-sdei-ghes/queue/refused", test_refused);
    g_test_add_func("/arm-sdei-ghes/report", test_report);
    g_test_add_func("/arm-sdei-ghes/not-acknowledged", test_not_acknowledged);
    g_test_add_func("/arm-sdei-ghes/looks", test_looks);
    g_test_add_func("/arm-sdei-ghes/rate", test_rate);
    g_test_add_func("/arm-sdei-ghes/huge-page", test_huge_page);
    g_test_add_func("/arm-sdei-ghes/nobody-listens-now",
                    test_nobody_listens_now);
    g_test_add_func("/arm-sdei-ghes/lost-source", test_lost_source);
    g_test_add_func("/arm-sdei-ghes/bad-record", test_bad_record);
    g_test_add_func("/arm-sdei-ghes/full", test_full);
    g_test_add_func("/arm-sdei-ghes/full-is-told", test_full_is_told);
    g_test_add_func("/arm-sdei-ghes/lost-source-is-told",
                    test_lost_source_is_told);
    g_test_add_func("/arm-sdei-ghes/reset", test_reset);
    g_test_add_func("/arm-sdei-ghes/migration", test_migration);
    g_test_add_func("/arm-sdei-ghes/load-again", test_load_again);
    g_test_add_func("/arm-sdei-ghes/hostile", test_hostile);
    return g_test_run();
}
