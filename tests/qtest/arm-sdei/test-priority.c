/*
 * arm-sdei-test: critical and normal events
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

#define PE      1

/* Trigger an event, event 0 too, so that PE 1 gets it */
static void trigger(Guest *g, uint32_t num)
{
    if (num == EVENT_SW_SIGNALED) {
        event_signal(g, 0, PE);
    } else if (user_event(num)->shared) {
        user_event_trigger_shared(g, num);
    } else {
        user_event_trigger(g, num, PE);
    }
}

static void enable(Guest *g, uint32_t num, unsigned handler)
{
    user_event_enable(g, PE, num, handler, SDEI_REGISTER_RM_PE,
                      guest_affinity(g, PE));
}

static void check_not_entered(Guest *g, unsigned handler)
{
    settle(g);
    guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(handler)), 0,
                   "entries of handler %u", handler);
}

/* Which classes preempt which */

typedef struct PreemptCase {
    const char *path;
    uint32_t first;
    uint32_t second;
    bool preempts;
} PreemptCase;

static const PreemptCase preempt_cases[] = {
    { "critical-preempts-normal/private", EVENT_PN1, EVENT_PC1, true },
    { "critical-preempts-normal/shared", EVENT_SN1, EVENT_SC1, true },
    { "critical-preempts-normal/private-by-shared", EVENT_PN1, EVENT_SC1,
      true },
    { "critical-preempts-normal/shared-by-private", EVENT_SN1, EVENT_PC1,
      true },
    { "critical-preempts-normal/higher-number", EVENT_PN1, EVENT_SC2, true },
    { "critical-preempts-normal/lower-number", EVENT_SN2, EVENT_PC1, true },
    { "critical-preempts-normal/event-0", EVENT_SW_SIGNALED, EVENT_PC1, true },
    { "normal-waits-for-normal/lower-number", EVENT_PN2, EVENT_PN1, false },
    { "normal-waits-for-normal/higher-number", EVENT_PN1, EVENT_PN2, false },
    { "normal-waits-for-normal/shared", EVENT_SN1, EVENT_PN1, false },
    { "normal-waits-for-normal/event-0", EVENT_PN1, EVENT_SW_SIGNALED,
      false },
    { "critical-waits-for-critical/lower-number", EVENT_PC2, EVENT_PC1,
      false },
    { "critical-waits-for-critical/higher-number", EVENT_PC1, EVENT_SC2,
      false },
    { "critical-waits-for-critical/shared", EVENT_SC1, EVENT_SC2, false },
    { "normal-waits-for-critical/private", EVENT_PC1, EVENT_PN1, false },
    { "normal-waits-for-critical/shared", EVENT_SC1, EVENT_SN1, false },
    { "normal-waits-for-critical/event-0", EVENT_PC1, EVENT_SW_SIGNALED,
      false },
};

static void test_preempt(Guest *g, const void *data)
{
    const PreemptCase *c = data;

    enable(g, c->first, 1);
    enable(g, c->second, 2);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    trigger(g, c->first);
    guest_wait_handler(g, PE, 1, NULL);
    trigger(g, c->second);
    if (c->preempts) {
        guest_wait_handler(g, PE, 2, NULL);
        user_event_check_status(g, PE, c->first, 7);
        user_event_check_status(g, PE, c->second, 7);
        guest_complete(g, PE, 0);
        guest_nop(g, PE);
        user_event_check_status(g, PE, c->first, 7);
        user_event_check_status(g, PE, c->second, 3);
        guest_complete(g, PE, 0);
    } else {
        check_not_entered(g, 2);
        user_event_check_status(g, PE, c->second, 3);
        guest_complete(g, PE, 0);
        guest_wait_handler(g, PE, 2, NULL);
        user_event_check_status(g, PE, c->first, 3);
        user_event_check_status(g, PE, c->second, 7);
        guest_complete(g, PE, 0);
    }
    settle(g);
    guest_check_eq(g, PE, count_all(g, 1), 1, "entries of the first");
    guest_check_eq(g, PE, count_all(g, 2), 1, "entries of the second");
}

