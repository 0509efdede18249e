// SPDX-License-Identifier: LGPL-2.1-or-later
// For TypeScript, which must take each line, but for those that are said to be wrong.

import Fsmm from 'gi://Fsmm?version=1';
import AnyFsmm from 'gi://Fsmm';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import GObject from 'gi://GObject?version=2.0';
import Graphene from 'gi://Graphene?version=1.0';

export function usePool(pool: Fsmm.Pool): number {
    pool.retain_bytes = -1;
    pool.connect('notify::n-chunks', changed => changed.n_chunks + 1);
    // @ts-expect-error: there is no such property
    print(pool.colour);
    // @ts-expect-error: it is for reading
    pool.n_allocated = 5;
    // @ts-expect-error: it is a number
    const text: string = pool.trim();
    const memory: number = pool.get_memory().live_bytes;

    return memory + pool.free_all() + pool.get_n_free() + pool.maxBlocks + text.length;
}

export function makePools(): Fsmm.Pool[] {
    // @ts-expect-error: alloc_size must be given
    new Fsmm.Pool({name: 'nodes'});
    // @ts-expect-error: it is a number
    new Fsmm.Pool({alloc_size: '64'});
    // @ts-expect-error: it is written otherwise
    new Fsmm.Pool({alloc_size: 64, max_block: 5});
    // @ts-expect-error: there are five arguments
    Fsmm.Pool.new_full('full', 64, 0, 0);

    return [
        new Fsmm.Pool({alloc_size: 64, name: null, max_blocks: 3n}),
        new Fsmm.Pool({allocSize: 64, maxBlocks: 3}),
        Fsmm.Pool.new(64, 0),
        AnyFsmm.Pool.new_full('full', 64, 0, 0, 3),
    ];
}

export function useBlock(pool: Fsmm.Pool): number[] {
    const block = pool.acquire();

    block.write(0, 'hello');
    block.write(0, [1, 2, 3]);
    block.write(0, new Float64Array(1));
    block.write_bytes(0, new GLib.Bytes(new Uint8Array(2)));
    // @ts-expect-error: an offset is a number
    block.write('0', 'hello');
    // @ts-expect-error: it takes what has bytes
    block.write(0, {});
    // @ts-expect-error: there is no such property
    block.typo = 1;
    // @ts-expect-error: bytes are read with read ()
    print(block[0]);
    // @ts-expect-error: a handle is for nobody to make
    new Fsmm.Block();

    const bytes: Uint8Array = block.read(0, 5);
    const size: number = block.get_bytes().get_size() + block.length;
    const lent: number = pool.with(other => other.length);
    const many: Fsmm.Block[] = pool.acquire_many(3);

    many.forEach(other => other.release());
    // @ts-expect-error: it is a number
    pool.acquire_many('3');
    block[Symbol.dispose]();

    return [...block, ...bytes, ...block.toJSON(), size, lent];
}

export async function useBoxes(points: Fsmm.TypedPool<Graphene.Point>): Promise<number> {
    const box = points.acquire({x: 1, y: 2});

    box.x += 1;
    // @ts-expect-error: a point has none
    box.z = 1;
    // @ts-expect-error: it is a number
    box.x = '1';
    // @ts-expect-error: a point has none
    points.acquire({z: 1});
    // @ts-expect-error: it is a number
    points.acquire({x: '1'});
    // @ts-expect-error: methods are those of a copy
    box.near(box.peek(), 1);
    box.peek().near(box.peek(), 1);
    box.update(copy => copy.init(1, 2));
    box.set_value(box.peek());
    // @ts-expect-error: it is not of that type
    box.set_value(new GLib.Date());

    const boxes: Fsmm.TypedPool<Graphene.Point> = box.get_pool();
    const many: number[] = boxes.acquire_many(3).map(other => other.x);
    const copy = points.acquire_copy(box.peek());

    // @ts-expect-error: it is not of that type
    points.acquire_copy(new GLib.Date());
    many.push(points.new({x: 1}).x, points.alloc().y, points.alloc_value(copy.peek()).x);
    many.push(await points.with(async lent => lent.x));
    copy.drop();

    return many.length + points.free_all();
}

export function useRectangles(): number {
    const rectangles = new Fsmm.TypedPool({item_type: Graphene.Rect, max_blocks: 5});
    const box = rectangles.acquire({origin: {x: 1}, size: {width: 2}});

    // @ts-expect-error: an origin has none
    rectangles.acquire({origin: {z: 1}});

    return box.origin.x + box.size.width;
}

export function makeTypedPools(): Fsmm.TypedPool<GLib.Date>[] {
    const type: GObject.GType<GLib.Date> = GLib.Date.$gtype;
    const pool = Fsmm.TypedPool.get_default(GLib.Date);

    // @ts-expect-error: item_type must be given
    new Fsmm.TypedPool({max_blocks: 5});
    // @ts-expect-error: it is a class, or what that calls $gtype
    new Fsmm.TypedPool({item_type: 'GDate'});
    // @ts-expect-error: there may be none
    pool.acquire();
    // @ts-expect-error: these are others
    const others: Fsmm.TypedPool<Graphene.Point> = new Fsmm.TypedPool({item_type: GLib.Date});

    print(others.item_type.name, others.pool.n_chunks);

    return [Fsmm.TypedPool.new(type, 0), Fsmm.TypedPool.new_full(null, GLib.Date, 0, 5)];
}

