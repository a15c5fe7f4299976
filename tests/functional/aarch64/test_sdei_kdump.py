#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: Linux stops, dumps and restarts whatever its CPUs do"""

import re

from sdei_guest import AGDI, Config, in_time, NO_NMI_KERNEL, nmi_kernel
from sdei_testcase import SdeiGuestTest

AGDI_EVENT = 'event 0x40000001: shared, critical\n    routed to any PE: ' \
             'registered, enabled'


class SdeiKdump(SdeiGuestTest):

    # Only EFI tells a second kernel which memory the GIC uses for LPIs.
    MACHINE = {'dt': 'its=off', 'acpi': ''}

    def setUp(self):
        super().setUp()
        self.boots = 0

    def boot_nmi_kernel(self, append='', firmware='dt', **config):
        kernel = nmi_kernel()
        if kernel is None:
            self.skipTest(NO_NMI_KERNEL)
        self.boots += 1
        vm = self.get_vm(name=f'boot{self.boots}')
        guest = self.new_guest(vm, Config(firmware, append=append,
                                          machine=self.MACHINE[firmware],
                                          **config),
                               kernel, f'kernel-{self.boots}.log')
        guest.start()
        guest.detected()
        guest.check_log()
        return guest

    def boot_with_crash_kernel(self, **config):
        guest = self.boot_nmi_kernel('crashkernel=192M',
                                     initrd='initrd-kdump.cpio', **config)
        guest.load_crash_kernel()
        return guest

    def check_crash_kernel(self, guest, code, wedged):
        """The second kernel is up and has the first one's CPUs in its dump."""
        guest.check_crash_kernel(code, wedged)
        # SDEI is as good as new, though the other CPUs are in their handlers.
        guest.detected()
        self.assertFalse(guest.dmesg('sdei: .*[Ff]ailed|Failed to reset'))
        self.assertTrue(guest.dmesg('sdei_nmi: using SDEI cross-CPU NMI'))
        state = self.query_sdei(guest)
        self.assertRegex(state, r'PE 0x0 \(CPU 0\): unmasked')
        self.assertRegex(state, r'event 0x0: .*\n    PE 0x0 \(CPU 0\): '
                                'registered, enabled')
        self.assertEqual(len(re.findall('runs normal event 0x0', state)),
                         wedged, state)

    def query_sdei(self, guest):
        return guest.vm.cmd('x-query-sdei')['human-readable-text']

    def check_panic(self, **config):
        """A panic with two CPUs wedged in masked loops."""
        def scenario():
            guest = self.boot_with_crash_kernel(cpus=4, **config)
            self.code = guest.wedge((2, 3))
            guest.sysrq('c')
            guest.wait_ready()
            return guest

        guest = in_time(scenario)
        self.check_crash_kernel(guest, self.code, wedged=2)
        guest.send('poweroff -f')
        guest.wait_end()

    def test_panic_el1(self):
        self.check_panic()

    def test_panic_el2(self):
        self.check_panic(el=2, cpu='neoverse-n1')

    def test_inject_nmi_acpi(self):
        """A diagnostic dump on demand, of a guest that is wholly stuck."""
        def scenario():
            guest = self.boot_with_crash_kernel(cpus=3, firmware='acpi')
            self.assertIn(AGDI_EVENT, self.query_sdei(guest))
            self.code = guest.wedge(range(3))
            guest.vm.cmd('inject-nmi')
            guest.wait_log(AGDI)
            guest.wait_ready()
            return guest

        guest = in_time(scenario)
        # The one that panics stands in its panic
        self.check_crash_kernel(guest, self.code, wedged=2)

        # It works in the crash kernel as well, which then restarts.
        self.assertIn(AGDI_EVENT, self.query_sdei(guest))
        start = len(guest.log)
        guest.vm.cmd('inject-nmi')
        guest.wait_log(AGDI, start)
        guest.wait_end()

    def test_inject_nmi_reaches_the_named_cpu(self):
        def scenario():
            guest = self.boot_nmi_kernel('panic=-1', cpus=4, firmware='acpi')
            guest.wedge(range(4))
            guest.vm.cmd('human-monitor-command', command_line='nmi',
                         cpu_index=2)
            guest.wait_end()
            return guest

        guest = in_time(scenario)
        self.assertRegex(guest.log, f'(?s){AGDI}.*'
                                    'stop with SDEI NMI for CPUs 0-1,3')

    def test_inject_nmi_without_client(self):
        """No ACPI, no AGDI: the operator is told."""
        guest = self.boot_nmi_kernel()
        answer = guest.vm.qmp('inject-nmi')
        self.assertIn('0x40000001', answer['error']['desc'])
        self.assertIn('CONFIG_ACPI_AGDI', answer['error']['desc'])
        guest.stop()

    def check_restart(self, key, says):
        def scenario():
            guest = self.boot_nmi_kernel('panic=-1', cpus=3)
            guest.wedge((1, 2))
            guest.sysrq(key)
            guest.wait_end()
            return guest

        guest = in_time(scenario)
        self.assertRegex(guest.log, says)
        self.assertRegex(guest.log, 'stop with SDEI NMI for CPUs 1-2')

    def test_panic_stops_wedged_cpus(self):
        self.check_restart('c', 'Kernel panic - not syncing: sysrq')

    def test_reboot_stops_wedged_cpus(self):
        self.check_restart('b', 'sysrq: Resetting')

    def test_lockup_detector(self):
        """A CPU notices that another one hangs, shows where, and panics."""
        def scenario():
            guest = self.boot_nmi_kernel('nmi_watchdog=panic panic=-1', cpus=3)
            guest.wedge((1,))
            guest.wait_end()
            return guest

        guest = in_time(scenario)
        self.assertRegex(
            guest.log,
            r'(?s)hard LOCKUP on cpu 1\n.*NMI backtrace for cpu 1\n'
            r'.*pc : lkdtm_HARDLOCKUP\+.*Kernel panic - not syncing: Hard')


if __name__ == '__main__':
    SdeiGuestTest.main()
