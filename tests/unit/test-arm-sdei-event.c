/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: the rules between calls, events, handlers and PEs
 *
 * Three kinds of cases, all of them data: the state table, cell by cell; short
 * scripts, each named after the sentence of the contract that it checks; and
 * searches through all situations of a few PEs.
 */

#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "../../target/arm/sdei-event.h"

/* ---- A small machine ---- */

#define AFF0    0x0000000000ull
#define AFF1    0x0000000001ull
#define AFF2    0x0000010100ull
#define AFF3    0x2100000003ull
/* As MPIDR_EL1 reads: bit 31 is RES1, U and MT are not the affinity's */
#define MPIDR(affinity) ((affinity) | 0xc1000000)
#define NO_PE   0x0000000002ull

static const uint64_t affinity[] = { AFF0, AFF1, AFF2, AFF3 };

#define NUM_PES ARRAY_SIZE(affinity)

/* Private and Shared, Normal and Critical; the numbers are in this order */
#define EV0     SDEI_EVENT_SW_SIGNALED
#define PN      0x40000001
#define PC      0x40000002
#define SN      0x40000003
#define SC      0x40000004
#define PN2     0x40000005
#define PC2     0x40000006
#define SN2     0x40000007
#define SC2     0x40000008
#define UNKNOWN 0x40000009
#define NOTHING 0xffffffff

static const SDEIEventDef defs[] = {
    /* not in the order of their numbers, on purpose */
    { SC2, SDEI_TYPE_SHARED, SDEI_PRIO_CRITICAL, false },
    { PN, SDEI_TYPE_PRIVATE, SDEI_PRIO_NORMAL, false },
    { SN, SDEI_TYPE_SHARED, SDEI_PRIO_NORMAL, false },
    { PC2, SDEI_TYPE_PRIVATE, SDEI_PRIO_CRITICAL, false },
    { EV0, SDEI_TYPE_PRIVATE, SDEI_PRIO_NORMAL, true },
    { SC, SDEI_TYPE_SHARED, SDEI_PRIO_CRITICAL, false },
    { PC, SDEI_TYPE_PRIVATE, SDEI_PRIO_CRITICAL, false },
    { SN2, SDEI_TYPE_SHARED, SDEI_PRIO_NORMAL, false },
    { PN2, SDEI_TYPE_PRIVATE, SDEI_PRIO_NORMAL, false },
};

/* The same with slots for bound interrupts, two of each kind */
#define P1      (SDEI_EVENT_BOUND_PPI_FIRST + 0)
#define P2      (SDEI_EVENT_BOUND_PPI_FIRST + 1)
#define S1      (SDEI_EVENT_BOUND_SPI_FIRST + 0)
#define S2      (SDEI_EVENT_BOUND_SPI_FIRST + 1)

static const SDEIEventDef bound_defs[] = {
    { S2, SDEI_TYPE_SHARED, .bindable = true },
    { P1, SDEI_TYPE_PRIVATE, .bindable = true },
    { EV0, SDEI_TYPE_PRIVATE, SDEI_PRIO_NORMAL, true },
    { SN, SDEI_TYPE_SHARED, SDEI_PRIO_NORMAL, false },
    { P2, SDEI_TYPE_PRIVATE, .bindable = true },
    { S1, SDEI_TYPE_SHARED, .bindable = true },
};

#define ENTRY   0xffff800008001000ull
#define ARG     0x0123456789abcdefull

#define RM_PE   SDEI_REGISTER_RM_PE
#define REL     SDEI_REGISTER_RELATIVE

enum {
    OK = SDEI_SUCCESS,
    INVALID = SDEI_INVALID_PARAMETERS,
    DENIED = SDEI_DENIED,
    PENDING = SDEI_PENDING,
    NO_SLOT = SDEI_OUT_OF_RESOURCE,
};

/* ---- Scripts ---- */

typedef enum Op {
    END,
    /* calls; @want is the result */
    REGISTER,       /* with ENTRY and ARG; @a flags, @b affinity */
    REGISTER_AT,    /* the same at entry @c */
    ENABLE,
    DISABLE,
    UNREGISTER,
    STATUS,
    GET_INFO,       /* @a info */
    ROUTING_SET,    /* @a mode, @b affinity */
    SIGNAL,         /* @a target MPIDR */
    MASK,
    UNMASK,
    PRIVATE_RESET,
    SHARED_RESET,
    BIND,           /* @a INTID */
    RELEASE,
    RELEASE_ACTIVE, /* the interrupt is active at the client */
    COMPLETE,       /* DENIED without a handler; else the handler is @num's */
    /* what happens to the machine */
    TRIGGER,        /* @want: is it kept? */
    PE_OFF,
    RESET,
    TAKE_LINE,      /* @num's line is the dispatcher's: @a edge, @b level */
    LINE,           /* it goes to level @a */
    /* what can be seen */
    TAKES,          /* @pe now takes @num, or nothing */
    TARGET,         /* shared event @num goes to PE @want now; -1: it waits */
    TAKERS,         /* @want PEs would take @num now */
    RUNS,           /* the innermost handler of @pe is @num's, or none */
    PENDS,          /* @want: is @num pending on @pe? */
    OWNS,           /* @want: is @num's line on @pe the dispatcher's? */
    LINES,          /* @want: how many lines are the dispatcher's */
} Op;

static const char *const op_name[] = {
    [REGISTER] = "EVENT_REGISTER", [REGISTER_AT] = "EVENT_REGISTER",
    [ENABLE] = "EVENT_ENABLE", [DISABLE] = "EVENT_DISABLE",
    [UNREGISTER] = "EVENT_UNREGISTER", [STATUS] = "EVENT_STATUS",
    [GET_INFO] = "EVENT_GET_INFO", [ROUTING_SET] = "EVENT_ROUTING_SET",
    [BIND] = "INTERRUPT_BIND", [RELEASE] = "INTERRUPT_RELEASE",
    [RELEASE_ACTIVE] = "INTERRUPT_RELEASE", [TAKE_LINE] = "(line taken)",
    [LINE] = "(line)", [OWNS] = "(owns line)",
    [LINES] = "(lines of the dispatcher)",
    [SIGNAL] = "EVENT_SIGNAL", [MASK] = "PE_MASK", [UNMASK] = "PE_UNMASK",
    [PRIVATE_RESET] = "PRIVATE_RESET", [SHARED_RESET] = "SHARED_RESET",
    [COMPLETE] = "EVENT_COMPLETE", [TRIGGER] = "(trigger)",
    [PE_OFF] = "(power off)", [RESET] = "(machine reset)",
    [TAKES] = "(event taken)", [TARGET] = "(target PE)",
    [TAKERS] = "(number of PEs that take it)",
    [RUNS] = "(innermost handler)", [PENDS] = "(is pending)",
};

typedef struct Step {
    Op op;
    uint32_t pe;
    uint32_t num;
    int64_t want;
    uint64_t a;
    uint64_t b;
    uint64_t c;
} Step;

typedef struct Script {
    const char *rule;
    Step step[24];
} Script;

static int64_t event_number(const SDEIEvents *m, uint32_t ev)
{
    return ev == SDEI_NONE ? NOTHING : m->event[ev].def.num;
}

/* Returns: the number of the event that @pe takes */
static int64_t take(SDEIEvents *m, uint32_t pe)
{
    uint32_t ev = sdei_next_event(m, pe);

    if (ev != SDEI_NONE) {
        const SDEIHandler *h = sdei_dispatch(m, pe, ev);

        g_assert_true(h == sdei_events_handler(m, ev, pe));
        g_assert_cmphex(h->ep_arg, ==, ARG);
        g_assert_cmphex(h->status, ==, 7);
        g_assert_cmphex(m->pe[pe].running[m->event[ev].def.priority], ==, ev);
    }
    return event_number(m, ev);
}

static int64_t count_takers(SDEIEvents *m, uint32_t ev)
{
    int64_t n = 0;

    for (uint32_t pe = 0; pe < m->num_pes; pe++) {
        n += sdei_next_event(m, pe) == ev;
    }
    return n;
}

static int64_t complete(SDEIEvents *m, const Step *s)
{
    uint32_t inner = sdei_running(m, s->pe);

    if (inner == SDEI_NONE) {
        return SDEI_DENIED;
    }
    g_assert_cmphex(event_number(m, inner), ==, s->num);
    g_assert_cmpuint(sdei_complete(m, s->pe), ==, inner);
    return SDEI_SUCCESS;
}

static int64_t signal_event(SDEIEvents *m, const Step *s)
{
    uint32_t target = SDEI_NONE;
    int64_t ret = sdei_event_signal(m, s->num, s->a, &target);

    if (ret == SDEI_SUCCESS) {
        g_assert_cmpuint(target, ==, sdei_events_find_pe(m, s->a));
    }
    return ret;
}

static int64_t call(SDEIEvents *m, const Step *s)
{
    switch (s->op) {
    case REGISTER:
        return sdei_event_register(m, s->pe, s->num, ENTRY, ARG, s->a, s->b);
    case REGISTER_AT:
        return sdei_event_register(m, s->pe, s->num, s->c, ARG, s->a, s->b);
    case BIND:
        return sdei_interrupt_bind(m, s->a);
    case RELEASE:
        return sdei_interrupt_release(m, s->num, false);
    case RELEASE_ACTIVE:
        return sdei_interrupt_release(m, s->num, true);
    case ENABLE:
        return sdei_event_enable(m, s->pe, s->num);
    case DISABLE:
        return sdei_event_disable(m, s->pe, s->num);
    case UNREGISTER:
        return sdei_event_unregister(m, s->pe, s->num);
    case STATUS:
        return sdei_event_status(m, s->pe, s->num);
    case GET_INFO:
        return sdei_event_get_info(m, s->pe, s->num, s->a);
    case ROUTING_SET:
        return sdei_event_routing_set(m, s->pe, s->num, s->a, s->b);
    case SIGNAL:
        return signal_event(m, s);
    case MASK:
        return sdei_pe_mask(m, s->pe);
    case UNMASK:
        return sdei_pe_unmask(m, s->pe);
    case PRIVATE_RESET:
        return sdei_private_reset(m, s->pe);
    case SHARED_RESET:
        return sdei_shared_reset(m);
    case COMPLETE:
        return complete(m, s);
    default:
        g_assert_not_reached();
    }
}

/* Does @s ask for an event number, and not for a result? */
static bool wants_event(const Step *s)
{
    return s->op == TAKES || s->op == RUNS;
}

static int64_t do_step(SDEIEvents *m, const Step *s)
{
    uint32_t ev = sdei_events_find(m, s->num);
    uint32_t target;

    switch (s->op) {
    case TRIGGER:
        return sdei_trigger(m, ev, s->pe);
    case PE_OFF:
        sdei_pe_off(m, s->pe);
        return 0;
    case RESET:
        sdei_events_reset(m);
        return 0;
    case TAKE_LINE:
        sdei_line_taken(m, ev, s->pe, s->a, s->b);
        return 0;
    case LINE:
        sdei_line_changed(m, ev, s->pe, s->a);
        return 0;
    case OWNS:
        return sdei_owns_line(m, s->pe, m->event[ev].intid);
    case LINES:
        return m->num_lines;
    case TAKES:
        return take(m, s->pe);
    case TARGET:
        target = sdei_dispatch_target(m, ev);
        return target == SDEI_NONE ? -1 : (int64_t)target;
    case TAKERS:
        return count_takers(m, ev);
    case RUNS:
        return event_number(m, sdei_running(m, s->pe));
    case PENDS:
        return sdei_events_handler(m, ev, s->pe)->pending;
    default:
        return call(m, s);
    }
}

static bool run_steps(SDEIEvents *m, const Step *steps)
{
    for (const Step *s = steps; s->op != END; s++) {
        int64_t want = wants_event(s) ? s->num : s->want;
        int64_t got = do_step(m, s);
        const char *wrong;

        if (got != want) {
            g_test_message("step %td: %s on PE %u, event 0x%x: "
                           "want 0x%" PRIx64 " (%" PRId64 "), "
                           "got 0x%" PRIx64 " (%" PRId64 ")",
                           s - steps + 1, op_name[s->op], s->pe, s->num,
                           want, want, got, got);
            return false;
        }
        if (got < 0 && s->op <= COMPLETE && s->op != COMPLETE && !m->reason) {
            g_test_message("step %td: %s failed and gives no reason",
                           s - steps + 1, op_name[s->op]);
            return false;
        }
        /* A line that is taken is a line to register an event on */
        wrong = s->op == TAKE_LINE ? NULL : sdei_events_check(m);
        if (wrong) {
            g_test_message("step %td: %s is wrong after %s", s - steps + 1,
                           wrong, op_name[s->op]);
            return false;
        }
    }
    return true;
}

