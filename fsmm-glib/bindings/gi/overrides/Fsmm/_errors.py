# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors of the library that are errors of Python's own kind as well."""

import functools
import operator

from gi.module import get_introspection_module
from gi.repository import GLib

Fsmm = get_introspection_module("Fsmm")

DOMAIN = GLib.quark_to_string(Fsmm.Error.quark())


class InvalidArgumentError(GLib.Error, ValueError):
    """An argument makes no sense: Fsmm.Error.INVALID_ARGUMENT, and a ValueError."""


class NoMemoryError(GLib.Error, MemoryError):
    """The system has no memory left: Fsmm.Error.NO_MEMORY, and a MemoryError."""


class OutOfRangeError(GLib.Error, IndexError):
    """There are no such bytes in the block: Fsmm.Error.OUT_OF_RANGE, and an IndexError."""


class UnsupportedTypeError(GLib.Error, TypeError):
    """The type cannot live in a pool: Fsmm.Error.UNSUPPORTED_TYPE, and a TypeError."""


_KINDS = {
    int(Fsmm.Error.INVALID_ARGUMENT): InvalidArgumentError,
    int(Fsmm.Error.NO_MEMORY): NoMemoryError,
    int(Fsmm.Error.OUT_OF_RANGE): OutOfRangeError,
    int(Fsmm.Error.UNSUPPORTED_TYPE): UnsupportedTypeError,
}


def make_error(code, message):
    """The exception for a code of Fsmm.Error, of Python's own kind where it has one."""
    return _KINDS.get(int(code), GLib.Error)(message, DOMAIN, int(code))


def raises(function):
    """Lets a function raise the library's errors as those of Python's own kind."""

    @functools.wraps(function)
    def raising(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except GLib.Error as error:
            if error.domain != DOMAIN:
                raise
            raise make_error(error.code, error.message) from None

    return raising


def to_size(name, value):
    """A number that C can take as a gsize; what it means is checked there."""
    number = operator.index(value)
    if 0 <= number <= GLib.MAXSIZE:
        return number
    raise make_error(
        Fsmm.Error.INVALID_ARGUMENT,
        f"{name} is {number}: it must be a number from 0 to {GLib.MAXSIZE}",
    )
