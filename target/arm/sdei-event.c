/*
 * Arm SDEI: events, handlers and the rules between them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "sdei-event.h"

/* PPIs below, SPIs from here on */
#define SDEI_FIRST_SPI  32

/* Aff3 and Aff2..Aff0 of MPIDR_EL1 */
#define SDEI_AFFINITY   0xff00ffffffULL
#define SDEI_AFF0       0xffULL

/* What can happen to a handler */
typedef enum SDEIAction {
    SDEI_DO_REGISTER,
    SDEI_DO_ENABLE,
    SDEI_DO_DISABLE,
    SDEI_DO_UNREGISTER,
    SDEI_DO_ROUTING_SET,
    SDEI_DO_DISPATCH,
    SDEI_DO_COMPLETE,
    SDEI_DO_COUNT,
} SDEIAction;

/* Handler states: the values of SDEIHandler.status */
enum {
    UNREG = 0,
    REG   = SDEI_STATUS_REGISTERED,
    ENA   = SDEI_STATUS_REGISTERED | SDEI_STATUS_ENABLED,
    RUN_U = SDEI_STATUS_RUNNING,
    RUN_R = SDEI_STATUS_RUNNING | SDEI_STATUS_REGISTERED,
    RUN_E = SDEI_STATUS_RUNNING | SDEI_STATUS_REGISTERED | SDEI_STATUS_ENABLED,
};

/* Not a state: the action is refused */
#define DENY    0x80
/* With a state: the call answers PENDING all the same */
#define PEND    0x40

/*
 * The life cycle of a handler, DEN0054C 6.1: the only place that says what is
 * legal in which state.  Cells hold the next state.
 */
static const uint8_t sdei_transition[][SDEI_DO_COUNT] = {
    /*          REGISTER ENABLE DISABLE UNREGISTER    ROUTE DISP.  COMPLETE */
    [UNREG] = { REG,     DENY,  DENY,   DENY,         DENY, DENY,  DENY  },
    [REG]   = { DENY,    ENA,   REG,    UNREG,        REG,  DENY,  DENY  },
    [2]     = { DENY,    DENY,  DENY,   DENY,         DENY, DENY,  DENY  },
    [ENA]   = { DENY,    ENA,   REG,    UNREG,        DENY, RUN_E, DENY  },
    [RUN_U] = { DENY,    DENY,  DENY,   RUN_U | PEND, DENY, DENY,  UNREG },
    [RUN_R] = { DENY,    RUN_E, RUN_R,  RUN_U | PEND, DENY, DENY,  REG   },
    [6]     = { DENY,    DENY,  DENY,   DENY,         DENY, DENY,  DENY  },
    [RUN_E] = { DENY,    RUN_E, RUN_R,  RUN_U | PEND, DENY, DENY,  ENA   },
};

static const char *const sdei_denied_because[] = {
    [UNREG] = "the event is not registered",
    [REG]   = "the event is registered",
    [2]     = "impossible state",
    [ENA]   = "the event is registered and enabled",
    [RUN_U] = "the handler is running and the event unregistered",
    [RUN_R] = "the handler is running",
    [6]     = "impossible state",
    [RUN_E] = "the handler is running",
};

static int64_t sdei_fail(SDEIEvents *m, int64_t result, const char *reason)
{
    m->reason = reason;
    return result;
}

static int64_t sdei_unknown_event(SDEIEvents *m)
{
    return sdei_fail(m, SDEI_INVALID_PARAMETERS, "no such event");
}

static bool sdei_allowed(const SDEIHandler *h, SDEIAction action)
{
    return sdei_transition[h->status][action] != DENY;
}

static bool sdei_is_shared(const SDEIEvents *m, uint32_t ev)
{
    return m->event[ev].def.type == SDEI_TYPE_SHARED;
}

/* Where it is counted that @ev, on @pe, is pending */
static uint32_t *sdei_num_pending(SDEIEvents *m, uint32_t ev, uint32_t pe)
{
    return sdei_is_shared(m, ev) ? &m->num_shared_pending
                                 : &m->pe[pe].num_pending;
}

/* Where it is counted that @ev, on @pe, is registered or running */
static uint32_t *sdei_num_used(SDEIEvents *m, uint32_t ev, uint32_t pe)
{
    return sdei_is_shared(m, ev) ? &m->num_shared_used : &m->pe[pe].num_used;
}

/*
 * Those that are refused or answer PENDING, and those from or to UNREG, which
 * the counts follow
 */
