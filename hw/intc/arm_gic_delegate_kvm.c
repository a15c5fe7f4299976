/*
 * Interrupts of an Arm GIC that belong to firmware: the GIC in the host kernel
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/error-report.h"
#include "hw/intc/arm_gic_delegate.h"
#include "hw/intc/arm_gicv3_common.h"
#include "system/accel-blocker.h"
#include "system/kvm.h"
#include "kvm_arm.h"
#include "gic_internal.h"
#include "gicv3_internal.h"

static GICv3State *kvm_gic_v3(ARMGICDelegateIf *gic)
{
    return (GICv3State *)object_dynamic_cast(OBJECT(gic),
                                             TYPE_ARM_GICV3_COMMON);
}

/* GICv2 and GICv3 have the registers of SPIs at the same places */
static int kvm_gic_fd(ARMGICDelegateIf *gic)
{
    GICv3State *v3 = kvm_gic_v3(gic);

    return v3 ? v3->dev_fd : ARM_GIC_COMMON(gic)->dev_fd;
}

/*
 * Access the distributor's @reg that has @bits for each interrupt, there the
 * word of @intid.  The kernel wants all vCPUs to be out of KVM_RUN meanwhile:
 * to be called between accel_ioctl_inhibit_begin() and its end.
 */
static bool kvm_gic_access(ARMGICDelegateIf *gic, uint32_t reg, uint32_t intid,
                           unsigned int bits, uint32_t *value, bool write)
{
    Error *err = NULL;
    uint64_t attr = reg + intid * bits / 32 * 4;

    kvm_device_access(kvm_gic_fd(gic), KVM_DEV_ARM_VGIC_GRP_DIST_REGS, attr,
                      value, write, &err);
    if (err) {
        warn_report_err_once(err);
        return false;
    }
    return true;
}

/* The last of @bits of the field that is @intid's; returns: is it known? */
static bool kvm_gic_read(ARMGICDelegateIf *gic, uint32_t reg, uint32_t intid,
                         unsigned int bits, bool *bit)
{
    uint32_t value;

    if (!kvm_gic_access(gic, reg, intid, bits, &value, false)) {
        return false;
    }
    *bit = extract32(value, intid * bits % 32 + bits - 1, 1);
    return true;
}

static bool kvm_gic_has_irqfd(uint32_t intid)
{
    return kvm_irqchip_gsi_has_irqfd(kvm_state, intid - GIC_INTERNAL);
}

/*
 * The kernel raises the PPIs itself (timers, PMU), and SPIs by an irqfd; no
 * line of ours can be in front of it.
 */
static bool kvm_gic_can_delegate(ARMGICDelegateIf *gic, uint32_t intid)
{
    return intid >= GIC_INTERNAL && !kvm_gic_has_irqfd(intid);
}

static ARMGICDelegate *kvm_gic_delegate(ARMGICDelegateIf *gic)
{
    GICv3State *v3 = kvm_gic_v3(gic);

    return v3 ? &v3->delegate : &ARM_GIC_COMMON(gic)->delegate;
}

static bool kvm_gic_is_active(ARMGICDelegateIf *gic, unsigned int cpu,
                              uint32_t intid)
{
    bool known, active;

    accel_ioctl_inhibit_begin();
    known = kvm_gic_read(gic, GICD_ISACTIVER, intid, 1, &active);
    accel_ioctl_inhibit_end();
    return !known || active;
}

/* As it was loaded.  QEMU does not fetch the levels of a GICv2 */
static bool kvm_gic_line_level(ARMGICDelegateIf *gic, unsigned int cpu,
                               uint32_t intid)
{
    GICv3State *v3 = kvm_gic_v3(gic);
    const gic_irq_state *v2;

    if (intid < GIC_INTERNAL) {
        return false;
    }
    if (v3) {
        return gicv3_gicd_level_test(v3, intid);
    }
    v2 = &ARM_GIC_COMMON(gic)->irq_state[intid];
    return v2->pending && !v2->edge_trigger;
}

