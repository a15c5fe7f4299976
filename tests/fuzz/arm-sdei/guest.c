/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hostile guest for SDEI: what it does, and what it checks
 *
 * Each PE takes random steps, most of them calls. An answer that cannot be,
 * registers that a call or an event has changed, or a handler that gets what
 * is not its own are failures; so is that something does not work any more at
 * the end, when all was reset.
 */

#include "machine.h"
#include "client.h"

/* Say it once; nothing more is done then */
void fail_at(u64 line, u64 a, u64 b, u64 c, u64 d)
{
    if (!ctl->failure) {
        ctl->detail[0] = a;
        ctl->detail[1] = b;
        ctl->detail[2] = c;
        ctl->detail[3] = d;
        ctl->failure = line;
    }
    put_string("\nfuzz: failure at line ");
    put_number(line);
    put_string("\n");
    for (;;) {
        asm volatile("yield");
    }
}

u64 mix(u64 z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ul;
    z = (z ^ z >> 27) * 0x94d049bb133111ebul;
    return z ^ z >> 31;
}

/* volatile: for those that others see as well */
static u64 next_random(volatile u64 *state)
{
    *state += 0x9e3779b97f4a7c15ul;
    return mix(*state);
}

u64 rnd(PE *pe)
{
    return next_random(&pe->rng);
}

static int allowed(u64 kind)
{
    return config.kinds >> kind & 1;
}

static int turns(void)
{
    return (config.flags & FLAG_TURNS) && ctl->phase == PHASE_FUZZ;
}

/* ----------------------------------------------------------------- calls */

static u64 call_by(PE *pe, u64 instruction, u64 fn, u64 x1, u64 x2, u64 x3,
                   u64 x4, u64 x5)
{
    u64 x[6] = { fn, x1, x2, x3, x4, x5 };
    u64 bad = 0, result;

    pe->last_fn = fn;
    pe->calls++;
    if ((u32)fn - FN_SDEI(0) < 32) {
        pe->calls_of[(u32)fn - FN_SDEI(0)]++;
    }
    result = firmware(x, pe->rng, &bad, instruction);
    if (bad) {
        fail(fn, x1, bad, result);
    }
    if (turns() && fn != FN_EVENT_CONTEXT) {
        ctl->digest = mix(ctl->digest ^ fn) ^ mix(result + index_of(pe));
    }
    return result;
}

u64 call(PE *pe, u64 fn, u64 x1, u64 x2, u64 x3, u64 x4, u64 x5)
{
    return call_by(pe, 0, fn, x1, x2, x3, x4, x5);
}

int is_error(u64 result)
{
    return result == NOT_SUPPORTED || result == INVALID_PARAMETERS ||
           result == DENIED || result == PENDING || result == OUT_OF_RESOURCE;
}

/* What each call can answer at most when it succeeds */
static u64 largest(u64 fn)
{
    switch (fn) {
    case FN_VERSION:
        return 1ul << 48 | 1ul << 32;
    case FN_EVENT_STATUS:
        return 7;
    case FN_EVENT_GET_INFO:
        return 0xff00fffffful;
    case FN_PE_MASK:
        return 1;
    case FN_INTERRUPT_BIND:
        return EVENT_SPI + 31;
    case FN_FEATURES:
        return 0xffffffff;
    case FN_EVENT_CONTEXT:
        return ~0ul;
    default:
        return 0;
    }
}

static void check_result(u64 fn, u64 x1, u64 result)
{
    if (!is_error(result) && result > largest(fn)) {
        fail(fn, x1, result, 0);
    }
}

/* ----------------------------------------------------------------- turns */

/* Whose turn is next: one of those that are on, or the host's */
static u64 choose_next(void)
{
    u64 n = next_random(&ctl->turn_rng) % config.num_pes;

    while (!ctl->pe[n].on) {
        n = (n + 1) % config.num_pes;
    }
    return n;
}

static void give_turn(u64 next)
{
    if (ctl->pe[next].asleep) {
        gic_wake(next);
    }
    if (config.request_every &&
        next_random(&ctl->turn_rng) % config.request_every == 0) {
        ctl->requester = next;
        ctl->requests++;
        next = TURN_HOST;
    }
    asm volatile("dmb sy" : : : "memory");
    ctl->turn = next;
}

