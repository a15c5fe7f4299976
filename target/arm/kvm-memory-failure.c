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
#include "system/kvm.h"
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
        warn_report_once("the guest does not acknowledge memory errors: "
                         "further ones have no record");
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

bool kvm_arm_report_lost_memory(CPUState *c, AcpiGhesState *ags, void *addr)
{
    const size_t granule = 4 * KiB;     /* a guest's smallest page */
    hwaddr start = 0, len = 0, paddr;
    ram_addr_t offset, i;
    bool told = true;
    size_t page_size;
    uint8_t *page;
    RAMBlock *rb;

    if (!ags || !acpi_ghes_listens_to_sdei(ags)) {
        return false;
    }
    rb = qemu_ram_block_from_host(addr, false, &offset);
    page_size = qemu_ram_pagesize(rb);
    page = qemu_ram_get_host_addr(rb) + QEMU_ALIGN_DOWN(offset, page_size);
    for (i = 0; i < page_size; i += granule) {
        if (!kvm_physical_memory_addr_from_host(c->kvm_state, page + i,
                                                &paddr)) {
            continue;
        }
        if (len && paddr != start + len) {
            told &= acpi_ghes_report_memory(ags, start, len);
            len = 0;
        }
        if (!len) {
            start = paddr;
        }
        len += granule;
    }
    return acpi_ghes_report_memory(ags, start, len) && told;
}
