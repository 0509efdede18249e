# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library as Python programs see it, with its overrides."""

import contextlib
import copy
import ctypes
import pickle
import struct

from bindings import Fsmm, FsmmTest, GLib, equal, fails, raises
from gi.repository import Gio, GObject
import tap

tests = []


def test(function):
    tests.append(function)
    return function


# --- Pools ---


@test
def pool_with_keywords():
    """a pool is made with keywords, which are its properties"""
    pool = Fsmm.Pool(
        alloc_size=60, name="nodes", alignment=32, chunk_bytes=4096, max_blocks=7
    )
    equal((pool.alloc_size, pool.name, pool.alignment), (60, "nodes", 32))
    equal((pool.chunk_bytes, pool.max_blocks, pool.block_size), (4096, 7, 64))
    equal((pool.n_allocated, pool.peak_allocated, pool.n_chunks, pool.reserved_bytes), (0,) * 4)
    equal(pool.props.alloc_size, 60)
    equal(pool.get_alloc_size(), 60)
    equal(Fsmm.Pool(alloc_size=1).name, None)
    raises(AttributeError, "", setattr, pool, "alloc_size", 1)
    raises(TypeError, "alloc_size", Fsmm.Pool)
    raises(TypeError, "positional", Fsmm.Pool, 64)
    raises(TypeError, "size", Fsmm.Pool, alloc_size=64, size=64)
    raises(TypeError, "str", Fsmm.Pool, alloc_size="64")


@test
def pool_as_in_c():
    """the constructors that C has are there as well"""
    equal(Fsmm.Pool.new(64).alloc_size, 64)
    equal(Fsmm.Pool.new(64, 2048).chunk_bytes, 2048)
    pool = Fsmm.Pool.new_full("full", 64, 128, 4096, 3)
    equal((pool.name, pool.alignment, pool.max_blocks), ("full", 128, 3))
    equal(Fsmm.Pool.new_full(None, 64, 0, 0, 0).name, None)
    assert isinstance(pool, Gio.Initable)


@test
def pool_of_bad_sizes():
    """sizes that make no sense raise an exception at once, which is a ValueError"""
    for wrong, words in (
        ({"alloc_size": 0}, "alloc-size is 0"),
        ({"alloc_size": -1}, "alloc_size is -1"),
        ({"alloc_size": 2**32 + 1}, "alloc-size is 4294967297"),
        ({"alloc_size": 2**64}, "alloc_size is 18446744073709551616"),
        ({"alloc_size": 64, "alignment": 3}, "alignment is 3"),
        ({"alloc_size": 64, "chunk_bytes": 1}, "chunk-bytes is 1"),
        ({"alloc_size": 64, "max_blocks": -1}, "max_blocks is -1"),
    ):
        for kind in (ValueError, Fsmm.InvalidArgumentError, GLib.Error):
            raises(kind, words, Fsmm.Pool, **wrong)
        fails(Fsmm.Error.INVALID_ARGUMENT, words, Fsmm.Pool, **wrong)
    raises(ValueError, "alloc-size is 0", Fsmm.Pool.new, 0)
    raises(ValueError, "alignment is 3", Fsmm.Pool.new_full, "odd", 64, 3, 0, 0)
    raises(ValueError, "n_blocks is -1", Fsmm.Pool(alloc_size=64).reserve, -1)


@test
def pool_made_by_gobject():
    """a pool that GObject itself was given nonsense for says so when it is used"""
    raises(ValueError, "alloc-size is 0", GObject.new(Fsmm.Pool, alloc_size=0).acquire)


@test
def pool_of_few():
    """a pool that is full says so, and goes on"""
    pool = Fsmm.Pool(alloc_size=8, name="pairs", max_blocks=2)
    blocks = [pool.acquire(), pool.acquire()]
    error = fails(Fsmm.Error.EXHAUSTED, '"pairs"', pool.acquire)
    equal(type(error), Fsmm.ExhaustedError)
    fails(Fsmm.Error.EXHAUSTED, "max-blocks is 2", pool.reserve, 3)
    blocks.pop().release()
    assert pool.acquire().is_live()


