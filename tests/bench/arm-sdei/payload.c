/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Benchmark of SDEI, the guest's part in C: what to measure, and the report
 *
 * Each round measures everything once, so that what disturbs the host for a
 * while disturbs all figures alike. The report goes to the first serial port,
 * a line per figure:
 *
 *   result|name|operations per sample|X0|ticks of CNTVCT per sample ...
 *
 * Compiled with these macros:
 *   CONDUIT   hvc or smc
 *   SAMPLES   rounds
 *   CALLS     operations per sample
 *   CPUS      PEs of the machine, which firmware need not know
 *   TRIPS     samples that cross PEs, 0 for none
 *   ROUNDS    samples that signal to many PEs, 0 for none
 *   PENDS     1 if a disabled event can be signalled (it then stays pending)
 *   WHAT      one of the enum below
 */

#include "payload.h"
#include "start.h"
#include "gic.h"
#include "device.h"

#define EVENT           0               /* the software-signalled one */
#define SPI             100             /* nothing is connected there */
#define MAX_RESULTS     64
#define SETTLE_USEC     50
#define PSTATE_M        15

/* The null call is measured more often than all else */
#define NULLS           5
#define MAX(a, b)       ((a) > (b) ? (a) : (b))
#define MAX_TICKS       (MAX(NULLS * SAMPLES, MAX(TRIPS, ROUNDS)) + 1)

/* Rounds of a chain that are not timed: others may still be busy then */
#define CHAIN_WARM_UP   100

enum {
    EVENTS,
    DEVICES,            /* their interrupts alone, which need no SDEI */
    PARK,               /* have all PEs wait, and listen if there is SDEI */
};

typedef struct Result {
    char name[48];
    u64 ops;
    u64 x0;
    u64 count;
    u64 ticks[MAX_TICKS];
} Result;

typedef enum Mode {
    MODE_SPIN,
    MODE_IDLE,          /* WFI */
    MODE_KICK,          /* signal PE 0 once it is at EL0, and off */
} Mode;

typedef struct PE {
    /* volatile: other PEs write these */
    volatile u64 up, mode, ack, expected;
} __attribute__((aligned(64))) PE;

static Result results[MAX_RESULTS];
static u64 num_results;
static PE pes[MAX_PES];
static Chain chain;

/* ------------------------------------------------------------ the report */

static void put_string(const char *s)
{
    while (*s) {
        /* volatile: a device register */
        *(volatile unsigned int *)UART = *s++;
    }
}

static void put_number(u64 n)
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

static void put_field(const char *name, u64 n)
{
    put_string(name);
    put_number(n);
}

static void __attribute__((noreturn)) power_off(void)
{
    firmware_call(FN_PSCI_SYSTEM_OFF, 0, 0, 0, 0, 0);
    for (;;) {
        asm volatile("wfi");
    }
}

void unexpected(u64 vector, u64 esr, u64 elr)
{
    put_field("\nunexpected exception, vector ", vector);
    put_field(" ESR ", esr);
    put_field(" ELR ", elr);
    put_string("\n");
    power_off();
}

/* Names that differ in the second part only go on in the first one's row */
static Result *find_result(const char *name)
{
    u64 i, j;

    for (i = 0; i < num_results; i++) {
        for (j = 0; name[j] && results[i].name[j] == name[j]; j++) {
            continue;
        }
        if (name[j] == results[i].name[j]) {
            return &results[i];
        }
    }
    num_results++;
    for (j = 0; name[j]; j++) {
        results[i].name[j] = name[j];
    }
    return &results[i];
}

static void record(const char *name, u64 ops, u64 x0, u64 ticks)
{
    Result *r = find_result(name);

    r->ops = ops;
    r->x0 = x0;
    r->ticks[r->count++] = ticks;
}

static void report(void)
{
    u64 frequency, i, j;

    asm("mrs %0, cntfrq_el0" : "=r"(frequency));
    put_field("\nfrequency|", frequency);
    for (i = 0; i < num_results; i++) {
        put_string("\nresult|");
        put_string(results[i].name);
        put_field("|", results[i].ops);
        put_string("|");
        if ((long)results[i].x0 < 0) {
            put_field("-", -results[i].x0);
        } else {
            put_number(results[i].x0);
        }
        put_string("|");
        for (j = 0; j < results[i].count; j++) {
            put_field(j ? " " : "", results[i].ticks[j]);
        }
    }
    put_string("\nend\n");
}

