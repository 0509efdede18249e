# SPDX-License-Identifier: LGPL-2.1-or-later
"""Valgrind's tools see each block, or what the program does without them.

usage: test-profile.py PROGRAM VALGRIND
"""

import os
import re
import subprocess
import sys

import tap

PROGRAM, VALGRIND = sys.argv[1:]


def run(act, *options, flags=""):
    environment = {**os.environ, "FSMM_DEBUG": flags, "LC_ALL": "C.UTF-8"}
    return subprocess.run([VALGRIND, *options, PROGRAM, act], env=environment, timeout=120,
                          capture_output=True, text=True, encoding="utf-8", check=True)


def count_instructions(flags):
    text = run("take-and-free-often", "--tool=callgrind", "--callgrind-out-file=/dev/null",
               flags=flags).stderr
    return int(re.search(r"Collected : (\d+)", text).group(1))


def test_callgrind():
    """callgrind counts what the program does when nobody watches"""
    watched, unwatched = (count_instructions(flags) for flags in ("", "no-tools"))
    assert abs(watched - unwatched) < 0.02 * unwatched, (watched, unwatched)
    assert count_instructions("wipe") > 1.5 * watched


def is_told(tool, flags=""):
    return "Valgrind is told of each block" in run("dump", f"--tool={tool}", flags=flags).stdout


def test_tools():
    """the tools that look for mistakes are told of blocks, and no others"""
    for tool in ("memcheck", "helgrind", "drd"):
        assert is_told(tool) and not is_told(tool, "no-tools"), tool
    for tool in ("none", "lackey"):
        assert not is_told(tool), tool


tap.run([test_callgrind, test_tools])
