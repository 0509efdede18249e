# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pools of objects as Python programs see them, with the overrides.

Waiting is in test-object-waiting.py and test-object-tasks.py, and many at a time in
test-object-stress.py.
"""

import contextlib
import gc
import itertools
import pathlib
import pickle
import subprocess
import sys
import threading

from bindings import Fsmm, GLib, equal, fails, raises
from gi.repository import Gio, GObject
import tap
from objects import Item, Unowned, counts, lend, refer_to
from waiting import LONG, in_thread, join

tests = []


def test(function):
    tests.append(function)
    return function


# --- Pools ---


@test
def pool_with_keywords():
    """a pool is made with keywords, which are its properties"""
    pool = Fsmm.ObjectPool(
        item_type=Gio.SocketClient, name="clients", max_objects=4, max_idle=3, min_idle=2,
        idle_timeout=1000, max_age=2000, sharing=Fsmm.Sharing.DISCARD,
    )
    equal((pool.item_type, pool.name), (Gio.SocketClient.__gtype__, "clients"))
    equal((pool.max_objects, pool.max_idle, pool.min_idle), (4, 3, 2))
    equal((pool.idle_timeout, pool.max_age, pool.sharing), (1000, 2000, Fsmm.Sharing.DISCARD))
    equal(pool.props.max_objects, 4)
    equal(counts(pool), (0, 0, 0))
    equal((pool.n_waiting, pool.n_created, pool.n_reused, pool.n_discarded), (0,) * 4)
    for name in "max_objects", "max_idle", "min_idle", "idle_timeout", "max_age":
        setattr(pool, name, 7)
        equal((getattr(pool, name), getattr(pool, f"get_{name}")()), (7, 7))
        raises(ValueError, f"{name} is -1", setattr, pool, name, -1)
        raises(ValueError, f"{name} is {2**32}", getattr(pool, f"set_{name}"), 2**32)
    pool.sharing = Fsmm.Sharing.IGNORE
    equal(pool.get_sharing(), Fsmm.Sharing.IGNORE)
    pool = Fsmm.ObjectPool.new(Item, 4)
    equal((pool.item_type, pool.max_objects, pool.name), (Item.__gtype__, 4, None))
    equal(Fsmm.ObjectPool.new(Gio.ListModel).max_objects, 0)
    equal(Fsmm.ObjectPool[Item].__origin__, Fsmm.ObjectPool)


@test
def mistakes():
    """arguments that make no sense raise an exception at once, with words"""
    make = Fsmm.ObjectPool
    raises(TypeError, "item_type is GDate: it must be a class", make, item_type=GLib.Date)
    raises(TypeError, "TypedPool", make.new, GLib.Date)
    raises(TypeError, "not a type", make, item_type="NoSuchType")
    fails(Fsmm.Error.UNSUPPORTED_TYPE, "gint", make, item_type=int)
    raises(TypeError, "item_type", make)
    raises(TypeError, "positional", make, Item)
    raises(TypeError, "did you mean max_objects", make, item_type=Item, max_object=1)
    raises(ValueError, "max_objects is -1", make, item_type=Item, max_objects=-1)
    raises(TypeError, "integer", make, item_type=Item, max_objects="1")
    for wrong in 7, "wait", None:
        raises(TypeError, "Fsmm.Sharing", make, item_type=Item, sharing=wrong)
    pool = make.new(Item)
    raises(TypeError, "Fsmm.Sharing", setattr, pool, "sharing", -1)
    for name in "create", "reset", "validate":
        raises(TypeError, "func must be a function", getattr(pool, f"set_{name}_func"), 5)
    raises(TypeError, "", pool.add, "object")
    raises(TypeError, "exception", pool.add_failed, "no")
    raises(ValueError, "n_objects is -1", pool.reserve, -1)
    raises(AttributeError, "", setattr, pool, "name", "x")
    raises(TypeError, "final", type, "Mine", (Fsmm.ObjectPool,), {})
    raises(TypeError, "final", type, "Mine", (Fsmm.Lease,), {})
    raises(TypeError, "copy or pickle", pickle.dumps, pool)
    raises(TypeError, "item-type is", GObject.new(Fsmm.ObjectPool).borrow)


@test
def descriptions():
    """pools and leases say what they are"""
    pool = Fsmm.ObjectPool(item_type=Gio.SocketClient, name="clients", max_objects=2)
    lease = pool.borrow()
    client = lease.object
    for words in 'ObjectPool "clients"', "GSocketClient", "1 lent, 0 idle", "at most 2":
        assert words in repr(pool), pool
    assert repr(client) in repr(lease), lease
    lease.release()
    equal(repr(lease), "<Fsmm.Lease, ended>")
    assert "no limit" in repr(Fsmm.ObjectPool.new(Item))
    repr(Fsmm.ObjectPool.__new__(Fsmm.ObjectPool))


# --- Leases ---


@test
def with_statement():
    """with gives the object, and gives it back whatever happens"""
    for item_type in Gio.SocketClient, Item, Unowned:
        pool = Fsmm.ObjectPool.new(item_type, 1)
        with pool.borrow() as first:
            assert isinstance(first, item_type), first
            equal(counts(pool), (1, 0, 0))
            raises(Fsmm.ExhaustedError, "1 lent", pool.borrow)
        equal(counts(pool), (0, 1, 0))
        try:
            with pool.borrow_wait(1) as second:
                assert second is first
                raise KeyError("mine")
        except KeyError:
            equal(counts(pool), (0, 1, 0))
        with pool.borrow() as lent:
            with pool.borrow_wait(0) if pool.n_idle else contextlib.nullcontext():
                assert lent is first
        equal((pool.n_created, pool.n_reused), (1, 2))


@test
def lease():
    """a lease has its object until it ends, and says so afterwards"""
    pool = Fsmm.ObjectPool.new(Gio.SocketClient, 1)
    lease = pool.borrow()
    assert lease and lease.is_live()
    assert lease.object is lease.get_object()
    raises(AttributeError, "its object may", setattr, lease, "timeout", 30)
    raises(AttributeError, "cannot be set", setattr, lease, "object", None)
    raises(TypeError, "copy or pickle", lease.copy)
    assert lease.release()
    assert not lease and lease.get_object() is None
    for use in lease.release, lease.steal, lease.__enter__, lambda: lease.object:
        raises(ReferenceError, "ended before", use)
        fails(Fsmm.Error.RELEASED, "borrow another one", use)
    lease.discard()
    lease.__exit__()
    equal(counts(pool), (0, 1, 0))
    with pool.borrow() as client, contextlib.suppress(ReferenceError):
        del client


@test
def lease_ends_within_with():
    """a lease may be released, discarded or stolen from within its with statement"""
    pool = Fsmm.ObjectPool.new(Item, 1)
    for end, n_idle in (Fsmm.Lease.release, 1), (Fsmm.Lease.discard, 0), (Fsmm.Lease.steal, 0):
        lease = pool.borrow()
        with lease:
            end(lease)
        equal(counts(pool), (0, n_idle, 0))
    equal((pool.n_created, pool.n_discarded), (2, 1))


@test
def steal():
    """what was stolen is the program's own, with the right number of references"""
    for item_type in Gio.SocketClient, Item, Unowned:
        for has_attribute in False, True:
            pool = Fsmm.ObjectPool.new(item_type, 1)
            lease = pool.borrow()
            if has_attribute:
                lease.object.mine = 1
            stolen = lease.steal()
            equal((stolen.__grefcount__, counts(pool)), (1, (0, 0, 0)))
            assert pool.borrow().object is not stolen


