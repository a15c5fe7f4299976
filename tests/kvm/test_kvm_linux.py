#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""KVM test: Linux as the guest of KVM, refusals, and what events cost"""

from pathlib import Path
import re
import sys

sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
from sdei_kvm import LOSSY, NESTED, NESTED_KERNEL, PLAIN  # noqa: E402
from sdei_kvm import TRACE_EVENTS  # noqa: E402
from sdei_kvm import Host, fetched_kernel, missing, read_trace  # noqa: E402
from sdei_guest import EVENT0_MODULE, EVENT0_ORDERS, SPLAT  # noqa: E402
from sdei_guest import STOP_WAYS, Guest, images_dir, nmi_kernel  # noqa: E402
from sdei_testcase import SdeiGuestTest  # noqa: E402

QEMU = ('qemu-system-aarch64 -accel kvm -cpu host -nodefaults -display none '
        '-no-reboot ')

# Shell functions for the host: start a guest that takes orders, give it some.
# What it says is in /tmp/l2.out, its kernel's log in /tmp/l2.log.
L2 = f'''
l2_start() {{
    rm -f l2.in l2.out l2.log l2.end l2.said; mkfifo l2.in l2.out; >l2.said;
    (cat l2.out >>l2.said &);
    ({QEMU} -machine virt,gic-version=3,sdei=on -smp 2 -m 256 -initrd
     /boot/initrd.cpio -serial file:l2.log -serial pipe:l2 "$@" >l2.err 2>&1;
     echo $? >l2.end) & exec 8>l2.in; l2_wait "GUEST READY";
}};
l2_wait() {{
    until grep -q "$1" l2.said; do
    if test -e l2.end; then cat l2.err l2.log l2.said; return 1; fi;
    usleep 20000; done;
}};
l2() {{
    >l2.said; echo "$1" >&8; l2_wait "RES=.*#" && tr -d "\\r" <l2.said | sed "s/^RES/L2/";
    grep -q "RES=.0" l2.said || ! cat l2.log;
}};
l2_end() {{
    until test -e l2.end; do usleep 20000; done; exec 8>&-; return $(cat l2.end);
}};
'''.replace('\n', ' ')

# Shell functions for the host: where the RAM of the guest is, which has $1
# bytes; print the host's physical address of the guest's page $1; lose that
# page, and return when QEMU has said so. One signal can be pending, and a
# second one would get lost.
LOSE = '''
find_ram() {
    pid=$(pidof qemu-system-aarch64);
    while read -r range rest; do
        first=$((0x${range%-*})); last=$((0x${range#*-}));
        test $((last - first)) -ne $1 || break;
    done </proc/$pid/maps;
};
host_page() {
    entry=$(dd if=/proc/$pid/pagemap bs=8 count=1 2>/dev/null
            skip=$(((first + $1 - 0x40000000) / 4096)) |
            od -An -tx8 | tr -d " ");
    test $((0x$entry >> 63 & 1)) -ne 0 &&
    printf "0x%x\\n" $(((0x$entry & 0x7fffffffffffff) << 12));
};
told() { grep -c "MEMORY_FAILURE.*$1" qmp.said; };
lose() {
    before=$(told "$2");
    page=$(host_page $1) || return 1;
    echo $page >/sys/devices/system/memory/hard_offline_page;
    until test $(told "$2") -gt $before; do usleep 10000; done;
};
'''.replace('\n', ' ')

GHES_DRIVER = '/sys/bus/platform/drivers/GHES'

# What the shell says of a program that SIGBUS has ended
BUS_ERROR = '135'

# As the manual says. A delivery can come with the call that is its cause.
MAX_QUIET = 6
MAX_DELIVERY = 6 + 27
MAX_COMPLETION = 28


