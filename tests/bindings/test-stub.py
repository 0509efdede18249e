# SPDX-License-Identifier: LGPL-2.1-or-later
"""The stub says what there is: the same names, the same arguments, and nothing else.

usage: test-stub.py STUB
"""

import ast
import enum
import inspect
import pathlib
import sys

from bindings import Fsmm, GLib
from gi._gi import CallableInfo, Direction
import tap

STUB = ast.parse(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))

# What every class has, or what does not matter for types.
NOT_IN_STUB = {
    "__class_getitem__", "__dict__", "__dir__", "__doc__", "__enum_values__", "__firstlineno__",
    "__gsignals__", "__gtype__", "__info__", "__init_subclass__", "__module__", "__repr__",
    "__slots__", "__static_attributes__", "__weakref__",
}

# What a class inherits, or has only where no field of an instance has that name.
ONLY_IN_STUB = {
    "Box.value",
    "Monitor.__getitem__",
    "Monitor.__len__",
    "Monitor.get_item (position)",
    "Monitor.get_n_items ()",
    "Trimmer.connect (detailed_signal, handler)",
    "Trimmer.connect (detailed_signal, handler, *args)",
}


PREFIXES = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def is_shown(name):
    return (not name.startswith("_") or name.startswith("__")) and name not in NOT_IN_STUB


def is_of_enum(cls, name):
    """Whether Python's enum puts it into each class: those of PyGObject use it since 3.52."""
    return issubclass(cls, enum.Enum) and name in ("__format__", "__new__")


def is_special(name):
    """Whether Python calls it, so that the names of arguments do not matter."""
    return name.startswith("__") and name != "__init__"


# --- What the stub says ---


def decorators(node):
    return {ast.unparse(decorator) for decorator in node.decorator_list}


def is_setter(node):
    """Whether it is what sets a property, which has been seen by then."""
    return isinstance(node, ast.FunctionDef) and any(
        decorator.endswith(".setter") for decorator in decorators(node)
    )


def stub_arguments(node, is_method):
    """The arguments, with “*” before those that are keywords only, and “=” for a default."""
    arguments = node.args
    names = [argument.arg for argument in arguments.posonlyargs + arguments.args]
    for index in range(len(arguments.defaults)):
        names[-1 - index] += "="
    if is_method and "staticmethod" not in decorators(node):
        del names[0]
    if arguments.vararg:
        names.append("*" + arguments.vararg.arg)
    if arguments.kwonlyargs:
        names.append("*")
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        names.append(argument.arg + ("=" if default is not None else ""))
    if arguments.kwarg:
        names.append("**" + arguments.kwarg.arg)
    return ", ".join(names)


def stub_line(node, is_method=False):
    if isinstance(node, ast.AnnAssign):
        return node.target.id
    if "property" in decorators(node) or is_special(node.name):
        return node.name
    return f"{node.name} ({stub_arguments(node, is_method)})"


def stub_lines():
    lines = set()
    for node in STUB.body:
        if isinstance(node, (ast.FunctionDef, ast.AnnAssign)):
            lines.add(stub_line(node))
        elif isinstance(node, ast.ClassDef) and is_shown(node.name):
            bases = [ast.unparse(base).replace("_Error", "GLib.Error") for base in node.bases]
            is_error = any(base.endswith("Error") for base in bases)
            lines.add(f"{node.name} ({', '.join(bases)})" if is_error else node.name)
            for member in node.body:
                if is_setter(member):
                    continue
                if isinstance(member, (ast.FunctionDef, ast.AnnAssign)):
                    lines.add(f"{node.name}.{stub_line(member, True)}")
    return lines


def stub_call(class_name):
    """The arguments of calling an instance of a class that is only in the stub."""
    node = next(node for node in STUB.body if getattr(node, "name", None) == class_name)
    return stub_arguments(node.body[0], True)


# --- What there is ---


def actual_arguments(function):
    if isinstance(function, CallableInfo):
        return ", ".join(
            argument.get_name()
            for argument in function.get_arguments()
            if argument.get_direction() == Direction.IN
        )
    names = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind == parameter.KEYWORD_ONLY and "*" not in names:
            names.append("*")
        prefix = PREFIXES.get(parameter.kind, "")
        default = "=" if parameter.default is not parameter.empty else ""
        names.append(f"{prefix}{parameter.name}{default}")
    if names and names[0] in ("self", "pool"):
        del names[0]
    return ", ".join(names)


def actual_line(cls, name):
    is_both_forms = cls is Fsmm.TypedPool and name == "new"  # that is looked at below
    if is_special(name) or is_both_forms or not callable(getattr(cls, name)):
        return name
    return f"{name} ({actual_arguments(getattr(cls, name))})"


def class_lines(cls):
    for owner in cls.__mro__:
        if owner.__module__.startswith(("gi.repository.Fsmm", "gi.overrides.Fsmm")):
            for name in vars(owner):
                if is_shown(name) and not is_of_enum(owner, name):
                    yield f"{cls.__name__}.{actual_line(cls, name)}"


def actual_lines():
    lines = set()
    for name in dir(Fsmm):
        value = getattr(Fsmm, name)
        if name.startswith("_"):
            continue
        if not inspect.isclass(value):
            lines.add(f"{name} ({actual_arguments(value)})" if callable(value) else name)
        elif issubclass(value, Exception):
            bases = ["GLib.Error", *(base.__name__ for base in value.__bases__[1:])]
            lines.add(f"{name} ({', '.join(bases)})")
        else:
            lines.add(name)
            lines.update(class_lines(value))
    return lines


# --- Tests ---


def test_names():
    """the stub has what there is, with the same arguments"""
    assert len(actual_lines()) > 100
    lines = stub_lines()
    assert lines >= ONLY_IN_STUB, lines
    tap.assert_same_lines(sorted(lines - ONLY_IN_STUB), sorted(actual_lines()), "the library")


def test_new():
    """the stub has both forms of TypedPool.new"""
    pool = Fsmm.TypedPool.new(GLib.Date)
    assert stub_call("_NewPool") == actual_arguments(Fsmm.TypedPool.new)
    assert stub_call("_NewInstance") == actual_arguments(pool.new)


tap.run([test_names, test_new])
