#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tools in bad circumstances: each must say what is wrong and what to do,
and leave things so that the next run goes on.

Nothing is fetched from elsewhere, nothing is installed. How files are fetched:
test_fetch.py.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True

from scratch import QEMU, ROOT, Scratch, main     # noqa: E402

sys.path.insert(0, str(ROOT / 'tools'))

import bases      # noqa: E402

BASE = bases.Base()


class Prepare(Scratch):
    def edit(self, name, old, new):
        path = self.tree / name
        path.write_text(path.read_text().replace(old, new))

    def make_patch(self):
        """Prepare, change a file in the tree, make a patch of it."""
        self.succeeds('prepare')
        self.edit('hw/arm/virt.c', 'line 10\n', 'line ten\n')
        self.git('commit', '-qam', 'hw/arm: Write ten\n\nBecause.')
        self.succeeds('refresh')
        return self.root / 'patches' / 'hw-arm-write-ten.patch'

    def test_tree(self):
        self.succeeds('prepare')
        self.assertEqual((self.tree / 'hw/arm/virt.c').read_text(), QEMU['hw/arm/virt.c'])
        self.assertIn('if false', (self.tree / 'pc-bios/meson.build').read_text())
        self.assertFalse((self.tree / 'roms/u-boot').exists())
        first = self.git('rev-parse', 'base')
        shutil.rmtree(self.tree)
        self.succeeds('prepare')
        self.assertEqual(self.git('rev-parse', 'base'), first, 'the base commit depends on the run')

    def test_interrupted_unpacking(self):
        left = self.root / 'build' / 'qemu-src.new'
        left.mkdir(parents=True)
        (left / 'half').touch()
        self.succeeds('prepare')
        self.assertFalse(left.exists())
        self.assertFalse((self.tree / 'half').exists())

    def test_full_disk(self):
        self.succeeds('fetch', 'qemu')
        self.fails('the disk is full', 'prepare', SDEI_FREE_MIB=300)
        self.succeeds('prepare')

    def test_named_tree(self):
        mine = self.dir / 'mine'
        mine.mkdir()
        (mine / 'VERSION').write_text('0.9\n')
        self.fails('is not a QEMU 1.0 tree', 'prepare', QEMU_TREE=mine)
        for name, text in QEMU.items():
            (mine / name).parent.mkdir(parents=True, exist_ok=True)
            (mine / name).write_text(text)
        self.succeeds('prepare', QEMU_TREE=mine)

    def test_patch_and_back(self):
        patch = self.make_patch()
        first = patch.read_bytes()
        shutil.rmtree(self.tree)
        self.succeeds('prepare')
        self.assertIn('line ten', (self.tree / 'hw/arm/virt.c').read_text())
        self.succeeds('refresh')
        self.assertEqual(patch.read_bytes(), first, 'a refresh changes the patch')

    def test_fixup_keeps_times(self):
        patch = self.make_patch()
        self.edit('hw/arm/virt.c', 'line ten\n', 'line TEN\n')
        os.utime(self.tree / 'hw/arm/virt.c', (10 ** 9, 10 ** 9))
        self.git('commit', '-qam', 'fixup! hw/arm: Write ten')
        self.succeeds('refresh')
        self.assertIn('+line TEN', patch.read_text())
        self.assertEqual((self.tree / 'hw/arm/virt.c').stat().st_mtime, 10 ** 9)

    def test_changed_patch_touches_only_its_file(self):
        patch = self.make_patch()
        for name in ('hw/arm/virt.c', 'target/arm/kvm.c'):
            os.utime(self.tree / name, (10 ** 9, 10 ** 9))
        patch.write_text(patch.read_text().replace('+line ten', '+line 1O'))
        self.succeeds('prepare')
        self.assertIn('line 1O', (self.tree / 'hw/arm/virt.c').read_text())
        self.assertEqual((self.tree / 'target/arm/kvm.c').stat().st_mtime, 10 ** 9)
        self.assertNotEqual((self.tree / 'hw/arm/virt.c').stat().st_mtime, 10 ** 9)

    def test_edits_are_not_lost(self):
        patch = self.make_patch()
        self.edit('target/arm/kvm.c', 'kvm', 'mine')
        self.succeeds('prepare')
        patch.write_text(patch.read_text().replace('+line ten', '+line 1O'))
        self.fails('changes that are not in patches/', 'prepare')
        self.fails('not committed', 'refresh')
        self.assertIn('mine', (self.tree / 'target/arm/kvm.c').read_text())
        self.succeeds('prepare', '--discard')
        self.assertNotIn('mine', (self.tree / 'target/arm/kvm.c').read_text())
        self.assertIn('line 1O', (self.tree / 'hw/arm/virt.c').read_text())

    def test_stale_context_is_refused(self):
        patch = self.make_patch()
        good = patch.read_text()
        patch.write_text(good.replace(' line 9\n', ' line nine\n'))
        self.fails('does not apply', 'prepare')
        self.assertIn('line ten', (self.tree / 'hw/arm/virt.c').read_text(), 'the tree was changed')
        patch.write_text(good)
        self.succeeds('prepare')

    def test_missing_patch(self):
        self.make_patch().unlink()
        self.fails('which is not there', 'prepare')

    def test_new_files_are_linked(self):
        (self.root / 'target/arm').mkdir(parents=True)
        ours = self.root / 'target/arm/sdei.c'
        ours.write_text('int sdei;\n')
        self.succeeds('prepare')
        self.assertTrue((self.tree / 'target/arm/sdei.c').samefile(ours))
        self.assertEqual(self.git('status', '--porcelain'), '')
        (self.tree / 'target/arm/sdei.c').unlink()
        (self.tree / 'target/arm/sdei.c').write_text('mine\n')
        self.fails('is in the way of a link to target/arm/sdei.c', 'prepare')
        (self.tree / 'target/arm/sdei.c').unlink()
        self.succeeds('prepare')
        self.assertTrue((self.tree / 'target/arm/sdei.c').samefile(ours))
        ours.rename(ours.with_name('other.c'))
        self.succeeds('prepare')
        self.assertFalse((self.tree / 'target/arm/sdei.c').is_symlink())
        self.assertTrue((self.tree / 'target/arm/other.c').exists())
        ours.with_name('kvm.c').write_text('replaced\n')
        self.fails("is a file of QEMU's own", 'prepare')

    def test_new_file_only_in_the_tree(self):
        self.succeeds('prepare')
        (self.tree / 'hw/arm/new.c').touch()
        self.fails('is a new file that only the tree has', 'refresh')


