#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: the kernel of Debian's installer finds SDEI

It needs no guest image but a kernel that another test has as an asset, and with
SDEI_IMAGES, for who cannot have that, takes the kernel there.
"""

from qemu_test import LinuxKernelTest, wait_for_console_pattern
import test_hotplug_pci

from sdei_guest import images_dir


class SdeiDebian(LinuxKernelTest):

    ASSET_KERNEL = test_hotplug_pci.HotplugPCI.ASSET_KERNEL

    def boot(self, *machine):
        """Boot the kernel, which has nothing to go on with."""
        images = images_dir()
        kernel = images / 'vmlinuz' if images else self.ASSET_KERNEL.fetch()
        self.set_machine('virt')
        self.require_accelerator('tcg')
        self.vm.set_console()
        self.vm.add_args(*machine, '-cpu', 'cortex-a57', '-smp', '2',
                         '-m', '512', '-nodefaults', '-kernel', str(kernel),
                         '-append', 'console=ttyAMA0')
        self.vm.launch()

    def wait_for_end(self, failure=None):
        wait_for_console_pattern(self, 'Unable to mount root fs', failure)

    def test_on(self):
        self.boot('-machine', 'sdei=on')
        self.wait_for_console_pattern(
            'sdei: SDEIv1.1 (0x0) detected in firmware.')
        self.wait_for_end()

    def test_default(self):
        self.boot()
        self.wait_for_end(failure='sdei:')


if __name__ == '__main__':
    LinuxKernelTest.main()
