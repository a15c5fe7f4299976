/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: what other parts of QEMU tell the dispatcher
 *
 * Sources of events, and the power of PEs: change the state of the rules
 * (sdei-event.c), then have it settled (sdei-settle.c).
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "cpu.h"
#include "multiprocessing.h"
#include "sdei-internal.h"
#include "trace.h"

bool arm_sdei_trigger_event(SDEIState *s, uint32_t num, CPUState *cs,
                            Error **errp)
{
    uint32_t ev = sdei_events_find(&s->events, num);
    bool shared;

    if (ev == SDEI_NONE) {
        error_setg(errp, "this machine has no SDEI event 0x%" PRIx32, num);
        return false;
    }
    shared = s->events.event[ev].def.type == SDEI_TYPE_SHARED;
    if (shared && cs) {
        error_setg(errp, "SDEI event 0x%" PRIx32 " is shared, it has no CPU "
                   "of its own", num);
        return false;
    }
    if (!shared && !cs) {
        error_setg(errp, "SDEI event 0x%" PRIx32 " is private, it needs a "
                   "CPU", num);
        return false;
    }
    if (!sdei_trigger(&s->events, ev, cs ? cs->cpu_index : 0)) {
        error_setg(errp, "the guest has not registered SDEI event 0x%" PRIx32,
                   num);
        return false;
    }
    trace_arm_sdei_trigger(num, cs ? cs->cpu_index : -1);
    sdei_settle(s, cs ? cs->cpu_index : SDEI_NONE);
    return true;
}

bool arm_sdei_event_is_enabled(const SDEIState *s, uint32_t num)
{
    uint32_t ev = sdei_events_find(&s->events, num);

    return ev != SDEI_NONE && sdei_is_enabled(&s->events, ev, 0);
}

void arm_sdei_cpu_off(ARMCPU *cpu)
{
    SDEIState *s = cpu->sdei;

    if (!s) {
        return;
    }
    trace_arm_sdei_cpu_off(arm_cpu_mp_affinity(cpu));
    sdei_report_off(s, CPU(cpu)->cpu_index);
    sdei_pe_off(&s->events, CPU(cpu)->cpu_index);
    /* An RM_ANY event that waited for this PE goes to another */
    sdei_settle(s, SDEI_NONE);
}
