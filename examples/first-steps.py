#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""First steps with fsmm-glib in Python: blocks, errors, views, and instances of a boxed type."""

import struct

import gi

gi.require_version("Fsmm", "1")
from gi.repository import Fsmm, GLib  # noqa: E402


def name_of(error):
    """The code of an error, as a word."""
    return Fsmm.Error(error.code).value_nick


# A pool hands out blocks of one size. Messages call it by its name; a limit is optional.
pool = Fsmm.Pool(alloc_size=64, name="packets", max_blocks=3)

# A block is a sequence of bytes, all 0 at first. At the end of with, it goes back to the pool.
with pool.acquire() as block:
    block[:5] = b"hello"
    block[5] = ord("!")
    print("in the block:   ", bytes(block[:6]))
    print("live:           ", pool.n_allocated)
print("after with:     ", pool.n_allocated)

# Whatever is wrong is an exception, and the pool works as before.
try:
    block[0] = 1
except GLib.Error as error:
    assert error.matches(Fsmm.Error.quark(), Fsmm.Error.RELEASED)
    print("after its end:  ", name_of(error))

block = pool.acquire()
try:
    block[64] = 1
except IndexError as error:
    print("beyond its end: ", name_of(error))

others = [pool.acquire(), pool.acquire()]
try:
    pool.acquire()
except GLib.Error as error:
    print("one too many:   ", name_of(error))
del others

try:
    Fsmm.Pool(alloc_size=0)
except ValueError as error:
    print("no size:        ", name_of(error))

# A view is the block's own memory. The block goes back when the last slice of it is gone.
struct.pack_into("<HI", block.view(), 8, 1, 1000)
tail = block.view()[8:14]
block.release()
print("in the slice:   ", struct.unpack("<HI", tail))
print("kept by it:     ", pool.n_allocated)
del tail
print("nothing left:   ", pool.n_allocated)

# A typed pool has instances of a boxed type. Their fields are attributes of the box.
fds = Fsmm.TypedPool.new(GLib.PollFD)
with fds.acquire(fd=3, events=GLib.IO_IN) as box:
    box.events |= GLib.IO_OUT
    print("in the box:     ", box.fd, box.events)
print("after with:     ", fds.n_allocated)
