#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: Linux is migrated in a storm of SDEI events"""

import os
import select
import time

from sdei_guest import Config, EVENT0_ORDERS, NO_NMI_KERNEL, PATIENCE, \
                       nmi_kernel
from sdei_testcase import SdeiGuestTest

MOVES = 10
BITE = '/sys/module/sdei_watchdog/parameters/bite'


class SdeiMigration(SdeiGuestTest):

    def setUp(self):
        super().setUp()
        self.moves = 0

    def wait_for(self, what, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f'waited {PATIENCE} s for {what}')
            select.select([], [], [], 0.02)

    def migrated(self, vm):
        info = vm.cmd('query-migrate')
        self.assertNotEqual(info.get('status'), 'failed', info)
        return info.get('status') == 'completed'

    def move(self, guest, kernel=None, machine=None):
        """Migrate by a file and by a socket in turn; return the guest there."""
        self.moves += 1
        by_file = self.moves % 2
        vm = self.get_vm(name=f'leg{self.moves}')
        vm.add_args('-incoming', 'defer')
        there = self.new_guest(vm, machine or guest.config, kernel,
                               f'kernel-{self.moves}.log')
        there.launch()
        path = os.path.join(self.short_dir(), 'stream')
        uri = ('file:' if by_file else 'unix:') + path

        if not by_file:
            vm.cmd('migrate-incoming', uri=uri)
        guest.vm.cmd('migrate', uri=uri)
        self.wait_for('the end of the migration',
                      lambda: self.migrated(guest.vm))
        if by_file:
            vm.cmd('migrate-incoming', uri=uri)
        self.wait_for('the guest to run again',
                      lambda: vm.cmd('query-status')['status'] == 'running')
        guest.check_log()
        guest.close()
        guest.vm.shutdown()
        if by_file:
            os.unlink(path)
        return there

    def start_storm(self, guest, commands):
        """Have @commands executed again and again, each round a line."""
        guest.order('>/tmp/storm; >/tmp/rounds; (while test -e /tmp/storm; '
                    f'do {commands} || break; echo >>/tmp/rounds; done; '
                    '>/tmp/calm) &')

    def rounds(self, guest):
        return int(guest.order('wc -l </tmp/rounds'))

    def wait_round(self, guest):
        """Two more: one of them began after the call."""
        start = self.rounds(guest)
        self.wait_for('another round',
                      lambda: self.rounds(guest) >= start + 2)

    def end_storm(self, guest):
        guest.order('rm /tmp/storm; '
                    'until test -e /tmp/calm; do usleep 20000; done')

    def check_storm(self, config):
        """A distribution's kernel, event 0 to each of its CPUs in turn."""
        guest = self.boot(config)
        guest.detected()
        guest.load_event0_client()
        cpus = range(config.cpus)
        self.start_storm(guest, ' && '.join(
            f'echo {cpu} >{EVENT0_ORDERS}/signal' for cpu in cpus))
        for _ in range(MOVES):
            self.wait_round(guest)
            guest = self.move(guest)
            self.wait_round(guest)
        self.end_storm(guest)
        # The loop ended because it was told to, not because an event was lost.
        self.assertGreaterEqual(self.rounds(guest), 4 * MOVES)
        self.assert_events_work(guest, cpus)
        self.assertEqual(
            guest.order('cat /sys/devices/system/cpu/online').strip(),
            f'0-{config.cpus - 1}')
        guest.stop()

    def test_storm_el1(self):
        self.check_storm(Config(cpus=4))

    # Not at EL2: QEMU does not migrate EL2's own timers, on which Linux there
    # depends, with SDEI or without (arm-sdei-test migrates clients at EL2).

    def test_bound_timer(self):
        """A bound interrupt, unregistered by no migration, goes on to work."""
        config = Config(cpus=2)
        guest = self.boot(config)
        guest.detected()
        guest.order('taskset -p 1 $$')
        guest.order('insmod /lib/sdei_watchdog.ko')
        for move in range(1, 4):
            guest = self.move(guest)
            guest.order(f'echo 1 >{BITE}')
            self.assertEqual(len(guest.dmesg('was reached by its timer')), move)
        guest.order('rmmod sdei_watchdog')
        guest.stop()

    def test_nmi_backtraces(self):
        """Linux's own events: all-CPU backtraces in a loop."""
        kernel = nmi_kernel()
        if kernel is None:
            self.skipTest(NO_NMI_KERNEL)
        config = Config(cpus=3)
        guest = self.boot(config, kernel)
        guest.detected()
        guest.order('taskset -p 1 $$')
        # A breath for the shell, which runs on the CPU that waits for others
        self.start_storm(guest, 'echo l >/proc/sysrq-trigger && usleep 1000')
        for _ in range(MOVES):
            self.wait_round(guest)
            guest = self.move(guest, kernel)
            self.wait_round(guest)
        self.end_storm(guest)
        start = len(guest.log)
        guest.order('echo l >/proc/sysrq-trigger')
        for cpu in range(1, config.cpus):
            guest.wait_log(f'NMI backtrace for cpu {cpu}\\b', start)
        guest.stop()


if __name__ == '__main__':
    SdeiGuestTest.main()
