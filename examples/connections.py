#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Threads ask a server over connections that a pool lends, which are no more than two at a time.

A connection that the server has closed is not lent again, and one that nobody has used for a while
is closed. The server is in this program, too.
"""

import concurrent.futures
import threading
import time

import gi

gi.require_version("Fsmm", "1")
from gi.repository import Fsmm, Gio, GLib  # noqa: E402

MAX_CONNECTIONS = 2
IDLE_TIMEOUT = 100  # milliseconds
TIMEOUT = 10.0  # seconds, for a connection to come back
WORDS = ["pool", "lease", "borrow", "release", "linger", "idle", "reset", "discard"]


class Server:
    """Says each word backwards. GIO calls serve() in a thread for each connection."""

    def __init__(self):
        self.connections = []
        self.service = Gio.ThreadedSocketService()
        localhost = Gio.InetSocketAddress.new_from_string("127.0.0.1", 0)
        _, self.address = self.service.add_address(
            localhost, Gio.SocketType.STREAM, Gio.SocketProtocol.TCP, None
        )
        self.service.connect("run", self.serve)

    def serve(self, _service, connection, _source):
        self.connections.append(connection)
        words = Gio.DataInputStream.new(connection.get_input_stream())
        while word := words.read_line_utf8(None)[0]:
            connection.get_output_stream().write_all(f"{word[::-1]}\n".encode())
        return True

    def hang_up(self):
        for connection in self.connections:
            if connection.is_connected():
                connection.get_socket().shutdown(True, True)


def is_open(_pool, connection):
    """Between two questions there is nothing to be read, unless it is the end."""
    return not connection.get_socket().condition_check(GLib.IOCondition.IN)


def make_pool(address):
    pool = Fsmm.ObjectPool(
        item_type=Gio.SocketConnection,
        name="connections",
        max_objects=MAX_CONNECTIONS,
        idle_timeout=IDLE_TIMEOUT,
    )
    pool.set_create_func(lambda pool: Gio.SocketClient().connect(address))
    pool.set_validate_func(is_open)
    return pool


def ask(pool, word):
    """Waits for a connection, and then for the answer."""
    with pool.borrow_wait(TIMEOUT) as connection:
        connection.get_output_stream().write_all(f"{word}\n".encode())
        return connection.get_input_stream().read_bytes(100).get_data().decode().strip()


def run(pool, server, loop):
    """What the program shows. The main loop accepts connections meanwhile, and closes idle ones."""
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        print("answers:         ", *threads.map(lambda word: ask(pool, word), WORDS))
    print("connections made:", "two at most" if pool.n_created <= 2 else "too many")
    print("lent now:        ", pool.n_lent)

    server.hang_up()
    print("after hanging up:", ask(pool, "again"))
    print("discarded:       ", "what it has closed" if pool.n_discarded > 0 else "nothing")

    while pool.n_idle > 0:
        time.sleep(IDLE_TIMEOUT / 1000)
    print("after a while:   ", pool.n_idle, "idle")
    loop.quit()


def main():
    server = Server()
    pool = make_pool(server.address)
    loop = GLib.MainLoop()
    client = threading.Thread(target=run, args=(pool, server, loop))

    client.start()
    loop.run()
    client.join()


main()
