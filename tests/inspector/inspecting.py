# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens GTK's inspector in a program, and has a second module of it use the page of pools."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

WITH_DISPLAY = pathlib.Path(__file__).parents[2] / "build-aux" / "with-display.py"
TIMEOUT = 100  # seconds: a mistake in the page is no reason to wait for ever
LOGGED = re.compile(r"-(Message|WARNING|CRITICAL|ERROR)\b|Warning:|Failed to load")
# The version that GTK asks for, whatever its own is.
FOLDER = "4.0.0/inspector"


def link_modules(root, modules):
    """Folders for GTK_PATH. In each, a module finds the library as it does in the build folder."""
    for number, module in enumerate(modules):
        link = pathlib.Path(root, str(number), FOLDER)
        link.parent.mkdir(parents=True)
        link.symlink_to(pathlib.Path(module).resolve().parent)
        yield str(link.parents[1])


def run(modules, program, script, theme="Default", **variables):
    """Returns what is seen on the page, and what the program logs."""
    with tempfile.TemporaryDirectory(prefix="fsmm-inspector-") as root:
        variables |= {"GTK_PATH": ":".join(link_modules(root, modules)), "GTK_DEBUG": "interactive",
                      "G_DEBUG": "fatal-warnings", "FSMM_TEST_SPY": "\n".join(script)}
        result = subprocess.run(
            [sys.executable, WITH_DISPLAY, "env", "GTK_A11Y=test", f"GTK_THEME={theme}", *program],
            env=os.environ | variables, stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", timeout=TIMEOUT, check=False)
    assert result.returncode == 0, f"{result.returncode}:\n{result.stdout}{result.stderr}"
    assert not LOGGED.search(result.stderr), result.stderr
    # GLib has a space that keeps a number and its unit together.
    return result.stdout.replace("\xa0", " "), result.stderr
