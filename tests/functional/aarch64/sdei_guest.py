# SPDX-License-Identifier: GPL-2.0-or-later
"""A Linux guest with SDEI that takes orders

The guest's kernel logs to its first serial port, which goes to a file. Its
/init (guest/init) executes on the second one what order() sends, one line of
shell at a time, and answers with the output and the exit status.
"""

from dataclasses import dataclass
import os
from pathlib import Path
import re
import select
import socket
import struct
import time

# Nothing waits longer than this many seconds. What is waited for takes a few
# seconds; a loaded machine with slow vCPUs may need many times that.
PATIENCE = 240

# What a healthy kernel never prints.
SPLAT = re.compile(r'\b(WARNING|BUG): .*|\bOops\b.*|Kernel panic.*|'
                   r'Internal error.*|Unable to handle kernel.*|'
                   r'CPU\d+: failed to come online')

DETECTED = re.compile(r'sdei: SDEIv1\.1 \(0x[0-9a-f]+\) detected in firmware\.')

# What Linux says when it takes the event that ACPI's AGDI names, and panics
AGDI = 'Arm Generic Diagnostic Dump and Reset SDEI event issued'

# Linux gives the other CPUs 10 ms to take its NMI, and gives them up then.  On
# a busy host a vCPU may not even run for so long: try again.
NOT_STOPPED = 'failed to stop secondary CPUs'
ATTEMPTS = 8

PSTATE_DAIF = 0x3c0

CPUS = '/sys/devices/system/cpu'
EVENT0_MODULE = '/lib/sdei_event0.ko'
# What guest/sdei_event0.c can do with a CPU in its handler, from 1 on
STOP_WAYS = ('park', 'resume-and-off', 'resume-and-park', 'off')
EVENT0_ORDERS = '/sys/module/sdei_event0/parameters'


class GuestError(AssertionError):
    """The guest did not do what was expected of it."""


def images_dir():
    """Return the folder of guest images, which SDEI_IMAGES names, or None.

    In it are vmlinuz, a kernel with ARM_SDE_INTERFACE, and QEMU_EFI.fd, an
    EDK2 for ACPI.  In initrd.cpio are guest/init as /init; in /bin a static
    busybox, one for AArch32 as busybox-a32, and programs made of guest/*.c; in
    /lib the modules sdei_event0.ko and sdei_watchdog.ko, made of guest/, too.
    initrd-kexec.cpio has in addition vmlinuz and initrd.cpio in /boot, and
    initrd-kdump.cpio the kernel that SDEI_NMI_KERNEL names.
    """
    folder = os.environ.get('SDEI_IMAGES')
    return Path(folder) if folder else None


def nmi_kernel():
    """Return a Linux >= 7.3 with ARM_SDEI_NMI and ACPI_AGDI, or None.

    SDEI_NMI_KERNEL names it.
    """
    kernel = os.environ.get('SDEI_NMI_KERNEL')
    return Path(kernel) if kernel else None


NO_NMI_KERNEL = ('no Linux 7.3 with ARM_SDEI_NMI and ACPI_AGDI: '
                 'SDEI_NMI_KERNEL names one')


def in_time(scenario):
    """Have @scenario run until Linux has stopped all CPUs in its 10 ms.

    Returns the guest, which the scenario returned.
    """
    for _ in range(ATTEMPTS):
        guest = scenario()
        if NOT_STOPPED not in guest.log:
            return guest
        if guest.vm.is_running():
            guest.vm.kill()
        guest.close()
    raise GuestError(f'{ATTEMPTS} times: {NOT_STOPPED}')


def _gdb_command(gdb, command):
    """Send a packet to QEMU's gdbstub, and return the one that it answers."""
    gdb.sendall(f'${command}#{sum(command.encode()) & 0xff:02x}'.encode())
    answer = b''
    while not (packet := re.search(rb'\$([^#]*)#..', answer)):
        more = gdb.recv(4096)
        if not more:
            raise GuestError(f'gdbstub: no answer to {command}')
        answer += more
    gdb.sendall(b'+')
    text = packet[1].decode()
    if not text or text.startswith('E'):
        raise GuestError(f'gdbstub: "{text}" for {command}')
    return text