static int64_t sdei_transit_rare(SDEIEvents *m, uint32_t ev, uint32_t pe,
                                 SDEIHandler *h, uint8_t next)
{
    if (next == DENY) {
        return sdei_fail(m, SDEI_DENIED, sdei_denied_because[h->status]);
    }
    if ((h->status == UNREG) != ((next & ~PEND) == UNREG)) {
        int more = h->status == UNREG ? 1 : -1;

        *sdei_num_used(m, ev, pe) += more;
        m->num_lines += m->event[ev].intid ? more : 0;
    }
    h->status = next & ~PEND;
    if (next & PEND) {
        return sdei_fail(m, SDEI_PENDING, "the handler is running");
    }
    return SDEI_SUCCESS;
}

/* @h is sdei_events_handler(m, ev, pe), which most callers have; also below */
static inline int64_t sdei_transit(SDEIEvents *m, uint32_t ev, uint32_t pe,
                                   SDEIHandler *h, SDEIAction action)
{
    uint8_t next = sdei_transition[h->status][action];

    if (h->status == UNREG || next == UNREG || (next & (DENY | PEND))) {
        return sdei_transit_rare(m, ev, pe, h, next);
    }
    h->status = next;
    return SDEI_SUCCESS;
}

static uint32_t sdei_num_handlers(const SDEIEvents *m, uint32_t ev)
{
    return sdei_is_shared(m, ev) ? 1 : m->num_pes;
}

static inline void sdei_set_pending(SDEIEvents *m, uint32_t ev, uint32_t pe,
                                    SDEIHandler *h, bool pending)
{
    if (h->pending != pending) {
        h->pending = pending;
        *sdei_num_pending(m, ev, pe) += pending ? 1 : -1;
    }
}

/* Twice at each entry to a handler and at its end: no branch */
static inline void sdei_assign_bit(unsigned long *map, uint32_t i, bool value)
{
    unsigned long *word = &map[BIT_WORD(i)];

    *word = (*word & ~BIT_MASK(i)) | (value * BIT_MASK(i));
}

/* After any change of @pe's mask or running handlers */
static inline void sdei_update_can_take(SDEIEvents *m, uint32_t pe)
{
    const SDEIPE *p = &m->pe[pe];
    bool critical = !p->masked && p->running[SDEI_PRIO_CRITICAL] == SDEI_NONE;
    bool normal = critical && p->running[SDEI_PRIO_NORMAL] == SDEI_NONE;

    sdei_assign_bit(m->can_take[SDEI_PRIO_CRITICAL], pe, critical);
    sdei_assign_bit(m->can_take[SDEI_PRIO_NORMAL], pe, normal);
}

static bool sdei_can_take(const SDEIEvents *m, uint32_t pe, SDEIPriority prio)
{
    return test_bit(pe, m->can_take[prio]);
}

static void sdei_set_masked(SDEIEvents *m, uint32_t pe, bool masked)
{
    m->pe[pe].masked = masked;
    sdei_update_can_take(m, pe);
}

static int sdei_compare_def(const void *a, const void *b)
{
    uint32_t x = ((const SDEIEventDef *)a)->num;
    uint32_t y = ((const SDEIEventDef *)b)->num;

    return x < y ? -1 : x > y;
}

void sdei_events_init(SDEIEvents *m, const SDEIEventDef *def,
                      uint32_t num_events, const uint64_t *mpidr,
                      uint32_t num_pes, uint64_t register_flags)
{
    g_autofree SDEIEventDef *sorted = g_memdup2(def, num_events * sizeof(*def));
    uint32_t i;

    qsort(sorted, num_events, sizeof(*sorted), sdei_compare_def);

    *m = (SDEIEvents) {
        .num_events = num_events,
        .num_pes = num_pes,
        .register_flags = register_flags,
    };
    m->pe = g_new0(SDEIPE, num_pes);
    for (i = 0; i < num_pes; i++) {
        m->pe[i].mpidr = mpidr[i];
        m->cluster += mpidr[i] <= SDEI_AFF0;
    }
    for (i = 0; i < SDEI_PRIO_COUNT; i++) {
        m->can_take[i] = bitmap_new(num_pes);
    }
    m->event = g_new0(SDEIEvent, num_events);
    for (i = num_events; i-- > 0;) {
        m->event[i].def = sorted[i];
        m->event[i].handler = g_new0(SDEIHandler, sdei_num_handlers(m, i));
        if (sorted[i].bindable) {
            m->first_slot[sorted[i].type] = i;
        }
    }
    sdei_events_reset(m);
}

