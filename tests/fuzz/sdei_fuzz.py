# SPDX-License-Identifier: GPL-2.0-or-later
"""A hostile guest of SDEI and what its host does to it meanwhile

The guest (arm-sdei/) takes random steps on all PEs and checks what it can. A
run is one boot of it in a machine that is drawn from a seed, with actions of
the monitor in between that are drawn from it as well.

A run is free or takes turns. Free, PEs run as they like and the monitor acts
when it likes: this finds races, and repeats by its seed only roughly. With
turns, one PE takes a step while the others wait, the monitor acts when the
guest says so, nothing depends on a clock, and QEMU runs with -icount: this is
the same each time.
"""

from dataclasses import dataclass, field
import mmap
import os
from pathlib import Path
import random
import re
import struct
import subprocess
import sys
import time

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tools')]

# pylint: disable=wrong-import-position
import bases  # noqa: E402

BASE = bases.Base()
sys.path[:0] = BASE.python()

from qemu.machine import QEMUMachine  # noqa: E402
from qemu.machine.machine import QEMUMachineError  # noqa: E402
from qemu.qmp import QMPError  # noqa: E402
from sdei_stream import find_section, spoil  # noqa: E402

SOURCES = ROOT / 'tests' / 'fuzz' / 'arm-sdei'

# Nothing that the guest or QEMU does takes this many seconds, even with
# sanitizers and on a machine that is busy.
PATIENCE = 600

# As in arm-sdei/fuzz.h
RAM_BASE = 0x40000000
RAM_SIZE = 32 << 20
CONFIG_OFFSET = 16
CONTROL = 0x41800000 - RAM_BASE
KINDS = ('sdei', 'psci', 'power', 'gic', 'timer', 'device', 'pstate', 'lower',
         'sleep', 'exception', 'wait', 'wild', 'abandon', 'client', 'reset')
FLAG_TURNS, FLAG_GICV3, FLAG_KVM, FLAG_OFF = 1, 2, 4, 8
PHASE_FUZZ, PHASE_HEALTH = 0, 1
TURN_HOST = 0xff
MAX_EVENTS = 8
CONTROL_WORDS = ('magic', 'epoch', 'phase', 'turn', 'requester', 'requests',
                 'failure', 'detail0', 'detail1', 'detail2', 'detail3',
                 'stage', 'wants_triggers', 'healthy', 'turn_rng', 'digest')
PE_START, PE_WORDS = 32, 58
PE_NAMES = ('rng', 'calls', 'steps', 'exceptions', 'events', 'completed',
            'started', 'on', 'asleep', 'granted', 'arrived', 'done')

ACTIONS = ('trigger', 'nmi', 'pause', 'query', 'powerdown', 'reset', 'save',
           'load', 'migrate', 'spoil')
WEIGHTS = (30, 8, 10, 5, 6, 1, 8, 8, 3, 2)

CFLAGS = '''
    -O2 -Wall -Wextra -Werror -ffreestanding -fno-builtin -fno-pic
    -fno-stack-protector -fno-asynchronous-unwind-tables
    -mgeneral-regs-only -mstrict-align -nostdlib -static
    -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments
'''.split()


class Failure(Exception):
    """What the fuzz is for."""


class Missing(Exception):
    """It cannot be run here."""


def build_guest(folder):
    """Compile the guest into @folder and return its image."""
    prefix = os.environ.get('CROSS_COMPILE', 'aarch64-linux-gnu-')
    elf, image = Path(folder, 'guest.elf'), Path(folder, 'guest.bin')
    try:
        subprocess.run([prefix + 'gcc', '-no-pie', *CFLAGS,
                        f'-Wl,-T,{SOURCES / "guest.ld"}', '-o', elf,
                        *sorted(SOURCES.glob('*.S')),
                        *sorted(SOURCES.glob('*.c'))], check=True)
        subprocess.run([prefix + 'objcopy', '-O', 'binary', elf, image],
                       check=True)
    except FileNotFoundError as e:
        raise Missing(f'no AArch64 compiler: {e.filename}') from e
    return image


# ------------------------------------------------------------------ the setup

@dataclass(frozen=True)
class Event:
    """A user-defined event"""
    number: int
    shared: bool
    critical: bool