@dataclass(frozen=True)
class Config:
    """One machine. @el is the exception level that the guest's kernel gets."""

    firmware: str = 'dt'            # 'dt': none; 'acpi': EDK2
    el: int = 1
    cpus: int = 1
    cpu: str = 'cortex-a72'         # el=2 needs one with FEAT_VHE
    sdei: str = 'on'
    initrd: str = 'initrd.cpio'
    append: str = ''
    machine: str = ''               # more options of the machine

    @property
    def conduit(self):
        """The instruction for firmware calls: PSCI's, so SDEI's as well."""
        return 'smc' if self.el == 2 else 'hvc'

    def qemu_args(self, images, kernel):
        machine = 'virt,gic-version=3,sdei=' + self.sdei
        if self.el == 2:
            machine += ',virtualization=on'
        if self.machine:
            machine += ',' + self.machine
        args = ['-machine', machine, '-accel', 'tcg', '-cpu', self.cpu,
                '-smp', str(self.cpus), '-m', '512',
                '-nodefaults', '-no-reboot',
                '-kernel', str(kernel or images / 'vmlinuz'),
                '-initrd', str(images / self.initrd),
                '-append', f'console=ttyAMA0 {self.append}'.strip()]
        if self.firmware == 'acpi':
            args += ['-bios', str(images / 'QEMU_EFI.fd')]
        return args


