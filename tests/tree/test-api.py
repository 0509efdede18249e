# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the library exports and what bindings see are promises: both are listed beside this file.

usage: test-api.py NM LIBRARY GIR EXPECTED-FOLDER
"""

import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ET

import tap

NM, LIBRARY, GIR, EXPECTED = sys.argv[1:]
CORE = "{http://www.gtk.org/introspection/core/1.0}"


def expected_lines(name):
    return (pathlib.Path(EXPECTED) / name).read_text().splitlines()


def describe(element, owner):
    """One line for a callable: its name, its parameters, and who owns what it returns."""
    parameters = []
    for parameter in element.findall(f"{CORE}parameters/{CORE}parameter"):
        direction = parameter.get("direction", "in")
        prefix = "" if direction == "in" else direction + " "
        parameters.append(f"{prefix}{parameter.get('name')}")
    returned = element.find(f"{CORE}return-value")
    throws = " throws" if element.get("throws") == "1" else ""
    return (f"{owner}{element.get('name')} ({', '.join(parameters)})"
            f" -> {returned.get('transfer-ownership')}{throws}")


def test_exported_symbols():
    """the library exports what is listed in symbols.txt, and nothing else"""
    output = subprocess.run([NM, "-D", "--defined-only", LIBRARY], check=True,
                            capture_output=True, text=True).stdout
    symbols = sorted(line.split()[2] for line in output.splitlines())
    tap.assert_same_lines(symbols, expected_lines("symbols.txt"), "symbols.txt")


def test_introspected_callables():
    """bindings see what is listed in introspected.txt, and nothing else"""
    namespace = ET.parse(GIR).getroot().find(f"{CORE}namespace")
    lines = []
    for kind in ("constructor", "method", "function"):
        for element in namespace.findall(f"{CORE}{kind}"):
            if element.get("introspectable") != "0" and "moved-to" not in element.attrib:
                lines.append(describe(element, ""))
        for owner in namespace:
            for element in owner.findall(f"{CORE}{kind}"):
                if element.get("introspectable") != "0":
                    lines.append(describe(element, owner.get("name") + "."))
    tap.assert_same_lines(sorted(lines), expected_lines("introspected.txt"), "introspected.txt")


def test_everything_is_documented():
    """everything that bindings see has a description and a Since"""
    namespace = ET.parse(GIR).getroot().find(f"{CORE}namespace")
    bare = []
    for element in namespace.iter():
        kind = element.tag.removeprefix(CORE)
        if kind not in ("class", "record", "enumeration", "constructor", "method", "function",
                        "property", "callback", "constant", "function-macro"):
            continue
        if "moved-to" in element.attrib or element.get("glib-is-gtype-struct-for"):
            continue
        if any(key.endswith("is-gtype-struct-for") for key in element.attrib):
            continue
        if element.find(f"{CORE}doc") is None or element.get("version") is None:
            bare.append(f"{kind} {element.get('name')}")
    # The cast and type macros of a class are the same for every class.
    bare = [line for line in bare if not line.startswith("function-macro ")]
    assert not bare, "without a description or a Since: " + ", ".join(bare)


tap.run([test_exported_symbols, test_introspected_callables, test_everything_is_documented])
