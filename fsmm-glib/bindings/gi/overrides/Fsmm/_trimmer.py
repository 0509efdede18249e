# SPDX-License-Identifier: LGPL-2.1-or-later
"""What gives memory back that pools do not need."""

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from ._errors import raises, to_number
from ._shared import refuse_subclass, with_keywords, without_copies

NativeTrimmer = get_introspection_module("Fsmm").Trimmer

_OF_THE_SYSTEM = object()


@without_copies("it is for all pools of the process; pass it on itself")
class Trimmer(NativeTrimmer):
    """Gives memory back to the system that the pools of this process do not need.

        trimmer = Fsmm.Trimmer(decay=5000, budget_bytes=200 << 20)
        trimmer.connect("over-budget", lambda trimmer, n_bytes: cache.clear())

    What has been free for decay milliseconds goes back, while a main loop runs; 0 is for never. If all
    pools hold more than budget_bytes, all that is free does, and over-budget is emitted if that is
    not enough; 0 is for no limit. Warnings are those of the system, of another Gio.MemoryMonitor, or
    with None of nobody.

    Keep it for as long as it is to work.
    """

    __init_subclass__ = classmethod(refuse_subclass)

    @with_keywords
    @raises
    def __init__(self, *, decay=10000, budget_bytes=0, memory_monitor=_OF_THE_SYSTEM):
        super().__init__(
            decay=to_number("decay", decay, GLib.MAXUINT),
            budget_bytes=to_number("budget_bytes", budget_bytes, GLib.MAXUINT64),
        )
        if memory_monitor is _OF_THE_SYSTEM:
            memory_monitor = Gio.MemoryMonitor.dup_default()
        self.set_memory_monitor(memory_monitor)

    @staticmethod
    def new():
        """Creates a trimmer that gives back what has been free for ten seconds."""
        return Trimmer()

    @property
    def decay(self):
        """After how many milliseconds memory that is free goes back, or 0 for never."""
        return self.get_decay()

    @decay.setter
    def decay(self, decay):
        self.set_decay(decay)

    @raises
    def set_decay(self, decay):
        """Sets after how many milliseconds memory that is free goes back: 0 is for never."""
        NativeTrimmer.set_decay(self, to_number("decay", decay, GLib.MAXUINT))

    @property
    def budget_bytes(self):
        """How many bytes all pools together should hold at most, or 0 for any number."""
        return self.get_budget_bytes()

    @budget_bytes.setter
    def budget_bytes(self, budget_bytes):
        self.set_budget_bytes(budget_bytes)

    @raises
    def set_budget_bytes(self, budget_bytes):
        """Sets how many bytes all pools together should hold at most: 0 is for any number."""
        NativeTrimmer.set_budget_bytes(self, to_number("budget_bytes", budget_bytes, GLib.MAXUINT64))

    @property
    def memory_monitor(self):
        """The Gio.MemoryMonitor whose warnings are followed, or None."""
        return self.get_memory_monitor()

    @memory_monitor.setter
    def memory_monitor(self, memory_monitor):
        self.set_memory_monitor(memory_monitor)
