#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: Linux's own user of event 0, the cross-CPU NMI of 7.3"""

from sdei_guest import Config, NO_NMI_KERNEL, PSTATE_DAIF, nmi_kernel
from sdei_testcase import SdeiGuestTest


class SdeiNmi(SdeiGuestTest):

    def check_backtrace(self, config):
        """sysrq-l shows where a CPU hangs that takes no interrupts."""
        kernel = nmi_kernel()
        if kernel is None:
            self.skipTest(NO_NMI_KERNEL)
        guest = self.boot(config, kernel)
        guest.detected()
        self.assertTrue(guest.dmesg('sdei_nmi: using SDEI cross-CPU NMI'))
        guest.check_log()

        # All in one order, and on CPU 0: with CPU 1 wedged, the kernel's work
        # for another line of input may wait in that CPU's queue for ever. So
        # would the work of a power-off.
        guest.order('taskset -p 1 $$')
        guest.send("taskset 2 sh -c 'echo HARDLOCKUP "
                   ">/sys/kernel/debug/provoke-crash/DIRECT' & "
                   "until dmesg | grep 'direct entry HARDLOCKUP'; "
                   "do usleep 50000; done; "
                   "echo l >/proc/sysrq-trigger; "
                   "echo b >/proc/sysrq-trigger")
        guest.wait_end()
        self.assertRegex(
            guest.log,
            r'(?s)sysrq: Show backtrace of all active CPUs.*'
            r'NMI backtrace for cpu 1\n.*pc : lkdtm_HARDLOCKUP\+.*'
            r'sysrq: Resetting')

    def test_backtrace_of_stuck_cpu_el1(self):
        self.check_backtrace(Config(cpus=2))

    def test_backtrace_of_stuck_cpu_acpi(self):
        self.check_backtrace(Config('acpi', cpus=2))

    def test_backtrace_of_stuck_cpu_el2(self):
        self.check_backtrace(Config(el=2, cpus=2, cpu='neoverse-n1'))

    def test_backtrace_pseudo_nmi(self):
        """One CPU masks by the GIC's priorities (local_irq_disable() then), and
        one by DAIF."""
        kernel = nmi_kernel()
        if kernel is None:
            self.skipTest(NO_NMI_KERNEL)
        guest = self.boot(Config(cpus=3, append='irqchip.gicv3_pseudo_nmi=1'),
                          kernel)
        guest.detected()
        if not guest.dmesg('Pseudo-NMIs enabled'):
            self.skipTest('this Linux 7.3 has no ARM64_PSEUDO_NMI: '
                          'tools/guest-kernel makes one that has')
        guest.wedge((1, 2))
        guest.mask_daif(2)
        masked = [guest.registers(cpu)['PSTATE'] & PSTATE_DAIF
                  for cpu in (1, 2)]
        self.assertEqual(masked, [0, PSTATE_DAIF])
        guest.sysrq('l')
        for cpu in (1, 2):
            # Where it is itself, not the next one
            guest.wait_log(rf'NMI backtrace for cpu {cpu}\n'
                           r'(?:(?!.*NMI backtrace for).*\n)*?'
                           r'.*pc : lkdtm_HARDLOCKUP\+')


if __name__ == '__main__':
    SdeiGuestTest.main()
