/*
 * arm-sdei-test: bound interrupts of virt's own devices
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "bound.h"

#define PE          1
#define HANDLER     0
/* 2 ms, or more on CPUs with a slower counter */
#define TIMER_TICKS 2000000

typedef struct Timer {
    const char *name;
    uint32_t intid;
    uint32_t ctl;
    uint32_t cval;
} Timer;

static const Timer timers[] = {
    { "virtual-timer", INTID_VIRTUAL_TIMER, SYSREG_CNTV_CTL, SYSREG_CNTV_CVAL },
    { "physical-timer", INTID_PHYSICAL_TIMER, SYSREG_CNTP_CTL,
      SYSREG_CNTP_CVAL },
};

/* The handler silences its device by storing @value at @address, and leaves */
static void set_silencer(Guest *g, unsigned pe, uint64_t address,
                         uint32_t value)
{
    guest_set_poke(g, pe, ID_HANDLER(HANDLER), address, value);
    guest_set_mode(g, pe, ID_HANDLER(HANDLER), MODE_AUTO);
}

static uint64_t spin_masked(Guest *g, unsigned pe)
{
    uint64_t x[31];

    guest_pattern(x, 0xdeaf);
    return guest_spin_start(g, pe, x, guest_pstate(g, PSTATE_DAIF));
}

/* A PE that spins with interrupts masked; its handler ran @count times */
static void check_reached(Guest *g, uint64_t spin, uint64_t count)
{
    guest_wait_count(g, PE, ID_HANDLER(HANDLER), count);
    guest_spin_stop(g, PE, spin, NULL);
    bound_idle(g, PE, HANDLER, count);
}

/* PL011 */

/* Send a character, which raises the line, once the last one is dealt with */
static void uart_send(Guest *g)
{
    GuestWait wait = { };

    while (qtest_readl(g->qts, UART_MIS)) {
        if (!guest_wait_more(&wait)) {
            guest_fail(g, PE, "the UART's line stays high");
        }
    }
    qtest_writel(g->qts, UART_DR, 'x');
}

static void test_uart_tx(Guest *g, const void *data)
{
    uint64_t spin;

    qtest_writel(g->qts, UART_CR, UART_CR_ENABLE);
    qtest_writel(g->qts, UART_IMSC, UART_TX);
    bound_ready(g, PE, INTID_UART, HANDLER);
    set_silencer(g, PE, UART_ICR, UART_TX);
    spin = spin_masked(g, PE);
    for (unsigned i = 1; i <= 5; i++) {
        uart_send(g);
        guest_wait_count(g, PE, ID_HANDLER(HANDLER), i);
    }
    check_reached(g, spin, 5);
    gic_check_idle(g, PE, INTID_UART);
}

/* Characters come in until the handler has read them */
static void test_uart_rx(Guest *g, const void *data)
{
    uint32_t num;

    qtest_writel(g->qts, UART_CR, UART_CR_ENABLE | UART_CR_LOOPBACK);
    qtest_writel(g->qts, UART_IMSC, UART_RX);
    num = bound_ready(g, PE, INTID_UART, HANDLER);
    for (unsigned i = 0; i < 3; i++) {
        qtest_writel(g->qts, UART_DR, 'a' + i);
        bound_wait(g, PE, HANDLER, num);
        /* Not read, so that the line is still high */
        guest_complete(g, PE, 0);
        bound_wait(g, PE, HANDLER, num);
        guest_check_eq(g, PE, guest_read32(g, PE, UART_DR) & 0xff, 'a' + i,
                       "character");
        guest_complete(g, PE, 0);
        bound_idle(g, PE, HANDLER, 2 * i + 2);
    }
}

/* PL031: later than what a busy host may take in between */
static void set_rtc_alarm(Guest *g)
{
    qtest_writel(g->qts, RTC_MR, qtest_readl(g->qts, RTC_DR) + 3);
}

static void test_rtc_alarm(Guest *g, const void *data)
{
    uint64_t spin;

    bound_ready(g, PE, INTID_RTC, HANDLER);
    set_silencer(g, PE, RTC_ICR, 1);
    spin = spin_masked(g, PE);
    qtest_writel(g->qts, RTC_IMSC, 1);
    set_rtc_alarm(g);
    check_reached(g, spin, 1);
}