/* A PE that is going off is off before anybody else goes on */
static void await_offing(PE *pe)
{
    if (ctl->offing) {
        while (call(pe, FN_PSCI_AFFINITY_INFO, mpidr(ctl->offing), 0, 0, 0,
                    0) == 0) {
            asm volatile("yield");
        }
        ctl->offing = 0;
    }
}

/* volatile: somebody else writes it */
void wait_pattern(PE *pe, volatile u64 *p, u64 value, u64 rounds)
{
    u64 bad = pattern_wait(p, value, rounds, mix(pe->steps + pe->events));

    if (bad) {
        fail(bad, pe->events, 0, 0);
    }
}

static void wait_turn(PE *pe)
{
    u64 self = index_of(pe);

    if (!turns()) {
        return;
    }
    if (pe->granted) {
        pe->granted = 0;
        give_turn(choose_next());
    }
    while (ctl->turn != self) {
        if (ctl->phase != PHASE_FUZZ) {
            return;
        }
        wait_pattern(pe, &ctl->turn, self, WAIT_ROUNDS);
    }
    pe->granted = 1;
    await_offing(pe);
}

/* ------------------------------------------------------------- arguments */

static u64 some_event(PE *pe)
{
    switch (below(pe, 12)) {
    case 0:
    case 1:
    case 2:
        return EVENT_SW;
    case 3:
        return EVENT_NMI + below(pe, 3);
    case 4:
    case 5:
        return EVENT_PPI + below(pe, below(pe, 4) ? 3 : 17);
    case 6:
    case 7:
        return EVENT_SPI + below(pe, below(pe, 4) ? 3 : 33);
    case 8:
    case 9:
        if (config.num_events) {
            return config.event[below(pe, config.num_events)];
        }
        return EVENT_USER + below(pe, 4);
    case 10:
        return EVENT_USER + below(pe, 10) + (rnd(pe) << 32);
    default:
        return rnd(pe) >> below(pe, 64);
    }
}

static u64 some_affinity(PE *pe)
{
    u64 affinity = mpidr(below(pe, config.num_pes));

    switch (below(pe, 8)) {
    case 0:
        return affinity | 1ul << 31;
    case 1:
        return affinity | rnd(pe) << 40;
    case 2:
        return affinity | rnd(pe);
    case 3:
        return rnd(pe) >> below(pe, 64);
    default:
        return affinity;
    }
}

/* Where only an exception is to be had, or nothing */
static u64 nonsense(PE *pe)
{
    switch (below(pe, 9)) {
    case 0:
        return (u64)handler_brk;
    case 1:
        return (u64)handler_svc;
    case 2:
        return (u64)handler_nops;
    case 3:
        return ZEROES + below(pe, 1024) * 4;
    case 4:
        return below(pe, 2) * 4;
    case 5:
        return (u64)handler_brk + below(pe, 4);
    case 6:
        return 0xdead0000;
    case 7:
        /* Code in the data register is too much for QEMU with -icount */
        return UART + 4 + below(pe, 31) * 4;
    default:
        return rnd(pe) | 1ul << 48;
    }
}

static u64 some_entry(PE *pe)
{
    u64 entry = (u64)handler;

    if (allowed(KIND_WILD)) {
        if (!below(pe, 24)) {
            entry |= below(pe, 256) << 56;
        } else if (!below(pe, 3)) {
            entry = nonsense(pe);
        }
    }
    return entry;
}

static u64 some_resume(PE *pe)
{
    return below(pe, 4) || !allowed(KIND_WILD) ? (u64)fresh : nonsense(pe);
}

/* What a handler of @event is to find in X1 */
u64 arg_of(u64 event)
{
    return mix((u32)event + 1);
}

static u64 some_flags(PE *pe)
{
    return below(pe, 8) ? below(pe, 8) == 0 : rnd(pe) >> below(pe, 64);
}

static u64 some_intid(PE *pe)
{
    static const u32 known[] = {
        INTID_VTIMER, INTID_PTIMER, INTID_UART, INTID_UART, INTID_RTC,
        INTID_GPIO, 26, 28, 29, 15, 16, 31, 32, 1019, 1020, 1023, 8192,
    };

    switch (below(pe, 8)) {
    case 0:
        return 16 + below(pe, 16);
    case 1:
        return 32 + below(pe, config.spis + 2);
    case 2:
        return rnd(pe) >> below(pe, 64);
    default:
        return known[below(pe, ARRAY_SIZE(known))];
    }
}