static void machine_init(SDEIEvents *m)
{
    sdei_events_init(m, defs, ARRAY_SIZE(defs), affinity, NUM_PES, RM_PE | REL);
}

static void test_bound_script(const void *opaque)
{
    const Script *script = opaque;
    SDEIEvents m;

    sdei_events_init(&m, bound_defs, ARRAY_SIZE(bound_defs), affinity, NUM_PES,
                     RM_PE | REL);
    if (!run_steps(&m, script->step)) {
        g_test_message("the rule: %s", script->rule);
        g_test_fail();
    }
    sdei_events_destroy(&m);
}

static void test_script(const void *opaque)
{
    const Script *script = opaque;
    SDEIEvents m;

    machine_init(&m);
    if (!run_steps(&m, script->step)) {
        g_test_message("the rule: %s", script->rule);
        g_test_fail();
    }
    sdei_events_destroy(&m);
}

/* ---- The state table ---- */

/* Columns: what is done to an event, seen from PE 0, where its handler runs */
typedef enum Column {
    DO_REGISTER,
    DO_ENABLE,
    DO_DISABLE,
    DO_UNREGISTER,
    DO_ROUTING_SET,
    DO_CONTEXT,
    DO_COMPLETE,
    DO_DISPATCH,
    DO_TRIGGER,
    DO_RESET,           /* PRIVATE_RESET or SHARED_RESET, as the event is */
    DO_OTHER_RESET,     /* the other of the two */
    DO_MASK,
    DO_UNMASK,
    DO_PE_OFF,
    DO_STATUS,
    COLUMNS,
} Column;

static const char *const column_name[COLUMNS] = {
    "REGISTER", "ENABLE", "DISABLE", "UNREGISTER", "ROUTING_SET", "CONTEXT",
    "COMPLETE", "dispatch", "trigger", "reset-of-its-kind",
    "reset-of-the-other-kind", "PE_MASK", "PE_UNMASK", "power-off", "STATUS",
};

typedef struct Cell {
    int8_t result;
    uint8_t next;
} Cell;

typedef struct Row {
    uint8_t state;
    const char *name;
    Step reach[2][8];       /* two ways to get there; event 0 stands for it */
    Cell cell[COLUMNS];
    uint8_t off_shared;     /* next state of a shared event after power-off */
} Row;

static const Row rows[] = {
    {
        0, "0-unregistered",
        { { { END } },
          { { REGISTER }, { ENABLE }, { UNREGISTER } } },
        { { OK, 1 }, { DENIED, 0 }, { DENIED, 0 }, { DENIED, 0 },
          { DENIED, 0 }, { DENIED, 0 }, { DENIED, 0 }, { false, 0 },
          { false, 0 }, { OK, 0 }, { OK, 0 }, { 0, 0 }, { OK, 0 },
          { OK, 0 }, { 0, 0 } },
        0,
    }, {
        1, "1-registered",
        { { { REGISTER } },
          { { REGISTER }, { ENABLE }, { UNMASK }, { TRIGGER, .want = 1 },
            { TAKES }, { DISABLE }, { COMPLETE } } },
        { { DENIED, 1 }, { OK, 3 }, { OK, 1 }, { OK, 0 },
          { OK, 1 }, { DENIED, 1 }, { DENIED, 1 }, { false, 1 },
          { true, 1 }, { OK, 0 }, { OK, 1 }, { 0, 1 }, { OK, 1 },
          { OK, 0 }, { 1, 1 } },
        1,
    }, {
        3, "3-enabled",
        { { { REGISTER }, { ENABLE } },
          { { REGISTER }, { ENABLE }, { UNMASK }, { TRIGGER, .want = 1 },
            { TAKES }, { COMPLETE } } },
        { { DENIED, 3 }, { OK, 3 }, { OK, 1 }, { OK, 0 },
          { DENIED, 3 }, { DENIED, 3 }, { DENIED, 3 }, { true, 7 },
          { true, 3 }, { OK, 0 }, { OK, 3 }, { 0, 3 }, { OK, 3 },
          { OK, 0 }, { 3, 3 } },
        3,
    }, {
        4, "4-running-unregistered",
        { { { REGISTER }, { ENABLE }, { UNMASK }, { TRIGGER, .want = 1 },
            { TAKES }, { UNREGISTER, .want = PENDING } },
          { { REGISTER }, { ENABLE }, { UNMASK }, { TRIGGER, .want = 1 },
            { TAKES }, { DISABLE }, { UNREGISTER, .want = PENDING } } },
        { { DENIED, 4 }, { DENIED, 4 }, { DENIED, 4 }, { PENDING, 4 },
          { DENIED, 4 }, { OK, 4 }, { OK, 0 }, { false, 4 },
          { false, 4 }, { DENIED, 4 }, { OK, 4 }, { 0, 4 }, { OK, 4 },
          { OK, 0 }, { 4, 4 } },
        0,
    }, {
        5, "5-registered-running",
        { { { REGISTER }, { ENABLE }, { UNMASK }, { TRIGGER, .want = 1 },
            { TAKES }, { DISABLE } },
          { { REGISTER }, { UNMASK }, { TRIGGER, .want = 1 }, { ENABLE },
            { TAKES }, { ENABLE }, { DISABLE } } },
        { { DENIED, 5 }, { OK, 7 }, { OK, 5 }, { PENDING, 4 },
          { DENIED, 5 }, { OK, 5 }, { OK, 1 }, { false, 5 },
          { true, 5 }, { DENIED, 4 }, { OK, 5 }, { 0, 5 }, { OK, 5 },
          { OK, 0 }, { 5, 5 } },
        1,
    }, {
        7, "7-enabled-running",
        { { { REGISTER }, { ENABLE }, { UNMASK }, { TRIGGER, .want = 1 },
            { TAKES } },
          { { REGISTER }, { ENABLE }, { UNMASK }, { TRIGGER, .want = 1 },
            { TAKES }, { DISABLE }, { ENABLE } } },
        { { DENIED, 7 }, { OK, 7 }, { OK, 5 }, { PENDING, 4 },
          { DENIED, 7 }, { OK, 7 }, { OK, 3 }, { false, 7 },
          { true, 7 }, { DENIED, 4 }, { OK, 7 }, { 0, 7 }, { OK, 7 },
          { OK, 0 }, { 7, 7 } },
        3,
    },
};

typedef struct CellCase {
    const Row *row;
    Column column;
    uint32_t num;
    bool pending;
    int way;
} CellCase;

static bool is_shared(uint32_t num)
{
    return num == SN || num == SC;
}

/* Does anybody take @ev?  PE 0 is asked last: others could take it wrongly */
static bool anybody_takes(SDEIEvents *m, uint32_t ev)
{
    for (int pe = NUM_PES - 1; pe >= 0; pe--) {
        if (sdei_next_event(m, pe) == ev) {
            sdei_dispatch(m, pe, ev);
            return true;
        }
    }
    return false;
}

static int64_t act(SDEIEvents *m, Column column, uint32_t num)
{
    uint32_t ev = sdei_events_find(m, num);
    bool shared = is_shared(num);

    switch (column) {
    case DO_REGISTER:
        return call(m, &(Step) { REGISTER, 0, num });
    case DO_ENABLE:
        return sdei_event_enable(m, 0, num);
    case DO_DISABLE:
        return sdei_event_disable(m, 0, num);
    case DO_UNREGISTER:
        return sdei_event_unregister(m, 0, num);
    case DO_ROUTING_SET:
        return sdei_event_routing_set(m, 0, num, SDEI_RM_ANY, 0);
    case DO_CONTEXT:
        return sdei_running(m, 0) == SDEI_NONE ? SDEI_DENIED : SDEI_SUCCESS;
    case DO_COMPLETE:
        return complete(m, &(Step) { COMPLETE, 0, num });
    case DO_DISPATCH:
        for (int pe = 0; pe < NUM_PES; pe++) {
            sdei_pe_unmask(m, pe);
        }
        return anybody_takes(m, ev);
    case DO_TRIGGER:
        return sdei_trigger(m, ev, 0);
    case DO_RESET:
        return shared ? sdei_shared_reset(m) : sdei_private_reset(m, 0);
    case DO_OTHER_RESET:
        return shared ? sdei_private_reset(m, 0) : sdei_shared_reset(m);
    case DO_MASK:
        sdei_pe_unmask(m, 0);
        return sdei_pe_mask(m, 0) == 1 ? sdei_pe_mask(m, 0) : -1;
    case DO_UNMASK:
        return sdei_pe_unmask(m, 0);
    case DO_PE_OFF:
        sdei_pe_off(m, 0);
        return 0;
    case DO_STATUS:
        return sdei_event_status(m, 0, num);
    default:
        g_assert_not_reached();
    }
}

static Cell expected(const CellCase *c)
{
    Cell cell = c->row->cell[c->column];

    if (c->column == DO_ROUTING_SET && !is_shared(c->num)) {
        cell.result = INVALID;
    }
    if (c->column == DO_PE_OFF && is_shared(c->num)) {
        cell.next = c->row->off_shared;
    }
    if (c->column == DO_DISPATCH && !c->pending) {
        cell.result = false;
        cell.next = c->row->state;
    }
    return cell;
}

static bool expected_pending(const CellCase *c, Cell cell)
{
    if (!(cell.next & SDEI_STATUS_REGISTERED)) {
        return false;
    }
    if (c->column == DO_TRIGGER) {
        return true;
    }
    return c->pending && !(c->column == DO_DISPATCH && cell.result);
}

static void test_cell(const void *opaque)
{
    const CellCase *c = opaque;
    uint32_t other = is_shared(c->num) ? PN2 : SN2;
    Cell want = expected(c);
    int64_t result;
    uint32_t ev;
    SDEIEvents m;

    machine_init(&m);
    ev = sdei_events_find(&m, c->num);

    for (const Step *s = c->row->reach[c->way]; s->op != END; s++) {
        Step own[2] = { *s };

        own[0].num = c->num;
        if (!run_steps(&m, own)) {
            g_test_message("this state cannot be reached");
            g_test_fail();
            goto out;
        }
    }
    g_assert_cmphex(sdei_event_status(&m, 0, c->num), ==, c->row->state);
    if (c->pending) {
        /* The second instance is one with the first */
        sdei_pe_mask(&m, 0);
        g_assert_true(sdei_trigger(&m, ev, 0));
        g_assert_true(sdei_trigger(&m, ev, 0));
    }
    /* Nothing of this concerns another event, or another PE's private one */
    g_assert_cmpint(call(&m, &(Step) { REGISTER, 1, other }), ==, OK);
    if (!is_shared(c->num)) {
        g_assert_cmpint(call(&m, &(Step) { REGISTER, 1, c->num }), ==, OK);
    }

    result = act(&m, c->column, c->num);

    g_assert_cmpint(result, ==, want.result);
    g_assert_cmphex(sdei_events_handler(&m, ev, 0)->status, ==, want.next);
    g_assert_cmpint(sdei_events_handler(&m, ev, 0)->pending, ==,
                    expected_pending(c, want));
    if (c->column != DO_OTHER_RESET) {
        g_assert_cmphex(sdei_event_status(&m, 1, other), ==, 1);
    }
    if (!is_shared(c->num)) {
        g_assert_cmphex(sdei_event_status(&m, 1, c->num), ==, 1);
    }
    g_assert_cmpstr(sdei_events_check(&m), ==, NULL);
out:
    sdei_events_destroy(&m);
}

static void add_cell(const Row *row, Column column, uint32_t num, bool pending,
                     int way)
{
    static const char *const kind[] = {
        [PN & 7] = "private-normal", [PC & 7] = "private-critical",
        [SN & 7] = "shared-normal", [SC & 7] = "shared-critical",
    };
    CellCase *c = g_new(CellCase, 1);
    g_autofree char *path =
        g_strdup_printf("/arm-sdei/event/state/%s/%s%s%s/%s", kind[num & 7],
                        row->name, pending ? "-pending" : "",
                        way ? "-by-another-way" : "", column_name[column]);

    *c = (CellCase) { row, column, num, pending, way };
    g_test_add_data_func_full(path, c, test_cell, g_free);
}

static void add_cells(void)
{
    static const uint32_t nums[] = { PN, PC, SN, SC };

    for (int i = 0; i < ARRAY_SIZE(rows); i++) {
        for (int j = 0; j < ARRAY_SIZE(nums); j++) {
            for (Column column = 0; column < COLUMNS; column++) {
                for (int way = 0; way < 2; way++) {
                    add_cell(&rows[i], column, nums[j], false, way);
                    if (rows[i].state & SDEI_STATUS_REGISTERED) {
                        add_cell(&rows[i], column, nums[j], true, way);
                    }
                }
            }
        }
    }
}

