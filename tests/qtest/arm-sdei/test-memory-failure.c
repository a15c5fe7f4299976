/*
 * arm-sdei-test: the host loses memory of a guest of KVM's
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest's RAM is a file that the test has mapped as well.  There it makes
 * pages bad by MADV_HWPOISON, which is for root, and which the host gets back
 * at its next boot.  Linux tells QEMU of such a page at once, and again
 * whenever a vCPU touches it.
 *
 * The test drives the guest's error sources; the guest takes the aborts.
 */

#include "qemu/osdep.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include <glib/gstdio.h>
#include "qapi/error.h"
#include "qemu/memfd.h"
#include "qemu/units.h"
#include "qobject/qdict.h"
#include "acpi.h"
#include "ghes.h"
#include "move.h"
#include "scenario.h"
#include "user-event.h"

#define RAM_BASE        0x40000000
#define RAM_SIZE        (256 * MiB)

/* Where nobody has anything; each is in a huge page of its own */
#define LOST_1          0x48000000
#define LOST_2          0x48400000

#define GUEST_PAGE      (4 * KiB)
#define HUGE_PAGE       (2 * MiB)

/* Of a record with a memory error (UEFI 2.10, appendix N.2.5) */
#define RECORD_VALID    92
#define RECORD_ADDRESS  108
#define ADDRESS_VALID   2

#define EC_DATA_ABORT   0x25
#define DFSC_MASK       0x3f
#define DFSC_EXTERNAL   0x10

/* QEMU gives a guest that long to acknowledge a synchronous error */
#define ACK_TIMEOUT_US  G_USEC_PER_SEC

#define NOBODY_ACKNOWLEDGES "warning: the guest does not acknowledge memory " \
                            "errors"

#ifdef MADV_HWPOISON

/*
 * Lossy: a guest, and its RAM in the test's own memory
 * @page: page size of the RAM
 * @log: path of what QEMU says
 */
typedef struct Lossy {
    Guest *g;
    size_t page;
    int fd;
    uint8_t *ram;
    char *args;
    char *log;
    Source sync;
    Source sdei;
} Lossy;

static bool lossy_map(Lossy *l)
{
    Error *err = NULL;

    l->fd = qemu_memfd_create("arm-sdei-ram", RAM_SIZE, l->page > GUEST_PAGE,
                              l->page > GUEST_PAGE ? l->page : 0, 0, &err);
    if (l->fd < 0) {
        g_test_skip(error_get_pretty(err));
        error_free(err);
        return false;
    }
    l->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, l->fd, 0);
    if (l->ram == MAP_FAILED) {
        g_test_skip("too few huge pages: see /proc/sys/vm/nr_hugepages");
        close(l->fd);
        return false;
    }
    return true;
}

/* Returns: false if the test is skipped */
static bool lossy_start_machine(Lossy *l, size_t page, const char *machine)
{
    g_autoptr(GError) err = NULL;
    GuestConfig config = {
        .cpus = 2,
        .machine = machine,
        .firmware = true,
    };
    int fd;

    *l = (Lossy) { .page = page };
    if (!lossy_map(l)) {
        return false;
    }
    fd = g_file_open_tmp("arm-sdei-log-XXXXXX", &l->log, &err);
    g_assert_no_error(err);
    close(fd);
    l->args = g_strdup_printf("-object memory-backend-file,id=ram,share=on,"
                              "size=%" PRIu64 ",mem-path=/proc/%d/fd/%d 2>%s",
                              (uint64_t)RAM_SIZE, getpid(), l->fd, l->log);
    config.args = l->args;
    l->g = guest_start(&config);
    for (unsigned cpu = 0; cpu < config.cpus; cpu++) {
        guest_set_mode(l->g, cpu, ID_SYNC, MODE_SERVE);
    }
    return true;
}

static bool lossy_start(Lossy *l, size_t page)
{
    return lossy_start_machine(l, page, "ras=on,memory-backend=ram");
}