export async function lend(pool: Fsmm.ObjectPool<Gio.SocketClient>): Promise<number> {
    const lease = pool.borrow_wait(1000n, null);

    lease.object.timeout = 30;
    // @ts-expect-error: it is a number
    lease.object.timeout = '30';
    // @ts-expect-error: it is the object that has one
    lease.timeout = 30;
    // @ts-expect-error: there may be none
    lease.get_object().timeout = 30;
    pool.add(lease.steal());
    // @ts-expect-error: it is of another type
    pool.add(new Gio.ListStore());
    pool.add_failed(new Error('no client'));
    pool.set_create_func(() => new Gio.SocketClient({timeout: 30}));
    // @ts-expect-error: it must return an object
    pool.set_create_func(() => {});
    pool.set_reset_func((_, client) => client.timeout === 30);
    // @ts-expect-error: it must return whether the object can be used
    pool.set_validate_func(() => {});
    pool.set_validate_func(null);
    pool.connect('needs-object', source => source.add(new Gio.SocketClient()));
    pool.sharing = Fsmm.Sharing.DISCARD;
    // @ts-expect-error: there is no such one
    pool.sharing = Fsmm.Sharing.NEVER;
    // @ts-expect-error: it is for reading
    pool.n_lent = 5;

    const timeout: number = pool.with(client => client.timeout);
    const later: number = await pool.with_async(async client => client.timeout);
    const other: Fsmm.Lease<Gio.SocketClient> = await pool.borrow_async(GLib.PRIORITY_LOW);

    other.release();

    return timeout + later + pool.max_idle + pool.nLingering;
}

export function makeObjectPools(): Fsmm.ObjectPool<Gio.SocketClient>[] {
    // @ts-expect-error: item_type must be given
    new Fsmm.ObjectPool({max_objects: 5});
    // @ts-expect-error: it is a class of objects
    new Fsmm.ObjectPool({item_type: GLib.Date});
    // @ts-expect-error: it is written otherwise
    new Fsmm.ObjectPool({item_type: Gio.SocketClient, max_object: 5});

    return [
        new Fsmm.ObjectPool({item_type: Gio.SocketClient, max_objects: 4, sharing: Fsmm.Sharing.WAIT}),
        new Fsmm.ObjectPool({itemType: Gio.SocketClient.$gtype, idleTimeout: 60000}),
        Fsmm.ObjectPool.new(Gio.SocketClient, 4),
    ];
}

export function useTrimmer(): number {
    const trimmer = new Fsmm.Trimmer({decay: 5000, memory_monitor: null});

    trimmer.connect('over-budget', (_, nBytes) => print(nBytes.toFixed()));
    // @ts-expect-error: it is called with a number
    trimmer.connect('trimmed', (_, nBytes) => nBytes.toUpperCase());
    trimmer.budgetBytes = 1 << 20;
    // @ts-expect-error: it is a number
    trimmer.decay = '5000';
    trimmer.memory_monitor = Gio.MemoryMonitor.dup_default();

    return trimmer.trim(Gio.MemoryMonitorWarningLevel.LOW) + Fsmm.trim_all();
}

export function watch(): number {
    const monitor = new Fsmm.Monitor({interval: 500});
    const model: Gio.ListModel<Fsmm.PoolInfo> = monitor;

    // @ts-expect-error: it is a number
    monitor.interval = '500';
    // @ts-expect-error: rows are made by the monitor
    new Fsmm.PoolInfo();
    for (const info of monitor) {
        // @ts-expect-error: a pool need not have a name
        info.name.toUpperCase();
        if (info.kind === Fsmm.PoolKind.RAW)
            info.dup_pool()?.trim();
        print(info.trim() / 1024);
    }
    monitor.refresh();
    print(monitor.get_stats()[0]['alloc-rate']);

    return model.get_n_items() + Fsmm.Monitor.new().nItems;
}

export async function wait(pool: Fsmm.Pool,
    points: Fsmm.TypedPool<Graphene.Point>): Promise<number> {
    pool.max_blocks = points.maxBlocks;
    pool.flushing = false;
    // @ts-expect-error: it is for reading
    pool.n_waiting = 5;
    // @ts-expect-error: it is a number
    pool.acquire_wait('5');

    const block: Fsmm.Block = await pool.acquire_async(GLib.PRIORITY_LOW, new Gio.Cancellable());
    const box = await points.acquire_async();
    const length: number = await pool.with_async(async lent => lent.length);
    const x: number = await points.with_async(lent => lent.x);

    // @ts-expect-error: a point has none
    print(box.z);
    // @ts-expect-error: it is a promise
    pool.acquire_async().release();
    pool.acquire_async(0, null, (source, result) => {
        // @ts-expect-error: there may be none
        source.n_waiting;
        pool.acquire_finish(result).release();
    });
    points.alloc_async(0, null, (_, result) => points.alloc_finish(result).x.toFixed());
    pool.acquire_wait(1000, null).release();
    points.alloc_wait().drop();

    return block.length + length + x + points.acquire_wait(-1).y;
}

export function handleErrors(pool: Fsmm.Pool): string | null {
    try {
        pool.reserve(100);
    } catch (error) {
        if (error instanceof Fsmm.Error && error.matches(Fsmm.Error, Fsmm.Error.EXHAUSTED))
            return error.message;
        throw new Fsmm.Error({message: 'nothing', code: Fsmm.Error.NO_MEMORY});
    }
    // @ts-expect-error: there is no such code
    print(Fsmm.Error.TOO_MANY);
    Fsmm.type_register_plain_layout(Graphene.Point, 8, 4);

    return Fsmm.check_version(1, 2, 0) ?? Fsmm.VERSION_S;
}
