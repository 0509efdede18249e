// SPDX-License-Identifier: LGPL-2.1-or-later
// The list of all pools, as the model of a view. It needs a display.

import Fsmm from 'gi://Fsmm?version=1';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import GObject from 'gi://GObject?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';

import {assert, assertSame, assertThrows, collectGarbage, run} from './tap.js';

const {INVALID_ARGUMENT} = Fsmm.Error;
const {HANDLES, OBJECTS, RAW, TYPED} = Fsmm.PoolKind;

/* Where pools are shown to other programs: GLib reads it once. */
const runtime = GLib.dir_make_tmp('fsmm-test-XXXXXX');

GLib.setenv('XDG_RUNTIME_DIR', runtime, true);

function rowsOf(model) {
    return Array.from({length: model.get_n_items()}, (_, i) => model.get_item(i));
}

function namesOf(model) {
    return rowsOf(model).map(info => info.name);
}

function find(monitor, name) {
    return [...monitor].find(info => info.name === name) ?? null;
}

/* A copy of a model, which is made from what that says of its changes. */
function mirror(model) {
    const rows = rowsOf(model);

    model.connect('items-changed', (_, position, nRemoved, nAdded) => {
        const added = Array.from({length: nAdded}, (__, i) => model.get_item(position + i));

        rows.splice(position, nRemoved, ...added);
        assertSame(rows.length, model.get_n_items(), 'length');
        rows.forEach((row, i) => assertSame(model.get_item(i), row, `row ${i}`));
    });

    return rows;
}

function iterate(isDone) {
    const end = GLib.get_monotonic_time() + 10e6;

    while (!isDone() && GLib.get_monotonic_time() < end)
        GLib.MainContext.default().iteration(true);
    assert(isDone(), 'it has happened in ten seconds');
}

/* A window with a label for each row. */
function showList(model, labels) {
    const factory = new Gtk.SignalListItemFactory();

    factory.connect('bind', (_, item) => {
        const label = new Gtk.Label();
        const info = item.get_item();

        info.bind_property('n-allocated', label, 'label', GObject.BindingFlags.SYNC_CREATE);
        item.set_child(label);
        labels.set(info.name, label);
    });
    factory.connect('unbind', (_, item) => labels.delete(item.get_item().name));

    const window = new Gtk.Window({
        default_width: 200,
        default_height: 600,
        child: new Gtk.ListView({model: new Gtk.NoSelection({model}), factory}),
    });

    window.present();
    return window;
}

