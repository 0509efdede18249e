# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tracers are told: where the probes are, and, by gdb, what their arguments are.

usage: test-probes.py LIBRARY PAGE READELF PROGRAM LATE [GDB]

PAGE is the one that documents the probes. PROGRAM has an act for each test, and LATE is the test of what
two threads free at once, with the library in it. Without GDB, no probe is seen at work.
"""

import os
import pathlib
import re
import subprocess
import sys

import tap

LIBRARY, PAGE, READELF, PROGRAM, LATE, *GDB = sys.argv[1:]
SCRIPT = pathlib.Path(__file__).with_name("print-probes.py")
# The kinds of their arguments, as print-probes.py has them.
CALLS = {"exhausted": "SNSNN", "refused": "SNPS", "wait__begin": "SNN", "wait__end": "SNSN"}
MEMORY = {"chunk__added": "SNPN", "chunk__dropped": "SNPN", "trimmed": "SNNN"}
PROBES = CALLS | MEMORY


def read_notes():
    """(provider, name, [(size, operand)]) of each place of a probe."""
    text = subprocess.run([READELF, "--notes", "--wide", LIBRARY], capture_output=True, text=True,
                          check=True, env=os.environ | {"LC_ALL": "C"}).stdout
    note = re.compile(r"Provider: (\S+)\s+Name: (\S+)\s+Location: .*?, Semaphore: 0x0+\n"
                      r"\s+Arguments: (.*)")
    argument = re.compile(r"(-?\d+)@(\[[^]]*\]|\S+)")
    found = [(provider, name, argument.findall(arguments))
             for provider, name, arguments in note.findall(text)]
    assert len(found) == text.count("Provider:"), text
    return found


def test_notes():
    """the library has the probes, with as many arguments, and no semaphore"""
    notes = read_notes()
    assert {provider for provider, _, _ in notes} == {"fsmm"}
    tap.assert_same_lines(sorted({name for _, name, _ in notes}), sorted(PROBES), "PROBES")
    for _, name, arguments in notes:
        assert len(arguments) == len(PROBES[name]), (name, arguments)


def test_arguments():
    """each argument is an unsigned word of the machine, and no constant, which perf cannot read"""
    arguments = [argument for _, _, found in read_notes() for argument in found]
    assert {size for size, _ in arguments} in ({"8"}, {"4"}), arguments
    assert not [operand for _, operand in arguments if re.fullmatch(r"[$#]?-?\d+", operand)]


def test_documented():
    """the guide has a row for each probe, and in that its arguments"""
    text = pathlib.Path(PAGE).read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*`arg2`.*)$", text, re.M))
    expected = [f"{name} {[f'arg{i}' for i in range(2, len(kinds))]}"
                for name, kinds in PROBES.items()]
    listed = [f"{name} {re.findall('`(arg[0-9])`', row)}" for name, row in rows.items()]
    tap.assert_same_lines(sorted(listed), sorted(expected), "PROBES")


def trace(program, probes, flags=""):
    """What gdb finds, and what the program says that it should: words, for each probe."""
    kinds = " ".join(f"{name}={kinds}" for name, kinds in probes.items())
    environment = os.environ | {"PROBES": kinds, "FSMM_DEBUG": flags, "LC_ALL": "C.UTF-8"}
    command = [*GDB, "-nx", "-batch", "-x", SCRIPT, "--args", *program]
    result = subprocess.run(command, env=environment, capture_output=True, text=True,
                            encoding="utf-8", timeout=60, check=False)
    output = result.stdout + result.stderr
    assert "exited normally" in output, output
    lines = [line.split() for line in result.stdout.splitlines()]
    found = [words[1:] for words in lines if words[:1] == ["PROBE"]]
    # That is a pool of the library's own.
    return ([words for words in found if words[1] != "handles"],
            [words for words in lines if words and words[0] in probes])


def agrees(word, expected):
    if expected.startswith(">"):
        return int(word) > int(expected[1:])
    return word == expected


def check(act, probes, flags=""):
    found, expected = trace([PROGRAM, act], probes, flags)
    assert expected
    same = len(found) == len(expected) and all(
        len(f) == len(e) and all(map(agrees, f, e)) for f, e in zip(found, expected))
    if not same:
        tap.assert_same_lines([" ".join(words) for words in found],
                              [" ".join(words) for words in expected], "said")


def test_fast_path():
    """a thread that takes and frees blocks comes to no probe but for a chunk"""
    found, _ = trace([PROGRAM, "take-and-free"], PROBES)
    assert [words[:2] for words in found] == [["chunk__added", "nodes"],
                                              ["chunk__dropped", "nodes"]], found


def test_exhausted():
    """each call that finds a pool full is seen, also if it asks for no error"""
    check("exhaust", CALLS)


def test_refused():
    """each mistake is seen once, whoever is told"""
    check("misuse", CALLS)


def test_late():
    """each block that two threads have freed at once is seen"""
    found, _ = trace([LATE, "-p", "/late-double-free/many"], {"refused": PROBES["refused"]})
    assert len({address for _, _, _, address, _ in found}) == len(found) == 16, found
    assert {(pool, fault) for _, pool, _, _, fault in found} == {("test", "double-free")}


def test_damage():
    """damage that FSMM_DEBUG finds is seen"""
    check("damage", CALLS, "poison,canary")


def test_wait():
    """each wait is seen, with what comes of it, and how long it took"""
    check("wait", CALLS)


def test_memory():
    """chunks are seen to come and go, and so is trimming"""
    check("memory", MEMORY)


def test_objects():
    """the same is seen of pools of objects"""
    check("objects", CALLS)


tap.run([test_notes, test_arguments, test_documented] +
        ([test_fast_path, test_exhausted, test_refused, test_late, test_damage, test_wait, test_memory,
          test_objects] if GDB else []))
