/*
 * arm-sdei-test: INTERRUPT_BIND, INTERRUPT_RELEASE, and who owns what
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qobject/qdict.h"
#include "bound.h"

#define HANDLER     0

/* For scenarios that are the same for a PPI and an SPI */
typedef struct Interrupt {
    const char *name;
    uint32_t intid;
} Interrupt;

static const Interrupt interrupts[] = {
    { "ppi", PPI_A },
    { "spi", SPI_A },
};

/* BIND */

static void check_new_event(Guest *g, unsigned cpu, uint32_t num, bool shared)
{
    guest_expect(g, cpu, shared, SDEI_EVENT_GET_INFO, num, SDEI_INFO_TYPE);
    guest_expect(g, cpu, 1, SDEI_EVENT_GET_INFO, num,
                 SDEI_INFO_NOT_SIGNALABLE);
    guest_expect(g, cpu, 0, SDEI_EVENT_GET_INFO, num, SDEI_INFO_PRIORITY);
    guest_expect(g, cpu, shared ? SDEI_DENIED : SDEI_INVALID_PARAMETERS,
                 SDEI_EVENT_GET_INFO, num, SDEI_INFO_ROUTING_MODE);
    guest_expect(g, cpu, SDEI_INVALID_PARAMETERS, SDEI_EVENT_SIGNAL, num,
                 guest_affinity(g, cpu));
    guest_expect(g, cpu, 0, SDEI_EVENT_STATUS, num);
    guest_expect(g, cpu, SDEI_DENIED, SDEI_EVENT_ENABLE, num);
}

static void test_bind(Guest *g, const void *data)
{
    const Interrupt *interrupt = data;
    uint32_t num = bind_intid(g, 0, interrupt->intid);

    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        guest_expect(g, cpu, num, SDEI_INTERRUPT_BIND, interrupt->intid);
        check_new_event(g, cpu, num, is_spi(interrupt->intid));
    }
    /* Nor does it matter whether it is in use */
    bound_ready(g, 0, interrupt->intid, HANDLER);
    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        guest_expect(g, cpu, num, SDEI_INTERRUPT_BIND, interrupt->intid);
    }
}

static void test_bind_invalid(Guest *g, const void *data)
{
    static const uint32_t intids[] = {
        0, 1, 15,                               /* SGIs */
        NUM_INTIDS, 1019, 1020, 1023, 1024,     /* no SPI, or a special one */
        4096, 8192, 0x7fffffff, 0xffffffff,     /* extended SPI, LPI */
    };

    for (unsigned i = 0; i < ARRAY_SIZE(intids); i++) {
        guest_expect(g, i % g->config.cpus, SDEI_INVALID_PARAMETERS,
                     SDEI_INTERRUPT_BIND, intids[i]);
    }
    /* The first and the last of each kind */
    bind_intid(g, 0, 16);
    bind_intid(g, 0, 31);
    bind_intid(g, 0, 32);
    bind_intid(g, 0, NUM_INTIDS - 1);
}

static void test_bind_width(Guest *g, const void *data)
{
    uint32_t num = bind_intid(g, 0, SPI_A);

    guest_expect(g, 0, num, SDEI_INTERRUPT_BIND, SPI_A | 0xabcdull << 32);
    guest_expect(g, 0, 0, SDEI_INTERRUPT_RELEASE, num | 0xabcdull << 32);
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_RELEASE, num);
}

static void test_bind_two(Guest *g, const void *data)
{
    uint32_t nums[] = {
        bind_intid(g, 0, PPI_A), bind_intid(g, 1, PPI_B),
        bind_intid(g, 2, SPI_A), bind_intid(g, 3, SPI_B),
    };

    for (unsigned i = 0; i < ARRAY_SIZE(nums); i++) {
        for (unsigned j = 0; j < i; j++) {
            g_assert_cmphex(nums[i], !=, nums[j]);
        }
    }
    /* Each is the event of its own line */
    bound_ready(g, 0, PPI_A, 1);
    bound_ready(g, 0, PPI_B, 2);
    bound_ready(g, 0, SPI_A, 3);
    bound_ready(g, 0, SPI_B, 4);
    for (unsigned i = 0; i < ARRAY_SIZE(nums); i++) {
        static const uint32_t intids[] = { PPI_A, PPI_B, SPI_A, SPI_B };

        line_set(g, intids[i], 0, true);
        bound_wait(g, 0, i + 1, nums[i]);
        line_set(g, intids[i], 0, false);
        guest_complete(g, 0, 0);
        bound_idle(g, 0, i + 1, 1);
    }
}

