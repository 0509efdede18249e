# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws a diagram with Graphviz, for light and for dark pages.

usage: draw-diagram.py DOT STYLE SOURCE OUTPUT
"""

import pathlib
import re
import subprocess
import sys

# Wider ones would be made smaller on a page, and their letters with them.
MAX_WIDTH = 700


def draw(dot, source):
    """The SVG, and how wide it is in pixels. Graphviz itself knows points only."""
    run = subprocess.run([dot, "-Tsvg", str(source)], capture_output=True, text=True)
    if run.returncode != 0 or run.stderr:
        sys.exit(f"{source}: dot says: {run.stderr.strip() or run.returncode}")
    # The tag alone: what goes before it in a file of its own tells browsers nothing.
    svg = run.stdout[run.stdout.index("<svg"):]
    tag = svg[:svg.index(">") + 1]
    width, height = (round(int(points) * 96 / 72) for points in re.findall(r'="(\d+)pt"', tag))
    tag = re.sub(r'width="\d+pt"', f'width="{width}"', tag)
    tag = re.sub(r'height="\d+pt"', f'height="{height}"', tag)
    return tag + svg[svg.index(">") + 1:], width


def add_style(svg, style):
    end = svg.index(">") + 1
    return f"{svg[:end]}\n<style>\n{style.strip()}\n</style>{svg[end:]}"


def main():
    dot, style, source, output = sys.argv[1:]
    svg, width = draw(dot, pathlib.Path(source))
    if width > MAX_WIDTH:
        sys.exit(f"{source}: the diagram is {width} pixels wide; make it {MAX_WIDTH} at most")
    svg = add_style(svg, pathlib.Path(style).read_text(encoding="utf-8"))
    pathlib.Path(output).write_text(svg, encoding="utf-8")


main()