@test
def references():
    """Python has one reference to an object, with attributes or without, which does not count"""
    for item_type in Gio.SocketClient, Item, Unowned:
        pool = Fsmm.ObjectPool.new(item_type, 1)
        for n in range(100):
            with pool.borrow() as lent:
                equal(lent.__grefcount__, 2)
                if n == 20:
                    lent.mine = n
                equal(getattr(lent, "mine", None), 20 if n >= 20 else None)
            equal(counts(pool), (0, 1, 0))
            if n % 2:
                del lent
            if n % 10 == 0:
                gc.collect()
        equal((pool.n_created, pool.n_reused), (1, 99))


@test
def lingering():
    """an object that C still refers to is not lent until it does not any more"""
    for item_type in Gio.SocketClient, Item, Unowned:
        for has_attribute in False, True:
            pool, keep = Fsmm.ObjectPool.new(item_type, 1), Gio.ListStore.new(GObject.Object)
            lend(pool, keep, has_attribute)
            equal(counts(pool), (0, 0, 1))
            raises(Fsmm.ExhaustedError, "1 released but still referenced", pool.borrow)
            raises(TimeoutError, "drop those references", pool.borrow_wait, 0.01)
            keep.remove_all()
            with pool.borrow():
                equal(pool.n_created, 1)

            pool.sharing = Fsmm.Sharing.DISCARD
            lend(pool, keep, has_attribute)
            equal((counts(pool), pool.n_discarded), ((0, 0, 0), 1))
            pool.sharing = Fsmm.Sharing.IGNORE
            lend(pool, keep, has_attribute)
            equal(counts(pool), (0, 1, 0))


