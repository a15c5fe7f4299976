/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: what is in a migration stream
 *
 * How long it is, and what happens to one that is not as it should be.  Most
 * of the second is done without a machine, by test-arm-sdei-vmstate in
 * tests/unit; here a whole QEMU gets some of the same.
 *
 * SDEI_STREAM_SEED   seed of the mutations
 * SDEI_STREAM_LOADS  how many (300)
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qemu/cutils.h"
#include "bound.h"
#include "move.h"
#include "random.h"
#include "snapshot.h"
#include "user-event.h"

#define SMALL               " -m 64 -nic none "
#define DEFAULT_LOADS       300

/* Bytes for each vCPU */
#define MAX_UNUSED          100
#define MAX_BUSY            1024

static size_t sdei_size(QTestState *qts)
{
    size_t len, begin, end;
    g_autofree uint8_t *data = save_devices(qts, &len);

    g_assert(find_section(data, len, "arm-sdei", &begin, &end));
    return end - begin;
}

static void test_unused_size(const void *data)
{
    unsigned cpus = GPOINTER_TO_UINT(data);
    QTestState *qts = qtest_initf("-machine virt,sdei=on,gic-version=3 "
                                  "-accel qtest -cpu cortex-a57 -smp %u"
                                  SMALL, cpus);
    size_t size = sdei_size(qts);

    g_test_message("unused, %u vCPUs: %zu bytes, %.1f for each vCPU", cpus,
                   size, (double)size / cpus);
    g_assert_cmpuint(size, <, MAX_UNUSED * cpus);
    qtest_quit(qts);
}

/*
 * Two handlers run on each PE, event 0 is pending, a PPI and an SPI are bound,
 * and shared events are registered.
 */
static void test_busy_size(const void *data)
{
    unsigned cpus = GPOINTER_TO_UINT(data);
    GuestConfig config = {
        .cpus = cpus,
        .machine = "gic-version=3",
        .args = USER_EVENTS_ARGS SMALL,
    };
    Guest *g = guest_start(&config);
    size_t size;

    guest_expect(g, 0, BOUND_PPI_FIRST, SDEI_INTERRUPT_BIND, PPI_A);
    user_event_enable(g, 0, EVENT_SN1, 4, 0);
    user_event_enable(g, 0, EVENT_SC1, 5, 0);
    for (unsigned i = 0; i < cpus; i++) {
        user_event_enable(g, i, EVENT_PN1, 1, 0);
        user_event_enable(g, i, EVENT_PC1, 2, 0);
        user_event_enable(g, i, BOUND_PPI_FIRST, 3, 0);
        event_ready(g, i, 0, 0);
        user_event_trigger(g, EVENT_PN1, i);
        guest_wait_handler(g, i, 1, NULL);
        user_event_trigger(g, EVENT_PC1, i);
        guest_wait_handler(g, i, 2, NULL);
        event_signal(g, i, i);
    }
    size = sdei_size(g->qts);
    g_test_message("busy, %u vCPUs: %zu bytes, %.1f for each vCPU", cpus,
                   size, (double)size / cpus);
    g_assert_cmpuint(size, <, MAX_BUSY * cpus);
    guest_finish();
}

/* ---- Hostile ones ---- */

static uint64_t env_number(const char *name, uint64_t value)
{
    const char *text = getenv(name);

    if (text && qemu_strtou64(text, NULL, 0, &value)) {
        g_error("%s=%s is not a number", name, text);
    }
    return value;
}

/* A bit, a byte, or a field; the length stays */
static void mutate(uint8_t *data, size_t len, uint64_t *r)
{
    static const uint32_t edges[] = {
        0, 1, 2, 3, 4, 5, 7, 8, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000,
        0xfffffffe, 0xffffffff, 0x40000100, 0x40000200, 0x40010001,
    };
    unsigned n = 1 + below(r, 3);

    for (unsigned i = 0; i < n; i++) {
        size_t at = below(r, len);
        uint32_t value = below(r, 4) ? edges[below(r, ARRAY_SIZE(edges))]
                                     : rnd(r);

        switch (below(r, 3)) {
        case 0:
            data[at] ^= 1 << below(r, 8);
            break;
        case 1:
            data[at] = value;
            break;
        default:
            for (unsigned k = 0; k < 4 && at + k < len; k++) {
                data[at + k] = value >> (24 - 8 * k);
            }
        }
    }
}

/* Lines that are high and lines that were: bound, taken, and given back */
static void make_lines(Guest *g)
{
    uint32_t num;

    bound_init(g);
    gic_set_edge(g, 0, SPI_B, true);
    num = bound_register_any(g, 0, SPI_A, 6);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, num);
    line_set(g, SPI_A, 0, true);
    bound_register(g, 3, SPI_B, 6);
    line_pulse(g, SPI_B, 0);
    bound_register(g, 3, PPI_B, 6);
    line_set(g, PPI_B, 3, true);
    bind_intid(g, 1, INTID_UART);
    line_set(g, PPI_A, 3, true);
}

