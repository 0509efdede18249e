# SPDX-License-Identifier: LGPL-2.1-or-later
"""Has gi-docgen make the manual, and mends what its theme leaves out.

usage: make-reference.py OUTPUT-FOLDER STYLE GI-DOCGEN [ARGUMENT...]

The rules in STYLE come after those of the theme. The guide front.html becomes what the front page
says above its lists of types and functions. Each guide lists all guides beside its text, and leads to
the one before and the one after it. Where another version's theme is built differently, it is left as
it is.
"""

import json
import pathlib
import re
import subprocess
import sys

NAME = "fsmm-glib"
FRONT = "front.html"

GUIDE = re.compile(r'<li><a href="([a-z-]+\.html)">([^<]+)</a></li>')
MAIN = '<section id="main" class="content">'
GUIDE_MAIN = '<section id="main" class="content guide">'
DOCBLOCK = re.compile(
    r'(  <section>\s*<div class="docblock">)(.*?)(</div>\s*</section>\s*</section>)', re.DOTALL)
NAMESPACE = re.compile(r'(<div class="section namespace">\s*<h3><a href="index\.html">)\w+')
TITLE = re.compile(r"<title>.*?</title>")
END_OF_SIDEBAR = '<div class="section generator">'
CONTENTS = re.compile(r'<p id="toc-title">.*?(<ul.*</ul>)\s*</nav>', re.DOTALL)
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
# Those that a narrow screen has room for.
WORD = re.compile(r"<code>(?=[^<\s]{1,32}( \(\))?</code>)")

HEADER = re.compile(r"  <header>\s*<h3>Namespace</h3>.*?</header>\n", re.DOTALL)
ABOUT = re.compile(r'    <div class="meta info">.*?</table>\s*</div>\n', re.DOTALL)
BUILD = re.compile(r'    <div class="meta build.*?</table>\s*</div>\s*</div>\n', re.DOTALL)
NO_ADDRESS = re.compile(r'\s*<tr><td><em>\w+</em></td><td><a href=""[^>]*></a></td></tr>')
DEPENDENCIES, EXTRA = (
    re.compile(rf'  <section>\s*<div class="toggle-wrapper">\s*<h4 id="{name}".*?</section>\n',
               re.DOTALL)
    for name in ("dependencies", "extra"))
SECTIONS = '<div class="section">\n  <h5>Sections</h5>'
LISTED_GUIDE = re.compile(rf"\s*{GUIDE.pattern}")
OPENED = re.compile(r' default-hide(">\s*<h4 id="(?:classes|structs|domains)")')


def edit(path, change):
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


# --- Guides ---


def sidebar(guides, current):
    """A section of the sidebar, marked up as the theme does it for classes."""
    mark = {current: ' class="current"'}
    links = "".join(f'<a{mark.get(name, "")} href="{name}">{title}</a>\n' for name, title in guides)
    return f'<div class="section">\n<h5>Guides</h5>\n<div class="links">\n{links}</div>\n</div>\n\n'


def fold(match):
    """A table with what a narrow screen needs to show it: one of figures is scrolled, and in one of
    words each cell says which column it is in, if there are more than two."""
    table = match[0]
    if "text-align: right" in table:
        return table.replace("<table>", '<table class="figures">', 1)
    columns = [re.sub("<[^>]*>", "", name) for name in re.findall("<th>(.*?)</th>", table)]
    marks = ["<td>"] * len(columns)
    if len(columns) > 2:
        marks[1:] = [f'<td data-column="{name}">' for name in columns[1:]]

    def fold_row(row):
        start, *cells = row[0].split("<td>")
        return start + "".join(mark + cell for mark, cell in zip(marks, cells))

    table = re.sub("<tr>\n<td>.*?</tr>", fold_row, table, flags=re.DOTALL)
    return table.replace("<table>", '<table class="words">', 1)