class KvmLinux(SdeiGuestTest):
    """One host for all: booting it takes longer than most tests."""

    def new_host(self, files=(), kernel=None, name='host.log',
                 hardware=PLAIN):
        why = missing()
        if why:
            self.skipTest(why)
        host = Host(self.vm, self.short_dir(), self.log_file(name), files,
                    kernel, hardware)
        self.addCleanup(host.close)
        host.start()
        return host

    def start_linux(self, host, kernel='/boot/vmlinuz', arguments='quiet',
                    machine='sdei=on'):
        host.order(L2)
        host.order(f'l2_start -machine {machine} -kernel {kernel} -append '
                   f'"console=ttyAMA0 {arguments}"')

    def check_linux_log(self, host):
        splat = SPLAT.search(host.order('cat l2.log'))
        self.assertFalse(splat, splat and splat.group())

    def test_linux(self):
        """Debian's kernel finds SDEI, takes events, and unplugs CPUs"""
        host = self.new_host()
        # It gives guests no EL2, and QEMU says so
        said = host.order(f'! {QEMU} -machine virt,gic-version=3,sdei=on,'
                          'virtualization=on 2>&1')
        self.assertRegex(said, 'KVM does not support .*[Vv]irtualization')
        self.start_linux(host)
        self.assertRegex(host.order('l2 dmesg'),
                         r'sdei: SDEIv1\.1 \(0x[0-9a-f]+\) detected')
        host.order('l2 "taskset -p 1 \\$\\$"')
        host.order(f'l2 "insmod {EVENT0_MODULE}"')
        for cpu in (0, 1):
            host.order(f'l2 "echo {cpu} >{EVENT0_ORDERS}/signal"')
        host.order(f'l2 "echo 1 >{EVENT0_ORDERS}/reach_stuck"')
        for _ in range(2):
            host.order(f'l2 "{host.offline_command(1)}"')
            host.order(f'l2 "{host.online_command(1)}"')
        host.order(f'l2 "echo 1 >{EVENT0_ORDERS}/reach_stuck"')
        said = host.order('l2 "dmesg | grep sdei_event0"')
        self.assertEqual(said.count('went on with its registers intact'), 2,
                         said)
        self.check_linux_log(host)
        host.order('echo poweroff -f >&8; l2_end')

    def nmi_image(self):
        kernel = nmi_kernel()
        if kernel is None:
            self.skipTest('no Linux 7.3 with ARM_SDEI_NMI: name the folder '
                          'of an Image-VERSION-sdei by SDEI_GUEST_DIR')
        return ('boot/Image-nmi', kernel)

    def nested_host(self, *args):
        """A host that gives guests an EL2, if that kernel can be had"""
        kernel = fetched_kernel(NESTED_KERNEL)
        if kernel is None:
            self.skipTest('a kernel with nested virtualization could not be '
                          'fetched')
        return self.new_host(*args, kernel=kernel, hardware=NESTED)

    def test_nmi(self):
        """Linux 7.3 shows where a CPU hangs that takes no interrupts"""
        host = self.new_host([self.nmi_image()])
        self.start_linux(host, '/boot/Image-nmi', '')
        self.check_nmi(host)

    def test_nmi_el2(self):
        """The same at EL2, where Linux is with VHE"""
        host = self.nested_host([self.nmi_image()])
        self.start_linux(host, '/boot/Image-nmi', '', 'virtualization=on')
        said = host.order('l2 dmesg')
        self.assertRegex(said, r'sdei: SDEIv1\.1 \(0x[0-9a-f]+\) detected')
        self.assertIn('CPU: All CPU(s) started at EL2', said)
        self.check_nmi(host)

    def check_nmi(self, host):
        self.assertIn('sdei_nmi: using SDEI cross-CPU NMI',
                      host.order('l2 dmesg'))
        host.order('l2 "taskset -p 1 \\$\\$"')
        # All in one order: see test_sdei_nmi.py.
        host.order('echo "taskset 2 sh -c \'echo HARDLOCKUP >/sys/kernel/debug'
                   '/provoke-crash/DIRECT\' & until dmesg | grep \'direct entry'
                   ' HARDLOCKUP\'; do usleep 50000; done; echo l >/proc/sysrq-'
                   'trigger; echo b >/proc/sysrq-trigger" >&8; l2_end')
        self.assertRegex(
            host.order('cat l2.log'),
            r'(?s)sysrq: Show backtrace of all active CPUs.*'
            r'NMI backtrace for cpu 1\r?\n.*pc : lkdtm_HARDLOCKUP\+.*'
            r'sysrq: Resetting')

    def check_capture(self, host, way):
        """See test_sdei_kexec.py, whose test this is"""
        host.order('l2_start -machine its=off -smp 4 -m 512 -initrd '
                   '/boot/initrd-kexec.cpio -kernel /boot/vmlinuz -append '
                   '"console=ttyAMA0 quiet crashkernel=192M"')
        host.order('l2 "taskset -p 1 \\$\\$"')
        host.order(f'l2 "insmod {EVENT0_MODULE}"')
        host.order("l2 'kexec -p /boot/vmlinuz /boot/initrd.cpio "
                   '"crashkernel=192M" "nr_cpus=4       "\'')
        host.order(f">l2.said; echo '{Guest.stop_and_panic(way, range(1, 4))}' "
                   '>&8; l2_wait "GUEST READY"')
        self.assertIn('nr_cpus=4', host.order('l2 "cat /proc/cmdline"'))
        host.order('l2 "taskset -p 1 \\$\\$"')
        host.order(f'l2 "insmod {EVENT0_MODULE}"')
        for cpu in range(4 if way.endswith('off') else 1):
            host.order(f'l2 "echo {cpu} >{EVENT0_ORDERS}/signal"')
        self.assertEqual(
            len(re.findall(r'psci: failed to boot CPU\d \(-22\)',
                           host.order('l2 "dmesg | grep psci"'))),
            0 if way.endswith('off') else 3)
        host.order('echo poweroff -f >&8; l2_end')

    def test_capture(self):
        """What boots after a panic gets its CPUs, or is told that they are on
        """
        host = self.new_host([('boot/initrd-kexec.cpio',
                               images_dir() / 'initrd-kexec.cpio')])
        host.order(L2)
        for way in STOP_WAYS:
            self.check_capture(host, way)

    def start_lossy(self, args=''):
        """Boot a guest by ACPI that is going to lose memory.

        Its QEMU's events of that are in /tmp/qmp.said of the host.
        """
        efi = images_dir() / 'QEMU_EFI.fd'
        host = self.new_host([('boot/QEMU_EFI.fd', efi)], hardware=LOSSY)
        host.order(L2)
        host.order(LOSE)
        host.order('mkfifo qmp.in qmp.out; (cat qmp.out >>qmp.said &); '
                   'exec 9<>qmp.in; echo "{\'execute\': '
                   '\'qmp_capabilities\'}" >&9')
        host.order(f'l2_start -machine ras=on -qmp pipe:qmp {args} '
                   '-bios /boot/QEMU_EFI.fd -kernel /boot/vmlinuz '
                   '-append "console=ttyAMA0 quiet loglevel=1"')
        host.order('find_ram $((256 << 20))')
        return host

    def start_lossy_file(self):
        """The same, with the guest's RAM in a file, as vhost-user wants it"""
        return self.start_lossy(
            '-object memory-backend-file,id=ram,size=256M,share=on,'
            'mem-path=/dev/ram -machine memory-backend=ram')

    def hold_pages(self, host, name, count, cpu=0):
        """Have a program in the guest hold pages, and return where they are
        """
        said = host.order(
            f"l2 '>/tmp/{name}; mkfifo /tmp/{name}.go; (taskset {1 << cpu:x} "
            f'pages {count} /tmp/{name}.go >/tmp/{name}; echo $? '
            f'>/tmp/{name}.end) & until test $(wc -l </tmp/{name}) = {count}; '
            f"do usleep 20000; done; cat /tmp/{name}'")
        pages = re.findall(r'^0x[0-9a-f]+', said, re.M)
        self.assertEqual(len(set(pages)), count, said)
        return pages

    def check_dies(self, host, name):
        """The program finds that it has lost a page, and ends."""
        said = host.order(f"l2 'until test -s /tmp/{name}.end; do usleep 20000;"
                          f" done; cat /tmp/{name}.end'")
        self.assertIn(BUS_ERROR, said.split())

    def check_survived(self, host, pages, handled):
        """Linux has said of each of @pages, once, that it has dealt with it.

        It cannot if it took a second for an acknowledgement: the next abort
        came without a record then.
        """
        found = re.findall(r'Memory failure: (0x[0-9a-f]+): recovery action',
                           handled)
        expected = [hex(int(page, 16) >> 12) for page in pages]
        if 'does not acknowledge' in host.order('cat l2.err'):
            self.log.warning('%d of %d errors had a record', len(found),
                             len(pages))
            expected = [page for page in expected if page in found]
        self.assertEqual(sorted(found), sorted(expected))
        host.order("l2 'sha256sum /bin/busybox'")
        self.check_linux_log(host)
        host.order('echo poweroff -f >&8; l2_end')

    def test_memory_error(self):
        """The host loses a page of the guest's that nobody uses"""
        host = self.start_lossy()
        # Pages that were in use are there, and free ones do no harm.
        host.order('l2 "dd if=/dev/zero of=/tmp/file bs=1M count=60 && '
                   'rm /tmp/file"')
        host.order('at=$((0x48000000)); until host_page $at; do '
                   'at=$((at + 4096)); done; lose $at inject')
        said = host.order('l2 "until dmesg | grep -A20 Hardware.error; '
                          'do usleep 100000; done"')
        # Source 2 is SDEI's; what the guest stumbles over comes by 0
        self.assertIn('APEI Generic Hardware Error Source: 2', said)
        self.assertRegex(said, r'physical_address: 0x000000004[0-9a-f]{7}')
        host.order('echo poweroff -f >&8; l2_end')

    def test_lost_pages(self):
        """A program's pages get lost, which it has not touched since"""
        host = self.start_lossy_file()
        pages = self.hold_pages(host, 'held', 20)
        for page in pages:
            host.order(f'lose {page} inject')
        handled = host.order("l2 'until test $(dmesg | grep -c recovery.action)"
                             " -ge 20; do usleep 50000; done; "
                             "dmesg | grep recovery.action'")
        host.order("l2 'echo >/tmp/held.go'")
        self.check_dies(host, 'held')
        self.check_survived(host, pages, handled)

    def test_touched_pages(self):
        """Programs on two CPUs run into lost pages at the same time"""
        host = self.start_lossy_file()
        # So that nobody hears of them before
        host.order(f"l2 'echo GHES.2 >{GHES_DRIVER}/unbind'")
        pages = []
        for i in range(3):
            names = [f'{i}.{cpu}' for cpu in (0, 1)]
            held = [self.hold_pages(host, name, 1, cpu)
                    for cpu, name in enumerate(names)]
            for page, in held:
                host.order(f'lose {page} ignore')
                pages.append(page)
            host.order("l2 'for go in /tmp/" + str(i) + ".?.go; do "
                       "(echo >$go) & done; wait'")
            for name in names:
                self.check_dies(host, name)
        self.check_survived(host, pages,
                            host.order("l2 'dmesg | grep recovery.action'"))

    def test_old_kernel(self):
        """A kernel without the SMCCC filter: refused, and Linux 6.4 is named
        """
        kernel = fetched_kernel('bookworm/linux-image-cloud-arm64:arm64')
        if kernel is None:
            self.skipTest("Debian 12's kernel could not be fetched")
        host = self.new_host(kernel=kernel)
        self.assertRegex(host.order('uname -r'), r'^6\.1\.')
        said = host.order(f'! {QEMU} -machine virt,gic-version=3,sdei=on 2>&1')
        self.assertRegex(said, r'SDEI \(sdei=on\) needs a host kernel')
        self.assertIn('Linux can since version 6.4', said)
        # It is not the machine that does not work there.
        host.order(f'echo quit | {QEMU} -machine virt,gic-version=3 '
                   '-monitor stdio')

    def test_old_psci(self):
        """PSCI 0.1, whose calls have other numbers: refused"""
        said = self.new_host().order(f'! {QEMU} -cpu host,kvm-psci-version=0.1 '
                                     '-machine virt,gic-version=3,sdei=on 2>&1')
        if 'kvm-psci-version' in said and 'not found' in said:
            self.skipTest('this QEMU has no kvm-psci-version')
        self.assertIn('needs PSCI 0.2 or newer', said)

    def test_cost(self):
        """Register ioctls of a call, of a delivery, and of a completion"""
        self.check_cost(self.trace_events(self.new_host(), 'el1'), 0, 0)

    def test_cost_el2(self):
        """At EL2 it has to be found out who calls, and what HCR_EL2 says"""
        self.check_cost(self.trace_events(self.nested_host(), 'el2'), 1, 1)

    def trace_events(self, host, level):
        host.order(f'printf "{TRACE_EVENTS}" >events')
        for group in ('signal/other-pe', 'signal/wfi', 'signal/masked-spin',
                      'call/version'):
            host.order('QTEST_TRACE=events=events,file=trace.log '
                       'ARM_SDEI_TEST_NESTED=1 arm-sdei-test '
                       f'--tap -p /aarch64/arm-sdei/{level}/{group} '
                       '>/dev/null 2>&1')
            host.order('cat trace.log >>all.log')
        return host.order('cat all.log')

    def check_cost(self, trace, per_call, per_entry):
        ioctls = {'quiet': [], 'delivery': [], 'completion': []}
        for span in read_trace(trace):
            ioctls.get(span.kind, []).append(span.ioctls)
        for kind, most in (('quiet', MAX_QUIET + per_call),
                           ('delivery', MAX_DELIVERY + per_call + per_entry),
                           ('completion', MAX_COMPLETION + per_call + per_entry)):
            self.assertTrue(ioctls[kind], f'no {kind} was seen')
            self.log.info('%s: %d seen, at most %d ioctls', kind,
                          len(ioctls[kind]), max(ioctls[kind]))
            self.assertLessEqual(max(ioctls[kind]), most, kind)


if __name__ == '__main__':
    SdeiGuestTest.main()