static void lossy_place_hest(Lossy *l)
{
    uint64_t hest = acpi_place(l->g->qts, ACPI_BASE, "HEST");

    l->sync = find_source(l->g, hest, SOURCE_SYNC);
    l->sdei = find_source(l->g, hest, SOURCE_SDEI);
}

/* How often QEMU has said @text */
static unsigned lossy_said(Lossy *l, const char *text)
{
    g_autofree char *log = NULL;
    const char *at;
    unsigned n = 0;

    g_assert_true(g_file_get_contents(l->log, &log, NULL, NULL));
    for (at = log; (at = strstr(at, text)); at += strlen(text)) {
        n++;
    }
    return n;
}

static void lossy_end(Lossy *l)
{
    g_autofree char *log = NULL;

    guest_finish();
    g_assert_true(g_file_get_contents(l->log, &log, NULL, NULL));
    g_test_message("%s", log);
    g_unlink(l->log);
    munmap(l->ram, RAM_SIZE);
    close(l->fd);
    g_free(l->log);
    g_free(l->args);
}

static void ignore_signal(int sig)
{
}

/*
 * Lose the page of the host with @gpa.
 *
 * A page that was never written has lost nothing, and nobody is told.  Who
 * loses it by madvise() is told of it as if he had run into it.
 */
static void lose(Lossy *l, uint64_t gpa)
{
    /* volatile: the store is what counts */
    volatile uint8_t *page = l->ram + gpa - RAM_BASE;
    struct sigaction action = { .sa_handler = ignore_signal }, old;

    *page = 1;
    sigaction(SIGBUS, &action, &old);
    if (madvise((void *)page, GUEST_PAGE, MADV_HWPOISON)) {
        g_error("madvise(MADV_HWPOISON): %s", strerror(errno));
    }
    sigaction(SIGBUS, &old, NULL);
}

/* The next MEMORY_FAILURE of QEMU says this */
static void expect_event(Lossy *l, const char *action, bool required,
                         bool recursive)
{
    GuestWait wait = { };
    QDict *event, *data, *flags;

    while (!(event = qtest_qmp_event_ref(l->g->qts, "MEMORY_FAILURE"))) {
        g_autofree char *text = guest_dump(l->g);

        if (!guest_wait_more(&wait)) {
            guest_fail(l->g, 0, "no MEMORY_FAILURE, but: %s", text);
        }
    }
    data = qdict_get_qdict(event, "data");
    flags = qdict_get_qdict(data, "flags");
    g_assert_cmpstr(qdict_get_str(data, "recipient"), ==, "guest");
    g_assert_cmpstr(qdict_get_str(data, "action"), ==, action);
    g_assert_cmpint(qdict_get_bool(flags, "action-required"), ==, required);
    g_assert_cmpint(qdict_get_bool(flags, "recursive"), ==, recursive);
    qobject_unref(event);
}

/* Lose a page that no guest runs into */
static void lose_quietly(Lossy *l, uint64_t gpa, const char *action)
{
    lose(l, gpa);
    expect_event(l, action, false, false);
}

static bool has_record(Lossy *l, const Source *source, uint64_t gpa)
{
    return !qtest_readq(l->g->qts, source->ack) &&
           qtest_readq(l->g->qts, source->block + RECORD_ADDRESS) == gpa;
}

/* @source has a record of @gpa, which waits to be acknowledged */
static void check_record(Lossy *l, const Source *source, uint64_t gpa)
{
    g_assert_cmphex(qtest_readq(l->g->qts, source->ack), ==, 0);
    g_assert_cmphex(qtest_readq(l->g->qts, source->block + RECORD_ADDRESS), ==,
                    gpa);
    g_assert_true(qtest_readq(l->g->qts, source->block + RECORD_VALID) &
                  ADDRESS_VALID);
}

static void wait_record(Lossy *l, const Source *source, uint64_t gpa)
{
    GuestWait wait = { };

    while (!has_record(l, source, gpa)) {
        if (!guest_wait_more(&wait)) {
            guest_fail(l->g, 0, "no record of 0x%" PRIx64, gpa);
        }
    }
    check_record(l, source, gpa);
}

/*
 * The records of @len bytes come, in their order; the guest reads and
 * acknowledges them
 */
