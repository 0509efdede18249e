# SPDX-License-Identifier: LGPL-2.1-or-later
"""Valgrind's tools see each block, or what the program does without them.

usage: test-profile.py PROGRAM VALGRIND
"""

import os
import re
import subprocess
import sys
import tempfile

import tap

PROGRAM, VALGRIND = sys.argv[1:]
N_PAIRS = 30000
# Where each writes what it has found.
OUTPUT = {
    "callgrind": ["--callgrind-out-file=/dev/null"],
    "cachegrind": ["--cachegrind-out-file=/dev/null"],
    "massif": ["--massif-out-file=/dev/null"],
    "dhat": ["--dhat-out-file=/dev/null"],
    "exp-bbv": ["--bb-out-file=/dev/null", "--pc-out-file=/dev/null"],
}


def run(act, *options, flags=""):
    environment = {**os.environ, "FSMM_DEBUG": flags, "LC_ALL": "C.UTF-8"}
    return subprocess.run([VALGRIND, *options, PROGRAM, act], env=environment, timeout=120,
                          capture_output=True, text=True, encoding="utf-8", check=True)


def count_instructions(flags):
    """Those of a pair, in the function that does nothing else."""
    text = run("take-and-free-often", "--tool=callgrind", *OUTPUT["callgrind"],
               "--toggle-collect=take_and_free_often", flags=flags).stderr
    return int(re.search(r"Collected : (\d+)", text).group(1)) / N_PAIRS


def test_callgrind():
    """callgrind counts what the program does when nobody watches"""
    watched, unwatched = (count_instructions(flags) for flags in ("", "no-tools"))
    assert abs(watched - unwatched) < 1, (watched, unwatched)
    assert count_instructions("wipe") > 1.5 * watched


def test_peak():
    """massif sees the memory that a pool has from the system, if it looks at pages"""
    peaks = []
    for act in ("dump", "take-many"):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "massif.out")
            run(act, "--tool=massif", "--pages-as-heap=yes", f"--massif-out-file={path}")
            with open(path, encoding="utf-8") as file:
                peaks.append(max(map(int, re.findall(r"^mem_heap_B=(\d+)", file.read(), re.M))))
    assert peaks[1] - peaks[0] > 50000 * 64, peaks


def is_told(tool, flags=""):
    told = run("dump", f"--tool={tool}", *OUTPUT.get(tool, []), flags=flags).stdout
    return "Valgrind is told of each block" in told


def test_checking_tools():
    """the tools that look for mistakes are told of blocks"""
    for tool in ("memcheck", "helgrind", "drd"):
        assert is_told(tool) and not is_told(tool, "no-tools"), tool


def test_measuring_tools():
    """the tools that measure are told nothing"""
    for tool in ("callgrind", "cachegrind", "massif", "dhat", "lackey", "exp-bbv", "none"):
        assert not is_told(tool), tool


def test_threads():
    """the tools that look for races have nothing to say of threads that use a pool"""
    for tool in ("helgrind", "drd"):
        report = run("use-in-threads", f"--tool={tool}", "--quiet").stderr
        assert report == "", report


tap.run([test_callgrind, test_peak, test_checking_tools, test_measuring_tools, test_threads])
