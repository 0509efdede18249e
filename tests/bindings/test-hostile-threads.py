# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever threads of Python programs do to handles at the same moment is an exception at worst."""

import contextlib
import gc
import random
import sys
import threading
import time

from bindings import FsmmTest, GLib, equal, make_pool, make_track_pool, released_or
import tap

tests = []


def test(function):
    tests.append(function)
    return function


def run_threads(*functions, seconds=0.5):
    """Runs functions again and again, each in a thread of its own. None may raise."""
    errors = []
    end = time.monotonic() + seconds

    def repeat(function):
        try:
            while time.monotonic() < end and not errors:
                function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=repeat, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread hangs"
    assert not errors, errors


@contextlib.contextmanager
def switching_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@test
def threads_that_release_the_same_block():
    """of many threads that release a block, exactly one does"""
    pool = make_pool()
    with switching_often():
        for _ in range(200):
            block = pool.acquire()
            start = threading.Barrier(4)
            released = []

            def release():
                start.wait()
                with contextlib.suppress(GLib.Error):
                    released.append(block.release())

            threads = [threading.Thread(target=release) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            equal((released, pool.n_allocated), ([True], 0))


@test
def threads_that_share_blocks():
    """threads read, write and view blocks that others release and drop"""
    pool = make_pool()
    blocks = [pool.acquire() for _ in range(8)]

    def use():
        block = random.choice(blocks)
        released_or(lambda: block.write(0, b"x" * 64))
        content = released_or(lambda: bytes(block))
        assert content in (None, bytes(64), b"x" * 64), content
        view = released_or(block.view)
        if view is not None:
            view[63] = ord("x")
            equal(len(bytes(view)), 64)

    def release():
        index = random.randrange(8)
        released_or(blocks[index].release)
        blocks[index] = pool.acquire()
        if index == 0:
            pool.free_all()
        pool.trim()

    with switching_often():
        run_threads(use, use, release, release)
    del blocks[:]
    equal(pool.n_allocated, 0)


@test
def threads_that_share_instances():
    """threads look into instances that others set, drop and free"""
    pool = make_track_pool()
    tracks = [FsmmTest.Track.new("a title of some length" * n, n) for n in range(1, 5)]
    titles = {track.title for track in tracks} | {None}
    boxes = [pool.alloc_value(tracks[0]) for _ in range(4)]

    def look():
        box = random.choice(boxes)
        assert released_or(lambda: box.title) in titles
        copied = released_or(box.peek)
        assert copied is None or copied.title in titles
        released_or(lambda: setattr(box, "seconds", 7))
        released_or(lambda: repr(box))

    def change():
        index = random.randrange(4)
        released_or(lambda: boxes[index].set_value(random.choice(tracks)))
        if random.random() < 0.3:
            boxes[index].drop()
            # Everything may be dropped while this is being made.
            box = released_or(lambda: pool.alloc_value(random.choice(tracks)))
            boxes[index] = box if box is not None else boxes[index]
        if random.random() < 0.1:
            pool.free_all()
        pool.pool.trim()

    with switching_often():
        run_threads(look, look, change, change)
    del boxes[:]
    equal(pool.n_allocated, 0)


@test
def threads_that_collect():
    """handles are collected in threads that have not made them"""
    pool = make_pool()
    typed_pool = make_track_pool()

    def make_garbage():
        for _ in range(50):
            cycle = [pool.acquire(), typed_pool.new()]
            cycle.append(cycle)

    with switching_often():
        run_threads(make_garbage, make_garbage, gc.collect)
    gc.collect()
    equal((pool.n_allocated, typed_pool.n_allocated), (0, 0))


tap.run(tests)
