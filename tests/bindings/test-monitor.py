# SPDX-License-Identifier: LGPL-2.1-or-later
"""The list of all pools as Python programs see it, with the overrides. It needs a display."""

import copy
import os
import pickle
import random
import socket
import tempfile
import threading

import gi

# Where pools are shown to other programs: GLib reads it once.
RUNTIME = tempfile.TemporaryDirectory()
os.environ["XDG_RUNTIME_DIR"] = RUNTIME.name

gi.require_version("Gtk", "4.0")
from bindings import Fsmm, FsmmTest, GLib, equal, raises  # noqa: E402
from gi.repository import Gio, GObject, Gtk  # noqa: E402
import tap  # noqa: E402

tests = []


def test(function):
    tests.append(function)
    return function


def find(monitor, name):
    return next((info for info in monitor if info.name == name), None)


class Mirror:
    """A copy of a model, which is made from what that says of its changes."""

    def __init__(self, model):
        self.rows = [model.get_item(i) for i in range(model.get_n_items())]
        self.n_changes = 0
        model.connect("items-changed", self._follow)

    def _follow(self, model, position, n_removed, n_added):
        self.n_changes += 1
        added = [model.get_item(position + i) for i in range(n_added)]
        self.rows[position:position + n_removed] = added
        equal(self.rows, [model.get_item(i) for i in range(model.get_n_items())])


# --- What it says ---


@test
def kinds():
    """a row says what the pool is"""
    packets = Fsmm.Pool(alloc_size=64, name="packets", max_blocks=5)
    tracks = Fsmm.TypedPool(item_type=FsmmTest.Track, name="tracks")
    clients = Fsmm.ObjectPool(item_type=Gio.SocketClient, name="clients", max_objects=4)
    block, track, lease = packets.acquire(), tracks.acquire(), clients.borrow()
    monitor = Fsmm.Monitor()

    info = find(monitor, "packets")
    equal((info.kind, info.alloc_size, info.n_allocated), (Fsmm.PoolKind.RAW, 64, 1))
    equal((info.max_blocks, info.n_waiting, info.item_type), (5, 0, GObject.TYPE_NONE))
    equal((info.peak_allocated, info.reserved_bytes), (1, packets.reserved_bytes))
    assert info.dup_pool() is packets
    equal(repr(info), f'<Fsmm.PoolInfo {info.id} "packets": raw, 1 live (at most 5), 1 at the peak, '
                      f"{packets.reserved_bytes} bytes in chunks>")

    info = find(monitor, "tracks")
    equal((info.kind, info.item_type), (Fsmm.PoolKind.TYPED, FsmmTest.Track.__gtype__))
    assert info.dup_pool() is tracks.pool
    info = find(monitor, "clients")
    equal((info.kind, info.item_type), (Fsmm.PoolKind.OBJECTS, Gio.SocketClient.__gtype__))
    equal((info.n_allocated, info.max_blocks, info.dup_pool()), (1, 4, None))
    equal(find(monitor, "handles").kind, Fsmm.PoolKind.HANDLES)
    del block, track, lease


@test
def figures():
    """figures are those of the last look"""
    monitor = Fsmm.Monitor.new()
    pool = Fsmm.Pool(alloc_size=64, name="looked-at")
    equal(find(monitor, "looked-at"), None)
    monitor.refresh()
    info, notified = find(monitor, "looked-at"), []
    info.connect("notify", lambda _, pspec: notified.append(pspec.name))
    blocks = pool.acquire_many(100)
    equal(info.n_allocated, 0)
    monitor.refresh()
    equal(info.n_allocated, 100)
    assert "n-allocated" in notified and "n-waiting" not in notified, notified
    assert info.alloc_rate > 0

    stats = next(row for row in monitor.get_stats() if row.get("name") == "looked-at")
    equal((stats["id"], stats["kind"], stats["n-allocated"]), (info.id, "raw", 100))
    equal((stats["alloc-rate"], "item-type" in stats), (info.alloc_rate, False))
    del blocks


@test
def sequence():
    """it is a sequence of rows, and a loop goes through those of its start"""
    pools = [Fsmm.Pool(alloc_size=64, name=f"pool {i}") for i in range(10)]
    monitor = Fsmm.Monitor(interval=0)
    assert len(monitor) >= 10 and monitor
    equal(list(monitor), monitor[:])
    equal(monitor[-1], monitor[len(monitor) - 1])
    equal([info.id for info in monitor], sorted({info.id for info in monitor}))
    assert find(monitor, "pool 3") in monitor
    raises(IndexError, "", lambda: monitor[len(monitor)])
    seen = []
    for info in monitor:
        pools.clear()
        monitor.refresh()
        seen.append(info.name)
    assert len(seen) > len(monitor) and None not in seen, seen


@test
def trimmed():
    """what nobody uses of a pool is given back"""
    packets = Fsmm.Pool(alloc_size=64, name="trimmed")
    clients = Fsmm.ObjectPool(item_type=Gio.SocketClient, name="clients")
    for block in packets.acquire_many(5000):
        block.release()
    with clients.borrow():
        pass
    monitor = Fsmm.Monitor()
    reserved = packets.reserved_bytes
    equal(find(monitor, "trimmed").trim(), reserved - packets.reserved_bytes)
    assert packets.reserved_bytes < reserved
    equal((clients.n_idle, find(monitor, "clients").trim(), clients.n_idle), (1, 0, 0))


