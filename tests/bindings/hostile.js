// SPDX-License-Identifier: LGPL-2.1-or-later
// Whatever a program does with pools and handles ends in a result or in an error, and never in
// memory that is gone. MALLOC_PERTURB_ and G_DEBUG=fatal-criticals in the environment let that show.

import Fixture from 'gi://FsmmFixture?version=1';
import Fsmm from 'gi://Fsmm?version=1';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import GObject from 'gi://GObject?version=2.0';

import {assert, assertSame, assertThrows, collectGarbage, run} from './tap.js';

const {INVALID_ARGUMENT, NO_MEMORY, RELEASED} = Fsmm.Error;
const N_CALLS = 30000;

function permute(items) {
    if (items.length < 2)
        return [items];

    return items.flatMap((item, i) =>
        permute([...items.slice(0, i), ...items.slice(i + 1)]).map(rest => [item, ...rest]));
}

/* Drops the properties of what make () returns in every order, with garbage collected in between,
 * and checks what is left. */
function dropInEveryOrder(make, check) {
    for (const order of permute(Object.keys(make()))) {
        const held = make();

        for (const name of order) {
            delete held[name];
            collectGarbage();
            check(held);
        }
    }
}

function assertReleased(...functions) {
    for (const func of functions)
        assertThrows(Fsmm.Error, RELEASED, 'released', func);
}

/* Numbers between 0 and n, always the same ones. */
function makeRandom() {
    let state = 12345;

    return n => {
        state = Math.imul(state, 1103515245) + 12345 >>> 0;
        return (state >>> 8) % n;
    };
}

/* What no function was made for. */
function makeBadValues() {
    const pool = new Fsmm.Pool({alloc_size: 32});
    const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
    const unset = new GObject.Value();
    const released = pool.acquire();
    const dropped = pairs.alloc();

    released.release();
    dropped.drop();

    return [
        undefined, null, true, NaN, Infinity, -Infinity, -0, -1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53 - 1,
        2 ** 53, 2 ** 63, 2 ** 64, 1e308, -1n, 2n ** 64n, 64n, '', '64', 'x'.repeat(100000), '\0',
        '\ud800', Symbol('bad'), [], [1, 2], [-1], [256], ['x'], [[]], new Array(100), {},
        {length: 64}, {$gtype: 5}, Object.create(null), () => 5, class {}, new Date(NaN), /x/,
        new Map(), new Error('mine'), new Uint8Array(), new Uint8Array(64), new Uint8Array(100000),
        new Float64Array(3), new ArrayBuffer(65), new DataView(new ArrayBuffer(5), 2),
        new Proxy({}, {}), new Proxy(new Uint8Array(3), {}), new Proxy(new Fixture.Pair(), {}),
        Promise.resolve(5), new GLib.Bytes([1, 2, 3]), new GLib.Date(), new GLib.Variant('s', 'x'),
        GLib.Date, GLib.Date.$gtype, GLib.DateTime, GObject.Object, GObject.TYPE_STRING,
        new GObject.Object(), unset, new Fixture.Pair(), new Fixture.Nest(), pool, pairs,
        pool.acquire(), pairs.alloc(), released, dropped, Fsmm, Fsmm.Pool, Fsmm.Block,
        Fsmm.Block.prototype, Fsmm.Box.prototype, Fsmm.Pool.prototype, Fsmm.Error,
    ];
}

const METHODS = {
    Pool: ['acquire', 'free_all', 'trim', 'with', 'toString', 'get_n_allocated', 'get_name'],
    TypedPool: ['alloc', 'alloc_value', 'new', 'with', 'free_all', 'toString', 'get_pool',
        'get_item_type'],
    Block: ['read', 'write', 'write_bytes', 'get_bytes', 'release', 'is_live', 'get_address',
        'get_size', 'toUint8Array', 'toJSON', 'toString', Symbol.iterator],
    Box: ['peek', 'set_value', 'update', 'drop', 'is_live', 'to_string', 'toJSON', 'toString'],
};

const STATIC = [
    [Fsmm.Pool, 'new'], [Fsmm.Pool, 'new_full'], [Fsmm.TypedPool, 'new'],
    [Fsmm.TypedPool, 'new_full'], [Fsmm.TypedPool, 'get_default'],
    [Fsmm, 'type_register_plain_layout'],
];

/* Calls a function, and throws only what is no error of JavaScript, GLib or gjs. */
function attempt(func) {
    try {
        return func();
    } catch (error) {
        assert(error instanceof Error || error instanceof GLib.Error, `“${error}” is an error`);
        return null;
    }
}

