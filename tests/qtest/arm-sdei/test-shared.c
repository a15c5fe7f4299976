/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: shared events and their routing
 *
 * PE 0 registers, unless a scenario is about who does.  Handler 1 is that of
 * the event a scenario is about.
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

#define EVENT       EVENT_SN1
#define HANDLER     1
#define TRIGGERS    40

static void register_any(Guest *g, uint32_t num, unsigned handler)
{
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, num, GUEST_HANDLER(handler));
}

static void register_pe(Guest *g, uint32_t num, unsigned handler, unsigned pe)
{
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, num, GUEST_HANDLER(handler), 0,
                 SDEI_REGISTER_RM_PE, guest_affinity(g, pe));
}

static void enable(Guest *g, uint32_t num)
{
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, num);
}

static void routing_set(Guest *g, uint64_t mode, unsigned pe)
{
    guest_expect(g, 0, 0, SDEI_EVENT_ROUTING_SET, EVENT, mode,
                 guest_affinity(g, pe));
}

/* Handler @n was entered so often on all PEs together, on @pe once at least */
static void check_taken(Guest *g, unsigned n, unsigned pe, uint64_t count)
{
    wait_count_all(g, n, count);
    settle(g);
    guest_check_eq(g, pe, count_all(g, n), count, "entries on all PEs");
    if (!guest_count(g, pe, ID_HANDLER(n))) {
        guest_fail(g, pe, "handler %u entered on another PE", n);
    }
}

static void check_nowhere(Guest *g, unsigned n, uint64_t count)
{
    settle(g);
    guest_check_eq(g, 0, count_all(g, n), count, "entries on all PEs");
}

/* One state, whichever PE looks at it */

static void check_status_everywhere(Guest *g, uint32_t num, unsigned expected)
{
    for (unsigned i = 0; i < g->config.cpus; i++) {
        user_event_check_status(g, i, num, expected);
    }
}

static void test_one_state(Guest *g, const void *data)
{
    check_status_everywhere(g, EVENT, 0);
    guest_expect(g, 2, 0, SDEI_EVENT_REGISTER, EVENT, GUEST_HANDLER(HANDLER));
    check_status_everywhere(g, EVENT, 1);
    guest_expect(g, 1, SDEI_DENIED, SDEI_EVENT_REGISTER, EVENT,
                 GUEST_HANDLER(HANDLER));
    guest_expect(g, 3, 0, SDEI_EVENT_ENABLE, EVENT);
    check_status_everywhere(g, EVENT, 3);
    guest_expect(g, 1, 0, SDEI_EVENT_DISABLE, EVENT);
    check_status_everywhere(g, EVENT, 1);
    guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, EVENT);
    check_status_everywhere(g, EVENT, 0);
    guest_expect(g, 3, SDEI_DENIED, SDEI_EVENT_UNREGISTER, EVENT);
}

/* RM_PE */

static void test_rm_pe(Guest *g, const void *data)
{
    unmask_all(g);
    for (unsigned pe = 0; pe < g->config.cpus; pe++) {
        register_pe(g, EVENT, HANDLER, pe);
        enable(g, EVENT);
        for (unsigned i = 0; i < 3; i++) {
            user_event_trigger_shared(g, EVENT);
            guest_wait_handler(g, pe, HANDLER, NULL);
            guest_complete(g, pe, 0);
            guest_nop(g, pe);
        }
        guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, EVENT);
        guest_check_eq(g, pe, guest_count(g, pe, ID_HANDLER(HANDLER)), 3,
                       "entries");
        guest_check_eq(g, pe, count_all(g, HANDLER), 3 * (pe + 1),
                       "entries on all PEs");
    }
}

/* It waits for its PE, however many others are there */
static void test_rm_pe_waits_masked(Guest *g, const void *data)
{
    set_all_modes(g, HANDLER, MODE_AUTO);
    register_pe(g, EVENT, HANDLER, 1);
    enable(g, EVENT);
    unmask_all(g);
    guest_expect(g, 1, 1, SDEI_PE_MASK);
    user_event_trigger_shared(g, EVENT);
    check_nowhere(g, HANDLER, 0);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    check_taken(g, HANDLER, 1, 1);
}

static void test_rm_pe_waits_handler(Guest *g, const void *data)
{
    register_pe(g, EVENT, HANDLER, 1);
    enable(g, EVENT);
    user_event_enable(g, 1, EVENT_PN1, 2, 0);
    unmask_all(g);
    user_event_trigger(g, EVENT_PN1, 1);
    guest_wait_handler(g, 1, 2, NULL);
    user_event_trigger_shared(g, EVENT);
    check_nowhere(g, HANDLER, 0);
    set_all_modes(g, HANDLER, MODE_AUTO);
    guest_complete(g, 1, 0);
    check_taken(g, HANDLER, 1, 1);
}

