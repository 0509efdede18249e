// SPDX-License-Identifier: LGPL-2.1-or-later
// A field takes what its type can hold. Anything else is refused, and changes nothing.

import Fixture from 'gi://FsmmFixture?version=1';
import Fsmm from 'gi://Fsmm?version=1';
import GLib from 'gi://GLib?version=2.0';
import Test from 'gi://FsmmTest?version=1';

import {assertSame, assertThrows, run} from './tap.js';

const {INVALID_ARGUMENT} = Fsmm.Error;
const NO_NUMBERS = [
    'a', '7', '', null, undefined, true, false, {}, [], [5], Symbol('x'), () => 5, new Date(),
    {valueOf: () => 3}, new Fixture.Pair(),
];

function make(Class) {
    return new Fsmm.TypedPool({item_type: Class}).alloc();
}

function assertRefused(ErrorClass, words, box, name, values) {
    const before = box[name];

    for (const value of values) {
        assertThrows(ErrorClass, INVALID_ARGUMENT, words, () => (box[name] = value));
        assertSame(box[name], before, `${name} after ${String(value)}`);
    }
}

const tests = {
    'an integer is an integer that there is room for': () => {
        const pair = make(Fixture.Pair);
        const words = 'field "count" (int32) must be an integer from -2147483648 to 2147483647, ';

        for (const good of [0, -0, 1, -(2 ** 31), 2 ** 31 - 1, 5n, -5n]) {
            pair.count = good;
            assertSame(pair.count, Number(good) + 0, 'count');
        }
        assertRefused(TypeError, words, pair, 'count', NO_NUMBERS);
        assertRefused(RangeError, words, pair, 'count',
            [NaN, Infinity, -Infinity, 0.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e300, 2n ** 31n]);
        assertRefused(TypeError, `${words}not the string "a"`, pair, 'count', ['a']);
        assertRefused(RangeError, `${words}not NaN`, pair, 'count', [NaN]);
    },

    'integers of all sizes have limits': () => {
        const shape = make(Test.Shape);
        const nest = make(Fixture.Nest);

        shape.small = -128;
        shape.large = 2n ** 40n;
        nest.first = 255;
        assertSame([shape.small, shape.large, nest.first], [-128, 2 ** 40, 255], 'numbers');
        assertRefused(RangeError, 'from -128 to 127', shape, 'small', [128, -129, 1.5]);
        assertRefused(RangeError, '(uint64) must be an integer from 0 to 18446744073709551615',
            shape, 'large', [-1, -1n, 2 ** 64, 2n ** 64n, 0.5, NaN]);
        assertRefused(RangeError, 'from 0 to 255', nest, 'first', [256, -1, NaN]);
    },

    'a real number may be any number': () => {
        const pair = make(Fixture.Pair);
        const segment = make(Test.Segment);

        for (const good of [1.5, NaN, Infinity, -Infinity, -0, 1e308, 2 ** 53]) {
            pair.amount = good;
            assertSame(pair.amount, good, 'amount');
        }
        pair.amount = 5n;
        assertRefused(TypeError, 'field "amount" (double) must be a number, not ', pair, 'amount',
            NO_NUMBERS);
        segment.pen = {width: Infinity};
        assertThrows(RangeError, INVALID_ARGUMENT, 'field "width" (float)',
            () => (segment.pen = {width: 1e300}));
        assertSame(segment.pen.width, Infinity, 'width');
    },

    'other fields take what they are': () => {
        const shape = make(Test.Shape);

        shape.visible = true;
        shape.letter = '😀';
        shape.type = GLib.Date;
        shape.kind = Test.Kind.SQUARE;
        assertSame([shape.visible, shape.letter, shape.type.name, shape.kind],
            [true, '😀', 'GDate', Test.Kind.SQUARE], 'fields');
        assertRefused(TypeError, 'field "visible" (boolean) must be true or false', shape,
            'visible', ['false', 'a', 0, 1, null, undefined, NaN, {}]);
        assertRefused(TypeError, 'field "letter" (unichar) must be a string of one character',
            shape, 'letter', ['', 'ab', '\ud800', 5, null, undefined]);
        assertRefused(TypeError, 'field "type" must be a class', shape, 'type',
            [null, undefined, 5, 'GDate', {}]);
        assertRefused(TypeError, 'field "kind" (FsmmTest.Kind) must be an integer', shape, 'kind',
            ['SQUARE', null, undefined, true, Test.Kind]);
        assertRefused(RangeError, 'field "kind" (FsmmTest.Kind)', shape, 'kind',
            [2, -1, 0.5, NaN, 2 ** 40]);
    },

    'a field that is a pointer is not set': () => {
        const track = new Fsmm.TypedPool({item_type: Test.Track})
            .alloc_value(Test.Track.new('Aria', 180));

        assertRefused(TypeError, 'field "title" (pointer) cannot be set', track, 'title',
            ['Gigue', null, undefined, 5]);
        assertSame(track.title, 'Aria', 'title');
    },

    'a new instance is made of fields, and of nothing else': () => {
        const pairs = new Fsmm.TypedPool({item_type: Fixture.Pair});
        const pair = pairs.new({count: 3});

        for (const bad of [new Fixture.Pair({count: 3}), new GLib.Date(), [], [1, 2], 5, null, 'ab',
            () => 5, Symbol('x'), pairs])
            assertThrows(TypeError, INVALID_ARGUMENT, 'alloc_value', () => pairs.new(bad));
        assertSame(pairs.n_allocated, 1, 'live instances');
        assertSame(pairs.new(pair).count, 3, 'of another box');
        assertSame(pairs.new(Object.create(null)).count, 0, 'of no fields');
    },

    'fields of fields are looked at as well': () => {
        const nests = new Fsmm.TypedPool({item_type: Fixture.Nest});
        const nest = nests.new({pair: {count: 1}});
        const segment = make(Test.Segment);

        segment.pen = {grey: 7}; // of a type that has no GType
        assertSame(segment.pen.grey, 7, 'grey');
        assertThrows(RangeError, INVALID_ARGUMENT, 'field "grey" (uint8)',
            () => (segment.pen = {grey: 256}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'field "count" (int32)',
            () => (nest.pair = {amount: 1, count: 'a'}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'or an object with some of its fields, not 5',
            () => (nest.pair = 5));
        assertSame([nest.pair.amount, nest.pair.count], [0, 1], 'the pair');
        assertThrows(TypeError, INVALID_ARGUMENT, 'field "first" (uint8)',
            () => nests.new({first: null}));
        assertSame(nests.n_allocated, 1, 'live instances');
    },
};

await run(tests);
