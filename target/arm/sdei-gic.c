/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: what the GIC tells the dispatcher
 *
 * Each change of its inputs, which are a source of events where one is bound:
 * change the state of the rules, then have it settled (sdei-settle.c).
 */

#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "hw/intc/arm_gic_delegate.h"
#include "sdei-internal.h"
#include "trace.h"

/* Tell the event that has line @n of the line's level */
static void sdei_gic_line_to_event(SDEIState *s, uint32_t n, bool level)
{
    SDEILine line = sdei_irq_line(s, n);
    uint32_t ev = sdei_events_find_intid(&s->events, line.intid);

    trace_arm_sdei_line(line.intid, line.pe, level);
    if (ev == SDEI_NONE) {
        return;
    }
    sdei_line_changed(&s->events, ev, line.pe, level);
    sdei_settle(s, s->events.event[ev].def.type == SDEI_TYPE_PRIVATE
                   ? line.pe : SDEI_NONE);
}

static bool sdei_gic_set_line(void *opaque, int n, int level)
{
    SDEIState *s = opaque;
    bool changes = test_bit(n, s->line_level) != (level != 0);

    if (changes) {
        change_bit(n, s->line_level);
    }
    if (!test_bit(n, s->line_taken)) {
        return false;
    }
    if (changes) {
        sdei_gic_line_to_event(s, n, level);
    }
    return true;
}

static bool sdei_gic_has(void *opaque, unsigned int cpu, uint32_t intid)
{
    return sdei_irq_has(opaque, cpu, intid);
}

static const ARMGICDelegateOps sdei_gic_ops = {
    .set_line = sdei_gic_set_line,
    .has = sdei_gic_has,
};

void sdei_gic_realize(SDEIState *s)
{
    ARMGICDelegate *delegate;

    /* Nothing can be bound where the GIC does not lend */
    if (!s->gic ||
        !object_dynamic_cast(OBJECT(s->gic), TYPE_ARM_GIC_DELEGATE_IF)) {
        return;
    }
    sdei_irq_realize(s);
    delegate = s->lender_class->delegate(s->lender);
    delegate->opaque = s;
    delegate->ops = &sdei_gic_ops;
}
