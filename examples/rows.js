// SPDX-License-Identifier: LGPL-2.1-or-later
/* A window with a list of colours, which live in a pool of the document's own. The rows of the list
 * have boxes, so that nothing is copied, and closing the document drops all colours at once.
 *
 * With --check, the document is loaded and closed, what is to be seen is printed, and the program
 * ends. */

import Fsmm from 'gi://Fsmm?version=1';
import Gdk from 'gi://Gdk?version=4.0';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import GObject from 'gi://GObject?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';
import System from 'system';

const MAX_COLOURS = 2000;
const N_COLOURS = 2500;
const BATCH = 100;
/* Is shown where a colour was. */
const NOTHING = '—';
/* For how long the rows of a closed document can be seen, in milliseconds. */
const AFTERLIFE = 600;

/* What the colours of a real palette would be read from. */
function makeColour(number) {
    const light = shift => 0.5 + 0.4 * Math.cos(number / 20 + shift);

    return {red: light(0), green: light(2), blue: light(4), alpha: 1};
}

/* Its name in hexadecimal, and how much it has of each light. */
function describe(colour) {
    const lights = [colour.red, colour.green, colour.blue].map(light => Math.round(255 * light));
    const digits = lights.map(light => light.toString(16).padStart(2, '0'));
    const [red, green, blue] = lights;

    return [`#${digits.join('')}`, `red ${red}, green ${green}, blue ${blue}`];
}

