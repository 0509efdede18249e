# SPDX-License-Identifier: LGPL-2.1-or-later
"""What FSMM_DEBUG reports when a program ends: what is so after the program has cleaned up.

usage: test-exit.py LIBRARY PROGRAM...

LIBRARY is the shared one. The programs are one in C and one in C++, each of
them linked with the shared and with the static library.
"""

import os
import re
import subprocess
import sys

import tap

LIBRARY = os.path.dirname(sys.argv[1])
PROGRAMS = sys.argv[2:]
C_PROGRAMS, CXX_PROGRAMS = PROGRAMS[:2], PROGRAMS[2:]


def run(program, *act, flags="leaks"):
    environment = {**os.environ, "FSMM_DEBUG": flags, "LC_ALL": "C.UTF-8",
                   "LD_LIBRARY_PATH": LIBRARY}
    result = subprocess.run([program, *act], env=environment, capture_output=True, text=True,
                            encoding="utf-8", timeout=60, check=False)
    assert result.returncode == 0, result
    return result.stderr


def assert_matches(pattern, text):
    assert re.search(pattern, text, re.DOTALL), f"{pattern}\nis not in\n{text}"


def test_cleaned_up():
    """what atexit (), destructors and libraries have cleaned up is no leak"""
    for program in C_PROGRAMS:
        for act in ("atexit-early", "atexit-late", "destructor", "library"):
            for flags in ("leaks", "all"):
                text = run(program, act, flags=flags)
                assert text == "", (program, act, text)


def test_objects():
    """what C++ objects own that are destroyed at the end is no leak"""
    for program in CXX_PROGRAMS:
        for flags in ("leaks", "all"):
            text = run(program, flags=flags)
            assert text == "", (program, text)


def test_leak():
    """what nobody has cleaned up is reported, once, with the place"""
    for program in C_PROGRAMS:
        text = run(program, "leak")
        assert text.count("live when the program exited") == 1
        assert_matches(r'pool "victim" .*: 1 block .* taken by:\n    use .*\n    leak .*', text)


def test_child():
    """a child that exits reports what it has taken itself"""
    for program in C_PROGRAMS:
        text = run(program, "child")
        assert text.count("live when the program exited") == 1, text
        assert_matches(r": 1 block \(32 bytes\) live when .*\n    leak_in_child ", text)


def test_damage():
    """poison and canary are looked at in pools that nobody finalizes"""
    for program in C_PROGRAMS:
        text = run(program, "damage", flags="poison,canary")
        assert text.count("CRITICAL") == 2, text
        assert_matches("written behind its end, at offset 33 of 32: 0x01", text)
        assert_matches("written to after it was freed, at offset 3: 0x07", text)
        assert "0x07" not in run(program, "damage", flags="canary")
        assert "0x01" not in run(program, "damage", flags="poison")
        assert run(program, "damage", flags="quarantine,trace") == ""


tap.run([test_cleaned_up, test_objects, test_leak, test_child, test_damage])