static void make_rich(Guest *g)
{
    guest_expect(g, 0, BOUND_PPI_FIRST, SDEI_INTERRUPT_BIND, PPI_A);
    user_event_enable(g, 0, EVENT_SN1, 4, SDEI_REGISTER_RM_PE,
                      guest_affinity(g, 3));
    user_event_enable(g, 0, EVENT_SC1, 5, 0);
    user_event_trigger_shared(g, EVENT_SN1);
    for (unsigned i = 0; i < 3; i++) {
        user_event_enable(g, i, EVENT_PN1, 1, 0);
        user_event_enable(g, i, EVENT_PC1, 2, 0);
        user_event_enable(g, i, BOUND_PPI_FIRST, 3, 0);
        event_ready(g, i, 0, 0);
        user_event_trigger(g, EVENT_PN1, i);
        guest_wait_handler(g, i, 1, NULL);
        event_signal(g, i, i);
    }
    user_event_trigger(g, EVENT_PC1, 1);
    guest_wait_handler(g, 1, 2, NULL);
    guest_expect(g, 2, SDEI_PENDING, SDEI_EVENT_UNREGISTER, EVENT_PN1);
    guest_expect(g, 2, 0, SDEI_EVENT_DISABLE, EVENT_SW_SIGNALED);
    user_event_enable(g, 3, EVENT_PN2, 1, SDEI_REGISTER_RELATIVE);
    user_event_trigger(g, EVENT_PN2, 3);
    make_lines(g);
}

/*
 * Whatever the guest makes of a state that nobody gave it, QEMU lives on and
 * the machine can be reset.
 */
static void drive(Guest *g, uint64_t *r)
{
    static const struct {
        uint64_t fn;
        uint64_t arg;
    } calls[] = {
        { SDEI_SHARED_RESET },
        { SDEI_PRIVATE_RESET },
        { SDEI_PE_UNMASK },
        { SDEI_INTERRUPT_RELEASE, BOUND_PPI_FIRST },
        { SDEI_INTERRUPT_RELEASE, BOUND_SPI_FIRST + 2 },
        { SDEI_INTERRUPT_BIND, INTID_PHYSICAL_TIMER },
        { SDEI_INTERRUPT_BIND, INTID_RTC },
        { SDEI_EVENT_UNREGISTER, BOUND_SPI_FIRST },
        { SDEI_EVENT_ENABLE, BOUND_SPI_FIRST + 1 },
    };
    static const uint32_t lines[] = {
        PPI_A, PPI_B, INTID_VIRTUAL_TIMER, INTID_PHYSICAL_TIMER,
        SPI_A, SPI_B, INTID_UART, INTID_RTC, 32, 95, 256,
    };

    /* It can be shown */
    g_free(guest_dump(g));
    guest_continue(g);
    for (unsigned i = 1; i <= USER_EVENTS; i++) {
        QDict *response = qtest_qmp(
            g->qts, "{ 'execute': 'sdei-trigger-event',"
            "  'arguments': { 'id': %s } }", user_event(EVENT_USER(i))->id);

        qobject_unref(response);
    }
    for (unsigned i = 0; i < g->config.cpus; i++) {
        uint64_t seq = guest_word(g, i, PE_REQ) + 1;
        uint64_t order = PE_ORDER(seq & SLOT_MASK);
        unsigned call = below(r, ARRAY_SIZE(calls));

        guest_set_word(g, i, order + ORDER_OP,
                       i % 2 ? OP_LEAVE_HVC : OP_HVC);
        guest_set_word(g, i, order + ORDER_X(0),
                       i % 2 ? SDEI_EVENT_COMPLETE : calls[call].fn);
        guest_set_word(g, i, order + ORDER_X(1), calls[call].arg);
        guest_set_word(g, i, PE_REQ, seq);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
        unsigned cpu = below(r, g->config.cpus);

        line_set(g, lines[i], cpu, true);
        if (below(r, 4)) {
            line_set(g, lines[i], cpu, false);
        }
    }
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'query-status' }");
}

/* Where @section is in the image, or -1: it may be in more than one piece */
static off_t find_in_image(const char *path, const uint8_t *section,
                           size_t len)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *image = NULL;
    char *found;
    size_t size;

    g_file_get_contents(path, &image, &size, &err);
    g_assert_no_error(err);
    found = memmem(image, size, section, len);
    return found ? found - image : -1;
}

static void write_image(const char *path, off_t at, const uint8_t *data,
                        size_t len)
{
    int fd = open(path, O_WRONLY);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(pwrite(fd, data, len, at), ==, len);
    close(fd);
}

