#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads an XML file into a tree whose nodes live in three pools, and counts what is in it.

usage: xml-tree.py [FILE]

Prints what “xml-tree --counts” does. Without FILE, it reads the description of GLib that comes
with GObject introspection. Namespace declarations (xmlns) count as attributes; texts that are white
space are left out.

Exit status: 0 if all went well, 1 if not, 2 if the arguments make no sense.
"""

import ctypes
import pathlib
import sys
import xml.parsers.expat

import gi

gi.require_version("Fsmm", "1")
from gi.repository import Fsmm, GLib  # noqa: E402

WHITE = " \t\r\n"
NONE = 0  # in place of the number of a node

# --- Nodes ---
#
# A node is a record of numbers in a block: those of other nodes, and of strings, which stay where
# Python has them. Elements and texts are the children of an element. A child is called by twice its
# number, plus one if it is a text.


class Element(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in
                ("parent", "next", "name", "first_attribute", "first_child", "last_child")]


class Attribute(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("next", "name", "value")]


class Text(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("parent", "next", "text")]


class Nodes:
    """All nodes of a kind: their records lie in blocks of a pool, and keep these."""

    def __init__(self, kind, name):
        self.kind = kind
        self.pool = Fsmm.Pool(alloc_size=ctypes.sizeof(kind), name=name)
        self.records = [None]

    def make(self):
        record = self.kind.from_buffer(self.pool.acquire().view())
        self.records.append(record)
        return len(self.records) - 1, record


class Strings:
    """Strings by number; equal ones have the same."""

    def __init__(self):
        self.numbers = {}

    def number(self, string):
        return self.numbers.setdefault(string, len(self.numbers))


class Tree:
    def __init__(self):
        self.elements = Nodes(Element, "elements")
        self.attributes = Nodes(Attribute, "attributes")
        self.texts = Nodes(Text, "texts")
        self.strings = Strings()
        self.root = NONE
        self.open = NONE

    def find(self, child):
        """The record of a child."""
        nodes = self.texts if child & 1 else self.elements
        return nodes.records[child >> 1]

    def append(self, child):
        parent = self.elements.records[self.open]
        if parent is None:
            self.root = child >> 1
            return
        if parent.last_child == NONE:
            parent.first_child = child
        else:
            self.find(parent.last_child).next = child
        parent.last_child = child

    def open_element(self, name, attributes):
        number, element = self.elements.make()
        element.parent = self.open
        element.name = self.strings.number(name)
        # From the last one on, so that the first one comes first.
        for index in range(len(attributes) - 2, -1, -2):
            attribute_number, attribute = self.attributes.make()
            attribute.next = element.first_attribute
            attribute.name = self.strings.number(attributes[index])
            attribute.value = self.strings.number(attributes[index + 1])
            element.first_attribute = attribute_number
        self.append(number << 1)
        self.open = number

    def close_element(self):
        self.open = self.elements.records[self.open].parent

    def add_text(self, string):
        number, text = self.texts.make()
        text.parent = self.open
        text.text = self.strings.number(string)
        self.append(number << 1 | 1)


# --- Reading ---


class Reader:
    def __init__(self):
        self.tree = Tree()
        self.pieces = []
        self.parser = xml.parsers.expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self.on_start
        self.parser.EndElementHandler = self.on_end
        self.parser.CharacterDataHandler = self.pieces.append
        # A CDATA section is a text of its own, and a comment ends one.
        self.parser.StartCdataSectionHandler = self.end_text
        self.parser.EndCdataSectionHandler = self.end_text
        self.parser.CommentHandler = self.end_text
        self.parser.ProcessingInstructionHandler = self.end_text

    def end_text(self, *_):
        text = "".join(self.pieces)
        self.pieces.clear()
        if text.strip(WHITE):
            self.tree.add_text(text)

    def on_start(self, name, attributes):
        self.end_text()
        self.tree.open_element(name, attributes)

    def on_end(self, _):
        self.end_text()
        self.tree.close_element()

    def read(self, path):
        with open(path, "rb") as file:
            self.parser.ParseFile(file)
        return self.tree


# --- Counting ---


def count(tree):
    """Goes over the tree, in the order of the document."""
    counts = {"elements": 0, "attributes": 0, "texts": 0, "depth": 0}
    child, depth = tree.root << 1, 1
    while child != NONE:
        node = tree.find(child)
        if child & 1:
            counts["texts"] += 1
        else:
            counts["elements"] += 1
            counts["depth"] = max(counts["depth"], depth)
            attribute = node.first_attribute
            while attribute != NONE:
                counts["attributes"] += 1
                attribute = tree.attributes.records[attribute].next
            if node.first_child != NONE:
                child, depth = node.first_child, depth + 1
                continue
        while node.next == NONE and node.parent != NONE:
            node, depth = tree.elements.records[node.parent], depth - 1
        child = node.next
    return counts


def find_default_file():
    # Some distributions put descriptions that differ from machine to machine beside the libraries.
    typelib = gi.Repository.get_default().get_typelib_path("GLib")
    libdir = pathlib.Path(typelib).parent.parent
    for folder in [*GLib.get_system_data_dirs(), "/usr/local/share", "/usr/share", libdir]:
        path = pathlib.Path(folder) / "gir-1.0" / "GLib-2.0.gir"
        if path.is_file():
            return path
    sys.exit("xml-tree.py: found no gir-1.0/GLib-2.0.gir: name an XML file")


def main():
    if len(sys.argv) > 2 or sys.argv[1:2] == ["--help"]:
        print(__doc__, end="")
        return 0 if sys.argv[1:] == ["--help"] else 2

    path = sys.argv[1] if len(sys.argv) == 2 else find_default_file()
    try:
        tree = Reader().read(path)
    except xml.parsers.expat.ExpatError as error:
        words = xml.parsers.expat.ErrorString(error.code)
        sys.exit(f"xml-tree.py: {path}:{error.lineno}:{error.offset + 1}: {words}")
    except OSError as error:
        sys.exit(f"xml-tree.py: {path}: {error.strerror}")

    for what, number in count(tree).items():
        print(what, number)
    return 0


if __name__ == "__main__":
    sys.exit(main())
