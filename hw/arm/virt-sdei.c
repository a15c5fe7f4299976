/*
 * Arm SDEI on the virt machine: creation, device tree, ACPI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "hw/acpi/acpi-defs.h"
#include "hw/acpi/aml-build.h"
#include "hw/arm/virt-sdei.h"
#include "hw/core/qdev-properties.h"
#include "qobject/qlist.h"
#include "system/device_tree.h"
#include "target/arm/cpu.h"
#include "qom/object_interfaces.h"
#include "target/arm/sdei.h"
#include "target/arm/sdei-event.h"
#include "target/arm/sdei-object.h"

static bool virt_get_sdei(Object *obj, Error **errp)
{
    return VIRT_MACHINE(obj)->sdei;
}

static void virt_set_sdei(Object *obj, bool value, Error **errp)
{
    ERRP_GUARD();
    if (phase_check(PHASE_MACHINE_INITIALIZED)) {
        error_setg(errp, "'sdei' of a machine that exists already cannot be "
                   "changed");
        error_append_hint(errp, "Use '-machine virt,sdei=%s' on the command "
                          "line\n", value ? "on" : "off");
        return;
    }
    VIRT_MACHINE(obj)->sdei = value;
}

void virt_sdei_class_init(ObjectClass *oc)
{
    object_class_property_add_bool(oc, "sdei", virt_get_sdei, virt_set_sdei);
    object_class_property_set_description(oc, "sdei",
                                          "Set on/off to enable/disable the "
                                          "Arm SDEI firmware interface "
                                          "(default off)");
}

/*
 * Linux: Documentation/devicetree/bindings/arm/firmware/sdei.txt.  There is
 * no later compatible than "arm,sdei-1.0"; SDEI_VERSION tells the rest.
 */
static void fdt_add_sdei_node(VirtMachineState *vms)
{
    void *fdt = MACHINE(vms)->fdt;
    bool hvc = vms->psci_conduit == QEMU_PSCI_CONDUIT_HVC;

    qemu_fdt_add_path(fdt, "/firmware/sdei");
    qemu_fdt_setprop_string(fdt, "/firmware/sdei", "compatible",
                            "arm,sdei-1.0");
    qemu_fdt_setprop_string(fdt, "/firmware/sdei", "method",
                            hvc ? "hvc" : "smc");
}

static int virt_sdei_refuse_event(Object *obj, void *opaque)
{
    if (object_dynamic_cast(obj, TYPE_SDEI_EVENT)) {
        error_report("mach-virt: an sdei-event needs sdei=on");
        exit(1);
    }
    return 0;
}

static QList *virt_sdei_events(VirtMachineState *vms)
{
    QList *events = qlist_new();

    qlist_append_int(events, SDEI_EVENT_AGDI);
    if (vms->ras) {
        qlist_append_int(events, SDEI_EVENT_GHES);
    }
    return events;
}

void virt_sdei_create(VirtMachineState *vms)
{
    DeviceState *dev;

    if (!vms->sdei) {
        object_child_foreach(object_get_objects_root(),
                             virt_sdei_refuse_event, NULL);
        return;
    }
    if (vms->secure) {
        error_report("mach-virt: sdei=on and secure=on exclude each other: "
                     "the guest's EL3 firmware provides SDEI there");
        exit(1);
    }
    dev = qdev_new(TYPE_ARM_SDEI);
    object_property_add_child(OBJECT(vms), TYPE_ARM_SDEI, OBJECT(dev));
    object_property_set_link(OBJECT(dev), "gic", OBJECT(vms->gic),
                             &error_abort);
    qdev_prop_set_array(dev, "platform-events", virt_sdei_events(vms));
    qdev_realize_and_unref(dev, NULL, &error_fatal);
    fdt_add_sdei_node(vms);
    virt_sdei_ghes_create(vms, dev);
}

/*
 * DEN0054C appendix C: a header alone.  Its presence says that there is SDEI;
 * the conduit is the one that the FADT gives for PSCI.
 */
static void build_sdei(VirtMachineState *vms, GArray *table_data,
                       BIOSLinker *linker)
{
    AcpiTable table = {
        .sig = "SDEI",
        .rev = 1,
        .oem_id = vms->oem_id,
        .oem_table_id = vms->oem_table_id,
    };

    acpi_table_begin(&table, table_data);
    acpi_table_end(linker, &table);
}

/*
 * Arm Generic Diagnostic Dump and Reset Device Interface (DEN0093, table
 * revision 1): an event that has the OS write a dump and reset
 */
static void build_agdi(VirtMachineState *vms, GArray *table_data,
                       BIOSLinker *linker)
{
    AcpiTable table = {
        .sig = "AGDI",
        .rev = 1,
        .oem_id = vms->oem_id,
        .oem_table_id = vms->oem_table_id,
    };

    acpi_table_begin(&table, table_data);
    /* Signaling mode: SDEI */
    build_append_int_noprefix(table_data, 0, 1);
    /* Reserved */
    build_append_int_noprefix(table_data, 0, 3);
    /* SDEI event number */
    build_append_int_noprefix(table_data, SDEI_EVENT_AGDI, 4);
    /* GSIV, for the other signaling mode */
    build_append_int_noprefix(table_data, 0, 4);
    acpi_table_end(linker, &table);
}

void virt_sdei_build_acpi(VirtMachineState *vms, GArray *table_offsets,
                          GArray *table_data, BIOSLinker *linker)
{
    if (!vms->sdei) {
        return;
    }
    acpi_add_table(table_offsets, table_data);
    build_sdei(vms, table_data, linker);
    acpi_add_table(table_offsets, table_data);
    build_agdi(vms, table_data, linker);
}