@test
def pool_without_memory():
    """where there is no memory, that is a MemoryError"""
    pool = Fsmm.Pool(alloc_size=2**32)
    error = raises(MemoryError, "no memory", pool.reserve, 2**40)
    assert error.matches(Fsmm.Error.quark(), Fsmm.Error.NO_MEMORY)
    equal(type(error), Fsmm.NoMemoryError)


@test
def pool_gives_back():
    """a pool drops everything at once, and gives memory back"""
    pool = Fsmm.Pool(alloc_size=64, chunk_bytes=1024)
    blocks = [pool.acquire() for _ in range(40)]
    equal((pool.n_allocated, pool.n_chunks), (40, 3))
    equal(pool.free_all(), 40)
    assert not any(blocks)
    equal((pool.n_allocated, pool.n_chunks, pool.peak_allocated), (0, 0, 40))
    assert pool.reserve(100)
    equal(pool.trim(), pool.chunk_bytes * 7)
    equal(pool.reserved_bytes, 0)


@test
def pool_shows_itself():
    """repr() shows a pool's name, sizes and counts"""
    pool = Fsmm.Pool(alloc_size=48, name="nodes", max_blocks=9)
    block = pool.acquire()
    for words in ('Fsmm.Pool "nodes"', "48 bytes", "1 live", "at most 9", "1 at the peak"):
        assert words in repr(pool), repr(pool)
    block.release()
    assert "0 live (no limit)" in repr(Fsmm.Pool(alloc_size=48))
    assert "uninitialized" in repr(Fsmm.Pool.__new__(Fsmm.Pool))


@test
def pool_is_final():
    """a pool cannot be derived from, and that is said before GObject finds out"""
    raises(TypeError, "Fsmm.Pool is final", type, "Mine", (Fsmm.Pool,), {})
    raises(TypeError, "Fsmm.TypedPool is final", type, "Mine", (Fsmm.TypedPool,), {})


# --- Blocks ---


def make_block(size=64, content=b""):
    block = Fsmm.Pool(alloc_size=size).acquire()
    block[: len(content)] = content
    return block


@test
def block_in_with():
    """a block goes back at the end of with, also after an exception"""
    pool = Fsmm.Pool(alloc_size=64)
    with pool.acquire() as block:
        equal(pool.n_allocated, 1)
        assert block and block.is_live()
    equal(pool.n_allocated, 0)
    assert not block and not block.is_live()

    with contextlib.suppress(ZeroDivisionError), pool.acquire() as block:
        1 / 0
    equal((pool.n_allocated, bool(block)), (0, False))

    with pool.acquire() as block:
        block.release()
    with pool.acquire() as block:
        pool.free_all()
    fails(Fsmm.Error.RELEASED, "released", block.__enter__)


@test
def block_as_sequence():
    """a block is a sequence of bytes"""
    block = make_block(8, b"abcdefgh")
    equal((len(block), bytes(block), list(block)), (8, b"abcdefgh", list(b"abcdefgh")))
    equal((block[0], block[7], block[-1], block[-8]), tuple(b"ahha"))
    for key in (
        slice(None), slice(2, 5), slice(-3, None), slice(5, 2), slice(0, 100), slice(None, None, 2),
        slice(None, None, -1), slice(6, 1, -2), slice(8, 8), slice(-100, 3),
    ):
        equal(block[key], b"abcdefgh"[key])
    equal((98 in block, 0 in block, b"cd" in block, b"dc" in block), (True, False, True, False))
    equal(list(reversed(block)), list(b"hgfedcba"))

    expected = bytearray(b"abcdefgh")
    for key, value in (
        (0, 1), (-1, 255), (slice(2, 4), b"xy"), (slice(None, None, 3), bytearray(b"123")),
        (slice(4, 4), b""), (slice(None, None, -1), memoryview(b"ABCDEFGH")), (slice(1, 3), [7, 8]),
        (slice(3, 5), (n for n in (9, 10))),
    ):
        block[key] = value
        expected[key] = value if not hasattr(value, "send") else (9, 10)
        equal(bytes(block), bytes(expected))
    block[:] = make_block(8, b"other008")
    equal(bytes(block), b"other008")


