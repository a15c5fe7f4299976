#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure what SDEI costs a Linux guest that does not use it

Boots Debian's kernel to a program that powers off, with sdei=off and sdei=on
in turn: with -icount, which counts the guest's instructions exactly, and
without for the CPU time of the host. Each pair of boots has a random seed of
its own, as a kernel does other things with each; the same seed gives the same
count. How much boots with sdei=off differ among themselves is the noise.
"""

import argparse
from functools import partial
import json
import os
from pathlib import Path
from statistics import median
import subprocess
import sys
from threading import Timer

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tools'))

# pylint: disable=wrong-import-position
import bases  # noqa: E402
import guests  # noqa: E402

# Without -seed as well, no boot would be like another.
NO_CHANCE = ['-rtc', 'base=2026-01-01,clock=vm']
APPEND = ('nokaslr quiet console=ttyAMA0 rdinit=/bin/sh '
          '-- -c "/bin/busybox poweroff -f"')

# A boot takes a few seconds, and -icount several times that.
TIMEOUT = 600


class Failure(Exception):
    pass


def images_dir():
    """Return the folder of guest images, made if need be, or None."""
    guests.set_environment()
    return Path(os.environ['SDEI_IMAGES']) if 'SDEI_IMAGES' in os.environ else None


def command(qemu, images, sdei, seed):
    return [qemu, '-machine', f'virt,gic-version=3,sdei={sdei}',
            '-seed', str(seed), *NO_CHANCE,
            '-cpu', 'cortex-a72', '-smp', '1', '-m', '512', '-nodefaults',
            '-display', 'none', '-serial', 'null', '-no-reboot',
            '-kernel', images / 'vmlinuz', '-initrd', images / 'initrd.cpio',
            '-append', APPEND]


def count_instructions(qemu, images, sdei, seed):
    """Boot and power off with -icount; return the guest's instructions."""
    with subprocess.Popen(
            [*command(qemu, images, sdei, seed),
             '-icount', 'shift=4,sleep=off',
             '-action', 'shutdown=pause', '-qmp', 'stdio'],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as vm:
        too_long = Timer(TIMEOUT, vm.kill)
        too_long.start()
        try:
            return talk(vm)
        finally:
            too_long.cancel()
            vm.kill()


def talk(vm):
    """Wait until the guest has powered off and ask how long that took."""
    def receive(wanted):
        for line in vm.stdout:
            message = json.loads(line)
            if wanted(message):
                return message
        raise Failure('QEMU ended before the guest did')

    def execute(name):
        vm.stdin.write(json.dumps({'execute': name}) + '\n')
        vm.stdin.flush()
        return receive(lambda m: 'return' in m or 'error' in m)

    execute('qmp_capabilities')
    receive(lambda m: m.get('event') == 'SHUTDOWN')
    return execute('query-replay')['return']['icount']


def cpu_seconds(qemu, images, sdei, seed):
    """Boot and power off; return the CPU time of the host."""
    before = os.times()
    subprocess.run([*command(qemu, images, sdei, seed), '-monitor', 'none'],
                   check=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
    after = os.times()
    return (after.children_user + after.children_system
            - before.children_user - before.children_system)


def measure(run, times):
    """Return the figures of @times runs of each, one after the other."""
    figures = {'off': [], 'on': []}
    for seed in range(1, times + 1):
        for sdei, values in figures.items():
            values.append(run(sdei, seed))
    return figures


def show(what, figures, unit, decimals):
    """Print both figures and their ratio; say if it is within the noise."""
    off, on = median(figures['off']), median(figures['on'])
    limit = 1 + (max(figures['off']) - min(figures['off'])) / off
    met = on / off <= limit
    print(f'{what} of a boot:')
    for sdei, values in figures.items():
        print(f'  sdei={sdei:3}  median {median(values):,.{decimals}f}{unit}, '
              f'{min(values):,.{decimals}f} .. {max(values):,.{decimals}f} '
              f'({len(values)} runs)')
    print(f'  on : off   {on / off:.4f}, with the noise at most {limit:.4f}: '
          f'{"met" if met else "MISSED"}')
    return met


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--qemu', metavar='PROGRAM', default=os.environ.get(
        'QEMU_TEST_QEMU_BINARY', str(bases.Base().qemu)))
    parser.add_argument('--times', type=int, default=5,
                        help='boots of each kind (%(default)s)')
    parser.add_argument('--strict', action='store_true',
                        help='fail if a goal is missed')
    args = parser.parse_args()
    images = images_dir()
    if not images:
        print('skipped: no guest images; SDEI_IMAGES names their folder')
        return 77
    try:
        counted = measure(partial(count_instructions, args.qemu, images),
                          args.times)
        timed = measure(partial(cpu_seconds, args.qemu, images), args.times)
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        print(f'bench_sdei_boot: {failure}', file=sys.stderr)
        return 1
    met = [show('guest instructions', counted, '', 0),
           show('host CPU time', timed, ' s', 2)]
    return 0 if all(met) or not args.strict else 1


if __name__ == '__main__':
    sys.exit(main())
