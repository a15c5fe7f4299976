/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: a simple model of the dispatcher, for tests
 *
 * Written from the contract (DEN0054C and the tables in
 * docs/system/arm/sdei.rst), not from QEMU's implementation, and kept simple
 * rather than fast: the state table is data, everything else is searched for.
 * A test drives it and the real thing with the same calls and compares.
 *
 * The model does not choose: which PE takes an event with routing mode RM_ANY
 * is left to the real thing, and the model says whether the choice is allowed.
 */

#ifndef TESTS_QTEST_ARM_SDEI_MODEL_H
#define TESTS_QTEST_ARM_SDEI_MODEL_H

/* No event, no PE */
#define SDEI_MODEL_NONE UINT32_MAX

/* Function numbers: SMCCC function id minus 0xC4000020 */
typedef enum SDEIModelFn {
    SDEI_MODEL_EVENT_REGISTER = 0x01,
    SDEI_MODEL_EVENT_ENABLE = 0x02,
    SDEI_MODEL_EVENT_DISABLE = 0x03,
    SDEI_MODEL_EVENT_CONTEXT = 0x04,
    SDEI_MODEL_EVENT_COMPLETE = 0x05,
    SDEI_MODEL_EVENT_COMPLETE_AND_RESUME = 0x06,
    SDEI_MODEL_EVENT_UNREGISTER = 0x07,
    SDEI_MODEL_EVENT_STATUS = 0x08,
    SDEI_MODEL_EVENT_GET_INFO = 0x09,
    SDEI_MODEL_EVENT_ROUTING_SET = 0x0a,
    SDEI_MODEL_PE_MASK = 0x0b,
    SDEI_MODEL_PE_UNMASK = 0x0c,
    SDEI_MODEL_INTERRUPT_BIND = 0x0d,
    SDEI_MODEL_INTERRUPT_RELEASE = 0x0e,
    SDEI_MODEL_EVENT_SIGNAL = 0x0f,
    SDEI_MODEL_PRIVATE_RESET = 0x11,
    SDEI_MODEL_SHARED_RESET = 0x12,
    SDEI_MODEL_FN_COUNT = 0x20,
} SDEIModelFn;

/*
 * Mistakes that the model can be told to make.  They prove that a comparison
 * with it notices them.
 */
typedef enum SDEIModelFault {
    SDEI_MODEL_NO_FAULT,
    SDEI_MODEL_FAULT_DISABLE_FORGETS_PENDING,
    SDEI_MODEL_FAULT_TRIGGER_LOST_WHILE_RUNNING,
    SDEI_MODEL_FAULT_DENIED_FIRST,
    SDEI_MODEL_FAULT_FLAGS_CUT,
    SDEI_MODEL_FAULT_UNREGISTER_TWICE_DENIED,
    SDEI_MODEL_FAULT_COMPLETE_ENABLES,
    SDEI_MODEL_FAULT_MASK_RESULT,
    SDEI_MODEL_FAULT_SAME_CLASS_PREEMPTS,
    SDEI_MODEL_FAULT_NUMBER_BEFORE_CLASS,
    SDEI_MODEL_FAULT_ANY_MEANS_FIRST,
    SDEI_MODEL_FAULT_OFF_KEEPS_PRIVATE,
    SDEI_MODEL_FAULT_OFF_KEEPS_RUNNING,
    SDEI_MODEL_FAULT_RESET_IGNORES_RUNNING,
    SDEI_MODEL_FAULT_PRIVATE_RESET_MASKS,
    SDEI_MODEL_FAULT_DROP_STILL_DELIVERS,
    SDEI_MODEL_FAULT_LEVEL_TRIGGERS_ONCE,
    SDEI_MODEL_FAULT_HIGH_AT_REGISTER_WAITS,
    SDEI_MODEL_FAULT_EDGE_HIGH_TRIGGERS,
    SDEI_MODEL_FAULT_EDGE_TAKEN_BACK,
    SDEI_MODEL_FAULT_DISABLE_GIVES_BACK,
    SDEI_MODEL_FAULT_LINE_BACK_WHILE_RUNNING,
    SDEI_MODEL_FAULT_RELEASE_WHILE_RUNNING,
    SDEI_MODEL_FAULT_RESET_KEEPS_BINDINGS,
    SDEI_MODEL_FAULT_ACTIVE_REGISTERS,
    SDEI_MODEL_FAULT_ACTIVE_RELEASES,
    SDEI_MODEL_FAULT_EMPTY_SLOT_UNKNOWN,
    SDEI_MODEL_FAULT_EMPTY_SLOT_REGISTERS,
    SDEI_MODEL_FAULT_AFFINITY_WHOLE,
    SDEI_MODEL_FAULT_COUNT,
} SDEIModelFault;

