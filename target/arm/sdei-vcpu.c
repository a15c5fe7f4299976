/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: who gets what now, and how a vCPU gets there
 *
 * An event is marked pending first (sdei-event.c), then the PE that is to
 * take it is sent here by work queued on its vCPU.  The work carries no
 * state: it looks what there is to take when it runs.  Lost work loses
 * nothing, as whatever makes an event deliverable asks again.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/plugin.h"
#include "qemu/processor.h"
#include "qemu/timer.h"
#include "system/kvm.h"
#include "system/runstate.h"
#include "cpu.h"
#include "internals.h"
#include "cpu-features.h"
#include "sdei-internal.h"
#include "trace.h"

/* How long a caller gives way to whom it signals: awake, then asleep */
#define SDEI_LET_TAKE_SPIN_NS   (20 * SCALE_US)
#define SDEI_LET_TAKE_MS        1

/*
 * Under a debugger's single step events wait, as interrupts do: it continues
 * with a VM that goes on, and all PEs are sent to look then.
 */
static bool sdei_is_stepped(const SDEICPUState *sc)
{
    return sc->cs->singlestep_enabled & SSTEP_NOIRQ;
}

/*
 * Take the next event, if any, on the PE whose thread this is
 *
 * Returns: false if there was none that it takes now
 */
static bool sdei_take_event(SDEIState *s, uint32_t pe)
{
    SDEICPUState *sc = &s->cpu[pe];
    uint32_t ev = sdei_next_event(&s->events, pe);
    const SDEIEventDef *def;
    const SDEIHandler *h;
    SDEIContext *context;
    SDEIEntry entry;

    if (ev == SDEI_NONE || sdei_is_stepped(sc)) {
        return false;
    }
    h = sdei_dispatch(&s->events, pe, ev);
    def = &s->events.event[ev].def;
    context = &sc->context[def->priority];
    s->regs->save(sc->cs, context);
    entry = (SDEIEntry) {
        .x = { def->num, h->ep_arg, context->pc, context->pstate },
        .pc = h->entry,
        .relative = h->relative,
    };
    s->regs->enter(sc->cs, s->client_el, context, &entry);
    trace_arm_sdei_dispatch(s->events.pe[pe].mpidr, def->num, h->entry,
                            context->pc, context->pstate);
    return true;
}

static void sdei_vcpu_work(CPUState *cs, run_on_cpu_data data)
{
    SDEIState *s = data.host_ptr;
    uint32_t pe = cs->cpu_index;

    qatomic_set(&s->cpu[pe].work_queued, false);
    qemu_cond_broadcast(&s->work_cond);
    /*
     * Queued work also runs while the VM is stopped.  Its registers are not
     * to change then, they may just be migrating; resuming asks again.
     */
    if (runstate_is_running()) {
        vaddr from = cs->cc->get_pc(cs);

        if (sdei_reevaluate(s, pe)) {
            CPUState *last = current_cpu;

            /* Plugins read its registers; one thread may run all vCPUs' work */
            current_cpu = cs;
            qemu_plugin_vcpu_interrupt_cb(cs, from);
            current_cpu = last;
        }
    }
}

void sdei_kick(SDEIState *s, uint32_t pe)
{
    SDEICPUState *sc = &s->cpu[pe];

    g_assert(bql_locked());
    /* Without registers (qtest) no vCPU runs that could take it */
    if (!s->regs || sc->work_queued || sdei_is_stepped(sc) ||
        sdei_next_event(&s->events, pe) == SDEI_NONE) {
        return;
    }
    /* sdei_let_take_awake() reads it without the BQL */
    qatomic_set(&sc->work_queued, true);
    s->last_kicked = pe;
    qemu_cond_broadcast(&s->work_cond);
    async_run_on_cpu(sc->cs, sdei_vcpu_work, RUN_ON_CPU_HOST_PTR(s));
}

/* Who runs needs less time to come here than going to sleep takes */
static void sdei_let_take_awake(SDEICPUState *sc)
{
    int64_t end = get_clock() + SDEI_LET_TAKE_SPIN_NS;

    bql_unlock();
    while (qatomic_read(&sc->work_queued) && get_clock() < end) {
        cpu_relax();
    }
    bql_lock();
}

void sdei_let_take(SDEIState *s, uint32_t pe)
{
    uint32_t target = s->last_kicked;
    int64_t deadline;

    if (target == pe || !s->cpu[target].work_queued ||
        !s->regs->has_threads()) {
        return;
    }
    if (!s->cpu[target].cs->halted) {
        sdei_let_take_awake(&s->cpu[target]);
    }
    deadline = qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + SDEI_LET_TAKE_MS;
    /*
     * Somebody who signals this PE wants it to take its own event; two that
     * signal each other must not wait for each other.
     */
    while (s->cpu[target].work_queued && !s->cpu[pe].work_queued &&
           qemu_clock_get_ms(QEMU_CLOCK_REALTIME) <= deadline) {
        qemu_cond_timedwait_bql(&s->work_cond, SDEI_LET_TAKE_MS);
    }
}

void sdei_kick_shared(SDEIState *s)
{
    uint32_t ev, target;

    if (!sdei_events_has_shared_pending(&s->events)) {
        return;
    }
    for (ev = 0; ev < s->events.num_events; ev++) {
        if (s->events.event[ev].def.type != SDEI_TYPE_SHARED) {
            continue;
        }
        target = sdei_dispatch_target(&s->events, ev);
        if (target != SDEI_NONE) {
            sdei_kick(s, target);
        }
    }
}

