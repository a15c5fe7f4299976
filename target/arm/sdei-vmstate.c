/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: migration
 *
 * What goes over the wire is what differs from a machine after reset: the
 * handlers that are registered, the interrupts that are bound, the contexts
 * that were interrupted.  Events are named by their numbers.  The stream is
 * not to be trusted: it is loaded aside and taken over field by field, each
 * checked against the configuration and against what came before it.  One that
 * is refused leaves the state of a reset.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitmap.h"
#include "migration/vmstate.h"
#include "hw/intc/arm_gic_common.h"
#include "sdei-internal.h"

#define SDEI_MAX_OPTIONAL_EVENTS    (SDEI_MAX_USER_EVENTS + 1)

/* No event in the stream: not a number that an event can have */
#define SDEI_NO_EVENT   UINT32_MAX

/* What has to be the same on both sides, but for the optional events */
typedef struct SDEISavedConfig {
    SDEIState *s;
    uint64_t version;
    uint8_t client_el;
    uint32_t num_pes;
    uint32_t num_ppi_slots;
    uint32_t num_spi_slots;
} SDEISavedConfig;

/* An event that not every machine has */
typedef struct SDEISavedEvent {
    uint32_t event_num;
    uint8_t type;
    uint8_t priority;
} SDEISavedEvent;

typedef struct SDEISavedBinding {
    uint32_t event_num;
    uint32_t intid;
} SDEISavedBinding;

typedef struct SDEISavedHandler {
    uint32_t event_num;
    uint32_t pe;
    uint8_t status;
    bool pending;
    bool edge;
    bool relative;
    uint8_t routing_mode;
    uint32_t routed_pe;
    uint64_t entry;
    uint64_t ep_arg;
} SDEISavedHandler;

typedef struct SDEISavedPE {
    bool masked;
    uint32_t running[SDEI_PRIO_COUNT];
} SDEISavedPE;

typedef struct SDEISavedContext {
    uint32_t pe;
    uint8_t priority;
    SDEIContext context;
} SDEISavedContext;

/*
 * Counts come before the arrays that they bound.  The maxima, of this machine,
 * bound the counts of a stream.
 */
struct SDEISaved {
    SDEIState *s;
    int32_t max_bindings;
    int32_t max_handlers;
    int32_t max_contexts;
    SDEISavedConfig config;
    uint32_t next_any;
    int32_t num_events;
    SDEISavedEvent *event;
    int32_t num_bindings;
    SDEISavedBinding *binding;
    int32_t num_handlers;
    SDEISavedHandler *handler;
    int32_t pe_count;
    SDEISavedPE *pe;
    int32_t num_contexts;
    SDEISavedContext *context;
    /* Of each input of the GIC, if one is high */
    int32_t num_lines;
    unsigned long *line_level;
};

static void sdei_saved_clear(SDEISaved *sv)
{
    g_free(sv->event);
    g_free(sv->binding);
    g_free(sv->handler);
    g_free(sv->pe);
    g_free(sv->context);
    g_free(sv->line_level);
    *sv = (SDEISaved) { .s = sv->s, .config.s = sv->s };
}

SDEISaved *sdei_saved_new(SDEIState *s)
{
    SDEISaved *sv = g_new0(SDEISaved, 1);

    sv->s = s;
    sv->config.s = s;
    return sv;
}

void sdei_saved_free(SDEISaved *sv)
{
    sdei_saved_clear(sv);
    g_free(sv);
}

/* Is there such an event in some machines only? */
static bool sdei_is_optional(const SDEIEventDef *def)
{
    return def->num == SDEI_EVENT_GHES ||
           (def->num >= SDEI_EVENT_USER_FIRST &&
            def->num <= SDEI_EVENT_USER_LAST);
}

static uint32_t sdei_handlers_of(const SDEIEvents *m, uint32_t ev)
{
    return m->event[ev].def.type == SDEI_TYPE_SHARED ? 1 : m->num_pes;
}

