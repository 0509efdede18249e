# SPDX-License-Identifier: LGPL-2.1-or-later
"""Values for the fields of structs.

Each is made into what PyGObject can write without calling a function of it, which might drop the
instance that is being written to.
"""

import operator
import reprlib

from gi.repository import GObject

_LIMITS = {
    "gint8": (-(2**7), 2**7 - 1),
    "guint8": (0, 2**8 - 1),
    "gint16": (-(2**15), 2**15 - 1),
    "guint16": (0, 2**16 - 1),
    "gint32": (-(2**31), 2**31 - 1),
    "guint32": (0, 2**32 - 1),
    "gint64": (-(2**63), 2**63 - 1),
    "guint64": (0, 2**64 - 1),
}


class Unfit(Exception):
    """What a value must be, and the kind of error that it is if it is not."""

    def __init__(self, kind, must):
        super().__init__(must)
        self.kind = kind


def find_gtype(value):
    """The GType of a class, or of a name, or TypeError. PyGObject takes text for C that is none."""
    if isinstance(value, str) and not value.isascii():
        raise TypeError(f"no type is called {value!r}")
    return GObject.GType(value)


def _to_index(value, must):
    if not hasattr(type(value), "__index__"):
        raise Unfit(TypeError, must)
    return int(operator.index(value))


def _to_integer(value, tag):
    least, most = _LIMITS[tag]
    must = f"must be an integer from {least} to {most}"
    number = _to_index(value, must)
    if not least <= number <= most:
        raise Unfit(OverflowError, must)
    return number


def _to_enumeration(value, _):
    return _to_index(value, "must be an integer")


def _to_real(value, _):
    if not (hasattr(type(value), "__float__") or hasattr(type(value), "__index__")):
        raise Unfit(TypeError, "must be a number")
    try:
        return float(value)
    except OverflowError:
        raise Unfit(OverflowError, "must be a number that is not too large") from None


def _to_boolean(value, _):
    # That a text such as "false" is true, or a list, is hardly ever what was meant.
    kind = type(value)
    if value is None or issubclass(kind, (float, complex)) or not hasattr(kind, "__bool__"):
        raise Unfit(TypeError, "must be true or false")
    return bool(value)


def _to_character(value, _):
    if not issubclass(type(value), str) or str.__len__(value) != 1:
        raise Unfit(TypeError, "must be a string of one character")
    return "".join((value,))


def _to_type(value, _):
    try:
        return find_gtype(value)
    except TypeError:
        raise Unfit(TypeError, "must be a class, a GObject.GType or the name of a type") from None


_CONVERSIONS = {
    "gboolean": _to_boolean,
    "gfloat": _to_real,
    "gdouble": _to_real,
    "GType": _to_type,
    "gunichar": _to_character,
    "interface": _to_enumeration,
    **dict.fromkeys(_LIMITS, _to_integer),
}


def convert(value, tag):
    """Makes a value fit for a type that has this tag in introspection, or raises Unfit."""
    return _CONVERSIONS[tag](value, tag)


def show(value):
    """A value in words for a message, however it looks."""
    try:
        return reprlib.repr(value)
    except Exception:
        return f"something of type {type(value).__name__}"
