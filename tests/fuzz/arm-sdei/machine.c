/*
 * The hostile guest's hands on GIC, timers and devices
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "machine.h"

static int is_v3(void)
{
    return config.flags & FLAG_GICV3;
}

/* Numbers that matter, and some that do not exist */
static u64 some_intid(PE *pe)
{
    static const u32 known[] = {
        INTID_VTIMER, INTID_PTIMER, 26, 28, 29, 23,
        INTID_UART, INTID_RTC, INTID_GPIO, 35, 36, 100,
    };

    switch (below(pe, 8)) {
    case 0:
        return below(pe, 32);
    case 1:
        return 32 + below(pe, config.spis);
    default:
        return known[below(pe, sizeof(known) / sizeof(known[0]))];
    }
}

/* Where the registers of an interrupt are: with a GICv3, each PE has its own */
static u64 bank(u64 intid, u64 index)
{
    if (is_v3() && intid < 32) {
        return GICR + index * GICR_SIZE + GICR_SGI;
    }
    return GICD;
}

static void set_bit_of(u64 base, u64 reg, u64 intid)
{
    mmio_write(base + reg + intid / 32 * 4, 1u << intid % 32);
}

/* The CPU interface and SGIs, and what they want of the distributor */
static void distributor_on(void)
{
    mmio_write(GICD + GICD_CTLR, is_v3() ? 0x13 : 3);
}

static void wake_sgi_on(u64 index)
{
    u64 base = bank(INTID_WAKE, index);
    u64 reg = base + GICD_IPRIORITYR + (INTID_WAKE & ~3);

    mmio_write(reg, mmio_read(reg) & 0x00ffffff);
    if (is_v3()) {
        u64 group = base + GICD_IGROUPR;

        mmio_write(group, mmio_read(group) | 1u << INTID_WAKE);
    }
    set_bit_of(base, GICD_ISENABLER, INTID_WAKE);
    set_bit_of(base, GICD_ICACTIVER, INTID_WAKE);
}

static void interface_on(void)
{
    if (is_v3()) {
        asm volatile("msr S3_0_C4_C6_0, %0;"            /* ICC_PMR_EL1 */
                     "msr S3_0_C12_C8_4, %1;"           /* ICC_AP0R0_EL1 */
                     "msr S3_0_C12_C9_0, %1;"           /* ICC_AP1R0_EL1 */
                     "msr S3_0_C12_C12_6, %2;"          /* ICC_IGRPEN0_EL1 */
                     "msr S3_0_C12_C12_7, %2;"          /* ICC_IGRPEN1_EL1 */
                     "isb" : : "r"(255ul), "r"(0ul), "r"(1ul));
    } else {
        mmio_write(GICC + GICC_PMR, 255);
        mmio_write(GICC + GICC_APR, 0);
        mmio_write(GICC + GICC_NSAPR, 0);
        mmio_write(GICC + GICC_CTLR, 3);
    }
}

void gic_init_pe(u64 index)
{
    u64 base = bank(0, index);

    distributor_on();
    if (is_v3()) {
        u64 waker = GICR + index * GICR_SIZE + GICR_WAKER;

        asm volatile("msr S3_0_C12_C12_5, %0; isb" : : "r"(7ul)); /* ICC_SRE */
        mmio_write(waker, mmio_read(waker) & ~2);
    }
    mmio_write(base + GICD_ICENABLER, ~0u);
    mmio_write(base + GICD_ICPENDR, ~0u);
    mmio_write(base + GICD_ICACTIVER, ~0u);
    wake_sgi_on(index);
    interface_on();
}

void gic_init_shared(void)
{
    u64 i;

    for (i = 1; i <= config.spis / 32; i++) {
        mmio_write(GICD + GICD_ICENABLER + 4 * i, ~0u);
        mmio_write(GICD + GICD_ICPENDR + 4 * i, ~0u);
        mmio_write(GICD + GICD_ICACTIVER + 4 * i, ~0u);
    }
}

void gic_sleep(u64 index)
{
    distributor_on();
    wake_sgi_on(index);
    interface_on();
}