static void sdei_save_event(SDEISaved *sv, const SDEIEvents *m, uint32_t ev)
{
    const SDEIEvent *event = &m->event[ev];
    uint32_t pe;

    if (sdei_is_optional(&event->def)) {
        sv->event[sv->num_events++] = (SDEISavedEvent) {
            .event_num = event->def.num,
            .type = event->def.type,
            .priority = event->def.priority,
        };
    }
    if (event->intid) {
        sv->binding[sv->num_bindings++] = (SDEISavedBinding) {
            .event_num = event->def.num,
            .intid = event->intid,
        };
    }
    for (pe = 0; pe < sdei_handlers_of(m, ev); pe++) {
        const SDEIHandler *h = &event->handler[pe];

        if (h->status) {
            sv->handler[sv->num_handlers++] = (SDEISavedHandler) {
                .event_num = event->def.num,
                .pe = pe,
                .status = h->status,
                .pending = h->pending,
                .edge = h->edge,
                .relative = h->relative,
                .routing_mode = h->routing_mode,
                .routed_pe = h->pe,
                .entry = h->entry,
                .ep_arg = h->ep_arg,
            };
        }
    }
}

static void sdei_save_pe(SDEISaved *sv, const SDEIState *s, uint32_t pe)
{
    const SDEIPE *p = &s->events.pe[pe];
    int i;

    sv->pe[pe].masked = p->masked;
    for (i = 0; i < SDEI_PRIO_COUNT; i++) {
        uint32_t ev = p->running[i];

        sv->pe[pe].running[i] = SDEI_NO_EVENT;
        if (ev != SDEI_NONE) {
            sv->pe[pe].running[i] = s->events.event[ev].def.num;
            sv->context[sv->num_contexts++] = (SDEISavedContext) {
                .pe = pe,
                .priority = i,
                .context = s->cpu[pe].context[i],
            };
        }
    }
}

/* How many handlers this machine can have at all */
static uint32_t sdei_max_handlers(const SDEIEvents *m)
{
    uint32_t ev, sum = 0;

    for (ev = 0; ev < m->num_events; ev++) {
        sum += sdei_handlers_of(m, ev);
    }
    return sum;
}

static bool sdei_pre_save(void *opaque, Error **errp)
{
    SDEIState *s = opaque;
    const SDEIEvents *m = &s->events;
    SDEISaved *sv = s->saved;
    uint32_t i;

    /* The VM has not run yet, so that nobody has asked */
    if (s->incoming) {
        sdei_irq_ask_levels(s);
    }
    sdei_saved_clear(sv);
    sv->config = (SDEISavedConfig) {
        .s = s,
        .version = s->version_result,
        .client_el = s->client_el,
        .num_pes = m->num_pes,
        .num_ppi_slots = SDEI_NUM_PPI_SLOTS,
        .num_spi_slots = SDEI_NUM_SPI_SLOTS,
    };
    sv->next_any = m->next_any;
    sv->event = g_new0(SDEISavedEvent, m->num_events);
    sv->binding = g_new0(SDEISavedBinding, m->num_events);
    sv->handler = g_new0(SDEISavedHandler, sdei_max_handlers(m));
    sv->pe = g_new0(SDEISavedPE, m->num_pes);
    sv->pe_count = m->num_pes;
    sv->context = g_new0(SDEISavedContext, m->num_pes * SDEI_PRIO_COUNT);
    sv->num_lines = s->num_lines;
    if (s->num_lines) {
        sv->line_level = bitmap_new(s->num_lines);
        bitmap_copy(sv->line_level, s->line_level, s->num_lines);
    }
    for (i = 0; i < m->num_events; i++) {
        sdei_save_event(sv, m, i);
    }
    for (i = 0; i < m->num_pes; i++) {
        sdei_save_pe(sv, s, i);
    }
    return true;
}

/* What an optional part does not bring is not there */
static bool sdei_pre_load(void *opaque, Error **errp)
{
    SDEIState *s = opaque;
    SDEISaved *sv = s->saved;

    sdei_saved_clear(sv);
    /* VMSTATE_INT32_POSITIVE_LE loads at most what stands there */
    sv->pe_count = s->events.num_pes;
    sv->max_bindings = s->events.num_events;
    sv->max_handlers = sdei_max_handlers(&s->events);
    sv->max_contexts = s->events.num_pes * SDEI_PRIO_COUNT;
    sv->num_lines = s->num_lines;
    if (s->num_lines) {
        sv->line_level = bitmap_new(s->num_lines);
    }
    return true;
}

