# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a picture for light and dark pages, and for those who do not see it, of gnuplot's SVG."""

import pathlib
import sys
import xml.etree.ElementTree as ET

import gnuplot

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "tools"))

from fsmm_chart.svg import HREF, SVG, style_for_dark_pages, tag, tidy  # noqa: E402, F401

# Still readable where a page is light although its reader prefers dark ones.
ON_DARK = {gnuplot.INK: "#8e8e93", gnuplot.FSMM: "#ee6a33"}


def style():
    bold = f'[fill="{gnuplot.FSMM}"],[font-size^="{gnuplot.TITLE_SIZE}"]{{font-weight:bold}}'
    return bold + style_for_dark_pages(ON_DARK)


def flatten_texts(root):
    for text in list(root.iter(tag("text"))):
        words = "".join(text.itertext()).strip()
        text[:] = []
        text.text = words


def shows_nothing(element):
    if element.tag == tag("text"):
        return not element.text
    if element.tag == tag("rect"):
        return element.get("fill") == "none"
    is_group = element.tag in (tag("g"), tag("defs"))
    return is_group and all(child.tag == tag("title") for child in element)


def drop_unused_definitions(root):
    definitions = root.find(f".//{tag('defs')}")
    is_changed = True
    while is_changed:
        used = {element.get(HREF) for element in root.iter(tag("use"))}
        unused = [item for item in definitions if f"#{item.get('id')}" not in used]
        for item in unused:
            definitions.remove(item)
        is_changed = bool(unused)


def add_text(root, name, text, place):
    element = ET.Element(tag(name), {"id": name} if name != "style" else {})
    element.text = text
    element.tail = "\n"
    root.insert(place, element)


def finish(source, chart):
    """Returns the text of an SVG file."""
    root = ET.fromstring(source.encode())
    for name in ("title", "desc"):
        root.remove(root.find(tag(name)))
    drop_unused_definitions(root)
    flatten_texts(root)
    tidy(root, shows_nothing)
    root.text = "\n"

    _, _, width, height = root.get("viewBox").split()
    root.attrib |= {"width": width, "height": height}
    root.attrib |= {"role": "img", "aria-labelledby": "title desc"}
    add_text(root, "title", chart.title, 0)
    add_text(root, "desc", chart.description, 1)
    add_text(root, "style", style(), 2)
    return ET.tostring(root, encoding="unicode")