/* Nobody else is disturbed: PE 0 is in a handler of the same class */
static void test_rm_pe_handler_elsewhere(Guest *g, const void *data)
{
    register_pe(g, EVENT, HANDLER, 1);
    enable(g, EVENT);
    user_event_enable(g, 0, EVENT_PN1, 2, 0);
    unmask_all(g);
    user_event_trigger(g, EVENT_PN1, 0);
    guest_wait_handler(g, 0, 2, NULL);
    user_event_trigger_shared(g, EVENT);
    guest_wait_handler(g, 1, HANDLER, NULL);
    guest_complete(g, 1, 0);
    guest_complete(g, 0, 0);
    check_taken(g, HANDLER, 1, 1);
}

/* RM_ANY */

/* Each trigger gives one entry, and each PE gets its share */
static void test_rm_any_fair(Guest *g, const void *data)
{
    uint64_t busiest = 0;

    set_all_modes(g, HANDLER, MODE_AUTO);
    register_any(g, EVENT, HANDLER);
    enable(g, EVENT);
    unmask_all(g);
    for (unsigned i = 1; i <= TRIGGERS; i++) {
        user_event_trigger_shared(g, EVENT);
        wait_count_all(g, HANDLER, i);
    }
    check_nowhere(g, HANDLER, TRIGGERS);
    for (unsigned i = 0; i < g->config.cpus; i++) {
        uint64_t count = guest_count(g, i, ID_HANDLER(HANDLER));

        g_test_message("PE %u: %" PRIu64, i, count);
        busiest = MAX(busiest, count);
        if (count < TRIGGERS / g->config.cpus / 2) {
            guest_fail(g, i, "took %" PRIu64 " of %u", count, TRIGGERS);
        }
    }
    guest_check_eq(g, 0, busiest > TRIGGERS / 2, false, "one PE takes most");
}

/* The same among those that can take it: PE 0 is masked */
static void test_rm_any_fair_unmasked(Guest *g, const void *data)
{
    set_all_modes(g, HANDLER, MODE_AUTO);
    register_any(g, EVENT, HANDLER);
    enable(g, EVENT);
    unmask_all(g);
    guest_expect(g, 0, 1, SDEI_PE_MASK);
    for (unsigned i = 1; i <= TRIGGERS; i++) {
        user_event_trigger_shared(g, EVENT);
        wait_count_all(g, HANDLER, i);
    }
    guest_check_eq(g, 0, guest_count(g, 0, ID_HANDLER(HANDLER)), 0,
                   "entries on a masked PE");
    for (unsigned i = 1; i < g->config.cpus; i++) {
        uint64_t count = guest_count(g, i, ID_HANDLER(HANDLER));

        if (count < TRIGGERS / (g->config.cpus - 1) / 2) {
            guest_fail(g, i, "took %" PRIu64 " of %u", count, TRIGGERS);
        }
    }
}

/* Masked, off, in a handler of the same class: only PE 3 is left */
static void test_rm_any_who_can(Guest *g, const void *data)
{
    register_any(g, EVENT, HANDLER);
    enable(g, EVENT);
    user_event_enable(g, 1, EVENT_PN1, 2, 0);
    unmask_all(g);
    guest_expect(g, 0, 1, SDEI_PE_MASK);
    user_event_trigger(g, EVENT_PN1, 1);
    guest_wait_handler(g, 1, 2, NULL);
    guest_cpu_off(g, 0, 2);
    for (unsigned i = 0; i < 8; i++) {
        user_event_trigger_shared(g, EVENT);
        guest_wait_handler(g, 3, HANDLER, NULL);
        guest_complete(g, 3, 0);
        guest_nop(g, 3);
    }
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    guest_cpu_on(g, 0, 2);
    check_taken(g, HANDLER, 3, 8);
}

/* In a handler of the lower class is no obstacle */
static void test_rm_any_preempts(Guest *g, const void *data)
{
    register_any(g, EVENT_SC1, HANDLER);
    enable(g, EVENT_SC1);
    user_event_enable(g, 2, EVENT_PN1, 2, 0);
    guest_expect(g, 2, 0, SDEI_PE_UNMASK);
    user_event_trigger(g, EVENT_PN1, 2);
    guest_wait_handler(g, 2, 2, NULL);
    user_event_trigger_shared(g, EVENT_SC1);
    guest_wait_handler(g, 2, HANDLER, NULL);
    guest_complete(g, 2, 0);
    guest_complete(g, 2, 0);
    check_taken(g, HANDLER, 2, 1);
}