/* Before an array is allocated: is there one already? */
static bool sdei_pre_load_array(const void *array, int32_t *num, int32_t max,
                                const char *name, Error **errp)
{
    if (array) {
        error_setg(errp, "%s is there twice", name);
        return false;
    }
    *num = max;
    return true;
}

/* Checked at once: a stream from another machine is best told so */
static bool sdei_config_post_load(void *opaque, int version_id, Error **errp)
{
    const SDEISavedConfig *c = opaque;
    const SDEIState *s = c->s;

    if (c->version != s->version_result) {
        error_setg(errp, "arm-sdei: property 'version' differs: version 0x%"
                   PRIx64 " in the stream, 0x%" PRIx64 " here", c->version,
                   s->version_result);
        return false;
    }
    if (c->client_el != s->client_el) {
        error_setg(errp, "arm-sdei: machine property 'virtualization' "
                   "differs: client_el %u in the stream, %u here",
                   c->client_el, s->client_el);
        return false;
    }
    if (c->num_pes != s->events.num_pes) {
        error_setg(errp, "arm-sdei: the number of CPUs (-smp) differs: "
                   "num_pes %" PRIu32 " in the stream, %" PRIu32 " here",
                   c->num_pes, s->events.num_pes);
        return false;
    }
    if (c->num_ppi_slots != SDEI_NUM_PPI_SLOTS ||
        c->num_spi_slots != SDEI_NUM_SPI_SLOTS) {
        error_setg(errp, "arm-sdei: slots for bound interrupts differ: %"
                   PRIu32 " num_ppi_slots and %" PRIu32 " num_spi_slots in "
                   "the stream, %d and %d here", c->num_ppi_slots,
                   c->num_spi_slots, SDEI_NUM_PPI_SLOTS, SDEI_NUM_SPI_SLOTS);
        return false;
    }
    return true;
}

/* Have both sides the same error sources?  In order, it is the first event */
static bool sdei_check_ghes(const SDEISaved *sv, Error **errp)
{
    bool saved = sv->num_events && sv->event[0].event_num == SDEI_EVENT_GHES;
    bool here = sdei_events_find(&sv->s->events,
                                 SDEI_EVENT_GHES) != SDEI_NONE;

    if (saved == here) {
        return true;
    }
    error_setg(errp, "arm-sdei: machine property 'ras' differs: %s in the "
               "stream, %s here (event_num 0x%x)", saved ? "on" : "off",
               here ? "on" : "off", SDEI_EVENT_GHES);
    return false;
}

/* Are the stream's optional events those of this machine? */
static bool sdei_check_events(const SDEISaved *sv, Error **errp)
{
    const SDEIEvents *m = &sv->s->events;
    uint32_t ghes = sdei_events_find(m, SDEI_EVENT_GHES) != SDEI_NONE;
    uint32_t ev, i, num_optional = 0;

    if (!sdei_check_ghes(sv, errp)) {
        return false;
    }
    for (ev = 0; ev < m->num_events; ev++) {
        num_optional += sdei_is_optional(&m->event[ev].def);
    }
    if (sv->num_events != num_optional) {
        error_setg(errp, "arm-sdei: sdei-event objects differ: %" PRIu32
                   " in the stream, %" PRIu32 " here", sv->num_events - ghes,
                   num_optional - ghes);
        return false;
    }
    for (i = 0; i < sv->num_events; i++) {
        const SDEISavedEvent *e = &sv->event[i];

        ev = sdei_events_find(m, e->event_num);
        /* In ascending order, so that none is there twice */
        if (ev == SDEI_NONE || !sdei_is_optional(&m->event[ev].def) ||
            m->event[ev].def.type != e->type ||
            m->event[ev].def.priority != e->priority ||
            (i && e->event_num <= sv->event[i - 1].event_num)) {
            error_setg(errp, "arm-sdei: sdei-event objects differ: the stream "
                       "has event_num 0x%" PRIx32 ", type %u, priority %u",
                       e->event_num, e->type, e->priority);
            return false;
        }
    }
    return true;
}

static bool sdei_events_post_load(void *opaque, int version_id, Error **errp)
{
    return sdei_check_events(opaque, errp);
}

