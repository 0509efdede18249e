# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of waiting have in common."""

import threading
import time

from bindings import Fsmm, FsmmTest
from gi.repository import Gio

LONG = 30  # seconds; nothing there takes so long


def make_pool(max_blocks=1):
    return Fsmm.Pool(alloc_size=64, chunk_bytes=1024, max_blocks=max_blocks)


def make_tracks(max_blocks=1):
    return Fsmm.TypedPool(item_type=FsmmTest.Track, chunk_bytes=1024, max_blocks=max_blocks)


def in_thread(function, *args):
    thread = threading.Thread(target=function, args=args)
    thread.start()
    return thread


def join(*threads):
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive(), "a thread hangs"


def until(condition):
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end, "it has not come to that"
        time.sleep(0.001)


def is_cancelled(error):
    return error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
