# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws a chart with gnuplot.

gnuplot and not Matplotlib: its SVG keeps text as text and is small, and it brings 3 MB of packages
along instead of 200.
"""

import math
import shutil
import subprocess
import textwrap

import charts
import runs

# So narrow that text can still be read where the picture is made to fit a telephone, and so low that
# the whole of it is on a screen.
WIDTH, TALLEST = 440, 700
EDGE = 10
LEFT, RIGHT = 120, 44  # the right has a column of figures
STEPS_LEFT, STEPS_HEIGHT = 44, 260  # of a chart with steps
PITCH, GAP = 4, 10  # between peers, and between groups
LEGEND_LINE = 20
CAPTION_LINE, CAPTION_COLUMNS = 14, 72
FONT = "sans-serif"
TITLE_SIZE, TEXT_SIZE, CAPTION_SIZE = 17, 13, 11

# Each has a contrast of at least 3 with white and with a dark page; svg.py has brighter ones of the
# first two for dark pages, which text needs.
INK = "#6e6e73"
FSMM = "#cc3f0a"
OTHERS = ["#2b7fd3", "#0b8f83", "#9c5fd6", "#a8760f", "#c2549d", "#7a8b1e", "#946b4f"]
POINTS = [9, 11, 13, 15, 4, 12, 6]


def looks(chart):
    """Colour, point type and width of each peer. Nobody has fsmm's colour, or malloc's."""
    found = {chart.main: (FSMM, 7, 3), "malloc": (INK, 5, 1.5)}
    others = (peer for peer in chart.all_peers if peer not in found)
    for i, peer in enumerate(others):
        found[peer] = (OTHERS[i % len(OTHERS)], POINTS[i % len(POINTS)], 1.5)
    return found


def point_size(chart, peer):
    return 0.9 if peer == chart.main else 0.65


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def count_columns(chart):
    """Of the legend: as many as there is room for."""
    return 4 if max(map(len, chart.peers)) <= 12 else 2


class Layout:
    """Where things are, in pixels from the top."""

    def __init__(self, chart):
        n_legend_lines = math.ceil(len(chart.peers) / count_columns(chart))
        self.legend = 68
        self.top = self.legend + n_legend_lines * LEGEND_LINE + (12 if chart.reference else 0)
        self.left = LEFT if chart.reference else STEPS_LEFT
        self.right = WIDTH - (RIGHT if chart.reference else EDGE)
        self.lines = [
            line for text in chart.caption for line in textwrap.wrap(text, CAPTION_COLUMNS)
        ]
        below = 44 + CAPTION_LINE * len(self.lines)
        # With many peers, groups are nearer to each other.
        room = (TALLEST - self.top - below) // len(chart.groups)
        self.group = min(len(chart.peers) * PITCH + GAP, room)
        height = self.group * len(chart.groups) if chart.reference else STEPS_HEIGHT
        self.bottom = self.top + height
        self.caption = self.bottom + 44
        self.height = self.bottom + below

    def at(self, x, y):
        return f"screen {x / WIDTH:.5f}, screen {1 - y / self.height:.5f}"

    def margins(self):
        return [
            f"set lmargin at screen {self.left / WIDTH:.5f}",
            f"set rmargin at screen {self.right / WIDTH:.5f}",
            f"set tmargin at screen {1 - self.top / self.height:.5f}",
            f"set bmargin at screen {1 - self.bottom / self.height:.5f}",
        ]


def label(text, where, size=TEXT_SIZE, colour=INK, more=""):
    return f'set label {quote(text)} at {where} font "{FONT},{size}" tc rgb "{colour}" {more}'


def heading(chart, layout):
    yield label(chart.title, layout.at(EDGE, 22), TITLE_SIZE)
    yield label(chart.unit, layout.at(EDGE, 44))
    for i, line in enumerate(layout.lines):
        yield label(line, layout.at(EDGE, layout.caption + CAPTION_LINE * i), CAPTION_SIZE)


def legend(chart, layout):
    n_columns = count_columns(chart)
    width = (WIDTH - EDGE) / n_columns
    for i, peer in enumerate(chart.peers):
        colour, point, _ = looks(chart)[peer]
        x = EDGE + 7 + i % n_columns * width
        y = layout.legend + i // n_columns * LEGEND_LINE
        more = f'point pt {point} ps {point_size(chart, peer)} lc rgb "{colour}"'
        yield label("", layout.at(x, y), more=more)
        yield label(peer, layout.at(x + 13, y), colour=FSMM if peer == chart.main else INK)


def ticks(low, high):
    """1, 2 and 5 of each power of ten, as far as they are needed."""
    steps = (1, 2, 5) if math.log10(high / low) < 3.3 else (1,)
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    numbers = [step * 10.0**power for power in powers for step in steps]
    first = max((n for n in numbers if n <= low), default=low)
    last = min((n for n in numbers if n >= high), default=high)
    return [n for n in numbers if first <= n <= last]


def limits(chart):
    """The span of all results; it is not empty, and what is 1 is in it."""
    results = chart.results.values()
    always = [1] if chart.reference else []
    low = min([result.low for result in results if result.low > 0] + always)
    high = max([result.high for result in results] + always)
    return low * 0.95, high * 1.05


def numbered_axis(axis, chart):
    numbers = ticks(*limits(chart))
    names = ", ".join(f'"{number:g}" {number:g}' for number in numbers)
    return [
        f"set logscale {axis}",
        f"set {axis}range [{numbers[0]:g}:{numbers[-1]:g}]",
        f"set {axis}tics scale 0 ({names}) nomirror",
    ]


def data_blocks(chart, get_place):
    """One for each peer: place, median, low and high, a group to a line."""
    for peer_number, peer in enumerate(chart.peers):
        yield f"$peer{peer_number} <<EOD"
        for group_number, group in enumerate(chart.groups):
            result = chart.results.get((group, peer))
            if result is not None:
                place = get_place(group_number, peer_number)
                yield f"{place:g} {result.median:g} {result.low:g} {result.high:g}"
        yield "EOD"


def has_any(chart, peer):
    return any((group, peer) in chart.results for group in chart.groups)


def plots(chart, template):
    """A plot of each peer, as the template says. The last, main one lies above the others."""
    commands = []
    for i, peer in enumerate(chart.peers):
        if has_any(chart, peer):
            colour, point, width = looks(chart)[peer]
            values = {"data": f"$peer{i}", "colour": colour, "point": point, "width": width}
            values |= {"number": i, "size": point_size(chart, peer), "peer": quote(peer)}
            commands.insert(0, template.format(**values))
    return "plot " + ", ".join(commands)


def row_chart(chart, layout):
    """A group below the other, results from left to right."""
    height = layout.group * len(chart.groups)
    yield from numbered_axis("x", chart)
    yield f"set yrange [{height}:0]"
    middles = [
        f"{quote(group)} {layout.group * (i + 0.5):g}" for i, group in enumerate(chart.groups)
    ]
    yield f"set ytics scale 0 ({', '.join(middles)})"
    for i in range(0, len(chart.groups), 2):
        yield (
            f"set object rectangle from graph 0, first {layout.group * i} "
            f"to graph 1, first {layout.group * (i + 1)} "
            f'fc rgb "{INK}" fs transparent solid 0.09 noborder behind'
        )
    yield f'set arrow from 1, graph 0 to 1, graph 1 nohead back lc rgb "{INK}" lw 2'
    yield from figures_of_fsmm(chart, layout)
    yield from data_blocks(chart, lambda group, peer: place_in_rows(layout, group, peer))
    yield plots(
        chart,
        "{data} using 2:1:3:4 with xerrorbars "
        'pt {point} ps {size} lw {width} lc rgb "{colour}" title {peer}',
    )


def place_in_rows(layout, group_number, peer_number):
    return layout.group * group_number + GAP / 2 + PITCH * (peer_number + 0.5)


def figures_of_fsmm(chart, layout):
    """A column to the right of the points."""
    right = WIDTH - EDGE
    yield label(chart.main, layout.at(right, layout.top - 8), colour=FSMM, more="right")
    for i, group in enumerate(chart.groups):
        result = chart.results.get((group, chart.main))
        if result is not None:
            middle = layout.top + layout.group * (i + 0.5)
            where = layout.at(right, middle)
            yield label(charts.show(result.median), where, colour=FSMM, more="right")


def step_chart(chart, _layout):
    """Steps from left to right, results from below to above."""
    last = len(chart.groups) - 1
    yield from numbered_axis("y", chart)
    yield f"set xrange [-0.3:{last + 0.3}]"
    names = ", ".join(f"{quote(group)} {i}" for i, group in enumerate(chart.groups))
    yield f"set xtics scale 0 ({names})"
    # Side by side, so that no line hides another.
    middle = (len(chart.peers) - 1) / 2
    yield from data_blocks(chart, lambda group, peer: group + (peer - middle) * 0.03)
    # Under those of yerrorbars, gnuplot 5.4 draws white discs.
    yield plots(
        chart,
        '{data} using 1:2 with lines lw {width} lc rgb "{colour}" title {peer}, '
        "{data} using 1:2:1:1:3:4 with xyerrorbars "
        'pt {point} ps {size} lw {width} lc rgb "{colour}" title {peer}',
    )


def even_axis(axis, chart):
    """From 0 on, in steps of 1, 2 or 5 times a power of ten."""
    high = max([figure for course in chart.courses.values() for figure in course] + [0.01])
    steps = (step * 10.0**power for power in range(-3, 7) for step in (1, 2, 5))
    step = next(step for step in steps if high / step <= 6)
    numbers = [step * i for i in range(math.ceil(high * 1.02 / step) + 1)]
    names = ", ".join(f'"{number:g}" {number:g}' for number in numbers)
    return [
        # What is about 0 is not on the edge.
        f"set {axis}range [{-numbers[-1] * 0.02:g}:{numbers[-1]:g}]",
        f"set {axis}tics scale 0 ({names}) nomirror",
    ]


def course_blocks(chart):
    """Two for each peer, of places and figures: for its line, and for a point in each phase, which
    is at another place than those of the others."""
    n = charts.POINTS_OF_PHASE
    distance = max(n // len(chart.peers), 1)
    for number, peer in enumerate(chart.peers):
        lines = [f"{i / n:g} {figure:.3f}" for i, figure in enumerate(chart.courses[peer])]
        yield from (f"$course{number} <<EOD", *lines, "EOD")
        yield from (f"$peer{number} <<EOD", *lines[2 + number * distance :: n], "EOD")


def course_chart(chart, _layout):
    """Phases from left to right, figures from below to above."""
    yield from even_axis("y", chart)
    yield f"set xrange [0:{len(chart.groups)}]"
    names = ", ".join(f"{quote(group)} {i + 0.5}" for i, group in enumerate(chart.groups))
    yield f"set xtics scale 0 ({names})"
    for i in range(0, len(chart.groups), 2):
        yield (
            f"set object rectangle from first {i}, graph 0 to first {i + 1}, graph 1 "
            f'fc rgb "{INK}" fs transparent solid 0.09 noborder behind'
        )
    yield from course_blocks(chart)
    yield plots(
        chart,
        '$course{number} using 1:2 with lines lw {width} lc rgb "{colour}" title {peer}, '
        "{data} using 1:2 with points "
        'pt {point} ps {size} lw {width} lc rgb "{colour}" title {peer}',
    )


def choose(chart):
    if chart.courses:
        return course_chart
    return row_chart if chart.reference else step_chart


def script(chart):
    layout = Layout(chart)
    draw = choose(chart)
    axis = "x" if chart.reference else "y"
    lines = [
        f'set terminal svg size {WIDTH},{layout.height} dynamic font "{FONT},{TEXT_SIZE}" noenhanced',
        "set encoding utf8",
        *layout.margins(),
        "set key off",
        "set border 0",
        "set errorbars small",
        # Or gnuplot 6 draws a white disc under each point.
        "set pointintervalbox 0",
        f'set tics textcolor rgb "{INK}"',
        f'set grid {axis}tics lt 1 lw 1 lc rgb "#b0{INK[1:]}"',
        *heading(chart, layout),
        *legend(chart, layout),
        *draw(chart, layout),
    ]
    return "\n".join(lines) + "\n"


def find():
    program = shutil.which("gnuplot")
    if program is None:
        raise runs.Error("gnuplot is missing: install the package gnuplot-nox, or gnuplot")
    return program


def draw(chart):
    """Returns the SVG that gnuplot makes."""
    # With the settings that it comes with, and not those of the user.
    done = subprocess.run(
        [find(), "--default-settings", "-"],
        input=script(chart),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise runs.Error(f"gnuplot ended with status {done.returncode} at chart “{chart.name}”")
    return done.stdout
