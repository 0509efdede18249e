# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each error of the library has a class, by which it is caught, and is a GLib.Error as well."""

import copy
import pickle

from bindings import Fsmm, FsmmTest, GLib, equal, fails
import tap

CLASSES = {
    Fsmm.ExhaustedError: (Fsmm.Error.EXHAUSTED, ()),
    Fsmm.InvalidArgumentError: (Fsmm.Error.INVALID_ARGUMENT, (ValueError,)),
    Fsmm.NoMemoryError: (Fsmm.Error.NO_MEMORY, (MemoryError,)),
    Fsmm.OutOfRangeError: (Fsmm.Error.OUT_OF_RANGE, (IndexError,)),
    Fsmm.ReleasedError: (Fsmm.Error.RELEASED, (ReferenceError,)),
    Fsmm.UnsupportedTypeError: (Fsmm.Error.UNSUPPORTED_TYPE, (TypeError,)),
}


def check(cls, function, *args):
    code, others = CLASSES[cls]
    error = fails(code, "", function, *args)
    equal(type(error), cls)
    equal([kind for kind in (*others, GLib.Error) if not isinstance(error, kind)], [])
    return error


def make_block(**properties):
    return Fsmm.Pool(alloc_size=8, **properties).acquire()


def make_box():
    return Fsmm.TypedPool.new(FsmmTest.Segment).new()


def test_classes():
    """every error that can happen is of its class"""
    block = make_block()
    full = Fsmm.Pool(alloc_size=8, max_blocks=1)
    full_of_boxes = Fsmm.TypedPool(item_type=FsmmTest.Point, max_blocks=1)
    kept = [full.acquire(), full_of_boxes.new()]
    check(Fsmm.ExhaustedError, full.acquire)
    check(Fsmm.ExhaustedError, full.reserve, 2)
    for make in (full_of_boxes.new, full_of_boxes.alloc, lambda: full_of_boxes.new(x=1)):
        check(Fsmm.ExhaustedError, make)
    check(Fsmm.ExhaustedError, full_of_boxes.alloc_value, FsmmTest.Point())
    check(Fsmm.InvalidArgumentError, Fsmm.Pool.new, 0)
    check(Fsmm.NoMemoryError, Fsmm.Pool(alloc_size=2**32).reserve, 2**40)
    check(Fsmm.OutOfRangeError, block.read, 8, 1)
    check(Fsmm.UnsupportedTypeError, Fsmm.TypedPool.new, GLib.Bytes)
    assert all(kept)


def test_released():
    """whatever is done with what is gone is the same error"""
    block, box = make_block(), make_box()
    start = box.start
    block.release()
    box.drop()
    for use in (
        lambda: block[0], lambda: bytes(block), lambda: list(block), block.view, block.get_bytes,
        block.release, block.__enter__, lambda: block.write(0, b"x"), box.__enter__, box.peek,
        lambda: box.start, lambda: start.x, lambda: setattr(start, "x", 1),
        lambda: setattr(box, "end", start), lambda: box.set_value(FsmmTest.Segment()),
    ):
        check(Fsmm.ReleasedError, use)
    fresh = Fsmm.TypedPool.new(FsmmTest.Point).new()
    fresh.drop()
    check(Fsmm.ReleasedError, lambda: fresh.x)


def test_layouts():
    """what is not plain data gets no layout, whatever a program says of it"""
    register = Fsmm.type_register_plain_layout
    for item_type in (GLib.DateTime, GLib.Bytes, FsmmTest.Text, FsmmTest.Opaque, Fsmm.Block, int,
                      "NoSuchType"):
        check(Fsmm.UnsupportedTypeError, register, item_type, 64, 8)
    for size, alignment in ((8, 8), (-1, 8), (16, 3), (16, -1), (2**64, 8), (0, 8)):
        check(Fsmm.InvalidArgumentError, register, FsmmTest.Point, size, alignment)
    equal(register(FsmmTest.Point, 16, 8), True)


def test_copies():
    """an error that is copied or pickled is the same one"""
    block = make_block()
    block.release()
    error = check(Fsmm.ReleasedError, block.release)
    for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        equal((type(other), other.code, other.domain, str(other)),
              (Fsmm.ReleasedError, error.code, error.domain, str(error)))


tap.run([test_classes, test_released, test_layouts, test_copies])