class Export(Scratch):
    def test_series_applies_to_upstream(self):
        (self.root / 'hw/arm').mkdir(parents=True)
        (self.root / 'hw/arm/virt-sdei.c').write_text('int sdei;\n')
        self.succeeds('prepare')
        path = self.tree / 'hw/arm/virt.c'
        path.write_text(path.read_text().replace('line 3\n', 'call sdei\n'))
        maintainers = self.tree / 'MAINTAINERS'
        maintainers.write_text('Virt\nM: x <nobody@localhost>\n')
        self.git('add', 'MAINTAINERS')
        self.git('commit', '-qam', 'hw/arm: Call it\n\nBecause.\n\n'
                 'Adds: hw/arm/virt-*.c\nUpstream-Status: Pending\nSigned-off-by: Dev <d@x>',
                 '--author', 'x <nobody@localhost>')
        self.succeeds('refresh')
        out = self.dir / 'series'
        self.succeeds('export', out)
        upstream = self.dir / 'upstream'
        for name, text in QEMU.items():
            (upstream / name).parent.mkdir(parents=True, exist_ok=True)
            (upstream / name).write_text(text)
        self.git('init', '-q', at=upstream)
        self.git('add', '-A', at=upstream)
        self.git('commit', '-qm', 'v1.0', at=upstream)
        self.git('am', *out.glob('*.patch'), at=upstream)
        self.assertEqual((upstream / 'hw/arm/virt-sdei.c').read_text(), 'int sdei;\n')
        self.assertIn('call sdei', (upstream / 'hw/arm/virt.c').read_text())
        # It is from nobody with us, and from who sends it there
        self.assertEqual((upstream / 'MAINTAINERS').read_text(),
                         'Virt\nM: Dev <dev@localhost>\n')
        self.assertEqual(self.git('log', '-1', '--format=%an %ae', at=upstream).strip(),
                         'Dev dev@localhost')
        self.assertEqual(self.git('log', '-1', '--format=%B', at=upstream).strip(),
                         'hw/arm: Call it\n\nBecause.\n\nSigned-off-by: Dev <d@x>\n'
                         'Signed-off-by: Dev <dev@localhost>')

    def test_nobody_signs(self):
        self.succeeds('prepare')
        path = self.tree / 'hw/arm/virt.c'
        path.write_text(path.read_text().replace('line 3\n', 'call sdei\n'))
        self.git('commit', '-qam', 'hw/arm: Call it')
        self.succeeds('refresh')
        code, _, err = self.tool('export', self.dir / 'series', GIT_COMMITTER_NAME='')
        self.assertEqual(code, 1)
        self.assertIn('git config user.name', err)

    def test_placeholder_does_not_send(self):
        self.succeeds('prepare')
        (self.tree / 'VERSION').write_text('1.0-sdei\n')
        self.git('commit', '-qam', 'Change the version', '--author', 'We <w@users.noreply.x>')
        self.succeeds('refresh')
        for who in ({'GIT_COMMITTER_NAME': 'x'}, {'GIT_COMMITTER_EMAIL': '1+me@users.noreply.y'}):
            code, _, err = self.tool('export', self.dir / 'series', **who)
            self.assertEqual(code, 1, who)
            self.assertIn('whom a maintainer could answer', err)
        self.succeeds('export', self.dir / 'series')
        mail, = (self.dir / 'series').glob('*.patch')
        self.assertIn('\nFrom: Dev <dev@localhost>\n', mail.read_text())

    def test_cover_letter_says_what_it_is_for(self):
        lock = self.root / 'bases/10.2/lock'
        lock.write_text(lock.read_text().replace('QEMU_TAG=', 'QEMU_COMMIT=0123abcd\nQEMU_TAG=', 1))
        self.succeeds('prepare')
        path = self.tree / 'hw/arm/virt.c'
        path.write_text(path.read_text().replace('line 3\n', 'call sdei\n'))
        self.git('commit', '-qam', 'hw/arm: Call it\n\nBecause.\n\nUpstream-Status: Pending')
        self.succeeds('refresh')
        (self.root / 'patches/cover-letter').write_text('arm: NMIs\n\nGuests hang.\n')
        self.succeeds('export', self.dir / 'series')
        letter = (self.dir / 'series/0000-cover-letter.patch').read_text()
        self.assertRegex(letter, r'Subject: \[PATCH 0/1\] arm: NMIs\n')
        self.assertIn('\nGuests hang.\n', letter)
        self.assertTrue(letter.endswith('\n\nbase-commit: 0123abcd\n'), letter)

    def test_file_of_no_patch(self):
        (self.root / 'hw/arm').mkdir(parents=True)
        (self.root / 'hw/arm/virt-sdei.c').write_text('int sdei;\n')
        self.succeeds('prepare')
        self.git('commit', '-q', '--allow-empty', '-m', 'x')
        (self.tree / 'VERSION').write_text('1.0-sdei\n')
        self.git('commit', '-q', '-a', '--amend', '-m', 'Change the version')
        self.succeeds('refresh')
        code, _, err = self.tool('export', self.dir / 'series')
        self.assertEqual(code, 1)
        self.assertIn('no patch adds hw/arm/virt-sdei.c', err)


