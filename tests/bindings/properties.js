// SPDX-License-Identifier: LGPL-2.1-or-later
// What JavaScript and its libraries ask of an object, a box answers with fields of its instance.

import Fixture from 'gi://FsmmFixture?version=1';
import Fsmm from 'gi://Fsmm?version=1';
import GLib from 'gi://GLib?version=2.0';
import Test from 'gi://FsmmTest?version=1';

import {assert, assertSame, assertThrows, run} from './tap.js';

const {RELEASED} = Fsmm.Error;

function makePair() {
    return new Fsmm.TypedPool({item_type: Fixture.Pair}).new({amount: 0.5, count: 3});
}

const tests = {
    'the fields are properties of a box': () => {
        const pair = makePair();

        assert('count' in pair && !('nothing' in pair), 'in');
        assert(Object.hasOwn(pair, 'amount') && !Object.hasOwn(pair, 'nothing'), 'hasOwn');
        assertSame(Object.keys(pair), ['amount', 'count'], 'keys');
        assertSame(Object.values(pair), [0.5, 3], 'values');
        assertSame(Object.entries(pair), [['amount', 0.5], ['count', 3]], 'entries');
        assertSame(Object.values({...pair}), [0.5, 3], 'spread');
        assertSame(Object.assign({}, pair).count, 3, 'assigned');

        const names = [];

        for (const name in pair)
            names.push(name);
        assertSame(names.slice(0, 2), ['amount', 'count'], 'for in');

        const {count, ...rest} = pair;

        assertSame([count, rest.amount], [3, 0.5], 'taken apart');
    },

    'every way to get a box is the same': () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair, max_blocks: 3});
        const boxes = [pairs.alloc(), pairs.new(), pairs.alloc_value(new Fixture.Pair())];

        for (const box of boxes)
            assertSame(Object.keys(box), ['amount', 'count'], 'keys');
        boxes[0].drop();
        assertSame(pairs.with(box => Object.keys(box)), ['amount', 'count'], 'keys');
        assertSame(Object.keys(Fsmm.TypedPool.get_default(Fixture.Pair).alloc()),
            ['amount', 'count'], 'keys');
    },

    'a property that is set is the field': () => {
        const pair = makePair();

        Object.assign(pair, {count: 7});
        assertSame(pair.peek().count, 7, 'count');
        assertThrows(TypeError, Fsmm.Error.INVALID_ARGUMENT, '"count"',
            () => Object.assign(pair, {count: 'a'}));
        assert(!Reflect.deleteProperty(pair, 'count'), 'it stays');
        assertSame(pair.count, 7, 'count');
    },

    'what a box has itself is no field': () => {
        const shapes = new Fsmm.TypedPool({item_type: Test.Shape});
        const shape = shapes.new({drop: 5, copy: 6});

        assertSame(typeof shape.drop, 'function', 'drop');
        assert(!Object.keys(shape).includes('drop') && Object.keys(shape).includes('copy'), 'keys');
        assertSame(JSON.parse(JSON.stringify(shape)).drop, 5, 'in JSON');
    },

    'a box is JSON': () => {
        const nests = new Fsmm.TypedPool({item_type: Fixture.Nest});
        const segment = new Fsmm.TypedPool({item_type: Test.Segment}).new({pen: {grey: 7}});
        const shape = new Fsmm.TypedPool({item_type: Test.Shape}).new({type: GLib.Date});
        const nest = nests.new({first: 1, pair: {amount: 0.5}, color: Fixture.Color.GREEN});
        const text = JSON.stringify(nest);

        assertSame(JSON.stringify(makePair()), '{"amount":0.5,"count":3}', 'a pair');
        assertSame(text, '{"first":1,"pair":{"amount":0.5,"count":0},"color":1}', 'a nest');
        assertSame(JSON.stringify(nests.new(JSON.parse(text))), text, 'another of the same');
        assertSame(JSON.stringify([makePair()]), '[{"amount":0.5,"count":3}]', 'in a list');
        assertSame(segment.toJSON().pen.grey, 7, 'a struct without a GType');
        assertSame(shape.toJSON().type, 'GDate', 'a type');
    },

    'a box whose fields nobody knows is JSON of its description': () => {
        const date = new Fsmm.TypedPool({item_type: GLib.Date}).alloc();

        date.update(day => day.set_dmy(29, 2, 2024));
        assertSame(JSON.stringify({date}), '{"date":"2024-02-29"}', 'JSON');
        assertSame(Object.keys(date).length, 0, 'keys');
    },

    'a box that is gone has names, and no values': () => {
        const pair = makePair();

        pair.drop();
        assert('count' in pair, 'in');
        assertSame(Object.keys(pair), ['amount', 'count'], 'keys');
        assertThrows(Fsmm.Error, RELEASED, 'released', () => Object.entries(pair));
        assertThrows(Fsmm.Error, RELEASED, 'released', () => ({...pair}));
        assertThrows(Fsmm.Error, RELEASED, 'released', () => JSON.stringify(pair));
        assertThrows(Fsmm.Error, RELEASED, 'released', () => (pair.count = 1));
    },

    'a block is JSON of its bytes': () => {
        const pool = new Fsmm.Pool({alloc_size: 4});
        const block = pool.acquire();
        const other = pool.acquire();

        block.write(0, [1, 2, 255]);
        assertSame(JSON.stringify({block}), '{"block":[1,2,255,0]}', 'JSON');
        other.write(0, JSON.parse(JSON.stringify(block)));
        assertSame([...other], [1, 2, 255, 0], 'the other one');
        block.release();
        assertThrows(Fsmm.Error, RELEASED, 'released', () => JSON.stringify(block));
    },
};

await run(tests);
