# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for room in a pool in a task of asyncio.

A task that must wait stands in a line that its loop has for the pool. What is released in the
thread of the loop is for that line, without anything of GLib. Who has stood there in vain for a
short time goes to the library's queue, since what it waits for may be released elsewhere: by
another thread, or by the collector. The library serves its queue first, so the line overtakes
nobody there for longer.

To hand each block over would let the loop go round once more for each. So mostly a task that comes
while there is room overtakes those in the line, as threads do in the library. When it may not is
left to chance: tasks that take turns could be in step with whatever is counted, and one of them
would never wait.
"""

import collections
import collections.abc
import random
from asyncio import _get_running_loop, get_running_loop

from gi.repository import GLib

from ._errors import DOMAIN, raise_only, to_own_error
from ._queue import Request
from ._waiting import PATIENCE, says_no_room

PRIORITY_DEFAULT = GLib.PRIORITY_DEFAULT  # to look it up takes long

# How many of those that could overtake the others in a line do so.
OVERTAKING = 7 / 8


def _give_back(future):
    """Gives back what a future has that nobody takes."""
    if not future.cancelled() and future.exception() is None:
        future.result().__exit__()


def take(pool, cancellable=None):
    """Takes something from a pool for a task, or returns None if there is no room."""
    try:
        handle = pool._wait(0, cancellable)
    except GLib.Error as error:
        if says_no_room(error):
            return None
        own = [to_own_error(error)]
    else:
        handle.__dict__["_pool"] = pool
        return handle
    raise_only(own)


class _Line:
    """The tasks of one loop that wait for one pool, each for a short time."""

    __slots__ = ("is_scheduled", "loop", "pool", "room", "waiters")

    def __init__(self, pool, loop):
        self.pool, self.loop = pool, loop
        self.waiters = collections.deque()
        self.room = 0  # how many have been released for the line, and not been taken
        self.is_scheduled = False

    def take(self, cancellable):
        """Takes something for a task that comes, if there may be room, and else returns None."""
        if self.room == 0 and self.waiters:
            return None
        self.room = max(self.room - 1, 0)
        return take(self.pool, cancellable)

    def note_room(self):
        """Is called when something has been released in the thread of the loop."""
        self.room += 1
        if random.random() > OVERTAKING:
            self.serve()
        elif not self.is_scheduled:
            self.is_scheduled = True
            self.loop.call_soon(self.serve)

    def serve(self):
        """Hands what has been released to those who came first."""
        self.is_scheduled = False
        while self.room > 0 and self.waiters:
            # A finalizer that runs meanwhile may release another one, and come here as well.
            waiter, handle = self.waiters.popleft(), None
            if waiter.future.done():
                continue
            self.room -= 1
            try:
                handle = take(self.pool)
            except Exception as error:
                if getattr(error, "domain", None) == DOMAIN:
                    self.room = 0  # the queue has words for that
                else:
                    waiter.fail(error)
            finally:
                if handle is None and not waiter.future.done():
                    self.waiters.appendleft(waiter)
            if handle is not None:
                waiter.get(handle)

    def look(self):
        """Sends those to the queue who have waited for too long. The line ends with the last."""
        now = self.loop.time()
        while self.waiters:
            waiter = self.waiters[0]
            if not waiter.future.done() and now < waiter.since + PATIENCE:
                self.loop.call_at(waiter.since + PATIENCE, self.look)
                return
            # Before all else: a finalizer that runs meanwhile may serve those behind it.
            self.waiters.popleft()
            if not waiter.future.done():
                waiter.try_to_go_to_queue()
        self.pool._lines.pop(self.loop, None)


class _Lines(dict):
    """The lines for one pool, by their loops."""

    def ensure(self, pool, loop):
        """Returns the line of a loop. Those of loops that were closed are forgotten."""
        line = self.get(loop)
        if line is None:
            for other in list(self):
                if other.is_closed():
                    self.pop(other, None)
            line = self[loop] = _Line(pool, loop)
            loop.call_later(PATIENCE, line.look)
        return line

    def note_room(self):
        """Is called when something has been released, in any thread."""
        line = self.get(_get_running_loop())
        if line is not None:
            line.note_room()


class Waiter:
    """A task that waits."""

    __slots__ = ("future", "loop", "pool", "request", "since")

    def __init__(self, pool, loop):
        self.pool, self.loop, self.request = pool, loop, None
        self.future, self.since = loop.create_future(), loop.time()

    def go_to_queue(self, io_priority=PRIORITY_DEFAULT, cancellable=None):
        self.request = Request(self.pool, io_priority, cancellable, self._answer)

    def try_to_go_to_queue(self):
        """Without a thread that asks, the task has to be told."""
        try:
            self.go_to_queue()
        except Exception as error:
            self.fail(error)

    def get(self, handle):
        """Is called with what it has waited for."""
        if self.future.done():
            handle.__exit__()
        else:
            self.future.set_result(handle)

    def fail(self, error):
        """Is called if it has waited in vain."""
        if not self.future.done():
            self.future.set_exception(error)

    def withdraw(self):
        if self.request is not None:
            self.request.cancel()
        if not self.future.cancel():
            _give_back(self.future)

    def _answer(self, handle, error):
        """Is called in the thread that asks."""
        try:
            self.loop.call_soon_threadsafe(self._take_answer, handle, error)
        except RuntimeError:  # the loop is closed
            if handle is not None:
                handle.__exit__()

    def _take_answer(self, handle, error):
        self.request = None  # it leads back here, and what is in a cycle waits for the collector
        if handle is not None:
            handle.__dict__["_pool"] = self.pool
            self.get(handle)
        else:
            self.fail(to_own_error(error))


class _Nothing:
    """Can be awaited, and has nothing to wait for."""

    def __await__(self):
        return iter(())


_NOTHING = _Nothing()


class Acquisition(collections.abc.Coroutine):
    """What acquire_async() of a pool returns: it can be awaited, or be used by async with, once."""

    __slots__ = ("_cancellable", "_handle", "_io_priority", "_pool", "_steps")

    _make_waiter = Waiter

    def __init__(self, pool, io_priority, cancellable):
        self._pool, self._io_priority, self._cancellable = pool, io_priority, cancellable
        self._steps = self._handle = None

    def __await__(self):
        pool, self._pool = self._pool, None
        if pool is None:
            raise RuntimeError("this has been awaited already: ask the pool again")
        loop = get_running_loop()
        line = pool._lines and pool._lines.get(loop)
        if line:
            handle = line.take(self._cancellable)
        else:
            handle = take(pool, self._cancellable)
        if handle is None:
            handle = yield from self._wait(self._make_waiter(pool, loop))
        self._handle = handle
        return handle

    def _wait(self, waiter):
        if self._io_priority == PRIORITY_DEFAULT and self._cancellable is None:
            lines = waiter.pool.__dict__.setdefault("_lines", _Lines())
            lines.ensure(waiter.pool, waiter.loop).waiters.append(waiter)
        else:
            waiter.go_to_queue(self._io_priority, self._cancellable)
        try:
            return (yield from waiter.future)
        except BaseException:
            waiter.withdraw()
            raise

    def __aenter__(self):
        return self

    def __aexit__(self, *_):
        self._handle.__exit__()
        return _NOTHING

    # For asyncio.create_task(), which wants a coroutine.

    def send(self, value):
        """Goes on, as the coroutine that it is."""
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.send(value)

    def throw(self, *error):
        """Goes on with an error, as the coroutine that it is."""
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.throw(*error)

    def close(self):
        """Ends, as the coroutine that it is."""
        if self._steps is not None:
            self._steps.close()