/* ---- The contract, sentence by sentence ---- */

static const Script scripts[] = {
    /* Arguments */
    {
        "args/unknown-event-is-INVALID_PARAMETERS", {
            { REGISTER, 0, UNKNOWN, INVALID },
            { ENABLE, 0, UNKNOWN, INVALID },
            { DISABLE, 0, UNKNOWN, INVALID },
            { UNREGISTER, 0, UNKNOWN, INVALID },
            { STATUS, 0, UNKNOWN, INVALID },
            { GET_INFO, 0, UNKNOWN, INVALID, .a = SDEI_INFO_TYPE },
            { ROUTING_SET, 0, UNKNOWN, INVALID, .a = SDEI_RM_ANY },
            { SIGNAL, 0, UNKNOWN, INVALID, .a = AFF0 },
            { STATUS, 0, 0xffffffff, INVALID },
            { STATUS, 0, 0x80000000, INVALID },
            { STATUS, 0, 1, INVALID },
        },
    }, {
        "args/entry-of-0-or-misaligned-is-INVALID_PARAMETERS", {
            { REGISTER_AT, 0, PN, INVALID, .c = 0 },
            { REGISTER_AT, 0, PN, INVALID, .c = 1 },
            { REGISTER_AT, 0, PN, INVALID, .c = 2 },
            { REGISTER_AT, 0, PN, INVALID, .c = ENTRY + 3 },
            { REGISTER_AT, 0, PN, INVALID, RM_PE, AFF0, 0 },
            { STATUS, 0, PN, 0 },
            { REGISTER_AT, 0, PN, OK, .c = 0x100000000 },
        },
    }, {
        "args/relative-entry-of-0-is-VBAR-and-allowed", {
            { REGISTER_AT, 0, PN, OK, REL, 0, 0 },
            { REGISTER_AT, 0, SN, OK, REL, 0, 0 },
            { REGISTER_AT, 0, PC, INVALID, REL, 0, 2 },
            { REGISTER_AT, 0, PC, OK, REL, 0, -0x800 },
        },
    }, {
        "args/REGISTER-flags-other-than-bits-0-and-1-are-INVALID_PARAMETERS", {
            { REGISTER, 0, SN, INVALID, 1 << 2 },
            { REGISTER, 0, SN, INVALID, 1u << 31 },
            { REGISTER, 0, SN, INVALID, 1ull << 32 },
            { REGISTER, 0, SN, INVALID, 1ull << 63 },
            { REGISTER, 0, SN, INVALID, UINT64_MAX },
            { REGISTER, 0, SN, INVALID, 1ull << 33 | RM_PE, AFF1 },
            { STATUS, 0, SN, 0 },
            { REGISTER, 0, SN, OK, RM_PE | REL, AFF1 },
        },
    }, {
        "args/private-event-refuses-unknown-flags-too", {
            { REGISTER, 0, PN, INVALID, 1 << 2 },
            { REGISTER, 0, PN, INVALID, 1ull << 32 },
            { STATUS, 0, PN, 0 },
        },
    }, {
        "args/private-event-ignores-mode-and-affinity", {
            { REGISTER, 0, PN, OK, RM_PE, NO_PE },
            { REGISTER, 1, PN, OK, RM_PE, UINT64_MAX },
            { ENABLE, 0, PN }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN },
        },
    }, {
        "args/REGISTER-RM_PE-with-no-such-PE-is-INVALID_PARAMETERS", {
            { REGISTER, 0, SN, INVALID, RM_PE, NO_PE },
            { REGISTER, 0, SN, INVALID, RM_PE, NO_PE | 1ull << 31 },
            { REGISTER, 0, SN, INVALID, RM_PE, AFF1 | 1ull << 39 },
            { REGISTER, 0, SN, INVALID, RM_PE, AFF1 | 1ull << 23 },
            { REGISTER, 0, SN, INVALID, RM_PE, (uint32_t)AFF3 },
            { REGISTER, 0, SN, INVALID, RM_PE, UINT64_MAX },
            { STATUS, 0, SN, 0 },
            { REGISTER, 0, SN, OK, RM_PE, AFF3 },
        },
    }, {
        "args/of-an-affinity-Aff3-to-Aff0-count", {
            { REGISTER, 0, SN, OK, RM_PE, MPIDR(AFF1) },
            { GET_INFO, 0, SN, AFF1, SDEI_INFO_ROUTING_AFFINITY },
            { ROUTING_SET, 0, SN, OK, SDEI_RM_PE, MPIDR(AFF3) },
            { GET_INFO, 0, SN, AFF3, SDEI_INFO_ROUTING_AFFINITY },
            { ROUTING_SET, 0, SN, OK, SDEI_RM_PE, AFF2 | 0xffffff00ff000000 },
            { GET_INFO, 0, SN, AFF2, SDEI_INFO_ROUTING_AFFINITY },
            { REGISTER, 3, EV0 }, { SIGNAL, 0, EV0, OK, MPIDR(AFF3) },
            { PENDS, 3, EV0, 1 },
        },
    }, {
        "args/REGISTER-RM_ANY-ignores-affinity", {
            { REGISTER, 0, SN, OK, 0, NO_PE },
            { REGISTER, 0, SC, OK, 0, UINT64_MAX },
        },
    }, {
        "args/INVALID_PARAMETERS-comes-before-DENIED", {
            { REGISTER, 0, SN },
            { REGISTER, 0, SN, INVALID, 1 << 2 },
            { REGISTER, 0, SN, INVALID, RM_PE, NO_PE },
            { REGISTER_AT, 0, SN, INVALID, .c = 0 },
            { ENABLE, 0, SN },
            { ROUTING_SET, 0, SN, INVALID, 2 },
            { ROUTING_SET, 0, SN, INVALID, SDEI_RM_PE, NO_PE },
            { ROUTING_SET, 0, PN, INVALID, SDEI_RM_ANY },
            { ROUTING_SET, 0, SN, DENIED, SDEI_RM_ANY },
            { GET_INFO, 0, PN, INVALID, SDEI_INFO_ROUTING_MODE },
            { GET_INFO, 0, SC, INVALID, 5 },
        },
    },
    /* EVENT_GET_INFO */
    {
        "info/type-signalable-priority-need-no-registration", {
            { GET_INFO, 0, EV0, 0, SDEI_INFO_TYPE },
            { GET_INFO, 0, EV0, 0, SDEI_INFO_NOT_SIGNALABLE },
            { GET_INFO, 0, EV0, 0, SDEI_INFO_PRIORITY },
            { GET_INFO, 0, PC, 0, SDEI_INFO_TYPE },
            { GET_INFO, 0, PC, 1, SDEI_INFO_NOT_SIGNALABLE },
            { GET_INFO, 0, PC, 1, SDEI_INFO_PRIORITY },
            { GET_INFO, 0, SN, 1, SDEI_INFO_TYPE },
            { GET_INFO, 0, SN, 1, SDEI_INFO_NOT_SIGNALABLE },
            { GET_INFO, 0, SN, 0, SDEI_INFO_PRIORITY },
            { GET_INFO, 0, SC, 1, SDEI_INFO_PRIORITY },
        },
    }, {
        "info/unknown-info-is-INVALID_PARAMETERS", {
            { GET_INFO, 0, EV0, INVALID, 5 },
            { GET_INFO, 0, SN, INVALID, 5 },
            { GET_INFO, 0, SN, INVALID, UINT32_MAX },
        },
    }, {
        "info/routing-of-a-private-event-is-INVALID_PARAMETERS", {
            { GET_INFO, 0, PN, INVALID, SDEI_INFO_ROUTING_MODE },
            { GET_INFO, 0, PN, INVALID, SDEI_INFO_ROUTING_AFFINITY },
            { REGISTER, 0, PN, OK, RM_PE, AFF0 },
            { GET_INFO, 0, PN, INVALID, SDEI_INFO_ROUTING_MODE },
            { GET_INFO, 0, PN, INVALID, SDEI_INFO_ROUTING_AFFINITY },
        },
    }, {
        "info/routing-of-an-unregistered-event-is-DENIED", {
            { GET_INFO, 0, SN, DENIED, SDEI_INFO_ROUTING_MODE },
            { GET_INFO, 0, SN, DENIED, SDEI_INFO_ROUTING_AFFINITY },
            { REGISTER, 0, SN, OK, RM_PE, AFF1 },
            { UNREGISTER, 0, SN },
            { GET_INFO, 0, SN, DENIED, SDEI_INFO_ROUTING_MODE },
            { GET_INFO, 0, SN, DENIED, SDEI_INFO_ROUTING_AFFINITY },
        },
    }, {
        "info/routing-while-running-unregistered-is-DENIED", {
            { REGISTER, 0, SN, OK, RM_PE, AFF0 }, { ENABLE, 0, SN },
            { UNMASK, 0 }, { TRIGGER, 0, SN, 1 }, { TAKES, 0, SN },
            { GET_INFO, 1, SN, AFF0, SDEI_INFO_ROUTING_AFFINITY },
            { UNREGISTER, 0, SN, PENDING },
            { GET_INFO, 0, SN, DENIED, SDEI_INFO_ROUTING_MODE },
            { GET_INFO, 0, SN, DENIED, SDEI_INFO_ROUTING_AFFINITY },
        },
    }, {
        "info/affinity-of-an-RM_ANY-event-is-INVALID_PARAMETERS", {
            { REGISTER, 0, SN },
            { GET_INFO, 0, SN, 0, SDEI_INFO_ROUTING_MODE },
            { GET_INFO, 0, SN, INVALID, SDEI_INFO_ROUTING_AFFINITY },
        },
    }, {
        "info/affinity-of-an-RM_PE-event-has-all-64-bits", {
            { REGISTER, 0, SN, OK, RM_PE, AFF3 },
            { GET_INFO, 1, SN, 1, SDEI_INFO_ROUTING_MODE },
            { GET_INFO, 1, SN, AFF3, SDEI_INFO_ROUTING_AFFINITY },
        },
    },
    /* EVENT_ROUTING_SET */
    {
        "routing/private-or-unknown-event-is-INVALID_PARAMETERS", {
            { REGISTER, 0, PN },
            { ROUTING_SET, 0, PN, INVALID, SDEI_RM_ANY },
            { ROUTING_SET, 0, PN, INVALID, SDEI_RM_PE, AFF0 },
            { ROUTING_SET, 0, UNKNOWN, INVALID, SDEI_RM_PE, AFF0 },
        },
    }, {
        "routing/bad-mode-or-affinity-is-INVALID_PARAMETERS", {
            { REGISTER, 0, SN },
            { ROUTING_SET, 0, SN, INVALID, 2 },
            { ROUTING_SET, 0, SN, INVALID, 1ull << 32 },
            { ROUTING_SET, 0, SN, INVALID, 1ull << 32 | SDEI_RM_PE, AFF0 },
            { ROUTING_SET, 0, SN, INVALID, UINT64_MAX },
            { ROUTING_SET, 0, SN, INVALID, SDEI_RM_PE, NO_PE },
            { ROUTING_SET, 0, SN, INVALID, SDEI_RM_PE, NO_PE | 1ull << 31 },
            { GET_INFO, 0, SN, 0, SDEI_INFO_ROUTING_MODE },
        },
    }, {
        "routing/can-be-changed-while-registered-and-disabled", {
            { REGISTER, 0, SN },
            { ROUTING_SET, 1, SN, OK, SDEI_RM_PE, AFF2 },
            { GET_INFO, 0, SN, AFF2, SDEI_INFO_ROUTING_AFFINITY },
            { ROUTING_SET, 1, SN, OK, SDEI_RM_PE, AFF3 },
            { GET_INFO, 0, SN, AFF3, SDEI_INFO_ROUTING_AFFINITY },
            { ROUTING_SET, 1, SN, OK, SDEI_RM_ANY, NO_PE },
            { GET_INFO, 0, SN, 0, SDEI_INFO_ROUTING_MODE },
        },
    }, {
        "routing/a-pending-event-follows-its-new-routing", {
            { REGISTER, 0, SN, OK, RM_PE, AFF1 },
            { UNMASK, 1 }, { UNMASK, 2 },
            { TRIGGER, 0, SN, 1 },
            { ROUTING_SET, 0, SN, OK, SDEI_RM_PE, AFF2 },
            { PENDS, 0, SN, 1 },
            { ENABLE, 0, SN },
            { TARGET, 0, SN, 2 },
            { TAKES, 1, NOTHING }, { TAKES, 2, SN },
        },
    }, {
        "routing/a-pending-RM_PE-event-made-RM_ANY-goes-to-any", {
            { REGISTER, 0, SN, OK, RM_PE, AFF1 },
            { UNMASK, 3 }, { TRIGGER, 0, SN, 1 },
            { DISABLE, 0, SN },
            { ROUTING_SET, 0, SN, OK, SDEI_RM_ANY },
            { ENABLE, 0, SN },
            { TARGET, 0, SN, 3 }, { TAKES, 3, SN },
        },
    }, {
        "routing/RM_PE-goes-to-that-PE-only", {
            { REGISTER, 0, SN, OK, RM_PE, AFF2 }, { ENABLE, 0, SN },
            { UNMASK, 0 }, { UNMASK, 1 }, { UNMASK, 2 }, { UNMASK, 3 },
            { TRIGGER, 0, SN, 1 }, { TARGET, 0, SN, 2 }, { TAKERS, 0, SN, 1 },
            { TAKES, 0, NOTHING }, { TAKES, 1, NOTHING },
            { TAKES, 3, NOTHING }, { TAKES, 2, SN },
        },
    }, {
        "routing/RM_PE-waits-while-its-PE-is-masked", {
            { REGISTER, 0, SN, OK, RM_PE, AFF1 }, { ENABLE, 0, SN },
            { UNMASK, 0 }, { UNMASK, 2 }, { UNMASK, 3 },
            { TRIGGER, 0, SN, 1 }, { TARGET, 0, SN, -1 },
            { TAKERS, 0, SN, 0 }, { PENDS, 0, SN, 1 },
            { UNMASK, 1 }, { TARGET, 0, SN, 1 }, { TAKES, 1, SN },
        },
    }, {
        "routing/RM_PE-waits-while-its-PE-runs-its-class", {
            { REGISTER, 1, PN }, { ENABLE, 1, PN }, { UNMASK, 1 },
            { TRIGGER, 1, PN, 1 }, { TAKES, 1, PN },
            { REGISTER, 0, SN, OK, RM_PE, AFF1 }, { ENABLE, 0, SN },
            { UNMASK, 0 }, { TRIGGER, 0, SN, 1 },
            { TARGET, 0, SN, -1 }, { TAKERS, 0, SN, 0 },
            { COMPLETE, 1, PN }, { TARGET, 0, SN, 1 }, { TAKES, 1, SN },
        },
    }, {
        "routing/RM_PE-waits-for-a-PE-that-is-off", {
            { REGISTER, 0, SN, OK, RM_PE, AFF1 }, { ENABLE, 0, SN },
            { UNMASK, 0 }, { UNMASK, 1 }, { PE_OFF, 1 },
            { TRIGGER, 0, SN, 1 }, { TARGET, 0, SN, -1 },
            { TAKES, 0, NOTHING }, { PENDS, 0, SN, 1 },
            { UNMASK, 1 }, { TAKES, 1, SN },
        },
    },
    /* RM_ANY */
    {
        "any/goes-to-exactly-one-PE", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN },
            { UNMASK, 0 }, { UNMASK, 1 }, { UNMASK, 2 }, { UNMASK, 3 },
            { TRIGGER, 0, SN, 1 }, { TAKERS, 0, SN, 1 }, { TAKERS, 0, SN, 1 },
        },
    }, {
        "any/waits-until-a-PE-can-take-it", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { TRIGGER, 0, SN, 1 },
            { TARGET, 0, SN, -1 }, { TAKERS, 0, SN, 0 }, { PENDS, 0, SN, 1 },
            { UNMASK, 2 }, { TARGET, 0, SN, 2 }, { TAKERS, 0, SN, 1 },
            { TAKES, 2, SN }, { TARGET, 0, SN, -1 }, { TAKERS, 0, SN, 0 },
        },
    }, {
        "any/is-elected-again-when-the-elected-PE-masks", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { UNMASK, 1 },
            { TRIGGER, 0, SN, 1 }, { TARGET, 0, SN, 1 },
            { UNMASK, 3 }, { MASK, 1, .want = 1 },
            { TARGET, 0, SN, 3 }, { TAKERS, 0, SN, 1 },
            { MASK, 3, .want = 1 }, { TARGET, 0, SN, -1 },
            { UNMASK, 0 }, { TARGET, 0, SN, 0 }, { TAKES, 0, SN },
        },
    }, {
        "any/is-elected-again-when-the-elected-PE-goes-off", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { UNMASK, 1 },
            { TRIGGER, 0, SN, 1 }, { TARGET, 0, SN, 1 },
            { PE_OFF, 1 }, { TARGET, 0, SN, -1 }, { PENDS, 0, SN, 1 },
            { UNMASK, 2 }, { TARGET, 0, SN, 2 }, { TAKES, 2, SN },
        },
    }, {
        "any/is-elected-again-when-the-elected-PE-takes-another", {
            { REGISTER, 1, PN }, { ENABLE, 1, PN },
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { UNMASK, 1 },
            { TRIGGER, 0, SN, 1 }, { TARGET, 0, SN, 1 },
            { TRIGGER, 1, PN, 1 }, { TAKES, 1, PN },
            { TARGET, 0, SN, -1 }, { UNMASK, 2 }, { TARGET, 0, SN, 2 },
            { TAKES, 2, SN }, { TAKES, 1, NOTHING },
        },
    }, {
        "any/runs-once-at-a-time", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN },
            { UNMASK, 0 }, { UNMASK, 1 }, { UNMASK, 2 },
            { MASK, 0, .want = 1 }, { MASK, 2, .want = 1 },
            { TRIGGER, 0, SN, 1 }, { TAKES, 1, SN },
            { UNMASK, 0 }, { UNMASK, 2 }, { TRIGGER, 0, SN, 1 },
            { TARGET, 0, SN, -1 }, { TAKERS, 0, SN, 0 },
            { COMPLETE, 0, NOTHING, DENIED }, { COMPLETE, 1, SN },
            { TAKERS, 0, SN, 1 },
        },
    }, {
        "any/critical-goes-to-a-PE-in-a-normal-handler", {
            { REGISTER, 0, SN, OK, RM_PE, AFF1 }, { ENABLE, 0, SN },
            { UNMASK, 1 }, { TRIGGER, 0, SN, 1 }, { TAKES, 1, SN },
            { REGISTER, 0, SC }, { ENABLE, 0, SC }, { TRIGGER, 0, SC, 1 },
            { TARGET, 0, SC, 1 }, { TAKES, 1, SC }, { RUNS, 1, SC },
        },
    }, {
        "any/two-events-need-not-wait-for-the-same-PE", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN },
            { REGISTER, 0, SN2 }, { ENABLE, 0, SN2 },
            { UNMASK, 2 }, { TRIGGER, 0, SN, 1 }, { TRIGGER, 0, SN2, 1 },
            { TAKES, 2, SN }, { TARGET, 0, SN2, -1 },
            { UNMASK, 0 }, { TARGET, 0, SN2, 0 }, { TAKES, 0, SN2 },
            { RUNS, 2, SN }, { RUNS, 0, SN2 },
        },
    },
    /* Priorities */
    {
        "priority/critical-preempts-a-running-normal-handler", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN },
            { REGISTER, 0, PC }, { ENABLE, 0, PC }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN },
            { TRIGGER, 0, PC, 1 }, { TAKES, 0, PC }, { RUNS, 0, PC },
            { STATUS, 0, PN, 7 }, { STATUS, 0, PC, 7 },
        },
    }, {
        "priority/normal-does-not-preempt-normal", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN },
            { REGISTER, 0, PN2 }, { ENABLE, 0, PN2 }, { UNMASK, 0 },
            { TRIGGER, 0, PN2, 1 }, { TAKES, 0, PN2 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, NOTHING },
            { COMPLETE, 0, PN2 }, { TAKES, 0, PN },
        },
    }, {
        "priority/critical-does-not-preempt-critical", {
            { REGISTER, 0, PC }, { ENABLE, 0, PC },
            { REGISTER, 0, PC2 }, { ENABLE, 0, PC2 }, { UNMASK, 0 },
            { TRIGGER, 0, PC2, 1 }, { TAKES, 0, PC2 },
            { TRIGGER, 0, PC, 1 }, { TAKES, 0, NOTHING },
            { COMPLETE, 0, PC2 }, { TAKES, 0, PC },
        },
    }, {
        "priority/normal-does-not-preempt-critical", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN },
            { REGISTER, 0, PC }, { ENABLE, 0, PC }, { UNMASK, 0 },
            { TRIGGER, 0, PC, 1 }, { TAKES, 0, PC },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, NOTHING },
            { COMPLETE, 0, PC }, { TAKES, 0, PN },
        },
    }, {
        "priority/at-most-two-handlers-nest", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN },
            { REGISTER, 0, PC }, { ENABLE, 0, PC },
            { REGISTER, 0, SC2 }, { ENABLE, 0, SC2 }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN },
            { TRIGGER, 0, SC2, 1 }, { TAKES, 0, SC2 },
            { TRIGGER, 0, PC, 1 }, { TAKES, 0, NOTHING },
            { COMPLETE, 0, SC2 }, { RUNS, 0, PN }, { TAKES, 0, PC },
            { COMPLETE, 0, PC }, { COMPLETE, 0, PN },
            { COMPLETE, 0, NOTHING, DENIED },
        },
    }, {
        "priority/calls-concern-the-innermost-handler", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN },
            { REGISTER, 0, PC }, { ENABLE, 0, PC }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN },
            { TRIGGER, 0, PC, 1 }, { TAKES, 0, PC },
            { COMPLETE, 0, PC }, { STATUS, 0, PC, 3 }, { STATUS, 0, PN, 7 },
            { RUNS, 0, PN }, { RUNS, 1, NOTHING },
            { COMPLETE, 0, PN }, { STATUS, 0, PN, 3 }, { RUNS, 0, NOTHING },
        },
    }, {
        "priority/critical-is-first-whatever-its-number", {
            { REGISTER, 0, EV0 }, { ENABLE, 0, EV0 },
            { REGISTER, 0, SC2 }, { ENABLE, 0, SC2 },
            { SIGNAL, 0, EV0, OK, AFF0 }, { TRIGGER, 0, SC2, 1 },
            { UNMASK, 0 }, { TAKES, 0, SC2 }, { TAKES, 0, NOTHING },
            { COMPLETE, 0, SC2 }, { TAKES, 0, EV0 },
        },
    }, {
        "priority/among-critical-events-the-lowest-number-is-first", {
            { REGISTER, 0, SC2 }, { ENABLE, 0, SC2 }, { TRIGGER, 0, SC2, 1 },
            { REGISTER, 0, PC2 }, { ENABLE, 0, PC2 }, { TRIGGER, 0, PC2, 1 },
            { REGISTER, 0, SC }, { ENABLE, 0, SC }, { TRIGGER, 0, SC, 1 },
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { TRIGGER, 0, PN, 1 },
            { UNMASK, 0 },
            { TAKES, 0, SC }, { COMPLETE, 0, SC },
            { TAKES, 0, PC2 }, { COMPLETE, 0, PC2 },
            { TAKES, 0, SC2 }, { COMPLETE, 0, SC2 },
            { TAKES, 0, PN }, { COMPLETE, 0, PN }, { TAKES, 0, NOTHING },
        },
    }, {
        "priority/among-normal-events-the-lowest-number-is-first", {
            { REGISTER, 0, PN2 }, { ENABLE, 0, PN2 }, { TRIGGER, 0, PN2, 1 },
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { TRIGGER, 0, SN, 1 },
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { TRIGGER, 0, PN, 1 },
            { UNMASK, 0 },
            { TAKES, 0, PN }, { COMPLETE, 0, PN },
            { TAKES, 0, SN }, { COMPLETE, 0, SN },
            { TAKES, 0, PN2 }, { COMPLETE, 0, PN2 }, { TAKES, 0, NOTHING },
        },
    },
    /* Pending */
    {
        "pending/signal-to-a-masked-PE-is-delivered-at-PE_UNMASK", {
            { REGISTER, 1, EV0 }, { ENABLE, 1, EV0 },
            { SIGNAL, 0, EV0, OK, AFF1 }, { TAKES, 1, NOTHING },
            { UNMASK, 1 }, { TAKES, 1, EV0 },
        },
    }, {
        "pending/signal-while-disabled-is-delivered-at-ENABLE", {
            { REGISTER, 1, EV0 }, { UNMASK, 1 },
            { SIGNAL, 0, EV0, OK, AFF1 }, { TAKES, 1, NOTHING },
            { ENABLE, 1, EV0 }, { TAKES, 1, EV0 },
        },
    }, {
        "pending/at-most-one-instance", {
            { REGISTER, 1, EV0 }, { ENABLE, 1, EV0 },
            { SIGNAL, 0, EV0, OK, AFF1 }, { SIGNAL, 0, EV0, OK, AFF1 },
            { SIGNAL, 2, EV0, OK, AFF1 }, { UNMASK, 1 },
            { TAKES, 1, EV0 }, { COMPLETE, 1, EV0 }, { TAKES, 1, NOTHING },
        },
    }, {
        "pending/signal-while-the-handler-runs-is-delivered-after-it", {
            { REGISTER, 1, EV0 }, { ENABLE, 1, EV0 }, { UNMASK, 1 },
            { SIGNAL, 0, EV0, OK, AFF1 }, { TAKES, 1, EV0 },
            { SIGNAL, 0, EV0, OK, AFF1 }, { SIGNAL, 0, EV0, OK, AFF1 },
            { TAKES, 1, NOTHING }, { COMPLETE, 1, EV0 }, { TAKES, 1, EV0 },
            { COMPLETE, 1, EV0 }, { TAKES, 1, NOTHING },
        },
    }, {
        "pending/DISABLE-keeps-it", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { DISABLE, 0, PN },
            { TAKES, 0, NOTHING }, { PENDS, 0, PN, 1 },
            { ENABLE, 0, PN }, { TAKES, 0, PN },
        },
    }, {
        "pending/PE_MASK-keeps-it", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { MASK, 0, .want = 1 },
            { TAKES, 0, NOTHING }, { UNMASK, 0 }, { TAKES, 0, PN },
        },
    }, {
        "pending/UNREGISTER-clears-it", {
            { REGISTER, 0, PN }, { TRIGGER, 0, PN, 1 },
            { UNREGISTER, 0, PN }, { PENDS, 0, PN, 0 },
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { UNMASK, 0 },
            { TAKES, 0, NOTHING },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN },
        },
    }, {
        "pending/UNREGISTER-of-a-shared-event-clears-it", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { TRIGGER, 0, SN, 1 },
            { UNREGISTER, 3, SN }, { PENDS, 0, SN, 0 },
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { UNMASK, 0 },
            { TARGET, 0, SN, -1 }, { TAKES, 0, NOTHING },
        },
    }, {
        "pending/UNREGISTER-in-the-handler-clears-it", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN },
            { TRIGGER, 0, PN, 1 }, { UNREGISTER, 0, PN, PENDING },
            { COMPLETE, 0, PN }, { STATUS, 0, PN, 0 },
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { TAKES, 0, NOTHING },
        },
    }, {
        "pending/trigger-before-REGISTER-is-not-kept", {
            { TRIGGER, 0, PN, 0 }, { TRIGGER, 0, SN, 0 },
            { REGISTER, 0, PN }, { ENABLE, 0, PN },
            { REGISTER, 0, SN }, { ENABLE, 0, SN },
            { UNMASK, 0 }, { TAKES, 0, NOTHING },
        },
    }, {
        "pending/trigger-between-REGISTER-and-ENABLE-fires-on-ENABLE", {
            { REGISTER, 0, SN }, { UNMASK, 0 }, { TRIGGER, 0, SN, 1 },
            { TAKES, 0, NOTHING }, { TARGET, 0, SN, -1 },
            { ENABLE, 0, SN }, { TAKES, 0, SN },
        },
    }, {
        "pending/a-private-trigger-concerns-its-PE-only", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { UNMASK, 0 },
            { REGISTER, 1, PN }, { ENABLE, 1, PN }, { UNMASK, 1 },
            { TRIGGER, 1, PN, 1 }, { TRIGGER, 2, PN, 0 },
            { TAKES, 0, NOTHING }, { PENDS, 0, PN, 0 }, { TAKES, 1, PN },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN },
        },
    },
    /* EVENT_SIGNAL */
    {
        "signal/self-and-others", {
            { REGISTER, 0, EV0 }, { ENABLE, 0, EV0 }, { UNMASK, 0 },
            { REGISTER, 3, EV0 }, { ENABLE, 3, EV0 }, { UNMASK, 3 },
            { SIGNAL, 0, EV0, OK, AFF0 }, { TAKES, 3, NOTHING },
            { TAKES, 0, EV0 }, { SIGNAL, 0, EV0, OK, AFF3 }, { TAKES, 3, EV0 },
        },
    }, {
        "signal/an-event-not-signalable-is-INVALID_PARAMETERS", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN },
            { REGISTER, 0, SN }, { ENABLE, 0, SN },
            { SIGNAL, 0, PN, INVALID, AFF0 }, { PENDS, 0, PN, 0 },
            { SIGNAL, 0, SN, INVALID, AFF0 }, { PENDS, 0, SN, 0 },
        },
    }, {
        "signal/an-MPIDR-that-names-no-PE-is-INVALID_PARAMETERS", {
            { REGISTER, 0, EV0 }, { REGISTER, 3, EV0 },
            { SIGNAL, 0, EV0, INVALID, NO_PE },
            { SIGNAL, 0, EV0, INVALID, NO_PE | 1ull << 31 },
            { SIGNAL, 0, EV0, INVALID, AFF0 | 1ull << 23 },
            { SIGNAL, 0, EV0, INVALID, AFF0 | 1ull << 39 },
            { SIGNAL, 0, EV0, INVALID, (uint32_t)AFF3 },
            { SIGNAL, 0, EV0, INVALID, UINT64_MAX },
            { PENDS, 0, EV0, 0 }, { PENDS, 3, EV0, 0 },
        },
    }, {
        "signal/an-event-not-registered-there-is-INVALID_PARAMETERS", {
            { REGISTER, 0, EV0 },
            { SIGNAL, 0, EV0, INVALID, AFF1 }, { SIGNAL, 1, EV0, OK, AFF0 },
        },
    }, {
        "signal/while-running-unregistered-is-INVALID_PARAMETERS", {
            { REGISTER, 0, EV0 }, { ENABLE, 0, EV0 }, { UNMASK, 0 },
            { SIGNAL, 0, EV0, OK, AFF0 }, { TAKES, 0, EV0 },
            { UNREGISTER, 0, EV0, PENDING },
            { SIGNAL, 0, EV0, INVALID, AFF0 }, { PENDS, 0, EV0, 0 },
            { COMPLETE, 0, EV0 }, { SIGNAL, 0, EV0, INVALID, AFF0 },
        },
    }, {
        "signal/to-a-PE-that-is-off-is-INVALID_PARAMETERS", {
            { REGISTER, 1, EV0 }, { ENABLE, 1, EV0 }, { UNMASK, 1 },
            { SIGNAL, 0, EV0, OK, AFF1 }, { PE_OFF, 1 },
            { SIGNAL, 0, EV0, INVALID, AFF1 },
            { UNMASK, 1 }, { TAKES, 1, NOTHING },
        },
    },
    /* PE_MASK, PE_UNMASK */
    {
        "mask/result-is-1-only-if-this-call-masked", {
            { MASK, 0, .want = 0 }, { UNMASK, 0 }, { UNMASK, 0 },
            { MASK, 0, .want = 1 }, { MASK, 0, .want = 0 },
            { UNMASK, 1 }, { MASK, 0, .want = 0 }, { MASK, 1, .want = 1 },
        },
    }, {
        "mask/all-PEs-are-masked-after-reset", {
            { UNMASK, 0 }, { UNMASK, 1 }, { UNMASK, 2 }, { UNMASK, 3 },
            { RESET },
            { MASK, 0, .want = 0 }, { MASK, 1, .want = 0 },
            { MASK, 2, .want = 0 }, { MASK, 3, .want = 0 },
        },
    }, {
        "mask/in-a-handler-it-takes-effect-after-it-completes", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN },
            { MASK, 0, .want = 1 }, { TRIGGER, 0, PN, 1 }, { RUNS, 0, PN },
            { COMPLETE, 0, PN }, { TAKES, 0, NOTHING },
            { UNMASK, 0 }, { TAKES, 0, PN },
        },
    },
    /* Resets */
    {
        "reset/PRIVATE_RESET-unregisters-the-private-events-of-this-PE", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { TRIGGER, 0, PN, 1 },
            { REGISTER, 0, EV0 }, { REGISTER, 1, PN }, { ENABLE, 1, PN },
            { REGISTER, 0, SN }, { TRIGGER, 0, SN, 1 },
            { PRIVATE_RESET, 0 },
            { STATUS, 0, PN, 0 }, { PENDS, 0, PN, 0 }, { STATUS, 0, EV0, 0 },
            { STATUS, 1, PN, 3 }, { STATUS, 0, SN, 1 }, { PENDS, 0, SN, 1 },
        },
    }, {
        "reset/PRIVATE_RESET-does-not-change-the-mask", {
            { UNMASK, 0 }, { PRIVATE_RESET, 0 }, { MASK, 0, .want = 1 },
            { PRIVATE_RESET, 0 }, { MASK, 0, .want = 0 },
        },
    }, {
        "reset/PRIVATE_RESET-in-a-private-handler-resets-the-rest", {
            { REGISTER, 0, EV0 }, { ENABLE, 0, EV0 },
            { REGISTER, 0, PN }, { ENABLE, 0, PN },
            { REGISTER, 0, PC }, { ENABLE, 0, PC }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN }, { TRIGGER, 0, PN, 1 },
            { PRIVATE_RESET, 0, .want = DENIED },
            { STATUS, 0, EV0, 0 }, { STATUS, 0, PC, 0 }, { STATUS, 0, PN, 4 },
            { PENDS, 0, PN, 0 }, { PRIVATE_RESET, 0, .want = DENIED },
            { COMPLETE, 0, PN }, { STATUS, 0, PN, 0 }, { PRIVATE_RESET, 0 },
        },
    }, {
        "reset/PRIVATE_RESET-in-a-shared-handler-succeeds", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { UNMASK, 0 },
            { TRIGGER, 0, SN, 1 }, { TAKES, 0, SN }, { REGISTER, 0, PN },
            { PRIVATE_RESET, 0 }, { STATUS, 0, PN, 0 }, { STATUS, 0, SN, 7 },
        },
    }, {
        "reset/PRIVATE_RESET-while-another-PE-is-in-a-handler-succeeds", {
            { REGISTER, 1, EV0 }, { ENABLE, 1, EV0 }, { UNMASK, 1 },
            { SIGNAL, 0, EV0, OK, AFF1 }, { TAKES, 1, EV0 },
            { PRIVATE_RESET, 0 }, { SHARED_RESET, 0 },
            { REGISTER, 0, EV0 }, { ENABLE, 0, EV0 }, { UNMASK, 0 },
            { SIGNAL, 0, EV0, OK, AFF0 }, { TAKES, 0, EV0 },
            { STATUS, 1, EV0, 7 }, { PE_OFF, 1 }, { STATUS, 1, EV0, 0 },
        },
    }, {
        "reset/SHARED_RESET-unregisters-the-shared-events", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { TRIGGER, 0, SN, 1 },
            { REGISTER, 1, SC, OK, RM_PE, AFF2 }, { REGISTER, 0, PN },
            { SHARED_RESET, 3 },
            { STATUS, 0, SN, 0 }, { PENDS, 0, SN, 0 }, { STATUS, 0, SC, 0 },
            { STATUS, 0, PN, 1 }, { UNMASK, 0 }, { MASK, 0, .want = 1 },
        },
    }, {
        "reset/SHARED_RESET-while-a-shared-handler-runs-anywhere-is-DENIED", {
            { REGISTER, 0, SN, OK, RM_PE, AFF2 }, { ENABLE, 0, SN },
            { REGISTER, 0, SC }, { UNMASK, 2 },
            { TRIGGER, 0, SN, 1 }, { TAKES, 2, SN }, { TRIGGER, 0, SN, 1 },
            { SHARED_RESET, 0, .want = DENIED },
            { STATUS, 0, SN, 4 }, { PENDS, 0, SN, 0 }, { STATUS, 0, SC, 0 },
            { SHARED_RESET, 1, .want = DENIED },
            { COMPLETE, 2, SN }, { STATUS, 0, SN, 0 }, { SHARED_RESET, 0 },
        },
    }, {
        "reset/SHARED_RESET-in-a-private-handler-succeeds", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN }, { REGISTER, 0, SN },
            { SHARED_RESET, 0 }, { STATUS, 0, SN, 0 }, { STATUS, 0, PN, 7 },
        },
    }, {
        "reset/machine-reset-forgets-everything", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN }, { TRIGGER, 0, PN, 1 },
            { REGISTER, 0, SC, OK, RM_PE, AFF0 }, { ENABLE, 0, SC },
            { TRIGGER, 0, SC, 1 }, { TAKES, 0, SC }, { TRIGGER, 0, SC, 1 },
            { RESET },
            { STATUS, 0, PN, 0 }, { STATUS, 0, SC, 0 }, { RUNS, 0, NOTHING },
            { PENDS, 0, PN, 0 }, { PENDS, 0, SC, 0 },
            { COMPLETE, 0, NOTHING, DENIED }, { MASK, 0, .want = 0 },
            { REGISTER, 0, SC }, { ENABLE, 0, SC }, { UNMASK, 0 },
            { TAKES, 0, NOTHING },
        },
    },
    /* Power */
    {
        "power/off-masks-and-forgets-private-registrations", {
            { REGISTER, 1, PN }, { ENABLE, 1, PN }, { TRIGGER, 1, PN, 1 },
            { REGISTER, 0, PN }, { UNMASK, 1 }, { PE_OFF, 1 },
            { STATUS, 1, PN, 0 }, { PENDS, 1, PN, 0 }, { STATUS, 0, PN, 1 },
            { TRIGGER, 1, PN, 0 }, { MASK, 1, .want = 0 },
            { REGISTER, 1, PN }, { ENABLE, 1, PN }, { UNMASK, 1 },
            { TAKES, 1, NOTHING },
        },
    }, {
        "power/off-in-a-shared-handler-leaves-it-as-before", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { UNMASK, 1 },
            { TRIGGER, 0, SN, 1 }, { TAKES, 1, SN }, { PE_OFF, 1 },
            { STATUS, 0, SN, 3 }, { RUNS, 1, NOTHING },
            { COMPLETE, 1, NOTHING, DENIED },
            { UNMASK, 0 }, { TAKES, 0, NOTHING },
            { TRIGGER, 0, SN, 1 }, { TAKES, 0, SN },
        },
    }, {
        "power/off-in-a-handler-keeps-a-shared-pending-instance", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { UNMASK, 1 },
            { TRIGGER, 0, SN, 1 }, { TAKES, 1, SN }, { TRIGGER, 0, SN, 1 },
            { UNMASK, 0 }, { TAKES, 0, NOTHING },
            { PE_OFF, 1 }, { TARGET, 0, SN, 0 }, { TAKES, 0, SN },
        },
    }, {
        "power/off-in-a-handler-that-is-disabled-or-to-be-unregistered", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { UNMASK, 1 },
            { TRIGGER, 0, SN, 1 }, { TAKES, 1, SN },
            { REGISTER, 0, SC }, { ENABLE, 0, SC },
            { TRIGGER, 0, SC, 1 }, { TAKES, 1, SC },
            { DISABLE, 0, SN }, { UNREGISTER, 0, SC, PENDING },
            { PE_OFF, 1 }, { STATUS, 0, SN, 1 }, { STATUS, 0, SC, 0 },
            { RUNS, 1, NOTHING }, { SHARED_RESET, 0 },
        },
    }, {
        "power/off-in-nested-handlers-completes-both", {
            { REGISTER, 1, PN }, { ENABLE, 1, PN },
            { REGISTER, 0, SC }, { ENABLE, 0, SC }, { UNMASK, 1 },
            { TRIGGER, 1, PN, 1 }, { TAKES, 1, PN },
            { TRIGGER, 0, SC, 1 }, { TAKES, 1, SC },
            { PE_OFF, 1 },
            { STATUS, 1, PN, 0 }, { STATUS, 0, SC, 3 }, { RUNS, 1, NOTHING },
            { REGISTER, 1, PN }, { ENABLE, 1, PN }, { UNMASK, 1 },
            { TRIGGER, 1, PN, 1 }, { TAKES, 1, PN },
        },
    }, {
        "power/off-does-not-touch-handlers-of-other-PEs", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { UNMASK, 0 },
            { TRIGGER, 0, PN, 1 }, { TAKES, 0, PN },
            { REGISTER, 0, SC, OK, RM_PE, AFF2 }, { ENABLE, 0, SC },
            { UNMASK, 2 }, { TRIGGER, 0, SC, 1 }, { TAKES, 2, SC },
            { PE_OFF, 1 }, { RUNS, 0, PN }, { RUNS, 2, SC },
            { MASK, 0, .want = 1 }, { COMPLETE, 0, PN }, { COMPLETE, 2, SC },
        },
    },
    /* Who sees what */
    {
        "scope/shared-events-have-one-state", {
            { REGISTER, 0, SN }, { REGISTER, 1, SN, DENIED },
            { ENABLE, 2, SN }, { STATUS, 3, SN, 3 }, { UNMASK, 3 },
            { TRIGGER, 0, SN, 1 }, { TAKES, 3, SN }, { STATUS, 0, SN, 7 },
            { DISABLE, 1, SN }, { UNREGISTER, 0, SN, PENDING },
            { STATUS, 2, SN, 4 }, { UNREGISTER, 2, SN, PENDING },
            { COMPLETE, 3, SN }, { UNREGISTER, 0, SN, DENIED },
        },
    }, {
        "scope/private-events-have-a-state-per-PE", {
            { REGISTER, 0, PN }, { ENABLE, 0, PN }, { STATUS, 1, PN, 0 },
            { REGISTER, 1, PN }, { STATUS, 0, PN, 3 }, { STATUS, 1, PN, 1 },
            { UNREGISTER, 0, PN }, { STATUS, 1, PN, 1 },
            { ENABLE, 0, PN, DENIED }, { ENABLE, 1, PN },
        },
    }, {
        "scope/COMPLETE-and-CONTEXT-need-a-handler-on-this-PE", {
            { REGISTER, 0, SN }, { ENABLE, 0, SN }, { UNMASK, 1 },
            { TRIGGER, 0, SN, 1 }, { TAKES, 1, SN },
            { RUNS, 0, NOTHING }, { COMPLETE, 0, NOTHING, DENIED },
            { RUNS, 1, SN }, { COMPLETE, 1, SN },
            { RUNS, 1, NOTHING }, { COMPLETE, 1, NOTHING, DENIED },
        },
    },
};