/* ------------------------------------------------------------------ steps */

void never_return(void)
{
    fail(0, 0, 0, 0);
}

/* Leave the innermost handler, if there is one */
void resume_fresh(PE *pe)
{
    call(pe, FN_COMPLETE_AND_RESUME, (u64)fresh, 0, 0, 0, 0);
}

/* A saved register may have the value of an error, but not both of these */
int in_handler(PE *pe)
{
    return call(pe, FN_EVENT_CONTEXT, 0, 0, 0, 0, 0) != DENIED ||
           call(pe, FN_EVENT_CONTEXT, 17, 0, 0, 0, 0) != DENIED;
}

static void complete_step(PE *pe)
{
    u64 result;

    if (below(pe, 2) || in_handler(pe)) {
        result = call(pe, FN_COMPLETE_AND_RESUME, some_resume(pe), 0, 0, 0, 0);
    } else {
        result = call(pe, FN_EVENT_COMPLETE, below(pe, 3), 0, 0, 0, 0);
    }
    if (result != DENIED && result != INVALID_PARAMETERS) {
        fail(result, 0, 0, 0);
    }
}

static void sdei_step(PE *pe)
{
    u64 fn = FN_SDEI(below(pe, below(pe, 16) ? 19 : 32));
    u64 x1 = some_event(pe), x2 = rnd(pe), x3 = rnd(pe), x4 = rnd(pe);
    u64 x5 = rnd(pe), result;

    switch (fn) {
    case FN_EVENT_REGISTER:
        x2 = some_entry(pe);
        x3 = arg_of(x1);
        x4 = some_flags(pe);
        x5 = some_affinity(pe);
        break;
    case FN_EVENT_COMPLETE:
    case FN_COMPLETE_AND_RESUME:
        complete_step(pe);
        return;
    case FN_EVENT_CONTEXT:
        x1 = below(pe, 8) ? below(pe, 19) : rnd(pe);
        break;
    case FN_EVENT_GET_INFO:
        x2 = below(pe, 8) ? below(pe, 6) : rnd(pe);
        break;
    case FN_EVENT_ROUTING_SET:
        x2 = below(pe, 8) ? below(pe, 2) : rnd(pe);
        x3 = some_affinity(pe);
        break;
    case FN_INTERRUPT_BIND:
        x1 = some_intid(pe);
        break;
    case FN_EVENT_SIGNAL:
        x1 = below(pe, 8) ? 0 : x1;
        x2 = some_affinity(pe);
        break;
    case FN_FEATURES:
        x1 = below(pe, 4);
        break;
    case FN_PRIVATE_RESET:
    case FN_SHARED_RESET:
    case FN_PE_MASK:
        /* All would be idle most of the time */
        if (below(pe, 4)) {
            return;
        }
        break;
    }
    result = call(pe, fn, x1, x2, x3, x4, x5);
    check_result(fn, x1, result);
}

/* The number of a slot that goes from one interrupt to another, or a new one */
static u64 rebind(PE *pe)
{
    u64 event = (below(pe, 2) ? EVENT_PPI : EVENT_SPI) + below(pe, 3), result;

    if (below(pe, 2)) {
        call(pe, FN_EVENT_UNREGISTER, event, 0, 0, 0, 0);
        call(pe, FN_INTERRUPT_RELEASE, event, 0, 0, 0, 0);
    }
    result = call(pe, FN_INTERRUPT_BIND, some_intid(pe), 0, 0, 0, 0);
    return is_error(result) ? EVENT_SW : result;
}

/* What a client does in good faith, and hopes for an event */
static void client_step(PE *pe)
{
    u64 event = below(pe, 2) ? some_event(pe) : rebind(pe);

    if (!below(pe, 8)) {
        return;
    }
    call(pe, FN_EVENT_REGISTER, event, some_entry(pe), arg_of(event),
         below(pe, 2), mpidr(below(pe, config.num_pes)));
    call(pe, FN_EVENT_ENABLE, event, 0, 0, 0, 0);
    call(pe, FN_PE_UNMASK, 0, 0, 0, 0, 0);
    call(pe, FN_EVENT_SIGNAL, 0, mpidr(below(pe, config.num_pes)), 0, 0, 0);
}