static void unmask_interrupts(void)
{
    asm volatile("msr daifclr, #2");
}

/* ------------------------------------------------------------ the client */

/* As the virt machine numbers PEs with a GICv3 */
static u64 mpidr(u64 index)
{
    return (index / 16) << 8 | index % 16;
}

/* @arg is volatile as what it points to may be */
static void set_handler(const char *entry, volatile void *arg)
{
    firmware_call(FN_EVENT_UNREGISTER, EVENT, 0, 0, 0, 0);
    firmware_call(FN_EVENT_REGISTER, EVENT, (u64)entry, (u64)arg, 0, 0);
    firmware_call(FN_EVENT_ENABLE, EVENT, 0, 0, 0, 0);
    firmware_call(FN_PE_UNMASK, 0, 0, 0, 0, 0);
}

static u64 signal_pe(u64 index)
{
    return firmware_call(FN_EVENT_SIGNAL, EVENT, mpidr(index), 0, 0, 0);
}

/* Read the clock rarely: that may cost others time */
static void settle(void)
{
    u64 frequency, end, i;

    asm("mrs %0, cntfrq_el0" : "=r"(frequency));
    end = now() + frequency / 1000000 * SETTLE_USEC;
    while (now() < end) {
        for (i = 0; i < 1000; i++) {
            asm volatile("");
        }
    }
}

/* ------------------------------------------------------- calls on one PE */

static void call(const char *name, u64 fn, u64 x1, u64 x2, u64 x3)
{
    u64 x[6] = { fn, x1, x2, x3, 0, 0 };
    u64 x0 = firmware_call(fn, x1, x2, x3, 0, 0);

    record(name, CALLS, x0, time_calls(x, CALLS));
}

static void pair(const char *name, u64 fn, u64 x1, u64 x2,
                 u64 second_fn, u64 second_x1)
{
    u64 x[6] = { fn, x1, x2, 0, 0, 0 };
    u64 y[2] = { second_fn, second_x1 };
    u64 x0 = firmware_call(fn, x1, x2, 0, 0, 0);

    firmware_call(second_fn, second_x1, 0, 0, 0, 0);
    record(name, 2 * CALLS, x0, time_pairs(x, y, CALLS));
}

/* Executed in a handler, whose event is pending then: for one round only */
static int calls_in_handler_due;

static void calls_in_handler(void)
{
    if (!calls_in_handler_due) {
        return;
    }
    calls_in_handler_due = 0;
    call("EVENT_CONTEXT, in a handler", FN_EVENT_CONTEXT, 0, 0, 0);
    call("EVENT_SIGNAL of the running event", FN_EVENT_SIGNAL, EVENT, 0, 0);
}

static void null_call(void)
{
    call("null call (PSCI_VERSION)", FN_PSCI_VERSION, 0, 0, 0);
}