void sdei_events_destroy(SDEIEvents *m)
{
    uint32_t i;

    for (i = 0; i < m->num_events; i++) {
        g_free(m->event[i].handler);
    }
    for (i = 0; i < SDEI_PRIO_COUNT; i++) {
        g_free(m->can_take[i]);
    }
    g_free(m->event);
    g_free(m->pe);
    *m = (SDEIEvents) { };
}

static void sdei_handler_reset(SDEIHandler *h)
{
    *h = (SDEIHandler) { .pe = SDEI_NONE };
}

void sdei_events_reset(SDEIEvents *m)
{
    uint32_t ev, pe, i;

    for (ev = 0; ev < m->num_events; ev++) {
        m->event[ev].intid = 0;
        for (i = 0; i < sdei_num_handlers(m, ev); i++) {
            sdei_handler_reset(&m->event[ev].handler[i]);
        }
    }
    for (pe = 0; pe < m->num_pes; pe++) {
        m->pe[pe].masked = true;
        for (i = 0; i < SDEI_PRIO_COUNT; i++) {
            m->pe[pe].running[i] = SDEI_NONE;
        }
    }
    m->next_any = 0;
    sdei_events_recompute(m);
}

static void sdei_count_handler(SDEIEvents *m, uint32_t ev, uint32_t i)
{
    const SDEIHandler *h = &m->event[ev].handler[i];

    *sdei_num_pending(m, ev, i) += h->pending;
    *sdei_num_used(m, ev, i) += h->status != UNREG;
    m->num_lines += m->event[ev].intid && h->status != UNREG;
}

void sdei_events_recompute(SDEIEvents *m)
{
    uint32_t ev, i, pe;

    m->num_shared_pending = 0;
    m->num_shared_used = 0;
    m->num_bound = 0;
    m->num_lines = 0;
    for (pe = 0; pe < m->num_pes; pe++) {
        m->pe[pe].num_pending = 0;
        m->pe[pe].num_used = 0;
        sdei_update_can_take(m, pe);
    }
    for (ev = 0; ev < m->num_events; ev++) {
        m->num_bound += m->event[ev].intid != 0;
        for (i = 0; i < sdei_num_handlers(m, ev); i++) {
            sdei_count_handler(m, ev, i);
        }
    }
}

static const char *sdei_check_derived(const SDEIEvents *m)
{
    g_autofree SDEIPE *pes = g_memdup2(m->pe, m->num_pes * sizeof(*m->pe));
    g_autofree unsigned long *critical = bitmap_new(m->num_pes);
    g_autofree unsigned long *normal = bitmap_new(m->num_pes);
    SDEIEvents now = *m;
    uint32_t pe;

    now.pe = pes;
    now.can_take[SDEI_PRIO_NORMAL] = normal;
    now.can_take[SDEI_PRIO_CRITICAL] = critical;
    sdei_events_recompute(&now);
    for (pe = 0; pe < m->num_pes; pe++) {
        if (pes[pe].num_pending != m->pe[pe].num_pending ||
            pes[pe].num_used != m->pe[pe].num_used) {
            return "a count of private events";
        }
    }
    if (now.num_shared_pending != m->num_shared_pending ||
        now.num_shared_used != m->num_shared_used) {
        return "a count of shared events";
    }
    if (now.num_bound != m->num_bound || now.num_lines != m->num_lines) {
        return "a count of bound interrupts";
    }
    if (!bitmap_equal(normal, m->can_take[SDEI_PRIO_NORMAL], m->num_pes) ||
        !bitmap_equal(critical, m->can_take[SDEI_PRIO_CRITICAL],
                      m->num_pes)) {
        return "can_take";
    }
    return NULL;
}

static const char *sdei_check_handler(const SDEIEvents *m, uint32_t ev,
                                      const SDEIHandler *h)
{
    bool may_route = sdei_is_shared(m, ev) && h->status != UNREG;

    if (!sdei_status_is_legal(h->status)) {
        return "a status";
    }
    if (h->pending && !(h->status & SDEI_STATUS_REGISTERED)) {
        return "pending, but not registered";
    }
    if ((h->edge || h->level) &&
        (!m->event[ev].intid || h->status == UNREG)) {
        return "a line without an interrupt";
    }
    if (m->event[ev].intid && !sdei_line_is_legal(h)) {
        return "a level and its trigger";
    }
    if (h->pe != SDEI_NONE && (!may_route || h->pe >= m->num_pes)) {
        return "a routed PE";
    }
    return NULL;
}

