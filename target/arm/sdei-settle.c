/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: who gets what now
 *
 * Whoever has changed the state of the rules comes here.  First lines change
 * hands (sdei-irq.c), then whoever has an event to take is sent for, and takes
 * it by the registers of its vCPU (SDEIRegs).  Neither of these calls back.
 *
 * An event is marked pending first, then the PE that is to take it is sent
 * here by work queued on its vCPU.  The work carries no state: it looks what
 * there is to take when it runs.  Work that finds the VM stopped loses
 * nothing, as continuing asks again.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/plugin.h"
#include "system/runstate.h"
#include "cpu.h"
#include "sdei-internal.h"
#include "trace.h"

/* Who takes an event may leave a shared one to others */
static void sdei_kick_shared(SDEIState *s);

#ifdef CONFIG_DEBUG_TCG
/* In debug builds: does the state hold together? */
static void sdei_check(const SDEIState *s)
{
    const char *wrong = sdei_events_check(&s->events) ?:
                        sdei_irq_check_lines(s);

    if (wrong) {
        error_report("arm-sdei: wrong: %s", wrong);
        abort();
    }
}
#else
static inline void sdei_check(const SDEIState *s)
{
}
#endif

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

    if (ev == SDEI_NONE || sdei_is_stepped(sc)) {
        return false;
    }
    h = sdei_dispatch(&s->events, pe, ev);
    def = &s->events.event[ev].def;
    context = &sc->context[def->priority];
    s->regs->enter(sc->cs, s->client_el, def->num, h, context);
    trace_arm_sdei_dispatch(s->events.pe[pe].mpidr, def->num, h->entry,
                            context->pc, context->pstate);
    sdei_report_taken(def->num, pe);
    return true;
}

/*
 * The PE whose thread this is takes what there is for it
 *
 * Returns: true if it has taken an event
 */
static bool sdei_take(SDEIState *s, uint32_t pe)
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

static void sdei_look_again(void *opaque)
{
    SDEICPUState *sc = opaque;

    sc->work_queued = false;
    /* A debugger that still holds the vCPU has to resume the VM, as any does */
    if (!cpu_is_stopped(sc->cs)) {
        sdei_settle(ARM_CPU(sc->cs)->sdei, sc->cs->cpu_index);
    }
}

/* Is the vCPU held by a debugger, or about to take what came before? */
static bool sdei_must_wait(const SDEIState *s, CPUState *cs)
{
    return cs->stopped ||
           (s->regs->has_exception && s->regs->has_exception(cs));
}

static void sdei_vcpu_work(CPUState *cs, run_on_cpu_data data)
{
    SDEIState *s = data.host_ptr;
    uint32_t pe = cs->cpu_index;
    bool running = runstate_is_running();

    if (running && sdei_must_wait(s, cs)) {
        /* Not work queued from here: it would run before the vCPU does */
        aio_bh_schedule_oneshot(qemu_get_aio_context(), sdei_look_again,
                                &s->cpu[pe]);
        return;
    }
    s->cpu[pe].work_queued = false;
    /*
     * Queued work also runs while the VM is stopped.  Its registers are not
     * to change then, they may just be migrating; resuming asks again.
     */
    if (running) {
        vaddr from = cs->cc->get_pc(cs);

        if (sdei_take(s, pe)) {
            CPUState *last = current_cpu;

            /* Plugins read its registers; one thread may run all vCPUs' work */
            current_cpu = cs;
            qemu_plugin_vcpu_interrupt_cb(cs, from);
            current_cpu = last;
        }
    }
}

/* Send @pe to take an event, if there is one that it takes now */
static void sdei_kick(SDEIState *s, uint32_t pe)
{
    SDEICPUState *sc = &s->cpu[pe];

    g_assert(bql_locked());
    /* Without registers (qtest) no vCPU runs that could take it */
    if (!s->regs || sc->work_queued || sdei_is_stepped(sc) ||
        sdei_next_event(&s->events, pe) == SDEI_NONE) {
        return;
    }
    sc->work_queued = true;
    async_run_on_cpu(sc->cs, sdei_vcpu_work, RUN_ON_CPU_HOST_PTR(s));
}

/* Send whoever takes the pending shared events */
static void sdei_kick_shared(SDEIState *s)
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

void sdei_settle(SDEIState *s, uint32_t pe)
{
    sdei_irq_give_back(s);
    sdei_check(s);
    sdei_report_client(s);
    if (pe != SDEI_NONE) {
        sdei_kick(s, pe);
    }
    sdei_kick_shared(s);
}

void sdei_settle_all(SDEIState *s)
{
    uint32_t pe;

    sdei_irq_give_back(s);
    sdei_check(s);
    sdei_report_client(s);
    for (pe = 0; pe < s->events.num_pes; pe++) {
        sdei_kick(s, pe);
    }
}

void sdei_settle_call(SDEIState *s, uint32_t pe, uint32_t signalled)
{
    sdei_irq_give_back(s);
    sdei_report_client(s);
    if (signalled != SDEI_NONE && signalled != pe) {
        sdei_kick(s, signalled);
    }
    sdei_take(s, pe);
    sdei_check(s);
}
