# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the library exports and what bindings see are promises: both are listed beside this file.

usage: test-api.py NM LIBRARY GIR EXPECTED-FOLDER CPP-FOLDER
"""

import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import tap

NM, LIBRARY, GIR, EXPECTED, CPP = sys.argv[1:]
CORE = "{http://www.gtk.org/introspection/core/1.0}"
C = "{http://www.gtk.org/introspection/c/1.0}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"


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


def spell_type(element):
    """As in C. A property has no spelling in C, and so the name that bindings use."""
    for kind in ("type", "array"):
        found = element.find(CORE + kind)
        if found is not None:
            return found.get(f"{C}type") or found.get("name")
    return "..."


def spell_value(element):
    """Of a parameter, or of what is returned: its type, and what a caller must know beside it."""
    notes = [key for key in ("nullable", "optional", "caller-allocates") if element.get(key) == "1"]
    words = [element.get("direction"), spell_type(element), element.get("name"),
             element.get("transfer-ownership"), element.get("scope"), *notes]
    return " ".join(word for word in words if word)


def spell_callable(element):
    parameters = element.find(f"{CORE}parameters")
    values = [] if parameters is None else [spell_value(value) for value in parameters]
    throws = " throws" if element.get("throws") == "1" else ""
    return (f"({', '.join(values)}) -> "
            f"{spell_value(element.find(f'{CORE}return-value'))}{throws}")


def spell_member(kind, element):
    """What a part of a type promises, or None for what promises nothing by itself."""
    if kind in ("constructor", "method", "function"):
        return f"{element.get(f'{C}identifier')} {spell_callable(element)}"
    if kind == "signal":
        return f"signal {element.get('name')} {spell_callable(element)}"
    if kind == "property":
        flags = [key for key in ("writable", "construct-only") if element.get(key) == "1"]
        return " ".join(["property", element.get("name"), spell_type(element), *flags])
    if kind == "field":
        return f"field {element.get('name')} {spell_type(element)}"
    if kind == "member":
        return f"{element.get(f'{C}identifier')} = {element.get('value')}"
    return None


def spell_top(kind, element):
    """What stands for itself: types, callbacks, functions, macros, constants."""
    if kind == "callback":
        return f"callback {element.get(f'{C}type')} {spell_callable(element)}"
    if kind == "function":
        return f"{element.get(f'{C}identifier')} {spell_callable(element)}"
    if kind == "function-macro":
        return f"macro {element.get(f'{C}identifier')}"
    if kind == "constant":
        return f"constant {element.get(f'{C}type')} {spell_type(element)}"
    words = [kind, element.get(f"{C}type"), element.get("parent"), element.get(f"{GLIB}get-type")]
    return " ".join(word for word in words if word)


def spell_api(gir):
    """Lines that say all that programs and bindings can rely on."""
    lines = []
    for element in ET.parse(gir).getroot().find(f"{CORE}namespace"):
        kind = element.tag.removeprefix(CORE)
        if element.get(f"{GLIB}is-gtype-struct-for"):
            continue
        lines.append(spell_top(kind, element))
        for member in element:
            line = spell_member(member.tag.removeprefix(CORE), member)
            if line is not None:
                owner = "" if line.lower().startswith("fsmm_") else element.get("name") + ": "
                lines.append(owner + line)
    return lines


def test_1_0_stays():
    """what 1.0 had is there, and is what it was: api-1.0.txt"""
    now = set(spell_api(GIR))
    # What can be set again can still be set at construction.
    now |= {f"{line} construct-only" for line in now if line.endswith(" writable")}
    gone = [line for line in expected_lines("api-1.0.txt") if line not in now]
    assert not gone, "gone, or no longer as in 1.0:\n" + "\n".join(gone)


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


def read_cplusplus_headers():
    """Without what users do not name."""
    headers = sorted(pathlib.Path(CPP).glob("*.hpp"))
    assert len(headers) > 2, headers
    text = "\n".join(header.read_text(encoding="utf-8") for header in headers)
    # A brace that has an empty line in front of it ends a namespace.
    return re.sub(r"^namespace detail\n.*?\n\n}\n", "", text, flags=re.M | re.S)


def test_cplusplus_names():
    """programs in C++ see what is listed in cplusplus.txt, and nothing else; all is documented"""
    text = read_cplusplus_headers()
    # Functions have their names at the beginning of a line.
    types = re.findall(r"^(?:template <.*?> )?(?:class|struct|using) (?:\[\[.*\]\] )?(\w+)", text,
                       re.M)
    functions = re.findall(r"^(\w+) \(", text, re.M)
    tap.assert_same_lines(sorted(types + functions), expected_lines("cplusplus.txt"),
                          "cplusplus.txt")
    documented = re.findall(r"^/\*\*\n \* fsmm::(\w+):\n(?:(?! \*/).*\n)* \* Since: 1\.\d+\n \*/\n",
                            text, re.M)
    tap.assert_same_lines(sorted(documented), expected_lines("cplusplus.txt"), "cplusplus.txt")


def test_cplusplus_is_not_introspected():
    """bindings see nothing of what is for C++"""
    text = pathlib.Path(GIR).read_text(encoding="utf-8")
    assert ".hpp" not in text and "fsmm::" not in text


tap.run([test_1_0_stays, test_exported_symbols, test_introspected_callables,
         test_everything_is_documented, test_cplusplus_names, test_cplusplus_is_not_introspected])