static bool sdei_load_binding(SDEIState *s, const SDEISavedBinding *b,
                              Error **errp)
{
    SDEIEvents *m = &s->events;

    if (sdei_irq_check(s, b->intid) != SDEI_SUCCESS) {
        error_setg(errp, "arm-sdei/binding: intid %" PRIu32 " is impossible: "
                   "%s", b->intid, m->reason);
        return false;
    }
    if (sdei_events_find_intid(m, b->intid) != SDEI_NONE) {
        error_setg(errp, "arm-sdei/binding: intid %" PRIu32 " is there twice",
                   b->intid);
        return false;
    }
    if (!sdei_events_set_binding(m, b->event_num, b->intid)) {
        error_setg(errp, "arm-sdei/binding: event_num 0x%" PRIx32
                   " is impossible for INTID %" PRIu32, b->event_num,
                   b->intid);
        return false;
    }
    return true;
}

static bool sdei_handler_is_legal(const SDEIEvents *m, uint32_t ev,
                                  const SDEISavedHandler *sh)
{
    bool shared = m->event[ev].def.type == SDEI_TYPE_SHARED;
    bool bound = m->event[ev].intid;

    if (!sdei_status_is_legal(sh->status) || !sh->status) {
        return false;
    }
    if (sh->pending && !(sh->status & SDEI_STATUS_REGISTERED)) {
        return false;
    }
    if (m->event[ev].def.bindable != bound || (sh->edge && !bound)) {
        return false;
    }
    if (sh->relative && !(m->register_flags & SDEI_REGISTER_RELATIVE)) {
        return false;
    }
    if ((sh->entry & 3) || (!sh->entry && !sh->relative)) {
        return false;
    }
    switch (sh->routing_mode) {
    case SDEI_RM_ANY:
        return sh->routed_pe == SDEI_NONE ||
               (shared && sh->routed_pe < m->num_pes);
    case SDEI_RM_PE:
        return shared && sh->routed_pe < m->num_pes;
    default:
        return false;
    }
}

static bool sdei_load_handler(SDEIState *s, const SDEISavedHandler *sh,
                              Error **errp)
{
    SDEIEvents *m = &s->events;
    uint32_t ev = sdei_events_find(m, sh->event_num);
    SDEIHandler *h;

    if (ev == SDEI_NONE) {
        error_setg(errp, "arm-sdei/handler: event_num 0x%" PRIx32
                   " is impossible", sh->event_num);
        return false;
    }
    if (sh->pe >= sdei_handlers_of(m, ev)) {
        error_setg(errp, "arm-sdei/handler: pe %" PRIu32 " is impossible",
                   sh->pe);
        return false;
    }
    h = &m->event[ev].handler[sh->pe];
    if (h->status || !sdei_handler_is_legal(m, ev, sh)) {
        error_setg(errp, "arm-sdei/handler: event 0x%" PRIx32 " pe %" PRIu32
                   " is impossible: status %u, pending %d, edge %d, relative "
                   "%d, routing_mode %u, routed_pe %" PRIu32 ", entry 0x%"
                   PRIx64, sh->event_num, sh->pe, sh->status, sh->pending,
                   sh->edge, sh->relative, sh->routing_mode, sh->routed_pe,
                   sh->entry);
        return false;
    }
    h->status = sh->status;
    h->pending = sh->pending;
    h->edge = sh->edge;
    h->relative = sh->relative;
    h->routing_mode = sh->routing_mode;
    h->pe = sh->routed_pe;
    h->entry = sh->entry;
    h->ep_arg = sh->ep_arg;
    if (m->event[ev].intid) {
        h->level = sdei_irq_level(s, sh->pe, m->event[ev].intid);
        if (!sdei_line_is_legal(h)) {
            error_setg(errp, "arm-sdei/handler: event 0x%" PRIx32 " pe %"
                       PRIu32 " is impossible with level-triggered INTID %"
                       PRIu32 ": pending %d, line %s", sh->event_num, sh->pe,
                       m->event[ev].intid, h->pending,
                       h->level ? "high" : "low");
            return false;
        }
    }
    return true;
}

