#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The xml-tree example measures pools and heap alike, whatever is in the file, and the page on
performance shows what it measured.

usage: test-xml-tree-times.py XML-TREE SOURCE
"""

import os
import re
import subprocess
import sys

import tap

if len(sys.argv) != 3:
    sys.exit(__doc__)

# Takes the arguments.
from xml_tree import (  # noqa: E402
    PROGRAM, SOURCE, TIMEOUT, equal, find_map, find_times, run, write)

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


# --- What the pages show ---


def print_ratios(*files):
    return subprocess.run(
        [sys.executable, SOURCE / "build-aux" / "demo-ratios.py", "--runs=2", PROGRAM, *files],
        env=os.environ | {"LC_ALL": "C.UTF-8"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        timeout=TIMEOUT, encoding="utf-8", check=False)


def find_table(text):
    """Returns a table in Markdown as {first cell of a row: other cells}."""
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in text.splitlines()]
    return {row[0]: row[1:] for row in rows}


@test
def ratios_for_the_pages():
    """the table of ratios has a column for each file, and is the one in the page"""
    files = [write("few.xml", "<a>" + "<b c=''>d</b>" * 3000 + "</a>"), write("none.xml", "<a/>")]
    result = print_ratios(*files)
    equal((result.returncode, result.stderr), (0, ""), "result")
    table = find_table(result.stdout)
    equal(table.pop("step"), ["few.xml, 9001 nodes", "none.xml, 1 nodes"], "columns")
    equal(table.pop("---"), ["---:"] * 2, "alignment")
    for step, (few, none) in table.items():
        assert re.fullmatch(r"\d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\)", few), (step, few, none)
    equal(table["drop node by node"][1], "–", "a drop that takes no time")

    page = SOURCE / "doc" / "performance" / "performance.md"
    shown = page.read_text(encoding="utf-8").split("<!-- As demo-ratios.py prints it. -->\n")[1]
    shown = find_table(shown.strip().split("\n\n")[0])
    del shown["---"]
    assert [name.split(",")[0] for name in shown.pop("step")] == ["GLib-2.0.gir", "Gtk-4.0.gir"]
    equal(list(shown), list(table), "steps in the page")


@test
def no_ratios():
    """a file that is not measured is an error"""
    result = print_ratios(write("no.xml", "<a>"))
    equal((result.returncode, result.stdout), (1, ""), "exit status and stdout")
    assert result.stderr.endswith("no.xml: not measured\n"), result.stderr


sys.stdout.reconfigure(encoding="utf-8")
tap.run(tests)