static void test_rm_any_waits_masked(Guest *g, const void *data)
{
    set_all_modes(g, HANDLER, MODE_AUTO);
    register_any(g, EVENT, HANDLER);
    enable(g, EVENT);
    for (unsigned i = 0; i < g->config.cpus; i++) {
        user_event_trigger_shared(g, EVENT);
        user_event_trigger_shared(g, EVENT);
        check_nowhere(g, HANDLER, i);
        guest_expect(g, i, 0, SDEI_PE_UNMASK);
        check_taken(g, HANDLER, i, i + 1);
        guest_expect(g, i, 1, SDEI_PE_MASK);
    }
}

/* All are busy; the first that completes takes it */
static void test_rm_any_waits_handlers(Guest *g, const void *data)
{
    register_any(g, EVENT, HANDLER);
    enable(g, EVENT);
    for (unsigned i = 0; i < g->config.cpus; i++) {
        user_event_enable(g, i, EVENT_PN1, 2, 0);
    }
    unmask_all(g);
    for (unsigned i = 0; i < g->config.cpus; i++) {
        user_event_trigger(g, EVENT_PN1, i);
        guest_wait_handler(g, i, 2, NULL);
    }
    user_event_trigger_shared(g, EVENT);
    check_nowhere(g, HANDLER, 0);
    guest_complete(g, 2, 0);
    guest_wait_handler(g, 2, HANDLER, NULL);
    for (unsigned i = 0; i < g->config.cpus; i++) {
        guest_complete(g, i, 0);
    }
    check_taken(g, HANDLER, 2, 1);
}

/* At COMPLETE it is pending again: another PE may have it */
static void test_rm_any_again(Guest *g, const void *data)
{
    unsigned pe;

    register_any(g, EVENT, HANDLER);
    enable(g, EVENT);
    unmask_all(g);
    user_event_trigger_shared(g, EVENT);
    for (unsigned i = 0; i < 8; i++) {
        pe = find_handler(g, HANDLER, NULL);
        user_event_trigger_shared(g, EVENT);
        user_event_trigger_shared(g, EVENT);
        /* It runs: nobody takes it a second time */
        check_nowhere(g, HANDLER, i + 1);
        guest_complete(g, pe, 0);
    }
    pe = find_handler(g, HANDLER, NULL);
    guest_complete(g, pe, 0);
    check_taken(g, HANDLER, pe, 9);
}

/* Two shared events at once run on two PEs */
static void test_rm_any_parallel(Guest *g, const void *data)
{
    unsigned first, second;

    register_any(g, EVENT_SN1, 1);
    enable(g, EVENT_SN1);
    register_any(g, EVENT_SN2, 2);
    enable(g, EVENT_SN2);
    unmask_all(g);
    user_event_trigger_shared(g, EVENT_SN1);
    first = find_handler(g, 1, NULL);
    user_event_trigger_shared(g, EVENT_SN2);
    second = find_handler(g, 2, NULL);
    guest_check_eq(g, second, first == second, false, "same PE");
    guest_complete(g, first, 0);
    guest_complete(g, second, 0);
    settle(g);
}

/* Who could take it masks at the same moment: it is not lost nor doubled */
static void test_rm_any_race_mask(Guest *g, const void *data)
{
    GuestRun run[4];
    unsigned cpus = g->config.cpus;

    set_all_modes(g, HANDLER, MODE_AUTO);
    register_any(g, EVENT, HANDLER);
    enable(g, EVENT);
    for (unsigned pe = 0; pe < cpus; pe++) {
        unsigned loop;

        guest_run_init(g, pe, &run[pe]);
        guest_run_mark_started(pe, &run[pe]);
        loop = run[pe].words;
        for (unsigned i = 0; i < 2; i++) {
            guest_run_insn(&run[pe], INSN_MOV(0, 20 + i));
            guest_run_insn(&run[pe], g->client_el == 2 ? INSN_SMC : INSN_HVC);
        }
        guest_run_loop(pe, &run[pe], loop);
        guest_run_end(&run[pe]);
        run[pe].x[20] = SDEI_PE_UNMASK;
        run[pe].x[21] = SDEI_PE_MASK;
        guest_run_start(g, pe, &run[pe]);
        guest_run_wait_started(g, pe);
    }
    for (unsigned i = 1; i <= TRIGGERS; i++) {
        user_event_trigger_shared(g, EVENT);
        wait_count_all(g, HANDLER, i);
    }
    for (unsigned pe = 0; pe < cpus; pe++) {
        guest_stop(g, pe);
        guest_wait(g, pe, run[pe].seq, NULL);
    }
    check_nowhere(g, HANDLER, TRIGGERS);
}

/* ROUTING_SET, by the state of the event */

typedef struct RoutingRow {
    const char *state;
    unsigned status;
    int64_t result;
} RoutingRow;

