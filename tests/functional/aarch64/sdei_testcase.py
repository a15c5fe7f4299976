# SPDX-License-Identifier: GPL-2.0-or-later
"""What the functional tests with an SDEI guest have in common"""

import tempfile

from qemu_test import QemuSystemTest

from sdei_guest import Guest, images_dir


class SdeiGuestTest(QemuSystemTest):

    def setUp(self):
        super().setUp()
        self.set_machine('virt')
        self.require_accelerator('tcg')

    def new_guest(self, vm, config, kernel=None, log='kernel.log'):
        """Return a guest on @vm that is not started yet."""
        images = images_dir()
        if images is None:
            self.skipTest('no guest images: set SDEI_IMAGES')
        guest = Guest(vm, images, self.short_dir(), self.log_file(log),
                      config, kernel)
        self.addCleanup(guest.close)
        return guest

    def short_dir(self):
        """Return a folder for UNIX sockets, whose paths must be short."""
        folder = tempfile.TemporaryDirectory(prefix='sdei')
        self.addCleanup(folder.cleanup)
        return folder.name

    def boot(self, config, kernel=None):
        """Return a running guest that takes orders."""
        guest = self.new_guest(self.vm, config, kernel)
        guest.start()
        return guest

    def assert_events_work(self, guest, cpus):
        """An event gets through to each of @cpus, even when it is stuck."""
        for cpu in cpus:
            guest.signal_event0(cpu)
        for cpu in cpus:
            if cpu != 0:
                guest.reach_stuck_cpu(cpu)

    def assert_userspace_unharmed(self, guest, cpu, program, mode):
        """Events change nothing in a program that they interrupt.

        @program is a busybox that runs on @cpu and @mode the exception level
        and width in which it runs, as PSTATE[4:0]. It runs until an event has
        interrupted it: on a busy host most of them find the kernel, which
        works off what else came while the vCPU's thread waited.
        """
        command = f'{program} sha256sum /bin/busybox'
        right = guest.order(command)
        interrupted = []
        for _ in range(100):
            interrupted += self.interrupt_programs(guest, cpu, command, right)
            if mode in interrupted:
                return
        self.fail(f'no event came in mode {mode:#x}, but in {interrupted}')

    def interrupt_programs(self, guest, cpu, command, right):
        """Signal events to @cpu while it runs some programs.

        Return the PSTATE[4:0] that the events interrupted.
        """
        before = len(guest.dmesg('handled event 0'))
        answers = guest.order(
            f'rm -f /tmp/done; (taskset {1 << cpu:x} sh -c '
            f'"for i in 1 2 3 4; do {command}; done" >/tmp/sums; '
            '>/tmp/done) & until test -e /tmp/done; do '
            f'{guest.event0_command("signal", cpu)} || break; usleep 5000; '
            'done; wait; cat /tmp/sums')
        self.assertEqual(answers, 4 * right)
        return [int(e.rpartition('pstate ')[2], 16) & 0x1f
                for e in guest.dmesg('handled event 0')[before:]]
