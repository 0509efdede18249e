# SPDX-License-Identifier: LGPL-2.1-or-later
"""Has gi-docgen make the manual, and mends what its theme leaves out.

usage: make-reference.py OUTPUT-FOLDER STYLE GI-DOCGEN [ARGUMENT...]

The rules in STYLE come after those of the theme; each guide lists all guides beside its text, and has
short words of code in one piece; and the front page does not name addresses that there are none of.
Where another version's theme is built differently, it is left as it is.
"""

import pathlib
import re
import subprocess
import sys

GUIDE = re.compile(r'<li><a href="([a-z-]+\.html)">([^<]+)</a></li>')
NO_ADDRESS = re.compile(r'\s*<tr><td><em>\w+</em></td><td><a href=""[^>]*></a></td></tr>')
# Those that a narrow screen has room for.
WORD = re.compile(r"<code>(?=[^<\s]{1,32}( \(\))?</code>)")
END_OF_SIDEBAR = '<div class="section generator">'


def edit(path, change):
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def sidebar(guides, current):
    """A section of the sidebar, marked up as the theme does it for classes."""
    mark = {current: ' class="current"'}
    links = "".join(f'<a{mark.get(name, "")} href="{name}">{title}</a>\n' for name, title in guides)
    return f'<div class="section">\n<h5>Guides</h5>\n<div class="links">\n{links}</div>\n</div>\n\n'


def main():
    output, style = map(pathlib.Path, sys.argv[1:3])
    subprocess.run(sys.argv[3:], check=True)

    edit(output / "style.css", lambda css: css + "\n" + style.read_text(encoding="utf-8"))
    index = output / "index.html"
    guides = GUIDE.findall(index.read_text(encoding="utf-8"))
    edit(index, lambda page: NO_ADDRESS.sub("", page))
    for name, _ in guides:
        edit(output / name, lambda page, name=name: WORD.sub('<code class="word">', page).replace(
            END_OF_SIDEBAR, sidebar(guides, name) + END_OF_SIDEBAR))


main()
