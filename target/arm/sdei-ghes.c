/*
 * Arm SDEI: hardware errors that the guest is told of by an event
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "hw/acpi/ghes.h"
#include "sdei.h"

void arm_sdei_memory_error(uint64_t gpa)
{
    AcpiGhesState *ags = acpi_ghes_get_state();

    if (!ags || acpi_ghes_async_source(ags) != ACPI_HEST_SRC_ID_SDEI) {
        return;
    }
    if (acpi_ghes_memory_errors(ags, ACPI_HEST_SRC_ID_SDEI, gpa)) {
        error_report("the guest is not told of the memory error at its "
                     "address 0x%" PRIx64, gpa);
    }
}