@test
def block_out_of_range():
    """what is out of range is an IndexError, and an error of the library"""
    block = make_block(8)
    for index in (8, -9, 2**31, -(2**31), 2**64, -(2**64), 10**30):
        raises(IndexError, f"no byte {index}: the block has 8", lambda: block[index])
        fails(Fsmm.Error.OUT_OF_RANGE, "", block.__setitem__, index, 0)
    for offset, n_bytes in (
        (0, 9), (8, 1), (9, 0), (-1, 1), (0, -1), (2**64, 0), (0, 2**64), (2**64 - 1, 2**64 - 1),
        (2**63, 2**63), (4, 2**64 - 4), (-(2**70), 2**70),
    ):
        words = f"cannot read {n_bytes} bytes at offset {offset}: the block has 8"
        raises(IndexError, words, block.read, offset, n_bytes)
        fails(Fsmm.Error.OUT_OF_RANGE, words, block.read, offset, n_bytes)
    for offset in (-1, 7, 2**64, 2**64 - 1):
        raises(Fsmm.OutOfRangeError, "cannot write 2 bytes", block.write, offset, b"xx")
        raises(IndexError, "cannot write 2", block.write_bytes, offset, GLib.Bytes.new(b"xx"))
    equal((block.read(8, 0), bytes(block)), (b"", bytes(8)))


@test
def block_of_wrong_values():
    """values that are no bytes are refused with Python's own errors, and nothing is written"""
    block = make_block(8)
    for value in (256, -1, 2**70):
        raises(ValueError, "range(0, 256)", block.__setitem__, 0, value)
    for value in ("x", 1.5, None, b"x"):
        raises(TypeError, "integer", block.__setitem__, 0, value)
    raises(ValueError, "put 3 bytes in the place of 2", block.__setitem__, slice(0, 2), b"abc")
    raises(ValueError, "cannot put 0 bytes", block.__setitem__, slice(0, 8, 2), b"")
    for value in ("text", 5, None, 1.5, [1, "x"]):
        raises(TypeError, "", block.__setitem__, slice(0, 2), value)
        raises(TypeError, "", block.write, 0, value)
    raises(ValueError, "range(0, 256)", block.write, 0, [1, 300])
    for key in ("x", 1.5, None, (1, 2)):
        raises(TypeError, "", block.__getitem__, key)
        raises(TypeError, "", block.__setitem__, key, 0)
    raises(TypeError, "", block.read, "0", 1)
    equal(bytes(block), bytes(8))


@test
def block_that_is_gone():
    """every use of a block that is gone is the same error"""
    block = make_block(8)
    address = block.get_address()
    assert address
    block.release()
    equal((len(block), block.get_size(), block.get_address(), bool(block)), (8, 8, None, False))
    for use in (
        lambda: block[0], lambda: block[:], lambda: block[::2], lambda: bytes(block),
        lambda: list(block), lambda: 0 in block, block.view, block.get_bytes, block.release,
        lambda: block.read(0, 1), lambda: block.write(0, b"x"), lambda: block.__setitem__(0, 1),
        lambda: block.__setitem__(slice(0, 1), b"x"),
        lambda: block.__setitem__(slice(0, 8, 8), b"x"),
        lambda: block.write_bytes(0, GLib.Bytes.new(b"x")), block.__enter__,
    ):
        equal(type(fails(Fsmm.Error.RELEASED, "released", use)), Fsmm.ReleasedError)


@test
def block_shows_itself():
    """repr() shows where a block is, its size, and whether it is there"""
    block = make_block(8)
    equal(repr(block), f"<Fsmm.Block at {block.get_address():#x}, 8 bytes, live>")
    block.release()
    equal(repr(block), "<Fsmm.Block, 8 bytes, released>")


