/*
 * arm-sdei-test: who gets an event, and when
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"

#define SPINS           50
#define RACES           200
#define ABORTS          500
#define WAKES           20
#define POLLS_BEFORE_RETRY      50
#define SIGNALS                 6000
#define SIGNALS_PER_ROUND       500
#define SIGNALS_PER_REPORT      10000
/* A word that a handler sets */
#define FLAG                    (GLOBAL_BASE + 0x40)

/* Entered @count times, and nothing is under way any more on that PE */
static void check_entries(Guest *g, unsigned cpu, uint64_t count)
{
    /* A call re-evaluates what is deliverable on its PE */
    guest_call(g, cpu, SDEI_VERSION);
    guest_check_eq(g, cpu, guest_count(g, cpu, ID_HANDLER(0)), count,
                   "entries of the handler");
}

static void auto_handler(Guest *g, unsigned cpu)
{
    guest_set_mode(g, cpu, ID_HANDLER(0), MODE_AUTO);
}

static void test_other_pe(Guest *g, const void *data)
{
    GuestFrame frame;

    event_ready(g, 0, 0, 0xa0);
    event_ready(g, 1, 1, 0xa1);
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, 1, &frame);
    guest_check_eq(g, 1, frame.x[1], 0xa1, "ep_arg");
    event_check_status(g, 1, 7);
    event_check_status(g, 0, 3);
    /* Both at a time */
    event_signal(g, 1, 0);
    guest_wait_handler(g, 0, 0, &frame);
    guest_check_eq(g, 0, frame.x[1], 0xa0, "ep_arg");
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    event_check_status(g, 0, 7);
    guest_complete(g, 0, 0);
    guest_nop(g, 0);
    event_check_status(g, 0, 3);
    event_check_status(g, 1, 3);
}

/* One PE reaches all, itself included */
static void test_all(Guest *g, const void *data)
{
    unsigned n = g->config.cpus;
    uint64_t seq;

    for (unsigned i = 0; i < n; i++) {
        event_ready(g, i, i % HANDLER_PROBE, 0x100 + i);
    }
    for (unsigned i = 0; i < n; i++) {
        if (i != 3) {
            event_signal(g, 3, i);
        }
    }
    seq = event_signal_self(g, 3);
    for (unsigned i = 0; i < n; i++) {
        GuestFrame frame;

        guest_wait_handler(g, i, i % HANDLER_PROBE, &frame);
        guest_check_eq(g, i, frame.x[0], EVENT_SW_SIGNALED, "entry X0");
        guest_check_eq(g, i, frame.x[1], 0x100 + i, "ep_arg");
    }
    for (unsigned i = 0; i < n; i++) {
        event_check_status(g, i, 7);
        guest_complete(g, i, 0);
    }
    guest_wait(g, 3, seq, NULL);
    for (unsigned i = 0; i < n; i++) {
        event_check_status(g, i, 3);
        guest_check_eq(g, i, guest_count(g, i, ID_HANDLER(i % HANDLER_PROBE)),
                       1, "entries");
    }
}

/* Everyone signals the next one, all handlers complete by themselves */
static void test_ring(Guest *g, const void *data)
{
    unsigned n = g->config.cpus;

    for (unsigned i = 0; i < n; i++) {
        auto_handler(g, i);
        event_ready(g, i, 0, 0);
    }
    for (unsigned round = 1; round <= 10; round++) {
        uint64_t seq[GUEST_MAX_CPUS];

        for (unsigned i = 0; i < n; i++) {
            seq[i] = guest_call_start(g, i, SDEI_EVENT_SIGNAL,
                                      EVENT_SW_SIGNALED,
                                      guest_affinity(g, (i + 1) % n));
        }
        for (unsigned i = 0; i < n; i++) {
            GuestFrame result;

            guest_wait(g, i, seq[i], &result);
            guest_check_eq(g, i, result.x[0], 0, "result of EVENT_SIGNAL");
        }
        for (unsigned i = 0; i < n; i++) {
            guest_wait_count(g, i, ID_HANDLER(0), round);
        }
    }
}

