/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: bound interrupts
 *
 * The dispatcher sits in front of the GIC's inputs, where it sees how each
 * line stands.  While an event is registered on a line the GIC finds that line
 * low and keeps software from faking the interrupt; all other lines go through.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitmap.h"
#include "qemu/log.h"
#include "hw/intc/arm_gic_delegate.h"
#include "hw/intc/arm_gicv3_common.h"
#include "hw/irq.h"
#include "sdei-internal.h"
#include "trace.h"

/*
 * Inputs of the GIC: the SPIs, then a block of GIC_INTERNAL for each CPU.
 * GICv2 and GICv3 agree on this.
 */
static uint32_t sdei_line(const SDEIState *s, uint32_t pe, uint32_t intid)
{
    if (intid >= GIC_INTERNAL) {
        return intid - GIC_INTERNAL;
    }
    return s->num_irq - GIC_INTERNAL + pe * GIC_INTERNAL + intid;
}

/* The GIC's own input, behind ours */
static qemu_irq sdei_gic_line(SDEIState *s, uint32_t n)
{
    return *(qemu_irq *)qdev_get_gpio_in(s->gic, n)->opaque;
}

/* Tell the event that has line @n of the line's level */
static void sdei_line_to_event(SDEIState *s, uint32_t n, bool level)
{
    uint32_t num_spis = s->num_irq - GIC_INTERNAL;
    bool spi = n < num_spis;
    uint32_t intid = spi ? n + GIC_INTERNAL : (n - num_spis) % GIC_INTERNAL;
    uint32_t pe = spi ? 0 : (n - num_spis) / GIC_INTERNAL;
    uint32_t ev = sdei_events_find_intid(&s->events, intid);

    trace_arm_sdei_line(intid, pe, level);
    sdei_line_changed(&s->events, ev, pe, level);
    if (spi) {
        sdei_kick_shared(s);
    } else {
        sdei_kick(s, pe);
    }
}

static void sdei_irq_handler(void *opaque, int n, int level)
{
    qemu_irq *gic_line = opaque;
    SDEIState *s = sdei_dispatcher();

    if (level) {
        set_bit(n, s->line_level);
    } else {
        clear_bit(n, s->line_level);
    }
    if (test_bit(n, s->line_owned)) {
        sdei_line_to_event(s, n, level);
    } else {
        qemu_set_irq(*gic_line, level);
    }
}

static void sdei_set_delegated(SDEIState *s, uint32_t pe, uint32_t intid,
                               bool delegated)
{
    ARMGICDelegateIf *gic = ARM_GIC_DELEGATE_IF(s->gic);

    ARM_GIC_DELEGATE_IF_GET_CLASS(gic)->set_delegated(gic, pe, intid,
                                                      delegated);
}

/* A line changes hands */
static void sdei_set_line_owner(SDEIState *s, uint32_t ev, uint32_t pe,
                                bool owned)
{
    ARMGICDelegateIfClass *gc = ARM_GIC_DELEGATE_IF_GET_CLASS(s->gic);
    ARMGICDelegateIf *gic = ARM_GIC_DELEGATE_IF(s->gic);
    uint32_t intid = s->line_intid[ev];
    uint32_t n = sdei_line(s, pe, intid);
    bool level = test_bit(n, s->line_level);

    trace_arm_sdei_line_owner(intid, pe, owned, level);
    if (owned) {
        set_bit(n, s->line_owned);
        qemu_set_irq(sdei_gic_line(s, n), 0);
        sdei_set_delegated(s, pe, intid, true);
        sdei_line_taken(&s->events, ev, pe, gc->is_edge(gic, pe, intid),
                        level);
    } else {
        clear_bit(n, s->line_owned);
        /* A level is the GIC's again, but not the edge that it comes with */
        qemu_set_irq(sdei_gic_line(s, n), level);
        sdei_set_delegated(s, pe, intid, false);
    }
}

void sdei_irq_update_owners(SDEIState *s)
{
    uint32_t ev, pe;

    if (!s->events.owners_changed) {
        return;
    }
    s->events.owners_changed = false;
    /* Without a GIC nothing was ever bound */
    if (!s->num_lines) {
        return;
    }
    for (ev = 0; ev < s->events.num_events; ev++) {
        const SDEIEvent *event = &s->events.event[ev];
        bool shared = event->def.type == SDEI_TYPE_SHARED;
        bool any_owned = false;

        /* What was released just now has lines to give back yet */
        if (!s->line_intid[ev]) {
            s->line_intid[ev] = event->intid;
        }
        if (!s->line_intid[ev]) {
            continue;
        }
        for (pe = 0; pe < (shared ? 1 : s->events.num_pes); pe++) {
            bool owned = sdei_owns_line(&s->events, ev, pe);
            uint32_t n = sdei_line(s, pe, s->line_intid[ev]);

            any_owned |= owned;
            if (owned != test_bit(n, s->line_owned)) {
                sdei_set_line_owner(s, ev, pe, owned);
            }
        }
        /* Its interrupt may be another slot's next */
        if (!any_owned) {
            s->line_intid[ev] = 0;
        }
    }
}

