# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a picture of what gnuplot draws, with the names of pools, for light and dark pages."""

import xml.etree.ElementTree as ET

from fsmm_chart import gnuplot, words
from fsmm_chart.svg import HREF, style_for_dark_pages, tag, tidy


def shows_nothing(element):
    if element.tag == tag("text"):
        return not "".join(element.itertext()).strip()
    return element.tag in (tag("title"), tag("desc")) or (
        element.tag in (tag("g"), tag("a")) and len(element) == 0
    )


def drop_unused_definitions(root):
    used = {element.get(HREF) for element in root.iter(tag("use"))}
    for definitions in root.iter(tag("defs")):
        for item in list(definitions):
            if f"#{item.get('id')}" not in used:
                definitions.remove(item)


def add(parent, name, text=None, **attributes):
    element = ET.SubElement(
        parent, tag(name), {key.replace("_", "-"): str(value) for key, value in attributes.items()}
    )
    element.text = text
    element.tail = "\n" if name != "tspan" else ""
    return element


def add_text(parent, x, y, text, size=gnuplot.TEXT_SIZE, **attributes):
    return add(parent, "text", text, x=x, y=y, font_size=size, fill=gnuplot.INK, **attributes)


def add_legend(group, panels):
    y = 72
    x = gnuplot.LEFT

    def add_entry(draw, text):
        nonlocal x
        draw()
        add_text(group, x + 26, y, text)
        x += 46 + 6.6 * len(text)

    def area(colour):
        add(group, "rect", x=x, y=y - 10, width=20, height=11, fill=colour, fill_opacity=0.3)
        add(group, "path", d=f"M{x},{y - 10}h20", stroke=colour, fill="none")

    def line(colour, width, **attributes):
        add(group, "path", d=f"M{x},{y - 4}h20", stroke=colour, stroke_width=width, **attributes)

    def point():
        add(group, "circle", cx=x + 10, cy=y - 4, r=3, fill=gnuplot.LIVE)

    if any(not panel.is_of_objects for panel in panels):
        add_entry(lambda: area(gnuplot.LIVE), "live")
        add_entry(lambda: line(gnuplot.RESIDENT, 2), "resident")
    if any(panel.is_of_objects for panel in panels):
        add_entry(lambda: area(gnuplot.LENT), "lent")
    add_entry(point, "peak")
    if any(panel.shows_limit for panel in panels):
        add_entry(lambda: line(gnuplot.INK, 1.5, stroke_dasharray="6,4"), "limit")
    if any(panel.end is not None for panel in panels):
        add_entry(lambda: line(gnuplot.INK, 1.5, stroke_dasharray="2,3"), "gone")


def add_headings(root, record, panels, layout, title):
    group = add(root, "g", font_family=gnuplot.FONT)
    start = record.start.replace("T", " ")[:19]
    add_text(group, gnuplot.EDGE, 24, title, gnuplot.TITLE_SIZE, font_weight="bold")
    add_text(
        group, gnuplot.EDGE, 46,
        f"Process {record.process}, started {words.shorten(start, 24)} UTC; "
        f"recorded for {words.show_time(record.end)}",
    )
    if not panels:
        add_text(group, gnuplot.EDGE, gnuplot.TOP, "There was no pool at any look.")
        return
    add_legend(group, panels)
    for panel, top in zip(panels, layout.tops):
        add_text(group, gnuplot.LEFT, top - 6, panel.title, font_weight="bold")
        right = gnuplot.WIDTH - gnuplot.RIGHT
        add_text(group, right, top - 6, ", ".join(panel.details), text_anchor="end")


def describe(panels):
    """For those who do not see the picture."""
    texts = [f"{panel.title}: {', '.join(panel.details)}" for panel in panels]
    return ". ".join(texts) + "." if texts else "No pools."


def draw(record, panels, title):
    layout = gnuplot.Layout(panels)
    # Where there was one look alone, something is to be seen of it.
    end = max(record.end, (record.begin or 0) + 0.1)
    if panels:
        root = ET.fromstring(gnuplot.run_gnuplot(gnuplot.make_script(panels, layout, end)).encode())
    else:
        root = ET.Element(tag("svg"), {"viewBox": f"0 0 {gnuplot.WIDTH} {layout.height}"})
    drop_unused_definitions(root)
    tidy(root, shows_nothing)
    root.text = "\n"
    root.attrib |= {"width": str(gnuplot.WIDTH), "height": str(layout.height)}
    root.attrib |= {"role": "img", "aria-labelledby": "title desc"}
    add_headings(root, record, panels, layout, title)
    for i, (name, text, attributes) in enumerate(
        (("title", title, {"id": "title"}), ("desc", describe(panels), {"id": "desc"}),
         ("style", style_for_dark_pages(gnuplot.ON_DARK), {}))
    ):
        element = ET.Element(tag(name), attributes)
        element.text, element.tail = text, "\n"
        root.insert(i, element)
    return ET.tostring(root, encoding="unicode") + "\n"
