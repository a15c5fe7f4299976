/*
 * Arm SDEI on the virt machine: a QEMU built without it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/arm/virt-sdei.h"

void virt_sdei_class_init(ObjectClass *oc)
{
}

void virt_sdei_create(VirtMachineState *vms)
{
}

void virt_sdei_build_acpi(VirtMachineState *vms, GArray *table_offsets,
                          GArray *table_data, BIOSLinker *linker)
{
}
