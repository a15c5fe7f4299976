/*
 * Arm SDEI: what the rest of QEMU needs to know of the dispatcher
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TARGET_ARM_SDEI_H
#define TARGET_ARM_SDEI_H

#include "qom/object.h"
#include "target/arm/cpu-qom.h"

#define TYPE_ARM_SDEI "arm-sdei"
OBJECT_DECLARE_SIMPLE_TYPE(SDEIState, ARM_SDEI)

/* SMC64 fast calls of the standard secure service range, DEN0054C 5.1 */
#define SDEI_FN_BASE    0xC4000020u
#define SDEI_FN_COUNT   0x20

/**
 * arm_is_sdei_call: is this SMCCC function one of SDEI's?
 * @fn: function identifier; only W0 counts
 */
static inline bool arm_is_sdei_call(uint64_t fn)
{
    return ((uint32_t)fn & ~(SDEI_FN_COUNT - 1)) == SDEI_FN_BASE;
}

/**
 * arm_handle_sdei_call: answer an SDEI call
 * @cpu: the caller; its X0 holds the function, its PC is past the instruction
 *
 * Called with the BQL held, in the vCPU's thread.  On return X0 holds the
 * result, or the vCPU is at another place: in a handler, or back in what a
 * handler had interrupted.
 *
 * Returns: false if the caller's machine has no SDEI; nothing was done then
 */
bool arm_handle_sdei_call(ARMCPU *cpu);

/**
 * arm_sdei_trigger_event: the source of an event asserts
 * @num: event number
 * @cs: the vCPU that is to get it, for a private event; NULL for a shared one
 * @errp: why nobody gets it
 *
 * The event is pending from now on, until a handler is entered or the event
 * unregistered.  Called with the BQL held, from any thread.
 *
 * Returns: true if somebody has registered the event
 */
bool arm_sdei_trigger_event(SDEIState *s, uint32_t num, CPUState *cs,
                            Error **errp);

/**
 * arm_sdei_event_is_enabled: would the client take this event?
 * @num: number of a shared event
 *
 * Called with the BQL held.
 *
 * Returns: true if the client has registered and enabled it
 */
bool arm_sdei_event_is_enabled(const SDEIState *s, uint32_t num);

/**
 * arm_sdei_cpu_off: a PE is about to be powered off
 * @cpu: the PE
 *
 * A handler that runs there counts as completed (DEN0054C 6.5.4).  Called
 * with the BQL held; does nothing if the machine has no SDEI.
 */
void arm_sdei_cpu_off(ARMCPU *cpu);

/**
 * arm_sdei_kvm_hypercall: answer a call that KVM has forwarded
 * @cpu: the caller
 * @fn: function identifier
 * @smc: made by SMC, not by HVC
 *
 * Called without the BQL, in the vCPU's thread.
 */
void arm_sdei_kvm_hypercall(ARMCPU *cpu, uint32_t fn, bool smc);

#endif /* TARGET_ARM_SDEI_H */