static void test_slots(Guest *g, const void *data)
{
    uint32_t nums[BOUND_SPI_SLOTS];

    guest_expect(g, 0, BOUND_PPI_SLOTS | BOUND_SPI_SLOTS << 16, SDEI_FEATURES,
                 SDEI_FEATURE_BIND_SLOTS);
    /* There is a slot for every PPI, so that none can be one too many */
    for (unsigned i = 0; i < BOUND_PPI_SLOTS; i++) {
        if (16 + i != INTID_SECURE_TIMER) {
            guest_expect(g, i % g->config.cpus, bind_intid(g, 0, 16 + i),
                         SDEI_INTERRUPT_BIND, 16 + i);
        }
    }
    for (unsigned i = 0; i < BOUND_SPI_SLOTS; i++) {
        nums[i] = bind_intid(g, i % g->config.cpus, 60 + i);
        for (unsigned j = 0; j < i; j++) {
            g_assert_cmphex(nums[i], !=, nums[j]);
        }
    }
    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        guest_expect(g, cpu, SDEI_OUT_OF_RESOURCE, SDEI_INTERRUPT_BIND, 59);
        /* What is wrong in itself stays wrong, what is bound stays bound */
        guest_expect(g, cpu, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_BIND, 1);
        guest_expect(g, cpu, nums[7], SDEI_INTERRUPT_BIND, 67);
    }
    guest_expect(g, 1, 0, SDEI_INTERRUPT_RELEASE, nums[7]);
    guest_expect(g, 2, nums[7], SDEI_INTERRUPT_BIND, 59);
    guest_expect(g, 3, SDEI_OUT_OF_RESOURCE, SDEI_INTERRUPT_BIND, 67);
    /* FEATURES tells how many there are, not how many are left */
    guest_expect(g, 0, BOUND_PPI_SLOTS | BOUND_SPI_SLOTS << 16, SDEI_FEATURES,
                 SDEI_FEATURE_BIND_SLOTS);
}

/* A slot without an interrupt is an event that nobody can register */
static void check_unbound(Guest *g, unsigned cpu, uint32_t num)
{
    bool shared = num >= BOUND_SPI_FIRST;
    int64_t routing = shared ? SDEI_DENIED : SDEI_INVALID_PARAMETERS;

    guest_expect(g, cpu, 0, SDEI_EVENT_STATUS, num);
    guest_expect(g, cpu, SDEI_DENIED, SDEI_EVENT_REGISTER, num,
                 GUEST_HANDLER(HANDLER));
    guest_expect(g, cpu, SDEI_INVALID_PARAMETERS, SDEI_EVENT_REGISTER, num, 0);
    guest_expect(g, cpu, SDEI_DENIED, SDEI_EVENT_ENABLE, num);
    guest_expect(g, cpu, SDEI_DENIED, SDEI_EVENT_DISABLE, num);
    guest_expect(g, cpu, SDEI_DENIED, SDEI_EVENT_UNREGISTER, num);
    guest_expect(g, cpu, routing, SDEI_EVENT_ROUTING_SET, num, 0);
    guest_expect(g, cpu, SDEI_INVALID_PARAMETERS, SDEI_EVENT_ROUTING_SET, num,
                 2);
    guest_expect(g, cpu, shared, SDEI_EVENT_GET_INFO, num, SDEI_INFO_TYPE);
    guest_expect(g, cpu, 1, SDEI_EVENT_GET_INFO, num,
                 SDEI_INFO_NOT_SIGNALABLE);
    guest_expect(g, cpu, 0, SDEI_EVENT_GET_INFO, num, SDEI_INFO_PRIORITY);
    guest_expect(g, cpu, routing, SDEI_EVENT_GET_INFO, num,
                 SDEI_INFO_ROUTING_MODE);
    guest_expect(g, cpu, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_RELEASE, num);
    guest_expect(g, cpu, SDEI_INVALID_PARAMETERS, SDEI_EVENT_SIGNAL, num,
                 guest_affinity(g, cpu));
    guest_expect(g, cpu, 0, SDEI_EVENT_STATUS, num);
}

static void check_no_event(Guest *g, unsigned cpu, uint32_t num)
{
    guest_expect(g, cpu, SDEI_INVALID_PARAMETERS, SDEI_EVENT_STATUS, num);
    guest_expect(g, cpu, SDEI_INVALID_PARAMETERS, SDEI_EVENT_REGISTER, num,
                 GUEST_HANDLER(HANDLER));
    guest_expect(g, cpu, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_RELEASE, num);
}

