# SPDX-License-Identifier: LGPL-2.1-or-later
"""The least of the Test Anything Protocol that the Python tests here need."""

import difflib
import sys
import traceback


def run(tests):
    """Runs functions as tests, each named after its first line of documentation."""
    print(f"1..{len(tests)}")
    failed = False
    for number, test in enumerate(tests, 1):
        name = (test.__doc__ or test.__name__).strip().splitlines()[0]
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
