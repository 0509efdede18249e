#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures waiting for a block in asyncio, beside a queue of asyncio that holds tokens.

Six tasks have three things among them: each takes one, lets the others run, and gives it back. The
figures are nanoseconds for each time that this is done.
"""

import argparse
import asyncio
import json
import pathlib
import statistics
import time

import gi

gi.require_version("Fsmm", "1")
from gi.repository import Fsmm  # noqa: E402

N_TASKS = 6
N_THINGS = 3
GROUP = "Python: six tasks on three"


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=0.5, metavar="S",
                        help="for each case (0.5); 0: do the work once, to see that it works")
    parser.add_argument("--rounds", type=int, default=11, metavar="N",
                        help="that this is spread over (11)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE",
                        help="add the figures to those that bench-wait has written to a file")
    return parser.parse_args()


# --- The work ---


async def use_tokens(queue, n_times):
    for _ in range(n_times):
        token = await queue.get()
        try:
            await asyncio.sleep(0)
        finally:
            queue.put_nowait(token)


async def share_tokens(n_each):
    queue = asyncio.Queue()
    for _ in range(N_THINGS):
        queue.put_nowait(bytearray(64))
    await asyncio.gather(*(use_tokens(queue, n_each) for _ in range(N_TASKS)))


async def use_blocks(pool, n_times):
    for _ in range(n_times):
        async with pool.acquire_async():
            await asyncio.sleep(0)


async def share_blocks(n_each):
    pool = Fsmm.Pool(alloc_size=64, max_blocks=N_THINGS)
    await asyncio.gather(*(use_blocks(pool, n_each) for _ in range(N_TASKS)))


WAYS = {"asyncio.Queue of tokens": share_tokens, "pool.acquire_async()": share_blocks}


# --- Measuring ---


def nanoseconds(share, n_each):
    start = time.perf_counter_ns()
    asyncio.run(share(n_each))
    return (time.perf_counter_ns() - start) / (n_each * N_TASKS)


def calibrate(share, round_ns):
    """How often each task must do it to fill a round."""
    n_each = 1
    while round_ns > 0:
        elapsed = nanoseconds(share, n_each) * n_each * N_TASKS
        if elapsed >= round_ns / 10:
            return max(1, int(n_each * round_ns / elapsed))
        n_each *= 4
    return n_each


def measure(seconds, n_rounds):
    """The rounds of each way, done in turn."""
    counts = {way: calibrate(share, seconds * 1e9 / n_rounds) for way, share in WAYS.items()}
    rounds = {way: [] for way in WAYS}
    for _ in range(n_rounds):
        for way, share in WAYS.items():
            rounds[way].append(nanoseconds(share, counts[way]))
    return rounds


def print_table(rounds):
    reference = statistics.median(next(iter(rounds.values())))
    print(f"{GROUP:46} {'minimum':>10} {'median':>10} {'ratio':>7}")
    for way, its_rounds in rounds.items():
        median = statistics.median(its_rounds)
        print(f"  {way:44} {min(its_rounds):10.0f} {median:10.0f} {median / reference:7.2f}")


def add_to_file(file, rounds):
    written = json.loads(file.read_text(encoding="utf-8"))
    for way, its_rounds in rounds.items():
        figures = sorted(its_rounds)
        n = len(figures)
        written["cases"].append({
            "group": GROUP, "name": way, "unit": "ns", "rounds": n, "minimum": figures[0],
            "median": statistics.median(figures), "low": figures[n // 4],
            "high": figures[n - 1 - n // 4],
        })
    file.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    options = parse()
    n_rounds = max(1, options.rounds) if options.seconds > 0 else 1
    rounds = measure(options.seconds, n_rounds)
    print_table(rounds)
    if options.json:
        add_to_file(options.json, rounds)


main()