/* Runs a program. Returns whether it ended well, and what it printed to standard error. */
function runProgram(program) {
    const source = `import Fsmm from 'gi://Fsmm?version=1';
        import GLib from 'gi://GLib?version=2.0';
        import System from 'system';
        ${program}`;
    const [file, stream] = Gio.File.new_tmp('fsmm-XXXXXX.js');

    stream.get_output_stream().write_all(new TextEncoder().encode(source), null);
    stream.close(null);

    const flags = Gio.SubprocessFlags.STDERR_PIPE;
    const child = Gio.Subprocess.new(['gjs', '-m', file.get_path()], flags);
    const [, , errors] = child.communicate_utf8(null, null);

    file.delete(null);
    return [child.get_if_exited() && child.get_exit_status() === 0, errors];
}

function assertEndsWell(...programs) {
    for (const program of programs) {
        const [well, errors] = runProgram(program);

        assert(well && errors === '', `“${program}” ends well, and not with ${errors}`);
    }
}

const tests = {
    'pool, block and bytes are dropped in every order': () => {
        const make = () => {
            const pool = new Fsmm.Pool({alloc_size: 64});
            const block = pool.acquire();

            block.write(0, 'hello');
            const bytes = block.get_bytes();

            return {pool, block, bytes, array: bytes.toArray()};
        };

        dropInEveryOrder(make, ({pool, block, bytes, array}) => {
            if (pool)
                assert(pool.n_allocated <= 1, 'one block at most is live');
            if (block)
                assertSame(block.read(0, 1)[0], 104, 'a byte of the block');
            if (bytes)
                assertSame(bytes.get_size() && bytes.toArray()[1], 101, 'a byte of the bytes');
            if (array)
                assertSame(array[2], 108, 'a byte of the array');
        });
    },

    'typed pool, box, instance and raw pool are dropped in every order': () => {
        const make = () => {
            const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
            const box = pairs.new({amount: 0.5, count: 6});

            return {pairs, box, copy: box.peek(), pool: pairs.pool};
        };

        dropInEveryOrder(make, ({pairs, box, copy, pool}) => {
            if (pairs)
                assert(pairs.alloc_value(new Fixture.Pair({count: 1})).count === 1, 'it goes on');
            if (box)
                assertSame(box.count, 6, 'a field of the box');
            if (copy)
                assertSame(copy.multiply(), 3, 'the copy');
            if (pool)
                assertThrows(Fsmm.Error, INVALID_ARGUMENT, 'typed pool', () => pool.acquire());
        });
    },

    'a released block says so': () => {
        const pool = new Fsmm.Pool({alloc_size: 64});
        const ways = [block => block.release(), () => pool.free_all()];

        for (const end of ways) {
            const block = pool.acquire();

            end(block);
            pool.trim();
            collectGarbage();
            assertReleased(
                () => block.read(0, 1), () => block.read(64, 0), () => block.write(0, 'x'),
                () => block.write_bytes(0, new GLib.Bytes([1])), () => block.get_bytes(),
                () => block.toUint8Array(), () => [...block], () => block.release());
            assertSame(block.is_live(), false, 'live');
            assertSame(block.get_address(), null, 'address');
            assertSame(block.length, 64, 'length');
        }
        assertSame(pool.n_allocated, 0, 'live blocks');
    },

    'a dropped box says so': () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const ways = [box => box.drop(), () => pairs.free_all()];

        for (const end of ways) {
            const box = pairs.alloc();
            const copy = box.peek();

            end(box);
            pairs.pool.trim();
            collectGarbage();
            assertReleased(
                () => box.peek(), () => box.set_value(copy), () => box.update(() => null),
                () => box.count, () => (box.count = 5));
            box.drop();
            assertSame(box.is_live(), false, 'live');
            assertSame(copy.multiply(), 0, 'the copy');
        }
        assertSame(pairs.n_allocated, 0, 'live instances');
    },

    'bytes outlive a release, the end of all blocks, and the pool': () => {
        const hold = () => {
            const pool = new Fsmm.Pool({alloc_size: 4096, chunk_bytes: 4096});
            const [first, second] = [pool.acquire(), pool.acquire()].map((block, i) => {
                block.write(0, new Uint8Array(4096).fill(i + 1));
                const bytes = block.get_bytes();

                if (i === 0)
                    block.release();
                return bytes;
            });

            pool.free_all();
            pool.trim();
            pool.with(block => block.write(0, new Uint8Array(4096).fill(9)));
            return [first, second, first.toArray(), second.toArray()];
        };
        const [first, second, ...arrays] = hold();

        collectGarbage();
        assert(first.toArray().every(byte => byte === 1), 'the first bytes are there');
        assert(second.toArray().every(byte => byte === 2), 'the second bytes are there');
        arrays.forEach((array, i) => {
            array.fill(7); // may write to the block, but to nothing else
            assert([...array].every(byte => byte === 7), `array ${i} is there`);
        });
    },

    'a block that is handed out again has nothing to do with the old handle': () => {
        const pool = new Fsmm.Pool({alloc_size: 64, max_blocks: 1});
        const old = pool.acquire();

        old.release();
        const fresh = pool.acquire();

        assertReleased(() => old.write(0, 'x'), () => old.release());
        assert(fresh.is_live(), 'the new one is live');
        assertSame(fresh.read(0, 1)[0], 0, 'its first byte');
    },

    'functions that are called back may end everything': () => {
        const pool = new Fsmm.Pool({alloc_size: 64});
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const box = pairs.alloc();

        pool.with(outer => pool.with(inner => {
            pool.free_all();
            collectGarbage();
            assertReleased(() => outer.read(0, 1), () => inner.read(0, 1));
        }));
        assertReleased(() => box.update(() => {
            pairs.free_all();
            pairs.pool.trim();
            collectGarbage();
        }));
        assertSame(pool.n_allocated + pairs.n_allocated, 0, 'live blocks');
    },

    'exceptions leave nothing behind, however deep': () => {
        const pool = new Fsmm.Pool({alloc_size: 64, max_blocks: 100});
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const nest = depth => pool.with(() => pairs.with(() => nest(depth + 1)));

        attempt(() => nest(0));
        assertSame(pool.peak_allocated, 100, 'blocks at most');
        attempt(() => pairs.new({amount: Symbol('x')}));
        attempt(() => pairs.new({amount: 1, nothing: 2}));
        attempt(() => pairs.new({get amount() {
            throw new Error('mine');
        }}));
        assertSame(pool.n_allocated + pairs.n_allocated, 0, 'live blocks');
    },

    'methods refuse what is not theirs': () => {
        const block = new Fsmm.Pool({alloc_size: 64}).acquire();
        const box = new Fsmm.TypedPool({item_type: Fixture.Pair}).alloc();

        for (const [Class, names] of Object.entries(METHODS)) {
            const {prototype} = Fsmm[Class];
            const others = [5, null, {}, Object.create(prototype), prototype];

            if (Class !== 'Block')
                others.push(block);
            if (Class !== 'Box')
                others.push(box);
            for (const name of names) {
                const func = prototype[name];

                for (const other of others)
                    attempt(() => func.call(other, ...[0, 1].slice(0, func.length)));
            }
        }
        attempt(() => new Fsmm.Block());
        attempt(() => new Fsmm.Box());
        attempt(() => Reflect.construct(Fsmm.Block, [], Fsmm.Box));
        assert(block.is_live() && box.is_live(), 'both are live');
    },

    'arguments may be whatever they are': () => {
        const random = makeRandom();
        const values = makeBadValues();
        const pick = list => list[random(list.length)];
        const guard = new Fsmm.Pool({alloc_size: 32}).acquire();
        const pattern = new Uint8Array(32).fill(170);

        guard.write(0, pattern);
        for (let i = 0; i < N_CALLS; i++) {
            const Class = pick(Object.keys(METHODS));
            const objects = values.filter(value => value instanceof Fsmm[Class]);
            const [object, name] = random(4) === 0
                ? pick(STATIC)
                : [pick(objects), pick(METHODS[Class])];
            const args = Array.from({length: random(object[name].length + 1)}, () => pick(values));

            attempt(() => object[name](...args));
            if (i % 1000 === 0)
                collectGarbage();
        }
        assertSame([...guard], [...pattern], 'a block that nobody was to touch');
    },

    'properties may be whatever they are': () => {
        const values = makeBadValues();
        const names = [
            'alloc_size', 'alignment', 'chunk_bytes', 'max_blocks', 'name', 'item_type', 'x',
        ];

        for (const name of names) {
            for (const value of values) {
                attempt(() => new Fsmm.Pool({alloc_size: 64, [name]: value}));
                attempt(() => new Fsmm.TypedPool({item_type: Fixture.Pair, [name]: value}).alloc());
            }
        }
        for (const value of values) {
            attempt(() => new Fsmm.Pool(value));
            attempt(() => new Fsmm.TypedPool(value));
        }
    },

    'fields may be whatever they are': () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const nests = new Fsmm.TypedPool({item_type: Fixture.Nest});
        const [pair, nest] = [pairs.alloc(), nests.alloc()];

        const names = [
            'first', 'pair', 'numbers', 'color', 'nothing', '__proto__', 'constructor', 'prototype',
        ];

        for (const value of makeBadValues()) {
            attempt(() => (pair.amount = value));
            attempt(() => (pair.count = value));
            for (const name of names)
                attempt(() => (nest[name] = value));
            attempt(() => pairs.new(value));
            attempt(() => `${pair} ${nest}`);
        }
        assert(pair.is_live() && nest.is_live(), 'both are live');
    },

    'no memory is an error': () => {
        const pool = new Fsmm.Pool({alloc_size: 64});

        assertThrows(Fsmm.Error, NO_MEMORY, 'no memory', () => pool.reserve(2 ** 53 - 1));
        assertSame(pool.with(block => block.length), 64, 'it goes on');
    },

    'arguments that lie are not believed': () => {
        const block = new Fsmm.Pool({alloc_size: 64}).acquire();
        const changing = {
            n: 0,
            valueOf() {
                return this.n++ ? 2 ** 40 : 0;
            },
        };
        const long = new Proxy([1, 2, 3], {
            get: (target, key) => key === 'length' ? 2 ** 31 : target[key],
        });
        class Longer extends Uint8Array {
            get length() {
                return 2 ** 30;
            }

            get byteLength() {
                return 2 ** 30;
            }
        }

        attempt(() => block.read(changing, changing));
        attempt(() => block.write(0, long));
        attempt(() => block.write(0, new Longer(3)));
        attempt(() => block.write(0, Object.setPrototypeOf(new Uint8Array(3), null)));
        attempt(() => block.write(0, Object.setPrototypeOf([1], Uint8Array.prototype)));
        assert(block.is_live(), 'it is live');
    },

    'a value of another type, or of none, is refused': () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const number = new GObject.Value();
        const null_ = new GObject.Value();

        number.init(GObject.TYPE_INT);
        number.set_int(5);
        null_.init(Fixture.Pair.$gtype);

        for (const bad of [number, null_, new GObject.Value()])
            assertThrows(TypeError, INVALID_ARGUMENT, '', () => pairs.alloc_value(bad));
        assertSame(pairs.n_allocated, 0, 'live instances');
    },

    'a typed pool that is disposed of empties its boxes': () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const box = pairs.alloc();

        pairs.run_dispose();
        assertReleased(() => box.peek(), () => box.set_value(new Fixture.Pair()));
        box.drop();
        assertSame(box.is_live(), false, 'live');
    },

    'what waits for a promise may be dropped meanwhile': async () => {
        const pool = new Fsmm.Pool({alloc_size: 64});
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const box = pairs.alloc();
        const lent = pool.with(async block => {
            await null;
            return block.is_live();
        });
        const updated = box.update(async () => {
            await null;
        }).catch(error => error);

        pool.free_all();
        box.drop();
        collectGarbage();
        assertSame(await lent, false, 'the block is live');
        assert((await updated).matches(Fsmm.Error, RELEASED), 'the box was dropped');
    },

    'a program may end at any time': () => {
        assertEndsWell(
            'globalThis.block = Fsmm.Pool.new(64, 0).acquire();',
            'globalThis.bytes = Fsmm.Pool.new(64, 0).acquire().get_bytes().toArray();',
            'globalThis.box = new Fsmm.TypedPool({item_type: GLib.Date}).alloc();',
            `const pool = globalThis.pool = Fsmm.Pool.new(64, 0);
            pool.blocks = Array.from({length: 1000}, () => pool.acquire());`,
            `const pool = globalThis.pool = Fsmm.Pool.new(64, 0);
            pool.held = {pool, block: pool.acquire()};`,
            'Fsmm.Pool.new(64, 0).with(() => System.exit(0));',
            'new Fsmm.TypedPool({item_type: GLib.Date}).alloc().update(() => System.exit(0));',
            `const pool = Fsmm.Pool.new(64, 0);
            globalThis.block = pool.acquire();
            pool.free_all();
            System.exit(0);`,
            'Fsmm.Pool.new(64, 0).with(() => new Promise(() => null));');
    },

    'an error that nobody catches ends a program as any other': () => {
        const [well, errors] = runProgram(`Fsmm.Pool.new(64, 0).with(() => {
            throw new Error("mine");
        });`);

        assert(!well && errors.includes('mine'), `it ends with ${errors}`);
    },

    'nothing is left': () => {
        const pool = new Fsmm.Pool({alloc_size: 64});

        (() => {
            for (let i = 0; i < 1000; i++)
                pool.acquire().get_bytes().toArray();
        })();
        collectGarbage();
        assert(pool.n_allocated <= 1, `${pool.n_allocated} of 1000 blocks are live`);
    },
};

await run(tests);
