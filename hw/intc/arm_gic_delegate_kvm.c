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
#include "system/kvm_int.h"
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

/* The last of @bits of the field that is @intid's */
static bool kvm_gic_read(ARMGICDelegateIf *gic, uint32_t reg, uint32_t intid,
                         unsigned int bits)
{
    uint32_t value;
    bool ok;

    accel_ioctl_inhibit_begin();
    ok = kvm_gic_access(gic, reg, intid, bits, &value, false);
    accel_ioctl_inhibit_end();
    return ok && extract32(value, intid * bits % 32 + bits - 1, 1);
}

/*
 * The kernel raises the PPIs itself (timers, PMU), and SPIs by an irqfd; no
 * line of ours can be in front of it.
 */
static bool kvm_gic_can_delegate(ARMGICDelegateIf *gic, uint32_t intid)
{
    uint32_t gsi = intid - GIC_INTERNAL;

    return intid >= GIC_INTERNAL && (gsi >= kvm_state->gsi_count ||
                                     !kvm_state->gsi_irqfds[gsi]);
}

static bool kvm_gic_is_edge(ARMGICDelegateIf *gic, unsigned int cpu,
                            uint32_t intid)
{
    return kvm_gic_read(gic, GICD_ICFGR, intid, 2);
}

static bool kvm_gic_is_active(ARMGICDelegateIf *gic, unsigned int cpu,
                              uint32_t intid)
{
    return kvm_gic_read(gic, GICD_ISACTIVER, intid, 1);
}

/* From user space GICD_ISPENDR of a GICv2 takes ones, as ICPENDR does */
static void kvm_gic_v2_clear_pending(ARMGICDelegateIf *gic, uint32_t intid)
{
    uint32_t value = 1u << intid % 32;

    kvm_gic_access(gic, GICD_ICPENDR, intid, 1, &value, true);
}

/*
 * That of a GICv3 takes zeroes as well, and ICPENDR nothing.  No vCPU may take
 * another interrupt of the same word in between; an irqfd's can be lost.
 */
static void kvm_gic_v3_clear_pending(ARMGICDelegateIf *gic, uint32_t intid)
{
    uint32_t value;

    if (kvm_gic_access(gic, GICD_ISPENDR, intid, 1, &value, false) &&
        extract32(value, intid % 32, 1)) {
        value = deposit32(value, intid % 32, 1, 0);
        kvm_gic_access(gic, GICD_ISPENDR, intid, 1, &value, true);
    }
}

/* Forget a latched edge.  What a client writes to the GIC is beyond us. */
static void kvm_gic_set_delegated(ARMGICDelegateIf *gic, unsigned int cpu,
                                  uint32_t intid, bool delegated)
{
    accel_ioctl_inhibit_begin();
    if (kvm_gic_v3(gic)) {
        kvm_gic_v3_clear_pending(gic, intid);
    } else {
        kvm_gic_v2_clear_pending(gic, intid);
    }
    accel_ioctl_inhibit_end();
}

void arm_gic_kvm_delegate_class_init(ObjectClass *oc)
{
    ARMGICDelegateIfClass *dc = ARM_GIC_DELEGATE_IF_CLASS(oc);

    dc->can_delegate = kvm_gic_can_delegate;
    dc->is_edge = kvm_gic_is_edge;
    dc->is_active = kvm_gic_is_active;
    dc->set_delegated = kvm_gic_set_delegated;
}