@test
def block_is_itself():
    """a block is equal to no other block"""
    pool = Fsmm.Pool(alloc_size=8)
    one, other = pool.acquire(), pool.acquire()
    assert one == one and one != other and hash(one) == hash(one)
    equal(len({one, other, one}), 2)
    value = GObject.Value(Fsmm.Block, one)
    assert value.get_boxed() == one


@test
def nothing_is_copied():
    """copying and pickling are refused, with the reason"""
    typed_pool = Fsmm.TypedPool.new(FsmmTest.Segment)
    box = typed_pool.new()
    for value, words in (
        (Fsmm.Pool(alloc_size=8), "pass the pool itself on"),
        (make_block(), "bytes(block)"),
        (typed_pool, "pass the pool itself on"),
        (box, "peek()"),
        (box.start, "peek()"),
    ):
        for action in (copy.copy, copy.deepcopy, pickle.dumps):
            raises(TypeError, words, action, value)
    raises(TypeError, "bytes(block)", make_block().copy)
    raises(TypeError, "peek()", box.copy)


# --- Views ---


@test
def view_of_a_block():
    """a view is the block's own memory"""
    block = make_block(8, b"abcdefgh")
    with memoryview(block.view()) as view:
        equal((view.nbytes, view.format, view.readonly, view.contiguous), (8, "B", False, True))
        view[:2] = b"XY"
        equal(bytes(block), b"XYcdefgh")
        block[7] = 0
        equal(view[7], 0)
    block.view()[0] = 1
    equal(block[0], 1)


@test
def view_after_release():
    """what is left of a view is good after the release, which takes effect when that is gone"""
    pool = Fsmm.Pool(alloc_size=8)
    with pool.acquire() as block:
        block[:] = b"abcdefgh"
        view = block.view()
        tail = view[4:]
        view.release()
    assert not block
    equal((bytes(tail), pool.n_allocated), (b"efgh", 1))
    others = [pool.acquire() for _ in range(100)]
    for other in others:
        other[:] = b"xxxxxxxx"
    tail[0] = 0
    equal(bytes(tail), b"\0fgh")
    del tail
    equal(pool.n_allocated, 100)


@test
def view_after_free_all():
    """a view outlives even that everything is dropped, and the pool"""
    pool = Fsmm.Pool(alloc_size=8)
    block = pool.acquire()
    block[:] = b"abcdefgh"
    view = block.view()
    pool.free_all()
    assert not block
    del block, pool
    view[0] = 65
    equal(bytes(view), b"Abcdefgh")


@test
def view_for_struct():
    """struct packs into a view"""
    block = make_block(16)
    struct.pack_into("=Id", block.view(), 4, 7, 2.5)
    equal(struct.unpack_from("=Id", block.view(), 4), (7, 2.5))
    equal(struct.unpack("=Id", block[4:16]), (7, 2.5))
    raises(struct.error, "", struct.pack_into, "=d", block.view(), 9, 1.0)


class Record(ctypes.Structure):
    _fields_ = [("number", ctypes.c_uint32), ("weight", ctypes.c_double)]


@test
def view_for_ctypes():
    """a ctypes structure lies over a block, and keeps it"""
    pool = Fsmm.Pool(alloc_size=ctypes.sizeof(Record))
    block = pool.acquire()
    record = Record.from_buffer(block.view())
    record.number, record.weight = 7, 2.5
    equal(struct.unpack("@Id", bytes(block)), (7, 2.5))
    block.release()
    equal((record.number, pool.n_allocated), (7, 1))
    del record
    equal(pool.n_allocated, 0)
    raises(ValueError, "", (ctypes.c_uint8 * 17).from_buffer, pool.acquire().view())


