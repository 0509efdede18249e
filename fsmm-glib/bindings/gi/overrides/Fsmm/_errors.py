# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors of the library, a class for each, that are errors of Python's own kind as well."""

import functools
import operator

from gi.module import get_introspection_module
from gi.repository import GLib

from ._failures import to_exception

Fsmm = get_introspection_module("Fsmm")

DOMAIN = GLib.quark_to_string(Fsmm.Error.quark())


class ClosedError(GLib.Error):
    """Nobody can wait, since the pool is flushing: Fsmm.Error.CLOSED. Since: 1.2"""


class ExhaustedError(GLib.Error):
    """As many are live as the pool may have: Fsmm.Error.EXHAUSTED. Since: 1.2"""


class InvalidArgumentError(GLib.Error, ValueError):
    """An argument makes no sense: Fsmm.Error.INVALID_ARGUMENT, and a ValueError."""


class NoMemoryError(GLib.Error, MemoryError):
    """The system has no memory left: Fsmm.Error.NO_MEMORY, and a MemoryError."""


class OutOfRangeError(GLib.Error, IndexError):
    """There are no such bytes in the block: Fsmm.Error.OUT_OF_RANGE, and an IndexError."""


class ReleasedError(GLib.Error, ReferenceError):
    """The block or instance is gone: Fsmm.Error.RELEASED, and a ReferenceError. Since: 1.2"""


class TimedOutError(GLib.Error, TimeoutError):
    """There was no room within that time: Fsmm.Error.TIMED_OUT, and a TimeoutError. Since: 1.2"""


class UnsupportedTypeError(GLib.Error, TypeError):
    """The type cannot live in a pool: Fsmm.Error.UNSUPPORTED_TYPE, and a TypeError."""


_KINDS = {
    int(Fsmm.Error.CLOSED): ClosedError,
    int(Fsmm.Error.EXHAUSTED): ExhaustedError,
    int(Fsmm.Error.INVALID_ARGUMENT): InvalidArgumentError,
    int(Fsmm.Error.NO_MEMORY): NoMemoryError,
    int(Fsmm.Error.OUT_OF_RANGE): OutOfRangeError,
    int(Fsmm.Error.RELEASED): ReleasedError,
    int(Fsmm.Error.TIMED_OUT): TimedOutError,
    int(Fsmm.Error.UNSUPPORTED_TYPE): UnsupportedTypeError,
}


def make_error(code, message):
    """The exception for a code of Fsmm.Error."""
    return _KINDS.get(int(code), GLib.Error)(message, DOMAIN, int(code))


def to_own_error(error):
    """One of the library's errors as one of its class, and what a function of the program raised."""
    raised = to_exception(error)
    if raised is not error:
        return raised
    return make_error(error.code, error.message) if error.domain == DOMAIN else error


def raise_only(errors):
    """Raises the error in a list, and takes it out.

    A frame that an error has passed, and that has it, would keep it and all that it leads to until
    the collector runs. Where it is raised is not in a handler of another one, so that it keeps the
    context of its own that it may have.
    """
    raise errors.pop()


def raises(function):
    """Lets a function raise each of the library's errors as one of its class."""

    @functools.wraps(function)
    def raising(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except GLib.Error as error:
            own = [to_own_error(error)]
        raise_only(own)

    return raising


def to_number(name, value, most):
    """A number that C can take; what it means is checked there."""
    number = operator.index(value)
    if 0 <= number <= most:
        return number
    raise make_error(
        Fsmm.Error.INVALID_ARGUMENT, f"{name} is {number}: it must be a number from 0 to {most}"
    )


def to_size(name, value):
    """The same as a gsize."""
    return to_number(name, value, GLib.MAXSIZE)


def to_size_or_auto(name, value):
    """A number of bytes, or -1, which leaves it to the pool."""
    number = operator.index(value)
    if -1 <= number <= GLib.MAXINT64:
        return number
    raise make_error(
        Fsmm.Error.INVALID_ARGUMENT,
        f"{name} is {number}: it must be a number from 0 to {GLib.MAXINT64}, or -1 to have it chosen",
    )
