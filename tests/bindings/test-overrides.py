# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pools as Python programs see them, with the overrides.

Blocks are in test-blocks.py, and instances in test-instances.py.
"""

from bindings import Fsmm, GLib, equal, fails, raises
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
