/*
 * Interrupts of an Arm GIC that belong to firmware: interface, and GICv2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "hw/intc/arm_gic.h"
#include "hw/intc/arm_gic_delegate.h"
#include "gic_internal.h"

uint32_t arm_gic_delegate_mask(const ARMGICDelegate *d, unsigned int cpu,
                               uint32_t intid, uint32_t value)
{
    uint32_t left = value;

    if (likely(!d->ops)) {
        return value;
    }
    while (left) {
        uint32_t bit = left & -left;

        left &= ~bit;
        if (d->ops->has(d->opaque, cpu, intid + ctz32(bit))) {
            value &= ~bit;
        }
    }
    return value;
}

/* GICv2: the CPUs that an interrupt's state bits are about */
static uint8_t gicv2_cpu_mask(unsigned int cpu, uint32_t intid)
{
    return intid < GIC_INTERNAL ? 1 << cpu : ALL_CPU_MASK;
}

static ARMGICDelegate *gicv2_delegate(ARMGICDelegateIf *gic)
{
    return &ARM_GIC_COMMON(gic)->delegate;
}

static bool gicv2_is_active(ARMGICDelegateIf *gic, unsigned int cpu,
                            uint32_t intid)
{
    return ARM_GIC_COMMON(gic)->irq_state[intid].active &
           gicv2_cpu_mask(cpu, intid);
}

static bool gicv2_line_level(ARMGICDelegateIf *gic, unsigned int cpu,
                             uint32_t intid)
{
    return ARM_GIC_COMMON(gic)->irq_state[intid].level &
           gicv2_cpu_mask(cpu, intid);
}

/* Without the edge that it comes with, and without one from before */
static void gicv2_set_level(ARMGICDelegateIf *gic, unsigned int cpu,
                            uint32_t intid, bool level)
{
    GICState *s = ARM_GIC_COMMON(gic);
    uint8_t cm = gicv2_cpu_mask(cpu, intid);

    if (level) {
        s->irq_state[intid].level |= cm;
    } else {
        s->irq_state[intid].level &= ~cm;
    }
    s->irq_state[intid].pending &= ~cm;
    gic_update(s);
}

static bool gicv2_take(ARMGICDelegateIf *gic, unsigned int cpu, uint32_t intid,
                       bool *edge)
{
    if (gicv2_is_active(gic, cpu, intid)) {
        return false;
    }
    *edge = ARM_GIC_COMMON(gic)->irq_state[intid].edge_trigger;
    gicv2_set_level(gic, cpu, intid, false);
    return true;
}

void arm_gicv2_delegate_class_init(ObjectClass *oc)
{
    ARMGICDelegateIfClass *dc = ARM_GIC_DELEGATE_IF_CLASS(oc);

    dc->delegate = gicv2_delegate;
    dc->is_active = gicv2_is_active;
    dc->line_level = gicv2_line_level;
    dc->take = gicv2_take;
    dc->give = gicv2_set_level;
}

static const TypeInfo arm_gic_delegate_types[] = {
    {
        .name = TYPE_ARM_GIC_DELEGATE_IF,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(ARMGICDelegateIfClass),
    },
};

DEFINE_TYPES(arm_gic_delegate_types)