/* Is each handler that says so running on one PE, and no other? */
static const char *sdei_check_running(const SDEIEvents *m)
{
    uint32_t ev, i, pe, on_stack = 0, running = 0;

    for (pe = 0; pe < m->num_pes; pe++) {
        for (i = 0; i < SDEI_PRIO_COUNT; i++) {
            ev = m->pe[pe].running[i];
            if (ev == SDEI_NONE) {
                continue;
            }
            if (ev >= m->num_events || m->event[ev].def.priority != i ||
                !(sdei_events_handler(m, ev, pe)->status &
                  SDEI_STATUS_RUNNING)) {
                return "a running event";
            }
            on_stack++;
        }
    }
    for (ev = 0; ev < m->num_events; ev++) {
        for (i = 0; i < sdei_num_handlers(m, ev); i++) {
            running += !!(m->event[ev].handler[i].status &
                          SDEI_STATUS_RUNNING);
        }
    }
    return running == on_stack ? NULL : "a running handler is on no PE";
}

const char *sdei_events_check(const SDEIEvents *m)
{
    const char *wrong;
    uint32_t ev, i;

    for (ev = 0; ev < m->num_events; ev++) {
        const SDEIEvent *event = &m->event[ev];

        if (event->intid && sdei_events_find_intid(m, event->intid) != ev) {
            return "an interrupt that is bound twice";
        }
        for (i = 0; i < sdei_num_handlers(m, ev); i++) {
            wrong = sdei_check_handler(m, ev, &event->handler[i]);
            if (wrong) {
                return wrong;
            }
        }
    }
    return sdei_check_running(m) ?: sdei_check_derived(m);
}

uint32_t sdei_events_find(const SDEIEvents *m, uint32_t num)
{
    uint32_t first = 0, end = m->num_events;

    /* Event 0, which is the one that clients signal, is the first */
    if (m->event[0].def.num == num) {
        return 0;
    }
    /* bsearch() takes as long as all else that most calls do */
    while (end - first > 1) {
        uint32_t middle = first + (end - first) / 2;

        if (m->event[middle].def.num > num) {
            end = middle;
        } else {
            first = middle;
        }
    }
    return m->event[first].def.num == num ? first : SDEI_NONE;
}

static SDEIType sdei_intid_type(uint32_t intid)
{
    return intid < SDEI_FIRST_SPI ? SDEI_TYPE_PRIVATE : SDEI_TYPE_SHARED;
}

bool sdei_events_set_binding(SDEIEvents *m, uint32_t num, uint32_t intid)
{
    uint32_t ev = sdei_events_find(m, num);
    SDEIEvent *event;

    if (ev == SDEI_NONE) {
        return false;
    }
    event = &m->event[ev];
    if (!event->def.bindable || event->intid ||
        event->def.type != sdei_intid_type(intid) ||
        sdei_events_find_intid(m, intid) != SDEI_NONE) {
        return false;
    }
    event->intid = intid;
    m->num_bound++;
    return true;
}

bool sdei_status_is_legal(uint8_t status)
{
    return status < ARRAY_SIZE(sdei_transition) && status != 2 && status != 6;
}

bool sdei_line_is_legal(const SDEIHandler *h)
{
    bool waits = (h->status & SDEI_STATUS_REGISTERED) &&
                 !(h->status & SDEI_STATUS_RUNNING);

    return h->edge || (h->level ? h->pending || !waits : !h->pending);
}

uint32_t sdei_events_find_intid(const SDEIEvents *m, uint32_t intid)
{
    /* 0 is that of an event without interrupt */
    uint32_t left = intid ? m->num_bound : 0;
    uint32_t ev;

    for (ev = 0; left && ev < m->num_events; ev++) {
        if (m->event[ev].intid == intid) {
            return ev;
        }
        left -= m->event[ev].intid != 0;
    }
    return SDEI_NONE;
}

uint32_t sdei_events_find_pe(const SDEIEvents *m, uint64_t mpidr)
{
    uint64_t affinity = mpidr & SDEI_AFFINITY;
    uint64_t guess = (affinity >> 8) * m->cluster + (affinity & SDEI_AFF0);
    uint32_t pe;

    /* Right on all boards that there are, for all PEs that there are */
    if (guess < m->num_pes && m->pe[guess].mpidr == affinity) {
        return guess;
    }
    for (pe = 0; pe < m->num_pes; pe++) {
        if (m->pe[pe].mpidr == affinity) {
            return pe;
        }
    }
    return SDEI_NONE;
}

