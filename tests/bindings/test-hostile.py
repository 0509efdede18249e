# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever Python programs do to handles, views and boxes is an exception at worst.

Memory that goes back is unmapped at once here, so that a stray access ends the program. Threads are
in test-hostile-threads.py, and processes in test-hostile-processes.py.
"""

import contextlib
import ctypes
import gc
import itertools
import random
import signal

from bindings import (
    Fsmm, FsmmTest, GLib, equal, fails, make_pool, make_track_pool, raises, released_or)
from gi.repository import GObject
import tap

tests = []


def test(function):
    tests.append(function)
    return function


# --- Order ---


@test
def blocks_in_every_order():
    """pool, block and what shows its memory go in every order"""
    for order in itertools.permutations(range(6)):
        pool = make_pool()
        block = pool.acquire()
        block[:] = b"0123456789abcdef" * 4
        view = block.view()
        things = [pool, block, view, view[8:], block.get_bytes(),
                  (ctypes.c_uint8 * 64).from_buffer(view)]
        del pool, block, view
        for n, index in enumerate(order):
            if n % 2 == 1:
                gc.collect(0)
            if index == 1 and n < 3:
                released_or(things[1].release)
            if index == 0 and n < 3:
                things[0].free_all()
            things[index] = None
            if things[2] is not None:
                equal(bytes(things[2][:4]), b"0123")
            if things[3] is not None:
                equal(bytes(things[3][:4]), b"89ab")
            if things[5] is not None:
                equal(things[5][10], ord("a"))


@test
def instances_in_every_order():
    """typed pool, box, part of it, and copy go in every order"""
    for order in itertools.permutations(range(4)):
        for early in range(5):
            pool = Fsmm.TypedPool(item_type=FsmmTest.Segment, chunk_bytes=1024)
            box = pool.new()
            box.start.x = 3
            things = [pool, box, box.start, box.peek()]
            raw = pool.pool
            del pool, box
            for n, index in enumerate(order):
                if n == early and things[1] is not None:
                    things[1].drop()
                if n == early and things[0] is not None:
                    things[0].free_all()
                things[index] = None
                raw.trim()
                if things[2] is not None:
                    assert released_or(lambda: things[2].x) in (3, None)
                if things[3] is not None:
                    equal(things[3].start.x, 3)
            equal((raw.n_allocated, raw.n_chunks), (0, 1 - bool(raw.trim() or True)))


@test
def handles_outlive_the_pool():
    """what lives keeps its pool, which nobody else knows any more"""
    blocks = [make_pool().acquire() for _ in range(20)]
    views = [block.view() for block in blocks]
    boxes = [make_track_pool().alloc_value(FsmmTest.Track.new("Aria", n)) for n in range(20)]
    gc.collect()
    for n in range(20):
        blocks[n][0] = views[n][1] = n
        equal((views[n][0], blocks[n][1], boxes[n].title, boxes[n].seconds), (n, n, "Aria", n))


# --- Wrong use ---

JUNK = [
    None, 0, -1, 1, 63, 64, 2**31, 2**32, 2**63, 2**64 - 1, 2**64, -(2**64), 10**30, 1.5,
    float("nan"), "", "text", b"", b"x" * 64, b"x" * 65, bytearray(8), memoryview(b"abc")[::2], [],
    [1], [1, None], (), {}, slice(None), slice(-(2**70), 2**70, 3), slice(1, 2, 0), object(), int,
    Fsmm.Pool, GLib.Bytes.new(b"abc"), FsmmTest.Track.new("Aria", 1), FsmmTest.Point(),
    GObject.Value(int, 5), lambda: 0, True, "\0", "\udc80", range(5), iter([1, 2]), Ellipsis,
    GLib.Date(), Fsmm.Error.RELEASED,
]


def public_methods(value):
    names = [name for name in dir(type(value)) if not name.startswith("_")]
    names += ["__getitem__", "__setitem__", "__iter__", "__len__", "__bytes__", "__contains__",
              "__enter__", "__exit__", "__eq__", "__getattr__", "__setattr__", "__init__",
              "__new__"]
    for name in names:
        # What GObject has for every object is not ours, and some of that never returns.
        if name in vars(type(value)) or name in vars(type(value).__base__) or name[0] == "_":
            yield name


@test
def junk_for_every_method():
    """junk in place of every argument of every method is refused"""
    chance = random.Random(1)
    n_refused = 0
    for make in (
        make_pool,
        lambda: make_pool().acquire(),
        make_track_pool,
        lambda: make_track_pool().alloc_value(FsmmTest.Track.new("Aria", 1)),
        lambda: Fsmm.TypedPool.new(FsmmTest.Segment).new().start,
    ):
        for name in public_methods(make()):
            for _ in range(40):
                value = make()
                arguments = chance.choices(JUNK, k=chance.randrange(4))
                try:
                    method = getattr(value, name)
                    if callable(method) and not (name == "reserve" and arguments[:1] == [2**31]):
                        method(*arguments)
                except Exception:
                    n_refused += 1
    assert n_refused > 1000, n_refused


@test
def junk_in_place_of_self():
    """methods are not for objects of other classes"""
    block = make_pool().acquire()
    box = make_track_pool().new()
    for cls in (Fsmm.Pool, Fsmm.Block, Fsmm.Box, Fsmm.TypedPool):
        for name in ("read", "acquire", "peek", "alloc", "release", "drop", "free_all", "is_live",
                     "get_address", "to_string", "view", "trim", "__repr__"):
            method = getattr(cls, name, None)
            for value in (None, 5, "x", object(), FsmmTest.Point(), GObject.Object(), block, box):
                if method is not None and not isinstance(value, cls):
                    raises((TypeError, AttributeError), "", method, value)
    assert block.is_live() and box.is_live()


@test
def handles_out_of_nothing():
    """a handle comes from a pool only"""
    for cls in (Fsmm.Block, Fsmm.Box):
        raises(TypeError, "", cls)
        raises(TypeError, "", cls.__new__, cls)
        raises(TypeError, "", object.__new__, cls)
        raises(TypeError, "is final", type, "Mine", (cls,), {})
    for cls in (Fsmm.Pool, Fsmm.TypedPool):
        empty = cls.__new__(cls)
        for name in ("acquire", "alloc", "free_all", "get_name", "trim"):
            if hasattr(cls, name):
                raises((TypeError, RuntimeError), "", getattr(empty, name))


@test
def made_twice():
    """calling __init__ again changes nothing"""
    pool = make_pool()
    block = pool.acquire()
    pool.__init__(alloc_size=8)
    block.__init__()
    equal((pool.alloc_size, len(block), block.is_live(), pool.n_allocated), (64, 64, True, 1))


@test
def released_twice():
    """whatever is given back twice is refused, and given back once"""
    pool = make_pool()
    one, other = pool.acquire(), pool.acquire()
    one.release()
    for _ in range(3):
        fails(Fsmm.Error.RELEASED, "released", one.release)
    next_one = pool.acquire()
    fails(Fsmm.Error.RELEASED, "released", one.release)
    assert next_one.is_live() and other.is_live()
    pool.free_all()
    fails(Fsmm.Error.RELEASED, "released", other.release)
    equal(pool.n_allocated, 0)
    with contextlib.suppress(KeyError), pool.acquire() as block:
        block.release()
        raise KeyError
    equal(pool.n_allocated, 0)


@test
def stale_blocks_touch_nothing():
    """a handle that was released reads and writes nothing of whoever has the block now"""
    pool = make_pool()
    stale = pool.acquire()
    address = stale.get_address()
    stale.release()
    blocks = [pool.acquire() for _ in range(16)]
    assert address in [block.get_address() for block in blocks]
    for use in (lambda: stale.write(0, b"x"), lambda: stale.__setitem__(slice(0, 4), b"xxxx"),
                stale.view, stale.get_bytes, stale.release):
        fails(Fsmm.Error.RELEASED, "released", use)
    assert all(bytes(block) == bytes(64) for block in blocks)


@test
def views_cannot_be_resized():
    """what a view shows can neither grow nor move"""
    block = make_pool().acquire()
    view = block.view()
    raises(ValueError, "", (ctypes.c_uint8 * 65).from_buffer, view)
    raises(ValueError, "", (ctypes.c_uint8 * 8).from_buffer, view, 60)
    raises(ValueError, "", ctypes.resize, view.obj, 128)
    raises((ValueError, TypeError), "", view.cast, "Q", [9])
    for index in (64, -65, 2**31, 2**64):
        raises(IndexError, "", lambda: view[index])


# --- Functions that run in between ---


class Meddler:
    """A number that drops a box, and gives its memory back, while it is converted."""

    def __init__(self, box, pool):
        self.box = box
        self.pool = pool

    def meddle(self, result):
        self.box.drop()
        self.pool.pool.trim()
        return result

    def __float__(self):
        return self.meddle(1.0)

    def __index__(self):
        return self.meddle(1)

    def __bool__(self):
        return self.meddle(True)

    def __len__(self):
        return self.meddle(1)


class MeddlingClass(Meddler):
    @property
    def __class__(self):
        return self.meddle(FsmmTest.Point)


@test
def values_that_meddle():
    """a value that drops the instance it is to be written to is written nowhere"""
    pool = Fsmm.TypedPool(item_type=FsmmTest.Point, chunk_bytes=1024)
    for make in (Meddler, MeddlingClass):
        box = pool.new()
        fails(Fsmm.Error.RELEASED, "released", setattr, box, "x", make(box, pool))
    shapes = Fsmm.TypedPool(item_type=FsmmTest.Shape, chunk_bytes=1024)
    for name in ("small", "large", "kind", "visible", "letter", "type"):
        box = shapes.new()
        with contextlib.suppress(TypeError, GLib.Error):
            setattr(box, name, Meddler(box, shapes))
    segments = Fsmm.TypedPool(item_type=FsmmTest.Segment, chunk_bytes=1024)
    for make in (Meddler, MeddlingClass):
        box = segments.new()
        raises(TypeError, "must be FsmmTest.Point", setattr, box, "start", make(box, segments))
        box = segments.new()
        fails(Fsmm.Error.RELEASED, "released", setattr, box.start, "x", make(box, segments))
    equal((pool.n_allocated, shapes.n_allocated, segments.n_allocated), (0, 0, 0))


class Dropper:
    """Garbage that drops all boxes when it is collected."""

    def __init__(self, boxes, pool):
        self.itself = self
        self.boxes = boxes
        self.pool = pool

    def __del__(self):
        for box in self.boxes:
            box.drop()
        self.pool.free_all()
        self.pool.pool.trim()


@test
def finalizers_that_drop():
    """a finalizer that runs while an instance is looked into drops it only afterwards"""
    pool = make_track_pool()
    track = FsmmTest.Track.new("a title that is longer than what fits elsewhere", 1)
    looks = [
        lambda box: box.title, lambda box: box.peek().title, repr, lambda box: box.to_string(),
        lambda box: setattr(box, "seconds", 5), lambda box: box.set_value(track), dir,
    ]
    n_dropped = 0
    threshold = gc.get_threshold()
    try:
        for look in looks:
            for n in range(60):
                gc.disable()
                boxes = [pool.alloc_value(track)]
                Dropper(boxes, pool)
                gc.set_threshold(n + 1)
                gc.enable()
                released_or(lambda: look(boxes[0]))
                n_dropped += not boxes[0]
                gc.collect()
                assert not boxes[0]
    finally:
        gc.enable()
        gc.set_threshold(*threshold)
    assert n_dropped > 20, n_dropped
    equal(pool.n_allocated, 0)


@test
def signals_that_drop():
    """a signal handler that runs while an instance is looked into drops it only afterwards"""
    pool = make_track_pool()
    track = FsmmTest.Track.new("Aria", 1)
    boxes = [pool.alloc_value(track)]
    n_signals_left = 2000

    def drop(*_):
        nonlocal n_signals_left
        n_signals_left -= 1
        boxes[0].drop()
        pool.free_all()
        pool.pool.trim()
        boxes[0] = pool.alloc_value(track)
        # The next one comes after this, however slow the machine is: handlers do not pile up.
        if n_signals_left > 0:
            signal.setitimer(signal.ITIMER_REAL, 1e-4)

    before = signal.signal(signal.SIGALRM, drop)
    signal.setitimer(signal.ITIMER_REAL, 1e-4)
    try:
        while n_signals_left > 0:
            assert released_or(lambda: boxes[0].title) in ("Aria", None)
            released_or(lambda: setattr(boxes[0], "seconds", 2))
            released_or(lambda: boxes[0].peek().title)
    finally:
        n_signals_left = 0
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


tap.run(tests)
