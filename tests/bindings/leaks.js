// SPDX-License-Identifier: LGPL-2.1-or-later
// Blocks and handles that are taken and dropped a hundred thousand times leave nothing behind: no
// block is live, and the process is no larger.

import Fixture from 'gi://FsmmFixture?version=1';
import Fsmm from 'gi://Fsmm?version=1';
import GLib from 'gi://GLib?version=2.0';

import {assert, assertSame, collectGarbage, run} from './tap.js';

const N_ROUNDS = 10;
const MAX_ROUNDS = 40; // where it is not yet clear that nothing leaks
const N_PER_ROUND = 10000;
const N_FIRST_ROUNDS = 3; // fill what the garbage collector, for one, keeps for reuse
const TOLERANCE = 128 * 1024; // in a round: what leaks with each call is more

function getResidentBytes() {
    const [, text] = GLib.file_get_contents('/proc/self/status');
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(new TextDecoder().decode(text));

    return kilobytes * 1024;
}

/* Calls a function with a pool again and again. Returns how large the process is then. */
function callRound(func, pool, n) {
    (() => {
        for (let i = 0; i < n; i++)
            func(pool, i);
    })();
    collectGarbage();

    return getResidentBytes();
}

/* How much larger the process gets in a round: in half of the rounds it is more, in half of them
 * less. A heap goes up and down, and in large steps now and then; but what leaks makes it grow in
 * each round. */
function getGrowth(sizes) {
    const later = sizes.slice(N_FIRST_ROUNDS - 1);
    const steps = later.slice(1).map((size, i) => size - later[i]).sort((a, b) => a - b);

    return steps[Math.floor(steps.length / 2)];
}

function isGrowing(sizes) {
    return getGrowth(sizes) >= TOLERANCE;
}

/* Calls a function with a new pool a hundred thousand times. */
function measure(makeNew, func) {
    const pool = makeNew();
    const sizes = [];

    while (sizes.length < N_ROUNDS || isGrowing(sizes) && sizes.length < MAX_ROUNDS)
        sizes.push(callRound(func, pool, N_PER_ROUND));

    // What the interpreter remembers of the last calls is of another pool then.
    callRound(func, makeNew(), 100);

    assertSame(pool.n_allocated, 0, 'live blocks');
    assert(!isGrowing(sizes), `the process grows: ${sizes}`);

    return pool;
}

const makePool = () => new Fsmm.Pool({alloc_size: 64});
const makePairs = () => new Fsmm.TypedPool({item_type: Fixture.Pair});

const tests = {
    'blocks that are released': () => {
        const pool = measure(makePool, pool => pool.acquire().release());

        assertSame(pool.peak_allocated, 1, 'blocks at most');
    },

    'blocks that are lent': () => {
        const pool = measure(makePool, (pool, i) => pool.with(block => block.write(0, [i & 255])));

        assertSame(pool.peak_allocated, 1, 'blocks at most');
    },

    'blocks that are collected': () => {
        measure(makePool, pool => pool.acquire());
    },

    'blocks that are read and written': () => {
        measure(makePool, pool => {
            const block = pool.acquire();

            block.write(8, 'text');
            block.toUint8Array();
            block.get_bytes();
        });
    },

    'blocks that are dropped together': () => {
        measure(makePool, (pool, i) => {
            pool.acquire();
            if (i % 1000 === 999)
                pool.free_all();
        });
    },

    'errors': () => {
        const block = makePool().acquire();

        block.release();
        measure(makePool, () => {
            try {
                block.read(0, 1);
            } catch {
                // It was released.
            }
        });
    },

    'boxes that are dropped': () => {
        const pairs = measure(makePairs, pairs => pairs.alloc().drop());

        assertSame(pairs.peak_allocated, 1, 'instances at most');
    },

    'boxes that are lent': () => {
        const pairs = measure(makePairs, (pairs, i) => pairs.with(pair => (pair.count = i)));

        assertSame(pairs.peak_allocated, 1, 'instances at most');
    },

    'boxes that are collected': () => {
        measure(makePairs, pairs => pairs.alloc());
    },

    'boxes that are looked into and changed': () => {
        measure(makePairs, (pairs, i) => {
            const pair = pairs.new({count: i});

            pair.amount = 2;
            pairs.alloc_value(pair.peek());
        });
    },

    'pools': () => {
        measure(makePool, () => makePool().acquire());
    },
};

await run(tests);
