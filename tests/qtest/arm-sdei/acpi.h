/*
 * arm-sdei-test: ACPI tables, as firmware finds them and places them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_QTEST_ARM_SDEI_ACPI_H
#define TESTS_QTEST_ARM_SDEI_ACPI_H

#include "libqtest.h"

#define ACPI_HEADER_SIZE     36
#define ACPI_HEADER_LENGTH   4
#define ACPI_HEADER_REVISION 8

/**
 * AcpiTables: the tables before firmware has placed them
 * @rsdp: points to the XSDT in @blob
 * @blob: all others, with offsets where addresses will be; to be freed
 * @size: its length
 */
typedef struct AcpiTables {
    uint8_t rsdp[36];
    uint8_t *blob;
    size_t size;
} AcpiTables;

void acpi_read(QTestState *qts, AcpiTables *acpi);

/** acpi_find_table: offset of a table that the XSDT has, or 0 */
uint32_t acpi_find_table(const AcpiTables *acpi, const char *signature);

/**
 * acpi_place: do what firmware does with the tables and all that goes with
 * them: copy them to the guest's memory, put in addresses, and tell QEMU those
 * that it wants to know
 * @base: RAM for it, 1 MiB
 * @signature: of a table
 *
 * Returns: address of this table, or 0 if there is none
 */
uint64_t acpi_place(QTestState *qts, uint64_t base, const char *signature);

#endif
