/*
 * arm-sdei-test: gdbstub, record and replay
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

void add_debug_tests(void)
{
}
