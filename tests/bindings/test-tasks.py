# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for room in a pool in tasks of asyncio, with the overrides."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time

from bindings import Fsmm, GLib, equal, raises
from gi.repository import Gio
import tap
from waiting import LONG, in_thread, is_cancelled, join, make_pool, make_tracks, until

tests = []


def test(function):
    tests.append(function)
    return function


def async_test(function):
    """Makes a test of a coroutine function, which must not take long."""

    def testing():
        asyncio.run(asyncio.wait_for(function(), LONG))

    testing.__doc__ = function.__doc__
    return test(testing)


async def until_async(condition):
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end, "it has not come to that"
        await asyncio.sleep(0.001)


async def take(pool):
    return await pool.acquire_async()


@async_test
async def task_with_room():
    """a task that need not wait does not, and needs nothing of GLib's"""
    pool, tracks = make_pool(), make_tracks()
    n_threads = threading.active_count()
    async with pool.acquire_async() as block, tracks.acquire_async() as track:
        block[:2], track.seconds = b"hi", 5
        equal((pool.n_allocated, tracks.n_allocated), (1, 1))
    (await pool.acquire_async(io_priority=5, cancellable=Gio.Cancellable())).release()
    (await tracks.alloc_async()).drop()
    (await asyncio.wait_for(pool.acquire_async(), LONG)).release()
    (await asyncio.create_task(pool.acquire_async())).release()
    with await pool.acquire_async():
        pass
    equal((pool.n_allocated, tracks.n_allocated), (0, 0))
    equal(threading.active_count(), n_threads)


@async_test
async def task_asks_when_it_awaits():
    """what is not awaited takes nothing, and what has been awaited cannot be again"""
    pool = make_pool()
    pool.acquire_async()
    asked = pool.acquire_async()
    equal(pool.n_allocated, 0)
    with await asked:
        try:
            await asked
        except RuntimeError as error:
            assert "awaited already" in str(error)
        else:
            raise AssertionError("awaited twice")
    raises(RuntimeError, "no running event loop", in_thread_without_loop, pool)
    raises(TypeError, "a Gio.Cancellable", pool.acquire_async, cancellable=5)
    raises(TypeError, "str", pool.acquire_async, io_priority="high")
    raises(OverflowError, "32 bits", pool.acquire_async, 2**31)


def in_thread_without_loop(pool):
    errors = []

    def step():
        try:
            pool.acquire_async().send(None)
        except RuntimeError as error:
            errors.append(error)

    join(in_thread(step))
    raise errors[0]


@async_test
async def tasks_take_turns():
    """tasks take turns, by all ways to give back, and none starves"""
    for pool in make_pool(3), make_tracks(3):
        turns, others = [0] * 6, []

        async def work(n):
            for _ in range(400):
                async with pool.acquire_async():
                    assert pool.n_allocated <= 3
                    turns[n] += 1
                    await asyncio.sleep(0)
                handle = await pool.acquire_async()
                await asyncio.sleep(0)
                handle.__exit__()
            others.append(min(turns))

        await asyncio.gather(*map(work, range(6)))
        equal((turns, pool.n_allocated, pool.n_waiting), ([400] * 6, 0, 0))
        assert others[0] > 20, f"when the first one was done, one had had {others[0]} turns of 400"


@async_test
async def tasks_of_a_loop_are_served_by_it():
    """what a task releases goes to another one of its loop at once"""
    for pool in make_pool(), make_tracks():
        delays = []
        for _ in range(50):
            handle = await pool.acquire_async()
            waiting = asyncio.ensure_future(pool.acquire_async())
            await asyncio.sleep(0)
            start = time.monotonic()
            handle.__exit__()
            handle = await waiting
            delays.append(time.monotonic() - start)
            handle.__exit__()
        assert min(delays) < 0.0005, delays


