# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the page on safety names as proof is there.

usage: test-safety-page.py SOURCE-ROOT TEST-PROGRAM...
"""

import pathlib
import re
import subprocess
import sys

import tap

ROOT = pathlib.Path(sys.argv[1])
PROGRAMS = sys.argv[2:]
PAGE = (ROOT / "doc/safety.md").read_text(encoding="utf-8")


def proofs():
    """Whatever is in the last column of a table that has proofs, and in brackets."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    cells = [row.strip("| ").split(" | ")[-1] for row in rows]
    names = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    names += re.findall(r"\(`([^`]+)`\)", PAGE)
    return sorted({name for name in names if name.startswith(("/", "tests/"))})


def test_paths_of_tests():
    """each path is that of a test, or of several"""
    listed = []
    for program in PROGRAMS:
        output = subprocess.run([program, "-l"], capture_output=True, text=True, check=True).stdout
        # In TAP, as GLib lists them since version 2.84, they are comments.
        listed += re.findall("^(?:# )?(/.*)", output, re.MULTILINE)
    paths = [name for name in proofs() if name.startswith("/")]
    assert len(paths) > 20, paths
    missing = [path for path in paths
               if not any(name == path or name.startswith(path + "/") for name in listed)]
    assert not missing, missing


def test_files():
    """each file is there"""
    files = [name for name in proofs() if name.startswith("tests/")]
    assert len(files) > 3, files
    missing = [name for name in files if not (ROOT / name).exists()]
    assert not missing, missing


tap.run([test_paths_of_tests, test_files])
