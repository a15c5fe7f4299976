#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure what SDEI costs the guest and QEMU, and compare it with what it should

A bare-metal guest (arm-sdei/) makes the calls and times them by its counter,
which is the host's clock; a second run with -icount counts its instructions.
A call is compared with the null call of the same round, PSCI_VERSION: the
least that a firmware call can cost. An event to another PE is compared with an
SGI to it. Further guests have 512 PEs, and interrupts of devices.

Needs an AArch64 cross compiler (aarch64-linux-gnu-gcc, or clang and lld), and
gnuplot for --plot.
"""

import argparse
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
from statistics import median
import subprocess
import sys

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / 'tools'))

# pylint: disable=wrong-import-position
import bases  # noqa: E402
import many_vcpus  # noqa: E402
from payload import CONSOLE, Failure, Firmware, NS_PER_INSTRUCTION  # noqa: E402
from payload import Skip, TrustedFirmware, measure  # noqa: E402
import plot  # noqa: E402

# What the last release measured; --save makes it
LAST = HERE / 'last-release.json'

NULL = 'null call (PSCI_VERSION)'
TRIP = 'self-signal round trip, at EL1'
TRIP_EL0 = 'self-signal round trip, at EL0'
RESUME = 'the same, COMPLETE_AND_RESUME and ERET'
REFERENCE = 'SVC and ERET'
SPINNING = 'PE 1 spins, PE 0 waits on memory'
SPINNING_SGI = 'PE 1 spins, by an SGI'
POLLING = 'PE 1 spins, PE 0 polls CNTVCT'
IDLE = 'PE 1 in WFI, PE 0 waits on memory'
IDLE_SGI = 'PE 1 in WFI, by an SGI'
HANDLED = 'N-1 handlers have run, N = '
PL011 = 'interrupt of the PL011'
VIRTIO = 'interrupt of a virtio console'

# Goals of what is not a quiet call, in null calls
GOALS = {TRIP: 2.6, TRIP_EL0: 6}
QUIET_GOAL = 1.2
NOT_QUIET = (NULL, TRIP, TRIP_EL0, RESUME, REFERENCE)

# Pairs of guests, with sdei=off and on, for what should be the same
DEVICE_PAIRS = 5


@dataclass
class Row:
    """A line of the table: the host's time, and a ratio with a goal for it"""
    name: str
    now: float
    goal: float = None
    ns: list = field(default_factory=list)
    instructions: int = None

    @property
    def missed(self):
        return self.goal is not None and self.now > self.goal


# ------------------------------------------------------------------- measuring

@dataclass
class Measured:
    """All about one firmware; figures by their names"""
    firmware: Firmware
    calls: dict         # the host's time, of calls and trips to another PE
    counted: dict       # the same, in guest instructions
    many: dict          # signals to many PEs, time
    many_counted: dict  # and instructions
    devices: dict       # sdei: figures of several runs
    vcpus: dict         # see many_vcpus.measure()

    def ratio(self, name):
        """Return what @name costs in null calls of its round: the median."""
        nulls, ns = self.calls[NULL].ns, self.calls[name].ns
        if name == NULL or len(nulls) % len(ns):
            return median(ns) / median(nulls)
        per_round = len(nulls) // len(ns)
        return median(n / median(nulls[i * per_round:(i + 1) * per_round])
                      for i, n in enumerate(ns))

    def count(self, name):
        """Return the guest instructions of one @name, None if not counted."""
        figure = self.counted.get(name) or self.many_counted.get(name)
        # What it costs to start and end a sample is less than one of each.
        return int(median(figure.ns) / NS_PER_INSTRUCTION) if figure else None


def measure_devices(firmware, rounds):
    found = {'off': [], 'on': []}
    for _ in range(DEVICE_PAIRS):
        for sdei, runs in found.items():
            runs.append(measure(firmware, f'interrupts of devices, sdei={sdei}', *CONSOLE,
                                sdei=sdei, WHAT='DEVICES', SAMPLES=rounds))
    return found