static void test_masked_spin(Guest *g, const void *data)
{
    /* With one thread for all, a PE that spins has it for 100 ms a time */
    unsigned times = g->config.accel ? SPINS / 10 : SPINS;
    uint64_t x[31], seq;
    GuestFrame result;

    auto_handler(g, 1);
    event_ready(g, 1, 0, 0);
    guest_pattern(x, 0x11);
    seq = guest_spin_start(g, 1, x, guest_pstate(g, PSTATE_DAIF));
    for (unsigned i = 1; i <= times; i++) {
        event_signal(g, 0, 1);
        guest_wait_count(g, 1, ID_HANDLER(0), i);
    }
    guest_spin_stop(g, 1, seq, &result);
    guest_check_regs(g, 1, result.x, x, 0, 29, "after all events");
}

/*
 * An atomic access that aborts: QEMU executes it alone, and what happens in
 * between waits.  The event comes before or after the abort, never with it.
 */
#define INSN_LDADD      0xf8210002u     /* LDADD X1, X2, [X0] */
#define NOWHERE         0x0f000000      /* the virt machine has nothing there */
#define ABORTS_LOOP     5

static void test_atomic_aborts(Guest *g, const void *data)
{
    uint64_t x[31], aborts;
    GuestFrame result;
    GuestRun run;

    if (guest_is_kvm()) {
        g_test_skip("KVM emulates no atomic access to what is not memory");
        return;
    }
    auto_handler(g, 1);
    event_ready(g, 1, 0, 0);
    guest_run_init(g, 1, &run);
    guest_run_mark_started(1, &run);
    g_assert_cmpuint(run.words, ==, ABORTS_LOOP);
    guest_run_insn(&run, INSN_LDADD);
    guest_run_loop(1, &run, ABORTS_LOOP);
    guest_run_end(&run);
    guest_pattern(x, 0x13);
    x[0] = NOWHERE;
    memcpy(run.x, x, sizeof(run.x));
    guest_announce_exceptions(g, 1);
    guest_run_start(g, 1, &run);
    guest_run_wait_started(g, 1);
    for (unsigned i = 1; i <= ABORTS; i++) {
        event_signal(g, 0, 1);
        guest_wait_count(g, 1, ID_HANDLER(0), i);
    }
    aborts = guest_count(g, 1, ID_SYNC);
    guest_stop(g, 1);
    guest_wait(g, 1, run.seq, &result);
    guest_check_regs(g, 1, result.x, x, 0, 29, "after all events");
    guest_check_eq(g, 1, guest_word(g, 1, PE_EXC_ELR),
                   run.address + ABORTS_LOOP * 4, "ELR of the last abort");
    g_assert_cmpuint(aborts, >, 0);
}

/* A loop without any branch out of it, nor memory access: "b ." */
static void test_tight_spin(Guest *g, const void *data)
{
    GuestFrame frame;
    GuestRun run;

    guest_set_mode(g, 1, ID_RESUME(0), MODE_SERVE);
    event_ready(g, 1, 0, 0);
    guest_run_init(g, 1, &run);
    guest_run_mark_started(1, &run);
    guest_run_insn(&run, INSN_B(0));
    guest_run_end(&run);
    guest_pattern(run.x, 0x12);
    guest_run_start(g, 1, &run);
    guest_run_wait_started(g, 1);
    for (unsigned i = 0; i < 3; i++) {
        event_signal(g, 0, 1);
        guest_wait_handler(g, 1, 0, NULL);
        guest_complete(g, 1, 0);
    }
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, 0, NULL);
    guest_complete_and_resume(g, 1, GUEST_RESUME(0));
    guest_wait_frame(g, 1, ID_RESUME(0), &frame);
    guest_check_eq(g, 1, frame.elr, run.address + (run.words - 2) * 4,
                   "PC of the loop");
    guest_edit_frame(g, 1, FRAME_ELR, frame.elr + 4);
    guest_leave_eret(g, 1);
    guest_wait(g, 1, run.seq, &frame);
    guest_check_regs(g, 1, frame.x, run.x, 0, 29, "after all events");
}

/*
 * A PE that waits for an interrupt gets the event, and the wait is over.  An
 * event that comes before the wait has begun does not end it, so go on
 * signalling until the code is at its end.
 */
