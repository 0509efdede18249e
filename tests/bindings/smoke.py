# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library as Python sees it through the typelib alone."""

import pathlib
import sys

import gi

# Without the overrides, should they be installed.
sys.modules["gi.overrides.Fsmm"] = None
gi.require_version("Fsmm", "1")
from gi.repository import Fsmm, GLib  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap  # noqa: E402


def assert_raises(code, words, func, *args):
    try:
        func(*args)
    except GLib.Error as error:
        assert error.matches(Fsmm.Error.quark(), code), error
        assert words in error.message, error.message
    else:
        raise AssertionError("no error")


def test_handle():
    """a handle is allocated, written, read and released"""
    pool = Fsmm.Pool.new(64, 1024)
    block = pool.acquire()
    assert pool.props.n_allocated == 1
    assert block.get_size() == 64
    assert block.read(0, 64) == bytes(64)
    assert block.write(3, b"hello")
    assert block.write_bytes(60, GLib.Bytes.new(b"tail"))
    assert block.read(3, 5) == b"hello"
    assert block.read(60, 4) == b"tail"
    assert block.get_bytes().get_data()[3:8] == b"hello"
    assert block.release()
    assert pool.props.n_allocated == 0


def test_last_reference():
    """a handle that is dropped gives its block back, and keeps its pool until then"""
    pool = Fsmm.Pool.new(64, 0)
    block = pool.acquire()
    copy = block
    del block
    assert pool.props.n_allocated == 1
    del copy
    assert pool.props.n_allocated == 0


def test_errors():
    """errors are exceptions that can be matched, and the pool goes on"""
    pool = Fsmm.Pool.new_full("nodes", 64, 0, 1024, 1)
    block = pool.acquire()
    assert_raises(Fsmm.Error.EXHAUSTED, '"nodes"', pool.acquire)
    assert_raises(Fsmm.Error.OUT_OF_RANGE, "has 64", block.read, 60, 5)
    assert_raises(Fsmm.Error.OUT_OF_RANGE, "has 64", block.write, 64, b"x")
    block.release()
    assert_raises(Fsmm.Error.RELEASED, '"nodes"', block.read, 0, 1)
    assert_raises(Fsmm.Error.RELEASED, '"nodes"', block.release)
    assert_raises(Fsmm.Error.RELEASED, '"nodes"', block.get_bytes)
    assert pool.acquire().is_live()


def test_free_all():
    """handles report that their blocks have been dropped"""
    pool = Fsmm.Pool.new(64, 1024)
    blocks = [pool.acquire() for _ in range(40)]
    assert pool.props.n_chunks == 3
    assert pool.free_all() == 40
    assert not any(block.is_live() for block in blocks)
    assert_raises(Fsmm.Error.RELEASED, "free_all", blocks[0].read, 0, 1)
    assert pool.props.n_chunks == 0


def test_senseless_numbers():
    """numbers that make no sense raise an exception, however the pool is made"""
    for args in ((0, 0), (2**64 - 1, 0), (64, 1)):
        assert_raises(Fsmm.Error.INVALID_ARGUMENT, "cannot make", Fsmm.Pool.new, *args)
    assert_raises(Fsmm.Error.INVALID_ARGUMENT, "alignment is 3",
                  Fsmm.Pool.new_full, "odd", 64, 3, 0, 0)
    assert_raises(Fsmm.Error.INVALID_ARGUMENT, "alignment is 3",
                  Fsmm.Pool(alloc_size=64, alignment=3).acquire)


def test_box():
    """a box makes, shows and drops an instance of a boxed type"""
    pool = Fsmm.TypedPool.new(GLib.Date, 0)
    assert pool.props.name == "GDate"
    box = pool.alloc()
    assert not box.peek().valid()
    assert box.set_value(GLib.Date.new_dmy(29, 2, 2024))
    assert box.to_string() == "2024-02-29"
    assert box.peek().get_day() == 29
    copy = pool.alloc_value(box.peek())
    assert pool.props.n_allocated == 2
    box.drop()
    assert_raises(Fsmm.Error.RELEASED, '"GDate"', box.peek)
    assert copy.to_string() == "2024-02-29"
    assert_raises(Fsmm.Error.INVALID_ARGUMENT, "must hold a GDate", copy.set_value, 5)
    del copy
    assert pool.props.n_allocated == 0


def test_unsupported_types():
    """a type that cannot live in a pool raises an exception"""
    assert_raises(Fsmm.Error.UNSUPPORTED_TYPE, "has no layout",
                  Fsmm.TypedPool.new, GLib.DateTime, 0)
    assert_raises(Fsmm.Error.UNSUPPORTED_TYPE, "not a boxed type", Fsmm.TypedPool.new, int, 0)
    assert_raises(Fsmm.Error.INVALID_ARGUMENT, "typed pool",
                  Fsmm.TypedPool.new(GLib.Date, 0).props.pool.acquire)


def test_version():
    """the version can be asked for"""
    assert Fsmm.check_version(Fsmm.MAJOR_VERSION, Fsmm.MINOR_VERSION, Fsmm.MICRO_VERSION) is None
    assert "too old" in Fsmm.check_version(Fsmm.MAJOR_VERSION + 1, 0, 0)


tap.run([test_handle, test_last_reference, test_errors, test_free_all, test_senseless_numbers,
         test_box, test_unsupported_types, test_version])
