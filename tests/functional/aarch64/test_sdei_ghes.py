#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: hardware errors reach Linux by an event of SDEI"""

from pathlib import Path
import re
import subprocess
import sys

import qemu_test

from sdei_guest import Config
from sdei_testcase import SdeiGuestTest

EVENT = '0x40000002'

# IDs of HEST's sources, which Linux prints with each error
GED = 1
SDEI = 2

INJECT = Path(qemu_test.__file__).parents[3] / 'scripts' / 'ghes_inject.py'

# Memory of a guest with 512 MiB that Linux has free
FREE_PAGE = 0x5c345000


class SdeiGhes(SdeiGuestTest):

    def boot_ras(self, **options):
        """Boot with ACPI and a QMP socket for scripts/ghes_inject.py."""
        self.vm.add_args('-chardev', 'socket,id=inject,host=127.0.0.1,port=0,'
                                     'server=on,wait=off',
                         '-mon', 'chardev=inject,mode=control',
                         '-trace', 'arm_sdei_trigger',
                         '-trace', 'arm_sdei_dispatch',
                         '-D', self.log_file('qemu-trace.log'))
        guest = self.new_guest(self.vm, Config('acpi', machine='ras=on',
                                               **options))
        guest.start()
        port, = [re.search(r'127.0.0.1:(\d+)', c['filename']).group(1)
                 for c in self.vm.cmd('query-chardev')
                 if c['label'] == 'inject']
        self.port = port
        return guest

    def inject(self, *args):
        """Inject a memory error as a user would, and return the answer."""
        done = subprocess.run(
            [sys.executable, INJECT, '-H', '127.0.0.1', '-P', self.port,
             'memory', *args], text=True, timeout=60, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout

    def test_x(self):
        guest = self.boot_ras()
        print(self.vm.cmd('x-query-sdei')['human-readable-text'])
        print('\n'.join(guest.dmesg('GHES|ghes|HEST|SDEI|sdei|EDAC')))
        print(self.inject('--severity', 'corrected', '--physical-address',
                          hex(FREE_PAGE), '--type', 'single-bit-ecc'))
        guest.order('sleep 2')
        print('\n'.join(guest.dmesg('Hardware Error|Memory failure|GHES')))
        print(self.inject('--physical-address',
                          hex(FREE_PAGE), '--type', 'multi-bit-ecc'))
        guest.order('sleep 2')
        print('\n'.join(guest.dmesg('Hardware Error|Memory failure|GHES')))
        guest.order('ls /sys/bus/platform/drivers/GHES >/tmp/x; cat /tmp/x')
        print(guest.order('ls /sys/bus/platform/drivers/GHES'))
        print(guest.order('echo GHES.2 >/sys/bus/platform/drivers/GHES/unbind'))
        print(self.vm.cmd('x-query-sdei')['human-readable-text'])
        print(self.inject('--severity', 'corrected', '--physical-address',
                          hex(FREE_PAGE), '--type', 'single-bit-ecc'))
        guest.order('sleep 6')
        print('\n'.join(guest.dmesg('Hardware Error|Memory failure|GHES')))
        print(guest.order('echo GHES.2 >/sys/bus/platform/drivers/GHES/bind'))
        print(self.vm.cmd('x-query-sdei')['human-readable-text'])
        print(self.inject('--severity', 'fatal'))
        guest.wait_log('Kernel panic')
        guest.wait_log('end Kernel panic|Rebooting')
        print(guest.log[-3000:])


if __name__ == '__main__':
    SdeiGuestTest.main()
