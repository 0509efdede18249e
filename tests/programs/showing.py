# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs that show their pools: a real one, and one that answers as a test has it answer."""

import contextlib
import os
import pathlib
import socket
import struct
import subprocess
import tempfile
import threading
import time

from gi.repository import GLib

MAGIC = 0x46534D01
FIGURES, MAP = 1, 2
ASK = struct.Struct("=IIQ")
ANSWER = struct.Struct("=II")
PATIENCE = 30


@contextlib.contextmanager
def runtime_folder():
    """A folder that programs show themselves in, and none that others of the user are in."""
    with tempfile.TemporaryDirectory(prefix="fsmm-run-") as folder:
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = folder
        try:
            yield pathlib.Path(folder, "fsmm-monitor")
        finally:
            if before is None:
                del os.environ["XDG_RUNTIME_DIR"]
            else:
                os.environ["XDG_RUNTIME_DIR"] = before


class Program:
    """A program with pools, which are shown once this is made."""

    def __init__(self, folder, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        encoding="utf-8", env=os.environ | {"FSMM_DEBUG": "monitor"})
        self.pid = str(self.process.pid)
        deadline = time.monotonic() + PATIENCE
        while not (folder / self.pid).exists():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError("the program does not show its pools")
            time.sleep(0.02)
        self.figures()  # all pools are there by now

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def figures(self):
        """What it says itself: the fields of each pool, as text."""
        self.process.stdin.write("figures\n")
        self.process.stdin.flush()
        lines = iter(self.process.stdout.readline, "\n")
        return [line.rstrip("\n").split("\t") for line in lines]

    def finish(self):
        self.process.stdin.write("end\n")
        self.process.stdin.flush()
        self.process.wait(PATIENCE)


# --- One that answers as it is told ---

TYPES = {"name": "s", "kind": "s", "item-type": "s", "n-waiting": "u"}


def pool(identity, **figures):
    """What is said of a pool. Numbers may be left out."""
    found = {"kind": "raw", "alloc-size": 16, "n-allocated": 0, "peak-allocated": 0, "max-blocks": 0,
             "n-waiting": 0, "reserved-bytes": 0, "n-taken": 0, "resident-bytes": 0}
    found |= {key.replace("_", "-"): value for key, value in figures.items()} | {"id": identity}
    return {key: GLib.Variant(TYPES.get(key, "t"), value) for key, value in found.items()}


def figures(seconds, pools, program="fake"):
    variant = GLib.Variant("a{sv}", {
        "version": GLib.Variant("s", "1.2.0"),
        "program": GLib.Variant("s", program),
        "time": GLib.Variant("x", int(seconds * 1000000)),
        "pools": GLib.Variant("aa{sv}", pools),
    })
    return variant.get_data_as_bytes().get_data()


def in_frame(data, magic=MAGIC, n_bytes=None):
    return ANSWER.pack(magic, len(data) if n_bytes is None else n_bytes) + data


class FakeProgram:
    """@answer is called with each question, its kind and id, and returns the bytes that are sent; b""
    hangs up, and None leaves whoever asks without an answer."""

    def __init__(self, folder, label, answer):
        folder.mkdir(mode=0o700, exist_ok=True)
        self.path = folder / label
        self.answer = answer
        self.connections = []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(self.path))
        self.socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """As a program does that exits."""
        self.path.unlink(missing_ok=True)
        for connected in [self.socket, *self.connections]:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
            connected.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.connections.append(connection)
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError):
            while question := connection.recv(ASK.size, socket.MSG_WAITALL):
                _, kind, identity = ASK.unpack(question)
                answer = self.answer(kind, identity)
                if answer == b"":
                    connection.shutdown(socket.SHUT_RDWR)
                elif answer is not None:
                    connection.sendall(answer)


def abandon(folder, label):
    """A socket whose program has ended without removing it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder / label))
        left.listen()