static const RoutingRow routing_rows[] = {
    { "unregistered", 0, SDEI_DENIED },
    { "registered", 1, 0 },
    { "enabled", 3, SDEI_DENIED },
    { "running-unregistered", 4, SDEI_DENIED },
    { "running-registered", 5, SDEI_DENIED },
    { "running-enabled", 7, SDEI_DENIED },
};

/* Bring EVENT into a state; its handler, if that runs, is on PE 1 */
static void enter_state(Guest *g, unsigned status)
{
    if (status == 0) {
        return;
    }
    register_pe(g, EVENT, HANDLER, 1);
    if (status != SDEI_STATUS_REGISTERED) {
        enable(g, EVENT);
    }
    if (status & SDEI_STATUS_RUNNING) {
        guest_expect(g, 1, 0, SDEI_PE_UNMASK);
        user_event_trigger_shared(g, EVENT);
        guest_wait_handler(g, 1, HANDLER, NULL);
        if (status == 4) {
            guest_expect(g, 0, SDEI_PENDING, SDEI_EVENT_UNREGISTER, EVENT);
        } else if (status == 5) {
            guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT);
        }
    }
    check_status_everywhere(g, EVENT, status);
}

static void leave_state(Guest *g, unsigned status)
{
    if (status & SDEI_STATUS_RUNNING) {
        guest_complete(g, 1, 0);
        guest_nop(g, 1);
    }
}

static void test_routing_set(Guest *g, const void *data)
{
    const RoutingRow *row = data;

    enter_state(g, row->status);
    for (unsigned by = 0; by < 2; by++) {
        guest_expect(g, by, row->result, SDEI_EVENT_ROUTING_SET, EVENT, 0);
        guest_expect(g, by, row->result, SDEI_EVENT_ROUTING_SET, EVENT, 1,
                     guest_affinity(g, 2));
        check_status_everywhere(g, EVENT, row->status);
    }
    if (row->status & SDEI_STATUS_REGISTERED) {
        guest_expect(g, 0, 1, SDEI_EVENT_GET_INFO, EVENT,
                     SDEI_INFO_ROUTING_MODE);
        guest_expect(g, 0, guest_affinity(g, row->result == 0 ? 2 : 1),
                     SDEI_EVENT_GET_INFO, EVENT, SDEI_INFO_ROUTING_AFFINITY);
    }
    leave_state(g, row->status);
}

/* Bad arguments, and that they come before the state */
static void test_routing_set_invalid(Guest *g, const void *data)
{
    static const struct {
        uint64_t num;
        uint64_t mode;
        uint64_t affinity;
    } bad[] = {
        { EVENT_PN1, 0, 0 },                    /* private */
        { EVENT_PN1, 1, 0 },
        { EVENT_SW_SIGNALED, 0, 0 },
        { EVENT_UNKNOWN, 0, 0 },
        { EVENT_UNKNOWN, 1, 0 },
        { EVENT, 2, 0 },                        /* mode */
        { EVENT, 3, 0 },
        { EVENT, -1, 0 },
        { EVENT, 1ull << 32, 0 },
        { EVENT, (1ull << 32) | 1, 0 },
        { EVENT, 1, 4 },                        /* affinity */
        { EVENT, 1, 0x100 },
        { EVENT, 1, 0x10000 },
        { EVENT, 1, 1ull << 32 },
        { EVENT, 1, 0x80000004 },
        { EVENT, 1, 1ull << 39 },
        { EVENT, 1, -1 },
    };
    static const unsigned states[] = { 0, 1, 3, 7, 5, 4 };

    for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
        switch (states[i]) {
        case 1:
            guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, EVENT_PN1,
                         GUEST_HANDLER(2));
            register_pe(g, EVENT, HANDLER, 1);
            break;
        case 3:
            enable(g, EVENT);
            break;
        case 7:
            guest_expect(g, 1, 0, SDEI_PE_UNMASK);
            user_event_trigger_shared(g, EVENT);
            guest_wait_handler(g, 1, HANDLER, NULL);
            break;
        case 5:
            guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT);
            break;
        case 4:
            guest_expect(g, 0, SDEI_PENDING, SDEI_EVENT_UNREGISTER, EVENT);
            break;
        }
        user_event_check_status(g, 0, EVENT, states[i]);
        for (unsigned j = 0; j < ARRAY_SIZE(bad); j++) {
            guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_ROUTING_SET,
                         bad[j].num, bad[j].mode, bad[j].affinity);
        }
        user_event_check_status(g, 0, EVENT, states[i]);
    }
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
}

