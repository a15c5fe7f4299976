/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: events that the user defines, -object sdei-event
 *
 * A driver developer's way to an event source without hardware.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-visit-qom.h"
#include "qapi/visitor.h"
#include "hw/core/qdev.h"
#include "qom/object_interfaces.h"
#include "sdei-event.h"
#include "sdei-object.h"

static bool sdei_event_object_is_fixed(SDEIEventObject *e, const char *name,
                                       Error **errp)
{
    if (!e->complete) {
        return false;
    }
    error_setg(errp, "'%s' of an sdei-event cannot be changed", name);
    return true;
}

static void sdei_event_object_get_number(Object *obj, Visitor *v,
                                         const char *name, void *opaque,
                                         Error **errp)
{
    visit_type_uint32(v, name, &SDEI_EVENT(obj)->number, errp);
}

static void sdei_event_object_set_number(Object *obj, Visitor *v,
                                         const char *name, void *opaque,
                                         Error **errp)
{
    ERRP_GUARD();
    SDEIEventObject *e = SDEI_EVENT(obj);
    uint32_t number;

    if (sdei_event_object_is_fixed(e, name, errp) ||
        !visit_type_uint32(v, name, &number, errp)) {
        return;
    }
    if (number < SDEI_EVENT_USER_FIRST || number > SDEI_EVENT_USER_LAST) {
        error_setg(errp, "event number 0x%" PRIx32 " is reserved", number);
        error_append_hint(errp, "Use a number from 0x%x to 0x%x\n",
                          SDEI_EVENT_USER_FIRST, SDEI_EVENT_USER_LAST);
        return;
    }
    e->number = number;
}

static int sdei_event_object_get_scope(Object *obj, Error **errp)
{
    return SDEI_EVENT(obj)->scope;
}

static void sdei_event_object_set_scope(Object *obj, int value, Error **errp)
{
    SDEIEventObject *e = SDEI_EVENT(obj);

    if (!sdei_event_object_is_fixed(e, "scope", errp)) {
        e->scope = value;
    }
}

static int sdei_event_object_get_priority(Object *obj, Error **errp)
{
    return SDEI_EVENT(obj)->priority;
}

static void sdei_event_object_set_priority(Object *obj, int value,
                                           Error **errp)
{
    SDEIEventObject *e = SDEI_EVENT(obj);

    if (!sdei_event_object_is_fixed(e, "priority", errp)) {
        e->priority = value;
    }
}

static void sdei_event_object_complete(UserCreatable *uc, Error **errp)
{
    ERRP_GUARD();
    SDEIEventObject *e = SDEI_EVENT(uc);

    if (phase_check(PHASE_MACHINE_INITIALIZED)) {
        error_setg(errp, "an sdei-event cannot be added to a machine that "
                   "exists already");
        error_append_hint(errp, "Use -object on the command line\n");
        return;
    }
    if (!object_property_find(qdev_get_machine(), "sdei")) {
        error_setg(errp, "an sdei-event needs '-machine virt,sdei=on'");
        return;
    }
    if (!e->number) {
        error_setg(errp, "property 'number' of an sdei-event must be set");
        return;
    }
    e->complete = true;
}

static bool sdei_event_object_can_be_deleted(UserCreatable *uc)
{
    /* Part of the machine from its creation on */
    return !phase_check(PHASE_MACHINE_INITIALIZED);
}

static void sdei_event_object_class_init(ObjectClass *oc, const void *data)
{
    UserCreatableClass *ucc = USER_CREATABLE_CLASS(oc);

    ucc->complete = sdei_event_object_complete;
    ucc->can_be_deleted = sdei_event_object_can_be_deleted;

    object_class_property_add(oc, "number", "uint32",
                              sdei_event_object_get_number,
                              sdei_event_object_set_number, NULL, NULL);
    object_class_property_set_description(oc, "number", "Event number");
    object_class_property_add_enum(oc, "scope", "SdeiEventScope",
                                   &SdeiEventScope_lookup,
                                   sdei_event_object_get_scope,
                                   sdei_event_object_set_scope);
    object_class_property_set_description(oc, "scope",
        "private: one handler per CPU; shared: one for the machine");
    object_class_property_add_enum(oc, "priority", "SdeiEventPriority",
                                   &SdeiEventPriority_lookup,
                                   sdei_event_object_get_priority,
                                   sdei_event_object_set_priority);
    object_class_property_set_description(oc, "priority",
        "critical: may interrupt handlers of normal events");
}

static const TypeInfo sdei_event_object_types[] = {
    {
        .name = TYPE_SDEI_EVENT,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(SDEIEventObject),
        .class_init = sdei_event_object_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_USER_CREATABLE },
            { }
        },
    },
};

DEFINE_TYPES(sdei_event_object_types)
