#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An operator's guests by libvirt: what docs/system/arm/sdei-operation.rst says

Each domain is the manual's, with the QEMU of tools/package. With arguments runs
only the classes or tests that they name.
"""

import os
from pathlib import Path
import re
import select
import shlex
import struct
import subprocess
import sys
import unittest
from xml.etree import ElementTree

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'tests/functional/aarch64')]

# pylint: disable=wrong-import-position
from sdei_guest import AGDI, Config, images_dir, in_time, nmi_kernel     # noqa: E402
from sdei_libvirt import Daemon, LibvirtGuest, Place, blocks, missing  # noqa: E402
from tap import main     # noqa: E402

QEMU_NS = '{http://libvirt.org/schemas/domain/qemu/1.0}'
PT_NOTE, NT_PRSTATUS = 4, 1
PRSTATUS_REGS, PRSTATUS_PC = 112, 32 * 8


def domain_xml():
    """Return the manual's domain."""
    return next(block for block in blocks('xml') if block.startswith('<domain'))


def snippet(start):
    """Return the manual's other block that begins so."""
    return next(block for block in blocks('xml') if block.startswith(start))


def prstatus_pcs(path):
    """Return the PCs of the CPUs in an ELF core."""
    with open(path, 'rb') as core:
        header = core.read(64)
        phoff, = struct.unpack_from('<Q', header, 32)
        phentsize, phnum = struct.unpack_from('<HH', header, 54)
        pcs = []
        for i in range(phnum):
            core.seek(phoff + i * phentsize)
            kind, _, offset, _, _, size = struct.unpack('<IIQQQQ', core.read(40))
            if kind != PT_NOTE:
                continue
            core.seek(offset)
            notes = core.read(size)
            at = 0
            while at + 12 <= len(notes):
                namesz, descsz, note = struct.unpack_from('<III', notes, at)
                desc = at + 12 + (namesz + 3 & ~3)
                if note == NT_PRSTATUS and notes[at + 12:at + 16] == b'CORE':
                    pcs += struct.unpack_from('<Q', notes, desc + PRSTATUS_REGS + PRSTATUS_PC)
                at = desc + (descsz + 3 & ~3)
        return pcs


class Libvirt(unittest.TestCase):
    """A place and a daemon for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.skipped = missing() or (None if nmi_kernel() else 'no Linux 7.3: tools/guest-kernel') or \
            (None if {'SDEI_ARCHIVE', 'SDEI_EMULATOR'} & set(os.environ) else 'no QEMU: tools/package')
        if cls.skipped:
            return
        cls.place = Place(os.environ.get('SDEI_ARCHIVE'))
        cls.addClassCleanup(cls.place.remove)
        cls.daemon = Daemon(cls.place, 'a')
        cls.addClassCleanup(cls.daemon.stop)

    def setUp(self):
        if self.skipped:
            self.skipTest(self.skipped)
        self.count = 0

    def guest(self, config, xml=None, edit=None, kernel=None):
        """Return a domain that is defined by @xml and @edit, and not started."""
        self.count += 1
        name = f'{self.id().rsplit(".", 1)[1].replace("_", "-")}-{self.count}'
        guest = LibvirtGuest(self.daemon, name, xml or domain_xml(), config, images_dir(),
                             kernel or nmi_kernel())
        self.addCleanup(guest.close)
        if edit:
            edit(guest.tree)
        self.addCleanup(guest.vm.daemon.run, 'virsh', 'destroy', name)
        return guest

    def boot(self, config=Config(cpus=3, firmware='acpi'), **kwargs):
        guest = self.guest(config, **kwargs)
        guest.start()
        guest.detected()
        return guest

    def boot_with_crash_kernel(self, cpus=3, **kwargs):
        guest = self.boot(Config(cpus=cpus, firmware='acpi', initrd='initrd-kdump.cpio',
                                 append='crashkernel=192M'), **kwargs)
        guest.load_crash_kernel()
        return guest

    def virsh_fails(self, text, *args):
        status, said = self.daemon.run('virsh', *args)
        self.assertNotEqual(status, 0, said)
        self.assertIn(text, said)

    def disk(self, name):
        """Return an empty disk."""
        path = self.daemon.home / f'{name}.qcow2'
        status, said = self.daemon.run(self.place.image_tool, 'create', '-f', 'qcow2',
                                       path, '1G')
        self.assertEqual(status, 0, said)
        return path

    def needs(self, guest, path, option):
        """Skip unless the guest's kernel has a driver."""
        if 'no' in guest.order(f'test -e {path} || echo no'):
            self.skipTest(f'this Linux 7.3 has no {option}: tools/guest-kernel makes one that has')

    @staticmethod
    def listens(guest):
        return guest.vm.cmd('query-sdei')['inject-nmi']