/* ---- Bound interrupts ---- */

#define LEVEL   .a = 0
#define EDGE    .a = 1
#define HIGH    .b = 1
#define UP      .a = 1
#define DOWN    .a = 0

#define BIND_P1(pe) { BIND, pe, .want = P1, .a = 27 }
#define BIND_S1(pe) { BIND, pe, .want = S1, .a = 33 }

static const Script bound_scripts[] = {
    {
        "bind/same-number-on-every-PE", {
            BIND_P1(0), { BIND, 1, .want = P1, .a = 27 },
            { BIND, 2, .want = S1, .a = 33 }, { BIND, 3, .want = S1, .a = 33 },
            { REGISTER, 2, P1 }, BIND_P1(0),
        },
    }, {
        "bind/PPIs-are-private-and-SPIs-shared", {
            { BIND, 0, .want = P1, .a = 31 }, { BIND, 0, .want = S1, .a = 32 },
            { GET_INFO, 0, P1, SDEI_TYPE_PRIVATE, SDEI_INFO_TYPE },
            { GET_INFO, 0, S1, SDEI_TYPE_SHARED, SDEI_INFO_TYPE },
            { GET_INFO, 0, P1, 1, SDEI_INFO_NOT_SIGNALABLE },
            { GET_INFO, 0, S1, SDEI_PRIO_NORMAL, SDEI_INFO_PRIORITY },
            { SIGNAL, 0, P1, INVALID, AFF0 },
        },
    }, {
        "bind/OUT_OF_RESOURCE-without-a-slot-of-its-kind", {
            { BIND, 0, .want = P1, .a = 16 }, { BIND, 0, .want = P2, .a = 17 },
            { BIND, 0, .want = NO_SLOT, .a = 18 },
            { BIND, 0, .want = S1, .a = 1019 },
            { BIND, 0, .want = S2, .a = 40 },
            { BIND, 0, .want = NO_SLOT, .a = 41 },
            { BIND, 0, .want = P2, .a = 17 }, { RELEASE, 0, P1 },
            { BIND, 0, .want = P1, .a = 18 },
            { BIND, 0, .want = NO_SLOT, .a = 16 },
        },
    }, {
        "bind/an-unbound-slot-is-an-unregistered-event", {
            { STATUS, 0, P1, 0 }, { STATUS, 0, S1, 0 },
            { GET_INFO, 0, P1, SDEI_TYPE_PRIVATE, SDEI_INFO_TYPE },
            { GET_INFO, 0, S1, SDEI_TYPE_SHARED, SDEI_INFO_TYPE },
            { GET_INFO, 0, S1, 1, SDEI_INFO_NOT_SIGNALABLE },
            { GET_INFO, 0, S1, SDEI_PRIO_NORMAL, SDEI_INFO_PRIORITY },
            { GET_INFO, 0, P1, INVALID, SDEI_INFO_ROUTING_MODE },
            { GET_INFO, 0, S1, DENIED, SDEI_INFO_ROUTING_MODE },
            { GET_INFO, 0, S1, DENIED, SDEI_INFO_ROUTING_AFFINITY },
            { REGISTER, 0, P1, DENIED }, { REGISTER, 0, S1, DENIED },
            { REGISTER, 0, S1, INVALID, .a = 4 },
            { REGISTER, 0, S1, INVALID, RM_PE, ~0ull },
            { ENABLE, 0, S1, DENIED }, { DISABLE, 0, P1, DENIED },
            { UNREGISTER, 0, P1, DENIED }, { STATUS, 0, P1, 0 },
        },
    }, {
        "bind/nor-can-an-unbound-slot-be-routed-or-triggered", {
            { ROUTING_SET, 0, S1, DENIED, SDEI_RM_ANY },
            { ROUTING_SET, 0, S1, INVALID, 2 },
            { ROUTING_SET, 0, P1, INVALID, SDEI_RM_ANY },
            { RELEASE, 0, P1, INVALID }, { RELEASE_ACTIVE, 0, S1, INVALID },
            { SIGNAL, 0, P1, INVALID, AFF0 }, { TRIGGER, 0, S1, 0 },
            BIND_P1(0), { STATUS, 0, P1, 0 }, { REGISTER, 0, P1 },
            { UNREGISTER, 0, P1 }, { RELEASE, 1, P1 },
            { REGISTER, 0, P1, DENIED }, { RELEASE, 0, P1, INVALID },
            { SHARED_RESET, 0 }, { STATUS, 0, P1, 0 },
        },
    }, {
        "release/of-other-events-is-INVALID_PARAMETERS", {
            { RELEASE, 0, EV0, INVALID }, { RELEASE, 0, SN, INVALID },
            { RELEASE, 0, UNKNOWN, INVALID }, { REGISTER, 0, SN },
            { RELEASE, 0, SN, INVALID },
        },
    }, {
        "release/DENIED-while-registered-or-running-on-any-PE", {
            BIND_P1(2), { TAKE_LINE, 2, P1, LEVEL, HIGH }, { REGISTER, 2, P1 },
            { ENABLE, 2, P1 }, { RELEASE, 0, P1, DENIED }, { UNMASK, 2 },
            { TAKES, 2, P1 }, { RELEASE, 2, P1, DENIED },
            { UNREGISTER, 2, P1, PENDING }, { RELEASE, 0, P1, DENIED },
            { COMPLETE, 2, P1 }, { RELEASE, 0, P1 },
        },
    }, {
        "release/DENIED-while-active-at-the-client", {
            BIND_P1(0), { RELEASE_ACTIVE, 0, P1, DENIED }, BIND_P1(0),
            { RELEASE_ACTIVE, 0, EV0, INVALID }, { REGISTER, 0, P1 },
            { RELEASE_ACTIVE, 0, P1, DENIED }, { UNREGISTER, 0, P1 },
            { RELEASE, 0, P1 }, { RELEASE_ACTIVE, 0, P1, INVALID },
        },
    }, {
        "owner/from-REGISTER-to-UNREGISTER", {
            BIND_S1(0), { OWNS, 0, S1, 0 }, { REGISTER, 0, S1 },
            { OWNS, 1, S1, 1 }, { ENABLE, 0, S1 }, { OWNS, 0, S1, 1 },
            { DISABLE, 0, S1 }, { OWNS, 0, S1, 1 }, { UNREGISTER, 0, S1 },
            { OWNS, 0, S1, 0 },
        },
    }, {
        "owner/not-without-interrupt", {
            { REGISTER, 0, EV0 }, { OWNS, 0, EV0, 0 }, BIND_S1(0),
            { OWNS, 0, EV0, 0 }, { OWNS, 0, S1, 0 },
        },
    }, {
        "owner/of-a-PPI-for-each-PE", {
            BIND_P1(1), { REGISTER, 1, P1 }, { ENABLE, 1, P1 },
            { OWNS, 0, P1, 0 }, { OWNS, 1, P1, 1 }, { REGISTER, 0, P1 },
            { OWNS, 0, P1, 1 }, { PRIVATE_RESET, 1 }, { OWNS, 0, P1, 1 },
            { OWNS, 1, P1, 0 },
        },
    }, {
        "owner/until-COMPLETE-if-the-handler-runs", {
            BIND_S1(0), { TAKE_LINE, 0, S1, EDGE }, { REGISTER, 0, S1 },
            { ENABLE, 0, S1 }, { LINE, 0, S1, UP }, { UNMASK, 0 },
            { TAKES, 0, S1 }, { UNREGISTER, 0, S1, PENDING },
            { OWNS, 0, S1, 1 }, { LINE, 0, S1, DOWN }, { LINE, 0, S1, UP },
            { PENDS, 0, S1, 0 }, { COMPLETE, 0, S1 }, { OWNS, 0, S1, 0 },
        },
    }, {
        "owner/of-each-line-counts", {
            { LINES, .want = 0 }, { REGISTER, 0, SN }, BIND_P1(0),
            { UNREGISTER, 0, SN }, { LINES, .want = 0 }, { REGISTER, 0, P1 },
            { LINES, .want = 1 }, { ENABLE, 0, P1 }, { DISABLE, 0, P1 },
            { REGISTER, 1, P1 }, { LINES, .want = 2 }, { UNREGISTER, 0, P1 },
            { LINES, .want = 1 }, { PE_OFF, 1 }, { LINES, .want = 0 },
            { REGISTER, 2, P1 }, { LINES, .want = 1 }, { RESET },
            { LINES, .want = 0 },
        },
    }, {
        "level/high-at-REGISTER-triggers", {
            BIND_P1(0), { TAKE_LINE, 0, P1, LEVEL, HIGH }, { REGISTER, 0, P1 },
            { ENABLE, 0, P1 }, { PENDS, 0, P1, 1 }, { UNMASK, 0 },
            { TAKES, 0, P1 },
        },
    }, {
        "level/drop-before-delivery-takes-it-back", {
            BIND_P1(0), { TAKE_LINE, 0, P1, LEVEL, HIGH }, { REGISTER, 0, P1 },
            { ENABLE, 0, P1 }, { LINE, 0, P1, DOWN }, { PENDS, 0, P1, 0 },
            { LINE, 0, P1, UP }, { PENDS, 0, P1, 1 }, { LINE, 0, P1, DOWN },
            { UNMASK, 0 }, { TAKES, 0, NOTHING },
        },
    }, {
        "level/still-high-at-COMPLETE-triggers-again", {
            BIND_S1(0), { TAKE_LINE, 0, S1, LEVEL }, { REGISTER, 0, S1 },
            { ENABLE, 0, S1 }, { UNMASK, 0 }, { LINE, 0, S1, UP },
            { TAKES, 0, S1 }, { PENDS, 0, S1, 0 }, { COMPLETE, 0, S1 },
            { TAKES, 0, S1 }, { LINE, 0, S1, DOWN }, { COMPLETE, 0, S1 },
            { TAKES, 0, NOTHING },
        },
    }, {
        "level/still-high-when-its-PE-goes-off-triggers-elsewhere", {
            BIND_S1(0), { TAKE_LINE, 0, S1, LEVEL }, { REGISTER, 0, S1 },
            { ENABLE, 0, S1 }, { UNMASK, 1 }, { LINE, 0, S1, UP },
            { TAKES, 1, S1 }, { UNMASK, 2 }, { TAKES, 2, NOTHING },
            { PE_OFF, 1 }, { TAKES, 2, S1 },
        },
    }, {
        "level/of-one-PE-is-not-that-of-another", {
            BIND_P1(0), { TAKE_LINE, 0, P1, LEVEL }, { REGISTER, 0, P1 },
            { ENABLE, 0, P1 }, BIND_P1(1), { TAKE_LINE, 1, P1, LEVEL, HIGH },
            { REGISTER, 1, P1 }, { ENABLE, 1, P1 }, { PENDS, 0, P1, 0 },
            { PENDS, 1, P1, 1 }, { LINE, 0, P1, UP }, { LINE, 1, P1, DOWN },
            { PENDS, 0, P1, 1 }, { PENDS, 1, P1, 0 },
        },
    }, {
        "edge/high-at-REGISTER-is-no-edge", {
            BIND_P1(0), { TAKE_LINE, 0, P1, EDGE, HIGH }, { REGISTER, 0, P1 },
            { ENABLE, 0, P1 }, { PENDS, 0, P1, 0 }, { LINE, 0, P1, UP },
            { PENDS, 0, P1, 0 }, { LINE, 0, P1, DOWN }, { PENDS, 0, P1, 0 },
            { LINE, 0, P1, UP }, { PENDS, 0, P1, 1 },
        },
    }, {
        "edge/falling-takes-nothing-back", {
            BIND_P1(0), { TAKE_LINE, 0, P1, EDGE }, { REGISTER, 0, P1 },
            { ENABLE, 0, P1 }, { LINE, 0, P1, UP }, { LINE, 0, P1, DOWN },
            { UNMASK, 0 }, { TAKES, 0, P1 },
        },
    }, {
        "edge/one-stays-pending-while-the-handler-runs", {
            BIND_S1(0), { TAKE_LINE, 0, S1, EDGE }, { REGISTER, 0, S1 },
            { ENABLE, 0, S1 }, { UNMASK, 3 }, { LINE, 0, S1, UP },
            { TAKES, 3, S1 }, { LINE, 0, S1, DOWN }, { LINE, 0, S1, UP },
            { LINE, 0, S1, DOWN }, { LINE, 0, S1, UP }, { COMPLETE, 3, S1 },
            { TAKES, 3, S1 }, { COMPLETE, 3, S1 }, { TAKES, 3, NOTHING },
        },
    }, {
        "edge/waits-for-ENABLE-and-UNREGISTER-forgets-it", {
            BIND_P1(0), { TAKE_LINE, 0, P1, EDGE }, { REGISTER, 0, P1 },
            { LINE, 0, P1, UP }, { UNMASK, 0 }, { TAKES, 0, NOTHING },
            { ENABLE, 0, P1 }, { TAKES, 0, P1 }, { COMPLETE, 0, P1 },
            { LINE, 0, P1, DOWN }, { DISABLE, 0, P1 }, { LINE, 0, P1, UP },
            { UNREGISTER, 0, P1 }, { TAKE_LINE, 0, P1, EDGE, HIGH },
            { REGISTER, 0, P1 }, { ENABLE, 0, P1 }, { TAKES, 0, NOTHING },
        },
    }, {
        "reset/SHARED_RESET-releases-every-binding", {
            BIND_S1(0), { REGISTER, 0, S1 }, { ENABLE, 0, S1 },
            { BIND, 0, .want = S2, .a = 34 }, BIND_P1(0), { SHARED_RESET, 1 },
            { REGISTER, 0, S1, DENIED }, { REGISTER, 0, S2, DENIED },
            { REGISTER, 0, P1, DENIED }, { LINES, .want = 0 },
        },
    }, {
        "reset/SHARED_RESET-leaves-a-PPI-that-is-registered", {
            BIND_P1(3), { REGISTER, 3, P1 }, { ENABLE, 3, P1 },
            { BIND, 0, .want = P2, .a = 28 },
            { SHARED_RESET, 0, .want = DENIED }, { STATUS, 3, P1, 3 },
            { REGISTER, 3, P2, DENIED }, { PRIVATE_RESET, 3 },
            { STATUS, 3, P1, 0 }, { SHARED_RESET, 0 },
            { REGISTER, 3, P1, DENIED },
        },
    }, {
        "reset/SHARED_RESET-leaves-an-SPI-whose-handler-runs", {
            BIND_S1(1), { TAKE_LINE, 0, S1, LEVEL, HIGH }, { REGISTER, 1, S1 },
            { ENABLE, 1, S1 }, { UNMASK, 1 }, { TAKES, 1, S1 },
            { SHARED_RESET, 0, .want = DENIED }, { STATUS, 0, S1, 4 },
            { COMPLETE, 1, S1 }, { STATUS, 0, S1, 0 }, { SHARED_RESET, 0 },
            { REGISTER, 0, S1, DENIED },
        },
    }, {
        "reset/of-the-machine-forgets-bindings", {
            BIND_S1(1), { TAKE_LINE, 0, S1, LEVEL, HIGH }, { REGISTER, 1, S1 },
            { ENABLE, 1, S1 }, { RESET }, { REGISTER, 0, S1, DENIED },
            { BIND, 0, .want = S1, .a = 40 }, { STATUS, 0, S1, 0 },
        },
    },
};