/* Whatever was done to the GIC since that PE went to sleep */
void gic_wake(u64 index)
{
    u64 affinity = mpidr(index);

    distributor_on();
    if (!is_v3()) {
        mmio_write(GICD + GICD_SGIR, 1u << (16 + index) | INTID_WAKE);
        return;
    }
    wake_sgi_on(index);
    asm volatile("msr S3_0_C12_C11_5, %0; isb" : :      /* ICC_SGI1R_EL1 */
                 "r"((affinity >> 8) << 16 | (u64)INTID_WAKE << 24 |
                     1ul << (affinity & 15)));
}

/* Acknowledge, and end it, or another one, or do not */
void gic_take(PE *pe)
{
    u64 intid, end;

    if (is_v3()) {
        int group1 = below(pe, 4) != 0;

        if (group1) {
            asm volatile("mrs %0, S3_0_C12_C12_0" : "=r"(intid));
        } else {
            asm volatile("mrs %0, S3_0_C12_C8_0" : "=r"(intid));
        }
        end = below(pe, 8) ? intid : some_intid(pe);
        if (below(pe, 4)) {
            if (group1) {
                asm volatile("msr S3_0_C12_C12_1, %0" : : "r"(end));
            } else {
                asm volatile("msr S3_0_C12_C8_1, %0" : : "r"(end));
            }
        }
        intid &= 0xffffff;
    } else {
        u64 aliased = below(pe, 2);

        intid = mmio_read(GICC + (aliased ? GICC_AIAR : GICC_IAR));
        end = below(pe, 8) ? intid : some_intid(pe);
        if (below(pe, 4)) {
            mmio_write(GICC + (aliased ? GICC_AEOIR : GICC_EOIR), end);
        }
        intid &= 0x3ff;
    }
    if (intid < 1020 && below(pe, 4)) {
        set_bit_of(bank(intid, pe - ((Control *)CONTROL)->pe),
                   GICD_ICENABLER, intid);
    }
}

static void cpu_interface_step(PE *pe)
{
    u64 value = rnd(pe);

    if (!is_v3()) {
        static const u32 regs[] = {
            GICC_CTLR, GICC_PMR, GICC_EOIR, GICC_AEOIR, GICC_APR, GICC_DIR, 8,
        };

        mmio_write(GICC + regs[below(pe, 7)],
                   below(pe, 2) ? value : some_intid(pe));
        return;
    }
    switch (below(pe, 7)) {
    case 0:
        asm volatile("msr S3_0_C4_C6_0, %0" : : "r"(value & 255));
        break;
    case 1:
        asm volatile("msr S3_0_C12_C12_1, %0" : : "r"(some_intid(pe)));
        break;
    case 2:
        asm volatile("msr S3_0_C12_C11_1, %0" : : "r"(some_intid(pe)));
        break;
    case 3:
        asm volatile("msr S3_0_C12_C12_7, %0" : : "r"(value & 1));
        break;
    case 4:
        asm volatile("msr S3_0_C12_C12_6, %0" : : "r"(value & 1));
        break;
    case 5:
        asm volatile("msr S3_0_C12_C12_4, %0" : : "r"(value & 3));
        break;
    default:
        asm volatile("msr S3_0_C12_C11_5, %0" : :
                     "r"(value & 0x0f00000f));
    }
}

static void distributor_step(PE *pe)
{
    static const u32 bits[] = {
        GICD_ISENABLER, GICD_ISENABLER, GICD_ICENABLER, GICD_ISPENDR,
        GICD_ISPENDR, GICD_ICPENDR, GICD_ISACTIVER, GICD_ICACTIVER,
        GICD_IGROUPR,
    };
    u64 intid = some_intid(pe);
    u64 base = bank(intid, below(pe, 4) ? (u64)(pe - ((Control *)CONTROL)->pe)
                                        : below(pe, config.num_pes));

    switch (below(pe, 8)) {
    case 0:
        mmio_write(base + GICD_IPRIORITYR + (intid & ~3), rnd(pe));
        break;
    case 1:
        mmio_write(base + GICD_ICFGR + intid / 16 * 4, rnd(pe));
        break;
    case 2:
        if (is_v3() && intid >= 32) {
            mmio_write(base + GICD_IROUTER + 8 * intid,
                       below(pe, 4) ? mpidr(below(pe, config.num_pes))
                                    : rnd(pe));
        } else if (!is_v3()) {
            mmio_write(base + GICD_ITARGETSR + (intid & ~3), rnd(pe));
        }
        break;
    case 3:
        mmio_write(GICD + GICD_CTLR, below(pe, 2) ? 3 : below(pe, 4));
        break;
    default: {
        u64 reg = base + bits[below(pe, sizeof(bits) / sizeof(bits[0]))];

        if (below(pe, 8)) {
            mmio_read(reg + intid / 32 * 4);
            mmio_write(reg + intid / 32 * 4, 1u << intid % 32);
        } else {
            mmio_write(reg + intid / 32 * 4, rnd(pe));
        }
    }
    }
}

