#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a program, and compares what it prints with a file.

Usage: check-output.py EXPECTED PROGRAM [ARGUMENT...]

Exit status: 0 if the program succeeds and its standard output is EXPECTED, to the byte; 1 if not,
with a unified diff.
"""

import difflib
import os
import pathlib
import subprocess
import sys

# Messages have quotation marks that are not ASCII.
LOCALE = "C.UTF-8"


def print_diff(expected_path, expected, actual):
    lines = difflib.unified_diff(
        expected.decode(errors="backslashreplace").splitlines(keepends=True),
        actual.decode(errors="backslashreplace").splitlines(keepends=True),
        fromfile=str(expected_path),
        tofile="standard output",
    )
    for line in lines:
        print(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n", end="")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)

    expected_path = pathlib.Path(sys.argv[1])
    expected = expected_path.read_bytes()
    result = subprocess.run(
        sys.argv[2:], env=os.environ | {"LC_ALL": LOCALE}, stdout=subprocess.PIPE, check=False
    )

    sys.stdout.reconfigure(encoding="utf-8")
    if result.stdout != expected:
        print_diff(expected_path, expected, result.stdout)
    if result.returncode != 0:
        print(f"{sys.argv[2]}: exit status {result.returncode}")

    return 0 if result.stdout == expected and result.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
