// SPDX-License-Identifier: LGPL-2.1-or-later
// The library as JavaScript sees it through the typelib alone.

imports.gi.versions.Fsmm = '1';
const {Fsmm, GLib} = imports.gi;
const System = imports.system;

function assert(condition, what) {
    if (!condition)
        throw new Error(`not true: ${what}`);
}

function assertText(bytes, expected) {
    const text = new TextDecoder().decode(bytes);

    assert(text === expected, `“${text}” is “${expected}”`);
}

function assertThrows(code, words, func) {
    try {
        func();
    } catch (error) {
        assert(error instanceof Fsmm.Error, `${error} is an Fsmm.Error`);
        assert(error.matches(Fsmm.Error, code), `${error} has the code ${code}`);
        assert(error.message.includes(words), `“${error.message}” says “${words}”`);
        return;
    }
    throw new Error('no error was thrown');
}

const tests = {
    'a handle is allocated, written, read and released': () => {
        const pool = Fsmm.Pool.new(64, 1024);
        const block = pool.acquire();

        assert(pool.n_allocated === 1, 'one block is live');
        assert(block.get_size() === 64, 'it has 64 bytes');
        assert(block.read(0, 64).every(byte => byte === 0), 'all are 0');
        block.write(3, new TextEncoder().encode('hello'));
        block.write_bytes(60, new GLib.Bytes(new TextEncoder().encode('tail')));
        assertText(block.read(3, 5), 'hello');
        assertText(block.read(60, 4), 'tail');
        assertText(block.get_bytes().toArray().slice(3, 8), 'hello');
        assert(block.release(), 'it is released');
        System.gc();
        System.gc();
        assert(pool.n_allocated === 0, 'no block is live');
    },

    'a handle that is collected gives its block back': () => {
        const pool = Fsmm.Pool.new(64, 0);

        (() => {
            for (let i = 0; i < 100; i++)
                pool.acquire();
        })();
        System.gc();
        System.gc();
        assert(pool.n_allocated <= 1, `of 100 blocks ${pool.n_allocated} are live`);
    },

    'errors can be matched, and the pool goes on': () => {
        const pool = Fsmm.Pool.new_full('nodes', 64, 0, 1024, 1);
        const block = pool.acquire();

        assertThrows(Fsmm.Error.EXHAUSTED, '"nodes"', () => pool.acquire());
        assertThrows(Fsmm.Error.OUT_OF_RANGE, 'has 64', () => block.read(60, 5));
        block.release();
        assertThrows(Fsmm.Error.RELEASED, '"nodes"', () => block.read(0, 1));
        assertThrows(Fsmm.Error.RELEASED, '"nodes"', () => block.release());
        assert(pool.acquire().is_live(), 'a new one is live');
    },

    'handles report that their blocks have been dropped': () => {
        const pool = Fsmm.Pool.new(64, 1024);
        const blocks = Array.from({length: 40}, () => pool.acquire());

        assert(pool.n_chunks === 3, 'there are 3 chunks');
        assert(pool.free_all() === 40, '40 were live');
        assert(!blocks.some(block => block.is_live()), 'none is any more');
        assertThrows(Fsmm.Error.RELEASED, 'free_all', () => blocks[0].read(0, 1));
    },

    'a box makes, shows and drops an instance of a boxed type': () => {
        const pool = Fsmm.TypedPool.new(GLib.Date, 0);
        const box = pool.alloc();

        assert(!box.peek().valid(), 'it is not a date yet');
        assert(box.set_value(GLib.Date.new_dmy(29, 2, 2024)), 'it is set');
        assert(box.to_string() === '2024-02-29', 'it is a date');
        assert(box.peek().get_day() === 29, 'its day is 29');
        box.drop();
        assertThrows(Fsmm.Error.RELEASED, '"GDate"', () => box.peek());
        assert(pool.n_allocated === 0, 'none is live');
        assertThrows(Fsmm.Error.UNSUPPORTED_TYPE, 'has no layout',
            () => Fsmm.TypedPool.new(GLib.DateTime, 0));
    },

    'numbers that make no sense throw, however the pool is made': () => {
        assertThrows(Fsmm.Error.INVALID_ARGUMENT, 'alloc-size is 0', () => Fsmm.Pool.new(0, 0));
        assertThrows(Fsmm.Error.INVALID_ARGUMENT, 'alloc-size is',
            () => Fsmm.Pool.new(Number.MAX_SAFE_INTEGER, 0));
        assertThrows(Fsmm.Error.INVALID_ARGUMENT, 'chunk-bytes is 1', () => Fsmm.Pool.new(64, 1));
        assertThrows(Fsmm.Error.INVALID_ARGUMENT, 'alignment is 3',
            () => Fsmm.Pool.new_full('odd', 64, 3, 0, 0));
        assertThrows(Fsmm.Error.INVALID_ARGUMENT, 'alignment is 3',
            () => new Fsmm.Pool({alloc_size: 64, alignment: 3}).acquire());
    },
};

const names = Object.keys(tests);
let failed = false;

print(`1..${names.length}`);
names.forEach((name, index) => {
    try {
        tests[name]();
        print(`ok ${index + 1} ${name}`);
    } catch (error) {
        failed = true;
        print(`# ${error}\n# ${(error.stack ?? '').trim().replaceAll('\n', '\n# ')}`);
        print(`not ok ${index + 1} ${name}`);
    }
});

System.exit(failed ? 1 : 0);
