# SPDX-License-Identifier: LGPL-2.1-or-later
"""AddressSanitizer, ThreadSanitizer and Valgrind see into pools, with the library as it is always built.

usage: test-tools.py asan|tsan|valgrind PROGRAM [VALGRIND]
"""

import os
import struct
import subprocess
import sys

import tap

TOOL, PROGRAM = sys.argv[1:3]
POINTER_SIZE = struct.calcsize("P")
COMMANDS = {
    "asan": [PROGRAM],
    "tsan": [PROGRAM],
    "valgrind": [*sys.argv[3:4], "--quiet", "--error-exitcode=9", "--leak-check=full",
                 "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite", PROGRAM],
}

# What each says of a mistake, and where in the program it was made.
MISTAKES = {
    "asan": {
        "read-free": ["use-after-poison", "READ of size 1", "read_free_block"],
        "write-free": ["use-after-poison", "WRITE of size 1", "write_to_free_block"],
        "read-never-taken": ["use-after-poison", "read_block_never_taken"],
        "read-tail": ["use-after-poison", "read_tail"],
        "write-padding": ["use-after-poison", "WRITE of size 1", "write_to_padding"],
        "read-freed-by-many": ["use-after-poison", "read_what_many_freed"],
        "read-destroyed": ["use-after-poison", "read_destroyed_instance"],
        "read-dropped-box": ["use-after-poison", "read_dropped_box"],
        "read-freed-boxed": ["use-after-poison", "read_freed_boxed"],
    },
    "tsan": {
        "race-beside-pool": ["data race", "write_and_take", "take_and_write", "shared"],
        "race-for-block": ["data race", "write_to_freed", "write_to_taken"],
    },
    "valgrind": {
        "read-free": ["Invalid read of size 1", "read_free_block",
                      "3 bytes inside a block of size 64 free'd", "free_block"],
        "write-free": ["Invalid write of size 1", "write_to_free_block",
                       "Block was alloc'd at", "take_block"],
        "read-never-taken": ["Invalid read of size 1", "read_block_never_taken"],
        "read-tail": ["Invalid read of size 1", "read_tail"],
        "write-padding": ["Invalid write of size 1", "write_to_padding"],
        "read-freed-by-many": ["Invalid read of size 1", "read_what_many_freed"],
        "read-unset": ["depends on uninitialised value", "read_unset_block"],
        "read-destroyed": [f"Invalid read of size {POINTER_SIZE}", "read_destroyed_instance"],
        "read-dropped-box": [f"Invalid read of size {POINTER_SIZE}", "read_dropped_box"],
        "read-freed-boxed": [f"Invalid read of size {POINTER_SIZE}", "read_freed_boxed"],
        "use-dropped-handle": ["Invalid read", "fsmm_block_is_live", "use_dropped_handle"],
        "leak": ["blocks are definitely lost", "take_block", "leak_blocks"],
    },
}


def run(act, flags=""):
    environment = {**os.environ, "FSMM_DEBUG": flags, "G_SLICE": "always-malloc",
                   "ASAN_OPTIONS": "exitcode=9:detect_leaks=0", "TSAN_OPTIONS": "exitcode=9"}
    return subprocess.run([*COMMANDS[TOOL], act], env=environment, capture_output=True, text=True,
                          encoding="utf-8", errors="replace", timeout=240, check=False)


def make_test(act, words, flags=""):
    def test():
        result = run(act, flags)
        missing = [word for word in words if word not in result.stderr]
        if missing or result.returncode != 9:
            raise AssertionError(f"exit status {result.returncode}, without {missing}:\n"
                                 f"{result.stderr}")

    test.__doc__ = f"{TOOL} finds {act}" + (f" with {flags}" if flags else "")
    return test


def make_quiet_test(act, flags):
    def test():
        result = run(act, flags)
        if result.returncode != 0 or result.stderr:
            raise AssertionError(f"exit status {result.returncode}:\n{result.stderr}")
        assert result.stdout == "done\n"

    test.__doc__ = f"{TOOL} is quiet about {act} with “{flags}”"
    return test


# What plain malloc () would be told about, with the place where it was freed.
HEAP_WORDS = {"asan": ["heap-use-after-free", "freed by thread", "free_block"],
              "valgrind": ["Invalid read of size 1", "block of size 64 free'd", "free_block"]}

tests = [make_quiet_test("nothing-wrong", flags)
         for flags in ("", "all", "canary", "poison", "wipe", "malloc", "malloc,wipe", "trace",
                       "quarantine")]
tests += [make_test(act, words) for act, words in MISTAKES[TOOL].items()]
if TOOL != "tsan":
    tests += [make_test("read-free", MISTAKES[TOOL]["read-free"], flags)
              for flags in ("poison", "quarantine", "wipe", "all")]
    tests += [make_test("read-free", HEAP_WORDS[TOOL], "malloc"),
              make_quiet_test("read-free", "no-tools")]
tap.run(tests)
