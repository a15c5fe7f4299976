/*
 * Arm SDEI: a simple model of the dispatcher, for tests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "model.h"

/* Results, by their names in the specification */
enum {
    SUCCESS = 0,
    NOT_SUPPORTED = -1,
    INVALID_PARAMETERS = -2,
    DENIED = -3,
    PENDING = -5,
    OUT_OF_RESOURCE = -10,
};

/* What can happen to a handler: the columns of the state table */
typedef enum Action {
    REGISTER,
    ENABLE,
    DISABLE,
    UNREGISTER,
    ROUTING_SET,
    COMPLETE,
    DISPATCH,
    ACTIONS,
} Action;

typedef struct Cell {
    int8_t result;
    uint8_t next;
} Cell;

/*
 * The rows are values of EVENT_STATUS: bit 0 registered, bit 1 enabled, bit 2
 * running.  4 is "running, and to be unregistered at its end"; 2 and 6 do not
 * exist.
 */
static const Cell state_table[8][ACTIONS] = {
    /*       REGISTER ENABLE   DISABLE  UNREG    ROUTING  COMPLETE DISPATCH */
    [0] = { { 0, 1}, {-3, 0}, {-3, 0}, {-3, 0}, {-3, 0}, {-3, 0}, {-3, 0} },
    [1] = { {-3, 1}, { 0, 3}, { 0, 1}, { 0, 0}, { 0, 1}, {-3, 1}, {-3, 1} },
    [3] = { {-3, 3}, { 0, 3}, { 0, 1}, { 0, 0}, {-3, 3}, {-3, 3}, { 0, 7} },
    [4] = { {-3, 4}, {-3, 4}, {-3, 4}, {-5, 4}, {-3, 4}, { 0, 0}, {-3, 4} },
    [5] = { {-3, 5}, { 0, 7}, { 0, 5}, {-5, 4}, {-3, 5}, { 0, 1}, {-3, 5} },
    [7] = { {-3, 7}, { 0, 7}, { 0, 5}, {-5, 4}, {-3, 7}, { 0, 3}, {-3, 7} },
};

static bool registered(const SDEIModelHandler *h)
{
    return h->status & 1;
}

static bool running(const SDEIModelHandler *h)
{
    return h->status & 4;
}

/* One step in the state table */
static int64_t act(const SDEIModel *m, SDEIModelHandler *h, Action action)
{
    Cell cell = state_table[h->status][action];

    if (m->fault == SDEI_MODEL_FAULT_UNREGISTER_TWICE_DENIED &&
        h->status == 4 && action == UNREGISTER) {
        cell.result = DENIED;
    }
    if (m->fault == SDEI_MODEL_FAULT_COMPLETE_ENABLES &&
        h->status == 5 && action == COMPLETE) {
        cell.next = 3;
    }
    if (m->fault == SDEI_MODEL_FAULT_DISABLE_FORGETS_PENDING &&
        action == DISABLE) {
        h->pending = false;
    }

    h->status = cell.next;
    if (!registered(h)) {
        h->pending = false;
    }
    return cell.result;
}

/* ---- Set-up and look-ups ---- */

void sdei_model_init(SDEIModel *m, const SDEIModelEvent *event,
                     uint32_t num_events, const uint64_t *mpidr,
                     uint32_t num_pes, uint64_t register_flags)
{
    *m = (SDEIModel) {
        .event = g_new0(SDEIModelEvent, num_events),
        .intid = g_new0(uint32_t, num_events),
        .num_events = num_events,
        .pe = g_new0(SDEIModelPE, num_pes),
        .num_pes = num_pes,
        .handler = g_new0(SDEIModelHandler, num_events * num_pes),
        .register_flags = register_flags,
    };
    for (uint32_t ev = 0; ev < num_events; ev++) {
        m->event[ev] = event[ev];
    }
    for (uint32_t pe = 0; pe < num_pes; pe++) {
        m->pe[pe].mpidr = mpidr[pe];
    }
    sdei_model_reset(m);
}

void sdei_model_set_gic(SDEIModel *m, uint32_t num_intids)
{
    m->num_intids = num_intids;
    m->line = g_new0(SDEIModelLine, num_intids * m->num_pes);
}

void sdei_model_destroy(SDEIModel *m)
{
    g_free(m->event);
    g_free(m->intid);
    g_free(m->line);
    g_free(m->pe);
    g_free(m->handler);
}

