// SPDX-License-Identifier: LGPL-2.1-or-later
// Classes of the library cannot be extended, and say so before GObject ends the program.

import Fsmm from 'gi://Fsmm?version=1';
import GLib from 'gi://GLib?version=2.0';
import GObject from 'gi://GObject?version=2.0';

import {assertSame, assertThrows, run} from './tap.js';

const {INVALID_ARGUMENT} = Fsmm.Error;
const {Class} = imports.lang;

function assertFinal(name, func) {
    assertThrows(TypeError, INVALID_ARGUMENT, `Fsmm.${name} is final`, func);
}

const tests = {
    'a class that extends one of the library is not registered': () => {
        assertFinal('Pool', () => GObject.registerClass(class Mine extends Fsmm.Pool {}));
        assertFinal('TypedPool', () => GObject.registerClass(class Mine extends Fsmm.TypedPool {}));
        assertFinal('ObjectPool',
            () => GObject.registerClass(class Mine extends Fsmm.ObjectPool {}));
        assertFinal('Monitor', () => GObject.registerClass(class Mine extends Fsmm.Monitor {}));
        assertFinal('PoolInfo', () => GObject.registerClass(class Mine extends Fsmm.PoolInfo {}));
        assertFinal('Pool', () => GObject.registerClass({
            GTypeName: 'Mine', Properties: {},
        }, class extends Fsmm.Pool {}));
    },

    'a class of the old kind does not extend one either': () => {
        assertFinal('Pool', () => new Class({Name: 'Mine', Extends: Fsmm.Pool}));
        assertFinal('TypedPool', () => new Class({Name: 'Mine', Extends: Fsmm.TypedPool}));
        assertFinal('ObjectPool', () => new Class({Name: 'Mine', Extends: Fsmm.ObjectPool}));
    },

    'a class of one’s own has a pool in a property': () => {
        const Mine = GObject.registerClass(class Mine extends GObject.Object {
            pool = new Fsmm.Pool({alloc_size: 64});
            dates = new Fsmm.TypedPool({item_type: GLib.Date});
        });
        const mine = new Mine();

        assertSame(mine.pool.with(block => block.length), 64, 'length');
        assertSame(mine.dates.with(box => box.is_live()), true, 'live');
    },
};

await run(tests);