@dataclass(frozen=True)
class Setup:
    """All that a run depends on"""
    seed: int
    turns: bool = False
    gic: int = 3
    el2: bool = False
    cpu: str = 'max'
    cpus: int = 4
    version: str = '1.1'
    events: tuple = ()
    ras: bool = False
    calls: int = 20000
    kinds: tuple = KINDS
    actions: tuple = ACTIONS

    @classmethod
    def draw(cls, seed, **given):
        """Draw a setup from @seed, but for what is @given."""
        rng = random.Random(seed)
        turns = given.get('turns', rng.random() < .3)
        gic = rng.choice((2, 3, 3))
        events = tuple(Event(0x40010000 + n, rng.random() < .5,
                             rng.random() < .5)
                       for n in rng.sample(range(8), rng.randrange(5)))
        drawn = {
            'gic': gic,
            'el2': rng.random() < .35,
            'cpu': rng.choice(('max', 'max', 'cortex-a57', 'cortex-a72',
                               'neoverse-n1')),
            # 17: affinities have a second field then
            'cpus': rng.choice((1, 2, 2, 3, 4, 4, 8, 17 if gic == 3 else 8)),
            'version': rng.choice(('1.1', '1.1', '1.0')),
            'events': events,
            'turns': turns,
            # One at a time takes longer
            'calls': 8000 if turns else 30000,
        }
        return cls(seed, **{**drawn, **given})

    def config(self, flags=0):
        """Return the guest's Config."""
        flags |= FLAG_TURNS if self.turns else 0
        flags |= FLAG_GICV3 if self.gic == 3 else 0
        kinds = sum(1 << KINDS.index(k) for k in self.kinds)
        pad = [0] * (MAX_EVENTS - len(self.events))
        return struct.pack('<8Q8I8I', self.seed & (1 << 64) - 1, self.cpus,
                           flags, self.calls, kinds,
                           400 if self.turns and self.actions else 0,
                           256, len(self.events),
                           *[e.number for e in self.events], *pad,
                           *[e.shared for e in self.events], *pad)

    def write_image(self, guest, path, flags=0):
        """Write the guest's image with the configuration in it."""
        image = bytearray(Path(guest).read_bytes())
        config = self.config(flags)
        image[CONFIG_OFFSET:CONFIG_OFFSET + len(config)] = config
        Path(path).write_bytes(image)

    def qemu_args(self):
        machine = f'virt,gic-version={self.gic},sdei=on,memory-backend=ram'
        if self.el2:
            machine += ',virtualization=on'
        if self.ras:
            machine += ',ras=on'
        args = ['-machine', machine, '-cpu', self.cpu, '-smp', str(self.cpus),
                '-m', f'{RAM_SIZE >> 20}M', '-nodefaults',
                '-display', 'none', '-serial', 'null', '-no-shutdown',
                '-rtc', 'clock=vm',
                '-global', f'arm-sdei.version={self.version}']
        # Not sleep=off: when all vCPUs sleep, or are off as one of them has
        # just called for a reset, that takes the clock to a timer that is
        # never due, to its end, where QEMU hangs.
        args += ['-accel', 'tcg', '-icount', 'shift=1'] \
            if self.turns else ['-accel', 'tcg,thread=multi']
        for n, event in enumerate(self.events):
            args += ['-object', f'sdei-event,id=ev{n},number={event.number}'
                     f',scope={"shared" if event.shared else "private"}'
                     f',priority={"critical" if event.critical else "normal"}']
        return args

    def options(self):
        """Return the options that make this setup again."""
        words = [f'--seed {self.seed}']
        drawn = Setup.draw(self.seed)
        if self.turns != drawn.turns:
            words.append('--icount' if self.turns else '--free')
        if self.cpus != drawn.cpus:
            words.append(f'--cpus {self.cpus}')
        words.append(f'--calls {self.calls}')
        for name, all_of in (('kinds', KINDS), ('actions', ACTIONS)):
            chosen = getattr(self, name)
            if chosen != all_of:
                words.append(f'--{name} {",".join(chosen) or "none"}')
        return ' '.join(words)

    def __str__(self):
        text = (f'GICv{self.gic}, {self.cpus} x {self.cpu}, '
                f'EL{2 if self.el2 else 1}, v{self.version}, '
                f'{len(self.events)} events')
        return text + (', turns' if self.turns else '')


