# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the Python overrides have in common."""

import pathlib
import sys

import gi

gi.require_version("Fsmm", "1")
gi.require_version("FsmmTest", "1")
from gi.repository import Fsmm, FsmmTest, GLib  # noqa: E402, F401

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))


def equal(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


def raises(kind, words, function, *args, **kwargs):
    """Checks that a call raises an exception of a kind, or of several, with words in its text."""
    try:
        result = function(*args, **kwargs)
    except kind as error:
        assert words in str(error), f"“{error}” does not say “{words}”"
        return error
    raise AssertionError(f"no {kind}, but {result!r}")


def fails(code, words, function, *args, **kwargs):
    """Checks that a call fails with a code of Fsmm.Error."""
    error = raises(GLib.Error, words, function, *args, **kwargs)
    assert error.matches(Fsmm.Error.quark(), code), f"{error} has not the code {code}"
    return error


def make_pool():
    return Fsmm.Pool(alloc_size=64, chunk_bytes=1024)


def make_track_pool():
    return Fsmm.TypedPool(item_type=FsmmTest.Track, chunk_bytes=1024)


def released_or(function):
    """Calls a function, which may find that what it wants is gone."""
    try:
        return function()
    except GLib.Error as error:
        assert error.matches(Fsmm.Error.quark(), Fsmm.Error.RELEASED), error
        return None
