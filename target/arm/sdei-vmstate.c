/*
 * Arm SDEI: migration
 *
 * What goes over the wire is what differs from a machine after reset: the
 * handlers that are registered, the interrupts that are bound, the contexts
 * that were interrupted.  Events are named by their numbers.  The stream is
 * not to be trusted: it is loaded aside, checked field by field against the
 * configuration and against itself, and only then becomes the state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitmap.h"
#include "migration/vmstate.h"
#include "hw/intc/arm_gicv3_common.h"
#include "cpu.h"
#include "internals.h"
#include "cpu-features.h"
#include "sdei-internal.h"

/* No event in the stream: not a number that an event can have */
#define SDEI_NO_EVENT   UINT32_MAX

/* An event that the user defined */
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

/* Counts come before the arrays that they bound */
struct SDEISaved {
    uint64_t version;
    uint8_t client_el;
    uint32_t num_pes;
    uint32_t num_ppi_slots;
    uint32_t num_spi_slots;
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
};

static void sdei_saved_clear(SDEISaved *sv)
{
    g_free(sv->event);
    g_free(sv->binding);
    g_free(sv->handler);
    g_free(sv->pe);
    g_free(sv->context);
    *sv = (SDEISaved) { };
}

void sdei_saved_free(SDEISaved *sv)
{
    if (sv) {
        sdei_saved_clear(sv);
        g_free(sv);
    }
}

SDEISaved *sdei_saved_new(void)
{
    return g_new0(SDEISaved, 1);
}

static bool sdei_is_user_event(const SDEIEventDef *def)
{
    return def->num >= SDEI_EVENT_USER_FIRST &&
           def->num <= SDEI_EVENT_USER_LAST;
}

static uint32_t sdei_handlers_of(const SDEIEvents *m, uint32_t ev)
{
    return m->event[ev].def.type == SDEI_TYPE_SHARED ? 1 : m->num_pes;
}

