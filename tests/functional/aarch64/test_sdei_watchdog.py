#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: a timer's interrupt, bound, reaches a CPU that hangs"""

from sdei_guest import Config
from sdei_testcase import SdeiGuestTest

BITE = '/sys/module/sdei_watchdog/parameters/bite'
# The timer that a kernel at EL1 does not use
PHYSICAL_TIMER = 30


class SdeiWatchdog(SdeiGuestTest):

    def info_sdei(self):
        return self.vm.cmd('x-query-sdei')['human-readable-text']

    def check_watchdog(self, config):
        guest = self.boot(config)
        guest.detected()
        guest.order('taskset -p 1 $$')
        guest.order('insmod /lib/sdei_watchdog.ko')
        self.assertIn(f'INTID {PHYSICAL_TIMER}\n', self.info_sdei())
        for cpu in range(1, config.cpus):
            for _ in range(2):
                guest.order(f'echo {cpu} >{BITE}')
        bites = guest.dmesg('was reached by its timer')
        self.assertEqual(len(bites), 2 * (config.cpus - 1))
        for bite in bites:
            self.assertIn('spin_with_interrupts_masked', bite)
        # The kernel's own timer is not the one that was bound.
        guest.order('sleep 0.1')
        guest.order('rmmod sdei_watchdog')
        self.assertTrue(guest.dmesg('sdei_watchdog: .* is released'))
        self.assertNotIn('INTID', self.info_sdei())
        guest.stop()

    def test_gicv3(self):
        self.check_watchdog(Config(cpus=4))

    def test_gicv3_acpi(self):
        self.check_watchdog(Config('acpi', cpus=2))

    def test_gicv3_no_its(self):
        self.check_watchdog(Config(cpus=2, machine='its=off'))

    def test_gicv2(self):
        self.check_watchdog(Config(cpus=4, machine='gic-version=2'))


if __name__ == '__main__':
    SdeiGuestTest.main()