void sdei_model_reset(SDEIModel *m)
{
    memset(m->handler, 0,
           sizeof(*m->handler) * m->num_events * m->num_pes);
    memset(m->intid, 0, sizeof(*m->intid) * m->num_events);
    for (uint32_t pe = 0; pe < m->num_pes; pe++) {
        m->pe[pe].masked = true;
        m->pe[pe].depth = 0;
    }
}

static bool is_empty_slot(const SDEIModel *m, uint32_t ev)
{
    return m->event[ev].slot && !m->intid[ev];
}

uint32_t sdei_model_find(const SDEIModel *m, uint32_t num)
{
    for (uint32_t ev = 0; ev < m->num_events; ev++) {
        if (m->event[ev].num == num) {
            return m->fault == SDEI_MODEL_FAULT_EMPTY_SLOT_UNKNOWN &&
                   is_empty_slot(m, ev) ? SDEI_MODEL_NONE : ev;
        }
    }
    return SDEI_MODEL_NONE;
}

uint32_t sdei_model_find_pe(const SDEIModel *m, uint64_t mpidr)
{
    /* Aff3, and Aff2 to Aff0 */
    if (m->fault != SDEI_MODEL_FAULT_AFFINITY_WHOLE) {
        mpidr &= 0xffull << 32 | 0xffffff;
    }
    for (uint32_t pe = 0; pe < m->num_pes; pe++) {
        if (m->pe[pe].mpidr == mpidr) {
            return pe;
        }
    }
    return SDEI_MODEL_NONE;
}

uint32_t sdei_model_find_intid(const SDEIModel *m, uint32_t intid)
{
    for (uint32_t ev = 0; ev < m->num_events; ev++) {
        if (m->event[ev].slot && m->intid[ev] == intid) {
            return ev;
        }
    }
    return SDEI_MODEL_NONE;
}

SDEIModelLine *sdei_model_line(const SDEIModel *m, uint32_t intid, uint32_t pe)
{
    return &m->line[intid * m->num_pes +
                    (intid < SDEI_MODEL_FIRST_SPI ? pe : 0)];
}

SDEIModelHandler *sdei_model_handler(const SDEIModel *m, uint32_t ev,
                                     uint32_t pe)
{
    return &m->handler[ev * m->num_pes + (m->event[ev].shared ? 0 : pe)];
}

uint32_t sdei_model_running(const SDEIModel *m, uint32_t pe)
{
    const SDEIModelPE *p = &m->pe[pe];

    return p->depth ? p->stack[p->depth - 1] : SDEI_MODEL_NONE;
}

/* ---- Lines ---- */

/* Is the line of the bound event @ev high, with a level to look at? */
static bool level_high(const SDEIModel *m, uint32_t ev, uint32_t pe)
{
    return m->intid[ev] && !sdei_model_handler(m, ev, pe)->edge &&
           sdei_model_line(m, m->intid[ev], pe)->level;
}

bool sdei_model_owns(const SDEIModel *m, uint32_t intid, uint32_t pe)
{
    uint32_t ev = sdei_model_find_intid(m, intid);
    unsigned status;

    if (ev == SDEI_MODEL_NONE) {
        return false;
    }
    status = sdei_model_handler(m, ev, pe)->status;
    if (m->fault == SDEI_MODEL_FAULT_DISABLE_GIVES_BACK) {
        return status & ~1;
    }
    if (m->fault == SDEI_MODEL_FAULT_LINE_BACK_WHILE_RUNNING) {
        return status & 1;
    }
    return status;
}

void sdei_model_set_line(SDEIModel *m, uint32_t intid, uint32_t pe, bool level)
{
    SDEIModelLine *line = sdei_model_line(m, intid, pe);
    uint32_t ev = sdei_model_find_intid(m, intid);
    bool rises = level && !line->level;
    SDEIModelHandler *h;

    line->level = level;
    if (ev == SDEI_MODEL_NONE) {
        return;
    }
    h = sdei_model_handler(m, ev, pe);
    if (rises && registered(h)) {
        h->pending = true;
    }
    if (!level &&
        (h->edge ? m->fault == SDEI_MODEL_FAULT_EDGE_TAKEN_BACK
                 : m->fault != SDEI_MODEL_FAULT_DROP_STILL_DELIVERS)) {
        h->pending = false;
    }
}

/* ---- Calls ---- */

