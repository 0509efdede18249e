# SPDX-License-Identifier: LGPL-2.1-or-later
"""A window with a list of colours, which live in a pool of the document's own.

usage: rows.py [--check]

The rows of the list have boxes, so that nothing is copied, and closing the document drops all
colours at once. With --check, it is loaded and closed, what is to be seen is printed, and the
program ends.
"""

import colorsys
import sys
import threading
import time

import gi

gi.require_version("Fsmm", "1")
gi.require_version("Gdk", "4.0")
gi.require_version("Gtk", "4.0")
from gi.repository import Fsmm, Gdk, Gio, GLib, GObject, Gtk

MAX_COLOURS = 2000
N_COLOURS = 2500
BATCH = 100
NOTHING = "—"  # is shown where a colour was
AFTERLIFE = 600  # for how long the rows of a closed document can be seen, in milliseconds


def make_colour(number):
    """What the colours of a real palette would be read from."""
    red, green, blue = colorsys.hls_to_rgb(number * 7 % 360 / 360, 0.35 + number % 4 * 0.1, 0.6)
    return {"red": red, "green": green, "blue": blue, "alpha": 1}


def describe(colour):
    """Its name in hexadecimal, and how much it has of each light."""
    lights = [round(255 * light) for light in (colour.red, colour.green, colour.blue)]
    return "#{:02x}{:02x}{:02x}".format(*lights), "red {}, green {}, blue {}".format(*lights)


class Row(GObject.Object):
    """What a list model can have: an object. Nobody who gets the property copies the colour."""

    box = GObject.Property(type=Fsmm.Box)


class Document(GObject.Object):
    """A palette: rows in a list model, and a pool of its own with their colours."""

    def __init__(self, name):
        super().__init__()
        self.pool = Fsmm.TypedPool(item_type=Gdk.RGBA, name=name, max_blocks=MAX_COLOURS)
        self.rows = Gio.ListStore(item_type=Row)
        self._thread = None

    @GObject.Signal(arg_types=(Fsmm.Box,))
    def added(self, newest):
        """Emitted after each batch, with the newest colour itself."""

    @GObject.Signal(arg_types=(str,))
    def loaded(self, problem):
        """Emitted when there are no more, and why, if that is because of the limit."""

    @GObject.Signal(arg_types=(int, float))
    def closed(self, n_colours, milliseconds):
        """Emitted when all colours have been dropped."""

    def load(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._make_all, args=(self._stop,))
        self._thread.start()

    def _make_all(self, stop):
        """In a thread of its own. A pool can be used by all threads."""
        boxes, problem = [], ""
        for number in range(N_COLOURS):
            if stop.is_set():
                return
            try:
                boxes.append(self.pool.acquire(**make_colour(number)))
            except Fsmm.ExhaustedError as error:
                problem = error.message
                break
            if len(boxes) == BATCH:
                GLib.idle_add(self._add, boxes, stop)
                boxes = []
        GLib.idle_add(self._add, boxes, stop)
        GLib.idle_add(self._end, problem, stop)

    def _add(self, boxes, stop):
        if boxes and not stop.is_set():
            self.rows.splice(len(self.rows), 0, [Row(box=box) for box in boxes])
            self.emit("added", boxes[-1])

    def _end(self, problem, stop):
        if not stop.is_set():
            self.emit("loaded", problem)

    def close(self):
        """The rows stay, and are empty. A thread that makes more comes to its end first."""
        self._stop.set()
        self._thread.join()
        start = time.monotonic()
        n_colours = self.pool.free_all()
        self.emit("closed", n_colours, (time.monotonic() - start) * 1000)


class ColourList(Gtk.ListView):
    """Makes widgets for the rows that can be seen."""

    def __init__(self, rows):
        factory = Gtk.SignalListItemFactory()
        factory.connect("setup", self._on_setup)
        factory.connect("bind", self._on_bind)
        factory.connect("unbind", self._on_unbind)
        super().__init__(model=Gtk.NoSelection(model=rows), factory=factory, show_separators=True)
        self.items = []

    def _on_setup(self, _, item):
        box = Gtk.Box(spacing=18, margin_start=12)
        for n_chars in (8, 8, 30):
            box.append(Gtk.Label(width_chars=n_chars, xalign=0, margin_top=3, margin_bottom=3))
        item.set_child(box)

    def _on_bind(self, _, item):
        self.items.append(item)
        self._show(item)

    def _on_unbind(self, _, item):
        self.items.remove(item)

    def _show(self, item):
        """The colour may be gone while its row is still shown."""
        colour, name, lights = item.get_child()
        box = item.get_item().box
        if not box:
            colour.set_text("")
            name.set_text(NOTHING)
            lights.set_text("")
            return
        texts = describe(box)
        colour.set_markup(f"<span background='{texts[0]}'>{' ' * 16}</span>")
        name.set_text(texts[0])
        lights.set_text(texts[1])

    def update(self):
        for item in self.items:
            self._show(item)

    def count(self):
        """How many rows are shown, and how many of these are empty."""
        names = [name.get_text() for _, name, _ in map(Gtk.ListItem.get_child, self.items)]
        return len(names), names.count(NOTHING)


