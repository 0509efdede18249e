# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looking into instances that somebody may want to drop.

An instance must not vanish between being found and being looked into. The C library leaves that to
its callers. Here a lock keeps other threads off. What the thread that looks would do itself
meanwhile, in a finalizer or a signal handler, is put off until it does not look any more.
"""

import collections
import functools
import os
import threading

_lock = threading.RLock()
_put_off = collections.deque()

# A thread that forks has the lock, so that it is free in the child.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


def _catch_up():
    """Does what was put off."""
    while _put_off and not _lock._is_owned():
        with _lock:
            if _put_off:
                _put_off.popleft()()


def looks(function):
    """Lets a function look into instances."""

    @functools.wraps(function)
    def looking(*args, **kwargs):
        try:
            with _lock:
                return function(*args, **kwargs)
        finally:
            if _put_off:
                _catch_up()

    return looking


def make_vanish(action):
    """Calls what makes instances vanish; later, if this thread is looking into one."""
    if _lock._is_owned():
        _put_off.append(action)
        return
    with _lock:
        action()
    _catch_up()
