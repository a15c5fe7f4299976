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
 * ARMGICDelegateIfClass: a GIC that can lend interrupts to firmware
 *
 * @cpu is the index of a CPU, for PPIs; @intid a PPI or an SPI that the GIC
 * has.  All are called with the BQL held.
 *
 * @can_delegate: can this interrupt be lent at all?  Optional; all can without.
 * @is_edge: is the interrupt configured as edge-triggered?
 * @is_active: has the interrupt been acknowledged and not been deactivated?
 * @set_delegated: lend the interrupt or take it back.  Either way a latched
 *     edge is forgotten.  While it is lent, software cannot make it pending or
 *     active (but see below); its input has to be held low.
 *
 * A GIC in the host kernel does what software writes to it, whatever we say.
 */
struct ARMGICDelegateIfClass {
    InterfaceClass parent_class;

    bool (*can_delegate)(ARMGICDelegateIf *gic, uint32_t intid);
    bool (*is_edge)(ARMGICDelegateIf *gic, unsigned int cpu, uint32_t intid);
    bool (*is_active)(ARMGICDelegateIf *gic, unsigned int cpu, uint32_t intid);
    void (*set_delegated)(ARMGICDelegateIf *gic, unsigned int cpu,
                          uint32_t intid, bool delegated);
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