static void sdei_save_event(SDEISaved *sv, const SDEIEvents *m, uint32_t ev)
{
    const SDEIEvent *event = &m->event[ev];
    uint32_t pe;

    if (sdei_is_user_event(&event->def)) {
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

    sdei_saved_clear(sv);
    sv->version = s->version_result;
    sv->client_el = s->client_el;
    sv->num_pes = m->num_pes;
    sv->num_ppi_slots = SDEI_NUM_PPI_SLOTS;
    sv->num_spi_slots = SDEI_NUM_SPI_SLOTS;
    sv->next_any = m->next_any;
    sv->event = g_new0(SDEISavedEvent, m->num_events);
    sv->binding = g_new0(SDEISavedBinding, m->num_events);
    sv->handler = g_new0(SDEISavedHandler, sdei_max_handlers(m));
    sv->pe = g_new0(SDEISavedPE, m->num_pes);
    sv->pe_count = m->num_pes;
    sv->context = g_new0(SDEISavedContext, m->num_pes * SDEI_PRIO_COUNT);
    for (i = 0; i < m->num_events; i++) {
        sdei_save_event(sv, m, i);
    }
    for (i = 0; i < m->num_pes; i++) {
        sdei_save_pe(sv, s, i);
    }
    return true;
}

static int sdei_post_save(void *opaque)
{
    sdei_saved_clear(((SDEIState *)opaque)->saved);
    return 0;
}

static bool sdei_pre_load(void *opaque, Error **errp)
{
    SDEIState *s = opaque;
    SDEISaved *sv = s->saved;

    sdei_saved_clear(sv);
    /* VMSTATE_INT32_POSITIVE_LE loads at most what stands there */
    sv->num_events = s->events.num_events;
    sv->num_bindings = s->events.num_events;
    sv->num_handlers = sdei_max_handlers(&s->events);
    sv->pe_count = s->events.num_pes;
    sv->num_contexts = s->events.num_pes * SDEI_PRIO_COUNT;
    return true;
}

static bool sdei_load_config(SDEIState *s, const SDEISaved *sv, Error **errp)
{
    const SDEIEvents *m = &s->events;
    uint32_t ev, i, num_user = 0;

    if (sv->version != s->version_result) {
        error_setg(errp, "arm-sdei: property 'version' differs: SDEI %" PRIu64
                   ".%" PRIu64 " in the stream", sv->version >> 48,
                   extract64(sv->version, 32, 16));
        return false;
    }
    if (sv->client_el != s->client_el) {
        error_setg(errp, "arm-sdei: client_el differs (machine property "
                   "'virtualization'): EL%u in the stream", sv->client_el);
        return false;
    }
    if (sv->num_pes != m->num_pes || sv->pe_count != m->num_pes) {
        error_setg(errp, "arm-sdei: num_pes differs (-smp): %" PRIu32
                   " in the stream", sv->num_pes);
        return false;
    }
    if (sv->num_ppi_slots != SDEI_NUM_PPI_SLOTS ||
        sv->num_spi_slots != SDEI_NUM_SPI_SLOTS) {
        error_setg(errp, "arm-sdei: slots for bound interrupts differ: %"
                   PRIu32 " num_ppi_slots and %" PRIu32 " num_spi_slots in "
                   "the stream", sv->num_ppi_slots, sv->num_spi_slots);
        return false;
    }
    for (ev = 0; ev < m->num_events; ev++) {
        num_user += sdei_is_user_event(&m->event[ev].def);
    }
    if (sv->num_events != num_user) {
        error_setg(errp, "arm-sdei: sdei-event objects differ: %" PRId32
                   " in the stream", sv->num_events);
        return false;
    }
    for (i = 0; i < sv->num_events; i++) {
        const SDEISavedEvent *e = &sv->event[i];

        ev = sdei_events_find(m, e->event_num);
        /* In ascending order, so that none is there twice */
        if (ev == SDEI_NONE || !sdei_is_user_event(&m->event[ev].def) ||
            m->event[ev].def.type != e->type ||
            m->event[ev].def.priority != e->priority ||
            (i && e->event_num <= sv->event[i - 1].event_num)) {
            error_setg(errp, "arm-sdei: sdei-event objects differ: the stream "
                       "has event_num 0x%" PRIx32 ", type %u, priority %u",
                       e->event_num, e->type, e->priority);
            return false;
        }
    }
    if (sv->next_any >= m->num_pes) {
        error_setg(errp, "arm-sdei: next_any %" PRIu32 " is impossible",
                   sv->next_any);
        return false;
    }
    return true;
}

static bool sdei_load_binding(SDEIState *s, const SDEISavedBinding *b,
                              Error **errp)
{
    SDEIEvents *m = &s->events;
    bool ppi = b->intid < GIC_INTERNAL;
    uint32_t first = ppi ? SDEI_EVENT_BOUND_PPI_FIRST
                         : SDEI_EVENT_BOUND_SPI_FIRST;
    uint32_t slot = b->event_num - first;

    if (b->intid < GIC_NR_SGIS || b->intid >= s->num_irq ||
        sdei_events_find_intid(m, b->intid) != SDEI_NONE) {
        error_setg(errp, "arm-sdei/binding: intid %" PRIu32 " is impossible",
                   b->intid);
        return false;
    }
    if (slot >= (ppi ? SDEI_NUM_PPI_SLOTS : SDEI_NUM_SPI_SLOTS) ||
        sdei_events_find(m, b->event_num) != SDEI_NONE) {
        error_setg(errp, "arm-sdei/binding: event_num 0x%" PRIx32
                   " is impossible for INTID %" PRIu32, b->event_num,
                   b->intid);
        return false;
    }
    sdei_events_set_binding(m, b->event_num, b->intid);
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
    if (sh->edge && !bound) {
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
    }
    return true;
}

static bool sdei_load_pe(SDEIState *s, const SDEISaved *sv, uint32_t pe,
                         Error **errp)
{
    SDEIEvents *m = &s->events;
    int i;

    m->pe[pe].masked = sv->pe[pe].masked;
    for (i = 0; i < SDEI_PRIO_COUNT; i++) {
        uint32_t num = sv->pe[pe].running[i];
        uint32_t ev, other;

        if (num == SDEI_NO_EVENT) {
            continue;
        }
        ev = sdei_events_find(m, num);
        if (ev == SDEI_NONE || m->event[ev].def.priority != i ||
            !(sdei_events_handler(m, ev, pe)->status & SDEI_STATUS_RUNNING)) {
            error_setg(errp, "arm-sdei/pe: running[%d] 0x%" PRIx32
                       " of PE %" PRIu32 " is impossible", i, num, pe);
            return false;
        }
        for (other = 0; other < pe; other++) {
            if (m->event[ev].def.type == SDEI_TYPE_SHARED &&
                m->pe[other].running[i] == ev) {
                error_setg(errp, "arm-sdei/pe: running[%d] 0x%" PRIx32
                           " is running on PEs %" PRIu32 " and %" PRIu32,
                           i, num, other, pe);
                return false;
            }
        }
        m->pe[pe].running[i] = ev;
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

/* Could the client, or what is below it, have been interrupted there? */
static bool sdei_pstate_is_legal(SDEIState *s, uint64_t pstate)
{
    ARMCPU *cpu = ARM_CPU(first_cpu);
    unsigned int el = extract64(pstate, 2, 2);

    if (!(pstate & PSTATE_nRW)) {
        bool handler_sp = pstate & PSTATE_SP;

        return !extract64(pstate, 1, 1) && !extract64(pstate, 32, 32) &&
               el <= s->client_el && (el || !handler_sp);
    }
    if (!cpu_isar_feature(aa64_aa32, cpu) || extract64(pstate, 32, 32)) {
        return false;
    }
    switch (pstate & CPSR_M) {
    case ARM_CPU_MODE_USR:
        return true;
    case ARM_CPU_MODE_FIQ:
    case ARM_CPU_MODE_IRQ:
    case ARM_CPU_MODE_SVC:
    case ARM_CPU_MODE_ABT:
    case ARM_CPU_MODE_UND:
    case ARM_CPU_MODE_SYS:
        return s->client_el > 1;
    default:
        return false;
    }
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
    if (!sdei_pstate_is_legal(s, c->context.pstate)) {
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

    if (!sdei_load_config(s, sv, errp)) {
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
    ok = sdei_load_all(s, s->saved, errp);
    if (!ok) {
        /* Nobody is to run on half a state */
        sdei_events_reset(&s->events);
    }
    sdei_events_recompute(&s->events);
    sdei_saved_clear(s->saved);
    s->loaded = ok;
    return ok;
}

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

static const VMStateDescription vmstate_sdei_saved = {
    .name = "arm-sdei/saved",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(version, SDEISaved),
        VMSTATE_UINT8(client_el, SDEISaved),
        VMSTATE_UINT32(num_pes, SDEISaved),
        VMSTATE_UINT32(num_ppi_slots, SDEISaved),
        VMSTATE_UINT32(num_spi_slots, SDEISaved),
        VMSTATE_UINT32(next_any, SDEISaved),
        VMSTATE_INT32_POSITIVE_LE(num_events, SDEISaved),
        VMSTATE_STRUCT_VARRAY_ALLOC(event, SDEISaved, num_events, 1,
                                    vmstate_sdei_event, SDEISavedEvent),
        VMSTATE_INT32_POSITIVE_LE(num_bindings, SDEISaved),
        VMSTATE_STRUCT_VARRAY_ALLOC(binding, SDEISaved, num_bindings, 1,
                                    vmstate_sdei_binding, SDEISavedBinding),
        VMSTATE_INT32_POSITIVE_LE(num_handlers, SDEISaved),
        VMSTATE_STRUCT_VARRAY_ALLOC(handler, SDEISaved, num_handlers, 1,
                                    vmstate_sdei_handler, SDEISavedHandler),
        VMSTATE_INT32_POSITIVE_LE(pe_count, SDEISaved),
        VMSTATE_STRUCT_VARRAY_ALLOC(pe, SDEISaved, pe_count, 1,
                                    vmstate_sdei_pe, SDEISavedPE),
        VMSTATE_INT32_POSITIVE_LE(num_contexts, SDEISaved),
        VMSTATE_STRUCT_VARRAY_ALLOC(context, SDEISaved, num_contexts, 1,
                                    vmstate_sdei_context, SDEISavedContext),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_sdei = {
    .name = TYPE_ARM_SDEI,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save_errp = sdei_pre_save,
    .post_save = sdei_post_save,
    .pre_load_errp = sdei_pre_load,
    .post_load_errp = sdei_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_POINTER(saved, SDEIState, vmstate_sdei_saved,
                               SDEISaved),
        VMSTATE_BITMAP(line_level, SDEIState, 1, num_lines),
        VMSTATE_END_OF_LIST()
    },
};