@test
def no_keeper():
    """a row keeps no pool"""
    pool = Fsmm.Pool(alloc_size=64, name="short-lived")
    monitor = Fsmm.Monitor()
    info = find(monitor, "short-lived")
    assert info.dup_pool() is pool
    del pool
    equal((info.dup_pool(), info.name), (None, "short-lived"))
    monitor.refresh()
    equal(find(monitor, "short-lived"), None)


@test
def marked():
    """a pool that a program has added something to is found, and is what it was"""
    pool = Fsmm.Pool(alloc_size=64, name="marked")
    pool.mark = [5]
    info = find(Fsmm.Monitor(), "marked")
    for _ in range(100):
        assert info.dup_pool() is pool
    equal(pool.mark, [5])


@test
def interval():
    """it looks in an interval while a main loop runs"""
    monitor = Fsmm.Monitor(interval=5)
    pool = Fsmm.Pool(alloc_size=64, name="later")
    equal(find(monitor, "later"), None)
    loop = GLib.MainLoop()
    monitor.connect("items-changed", lambda *_: loop.quit())
    timeout = GLib.timeout_add_seconds(10, loop.quit)
    loop.run()
    GLib.source_remove(timeout)
    equal(find(monitor, "later").dup_pool(), pool)
    monitor.interval = 0
    equal((monitor.get_interval(), monitor.props.interval), (0, 0))
    equal(repr(monitor), f"<Fsmm.Monitor at {hash(monitor):#x}: {len(monitor)} pools, "
                         "looks when it is told to>")
    equal(Fsmm.Monitor.new(500).interval, 500)


@test
def mistakes():
    """mistakes are refused"""
    monitor = Fsmm.Monitor()
    for wrong in -1, 1 << 32:
        raises(ValueError, f"is {wrong}: it must be", setattr, monitor, "interval", wrong)
        raises(Fsmm.InvalidArgumentError, f"interval is {wrong}", Fsmm.Monitor, interval=wrong)
    raises(TypeError, 'no argument "intervall"', Fsmm.Monitor, intervall=5)
    raises(TypeError, "no positional arguments", Fsmm.Monitor, 5)
    raises(TypeError, "is a row of the list", Fsmm.PoolInfo)
    for cls in Fsmm.Monitor, Fsmm.PoolInfo:
        raises(TypeError, "is final", type, "Mine", (cls,), {})
    pool = Fsmm.Pool(alloc_size=64)
    monitor.refresh()
    for it in monitor, monitor[0]:
        raises(TypeError, "cannot copy or pickle", copy.copy, it)
        raises(TypeError, "cannot copy or pickle", pickle.dumps, it)
    equal(pool.n_allocated, 0)


# --- How it follows ---


def make_and_drop(seed, is_over, failures):
    numbers = random.Random(seed)
    pools = {}
    try:
        while not is_over.is_set():
            i = numbers.randrange(8)
            if pools.pop(i, None) is None:
                pools[i] = Fsmm.Pool(alloc_size=8 << i, name=f"{'even' if i % 2 == 0 else 'odd'} {seed}")
                pools[i].acquire().release()
    except BaseException as failure:
        failures.append(failure)


@test
def export():
    """other programs can see the pools, once they may"""
    shown = f"{RUNTIME.name}/fsmm-monitor"
    os.mkdir(shown, 0o755)
    error = raises(GLib.Error, "is open to others", Fsmm.Monitor.export)
    assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.PERMISSION_DENIED), error
    os.rmdir(shown)

    assert Fsmm.Monitor.export()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"{shown}/{os.getpid()}")


class Threads:
    """Eight threads that make pools and drop them."""

    def __enter__(self):
        self._is_over, self._failures = threading.Event(), []
        self._threads = [
            threading.Thread(target=make_and_drop, args=(seed, self._is_over, self._failures))
            for seed in range(8)
        ]
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_):
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        equal(self._failures, [])


def look(monitor, info):
    """A row finds its pool, or none."""
    pool = info.dup_pool()
    if pool is not None:
        equal((pool.alloc_size, pool.name), (info.alloc_size, info.name))
    return pool is not None


@test
def eight_threads():
    """pools come and go in eight threads, while a model over it hides and shows rows"""
    monitor = Fsmm.Monitor()
    shown_word = ["even"]
    filter_ = Gtk.CustomFilter.new(lambda info, _: (info.name or "").startswith(shown_word[0]), None)
    shown = Gtk.FilterListModel.new(monitor, filter_)
    mirrors = [Mirror(monitor), Mirror(shown)]
    n_found = 0
    with Threads():
        for i in range(200):
            monitor.refresh()
            n_found += sum(look(monitor, info) for info in monitor)
            if i % 5 == 0:
                shown_word[0] = ["even", "odd", "", "none"][i // 5 % 4]
                filter_.changed(Gtk.FilterChange.DIFFERENT)
            words = shown_word[0]
            equal(mirrors[1].rows, [info for info in monitor if (info.name or "").startswith(words)])
    assert min(mirror.n_changes for mirror in mirrors) > 20, [mirror.n_changes for mirror in mirrors]
    assert n_found > 100, n_found
    monitor.refresh()
    equal([info for info in monitor if (info.name or "").startswith(("even", "odd"))], [])
    equal(mirrors[0].rows, list(monitor))


tap.run(tests)