static void test_unbound(Guest *g, const void *data)
{
    check_unbound(g, 0, BOUND_PPI_FIRST);
    check_unbound(g, 1, BOUND_SPI_FIRST);
    check_unbound(g, 2, BOUND_PPI_FIRST + BOUND_PPI_SLOTS - 1);
    check_unbound(g, 3, BOUND_SPI_FIRST + BOUND_SPI_SLOTS - 1);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    check_unbound(g, 1, BOUND_SPI_FIRST);
    check_no_event(g, 2, BOUND_PPI_FIRST + BOUND_PPI_SLOTS);
    check_no_event(g, 3, BOUND_SPI_FIRST + BOUND_SPI_SLOTS);
    check_no_event(g, 0, BOUND_PPI_FIRST - 1);
    check_no_event(g, 0, BOUND_SPI_FIRST - 1);
}

/* The timer of the secure world: nobody here could ever make it fire */
static void test_bind_secure(Guest *g, const void *data)
{
    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        guest_expect(g, cpu, SDEI_DENIED, SDEI_INTERRUPT_BIND,
                     INTID_SECURE_TIMER);
    }
    guest_expect(g, 0, BOUND_SPI_FIRST, SDEI_INTERRUPT_BIND, SPI_A);
}

/* RELEASE */

static void test_release(Guest *g, const void *data)
{
    const Interrupt *interrupt = data;
    uint32_t num = bind_intid(g, 0, interrupt->intid);

    guest_expect(g, 1, 0, SDEI_INTERRUPT_RELEASE, num);
    check_unbound(g, 1, num);
    check_unbound(g, 0, num);
    /* It can be bound again, and works */
    bound_ready(g, 1, interrupt->intid, HANDLER);
    line_set(g, interrupt->intid, 1, true);
    bound_wait(g, 1, HANDLER, num);
    line_set(g, interrupt->intid, 1, false);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    guest_expect(g, 1, 0, SDEI_EVENT_UNREGISTER, num);
    guest_expect(g, 3, 0, SDEI_INTERRUPT_RELEASE, num);
}

static void test_release_invalid(Guest *g, const void *data)
{
    static const uint32_t nums[] = {
        EVENT_SW_SIGNALED, PPI_A, EVENT_UNKNOWN, 0xffffffff,
        BOUND_PPI_FIRST + 1, BOUND_SPI_FIRST + 1,
    };

    bind_intid(g, 0, PPI_A);
    bind_intid(g, 0, SPI_A);
    for (unsigned i = 0; i < ARRAY_SIZE(nums); i++) {
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_RELEASE,
                     nums[i]);
    }
    /* Whatever its state */
    event_ready(g, 0, HANDLER, 0);
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_RELEASE, 0);
}

/* Denied from REGISTER to UNREGISTER, or to COMPLETE if that is later */
static void test_release_in_use(Guest *g, const void *data)
{
    const Interrupt *interrupt = data;
    uint32_t num = bound_register(g, 1, interrupt->intid, HANDLER);

    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        guest_expect(g, cpu, SDEI_DENIED, SDEI_INTERRUPT_RELEASE, num);
    }
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, num);
    guest_expect(g, 0, SDEI_DENIED, SDEI_INTERRUPT_RELEASE, num);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    line_set(g, interrupt->intid, 1, true);
    bound_wait(g, 1, HANDLER, num);
    guest_expect(g, 1, SDEI_DENIED, SDEI_INTERRUPT_RELEASE, num);
    guest_expect(g, 1, SDEI_PENDING, SDEI_EVENT_UNREGISTER, num);
    guest_expect(g, 1, SDEI_DENIED, SDEI_INTERRUPT_RELEASE, num);
    guest_expect(g, 0, SDEI_DENIED, SDEI_INTERRUPT_RELEASE, num);
    guest_complete(g, 1, 0);
    bound_idle(g, 1, HANDLER, 1);
    guest_expect(g, 0, 0, SDEI_INTERRUPT_RELEASE, num);
}

/* A PPI is in use as long as it is on one PE */
static void test_release_ppi_other_pe(Guest *g, const void *data)
{
    uint32_t num = bind_intid(g, 0, PPI_A);

    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        bound_register(g, cpu, PPI_A, HANDLER);
    }
    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        guest_expect(g, 0, SDEI_DENIED, SDEI_INTERRUPT_RELEASE, num);
        guest_expect(g, cpu, 0, SDEI_EVENT_UNREGISTER, num);
    }
    guest_expect(g, 0, 0, SDEI_INTERRUPT_RELEASE, num);
}

