/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest testcase for the Arm SDEI dispatcher
 *
 * Runs a small guest under TCG, or KVM, that makes SDEI calls and takes SDEI
 * events on the orders of the scenarios; see arm-sdei/harness.h.
 */

#include "qemu/osdep.h"
#include "arm-sdei/scenario.h"
#include "arm-sdei/stage.h"

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);

    if (!qtest_has_accel(guest_is_kvm() ? "kvm" : "tcg")) {
        g_test_skip("The accelerator is not available");
        return 0;
    }
    add_call_tests();
    add_state_tests();
    add_context_tests();
    add_pstate_tests();
    add_pmu_tests();
    add_interrupted_tests();
    add_return_tests();
    add_signal_tests();
    add_power_tests();
    add_psci_tests();
    add_machine_tests();
    add_user_event_tests();
    add_shared_tests();
    add_priority_tests();
    add_version_tests();
    add_event_power_tests();
    add_lockstep_tests();
    add_many_cpus_tests();
    add_debug_tests();
    add_migration_tests();
    add_stream_tests();
    add_every_step_tests();
    add_bind_tests();
    add_line_tests();
    add_device_tests();
    add_storm_tests();
    add_ghes_tests();
    add_memory_failure_tests();
    add_irqfd_tests();
    add_nmi_tests();
    add_query_tests();

    ret = g_test_run();
    guest_finish();
    return ret;
}
