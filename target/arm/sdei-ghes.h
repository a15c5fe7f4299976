/*
 * Arm SDEI: hardware errors that wait to be told to the guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TARGET_ARM_SDEI_GHES_H
#define TARGET_ARM_SDEI_GHES_H

#include "hw/acpi/ghes.h"
#include "qemu/timer.h"
#include "sdei.h"

#define SDEI_GHES_QUEUE_SIZE    64
/* A guest is told of lost memory by the smallest page that it can have */
#define SDEI_GHES_PAGE_SIZE     4096
#define SDEI_GHES_MAX_RANGES    8

/** SDEIGhesRange: memory that the guest has lost, whole pages of it */
typedef struct SDEIGhesRange {
    uint64_t gpa;
    uint64_t len;
} SDEIGhesRange;

/**
 * SDEIGhesError: an error that waits
 * @memory: what of a range of lost memory the guest has not been told yet;
 *          empty if the error is a record
 * @cper: the record, of @cper_len bytes
 */
typedef struct SDEIGhesError {
    SDEIGhesRange memory;
    uint16_t cper_len;
    uint8_t cper[ACPI_GHES_MAX_RAW_DATA_LENGTH];
} SDEIGhesError;

/** SDEIGhesQueue: the errors that wait, the next one first */
typedef struct SDEIGhesQueue {
    int32_t count;
    SDEIGhesError error[SDEI_GHES_QUEUE_SIZE];
} SDEIGhesQueue;

/**
 * SDEIGhesRefused: lost memory that found the queue full
 * @count: how often that was
 * @range: where; neighbours are one.  What does not fit is only counted.
 */
typedef struct SDEIGhesRefused {
    uint64_t count;
    uint32_t num_ranges;
    SDEIGhesRange range[SDEI_GHES_MAX_RANGES];
} SDEIGhesRefused;

/*
 * sdei-ghes-queue.c: pure, without guest and clock
 */

/**
 * sdei_ghes_push_record: put a record into the queue
 * @cper: a record that acpi_ghes_check_cper() approves of
 *
 * Returns: false if the queue is full
 */
bool sdei_ghes_push_record(SDEIGhesQueue *q, const void *cper, size_t len);

/**
 * sdei_ghes_push_memory: put lost memory into the queue
 * @gpa: its guest physical address
 * @len: its length; both need not be those of whole pages
 *
 * Returns: false if the queue is full
 */
bool sdei_ghes_push_memory(SDEIGhesQueue *q, uint64_t gpa, uint64_t len);

/**
 * sdei_ghes_pop: the guest has been told of the next record, or of the next
 * page of lost memory, whose rest goes behind all others
 *
 * The queue must not be empty.
 */
void sdei_ghes_pop(SDEIGhesQueue *q);

/**
 * sdei_ghes_check: can this queue, from a migration stream, be?
 *
 * Its count has been looked at already.
 */
bool sdei_ghes_check(const SDEIGhesQueue *q, Error **errp);

/** sdei_ghes_refuse: remember lost memory that found the queue full */
void sdei_ghes_refuse(SDEIGhesRefused *r, uint64_t gpa, uint64_t len);

/** sdei_ghes_refused_text: say what was refused; to be freed */
char *sdei_ghes_refused_text(const SDEIGhesRefused *r);

/*
 * sdei-ghes.c: says when an error has its turn; all with the BQL held, from any
 * thread
 */

/**
 * SDEIGhes: the error source of the ACPI HEST that notifies by an event
 * @sdei: who has the event
 * @stream: what a migration stream has, until it is found good
 * @credit: until then the guest has had its errors; in the past if it could
 *          take a burst of them
 * @next_look: how long to wait for an acknowledgement, the next time
 */
typedef struct SDEIGhes {
    SDEIState *sdei;
    SDEIGhesQueue queue;
    SDEIGhesQueue stream;
    SDEIGhesRefused refused;
    QEMUTimer *timer;
    int64_t credit;
    int64_t next_look;
} SDEIGhes;

extern const VMStateDescription vmstate_sdei_ghes;

/**
 * sdei_ghes_init: the machine has the error source
 * @s: all zero
 */
void sdei_ghes_init(SDEIGhes *s, SDEIState *sdei);

/** sdei_ghes_reset: forget all errors that wait for the guest */
void sdei_ghes_reset(SDEIGhes *s);

/**
 * sdei_ghes_report_memory: tell the guest that memory of it is lost
 * @gpa: guest physical address
 * @len: length
 *
 * For an error that nobody has stumbled over yet (action optional).  The guest,
 * which must listen, gets it page by page, as soon as it has acknowledged what
 * came before.
 *
 * Returns: false if too many errors wait for the guest already, which QEMU's
 * log has then
 */
bool sdei_ghes_report_memory(SDEIGhes *s, uint64_t gpa, uint64_t len);

/**
 * sdei_ghes_report: tell the guest of a hardware error
 * @cper: the record
 *
 * As sdei_ghes_report_memory().
 */
void sdei_ghes_report(SDEIGhes *s, const void *cper, size_t len, Error **errp);

/** sdei_ghes_print: for "info sdei" */
void sdei_ghes_print(const SDEIGhes *s, GString *buf);

#endif /* TARGET_ARM_SDEI_GHES_H */