/* A PPI is one event with a line per PE */
static void test_ppi_per_pe(Guest *g, const void *data)
{
    uint32_t num = 0;

    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        num = bound_ready(g, cpu, PPI_A, HANDLER);
    }
    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        line_set(g, PPI_A, cpu, true);
        bound_wait(g, cpu, HANDLER, num);
    }
    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        guest_expect(g, cpu, 7, SDEI_EVENT_STATUS, num);
        line_set(g, PPI_A, cpu, false);
        guest_complete(g, cpu, 0);
        bound_idle(g, cpu, HANDLER, 1);
        guest_expect(g, cpu, 3, SDEI_EVENT_STATUS, num);
    }
    /* Unregistering it on one PE is that PE's business */
    guest_expect(g, 2, 0, SDEI_EVENT_UNREGISTER, num);
    line_pulse(g, PPI_A, 2);
    bound_idle(g, 2, HANDLER, 1);
    line_set(g, PPI_A, 3, true);
    bound_wait(g, 3, HANDLER, num);
    line_set(g, PPI_A, 3, false);
    guest_complete(g, 3, 0);
    bound_idle(g, 3, HANDLER, 2);
}

/* REGISTER while the interrupt is active */

static void test_active(Guest *g, const void *data)
{
    const Interrupt *interrupt = data;
    uint32_t num = bind_intid(g, 1, interrupt->intid);

    gic_write_bit(g, 1, GIC_ISACTIVER, interrupt->intid);
    guest_expect(g, 1, SDEI_DENIED, SDEI_EVENT_REGISTER, num,
                 GUEST_HANDLER(HANDLER));
    guest_expect(g, 1, SDEI_INVALID_PARAMETERS, SDEI_EVENT_REGISTER, num, 0);
    guest_expect(g, 1, SDEI_INVALID_PARAMETERS, SDEI_EVENT_REGISTER, num,
                 GUEST_HANDLER(HANDLER), 0, 0x100);
    guest_expect(g, 1, 0, SDEI_EVENT_STATUS, num);
    /* Still the client's: it can go on with it */
    guest_check_eq(g, 1, gic_bit(g, 1, GIC_ISACTIVER, interrupt->intid), true,
                   "active bit");
    if (is_spi(interrupt->intid)) {
        guest_expect(g, 0, SDEI_DENIED, SDEI_EVENT_REGISTER, num,
                     GUEST_HANDLER(HANDLER));
    } else {
        guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, num,
                     GUEST_HANDLER(HANDLER));
    }
    gic_write_bit(g, 1, GIC_ICACTIVER, interrupt->intid);
    bound_register(g, 1, interrupt->intid, HANDLER);
}

/* The same, by an interrupt that the client has taken and not ended */
static void test_active_taken(Guest *g, const void *data)
{
    const Interrupt *interrupt = data;
    uint32_t num = bind_intid(g, 1, interrupt->intid);
    uint64_t spin;

    gic_on(g, 1);
    gic_enable(g, 1, interrupt->intid);
    guest_set_mode(g, 1, ID_IRQ, MODE_SERVE);
    spin = irq_spin_start(g, 1, 0, 0);
    line_set(g, interrupt->intid, 1, true);
    guest_wait_frame(g, 1, ID_IRQ, NULL);
    guest_check_eq(g, 1, gic_take(g, 1), interrupt->intid, "interrupt");
    guest_expect(g, 1, SDEI_DENIED, SDEI_EVENT_REGISTER, num,
                 GUEST_HANDLER(HANDLER));
    gic_end(g, 1, interrupt->intid);
    /* Pending is no obstacle */
    guest_check_eq(g, 1, gic_offers(g, 1), interrupt->intid, "interrupt");
    bound_register(g, 1, interrupt->intid, HANDLER);
    guest_check_eq(g, 1, gic_offers(g, 1), GIC_NOTHING, "interrupt");
    gic_check_idle(g, 1, interrupt->intid);
    guest_leave_eret(g, 1);
    guest_spin_stop(g, 1, spin, NULL);
    guest_check_eq(g, 1, guest_count(g, 1, ID_IRQ), 1, "IRQs");
}

