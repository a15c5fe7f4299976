#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: a kernel started by kexec finds SDEI as at power-on

That of a crash dump as well, whatever the panic's handlers did to the CPUs.
"""

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

    def check_capture(self, way, **config):
        """The capture kernel's own CPUs, after the panic's handlers ended so"""
        guest = self.boot(Config(cpus=4, machine=self.MACHINE,
                                 initrd='initrd-kexec.cpio',
                                 append='crashkernel=192M', **config))
        guest.load_event0_client()
        guest.order('kexec -p /boot/vmlinuz /boot/initrd.cpio '
                    '"crashkernel=192M" "nr_cpus=4       "')
        guest.send(guest.stop_and_panic(way, range(1, 4)))
        guest.wait_ready()
        self.assertIn('nr_cpus=4', guest.order('cat /proc/cmdline'))
        guest.detected()
        guest.load_event0_client()
        if way.endswith('off'):
            self.assert_events_work(guest, range(4))
        else:
            # Theirs alone knows that they do nothing any more: ALREADY_ON
            self.assertEqual(
                len(guest.dmesg(r'psci: failed to boot CPU\d \(-22\)')), 3)
            guest.signal_event0(0)
        guest.send('poweroff -f')
        guest.wait_end()

    def test_capture_el1_park(self):
        self.check_capture('park')

    def test_capture_el1_resume_and_off(self):
        self.check_capture('resume-and-off')

    def test_capture_el1_resume_and_park(self):
        self.check_capture('resume-and-park')

    def test_capture_el1_off(self):
        self.check_capture('off')

    def test_capture_el2_park(self):
        self.check_capture('park', el=2, cpu='neoverse-n1')

    def test_capture_el2_resume_and_off(self):
        self.check_capture('resume-and-off', el=2, cpu='neoverse-n1')

    def test_capture_el2_resume_and_park(self):
        self.check_capture('resume-and-park', el=2, cpu='neoverse-n1')

    def test_capture_el2_off(self):
        self.check_capture('off', el=2, cpu='neoverse-n1')


if __name__ == '__main__':
    SdeiGuestTest.main()
