/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: events, handlers and the rules between them
 *
 * The pure part of the dispatcher (DEN0054C): it decides which call is legal
 * in which state and which event a PE takes next.  It knows neither CPUState
 * nor locks nor I/O, so that unit tests, a model and a fuzzer can drive it on
 * the host alone.  Callers serialise access; in QEMU that is the BQL.
 *
 * Functions that implement an SDEI call return what the guest finds in X0:
 * SDEI_SUCCESS or a positive value, or one of the negative SDEI error codes.
 */

#ifndef TARGET_ARM_SDEI_EVENT_H
#define TARGET_ARM_SDEI_EVENT_H

/* Result codes of all calls */
#define SDEI_SUCCESS              0
#define SDEI_NOT_SUPPORTED      (-1)
#define SDEI_INVALID_PARAMETERS (-2)
#define SDEI_DENIED             (-3)
#define SDEI_PENDING            (-5)
#define SDEI_OUT_OF_RESOURCE   (-10)

/* EVENT_STATUS, DEN0054C 5.1.9: masks, not bit numbers */
#define SDEI_STATUS_REGISTERED  (1 << 0)
#define SDEI_STATUS_ENABLED     (1 << 1)
#define SDEI_STATUS_RUNNING     (1 << 2)

/* EVENT_REGISTER flags, DEN0054C 5.1.2 */
#define SDEI_REGISTER_RM_PE     (1 << 0)
#define SDEI_REGISTER_RELATIVE  (1 << 1)

/* EVENT_GET_INFO, DEN0054C 5.1.10 */
#define SDEI_INFO_TYPE              0
#define SDEI_INFO_NOT_SIGNALABLE    1
#define SDEI_INFO_PRIORITY          2
#define SDEI_INFO_ROUTING_MODE      3
#define SDEI_INFO_ROUTING_AFFINITY  4

/*
 * Event numbers.  Guests store them and they migrate: never renumber.  All
 * but event 0 are in the vendor range, which has bit 30 set.
 */
#define SDEI_EVENT_SW_SIGNALED      0x00000000
/* Diagnostic dump, in the ACPI table AGDI */
#define SDEI_EVENT_AGDI             0x40000001
/* Hardware errors, in the ACPI table HEST */
#define SDEI_EVENT_GHES             0x40000002
/* Slots for bound interrupts: PPIs and SPIs */
#define SDEI_EVENT_BOUND_PPI_FIRST  0x40000100
#define SDEI_EVENT_BOUND_SPI_FIRST  0x40000200
/* Events that users define with -object sdei-event */
#define SDEI_EVENT_USER_FIRST       0x40010000
#define SDEI_EVENT_USER_LAST        0x4001ffff

/* No event, no PE: every real index is smaller */
#define SDEI_NONE                   UINT32_MAX

typedef enum SDEIType {
    SDEI_TYPE_PRIVATE = 0,
    SDEI_TYPE_SHARED = 1,
    SDEI_TYPE_COUNT
} SDEIType;

typedef enum SDEIPriority {
    SDEI_PRIO_NORMAL = 0,
    SDEI_PRIO_CRITICAL = 1,
    SDEI_PRIO_COUNT,
} SDEIPriority;

typedef enum SDEIRoutingMode {
    SDEI_RM_ANY = 0,
    SDEI_RM_PE = 1,
} SDEIRoutingMode;

/**
 * SDEIEventDef: what an event is, fixed for the life of the machine
 * @num: event number
 * @type: private (a handler and a state per PE) or shared (one of each)
 * @priority: critical handlers preempt normal ones
 * @signalable: EVENT_SIGNAL may trigger it
 * @bindable: a slot for a bound interrupt; nobody can register it until
 *     INTERRUPT_BIND gives it an INTID
 */
typedef struct SDEIEventDef {
    uint32_t num;
    SDEIType type;
    SDEIPriority priority;
    bool signalable;
    bool bindable;
} SDEIEventDef;

/**
 * SDEIHandler: what the client made of an event
 * @status: SDEI_STATUS_* mask; RUNNING without REGISTERED is the state that
 *     DEN0054C calls "handler unregister-pending"
 * @pending: triggered, not yet dispatched; at most one instance
 * @level: the bound line is high
 * @edge: the bound line is edge-triggered
 * @relative: @entry is an offset from the client's VBAR (v1.1)
 * @routing_mode: SDEI_RM_*, shared events only
 * @pe: index of the PE that takes it: the routed one for RM_PE, the one that
 *     is to take the pending instance for RM_ANY; shared events only
 * @entry: entry point, or offset if @relative
 * @ep_arg: argument that the handler finds in X1
 */
typedef struct SDEIHandler {
    uint8_t status;
    bool pending;
    bool level;
    bool edge;
    bool relative;
    uint8_t routing_mode;
    uint32_t pe;
    uint64_t entry;
    uint64_t ep_arg;
} SDEIHandler;