/* RELEASE while the interrupt is active, wherever it is */
static void test_release_active(Guest *g, const void *data)
{
    const Interrupt *interrupt = data;
    uint32_t num = bind_intid(g, 1, interrupt->intid);

    gic_write_bit(g, 1, GIC_ISACTIVER, interrupt->intid);
    guest_expect(g, 1, SDEI_DENIED, SDEI_INTERRUPT_RELEASE, num);
    guest_expect(g, 0, SDEI_DENIED, SDEI_INTERRUPT_RELEASE, num);
    guest_expect(g, 0, num, SDEI_INTERRUPT_BIND, interrupt->intid);
    gic_write_bit(g, 1, GIC_ICACTIVER, interrupt->intid);
    guest_expect(g, 0, 0, SDEI_INTERRUPT_RELEASE, num);
    /* What is wrong in itself stays wrong */
    gic_write_bit(g, 1, GIC_ISACTIVER, interrupt->intid);
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_RELEASE, num);
    /* A crash kernel gets rid of it, and of the interrupt as of any other */
    guest_expect(g, 0, num, SDEI_INTERRUPT_BIND, interrupt->intid);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_RELEASE, num);
}

/* Resets */

static void test_shared_reset(Guest *g, const void *data)
{
    uint32_t ppi = bind_intid(g, 0, PPI_A);
    uint32_t spi = bound_ready(g, 0, SPI_A, HANDLER);
    uint32_t idle = bind_intid(g, 0, SPI_B);

    guest_expect(g, 2, 0, SDEI_SHARED_RESET);
    check_unbound(g, 0, ppi);
    check_unbound(g, 0, spi);
    check_unbound(g, 0, idle);
    /* The lines are free */
    line_pulse(g, SPI_A, 0);
    bound_idle(g, 0, HANDLER, 0);
}

/* One that is registered as a private event stays, and is told of */
static void test_shared_reset_ppi_registered(Guest *g, const void *data)
{
    uint32_t ppi_b = bind_intid(g, 0, PPI_B);
    uint32_t ppi_a = bound_ready(g, 1, PPI_A, HANDLER);
    uint32_t spi = bound_ready(g, 0, SPI_A, HANDLER);

    guest_expect(g, 0, SDEI_DENIED, SDEI_SHARED_RESET);
    check_unbound(g, 0, ppi_b);
    check_unbound(g, 0, spi);
    guest_expect(g, 1, 3, SDEI_EVENT_STATUS, ppi_a);
    line_set(g, PPI_A, 1, true);
    bound_wait(g, 1, HANDLER, ppi_a);
    /* Nor does it go while its handler runs to an end */
    guest_expect(g, 1, SDEI_PENDING, SDEI_EVENT_UNREGISTER, ppi_a);
    guest_expect(g, 1, SDEI_DENIED, SDEI_SHARED_RESET);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    check_unbound(g, 1, ppi_a);
}

static void test_shared_reset_running(Guest *g, const void *data)
{
    uint32_t spi_a = bound_ready(g, 1, SPI_A, HANDLER);
    uint32_t spi_b = bound_ready(g, 0, SPI_B, HANDLER);

    line_set(g, SPI_A, 0, true);
    bound_wait(g, 1, HANDLER, spi_a);
    guest_expect(g, 0, SDEI_DENIED, SDEI_SHARED_RESET);
    check_unbound(g, 0, spi_b);
    guest_expect(g, 0, 4, SDEI_EVENT_STATUS, spi_a);
    guest_complete(g, 1, 0);
    bound_idle(g, 1, HANDLER, 1);
    guest_expect(g, 0, 0, SDEI_EVENT_STATUS, spi_a);
    guest_expect(g, 0, 0, SDEI_SHARED_RESET);
    check_unbound(g, 0, spi_a);
}

/* PRIVATE_RESET gives this PE's lines back and leaves bindings alone */
static void test_private_reset(Guest *g, const void *data)
{
    uint32_t ppi = 0, spi;

    for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
        ppi = bound_ready(g, cpu, PPI_A, HANDLER);
    }
    spi = bound_ready(g, 0, SPI_A, HANDLER);
    line_set(g, PPI_A, 0, true);
    bound_wait(g, 0, HANDLER, ppi);
    line_set(g, PPI_A, 0, false);
    guest_complete(g, 0, 0);
    guest_nop(g, 0);

    guest_expect(g, 0, 0, SDEI_PRIVATE_RESET);
    guest_expect(g, 0, 0, SDEI_EVENT_STATUS, ppi);
    guest_expect(g, 1, 3, SDEI_EVENT_STATUS, ppi);
    guest_expect(g, 0, 3, SDEI_EVENT_STATUS, spi);
    guest_expect(g, 0, ppi, SDEI_INTERRUPT_BIND, PPI_A);
    line_set(g, PPI_A, 0, true);
    bound_idle(g, 0, HANDLER, 1);
    gic_check_level(g, 0, PPI_A, true);
    gic_check_idle(g, 1, PPI_A);
    line_set(g, PPI_A, 0, false);
    gic_check_idle(g, 0, PPI_A);
}