@async_test
async def released_while_another_is_handed_on():
    """a finalizer may release a block at any moment, also while another one is handed on"""

    class Keeper:
        def __init__(self, block):
            self.block, self.itself = block, self

        def __del__(self):
            self.block.release()

    pool = make_pool(3)
    for _ in range(100):
        first, *others = [await pool.acquire_async() for _ in range(3)]
        waiting = [asyncio.ensure_future(pool.acquire_async()) for _ in range(3)]
        await asyncio.sleep(0)
        for block in others:
            Keeper(block)
        gc.set_threshold(1)
        first.release()
        await asyncio.sleep(0)
        gc.set_threshold(700)
        del others, block
        gc.collect()
        for task in waiting:
            (await task).release()
        equal(pool.n_allocated, 0)


@async_test
async def task_waits_for_a_thread():
    """a task gets what is released by another thread, without a delay"""
    for pool in make_pool(), make_tracks():
        handle = await pool.acquire_async()
        delays = []

        def release(handle):
            until(lambda: pool.n_waiting)
            delays.append(-time.monotonic())
            handle.__exit__()

        for _ in range(5):
            other = in_thread(release, handle)
            handle = await pool.acquire_async()
            delays[-1] += time.monotonic()
            join(other)
        assert min(delays) < 0.02, delays
        handle.__exit__()


@async_test
async def task_waits_for_the_collector():
    """a handle that nobody has any more serves those that wait"""
    for pool in make_pool(), make_tracks():
        handle = await pool.acquire_async()
        waiting = asyncio.ensure_future(pool.acquire_async())
        await until_async(lambda: pool.n_waiting)
        del handle
        handle = await waiting

        cycle = [handle]
        cycle.append(cycle)
        waiting = asyncio.ensure_future(pool.acquire_async())
        del handle, cycle
        await until_async(lambda: pool.n_waiting)
        gc.collect()
        assert await waiting


@async_test
async def tasks_served_by_other_means():
    """free_all () and a raised limit serve tasks that wait"""
    pool = make_pool()
    blocks = [await pool.acquire_async()]
    waiting = asyncio.ensure_future(pool.acquire_async())
    await asyncio.sleep(0)
    pool.free_all()
    blocks.append(await waiting)
    waiting = asyncio.ensure_future(pool.acquire_async())
    await until_async(lambda: pool.n_waiting)
    pool.max_blocks = 2
    blocks.append(await waiting)
    equal([bool(block) for block in blocks], [False, True, True])


@async_test
async def flushing_ends_tasks():
    """flushing ends the waits of tasks, early and late"""
    for early in (True, False):
        pool = make_pool()
        block = await pool.acquire_async()
        waiting = [asyncio.ensure_future(pool.acquire_async()) for _ in range(3)]
        await asyncio.sleep(0)
        if not early:
            await until_async(lambda: pool.n_waiting == 3)
        pool.flushing = True
        if early:
            block.release()
        for result in await asyncio.gather(*waiting, return_exceptions=True):
            equal(type(result), Fsmm.ClosedError)
        try:
            await pool.acquire_async()
        except Fsmm.ClosedError as error:
            assert error.matches(Fsmm.Error.quark(), Fsmm.Error.CLOSED)
        else:
            raise AssertionError("not closed")


@async_test
async def priorities():
    """who has a lower number is served first, then who came first"""
    pool, order = make_pool(), []

    async def work(name, **priority):
        async with pool.acquire_async(**priority):
            order.append(name)

    block = await pool.acquire_async()
    tasks = [
        asyncio.create_task(work("low", io_priority=GLib.PRIORITY_LOW)),
        asyncio.create_task(work("first")),
        asyncio.create_task(work("second")),
        asyncio.create_task(work("high", io_priority=GLib.PRIORITY_HIGH)),
    ]
    await until_async(lambda: pool.n_waiting == 4)
    block.release()
    await asyncio.gather(*tasks)
    equal(order, ["high", "first", "second", "low"])


