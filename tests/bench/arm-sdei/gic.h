/*
 * The GICv3 of the virt machine, as far as the benchmark of SDEI needs it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_BENCH_ARM_SDEI_GIC_H
#define TESTS_BENCH_ARM_SDEI_GIC_H

#include "start.h"

#define GIC_SPI(n)      (32 + (n))

/* On PE 0, before any of the others */
void gic_init(void);

/* On the PE that is to take interrupts: only those of PEs 0 and 1 are used */
void gic_init_pe(u64 index);

/* Interrupts of @intid go to PE 0, as long as their line is high */
void gic_enable_spi(u64 intid);

/* To one of the first 16 PEs */
void gic_send_sgi(u64 index);

#endif
