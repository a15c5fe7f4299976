# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulated Arm machine with KVM, for the tests of SDEI under KVM

QEMU under TCG is the hardware, with an EL2. Debian's kernel boots there as
the host of KVM. In its initramfs are a static QEMU of ours, built for arm64
with KVM alone, the program of the qtest, and what guests boot. The host takes
orders as the guests of the functional tests do, by its second serial port.
"""

from dataclasses import dataclass
import importlib.machinery
import importlib.util
import os
from pathlib import Path
import re
import subprocess
import sys

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests' / 'functional' / 'aarch64'), str(ROOT / 'tools')]

# pylint: disable=wrong-import-position
import bases  # noqa: E402
import guests  # noqa: E402
import sdei_guest  # noqa: E402
from sdei_guest import Guest, GuestError, images_dir  # noqa: E402,F401

guests.set_environment()

# All is emulated, and on a loaded machine: a test program's own limits come
# first.
sdei_guest.PATIENCE = 600

BASE = bases.Base()
KVM_BUILD = BASE.build / 'qemu-kvm'
PROGRAMS = (KVM_BUILD / 'qemu-system-aarch64',
            KVM_BUILD / 'tests' / 'qtest' / 'arm-sdei-test')
STRIP = os.environ.get('CROSS_COMPILE', 'aarch64-linux-gnu-') + 'strip'


@dataclass(frozen=True)
class Hardware:
    """What the emulated machine has, as QEMU's options."""

    name: str
    machine: str
    cpu: str
    append: str = ''                # for the host's kernel


# Without features that cost nested guests time and that SDEI does not look at
PLAIN = Hardware('plain', 'virt,virtualization=on,gic-version=3',
                 'max,pauth=off,sve=off,sme=off,lpa2=off')
GICV2 = Hardware('gicv2', 'virt,virtualization=on,gic-version=2', PLAIN.cpu)
# With those that an event must leave alone: SVE, pointer authentication, MTE
RICH = Hardware('rich', PLAIN.machine + ',mte=on', 'max,sme=off,lpa2=off')
# One whose KVM gives guests an EL2, if its kernel is NESTED_KERNEL
NESTED = Hardware('nested', PLAIN.machine, PLAIN.cpu, 'kvm-arm.mode=nested')
NESTED_KERNEL = 'backports/linux-image-cloud-arm64:arm64'
# One that may lose memory, and has huge pages for a guest of 256 MiB
LOSSY = Hardware('lossy', PLAIN.machine, PLAIN.cpu, 'hugepages=136 loglevel=1')

# What read_trace() wants; a text for printf
TRACE_EVENTS = ('kvm_vcpu_ioctl\\narm_sdei_call\\n'
                'arm_sdei_dispatch\\narm_sdei_complete*\\n')
KVM_RUN = 0xae80

LINE = re.compile(r'([^\n]*)\n')
OOPS = re.compile(r'Internal error: |Kernel panic')


@dataclass
class Span:
    """What a vCPU did between two runs of its guest: an exit"""

    cpu: int = 0
    ioctls: int = 0
    call: str = ''
    dispatched: bool = False
    completed: bool = False

    @property
    def kind(self):
        if self.dispatched:
            return 'both' if self.completed else 'delivery'
        if self.completed:
            return 'completion'
        return 'quiet' if self.call else 'other'


def read_trace(trace):
    """Return the spans in the text of a trace of QEMU's."""
    spans, current = [], {}
    for line in trace.splitlines():
        ioctl = re.search(r'kvm_vcpu_ioctl cpu_index (\d+), type 0x(\w+)', line)
        event = re.search(r'arm_sdei_(\w+) PE 0x(\w+) (\w+)', line)
        if ioctl:
            cpu = int(ioctl[1])
            if int(ioctl[2], 16) == KVM_RUN:
                spans.append(current.pop(cpu, Span(cpu)))
            else:
                current.setdefault(cpu, Span(cpu)).ioctls += 1
        elif event:
            cpu = int(event[2], 16)
            span = current.setdefault(cpu, Span(cpu))
            if event[1] == 'call':
                span.call = event[3]
            elif event[1] == 'dispatch':
                span.dispatched = True
            else:
                span.completed = True
    return spans