class Guest:
    """A guest on @vm, a QEMUMachine that nobody has launched yet.

    @socket_dir is for a socket and must have a short path; the kernel's log
    is kept as @log_file, which is also an attribute.
    """

    def __init__(self, vm, images, socket_dir, log_file, config, kernel=None):
        self.vm = vm
        self.config = config
        self.log_file = Path(log_file)
        self._received = ''
        self._socket_path = str(Path(socket_dir, 'orders'))
        self._orders = None
        vm.add_args(*config.qemu_args(images, kernel))
        keys = Path(socket_dir, 'keys')
        os.mkfifo(keys)
        # Open for both, so that neither QEMU nor this waits for the other
        self._keys = os.open(keys, os.O_RDWR)
        vm.add_args('-chardev', f'file,id=log,path={log_file},'
                                f'input-path={keys}',
                    '-serial', 'chardev:log',
                    '-chardev', f'socket,id=orders,path={self._socket_path},'
                                'server=on,wait=off',
                    '-serial', 'chardev:orders')

    def start(self):
        """Boot, and return when the guest takes orders."""
        self.launch()
        self.wait_ready()

    def launch(self):
        """Start QEMU, and do not wait for what is in it."""
        self.vm.launch()
        self._orders = socket.socket(socket.AF_UNIX)
        self._orders.connect(self._socket_path)

    def wait_ready(self):
        """Wait until a kernel, the first one or a kexec'ed one, is up."""
        self._receive_until(re.compile('^GUEST READY\n', re.M),
                            'the guest to boot')

    @property
    def log(self):
        """The kernel's log so far (EDK2 speaks there, too)."""
        if not self.log_file.exists():
            return ''
        text = self.log_file.read_bytes().decode(errors='replace')
        return text.replace('\r', '')

    def order(self, command):
        """Execute a line of shell in the guest and return its output."""
        self.send(command)
        output, status = self._receive_until(
            re.compile(r'RES=\[(\d+)\] #\n'), f'"{command}" to end')
        if status != '0':
            raise GuestError(f'"{command}" ended with status {status}: '
                             f'{output.strip()}\n{self._log_tail()}')
        return output

    def send(self, command):
        """Have a line of shell executed and do not wait for its end."""
        self._orders.sendall(command.encode() + b'\n')

    def wait_log(self, pattern, start=0):
        """Wait for @pattern in the kernel's log from offset @start."""
        deadline = time.monotonic() + PATIENCE
        while True:
            alive = self.vm.is_running()
            found = re.search(pattern, self.log[start:])
            if found:
                return found
            self._check(f'"{pattern}" in the kernel log', alive, deadline)
            select.select([], [], [], 0.05)

    def dmesg(self, pattern):
        """Return the lines of the running kernel's log that have @pattern."""
        return [line for line in self.order('dmesg').splitlines()
                if re.search(pattern, line)]

    def detected(self):
        """Return the line in which this kernel says that it found SDEI."""
        found = DETECTED.search(self.order('dmesg'))
        if not found:
            raise GuestError('the kernel did not find SDEI; it says: '
                             + str(self.dmesg('sdei|SDEI')))
        return found.group()

    def load_event0_client(self):
        """Have event 0 registered and enabled on all CPUs of the guest.

        From then on CPU 0 executes the orders: what makes another CPU stuck
        must not run on that CPU.
        """
        self.order('taskset -p 1 $$')
        self.order(f'insmod {EVENT0_MODULE}')

    def signal_event0(self, cpu):
        """Signal event 0 to @cpu; return what the kernel says of it."""
        return self._event0('signal', cpu)

    def reach_stuck_cpu(self, cpu):
        """Make @cpu spin with interrupts masked and reach it by event 0."""
        return self._event0('reach_stuck', cpu)

    @staticmethod
    def offline_command(cpu):
        """Return the line of shell that takes a CPU out."""
        return f'echo 0 >{CPUS}/cpu{cpu}/online'

    @staticmethod
    def online_command(cpu):
        """Return the line of shell that takes a CPU in again.

        Linux looks for 100 ms whether a CPU is off. On a busy host it may
        still be on then, and for a while cannot be powered on.
        """
        return f'until echo 1 >{CPUS}/cpu{cpu}/online; do usleep 100000; done'

    @staticmethod
    def event0_command(order, cpu):
        """Return the line of shell that gives the client of event 0 an order.

        guest/sdei_event0.c says what the orders are.
        """
        return f'echo {cpu} >{EVENT0_ORDERS}/{order}'

    @staticmethod
    def stop_and_panic(way, cpus):
        """Return the line of shell that stops CPUs in their handlers, and
        then panics. @way: one of STOP_WAYS
        """
        orders = [f'echo {STOP_WAYS.index(way) + 1} >{EVENT0_ORDERS}/stop_way',
                  *(f'echo {cpu} >{EVENT0_ORDERS}/stop' for cpu in cpus),
                  'echo c >/proc/sysrq-trigger']
        return ' && '.join(orders)

    def _event0(self, order, cpu):
        before = len(self.dmesg('sdei_event0: '))
        self.order(self.event0_command(order, cpu))
        return self.dmesg('sdei_event0: ')[before:]

    def stop(self):
        """Power off in an orderly way; nothing must have gone wrong."""
        self.send('poweroff -f')
        self.wait_end()
        self.check_log()

    def wait_end(self):
        """Wait until QEMU has ended by itself, and well."""
        try:
            self.vm.wait(timeout=PATIENCE)
        except Exception as e:
            raise GuestError(f'QEMU did not end: {e}\n{self._log_tail()}') \
                from e
        if self.vm.exitcode() != 0:
            raise GuestError(f'QEMU ended with {self.vm.exitcode()}: '
                             f'{self.vm.get_log()}')

    def check_log(self):
        """Fail if the kernel complained of anything."""
        splat = SPLAT.search(self.log)
        if splat:
            raise GuestError(f'the kernel says: {splat.group()}\n'
                             + self._log_tail())

    def sysrq(self, key):
        """Press the magic SysRq @key: a break on the console, and the key.

        An interrupt handler does what the key asks for, so that it needs no
        more than one CPU that takes interrupts.
        """
        self.vm.cmd('chardev-send-break', id='log')
        os.write(self._keys, key.encode())

    def registers(self, cpu):
        """Return the host's view of a vCPU, by name: PC, X00, PSTATE."""
        text = self.vm.cmd('human-monitor-command', cpu_index=cpu,
                           command_line='info registers')
        return {name: int(value, 16) for name, value in
                re.findall(r'\b([A-Z]+[0-9]*)=([0-9a-f]+)\b', text)}

    def mask_daif(self, cpu):
        """Set PSTATE.DAIF of a vCPU, as a debugger does."""
        path = f'{self._socket_path}.gdb'
        stub = 'human-monitor-command'
        self.vm.cmd(stub, command_line=f'gdbserver unix:{path},'
                                       'server=on,wait=off')
        with socket.socket(socket.AF_UNIX) as gdb:
            gdb.connect(path)
            _gdb_command(gdb, f'Hg{cpu + 1:x}')
            pstate, = struct.unpack('<I',
                                    bytes.fromhex(_gdb_command(gdb, 'p21')))
            pstate |= PSTATE_DAIF
            _gdb_command(gdb, 'P21=' + struct.pack('<I', pstate).hex())
            # The VM, which stopped for the debugger, goes on
            _gdb_command(gdb, 'D')
        self.vm.cmd(stub, command_line='gdbserver none')

    def symbol(self, name):
        """Return the range of addresses of a function of the kernel."""
        lines = self.order(f"grep -A1 ' {name}$' /proc/kallsyms").splitlines()
        start, end = (int(line.split()[0], 16) for line in lines[:2])
        return range(start, end)

    def wedge(self, cpus):
        """Have @cpus spin with interrupts masked in LKDTM, for ever.

        Needs a kernel with LKDTM. From then on the guest may not take orders:
        what is queued for such a CPU waits.
        """
        code = self.symbol('lkdtm_HARDLOCKUP')
        # Nothing but the last step must depend on a CPU that is wedged
        self.order('taskset -p 1 $$; rm -f /tmp/go /tmp/ready.*')
        for cpu in cpus:
            self.order(f"taskset {1 << cpu:x} sh -c '"
                       'exec 3>/sys/kernel/debug/provoke-crash/DIRECT; '
                       f'>/tmp/ready.{cpu}; until test -e /tmp/go; do :; done; '
                       "echo HARDLOCKUP >&3' & "
                       f'until test -e /tmp/ready.{cpu}; do usleep 20000; done')
        self.send('>/tmp/go')
        for cpu in cpus:
            self._wait_for(f'CPU {cpu} to be wedged',
                           lambda: self.registers(cpu)['PC'] in code)
        return code

    def load_crash_kernel(self):
        """Have the kernel that writes a dump in memory.

        Needs initrd-kdump.cpio, and memory for it (crashkernel=192M).
        """
        self.order('kdump load /boot/vmlinuz /boot/initrd.cpio '
                   '"console=ttyAMA0 nr_cpus=1 panic=-1 guest.boot=2"')

    def check_crash_kernel(self, code, wedged):
        """The crash kernel is up, and its dump has all CPUs of the first one.

        @wedged of them stand in @code, a range of addresses.
        """
        if 'guest.boot=2' not in self.order('cat /proc/cmdline'):
            raise GuestError('this is not the crash kernel')
        pcs = [int(pc, 16) for pc in
               re.findall('pc (0x[0-9a-f]+)', self.order('kdump cpus'))]
        if len(pcs) != self.config.cpus or \
                sum(pc in code for pc in pcs) != wedged:
            raise GuestError(f'{wedged} of {self.config.cpus} CPUs should be '
                             f'in {code}: {[hex(pc) for pc in pcs]}')

    def _wait_for(self, what, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self._check(what, True, deadline)
            select.select([], [], [], 0.05)

    def close(self):
        if self._orders:
            self._orders.close()
        if self._keys is not None:
            os.close(self._keys)
            self._keys = None

    def _receive_until(self, end, what):
        """Return what came before @end, and the first group of @end."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = end.search(self._received)
            if found:
                before = self._received[:found.start()]
                self._received = self._received[found.end():]
                return before, found.group(1) if end.groups else None
            self._check(what, True, deadline)
            readable, _, _ = select.select([self._orders], [], [], 0.2)
            if readable:
                data = self._orders.recv(65536)
                if not data:
                    raise GuestError(f'QEMU ended; waited for {what}\n'
                                     + self._log_tail())
                self._received += data.decode(errors='replace') \
                                      .replace('\r', '')

    def _check(self, what, alive, deadline):
        if not alive:
            raise GuestError(f'QEMU ended; waited for {what}\n'
                             f'{self.vm.get_log()}\n{self._log_tail()}')
        if time.monotonic() > deadline:
            raise GuestError(f'waited {PATIENCE} s for {what}\n'
                             f'{self._cpus_now()}\n'
                             f'{self._received}\n{self._log_tail()}')

    def _cpus_now(self):
        """Return where the vCPUs stand, and what SDEI knows of them."""
        try:
            status = self.vm.cmd('query-status')['status']
            lines = [f'The machine is {status}.']
            for cpu in range(self.config.cpus):
                now = self.registers(cpu)
                lines.append(f'  CPU {cpu}: PC {now["PC"]:#x}, '
                             f'PSTATE {now["PSTATE"]:#x}')
            sdei = self.vm.cmd('human-monitor-command',
                               command_line='info sdei').replace('\r', '')
        except Exception as e:
            return f'QEMU does not say where its vCPUs stand: {e}'
        return '\n'.join(lines + [sdei])

    def _log_tail(self):
        lines = self.log.splitlines()[-30:]
        return '\n'.join([f'The end of the kernel log ({self.log_file}):']
                         + ['  ' + line for line in lines])