static bool sdei_may_run(const SDEIEvents *m, uint32_t ev, uint32_t pe,
                         SDEIPriority priority)
{
    const SDEIHandler *h = sdei_events_handler(m, ev, pe);

    return m->event[ev].def.priority == priority &&
           (h->status & SDEI_STATUS_RUNNING) &&
           (h->routing_mode != SDEI_RM_PE || h->pe == pe);
}

static bool sdei_load_running(SDEIEvents *m, uint32_t pe,
                              SDEIPriority priority, uint32_t num,
                              Error **errp)
{
    uint32_t ev = sdei_events_find(m, num);
    uint32_t other;

    if (ev == SDEI_NONE || !sdei_may_run(m, ev, pe, priority)) {
        error_setg(errp, "arm-sdei/pe: running[%d] 0x%" PRIx32 " of PE %"
                   PRIu32 " is impossible", priority, num, pe);
        return false;
    }
    for (other = 0; other < pe; other++) {
        if (m->event[ev].def.type == SDEI_TYPE_SHARED &&
            m->pe[other].running[priority] == ev) {
            error_setg(errp, "arm-sdei/pe: running[%d] 0x%" PRIx32
                       " is running on PEs %" PRIu32 " and %" PRIu32,
                       priority, num, other, pe);
            return false;
        }
    }
    m->pe[pe].running[priority] = ev;
    return true;
}

static bool sdei_load_pe(SDEIState *s, const SDEISaved *sv, uint32_t pe,
                         Error **errp)
{
    int i;

    s->events.pe[pe].masked = sv->pe[pe].masked;
    for (i = 0; i < SDEI_PRIO_COUNT; i++) {
        uint32_t num = sv->pe[pe].running[i];

        if (num != SDEI_NO_EVENT &&
            !sdei_load_running(&s->events, pe, i, num, errp)) {
            return false;
        }
    }
    return true;
}

/* Is what says that it is running on the stack of some PE? */
static bool sdei_check_running(SDEIState *s, Error **errp)
{
    const SDEIEvents *m = &s->events;
    uint32_t ev, i, pe, running = 0, on_stack = 0;

    for (ev = 0; ev < m->num_events; ev++) {
        for (i = 0; i < sdei_handlers_of(m, ev); i++) {
            running += !!(m->event[ev].handler[i].status &
                          SDEI_STATUS_RUNNING);
        }
    }
    for (pe = 0; pe < m->num_pes; pe++) {
        for (i = 0; i < SDEI_PRIO_COUNT; i++) {
            on_stack += m->pe[pe].running[i] != SDEI_NONE;
        }
    }
    /* Each one on a stack is known to be running, and none is there twice */
    if (running != on_stack) {
        error_setg(errp, "arm-sdei: %" PRIu32 " handlers have a status of "
                   "running, but PEs run %" PRIu32, running, on_stack);
        return false;
    }
    return true;
}

static bool sdei_load_context(SDEIState *s, const SDEISavedContext *c,
                              Error **errp)
{
    if (c->pe >= s->events.num_pes || c->priority >= SDEI_PRIO_COUNT ||
        s->events.pe[c->pe].running[c->priority] == SDEI_NONE) {
        error_setg(errp, "arm-sdei/context: pe %" PRIu32 " runs no handler of "
                   "priority %u", c->pe, c->priority);
        return false;
    }
    if (!sdei_pstate_is_legal(s, c->pe, c->context.pstate)) {
        error_setg(errp, "arm-sdei/context: pstate 0x%" PRIx64
                   " is impossible", c->context.pstate);
        return false;
    }
    s->cpu[c->pe].context[c->priority] = c->context;
    return true;
}

static bool sdei_load_contexts(SDEIState *s, const SDEISaved *sv, Error **errp)
{
    uint32_t i, pe, expected = 0;

    for (pe = 0; pe < s->events.num_pes; pe++) {
        for (i = 0; i < SDEI_PRIO_COUNT; i++) {
            expected += s->events.pe[pe].running[i] != SDEI_NONE;
        }
    }
    if (sv->num_contexts != expected) {
        error_setg(errp, "arm-sdei: num_contexts %" PRId32 " is impossible "
                   "with %" PRIu32 " running handlers", sv->num_contexts,
                   expected);
        return false;
    }
    for (i = 0; i < sv->num_contexts; i++) {
        const SDEISavedContext *c = &sv->context[i];

        /* In ascending order, so that none is there twice */
        if (i && (c->pe < c[-1].pe ||
                  (c->pe == c[-1].pe && c->priority <= c[-1].priority))) {
            error_setg(errp, "arm-sdei/context: pe %" PRIu32 " priority %u is "
                       "out of order", c->pe, c->priority);
            return false;
        }
        if (!sdei_load_context(s, c, errp)) {
            return false;
        }
    }
    return true;
}

