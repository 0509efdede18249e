# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fsmm.ObjectPool."""

import functools
import types

from gi.module import get_introspection_module
from gi.repository import Gio, GLib, GObject

from ._errors import make_error, raises, to_number
from ._failures import to_glib_error
from ._home import NotThereError, call_at_home
from ._plain import to_gtype
from ._shared import (
    describe_limit,
    exists,
    refuse_subclass,
    with_attributes,
    with_keywords,
    without_copies,
)
from ._waiting import wait, wait_async

Fsmm = get_introspection_module("Fsmm")
NativeObjectPool = Fsmm.ObjectPool

_SHARINGS = {int(sharing): sharing for sharing in (
    Fsmm.Sharing.WAIT, Fsmm.Sharing.DISCARD, Fsmm.Sharing.IGNORE
)}


# --- Arguments ---


def _to_item_type(item_type):
    gtype = to_gtype(item_type)
    if gtype.is_a(GObject.TYPE_OBJECT) or gtype.is_a(GObject.TYPE_INTERFACE):
        return gtype
    advice = "; Fsmm.TypedPool is for boxed types" if gtype.is_a(GObject.TYPE_BOXED) else ""
    raise make_error(
        Fsmm.Error.UNSUPPORTED_TYPE,
        f"item_type is {gtype.name}: it must be a class or an interface of objects{advice}",
    )


def _to_sharing(sharing):
    known = _SHARINGS.get(sharing) if isinstance(sharing, int) else None
    if known is not None:
        return known
    raise TypeError(f"sharing must be one of Fsmm.Sharing, not {sharing!r}")


def _to_function(function):
    if function is None or callable(function):
        return function
    raise TypeError(f"func must be a function or None, not {function!r}")


# --- Functions of the program ---


def _create(function, pool, *user_data):
    created = function(pool, *user_data)
    if isinstance(created, GObject.Object):
        return created
    raise TypeError(f"the create function returned {created!r}, which is no object")


def _create_at_home(function, pool, *user_data):
    try:
        return call_at_home(pool, _create, function, pool, *user_data)
    except BaseException as exception:
        raise to_glib_error(exception) from None


def _check(word, function, pool, lent, *user_data):
    is_good = function(pool, lent, *user_data)
    if is_good is None:
        raise TypeError(
            f"the {word} function returned nothing: it must return whether the object can be used"
        )
    return bool(is_good)


def _check_at_home(word, function, pool, lent, *user_data):
    try:
        return call_at_home(pool, _check, word, function, pool, lent, *user_data)
    except NotThereError:
        return False


def _is_own(gtype):
    """Whether it is the type of a class of Python's own."""
    bases = getattr(gtype.pytype, "__mro__", ())
    is_foreign = any("__info__" in vars(base) and base.__gtype__ == gtype for base in bases)
    return bool(bases) and not is_foreign


def _find_class(gtype):
    """A class of Python's own whose objects can be made, or None.

    C can make them as well. But what Python knows of an object that it has not made itself is kept
    until somebody looks at it, and the object with it.
    """
    is_prepared = gtype.is_a(Gio.Initable) or gtype.is_a(Gio.AsyncInitable)
    return gtype.pytype if _is_own(gtype) and not is_prepared and not gtype.is_abstract() else None


class _Handler:
    """A handler of needs-object, which is called where the program waits."""

    def __init__(self, handler):
        self._handler = handler

    def __call__(self, pool, *user_data):
        try:
            call_at_home(pool, self._handler, pool, *user_data)
        except NotThereError:
            self._handler(pool, *user_data)

    # For disconnect_by_func() and the like.

    def __eq__(self, other):
        return self._handler == (other._handler if isinstance(other, _Handler) else other)

    def __hash__(self):
        return hash(self._handler)


def _set_function(set_function, pool, call, function, user_data):
    if _to_function(function) is None:
        set_function(pool, None)
    else:
        set_function(pool, functools.partial(call, function), *user_data)


def _load_borrowing():
    from . import _borrowing

    return _borrowing


