#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The tools in bad circumstances: each must say what is wrong and what to do,
and leave things so that the next run goes on.

They run in a copy of their own with a QEMU of three files and a mirror on
this machine: nothing is fetched from elsewhere, nothing is installed.
"""

import hashlib
import http.server
import io
import json
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = 'http://127.0.0.1:1'      # refuses connections at once
DEBIAN, UPSTREAM = 'qemu_1.0+ds.orig.tar.xz', 'qemu-1.0.tar.xz'

QEMU = {
    'VERSION': '1.0\n',
    'pc-bios/meson.build': "roms = []\nif unpack_edk2_blobs\n  fds = [\n"
                           "    'edk2-aarch64-code.fd',\n    'edk2-arm-code.fd',\n",
    'hw/arm/virt.c': ''.join(f'line {n}\n' for n in range(1, 21)),
    'target/arm/kvm.c': 'int kvm;\n',
    'roms/u-boot/large': 'never unpacked\n',
}


def tarball(files, comment):
    """Make a tarball of a QEMU; comment makes the bytes differ."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w:xz') as tar:
        for name, text in {**files, 'comment': comment}.items():
            info = tarfile.TarInfo(f'qemu-1.0/{name}')
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


class Mirror:
    """A web server for one folder of names; cut[name] breaks a download."""

    def __init__(self):
        self.files = {}
        self.cut = {}
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rsplit('/', 1)[1].replace('%2b', '+')
                data = mirror.files.get(name)
                if data is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header('Content-Length', str(len(data)))
                self.end_headers()
                self.wfile.write(data[:mirror.cut.get(name, len(data))])

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_port}'
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Scratch(unittest.TestCase):
    """A checkout with the real tools and a small QEMU."""

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix='sdei-tools-'))
        self.addCleanup(shutil.rmtree, self.dir)
        self.root = self.dir / 'checkout'
        self.root.mkdir()
        shutil.copytree(ROOT / 'tools', self.root / 'tools')
        self.git('init', '-q', at=self.root)
        (self.root / '.gitignore').write_text('/build/\n')
        self.mirror = Mirror()
        self.addCleanup(self.mirror.stop)
        self.debian = tarball(QEMU, 'debian')
        self.upstream = tarball(QEMU, 'upstream')
        self.mirror.files = {DEBIAN: self.debian, UPSTREAM: self.upstream}
        self.lock(self.mirror.url)
        self.downloads = self.dir / 'cache' / 'download'
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(('SDEI_', 'QEMU_', 'GIT_'))},
            'SDEI_CACHE': str(self.dir / 'cache'), 'SDEI_DEBIAN_MIRROR': self.mirror.url,
            'GIT_CONFIG_GLOBAL': str(self.dir / 'gitconfig'), 'LC_ALL': 'C',
            'no_proxy': '127.0.0.1', 'http_proxy': '',
            **{f'GIT_{r}_{w}': v for r in ('AUTHOR', 'COMMITTER')
               for w, v in (('NAME', 'Dev'), ('EMAIL', 'dev@localhost'))},
        }

    def lock(self, upstream_url):
        """Write a base.lock for the small QEMU."""
        (self.root / 'base.lock').write_text(
            f'QEMU_VERSION=1.0\nQEMU_TAG=v1.0\nQEMU_DEBIAN_FILE={DEBIAN}\n'
            f'QEMU_DEBIAN_POOL=pool\nQEMU_DEBIAN_SIZE={len(self.debian)}\n'
            f'QEMU_DEBIAN_SHA256={hashlib.sha256(self.debian).hexdigest()}\n'
            f'QEMU_UPSTREAM_FILE={UPSTREAM}\nQEMU_UPSTREAM_URL={upstream_url}\n'
            f'QEMU_UPSTREAM_SHA256={hashlib.sha256(self.upstream).hexdigest()}\n')

    def git(self, *args, at=None):
        return subprocess.run(['git', '-C', at or self.tree, *args], check=True, text=True,
                              env=getattr(self, 'env', None), capture_output=True).stdout

    def tool(self, name, *args, **env):
        """Run a tool; return its exit code, stdout and stderr."""
        done = subprocess.run([self.root / 'tools' / name, *args], text=True, check=False,
                              env={**self.env, **{k: str(v) for k, v in env.items()}},
                              stdin=subprocess.DEVNULL, capture_output=True, cwd=self.dir)
        return done.returncode, done.stdout.strip(), done.stderr

    def succeeds(self, name, *args, **env):
        code, out, err = self.tool(name, *args, **env)
        self.assertEqual(code, 0, err)
        return out

    def fails(self, says, name, *args, **env):
        """The tool fails, says this, and says what to do."""
        code, out, err = self.tool(name, *args, **env)
        self.assertNotEqual(code, 0, out)
        self.assertIn(says, err)
        self.assertIn('\n  -> ', err)
        return err

    @property
    def tree(self):
        return self.root / 'build' / 'qemu-src'