# --- Tasks that are cancelled ---


@async_test
async def cancelled_task():
    """a task that is cancelled while it waits leaves the queue, early and late"""
    for pool in make_pool(), make_tracks():
        for early in (True, False):
            handle = await pool.acquire_async()
            waiting = asyncio.ensure_future(pool.acquire_async())
            next_one = asyncio.ensure_future(pool.acquire_async())
            await asyncio.sleep(0)
            if not early:
                await until_async(lambda: pool.n_waiting == 2)
            waiting.cancel()
            (result,) = await asyncio.gather(waiting, return_exceptions=True)
            equal(type(result), asyncio.CancelledError)
            await until_async(lambda: pool.n_waiting == 1)
            handle.__exit__()
            (await next_one).__exit__()
            equal((pool.n_waiting, pool.n_allocated), (0, 0))


@async_test
async def task_that_times_out():
    """asyncio's timeouts lose no block"""
    pool = make_pool()
    block = await pool.acquire_async()
    for timeout in (0.0001, 0.02):
        try:
            await asyncio.wait_for(pool.acquire_async(), timeout)
        except asyncio.TimeoutError:
            pass
        else:
            raise AssertionError("no timeout")
    await until_async(lambda: pool.n_waiting == 0)
    block.release()
    (await asyncio.wait_for(pool.acquire_async(), LONG)).release()


@async_test
async def cancelled_as_it_is_served():
    """a block that comes as a task is cancelled goes back, or to the next task"""
    for pool in make_pool(), make_tracks():
        for late in (False, True):
            handle = await pool.acquire_async()
            waiting = asyncio.ensure_future(pool.acquire_async())
            next_one = asyncio.ensure_future(pool.acquire_async())
            await asyncio.sleep(0)
            if late:
                await until_async(lambda: pool.n_waiting == 2)
                handle.__exit__()
                time.sleep(0.02)  # the answer is there, and the loop has not seen it
            else:
                handle.__exit__()
                pool._lines[asyncio.get_running_loop()].serve()
                equal(pool.n_allocated, 1)
            waiting.cancel()
            (result,) = await asyncio.gather(waiting, return_exceptions=True)
            equal(type(result), asyncio.CancelledError)
            (await next_one).__exit__()
            equal((pool.n_waiting, pool.n_allocated), (0, 0))


@async_test
async def many_cancelled_tasks():
    """of tasks that are cancelled at any moment, none loses a block or a turn"""
    pool, served = make_pool(2), []

    async def work(n):
        for _ in range(50):
            try:
                async with asyncio_timeout(pool, 0.00005 * (n % 7)) as _:
                    await asyncio.sleep(0)
                    served.append(n)
            except asyncio.TimeoutError:
                pass

    stop = threading.Event()

    def disturb():
        while not stop.is_set():
            pool.acquire_wait().release()

    gc.disable()  # that it collects what has been lost is no excuse
    asyncio.get_running_loop().set_debug(True)  # other steps take long
    try:
        other = in_thread(disturb)
        await asyncio.gather(*map(work, range(12)))
        stop.set()
        await until_async(lambda: not other.is_alive())
        await until_async(lambda: pool.n_waiting == 0 and pool.n_allocated == 0)
    finally:
        stop.set()
        gc.enable()
    assert served
    blocks = [await pool.acquire_async(), await pool.acquire_async()]
    equal(pool.n_allocated, len(blocks))


class asyncio_timeout:
    """Waits for a block for some seconds; 0 is for ever."""

    def __init__(self, pool, timeout):
        self.asked, self.timeout = pool.acquire_async(), timeout or None

    async def __aenter__(self):
        self.block = await asyncio.wait_for(self.asked, self.timeout)
        return self.block

    async def __aexit__(self, *_):
        self.block.release()