class Start(Libvirt):
    """Ways to start one."""

    def test_manual(self):
        """The manual's domain: starts, has what it says, ends in an orderly way."""
        guest = self.boot()
        self.assertEqual(self.listens(guest), 'would-be-taken')
        text = guest.vm.virsh('qemu-monitor-command', '--hmp', 'info sdei')
        self.assertRegex(text, 'inject-nmi is taken at once')
        guest.send('poweroff -f')
        guest.wait_end()
        self.assertEqual(guest.vm.state(), 'shut off')

    def virt_install(self, guest):
        """Start @guest by virt-install's line, and with VNC."""
        line = next(block for block in blocks('console') if 'virt-install' in block)
        words = shlex.split(line.replace('\\\n', ' ').removeprefix('$ '))
        self.assertEqual(words.pop(0), 'virt-install')
        name, config, place = guest.vm.name, guest.config, self.place
        for option, value in (('--disk', str(self.disk(name))), ('--name', name), ('--memory', '512'),
                              ('--vcpus', str(config.cpus))):
            words[words.index(option) + 1] = value
        boot = words.index('--boot') + 1
        self.assertEqual(words[boot], 'uefi')
        # libvirt looks for firmware in packages alone; our kernel is not signed
        if place.is_package:
            words[boot] += ',firmware.feature0.name=enrolled-keys,firmware.feature0.enabled=no'
        else:
            words[boot] = (f'loader={place.firmware}/edk2-aarch64-code.fd,loader.readonly=yes,'
                           f'loader.type=pflash,nvram.template={place.firmware}/edk2-arm-vars.fd')
        words[boot] += (f',emulator={place.emulator},kernel={place.copy(nmi_kernel())},'
                        f'initrd={place.copy(images_dir() / config.initrd)},'
                        f'kernel_args="console=ttyAMA0 {config.append}"')
        words += ['--network', 'none', '--graphics', 'vnc', '--controller', 'usb,model=qemu-xhci',
                  '--serial', f'file,path={guest.log_file}',
                  '--serial', f'unix,path={guest.folder}/orders,mode=bind',
                  '--virt-type', 'qemu', '--connect', self.daemon.uri]
        status, said = self.daemon.run('virt-install', *words)
        self.assertEqual(status, 0, said)
        guest.attach()
        guest.wait_ready()

    def test_virt_install(self):
        """virt-install's line gives a guest that inject-nmi reaches, and that dumps."""
        code = None

        def scenario():
            nonlocal code
            guest = self.guest(Config(cpus=3, firmware='acpi', initrd='initrd-kdump.cpio',
                                      append='crashkernel=192M'))
            self.virt_install(guest)
            guest.detected()
            guest.load_crash_kernel()
            code = guest.wedge(range(3))
            guest.vm.virsh('inject-nmi')
            guest.wait_log(AGDI)
            guest.wait_ready()
            return guest

        guest = in_time(scenario)
        guest.check_crash_kernel(code, wedged=2)
        tree = ElementTree.fromstring(guest.vm.virsh('dumpxml'))
        self.assertEqual(tree.find('devices/graphics').get('type'), 'vnc')
        self.assertIn(f'{QEMU_NS}commandline', [child.tag for child in tree])

    def test_probing(self):
        """libvirt learns of machine properties by qom-list-properties: sdei is one, as ras."""
        guest = self.boot()
        names = {entry['name'] for entry in guest.vm.cmd('qom-list-properties',
                                                         typename='virt-machine')}
        self.assertLessEqual({'sdei', 'ras'}, names)