/**
 * SDEIEvent: an event and its handlers
 * @def: what it is
 * @intid: the bound interrupt, 0 if none is
 * @handler: one per PE for a private event, a single one for a shared event
 */
typedef struct SDEIEvent {
    SDEIEventDef def;
    uint32_t intid;
    SDEIHandler *handler;
} SDEIEvent;

/**
 * SDEIPE: a processing element as the dispatcher sees it
 * @mpidr: affinity fields of its MPIDR_EL1
 * @masked: PE_MASK is in effect; a PE that is off is masked
 * @running: index of the event whose handler runs, per priority, or SDEI_NONE
 * @num_pending: how many private events are pending here (derived)
 * @num_used: how many private events are registered or running here (derived)
 */
typedef struct SDEIPE {
    uint64_t mpidr;
    bool masked;
    uint32_t running[SDEI_PRIO_COUNT];
    uint32_t num_pending;
    uint32_t num_used;
} SDEIPE;

/**
 * SDEIEvents: all events and PEs of one machine
 * @event: the events, in ascending order of their numbers
 * @pe: the PEs
 * @cluster: how many PEs have Aff1 = 0, and so many each higher one if the
 *     board numbers PEs as boards do
 * @first_slot: per type, the first event to which interrupts can be bound
 * @can_take: per priority, the PEs that could take an event now (derived)
 * @num_shared_pending: how many shared events are pending (derived)
 * @num_shared_used: how many shared events are registered or running (derived)
 * @num_bound: how many interrupts are bound (derived)
 * @num_lines: how many lines belong to the dispatcher, see sdei_owns_line()
 *     (derived)
 * @next_any: where the search for a PE to take an RM_ANY event begins
 * @register_flags: EVENT_REGISTER flags that this version of SDEI knows
 * @reason: why the last call failed, for the log
 */
typedef struct SDEIEvents {
    SDEIEvent *event;
    uint32_t num_events;
    SDEIPE *pe;
    uint32_t num_pes;
    uint32_t cluster;
    uint32_t first_slot[SDEI_TYPE_COUNT];
    unsigned long *can_take[SDEI_PRIO_COUNT];
    uint32_t num_shared_pending;
    uint32_t num_shared_used;
    uint32_t num_bound;
    uint32_t num_lines;
    uint32_t next_any;
    uint64_t register_flags;
    const char *reason;
} SDEIEvents;

/**
 * sdei_events_init: allocate the state of all events and PEs, and reset it
 * @m: to be initialised
 * @def: the events, in any order, no number twice
 * @num_events: how many
 * @mpidr: affinity of each PE, none twice
 * @num_pes: how many, at least one
 * @register_flags: the SDEI_REGISTER_* that clients may use
 */
void sdei_events_init(SDEIEvents *m, const SDEIEventDef *def,
                      uint32_t num_events, const uint64_t *mpidr,
                      uint32_t num_pes, uint64_t register_flags);

/** sdei_events_destroy: free what sdei_events_init() allocated */
void sdei_events_destroy(SDEIEvents *m);

/** sdei_events_reset: machine reset: nothing registered, all PEs masked */
void sdei_events_reset(SDEIEvents *m);

/**
 * sdei_events_find: look an event up
 * Returns: index of event @num, be it a slot to which no interrupt is bound, or
 *     SDEI_NONE
 */
uint32_t sdei_events_find(const SDEIEvents *m, uint32_t num);

/**
 * sdei_events_find_intid: look a bound interrupt up
 * Returns: index of its event, or SDEI_NONE
 */
uint32_t sdei_events_find_intid(const SDEIEvents *m, uint32_t intid);

/**
 * sdei_events_find_pe: look a PE up
 * @mpidr: laid out as MPIDR_EL1, of which only the affinity fields count:
 *     clients pass the register as they read it, with bit 31 set
 * Returns: index of the PE, or SDEI_NONE
 */
uint32_t sdei_events_find_pe(const SDEIEvents *m, uint64_t mpidr);

/*
 * The calls.  @pe is the index of the calling PE; other arguments are those
 * of the call, already narrowed where the specification defines 32 bits.
 */

/**
 * sdei_event_can_register: what would EVENT_REGISTER answer?
 *
 * Changes nothing.  Whoever has to take a line over for it asks first.
 */
int64_t sdei_event_can_register(SDEIEvents *m, uint32_t pe, uint32_t num,
                                uint64_t entry, uint64_t flags,
                                uint64_t affinity);
/**
 * sdei_event_register: EVENT_REGISTER, DEN0054C 5.1.2
 *
 * The line of a bound interrupt has been taken over before: see
 * sdei_line_taken().
 */
