/*
 * Arm SDEI: registers of a vCPU under TCG
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "cpu.h"
#include "internals.h"
#include "cpu-features.h"
#include "sdei-internal.h"

/*
 * What an instruction that QEMU executes alone (EXCP_ATOMIC) has raised waits
 * until the vCPU executes on, which would then be the handler.  EXCP_DEBUG is
 * a watchpoint, the guest's or a debugger's; the other ones from EXCP_INTERRUPT
 * on only end execution, and are forgotten.
 */
static bool sdei_tcg_has_exception(CPUState *cs)
{
    return cs->exception_index == EXCP_DEBUG ||
           (cs->exception_index >= 0 && cs->exception_index < EXCP_INTERRUPT);
}

static bool sdei_tcg_get_args(CPUState *cs, unsigned int client_el,
                              uint64_t x[6])
{
    CPUARMState *env = cpu_env(cs);

    if (!is_a64(env) || arm_current_el(env) != client_el) {
        return false;
    }
    memcpy(x, env->xregs, 6 * sizeof(*x));
    return true;
}

static void sdei_tcg_set_result(CPUState *cs, int64_t result)
{
    CPUARMState *env = cpu_env(cs);

    if (is_a64(env)) {
        env->xregs[0] = result;
    } else {
        env->regs[0] = result;
    }
}

static void sdei_tcg_save(CPUARMState *env, SDEIContext *context)
{
    if (is_a64(env)) {
        context->pc = env->pc;
        context->pstate = pstate_read(env);
    } else {
        aarch64_sync_32_to_64(env);
        context->pc = env->regs[15];
        context->pstate = cpsr_read_for_spsr_elx(env);
    }
    memcpy(context->x, env->xregs, sizeof(context->x));
}

/*
 * Is nothing but PC, and what hflags do not depend on, to change?  That is the
 * usual event: code of the client's interrupts code of the client's.
 */
static inline bool sdei_tcg_is_same_mode(CPUARMState *env,
                                         uint64_t old_pstate,
                                         uint64_t new_pstate)
{
    const uint64_t others = PSTATE_NZCV | PSTATE_DAIF | PSTATE_ALLINT |
                            PSTATE_DIT | PSTATE_SSBS;

    /* PSTATE.D counts while software step is armed */
    return is_a64(env) && !((old_pstate ^ new_pstate) & ~others) &&
           !extract64(env->cp15.mdscr_el1, 0, 1);
}

static inline void sdei_tcg_set_same_mode(CPUARMState *env, uint64_t pstate,
                                          uint64_t pc)
{
    pstate_write(env, pstate);
    env->pc = arm_clean_branch_address(env, pc);
    arm_clear_exclusive(env);
}

/*
 * Go to @pc at @client_el with the PSTATE that an exception taken there from
 * @context would give; unlike an exception leave ELR, SPSR and ESR alone.
 * @old_pstate is the PSTATE now, if that is AArch64's.
 */
static void sdei_tcg_take(CPUState *cs, unsigned int client_el,
                          uint64_t old_pstate, const SDEIContext *context,
                          uint64_t pc)
{
    CPUARMState *env = cpu_env(cs);
    ARMCPU *cpu = env_archcpu(env);
    uint64_t pstate = sdei_handler_pstate(env, client_el, context);
    unsigned int cur_el = arm_current_el(env);
    bool was_a64 = is_a64(env);

    if (sdei_tcg_is_same_mode(env, old_pstate, pstate)) {
        sdei_tcg_set_same_mode(env, pstate, pc);
        return;
    }

    /* Who hooks the change of exception level need not hear of others */
    if (cur_el != client_el) {
        arm_call_pre_el_change_hook(cpu);
        aarch64_sve_change_el(env, cur_el, client_el, was_a64);
    }
    if (was_a64) {
        aarch64_save_sp(env, cur_el);
    } else {
        env->condexec_bits = 0;
    }
    pstate_write(env, pstate);
    env->aarch64 = true;
    aarch64_restore_sp(env, client_el);
    arm_clear_exclusive(env);
    arm_rebuild_hflags(env);
    env->pc = arm_clean_branch_address(env, pc);
    if (cur_el != client_el) {
        arm_call_el_change_hook(cpu);
    }
}

static void sdei_tcg_enter(CPUState *cs, unsigned int client_el, uint32_t num,
                           const SDEIHandler *handler, SDEIContext *context)
{
    CPUARMState *env = cpu_env(cs);
    ARMCPU *cpu = env_archcpu(env);
    uint64_t base = handler->relative ? env->cp15.vbar_el[client_el] : 0;

    sdei_tcg_save(env, context);
    sdei_tcg_take(cs, client_el, context->pstate, context,
                  base + handler->entry);
    env->xregs[0] = num;
    env->xregs[1] = handler->ep_arg;
    env->xregs[2] = context->pc;
    env->xregs[3] = context->pstate;

    /* Wake from WFI and WFIT: nothing halts it any more */
    arm_set_cpu_power_state(cpu, PSCI_ON);
    cs->halted = 0;
    if (cpu->wfxt_timer) {
        timer_del(cpu->wfxt_timer);
    }
}

static void sdei_tcg_complete(CPUState *cs, const SDEIContext *context)
{
    CPUARMState *env = cpu_env(cs);

    memcpy(env->xregs, context->x, sizeof(context->x));
    if (sdei_tcg_is_same_mode(env, pstate_read(env), context->pstate)) {
        sdei_tcg_set_same_mode(env, context->pstate, context->pc);
    } else {
        arm_exception_return(env, context->pstate, context->pc, true);
    }
}

static void sdei_tcg_complete_and_resume(CPUState *cs, unsigned int client_el,
                                         const SDEIContext *context,
                                         uint64_t pc)
{
    CPUARMState *env = cpu_env(cs);

    memcpy(env->xregs, context->x, sizeof(context->x));
    env->elr_el[client_el] = context->pc;
    env->banked_spsr[aarch64_banked_spsr_index(client_el)] = context->pstate;
    sdei_tcg_take(cs, client_el, pstate_read(env), context, pc);
}

const SDEIRegs sdei_tcg_regs = {
    .has_exception = sdei_tcg_has_exception,
    .get_args = sdei_tcg_get_args,
    .set_result = sdei_tcg_set_result,
    .enter = sdei_tcg_enter,
    .complete = sdei_tcg_complete,
    .complete_and_resume = sdei_tcg_complete_and_resume,
};
