/*
 * Arm SDEI: a QEMU built without it, or without KVM
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "system/hw_accel.h"
#include "cpu.h"
#include "sdei-internal.h"

bool sdei_kvm_init(SDEIState *s, Error **errp)
{
    error_setg(errp, "SDEI (sdei=on) is not in this QEMU for KVM");
    return false;
}

void arm_sdei_kvm_hypercall(ARMCPU *cpu, uint32_t fn, bool smc)
{
    /* NOT_SUPPORTED, though nobody had the kernel forward any */
    cpu_synchronize_state(CPU(cpu));
    cpu->env.xregs[0] = SDEI_NOT_SUPPORTED;
}