/* Is there an interrupt, where the event is to be that of one? */
static bool sdei_has_source(const SDEIEvent *event)
{
    return !event->def.bindable || event->intid;
}

int64_t sdei_event_can_register(SDEIEvents *m, uint32_t pe, uint32_t num,
                                uint64_t entry, uint64_t flags,
                                uint64_t affinity)
{
    uint32_t ev = sdei_events_find(m, num);
    bool relative = flags & SDEI_REGISTER_RELATIVE;
    bool rm_pe = flags & SDEI_REGISTER_RM_PE;
    const SDEIHandler *h;

    if (ev == SDEI_NONE) {
        return sdei_unknown_event(m);
    }
    if (flags & ~m->register_flags) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS, "unknown flags");
    }
    if ((entry & 3) || (!entry && !relative)) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS, "bad entry point");
    }
    if (rm_pe && sdei_is_shared(m, ev) &&
        sdei_events_find_pe(m, affinity) == SDEI_NONE) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS,
                         "the affinity names no PE");
    }
    if (!sdei_has_source(&m->event[ev])) {
        return sdei_fail(m, SDEI_DENIED, "no interrupt is bound to the event");
    }
    h = sdei_events_handler(m, ev, pe);
    if (!sdei_allowed(h, SDEI_DO_REGISTER)) {
        return sdei_fail(m, SDEI_DENIED, sdei_denied_because[h->status]);
    }
    return SDEI_SUCCESS;
}

int64_t sdei_event_register(SDEIEvents *m, uint32_t pe, uint32_t num,
                            uint64_t entry, uint64_t ep_arg, uint64_t flags,
                            uint64_t affinity)
{
    int64_t ret = sdei_event_can_register(m, pe, num, entry, flags, affinity);
    uint32_t ev = sdei_events_find(m, num);
    SDEIHandler *h;

    if (ret != SDEI_SUCCESS) {
        return ret;
    }
    h = sdei_events_handler(m, ev, pe);
    sdei_transit(m, ev, pe, h, SDEI_DO_REGISTER);
    h->relative = flags & SDEI_REGISTER_RELATIVE;
    h->entry = entry;
    h->ep_arg = ep_arg;
    if (sdei_is_shared(m, ev) && (flags & SDEI_REGISTER_RM_PE)) {
        h->routing_mode = SDEI_RM_PE;
        h->pe = sdei_events_find_pe(m, affinity);
    }
    if (h->level && !h->edge) {
        sdei_trigger(m, ev, pe);
    }
    return SDEI_SUCCESS;
}

int64_t sdei_event_enable(SDEIEvents *m, uint32_t pe, uint32_t num)
{
    uint32_t ev = sdei_events_find(m, num);

    if (ev == SDEI_NONE) {
        return sdei_unknown_event(m);
    }
    return sdei_transit(m, ev, pe, sdei_events_handler(m, ev, pe),
                        SDEI_DO_ENABLE);
}

int64_t sdei_event_disable(SDEIEvents *m, uint32_t pe, uint32_t num)
{
    uint32_t ev = sdei_events_find(m, num);

    if (ev == SDEI_NONE) {
        return sdei_unknown_event(m);
    }
    return sdei_transit(m, ev, pe, sdei_events_handler(m, ev, pe),
                        SDEI_DO_DISABLE);
}

static int64_t sdei_unregister_index(SDEIEvents *m, uint32_t pe, uint32_t ev)
{
    SDEIHandler *h = sdei_events_handler(m, ev, pe);
    int64_t ret = sdei_transit(m, ev, pe, h, SDEI_DO_UNREGISTER);

    if (ret != SDEI_DENIED) {
        sdei_set_pending(m, ev, pe, h, false);
    }
    if (h->status == UNREG) {
        sdei_handler_reset(h);
    }
    return ret;
}

int64_t sdei_event_unregister(SDEIEvents *m, uint32_t pe, uint32_t num)
{
    uint32_t ev = sdei_events_find(m, num);

    if (ev == SDEI_NONE) {
        return sdei_unknown_event(m);
    }
    return sdei_unregister_index(m, pe, ev);
}

int64_t sdei_event_status(SDEIEvents *m, uint32_t pe, uint32_t num)
{
    uint32_t ev = sdei_events_find(m, num);

    if (ev == SDEI_NONE) {
        return sdei_unknown_event(m);
    }
    return sdei_events_handler(m, ev, pe)->status;
}

