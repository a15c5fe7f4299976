# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU with sanitizers where SDEI is, made of the ordinary build

A whole QEMU with sanitizers takes as long to build as all others together. So
only what a guest of SDEI, its lines and its streams go through is compiled
once more, with both sanitizers and SDEI's own checks after each call, and
linked with all else as it is: memory of the heap is watched wherever those
files touch it.
"""

from concurrent.futures import ThreadPoolExecutor
import fcntl
import json
import os
from pathlib import Path
import re
import shlex
import subprocess

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = 'qemu-system-aarch64'

CHECKED = re.compile(r'''/( target_arm_( sdei | machine | arm-powerctl
    | tcg_( psci | op_helper | helper-a64 ) )
  | hw_arm_( virt | boot )
  | hw_intc_( arm_gic | gic )
  | hw_acpi_( ghes | generic_event )
  | hw_( char_pl011 | rtc_pl031 | gpio_pl061 )
  | migration_( vmstate | qemu-file | savevm )
  )[^/]*\.c\.o$''', re.X)

FLAGS = ('-O1', '-g', '-fno-omit-frame-pointer',
         '-fsanitize=address,undefined', '-fno-sanitize-recover=all')
# Sanitizers replace these, or warn of what cannot be with them.
DROPPED = re.compile('-Werror|-O2|-fzero-call-used-regs=.*'
                     '|-ftrivial-auto-var-init=.*')

# Not leaks: what lives as long as the process looks like them. Coroutines have
# stacks that the sanitizer does not know of.
ENVIRONMENT = {
    'ASAN_OPTIONS': 'detect_leaks=0:detect_stack_use_after_return=0:'
                    'abort_on_error=1:disable_coredump=1',
    'UBSAN_OPTIONS': 'print_stacktrace=1:halt_on_error=1:abort_on_error=1',
}


class Unavailable(Exception):
    """There can be no such QEMU here."""


def commands(folder):
    """Return what ninja would run in @folder, by output."""
    done = subprocess.run(['ninja', '-C', folder, '-t', 'compdb', '-x'],
                          check=True, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    text = done.stdout[done.stdout.index('['):]
    return {c['output']: c['command'] for c in json.loads(text)}


def can_sanitize(folder):
    """Can the compiler build with sanitizers?"""
    source = folder / 'try.c'
    source.write_text('int main(void) { return 0; }\n', encoding='ascii')
    done = subprocess.run(['gcc', *FLAGS, source, '-o', folder / 'try'],
                          check=False, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def replace_output(words, output):
    """Return a compiler's command without its own outputs, with @output."""
    kept, skip = [], False
    for word in words:
        if skip or word in ('-MQ', '-MF', '-o'):
            skip = not skip
        elif word != '-MD' and not DROPPED.fullmatch(word):
            kept.append(word)
    return [*kept, *FLAGS, '-o', str(output)]


def environment():
    """Return the environment for compilers: as tools/build-qemu has it."""
    cache = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache')
    cache = Path(os.environ.get('SDEI_CACHE') or cache / 'qemu-sdei')
    return {**os.environ, 'CCACHE_DIR': str(cache / 'ccache'),
            'CCACHE_BASEDIR': str(ROOT), 'CCACHE_NOHASHDIR': '1',
            'CCACHE_SLOPPINESS': 'include_file_mtime,include_file_ctime'}


def compile_one(folder, command, output):
    words = replace_output(shlex.split(command), output)
    if output.name.startswith('target_arm_sdei'):
        words.append('-DCONFIG_DEBUG_TCG')
    return run(words, folder)


def run(words, folder):
    return subprocess.run(words, cwd=folder, env=environment(), check=False,
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def build(qemu_build, folder):
    """Return a QEMU with sanitizers, made in @folder from @qemu_build."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / 'lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return build_locked(qemu_build, folder)


def build_locked(qemu_build, folder):
    if not (qemu_build / PROGRAM).exists():
        raise Unavailable('QEMU is not built: run tools/build-qemu tests')
    if not can_sanitize(folder):
        raise Unavailable('gcc cannot build with sanitizers here')
    known = commands(qemu_build)
    link = shlex.split(known[PROGRAM])
    objects = {o: folder / Path(o).name for o in link
               if CHECKED.search('/' + o.split('/')[-1])}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(
            lambda o: compile_one(qemu_build, known[o], objects[o]), objects))
    words = replace_output([str(objects.get(w, w)) for w in link],
                           folder / f'{PROGRAM}.new')
    results.append(run(words, qemu_build))
    for result in results:
        if result.returncode:
            raise RuntimeError(f'{" ".join(result.args)}\n{result.stdout}')
    # Another test may be using the one that is there
    os.replace(folder / f'{PROGRAM}.new', folder / PROGRAM)
    return folder / PROGRAM
