#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: Linux's own user of event 0, the cross-CPU NMI of 7.3"""

from sdei_guest import Config, nmi_kernel
from sdei_testcase import SdeiGuestTest


class SdeiNmi(SdeiGuestTest):

    def check_backtrace(self, config):
        """sysrq-l shows where a CPU hangs that takes no interrupts."""
        kernel = nmi_kernel()
        if kernel is None:
            self.skipTest('no Linux 7.3 with ARM_SDEI_NMI: name the folder '
                          'of an Image-VERSION-sdei by SDEI_GUEST_DIR')
        guest = self.boot(config, kernel)
        guest.detected()
        self.assertTrue(guest.dmesg('sdei_nmi: using SDEI cross-CPU NMI'))
        guest.check_log()

        # From now on only CPU 0 can be relied on.
        guest.order('taskset -p 1 $$')
        guest.order("taskset 2 sh -c 'echo HARDLOCKUP "
                    ">/sys/kernel/debug/provoke-crash/DIRECT' &")
        guest.wait_log('lkdtm: Performing direct entry HARDLOCKUP')
        before = len(guest.log)
        guest.order('echo l >/proc/sysrq-trigger')
        guest.wait_log('NMI backtrace for cpu 1', before)
        guest.wait_log(r'pc : lkdtm_HARDLOCKUP', before)
        # A power-off would wait for the CPU that hangs.
        guest.send('echo b >/proc/sysrq-trigger')
        guest.wait_end()

    def test_backtrace_of_stuck_cpu_el1(self):
        self.check_backtrace(Config(cpus=2))

    def test_backtrace_of_stuck_cpu_el2(self):
        self.check_backtrace(Config(el=2, cpus=2, cpu='neoverse-n1'))


if __name__ == '__main__':
    SdeiGuestTest.main()
