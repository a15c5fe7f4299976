/*
 * Interrupts of devices, for the benchmark of SDEI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_BENCH_ARM_SDEI_DEVICE_H
#define TESTS_BENCH_ARM_SDEI_DEVICE_H

#include "start.h"

#define UART            0x09000000ul

/* On PE 0, whose GIC is set up. Returns: is there a virtio console? */
int device_init(void);

/* Called with interrupts masked at the PE, from its vector for IRQs */
void device_interrupt(u64 intid);

/*
 * Have @count interrupts: of the PL011 that it may be told more, and of the
 * console that it has printed a character. Return the ticks that it took.
 */
u64 time_pl011(u64 count);
u64 time_virtio(u64 count);

#endif
