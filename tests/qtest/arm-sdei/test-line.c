/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: what the line of a bound interrupt does
 *
 * Each scenario runs for a PPI and for an SPI that is routed to one PE, unless
 * it is about one of them.  The PE is number 1.
 */

#include "qemu/osdep.h"
#include "bound.h"
#include "user-event.h"

#define PE          1
#define HANDLER     0
#define TRIGGERS    40

static const struct {
    const char *name;
    uint32_t intid;
} lines[] = {
    { "ppi", PPI_A },
    { "spi", SPI_A },
};

static void line_up(Guest *g, uint32_t intid)
{
    line_set(g, intid, PE, true);
}

static void line_down(Guest *g, uint32_t intid)
{
    line_set(g, intid, PE, false);
}

/* Bound, registered, enabled, and the PE unmasked */
static uint32_t ready(Guest *g, uint32_t intid, bool edge)
{
    gic_set_edge(g, PE, intid, edge);
    return bound_ready(g, PE, intid, HANDLER);
}

/* The handler runs, and sees the line drop */
static void handle(Guest *g, uint32_t intid, uint32_t num)
{
    bound_wait(g, PE, HANDLER, num);
    line_down(g, intid);
    guest_complete(g, PE, 0);
}

static void check_count(Guest *g, uint64_t count)
{
    bound_idle(g, PE, HANDLER, count);
}

static void complete(Guest *g)
{
    guest_complete(g, PE, 0);
    guest_nop(g, PE);
}

/* Level-triggered */

static void test_level(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);

    for (unsigned i = 1; i <= 5; i++) {
        line_up(g, intid);
        bound_wait(g, PE, HANDLER, num);
        guest_expect(g, PE, 7, SDEI_EVENT_STATUS, num);
        line_down(g, intid);
        complete(g);
        check_count(g, i);
    }
}

/* A device may set its line where it stands already */
static void test_level_again(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);

    line_down(g, intid);
    check_count(g, 0);
    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    line_up(g, intid);
    line_up(g, intid);
    line_down(g, intid);
    line_down(g, intid);
    complete(g);
    check_count(g, 1);
}

static void test_level_still_high(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);

    line_up(g, intid);
    for (unsigned i = 0; i < 5; i++) {
        bound_wait(g, PE, HANDLER, num);
        guest_complete(g, PE, 0);
    }
    handle(g, intid, num);
    check_count(g, 6);
}

/* COMPLETE_AND_RESUME is a completion like any other */
static void test_level_still_high_resume(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);

    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    guest_complete_and_resume(g, PE, GUEST_RESUME(0));
    handle(g, intid, num);
    guest_nop(g, PE);
    check_count(g, 2);
}

/* Down and up again while the handler runs is one more trigger, not two */
static void test_level_toggles_while_running(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);

    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    for (unsigned i = 0; i < 3; i++) {
        line_down(g, intid);
        line_up(g, intid);
    }
    guest_complete(g, PE, 0);
    handle(g, intid, num);
    check_count(g, 2);
    /* And down at the end is none */
    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    for (unsigned i = 0; i < 3; i++) {
        line_down(g, intid);
        line_up(g, intid);
    }
    line_down(g, intid);
    complete(g);
    check_count(g, 3);
}

static void test_level_drop_masked(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);

    guest_expect(g, PE, 1, SDEI_PE_MASK);
    line_up(g, intid);
    check_count(g, 0);
    line_down(g, intid);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    check_count(g, 0);
    /* Nothing is left over for the next time */
    line_up(g, intid);
    handle(g, intid, num);
    check_count(g, 1);
}

static void test_level_drop_disabled(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);

    guest_expect(g, PE, 0, SDEI_EVENT_DISABLE, num);
    line_up(g, intid);
    line_down(g, intid);
    guest_expect(g, PE, 0, SDEI_EVENT_ENABLE, num);
    check_count(g, 0);
}

static void test_level_waits_masked(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);
    uint64_t seq;

    guest_expect(g, PE, 1, SDEI_PE_MASK);
    line_up(g, intid);
    check_count(g, 0);
    seq = guest_call_start(g, PE, SDEI_PE_UNMASK);
    handle(g, intid, num);
    guest_wait(g, PE, seq, NULL);
    check_count(g, 1);
}

