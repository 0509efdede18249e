#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures pools of objects in Python: what it costs to borrow one, and what that saves.

An object is borrowed and given back, beside a queue.Queue of objects, and one that is made anew. The row
of a list, of widgets of GTK, is what is worth it: it needs a display. The figures are nanoseconds for
each time that this is done.
"""

import queue

import gi
import rounds

gi.require_version("Fsmm", "1")
from gi.repository import Fsmm, Gio  # noqa: E402

# --- An object ---

clients = Fsmm.ObjectPool.new(Gio.SocketClient, 3)
waiting = queue.Queue()
for _ in range(3):
    waiting.put(Gio.SocketClient())


def borrow_clients(n):
    for _ in range(n):
        with clients.borrow():
            pass
    return n


def get_clients(n):
    for _ in range(n):
        client = waiting.get()
        waiting.put(client)
    return n


def make_clients(n):
    for _ in range(n):
        Gio.SocketClient()
    return n


rounds.run(__doc__, {
    "Python: an object": {
        "queue.Queue, get and put": get_clients,
        "with pool.borrow()": borrow_clients,
        "Gio.SocketClient()": make_clients,
    },
})

# --- A row of widgets: not before, since the collector has more to look at with GTK ---

gi.require_version("Gtk", "4.0")
from gi.repository import Gtk  # noqa: E402


def make_row(_=None):
    row = Gtk.ListBoxRow()
    box = Gtk.Box(spacing=6)
    for child in (Gtk.Image(icon_name="folder"), Gtk.Label(label="A title"), Gtk.Entry(),
                  Gtk.Button(label="Open")):
        box.append(child)
    row.set_child(box)
    return row


def make_rows(n):
    for _ in range(n):
        make_row()
    return n


def borrow_rows(n):
    for _ in range(n):
        with rows.borrow():
            pass
    return n


if Gtk.init_check():
    rows = Fsmm.ObjectPool.new(Gtk.ListBoxRow, 3)
    rows.set_create_func(make_row)
    rounds.run(__doc__, {
        "Python: a row of widgets": {"is lent": borrow_rows, "is made": make_rows},
    })
else:
    print("not measured: a row of widgets (there is no display)")
