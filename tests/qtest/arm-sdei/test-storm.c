/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: a line that never rests
 *
 * PE 0 makes a PL011 raise and lower its line by masking and unmasking its
 * transmit interrupt, as fast as it can, while the other PEs bind, register,
 * enable, unregister and release it.  QEMU's trace says in which order things
 * happened; from that follows which edges must have led to a handler, and
 * whether they have.
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "bound.h"
#include "user-event.h"

#define HANDLER         0
#define STORM_EDGES     50000   /* rising; as many falling */
#define PACED_EDGES     2000

#define INSN_ADD_1(rd)          (0x91000400u | (rd) | ((rd) << 5))
#define INSN_SUB_1(rd)          (0xd1000400u | (rd) | ((rd) << 5))
#define INSN_SUB(rd, rn, rm)    (0xcb000000u | (rd) | ((rn) << 5) | \
                                 ((rm) << 16))
#define INSN_TBNZ63(rt, offset) (INSN_TBZ63(rt, offset) | 0x01000000u)

typedef struct Storm {
    const char *path;
    const char *machine;
    bool edge;
} Storm;

static const Storm storms[] = {
    { "gicv2/edge", "gic-version=2", true },
    { "gicv2/level", "gic-version=2", false },
    { "gicv3/edge", "gic-version=3", true },
    { "gicv3/level", "gic-version=3", false },
};

/* From here on the line is high if UART_TX is in UART_IMSC */
static void uart_init(Guest *g)
{
    qtest_writel(g->qts, UART_CR, UART_CR_ENABLE);
    qtest_writel(g->qts, UART_DR, 'x');
}

static void run_words(GuestRun *run, const uint32_t *insns, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        guest_run_insn(run, insns[i]);
    }
}

/*
 * One edge at a time
 */

/* The next edge comes when the handler of the last one has been entered */
static const uint32_t paced_edges[] = {
    INSN_STR_W(1, 0),               /* up */
    INSN_ADD_1(5),
    INSN_LDR_X(6, 3),
    INSN_SUB(6, 6, 5),
    INSN_TBNZ63(6, -8),
    INSN_STR_W(2, 0),               /* down */
    INSN_SUB_1(4),
    INSN_CBNZ(4, -28),
};

/* Here the handler lowers the line */
static const uint32_t paced_levels[] = {
    INSN_STR_W(1, 0),               /* up */
    INSN_ADD_1(5),
    INSN_LDR_X(6, 3),
    INSN_SUB(6, 6, 5),
    INSN_TBNZ63(6, -8),
    INSN_LDR_W(6, 0),
    INSN_CBNZ(6, -4),
    INSN_SUB_1(4),
    INSN_CBNZ(4, -32),
};

static void run_paced(Guest *g, bool edge)
{
    GuestRun run;

    guest_set_mode(g, 1, ID_HANDLER(HANDLER), MODE_AUTO);
    if (!edge) {
        guest_set_poke(g, 1, ID_HANDLER(HANDLER), UART_IMSC, 0);
    }
    bound_ready(g, 1, INTID_UART, HANDLER);
    guest_run_init(g, 0, &run);
    if (edge) {
        run_words(&run, paced_edges, ARRAY_SIZE(paced_edges));
    } else {
        run_words(&run, paced_levels, ARRAY_SIZE(paced_levels));
    }
    guest_run_end(&run);
    run.x[0] = UART_IMSC;
    run.x[1] = UART_TX;
    run.x[3] = PE_AREA(1) + PE_ENTRY(HANDLER) + ENTRY_COUNT;
    run.x[4] = PACED_EDGES;
    guest_run(g, 0, &run, NULL);
    bound_idle(g, 1, HANDLER, PACED_EDGES);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    guest_set_poke(g, 1, ID_HANDLER(HANDLER), 0, 0);
}

/*
 * All at a time
 */

static const uint32_t storm_toggle[] = {
    INSN_STR_W(1, 0),
    INSN_STR_W(2, 0),
    INSN_SUB_1(4),
    INSN_CBNZ(4, -12),
};

