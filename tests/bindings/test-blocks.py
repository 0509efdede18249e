# SPDX-License-Identifier: LGPL-2.1-or-later
"""Blocks and views of them as Python programs see them, with the overrides."""

import contextlib
import copy
import ctypes
import pickle
import struct

from bindings import Fsmm, FsmmTest, GLib, equal, fails, raises
from gi.repository import Gio, GLib, GObject
import tap

tests = []


def test(function):
    tests.append(function)
    return function


# --- Blocks ---


def make_block(size=64, content=b""):
    block = Fsmm.Pool(alloc_size=size).acquire()
    block[: len(content)] = content
    return block


@test
def trim_all():
    """trim_all () gives back what no block of any pool needs"""
    pool, another = Fsmm.Pool(alloc_size=64), Fsmm.Pool(alloc_size=4096)
    blocks = [another.acquire() for _ in range(100)]
    pool.acquire().release()
    for block in blocks[1:]:
        block.release()
    before = pool.reserved_bytes + another.reserved_bytes
    assert Fsmm.trim_all() >= before - 4096 * 32
    equal((pool.n_chunks, pool.reserved_bytes, another.n_allocated), (0, 0, 1))
    equal(len(bytes(blocks[0])), 4096)


@test
def retained_memory():
    """a pool keeps what retain_bytes says, and get_memory () tells what there is"""
    pool = Fsmm.Pool(alloc_size=1024, chunk_bytes=1024 * 16, retain_bytes=1024 * 32)
    kept = [pool.acquire() for _ in range(50)]
    memory = pool.get_memory()
    equal((memory.live_bytes, memory.reserved_bytes), (50 * 1024, 64 * 1024))
    equal(memory.live_bytes + memory.thread_bytes + memory.idle_bytes, 64 * 1024)
    assert memory.bookkeeping_bytes > 0 and memory.given_back_bytes == 0
    equal((pool.free_all(), pool.n_chunks, pool.retain_bytes), (50, 2, 1024 * 32))
    assert not any(kept)

    pool.retain_bytes = -1
    equal((pool.get_retain_bytes(), pool.props.retain_bytes), (-1, -1))
    raises(ValueError, "retain_bytes is -2", setattr, pool, "retain_bytes", -2)
    raises(Fsmm.InvalidArgumentError, "or -1 to have it chosen", pool.set_retain_bytes, 1 << 63)
    raises(TypeError, "", pool.set_retain_bytes, 1.5)
    raises(ValueError, "retain_bytes", Fsmm.Pool, alloc_size=64, retain_bytes=-5)
    equal(pool.retain_bytes, -1)

    Fsmm.trim_all()
    equal(Fsmm.get_spare_bytes(), 0)


@test
def trimmer():
    """a trimmer gives back what is free while a main loop runs"""
    loop, trimmed = GLib.MainLoop(), []
    worker = Fsmm.Trimmer(decay=200, memory_monitor=None)
    equal((worker.decay, worker.budget_bytes, worker.memory_monitor), (200, 0, None))
    worker.connect("trimmed", lambda _, n_bytes: trimmed.append(n_bytes))
    pool = Fsmm.Pool(alloc_size=1024)
    blocks = [pool.acquire() for _ in range(1000)]
    for block in blocks:
        block.release()
    GLib.timeout_add(1200, loop.quit)
    loop.run()
    equal(pool.reserved_bytes, 0)
    assert sum(trimmed) >= 1000 * 1024, trimmed

    worker.decay, worker.budget_bytes = 0, 1 << 40
    equal((worker.get_decay(), worker.props.budget_bytes), (0, 1 << 40))
    pool.acquire().release()
    assert worker.trim(Gio.MemoryMonitorWarningLevel.LOW) >= 65536
    raises(ValueError, "decay is -1", Fsmm.Trimmer, decay=-1)
    raises(ValueError, "decay is 4294967296", worker.set_decay, 1 << 32)
    raises(TypeError, 'no argument "budget"', Fsmm.Trimmer, budget=5)
    equal(Fsmm.Trimmer.new().decay, 10000)


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


tap.run(tests)
