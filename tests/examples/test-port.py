# SPDX-License-Identifier: LGPL-2.1-or-later
"""A library reads the same, and refuses the same, before and after it was moved to pools.

usage: test-port.py SOURCE HEAP POOLS
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tap

SOURCE = pathlib.Path(sys.argv[1])
HEAP, POOLS = sys.argv[2:]
DIFF = (SOURCE / "examples/jot/jot-to-pools.diff").read_text(encoding="utf-8")
KINDS = {"null": type(None), "boolean": bool, "number": (int, float), "string": str, "array": list,
         "object": dict}

VALID = [
    "null", " true\n", "[]", "{}", '""', "-0", "12.5e-3", "[1, [2, [3]], {}]",
    r'"a \"quotation\", a \\, \u00e4 and \ud83d\ude00"', '{"a": {"a": [null, false]}, "b": "ä"}',
    "[" * 500 + "]" * 500, json.dumps({"rows": [{"id": i, "name": str(i)} for i in range(3000)]}),
]
INVALID = [
    "", "nul", "01", "1.", "-", "1e", "[1,]", "[1 2]", '{"a" 1}', '{"a": }', '{1: 2}', '"abc',
    '"a\nb"', r'"\x"', r'"\u12g4"', r'"\udc00"', r'"\ud83d"', r'"\u0000"', "[1] 2",
    "[" * 501 + "]" * 501, '{"a": [1, {"b": "c"}, "d', "\xff",
]


def run(program, text, flags=""):
    with tempfile.NamedTemporaryFile() as file:
        # The last invalid one is not UTF-8.
        file.write(text.encode("latin-1" if text == "\xff" else "utf-8"))
        file.flush()
        environment = {**os.environ, "FSMM_DEBUG": flags, "LC_ALL": "C.UTF-8"}
        result = subprocess.run([program, file.name], env=environment, capture_output=True,
                                encoding="utf-8", timeout=60, check=False)
        return result.returncode, result.stdout, result.stderr.replace(file.name, "FILE")


def expected(text):
    """What is printed of it, by Python's own reader."""
    counts = collections.Counter()

    def look(value):
        kind = "boolean" if isinstance(value, bool) else next(
            kind for kind in KINDS if isinstance(value, KINDS[kind]))
        counts[kind] += 1
        for inner in value.values() if kind == "object" else value if kind == "array" else ():
            look(inner)

    look(json.loads(text))
    return "".join(f"{kind:8} {counts[kind]}\n" for kind in KINDS)


def test_valid():
    """documents are read as Python reads them, by both"""
    for text in VALID:
        for program in HEAP, POOLS:
            assert run(program, text) == (0, expected(text), ""), (program, text[:80])


def test_invalid():
    """what is no document is refused with the same words by both"""
    for text in INVALID:
        results = [run(program, text) for program in (HEAP, POOLS)]
        assert results[0] == results[1], results
        status, output, errors = results[0]
        assert (status, output) == (1, "") and errors.startswith("FILE: byte "), (text, results)


def test_nothing_is_left():
    """all nodes are given back, whether a document is valid or not"""
    for text in VALID + INVALID:
        errors = run(POOLS, text, "leaks,poison,canary")[2]
        assert "FSMM" not in errors and "live when" not in errors, (text, errors)
        assert errors == "" or errors.startswith("FILE: byte "), (text, errors)


def test_small():
    """the change is of at most ten lines for each type"""
    n_types = DIFF.count("+FSMM_DEFINE_POOL (")
    n_lines = len(re.findall(r"^\+(?!\+\+)", DIFF, re.M))
    assert n_types == 2 and n_lines <= 10 * n_types, (n_types, n_lines)


tap.run([test_valid, test_invalid, test_nothing_is_left, test_small])
