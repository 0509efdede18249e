# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Python asks of every object, handles answer: equality, hashes, attributes, classes."""

import weakref

from bindings import Fsmm, FsmmTest, equal, raises
from gi.repository import GObject
import tap


def make_block(content=b"abcd"):
    block = Fsmm.Pool(alloc_size=4).acquire()
    block[:] = content
    return block


def test_bytes_are_equal():
    """a block is equal to bytes of the same content, on both sides"""
    block = make_block()
    for same in (b"abcd", bytearray(b"abcd"), memoryview(b"abcd"), memoryview(b"a_b_c_d_")[::2],
                 block.view(), make_block().view().cast("I")):
        assert block == same and same == block, same
        assert not block != same and not same != block, same
    for other in (b"", b"abc", b"abcde", b"abcx", bytearray(4), memoryview(b"dcba"), "abcd",
                  [97, 98, 99, 100], None, 4, object()):
        assert block != other and other != block, other
        assert not block == other and not other == block, other
    block[0] = 0
    assert block == b"\0bcd" and block != b"abcd"


def test_what_is_gone_is_not_equal():
    """a block that was released, or a view, is equal to no bytes"""
    block = make_block()
    view = memoryview(b"abcd")
    view.release()
    assert block != view
    block.release()
    assert block != b"abcd" and not block == b"abcd" and block == block


def test_blocks_are_themselves():
    """a block is equal to no other one, and found among others by what it is"""
    one, other = make_block(), make_block()
    assert one != other and not one == other and bytes(one) == bytes(other)
    equal(([one, other].index(other), len({one, other, one})), (1, 2))
    again = GObject.Value(Fsmm.Block, one).get_boxed()
    assert again == one and hash(again) == hash(one)
    names = {one: "one", other: "other"}
    one.release()
    equal((names[one], names[other]), ("one", "other"))


def test_parts_are_themselves():
    """a part of a box is equal to the same part of the same box"""
    pool = Fsmm.TypedPool.new(FsmmTest.Segment)
    box, other = pool.new(), pool.new()
    assert box.start == box.start and not box.start != box.start
    assert box.start != box.end and box.start != other.start and box.start != dict(box.start)
    equal(len({box.start, box.start, box.end}), 2)
    part = box.start
    assert weakref.ref(part)() is part
    box.drop()
    assert part == part and part != other.start


def test_no_attributes():
    """a block takes no attributes, and says which one may have been meant"""
    block = make_block()
    raises(AttributeError, 'a block has no attribute "typo": it has', setattr, block, "typo", 1)
    raises(AttributeError, "did you mean write? It has", setattr, block, "wirte", 1)
    raises(AttributeError, '"read" of a block cannot be set', setattr, block, "read", None)
    raises(AttributeError, "", delattr, block, "read")
    assert not hasattr(block, "typo") and callable(block.read)
    box = Fsmm.TypedPool.new(FsmmTest.Point).new()
    raises(AttributeError, "", setattr, box, "typo", 1)
    raises(AttributeError, "", setattr, Fsmm.TypedPool.new(FsmmTest.Segment).new().end, "typo", 1)


def test_attributes_of_pools():
    """a pool takes attributes that it has not got, as every GObject, and no others"""
    for pool in (Fsmm.Pool(alloc_size=4), Fsmm.TypedPool.new(FsmmTest.Point)):
        pool.mine = [1]
        equal(pool.mine, [1])
        for name in ("name", "n_waiting", "n_allocated", "chunk_bytes"):
            raises(AttributeError, "", setattr, pool, name, 1)


def test_keywords():
    """a keyword that is wrong is answered with those that there are, and the nearest one"""
    for wrong, near in (("size", "alloc_size"), ("alloc_sise", "alloc_size"), ("max", "max_blocks"),
                        ("aligment", "alignment"), ("chunk", "chunk_bytes"), ("names", "name")):
        raises(TypeError, f'Fsmm.Pool() has no argument "{wrong}": did you mean {near}? There are '
               "alloc_size, name, alignment, chunk_bytes, max_blocks", Fsmm.Pool, **{wrong: 8})
    raises(TypeError, 'Fsmm.TypedPool() has no argument "type": did you mean item_type?',
           Fsmm.TypedPool, type=FsmmTest.Point)
    raises(TypeError, 'no argument "limit": there are alloc_size', Fsmm.Pool, alloc_size=8, limit=1)
    raises(TypeError, "takes no positional arguments, but item_type", Fsmm.TypedPool,
           FsmmTest.Point)
    raises(TypeError, "alloc_size", Fsmm.Pool)
    raises(TypeError, "TypedPool.acquire()", Fsmm.TypedPool.new(FsmmTest.Point).acquire, 1, 2)


def test_final_classes():
    """no class can be derived from, and the error says what to do"""
    class Mixin:
        pass

    for cls in (Fsmm.Pool, Fsmm.TypedPool, Fsmm.Block, Fsmm.Box):
        for bases in ((cls,), (Mixin, cls)):
            raises(TypeError, f"Fsmm.{cls.__name__} is final: keep one in an object of your own",
                   type, "Mine", bases, {})


tap.run([
    test_bytes_are_equal, test_what_is_gone_is_not_equal, test_blocks_are_themselves,
    test_parts_are_themselves, test_no_attributes, test_attributes_of_pools, test_keywords,
    test_final_classes,
])
