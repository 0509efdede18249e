# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for an object in a task of asyncio: what is different from waiting for a block."""

from . import _tasks
from ._home import NotThereError

# In seconds.
_FIRST_LOOK = 0.002
_LOOK_AGAIN = 0.05


class _Watch:
    """Looks after a pool while tasks of a loop wait in the library's queue for it.

    The pool does so itself in a main context, which asyncio does not run: it asks for objects that a
    program is to add, and finds out which ones nobody has any more. A call that does not wait does
    the same, and is not served before those that wait.
    """

    __slots__ = ("_is_looking", "_loop", "_n_waiting", "_pool")

    def __init__(self, pool, loop):
        self._pool, self._loop = pool, loop
        self._n_waiting, self._is_looking = 0, False

    def enter(self):
        self._n_waiting += 1
        if not self._is_looking:
            self._is_looking = True
            self._loop.call_later(_FIRST_LOOK, self._look, _FIRST_LOOK)

    def leave(self):
        self._n_waiting -= 1

    def _look(self, delay):
        if self._n_waiting == 0:
            self._is_looking = False
            self._pool._loops.pop(self._loop, None)
            return
        try:
            lease = _tasks.take(self._pool)
            if lease is not None:
                lease.release()
        except Exception:
            pass  # those that wait are told the same
        delay = min(2 * delay, _LOOK_AGAIN)
        self._loop.call_later(delay, self._look, delay)


def _ensure_watch(pool, loop):
    """Returns the watch of a loop. Those of loops that were closed are forgotten."""
    loops = pool.__dict__.setdefault("_loops", {})
    if loop not in loops:
        for other in list(loops):
            if other.is_closed():
                loops.pop(other, None)
        loops[loop] = _Watch(pool, loop)
    return loops[loop]


class _Waiter(_tasks.Waiter):
    """A task that waits for an object, in whose loop functions of the program can be called."""

    __slots__ = ("arguments", "watch")

    def go_to_queue(self, *arguments):
        self.arguments = arguments
        self.watch = _ensure_watch(self.pool, self.loop)
        super().go_to_queue(*arguments)
        self.watch.enter()

    def _take_answer(self, lease, error):
        self.watch.leave()
        super()._take_answer(lease, error)

    def fail(self, error):
        """Asks again if its loop was not running when an object was to be made there."""
        if not isinstance(error, NotThereError):
            super().fail(error)
        elif not self.future.done():
            self.go_to_queue(*self.arguments)


class _Entering:
    """Can be awaited for the object of a lease."""

    __slots__ = ("_borrowing",)

    def __init__(self, borrowing):
        self._borrowing = borrowing

    def __await__(self):
        lease = yield from self._borrowing.__await__()
        return lease.__enter__()


class Acquisition(_tasks.Acquisition):
    """What borrow_async() of a pool returns: async with gives the object, and await the lease."""

    __slots__ = ()

    _make_waiter = _Waiter

    def __aenter__(self):
        return _Entering(self)
