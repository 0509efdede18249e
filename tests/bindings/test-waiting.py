# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for room in a pool in threads, and in a main context, with the overrides."""

import os
import signal
import time

from bindings import Fsmm, GLib, equal, fails, raises
from gi.repository import Gio
import tap
from waiting import LONG, in_thread, is_cancelled, join, make_pool, make_tracks, until

tests = []


def test(function):
    tests.append(function)
    return function


# --- Threads ---


@test
def wait_with_room():
    """where there is room, nobody waits, in all ways of asking"""
    pool, tracks = make_pool(), make_tracks()
    for timeout in (None, -1, 0, 0.5, 10, float("inf")):
        with pool.acquire_wait(timeout) as block, tracks.acquire_wait(timeout) as track:
            block[:2] = b"hi"
            track.seconds = 5
            equal((pool.n_allocated, tracks.n_allocated), (1, 1))
    with pool.acquire_wait(timeout=1, cancellable=None), tracks.alloc_wait(1):
        pass
    equal((pool.n_allocated, tracks.n_allocated, pool.n_waiting), (0, 0, 0))
    raises(TypeError, "", pool.acquire_wait, "1")
    raises(ValueError, "NaN", pool.acquire_wait, float("nan"))


@test
def wait_in_vain():
    """a wait that takes too long is a TimeoutError with the library's words"""
    for pool in make_pool(), make_tracks():
        handle = pool.acquire_wait()
        for timeout in (0, 0.0001, 0.05):
            start = time.monotonic()
            error = raises(TimeoutError, f"within {timeout:g} s", pool.acquire_wait, timeout)
            assert error.matches(Fsmm.Error.quark(), Fsmm.Error.TIMED_OUT)
            equal(type(error), Fsmm.TimedOutError)
            assert time.monotonic() - start >= timeout
        equal(pool.n_waiting, 0)
        handle.__exit__()
        pool.acquire_wait(0).__exit__()


@test
def wait_for_another_thread():
    """a thread that waits gets what another one releases"""
    for pool in make_pool(), make_tracks():
        for wait in (lambda: pool.acquire_wait(LONG), pool.acquire_wait):
            handle = pool.acquire_wait()
            other = in_thread(lambda: (until(lambda: pool.n_waiting), handle.__exit__()))
            wait().__exit__()
            join(other)

        handle, got = pool.acquire_wait(), []
        other = in_thread(lambda: got.append(pool.acquire_wait(LONG)))
        until(lambda: pool.n_waiting)
        handle.__exit__()
        join(other)
        equal((pool.n_allocated, bool(got.pop())), (1, True))


@test
def wait_cancelled():
    """a wait can be cancelled, in every thread, also before it begins"""
    for pool in make_pool(), make_tracks():
        handle, errors = pool.acquire_wait(), []

        def wait():
            try:
                pool.acquire_wait(LONG, cancellable)
            except GLib.Error as error:
                errors.append(error)

        cancellable = Gio.Cancellable()
        cancel = in_thread(lambda: (until(lambda: pool.n_waiting), cancellable.cancel()))
        wait()
        join(cancel)
        wait()

        cancellable = Gio.Cancellable()
        waiting = in_thread(wait)
        until(lambda: pool.n_waiting)
        cancellable.cancel()
        join(waiting)
        equal([is_cancelled(error) for error in errors], [True] * 3)
        equal((pool.n_waiting, pool.n_allocated), (0, 1))
        assert handle


@test
def flushing():
    """nobody waits in a pool that is flushing, and whoever does is told"""
    for pool in make_pool(), make_tracks():
        equal((pool.flushing, pool.props.flushing), (False, False))
        handle = pool.acquire_wait()
        other = in_thread(lambda: (until(lambda: pool.n_waiting), pool.set_flushing(True)))
        raises(Fsmm.ClosedError, "flushing", pool.acquire_wait)
        join(other)
        assert pool.flushing
        handle.__exit__()
        fails(Fsmm.Error.CLOSED, "flushing", pool.acquire_wait)
        pool.flushing = False
        pool.acquire_wait().__exit__()


