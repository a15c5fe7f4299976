#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure what SDEI costs the guest, in null calls and in instructions

A bare-metal guest (arm-sdei/) makes the calls and times them by its counter,
which is the host's clock; a second run with -icount counts its instructions.
The null call is PSCI_VERSION: the least that a firmware call can cost. All
ratios are medians over rounds; each round measures its own null call.

Needs an AArch64 cross compiler: aarch64-linux-gnu-gcc, or clang and lld.
"""

import argparse
from dataclasses import dataclass, field
import os
from pathlib import Path
import shutil
from statistics import median, quantiles
import subprocess
import sys
import tempfile

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SOURCES = HERE / 'arm-sdei'
sys.path.insert(0, str(ROOT / 'tools'))

# pylint: disable=wrong-import-position
import bases  # noqa: E402

NULL = 'null call (PSCI_VERSION)'
TRIP = 'self-signal round trip, at EL1'
TRIP_EL0 = 'self-signal round trip, at EL0'
RESUME = 'the same, COMPLETE_AND_RESUME and ERET'
REFERENCE = 'SVC and ERET'
SPINNING = 'PE 1 spins, PE 0 waits on memory'
POLLING = 'PE 1 spins, PE 0 polls CNTVCT'
HANDLED = 'N-1 handlers have run, N = '

# Not calls: they deliver something, or are there for comparison.
NOT_QUIET = (NULL, TRIP, TRIP_EL0, RESUME, REFERENCE)

CFLAGS = '''
    -O2 -Wall -Wextra -Wno-type-limits -Werror -ffreestanding -fno-builtin
    -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables
    -mgeneral-regs-only -mstrict-align -nostdlib -static
    -Wl,--build-id=none -Wl,-z,noexecstack
'''.split()

# Long enough for a loaded machine with TF-A on it.
TIMEOUT = 1200


class Failure(Exception):
    pass


class Skip(Exception):
    pass


# ------------------------------------------------------------------ the guest

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
                          stderr=subprocess.STDOUT, **kwargs)
    if done.returncode:
        raise Failure(f'{" ".join(map(str, args))}\n{done.stdout}')
    return done.stdout


def build_guest(work, **macros):
    """Compile the guest and return its path."""
    cc, objcopy = compiler()
    elf, image = work / 'payload.elf', work / 'payload.bin'
    run(*cc, *CFLAGS, *(f'-D{k}={v}' for k, v in macros.items()),
        f'-Wl,-T,{SOURCES / "payload.ld"}', '-o', elf,
        SOURCES / 'start.S', SOURCES / 'payload.c')
    run(objcopy, '-O', 'binary', elf, image)
    return image


# ------------------------------------------------------------------- the runs

@dataclass
class Figure:
    """What one operation cost: @ticks of one round each, in nanoseconds"""
    name: str
    x0: int
    ns: list = field(default_factory=list)


class Firmware:
    """Who answers the calls: QEMU. @qemu is the program to run."""

    name = 'QEMU'
    conduit = 'hvc'
    pends = 1
    calls = 200         # operations per sample: far less than a time slice
    cpus = 64

    def __init__(self, qemu, base=None):
        self.qemu = qemu
        if base:
            self.name += f' {base.settings["QEMU_VERSION"]}'

    def prepare(self, work, image):
        """Return the arguments that boot the guest."""
        return ['-machine', 'virt,gic-version=3,sdei=on', '-kernel', image]


class TrustedFirmware(Firmware):
    """Arm's firmware, in the guest, as tools/tf-a builds it"""

    name = 'TF-A'
    conduit = 'smc'
    pends = 0           # TF-A 2.12 never returns from such a signal
    calls = 5
    cpus = 32           # all that its qemu platform knows

    def __init__(self, qemu):
        super().__init__(qemu)
        tool = ROOT / 'tools' / 'tf-a'
        if not tool.exists():
            raise Skip('tools/tf-a, which builds TF-A, is not in this tree')
        done = subprocess.run([tool], check=True, text=True,
                              stdout=subprocess.PIPE)
        self.images = Path(done.stdout.strip())

    def prepare(self, work, image):
        # BL1 loads the others by semihosting from the folder QEMU runs in.
        for name in ('bl1.bin', 'bl2.bin', 'bl31.bin'):
            (work / name).symlink_to(self.images / name)
        image.rename(work / 'bl33.bin')
        return ['-machine', 'virt,gic-version=3,secure=on', '-bios', 'bl1.bin',
                '-semihosting-config', 'enable=on,target=native']


