/*
 * A TCG plugin that writes down where the flow of a program breaks
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Argument: to=PATH.  A line is "KIND VCPU FROM TO".
 */

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "qemu-plugin.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static FILE *out;

static void discontinuity(qemu_plugin_id_t id, unsigned int vcpu,
                          enum qemu_plugin_discon_type type, uint64_t from,
                          uint64_t to)
{
    const char *kind = type == QEMU_PLUGIN_DISCON_INTERRUPT ? "interrupt" :
                       type == QEMU_PLUGIN_DISCON_HOSTCALL ? "hostcall" :
                       "exception";

    /* One call of stdio, so that vCPUs do not mix their lines */
    fprintf(out, "%s %u 0x%" PRIx64 " 0x%" PRIx64 "\n", kind, vcpu, from, to);
    fflush(out);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
                                           const qemu_info_t *info, int argc,
                                           char **argv)
{
    if (argc != 1 || !g_str_has_prefix(argv[0], "to=")) {
        fprintf(stderr, "sdei plugin: say to=PATH\n");
        return -1;
    }
    out = fopen(argv[0] + strlen("to="), "a");
    if (!out) {
        perror(argv[0]);
        return -1;
    }
    qemu_plugin_register_vcpu_discon_cb(id, QEMU_PLUGIN_DISCON_ALL,
                                        discontinuity);
    return 0;
}
