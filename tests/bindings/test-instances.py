# SPDX-License-Identifier: LGPL-2.1-or-later
"""Typed pools, and instances in boxes, as Python programs see them, with the overrides."""

import contextlib

from bindings import Fsmm, FsmmTest, GLib, equal, fails, raises
from gi.overrides.Fsmm._shared import take_many
from gi.repository import GObject
import tap

tests = []


def test(function):
    tests.append(function)
    return function


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
        (FsmmTest.Pen, "see that its library is found"),
        (GObject.TYPE_INVALID, "is not a boxed type"),
        (GObject.Object, "GObject is not a boxed type"),
        # That is no type at all to PyGObject 3.58.
        (FsmmTest.Kind, "is not a "),
        (None, "is not a boxed type"),
        ("NoSuchType", "'NoSuchType' is not a type that is known"),
        ("\udc80", "'\\udc80' is not a type that is known"),
        (5, "5 is not a type that is known"),
        ([], "[] is not a type that is known"),
    ):
        raises(TypeError, words, Fsmm.TypedPool.new, item_type)
        fails(Fsmm.Error.UNSUPPORTED_TYPE, words, Fsmm.TypedPool, item_type=item_type)
    equal(Fsmm.TypedPool.get_default(FsmmTest.Text), None)
    equal(Fsmm.TypedPool.get_default(int), None)
    raises(TypeError, "is not a type", Fsmm.TypedPool.get_default, "NoSuchType")


@test
def pools_are_used_in_one_way():
    """a pool of instances has what a pool of blocks has, by the same names"""
    for pool in (Fsmm.Pool(alloc_size=16), Fsmm.TypedPool.new(FsmmTest.Point)):
        with pool.acquire() as handle:
            equal((bool(handle), pool.n_allocated), (True, 1))
        equal((bool(handle), pool.n_allocated), (False, 0))
        handles = pool.acquire_many(3)
        equal((len(handles), pool.n_allocated, all(handles)), (3, 3, True))
        equal(pool.acquire_many(0), [])
        del handles
        equal(pool.n_allocated, 0)


@test
def older_names():
    """what older programs call acquire () and acquire_copy () does the same"""
    pool = Fsmm.TypedPool.new(FsmmTest.Point)
    with pool.acquire(x=1, y=2) as point, pool.new(x=1, y=2) as other, pool.alloc() as empty:
        equal((dict(point), dict(empty)), (dict(other), {"x": 0, "y": 0}))
        value = point.peek()
        with pool.acquire_copy(value) as copy, pool.alloc_value(value) as another:
            equal((dict(copy), dict(another)), (dict(point), dict(point)))
    raises(TypeError, 'no field "z"', pool.acquire, z=1)
    raises(ValueError, "", pool.acquire_copy, FsmmTest.Segment())


@test
def many_or_none():
    """acquire_many () gives all that were asked for, or an error and nothing"""
    for pool, words in (
        (Fsmm.Pool(alloc_size=16, max_blocks=3), "n_blocks"),
        (Fsmm.TypedPool(item_type=FsmmTest.Point, max_blocks=3), "n_instances"),
    ):
        with pool.acquire():
            error = raises(Fsmm.ExhaustedError, "max-blocks is 3", pool.acquire_many, 3)
            equal(pool.n_allocated, 1)
            equal(len(pool.acquire_many(2)), 2)
        del error
        raises(ValueError, f"{words} is -1", pool.acquire_many, -1)
        raises(TypeError, "", pool.acquire_many, 1.5)
        equal(pool.n_allocated, 0)


@test
def many_with_another_thread():
    """what acquire_many () has taken goes back if another thread takes what it still needs"""
    for pool in (
        Fsmm.Pool(alloc_size=16, max_blocks=3),
        Fsmm.TypedPool(item_type=FsmmTest.Point, max_blocks=3),
    ):
        taken = []

        def take_another():
            taken.append(pool.acquire())
            return pool.acquire()

        # As if it came between, once room had been found elsewhere.
        error = raises(Fsmm.ExhaustedError, "", take_many, Fsmm.Pool(alloc_size=1), 2, take_another)
        equal((pool.n_allocated, len(taken)), (2, 2))
        del error


