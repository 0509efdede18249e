// SPDX-License-Identifier: LGPL-2.1-or-later
// What the override adds, so that pools are natural in JavaScript.

import './dispose.js';

import Fixture from 'gi://FsmmFixture?version=1';
import Fsmm from 'gi://Fsmm?version=1';
import GLib from 'gi://GLib?version=2.0';
import GObject from 'gi://GObject?version=2.0';
import System from 'system';

import {assert, assertSame, assertThrows, run} from './tap.js';

const {
    EXHAUSTED, INVALID_ARGUMENT, OUT_OF_RANGE, RELEASED, UNSUPPORTED_TYPE,
} = Fsmm.Error;

function decode(bytes) {
    return new TextDecoder().decode(bytes);
}

/* What a list model may have: its instance is in a pool of the program's own. */
const Row = GObject.registerClass({
    Properties: {
        box: GObject.ParamSpec.boxed('box', null, null, GObject.ParamFlags.READWRITE,
            Fsmm.Box.$gtype),
    },
    Signals: {shown: {param_types: [Fsmm.Box.$gtype]}},
}, class Row extends GObject.Object {});

const tests = {
    'a pool is made of properties': () => {
        const pool = new Fsmm.Pool({
            name: 'nodes', alloc_size: 60, chunk_bytes: 1024, max_blocks: 3,
        });

        assertSame(pool.name, 'nodes', 'name');
        assertSame(pool.alloc_size, 60, 'alloc_size');
        assertSame(pool.block_size, 64, 'block_size');
        assertSame(pool.max_blocks, 3, 'max_blocks');
        assertSame(new Fsmm.Pool({allocSize: 64, alignment: 128}).alignment, 128, 'alignment');
        assertSame(new Fsmm.Pool({'alloc-size': 64n, name: null}).allocSize, 64, 'allocSize');
    },

    'a pool is made by functions': () => {
        assertSame(Fsmm.Pool.new(64, 0).alloc_size, 64, 'alloc_size');
        assertSame(Fsmm.Pool.new_full('nodes', 64, 32, 0, 5).max_blocks, 5, 'max_blocks');
        assertSame(Fsmm.TypedPool.new(GLib.Date, 0).get_item_type(), GLib.Date.$gtype, 'type');
        assertSame(Fsmm.TypedPool.new_full(null, GLib.Date, 0, 5).max_blocks, 5, 'max_blocks');

        const {TypedPool} = Fsmm;

        assert(TypedPool.get_default(GLib.Date) === TypedPool.get_default(GLib.Date.$gtype),
            'there is one default');
        assertSame(TypedPool.get_default(GLib.DateTime), null, 'the default of an opaque type');
    },

    'bad properties throw at once': () => {
        const make = properties => () => new Fsmm.Pool(properties);

        assertThrows(RangeError, INVALID_ARGUMENT, 'alloc-size is 0', make({alloc_size: 0}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'alloc_size must be given', make());
        assertThrows(RangeError, INVALID_ARGUMENT, 'not -1', make({alloc_size: -1}));
        assertThrows(RangeError, INVALID_ARGUMENT, 'not 1.5', make({alloc_size: 1.5}));
        assertThrows(RangeError, INVALID_ARGUMENT, 'not NaN', make({allocSize: NaN}));
        assertThrows(RangeError, INVALID_ARGUMENT, 'not 90071', make({alloc_size: 2 ** 53}));
        assertThrows(RangeError, INVALID_ARGUMENT, 'at most', make({alloc_size: 2 ** 52}));
        assertThrows(RangeError, INVALID_ARGUMENT, 'alignment is 3',
            make({alloc_size: 64, alignment: 3}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'the string "64"', make({alloc_size: '64'}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'not a symbol', make({alloc_size: Symbol('64')}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'not undefined', make({alloc_size: undefined}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'not 5', make({alloc_size: 64, name: 5}));
        assertThrows(TypeError, INVALID_ARGUMENT, '"size"', make({size: 64}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'not 64', make(64));
        assertThrows(RangeError, INVALID_ARGUMENT, 'not -1', () => Fsmm.Pool.new(-1, 0));
        assertThrows(TypeError, INVALID_ARGUMENT, 'not undefined', () => Fsmm.Pool.new(64));
        assertThrows(RangeError, INVALID_ARGUMENT, 'chunk-bytes is 1', () => Fsmm.Pool.new(64, 1));
        assertThrows(RangeError, INVALID_ARGUMENT, 'alignment is 3',
            () => Fsmm.Pool.new_full('odd', 64, 3, 0, 0));
    },

    'every error has a code': () => {
        const pool = new Fsmm.Pool({alloc_size: 8, max_blocks: 1});
        const block = pool.acquire();
        const codeOf = func => {
            try {
                func();
            } catch (error) {
                assertSame(error.domain, Fsmm.Error.quark(), 'domain');
                return error.code;
            }
            return null;
        };

        assertSame(codeOf(() => block.read(8, 1)), OUT_OF_RANGE, 'code');
        assertSame(codeOf(() => block.read(0)), INVALID_ARGUMENT, 'code');
        assertSame(codeOf(() => pool.acquire()), EXHAUSTED, 'code');
        block.release();
        assertSame(codeOf(() => block.read(0, 1)), RELEASED, 'code');
        assertSame(codeOf(() => Fsmm.TypedPool.new(GLib.Bytes, 0)), UNSUPPORTED_TYPE, 'code');
    },

    'with lends a block, and returns what the function does': () => {
        const pool = new Fsmm.Pool({alloc_size: 16});
        let kept;

        const text = pool.with(block => {
            kept = block;
            assertSame(pool.n_allocated, 1, 'live blocks');
            block.write(0, 'hello');
            return decode(block.read(0, 5));
        });

        assertSame(text, 'hello', 'the text');
        assertSame(pool.n_allocated, 0, 'live blocks');
        assertThrows(Fsmm.Error, RELEASED, 'released', () => kept.read(0, 1));
    },

    'with releases where the function throws': () => {
        const pool = new Fsmm.Pool({alloc_size: 16});
        const mistake = new Error('mine');
        let caught = null;

        try {
            pool.with(() => {
                throw mistake;
            });
        } catch (error) {
            caught = error;
        }
        assert(caught === mistake, 'the error is the same');
        assertSame(pool.n_allocated, 0, 'live blocks');
    },

    'a block may be released inside of with': () => {
        const pool = new Fsmm.Pool({alloc_size: 16});

        assertSame(pool.with(block => block.release()), true, 'result');
        assertSame(pool.with(() => pool.free_all()), 1, 'result');
        assertSame(pool.n_allocated, 0, 'live blocks');
    },

    'with waits for a promise': async () => {
        const pool = new Fsmm.Pool({alloc_size: 16});
        const promise = pool.with(async block => {
            await null;
            return block.length;
        });

        assertSame(pool.n_allocated, 1, 'live blocks before');
        assertSame(await promise, 16, 'result');
        assertSame(pool.n_allocated, 0, 'live blocks after');

        await pool.with(() => Promise.reject(new Error('mine'))).catch(() => null);
        assertSame(pool.n_allocated, 0, 'live blocks after an error');
    },

    'with wants a function, and takes nothing before': () => {
        const pool = new Fsmm.Pool({alloc_size: 16});
        const dates = new Fsmm.TypedPool({item_type: GLib.Date});

        assertThrows(TypeError, INVALID_ARGUMENT, 'not undefined', () => pool.with());
        assertThrows(TypeError, INVALID_ARGUMENT, 'not 5', () => dates.with(5));
        assertSame(pool.peak_allocated + dates.peak_allocated, 0, 'blocks ever');
    },

    'a block is written from all that has bytes': () => {
        const block = new Fsmm.Pool({alloc_size: 4}).acquire();
        const buffer = Uint8Array.of(1, 2, 3, 4, 5, 6).buffer;
        const check = (data, ...expected) => {
            block.write(0, [0, 0, 0, 0]);
            assert(block.write(0, data), 'it is written');
            assertSame([...block], expected, `${data}`);
        };

        check(Uint8Array.of(9, 8), 9, 8, 0, 0);
        check(new Uint8Array(buffer, 2, 3), 3, 4, 5, 0);
        check(new DataView(buffer, 1, 4), 2, 3, 4, 5);
        check(new Uint16Array(buffer, 2, 2), 3, 4, 5, 6);
        check(Uint8Array.of(7, 6).buffer, 7, 6, 0, 0);
        check([255, 0, 1], 255, 0, 1, 0);
        check('ä!', 195, 164, 33, 0);
        check('', 0, 0, 0, 0);
        check([], 0, 0, 0, 0);
        assert(block.write_bytes(1, new GLib.Bytes([5])), 'bytes are written');
        assertSame([...block], [0, 5, 0, 0], 'bytes');
    },

    'what has no bytes is not written': () => {
        const block = new Fsmm.Pool({alloc_size: 4}).acquire();
        const write = data => () => block.write(0, data);

        assertThrows(RangeError, INVALID_ARGUMENT, 'data[1]', write([1, 256]));
        assertThrows(RangeError, INVALID_ARGUMENT, 'not -1', write([-1]));
        assertThrows(RangeError, INVALID_ARGUMENT, 'not 1.5', write([1.5]));
        assertThrows(TypeError, INVALID_ARGUMENT, 'the string "1"', write(['1']));
        assertThrows(TypeError, INVALID_ARGUMENT, 'not 5', write(5));
        assertThrows(TypeError, INVALID_ARGUMENT, 'not null', write(null));
        assertThrows(TypeError, INVALID_ARGUMENT, 'write_bytes', write(new GLib.Bytes([1])));
        assertThrows(TypeError, INVALID_ARGUMENT, 'GLib.Bytes', () => block.write_bytes(0, [1]));
        assertSame([...block], [0, 0, 0, 0], 'bytes');
    },

    'offsets and lengths are looked at first': () => {
        const block = new Fsmm.Pool({alloc_size: 64}).acquire();

        for (const bad of [-1, NaN, 2 ** 53, Infinity, -Infinity, 0.5, 2n ** 64n]) {
            assertThrows(RangeError, INVALID_ARGUMENT, `${bad}`, () => block.read(0, bad));
            assertThrows(RangeError, INVALID_ARGUMENT, `${bad}`, () => block.read(bad, 0));
            assertThrows(RangeError, INVALID_ARGUMENT, `${bad}`, () => block.write(bad, 'x'));
        }
        for (const bad of ['1', null, undefined, true, Symbol('1'), {}, [1]]) {
            assertThrows(TypeError, INVALID_ARGUMENT, 'n_bytes', () => block.read(0, bad));
            assertThrows(TypeError, INVALID_ARGUMENT, 'offset', () => block.read(bad, 0));
            assertThrows(TypeError, INVALID_ARGUMENT, 'offset', () => block.write(bad, 'x'));
        }
        for (const [offset, length] of [[64, 1], [0, 65], [2 ** 53 - 1, 1], [1, 2 ** 53 - 1]])
            assertThrows(RangeError, OUT_OF_RANGE, 'has 64', () => block.read(offset, length));
        assertThrows(RangeError, OUT_OF_RANGE, 'has 64', () => block.write(63, 'xy'));
        assertThrows(RangeError, OUT_OF_RANGE, 'has 64',
            () => block.write_bytes(64, new GLib.Bytes([1])));
        assertSame(block.read(64, 0).length, 0, 'nothing at the end');
    },

    'a block is a copy of its bytes, and iterates over them': () => {
        const block = new Fsmm.Pool({alloc_size: 3}).acquire();
        const copy = block.toUint8Array();

        block.write(0, [1, 2, 3]);
        assert(copy instanceof Uint8Array, 'it is a Uint8Array');
        assertSame([...copy], [0, 0, 0], 'the copy');
        assertSame(block.length, 3, 'length');
        assertSame([...block], [1, 2, 3], 'iterated');
        assertSame(Array.from(block, byte => byte * 2), [2, 4, 6], 'mapped');

        const iterator = block[Symbol.iterator]();

        block.release();
        assertSame(iterator.next().value, 1, 'the iterator has a copy');
        assertSame(block.length, 3, 'length of what is released');
        assertThrows(Fsmm.Error, RELEASED, 'released', () => [...block]);
        assertThrows(Fsmm.Error, RELEASED, 'released', () => block.toUint8Array());
    },

    'handles have what using needs': () => {
        const pool = new Fsmm.Pool({alloc_size: 4});
        const dates = new Fsmm.TypedPool({item_type: GLib.Date});
        const [block, box] = [pool.acquire(), dates.alloc()];

        for (let i = 0; i < 2; i++) {
            block[Symbol.dispose]();
            box[Symbol.dispose]();
        }
        assertSame(pool.n_allocated + dates.n_allocated, 0, 'live blocks');
    },

    'all describe themselves': () => {
        const pool = new Fsmm.Pool({name: 'nodes', alloc_size: 64, max_blocks: 3});
        const nests = new Fsmm.TypedPool({item_type: Fixture.Nest});
        const dates = new Fsmm.TypedPool({item_type: GLib.Date, name: 'days'});
        const block = pool.acquire();
        const nest = nests.new({first: 1});
        const date = dates.alloc();

        date.update(day => day.set_dmy(29, 2, 2024));
        assertSame(`${pool}`, '[Fsmm.Pool "nodes": blocks of 64 bytes, 1 live, at most 3]', 'pool');
        assertSame(`${dates}`, '[Fsmm.TypedPool "days": GDate, 1 live]', 'a typed pool');
        assertSame(`${block}`, '[Fsmm.Block: 64 bytes]', 'a block');
        assertSame(`${date}`, '[Fsmm.Box: 2024-02-29]', 'a date');
        assertSame(`${nest}`, '[Fsmm.Box: FsmmFixtureNest {first: 1, ' +
            'pair: FsmmFixturePair {amount: 0, count: 0}, color: 0}]', 'a struct');
        block.release();
        date.drop();
        assertSame(`${block}`, '[Fsmm.Block: 64 bytes, released]', 'a released block');
        assertSame(`${date}`, '[Fsmm.Box: GDate (released)]', 'a dropped box');
        assertSame(`${new Fsmm.Pool({alloc_size: 8})}`, '[Fsmm.Pool: blocks of 8 bytes, 0 live]',
            'a pool without a name');
    },

    'a type is a class or its $gtype': () => {
        const make = type => () => new Fsmm.TypedPool({item_type: type});

        assertSame(make(GLib.Date)().name, 'GDate', 'name');
        assertSame(make(GLib.Date.$gtype)().name, 'GDate', 'name');
        assertSame(new Fsmm.TypedPool({itemType: GLib.Date}).name, 'GDate', 'name');
        for (const bad of [
            'GDate', 5, null, {}, Symbol('GDate'), GLib, new GLib.Date(), {$gtype: 5}, () => 5,
        ])
            assertThrows(TypeError, INVALID_ARGUMENT, 'must be a class', make(bad));
        assertThrows(TypeError, INVALID_ARGUMENT, 'must be given', () => new Fsmm.TypedPool({}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'must be a class',
            () => Fsmm.TypedPool.new('GDate', 0));
        assertThrows(TypeError, INVALID_ARGUMENT, 'must be a class',
            () => Fsmm.TypedPool.get_default(5));
        assertThrows(Fsmm.Error, UNSUPPORTED_TYPE, 'not a boxed type', make(GObject.Object));
    },

    'plain data lives in a pool without a layout': () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const nests = Fsmm.TypedPool.new(Fixture.Nest, 0);
        const pair = pairs.new({amount: 1.5, count: 4});
        const nest = nests.alloc();

        assertSame(pairs.pool.alloc_size, 16, 'size of a pair');
        assertSame(nests.pool.alloc_size, 40, 'size of a nest');
        assertSame(pair.peek().multiply(), 6, 'what C sees');
        nest.update(copy => {
            copy.pair.amount = 2.5;
            copy.color = Fixture.Color.GREEN;
        });
        assertSame(nest.peek().pair.amount, 2.5, 'a field of a field');
        assertSame(nest.color, Fixture.Color.GREEN, 'an enumeration');
        assertSame(pairs.alloc_value(pair.peek()).count, 4, 'a copy');
    },

    'what is not plain data is refused': () => {
        const refused = (type, words) => assertThrows(Fsmm.Error, UNSUPPORTED_TYPE, words,
            () => new Fsmm.TypedPool({item_type: type}));

        refused(Fixture.Owner, 'its field "name" is a pointer');
        refused(Fixture.Owners, 'its field "owners.name" is a pointer');
        refused(Fixture.Handler, 'its field "handler" is neither');
        refused(Fixture.Counted, 'its field "ref_count" counts references');
        refused(Fixture.Variant, 'its field "either" is neither');
        refused(Fixture.Secret, 'its field "hidden" is private');
        refused(Fixture.Opaque, 'FsmmFixtureOpaque cannot live in a pool, because it is opaque');
        refused(GObject.Value, 'what is in a value');
        refused(GLib.DateTime, 'GDateTime');
        refused(GLib.Bytes, 'GBytes');
        refused(GLib.Array, 'its field "data" is a pointer');
        assertThrows(Fsmm.Error, UNSUPPORTED_TYPE, 'opaque',
            () => Fsmm.TypedPool.new(GLib.DateTime, 0));
    },

    'trim_all () gives back what no block of any pool needs': () => {
        const pool = Fsmm.Pool.new(64, 0);

        pool.acquire().release();
        const before = pool.reserved_bytes;

        assertSame(Fsmm.trim_all() >= before, true, 'at least what the pool had');
        assertSame(pool.n_chunks, 0, 'chunks');
    },

    'a pool keeps what retain_bytes says, and get_memory () tells what there is': () => {
        const pool = new Fsmm.Pool({alloc_size: 1024, chunk_bytes: 16384, retain_bytes: 32768});
        const blocks = Array.from({length: 50}, () => pool.acquire());
        const memory = pool.get_memory();

        assertSame(memory.live_bytes, 50 * 1024, 'live bytes');
        assertSame(memory.live_bytes + memory.thread_bytes + memory.idle_bytes, 65536, 'all');
        assertSame(pool.free_all(), blocks.length, 'dropped');
        assertSame(pool.n_chunks, 2, 'chunks');
        pool.retainBytes = -1;
        assertSame(pool.retain_bytes, -1, 'chosen');
        pool.retain_bytes = -1n;
        assertSame(pool.retain_bytes, -1, 'chosen by a bigint');
        pool.retain_bytes = 5n;
        assertSame(pool.get_retain_bytes(), 5, 'set');
        for (const wrong of [-2, 1.5, 2 ** 53]) {
            assertThrows(RangeError, INVALID_ARGUMENT, 'or -1 to have it chosen', () => {
                pool['retain-bytes'] = wrong;
            });
        }
        assertThrows(TypeError, INVALID_ARGUMENT, 'not null', () => pool.set_retain_bytes(null));
        assertSame(pool.retain_bytes, 5, 'as before');

        Fsmm.trim_all();
        assertSame(Fsmm.get_spare_bytes(), 0, 'spare');
    },

    'a trimmer gives back what is free while a main loop runs': () => {
        const loop = new GLib.MainLoop(null, false);
        const trimmer = new Fsmm.Trimmer({decay: 200, memory_monitor: null});
        const pool = Fsmm.Pool.new(1024, 0);
        let nTrimmed = 0;

        trimmer.connect('trimmed', (_, nBytes) => {
            nTrimmed += nBytes;
        });
        Array.from({length: 1000}, () => pool.acquire()).forEach(block => block.release());
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1200, () => loop.quit());
        loop.run();
        assertSame(pool.reserved_bytes, 0, 'reserved');
        assertSame(nTrimmed >= 1000 * 1024, true, 'trimmed');

        trimmer.decay = 0;
        trimmer.budgetBytes = 2 ** 40;
        assertSame(trimmer.get_decay(), 0, 'decay');
        assertSame(trimmer.budget_bytes, 2 ** 40, 'budget');
        for (const wrong of [-1, 2 ** 32, 0.5]) {
            assertThrows(RangeError, INVALID_ARGUMENT, 'decay must be an integer from 0 to 2**32 - 1', () => {
                trimmer.decay = wrong;
            });
        }
        assertThrows(TypeError, INVALID_ARGUMENT, 'budget', () => new Fsmm.Trimmer({budget: 1}));
        assertSame(Fsmm.Trimmer.new().decay, 10000, 'default');
    },

    'a layout is registered only for what is plain data': () => {
        const register = (...args) => () => Fsmm.type_register_plain_layout(...args);

        assertSame(register(Fixture.Pair, 16, 16n)(), true, 'result');
        assertThrows(RangeError, INVALID_ARGUMENT, '16 bytes, not 8', register(Fixture.Pair, 8, 8));
        assertThrows(RangeError, INVALID_ARGUMENT, 'not -1', register(Fixture.Pair, 16, -1));
        assertThrows(RangeError, INVALID_ARGUMENT, 'layout', register(Fixture.Pair, 16, 4));
        assertThrows(TypeError, INVALID_ARGUMENT, 'must be a class', register('Pair', 16, 8));
        assertThrows(Fsmm.Error, UNSUPPORTED_TYPE, 'pointer', register(Fixture.Owner, 16, 8));
        assertThrows(Fsmm.Error, UNSUPPORTED_TYPE, 'opaque', register(GLib.Bytes, 64, 8));
        assertThrows(Fsmm.Error, UNSUPPORTED_TYPE, 'no typelib', register(GObject.Object, 64, 8));
    },

    'a field that is a struct is set from one, or from some of its fields': () => {
        const nests = new Fsmm.TypedPool({item_type: Fixture.Nest});
        const nest = nests.new({first: 1, pair: {count: 2}});
        const set = value => () => (nest.pair = value);

        nest.pair = {amount: 0.5};
        assertSame([nest.pair.amount, nest.pair.count], [0.5, 2], 'fields of a field');
        nest.pair = new Fixture.Pair({count: 3});
        assertSame([nest.pair.amount, nest.pair.count], [0, 3], 'fields of a field');
        for (const bad of [new Fixture.Nest(), new GLib.Date(), [], 5, null, undefined, 'x'])
            assertThrows(TypeError, INVALID_ARGUMENT, 'must be a FsmmFixturePair', set(bad));
        assertThrows(TypeError, INVALID_ARGUMENT, 'no field "x"', set({x: 1}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'no field "numbers"',
            () => (nest.numbers = [1, 2, 3]));
        assertSame([nest.first, nest.pair.count], [1, 3], 'fields');
    },

    'a box has the fields of its instance': () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const pair = pairs.new({count: 3});

        pair.amount = 0.5;
        pair.count += 1;
        assertSame([pair.amount, pair.count], [0.5, 4], 'fields');
        assertSame(pair.peek().amount, 0.5, 'amount');
        assertSame(pair.nothing, undefined, 'no field');
        assertThrows(TypeError, INVALID_ARGUMENT, 'it has amount, count', () => (pair.nothing = 5));
        assertThrows(TypeError, INVALID_ARGUMENT, '"nothing"', () => pairs.new({nothing: 5}));
        assertThrows(TypeError, INVALID_ARGUMENT, '"julian"',
            () => new Fsmm.TypedPool({item_type: GLib.Date}).new({julian: 1}));
        assertSame(pairs.n_allocated, 1, 'live instances');
        assertSame(Fsmm.Box.prototype.amount, undefined, 'a field of no box');
        Fsmm.Box.prototype.answer = 42;
        assertSame(pair.answer, 42, 'what all boxes have');
        delete Fsmm.Box.prototype.answer;
        pair.drop();
        assertThrows(Fsmm.Error, RELEASED, 'released', () => pair.amount);
        assertThrows(Fsmm.Error, RELEASED, 'released', () => (pair.amount = 1));
    },

    'update stores what the function changed': () => {
        const dates = new Fsmm.TypedPool({item_type: GLib.Date});
        const date = dates.new();
        const update = func => () => date.update(func);

        assertSame(date.update(day => day.set_dmy(29, 2, 2024) ?? 'done'), 'done', 'result');
        assertSame(date.to_string(), '2024-02-29', 'the date');
        assertThrows(TypeError, INVALID_ARGUMENT, 'not undefined', update());
        assertThrows(Fsmm.Error, RELEASED, 'released', update(() => date.drop()));
        assertThrows(Fsmm.Error, RELEASED, 'released', update(() => null));
    },

    'update stores nothing where the function throws': () => {
        const date = new Fsmm.TypedPool({item_type: GLib.Date}).new();

        try {
            date.update(day => {
                day.set_dmy(29, 2, 2024);
                throw new Error('mine');
            });
        } catch (error) {
            assertSame(error.message, 'mine', 'the error');
        }
        assert(!date.peek().valid(), 'it is as before');
    },

    'update waits for a promise': async () => {
        const pair = new Fsmm.TypedPool({item_type: Fixture.Pair}).new();

        await pair.update(async copy => {
            await null;
            copy.count = 7;
        });
        assertSame(pair.count, 7, 'count');
        assert(await pair === pair, 'a box can be waited for');
    },

    'with lends a box': async () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        let kept;

        const product = pairs.with(pair => {
            kept = pair;
            pair.amount = 2;
            pair.count = 3;
            return pair.peek().multiply();
        });

        assertSame(product, 6, 'product');
        assertThrows(Fsmm.Error, RELEASED, 'released', () => kept.amount);
        assertSame(await pairs.with(async pair => pair.count), 0, 'a new one');
        pairs.with(pair => pair.drop());
        assertSame(pairs.n_allocated, 0, 'live instances');
    },

    'a box is set to an instance of its type': () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const pair = pairs.alloc();
        const set = value => () => pair.set_value(value);

        assert(pair.set_value(new Fixture.Pair({count: 3})), 'it is set');
        assertSame(pair.count, 3, 'count');
        for (const bad of [5, null, undefined, 'x', Symbol('x'), () => 5])
            assertThrows(TypeError, INVALID_ARGUMENT, 'instance of a boxed type', set(bad));
        assertThrows(TypeError, INVALID_ARGUMENT, 'holds GDate', set(new GLib.Date()));
        assertThrows(TypeError, INVALID_ARGUMENT, 'must hold a FsmmFixturePair', set({}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'must hold a FsmmFixturePair', set(pair));
        assertThrows(TypeError, INVALID_ARGUMENT, 'instance', () => pairs.alloc_value(5));
        assertThrows(TypeError, INVALID_ARGUMENT, 'holds GDate',
            () => pairs.alloc_value(new GLib.Date()));
    },

    'a property and a signal of boxes copy no instance': () => {
        const pool = new Fsmm.TypedPool({name: 'rows', item_type: Fixture.Pair});
        const common = Fsmm.TypedPool.get_default(Fixture.Pair);
        const box = pool.new({count: 1});
        const row = new Row({box}), other = new Row();
        const seen = [];

        row.bind_property('box', other, 'box', GObject.BindingFlags.SYNC_CREATE);
        other.box.count += 4;
        assertSame(box.count, 5, 'what was set');
        assertSame(row.box.count, 5, 'in the row');
        assertSame(pool.n_allocated, 1, 'in the pool');
        assertSame(common.n_allocated, 0, 'in the default pool');

        row.connect('shown', (_, shown) => seen.push(shown.count, shown.get_pool().name));
        row.emit('shown', box);
        assertSame(`${seen}`, '5,rows', 'what the handler got');

        pool.free_all();
        assert(!row.box.is_live() && !other.box.is_live(), 'the rows are empty');
        assert(box.get_pool() === pool, 'the pool of the box');
    },

    'a box gives out its pool, also when nobody else has that any more': () => {
        const makeBox = () => new Fsmm.TypedPool({name: 'kept', item_type: Fixture.Pair}).new();
        const box = makeBox();

        System.gc();
        System.gc();
        const pool = box.get_pool();

        assert(pool instanceof Fsmm.TypedPool, 'a typed pool');
        assertSame(pool.name, 'kept', 'name');
        box.drop();
        assertSame(pool.n_allocated, 0, 'live');
    },

    'a pool that is full says so': () => {
        const pool = new Fsmm.Pool({name: 'nodes', alloc_size: 4, max_blocks: 1});
        const dates = new Fsmm.TypedPool({item_type: GLib.Date, max_blocks: 1});

        pool.with(() => assertThrows(Fsmm.Error, EXHAUSTED, '"nodes"', () => pool.acquire()));
        dates.with(() => assertThrows(Fsmm.Error, EXHAUSTED, '"GDate"', () => dates.new()));
        assertThrows(Fsmm.Error, EXHAUSTED, '"nodes"', () => pool.reserve(2));
        assertThrows(RangeError, INVALID_ARGUMENT, 'n_blocks', () => pool.reserve(-1));
        assertSame(pool.with(() => 5), 5, 'it goes on');
    },

    'a pool of instances is used as one of blocks is': () => {
        const pools = [
            new Fsmm.Pool({alloc_size: 4, max_blocks: 3}),
            new Fsmm.TypedPool({item_type: GLib.Date, max_blocks: 3}),
        ];

        for (const pool of pools) {
            const handle = pool.acquire();

            assertSame(pool.n_allocated, 1, 'live');
            assertSame(pool.acquire_many(2).filter(other => other.is_live()).length, 2, 'many');
            assertSame(pool.acquire_many(0).length, 0, 'none');
            assert(handle.is_live(), 'it is live');
            assertSame(pool.free_all(), 3, 'dropped');
        }
    },

    'older names do the same': () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const pair = pairs.acquire({amount: 1.5, count: 2});

        assertSame(`${pairs.new({amount: 1.5, count: 2})}`, `${pair}`, 'new');
        assertSame(`${pairs.alloc()}`, `${pairs.acquire()}`, 'alloc');
        assertSame(`${pairs.acquire_copy(pair.peek())}`, `${pair}`, 'acquire_copy');
        assertSame(`${pairs.alloc_value(pair.peek())}`, `${pair}`, 'alloc_value');
        assertThrows(TypeError, INVALID_ARGUMENT, 'no field "z"', () => pairs.acquire({z: 1}));
        assertThrows(TypeError, INVALID_ARGUMENT, '', () => pairs.acquire_copy(new GLib.Date()));
    },

    'many are there, or none': () => {
        const pool = new Fsmm.Pool({alloc_size: 4, max_blocks: 3});
        const dates = new Fsmm.TypedPool({item_type: GLib.Date, max_blocks: 3});
        const block = pool.acquire(), date = dates.acquire();

        for (const [full, name] of [[pool, 'n_blocks'], [dates, 'n_instances']]) {
            const many = n => () => full.acquire_many(n);
            const raw = full.pool ?? full;

            assertThrows(Fsmm.Error, EXHAUSTED, 'max-blocks is 3', many(3));
            assertSame(full.n_allocated, 1, 'live after that');
            assertThrows(RangeError, INVALID_ARGUMENT, `${name} must be`, many(-1));
            assertThrows(TypeError, INVALID_ARGUMENT, `${name} must be`, many('1'));

            // As if another thread took one, once room has been found.
            raw.reserve = () => true;
            assertThrows(Fsmm.Error, EXHAUSTED, 'max-blocks is 3', many(3));
            Reflect.deleteProperty(raw, 'reserve');
            assertSame(full.n_allocated, 1, 'what was taken is back');
        }
        assert(block.is_live() && date.is_live(), 'they are live');
    },

    'a pool is not full of handles that nobody has': () => {
        const pool = new Fsmm.Pool({alloc_size: 4, max_blocks: 10});
        const dates = new Fsmm.TypedPool({item_type: GLib.Date, max_blocks: 10});
        const date = new GLib.Date();

        (() => {
            for (let i = 0; i < 100; i++) {
                pool.acquire();
                dates.alloc();
                dates.alloc_value(date);
            }
        })();
        assert(pool.peak_allocated <= 10, 'blocks at most');
        assertSame(dates.peak_allocated, 10, 'instances at most');
    },
};

await run(tests);