/* The part of EVENT_GET_INFO that tells of the routing of shared events */
static int64_t sdei_get_routing_info(SDEIEvents *m, uint32_t ev, uint32_t info)
{
    const SDEIHandler *h = m->event[ev].handler;

    if (!sdei_is_shared(m, ev)) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS,
                         "a private event has no routing");
    }
    if (!(h->status & SDEI_STATUS_REGISTERED)) {
        return sdei_fail(m, SDEI_DENIED, "the event is not registered");
    }
    if (info == SDEI_INFO_ROUTING_MODE) {
        return h->routing_mode;
    }
    if (h->routing_mode != SDEI_RM_PE) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS,
                         "the event is not routed to one PE");
    }
    return m->pe[h->pe].mpidr;
}

int64_t sdei_event_get_info(SDEIEvents *m, uint32_t pe, uint32_t num,
                            uint32_t info)
{
    uint32_t ev = sdei_events_find(m, num);

    if (ev == SDEI_NONE) {
        return sdei_unknown_event(m);
    }
    switch (info) {
    case SDEI_INFO_TYPE:
        return m->event[ev].def.type;
    case SDEI_INFO_NOT_SIGNALABLE:
        return !m->event[ev].def.signalable;
    case SDEI_INFO_PRIORITY:
        return m->event[ev].def.priority;
    case SDEI_INFO_ROUTING_MODE:
    case SDEI_INFO_ROUTING_AFFINITY:
        return sdei_get_routing_info(m, ev, info);
    default:
        return sdei_fail(m, SDEI_INVALID_PARAMETERS, "no such information");
    }
}

int64_t sdei_event_routing_set(SDEIEvents *m, uint32_t pe, uint32_t num,
                               uint64_t mode, uint64_t affinity)
{
    uint32_t ev = sdei_events_find(m, num);
    uint32_t routed = SDEI_NONE;
    SDEIHandler *h;
    int64_t ret;

    if (ev == SDEI_NONE) {
        return sdei_unknown_event(m);
    }
    if (!sdei_is_shared(m, ev)) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS,
                         "a private event has no routing");
    }
    if (mode != SDEI_RM_ANY && mode != SDEI_RM_PE) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS, "no such routing mode");
    }
    if (mode == SDEI_RM_PE) {
        routed = sdei_events_find_pe(m, affinity);
        if (routed == SDEI_NONE) {
            return sdei_fail(m, SDEI_INVALID_PARAMETERS,
                             "the affinity names no PE");
        }
    }

    h = m->event[ev].handler;
    ret = sdei_transit(m, ev, pe, h, SDEI_DO_ROUTING_SET);
    if (ret != SDEI_SUCCESS) {
        return ret;
    }
    h->routing_mode = mode;
    h->pe = routed;
    return SDEI_SUCCESS;
}

int64_t sdei_event_signal(SDEIEvents *m, uint32_t num, uint64_t mpidr,
                          uint32_t *target)
{
    uint32_t ev = sdei_events_find(m, num);
    uint32_t pe;

    if (ev == SDEI_NONE) {
        return sdei_unknown_event(m);
    }
    if (!m->event[ev].def.signalable) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS,
                         "software cannot signal this event");
    }
    pe = sdei_events_find_pe(m, mpidr);
    if (pe == SDEI_NONE) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS,
                         "the affinity names no PE");
    }
    if (!sdei_trigger(m, ev, pe)) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS,
                         "the event is not registered on the target PE");
    }
    if (target) {
        *target = pe;
    }
    return SDEI_SUCCESS;
}

int64_t sdei_interrupt_bind(SDEIEvents *m, uint32_t intid)
{
    SDEIType type = sdei_intid_type(intid);
    uint32_t ev = sdei_events_find_intid(m, intid);

    /* Watchdog clients bind their PPI once per PE */
    if (ev != SDEI_NONE) {
        return m->event[ev].def.num;
    }
    for (ev = m->first_slot[type]; ev < m->num_events; ev++) {
        SDEIEvent *event = &m->event[ev];

        if (event->def.bindable && event->def.type == type && !event->intid) {
            event->intid = intid;
            m->num_bound++;
            return event->def.num;
        }
    }
    return sdei_fail(m, SDEI_OUT_OF_RESOURCE,
                     "no slot is left, see SDEI_FEATURES(0)");
}