static void take_records(Lossy *l, const Source *source, uint64_t gpa,
                         uint64_t len)
{
    for (uint64_t i = 0; i < len; i += GUEST_PAGE) {
        wait_record(l, source, gpa + i);
        acknowledge(l->g, source);
    }
}

/* PE @cpu reads @gpa; returns the order, which the abort interrupts */
static uint64_t touch(Lossy *l, unsigned cpu, uint64_t gpa)
{
    GuestRun run;

    guest_run_init(l->g, cpu, &run);
    guest_run_mark_started(cpu, &run);
    guest_run_insn(&run, INSN_LDR_X(0, 1));
    guest_run_end(&run);
    run.x[1] = gpa;
    guest_run_start(l->g, cpu, &run);
    guest_run_wait_started(l->g, cpu);
    return run.seq;
}

/* It gets a synchronous external abort */
static void expect_abort(Lossy *l, unsigned cpu, bool recursive)
{
    GuestFrame frame;

    guest_wait_frame(l->g, cpu, ID_SYNC, &frame);
    guest_check_eq(l->g, cpu, frame.esr >> 26, EC_DATA_ABORT, "ESR.EC");
    guest_check_eq(l->g, cpu, frame.esr & DFSC_MASK, DFSC_EXTERNAL,
                   "ESR.DFSC");
    expect_event(l, "inject", true, recursive);
}

/* Repeat the access from within the abort, as an OS may */
static void repeat(Lossy *l, unsigned cpu)
{
    guest_leave_eret(l->g, cpu);
}

/* Go on behind it */
static void step_over(Lossy *l, unsigned cpu, uint64_t order)
{
    Guest *g = l->g;
    uint64_t top = guest_word(g, cpu, PE_TOP);

    guest_edit_frame(g, cpu, FRAME_ELR, qtest_readq(g->qts, top + FRAME_ELR) +
                     sizeof(uint32_t));
    guest_leave_eret(g, cpu);
    guest_wait(g, cpu, order, NULL);
}

/* ---- Nobody has run into it ---- */

static void test_optional(void)
{
    GuestFrame frame;
    uint64_t order;
    Lossy l;

    if (!lossy_start(&l, GUEST_PAGE)) {
        return;
    }
    lossy_place_hest(&l);
    user_event_enable(l.g, 0, EVENT_GHES, 1, 0);
    guest_expect(l.g, 1, 0, SDEI_PE_UNMASK);
    lose_quietly(&l, LOST_1, "inject");
    guest_wait_handler(l.g, 1, 1, &frame);
    guest_check_eq(l.g, 1, frame.x[0], EVENT_GHES, "event number");
    check_record(&l, &l.sdei, LOST_1);
    check_no_record(l.g, &l.sync);
    acknowledge(l.g, &l.sdei);
    guest_complete(l.g, 1, 0);

    /* Its neighbour is as good as ever; it has gone by itself */
    guest_write32(l.g, 0, LOST_1 + GUEST_PAGE, 0x5afe);
    g_assert_cmphex(guest_read32(l.g, 1, LOST_1 + GUEST_PAGE), ==, 0x5afe);
    order = touch(&l, 0, LOST_1);
    expect_abort(&l, 0, false);
    check_record(&l, &l.sync, LOST_1);
    acknowledge(l.g, &l.sync);
    step_over(&l, 0, order);

    check_no_record(l.g, &l.sdei);
    guest_nop(l.g, 1);
    g_assert_cmpuint(guest_count(l.g, 1, ID_HANDLER(1)), ==, 1);
    lossy_end(&l);
}

/* Nobody listens: the guest gets to know when it runs into the page */
static void test_not_enabled(void)
{
    uint64_t order;
    Lossy l;

    if (!lossy_start(&l, GUEST_PAGE)) {
        return;
    }
    lossy_place_hest(&l);
    lose_quietly(&l, LOST_1, "ignore");
    check_no_record(l.g, &l.sdei);
    check_no_record(l.g, &l.sync);
    order = touch(&l, 1, LOST_1);
    expect_abort(&l, 1, false);
    check_record(&l, &l.sync, LOST_1);
    acknowledge(l.g, &l.sync);
    step_over(&l, 1, order);
    lossy_end(&l);
}

