/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GICv3 of the virt machine, as far as the benchmark of SDEI needs it
 *
 * All interrupts are in group 1: that of a machine without EL3, and that of
 * the guest if there is firmware at EL3, for which then some bits have no
 * effect.
 */

#include "gic.h"

#define GICD            0x08000000ul
#define GICR            0x080a0000ul
#define GICR_STRIDE     0x20000ul
#define GICR_SGI        0x10000ul

#define GICD_CTLR       0x0000
#define GICD_IGROUPR    0x0080
#define GICD_ISENABLER  0x0100
#define GICD_IROUTER    0x6000

#define CTLR_GROUPS     0x3
#define CTLR_ARE        0x10

#define GICR_WAKER      0x0014
#define WAKER_SLEEP     0x2
#define WAKER_ASLEEP    0x4

/* volatile: device registers */
static volatile unsigned int *reg32(u64 address)
{
    return (volatile unsigned int *)address;
}

void gic_init(void)
{
    *reg32(GICD + GICD_CTLR) = CTLR_ARE;
    *reg32(GICD + GICD_CTLR) = CTLR_ARE | CTLR_GROUPS;
}

void gic_init_pe(u64 index)
{
    u64 base = GICR + index * GICR_STRIDE;

    *reg32(base + GICR_WAKER) &= ~WAKER_SLEEP;
    while (*reg32(base + GICR_WAKER) & WAKER_ASLEEP) {
        continue;
    }
    *reg32(base + GICR_SGI + GICD_IGROUPR) = ~0u;
    *reg32(base + GICR_SGI + GICD_ISENABLER) = 1;       /* SGI 0 */
    asm volatile("msr S3_0_C12_C12_5, %0\n"             /* ICC_SRE_EL1 */
                 "isb\n"
                 "msr S3_0_C4_C6_0, %1\n"               /* ICC_PMR_EL1 */
                 "msr S3_0_C12_C12_7, %2\n"             /* ICC_IGRPEN1_EL1 */
                 "isb\n"
                 : : "r"(7ul), "r"(0xfful), "r"(1ul));
}

void gic_enable_spi(u64 intid)
{
    /* volatile: a device register */
    volatile u64 *router = (u64 *)(GICD + GICD_IROUTER + intid * 8);

    *reg32(GICD + GICD_IGROUPR + intid / 32 * 4) |= 1u << intid % 32;
    *router = 0;
    *reg32(GICD + GICD_ISENABLER + intid / 32 * 4) = 1u << intid % 32;
}

void gic_send_sgi(u64 index)
{
    asm volatile("dsb sy\n"
                 "msr S3_0_C12_C11_5, %0\n"             /* ICC_SGI1R_EL1 */
                 "isb\n"
                 : : "r"(1ul << index));
}
