/*
 * arm-sdei-test: versions of the interface, relative entry points
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

void add_version_tests(void)
{
}