/* Management hears of it in a machine without error sources, too */
static void test_ras_off(void)
{
    Lossy l;

    if (!lossy_start_machine(&l, GUEST_PAGE, "memory-backend=ram")) {
        return;
    }
    lose_quietly(&l, LOST_1, "ignore");
    for (unsigned cpu = 0; cpu < l.g->config.cpus; cpu++) {
        guest_nop(l.g, cpu);
    }
    g_assert_cmpuint(lossy_said(&l, "emory error"), ==, 0);
    lossy_end(&l);
}

/* A guest that acknowledges nothing: the operator is told once, and all */
static void test_queue_full(void)
{
    const uint64_t held = GUEST_PAGE * (1 + QUEUE_SIZE);
    g_autofree char *first =
        g_strdup_printf("the guest is not told of lost memory, at 0x%" PRIx64
                        " and perhaps elsewhere", LOST_1 + held);
    g_autofree char *all =
        g_strdup_printf("the guest was not told of 3 memory error(s), at 0x%"
                        PRIx64 "-0x%" PRIx64 ":", LOST_1 + held,
                        LOST_1 + held + 3 * GUEST_PAGE - 1);
    Lossy l;

    if (!lossy_start(&l, GUEST_PAGE)) {
        return;
    }
    lossy_place_hest(&l);
    user_event_enable(l.g, 0, EVENT_GHES, 1, 0);
    for (uint64_t i = 0; i < held; i += GUEST_PAGE) {
        lose_quietly(&l, LOST_1 + i, "inject");
    }
    check_queued(l.g, QUEUE_SIZE);
    g_assert_cmpuint(lossy_said(&l, "not told"), ==, 0);
    for (unsigned i = 0; i < 3; i++) {
        lose_quietly(&l, LOST_1 + held + i * GUEST_PAGE, "ignore");
    }
    g_assert_cmpuint(lossy_said(&l, first), ==, 1);
    g_assert_cmpuint(lossy_said(&l, "not told"), ==, 1);

    take_records(&l, &l.sdei, LOST_1, held);
    check_queued(l.g, 0);
    check_no_record(l.g, &l.sdei);
    g_assert_cmpuint(lossy_said(&l, all), ==, 1);
    g_assert_cmpuint(lossy_said(&l, "not told"), ==, 2);
    lossy_end(&l);
}

/*
 * Linux keeps one signal for a QEMU that is busy.  A page that is lost
 * meanwhile is found by who touches it.
 */
static void test_one_signal(void)
{
    uint64_t order;
    int status;
    pid_t pid;
    Lossy l;

    if (!lossy_start(&l, GUEST_PAGE)) {
        return;
    }
    lossy_place_hest(&l);
    user_event_enable(l.g, 0, EVENT_GHES, 1, 0);
    pid = qtest_pid(l.g->qts);
    kill(pid, SIGSTOP);
    g_assert_cmpint(waitpid(pid, &status, WUNTRACED), ==, pid);
    g_assert_true(WIFSTOPPED(status));
    lose(&l, LOST_1);
    lose(&l, LOST_2);
    kill(pid, SIGCONT);
    expect_event(&l, "inject", false, false);
    take_records(&l, &l.sdei, LOST_1, GUEST_PAGE);
    order = touch(&l, 0, LOST_2);
    expect_abort(&l, 0, false);
    check_record(&l, &l.sync, LOST_2);
    acknowledge(l.g, &l.sync);
    step_over(&l, 0, order);
    check_no_record(l.g, &l.sdei);
    lossy_end(&l);
}

/* ---- Somebody has run into it ---- */

/*
 * Two PEs at once: the second one waits for the first one's acknowledgement.
 * Returns: false if that came too late, so that nothing can be said.
 */
