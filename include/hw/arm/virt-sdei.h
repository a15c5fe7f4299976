/*
 * Arm SDEI on the virt machine
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_ARM_VIRT_SDEI_H
#define HW_ARM_VIRT_SDEI_H

#include "hw/acpi/bios-linker-loader.h"
#include "hw/arm/virt.h"

/** virt_sdei_class_init: give the machine class its "sdei" property */
void virt_sdei_class_init(ObjectClass *oc);

/**
 * virt_sdei_create: create the dispatcher and its device tree node
 * @vms: the machine; its CPUs, GIC and conduit must be set up
 *
 * Does nothing with sdei=off.  Exits with an error message if the machine's
 * other options or its accelerator rule SDEI out.
 */
void virt_sdei_create(VirtMachineState *vms);

/**
 * virt_sdei_ghes_create: let hardware errors reach the guest by an event
 * @vms: the machine
 * @sdei: its dispatcher
 *
 * Does nothing with ras=off.
 */
void virt_sdei_ghes_create(VirtMachineState *vms, DeviceState *sdei);

/**
 * virt_sdei_build_acpi: add the ACPI tables SDEI and AGDI
 *
 * Does nothing with sdei=off.
 */
void virt_sdei_build_acpi(VirtMachineState *vms, GArray *table_offsets,
                          GArray *table_data, BIOSLinker *linker);

#endif /* HW_ARM_VIRT_SDEI_H */
