#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads an XML file into a tree whose nodes live in three pools, and says what is in it.
 *
 *     gjs -m xml-tree.js [--counts] [FILE]
 *
 * A node is a few numbers in a block: those of other nodes, and where in the document its text is.
 * The program of the same name in C does more, and is many times as fast: see doc/javascript.md.
 * */

import Fsmm from 'gi://Fsmm?version=1';
import GLib from 'gi://GLib?version=2.0';
import System from 'system';

import {parse} from './xml-tree-parser.js';

const BYTES_PER_NUMBER = Uint32Array.BYTES_PER_ELEMENT;

/* Nodes of one kind. They are numbered from 1; 0 stands for none. */
class Nodes {
    constructor(name, fields) {
        this.fields = fields;
        this.pool = new Fsmm.Pool({name, alloc_size: fields.length * BYTES_PER_NUMBER});
        this.blocks = [];
    }

    add(values) {
        const block = this.pool.acquire();

        block.write(0, Uint32Array.from(this.fields, field => values[field] ?? 0));

        return this.blocks.push(block);
    }

    set(number, values) {
        for (const [field, value] of Object.entries(values)) {
            const offset = this.fields.indexOf(field) * BYTES_PER_NUMBER;

            this.blocks[number - 1].write(offset, Uint32Array.of(value));
        }
    }

    get(number) {
        const {buffer} = this.blocks[number - 1].toUint8Array();
        const numbers = new Uint32Array(buffer);

        return Object.fromEntries(this.fields.map((field, i) => [field, numbers[i]]));
    }

    /* Drops them all at once. */
    drop() {
        this.blocks = [];

        return this.pool.free_all();
    }
}

/* Each node knows the one before it, and an element the last one in it. */
class Tree {
    constructor(document) {
        this.elements = new Nodes('elements',
            ['previous', 'lastElement', 'lastText', 'lastAttribute', 'nameStart', 'nameEnd']);
        this.attributes = new Nodes('attributes',
            ['previous', 'nameStart', 'nameEnd', 'valueStart', 'valueEnd']);
        this.texts = new Nodes('texts', ['previous', 'start', 'end']);
        this.root = 0;

        this.#read(document);
    }

    get kinds() {
        return [this.elements, this.attributes, this.texts];
    }

    #addAttributes(attributes) {
        let previous = 0;

        for (const {name: [nameStart, nameEnd], value: [valueStart, valueEnd]} of attributes)
            previous = this.attributes.add({previous, nameStart, nameEnd, valueStart, valueEnd});

        return previous;
    }

    /* What is not known yet of an open element is kept beside it, and written when it is closed. */
    #read(document) {
        const open = [{lastElement: 0, lastText: 0}];

        parse(document, {
            open: ([nameStart, nameEnd], attributes) => {
                const parent = open.at(-1);
                const lastAttribute = this.#addAttributes(attributes);
                const previous = parent.lastElement;
                const number = this.elements.add({previous, lastAttribute, nameStart, nameEnd});

                parent.lastElement = number;
                open.push({number, lastElement: 0, lastText: 0});
            },
            text: ([start, end]) => {
                const parent = open.at(-1);

                parent.lastText = this.texts.add({previous: parent.lastText, start, end});
            },
            close: () => {
                const {number, lastElement, lastText} = open.pop();

                if (lastElement || lastText)
                    this.elements.set(number, {lastElement, lastText});
            },
        });

        this.root = open[0].lastElement;
    }

    /* Each element with its depth, parents before what is in them. */
    * walk() {
        const found = [[this.root, 1]];

        while (found.length > 0) {
            const [number, depth] = found.pop();
            const element = this.elements.get(number);

            yield [element, depth];
            if (element.previous)
                found.push([element.previous, depth]);
            if (element.lastElement)
                found.push([element.lastElement, depth + 1]);
        }
    }

    count() {
        const counts = {elements: 0, attributes: 0, texts: 0, depth: 0};

        for (const [element, depth] of this.walk()) {
            counts.elements++;
            counts.depth = Math.max(counts.depth, depth);
            for (let i = element.lastAttribute; i; i = this.attributes.get(i).previous)
                counts.attributes++;
            for (let i = element.lastText; i; i = this.texts.get(i).previous)
                counts.texts++;
        }

        return counts;
    }
}

function readFile(path) {
    const [, bytes] = GLib.file_get_contents(path);

    return new TextDecoder('utf-8', {fatal: true}).decode(bytes).replace(/^\ufeff/, '');
}

/* A file that is there wherever GNOME programs are made. */
function findFile() {
    const path = [...GLib.get_system_data_dirs(), '/usr/share']
        .map(folder => GLib.build_filenamev([folder, 'gir-1.0', 'GLib-2.0.gir']))
        .find(candidate => GLib.file_test(candidate, GLib.FileTest.IS_REGULAR));

    if (!path)
        throw new Error('found no gir-1.0/GLib-2.0.gir: name an XML file');

    return path;
}

function report(path, onlyCounts) {
    const tree = new Tree(readFile(path));

    for (const [what, number] of Object.entries(tree.count()))
        print(`${what} ${number}`);

    if (!onlyCounts) {
        for (const {pool} of tree.kinds)
            print(`${pool}, ${pool.reserved_bytes / 1024} KiB in ${pool.n_chunks} chunks`);
        print(`dropped ${tree.kinds.reduce((sum, nodes) => sum + nodes.drop(), 0)}`);
    }
}

function main(args) {
    const onlyCounts = args[0] === '--counts';
    const [path] = onlyCounts ? args.slice(1) : args;

    try {
        report(path ?? findFile(), onlyCounts);
    } catch (error) {
        printerr(`xml-tree: ${path ? `${path}: ` : ''}${error.message}`);
        return 1;
    }

    return 0;
}

System.exit(main(System.programArgs));
