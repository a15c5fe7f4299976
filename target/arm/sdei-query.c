/*
 * Arm SDEI: what the monitor shows of it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * query-sdei collects, for programs; "info sdei" writes the same out.
 */

#include "qemu/osdep.h"
#include "qapi/qapi-commands-sdei.h"
#include "qapi/type-helpers.h"
#include "sdei-ghes.h"
#include "sdei-internal.h"

static SdeiEventPriority sdei_query_priority(SDEIPriority priority)
{
    return priority == SDEI_PRIO_CRITICAL ? SDEI_EVENT_PRIORITY_CRITICAL
                                          : SDEI_EVENT_PRIORITY_NORMAL;
}

static SdeiHandlerInfo *sdei_query_handler(SDEIState *s,
                                           const SDEIEvent *event, uint32_t i)
{
    const SDEIHandler *h = &event->handler[i];
    SdeiHandlerInfo *info = g_new0(SdeiHandlerInfo, 1);

    if (event->def.type == SDEI_TYPE_PRIVATE) {
        info->has_cpu_index = true;
        info->cpu_index = i;
    } else if (h->status && h->routing_mode == SDEI_RM_PE) {
        info->has_routed_to = true;
        info->routed_to = h->pe;
    }
    info->registered = h->status & SDEI_STATUS_REGISTERED;
    info->enabled = h->status & SDEI_STATUS_ENABLED;
    info->running = h->status & SDEI_STATUS_RUNNING;
    info->pending = h->pending;
    if (h->status) {
        info->has_entry = info->has_relative = info->has_argument = true;
        info->entry = h->entry;
        info->relative = h->relative;
        info->argument = h->ep_arg;
    }
    if (event->intid) {
        /* How it is configured is looked at when it is registered */
        info->has_edge = h->status;
        info->edge = h->edge;
        info->has_line = true;
        info->line = sdei_irq_level(s, i, event->intid);
    }
    return info;
}

static SdeiEventInfo *sdei_query_event(SDEIState *s, const SDEIEvent *event)
{
    SdeiEventInfo *info = g_new0(SdeiEventInfo, 1);
    SdeiHandlerInfoList **tail = &info->handlers;
    bool shared = event->def.type == SDEI_TYPE_SHARED;
    uint32_t i;

    info->number = event->def.num;
    info->scope = shared ? SDEI_EVENT_SCOPE_SHARED : SDEI_EVENT_SCOPE_PRIVATE;
    info->priority = sdei_query_priority(event->def.priority);
    info->signalable = event->def.signalable;
    if (event->intid) {
        info->has_intid = true;
        info->intid = event->intid;
    }
    for (i = 0; i < (shared ? 1 : s->events.num_pes); i++) {
        /* A bound interrupt has a line even if nobody has registered it */
        if (event->handler[i].status || event->intid) {
            QAPI_LIST_APPEND(tail, sdei_query_handler(s, event, i));
        }
    }
    return info;
}

static SdeiCpuInfo *sdei_query_pe(SDEIState *s, uint32_t pe)
{
    const SDEIPE *p = &s->events.pe[pe];
    SdeiCpuInfo *info = g_new0(SdeiCpuInfo, 1);
    SdeiRunningInfoList **tail = &info->running;
    int i;

    info->cpu_index = pe;
    info->mpidr = p->mpidr;
    info->masked = p->masked;
    info->pending = p->num_pending;
    for (i = SDEI_PRIO_COUNT - 1; i >= 0; i--) {
        SdeiRunningInfo *running;

        if (p->running[i] == SDEI_NONE) {
            continue;
        }
        running = g_new0(SdeiRunningInfo, 1);
        running->number = s->events.event[p->running[i]].def.num;
        running->priority = sdei_query_priority(i);
        running->pc = s->cpu[pe].context[i].pc;
        running->pstate = s->cpu[pe].context[i].pstate;
        QAPI_LIST_APPEND(tail, running);
    }
    return info;
}

static SdeiNmiOutlook sdei_query_nmi(const SDEIState *s)
{
    if (!sdei_nmi_has_client(s)) {
        return SDEI_NMI_OUTLOOK_NO_CLIENT;
    }
    return sdei_would_be_taken(&s->events, s->nmi_event)
           ? SDEI_NMI_OUTLOOK_WOULD_BE_TAKEN : SDEI_NMI_OUTLOOK_WOULD_WAIT;
}

SdeiInfo *qmp_query_sdei(Error **errp)
{
    SDEIState *s = sdei_find(errp);
    SdeiInfo *info;
    SdeiEventInfoList **events;
    SdeiCpuInfoList **cpus;
    uint32_t i;

    if (!s) {
        return NULL;
    }
    info = g_new0(SdeiInfo, 1);
    info->version = g_strdup_printf("%d.%d", (int)(s->version_result >> 48),
                                    (int)extract64(s->version_result, 32, 16));
    info->client_el = s->client_el;
    info->nmi_event = SDEI_EVENT_AGDI;
    info->inject_nmi = sdei_query_nmi(s);
    events = &info->events;
    for (i = 0; i < s->events.num_events; i++) {
        const SDEIEvent *event = &s->events.event[i];

        if (!event->def.bindable || event->intid) {
            QAPI_LIST_APPEND(events, sdei_query_event(s, event));
        }
    }
    cpus = &info->cpus;
    for (i = 0; i < s->events.num_pes; i++) {
        QAPI_LIST_APPEND(cpus, sdei_query_pe(s, i));
    }
    return info;
}