@without_copies("its objects are in one place; pass the pool itself on")
@with_attributes(
    name="What error messages call the pool, or None: then it is called by its address.",
    item_type="The class or interface of the objects.",
    n_lent="How many objects are lent now, or being made for somebody.",
    n_idle="How many objects nobody uses now.",
    n_lingering="How many objects have come back that something in the program still refers to.",
    n_waiting="How many threads and requests wait for an object now.",
    n_created="How many objects the pool has made.",
    n_reused="How often an object was lent that had been lent before.",
    n_discarded="How many objects the pool has given up.",
)
class ObjectPool(NativeObjectPool):
    """Lends objects that are dear to make, and can be used again.

        pool = Fsmm.ObjectPool(item_type=Gio.SocketClient, max_objects=4)
        pool.set_create_func(lambda pool: Gio.SocketClient(timeout=30))
        with pool.borrow_wait(5.0) as client:
            client.connect_to_host("gnome.org", 443, None)

    item_type is a class or interface, a GObject.GType, or the name of a type. At most max_objects
    exist at a time, and at most max_idle are kept while nobody uses them. What has been idle for
    idle_timeout milliseconds is dropped, but for min_idle of them, and what is max_age milliseconds
    old is not lent again. 0 stands for no limit, and for never. sharing says what becomes of an object
    that comes back while something else in the program still refers to it.

    Objects are made by the create function; else by who handles needs-object, and calls add(); else
    by calling the class without arguments, if that can be done.

    A type that is none of objects raises Fsmm.UnsupportedTypeError, which is a TypeError.

    All methods can be called from any thread. A lease keeps its pool alive. Since: 1.2.
    """

    __init_subclass__ = classmethod(refuse_subclass)

    __class_getitem__ = classmethod(types.GenericAlias)  # what it lends, for type checkers

    # The tasks of each loop that wait, and the loops of those that wait in the library's queue.
    _lines, _loops = None, {}

    # Whether a program makes objects itself, by a function or by handling needs-object.
    _has_own_create = _is_asking = False

    _has_own_class = False  # whether its objects are of a class of Python

    @with_keywords
    @raises
    def __init__(
        self,
        *,
        item_type,
        name=None,
        max_objects=0,
        max_idle=0,
        min_idle=0,
        idle_timeout=0,
        max_age=0,
        sharing=Fsmm.Sharing.WAIT,
    ):
        super().__init__(
            item_type=_to_item_type(item_type),
            name=name,
            max_objects=to_number("max_objects", max_objects, GLib.MAXUINT),
            max_idle=to_number("max_idle", max_idle, GLib.MAXUINT),
            min_idle=to_number("min_idle", min_idle, GLib.MAXUINT),
            idle_timeout=to_number("idle_timeout", idle_timeout, GLib.MAXUINT),
            max_age=to_number("max_age", max_age, GLib.MAXUINT),
            sharing=_to_sharing(sharing),
        )
        self._has_own_class = _is_own(self.get_item_type())
        self._make_by_class()

    @staticmethod
    def new(item_type, max_objects=0):
        """Creates a pool without a name: Fsmm.ObjectPool() has keywords for everything else."""
        return ObjectPool(item_type=item_type, max_objects=max_objects)

    # --- Borrowing ---

    def _wait(self, microseconds, cancellable):
        return self._look_at(NativeObjectPool.borrow_wait(self, microseconds, cancellable))

    _begin = NativeObjectPool.borrow_async

    def _end(self, result):
        return self._look_at(NativeObjectPool.borrow_finish(self, result))

    def _look_at(self, lease):
        # An object of a class of Python that C has made is kept by that until somebody looks at it.
        if self._has_own_class:
            lease.get_object()
        return lease

    @raises
    def borrow(self):
        """Borrows an object, and returns a lease of it, an Fsmm.Lease.

            with pool.borrow() as client:
                client.connect_to_host("gnome.org", 443, None)

        With the lease itself, client is lease.object. One that is idle is lent, or else a new one.

        Raises Fsmm.ExhaustedError if max_objects exist, Fsmm.ClosedError if the pool is closed, and
        whatever the create function raises.
        """
        return self._look_at(NativeObjectPool.borrow(self))

    @raises
    def borrow_wait(self, timeout=None, cancellable=None):
        """Borrows an object as borrow() does, and sleeps until there is one: timeout seconds at most.

            with pool.borrow_wait(5.0) as client:
                client.connect_to_host("gnome.org", 443, None)

        None, or a negative number, is for ever. Who came first is served first.

        Raises Fsmm.TimedOutError, which is a TimeoutError, Fsmm.ClosedError if the pool is closed,
        GLib.Error if cancellable, a Gio.Cancellable, is cancelled, and whatever the create function
        raises.
        """
        return wait(self, timeout, cancellable)

    def borrow_async(
        self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data
    ):
        """Borrows an object as borrow() does, and lets other tasks run until there is one.

            async with pool.borrow_async() as client:
                await use(client)

            lease = await pool.borrow_async()

        It asks when it is awaited. A task that is cancelled loses no object. Who has a lower
        io_priority is served first, and then who came first. Only tasks that have waited for a
        thousandth of a second are counted by n_waiting, and have a place in the order of all.

        Raises Fsmm.ClosedError if the pool is closed, GLib.Error if cancellable, a Gio.Cancellable,
        is cancelled, and whatever the create function raises, which runs in the thread of the task.

        With a callback this returns None, and callback(pool, result, *user_data) is called in the
        main context of this thread, for borrow_finish().
        """
        return wait_async(self, io_priority, cancellable, callback, user_data, _load_borrowing)

    @raises
    def borrow_finish(self, result):
        """Returns the lease that borrow_async() was called for with a callback."""
        return self._end(result)

    # --- Objects ---

    @raises
    def add(self, object):
        """Adds an object that was made elsewhere, and answers needs-object, if that was emitted.

        Do not use it any more. If something in the program other than variables of Python refers to
        it, it lingers until that is gone.

        Raises Fsmm.ExhaustedError if max_objects exist, Fsmm.UnsupportedTypeError, which is a
        TypeError, for an object of another type, Fsmm.InvalidArgumentError, which is a ValueError,
        for one that is in a pool already, and Fsmm.ClosedError.
        """
        return NativeObjectPool.add_known(self, object, 1)

    @raises
    def add_known(self, object, n_known_refs):
        """Adds an object as C does: add() is what knows the references of Python."""
        return NativeObjectPool.add_known(self, object, n_known_refs)

    def add_failed(self, error):
        """Says that what needs-object asked for cannot be made: who waits raises error.

        It is any exception.
        """
        if not isinstance(error, BaseException):
            raise TypeError(f"error must be an exception, not {error!r}")
        NativeObjectPool.add_failed(self, to_glib_error(error))

    @raises
    def reserve(self, n_objects):
        """Makes objects until n_objects are idle.

        Raises Fsmm.ExhaustedError if there is no room for so many, Fsmm.InvalidArgumentError, which
        is a ValueError, if objects are only added, or max_idle is lower, Fsmm.ClosedError, and
        whatever the create function raises.
        """
        return NativeObjectPool.reserve(self, to_number("n_objects", n_objects, GLib.MAXUINT))

    def trim(self):
        """Drops all objects that are idle but for min_idle of them, and returns how many."""
        return NativeObjectPool.trim(self)

    def close(self):
        """Ends it: who waits or borrows raises Fsmm.ClosedError, and what comes back is dropped."""
        NativeObjectPool.close(self)

    # --- Functions of the program ---

    def _make_by_class(self):
        cls = None if self._is_asking else _find_class(self.get_item_type())
        if cls is not None:
            create = functools.partial(_create_at_home, lambda pool: cls())
            NativeObjectPool.set_create_func(self, create)

    def _connect(self, connect, signal, handler, arguments):
        if signal.replace("_", "-") != "needs-object":
            return connect(self, signal, handler, *arguments)
        handler_id = connect(self, signal, _Handler(handler), *arguments)
        self._is_asking = True
        if not self._has_own_create:
            NativeObjectPool.set_create_func(self, None)
        return handler_id

    def connect(self, detailed_signal, handler, *args):
        """Connects a handler to a signal: needs-object asks for an object, to be given by add()."""
        return self._connect(NativeObjectPool.connect, detailed_signal, handler, args)

    def connect_after(self, detailed_signal, handler, *args):
        """Connects a handler that is called after others."""
        return self._connect(NativeObjectPool.connect_after, detailed_signal, handler, args)

    def set_create_func(self, func, *user_data):
        """Sets what makes objects: func(pool, *user_data) returns one. None is for no function.

        What it raises is raised by whoever has wanted to borrow.
        """
        _set_function(NativeObjectPool.set_create_func, self, _create_at_home, func, user_data)
        self._has_own_create = func is not None
        if func is None:
            self._make_by_class()

    def set_reset_func(self, func, *user_data):
        """Sets what prepares an object that has come back: func(pool, object, *user_data).

        It returns whether the object can be used again. If it raises something, that is printed,
        and the object discarded. None is for no function.
        """
        check = functools.partial(_check_at_home, "reset")
        _set_function(NativeObjectPool.set_reset_func, self, check, func, user_data)

    def set_validate_func(self, func, *user_data):
        """Sets what looks at an object before it is lent again: func(pool, object, *user_data).

        It returns whether the object can be used. If it raises something, that is printed, and
        the object discarded. None is for no function.
        """
        check = functools.partial(_check_at_home, "validate")
        _set_function(NativeObjectPool.set_validate_func, self, check, func, user_data)

    # --- Properties ---

    @property
    def max_objects(self):
        """How many objects there can be at a time, or 0 for no limit."""
        return self.get_max_objects()

    @max_objects.setter
    def max_objects(self, max_objects):
        self.set_max_objects(max_objects)

    @raises
    def set_max_objects(self, max_objects):
        """Sets how many objects there can be at a time: 0 is for no limit."""
        NativeObjectPool.set_max_objects(self, to_number("max_objects", max_objects, GLib.MAXUINT))

    @property
    def max_idle(self):
        """How many objects are kept while nobody uses them, or 0 for no limit."""
        return self.get_max_idle()

    @max_idle.setter
    def max_idle(self, max_idle):
        self.set_max_idle(max_idle)

    @raises
    def set_max_idle(self, max_idle):
        """Sets how many objects are kept while nobody uses them: 0 is for no limit."""
        NativeObjectPool.set_max_idle(self, to_number("max_idle", max_idle, GLib.MAXUINT))

    @property
    def min_idle(self):
        """How many idle objects idle_timeout and trim() leave alone."""
        return self.get_min_idle()

    @min_idle.setter
    def min_idle(self, min_idle):
        self.set_min_idle(min_idle)

    @raises
    def set_min_idle(self, min_idle):
        """Sets how many idle objects idle_timeout and trim() leave alone."""
        NativeObjectPool.set_min_idle(self, to_number("min_idle", min_idle, GLib.MAXUINT))

    @property
    def idle_timeout(self):
        """After how many milliseconds an idle object is dropped, or 0 for never."""
        return self.get_idle_timeout()

    @idle_timeout.setter
    def idle_timeout(self, idle_timeout):
        self.set_idle_timeout(idle_timeout)

    @raises
    def set_idle_timeout(self, idle_timeout):
        """Sets after how many milliseconds an idle object is dropped: 0 is for never."""
        NativeObjectPool.set_idle_timeout(self, to_number("idle_timeout", idle_timeout, GLib.MAXUINT))

    @property
    def max_age(self):
        """After how many milliseconds an object is not lent again, or 0 for never."""
        return self.get_max_age()

    @max_age.setter
    def max_age(self, max_age):
        self.set_max_age(max_age)

    @raises
    def set_max_age(self, max_age):
        """Sets after how many milliseconds an object is not lent again: 0 is for never."""
        NativeObjectPool.set_max_age(self, to_number("max_age", max_age, GLib.MAXUINT))

    @property
    def sharing(self):
        """What becomes of an object that comes back while others refer to it, an Fsmm.Sharing."""
        return self.get_sharing()

    @sharing.setter
    def sharing(self, sharing):
        self.set_sharing(sharing)

    def set_sharing(self, sharing):
        """Sets what becomes of an object that comes back while others refer to it."""
        NativeObjectPool.set_sharing(self, _to_sharing(sharing))

    def __repr__(self):
        if not exists(self):
            return super().__repr__()
        name = f' "{self.name}"' if self.name is not None else ""
        return (
            f"<Fsmm.ObjectPool{name} at {hash(self):#x}: {self.item_type.name}, {self.n_lent} lent, "
            f"{self.n_idle} idle, {self.n_lingering} released but still referenced "
            f"({describe_limit(self.max_objects)})>"
        )