static int64_t event_register(SDEIModel *m, uint32_t ev, uint32_t pe,
                              const uint64_t x[5])
{
    SDEIModelHandler *h = sdei_model_handler(m, ev, pe);
    uint64_t entry = x[1], ep_arg = x[2], flags = x[3], affinity = x[4];
    bool rm_pe = (flags & 1) && m->event[ev].shared;
    bool relative = flags & 2;
    uint32_t route = rm_pe ? sdei_model_find_pe(m, affinity) : 0;
    const SDEIModelLine *line =
        m->intid[ev] ? sdei_model_line(m, m->intid[ev], pe) : NULL;
    int64_t result;

    if (m->fault == SDEI_MODEL_FAULT_DENIED_FIRST && h->status != 0) {
        return DENIED;
    }
    if (m->fault == SDEI_MODEL_FAULT_FLAGS_CUT) {
        flags = (uint32_t)flags;
    }
    if ((flags & ~m->register_flags) || entry % 4 ||
        (entry == 0 && !relative) || route == SDEI_MODEL_NONE) {
        return INVALID_PARAMETERS;
    }
    if (line && line->active && m->fault != SDEI_MODEL_FAULT_ACTIVE_REGISTERS) {
        return DENIED;
    }
    if (is_empty_slot(m, ev) &&
        m->fault != SDEI_MODEL_FAULT_EMPTY_SLOT_REGISTERS) {
        return DENIED;
    }
    result = act(m, h, REGISTER);
    if (result == SUCCESS) {
        h->edge = line && line->edge;
        h->pending = level_high(m, ev, pe);
        if (m->fault == SDEI_MODEL_FAULT_HIGH_AT_REGISTER_WAITS) {
            h->pending = false;
        }
        if (m->fault == SDEI_MODEL_FAULT_EDGE_HIGH_TRIGGERS && line) {
            h->pending = line->level;
        }
        h->relative = relative;
        h->rm_pe = rm_pe;
        h->route = route;
        h->entry = entry;
        h->ep_arg = ep_arg;
    }
    return result;
}

static int64_t event_get_info(SDEIModel *m, uint32_t ev, uint32_t pe,
                              uint32_t info)
{
    const SDEIModelEvent *event = &m->event[ev];
    const SDEIModelHandler *h = sdei_model_handler(m, ev, pe);

    switch (info) {
    case 0:
        return event->shared;
    case 1:
        return !event->signalable;
    case 2:
        return event->critical;
    case 3:
    case 4:
        if (!event->shared) {
            return INVALID_PARAMETERS;
        }
        /* Without a registration there is no mode that could be a wrong one */
        if (!registered(h)) {
            return DENIED;
        }
        if (info == 3) {
            return h->rm_pe;
        }
        return h->rm_pe ? m->pe[h->route].mpidr : INVALID_PARAMETERS;
    default:
        return INVALID_PARAMETERS;
    }
}

static int64_t event_routing_set(SDEIModel *m, uint32_t ev, uint64_t mode,
                                 uint64_t affinity)
{
    SDEIModelHandler *h = sdei_model_handler(m, ev, 0);
    uint32_t route = mode == 1 ? sdei_model_find_pe(m, affinity) : 0;
    int64_t result;

    if (!m->event[ev].shared || mode > 1 || route == SDEI_MODEL_NONE) {
        return INVALID_PARAMETERS;
    }
    result = act(m, h, ROUTING_SET);
    if (result == SUCCESS) {
        h->rm_pe = mode;
        h->route = route;
    }
    return result;
}

static int64_t event_signal(SDEIModel *m, uint32_t ev, uint64_t mpidr)
{
    uint32_t target = sdei_model_find_pe(m, mpidr);

    if (!m->event[ev].signalable || target == SDEI_MODEL_NONE ||
        !sdei_model_trigger(m, ev, target)) {
        return INVALID_PARAMETERS;
    }
    return SUCCESS;
}

static int64_t complete(SDEIModel *m, uint32_t pe)
{
    SDEIModelPE *p = &m->pe[pe];
    SDEIModelHandler *h;
    int64_t result;
    uint32_t ev;

    if (p->depth == 0) {
        return DENIED;
    }
    p->depth--;
    ev = p->stack[p->depth];
    h = sdei_model_handler(m, ev, pe);
    result = act(m, h, COMPLETE);
    if (registered(h) && level_high(m, ev, pe) &&
        m->fault != SDEI_MODEL_FAULT_LEVEL_TRIGGERS_ONCE) {
        h->pending = true;
    }
    return result;
}

