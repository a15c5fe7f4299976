#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: a distribution's unmodified Linux finds and uses SDEI"""

from sdei_guest import Config
from sdei_testcase import SdeiGuestTest


class SdeiLinux(SdeiGuestTest):

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

    def assert_events_work(self, guest, cpus):
        """An event gets through to each of @cpus, even when it is stuck."""
        for cpu in cpus:
            guest.signal_event0(cpu)
        for cpu in cpus:
            if cpu != 0:
                guest.reach_stuck_cpu(cpu)

    def check_boot(self, config):
        guest = self.boot(config)
        guest.detected()
        self.assertTrue(guest.dmesg(f'started at EL{config.el}'))
        self.assert_described(guest)
        # CPU 0 gives the orders: the others must be made stuck from there.
        guest.order('taskset -p 1 $$')
        guest.load_event0_client()
        self.assert_events_work(guest, range(config.cpus))
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
        self.check_boot(Config(cpus=2, cpu='max'))

    def test_dt_el2_2cpus_all_features(self):
        self.check_boot(Config(el=2, cpus=2, cpu='max'))

    def check_hotplug(self, config):
        """A CPU that went and came back is registered and reached again."""
        guest = self.boot(config)
        guest.detected()
        guest.order('taskset -p 1 $$')
        guest.load_event0_client()
        for cpu in range(1, config.cpus):
            online = f'/sys/devices/system/cpu/cpu{cpu}/online'
            guest.order(f'echo 0 >{online}')
            self.assertNotIn(
                str(cpu), guest.order('cat /sys/devices/system/cpu/online'))
            guest.signal_event0(0)
            guest.order(f'echo 1 >{online}')
            self.assert_events_work(guest, range(config.cpus))
        guest.stop()

    def test_cpu_hotplug_el1(self):
        self.check_hotplug(Config(cpus=3))

    def test_cpu_hotplug_el2(self):
        self.check_hotplug(Config(el=2, cpus=3, cpu='neoverse-n1'))

    def check_kexec(self, config):
        """The kernel after a kexec starts over, on all CPUs."""
        guest = self.boot(config)
        guest.detected()
        guest.order('taskset -p 1 $$')
        guest.load_event0_client()
        self.assert_events_work(guest, range(config.cpus))

        # The first kernel leaves its client registered, as a crashed one would.
        guest.send('kexec /boot/vmlinuz /boot/initrd.cpio '
                   'guest.boot=1 guest.boot=2')
        guest.wait_ready()
        self.assertIn('guest.boot=2', guest.order('cat /proc/cmdline'))
        guest.detected()
        guest.order('taskset -p 1 $$')
        guest.load_event0_client()
        self.assert_events_work(guest, range(config.cpus))
        guest.stop()

    def test_kexec_el1(self):
        self.check_kexec(Config(cpus=2, initrd='initrd-kexec.cpio',
                                append='guest.boot=1'))

    def test_kexec_el2(self):
        self.check_kexec(Config(el=2, cpus=2, cpu='neoverse-n1',
                                initrd='initrd-kexec.cpio',
                                append='guest.boot=1'))

    def check_off(self, config):
        """Without sdei=on the guest sees no trace of it."""
        guest = self.boot(config)
        guest.order('! dmesg | grep -i sdei')
        guest.order('! test -e /proc/device-tree/firmware/sdei')
        guest.order('! test -e /sys/firmware/acpi/tables/SDEI')
        guest.order(f'! insmod /lib/sdei_event0.ko')
        guest.stop()

    def test_off_dt(self):
        self.check_off(Config(sdei='off'))

    def test_off_acpi(self):
        self.check_off(Config('acpi', sdei='off'))


if __name__ == '__main__':
    SdeiGuestTest.main()
