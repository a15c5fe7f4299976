/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: the PSTATE of a handler, and of what it can have interrupted
 *
 * Pure functions of a vCPU's registers, for all accelerators.
 */

#include "qemu/osdep.h"
#include "system/kvm.h"
#include "cpu.h"
#include "internals.h"
#include "cpu-features.h"
#include "sdei-internal.h"

/* The exception level of an AArch64 context; AArch32 ones are never at ours */
static unsigned int sdei_context_el(const SDEIContext *context)
{
    return context->pstate & PSTATE_nRW ? 0 : extract64(context->pstate, 2, 2);
}

uint64_t sdei_handler_pstate(CPUARMState *env, unsigned int client_el,
                             const SDEIContext *context)
{
    uint64_t mode = aarch64_pstate_mode(client_el, true);

    if (sdei_context_el(context) == client_el &&
        (env->cp15.gcscr_el[client_el] & GCSCR_EXLOCKEN)) {
        mode |= PSTATE_EXLOCK;
    }
    return arm_exception_pstate(env, client_el, mode, context->pstate);
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
