#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turn a trace of Arm SDEI into a timeline, for Perfetto's viewer or as text

QEMU writes the trace, with its log back end

    qemu-system-aarch64 -msg timestamp=on -trace 'arm_sdei_*' -D FILE ...

or with its simple one, which also wants trace-events-all of the build (or
target/arm/trace-events of the sources):

    qemu-system-aarch64 -trace 'arm_sdei_*,file=FILE' ...
    sdei-timeline.py --simple trace-events-all FILE

Without a trace, QMP's events tell at least of what was injected. A client of
QMP writes them to a file, one a line, or libvirt does:

    virsh qemu-monitor-event DOMAIN --loop >FILE
    sdei-timeline.py --qmp FILE

Open what comes out, JSON, in the viewer. Each PE has a track with the handlers
that it runs and the calls that it makes, and one for when it masks events, once
it has said so. Arrows lead from a call that signals, and from what devices and
the monitor trigger, to the handler that is entered for it. With --text they are
columns, and numbers say where arrows go; a PE that masks events has colons.
"""

import argparse
import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import json
from pathlib import Path
import re
import sys

EPOCH = datetime(1970, 1, 1)

# What libvirt's virsh writes before and after the event's data
VIRSH_LINE = re.compile(
    r"event (?P<event>\w+) at (?P<seconds>\d+)\.(?P<microseconds>\d+) "
    r"for domain '.*?': (?P<data>\{.*\}|\(null\)|<null>)$")
# QMP's events that say what a trace says, too; others are the machine's
QMP_EVENTS = {
    'SDEI_EVENT_TAKEN': 'arm_sdei_dispatch',
    'SDEI_EVENT_COMPLETED': 'arm_sdei_complete',
    'SDEI_CLIENT_CHANGE': 'arm_sdei_client',
}

LOG_LINE = re.compile(r'(\S+Z) (arm_sdei_\w+) (.*)')

# What the texts of events say: as in target/arm/trace-events
PE = r'PE 0x(?P<mpidr>[0-9a-f]+)'
HEX = r'0x(?P<{}>[0-9a-f]+)'
TEXTS = {
    'arm_sdei_call': rf'{PE} (?P<name>\w+)' + ''.join(
        rf' x{n}={HEX.format(f"x{n}")}' for n in range(1, 6)),
    'arm_sdei_ret': rf'{PE} (?P<name>\w+) = (?P<result>-?\d+)',
    'arm_sdei_dispatch': rf'{PE} event {HEX.format("event_num")} '
                         rf'entry={HEX.format("entry")} '
                         rf'interrupts pc={HEX.format("pc")} '
                         rf'pstate={HEX.format("pstate")}',
    'arm_sdei_complete': rf'{PE} event {HEX.format("event_num")} to '
                         rf'pc={HEX.format("pc")} '
                         rf'pstate={HEX.format("pstate")}',
    'arm_sdei_complete_and_resume': rf'{PE} event {HEX.format("event_num")} '
                                    rf'to pc={HEX.format("pc")} '
                                    rf'elr={HEX.format("elr")} '
                                    rf'spsr={HEX.format("spsr")}',
    'arm_sdei_cpu_off': PE,
    'arm_sdei_trigger': rf'event {HEX.format("event_num")} '
                        r'cpu (?P<cpu_index>-?\d+)',
    'arm_sdei_line': r'INTID (?P<intid>\d+) PE (?P<pe>\d+) level (?P<level>\d)',
}
TEXTS = {name: re.compile(text) for name, text in TEXTS.items()}
DECIMAL = ('result', 'cpu_index', 'intid', 'pe', 'level')

# Bits of a register that are an affinity
AFFINITY = 0xff00ffffff


class BadTrace(Exception):
    """It cannot be read, or there is nothing in it."""


@dataclass
class Record:
    """An event of the trace: when, in nanoseconds, which, and its arguments"""

    time: int
    name: str
    args: dict


def read_log(path):
    """Read a file of the log back end."""
    records = []
    with open(path, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            record = read_line(line)
            if record:
                records.append(record)
    if not records:
        raise BadTrace(f'{path} has no event of SDEI with a time: run QEMU '
                       "with -msg timestamp=on -trace 'arm_sdei_*'")
    return records


def read_line(line):
    found = LOG_LINE.match(line)
    if not found:
        return None
    stamp, name, text = found.groups()
    said = name in TEXTS and TEXTS[name].match(text)
    if not said:
        return None
    # GLib leaves a fraction of zero out
    fraction = '.%f' if '.' in stamp else ''
    time = datetime.strptime(stamp, f'%Y-%m-%dT%H:%M:%S{fraction}Z') - EPOCH
    args = {key: value if key == 'name' else
            int(value, 10 if key in DECIMAL else 16)
            for key, value in said.groupdict().items()}
    return Record(time // timedelta(microseconds=1) * 1000, name, args)


def signed(value, bits):
    """Return the number that lies in the low bits of @value."""
    sign = 1 << (bits - 1)
    return ((value & (2 * sign - 1)) ^ sign) - sign


def read_simple(path, events_path):
    """Read a file of the simple back end, as scripts/simpletrace.py does."""
    sys.path.insert(0, str(Path(__file__).absolute().parent))
    # pylint: disable=import-outside-toplevel
    import simpletrace

    records = []

    class Reader(simpletrace.Analyzer2):
        """Keeps what it is told of SDEI."""

        def catchall(self, *values, event, timestamp_ns, **_):
            if event.name not in TEXTS:
                return
            args = {name: value.decode() if isinstance(value, bytes) else value
                    for name, value in zip(event.args.names(), values)}
            if 'result' in args:
                args['result'] = signed(args['result'], 64)
            if 'cpu_index' in args:
                args['cpu_index'] = signed(args['cpu_index'], 32)
            records.append(Record(timestamp_ns, event.name, args))

    try:
        with open(events_path, encoding='utf-8') as events, \
                open(path, 'rb') as trace:
            simpletrace.process(events, trace, Reader())
    except (simpletrace.SimpleException, ValueError) as e:
        raise BadTrace(f'{path}: {e}') from None
    if not records:
        raise BadTrace(f'{path} has no event of SDEI')
    return records


def read_qmp(path):
    """Read QMP's events, as QMP or as virsh writes them."""
    records = []
    with open(path, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            record = read_qmp_event(line.strip())
            if record:
                records.append(record)
    if not any(r.name in QMP_EVENTS.values() for r in records):
        raise BadTrace(f'{path} has no event of SDEI, as QMP or "virsh '
                       'qemu-monitor-event --loop" write them, one a line')
    return records


def read_qmp_event(line):
    said = VIRSH_LINE.match(line)
    try:
        if said:
            event, stamp = said['event'], said.groupdict()
            data = json.loads(said['data']) if said['data'][0] == '{' else {}
        else:
            message = json.loads(line)
            event, stamp = message['event'], message['timestamp']
            data = message.get('data', {})
        name = QMP_EVENTS.get(event)
        if not name:
            data = {'name': event, 'data': data}
        elif name == 'arm_sdei_client':
            data = {'event_num': int(data['number']),
                    'enabled': bool(data['enabled'])}
        else:
            data = {'event_num': int(data['number']),
                    'cpu_index': int(data['cpu-index'])}
        time = int(stamp['seconds']) * 10 ** 6 + int(stamp['microseconds'])
    except (ValueError, TypeError, KeyError, AttributeError):
        # An answer, a line that was cut, what somebody else wrote
        return None
    return Record(time * 1000, name or 'arm_sdei_other', data)


@dataclass
class Track:
    """What a PE does. @handlers: the numbers of those that run"""

    tid: int
    affinity: int                   # None: it is known by its index
    number: int                     # by which PEs are sorted
    handlers: list = field(default_factory=list)
    call: Record = None
    masked_since: float = None


class Timeline:
    """The viewer's events, made of records."""

    MACHINE = 0

    def __init__(self):
        self.out = []
        self.tracks = {}
        self.arrows = 0
        # Arrows that have left and not arrived: (affinity or None, event)
        self.flying = []
        self.start = self.now = 0
        self.say('M', 'process_name', args={'name': 'Arm SDEI'})
        self.name_track(self.MACHINE, 'machine')

    def say(self, phase, name, tid=MACHINE, **more):
        self.out.append({'ph': phase, 'name': name, 'cat': 'sdei', 'pid': 1,
                         'tid': tid, 'ts': (self.now - self.start) / 1000,
                         **more})

    def name_track(self, tid, name):
        self.say('M', 'thread_name', tid, args={'name': name})

    def track(self, record):
        number, affinity = record.args.get('cpu_index'), None
        name = f'CPU {number}'
        if 'mpidr' in record.args:
            number = affinity = record.args['mpidr'] & AFFINITY
            name = f'PE {affinity:#x}'
        if name not in self.tracks:
            # The next number is for when it masks events
            tid = 2 * len(self.tracks) + 1
            self.tracks[name] = Track(tid, affinity, number)
            self.name_track(tid, name)
            self.name_track(tid + 1, f'{name} masks events')
        return self.tracks[name]

    def add(self, record):
        if not self.start:
            self.start = record.time
        # Threads may write lines in another order than they took the time
        self.now = max(self.now, record.time)
        getattr(self, record.name.removeprefix('arm_sdei_'))(record)

    def call(self, record):
        track = self.track(record)
        track.call = record
        self.say('B', record.args['name'].removeprefix('SDEI_'), track.tid,
                 args={f'x{n}': hex(record.args[f'x{n}'])
                       for n in range(1, 6)})

    def ret(self, record):
        track = self.track(record)
        name, result = record.args['name'], record.args['result']
        if not track.call:
            return
        if name == 'SDEI_EVENT_SIGNAL' and not result:
            self.arrow(track.tid, track.call.args['x2'] & AFFINITY,
                       track.call.args['x1'])
        if name == 'SDEI_PE_MASK' and result >= 0:
            self.masks(track)
        elif name == 'SDEI_PE_UNMASK' and not result:
            self.unmasks(track)
        track.call = None
        self.say('E', name.removeprefix('SDEI_'), track.tid,
                 args={'result': result})

    def dispatch(self, record):
        track = self.track(record)
        # A call that delivers has not returned yet: it is interrupted as well
        self.end_call(track)
        number = record.args['event_num']
        # None runs twice: of QMP's events some may be missing
        self.end_handlers(track, number)
        track.handlers.append(number)
        self.say('B', f'event {number:#x}', track.tid,
                 args={key: hex(record.args[key])
                       for key in ('entry', 'pc', 'pstate')
                       if key in record.args})
        self.land(track, number)

    def complete(self, record):
        track = self.track(record)
        self.end_call(track)
        self.end_handlers(track, record.args['event_num'])

    complete_and_resume = complete

    def cpu_off(self, record):
        track = self.track(record)
        self.end_call(track)
        self.end_handlers(track, *track.handlers[:1])
        self.say('i', 'off', track.tid, s='t')
        self.masks(track)

    def trigger(self, record):
        number, cpu = record.args['event_num'], record.args['cpu_index']
        target = f' for CPU {cpu}' if cpu >= 0 else ''
        # Arrows begin at what lasts
        self.say('X', f'trigger {number:#x}{target}', dur=1)
        self.arrow(self.MACHINE, None, number)

    def line(self, record):
        intid, level = record.args['intid'], record.args['level']
        self.say('i', f'INTID {intid} {"high" if level else "low"}', s='t')

    def client(self, record):
        number, enabled = record.args['event_num'], record.args['enabled']
        self.say('i', f'{number:#x} {"en" if enabled else "dis"}abled', s='t')

    def other(self, record):
        self.say('i', record.args['name'], s='t', args=record.args['data'])

    def end_handlers(self, track, number=None, **args):
        """End that of event @number, if it runs, and those that are in it."""
        # The trace may have begun in the handler
        while number in track.handlers:
            self.say('E', f'event {track.handlers.pop():#x}', track.tid, **args)

    def end_call(self, track):
        if track.call:
            name = track.call.args['name']
            track.call = None
            self.say('E', name.removeprefix('SDEI_'), track.tid)

    def masks(self, track):
        if track.masked_since is None:
            track.masked_since = self.now
            self.say('B', 'masked', track.tid + 1)

    def unmasks(self, track):
        if track.masked_since is not None:
            track.masked_since = None
            self.say('E', 'masked', track.tid + 1)

    def arrow(self, tid, affinity, number):
        # What is pending already is not there twice
        if (affinity, number) in [f[1:] for f in self.flying]:
            return
        self.arrows += 1
        self.flying.append((self.arrows, affinity, number))
        self.say('s', 'event', tid, id=self.arrows)

    def land(self, track, number):
        for flight in self.flying:
            if flight[2] == number and flight[1] in (None, track.affinity):
                self.flying.remove(flight)
                self.say('f', 'event', track.tid, id=flight[0], bp='e')
                return

    def end(self):
        """Nothing goes on after the last record: end it all."""
        for track in self.tracks.values():
            self.end_call(track)
            self.end_handlers(track, *track.handlers[:1],
                              args={'completed': False})
            self.unmasks(track)
        ranks = sorted(self.tracks.values(), key=lambda track: track.number)
        for rank, tid in enumerate([self.MACHINE, *(
                tid for track in ranks for tid in (track.tid, track.tid + 1))]):
            self.say('M', 'thread_sort_index', tid, args={'sort_index': rank})
        return {'displayTimeUnit': 'ns', 'traceEvents': self.out}


class Text:
    """A drawing of the viewer's events: time goes down, a column for a PE."""

    def __init__(self, events):
        names = {e['tid']: e['args']['name'] for e in events
                 if e['name'] == 'thread_name'}
        order = sorted((e['args']['sort_index'], e['tid']) for e in events
                       if e['name'] == 'thread_sort_index')
        # A PE has two tracks, the second one with an even number
        tids = [tid for _, tid in order if not tid or tid % 2]
        self.columns = [names[tid] for tid in tids]
        self.column = {tid: column for column, tid in enumerate(tids)}
        self.depth = [0] * len(self.columns)
        self.masks = [False] * len(self.columns)
        self.rows = []
        # The row that was last written to in each column
        self.last = {}
        results = self.results(events)
        for n, event in enumerate(events):
            if event['ph'] != 'M':
                self.add(event, results.get(n, ''))

    def bars(self, column):
        return (': ' if self.masks[column] else '') + '|  ' * self.depth[column]

    def row(self, event, column, text):
        cells = [self.bars(i) for i in range(len(self.columns))]
        cells[column] += text
        self.rows.append([f'{event["ts"]:.1f}', *cells])
        self.last[column] = self.rows[-1]

    def add(self, event, result):
        phase, name, tid = event['ph'], event['name'], event['tid']
        is_handler = name.startswith('event 0x')
        if tid not in self.column:
            self.masks[self.column[tid - 1]] = phase == 'B'
            return
        column = self.column[tid]
        if phase in 'sf':
            arrow = '->' if phase == 's' else '<-'
            self.last[column][column + 1] += f' {arrow}{event["id"]}'
        elif phase == 'B' and is_handler:
            self.row(event, column, f'.- {name}')
            self.depth[column] += 1
        elif phase == 'E' and is_handler:
            self.depth[column] -= 1
            if event.get('args', {}).get('completed', True):
                self.row(event, column, "'-")
        elif phase in 'BXi':
            self.row(event, column, name + result)

    @staticmethod
    def results(events):
        """Return what calls returned, by where they begin in @events."""
        begun, found = {}, {}
        for n, event in enumerate(events):
            call = event['tid'], event['name']
            if event['ph'] == 'B':
                begun[call] = n
            elif event['ph'] == 'E':
                result = event.get('args', {}).get('result')
                # There is no room for registers, which EVENT_CONTEXT returns
                if result is not None and abs(result) < 10 ** 6:
                    found[begun[call]] = f' = {result}'
        return found

    def __str__(self):
        table = [['us', *self.columns], *self.rows]
        widths = [max(map(len, column)) for column in zip(*table)]
        return '\n'.join(
            '  '.join([row[0].rjust(widths[0]),
                      *(cell.ljust(width) for cell, width
                        in zip(row[1:], widths[1:]))]).rstrip()
            for row in table)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('trace', type=Path, help="QEMU's file")
    formats = parser.add_mutually_exclusive_group()
    formats.add_argument('--simple', type=Path, metavar='EVENTS',
                         help='the file is of the simple back end')
    formats.add_argument('--qmp', action='store_true',
                         help="the file has QMP's events")
    parser.add_argument('--from', type=float, metavar='MS', default=0,
                        dest='start', help='leave out what came in the '
                        'first milliseconds')
    parser.add_argument('--to', type=float, metavar='MS', dest='end',
                        default=float('inf'), help='... and what came later')
    parser.add_argument('--text', action='store_true',
                        help='draw it as text, instead of JSON')
    parser.add_argument('-o', '--output', type=Path, metavar='FILE',
                        help='where to write to; default: standard output')
    args = parser.parse_args()
    try:
        draw(read(args), args)
    except (BadTrace, OSError) as e:
        print(f'sdei-timeline: {e}', file=sys.stderr)
        return 1
    return 0


def read(args):
    """Return the records that are asked for."""
    if args.simple:
        records = read_simple(args.trace, args.simple)
    elif args.qmp:
        records = read_qmp(args.trace)
    else:
        records = read_log(args.trace)
    first = records[0].time
    records = [record for record in records
               if args.start <= (record.time - first) / 10 ** 6 <= args.end]
    if not records:
        raise BadTrace(f'{args.trace} has nothing at that time')
    return records


def draw(records, args):
    timeline = Timeline()
    for record in records:
        timeline.add(record)
    drawn = timeline.end()
    with contextlib.ExitStack() as files:
        out = files.enter_context(open(args.output, 'w', encoding='utf-8')) \
            if args.output else sys.stdout
        if args.text:
            out.write(str(Text(drawn['traceEvents'])))
        else:
            json.dump(drawn, out)
        out.write('\n')


if __name__ == '__main__':
    sys.exit(main())
