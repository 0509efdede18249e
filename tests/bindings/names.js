// SPDX-License-Identifier: LGPL-2.1-or-later
// An error about a name that is wrong says which ones there are, and which may have been meant.

import Fsmm from 'gi://Fsmm?version=1';
import Test from 'gi://FsmmTest?version=1';
import GLib from 'gi://GLib?version=2.0';

import {assert, assertSame, assertThrows, run} from './tap.js';

const {INVALID_ARGUMENT} = Fsmm.Error;

function assertFails(func) {
    assert(messageOf(func), `${func} fails`);
}

function messageOf(func) {
    try {
        func();
    } catch (error) {
        return error.message;
    }
    return '';
}

const tests = {
    'the nearest property is suggested': () => {
        const suggested = {
            size: 'alloc_size', alloc_sise: 'alloc_size', allocsize: 'alloc_size',
            aligment: 'alignment', chunk: 'chunk_bytes', max: 'max_blocks',
            'max-block': 'max_blocks', names: 'name',
        };

        for (const [wrong, right] of Object.entries(suggested)) {
            assertThrows(TypeError, INVALID_ARGUMENT,
                `there is no property "${wrong}" to be given: did you mean ${right}?`,
                () => new Fsmm.Pool({[wrong]: 8}));
        }
        assertThrows(TypeError, INVALID_ARGUMENT, 'did you mean item_type?',
            () => new Fsmm.TypedPool({type: GLib.Date}));
    },

    'nothing is suggested that is far away': () => {
        for (const wrong of ['limit', 'x', '', 'toString', '__proto', 'constructor'])
            assert(!messageOf(() => new Fsmm.Pool({[wrong]: 8})).includes('did you mean'), wrong);
    },

    'the nearest field is suggested': () => {
        const shapes = new Fsmm.TypedPool({item_type: Test.Shape});

        assertThrows(TypeError, INVALID_ARGUMENT,
            'FsmmTestShape has no field "visibel" that can be set: did you mean visible? It has ' +
            'kind, visible, small, letter, type, large, drop, copy',
            () => shapes.new({visibel: true}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'did you mean large?',
            () => (shapes.alloc().larg = 5));
    },

    'a block takes no property that it has not got': () => {
        const block = new Fsmm.Pool({alloc_size: 8}).acquire();
        const set = (name, value) => () => (block[name] = value);

        assertThrows(TypeError, INVALID_ARGUMENT, 'a block has no property "typo": it has',
            set('typo', 1));
        assertThrows(TypeError, INVALID_ARGUMENT, 'did you mean length?', set('lenght', 4));
        for (const index of [0, 7, 8])
            assertThrows(TypeError, INVALID_ARGUMENT, `write (${index}, [value])`, set(index, 1));
        assertThrows(TypeError, INVALID_ARGUMENT, 'read (7, 1)', () => block[7]);
        assertSame([...block], [0, 0, 0, 0, 0, 0, 0, 0], 'bytes');
        assertSame(block.typo, undefined, 'what is not there');

        Fsmm.Block.prototype.answer = 42;
        assertSame(block.answer, 42, 'what all blocks have');
        delete Fsmm.Block.prototype.answer;
    },

    'what a pool was made with is not set later': () => {
        const pool = new Fsmm.Pool({alloc_size: 8, name: 'nodes'});
        const dates = new Fsmm.TypedPool({item_type: GLib.Date});
        const assertSet = (object, ...names) => {
            for (const name of names) {
                const before = object[name];

                assertFails(() => (object[name] = 16));
                assertSame(object[name], before, name);
            }
        };

        assertSet(pool, 'alloc_size', 'allocSize', 'alloc-size', 'name', 'alignment',
            'chunk_bytes', 'n_allocated', 'n_waiting', 'nWaiting');
        for (const name of ['item_type', 'itemType', 'item-type'])
            assertSame(dates[name], GLib.Date.$gtype, name);
        assertSet(dates, 'item_type', 'itemType', 'name', 'chunk_bytes', 'n_waiting', 'pool');
    },

    'a pool has whatever else a program wants': () => {
        const pool = new Fsmm.Pool({alloc_size: 8});

        pool.mine = 5;
        assertSame(pool.mine, 5, 'mine');
    },

    'a pool has properties of its own kind only': () => {
        assertThrows(TypeError, INVALID_ARGUMENT,
            'there are name, alloc_size, alignment, chunk_bytes, max_blocks',
            () => new Fsmm.Pool({alloc_size: 8, item_type: GLib.Date}));
        assertThrows(TypeError, INVALID_ARGUMENT,
            'There are name, item_type, chunk_bytes, max_blocks',
            () => new Fsmm.TypedPool({item_types: GLib.Date}));
    },
};

await run(tests);
