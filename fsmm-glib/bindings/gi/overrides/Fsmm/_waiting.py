# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for room in a pool: what needs nothing of asyncio, which takes long to import."""

import functools
import math
import numbers
import operator
import queue
import threading

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from ._errors import DOMAIN, raise_only
from ._home import leave_home
from ._queue import Follower

Fsmm = get_introspection_module("Fsmm")

# For how long it does not matter who came first, in seconds.
PATIENCE = 0.001

# More than that is for ever.
_MOST_SECONDS = 2**63 // 1_000_000

_NO_ROOM = (int(Fsmm.Error.TIMED_OUT), int(Fsmm.Error.NO_MEMORY))


def says_no_room(error):
    return error.domain == DOMAIN and error.code in _NO_ROOM


# --- In a thread that sleeps ---


def _to_microseconds(timeout):
    if timeout is None:
        return -1
    if isinstance(timeout, numbers.Real) and math.isnan(timeout):
        raise ValueError("timeout is NaN: it must be a number of seconds, or None")
    if not isinstance(timeout, numbers.Real):
        raise TypeError(f"timeout must be a number of seconds or None, not {timeout!r}")
    if timeout < 0 or timeout > _MOST_SECONDS:
        return -1
    return math.ceil(timeout * 1_000_000)


class _Sleeper:
    """A thread that sleeps in place of one that has to look after signals."""

    def __init__(self, pool, microseconds, cancellable):
        self._thread = threading.Thread(target=self._run, name="fsmm-sleeper", daemon=True)
        self._pool, self._microseconds = pool, microseconds
        self._follower = Follower(cancellable)
        self._lock = threading.Lock()
        self._jobs = queue.SimpleQueue()  # ends with None
        self._is_abandoned = False
        self._handle = self._error = None

    def _run(self):
        leave_home(self._send)
        handle, error = None, None
        try:
            handle = self._pool._wait(self._microseconds, self._follower)
        except GLib.Error as failure:
            error = failure.with_traceback(None)
        with self._lock:
            self._handle, self._error = handle, error
            if self._is_abandoned:
                self._give_back()
        self._jobs.put(None)

    def _send(self, _, job):
        """Has the thread that looks after signals run a job."""
        self._jobs.put(job)
        return lambda: not self._is_abandoned

    def _give_back(self):
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.__exit__()

    def _abandon(self):
        """It may not even run yet."""
        self._follower.cancel()
        with self._lock:
            self._is_abandoned = True
            self._give_back()

    def wait(self):
        try:
            self._thread.start()
            while (job := self._jobs.get()) is not None:
                job.run()
        except BaseException:
            self._abandon()
            raise
        finally:
            self._follower.leave()
        if self._error is not None:
            errors, self._error = [self._error], None
            raise_only(errors)
        return self._handle


def wait(pool, timeout, cancellable):
    """Waits for so many seconds. Python runs handlers of signals in the main thread alone."""
    microseconds = _to_microseconds(timeout)
    if microseconds == 0 or threading.current_thread() is not threading.main_thread():
        return pool._wait(microseconds, cancellable)
    try:
        return pool._wait(0, cancellable)
    except GLib.Error as error:
        if not says_no_room(error):
            raise
    return _Sleeper(pool, microseconds, cancellable).wait()


# --- In a task ---


def hand_on(pool):
    """Is called when something has been released that a task has waited for."""
    lines = pool._lines
    if lines:
        lines.note_room()


@functools.lru_cache(maxsize=None)
def _load_tasks():
    from . import _tasks

    return _tasks


def _to_priority(io_priority):
    number = operator.index(io_priority)
    if -(2**31) <= number < 2**31:
        return number
    raise OverflowError(f"io_priority is {number}: it must be a number that fits into 32 bits")


def wait_async(pool, io_priority, cancellable, callback, user_data, load=_load_tasks):
    """Calls the callback that there is as GIO does, or returns what can be awaited."""
    if callback is None:
        if cancellable is not None and not isinstance(cancellable, Gio.Cancellable):
            raise TypeError(f"cancellable must be a Gio.Cancellable or None, not {cancellable!r}")
        return load().Acquisition(pool, _to_priority(io_priority), cancellable)
    return pool._begin(io_priority, cancellable, callback, *user_data)
