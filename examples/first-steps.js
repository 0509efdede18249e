#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// First steps with pools in JavaScript: bytes, errors, and structs.

import Fsmm from 'gi://Fsmm?version=1';
import GLib from 'gi://GLib?version=2.0';
import Graphene from 'gi://Graphene?version=1.0';

/* A block is a handle. It goes back when it is released, and at the latest when it is collected. */
function useBlocks() {
    const pool = new Fsmm.Pool({alloc_size: 8});
    const block = pool.acquire();

    block.write(0, 'hello');
    print(`the bytes of a block: ${[...block].join(' ')}`);
    block.release();

    // A function can borrow one, so that nobody has to think of giving it back.
    const text = pool.with(borrowed => {
        borrowed.write(0, 'again');
        return new TextDecoder().decode(borrowed.read(0, 5));
    });

    print(`from another block: ${text}`);
    print(`${pool}`);
}

function attempt(func) {
    try {
        func();
    } catch (error) {
        print(`${error}`);
    }
}

/* What makes no sense is a TypeError or a RangeError, all else is an Fsmm.Error. The pool goes on.
 * */
function makeMistakes() {
    const pool = new Fsmm.Pool({name: 'nodes', alloc_size: 16, max_blocks: 1});
    const block = pool.acquire();

    attempt(() => new Fsmm.Pool({alloc_size: 0}));
    attempt(() => block.read(10, 7));
    attempt(() => block.write('0', 'text'));

    try {
        pool.acquire();
    } catch (error) {
        if (!error.matches(Fsmm.Error, Fsmm.Error.EXHAUSTED))
            throw error;
        print(error.message);
    }

    block.release();
    print(`${block}`);
}

/* Structs without pointers in them can live in a pool, each in a box. */
function useStructs() {
    const points = new Fsmm.TypedPool({item_type: Graphene.Point});
    const point = points.acquire({x: 1.5});

    point.y = 2;
    print(`a point at ${point.x}, ${point.y}`);

    // The struct itself is always a copy. For more than one field, change a copy, and store it.
    point.update(copy => copy.init(3, 4));
    print(`its distance from 0: ${point.peek().distance(new Graphene.Point())[0]}`);
    print(`${point}`);

    for (let i = 0; i < 1000; i++)
        points.with(other => (other.x = i));
    print(`live points: ${points.n_allocated}, at most ${points.peak_allocated}`);
    print(`dropped together: ${points.free_all()}`);
    print(`is the box still good for something: ${point.is_live()}`);
}

/* So can some types that are not that plain. */
function useDates() {
    const dates = new Fsmm.TypedPool({item_type: GLib.Date});
    const date = dates.acquire_copy(GLib.Date.new_dmy(28, 2, 2024));

    date.update(day => day.add_days(1));
    print(`a day: ${date.to_string()}`);
    date.drop();
    attempt(() => new Fsmm.TypedPool({item_type: GLib.DateTime}));
}

useBlocks();
makeMistakes();
useStructs();
useDates();
