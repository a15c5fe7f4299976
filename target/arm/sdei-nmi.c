/*
 * Arm SDEI: the monitor's NMI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * inject-nmi is the event that the ACPI table AGDI names: whoever has enabled
 * it wants to write a diagnostic dump then (Linux: drivers/acpi/arm64/agdi.c).
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "sdei-internal.h"
#include "trace.h"

void sdei_nmi(NMIState *n, int cpu_index, Error **errp)
{
    SDEIState *s = ARM_SDEI(n);
    SDEIEvents *m = &s->events;

    if (!sdei_nmi_has_client(s)) {
        error_setg(errp, "the guest has not enabled SDEI event 0x%x: that "
                   "takes an OS which was booted with ACPI and knows the "
                   "table AGDI (Linux: CONFIG_ACPI_AGDI)", SDEI_EVENT_AGDI);
        return;
    }
    trace_arm_sdei_trigger(SDEI_EVENT_AGDI, cpu_index);
    sdei_trigger(m, s->nmi_event, 0);
    if (cpu_index >= 0 && cpu_index < m->num_pes) {
        sdei_prefer(m, s->nmi_event, cpu_index);
    }
    sdei_settle(s, SDEI_NONE);
}