/* RM_ANY does not look at the affinity */
static void test_rm_any_affinity_ignored(Guest *g, const void *data)
{
    set_all_modes(g, HANDLER, MODE_AUTO);
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, EVENT, GUEST_HANDLER(HANDLER),
                 0, 0, -1);
    guest_expect(g, 0, 0, SDEI_EVENT_ROUTING_SET, EVENT, 0, -1);
    enable(g, EVENT);
    guest_expect(g, 3, 0, SDEI_PE_UNMASK);
    user_event_trigger_shared(g, EVENT);
    check_taken(g, HANDLER, 3, 1);
}

/* What is pending follows the new route */

typedef struct RerouteCase {
    const char *path;
    int from;               /* PE, or -1: any */
    int to;
} RerouteCase;

static const RerouteCase reroute_cases[] = {
    { "pe-to-pe", 1, 2 },
    { "pe-to-any", 1, -1 },
    { "any-to-pe", -1, 2 },
};

static void test_reroute_pending(Guest *g, const void *data)
{
    const RerouteCase *c = data;

    set_all_modes(g, HANDLER, MODE_AUTO);
    if (c->from >= 0) {
        register_pe(g, EVENT, HANDLER, c->from);
    } else {
        register_any(g, EVENT, HANDLER);
    }
    enable(g, EVENT);
    /* Waits: PE 1 is masked, or all are */
    if (c->from >= 0) {
        unmask_all(g);
        guest_expect(g, c->from, 1, SDEI_PE_MASK);
    }
    user_event_trigger_shared(g, EVENT);
    check_nowhere(g, HANDLER, 0);
    guest_expect(g, 3, 0, SDEI_EVENT_DISABLE, EVENT);
    routing_set(g, c->to >= 0, MAX(c->to, 0));
    unmask_all(g);
    check_nowhere(g, HANDLER, 0);
    guest_expect(g, 3, 0, SDEI_EVENT_ENABLE, EVENT);
    wait_count_all(g, HANDLER, 1);
    check_nowhere(g, HANDLER, 1);
    if (c->to >= 0) {
        check_taken(g, HANDLER, c->to, 1);
    }
}

/* Triggered between REGISTER and ENABLE, and routed twice before that */
static void test_reroute_before_enable(Guest *g, const void *data)
{
    set_all_modes(g, HANDLER, MODE_AUTO);
    unmask_all(g);
    register_pe(g, EVENT, HANDLER, 1);
    user_event_trigger_shared(g, EVENT);
    routing_set(g, 1, 3);
    routing_set(g, 1, 2);
    check_nowhere(g, HANDLER, 0);
    enable(g, EVENT);
    check_taken(g, HANDLER, 2, 1);
}

/* GET_INFO 3 and 4 */
static void test_routing_info(Guest *g, const void *data)
{
    const int64_t denied = SDEI_DENIED, invalid = SDEI_INVALID_PARAMETERS;

#define CHECK_INFO(mode, affinity) \
    do { \
        for (unsigned i_ = 0; i_ < g->config.cpus; i_++) { \
            guest_expect(g, i_, mode, SDEI_EVENT_GET_INFO, EVENT, \
                         SDEI_INFO_ROUTING_MODE); \
            guest_expect(g, i_, affinity, SDEI_EVENT_GET_INFO, EVENT, \
                         SDEI_INFO_ROUTING_AFFINITY); \
        } \
    } while (0)

    CHECK_INFO(denied, denied);
    register_any(g, EVENT, HANDLER);
    CHECK_INFO(0, invalid);
    routing_set(g, 1, 3);
    CHECK_INFO(1, (int64_t)guest_affinity(g, 3));
    enable(g, EVENT);
    CHECK_INFO(1, (int64_t)guest_affinity(g, 3));
    guest_expect(g, 3, 0, SDEI_PE_UNMASK);
    user_event_trigger_shared(g, EVENT);
    guest_wait_handler(g, 3, HANDLER, NULL);
    CHECK_INFO(1, (int64_t)guest_affinity(g, 3));
    guest_expect(g, 0, SDEI_PENDING, SDEI_EVENT_UNREGISTER, EVENT);
    CHECK_INFO(denied, denied);
    guest_complete(g, 3, 0);
    guest_nop(g, 3);
    CHECK_INFO(denied, denied);
    /* A new registration knows nothing of the old route */
    register_any(g, EVENT, HANDLER);
    CHECK_INFO(0, invalid);
    routing_set(g, 1, 1);
    routing_set(g, 0, 1);
    CHECK_INFO(0, invalid);
#undef CHECK_INFO
}

static void test_routing_info_private(Guest *g, const void *data)
{
    for (unsigned i = 0; i < 2; i++) {
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_GET_INFO,
                     EVENT_PN1, SDEI_INFO_ROUTING_MODE);
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_GET_INFO,
                     EVENT_PN1, SDEI_INFO_ROUTING_AFFINITY);
        guest_expect(g, 0, i ? SDEI_DENIED : 0, SDEI_EVENT_REGISTER, EVENT_PN1,
                     GUEST_HANDLER(1), 0, SDEI_REGISTER_RM_PE,
                     guest_affinity(g, 0));
    }
}