/**
 * SDEIModelEvent: what an event is
 * @num: event number
 * @shared: one handler for all PEs, else one per PE
 * @critical: its handler preempts those of normal events
 * @signalable: EVENT_SIGNAL may trigger it
 * @slot: nobody can register it until INTERRUPT_BIND gives it an interrupt
 */
typedef struct SDEIModelEvent {
    uint32_t num;
    bool shared;
    bool critical;
    bool signalable;
    bool slot;
} SDEIModelEvent;

/**
 * SDEIModelHandler: what the client made of it
 * @status: as EVENT_STATUS shows it: 0, 1, 3, 4, 5 or 7
 * @pending: triggered and not delivered
 * @edge: the bound interrupt was edge-triggered when the event was registered
 * @relative: @entry is an offset from VBAR
 * @rm_pe: routed to the PE with index @route, else to any PE (shared events)
 */
typedef struct SDEIModelHandler {
    unsigned status;
    bool pending;
    bool edge;
    bool relative;
    bool rm_pe;
    uint32_t route;
    uint64_t entry;
    uint64_t ep_arg;
} SDEIModelHandler;

/**
 * SDEIModelPE: a PE
 * @mpidr: its affinity
 * @masked: as PE_MASK and PE_UNMASK leave it; a PE that is off is masked
 * @depth: how many handlers run
 * @stack: indexes of their events, the innermost last
 */
typedef struct SDEIModelPE {
    uint64_t mpidr;
    bool masked;
    unsigned depth;
    uint32_t stack[2];
} SDEIModelPE;

/**
 * SDEIModelLine: the line of an interrupt, for a PPI that of one PE
 * @level: high
 * @edge: the client's GIC has it as edge-triggered
 * @active: the client has acknowledged and not ended it
 *
 * These are the world's: no reset of the machine changes them here.
 */
typedef struct SDEIModelLine {
    bool level;
    bool edge;
    bool active;
} SDEIModelLine;

/* INTIDs: PPIs from 16, SPIs from 32, special ones from 1020 */
#define SDEI_MODEL_FIRST_PPI    16
#define SDEI_MODEL_FIRST_SPI    32
/* The timer of the secure world, of which such a machine has none */
#define SDEI_MODEL_SECURE_PPI   29

typedef struct SDEIModel {
    SDEIModelEvent *event;
    uint32_t *intid;        /* by event: what is bound to it, or 0 */
    uint32_t num_events;
    SDEIModelPE *pe;
    uint32_t num_pes;
    SDEIModelHandler *handler;
    SDEIModelLine *line;
    uint32_t num_intids;
    uint64_t register_flags;
    SDEIModelFault fault;
    /* PEs run at once: who else could have taken an RM_ANY event is unknown */
    bool concurrent;
} SDEIModel;

/**
 * sdei_model_init: a machine after reset
 * @event: its events, in ascending order of their numbers
 * @mpidr: affinity of each PE
 * @register_flags: flags that EVENT_REGISTER accepts
 *
 * There is no GIC, unless sdei_model_set_gic() says so afterwards.
 */
void sdei_model_init(SDEIModel *m, const SDEIModelEvent *event,
                     uint32_t num_events, const uint64_t *mpidr,
                     uint32_t num_pes, uint64_t register_flags);

/** sdei_model_set_gic: the machine's GIC has the INTIDs below @num_intids */
void sdei_model_set_gic(SDEIModel *m, uint32_t num_intids);

/** sdei_model_destroy: free what sdei_model_init() allocated */
void sdei_model_destroy(SDEIModel *m);

/** sdei_model_reset: machine reset */
void sdei_model_reset(SDEIModel *m);

