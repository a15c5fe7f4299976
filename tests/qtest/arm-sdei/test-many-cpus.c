/*
 * arm-sdei-test: 512 vCPUs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

void add_many_cpus_tests(void)
{
}
