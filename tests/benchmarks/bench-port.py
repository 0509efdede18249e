#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures a library before and after it was moved to pools, and prints a table for the guide.

HEAP and POOLS are the worker, built with either. They run in turn, round after round, each time in a
process of its own: HEAP with malloc, and with mimalloc in its place.
"""

import argparse
import os
import statistics
import subprocess
import sys

DOCUMENTS = {"10 KB": 90, "6 MB": 50_000, "60 MB": 500_000}
MIMALLOC = ("libmimalloc.so.3", "libmimalloc.so.2", "libmimalloc.so")
FIRST, AGAIN, BYTES = range(3)


class Error(Exception):
    """What stops the program."""


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=0.3, metavar="S",
                        help="at least, for a document in a round (0.3); 0 to see that it works")
    parser.add_argument("--rounds", type=int, default=11, metavar="N", help="how many (11)")
    parser.add_argument("heap", metavar="HEAP")
    parser.add_argument("pools", metavar="POOLS")
    return parser.parse_args()


def run(program, preload, n_records, seconds):
    # GSlice, where it still is an allocator of its own, is not what is measured.
    environment = {**os.environ, "LD_PRELOAD": preload, "G_SLICE": "always-malloc"}
    result = subprocess.run([program, str(n_records), str(seconds)], env=environment,
                            capture_output=True, text=True, check=False)
    # The loader says there what it could not load.
    if result.returncode != 0 or result.stderr:
        raise Error(f"{program}: {result.stderr.strip() or f'it ended with {result.returncode}'}")
    return tuple(map(float, result.stdout.split()))


def can_preload(program, library):
    try:
        run(program, library, 1, 0)
    except Error:
        return False
    return True


def find_ways(heap, pools):
    """The program of each, and what is loaded in front of it."""
    ways = {"malloc": (heap, ""), "pools": (pools, "")}
    mimalloc = [library for library in MIMALLOC if can_preload(heap, library)]
    if mimalloc:
        ways["mimalloc"] = (heap, mimalloc[0])
    else:
        print(f"not measured: mimalloc (cannot load {', '.join(MIMALLOC)})", file=sys.stderr)
    return ways


def measure(ways, documents, n_rounds, seconds):
    """The rounds of each document and way."""
    rounds = {document: {way: [] for way in ways} for document in documents}
    for _ in range(n_rounds):
        for document, n_records in documents.items():
            for way, command in ways.items():
                rounds[document][way].append(run(*command, n_records, seconds))
    return rounds


def cells(rounds, column, unit):
    """Minimum and median of each way, and the ratio of its median to that of malloc."""
    found = {way: [each[column] for each in rounds[way]] for way in rounds}
    for way, figures in found.items():
        median, base = statistics.median(figures), statistics.median(found["malloc"])
        ratio = f" ({median / base:.2f}×)" if way != "malloc" and base > 0 else ""
        yield f"{min(figures):.0f} / {median:.0f} {unit}{ratio}"


def print_table(ways, rounds):
    print("| | " + " | ".join(ways) + " |\n|" + "---|" * (len(ways) + 1))
    for document, its_rounds in rounds.items():
        for title, column, unit in (("the first time", FIRST, "ns"), ("again", AGAIN, "ns"),
                                    ("memory", BYTES, "bytes")):
            print(f"| {document}, {title} | {' | '.join(cells(its_rounds, column, unit))} |")


def main():
    options = parse()
    try:
        ways = find_ways(options.heap, options.pools)
        if options.seconds > 0:
            rounds = measure(ways, DOCUMENTS, options.rounds, options.seconds)
        else:
            rounds = measure(ways, {"1 KB": 9}, 1, 0)
    except (Error, OSError) as error:
        sys.exit(f"bench-port.py: {error}")
    print_table(ways, rounds)


if __name__ == "__main__":
    main()
