/*
 * arm-sdei-test: critical and normal events
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

void add_priority_tests(void)
{
}