@test
def view_for_numpy():
    """a NumPy array lies over a block, and keeps it"""
    try:
        import numpy
    except ImportError:
        print("# not tested: there is no NumPy")
        return
    pool = Fsmm.Pool(alloc_size=64)
    block = pool.acquire()
    numbers = numpy.frombuffer(block.view(), dtype="f8")
    numbers[:] = range(8)
    equal(struct.unpack("8d", bytes(block)), tuple(map(float, range(8))))
    part = numbers[2:4]
    block.release()
    del numbers
    pool.trim()
    equal((part.sum(), pool.n_allocated), (5.0, 1))
    del part
    equal(pool.n_allocated, 0)


@test
def bytes_of_a_block():
    """a GLib.Bytes is the block's own memory as well"""
    pool = Fsmm.Pool(alloc_size=8)
    block = pool.acquire()
    data = block.get_bytes()
    block.write_bytes(0, GLib.Bytes.new(b"abc"))
    equal(data.get_data(), b"abc\0\0\0\0\0")
    block.release()
    equal(pool.n_allocated, 1)
    del data
    equal(pool.n_allocated, 0)


# --- Typed pools ---


@test
def typed_pool_with_keywords():
    """a typed pool is made with keywords, for a class, a GType or a name"""
    for item_type in (FsmmTest.Point, FsmmTest.Point.__gtype__, "FsmmTestPoint"):
        pool = Fsmm.TypedPool(item_type=item_type, name="points", chunk_bytes=2048, max_blocks=3)
        equal((pool.name, pool.chunk_bytes, pool.max_blocks), ("points", 2048, 3))
        equal(pool.item_type, FsmmTest.Point.__gtype__)
        equal((pool.pool.alloc_size, pool.pool.alignment), (16, 8))
    equal(Fsmm.TypedPool.new(FsmmTest.Point).name, "FsmmTestPoint")
    equal(Fsmm.TypedPool.new(FsmmTest.Point, 4096).chunk_bytes, 4096)
    equal(Fsmm.TypedPool.new_full("full", FsmmTest.Point, 0, 5).max_blocks, 5)
    raises(TypeError, "item_type", Fsmm.TypedPool)
    raises(ValueError, "chunk_bytes is -1", Fsmm.TypedPool, item_type=GLib.Date, chunk_bytes=-1)
    raises(ValueError, "chunk-bytes is 1", Fsmm.TypedPool.new, GLib.Date, 1)


@test
def instance_in_with():
    """an instance goes back at the end of with, also after an exception"""
    pool = Fsmm.TypedPool.new(FsmmTest.Point)
    with pool.new(x=1, y=2) as point:
        equal((point.x, point.y, pool.n_allocated), (1, 2, 1))
        point.x += 4
        equal((point.x, point["x"]), (5, 5))
    equal(pool.n_allocated, 0)

    with contextlib.suppress(ZeroDivisionError), pool.new() as point:
        1 / 0
    equal((pool.n_allocated, bool(point), point.is_live()), (0, False, False))
    with pool.new() as point:
        point.drop()
    with pool.new() as point:
        pool.free_all()


@test
def instance_that_is_gone():
    """every use of an instance that is gone is the same error"""
    pool = Fsmm.TypedPool.new(FsmmTest.Segment)
    box = pool.new()
    start = box.start
    box.drop()
    box.drop()
    for use in (
        lambda: box.start, lambda: box.start.x, lambda: start.x, lambda: setattr(start, "x", 1),
        lambda: box["start"], lambda: setattr(box, "start", FsmmTest.Point()), box.peek,
        lambda: box.set_value(FsmmTest.Segment()), box.__enter__,
    ):
        fails(Fsmm.Error.RELEASED, "released", use)
    fails(Fsmm.Error.RELEASED, "released", lambda: _never_looked_at(pool).nothing)


def _never_looked_at(pool):
    box = pool.new()
    box.drop()
    return box


