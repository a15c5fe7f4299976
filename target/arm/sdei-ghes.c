/*
 * Arm SDEI: hardware errors that the guest is told of by an event
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The error source has room for one record.  The next one is written when the
 * guest has acknowledged the last; until then errors wait in a queue.  The
 * guest acknowledges by a store to its memory, of which nobody tells: while
 * errors wait, and only then, a timer looks.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "hw/acpi/ghes-sdei.h"
#include "migration/vmstate.h"
#include "sdei-ghes.h"
#include "sdei-internal.h"

/*
 * Linux handles a page that is lost outside the handler, and has room for 16
 * of them per CPU; it only logs others.  So no more than a few come at once,
 * and then one each time that it takes to handle one with some to spare.
 */
#define SDEI_GHES_BURST         8
#define SDEI_GHES_INTERVAL      (10 * SCALE_MS)

/* When to look again for an acknowledgement: then, and ever more rarely */
#define SDEI_GHES_FIRST_LOOK    (1 * SCALE_MS)
#define SDEI_GHES_LAST_LOOK     (1000 * SCALE_MS)
/* The guest did not read the record; Linux may have had no memory for it */
#define SDEI_GHES_NOTIFY_AGAIN  (100 * SCALE_MS)

static int64_t sdei_ghes_now(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* The guest has been told of an error: @now is when */
static void sdei_ghes_told(SDEIGhes *s, int64_t now)
{
    s->credit = MAX(s->credit, now) + SDEI_GHES_INTERVAL;
}

/* Returns: 0 if an error can be told now, or how long to wait */
static int64_t sdei_ghes_wait(SDEIGhes *s, AcpiGhesState *ags, int64_t now)
{
    int64_t wait;

    /* Who listened once, as before a kexec, probably listens again */
    if (!ags || !acpi_ghes_listens_to_sdei(ags)) {
        return SDEI_GHES_LAST_LOOK;
    }
    if (!acpi_ghes_can_record(ags, ACPI_HEST_SRC_ID_SDEI)) {
        wait = s->next_look;
        if (wait >= SDEI_GHES_NOTIFY_AGAIN) {
            arm_sdei_trigger_event(s->sdei, SDEI_EVENT_GHES, NULL, NULL);
        }
        s->next_look = MIN(2 * wait, SDEI_GHES_LAST_LOOK);
        return wait;
    }
    s->next_look = SDEI_GHES_FIRST_LOOK;
    return MAX(s->credit - now - (SDEI_GHES_BURST - 1) * SDEI_GHES_INTERVAL,
               0);
}

/* What was refused, and why, has been said; now it is known how much it was */
static void sdei_ghes_end_refusal(SDEIGhes *s)
{
    g_autofree char *text = NULL;

    if (!s->refused.count) {
        return;
    }
    text = sdei_ghes_refused_text(&s->refused);
    warn_report("the guest was not told of %s: it did not acknowledge others "
                "in time, or has overwritten where they are recorded", text);
    s->refused = (SDEIGhesRefused) { 0 };
}

/* Nothing can be recorded: the guest has overwritten its HEST, for example */
static void sdei_ghes_lose_memory(SDEIGhes *s, SDEIGhesRange *memory,
                                  Error *err)
{
    warn_report_err_once(err);
    sdei_ghes_refuse(&s->refused, memory->gpa, memory->len);
    /* All of a big page at once, not each small one in turn */
    memory->len = SDEI_GHES_PAGE_SIZE;
}

/* Tell the guest of the next error in the queue */
static void sdei_ghes_tell(SDEIGhes *s, AcpiGhesState *ags, int64_t now)
{
    SDEIGhesError *error = &s->queue.error[0];
    Error *err = NULL;

    if (error->memory.len) {
        if (!acpi_ghes_memory_errors(ags, ACPI_HEST_SRC_ID_SDEI,
                                     error->memory.gpa, &err)) {
            sdei_ghes_lose_memory(s, &error->memory, err);
        }
    } else {
        ghes_record_cper_errors(ags, error->cper, error->cper_len,
                                ACPI_HEST_SRC_ID_SDEI, &err);
        if (err) {
            error_report_err(err);
        }
    }
    sdei_ghes_told(s, now);
    sdei_ghes_pop(&s->queue);
}

static void sdei_ghes_run(void *opaque)
{
    SDEIGhes *s = opaque;
    AcpiGhesState *ags = acpi_ghes_get_state();
    int64_t now = sdei_ghes_now();
    int64_t wait = 0;

    while (s->queue.count && !wait) {
        wait = sdei_ghes_wait(s, ags, now);
        if (!wait) {
            sdei_ghes_tell(s, ags, now);
        }
    }
    if (s->queue.count < SDEI_GHES_QUEUE_SIZE) {
        sdei_ghes_end_refusal(s);
    }
    if (s->queue.count) {
        timer_mod_ns(s->timer, now + wait);
    }
}

/* Something is in the queue that was not */
static void sdei_ghes_queued(SDEIGhes *s)
{
    if (!timer_pending(s->timer)) {
        sdei_ghes_run(s);
    }
}

void sdei_ghes_report(SDEIGhes *s, const void *cper, size_t len, Error **errp)
{
    AcpiGhesState *ags = acpi_ghes_get_state();
    int64_t now = sdei_ghes_now();

    if (!acpi_ghes_check_cper(cper, len, errp)) {
        return;
    }
    /* At once, if that is possible: who reports it then gets to know more */
    if (!s->queue.count && !sdei_ghes_wait(s, ags, now)) {
        ghes_record_cper_errors(ags, cper, len, ACPI_HEST_SRC_ID_SDEI, errp);
        sdei_ghes_told(s, now);
        return;
    }
    if (!sdei_ghes_push_record(&s->queue, cper, len)) {
        error_setg(errp, "the guest has %d more hardware errors to "
                   "acknowledge: try again later", SDEI_GHES_QUEUE_SIZE);
        return;
    }
    sdei_ghes_queued(s);
}

bool sdei_ghes_report_memory(SDEIGhes *s, uint64_t gpa, uint64_t len)
{
    if (sdei_ghes_push_memory(&s->queue, gpa, len)) {
        sdei_ghes_queued(s);
        return true;
    }
    if (!s->refused.count) {
        warn_report("the guest is not told of lost memory, at 0x%" PRIx64
                    " and perhaps elsewhere: it has %d more hardware errors "
                    "to acknowledge", gpa, SDEI_GHES_QUEUE_SIZE);
    }
    sdei_ghes_refuse(&s->refused, gpa, len);
    return false;
}

void sdei_ghes_reset(SDEIGhes *s)
{
    timer_del(s->timer);
    sdei_ghes_end_refusal(s);
    s->queue.count = 0;
    s->credit = 0;
    s->next_look = SDEI_GHES_FIRST_LOOK;
}

static void sdei_ghes_print_error(GString *buf, const SDEIGhesError *error)
{
    if (error->memory.len) {
        g_string_append_printf(buf, "  lost memory 0x%" PRIx64 "-0x%" PRIx64
                               "\n", error->memory.gpa,
                               error->memory.gpa + error->memory.len - 1);
    } else {
        g_string_append_printf(buf, "  record of %u bytes\n",
                               error->cper_len);
    }
}

/* A guest that acknowledges nothing holds up all that comes after */
static void sdei_ghes_print_unacknowledged(GString *buf)
{
    AcpiGhesState *ags = acpi_ghes_get_state();
    uint16_t id, last;

    if (!ags) {
        return;
    }
    /* The HEST of old machine types has one source */
    last = ags->use_hest_addr ? ACPI_HEST_SRC_ID_SDEI : ACPI_HEST_SRC_ID_SYNC;
    for (id = ACPI_HEST_SRC_ID_SYNC; id <= last; id++) {
        if (!acpi_ghes_can_record(ags, id)) {
            g_string_append_printf(buf, "  source %u: one is not "
                                   "acknowledged\n", id);
        }
    }
}

void sdei_ghes_print(const SDEIGhes *s, GString *buf)
{
    int32_t i;

    g_string_append_printf(buf, "Hardware errors: %" PRIi32 " of %d queued\n",
                           s->queue.count, SDEI_GHES_QUEUE_SIZE);
    for (i = 0; i < s->queue.count; i++) {
        sdei_ghes_print_error(buf, &s->queue.error[i]);
    }
    if (s->refused.count) {
        g_autofree char *text = sdei_ghes_refused_text(&s->refused);

        g_string_append_printf(buf, "  not told: %s\n", text);
    }
    sdei_ghes_print_unacknowledged(buf);
}

static bool sdei_ghes_pre_save(void *opaque, Error **errp)
{
    SDEIGhes *s = opaque;

    s->stream = s->queue;
    return true;
}

static bool sdei_ghes_pre_load(void *opaque, Error **errp)
{
    SDEIGhes *s = opaque;

    /* VMSTATE_INT32_POSITIVE_LE loads at most what stands there */
    s->stream.count = SDEI_GHES_QUEUE_SIZE;
    return true;
}

static bool sdei_ghes_post_load(void *opaque, int version_id, Error **errp)
{
    SDEIGhes *s = opaque;

    if (!sdei_ghes_check(&s->stream, errp)) {
        return false;
    }
    /* COLO loads again and again, without a reset before */
    sdei_ghes_reset(s);
    s->queue = s->stream;
    /* The guest may have been told of a burst just before */
    s->credit = sdei_ghes_now() + SDEI_GHES_BURST * SDEI_GHES_INTERVAL;
    if (s->queue.count) {
        timer_mod_ns(s->timer, sdei_ghes_now() + SDEI_GHES_FIRST_LOOK);
    }
    return true;
}

static bool sdei_ghes_cper_fits(void *opaque, int version_id)
{
    const SDEIGhesError *error = opaque;

    return error->cper_len <= sizeof(error->cper);
}

static const VMStateDescription vmstate_sdei_ghes_error = {
    .name = "arm-sdei-ghes/error",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(memory.gpa, SDEIGhesError),
        VMSTATE_UINT64(memory.len, SDEIGhesError),
        VMSTATE_UINT16(cper_len, SDEIGhesError),
        VMSTATE_VALIDATE("cper_len is not too big", sdei_ghes_cper_fits),
        VMSTATE_VARRAY_UINT16_UNSAFE(cper, SDEIGhesError, cper_len, 1,
                                     vmstate_info_uint8, uint8_t),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_sdei_ghes = {
    .name = "arm-sdei-ghes",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save_errp = sdei_ghes_pre_save,
    .pre_load_errp = sdei_ghes_pre_load,
    .post_load_errp = sdei_ghes_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_INT32_POSITIVE_LE(stream.count, SDEIGhes),
        VMSTATE_STRUCT_VARRAY_INT32(stream.error, SDEIGhes, stream.count, 1,
                                    vmstate_sdei_ghes_error, SDEIGhesError),
        VMSTATE_END_OF_LIST()
    },
};

void sdei_ghes_init(SDEIGhes *s, SDEIState *sdei)
{
    s->sdei = sdei;
    sdei->ghes = s;
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, sdei_ghes_run, s);
    s->next_look = SDEI_GHES_FIRST_LOOK;
}
