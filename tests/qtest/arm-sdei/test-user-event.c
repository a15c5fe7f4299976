/*
 * arm-sdei-test: events that the user defines, and how they are triggered
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

void add_user_event_tests(void)
{
}