def measure_all(firmware, args, ours):
    """Measure one firmware; devices and machines are QEMU's alone."""
    cpus = firmware.cpus
    return Measured(
        firmware,
        measure(firmware, 'calls, and events to another PE', SAMPLES=args.rounds, TRIPS=args.trips),
        measure(firmware, 'instructions', icount=True, SAMPLES=3),
        measure(firmware, f'events to {cpus} PEs', cpus=cpus, ROUNDS=args.many),
        measure(firmware, f'instructions, {cpus} PEs', cpus=cpus, icount=True, ROUNDS=1)
        if ours else {},
        measure_devices(firmware, args.rounds // 3) if ours else {},
        many_vcpus.measure(firmware.qemu) if ours else {})


# ------------------------------------------------------------------------ rows

# Two vCPUs that both spin need two host CPUs at the same time, so across PEs
# the median tells of the host's load more than of us: compare the best.

def call_rows(m):
    for name, figure in m.calls.items():
        goal = GOALS.get(name)
        if not goal and name in m.counted and name not in NOT_QUIET:
            goal = QUIET_GOAL
        yield Row(name, m.ratio(name), goal, figure.ns, m.count(name))


def trip_rows(m):
    best = {name: min(figure.ns) for name, figure in m.calls.items()}
    for text, over, under, goal in (
            ('an event : an SGI, to a PE that spins', SPINNING, SPINNING_SGI, 1.3),
            ('an event : an SGI, to a PE in WFI', IDLE, IDLE_SGI, 1.3),
            ('PE 0 polls CNTVCT : PE 0 waits on memory', POLLING, SPINNING, 1.5)):
        if over in best and under in best:
            yield Row(text, best[over] / best[under], goal)


def per_pe(figures):
    """Return the best cost of signalling N-1 PEs, per PE, by N"""
    return {int(name[len(HANDLED):]): min(figure.ns)
            for name, figure in figures.items() if name.startswith(HANDLED)}


def many_rows(m):
    time, count = per_pe(m.many), per_pe(m.many_counted)
    for n in sorted(time):
        yield Row(f'an event to each of N-1 PEs, N = {n} : N = 4', time[n] / time[4],
                  1.2 if n in (64, 512) else None, m.many[f'{HANDLED}{n:3}'].ns,
                  m.count(f'{HANDLED}{n:3}'))
    if count:
        most = max(count)
        yield Row(f'guest instructions of one of them, N = {most} : N = 4',
                  count[most] / count[4], 1.05)


def device_rows(m):
    if not m.devices:
        return
    for name in (PL011, VIRTIO):
        best = {sdei: min(min(run[name].ns) for run in runs)
                for sdei, runs in m.devices.items()}
        yield Row(f'{name}, sdei=on : off', best['on'] / best['off'], 1.03,
                  [ns for run in m.devices['on'] for ns in run[name].ns])


def vcpu_rows(m):
    if not m.vcpus:
        return
    few, most = min(many_vcpus.COUNTS), max(many_vcpus.COUNTS)
    for name in dict.fromkeys(key[0] for key in m.vcpus):
        took = {sdei: [m.vcpus[name, sdei, n] for n in many_vcpus.COUNTS]
                for sdei in ('off', 'on') if (name, sdei, few) in m.vcpus}
        growth = {sdei: t[-1] / t[0] / (most // few) for sdei, t in took.items()}
        # What is not linear without SDEI is not ours
        yield Row(f'{name}, {most} vCPUs : {most // few} times that of {few}', growth['on'],
                  1.2 * max(1, growth.get('off', 1)), [took['on'][-1] * 1e9])


def rows_of(m):
    return [*call_rows(m), *trip_rows(m), *many_rows(m), *device_rows(m), *vcpu_rows(m)]


# ------------------------------------------------------------------ the report

def show_time(ns):
    for limit, unit in ((10e3, 'ns'), (10e6, 'us'), (10e9, 'ms')):
        if ns < limit:
            return f'{ns / limit * 10e3:.{0 if unit == "ns" else 1}f} {unit}'
    return f'{ns / 1e9:.1f} s'


def show_times(ns):
    """Return the best, the median, the 99th percentile and the worst."""
    if not ns:
        return [''] * 4
    ordered = sorted(ns)
    return [show_time(x) for x in (ordered[0], median(ordered),
                                   ordered[(len(ordered) - 1) * 99 // 100], ordered[-1])]


def show_ratio(ratio):
    return '' if ratio is None else f'{ratio:.2f}'


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        line = [row[0].ljust(widths[0])]
        line += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print('  '.join(line).rstrip())


def peer_cells(peer, name):
    """Return the columns of another firmware: as it is the null call counts"""
    row = next((r for r in peer if r.name == name), None)
    if row is None:
        return [''] * 4
    times = show_times(row.ns)
    return [times[0], times[1], show_ratio(row.now), str(row.instructions or '')]


def report(measured, last):
    ours, *others = [rows_of(m) for m in measured]
    print(f'host: {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; last: {last["label"]}; '
          'calls in null calls\n')
    table = [[measured[0].firmware.name, 'best', 'median', '99 %', 'worst',
              'now', 'goal', '', 'last', 'insns']]
    for m in measured[1:]:
        table[0] += [f'{m.firmware.name}:', 'median', 'now', 'insns']
    for row in ours:
        table.append([row.name, *show_times(row.ns), show_ratio(row.now), show_ratio(row.goal),
                      'MISSED' if row.missed else '', show_ratio(last['ratios'].get(row.name)),
                      str(row.instructions or '')])
        for rows in others:
            table[-1] += peer_cells(rows, row.name)
    print_table(table)
    missed = [row for row in ours if row.missed]
    wanted = [row for row in ours if row.goal is not None]
    print(f'\n{len(wanted) - len(missed)} goals met, {len(missed)} missed')
    return not missed


def read_last():
    try:
        return json.loads(LAST.read_text())
    except FileNotFoundError:
        return {'label': 'none', 'ratios': {}}


def save(m, label):
    """Make these figures those of the last release."""
    ratios = {row.name: round(row.now, 3) for row in rows_of(m)}
    LAST.write_text(json.dumps({'license': 'SPDX-License-Identifier: GPL-2.0-or-later',
                                'label': label, 'ratios': ratios}, indent=1) + '\n')


# ---------------------------------------------------------------------- options

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


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--qemu', default=default_qemu(), metavar='PROGRAM')
    parser.add_argument('--peer', choices=['tf-a', *bases.names()], default=default_peer(),
                        help='run the same guest on this firmware, or the QEMU of this '
                             'base, as well')
    parser.add_argument('--rounds', type=int, default=301,
                        help='how often to measure each call (%(default)s)')
    parser.add_argument('--trips', type=int, default=300,
                        help='how often to measure across PEs (%(default)s)')
    parser.add_argument('--many', type=int, default=15,
                        help='how often to signal to many PEs (%(default)s)')
    parser.add_argument('--plot', type=Path, metavar='FILE.svg',
                        help='draw cost against N, and how events to a PE are distributed')
    parser.add_argument('--save', metavar='LABEL',
                        help=f'write {LAST.relative_to(ROOT)}, with what the table shows as last')
    parser.add_argument('--strict', action='store_true',
                        help='fail if a goal is missed')
    args = parser.parse_args()
    for name, least in (('rounds', 3), ('trips', 1), ('many', 1)):
        if getattr(args, name) < least:
            parser.error(f'--{name} must be at least {least}')
    return args


def draw(m, path):
    plot.draw(path, m.firmware.name, per_pe(m.many), {
        'event, PE 1 spins': m.calls[SPINNING].ns, 'SGI, PE 1 spins': m.calls[SPINNING_SGI].ns,
        'event, PE 1 in WFI': m.calls[IDLE].ns, 'SGI, PE 1 in WFI': m.calls[IDLE_SGI].ns})


def main():
    args = parse_args()
    try:
        if args.plot:
            plot.check()
        base = bases.Base() if args.qemu == default_qemu() else None
        ours = measure_all(Firmware(args.qemu, base), args, True)
        measured = [ours, *(measure_all(peer, args, False) for peer in peers(args))]
        if args.plot:
            draw(ours, args.plot)
        met = report(measured, read_last())
        if args.save:
            save(ours, args.save)
    except Skip as reason:
        print(f'skipped: {reason}')
        return 77
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        print(f'bench_sdei: {failure}', file=sys.stderr)
        return 1
    return 0 if met or not args.strict else 1


if __name__ == '__main__':
    sys.exit(main())