/**
 * sdei_model_find: index of event number @num, or SDEI_MODEL_NONE
 *
 * A slot to which nothing is bound is an event like others.
 */
uint32_t sdei_model_find(const SDEIModel *m, uint32_t num);

/**
 * sdei_model_find_pe: index of the PE with @mpidr, or SDEI_MODEL_NONE
 *
 * Only the affinity fields of @mpidr count.
 */
uint32_t sdei_model_find_pe(const SDEIModel *m, uint64_t mpidr);

/** sdei_model_handler: the handler of event @ev as @pe sees it */
SDEIModelHandler *sdei_model_handler(const SDEIModel *m, uint32_t ev,
                                     uint32_t pe);

/**
 * sdei_model_call: PE @pe makes a call
 * @fn: function number
 * @x: registers X1 to X5, as the guest has them
 *
 * COMPLETE and COMPLETE_AND_RESUME do not return when they succeed: the result
 * is 0 then.  So is that of a successful EVENT_CONTEXT, as the model has no
 * registers.
 *
 * Which slot an interrupt gets is not the model's choice: INTERRUPT_BIND takes
 * as X2 what the real thing answered, and answers the same if that is right.
 *
 * Returns: what the call leaves in X0; NOT_SUPPORTED for calls that have
 *     nothing to do with the state of events
 */
int64_t sdei_model_call(SDEIModel *m, uint32_t pe, unsigned fn,
                        const uint64_t x[5]);

/**
 * sdei_model_trigger: the source of event @ev asserts, on @pe if private
 * Returns: whether it is pending now
 */
bool sdei_model_trigger(SDEIModel *m, uint32_t ev, uint32_t pe);

/** sdei_model_find_intid: the event to which @intid is bound, or none */
uint32_t sdei_model_find_intid(const SDEIModel *m, uint32_t intid);

/** sdei_model_line: the line of @intid, for a PPI that of @pe */
SDEIModelLine *sdei_model_line(const SDEIModel *m, uint32_t intid, uint32_t pe);

/** sdei_model_owns: is it the dispatcher's, and not the client's GIC's? */
bool sdei_model_owns(const SDEIModel *m, uint32_t intid, uint32_t pe);

/** sdei_model_set_line: the line of @intid goes high or low */
void sdei_model_set_line(SDEIModel *m, uint32_t intid, uint32_t pe,
                         bool level);

/** sdei_model_pe_off: @pe powers itself off */
void sdei_model_pe_off(SDEIModel *m, uint32_t pe);

/** sdei_model_running: the event whose handler is innermost on @pe, or none */
uint32_t sdei_model_running(const SDEIModel *m, uint32_t pe);

/** sdei_model_admits: may a handler of this class be entered on @pe now? */
bool sdei_model_admits(const SDEIModel *m, uint32_t pe, bool critical);

/**
 * sdei_model_can_take: is @ev to be delivered and may @pe be the one?
 *
 * True on several PEs at a time for an event with RM_ANY.
 */
bool sdei_model_can_take(const SDEIModel *m, uint32_t ev, uint32_t pe);

/**
 * sdei_model_target_ok: may the shared event @ev go to @pe now?
 *
 * SDEI_MODEL_NONE, that is to wait, is right only when no PE can take it.
 */
bool sdei_model_target_ok(const SDEIModel *m, uint32_t ev, uint32_t pe);

/**
 * sdei_model_next: which event must @pe take now?
 * @target: for each event with RM_ANY, the PE that was chosen for it
 *
 * Returns: index of the event, or SDEI_MODEL_NONE
 */
uint32_t sdei_model_next(const SDEIModel *m, uint32_t pe,
                         const uint32_t *target);

/**
 * sdei_model_deliver: @pe has entered the handler of @ev
 * Returns: NULL, or which rule forbids it; nothing changes then
 */
const char *sdei_model_deliver(SDEIModel *m, uint32_t ev, uint32_t pe);

/**
 * sdei_model_undelivered: something that a PE should have taken by now
 * @pe: set to a PE that can take it
 *
 * Returns: index of an event, or SDEI_MODEL_NONE
 */
uint32_t sdei_model_undelivered(const SDEIModel *m, uint32_t *pe);

#endif /* TESTS_QTEST_ARM_SDEI_MODEL_H */