static void test_level_waits_enable(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num;
    uint64_t seq;

    gic_set_edge(g, PE, intid, false);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    num = bound_register(g, PE, intid, HANDLER);
    line_up(g, intid);
    check_count(g, 0);
    guest_expect(g, PE, 1, SDEI_EVENT_STATUS, num);
    seq = guest_call_start(g, PE, SDEI_EVENT_ENABLE, num);
    handle(g, intid, num);
    guest_wait(g, PE, seq, NULL);
    check_count(g, 1);
}

static void test_level_high_at_register(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num;
    uint64_t seq;

    gic_set_edge(g, PE, intid, false);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    line_up(g, intid);
    num = bound_register(g, PE, intid, HANDLER);
    check_count(g, 0);
    seq = guest_call_start(g, PE, SDEI_EVENT_ENABLE, num);
    handle(g, intid, num);
    guest_wait(g, PE, seq, NULL);
    check_count(g, 1);
}

/* High at REGISTER, and low by the time of ENABLE */
static void test_level_dropped_by_enable(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num;

    gic_set_edge(g, PE, intid, false);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    line_up(g, intid);
    num = bound_register(g, PE, intid, HANDLER);
    line_down(g, intid);
    guest_expect(g, PE, 0, SDEI_EVENT_ENABLE, num);
    check_count(g, 0);
}

/* A handler that has disabled its event is not entered again */
static void test_level_disabled_in_handler(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);
    uint64_t seq;

    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    guest_expect(g, PE, 0, SDEI_EVENT_DISABLE, num);
    complete(g);
    check_count(g, 1);
    seq = guest_call_start(g, PE, SDEI_EVENT_ENABLE, num);
    handle(g, intid, num);
    guest_wait(g, PE, seq, NULL);
    check_count(g, 2);
}

/* Edge-triggered */

static void test_edge(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, true);

    for (unsigned i = 1; i <= 5; i++) {
        line_up(g, intid);
        bound_wait(g, PE, HANDLER, num);
        complete(g);
        check_count(g, i);
        /* The falling edge */
        line_down(g, intid);
        check_count(g, i);
    }
}

static void test_edge_while_running(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, true);

    line_pulse(g, intid, PE);
    bound_wait(g, PE, HANDLER, num);
    /* However many, one stays pending */
    line_pulse(g, intid, PE);
    line_pulse(g, intid, PE);
    line_pulse(g, intid, PE);
    guest_complete(g, PE, 0);
    bound_wait(g, PE, HANDLER, num);
    complete(g);
    check_count(g, 2);
}

static void test_edge_falling_while_running(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, true);

    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    line_down(g, intid);
    complete(g);
    check_count(g, 1);
}

/* An edge is a fact: that the line is low again takes nothing back */
static void test_edge_waits_masked(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, true);
    uint64_t seq;

    guest_expect(g, PE, 1, SDEI_PE_MASK);
    line_pulse(g, intid, PE);
    line_pulse(g, intid, PE);
    check_count(g, 0);
    seq = guest_call_start(g, PE, SDEI_PE_UNMASK);
    bound_wait(g, PE, HANDLER, num);
    guest_complete(g, PE, 0);
    guest_wait(g, PE, seq, NULL);
    check_count(g, 1);
}

static void test_edge_waits_enable(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num;
    uint64_t seq;

    gic_set_edge(g, PE, intid, true);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    num = bound_register(g, PE, intid, HANDLER);
    line_pulse(g, intid, PE);
    check_count(g, 0);
    seq = guest_call_start(g, PE, SDEI_EVENT_ENABLE, num);
    bound_wait(g, PE, HANDLER, num);
    guest_complete(g, PE, 0);
    guest_wait(g, PE, seq, NULL);
    check_count(g, 1);
}

