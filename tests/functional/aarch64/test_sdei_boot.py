#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: a distribution's unmodified Linux finds and uses SDEI"""

from sdei_guest import Config
from sdei_testcase import SdeiGuestTest

# PSTATE[4:0]
EL0_A64 = 0x00
EL0_A32 = 0x10


class SdeiBoot(SdeiGuestTest):

    def assert_described(self, guest):
        """The machine tells of SDEI in the way that its firmware uses."""
        if guest.config.firmware == 'acpi':
            # The length, and the revision: nothing but a header.
            table = guest.order(
                'hexdump -v -n 9 -e \'9/1 "%02x"\' '
                '/sys/firmware/acpi/tables/SDEI')
            self.assertEqual(table, '53444549' '24000000' '01')
            guest.order('! test -e /proc/device-tree/firmware/sdei')
        else:
            node = '/proc/device-tree/firmware/sdei'
            self.assertEqual(guest.order(f'tr "\\0" " " <{node}/compatible'),
                             'arm,sdei-1.0 ')
            self.assertEqual(guest.order(f'tr "\\0" " " <{node}/method'),
                             guest.config.conduit + ' ')
            guest.order('! test -e /sys/firmware/acpi/tables')

    def check_boot(self, config, with_programs=False):
        guest = self.boot(config)
        guest.detected()
        self.assertTrue(guest.dmesg(f'started at EL{config.el}'))
        self.assert_described(guest)
        guest.load_event0_client()
        self.assert_events_work(guest, range(config.cpus))
        if with_programs:
            self.assert_userspace_unharmed(guest, 1, '/bin/busybox', EL0_A64)
            self.assert_userspace_unharmed(guest, 1, '/bin/busybox-a32',
                                           EL0_A32)
        guest.order('rmmod sdei_event0')
        guest.stop()

    def test_dt_el1_1cpu(self):
        self.check_boot(Config())

    def test_dt_el1_4cpus(self):
        self.check_boot(Config(cpus=4))

    def test_dt_el2_1cpu(self):
        self.check_boot(Config(el=2, cpu='neoverse-n1'))

    def test_dt_el2_4cpus(self):
        self.check_boot(Config(el=2, cpus=4, cpu='neoverse-n1'))

    def test_acpi_el1_1cpu(self):
        self.check_boot(Config('acpi'))

    def test_acpi_el1_4cpus(self):
        self.check_boot(Config('acpi', cpus=4))

    def test_acpi_el2_1cpu(self):
        self.check_boot(Config('acpi', el=2, cpu='neoverse-n1'))

    def test_acpi_el2_4cpus(self):
        self.check_boot(Config('acpi', el=2, cpus=4, cpu='neoverse-n1'))

    def test_dt_el1_2cpus_all_features(self):
        """What -cpu max has, an event must save and restore."""
        self.check_boot(Config(cpus=2, cpu='max'), with_programs=True)

    def test_dt_el2_2cpus_all_features(self):
        self.check_boot(Config(el=2, cpus=2, cpu='max'), with_programs=True)

    def check_off(self, config):
        """Without sdei=on the guest sees no trace of it."""
        guest = self.boot(config)
        guest.order('! dmesg | grep -i sdei')
        guest.order('! test -e /proc/device-tree/firmware/sdei')
        guest.order('! test -e /sys/firmware/acpi/tables/SDEI')
        guest.order('! insmod /lib/sdei_event0.ko')
        guest.stop()

    def test_off_dt(self):
        self.check_off(Config(sdei='off'))

    def test_off_acpi(self):
        self.check_off(Config('acpi', sdei='off'))


if __name__ == '__main__':
    SdeiGuestTest.main()