@test
def references_of_others():
    """only the reference that Python has is none that counts, also if nobody has looked"""
    pool, keep = Fsmm.ObjectPool.new(Gio.SocketClient, 1), Gio.ListStore.new(GObject.Object)

    def create(pool):
        client = Gio.SocketClient()
        keep.append(client)
        return client

    pool.set_create_func(create)
    pool.reserve(1)
    gc.collect()
    pool.borrow().release()
    equal(counts(pool), (0, 0, 1))
    keep.remove_all()
    equal(counts(pool), (0, 1, 0))


@test
def dropped_leases():
    """an object comes back when its lease is gone, and its variables"""
    for item_type in Gio.SocketClient, Item, Unowned:
        pool, resets = Fsmm.ObjectPool.new(item_type, 1), []
        for has_attribute in False, True, False:
            lease = pool.borrow()
            if has_attribute:
                lease.object.mine = 1
            del lease
            equal((counts(pool), pool.n_created), ((0, 1, 0), 1))

        cycle = [pool.borrow()]
        cycle.append(cycle)
        del cycle
        gc.collect()
        equal(counts(pool), (0, 1, 0))

        pool.set_reset_func(lambda pool, lent: resets.append(threading.get_ident()) or True)
        for n in range(3):
            lease = pool.borrow()
            in_other = [lease]
            del lease
            join(in_thread(in_other.clear))
            equal(len(resets), n)
        GLib.MainContext.default().iteration(False)
        equal((resets, counts(pool)), ([threading.get_ident()] * 3, (0, 1, 0)))


@test
def at_exit():
    """a program may end with objects that are lent, and with leases that nobody ends"""
    program = """
from bindings import Fsmm, GLib
from gi.repository import GObject
import threading
class Item(GObject.Object):
    pass
pools = [Fsmm.ObjectPool.new(Item, 2) for _ in range(2)]
pools[1].set_reset_func(lambda pool, item: True)
leases = [pool.borrow() for pool in pools]
items = [pool.borrow() for pool in pools]
for lease in items:
    lease.object.mine = leases
cycle = [pools, leases]
cycle.append(cycle)
threading.Thread(target=lambda: pools[0].borrow_wait(60), daemon=True).start()
while not pools[0].n_waiting:
    pass
"""
    here = str(pathlib.Path(__file__).resolve().parent)
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=here, capture_output=True, encoding="utf-8",
        check=False, timeout=60,
    )
    equal((result.returncode, result.stderr), (0, ""))


# --- Functions of the program ---


@test
def create_function():
    """the create function makes objects, with what else it was given"""
    pool, seen = Fsmm.ObjectPool.new(Gio.SocketClient, 2), []

    def create(*arguments):
        seen.append(arguments)
        return Gio.SocketClient(timeout=30)

    pool.set_create_func(create)
    with pool.borrow() as client:
        equal((client.props.timeout, client.__grefcount__), (30, 2))
    pool.trim()
    pool.set_create_func(create, 1, "two")
    pool.reserve(2)
    equal(seen, [(pool,), (pool, 1, "two"), (pool, 1, "two")])
    equal((pool.n_created, pool.n_idle), (3, 2))
    pool.trim()
    pool.set_create_func(None)
    with pool.borrow() as client:
        equal((client.props.timeout, len(seen)), (0, 3))