/* An edge from before REGISTER is the client's, or nobody's */
static void test_edge_high_at_register(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num;

    gic_set_edge(g, PE, intid, true);
    gic_enable(g, PE, intid);
    line_up(g, intid);
    gic_check_level(g, PE, intid, true);
    num = bound_ready(g, PE, intid, HANDLER);
    check_count(g, 0);
    gic_check_idle(g, PE, intid);
    line_down(g, intid);
    check_count(g, 0);
    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    complete(g);
    check_count(g, 1);
}

/* What is edge and what is level was settled by REGISTER */
static void test_config_after_register(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);

    gic_set_edge(g, PE, intid, true);
    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    guest_complete(g, PE, 0);
    handle(g, intid, num);
    check_count(g, 2);

    guest_expect(g, PE, 0, SDEI_EVENT_UNREGISTER, num);
    ready(g, intid, true);
    gic_set_edge(g, PE, intid, false);
    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    complete(g);
    check_count(g, 3);
}

/* UNREGISTER */

static void test_unregister_forgets(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;

    for (unsigned edge = 0; edge < 2; edge++) {
        uint32_t num = ready(g, intid, edge);

        guest_expect(g, PE, 1, SDEI_PE_MASK);
        line_up(g, intid);
        guest_expect(g, PE, 0, SDEI_EVENT_UNREGISTER, num);
        line_down(g, intid);
        bound_ready(g, PE, intid, HANDLER);
        check_count(g, 0);
        guest_expect(g, PE, 0, SDEI_EVENT_UNREGISTER, num);
    }
}

/*
 * A level goes back as it stands; DISABLE does not give it back.  The client's
 * GIC offers it from then on.
 */
static void test_give_back_level(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = bind_intid(g, PE, intid);

    gic_on(g, PE);
    gic_enable(g, PE, intid);
    gic_set_edge(g, PE, intid, false);
    line_up(g, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), intid, "bound only");
    bound_register(g, PE, intid, HANDLER);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "registered");
    gic_check_idle(g, PE, intid);
    guest_expect(g, PE, 0, SDEI_EVENT_ENABLE, num);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "enabled");
    guest_expect(g, PE, 0, SDEI_EVENT_DISABLE, num);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "disabled");
    gic_check_idle(g, PE, intid);
    guest_expect(g, PE, 0, SDEI_EVENT_UNREGISTER, num);
    guest_check_eq(g, PE, gic_offers(g, PE), intid, "unregistered, high");
    gic_check_level(g, PE, intid, true);
    line_down(g, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "then low");
    gic_check_idle(g, PE, intid);

    bound_register(g, PE, intid, HANDLER);
    line_up(g, intid);
    line_down(g, intid);
    guest_expect(g, PE, 0, SDEI_EVENT_UNREGISTER, num);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "unregistered, low");
    line_up(g, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), intid, "then high");
    guest_expect(g, PE, 0, SDEI_INTERRUPT_RELEASE, num);
    guest_check_eq(g, PE, gic_offers(g, PE), intid, "released");
}

/* The client gets no edge that belongs to the past */
static void test_give_back_edge(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = bind_intid(g, PE, intid);

    gic_on(g, PE);
    gic_enable(g, PE, intid);
    gic_set_edge(g, PE, intid, true);

    /* Neither one from while it was registered ... */
    bound_register(g, PE, intid, HANDLER);
    line_pulse(g, intid, PE);
    guest_expect(g, PE, 0, SDEI_EVENT_UNREGISTER, num);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "line low");
    bound_register(g, PE, intid, HANDLER);
    line_up(g, intid);
    guest_expect(g, PE, 0, SDEI_EVENT_UNREGISTER, num);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "line high");
    gic_check_idle(g, PE, intid);
    line_down(g, intid);
    /* ... nor one from before */
    line_up(g, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), intid, "unregistered");
    bound_register(g, PE, intid, HANDLER);
    guest_expect(g, PE, 0, SDEI_EVENT_UNREGISTER, num);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "old edge");
    line_down(g, intid);
    line_up(g, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), intid, "new edge");
}

