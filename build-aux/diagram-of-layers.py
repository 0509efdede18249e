# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the diagram of the folders of the library, for Graphviz, and what it is made from, for Ninja.

usage: diagram-of-layers.py LIBRARY OUTPUT DEPENDENCIES

There is an arrow where files of a folder include some of another: dashed where it leads past the next
one. Arrows to the lowest folder, which nearly all include, are left out but for the last. A folder that
includes nothing of the next one is tied to it by an invisible arrow, so that all stay in one column.
"""

import html
import itertools
import pathlib
import posixpath
import sys
import textwrap

import layers

HEAD = """\
// Made by build-aux/diagram-of-layers.py.
digraph layers {
  graph [bgcolor="transparent" fontname="sans-serif" fontsize=11 fontcolor="#6e6e73"
         nodesep=0.1 ranksep=0.25 pad=0.05]
  node [group=column shape=box style=filled penwidth=0 margin="0.14,0.08" fontname="sans-serif"
        fontsize=11 fillcolor="#dbe9f9" fontcolor="#1d1d1f"]
  edge [color="#6e6e73" arrowsize=0.7]
"""
ENGINE = """\
  subgraph cluster_engine {
    label="engine"
    labeljust=r
    style=dashed
    color="#6e6e73"
    node [fillcolor="#fbe6cd"]
"""
BELOW_ENGINE = '  node [fillcolor="#e6e6e9"]\n'


def node(folder, text):
    lines = "<br/>".join(textwrap.wrap(html.escape(text), 54))
    return f'  "{folder}" [label=<<b>{folder}</b><br/>{lines}>]\n'


def nodes(library, folders):
    """The folders from the top down, those of the engine in a frame of their own."""
    text = ""
    for in_engine, group in itertools.groupby(reversed(folders),
                                              lambda folder: folder.startswith("engine/")):
        boxes = "".join(node(folder, library.layers[folder]) for folder in group)
        text += ENGINE + boxes + "  }\n" + BELOW_ENGINE if in_engine else boxes
    return text


def uses(library):
    """Which folder includes files of which below it."""
    pairs = {(posixpath.dirname(include.file), posixpath.dirname(include.included))
             for include in library.includes()
             if library.level(include.included) < library.level(include.file)}
    return sorted((user, used) for user, used in pairs if user)


def arrows(library, folders):
    pairs = uses(library)
    text = "".join(f'  "{above}" -> "{below}" [weight=20 style=invis]\n'
                   for below, above in zip(folders, folders[1:]) if (above, below) not in pairs)
    for user, used in pairs:
        is_next = folders.index(used) + 1 == folders.index(user)
        if is_next or used != folders[0]:
            style = "weight=20" if is_next else "style=dashed"
            text += f'  "{user}" -> "{used}" [{style}]\n'
    return text


def main():
    library = layers.Library(sys.argv[1])
    output, dependencies = map(pathlib.Path, sys.argv[2:])
    with_code = {posixpath.dirname(file) for file in library.files}
    folders = [folder for folder in library.layers if folder in with_code]

    output.write_text(HEAD + nodes(library, folders) + arrows(library, folders) + "}\n",
                      encoding="utf-8")
    inputs = [library.folder / name for name in [*library.files, *folders, "layers.ini"]]
    dependencies.write_text(f"{output}: {' '.join(map(str, inputs))}\n", encoding="utf-8")


main()