static void psci_step(PE *pe)
{
    static const u32 harmless[] = {
        FN_PSCI_VERSION, 0x8400000a, 0x80000000, 0x80000001, 0x84000006,
        0x84000005, 0xc4000013, 0x8400000f, 0xc4000020, 0x84000020,
    };
    u64 fn;

    switch (below(pe, 4)) {
    case 0:
        call(pe, FN_PSCI_AFFINITY_INFO, some_affinity(pe), below(pe, 5), 0, 0,
             0);
        break;
    case 1:
        /* Never on, as there is no such PE */
        call(pe, FN_PSCI_CPU_ON, 0x1000000 | rnd(pe) % 0xffffff,
             nonsense(pe), rnd(pe), 0, 0);
        break;
    case 2:
        fn = harmless[below(pe, ARRAY_SIZE(harmless))];
        call_by(pe, below(pe, 8) ? 0 : below(pe, 3), fn, rnd(pe), rnd(pe),
                rnd(pe), 0, 0);
        break;
    default:
        fn = rnd(pe) >> below(pe, 64);
        /* Suspend, off, on, system off and reset have steps of their own */
        if ((fn & 0xffffffe0 & ~(1ul << 30)) == 0x84000000 ||
            (fn & ~0xfful) == 0x95c1ba00) {
            break;
        }
        call(pe, fn, some_event(pe), rnd(pe), rnd(pe), 0, 0);
    }
}

static void await_start(PE *target, u64 started)
{
    /* volatile: the target writes it */
    while (turns() && ((volatile PE *)target)->started == started) {
        asm volatile("yield");
    }
}

static void power_step(PE *pe)
{
    u64 self = index_of(pe), n = below(pe, config.num_pes);
    PE *target = (PE *)&ctl->pe[n];
    u64 started = target->started;
    u64 how = below(pe, 8);

    if (how == 0 && self) {
        if (turns()) {
            /* From here on nothing may come between */
            call(pe, FN_PE_MASK, 0, 0, 0, 0, 0);
            pe->granted = 0;
            pe->on = 0;
            ctl->offing = self;
            give_turn(choose_next());
        }
        pe->on = 0;
        call(pe, FN_PSCI_CPU_OFF, 0, 0, 0, 0, 0);
        never_return();
    }
    if (call(pe, FN_PSCI_CPU_ON, mpidr(n), (u64)secondary, rnd(pe), 0,
             0) == OK) {
        await_start(target, started);
    }
}

static void pstate_step(PE *pe)
{
    u64 value = rnd(pe);

    switch (below(pe, 9)) {
    case 0:
    case 1:
    case 2:
        open_window(value & 0x3c0, below(pe, 50), value & 1);
        break;
    case 3:
        asm volatile(".inst 0xd500409f | 1 << 8");      /* PAN */
        break;
    case 4:
        asm volatile(".inst 0xd500409f");
        break;
    case 5:
        asm volatile(".inst 0xd503415f");               /* DIT */
        break;
    case 6:
        asm volatile(".inst 0xd503413f");               /* SSBS */
        break;
    case 7: {
        /* TBI of both halves, or of the one that EL2 has */
        u64 tbi = current_el() == 2 ? value & 1 << 20 : (value & 3) << 37;

        if (current_el() == 2) {
            asm volatile("msr tcr_el2, %0; isb" : : "r"(tbi));
        } else {
            asm volatile("msr tcr_el1, %0; isb" : : "r"(tbi));
        }
        break;
    }
    default: {
        u64 sctlr, bits = 1ul << 23 | 1ul << 44;        /* SPAN, DSSBS */

        if (current_el() == 2) {
            asm volatile("mrs %0, sctlr_el2" : "=r"(sctlr));
            sctlr = (sctlr & ~bits) | (value & bits);
            asm volatile("msr sctlr_el2, %0; isb" : : "r"(sctlr));
        } else {
            asm volatile("mrs %0, sctlr_el1" : "=r"(sctlr));
            sctlr = (sctlr & ~bits) | (value & bits);
            asm volatile("msr sctlr_el1, %0; isb" : : "r"(sctlr));
        }
    }
    }
}

