#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""With sdei=off QEMU saves what it saves without our patches, byte for byte.

Machines that have not run yet are saved, without the contents of RAM, which
SDEI is no part of. What is saved then is the same at all times and places. Of
each machine the SHA-256 that an unpatched QEMU gave is below.

QEMU_UNPATCHED    path of an unpatched qemu-system-aarch64 of the same version
                  and with the same options for configure: compare with that
"""

import hashlib
import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))

# pylint: disable=wrong-import-position
import bases  # noqa: E402

BASE = bases.Base()
QEMU = BASE.qemu

# Of this QEMU_VERSION; made with QEMU_UNPATCHED, which prints them.
VERSION = '10.2.2'
MACHINES = {
    'gicv3': ('virt,gic-version=3', 'max',
              'dc8f3fa0728a0b9e8d33b5a7c504bef111bec0d966459d5de20ef2463d4e037f'),
    'gicv2': ('virt,gic-version=2', 'cortex-a57',
              '4d79c71812ffe6dcb022e650c13ee5c33f4431529a3c04b88fc295c71b430e24'),
    'el2': ('virt,gic-version=3,virtualization=on', 'max',
            'fe9d3f6a3e08d4a6aeaea1f38a0625e45d6e4a18fbfbb84d5ae7438b7ef62052'),
    'el3': ('virt,gic-version=3,secure=on', 'max',
            'ff9fc41c4e38c395160ca47d0e92fb6b4b9691a3111fb0ef5d817533b362301b'),
}


def saved_devices(qemu, machine, cpu):
    """Return the state of all devices of a machine that has not run yet."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, 'devices')
        orders = [{'execute': 'qmp_capabilities'},
                  {'execute': 'xen-save-devices-state',
                   'arguments': {'filename': str(file), 'live': False}},
                  {'execute': 'quit'}]
        done = subprocess.run(
            [qemu, '-machine', machine, '-cpu', cpu, '-accel', 'tcg',
             '-smp', '2', '-m', '16', '-nodefaults', '-nic', 'none',
             '-display', 'none', '-S', '-qmp', 'stdio',
             '-rtc', 'base=2000-01-01T00:00:00,clock=vm'],
            input=''.join(map(json.dumps, orders)), text=True, timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode or not file.exists():
            raise AssertionError(f'QEMU ended with {done.returncode}: {done.stdout}')
        return file.read_bytes()


def check(machine, cpu, digest, unpatched):
    """Return what is wrong, or nothing."""
    ours = saved_devices(QEMU, machine, cpu)
    if unpatched:
        theirs = saved_devices(unpatched, machine, cpu)
        print(f'# {machine}: {hashlib.sha256(theirs).hexdigest()}')
        if ours != theirs:
            at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b),
                      min(len(ours), len(theirs)))
            return f'{len(ours)} bytes, {len(theirs)} without patches; the first other one is {at}'
    elif hashlib.sha256(ours).hexdigest() != digest:
        return 'not what an unpatched QEMU saves; QEMU_UNPATCHED=PATH tells where they differ'
    if b'sdei' in ours:
        return 'SDEI is in it'
    if 'secure' not in machine and b'arm-sdei' not in saved_devices(QEMU, machine + ',sdei=on', cpu):
        return 'SDEI is not in the stream of sdei=on: this test looks at the wrong thing'
    return None


def main():
    unpatched = os.environ.get('QEMU_UNPATCHED')
    if not unpatched and BASE.settings['QEMU_VERSION'] != VERSION:
        print(f'1..0 # SKIP the digests here are of QEMU {VERSION}: make new ones, '
              'QEMU_UNPATCHED=PATH prints them')
        return 0
    failed = False
    print(f'1..{len(MACHINES)}')
    for number, (name, (machine, cpu, digest)) in enumerate(MACHINES.items(), 1):
        wrong = check(machine, cpu, digest, unpatched)
        print(f'{"not ok" if wrong else "ok"} {number} {name}')
        if wrong:
            failed = True
            print(f'# {wrong}')
    return failed


if __name__ == '__main__':
    sys.exit(main())
