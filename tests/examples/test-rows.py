# SPDX-License-Identifier: LGPL-2.1-or-later
"""A window whose rows have boxes shows what there is, and nothing that is gone.

usage: test-rows.py EXPECTED PROGRAM [ARGUMENT...]

The program gets one more argument, --check: it loads its document until the pool is full, closes
it, prints what is to be seen, and ends.
"""

import os
import pathlib
import re
import sys

import tap
import window

EXPECTED = pathlib.Path(sys.argv[1])
PROGRAM = sys.argv[2:]
LOGGED = re.compile(r"-(Message|WARNING|CRITICAL|ERROR)\b|Warning:")

# Whatever GTK has to say of a program ends it, and blocks that are left are reported. Other memory
# is left by fontconfig, of which a sanitizer is to say nothing.
os.environ |= {
    "G_DEBUG": "fatal-warnings",
    "FSMM_DEBUG": "leaks",
    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0",
}
result = window.run([*PROGRAM, "--check"])


def test_output():
    """it shows all records, up to the limit, and none of them once the document is closed"""
    assert result.returncode == 0, f"status {result.returncode}:\n{result.stdout}{result.stderr}"
    tap.assert_same_lines(window.stable_lines(result.stdout),
                          EXPECTED.read_text(encoding="utf-8").splitlines(), EXPECTED.name)


def test_no_warning():
    """nothing is logged, neither by GTK nor because something is left in a pool"""
    # Drivers of displays write lines of their own.
    assert not LOGGED.search(result.stderr), result.stderr


def test_time_is_told():
    """it says how long it took to drop all records"""
    assert re.search(r"^message: Closed: \d+ \w+ dropped in \d+\.\d{3} ms$", result.stdout, re.M), \
        result.stdout


tap.run([test_output, test_no_warning, test_time_is_told])