/* Is @ev unregistered and not running, on all PEs? */
static bool sdei_is_unused(const SDEIEvents *m, uint32_t ev)
{
    uint32_t i;

    for (i = 0; i < sdei_num_handlers(m, ev); i++) {
        if (m->event[ev].handler[i].status != UNREG) {
            return false;
        }
    }
    return true;
}

static int64_t sdei_release_index(SDEIEvents *m, uint32_t ev)
{
    if (!sdei_is_unused(m, ev)) {
        return sdei_fail(m, SDEI_DENIED, "the event is registered or running");
    }
    m->event[ev].intid = 0;
    m->num_bound--;
    return SDEI_SUCCESS;
}

int64_t sdei_interrupt_release(SDEIEvents *m, uint32_t num, bool active)
{
    uint32_t ev = sdei_events_find(m, num);

    if (ev == SDEI_NONE || !m->event[ev].intid) {
        return sdei_fail(m, SDEI_INVALID_PARAMETERS,
                         "not the event of a bound interrupt");
    }
    if (active) {
        return sdei_fail(m, SDEI_DENIED, "the interrupt is active");
    }
    return sdei_release_index(m, ev);
}

bool sdei_owns_line(const SDEIEvents *m, uint32_t pe, uint32_t intid)
{
    uint32_t ev = sdei_events_find_intid(m, intid);

    return ev != SDEI_NONE && sdei_events_handler(m, ev, pe)->status != UNREG;
}

void sdei_line_taken(SDEIEvents *m, uint32_t ev, uint32_t pe, bool edge,
                     bool level)
{
    SDEIHandler *h = sdei_events_handler(m, ev, pe);

    h->edge = edge;
    h->level = level;
}

void sdei_line_changed(SDEIEvents *m, uint32_t ev, uint32_t pe, bool level)
{
    SDEIHandler *h = sdei_events_handler(m, ev, pe);

    /* Whose line is about to be given back does not look at it any more */
    if (h->level == level || h->status == UNREG) {
        return;
    }
    h->level = level;
    if (level) {
        sdei_trigger(m, ev, pe);
    } else if (!h->edge) {
        sdei_set_pending(m, ev, pe, h, false);
    }
}

bool sdei_trigger(SDEIEvents *m, uint32_t ev, uint32_t pe)
{
    SDEIHandler *h = sdei_events_handler(m, ev, pe);

    if (!(h->status & SDEI_STATUS_REGISTERED)) {
        return false;
    }
    sdei_set_pending(m, ev, pe, h, true);
    return true;
}

int64_t sdei_pe_mask(SDEIEvents *m, uint32_t pe)
{
    bool changed = !m->pe[pe].masked;

    sdei_set_masked(m, pe, true);
    return changed;
}

int64_t sdei_pe_unmask(SDEIEvents *m, uint32_t pe)
{
    sdei_set_masked(m, pe, false);
    return SDEI_SUCCESS;
}

/* Unregister all events of @type; what runs ends as running-unregistered */
static int64_t sdei_reset_type(SDEIEvents *m, SDEIType type, uint32_t pe)
{
    uint32_t left = type == SDEI_TYPE_SHARED ? m->num_shared_used
                                             : m->pe[pe].num_used;
    bool running = false;
    uint32_t ev;

    for (ev = 0; left && ev < m->num_events; ev++) {
        if (m->event[ev].def.type != type ||
            sdei_events_handler(m, ev, pe)->status == UNREG) {
            continue;
        }
        left--;
        if (sdei_unregister_index(m, pe, ev) == SDEI_PENDING) {
            running = true;
        }
    }
    return running ? sdei_fail(m, SDEI_DENIED, "a handler is running")
                   : SDEI_SUCCESS;
}

int64_t sdei_private_reset(SDEIEvents *m, uint32_t pe)
{
    return sdei_reset_type(m, SDEI_TYPE_PRIVATE, pe);
}

int64_t sdei_shared_reset(SDEIEvents *m)
{
    int64_t ret = sdei_reset_type(m, SDEI_TYPE_SHARED, 0);
    uint32_t left = m->num_bound;
    uint32_t ev;

    for (ev = 0; left && ev < m->num_events; ev++) {
        if (!m->event[ev].intid) {
            continue;
        }
        left--;
        if (sdei_release_index(m, ev) != SDEI_SUCCESS) {
            ret = SDEI_DENIED;
        }
    }
    return ret;
}

