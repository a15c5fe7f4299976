/*
 * arm-sdei-test: each call in each state of an event
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"

/* The states are named by what EVENT_STATUS returns; 2 and 6 do not exist */
enum {
    ST_UNREGISTERED = 0,
    ST_REGISTERED = 1,
    ST_ENABLED = 3,
    ST_RUNNING_UNREGISTERED = 4,
    ST_RUNNING_REGISTERED = 5,
    ST_RUNNING_ENABLED = 7,
};

typedef struct StateCell {
    int64_t result;
    unsigned next;
} StateCell;

/* A call whose success does not return: COMPLETE, COMPLETE_AND_RESUME */
#define LEAVES          0x1eaff

typedef struct StateRow {
    unsigned state;
    const char *name;
    StateCell cell[12];
} StateRow;

static const struct {
    const char *name;
    uint64_t fn;
    uint64_t arg;
} columns[] = {
    { "register", SDEI_EVENT_REGISTER, GUEST_HANDLER(1) },
    { "enable", SDEI_EVENT_ENABLE },
    { "disable", SDEI_EVENT_DISABLE },
    { "unregister", SDEI_EVENT_UNREGISTER },
    { "routing-set", SDEI_EVENT_ROUTING_SET },
    { "release", SDEI_INTERRUPT_RELEASE },
    { "context", SDEI_EVENT_CONTEXT },
    { "signal", SDEI_EVENT_SIGNAL },
    { "private-reset", SDEI_PRIVATE_RESET },
    { "shared-reset", SDEI_SHARED_RESET },
    { "complete", SDEI_EVENT_COMPLETE },
    { "complete-and-resume", SDEI_EVENT_COMPLETE_AND_RESUME, },
};


/* Section 2 of the contract, for event 0 */
static const StateRow rows[] = {
    { ST_UNREGISTERED, "unregistered", {
        { 0, 1 }, { -3, 0 }, { -3, 0 }, { -3, 0 }, { -2, 0 }, { -2, 0 },
        { -3, 0 }, { -2, 0 }, { 0, 0 }, { 0, 0 }, { -3, 0 }, { -3, 0 } } },
    { ST_REGISTERED, "registered", {
        { -3, 1 }, { 0, 3 }, { 0, 1 }, { 0, 0 }, { -2, 1 }, { -2, 1 },
        { -3, 1 }, { 0, 1 }, { 0, 0 }, { 0, 1 }, { -3, 1 }, { -3, 1 } } },
    { ST_ENABLED, "enabled", {
        { -3, 3 }, { 0, 3 }, { 0, 1 }, { 0, 0 }, { -2, 3 }, { -2, 3 },
        { -3, 3 }, { 0, 3 }, { 0, 0 }, { 0, 3 }, { -3, 3 }, { -3, 3 } } },
    { ST_RUNNING_UNREGISTERED, "running-unregistered", {
        { -3, 4 }, { -3, 4 }, { -3, 4 }, { -5, 4 }, { -2, 4 }, { -2, 4 },
        { 0, 4 }, { -2, 4 }, { -3, 4 }, { 0, 4 },
        { LEAVES, 0 }, { LEAVES, 0 } } },
    { ST_RUNNING_REGISTERED, "running-registered", {
        { -3, 5 }, { 0, 7 }, { 0, 5 }, { -5, 4 }, { -2, 5 }, { -2, 5 },
        { 0, 5 }, { 0, 5 }, { -3, 4 }, { 0, 5 },
        { LEAVES, 1 }, { LEAVES, 1 } } },
    { ST_RUNNING_ENABLED, "running-enabled", {
        { -3, 7 }, { 0, 7 }, { 0, 5 }, { -5, 4 }, { -2, 7 }, { -2, 7 },
        { 0, 7 }, { 0, 7 }, { -3, 4 }, { 0, 7 },
        { LEAVES, 3 }, { LEAVES, 3 } } },
};

typedef struct StateTest {
    const StateRow *row;
    unsigned column;
} StateTest;

static StateTest state_tests[ARRAY_SIZE(rows) * ARRAY_SIZE(columns)];

