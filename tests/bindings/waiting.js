// SPDX-License-Identifier: LGPL-2.1-or-later
// Waiting for room in a pool, with promises and without.

import Fsmm from 'gi://Fsmm?version=1';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';

import Fixture from 'gi://FsmmFixture?version=1';

import {assert, assertSame, assertThrows, collectGarbage, run} from './tap.js';

const {CLOSED, INVALID_ARGUMENT, TIMED_OUT} = Fsmm.Error;

function makePools(maxBlocks = 1) {
    return [
        new Fsmm.Pool({alloc_size: 16, max_blocks: maxBlocks}),
        new Fsmm.TypedPool({item_type: Fixture.Pair, max_blocks: maxBlocks}),
    ];
}

function giveBack(handle) {
    if (handle instanceof Fsmm.Block)
        handle.release();
    else
        handle.drop();
}

function sleep(milliseconds) {
    return new Promise(resolve => {
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

/* Handles that nobody has afterwards. */
function dropHandles(pool, n) {
    for (let i = 0; i < n; i++)
        pool.acquire_wait(0);
}

async function failureOf(promise) {
    try {
        await promise;
    } catch (error) {
        return error;
    }
    throw new Error('nothing was thrown');
}

const tests = {
    'where there is room, nobody waits': async () => {
        for (const pool of makePools()) {
            giveBack(pool.acquire_wait());
            giveBack(pool.acquire_wait(0));
            giveBack(pool.acquire_wait(1000n, new Gio.Cancellable()));
            giveBack(await pool.acquire_async());
            giveBack(await pool.acquire_async(GLib.PRIORITY_LOW, new Gio.Cancellable()));
            assertSame(await pool.with_async(() => pool.n_allocated), 1, 'live in with_async');
            assertSame(pool.n_allocated, 0, 'live');
        }
    },

    'a typed pool has the names of C too': async () => {
        const [, pairs] = makePools();

        pairs.alloc_wait().drop();

        const pair = await pairs.alloc_async();

        pair.count = 5;
        assertSame(JSON.stringify(pair), '{"amount":0,"count":5}', 'a pair');
        assertSame(Object.keys(pair), ['amount', 'count'], 'keys');
        assert(pairs.alloc_async === pairs.acquire_async, 'it is the same');
    },

    'a promise is kept when there is room': async () => {
        for (const pool of makePools()) {
            const handle = pool.acquire_wait();
            const waiting = pool.acquire_async();

            assertSame(pool.n_waiting, 1, 'waiting');
            giveBack(handle);
            giveBack(await waiting);
            assertSame(pool.n_waiting + pool.n_allocated, 0, 'waiting and live');
        }
    },

    'who has a lower priority is first, then who came first': async () => {
        for (const pool of makePools()) {
            const handle = pool.acquire_wait();
            const order = [];
            const all = [GLib.PRIORITY_LOW, 0, 0, GLib.PRIORITY_HIGH].map((priority, i) =>
                pool.with_async(() => order.push(i), priority));

            assertSame(pool.n_waiting, 4, 'waiting');
            giveBack(handle);
            await Promise.all(all);
            assertSame(order, [3, 1, 2, 0], 'the order');
        }
    },

    'tasks take turns': async () => {
        for (const pool of makePools(2)) {
            const turns = [0, 0, 0, 0];

            await Promise.all(turns.map(async (_, i) => {
                while (turns[i] < 10) {
                    await pool.with_async(async () => {
                        assert(pool.n_allocated <= 2, 'at most two are live');
                        await sleep(0);
                        turns[i]++;
                    });
                }
            }));
            assertSame(turns, [10, 10, 10, 10], 'turns');
            assertSame(pool.n_allocated, 0, 'live');
        }
    },

    'with_async gives back where the function throws': async () => {
        for (const pool of makePools()) {
            const mistake = new Error('mine');
            const fail = () => {
                throw mistake;
            };

            assertSame(await failureOf(pool.with_async(fail)), mistake, 'the error');
            assertSame(await failureOf(pool.with_async(async () => fail())), mistake, 'the error');
            assertSame(await pool.with_async(async handle => {
                await null;
                giveBack(handle);
                return 5;
            }), 5, 'result');
            assertSame(pool.n_allocated, 0, 'live');
        }
    },

    'garbage is collected where something waits': async () => {
        for (const pool of makePools(3)) {
            dropHandles(pool, 3);
            giveBack(pool.acquire_wait(10 ** 6));
            dropHandles(pool, 3);
            giveBack(pool.acquire_wait(0));
            dropHandles(pool, 3);
            giveBack(await pool.acquire_async());
            dropHandles(pool, 3);
            await pool.with_async(() => null);
            dropHandles(pool, 3);
            await new Promise((resolve, reject) => pool.acquire_async(0, null, (_, result) => {
                try {
                    resolve((pool.acquire_finish ?? pool.alloc_finish).call(pool, result));
                } catch (error) {
                    reject(error);
                }
            }));
        }
    },

    'garbage that is collected serves those that wait': async () => {
        for (const pool of makePools()) {
            const begin = () => {
                const handles = [pool.acquire_wait()];
                const waiting = pool.acquire_async();

                handles.pop();
                return waiting;
            };
            const waiting = begin();

            assertSame(pool.n_waiting, 1, 'waiting');
            await sleep(0);
            collectGarbage();
            giveBack(await waiting);
        }
    },

    'a wait may be too long': () => {
        for (const pool of makePools()) {
            const handle = pool.acquire_wait();

            for (const timeout of [0, 5000])
                assertThrows(Fsmm.Error, TIMED_OUT, '1 are live', () => pool.acquire_wait(timeout));
            assertSame(pool.n_allocated, 1, 'live');
            giveBack(handle);
        }
    },

    'a wait can be cancelled': async () => {
        for (const pool of makePools()) {
            const handle = pool.acquire_wait();
            const cancellable = new Gio.Cancellable();
            const fail = async promise => {
                const error = await failureOf(promise);

                assert(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED), `${error}`);
            };
            const waiting = pool.acquire_async(0, cancellable);
            const next = pool.acquire_async();

            cancellable.cancel();
            await fail(waiting);
            await fail(pool.acquire_async(0, cancellable));
            assertSame(pool.n_waiting, 1, 'waiting');
            giveBack(handle);
            giveBack(await next);
            assertSame(pool.n_allocated, 0, 'live');
        }
    },

    'a block that comes as a wait is cancelled goes to the next': async () => {
        for (const pool of makePools()) {
            const handle = pool.acquire_wait();
            const cancellable = new Gio.Cancellable();
            const waiting = pool.acquire_async(0, cancellable);
            const next = pool.acquire_async();

            giveBack(handle);
            cancellable.cancel();
            await failureOf(waiting);
            giveBack(await next);
            assertSame(pool.n_allocated, 0, 'live');
        }
    },

    'nobody waits in a pool that is flushing': async () => {
        for (const pool of makePools()) {
            const handle = pool.acquire_wait();
            const waiting = pool.acquire_async();

            assertSame(pool.flushing, false, 'flushing');
            pool.flushing = true;
            assert((await failureOf(waiting)).matches(Fsmm.Error, CLOSED), 'it is closed');
            giveBack(handle);
            assert((await failureOf(pool.acquire_async())).matches(Fsmm.Error, CLOSED), 'closed');
            assertThrows(Fsmm.Error, CLOSED, 'flushing', () => pool.acquire_wait());
            pool.flushing = false;
            giveBack(pool.acquire_wait());
        }
    },

    'a limit that is raised serves those that wait': async () => {
        for (const pool of makePools()) {
            const handle = pool.acquire_wait();
            const waiting = pool.acquire_async();

            pool.max_blocks = 2;
            giveBack(await waiting);
            pool.maxBlocks = 3n;
            assertSame(pool.max_blocks, 3, 'max_blocks');
            assertThrows(RangeError, INVALID_ARGUMENT, 'not -1', () => (pool.max_blocks = -1));
            assertThrows(TypeError, INVALID_ARGUMENT, 'not undefined', () => pool.set_max_blocks());
            assertSame(pool.get_max_blocks(), 3, 'max_blocks');
            giveBack(handle);
        }
    },

    'arguments that make no sense are refused': async () => {
        for (const pool of makePools()) {
            const wait = timeout => () => pool.acquire_wait(timeout);

            assertThrows(RangeError, INVALID_ARGUMENT, 'or -1 to wait for ever', wait(-2));
            assertThrows(RangeError, INVALID_ARGUMENT, 'not 1.5', wait(1.5));
            assertThrows(TypeError, INVALID_ARGUMENT, 'not the string "1"', wait('1'));
            assertThrows(RangeError, INVALID_ARGUMENT, 'not 2147483648',
                () => pool.acquire_async(2 ** 31));
            assertThrows(TypeError, INVALID_ARGUMENT, 'callback must be a function',
                () => pool.acquire_async(0, null, 5));
            assert((await failureOf(pool.with_async(5))).matches(Fsmm.Error, INVALID_ARGUMENT), '');
            assert(await failureOf(pool.acquire_async(0, 'x')) instanceof Error, 'a cancellable');
            assertSame(pool.peak_allocated, 0, 'ever live');
        }
    },
};

await run(tests);
