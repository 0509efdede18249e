# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a program can do wrong has one vocabulary, which the documentation lists.

usage: test-faults.py SOURCE
"""

import pathlib
import re
import sys

import tap

SOURCE = pathlib.Path(sys.argv[1])
LIBRARY = SOURCE / "fsmm-glib"
VOCABULARY = LIBRARY / "base/fsmm-fault.h"


def words():
    """The words by the macros that stand for them."""
    found = dict(re.findall(r'#define FSMM_WORD_(\w+) "([^"]+)"',
                            VOCABULARY.read_text(encoding="utf-8")))
    assert len(found) > 5, found
    return found


def sources():
    files = [path for path in sorted(LIBRARY.rglob("*.[ch]")) if path != VOCABULARY]
    assert len(files) > 50, f"only {len(files)} files were found"
    return files


def test_one_place():
    """no other file of the library has one of the words as a string"""
    literal = re.compile("|".join(f'"{re.escape(word)}"' for word in words().values()))
    again = [f"{path}:{number}: {match[0]}" for path in sources()
             for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
             for match in literal.finditer(line)]
    assert not again, "\n".join(["", *again])


def test_each_has_a_word():
    """each fault has a word, and each word a fault"""
    names = re.findall(r"^  FSMM_FAULT_(\w+),", VOCABULARY.read_text(encoding="utf-8"), re.M)
    table = (LIBRARY / "base/fsmm-fault.c").read_text(encoding="utf-8")
    rows = re.findall(r"\[FSMM_FAULT_(\w+)\] = FSMM_WORD_(\w+),", table)
    tap.assert_same_lines(names, list(words()), "the words")
    tap.assert_same_lines([f"{a} {b}" for a, b in rows], [f"{name} {name}" for name in names],
                          "the faults")


def test_documented():
    """doc/debugging.md lists the words that a message may have"""
    text = (SOURCE / "doc/debugging.md").read_text(encoding="utf-8")
    row = re.search(r"^\| `FSMM_FAULT` \| (.*) \|$", text, re.M)
    tap.assert_same_lines(sorted(re.findall("`([^`]+)`", row[1])), sorted(words().values()),
                          "fsmm-glib/base/fsmm-fault.h")


tap.run([test_one_place, test_each_has_a_word, test_documented])
