#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each commit of the series builds and passes what it adds.

All of them were checked when patches/checked was written; what has changed
since is checked here, as far as it goes in MINUTES. A machine without a ccache
that is filled gets to one commit or two.
"""

from pathlib import Path
import re
import subprocess
import sys

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import bases    # noqa: E402

MINUTES = 8
NOT_REACHED = re.compile(r'(\d+) were not reached')


def why_not():
    """Return why nothing can be told, or None."""
    checked = bases.Base().checked
    if not checked.exists():
        return f'it was never checked whole: tools/check-series{bases.Base().option} --ends does'
    commit = (checked.read_text().split() or ['-'])[0]
    known = subprocess.run(['git', '-C', ROOT, 'cat-file', '-e', f'{commit}^{{commit}}'],
                           capture_output=True, check=False).returncode == 0
    return None if known else f'{commit}, where it was checked, is not in the history here'


def main():
    reason = why_not()
    if reason:
        print(f'ok 1 series # SKIP {reason}\n1..1')
        return 0
    with subprocess.Popen([ROOT / 'tools' / 'check-series', '--changed', '--minutes', str(MINUTES)],
                          text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as check:
        lines = []
        for line in check.stdout:
            print('#', line, end='', flush=True)
            lines.append(line.strip())
    if check.returncode or not lines:
        print('\n'.join(['not ok 1 a commit fails', *(f'# {line}' for line in lines[-5:]), '1..1']))
        return 1
    print('ok 1', lines[-1])
    missed = NOT_REACHED.search(lines[-1])
    if missed:
        print(f'ok 2 the rest # SKIP {missed[1]} commits were not reached in {MINUTES} minutes')
    print(f'1..{1 + bool(missed)}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
