/*
 * arm-sdei-test: the guest's driver of hardware errors, played by the test
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ACPI 6.2, 18.3.2.8: an error source has room for one record, until its Read
 * Ack Register is written.
 */

#ifndef TESTS_QTEST_ARM_SDEI_GHES_H
#define TESTS_QTEST_ARM_SDEI_GHES_H

#include "harness.h"

#define EVENT_GHES      0x40000002

/* 1 MiB of RAM that nobody else uses */
#define ACPI_BASE       0x4e000000

#define HEST_COUNT      36
#define HEST_SOURCES    40
#define GHES_SIZE       92

#define SOURCE_SYNC     0
#define SOURCE_GED      1
#define SOURCE_SDEI     2

/* How many errors can wait for the guest to acknowledge others */
#define QUEUE_SIZE      64

typedef struct Source {
    uint16_t type;
    uint16_t id;
    uint8_t notify;
    uint32_t vector;
    uint64_t block;
    uint64_t ack;
} Source;

/** read_source: what the table HEST at @hest says of its source number @i */
Source read_source(Guest *g, uint64_t hest, unsigned i);
/** find_source: the same by ID, in a machine that has one of each */
Source find_source(Guest *g, uint64_t hest, unsigned id);
void acknowledge(Guest *g, const Source *source);
/** check_no_record: there is none that has not been acknowledged */
void check_no_record(Guest *g, const Source *source);
/** check_queued: @count errors wait for the guest to acknowledge others */
void check_queued(Guest *g, unsigned count);

#endif
