// SPDX-License-Identifier: LGPL-2.1-or-later
// Pools of objects, with the overrides.

import Fsmm from 'gi://Fsmm?version=1';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import GObject from 'gi://GObject?version=2.0';
import System from 'system';

import {assert, assertSame, assertThrows, collectGarbage, run} from './tap.js';

const {
    CLOSED, EXHAUSTED, INVALID_ARGUMENT, RELEASED, TIMED_OUT, UNSUPPORTED_TYPE,
} = Fsmm.Error;
const {DISCARD, IGNORE, WAIT} = Fsmm.Sharing;

const Item = GObject.registerClass(class Item extends GObject.Object {});
const Unowned = GObject.registerClass(class Unowned extends GObject.InitiallyUnowned {});

let isDisposed = false;

const Disposed = GObject.registerClass(class Disposed extends GObject.Object {
    vfunc_dispose() {
        isDisposed = true;
        super.vfunc_dispose();
    }
});

const CLASSES = [Gio.SocketClient, Item, Unowned];

function makePools(maxObjects = 1) {
    return CLASSES.map(Class => new Fsmm.ObjectPool({item_type: Class, max_objects: maxObjects}));
}

function counts(pool) {
    return [pool.n_lent, pool.n_idle, pool.n_lingering];
}

function sleep(milliseconds) {
    return new Promise(resolve => {
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

async function failureOf(promise) {
    try {
        await promise;
    } catch (error) {
        return error;
    }
    throw new Error('nothing was thrown');
}

function thrownBy(func) {
    try {
        func();
    } catch (error) {
        return error;
    }
    throw new Error('nothing was thrown');
}

/* Borrows objects that nobody gives back, and leaves no variable behind. */
function dropLeases(pool, n, foo = undefined) {
    for (let i = 0; i < n; i++) {
        const {object} = pool.borrow();

        if (foo !== undefined)
            object.foo = foo;
    }
}

/* Borrows one, and leaves a reference in C behind. */
/* In C, where two that have each other are never freed. */
function keepForEver(object) {
    const lists = [new Gio.ListStore(), new Gio.ListStore()];

    lists[0].append(lists[1]);
    lists[1].append(lists[0]);
    lists[0].append(object);
}

function lendAndKeep(pool, keep, foo) {
    pool.with(object => {
        if (foo !== undefined)
            object.foo = foo;
        keep.append(object);
    });
}

const tests = {
    'a pool is made with properties': () => {
        const pool = new Fsmm.ObjectPool({
            item_type: Gio.SocketClient, name: 'clients', max_objects: 4, maxIdle: 3n,
            'min-idle': 2, idle_timeout: 1000, max_age: 2000, sharing: DISCARD,
        });

        assertSame(pool.item_type.name, 'GSocketClient', 'type');
        assertSame(pool.itemType.name, 'GSocketClient', 'type');
        assertSame(pool.name, 'clients', 'name');
        assertSame([pool.max_objects, pool.max_idle, pool.min_idle], [4, 3, 2], 'numbers');
        assertSame([pool.idleTimeout, pool.maxAge, pool.sharing], [1000, 2000, DISCARD], 'more');
        assertSame(counts(pool), [0, 0, 0], 'counts');
        for (const name of ['max_objects', 'max_idle', 'min_idle', 'idle_timeout', 'max_age']) {
            pool[name] = 7n;
            assertSame([pool[name], pool[`get_${name}`]()], [7, 7], name);
            assertThrows(RangeError, INVALID_ARGUMENT, 'not -1', () => (pool[name] = -1));
            assertThrows(RangeError, INVALID_ARGUMENT, '2**32', () => pool[`set_${name}`](2 ** 32));
            assertThrows(TypeError, INVALID_ARGUMENT, 'number', () => (pool[name] = '1'));
        }
        pool.sharing = IGNORE;
        assertSame(pool.get_sharing(), IGNORE, 'sharing');
        assertSame(Fsmm.ObjectPool.new(Item, 5).max_objects, 5, 'max_objects');
        assertSame(`${Fsmm.ObjectPool.new(Gio.ListModel.$gtype, 0)}`,
            '[Fsmm.ObjectPool: GListModel, 0 lent, 0 idle, 0 released but still referenced]', 'text');
        assertSame(`${pool}`, '[Fsmm.ObjectPool "clients": GSocketClient, 0 lent, 0 idle, ' +
            '0 released but still referenced, at most 7]', 'text');
    },

    'arguments that make no sense are refused': () => {
        const make = (properties, words, Class = TypeError) => assertThrows(Class,
            INVALID_ARGUMENT, words, () => new Fsmm.ObjectPool(properties));

        make(undefined, 'item_type must be given');
        make({item_type: 'GSocketClient'}, 'must be a class');
        make({item_type: GLib.Date}, 'a TypedPool has boxed types');
        make({item_type: GObject.TYPE_INT}, 'item_type is gint');
        make({item_type: Item, max_object: 5}, 'did you mean max_objects');
        make({item_type: Item, max_objects: -1}, 'not -1', RangeError);
        make({item_type: Item, name: 5}, 'must be a string');
        for (const sharing of [7, 'wait', null, undefined])
            make({item_type: Item, sharing}, 'one of Fsmm.Sharing');

        const [pool] = makePools();

        assertThrows(TypeError, INVALID_ARGUMENT, 'Sharing', () => (pool.sharing = 3));
        for (const name of ['create', 'reset', 'validate']) {
            assertThrows(TypeError, INVALID_ARGUMENT, 'func must be a function',
                () => pool[`set_${name}_func`](5));
        }
        for (const value of ['object', null, {}, new GLib.Date()])
            assertThrows(TypeError, INVALID_ARGUMENT, 'GObject', () => pool.add(value));
        assertThrows(TypeError, INVALID_ARGUMENT, 'func must be a function', () => pool.with(5));
        assertThrows(RangeError, INVALID_ARGUMENT, 'not -1', () => pool.reserve(-1));
        assertThrows(TypeError, INVALID_ARGUMENT, 'final', () =>
            GObject.registerClass(class Mine extends Fsmm.ObjectPool {}));
        assert(thrownBy(() => {
            'use strict';
            pool.name = 'other';
        }) instanceof TypeError, 'the name is for reading');
    },

    'with lends an object until the function has ended': async () => {
        for (const pool of makePools()) {
            const first = pool.with(object => object);
            const mistake = new Error('mine');
            const fail = () => {
                throw mistake;
            };

            assert(first instanceof GObject.Object, 'it is an object');
            assertSame(counts(pool), [0, 1, 0], 'counts');
            assertSame(pool.with(object => object), first, 'object');
            assertSame(await pool.with(async object => {
                await null;
                assertSame(counts(pool), [1, 0, 0], 'counts');
                return object;
            }), first, 'object');
            assertSame(await pool.with_async(object => object), first, 'object');
            assertSame(await pool.with_async(async object => {
                await null;
                assertSame(counts(pool), [1, 0, 0], 'counts');
                return object;
            }), first, 'object');
            assertSame(thrownBy(() => pool.with(fail)), mistake, 'error');
            assertSame(await failureOf(pool.with(async () => fail())), mistake, 'error');
            assertSame(await failureOf(pool.with_async(fail)), mistake, 'error');
            assertSame(counts(pool), [0, 1, 0], 'counts');
            assertSame(pool.n_created, 1, 'created');
        }
    },

    'a lease has its object until it ends': () => {
        const [pool] = makePools();
        const lease = pool.borrow();

        assert(lease.is_live(), 'it is live');
        assertSame(lease.object, lease.get_object(), 'object');
        assertThrows(TypeError, INVALID_ARGUMENT, 'a lease has no property', () =>
            (lease.timeout = 5));
        assert(`${lease}`.startsWith('[Fsmm.Lease: [object instance wrapper'), `${lease}`);
        assert(lease.release(), 'it is released');
        assertSame([lease.is_live(), lease.get_object()], [false, null], 'afterwards');
        assertSame(`${lease}`, '[Fsmm.Lease: ended]', 'text');
        for (const use of [() => lease.object, () => lease.release(), () => lease.steal()])
            assertThrows(Fsmm.Error, RELEASED, 'ended before', use);
        lease.discard();
        if (Symbol.dispose)
            lease[Symbol.dispose]();
        assertSame(counts(pool), [0, 1, 0], 'counts');
    },

    'a lease may end within with': () => {
        for (const [end, nIdle] of [['release', 1], ['discard', 0], ['steal', 0]]) {
            for (const pool of makePools()) {
                const lease = pool.borrow();

                lease[end]();
                assertSame(counts(pool), [0, nIdle, 0], end);
                assertSame(pool.n_discarded, Number(end === 'discard'), 'discarded');
            }
        }
    },

    'JavaScript has one reference, with properties or without, which does not count': () => {
        for (const pool of makePools()) {
            for (let i = 0; i < 60; i++) {
                const lease = pool.borrow();

                assertSame(System.refcount(lease.object), 2, 'references');
                assertSame(lease.object.foo, i > 20 ? 20 : undefined, 'what was set');
                if (i === 20)
                    lease.object.foo = i;
                lease.release();
                assertSame(counts(pool), [0, 1, 0], 'counts');
                if (i % 10 === 5)
                    collectGarbage();
            }
            assertSame([pool.n_created, pool.n_reused], [1, 59], 'made, and used again');
        }
    },

    'what is stolen is the own of the script': () => {
        for (const pool of makePools()) {
            for (const foo of [undefined, 5]) {
                const lease = pool.borrow();

                if (foo)
                    lease.object.foo = foo;

                const stolen = lease.steal();

                assertSame(System.refcount(stolen), 1, 'references');
                assertSame(stolen.foo, foo, 'what was set');
                assertSame(counts(pool), [0, 0, 0], 'counts');
            }
        }
    },

    'an object that C still has is not lent until it has it no more': () => {
        for (const pool of makePools()) {
            for (const foo of [undefined, 5]) {
                const keep = new Gio.ListStore();

                lendAndKeep(pool, keep, foo);
                assertSame(counts(pool), [0, 0, 1], 'counts');
                assertThrows(Fsmm.Error, EXHAUSTED, 'still referenced', () => pool.borrow());
                assertThrows(Fsmm.Error, TIMED_OUT, 'still referenced',
                    () => pool.borrow_wait(5000));
                keep.remove_all();
                pool.with(object => assertSame(object.foo, foo, 'what was set'));
                assertSame(pool.n_created, 1, 'created');
            }
            for (const foo of [undefined, 5]) {
                const keep = new Gio.ListStore();

                pool.sharing = DISCARD;
                lendAndKeep(pool, keep, foo);
                assertSame(counts(pool), [0, 0, 0], 'counts');
                pool.sharing = IGNORE;
                lendAndKeep(pool, keep, foo);
                assertSame(counts(pool), [0, 1, 0], 'counts');
                pool.sharing = WAIT;
                pool.trim();
                keep.remove_all();
            }
        }
    },

    'only the reference that JavaScript has is none that counts': () => {
        const [pool] = makePools();
        const keep = new Gio.ListStore();

        pool.set_create_func(() => {
            const client = new Gio.SocketClient();

            keep.append(client);
            return client;
        });
        pool.reserve(1);
        collectGarbage();
        pool.borrow().release();
        assertSame(counts(pool), [0, 0, 1], 'counts');
        keep.remove_all();
    },

    'what nobody has any more comes back, by the collector': async () => {
        for (const pool of makePools(3)) {
            for (const foo of [undefined, 5]) {
                dropLeases(pool, 3, foo);
                pool.borrow().release();
                dropLeases(pool, 3, foo);
                pool.borrow_wait(10 ** 6).release();
                dropLeases(pool, 3, foo);
                (await pool.borrow_async()).release();
                dropLeases(pool, 3, foo);
                await pool.with_async(() => null);
                dropLeases(pool, 3, foo);
                await new Promise((resolve, reject) => pool.borrow_async(0, null, (_, result) => {
                    try {
                        resolve(pool.borrow_finish(result).release());
                    } catch (error) {
                        reject(error);
                    }
                }));
                assertSame(pool.n_created, 3, 'created');
            }
        }
    },

    'what the collector brings back is reset later, in the main context': async () => {
        for (const pool of makePools()) {
            const resets = [];

            pool.set_reset_func((_, object) => {
                resets.push(object.foo);
                delete object.foo;
                return true;
            });
            dropLeases(pool, 1, 5);
            await sleep(0);
            collectGarbage();
            assertSame(resets.length, 0, 'resets');
            await sleep(1);
            assertSame(resets, [5], 'resets');
            assertSame(counts(pool), [0, 1, 0], 'counts');
            pool.with(object => assertSame(object.foo, undefined, 'what was set'));
        }
    },

    'what is lent again has not been disposed of': () => {
        const pool = new Fsmm.ObjectPool({item_type: Disposed, max_objects: 1});
        const {object} = pool.borrow();

        for (let i = 0; i < 20; i++) {
            collectGarbage();
            pool.with(lent => assertSame(lent, object, 'the object'));
        }
        assertSame(isDisposed, false, 'disposed of');
        // The collector would dispose of it, in which gjs does not call a function of the script.
        keepForEver(object);
        object.run_dispose();
        assertSame(isDisposed, true, 'disposed of');

        const other = pool.borrow().steal();

        assertSame([pool.n_created, pool.n_discarded], [2, 1], 'it was of no use');
        keepForEver(other);
    },

    'the create function makes objects': () => {
        const [pool] = makePools(2);
        let nCalls = 0;

        pool.set_create_func(source => {
            assertSame(source, pool, 'the pool');
            nCalls++;

            const client = new Gio.SocketClient({timeout: 30});

            client.foo = nCalls;
            return client;
        });
        pool.with(client => {
            collectGarbage();
            assertSame([client.timeout, client.foo, System.refcount(client)], [30, 1, 2], 'made');
        });
        pool.reserve(2);
        assertSame([nCalls, pool.n_created, pool.n_idle], [2, 2, 2], 'made');
        pool.trim();
        pool.set_create_func(null);
        pool.with(client => assertSame(client.timeout, 0, 'timeout'));
    },

    'what the create function throws is what whoever borrows gets, the very same': async () => {
        const [pool] = makePools();
        const own = thrownBy(() => Fsmm.ObjectPool.new(Gio.ListModel, 0).borrow());
        const errors = [
            new Error('mine'), new RangeError('mine'), own,
            new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'no host'),
            new Fsmm.Error({code: TIMED_OUT, message: 'of another pool'}),
        ];

        for (const error of errors) {
            pool.set_create_func(() => {
                throw error;
            });
            assertSame(thrownBy(() => pool.borrow()), error, 'error');
            assertSame(thrownBy(() => pool.borrow_wait(0)), error, 'error');
            assertSame(thrownBy(() => pool.borrow_wait()), error, 'error');
            assertSame(thrownBy(() => pool.reserve(1)), error, 'error');
            assertSame(thrownBy(() => pool.with(() => null)), error, 'error');
            assertSame(await failureOf(pool.borrow_async()), error, 'error');
            assertSame(await failureOf(pool.with_async(() => null)), error, 'error');

            pool.set_create_func(null);

            const lease = pool.borrow();
            const waiting = [pool.borrow_async(), pool.borrow_async()];

            pool.set_create_func(() => {
                throw error;
            });
            lease.discard();
            for (const promise of waiting)
                assertSame(`${await failureOf(promise)}`, `${error}`, 'error');
            assertSame(counts(pool), [0, 0, 0], 'counts');
        }
        pool.set_create_func(() => null);
        assert(thrownBy(() => pool.borrow()).message.includes('returned null'), 'nothing');
        pool.set_create_func(() => new Item());
        assertThrows(Fsmm.Error, UNSUPPORTED_TYPE, 'Item', () => pool.borrow());
    },

    'functions that look at objects may have them discarded': () => {
        const [, pool] = makePools();
        const seen = [];
        let isGood = true;

        pool.set_reset_func((...args) => {
            seen.push(args.length);
            return isGood;
        });
        pool.borrow().release();
        assertSame(counts(pool), [0, 1, 0], 'counts');
        isGood = false;
        pool.borrow().release();
        assertSame(counts(pool), [0, 0, 0], 'counts');
        pool.set_reset_func(null);
        pool.borrow().release();
        pool.set_validate_func((...args) => {
            seen.push(args.length);
            return isGood;
        });
        pool.borrow().release();
        isGood = true;
        pool.borrow().release();
        assertSame(seen, [2, 2, 2, 2], 'arguments');
        assertSame([pool.n_created, pool.n_discarded], [3, 2], 'made and discarded');
    },

    'a function that throws, or forgets to return something, has the object discarded': () => {
        const fail = () => {
            throw new Error('this is a part of the test');
        };

        for (const func of [fail, () => undefined]) {
            const [, pool] = makePools();

            pool.set_reset_func(func);
            pool.borrow().release();
            assertSame(counts(pool), [0, 0, 0], 'counts');
            pool.set_reset_func(null);
            pool.borrow().release();
            pool.set_validate_func(func);
            pool.borrow().release();
            assertSame([pool.n_created, pool.n_discarded], [3, 2], 'made and discarded');
        }
    },

    'objects can be added, but none twice': () => {
        for (const Class of CLASSES) {
            for (const foo of [undefined, 5]) {
                const pool = new Fsmm.ObjectPool({item_type: Class, max_objects: 1});
                const added = new Class();

                if (foo)
                    added.foo = foo;
                assert(pool.add(added), 'it is added');
                assertSame(counts(pool), [0, 1, 0], 'counts');
                assertSame(System.refcount(added), 2, 'references');
                assertThrows(Fsmm.Error, EXHAUSTED, 'no room', () => pool.add(new Class()));
                pool.max_objects = 2;
                assertThrows(Fsmm.Error, INVALID_ARGUMENT, 'in a pool', () => pool.add(added));
                assertThrows(Fsmm.Error, UNSUPPORTED_TYPE, 'GListStore',
                    () => pool.add(new Gio.ListStore()));
                assertSame(System.refcount(added), 2, 'references');
                pool.with(lent => assertSame(lent, added, 'object'));

                const other = new Class(), keep = new Gio.ListStore();

                if (foo)
                    other.foo = foo;
                keep.append(other);
                pool.add(other);
                assertSame(counts(pool), [0, 1, 1], 'counts');
                keep.remove_all();
                pool.close();
                assertThrows(Fsmm.Error, CLOSED, 'closed', () => pool.add(new Class()));
            }
        }
    },

    'what is added later goes to who waits': async () => {
        for (const pool of makePools(2)) {
            const Class = CLASSES.find(({$gtype}) => $gtype.name === pool.item_type.name);
            const mistake = new Error('mine');
            let nMade = 0;

            pool.connect('needs-object', source => {
                GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
                    const object = new Class();

                    object.foo = ++nMade;
                    if (nMade === 3)
                        source.add_failed(mistake);
                    else
                        source.add(object);
                    return GLib.SOURCE_REMOVE;
                });
            });

            const leases = await Promise.all([pool.borrow_async(), pool.borrow_async()]);

            assertSame(leases.map(({object}) => object.foo), [1, 2], 'order');

            const waiting = pool.borrow_async();

            leases.pop().discard();
            assertSame(await failureOf(waiting), mistake, 'error');
            assertSame(await pool.with_async(({foo}) => foo), 4, 'the next one');
            leases.pop().release();
            assertSame(counts(pool), [0, 2, 0], 'counts');
        }
    },

    'who has a lower priority is first, then who came first': async () => {
        for (const pool of makePools()) {
            const order = [];
            const lease = pool.borrow();
            const all = [GLib.PRIORITY_LOW, 0, 0, GLib.PRIORITY_HIGH].map((priority, i) =>
                pool.with_async(() => order.push(i), priority));

            assertSame(pool.n_waiting, 4, 'waiting');
            lease.discard();
            await Promise.all(all);
            assertSame(order, [3, 1, 2, 0], 'the order');
            assertSame(pool.n_created, 2, 'created');
        }
    },

    'a wait can be cancelled, and a pool closed': async () => {
        for (const pool of makePools()) {
            const lease = pool.borrow();
            const cancellable = new Gio.Cancellable();
            const waiting = pool.borrow_async(0, cancellable);
            const next = pool.borrow_async();

            cancellable.cancel();
            assert((await failureOf(waiting)).matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED),
                'it is cancelled');
            lease.release();

            const other = await next;
            const last = pool.borrow_async();

            pool.close();
            assert((await failureOf(last)).matches(Fsmm.Error, CLOSED), 'it is closed');
            assertThrows(Fsmm.Error, CLOSED, 'closed', () => pool.borrow());
            assert(other.object !== null, 'it is there');
            other.release();
            assertSame(counts(pool), [0, 0, 0], 'counts');
        }
    },

    'nobody shares an object, and all are served': async () => {
        for (const pool of makePools(3)) {
            const users = new Map(), turns = [0, 0, 0, 0, 0, 0, 0];
            const keep = new Gio.ListStore();
            let nKept = 0;

            const use = async (object, index, n) => {
                assert(!users.has(object), 'it is shared');
                users.set(object, index);
                if (n % 3 === 0)
                    object.foo = index;
                await sleep(n % 2);
                if (n % 5 === index % 5) {
                    // Whoever lets it go there has it until then.
                    const name = `kept-${nKept++}`;

                    users.set(object, name);
                    keep.append(object);
                    GLib.timeout_add(GLib.PRIORITY_DEFAULT, 2, () => {
                        assertSame(users.get(keep.get_item(0)), name, 'the user');
                        users.delete(keep.get_item(0));
                        keep.remove(0);
                        return GLib.SOURCE_REMOVE;
                    });
                } else {
                    users.delete(object);
                }
            };

            await Promise.all(turns.map(async (_, index) => {
                while (turns[index] < 25) {
                    const n = turns[index]++;
                    const lease = await pool.borrow_async();

                    await use(lease.object, index, n);
                    if (n % 7 === 6)
                        lease.discard();
                    else if (n % 4 !== 3)
                        lease.release();
                    if (n % 9 === index)
                        System.gc();
                }
            }));
            assertSame(turns, turns.map(() => 25), 'turns');
            await sleep(5);
            users.clear();
            collectGarbage();

            const leases = [0, 1, 2].map(() => pool.borrow_wait(10 ** 7));

            assertSame(new Set(leases.map(({object}) => object)).size, 3, 'objects');
            assertSame(counts(pool), [3, 0, 0], 'counts');
            assertSame(pool.n_created - pool.n_discarded, 3, 'objects');
            leases.forEach(lease => lease.release());
            pool.close();
        }
    },
};

await run(tests);