class Window(Gtk.ApplicationWindow):
    """A window for a document."""

    def __init__(self, application, document):
        super().__init__(application=application, title=document.pool.name,
                         default_width=560, default_height=440)
        self._document = document
        self.list = ColourList(document.rows)
        self.message, self.newest, self.status = (
            Gtk.Label(xalign=0, wrap=True, margin_start=12, margin_end=12, margin_top=4,
                      margin_bottom=4) for _ in range(3))
        self._add_widgets()
        document.connect("added", self._on_added)
        document.connect("loaded", self._on_loaded)
        document.connect("closed", self._on_closed)
        self.load()

    def _add_widgets(self):
        self._load_button = Gtk.Button(label="Load")
        self._load_button.connect("clicked", lambda _: self.load())
        self._close_button = Gtk.Button(label="Close document")
        self._close_button.connect("clicked", lambda _: self.close_document())
        header = Gtk.HeaderBar()
        header.pack_start(self._load_button)
        header.pack_end(self._close_button)
        self.set_titlebar(header)

        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        box.append(Gtk.ScrolledWindow(child=self.list, vexpand=True))
        for label in (self.message, self.newest, self.status):
            box.append(label)
        self.set_child(box)

    def _show_status(self):
        pool = self._document.pool
        self.status.set_text(
            f"{len(self._document.rows)} rows  ·  {pool.n_allocated} of at most {pool.max_blocks} "
            f"colours  ·  {pool.pool.reserved_bytes // 1024} KiB in chunks")

    def load(self):
        self._load_button.set_sensitive(False)
        self._close_button.set_sensitive(True)
        self._document.load()

    def close_document(self):
        self._close_button.set_sensitive(False)
        self._document.close()

    def _on_added(self, _, newest):
        self.newest.set_text("Newest: " + ", ".join(describe(newest)))
        self._show_status()

    def _on_loaded(self, _, problem):
        self.message.set_text(f"Not all was loaded: {problem}" if problem else "")

    def _on_closed(self, _, n_colours, milliseconds):
        self.list.update()
        self.newest.set_text("")
        self.message.set_text(f"Closed: {n_colours} colours dropped in {milliseconds:.3f} ms")
        self._show_status()
        GLib.timeout_add(AFTERLIFE, self._remove_rows)

    def _remove_rows(self):
        self._document.rows.remove_all()
        self._show_status()
        self._load_button.set_sensitive(True)


class Check:
    """Does what a user does, and prints what there is to be seen.

    The document is closed while it is being loaded, then loaded until its pool is full, and closed
    again.
    """

    def __init__(self, window, document):
        self._window = window
        self._document = document
        self._n_batches = 0
        self._is_second = False
        document.connect("added", self._on_added)
        document.connect("closed", self._on_closed)
        document.connect("loaded", lambda *_: GLib.timeout_add(10, self._wait_for_rows))

    def _on_added(self, *_):
        self._n_batches += 1
        if not self._is_second and self._n_batches == 1:
            self._window.close_document()

    def _on_closed(self, *_):
        if not self._is_second:
            self._print_status("closed early")
            GLib.timeout_add(10, self._load_again)

    def _load_again(self):
        if len(self._document.rows):
            return GLib.SOURCE_CONTINUE

        self._is_second = True
        self._n_batches = 0
        self._window.load()
        return GLib.SOURCE_REMOVE

    def _print_status(self, when):
        print(f"{when}: {self._window.status.get_text()}")

    def _print_state(self, when):
        n_shown, n_empty = self._window.list.count()
        self._print_status(when)
        print("shown:", "some rows," if n_shown else "no row,",
              "none is empty" if not n_empty else
              "all are empty" if n_empty == n_shown else "a few are empty")

    def _wait_for_rows(self):
        """Rows get their widgets when the window is drawn."""
        if not self._window.list.items:
            return GLib.SOURCE_CONTINUE

        print(f"loaded: {self._n_batches} batches")
        self._print_state("loaded")
        print("message:", self._window.message.get_text())
        print(self._window.newest.get_text())
        row = self._document.rows[7]
        row.box.alpha = 0.5
        print("property:", "the same colour," if row.box.alpha == 0.5 else "another colour,",
              Fsmm.TypedPool.get_default(Gdk.RGBA).n_allocated, "in the default pool")

        self._window.close_document()
        print("message:", self._window.message.get_text())
        self._print_state("closed")
        GLib.timeout_add(10, self._wait_for_end)
        return GLib.SOURCE_REMOVE

    def _wait_for_end(self):
        if len(self._document.rows):
            return GLib.SOURCE_CONTINUE

        self._print_state("cleared")
        self._window.destroy()
        return GLib.SOURCE_REMOVE


def on_activate(application):
    document = Document("palette")
    window = Window(application, document)
    if "--check" in sys.argv:
        Check(window, document)
    window.present()


app = Gtk.Application(application_id="org.example.Rows", flags=Gio.ApplicationFlags.NON_UNIQUE)
app.connect("activate", on_activate)
sys.exit(app.run())
