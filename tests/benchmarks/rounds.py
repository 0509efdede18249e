# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures ways of doing the same in Python, in turn, and shows them side by side.

A way is a function that does its work so many times, and returns how many operations that were. The
figures are nanoseconds for each operation.
"""

import argparse
import json
import pathlib
import statistics
import time


def parse(description):
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=0.5, metavar="S",
                        help="for each case (0.5); 0: do the work once, to see that it works")
    parser.add_argument("--rounds", type=int, default=11, metavar="N",
                        help="that this is spread over (11)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE",
                        help="add the figures to those that a program in C has written to a file")
    return parser.parse_args()


def nanoseconds(way, n):
    start = time.perf_counter_ns()
    n_operations = way(n)
    return (time.perf_counter_ns() - start) / n_operations


def calibrate(way, round_ns):
    """How often it must be done to fill a round."""
    n = 1
    while round_ns > 0:
        start = time.perf_counter_ns()
        way(n)
        elapsed = time.perf_counter_ns() - start
        if elapsed >= round_ns / 10:
            return max(1, int(n * round_ns / elapsed))
        n *= 4
    return n


def measure(ways, seconds, n_rounds):
    """The rounds of each way, done in turn."""
    counts = {name: calibrate(way, seconds * 1e9 / n_rounds) for name, way in ways.items()}
    rounds = {name: [] for name in ways}
    for _ in range(n_rounds):
        for name, way in ways.items():
            rounds[name].append(nanoseconds(way, counts[name]))
    return rounds


def print_table(group, rounds):
    """Each median is compared to the first one."""
    reference = statistics.median(next(iter(rounds.values())))
    print(f"{group:46} {'minimum':>10} {'median':>10} {'ratio':>7}")
    for name, its_rounds in rounds.items():
        median = statistics.median(its_rounds)
        print(f"  {name:44} {min(its_rounds):10.0f} {median:10.0f} {median / reference:7.2f}")


def add_to_file(file, group, rounds):
    written = json.loads(file.read_text(encoding="utf-8"))
    for name, its_rounds in rounds.items():
        figures = sorted(its_rounds)
        n = len(figures)
        written["cases"].append({
            "group": group, "name": name, "unit": "ns", "rounds": n, "minimum": figures[0],
            "median": statistics.median(figures), "low": figures[n // 4],
            "high": figures[n - 1 - n // 4],
        })
    file.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def run(description, groups):
    """Measures the ways of each group, as the command line says."""
    options = parse(description)
    n_rounds = max(1, options.rounds) if options.seconds > 0 else 1
    for group, ways in groups.items():
        rounds = measure(ways, options.seconds, n_rounds)
        print_table(group, rounds)
        if options.json:
            add_to_file(options.json, group, rounds)
