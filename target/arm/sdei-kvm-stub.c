/*
 * Arm SDEI: a QEMU built without it, or without KVM
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "sdei-internal.h"

bool sdei_kvm_init(SDEIState *s, Error **errp)
{
    /* There is no accelerator of the name to ask for it */
    g_assert_not_reached();
}

void arm_sdei_kvm_hypercall(ARMCPU *cpu, uint32_t fn, bool smc)
{
    /* Nobody had the kernel forward any */
    g_assert_not_reached();
}
