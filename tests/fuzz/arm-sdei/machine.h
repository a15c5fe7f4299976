/*
 * The virt machine as the hostile guest sees it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_FUZZ_ARM_SDEI_MACHINE_H
#define TESTS_FUZZ_ARM_SDEI_MACHINE_H

#include "fuzz.h"

#define GICD            0x08000000
#define GICD_CTLR       0x0000
#define GICD_IGROUPR    0x0080
#define GICD_ISENABLER  0x0100
#define GICD_ICENABLER  0x0180
#define GICD_ISPENDR    0x0200
#define GICD_ICPENDR    0x0280
#define GICD_ISACTIVER  0x0300
#define GICD_ICACTIVER  0x0380
#define GICD_IPRIORITYR 0x0400
#define GICD_ITARGETSR  0x0800
#define GICD_ICFGR      0x0c00
#define GICD_SGIR       0x0f00
#define GICD_IROUTER    0x6000

#define GICC            0x08010000
#define GICC_CTLR       0x0000
#define GICC_PMR        0x0004
#define GICC_IAR        0x000c
#define GICC_EOIR       0x0010
#define GICC_AIAR       0x0020
#define GICC_AEOIR      0x0024
#define GICC_APR        0x00d0
#define GICC_NSAPR      0x00e0
#define GICC_DIR        0x1000

#define GICR            0x080a0000
#define GICR_SIZE       0x20000
#define GICR_WAKER      0x0014
#define GICR_SGI        0x10000         /* from here on as a GICD */

#define UART            0x09000000
#define UART_DR         0x00
#define UART_IMSC       0x38
#define UART_ICR        0x44
#define UART_TX         0x20

#define RTC             0x09010000
#define RTC_DR          0x00
#define RTC_MR          0x04
#define RTC_IMSC        0x10
#define RTC_ICR         0x1c

#define GPIO            0x09030000
#define GPIO_DIR        0x400
#define GPIO_IC         0x41c

#define INTID_WAKE      15      /* an SGI: what wakes a PE from its sleep */
#define INTID_VTIMER    27
#define INTID_PTIMER    30
#define INTID_UART      33
#define INTID_RTC       34
#define INTID_GPIO      39

/*
 * As asm, as a hypervisor that emulates the access knows neither load/store
 * pair nor write-back.
 */
static inline u32 mmio_read(u64 address)
{
    u32 value;

    asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void mmio_write(u64 address, u32 value)
{
    asm volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

static inline u64 current_el(void)
{
    u64 el;

    asm volatile("mrs %0, CurrentEL" : "=r"(el));
    return el >> 2;
}

/* As the virt machine numbers PEs */
static inline u64 mpidr(u64 index)
{
    return (index / 16) << 8 | index % 16;
}

u64 rnd(PE *pe);

static inline u64 below(PE *pe, u64 limit)
{
    return (rnd(pe) >> 11) % limit;
}

void gic_init_pe(u64 index);
void gic_init_shared(void);
void gic_wake(u64 index);
void gic_sleep(u64 index);
void gic_step(PE *pe);
void gic_take(PE *pe);
void timer_step(PE *pe);
void timer_off(void);
void timer_raise(void);
void device_step(PE *pe);
void device_off(void);
void uart_raise(void);
void put_string(const char *s);
void put_number(u64 n);

#endif
