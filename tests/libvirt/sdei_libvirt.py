# SPDX-License-Identifier: GPL-2.0-or-later
"""libvirt for tests: daemons of their own, and the SDEI guest of the functional
tests as a domain.

A daemon runs as a user does ("session"), never as root, with all of its files
in a folder of its own, so that two of them can be there at once and nothing of
the machine's own libvirt is touched. QEMU is the one that tools/package makes
for all systems, unpacked, or SDEI_EMULATOR, of the package that is installed.
"""

import json
import os
from pathlib import Path
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from xml.etree import ElementTree
import uuid

from sdei_guest import PATIENCE, Guest, GuestError

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / 'docs/system/arm/sdei-operation.rst'
QEMU = 'http://libvirt.org/schemas/domain/qemu/1.0'
ElementTree.register_namespace('qemu', QEMU)

# Who the daemons are if the tests run as root
USER = 'nobody'
PROGRAMS = ('gdb-multiarch', 'libvirtd', 'virsh', 'virt-install', 'setpriv')


def missing():
    """Return why there can be no test, or None."""
    absent = [name for name in PROGRAMS if not shutil.which(name, path=search_path())]
    return f'not installed: {", ".join(absent)}' if absent else None


def search_path():
    return os.environ.get('PATH', '') + ':/usr/sbin:/sbin'


def blocks(language):
    """Return the code blocks of @language of the page for operators."""
    found = re.findall(rf'^\.\. code-block:: {language}\n\n((?: +.*\n|\n)+)',
                       PAGE.read_text(encoding='utf-8'), re.M)
    return [re.sub(r'^   ', '', block, flags=re.M).strip() for block in found]


class Place:
    """A folder that an unprivileged user may read, for QEMU, guests and daemons."""

    def __init__(self, archive):
        # libvirt puts UNIX sockets deep below it, whose paths must be short
        self.path = Path(tempfile.mkdtemp(prefix='lv-'))
        self.path.chmod(0o755)
        self.prefix = []
        self.user = None
        if os.getuid() == 0:
            self.user = pwd.getpwnam(USER)
            self.prefix = ['setpriv', f'--reuid={self.user.pw_uid}', f'--regid={self.user.pw_gid}',
                           '--clear-groups']
        self.is_package = 'SDEI_EMULATOR' in os.environ
        if self.is_package:
            self.emulator = Path(os.environ['SDEI_EMULATOR'])
            self.image_tool = self.emulator.with_name('qemu-img-sdei')
            self.firmware = Path('/usr/share/qemu-sdei')
            return
        qemu = self.path / 'qemu'
        qemu.mkdir()
        subprocess.run(['tar', '-C', qemu, '-xf', archive, '--strip-components=1', '--no-same-owner'],
                       check=True)
        self.emulator = qemu / 'bin/qemu-system-aarch64'
        self.image_tool = qemu / 'bin/qemu-img'
        self.firmware = qemu / 'share/qemu-sdei'

    def folder(self, *names):
        """Make a folder that belongs to the user."""
        path = self.path.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        if self.user:
            for part in (path, *path.parents):
                if part == self.path:
                    break
                os.chown(part, self.user.pw_uid, self.user.pw_gid)
        return path

    def copy(self, source):
        """Return a copy of a file of this machine that the user may read."""
        target = self.path / 'files' / Path(source).name
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, target)
            target.chmod(0o644)
        return target

    def remove(self):
        shutil.rmtree(self.path)


