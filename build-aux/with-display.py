#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a program that opens windows on a display of its own, which is the same everywhere.

usage: with-display.py PROGRAM [ARGUMENT...]

The display is drawn into memory by Xvfb. The program knows nothing of the desktop that this is run
on: neither its settings, nor its services. Exits with the program's status.
"""

import contextlib
import os
import subprocess
import sys
import tempfile

SCREEN = "1024x768x24"
ENVIRONMENT = {
    "DBUS_SESSION_BUS_ADDRESS": "disabled:",
    "GDK_BACKEND": "x11",
    "GIO_USE_VFS": "local",
    "GSETTINGS_BACKEND": "memory",
    "GSK_RENDERER": "cairo",
    "GTK_A11Y": "none",
    "GTK_THEME": "Default",
    "GTK_USE_PORTAL": "0",
    "LC_ALL": "C.UTF-8",
}


@contextlib.contextmanager
def display():
    """Starts a server on a display that is free, and gives its name."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writer], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    os.close(writer)
    with os.fdopen(reader) as numbers:
        number = numbers.readline().strip()
    try:
        if not number:
            sys.exit(f"Xvfb has not started:\n{server.communicate()[1].decode()}")
        yield f":{number}"
    finally:
        server.terminate()
        server.communicate()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)

    environment = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
    with display() as name, tempfile.TemporaryDirectory(prefix="fsmm-display-") as folder:
        environment |= ENVIRONMENT | {"DISPLAY": name, "XDG_RUNTIME_DIR": folder}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
