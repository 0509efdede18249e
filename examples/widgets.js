#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
/* A window shows albums on cards, six to a page. Each card is many widgets, and so a pool lends the
 * cards: the next page is shown on those of the page before, and on no new ones.
 *
 * usage: widgets.js [--check]
 *
 * With --check, it turns the pages by itself, and prints what there is to be seen. */

import Fsmm from 'gi://Fsmm?version=1';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import GObject from 'gi://GObject?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';
import System from 'system';

const PER_PAGE = 6;
const N_COLUMNS = 3;
const N_ALBUMS = 15;
/* For how long cards are kept that no page needs, in milliseconds. */
const IDLE_TIMEOUT = 60000;

const ALBUMS = Array.from({length: N_ALBUMS}, (_, i) => ({
    title: `Album ${i + 1}`, artist: `Artist ${i % 4 + 1}`, year: 1990 + i, stars: i % 5 + 1,
}));

/* What is shown of an album. */
const Card = GObject.registerClass(class Card extends Gtk.Frame {
    constructor() {
        super({margin_top: 6, margin_bottom: 6, margin_start: 6, margin_end: 6});
        const box = new Gtk.Box({orientation: Gtk.Orientation.VERTICAL, spacing: 6});

        this._title = new Gtk.Label();
        this._artist = new Gtk.Label();
        this._stars = new Gtk.LevelBar({max_value: 5});
        this._year = new Gtk.SpinButton({adjustment: new Gtk.Adjustment({upper: 3000})});
        this._note = new Gtk.Entry({placeholder_text: 'Note'});
        for (const child of [this._title, this._artist, this._stars, this._year, this._note])
            box.append(child);
        this.set_child(box);
    }

    show_album({title, artist, year, stars}) {
        this._title.label = title;
        this._artist.label = artist;
        this._year.value = year;
        this._stars.value = stars;
    }

    write_note(text) {
        this._note.text = text;
    }

    /* As it was when it was made, but for what show_album() sets in any case. GTK would have a
     * reference to it for as long as it looks for another widget that can get the focus. */
    reset() {
        if (this.get_focus_child())
            this.get_root().set_focus(null);
        this.unparent();
        this.write_note('');
    }

    describe() {
        return this._note.text ? `${this._title.label} (${this._note.text})` : this._title.label;
    }
});

function makePool() {
    const pool = new Fsmm.ObjectPool({
        item_type: Card, name: 'cards', max_objects: 2 * PER_PAGE, idle_timeout: IDLE_TIMEOUT,
    });

    pool.set_create_func(() => new Card());
    pool.set_reset_func((_, card) => {
        card.reset();
        return true;
    });

    return pool;
}

/* A page is the leases of its cards. */
class Pages {
    constructor() {
        this.grid = new Gtk.Grid({column_homogeneous: true});
        this.pool = makePool();
        this._leases = [];
    }

    get cards() {
        return this._leases.map(lease => lease.get_object());
    }

    /* What has been on the page goes back first, so that it can be on the next one. */
    show(number) {
        const albums = ALBUMS.slice(number * PER_PAGE, (number + 1) * PER_PAGE);

        this.clear();
        this._leases = albums.map(() => this.pool.borrow());
        this.cards.forEach((card, i) => {
            card.show_album(albums[i]);
            this.grid.attach(card, i % N_COLUMNS, Math.floor(i / N_COLUMNS), 1, 1);
        });
    }

    clear() {
        this._leases.forEach(lease => lease.release());
        this._leases = [];
    }
}

const Window = GObject.registerClass(class Window extends Gtk.ApplicationWindow {
    constructor(application) {
        super({application, title: 'Albums', default_width: 640, default_height: 480});
        const header = new Gtk.HeaderBar();
        const button = new Gtk.Button({label: 'Next page'});

        button.connect('clicked', () => this.turn());
        header.pack_end(button);
        this.set_titlebar(header);
        this.pages = new Pages();
        this.set_child(this.pages.grid);
        this._number = 0;
        this.pages.show(0);
    }

    turn() {
        this._number = (this._number + 1) % Math.ceil(N_ALBUMS / PER_PAGE);
        this.pages.show(this._number);
    }
});

/* --- With --check --- */

function sleep(milliseconds) {
    return new Promise(resolve => {
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

function printPage({pool, cards}) {
    print(cards.map(card => card.describe()).join(', '));
    print(`  ${pool.n_created} cards made, ${pool.n_reused} used again, ${pool.n_idle} idle`);
}

async function check(window) {
    const {pages} = window;

    /* The album that is next on this card is not to have the note. */
    pages.cards[0].write_note('a gift');
    for (let i = 0; i < 4; i++) {
        printPage(pages);
        await sleep(50); /* It is drawn. */
        window.turn();
    }
    printPage(pages);

    /* No card is lent that something else has. */
    const favourites = new Gio.ListStore({item_type: Card});

    favourites.append(pages.cards[0]);
    pages.clear();
    print(`one is kept: ${pages.pool.n_idle} are idle, ${pages.pool.n_lingering} lingers`);
    favourites.remove_all();
    pages.show(0);
    printPage(pages);

    pages.clear();
    print(`at the end: ${pages.pool.trim()} dropped`);
    window.destroy();
}

const app = new Gtk.Application({
    application_id: 'org.example.Widgets', flags: Gio.ApplicationFlags.NON_UNIQUE,
});

app.connect('activate', () => {
    const window = new Window(app);

    window.present();
    if (ARGV.includes('--check')) {
        check(window).catch(error => {
            logError(error);
            System.exit(1);
        });
    }
});
app.run([]);
