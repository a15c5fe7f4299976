/*
 * Arm SDEI: monitor commands
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-sdei.h"
#include "qom/object_interfaces.h"
#include "cpu.h"
#include "sdei-internal.h"
#include "sdei-object.h"

SDEIState *sdei_find(Error **errp)
{
    ERRP_GUARD();
    Object *obj = object_resolve_path_type("", TYPE_ARM_SDEI, NULL);

    if (!obj) {
        error_setg(errp, "this machine has no SDEI");
        error_append_hint(errp, "Use '-machine virt,sdei=on'\n");
        return NULL;
    }
    return ARM_SDEI(obj);
}

void qmp_sdei_trigger_event(const char *id, bool has_cpu_index,
                            int64_t cpu_index, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);
    CPUState *cs = NULL;
    SDEIState *s;

    if (!obj || !object_dynamic_cast(obj, TYPE_SDEI_EVENT)) {
        error_setg(errp, "there is no sdei-event object '%s'", id);
        return;
    }
    if (has_cpu_index) {
        cs = cpu_index == (int)cpu_index ? qemu_get_cpu(cpu_index) : NULL;
        if (!cs) {
            error_setg(errp, "there is no CPU with index %" PRId64, cpu_index);
            return;
        }
    }
    s = sdei_find(errp);
    if (s) {
        arm_sdei_trigger_event(s, SDEI_EVENT(obj)->number, cs, errp);
    }
}
