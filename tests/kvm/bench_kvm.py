#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure what SDEI costs under KVM: exits, register ioctls, time

The guest of tests/bench/bench_sdei.py, in an emulated Arm machine with KVM.
Exits and ioctls are those of any host; times are not, as each instruction of
the host's kernel is emulated, too: compare them with each other alone.
"""

from collections import defaultdict
from pathlib import Path
from statistics import median
import sys
import tempfile

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / 'tests' / 'bench'), str(ROOT / 'tools')]

# pylint: disable=wrong-import-position
import bases  # noqa: E402

BASE = bases.Base()
sys.path[:0] = BASE.python()

# pylint: disable=wrong-import-position
from qemu.machine import QEMUMachine  # noqa: E402
from bench_sdei import print_table  # noqa: E402
from payload import Failure, Skip, build_guest, parse  # noqa: E402
from sdei_kvm import GuestError, Host, TRACE_EVENTS  # noqa: E402
from sdei_kvm import missing, read_trace  # noqa: E402

QEMU = ('qemu-system-aarch64 -accel kvm -cpu host -machine '
        'virt,gic-version=3,sdei=on -smp 2 -m 512 -nodefaults -display none '
        '-monitor none -no-reboot -serial stdio -kernel ')

TIMED = {'SAMPLES': 9, 'CALLS': 50, 'TRIPS': 200}
TRACED = {'SAMPLES': 1, 'CALLS': 5, 'TRIPS': 20}


def build(folder):
    images = []
    for name, sizes in (('timed', TIMED), ('traced', TRACED)):
        work = Path(folder, name)
        work.mkdir()
        image = build_guest(work, **sizes)
        images.append((f'{name}.bin', image))
    return images


def times(host):
    """Return rows of what the guest has measured."""
    figures = parse(host.order(f'{QEMU} /timed.bin'))
    rows = [('operation', 'us')]
    rows += [(f.name, f'{median(f.ns) / 1000:.1f}') for f in figures.values()]
    return rows


def extent(numbers):
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f'{low}-{high}'


def exit_rows(spans):
    """Return rows of the ioctls at an exit, by what happened there."""
    seen = defaultdict(list)
    for span in spans:
        if span.kind == 'quiet':
            seen[span.call].append(span.ioctls)
        elif span.kind != 'other':
            # A call that delivers at once is one exit for both.
            of = f', by {span.call}' if span.call else ', to another PE'
            seen[span.kind + of].append(span.ioctls)
    return [('exit', 'register ioctls', 'seen')] + [
        (name, extent(ioctls), str(len(ioctls)))
        for name, ioctls in sorted(seen.items())]


def trip_rows(spans):
    """Return rows of all exits and ioctls from a delivery to its completion.
    """
    seen = defaultdict(list)
    under_way = {}
    for span in spans:
        if span.dispatched:
            whose = 'oneself' if span.call else 'another PE'
            under_way[span.cpu] = (whose, [])
        whose, exits = under_way.get(span.cpu, (None, []))
        exits.append(span.ioctls)
        if span.completed and whose:
            seen[whose].append(exits)
            del under_way[span.cpu]
    return [('event to', 'exits', 'register ioctls', 'seen')] + [
        (whose, extent([len(exits) for exits in trips]),
         extent([sum(exits) for exits in trips]), str(len(trips)))
        for whose, trips in sorted(seen.items())]


def trace(host):
    """Return what QEMU did at each exit of a short run."""
    host.order(f'printf "{TRACE_EVENTS}" >events')
    host.order(f'{QEMU} /traced.bin -trace events=events,file=trace.log')
    return read_trace(host.order('cat trace.log'))


def main():
    why = missing()
    if why:
        raise Skip(why)
    with tempfile.TemporaryDirectory(prefix='sdei') as folder:
        images = build(folder)
        vm = QEMUMachine(str(BASE.qemu),
                         base_temp_dir=folder)
        host = Host(vm, folder, Path(folder) / 'host.log', images)
        try:
            host.start()
            spans = trace(host)
            print('What an exit makes QEMU do:\n')
            print_table(exit_rows(spans))
            print('\nFrom the delivery of an event to its completion:\n')
            print_table(trip_rows(spans))
            print('\nTime in the emulated machine:\n')
            print_table(times(host))
        finally:
            host.close()
            vm.shutdown(hard=True)


if __name__ == '__main__':
    try:
        main()
    except Skip as reason:
        print(f'skipped: {reason}')
        sys.exit(77)
    except (Failure, GuestError) as failure:
        sys.exit(f'bench_kvm: {failure}')
