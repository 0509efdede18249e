# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hundred thousand handles, views and instances leave nothing behind."""

import gc
import os
import pathlib

from bindings import Fsmm, FsmmTest, GLib, equal
import tap

N_CALLS = 100_000
# For what Python itself keeps: lists of free objects, say. One leak of 16 bytes comes to 1.6 MB.
MAX_GROWTH = 512 * 1024

pool = Fsmm.Pool(alloc_size=64)
points = Fsmm.TypedPool.new(FsmmTest.Segment)
tracks = Fsmm.TypedPool.new(FsmmTest.Track)
track = FsmmTest.Track.new("Aria", 1)
one_box = tracks.alloc_value(track)
tests = []


def resident_bytes():
    n_pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return int(n_pages) * os.sysconf("SC_PAGE_SIZE")


def test(what, n_calls=N_CALLS):
    """Makes a function a test that it leaves nothing behind."""

    def decorate(function):
        def run():
            for _ in range(n_calls // 5):
                function()
            gc.collect()
            before = resident_bytes()
            for _ in range(n_calls):
                function()
            gc.collect()
            grown = resident_bytes() - before
            assert grown < MAX_GROWTH, f"grown by {grown} bytes in {n_calls} calls"
            equal((pool.n_allocated, points.n_allocated, tracks.n_allocated), (0, 0, 1))
            equal(Fsmm.TypedPool.get_default(FsmmTest.Track).n_allocated, 1)

        run.__doc__ = f"{n_calls} times: {what}"
        tests.append(run)
        return function

    return decorate


@test("a block is acquired and forgotten")
def acquire_and_forget():
    pool.acquire()


@test("a block is acquired and released")
def acquire_and_release():
    pool.acquire().release()


@test("a block is used in with")
def acquire_in_with():
    with pool.acquire() as block:
        block[0] = 1


@test("a block is read, written and viewed", 30_000)
def use_block():
    with pool.acquire() as block:
        block[:4] = b"abcd"
        block[::8] = b"abcdefgh"
        bytes(block)
        view = block.view()
        view[1:3]
        block.write_bytes(0, block.get_bytes())
        repr(block)


@test("a mistake is made", 30_000)
def make_mistakes():
    block = pool.acquire()
    for use in (lambda: block[64], lambda: block.read(0, 65), lambda: block.write(0, "x"),
                block.release, block.release, block.view):
        try:
            use()
        except (GLib.Error, TypeError):
            pass


@test("an instance is made and forgotten")
def new_and_forget():
    points.new()


@test("an instance is made with fields and dropped")
def new_and_drop():
    with points.new(pen=FsmmTest.Pen()) as segment:
        segment.start.x = 1


@test("an instance that owns a string is copied and read")
def copy_tracks():
    box = tracks.alloc_value(track)
    box.title
    box.peek()


@test("an instance that owns a string is set", 30_000)
def set_tracks():
    one_box.set_value(track)
    one_box.seconds = 5
    repr(one_box)


@test("an instance cannot be made", 30_000)
def fail_to_make():
    try:
        points.new(nothing=1)
    except TypeError:
        pass


@test("pools are made and forgotten", 2_000)
def make_pools():
    Fsmm.Pool(alloc_size=64, name="short-lived").acquire()
    Fsmm.TypedPool.new(FsmmTest.Point).new(x=1)
    try:
        Fsmm.Pool(alloc_size=0)
    except ValueError:
        pass


tap.run(tests)