static void add_bound_scripts(void)
{
    for (int i = 0; i < ARRAY_SIZE(bound_scripts); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/event/bound/%s",
                                                bound_scripts[i].rule);

        g_test_add_data_func(path, &bound_scripts[i], test_bound_script);
    }
}

/* What loading a migrated binding does */
static void test_set_binding(void)
{
    SDEIEvents m;

    sdei_events_init(&m, bound_defs, ARRAY_SIZE(bound_defs), affinity, NUM_PES,
                     RM_PE);
    g_assert_true(sdei_events_set_binding(&m, P2, 30));
    g_assert_false(sdei_events_set_binding(&m, P2, 28));
    g_assert_false(sdei_events_set_binding(&m, P1, 30));
    g_assert_false(sdei_events_set_binding(&m, P1, 33));
    g_assert_false(sdei_events_set_binding(&m, S1, 27));
    g_assert_false(sdei_events_set_binding(&m, SN, 33));
    g_assert_false(sdei_events_set_binding(&m, UNKNOWN, 33));
    g_assert_cmpint(sdei_interrupt_bind(&m, 30), ==, P2);
    g_assert_cmpint(sdei_interrupt_bind(&m, 29), ==, P1);
    g_assert_cmpint(sdei_interrupt_release(&m, P2, false), ==, OK);
    g_assert_cmpuint(sdei_events_find_intid(&m, 30), ==, SDEI_NONE);
    sdei_events_destroy(&m);
}

