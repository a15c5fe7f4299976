/*
 * Interrupts of an Arm GIC that belong to firmware: interface, and GICv2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/intc/arm_gic.h"
#include "hw/intc/arm_gic_delegate.h"
#include "gic_internal.h"

/* GICv2: the CPUs that an interrupt's state bits are about */
static uint8_t gicv2_cpu_mask(unsigned int cpu, uint32_t intid)
{
    return intid < GIC_INTERNAL ? 1 << cpu : ALL_CPU_MASK;
}

static bool gicv2_is_edge(ARMGICDelegateIf *gic, unsigned int cpu,
                          uint32_t intid)
{
    return ARM_GIC_COMMON(gic)->irq_state[intid].edge_trigger;
}

static bool gicv2_is_active(ARMGICDelegateIf *gic, unsigned int cpu,
                            uint32_t intid)
{
    return ARM_GIC_COMMON(gic)->irq_state[intid].active &
           gicv2_cpu_mask(cpu, intid);
}

static void gicv2_set_delegated(ARMGICDelegateIf *gic, unsigned int cpu,
                                uint32_t intid, bool delegated)
{
    GICState *s = ARM_GIC_COMMON(gic);
    uint8_t cm = gicv2_cpu_mask(cpu, intid);

    s->irq_state[intid].pending &= ~cm;
    if (delegated) {
        s->irq_state[intid].delegated |= cm;
    } else {
        s->irq_state[intid].delegated &= ~cm;
    }
    gic_update(s);
}

void arm_gicv2_delegate_class_init(ObjectClass *oc)
{
    ARMGICDelegateIfClass *dc = ARM_GIC_DELEGATE_IF_CLASS(oc);

    dc->is_edge = gicv2_is_edge;
    dc->is_active = gicv2_is_active;
    dc->set_delegated = gicv2_set_delegated;
}

static const TypeInfo arm_gic_delegate_types[] = {
    {
        .name = TYPE_ARM_GIC_DELEGATE_IF,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(ARMGICDelegateIfClass),
    },
};

DEFINE_TYPES(arm_gic_delegate_types)
