#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A file of any size is read by one thread and hashed by others, in the memory of 16 blocks.

usage: pipeline.py [FILE]

Where all blocks are under way, the thread that reads waits for one. The main thread takes the
results in order, and Ctrl-C ends all of it. Without a file, 16 MiB of the letter x are hashed.
"""

import concurrent.futures
import hashlib
import io
import os
import queue
import signal
import sys
import threading
import time

import gi

gi.require_version("Fsmm", "1")
from gi.repository import Fsmm, GLib  # noqa: E402

MAX_BLOCKS = 16
PIECE = 64 * 1024
UPDATE_INTERVAL = 0.1  # seconds
INTERRUPTED = 130  # what shells expect of a program that SIGINT has ended


def hash_piece(block, n_bytes):
    """The view is gone with the call, so that the block can be released."""
    return hashlib.sha256(block.view()[:n_bytes]).digest()


class Pipeline:
    """What the threads share. Only the blocks of the pool can be under way."""

    def __init__(self, file, size):
        self.file = file
        self.size = size
        self.pool = Fsmm.Pool(alloc_size=PIECE, name="pieces", max_blocks=MAX_BLOCKS)
        self.under_way = queue.SimpleQueue()  # what read() yields, and None at the end
        self.error = None
        self.is_cancelled = False
        self.n_bytes = self.n_blocks = 0
        self.total = hashlib.sha256()
        self.next_update = 0

    def read(self, hashers):
        """Yields blocks that are filled, with their length, and what is to become their digest."""
        while True:
            block = self.pool.acquire_wait()  # until there is one
            n_bytes = self.file.readinto(block.view())
            if n_bytes == 0:
                block.release()
                return
            yield block, n_bytes, hashers.submit(hash_piece, block, n_bytes)

    def run_reader(self):
        """Reads the file, in a thread of its own."""
        with concurrent.futures.ThreadPoolExecutor() as hashers:
            try:
                for piece in self.read(hashers):
                    self.under_way.put(piece)
            except (OSError, GLib.Error) as error:
                self.error = error
        self.under_way.put(None)

    def write(self):
        """Takes the results in the order of what was read, until there are no more."""
        while not self.is_cancelled and (piece := self.under_way.get()):
            block, n_bytes, digest = piece
            self.total.update(digest.result())
            self.n_bytes += n_bytes
            self.n_blocks += 1
            block.release()  # wakes the reader, if it waits
            self.show_progress()

    def show_progress(self):
        if sys.stderr.isatty() and time.monotonic() > self.next_update:
            self.next_update = time.monotonic() + UPDATE_INTERVAL
            print(f"\r{100 * self.n_bytes / self.size:3.0f} %, {self.pool.n_allocated:2} of"
                  f" {MAX_BLOCKS} blocks are live", end="", file=sys.stderr, flush=True)

    def cancel(self, *_):
        """For SIGINT, which as an exception could come in the middle of what others do with locks."""
        self.is_cancelled = True
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the next one ends the program at once

    def run(self):
        """Returns whether it came to its end."""
        signal.signal(signal.SIGINT, self.cancel)
        reader = threading.Thread(target=self.run_reader)
        reader.start()
        try:
            self.write()
            return not self.is_cancelled
        finally:
            self.pool.set_flushing(True)  # whatever has happened, the reader waits no longer
            reader.join()
            if self.next_update > 0:
                print(file=sys.stderr)


def open_input():
    """Returns what is to be read, and its size."""
    if len(sys.argv) < 2:
        data = b"x" * (256 * PIECE)
        return io.BytesIO(data), len(data)
    file = open(sys.argv[1], "rb")
    return file, os.fstat(file.fileno()).st_size or 1


def main():
    try:
        pipeline = Pipeline(*open_input())
    except OSError as error:
        sys.exit(f"pipeline: {error.filename}: {error.strerror}")

    if not pipeline.run():
        print(f"pipeline: cancelled after {GLib.format_size(pipeline.n_bytes)}", file=sys.stderr)
        return INTERRUPTED
    if pipeline.error:
        sys.exit(f"pipeline: after {GLib.format_size(pipeline.n_bytes)}: {pipeline.error}")

    print(f"bytes: {pipeline.n_bytes}")
    print(f"blocks: {pipeline.n_blocks}, at most {MAX_BLOCKS} at a time")
    print(f"SHA-256 of the SHA-256 of each: {pipeline.total.hexdigest()}")
    print(f"still live: {pipeline.pool.n_allocated}")
    return 0


sys.exit(main())
