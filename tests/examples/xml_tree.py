# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of the xml-tree example share. The arguments are the program and the source folder."""

import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
SOURCE = pathlib.Path(sys.argv[2])
IS_SLOW = "FSMM_TEST_SLOW_ENVIRONMENT" in os.environ
# Seconds: a mistake in the program is no reason to wait for ever.
TIMEOUT = 600 if IS_SLOW else 60

holder = tempfile.TemporaryDirectory(prefix="xml-tree-")
folder = pathlib.Path(holder.name)  # for files of the tests


def run(*arguments, environment=None, **options):
    return subprocess.run(
        [PROGRAM, *arguments],
        env=os.environ | {"LC_ALL": "C.UTF-8"} | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        timeout=TIMEOUT,
        encoding="utf-8",
        check=False,
        **options,
    )


def write(name, content):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def fewer(n):
    """How many there shall be where n are wanted: fewer where everything is slow."""
    return n // 20 if IS_SLOW else n


def equal(actual, expected, what):
    assert actual == expected, f"{what}: {actual!r}, expected {expected!r}"


def count(path):
    result = run("--counts", path)
    equal(result.stderr, "", "stderr")
    equal(result.returncode, 0, "exit status")
    return {key: int(value) for key, value in map(str.split, result.stdout.splitlines())}


@functools.cache
def find_gir():
    """Returns the file that xml-tree reads by itself, or None if introspection is not there."""
    result = run()
    if result.returncode == 0:
        return pathlib.Path(re.search("^  file +(.*)$", result.stdout, re.M)[1])

    equal((result.returncode, result.stdout), (1, ""), "exit status and stdout")
    assert re.fullmatch(r"xml-tree: .*libgirepository1.0-dev.*\n", result.stderr), result.stderr
    return None


def find_map(report):
    """Returns live blocks, chunks, and the drawing, by kind and moment."""
    found = {}
    rows = report.split("Where the blocks are\n")[1].split("\n\n")[0].splitlines()
    for row in rows[1:]:
        if kind := re.fullmatch(r"  (\w+)", row):
            moments = found[kind[1]] = {}
        else:
            cells = re.fullmatch(r"    (.{12}) *(\d+) +(\d+)(.*)", row)
            moments[cells[1].strip()] = int(cells[2]), int(cells[3]), cells[4].strip()
    return found


def find_times(report):
    """Returns the times of pools and of the heap, by step and figure."""
    rows = re.findall(r"^  (.{17}) (median| least) +([\d.]+) +([\d.]+|—) +(?:[\d.]+|—)$",
                      report.split("Times in milliseconds\n")[1].split("\n\n")[0], re.M)
    found = {}
    for name, figure, pools, heap in rows:
        if not name.isspace():
            step = name.strip() if name[0] != " " else f"{step}{name.rstrip()}"
        found[step, figure.strip()] = float(pools), None if heap == "—" else float(heap)

    steps = ["build the tree", "drop node by node", "drop node by node  and tidy up",
             "free_all ()", "free_all ()  and tidy up"]
    equal(list(found), [(step, figure) for step in steps for figure in ("median", "least")], "rows")
    return found
