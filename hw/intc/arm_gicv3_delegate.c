/*
 * Interrupts of an Arm GIC that belong to firmware: GICv3
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/intc/arm_gicv3.h"
#include "hw/intc/arm_gic_delegate.h"
#include "gicv3_internal.h"

static ARMGICDelegate *gicv3_delegate(ARMGICDelegateIf *gic)
{
    return &ARM_GICV3_COMMON(gic)->delegate;
}

static bool gicv3_is_edge(GICv3State *s, unsigned int cpu, uint32_t intid)
{
    return intid < GIC_INTERNAL ? extract32(s->cpu[cpu].edge_trigger, intid, 1)
                                : gicv3_gicd_edge_trigger_test(s, intid);
}

static bool gicv3_is_active(ARMGICDelegateIf *gic, unsigned int cpu,
                            uint32_t intid)
{
    GICv3State *s = ARM_GICV3_COMMON(gic);

    return intid < GIC_INTERNAL
           ? extract32(s->cpu[cpu].gicr_iactiver0, intid, 1)
           : gicv3_gicd_active_test(s, intid);
}

static bool gicv3_line_level(ARMGICDelegateIf *gic, unsigned int cpu,
                             uint32_t intid)
{
    GICv3State *s = ARM_GICV3_COMMON(gic);

    return intid < GIC_INTERNAL ? extract32(s->cpu[cpu].level, intid, 1)
                                : gicv3_gicd_level_test(s, intid);
}

/* Without the edge that it comes with, and without one from before */
static void gicv3_set_level(ARMGICDelegateIf *gic, unsigned int cpu,
                            uint32_t intid, bool level)
{
    GICv3State *s = ARM_GICV3_COMMON(gic);

    if (intid < GIC_INTERNAL) {
        GICv3CPUState *cs = &s->cpu[cpu];

        cs->level = deposit32(cs->level, intid, 1, level);
        cs->gicr_ipendr0 = deposit32(cs->gicr_ipendr0, intid, 1, 0);
        gicv3_redist_update(cs);
    } else {
        gicv3_gicd_level_replace(s, intid, level);
        gicv3_gicd_pending_clear(s, intid);
        gicv3_update(s, intid, 1);
    }
}

static bool gicv3_take(ARMGICDelegateIf *gic, unsigned int cpu, uint32_t intid,
                       bool *edge)
{
    if (gicv3_is_active(gic, cpu, intid)) {
        return false;
    }
    *edge = gicv3_is_edge(ARM_GICV3_COMMON(gic), cpu, intid);
    gicv3_set_level(gic, cpu, intid, false);
    return true;
}

void arm_gicv3_delegate_class_init(ObjectClass *oc)
{
    ARMGICDelegateIfClass *dc = ARM_GIC_DELEGATE_IF_CLASS(oc);

    dc->delegate = gicv3_delegate;
    dc->is_active = gicv3_is_active;
    dc->line_level = gicv3_line_level;
    dc->take = gicv3_take;
    dc->give = gicv3_set_level;
}
