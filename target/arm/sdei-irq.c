/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: whose the lines of bound interrupts are
 *
 * While an event is registered on a line the dispatcher has the line: the GIC
 * finds it low, and keeps software from faking the interrupt.  Lines are taken
 * here and given back; of events this asks the rules and tells nobody.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitmap.h"
#include "qemu/error-report.h"
#include "hw/arm/bsa.h"
#include "hw/intc/arm_gic_delegate.h"
#include "hw/intc/arm_gicv3_common.h"
#include "sdei-internal.h"
#include "trace.h"

/*
 * Inputs of the GIC: the SPIs, then a block of GIC_INTERNAL for each CPU.
 * GICv2 and GICv3 agree on this.
 */
static uint32_t sdei_line_number(const SDEIState *s, uint32_t pe,
                                 uint32_t intid)
{
    if (intid >= GIC_INTERNAL) {
        return intid - GIC_INTERNAL;
    }
    return s->num_irq - GIC_INTERNAL + pe * GIC_INTERNAL + intid;
}

SDEILine sdei_irq_line(const SDEIState *s, uint32_t n)
{
    uint32_t num_spis = s->num_irq - GIC_INTERNAL;

    if (n < num_spis) {
        return (SDEILine) { .intid = n + GIC_INTERNAL };
    }
    n -= num_spis;
    return (SDEILine) { .intid = n % GIC_INTERNAL, .pe = n / GIC_INTERNAL };
}

bool sdei_irq_has(const SDEIState *s, uint32_t pe, uint32_t intid)
{
    /* Registers have bits for more interrupts than the GIC has */
    return intid < s->num_irq &&
           test_bit(sdei_line_number(s, pe, intid), s->line_taken);
}

static bool sdei_can_delegate(SDEIState *s, uint32_t intid)
{
    if (!s->lender_class->can_delegate ||
        s->lender_class->can_delegate(s->lender, intid)) {
        return true;
    }
    s->events.reason = "the interrupt controller cannot give this interrupt "
                       "up: it is raised past QEMU";
    return false;
}

uint32_t sdei_irq_of(const SDEIState *s, uint32_t num)
{
    uint32_t ev = sdei_events_find(&s->events, num);

    return ev == SDEI_NONE ? 0 : s->events.event[ev].intid;
}

int64_t sdei_irq_take(SDEIState *s, uint32_t pe, uint32_t intid)
{
    bool level, edge;
    uint32_t n;

    if (!sdei_can_delegate(s, intid)) {
        return SDEI_DENIED;
    }
    n = sdei_line_number(s, pe, intid);
    level = test_bit(n, s->line_level);
    if (!s->lender_class->take(s->lender, pe, intid, &edge)) {
        s->events.reason = "the interrupt is active, or the interrupt "
                           "controller cannot give it up now";
        return SDEI_DENIED;
    }
    trace_arm_sdei_line_owner(intid, pe, true, level);
    set_bit(n, s->line_taken);
    s->num_taken++;
    sdei_line_taken(&s->events, sdei_events_find_intid(&s->events, intid), pe,
                    edge, level);
    return SDEI_SUCCESS;
}

static void sdei_give_line(SDEIState *s, uint32_t n)
{
    SDEILine line = sdei_irq_line(s, n);
    bool level = test_bit(n, s->line_level);

    trace_arm_sdei_line_owner(line.intid, line.pe, false, level);
    clear_bit(n, s->line_taken);
    s->num_taken--;
    s->lender_class->give(s->lender, line.pe, line.intid, level);
}

void sdei_irq_give_lines_back(SDEIState *s)
{
    uint32_t n;

    for (n = find_first_bit(s->line_taken, s->num_lines); n < s->num_lines;
         n = find_next_bit(s->line_taken, s->num_lines, n + 1)) {
        SDEILine line = sdei_irq_line(s, n);

        if (!sdei_owns_line(&s->events, line.pe, line.intid)) {
            sdei_give_line(s, n);
        }
    }
}

void sdei_irq_reset(SDEIState *s)
{
    s->num_taken = 0;
    bitmap_clear(s->line_taken, 0, s->num_lines);
}

