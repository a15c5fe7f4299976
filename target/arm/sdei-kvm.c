/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: registers of a vCPU under KVM
 *
 * They stay in the kernel: an event needs some 30 of them,
 * cpu_synchronize_state() would fetch several hundred.
 */

#include "qemu/osdep.h"
#include <linux/kvm.h>
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "system/kvm.h"
#include "system/kvm_int.h"
#include "system/runstate.h"
#include "cpu.h"
#include "internals.h"
#include "kvm-consts.h"
#include "sdei-kvm.h"

#define REG_HCR_EL2     ARM64_SYS_REG(3, 4, 1, 1, 0)

const SDEIClientRegs sdei_client_regs[] = {
    [1] = {
        .sctlr = ARM64_SYS_REG(3, 0, 1, 0, 0),
        .vbar = ARM64_SYS_REG(3, 0, 12, 0, 0),
        .elr = CORE_REG(elr_el1),
        .spsr = CORE_REG(spsr[KVM_SPSR_EL1]),
    },
    /* Nested virtualization */
    [2] = {
        .sctlr = ARM64_SYS_REG(3, 4, 1, 0, 0),
        .vbar = ARM64_SYS_REG(3, 4, 12, 0, 0),
        .elr = ARM64_SYS_REG(3, 4, 4, 0, 1),
        .spsr = ARM64_SYS_REG(3, 4, 4, 0, 0),
    },
};

void sdei_kvm_fail(CPUState *cs, const char *what, int ret)
{
    error_report("arm-sdei: cannot %s of CPU %d: %s", what, cs->cpu_index,
                 strerror(-ret));
    vm_stop(RUN_STATE_INTERNAL_ERROR);
}

/*
 * If the kernel's copy is not the valid one, somebody else had all registers
 * fetched, and they would be put back before the vCPU runs again in any case.
 */
void sdei_kvm_own_registers(CPUState *cs)
{
    Error *err = NULL;
    int ret;

    if (likely(!cs->vcpu_dirty)) {
        return;
    }
    ret = kvm_arch_put_registers(cs, KVM_PUT_RUNTIME_STATE, &err);
    if (ret) {
        if (err) {
            error_report_err(err);
        }
        sdei_kvm_fail(cs, "write the registers", ret);
        return;
    }
    cs->vcpu_dirty = false;
}

uint64_t sdei_kvm_get(CPUState *cs, uint64_t id)
{
    uint64_t value = 0;
    int ret;

    sdei_kvm_own_registers(cs);
    ret = kvm_get_one_reg(cs, id, &value);
    if (ret) {
        sdei_kvm_fail(cs, "read a register", ret);
    }
    return value;
}

void sdei_kvm_set(CPUState *cs, uint64_t id, uint64_t value)
{
    int ret;

    sdei_kvm_own_registers(cs);
    ret = kvm_set_one_reg(cs, id, &value);
    if (ret) {
        sdei_kvm_fail(cs, "write a register", ret);
    }
}

static bool sdei_kvm_is_client(CPUState *cs, unsigned int client_el)
{
    uint64_t mode;

    /* Below EL1 there are no hypercalls, and the kernel forwards no others */
    if (client_el == 1) {
        return true;
    }
    mode = sdei_kvm_get(cs, REG_PSTATE) & (PSTATE_nRW | PSTATE_M);
    return mode == aarch64_pstate_mode(client_el, true) ||
           mode == aarch64_pstate_mode(client_el, false);
}

static bool sdei_kvm_get_args(CPUState *cs, unsigned int client_el,
                              uint64_t x[6])
{
    int i;

    if (!sdei_kvm_is_client(cs, client_el)) {
        return false;
    }
    x[0] = cs->kvm_run->hypercall.nr;
    for (i = 1; i < 6; i++) {
        x[i] = sdei_kvm_get(cs, REG_X(i));
    }
    return true;
}

static void sdei_kvm_set_result(CPUState *cs, int64_t result)
{
    sdei_kvm_set(cs, REG_X(0), result);
}

static void sdei_kvm_save(CPUState *cs, SDEIContext *context)
{
    int i;

    for (i = 0; i < SDEI_CONTEXT_REGS; i++) {
        context->x[i] = sdei_kvm_get(cs, REG_X(i));
    }
    context->pc = sdei_kvm_get(cs, REG_PC);
    context->pstate = sdei_kvm_get(cs, REG_PSTATE);
}

/* Go to @pc with the PSTATE of a handler that interrupts @context */
static void sdei_kvm_take(CPUState *cs, unsigned int client_el,
                          const SDEIContext *context, uint64_t pc)
{
    CPUARMState *env = cpu_env(cs);

    /* What the PSTATE depends on; QEMU's copy is not valid now */
    env->cp15.sctlr_el[client_el] =
        sdei_kvm_get(cs, sdei_client_regs[client_el].sctlr);
    if (client_el == 2) {
        env->cp15.hcr_el2 = sdei_kvm_get(cs, REG_HCR_EL2);
    }
    /* First PSTATE: in AArch32 state the kernel cuts the others to 32 bits */
    sdei_kvm_set(cs, REG_PSTATE, sdei_handler_pstate(env, client_el, context));
    sdei_kvm_set(cs, REG_PC, pc);
}

static void sdei_kvm_enter(CPUState *cs, unsigned int client_el, uint32_t num,
                           const SDEIHandler *handler, SDEIContext *context)
{
    uint64_t base = 0;

    sdei_kvm_save(cs, context);
    if (handler->relative) {
        base = sdei_kvm_get(cs, sdei_client_regs[client_el].vbar);
    }
    sdei_kvm_take(cs, client_el, context, base + handler->entry);
    sdei_kvm_set(cs, REG_X(0), num);
    sdei_kvm_set(cs, REG_X(1), handler->ep_arg);
    sdei_kvm_set(cs, REG_X(2), context->pc);
    sdei_kvm_set(cs, REG_X(3), context->pstate);
}

static void sdei_kvm_set_context_regs(CPUState *cs, const SDEIContext *context)
{
    int i;

    for (i = 0; i < SDEI_CONTEXT_REGS; i++) {
        sdei_kvm_set(cs, REG_X(i), context->x[i]);
    }
}

/* The processor's own exception return, in the kernel, checks PSTATE */
static void sdei_kvm_complete(CPUState *cs, const SDEIContext *context)
{
    sdei_kvm_set_context_regs(cs, context);
    sdei_kvm_set(cs, REG_PC, context->pc);
    sdei_kvm_set(cs, REG_PSTATE, context->pstate);
}

static void sdei_kvm_complete_and_resume(CPUState *cs, unsigned int client_el,
                                         const SDEIContext *context,
                                         uint64_t pc)
{
    sdei_kvm_set_context_regs(cs, context);
    sdei_kvm_set(cs, sdei_client_regs[client_el].elr, context->pc);
    sdei_kvm_set(cs, sdei_client_regs[client_el].spsr, context->pstate);
    sdei_kvm_take(cs, client_el, context, pc);
}

const SDEIRegs sdei_kvm_regs = {
    .get_args = sdei_kvm_get_args,
    .set_result = sdei_kvm_set_result,
    .enter = sdei_kvm_enter,
    .complete = sdei_kvm_complete,
    .complete_and_resume = sdei_kvm_complete_and_resume,
};