def measure(firmware, rounds, trips, icount):
    """Run the guest once and return its figures by name."""
    cpus = firmware.cpus if trips else 2
    macros = {
        'CONDUIT': firmware.conduit,
        'SAMPLES': rounds,
        'CALLS': 200 if icount else firmware.calls,
        'CPUS': cpus,
        'TRIPS': trips,
        'PENDS': firmware.pends,
    }
    with tempfile.TemporaryDirectory(prefix='bench-sdei-') as name:
        work = Path(name)
        image = build_guest(work, **macros)
        args = firmware.prepare(work, image)
        # With this clock rate and shift a tick is one instruction.
        clock = ['-icount', 'shift=4,sleep=off'] if icount else []
        output = run(firmware.qemu, *args, *clock, '-cpu', 'cortex-a57',
                     '-smp', cpus, '-m', 1024, '-nodefaults',
                     '-display', 'none', '-serial', 'stdio',
                     '-monitor', 'none', '-no-reboot',
                     cwd=work, timeout=TIMEOUT)
    return parse(output)


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


@dataclass
class Measured:
    """All about one firmware"""
    firmware: Firmware
    figures: dict
    instructions: dict

    def ratios(self, name):
        """Return what @name cost in null calls, one ratio per round."""
        nulls, ns = self.figures[NULL].ns, self.figures[name].ns
        if name == NULL:
            return [n / median(nulls) for n in ns]
        if len(nulls) % len(ns) or len(nulls) == len(ns):
            return [n / median(nulls) for n in ns]      # another phase
        per_round = len(nulls) // len(ns)
        return [n / median(nulls[i * per_round:(i + 1) * per_round])
                for i, n in enumerate(ns)]

    def ratio(self, name):
        return median(self.ratios(name))

    def count(self, name):
        """Return the guest instructions of one @name, None if not counted."""
        figure = self.instructions.get(name)
        # What it costs to start and end a sample is less than one of each.
        return int(median(figure.ns) / 16) if figure else None


def measure_all(firmware, args):
    print(f'measuring {firmware.name}: host time', file=sys.stderr)
    figures = measure(firmware, args.rounds, args.trips, icount=False)
    print(f'measuring {firmware.name}: instructions', file=sys.stderr)
    counted = measure(firmware, 3, 0, icount=True)
    return Measured(firmware, figures, counted)


# ------------------------------------------------------------------ the goals

@dataclass
class Goal:
    text: str
    limit: float
    value: float
    unit: str = ''

    @property
    def met(self):
        return self.value <= self.limit


def per_pe(measured):
    """Return the best cost of signalling N-1 PEs, per PE, by N"""
    return {int(name[len(HANDLED):]): min(figure.ns)
            for name, figure in measured.figures.items()
            if name.startswith(HANDLED)}


# Two vCPUs that both spin need two host CPUs at the same time, so across PEs
# the median tells of the host's load more than of us: compare the best.

