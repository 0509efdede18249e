#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
/* What calls cost from JavaScript, beside what JavaScript has of its own.
 *
 *     gjs -m bench-javascript.js [--seconds NUMBER]
 *
 * Each line is measured for that long, half a second if nobody says otherwise: in several slices,
 * of which the fastest counts, because whatever else the machine does can but slow one down. */

import Fsmm from 'gi://Fsmm?version=1';
import GLib from 'gi://GLib?version=2.0';
import Graphene from 'gi://Graphene?version=1.0';
import System from 'system';

const N_SLICES = 10;
const N_CALLS_AT_ONCE = 500;
const MICROSECONDS = 1e6; // in a second
const NANOSECONDS = 1000; // in a microsecond

export let kept; // so that nothing is left out as useless

/* Calls a function over and over for so many microseconds. Returns nanoseconds for a call. */
function measureSlice(func, duration) {
    const start = GLib.get_monotonic_time();
    let now, n = 0;

    do {
        for (let i = 0; i < N_CALLS_AT_ONCE; i++)
            kept = func(i);
        n += N_CALLS_AT_ONCE;
        now = GLib.get_monotonic_time();
    } while (now - start < duration);

    return (now - start) * NANOSECONDS / n;
}

function measure(func, seconds) {
    const duration = seconds * MICROSECONDS / N_SLICES;

    measureSlice(func, duration);

    return Math.min(...Array.from({length: N_SLICES}, () => measureSlice(func, duration)));
}

function listBytes() {
    const pool = new Fsmm.Pool({alloc_size: 64});
    const block = pool.acquire();
    const array = new Uint8Array(64);

    return {
        'pool.acquire().release()': () => pool.acquire().release(),
        'pool.with(block => null)': () => pool.with(() => null),
        'block.write(0, array)': () => block.write(0, array),
        'block.read(0, 64)': () => block.read(0, 64),
        'new Uint8Array(64)': () => new Uint8Array(64),
        'array.slice()': () => array.slice(),
    };
}

function listStructs() {
    const points = new Fsmm.TypedPool({item_type: Graphene.Point});
    const box = points.acquire();
    const point = new Graphene.Point();

    return {
        'points.acquire().drop()': () => points.acquire().drop(),
        'points.acquire({x: 1, y: 2}).drop()': () => points.acquire({x: 1, y: 2}).drop(),
        'box.peek()': () => box.peek(),
        'box.update(copy => copy.x = 1)': () => box.update(copy => (copy.x = 1)),
        'box.x': () => box.x,
        'box.x = 1': () => (box.x = 1),
        'new Graphene.Point({x: 1, y: 2})': () => new Graphene.Point({x: 1, y: 2}),
        'point.x = 1': () => (point.x = 1),
        '[1, 2]': () => [1, 2],
    };
}

function parseSeconds([option = '--seconds', value = '0.5', ...rest]) {
    const seconds = Number(value);

    if (option !== '--seconds' || !(seconds >= 0) || rest.length > 0) {
        printerr('usage: gjs -m bench-javascript.js [--seconds NUMBER]');
        System.exit(2);
    }

    return seconds;
}

const seconds = parseSeconds(System.programArgs);

print(`${'call'.padEnd(34)}${'ns'.padStart(8)}${'a second'.padStart(14)}`);
for (const [name, func] of Object.entries({...listBytes(), ...listStructs()})) {
    const nanoseconds = measure(func, seconds);
    const perSecond = (1e9 / nanoseconds).toFixed(0);

    print(`${name.padEnd(34)}${nanoseconds.toFixed(0).padStart(8)}${perSecond.padStart(14)}`);
}