function sleep(milliseconds) {
    return new Promise(resolve => {
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

/* What a list model can have: an object. Nobody who gets the property copies the colour. */
const Row = GObject.registerClass({
    Properties: {
        box: GObject.ParamSpec.boxed('box', null, null, GObject.ParamFlags.READWRITE,
            Fsmm.Box.$gtype),
    },
}, class Row extends GObject.Object {});

/* A palette: rows in a list model, and a pool of its own with their colours. Its signal "added"
 * comes after each batch, with the newest colour itself; "loaded" when there are no more, with a
 * message if that is because of the limit. */
const Document = GObject.registerClass({
    Signals: {
        'added': {param_types: [Fsmm.Box.$gtype]},
        'loaded': {param_types: [GObject.TYPE_STRING]},
        'closed': {param_types: [GObject.TYPE_INT, GObject.TYPE_DOUBLE]},
    },
}, class Document extends GObject.Object {
    constructor(name) {
        super();
        this.pool = new Fsmm.TypedPool({item_type: Gdk.RGBA, name, max_blocks: MAX_COLOURS});
        this.rows = new Gio.ListStore({item_type: Row.$gtype});
        this._loading = null;
    }

    /* JavaScript has one thread: the window is drawn between two batches. */
    async load() {
        const loading = this._loading = {};
        let problem = '';

        for (let n = 0; n < N_COLOURS && problem === ''; n += BATCH) {
            await sleep(1);
            if (this._loading !== loading)
                return;
            problem = this._addBatch(n);
        }

        if (this._loading === loading)
            this.emit('loaded', problem);
    }

    _addBatch(first) {
        const boxes = [];
        let problem = '';

        try {
            for (let i = 0; i < BATCH; i++)
                boxes.push(this.pool.acquire(makeColour(first + i)));
        } catch (error) {
            if (!error.matches(Fsmm.Error, Fsmm.Error.EXHAUSTED))
                throw error;
            problem = error.message;
        }

        if (boxes.length > 0) {
            this.rows.splice(this.rows.get_n_items(), 0, boxes.map(box => new Row({box})));
            this.emit('added', boxes.at(-1));
        }

        return problem;
    }

    /* The rows stay, and are empty. */
    close() {
        this._loading = null;

        const start = GLib.get_monotonic_time();
        const nColours = this.pool.free_all();

        this.emit('closed', nColours, (GLib.get_monotonic_time() - start) / 1000);
    }
});

/* Makes widgets for the rows that can be seen. */
class ColourList {
    constructor(rows) {
        const factory = new Gtk.SignalListItemFactory();

        this.items = new Set();
        factory.connect('setup', (_, item) => this._setUp(item));
        factory.connect('bind', (_, item) => {
            this.items.add(item);
            this._show(item);
        });
        factory.connect('unbind', (_, item) => this.items.delete(item));
        this.view = new Gtk.ListView({
            model: new Gtk.NoSelection({model: rows}), factory, show_separators: true,
        });
    }

    _setUp(item) {
        const box = new Gtk.Box({spacing: 18, margin_start: 12});

        for (const width_chars of [8, 8, 30])
            box.append(new Gtk.Label({width_chars, xalign: 0, margin_top: 3, margin_bottom: 3}));
        item.child = box;
    }

    /* The colour may be gone while its row is still shown. */
    _show(item) {
        const colour = item.child.get_first_child();
        const name = colour.get_next_sibling();
        const lights = name.get_next_sibling();
        const {box} = item.item;

        if (!box.is_live()) {
            colour.label = lights.label = '';
            name.label = NOTHING;
            return;
        }

        [name.label, lights.label] = describe(box);
        colour.set_markup(`<span background='${name.label}'>${' '.repeat(16)}</span>`);
    }

    update() {
        this.items.forEach(item => this._show(item));
    }

    /* How many rows are shown, and how many of these are empty. */
    count() {
        const names = [...this.items].map(({child}) => child.get_first_child().get_next_sibling());

        return [names.length, names.filter(({label}) => label === NOTHING).length];
    }
}

/* A window for a document. */
const Window = GObject.registerClass(class Window extends Gtk.ApplicationWindow {
    constructor(application, document) {
        super({
            application, title: document.pool.name, default_width: 560, default_height: 440,
        });
        this._document = document;
        this.list = new ColourList(document.rows);
        [this.message, this.newest, this.status] = [1, 2, 3].map(() => new Gtk.Label({
            xalign: 0, wrap: true, margin_start: 12, margin_end: 12, margin_top: 4,
            margin_bottom: 4,
        }));
        this._addWidgets();
        document.connect('added', (_, box) => this._onAdded(box));
        document.connect('loaded', (_, problem) => this._onLoaded(problem));
        document.connect('closed', (_, ...figures) => this._onClosed(...figures));
        this.load();
    }

    _addWidgets() {
        const header = new Gtk.HeaderBar();
        const box = new Gtk.Box({orientation: Gtk.Orientation.VERTICAL});

        this._loadButton = new Gtk.Button({label: 'Load'});
        this._loadButton.connect('clicked', () => this.load());
        this._closeButton = new Gtk.Button({label: 'Close document'});
        this._closeButton.connect('clicked', () => this.closeDocument());
        header.pack_start(this._loadButton);
        header.pack_end(this._closeButton);
        this.set_titlebar(header);

        box.append(new Gtk.ScrolledWindow({child: this.list.view, vexpand: true}));
        [this.message, this.newest, this.status].forEach(label => box.append(label));
        this.set_child(box);
    }

    _showStatus() {
        const {pool, rows} = this._document;

        this.status.label = `${rows.get_n_items()} rows  ·  ${pool.n_allocated} of at most ` +
            `${pool.max_blocks} colours  ·  ${pool.pool.reserved_bytes / 1024} KiB in chunks`;
    }

    load() {
        this._loadButton.sensitive = false;
        this._closeButton.sensitive = true;
        this._document.load().catch(logError);
    }

    closeDocument() {
        this._closeButton.sensitive = false;
        this._document.close();
    }

    _onAdded(newest) {
        this.newest.label = `Newest: ${describe(newest).join(', ')}`;
        this._showStatus();
    }

    _onLoaded(problem) {
        this.message.label = problem ? `Not all was loaded: ${problem}` : '';
    }

    async _onClosed(nColours, milliseconds) {
        this.list.update();
        this.newest.label = '';
        this.message.label =
            `Closed: ${nColours} colours dropped in ${milliseconds.toFixed(3)} ms`;
        this._showStatus();

        await sleep(AFTERLIFE);
        this._document.rows.remove_all();
        this._showStatus();
        this._loadButton.sensitive = true;
    }
});

/* Does what a user does, and prints what there is to be seen: the document is closed while it is
 * being loaded, then loaded until its pool is full, and closed again. */
class Check {
    constructor(window, document) {
        this._window = window;
        this._document = document;
        this._nBatches = 0;
        document.connect('added', () => this._nBatches++);
        this._run().catch(error => {
            logError(error);
            System.exit(1);
        });
    }

    /* Resolves when the document emits the signal. */
    _next(signal) {
        return new Promise(resolve => {
            const id = this._document.connect(signal, () => {
                this._document.disconnect(id);
                resolve();
            });
        });
    }

    async _noRows() {
        while (this._document.rows.get_n_items() > 0)
            await sleep(10);
    }

    _printStatus(when) {
        print(`${when}: ${this._window.status.label}`);
    }

    _printState(when) {
        const [nShown, nEmpty] = this._window.list.count();
        let empty = 'a few are empty';

        if (nEmpty === 0)
            empty = 'none is empty';
        else if (nEmpty === nShown)
            empty = 'all are empty';
        this._printStatus(when);
        print(`shown: ${nShown > 0 ? 'some rows' : 'no row'}, ${empty}`);
    }

    _printProperty() {
        const row = this._document.rows.get_item(7);
        const nCopies = Fsmm.TypedPool.get_default(Gdk.RGBA).n_allocated;

        row.box.alpha = 0.5;
        print(`property: ${row.box.alpha === 0.5 ? 'the same colour' : 'another colour'}, ` +
            `${nCopies} in the default pool`);
    }

    async _run() {
        await this._next('added');
        this._window.closeDocument();
        this._printStatus('closed early');
        await this._noRows();

        this._nBatches = 0;
        this._window.load();
        await this._next('loaded');
        /* Rows get their widgets when the window is drawn. */
        while (this._window.list.items.size === 0)
            await sleep(10);

        print(`loaded: ${this._nBatches} batches`);
        this._printState('loaded');
        print(`message: ${this._window.message.label}`);
        print(this._window.newest.label);
        this._printProperty();

        this._window.closeDocument();
        print(`message: ${this._window.message.label}`);
        this._printState('closed');
        await this._noRows();
        this._printState('cleared');
        this._window.destroy();
    }
}

const app = new Gtk.Application({
    application_id: 'org.example.Rows', flags: Gio.ApplicationFlags.NON_UNIQUE,
});

app.connect('activate', () => {
    const document = new Document('palette');
    const window = new Window(app, document);

    if (ARGV.includes('--check'))
        new Check(window, document);
    window.present();
});
app.run([]);