static void round_of_calls(void)
{
    u64 bound;

    set_handler(handler_empty, 0);
    null_call();
    call("SDEI_VERSION", FN_VERSION, 0, 0, 0);
    call("FEATURES", FN_FEATURES, 0, 0, 0);
    call("EVENT_STATUS", FN_EVENT_STATUS, EVENT, 0, 0);
    call("EVENT_GET_INFO", FN_EVENT_GET_INFO, EVENT, 0, 0);
    call("EVENT_ENABLE", FN_EVENT_ENABLE, EVENT, 0, 0);
    pair("EVENT_DISABLE, EVENT_ENABLE", FN_EVENT_DISABLE, EVENT, 0,
         FN_EVENT_ENABLE, EVENT);
    call("PE_UNMASK", FN_PE_UNMASK, 0, 0, 0);
    pair("PE_MASK, PE_UNMASK", FN_PE_MASK, 0, 0, FN_PE_UNMASK, 0);
    null_call();
    call("EVENT_REGISTER, refused", FN_EVENT_REGISTER, EVENT,
         (u64)handler_empty, 0);
    firmware_call(FN_EVENT_UNREGISTER, EVENT, 0, 0, 0, 0);
    pair("EVENT_REGISTER, EVENT_UNREGISTER", FN_EVENT_REGISTER, EVENT,
         (u64)handler_empty, FN_EVENT_UNREGISTER, EVENT);
    call("EVENT_ROUTING_SET, refused", FN_EVENT_ROUTING_SET, EVENT, 0, 0);
    call("EVENT_COMPLETE, refused", FN_EVENT_COMPLETE, 0, 0, 0);
    bound = firmware_call(FN_INTERRUPT_BIND, SPI, 0, 0, 0, 0);
    if ((long)bound > 0) {
        firmware_call(FN_INTERRUPT_RELEASE, bound, 0, 0, 0, 0);
        pair("INTERRUPT_BIND, INTERRUPT_RELEASE", FN_INTERRUPT_BIND, SPI, 0,
             FN_INTERRUPT_RELEASE, bound);
    } else {
        call("INTERRUPT_BIND, refused", FN_INTERRUPT_BIND, SPI, 0, 0);
        call("INTERRUPT_RELEASE, refused", FN_INTERRUPT_RELEASE, EVENT, 0, 0);
    }
    null_call();
    call("PRIVATE_RESET", FN_PRIVATE_RESET, 0, 0, 0);
    call("SHARED_RESET", FN_SHARED_RESET, 0, 0, 0);
    call("undefined function", FN_UNDEFINED, 0, 0, 0);

    calls_in_handler_due = 1;
    set_handler(handler_run, calls_in_handler);
    signal_pe(0);
    if (PENDS) {
        set_handler(handler_empty, 0);
        firmware_call(FN_EVENT_DISABLE, EVENT, 0, 0, 0, 0);
        call("EVENT_SIGNAL of a disabled event", FN_EVENT_SIGNAL, EVENT, 0, 0);
    }
}

static void round_of_events(void)
{
    set_handler(handler_empty, 0);
    null_call();
    call("self-signal round trip, at EL1", FN_EVENT_SIGNAL, EVENT, 0, 0);
    record("SVC and ERET", CALLS, 0, time_svc(CALLS));
    null_call();
    set_handler(handler_resume, 0);
    call("the same, COMPLETE_AND_RESUME and ERET", FN_EVENT_SIGNAL, EVENT,
         0, 0);
}

/* ------------------------------------------------------ more than one PE */

/* Returns: whether there is such a PE */
static int power_on(u64 index, Mode mode)
{
    u64 ret;

    pes[index].up = 0;
    pes[index].mode = mode;
    do {
        ret = firmware_call(FN_PSCI_CPU_ON, mpidr(index), (u64)secondary,
                            index, 0, 0);
    } while (ret == (u64)-4);   /* ALREADY_ON: it is just going off */
    return ret == 0;
}

/* Somebody else has to send the first one: this PE cannot call from EL0 */
static void round_at_el0(void)
{
    chain = (Chain) {
        .left = CALLS + CHAIN_WARM_UP,
        .count = CALLS,
        .self = mpidr(0),
    };
    set_handler(handler_chain, &chain);
    if (!power_on(1, MODE_KICK)) {
        return;
    }
    wait_at_el0(&chain);
    if (chain.pstate & PSTATE_M) {
        put_string("\nthe events did not come at EL0\n");
        power_off();
    }
    record("self-signal round trip, at EL0", CALLS, 0,
           chain.end - chain.start);
}

static void send(u64 index)
{
    pes[index].expected++;
    signal_pe(index);
}

static void wait_spinning(u64 index)
{
    while (pes[index].ack != pes[index].expected) {
        asm volatile("yield");
    }
}

static void wait_polling(u64 index)
{
    while (pes[index].ack != pes[index].expected) {
        now();
        asm volatile("yield");
    }
}

/* PE 1's loop does not know of the change before its next event */
static void set_mode(Mode mode)
{
    pes[1].mode = mode;
    send(1);
    wait_spinning(1);
    settle();
}

/* What an operating system would send: PE 1 does not mask interrupts */
static void send_sgi(u64 index)
{
    pes[index].expected++;
    gic_send_sgi(index);
}

static void trip(const char *name, void (*how)(u64 index),
                 void (*wait)(u64 index))
{
    u64 start = now();

    how(1);
    wait(1);
    record(name, 1, 0, now() - start);
    settle();
}

