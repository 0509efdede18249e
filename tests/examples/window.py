# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of examples that open a window share."""

import pathlib
import re
import subprocess
import sys

WITH_DISPLAY = pathlib.Path(__file__).parents[2] / "build-aux" / "with-display.py"
TIMEOUT = 60  # seconds: a mistake in the program is no reason to wait for ever


def with_display(command):
    return [sys.executable, WITH_DISPLAY, *command]


def run(command):
    """Runs a program that ends by itself, on a display of its own."""
    return subprocess.run(with_display(command), stdin=subprocess.DEVNULL, capture_output=True,
                          encoding="utf-8", timeout=TIMEOUT, check=False)


def stable_lines(output):
    """The lines of its output, but for times, and for memory, which differ from run to run."""
    output = re.sub(r"\d+\.\d{3} ms", "… ms", output)
    return re.sub(r"[\d.]+\s(bytes|KiB|MiB) in chunks", "… in chunks", output).splitlines()