/* With both classes running nothing else gets in, and then all come */
static void test_depth_two(Guest *g, const void *data)
{
    static const uint32_t more[] = {
        EVENT_SW_SIGNALED, EVENT_PN2, EVENT_PC2, EVENT_SN1, EVENT_SC1,
    };

    enable(g, EVENT_PN1, 1);
    enable(g, EVENT_PC1, 2);
    for (unsigned i = 0; i < ARRAY_SIZE(more); i++) {
        enable(g, more[i], 3);
    }
    guest_set_mode(g, PE, ID_HANDLER(3), MODE_AUTO);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    trigger(g, EVENT_PN1);
    guest_wait_handler(g, PE, 1, NULL);
    trigger(g, EVENT_PC1);
    guest_wait_handler(g, PE, 2, NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(more); i++) {
        trigger(g, more[i]);
    }
    trigger(g, EVENT_PN1);
    trigger(g, EVENT_PC1);
    check_not_entered(g, 3);
    guest_check_eq(g, PE, guest_word(g, PE, PE_DEPTH), 2, "frames");

    /* The critical one ends: all critical ones, this one again included */
    guest_complete(g, PE, 0);
    guest_wait_handler(g, PE, 2, NULL);
    check_not_entered(g, 3);
    guest_complete(g, PE, 0);
    guest_wait_count(g, PE, ID_HANDLER(3), 2);
    settle(g);
    guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(3)), 2,
                   "critical ones");
    guest_check_eq(g, PE, guest_word(g, PE, PE_DEPTH), 1, "frames");

    /* And the normal one */
    guest_set_mode(g, PE, ID_HANDLER(1), MODE_AUTO);
    guest_complete(g, PE, 0);
    guest_wait_count(g, PE, ID_HANDLER(3), ARRAY_SIZE(more));
    settle(g);
    guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(1)), 2, "entries");
    guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(2)), 2, "entries");
    guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(3)), ARRAY_SIZE(more),
                   "entries");
}

/*
 * Two contexts: a handler is interrupted in a loop with all registers set, in
 * a handler that was entered from such a loop.
 */

enum {
    HOW_COMPLETE,
    HOW_RESUME,
};

typedef struct NestCase {
    const char *path;
    unsigned inner;
    unsigned outer;
} NestCase;

static const NestCase nest_cases[] = {
    { "complete-complete", HOW_COMPLETE, HOW_COMPLETE },
    { "resume-complete", HOW_RESUME, HOW_COMPLETE },
    { "complete-resume", HOW_COMPLETE, HOW_RESUME },
    { "resume-resume", HOW_RESUME, HOW_RESUME },
};

static void check_entry(Guest *g, const GuestFrame *frame, uint32_t num,
                        uint64_t arg, uint64_t pc, uint64_t pstate,
                        const uint64_t x[31])
{
    guest_check_eq(g, PE, frame->x[0], num, "entry X0 (event number)");
    guest_check_eq(g, PE, frame->x[1], arg, "entry X1 (ep_arg)");
    if (frame->x[2] < pc || frame->x[2] > pc + 4) {
        guest_fail(g, PE, "entry X2 (interrupted PC) 0x%" PRIx64
                   " is not in the loop at 0x%" PRIx64, frame->x[2], pc);
    }
    guest_check_eq(g, PE, frame->x[3], pstate, "entry X3 (PSTATE)");
    guest_check_regs(g, PE, frame->x, x, 4, 30, "entry");
}

/* Leave the innermost handler, which interrupted a loop with @x */
static void leave(Guest *g, unsigned how, unsigned resume, uint64_t pc,
                  uint64_t pstate, const uint64_t x[31])
{
    GuestFrame frame;

    if (how == HOW_COMPLETE) {
        guest_complete(g, PE, 0);
        return;
    }
    guest_set_mode(g, PE, ID_RESUME(resume), MODE_SERVE);
    guest_complete_and_resume(g, PE, GUEST_RESUME(resume));
    guest_wait_frame(g, PE, ID_RESUME(resume), &frame);
    guest_check_regs(g, PE, frame.x, x, 0, 30, "resume");
    if (frame.elr < pc || frame.elr > pc + 4) {
        guest_fail(g, PE, "resume: ELR 0x%" PRIx64 " is not in the loop at 0x%"
                   PRIx64, frame.elr, pc);
    }
    guest_check_eq(g, PE, frame.spsr, pstate, "resume: SPSR");
    guest_check_eq(g, PE, frame.daif, PSTATE_DAIF, "resume: DAIF");
    guest_leave_eret(g, PE);
}

