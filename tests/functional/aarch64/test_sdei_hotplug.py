#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: Linux keeps events working over CPU hotplug"""

from sdei_guest import CPUS, Config
from sdei_testcase import SdeiGuestTest


class SdeiHotplug(SdeiGuestTest):

    def check_hotplug(self, config):
        """A CPU that went and came back is registered and reached again."""
        guest = self.boot(config)
        guest.detected()
        guest.load_event0_client()
        for cpu in range(1, config.cpus):
            guest.order(guest.offline_command(cpu))
            self.assertNotIn(str(cpu), guest.order(f'cat {CPUS}/online'))
            guest.signal_event0(0)
            guest.order(guest.online_command(cpu))
            self.assert_events_work(guest, range(config.cpus))
        guest.stop()

    def test_cpu_hotplug_el1(self):
        self.check_hotplug(Config(cpus=3))

    def test_cpu_hotplug_el2(self):
        self.check_hotplug(Config(el=2, cpus=3, cpu='neoverse-n1'))


if __name__ == '__main__':
    SdeiGuestTest.main()