const tests = {
    'a row says what the pool is': () => {
        const blocks = Fsmm.Pool.new_full('packets', 64, 0, 0, 5);
        const dates = new Fsmm.TypedPool({item_type: GLib.Date});
        const clients = new Fsmm.ObjectPool({
            name: 'clients', item_type: Gio.SocketClient, max_objects: 4,
        });
        const handles = [blocks.acquire(), dates.alloc()];
        const monitor = new Fsmm.Monitor();
        const packets = find(monitor, 'packets');

        assertSame([packets.kind, packets.alloc_size, packets.n_allocated, packets.maxBlocks],
            [RAW, 64, 1, 5], 'blocks');
        assertSame(packets.item_type, GObject.TYPE_NONE, 'no type');
        assertSame(packets.dup_pool(), blocks, 'pool');
        assertSame(find(monitor, 'GDate').kind, TYPED, 'instances');
        assertSame(find(monitor, 'GDate').item_type.name, 'GDate', 'type');
        assertSame(find(monitor, 'GDate').dup_pool(), dates.pool, 'pool of instances');
        assertSame(find(monitor, 'clients').kind, OBJECTS, 'objects');
        assertSame(find(monitor, 'clients').itemType.name, 'GSocketClient', 'class');
        assertSame(find(monitor, 'clients').dup_pool(), null, 'no pool of blocks');
        assertSame(find(monitor, 'handles').kind, HANDLES, 'handles');
        assertSame(`${packets}`, `[Fsmm.PoolInfo ${packets.id} "packets": raw, 1 live, at most 5]`,
            'description');

        handles[0].release();
        handles[1].drop();
        assertSame(clients.n_lent, 0, 'lent');
    },

    'figures are those of the last look': () => {
        const monitor = Fsmm.Monitor.new();
        const pool = Fsmm.Pool.new_full('looked-at', 64, 0, 0, 0);
        const notified = [];

        assertSame(find(monitor, 'looked-at'), null, 'before a look');
        monitor.refresh();

        const info = find(monitor, 'looked-at');

        info.connect('notify', (_, {name}) => notified.push(name));

        const block = pool.acquire();

        assertSame(info.n_allocated, 0, 'before a look');
        monitor.refresh();
        assertSame([info.n_allocated, notified.includes('n-allocated')], [1, true], 'after it');
        assertSame(notified.includes('n-waiting'), false, 'what has not changed');

        const stats = monitor.get_stats().find(({name}) => name === 'looked-at');

        assertSame([stats['n-allocated'], stats.kind, stats.id], [1, 'raw', info.id], 'figures');
        assertSame('item-type' in stats, false, 'no type');
        assert(info.alloc_rate > 0, 'a block was taken');
        block.release();
    },

    'a row keeps no pool': () => {
        const makePool = () => void Fsmm.Pool.new_full('short-lived', 64, 0, 0, 0);

        makePool();

        const monitor = new Fsmm.Monitor();
        const info = find(monitor, 'short-lived');

        assert(info.dup_pool() !== null, 'it is there');
        collectGarbage();
        assertSame(info.dup_pool(), null, 'it is gone');
        monitor.refresh();
        assertSame(find(monitor, 'short-lived'), null, 'and so is its row');
        assertSame(info.name, 'short-lived', 'name');
    },

    'a pool that a script has added something to is found': () => {
        const pool = Fsmm.Pool.new_full('marked', 64, 0, 0, 0);
        const info = find(new Fsmm.Monitor(), 'marked');

        pool.mark = 5;
        for (let i = 0; i < 100; i++) {
            assertSame(info.dup_pool().mark, 5, 'mark');
            collectGarbage();
        }
    },

    'it looks in an interval': () => {
        const monitor = new Fsmm.Monitor({interval: 5});
        const pool = Fsmm.Pool.new_full('later', 64, 0, 0, 0);

        iterate(() => find(monitor, 'later') !== null);
        monitor.interval = 0;
        assertSame(monitor.get_interval(), 0, 'interval');
        assertSame(`${monitor}`, `[Fsmm.Monitor: ${monitor.n_items} pools, looks when it is told to]`,
            'description');
        assertSame(pool.n_allocated, 0, 'live');
    },

    'mistakes are refused': () => {
        const monitor = new Fsmm.Monitor();

        for (const wrong of [-1, 2 ** 32, 0.5]) {
            assertThrows(RangeError, INVALID_ARGUMENT, 'an integer from 0 to 2**32 - 1', () => {
                monitor.interval = wrong;
            });
            assertThrows(RangeError, INVALID_ARGUMENT, 'interval', () => Fsmm.Monitor.new(wrong));
        }
        assertThrows(TypeError, INVALID_ARGUMENT, 'did you mean interval?',
            () => new Fsmm.Monitor({intervall: 5}));
        assertThrows(TypeError, INVALID_ARGUMENT, 'a row of the list', () => new Fsmm.PoolInfo());
    },

    'models over it follow, and hide and show rows': () => {
        const monitor = new Fsmm.Monitor();
        let words = '';
        const filter = Gtk.CustomFilter.new(info => info.name?.startsWith(`row ${words}`) ?? false);
        const sorter = new Gtk.NumericSorter({
            expression: Gtk.PropertyExpression.new(Fsmm.PoolInfo, null, 'alloc-size'),
            sort_order: Gtk.SortType.DESCENDING,
        });
        const shown = new Gtk.FilterListModel({model: monitor, filter});
        const sorted = new Gtk.SortListModel({model: shown, sorter});
        const mirrors = [monitor, shown, sorted].map(mirror);
        const pools = new Map();
        const makePools = () => {
            for (let i = 0; i < 20; i++)
                pools.set(i, Fsmm.Pool.new_full(`row ${'ab'[i % 2]}${i}`, 8 * (i + 1), 0, 0, 0));
        };
        const drop = isUnused => {
            [...pools.keys()].filter(isUnused).forEach(i => pools.delete(i));
            collectGarbage();
            monitor.refresh();
        };
        const show = prefix => {
            words = prefix;
            filter.changed(Gtk.FilterChange.DIFFERENT);
        };

        makePools();
        monitor.refresh();
        assertSame(sorted.get_n_items(), 20, 'all');
        assertSame(namesOf(sorted).slice(0, 2), ['row b19', 'row a18'], 'in order');
        show('a');
        assertSame(sorted.get_n_items(), 10, 'every second one');

        // What goes while it is hidden is not there when it is to be shown.
        drop(i => i % 4 < 2);
        assertSame(namesOf(sorted), ['row a18', 'row a14', 'row a10', 'row a6', 'row a2'], 'those left');
        show('b');
        assertSame(namesOf(shown), ['row b3', 'row b7', 'row b11', 'row b15', 'row b19'], 'others');
        show('');
        assertSame(sorted.get_n_items(), 10, 'both');
        drop(() => true);
        assertSame(mirrors.slice(1).map(rows => rows.length), [0, 0], 'none');
    },

    'other programs can see the pools, once they may': () => {
        const shown = Gio.File.new_for_path(`${runtime}/fsmm-monitor`);

        shown.make_directory(null);
        shown.set_attribute_uint32('unix::mode', 0o755, Gio.FileQueryInfoFlags.NONE, null);
        try {
            Fsmm.Monitor.export();
            throw new Error('it is shown in a folder that is open to others');
        } catch (error) {
            assert(error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.PERMISSION_DENIED), String(error));
        }
        shown.delete(null);

        assert(Fsmm.Monitor.export(), 'exported');
        assertSame([...shown.enumerate_children('standard::name', Gio.FileQueryInfoFlags.NONE, null)].length,
            1, 'sockets');
    },

    'a view shows its rows': () => {
        const monitor = new Fsmm.Monitor();
        const filter = Gtk.CustomFilter.new(info => info.name?.startsWith('shown') ?? false);
        const labels = new Map();
        const window = showList(new Gtk.FilterListModel({model: monitor, filter}), labels);
        const names = () => [...labels.keys()].sort();
        const pools = new Map();
        const makePool = () => pools.set(1, Fsmm.Pool.new_full('shown 1', 64, 0, 0, 0));
        const other = Fsmm.Pool.new_full('shown 2', 64, 0, 0, 0);

        makePool();
        monitor.refresh();
        iterate(() => labels.size === 2);
        assertSame(names(), ['shown 1', 'shown 2'], 'rows');

        const blocks = other.acquire_many(3);

        monitor.refresh();
        assertSame(labels.get('shown 2').label, '3', 'label');
        blocks.forEach(block => block.release());
        pools.clear();
        collectGarbage();
        monitor.refresh();
        iterate(() => labels.size === 1);
        assertSame(names(), ['shown 2'], 'what is left');
        window.child.model = null;
        window.destroy();
    },
};

Gtk.init();
await run(tests);