@dataclass
class Counts:
    """What happened"""
    calls: int = 0
    events: int = 0
    exceptions: int = 0
    by_action: dict = field(default_factory=dict)

    def add(self, other):
        self.calls += other.calls
        self.events += other.events
        self.exceptions += other.exceptions
        for name, count in other.by_action.items():
            self.by_action[name] = self.by_action.get(name, 0) + count

    def __str__(self):
        text = (f'{self.calls} calls, {self.events} handlers entered, '
                f'{self.exceptions} exceptions')
        return text + ''.join(f', {count} {name}' for name, count
                              in sorted(self.by_action.items()))


# ------------------------------------------------------------------ the guest

class Memory:
    """The guest's RAM, as far as it is for the host"""

    def __init__(self, path):
        self.path = path
        with open(path, 'w+b') as f:
            f.truncate(RAM_SIZE)
            self._map = mmap.mmap(f.fileno(), RAM_SIZE)

    def close(self):
        self._map.close()
        os.unlink(self.path)

    def _offset(self, name):
        return CONTROL + 8 * CONTROL_WORDS.index(name)

    def get(self, name):
        return struct.unpack_from('<Q', self._map, self._offset(name))[0]

    def set(self, name, value):
        struct.pack_into('<Q', self._map, self._offset(name), value)

    def _pe_offset(self, pe, name):
        return CONTROL + 8 * (PE_START + pe * PE_WORDS + PE_NAMES.index(name))

    def pe(self, pe, name):
        return struct.unpack_from('<Q', self._map,
                                  self._pe_offset(pe, name))[0]

    def set_pe(self, pe, name, value):
        struct.pack_into('<Q', self._map, self._pe_offset(pe, name), value)

    def total(self, cpus, name):
        return sum(self.pe(pe, name) for pe in range(cpus))


# --------------------------------------------------------------------- a run