/* The exception level of an AArch64 context; AArch32 ones are never at ours */
static unsigned int sdei_context_el(const SDEIContext *context)
{
    return context->pstate & PSTATE_nRW ? 0 : extract64(context->pstate, 2, 2);
}

uint64_t sdei_handler_pstate(CPUARMState *env, unsigned int client_el,
                             const SDEIContext *context)
{
    uint64_t mode = aarch64_pstate_mode(client_el, true);
    /* QEMU's exceptions clear these, the architecture keeps them */
    uint64_t kept = PSTATE_NZCV;

    if (cpu_isar_feature(aa64_dit, env_archcpu(env))) {
        kept |= PSTATE_DIT;
    }
    if (sdei_context_el(context) == client_el &&
        (env->cp15.gcscr_el[client_el] & GCSCR_EXLOCKEN)) {
        mode |= PSTATE_EXLOCK;
    }
    return arm_exception_pstate(env, client_el, mode, context->pstate) |
           (context->pstate & kept);
}

static bool sdei_aa64_pstate_is_legal(ARMCPU *cpu, unsigned int client_el,
                                      uint64_t pstate)
{
    uint64_t valid = aarch64_pstate_valid_mask(&cpu->isar);
    unsigned int el = extract64(pstate, 2, 2);

    if (kvm_enabled()) {
        /*
         * The host's CPU sets on exceptions what it has, also where KVM hides
         * it from the guest: ALLINT, TCO
         */
        valid |= PSTATE_ALLINT | PSTATE_TCO;
    }
    return !(pstate & ~valid) && !extract64(pstate, 1, 1) &&
           el <= client_el && (el || !(pstate & PSTATE_SP));
}

bool sdei_pstate_is_legal(SDEIState *s, uint32_t pe, uint64_t pstate)
{
    ARMCPU *cpu = ARM_CPU(s->cpu[pe].cs);

    if (!(pstate & PSTATE_nRW)) {
        return sdei_aa64_pstate_is_legal(cpu, s->client_el, pstate);
    }
    if (!cpu_isar_feature(aa64_aa32, cpu) || extract64(pstate, 32, 32)) {
        return false;
    }
    switch (pstate & CPSR_M) {
    case ARM_CPU_MODE_USR:
        return true;
    case ARM_CPU_MODE_FIQ:
    case ARM_CPU_MODE_IRQ:
    case ARM_CPU_MODE_SVC:
    case ARM_CPU_MODE_ABT:
    case ARM_CPU_MODE_UND:
    case ARM_CPU_MODE_SYS:
        return s->client_el > 1;
    default:
        return false;
    }
}

void sdei_vcpu_resume(SDEIState *s)
{
    uint32_t pe;

    /* A stream that says otherwise must not power a PE on */
    for (pe = 0; pe < s->events.num_pes; pe++) {
        if (ARM_CPU(s->cpu[pe].cs)->power_state != PSCI_ON) {
            sdei_pe_off(&s->events, pe);
        }
    }
    sdei_irq_give_back(s);
}

void sdei_kick_all(SDEIState *s)
{
    uint32_t pe;

    for (pe = 0; pe < s->events.num_pes; pe++) {
        sdei_kick(s, pe);
    }
}

bool sdei_reevaluate(SDEIState *s, uint32_t pe)
{
    bool taken;

    /* Every call ends here, and hardly ever with something to deliver */
    if (sdei_events_is_idle(&s->events, pe)) {
        return false;
    }
    taken = sdei_take_event(s, pe);
    sdei_kick_shared(s);
    return taken;
}

bool arm_sdei_trigger_event(uint32_t num, CPUState *cs, Error **errp)
{
    SDEIState *s = sdei_dispatcher();
    uint32_t ev = s ? sdei_events_find(&s->events, num) : SDEI_NONE;
    bool shared;

    if (ev == SDEI_NONE) {
        error_setg(errp, "this machine has no SDEI event 0x%" PRIx32, num);
        return false;
    }
    shared = s->events.event[ev].def.type == SDEI_TYPE_SHARED;
    if (shared && cs) {
        error_setg(errp, "SDEI event 0x%" PRIx32 " is shared, it has no CPU "
                   "of its own", num);
        return false;
    }
    if (!shared && !cs) {
        error_setg(errp, "SDEI event 0x%" PRIx32 " is private, it needs a "
                   "CPU", num);
        return false;
    }
    if (!sdei_trigger(&s->events, ev, cs ? cs->cpu_index : 0)) {
        error_setg(errp, "the guest has not registered SDEI event 0x%" PRIx32,
                   num);
        return false;
    }
    trace_arm_sdei_trigger(num, cs ? cs->cpu_index : -1);
    if (shared) {
        sdei_kick_shared(s);
    } else {
        sdei_kick(s, cs->cpu_index);
    }
    return true;
}

bool arm_sdei_event_is_enabled(uint32_t num)
{
    SDEIState *s = sdei_dispatcher();
    uint32_t ev = s ? sdei_events_find(&s->events, num) : SDEI_NONE;

    return ev != SDEI_NONE && sdei_is_enabled(&s->events, ev, 0);
}

void arm_sdei_cpu_off(ARMCPU *cpu)
{
    SDEIState *s = sdei_dispatcher();

    if (!s) {
        return;
    }
    trace_arm_sdei_cpu_off(arm_cpu_mp_affinity(cpu));
    sdei_pe_off(&s->events, CPU(cpu)->cpu_index);
    sdei_irq_give_back(s);
    sdei_check(s);
    /* An RM_ANY event that waited for this PE goes to another */
    sdei_kick_shared(s);
}
