# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the tools share: a checkout of their own with a QEMU of
three files, and a mirror on this machine.
"""

import hashlib
import http.server
import io
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))

from tap import main     # noqa: E402, F401: for who imports this

NOWHERE = 'http://127.0.0.1:1'      # refuses connections at once
DEBIAN, UPSTREAM = 'pool/qemu_1.0+ds.orig.tar.xz', 'up/qemu-1.0.tar.xz'

# What tools/base-tree.patch changes.
PYTHONDEPS = '''\
[meson]
# The install key should match the version in python/wheels/
meson = { accepted = ">=1.5.0", installed = "1.9.0", canary = "meson" }
pycotap = { accepted = ">=1.1.0", installed = "1.3.1" }

[meson-rust]
# The install key should match the version in python/wheels/
'''

QEMU = {
    'VERSION': '1.0\n',
    'pc-bios/meson.build': "roms = []\nif unpack_edk2_blobs\n  fds = [\n"
                           "    'edk2-aarch64-code.fd',\n    'edk2-arm-code.fd',\n"
                           "  install_data(blobs, install_dir: qemu_datadir, install_mode: 'rw-r--r--')\n"
                           "endif\n\nsubdir('descriptors')\nsubdir('dtb')\nsubdir('keymaps')\n",
    'pythondeps.toml': PYTHONDEPS,
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
    """A web server for files by their paths, which can play a bad one: play[path]
    may be 'cut' (half of the file), 'wrong' (of the same size), 'stall' (half of
    it, then silence) or 'hold' (silence; then held is set)."""

    def __init__(self):
        self.files = {}
        self.play = {}
        self.asked = []
        self.held = threading.Event()
        self.stopped = threading.Event()
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = unquote(self.path).strip('/')
                mirror.asked.append(path)
                mirror.answer(self, mirror.files.get(path), mirror.play.get(path))

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_port}'
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, to, data, play):
        if data is None:
            to.send_error(404)
            return
        if play == 'hold':
            self.held.set()
            self.stopped.wait()
            return
        if play == 'wrong':
            data = bytes(byte ^ 1 for byte in data)
        to.send_response(200)
        to.send_header('Content-Length', str(len(data)))
        to.end_headers()
        to.wfile.write(data[:len(data) // 2] if play in ('cut', 'stall') else data)
        to.wfile.flush()
        if play == 'stall':
            self.stopped.wait()

    def stop(self):
        self.stopped.set()
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
        shutil.copy(ROOT / 'bases' / '10.2' / 'base-tree.patch', self.base)
        (self.dir / 'apt.conf').write_text('Dir::Etc::parts "/dev/null";\nDir::Etc::main "/dev/null";\n')
        self.downloads = self.dir / 'cache' / 'download'
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(('SDEI_', 'QEMU_', 'GIT_'))},
            'SDEI_CACHE': str(self.dir / 'cache'), 'SDEI_DEBIAN_MIRROR': self.mirror.url,
            'GIT_CONFIG_GLOBAL': str(self.dir / 'gitconfig'), 'LC_ALL': 'C',
            'no_proxy': '127.0.0.1', 'http_proxy': '', 'APT_CONFIG': str(self.dir / 'apt.conf'),
            **{f'GIT_{r}_{w}': v for r in ('AUTHOR', 'COMMITTER')
               for w, v in (('NAME', 'Dev'), ('EMAIL', 'dev@localhost'))},
        }

    def lock(self, upstream_url, table=''):
        """Write the locks of the small QEMU and of what else there is."""
        debian, upstream = (hashlib.sha256(data).hexdigest() for data in (self.debian, self.upstream))
        (self.root / 'base.lock').write_text(table)
        self.base.mkdir(parents=True, exist_ok=True)
        (self.base / 'lock').write_text(
            f'QEMU_VERSION=1.0\nQEMU_TAG=v1.0\n\n[qemu]\nfor = all\n'
            f'from = {DEBIAN} {debian}\n  {upstream_url}/{UPSTREAM} {upstream}\n')

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
    def base(self):
        return self.root / 'bases' / '10.2'

    @property
    def tree(self):
        return self.root / 'build' / 'qemu-src'
