#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/fetch with good and bad mirrors: it goes on by another way, or says why
each has failed and what to do; and the next run goes on from there.

The mirror is on this machine, and its archive is signed with a key that is made
for it.
"""

from email.utils import formatdate
import hashlib
import lzma
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True

from scratch import DEBIAN, NOWHERE, ROOT, UPSTREAM, Mirror, Scratch, main     # noqa: E402

PROGRAMS = ('apt-get', 'dpkg-deb', 'gpg')
TOOL = 'pool/tool_1_all.deb'
NEWER, FAR = 'pool/tool_2_all.deb', 'pool/tool_3_all.deb'
SOURCE = 'pool/code_1.orig.tar.xz'
KERNEL = 'pool/linux-image-6-cloud_6_all.deb'
# A server that says nothing is given up after so many seconds. Long, as one that
# is merely slow must not be.
PATIENCE = 4


class FetchQemu(Scratch):
    def offline(self):
        self.lock(NOWHERE)
        self.env['SDEI_DEBIAN_MIRROR'] = NOWHERE

    def fetch(self, **env):
        return Path(self.succeeds('fetch', '--file', 'qemu', **env))

    def no_way(self, says='could not get qemu', **env):
        return self.fails(says, 'fetch', '--file', 'qemu', **env)

    def test_mirror_then_cache(self):
        path = self.fetch()
        self.assertEqual(path.read_bytes(), self.debian)
        self.offline()
        self.assertEqual(self.fetch(), path)

    def test_upstream_when_the_mirror_has_it_not(self):
        del self.mirror.files[DEBIAN]
        self.assertEqual(self.fetch().read_bytes(), self.upstream)

    def test_wrong_hash_everywhere(self):
        self.mirror.play = {DEBIAN: 'wrong', UPSTREAM: 'wrong'}
        err = self.no_way()
        self.assertEqual(err.count('wrong SHA-256'), 2, err)
        self.assertEqual([p.name for p in self.downloads.iterdir() if '.tar.' in p.name and p.suffix != '.log'], [])
        self.mirror.play = {}
        self.fetch()

    def test_interrupted_download_goes_on(self):
        self.downloads.mkdir(parents=True)
        for left in (self.debian[:100], b'garbage', self.debian, self.debian + b'more'):
            with self.subTest(left=left[:8]):
                (self.downloads / f'{Path(DEBIAN).name}.partial').write_bytes(left)
                path = self.fetch()
                self.assertEqual(path.read_bytes(), self.debian)
                path.unlink()

    def test_connection_lost_half_way(self):
        self.mirror.play = {DEBIAN: 'cut', UPSTREAM: 'cut'}
        self.no_way()
        self.mirror.play = {}
        self.fetch()

    def test_no_network(self):
        self.offline()
        err = self.no_way()
        self.assertIn(f'  {Path(DEBIAN).name}: Could not connect', err)
        self.assertIn('  SDEI_DIST_DIR: not set', err)

    def test_last_resort(self):
        self.offline()
        mine = self.dir / Path(DEBIAN).name
        self.assertIn('it has no qemu_1.0', self.no_way(SDEI_DIST_DIR=self.dir))
        mine.write_bytes(b'not it')
        self.assertIn('SDEI_DIST_DIR: wrong SHA-256', self.no_way(SDEI_DIST_DIR=self.dir))
        mine.write_bytes(self.debian)
        self.assertEqual(self.fetch(SDEI_DIST_DIR=self.dir), mine)

    def test_damaged_cache(self):
        path = self.fetch()
        path.write_bytes(path.read_bytes()[:-1])
        self.fetch()
        self.assertEqual(path.read_bytes(), self.debian)

    def test_named_tarball(self):
        self.offline()
        mine = self.dir / 'mine.tar.xz'
        self.no_way('no such file', QEMU_TARBALL=mine)
        mine.write_bytes(b'no')
        self.no_way('its SHA-256 is none of those', QEMU_TARBALL=mine)
        mine.write_bytes(self.upstream)
        self.assertEqual(self.fetch(QEMU_TARBALL=mine), mine)

    def test_full_disk(self):
        self.no_way('the disk is full', SDEI_FREE_MIB=3)
        self.fetch()

    def test_cache_that_cannot_be(self):
        self.no_way('Not a directory', SDEI_CACHE='/dev/null/cache')

    def test_a_typo_in_the_mirror(self):
        self.no_way('SDEI_DEBIAN_MIRROR=htp://x is not the URL of a mirror', SDEI_DEBIAN_MIRROR='htp://x')

    def test_what_is_no_table(self):
        lock = self.base / 'lock'
        for old, new, says in (('from = ', 'from = pool/x_1_all.deb 12345\n  ', '[qemu]: neither a suite nor'),
                               ('from = ', 'from = htps://x/y.tar ' + 64 * '0' + '\n  ', '[qemu]: neither a suite nor'),
                               ('for = all', 'for all', 'bases/10.2/lock')):
            with self.subTest(new=new):
                good = lock.read_text()
                lock.write_text(good.replace(old, new, 1))
                self.no_way(says)
                lock.write_text(good)

    def test_the_table(self):
        shutil.copy(ROOT / 'base.lock', self.root)
        shutil.copytree(ROOT / 'bases', self.root / 'bases', dirs_exist_ok=True)
        listed = self.succeeds('fetch', '--list').splitlines()
        self.assertIn('qemu', listed[-1])
        self.assertEqual([line for line in listed if len(line.split()) < 2], [])

    def test_no_such_entry(self):
        self.fails('base.lock has no entry [qemo]', 'fetch', 'qemo')


class Archive:
    """A signed Debian archive of a few packages, on a mirror."""

    def __init__(self, folder):
        self.home = folder / 'gnupg'
        self.home.mkdir(mode=0o700)
        self.keyring = folder / 'keyring.gpg'
        self.gpg('--quick-gen-key', 'Test <test@localhost>', 'default', 'default', 'never')
        self.keyring.write_bytes(self.gpg('--export'))
        self.arch = subprocess.run(['dpkg', '--print-architecture'], check=True, text=True,
                                   stdout=subprocess.PIPE).stdout.strip()
        self.folder = folder
        self.files = {}
        near = [self.package('tool', 2)]
        self.suite('near', near, sources=self.source('code', 1))
        self.suite('far', [self.package('tool', 3), self.package('linux-image-6-cloud', 6),
                           self.package('linux-image-cloud', 6, 'Depends: linux-image-6-cloud (= 6)\n'),
                           self.package('linux-all', 6, 'Depends: tool, linux-image-cloud (= 6)\n')])
        self.suite('old', [self.package('tool', 2)], days=-1)
        self.package('tool', 1)

    def gpg(self, *args, data=b''):
        return subprocess.run(['gpg', '--homedir', self.home, '--batch', '--quiet', '--passphrase', '',
                               '--pinentry-mode', 'loopback', *args], input=data, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def close(self):
        subprocess.run(['gpgconf', '--homedir', self.home, '--kill', 'all'], check=False)

    def add(self, path, data):
        self.files[path] = data
        return f'Size: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n'

    def package(self, name, version, more=''):
        tree = Path(tempfile.mkdtemp(dir=self.folder))
        tree.chmod(0o755)
        (tree / 'DEBIAN').mkdir()
        (tree / 'usr').mkdir()
        (tree / 'usr' / name).write_text(f'{version}\n')
        control = (f'Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Test <test@localhost>\n'
                   f'Description: a test\n{more}')
        (tree / 'DEBIAN' / 'control').write_text(control)
        path = f'pool/{name}_{version}_all.deb'
        if path not in self.files:
            subprocess.run(['dpkg-deb', '-Znone', '--root-owner-group', '-b', tree, f'{tree}.deb'], check=True,
                           stdout=subprocess.DEVNULL)
            self.files[path] = Path(f'{tree}.deb').read_bytes()
        return f'{control}Filename: {path}\n{self.add(path, self.files[path])}\n'

    def source(self, name, version):
        tree = self.folder / f'{name}-{version}'
        tree.mkdir()
        (tree / 'Makefile').write_text('all:\n')
        tar, dsc = f'{name}_{version}.orig.tar.xz', f'{name}_{version}-1.dsc'
        data = subprocess.run(['tar', '-cJ', '-C', self.folder, tree.name], check=True, stdout=subprocess.PIPE).stdout
        self.add(f'pool/{tar}', data)
        self.add(f'pool/{dsc}', b'Format: 3.0 (quilt)\n')
        lines = ''.join(f'\n {hashlib.sha256(d).hexdigest()} {len(d)} {f}'
                        for f, d in ((dsc, self.files[f'pool/{dsc}']), (tar, data)))
        return (f'Package: {name}\nBinary: {name}\nVersion: {version}-1\nArchitecture: all\nFormat: 3.0 (quilt)\n'
                f'Maintainer: Test <test@localhost>\nDirectory: pool\nChecksums-Sha256:{lines}\n\n')

    def suite(self, name, packages, sources='', days=7):
        sums = ''
        for path, text in ((f'main/binary-{self.arch}/Packages', ''.join(packages)),
                           ('main/binary-all/Packages', ''.join(packages)), ('main/source/Sources', sources)):
            for suffix, data in (('', text.encode()), ('.xz', lzma.compress(text.encode()))):
                self.add(f'dists/{name}/{path}{suffix}', data)
                sums += f' {hashlib.sha256(data).hexdigest()} {len(data)} {path}{suffix}\n'
        now = time.time()
        release = (f'Origin: Test\nSuite: {name}\nCodename: {name}\nArchitectures: all {self.arch}\n'
                   f'Components: main\nNo-Support-for-Architecture-all: Packages\n'
                   f'Date: {formatdate(now - 172800, usegmt=True)}\n'
                   f'Valid-Until: {formatdate(now + days * 86400, usegmt=True)}\nSHA256:\n{sums}')
        self.files[f'dists/{name}/InRelease'] = self.gpg('--clearsign', data=release.encode())


@unittest.skipUnless(all(map(shutil.which, PROGRAMS)), 'for want of one of ' + ', '.join(PROGRAMS))
class FetchPackage(Scratch):
    """What apt's lists are for: a pinned file, then the lists of two suites."""

    @classmethod
    def setUpClass(cls):
        # A short path: gpg's agent listens there.
        cls.folder = Path(tempfile.mkdtemp(prefix='sdei-'))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.archive = Archive(cls.folder)
        cls.addClassCleanup(cls.archive.close)

    def setUp(self):
        super().setUp()
        self.archive.files[DEBIAN] = self.debian
        self.mirror.files.update(self.archive.files)
        self.env['SDEI_DEBIAN_KEYRING'] = str(self.archive.keyring)
        self.arch = self.archive.arch
        self.table()

    def sha(self, path):
        return hashlib.sha256(self.archive.files[path]).hexdigest()

    def table(self, suites='near far', sha=None, more=''):
        ways = ''.join(f'\n  {suite}' for suite in suites.split())
        self.lock(NOWHERE, f'[tool]\nfor = the tests\nfrom = {TOOL} {sha or self.sha(TOOL)}{ways}\n\n{more}')

    def bad_lists(self, *names, play='wrong'):
        """Serve lists that do not match what their InRelease says."""
        for name in names:
            suite, arch = name.split('/')
            for suffix in ('', '.xz'):
                self.mirror.play[f'dists/{suite}/main/binary-{arch}/Packages{suffix}'] = play

    def gives(self, path, *said, args=('tool',), **env):
        """The tool brings this file, says so, and then needs no network for it."""
        code, out, err = self.tool('fetch', '--file', *args, **env)
        self.assertEqual(code, 0, err)
        self.assertEqual(Path(out).read_bytes(), self.archive.files[path])
        for text in said:
            self.assertIn(text, err)
        self.assertEqual(self.succeeds('fetch', '--file', args[-1], SDEI_DEBIAN_MIRROR=NOWHERE), out)
        return err

    def no_way(self, *said, **env):
        err = self.fails('could not get tool, which is for the tests', 'fetch', 'tool', **env)
        for text in said:
            self.assertIn(f'\n  {text}', f'\n{err}')
        return err

    def test_pinned(self):
        err = self.gives(TOOL)
        self.assertEqual(err, 'fetching tool_1_all.deb\n')
        self.assertEqual(self.mirror.asked, [TOOL])
        tree = Path(self.succeeds('fetch', 'tool'))
        self.assertEqual((tree / 'usr/tool').read_text(), '1\n')

    def test_gone_from_the_pool(self):
        del self.mirror.files[TOOL]
        self.gives(NEWER, 'tool_1_all.deb: 404', f'tool: taking tool_2_all.deb, by the {self.arch} list of near')

    def test_newest(self):
        self.gives(DEBIAN, args=('--newest', 'qemu'))
        self.gives(TOOL)
        self.gives(NEWER, args=('--newest', 'tool'))
        shutil.rmtree(self.dir / 'cache')
        self.mirror.files = {TOOL: self.archive.files[TOOL]}
        self.gives(TOOL, 'tool: taking tool_1_all.deb', args=('--newest', 'tool'))

    def test_list_of_one_architecture(self):
        del self.mirror.files[TOOL]
        self.bad_lists(f'near/{self.arch}')
        self.gives(NEWER, f'the {self.arch} list of near: ', 'by the all list of near')

    def test_list_of_all_architectures(self):
        del self.mirror.files[TOOL]
        self.bad_lists('near/all')
        self.gives(NEWER)

    def test_lists_of_one_suite(self):
        del self.mirror.files[TOOL]
        self.bad_lists('near/all', f'near/{self.arch}', play='cut')
        self.gives(FAR, f'by the {self.arch} list of far')

    def test_no_list_is_right(self):
        del self.mirror.files[TOOL]
        self.bad_lists(*(f'{suite}/{arch}' for suite in ('near', 'far') for arch in ('all', self.arch)))
        err = self.no_way('tool_1_all.deb: 404', *(f'the {arch} list of {suite}: ' for suite in ('near', 'far')
                                                   for arch in (self.arch, 'all')), 'SDEI_DIST_DIR: not set')
        self.assertEqual(len(err.splitlines()), 9, err)
        (self.dir / 'tool_1_all.deb').write_bytes(self.archive.files[TOOL])
        code, out, err = self.tool('fetch', '--file', 'tool', SDEI_DIST_DIR=self.dir)
        self.assertEqual((code, out), (0, str(self.dir / 'tool_1_all.deb')), err)
        self.mirror.play = {}
        self.gives(NEWER)

    def test_no_list_is_there(self):
        self.mirror.files = {path: data for path, data in self.mirror.files.items() if path.startswith('pool/')}
        self.gives(TOOL)
        del self.mirror.files[TOOL]
        shutil.rmtree(self.downloads)
        self.no_way(f'the {self.arch} list of near: the mirror has no such suite')

    def test_unknown_suite(self):
        del self.mirror.files[TOOL]
        self.table('nera far')
        self.gives(FAR, f'the {self.arch} list of nera: the mirror has no such suite')
        shutil.rmtree(self.downloads)
        self.table('nera')
        self.no_way(f'the {self.arch} list of nera: the mirror has no such suite')

    def test_wrong_hash_in_the_table(self):
        self.table(sha=64 * '0')
        self.gives(NEWER, 'tool_1_all.deb: what came has a wrong SHA-256', 'tool: taking tool_2_all.deb')
        shutil.rmtree(self.downloads)
        self.table('', sha=64 * '0')
        self.no_way('tool_1_all.deb: what came has a wrong SHA-256')

    def test_bad_pool_files(self):
        for play in ('wrong', 'cut'):
            with self.subTest(play=play):
                self.mirror.play = {TOOL: play, NEWER: play}
                self.gives(FAR, 'tool_1_all.deb: ', f'the {self.arch} list of near: ', 'tool: taking tool_3_all.deb')
                shutil.rmtree(self.downloads)

    def test_half_a_synchronisation(self):
        """The lists are older or newer than the pool, and were good yesterday"""
        del self.mirror.files[TOOL]
        self.gives(NEWER)
        shutil.rmtree(self.downloads)
        del self.mirror.files[NEWER]
        self.gives(FAR, f'the {self.arch} list of near: 404')

    def test_silent_server(self):
        self.mirror.play = {TOOL: 'stall', 'dists/near/InRelease': 'stall'}
        self.gives(FAR, 'tool_1_all.deb: ', f'the {self.arch} list of near: ', SDEI_TIMEOUT=PATIENCE)

    def test_expired(self):
        del self.mirror.files[TOOL]
        self.table('old far')
        self.gives(FAR, 'is expired')
        shutil.rmtree(self.downloads)
        self.table('old')
        self.assertIn('is expired', self.no_way())

    def test_unsigned(self):
        del self.mirror.files[TOOL]
        self.mirror.files['dists/near/InRelease'] = b'Suite: near\nCodename: near\n'
        self.gives(FAR, f'the {self.arch} list of near: ')

    def test_signed_by_somebody_else(self):
        del self.mirror.files[TOOL]
        self.env['SDEI_DEBIAN_KEYRING'] = str(self.dir / 'empty')
        (self.dir / 'empty').touch()
        self.no_way(f'the {self.arch} list of near: ')

    def test_no_network(self):
        err = self.no_way('tool_1_all.deb: Could not connect', SDEI_DEBIAN_MIRROR=NOWHERE)
        self.assertNotIn('list of near', err, 'a mirror that is not there was asked again')

    def test_interrupted(self):
        """SIGINT while something is asked for; the next run goes on"""
        steps = (('pinned', TOOL), ('release', 'dists/near/InRelease'),
                 ('list', f'dists/near/main/binary-{self.arch}/Packages.xz'), ('by list', NEWER))
        for name, path in steps:
            with self.subTest(name):
                if name != 'pinned':
                    self.mirror.files.pop(TOOL, None)
                self.mirror.play = {path: 'hold'}
                self.mirror.held.clear()
                with subprocess.Popen([self.root / 'tools/fetch', 'tool'], env=self.env, cwd=self.dir, text=True,
                                      start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE) as process:
                    while not self.mirror.held.wait(0.05) and process.poll() is None:
                        pass
                    if process.poll() is None:
                        os.killpg(process.pid, signal.SIGINT)
                    err = process.communicate()[1]
                self.assertEqual(process.returncode, 130, err)
                self.assertNotIn('Traceback', err)
                self.mirror.play = {}
                self.gives(TOOL if name == 'pinned' else NEWER)
                shutil.rmtree(self.dir / 'cache')

    def test_full_disk(self):
        self.fails('the disk is full', 'fetch', 'tool', SDEI_FREE_MIB=3)

    def test_half_unpacked(self):
        tree = Path(self.succeeds('fetch', 'tool'))
        shutil.rmtree(tree)
        tree.with_suffix('.new').mkdir()
        (tree.with_suffix('.new') / 'half').touch()
        self.assertEqual(self.succeeds('fetch', 'tool'), str(tree))
        self.assertEqual([p.name for p in tree.iterdir()], ['usr'])

    def test_source(self):
        self.lock(NOWHERE, f'[code]\nfor = the tests\nfrom = pool/gone/code_0.orig.tar.xz {64 * "0"}\n  near\n')
        tree = Path(self.succeeds('fetch', 'code'))
        self.assertEqual((tree / 'Makefile').read_text(), 'all:\n')

    def test_dependency(self):
        self.lock(NOWHERE, '[linux-image-cloud]\nfor = the tests\ndepends = linux-image-*-cloud\nfrom = near\n  far\n')
        self.gives(KERNEL, f'the {self.arch} list of near: it has no linux-image-cloud', args=('linux-image-cloud',))

    def test_dependency_of_a_dependency(self):
        self.lock(NOWHERE, '[linux-all]\nfor = the tests\ndepends = linux-image-cloud linux-image-*-cloud nothing\n'
                  'from = far\n')
        self.gives(KERNEL, args=('linux-all',))

    def test_named_with_a_version(self):
        entry = f'for = the tests\nfrom = {TOOL} {self.sha(TOOL)}\n  far\n'
        self.lock(NOWHERE, f'[linux-image-*-cloud]\n{entry}')
        self.gives(KERNEL, args=('linux-image-6-cloud',))
        self.assertNotIn(TOOL, self.mirror.asked)

    def test_of_the_machine(self):
        self.table(more=f'[mine]\nfor = the tests\nmachine = echo /\nfrom = {TOOL} {self.sha(TOOL)}\n')
        self.assertEqual(self.succeeds('fetch', 'mine'), '/')
        self.table(more=f'[mine]\nfor = the tests\nmachine = false\nfrom = {TOOL} {self.sha(TOOL)}\n')
        self.gives(TOOL, args=('mine',))

    def machine_with(self, *mirrors):
        """Let this be what the machine's apt knows; no mirror is named."""
        apt = self.dir / 'apt'
        (apt / 'lists/partial').mkdir(parents=True)
        (apt / 'sources.list').write_text(''.join(f'deb {mirror} trixie main\n' for mirror in mirrors))
        (self.dir / 'apt.conf').write_text(
            f'Dir::Etc::parts "/dev/null";\nDir::Etc::sourcelist "{apt}/sources.list";\nDir::Etc::sourceparts "/dev/null";\n'
            f'Dir::State::lists "{apt}/lists";\n')
        self.env['SDEI_DEBIAN_MIRROR'] = ''

    def test_second_mirror_of_the_machine(self):
        second = Mirror()
        self.addCleanup(second.stop)
        second.files = {FAR: self.archive.files[FAR]}
        self.lock(NOWHERE, f'[tool]\nfor = the tests\nfrom = {FAR} {self.sha(FAR)}\n')
        del self.mirror.files[FAR]
        self.machine_with(NOWHERE, self.mirror.url, second.url)
        self.gives(FAR, 'Could not connect', '404', args=('tool',))

    def test_list_of_mirrors(self):
        (self.dir / 'mirrors.list').write_text(f'{self.mirror.url}\tpriority:1\n')
        self.machine_with(f'mirror+file:{self.dir}/mirrors.list')
        self.gives(TOOL)

    def test_machine_without_a_mirror(self):
        self.machine_with()
        self.no_way("a Debian mirror: this machine's apt has none")


if __name__ == '__main__':
    sys.exit(main())
