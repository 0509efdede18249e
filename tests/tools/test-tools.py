# SPDX-License-Identifier: LGPL-2.1-or-later
"""AddressSanitizer, ThreadSanitizer and Valgrind see into pools, with the library as it is always built.

usage: test-tools.py asan|tsan|valgrind PROGRAM [VALGRIND N_FRAMES]

N_FRAMES: how many calls in the library lead from a call of the program to where Valgrind is told
"""

import itertools
import os
import re
import struct
import subprocess
import sys

import tap

TOOL, PROGRAM = sys.argv[1:3]
N_FRAMES = int(sys.argv[4]) if TOOL == "valgrind" else None
POINTER_SIZE = struct.calcsize("P")
COMMANDS = {
    "asan": [],
    "tsan": [],
    "valgrind": [*sys.argv[3:4], "--quiet", "--error-exitcode=9", "--leak-check=full"],
}
# Where nothing is told, it cannot know all that still belongs to a pool.
KINDS = {"no-tools": "definite"}

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


# What stands first in a report about a block: public functions of the library, then the program's.
TAKEN, FREED, LOST = "Block was alloc'd at", "free'd", "definitely lost"
ALLOC = ["fsmm_pool_alloc", "take_block"]
BOXED_COPY = ["fsmm_typed_pool_construct_copy", "fsmm_boxed_copy", "note_copy_to_pool"]
FRAMES = {
    "read-free": {TAKEN: ALLOC, FREED: ["fsmm_pool_free", "free_block"]},
    "read-freed-zeroes": {TAKEN: ["fsmm_pool_alloc0", "read_freed_zeroes"],
                          FREED: ["fsmm_pool_free", "read_freed_zeroes"]},
    "read-freed-by-many": {TAKEN: ["fsmm_pool_alloc_many", "read_what_many_freed"],
                           FREED: ["fsmm_pool_free_many", "read_what_many_freed"]},
    "read-freed-by-all": {TAKEN: ALLOC, FREED: ["fsmm_pool_free_all", "read_what_all_freed"]},
    "read-cleared-by-all": {TAKEN: ["fsmm_typed_pool_construct", "read_what_all_cleared"],
                            FREED: ["fsmm_typed_pool_free_all", "read_what_all_cleared"]},
    "read-destroyed": {TAKEN: ["fsmm_typed_pool_construct", "read_destroyed_instance"],
                       FREED: ["fsmm_typed_pool_destroy", "read_destroyed_instance"]},
    "read-freed-boxed": {TAKEN: BOXED_COPY,
                         FREED: ["fsmm_typed_pool_destroy", "fsmm_boxed_free",
                                 "note_free_to_pool"]},
    "read-released": {TAKEN: ["fsmm_pool_acquire", "read_released_block"],
                      FREED: ["fsmm_block_release", "read_released_block"]},
    "read-unreferenced": {TAKEN: ["fsmm_pool_acquire", "read_block_of_last_handle"],
                          FREED: ["fsmm_block_unref", "read_block_of_last_handle"]},
    "use-dropped-handle": {TAKEN: ["fsmm_pool_acquire", "use_dropped_handle"],
                           FREED: ["fsmm_block_unref", "use_dropped_handle"]},
    "read-dropped-box": {TAKEN: ["fsmm_typed_pool_alloc", "read_dropped_box"],
                         FREED: ["fsmm_box_drop", "read_dropped_box"]},
    "read-unreferenced-box": {TAKEN: ["fsmm_typed_pool_alloc", "read_instance_of_last_box"],
                              FREED: ["fsmm_box_unref", "read_instance_of_last_box"]},
    "leak": {LOST: [*ALLOC, "leak_blocks"]},
}


def run(act, flags=""):
    environment = {**os.environ, "FSMM_DEBUG": flags, "G_SLICE": "always-malloc",
                   "ASAN_OPTIONS": "exitcode=9:detect_leaks=0", "TSAN_OPTIONS": "exitcode=9"}
    kinds = KINDS.get(flags, "definite,possible")
    options = [f"--show-leak-kinds={kinds}", f"--errors-for-leak-kinds={kinds}"]
    command = [*COMMANDS[TOOL], *(options if TOOL == "valgrind" else []), PROGRAM, act]
    return subprocess.run(command, env=environment, capture_output=True, text=True,
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


def get_frames(report, heading):
    """The functions below the first line with that heading, the innermost first."""
    lines = report[report.index(heading):].splitlines()[1:]
    frames = itertools.takewhile(None.__ne__, (re.search(r"(?:at|by) 0x\w+: (\w+)", line)
                                               for line in lines))
    return [frame[1] for frame in frames]


def make_frames_test(act, expected_frames):
    def test():
        report = run(act).stderr
        for heading, expected in expected_frames.items():
            frames = get_frames(report, heading)
            names = [name for name, _ in
                     itertools.groupby(name.removesuffix("_told") for name in frames)]
            n_inside = sum(name.startswith("fsmm_") for name in frames)
            n_public = sum(name.startswith("fsmm_") for name in expected)
            if names[:len(expected)] != expected or n_inside > n_public - 1 + N_FRAMES:
                raise AssertionError(f"below “{heading}” are {frames}:\n{report}")

    test.__doc__ = f"{TOOL} shows the calls of the program that lead to {act}"
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
if TOOL == "valgrind":
    tests += [make_quiet_test("keep-list", flags) for flags in ("", "poison,trace")]
    tests += [make_frames_test(act, frames) for act, frames in FRAMES.items()]
tap.run(tests)
