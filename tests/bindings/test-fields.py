# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fields of what is in a box: what they take, and how all of them are had at once."""

import decimal
import fractions
import json

from bindings import Fsmm, FsmmTest, GLib, equal, fails, raises
import tap


def make(cls, **fields):
    return Fsmm.TypedPool.new(cls).new(**fields)


def check_refused(kind, words, box, name, *values):
    before = box[name]
    for value in values:
        error = raises(kind, words, setattr, box, name, value)
        assert f'field "{name}"' in str(error) and len(str(error)) < 400, error
        equal(box[name], before)


# --- Values ---


def test_integers():
    """an integer is an integer that there is room for"""
    shape = make(FsmmTest.Shape)
    for name, least, most in (
        ("small", -128, 127), ("large", 0, 2**64 - 1), ("copy", -(2**31), 2**31 - 1)
    ):
        words = f"must be an integer from {least} to {most}, not "
        for good in (least, most, True, 1):
            shape[name] = good
            equal(shape[name], good)
        for value in (least - 1, most + 1, 10**30, -(10**5000)):
            error = raises(OverflowError, words, shape.__setitem__, name, value)
            assert f'field "{name}" (gu' in str(error) or f'field "{name}" (gi' in str(error)
        for value in ("a", "7", None, 1.0, float("nan"), [5], {}, b"x", 1j, decimal.Decimal(1)):
            raises(TypeError, words, shape.__setitem__, name, value)
        equal(shape[name], 1)
    raises(TypeError, "(gint8) must be an integer from -128 to 127, not 'a'",
           setattr, shape, "small", "a")


def test_real_numbers():
    """a real number may be any number"""
    point, segment = make(FsmmTest.Point), make(FsmmTest.Segment)
    for good in (1.5, float("inf"), -0.0, 7, True, fractions.Fraction(1, 2), decimal.Decimal(2)):
        point.x = good
        equal(point.x, float(good))
    point.x = float("nan")
    assert point.x != point.x
    point.x = 1
    check_refused(TypeError, "(gdouble) must be a number, not ", point, "x",
                  "a", "1.5", None, [], {}, b"1", 1j, object())
    check_refused(OverflowError, "(gdouble)", point, "x", 10**400)
    check_refused(OverflowError, "(gfloat)", segment.pen, "width", 1e300)


def test_other_values():
    """booleans, characters, types and enumerations take what they are"""
    shape = make(FsmmTest.Shape, visible=True, letter="ß", type=GLib.Date)
    for value, expected in ((False, False), (1, True), (0, False), (True, True)):
        shape.visible = value
        equal(shape.visible, expected)
    check_refused(TypeError, "(gboolean) must be true or false, not ", shape, "visible",
                  "false", "", None, [], [0], {}, b"", 0.0, float("nan"), object())
    check_refused(TypeError, "(gunichar) must be a string of one character", shape, "letter",
                  "", "ab", 5, None, b"x", ["x"])
    check_refused(ValueError, "(gunichar)", shape, "letter", "\udc80")
    check_refused(TypeError, "(GType) must be a class", shape, "type", 5, "NoSuchType", [])
    check_refused(TypeError, "(FsmmTest.Kind) must be an integer", shape, "kind",
                  "SQUARE", None, 1.0)
    check_refused(ValueError, "(FsmmTest.Kind) must be one of 0, 1, not ", shape, "kind", 2, -1,
                  2**40)
    shape.kind = 1
    equal(shape.kind, FsmmTest.Kind.SQUARE)


def test_structs():
    """a struct takes one of its type only, and what is in it is looked at as well"""
    segment = make(FsmmTest.Segment)
    for value in (None, 5, (1, 2), {"x": 1}, segment.pen, "x" * 1000):
        error = raises(TypeError, 'field "start" must be FsmmTest.Point, not ',
                       setattr, segment, "start", value)
        assert len(str(error)) < 200, error
    raises(TypeError, 'field "x" (gdouble)', setattr, segment.start, "x", "a")


def test_new():
    """a pool makes no instance of values that do not fit"""
    pool = Fsmm.TypedPool.new(FsmmTest.Shape)
    raises(TypeError, 'field "small" (gint8)', pool.new, visible=True, small="a")
    raises(OverflowError, 'field "small" (gint8)', pool.new, small=128)
    raises(TypeError, "did you mean visible? It has kind, visible", pool.new, visibel=True)
    equal(pool.n_allocated, 0)


# --- All fields ---


def test_in():
    """“in” tells which fields can be read"""
    segment, track = make(FsmmTest.Segment), make(FsmmTest.Track)
    equal(["start" in segment, "x" in segment, "x" in segment.start, "title" in track],
          [True, False, True, True])
    assert "drop" in make(FsmmTest.Shape) and "drop" not in segment
    assert "cells" not in make(FsmmTest.Matrix) and 0 not in segment and None not in segment


def test_dict():
    """dict() copies all fields, and those of structs"""
    segment = make(FsmmTest.Segment)
    segment.start.x = 1
    expected = {"start": {"x": 1, "y": 0}, "end": {"x": 0, "y": 0}, "pen": {"width": 0, "grey": 0}}
    copied = dict(segment)
    equal((copied, dict(segment.start), dict(make(FsmmTest.Matrix, rank=2))),
          (expected, {"x": 1, "y": 0}, {"rank": 2}))
    segment.start.x = 2
    equal((copied, dict(segment) == copied), (expected, False))
    equal([name for name, value in make(FsmmTest.Shape, drop=5) if value == 5], ["drop"])
    track = Fsmm.TypedPool.new(FsmmTest.Track).alloc_value(FsmmTest.Track.new("Aria", 180))
    equal(dict(track), {"title": "Aria", "seconds": 180})
    segment.drop()
    fails(Fsmm.Error.RELEASED, "released", dict, segment)
    raises(AttributeError, "cannot use the fields", dict, Fsmm.TypedPool.new(GLib.Date).new())


def test_json():
    """a box is written as JSON by way of dict()"""
    points = [make(FsmmTest.Point, x=1), make(FsmmTest.Segment).start]
    equal(json.loads(json.dumps(points, default=dict)), [{"x": 1, "y": 0}, {"x": 0, "y": 0}])


tap.run([
    test_integers, test_real_numbers, test_other_values, test_structs, test_new, test_in,
    test_dict, test_json,
])