/*
 * Each call about a shared event in each of its states, made on the PE that
 * runs the handler and on another one.
 */

static const struct {
    const char *name;
    uint64_t fn;
} columns[] = {
    { "register", SDEI_EVENT_REGISTER },
    { "enable", SDEI_EVENT_ENABLE },
    { "disable", SDEI_EVENT_DISABLE },
    { "unregister", SDEI_EVENT_UNREGISTER },
    { "release", SDEI_INTERRUPT_RELEASE },
    { "shared-reset", SDEI_SHARED_RESET },
    { "private-reset", SDEI_PRIVATE_RESET },
};

typedef struct Cell {
    int64_t result;
    unsigned next;
    unsigned after;         /* COMPLETE; only while it runs */
} Cell;

typedef struct Row {
    const char *name;
    unsigned status;
    Cell cell[ARRAY_SIZE(columns)];
} Row;

static const Row rows[] = {
    { "unregistered", 0, {
        { 0, 1 }, { -3, 0 }, { -3, 0 }, { -3, 0 }, { -2, 0 }, { 0, 0 },
        { 0, 0 } } },
    { "registered", 1, {
        { -3, 1 }, { 0, 3 }, { 0, 1 }, { 0, 0 }, { -2, 1 }, { 0, 0 },
        { 0, 1 } } },
    { "enabled", 3, {
        { -3, 3 }, { 0, 3 }, { 0, 1 }, { 0, 0 }, { -2, 3 }, { 0, 0 },
        { 0, 3 } } },
    { "running-unregistered", 4, {
        { -3, 4, 0 }, { -3, 4, 0 }, { -3, 4, 0 }, { -5, 4, 0 }, { -2, 4, 0 },
        { -3, 4, 0 }, { 0, 4, 0 } } },
    { "running-registered", 5, {
        { -3, 5, 1 }, { 0, 7, 3 }, { 0, 5, 1 }, { -5, 4, 0 }, { -2, 5, 1 },
        { -3, 4, 0 }, { 0, 5, 1 } } },
    { "running-enabled", 7, {
        { -3, 7, 3 }, { 0, 7, 3 }, { 0, 5, 1 }, { -5, 4, 0 }, { -2, 7, 3 },
        { -3, 4, 0 }, { 0, 7, 3 } } },
};

typedef struct StateTest {
    const Row *row;
    unsigned column;
    unsigned by;
} StateTest;

static StateTest state_tests[ARRAY_SIZE(rows) * ARRAY_SIZE(columns) * 2];

static void test_state(Guest *g, const void *data)
{
    const StateTest *t = data;
    const Cell *cell = &t->row->cell[t->column];

    enter_state(g, t->row->status);
    guest_expect(g, t->by, cell->result, columns[t->column].fn, EVENT,
                 GUEST_HANDLER(2), 0, SDEI_REGISTER_RM_PE,
                 guest_affinity(g, 2));
    check_status_everywhere(g, EVENT, cell->next);
    leave_state(g, t->row->status);
    if (t->row->status & SDEI_STATUS_RUNNING) {
        check_status_everywhere(g, EVENT, cell->after);
    }
}

/* Only the PE that runs the handler is in it */
static void test_context_elsewhere(Guest *g, const void *data)
{
    enter_state(g, 7);
    guest_expect(g, 0, SDEI_DENIED, SDEI_EVENT_CONTEXT, 0);
    guest_expect(g, 0, SDEI_DENIED, SDEI_EVENT_COMPLETE, 0);
    guest_expect(g, 0, SDEI_DENIED, SDEI_EVENT_COMPLETE_AND_RESUME,
                 GUEST_RESUME(0));
    check_status_everywhere(g, EVENT, 7);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    check_status_everywhere(g, EVENT, 3);
}

