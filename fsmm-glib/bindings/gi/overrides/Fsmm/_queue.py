# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests that wait in the library's own queue, for programs that run no main context.

The library answers a request in the main context of the thread that asks. asyncio runs none. So
there is a thread with a context for all of them, which asks, and passes the answers on. It is
started when something must wait for the first time.
"""

import collections
import os
import threading

from gi.repository import Gio, GLib, GObject

from ._home import leave_home


class Follower(Gio.Cancellable):
    """Can be cancelled by whoever made it, and is cancelled with another one, if there is one."""

    def __init__(self, leader=None):
        super().__init__()
        self._leader = leader
        if leader is not None:
            # Gio.Cancellable has a connect() of its own, with which this could not end.
            self._handler = GObject.Object.connect(leader, "cancelled", lambda _: self.cancel())
            if leader.is_cancelled():
                self.cancel()

    def leave(self):
        """Does not follow the other one any more."""
        leader, self._leader = self._leader, None
        if leader is not None:
            GObject.Object.disconnect(leader, self._handler)


def _send_to_task(pool, job):
    """Has a job run in a loop in which a task waits for the pool."""
    for loop in list(pool._loops):
        try:
            if loop.is_running():
                loop.call_soon_threadsafe(job.run)
                return loop.is_running
        except RuntimeError:  # it has been closed
            pass
    return None


class _Asker:
    """The thread that asks."""

    def __init__(self):
        self._context = GLib.MainContext()
        self._jobs = collections.deque()
        threading.Thread(target=self._run, name="fsmm-asker", daemon=True).start()

    def _run(self):
        leave_home(_send_to_task)
        self._context.push_thread_default()
        while True:
            self._context.iteration(True)
            while self._jobs:
                self._jobs.popleft()()

    def call(self, job):
        """Has a function called in the thread."""
        self._jobs.append(job)
        self._context.wakeup()


_asker = None
_asker_lock = threading.Lock()


def _call_in_asker(job):
    global _asker
    with _asker_lock:
        if _asker is None:
            _asker = _Asker()
    _asker.call(job)


def _forget_asker():
    """The child of a fork has none of its parent's threads."""
    global _asker, _asker_lock
    _asker, _asker_lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_asker)


class Request:
    """Waits in the queue until there is an answer, for which it calls answered(handle, error).

    That is called in the thread that asks, with None for one of the two.
    """

    def __init__(self, pool, io_priority, cancellable, answered):
        self._pool, self._io_priority, self._answered = pool, io_priority, answered
        self._cancellable = Follower(cancellable)
        _call_in_asker(self._begin)

    def cancel(self):
        """Ends the wait. If the block is on its way, there is an answer with it nevertheless."""
        self._cancellable.cancel()

    def _begin(self):
        self._pool._begin(self._io_priority, self._cancellable, self._end)

    def _end(self, _, result):
        handle, failure = None, None
        try:
            handle = self._pool._end(result)
        except GLib.Error as error:
            # The result may hold a block that has come too late, and the traceback the result.
            failure = error.with_traceback(None)
        self._cancellable.leave()
        self._answered(handle, failure)
