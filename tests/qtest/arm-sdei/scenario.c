/*
 * What the scenarios of arm-sdei-test share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "scenario.h"
#include "user-event.h"

typedef struct Variant {
    ScenarioFlags flag;
    const char *name;
    GuestConfig config;
    bool kvm;
} Variant;

static const Variant variants[] = {
    { SCENARIO_EL1, "el1",
      { .cpus = 2, .machine = "gic-version=3" }, true },
    { SCENARIO_EL2, "el2",
      { .cpus = 2, .machine = "gic-version=3,virtualization=on" }, true },
    { SCENARIO_OLD_CORE, "el1-cortex-a57",
      { .cpus = 2, .cpu = "cortex-a57", .machine = "gic-version=2" } },
    { SCENARIO_SINGLE, "el1-single-thread",
      { .cpus = 2, .machine = "gic-version=3", .accel = "tcg,thread=single" } },
    { SCENARIO_MTE, "el1-mte",
      { .cpus = 2, .machine = "gic-version=3,mte=on" } },
    { SCENARIO_MTE, "el2-mte",
      { .cpus = 2, .machine = "gic-version=3,mte=on,virtualization=on" } },
    { SCENARIO_EVENTS_EL1, "events-el1",
      { .cpus = 4, .machine = "gic-version=3", .args = USER_EVENTS_ARGS },
      true },
    { SCENARIO_EVENTS_EL2, "events-el2",
      { .cpus = 4, .machine = "gic-version=3,virtualization=on",
        .args = USER_EVENTS_ARGS }, true },
    { SCENARIO_EVENTS_SINGLE, "events-el1-single-thread",
      { .cpus = 4, .machine = "gic-version=3", .accel = "tcg,thread=single",
        .args = USER_EVENTS_ARGS } },
    { SCENARIO_EVENTS_ICOUNT, "events-el1-icount",
      { .cpus = 4, .machine = "gic-version=3",
        .args = USER_EVENTS_ARGS " -icount shift=7" } },
    { SCENARIO_LINES_GICV2, "lines-gicv2",
      { .cpus = 4, .machine = "gic-version=2" } },
    { SCENARIO_LINES_GICV3, "lines-gicv3",
      { .cpus = 4, .machine = "gic-version=3" } },
    { SCENARIO_LINES_NO_ITS, "lines-gicv3-no-its",
      { .cpus = 4, .machine = "gic-version=3,its=off" } },
    { SCENARIO_LINES_EL2, "lines-el2",
      { .cpus = 4, .machine = "gic-version=3,virtualization=on" } },
    { SCENARIO_LINES_KVM, "lines-kvm",
      { .cpus = 4, .machine = "gic-version=3" }, true },
    { SCENARIO_LINES_KVM, "lines-kvm-el2",
      { .cpus = 4, .machine = "gic-version=3,virtualization=on" }, true },
};

/* With a GIC of its own, QEMU has all lines under KVM as under TCG */
static bool variant_runs(const Variant *variant)
{
    if (!guest_is_kvm()) {
        return variant->flag != SCENARIO_LINES_KVM;
    }
    if (!guest_has_kernel_gic()) {
        return variant->flag == SCENARIO_LINES_GICV2;
    }
    if (strstr(variant->config.machine, "virtualization=on") &&
        !guest_has_nested_kvm()) {
        return false;
    }
    return variant->kvm;
}

typedef struct Scenario {
    const Variant *variant;
    GuestConfig config;
    ScenarioFn *fn;
    const void *data;
} Scenario;

static void scenario_run(const void *data)
{
    const Scenario *scenario = data;

    scenario->fn(guest_start(&scenario->config), scenario->data);
}

void scenario_add(ScenarioFlags flags, ScenarioFn *fn, const void *data,
                  const char *path_fmt, ...)
{
    g_autofree char *path = NULL;
    va_list ap;

    va_start(ap, path_fmt);
    path = g_strdup_vprintf(path_fmt, ap);
    va_end(ap);

    for (unsigned i = 0; i < ARRAY_SIZE(variants); i++) {
        g_autofree char *full_path = NULL;
        Scenario *scenario;

        if (!(flags & variants[i].flag) || !variant_runs(&variants[i])) {
            continue;
        }
        scenario = g_new(Scenario, 1);
        *scenario = (Scenario) {
            .variant = &variants[i],
            .config = variants[i].config,
            .fn = fn,
            .data = data,
        };
        if (flags & SCENARIO_8_CPUS) {
            scenario->config.cpus = 8;
        }
        full_path = g_strdup_printf("/arm-sdei/%s/%s", variants[i].name, path);
        qtest_add_data_func_full(full_path, scenario, scenario_run, g_free);
    }
}