static void wake(Guest *g, uint32_t insn, uint64_t x0, uint64_t x0_after)
{
    uint64_t events = 0;

    auto_handler(g, 1);
    event_ready(g, 1, 0, 0);
    for (unsigned i = 0; i < WAKES; i++) {
        GuestFrame result;
        GuestRun run;
        GuestWait wait = { };
        unsigned polls = 0;

        guest_run_init(g, 1, &run);
        guest_run_mark_started(1, &run);
        guest_run_insn(&run, insn);
        guest_run_end(&run);
        guest_pattern(run.x, 0x13 + i);
        run.x[0] = x0;
        run.x[1] = 0;
        guest_run_start(g, 1, &run);
        guest_run_wait_started(g, 1);
        while (guest_word(g, 1, PE_DONE) != run.seq) {
            if (polls++ % POLLS_BEFORE_RETRY == 0) {
                event_signal(g, 0, 1);
                guest_wait_count(g, 1, ID_HANDLER(0), ++events);
            }
            if (!guest_wait_more(&wait)) {
                guest_fail(g, 1, "still waits after %" PRIu64 " events",
                           events);
            }
        }
        guest_wait(g, 1, run.seq, &result);
        guest_check_eq(g, 1, result.x[0], x0_after, "X0 after the wait");
        guest_check_regs(g, 1, result.x, run.x, 4, 29, "after the wait");
    }
}

static void test_wfi(Guest *g, const void *data)
{
    wake(g, INSN_WFI, 0x1234, 0x1234);
}

/*
 * The return from a handler is one from an exception: it sets the event
 * register.  The handler stores what the loop waits for, and the WFE after the
 * loop must not wait.
 */
static void test_wfe(Guest *g, const void *data)
{
    static const uint32_t code[] = {
        INSN_SEVL,
        INSN_WFE,               /* clears the event register */
        INSN_LDR_W(1, 2),
        INSN_CBNZ(1, 2 * 4),
        INSN_B(-2 * 4),
        INSN_WFE,
    };

    auto_handler(g, 1);
    guest_set_poke(g, 1, ID_HANDLER(0), FLAG, 1);
    event_ready(g, 1, 0, 0);
    for (unsigned i = 1; i <= WAKES; i++) {
        GuestFrame result;
        GuestRun run;

        qtest_writel(g->qts, FLAG, 0);
        guest_run_init(g, 1, &run);
        guest_run_mark_started(1, &run);
        for (unsigned j = 0; j < ARRAY_SIZE(code); j++) {
            guest_run_insn(&run, code[j]);
        }
        guest_run_end(&run);
        guest_pattern(run.x, 0x53 + i);
        run.x[2] = FLAG;
        guest_run_start(g, 1, &run);
        guest_run_wait_started(g, 1);
        event_signal(g, 0, 1);
        guest_wait(g, 1, run.seq, &result);
        check_entries(g, 1, i);
        guest_check_eq(g, 1, result.x[1], 1, "X1 after the loop");
        guest_check_regs(g, 1, result.x, run.x, 5, 29, "after the wait");
    }
}

static void test_cpu_suspend(Guest *g, const void *data)
{
    wake(g, g->client_el == 2 ? INSN_SMC : INSN_HVC, PSCI_CPU_SUSPEND, 0);
}

static void test_pend_masked(Guest *g, const void *data)
{
    uint64_t seq;

    event_enable(g, 1, 0, 0);
    event_signal(g, 0, 1);
    event_signal(g, 1, 1);
    check_entries(g, 1, 0);
    event_check_status(g, 1, 3);
    seq = guest_call_start(g, 1, SDEI_PE_UNMASK);
    guest_wait_handler(g, 1, 0, NULL);
    guest_complete(g, 1, 0);
    guest_wait(g, 1, seq, NULL);
    check_entries(g, 1, 1);

    /* Masked again: the same */
    guest_expect(g, 1, 1, SDEI_PE_MASK);
    event_signal(g, 0, 1);
    check_entries(g, 1, 1);
    auto_handler(g, 1);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    check_entries(g, 1, 2);
}

static void test_pend_disabled(Guest *g, const void *data)
{
    guest_expect(g, 1, 0, SDEI_EVENT_REGISTER, 0, GUEST_HANDLER(0));
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    auto_handler(g, 1);
    event_signal(g, 0, 1);
    check_entries(g, 1, 0);
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, 0);
    check_entries(g, 1, 1);
    guest_expect(g, 1, 0, SDEI_EVENT_DISABLE, 0);
    event_signal(g, 1, 1);
    check_entries(g, 1, 1);
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, 0);
    check_entries(g, 1, 2);
}