static void test_machine_reset(Guest *g, const void *data)
{
    uint32_t ppi = bound_ready(g, 1, PPI_A, HANDLER);
    uint32_t spi = bound_ready(g, 1, SPI_A, HANDLER);

    line_set(g, PPI_A, 1, true);
    bound_wait(g, 1, HANDLER, ppi);
    guest_reset(g);
    check_unbound(g, 0, ppi);
    check_unbound(g, 1, ppi);
    check_unbound(g, 1, spi);
    /* The lines are the GIC's */
    line_set(g, PPI_A, 1, false);
    gic_check_idle(g, 1, PPI_A);
    line_set(g, PPI_A, 1, true);
    gic_check_level(g, 1, PPI_A, true);
    line_set(g, SPI_A, 1, true);
    gic_check_level(g, 1, SPI_A, true);
    bound_idle(g, 1, HANDLER, 0);
}

/* A line that stays high over a reset: as in a machine without a binding */
static void test_machine_reset_high(Guest *g, const void *data)
{
    bool without[2];

    line_set(g, SPI_A, 0, true);
    line_set(g, PPI_A, 1, true);
    guest_reset(g);
    without[0] = gic_bit(g, 1, GIC_ISPENDR, SPI_A);
    without[1] = gic_bit(g, 1, GIC_ISPENDR, PPI_A);

    line_set(g, SPI_A, 0, false);
    line_set(g, PPI_A, 1, false);
    bound_ready(g, 1, SPI_A, HANDLER);
    bound_register(g, 1, PPI_A, HANDLER);
    line_set(g, PPI_A, 1, true);
    line_set(g, SPI_A, 0, true);
    bound_wait(g, 1, HANDLER, bind_intid(g, 0, SPI_A));
    guest_reset(g);
    gic_check_level(g, 1, SPI_A, without[0]);
    gic_check_level(g, 1, PPI_A, without[1]);
}

/* CPU_OFF */

static void test_cpu_off(Guest *g, const void *data)
{
    uint32_t ppi = bound_ready(g, 1, PPI_A, HANDLER);
    uint64_t seq;

    bound_ready(g, 2, PPI_A, HANDLER);
    guest_cpu_off(g, 0, 1);
    line_set(g, PPI_A, 1, true);
    guest_cpu_on(g, 0, 1);
    guest_expect(g, 1, 0, SDEI_EVENT_STATUS, ppi);
    gic_check_level(g, 1, PPI_A, true);
    guest_expect(g, 0, ppi, SDEI_INTERRUPT_BIND, PPI_A);
    /* The other PE has not noticed */
    line_set(g, PPI_A, 2, true);
    bound_wait(g, 2, HANDLER, ppi);
    line_set(g, PPI_A, 2, false);
    guest_complete(g, 2, 0);
    bound_idle(g, 2, HANDLER, 1);
    /* And this one can start afresh; the line is still high */
    bound_register(g, 1, PPI_A, HANDLER);
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, ppi);
    seq = guest_call_start(g, 1, SDEI_PE_UNMASK);
    bound_wait(g, 1, HANDLER, ppi);
    line_set(g, PPI_A, 1, false);
    guest_complete(g, 1, 0);
    guest_wait(g, 1, seq, NULL);
    bound_idle(g, 1, HANDLER, 1);
}

/* In the handler: the PPI's line goes back at once */
static void test_cpu_off_in_handler_ppi(Guest *g, const void *data)
{
    uint32_t ppi = bound_ready(g, 1, PPI_A, HANDLER);

    line_set(g, PPI_A, 1, true);
    bound_wait(g, 1, HANDLER, ppi);
    guest_cpu_off(g, 0, 1);
    guest_expect(g, 0, 0, SDEI_INTERRUPT_RELEASE, ppi);
    guest_cpu_on(g, 0, 1);
    gic_check_level(g, 1, PPI_A, true);
    line_set(g, PPI_A, 1, false);
    gic_check_idle(g, 1, PPI_A);
}

