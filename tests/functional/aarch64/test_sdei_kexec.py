#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: a kernel started by kexec finds SDEI as at power-on"""

from sdei_guest import Config
from sdei_testcase import SdeiGuestTest


class SdeiKexec(SdeiGuestTest):

    # A GIC that uses LPIs goes on using the tables in memory that the first
    # kernel gave it. Only EFI has a way to tell the second kernel so.
    MACHINE = 'its=off'

    def check_kexec(self, config):
        """The kernel after a kexec starts over, on all CPUs."""
        guest = self.boot(config)
        guest.detected()
        guest.load_event0_client()
        self.assert_events_work(guest, range(config.cpus))

        # The first kernel leaves its client registered, as a crashed one would.
        guest.send('kexec /boot/vmlinuz /boot/initrd.cpio '
                   'guest.boot=1 guest.boot=2')
        guest.wait_ready()
        self.assertIn('guest.boot=2', guest.order('cat /proc/cmdline'))
        guest.detected()
        guest.load_event0_client()
        self.assert_events_work(guest, range(config.cpus))
        guest.stop()

    def test_kexec_el1(self):
        self.check_kexec(Config(cpus=2, machine=self.MACHINE,
                                initrd='initrd-kexec.cpio',
                                append='guest.boot=1'))

    def test_kexec_el2(self):
        self.check_kexec(Config(el=2, cpus=2, cpu='neoverse-n1',
                                machine=self.MACHINE,
                                initrd='initrd-kexec.cpio',
                                append='guest.boot=1'))


if __name__ == '__main__':
    SdeiGuestTest.main()