/* UNREGISTER while the handler runs: the line goes back at COMPLETE */
static void test_unregister_running(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);

    gic_on(g, PE);
    gic_enable(g, PE, intid);
    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    guest_expect(g, PE, SDEI_PENDING, SDEI_EVENT_UNREGISTER, num);
    guest_expect(g, PE, 4, SDEI_EVENT_STATUS, num);
    gic_check_idle(g, PE, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "running");
    line_down(g, intid);
    line_up(g, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "running");
    complete(g);
    check_count(g, 1);
    guest_check_eq(g, PE, gic_offers(g, PE), intid, "completed");
    gic_check_level(g, PE, intid, true);
    line_down(g, intid);
    gic_check_idle(g, PE, intid);
}

/* What the client does to its GIC changes nothing */

static void write_all(Guest *g, uint32_t intid)
{
    static const GICReg regs[] = {
        GIC_ISENABLER, GIC_ISPENDR, GIC_ISACTIVER, GIC_ICPENDR, GIC_ICACTIVER,
        GIC_ICENABLER, GIC_ISPENDR, GIC_ISENABLER, GIC_ISACTIVER,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(regs); i++) {
        gic_write_bit(g, PE, regs[i], intid);
        gic_check_idle(g, PE, intid);
    }
    gic_set_edge(g, PE, intid, true);
    gic_write_bit(g, PE, GIC_ISPENDR, intid);
    gic_check_idle(g, PE, intid);
    gic_set_edge(g, PE, intid, false);
    gic_check_idle(g, PE, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "interrupt");
}

static void test_gic_registers(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = bind_intid(g, PE, intid);

    gic_on(g, PE);
    gic_enable(g, PE, intid);
    gic_set_edge(g, PE, intid, false);
    gic_write_bit(g, PE, GIC_ISPENDR, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), intid, "pending before REGISTER");
    bound_register(g, PE, intid, HANDLER);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "registered");
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);

    write_all(g, intid);
    line_up(g, intid);
    write_all(g, intid);
    line_down(g, intid);
    guest_expect(g, PE, 0, SDEI_EVENT_ENABLE, num);
    write_all(g, intid);
    check_count(g, 0);
    line_up(g, intid);
    bound_wait(g, PE, HANDLER, num);
    write_all(g, intid);
    line_down(g, intid);
    write_all(g, intid);
    complete(g);
    check_count(g, 1);
    /* None of it comes up later */
    guest_expect(g, PE, 0, SDEI_EVENT_UNREGISTER, num);
    gic_check_idle(g, PE, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), GIC_NOTHING, "unregistered");
    /* And its GIC is the client's again */
    gic_write_bit(g, PE, GIC_ISPENDR, intid);
    guest_check_eq(g, PE, gic_offers(g, PE), intid, "pending");
    gic_write_bit(g, PE, GIC_ICPENDR, intid);
    gic_write_bit(g, PE, GIC_ISACTIVER, intid);
    guest_check_eq(g, PE, gic_bit(g, PE, GIC_ISACTIVER, intid), true,
                   "active bit");
}

/* Disabled in the GIC or not, of whatever priority: the event comes */
static void test_gic_off(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);

    gic_write_bit(g, PE, GIC_ICENABLER, intid);
    line_up(g, intid);
    handle(g, intid, num);
    check_count(g, 1);
}

/* Other interrupts, of the same kind or not, are as before */
static void test_unaffected(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t other = is_spi(intid) ? SPI_B : PPI_B;
    uint32_t num;

    gic_on(g, PE);
    gic_enable(g, PE, other);
    gic_set_edge(g, PE, other, false);
    line_up(g, other);
    num = ready(g, intid, false);
    guest_check_eq(g, PE, gic_offers(g, PE), other, "interrupt");
    guest_check_eq(g, PE, gic_take(g, PE), other, "interrupt");
    line_up(g, intid);
    handle(g, intid, num);
    check_count(g, 1);
    guest_check_eq(g, PE, gic_bit(g, PE, GIC_ISACTIVER, other), true,
                   "active bit");
    line_down(g, other);
    gic_end(g, PE, other);
    gic_check_idle(g, PE, other);
    gic_write_bit(g, PE, GIC_ISPENDR, other);
    guest_check_eq(g, PE, gic_offers(g, PE), other, "interrupt");
    gic_write_bit(g, PE, GIC_ICPENDR, other);
    /* The same PPI of another PE, on which nobody registered it */
    if (!is_spi(intid)) {
        line_set(g, intid, 2, true);
        gic_check_level(g, 2, intid, true);
        bound_idle(g, 2, HANDLER, 0);
    }
    check_count(g, 1);
}