static void test_status_is_legal(void)
{
    for (unsigned status = 0; status <= UINT8_MAX; status++) {
        bool legal = status < 8 && status != 2 && status != 6;

        g_assert_cmpint(sdei_status_is_legal(status), ==, legal);
    }
}

static void add_scripts(void)
{
    for (int i = 0; i < ARRAY_SIZE(scripts); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/event/%s",
                                                scripts[i].rule);

        g_test_add_data_func(path, &scripts[i], test_script);
    }
}

/* ---- RM_ANY in all situations ---- */

/* What a PE can be busy with */
typedef enum Busy {
    FREE,
    MASKED,
    IN_NORMAL,
    IN_CRITICAL,
    IN_BOTH,
    BUSY_KINDS,
} Busy;

static void enter(SDEIEvents *m, uint32_t pe, uint32_t num)
{
    const Step steps[] = {
        { REGISTER, pe, num }, { ENABLE, pe, num },
        { TRIGGER, pe, num, 1 }, { TAKES, pe, num }, { END },
    };

    g_assert_true(run_steps(m, steps));
}

static void make_busy(SDEIEvents *m, uint32_t pe, Busy busy)
{
    if (busy == MASKED) {
        return;
    }
    sdei_pe_unmask(m, pe);
    if (busy == IN_NORMAL || busy == IN_BOTH) {
        enter(m, pe, PN);
    }
    if (busy == IN_CRITICAL || busy == IN_BOTH) {
        enter(m, pe, PC);
    }
}

