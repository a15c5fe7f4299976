/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI on the virt machine: the error source of the ACPI HEST that
 * notifies by an event
 *
 * hw/acpi/ghes.c records errors for the guest and says of which source;
 * this triggers the event that belongs to it.
 */

#include "qemu/osdep.h"
#include "hw/acpi/generic_event_device.h"
#include "hw/acpi/ghes.h"
#include "hw/arm/virt-sdei.h"
#include "system/reset.h"
#include "system/system.h"
#include "target/arm/sdei.h"
#include "target/arm/sdei-event.h"

static bool virt_sdei_ghes_listens(void)
{
    return arm_sdei_event_is_enabled(SDEI_EVENT_GHES);
}

static void virt_sdei_ghes_notify(Notifier *notifier, void *data)
{
    const uint16_t *source_id = data;

    /* Somebody listens, or this source would not have been chosen */
    if (*source_id == ACPI_HEST_SRC_ID_SDEI) {
        arm_sdei_trigger_event(SDEI_EVENT_GHES, NULL, NULL);
    }
}

static Notifier virt_sdei_ghes_notifier = {
    .notify = virt_sdei_ghes_notify,
};

/*
 * Where the tables were is anybody's memory until the firmware has placed them
 * again, and nothing must be recorded there.
 */
static void virt_sdei_ghes_reset(void *opaque)
{
    AcpiGhesState *ags = opaque;

    ags->hest_addr_le = 0;
    arm_sdei_ghes_reset();
}

/* The GED, which has the state of GHES, is created after the dispatcher */
static void virt_sdei_ghes_machine_done(Notifier *notifier, void *data)
{
    VirtMachineState *vms = VIRT_MACHINE(qdev_get_machine());
    AcpiGhesState *ags;

    /* Without firmware there is no HEST that anybody would find */
    if (!vms->acpi_dev) {
        return;
    }
    ags = &ACPI_GED(vms->acpi_dev)->ghes_state;
    /* The HEST of old machine types has one source, and no other */
    if (!ags->use_hest_addr) {
        return;
    }
    ags->sdei_listens = virt_sdei_ghes_listens;
    ags->sdei_report = arm_sdei_ghes_report;
    arm_sdei_ghes_init();
    notifier_list_add(&acpi_generic_error_notifiers, &virt_sdei_ghes_notifier);
    qemu_register_reset(virt_sdei_ghes_reset, ags);
}

static Notifier virt_sdei_ghes_done_notifier = {
    .notify = virt_sdei_ghes_machine_done,
};

void virt_sdei_ghes_create(VirtMachineState *vms)
{
    if (vms->ras) {
        qemu_add_machine_init_done_notifier(&virt_sdei_ghes_done_notifier);
    }
}