@test
def instance_without_with():
    """an instance goes back when its box is gone, and the box keeps the pool"""
    pool = Fsmm.TypedPool.new(FsmmTest.Point)
    point = pool.new(x=3)
    point.y = 4.5
    equal((point.x, point.y, pool.n_allocated), (3, 4.5, 1))
    other = point
    del point
    equal(pool.n_allocated, 1)
    raw = pool.pool
    del pool
    equal((other.x, raw.n_allocated), (3, 1))
    del other
    equal(raw.n_allocated, 0)


@test
def fields_of_all_kinds():
    """numbers, enumerations, characters and types are fields"""
    shape = Fsmm.TypedPool.new(FsmmTest.Shape).new(
        kind=FsmmTest.Kind.SQUARE,
        visible=True,
        small=-128,
        letter="ß",
        type=GLib.Date,
        large=2**64 - 1,
    )
    equal((shape.kind, shape.visible, shape.small), (FsmmTest.Kind.SQUARE, True, -128))
    equal((shape.letter, shape.type, shape.large), ("ß", GLib.Date.__gtype__, 2**64 - 1))
    raises(OverflowError, "", setattr, shape, "small", 128)
    raises(OverflowError, "", setattr, shape, "large", -1)
    for name, value in (("small", 1.5), ("small", "1"), ("large", None), ("letter", 5)):
        raises(TypeError, "", setattr, shape, name, value)
    raises(TypeError, "a number", setattr, Fsmm.TypedPool.new(FsmmTest.Point).new(), "x", "1.5")
    equal((shape.small, shape.large, shape.letter), (-128, 2**64 - 1, "ß"))


@test
def fields_that_are_structs():
    """a struct in an instance is a part of it: writing to one changes the instance"""
    box = Fsmm.TypedPool.new(FsmmTest.Segment).new()
    box.start.x = 1
    box.pen.grey = 200
    box.pen.width = 0.5
    start = box.start
    start.y = 2
    equal((box.start.x, start.x, box.start.y, box.pen.grey, box.pen.width), (1, 1, 2, 200, 0.5))
    box.end = start
    point = FsmmTest.Point()
    point.x = 9
    box.start = point
    equal((box.start.x, box.start.y, box.end.x, box.end.y), (9, 0, 1, 2))
    copied = box.peek()
    equal((copied.start.x, copied.end.y, copied.pen.grey), (9, 2, 200))
    for wrong in (None, 5, box.pen, FsmmTest.Segment(), (1, 2)):
        raises(TypeError, "must be FsmmTest.Point", setattr, box, "start", wrong)
    raises(AttributeError, 'FsmmTest.Point has no field "z"', getattr, start, "z")
    raises(AttributeError, 'FsmmTest.Point has no field "z"', setattr, start, "z", 1)


@test
def fields_with_names_of_methods():
    """a field that has the name of a method is an item"""
    with Fsmm.TypedPool.new(FsmmTest.Shape).new(drop=5, copy=6) as shape:
        equal((shape["drop"], shape["copy"]), (5, 6))
        shape["drop"] = 7
        equal(shape["drop"], 7)
        raises(AttributeError, "['drop']", setattr, shape, "drop", 1)
        assert callable(shape.drop)


@test
def fields_that_are_not_there():
    """fields that are not there or cannot be used say why, and leave nothing behind"""
    pool = Fsmm.TypedPool.new(FsmmTest.Point)
    with pool.new() as point:
        raises(AttributeError, 'FsmmTest.Point has no field "z": it has x, y', getattr, point, "z")
        raises(AttributeError, "it has x, y", setattr, point, "z", 1)
        raises(AttributeError, "", delattr, point, "x")
        assert not hasattr(point, "z") and "x" in dir(point) and "drop" in dir(point)
    # An error keeps what it happened to, but not the instance.
    errors = [
        raises(TypeError, 'no field "z"', pool.new, x=1, z=1),
        raises(TypeError, "a number", pool.new, x="one"),
    ]
    equal((len(errors), pool.n_allocated), (2, 0))

    matrix = Fsmm.TypedPool.new(FsmmTest.Matrix).new(rank=2)
    raises(AttributeError, "is an array", getattr, matrix, "cells")
    choice = Fsmm.TypedPool.new(FsmmTest.Choice).new(tag=2)
    raises(AttributeError, "is a union", getattr, choice, "number")
    date = Fsmm.TypedPool.new(GLib.Date).new()
    raises(AttributeError, "has 8 bytes, but introspection takes it for 24", getattr, date, "day")