static void test_hostile(void)
{
    static const GuestConfig config = {
        .cpus = 4,
        .machine = "gic-version=3",
        .args = USER_EVENTS_ARGS SMALL,
    };
    uint64_t seed = env_number("SDEI_STREAM_SEED", 1);
    uint64_t loads = env_number("SDEI_STREAM_LOADS", DEFAULT_LOADS);
    g_autofree char *path = g_strdup_printf("%s/arm-sdei-%d.qcow2",
                                            g_get_tmp_dir(), getpid());
    uint64_t refused = 0, r = seed;
    size_t len, begin, end;
    g_autofree uint8_t *data = NULL;
    off_t at;
    Guest *g = guest_start(&config);

    g_test_message("SDEI_STREAM_SEED=%" PRIu64, seed);
    snapshot_attach(g->qts, path);
    make_rich(g);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
    data = save_devices(g->qts, &len);
    g_assert(find_section(data, len, "arm-sdei", &begin, &end));
    /* The sections have other numbers there */
    begin += 1 + 4 + 1 + strlen("arm-sdei") + 4 + 4;
    end -= 1 + 4;
    snapshot_save(g->qts, "hostile");
    at = find_in_image(path, data + begin, end - begin);
    g_assert_cmpint(at, >, 0);

    for (uint64_t i = 0; i < loads; i++) {
        g_autofree uint8_t *mutant = g_memdup2(data + begin, end - begin);
        g_autofree char *why = NULL;

        if (i) {
            mutate(mutant, end - begin, &r);
            write_image(path, at, mutant, end - begin);
        }
        why = snapshot_try_load(g->qts, "hostile");
        if (why) {
            g_assert_cmpint(i, !=, 0);
            g_assert_cmpuint(strlen(why), >, 20);
            refused++;
        } else {
            drive(g, &r);
            qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
        }
    }
    g_test_message("%" PRIu64 " loads, %" PRIu64 " refused", loads, refused);

    /* The valid one, at the end of it all */
    write_image(path, at, data + begin, end - begin);
    snapshot_load(g->qts, "hostile");
    guest_continue(g);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    guest_complete(g, 1, 0);
    guest_wait_handler(g, 1, 0, NULL);
    guest_finish();
    g_unlink(path);
}

/* As users meet it: -incoming, and QEMU ends with a message */
static void test_incoming(void)
{
    g_autofree char *path = g_strdup_printf("%s/arm-sdei-%d.stream",
                                            g_get_tmp_dir(), getpid());
    g_autofree char *uri = g_strdup_printf("file:%s", path);
    const char *argv[] = {
        qtest_qemu_binary(NULL), "-machine", "virt,sdei=on", "-cpu", "max",
        "-accel", "qtest", "-m", "16", "-nodefaults", "-nic", "none",
        "-display", "none", "-S", "-incoming", uri, NULL,
    };
    static const struct {
        const char *field;
        unsigned offset;        /* from the end of the section's header */
        uint8_t value;
    } changes[] = {
        { "version", 1, 2 },
        { "client_el", 8, 3 },
        { "num_pes", 12, 9 },
        { "num_ppi_slots", 16, 77 },
        { "next_any", 24, 5 },
        { "running[0]", 33, 0 },
    };
    QTestState *qts = qtest_init("-machine virt,sdei=on -cpu max -accel qtest "
                                 "-m 16 -nic none -S");
    size_t len, begin, end;
    g_autofree uint8_t *data = save_stream(qts, &len);

    g_assert(find_section(data, len, "arm-sdei", &begin, &end));
    begin += 1 + 4 + 1 + strlen("arm-sdei") + 4 + 4;
    qtest_quit(qts);
    for (unsigned i = 0; i < ARRAY_SIZE(changes); i++) {
        g_autofree uint8_t *mutant = g_memdup2(data, len);
        g_autofree char *text = NULL;
        g_autoptr(GError) err = NULL;
        int status;

        mutant[begin + changes[i].offset] = changes[i].value;
        g_file_set_contents(path, (char *)mutant, len, &err);
        g_assert_no_error(err);
        g_spawn_sync(NULL, (char **)argv, NULL,
                     G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                     NULL, NULL, &text, &status, &err);
        g_assert_no_error(err);
        g_test_message("%s", text);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 1);
        g_assert_nonnull(strstr(text, "arm-sdei"));
        g_assert_nonnull(strstr(text, changes[i].field));
    }
    g_unlink(path);
}

void add_stream_tests(void)
{
    static const unsigned sizes[] = { 1, 8, 64 };

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        g_autofree char *unused =
            g_strdup_printf("/arm-sdei/stream/size/unused-%u", sizes[i]);
        g_autofree char *busy =
            g_strdup_printf("/arm-sdei/stream/size/busy-%u", sizes[i]);

        qtest_add_data_func(unused, GUINT_TO_POINTER(sizes[i]),
                            test_unused_size);
        qtest_add_data_func(busy, GUINT_TO_POINTER(sizes[i]), test_busy_size);
    }
    qtest_add_func("/arm-sdei/stream/hostile", test_hostile);
    qtest_add_func("/arm-sdei/stream/incoming", test_incoming);
}
