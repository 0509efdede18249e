# SPDX-License-Identifier: LGPL-2.1-or-later
"""Python programs end well whatever is live, and so do the children of fork ()."""

import subprocess
import sys

from bindings import equal
import tap

tests = []


def test(function):
    tests.append(function)
    return function


HEADER = """
import atexit, gc, os, sys, threading, time
import gi
gi.require_version("Fsmm", "1")
gi.require_version("FsmmTest", "1")
from gi.repository import Fsmm, FsmmTest
pool = Fsmm.Pool(alloc_size=64, chunk_bytes=1024)
typed_pool = Fsmm.TypedPool.new(FsmmTest.Segment)
track_pool = Fsmm.TypedPool.new(FsmmTest.Track)
block = pool.acquire()
view = block.view()
box = typed_pool.new()
part = box.start
track = track_pool.alloc_value(FsmmTest.Track.new("Aria", 1))
"""


# Python warns since version 3.12 of what is tried here.
FORK_WARNING = "ignore:This process:DeprecationWarning"


def run_program(text):
    result = subprocess.run([sys.executable, "-W", FORK_WARNING, "-c", HEADER + text],
                            capture_output=True, text=True, timeout=60)
    equal((result.returncode, result.stdout, result.stderr), (0, "done\n", ""))


@test
def exit_with_live_handles():
    """a program ends well with live handles, wherever they are"""
    for text in (
        "",
        "block.release()",
        "del pool, typed_pool, track_pool",
        "pool.free_all(); typed_pool.free_all(); track_pool.free_all()",
        "cycle = [block, view, box, part, track]; cycle.append(cycle)",
        "sys.kept = [block, view, box, part, track, pool]; sys.modules['kept'] = view",
        "atexit.register(lambda: (bytes(view), block[0], part.x, track.title))",
        "atexit.register(lambda: (block.release(), box.drop(), track.drop(), bytes(view)))",
        "del block, view; gc.disable(); cycle = [pool.acquire().view()]; cycle.append(cycle)",
        "slices = [view[n:] for n in range(64)]; del view, block, pool",
        "thread = threading.Thread(target=lambda: (block[0], track.title)); thread.start()",
        "thread_local = threading.local(); thread_local.block = pool.acquire()",
    ):
        run_program(text + "\nprint('done')")


@test
def exit_in_finalizers():
    """objects that are finalized at the very end may try what they want"""
    run_program("""
class Last:
    def __init__(self):
        self.kept = (pool, block, view, box, part, track)
        self.write = os.write
    def attempt(self, function):
        try:
            function()
        except Exception:
            pass
    def __del__(self):
        pool, block, view, box, part, track = self.kept
        view[0] = 7
        assert bytes(view)[0] == 7
        for use in (lambda: block[0], lambda: setattr(box, "start", part), lambda: track.title,
                    lambda: part.x, pool.acquire, block.release, box.drop, track.drop,
                    pool.free_all, lambda: repr(pool)):
            self.attempt(use)
        assert bytes(view)[0] == 7
        self.write(1, b"done\\n")
sys.modules["last"] = Last()
del pool, block, view, box, part, track
""")


@test
def exit_with_busy_threads():
    """a program may end while threads are using pools"""
    run_program("""
def work():
    while True:
        with pool.acquire() as mine, track_pool.new(seconds=1) as other:
            mine[0] = other.seconds
            mine.view()[1:]
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.1)
print("done", flush=True)
""")


@test
def exit_after_fork():
    """parent and child each have handles of their own after fork()"""
    run_program("""
for _ in range(20):
    child = os.fork()
    if child == 0:
        view[0] = 1
        assert block[0] == 1 and track.title == "Aria" and part.x == 0
        block.release(); box.drop(); track.drop()
        with pool.acquire() as mine, track_pool.new(seconds=3) as other:
            assert other.seconds == 3 and mine[0] == 0
        assert pool.free_all() == 1 and bytes(view)[0] == 1
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
assert block[0] == 0 and box and track.title == "Aria"
print("done")
""")


@test
def fork_with_busy_threads():
    """a child can use pools that threads of its parent were using"""
    run_program("""
busy = True
def work():
    while busy:
        with pool.acquire() as mine, track_pool.new(seconds=1) as other:
            mine[0] = other.seconds
            track.title
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        with pool.acquire() as mine, track_pool.new(seconds=3) as other:
            assert other.seconds == 3 and mine[0] == 0 and track.title == "Aria"
        pool.free_all()
        track_pool.free_all()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
busy = False
for thread in threads:
    thread.join()
assert track.title == "Aria"
print("done")
""")


tap.run(tests)