@test
def instances_that_own_something():
    """instances of a type with functions of its own are made, copied and cleared by these"""
    pool = Fsmm.TypedPool.new(FsmmTest.Track)
    default = Fsmm.TypedPool.get_default(FsmmTest.Track)
    box = pool.alloc_value(FsmmTest.Track.new("Aria", 180))
    equal((box.title, box.seconds, pool.n_allocated), ("Aria", 180, 1))
    raises(AttributeError, 'cannot write field "title"', setattr, box, "title", "Gigue")
    box.seconds = 200
    copied = box.peek()
    equal((copied.title, copied.seconds, default.n_allocated), ("Aria", 200, 1))
    box.set_value(FsmmTest.Track.new("Gigue", 90))
    equal((box.title, copied.title), ("Gigue", "Aria"))
    box.drop()
    del copied
    equal((pool.n_allocated, default.n_allocated), (0, 0))


@test
def values_of_instances():
    """an instance is looked at and set as a whole, by copies"""
    pool = Fsmm.TypedPool.new(GLib.Date)
    box = pool.alloc()
    assert not box.peek().valid()
    assert box.set_value(GLib.Date.new_dmy(29, 2, 2024))
    date = box.peek()
    date.set_year(2020)
    equal((box.to_string(), date.get_year()), ("2024-02-29", 2020))
    equal(pool.alloc_value(date).to_string(), "2020-02-29")
    assert box.set_value(value=GLib.Date.new_dmy(29, 2, 2024))
    for wrong in (5, None, "2024", FsmmTest.Point()):
        raises((ValueError, TypeError), "", box.set_value, wrong)
        raises((ValueError, TypeError), "", pool.alloc_value, wrong)
    fails(Fsmm.Error.INVALID_ARGUMENT, "must hold a GDate", box.set_value, 5)
    equal(box.to_string(), "2024-02-29")


@test
def types_that_are_plain_data():
    """structs without a pointer get a layout by themselves"""
    for item_type in (
        FsmmTest.Point, FsmmTest.Segment, FsmmTest.Shape, FsmmTest.Matrix, FsmmTest.Choice
    ):
        pool = Fsmm.TypedPool.new(item_type)
        equal(pool.pool.alloc_size, item_type.__info__.get_size())
        equal(Fsmm.TypedPool.get_default(item_type).item_type, item_type.__gtype__)
        assert type(pool.new().peek()) is item_type


@test
def types_that_are_not():
    """others are refused, with the reason"""
    for item_type, words in (
        (FsmmTest.Text, 'its field "text" is a pointer'),
        (FsmmTest.Line, 'its field "text" is not plain data: its field "text" is a pointer'),
        (FsmmTest.Tail, 'its field "items" is an array of unknown length'),
        (FsmmTest.Listener, 'its field "changed" is not plain data'),
        (FsmmTest.Secret, 'its field "secret" is private'),
        (FsmmTest.Counted, "its copy function makes no copy"),
        (FsmmTest.Pixel, "its copy function copies less"),
        (FsmmTest.Opaque, "it is opaque"),
        (GLib.DateTime, "it is opaque"),
        (GLib.Bytes, "it is opaque"),
        (Fsmm.Block, "it is opaque"),
        (object, "introspection knows no fields of it"),
        (int, "gint is not a boxed type"),
        (FsmmTest.Pen, "void is not a boxed type"),
        (GObject.TYPE_INVALID, "is not a boxed type"),
        (GObject.Object, "GObject is not a boxed type"),
        # That is no type at all to PyGObject 3.58.
        (FsmmTest.Kind, "is not a "),
        (None, "is not a boxed type"),
        ("NoSuchType", "'NoSuchType' is not a type that is known"),
        (5, "5 is not a type that is known"),
        ([], "[] is not a type that is known"),
    ):
        raises(TypeError, words, Fsmm.TypedPool.new, item_type)
        fails(Fsmm.Error.UNSUPPORTED_TYPE, words, Fsmm.TypedPool, item_type=item_type)
    equal(Fsmm.TypedPool.get_default(FsmmTest.Text), None)
    equal(Fsmm.TypedPool.get_default(int), None)
    raises(TypeError, "is not a type", Fsmm.TypedPool.get_default, "NoSuchType")