@async_test
async def cancellable_of_a_task():
    """a cancellable ends the wait of a task, from any thread, also before it begins"""
    for pool in make_pool(), make_tracks():
        handle, cancellable = await pool.acquire_async(), Gio.Cancellable()
        other = in_thread(lambda: (until(lambda: pool.n_waiting), cancellable.cancel()))
        for _ in range(2):
            try:
                await pool.acquire_async(cancellable=cancellable)
            except GLib.Error as error:
                assert is_cancelled(error), error
            else:
                raise AssertionError("not cancelled")
        join(other)

        # A cancelled task takes nothing from those who share a cancellable.
        cancellable = Gio.Cancellable()
        one, two = (
            asyncio.ensure_future(pool.acquire_async(cancellable=cancellable)) for _ in range(2)
        )
        await until_async(lambda: pool.n_waiting == 2)
        one.cancel()
        await until_async(lambda: pool.n_waiting == 1)
        assert not cancellable.is_cancelled()
        handle.__exit__()
        (await two).__exit__()
        equal(pool.n_allocated, 0)


# --- Loops ---


@test
def two_loops():
    """tasks of two loops, in two threads, and threads that sleep share a pool"""
    for pool in make_pool(2), make_tracks(2):
        turns = []

        async def work():
            for _ in range(100):
                async with pool.acquire_async():
                    assert pool.n_allocated <= 2
                    await asyncio.sleep(0)
                    turns.append(1)

        async def work_all():
            await asyncio.gather(*(work() for _ in range(3)))

        def sleep():
            for _ in range(100):
                with pool.acquire_wait(LONG):
                    turns.append(1)

        join(*(in_thread(asyncio.run, work_all()) for _ in range(2)), in_thread(sleep))
        equal((len(turns), pool.n_allocated, pool.n_waiting), (700, 0, 0))


@test
def closed_loop():
    """a loop that is closed while a task waits takes nothing with it"""
    for late in (False, True):
        pool = make_pool()
        block = pool.acquire()
        loop = asyncio.new_event_loop()
        task = loop.create_task(take(pool))
        loop.run_until_complete(asyncio.sleep(0))
        if late:
            loop.run_until_complete(until_async(lambda: pool.n_waiting))
        loop.close()
        block.release()
        until(lambda: pool.n_allocated == 0)
        pool.acquire_wait(LONG).release()
        (block,) = [asyncio.run(take(pool))]
        task._log_destroy_pending = False
        del task, loop
        gc.collect()
        waiting = in_thread(lambda: pool.acquire_wait(LONG).release())
        block.release()
        join(waiting)
        equal(pool.n_allocated, 0)


@test
def child_process():
    """a child process can wait as well"""
    pool = make_pool()
    block = pool.acquire()
    if os.fork() == 0:
        status = 1
        try:
            status = 0 if asyncio.run(wait_in_child(pool, block)) else 1
        finally:
            os._exit(status)
    equal(os.waitstatus_to_exitcode(os.wait()[1]), 0)


async def wait_in_child(pool, block):
    waiting = asyncio.ensure_future(pool.acquire_async())
    await until_async(lambda: pool.n_waiting)
    join(in_thread(block.release))
    return bool(await asyncio.wait_for(waiting, LONG))


@test
def end_of_program():
    """a program ends as it should while something waits"""
    script = """if True:
        import asyncio, gi
        gi.require_version("Fsmm", "1")
        from gi.repository import Fsmm
        pool = Fsmm.Pool(alloc_size=64, max_blocks=1)
        block = pool.acquire()
        loop = asyncio.new_event_loop()
        async def take():
            return await pool.acquire_async()
        task = loop.create_task(take())
        task._log_destroy_pending = False
        loop.run_until_complete(asyncio.sleep(0.05))
        assert pool.n_waiting == 1
        print("end")
    """
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=LONG, check=False
    )
    equal((result.returncode, result.stdout, result.stderr), (0, "end\n", ""))


tap.run(tests)
