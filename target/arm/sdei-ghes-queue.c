/*
 * Arm SDEI: hardware errors that wait to be told to the guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "sdei-ghes.h"

/* FEAT_LPA: no guest has a wider physical address */
#define MAX_GPA ((1ull << 52) - 1)

static SDEIGhesRange sdei_ghes_pages(uint64_t gpa, uint64_t len)
{
    uint64_t first = QEMU_ALIGN_DOWN(gpa, SDEI_GHES_PAGE_SIZE);

    return (SDEIGhesRange) {
        .gpa = first,
        .len = QEMU_ALIGN_UP(gpa + len - first, SDEI_GHES_PAGE_SIZE),
    };
}

static SDEIGhesError *sdei_ghes_new(SDEIGhesQueue *q)
{
    if (q->count == SDEI_GHES_QUEUE_SIZE) {
        return NULL;
    }
    return &q->error[q->count++];
}

bool sdei_ghes_push_record(SDEIGhesQueue *q, const void *cper, size_t len)
{
    SDEIGhesError *error = sdei_ghes_new(q);

    if (!error) {
        return false;
    }
    error->memory = (SDEIGhesRange) { 0 };
    error->cper_len = len;
    memcpy(error->cper, cper, len);
    return true;
}

bool sdei_ghes_push_memory(SDEIGhesQueue *q, uint64_t gpa, uint64_t len)
{
    SDEIGhesError *error = sdei_ghes_new(q);

    if (!error) {
        return false;
    }
    error->memory = sdei_ghes_pages(gpa, len);
    error->cper_len = 0;
    return true;
}

void sdei_ghes_pop(SDEIGhesQueue *q)
{
    SDEIGhesRange left = q->error[0].memory;

    q->count--;
    memmove(&q->error[0], &q->error[1], q->count * sizeof(q->error[0]));
    if (left.len > SDEI_GHES_PAGE_SIZE) {
        left.gpa += SDEI_GHES_PAGE_SIZE;
        left.len -= SDEI_GHES_PAGE_SIZE;
        q->error[q->count].memory = left;
        q->error[q->count].cper_len = 0;
        q->count++;
    }
}

static bool sdei_ghes_check_memory(const SDEIGhesError *error, Error **errp)
{
    const SDEIGhesRange *memory = &error->memory;

    if (error->cper_len || !memory->len || memory->gpa > MAX_GPA ||
        memory->len - 1 > MAX_GPA - memory->gpa ||
        (memory->gpa | memory->len) % SDEI_GHES_PAGE_SIZE) {
        error_setg(errp, "arm-sdei-ghes: there cannot be lost memory of 0x%"
                   PRIx64 " bytes at 0x%" PRIx64, memory->len, memory->gpa);
        return false;
    }
    return true;
}

bool sdei_ghes_check(const SDEIGhesQueue *q, Error **errp)
{
    ERRP_GUARD();
    int32_t i;

    for (i = 0; i < q->count; i++) {
        const SDEIGhesError *error = &q->error[i];

        if (error->memory.len || error->memory.gpa) {
            if (!sdei_ghes_check_memory(error, errp)) {
                return false;
            }
        } else if (!acpi_ghes_check_cper(error->cper, error->cper_len, errp)) {
            error_prepend(errp, "arm-sdei-ghes: error %" PRIi32 ": ", i);
            return false;
        }
    }
    return true;
}

/* Returns: true if @range has become part of @to */
static bool sdei_ghes_merge(SDEIGhesRange *to, const SDEIGhesRange *range)
{
    uint64_t start = MIN(to->gpa, range->gpa);
    uint64_t end = MAX(to->gpa + to->len, range->gpa + range->len);

    if (end - start > to->len + range->len) {
        return false;
    }
    *to = (SDEIGhesRange) { start, end - start };
    return true;
}

void sdei_ghes_refuse(SDEIGhesRefused *r, uint64_t gpa, uint64_t len)
{
    SDEIGhesRange range = sdei_ghes_pages(gpa, len);
    uint32_t i;

    r->count++;
    for (i = 0; i < r->num_ranges; i++) {
        if (sdei_ghes_merge(&r->range[i], &range)) {
            return;
        }
    }
    if (i < SDEI_GHES_MAX_RANGES) {
        r->range[r->num_ranges++] = range;
    }
}

char *sdei_ghes_refused_text(const SDEIGhesRefused *r)
{
    g_autoptr(GString) text = g_string_new(NULL);
    uint32_t i;

    g_string_printf(text, "%" PRIu64 " memory error(s), at", r->count);
    for (i = 0; i < r->num_ranges; i++) {
        g_string_append_printf(text, "%s 0x%" PRIx64 "-0x%" PRIx64,
                               i ? "," : "", r->range[i].gpa,
                               r->range[i].gpa + r->range[i].len - 1);
    }
    if (r->num_ranges == SDEI_GHES_MAX_RANGES) {
        g_string_append(text, ", and perhaps others");
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}