class Daemon:
    """A libvirtd. Daemons with different names know nothing of each other."""

    def __init__(self, place, name):
        self.place = place
        self.name = name
        self.home = place.folder(name)
        # libvirt looks for a QEMU of each architecture by its name
        self.env = {**os.environ, 'PATH': f'{place.emulator.parent}:{search_path()}', 'HOME': str(self.home), 'LC_ALL': 'C'}
        self.env.pop('XDG_DATA_DIRS', None)
        for variable in ('CONFIG_HOME', 'CACHE_HOME', 'DATA_HOME', 'STATE_HOME', 'RUNTIME_DIR'):
            self.env[f'XDG_{variable}'] = str(place.folder(name, variable.split('_')[0].lower()))
        config = place.folder(name, 'config', 'libvirt')
        # libvirt refuses to move a guest to the host that it is on
        (config / 'libvirtd.conf').write_text(f'host_uuid = "{uuid.uuid4()}"\n'
                                              f'log_outputs = "2:file:{self.home}/libvirtd.log"\n')
        (config / 'qemu.conf').write_text('stdio_handler = "file"\nsecurity_driver = "none"\n')
        self.socket = self.home / 'runtime/libvirt/libvirt-sock'
        self.uri = f'qemu+unix:///session?socket={self.socket}'
        self.process = subprocess.Popen(self.words('libvirtd'), env=self.env, cwd='/',
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.wait_for('libvirtd to answer',
                      lambda: self.run('virsh', '-c', self.uri, 'uri')[0] == 0)

    def words(self, program, *args):
        return [*self.place.prefix, program, *map(str, args)]

    def run(self, program, *args):
        """Run a program as the daemon's user; return its status and what it says."""
        done = subprocess.run(self.words(program, *args), env={**self.env, 'LIBVIRT_DEFAULT_URI': self.uri},
                              cwd=self.home, text=True, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def start(self, program, *args):
        """Start a program as the daemon's user; return it."""
        return subprocess.Popen(self.words(program, *args), env={**self.env, 'LIBVIRT_DEFAULT_URI': self.uri},
                                cwd=self.home, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def virsh(self, *args):
        """Run a command of virsh, which must succeed, and return what it says."""
        status, text = self.run('virsh', *args)
        if status:
            raise GuestError(f'virsh {" ".join(map(str, args))}: {text}')
        return text.rstrip('\n')

    def version(self):
        """Return libvirt's version, as (9, 0)."""
        text = self.virsh('--version')
        return tuple(int(number) for number in text.split('.')[:2])

    def wait_for(self, what, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if self.process.poll() is not None:
                raise GuestError(f'libvirtd ended; waited for {what}\n{self.log()}')
            if time.monotonic() > deadline:
                raise GuestError(f'waited {PATIENCE} s for {what}\n{self.log()}')
            time.sleep(0.1)

    def log(self):
        path = self.home / 'libvirtd.log'
        return path.read_text(errors='replace')[-4000:] if path.exists() else ''

    def stop(self):
        """End all guests, then the daemon."""
        for name in self.run('virsh', 'list', '--name')[1].split():
            self.run('virsh', 'destroy', name)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Domain:
    """A domain, as Guest wants its QEMUMachine."""

    def __init__(self, daemon, name):
        self.daemon = daemon
        self.name = name

    def virsh(self, command, *args):
        return self.daemon.virsh(command, self.name, *args)

    def state(self):
        return self.daemon.run('virsh', 'domstate', self.name)[1].strip()

    def is_running(self):
        return self.state() in ('running', 'paused')

    def qmp(self, command, **args):
        """Send a QMP command past libvirt, and return its answer."""
        message = {'execute': command,
                   'arguments': {key.replace('_', '-'): value for key, value in args.items()}}
        return json.loads(self.virsh('qemu-monitor-command', json.dumps(message)))

    def cmd(self, command, **args):
        answer = self.qmp(command, **args)
        if 'error' in answer:
            raise GuestError(f'{command}: {answer["error"]["desc"]}')
        return answer['return']

    def kill(self):
        self.virsh('destroy')

    def get_log(self):
        path = self.daemon.home / f'cache/libvirt/qemu/log/{self.name}.log'
        return path.read_text(errors='replace')[-3000:] if path.exists() else ''

    def wait(self, timeout):
        del timeout     # it is PATIENCE
        self.daemon.wait_for(f'{self.name} to end', lambda: not self.is_running())

    @staticmethod
    def exitcode():
        """libvirt does not tell; how a domain ended is its state."""
        return 0


def element(parent, path, text=None, **attributes):
    """Return the element at a path below @parent, made if need be."""
    for name in path.split('/'):
        found = parent.find(name)
        parent = ElementTree.SubElement(parent, name) if found is None else found
    parent.text = text or parent.text
    for key, value in attributes.items():
        parent.set(key, str(value))
    return parent


def add(parent, text):
    parent.append(ElementTree.fromstring(text))


class LibvirtGuest(Guest):
    """The guest that takes orders, as a domain that is the manual's @xml but for
    what the tests want of their own: a kernel, an initrd and two serial ports.
    """

    # pylint: disable=super-init-not-called
    def __init__(self, daemon, name, xml, config, images, kernel):
        self.vm = Domain(daemon, name)
        self.config = config
        self.folder = daemon.place.folder(daemon.name, name)
        self.log_file = self.folder / 'kernel.log'
        self._received = ''
        self._orders = self._keys = None
        self._socket_path = str(self.folder / 'orders')
        self.tree = ElementTree.fromstring(xml)
        copy = daemon.place.copy
        self._adapt(copy(kernel or images / 'vmlinuz'), copy(images / config.initrd))

    def _adapt(self, kernel, initrd):
        tree, place = self.tree, self.vm.daemon.place
        element(tree, 'name', self.vm.name)
        element(tree, 'memory', '512', unit='MiB')
        element(tree, 'vcpu', str(self.config.cpus))
        element(tree, 'os/kernel', str(kernel))
        element(tree, 'os/initrd', str(initrd))
        element(tree, 'os/cmdline', f'console=ttyAMA0 {self.config.append}'.strip())
        devices = element(tree, 'devices')
        element(devices, 'emulator', str(place.emulator))
        for name in ('disk', 'interface', 'serial', 'console'):
            for device in devices.findall(name):
                devices.remove(device)
        element(tree, 'os/loader', str(place.firmware / 'edk2-aarch64-code.fd'))
        element(tree, 'os/nvram', str(self.folder / 'vars.fd'),
                template=place.firmware / 'edk2-arm-vars.fd')
        add(devices, f"<serial type='file'><source path='{self.log_file}'/><target port='0'/></serial>")
        add(devices, f"<serial type='unix'><source mode='bind' path='{self._socket_path}'/>"
                     "<target port='1'/></serial>")

    def xml(self):
        path = self.folder / 'domain.xml'
        path.write_text(ElementTree.tostring(self.tree, encoding='unicode'))
        return path

    def launch(self):
        self.vm.daemon.virsh('define', self.xml())
        self.vm.virsh('start')
        self.attach()

    def move(self, daemon):
        """Migrate to another daemon; on one host, each QEMU wants files of its own."""
        self.close()
        here = self.folder
        self.folder = daemon.place.folder(daemon.name, self.vm.name)
        path = self.folder / 'moved.xml'
        path.write_text(self.vm.virsh('dumpxml', '--migratable').replace(f'{here}/', f'{self.folder}/'))
        self.vm.virsh('migrate', daemon.uri, '--live', '--p2p', '--xml', path,
                      '--migrateuri', 'tcp://127.0.0.1', '--listen-address', '127.0.0.1')
        self.vm.daemon = daemon
        self._socket_path = str(self.folder / 'orders')
        self.log_file = self.folder / 'kernel.log'
        self.attach()

    def attach(self):
        """Open the port for orders: each QEMU that is started has its own."""
        self.close()
        self._received = ''
        self._orders = socket.socket(socket.AF_UNIX)
        self._orders.connect(self._socket_path)

    def close(self):
        if self._orders:
            self._orders.close()
            self._orders = None