/* Brings event 0 of PE 0 into a state; in a handler if that is running */
static uint64_t enter_state(Guest *g, unsigned state)
{
    uint64_t seq = 0;

    if (state == ST_UNREGISTERED) {
        return 0;
    }
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, 0, GUEST_HANDLER(0));
    if (state != ST_REGISTERED) {
        guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, 0);
    }
    if (state & SDEI_STATUS_RUNNING) {
        guest_expect(g, 0, 0, SDEI_PE_UNMASK);
        seq = event_signal_self(g, 0);
        guest_wait_handler(g, 0, 0, NULL);
        if (state == ST_RUNNING_REGISTERED) {
            guest_expect(g, 0, 0, SDEI_EVENT_DISABLE, 0);
        } else if (state == ST_RUNNING_UNREGISTERED) {
            guest_expect(g, 0, SDEI_PENDING, SDEI_EVENT_UNREGISTER, 0);
        }
    }
    event_check_status(g, 0, state);
    return seq;
}

static void test_state(Guest *g, const void *data)
{
    const StateTest *t = data;
    const StateCell *cell = &t->row->cell[t->column];
    uint64_t fn = columns[t->column].fn;
    uint64_t args[17] = { EVENT_SW_SIGNALED, columns[t->column].arg };
    uint64_t seq = enter_state(g, t->row->state);

    if (fn == SDEI_EVENT_SIGNAL) {
        args[1] = guest_affinity(g, 0);
    } else if (fn == SDEI_EVENT_COMPLETE_AND_RESUME) {
        args[0] = GUEST_RESUME(0);
    }
    if (cell->result != LEAVES) {
        guest_expect_array(g, 0, cell->result, fn, args,
                           __FILE__, __LINE__, __func__);
        event_check_status(g, 0, cell->next);
        return;
    }
    if (fn == SDEI_EVENT_COMPLETE) {
        guest_complete(g, 0, 0);
    } else {
        guest_complete_and_resume(g, 0, args[0]);
    }
    guest_wait(g, 0, seq, NULL);
    event_check_status(g, 0, cell->next);
}

/* The state of a private event is the PE's own */
static void test_per_pe(Guest *g, const void *data)
{
    guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, 0, GUEST_HANDLER(0));
    event_check_status(g, 1, 0);
    guest_expect(g, 1, SDEI_DENIED, SDEI_EVENT_ENABLE, 0);
    event_enable(g, 1, 1, 0);
    event_check_status(g, 0, SDEI_STATUS_REGISTERED);
    guest_expect(g, 0, 0, SDEI_PRIVATE_RESET);
    event_check_status(g, 0, 0);
    event_check_status(g, 1, SDEI_STATUS_REGISTERED | SDEI_STATUS_ENABLED);
}

/* After COMPLETE of an event unregistered in its handler it is as new */
static void test_register_after_unregister(Guest *g, const void *data)
{
    uint64_t seq = enter_state(g, ST_RUNNING_UNREGISTERED);
    GuestFrame frame;

    guest_complete(g, 0, 0);
    guest_wait(g, 0, seq, NULL);
    event_enable(g, 0, 1, 0x77);
    seq = event_signal_self(g, 0);
    guest_wait_handler(g, 0, 1, &frame);
    guest_check_eq(g, 0, frame.x[1], 0x77, "ep_arg of the new registration");
    guest_complete(g, 0, 0);
    guest_wait(g, 0, seq, NULL);
}

void add_state_tests(void)
{
    StateTest *t = state_tests;

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        for (unsigned j = 0; j < ARRAY_SIZE(columns); j++, t++) {
            *t = (StateTest) { &rows[i], j };
            scenario_add(SCENARIO_BOTH_EL, test_state, t, "state/%s/%s",
                         rows[i].name, columns[j].name);
        }
    }
    scenario_add(SCENARIO_BOTH_EL, test_per_pe, NULL, "state/per-pe");
    scenario_add(SCENARIO_BOTH_EL, test_register_after_unregister, NULL,
                 "state/register-after-unregister");
}