class Nmi(Libvirt):
    """A guest that hangs."""

    def dump_by(self, trigger, **kwargs):
        """Wedge all CPUs, have @trigger done, and find them in the crash dump."""
        code = None

        def scenario():
            nonlocal code
            guest = self.boot_with_crash_kernel(**kwargs)
            code = guest.wedge(range(3))
            trigger(guest)
            guest.wait_log(AGDI)
            guest.wait_ready()
            return guest

        guest = in_time(scenario)
        # The one that panics stands in its panic
        guest.check_crash_kernel(code, wedged=2)
        return guest

    def test_inject_nmi(self):
        """virsh inject-nmi, of a guest that is wholly wedged, to a dump on the host."""
        channel = self.daemon.home / 'vmcore'

        def edit(tree):
            tree.find('devices').append(ElementTree.fromstring(
                f"<channel type='file'><source path='{channel}'/>"
                "<target type='virtio' name='vmcore'/></channel>"))

        guest = self.dump_by(lambda guest: guest.vm.virsh('inject-nmi'), edit=edit)
        guest.order('cat /proc/vmcore >$(ls /dev/vport*p1)')
        size = int(guest.order('wc -c </proc/vmcore'))
        self.daemon.wait_for('the dump', lambda: channel.stat().st_size == size)
        self.assertEqual(len(prstatus_pcs(channel)), 3)

    def test_timeline(self):
        """What virsh writes down of QMP's events, the script draws."""
        guest = self.boot(Config(cpus=2, firmware='acpi'))
        log = self.daemon.home / 'qmp.log'
        with guest.vm.daemon.start('stdbuf', '-oL', 'virsh', 'qemu-monitor-event', guest.vm.name,
                                   '--loop') as listener:
            self.addCleanup(listener.kill)
            # It does not say when it has begun to listen
            while not select.select([listener.stdout], [], [], 0.1)[0]:
                guest.vm.virsh('suspend')
                guest.vm.virsh('resume')
            guest.vm.virsh('inject-nmi')
            lines = []
            while not lines or 'SDEI_EVENT_TAKEN' not in lines[-1]:
                lines.append(listener.stdout.readline())
                self.assertTrue(lines[-1], lines)
            listener.kill()
        log.write_text(''.join(lines))
        script = Path(os.environ['QEMU_SRC']) / 'scripts/sdei-timeline.py'
        said = subprocess.run([sys.executable, script, '--qmp', '--text', log], text=True, check=True,
                              stdout=subprocess.PIPE).stdout
        self.assertRegex(said, r'(?s)CPU 0\n.*STOP\n.*RESUME\n.* \.- event 0x40000001\n$')

    def test_named_cpu(self):
        """The manual's way to name the CPU that takes it."""
        line = next(block for block in blocks('console') if 'cpu-index' in block)
        command = shlex.split(line.removeprefix('$ '))
        self.assertEqual(command[:3], ['virsh', 'qemu-monitor-command', 'guest'])

        def scenario():
            guest = self.boot(Config(cpus=3, firmware='acpi', append='panic=-1'))
            guest.wedge(range(3))
            guest.vm.virsh('qemu-monitor-command', *command[3:])
            guest.wait_log('(?s)' + AGDI + '.*SDEI NMI for CPUs')
            return guest

        guest = in_time(scenario)
        self.assertRegex(guest.log, f'(?s){AGDI}.*stop with SDEI NMI for CPUs 0-1')

    def test_errors(self):
        """Without a client, and with sdei=off, virsh says what is missing."""
        manual = re.findall(r'^``(.*)``$', (ROOT / 'docs/system/arm/sdei-operation.rst').read_text(), re.M)
        no_client, off = manual[0], manual[1]
        guest = self.guest(Config(cpus=1, firmware='acpi'), kernel=images_dir() / 'vmlinuz')
        guest.start()
        self.assertEqual(self.listens(guest), 'no-client')
        self.virsh_fails(no_client, 'inject-nmi', guest.vm.name)

        def edit(tree):
            for arg in tree.iter(f'{QEMU_NS}arg'):
                arg.set('value', arg.get('value').replace('sdei=on', 'sdei=off'))

        guest = self.guest(Config(cpus=1, firmware='acpi'), edit=edit)
        guest.start()
        self.virsh_fails(off, 'inject-nmi', guest.vm.name)

    def test_watchdog(self):
        """From the hang to the dump without a hand."""
        watchdog = ElementTree.tostring(ElementTree.fromstring(domain_xml()).find('devices/watchdog'))
        self.assertEqual(ElementTree.canonicalize(watchdog, strip_text=True),
                         ElementTree.canonicalize(snippet('<watchdog'), strip_text=True))
        code = None

        def scenario():
            nonlocal code
            guest = self.boot_with_crash_kernel()
            self.needs(guest, '/dev/watchdog', 'I6300ESB_WDT')
            guest.order('watchdog -T 20 -t 1 /dev/watchdog')
            code = guest.wedge(range(3))
            guest.wait_log(AGDI)
            guest.wait_ready()
            return guest

        in_time(scenario).check_crash_kernel(code, wedged=2)

    def test_panic_device(self):
        """Without a crash kernel libvirt does what <on_crash> says."""
        def edit(tree):
            devices = tree.find('devices')
            devices.append(ElementTree.fromstring(snippet('<panic')))
            ElementTree.SubElement(tree, 'on_crash').text = 'restart'

        if self.daemon.version() < (9, 1):
            self.skipTest('libvirt before 9.1 has no pvpanic for Arm')
        guest = self.boot(edit=edit)
        self.needs(guest, '/sys/bus/pci/drivers/pvpanic-pci', 'PVPANIC_PCI')
        guest.wedge(range(3))
        guest.vm.virsh('inject-nmi')
        guest.wait_log(AGDI)
        guest.wait_ready()
        guest.detected()

    def test_fatal_error(self):
        """The way for kernels without AGDI."""
        commandline = snippet('<qemu:commandline')
        sock = self.daemon.home / 'qmp.sock'
        path = re.search(r'unix:([^,]*)', commandline)[1]

        def edit(tree):
            tree.remove(tree.find(f'{QEMU_NS}commandline'))
            text = commandline.replace(path, str(sock)).replace(
                '<qemu:commandline', f'<qemu:commandline xmlns:qemu="{QEMU_NS[1:-1]}"')
            tree.append(ElementTree.fromstring(text))

        guest = self.boot_with_crash_kernel(edit=edit)
        words = shlex.split(next(block for block in blocks('console')
                                 if 'ghes_inject' in block).removeprefix('$ ').replace(path, str(sock)))
        script = Path(os.environ['QEMU_SRC']) / words[0]
        subprocess.run([sys.executable, script, *words[1:]], check=True,
                       stdout=subprocess.DEVNULL)
        guest.wait_log('Fatal hardware error')
        guest.wait_ready()
        self.assertIn('guest.boot=2', guest.order('cat /proc/cmdline'))

    def test_ras_feature(self):
        """<ras state='on'/>, in a libvirt that has it, is what ras=on is."""
        def edit(tree):
            tree.find('features').append(ElementTree.fromstring("<ras state='on'/>"))

        guest = self.guest(Config(cpus=1, firmware='acpi'), edit=edit)
        status, said = self.daemon.run('virsh', 'define', guest.xml(), '--validate')
        if status:
            self.assertIn('ras', said)
            self.skipTest('this libvirt has no <ras>')
        guest.vm.virsh('undefine', '--nvram')
        guest.start()
        self.assertIs(guest.vm.cmd('qom-get', path='/machine', property='ras'), True)
        self.assertTrue(guest.dmesg('ACPI: HEST '))