/* Below, until an exception brings us back */
static void lower_step(PE *pe)
{
    u64 spsr = below(pe, 16) << 6, entry = (u64)lower_code, how = below(pe, 4);
    u64 mode = below(pe, current_el() == 2 ? 5 : 3);

    switch (mode) {
    case 0:
        spsr = (spsr & 0x1c0) | 0x10;   /* A32, little-endian */
        entry = (u64)lower_code32;
        break;
    case 3:
        spsr |= 4;
        break;
    case 4:
        spsr |= 5;
        break;
    }
    if (!below(pe, 8)) {
        spsr |= 1ul << below(pe, 2) * 20;       /* SS or IL, or nonsense */
    }
    if (!below(pe, 8) && current_el() == 1) {
        asm volatile("msr mdscr_el1, %0" : : "r"(1ul));
        spsr |= 1ul << 21;
    }
    if (turns()) {
        pe->granted = 0;
        give_turn(choose_next());
    }
    lower(spsr, entry, &ctl->turn, turns() ? index_of(pe) : 0x100,
          turns() ? ~0u : below(pe, 2000) + 1, how);
}

static void sleep_step(PE *pe)
{
    u64 self = index_of(pe), next;

    if (self == 0) {
        return;
    }
    gic_sleep(self);
    pe->asleep = 1;
    asm volatile("dsb sy" : : : "memory");
    if (turns()) {
        next = choose_next();
        if (next == self) {
            pe->asleep = 0;
            return;
        }
        pe->granted = 0;
        give_turn(next);
    }
    /* The health check does not wake those that just go to sleep */
    if (ctl->phase == PHASE_FUZZ) {
        if (below(pe, 2)) {
            call(pe, FN_PSCI_CPU_SUSPEND, 0, 0, 0, 0, 0);
        } else {
            asm volatile("wfi");
        }
    }
    pe->asleep = 0;
    wait_turn(pe);
}

static void exception_step(PE *pe)
{
    switch (below(pe, 6)) {
    case 0:
        asm volatile("svc #0");
        break;
    case 1:
        asm volatile("brk #0");
        break;
    case 2:
        asm volatile(".inst 0");
        break;
    case 3:
        asm volatile("br %0" : : "r"(0xdead0000ul));
        break;
    case 4:
        /* The other one */
        if (current_el() == 2) {
            asm volatile("hvc #7");
        } else {
            asm volatile("smc #7" : : : "x0", "x1", "x2", "x3");
        }
        break;
    default:
        asm volatile("ldr xzr, [%0]" : : "r"(0xdead0000ul) : "memory");
    }
}

static void reset_step(PE *pe)
{
    call(pe, below(pe, 4) ? FN_PSCI_SYSTEM_RESET : FN_PSCI_SYSTEM_OFF, 0, 0, 0,
         0, 0);
    never_return();
}

static const struct {
    unsigned char weight, kind;
    void (*take)(PE *pe);
} steps[] = {
    { 80, KIND_SDEI, sdei_step },
    { 24, KIND_CLIENT, client_step },
    { 8, KIND_PSCI, psci_step },
    { 6, KIND_POWER, power_step },
    { 12, KIND_GIC, gic_step },
    { 8, KIND_TIMER, timer_step },
    { 8, KIND_DEVICE, device_step },
    { 6, KIND_PSTATE, pstate_step },
    { 4, KIND_LOWER, lower_step },
    { 2, KIND_SLEEP, sleep_step },
    { 2, KIND_EXCEPTION, exception_step },
};

static void wait_step(PE *pe)
{
    wait_pattern(pe, &ctl->turn, 0x100, 1 + below(pe, 300));
}

static void wake_all(void)
{
    u64 i;

    for (i = 0; i < config.num_pes; i++) {
        if (ctl->pe[i].asleep) {
            gic_wake(i);
        }
    }
}

static void step(PE *pe)
{
    u64 n, i;

    wait_turn(pe);
    pe->steps++;
    if (index_of(pe) == 0 && !(pe->steps & 31)) {
        wake_all();
    }
    n = below(pe, 170);
    for (i = 0; i < ARRAY_SIZE(steps); i++) {
        if (n < steps[i].weight) {
            if (allowed(steps[i].kind)) {
                steps[i].take(pe);
            }
            return;
        }
        n -= steps[i].weight;
    }
    if (allowed(KIND_RESET) && !below(pe, 512)) {
        reset_step(pe);
    } else if (allowed(KIND_WAIT) && !turns()) {
        wait_step(pe);
    }
}