def goals(m):
    """Return the goals, with what was measured"""
    quiet = {n: m.ratio(n) for n in m.instructions
             if n in m.figures and n not in NOT_QUIET}
    worst = max(quiet, key=quiet.get)
    found = [
        Goal('self-signal round trip at EL1', 3, m.ratio(TRIP), 'null calls'),
        Goal('  guest instructions', 30, m.count(TRIP)),
        Goal('self-signal round trip at EL0', 6, m.ratio(TRIP_EL0),
             'null calls'),
        Goal(f'a call that delivers nothing ({worst})', 1.3, quiet[worst],
             'null calls'),
    ]
    if SPINNING in m.figures:
        found.append(Goal('PE 0 polls CNTVCT : PE 0 waits on memory', 1.5,
                          min(m.figures[POLLING].ns)
                          / min(m.figures[SPINNING].ns)))
    cost = per_pe(m)
    if len(cost) > 2:
        few = max(cost[n] for n in cost if n <= 8)
        found.append(Goal('signalling N-1 PEs: cost of one at '
                          f'N = {max(cost)} : at N <= 8',
                          1.5, cost[max(cost)] / few))
    return found


# ------------------------------------------------------------------ the report

def show_time(ns):
    return f'{ns:.0f} ns' if ns < 10e3 else f'{ns / 1e3:.1f} us'


def cells(m, name):
    """Return the columns of one firmware for a row"""
    if name not in m.figures:
        return ['-'] * 5
    ns, ratios = m.figures[name].ns, m.ratios(name)
    spread = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    count = m.count(name)
    return [show_time(min(ns)), show_time(median(ns)), f'{spread[1]:.2f}',
            f'{spread[0]:.2f}..{spread[2]:.2f}',
            '-' if count is None else str(count)]


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        line = [row[0].ljust(widths[0])]
        line += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print('  '.join(line).rstrip())


def report(all_measured):
    ours = all_measured[0]
    names = list(ours.figures)
    print(f'host: {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}\n')
    head, under = [''], ['']
    for m in all_measured:
        head += [m.firmware.name + ':', 'time', 'null', 'calls', 'guest']
        under += ['best', 'median', 'median', 'quartiles', 'insns']
    print_table([head, under] + [
        [name] + sum((cells(m, name) for m in all_measured), [])
        for name in names])
    print()
    met = [goal.met for goal in goals(ours)]
    rows = [['goal', 'at most', 'measured', '', '']]
    rows += [[goal.text, f'{goal.limit:g}', f'{goal.value:.2f}', goal.unit,
              'met' if goal.met else 'MISSED'] for goal in goals(ours)]
    print_table(rows)
    print(f'\n{sum(met)} goals met, {len(met) - sum(met)} missed')
    return all(met)


def default_qemu():
    return os.environ.get('QEMU_TEST_QEMU_BINARY',
                          str(bases.Base().qemu))


def default_peer():
    """Another base is shown beside the default one, if that is built."""
    default = bases.Base(bases.DEFAULT)
    return default.name if bases.Base().name != default.name \
        and default.qemu.exists() else None


def peers(args):
    """Return whom to measure beside args.qemu."""
    if not args.peer:
        return []
    if args.peer == 'tf-a':
        return [TrustedFirmware(args.qemu)]
    base = bases.Base(args.peer)
    if not base.qemu.exists():
        raise Skip(f'base {base.name} is not built: tools/build-qemu --base {base.name}')
    return [Firmware(str(base.qemu), base)]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--qemu', default=default_qemu(), metavar='PROGRAM')
    parser.add_argument('--peer', choices=['tf-a', *bases.names()], default=default_peer(),
                        help='run the same guest on this firmware, or the QEMU of this '
                             'base, as well')
    parser.add_argument('--rounds', type=int, default=301,
                        help='how often to measure each call (%(default)s)')
    parser.add_argument('--trips', type=int, default=100,
                        help='how often to measure across PEs (%(default)s)')
    parser.add_argument('--strict', action='store_true',
                        help='fail if a goal is missed')
    args = parser.parse_args()
    try:
        base = bases.Base() if args.qemu == default_qemu() else None
        firmwares = [Firmware(args.qemu, base), *peers(args)]
        measured = [measure_all(firmware, args) for firmware in firmwares]
    except Skip as reason:
        print(f'skipped: {reason}')
        return 77
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        print(f'bench_sdei: {failure}', file=sys.stderr)
        return 1
    return 0 if report(measured) or not args.strict else 1


if __name__ == '__main__':
    sys.exit(main())