class Steps(Scratch):
    """A file of ours that grows in several commits."""

    def setUp(self):
        super().setUp()
        (self.root / 'hw/arm').mkdir(parents=True)
        self.write('hw/arm/sdei.c', 'rules\ncalls\n')
        self.write('hw/arm/sdei.sh', '#!/bin/sh\n')
        (self.root / 'hw/arm/sdei.sh').chmod(0o755)
        self.succeeds('prepare')
        version = self.tree / 'VERSION'
        version.write_text('1.0-sdei\n')
        self.git('commit', '-qam', 'hw/arm: Add sdei\n\nBecause.\n\n'
                 'Adds: hw/arm/*\nUpstream-Status: Pending\n')
        self.succeeds('refresh')
        self.series = self.root / 'build' / 'series'
        self.patches = self.root / 'patches'

    def write(self, name, text, at=None):
        ((at or self.root) / name).write_text(text)

    def commit(self, subject, *options):
        self.git('add', '-A', at=self.series)
        self.git('commit', '-qm', f'{subject}\n\nBecause.\n\nUpstream-Status: Pending\n', *options,
                 at=self.series)

    def split(self):
        """Make two commits of one: the second gives sdei.c its second line, and nothing else."""
        self.succeeds('export', '--edit')
        self.write('hw/arm/sdei.c', 'rules\n', self.series)
        self.commit('hw/arm: Add the rules', '--amend')
        self.write('hw/arm/sdei.c', 'rules\ncalls\n', self.series)
        self.commit('hw/arm: Add the calls')

    def contents(self):
        return {path.name: path.read_text() for path in self.patches.iterdir()}

    def trees(self):
        commits = [line.split('\t')[0] for line in self.succeeds('export', '--commits').splitlines()]
        return [self.git('show', f'{commit}:hw/arm/sdei.c') for commit in commits]

    def test_nothing_changes_nothing(self):
        before = self.contents()
        self.succeeds('export', '--edit')
        self.assertTrue(os.access(self.series / 'hw/arm/sdei.sh', os.X_OK))
        self.succeeds('export', '--keep')
        self.assertEqual(self.contents(), before)
        self.assertFalse(self.series.exists())

    def test_split(self):
        self.split()
        self.succeeds('export', '--keep')
        self.assertEqual(sorted(self.contents()),
                         ['hw-arm-add-the-calls.patch', 'hw-arm-add-the-calls.step',
                          'hw-arm-add-the-rules.patch', 'series'])
        self.assertIn('Adds: hw/arm/sdei.c hw/arm/sdei.sh\n',
                      self.contents()['hw-arm-add-the-rules.patch'])
        self.assertEqual(self.trees(), ['rules\n', 'rules\ncalls\n'])
        # The other tools cope with a patch that does not change QEMU
        before = self.contents()
        shutil.rmtree(self.tree)
        self.succeeds('prepare')
        self.succeeds('refresh')
        self.assertEqual(self.contents(), before)
        self.succeeds('export', '--edit')
        self.succeeds('export', '--keep')
        self.assertEqual(self.contents(), before)
        self.succeeds('export', self.dir / 'out')
        self.assertIn('+calls', next((self.dir / 'out').glob('0002*')).read_text())

    def test_pattern_that_a_later_commit_would_lose_to(self):
        self.succeeds('export', '--edit')
        (self.series / 'hw/arm/sdei.c').unlink()
        self.git('rm', '-q', '--cached', 'hw/arm/sdei.c', at=self.series)
        self.git('commit', '-q', '--amend', '--no-edit', at=self.series)
        self.write('hw/arm/sdei.c', 'rules\ncalls\n', self.series)
        self.commit('hw/arm: Add the rules')
        self.succeeds('export', '--keep')
        self.assertIn('Adds: hw/arm/sdei.sh\n', self.contents()['hw-arm-add-sdei.patch'])

    def refused(self, says, *args):
        before = self.contents()
        code, _, err = self.tool('export', *args)
        self.assertEqual(code, 1)
        self.assertIn(says, err)
        self.assertEqual(self.contents(), before)

    def test_what_is_not_kept(self):
        self.refused('there is no build/series', '--keep')
        self.succeeds('export', '--edit')
        self.refused('is there already', '--edit')
        self.write('hw/arm/sdei.c', 'other\n', self.series)
        self.refused('not committed', '--keep')
        self.commit('hw/arm: Change it')
        self.refused('hw/arm/sdei.c at the end of build/series is not what it is here', '--keep')
        self.write('hw/arm/sdei.c', 'rules\ncalls\n', self.series)
        self.write('hw/arm/new.c', 'new\n', self.series)
        self.commit('hw/arm: Add more')
        self.refused('hw/arm/new.c is new in build/series', '--keep')
        self.git('reset', '-q', '--hard', 'HEAD~2', at=self.series)
        self.git('commit', '-q', '--allow-empty', '-m', 'Something', at=self.series)
        self.refused('no "Upstream-Status:" line', '--keep')
        self.git('reset', '-q', '--hard', 'base', at=self.series)
        self.refused('no commit in build/series adds hw/arm/sdei.c', '--keep')

    def test_stale_step(self):
        self.split()
        self.succeeds('export', '--keep')
        self.write('hw/arm/sdei.c', 'rules\nCALLS\n')
        self.refused('cannot be taken back', self.dir / 'out')
        self.write('hw/arm/sdei.c', 'Rules\ncalls\n')
        self.refused('cannot be taken back', self.dir / 'out')

    def test_change_near_a_step(self):
        lines = [f'line {n}\n' for n in range(20)]
        def write(first, *more, at=None):
            self.write('hw/arm/sdei.c', ''.join([first, *lines[1:8], *more, *lines[8:]]), at)
        write(lines[0], 'calls\n')
        self.succeeds('export', '--edit')
        write(lines[0], at=self.series)
        self.commit('hw/arm: Add the rules', '--amend')
        write(lines[0], 'calls\n', at=self.series)
        self.commit('hw/arm: Add the calls')
        self.succeeds('export', '--keep')
        self.git('add', '-A', at=self.root)
        self.git('commit', '-qm', 'All', at=self.root)
        # Within the step's context, of what only our repository has
        shutil.rmtree(self.tree)
        self.succeeds('prepare')
        lines[6] = 'changed\n'
        write(lines[0], 'calls\n')
        before, after = self.trees()
        self.assertEqual(before, ''.join(lines))
        self.assertEqual(after, ''.join([*lines[:8], 'calls\n', *lines[8:]]))

    def test_step_before_its_file(self):
        self.split()
        self.succeeds('export', '--keep')
        lines = (self.patches / 'series').read_text().splitlines()
        (self.patches / 'series').write_text('\n'.join([lines[2], lines[1]]) + '\n')
        self.refused('which no patch before it adds', self.dir / 'out')

    def test_which_commits_are_checked(self):
        self.split()
        self.succeeds('export', '--keep')
        self.git('add', '-A', at=self.root)
        self.git('commit', '-qm', 'All', at=self.root)
        self.assertEqual(self.succeeds('check-series', '--changed', 'HEAD'), 'none of the 2 commits has changed')
        self.fails('patches/checked names no commit', 'check-series', '--changed')
        head = self.git('rev-parse', 'HEAD', at=self.root)
        (self.patches / 'checked').write_text(f'{head} 2026-01-01\n')
        self.assertEqual(self.succeeds('check-series', '--changed'), 'none of the 2 commits has changed')
        self.fails('3 names no commit', 'check-series', '1-3')
        self.fails('x names no commit', 'check-series', 'x')
        # Nothing here could be built: it must get to where it tries
        self.write('hw/arm/sdei.sh', '#!/bin/bash\n')
        self.fails('build-qemu --words', 'check-series', '--changed')

    def test_reworded_patch_keeps_its_step(self):
        self.split()
        self.succeeds('export', '--keep')
        self.succeeds('prepare')
        before = self.contents()
        self.git('commit', '-q', '--amend', '--allow-empty', '-m',
                 'hw/arm: Add all\n\nBecause.\n\nUpstream-Status: Pending\n')
        self.fails('there is a patches/hw-arm-add-the-calls.step', 'refresh')
        self.assertEqual(self.contents(), before)


