#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints how the time of pools relates to that of g_new0 and g_free, for some XML files, as a table
for doc/performance/performance.md. Runs the demo on one file after the other, again and again, so
that other activity on the machine affects all of them. A cell has the median of the runs, each of
which says the ratio of its medians, and in brackets the lowest and the highest.

usage: demo-ratios.py [--runs N] XML-TREE FILE...
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROW = re.compile(r"^  (.{17}) median +[\d.]+ +[\d.—]+ +([\d.]+|—)$", re.M)
NODES = re.compile(r"^  (?:elements|attributes|texts) +(\d+)(?:$|,)", re.M)


def measure(program, file):
    """Returns how many nodes there are, and the ratio of each step: None if that took no time."""
    result = subprocess.run([program, file], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            env=os.environ | {"LC_ALL": "C.UTF-8"}, encoding="utf-8", check=False)
    rows = ROW.findall(result.stdout)
    if result.returncode != 0 or not rows:
        sys.exit(f"demo-ratios.py: {file}: not measured")

    ratios = []
    for name, ratio in rows:
        is_part = name.startswith(" ")
        step = step if is_part else name.strip()
        ratios.append((f"{step}, {name.strip()}" if is_part else step,
                       None if ratio == "—" else float(ratio)))
    return sum(map(int, NODES.findall(result.stdout))), dict(ratios)


def summarize(ratios):
    if None in ratios:
        return "–"
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].strip())
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("program")
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()

    found = [[measure(arguments.program, file) for file in arguments.files]
             for _ in range(max(arguments.runs, 1))]
    nodes = [f"{n} nodes" for n, _ in found[0]]
    names = [pathlib.Path(file).name for file in arguments.files]
    print("|", " | ".join(["step"] + [", ".join(pair) for pair in zip(names, nodes)]), "|")
    print("|", " | ".join(["---"] + ["---:"] * len(names)), "|")
    for step in found[0][0][1]:
        cells = [summarize([run[column][1][step] for run in found]) for column in range(len(names))]
        print("|", " | ".join([step] + cells), "|")


if __name__ == "__main__":
    main()
