/*
 * Arm SDEI: monitor commands of a QEMU built without it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-sdei.h"

void qmp_sdei_trigger_event(const char *id, bool has_cpu_index,
                            int64_t cpu_index, Error **errp)
{
    error_setg(errp, "SDEI is not available in this QEMU");
}

HumanReadableText *qmp_x_query_sdei(Error **errp)
{
    error_setg(errp, "SDEI is not available in this QEMU");
    return NULL;
}

SdeiInfo *qmp_query_sdei(Error **errp)
{
    error_setg(errp, "SDEI is not available in this QEMU");
    return NULL;
}
