# SPDX-License-Identifier: GPL-2.0-or-later
"""What it takes to reset, save, load and resume machines with many vCPUs"""

from contextlib import contextmanager
from pathlib import Path
import sys
import tempfile
from time import perf_counter

import bases
from payload import Failure, build_guest

# QEMU's own
sys.path[:0] = bases.Base().python()
# pylint: disable=wrong-import-position,wrong-import-order
from qemu.machine import QEMUMachine  # noqa: E402

COUNTS = (128, 256, 512)
ROUNDS = 5

RESET, SAVE, LOAD, RESUME, INFO = 'RESET', 'savevm', 'loadvm', 'cont', 'info sdei'

# Long enough for a loaded machine
TIMEOUT = 600


def await_parked(vm, cpus):
    """Wait for the guest to say that all of its PEs wait."""
    for line in vm.console_file:
        if line.startswith(b'parked|'):
            if int(line.split(b'|')[1]) != cpus:
                raise Failure(f'not all of {cpus} PEs are on: {line}')
            return
    raise Failure(f'the guest has ended: {vm.get_log()}')


def create(vm, **options):
    """Have QEMU make an image, or its format in a file."""
    vm.cmd('blockdev-create', job_id='create', options=options)
    vm.event_wait('JOB_STATUS_CHANGE', match={'data': {'id': 'create', 'status': 'concluded'}})
    vm.cmd('job-dismiss', id='create')


def add_disk(vm, folder):
    """The machine can be saved in a disk alone."""
    path = str(folder / 'disk.qcow2')
    create(vm, driver='file', filename=path, size=0)
    vm.cmd('blockdev-add', driver='file', filename=path, node_name='file')
    create(vm, driver='qcow2', file='file', size=1 << 30)
    vm.cmd('blockdev-add', driver='qcow2', file='file', node_name='disk')


@contextmanager
def machine(qemu, folder, cpus, sdei):
    """A machine all of whose PEs are on, listen if they can, and wait"""
    image = build_guest(folder, WHAT='PARK', CPUS=cpus)
    vm = QEMUMachine(qemu, base_temp_dir=str(folder), qmp_timer=TIMEOUT)
    vm.add_args('-machine', f'virt,gic-version=3,sdei={sdei}', '-cpu', 'cortex-a57',
                '-smp', str(cpus), '-m', '64', '-nodefaults', '-kernel', str(image))
    vm.set_console()
    vm.launch()
    try:
        await_parked(vm, cpus)
        add_disk(vm, folder)
        yield vm
    finally:
        vm.shutdown(hard=True)


def hmp(vm, command):
    said = vm.cmd('human-monitor-command', command_line=command)
    if 'rror' in said:
        raise Failure(f'{command}: {said}')
    return said


def reset(vm, cpus):
    """A RESET, without what the guest does then; return its seconds."""
    vm.cmd('stop')
    start = perf_counter()
    vm.cmd('system_reset')
    vm.event_wait('RESET', timeout=TIMEOUT)
    took = perf_counter() - start
    vm.cmd('cont')
    await_parked(vm, cpus)
    return took


def timed(vm, command):
    start = perf_counter()
    hmp(vm, command)
    return perf_counter() - start


def one_round(vm, cpus, sdei):
    """Return the seconds that each operation takes, by its name."""
    took = {RESET: reset(vm, cpus)}
    vm.cmd('stop')
    took[SAVE] = timed(vm, 'savevm all')
    took[LOAD] = timed(vm, 'loadvm all')
    took[RESUME] = timed(vm, 'cont')
    if sdei == 'on':
        took[INFO] = timed(vm, 'info sdei')
    return took


def measure(qemu):
    """Return the seconds of each operation, by its name, sdei and number of vCPUs."""
    found = {}
    for cpus in COUNTS:
        for sdei in ('off', 'on'):
            print(f'measuring {cpus} vCPUs, sdei={sdei}', file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix='bench-sdei-') as folder, \
                    machine(qemu, Path(folder), cpus, sdei) as vm:
                rounds = [one_round(vm, cpus, sdei) for _ in range(ROUNDS)]
            for name in rounds[0]:
                found[name, sdei, cpus] = min(took[name] for took in rounds)
    return found