/* The power button, by way of a PL061 */
static void test_power_button(Guest *g, const void *data)
{
    uint64_t spin;

    qtest_writel(g->qts, GPIO_IEV, GPIO_POWER_BUTTON);
    qtest_writel(g->qts, GPIO_IE, GPIO_POWER_BUTTON);
    bound_ready(g, PE, INTID_GPIO, HANDLER);
    set_silencer(g, PE, GPIO_IC, GPIO_POWER_BUTTON);
    spin = spin_masked(g, PE);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'system_powerdown' }");
    check_reached(g, spin, 1);
}

/* Timers */

/* PE @pe starts its timer and spins with interrupts masked */
static uint64_t timer_start(Guest *g, unsigned pe, const Timer *timer,
                            uint64_t ticks)
{
    GuestRun run;
    unsigned loop;

    guest_run_init(g, pe, &run);
    run.x[0] = guest_read_sysreg(g, pe, SYSREG_CNTVCT_EL0) + ticks;
    run.x[1] = TIMER_ENABLE;
    guest_run_insn(&run, INSN_MSR(0, timer->cval));
    guest_run_insn(&run, INSN_MSR(1, timer->ctl));
    guest_run_mark_started(pe, &run);
    loop = run.words;
    guest_run_loop(pe, &run, loop);
    guest_run_end(&run);
    guest_run_start(g, pe, &run);
    return run.seq;
}

/* All PEs at a time, as a watchdog does */
static void test_timer(Guest *g, const void *data)
{
    const Timer *timer = data;
    uint64_t run[GUEST_MAX_CPUS];
    uint32_t num = 0;

    for (unsigned pe = 0; pe < g->config.cpus; pe++) {
        uint32_t same = bound_ready(g, pe, timer->intid, HANDLER);

        g_assert(pe == 0 || same == num);
        num = same;
    }
    for (unsigned pe = 0; pe < g->config.cpus; pe++) {
        run[pe] = timer_start(g, pe, timer, TIMER_TICKS);
    }
    for (unsigned pe = 0; pe < g->config.cpus; pe++) {
        bound_wait(g, pe, HANDLER, num);
    }
    for (unsigned pe = 0; pe < g->config.cpus; pe++) {
        gic_check_idle(g, pe, timer->intid);
        /* It fires until it is told that it has been heard */
        guest_complete(g, pe, 0);
        bound_wait(g, pe, HANDLER, num);
        guest_write_sysreg(g, pe, timer->ctl, 0);
        guest_complete(g, pe, 0);
    }
    for (unsigned pe = 0; pe < g->config.cpus; pe++) {
        guest_spin_stop(g, pe, run[pe], NULL);
        bound_idle(g, pe, HANDLER, 2);
    }
}

/* A watchdog's handler sets its timer for the next time */
static void test_timer_period(Guest *g, const void *data)
{
    const Timer *timer = data;
    uint32_t num = bound_ready(g, PE, timer->intid, HANDLER);
    uint64_t run = timer_start(g, PE, timer, 0);

    for (unsigned i = 1; i <= 5; i++) {
        uint64_t now;

        bound_wait(g, PE, HANDLER, num);
        guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(HANDLER)), i,
                       "entries");
        now = guest_read_sysreg(g, PE, SYSREG_CNTVCT_EL0);
        guest_write_sysreg(g, PE, timer->cval, now + TIMER_TICKS);
        guest_complete(g, PE, 0);
    }
    bound_wait(g, PE, HANDLER, num);
    guest_write_sysreg(g, PE, timer->ctl, 0);
    guest_complete(g, PE, 0);
    guest_spin_stop(g, PE, run, NULL);
    bound_idle(g, PE, HANDLER, 6);
}

/* A timer of one PE, while the other PEs have theirs for themselves */
static void test_timer_one_pe(Guest *g, const void *data)
{
    const Timer *timer = data;
    uint32_t num = bound_ready(g, PE, timer->intid, HANDLER);
    uint64_t run;

    gic_on(g, 2);
    gic_enable(g, 2, timer->intid);
    guest_expect(g, 2, 0, SDEI_PE_UNMASK);
    guest_write_sysreg(g, 2, timer->cval, 0);
    guest_write_sysreg(g, 2, timer->ctl, TIMER_ENABLE);
    guest_check_eq(g, 2, gic_offers(g, 2), timer->intid, "interrupt");
    run = timer_start(g, PE, timer, 0);
    bound_wait(g, PE, HANDLER, num);
    guest_write_sysreg(g, PE, timer->ctl, 0);
    guest_complete(g, PE, 0);
    guest_spin_stop(g, PE, run, NULL);
    bound_idle(g, PE, HANDLER, 1);
    guest_write_sysreg(g, 2, timer->ctl, 0);
    guest_check_eq(g, 2, gic_offers(g, 2), GIC_NOTHING, "interrupt");
}

