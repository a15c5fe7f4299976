#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: hardware errors reach Linux by an event of SDEI"""

import base64
from pathlib import Path
import re
import shlex
import struct
import subprocess
import sys
import time
import uuid

import qemu_test

from sdei_guest import Config, NO_NMI_KERNEL, PATIENCE, nmi_kernel
from sdei_testcase import SdeiGuestTest

SOURCE_TREE = Path(qemu_test.__file__).parents[3]
MANUAL = SOURCE_TREE / 'docs' / 'system' / 'arm' / 'sdei.rst'

EVENT = '0x40000002'

# IDs of the HEST's error sources: Linux says which one an error came from
GED_SOURCE = 1
SDEI_SOURCE = 2

GHES_DRIVER = '/sys/bus/platform/drivers/GHES'


def memory_error(address):
    """Return the record of an uncorrected memory error, in base64.

    An error status block, a data entry and a memory error section: ACPI 6.5,
    18.3.2.7.1, and UEFI 2.10, N.2.5. The address and the type are valid.
    """
    section = struct.pack('<QQQ56x', 1 << 14 | 1 << 1, 0, address)
    guid = uuid.UUID('a5bc1114-6f64-4ede-b863-3e83ed7c83b1').bytes_le
    entry = struct.pack('<16sIHBBI44x', guid, 0, 0x300, 0, 0, len(section))
    status = struct.pack('<IIIII', 1, 0, 0, len(entry + section), 0)
    return base64.b64encode(status + entry + section).decode()


