#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/sdei-timeline.py reads what QEMU's trace back ends write

Each scenario is written by the formats of QEMU's own list of trace events, as
text and as the simple back end would, so that the script cannot know another
format than QEMU has.
"""

import json
from pathlib import Path
import re
import struct
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

from scratch import main     # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
# With QEMU's simpletrace.py beside it
sys.path.insert(0, str(ROOT / 'tools'))

# pylint: disable=wrong-import-position
import bases  # noqa: E402

BASE = bases.Base()
TREE = BASE.tree
SCRIPT = TREE / 'scripts' / 'sdei-timeline.py'
EVENTS = TREE / 'target' / 'arm' / 'trace-events'

EVENT = re.compile(r'^(arm_sdei_\w+)\((.*)\) (.*)$', re.M)
MIDNIGHT = 1000 * 86400

MARKS = 'BEXsfi'


def formats():
    """Return what trace-events says: names of arguments, and the text."""
    found = {}
    for name, args, text in EVENT.findall(EVENTS.read_text()):
        text = ''.join(string or conversion for string, conversion in
                       re.findall(r'"([^"]*)"|PRI([xud])\d\d', text))
        found[name] = ([arg.split()[-1].lstrip('*') for arg in args.split(',')],
                       text)
    return found


def call(pe, name, *args):
    return 'arm_sdei_call', pe, 'SDEI_' + name, *args, *[0] * (5 - len(args))


def ret(pe, name, result=0):
    return 'arm_sdei_ret', pe, 'SDEI_' + name, result


def dispatch(pe, number):
    return 'arm_sdei_dispatch', pe, number, 0x1000, 0x2000, 0x3c5


def complete(pe, number):
    return 'arm_sdei_complete', pe, number, 0x2000, 0x3c5


def as_text(records):
    """Return the records as the log back end writes them, one each us."""
    known = formats()
    lines = ['2000-01-01T00:00:00.000000Z something else happened\n']
    for n, (name, *args) in enumerate(records):
        text = known[name][1].replace('%u', '%d') % tuple(args)
        # As GLib writes it: of a fraction that is zero, nothing
        fraction = f'.{n:06}' if n else ''
        lines.append(f'1972-09-27T00:00:00{fraction}Z {name} {text}\n')
    return ''.join(lines).encode()


def as_simple(records):
    """Return the records as the simple back end writes them."""
    ids = {name: n for n, name in enumerate(formats())}
    out = struct.pack('=QQQ', 2 ** 64 - 1, 0xf2b177cb0aa429b4, 4)
    for name, n in ids.items():
        out += struct.pack('=QQL', 0, n, len(name)) + name.encode()
    for n, (name, *args) in enumerate(records):
        payload = b''.join(
            struct.pack('=L', len(a)) + a.encode() if isinstance(a, str)
            else struct.pack('=Q', a & 2 ** 64 - 1) for a in args)
        out += struct.pack('=QQQII', 1, ids[name], MIDNIGHT * 10 ** 9 + n * 1000,
                           24 + len(payload), 1) + payload
    return out


class Timeline(unittest.TestCase):
    def setUp(self):
        if not SCRIPT.exists():
            self.skipTest(f'no tree: run tools/prepare{BASE.option}')

    def run_script(self, contents, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'trace'
            path.write_bytes(contents)
            return subprocess.run([sys.executable, SCRIPT, *options, path],
                                  text=True, check=False,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)

    def draw(self, *records):
        """Return marks "PHASE NAME TRACK TIME", the same from both formats."""
        done = [self.run_script(as_text(records)),
                self.run_script(as_simple(records), '--simple', EVENTS)]
        for d in done:
            self.assertEqual((d.returncode, d.stderr), (0, ''))
        events = [json.loads(d.stdout)['traceEvents'] for d in done]
        self.assertEqual(*events)
        names = {e['tid']: e['args']['name'] for e in events[0]
                 if e['name'] == 'thread_name'}
        return [f'{e["ph"]} {e["name"]} | {names[e["tid"]]} | {e["ts"]:g}'
                for e in events[0] if e['ph'] in MARKS]

    def test_signal(self):
        """An arrow leads to the handler, which ends with what it calls."""
        self.assertEqual(self.draw(
            call(0x80000000, 'EVENT_SIGNAL', 0, 0x80000101),
            ret(0x80000000, 'EVENT_SIGNAL'),
            dispatch(0x80000101, 0),
            call(0x80000101, 'EVENT_COMPLETE'),
            complete(0x80000101, 0),
        ), [
            'B EVENT_SIGNAL | PE 0x0 | 0', 's event | PE 0x0 | 1',
            'E EVENT_SIGNAL | PE 0x0 | 1', 'B event 0x0 | PE 0x101 | 2',
            'f event | PE 0x101 | 2', 'B EVENT_COMPLETE | PE 0x101 | 3',
            'E EVENT_COMPLETE | PE 0x101 | 4', 'E event 0x0 | PE 0x101 | 4',
        ])

    def test_refused_signal(self):
        self.assertEqual(self.draw(
            call(0, 'EVENT_SIGNAL', 0, 7), ret(0, 'EVENT_SIGNAL', -2),
        ), ['B EVENT_SIGNAL | PE 0x0 | 0', 'E EVENT_SIGNAL | PE 0x0 | 1'])

    def test_nested(self):
        """A critical handler lies within the normal one; both can be left."""
        self.assertEqual(self.draw(
            ('arm_sdei_trigger', 0x40010000, 3), dispatch(1, 0x40010000),
            ('arm_sdei_trigger', 0x40010001, -1), dispatch(1, 0x40010001),
            call(1, 'EVENT_COMPLETE_AND_RESUME', 0x5000),
            ('arm_sdei_complete_and_resume', 1, 0x40010001, 0x5000, 0, 0),
            ('arm_sdei_cpu_off', 1),
        ), [
            'X trigger 0x40010000 for CPU 3 | machine | 0',
            's event | machine | 0',
            'B event 0x40010000 | PE 0x1 | 1', 'f event | PE 0x1 | 1',
            'X trigger 0x40010001 | machine | 2', 's event | machine | 2',
            'B event 0x40010001 | PE 0x1 | 3', 'f event | PE 0x1 | 3',
            'B EVENT_COMPLETE_AND_RESUME | PE 0x1 | 4',
            'E EVENT_COMPLETE_AND_RESUME | PE 0x1 | 5',
            'E event 0x40010001 | PE 0x1 | 5',
            'E event 0x40010000 | PE 0x1 | 6', 'i off | PE 0x1 | 6',
            'B masked | PE 0x1 masks events | 6',
            'E masked | PE 0x1 masks events | 6',
        ])

    def test_mask(self):
        self.assertEqual(self.draw(
            call(0, 'PE_MASK'), ret(0, 'PE_MASK', 1),
            call(0, 'PE_MASK'), ret(0, 'PE_MASK', 0),
            call(0, 'PE_UNMASK'), ret(0, 'PE_UNMASK'),
        )[-3:], [
            'B PE_UNMASK | PE 0x0 | 4', 'E masked | PE 0x0 masks events | 5',
            'E PE_UNMASK | PE 0x0 | 5',
        ])

    def test_cut(self):
        """A trace that begins or ends within handlers is drawn as it is."""
        self.assertEqual(self.draw(
            complete(0, 5), ('arm_sdei_line_owner', 40, 0, 1, 0),
            ('arm_sdei_line', 40, 0, 1), dispatch(0, 6), call(0, 'PE_MASK'),
        ), [
            'i INTID 40 high | machine | 2', 'B event 0x6 | PE 0x0 | 3',
            'B PE_MASK | PE 0x0 | 4', 'E PE_MASK | PE 0x0 | 4',
            'E event 0x6 | PE 0x0 | 4',
        ])

    def as_qmp(self, *events):
        """Return QMP's events, one each ms, and what stands between them."""
        lines = ['{"QMP": {}}', '{"return": {}}', '', 'null', '{"event": "CUT',
                 '{"event": "SDEI_EVENT_TAKEN", "data": {"number": "x"}}']
        for n, (name, data) in enumerate(events):
            lines.append(json.dumps({
                'timestamp': {'seconds': 7, 'microseconds': n * 1000},
                'event': name, **({'data': data} if data else {})}))
        return '\n'.join(lines).encode()

    def as_virsh(self, *events):
        lines = ["event WATCHDOG for domain 'no time': {}", 'events received: 2']
        for n, (name, data) in enumerate(events):
            lines.append(f"event {name} at 7.{n * 1000:06} for domain 'a b': "
                         f'{json.dumps(data) if data else "<null>"}')
        return '\n'.join(lines).encode()

    def test_qmp(self):
        """QMP's events may be few of many: none is there twice, or for ever."""
        taken = {'number': 0x40000001, 'cpu-index': 1}
        events = [('SDEI_CLIENT_CHANGE', {'number': 0x40000001, 'enabled': True}),
                  ('WATCHDOG', {'action': 'inject-nmi'}),
                  ('SDEI_EVENT_TAKEN', taken), ('SDEI_EVENT_TAKEN', taken),
                  ('SDEI_EVENT_COMPLETED', taken),
                  ('SDEI_EVENT_COMPLETED', taken), ('STOP', None)]
        for contents in self.as_qmp(*events), self.as_virsh(*events):
            done = self.run_script(contents, '--qmp', '--text')
            self.assertEqual((done.returncode, done.stderr), (0, ''))
            self.assertEqual(done.stdout.splitlines(), [
                '    us  machine             CPU 1',
                '   0.0  0x40000001 enabled',
                '1000.0  WATCHDOG',
                '2000.0                      .- event 0x40000001',
                "3000.0                      '-",
                '3000.0                      .- event 0x40000001',
                "4000.0                      '-",
                '6000.0  STOP'])

    def test_text(self):
        done = self.run_script(as_text([
            # Columns are in the PEs' order, not in that of the first events
            ret(1, 'PE_MASK', 0),
            call(0, 'EVENT_SIGNAL', 0, 1), ret(0, 'EVENT_SIGNAL'),
            call(1, 'PE_MASK'), ret(1, 'PE_MASK', 1), dispatch(0, 5),
            call(1, 'PE_UNMASK'), dispatch(1, 0),
            ('arm_sdei_trigger', 0x40010001, -1), dispatch(1, 0x40010001),
            call(1, 'EVENT_STATUS', 0), ret(1, 'EVENT_STATUS', 7),
            call(1, 'EVENT_COMPLETE'), complete(1, 0x40010001),
            complete(1, 0), ('arm_sdei_cpu_off', 1)]), '--text')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual(done.stdout.splitlines(), [
            '  us  machine                 PE 0x0                PE 0x1',
            ' 1.0                          EVENT_SIGNAL = 0 ->1',
            ' 3.0                                                PE_MASK = 1',
            ' 5.0                          .- event 0x5          :',
            ' 6.0                          |                     : PE_UNMASK',
            ' 7.0                          |                     : .- event 0x0 <-1',
            ' 8.0  trigger 0x40010001 ->2  |                     : |',
            ' 9.0                          |                     : |  .- event 0x40010001 <-2',
            '10.0                          |                     : |  |  EVENT_STATUS = 7',
            '12.0                          |                     : |  |  EVENT_COMPLETE',
            "13.0                          |                     : |  '-",
            "14.0                          |                     : '-",
            '15.0                          |                     : off'])

    def test_times(self):
        """What is asked for by time is what there is."""
        records = [call(0, 'PE_MASK'), ret(0, 'PE_MASK', 1), dispatch(0, 6),
                   complete(0, 6)]
        done = self.run_script(as_text(records), '--text', '--from', '0.002',
                               '--to', '0.002')
        self.assertEqual(done.stdout.splitlines(),
                         [' us  machine  PE 0x0', '0.0           .- event 0x6'])

    def test_bad_files(self):
        for contents, options, why in (
                (b'arm_sdei_cpu_off PE 0x0\n', (), '-msg timestamp=on'),
                (b'\xff\0', (), 'no event of SDEI'),
                (b'', ('--simple', EVENTS), 'Wrong filetype'),
                (b'x' * 100, ('--simple', EVENTS), 'Not a valid trace file'),
                (as_simple([]), ('--simple', EVENTS), 'no event of SDEI'),
                (self.as_qmp(('STOP', None)), ('--qmp',), 'one a line'),
                (as_text([complete(0, 5)]), ('--from', '1'), 'nothing at that'),
                (b'', ('--simple', '/nowhere'), '/nowhere')):
            with self.subTest(why):
                done = self.run_script(contents, *options)
                self.assertEqual(done.returncode, 1)
                self.assertIn(why, done.stderr)
                self.assertNotIn('Traceback', done.stderr)


if __name__ == '__main__':
    main()