static bool sdei_load_all(SDEIState *s, const SDEISaved *sv, Error **errp)
{
    uint32_t i;

    if (!sdei_check_events(sv, errp)) {
        return false;
    }
    if (sv->pe_count != s->events.num_pes) {
        error_setg(errp, "arm-sdei: pe_count %" PRId32 " is impossible",
                   sv->pe_count);
        return false;
    }
    if (sv->next_any >= s->events.num_pes) {
        error_setg(errp, "arm-sdei: next_any %" PRIu32 " is impossible",
                   sv->next_any);
        return false;
    }
    for (i = 0; i < sv->num_bindings; i++) {
        if (!sdei_load_binding(s, &sv->binding[i], errp)) {
            return false;
        }
    }
    for (i = 0; i < sv->num_handlers; i++) {
        if (!sdei_load_handler(s, &sv->handler[i], errp)) {
            return false;
        }
    }
    for (i = 0; i < s->events.num_pes; i++) {
        if (!sdei_load_pe(s, sv, i, errp)) {
            return false;
        }
    }
    s->events.next_any = sv->next_any;
    return sdei_check_running(s, errp) && sdei_load_contexts(s, sv, errp);
}

static bool sdei_post_load(void *opaque, int version_id, Error **errp)
{
    SDEIState *s = opaque;
    bool ok;

    sdei_events_reset(&s->events);
    if (s->num_lines) {
        bitmap_copy(s->line_level, s->saved->line_level, s->num_lines);
    }
    ok = sdei_load_all(s, s->saved, errp);
    if (!ok) {
        /* Nobody is to run on half a state */
        sdei_events_reset(&s->events);
    }
    sdei_events_recompute(&s->events);
    sdei_irq_loaded(s);
    sdei_saved_clear(s->saved);
    s->incoming &= !ok;
    sdei_report_client(s);
    return ok;
}

