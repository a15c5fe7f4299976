#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""More than one base: which patches count, what is said of a base that is not
right, and tools/port from one to the next. With QEMUs of three files.

Those that there are are built and tested by test_other_bases.py.
"""

import hashlib
import shutil
import sys

sys.dont_write_bytecode = True

from scratch import QEMU, Scratch, main, tarball     # noqa: E402

PATCH = '''\
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: Dev <dev@localhost>
Date: Sat, 1 Jan 2000 00:00:00 +0000
Subject: [PATCH] {subject}

Because.
---
diff --git a/{file} b/{file}
index 0000000000000000000000000000000000000000..1111111111111111111111111111111111111111 100644
--- a/{file}
+++ b/{file}
{hunk}
'''
TEN = '@@ -9,3 +9,3 @@\n {} 9\n-{} 10\n+line ten\n {} 11'
VIRT = 'hw/arm/virt.c'
TOOLS = ('prepare', 'build-qemu', 'refresh', 'export', 'demo', 'fetch', 'check-series', 'bases.py')


def ten(word):
    """Return a patch that QEMU 1.0 wants with "line", and 2.0 with "row"."""
    return PATCH.format(subject='hw/arm: Write ten', file=VIRT, hunk=TEN.format(word, word, word))


def kvm(new):
    return PATCH.format(subject='target/arm: Change kvm', file='target/arm/kvm.c',
                        hunk=f'@@ -1 +1 @@\n-int kvm;\n+int {new};')


class TwoBases(Scratch):
    """10.2 with QEMU 1.0, the default, and "new" with QEMU 2.0."""

    def setUp(self):
        super().setUp()
        newer = {**QEMU, 'VERSION': '2.0\n', VIRT: QEMU[VIRT].replace('line', 'row')}
        newest = tarball(newer, 'new')
        self.mirror.files['up/qemu-2.0.tar.xz'] = newest
        self.new = self.root / 'bases' / 'new'
        self.new.mkdir()
        shutil.copy(self.base / 'base-tree.patch', self.new)
        (self.new / 'lock').write_text(
            'QEMU_VERSION=2.0\nQEMU_TAG=v2.0\n\n[qemu]\nfor = all\n'
            f'from = {self.mirror.url}/up/qemu-2.0.tar.xz {hashlib.sha256(newest).hexdigest()}\n')
        old = self.base / 'lock'
        old.write_text(old.read_text().replace('\n\n', '\nQEMU_NEXT=new\n\n', 1))
        self.put(self.root / 'patches', ten('row'), kvm('shared'))

    def put(self, folder, *mails):
        folder.mkdir(exist_ok=True)
        names = []
        for mail in mails:
            subject = mail.split('[PATCH] ')[1].split('\n')[0]
            names.append(subject.lower().replace('/', '-').replace(': ', '-').replace(' ', '-') + '.patch')
            (folder / names[-1]).write_text(mail)
        return names

    def series(self, folder, *names):
        (folder / 'series').write_text(''.join(f'{name}\n' for name in names))

    def both(self):
        """Give 10.2 what it wants of its own."""
        self.series(self.root / 'patches', 'hw-arm-write-ten.patch', 'target-arm-change-kvm.patch')
        self.put(self.base, ten('line'))

    def read(self, base, name):
        tree = self.tree if base == '10.2' else self.root / 'build' / base / 'qemu-src'
        return (tree / name).read_text()


class Choice(TwoBases):
    def test_unknown(self):
        self.both()
        for tool in TOOLS:
            for args in (['--base', 'none'], ['--base=none']):
                with self.subTest(tool=tool, args=args):
                    says = self.fails('there is no base none', tool, *args)
                    self.assertIn('10.2 new', says)
        self.fails('there is no base none', 'prepare', SDEI_BASE='none')
        self.fails('there is no base without a name', 'prepare', '--base')
        self.fails('there is no base ../bases/new', 'prepare', '--base', '../bases/new')

    def test_port_of_what_is_not_there(self):
        self.both()
        self.fails('there is no base none', 'port', '10.2', 'none')
        self.fails('nothing is being ported', 'port', '--go-on')
        self.fails('nothing is being ported', 'port', '--keep')

    def test_side_by_side(self):
        self.both()
        self.succeeds('prepare')
        self.succeeds('prepare', '--base', 'new')
        self.assertEqual(self.read('10.2', 'VERSION'), '1.0\n')
        self.assertEqual(self.read('new', 'VERSION'), '2.0\n')
        for base, word in (('10.2', 'line'), ('new', 'row')):
            self.assertIn(f'{word} 9\nline ten\n{word} 11', self.read(base, VIRT))
            self.assertEqual(self.read(base, 'target/arm/kvm.c'), 'int shared;\n')

    def test_own_patches_come_first(self):
        self.both()
        self.put(self.base, ten('line'), PATCH.format(
            subject='target/arm: Be older', file='target/arm/kvm.c',
            hunk='@@ -1 +1,2 @@\n+int older;\n int kvm;'))
        self.series(self.base, 'target-arm-be-older.patch')
        self.put(self.base, kvm('mine').replace('@@ -1 +1 @@', '@@ -1,2 +1,2 @@\n int older;'))
        self.assertEqual(self.succeeds('bases.py', '--patches').split(),
                         ['bases/10.2/target-arm-be-older.patch', 'bases/10.2/hw-arm-write-ten.patch',
                          'bases/10.2/target-arm-change-kvm.patch'])
        self.succeeds('prepare')
        self.assertEqual(self.read('10.2', 'target/arm/kvm.c'), 'int older;\nint mine;\n')

    def test_empty_patch_drops(self):
        self.both()
        (self.base / 'target-arm-change-kvm.patch').write_text('')
        self.succeeds('prepare')
        self.assertEqual(self.read('10.2', 'target/arm/kvm.c'), 'int kvm;\n')

    def test_patches_lead_in_a_circle(self):
        self.both()
        lock = self.new / 'lock'
        lock.write_text('QEMU_NEXT=10.2\n' + lock.read_text())
        self.fails('leads in a circle', 'bases.py', '--patches')


class Wrong(TwoBases):
    def test_own_patch_does_not_apply(self):
        self.both()
        file = self.base / 'hw-arm-write-ten.patch'
        file.write_text(file.read_text().replace('line 9', 'line nine'))
        says = self.fails('bases/10.2/hw-arm-write-ten.patch does not apply to base 10.2', 'prepare')
        self.assertIn('docs/porting.md', says)

    def test_shared_patch_does_not_apply(self):
        self.both()
        (self.base / 'hw-arm-write-ten.patch').unlink()
        self.fails('patches/hw-arm-write-ten.patch does not apply to base 10.2', 'prepare')

    def test_tree_of_another_base(self):
        self.both()
        mine = self.dir / 'mine'
        mine.mkdir()
        (mine / 'VERSION').write_text('1.0\n')
        says = self.fails('not a QEMU 2.0 tree, which base new', 'prepare', '--base', 'new', QEMU_TREE=mine)
        self.assertIn('--base', says)

    def content(self):
        """Have 10.2 say what its tree contains; return that."""
        self.both()
        _, _, says = self.tool('prepare')
        is_ = says.partition('has no QEMU_CONTENT; of this tree it is ')[2].split()[0]
        self.assertEqual(len(is_), 40)
        lock = self.base / 'lock'
        lock.write_text(f'QEMU_CONTENT={is_}\n' + lock.read_text())
        shutil.rmtree(self.tree)
        return is_

    def test_tree_is_known_by_its_content(self):
        self.content()
        code, _, says = self.tool('prepare')
        self.assertEqual((code, 'CONTENT' in says), (0, False), says)
        mine = self.dir / 'mine'
        for name, text in {**QEMU, 'pc-bios/firmware': 'as in git\n', '.gitmodules': ''}.items():
            (mine / name).parent.mkdir(parents=True, exist_ok=True)
            (mine / name).write_text(text)
        code, _, says = self.tool('prepare', QEMU_TREE=mine)
        self.assertEqual((code, 'its code differs' in says), (0, False), says)
        (mine / 'target/arm/kvm.c').write_text('int kvm;\nint patched_by_me;\n')
        shutil.rmtree(self.tree)
        self.assertIn('its code differs', self.tool('prepare', QEMU_TREE=mine)[2])

    def test_wrong_content(self):
        right = self.content()
        lock = self.base / 'lock'
        lock.write_text(lock.read_text().replace(right, '0' * 40))
        says = self.fails('is not that of QEMU_CONTENT in bases/10.2/lock', 'prepare')
        self.assertIn(right, says)
        self.assertFalse(self.tree.exists())


class Refresh(TwoBases):
    def change(self, base, name, old, new, *args):
        tree = self.root / 'build' / 'qemu-src' if base == '10.2' else self.root / 'build' / base / 'qemu-src'
        self.succeeds('prepare', '--base', base)
        path = tree / name
        path.write_text(path.read_text().replace(old, new))
        commit = self.git('log', '-1', '--format=%H', '--', name, at=tree).strip()
        self.git('commit', '-qa', f'--fixup={commit}', at=tree)
        self.succeeds('refresh', '--base', base, *args)

    def test_where_it_was(self):
        self.both()
        before = (self.root / 'patches' / 'hw-arm-write-ten.patch').read_text()
        self.change('10.2', VIRT, 'line ten', 'line TEN')
        self.assertIn('+line TEN', (self.base / 'hw-arm-write-ten.patch').read_text())
        self.assertEqual((self.root / 'patches' / 'hw-arm-write-ten.patch').read_text(), before)
        self.change('10.2', 'target/arm/kvm.c', 'shared', 'changed')
        self.assertIn('int changed', (self.root / 'patches' / 'target-arm-change-kvm.patch').read_text())
        self.assertFalse((self.base / 'target-arm-change-kvm.patch').exists())
        self.succeeds('prepare', '--base', 'new')
        self.assertEqual(self.read('new', 'target/arm/kvm.c'), 'int changed;\n')

    def test_its_own(self):
        self.both()
        self.change('10.2', 'target/arm/kvm.c', 'shared', 'mine', '--own', 'target-arm-change-kvm.patch')
        self.assertIn('int mine', (self.base / 'target-arm-change-kvm.patch').read_text())
        self.assertIn('int shared', (self.root / 'patches' / 'target-arm-change-kvm.patch').read_text())


class Port(TwoBases):
    def setUp(self):
        """Only 10.2 has its patches, and all are shared."""
        super().setUp()
        shutil.rmtree(self.root / 'patches')
        self.names = self.put(self.root / 'patches', ten('line'), kvm('shared'))
        self.series(self.root / 'patches', *self.names)

    def resolve(self):
        work = self.root / 'build' / 'new' / 'port'
        (work / VIRT).write_text(QEMU[VIRT].replace('line', 'row').replace('row 10', 'line ten'))
        self.git('add', VIRT, at=work)

    def test_conflict_is_named_and_resolved_once(self):
        says = self.fails('"hw/arm: Write ten" conflicts in hw/arm/virt.c', 'port', '10.2', 'new')
        self.assertIn('--go-on', says)
        self.fails('conflicts in hw/arm/virt.c', 'port', '--go-on')
        self.fails('new is being ported to', 'port', '10.2', 'new')
        self.resolve()
        self.succeeds('port', '--go-on')
        # Once more: it is known how
        (self.root / 'build' / 'port.base').unlink()
        self.succeeds('port', '10.2', 'new')
        self.succeeds('port', '--keep')
        self.assertEqual((self.root / 'patches' / 'series').read_text().split()[-2:], self.names)
        self.assertEqual([p.name for p in self.base.glob('*ten.patch')], [self.names[0]])
        self.assertFalse((self.base / self.names[1]).exists(), 'a patch of its own that is not needed')
        for base, word in (('10.2', 'line'), ('new', 'row')):
            self.succeeds('prepare', '--base', base)
            self.assertIn(f'{word} 9\nline ten\n{word} 11', self.read(base, VIRT))
            self.assertEqual(self.read(base, 'target/arm/kvm.c'), 'int shared;\n')

    def test_what_the_new_one_has_already(self):
        """An upstreamed patch is left out there, and stays with the old base."""
        newest = tarball({**QEMU, 'VERSION': '2.0\n', 'target/arm/kvm.c': 'int shared;\n'}, 'new')
        self.mirror.files['up/qemu-2.0.tar.xz'] = newest
        lock = self.new / 'lock'
        lock.write_text(lock.read_text().rsplit(' ', 1)[0] + f' {hashlib.sha256(newest).hexdigest()}\n')
        self.succeeds('port', '10.2', 'new')
        self.succeeds('port', '--keep')
        self.assertEqual(self.succeeds('bases.py', '--base', 'new', '--patches').split(),
                         ['patches/hw-arm-write-ten.patch'])
        self.assertEqual(self.succeeds('bases.py', '--patches').split(),
                         [f'patches/{name}' for name in self.names])
        for base in ('10.2', 'new'):
            self.succeeds('prepare', '--base', base)
            self.assertEqual(self.read(base, 'target/arm/kvm.c'), 'int shared;\n')

    def test_keep_before_the_end(self):
        self.fails('conflicts in', 'port', '10.2', 'new')
        before = (self.root / 'patches' / 'series').read_text()
        self.fails('the port to new is not at its end', 'port', '--keep')
        self.assertEqual((self.root / 'patches' / 'series').read_text(), before)
        self.resolve()
        self.succeeds('port', '--go-on')

    def test_what_is_not_added_is_not_lost(self):
        self.fails('conflicts in', 'port', '10.2', 'new')
        self.resolve()
        edited = self.root / 'build' / 'new' / 'port' / 'target/arm/kvm.c'
        edited.write_text('int mine;\n')
        self.fails('target/arm/kvm.c has changes that are not added', 'port', '--go-on')
        edited.write_text('int kvm;\n')
        self.succeeds('port', '--go-on')
        self.succeeds('port', '--keep')
        self.assertEqual((self.root / 'patches' / 'series').read_text().split()[-2:], self.names)

    def test_to_the_default(self):
        """A mark of what is being ported to is no folder of the default base's."""
        self.fails('conflicts in', 'port', '10.2', 'new')
        self.resolve()
        self.succeeds('port', '--go-on')
        self.succeeds('port', '--keep')
        self.tool('port', 'new', '10.2')
        self.assertEqual((self.root / 'build' / 'port.base').read_text(), '10.2\n')


