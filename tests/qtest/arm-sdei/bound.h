/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts for the scenarios of arm-sdei-test that bind them
 *
 * Lines that no device of virt has are driven through the GIC's inputs, where
 * a device would; others by the devices themselves.  What the client's GIC
 * makes of them is seen in its registers, which each PE accesses itself, as
 * those of PPIs are its own.
 */

#ifndef TESTS_QTEST_ARM_SDEI_BOUND_H
#define TESTS_QTEST_ARM_SDEI_BOUND_H

#include "scenario.h"

/* The contract of the numbers */
#define BOUND_PPI_FIRST     0x40000100
#define BOUND_PPI_SLOTS     16
#define BOUND_SPI_FIRST     0x40000200
#define BOUND_SPI_SLOTS     32

/* virt has 256 SPIs; these lines have no device */
#define NUM_INTIDS          288
#define PPI_A               22
#define PPI_B               24
#define SPI_A               (NUM_INTIDS - 1)
#define SPI_B               200

/* These have */
#define INTID_VIRTUAL_TIMER     27
#define INTID_SECURE_TIMER      29
#define INTID_PHYSICAL_TIMER    30
#define INTID_UART              33
#define INTID_RTC               34
#define INTID_GPIO              39

/* PL011 */
#define UART_DR             0x09000000
#define UART_CR             0x09000030
#define UART_CR_ENABLE      0x301       /* UARTEN, TXE, RXE */
#define UART_CR_LOOPBACK    0x080
#define UART_IMSC           0x09000038
#define UART_MIS            0x09000040
#define UART_ICR            0x09000044
#define UART_RX             0x10
#define UART_TX             0x20
/* PL031 */
#define RTC_DR              0x09010000
#define RTC_MR              0x09010004
#define RTC_IMSC            0x09010010
#define RTC_ICR             0x0901001c
/* PL061; the power button is its input 3 */
#define GPIO_IEV            0x0903040c
#define GPIO_IE             0x09030410
#define GPIO_RIS            0x09030414
#define GPIO_IC             0x0903041c
#define GPIO_POWER_BUTTON   (1 << 3)

#define SYSREG_CNTV_CTL     SYSREG(3, 3, 14, 3, 1)
#define SYSREG_CNTV_CVAL    SYSREG(3, 3, 14, 3, 2)
#define SYSREG_CNTP_CTL     SYSREG(3, 3, 14, 2, 1)
#define SYSREG_CNTP_CVAL    SYSREG(3, 3, 14, 2, 2)
#define TIMER_ENABLE        1

/** bound_add: as scenario_add(); all lines without a device are low first */
void bound_add(ScenarioFlags flags, ScenarioFn *fn, const void *data,
               const char *path_fmt, ...) G_GNUC_PRINTF(4, 5);

/** bound_init: what bound_add() does first, for other tests */
void bound_init(Guest *g);

/** is_spi: is it an SPI, and its event therefore shared? */
static inline bool is_spi(uint32_t intid)
{
    return intid >= 32;
}

/** line_set: set an input of the GIC; @cpu is for PPIs */
void line_set(Guest *g, uint32_t intid, unsigned cpu, bool level);
/** line_pulse: a rising edge, and a falling one */
void line_pulse(Guest *g, uint32_t intid, unsigned cpu);

/** bind_intid: PE @cpu binds @intid; returns the number of the event */
uint32_t bind_intid(Guest *g, unsigned cpu, uint32_t intid);
/**
 * bound_register: PE @cpu binds @intid and registers the event at
 * GUEST_HANDLER(@handler); an SPI's is routed to that PE
 */
uint32_t bound_register(Guest *g, unsigned cpu, uint32_t intid,
                        unsigned handler);
/** bound_ready: the same, ENABLE and PE_UNMASK */
uint32_t bound_ready(Guest *g, unsigned cpu, uint32_t intid, unsigned handler);
/** bound_register_any: as bound_register(), an SPI with RM_ANY */
uint32_t bound_register_any(Guest *g, unsigned cpu, uint32_t intid,
                            unsigned handler);

/**
 * bound_wait: wait for handler @handler of event @num on PE @cpu
 */
void bound_wait(Guest *g, unsigned cpu, unsigned handler, uint32_t num);
/**
 * bound_idle: PE @cpu has entered handler @handler @count times, and goes on
 * without another
 */
void bound_idle(Guest *g, unsigned cpu, unsigned handler, uint64_t count);

/* The client's GIC, as PE @cpu uses it; which of both kinds does not matter */

/* Registers that have a bit for each INTID, and one that has two */
typedef enum GICReg {
    GIC_IGROUPR = 0x080,
    GIC_ISENABLER = 0x100,
    GIC_ICENABLER = 0x180,
    GIC_ISPENDR = 0x200,
    GIC_ICPENDR = 0x280,
    GIC_ISACTIVER = 0x300,
    GIC_ICACTIVER = 0x380,
    GIC_ICFGR = 0xc00,
} GICReg;

#define GIC_NOTHING         1023

/**
 * gic_address: where the word of @reg is that has @intid; of PE @cpu, for PPIs
 */
uint64_t gic_address(unsigned cpu, GICReg reg, uint32_t intid);
/** gic_mask: the bit of @intid there; the upper one of two */
uint32_t gic_mask(GICReg reg, uint32_t intid);
/** gic_bit: the bit of @intid in a register that has one for each */
bool gic_bit(Guest *g, unsigned cpu, GICReg reg, uint32_t intid);
/** gic_write_bit: write 1 to that bit */
void gic_write_bit(Guest *g, unsigned cpu, GICReg reg, uint32_t intid);
/** gic_set_edge: ICFGR */
void gic_set_edge(Guest *g, unsigned cpu, uint32_t intid, bool edge);
/** gic_on: PE @cpu is ready for interrupts from the GIC */
void gic_on(Guest *g, unsigned cpu);
/** gic_enable: @intid is enabled and an SPI goes to PE @cpu */
void gic_enable(Guest *g, unsigned cpu, uint32_t intid);
/** gic_offers: the INTID that the GIC wants PE @cpu to take, or GIC_NOTHING */
uint32_t gic_offers(Guest *g, unsigned cpu);
/** gic_take: acknowledge the interrupt that is offered, and say which it is */
uint32_t gic_take(Guest *g, unsigned cpu);
/** gic_end: end and deactivate it */
void gic_end(Guest *g, unsigned cpu, uint32_t intid);
/** gic_check_idle: the GIC shows @intid neither pending nor active */
void gic_check_idle(Guest *g, unsigned cpu, uint32_t intid);
/** gic_check_level: pending, as a line that is (not) high is */
void gic_check_level(Guest *g, unsigned cpu, uint32_t intid, bool level);

/**
 * irq_spin_start: PE @cpu spins with IRQs unmasked and handles them
 * @poke, @value: what the IRQ handler stores to silence the device
 */
uint64_t irq_spin_start(Guest *g, unsigned cpu, uint64_t poke, uint32_t value);

#endif