@test
def limit_that_is_set():
    """the limit can be set, which serves those that wait"""
    for pool in make_pool(), make_tracks():
        handles = [pool.acquire_wait()]
        other = in_thread(lambda: handles.append(pool.acquire_wait()))
        until(lambda: pool.n_waiting)
        pool.max_blocks = 2
        join(other)
        equal((pool.max_blocks, pool.get_max_blocks(), pool.props.max_blocks), (2, 2, 2))
        pool.set_max_blocks(1)
        raises(ValueError, "max_blocks is -1", setattr, pool, "max_blocks", -1)
        raises(TimeoutError, "2 are live of at most 1", pool.acquire_wait, 0)
        equal(len(handles), 2)


@test
def wait_interrupted():
    """Ctrl-C ends a wait in the main thread, which loses nothing"""
    pool = make_pool()
    handle = pool.acquire()

    def interrupt():
        until(lambda: pool.n_waiting)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    other = in_thread(interrupt)
    try:
        pool.acquire_wait()
    except KeyboardInterrupt as error:
        until(lambda: pool.n_waiting == 0)
        handle.release()
        # The error has the frame in which the block would have been.
        equal((pool.n_allocated, type(error)), (0, KeyboardInterrupt))
    else:
        raise AssertionError("not interrupted")
    join(other)


@test
def wait_through_signals():
    """a signal that raises nothing leaves a wait where it is"""
    pool, seen = make_pool(), []
    handle = pool.acquire()
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.append(pool.n_waiting))

    def disturb():
        until(lambda: pool.n_waiting)
        for n in range(3):
            time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGUSR1)
            until(lambda: len(seen) > n)
        handle.release()

    other = in_thread(disturb)
    pool.acquire_wait(LONG).release()
    join(other)
    signal.signal(signal.SIGUSR1, before)
    equal(seen, [1] * 3)


# --- GIO's own way ---


@test
def callback():
    """with a callback, acquire_async () is GIO's function"""
    for pool, finish in (
        (pool := make_pool(), pool.acquire_finish),
        (tracks := make_tracks(), tracks.alloc_finish),
    ):
        context, results = GLib.MainContext(), []

        def ready(source, result, *data):
            equal(source, pool)
            results.append((finish(result), *data))

        context.push_thread_default()
        try:
            for data in ((1,), (2, 3)):
                returned = pool.acquire_async(GLib.PRIORITY_DEFAULT, None, ready, *data)
                equal(returned, None)
            while len(results) < 1:
                context.iteration(True)
            equal(results[0][1:], (1,))
            results[0][0].__exit__()
            while len(results) < 2:
                context.iteration(True)
            equal(results[1][1:], (2, 3))

            pool.flushing = True
            pool.acquire_async(0, None, lambda _, result: results.append(result))
            while len(results) < 3:
                context.iteration(True)
            raises(Fsmm.ClosedError, "flushing", finish, results[2])
        finally:
            context.pop_thread_default()


@test
def callback_cancelled_too_late():
    """a block is not kept by the result of a call that is cancelled when it has been answered"""
    for pool, finish in (
        (pool := make_pool(), pool.acquire_finish),
        (tracks := make_tracks(), tracks.alloc_finish),
    ):
        context, cancellable, results = GLib.MainContext(), Gio.Cancellable(), []
        context.push_thread_default()
        handle = pool.acquire_wait()
        pool.acquire_async(0, cancellable, lambda _, result: results.append(result))
        handle.__exit__()
        context.iteration(True)  # it is answered, and the callback comes next
        cancellable.cancel()
        while not results:
            context.iteration(True)
        context.pop_thread_default()
        finish(results[0]).__exit__()
        equal(pool.n_allocated, 0)


tap.run(tests)
