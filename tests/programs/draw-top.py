# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws what fsmm-top shows on a terminal: a table, and the map of a pool.

usage: draw-top.py FSMM-TOP PROGRAM FOLDER

The pictures are text, in colours that go with those of the page around them.
"""

import itertools
import os
import pathlib
import subprocess
import sys
import time
import unicodedata
from xml.sax.saxutils import escape

import showing
import terminal

TOP, PROGRAM, FOLDER = sys.argv[1:]
COLUMNS, LINES = 118, 14
# Of a cell, and around all of them. Text of FONT_SIZE has characters about as wide as a cell.
WIDTH, HEIGHT, FONT_SIZE, BASELINE = 7.2, 15.5, 12, 11.5
MARGIN = 12
# As a terminal has them whose background is light, or dark.
LIGHT = {"back": "#ffffff", "fore": "#24292f", "red": "#b62324", "blue": "#0550ae", "cyan": "#1b7c83",
         "green": "#116329"}
DARK = {"back": "#1d1f24", "fore": "#d7dae0", "red": "#ff7b72", "blue": "#79c0ff", "cyan": "#56d4dd",
        "green": "#7ee787"}


def make_style():
    def rules(colors):
        return "".join(f".{name}{{fill:{color}}}" for name, color in colors.items())
    return (f"<style>{rules(LIGHT)}.bold{{font-weight:bold}}"
            f"@media (prefers-color-scheme:dark){{{rules(DARK)}}}</style>")


def get_class(cell):
    color = "fore" if cell.fg == "default" else cell.fg
    return (f"{'back' if cell.reverse else color}{' bold' if cell.bold else ''}", cell.reverse)


def draw_run(column, row, style, text):
    """Each run gets the width that it has on a terminal, whatever the font."""
    color, is_reverse = style
    x, y = MARGIN + column * WIDTH, MARGIN + row * HEIGHT
    n_cells = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    if is_reverse:
        yield (f'<rect class="fore" x="{x:.1f}" y="{y:.1f}" width="{n_cells * WIDTH:.1f}" '
               f'height="{HEIGHT}"/>')
    if text.strip():
        lead = len(text) - len(text.lstrip())
        shown = text.strip()
        n_shown = n_cells - (len(text) - len(shown))
        yield (f'<text class="{color}" x="{x + lead * WIDTH:.1f}" y="{y + BASELINE:.1f}" '
               f'textLength="{n_shown * WIDTH:.1f}">{escape(shown)}</text>')


def split_words(cells):
    """Runs of one style, which end where there is more than one blank: (column, style, text)."""
    for style, run in itertools.groupby(cells, lambda pair: get_class(pair[1])):
        run = list(run)
        if style[1]:
            yield run[0][0], style, "".join(cell.data for _, cell in run)
            continue
        for is_blank, word in itertools.groupby(run, lambda pair: pair[1].data == " "):
            word = list(word)
            if not is_blank:
                yield word[0][0], style, "".join(cell.data for _, cell in word)


def draw_reversed(column, row, style, text):
    """The bar, and on it words, each where it is on the terminal."""
    yield from draw_run(column, row, style, " " * len(text))
    for is_blank, word in itertools.groupby(enumerate(text), lambda pair: pair[1] == " "):
        word = list(word)
        if not is_blank:
            yield from draw_run(column + word[0][0], row, (style[0], False),
                                "".join(c for _, c in word))


def draw(screen, title):
    width, height = COLUMNS * WIDTH + 2 * MARGIN, LINES * HEIGHT + 2 * MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
           f'width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="title">')
    yield f'<title id="title">{escape(title)}</title>'
    yield make_style()
    yield '<rect class="back" width="100%" height="100%" rx="8"/>'
    yield f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{FONT_SIZE}">'
    for row in range(LINES):
        cells = [(column, screen.buffer[row][column]) for column in range(COLUMNS)]
        for column, style, text in split_words(cells):
            yield from (draw_reversed if style[1] else draw_run)(column, row, style, text)
    yield "</g>"
    yield "</svg>"


def save(shown, name, title):
    text = "\n".join(draw(shown.screen, title)) + "\n"
    pathlib.Path(FOLDER, name).write_text(text, encoding="utf-8")


def look(shown, seconds):
    """Rates are there after the second look."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        shown.read(0.1)


def main():
    with showing.runtime_folder(), \
            subprocess.Popen([PROGRAM], env=os.environ | {"FSMM_DEBUG": "monitor"}) as program:
        time.sleep(1)
        with terminal.Terminal([TOP, "--sort=reserved"], columns=COLUMNS, lines=LINES) as shown:
            shown.wait_for("tokens")
            look(shown, 3)
            save(shown, "fsmm-top.svg", "fsmm-top with the pools of a program")
            while "tree nodes:" not in shown.text:
                shown.press("m" if shown.screen.buffer[shown.find_row("tree nodes")[0]][0].reverse
                            else "j")
                look(shown, 0.5)
            look(shown, 2)
            save(shown, "fsmm-top-map.svg", "fsmm-top with the chunks of a pool")
        program.kill()


main()