bool sdei_irq_level(SDEIState *s, uint32_t pe, uint32_t intid)
{
    return test_bit(sdei_line_number(s, pe, intid), s->line_level);
}

/* Does a line belong to the dispatcher, as the rules have it? */
static bool sdei_line_is_ours(const SDEIState *s, uint32_t n)
{
    SDEILine line = sdei_irq_line(s, n);

    return sdei_owns_line(&s->events, line.pe, line.intid);
}

void sdei_irq_loaded(SDEIState *s)
{
    uint32_t n;

    s->num_taken = 0;
    for (n = 0; n < s->num_lines; n++) {
        if (sdei_line_is_ours(s, n)) {
            set_bit(n, s->line_taken);
            s->num_taken++;
        } else {
            clear_bit(n, s->line_taken);
        }
    }
}

void sdei_irq_ask_levels(SDEIState *s)
{
    uint32_t n;

    for (n = 0; n < s->num_lines; n++) {
        SDEILine line = sdei_irq_line(s, n);

        if (line.intid >= GIC_NR_SGIS &&
            s->lender_class->line_level(s->lender, line.pe, line.intid)) {
            set_bit(n, s->line_level);
        } else {
            clear_bit(n, s->line_level);
        }
    }
}

const char *sdei_irq_check_lines(const SDEIState *s)
{
    uint32_t n, num_taken = 0;

    for (n = 0; n < s->num_lines; n++) {
        SDEILine line = sdei_irq_line(s, n);
        bool taken = test_bit(n, s->line_taken);
        uint32_t ev;

        num_taken += taken;
        if (taken != sdei_line_is_ours(s, n)) {
            return "whose a line is";
        }
        if (!taken) {
            continue;
        }
        ev = sdei_events_find_intid(&s->events, line.intid);
        if (sdei_events_handler(&s->events, ev, line.pe)->level !=
            test_bit(n, s->line_level)) {
            return "the level of a line";
        }
    }
    return num_taken == s->num_taken ? NULL : "the number of lines";
}

bool sdei_irq_is_active(SDEIState *s, uint32_t intid)
{
    uint32_t pe, num_lines = intid < GIC_INTERNAL ? s->events.num_pes : 1;

    for (pe = 0; pe < num_lines; pe++) {
        if (s->lender_class->is_active(s->lender, pe, intid)) {
            return true;
        }
    }
    return false;
}

int64_t sdei_irq_check(SDEIState *s, uint32_t intid)
{
    /* INTIDs below 16 are SGIs */
    if (intid < GIC_NR_SGIS || intid >= s->num_irq) {
        s->events.reason = "neither a PPI nor an SPI of this GIC";
        return SDEI_INVALID_PARAMETERS;
    }
    if (intid == ARCH_TIMER_S_EL1_IRQ) {
        s->events.reason = "the timer of this interrupt is the secure "
                           "world's, which this machine does not have";
        return SDEI_DENIED;
    }
    return sdei_can_delegate(s, intid) ? SDEI_SUCCESS : SDEI_DENIED;
}

int64_t sdei_irq_bind(SDEIState *s, uint32_t intid)
{
    int64_t ret = sdei_irq_check(s, intid);

    if (ret == SDEI_SUCCESS) {
        return sdei_interrupt_bind(&s->events, intid);
    }
    if (ret == SDEI_DENIED && intid != ARCH_TIMER_S_EL1_IRQ) {
        warn_report_once("arm-sdei: the guest cannot bind interrupt %" PRIu32
                         " to an event, as the host kernel raises it past "
                         "QEMU; it could with kernel-irqchip=off (GICv2) or "
                         "'-accel tcg'", intid);
    }
    return ret;
}

void sdei_irq_realize(SDEIState *s)
{
    s->lender = ARM_GIC_DELEGATE_IF(s->gic);
    s->lender_class = ARM_GIC_DELEGATE_IF_GET_CLASS(s->gic);
    s->num_irq = object_property_get_uint(OBJECT(s->gic), "num-irq",
                                          &error_abort);
    s->num_lines = s->num_irq - GIC_INTERNAL +
                   s->events.num_pes * GIC_INTERNAL;
    s->line_level = bitmap_new(s->num_lines);
    s->line_taken = bitmap_new(s->num_lines);
}
