/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: the PMU's counters across changes of exception level
 *
 * QEMU leaves counters alone there that are not enabled; SDEI's handlers change
 * the level more often than most.
 */

#include "qemu/osdep.h"
#include "scenario.h"

#define SYSREG_PMCR_EL0         SYSREG(3, 3, 9, 12, 0)
#define SYSREG_PMCNTENSET_EL0   SYSREG(3, 3, 9, 12, 1)
#define SYSREG_PMCNTENCLR_EL0   SYSREG(3, 3, 9, 12, 2)
#define SYSREG_PMCCNTR_EL0      SYSREG(3, 3, 9, 13, 0)
#define SYSREG_PMEVCNTR0_EL0    SYSREG(3, 3, 14, 8, 0)
#define SYSREG_PMEVTYPER0_EL0   SYSREG(3, 3, 14, 12, 0)
#define SYSREG_PMCCFILTR_EL0    SYSREG(3, 3, 14, 15, 7)
#define SYSREG_CNTFRQ_EL0       SYSREG(3, 3, 14, 0, 0)

#define PMCR_E                  (1 << 0)
#define PMCR_LC                 (1 << 6)
#define EVENT_CPU_CYCLES        0x11

/* Cycles of QEMU's CPUs in a second */
#define CPU_FREQUENCY           1000000000ull

/**
 * PmuCounter: one of the counters
 * @set_up: what @control is to be; both count all cycles then
 * @enable: its bit in PMCNTENSET
 * @mask: how wide it is
 */
typedef struct PmuCounter {
    const char *name;
    uint32_t counter;
    uint32_t control;
    uint64_t set_up;
    uint64_t enable;
    uint64_t mask;
} PmuCounter;

static const PmuCounter counters[] = {
    { "cycles", SYSREG_PMCCNTR_EL0, SYSREG_PMCCFILTR_EL0, 0, 1u << 31,
      UINT64_MAX },
    { "event", SYSREG_PMEVCNTR0_EL0, SYSREG_PMEVTYPER0_EL0, EVENT_CPU_CYCLES,
      1u << 0, UINT32_MAX },
};

/* X1: time before @reg is written with X0; X2: the counter; X3: time after */
static void write_and_read(Guest *g, const PmuCounter *c, uint32_t reg,
                           uint64_t value, GuestFrame *result)
{
    GuestRun run;

    guest_run_init(g, 0, &run);
    run.x[0] = value;
    guest_run_insn(&run, INSN_ISB);
    guest_run_insn(&run, INSN_MRS(1, SYSREG_CNTVCT_EL0));
    guest_run_insn(&run, INSN_MSR(0, reg));
    guest_run_insn(&run, INSN_ISB);
    guest_run_insn(&run, INSN_MRS(2, c->counter));
    guest_run_insn(&run, INSN_ISB);
    guest_run_insn(&run, INSN_MRS(3, SYSREG_CNTVCT_EL0));
    guest_run_insn(&run, INSN_MRS(4, SYSREG_CNTFRQ_EL0));
    guest_run_end(&run);
    guest_run(g, 0, &run, result);
}

/* Down to EL0, and back */
static void visit_el0(Guest *g)
{
    GuestRun run;

    guest_run_init(g, 0, &run);
    run.pstate = PSTATE_EL0 | PSTATE_DAIF;
    guest_run_insn(&run, INSN_NOP);
    guest_run_end(&run);
    guest_run(g, 0, &run, NULL);
}

/* Since it stood at @value no more was counted than time went since @from */
static uint64_t check_counted(Guest *g, const PmuCounter *c, uint64_t value,
                              const GuestFrame *from, const GuestFrame *to)
{
    uint64_t counted = (to->x[2] - value) & c->mask;
    uint64_t ticks = to->x[3] - from->x[1] + 1;

    if (counted / (CPU_FREQUENCY / to->x[4]) > ticks) {
        guest_fail(g, 0, "%s: 0x%" PRIx64 " was counted in 0x%" PRIx64
                   " ticks of 0x%" PRIx64 " a second", c->name, counted,
                   ticks, to->x[4]);
    }
    return counted;
}

static void test_pmu(Guest *g, const void *data)
{
    const PmuCounter *c = data;
    GuestFrame from, to, later;
    GuestWait wait = { };
    uint64_t value = 0;

    write_and_read(g, c, SYSREG_PMCR_EL0, PMCR_E | PMCR_LC, &from);
    write_and_read(g, c, c->control, c->set_up, &from);
    write_and_read(g, c, c->counter, value, &from);
    g_assert_cmphex(from.x[2], ==, value);

    for (unsigned i = 0; i < 3; i++) {
        write_and_read(g, c, SYSREG_PMCNTENSET_EL0, c->enable, &from);
        check_counted(g, c, value, &from, &from);
        visit_el0(g);
        write_and_read(g, c, SYSREG_PMCNTENCLR_EL0, c->enable, &to);
        g_assert_cmpuint(check_counted(g, c, value, &from, &to), >, 0);
        value = to.x[2];

        /* It stands still for a millisecond, whoever comes and goes */
        do {
            visit_el0(g);
            write_and_read(g, c, SYSREG_PMCNTENCLR_EL0, c->enable, &later);
            g_assert_cmphex(later.x[2], ==, value);
        } while (later.x[1] - to.x[3] < later.x[4] / 1000 &&
                 guest_wait_more(&wait));
    }
}

void add_pmu_tests(void)
{
    /* KVM has a PMU of its own */
    if (guest_is_kvm()) {
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(counters); i++) {
        scenario_add(SCENARIO_EL1 | SCENARIO_OLD_CORE, test_pmu, &counters[i],
                     "pmu/%s", counters[i].name);
    }
}
