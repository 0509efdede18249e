# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many borrow objects at a time, keep some for longer than they should, and nobody shares one."""

import asyncio
import collections
import gc
import random
import threading

from bindings import Fsmm, equal
from gi.repository import Gio, GObject
import tap
from objects import Item, Unowned
from waiting import LONG, in_thread, join, until

N_OBJECTS = 3
N_THREADS = 5
N_ROUNDS = 300


class Users:
    """Who uses each object: who has borrowed it, and whoever in C still refers to it."""

    def __init__(self):
        self._users = collections.Counter()
        self._lock = threading.Lock()

    def begin(self, lent, *, is_alone):
        with self._lock:
            self._users[hash(lent)] += 1
            n = self._users[hash(lent)]
        assert n == 1 or not is_alone, f"{lent} has {n} users"

    def end(self, number):
        with self._lock:
            self._users[number] -= 1
            if self._users[number] == 0:
                del self._users[number]

    def __len__(self):
        return len(self._users)


class Keeper:
    """Has C refer to objects for a while, which another thread ends: those who borrow may wait."""

    def __init__(self, users):
        self._users, self._kept, self._is_over = users, collections.deque(), threading.Event()
        self._thread = in_thread(self._run)

    def keep(self, lent):
        self._users.begin(lent, is_alone=False)
        store = Gio.ListStore.new(GObject.Object)
        store.append(lent)
        self._kept.append((hash(lent), store))

    def _run(self):
        is_over = False
        while not is_over or self._kept:
            if self._kept:
                number, store = self._kept.popleft()
                self._users.end(number)
                store.remove_all()
            else:
                is_over = self._is_over.wait(0.001)

    def stop(self):
        self._is_over.set()
        join(self._thread)


def use(lease, users, keeper, chance):
    """Uses what has been borrowed, and has somebody keep it from time to time."""
    lent = lease.object
    users.begin(lent, is_alone=True)
    if chance.random() < 0.3:
        lent.mine = [lent.__class__]
    if chance.random() < 0.1:
        lent.itself = lent  # a cycle, which only the collector ends
    elif hasattr(lent, "itself"):
        del lent.itself
    if chance.random() < 0.25:
        keeper.keep(lent)
    users.end(hash(lent))


def end(lease, chance):
    """Ends the lease, unless it is for whoever drops it."""
    way = chance.random()
    if way < 0.6:
        lease.release()
    elif way < 0.7:
        lease.discard()
    elif way < 0.8:
        with lease:
            pass


def run_thread(pool, users, keeper, seed, n_done):
    chance = random.Random(seed)
    for n in range(N_ROUNDS):
        lease = pool.borrow_wait(LONG)
        use(lease, users, keeper, chance)
        end(lease, chance)
        del lease
        if n % 20 == seed:
            gc.collect()
    n_done.append(1)


async def run_task(pool, users, keeper, seed, n_done):
    chance = random.Random(seed)
    for n in range(N_ROUNDS // 2):
        lease = await pool.borrow_async()
        use(lease, users, keeper, chance)
        if n % 3 == 0:
            await asyncio.sleep(0.001)
        end(lease, chance)
        del lease
        if n % 20 == seed:
            gc.collect()
    n_done.append(1)


async def run_tasks(*arguments, n_done):
    await asyncio.gather(*(run_task(*arguments, seed, n_done) for seed in range(10, 14)))


def make_pool(item_type, with_functions):
    pool = Fsmm.ObjectPool.new(item_type, N_OBJECTS)
    if with_functions:
        chance = random.Random(99)
        pool.set_create_func(lambda pool: item_type())
        pool.set_reset_func(lambda pool, lent: chance.random() < 0.95)
        pool.set_validate_func(lambda pool, lent: chance.random() < 0.95)
    return pool


def stress(item_type, with_functions):
    pool, users, n_done = make_pool(item_type, with_functions), Users(), []
    keeper = Keeper(users)
    threads = [
        in_thread(run_thread, pool, users, keeper, seed, n_done) for seed in range(N_THREADS - 1)
    ]
    asyncio.run(asyncio.wait_for(run_tasks(pool, users, keeper, n_done=n_done), LONG))
    join(*threads)
    keeper.stop()
    equal(len(n_done), N_THREADS - 1 + 4)
    equal((len(users), pool.n_lent, pool.n_waiting), (0, 0, 0))

    # All of them are there, and can be lent at once.
    pool.set_reset_func(None)
    leases = [pool.borrow_wait(LONG) for _ in range(N_OBJECTS)]
    equal(len({hash(lease.object) for lease in leases}), N_OBJECTS)
    equal((pool.n_lent, pool.n_idle, pool.n_lingering), (N_OBJECTS, 0, 0))
    equal(pool.n_created - pool.n_discarded, N_OBJECTS)
    for lease in leases:
        lease.release()
    del lease, leases

    # When the pool is gone, so are they.
    refs = []
    pool.set_validate_func(lambda pool, lent: refs.append(lent.weak_ref()) or True)
    for lease in [pool.borrow() for _ in range(N_OBJECTS)]:
        lease.object.__dict__.clear()
        lease.release()
    pool.close()
    del lease, pool
    gc.collect()
    until(lambda: [ref() for ref in refs] == [None] * N_OBJECTS)


def make_test(item_type, with_functions):
    def test():
        stress(item_type, with_functions)

    what = "with functions of the program" if with_functions else "made by their class"
    test.__doc__ = f"objects of {item_type.__name__}, {what}"
    return test


tap.run([
    make_test(item_type, with_functions)
    for item_type in (Gio.SocketClient, Item, Unowned)
    for with_functions in (False, True)
])