static int64_t interrupt_bind(SDEIModel *m, uint32_t intid, int64_t answer)
{
    bool shared = intid >= SDEI_MODEL_FIRST_SPI;
    bool free_slot = false;
    uint32_t ev = sdei_model_find_intid(m, intid);

    if (intid < SDEI_MODEL_FIRST_PPI || intid >= m->num_intids) {
        return INVALID_PARAMETERS;
    }
    if (intid == SDEI_MODEL_SECURE_PPI) {
        return DENIED;
    }
    if (ev != SDEI_MODEL_NONE) {
        return m->event[ev].num;
    }
    for (ev = 0; ev < m->num_events; ev++) {
        const SDEIModelEvent *event = &m->event[ev];

        if (event->slot && event->shared == shared && !m->intid[ev]) {
            free_slot = true;
            if (event->num == answer) {
                m->intid[ev] = intid;
                return answer;
            }
        }
    }
    return free_slot ? SUCCESS : OUT_OF_RESOURCE;
}

/* Has the client acknowledged its interrupt, on any PE? */
static bool is_active(const SDEIModel *m, uint32_t ev)
{
    for (uint32_t pe = 0; pe < m->num_pes; pe++) {
        if (sdei_model_line(m, m->intid[ev], pe)->active) {
            return true;
        }
    }
    return false;
}

/* Not while somebody has registered it, or runs its handler */
static int64_t unbind(SDEIModel *m, uint32_t ev)
{
    for (uint32_t pe = 0; pe < m->num_pes; pe++) {
        unsigned status = sdei_model_handler(m, ev, pe)->status;

        if (m->fault == SDEI_MODEL_FAULT_RELEASE_WHILE_RUNNING) {
            status &= ~4;
        }
        if (status) {
            return DENIED;
        }
    }
    m->intid[ev] = 0;
    return SUCCESS;
}

static int64_t release(SDEIModel *m, uint32_t ev)
{
    if (!m->intid[ev]) {
        return INVALID_PARAMETERS;
    }
    if (is_active(m, ev) && m->fault != SDEI_MODEL_FAULT_ACTIVE_RELEASES) {
        return DENIED;
    }
    return unbind(m, ev);
}

/* A crash kernel wants all of it, and does not know what is active */
static int64_t unbind_all(SDEIModel *m)
{
    int64_t result = SUCCESS;

    for (uint32_t ev = 0; ev < m->num_events; ev++) {
        if (m->intid[ev] && unbind(m, ev) != SUCCESS) {
            result = DENIED;
        }
    }
    return result;
}

/* PRIVATE_RESET, SHARED_RESET: UNREGISTER each event, then say if one runs */
static int64_t reset_events(SDEIModel *m, bool shared, uint32_t pe)
{
    int64_t result = SUCCESS;

    for (uint32_t ev = 0; ev < m->num_events; ev++) {
        SDEIModelHandler *h = sdei_model_handler(m, ev, pe);

        if (m->event[ev].shared == shared) {
            act(m, h, UNREGISTER);
            if (running(h) &&
                m->fault != SDEI_MODEL_FAULT_RESET_IGNORES_RUNNING) {
                result = DENIED;
            }
        }
    }
    return result;
}

/* Calls whose first argument is an event */
static int64_t event_call(SDEIModel *m, uint32_t pe, unsigned fn,
                          const uint64_t x[5])
{
    uint32_t ev = sdei_model_find(m, (uint32_t)x[0]);
    SDEIModelHandler *h;

    if (ev == SDEI_MODEL_NONE) {
        return INVALID_PARAMETERS;
    }
    h = sdei_model_handler(m, ev, pe);

    switch (fn) {
    case SDEI_MODEL_EVENT_REGISTER:
        return event_register(m, ev, pe, x);
    case SDEI_MODEL_EVENT_ENABLE:
        return act(m, h, ENABLE);
    case SDEI_MODEL_EVENT_DISABLE:
        return act(m, h, DISABLE);
    case SDEI_MODEL_EVENT_UNREGISTER:
        return act(m, h, UNREGISTER);
    case SDEI_MODEL_EVENT_STATUS:
        return h->status;
    case SDEI_MODEL_EVENT_GET_INFO:
        return event_get_info(m, ev, pe, (uint32_t)x[1]);
    case SDEI_MODEL_EVENT_ROUTING_SET:
        return event_routing_set(m, ev, x[1], x[2]);
    case SDEI_MODEL_EVENT_SIGNAL:
        return event_signal(m, ev, x[1]);
    case SDEI_MODEL_INTERRUPT_RELEASE:
        return release(m, ev);
    default:
        g_assert_not_reached();
    }
}