@test
def value_of_a_box():
    """the value of a box has the fields of the instance, and can be set as a whole"""
    pool = Fsmm.TypedPool.new(FsmmTest.Segment)
    box = pool.acquire()
    box.value.start.x = 1
    box.value.end = box.value.start
    equal((box.start.x, box.end.x, box.value.end.x), (1, 1, 1))
    assert box.value == box.value and box.value != pool.acquire().value
    equal(repr(box.value.start), repr(box.start))
    raises(AttributeError, 'no field "drop"', getattr, box.value, "drop")
    raises(AttributeError, "no field", setattr, box.value, "drop", 1)
    box.value = FsmmTest.Segment()
    equal(box.start.x, 0)
    raises(ValueError, "", setattr, box, "value", FsmmTest.Point())
    value = box.value
    box.drop()
    fails(Fsmm.Error.RELEASED, "released", lambda: value.start)
    fails(Fsmm.Error.RELEASED, "released", lambda: box.value.start)
    equal(repr(value), "<part of an Fsmm.Box, FsmmTest.Segment: released>")


@test
def value_that_is_a_field():
    """a field comes before what a box calls its value"""
    with Fsmm.TypedPool.new(FsmmTest.Reading).acquire(value=3) as reading:
        equal((reading.value, reading["value"]), (3, 3))
        reading.value = 4
        equal(dict(reading), {"value": 4, "unit": 0})


@test
def classes_name_what_they_hold():
    """annotations name the type of the instances, and mean nothing at run time"""
    pool: Fsmm.TypedPool[FsmmTest.Point] = Fsmm.TypedPool[FsmmTest.Point](item_type=FsmmTest.Point)
    equal(type(pool), Fsmm.TypedPool)
    box: "Fsmm.Box[FsmmTest.Point]" = pool.acquire()
    equal(Fsmm.Box[FsmmTest.Point].__origin__, type(box))
    equal(Fsmm.TypedPool[FsmmTest.Point].__args__, (FsmmTest.Point,))
    raises(TypeError, "is not subscriptable", lambda: Fsmm.Pool[FsmmTest.Point])


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


class Row(GObject.Object):
    """What a list model may have: its instance is in a pool of the program's own."""

    box = GObject.Property(type=Fsmm.Box)

    @GObject.Signal(arg_types=(Fsmm.Box,))
    def shown(self, box):
        """Emitted with a box."""


@test
def boxes_in_properties_and_signals():
    """a property and a signal of boxes copy no instance"""
    pool = Fsmm.TypedPool(item_type=FsmmTest.Point, name="rows")
    common = Fsmm.TypedPool.get_default(FsmmTest.Point)
    box, seen = pool.new(x=1), []
    row, other = Row(box=box), Row()
    row.bind_property("box", other, "box", GObject.BindingFlags.SYNC_CREATE)
    other.box.x += 4
    equal((box.x, row.box.x, pool.n_allocated, common.n_allocated), (5, 5, 1, 0))
    assert row.box == box and row.box != pool.new()

    row.connect("shown", lambda _, shown: seen.append((shown.x, shown.get_pool().name)))
    row.emit("shown", box)
    equal(seen, [(5, "rows")])
    pool.free_all()
    equal((bool(row.box), bool(other.box)), (False, False))
    equal(box.get_pool(), pool)


@test
def pool_of_a_box():
    """a box gives out its pool, also when nobody else has that any more"""
    box = Fsmm.TypedPool(item_type=FsmmTest.Point, name="kept").new()
    pool = box.get_pool()
    equal((type(pool), pool.name, pool.n_allocated), (Fsmm.TypedPool, "kept", 1))
    del box
    equal(pool.n_allocated, 0)


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


tap.run(tests)