/* An SPI that is still high goes to another PE */
static void test_cpu_off_in_handler_spi(Guest *g, const void *data)
{
    uint32_t spi = bound_register_any(g, 0, SPI_A, HANDLER);

    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, spi);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    line_set(g, SPI_A, 0, true);
    bound_wait(g, 1, HANDLER, spi);
    guest_expect(g, 2, 0, SDEI_PE_UNMASK);
    bound_idle(g, 2, HANDLER, 0);
    guest_cpu_off(g, 0, 1);
    bound_wait(g, 2, HANDLER, spi);
    line_set(g, SPI_A, 0, false);
    guest_complete(g, 2, 0);
    bound_idle(g, 2, HANDLER, 1);
    guest_expect(g, 0, 3, SDEI_EVENT_STATUS, spi);
    guest_cpu_on(g, 0, 1);
    bound_idle(g, 1, HANDLER, 0);
}

/* What "info sdei" says: bound slots only, with their lines */

static char *query(Guest *g)
{
    QDict *response = qtest_qmp_assert_success_ref(
        g->qts, "{ 'execute': 'x-query-sdei' }");
    char *text = g_strdup(qdict_get_str(response, "human-readable-text"));

    qobject_unref(response);
    return text;
}

static void check_shown(Guest *g, const char *what, bool shown)
{
    g_autofree char *text = query(g);

    if (!strstr(text, what) == shown) {
        g_error("\"%s\" is %s: %s", what, shown ? "missing" : "there", text);
    }
}

static void test_info(Guest *g, const void *data)
{
    uint32_t ppi, spi;

    check_shown(g, "event 0x400001", false);
    check_shown(g, "event 0x400002", false);
    check_shown(g, "INTID", false);
    ppi = bind_intid(g, 0, PPI_A);
    spi = bind_intid(g, 0, SPI_A);
    check_shown(g, "event 0x40000100: private, normal, INTID 22\n"
                "    PE 0x0 (CPU 0): line low, unregistered\n"
                "    PE 0x1 (CPU 1): line low, unregistered\n", true);
    check_shown(g, "event 0x40000200: shared, normal, INTID 287\n"
                "    line low, unregistered\n", true);
    gic_set_edge(g, 0, SPI_A, true);
    gic_set_edge(g, 1, PPI_A, false);
    bound_register(g, 1, PPI_A, HANDLER);
    bound_register_any(g, 0, SPI_A, HANDLER);
    line_set(g, PPI_A, 0, true);
    line_set(g, PPI_A, 1, true);
    line_set(g, SPI_A, 0, true);
    check_shown(g, "    PE 0x0 (CPU 0): line high, unregistered\n"
                "    PE 0x1 (CPU 1): line high, level-triggered, registered,"
                " disabled, pending, entry", true);
    check_shown(g, "routed to any PE: line high, edge-triggered, registered,"
                " disabled, pending, entry", true);
    guest_expect(g, 1, 0, SDEI_EVENT_UNREGISTER, ppi);
    guest_expect(g, 1, 0, SDEI_EVENT_UNREGISTER, spi);
    guest_expect(g, 1, 0, SDEI_INTERRUPT_RELEASE, ppi);
    check_shown(g, "INTID 22", false);
    check_shown(g, "INTID 287\n    line high, unregistered\n", true);
}

/* The host kernel raises them itself: no PE gets any */
static void test_ppi_denied(Guest *g, const void *data)
{
    static const uint32_t intids[] = { 16, 23, 26, 27, 30, 31 };

    for (unsigned i = 0; i < ARRAY_SIZE(intids); i++) {
        for (unsigned cpu = 0; cpu < g->config.cpus; cpu++) {
            guest_expect(g, cpu, SDEI_DENIED, SDEI_INTERRUPT_BIND, intids[i]);
        }
    }
    /* What is no interrupt at all is another matter */
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_BIND, 15);
    guest_expect(g, 0, SDEI_DENIED, SDEI_EVENT_REGISTER, BOUND_PPI_FIRST,
                 GUEST_HANDLER(HANDLER));
}

