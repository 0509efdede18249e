# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fsmm.Block."""

import ctypes
import operator

from gi.module import get_introspection_module
from gi.repository import GLib

from ._errors import ReleasedError, make_error, raises, to_own_error
from ._names import list_names
from ._shared import HandleMeta, refuse_subclass, without_copies
from ._waiting import hand_on

Fsmm = get_introspection_module("Fsmm")
NativeBlock = Fsmm.Block


def to_bytes(data):
    """What is to be written, as bytes: from a buffer, or from numbers."""
    try:
        return memoryview(data).tobytes()
    except TypeError:
        return bytes(iter(data))


@without_copies("there is one owner of a block; copy what is in it with bytes(block)")
class Block(NativeBlock, metaclass=HandleMeta):
    """A handle that owns a block of a pool: see Fsmm.Pool.acquire.

        with pool.acquire() as block:
            block[:5] = b"hello"
            block[5] = 33
            print(bytes(block[:6]))

    It is a sequence of bytes whose length does not change. When the with statement ends, whatever
    happened in it, the block goes back to its pool; without one, it does so when the handle is
    gone, or with release(). A handle whose block is gone raises Fsmm.ReleasedError,
    and is false in a condition.

    Reading and writing copies bytes. view() shows the memory itself.

    A block is equal to bytes, a bytearray or a memoryview with the same content, while it is there,
    and to no other block: compare bytes(block). It is hashed as the handle that it is, so do not
    mix blocks and bytes in one set or dict. It takes no attributes of a program's own.
    """

    __init_subclass__ = classmethod(refuse_subclass)

    _pool = None  # where a task has waited for it

    @raises
    def read(self, offset, n_bytes):
        """Returns n_bytes of the block from offset on, as bytes: a copy.

        Raises Fsmm.OutOfRangeError, which is an IndexError, if there are not that many.
        """
        offset, n_bytes = self._to_range("read", offset, n_bytes)
        return NativeBlock.read(self, offset, n_bytes)

    @raises
    def write(self, offset, data):
        """Copies data into the block from offset on: from a buffer, or an iterable of numbers.

        Raises Fsmm.OutOfRangeError, which is an IndexError, if there is not that much room: then
        nothing is written.
        """
        data = to_bytes(data)
        offset, _ = self._to_range("write", offset, len(data))
        return NativeBlock.write(self, offset, data)

    @raises
    def write_bytes(self, offset, bytes):
        """Copies a GLib.Bytes into the block, as write() does with what Python has for bytes."""
        offset, _ = self._to_range("write", offset, bytes.get_size())
        return NativeBlock.write_bytes(self, offset, bytes)

    def _to_range(self, what, offset, n_bytes):
        """Refuses numbers that C cannot take as a gsize; the others are checked there."""
        offset, n_bytes = operator.index(offset), operator.index(n_bytes)
        if 0 <= offset <= GLib.MAXSIZE and 0 <= n_bytes <= GLib.MAXSIZE:
            return offset, n_bytes
        raise make_error(
            Fsmm.Error.OUT_OF_RANGE,
            f"cannot {what} {n_bytes} bytes at offset {offset}: the block has {len(self)}",
        )

    @raises
    def get_bytes(self):
        """Returns the block's own memory as a GLib.Bytes. In Python, view() is of more use."""
        return NativeBlock.get_bytes(self)

    def view(self):
        """Returns a memoryview of the block's own memory, to read and to write without a copy.

        The memory stays where it is for as long as there is the view, or anything made of it:
        slices, ctypes structures, numpy arrays. A release takes effect only when the last of these
        is gone, and so does Fsmm.Pool.free_all() for this memory.
        """
        # A block does not move. If it is gone, there are no bytes to be had, and that is the error.
        address = self.get_address()
        data = self.get_bytes()
        memory = (ctypes.c_ubyte * len(self)).from_address(address)
        memory._keeps = data
        return memoryview(memory).cast("B")

    def _release(self):
        is_released = NativeBlock.release(self)
        if self._pool is not None:
            hand_on(self._pool)
        return is_released

    @raises
    def release(self):
        """Gives the block back to its pool now; where a view shows it, when that is gone.

        Raises Fsmm.ReleasedError if it is gone already.
        """
        return self._release()

    def is_live(self):
        """Tells whether the block is there: neither released, nor dropped by free_all()."""
        return NativeBlock.is_live(self)

    def get_size(self):
        """Returns how many bytes of the block can be used, as len() does."""
        return NativeBlock.get_size(self)

    def get_address(self):
        """Returns where the block lies, or None if it is gone. It keeps nothing, unlike view()."""
        return NativeBlock.get_address(self) or None

    def copy(self):
        """Raises TypeError: there is one owner of a block."""
        self.__copy__()

    def __enter__(self):
        if not self:
            self.read(0, 0)  # raises what there is to say
        return self

    def __exit__(self, *_):
        try:
            self._release()
        except GLib.Error as error:
            if error.code != Fsmm.Error.RELEASED:
                raise to_own_error(error) from None

    def __len__(self):
        return self.get_size()

    def __bool__(self):
        return self.is_live()

    def __bytes__(self):
        return self.read(0, len(self))

    def __iter__(self):
        return iter(bytes(self))

    def __eq__(self, other):
        if not isinstance(other, (bytes, bytearray, memoryview)):
            return NativeBlock.__eq__(self, other)
        try:
            return memoryview(other).nbytes == len(self) and bytes(self) == bytes(other)
        except (ReleasedError, ValueError):  # of a memoryview
            return False

    def __ne__(self, other):
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    __hash__ = NativeBlock.__hash__

    def __setattr__(self, name, value):
        if hasattr(type(self), name):
            raise AttributeError(f'"{name}" of a block cannot be set')
        names = [name for name in dir(type(self)) if not name.startswith("_")]
        listed = list_names(name, names, "it has")
        raise AttributeError(f'a block has no attribute "{name}": {listed}')

    def __contains__(self, value):
        return value in bytes(self)

    def _to_offset(self, key):
        index, size = operator.index(key), len(self)
        if -size <= index < size:
            return index % size
        raise make_error(
            Fsmm.Error.OUT_OF_RANGE, f"there is no byte {index}: the block has {size} bytes"
        )

    def __getitem__(self, key):
        if not isinstance(key, slice):
            return self.read(self._to_offset(key), 1)[0]
        start, stop, step = key.indices(len(self))
        if step == 1:
            return self.read(start, max(stop - start, 0))
        return bytes(self)[key]

    def __setitem__(self, key, value):
        if not isinstance(key, slice):
            self.write(self._to_offset(key), bytes((operator.index(value),)))
            return

        places = range(*key.indices(len(self)))
        data = to_bytes(value)
        if len(data) != len(places):
            raise ValueError(
                f"cannot put {len(data)} bytes in the place of {len(places)}: "
                "the size of a block does not change"
            )
        if places.step == 1:
            self.write(places.start, data)
        else:
            self.view()[key] = data

    def __repr__(self):
        address = self.get_address()
        if address is None:
            return f"<Fsmm.Block, {len(self)} bytes, released>"
        return f"<Fsmm.Block at {address:#x}, {len(self)} bytes, live>"
