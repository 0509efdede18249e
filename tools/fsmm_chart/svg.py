# SPDX-License-Identifier: LGPL-2.1-or-later
"""What charts have in common that are made of gnuplot's SVG: those here, and those of benchmarks."""

import re
import xml.etree.ElementTree as ET

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
ET.register_namespace("", SVG)
ET.register_namespace("xlink", XLINK)
HREF = f"{{{XLINK}}}href"

COLOURS = ("fill", "stroke", "color")
RGB = re.compile(r"rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)")


def tag(name):
    return f"{{{SVG}}}{name}"


def style_for_dark_pages(on_dark):
    """The colours that others stand for there, as rules of a style."""
    rules = "".join(
        f'[{attribute}="{colour}"]{{{attribute}:{other}}}'
        for colour, other in on_dark.items()
        for attribute in COLOURS
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"


def hexadecimal(match):
    return "#" + "".join(f"{int(number):02x}" for number in match.groups())


def tidy(element, shows_nothing):
    """Leaves out what shows nothing, and writes colours so that the style finds them."""
    for child in list(element):
        tidy(child, shows_nothing)
        if shows_nothing(child):
            element.remove(child)
    for name in COLOURS:
        if name in element.attrib:
            element.set(name, RGB.sub(hexadecimal, element.get(name)))
    if element.tag == tag("g"):
        element.attrib.pop("id", None)
        element.text = "\n"
    element.tail = "\n"