@test
def class_of_python():
    """objects of a class of Python's own are made by calling it, and go where nobody looks at them"""
    n_made = 0

    class Counted(GObject.Object):
        def __init__(self):
            super().__init__()
            nonlocal n_made
            n_made += 1

    pool = Fsmm.ObjectPool.new(Counted, 3)
    pool.reserve(2)
    equal((n_made, pool.n_idle), (2, 2))
    pool.close()
    gc.collect()
    equal([made for made in gc.get_objects() if isinstance(made, Counted)], [])

    pool = Fsmm.ObjectPool.new(Counted, 2)
    pool.set_create_func(lambda pool: Counted())
    pool.set_create_func(None)
    lease = pool.borrow()
    pool.connect("needs-object", lambda pool: pool.add(Counted()))
    pool.set_create_func(None)
    raises(Fsmm.ExhaustedError, "cannot make one by itself", pool.borrow)
    with pool.borrow_wait(LONG):
        equal((n_made, pool.n_created), (4, 1))
    lease.release()


class Mistake(Exception):
    pass


@test
def create_function_that_raises():
    """what the create function raises is what whoever borrows gets, the very same"""
    pool = Fsmm.ObjectPool.new(Item, 1)
    io_error = GLib.Error("no host", "g-io-error-quark", 3)
    own = raises(Fsmm.ExhaustedError, "", Fsmm.Pool(alloc_size=8, max_blocks=1).acquire_many, 2)
    cause = KeyError("cause")

    def create(pool, error):
        if error is io_error:
            raise error
        raise error from cause

    def borrow_with_callback():
        results = []
        pool.borrow_async(0, None, lambda _, result: results.append(result))
        while not results:
            GLib.MainContext.default().iteration(True)
        pool.borrow_finish(results[0])

    for error in Mistake("mine"), io_error, own, KeyboardInterrupt(), TimeoutError("mine"):
        pool.set_create_func(create, error)
        for borrow in (
            pool.borrow, pool.borrow_wait, lambda: pool.borrow_wait(0.1), borrow_with_callback,
            lambda: pool.reserve(1),
        ):
            assert raises(type(error), "", borrow) is error
            equal(counts(pool), (0, 0, 0))
            if error is not io_error:
                assert error.__cause__ is cause
    pool.set_create_func(lambda pool: None)
    raises(TypeError, "returned None, which is no object", pool.borrow)
    pool.set_create_func(lambda pool: Gio.SocketClient())
    raises(Fsmm.UnsupportedTypeError, "GSocketClient", pool.borrow)
    pool.set_create_func(lambda pool: Item())
    with pool.borrow():
        pass


@test
def errors_that_nobody_gets():
    """what a create function has raised is not kept for ever"""
    pool, n = Fsmm.ObjectPool.new(Item, 1), 0

    class Counted(Exception):
        def __init__(self):
            super().__init__()
            nonlocal n
            n += 1

        def __del__(self):
            nonlocal n
            n -= 1

    def create(pool):
        raise Counted

    pool.set_create_func(create)
    for _ in range(300):
        pool.borrow_async(0, None, lambda *_: None)
        GLib.MainContext.default().iteration(True)
    gc.collect()
    assert n < 100, n


@test
def reset_function():
    """the reset function sees each object that comes back, and may have it discarded"""
    pool, seen = Fsmm.ObjectPool.new(Item, 1), []

    def reset(*arguments):
        seen.append(arguments)
        del arguments[1].mine
        return arguments[-1]

    for is_good in True, False:
        pool.set_reset_func(reset, "data", is_good)
        with pool.borrow() as item:
            item.mine = 1
        equal(seen, [(pool, item, "data", is_good)])
        assert not hasattr(item, "mine")
        equal(counts(pool), (0, int(is_good), 0))
        seen.clear()


@test
def functions_that_fail():
    """a function that raises, or forgets to return something, has the object discarded"""
    def fail(*_):
        raise Mistake("mine")

    printed = []
    hook, sys.excepthook = sys.excepthook, lambda kind, error, _: printed.append(str(error))
    try:
        for function, words in (fail, "mine"), (lambda *_: None, "returned nothing"):
            pool = Fsmm.ObjectPool.new(Item, 1)
            pool.set_reset_func(function)
            pool.borrow().release()
            equal((counts(pool), pool.n_discarded), ((0, 0, 0), 1))
            pool.set_reset_func(None)
            pool.borrow().release()
            pool.set_validate_func(function)
            pool.borrow().release()
            equal((pool.n_created, pool.n_discarded), (3, 2))
            equal([words in text for text in printed], [True] * 2)
            printed.clear()
    finally:
        sys.excepthook = hook