static void round_across(void)
{
    set_mode(MODE_SPIN);
    trip("PE 1 spins, PE 0 waits on memory", send, wait_spinning);
    trip("PE 1 spins, by an SGI", send_sgi, wait_spinning);
    trip("PE 1 spins, PE 0 polls CNTVCT", send, wait_polling);
    set_mode(MODE_IDLE);
    trip("PE 1 in WFI, PE 0 waits on memory", send, wait_spinning);
    trip("PE 1 in WFI, by an SGI", send_sgi, wait_spinning);
    trip("PE 1 in WFI, PE 0 polls CNTVCT", send, wait_polling);
}

/* The decimal number @n replaces the last three characters of @name */
static void record_for(char *name, u64 n, u64 ticks)
{
    u64 rest = n, end, i;

    for (end = 0; name[end]; end++) {
        continue;
    }
    for (i = 1; i <= 3; i++, rest /= 10) {
        name[end - i] = rest || i == 1 ? '0' + rest % 10 : ' ';
    }
    record(name, n - 1, 0, ticks);
}

static void round_of_n(u64 n)
{
    char called[] = "PE 0 has signalled N-1 PEs, N = 000";
    char handled[] = "N-1 handlers have run, N = 000";
    u64 start, end, i;

    start = now();
    for (i = 1; i < n; i++) {
        send(i);
    }
    end = now();
    for (i = 1; i < n; i++) {
        wait_spinning(i);
    }
    record_for(handled, n, now() - start);
    record_for(called, n, end - start);
    settle();
}

/* Returns: how many PEs there are */
static u64 power_on_all(void)
{
    u64 num = 1;

    while (num < CPUS && power_on(num, MODE_IDLE)) {
        while (!pes[num].up) {
            asm volatile("yield");
        }
        num++;
    }
    return num;
}

static void measure_across(void)
{
    u64 num = power_on_all(), n, i;

    if (num == 1) {
        return;
    }
    settle();
    for (i = 0; i < TRIPS; i++) {
        round_across();
    }
    for (i = 0; i < ROUNDS; i++) {
        for (n = 2; n <= num; n *= 2) {
            round_of_n(n);
        }
    }
}

static void secondary_main(u64 index)
{
    PE *pe = &pes[index];

    if (pe->mode == MODE_KICK) {
        while (!chain.ready) {
            continue;
        }
        signal_pe(0);
        firmware_call(FN_PSCI_CPU_OFF, 0, 0, 0, 0, 0);
    }
    set_handler(handler_ack, &pe->ack);
    if (index == 1) {
        asm volatile("msr tpidr_el1, %0" : : "r"(&pe->ack));
        gic_init_pe(index);
        unmask_interrupts();
    }
    pe->up = 1;
    for (;;) {
        if (pe->mode == MODE_IDLE) {
            asm volatile("wfi");
        }
    }
}

static void measure_devices(void)
{
    int console;
    u64 i;

    gic_init_pe(0);
    console = device_init();
    unmask_interrupts();
    for (i = 0; i < SAMPLES; i++) {
        null_call();
        record("interrupt of the PL011", CALLS, 0, time_pl011(CALLS));
        if (console) {
            record("interrupt of a virtio console", CALLS, 0,
                   time_virtio(CALLS));
        }
    }
}

static void measure_events(void)
{
    u64 i;

    if ((long)firmware_call(FN_VERSION, 0, 0, 0, 0, 0) < 0) {
        put_string("\nthere is no SDEI\n");
        power_off();
    }
    for (i = 0; i < SAMPLES; i++) {
        round_of_calls();
        round_of_events();
        round_at_el0();
    }
    if (TRIPS || ROUNDS) {
        measure_across();
    }
}

static void __attribute__((noreturn)) park(void)
{
    u64 num = power_on_all();

    set_handler(handler_empty, 0);
    put_field("\nparked|", num);
    put_string("\n");
    for (;;) {
        asm volatile("wfi");
    }
}

void pe_main(u64 index)
{
    if (index) {
        secondary_main(index);
    }
    gic_init();
    switch (WHAT) {
    case EVENTS:
        measure_events();
        break;
    case DEVICES:
        put_string("\n");          /* the PL011 was told something */
        measure_devices();
        break;
    case PARK:
        park();
    }
    report();
    power_off();
}
