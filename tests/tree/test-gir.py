# SPDX-License-Identifier: LGPL-2.1-or-later
"""What generators of bindings read in the GIR is there, and right: those for Rust, for one.

They make code of what they understand, and leave out the rest without an error.

usage: test-gir.py GIR
"""

import copy
import sys
import xml.etree.ElementTree as ET

import tap

CORE = "{http://www.gtk.org/introspection/core/1.0}"
C = "{http://www.gtk.org/introspection/c/1.0}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"
NAMESPACE = ET.parse(sys.argv[1]).getroot().find(f"{CORE}namespace")

# The one address that others than C see: it is for looking at.
ADDRESSES = {"Block.get_address"}
CALLABLES = ("constructor", "function", "method")


def children(element, *kinds):
    return [child for child in element if child.tag.removeprefix(CORE).removeprefix(GLIB) in kinds]


def is_seen(element):
    return element.get("introspectable") != "0" and "moved-to" not in element.attrib


def list_types(namespace):
    """Types, but for the structs of classes, which are for C."""
    return [element for element in children(namespace, "class", "record", "enumeration")
            if is_seen(element) and element.get(f"{GLIB}is-gtype-struct-for") is None]


def list_callables(namespace, see=is_seen):
    """Functions, methods and constructors, with their names in the namespace."""
    for element in children(namespace, *CALLABLES):
        if see(element):
            yield element.get("name"), element
    for owner in list_types(namespace):
        for element in children(owner, *CALLABLES):
            if see(element):
                yield f"{owner.get('name')}.{element.get('name')}", element


def list_parameters(element):
    parameters = element.find(f"{CORE}parameters")
    return [] if parameters is None else children(parameters, "parameter")


def find_type(value):
    return (children(value, "type", "array", "varargs") or [None])[0]


# --- Each finds what is wrong with one thing ---


def find_faults_of_type(value):
    """Of a parameter, or of what is returned."""
    kind = find_type(value)
    if kind is None or kind.tag == f"{CORE}varargs":
        yield "has no type"
    elif kind.get(f"{C}type") is None:
        yield "has no type in C"
    elif kind.get("name") in ("gpointer", "gconstpointer"):
        yield "is an address"


def find_faults_of_value(value, may_throw=False):
    words = value.findtext(f"{CORE}doc", "")
    is_nullable = value.get("nullable") == "1"
    is_instance = value.tag == f"{CORE}instance-parameter"
    if value.get("transfer-ownership") not in ("none", "full", "container"):
        yield "says nothing of its owner"
    kind = find_type(value)
    if not words and (kind is None or kind.get("name") != "none"):
        yield "is not described"
    if is_nullable and "%NULL" not in words:
        yield "can be NULL, which its description does not say"
    if "%NULL" in words and not (is_nullable or may_throw or is_instance):
        yield "is described as NULL, which it cannot be"


def find_faults_of_array(value, parameters):
    array = children(value, "array")
    if not array:
        return
    if not any(array[0].get(key) for key in ("length", "fixed-size")) and \
            array[0].get("zero-terminated") != "1":
        yield "is an array of no length"
    length = int(array[0].get("length", -1))
    if length >= 0 and (length >= len(parameters) or
                        find_type(parameters[length]).get("name") != "gsize"):
        yield "is an array whose length is no number"
    element = find_type(array[0])
    if element is None or element.get("name") is None:
        yield "is an array of no type"


def find_faults_of_callback(parameter, parameters):
    if parameter.get("scope") not in ("call", "async", "notified", "forever"):
        yield "is a callback without a scope"
    closure = int(parameter.get("closure", -1))
    if not 0 <= closure < len(parameters) or \
            find_type(parameters[closure]).get(f"{C}type") != "gpointer":
        yield "is a callback without data for it"
    destroy = int(parameter.get("destroy", -1))
    if parameter.get("scope") == "notified" and (
            not 0 <= destroy < len(parameters) or
            find_type(parameters[destroy]).get("name") != "GLib.DestroyNotify"):
        yield "is a callback that nobody is told to forget"


def find_faults_of_async(name, element, names):
    """What starts something has a callback, and a function that fetches what came of it."""
    if not name.endswith("_async"):
        return
    types = [find_type(parameter).get("name") for parameter in list_parameters(element)]
    finish = names.get(name.removesuffix("_async") + "_finish")
    if "Gio.AsyncReadyCallback" not in types:
        yield "calls nobody when it is done"
    if finish is None:
        yield "has no _finish"
    elif finish.get("throws") != "1" or "Gio.AsyncResult" not in [
            find_type(parameter).get("name") for parameter in list_parameters(finish)]:
        yield "has a _finish that takes no result, or cannot fail"


def list_callbacks(element, callbacks):
    return [parameter for parameter in list_parameters(element)
            if find_type(parameter).get("name") in callbacks]


