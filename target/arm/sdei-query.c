/*
 * Arm SDEI: what the monitor shows of it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/qapi-commands-sdei.h"
#include "qapi/type-helpers.h"
#include "sdei-ghes.h"
#include "sdei-internal.h"

/* The monitor names CPUs by their indexes, the guest by their affinities */
static void sdei_print_pe_name(GString *buf, const SDEIEvents *m, uint32_t pe)
{
    g_string_append_printf(buf, "PE 0x%" PRIx64 " (CPU %" PRIu32 ")",
                           m->pe[pe].mpidr, pe);
}

static void sdei_print_handler(GString *buf, SDEIState *s,
                               const SDEIEvent *event, uint32_t i)
{
    const SDEIHandler *h = &event->handler[i];
    const SDEIEvents *m = &s->events;

    /* A bound interrupt has a line even if nobody has registered it */
    if (!h->status && !event->intid) {
        return;
    }
    g_string_append(buf, "    ");
    if (event->def.type == SDEI_TYPE_PRIVATE) {
        sdei_print_pe_name(buf, m, i);
        g_string_append(buf, ": ");
    } else if (h->status && h->routing_mode == SDEI_RM_PE) {
        g_string_append(buf, "routed to ");
        sdei_print_pe_name(buf, m, h->pe);
        g_string_append(buf, ": ");
    } else if (h->status) {
        g_string_append(buf, "routed to any PE: ");
    }
    if (event->intid) {
        g_string_append_printf(buf, "line %s, ",
                               sdei_irq_level(s, i, event->intid) ? "high"
                                                                  : "low");
    }
    if (!h->status) {
        g_string_append(buf, "unregistered\n");
        return;
    }
    if (event->intid) {
        g_string_append(buf, h->edge ? "edge-triggered, "
                                     : "level-triggered, ");
    }
    g_string_append_printf(buf, "%s, %s%s%s, entry %s0x%" PRIx64
                           ", argument 0x%" PRIx64 "\n",
                           h->status & SDEI_STATUS_REGISTERED ? "registered"
                                                              : "unregistered",
                           h->status & SDEI_STATUS_ENABLED ? "enabled"
                                                           : "disabled",
                           h->status & SDEI_STATUS_RUNNING ? ", running" : "",
                           h->pending ? ", pending" : "",
                           h->relative ? "VBAR+" : "", h->entry, h->ep_arg);
}

static void sdei_print_event(GString *buf, const SDEIEvent *event)
{
    const SDEIEventDef *def = &event->def;

    g_string_append_printf(buf, "  event 0x%" PRIx32 ": %s, %s%s", def->num,
                           def->type == SDEI_TYPE_SHARED ? "shared" : "private",
                           def->priority == SDEI_PRIO_CRITICAL ? "critical"
                                                               : "normal",
                           def->signalable ? ", signalable" : "");
    if (event->intid) {
        g_string_append_printf(buf, ", INTID %" PRIu32, event->intid);
    }
    g_string_append_c(buf, '\n');
}

static void sdei_print_pe(GString *buf, SDEIState *s, uint32_t pe)
{
    static const char *const priority[] = { "normal", "critical" };
    const SDEIPE *p = &s->events.pe[pe];
    int i;

    g_string_append(buf, "  ");
    sdei_print_pe_name(buf, &s->events, pe);
    g_string_append_printf(buf, ": %s, %" PRIu32
                           " private event(s) pending\n",
                           p->masked ? "masked" : "unmasked", p->num_pending);
    for (i = SDEI_PRIO_COUNT - 1; i >= 0; i--) {
        const SDEIContext *context = &s->cpu[pe].context[i];

        if (p->running[i] == SDEI_NONE) {
            continue;
        }
        g_string_append_printf(buf, "    runs %s event 0x%" PRIx32
                               ", interrupted pc 0x%016" PRIx64
                               " pstate 0x%" PRIx64 "\n", priority[i],
                               s->events.event[p->running[i]].def.num,
                               context->pc, context->pstate);
    }
}

HumanReadableText *qmp_x_query_sdei(Error **errp)
{
    g_autoptr(GString) buf = g_string_new("");
    SDEIState *s = sdei_find(errp);
    const SDEIEvents *m;
    uint32_t i, j;

    if (!s) {
        return NULL;
    }
    m = &s->events;
    g_string_append_printf(buf, "SDEI v%d.%d, client at EL%u\nEvents:\n",
                           (int)(s->version_result >> 48),
                           (int)extract64(s->version_result, 32, 16),
                           s->client_el);
    for (i = 0; i < m->num_events; i++) {
        const SDEIEvent *event = &m->event[i];
        bool shared = event->def.type == SDEI_TYPE_SHARED;

        if (event->def.bindable && !event->intid) {
            continue;
        }
        sdei_print_event(buf, event);
        for (j = 0; j < (shared ? 1 : m->num_pes); j++) {
            sdei_print_handler(buf, s, event, j);
        }
    }
    g_string_append(buf, "PEs:\n");
    for (i = 0; i < m->num_pes; i++) {
        sdei_print_pe(buf, s, i);
    }
    if (s->ghes) {
        sdei_ghes_print(s->ghes, buf);
    }
    return human_readable_text_from_str(buf);
}