int64_t sdei_model_call(SDEIModel *m, uint32_t pe, unsigned fn,
                        const uint64_t x[5])
{
    SDEIModelPE *p = &m->pe[pe];
    bool was_masked = p->masked;
    int64_t result;

    switch (fn) {
    case SDEI_MODEL_EVENT_REGISTER:
    case SDEI_MODEL_EVENT_ENABLE:
    case SDEI_MODEL_EVENT_DISABLE:
    case SDEI_MODEL_EVENT_UNREGISTER:
    case SDEI_MODEL_EVENT_STATUS:
    case SDEI_MODEL_EVENT_GET_INFO:
    case SDEI_MODEL_EVENT_ROUTING_SET:
    case SDEI_MODEL_EVENT_SIGNAL:
    case SDEI_MODEL_INTERRUPT_RELEASE:
        return event_call(m, pe, fn, x);
    case SDEI_MODEL_EVENT_CONTEXT:
        if ((uint32_t)x[0] > 17) {
            return INVALID_PARAMETERS;
        }
        return p->depth ? SUCCESS : DENIED;
    case SDEI_MODEL_EVENT_COMPLETE:
        return complete(m, pe);
    case SDEI_MODEL_EVENT_COMPLETE_AND_RESUME:
        return x[0] % 4 ? INVALID_PARAMETERS : complete(m, pe);
    case SDEI_MODEL_PE_MASK:
        p->masked = true;
        return !was_masked || m->fault == SDEI_MODEL_FAULT_MASK_RESULT;
    case SDEI_MODEL_PE_UNMASK:
        p->masked = false;
        return SUCCESS;
    case SDEI_MODEL_PRIVATE_RESET:
        if (m->fault == SDEI_MODEL_FAULT_PRIVATE_RESET_MASKS) {
            p->masked = true;
        }
        return reset_events(m, false, pe);
    case SDEI_MODEL_INTERRUPT_BIND:
        return interrupt_bind(m, (uint32_t)x[0], x[1]);
    case SDEI_MODEL_SHARED_RESET:
        result = reset_events(m, true, pe);
        if (m->fault != SDEI_MODEL_FAULT_RESET_KEEPS_BINDINGS &&
            unbind_all(m) != SUCCESS) {
            result = DENIED;
        }
        return result;
    default:
        return NOT_SUPPORTED;
    }
}

/* ---- Triggers, power ---- */

bool sdei_model_trigger(SDEIModel *m, uint32_t ev, uint32_t pe)
{
    SDEIModelHandler *h = sdei_model_handler(m, ev, pe);

    if (!registered(h)) {
        return false;
    }
    if (!(m->fault == SDEI_MODEL_FAULT_TRIGGER_LOST_WHILE_RUNNING &&
          running(h))) {
        h->pending = true;
    }
    return true;
}

void sdei_model_pe_off(SDEIModel *m, uint32_t pe)
{
    if (m->fault != SDEI_MODEL_FAULT_OFF_KEEPS_RUNNING) {
        while (m->pe[pe].depth) {
            complete(m, pe);
        }
    }
    for (uint32_t ev = 0; ev < m->num_events; ev++) {
        if (!m->event[ev].shared &&
            m->fault != SDEI_MODEL_FAULT_OFF_KEEPS_PRIVATE) {
            act(m, sdei_model_handler(m, ev, pe), UNREGISTER);
        }
    }
    m->pe[pe].masked = true;
}

/* ---- Delivery ---- */

bool sdei_model_admits(const SDEIModel *m, uint32_t pe, bool critical)
{
    uint32_t inner = sdei_model_running(m, pe);

    if (m->pe[pe].masked) {
        return false;
    }
    if (m->fault == SDEI_MODEL_FAULT_SAME_CLASS_PREEMPTS &&
        m->pe[pe].depth == 1) {
        return true;
    }
    return inner == SDEI_MODEL_NONE ||
           (critical && !m->event[inner].critical);
}

