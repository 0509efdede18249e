#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The xml-tree example measures pools and heap alike, whatever is in the file.

usage: test-xml-tree-times.py XML-TREE SOURCE
"""

import re
import sys

import tap

if len(sys.argv) != 3:
    sys.exit(__doc__)

# Takes the arguments.
from xml_tree import equal, find_map, find_times, run, write  # noqa: E402

tests = []


def test(function):
    tests.append(function)
    return function


@test
def times_of_both_sides():
    """each step has two times on each side, and tidying up is counted on both"""
    report = run(write("times.xml", "<r>" + "<e a='1'>text</e>" * 10000 + "</r>")).stdout
    found = find_times(report)
    for (step, _), (_, heap) in found.items():
        equal(heap is None, step.startswith("free_all"), f"a time of the heap for {step}")
    for step in {step for step, _ in found}:
        for side in range(1 if step.startswith("free_all") else 2):
            assert found[step, "least"][side] <= found[step, "median"][side], (step, side, found)
            assert found[step, "least"][side] > 0, (step, side, found)
    for step in ("drop node by node", "free_all ()"):
        for figure in ("least", "median"):
            for side in range(1 if step.startswith("free_all") else 2):
                tidied = found[f"{step}  and tidy up", figure][side]
                assert found[step, figure][side] <= tidied, (step, figure, side, found)

    words = " ".join(report.split())
    assert re.search(r"Measured (once\.|in [1-5] rounds?, after one that does not count\.)", words)
    assert "what g_free has put off" in words, words


@test
def documents_of_one_kind():
    """documents that lack a kind of node, or have a huge one, get the whole report"""
    documents = [
        ("<a/>", (1, 0, 0)),
        ("<a " + " ".join(f"n{i}=''" for i in range(1000)) + "/>", (1, 1000, 0)),
        ("<a>" + "<b x='1' y='2'/>" * 1000 + "</a>", (1001, 2000, 0)),
        ("<a>" + "x" * 20000000 + "</a>", (1, 0, 1)),
        (f"<{'n' * 100000} {'m' * 100000}='{'v' * 100000}'/>", (1, 1, 0)),
    ]
    for document, counts in documents:
        result = run(write("one-kind.xml", document))
        equal((result.returncode, result.stderr), (0, ""), f"result of {document[:20]!r}")
        find_times(result.stdout)
        built = tuple(moments["built"][0] for moments in find_map(result.stdout).values())
        equal(built, counts, f"nodes of {document[:20]!r}")
        assert "Live blocks after every drop: 0\n" in result.stdout
        assert max(map(len, result.stdout.splitlines()[2:])) <= 80, document[:20]


sys.stdout.reconfigure(encoding="utf-8")
tap.run(tests)