static void test_contexts(Guest *g, const void *data)
{
    const NestCase *c = data;
    uint64_t main_state = guest_pstate(g, PSTATE_DAIF | 0x90000000);
    uint64_t normal_state = guest_pstate(g, PSTATE_DAIF | 0x60000000);
    uint64_t main_seq, normal_seq, main_pc, normal_pc;
    uint64_t main_x[31], normal_x[31];
    GuestFrame frame;

    guest_pattern(main_x, 0x111);
    guest_pattern(normal_x, 0x222);
    guest_expect(g, PE, 0, SDEI_EVENT_REGISTER, EVENT_PN1, GUEST_HANDLER(1),
                 0xaaaa);
    guest_expect(g, PE, 0, SDEI_EVENT_ENABLE, EVENT_PN1);
    guest_expect(g, PE, 0, SDEI_EVENT_REGISTER, EVENT_SC1, GUEST_HANDLER(2),
                 0xbbbb, SDEI_REGISTER_RM_PE, guest_affinity(g, PE));
    guest_expect(g, PE, 0, SDEI_EVENT_ENABLE, EVENT_SC1);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);

    main_seq = guest_spin_start(g, PE, main_x, main_state);
    main_pc = guest_spin_pc(PE, main_seq);
    user_event_trigger(g, EVENT_PN1, PE);
    guest_wait_handler(g, PE, 1, &frame);
    check_entry(g, &frame, EVENT_PN1, 0xaaaa, main_pc, main_state, main_x);
    context_check(g, PE, main_x);

    normal_seq = guest_spin_start(g, PE, normal_x, normal_state);
    normal_pc = guest_spin_pc(PE, normal_seq);
    /* A second time, if the first is sure to be back in the loop by then */
    for (unsigned i = 0; i < (c->inner == HOW_COMPLETE ? 2 : 1); i++) {
        user_event_trigger_shared(g, EVENT_SC1);
        guest_wait_handler(g, PE, 2, &frame);
        check_entry(g, &frame, EVENT_SC1, 0xbbbb, normal_pc, normal_state,
                    normal_x);
        /* The innermost one's */
        context_check(g, PE, normal_x);
        leave(g, c->inner, 0, normal_pc, normal_state, normal_x);
    }
    guest_spin_stop(g, PE, normal_seq, &frame);
    guest_check_regs(g, PE, frame.x, normal_x, 0, 29, "normal handler");
    guest_check_eq(g, PE, guest_end_pstate(&frame), normal_state,
                   "normal handler's PSTATE");
    user_event_check_status(g, PE, EVENT_PN1, 7);
    user_event_check_status(g, PE, EVENT_SC1, 3);
    context_check(g, PE, main_x);

    /* One word stops all loops of a PE */
    guest_set_word(g, PE, PE_STOP, main_x[30]);
    leave(g, c->outer, 1, main_pc, main_state, main_x);
    guest_spin_stop(g, PE, main_seq, &frame);
    guest_check_regs(g, PE, frame.x, main_x, 0, 29, "main program");
    guest_check_eq(g, PE, guest_end_pstate(&frame), main_state,
                   "main program's PSTATE");
    user_event_check_status(g, PE, EVENT_PN1, 3);
    guest_expect(g, PE, SDEI_DENIED, SDEI_EVENT_CONTEXT, 0);
    guest_expect(g, PE, SDEI_DENIED, SDEI_EVENT_COMPLETE, 0);
}

