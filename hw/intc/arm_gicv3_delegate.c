/*
 * Interrupts of an Arm GIC that belong to firmware: GICv3
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/intc/arm_gicv3.h"
#include "hw/intc/arm_gic_delegate.h"
#include "gicv3_internal.h"

static bool gicv3_is_edge(ARMGICDelegateIf *gic, unsigned int cpu,
                          uint32_t intid)
{
    GICv3State *s = ARM_GICV3_COMMON(gic);

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

static void gicv3_set_delegated(ARMGICDelegateIf *gic, unsigned int cpu,
                                uint32_t intid, bool delegated)
{
    GICv3State *s = ARM_GICV3_COMMON(gic);

    if (intid < GIC_INTERNAL) {
        GICv3CPUState *cs = &s->cpu[cpu];

        cs->gicr_ipendr0 = deposit32(cs->gicr_ipendr0, intid, 1, 0);
        cs->delegated = deposit32(cs->delegated, intid, 1, delegated);
        gicv3_redist_update(cs);
    } else {
        gicv3_gicd_pending_clear(s, intid);
        gicv3_gicd_delegated_replace(s, intid, delegated);
        gicv3_update(s, intid, 1);
    }
}

void arm_gicv3_delegate_class_init(ObjectClass *oc)
{
    ARMGICDelegateIfClass *dc = ARM_GIC_DELEGATE_IF_CLASS(oc);

    dc->is_edge = gicv3_is_edge;
    dc->is_active = gicv3_is_active;
    dc->set_delegated = gicv3_set_delegated;
}
