/*
 * arm-sdei-test: the whole device in lockstep with a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

void add_lockstep_tests(void)
{
}
