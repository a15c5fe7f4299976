#!/usr/bin/env python3
#
# SPDX-License-Identifier: GPL-2.0-or-later
"""Functional test: what docs/system/arm/sdei.rst tells users to type works"""

import json
from pathlib import Path
import re
import shlex
import subprocess
import threading

from sdei_guest import PATIENCE, Config, images_dir
from sdei_testcase import SdeiGuestTest

PAGE = Path(__file__).resolve().parents[3] / 'docs/system/arm/sdei.rst'


def blocks(language):
    """Return the code blocks of @language, without their indentation."""
    found = re.findall(rf'^\.\. code-block:: {language}\n\n((?: +.*\n|\n)+)',
                       PAGE.read_text(encoding='utf-8'), re.M)
    return [re.sub(r'^ +', '', block, flags=re.M).strip() for block in found]


def literals(pattern):
    """Return the inline literals that match @pattern as a whole."""
    text = PAGE.read_text(encoding='utf-8')
    return [lit for lit in re.findall(r'``([^`]+)``', text)
            if re.fullmatch(pattern, lit)]


class SdeiDocs(SdeiGuestTest):

    def stopped_machine(self, *args):
        """Return a QEMU that stands at its reset, with the page's events."""
        objects = re.findall('-object (sdei-event,[^ \n`]+=[^ \n`]+)',
                             PAGE.read_text(encoding='utf-8'))
        self.assertTrue(objects)
        vm = self.get_vm('-S', '-nodefaults', '-machine', 'virt,sdei=on',
                         '-cpu', 'max', '-smp', '4', *args)
        for obj in objects:
            vm.add_args('-object', obj)
        vm.launch()
        return vm

    def test_quick_start(self):
        """The first command boots Linux, which says what the page says."""
        images = images_dir()
        if images is None:
            self.skipTest('no guest images: set SDEI_IMAGES')
        lines = blocks('console')[0].replace('\\\n', ' ')
        words = shlex.split(lines.removeprefix('$ '))
        self.assertEqual(words[0], 'qemu-system-aarch64')
        words[0] = self.qemu_bin
        words[words.index('Image')] = str(images / 'vmlinuz')
        words += ['-nic', 'none', '-no-reboot', '-initrd',
                  str(images / Config.initrd)]
        said = re.search(r'reports::\n\n +(.*)', PAGE.read_text('utf-8'))[1]
        with subprocess.Popen(words, stdin=subprocess.PIPE, text=True,
                              stdout=subprocess.PIPE) as qemu:
            self.addCleanup(qemu.kill)
            deadline = threading.Timer(PATIENCE, qemu.kill)
            deadline.start()
            self.addCleanup(deadline.cancel)
            for line in qemu.stdout:
                self.log.debug(line.rstrip())
                if said in line:
                    break
            else:
                self.fail(f'QEMU ended and the guest did not say "{said}"')
            qemu.kill()

    def test_qmp(self):
        """The commands are right; only a client is missing in this guest."""
        commands = blocks('QMP')
        self.assertGreaterEqual(len(commands), 2)
        vm = self.stopped_machine()
        for command in map(json.loads, commands):
            answer = vm.qmp(command['execute'], command.get('arguments', {}))
            if command['execute'] == 'human-monitor-command':
                said = answer.get('return', str(answer))
            else:
                self.assertIn('error', answer, command)
                self.assertEqual(answer['error']['class'], 'GenericError')
                said = answer['error']['desc']
            self.assertRegex(said, 'the guest has not (registered|enabled)',
                             command)

    def test_hmp(self):
        vm = self.stopped_machine()
        self.assertEqual(literals('info .*')[0], 'info sdei')
        text = vm.cmd('human-monitor-command', command_line='info sdei')
        self.assertRegex(text, r'^SDEI v1\.1, client at EL1')
        self.assertEqual(vm.cmd('x-query-sdei')['human-readable-text'],
                         text.replace('\r', ''))

    def test_global(self):
        [option] = literals('-global .*')
        name, values = option.removeprefix('-global ').split('=')
        for value in values.split('|'):
            vm = self.get_vm('-S', '-nodefaults', '-machine', 'virt,sdei=on',
                             '-cpu', 'max', '-global', f'{name}={value}',
                             name=value)
            vm.launch()
            text = vm.cmd('x-query-sdei')['human-readable-text']
            self.assertIn(f'SDEI v{value}', text)

    def test_trace(self):
        known = subprocess.run([self.qemu_bin, '-trace', 'help'], text=True,
                               stdout=subprocess.PIPE, check=True).stdout
        named = literals('arm_sdei_[a-z_]+')
        self.assertTrue(named)
        for event in named:
            self.assertIn(event, known.split())

    def test_event_numbers(self):
        """Each number of the table is an event of a machine with all."""
        vm = self.stopped_machine('-machine', 'ras=on')
        state = vm.cmd('x-query-sdei')['human-readable-text']
        table = re.findall(r'^``(0x[0-9a-f]+|0)`` +(private|shared) +'
                           '(normal|critical)', PAGE.read_text('utf-8'), re.M)
        self.assertGreaterEqual(len(table), 3)
        for number, scope, priority in table:
            self.assertIn(f'event {int(number, 0):#x}: {scope}, {priority}',
                          state)


if __name__ == '__main__':
    SdeiGuestTest.main()