@test
def typed_pool_of_few():
    """a typed pool that is full says so, and goes on"""
    pool = Fsmm.TypedPool(item_type=FsmmTest.Point, max_blocks=1)
    with pool.new():
        fails(Fsmm.Error.EXHAUSTED, "max-blocks is 1", pool.new)
        fails(Fsmm.Error.EXHAUSTED, "max-blocks is 1", pool.alloc)
    pool.new()


@test
def typed_pool_gives_back():
    """a typed pool drops everything at once"""
    pool = Fsmm.TypedPool.new(FsmmTest.Track)
    boxes = [pool.alloc_value(FsmmTest.Track.new("Aria", n)) for n in range(100)]
    equal(pool.free_all(), 100)
    assert not any(boxes)
    equal((pool.n_allocated, pool.peak_allocated), (0, 100))


@test
def typed_pool_has_no_iterator():
    """nothing goes over the instances of a pool, since nothing would keep them"""
    raises(TypeError, "not iterable", iter, Fsmm.TypedPool.new(FsmmTest.Point))
    raises(TypeError, "not iterable", iter, Fsmm.Pool(alloc_size=8))


@test
def raw_blocks_of_a_typed_pool():
    """blocks of a typed pool are not handed out"""
    pool = Fsmm.TypedPool.new(FsmmTest.Point).pool
    assert isinstance(pool, Fsmm.Pool)
    raises(ValueError, "instances of a typed pool", pool.acquire)


@test
def typed_pools_show_themselves():
    """repr() shows a typed pool, its boxes and parts of them"""
    pool = Fsmm.TypedPool(item_type=FsmmTest.Segment, name="lines", max_blocks=9)
    box = pool.new()
    box.start.x = 1.5
    for words in ('Fsmm.TypedPool "lines"', "FsmmTestSegment of 40 bytes", "1 live (at most 9)"):
        assert words in repr(pool), repr(pool)
    assert "start=(x=1.5, y=0.0), end=(x=0.0, y=0.0), pen=(width=0.0, grey=0)>" in repr(box), box
    equal(repr(box.start), "<part of an Fsmm.Box, FsmmTest.Point: x=1.5, y=0.0>")
    start = box.start
    box.drop()
    equal(repr(start), "<part of an Fsmm.Box, FsmmTest.Point: released>")
    equal(repr(box), "<Fsmm.Box, FsmmTestSegment (released)>")
    equal(repr(Fsmm.TypedPool.new(GLib.Date).new()), "<Fsmm.Box, (not a date)>")
    equal(repr(Fsmm.TypedPool.new(GObject.Value).new()), "<Fsmm.Box, (unset)>")
    assert "uninitialized" in repr(Fsmm.TypedPool.__new__(Fsmm.TypedPool))


# --- Documentation ---


@test
def documentation():
    """classes and methods have words of their own for help()"""
    for cls in (Fsmm.Pool, Fsmm.Block, Fsmm.Box, Fsmm.TypedPool):
        assert "    with pool." in cls.__doc__, cls
        for name, value in vars(cls).items():
            if not name.startswith("_") and name != "new":
                words = getattr(value, "__doc__", None)
                assert words and words.strip().endswith("."), f"{cls}.{name}: {words}"
    for new in (Fsmm.TypedPool.new, Fsmm.TypedPool.new(GLib.Date).new):
        assert "with values in its fields" in new.__doc__


tap.run(tests)
