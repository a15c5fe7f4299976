/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: what the dispatcher's files share
 *
 * Whatever happens goes down this list, and nothing in it calls back up, with
 * one exception: registers that change can move a line that a PE is bound to
 * (the PMU's), which comes in at sdei-gic.c.  For that a PE is sent for by
 * queued work, also the one that is running.
 *
 *   sdei-smccc.c, sdei-kvm-call.c      what a PE calls
 *   sdei-source.c, sdei-gic.c, sdei-nmi.c  what other parts of QEMU tell
 *   sdei-settle.c                      who gets what now
 *   sdei-report.c                      what management is told
 *   sdei-irq.c                         whose the lines of the GIC are
 *   sdei-tcg.c, sdei-kvm.c             the registers of a vCPU
 *   sdei-pstate.c                      the PSTATE of handlers
 *   sdei-event.c                       the rules, which are pure
 *
 * Beside it sdei.c makes and resets all, sdei-vmstate.c saves and loads it,
 * sdei-qmp.c and sdei-query.c are the monitor's.  sdei-ghes.c is a source that
 * the board has; of the others only the monitor's files know it.
 */

#ifndef TARGET_ARM_SDEI_INTERNAL_H
#define TARGET_ARM_SDEI_INTERNAL_H

#include "hw/core/nmi.h"
#include "hw/core/qdev.h"
#include "hw/core/cpu.h"
#include "qom/object.h"
#include "sdei.h"
#include "sdei-event.h"

/* Bound interrupts at a time, DEN0054C 6.3 wants at least two of each */
#define SDEI_NUM_PPI_SLOTS  16
#define SDEI_NUM_SPI_SLOTS  32

/* Bounds what a call or a migration stream has to look through */
#define SDEI_MAX_USER_EVENTS    64

/* X0-X17 are the client's to use in a handler, DEN0054C 6.5 */
#define SDEI_CONTEXT_REGS   18

/**
 * SDEIContext: where a handler interrupted its PE
 * @x: X0-X17
 * @pc: the instruction to go on with
 * @pstate: in the form of SPSR_ELx, AArch32 included
 */
typedef struct SDEIContext {
    uint64_t x[SDEI_CONTEXT_REGS];
    uint64_t pc;
    uint64_t pstate;
} SDEIContext;

/**
 * SDEIRegs: access to the registers of a vCPU under one accelerator
 *
 * All are called in the thread of @cs with the BQL held.
 */
typedef struct SDEIRegs {
    /*
     * Does an exception that came before the event wait until the vCPU
     * executes on?  Or NULL, if none ever does.
     */
    bool (*has_exception)(CPUState *cs);
    /*
     * Read X0-X5 if the caller is a client: in AArch64 state at @client_el.
     * Otherwise return false, and leave @x alone.
     */
    bool (*get_args)(CPUState *cs, unsigned int client_el, uint64_t x[6]);
    /* Write the result of a call to X0, or W0 for an AArch32 caller */
    void (*set_result)(CPUState *cs, int64_t result);
    /*
     * Store the current context in @context, and enter the @handler of event
     * @num, waking the vCPU: at @handler's entry point, from the client's VBAR
     * on if it is relative.  X0-X3 become @num, the handler's argument, and the
     * interrupted PC and PSTATE; X4-X17 keep the interrupted values, which
     * Linux stores from the live registers (arch/arm64/kernel/entry.S).
     */
    void (*enter)(CPUState *cs, unsigned int client_el, uint32_t num,
                  const SDEIHandler *handler, SDEIContext *context);
    /* EVENT_COMPLETE: go on where the handler interrupted */
    void (*complete)(CPUState *cs, const SDEIContext *context);
    /* EVENT_COMPLETE_AND_RESUME: take an exception from there to @pc */
    void (*complete_and_resume)(CPUState *cs, unsigned int client_el,
                                const SDEIContext *context, uint64_t pc);
} SDEIRegs;

/**
 * SDEICPUState: a PE's part of the dispatcher outside the pure rules
 * @cs: the vCPU
 * @work_queued: a re-evaluation is queued on the vCPU and has not run yet;
 *     not migrated, as the destination re-evaluates all PEs
 * @been_on: it may have been on since the machine's reset, so that its
 *     registers, if it is off, need not be those of a reset; kept under KVM
 *     only, and not migrated, as loading sets it
 * @context: what the running handler of each priority interrupted
 */
typedef struct SDEICPUState {
    CPUState *cs;
    bool work_queued;
    bool been_on;
    SDEIContext context[SDEI_PRIO_COUNT];
} SDEICPUState;

/** SDEILine: an input of the GIC; @pe is for PPIs */
typedef struct SDEILine {
    uint32_t intid;
    uint32_t pe;
} SDEILine;

typedef struct SDEISaved SDEISaved;

struct SDEIState {
    DeviceState parent_obj;

    /* Properties */
    char *version;
    DeviceState *gic;
    uint32_t num_platform_events;
    uint32_t *platform_events;

    /* Set by realize */
    uint64_t version_result;
    unsigned int client_el;
    const SDEIRegs *regs;
    uint32_t num_irq;
    /* Index of the event by which the monitor's NMI comes, or SDEI_NONE */
    uint32_t nmi_event;
    /* @gic, whose class QOM takes long to find */
    struct ARMGICDelegateIf *lender;
    const struct ARMGICDelegateIfClass *lender_class;

    /* State */
    SDEIEvents events;
    SDEICPUState *cpu;

    /* The PE that the current call has signalled, or SDEI_NONE */
    uint32_t signalled;

    /* Does management know that there is a client of the monitor's NMI? */
    bool client_reported;

    /* The error source that notifies by an event, or NULL */
    const struct SDEIGhes *ghes;

    /* What migrates, see sdei-vmstate.c */
    SDEISaved *saved;
    /* Waiting for a guest, and none has come whose machine had SDEI */
    bool incoming;

    /*
     * Of each input of the GIC, see sdei-irq.c: how it stands, and whether the
     * GIC has let the dispatcher have it
     */
    int32_t num_lines;
    unsigned long *line_level;
    unsigned long *line_taken;
    /* How many are set in @line_taken */
    uint32_t num_taken;
};

/** sdei_nmi_has_client: would the monitor's NMI be an event for the guest? */
static inline bool sdei_nmi_has_client(const SDEIState *s)
{
    return s->nmi_event != SDEI_NONE &&
           sdei_is_enabled(&s->events, s->nmi_event, 0);
}

/* sdei-report.c: QMP events; all with the BQL held */

/** sdei_report_taken: @pe has entered the handler of event @num */
void sdei_report_taken(uint32_t num, uint32_t pe);

/** sdei_report_completed: the handler of event @num has ended on @pe */
void sdei_report_completed(uint32_t num, uint32_t pe);

/** sdei_report_off: @pe is about to go off or be reset: its handlers end */
void sdei_report_off(const SDEIState *s, uint32_t pe);

/** sdei_report_client_change: sdei_nmi_has_client() has changed */
void sdei_report_client_change(SDEIState *s);

/** sdei_report_client: look whether it has, as each call and reset does */
static inline void sdei_report_client(SDEIState *s)
{
    if (sdei_nmi_has_client(s) != s->client_reported) {
        sdei_report_client_change(s);
    }
}

/* sdei-settle.c: who gets what now; all with the BQL held */

/**
 * sdei_settle: a source has changed the state of the rules
 * @pe: the PE whose private events that was about, or SDEI_NONE
 *
 * Gives lines back whose events are no longer registered, and sends @pe, and
 * whoever takes the pending shared events, to take them.  From any thread.
 */
void sdei_settle(SDEIState *s, uint32_t pe);

/** sdei_settle_all: the same for the events of all PEs, as the VM goes on */
void sdei_settle_all(SDEIState *s);

/**
 * sdei_settle_call: a call has changed the state of the rules
 * @pe: the caller, whose thread this is; it takes its event at once
 * @signalled: the PE that it has signalled, or SDEI_NONE
 */
void sdei_settle_call(SDEIState *s, uint32_t pe, uint32_t signalled);

/* sdei-pstate.c: PSTATE of handlers */

/**
 * sdei_pstate_is_legal: can a handler on @pe have interrupted this PSTATE?
 *
 * The client, or what is below it, in a form that an SPSR can have.
 */
bool sdei_pstate_is_legal(SDEIState *s, uint32_t pe, uint64_t pstate);

/**
 * sdei_handler_pstate: PSTATE of a handler that interrupts @context
 *
 * Needs SCTLR of the client's exception level in @env, and HCR_EL2 at EL2.
 */
uint64_t sdei_handler_pstate(CPUArchState *env, unsigned int client_el,
                             const SDEIContext *context);

/* sdei-gic.c: what the GIC tells */

/** sdei_gic_realize: have the GIC ask the dispatcher, if it can */
void sdei_gic_realize(SDEIState *s);

/* sdei-irq.c: bound interrupts, and whose their lines are */

/** sdei_irq_realize: there is a GIC whose interrupts can be bound */
void sdei_irq_realize(SDEIState *s);

/** sdei_irq_line: what is input @n of the GIC, below @num_lines? */
SDEILine sdei_irq_line(const SDEIState *s, uint32_t n);

/** sdei_irq_has: does the dispatcher have the line of @intid on @pe? */
bool sdei_irq_has(const SDEIState *s, uint32_t pe, uint32_t intid);

/**
 * sdei_irq_check: can interrupt @intid be bound at all?
 * Returns: SDEI_SUCCESS, or the answer to INTERRUPT_BIND
 */
int64_t sdei_irq_check(SDEIState *s, uint32_t intid);

/** sdei_irq_bind: INTERRUPT_BIND, DEN0054C 5.1.14 */
int64_t sdei_irq_bind(SDEIState *s, uint32_t intid);

/** sdei_irq_of: the interrupt of event @num, or 0 if it has none */
uint32_t sdei_irq_of(const SDEIState *s, uint32_t num);

/**
 * sdei_irq_is_active: has the client acknowledged a bound interrupt at the GIC
 * and not deactivated it, on any PE?
 */
bool sdei_irq_is_active(SDEIState *s, uint32_t intid);

/**
 * sdei_irq_take: get the line of a bound interrupt from the GIC
 * @pe: the PE whose line it is, for a PPI
 *
 * To be called when the event is about to be registered there.
 *
 * Returns: SDEI_SUCCESS, or SDEI_DENIED if the interrupt is active at the
 *     client, or the host kernel has come to raise it since it was bound
 */
int64_t sdei_irq_take(SDEIState *s, uint32_t pe, uint32_t intid);

/**
 * sdei_irq_reset: machine reset: no event is registered any more
 *
 * The GIC forgets how its inputs stood, so that there is nothing to give back.
 * A device that goes on to hold its line is not forgotten here: the line is
 * high when an event is registered on it.
 */
void sdei_irq_reset(SDEIState *s);

/** sdei_irq_give_lines_back: the rest of sdei_irq_give_back() */
void sdei_irq_give_lines_back(SDEIState *s);

/**
 * sdei_irq_give_back: give lines back whose events are no longer registered,
 * after anything that may have changed that
 */
static inline void sdei_irq_give_back(SDEIState *s)
{
    /* Every call ends here, and most lines are taken for long */
    if (s->num_taken != s->events.num_lines) {
        sdei_irq_give_lines_back(s);
    }
}

/** sdei_irq_level: how the line of interrupt @intid stands on @pe */
bool sdei_irq_level(SDEIState *s, uint32_t pe, uint32_t intid);

/**
 * sdei_irq_loaded: the rules were loaded: remember which lines the GIC, which
 * is loaded as well, has let the dispatcher have
 */
void sdei_irq_loaded(SDEIState *s);

/**
 * sdei_irq_ask_levels: ask the GIC how the lines stand, after it was loaded
 * from a machine without dispatcher
 */
void sdei_irq_ask_levels(SDEIState *s);

/**
 * sdei_irq_check_lines: do the lines agree with the rules?
 * Returns: NULL, or what is wrong
 */
const char *sdei_irq_check_lines(const SDEIState *s);

/* sdei-nmi.c: the monitor's NMI */

/** sdei_nmi: NMIClass.nmi_monitor_handler */
void sdei_nmi(NMIState *n, int cpu_index, Error **errp);

/* sdei-qmp.c: monitor commands */

/** sdei_find: the machine's dispatcher; NULL and an error if it has none */
SDEIState *sdei_find(Error **errp);

/* sdei-vmstate.c: migration */

extern const VMStateDescription vmstate_sdei;

SDEISaved *sdei_saved_new(SDEIState *s);
void sdei_saved_free(SDEISaved *sv);

/* sdei-tcg.c: registers under TCG */

extern const SDEIRegs sdei_tcg_regs;

/* sdei-kvm-call.c: calls under KVM */

/** sdei_kvm_init: have KVM forward the calls; before any vCPU runs */
bool sdei_kvm_init(SDEIState *s, Error **errp);

#endif /* TARGET_ARM_SDEI_INTERNAL_H */
