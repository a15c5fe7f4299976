/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: memory errors that KVM's SIGBUS handler reports
 *
 * Only a host with broken memory sends that signal.  Here the function which
 * the handler calls has the error sources of hw/acpi/ghes.c played to it.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "hw/acpi/ghes.h"
#include "../../target/arm/sdei.h"

#define GPA     0x123456000ull

static AcpiGhesState state;
static bool have_hest;
static bool listens;
static bool acknowledged;

static unsigned recorded;
static uint16_t recorded_source;
static uint64_t recorded_gpa;

AcpiGhesState *acpi_ghes_get_state(void)
{
    return have_hest ? &state : NULL;
}

uint16_t acpi_ghes_async_source(const AcpiGhesState *ags)
{
    g_assert(ags == &state);
    return listens ? ACPI_HEST_SRC_ID_SDEI : ACPI_HEST_SRC_ID_QMP;
}

int acpi_ghes_memory_errors(AcpiGhesState *ags, uint16_t source_id,
                            uint64_t gpa)
{
    g_assert(ags == &state);
    if (!acknowledged) {
        return -1;
    }
    recorded++;
    recorded_source = source_id;
    recorded_gpa = gpa;
    return 0;
}

static void test_report(void)
{
    have_hest = listens = acknowledged = true;
    recorded = 0;
    arm_sdei_memory_error(GPA);
    g_assert_cmpuint(recorded, ==, 1);
    g_assert_cmpuint(recorded_source, ==, ACPI_HEST_SRC_ID_SDEI);
    g_assert_cmphex(recorded_gpa, ==, GPA);
}

/* Who does not listen is not told in another way either, as ever */
static void test_nobody_listens(void)
{
    have_hest = acknowledged = true;
    listens = false;
    recorded = 0;
    arm_sdei_memory_error(GPA);
    g_assert_cmpuint(recorded, ==, 0);
}

static void test_no_hest(void)
{
    have_hest = false;
    listens = acknowledged = true;
    recorded = 0;
    arm_sdei_memory_error(GPA);
    g_assert_cmpuint(recorded, ==, 0);
}

/* An error that the guest cannot be told of does not get lost silently */
static void test_not_acknowledged(void)
{
    if (g_test_subprocess()) {
        have_hest = listens = true;
        arm_sdei_memory_error(GPA);
        g_assert_cmpuint(recorded, ==, 0);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*memory error*0x123456000*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    error_init(argv[0]);

    g_test_add_func("/arm-sdei-ghes/report", test_report);
    g_test_add_func("/arm-sdei-ghes/nobody-listens", test_nobody_listens);
    g_test_add_func("/arm-sdei-ghes/no-hest", test_no_hest);
    g_test_add_func("/arm-sdei-ghes/not-acknowledged", test_not_acknowledged);
    return g_test_run();
}