/* The monitor names CPUs by their indexes, the guest by their affinities */
static void sdei_print_pe_name(GString *buf, const SDEIState *s, int64_t pe)
{
    g_string_append_printf(buf, "PE 0x%" PRIx64 " (CPU %" PRId64 ")",
                           s->events.pe[pe].mpidr, pe);
}

static void sdei_print_handler(GString *buf, const SDEIState *s,
                               const SdeiHandlerInfo *h)
{
    g_string_append(buf, "    ");
    if (h->has_cpu_index) {
        sdei_print_pe_name(buf, s, h->cpu_index);
        g_string_append(buf, ": ");
    } else if (h->has_routed_to) {
        g_string_append(buf, "routed to ");
        sdei_print_pe_name(buf, s, h->routed_to);
        g_string_append(buf, ": ");
    } else if (h->has_entry) {
        g_string_append(buf, "routed to any PE: ");
    }
    if (h->has_line) {
        g_string_append_printf(buf, "line %s, ", h->line ? "high" : "low");
    }
    if (!h->has_entry) {
        g_string_append(buf, "unregistered\n");
        return;
    }
    if (h->has_edge) {
        g_string_append_printf(buf, "%s-triggered, ",
                               h->edge ? "edge" : "level");
    }
    g_string_append_printf(buf, "%s, %s%s%s, entry %s0x%" PRIx64
                           ", argument 0x%" PRIx64 "\n",
                           h->registered ? "registered" : "unregistered",
                           h->enabled ? "enabled" : "disabled",
                           h->running ? ", running" : "",
                           h->pending ? ", pending" : "",
                           h->relative ? "VBAR+" : "", h->entry, h->argument);
}

static void sdei_print_event(GString *buf, const SDEIState *s,
                             const SdeiEventInfo *event)
{
    const SdeiHandlerInfoList *l;

    g_string_append_printf(buf, "  event 0x%" PRIx32 ": %s, %s%s",
                           event->number, SdeiEventScope_str(event->scope),
                           SdeiEventPriority_str(event->priority),
                           event->signalable ? ", signalable" : "");
    if (event->has_intid) {
        g_string_append_printf(buf, ", INTID %" PRIu32, event->intid);
    }
    g_string_append_c(buf, '\n');
    for (l = event->handlers; l; l = l->next) {
        sdei_print_handler(buf, s, l->value);
    }
}

static void sdei_print_pe(GString *buf, const SDEIState *s,
                          const SdeiCpuInfo *cpu)
{
    const SdeiRunningInfoList *l;

    g_string_append(buf, "  ");
    sdei_print_pe_name(buf, s, cpu->cpu_index);
    g_string_append_printf(buf, ": %s, %" PRIu32
                           " private event(s) pending\n",
                           cpu->masked ? "masked" : "unmasked", cpu->pending);
    for (l = cpu->running; l; l = l->next) {
        g_string_append_printf(buf, "    runs %s event 0x%" PRIx32
                               ", interrupted pc 0x%016" PRIx64
                               " pstate 0x%" PRIx64 "\n",
                               SdeiEventPriority_str(l->value->priority),
                               l->value->number, l->value->pc,
                               l->value->pstate);
    }
}

HumanReadableText *qmp_x_query_sdei(Error **errp)
{
    static const char *const outlook[SDEI_NMI_OUTLOOK__MAX] = {
        [SDEI_NMI_OUTLOOK_NO_CLIENT] =
            "fails, as the guest has not enabled",
        [SDEI_NMI_OUTLOOK_WOULD_WAIT] =
            "waits until a CPU can take",
        [SDEI_NMI_OUTLOOK_WOULD_BE_TAKEN] = "is taken at once, by",
    };
    g_autoptr(GString) buf = g_string_new("");
    g_autoptr(SdeiInfo) info = qmp_query_sdei(errp);
    const SDEIState *s;
    const SdeiEventInfoList *event;
    const SdeiCpuInfoList *cpu;

    if (!info) {
        return NULL;
    }
    s = sdei_find(&error_abort);
    g_string_append_printf(buf, "SDEI v%s, client at EL%" PRId64 "\n",
                           info->version, info->client_el);
    g_string_append_printf(buf, "inject-nmi %s SDEI event 0x%" PRIx32 "\n",
                           outlook[info->inject_nmi], info->nmi_event);
    g_string_append(buf, "Events:\n");
    for (event = info->events; event; event = event->next) {
        sdei_print_event(buf, s, event->value);
    }
    g_string_append(buf, "PEs:\n");
    for (cpu = info->cpus; cpu; cpu = cpu->next) {
        sdei_print_pe(buf, s, cpu->value);
    }
    if (s->ghes) {
        sdei_ghes_print(s->ghes, buf);
    }
    return human_readable_text_from_str(buf);
}