/* ----------------------------------------------------------------- events */

/* What must not be interrupted and then gone back to by ERET */
static int needs_elr(u64 pc)
{
    return pc == (u64)eret_here ||
           (pc >= (u64)lower_start && pc < (u64)lower_end) ||
           (pc >= (u64)vectors && pc < (u64)handler);
}

u64 on_event(u64 event, u64 arg, u64 pc, u64 pstate)
{
    u64 status, n, i;
    PE *pe;

    asm("mrs %0, mpidr_el1" : "=r"(n));
    pe = (PE *)&ctl->pe[(n & 255) + (n >> 8 & 255) * 16];
    pe->events++;
    if (ctl->phase != PHASE_FUZZ) {
        return health_event(pe, event, arg);
    }
    wait_turn(pe);
    if (arg != arg_of(event)) {
        fail(event, arg, pc, pstate);
    }
    status = call(pe, FN_EVENT_STATUS, event, 0, 0, 0, 0);
    if (is_error(status) || !(status & STATUS_RUNNING)) {
        fail(event, status, pc, pstate);
    }
    if (!in_handler(pe)) {
        fail(event, status, pc, pstate);
    }
    for (n = below(pe, 8), i = n > 4 ? 0 : n; i > 0; i--) {
        step(pe);
    }
    if (allowed(KIND_ABANDON) && !below(pe, 16)) {
        asm volatile("brk #9");
    }
    pe->completed++;
    switch (below(pe, 8)) {
    case 0:
    case 1:
        return needs_elr(pc) ? END_COMPLETE : END_RESUME_ERET;
    case 2:
        return END_RESUME_FRESH;
    default:
        return END_COMPLETE;
    }
}

/* -------------------------------------------------------------- the start */

static void seed_all(void)
{
    u64 i;

    if (ctl->magic != CONTROL_MAGIC) {
        ctl->epoch = 0;
        ctl->magic = CONTROL_MAGIC;
    } else {
        ctl->epoch++;
    }
    ctl->turn_rng = mix(config.seed + ctl->epoch);
    ctl->turn = 0;
    ctl->offing = 0;
    ctl->stage = 0;
    for (i = 0; i < MAX_PES; i++) {
        PE *pe = (PE *)&ctl->pe[i];

        pe->rng = mix(config.seed + (ctl->epoch << 32) + (i << 48));
        pe->on = pe->asleep = pe->granted = pe->arrived = pe->done = 0;
    }
}

static void set_up_el2(void)
{
    if (current_el() == 2) {
        /* EL1 below is AArch64, and interrupts are ours */
        asm volatile("msr hcr_el2, %0; isb" : : "r"(1ul << 31 | 7 << 3));
        asm volatile("msr cnthctl_el2, %0" : : "r"(3ul));
    }
}

void pe_main(u64 index, u64 reason, u64 esr, u64 elr)
{
    PE *pe = (PE *)&ctl->pe[index];

    (void)esr;
    (void)elr;
    if (reason == REASON_RESET) {
        seed_all();
    }
    if (reason == REASON_RESET || reason == REASON_POWER) {
        set_up_el2();
        gic_init_pe(index);
        pe->asleep = 0;
        pe->granted = 0;
        pe->on = 1;
        asm volatile("dmb sy" : : : "memory");
        pe->started++;
    }
    pe->asleep = 0;
    if (reason < REASON_RESET) {
        pe->exceptions++;
        wait_turn(pe);
        if (reason % 4 == 1 || reason % 4 == 2) {
            gic_take(pe);
        }
        if (ctl->phase == PHASE_FUZZ && below(pe, 2)) {
            resume_fresh(pe);
        }
    }
    for (;;) {
        if (ctl->phase == PHASE_HEALTH) {
            check_health(pe);
        }
        step(pe);
        if (config.calls && index == 0 && !(pe->steps & 63) &&
            total_calls() >= config.calls) {
            ctl->phase = PHASE_HEALTH;
        }
    }
}
