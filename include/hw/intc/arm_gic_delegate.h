/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of an Arm GIC that belong to firmware
 *
 * On hardware, firmware takes an interrupt from the operating system by
 * moving it to Group 0.  Where QEMU plays the firmware the GIC often has no
 * such group to spare; this interface is the way to the same effect.
 */

#ifndef HW_INTC_ARM_GIC_DELEGATE_H
#define HW_INTC_ARM_GIC_DELEGATE_H

#include "qom/object.h"

#define TYPE_ARM_GIC_DELEGATE_IF "arm-gic-delegate-if"

typedef struct ARMGICDelegateIfClass ARMGICDelegateIfClass;
DECLARE_CLASS_CHECKERS(ARMGICDelegateIfClass, ARM_GIC_DELEGATE_IF,
                       TYPE_ARM_GIC_DELEGATE_IF);
#define ARM_GIC_DELEGATE_IF(obj) \
    INTERFACE_CHECK(ARMGICDelegateIf, (obj), TYPE_ARM_GIC_DELEGATE_IF)

typedef struct ARMGICDelegateIf ARMGICDelegateIf;

/**
 * ARMGICDelegateOps: what a GIC asks the firmware
 *
 * All are called with the BQL held.
 *
 * @set_line: input @n of the GIC changes to @level, or is said to stay there.
 *     The inputs are the SPIs, then a block of 32 for each CPU.  Returns: true
 *     if the firmware has the interrupt, so that the GIC is not to see it
 * @has: does the firmware have interrupt @intid?  @cpu is for PPIs
 */
typedef struct ARMGICDelegateOps {
    bool (*set_line)(void *opaque, int n, int level);
    bool (*has)(void *opaque, unsigned int cpu, uint32_t intid);
} ARMGICDelegateOps;

/**
 * ARMGICDelegate: a GIC's firmware
 * @ops: NULL if there is none
 * @opaque: for @ops
 */
typedef struct ARMGICDelegate {
    const ARMGICDelegateOps *ops;
    void *opaque;
} ARMGICDelegate;

/** arm_gic_delegate_takes: has the firmware what was said to input @n? */
static inline bool arm_gic_delegate_takes(const ARMGICDelegate *d, int n,
                                          int level)
{
    return d->ops && d->ops->set_line(d->opaque, n, level);
}

/**
 * arm_gic_delegate_mask: what software may write to a register of one bit for
 * each interrupt that makes interrupts pending or active
 * @cpu: for PPIs
 * @intid: the interrupt of bit 0
 * @value: what it writes
 *
 * Returns: @value without the interrupts that the firmware has
 */
uint32_t arm_gic_delegate_mask(const ARMGICDelegate *d, unsigned int cpu,
                               uint32_t intid, uint32_t value);

/**
 * ARMGICDelegateIfClass: a GIC that can lend interrupts to firmware
 *
 * @cpu is the index of a CPU, for PPIs; @intid a PPI or an SPI that the GIC
 * has.  All are called with the BQL held.
 *
 * @delegate: where the GIC keeps its firmware; to be set before any line is
 * @can_delegate: can this interrupt be lent at all?  Optional; all can without.
 * @is_active: has the interrupt been acknowledged and not been deactivated?
 * @line_level: how does the GIC see its input?
 * @take: the firmware is about to have the interrupt: the GIC sees its input
 *     low from now on, and a latched edge is forgotten.  Returns: false, and
 *     nothing changes, if it is active or that is not to be known, or if the
 *     edge cannot be forgotten; else @edge says how it is triggered
 * @give: the firmware no longer has the interrupt: the GIC sees its input at
 *     @level again, but no edge that it may have come with
 *
 * A GIC in the host kernel does what software writes to it, whatever we say.
 */
struct ARMGICDelegateIfClass {
    InterfaceClass parent_class;

    ARMGICDelegate *(*delegate)(ARMGICDelegateIf *gic);
    bool (*can_delegate)(ARMGICDelegateIf *gic, uint32_t intid);
    bool (*is_active)(ARMGICDelegateIf *gic, unsigned int cpu, uint32_t intid);
    bool (*line_level)(ARMGICDelegateIf *gic, unsigned int cpu,
                       uint32_t intid);
    bool (*take)(ARMGICDelegateIf *gic, unsigned int cpu, uint32_t intid,
                 bool *edge);
    void (*give)(ARMGICDelegateIf *gic, unsigned int cpu, uint32_t intid,
                 bool level);
};

/** arm_gicv2_delegate_class_init: fill the interface in for arm_gic */
void arm_gicv2_delegate_class_init(ObjectClass *oc);

/** arm_gicv3_delegate_class_init: fill the interface in for arm-gicv3 */
void arm_gicv3_delegate_class_init(ObjectClass *oc);

/**
 * arm_gic_kvm_delegate_class_init: fill the interface in for kvm-arm-gic and
 * kvm-arm-gicv3
 */
void arm_gic_kvm_delegate_class_init(ObjectClass *oc);

#endif /* HW_INTC_ARM_GIC_DELEGATE_H */