static bool two_pes(Lossy *l)
{
    int64_t start = g_get_monotonic_time();
    uint64_t order[2];
    bool in_time;

    order[0] = touch(l, 0, LOST_1);
    expect_abort(l, 0, false);
    check_record(l, &l->sync, LOST_1);
    order[1] = touch(l, 1, LOST_2);
    check_record(l, &l->sync, LOST_1);
    acknowledge(l->g, &l->sync);
    in_time = g_get_monotonic_time() - start < ACK_TIMEOUT_US;
    if (in_time) {
        expect_abort(l, 1, false);
        check_record(l, &l->sync, LOST_2);
    } else {
        guest_wait_frame(l->g, 1, ID_SYNC, NULL);
        qobject_unref(qtest_qmp_eventwait_ref(l->g->qts, "MEMORY_FAILURE"));
    }
    acknowledge(l->g, &l->sync);
    step_over(l, 0, order[0]);
    step_over(l, 1, order[1]);
    return in_time;
}

static void test_two_pes(void)
{
    GuestWait wait = { };
    Lossy l;

    if (!lossy_start(&l, GUEST_PAGE)) {
        return;
    }
    lossy_place_hest(&l);
    lose_quietly(&l, LOST_1, "ignore");
    lose_quietly(&l, LOST_2, "ignore");
    while (!two_pes(&l)) {
        if (!guest_wait_more(&wait)) {
            guest_fail(l.g, 0, "the test needs more than a second for an "
                       "acknowledgement");
        }
    }
    lossy_end(&l);
}

/* The PE that would have to acknowledge the first error runs into a second */
static void test_twice(void)
{
    uint64_t outer, inner;
    Lossy l;

    if (!lossy_start(&l, GUEST_PAGE)) {
        return;
    }
    lossy_place_hest(&l);
    lose_quietly(&l, LOST_1, "ignore");
    lose_quietly(&l, LOST_2, "ignore");
    outer = touch(&l, 0, LOST_1);
    expect_abort(&l, 0, false);
    check_record(&l, &l.sync, LOST_1);
    inner = touch(&l, 0, LOST_2);
    expect_abort(&l, 0, true);
    check_record(&l, &l.sync, LOST_1);

    /* It acknowledges, and repeats the access */
    acknowledge(l.g, &l.sync);
    repeat(&l, 0);
    expect_abort(&l, 0, false);
    check_record(&l, &l.sync, LOST_2);
    acknowledge(l.g, &l.sync);
    step_over(&l, 0, inner);
    step_over(&l, 0, outer);
    lossy_end(&l);
}

static void test_never_acknowledged(void)
{
    g_autofree char *text = NULL;
    uint64_t order[2];
    Lossy l;

    if (!lossy_start(&l, GUEST_PAGE)) {
        return;
    }
    lossy_place_hest(&l);
    lose_quietly(&l, LOST_1, "ignore");
    lose_quietly(&l, LOST_2, "ignore");
    order[0] = touch(&l, 0, LOST_1);
    expect_abort(&l, 0, false);
    g_assert_cmpuint(lossy_said(&l, NOBODY_ACKNOWLEDGES), ==, 0);
    order[1] = touch(&l, 1, LOST_2);
    /* It does not wait for ever */
    for (unsigned i = 0; i < 3; i++) {
        expect_abort(&l, 1, true);
        check_record(&l, &l.sync, LOST_1);
        repeat(&l, 1);
    }
    expect_abort(&l, 1, true);
    repeat(&l, 0);
    expect_abort(&l, 0, true);
    g_assert_cmpuint(lossy_said(&l, NOBODY_ACKNOWLEDGES), ==, 1);
    text = guest_dump(l.g);
    g_assert_nonnull(strstr(text, "source 0: one is not acknowledged"));

    /* Late, but not too late */
    acknowledge(l.g, &l.sync);
    repeat(&l, 1);
    expect_abort(&l, 1, false);
    check_record(&l, &l.sync, LOST_2);
    step_over(&l, 1, order[1]);
    step_over(&l, 0, order[0]);
    lossy_end(&l);
}

