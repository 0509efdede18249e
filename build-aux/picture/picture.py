#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws the end of what a program shows on a narrow terminal.

usage: picture.py SVG TITLE N PROGRAM [ARGUMENT...]

These are the last N sections, each from a bold heading to the next empty line.
"""

import itertools
import pathlib
import sys
from xml.sax.saxutils import escape

import screen

# So few, and so little of each, that the picture fits on a screen, and can be read on a telephone.
COLUMNS = 60
# Of a cell, and around all of them. Text of FONT_SIZE has characters about as wide as a cell.
WIDTH, HEIGHT, FONT_SIZE, BASELINE = 7.2, 14.5, 12, 11
MARGIN = 12
BOLD = 1
BACKGROUND, FOREGROUND = "#1d1f24", "#d7dae0"
STYLES = {
    0: "",
    1: 'font-weight="bold" fill="#ffffff"',
    2: 'fill="#9aa0aa"',
    31: 'fill="#ff7b72"',
    32: 'fill="#7ee787"',
    33: 'fill="#e3b341"',
    36: 'fill="#56d4dd"',
}
# Drawn, because the shades of fonts leave gaps: how much of its cell each one fills.
SHADES = {"█": 1, "▓": 0.72, "▒": 0.46, "░": 0.24, "·": 0.08}


def draw_shades(x, y, style, text):
    for shade, run in itertools.groupby(enumerate(text), lambda pair: pair[1]):
        run = list(run)
        left, width = x + run[0][0] * WIDTH, len(run) * WIDTH
        yield (f'<rect x="{left:.1f}" y="{y + 2:.1f}" width="{width:.1f}" height="{HEIGHT - 4}" '
               f'{STYLES[style]} opacity="{SHADES[shade]}"/>')


def draw_text(x, y, style, text):
    """Each run gets the width that it has on a terminal, whatever the font."""
    yield (f'<text x="{x:.1f}" y="{y + BASELINE:.1f}" textLength="{len(text) * WIDTH:.1f}" '
           f'{STYLES[style]}>{escape(text)}</text>')


def draw_row(y, row):
    """Draws runs of cells that have the same style, and either only shades or none."""
    column = 0
    for (style, is_shade, is_space), cells in itertools.groupby(
            row, lambda cell: (cell[1], cell[0] in SHADES, cell[0] == " ")):
        text = "".join(character for character, _ in cells)
        if not is_space:
            yield from (draw_shades if is_shade else draw_text)(
                MARGIN + column * WIDTH, y, style, text)
        column += len(text)


def find_sections(rows):
    """Lists of rows, each of which begins with a bold one."""
    for is_empty, section in itertools.groupby(rows, lambda row: not row):
        section = list(section)
        if not is_empty and section[0][0][1] == BOLD:
            yield section


def draw(title, sections):
    rows = [row for section in sections for row in [[], *section]][1:]
    width = COLUMNS * WIDTH + 2 * MARGIN
    height = len(rows) * HEIGHT + 2 * MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
           f'width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="title">')
    yield f'<title id="title">{escape(title)}</title>'
    yield f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>'
    yield (f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" '
           f'font-size="{FONT_SIZE}" fill="{FOREGROUND}">')
    for number, row in enumerate(rows):
        yield from draw_row(MARGIN + number * HEIGHT, row)
    yield "</g>"
    yield "</svg>"


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)

    path, title, n_sections, *command = sys.argv[1:]
    # What colours there are is said by the styles, and not by who draws.
    sent, status = screen.record(
        command, COLUMNS, {"TERM": "xterm", "NO_COLOR": "", "LC_ALL": "C.UTF-8"})
    if status != 0:
        sys.exit(f"picture.py: {command[0]}: exit status {status}")
    terminal = screen.Screen(COLUMNS)
    terminal.write(sent)
    shown = list(find_sections(terminal.rows))[-int(n_sections):]
    pathlib.Path(path).write_text("\n".join(draw(title, shown)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