def turn(guides, current):
    """Links to the guides before and after this one."""
    names = [name for name, _ in guides]
    place = names.index(current)
    links = []
    if place > 0:
        links.append('<a rel="prev" href="{}">← {}</a>'.format(*guides[place - 1]))
    if place + 1 < len(guides):
        links.append('<a rel="next" href="{}">{} →</a>'.format(*guides[place + 1]))
    return f'<nav class="turn">{"".join(links)}</nav>\n'


def short_contents(page):
    """The list of contents again, for screens that have no room for it beside the text."""
    found = CONTENTS.search(page)
    if not found:
        return ""
    return f'<details class="contents"><summary>On this page</summary>{found[1]}</details>\n'


def mend_text(text):
    return TABLE.sub(fold, WORD.sub('<code class="word">', text))


def mend_guide(page, guides, name, title):
    up = f'\n<p class="up"><a href="index.html">{NAME}</a></p>\n'
    contents = short_contents(page)

    def mend_block(block):
        text = mend_text(block[2]).replace("</h1>\n", "</h1>\n" + contents, 1)
        return block[1] + up + text + turn(guides, name) + block[3]

    page = DOCBLOCK.sub(mend_block, page.replace(MAIN, GUIDE_MAIN), 1)
    page = TITLE.sub(f"<title>{title} – {NAME}</title>", page, 1)
    return page.replace(END_OF_SIDEBAR, sidebar(guides, name) + END_OF_SIDEBAR)


# --- The front page ---


def cut(patterns, page):
    """What the patterns match, and the page without it."""
    found = [match for pattern in patterns if (match := pattern.search(page))]
    for match in found:
        page = page.replace(match[0], "", 1)
    return "".join(match[0] for match in found), page


def mend_front(page, front, guides):
    """Begins with the text of @front, and ends with what the theme has at its beginning."""
    text = DOCBLOCK.search(front)
    if not text or not HEADER.search(page):
        return page
    last, page = cut([ABOUT, BUILD, DEPENDENCIES, EXTRA], page)
    introduction = f"{text[1]}{mend_text(text[2])}</div>\n  </section>\n"
    page = HEADER.sub(lambda _: introduction, page, 1)
    end = page.rindex("</section>\n", 0, page.index('<section id="search"'))
    page = page[:end] + NO_ADDRESS.sub("", LISTED_GUIDE.sub("", last)) + page[end:]
    page = OPENED.sub(r"\1", page.replace(MAIN, GUIDE_MAIN))
    page = TITLE.sub(f"<title>{NAME}</title>", page, 1)
    return page.replace(SECTIONS, sidebar(guides, None) + SECTIONS, 1)


def forget_front(folder):
    """Its text has gone into the front page: nothing leads to a page of its own."""
    (folder / FRONT).unlink()
    for book in folder.glob("*.devhelp2"):
        edit(book, lambda text: re.sub(rf'<sub name="[^"]*" link="{FRONT}" ?/>', "", text))
    index = folder / "index.json"
    data = json.loads(index.read_text(encoding="utf-8"))
    data["symbols"] = [item for item in data["symbols"] if item.get("href") != FRONT]
    index.write_text(json.dumps(data), encoding="utf-8")


def main():
    output, style = map(pathlib.Path, sys.argv[1:3])
    subprocess.run(sys.argv[3:], check=True)

    edit(output / "style.css", lambda css: css + "\n" + style.read_text(encoding="utf-8"))
    index = output / "index.html"
    listed = GUIDE.findall(index.read_text(encoding="utf-8"))
    guides = [(name, title) for name, title in listed if name != FRONT]
    for name, title in guides:
        page = (output / name).read_text(encoding="utf-8")
        (output / name).write_text(mend_guide(page, guides, name, title), encoding="utf-8")
    front = (output / FRONT).read_text(encoding="utf-8")
    edit(index, lambda page: mend_front(page, front, guides))
    forget_front(output)
    for path in output.glob("*.html"):
        edit(path, lambda page: NAMESPACE.sub(rf"\1{NAME}", page))


main()
