/*
 * Events that the scenarios of arm-sdei-test define with -object sdei-event
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "qobject/qobject.h"
#include "user-event.h"

const UserEvent user_events[USER_EVENTS] = {
    { "pn1", EVENT_PN1, false, false },
    { "pc1", EVENT_PC1, false, true },
    { "sn1", EVENT_SN1, true, false },
    { "sc1", EVENT_SC1, true, true },
    { "pn2", EVENT_PN2, false, false },
    { "pc2", EVENT_PC2, false, true },
    { "sn2", EVENT_SN2, true, false },
    { "sc2", EVENT_SC2, true, true },
};

const UserEvent *user_event(uint32_t num)
{
    g_assert_cmphex(num, >=, EVENT_USER(1));
    g_assert_cmphex(num, <=, EVENT_USER(USER_EVENTS));
    return &user_events[num - EVENT_USER(1)];
}

void user_event_trigger(Guest *g, uint32_t num, unsigned cpu)
{
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'sdei-trigger-event',"
                             "  'arguments': { 'id': %s, 'cpu-index': %u } }",
                             user_event(num)->id, cpu);
}

void user_event_trigger_shared(Guest *g, uint32_t num)
{
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'sdei-trigger-event',"
                             "  'arguments': { 'id': %s } }",
                             user_event(num)->id);
}

void user_event_trigger_fails(QTestState *qts, const char *arguments,
                              const char *text)
{
    QDict *args = qobject_to(QDict, qobject_from_json(arguments, &error_abort));
    QDict *response = qtest_qmp(qts, "{ 'execute': 'sdei-trigger-event',"
                                "  'arguments': %p }", args);
    const char *desc;

    g_assert(qdict_haskey(response, "error"));
    desc = qdict_get_str(qdict_get_qdict(response, "error"), "desc");
    g_test_message("%s: %s", arguments, desc);
    if (!strstr(desc, text)) {
        g_test_message("\"%s\" is not in the error", text);
        g_test_fail();
    }
    qobject_unref(response);
}

void unmask_all(Guest *g)
{
    for (unsigned i = 0; i < g->config.cpus; i++) {
        guest_expect(g, i, 0, SDEI_PE_UNMASK);
    }
}

void set_all_modes(Guest *g, unsigned n, unsigned mode)
{
    for (unsigned i = 0; i < g->config.cpus; i++) {
        guest_set_mode(g, i, ID_HANDLER(n), mode);
    }
}

uint64_t count_all(Guest *g, unsigned n)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < g->config.cpus; i++) {
        count += guest_count(g, i, ID_HANDLER(n));
    }
    return count;
}

void wait_count_all(Guest *g, unsigned n, uint64_t count)
{
    GuestWait wait = { };
    uint64_t got;

    while ((got = count_all(g, n)) != count) {
        if (got > count || !guest_wait_more(&wait)) {
            guest_fail(g, 0, "handler %u entered %" PRIu64 " times on all PEs,"
                       " expected %" PRIu64, n, got, count);
        }
    }
}

void settle(Guest *g)
{
    for (unsigned i = 0; i < g->config.cpus; i++) {
        guest_nop(g, i);
    }
}

unsigned find_handler(Guest *g, unsigned n, GuestFrame *frame)
{
    GuestWait wait = { };

    for (;;) {
        for (unsigned i = 0; i < g->config.cpus; i++) {
            uint64_t top = guest_word(g, i, PE_TOP);

            /* Not the frame that was just ordered to leave */
            if (top && qtest_readq(g->qts, top + FRAME_ID) == ID_HANDLER(n) &&
                qtest_readq(g->qts, top + FRAME_TICKET) >=
                g->pe[i].next_ticket) {
                guest_wait_handler(g, i, n, frame);
                return i;
            }
        }
        if (!guest_wait_more(&wait)) {
            guest_fail(g, 0, "no PE entered handler %u", n);
        }
    }
}