/* Whatever the PE is doing */
static void test_spinning_masked(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);
    uint64_t x[31], spin;
    GuestFrame frame;

    guest_pattern(x, 0x1234);
    spin = guest_spin_start(g, PE, x, guest_pstate(g, PSTATE_DAIF));
    for (unsigned i = 0; i < 5; i++) {
        line_up(g, intid);
        guest_wait_handler(g, PE, HANDLER, &frame);
        guest_check_eq(g, PE, frame.x[0], num, "X0");
        guest_check_eq(g, PE, frame.x[1], intid, "X1");
        guest_check_eq(g, PE, frame.x[3], guest_pstate(g, PSTATE_DAIF), "X3");
        line_down(g, intid);
        guest_complete(g, PE, 0);
    }
    guest_spin_stop(g, PE, spin, &frame);
    guest_check_regs(g, PE, frame.x, x, 0, 29, "after the events");
    check_count(g, 5);
}

static void test_wakes(Guest *g, const void *data)
{
    uint32_t intid = *(const uint32_t *)data;
    uint32_t num = ready(g, intid, false);
    GuestRun run;

    guest_run_init(g, PE, &run);
    guest_run_mark_started(PE, &run);
    guest_run_insn(&run, INSN_WFI);
    guest_run_end(&run);
    guest_run_start(g, PE, &run);
    guest_run_wait_started(g, PE);
    line_up(g, intid);
    handle(g, intid, num);
    guest_wait(g, PE, run.seq, NULL);
    check_count(g, 1);
}

/* SPIs and their routing */

static void test_rm_pe(Guest *g, const void *data)
{
    uint32_t num = bind_intid(g, 0, SPI_A);

    unmask_all(g);
    for (unsigned pe = 0; pe < g->config.cpus; pe++) {
        guest_expect(g, 0, 0, SDEI_EVENT_REGISTER, num, GUEST_HANDLER(HANDLER),
                     0, SDEI_REGISTER_RM_PE, guest_affinity(g, pe));
        guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, num);
        for (unsigned i = 1; i <= 3; i++) {
            line_set(g, SPI_A, 0, true);
            bound_wait(g, pe, HANDLER, num);
            line_set(g, SPI_A, 0, false);
            guest_complete(g, pe, 0);
            bound_idle(g, pe, HANDLER, i);
        }
        guest_check_eq(g, pe, count_all(g, HANDLER), 3 * (pe + 1),
                       "entries on all PEs");
        guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, num);
    }
}

/* It waits for its PE, which is masked, and does not wait when it drops */
static void test_rm_pe_waits(Guest *g, const void *data)
{
    uint32_t num = bound_ready(g, PE, SPI_A, HANDLER);

    unmask_all(g);
    set_all_modes(g, HANDLER, MODE_SERVE);
    guest_expect(g, PE, 1, SDEI_PE_MASK);
    line_set(g, SPI_A, 0, true);
    settle(g);
    guest_check_eq(g, PE, count_all(g, HANDLER), 0, "entries on all PEs");
    line_set(g, SPI_A, 0, false);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    check_count(g, 0);
    line_set(g, SPI_A, 0, true);
    handle(g, SPI_A, num);
    check_count(g, 1);
}

static void test_rm_any(Guest *g, const void *data)
{
    uint32_t num = bound_register_any(g, 0, SPI_A, HANDLER);

    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, num);
    unmask_all(g);
    for (unsigned i = 1; i <= TRIGGERS; i++) {
        unsigned pe;

        line_set(g, SPI_A, 0, true);
        pe = find_handler(g, HANDLER, NULL);
        guest_expect(g, pe, 7, SDEI_EVENT_STATUS, num);
        line_set(g, SPI_A, 0, false);
        guest_complete(g, pe, 0);
        guest_nop(g, pe);
        guest_check_eq(g, pe, count_all(g, HANDLER), i, "entries on all PEs");
    }
    settle(g);
    guest_check_eq(g, 0, count_all(g, HANDLER), TRIGGERS, "all entries");
    /* Each PE had its share */
    for (unsigned pe = 0; pe < g->config.cpus; pe++) {
        g_assert_cmpuint(guest_count(g, pe, ID_HANDLER(HANDLER)), >, 0);
    }
}