/* Masked and disabled: it takes both calls, in either order */
static void test_pend_both(Guest *g, const void *data)
{
    guest_expect(g, 1, 0, SDEI_EVENT_REGISTER, 0, GUEST_HANDLER(0));
    auto_handler(g, 1);
    event_signal(g, 0, 1);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    check_entries(g, 1, 0);
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, 0);
    check_entries(g, 1, 1);

    guest_expect(g, 1, 0, SDEI_EVENT_DISABLE, 0);
    guest_expect(g, 1, 1, SDEI_PE_MASK);
    event_signal(g, 0, 1);
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, 0);
    check_entries(g, 1, 1);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    check_entries(g, 1, 2);
}

static void test_coalesce(Guest *g, const void *data)
{
    auto_handler(g, 1);
    event_enable(g, 1, 0, 0);
    for (unsigned i = 0; i < 5; i++) {
        event_signal(g, 0, 1);
    }
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    check_entries(g, 1, 1);
}

/* Signals while the handler runs leave one instance pending */
static void test_coalesce_running(Guest *g, const void *data)
{
    event_ready(g, 1, 0, 0);
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, 0, NULL);
    for (unsigned i = 0; i < 5; i++) {
        event_signal(g, 0, 1);
    }
    event_signal(g, 1, 1);
    check_entries(g, 1, 1);
    guest_complete(g, 1, 0);
    guest_wait_count(g, 1, ID_HANDLER(0), 2);
    guest_wait_handler(g, 1, 0, NULL);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    check_entries(g, 1, 2);
}

static void test_unregister_forgets(Guest *g, const void *data)
{
    auto_handler(g, 1);
    event_enable(g, 1, 0, 0);
    event_signal(g, 0, 1);
    guest_expect(g, 1, 0, SDEI_EVENT_UNREGISTER, 0);
    event_ready(g, 1, 0, 0);
    check_entries(g, 1, 0);
    event_signal(g, 0, 1);
    guest_wait_count(g, 1, ID_HANDLER(0), 1);

    /* The same by PRIVATE_RESET */
    guest_expect(g, 1, 1, SDEI_PE_MASK);
    event_signal(g, 0, 1);
    guest_expect(g, 1, 0, SDEI_PRIVATE_RESET);
    event_ready(g, 1, 0, 0);
    check_entries(g, 1, 1);
}

static void test_mask_in_handler(Guest *g, const void *data)
{
    event_ready(g, 1, 0, 0);
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, 0, NULL);
    guest_expect(g, 1, 1, SDEI_PE_MASK);
    event_signal(g, 0, 1);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    check_entries(g, 1, 1);
    auto_handler(g, 1);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    check_entries(g, 1, 2);
}

/* PE_UNMASK in a handler does not let the same event in again */
static void test_unmask_in_handler(Guest *g, const void *data)
{
    event_ready(g, 1, 0, 0);
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, 0, NULL);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    guest_expect(g, 1, 1, SDEI_PE_MASK);
    event_signal(g, 0, 1);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    check_entries(g, 1, 1);
    auto_handler(g, 1);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    check_entries(g, 1, 2);
}

/* DISABLE in the handler: the next one waits for ENABLE */
static void test_disable_in_handler(Guest *g, const void *data)
{
    event_ready(g, 1, 0, 0);
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, 0, NULL);
    guest_expect(g, 1, 0, SDEI_EVENT_DISABLE, 0);
    event_signal(g, 0, 1);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    check_entries(g, 1, 1);
    auto_handler(g, 1);
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, 0);
    check_entries(g, 1, 2);
}

/*
 * PE 1 makes a call and its opposite for ever while PE 0 signals: each
 * accepted signal is delivered, once.
 */
static void race(Guest *g, uint64_t off, uint64_t on, unsigned times)
{
    unsigned loop;
    GuestRun run;

    auto_handler(g, 1);
    event_ready(g, 1, 0, 0);
    guest_run_init(g, 1, &run);
    guest_run_mark_started(1, &run);
    loop = run.words;
    for (unsigned i = 0; i < 2; i++) {
        guest_run_insn(&run, INSN_MOV(0, 20 + i));
        guest_run_insn(&run, INSN_MOV(1, 22));
        guest_run_insn(&run, g->client_el == 2 ? INSN_SMC : INSN_HVC);
    }
    guest_run_loop(1, &run, loop);
    guest_run_end(&run);
    run.x[20] = off;
    run.x[21] = on;
    run.x[22] = EVENT_SW_SIGNALED;
    guest_run_start(g, 1, &run);
    guest_run_wait_started(g, 1);
    for (unsigned i = 1; i <= times; i++) {
        event_signal(g, 0, 1);
        guest_wait_count(g, 1, ID_HANDLER(0), i);
    }
    guest_stop(g, 1);
    guest_wait(g, 1, run.seq, NULL);
    check_entries(g, 1, times);
}