static bool may_take(Busy busy, bool critical)
{
    return busy == FREE || (busy == IN_NORMAL && critical);
}

/* One of the PEs that can take it does, if there is one, and no other PE */
static void check_any(SDEIEvents *m, const Busy *busy, uint32_t num)
{
    uint32_t ev = sdei_events_find(m, num);
    bool critical = m->event[ev].def.priority == SDEI_PRIO_CRITICAL;
    uint32_t able = 0, taker = SDEI_NONE;

    g_assert_cmpint(call(m, &(Step) { REGISTER, 0, num }), ==, OK);
    g_assert_cmpint(sdei_event_enable(m, 0, num), ==, OK);
    g_assert_true(sdei_trigger(m, ev, SDEI_NONE));
    for (uint32_t pe = 0; pe < NUM_PES; pe++) {
        able += may_take(busy[pe], critical);
        if (sdei_next_event(m, pe) == ev) {
            g_assert_cmphex(taker, ==, SDEI_NONE);
            g_assert_true(may_take(busy[pe], critical));
            taker = pe;
        }
    }
    g_assert_cmpint(taker != SDEI_NONE, ==, able != 0);
    g_assert_cmphex(sdei_dispatch_target(m, ev), ==, taker);
    g_assert_cmpint(sdei_event_unregister(m, 0, num), ==, OK);
}