/* Two lines at a time: two PEs, or one after the other on the only one */
static void test_rm_any_two(Guest *g, const void *data)
{
    uint32_t a = bound_register_any(g, 0, SPI_A, HANDLER);
    uint32_t b = bound_register_any(g, 0, SPI_B, HANDLER + 1);
    uint64_t seq;

    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, a);
    guest_expect(g, 0, 0, SDEI_EVENT_ENABLE, b);
    guest_expect(g, 2, 0, SDEI_PE_UNMASK);
    line_set(g, SPI_B, 0, true);
    bound_wait(g, 2, HANDLER + 1, b);
    line_set(g, SPI_A, 0, true);
    bound_idle(g, 2, HANDLER, 0);
    seq = guest_call_start(g, 3, SDEI_PE_UNMASK);
    bound_wait(g, 3, HANDLER, a);
    line_set(g, SPI_A, 0, false);
    guest_complete(g, 3, 0);
    guest_wait(g, 3, seq, NULL);
    bound_idle(g, 3, HANDLER, 1);
    line_set(g, SPI_B, 0, false);
    guest_complete(g, 2, 0);
    bound_idle(g, 2, HANDLER + 1, 1);

    guest_expect(g, 3, 1, SDEI_PE_MASK);
    line_set(g, SPI_A, 0, true);
    bound_wait(g, 2, HANDLER, a);
    line_set(g, SPI_B, 0, true);
    line_set(g, SPI_A, 0, false);
    guest_complete(g, 2, 0);
    bound_wait(g, 2, HANDLER + 1, b);
    line_set(g, SPI_B, 0, false);
    guest_complete(g, 2, 0);
    bound_idle(g, 2, HANDLER + 1, 2);
    settle(g);
    guest_check_eq(g, 0, count_all(g, HANDLER), 2, "entries");
}

/* A PE that registers an SPI need not be the one that unregisters it */
static void test_spi_other_pe(Guest *g, const void *data)
{
    uint32_t num = bound_register_any(g, 0, SPI_A, HANDLER);

    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, num);
    line_set(g, SPI_A, 0, true);
    gic_check_idle(g, 3, SPI_A);
    guest_expect(g, 2, 0, SDEI_EVENT_UNREGISTER, num);
    gic_check_level(g, 3, SPI_A, true);
    guest_expect(g, 3, 0, SDEI_INTERRUPT_RELEASE, num);
}

/*
 * PE 1 takes an edge-triggered SPI as an interrupt; PE 0 has its event
 * registered and unregistered all the while.  Nobody may get in between.
 */
#define HAND_OVERS  60

static uint64_t start_taking(Guest *g)
{
    gic_on(g, 1);
    gic_set_edge(g, 1, SPI_A, true);
    gic_enable(g, 1, SPI_A);
    return irq_spin_start(g, 1, 0, 0);
}

/* The line is high, but its edge was not the GIC's */
static void test_no_edge_is_made_up(Guest *g, const void *data)
{
    uint64_t spin = start_taking(g);
    uint32_t num;

    num = bound_register(g, 0, SPI_A, HANDLER);
    line_set(g, SPI_A, 0, true);
    for (unsigned i = 0; i < HAND_OVERS; i++) {
        guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, num);
        bound_register(g, 0, SPI_A, HANDLER);
    }
    guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, num);
    guest_spin_stop(g, 1, spin, NULL);
    guest_check_eq(g, 1, guest_count(g, 1, ID_IRQ), 0, "IRQs");
}

