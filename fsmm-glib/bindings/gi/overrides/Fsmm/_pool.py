# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fsmm.Pool."""

import functools

from gi.module import get_introspection_module
from gi.repository import Gio

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

NativePool = get_introspection_module("Fsmm").Pool


@without_copies("its blocks are in one place; pass the pool itself on")
@with_attributes(
    name="What error messages call the pool, or None: then it is called by its address.",
    alloc_size="How many bytes of a block can be used.",
    block_size="How many bytes a block occupies: alloc_size, rounded up to the alignment.",
    chunk_bytes="The usable size of a chunk in bytes: memory comes from the system by the chunk.",
    alignment="Every block starts at a multiple of this many bytes.",
    max_blocks="How many blocks can be live at a time, or 0 for no limit.",
    n_chunks="How many chunks the pool holds now.",
    n_allocated="How many blocks are live now.",
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
