# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes pages for gi-docgen of those in doc/, whose links are for who reads them where they lie.

usage: prepare-pages.py OUTPUT-FOLDER PAGE...

A link to another page becomes one to what gi-docgen makes of it, in a folder that has no folders in
it. A link to the source of a diagram becomes the diagram, which leads to itself, to be seen larger:
to a file of Graphviz, or to the list of layers, of which one is made. Such a link begins a line.
Any other link to a file outside of doc/ becomes its name: a manual that is installed has no such
files.
"""

import pathlib
import re
import sys

README = re.compile(r"\[README\]\([^()\s]*\)")
PAGE = re.compile(r"\]\((?!\w+:)(?:[^()\s]*/)?([\w-]+)\.md(#[\w-]+)?\)")
DIAGRAM = re.compile(r"^\[([^\]]+)\]\([^()\s]*/([\w-]+)\.(?:dot|ini)\)", re.MULTILINE)
FILE = re.compile(r"\[([^\]]+)\]\(\.\./[^()\s]+\)")


def prepare(text):
    text = README.sub("`README.md`", text)
    text = PAGE.sub(r"](\1.html\2)", text)
    text = DIAGRAM.sub(r"[![\1](\2.svg)](\2.svg)", text)
    return FILE.sub(r"`\1`", text)


def main():
    folder = pathlib.Path(sys.argv[1])
    for page in map(pathlib.Path, sys.argv[2:]):
        text = prepare(page.read_text(encoding="utf-8"))
        (folder / page.name).write_text(text, encoding="utf-8")


main()