/* Other contexts on other PEs meanwhile */
static void test_contexts_per_pe(Guest *g, const void *data)
{
    unsigned cpus = g->config.cpus;
    uint64_t seq[4], x[4][31];
    GuestFrame frame;

    for (unsigned i = 0; i < cpus; i++) {
        user_event_enable(g, i, EVENT_PN1, 1, 0);
        user_event_enable(g, i, EVENT_PC1, 2, 0);
        guest_expect(g, i, 0, SDEI_PE_UNMASK);
        guest_pattern(x[i], 0x1000 + i);
        seq[i] = guest_spin_start(g, i, x[i], guest_pstate(g, 0x3c0));
    }
    for (unsigned i = 0; i < cpus; i++) {
        user_event_trigger(g, EVENT_PN1, i);
        guest_wait_handler(g, i, 1, NULL);
        user_event_trigger(g, EVENT_PC1, i);
        guest_wait_handler(g, i, 2, NULL);
    }
    for (unsigned i = 0; i < cpus; i++) {
        guest_complete(g, i, 0);
        guest_nop(g, i);
        context_check(g, i, x[i]);
    }
    for (unsigned i = 0; i < cpus; i++) {
        guest_complete(g, i, 0);
        guest_spin_stop(g, i, seq[i], &frame);
        guest_check_regs(g, i, frame.x, x[i], 0, 29, "after both handlers");
    }
}

/* A critical event right at the entry of a normal one, and at its end */
static void test_back_to_back(Guest *g, const void *data)
{
    uint64_t seq, x[31];
    GuestFrame frame;

    guest_pattern(x, 0x77);
    enable(g, EVENT_PN1, 1);
    enable(g, EVENT_PC1, 2);
    trigger(g, EVENT_PN1);
    trigger(g, EVENT_PC1);
    seq = guest_call_start(g, PE, SDEI_PE_UNMASK);
    /* The critical one is first, nothing nests */
    guest_wait_handler(g, PE, 2, NULL);
    user_event_check_status(g, PE, EVENT_PN1, 3);
    guest_complete(g, PE, 0);
    guest_wait_handler(g, PE, 1, NULL);
    guest_check_eq(g, PE, guest_call(g, PE, SDEI_EVENT_CONTEXT, 0), 0,
                   "interrupted X0: the result of PE_UNMASK");
    trigger(g, EVENT_PC1);
    guest_wait_handler(g, PE, 2, NULL);
    trigger(g, EVENT_PN1);
    guest_complete(g, PE, 0);
    guest_complete(g, PE, 0);
    guest_wait_handler(g, PE, 1, NULL);
    guest_complete(g, PE, 0);
    guest_wait(g, PE, seq, &frame);
    guest_check_eq(g, PE, frame.x[0], 0, "result of PE_UNMASK");
}

/* Order of delivery: critical first, then the lowest number */


static uint32_t logged_event(Guest *g, unsigned n)
{
    return qtest_readq(g->qts, PE_AREA(PE) + PE_LOG(n % LOG_ENTRIES) +
                           LOG_X0);
}

static void test_order(Guest *g, const void *data)
{
    static const uint32_t triggered[] = {
        EVENT_SN2, EVENT_PN1, EVENT_SC2, EVENT_SW_SIGNALED, EVENT_PC2,
        EVENT_SN1, EVENT_SC1, EVENT_PN2, EVENT_PC1,
    };
    static const uint32_t expected[] = {
        EVENT_PC1, EVENT_SC1, EVENT_PC2, EVENT_SC2,
        EVENT_SW_SIGNALED, EVENT_PN1, EVENT_SN1, EVENT_PN2, EVENT_SN2,
    };
    uint64_t before;

    QEMU_BUILD_BUG_ON(ARRAY_SIZE(triggered) != ARRAY_SIZE(expected));
    guest_set_mode(g, PE, ID_HANDLER(1), MODE_AUTO);
    for (unsigned i = 0; i < ARRAY_SIZE(triggered); i++) {
        enable(g, triggered[i], 1);
    }
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < ARRAY_SIZE(triggered); i++) {
            trigger(g, triggered[(i + round) % ARRAY_SIZE(triggered)]);
        }
        before = guest_word(g, PE, PE_LOG_COUNT);
        guest_expect(g, PE, 0, SDEI_PE_UNMASK);
        guest_wait_count(g, PE, ID_HANDLER(1),
                         (round + 1) * ARRAY_SIZE(expected));
        for (unsigned i = 0; i < ARRAY_SIZE(expected); i++) {
            guest_check_eq(g, PE, logged_event(g, before + i), expected[i],
                           "event %u", i);
        }
        guest_expect(g, PE, 1, SDEI_PE_MASK);
    }
}

