# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fsmm.TypedPool."""

import functools
import types

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from ._errors import UnsupportedTypeError, raises, to_size
from ._looking import make_vanish
from ._plain import ensure_layout, to_gtype
from ._shared import (
    describe_limit,
    exists,
    refuse_subclass,
    take_many,
    with_attributes,
    with_keywords,
    without_copies,
)
from ._waiting import wait, wait_async

NativeTypedPool = get_introspection_module("Fsmm").TypedPool


def new_pool(item_type, chunk_bytes=0):
    """Fsmm.TypedPool.new(item_type, chunk_bytes=0) creates a pool without a name or a limit.

    Called on a pool, new makes an instance there, with values in its fields, as acquire does, which
    is the name to prefer.
    """
    return TypedPool(item_type=item_type, chunk_bytes=chunk_bytes)


# What Python calls it in errors.
new_pool.__qualname__ = "TypedPool.new"


class New:
    """Is a constructor for the class, as introspection has it, and a method for a pool."""

    def __get__(self, pool, owner):
        return new_pool if pool is None else pool.acquire


@without_copies("its instances are in one place; pass the pool itself on")
@with_attributes(
    item_type="The type whose instances live in the pool.",
    name="What error messages call the pool: the name of its type, if nothing else was given.",
    pool="The pool that has the instances' blocks, to look at: it hands out none itself.",
    n_allocated="How many instances are live now.",
    n_waiting="How many threads and requests wait for an instance now.",
    peak_allocated="The most instances that were ever live at a time.",
)
class TypedPool(NativeTypedPool):
    """A pool whose blocks are instances of one boxed type.

        pool = Fsmm.TypedPool(item_type=Gdk.RGBA, max_blocks=1000)
        with pool.acquire(red=1, alpha=1) as colour:
            colour.green = 0.5

    item_type is a class, a GObject.GType, or the name of a type. It is one for which C code has
    registered a layout, such as GLib.Date, or a struct that is plain data, without a pointer in it.
    For the other arguments see Fsmm.Pool.

    A type that cannot live in a pool raises Fsmm.UnsupportedTypeError, which is a TypeError.

    There is no way to go over the instances that are live: nothing would keep one alive while it is
    shown, if another thread destroys it. Keep the boxes that acquire() returns.

    All methods can be called from any thread. A box keeps its pool alive.
    """

    __init_subclass__ = classmethod(refuse_subclass)

    # What it waits by, and the tasks of each loop that wait.
    _wait, _begin, _end = (
        NativeTypedPool.alloc_wait, NativeTypedPool.alloc_async, NativeTypedPool.alloc_finish
    )
    _lines = None

    @with_keywords
    @raises
    def __init__(self, *, item_type, name=None, chunk_bytes=0, max_blocks=0):
        gtype = to_gtype(item_type)
        ensure_layout(gtype)
        super().__init__(
            item_type=gtype,
            name=name,
            chunk_bytes=to_size("chunk_bytes", chunk_bytes),
            max_blocks=to_size("max_blocks", max_blocks),
        )
        Gio.Initable.init(self, None)

    __class_getitem__ = classmethod(types.GenericAlias)  # what is in it, for type checkers

    new = New()

    @property
    def chunk_bytes(self):
        """The usable size of a chunk in bytes: memory comes from the system by the chunk."""
        return self.pool.chunk_bytes

    @staticmethod
    def new_full(name, item_type, chunk_bytes, max_blocks):
        """Creates a pool as C does: Fsmm.TypedPool() does the same with keywords."""
        return TypedPool(
            name=name, item_type=item_type, chunk_bytes=chunk_bytes, max_blocks=max_blocks
        )

    @staticmethod
    @raises
    def get_default(item_type):
        """Returns the pool that copies of the type come from, if C code has defined it so.

        It is made when it is first asked for, and stays. None if the type cannot live in a pool.
        """
        gtype = to_gtype(item_type)
        try:
            ensure_layout(gtype)
        except UnsupportedTypeError:
            return None
        return NativeTypedPool.get_default(gtype)

    def acquire(self, /, **fields):
        """Makes an instance, with values in its fields, and returns the box that owns it, an Fsmm.Box.

            with pool.acquire(x=1, y=2) as point:
                print(point.x)

        Other fields are as the type's own function makes them, and 0 where it has none.

        Raises TypeError for a field that cannot be set, Fsmm.ExhaustedError if max_blocks instances
        are live, and Fsmm.NoMemoryError, which is a MemoryError, if there is no memory. Since: 1.2.
        """
        box = self.alloc()
        if not fields:
            return box
        try:
            box._set(fields.items())
        except AttributeError as error:
            box.drop()
            raise TypeError(str(error)) from None
        except BaseException:
            box.drop()
            raise
        return box

    @raises
    def alloc(self):
        """Makes an instance, and returns the box that owns it: acquire() is the name to prefer."""
        return NativeTypedPool.alloc(self)

    @raises
    def acquire_copy(self, value):
        """Makes a copy of an instance, and returns the box that owns it, an Fsmm.Box.

        Raises Fsmm.InvalidArgumentError, which is a ValueError, if value is not of the pool's type,
        and otherwise what acquire() does. Since: 1.2.
        """
        return NativeTypedPool.alloc_value(self, value)

    def alloc_value(self, value):
        """Makes a copy of an instance: acquire_copy() is the name to prefer."""
        return self.acquire_copy(value)

    @raises
    def acquire_wait(self, timeout=None, cancellable=None):
        """Makes an instance, and sleeps until there is room, for timeout seconds at most.

            with pool.acquire_wait(2.5) as point:
                point.x = 1

        None, or a negative number, is for ever. Who came first is served first.

        Raises Fsmm.TimedOutError, which is a TimeoutError, Fsmm.ClosedError if the pool is
        flushing, and GLib.Error if cancellable, a Gio.Cancellable, is cancelled. Since: 1.2.
        """
        return wait(self, timeout, cancellable)

    def alloc_wait(self, timeout=None, cancellable=None):
        """Makes an instance, and may sleep: acquire_wait() is the name to prefer. Since: 1.2."""
        return self.acquire_wait(timeout, cancellable)

    def acquire_async(
        self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data
    ):
        """Makes an instance, and lets other tasks run until there is room for it.

            async with pool.acquire_async() as point:
                point.x = 1

        For all else, see Fsmm.Pool.acquire_async. Since: 1.2.
        """
        return wait_async(self, io_priority, cancellable, callback, user_data)

    def alloc_async(
        self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data
    ):
        """Makes an instance, and may wait: acquire_async() is the name to prefer. Since: 1.2."""
        return wait_async(self, io_priority, cancellable, callback, user_data)

    @raises
    def alloc_finish(self, result):
        """Returns the box that acquire_async() was called for with a callback. Since: 1.2."""
        return self._end(result)

    @raises
    def acquire_many(self, n_instances):
        """Makes n_instances instances, or none, and returns a list of the boxes that own them.

        Each is as from acquire(). Raises Fsmm.ExhaustedError if max_blocks does not allow so many,
        and Fsmm.NoMemoryError if there is no memory. Since: 1.2.
        """
        n = to_size("n_instances", n_instances)
        return take_many(self.pool, n, functools.partial(NativeTypedPool.alloc, self))

    @property
    def max_blocks(self):
        """How many instances can be live at a time, or 0 for no limit."""
        return self.get_max_blocks()

    @max_blocks.setter
    def max_blocks(self, max_blocks):
        self.set_max_blocks(max_blocks)

    def set_max_blocks(self, max_blocks):
        """Sets how many instances can be live at a time: 0 is for no limit.

        If more are live, they stay, and there is no other one until enough of them are gone.
        Since: 1.2.
        """
        NativeTypedPool.set_max_blocks(self, to_size("max_blocks", max_blocks))

    @property
    def flushing(self):
        """Whether nobody may wait: then all that waits, or can wait, raises Fsmm.ClosedError."""
        return self.get_flushing()

    @flushing.setter
    def flushing(self, flushing):
        self.set_flushing(flushing)

    def free_all(self):
        """Clears every live instance, returns all memory to the system, and returns their number.

        Boxes raise Fsmm.ReleasedError from then on.
        """
        n_live = self.n_allocated
        n_dropped = []
        make_vanish(lambda: n_dropped.append(NativeTypedPool.free_all(self)))
        return n_dropped[0] if n_dropped else n_live

    def run_dispose(self):
        """Clears every live instance, for good: none can be made afterwards."""
        make_vanish(functools.partial(NativeTypedPool.run_dispose, self))

    def __repr__(self):
        if not exists(self):
            return super().__repr__()
        name = f' "{self.name}"' if self.name != self.item_type.name else ""
        return (
            f"<Fsmm.TypedPool{name} at {hash(self):#x}: {self.item_type.name} of "
            f"{self.pool.alloc_size} bytes, {self.n_allocated} live "
            f"({describe_limit(self.max_blocks)}), {self.peak_allocated} at the peak>"
        )