/* What PE 1 has acknowledged and not ended cannot be registered */
static void test_taken_or_registered(Guest *g, const void *data)
{
    uint64_t spin = start_taking(g);
    uint32_t num = bind_intid(g, 0, SPI_A);
    unsigned registered = 0;

    for (unsigned i = 0; i < HAND_OVERS; i++) {
        int64_t result;

        line_pulse(g, SPI_A, 0);
        result = guest_call(g, 0, SDEI_EVENT_REGISTER, num,
                            GUEST_HANDLER(HANDLER));
        if (result == SDEI_DENIED) {
            continue;
        }
        guest_check_eq(g, 0, result, 0, "EVENT_REGISTER");
        registered++;
        gic_check_idle(g, 0, SPI_A);
        guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, num);
    }
    guest_spin_stop(g, 1, spin, NULL);
    g_test_message("registered %u times, %" PRIu64 " interrupts", registered,
                   guest_count(g, 1, ID_IRQ));
    guest_check_eq(g, 1, guest_count(g, 1, ID_IRQ) + registered > 0, true,
                   "somebody had it");
}

void add_line_tests(void)
{
    static const struct {
        const char *name;
        ScenarioFn *fn;
    } scenarios[] = {
        { "level/triggers", test_level },
        { "level/set-to-what-it-is", test_level_again },
        { "level/still-high-at-complete", test_level_still_high },
        { "level/still-high-at-complete-and-resume",
          test_level_still_high_resume },
        { "level/toggles-while-running", test_level_toggles_while_running },
        { "level/drops-while-masked", test_level_drop_masked },
        { "level/drops-while-disabled", test_level_drop_disabled },
        { "level/waits-for-unmask", test_level_waits_masked },
        { "level/waits-for-enable", test_level_waits_enable },
        { "level/high-at-register", test_level_high_at_register },
        { "level/drops-before-enable", test_level_dropped_by_enable },
        { "level/disabled-in-handler", test_level_disabled_in_handler },
        { "edge/triggers-once", test_edge },
        { "edge/one-stays-pending-while-running", test_edge_while_running },
        { "edge/falling-while-running", test_edge_falling_while_running },
        { "edge/waits-for-unmask", test_edge_waits_masked },
        { "edge/waits-for-enable", test_edge_waits_enable },
        { "edge/high-at-register", test_edge_high_at_register },
        { "line/configured-by-register", test_config_after_register },
        { "line/unregister-forgets", test_unregister_forgets },
        { "line/level-goes-back", test_give_back_level },
        { "line/edge-does-not-go-back", test_give_back_edge },
        { "line/unregister-while-running", test_unregister_running },
        { "line/gic-registers-have-no-effect", test_gic_registers },
        { "line/disabled-in-gic", test_gic_off },
        { "line/others-unaffected", test_unaffected },
        { "line/pe-spins-masked", test_spinning_masked },
        { "line/wakes-from-wfi", test_wakes },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(scenarios); i++) {
        for (unsigned j = 0; j < ARRAY_SIZE(lines); j++) {
            ScenarioFlags flags = SCENARIO_LINES | SCENARIO_LINES_EL2;

            /* Nobody keeps software from writing to the kernel's GIC */
            if (is_spi(lines[j].intid) &&
                scenarios[i].fn != test_gic_registers) {
                flags |= SCENARIO_LINES_KVM;
            }
            bound_add(flags, scenarios[i].fn, &lines[j].intid, "%s/%s",
                      scenarios[i].name, lines[j].name);
        }
    }
    bound_add(SCENARIO_LINES_ALL | SCENARIO_LINES_KVM, test_rm_pe, NULL,
              "line/rm-pe");
    bound_add(SCENARIO_LINES | SCENARIO_LINES_KVM, test_rm_pe_waits, NULL,
              "line/rm-pe-waits");
    bound_add(SCENARIO_LINES | SCENARIO_LINES_KVM, test_no_edge_is_made_up,
              NULL, "line/no-edge-is-made-up");
    bound_add(SCENARIO_LINES | SCENARIO_LINES_KVM, test_taken_or_registered,
              NULL, "line/taken-or-registered");
    bound_add(SCENARIO_LINES_ALL, test_rm_any, NULL, "line/rm-any");
    bound_add(SCENARIO_LINES, test_rm_any_two, NULL, "line/rm-any-two-lines");
    bound_add(SCENARIO_LINES, test_spi_other_pe, NULL, "line/any-pe-owns-spi");
}
