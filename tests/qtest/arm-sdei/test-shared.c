/*
 * arm-sdei-test: shared events and their routing
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

void add_shared_tests(void)
{
}