static void test_race_mask(Guest *g, const void *data)
{
    race(g, SDEI_PE_MASK, SDEI_PE_UNMASK, RACES);
}

static void test_race_disable(Guest *g, const void *data)
{
    race(g, SDEI_EVENT_DISABLE, SDEI_EVENT_ENABLE, RACES);
}

static void test_race_single_thread(Guest *g, const void *data)
{
    race(g, SDEI_PE_MASK, SDEI_PE_UNMASK, RACES / 20);
}

/* The waiter polls the counter, as any udelay() does */
static void test_target_of_polling_pe(Guest *g, const void *data)
{
    unsigned loop;
    GuestRun run;

    auto_handler(g, 1);
    event_ready(g, 1, 0, 0);
    guest_run_init(g, 0, &run);
    guest_run_mark_started(0, &run);
    loop = run.words;
    guest_run_insn(&run, INSN_MRS(0, SYSREG_CNTVCT_EL0));
    guest_run_loop(0, &run, loop);
    guest_run_end(&run);
    guest_run_start(g, 0, &run);
    guest_run_wait_started(g, 0);
    for (unsigned i = 1; i <= 5; i++) {
        uint64_t seq = event_signal_self(g, 1);

        guest_wait(g, 1, seq, NULL);
        guest_wait_count(g, 1, ID_HANDLER(0), i);
    }
    guest_stop(g, 0);
    guest_wait(g, 0, run.seq, NULL);
}

/* A loop that signals event 0 to PE 1 and waits until its handler has run */
static void ping(Guest *g, uint64_t first, uint64_t last)
{
    uint64_t counter = PE_AREA(1) + PE_ENTRY(ID_HANDLER(0)) + ENTRY_COUNT;
    GuestFrame result;
    GuestRun run;
    unsigned loop;

    if (first > last) {
        return;
    }
    guest_run_init(g, 0, &run);
    loop = run.words;
    guest_run_insn(&run, INSN_MOV(0, 20));
    guest_run_insn(&run, INSN_MOV(1, 31));
    guest_run_insn(&run, INSN_MOV(2, 21));
    guest_run_insn(&run, INSN_HVC);
    guest_run_insn(&run, INSN_CBNZ(0, 7 * 4));
    guest_run_insn(&run, INSN_LDR_X(4, 22));
    guest_run_insn(&run, INSN_SUB(4, 4, 23));
    guest_run_insn(&run, INSN_CBNZ(4, -2 * 4));
    guest_run_insn(&run, INSN_ADD_IMM(23, 23, 1));
    guest_run_insn(&run, INSN_SUB(4, 23, 24));
    guest_run_insn(&run, INSN_CBNZ(4, ((int)loop - (int)run.words) * 4));
    guest_run_end(&run);
    run.x[20] = SDEI_EVENT_SIGNAL;
    run.x[21] = guest_affinity(g, 1);
    run.x[22] = counter;
    run.x[23] = first;
    run.x[24] = last + 1;
    guest_run(g, 0, &run, &result);
    guest_check_eq(g, 0, result.x[0], 0, "result of EVENT_SIGNAL");
    guest_check_eq(g, 0, result.x[23], last + 1, "signals acknowledged");
}

/* What PE 1 is doing: its order loop; a loop with all masked; WFI after WFI */
static void ping_at(Guest *g, unsigned round, uint64_t first, uint64_t last)
{
    unsigned loop;
    uint64_t x[31];
    GuestRun run;

    switch (round % 3) {
    case 0:
        ping(g, first, last);
        break;
    case 1:
        guest_pattern(x, round);
        run.seq = guest_spin_start(g, 1, x, guest_pstate(g, PSTATE_DAIF));
        ping(g, first, last);
        guest_spin_stop(g, 1, run.seq, NULL);
        break;
    case 2:
        guest_run_init(g, 1, &run);
        guest_run_mark_started(1, &run);
        loop = run.words;
        guest_run_insn(&run, INSN_WFI);
        guest_run_loop(1, &run, loop);
        guest_run_end(&run);
        guest_run_start(g, 1, &run);
        guest_run_wait_started(g, 1);
        ping(g, first, last - 1);
        guest_stop(g, 1);
        /* Out of the WFI */
        ping(g, last, last);
        guest_wait(g, 1, run.seq, NULL);
        break;
    }
}

