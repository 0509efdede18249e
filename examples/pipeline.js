#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
/* A file of any size is hashed piece by piece, in the memory of 16 blocks. JavaScript has one thread:
 * the main loop hashes what is there while GIO reads what comes next. Where all blocks are under way,
 * reading waits for one, and the main loop goes on. Ctrl-C ends all of it.
 *
 * usage: pipeline.js [FILE]
 *
 * Without a file, it hashes 16 MiB of the letter x. */

import Fsmm from 'gi://Fsmm?version=1';
import GLib from 'gi://GLib?version=2.0';
import Gio from 'gi://Gio?version=2.0';
import System from 'system';

Gio._promisify(Gio.InputStream.prototype, 'read_bytes_async');

const MAX_BLOCKS = 16;
const PIECE = 64 * 1024;
const UPDATE_INTERVAL = 100; // milliseconds
/* In pieces. The bytes that GIO reads go when they are collected, and the collector does not see how
 * large they are. */
const COLLECT_INTERVAL = 64;
const {PRIORITY_DEFAULT, PRIORITY_DEFAULT_IDLE} = GLib;
const SIGINT = 2;
// Newer versions of GLib have what is of Unix in a namespace of its own, under one of two names.
const addSignal = await import('gi://GLibUnix?version=2.0').then(
    ({default: GLibUnix}) => GLibUnix.signal_add ?? GLibUnix.signal_add_full,
    () => GLib.unix_signal_add);
const STDERR = 2;
/* What shells expect of a program that SIGINT has ended. */
const INTERRUPTED = 130;

/* Whatever else there is to do comes first. */
function idle() {
    return new Promise(resolve => {
        GLib.idle_add(PRIORITY_DEFAULT_IDLE, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

/* The digest of all data, in hexadecimal, or as bytes. */
function hash(data) {
    return GLib.compute_checksum_for_data(GLib.ChecksumType.SHA256, data);
}

function toBytes(digest) {
    return digest.match(/../g).map(digits => parseInt(digits, 16));
}

class Pipeline {
    constructor(input, size) {
        this.input = input;
        this.size = size;
        this.pool = new Fsmm.Pool({alloc_size: PIECE, name: 'pieces', max_blocks: MAX_BLOCKS});
        this.cancellable = new Gio.Cancellable();
        this.total = new GLib.Checksum(GLib.ChecksumType.SHA256);
        this.nBytes = this.nBlocks = 0;
    }

    /* Waits for a block, and fills it, until there is nothing to be read. */
    async run() {
        let written = Promise.resolve();

        try {
            for (;;) {
                const block = await this.pool.acquire_async(PRIORITY_DEFAULT, this.cancellable);
                const nBytes = await this.fill(block);

                if (nBytes === 0)
                    break;
                written = written.then(() => this.write(block, nBytes));
            }
        } finally {
            await written;
        }
    }

    async fill(block) {
        let nBytes = 0;

        try {
            const bytes = await this.input.read_bytes_async(PIECE, PRIORITY_DEFAULT,
                this.cancellable);
            const data = bytes.toArray(); // get_size () keeps the bytes for ever in gjs 1.74

            block.write(0, data);
            nBytes = data.length;
        } finally {
            if (nBytes === 0)
                block.release();
        }

        return nBytes;
    }

    async write(block, nBytes) {
        await idle();
        this.total.update(toBytes(hash(block.read(0, nBytes))));
        this.nBytes += nBytes;
        this.nBlocks++;
        block.release(); // who waits gets it

        if (this.nBlocks % COLLECT_INTERVAL === 0)
            System.gc();
    }

    /* Writes over the line before. */
    showProgress() {
        const percent = Math.round(this.nBytes / Math.max(this.size, 1) * 100);

        printerr(`\x1b[A\r${`${percent}`.padStart(3)} %, ${`${this.pool.n_allocated}`.padStart(2)} ` +
            `of ${MAX_BLOCKS} blocks are live`);
    }
}

function open(path) {
    if (path === undefined) {
        const bytes = new GLib.Bytes('x'.repeat(256 * PIECE));

        return [Gio.MemoryInputStream.new_from_bytes(bytes), bytes.get_size()];
    }

    const input = Gio.File.new_for_commandline_arg(path).read(null);
    const info = input.query_info(Gio.FILE_ATTRIBUTE_STANDARD_SIZE, null);

    return [input, info.get_size()];
}

function watch(pipeline) {
    addSignal(PRIORITY_DEFAULT, SIGINT, () => {
        pipeline.cancellable.cancel();
        return GLib.SOURCE_REMOVE;
    });

    if (!GLib.log_writer_supports_color(STDERR))
        return;

    printerr('');
    GLib.timeout_add(PRIORITY_DEFAULT, UPDATE_INTERVAL, () => {
        pipeline.showProgress();
        return GLib.SOURCE_CONTINUE;
    });
}

async function main(path) {
    let pipeline;

    try {
        pipeline = new Pipeline(...open(path));
        watch(pipeline);
        await pipeline.run();
    } catch (error) {
        if (!pipeline?.cancellable.is_cancelled()) {
            printerr(`pipeline: ${error.message}`);
            return 1;
        }
        printerr(`pipeline: cancelled after ${GLib.format_size(pipeline.nBytes)}`);
        return INTERRUPTED;
    }

    print(`bytes: ${pipeline.nBytes}`);
    print(`blocks: ${pipeline.nBlocks}, at most ${MAX_BLOCKS} at a time`);
    print(`SHA-256 of the SHA-256 of each: ${pipeline.total.get_string()}`);
    print(`still live: ${pipeline.pool.n_allocated}`);
    return 0;
}

System.exit(await main(ARGV[0]));
