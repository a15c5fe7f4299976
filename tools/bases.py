#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The QEMU releases on which our patches stand, the bases.

bases/NAME/ has what belongs to one of them alone:

    lock             its version, where it comes from, and the base that is
                     next newer than it
    NAME.patch       takes the place of patches/NAME.patch; an empty one drops it,
                     for this base alone
    series           names of patches that come before those of patches/series
    base-tree.patch  takes the place of tools/base-tree.patch

A patch that a base does not have for itself is that of the next newer one, and
so on to patches/, which is written for the newest.  As a program, this prints
what is asked for.
"""

import argparse
import os
from pathlib import Path
import re
import subprocess
import sys

sys.dont_write_bytecode = True

ROOT = Path(__file__).resolve().parent.parent
PATCHES = ROOT / 'patches'
DEFAULT = '10.2'
# What two patches may differ in and do the same: where in a file, and of which
PLACES = re.compile(r'^(index [0-9a-f]+\.\.[0-9a-f]+|@@ [-+,0-9 ]+ @@.*)', re.M)
SETTING = re.compile(r'^(QEMU_\w+)=(.*)$', re.M)


class Unknown(Exception):
    """What is not there, and what to do."""


def names():
    return sorted(lock.parent.name for lock in (ROOT / 'bases').glob('*/lock'))


class Base:
    """One of them: by default the one that SDEI_BASE names."""

    def __init__(self, name=None):
        self.name = os.environ.get('SDEI_BASE', DEFAULT) if name is None else name
        self.folder = ROOT / 'bases' / self.name
        self.lock = self.folder / 'lock'
        if self.name not in names():
            raise Unknown(f'there is no base {self.name or "without a name"}',
                          f'--base takes one of: {" ".join(names())}')
        self.settings = dict(SETTING.findall(self.lock.read_text(encoding='utf-8')))

    @property
    def version(self):
        return tuple(map(int, self.settings['QEMU_VERSION'].split('.')))

    @property
    def build(self):
        """The folder of all that is built for it."""
        return ROOT / 'build' / ('' if self.name == DEFAULT else self.name)

    @property
    def option(self):
        """What to add to a command that is to be typed."""
        return '' if self.name == DEFAULT else f' --base {self.name}'

    @property
    def checked(self):
        """The file that says where the whole series was checked, by tools/check-series."""
        return (PATCHES if self.name == DEFAULT else self.folder) / 'checked'

    @property
    def tree(self):
        return self.build / 'qemu-src'

    @property
    def qemu(self):
        return self.build / 'qemu-system-aarch64'

    def python(self):
        """Return the folders of QEMU's Python modules, for sys.path.

        QEMU has none of QMP from release 11 on.
        """
        found = [str(self.tree / 'python')]
        if self.version >= (11,):
            done = subprocess.run([ROOT / 'tools' / 'fetch', 'python3-qemu-qmp'], check=False,
                                  text=True, stdout=subprocess.PIPE)
            if done.returncode:
                raise Unknown('there are no Python modules for QMP',
                              'install python3-qemu-qmp, or see above')
            fetched = done.stdout.strip()
            found += [f'{fetched}/usr/lib/python3/dist-packages'] if fetched else []
        return found

    def folders(self):
        """Return where its patches may be, the first that has one counts."""
        found, base = [], self
        while base:
            if base.folder in found:
                raise Unknown(f'bases/{base.name}/lock: QEMU_NEXT leads in a circle', 'correct it')
            found.append(base.folder)
            next_ = base.settings.get('QEMU_NEXT')
            base = Base(next_) if next_ else None
        return [*found, PATCHES]

    def patch(self, name):
        """Return the file of a patch: for a new one the one that it would be."""
        there = [f / name for f in self.folders() if (f / name).exists()]
        # One that is empty drops the patch for its own base alone
        return next((p for p in there if p.parent == self.folder or p.stat().st_size),
                    PATCHES / name)

    def own_series(self):
        return listed(self.folder / 'series')

    def series(self):
        """Return the names of its patches in their order."""
        named = [*self.own_series(), *listed(PATCHES / 'series')]
        return [n for n in named if not self.patch(n).exists() or self.patch(n).stat().st_size]

    def install(self, new, own=()):
        """Put patches, as names and texts in their order, where they belong.

        A patch that does what the one that counts does leaves it as it is.  One
        that does not replaces it, wherever it is; those that @own names become
        the base's own, as one is that no series has.  One that is gone, and that
        other bases may want, an empty one drops.  Return what was done, in lines.
        """
        shared = listed(PATCHES / 'series')
        mine = [*self.own_series(), *(name for name in own if name not in shared)]
        said = [self.drop(name) for name in self.series() if name not in dict(new)]
        for name, text in new:
            file = self.folder / name if name in own else self.patch(name)
            said += write(file.parent, [(name, text)])
        dropped = [n for n in listed(PATCHES / 'series') if n not in self.series()]
        write_series(self.folder / 'series', [n for n, _ in new if n in mine])
        write_series(PATCHES / 'series',
                     with_dropped([n for n, _ in new if n not in mine], dropped,
                                  listed(PATCHES / 'series')))
        return said

    def drop(self, name):
        """Do without a patch; return what was done."""
        if name in self.own_series() or self.folders()[1:] == [PATCHES]:
            said = f'gone:    {shown(self.patch(name))}'
            self.patch(name).unlink()
        else:
            (self.folder / name).write_text('')
            said = f'dropped: {shown(self.folder / name)}'
        return said

    def tree_patch(self):
        own = self.folder / 'base-tree.patch'
        return own if own.exists() else ROOT / 'tools' / 'base-tree.patch'


def listed(series):
    """Return what a file named "series" lists."""
    if not series.exists():
        return []
    lines = (line.split('#')[0].strip() for line in series.read_text(encoding='utf-8').splitlines())
    return [line for line in lines if line]


def write(folder, patches):
    """Write patches as names and texts, but those that do what is there already; say which."""
    said = []
    folder.mkdir(exist_ok=True)
    for name, text in patches:
        file = folder / name
        if file.exists() and PLACES.sub('', file.read_text()) == PLACES.sub('', text):
            continue
        file.write_text(text)
        said.append(f'written: {shown(file)}')
    return said


def with_dropped(names_, dropped, before):
    """Return names with those that only other bases have, each after the one before it."""
    names_ = list(names_)
    for name in dropped:
        known = [n for n in before[:before.index(name)] if n in names_]
        names_.insert(names_.index(known[-1]) + 1 if known else 0, name)
    return names_


def write_series(file, names_):
    if names_ != listed(file):
        file.parent.mkdir(exist_ok=True)
        file.write_text('# SPDX-License-Identifier: GPL-2.0-or-later\n' +
                        ''.join(f'{name}\n' for name in names_))


def shown(path):
    return str(path.relative_to(ROOT))


def chosen():
    """Return the base that --base names among a program's words, which loses them, or SDEI_BASE."""
    words = sys.argv
    for i, word in enumerate(words[1:], 1):
        name, equals, value = word.partition('=')
        if name == '--base':
            os.environ['SDEI_BASE'] = value if equals else ''.join(words[i + 1:i + 2])
            del words[i:i + (1 if equals else 2)]
            break
    try:
        return Base()
    except Unknown as error:
        sys.exit(f'{Path(words[0]).name}: ' + '{}\n  -> {}'.format(*error.args))


def install(base, args):
    """Install what a folder has, and "series" in it lists."""
    folder = Path(args.install)
    new = [(name, (folder / name).read_text()) for name in listed(folder / 'series')]
    return base.install(new, args.own)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--names', action='store_true', help='the bases')
    what.add_argument('--patches', action='store_true', help='the patches of SDEI_BASE, in their order')
    what.add_argument('--tree-patch', action='store_true', help='the patch of what cannot be built as it is')
    what.add_argument('--python', action='store_true', help="the folders of QEMU's Python modules")
    what.add_argument('--install', metavar='DIR', help='put patches from DIR where they belong')
    parser.add_argument('--own', metavar='NAME', action='append', default=[],
                        help="with --install: make this patch the base's own")
    base = chosen()
    args = parser.parse_args()
    try:
        if args.names:
            lines = names()
        elif args.patches:
            lines = [shown(base.patch(name)) for name in base.series()]
        elif args.tree_patch:
            lines = [shown(base.tree_patch())]
        elif args.python:
            lines = base.python()
        else:
            lines = install(base, args)
        print(''.join(f'{line}\n' for line in lines), end='')
    except Unknown as error:
        print('bases: {}\n  -> {}'.format(*error.args), file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
