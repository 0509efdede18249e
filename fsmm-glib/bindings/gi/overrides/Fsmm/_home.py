# SPDX-License-Identifier: LGPL-2.1-or-later
"""Functions of a program, which are called where it waits, and not in a thread that does so for it.

The library calls a function that makes an object in the thread that asks. The overrides ask in
threads of their own, where neither a task nor a handler of a signal is kept from running. A program
knows nothing of these, and may make widgets. So such a thread has the function called elsewhere, and
waits for that.
"""

import threading

_LOOK_AGAIN = 0.02  # seconds

_thread = threading.local()


class NotThereError(Exception):
    """Nobody is there any more who could call it."""


class Job:
    """A call that one thread leaves to another one."""

    def __init__(self, function, arguments):
        self._function, self._arguments = function, arguments
        self._lock, self._done = threading.Lock(), threading.Event()
        self._is_begun = self._is_abandoned = False
        self._result = self._error = None

    def run(self):
        """Is called in the other thread."""
        with self._lock:
            if self._is_abandoned:
                return
            self._is_begun = True
        try:
            self._result = self._function(*self._arguments)
        except BaseException as error:
            self._error = error
        finally:
            self._done.set()

    def wait(self, is_there):
        """Returns, or raises, what the call does, unless the other thread is not there any more."""
        while not self._done.wait(_LOOK_AGAIN):
            with self._lock:
                self._is_abandoned = not self._is_begun and not is_there()
                if self._is_abandoned:
                    raise NotThereError
        if self._error is not None:
            raise self._error
        return self._result


def leave_home(send):
    """Is called in a thread that waits for others.

    send(pool, job) has one of them run a job, and returns what tells whether it is still there, or
    None if nobody is.
    """
    _thread.send = send


def is_away():
    """Whether this thread waits for others."""
    return getattr(_thread, "send", None) is not None


def call_at_home(pool, function, *arguments):
    """Calls a function in the thread that waits for something of a pool."""
    send = getattr(_thread, "send", None)
    if send is None:
        return function(*arguments)
    job = Job(function, arguments)
    is_there = send(pool, job)
    if is_there is None:
        raise NotThereError
    return job.wait(is_there)
