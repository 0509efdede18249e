# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each folder of the library uses only what is in it, or in one before it in the list of layers.

usage: test-layers.py LIBRARY INTERNALS NM OBJECTS

Includes are read in the sources. What is called, or used in any other way, is read in the objects
that the compiler made of them: no macro hides it.
"""

import functools
import pathlib
import re
import subprocess
import sys

import layers
import tap

LIBRARY = layers.Library(sys.argv[1])
INTERNALS, NM, OBJECTS = pathlib.Path(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])

BELOW = "a folder uses only what is in it, or in one before it in fsmm-glib/layers.ini"
FACE = "from outside, a folder is used by the headers that fsmm-glib/layers.ini names as its face"
CIRCLE = "no header includes itself by way of others"
MACRO = "an include names its file"


def listed(find):
    """Makes a function that yields one that finds things once."""
    return functools.cache(lambda: list(find()))


@listed
def bad_includes():
    """Each include that breaks a rule: what it is, where, and the rule."""
    for file, line, included in LIBRARY.includes():
        if included not in LIBRARY.files:
            rule = MACRO
        elif LIBRARY.level(included) > LIBRARY.level(file):
            rule = BELOW
        elif LIBRARY.is_behind_face(file, included):
            rule = FACE
        else:
            continue
        yield f"{file} includes {included}", f"{file}:{line}", rule


def reached_from(header, graph):
    reached, to_do = set(), [header]
    while to_do:
        for included in graph.get(to_do.pop(), set()) - reached:
            reached.add(included)
            to_do.append(included)
    return reached


@listed
def include_circles():
    """The same for each include that is part of a circle."""
    graph = {}
    for file, _, included in LIBRARY.includes():
        graph.setdefault(file, set()).add(included)
    for file, line, included in LIBRARY.includes():
        if file in reached_from(file, graph) and file in reached_from(included, graph):
            yield f"{file} includes {included}", f"{file}:{line}", CIRCLE


def object_of(file):
    return OBJECTS / f"{file.replace('/', '_')}.o"


def nm(*args):
    return subprocess.run([NM, *map(str, args)], capture_output=True, text=True, check=True).stdout


def symbols_of(file):
    """What an object defines, and what it needs of others."""
    defined, needed = set(), set()
    for kind, name in re.findall(r" (\w) (\S+)$", nm(object_of(file)), re.M):
        if kind in "Uwv":
            needed.add(name)
        elif kind.isupper():
            defined.add(name)
    return defined, needed


def place_of(file, symbol):
    """Where the source uses a symbol, if the object knows its lines."""
    used = re.search(rf" {re.escape(symbol)}\t.*?([^/]+):(\d+)$", nm("-l", "-u", object_of(file)),
                     re.M)
    return f"{LIBRARY.find(file, used[1])}:{used[2]}" if used else file


@listed
def bad_calls():
    """Each use of a symbol of a higher folder: what it is, where, and the rule."""
    symbols = {file: symbols_of(file) for file in LIBRARY.files if file.endswith(".c")}
    homes = {name: file for file, (defined, _) in symbols.items() for name in defined}
    for file, (_, needed) in symbols.items():
        for name in sorted(needed & homes.keys()):
            if LIBRARY.level(homes[name]) > LIBRARY.level(file):
                yield f"{file} uses {name}", place_of(file, name), f"{homes[name]} has it: {BELOW}"


def check(found):
    bad = [f"{place}: {what}: {rule}" for what, place, rule in found]
    assert not bad, "\n".join(["", *bad])


def test_files():
    """every file lies in a folder of the list, and has a name of its own"""
    folders = {file.rpartition("/")[0] for file in LIBRARY.files if "/" in file}
    assert folders <= LIBRARY.layers.keys(), folders - LIBRARY.layers.keys()
    names = [file.rpartition("/")[2] for file in LIBRARY.files]
    assert len(names) == len(set(names)), {name for name in names if names.count(name) > 1}
    assert len(names) > 50, f"only {len(names)} files were found"


def test_includes():
    """no include points up, or past the face of a folder"""
    check(bad_includes())


def test_circles():
    """no header includes itself by way of others"""
    check(include_circles())


def test_calls():
    """nothing is called, or used in another way, that is in a higher folder"""
    check(bad_calls())


def test_readme():
    """the README has a section for each folder, in the order of the list"""
    text = (LIBRARY.folder / "README.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.*)$", text, re.M)
    tap.assert_same_lines(sections, list(LIBRARY.layers), "fsmm-glib/layers.ini")


def table_of_layers():
    """The lines of the table: of each folder in the form of the list, of each file as a path."""
    folders, files = [], []
    text = INTERNALS.read_text(encoding="utf-8")
    for names, meaning in re.findall(r"^\| (\*\*.*|`fsmm-.*) \| (.*) \|$", text, re.M):
        if names.startswith("*"):
            folder = names.strip("*")
            folders.append(f"{folder} = {meaning}")
        else:
            files += [f"{folder}/{name}" for name in re.findall(r"`([^`]+)`", names)]
    return folders, files


def test_internals():
    """internals.md has each folder with what it is, and files that are there"""
    folders, files = table_of_layers()
    tap.assert_same_lines(folders, [" = ".join(layer) for layer in LIBRARY.layers.items()],
                          "fsmm-glib/layers.ini")
    known = {*LIBRARY.files, *(re.sub(r"\.[ch]$", "", file) for file in LIBRARY.files)}
    assert len(files) > 20 and set(files) <= known, set(files) - known


tap.run([test_files, test_includes, test_circles, test_calls, test_readme, test_internals])
