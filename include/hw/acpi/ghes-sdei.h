/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI GHES: errors that the guest is told of by an event of Arm SDEI
 */

#ifndef ACPI_GHES_SDEI_H
#define ACPI_GHES_SDEI_H

#include "hw/acpi/ghes.h"

/**
 * AcpiGhesSdeiOps: Whoever tells the guest of errors by an event of Arm SDEI
 * @listens: Has the guest registered and enabled the event?
 * @report: Record an error for ACPI_HEST_SRC_ID_SDEI, as soon as can be
 * @report_memory: The same for lost memory; false if the guest is not told
 */
typedef struct AcpiGhesSdeiOps {
    bool (*listens)(void *opaque);
    void (*report)(void *opaque, const void *cper, size_t len, Error **errp);
    bool (*report_memory)(void *opaque, uint64_t gpa, uint64_t len);
} AcpiGhesSdeiOps;

/** acpi_ghes_listens_to_sdei: Does the guest take errors by SDEI now? */
static inline bool acpi_ghes_listens_to_sdei(const AcpiGhesState *ags)
{
    return ags->sdei_ops && ags->sdei_ops->listens(ags->sdei_opaque);
}

/**
 * acpi_ghes_report_memory: Report lost memory that nobody has accessed yet
 * @gpa: guest physical address
 * @len: its length
 *
 * Returns: false if the guest is not told: it does not listen to
 * ACPI_HEST_SRC_ID_SDEI, or has too many errors to acknowledge
 */
static inline bool acpi_ghes_report_memory(AcpiGhesState *ags, uint64_t gpa,
                                           uint64_t len)
{
    return acpi_ghes_listens_to_sdei(ags) &&
           ags->sdei_ops->report_memory(ags->sdei_opaque, gpa, len);
}

/**
 * acpi_ghes_report: Report an asynchronous error
 *
 * It goes to ACPI_HEST_SRC_ID_SDEI if the guest listens to that, and to
 * ACPI_HEST_SRC_ID_QMP otherwise.
 */
static inline void acpi_ghes_report(AcpiGhesState *ags, const void *cper,
                                    size_t len, Error **errp)
{
    if (acpi_ghes_listens_to_sdei(ags)) {
        ags->sdei_ops->report(ags->sdei_opaque, cper, len, errp);
    } else {
        ghes_record_cper_errors(ags, cper, len, ACPI_HEST_SRC_ID_QMP, errp);
    }
}

#endif /* ACPI_GHES_SDEI_H */
