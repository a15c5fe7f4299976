/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm KVM: memory that the host has lost, and how the guest hears of it
 */

#ifndef TARGET_ARM_KVM_MEMORY_FAILURE_H
#define TARGET_ARM_KVM_MEMORY_FAILURE_H

#include "exec/hwaddr.h"
#include "hw/acpi/ghes.h"
#include "hw/core/cpu.h"
#include "qapi/qapi-types-run-state.h"

/**
 * kvm_arm_machine_has_ras: is the guest to be told of lost memory at all?
 *
 * Before its firmware has placed the HEST, it has aborts alone.
 */
bool kvm_arm_machine_has_ras(void);

/**
 * kvm_arm_record_lost_memory: record an error for a vCPU that has run into it
 * @c: the vCPU, whose thread this is; with the BQL, which may be given up for
 *     a millisecond
 * @ags: where to record it, or NULL
 * @paddr: the guest's address
 *
 * Returns: true if the access is now to abort, false if it is to be made again
 *     because the guest has another error to acknowledge first
 */
bool kvm_arm_record_lost_memory(CPUState *c, AcpiGhesState *ags, hwaddr paddr);

/**
 * kvm_arm_report_lost_memory: tell the guest of memory that nobody has run
 * into yet: of all that it has lost with the host's page
 * @c: a vCPU
 * @ags: the error sources, or NULL
 * @addr: in the host's page, which is the guest's RAM
 *
 * Returns: true if the guest will be told of all of it
 */
bool kvm_arm_report_lost_memory(CPUState *c, AcpiGhesState *ags, void *addr);

/** kvm_arm_memory_failure_recipient: is it the guest's memory, or QEMU's? */
MemoryFailureRecipient kvm_arm_memory_failure_recipient(CPUState *c,
                                                        void *addr);

/** kvm_arm_emit_memory_failure: tell management, by the event MEMORY_FAILURE */
void kvm_arm_emit_memory_failure(MemoryFailureRecipient recipient,
                                 MemoryFailureAction action, bool ar,
                                 bool recursive);

#endif /* TARGET_ARM_KVM_MEMORY_FAILURE_H */
