# SPDX-License-Identifier: LGPL-2.1-or-later
"""For type checkers, which must find each line that is marked as wrong, and nothing else."""

import asyncio

import gi

gi.require_version("Fsmm", "1")
from gi.repository import Fsmm, Gio, GLib  # noqa: E402


class Point:
    """Stands for a boxed type of which there are stubs."""

    x: float
    y: float

    def length(self) -> float:
        return abs(self.x) + abs(self.y)


def use_pool(pool: Fsmm.Pool) -> int:
    pool.retain_bytes = -1
    pool.connect("notify::name", print)
    pool.disconnect(pool.connect("notify", print, 1))
    pool.n_allocated = 5  # wrong
    print(pool.name + "!")  # wrong
    memory: int = pool.get_memory().live_bytes
    text: str = pool.trim()  # wrong
    return memory + pool.free_all() + pool.get_n_free() + pool.max_blocks + len(text)


def make_pools() -> list[Fsmm.Pool]:
    Fsmm.Pool()  # wrong
    Fsmm.Pool(alloc_size="64")  # wrong
    Fsmm.Pool(alloc_sise=64)  # wrong
    Fsmm.Pool(64)  # wrong
    Fsmm.Pool.new_full("full", 64, 0, 0)  # wrong
    return [
        Fsmm.Pool(alloc_size=64, name=None, max_blocks=3),
        Fsmm.Pool.new(64),
        Fsmm.Pool.new_full("full", 64, 0, 0, 3),
    ]


def use_block(pool: Fsmm.Pool) -> bytes:
    with pool.acquire() as block:
        block[:5] = b"hello"
        block[0] = 104
        block[1] = "e"  # wrong
        block[1:3] = 5  # wrong
        block.write(0, [1, 2, 3])
        block.write("0", b"")  # wrong
        block.write_bytes(0, GLib.Bytes.new(b"hello"))
        print(block.typo)  # wrong
        block.typo = 1  # wrong
        view: memoryview = block.view()
        numbers: list[int] = [*block, block[0], len(block), view[0]]
        address: int = block.get_address()  # wrong
    for other in pool.acquire_many(3):
        other.release()
    pool.acquire_many("3")  # wrong
    return bytes(block) + block[1:3] + bytes(numbers + [address])


def use_boxes(points: Fsmm.TypedPool[Point]) -> float:
    with points.acquire(x=1, y=2) as box:
        box.x += 1
        box.value.x += 1
        print(box.value.z)  # wrong
        box.value.x = "1"  # wrong
        for name, value in box:
            print(name.upper(), value, "x" in box)
        copy: Point = box.peek()
        box.value = copy
        box.set_value(copy)
        box.set_value(1)  # wrong
        box.get_pool().acquire_copy(copy)
        box.get_pool().acquire_copy(1)  # wrong
    boxes: list[Fsmm.Box[Point]] = [points.acquire_copy(copy), *points.acquire_many(2)]
    boxes += [points.new(x=3), points.alloc(), points.alloc_value(copy)]
    points.acquire_copy(b"copy")  # wrong
    points.acquire(3)  # wrong
    number: int = points.acquire()  # wrong
    return boxes[0].value.x + box.peek().length() + number


def make_typed_pools() -> list[Fsmm.TypedPool[Point]]:
    inferred = Fsmm.TypedPool(item_type=Point, max_blocks=10)
    print(inferred.acquire().peek().z)  # wrong
    print(Fsmm.TypedPool.new(Point).acquire().peek().z)  # wrong
    print(Fsmm.TypedPool.new_full(None, Point, 0, 0).acquire().peek().z)  # wrong
    Fsmm.TypedPool.new(Point, name="points")  # wrong
    numbers: Fsmm.TypedPool[int] = Fsmm.TypedPool(item_type=Point)  # wrong
    default = Fsmm.TypedPool.get_default(Point)
    default.acquire()  # wrong
    by_name = Fsmm.TypedPool.new("Point")
    by_name.acquire().value.anything = numbers.pool.n_chunks
    return [inferred, Fsmm.TypedPool.new(Point), *([default] if default else [])]


class Client:
    """Stands for a class of objects of which there are stubs."""

    timeout: int


def make_client(_: Fsmm.ObjectPool[Client], timeout: int) -> Client:
    client = Client()
    client.timeout = timeout
    return client