def find_faults_of_callable(name, element, names):
    parameters = list_parameters(element)
    data = [parameters[int(parameter.get("closure"))] for parameter in parameters
            if parameter.get("closure")]
    values = [*element.iter(f"{CORE}parameter"), *element.iter(f"{CORE}instance-parameter"),
              element.find(f"{CORE}return-value")]
    if element.get(f"{C}identifier") is None:
        yield "has no name in C"
    yield from find_faults_of_async(name, element, names)
    for value in values:
        faults = [*find_faults_of_value(value, may_throw=element.get("throws") == "1"),
                  *find_faults_of_array(value, parameters)]
        if name not in ADDRESSES and value not in data:
            faults += find_faults_of_type(value)
        for fault in faults:
            yield f"{value.get('name', 'what is returned')} {fault}"


def find_faults_of_registered_type(element):
    kind = element.tag.removeprefix(CORE)
    for key in (f"{C}type", f"{GLIB}type-name", f"{GLIB}get-type"):
        # The layout of a type is filled in by C, and not registered.
        if element.get(key) is None and element.get("name") != "TypeLayout":
            yield f"has no {key.split('}')[1]}"
    if kind == "class" and (element.get("final") != "1" or element.get("parent") is None or
                            element.get(f"{C}symbol-prefix") is None):
        yield "is a class that is not final, or has no parent or prefix"
    # A handle must not be copied as bytes are.
    has_fields = bool(children(element, "field"))
    methods = {method.get("name"): method for method in children(element, "method")}
    if kind == "record" and not has_fields and not {"ref", "unref"} <= methods.keys():
        yield "is opaque, but cannot be referred to again"


def find_faults_of_property(element, methods):
    if find_type(element) is None or element.get("transfer-ownership") is None:
        yield "has no type or owner"
    getter, setter = element.get("getter"), element.get("setter")
    if getter is not None and getter not in methods:
        yield "has a getter that is not there"
    if element.get("writable") == "1" and element.get("construct-only") != "1" and \
            setter not in methods:
        yield "can be set, but has no setter"


def find_faults_of_signal(element):
    for parameter in list_parameters(element):
        if find_type(parameter) is None or not parameter.findtext(f"{CORE}doc"):
            yield f"has {parameter.get('name')}, which has no type or description"


# --- All of it ---


def find_faults_of_callables(namespace):
    names = dict(list_callables(namespace))
    for name, element in names.items():
        yield from ((name, fault) for fault in find_faults_of_callable(name, element, names))
    # Generators read also what other bindings do not see.
    callbacks = {element.get("name") for element in children(namespace, "callback")}
    callbacks.add("Gio.AsyncReadyCallback")
    for name, element in list_callables(namespace, see=lambda _: True):
        for parameter in list_callbacks(element, callbacks):
            for fault in find_faults_of_callback(parameter, list_parameters(element)):
                yield name, f"{parameter.get('name')} {fault}"


def find_faults_of_types(namespace):
    identifiers = {element.get(f"{C}identifier") for _, element in
                   list_callables(namespace, see=lambda _: True)}
    for element in list_types(namespace):
        name = element.get("name")
        methods = {method.get("name") for method in children(element, "method")}
        yield from ((name, fault) for fault in find_faults_of_registered_type(element))
        for part in children(element, "property"):
            for fault in find_faults_of_property(part, methods):
                yield f"{name}:{part.get('name')}", fault
        for part in children(element, "signal"):
            for fault in find_faults_of_signal(part):
                yield f"{name}::{part.get('name')}", fault
        domain = element.get(f"{GLIB}error-domain")
        if name == "Error" and (domain or "").replace("-", "_") not in identifiers:
            yield name, "is no domain that has a function"
    for element in children(namespace, "constant"):
        if element.get(f"{C}type") is None or element.get("value") is None:
            yield element.get("name"), "has no value or no name in C"


def find_faults(namespace):
    faults = [*find_faults_of_callables(namespace), *find_faults_of_types(namespace)]
    return [f"{name} {fault}" for name, fault in faults]


def test_no_faults():
    """generators of bindings find in the GIR what they need"""
    assert len(dict(list_callables(NAMESPACE))) > 50
    faults = find_faults(NAMESPACE)
    assert not faults, "\n".join(faults)


# --- Whether it would find something ---

# What the library has none of.
ASYNC = """
<class xmlns="{CORE}" xmlns:c="{C}" xmlns:glib="{GLIB}" name="Queue" c:type="Q" final="1" parent="P"
       c:symbol-prefix="queue" glib:type-name="Q" glib:get-type="g">
  <method name="pop_async" c:identifier="pop_async">
    <return-value transfer-ownership="none"><type name="none" c:type="void"/></return-value>
    <parameters>
      <parameter name="callback" transfer-ownership="none" scope="async" closure="1">
        <doc>A function.</doc><type name="Gio.AsyncReadyCallback" c:type="GAsyncReadyCallback"/>
      </parameter>
      <parameter name="user_data" transfer-ownership="none">
        <doc>Data.</doc><type name="gpointer" c:type="gpointer"/>
      </parameter>
    </parameters>
  </method>
  <method name="pop_finish" c:identifier="pop_finish" throws="1">
    <return-value transfer-ownership="none">
      <doc>It.</doc><type name="gint" c:type="int"/>
    </return-value>
    <parameters>
      <parameter name="result" transfer-ownership="none">
        <doc>It.</doc><type name="Gio.AsyncResult" c:type="GAsyncResult*"/>
      </parameter>
    </parameters>
  </method>
</class>
"""


