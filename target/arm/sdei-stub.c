/*
 * Arm SDEI: a QEMU built without it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "target/arm/sdei.h"

bool arm_handle_sdei_call(ARMCPU *cpu)
{
    return false;
}

void arm_sdei_cpu_off(ARMCPU *cpu)
{
}