@unittest.skipUnless(shutil.which('dpkg-query'), 'not a Debian system')
class Setup(Scratch):
    """tools/setup with stand-ins for what would change the machine."""

    def stand_ins(self, **scripts):
        folder = self.dir / 'bin'
        folder.mkdir(exist_ok=True)
        for name, text in scripts.items():
            path = folder / name.replace('_', '-')
            path.write_text(f'#!/bin/sh\n{text}\n')
            path.chmod(0o755)
        self.env['PATH'] = f'{folder}:{os.environ["PATH"]}'
        self.calls = self.dir / 'calls'

    def test_nothing_missing(self):
        self.stand_ins(dpkg_query='echo installed all', apt_get='exit 9')
        self.succeeds('setup')

    def test_of_another_architecture(self):
        self.stand_ins(dpkg_query='echo installed vax', id='echo 0', apt_get=f'echo "$@" >>{self.dir}/calls')
        self.succeeds('setup')
        self.assertIn('install git ', self.calls.read_text())

    def test_not_root(self):
        self.stand_ins(dpkg_query='exit 1', apt_get='exit 9', id='echo 1000', sudo='exit 1')
        code, _, err = self.tool('setup')
        self.assertEqual(code, 1)
        self.assertIn('apt-get install --no-install-recommends git ', err)

    def test_sudo(self):
        self.stand_ins(dpkg_query='exit 1', id='echo 1000', sudo='shift 0; "$@"; exit 0',
                       apt_get=f'echo "$@" >>{self.dir}/calls')
        self.succeeds('setup')
        self.assertIn('install git ', self.calls.read_text())

    def test_root_with_old_lists(self):
        self.stand_ins(dpkg_query='exit 1', id='echo 0', apt_get=(
            f'echo "$@" >>{self.dir}/calls; case "$*" in *update) touch {self.dir}/new;; '
            f'*) test -e {self.dir}/new;; esac'))
        self.succeeds('setup')
        self.assertEqual(len(self.calls.read_text().splitlines()), 3)

    def test_one_list_cannot_be_had(self):
        self.stand_ins(dpkg_query='exit 1', id='echo 0', apt_get=(
            f'case "$*" in *update) touch {self.dir}/new; exit 100;; *) test -e {self.dir}/new;; esac'))
        self.succeeds('setup')

    def test_what_is_for_tests_and_for_one_tool(self):
        self.stand_ins(dpkg_query='exit 1')
        asked = [set(self.succeeds('setup', '--list', *more).split()) for more in ((), ('--tests',), ('bc',))]
        self.assertIn('gcc', asked[0])
        self.assertNotIn('shellcheck', asked[0])
        self.assertIn('shellcheck', asked[1])
        self.assertEqual(asked[2] - asked[0], {'bc'})

    def test_apt_fails(self):
        self.stand_ins(dpkg_query='exit 1', id='echo 0', apt_get='echo E: broken; exit 100')
        self.assertIn('E: broken', self.fails('apt-get could not install', 'setup'))

    def test_says_why_there_is_no_such_package(self):
        self.stand_ins(dpkg_query='exit 1', id='echo 0', apt_get=(
            'case "$*" in *update) echo W: Failed to fetch the list;; '
            '*) for n in 1 2 3 4 5 6 7 8 9; do echo E: no package $n; done;; esac; exit 100'))
        err = self.fails('apt-get could not install', 'setup')
        self.assertEqual(err.count('W: Failed to fetch the list\n'), 1, err)
        self.assertEqual(err.count('E: no package'), 7, err)