def lend(pool: Fsmm.ObjectPool[Client]) -> int:
    with pool.borrow() as client:
        client.timeout = 30
        client.typo = 30  # wrong
    lease = pool.borrow_wait(2.5, Gio.Cancellable())
    lease.timeout = 30  # wrong
    lease.object.timeout = "30"  # wrong
    pool.borrow_wait("2")  # wrong
    client = lease.steal()
    pool.add(client)
    pool.add(lease)  # wrong
    pool.add_failed(KeyError("client"))
    pool.add_failed("client")  # wrong
    pool.set_create_func(make_client, 30)
    pool.set_create_func(lambda pool: Client())
    pool.set_reset_func(lambda pool, client: client.timeout == 30)
    pool.set_reset_func(None)
    pool.set_validate_func(5)  # wrong
    pool.borrow_async(0, None, print, 1)
    pool.connect("needs-object", print)
    pool.sharing = Fsmm.Sharing.DISCARD
    pool.sharing = "discard"  # wrong
    pool.max_idle = "5"  # wrong
    pool.n_lent = 5  # wrong
    return client.timeout + pool.n_lingering + pool.trim()


async def lend_to_tasks(pool: Fsmm.ObjectPool[Client]) -> int:
    async with pool.borrow_async(5) as client:
        client.typo = 30  # wrong
    lease = await asyncio.create_task(pool.borrow_async(cancellable=Gio.Cancellable()))
    print(lease.timeout)  # wrong
    return client.timeout + lease.object.timeout


def make_object_pools() -> list[Fsmm.ObjectPool[Client]]:
    inferred = Fsmm.ObjectPool(item_type=Client, max_objects=4, sharing=Fsmm.Sharing.WAIT)
    print(inferred.borrow().object.typo)  # wrong
    print(Fsmm.ObjectPool.new(Client).borrow().object.typo)  # wrong
    Fsmm.ObjectPool(item_type=Client, max_object=4)  # wrong
    Fsmm.ObjectPool.new("GSocketClient").borrow().object.anything = inferred.name
    return [inferred, Fsmm.ObjectPool.new(Client, 4)]


def use_trimmer() -> int:
    trimmer = Fsmm.Trimmer(decay=5000, memory_monitor=None)
    trimmer.connect("over-budget", lambda trimmer, n_bytes: print(n_bytes))
    trimmer.budget_bytes = 1 << 20
    trimmer.decay = "5000"  # wrong
    trimmer.memory_monitor = Gio.MemoryMonitor.dup_default()
    return trimmer.trim(Gio.MemoryMonitorWarningLevel.LOW) + Fsmm.trim_all()


def watch() -> float:
    monitor = Fsmm.Monitor(interval=500)
    monitor.interval = "500"  # wrong
    monitor.refresh()
    for info in monitor:
        print(info.name.upper())  # wrong
        info.n_allocated = 5  # wrong
        if info.kind == Fsmm.PoolKind.RAW and (pool := info.dup_pool()):
            print(pool.dump(), monitor.get_stats()[0]["alloc-rate"])
        print(info.trim() / 1024)
    Fsmm.Monitor(500)  # wrong
    return Fsmm.Monitor.new()[0].alloc_rate + len(monitor)


def wait(pool: Fsmm.Pool, points: Fsmm.TypedPool[Point]) -> float:
    pool.max_blocks = 5
    pool.max_blocks = "5"  # wrong
    pool.flushing = points.flushing
    pool.n_waiting = 3  # wrong
    pool.acquire_async(0, None, print, 1, 2)
    pool.acquire_async(0, None, 5)  # wrong
    pool.acquire_async(0, None, print).send(None)  # wrong
    try:
        with pool.acquire_wait(2.5, Gio.Cancellable()) as block:
            block.write(0, b"hello")
        pool.acquire_wait("2")  # wrong
        with points.acquire_wait(), points.alloc_wait(timeout=None) as box:
            print(box.value.z)  # wrong
            return box.value.x
    except Fsmm.TimedOutError as error:
        return len(error.message) + pool.n_waiting
    except (TimeoutError, Fsmm.ClosedError):
        return points.n_waiting


async def wait_in_task(pool: Fsmm.Pool, points: Fsmm.TypedPool[Point]) -> float:
    block = await pool.acquire_async()
    block.typo = 5  # wrong
    async with pool.acquire_async(cancellable=Gio.Cancellable()) as other:
        other.write(0, bytes(block))
    many = await asyncio.gather(pool.acquire_async(), asyncio.wait_for(pool.acquire_async(), 1))
    many[0].release()
    number: int = await asyncio.create_task(points.acquire_async(io_priority=5))  # wrong
    async with points.alloc_async() as box:
        print(box.value.z)  # wrong
        return box.value.x + number


def handle_errors(pool: Fsmm.Pool) -> str:
    try:
        pool.reserve(100)
    except (Fsmm.ExhaustedError, Fsmm.NoMemoryError) as error:
        if error.matches(Fsmm.Error.quark(), Fsmm.Error.EXHAUSTED):
            return str(error.message)
    except ValueError:
        raise
    except GLib.Error as error:
        return str(error)
    return Fsmm.check_version(1, 2, 0) or Fsmm.VERSION_S
