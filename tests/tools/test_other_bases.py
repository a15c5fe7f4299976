#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The bases that are not being tested otherwise: their patches apply, what they
touch builds, the unit tests and some of the qtests pass, and guests move to the
base that is tested, and back, in a machine type that both have.

MINUTES of building are enough where the ccache knows the files; a machine whose
ccache is empty comes to the first base or to none, and says so. All of the tests of
a base: ./check --base NAME
"""

import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import bases    # noqa: E402
from commits import Chain, Failure    # noqa: E402

TESTED = bases.Base()
MINUTES = 12
# For one that is built already, whatever the others took
LEAST_SECONDS = 120
# Of the one that is tested
NOT_OURS = ('QEMU_TREE', 'QEMU_TARBALL', 'QEMU_CONFIGURE_ARGS', 'CC', 'SDEI_SANITIZE')
QTEST = 'tests/qtest/arm-sdei-test'
SHORT = ('machine', 'el1/call', 'el1/pending', 'el2/signal', 'events-el1/priority', 'lines-gicv3/line',
         'ghes/channel/el1')
# In the version of a tree between releases
DEVELOPMENT = 50
# What a handler and a PE can be in the middle of
MOVES = ('migration/el1', 'migration/el2', 'migration/gicv2')
CASE = re.compile(r'^(ok|not ok) \d+ (\S+)(.*)$', re.M)
PROGRESS = re.compile(r'^ +(\d+/\d+)$', re.M)


class Tap:
    def __init__(self):
        self.count = self.bad = 0

    def line(self, good, what, rest=''):
        self.count += 1
        self.bad += not good
        print(f'{"ok" if good else "not ok"} {self.count} {what}{rest}', flush=True)
        return good

    def skip(self, what, reason):
        self.line(True, what, f' # SKIP {reason}')


def environment(base, **env):
    return {**{k: v for k, v in os.environ.items() if k not in NOT_OURS}, 'SDEI_BASE': base.name, **env}


def tool(base, name, *args, **env):
    return subprocess.run([ROOT / 'tools' / name, *args], text=True, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(base, **env))


def show(text, lines=15):
    print('\n'.join(f'# {line}' for line in text.strip().splitlines()[-lines:]), flush=True)


def prepared(tap, base):
    fetched = tool(base, 'fetch', '--file', 'qemu')
    if fetched.returncode:
        tap.skip(f'{base.name}: its QEMU', 'it cannot be had: ' + fetched.stdout.strip().splitlines()[-2])
        return False
    done = tool(base, 'prepare')
    if not tap.line(not done.returncode, f'{base.name}: the patches apply'):
        show(done.stdout)
        return False
    try:
        unneeded = [f'{own}: {other} does the same' for own, other in Chain(base, base.tree).unneeded()]
    except Failure as failure:
        unneeded = map(str, failure.args)
    if not tap.line(not unneeded, f'{base.name}: it wants each patch of its own'):
        show('\n'.join(unneeded))
    return True


def end(group):
    """End a build; what ignores it has not long to do so."""
    os.killpg(group.pid, signal.SIGTERM)
    try:
        group.wait(timeout=20)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(group.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def built(tap, base, seconds):
    """Build what the tests want, unless that takes too long."""
    with subprocess.Popen([ROOT / 'tools' / 'build-qemu', 'tests'], text=True, env=environment(base),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as build:
        try:
            said, _ = build.communicate(timeout=seconds)
        except BaseException as why:
            end(build)
            if not isinstance(why, subprocess.TimeoutExpired):
                raise
            said, _ = build.communicate()
            tap.skip(f'{base.name}: all else', f'{(PROGRESS.findall(said) or ["nothing"])[-1]} was built in '
                     f'{MINUTES} minutes; ./check --base {base.name} does it all')
            return False
    if not tap.line(not build.returncode, f'{base.name}: it builds'):
        show(said)
    return not build.returncode


def run_program(tap, base, what, suite, file, *args, **env):
    """Run a test program and print its cases."""
    done = tool(base, 'run-test', suite, f'{file}.c', *args, **env)
    cases = CASE.findall(done.stdout)
    for result, case, rest in cases:
        tap.line(result == 'ok', f'{what}: {case}', rest)
    if not cases or done.returncode:
        tap.line(False, f'{what}: {file} {" ".join(args)}')
        show(done.stdout)


def group(name):
    return '-r', f'/aarch64/arm-sdei/{name}'


def short_tests(tap, base):
    for file in sorted((ROOT / 'tests' / 'unit').glob('test-*.c')):
        run_program(tap, base, base.name, 'unit', f'tests/unit/{file.stem}')
    for name in SHORT:
        run_program(tap, base, base.name, 'qtest', QTEST, *group(name))


def moves(tap, one, other):
    """Guests move in the newest machine type that both know, both ways."""
    machine = 'virt-{}.{}'.format(*min(one.version, other.version))
    for start, to in ((one, other), (other, one)):
        binary = to.build / 'qemu' / 'qemu-system-aarch64'
        for name in MOVES:
            # "max" is another CPU in each release
            run_program(tap, start, f'{start.name} to {to.name}', 'qtest', QTEST, *group(name),
                        QTEST_QEMU_BINARY_DST=str(binary),
                        ARM_SDEI_TEST_ARGS=f'-machine {machine} -cpu neoverse-n1')


def main():
    # meson ends a test that takes too long by this
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    tap = Tap()
    left = MINUTES * 60
    for base in map(bases.Base, sys.argv[1:] or bases.names()):
        if base.name == TESTED.name or not prepared(tap, base):
            continue
        begun = time.monotonic()
        is_built = built(tap, base, max(left, LEAST_SECONDS))
        left -= time.monotonic() - begun
        if not is_built:
            continue
        short_tests(tap, base)
        if DEVELOPMENT in (base.version[2], TESTED.version[2]):
            # QEMU promises streams of releases alone
            tap.skip(f'{TESTED.name} to {base.name}', 'one of them is no release')
        elif (TESTED.build / 'qemu' / QTEST).exists():
            moves(tap, TESTED, base)
        else:
            tap.skip(f'{TESTED.name} to {base.name}', f'base {TESTED.name} is not built')
    print(f'1..{tap.count}')
    return 1 if tap.bad else 0


if __name__ == '__main__':
    sys.exit(main())