class Commands(Scratch):
    """./run and ./check with stand-ins for what they call."""

    def setUp(self):
        super().setUp()
        for name in ('run', 'check'):
            shutil.copy(ROOT / name, self.root / name)
        self.env['PATH'] = f'{self.dir / "bin"}:{os.environ["PATH"]}'
        self.stand_in('tools/setup', 'exit 0')
        self.stand_in('tools/build-qemu', 'echo building >&2')
        self.stand_in('tools/guest-images', 'exit 0')

    def stand_in(self, name, text):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(f'#!/bin/sh\n{text}\n')
        path.chmod(0o755)

    def command(self, *args, **env):
        done = subprocess.run(args, cwd=self.root, env={**self.env, **env}, text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def test_guest_comes_while_qemu_compiles(self):
        mark = self.dir / 'fetched'
        self.stand_in('tools/guest-images', f'echo "fetching kernel" >&2; echo "why not" >&2; touch {mark}')
        self.stand_in('tools/build-qemu', f'for i in $(seq 1200); do test ! -e {mark} || exit 0; sleep 0.1; done; exit 1')
        self.stand_in('tools/demo', 'echo shown')
        self.assertEqual(self.command('./run'), (0, '      fetching kernel\nshown\n'))

    def test_no_guest_for_arguments(self):
        self.stand_in('tools/guest-images', 'echo "fetching kernel"')
        self.stand_in('build/qemu-system-aarch64', 'echo "$@"')
        self.assertEqual(self.command('./run', '-version'), (0, 'building\n-machine virt,sdei=on -version\n'))

    def test_full(self):
        self.stand_in('tools/setup', 'echo setup "$@"')
        self.stand_in('tools/build-qemu', 'echo build "$@"')
        self.stand_in('tools/demo', 'echo demo "$@"')
        qemu = 'build/qemu-full/qemu-system-aarch64'
        (self.root / qemu).parent.mkdir(parents=True)
        self.stand_in(qemu, 'echo "$@"')
        built = 'setup --full\nbuild --full\n'
        self.assertEqual(self.command('./run', '--full', '-version'),
                         (0, f'{built}-machine virt,sdei=on -version\n'))
        self.assertEqual(self.command('./run', '--full', '--nmi'),
                         (0, f'{built}demo --qemu {self.root / qemu} --nmi\n'))

    def check(self, *args, **env):
        """Run ./check where only one test passes; return its exit code and lines."""
        log = self.dir / 'log.json'
        log.write_text(json.dumps({'name': 'x:unit / a', 'result': 'OK', 'stdout': '1..1\nok 1 x\n'}))
        self.stand_in('../bin/meson', 'case $1 in test) mkdir -p build/meson-logs; '
                      f'cp {log} build/meson-logs/testlog.json;; esac')
        code, out = self.command('./check', *args, **env)
        return code, out.splitlines()

    def test_check_says_first_what_it_will_skip(self):
        self.stand_in('tools/fetch', 'case $* in *pycotap*) exit 1;; esac')
        code, lines = self.check('functional')
        self.assertEqual((code, lines[-1]), (0, '1 passed, 0 failed'), lines)
        skips = lines[:lines.index('building')]
        self.assertEqual([line.split(',')[0] for line in skips],
                         ['will be skipped: kdump', 'will be skipped: all guests'])
        self.assertTrue(all(' -> ' in line for line in skips))
        (self.dir / 'Image-7.3.0-sdei').touch()
        self.stand_in('tools/fetch', 'exit 0')
        self.assertEqual(self.check('functional', SDEI_GUEST_DIR=str(self.dir))[1][0], 'building')

    def test_check_full_makes_the_kernel(self):
        self.stand_in('tools/fetch', 'exit 0')
        self.stand_in('tools/guest-kernel', 'echo kernel >&2; mkdir -p "$SDEI_CACHE/kernel"; '
                      'touch "$SDEI_CACHE/kernel/Image-7.3.0-sdei"')
        self.assertEqual(self.check('full')[1][0], 'kernel')
        self.assertNotIn('kernel', self.check('full')[1])
        shutil.rmtree(self.dir / 'cache')
        self.stand_in('tools/guest-kernel', 'exit 1')
        code, lines = self.check('full')
        self.assertEqual((code, lines[-1]), (0, '1 passed, 0 failed'), lines)


class Firmware(Scratch):
    """ROMs, EDK2 and keymaps beside the binary and in an installation."""

    def test_files_that_others_can_read(self):
        build = BASE.build / 'qemu'
        bundle = build / 'qemu-bundle'
        if not (build / 'sdei-firmware').exists():
            self.skipTest('no firmware has been put beside the binary')
        files = [path for folder in bundle.rglob('keymaps') for path in
                 (*folder.iterdir(), *folder.parent.glob('*.rom'), *folder.parent.glob('*.fd'))]
        self.assertIn('efi-virtio.rom', [path.name for path in files])
        self.assertIn('edk2-aarch64-code.fd', [path.name for path in files])
        self.assertEqual([path for path in files if path.is_symlink() or path.stat().st_mode & 0o777 != 0o644], [])

    def test_installation(self):
        patch = (ROOT / 'tools/base-tree.patch').read_text()
        script = re.search(r"install_script\('sh', '-c', \'\'\'\n(.*?)\n\+\'\'\'", patch, re.S)[1].replace('\n+', '\n').lstrip('+')
        data = self.dir / 'qemu-bundle/usr/share/qemu'
        data.mkdir(parents=True)
        there = self.dir / 'dest/usr'
        for name in ('none', 'efi-x.rom'):
            if name != 'none':
                (data / name).write_text('rom')
                (data / name).chmod(0o600)
                (data / 'a.link').symlink_to(name)
            subprocess.run(['sh', '-c', script, 'share/qemu'], check=True, env={
                **self.env, 'MESON_BUILD_ROOT': str(self.dir), 'MESON_INSTALL_PREFIX': '/usr',
                'MESON_INSTALL_DESTDIR_PREFIX': str(there)})
        self.assertEqual([p.name for p in (there / 'share/qemu').iterdir()], ['efi-x.rom'])
        self.assertEqual((there / 'share/qemu/efi-x.rom').stat().st_mode & 0o777, 0o644)


class Package(Scratch):
    """AppArmor's profile of libvirt's guests, with each libvirt and without."""

    LINE = 'include if exists <abstractions/libvirt-qemu.d/qemu-sdei>\n'
    DEBIAN = ROOT / 'packaging/debian'

    def script(self, name, argument):
        subprocess.run(['sh', self.DEBIAN / f'qemu-sdei.{name}', argument], check=True,
                       env={**self.env, 'DPKG_ROOT': str(self.dir)})

    def profiles(self):
        root = self.dir / 'etc'
        return {str(path.relative_to(root)): path.read_text() for path in root.rglob('*') if path.is_file()}

    def test_comes_and_goes(self):
        old = 'include <local/abstractions/libvirt-qemu>\n'
        new = 'include if exists <abstractions/libvirt-qemu.d>\n' + old
        name, local = 'apparmor.d/abstractions/libvirt-qemu', 'apparmor.d/local/abstractions/libvirt-qemu'
        for before, added in (({}, self.LINE), ({name: old, local: ''}, self.LINE),
                              ({name: old, local: '/data/** r,\n'}, '/data/** r,\n' + self.LINE),
                              ({name: new, local: ''}, ''), ({name: new}, None)):
            shutil.rmtree(self.dir / 'etc', ignore_errors=True)
            for path, text in before.items():
                (self.dir / 'etc' / path).parent.mkdir(parents=True, exist_ok=True)
                (self.dir / 'etc' / path).write_text(text)
            with self.subTest(before):
                self.script('postinst', 'configure')
                self.script('postinst', 'configure')
                self.assertEqual(self.profiles().get(local), added)
                self.script('postrm', 'upgrade')
                self.assertEqual(self.profiles().get(local), added)
                self.script('postrm', 'remove')
                self.script('postrm', 'purge')
                self.assertEqual(self.profiles(), before)

    def test_parses(self):
        parser = shutil.which('apparmor_parser', path=f'{os.environ["PATH"]}:/usr/sbin:/sbin')
        if not parser:
            self.skipTest('not installed: apparmor')
        folder = self.dir / 'abstractions'
        folder.mkdir()
        shutil.copy(self.DEBIAN / 'qemu-sdei.apparmor-abstraction', folder / 'qemu-sdei')
        text = ('include <tunables/global>\nprofile guest {\n  include <abstractions/base>\n'
                f'  include "{folder}/qemu-sdei"\n  {self.LINE}}}\n')
        done = subprocess.run([parser, '--skip-kernel-load', '--skip-cache', '--debug'], input=text, text=True,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)


class Report(Scratch):
    def report(self, *tests, duration=59):
        log = self.dir / 'log.json'
        log.write_text(''.join(json.dumps({'name': f'sdei-for-qemu:unit / {name}',
                                           'result': result, 'stdout': out, 'duration': duration}) + '\n'
                               for name, result, out in tests))
        code, out, _ = self.tool('test-report', log)
        return code, out.splitlines()

    def test_all_pass(self):
        self.assertEqual(self.report(('a', 'OK', '1..2\nok 1 x\nok 2 y # SKIP no reason\n')),
                         (0, ['skipped, 1: no reason (a: y)', '1 passed, 0 failed, 1 skipped']))

    def test_minutes(self):
        self.assertEqual(self.report(('a', 'OK', '1..1\nok 1 x\n'), ('b', 'OK', '1..1\nok 1 y\n'), duration=150),
                         (0, ['minutes: b 2, a 2', '2 passed, 0 failed']))

    def test_one_fails(self):
        code, lines = self.report(('a', 'FAIL', '1..2\nok 1 x\nnot ok 2 - y\n# why\n'))
        self.assertEqual((code, lines[:2], lines[-1]),
                         (1, ['FAILED: a: y', '    why'], '1 passed, 1 failed'))

    def test_stops_half_way(self):
        code, lines = self.report(('a', 'ERROR', '1..3\nok 1 x\nBail out!\n'))
        self.assertEqual((code, lines[-1]), (1, '1 passed, 1 failed'))
        self.assertIn('stopped after 1 tests', lines[1])

    def test_ends_badly(self):
        code, lines = self.report(('a', 'ERROR', '1..1\nok 1 x\n'))
        self.assertEqual((code, lines[-1]), (1, '1 passed, 1 failed'))

    def test_nested(self):
        self.assertEqual(self.report(('a', 'OK', '1..1\n    ok 1 x\n    ok 2 y\n    1..2\nok 1 z\n')),
                         (0, ['2 passed, 0 failed']))

    def test_all_skipped_is_no_test(self):
        code, lines = self.report(('a', 'SKIP', '1..0 # SKIP no network\n'))
        self.assertEqual((code, lines[-1]), (1, '0 passed, 0 failed, 1 skipped'))

    def test_nothing_ran(self):
        self.assertEqual(self.tool('test-report', '/nonexistent')[0], 1)


if __name__ == '__main__':
    sys.exit(main())
