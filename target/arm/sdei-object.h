/*
 * Arm SDEI: events that the user defines, -object sdei-event
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TARGET_ARM_SDEI_OBJECT_H
#define TARGET_ARM_SDEI_OBJECT_H

#include "qapi/qapi-types-qom.h"
#include "qom/object.h"

#define TYPE_SDEI_EVENT "sdei-event"
OBJECT_DECLARE_SIMPLE_TYPE(SDEIEventObject, SDEI_EVENT)

/**
 * SDEIEventObject: an event that the user defines
 * @number: event number, in SDEI_EVENT_USER_FIRST..LAST
 * @scope: private or shared
 * @priority: normal or critical
 * @complete: all is set and must not change any more
 */
struct SDEIEventObject {
    Object parent_obj;

    uint32_t number;
    SdeiEventScope scope;
    SdeiEventPriority priority;
    bool complete;
};

#endif /* TARGET_ARM_SDEI_OBJECT_H */