static void test_any_exhaustive(void)
{
    Busy busy[NUM_PES];
    int total = 1;

    for (int pe = 0; pe < NUM_PES; pe++) {
        total *= BUSY_KINDS;
    }
    for (int i = 0; i < total; i++) {
        SDEIEvents m;

        machine_init(&m);
        for (int pe = 0, rest = i; pe < NUM_PES; pe++, rest /= BUSY_KINDS) {
            busy[pe] = rest % BUSY_KINDS;
            make_busy(&m, pe, busy[pe]);
        }
        /* Whoever had the turn before must not matter */
        for (int turn = 0; turn < NUM_PES + 1; turn++) {
            check_any(&m, busy, SN);
            check_any(&m, busy, SC);
        }
        sdei_events_destroy(&m);
    }
}

/* Trigger @num again and again; count which PE takes it */
static void count_turns(SDEIEvents *m, uint32_t num, uint32_t *turns, int n)
{
    uint32_t ev = sdei_events_find(m, num);

    for (int i = 0; i < n; i++) {
        uint32_t pe;

        g_assert_true(sdei_trigger(m, ev, SDEI_NONE));
        pe = sdei_dispatch_target(m, ev);
        g_assert_cmpuint(pe, <, m->num_pes);
        if (pe >= m->num_pes || sdei_next_event(m, pe) != ev) {
            g_test_message("the target does not take the event");
            g_test_fail();
            return;
        }
        sdei_dispatch(m, pe, ev);
        g_assert_cmphex(sdei_running(m, pe), ==, ev);
        g_assert_cmphex(sdei_complete(m, pe), ==, ev);
        turns[pe]++;
    }
}

static void check_fair(const SDEIEvents *m, const uint32_t *turns)
{
    uint32_t least = UINT32_MAX, most = 0;

    for (uint32_t pe = 0; pe < m->num_pes; pe++) {
        if (!m->pe[pe].masked) {
            least = MIN(least, turns[pe]);
            most = MAX(most, turns[pe]);
        } else {
            g_assert_cmpuint(turns[pe], ==, 0);
        }
    }
    g_assert_cmpuint(least, >, 0);
    g_assert_cmpuint(most, <=, 2 * least);
}

static void test_any_fair(void)
{
    /* Each set of unmasked PEs */
    for (int set = 1; set < 1 << NUM_PES; set++) {
        uint32_t turns[NUM_PES] = { };
        SDEIEvents m;

        machine_init(&m);
        for (int pe = 0; pe < NUM_PES; pe++) {
            if (set & 1 << pe) {
                sdei_pe_unmask(&m, pe);
            }
        }
        g_assert_cmpint(call(&m, &(Step) { REGISTER, 0, SN }), ==, OK);
        g_assert_cmpint(sdei_event_enable(&m, 0, SN), ==, OK);
        count_turns(&m, SN, turns, 1000);
        check_fair(&m, turns);
        sdei_events_destroy(&m);
    }
}

static void check_affinities(const uint64_t *mpidr, uint32_t num)
{
    static const uint64_t unknown[] = {
        7, 0xff, 0x201, 0xff00, 0x20000, 0xffffff, 0x200000000ull,
        0xff00ffffffull,
    };
    SDEIEvents m;

    sdei_events_init(&m, defs, ARRAY_SIZE(defs), mpidr, num, RM_PE);
    for (uint32_t pe = 0; pe < num; pe++) {
        g_assert_cmpuint(sdei_events_find_pe(&m, mpidr[pe]), ==, pe);
        /* RES1 and MT are no affinity */
        g_assert_cmpuint(sdei_events_find_pe(&m, mpidr[pe] | 0x81000000), ==,
                         pe);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(unknown); i++) {
        g_assert_cmpuint(sdei_events_find_pe(&m, unknown[i]), ==, SDEI_NONE);
    }
    sdei_events_destroy(&m);
}

/* However a board numbers its PEs */
static void test_affinities(void)
{
    static const uint64_t one[] = { 0x100 };
    static const uint64_t none_is_0[] = { 0x100, 0x101, 0x10000 };
    static const uint64_t clusters_of_2[] = { 0, 1, 0x100, 0x101, 0x200 };
    static const uint64_t backwards[] = { 0x101, 0x100, 1, 0 };
    static const uint64_t unequal[] = {
        0, 1, 2, 0x100, 0x10000, 0x10001, 0x100000000ull, 3, 0x102,
    };

    check_affinities(one, ARRAY_SIZE(one));
    check_affinities(none_is_0, ARRAY_SIZE(none_is_0));
    check_affinities(clusters_of_2, ARRAY_SIZE(clusters_of_2));
    check_affinities(backwards, ARRAY_SIZE(backwards));
    check_affinities(unequal, ARRAY_SIZE(unequal));
}

static void test_any_fair_512(void)
{
    enum { PES = 512 };
    g_autofree uint32_t *turns = g_new0(uint32_t, PES);
    uint64_t mpidr[PES];
    SDEIEvents m;

    for (int pe = 0; pe < PES; pe++) {
        mpidr[pe] = pe % 16 | pe / 16 << 8;
    }
    sdei_events_init(&m, defs, ARRAY_SIZE(defs), mpidr, PES, RM_PE);
    for (int pe = 0; pe < PES; pe++) {
        g_assert_cmpuint(sdei_events_find_pe(&m, mpidr[pe]), ==, pe);
        if (pe % 3 == 0 || pe > 400) {
            sdei_pe_unmask(&m, pe);
        }
    }
    g_assert_cmpint(call(&m, &(Step) { REGISTER, 0, SC }), ==, OK);
    g_assert_cmpint(sdei_event_enable(&m, 0, SC), ==, OK);
    count_turns(&m, SC, turns, 20000);
    check_fair(&m, turns);
    sdei_events_destroy(&m);
}

/* ---- What the guest does not see ---- */

static void test_find(void)
{
    SDEIEvents m;

    machine_init(&m);
    g_assert_cmpuint(m.num_events, ==, ARRAY_SIZE(defs));
    for (uint32_t ev = 0; ev < m.num_events; ev++) {
        uint32_t num = m.event[ev].def.num;

        g_assert_cmpuint(sdei_events_find(&m, num), ==, ev);
        g_assert_true(ev == 0 || m.event[ev - 1].def.num < num);
    }
    for (int i = 0; i < ARRAY_SIZE(defs); i++) {
        uint32_t ev = sdei_events_find(&m, defs[i].num);

        g_assert_cmpuint(ev, <, m.num_events);
        g_assert_cmpint(m.event[ev].def.type, ==, defs[i].type);
        g_assert_cmpint(m.event[ev].def.priority, ==, defs[i].priority);
        g_assert_cmpint(m.event[ev].def.signalable, ==, defs[i].signalable);
    }
    g_assert_cmphex(sdei_events_find(&m, 1), ==, SDEI_NONE);
    g_assert_cmphex(sdei_events_find(&m, UNKNOWN), ==, SDEI_NONE);
    g_assert_cmphex(sdei_events_find(&m, 0xffffffff), ==, SDEI_NONE);

    for (uint32_t pe = 0; pe < NUM_PES; pe++) {
        g_assert_cmpuint(sdei_events_find_pe(&m, affinity[pe]), ==, pe);
        /* Aff0 to Aff3 are all that counts: MPIDR_EL1 has more bits */
        for (int bit = 0; bit < 64; bit++) {
            if (bit < 24 || (bit >= 32 && bit < 40)) {
                continue;
            }
            g_assert_cmphex(sdei_events_find_pe(&m, affinity[pe] | 1ull << bit),
                            ==, pe);
        }
    }
    sdei_events_destroy(&m);
}

static void test_one_pe_one_event(void)
{
    const SDEIEventDef def = { EV0, SDEI_TYPE_PRIVATE, SDEI_PRIO_NORMAL, true };
    const uint64_t mpidr = 0;
    const Step steps[] = {
        { REGISTER, 0, EV0 }, { ENABLE, 0, EV0 }, { UNMASK, 0 },
        { SIGNAL, 0, EV0, OK, AFF0 }, { SIGNAL, 0, EV0, INVALID, AFF1 },
        { TAKES, 0, EV0 }, { COMPLETE, 0, EV0 }, { TAKES, 0, NOTHING },
        { STATUS, 0, PN, INVALID }, { SHARED_RESET, 0 }, { PRIVATE_RESET, 0 },
        { STATUS, 0, EV0, 0 }, { END },
    };
    SDEIEvents m;

    sdei_events_init(&m, &def, 1, &mpidr, 1, RM_PE | REL);
    g_assert_true(run_steps(&m, steps));
    sdei_events_destroy(&m);
}

/* SDEI 1.0 knows no relative mode */
static void test_version_1_0(void)
{
    const Step steps[] = {
        { REGISTER, 0, SN, INVALID, REL },
        { REGISTER, 0, SN, INVALID, REL | RM_PE, AFF1 },
        { REGISTER, 0, PN, INVALID, REL },
        { REGISTER, 0, SN, OK, RM_PE, AFF1 },
        { REGISTER, 0, PN, OK }, { END },
    };
    SDEIEvents m;

    sdei_events_init(&m, defs, ARRAY_SIZE(defs), affinity, NUM_PES, RM_PE);
    g_assert_true(run_steps(&m, steps));
    sdei_events_destroy(&m);
}

/* The handler that is entered is the one that was registered */
static void test_handler(void)
{
    const SDEIHandler *h;
    SDEIEvents m;
    uint32_t pn, sn, target;

    machine_init(&m);
    pn = sdei_events_find(&m, PN);
    sn = sdei_events_find(&m, SN);
    for (uint32_t pe = 0; pe < NUM_PES; pe++) {
        sdei_pe_unmask(&m, pe);
        g_assert_cmpint(sdei_event_register(&m, pe, PN, ENTRY + 16 * pe,
                                            UINT64_MAX - pe, pe & 1 ? REL : 0,
                                            0), ==, OK);
        g_assert_cmpint(sdei_event_enable(&m, pe, PN), ==, OK);
        g_assert_true(sdei_trigger(&m, pn, pe));
    }
    for (uint32_t pe = 0; pe < NUM_PES; pe++) {
        g_assert_cmphex(sdei_next_event(&m, pe), ==, pn);
        h = sdei_dispatch(&m, pe, pn);
        g_assert_cmphex(h->entry, ==, ENTRY + 16 * pe);
        g_assert_cmphex(h->ep_arg, ==, UINT64_MAX - pe);
        g_assert_cmpint(h->relative, ==, pe & 1);
        sdei_complete(&m, pe);
    }

    /* A registration that fails leaves the older one alone */
    g_assert_cmpint(sdei_event_register(&m, 0, SN, 0x1000, 1, 0, 0),
                    ==, OK);
    g_assert_cmpint(sdei_event_register(&m, 1, SN, 0x2000, 2, REL | RM_PE,
                                        AFF1), ==, DENIED);
    g_assert_cmpint(sdei_event_enable(&m, 2, SN), ==, OK);
    g_assert_true(sdei_trigger(&m, sn, SDEI_NONE));
    target = sdei_dispatch_target(&m, sn);
    g_assert_cmpuint(target, <, NUM_PES);
    h = sdei_dispatch(&m, target % NUM_PES, sn);
    g_assert_cmphex(h->entry, ==, 0x1000);
    g_assert_cmphex(h->ep_arg, ==, 1);
    g_assert_false(h->relative);
    g_assert_cmpint(h->routing_mode, ==, SDEI_RM_ANY);
    sdei_events_destroy(&m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* A broken rule does not hide the others */
    g_test_set_nonfatal_assertions();
    add_cells();
    add_scripts();
    add_bound_scripts();
    g_test_add_func("/arm-sdei/event/bound/set-binding", test_set_binding);
    g_test_add_func("/arm-sdei/event/status-is-legal", test_status_is_legal);
    g_test_add_func("/arm-sdei/event/any/exactly-one-in-each-situation",
                    test_any_exhaustive);
    g_test_add_func("/arm-sdei/event/any/fair-over-many-triggers",
                    test_any_fair);
    g_test_add_func("/arm-sdei/event/any/fair-on-512-PEs", test_any_fair_512);
    g_test_add_func("/arm-sdei/event/affinities", test_affinities);
    g_test_add_func("/arm-sdei/event/find", test_find);
    g_test_add_func("/arm-sdei/event/one-PE-one-event", test_one_pe_one_event);
    g_test_add_func("/arm-sdei/event/version-1.0-has-no-relative-mode",
                    test_version_1_0);
    g_test_add_func("/arm-sdei/event/the-registered-handler-is-entered",
                    test_handler);
    return g_test_run();
}