int64_t sdei_event_register(SDEIEvents *m, uint32_t pe, uint32_t num,
                            uint64_t entry, uint64_t ep_arg, uint64_t flags,
                            uint64_t affinity);
/** sdei_event_enable: EVENT_ENABLE, DEN0054C 5.1.3 */
int64_t sdei_event_enable(SDEIEvents *m, uint32_t pe, uint32_t num);
/** sdei_event_disable: EVENT_DISABLE, DEN0054C 5.1.4 */
int64_t sdei_event_disable(SDEIEvents *m, uint32_t pe, uint32_t num);
/** sdei_event_unregister: EVENT_UNREGISTER, DEN0054C 5.1.8 */
int64_t sdei_event_unregister(SDEIEvents *m, uint32_t pe, uint32_t num);
/** sdei_event_status: EVENT_STATUS, DEN0054C 5.1.9 */
int64_t sdei_event_status(SDEIEvents *m, uint32_t pe, uint32_t num);
/** sdei_event_get_info: EVENT_GET_INFO, DEN0054C 5.1.10 */
int64_t sdei_event_get_info(SDEIEvents *m, uint32_t pe, uint32_t num,
                            uint32_t info);
/** sdei_event_routing_set: EVENT_ROUTING_SET, DEN0054C 5.1.11 */
int64_t sdei_event_routing_set(SDEIEvents *m, uint32_t pe, uint32_t num,
                               uint64_t mode, uint64_t affinity);
/**
 * sdei_event_signal: EVENT_SIGNAL, DEN0054C 5.1.16
 * @target: on success, the index of the PE with affinity @mpidr; may be NULL
 */
int64_t sdei_event_signal(SDEIEvents *m, uint32_t num, uint64_t mpidr,
                          uint32_t *target);
/**
 * sdei_pe_mask: PE_MASK, DEN0054C 5.1.12
 * Returns: 1 if this call masked the PE, 0 if it was masked
 */
int64_t sdei_pe_mask(SDEIEvents *m, uint32_t pe);
/** sdei_pe_unmask: PE_UNMASK, DEN0054C 5.1.13 */
int64_t sdei_pe_unmask(SDEIEvents *m, uint32_t pe);
/**
 * sdei_interrupt_bind: INTERRUPT_BIND, DEN0054C 5.1.14
 * @intid: a PPI or an SPI that this machine has
 * Returns: number of its event, or OUT_OF_RESOURCE
 */
int64_t sdei_interrupt_bind(SDEIEvents *m, uint32_t intid);
/**
 * sdei_interrupt_release: INTERRUPT_RELEASE, DEN0054C 5.1.15
 * @active: the interrupt is active at the client
 */
int64_t sdei_interrupt_release(SDEIEvents *m, uint32_t num, bool active);
/** sdei_private_reset: PRIVATE_RESET, DEN0054C 5.1.18 */
int64_t sdei_private_reset(SDEIEvents *m, uint32_t pe);
/** sdei_shared_reset: SHARED_RESET, DEN0054C 5.1.19 */
int64_t sdei_shared_reset(SDEIEvents *m);

/**
 * sdei_trigger: an event's source asserts
 * @ev: index of the event
 * @pe: index of the PE, for a private event
 *
 * Returns: false if nobody has registered the event there: nothing is kept.
 *     Otherwise the event is pending until it is dispatched or unregistered.
 */
bool sdei_trigger(SDEIEvents *m, uint32_t ev, uint32_t pe);

/**
 * sdei_would_be_taken: would a PE take the enabled shared event @ev at once, if
 * it were triggered now?
 */
bool sdei_would_be_taken(const SDEIEvents *m, uint32_t ev);

/**
 * sdei_prefer: let @pe take the pending shared event @ev
 *
 * A wish, for an event that any PE may take: if @pe cannot when its turn comes,
 * another one does, and nothing changes if the client has routed it.
 */
void sdei_prefer(SDEIEvents *m, uint32_t ev, uint32_t pe);

/**
 * sdei_owns_line: does the line of interrupt @intid belong to the dispatcher?
 * @pe: index of the PE, for a PPI
 *
 * It does from EVENT_REGISTER of the interrupt's event until that is
 * unregistered and its handler has completed.
 */
bool sdei_owns_line(const SDEIEvents *m, uint32_t pe, uint32_t intid);

/**
 * sdei_line_taken: the dispatcher takes the line of event @ev, which is about
 * to be registered
 * @edge: the interrupt is edge-triggered
 * @level: where the line stands; high will count as a trigger unless @edge
 */
void sdei_line_taken(SDEIEvents *m, uint32_t ev, uint32_t pe, bool edge,
                     bool level);

/**
 * sdei_line_changed: a line that the dispatcher has changed its level
 *
 * A rising edge triggers; a falling one takes the trigger of a
 * level-triggered interrupt back, if it was not dispatched yet.
 */
