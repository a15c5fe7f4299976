/*
 * arm-sdei-test: power and reset with private and shared events
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

void add_event_power_tests(void)
{
}