@test
def validate_function():
    """the validate function sees each object that was lent before, and may have it replaced"""
    pool, seen = Fsmm.ObjectPool.new(Item, 1), []
    pool.set_validate_func(lambda pool, item, *data: seen.append(data) or len(seen) < 3, 1, 2)
    for _ in range(4):
        with pool.borrow():
            pass
    equal((seen, pool.n_created, pool.n_discarded), ([(1, 2)] * 3, 2, 1))


@test
def functions_are_forgotten():
    """a function that was replaced, and what it was given, is gone"""
    pool, collected = Fsmm.ObjectPool.new(Item, 1), []

    class Function:
        def __call__(self, *_):
            return True

        def __del__(self):
            collected.append(self.__class__)

    for set_function in pool.set_create_func, pool.set_reset_func, pool.set_validate_func:
        set_function(Function())
        set_function(None)
    gc.collect()
    equal(len(collected), 3)


# --- Objects that are added ---


@test
def add():
    """objects can be added, whatever attributes they have, but none twice"""
    for item_type in Gio.SocketClient, Item, Unowned:
        for has_attribute in False, True:
            pool = Fsmm.ObjectPool.new(item_type, 1)
            added = item_type()
            if has_attribute:
                added.mine = 1
            assert pool.add(added)
            equal((counts(pool), pool.n_created), ((0, 1, 0), 0))
            equal(added.__grefcount__, 2)
            raises(Fsmm.ExhaustedError, "no room", pool.add, item_type())
            pool.max_objects = 2
            raises(ValueError, "in a pool already", pool.add, added)
            raises(TypeError, "GListStore", pool.add, Gio.ListStore())
            equal(added.__grefcount__, 2)
            with pool.borrow() as lent:
                assert lent is added

            pool = Fsmm.ObjectPool.new(item_type, 1)
            other, keep = item_type(), Gio.ListStore.new(GObject.Object)
            refer_to(keep, other, has_attribute)
            pool.add(other)
            equal(counts(pool), (0, 0, 1))
            del other
            keep.remove_all()
            pool.close()
            raises(Fsmm.ClosedError, "closed", pool.add, item_type())


@test
def needs_object():
    """what a handler of needs-object adds, from an idle, goes to who waits"""
    pool, results, threads = Fsmm.ObjectPool.new(Gio.SocketClient, 2), [], []
    numbers = itertools.count(1)

    def add(pool):
        client = Gio.SocketClient()
        client.mine = next(numbers)
        pool.add(client)
        return GLib.SOURCE_REMOVE

    def asked(pool, data):
        threads.append((threading.current_thread(), data))
        GLib.idle_add(add, pool)

    handler = pool.connect("needs-object", asked, "data")
    for _ in range(3):
        pool.borrow_async(0, None, lambda pool, result: results.append(pool.borrow_finish(result)))
    while len(results) < 2:
        GLib.MainContext.default().iteration(True)
    equal(threads, [(threading.main_thread(), "data")] * 2)
    equal([lease.object.mine for lease in results], [1, 2])
    equal((pool.n_waiting, pool.n_created), (1, 0))
    results.pop().discard()
    while len(results) < 2:
        GLib.MainContext.default().iteration(True)
    equal(results[-1].object.mine, 3)
    pool.disconnect(handler)
    pool.connect_after("needs_object", asked, "data")
    pool.disconnect_by_func(asked)
    for lease in results:
        lease.release()


@test
def needs_object_fails():
    """who waits for what cannot be made gets any exception there is"""
    for error in Mistake("mine"), GLib.Error("no host", "g-io-error-quark", 3), KeyError("x"):
        pool = Fsmm.ObjectPool.new(Item, 1)
        pool.connect("needs-object", lambda pool, error: pool.add_failed(error), error)
        assert raises(type(error), "", pool.borrow_wait, LONG) is error


@test
def needs_object_in_main_thread():
    """who sleeps in the main thread has its handlers called there"""
    pool, threads = Fsmm.ObjectPool.new(Item, 1), []

    def asked(pool):
        threads.append(threading.current_thread())
        pool.add(Item())

    pool.connect("needs-object", asked)
    with pool.borrow_wait(LONG):
        pass
    equal(threads, [threading.main_thread()])


tap.run(tests)