class Dump(Libvirt):
    """A dump that QEMU makes."""

    def test_memory_only(self):
        """The registers of CPUs that are wedged are in it."""
        guest = self.boot()
        code = guest.wedge((1, 2))
        core = self.daemon.home / 'guest.core'
        guest.vm.virsh('dump', core, '--memory-only')
        pcs = prstatus_pcs(core)
        self.assertEqual(len(pcs), 3)
        self.assertTrue(all(pc in code for pc in pcs[1:]), [hex(pc) for pc in pcs])
        self.assertTrue(guest.vm.is_running())

        line = next(block for block in blocks('console') if 'gdb-multiarch' in block)
        words = shlex.split(line.removeprefix('$ ').replace('guest.core', str(core)))
        said = subprocess.run(words, text=True, check=True, stdout=subprocess.PIPE).stdout
        self.assertEqual({int(pc, 16) for pc in re.findall(r'^\$\d+ = (0x[0-9a-f]+)$', said, re.M)},
                         set(pcs), said)


class Keep(Libvirt):
    """What is saved, restored and moved, with CPUs that events alone reach."""

    def test_managedsave(self):
        guest = self.boot()
        self.wedge_two(guest)
        guest.close()
        guest.vm.virsh('managedsave')
        self.assertEqual(guest.vm.state(), 'shut off')
        guest.vm.virsh('start')
        guest.attach()
        self.check_after(guest)

    def test_migration(self):
        other = Daemon(self.place, 'b')
        self.addCleanup(other.stop)
        guest = self.boot()
        self.wedge_two(guest)
        guest.move(other)
        self.assertTrue(guest.vm.is_running())
        self.check_after(guest)

    def test_in_handlers(self):
        """Saved, restored and moved while handlers run on all CPUs."""
        other = Daemon(self.place, 'b')
        self.addCleanup(other.stop)
        guest = self.boot()
        code = guest.wedge(range(3))
        guest.vm.virsh('inject-nmi')
        # Without a crash kernel it stays in its panic, and so do all in their handlers
        self.daemon.wait_for('handlers on all CPUs', lambda: all(self.running(guest)))
        before = self.running(guest)
        self.assertTrue(all(handler['pc'] in code for handlers in before for handler in handlers))
        self.assertEqual([handler['number'] for handlers in before for handler in handlers],
                         [0x40000001, 0, 0])
        guest.close()
        guest.vm.virsh('managedsave')
        guest.vm.virsh('start')
        self.assertEqual(self.running(guest), before)
        guest.move(other)
        self.assertEqual(self.running(guest), before)
        self.assertEqual(self.listens(guest), 'would-wait')

    def test_snapshot(self):
        """With memory, into files; its memory is what virsh restore takes as well."""
        disk = self.disk('snapshot')
        memory = self.daemon.home / 'snapshot.memory'

        def edit(tree):
            text = ElementTree.tostring(ElementTree.fromstring(domain_xml()).find('devices/disk'),
                                        encoding='unicode')
            element = ElementTree.fromstring(text)
            element.find('source').set('file', str(disk))
            tree.find('devices').append(element)

        guest = self.boot(edit=edit)
        self.wedge_two(guest)
        guest.vm.virsh('snapshot-create-as', 'before', '--memspec', f'{memory},snapshot=external')
        start = len(guest.log)
        guest.order('echo l >/proc/sysrq-trigger')
        guest.wait_log('NMI backtrace for cpu 1', start)
        guest.close()
        guest.vm.virsh('destroy')
        self.daemon.virsh('restore', memory)
        guest.attach()
        self.check_after(guest)

    @staticmethod
    def running(guest):
        return [cpu['running'] for cpu in guest.vm.cmd('query-sdei')['cpus']]

    def wedge_two(self, guest):
        """CPUs 1 and 2 spin with interrupts masked ..."""
        guest.order('taskset -p 1 $$')
        guest.wedge((1, 2))

    def check_after(self, guest):
        """... and are reached again."""
        start = len(guest.log)
        guest.order('echo l >/proc/sysrq-trigger')
        for cpu in (1, 2):
            guest.wait_log(f'NMI backtrace for cpu {cpu}', start)
        self.assertEqual(self.listens(guest), 'would-be-taken')


if __name__ == '__main__':
    sys.exit(main())
