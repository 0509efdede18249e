// SPDX-License-Identifier: LGPL-2.1-or-later
/* Waiting for room in a pool.
 *
 * The collector does not know what a handle holds. So whoever would wait has garbage collected
 * first: there may be handles that nobody has any more. That takes some milliseconds. Where it has
 * been done a short time ago, it is done a short time later instead, which serves those that wait. */

/* exported makeWaiting */

const {GLib} = imports.gi;
const System = imports.system;
const {toFunction, toPriority, toTimeout} = imports.overrides.FsmmArguments;

const COLLECT_INTERVAL = 100; // milliseconds

let lastCollected = -Infinity, isToBeCollected = false;

function saysNoRoom(error) {
    const codes = imports.gi.Fsmm.Error;

    return Boolean(error.matches?.(codes, codes.TIMED_OUT) ||
        error.matches?.(codes, codes.NO_MEMORY));
}

function collectGarbage() {
    System.gc();
    lastCollected = GLib.get_monotonic_time() / 1000;
}

/* For those that wait in the main loop. */
function collectGarbageOrLater() {
    const wait = lastCollected + COLLECT_INTERVAL - GLib.get_monotonic_time() / 1000;

    if (wait <= 0) {
        collectGarbage();
    } else if (!isToBeCollected) {
        isToBeCollected = true;
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, Math.ceil(wait), () => {
            isToBeCollected = false;
            collectGarbage();
            return GLib.SOURCE_REMOVE;
        });
    }
}

function isFull(pool) {
    return pool.max_objects !== undefined
        ? pool.n_idle === 0
        : pool.max_blocks > 0 && pool.n_allocated >= pool.max_blocks;
}

/* Makes the methods of a class that wait, of those that it has from C, whose names begin with a
 * word. The first function makes of a handle what is returned, the second gives it back, and the
 * third gets what with_async lends of it. */
function makeWaiting({prototype}, word, prepare, giveBack, open = handle => handle) {
    const {
        [`${word}_wait`]: wait, [`${word}_async`]: ask, [`${word}_finish`]: finish,
    } = prototype;

    /* Returns null where there is no room. */
    const takeAtOnce = (pool, cancellable) => {
        try {
            return prepare(pool, wait.call(pool, 0, cancellable));
        } catch (error) {
            if (!saysNoRoom(error))
                throw error;
        }

        return null;
    };

    const promise = (pool, ioPriority, cancellable) => new Promise((resolve, reject) => {
        const handle = takeAtOnce(pool, cancellable);

        if (handle !== null) {
            resolve(handle);
            return;
        }

        collectGarbageOrLater();
        ask.call(pool, ioPriority, cancellable, (_, result) => {
            try {
                resolve(prepare(pool, finish.call(pool, result)));
            } catch (error) {
                reject(error);
            }
        });
    });

    return {
        wait(timeout = -1, cancellable = null) {
            const microseconds = toTimeout('timeout_us', timeout);

            const handle = takeAtOnce(this, cancellable);

            if (handle !== null)
                return handle;

            collectGarbage();
            return prepare(this, wait.call(this, microseconds, cancellable));
        },

        /* As GIO has it with a function, and with a promise without one. */
        async(ioPriority = GLib.PRIORITY_DEFAULT, cancellable = null, callback = null) {
            const priority = toPriority('io_priority', ioPriority);

            if (callback === null)
                return promise(this, priority, cancellable);

            toFunction('callback', callback);
            if (isFull(this))
                collectGarbageOrLater();

            return ask.call(this, priority, cancellable, callback);
        },

        finish(result) {
            return prepare(this, finish.call(this, result));
        },

        async withAsync(func, ioPriority = GLib.PRIORITY_DEFAULT, cancellable = null) {
            toFunction('func', func);

            const handle = await promise(this, toPriority('io_priority', ioPriority), cancellable);

            try {
                return await func(open(handle));
            } finally {
                giveBack(handle);
            }
        },
    };
}