/* The same choice is made at each COMPLETE, with what is pending by then */
static void test_order_at_complete(Guest *g, const void *data)
{
    enable(g, EVENT_PN1, 1);
    enable(g, EVENT_PN2, 2);
    enable(g, EVENT_PC1, 3);
    enable(g, EVENT_PC2, 4);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    trigger(g, EVENT_PC2);
    guest_wait_handler(g, PE, 4, NULL);
    trigger(g, EVENT_PN2);
    trigger(g, EVENT_PN1);
    trigger(g, EVENT_PC2);
    trigger(g, EVENT_PC1);
    guest_complete(g, PE, 0);
    guest_wait_handler(g, PE, 3, NULL);
    guest_complete(g, PE, 0);
    guest_wait_handler(g, PE, 4, NULL);
    guest_complete(g, PE, 0);
    guest_wait_handler(g, PE, 1, NULL);
    guest_complete(g, PE, 0);
    guest_wait_handler(g, PE, 2, NULL);
    guest_complete(g, PE, 0);
    settle(g);
}

/* PE_MASK in a handler: what comes later waits for PE_UNMASK */
static void test_mask_in_handler(Guest *g, const void *data)
{
    bool critical = *(const bool *)data;
    uint32_t outer = critical ? EVENT_PC1 : EVENT_PN1;

    enable(g, outer, 1);
    enable(g, EVENT_PN2, 2);
    enable(g, EVENT_SC2, 3);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    trigger(g, outer);
    guest_wait_handler(g, PE, 1, NULL);
    guest_expect(g, PE, 1, SDEI_PE_MASK);
    guest_expect(g, PE, 0, SDEI_PE_MASK);
    trigger(g, EVENT_PN2);
    guest_complete(g, PE, 0);
    guest_nop(g, PE);
    /* The mask outlives the handler */
    trigger(g, EVENT_SC2);
    check_not_entered(g, 2);
    check_not_entered(g, 3);
    guest_set_mode(g, PE, ID_HANDLER(2), MODE_AUTO);
    guest_set_mode(g, PE, ID_HANDLER(3), MODE_AUTO);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    guest_wait_count(g, PE, ID_HANDLER(3), 1);
    guest_wait_count(g, PE, ID_HANDLER(2), 1);
    guest_nop(g, PE);
    guest_expect(g, PE, 1, SDEI_PE_MASK);
}

/* PE_UNMASK in a handler lets a critical event in, at once */
static void test_unmask_in_handler(Guest *g, const void *data)
{
    uint64_t seq;
    GuestFrame frame;

    enable(g, EVENT_PN1, 1);
    enable(g, EVENT_PC1, 2);
    enable(g, EVENT_PN2, 3);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    trigger(g, EVENT_PN1);
    guest_wait_handler(g, PE, 1, NULL);
    guest_expect(g, PE, 1, SDEI_PE_MASK);
    trigger(g, EVENT_PN2);
    trigger(g, EVENT_PC1);
    seq = guest_call_start(g, PE, SDEI_PE_UNMASK);
    guest_wait_handler(g, PE, 2, &frame);
    guest_check_eq(g, PE, guest_call(g, PE, SDEI_EVENT_CONTEXT, 0), 0,
                   "interrupted X0: the result of PE_UNMASK");
    guest_complete(g, PE, 0);
    guest_wait(g, PE, seq, &frame);
    guest_check_eq(g, PE, frame.x[0], 0, "result of PE_UNMASK");
    check_not_entered(g, 3);
    guest_complete(g, PE, 0);
    guest_wait_handler(g, PE, 3, NULL);
    guest_complete(g, PE, 0);
    guest_nop(g, PE);
}

