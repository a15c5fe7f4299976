/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hostile guest for SDEI: does it all work in the end?
 *
 * Whatever was done before, all PEs come here, all is reset, and each event is
 * taken on each PE.
 */

#define FIRST_LINE 10000

#include "machine.h"
#include "client.h"

u64 total_calls(void)
{
    u64 sum = 0, i;

    for (i = 0; i < config.num_pes; i++) {
        sum += ctl->pe[i].calls;
    }
    return sum;
}

enum {
    COUNT_SW = MAX_EVENTS, COUNT_NMI, COUNT_BOUND,
};

u64 health_event(PE *pe, u64 event, u64 arg)
{
    if (arg != arg_of(event)) {
        return END_RESUME_FRESH;        /* registered before it */
    }
    if (event >= EVENT_PPI && event < EVENT_USER) {
        timer_off();
        device_off();
        pe->count[COUNT_BOUND]++;
    } else if (event >= EVENT_USER) {
        u64 i;

        for (i = 0; i < config.num_events; i++) {
            if (config.event[i] == event) {
                pe->count[i]++;
            }
        }
    } else {
        pe->count[event == EVENT_SW ? COUNT_SW : COUNT_NMI]++;
    }
    return END_COMPLETE;
}

static void expect_at(u64 line, PE *pe, u64 right, u64 fn, u64 x1, u64 x2,
                      u64 x3, u64 x4, u64 x5)
{
    u64 result = call(pe, fn, x1, x2, x3, x4, x5);

    if (result != right) {
        fail_at(line, fn, x1, result, index_of(pe));
    }
}

#define expect(...) expect_at(FIRST_LINE + __LINE__, __VA_ARGS__)

static void register_and_enable(PE *pe, u64 event)
{
    expect(pe, OK, FN_EVENT_REGISTER, event, (u64)handler, arg_of(event), 0, 0);
    expect(pe, OK, FN_EVENT_ENABLE, event, 0, 0, 0, 0);
}

static void unregister(PE *pe, u64 event)
{
    expect(pe, OK, FN_EVENT_UNREGISTER, event, 0, 0, 0, 0);
}

static void set_stage(u64 stage)
{
    asm volatile("dmb sy" : : : "memory");
    ctl->stage = stage;
}

static void await_stage(PE *pe, u64 stage)
{
    while (ctl->stage < stage) {
        wait_pattern(pe, &ctl->stage, stage, WAIT_ROUNDS);
    }
}

/* All PEs come here: go on together */
static void barrier(PE *pe, u64 stage)
{
    u64 i;

    asm volatile("dmb sy" : : : "memory");
    pe->done = stage;
    if (index_of(pe)) {
        await_stage(pe, stage);
        return;
    }
    for (i = 0; i < config.num_pes; i++) {
        while (ctl->pe[i].done < stage) {
            wait_pattern(pe, &ctl->pe[i].done, stage, WAIT_ROUNDS);
        }
    }
    set_stage(stage);
}

/* PE 0 has all others come, from wherever they are */
static void gather(PE *pe)
{
    u64 i;

    for (i = 1; i < config.num_pes; i++) {
        while (!ctl->pe[i].arrived) {
            call(pe, FN_PSCI_CPU_ON, mpidr(i), (u64)secondary, 0, 0, 0);
            gic_wake(i);
            /* Below, with interrupts masked, it waits for that alone */
            ctl->turn = i;
            wait_pattern(pe, &ctl->pe[i].arrived, 1, 1000);
        }
    }
    ctl->turn = 0;
}

static u64 total(u64 which)
{
    u64 sum = 0, i;

    for (i = 0; i < config.num_pes; i++) {
        sum += ctl->pe[i].count[which];
    }
    return sum;
}

static void await_total(PE *pe, u64 which, u64 count)
{
    while (total(which) < count) {
        wait_pattern(pe, &ctl->turn, 0x100, 1000);
    }
}

/* Each to each, one at a time */
static void check_signals(PE *pe, u64 stage)
{
    u64 self = index_of(pe), sender, i;

    for (i = 0; i < ARRAY_SIZE(pe->count); i++) {
        pe->count[i] = 0;
    }
    register_and_enable(pe, EVENT_SW);
    expect(pe, OK, FN_PE_UNMASK, 0, 0, 0, 0, 0);
    barrier(pe, stage);
    for (sender = 0; sender < config.num_pes; sender++) {
        for (i = 0; i < config.num_pes && sender == self; i++) {
            u64 before = ctl->pe[i].count[COUNT_SW];

            expect(pe, OK, FN_EVENT_SIGNAL, EVENT_SW, mpidr(i), 0, 0, 0);
            while (ctl->pe[i].count[COUNT_SW] == before) {
                wait_pattern(pe, &ctl->turn, 0x100, 100);
            }
        }
        barrier(pe, stage + 1 + sender);
    }
    if (pe->count[COUNT_SW] != config.num_pes) {
        fail(pe->count[COUNT_SW], self, 0, 0);
    }
    unregister(pe, EVENT_SW);
}

