/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: calls of a vCPU under KVM, and its power
 *
 * The host kernel's SMCCC filter (Linux 6.4) hands calls to QEMU.
 */

#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include <linux/kvm.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "system/kvm.h"
#include "system/kvm_int.h"
#include "arm-powerctl.h"
#include "cpu.h"
#include "internals.h"
#include "kvm-consts.h"
#include "target/arm/multiprocessing.h"
#include "sdei-kvm.h"
#include "trace.h"

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
    arm_set_cpu_power_state(ARM_CPU(cs), state);
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
    uint64_t sctlr_id = sdei_client_regs[on->s->client_el].sctlr;
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
    uint64_t sctlr = sdei_kvm_get(cs, sdei_client_regs[s->client_el].sctlr);
    uint64_t mask = fn & QEMU_PSCI_0_2_64BIT ? UINT64_MAX : UINT32_MAX;
    CPUState *target = arm_get_cpu_by_id(sdei_kvm_get(cs, REG_X(1)) & mask);
    SDEIKvmCpuOn on = {
        .s = s,
        .entry = sdei_kvm_get(cs, REG_X(2)) & mask,
        .context_id = sdei_kvm_get(cs, REG_X(3)) & mask,
        .endianness = sctlr & SCTLR_EE,
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
    SDEIState *s = cpu->sdei;
    CPUState *cs = CPU(cpu);

    BQL_LOCK_GUARD();
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
        sdei_kvm_set(cs, REG_X(0), SDEI_NOT_SUPPORTED);
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

static bool sdei_kvm_set_filters(Error **errp)
{
    struct kvm_device_attr attr = {
        .group = KVM_ARM_VM_SMCCC_CTRL,
        .attr = KVM_ARM_VM_SMCCC_FILTER,
    };
    int i, ret;

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
    return true;
}

/*
 * A reset may have made another VM of it, which does not know the filters.  So
 * far QEMU does that on x86 alone.
 */
static int sdei_kvm_vmfd_changed(NotifierWithReturn *n, void *data,
                                 Error **errp)
{
    VmfdChangeNotifier *change = data;

    return (change->pre || sdei_kvm_set_filters(errp)) ? 0 : -EINVAL;
}

static NotifierWithReturn vmfd_changed = {
    .notify = sdei_kvm_vmfd_changed,
};

bool sdei_kvm_init(SDEIState *s, Error **errp)
{
    ERRP_GUARD();
    struct kvm_device_attr attr = {
        .group = KVM_ARM_VM_SMCCC_CTRL,
        .attr = KVM_ARM_VM_SMCCC_FILTER,
    };

    /* Arm has no KVM_CAP_VM_ATTRIBUTES, by which kvm_vm_check_attr() goes */
    if (kvm_vm_ioctl(kvm_state, KVM_HAS_DEVICE_ATTR, &attr)) {
        error_setg(errp, "SDEI (sdei=on) needs a host kernel whose KVM can "
                   "forward hypercalls");
        error_append_hint(errp, "Linux can since version 6.4 (SMCCC filter); "
                          "use a newer one, or '-accel tcg'\n");
        return false;
    }
    /* CPU_ON and CPU_OFF have other numbers there, and no filter */
    if (first_cpu &&
        ARM_CPU(first_cpu)->psci_version < QEMU_PSCI_VERSION_0_2) {
        error_setg(errp, "SDEI (sdei=on) needs PSCI 0.2 or newer");
        error_append_hint(errp, "Leave 'kvm-psci-version' of the CPU alone\n");
        return false;
    }
    if (!sdei_kvm_set_filters(errp)) {
        return false;
    }
    kvm_vmfd_add_change_notifier(&vmfd_changed);
    s->regs = &sdei_kvm_regs;
    return true;
}
