/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: registers of a vCPU that the host kernel has
 *
 * All functions are called in the vCPU's thread with the BQL held.  One that
 * fails says so and stops the VM, as kvm_cpu_exec() does when it cannot go on.
 */

#ifndef TARGET_ARM_SDEI_KVM_H
#define TARGET_ARM_SDEI_KVM_H

#include "sdei-internal.h"

#define CORE_REG(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | \
                         KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))
#define REG_X(n)        CORE_REG(regs.regs[n])
#define REG_PC          CORE_REG(regs.pc)
#define REG_PSTATE      CORE_REG(regs.pstate)

/** SDEIClientRegs: identifiers of an exception level's system registers */
typedef struct SDEIClientRegs {
    uint64_t sctlr;
    uint64_t vbar;
    uint64_t elr;
    uint64_t spsr;
} SDEIClientRegs;

/* By the client's exception level */
extern const SDEIClientRegs sdei_client_regs[];

extern const SDEIRegs sdei_kvm_regs;

/** sdei_kvm_fail: stop the VM, as @what of vCPU @cs could not be done */
void sdei_kvm_fail(CPUState *cs, const char *what, int ret);

/**
 * sdei_kvm_own_registers: let the kernel's copy of the registers be the valid
 * one
 */
void sdei_kvm_own_registers(CPUState *cs);

uint64_t sdei_kvm_get(CPUState *cs, uint64_t id);
void sdei_kvm_set(CPUState *cs, uint64_t id, uint64_t value);

#endif /* TARGET_ARM_SDEI_KVM_H */
