# SPDX-License-Identifier: LGPL-2.1-or-later
"""The least of the Test Anything Protocol that the Python tests here need."""

import difflib
import os
import pathlib
import sys
import traceback


def read_left_out():
    """What the list named in FSMM_TEST_LEFT_OUT leaves out of this program: reasons, by name."""
    path = os.environ.get("FSMM_TEST_LEFT_OUT")
    program = pathlib.Path(sys.argv[0]).stem.removeprefix("test-")
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines() if path else []
    listed = [line.split(": ") for line in lines]
    return {line[1]: line[2] for line in listed if line[0] == program and len(line) == 3}


def run(tests):
    """Runs functions as tests, each named after its first line of documentation."""
    print(f"1..{len(tests)}")
    left_out = read_left_out()
    failed = False
    for number, test in enumerate(tests, 1):
        name = (test.__doc__ or test.__name__).strip().splitlines()[0]
        if name in left_out:
            print(f"ok {number} {name} # SKIP {left_out[name]}", flush=True)
            continue
        try:
            test()
        except Exception:
            failed = True
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} {name}", flush=True)
        else:
            print(f"ok {number} {name}", flush=True)
    sys.exit(1 if failed else 0)


def assert_same_lines(actual, expected, expected_name):
    """Fails with a diff where two lists of lines differ."""
    diff = list(difflib.unified_diff(expected, actual, expected_name, "found", lineterm=""))
    if diff:
        raise AssertionError("\n".join(["the lists differ:", *diff]))