/* SHARED_RESET: all that can be reset is, on whichever PE it runs */
static void test_shared_reset_running(Guest *g, const void *data)
{
    bool here = *(const bool *)data;
    unsigned by = here ? 1 : 0;

    enter_state(g, 7);
    register_any(g, EVENT_SN2, 2);
    enable(g, EVENT_SN2);
    register_pe(g, EVENT_SC1, 3, 2);
    enable(g, EVENT_SC1);
    user_event_trigger_shared(g, EVENT_SC1);
    user_event_trigger_shared(g, EVENT);
    user_event_enable(g, by, EVENT_PN1, 4, 0);

    guest_expect(g, by, SDEI_DENIED, SDEI_SHARED_RESET);
    check_status_everywhere(g, EVENT, 4);
    check_status_everywhere(g, EVENT_SN2, 0);
    check_status_everywhere(g, EVENT_SC1, 0);
    user_event_check_status(g, by, EVENT_PN1, 3);
    guest_expect(g, by, SDEI_DENIED, SDEI_SHARED_RESET);

    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    check_status_everywhere(g, EVENT, 0);
    guest_expect(g, by, 0, SDEI_SHARED_RESET);

    /* What was pending is gone */
    set_all_modes(g, 3, MODE_AUTO);
    set_all_modes(g, HANDLER, MODE_AUTO);
    register_any(g, EVENT_SC1, 3);
    enable(g, EVENT_SC1);
    register_any(g, EVENT, HANDLER);
    enable(g, EVENT);
    unmask_all(g);
    check_nowhere(g, 3, 0);
    check_nowhere(g, HANDLER, 1);
}

/* A private handler that runs is no reason to deny SHARED_RESET */
static void test_shared_reset_in_private(Guest *g, const void *data)
{
    user_event_enable(g, 1, EVENT_PN1, 2, 0);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    user_event_trigger(g, EVENT_PN1, 1);
    guest_wait_handler(g, 1, 2, NULL);
    register_any(g, EVENT, HANDLER);
    guest_expect(g, 1, 0, SDEI_SHARED_RESET);
    check_status_everywhere(g, EVENT, 0);
    register_any(g, EVENT, HANDLER);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    user_event_check_status(g, 1, EVENT_PN1, 7);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
}

/* Nor is a shared one for PRIVATE_RESET, which leaves it alone */
static void test_private_reset_in_shared(Guest *g, const void *data)
{
    enter_state(g, 7);
    user_event_enable(g, 1, EVENT_PN1, 2, 0);
    guest_expect(g, 1, 0, SDEI_PRIVATE_RESET);
    check_status_everywhere(g, EVENT, 7);
    user_event_check_status(g, 1, EVENT_PN1, 0);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    check_status_everywhere(g, EVENT, 3);
}

/* The PE that registered plays no part afterwards: it may even go off */
static void test_registrar_off(Guest *g, const void *data)
{
    set_all_modes(g, HANDLER, MODE_AUTO);
    guest_expect(g, 3, 0, SDEI_EVENT_REGISTER, EVENT, GUEST_HANDLER(HANDLER),
                 0, SDEI_REGISTER_RM_PE, guest_affinity(g, 1));
    guest_expect(g, 3, 0, SDEI_EVENT_ENABLE, EVENT);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    guest_cpu_off(g, 0, 3);
    user_event_check_status(g, 0, EVENT, 3);
    user_event_trigger_shared(g, EVENT);
    guest_wait_count(g, 1, ID_HANDLER(HANDLER), 1);
    guest_nop(g, 1);
    guest_expect(g, 2, 0, SDEI_EVENT_UNREGISTER, EVENT);
}

/* DISABLE elsewhere while the handler runs: the next one waits */
static void test_disable_elsewhere(Guest *g, const void *data)
{
    enter_state(g, 7);
    guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, EVENT);
    user_event_trigger_shared(g, EVENT);
    guest_complete(g, 1, 0);
    check_nowhere(g, HANDLER, 1);
    check_status_everywhere(g, EVENT, 1);
    set_all_modes(g, HANDLER, MODE_AUTO);
    guest_expect(g, 2, 0, SDEI_EVENT_ENABLE, EVENT);
    check_taken(g, HANDLER, 1, 2);
}

/* UNREGISTER elsewhere while it runs: it ends as new, and takes a new owner */
static void test_unregister_elsewhere(Guest *g, const void *data)
{
    GuestFrame frame;

    enter_state(g, 7);
    user_event_trigger_shared(g, EVENT);
    guest_expect(g, 2, SDEI_PENDING, SDEI_EVENT_UNREGISTER, EVENT);
    guest_expect(g, 3, SDEI_PENDING, SDEI_EVENT_UNREGISTER, EVENT);
    guest_expect(g, 3, SDEI_DENIED, SDEI_EVENT_REGISTER, EVENT,
                 GUEST_HANDLER(2));
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    guest_expect(g, 3, 0, SDEI_EVENT_REGISTER, EVENT, GUEST_HANDLER(2), 0x42);
    guest_expect(g, 3, 0, SDEI_EVENT_ENABLE, EVENT);
    check_nowhere(g, HANDLER, 1);
    user_event_trigger_shared(g, EVENT);
    guest_wait_handler(g, 1, 2, &frame);
    guest_check_eq(g, 1, frame.x[1], 0x42, "ep_arg of the new registration");
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
}

