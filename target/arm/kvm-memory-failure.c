/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm KVM: memory that the host has lost, and how the guest hears of it
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "hw/acpi/ghes.h"
#include "hw/acpi/ghes-sdei.h"
#include "hw/core/boards.h"
#include "qapi/qapi-events-run-state.h"
#include "qom/object.h"
#include "system/address-spaces.h"
#include "system/kvm.h"
#include "system/memory.h"
#include "system/ramblock.h"
#include "kvm-memory-failure.h"

void kvm_arm_emit_memory_failure(MemoryFailureRecipient recipient,
                                 MemoryFailureAction action, bool ar,
                                 bool recursive)
{
    MemoryFailureFlags mff = { .action_required = ar, .recursive = recursive };

    qapi_event_send_memory_failure(recipient, action, &mff);
}

MemoryFailureRecipient kvm_arm_memory_failure_recipient(CPUState *c,
                                                        void *addr)
{
    hwaddr paddr;

    return qemu_ram_addr_from_host(addr) != RAM_ADDR_INVALID &&
           kvm_physical_memory_addr_from_host(c->kvm_state, addr, &paddr)
           ? MEMORY_FAILURE_RECIPIENT_GUEST
           : MEMORY_FAILURE_RECIPIENT_HYPERVISOR;
}

bool kvm_arm_machine_has_ras(void)
{
    return object_property_get_bool(qdev_get_machine(), "ras", NULL);
}

/*
 * Synchronous errors share one record.  A vCPU whose error meets one that the
 * guest has not acknowledged tries its access again until it has, and runs
 * into the lost memory again.  The guest has this long for it; that is
 * plenty for a handler on another vCPU.
 */
#define SEA_ACK_TIMEOUT_MS 1000

/* The vCPU whose error was recorded last, and when */
static CPUState *sea_recorded_for;
static int64_t sea_recorded_at;

/*
 * The abort comes without a record of its own where waiting would be in vain:
 * the vCPU is the one that is to acknowledge the last one, or the guest has
 * not done so in time.  Linux then takes the last record for it, acknowledges
 * that one, and tries the access again, if it was made at EL0.
 */
bool kvm_arm_record_lost_memory(CPUState *c, AcpiGhesState *ags, hwaddr paddr)
{
    /* Time goes back with a snapshot, which ends the wait */
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);
    uint64_t waited = now - sea_recorded_at;
    bool recursive = ags && !acpi_ghes_can_record(ags, ACPI_HEST_SRC_ID_SYNC);
    Error *err = NULL;

    if (recursive) {
        if (c != sea_recorded_for && waited < SEA_ACK_TIMEOUT_MS) {
            bql_unlock();
            g_usleep(1000);
            bql_lock();
            return false;
        }
        if (waited >= SEA_ACK_TIMEOUT_MS) {
            warn_report_once("the guest does not acknowledge memory errors: "
                             "further ones have no record");
        }
    } else if (ags && acpi_ghes_memory_errors(ags, ACPI_HEST_SRC_ID_SYNC,
                                              paddr, &err)) {
        sea_recorded_for = c;
        sea_recorded_at = now;
    } else if (err) {
        /* Lost memory can be touched, and a HEST overwritten, at will */
        warn_report_err_once(err);
    }
    kvm_arm_emit_memory_failure(MEMORY_FAILURE_RECIPIENT_GUEST,
                                MEMORY_FAILURE_ACTION_INJECT, true, recursive);
    return true;
}

/* A guest's smallest page */
#define LOST_MEMORY_GRANULE     (4 * KiB)

/*
 * How much of @max bytes from @paddr on the guest has in one piece.  A page of
 * 1G is to be looked up by such pieces, not by a guest's pages: vCPUs wait.
 */
static ram_addr_t kvm_arm_mapped_from(hwaddr paddr, ram_addr_t max)
{
    MemoryRegionSection section = memory_region_find(get_system_memory(),
                                                     paddr, max);
    ram_addr_t len = int128_get64(section.size);

    memory_region_unref(section.mr);
    return QEMU_ALIGN_UP(MAX(len, 1), LOST_MEMORY_GRANULE);
}

bool kvm_arm_report_lost_memory(CPUState *c, AcpiGhesState *ags, void *addr)
{
    bool told = true;
    ram_addr_t offset, i, len;
    size_t page_size;
    uint8_t *page;
    RAMBlock *rb;
    hwaddr paddr;

    if (!ags || !acpi_ghes_listens_to_sdei(ags)) {
        return false;
    }
    rb = qemu_ram_block_from_host(addr, false, &offset);
    page_size = qemu_ram_pagesize(rb);
    page = qemu_ram_get_host_addr(rb) + QEMU_ALIGN_DOWN(offset, page_size);
    for (i = 0; i < page_size; i += len) {
        len = LOST_MEMORY_GRANULE;
        if (kvm_physical_memory_addr_from_host(c->kvm_state, page + i,
                                               &paddr)) {
            len = kvm_arm_mapped_from(paddr, page_size - i);
            told &= acpi_ghes_report_memory(ags, paddr, len);
        }
    }
    return told;
}