void sdei_line_changed(SDEIEvents *m, uint32_t ev, uint32_t pe, bool level);

/**
 * sdei_complete: the innermost running handler of @pe has ended
 * Returns: index of its event; there must be one, see sdei_running()
 */
uint32_t sdei_complete(SDEIEvents *m, uint32_t pe);

/**
 * sdei_pe_off: @pe goes off (PSCI CPU_OFF): its handlers count as completed,
 * its private registrations are gone, and it is masked
 */
void sdei_pe_off(SDEIEvents *m, uint32_t pe);

/**
 * sdei_dispatch_target: which PE takes a shared event now?
 *
 * The one rule both for whom to wake and for who takes: the routed PE for
 * RM_PE; for RM_ANY one PE that can take it now, in turn (DEN0054C 6.2.1).
 * That choice stands as long as this PE can take the event; so asking twice
 * gives the same, and the first question after it was lost makes a new one.
 *
 * Returns: index of the PE, or SDEI_NONE if event @ev has nothing to deliver
 *     or has to wait
 */
uint32_t sdei_dispatch_target(SDEIEvents *m, uint32_t ev);

/**
 * sdei_next_event: which event does @pe take now?
 *
 * Critical before normal, then the lowest number.
 *
 * Returns: index of the event, or SDEI_NONE
 */
uint32_t sdei_next_event(SDEIEvents *m, uint32_t pe);

/**
 * sdei_dispatch: the handler of event @ev is being entered on @pe
 * @ev: what sdei_next_event() just said
 *
 * Returns: the handler, for its entry point and argument
 */
const SDEIHandler *sdei_dispatch(SDEIEvents *m, uint32_t pe, uint32_t ev);

/** sdei_events_is_idle: is nothing pending that @pe could take? */
static inline bool sdei_events_is_idle(const SDEIEvents *m, uint32_t pe)
{
    return !m->pe[pe].num_pending && !m->num_shared_pending;
}

/** sdei_events_has_shared_pending: is a shared event waiting for a PE? */
static inline bool sdei_events_has_shared_pending(const SDEIEvents *m)
{
    return m->num_shared_pending != 0;
}

/** sdei_events_handler: the handler of event @ev as @pe sees it */
static inline SDEIHandler *sdei_events_handler(const SDEIEvents *m,
                                               uint32_t ev, uint32_t pe)
{
    const SDEIEvent *event = &m->event[ev];

    return &event->handler[event->def.type == SDEI_TYPE_SHARED ? 0 : pe];
}

/**
 * sdei_is_enabled: has a client registered and enabled event @ev on @pe?
 */
static inline bool sdei_is_enabled(const SDEIEvents *m, uint32_t ev,
                                   uint32_t pe)
{
    return sdei_events_handler(m, ev, pe)->status & SDEI_STATUS_ENABLED;
}

/**
 * sdei_running_priority: that of the innermost running handler
 * Returns: SDEI_PRIO_NORMAL if no handler runs on @pe
 */
static inline SDEIPriority sdei_running_priority(const SDEIEvents *m,
                                                 uint32_t pe)
{
    return m->pe[pe].running[SDEI_PRIO_CRITICAL] != SDEI_NONE
           ? SDEI_PRIO_CRITICAL : SDEI_PRIO_NORMAL;
}

/**
 * sdei_running: the innermost running handler
 * Returns: its event's index, or SDEI_NONE if no handler runs on @pe
 */
static inline uint32_t sdei_running(const SDEIEvents *m, uint32_t pe)
{
    return m->pe[pe].running[sdei_running_priority(m, pe)];
}

/**
 * sdei_events_set_binding: load that @intid, a PPI or an SPI, is bound to the
 * slot @num
 *
 * Returns: false, and nothing changes, if that cannot be
 */
bool sdei_events_set_binding(SDEIEvents *m, uint32_t num, uint32_t intid);

/** sdei_status_is_legal: is this one of the states of DEN0054C 6.1? */
bool sdei_status_is_legal(uint8_t status);

/**
 * sdei_line_is_legal: can the handler of a bound interrupt be so?
 *
 * The trigger of a level-triggered one comes and goes with the level, but for
 * a handler that runs: it finds out at its end.
 */
bool sdei_line_is_legal(const SDEIHandler *h);

/**
 * sdei_events_recompute: derive what is derived, after the rest was loaded
 */
void sdei_events_recompute(SDEIEvents *m);

/**
 * sdei_events_check: is what is derived as sdei_events_recompute() has it, and
 * the rest possible?
 *
 * For tests, and for debug builds after each change.
 *
 * Returns: NULL, or what is wrong
 */
const char *sdei_events_check(const SDEIEvents *m);

#endif /* TARGET_ARM_SDEI_EVENT_H */