void add_shared_tests(void)
{
    static const bool here = true, elsewhere;
    StateTest *t = state_tests;

    scenario_add(SCENARIO_EVENTS, test_one_state, NULL, "shared/one-state");
    scenario_add(SCENARIO_EVENTS_ALL, test_rm_pe, NULL, "shared/rm-pe");
    scenario_add(SCENARIO_EVENTS, test_rm_pe_waits_masked, NULL,
                 "shared/rm-pe-waits/masked");
    scenario_add(SCENARIO_EVENTS, test_rm_pe_waits_handler, NULL,
                 "shared/rm-pe-waits/handler");
    scenario_add(SCENARIO_EVENTS, test_rm_pe_handler_elsewhere, NULL,
                 "shared/rm-pe-handler-elsewhere");
    scenario_add(SCENARIO_EVENTS_ALL, test_rm_any_fair, NULL,
                 "shared/rm-any/one-each-and-fair");
    scenario_add(SCENARIO_EVENTS, test_rm_any_fair_unmasked, NULL,
                 "shared/rm-any/fair-to-the-unmasked");
    scenario_add(SCENARIO_EVENTS_THREADS, test_rm_any_who_can, NULL,
                 "shared/rm-any/one-that-can");
    scenario_add(SCENARIO_EVENTS, test_rm_any_preempts, NULL,
                 "shared/rm-any/preempts");
    scenario_add(SCENARIO_EVENTS_ALL, test_rm_any_waits_masked, NULL,
                 "shared/rm-any/waits-all-masked");
    scenario_add(SCENARIO_EVENTS_THREADS, test_rm_any_waits_handlers, NULL,
                 "shared/rm-any/waits-all-in-handlers");
    scenario_add(SCENARIO_EVENTS, test_rm_any_again, NULL,
                 "shared/rm-any/one-at-a-time");
    scenario_add(SCENARIO_EVENTS, test_rm_any_parallel, NULL,
                 "shared/rm-any/two-events-two-pes");
    scenario_add(SCENARIO_EVENTS_THREADS, test_rm_any_race_mask, NULL,
                 "shared/rm-any/race-mask");
    scenario_add(SCENARIO_EVENTS_EL1, test_rm_any_affinity_ignored, NULL,
                 "shared/rm-any/affinity-ignored");

    for (unsigned i = 0; i < ARRAY_SIZE(routing_rows); i++) {
        scenario_add(SCENARIO_EVENTS_EL1, test_routing_set, &routing_rows[i],
                     "shared/routing-set/%s", routing_rows[i].state);
    }
    scenario_add(SCENARIO_EVENTS_EL1, test_routing_set_invalid, NULL,
                 "shared/routing-set/invalid-parameters");
    for (unsigned i = 0; i < ARRAY_SIZE(reroute_cases); i++) {
        scenario_add(SCENARIO_EVENTS, test_reroute_pending, &reroute_cases[i],
                     "shared/reroute-pending/%s", reroute_cases[i].path);
    }
    scenario_add(SCENARIO_EVENTS, test_reroute_before_enable, NULL,
                 "shared/reroute-pending/before-enable");
    scenario_add(SCENARIO_EVENTS, test_routing_info, NULL,
                 "shared/routing-info");
    scenario_add(SCENARIO_EVENTS_EL1, test_routing_info_private, NULL,
                 "shared/routing-info-of-private");

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        for (unsigned j = 0; j < ARRAY_SIZE(columns); j++) {
            for (unsigned by = 0; by < 2; by++, t++) {
                *t = (StateTest) { &rows[i], j, by };
                scenario_add(SCENARIO_EVENTS_EL1, test_state, t,
                             "shared/state/%s/%s/%s", rows[i].name,
                             columns[j].name, by ? "here" : "elsewhere");
            }
        }
    }
    scenario_add(SCENARIO_EVENTS, test_context_elsewhere, NULL,
                 "shared/no-context-elsewhere");
    scenario_add(SCENARIO_EVENTS, test_shared_reset_running, &here,
                 "shared/reset-running-here");
    scenario_add(SCENARIO_EVENTS, test_shared_reset_running, &elsewhere,
                 "shared/reset-running-elsewhere");
    scenario_add(SCENARIO_EVENTS_EL1, test_shared_reset_in_private, NULL,
                 "shared/reset-in-private-handler");
    scenario_add(SCENARIO_EVENTS_EL1, test_private_reset_in_shared, NULL,
                 "shared/private-reset-in-handler");
    scenario_add(SCENARIO_EVENTS_THREADS, test_registrar_off, NULL,
                 "shared/registering-pe-off");
    scenario_add(SCENARIO_EVENTS, test_disable_elsewhere, NULL,
                 "shared/disable-elsewhere");
    scenario_add(SCENARIO_EVENTS, test_unregister_elsewhere, NULL,
                 "shared/unregister-elsewhere");
}