void gic_step(PE *pe)
{
    switch (below(pe, 4)) {
    case 0:
        cpu_interface_step(pe);
        break;
    case 1:
        if (!below(pe, 2)) {
            gic_take(pe);
            break;
        }
        /* fall through */
    default:
        distributor_step(pe);
    }
}

/* ---------------------------------------------------------------- timers */

void timer_off(void)
{
    /* A PE that was reset has both off, and QEMU the lines as they were */
    asm volatile("msr cntv_ctl_el0, %0; msr cntv_ctl_el0, xzr;"
                 "msr cntp_ctl_el0, %0; msr cntp_ctl_el0, xzr; isb" : :
                 "r"(3ul));
}

void timer_raise(void)
{
    asm volatile("msr cntv_cval_el0, xzr; msr cntv_ctl_el0, %0; isb" : :
                 "r"(1ul));
}

/*
 * Due since ever, or never: when a line moves does not depend on the clock.
 * Otherwise a run could not be repeated.
 */
void timer_step(PE *pe)
{
    u64 ctl = below(pe, 4), cval = below(pe, 2) ? 0 : ~0ul >> 1;

    if (!(config.flags & FLAG_TURNS) && !below(pe, 4)) {
        u64 now;

        asm volatile("mrs %0, cntvct_el0" : "=r"(now));
        cval = now + below(pe, 100000);
    }
    switch (below(pe, current_el() == 2 ? 3 : 2)) {
    case 0:
        asm volatile("msr cntv_cval_el0, %0; msr cntv_ctl_el0, %1; isb" : :
                     "r"(cval), "r"(ctl));
        break;
    case 1:
        asm volatile("msr cntp_cval_el0, %0; msr cntp_ctl_el0, %1; isb" : :
                     "r"(cval), "r"(ctl));
        break;
    case 2:
        asm volatile("msr cnthp_cval_el2, %0; msr cnthp_ctl_el2, %1; isb" : :
                     "r"(cval), "r"(ctl));
        break;
    }
}

/* --------------------------------------------------------------- devices */

void put_string(const char *s)
{
    while (*s) {
        mmio_write(UART + UART_DR, *s++);
    }
}

void put_number(u64 n)
{
    char digits[24];
    int i = sizeof(digits) - 1;

    digits[i] = 0;
    do {
        digits[--i] = '0' + n % 10;
        n /= 10;
    } while (n);
    put_string(digits + i);
}

void uart_raise(void)
{
    mmio_write(UART + UART_IMSC, UART_TX);
    mmio_write(UART + UART_DR, '.');
}

void device_off(void)
{
    mmio_write(UART + UART_IMSC, 0);
    mmio_write(UART + UART_ICR, 0x7ff);
    mmio_write(RTC + RTC_IMSC, 0);
    mmio_write(RTC + RTC_ICR, 1);
    mmio_write(GPIO + 0x410, 0);
    mmio_write(GPIO + GPIO_IC, 0xff);
}

void device_step(PE *pe)
{
    switch (below(pe, 6)) {
    case 0:
    case 1:
        uart_raise();
        break;
    case 2:
        mmio_write(UART + UART_IMSC, below(pe, 2) ? UART_TX : 0);
        mmio_write(UART + UART_ICR, below(pe, 2) ? 0x7ff : 0);
        break;
    case 3:
        /* The alarm is now */
        mmio_write(RTC + RTC_IMSC, below(pe, 2));
        mmio_write(RTC + RTC_MR, mmio_read(RTC + RTC_DR));
        break;
    case 4:
        mmio_write(RTC + RTC_ICR, 1);
        break;
    case 5:
        mmio_write(GPIO + GPIO_DIR + 4 * below(pe, 8), rnd(pe));
        break;
    }
}