/* The client's interrupts */

/* A level that is still high when it goes back: the client takes it, once */
static void test_irq_given_back(Guest *g, const void *data)
{
    uint32_t num;
    uint64_t spin;

    qtest_writel(g->qts, UART_CR, UART_CR_ENABLE);
    qtest_writel(g->qts, UART_IMSC, UART_TX);
    gic_on(g, PE);
    gic_enable(g, PE, INTID_UART);
    num = bound_register(g, 0, INTID_UART, HANDLER);
    spin = irq_spin_start(g, PE, UART_ICR, UART_TX);
    uart_send(g);
    guest_nop(g, 0);
    guest_check_eq(g, PE, guest_count(g, PE, ID_IRQ), 0, "IRQs");
    guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, num);
    guest_wait_count(g, PE, ID_IRQ, 1);
    /* From now on by interrupt */
    uart_send(g);
    guest_wait_count(g, PE, ID_IRQ, 2);
    guest_spin_stop(g, PE, spin, NULL);
    guest_check_eq(g, PE, guest_count(g, PE, ID_IRQ), 2, "IRQs");
    guest_check_eq(g, PE, guest_word(g, PE, PE_IRQ_LAST), INTID_UART, "INTID");
}

/* One device by interrupt, another by event, on the same PE */
static void test_irq_and_event(Guest *g, const void *data)
{
    uint64_t spin;

    qtest_writel(g->qts, UART_CR, UART_CR_ENABLE);
    qtest_writel(g->qts, UART_IMSC, UART_TX);
    qtest_writel(g->qts, RTC_IMSC, 1);
    gic_on(g, PE);
    gic_enable(g, PE, INTID_UART);
    gic_enable(g, PE, INTID_RTC);
    bound_ready(g, PE, INTID_RTC, HANDLER);
    set_silencer(g, PE, RTC_ICR, 1);
    spin = irq_spin_start(g, PE, UART_ICR, UART_TX);
    for (unsigned i = 1; i <= 5; i++) {
        uart_send(g);
        guest_wait_count(g, PE, ID_IRQ, i);
    }
    set_rtc_alarm(g);
    guest_wait_count(g, PE, ID_HANDLER(HANDLER), 1);
    uart_send(g);
    guest_wait_count(g, PE, ID_IRQ, 6);
    guest_spin_stop(g, PE, spin, NULL);
    guest_check_eq(g, PE, guest_word(g, PE, PE_IRQ_LAST), INTID_UART, "INTID");
    bound_idle(g, PE, HANDLER, 1);
}

void add_device_tests(void)
{
    bound_add(SCENARIO_LINES_ALL | SCENARIO_LINES_KVM, test_uart_tx, NULL,
              "device/pl011-tx");
    bound_add(SCENARIO_LINES | SCENARIO_LINES_KVM, test_uart_rx, NULL,
              "device/pl011-rx");
    bound_add(SCENARIO_LINES | SCENARIO_LINES_KVM, test_rtc_alarm, NULL,
              "device/pl031-alarm");
    bound_add(SCENARIO_LINES | SCENARIO_LINES_KVM, test_power_button, NULL,
              "device/gpio-power-button");
    for (unsigned i = 0; i < ARRAY_SIZE(timers); i++) {
        const Timer *timer = &timers[i];

        bound_add(SCENARIO_LINES_ALL, test_timer, timer, "device/%s",
                  timer->name);
        bound_add(SCENARIO_LINES, test_timer_period, timer,
                  "device/%s-period", timer->name);
        bound_add(SCENARIO_LINES, test_timer_one_pe, timer,
                  "device/%s-of-one-pe", timer->name);
    }
    bound_add(SCENARIO_LINES_ALL | SCENARIO_LINES_KVM, test_irq_given_back,
              NULL, "device/irq-given-back");
    bound_add(SCENARIO_LINES | SCENARIO_LINES_KVM, test_irq_and_event, NULL,
              "device/irq-and-event");
}