class FetchQemu(Scratch):
    def offline(self):
        self.lock(NOWHERE)
        self.env['SDEI_DEBIAN_MIRROR'] = NOWHERE

    def test_mirror_then_cache(self):
        path = self.succeeds('fetch', 'qemu')
        self.assertEqual(Path(path).read_bytes(), self.debian)
        self.offline()
        self.assertEqual(self.succeeds('fetch', 'qemu'), path)

    def test_upstream_when_the_mirror_has_it_not(self):
        del self.mirror.files[DEBIAN]
        self.assertEqual(Path(self.succeeds('fetch', 'qemu')).read_bytes(), self.upstream)

    def test_wrong_hash_everywhere(self):
        self.mirror.files = {DEBIAN: b'x' * len(self.debian), UPSTREAM: b'y'}
        err = self.fails('could not get the QEMU 1.0 tarball', 'fetch', 'qemu')
        self.assertEqual(err.count('wrong SHA-256'), 2, err)
        self.assertEqual([p.name for p in self.downloads.iterdir() if '.tar.' in p.name], [])
        self.mirror.files = {DEBIAN: self.debian}
        self.succeeds('fetch', 'qemu')

    def test_interrupted_download_goes_on(self):
        self.downloads.mkdir(parents=True)
        for left in (self.debian[:100], b'garbage', self.debian, self.debian + b'more'):
            with self.subTest(left=left[:8]):
                (self.downloads / f'{DEBIAN}.partial').write_bytes(left)
                path = Path(self.succeeds('fetch', 'qemu'))
                self.assertEqual(path.read_bytes(), self.debian)
                path.unlink()

    def test_connection_lost_half_way(self):
        self.mirror.cut = {DEBIAN: 50, UPSTREAM: 50}
        self.fails('could not get the QEMU 1.0 tarball', 'fetch', 'qemu')
        self.mirror.cut = {}
        self.succeeds('fetch', 'qemu')

    def test_no_network(self):
        self.offline()
        err = self.fails('could not get the QEMU 1.0 tarball', 'fetch', 'qemu')
        self.assertIn('Debian mirror: ', err)
        self.assertIn('upstream: ', err)

    def test_last_resort(self):
        self.offline()
        (self.dir / DEBIAN).write_bytes(b'not it')
        err = self.fails('could not get', 'fetch', 'qemu', SDEI_DIST_DIR=self.dir)
        self.assertIn('SDEI_DIST_DIR: wrong SHA-256', err)
        (self.dir / DEBIAN).write_bytes(self.debian)
        self.assertEqual(self.succeeds('fetch', 'qemu', SDEI_DIST_DIR=self.dir),
                         str(self.dir / DEBIAN))

    def test_damaged_cache(self):
        path = Path(self.succeeds('fetch', 'qemu'))
        path.write_bytes(path.read_bytes()[:-1])
        self.succeeds('fetch', 'qemu')
        self.assertEqual(path.read_bytes(), self.debian)

    def test_named_tarball(self):
        self.offline()
        mine = self.dir / 'mine.tar.xz'
        self.fails('no such file', 'fetch', 'qemu', QEMU_TARBALL=mine)
        mine.write_bytes(b'no')
        self.fails('is not QEMU 1.0', 'fetch', 'qemu', QEMU_TARBALL=mine)
        mine.write_bytes(self.upstream)
        self.assertEqual(self.succeeds('fetch', 'qemu', QEMU_TARBALL=mine), str(mine))

    def test_full_disk(self):
        self.fails('the disk is full', 'fetch', 'qemu', SDEI_FREE_MIB=3)
        self.succeeds('fetch', 'qemu')

    def test_cache_that_cannot_be(self):
        self.fails('cannot create the folder', 'fetch', 'qemu', SDEI_CACHE='/dev/null/cache')