bool sdei_irq_level(SDEIState *s, uint32_t pe, uint32_t intid)
{
    return test_bit(sdei_line(s, pe, intid), s->line_level);
}

static void sdei_resume_line(SDEIState *s, uint32_t ev, uint32_t pe)
{
    uint32_t intid = s->events.event[ev].intid;
    uint32_t n = sdei_line(s, pe, intid);

    set_bit(n, s->line_owned);
    /* Devices that set their lines while they loaded reached the GIC */
    qemu_set_irq(sdei_gic_line(s, n), 0);
    sdei_set_delegated(s, pe, intid, true);
    sdei_line_changed(&s->events, ev, pe, test_bit(n, s->line_level));
}

void sdei_irq_resume(SDEIState *s)
{
    uint32_t ev, pe;

    if (!s->num_lines) {
        return;
    }
    bitmap_zero(s->line_owned, s->num_lines);
    for (ev = 0; ev < s->events.num_events; ev++) {
        const SDEIEvent *event = &s->events.event[ev];
        bool shared = event->def.type == SDEI_TYPE_SHARED;

        s->line_intid[ev] = event->intid;
        for (pe = 0; event->intid && pe < (shared ? 1 : s->events.num_pes);
             pe++) {
            if (sdei_owns_line(&s->events, ev, pe)) {
                sdei_resume_line(s, ev, pe);
            }
        }
    }
    s->events.owners_changed = false;
}

bool sdei_irq_is_active(SDEIState *s, uint32_t pe, uint32_t num)
{
    uint32_t ev = sdei_events_find(&s->events, num);
    uint32_t intid = ev == SDEI_NONE ? 0 : s->events.event[ev].intid;

    if (!intid) {
        return false;
    }
    return ARM_GIC_DELEGATE_IF_GET_CLASS(s->gic)->is_active(
        ARM_GIC_DELEGATE_IF(s->gic), pe, intid);
}

static bool sdei_can_delegate(SDEIState *s, uint32_t intid)
{
    ARMGICDelegateIfClass *gc;

    if (!object_dynamic_cast(OBJECT(s->gic), TYPE_ARM_GIC_DELEGATE_IF)) {
        return false;
    }
    gc = ARM_GIC_DELEGATE_IF_GET_CLASS(s->gic);
    return !gc->can_delegate ||
           gc->can_delegate(ARM_GIC_DELEGATE_IF(s->gic), intid);
}

int64_t sdei_irq_check(SDEIState *s, uint32_t intid)
{
    /* INTIDs below 16 are SGIs */
    if (intid < GIC_NR_SGIS || intid >= s->num_irq) {
        s->events.reason = "neither a PPI nor an SPI of this GIC";
        return SDEI_INVALID_PARAMETERS;
    }
    if (!sdei_can_delegate(s, intid)) {
        s->events.reason = "the host kernel raises this interrupt past QEMU, "
                           "which cannot take it over";
        return SDEI_DENIED;
    }
    return SDEI_SUCCESS;
}

int64_t sdei_irq_bind(SDEIState *s, uint32_t intid)
{
    int64_t ret = sdei_irq_check(s, intid);

    return ret == SDEI_SUCCESS ? sdei_interrupt_bind(&s->events, intid) : ret;
}

void sdei_irq_realize(SDEIState *s)
{
    uint32_t n;

    if (!s->gic) {
        return;
    }
    s->num_irq = object_property_get_uint(OBJECT(s->gic), "num-irq",
                                          &error_abort);
    s->num_lines = s->num_irq - GIC_INTERNAL +
                   s->events.num_pes * GIC_INTERNAL;
    s->line_level = bitmap_new(s->num_lines);
    s->line_owned = bitmap_new(s->num_lines);
    s->line_intid = g_new0(uint32_t, s->events.num_events);
    for (n = 0; n < s->num_lines; n++) {
        qemu_irq line = qdev_get_gpio_in(s->gic, n);

        qemu_irq_intercept_in(&line, sdei_irq_handler, 1);
    }
}
