# SPDX-License-Identifier: LGPL-2.1-or-later
"""Functions of a program that the library calls, and what they raise.

An exception does not pass through C. So it is kept here, and a GLib.Error with its number goes that
way in its place. Whoever gets that raises what was kept.
"""

import collections
import itertools
import threading

from gi.repository import GLib

_DOMAIN = "fsmm-python-error-quark"

# An error that nobody ever gets is not kept for ever.
_MOST_KEPT = 64

_numbers = itertools.count(1)
_kept = collections.OrderedDict()
_lock = threading.Lock()


def to_glib_error(exception):
    """What stands for an exception in C."""
    # One of the library's own would be taken for one of this pool.
    if isinstance(exception, GLib.Error) and exception.domain != "fsmm-error-quark":
        message, domain, code = exception.message, exception.domain, exception.code
    else:
        message, domain, code = f"{type(exception).__name__}: {exception}", _DOMAIN, None
    with _lock:
        if code is None:
            code = next(_numbers) % 2**31
        _kept[domain, code, message] = exception
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return GLib.Error(message, domain, code)


def to_exception(error):
    """The exception that an error from C stands for, or that error."""
    with _lock:
        return _kept.pop((error.domain, error.code, error.message), error)
