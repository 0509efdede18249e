// SPDX-License-Identifier: LGPL-2.1-or-later
// An error about a name that is wrong says which ones there are, and which may have been meant.

import Fsmm from 'gi://Fsmm?version=1';
import Test from 'gi://FsmmTest?version=1';
import GLib from 'gi://GLib?version=2.0';

import {assert, assertThrows, run} from './tap.js';

const {INVALID_ARGUMENT} = Fsmm.Error;

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