@unittest.skipUnless(shutil.which('apt-get'), 'apt-get is not installed')
class FetchPackage(Scratch):
    def setUp(self):
        super().setUp()
        keyring = self.dir / 'keyring.gpg'
        keyring.touch()
        self.env['SDEI_DEBIAN_KEYRING'] = str(keyring)

    def test_no_network(self):
        self.fails('cannot fetch the package list of Debian trixie', 'fetch', 'kernel',
                   SDEI_DEBIAN_MIRROR=NOWHERE)

    def test_unsigned_mirror(self):
        self.mirror.files['Release'] = b'Suite: trixie\nCodename: trixie\n'
        self.fails('cannot fetch the package list of Debian trixie', 'fetch', 'deb', 'trixie', 'meson')

    def test_full_disk(self):
        self.fails('the disk is full', 'fetch', 'kernel', SDEI_FREE_MIB=3)

    def test_cached_package_needs_no_network(self):
        suite = self.downloads / 'trixie'
        suite.mkdir(parents=True)
        (suite / 'x_1_all.deb').write_bytes(b'a package')
        sha = hashlib.sha256(b'a package').hexdigest()
        (suite / 'x.all.latest').write_text(f'{sha} download/trixie/x_1_all.deb\n')
        self.assertEqual(self.succeeds('fetch', 'deb', 'trixie', 'x:all', SDEI_DEBIAN_MIRROR=NOWHERE),
                         str(suite / 'x_1_all.deb'))
        (suite / 'x_1_all.deb').write_bytes(b'damaged')
        self.fails('cannot fetch the package list', 'fetch', 'deb', 'trixie', 'x:all',
                   SDEI_DEBIAN_MIRROR=NOWHERE)


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
        self.git('commit', '-qam', 'hw/arm: Call it\n\nBecause.\n\n'
                 'Adds: hw/arm/virt-*.c\nUpstream-Status: Pending\nSigned-off-by: Dev <d@x>')
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
        self.stand_ins(dpkg_query='echo installed', apt_get='exit 9')
        self.succeeds('setup')

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

    def test_apt_fails(self):
        self.stand_ins(dpkg_query='exit 1', id='echo 0', apt_get='echo E: broken; exit 100')
        self.assertIn('E: broken', self.fails('apt-get could not install', 'setup'))


class Report(Scratch):
    def report(self, *tests):
        log = self.dir / 'log.json'
        log.write_text(''.join(json.dumps({'name': f'sdei-for-qemu:unit / {name}',
                                           'result': result, 'stdout': out}) + '\n' for name, result, out in tests))
        code, out, _ = self.tool('test-report', log)
        return code, out.splitlines()

    def test_all_pass(self):
        self.assertEqual(self.report(('a', 'OK', '1..2\nok 1 x\nok 2 y # SKIP no reason\n')),
                         (0, ['skipped: a: y (no reason)', '1 passed, 0 failed, 1 skipped']))

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


class Tap(unittest.TestResult):
    """Print a TAP line for each test."""

    def __init__(self):
        super().__init__()
        self.problem = None
        self.reason = None

    def startTest(self, test):
        super().startTest(test)
        self.problem = self.reason = None

    def _failed(self, test, err):
        self.problem = (self.problem or '') + self._exc_info_to_string(err, test)

    def addError(self, test, err):
        super().addError(test, err)
        self._failed(test, err)

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._failed(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.reason = reason

    def stopTest(self, test):
        name = test.id().replace('__main__.', '')
        skip = f' # SKIP {self.reason}' if self.reason else ''
        print(f'{"not ok" if self.problem else "ok"} {self.testsRun} {name}{skip}', flush=True)
        for line in (self.problem or '').splitlines():
            print(f'# {line}')
        super().stopTest(test)


def main():
    tests = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:] or [''],
                                                          sys.modules['__main__']) \
        if sys.argv[1:] else unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    print(f'1..{tests.countTestCases()}')
    result = Tap()
    tests.run(result)
    return 0 if result.wasSuccessful() else 1


if __name__ == '__main__':
    sys.exit(main())