/* A guest whose firmware has not placed the HEST yet has aborts alone */
static void test_no_hest(void)
{
    uint64_t order;
    Lossy l;

    if (!lossy_start(&l, GUEST_PAGE)) {
        return;
    }
    lose_quietly(&l, LOST_1, "ignore");
    order = touch(&l, 0, LOST_1);
    expect_abort(&l, 0, false);
    step_over(&l, 0, order);
    lossy_end(&l);
}

/* One whose HEST is nonsense, too, and it cannot fill the log */
static void test_bad_hest(void)
{
    uint64_t hest, order;
    Lossy l;

    if (!lossy_start(&l, GUEST_PAGE)) {
        return;
    }
    hest = acpi_place(l.g->qts, ACPI_BASE, "HEST");
    qtest_writel(l.g->qts, hest + HEST_COUNT, 0);
    lose_quietly(&l, LOST_1, "ignore");
    order = touch(&l, 0, LOST_1);
    for (unsigned i = 0; i < 3; i++) {
        expect_abort(&l, 0, false);
        repeat(&l, 0);
    }
    expect_abort(&l, 0, false);
    g_assert_cmpuint(lossy_said(&l, "Source 0 not found"), ==, 1);
    step_over(&l, 0, order);
    lossy_end(&l);
}

/* ---- Page sizes ---- */

/* A reset gives the guest a new page for the one that it has lost */
static void check_reset(Lossy *l)
{
    uint64_t gpa = LOST_1 + l->page - GUEST_PAGE;

    guest_reset(l->g);
    guest_write32(l->g, 0, gpa, 0x5afe);
    g_assert_cmphex(guest_read32(l->g, 1, gpa), ==, 0x5afe);
}

static void test_reset(void)
{
    Lossy l;

    if (!lossy_start(&l, GUEST_PAGE)) {
        return;
    }
    lose_quietly(&l, LOST_1, "ignore");
    check_reset(&l);
    lossy_end(&l);
}

/*
 * The host loses a huge page: the guest is told of each of its own.  64K pages
 * would be the same.
 */
static void test_huge_page(void)
{
    const uint64_t inside = LOST_1 + 16 * GUEST_PAGE;
    uint64_t order;
    Lossy l;

    if (!lossy_start(&l, HUGE_PAGE)) {
        return;
    }
    lossy_place_hest(&l);
    user_event_enable(l.g, 0, EVENT_GHES, 1, 0);
    lose_quietly(&l, inside, "inject");
    wait_record(&l, &l.sdei, LOST_1);
    check_queued(l.g, 1);

    /* It runs into one before it has heard of it */
    order = touch(&l, 1, inside);
    expect_abort(&l, 1, false);
    check_record(&l, &l.sync, inside);
    acknowledge(l.g, &l.sync);
    step_over(&l, 1, order);

    take_records(&l, &l.sdei, LOST_1, HUGE_PAGE);
    check_queued(l.g, 0);
    check_no_record(l.g, &l.sdei);
    check_reset(&l);
    lossy_end(&l);
}

/* ---- */

static const struct {
    const char *path;
    void (*fn)(void);
} cases[] = {
    { "optional", test_optional },
    { "not-enabled", test_not_enabled },
    { "ras-off", test_ras_off },
    { "queue-full", test_queue_full },
    { "one-signal", test_one_signal },
    { "two-pes", test_two_pes },
    { "twice", test_twice },
    { "never-acknowledged", test_never_acknowledged },
    { "no-hest", test_no_hest },
    { "bad-hest", test_bad_hest },
    { "reset", test_reset },
    { "huge-page", test_huge_page },
};

static void test_not_here(void)
{
    g_test_skip("it costs the host memory until its next boot: root may ask "
                "for it by ARM_SDEI_TEST_HWPOISON=1");
}

void add_memory_failure_tests(void)
{
    if (!guest_is_kvm()) {
        return;
    }
    if (!g_getenv("ARM_SDEI_TEST_HWPOISON")) {
        qtest_add_func("/arm-sdei/memory-failure", test_not_here);
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *path =
            g_strdup_printf("/arm-sdei/memory-failure/%s", cases[i].path);

        qtest_add_func(path, cases[i].fn);
    }
}

#else

void add_memory_failure_tests(void)
{
}

#endif
