# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for an object of a pool in tasks of asyncio, with the overrides."""

import asyncio
import gc
import threading

from bindings import Fsmm, equal
from gi.repository import Gio, GObject
import tap
from objects import Item, Unowned, counts, lend, refer_to
from waiting import LONG, in_thread, join

tests = []


def test(function):
    """A test that is a task itself."""

    def run():
        asyncio.run(asyncio.wait_for(function(), LONG))

    run.__doc__ = function.__doc__
    run.__name__ = function.__name__
    tests.append(run)
    return function


async def come_to(condition):
    while not condition():
        await asyncio.sleep(0.001)


async def fails_with(kind, words, awaitable):
    try:
        result = await awaitable
    except kind as error:
        assert words in str(error), error
        return error
    raise AssertionError(f"no {kind}, but {result!r}")


@test
async def with_statement():
    """async with gives the object, and await a lease of it"""
    for item_type in Gio.SocketClient, Item, Unowned:
        pool = Fsmm.ObjectPool.new(item_type, 1)
        async with pool.borrow_async() as lent:
            assert isinstance(lent, item_type), lent
            lent.mine = 1
            equal((pool.n_lent, lent.__grefcount__), (1, 2))
        equal(counts(pool), (0, 1, 0))
        lease = await pool.borrow_async()
        assert isinstance(lease, Fsmm.Lease) and lease.object is lent
        lease.release()
        with await pool.borrow_async() as again:
            assert again is lent
        lease = await asyncio.create_task(pool.borrow_async())
        lease.discard()
        equal((counts(pool), pool.n_created), ((0, 0, 0), 1))
        try:
            async with pool.borrow_async():
                raise KeyError("mine")
        except KeyError:
            equal(counts(pool), (0, 1, 0))


@test
async def in_turn():
    """tasks that wait are all served, and none shares what it has with another one"""
    for item_type in Gio.SocketClient, Item, Unowned:
        pool, users, served = Fsmm.ObjectPool.new(item_type, 3), {}, [0] * 8

        async def use(index, pool=pool, users=users, served=served):
            while served[index] < 20:
                async with pool.borrow_async() as lent:
                    assert id(lent) not in users, "it is shared"
                    users[id(lent)] = index
                    lent.mine = index
                    await asyncio.sleep(0.0004 * (served[index] % 3))
                    equal((lent.mine, users.pop(id(lent))), (index, index))
                    served[index] += 1

        await asyncio.gather(*(use(index) for index in range(8)))
        equal((served, counts(pool), pool.n_created), ([20] * 8, (0, 3, 0), 3))


@test
async def order():
    """who came first is served first, also where objects are discarded and made again"""
    pool, order = Fsmm.ObjectPool.new(Item, 1), []
    pool.set_create_func(lambda pool: Item())
    lease = await pool.borrow_async()

    async def use(index):
        lease = await pool.borrow_async()
        order.append(index)
        await asyncio.sleep(0.003)
        lease.discard()

    tasks = [asyncio.create_task(use(index)) for index in range(6)]
    await come_to(lambda: pool.n_waiting == 6)
    lease.discard()
    await asyncio.gather(*tasks)
    equal((order, pool.n_created), ([*range(6)], 7))


@test
async def cancelled():
    """a task that is cancelled loses no object, and those behind it are served"""
    pool = Fsmm.ObjectPool.new(Item, 1)
    for wait in 0, 0.01:  # in the line, and in the queue
        lease = await pool.borrow_async()
        tasks = [asyncio.create_task(pool.borrow_async()) for _ in range(6)]
        await asyncio.sleep(wait)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.sleep(0)
        lease.release()
        for task in tasks[1::2]:
            with await task:
                pass
        for task in tasks[::2]:
            await fails_with(asyncio.CancelledError, "", task)
        await come_to(lambda: counts(pool) == (0, 1, 0))

        # What has been handed over is not lost either.
        lease = await pool.borrow_async()
        task = asyncio.create_task(pool.borrow_async())
        await asyncio.sleep(wait)
        lease.release()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            task.result().release()
        await come_to(lambda: counts(pool) == (0, 1, 0))
    await fails_with(asyncio.TimeoutError, "", asyncio.wait_for(hold(pool), 0.02))
    await come_to(lambda: counts(pool) == (0, 1, 0))


async def hold(pool):
    async with pool.borrow_async():
        await pool.borrow_async()


@test
async def cancelled_as_gio_does():
    """a Gio.Cancellable ends a wait, and a pool that is closed ends all"""
    pool, cancellable = Fsmm.ObjectPool.new(Item, 1), Gio.Cancellable()
    lease = await pool.borrow_async()
    task = asyncio.create_task(pool.borrow_async(0, cancellable))
    other = asyncio.create_task(pool.borrow_async())
    await come_to(lambda: pool.n_waiting == 2)
    cancellable.cancel()
    await fails_with(Exception, "cancelled", task)
    pool.close()
    await fails_with(Fsmm.ClosedError, "closed", other)
    await fails_with(Fsmm.ClosedError, "closed", pool.borrow_async())
    lease.release()


@test
async def dropped():
    """a lease that a task has waited for, and drops, gives its object back at once"""
    pool = Fsmm.ObjectPool.new(Item, 1)
    gc.disable()
    for wait in 0, 0.01:  # in the line, and in the queue
        lease = await pool.borrow_async()
        task = asyncio.create_task(pool.borrow_async())
        await asyncio.sleep(wait)
        lease.release()
        lease = await task
        equal(pool.n_lent, 1)
        del lease, task
        await asyncio.sleep(0.01)
        equal(counts(pool), (0, 1, 0))
    gc.enable()