class Install(TwoBases):
    def commit(self, base, name, text, subject):
        self.succeeds('prepare', '--base', base)
        tree = self.root / 'build' / 'qemu-src'
        (tree / name).write_text(text)
        self.git('commit', '-qam', subject)

    def test_new_one_of_its_own(self):
        self.both()
        self.commit('10.2', 'pc-bios/meson.build', 'mine\n', 'pc-bios: Be mine\n\nBecause.')
        self.succeeds('refresh', '--own', 'pc-bios-be-mine.patch')
        self.assertIn('pc-bios-be-mine.patch', (self.base / 'series').read_text())
        self.assertNotIn('pc-bios-be-mine', (self.root / 'patches' / 'series').read_text())
        self.succeeds('prepare', '--base', 'new')

    def test_gone_on_an_older_one(self):
        """The newer one keeps it."""
        self.both()
        self.succeeds('prepare')
        self.git('reset', '-q', '--hard', 'HEAD^')
        self.succeeds('refresh')
        self.assertEqual((self.base / 'target-arm-change-kvm.patch').read_text(), '')
        shutil.rmtree(self.tree)
        for base, text in (('10.2', 'int kvm;\n'), ('new', 'int shared;\n')):
            self.succeeds('prepare', '--base', base)
            self.assertEqual(self.read(base, 'target/arm/kvm.c'), text)


if __name__ == '__main__':
    sys.exit(main())