def missing():
    """Say what keeps the tests from being run, or None."""
    for program in PROGRAMS:
        if not program.exists():
            return f'{program.name} is not built for arm64: ' \
                   f'run tools/build-qemu{BASE.option} --kvm tests'
    return None


def fetched_kernel(name):
    """Return the kernel in the package @name of base.lock, or None."""
    fetch = subprocess.run([ROOT / 'tools' / 'fetch', name], check=False,
                           text=True, stdout=subprocess.PIPE)
    if fetch.returncode:
        return None
    return next(Path(fetch.stdout.strip()).glob('**/vmlinuz*'), None)


def guest_images_tool():
    """Return tools/guest-images as a module."""
    loader = importlib.machinery.SourceFileLoader(
        'guest_images', str(ROOT / 'tools' / 'guest-images'))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def write_initrd(images, folder, files, programs):
    """Write the host's initramfs into @folder and return its path.

    @files and @programs are pairs of a name in the host and a file.
    """
    overlay = guest_images_tool().Cpio()
    for folder_name in sorted({str(Path(name).parent) for name, _ in programs}):
        overlay.folder(folder_name)
    for name, program in [(f'bin/{p.name}', p) for p in PROGRAMS] + list(programs):
        stripped = folder / program.name
        subprocess.run([STRIP, '-o', stripped, program], check=True)
        overlay.file(name, stripped)
        stripped.unlink()
    for name, path in files:
        overlay.file(name, path, 0o644)
    extra = folder / 'extra.cpio'
    overlay.write(extra)
    initrd = folder / 'host.cpio'
    initrd.write_bytes((images / 'initrd-kexec.cpio').read_bytes()
                       + extra.read_bytes())
    extra.unlink()
    return initrd


class HostDied(GuestError):
    """The host's kernel has a bug: nothing is known of what was tested."""


class HostConfig:
    """The emulated machine, in the place of a sdei_guest.Config."""

    conduit = 'smc'
    cpus = 2

    def __init__(self, initrd, hardware):
        self.initrd = initrd
        self.hardware = hardware

    def qemu_args(self, images, kernel):
        return ['-machine', self.hardware.machine,
                '-accel', 'tcg,thread=multi,tb-size=512',
                '-cpu', self.hardware.cpu,
                '-smp', str(self.cpus), '-m', '1536', '-nodefaults', '-no-reboot',
                '-kernel', str(kernel or images / 'vmlinuz'),
                '-initrd', str(self.initrd),
                '-append', f'console=ttyAMA0 quiet {self.hardware.append}']


class Host(Guest):
    """The host of KVM on @vm, a QEMUMachine that nobody has launched yet.

    @folder must have a short path. @files: see write_initrd().
    """

    def __init__(self, vm, folder, log_file, files=(), kernel=None,
                 hardware=PLAIN, programs=()):
        images = images_dir()
        self.hardware = hardware
        initrd = write_initrd(images, Path(folder), files, programs)
        super().__init__(vm, images, folder, log_file,
                         HostConfig(initrd, hardware), kernel)

    def _check(self, what, alive, deadline):
        if OOPS.search(self.log):
            raise HostDied(f"the host's kernel died; waited for {what}\n{self._log_tail()}")
        super()._check(what, alive, deadline)

    def receive_line(self, what):
        """Return the next line of output of an order."""
        return self._receive_until(LINE, what)[1]

    def start(self):
        super().start()
        self.order('test -c /dev/kvm')
        self.order('export QTEST_QEMU_BINARY=/bin/qemu-system-aarch64 '
                   'ARM_SDEI_TEST_ACCEL=kvm TMPDIR=/tmp; cd /tmp')