/* ENABLE in a normal handler of a critical event that waits for it */
static void test_enable_in_handler(Guest *g, const void *data)
{
    uint64_t seq;
    GuestFrame frame;

    enable(g, EVENT_PN1, 1);
    guest_expect(g, PE, 0, SDEI_EVENT_REGISTER, EVENT_PC1, GUEST_HANDLER(2));
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    trigger(g, EVENT_PN1);
    guest_wait_handler(g, PE, 1, NULL);
    trigger(g, EVENT_PC1);
    check_not_entered(g, 2);
    seq = guest_call_start(g, PE, SDEI_EVENT_ENABLE, EVENT_PC1);
    guest_wait_handler(g, PE, 2, NULL);
    guest_complete(g, PE, 0);
    guest_wait(g, PE, seq, &frame);
    guest_check_eq(g, PE, frame.x[0], 0, "result of EVENT_ENABLE");
    guest_complete(g, PE, 0);
    guest_nop(g, PE);
}

/* Unregistered while another handler is on top of it */
static void test_unregister_outer(Guest *g, const void *data)
{
    enable(g, EVENT_PN1, 1);
    enable(g, EVENT_PC1, 2);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    trigger(g, EVENT_PN1);
    guest_wait_handler(g, PE, 1, NULL);
    trigger(g, EVENT_PC1);
    guest_wait_handler(g, PE, 2, NULL);
    guest_expect(g, PE, SDEI_PENDING, SDEI_EVENT_UNREGISTER, EVENT_PN1);
    guest_expect(g, PE, SDEI_DENIED, SDEI_PRIVATE_RESET);
    user_event_check_status(g, PE, EVENT_PN1, 4);
    user_event_check_status(g, PE, EVENT_PC1, 4);
    guest_complete(g, PE, 0);
    guest_nop(g, PE);
    user_event_check_status(g, PE, EVENT_PC1, 0);
    user_event_check_status(g, PE, EVENT_PN1, 4);
    guest_expect(g, PE, SDEI_DENIED, SDEI_PRIVATE_RESET);
    guest_complete(g, PE, 0);
    guest_nop(g, PE);
    user_event_check_status(g, PE, EVENT_PN1, 0);
    guest_expect(g, PE, 0, SDEI_PRIVATE_RESET);
}

void add_priority_tests(void)
{
    static const bool critical = true, normal;

    for (unsigned i = 0; i < ARRAY_SIZE(preempt_cases); i++) {
        scenario_add(SCENARIO_EVENTS_EL1, test_preempt, &preempt_cases[i],
                     "priority/%s", preempt_cases[i].path);
    }
    scenario_add(SCENARIO_EVENTS_THREADS, test_depth_two, NULL,
                 "priority/depth-two");
    for (unsigned i = 0; i < ARRAY_SIZE(nest_cases); i++) {
        scenario_add(SCENARIO_EVENTS_ALL, test_contexts, &nest_cases[i],
                     "priority/contexts/%s", nest_cases[i].path);
    }
    scenario_add(SCENARIO_EVENTS_THREADS, test_contexts_per_pe, NULL,
                 "priority/contexts/on-all-pes");
    scenario_add(SCENARIO_EVENTS, test_back_to_back, NULL,
                 "priority/back-to-back");
    scenario_add(SCENARIO_EVENTS_ALL, test_order, NULL,
                 "priority/order/critical-first-then-lowest-number");
    scenario_add(SCENARIO_EVENTS, test_order_at_complete, NULL,
                 "priority/order/at-complete");
    scenario_add(SCENARIO_EVENTS, test_mask_in_handler, &normal,
                 "priority/mask-in-handler/normal");
    scenario_add(SCENARIO_EVENTS, test_mask_in_handler, &critical,
                 "priority/mask-in-handler/critical");
    scenario_add(SCENARIO_EVENTS, test_unmask_in_handler, NULL,
                 "priority/unmask-in-handler");
    scenario_add(SCENARIO_EVENTS, test_enable_in_handler, NULL,
                 "priority/enable-in-handler");
    scenario_add(SCENARIO_EVENTS, test_unregister_outer, NULL,
                 "priority/unregister-outer-handler");
}
