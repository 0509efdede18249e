# SPDX-License-Identifier: LGPL-2.1-or-later
"""What TypeScript is told of is what JavaScript sees: the names of the typelib and of the override.

usage: test-typescript.py GJS GIR DECLARATIONS
"""

import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import tap

GJS, GIR, DECLARATIONS = sys.argv[1:]
CORE = "{http://www.gtk.org/introspection/core/1.0}"
ENUMS = ("Error", "PoolKind", "Sharing")
CLASSES = ("Block", "Box", "Lease", "Monitor", "ObjectPool", "Pool", "PoolInfo", "PoolMemory", "Trimmer",
           "TypedPool", *ENUMS)
# What a class, which is a function, and its prototype have in any case, or for gjs itself.
NOT_OURS = (re.compile(r"\$gtype|length|name|prototype|_classInit"),
            re.compile(r"constructor|_?init|\[Symbol\.toStringTag\]|\[__GObject.*|__metaclass__|"
                       r"\w+(-\w+)+"))

# What a class inherits, and what is better said of it than of all.
INHERITED = {
    "Monitor": {"get_item", "get_item_type", "get_n_items", "items_changed"},
    "Trimmer": {"connect"},
}

DUMP = """
imports.gi.versions.Fsmm = '1';
const {Fsmm} = imports.gi;
const dump = object => Reflect.ownKeys(object).map(key => String(key));
print(JSON.stringify(Object.fromEntries(
    %s.map(name => [name, [dump(Fsmm[name]), dump(Fsmm[name].prototype)]]))));
""" % json.dumps([name for name in CLASSES if name not in ENUMS])


def declared_names():
    """The names in the namespace, and those in each class: static ones and others."""
    names, classes, current, is_enum = set(), {}, None, False
    for line in pathlib.Path(DECLARATIONS).read_text().splitlines():
        if match := re.match(r" {8}(const|enum|function|class) (\w+)", line):
            is_enum = match[1] == "enum"
            current = match[2] if is_enum or match[1] == "class" else None
            names.add(match[2])
            if current:
                classes[current] = (set(), set())
        elif re.match(r" {8}\S", line):
            current = None
        elif current and (match := re.match(
                r" {12}(static )?(?:readonly )?'?([\w$]+|\[Symbol\.\w+\])'?[(:<,]", line)):
            classes[current][0 if match[1] or is_enum else 1].add(match[2])
    return names, {name: (static - {"$gtype"}, own - {"constructor"})
                   for name, (static, own) in classes.items()}


def camel_case(name):
    return re.sub("_(.)", lambda match: match[1].upper(), name)


def introspected(element, *kinds):
    return {child.get("name") for kind in kinds for child in element.findall(CORE + kind)
            if child.get("introspectable") != "0" and "moved-to" not in child.attrib}


def typelib_names():
    """The same of the typelib."""
    namespace = ET.parse(GIR).getroot().find(f"{CORE}namespace")
    names = introspected(namespace, "constant", "function") | set(CLASSES)
    classes = {}
    for element in namespace:
        if element.get("name") not in CLASSES:
            continue
        static = introspected(element, "constructor", "function")
        static |= {member.get("name").upper() for member in element.findall(f"{CORE}member")}
        properties = {name.replace("-", "_") for name in introspected(element, "property")}
        own = introspected(element, "method") | properties | set(map(camel_case, properties))
        classes[element.get("name")] = (static, own)
    return names, classes


def added_names():
    """What the override adds to each class, and what it replaces."""
    output = subprocess.run([GJS, "-c", DUMP], check=True, capture_output=True, text=True).stdout
    names = {}
    for name, lists in json.loads(output).items():
        keys = [{re.sub(r"^Symbol\((.*)\)$", r"[\1]", key) for key in own} for own in lists]
        names[name] = [{key for key in own if not pattern.fullmatch(key)}
                       for own, pattern in zip(keys, NOT_OURS)]
    # Only newer versions of gjs have this.
    for name in "Block", "Box", "Lease":
        names[name][1].add("[Symbol.dispose]")
    return names


def test_namespace():
    """the namespace has the constants, functions and classes of the typelib"""
    tap.assert_same_lines(sorted(declared_names()[0]), sorted(typelib_names()[0]), "typelib")


def test_classes():
    """each class has the names of the typelib, and those that the override adds"""
    declared, typelib, added = declared_names()[1], typelib_names()[1], added_names()
    for name in CLASSES:
        for i, what in enumerate(("static names", "names")):
            expected = typelib[name][i] | added.get(name, (set(), set()))[i]
            if i == 1:
                expected |= INHERITED.get(name, set())
            tap.assert_same_lines(sorted(declared[name][i]), sorted(expected), f"{what} of {name}")


def test_the_override_adds_names():
    """the override is what was looked at"""
    assert "with" in added_names()["Pool"][1], added_names()


tap.run([test_namespace, test_classes, test_the_override_adds_names])
