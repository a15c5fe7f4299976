# SPDX-License-Identifier: GPL-2.0-or-later
"""The benchmark's guest (arm-sdei/): building it, running it, what it says"""

from dataclasses import dataclass, field
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tempfile

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SOURCES = HERE / 'arm-sdei'

CFLAGS = '''
    -O2 -Wall -Wextra -Wno-type-limits -Werror -ffreestanding -fno-builtin
    -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables
    -mgeneral-regs-only -mstrict-align -nostdlib -static
    -Wl,--build-id=none -Wl,-z,noexecstack
'''.split()

# With this clock rate a tick is one instruction
ICOUNT = ['-icount', 'shift=4,sleep=off']
NS_PER_INSTRUCTION = 16

# Its only device; legacy is what Linux no longer needs
CONSOLE = ['-global', 'virtio-mmio.force-legacy=off',
           '-device', 'virtio-serial-device,bus=virtio-mmio-bus.0',
           '-chardev', 'null,id=console', '-device', 'virtconsole,chardev=console']

# Long enough for a loaded machine with TF-A on it.
TIMEOUT = 1200


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def compiler():
    """Return a command that compiles and links for AArch64, and objcopy."""
    prefix = os.environ.get('CROSS_COMPILE', 'aarch64-linux-gnu-')
    if shutil.which(prefix + 'gcc'):
        return [prefix + 'gcc', '-no-pie'], prefix + 'objcopy'
    if shutil.which('clang') and shutil.which('ld.lld'):
        return (['clang', '--target=aarch64-linux-gnu', '-fuse-ld=lld'],
                shutil.which('llvm-objcopy') or 'objcopy')
    raise Skip('no AArch64 compiler (gcc-aarch64-linux-gnu, or clang and lld)')


def run(*args, **kwargs):
    """Run a command; what it printed is seen only when it fails."""
    done = subprocess.run([str(a) for a in args], text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **kwargs)
    if done.returncode:
        raise Failure(f'{" ".join(map(str, args))}\n{done.stdout}{done.stderr}')
    return done.stdout


def build_guest(work, **macros):
    """Compile the guest and return its path; payload.c has the macros."""
    cc, objcopy = compiler()
    macros = {'CONDUIT': 'hvc', 'SAMPLES': 0, 'CALLS': 1, 'CPUS': 2, 'TRIPS': 0, 'ROUNDS': 0,
              'PENDS': 1, 'WHAT': 'EVENTS', **macros}
    elf, image = work / 'payload.elf', work / 'payload.bin'
    run(*cc, *CFLAGS, *(f'-D{k}={v}' for k, v in macros.items()),
        f'-Wl,-T,{SOURCES / "payload.ld"}', '-o', elf,
        *sorted(SOURCES.glob('*.S')), *sorted(SOURCES.glob('*.c')))
    run(objcopy, '-O', 'binary', elf, image)
    return image


# ---------------------------------------------------------------- its firmware

class Firmware:
    """Who answers the calls: QEMU. @qemu is the program to run."""

    name = 'QEMU'
    macros = {'CALLS': 200}         # operations per sample: far less than a time slice
    cpus = 512

    def __init__(self, qemu, base=None):
        self.qemu = qemu
        if base:
            self.name += f' {base.settings["QEMU_VERSION"]}'

    def prepare(self, work, image, sdei):
        """Return the arguments that boot the guest."""
        return ['-machine', f'virt,gic-version=3,sdei={sdei}', '-kernel', image]


class TrustedFirmware(Firmware):
    """Arm's firmware, in the guest, as tools/tf-a builds it"""

    # It never returns from the signal of an event that is not enabled
    macros = {'CONDUIT': 'smc', 'PENDS': 0, 'CALLS': 5}
    cpus = 32           # all that its qemu platform knows

    def __init__(self, qemu):
        super().__init__(qemu)
        tool = ROOT / 'tools' / 'tf-a'
        if not tool.exists():
            raise Skip('tools/tf-a, which builds TF-A, is not in this tree')
        done = subprocess.run([tool], check=True, text=True,
                              stdout=subprocess.PIPE)
        self.images = Path(done.stdout.strip())
        made_from = (self.images / 'made-from').read_text().split()[0]
        self.name = f'TF-A {re.search(r"[0-9.]+[0-9]", made_from)[0]}'

    def prepare(self, work, image, sdei):
        # BL1 loads the others by semihosting from the folder QEMU runs in.
        for name in ('bl1.bin', 'bl2.bin', 'bl31.bin'):
            (work / name).symlink_to(self.images / name)
        image.rename(work / 'bl33.bin')
        return ['-machine', 'virt,gic-version=3,secure=on', '-bios', 'bl1.bin',
                '-semihosting-config', 'enable=on,target=native']


def arguments(cpus):
    return ['-cpu', 'cortex-a57', '-smp', cpus, '-m', 1024, '-nodefaults',
            '-display', 'none', '-no-reboot']


def measure(firmware, label, *options, sdei='on', cpus=2, icount=False, **macros):
    """Run the guest once and return its figures by name."""
    print(f'measuring {firmware.name}: {label}', file=sys.stderr)
    macros = {**firmware.macros, **macros}
    if icount:
        macros['CALLS'] = 200
    with tempfile.TemporaryDirectory(prefix='bench-sdei-') as name:
        work = Path(name)
        image = build_guest(work, CPUS=cpus, **macros)
        output = run(firmware.qemu, *firmware.prepare(work, image, sdei),
                     *(ICOUNT if icount else []), *options, *arguments(cpus),
                     '-serial', 'stdio', '-monitor', 'none', cwd=work, timeout=TIMEOUT)
    return parse(output)


# ------------------------------------------------------------- what it reports

@dataclass
class Figure:
    """What one operation cost: @ns of one in each round"""
    name: str
    x0: int
    ns: list = field(default_factory=list)


def parse(output):
    lines = output.replace('\r', '').split('\n')
    if 'end' not in lines:
        raise Failure('the guest did not come to its end. It said:\n' + output)
    ns_per_tick, figures = None, {}
    for line in lines:
        words = line.split('|')
        if words[0] == 'frequency':
            ns_per_tick = 1e9 / int(words[1])
        elif words[0] == 'result':
            _, name, ops, x0, ticks = words
            figures[name] = Figure(name, int(x0), [
                int(t) * ns_per_tick / int(ops) for t in ticks.split()])
    return figures