class Run:
    """One boot of the guest; @binary is the QEMU to try"""

    def __init__(self, binary, guest, setup, folder):
        self.binary = str(binary)
        self.guest = guest
        self.setup = setup
        self.folder = Path(folder)
        self.rng = random.Random(f'{setup.seed} host')
        self.counts = Counts()
        self.digest = 0
        self._vms = 0
        self._seen = {}
        self._saved = False
        self.vm = self.memory = None

    # ---- QEMU

    def _new_vm(self, *args):
        self._vms += 1
        memory = Memory(self.folder / f'ram{self._vms}')
        vm = QEMUMachine(self.binary, base_temp_dir=str(self.folder),
                         name=f'qemu{self._vms}')
        vm.add_args('-object', f'memory-backend-file,id=ram,size={RAM_SIZE},'
                               f'mem-path={memory.path},share=on',
                    '-kernel', str(self.folder / 'image'),
                    *self.setup.qemu_args(), *args)
        return vm, memory

    def _start(self):
        self.setup.write_image(self.guest, self.folder / 'image')
        self.vm, self.memory = self._new_vm()
        self.vm.launch()

    @staticmethod
    def _drop(vm, memory):
        try:
            vm.shutdown(hard=True)
        except QEMUMachineError:
            pass        # it was told of before
        memory.close()

    def _job(self, command, **args):
        """Run a job to its end."""
        self.vm.cmd(command, job_id='job', **args)
        self._wait(lambda: any(j['status'] == 'concluded'
                               for j in self.vm.cmd('query-jobs')), command)
        error = [j.get('error') for j in self.vm.cmd('query-jobs')][0]
        self.vm.cmd('job-dismiss', id='job')
        if error:
            raise Failure(f'{command}: {error}')

    def _attach_disk(self):
        path = str(self.folder / f'disk{self._vms}')
        if any(n.get('node-name') == 'disk'
               for n in self.vm.cmd('query-named-block-nodes')):
            return
        self._job('blockdev-create', options={
            'driver': 'file', 'filename': path, 'size': 0})
        # A disk's flush would take longer than all else
        cache = {'no-flush': True}
        self.vm.cmd('blockdev-add', driver='file', filename=path,
                    node_name='file', cache=cache)
        self._job('blockdev-create', options={
            'driver': 'qcow2', 'file': 'file', 'size': 65536})
        self.vm.cmd('blockdev-add', driver='qcow2', file='file',
                    node_name='disk', cache=cache)

    # ---- waiting

    def _check(self):
        """Fail if the guest or QEMU has."""
        if not self.vm.is_running():
            raise Failure(f'QEMU ended with {self.vm.exitcode()}')
        failure = self.memory.get('failure')
        if failure:
            detail = ', '.join(f'{self.memory.get(f"detail{n}"):#x}'
                               for n in range(4))
            where = f'health.c:{failure - 10000}' if failure > 10000 \
                else f'guest.c:{failure}'
            raise Failure(f'the guest complains in {where}: {detail}')
        for event in self.vm.get_qmp_events():
            self._event(event)

    def _event(self, event):
        if event['event'] == 'SHUTDOWN' and \
           event['data']['reason'] == 'guest-shutdown':
            self._count('guest off')
            self._cont()
        elif event['event'] == 'RESET' and event['data']['guest']:
            self._count('guest reset')
        elif event['event'] in ('GUEST_PANICKED', 'BLOCK_IO_ERROR'):
            raise Failure(event['event'])

    def _cont(self):
        """Go on, though the guest may power off at any moment."""
        for _ in range(3):
            if self.vm.cmd('query-status')['status'] == 'shutdown':
                self.vm.cmd('system_reset')
            if 'error' not in self.vm.qmp('cont'):
                return
        raise Failure('cont is refused')

    def _count(self, name):
        self.counts.by_action[name] = self.counts.by_action.get(name, 0) + 1

    def _progress(self):
        """Return what changes as long as the guest does anything."""
        names = ('steps', 'calls', 'events', 'exceptions')
        now = {n: self.memory.total(self.setup.cpus, n) for n in names}
        for name in ('calls', 'events', 'exceptions'):
            # A snapshot takes the guest's own count back
            new = max(0, now[name] - self._seen.get(name, 0))
            setattr(self.counts, name, getattr(self.counts, name) + new)
        self._seen = now
        if self._fuzzing():
            return tuple(now.values())
        # PE 0 goes on calling while it waits for the others
        return tuple(self.memory.total(self.setup.cpus, n)
                     for n in ('arrived', 'done', 'started'))

    def _wait(self, condition, what, pause=0.002):
        """Wait until @condition holds, as long as that is not hopeless."""
        last, deadline = None, 0
        while not condition():
            self._check()
            now = self._progress()
            if now != last:
                last, deadline = now, time.monotonic() + PATIENCE
            if time.monotonic() > deadline:
                raise Failure(f'nothing has happened for {PATIENCE} s, '
                              f'waiting for {what}\n{self._state()}')
            time.sleep(pause)

    def _state(self):
        words = ('phase', 'turn', 'stage', 'epoch')
        text = ' '.join(f'{w}={self.memory.get(w)}' for w in words)
        for pe in range(self.setup.cpus):
            text += f'\nPE {pe}: ' + ' '.join(
                f'{n}={self.memory.pe(pe, n)}' for n in PE_NAMES[1:])
        try:
            text += '\n' + self.vm.cmd('x-query-sdei')['human-readable-text']
            text += '\n' + self.vm.cmd('human-monitor-command',
                                       command_line='info registers -a')
        except QMPError as e:
            text += f'\n{e}'
        return text

    # ---- what the monitor does

    def _try(self, command, **args):
        """A command that may be refused."""
        response = self.vm.qmp(command, **args)
        if 'error' in response and \
           response['error']['class'] != 'GenericError':
            raise Failure(f'{command}: {response}')

    def _trigger(self):
        if not self.setup.events:
            return
        n = self.rng.randrange(len(self.setup.events))
        args = {'id': f'ev{n}'}
        if not self.setup.events[n].shared:
            args['cpu-index'] = self.rng.randrange(self.setup.cpus)
        self._try('sdei-trigger-event', **args)

    def _nmi(self):
        self._try('inject-nmi')

    def _pause(self):
        self.vm.cmd('stop')
        for _ in range(self.rng.randrange(3)):
            self.rng.choice((self._trigger, self._nmi, self._query))()
        self._cont()

    def _query(self):
        text = self.rng.choice((
            lambda: self.vm.cmd('x-query-sdei')['human-readable-text'],
            lambda: self.vm.cmd('human-monitor-command',
                                command_line='info sdei')))()
        if not re.search('PE 0x0', text):
            raise Failure(f'info sdei says: {text}')

    def _powerdown(self):
        self.vm.cmd('system_powerdown')

    def _reset(self):
        epoch = self.memory.get('epoch')
        self.vm.cmd('system_reset')
        self._wait(lambda: self.memory.get('epoch') != epoch, 'a reset')

    def _save(self):
        self._attach_disk()
        if self._saved:
            self._job('snapshot-delete', tag='fuzz', devices=['disk'])
        self._job('snapshot-save', tag='fuzz', vmstate='disk',
                  devices=['disk'])
        self._saved = True

    def _load(self):
        if not self._saved:
            return
        self.vm.cmd('stop')
        self._job('snapshot-load', tag='fuzz', vmstate='disk',
                  devices=['disk'])
        self._go_another_way()
        self._cont()

    def _go_another_way(self):
        """The guest shall not repeat what it did after the snapshot."""
        self._progress()
        self.memory.set('turn_rng', self.rng.getrandbits(64))
        if not self.setup.turns:
            for pe in range(self.setup.cpus):
                self.memory.set_pe(pe, 'rng', self.rng.getrandbits(64))

    def _write_stream(self, path):
        # With many vCPUs that are busy all the time it would take for ever
        if self.setup.cpus > 4 or self.rng.random() < .5:
            self.vm.cmd('stop')
        self.vm.cmd('migrate', uri=f'file:{path}')
        self._wait(lambda: self._migrated(self.vm), 'the migration')
        self._progress()

    def _migrate(self):
        stream = self.folder / f'stream{self._vms}'
        self._write_stream(stream)
        old = self.vm, self.memory
        try:
            self.vm, self.memory = self._new_vm('-incoming', f'file:{stream}')
            self.vm.launch()
            self._wait(lambda: self.vm.cmd('query-status')['status'] not in
                       ('inmigrate', 'finish-migrate', 'restore-vm'),
                       'the incoming migration')
        finally:
            self._drop(*old)
        stream.unlink()
        self._saved = False
        self._seen = {}
        self._progress_baseline()
        self._cont()

    def _progress_baseline(self):
        names = ('calls', 'events', 'exceptions')
        self._seen = {n: self.memory.total(self.setup.cpus, n) for n in names}

    def _spoil(self):
        """Show a spoilt stream to another QEMU: it must not die of it."""
        stream = self.folder / 'spoilt'
        self._write_stream(stream)
        self._cont()
        stream.write_bytes(spoil(self.rng, stream.read_bytes()))
        vm, memory = self._new_vm('-incoming', 'defer')
        try:
            vm.launch()
            self._load_spoilt(vm, memory, f'file:{stream}')
        except (Failure, QMPError, QEMUMachineError, OSError) as e:
            self._keep(stream)
            raise Failure(f'a spoilt stream: {e}\n'
                          + self._said(vm, not isinstance(e, Failure))) from e
        finally:
            self._drop(vm, memory)
            stream.unlink(missing_ok=True)

    def _load_spoilt(self, vm, memory, uri):
        vm.cmd('migrate-incoming', {'uri': uri, 'exit-on-error': False})
        deadline = time.monotonic() + PATIENCE
        while vm.cmd('query-migrate').get('status') not in ('completed',
                                                            'failed'):
            if time.monotonic() > deadline:
                raise Failure('it is not loaded, nor refused')
            time.sleep(0.005)
        if vm.cmd('query-migrate')['status'] == 'failed':
            self._count('spoilt streams refused')
            return
        # What the guest makes of it is its own business.
        if self.setup.turns:
            memory.set('turn', memory.get('requester'))
        vm.cmd('cont')
        time.sleep(0.1)
        vm.cmd('stop')
        vm.cmd('x-query-sdei')
        vm.cmd('system_reset')
        vm.cmd('cont')
        time.sleep(0.05)
        vm.cmd('query-status')

    @staticmethod
    def _keep(path):
        """Keep what a failure needs to be seen again."""
        kept = BASE.build / 'fuzz'
        kept.mkdir(parents=True, exist_ok=True)
        path.rename(kept / f'{path.name}-{os.getpid()}')

    @staticmethod
    def _migrated(vm):
        status = vm.cmd('query-migrate').get('status')
        if status == 'failed':
            raise Failure(f'migration: {vm.cmd("query-migrate")}')
        return status == 'completed'

    def _act(self):
        weights = [WEIGHTS[ACTIONS.index(a)] for a in self.setup.actions]
        name = self.rng.choices(self.setup.actions, weights)[0]
        self._count(name)
        getattr(self, f'_{name}')()
        return name

    # ---- the whole

    def _fuzzing(self):
        return self.memory.get('phase') == PHASE_FUZZ

    def _fuzz_free(self):
        while self._fuzzing():
            pause = self.rng.expovariate(1 / 0.01)
            end = time.monotonic() + min(pause, 0.1)
            self._wait(lambda: not self._fuzzing() or  # noqa: B023
                       time.monotonic() >= end, 'the guest')
            self._check()
            if self._fuzzing() and self.setup.actions:
                self._act()

    def _fuzz_turns(self):
        while True:
            self._wait(lambda: not self._fuzzing() or
                       self.memory.get('turn') == TURN_HOST, 'a request',
                       pause=0.001)
            if not self._fuzzing():
                return
            # After a reset nobody waits for this
            if self._act() != 'reset':
                self.memory.set('turn', self.memory.get('requester'))

    def _trigger_all(self):
        for n, event in enumerate(self.setup.events):
            for cpu in range(1 if event.shared else self.setup.cpus):
                args = {} if event.shared else {'cpu-index': cpu}
                self.vm.cmd('sdei-trigger-event', id=f'ev{n}', **args)
        self.vm.cmd('inject-nmi')

    def _health(self):
        self._wait(lambda: self.memory.get('wants_triggers') or
                   self.memory.get('healthy'), 'the health check')
        self._trigger_all()
        self._wait(lambda: self.memory.get('healthy'), 'the end')

    def run(self):
        """Return the counts, or raise a Failure that says it all."""
        try:
            self._start()
            if self.setup.turns:
                self._fuzz_turns()
            else:
                self._fuzz_free()
            self.digest = self.memory.get('digest')
            self._health()
            self._progress()
            self.vm.shutdown()
        except (Failure, QMPError, QEMUMachineError, OSError) as e:
            raise Failure(self._explain(e)) from e
        finally:
            self._drop(self.vm, self.memory)
        return self.counts

    def _explain(self, e):
        return f'{str(e) or type(e).__name__}\n{self.counts}\n' \
            + self._said(self.vm, not isinstance(e, Failure)
                         or not self.vm.is_running())

    @staticmethod
    def _said(vm, ends=True):
        try:
            # A sanitizer's report takes its time
            vm.wait(timeout=60) if ends else vm.shutdown(hard=True)
        except QEMUMachineError:
            pass        # that is what it is about
        return (f'QEMU (exit {vm.exitcode()}) said:\n{vm.get_log()}\n'
                f'Command: {" ".join(vm.args)}')


# --------------------------------------------------------- streams in mid-fuzz

# As tests/unit/test-arm-sdei-vmstate.c has it
STREAMS = Setup(0, cpus=4, ras=True, calls=0, kinds=tuple(
    k for k in KINDS if k not in ('power', 'reset')), events=(
        Event(0x40010001, False, False), Event(0x40010002, False, True),
        Event(0x40010003, True, False), Event(0x40010004, True, True)))


class StreamTaker(Run):
    """Takes the device's part of streams while the guest does its worst"""

    def take(self, count, folder):
        """Write @count of them into @folder."""
        try:
            self._start()
            for n in range(count):
                self._take(Path(folder, f'{n}.stream'))
        finally:
            self._drop(self.vm, self.memory)

    def _take(self, path):
        for _ in range(self.rng.randrange(6)):
            self.rng.choice((self._trigger, self._nmi))()
        calls = self._progress()
        self._wait(lambda: self._progress() > calls, 'the guest')
        whole = self.folder / 'stream'
        self._write_stream(whole)
        self._cont()
        stream = whole.read_bytes()
        start, end = find_section(stream)
        path.write_bytes(stream[start:end])
        whole.unlink()