@test
async def functions():
    """the program's functions are called in the thread of the task, at each step of a wait"""
    pool, threads = Fsmm.ObjectPool.new(Item, 1), []

    def create(pool):
        threads.append(threading.current_thread())
        return Item()

    def look(pool, item):
        threads.append(threading.current_thread())
        return len(threads) % 4 != 0

    pool.set_create_func(create)
    pool.set_validate_func(look)
    pool.set_reset_func(look)
    for end in "release", "discard", "drop":
        for wait in 0, 0.01:
            lease = await pool.borrow_async()
            task = asyncio.create_task(pool.borrow_async())
            await asyncio.sleep(wait)
            if end != "drop":
                getattr(lease, end)()
            del lease
            with await task:
                pass
            del task
    assert len(threads) > 12, threads
    equal(set(threads), {threading.main_thread()})


@test
async def create_function_that_raises():
    """what the create function raises is what the task gets, the very same"""
    pool, errors = Fsmm.ObjectPool.new(Item, 1), [KeyError("a"), ValueError("b"), OSError("c")]

    def create(pool):
        calls.append(n)
        raise errors[n]

    for wait in None, 0, 0.01:
        calls = []
        for n in range(3):
            pool.set_create_func(None)
            lease = await pool.borrow_async()
            pool.set_create_func(create)
            if wait is None:
                lease.discard()
            task = asyncio.create_task(pool.borrow_async())
            if wait is not None:
                await asyncio.sleep(wait)
                lease.discard()
            assert await fails_with(Exception, "", task) is errors[n]
        equal(calls, [0, 1, 2])
    equal(counts(pool), (0, 0, 0))


@test
async def each_gets_its_error():
    """where objects cannot be made, nobody waits for ever"""
    pool, n_made = Fsmm.ObjectPool.new(Item, 1), 0
    lease = await pool.borrow_async()

    def create(pool):
        nonlocal n_made
        n_made += 1
        raise KeyError(n_made)

    pool.set_create_func(create)
    tasks = [asyncio.create_task(pool.borrow_async()) for _ in range(5)]
    await come_to(lambda: pool.n_waiting == 5)
    lease.discard()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    equal([type(error) for error in errors], [KeyError] * 5)
    equal([error.args for error in errors], [(n,) for n in range(1, 6)])


@test
async def lingering():
    """what C refers to is lent when it does not any more, though no main loop runs"""
    for item_type in Gio.SocketClient, Item, Unowned:
        for has_attribute in False, True:
            pool, keep = Fsmm.ObjectPool.new(item_type, 1), Gio.ListStore.new(GObject.Object)
            lend(pool, keep, has_attribute)
            task = asyncio.create_task(pool.borrow_async())
            await asyncio.sleep(0.02)
            equal((counts(pool), task.done()), ((0, 0, 1), False))
            keep.remove_all()
            with await task as lent:
                # What is held while it is lent makes it linger as well.
                refer_to(keep, lent, has_attribute)
            del lent, task
            equal(counts(pool), (0, 0, 1))
            keep.remove_all()
            with await pool.borrow_async():
                equal(pool.n_created, 1)


@test
async def needs_object():
    """a handler of needs-object can have a task make it"""
    pool, numbers = Fsmm.ObjectPool.new(Item, 2), iter(range(100))

    async def make():
        await asyncio.sleep(0.002)
        n = next(numbers)
        if n % 3 == 2:
            pool.add_failed(KeyError(n))
        else:
            item = Item()
            item.mine = n
            pool.add(item)

    tasks = []
    pool.connect("needs-object", lambda _: tasks.append(asyncio.create_task(make())))
    leases = [await pool.borrow_async() for _ in range(2)]
    equal([lease.object.mine for lease in leases], [0, 1])
    waiting = asyncio.create_task(pool.borrow_async())
    await come_to(lambda: pool.n_waiting)
    leases.pop().discard()
    equal((await fails_with(KeyError, "", waiting)).args, (2,))
    async with pool.borrow_async() as item:
        equal(item.mine, 3)


@test
async def several_loops():
    """tasks of several loops, in threads of their own, are all served"""
    pool, served = Fsmm.ObjectPool.new(Item, 2), []

    async def use():
        for n in range(10):
            async with pool.borrow_async() as item:
                item.mine = threading.get_ident()
                await asyncio.sleep(0.001)
                equal(item.mine, threading.get_ident())
                served.append(1)
            if n % 4 == 0:
                (await pool.borrow_async()).discard()

    async def use_twice():
        await asyncio.gather(use(), use())

    pool.set_create_func(lambda pool: Item())
    threads = [in_thread(asyncio.run, use_twice()) for _ in range(3)]
    await use_twice()
    await asyncio.get_running_loop().run_in_executor(None, join, *threads)
    equal((len(served), pool.n_lent, pool.n_lingering), (80, 0, 0))


def loop_that_does_not_run():
    """a loop that stops while a task waits holds up nobody, and goes on"""
    pool, threads = Fsmm.ObjectPool.new(Item, 1), []

    def create(pool):
        threads.append(threading.current_thread())
        return Item()

    async def begin():
        task = asyncio.create_task(pool.borrow_async())
        await come_to(lambda: pool.n_waiting)
        return task

    pool.set_create_func(create)
    loop = asyncio.new_event_loop()
    lease = pool.borrow()
    task = loop.run_until_complete(begin())
    lease.discard()  # the place is for the task, whose loop does not run now
    with pool.borrow_wait(LONG):
        pass

    async def end():
        (await task).release()

    loop.run_until_complete(asyncio.wait_for(end(), LONG))
    loop.close()
    equal(set(threads), {threading.main_thread()})


tests.append(loop_that_does_not_run)
tap.run(tests)
