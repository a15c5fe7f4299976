/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: calls, registers and power of a vCPU under KVM
 *
 * The host kernel's SMCCC filter (Linux 6.4) hands calls to QEMU.  Registers
 * stay in the kernel: an event needs some 30 of them, cpu_synchronize_state()
 * would fetch several hundred.
 */

#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include <linux/kvm.h>
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "system/kvm.h"
#include "system/kvm_int.h"
#include "system/runstate.h"
#include "arm-powerctl.h"
#include "cpu.h"
#include "internals.h"
#include "kvm-consts.h"
#include "target/arm/multiprocessing.h"
#include "sdei-internal.h"
#include "trace.h"

#define CORE_REG(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | \
                         KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))
#define REG_X(n)        CORE_REG(regs.regs[n])
#define REG_PC          CORE_REG(regs.pc)
#define REG_PSTATE      CORE_REG(regs.pstate)

#define REG_HCR_EL2     ARM64_SYS_REG(3, 4, 1, 1, 0)

/* System registers of the client's exception level */
typedef struct SDEIClientRegs {
    uint64_t sctlr;
    uint64_t vbar;
    uint64_t elr;
    uint64_t spsr;
} SDEIClientRegs;

static const SDEIClientRegs client_regs[] = {
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

/* As kvm_cpu_exec() does when it cannot go on with a vCPU */
static void sdei_kvm_fail(CPUState *cs, const char *what, int ret)
{
    error_report("arm-sdei: cannot %s of CPU %d: %s", what, cs->cpu_index,
                 strerror(-ret));
    vm_stop(RUN_STATE_INTERNAL_ERROR);
}

/*
 * Let the kernel's copy of the registers be the valid one.  If it is not,
 * somebody else had all of them fetched, and they would be put back before
 * the vCPU runs again in any case.
 */
static void sdei_kvm_own_registers(CPUState *cs)
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

static uint64_t sdei_kvm_get(CPUState *cs, uint64_t id)
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

static void sdei_kvm_set(CPUState *cs, uint64_t id, uint64_t value)
{
    int ret;

    sdei_kvm_own_registers(cs);
    ret = kvm_set_one_reg(cs, id, &value);
    if (ret) {
        sdei_kvm_fail(cs, "write a register", ret);
    }
}

/*
 * A client that polls for an effect does so in the guest, where it does not
 * need the BQL.
 */
static bool sdei_kvm_has_threads(void)
{
    return false;
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

static void sdei_kvm_get_args(CPUState *cs, uint64_t x[6])
{
    int i;

    x[0] = cs->kvm_run->hypercall.nr;
    for (i = 1; i < 6; i++) {
        x[i] = sdei_kvm_get(cs, REG_X(i));
    }
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
    env->cp15.sctlr_el[client_el] = sdei_kvm_get(cs,
                                                 client_regs[client_el].sctlr);
    if (client_el == 2) {
        env->cp15.hcr_el2 = sdei_kvm_get(cs, REG_HCR_EL2);
    }
    /* First PSTATE: in AArch32 state the kernel cuts the others to 32 bits */
    sdei_kvm_set(cs, REG_PSTATE, sdei_handler_pstate(env, client_el, context));
    sdei_kvm_set(cs, REG_PC, pc);
}

static void sdei_kvm_enter(CPUState *cs, unsigned int client_el,
                           const SDEIContext *context, const SDEIEntry *entry)
{
    uint64_t base = 0;
    int i;

    if (entry->relative) {
        base = sdei_kvm_get(cs, client_regs[client_el].vbar);
    }
    sdei_kvm_take(cs, client_el, context, base + entry->pc);
    for (i = 0; i < ARRAY_SIZE(entry->x); i++) {
        sdei_kvm_set(cs, REG_X(i), entry->x[i]);
    }
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
    sdei_kvm_set(cs, client_regs[client_el].elr, context->pc);
    sdei_kvm_set(cs, client_regs[client_el].spsr, context->pstate);
    sdei_kvm_take(cs, client_el, context, pc);
}

static const SDEIRegs sdei_kvm_regs = {
    .has_threads = sdei_kvm_has_threads,
    .is_client = sdei_kvm_is_client,
    .get_args = sdei_kvm_get_args,
    .set_result = sdei_kvm_set_result,
    .save = sdei_kvm_save,
    .enter = sdei_kvm_enter,
    .complete = sdei_kvm_complete,
    .complete_and_resume = sdei_kvm_complete_and_resume,
};

static void sdei_kvm_set_power(CPUState *cs, ARMPSCIState state)
{
    struct kvm_mp_state mp_state = {
        .mp_state = state == PSCI_OFF ? KVM_MP_STATE_STOPPED
                                      : KVM_MP_STATE_RUNNABLE,
    };
    int ret;

    sdei_kvm_own_registers(cs);
    ret = kvm_vcpu_ioctl(cs, KVM_SET_MP_STATE, &mp_state);
    if (ret) {
        sdei_kvm_fail(cs, "set the power state", ret);
    }
    ARM_CPU(cs)->power_state = state;
}

/* The calling vCPU waits in the kernel from then on */
static void sdei_kvm_cpu_off(ARMCPU *cpu)
{
    arm_sdei_cpu_off(cpu);
    sdei_kvm_set_power(CPU(cpu), PSCI_OFF);
}

/* What CPU_ON asks for, and the answer */
typedef struct SDEIKvmCpuOn {
    SDEIState *s;
    uint64_t entry;
    uint64_t context_id;
    uint64_t endianness;
    int64_t result;
} SDEIKvmCpuOn;

/*
 * kvm_arm_reset_vcpu() would also fetch all registers, and end QEMU if that
 * fails.
 */
static void sdei_kvm_reset(CPUState *cs)
{
    ARMCPU *cpu = ARM_CPU(cs);
    struct kvm_vcpu_init init = { .target = cpu->kvm_target };
    int ret;

    memcpy(init.features, cpu->kvm_init_features, sizeof(init.features));
    ret = kvm_vcpu_ioctl(cs, KVM_ARM_VCPU_INIT, &init);
    if (ret) {
        sdei_kvm_fail(cs, "reset the registers", ret);
    }
    cs->vcpu_dirty = false;
}

/* In the thread of the vCPU that is to be powered on */
static void sdei_kvm_start(CPUState *cs, run_on_cpu_data data)
{
    SDEIKvmCpuOn *on = data.host_ptr;
    SDEICPUState *sc = &on->s->cpu[cs->cpu_index];
    uint64_t sctlr_id = client_regs[on->s->client_el].sctlr;
    uint64_t sctlr;

    if (ARM_CPU(cs)->power_state != PSCI_OFF) {
        /* Another PE was faster */
        on->result = QEMU_PSCI_RET_ALREADY_ON;
        return;
    }
    /*
     * The machine's reset is good for the first time.  This one costs much on
     * hosts without FEAT_S2FWB: the kernel unmaps all memory of the guest.
     */
    if (sc->been_on) {
        sdei_kvm_reset(cs);
    }
    sc->been_on = true;
    sctlr = sdei_kvm_get(cs, sctlr_id) & ~(uint64_t)(SCTLR_EE | SCTLR_E0E);
    sdei_kvm_set(cs, sctlr_id, sctlr | on->endianness);
    sdei_kvm_set(cs, REG_PC, on->entry);
    sdei_kvm_set(cs, REG_X(0), on->context_id);
    sdei_kvm_set_power(cs, PSCI_ON);
    on->result = QEMU_PSCI_RET_SUCCESS;
}

/*
 * arm_set_cpu_on() leaves the work for later; the kernel, whose AFFINITY_INFO
 * goes on to answer, has always done it when the caller continues.
 */
static int64_t sdei_kvm_cpu_on(SDEIState *s, CPUState *cs, uint32_t fn)
{
    uint64_t mask = fn & QEMU_PSCI_0_2_64BIT ? UINT64_MAX : UINT32_MAX;
    CPUState *target = arm_get_cpu_by_id(sdei_kvm_get(cs, REG_X(1)) & mask);
    SDEIKvmCpuOn on = {
        .s = s,
        .entry = sdei_kvm_get(cs, REG_X(2)) & mask,
        .context_id = sdei_kvm_get(cs, REG_X(3)) & mask,
        .endianness = sdei_kvm_get(cs, client_regs[s->client_el].sctlr) &
                      SCTLR_EE,
    };

    if (!target) {
        return QEMU_PSCI_RET_INVALID_PARAMS;
    }
    trace_arm_powerctl_set_cpu_on(arm_cpu_mp_affinity(ARM_CPU(target)),
                                  s->client_el, "aarch64", on.entry,
                                  on.context_id);
    /* Never wait for one that is on: it may be waiting for this one */
    if (ARM_CPU(target)->power_state != PSCI_OFF) {
        return QEMU_PSCI_RET_ALREADY_ON;
    }
    run_on_cpu(target, sdei_kvm_start, RUN_ON_CPU_HOST_PTR(&on));
    return on.result;
}

/* As the kernel answers PSCI calls */
static void sdei_kvm_set_psci_result(CPUState *cs, int64_t result)
{
    int i;

    sdei_kvm_set(cs, REG_X(0), result);
    for (i = 1; i <= 3; i++) {
        sdei_kvm_set(cs, REG_X(i), 0);
    }
}

void arm_sdei_kvm_hypercall(ARMCPU *cpu, uint32_t fn, bool smc)
{
    SDEIState *s = sdei_dispatcher();
    CPUState *cs = CPU(cpu);

    BQL_LOCK_GUARD();
    if (!s) {
        sdei_kvm_set_result(cs, SDEI_NOT_SUPPORTED);
        return;
    }
    /* By either conduit, as in the kernel */
    switch (fn) {
    case QEMU_PSCI_0_2_FN_CPU_OFF:
        sdei_kvm_cpu_off(cpu);
        return;
    case QEMU_PSCI_0_2_FN_CPU_ON:
    case QEMU_PSCI_0_2_FN64_CPU_ON:
        sdei_kvm_set_psci_result(cs, sdei_kvm_cpu_on(s, cs, fn));
        return;
    }
    /* The conduit is SMC where the client is at EL2, and HVC at EL1 */
    if (!arm_is_sdei_call(fn) || smc != (s->client_el == 2)) {
        sdei_kvm_set_result(cs, SDEI_NOT_SUPPORTED);
        return;
    }
    arm_handle_sdei_call(cpu);
}

/*
 * PSCI's too: handlers end at CPU_OFF (DEN0054C 6.5.4).  And CPU_ON, as QEMU
 * writes its own power_state back with the registers of a vCPU that it has
 * synchronized; it would undo a CPU_ON that it has not seen.
 */
static const struct kvm_smccc_filter filters[] = {
    {
        .base = SDEI_FN_BASE,
        .nr_functions = SDEI_FN_COUNT,
        .action = KVM_SMCCC_FILTER_FWD_TO_USER,
    },
    {
        .base = QEMU_PSCI_0_2_FN_CPU_OFF,
        .nr_functions = 1,
        .action = KVM_SMCCC_FILTER_FWD_TO_USER,
    },
    {
        .base = QEMU_PSCI_0_2_FN_CPU_ON,
        .nr_functions = 1,
        .action = KVM_SMCCC_FILTER_FWD_TO_USER,
    },
    {
        .base = QEMU_PSCI_0_2_FN64_CPU_ON,
        .nr_functions = 1,
        .action = KVM_SMCCC_FILTER_FWD_TO_USER,
    },
};

bool sdei_kvm_init(SDEIState *s, Error **errp)
{
    struct kvm_device_attr attr = {
        .group = KVM_ARM_VM_SMCCC_CTRL,
        .attr = KVM_ARM_VM_SMCCC_FILTER,
    };
    int i, ret;

    if (kvm_vm_ioctl(kvm_state, KVM_HAS_DEVICE_ATTR, &attr)) {
        error_setg(errp, "SDEI (sdei=on) needs a host kernel whose KVM can "
                   "forward hypercalls");
        error_append_hint(errp, "Linux can since version 6.4 (SMCCC filter); "
                          "use a newer one, or '-accel tcg'\n");
        return false;
    }
    for (i = 0; i < ARRAY_SIZE(filters); i++) {
        attr.addr = (uintptr_t)&filters[i];
        ret = kvm_vm_ioctl(kvm_state, KVM_SET_DEVICE_ATTR, &attr);
        if (ret) {
            error_setg_errno(errp, -ret, "SDEI (sdei=on) cannot have KVM "
                             "forward hypercalls from 0x%" PRIx32,
                             filters[i].base);
            return false;
        }
    }
    s->regs = &sdei_kvm_regs;
    return true;
}
