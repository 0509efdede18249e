# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for an object of a pool in threads, and in a main context, with the overrides."""

import os
import signal
import threading
import time

from bindings import Fsmm, GLib, equal, raises
from gi.repository import Gio
import tap
from objects import Item, counts
from waiting import LONG, in_thread, is_cancelled, join, until

tests = []


def test(function):
    tests.append(function)
    return function


@test
def wait_in_vain():
    """a wait that takes too long is a TimeoutError with the library's words"""
    pool = Fsmm.ObjectPool(item_type=Item, name="items", max_objects=1)
    lease = pool.borrow_wait()
    for timeout in (0, 0.0001, 0.05):
        start = time.monotonic()
        error = raises(TimeoutError, f"within {timeout:g} s: 1 lent", pool.borrow_wait, timeout)
        equal(type(error), Fsmm.TimedOutError)
        assert time.monotonic() - start >= timeout
    raises(ValueError, "NaN", pool.borrow_wait, float("nan"))
    lease.release()
    for timeout in (None, -1, 0, 0.5, 10, float("inf")):
        with pool.borrow_wait(timeout):
            equal(pool.n_lent, 1)


@test
def wait_for_another_thread():
    """who waits gets what another thread releases, or drops, or another one for what it discards"""
    pool = Fsmm.ObjectPool.new(Item, 1)
    for end in "release", "discard", "steal", "drop":
        for wait in (lambda: pool.borrow_wait(LONG), pool.borrow_wait):
            leases = [pool.borrow()]

            def end_it(leases=leases, end=end):
                until(lambda: pool.n_waiting)
                lease = leases.pop()
                if end != "drop":
                    getattr(lease, end)()

            other = in_thread(end_it)
            with wait():
                equal(pool.n_lent, 1)
            join(other)
    equal((pool.n_created, pool.n_discarded), (5, 2))


@test
def wait_in_main_thread():
    """functions are called in the thread that waits, and not where the library does that for it"""
    pool, threads = Fsmm.ObjectPool.new(Item, 1), []
    note = lambda *_: threads.append(threading.current_thread())  # noqa: E731

    def create(pool):
        note()
        return Item()

    pool.set_create_func(create)
    pool.set_validate_func(lambda *_: note() or len(threads) != 2)
    leases = [pool.borrow()]
    threads.clear()
    for end in Fsmm.Lease.discard, Fsmm.Lease.release, Fsmm.Lease.release:
        other = in_thread(lambda: (until(lambda: pool.n_waiting), end(leases.pop())))  # noqa: B023
        leases.append(pool.borrow_wait(LONG))
        join(other)
    equal(threads, [threading.main_thread()] * 4)  # made, found bad, made again, found good


@test
def wait_cancelled():
    """a wait can be cancelled, in every thread"""
    pool, errors = Fsmm.ObjectPool.new(Item, 1), []
    lease = pool.borrow()

    def wait(cancellable):
        try:
            pool.borrow_wait(LONG, cancellable)
        except GLib.Error as error:
            errors.append(error)

    for run in (lambda *call: call[0](*call[1:])), (lambda *call: join(in_thread(*call))):
        cancellable = Gio.Cancellable()
        other = in_thread(lambda: (until(lambda: pool.n_waiting), cancellable.cancel()))  # noqa: B023
        run(wait, cancellable)
        join(other)
    equal([is_cancelled(error) for error in errors], [True] * 2)
    lease.release()
    equal(counts(pool), (0, 1, 0))


@test
def wait_interrupted():
    """Ctrl-C ends a wait in the main thread, also while an object is made, and loses nothing"""
    pool = Fsmm.ObjectPool.new(Item, 1)
    lease = pool.borrow()

    def interrupt():
        until(lambda: pool.n_waiting)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    other = in_thread(interrupt)
    raises(KeyboardInterrupt, "", pool.borrow_wait)
    join(other)
    lease.release()
    until(lambda: counts(pool) == (0, 1, 0))

    def create(pool):
        os.kill(os.getpid(), signal.SIGINT)
        return Item()

    pool.trim()
    pool.set_create_func(create)
    raises(KeyboardInterrupt, "", pool.borrow_wait)
    until(lambda: counts(pool) == (0, 0, 0))


@test
def closing():
    """nobody waits in a pool that is closed, and whoever does is told"""
    pool = Fsmm.ObjectPool.new(Item, 1)
    lease = pool.borrow()
    other = in_thread(lambda: (until(lambda: pool.n_waiting), pool.close()))
    raises(Fsmm.ClosedError, "closed", pool.borrow_wait)
    join(other)
    raises(Fsmm.ClosedError, "closed", pool.borrow)
    assert lease.object
    lease.release()
    equal((counts(pool), pool.n_discarded), ((0, 0, 0), 1))


@test
def callback():
    """with a callback, borrow_async () is GIO's function"""
    pool, context, results = Fsmm.ObjectPool.new(Item, 1), GLib.MainContext(), []

    def ready(source, result, *data):
        equal(source, pool)
        results.append((pool.borrow_finish(result), *data))

    context.push_thread_default()
    for data in ((1,), (2, 3)):
        equal(pool.borrow_async(GLib.PRIORITY_DEFAULT, None, ready, *data), None)
    while not results:
        context.iteration(True)
    equal(results[0][1:], (1,))
    results[0][0].release()
    while len(results) < 2:
        context.iteration(True)
    equal(results[1][1:], (2, 3))
    context.pop_thread_default()


tap.run(tests)
