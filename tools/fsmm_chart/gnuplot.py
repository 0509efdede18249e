# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws the panels of a chart with gnuplot."""

import collections
import shutil
import subprocess

from fsmm_chart import Error, words

WIDTH, EDGE, LEFT, RIGHT = 640, 10, 72, 24
TOP = 92  # of the first panel
HEADING, SMALL, LARGE, GAP, BELOW = 20, 74, 120, 16, 30
FONT, TITLE_SIZE, TEXT_SIZE = "sans-serif", 17, 12
# As in the other charts of the project: with a contrast of at least 3 on white and on dark pages.
INK, LIVE, RESIDENT, LENT = "#6e6e73", "#2b7fd3", "#cc3f0a", "#0b8f83"
ON_DARK = {INK: "#8e8e93", RESIDENT: "#ee6a33"}
MOST_POINTS = 8_000  # in a chart: about 700 kB
MOST_POINTS_OF_LINE = 600


def thin_out(points, end, n_most):
    """At most so many, with the highest of each stretch of time, and what it was afterwards."""
    if len(points) <= n_most:
        return points
    n_stretches = max(n_most // 2, 1)
    stretches = collections.defaultdict(list)
    for point in points:
        stretches[int(point[0] / end * n_stretches)].append(point)
    kept = []
    for stretch in stretches.values():
        highest = max(stretch, key=lambda point: point[1])
        kept += [highest] if highest is stretch[-1] else [highest, stretch[-1]]
    return kept


def line_of(panel, what, end, n_most):
    """Points of a line of steps, up to the end of the record, or of the pool."""
    points = [(step.time, getattr(step, what)) for step in panel.steps]
    points = [
        point for i, point in enumerate(points) if i == 0 or point[1] != points[i - 1][1]
    ]
    points = thin_out(points, end, n_most)
    if panel.end is None:
        points = [*points, (end, points[-1][1])]
    return points


class Layout:
    """Where panels are, in pixels from the top."""

    def __init__(self, panels):
        self.tops = []
        y = TOP
        for panel in panels:
            self.tops.append(y + HEADING)
            y += HEADING + self.height_of(panel) + GAP
        self.height = y - GAP + BELOW if panels else TOP + 20

    @staticmethod
    def height_of(panel):
        return LARGE if panel.is_large else SMALL

    def margins(self, i, panel):
        top = self.tops[i]
        bottom = top + self.height_of(panel)
        return [
            f"set lmargin at screen {LEFT / WIDTH:.5f}",
            f"set rmargin at screen {1 - RIGHT / WIDTH:.5f}",
            f"set tmargin at screen {1 - top / self.height:.5f}",
            f"set bmargin at screen {1 - bottom / self.height:.5f}",
        ]


def ticks_command(axis, ticks, has_text=True):
    names = ", ".join(f'"{text if has_text else ""}" {place:g}' for text, place in ticks)
    return f"set {axis}tics scale 0 ({names}) nomirror"


def data_block(name, points):
    return [f"{name} <<EOD", *(f"{time:.3f} {number:.0f}" for time, number in points), "EOD"]


def panel_commands(panel, i, layout, end, n_most):
    """No text of the record is in them: it is put into the picture later."""
    highest = panel.highest * 1.06 or 1
    make_ticks = words.object_ticks if panel.is_of_objects else words.byte_ticks
    colour = LENT if panel.is_of_objects else LIVE
    live = f"$live{i} using 1:2 with"
    plots = [
        f'{live} fillsteps fs transparent solid 0.3 noborder lc rgb "{colour}"',
        f'{live} steps lw 1 lc rgb "{colour}"',
    ]
    yield from layout.margins(i, panel)
    yield f"set yrange [0:{highest:.6g}]"
    yield ticks_command("y", make_ticks(highest))
    yield ticks_command("x", words.time_ticks(end), has_text=i == len(layout.tops) - 1)
    yield from data_block(f"$live{i}", line_of(panel, "live", end, n_most))
    if not panel.is_of_objects:
        yield from data_block(f"$resident{i}", line_of(panel, "resident", end, n_most))
        plots.append(f'$resident{i} using 1:2 with steps lw 2 lc rgb "{RESIDENT}"')
    if panel.shows_limit:
        yield (
            f"set arrow 1 from graph 0, first {panel.limit} to graph 1, first {panel.limit} "
            f'nohead dt (6,4) lw 1.5 lc rgb "{INK}"'
        )
    if panel.end is not None:
        yield (
            f"set arrow 2 from {panel.end:.3f}, graph 0 to {panel.end:.3f}, graph 1 "
            f'nohead dt (2,3) lw 1.5 lc rgb "{INK}"'
        )
    if panel.peak.live:
        yield from data_block(f"$peak{i}", [(panel.peak.time, panel.peak.live)])
        plots.append(f'$peak{i} using 1:2 with points pt 7 ps 0.45 lc rgb "{colour}"')
    yield "plot " + ", ".join(plots)
    yield "unset arrow"


def make_script(panels, layout, end):
    n_most = min(MOST_POINTS_OF_LINE, MOST_POINTS // (2 * len(panels)))
    lines = [
        f"set terminal svg size {WIDTH},{layout.height} dynamic noenhanced "
        f'font "{FONT},{TEXT_SIZE}"',
        "set multiplot",
        "set key off",
        "set border 0",
        "set pointintervalbox 0",
        f'set tics textcolor rgb "{INK}"',
        f'set grid xtics ytics lt 1 lw 1 lc rgb "#b0{INK[1:]}"',
        f"set xrange [0:{end:.3f}]",
    ]
    for i, panel in enumerate(panels):
        lines += panel_commands(panel, i, layout, end, n_most)
    return "\n".join([*lines, "unset multiplot", ""])


def run_gnuplot(script):
    program = shutil.which("gnuplot")
    if program is None:
        raise Error("gnuplot is missing: install the package gnuplot-nox, or gnuplot")
    # With the settings that it comes with, and not those of the user.
    done = subprocess.run(
        [program, "--default-settings", "-"], input=script, capture_output=True, encoding="utf-8",
        check=False,
    )
    if done.returncode != 0 or not done.stdout:
        raise Error(f"gnuplot ended with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout
