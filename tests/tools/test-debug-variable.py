# SPDX-License-Identifier: LGPL-2.1-or-later
"""What FSMM_DEBUG makes a program print.

usage: test-debug-variable.py PROGRAM lines|no-lines
"""

import os
import re
import struct
import subprocess
import sys

import tap

PROGRAM, LINES = sys.argv[1:]


def run(act, flags):
    environment = {**os.environ, "FSMM_DEBUG": flags, "LC_ALL": "C.UTF-8", "G_MESSAGES_DEBUG": ""}
    result = subprocess.run([PROGRAM, act], env=environment, capture_output=True, text=True,
                            encoding="utf-8", timeout=60, check=False)
    assert result.returncode == 0, result
    return result.stderr


def assert_matches(pattern, text):
    assert re.search(pattern, text, re.DOTALL), f"{pattern}\nis not in\n{text}"


def test_help():
    """FSMM_DEBUG=help lists every flag, and the program goes on"""
    text = run("nothing-wrong", "help")
    for flag in ("poison", "canary", "quarantine", "trace", "leaks", "malloc", "wipe", "no-tools",
                 "all", "help", "monitor", "record=FILE"):
        assert_matches(rf"\n  {flag}( +|\n {{14}})[a-z]", text)
    assert_matches(r"NAME:FLAGS", text)
    assert "Supported debug values" not in text  # that is what GLib would say
    assert max(map(len, text.splitlines())) < 100


def test_unknown_flags():
    """what is no flag is said, once for each"""
    text = run("nothing-wrong", "poisn,leaks;nodes:canry")
    assert text.count("WARNING") == 2
    assert_matches('FSMM_DEBUG has "poisn", which is no flag; FSMM_DEBUG=help lists them', text)
    assert_matches('"canry"', text)
    assert_matches(r'has "a\\x1bb\\x0ac", which', run("nothing-wrong", "a\x1bb\nc"))


def test_words_for_the_process():
    """what is for all pools or none is not for those of a name, and a record has a file"""
    text = run("nothing-wrong", "nodes:monitor,nodes:record=x;record=")
    assert text.count("WARNING") == 3, text
    assert_matches('"monitor" for pools of one name, but it is for all or none: put it first', text)
    assert_matches('"record=x" for pools of one name', text)
    assert_matches('"record=" without a file: it is "record=FILE"', text)
    assert_matches('"record" without a file', run("nothing-wrong", "record"))


def test_silence():
    """without mistakes nothing is printed, with any flag"""
    for flags in ("", "all", "malloc", "wipe", "victim:all", "leaks,trace",
                  "leaks, , trace ;victim : poison  canary,;"):
        assert run("nothing-wrong", flags) == "", flags


def test_leaks_at_exit():
    """leaks are told by pool and by type when the program exits"""
    text = run("leak-instances", "leaks")
    size = struct.calcsize("P")  # of a note, which is a pointer
    assert_matches(rf'pool "Note" at 0x\w+ \(Note, alloc-size {size}\): 5 blocks \({5 * size} bytes\) '
                   r"live when the program exited, the oldest for \d+\.\d s\n"
                   rf"  5 blocks \({5 * size} bytes\) taken by:\n", text)
    assert_matches(rf'"other notes" \(Note, alloc-size {size}\): 7 blocks \({7 * size} bytes\)', text)
    assert_matches(rf"by type:\n  Note: 12 instances \({12 * size} bytes\) in 2 pools\n"
                   r"  GDate: 1 instance \(\d+ bytes\) in 1 pool\n", text)
    assert "and others" not in text


def test_leaks_in_many_places():
    """the places where most was taken come first, and the rest is counted"""
    text = run("leak-in-many-places", "victim:leaks")
    assert text.count("1 block (64 bytes) taken by:") == 5
    assert_matches(r"and others at 1 more places", text)
    assert "by type" not in text


def test_leaks_of_others_are_not_told():
    """a pool that no flag is for says nothing"""
    assert run("leak-instances", "victim:leaks") == ""


def test_trace():
    """a double free shows who took the block and who freed it"""
    text = run("free-twice", "trace")
    assert_matches(r"free already.*\n  it was taken by:\n    take_block \S+\n    free_twice .*"
                   r"\n  it was freed by:\n    free_block \S+\n    free_twice ", text)
    if LINES == "lines":
        assert_matches(r"take_block \(tools-victim\.c:\d+\)\n    free_twice \(tools-victim\.c:\d+\)"
                       r"\n    main \(tools-victim\.c:\d+\)", text)


def test_small_stacks():
    """a thread with a small stack reports too, without lines; one with a large stack has them"""
    for act in ("free-twice-on-64-kib", "free-twice-on-128-kib", "free-twice-on-1-mib"):
        assert_matches(r"free already.*\n  it was freed by:\n    \S+ \(\S+\)\n", run(act, "all"))
    if LINES == "lines":
        assert_matches(r"free_block \(tools-victim\.c:\d+\)\n", run("free-twice-on-1-mib", "trace"))


def test_handles():
    """what handles themselves take is no pool of the program"""
    text = run("keep-handle", "leaks")
    assert_matches(r'pool "victim" \(alloc-size 64\): 1 block ', text)
    assert "handles" not in text


def test_last_calls():
    """a call that never returns is shown where it is, and not in the next function"""
    assert_matches(r"\n    take_block .*\n    leak_and_exit .*\n    leak_at_the_end .*\n    main ",
                   run("leak-at-the-end", "victim:leaks"))


tap.run([test_help, test_unknown_flags, test_words_for_the_process, test_silence, test_leaks_at_exit,
         test_leaks_in_many_places, test_leaks_of_others_are_not_told, test_trace, test_small_stacks, test_handles,
         test_last_calls])