static u64 bind(PE *pe, u64 intid)
{
    u64 event = call(pe, FN_INTERRUPT_BIND, intid, 0, 0, 0, 0);

    if (is_error(event) || event != call(pe, FN_INTERRUPT_BIND, intid, 0, 0, 0,
                                         0)) {
        fail(intid, event, 0, 0);
    }
    return event;
}

static void check_spi(PE *pe)
{
    u64 event = bind(pe, INTID_UART);

    register_and_enable(pe, event);
    uart_raise();
    await_total(pe, COUNT_BOUND, 1);
    /* Its handler may still run, on another PE */
    while (call(pe, FN_EVENT_STATUS, event, 0, 0, 0, 0) & STATUS_RUNNING) {
        wait_pattern(pe, &ctl->turn, 0x100, 100);
    }
    unregister(pe, event);
    expect(pe, OK, FN_INTERRUPT_RELEASE, event, 0, 0, 0, 0);
}

static void check_ppi(PE *pe)
{
    u64 event = bind(pe, INTID_VTIMER);
    u64 before = pe->count[COUNT_BOUND];

    register_and_enable(pe, event);
    timer_raise();
    /* volatile: its handler writes it */
    while (((volatile PE *)pe)->count[COUNT_BOUND] == before) {
        wait_pattern(pe, &ctl->turn, 0x100, 1000);
    }
    timer_off();
    unregister(pe, event);
}

/* The private ones on each PE, shared ones and the NMI on one */
static void check_triggers(PE *pe, u64 stage)
{
    u64 self = index_of(pe), i;

    for (i = 0; i < config.num_events; i++) {
        if (!config.shared[i] || self == 0) {
            register_and_enable(pe, config.event[i]);
        }
    }
    if (self == 0) {
        register_and_enable(pe, EVENT_NMI);
    }
    barrier(pe, stage);
    if (self == 0) {
        put_string("\nfuzz: trigger\n");
        ctl->wants_triggers = 1;
        for (i = 0; i < config.num_events; i++) {
            await_total(pe, i, config.shared[i] ? 1 : config.num_pes);
        }
        await_total(pe, COUNT_NMI, 1);
    }
    barrier(pe, stage + 1);
}

static void reset_all(PE *pe, u64 stage)
{
    expect(pe, OK, FN_PRIVATE_RESET, 0, 0, 0, 0, 0);
    barrier(pe, stage);
    if (index_of(pe) == 0) {
        expect(pe, OK, FN_SHARED_RESET, 0, 0, 0, 0, 0);
        expect(pe, OK, FN_EVENT_STATUS, EVENT_SW, 0, 0, 0, 0);
        expect(pe, OK, FN_EVENT_STATUS, EVENT_NMI, 0, 0, 0, 0);
    }
    barrier(pe, stage + 1);
}

static void end(PE *pe)
{
    put_string("\nfuzz: ");
    put_number(total_calls());
    put_string(" calls, healthy\n");
    ctl->healthy = 1;
    if (config.flags & FLAG_OFF) {
        call(pe, FN_PSCI_SYSTEM_OFF, 0, 0, 0, 0, 0);
    }
}

void check_health(PE *pe)
{
    const u64 n = config.num_pes;

    /* Mask first: a line that is high has its event back after each end */
    call(pe, FN_PE_MASK, 0, 0, 0, 0, 0);
    timer_off();
    if (in_handler(pe)) {
        resume_fresh(pe);
        never_return();
    }
    gic_init_pe(index_of(pe));
    pe->arrived = 1;
    if (index_of(pe) == 0) {
        gather(pe);
        device_off();
        gic_init_shared();
        put_string("\nfuzz: all are here\n");
    }
    reset_all(pe, 1);
    check_signals(pe, 3);
    if (index_of(pe) == 0) {
        check_spi(pe);
    }
    barrier(pe, n + 4);
    if (!(config.flags & FLAG_KVM)) {
        check_ppi(pe);
    }
    check_triggers(pe, n + 5);
    reset_all(pe, n + 7);
    if (index_of(pe) == 0) {
        end(pe);
    }
    for (;;) {
        asm volatile("wfi");
    }
}