static const VMStateDescription vmstate_sdei_config = {
    .name = "arm-sdei/config",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load_errp = sdei_config_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(version, SDEISavedConfig),
        VMSTATE_UINT8(client_el, SDEISavedConfig),
        VMSTATE_UINT32(num_pes, SDEISavedConfig),
        VMSTATE_UINT32(num_ppi_slots, SDEISavedConfig),
        VMSTATE_UINT32(num_spi_slots, SDEISavedConfig),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_sdei_event = {
    .name = "arm-sdei/event",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(event_num, SDEISavedEvent),
        VMSTATE_UINT8(type, SDEISavedEvent),
        VMSTATE_UINT8(priority, SDEISavedEvent),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_sdei_binding = {
    .name = "arm-sdei/binding",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(event_num, SDEISavedBinding),
        VMSTATE_UINT32(intid, SDEISavedBinding),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_sdei_handler = {
    .name = "arm-sdei/handler",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(event_num, SDEISavedHandler),
        VMSTATE_UINT32(pe, SDEISavedHandler),
        VMSTATE_UINT8(status, SDEISavedHandler),
        VMSTATE_BOOL(pending, SDEISavedHandler),
        VMSTATE_BOOL(edge, SDEISavedHandler),
        VMSTATE_BOOL(relative, SDEISavedHandler),
        VMSTATE_UINT8(routing_mode, SDEISavedHandler),
        VMSTATE_UINT32(routed_pe, SDEISavedHandler),
        VMSTATE_UINT64(entry, SDEISavedHandler),
        VMSTATE_UINT64(ep_arg, SDEISavedHandler),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_sdei_pe = {
    .name = "arm-sdei/pe",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(masked, SDEISavedPE),
        VMSTATE_UINT32_ARRAY(running, SDEISavedPE, SDEI_PRIO_COUNT),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_sdei_context = {
    .name = "arm-sdei/context",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(pe, SDEISavedContext),
        VMSTATE_UINT8(priority, SDEISavedContext),
        VMSTATE_UINT64_ARRAY(context.x, SDEISavedContext, SDEI_CONTEXT_REGS),
        VMSTATE_UINT64(context.pc, SDEISavedContext),
        VMSTATE_UINT64(context.pstate, SDEISavedContext),
        VMSTATE_END_OF_LIST()
    },
};

/* Optional parts: those of which there is something */

#define SDEI_ARRAY_PART(_part, _name, _num, _max, _post_load)               \
static bool sdei_##_part##s_needed(void *opaque)                            \
{                                                                           \
    return ((SDEISaved *)opaque)->_num;                                     \
}                                                                           \
                                                                            \
static bool sdei_##_part##s_pre_load(void *opaque, Error **errp)            \
{                                                                           \
    SDEISaved *sv = opaque;                                                 \
                                                                            \
    return sdei_pre_load_array(sv->_part, &sv->_num, _max, _name, errp);    \
}                                                                           \
                                                                            \
static const VMStateDescription vmstate_sdei_##_part##s = {                 \
    .name = _name,                                                          \
    .version_id = 1,                                                        \
    .minimum_version_id = 1,                                                \
    .needed = sdei_##_part##s_needed,                                       \
    .pre_load_errp = sdei_##_part##s_pre_load,                              \
    .post_load_errp = _post_load,                                           \
    .fields = (const VMStateField[]) {                                      \
        VMSTATE_INT32_POSITIVE_LE(_num, SDEISaved),                         \
        VMSTATE_STRUCT_VARRAY_ALLOC(_part, SDEISaved, _num, 1,              \
                                    vmstate_sdei_##_part,                   \
                                    typeof(*((SDEISaved *)0)->_part)),      \
        VMSTATE_END_OF_LIST()                                               \
    },                                                                      \
}

SDEI_ARRAY_PART(event, "arm-sdei/events", num_events,
                SDEI_MAX_OPTIONAL_EVENTS, sdei_events_post_load);
SDEI_ARRAY_PART(binding, "arm-sdei/bindings", num_bindings,
                sv->max_bindings, NULL);
SDEI_ARRAY_PART(handler, "arm-sdei/handlers", num_handlers,
                sv->max_handlers, NULL);
SDEI_ARRAY_PART(context, "arm-sdei/contexts", num_contexts,
                sv->max_contexts, NULL);

static bool sdei_lines_needed(void *opaque)
{
    SDEISaved *sv = opaque;

    return sv->num_lines && !bitmap_empty(sv->line_level, sv->num_lines);
}

static const VMStateDescription vmstate_sdei_lines = {
    .name = "arm-sdei/lines",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = sdei_lines_needed,
    .fields = (const VMStateField[]) {
        VMSTATE_BITMAP(line_level, SDEISaved, 1, num_lines),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_sdei_saved = {
    .name = "arm-sdei",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT(config, SDEISaved, 1, vmstate_sdei_config,
                       SDEISavedConfig),
        VMSTATE_UINT32(next_any, SDEISaved),
        VMSTATE_INT32_POSITIVE_LE(pe_count, SDEISaved),
        VMSTATE_STRUCT_VARRAY_ALLOC(pe, SDEISaved, pe_count, 1,
                                    vmstate_sdei_pe, SDEISavedPE),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * const []) {
        &vmstate_sdei_events,
        &vmstate_sdei_bindings,
        &vmstate_sdei_handlers,
        &vmstate_sdei_contexts,
        &vmstate_sdei_lines,
        NULL
    },
};

const VMStateDescription vmstate_sdei = {
    .name = TYPE_ARM_SDEI,
    .version_id = 1,
    .minimum_version_id = 1,
    /*
     * Before all that drives inputs of the GIC as it is loaded: whether a
     * line is the GIC's or a bound one is known by then.
     */
    .priority = MIG_PRI_ARM_SDEI,
    .pre_save_errp = sdei_pre_save,
    .pre_load_errp = sdei_pre_load,
    .post_load_errp = sdei_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_POINTER(saved, SDEIState, vmstate_sdei_saved,
                               SDEISaved),
        VMSTATE_END_OF_LIST()
    },
};
