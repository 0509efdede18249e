// SPDX-License-Identifier: LGPL-2.1-or-later
/* What functions of a program throw that the library calls.
 *
 * An error of JavaScript does not pass through C. So it is kept here, and a GLib.Error with its number
 * goes that way in its place. Whoever gets that throws what was kept. */

/* exported throwKept, toGError */

const {GLib} = imports.gi;

const DOMAIN = GLib.quark_from_string('fsmm-javascript-error-quark');

// An error that nobody ever gets is not kept for ever.
const MOST_KEPT = 64;

const kept = new Map();

let lastNumber = 0;

function toKey({domain, code, message}) {
    return `${domain} ${code} ${message}`;
}

/* What stands for an error in C. One of the library's own would be taken for one of this pool. */
function toGError(error) {
    const isGError = error instanceof GLib.Error && !(error instanceof imports.gi.Fsmm.Error);
    const gerror = isGError
        ? error
        : new GLib.Error(DOMAIN, lastNumber = (lastNumber + 1) % 2 ** 31, `${error}`);

    kept.set(toKey(gerror), error);
    if (kept.size > MOST_KEPT)
        kept.delete(kept.keys().next().value);

    return gerror;
}

/* Throws what an error from C stands for, or that error. */
function throwKept(error) {
    const key = toKey(error);

    if (!kept.has(key))
        throw error;

    const original = kept.get(key);

    kept.delete(key);
    throw original;
}