ScenarioFlags scenario_aarch32(ScenarioFlags flags)
{
    return guest_is_kvm() ? flags & ~SCENARIO_EL2 : flags;
}

void event_enable(Guest *g, unsigned cpu, unsigned handler, uint64_t arg)
{
    guest_expect(g, cpu, 0, SDEI_EVENT_REGISTER, EVENT_SW_SIGNALED,
                 GUEST_HANDLER(handler), arg);
    guest_expect(g, cpu, 0, SDEI_EVENT_ENABLE, EVENT_SW_SIGNALED);
}

void event_ready(Guest *g, unsigned cpu, unsigned handler, uint64_t arg)
{
    event_enable(g, cpu, handler, arg);
    guest_expect(g, cpu, 0, SDEI_PE_UNMASK);
}

void event_signal(Guest *g, unsigned by, unsigned target)
{
    guest_expect(g, by, 0, SDEI_EVENT_SIGNAL, EVENT_SW_SIGNALED,
                 guest_affinity(g, target));
}

uint64_t event_signal_self(Guest *g, unsigned cpu)
{
    return guest_call_start(g, cpu, SDEI_EVENT_SIGNAL, EVENT_SW_SIGNALED,
                            guest_affinity(g, cpu));
}

void event_check_status(Guest *g, unsigned cpu, unsigned expected)
{
    guest_expect(g, cpu, expected, SDEI_EVENT_STATUS, EVENT_SW_SIGNALED);
}

bool pe_has_feature(Guest *g, unsigned cpu, unsigned bit)
{
    return g->pe[cpu].features & (1u << bit);
}

uint64_t entry_pstate(Guest *g, unsigned cpu, uint64_t pstate, uint64_t sctlr,
                      bool vhe)
{
    uint64_t entry = guest_pstate(g, PSTATE_DAIF);

    entry |= pstate & (PSTATE_NZCV | PSTATE_DIT);
    if (pe_has_feature(g, cpu, FEATURE_PAN_BIT)) {
        entry |= pstate & PSTATE_PAN;
        if ((g->client_el == 1 || vhe) && !(sctlr & SCTLR_SPAN)) {
            entry |= PSTATE_PAN;
        }
    }
    if (pe_has_feature(g, cpu, FEATURE_SSBS_BIT) && (sctlr & SCTLR_DSSBS)) {
        entry |= PSTATE_SSBS;
    }
    if (pe_has_feature(g, cpu, FEATURE_MTE_BIT)) {
        entry |= PSTATE_TCO;
    }
    if (pe_has_feature(g, cpu, FEATURE_NMI_BIT) && !(sctlr & SCTLR_SPINTMASK)) {
        entry |= PSTATE_ALLINT;
    }
    return entry;
}

void entry_check(Guest *g, unsigned cpu, const GuestFrame *frame,
                 const Entry *entry)
{
    uint64_t pc = frame->x[2];

    guest_check_eq(g, cpu, frame->x[0], EVENT_SW_SIGNALED,
                   "entry X0 (event number)");
    guest_check_eq(g, cpu, frame->x[1], entry->arg, "entry X1 (ep_arg)");
    if (pc < entry->pc || pc > MAX(entry->pc, entry->pc_last)) {
        guest_fail(g, cpu, "entry X2 (interrupted PC): got 0x%" PRIx64
                   ", expected 0x%" PRIx64 " to 0x%" PRIx64, pc, entry->pc,
                   MAX(entry->pc, entry->pc_last));
    }
    guest_check_eq(g, cpu, frame->x[3], entry->pstate,
                   "entry X3 (interrupted PSTATE)");
    guest_check_regs(g, cpu, frame->x, entry->x, 4, 30, "entry");
    guest_check_eq(g, cpu, frame->currentel >> 2, g->client_el,
                   "entry CurrentEL");
    guest_check_eq(g, cpu, frame->spsel, 1, "entry SPSel");
    guest_check_eq(g, cpu, frame->daif, PSTATE_DAIF, "entry DAIF");
    guest_check_eq(g, cpu, frame->nzcv, entry->pstate & PSTATE_NZCV,
                   "entry NZCV");
}

void context_check(Guest *g, unsigned cpu, const uint64_t x[18])
{
    for (unsigned i = 0; i < 18; i++) {
        guest_check_eq(g, cpu, guest_call(g, cpu, SDEI_EVENT_CONTEXT, i), x[i],
                       "EVENT_CONTEXT(%u)", i);
    }
}
