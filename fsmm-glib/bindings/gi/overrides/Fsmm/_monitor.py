# SPDX-License-Identifier: LGPL-2.1-or-later
"""A list of all pools of the process."""

from gi.module import get_introspection_module
from gi.repository import GLib

from ._errors import raises, to_number
from ._shared import (
    describe_limit,
    exists,
    refuse_subclass,
    with_attributes,
    with_keywords,
    without_copies,
)

Fsmm = get_introspection_module("Fsmm")
NativeMonitor = Fsmm.Monitor
NativePoolInfo = Fsmm.PoolInfo


@without_copies("there is one for each pool, in the list of a Monitor")
@with_attributes(
    id="A number that no other pool of this process ever has.",
    name="The name of the pool, or None.",
    kind="What kind of pool it is: one of Fsmm.PoolKind.",
    item_type="The type of what lives in the pool, or that it lends, or GObject.TYPE_NONE.",
    alloc_size="The size of a block in bytes, or 0 for a pool of objects.",
    n_allocated="How many blocks are live, or how many objects are lent.",
    peak_allocated="The most that n_allocated has ever been.",
    max_blocks="The maximum number of blocks, or of objects, or 0 for no limit.",
    n_waiting="How many threads and requests wait.",
    reserved_bytes="How many bytes the pool holds in chunks, or 0 for a pool of objects.",
    alloc_rate="How many were taken in a second, between the last two looks.",
)
class PoolInfo(NativePoolInfo):
    """What a Monitor knows of one pool: a row of its list.

    The figures are those of the last refresh(), and notify is emitted when that finds others. A row
    does not keep its pool alive: dup_pool() returns the pool of blocks, or None if it is gone.
    """

    __init_subclass__ = classmethod(refuse_subclass)

    def __init__(self, *_, **__):
        raise TypeError("Fsmm.PoolInfo is a row of the list that an Fsmm.Monitor is")

    def __repr__(self):
        if not exists(self):
            return super().__repr__()
        name = f' "{self.name}"' if self.name is not None else ""
        return (
            f"<Fsmm.PoolInfo {self.id}{name}: {self.kind.value_nick}, {self.n_allocated} live "
            f"({describe_limit(self.max_blocks)}), {self.peak_allocated} at the peak, "
            f"{self.reserved_bytes} bytes in chunks>"
        )


@without_copies("it is a list that changes; list(monitor) has the rows of now")
class Monitor(NativeMonitor):
    """A list of all pools of this process, those of libraries too: a Gio.ListModel of PoolInfo.

        monitor = Fsmm.Monitor(interval=1000)
        for info in monitor:
            print(info.name, info.n_allocated, info.alloc_rate)

    It looks at all pools when it is made, when refresh() is called, and after each interval of
    milliseconds while a main loop runs; 0 is for never.

    Use it only in the thread that made it.
    """

    __init_subclass__ = classmethod(refuse_subclass)

    @with_keywords
    @raises
    def __init__(self, *, interval=0):
        super().__init__(interval=to_number("interval", interval, GLib.MAXUINT))

    @staticmethod
    def new(interval_ms=0):
        """Creates a monitor that looks again after that many milliseconds, or never."""
        return Monitor(interval=interval_ms)

    @property
    def interval(self):
        """After how many milliseconds it looks again, or 0 for only when it is told to."""
        return self.get_interval()

    @interval.setter
    def interval(self, interval):
        self.set_interval(interval)

    @raises
    def set_interval(self, interval_ms):
        """Sets after how many milliseconds it looks again: 0 is for never."""
        NativeMonitor.set_interval(self, to_number("interval_ms", interval_ms, GLib.MAXUINT))

    def get_stats(self):
        """The figures of all rows, as a list of dictionaries: {"id": 2, "name": "nodes", …}."""
        return NativeMonitor.get_stats(self).unpack()

    def __iter__(self):
        """The rows of now, whatever becomes of the list meanwhile."""
        return iter([self.get_item(i) for i in range(self.get_n_items())])

    def __bool__(self):
        return True

    def __repr__(self):
        if not exists(self):
            return super().__repr__()
        interval = f"every {self.interval} ms" if self.interval else "when it is told to"
        return f"<Fsmm.Monitor at {hash(self):#x}: {len(self)} pools, looks {interval}>"