uint32_t sdei_complete(SDEIEvents *m, uint32_t pe)
{
    SDEIPriority prio = sdei_running_priority(m, pe);
    uint32_t ev = m->pe[pe].running[prio];
    SDEIHandler *h = sdei_events_handler(m, ev, pe);

    sdei_transit(m, ev, pe, h, SDEI_DO_COMPLETE);
    if (h->status == UNREG) {
        sdei_handler_reset(h);
    } else if (h->level && !h->edge) {
        /* The cause of a level-triggered interrupt has not gone away */
        sdei_trigger(m, ev, pe);
    }
    m->pe[pe].running[prio] = SDEI_NONE;
    sdei_update_can_take(m, pe);
    return ev;
}

void sdei_pe_off(SDEIEvents *m, uint32_t pe)
{
    while (sdei_running(m, pe) != SDEI_NONE) {
        sdei_complete(m, pe);
    }
    sdei_private_reset(m, pe);
    sdei_set_masked(m, pe, true);
}

/* Pending, enabled, and its handler not running */
static bool sdei_wants_dispatch(const SDEIHandler *h)
{
    return h->pending && sdei_allowed(h, SDEI_DO_DISPATCH);
}

uint32_t sdei_dispatch_target(SDEIEvents *m, uint32_t ev)
{
    SDEIHandler *h = m->event[ev].handler;
    SDEIPriority prio = m->event[ev].def.priority;

    if (!sdei_wants_dispatch(h)) {
        return SDEI_NONE;
    }
    if (h->pe != SDEI_NONE && sdei_can_take(m, h->pe, prio)) {
        return h->pe;
    }
    if (h->routing_mode == SDEI_RM_PE) {
        return SDEI_NONE;
    }

    h->pe = find_next_bit(m->can_take[prio], m->num_pes, m->next_any);
    if (h->pe >= m->num_pes) {
        h->pe = find_first_bit(m->can_take[prio], m->num_pes);
    }
    if (h->pe >= m->num_pes) {
        h->pe = SDEI_NONE;
        return SDEI_NONE;
    }
    m->next_any = (h->pe + 1) % m->num_pes;
    return h->pe;
}

bool sdei_would_be_taken(const SDEIEvents *m, uint32_t ev)
{
    const SDEIHandler *h = m->event[ev].handler;
    SDEIPriority prio = m->event[ev].def.priority;

    if (!sdei_allowed(h, SDEI_DO_DISPATCH)) {
        return false;
    }
    if (h->routing_mode == SDEI_RM_PE) {
        return sdei_can_take(m, h->pe, prio);
    }
    return find_first_bit(m->can_take[prio], m->num_pes) < m->num_pes;
}

void sdei_prefer(SDEIEvents *m, uint32_t ev, uint32_t pe)
{
    SDEIHandler *h = m->event[ev].handler;

    if (h->pending && h->routing_mode == SDEI_RM_ANY) {
        h->pe = pe;
    }
}

static bool sdei_takes(SDEIEvents *m, uint32_t pe, uint32_t ev)
{
    if (sdei_is_shared(m, ev)) {
        return sdei_dispatch_target(m, ev) == pe;
    }
    return sdei_wants_dispatch(&m->event[ev].handler[pe]) &&
           sdei_can_take(m, pe, m->event[ev].def.priority);
}

uint32_t sdei_next_event(SDEIEvents *m, uint32_t pe)
{
    uint32_t left = m->pe[pe].num_pending + m->num_shared_pending;
    uint32_t best = SDEI_NONE;
    uint32_t ev;

    if (!left || !sdei_can_take(m, pe, SDEI_PRIO_CRITICAL)) {
        return SDEI_NONE;
    }
    for (ev = 0; left && ev < m->num_events; ev++) {
        bool critical = m->event[ev].def.priority == SDEI_PRIO_CRITICAL;

        if (!sdei_events_handler(m, ev, pe)->pending) {
            continue;
        }
        left--;
        if ((!critical && best != SDEI_NONE) || !sdei_takes(m, pe, ev)) {
            continue;
        }
        if (critical) {
            return ev;
        }
        best = ev;
    }
    return best;
}

const SDEIHandler *sdei_dispatch(SDEIEvents *m, uint32_t pe, uint32_t ev)
{
    SDEIHandler *h = sdei_events_handler(m, ev, pe);

    sdei_transit(m, ev, pe, h, SDEI_DO_DISPATCH);
    sdei_set_pending(m, ev, pe, h, false);
    if (h->routing_mode == SDEI_RM_ANY) {
        h->pe = SDEI_NONE;
    }
    m->pe[pe].running[m->event[ev].def.priority] = ev;
    sdei_update_can_take(m, pe);
    return h;
}
