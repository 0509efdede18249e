# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a terminal shows of a program: the least of it that programs here make use of."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

TOKEN = re.compile(r"\x1b\[([0-9;]*)m|([\r\n])|([^\x1b\r\n])", re.S)


def record(command, columns=80, environment=None, **options):
    """Runs a command on a terminal. Returns what it sent to it, and its exit status."""
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=end,
                                   env=os.environ | (environment or {}), **options)
    finally:
        os.close(end)

    sent = bytearray()
    with process, open(terminal, "rb", buffering=0) as file:
        try:
            while piece := file.read(1 << 16):
                sent += piece
        except OSError:  # EIO: the last one who had the other end open has closed it
            pass
    return sent.decode(), process.returncode


class Screen:
    """Rows of cells, each a character and its style: the number in “ESC [ number m”, or 0."""

    def __init__(self, columns=80):
        self.columns = columns
        self.rows = [[]]
        self.column = 0
        self.style = 0

    def write(self, text):
        position = 0
        while position < len(text):
            token = TOKEN.match(text, position)
            if not token:
                raise ValueError(f"not known to this terminal: {text[position:position + 10]!r}")
            position = token.end()
            style, control, character = token.groups()
            if style is not None:
                self.style = int(style or 0)
            elif control == "\r":
                self.column = 0
            elif control == "\n":
                self.rows.append([])
            else:
                self._put(character)

    def _put(self, character):
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self.column + width > self.columns:
            self.rows.append([])
            self.column = 0
        row = self.rows[-1]
        row += [(" ", 0)] * (self.column - len(row))
        # The second cell of a wide character has none of its own.
        row[self.column:self.column + width] = [(character, self.style), ("", self.style)][:width]
        self.column += width

    def lines(self):
        return ["".join(character for character, _ in row).rstrip() for row in self.rows]

    def styled(self, style):
        """What is shown in a style: the stripped text of each row that has some."""
        texts = ("".join(c for c, found in row if found == style).strip() for row in self.rows)
        return [text for text in texts if text]