class SdeiGhes(SdeiGuestTest):

    def boot_ras(self, kernel=None, **options):
        """Boot by ACPI, with a QMP socket for scripts/ghes_inject.py."""
        self.trace_file = Path(self.log_file('qemu-trace.log'))
        self.unix_socket = Path(self.short_dir(), 'inject')
        self.vm.add_args('-chardev', 'socket,id=inject,host=127.0.0.1,port=0,'
                                     'server=on,wait=off',
                         '-mon', 'chardev=inject,mode=control',
                         '-qmp', f'unix:{self.unix_socket},server=on,wait=off',
                         '-trace', 'arm_sdei_dispatch',
                         '-D', str(self.trace_file))
        guest = self.new_guest(self.vm, Config('acpi', machine='ras=on',
                                               **options), kernel)
        guest.start()
        self.records = 0
        return guest

    def port(self):
        for chardev in self.vm.cmd('query-chardev'):
            if chardev['label'] == 'inject':
                return re.search(r'127\.0\.0\.1:(\d+)',
                                 chardev['filename']).group(1)
        return None

    def inject(self, *args, kind='memory', unix=False):
        """Inject an error as a user would, and return the answer."""
        script = SOURCE_TREE / 'scripts' / 'ghes_inject.py'
        where = (['-S', self.unix_socket] if unix
                 else ['-H', '127.0.0.1', '-P', self.port()])
        done = subprocess.run(
            [sys.executable, script, *where, kind, *args], text=True,
            timeout=240, check=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        return done.stdout

    def inject_well(self, *args, **options):
        self.assertIn('Error injected.', self.inject(*args, **options))

    def inject_at(self, address):
        """Inject a corrected error at @address."""
        return self.inject('--severity', 'corrected',
                           '--physical-address', hex(address))

    def check_error_at(self, guest, address, source):
        """An error at @address reaches the guest through @source."""
        before = self.dispatched()
        self.assertIn('Error injected.', self.inject_at(address))
        self.wait_record(guest, source, f'physical_address: {address:#018x}')
        self.assertEqual(self.dispatched() - before, source == SDEI_SOURCE)

    def documented(self, severity):
        """Return the arguments that the manual shows for a severity."""
        commands = re.findall(r'ghes_inject\.py memory ((?:.*\\\n)*.*)',
                              MANUAL.read_text(encoding='utf-8'))
        found = [args for args in (shlex.split(c.replace('\\\n', ' '))
                                   for c in commands)
                 if args[args.index('--severity') + 1] == severity]
        self.assertEqual(len(found), 1, f'{severity} in {MANUAL}')
        return found[0]

    def wait_record(self, guest, source, *lines, section='memory error'):
        """Wait until Linux has printed the next error record.

        It must be from that source and have @lines.
        """
        self.records += 1
        tag = rf'\{{{self.records}\}}\[Hardware Error\]: +'
        found = guest.wait_log(tag + r'Hardware error from APEI Generic '
                               r'Hardware Error Source: (\d+)\n')
        self.assertEqual(int(found.group(1)), source)
        for line in (f'section_type: {section}', *lines):
            guest.wait_log(tag + re.escape(line) + '\n')

    def dispatched(self):
        """Return how often QEMU has run the handler of the event."""
        trace = self.trace_file.read_text(encoding='utf-8')
        return trace.count(f' event {EVENT} ')

    def info_sdei(self):
        return self.vm.cmd('x-query-sdei')['human-readable-text']

    def is_enabled(self):
        """Has the guest registered the error source's event, and enabled it?

        It is there in any case.
        """
        found = re.search(rf'event {EVENT}: shared, critical\n(    .*\n)?',
                          self.info_sdei())
        return 'registered, enabled' in (found.group(1) or '')

    def wait_pc(self, function):
        """Wait until the CPU is in a (short) function, which it never leaves.

        The guest itself can say nothing any more.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            self.vm.cmd('stop')
            registers = self.vm.cmd('human-monitor-command',
                                    command_line='info registers')
            self.vm.cmd('cont')
            pc = int(re.search(r'\bPC=([0-9a-f]+)', registers).group(1), 16)
            if function <= pc < function + 64:
                return
            self.assertLess(time.monotonic(), deadline, f'PC is {pc:#x}')

    def test_each_severity(self):
        """The commands of the manual, and what Linux makes of them."""
        guest = self.boot_ras(cpus=2, cpu='max')
        guest.detected()
        self.assertTrue(self.is_enabled())

        self.inject_well(*self.documented('corrected'))
        self.wait_record(guest, SDEI_SOURCE, 'event severity: corrected',
                         'physical_address: 0x000000005c345000',
                         'error_type: 2, single-bit ECC')
        self.assertEqual(self.dispatched(), 1)
        self.assertFalse(guest.dmesg('Memory failure'))
        guest.order('grep "HardwareCorrupted: *0 kB" /proc/meminfo')

        self.inject_well(*self.documented('recoverable'))
        self.wait_record(guest, SDEI_SOURCE, 'event severity: recoverable',
                         'physical_address: 0x000000005c346000')
        # Linux does not use that page any more.
        guest.wait_log('Memory failure: 0x5c346: recovery action ')
        self.assertEqual(self.dispatched(), 2)
        guest.check_log()

        self.inject_well(*self.documented('fatal'))
        self.wait_record(guest, SDEI_SOURCE, 'event severity: fatal')
        guest.wait_log('Kernel panic - not syncing: .*[Ff]atal hardware error')
        # It panics in the handler, and not whenever it next looks.
        guest.wait_log('ghes_sdei_critical_callback')
        self.assertEqual(self.dispatched(), 3)

    def test_threshold_exceeded(self):
        """Linux stops using a page that had too many corrected errors."""
        guest = self.boot_ras()
        self.inject_well('--severity', 'corrected', '--threshold-exceeded',
                         '--physical-address', '0x5c345000')
        self.wait_record(guest, SDEI_SOURCE, 'event severity: corrected')
        guest.order('until grep "HardwareCorrupted: *4 kB" /proc/meminfo; '
                    'do usleep 100000; done')
        guest.stop()

    def test_all_fields(self):
        """Linux decodes each field that the script encodes."""
        fields = ('node', 'card', 'module', 'rank', 'bank', 'device', 'row',
                  'column', 'bit-position', 'requestor-id', 'responder-id',
                  'target-id')
        args = ['--severity', 'corrected', '--error-status', '0x40000',
                '--physical-address', '0x5c001000',
                '--physical-address-mask', '0xfffffffff000']
        for value, name in enumerate(fields, start=0x11):
            args += ['--' + name, hex(value)]
        guest = self.boot_ras()
        self.inject_well(*args)
        self.wait_record(guest, SDEI_SOURCE)
        guest.wait_log(r'error_status: .*0x0000000000040000')
        guest.wait_log(r'physical_address: 0x000000005c001000\n')
        guest.wait_log(r'physical_address_mask: 0x0000fffffffff000\n')
        for value, name in enumerate(fields, start=0x11):
            field = name.replace('-', '_')
            guest.wait_log(rf'\b{field}: ?({value}|0x0*{value:x})\b')
        guest.stop()

    def test_other_records(self):
        """What is no memory error comes by the event as well."""
        guest = self.boot_ras(append='loglevel=4')
        self.inject_well('--mpidr', '0x80000000', '-t', 'tlb-error',
                         kind='arm', unix=True)
        self.wait_record(guest, SDEI_SOURCE, 'event severity: recoverable',
                         section='ARM processor error')
        guest.wait_log('error_type: .*TLB error')
        self.inject_well('--port-type', '4', '--address', '0:00:1f.7',
                         '--vendor-id', '0x1b36', '--device-id', '0xc',
                         '--class-code', '0x060400', '--secondary-bus', '7',
                         kind='pcie', unix=True)
        self.wait_record(guest, SDEI_SOURCE, 'port_type: 4, root port',
                         'device_id: 0000:00:1f.7', 'secondary_bus: 0x07',
                         'vendor_id: 0x1b36, device_id: 0x000c',
                         section='PCIe error')
        self.assertEqual(self.dispatched(), 2)
        guest.stop()

    def test_fuzzed_records(self):
        """A guest that gets nonsense goes on, and acknowledges it."""
        guest = self.boot_ras()
        strange = 'b0e7d7a0-0f3c-4b5e-9d0c-5a1f2e3d4c5b'
        self.inject_well('--severity', 'corrected', '--type', strange,
                         '--length', '7', '--seed', '0', kind='fuzz')
        guest.wait_log(f'section type: unknown, {strange}')
        for seed in range(10):
            self.inject_well('--severity', 'corrected', '--seed', str(seed),
                             kind='fuzz', unix=True)
        # It comes last, and what is lost is printed however much has been
        self.inject_well('--physical-address', '0x5c001000')
        guest.wait_log('Memory failure: 0x5c001: recovery action ')
        self.assertEqual(self.dispatched(), 12)
        guest.stop()

    def test_dump_without_agdi(self):
        """A fatal error is the dump on demand of a stock Debian kernel."""
        guest = self.boot_ras(cpus=2, initrd='initrd-kexec.cpio',
                              append='guest.boot=1 crashkernel=192M')
        guest.order('kexec -p /boot/vmlinuz /boot/initrd.cpio '
                    '"guest.boot=1 crashkernel=192M" '
                    '"guest.boot=2 nr_cpus=1       "')
        self.inject_well(*self.documented('fatal'))
        guest.wait_ready()
        self.assertIn('guest.boot=2', guest.order('cat /proc/cmdline'))
        # The dump is there, and SDEI works in the crash kernel as well
        self.assertEqual(guest.order('kdump cpus').count('pc 0x'), 2)
        guest.detected()
        self.assertTrue(self.is_enabled())
        guest.send('poweroff -f')
        guest.wait_end()

    def test_all_cpus_stuck(self):
        """A fatal error reaches a guest that takes no interrupts."""
        kernel = nmi_kernel()
        if kernel is None:
            self.skipTest(NO_NMI_KERNEL)
        guest = self.boot_ras(kernel)
        loop = guest.order('grep " lkdtm_HARDLOCKUP$" /proc/kallsyms')
        guest.send('echo HARDLOCKUP >/sys/kernel/debug/provoke-crash/DIRECT')
        self.wait_pc(int(loop.split()[0], 16))
        self.inject_well('--severity', 'fatal')
        guest.wait_log('Kernel panic - not syncing: .*[Ff]atal hardware error')
        self.assertEqual(self.dispatched(), 1)

    def test_queue(self):
        """Errors that come while the guest is stopped all reach it."""
        guest = self.boot_ras()
        self.vm.cmd('stop')
        for address in (0x5c001000, 0x5c002000):
            self.assertIn('Error injected.', self.inject_at(address))
        self.assertIn('Hardware errors: 1 of 64 queued', self.info_sdei())
        self.vm.cmd('cont')
        for address in ('0x000000005c001000', '0x000000005c002000'):
            self.wait_record(guest, SDEI_SOURCE,
                             f'physical_address: {address}')
        self.assertIn('Hardware errors: 0 of 64 queued', self.info_sdei())
        self.assertEqual(self.dispatched(), 2)
        guest.stop()

    def test_guest_stops_listening(self):
        """Errors go where the guest listens now."""
        guest = self.boot_ras()
        guest.order(f'echo GHES.2 >{GHES_DRIVER}/unbind')
        self.assertFalse(self.is_enabled())
        self.check_error_at(guest, 0x5c001000, GED_SOURCE)
        guest.order(f'echo GHES.2 >{GHES_DRIVER}/bind')
        self.assertTrue(self.is_enabled())
        self.check_error_at(guest, 0x5c002000, SDEI_SOURCE)
        guest.stop()

    def test_guest_without_sdei(self):
        """Linux at EL2 does not use SDEI on a core without FEAT_VHE."""
        guest = self.boot_ras(el=2)
        guest.order('! dmesg | grep SDEIv')
        self.assertFalse(self.is_enabled())
        self.check_error_at(guest, 0x5c001000, GED_SOURCE)
        guest.stop()

    def test_machine_without_sdei(self):
        """Nothing has changed for it."""
        guest = self.boot_ras(sdei='off')
        guest.order(f'test -e {GHES_DRIVER}/GHES.1')
        guest.order(f'! test -e {GHES_DRIVER}/GHES.2')
        self.check_error_at(guest, 0x5c001000, GED_SOURCE)
        guest.stop()

    def try_inject(self, address):
        """Have an uncorrected error at @address; was it taken?

        As fast as QMP goes: by QEMU's own record, without the script.
        """
        answer = self.vm.qmp('inject-ghes-v2-error',
                             cper=memory_error(address))
        if 'error' not in answer:
            return True
        self.assertIn('64 more hardware errors to acknowledge',
                      answer['error']['desc'])
        return False

    def logged_pages(self, guest):
        """Return the pages that Linux says to be lost, as often as it says so

        It has no room for all when it is too slow, and says that instead.
        """
        text = guest.order("dmesg | grep '[Mm]emory failure'; :")
        return [int(handled or dropped, 16) for handled, dropped in re.findall(
            r'Memory failure: (0x[0-9a-f]+): memory outside kernel control|'
            r'queuing memory failure at (0x[0-9a-f]+)', text)]

    def test_flood(self):
        """Of 1000 errors at once none gets lost, and none comes twice."""
        # No program is where they are: Linux only says so of each
        guest = self.boot_ras(cpus=2, append='loglevel=1 log_buf_len=4M '
                                             'mem=256M')
        addresses = range(0x50000000, 0x50000000 + 1000 * 4096, 4096)
        # One is written, 64 wait
        self.vm.cmd('stop')
        refused = [a for a in addresses[:100] if not self.try_inject(a)]
        self.assertEqual(refused, list(addresses[65:100]))
        self.vm.cmd('cont')
        refused += [a for a in addresses[100:] if not self.try_inject(a)]
        self.log.info('%d of 1000 refused', len(refused))
        self.check_pages(guest, set(addresses) - set(refused))

        # Whoever repeats it gets all of them through
        for address in refused:
            self.wait_for('room for an error',
                          lambda a=address: self.try_inject(a))
        self.check_pages(guest, addresses)
        overflows = guest.dmesg('buffer overflow')
        self.log.info('%d that Linux had no room for', len(overflows))
        guest.order('uname')

    def check_pages(self, guest, addresses):
        """Linux says once of each of @addresses that it is lost."""
        pages = sorted(address >> 12 for address in addresses)
        self.wait_for(f'{len(pages)} lost pages', lambda:
                      len(self.logged_pages(guest)) >= len(pages))
        self.assertIn('Hardware errors: 0 of 64 queued', self.info_sdei())
        self.assertEqual(sorted(self.logged_pages(guest)), pages)

    def wait_for(self, what, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, f'waited for {what}')


if __name__ == '__main__':
    SdeiGuestTest.main()
