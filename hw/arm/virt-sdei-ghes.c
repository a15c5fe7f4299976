/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI on the virt machine: the error source of the ACPI HEST that
 * notifies by an event
 *
 * hw/acpi/ghes.c records errors for the guest and says of which source;
 * this triggers the event that belongs to it.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/acpi/generic_event_device.h"
#include "hw/acpi/ghes-sdei.h"
#include "hw/arm/virt-sdei.h"
#include "hw/core/qdev-properties.h"
#include "migration/vmstate.h"
#include "system/reset.h"
#include "system/system.h"
#include "target/arm/sdei-event.h"
#include "target/arm/sdei-ghes.h"

#define TYPE_VIRT_SDEI_GHES "virt-sdei-ghes"
OBJECT_DECLARE_SIMPLE_TYPE(VirtSDEIGhes, VIRT_SDEI_GHES)

struct VirtSDEIGhes {
    DeviceState parent_obj;

    SDEIState *sdei;
    SDEIGhes ghes;
    Notifier machine_done;
    Notifier error;
};

static bool virt_sdei_ghes_listens(void *opaque)
{
    VirtSDEIGhes *s = opaque;

    return arm_sdei_event_is_enabled(s->sdei, SDEI_EVENT_GHES);
}

static void virt_sdei_ghes_report(void *opaque, const void *cper, size_t len,
                                  Error **errp)
{
    VirtSDEIGhes *s = opaque;

    sdei_ghes_report(&s->ghes, cper, len, errp);
}

static bool virt_sdei_ghes_report_memory(void *opaque, uint64_t gpa,
                                         uint64_t len)
{
    VirtSDEIGhes *s = opaque;

    return sdei_ghes_report_memory(&s->ghes, gpa, len);
}

static const AcpiGhesSdeiOps virt_sdei_ghes_ops = {
    .listens = virt_sdei_ghes_listens,
    .report = virt_sdei_ghes_report,
    .report_memory = virt_sdei_ghes_report_memory,
};

static void virt_sdei_ghes_notify(Notifier *notifier, void *data)
{
    VirtSDEIGhes *s = container_of(notifier, VirtSDEIGhes, error);
    const uint16_t *source_id = data;

    /* Somebody listens, or this source would not have been chosen */
    if (*source_id == ACPI_HEST_SRC_ID_SDEI) {
        arm_sdei_trigger_event(s->sdei, SDEI_EVENT_GHES, NULL, NULL);
    }
}

static void virt_sdei_ghes_reset_hold(Object *obj, ResetType type)
{
    VirtSDEIGhes *s = VIRT_SDEI_GHES(obj);

    sdei_ghes_reset(&s->ghes);
}

/* The GED, which has the state of GHES, is created after the dispatcher */
static void virt_sdei_ghes_machine_done(Notifier *notifier, void *data)
{
    VirtSDEIGhes *s = container_of(notifier, VirtSDEIGhes, machine_done);
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
    ags->sdei_ops = &virt_sdei_ghes_ops;
    ags->sdei_opaque = s;
    s->error.notify = virt_sdei_ghes_notify;
    notifier_list_add(&acpi_generic_error_notifiers, &s->error);
}

static void virt_sdei_ghes_realize(DeviceState *dev, Error **errp)
{
    VirtSDEIGhes *s = VIRT_SDEI_GHES(dev);

    sdei_ghes_init(&s->ghes, s->sdei);
    s->machine_done.notify = virt_sdei_ghes_machine_done;
    qemu_add_machine_init_done_notifier(&s->machine_done);
    qemu_register_resettable(OBJECT(s));
}

static const VMStateDescription vmstate_virt_sdei_ghes = {
    .name = "arm-sdei-ghes",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT(ghes, VirtSDEIGhes, 1, vmstate_sdei_ghes, SDEIGhes),
        VMSTATE_END_OF_LIST()
    },
};

static const Property virt_sdei_ghes_properties[] = {
    DEFINE_PROP_LINK("sdei", VirtSDEIGhes, sdei, TYPE_ARM_SDEI, SDEIState *),
};

static void virt_sdei_ghes_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "Error source that notifies by Arm SDEI";
    dc->realize = virt_sdei_ghes_realize;
    dc->permanent = true;
    dc->vmsd = &vmstate_virt_sdei_ghes;
    dc->user_creatable = false;
    dc->hotpluggable = false;
    rc->phases.hold = virt_sdei_ghes_reset_hold;
    device_class_set_props(dc, virt_sdei_ghes_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo virt_sdei_ghes_types[] = {
    {
        .name = TYPE_VIRT_SDEI_GHES,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(VirtSDEIGhes),
        .class_init = virt_sdei_ghes_class_init,
    },
};

DEFINE_TYPES(virt_sdei_ghes_types)

void virt_sdei_ghes_create(VirtMachineState *vms, DeviceState *sdei)
{
    DeviceState *dev;

    if (!vms->ras) {
        return;
    }
    dev = qdev_new(TYPE_VIRT_SDEI_GHES);
    object_property_add_child(OBJECT(vms), TYPE_VIRT_SDEI_GHES, OBJECT(dev));
    object_property_set_link(OBJECT(dev), "sdei", OBJECT(sdei), &error_abort);
    qdev_realize_and_unref(dev, NULL, &error_fatal);
}
