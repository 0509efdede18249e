# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fsmm.Pool."""

import functools

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from ._errors import raises, to_size, to_size_or_auto
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

NativePool = get_introspection_module("Fsmm").Pool


@without_copies("its blocks are in one place; pass the pool itself on")
@with_attributes(
    name="What error messages call the pool, or None: then it is called by its address.",
    alloc_size="How many bytes of a block can be used.",
    block_size="How many bytes a block occupies: alloc_size, rounded up to the alignment.",
    chunk_bytes="The usable size of a chunk in bytes: memory comes from the system by the chunk.",
    alignment="Every block starts at a multiple of this many bytes.",
    n_chunks="How many chunks the pool holds now.",
    n_allocated="How many blocks are live now.",
    n_waiting="How many threads and requests wait for a block now.",
    n_free="How many blocks can be taken before the pool needs another chunk.",
    peak_allocated="The most blocks that were ever live at a time.",
    reserved_bytes="How many bytes the pool holds in chunks now.",
)
class Pool(NativePool):
    """Hands out blocks of one size, and checks every block that comes back.

        pool = Fsmm.Pool(alloc_size=64, name="packets", max_blocks=1000)
        with pool.acquire() as block:
            block[:5] = b"hello"

    alloc_size is how many bytes of a block can be used, from 1 to 4 GiB. Messages call the pool by
    its name. Every block starts at a multiple of alignment, a power of two. chunk_bytes is how much
    memory is taken from the system at a time, at least 1024. At most max_blocks can be live at a
    time. 0 stands for what suits every C type of that size, for a good size, and for no limit.
    free_all() keeps retain_bytes of memory, or with -1 as much as is used again each time.

    A size that makes no sense raises Fsmm.InvalidArgumentError, which is a ValueError.

    All methods can be called from any thread. A handle on a block keeps the pool alive.
    """

    __init_subclass__ = classmethod(refuse_subclass)

    # What it waits by, and the tasks of each loop that wait.
    _wait, _begin, _end = (
        NativePool.acquire_wait, NativePool.acquire_async, NativePool.acquire_finish
    )
    _lines = None

    @with_keywords
    @raises
    def __init__(
        self, *, alloc_size, name=None, alignment=0, chunk_bytes=0, max_blocks=0, retain_bytes=-1
    ):
        super().__init__(
            name=name,
            alloc_size=to_size("alloc_size", alloc_size),
            alignment=to_size("alignment", alignment),
            chunk_bytes=to_size("chunk_bytes", chunk_bytes),
            max_blocks=to_size("max_blocks", max_blocks),
            retain_bytes=to_size_or_auto("retain_bytes", retain_bytes),
        )
        Gio.Initable.init(self, None)

    @staticmethod
    def new(alloc_size, chunk_bytes=0):
        """Creates a pool without a name or a limit: Fsmm.Pool() has more to choose."""
        return Pool(alloc_size=alloc_size, chunk_bytes=chunk_bytes)

    @staticmethod
    def new_full(name, alloc_size, alignment, chunk_bytes, max_blocks):
        """Creates a pool as C does: Fsmm.Pool() does the same with keywords."""
        return Pool(
            name=name,
            alloc_size=alloc_size,
            alignment=alignment,
            chunk_bytes=chunk_bytes,
            max_blocks=max_blocks,
        )

    @raises
    def acquire(self):
        """Takes a block whose bytes are all 0, and returns the handle that owns it, an Fsmm.Block.

        Raises Fsmm.ExhaustedError if max_blocks are live, and Fsmm.NoMemoryError,
        which is a MemoryError, if the system has no memory for another chunk.
        """
        return NativePool.acquire(self)

    @raises
    def acquire_wait(self, timeout=None, cancellable=None):
        """Takes a block as acquire() does, and sleeps until there is one: at most timeout seconds.

            with pool.acquire_wait(2.5) as block:
                block[:5] = b"hello"

        None, or a negative number, is for ever. Who came first is served first.

        Raises Fsmm.TimedOutError, which is a TimeoutError, Fsmm.ClosedError if the pool is
        flushing, and GLib.Error if cancellable, a Gio.Cancellable, is cancelled. Since: 1.2.
        """
        return wait(self, timeout, cancellable)

    def acquire_async(
        self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data
    ):
        """Takes a block as acquire() does, and lets other tasks run until there is one.

            async with pool.acquire_async() as block:
                await send(block.view())

            block = await pool.acquire_async()

        It asks when it is awaited. A task that is cancelled loses no block. Who has a lower
        io_priority is served first, and then who came first. Only tasks that have waited for a
        thousandth of a second are counted by n_waiting, and have a place in the order of all.

        Raises Fsmm.ClosedError if the pool is flushing, and GLib.Error if cancellable, a
        Gio.Cancellable, is cancelled.

        With a callback this returns None, and callback(pool, result, *user_data) is called in the
        main context of this thread, for acquire_finish(). Since: 1.2.
        """
        return wait_async(self, io_priority, cancellable, callback, user_data)

    @raises
    def acquire_finish(self, result):
        """Returns the block that acquire_async() was called for with a callback. Since: 1.2."""
        return self._end(result)

    @raises
    def acquire_many(self, n_blocks):
        """Takes n_blocks blocks, or none, and returns a list of handles, each as from acquire().

        Raises Fsmm.ExhaustedError if max_blocks does not allow so many, and
        Fsmm.NoMemoryError if there is no memory. Since: 1.2.
        """
        n = to_size("n_blocks", n_blocks)
        return take_many(self, n, functools.partial(NativePool.acquire, self))

    @raises
    def reserve(self, n_blocks):
        """Takes memory from the system until n_blocks can be taken without asking for more.

        Raises Fsmm.ExhaustedError if max_blocks does not allow so many, and
        Fsmm.NoMemoryError if there is no memory.
        """
        return NativePool.reserve(self, to_size("n_blocks", n_blocks))

    def free_all(self):
        """Drops all blocks, returns their memory to the system, and returns how many were live.

        As much of it as retain_bytes says stays for the next blocks. Their handles raise
        Fsmm.ReleasedError from then on. Memory that a view shows stays until the view is gone.
        """
        return NativePool.free_all(self)

    def trim(self):
        """Returns memory without a live block to the system, and returns how many bytes that is."""
        return NativePool.trim(self)

    @property
    def max_blocks(self):
        """How many blocks can be live at a time, or 0 for no limit."""
        return self.get_max_blocks()

    @max_blocks.setter
    def max_blocks(self, max_blocks):
        self.set_max_blocks(max_blocks)

    def set_max_blocks(self, max_blocks):
        """Sets how many blocks can be live at a time: 0 is for no limit.

        If more are live, they stay, and there is no other one until enough of them are gone.
        Since: 1.2.
        """
        NativePool.set_max_blocks(self, to_size("max_blocks", max_blocks))

    @property
    def flushing(self):
        """Whether nobody may wait: then all that waits, or can wait, raises Fsmm.ClosedError."""
        return self.get_flushing()

    @flushing.setter
    def flushing(self, flushing):
        self.set_flushing(flushing)

    @property
    def retain_bytes(self):
        """How much memory free_all() keeps, in bytes, or -1 to have it chosen."""
        return self.get_retain_bytes()

    @retain_bytes.setter
    def retain_bytes(self, retain_bytes):
        self.set_retain_bytes(retain_bytes)

    def set_retain_bytes(self, retain_bytes):
        """Sets how much memory free_all() keeps, in bytes: -1 has it chosen by what is used."""
        NativePool.set_retain_bytes(self, to_size_or_auto("retain_bytes", retain_bytes))

    def __repr__(self):
        if not exists(self):
            return super().__repr__()
        name = f' "{self.name}"' if self.name is not None else ""
        return (
            f"<Fsmm.Pool{name} at {hash(self):#x}: blocks of {self.alloc_size} bytes, "
            f"{self.n_allocated} live ({describe_limit(self.max_blocks)}), "
            f"{self.peak_allocated} at the peak, {self.reserved_bytes} bytes in chunks>"
        )
