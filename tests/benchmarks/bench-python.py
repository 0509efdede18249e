#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures what fsmm-glib costs in Python, beside what Python has itself.

usage: bench-python.py [ROUNDS]

Each line is a way to do something with 64 bytes, or with a small struct, and the nanoseconds it
takes: the best of ROUNDS (7) rounds. Memory is that of 100,000 which live at the same time, in
bytes each, as the system counts it.
"""

import gc
import os
import pathlib
import sys
import time

import gi

gi.require_version("Fsmm", "1")
from gi.repository import Fsmm, GLib  # noqa: E402

N_CALLS = 2_000
N_KEPT = 100_000

pool = Fsmm.Pool(alloc_size=64)
fds = Fsmm.TypedPool.new(GLib.PollFD)
block = pool.acquire()
view = block.view()
array = bytearray(64)
box = fds.acquire()
fd = GLib.PollFD(3, 1)


class Slots:
    __slots__ = ("fd", "events", "revents")

    def __init__(self, fd=0, events=0):
        self.fd = fd
        self.events = events


slots = Slots()


# --- Time ---


def in_with():
    with pool.acquire():
        pass


def acquire_with_fields():
    fds.acquire(fd=3, events=1)


def set_block():
    block[8:16] = b"12345678"


def set_view():
    view[8:16] = b"12345678"


def set_array():
    array[8:16] = b"12345678"


def set_box():
    box.fd = 3


def set_boxed():
    fd.fd = 3


def set_slots():
    slots.fd = 3


TIMES = (
    ("make and drop 64 bytes", (
        ("bytearray(64)", lambda: bytearray(64)),
        ("pool.acquire()", lambda: pool.acquire()),
        ("with pool.acquire()", in_with),
    )),
    ("read one byte", (
        ("bytearray: a[8]", lambda: array[8]),
        ("view: view[8]", lambda: view[8]),
        ("block[8]", lambda: block[8]),
    )),
    ("write 8 bytes", (
        ("bytearray: a[8:16] = …", set_array),
        ("view: view[8:16] = …", set_view),
        ("block[8:16] = …", set_block),
    )),
    ("get at the memory", (
        ("memoryview(bytearray)", lambda: memoryview(array)),
        ("block.view()", lambda: block.view()),
    )),
    ("make and drop a struct", (
        ("class with __slots__", lambda: Slots(3, 1)),
        ("GLib.PollFD(3, 1)", lambda: GLib.PollFD(3, 1)),
        ("pool.acquire()", lambda: fds.acquire()),
        ("pool.acquire(fd=3, events=1)", acquire_with_fields),
    )),
    ("read a field", (
        ("class with __slots__", lambda: slots.fd),
        ("GLib.PollFD", lambda: fd.fd),
        ("box", lambda: box.fd),
    )),
    ("write a field", (
        ("class with __slots__", set_slots),
        ("GLib.PollFD", set_boxed),
        ("box", set_box),
    )),
)


def nanoseconds(function, n_rounds):
    best = None
    for _ in range(n_rounds):
        start = time.perf_counter_ns()
        for _ in range(N_CALLS):
            function()
        taken = (time.perf_counter_ns() - start) / N_CALLS
        best = taken if best is None else min(best, taken)
    return best


# --- Memory, and dropping all of it ---


def resident_bytes():
    n_pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return int(n_pages) * os.sysconf("SC_PAGE_SIZE")


def touched(memory):
    """Memory that has been written to, so that the system has to have it."""
    for start in range(0, len(memory), 4096):
        memory[start] = 1
    return memory


KEPT = (
    ("bytearray(64) each", lambda n: [bytearray(64) for _ in range(n)]),
    ("pool.acquire() each", lambda n: [pool.acquire() for _ in range(n)]),
    ("pool.acquire().view() each", lambda n: [pool.acquire().view() for _ in range(n)]),
    ("one bytearray", lambda n: touched(bytearray(64 * n))),
    ("one view of one block", lambda n: touched(Fsmm.Pool(alloc_size=64 * n).acquire().view())),
)


def keep(make, n_kept):
    """Bytes and nanoseconds for each of many that are kept."""
    gc.collect()
    before = resident_bytes()
    start = time.perf_counter_ns()
    kept = make(n_kept)
    made = time.perf_counter_ns()
    grown = resident_bytes() - before
    dropping = time.perf_counter_ns()
    del kept
    dropped = time.perf_counter_ns()
    pool.trim()
    return grown / n_kept, (made - start) / n_kept, (dropped - dropping) / n_kept


def main():
    n_rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    n_kept = N_KEPT if n_rounds > 1 else 1000

    print(f"Python {sys.version.split()[0]}, PyGObject {gi.__version__}, GLib "
          f"{GLib.MAJOR_VERSION}.{GLib.MINOR_VERSION}")
    for what, ways in TIMES:
        print(f"\n{what:36} {'ns':>8}")
        for way, function in ways:
            print(f"  {way:34} {nanoseconds(function, n_rounds):8.0f}")

    print(f"\n{'keep ' + str(n_kept) + ', each':36} {'bytes':>8} {'ns make':>8} {'ns drop':>8}")
    for way, make in KEPT:
        n_bytes, made, dropped = keep(make, n_kept)
        print(f"  {way:34} {n_bytes:8.0f} {made:8.0f} {dropped:8.0f}")


main()