/* X19: INTID; from X20 on the calls, of which all but BIND want its result */
static uint64_t churn_start(Guest *g, unsigned pe, bool to_the_end)
{
    static const uint32_t fns[] = {
        SDEI_INTERRUPT_BIND, SDEI_EVENT_REGISTER, SDEI_EVENT_ENABLE,
        SDEI_EVENT_UNREGISTER, SDEI_INTERRUPT_RELEASE,
    };
    unsigned loop, calls = to_the_end ? ARRAY_SIZE(fns) : 3;
    GuestRun run;

    guest_run_init(g, pe, &run);
    guest_run_mark_started(pe, &run);
    loop = run.words;
    guest_run_insn(&run, INSN_MOV(1, 19));
    for (unsigned i = 0; i < calls; i++) {
        guest_run_insn(&run, INSN_MOV(0, 20 + i));
        guest_run_insn(&run, INSN_HVC);
        if (i == 0) {
            guest_run_insn(&run, INSN_MOV(1, 0));
        }
        run.x[20 + i] = fns[i];
    }
    guest_run_loop(pe, &run, loop);
    guest_run_end(&run);
    run.x[2] = GUEST_HANDLER(HANDLER);
    run.x[19] = INTID_UART;
    guest_run_start(g, pe, &run);
    guest_run_wait_started(g, pe);
    return run.seq;
}

static void run_storm(Guest *g)
{
    uint64_t seq[GUEST_MAX_CPUS];
    GuestRun run;

    set_all_modes(g, HANDLER, MODE_AUTO);
    for (unsigned pe = 1; pe < g->config.cpus; pe++) {
        guest_expect(g, pe, 0, SDEI_PE_UNMASK);
    }
    for (unsigned pe = 1; pe < g->config.cpus; pe++) {
        seq[pe] = churn_start(g, pe, pe != 3);
    }
    guest_run_init(g, 0, &run);
    run_words(&run, storm_toggle, ARRAY_SIZE(storm_toggle));
    guest_run_end(&run);
    run.x[0] = UART_IMSC;
    run.x[1] = UART_TX;
    run.x[4] = STORM_EDGES;
    guest_run(g, 0, &run, NULL);
    for (unsigned pe = 1; pe < g->config.cpus; pe++) {
        guest_spin_stop(g, pe, seq[pe], NULL);
    }
    settle(g);
}

/* After all that: everything works */
static void check_after(Guest *g)
{
    uint32_t num;

    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    /* An edge from when the line was the GIC's may be left over */
    gic_write_bit(g, 0, GIC_ICPENDR, INTID_UART);
    gic_check_idle(g, 0, INTID_UART);
    gic_enable(g, 0, INTID_UART);
    qtest_writel(g->qts, UART_IMSC, UART_TX);
    gic_check_level(g, 0, INTID_UART, true);
    qtest_writel(g->qts, UART_IMSC, 0);
    set_all_modes(g, HANDLER, MODE_SERVE);
    num = bound_ready(g, 1, INTID_UART, HANDLER);
    qtest_writel(g->qts, UART_IMSC, UART_TX);
    bound_wait(g, 1, HANDLER, num);
    qtest_writel(g->qts, UART_IMSC, 0);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    guest_expect(g, 1, 3, SDEI_EVENT_STATUS, num);
    guest_expect(g, 1, 0, SDEI_EVENT_UNREGISTER, num);
    gic_check_idle(g, 0, INTID_UART);
}

/*
 * What the trace says.  For the SPI of the UART alone, as nothing else is
 * bound: when the dispatcher has the line, what it makes of its edges.
 */
typedef struct Account {
    bool edge;
    bool owned;
    bool registered;    /* or unregistered while its handler runs */
    bool running;
    bool level;
    bool pending;
    uint64_t raised;    /* edges while registered */
    uint64_t runs;
    uint64_t coalesced;
    uint64_t forgotten; /* by UNREGISTER, or by a level that dropped */
    uint64_t again;     /* levels that were high at COMPLETE or REGISTER */
    uint64_t taken;     /* how often the line changed hands */
} Account;

static void account_trigger(Account *a, uint64_t *why)
{
    if (!a->registered) {
        return;
    }
    ++*why;
    a->coalesced += a->pending;
    a->pending = true;
}

static void account_forget(Account *a)
{
    a->forgotten += a->pending;
    a->pending = false;
}

static void account_owner(Account *a, bool owned, bool level)
{
    g_assert_cmpint(a->owned, !=, owned);
    account_forget(a);
    a->owned = a->registered = owned;
    a->level = level;
    a->taken += owned;
    if (owned && level && !a->edge) {
        account_trigger(a, &a->again);
    }
}

