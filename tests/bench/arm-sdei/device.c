/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of devices, for the benchmark of SDEI
 *
 * Level-triggered ones, whose line is raised by a write of the guest's and
 * lowered by its handler: what QEMU does for them is done in that PE's thread.
 */

#include "device.h"
#include "gic.h"

#define UART_INTID      GIC_SPI(1)
#define UART_IMSC       0x38
#define UART_TX         0x20

/* The first of the virt machine's: "-device ...,bus=virtio-mmio-bus.0" */
#define VIRTIO          0x0a000000ul
#define VIRTIO_INTID    GIC_SPI(16)
#define VIRTIO_VERSION          0x004
#define VIRTIO_DEVICE           0x008
#define VIRTIO_DRIVER_FEATURES  0x020
#define VIRTIO_FEATURES_SELECT  0x024
#define VIRTIO_QUEUE_SELECT     0x030
#define VIRTIO_QUEUE_SIZE       0x038
#define VIRTIO_QUEUE_READY      0x044
#define VIRTIO_NOTIFY           0x050
#define VIRTIO_STATUS           0x060
#define VIRTIO_ACK              0x064
#define VIRTIO_QUEUE_TABLE      0x080
#define VIRTIO_QUEUE_AVAIL      0x090
#define VIRTIO_QUEUE_USED       0x0a0

#define CONSOLE         3
#define CONSOLE_TX      1
#define QUEUE_SIZE      4

/* VIRTIO 1.2, 2.7: a split queue, whose only buffer is sent again and again */
static struct {
    u64 address;
    unsigned int length;
    unsigned short flags, next;
} table[QUEUE_SIZE] __attribute__((aligned(16)));

/* volatile: QEMU's device has them, too */
static volatile struct {
    unsigned short flags, index, ring[QUEUE_SIZE];
} avail __attribute__((aligned(16)));

static volatile struct {
    unsigned short flags, index;
    struct {
        unsigned int id, length;
    } ring[QUEUE_SIZE];
} used __attribute__((aligned(16)));

/* volatile: handlers write it */
static volatile u64 interrupts;

/* volatile: device registers */
static volatile unsigned int *reg32(u64 address)
{
    return (volatile unsigned int *)address;
}

static void set_address(u64 reg, volatile void *address)
{
    *reg32(VIRTIO + reg) = (u64)address;
    *reg32(VIRTIO + reg + 4) = (u64)address >> 32;
}

/* VIRTIO 1.2, 3.1.1; the only feature is VERSION_1, bit 32 */
static int init_console(void)
{
    static const char text[] = "x";
    static const unsigned int acknowledged = 1, driver = 2, ok = 4, agreed = 8;

    if (*reg32(VIRTIO + VIRTIO_VERSION) != 2 ||
        *reg32(VIRTIO + VIRTIO_DEVICE) != CONSOLE) {
        return 0;
    }
    *reg32(VIRTIO + VIRTIO_STATUS) = 0;
    *reg32(VIRTIO + VIRTIO_STATUS) = acknowledged | driver;
    *reg32(VIRTIO + VIRTIO_FEATURES_SELECT) = 1;
    *reg32(VIRTIO + VIRTIO_DRIVER_FEATURES) = 1;
    *reg32(VIRTIO + VIRTIO_STATUS) = acknowledged | driver | agreed;
    table[0].address = (u64)text;
    table[0].length = 1;
    *reg32(VIRTIO + VIRTIO_QUEUE_SELECT) = CONSOLE_TX;
    *reg32(VIRTIO + VIRTIO_QUEUE_SIZE) = QUEUE_SIZE;
    set_address(VIRTIO_QUEUE_TABLE, table);
    set_address(VIRTIO_QUEUE_AVAIL, &avail);
    set_address(VIRTIO_QUEUE_USED, &used);
    *reg32(VIRTIO + VIRTIO_QUEUE_READY) = 1;
    *reg32(VIRTIO + VIRTIO_STATUS) = acknowledged | driver | agreed | ok;
    return 1;
}

int device_init(void)
{
    *reg32(UART + UART_IMSC) = 0;
    gic_enable_spi(UART_INTID);
    gic_enable_spi(VIRTIO_INTID);
    return init_console();
}

void device_interrupt(u64 intid)
{
    switch (intid) {
    case UART_INTID:
        *reg32(UART + UART_IMSC) = 0;
        break;
    case VIRTIO_INTID:
        *reg32(VIRTIO + VIRTIO_ACK) = 1;
        break;
    }
    interrupts++;
}

static void await(u64 count)
{
    while (interrupts != count) {
        asm volatile("yield");
    }
}

/* It always can be told more, once it has been told something */
u64 time_pl011(u64 count)
{
    u64 start, i;

    interrupts = 0;
    start = now();
    for (i = 1; i <= count; i++) {
        *reg32(UART + UART_IMSC) = UART_TX;
        await(i);
    }
    return now() - start;
}

u64 time_virtio(u64 count)
{
    u64 start, i;

    interrupts = 0;
    start = now();
    for (i = 1; i <= count; i++) {
        avail.index++;
        asm volatile("dsb sy" : : : "memory");
        *reg32(VIRTIO + VIRTIO_NOTIFY) = CONSOLE_TX;
        await(i);
    }
    return now() - start;
}