bool sdei_model_can_take(const SDEIModel *m, uint32_t ev, uint32_t pe)
{
    const SDEIModelHandler *h = sdei_model_handler(m, ev, pe);

    if (m->fault == SDEI_MODEL_FAULT_ANY_MEANS_FIRST &&
        m->event[ev].shared && !h->rm_pe && pe != 0) {
        return false;
    }
    return h->pending &&
           state_table[h->status][DISPATCH].result == SUCCESS &&
           (!h->rm_pe || h->route == pe) &&
           sdei_model_admits(m, pe, m->event[ev].critical);
}

static uint32_t any_taker_but(const SDEIModel *m, uint32_t ev, uint32_t but)
{
    const SDEIModelHandler *h = sdei_model_handler(m, ev, 0);

    if (m->event[ev].shared && h->pending) {
        for (uint32_t pe = 0; pe < m->num_pes; pe++) {
            if (pe != but && sdei_model_can_take(m, ev, pe)) {
                return pe;
            }
        }
    }
    return SDEI_MODEL_NONE;
}

bool sdei_model_target_ok(const SDEIModel *m, uint32_t ev, uint32_t pe)
{
    if (pe == SDEI_MODEL_NONE) {
        return any_taker_but(m, ev, SDEI_MODEL_NONE) == SDEI_MODEL_NONE;
    }
    return pe < m->num_pes && sdei_model_can_take(m, ev, pe);
}

/* Critical before normal, then the lower number */
static bool better(const SDEIModel *m, uint32_t a, uint32_t b)
{
    const SDEIModelEvent *ea = &m->event[a], *eb = &m->event[b];

    if (ea->critical != eb->critical &&
        m->fault != SDEI_MODEL_FAULT_NUMBER_BEFORE_CLASS) {
        return ea->critical;
    }
    return ea->num < eb->num;
}

static bool is_any(const SDEIModel *m, uint32_t ev)
{
    return m->event[ev].shared && !sdei_model_handler(m, ev, 0)->rm_pe;
}

uint32_t sdei_model_next(const SDEIModel *m, uint32_t pe,
                         const uint32_t *target)
{
    uint32_t best = SDEI_MODEL_NONE;

    for (uint32_t ev = 0; ev < m->num_events; ev++) {
        if (sdei_model_can_take(m, ev, pe) &&
            (!is_any(m, ev) || target[ev] == pe) &&
            (best == SDEI_MODEL_NONE || better(m, ev, best))) {
            best = ev;
        }
    }
    return best;
}

const char *sdei_model_deliver(SDEIModel *m, uint32_t ev, uint32_t pe)
{
    SDEIModelHandler *h = sdei_model_handler(m, ev, pe);
    SDEIModelPE *p = &m->pe[pe];

    if (!h->pending) {
        return "an event was delivered that was not pending";
    }
    if (h->status != 3) {
        return "an event was delivered that was not enabled, or was running";
    }
    if (p->masked) {
        return "an event was delivered to a masked PE";
    }
    if (!sdei_model_admits(m, pe, m->event[ev].critical)) {
        return "an event interrupted a handler of its own class or above";
    }
    if (!sdei_model_can_take(m, ev, pe)) {
        return "a shared event was delivered to a PE it is not routed to";
    }
    for (uint32_t other = 0; other < m->num_events; other++) {
        if (better(m, other, ev) && sdei_model_can_take(m, other, pe) &&
            !(m->concurrent && is_any(m, other)) &&
            any_taker_but(m, other, pe) == SDEI_MODEL_NONE) {
            return "an event was delivered before a better one on the same PE";
        }
    }

    act(m, h, DISPATCH);
    h->pending = false;
    g_assert(p->depth < ARRAY_SIZE(p->stack));
    p->stack[p->depth++] = ev;
    return NULL;
}

uint32_t sdei_model_undelivered(const SDEIModel *m, uint32_t *pe)
{
    for (uint32_t ev = 0; ev < m->num_events; ev++) {
        if (m->event[ev].shared) {
            *pe = any_taker_but(m, ev, SDEI_MODEL_NONE);
            if (*pe != SDEI_MODEL_NONE) {
                return ev;
            }
            continue;
        }
        for (*pe = 0; *pe < m->num_pes; ++*pe) {
            if (sdei_model_can_take(m, ev, *pe)) {
                return ev;
            }
        }
    }
    return SDEI_MODEL_NONE;
}
