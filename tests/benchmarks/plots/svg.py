# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a picture for light and dark pages, and for those who do not see it, of gnuplot's SVG."""

import re
import xml.etree.ElementTree as ET

import gnuplot

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
ET.register_namespace("", SVG)
ET.register_namespace("xlink", XLINK)
HREF = f"{{{XLINK}}}href"

COLOURS = ("fill", "stroke", "color")
RGB = re.compile(r"rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)")
# Still readable where a page is light although its reader prefers dark ones.
ON_DARK = {gnuplot.INK: "#8e8e93", gnuplot.FSMM: "#ee6a33"}


def tag(name):
    return f"{{{SVG}}}{name}"


def style():
    rules = "".join(
        f'[{attribute}="{colour}"]{{{attribute}:{other}}}'
        for colour, other in ON_DARK.items()
        for attribute in COLOURS
    )
    bold = f'[fill="{gnuplot.FSMM}"],[font-size^="{gnuplot.TITLE_SIZE}"]{{font-weight:bold}}'
    return f"{bold}@media (prefers-color-scheme:dark){{{rules}}}"


def hexadecimal(match):
    return "#" + "".join(f"{int(number):02x}" for number in match.groups())


def tidy(element):
    """Leaves out what shows nothing, and writes colours so that the style finds them."""
    for child in list(element):
        tidy(child)
        if shows_nothing(child):
            element.remove(child)
    for name in COLOURS:
        if name in element.attrib:
            element.set(name, RGB.sub(hexadecimal, element.get(name)))
    if element.tag == tag("text"):
        text = "".join(element.itertext()).strip()
        element[:] = []
        element.text = text
    elif element.tag == tag("g"):
        element.attrib.pop("id", None)
        element.text = "\n"
    element.tail = "\n"


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
    tidy(root)
    root.text = "\n"

    _, _, width, height = root.get("viewBox").split()
    root.attrib |= {"width": width, "height": height}
    root.attrib |= {"role": "img", "aria-labelledby": "title desc"}
    add_text(root, "title", chart.title, 0)
    add_text(root, "desc", chart.description, 1)
    add_text(root, "style", style(), 2)
    return ET.tostring(root, encoding="unicode")
