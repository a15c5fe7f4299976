# SPDX-License-Identifier: GPL-2.0-or-later
"""Draw what the benchmark has measured, by gnuplot"""

from pathlib import Path
import shutil
import subprocess
import tempfile

from payload import Failure

SCRIPT = '''
set terminal svg size 1100,450 background "white"
set output {output}
set multiplot layout 1,2 title {title} noenhanced
set grid
set logscale x 2
set yrange [0:*]
set xlabel "N"
set ylabel "us per PE"
set title "events to N-1 PEs at once, best"
plot {cost} using 1:2 with linespoints notitle
unset logscale x
set logscale x 10
set yrange [0:1]
set xlabel "us"
set ylabel "share that took no longer"
set title "from the signal to the handler on another PE"
set key bottom right noenhanced
plot {distributions}
unset multiplot
'''


def check():
    if not shutil.which('gnuplot'):
        raise Failure('--plot wants gnuplot: install the package gnuplot-nox')


def write(path, points):
    path.write_text(''.join(f'{x} {y}\n' for x, y in points))
    return f'"{path}"'


def draw(output, title, cost, distributions):
    """Draw nanoseconds: @cost of one event by N, @distributions by their names."""
    with tempfile.TemporaryDirectory(prefix='bench-sdei-') as name:
        folder = Path(name)
        lines = []
        for i, (label, ns) in enumerate(distributions.items()):
            points = [(x / 1e3, (j + 1) / len(ns)) for j, x in enumerate(sorted(ns))]
            lines.append(f'{write(folder / str(i), points)} using 1:2 with steps title "{label}"')
        quoted = str(output.absolute()).replace('"', '\\"')
        script = SCRIPT.format(
            output=f'"{quoted}"', title=f'"{title}"', distributions=', '.join(lines),
            cost=write(folder / 'cost', [(n, ns / 1e3) for n, ns in sorted(cost.items())]))
        done = subprocess.run(['gnuplot', '-'], input=script, text=True, check=False,
                              capture_output=True)
    if done.returncode or not output.exists():
        raise Failure(f'gnuplot: {done.stderr.strip()}')