/* Nothing is lost and nothing comes twice, however many there are */
static void test_acknowledged(Guest *g, const void *data)
{
    const char *wanted = g_getenv("ARM_SDEI_TEST_SIGNALS");
    uint64_t signals = wanted ? g_ascii_strtoull(wanted, NULL, 0) : SIGNALS;
    int64_t start = g_get_monotonic_time();
    uint64_t first = 1;

    auto_handler(g, 1);
    event_ready(g, 1, 0, 0);
    for (unsigned round = 0; first <= signals; round++) {
        uint64_t last = MIN(first + SIGNALS_PER_ROUND - 1, signals);

        ping_at(g, round, first, last);
        first = last + 1;
        if (last % SIGNALS_PER_REPORT == 0 || last == signals) {
            g_test_message("%" PRIu64 " signals acknowledged in %" PRId64
                           " ms", last,
                           (g_get_monotonic_time() - start) / 1000);
        }
    }
    check_entries(g, 1, signals);
}

void add_signal_tests(void)
{
    scenario_add(SCENARIO_EL1, test_acknowledged, NULL,
                 "acknowledged-one-by-one");
    scenario_add(SCENARIO_ALL | SCENARIO_SINGLE, test_other_pe, NULL,
                 "signal/other-pe");
    scenario_add(SCENARIO_ALL | SCENARIO_SINGLE, test_masked_spin, NULL,
                 "signal/masked-spin");
    scenario_add(SCENARIO_BOTH_EL, test_atomic_aborts, NULL,
                 "signal/atomic-aborts");
    scenario_add(SCENARIO_ALL | SCENARIO_SINGLE, test_tight_spin, NULL,
                 "signal/tight-spin");
    scenario_add(SCENARIO_ALL | SCENARIO_SINGLE, test_wfi, NULL, "signal/wfi");
    scenario_add(SCENARIO_ALL | SCENARIO_SINGLE, test_wfe, NULL, "signal/wfe");
    scenario_add(SCENARIO_ALL | SCENARIO_SINGLE, test_cpu_suspend, NULL,
                 "signal/cpu-suspend");
    scenario_add(SCENARIO_BOTH_EL, test_pend_masked, NULL,
                 "pending/masked");
    scenario_add(SCENARIO_BOTH_EL, test_pend_disabled, NULL,
                 "pending/disabled");
    scenario_add(SCENARIO_BOTH_EL, test_pend_both, NULL,
                 "pending/masked-and-disabled");
    scenario_add(SCENARIO_BOTH_EL, test_coalesce, NULL,
                 "pending/coalesced-while-masked");
    scenario_add(SCENARIO_BOTH_EL, test_coalesce_running, NULL,
                 "pending/coalesced-while-running");
    scenario_add(SCENARIO_BOTH_EL, test_unregister_forgets, NULL,
                 "pending/unregister-forgets");
    scenario_add(SCENARIO_BOTH_EL, test_mask_in_handler, NULL,
                 "handler/mask");
    scenario_add(SCENARIO_BOTH_EL, test_unmask_in_handler, NULL,
                 "handler/unmask");
    scenario_add(SCENARIO_BOTH_EL, test_disable_in_handler, NULL,
                 "handler/disable");
    scenario_add(SCENARIO_BOTH_EL, test_race_mask, NULL, "race/mask");
    scenario_add(SCENARIO_BOTH_EL, test_race_disable, NULL, "race/disable");
    scenario_add(SCENARIO_SINGLE, test_race_single_thread, NULL, "race/mask");
    scenario_add(SCENARIO_EL1, test_target_of_polling_pe, NULL,
                 "signal/while-other-pe-polls-counter");
    scenario_add(SCENARIO_ALL | SCENARIO_SINGLE | SCENARIO_8_CPUS, test_all,
                 NULL, "signal/all-of-8");
    scenario_add(SCENARIO_ALL | SCENARIO_SINGLE | SCENARIO_8_CPUS, test_ring,
                 NULL, "signal/ring-of-8");
}