def find_faults_after(damage):
    """What is found in a copy that a function has damaged."""
    namespace = copy.deepcopy(NAMESPACE)
    words = ASYNC.format(CORE=CORE[1:-1], C=C[1:-1], GLIB=GLIB[1:-1])
    namespace.append(ET.fromstring(words))
    every = dict(list_callables(namespace, see=lambda _: True))
    every |= {element.get("name"): element for element in namespace if element.get("name")}
    damage(every)
    return find_faults(namespace)


def returned(element):
    return element.find(f"{CORE}return-value")


def member(element, kind, name):
    return next(child for child in children(element, kind) if child.get("name") == name)


def drop(element, *keys):
    for key in keys:
        del element.attrib[key]


def set_type(element, name):
    find_type(element).set("name", name)


DAMAGES = {
    "Block.release what is returned says nothing of its owner":
        lambda api: drop(returned(api["Block.release"]), "transfer-ownership"),
    "Block.read offset has no type in C":
        lambda api: drop(find_type(list_parameters(api["Block.read"])[0]), f"{C}type"),
    "Block.read offset is an address":
        lambda api: set_type(list_parameters(api["Block.read"])[0], "gpointer"),
    "Block.read offset is not described":
        lambda api: list_parameters(api["Block.read"])[0].remove(
            list_parameters(api["Block.read"])[0].find(f"{CORE}doc")),
    "Pool.get_name what is returned is described as NULL, which it cannot be":
        lambda api: drop(returned(api["Pool.get_name"]), "nullable"),
    "Block.get_size what is returned can be NULL, which its description does not say":
        lambda api: returned(api["Block.get_size"]).set("nullable", "1"),
    "Block.write data is an array of no length":
        lambda api: drop(find_type(list_parameters(api["Block.write"])[1]), "length"),
    "Block.write data is an array whose length is no number":
        lambda api: find_type(list_parameters(api["Block.write"])[1]).set("length", "1"),
    "Pool.acquire has no name in C": lambda api: drop(api["Pool.acquire"], f"{C}identifier"),
    "Pool.foreach func is a callback without a scope":
        lambda api: drop(list_parameters(api["Pool.foreach"])[0], "scope"),
    "Pool.foreach func is a callback without data for it":
        lambda api: drop(list_parameters(api["Pool.foreach"])[0], "closure"),
    "Pool.foreach func is a callback that nobody is told to forget":
        lambda api: list_parameters(api["Pool.foreach"])[0].set("scope", "notified"),
    "Queue.pop_async calls nobody when it is done":
        lambda api: set_type(list_parameters(api["Queue.pop_async"])[0], "Gio.Callback"),
    "Queue.pop_async has no _finish":
        lambda api: api["Queue.pop_finish"].set("name", "pop_end"),
    "Queue.pop_async has a _finish that takes no result, or cannot fail":
        lambda api: drop(api["Queue.pop_finish"], "throws"),
    "Block has no get-type": lambda api: drop(api["Block"], f"{GLIB}get-type"),
    "Block is opaque, but cannot be referred to again":
        lambda api: api["Block.ref"].set("name", "dup"),
    "Pool is a class that is not final, or has no parent or prefix":
        lambda api: drop(api["Pool"], "final"),
    "Pool:n-free has a getter that is not there":
        lambda api: member(api["Pool"], "property", "n-free").set("getter", "get_free"),
    "Pool:retain-bytes can be set, but has no setter":
        lambda api: drop(member(api["Pool"], "property", "retain-bytes"), "setter"),
    "Trimmer::trimmed has n_bytes, which has no type or description":
        lambda api: (lambda parameter: parameter.remove(parameter.find(f"{CORE}doc")))(
            list_parameters(member(api["Trimmer"], "signal", "trimmed"))[0]),
    "Error is no domain that has a function":
        lambda api: drop(api["Error"], f"{GLIB}error-domain"),
    "MAJOR_VERSION has no value or no name in C":
        lambda api: drop(api["MAJOR_VERSION"], f"{C}type"),
}


def test_faults_are_found():
    """what is damaged in a copy of the GIR is found"""
    assert find_faults_after(lambda api: None) == []
    for fault, damage in DAMAGES.items():
        found = find_faults_after(damage)
        assert fault in found, f"“{fault}” is not in {found}"


tap.run([test_no_faults, test_faults_are_found])