/* The operator is told of it, but not each time that a guest asks */
static void test_ppi_warns(void)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *path = NULL, *args = NULL, *log = NULL;
    int fd = g_file_open_tmp("arm-sdei-log-XXXXXX", &path, &err);
    GuestConfig config = { .cpus = 1, .machine = "gic-version=3" };
    const char *first;
    Guest *g;

    g_assert_no_error(err);
    close(fd);
    args = g_strdup_printf("2>%s", path);
    config.args = args;
    g = guest_start(&config);
    for (unsigned i = 0; i < 3; i++) {
        guest_expect(g, 0, SDEI_DENIED, SDEI_INTERRUPT_BIND,
                     INTID_VIRTUAL_TIMER);
        guest_expect(g, 0, SDEI_DENIED, SDEI_INTERRUPT_BIND,
                     INTID_PHYSICAL_TIMER);
        /* This one no accelerator could have */
        guest_expect(g, 0, SDEI_DENIED, SDEI_INTERRUPT_BIND,
                     INTID_SECURE_TIMER);
    }
    g_assert_true(g_file_get_contents(path, &log, NULL, &err));
    g_test_message("%s", log);
    first = strstr(log, "warning: arm-sdei: the guest cannot bind interrupt "
                   "27 ");
    g_assert_nonnull(first);
    g_assert_null(strstr(strchr(first, '\n'), "cannot bind"));
    guest_finish();
    g_unlink(path);
}

void add_bind_tests(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(interrupts); i++) {
        const Interrupt *interrupt = &interrupts[i];
        ScenarioFlags kvm = is_spi(interrupt->intid) ? SCENARIO_LINES_KVM : 0;

        bound_add(SCENARIO_LINES_ALL | kvm, test_bind, interrupt,
                  "bind/%s-same-number-on-every-pe", interrupt->name);
        bound_add(SCENARIO_LINES | kvm, test_release, interrupt,
                  "release/%s", interrupt->name);
        bound_add(SCENARIO_LINES | kvm, test_release_in_use, interrupt,
                  "release/%s-in-use", interrupt->name);
        bound_add(SCENARIO_LINES | kvm, test_active, interrupt,
                  "register/%s-active", interrupt->name);
        bound_add(SCENARIO_LINES | kvm, test_active_taken, interrupt,
                  "register/%s-taken-by-client", interrupt->name);
        bound_add(SCENARIO_LINES | kvm, test_release_active, interrupt,
                  "release/%s-active", interrupt->name);
    }
    bound_add(SCENARIO_LINES_ALL, test_bind_invalid, NULL, "bind/invalid");
    bound_add(SCENARIO_LINES, test_bind_width, NULL, "bind/32-bits");
    bound_add(SCENARIO_LINES, test_bind_two, NULL, "bind/two-of-each");
    bound_add(SCENARIO_LINES_ALL, test_slots, NULL, "bind/slots");
    bound_add(SCENARIO_LINES, test_unbound, NULL,
              "bind/unbound-is-an-unregistered-event");
    bound_add(SCENARIO_LINES_ALL | SCENARIO_LINES_KVM, test_bind_secure, NULL,
              "bind/secure-timer");
    bound_add(SCENARIO_LINES, test_release_invalid, NULL, "release/invalid");
    bound_add(SCENARIO_LINES, test_release_ppi_other_pe, NULL,
              "release/ppi-registered-elsewhere");
    bound_add(SCENARIO_LINES_ALL, test_ppi_per_pe, NULL,
              "bind/ppi-line-per-pe");
    bound_add(SCENARIO_LINES, test_shared_reset, NULL,
              "bound/shared-reset-releases");
    bound_add(SCENARIO_LINES, test_shared_reset_ppi_registered, NULL,
              "bound/shared-reset-ppi-registered");
    bound_add(SCENARIO_LINES, test_shared_reset_running, NULL,
              "bound/shared-reset-running");
    bound_add(SCENARIO_LINES, test_private_reset, NULL,
              "bound/private-reset-gives-back");
    bound_add(SCENARIO_LINES_ALL, test_machine_reset, NULL,
              "bound/machine-reset");
    bound_add(SCENARIO_LINES, test_machine_reset_high, NULL,
              "bound/machine-reset-line-high");
    bound_add(SCENARIO_LINES, test_info, NULL, "bound/info-sdei");
    bound_add(SCENARIO_LINES, test_cpu_off, NULL, "bound/cpu-off");
    bound_add(SCENARIO_LINES, test_cpu_off_in_handler_ppi, NULL,
              "bound/cpu-off-in-handler-ppi");
    bound_add(SCENARIO_LINES | SCENARIO_LINES_KVM,
              test_cpu_off_in_handler_spi, NULL,
              "bound/cpu-off-in-handler-spi");
    bound_add(SCENARIO_LINES_KVM, test_ppi_denied, NULL, "bind/ppi-denied");
    if (guest_has_kernel_gic()) {
        qtest_add_func("/arm-sdei/lines-kvm/bind/ppi-denied-warns-once",
                       test_ppi_warns);
    }
}