/* From user space GICD_ISPENDR of a GICv2 takes ones, as ICPENDR does */
static bool kvm_gic_v2_clear_pending(ARMGICDelegateIf *gic, uint32_t intid)
{
    uint32_t value = 1u << intid % 32;

    return kvm_gic_access(gic, GICD_ICPENDR, intid, 1, &value, true);
}

/*
 * Could the kernel make another interrupt of @intid's word pending now?  There
 * are no new irqfds while we have the BQL.
 */
static bool kvm_gic_word_has_irqfd(uint32_t intid)
{
    uint32_t first = QEMU_ALIGN_DOWN(intid, 32);

    for (uint32_t i = first; i < first + 32; i++) {
        if (kvm_gic_has_irqfd(i)) {
            return true;
        }
    }
    return false;
}

/*
 * That of a GICv3 takes zeroes as well, and ICPENDR nothing.  No vCPU may take
 * another interrupt of the same word in between, and no irqfd raise one.
 */
static bool kvm_gic_v3_clear_pending(ARMGICDelegateIf *gic, uint32_t intid)
{
    uint32_t value;

    if (!kvm_gic_access(gic, GICD_ISPENDR, intid, 1, &value, false)) {
        return false;
    }
    if (!extract32(value, intid % 32, 1)) {
        return true;
    }
    if (kvm_gic_word_has_irqfd(intid)) {
        return false;
    }
    value = deposit32(value, intid % 32, 1, 0);
    return kvm_gic_access(gic, GICD_ISPENDR, intid, 1, &value, true);
}

/* Forget the edge that is latched; returns: could that be done? */
static bool kvm_gic_clear_pending(ARMGICDelegateIf *gic, uint32_t intid)
{
    return kvm_gic_v3(gic) ? kvm_gic_v3_clear_pending(gic, intid)
                           : kvm_gic_v2_clear_pending(gic, intid);
}

static void kvm_gic_set_level(uint32_t intid, bool level)
{
    kvm_arm_set_irq(0, KVM_ARM_IRQ_TYPE_SPI, intid, level);
}

/*
 * No vCPU runs from the look at the active state on, or one could acknowledge
 * the interrupt in between.
 */
static bool kvm_gic_take(ARMGICDelegateIf *gic, unsigned int cpu,
                         uint32_t intid, bool *edge)
{
    bool active, taken;

    accel_ioctl_inhibit_begin();
    taken = kvm_gic_read(gic, GICD_ISACTIVER, intid, 1, &active) && !active &&
            kvm_gic_read(gic, GICD_ICFGR, intid, 2, edge) &&
            kvm_gic_clear_pending(gic, intid);
    if (taken) {
        kvm_gic_set_level(intid, false);
    }
    accel_ioctl_inhibit_end();
    return taken;
}

/*
 * An edge that came before is forgotten: the kernel takes a high level for one.
 * If it does not say which kind the line is, a level too many is better than
 * none.  What has an irqfd by now has its level from there.
 */
static void kvm_gic_give(ARMGICDelegateIf *gic, unsigned int cpu,
                         uint32_t intid, bool level)
{
    bool edge = false;

    accel_ioctl_inhibit_begin();
    kvm_gic_read(gic, GICD_ICFGR, intid, 2, &edge);
    if (!edge && !kvm_gic_has_irqfd(intid)) {
        kvm_gic_set_level(intid, level);
    }
    accel_ioctl_inhibit_end();
}

void arm_gic_kvm_delegate_class_init(ObjectClass *oc)
{
    ARMGICDelegateIfClass *dc = ARM_GIC_DELEGATE_IF_CLASS(oc);

    dc->delegate = kvm_gic_delegate;
    dc->can_delegate = kvm_gic_can_delegate;
    dc->is_active = kvm_gic_is_active;
    dc->line_level = kvm_gic_line_level;
    dc->take = kvm_gic_take;
    dc->give = kvm_gic_give;
}