static void account_line(Account *a, bool level)
{
    g_assert_true(a->owned);
    if (level == a->level) {
        return;
    }
    a->level = level;
    if (level) {
        account_trigger(a, &a->raised);
    } else if (!a->edge) {
        account_forget(a);
    }
}

static void account_dispatch(Account *a)
{
    g_assert_true(a->registered);
    g_assert_false(a->running);
    /* Else it runs twice for one edge, or for a level that has dropped */
    g_assert_true(a->pending);
    a->pending = false;
    a->running = true;
    a->runs++;
}

static void account_complete(Account *a)
{
    g_assert_true(a->running);
    a->running = false;
    if (a->level && !a->edge) {
        account_trigger(a, &a->again);
    }
}

static void account_unregister(Account *a, int64_t result)
{
    if (result == SDEI_PENDING) {
        account_forget(a);
        a->registered = false;
    } else if (result == 0) {
        g_assert_false(a->running);
    }
}

static void check_trace(const char *text, bool edge)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    Account a = { .edge = edge };

    for (char **line = lines; *line; line++) {
        unsigned intid, pe, owned, level;
        unsigned long long mpidr;
        long long result;
        const char *p = strstr(*line, "arm_sdei_");

        if (!p) {
            continue;
        }
        if (sscanf(p, "arm_sdei_line INTID %u PE %u level %u", &intid, &pe,
                   &level) == 3) {
            account_line(&a, level);
        } else if (sscanf(p, "arm_sdei_line_owner INTID %u PE %u owned %u "
                          "level %u", &intid, &pe, &owned, &level) == 4) {
            account_owner(&a, owned, level);
        } else if (g_str_has_prefix(p, "arm_sdei_dispatch ")) {
            account_dispatch(&a);
        } else if (g_str_has_prefix(p, "arm_sdei_complete ")) {
            account_complete(&a);
        } else if (sscanf(p, "arm_sdei_ret PE 0x%llx SDEI_EVENT_UNREGISTER ="
                          " %lld", &mpidr, &result) == 2) {
            account_unregister(&a, result);
        } else if (sscanf(p, "arm_sdei_ret PE 0x%llx SDEI_SHARED_RESET ="
                          " %lld", &mpidr, &result) == 2) {
            g_assert_cmpint(result, ==, 0);
        }
    }
    g_test_message("taken over %" PRIu64 " times; %" PRIu64 " edges accepted, "
                   "%" PRIu64 " levels high; %" PRIu64 " handlers, %" PRIu64
                   " coalesced, %" PRIu64 " forgotten", a.taken, a.raised,
                   a.again, a.runs, a.coalesced, a.forgotten);
    g_assert_false(a.pending);
    g_assert_false(a.running);
    g_assert_cmpuint(a.raised + a.again, ==,
                     a.runs + a.coalesced + a.forgotten);
    /* It was a storm */
    g_assert_cmpuint(a.raised, >, PACED_EDGES);
    g_assert_cmpuint(a.runs, >, PACED_EDGES);
}

static void test_storm(const void *data)
{
    const Storm *storm = data;
    g_autoptr(GError) err = NULL;
    g_autofree char *log = NULL, *args = NULL, *text = NULL;
    GuestConfig config = { .cpus = 4, .machine = storm->machine };
    Guest *g;
    int fd = g_file_open_tmp("arm-sdei-storm-XXXXXX", &log, &err);

    g_assert_no_error(err);
    close(fd);
    args = g_strdup_printf("-D %s -trace arm_sdei_line -trace "
                           "arm_sdei_line_owner -trace arm_sdei_dispatch "
                           "-trace arm_sdei_complete -trace arm_sdei_ret",
                           log);
    config.args = args;
    g = guest_start(&config);
    bound_init(g);
    uart_init(g);
    gic_set_edge(g, 0, INTID_UART, storm->edge);
    run_paced(g, storm->edge);
    run_storm(g);
    check_after(g);
    guest_finish();

    g_file_get_contents(log, &text, NULL, &err);
    g_assert_no_error(err);
    g_unlink(log);
    if (strstr(text, "arm_sdei_")) {
        check_trace(text, storm->edge);
    } else {
        g_test_message("this QEMU has no trace backend 'log'");
    }
}

void add_storm_tests(void)
{
    /* Minutes on a machine of two cores */
    if (!g_test_slow()) {
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(storms); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/storm/%s",
                                                storms[i].path);

        qtest_add_data_func(path, &storms[i], test_storm);
    }
}
