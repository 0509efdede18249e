# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program on a terminal, what is seen there, and what is typed."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

import pyte

# How long, in seconds, something may take to be seen. Machines can be slow.
PATIENCE = 30
# What ncurses can do there, pyte can too: it does not know how others repeat a character.
TYPE = "screen-256color"


class Terminal:
    """Everything that the program has sent is in .sent, and what came of it in .screen."""

    def __init__(self, command, columns=120, lines=30, **environment):
        self.end, slave = pty.openpty()
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.sent = bytearray()
        self._set_size(columns, lines)
        self.modes = termios.tcgetattr(self.end)
        try:
            self.process = subprocess.Popen(
                command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                env=os.environ | {"TERM": TYPE, "LC_ALL": "C.UTF-8"} | environment)
        finally:
            os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.end)

    def _set_size(self, columns, lines):
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns, lines):
        """The system tells the program."""
        self.screen.resize(lines, columns)
        self._set_size(columns, lines)

    def press(self, keys):
        os.write(self.end, keys.encode())

    def read(self, seconds):
        """Takes what comes within a while. False: nothing has."""
        if not select.select([self.end], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self.end, 1 << 16)
        except OSError:  # EIO: nobody has the other end open
            return False
        self.sent += piece
        self.stream.feed(piece)
        return bool(piece)

    @property
    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def find_row(self, text):
        """The first row that has a text, and the column of the cell where that begins."""
        for row in range(self.screen.lines):
            cells = [self.screen.buffer[row][column].data for column in range(self.screen.columns)]
            line = "".join(cells)
            if text in line:
                position, column = line.index(text), 0
                while len("".join(cells[:column])) < position or cells[column] == "":
                    column += 1
                return row, column
        raise AssertionError(f"no {text!r} in:\n{self.text}")

    def line(self, text):
        """The first line that has a text."""
        return next(line for line in self.text.splitlines() if text in line)

    def wait_until(self, is_there, what):
        deadline = time.monotonic() + PATIENCE
        while not is_there():
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what} in:\n{self.text}")
            self.read(0.05)

    def wait_for(self, text):
        self.wait_until(lambda: text in self.text, repr(text))

    def wait_for_end(self):
        """Returns the exit status, or the signal that ended it, as a negative number."""
        self.wait_until(lambda: self.process.poll() is not None, "end of the program")
        while self.read(0.2):
            pass
        return self.process.returncode
