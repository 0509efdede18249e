# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bench-pool measures, prints and writes, run for no time.

usage: test-bench-pool.py BENCH-POOL LIBRARY
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import tap

BENCH_POOL, LIBRARY = sys.argv[1:]
TIMEOUT = 60  # seconds

tests = []


def test(function):
    tests.append(function)
    return function


# --- Helpers ---


def run(*arguments, **environment):
    return subprocess.run(
        [BENCH_POOL, "--seconds=0", *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )


def succeed(*arguments):
    """What it prints, and what it writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "figures.json")
        result = run(*arguments, f"--json={path}")
        assert result.returncode == 0, f"status {result.returncode}: {result.stderr}"
        return result.stdout, json.loads(path.read_text(encoding="utf-8"))


def refused(expected, *arguments, **environment):
    result = run(*arguments, **environment)
    assert result.returncode != 0, "it succeeded"
    assert expected in result.stderr, f"not “{expected}”: {result.stderr}"


def equal(actual, expected, what):
    assert actual == expected, f"{what}: {actual!r}, expected {expected!r}"


def figures(data):
    """Cases by row and peer."""
    return {(case["group"], case["name"]): case for case in data["cases"]}


def resident(data, peer):
    """KiB at the end of each phase."""
    cases = [case for case in data["cases"] if case["name"] == peer]
    assert all(case["unit"] == "KiB" for case in cases), cases
    return {case["group"]: case["median"] for case in cases}


def check_courses(data):
    """Whether what was seen along the phases leads to their ends, and time passes meanwhile."""
    last = {}
    for course in data["courses"]:
        name, phase, seconds = course["name"], course["phase"], course["seconds"]
        assert 1 <= len(seconds) == len(course["kib"]), course
        assert last.get(name, 0) <= seconds[0], course
        equal(seconds, sorted(seconds), f"times of {name}, {phase}")
        equal(course["kib"][-1], figures(data)[phase, name]["median"], f"{name}, {phase}")
        last[name] = seconds[-1]
    equal(len(data["courses"]), len(data["cases"]), "courses")


def rows_of(data, peer):
    return {row for row, name in figures(data) if name == peer}


# --- What is measured ---


@test
def memory_is_warmed():
    """pages of each kind are touched first, and the output and the file say so"""
    text, data = succeed("--peers=fsmm", "--workload=pair")
    warmed = data["warmed"]
    assert re.search(r"^Warmed before the first round: \d+ MiB of ordinary pages", text, re.M), text
    equal((warmed["ordinary-mib"], warmed["huge-mib"]), (4, 4), "warmed")
    assert 0 <= warmed["got-huge-mib"] <= warmed["huge-mib"], warmed


@test
def machine_is_described():
    """the file says what machine it was"""
    _, data = succeed("--peers=fsmm", "--workload=pair")
    machine = data["machine"]
    assert isinstance(machine["virtual"], bool), machine
    assert machine["memory-mib"] > 0, machine
    assert machine["huge-pages"] in ("always", "madvise", "never", "unknown"), machine


@test
def rows_of_pools():
    """a pool has every row, and malloc those that it has anything for"""
    _, data = succeed("--peers=fsmm,malloc")
    only_pools = {"free-all", "many-64", *(f"refill-all-{n}" for n in ("100", "1k", "100k"))}
    equal(rows_of(data, "fsmm") - rows_of(data, "malloc"), only_pools, "rows of pools only")
    for row in ("floor-pair", "pools-64", "pool-life", "alloc0", "boxed-active", "handle"):
        assert row in rows_of(data, "malloc"), row


@test
def rounds_have_minima():
    """each case has a minimum, which is no more than its median"""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "figures.json")
        arguments = ["--peers=fsmm,malloc", "--workload=pair,bulk-free", "--rounds=3"]
        # A little time: with none, there is one round.
        result = run("--seconds=0.003", *arguments, f"--json={path}")
        assert "Minimum and median of 3 interleaved rounds" in result.stdout, result.stdout
        data = json.loads(path.read_text(encoding="utf-8"))
    equal(len(data["cases"]), 4, "cases")
    for case in data["cases"]:
        equal(case["rounds"], 3, "rounds")
        assert 0 < case["minimum"] <= case["low"] <= case["median"] <= case["high"], case


@test
def several_sizes():
    """the first size has all rows, the others those that aims are for, and each has a mean"""
    text, data = succeed("--peers=fsmm,malloc", "--size=64,24")
    equal(data["size"], 64, "size")
    by_size = {}
    for case in data["cases"]:
        by_size.setdefault(case.get("size", data["size"]), set()).add(case["group"])
    equal(set(by_size), {64, 24}, "sizes")
    assert {"pair", "bytes/block", "larson"} < by_size[24] < by_size[64], by_size
    assert "boxed" not in by_size[24], by_size[24]
    means = text.partition("geometric mean of workloads and patterns")[2]
    assert re.search(r"^  64 bytes .*\n.*\n  24 bytes ", means, re.M), means


@test
def rows_of_further_sizes():
    """a row that is asked for is measured with every size"""
    _, data = succeed("--peers=fsmm", "--size=24,40,48,64", "--workload=boxed")
    sizes = [case.get("size", data["size"]) for case in data["cases"]]
    equal(sizes, [24, 40, 48, 64], "sizes")


@test
def no_mean_of_nothing():
    """rows that have no mean get none"""
    text, _ = succeed("--peers=fsmm,malloc", "--workload=boxed,box")
    assert "fsmm in relation to" in text, text
    assert "mean" not in text, text


@test
def two_builds():
    """another build of the library is a peer that everything is related to"""
    text, data = succeed(f"--compare={LIBRARY}", "--workload=pair,boxed")
    equal([peer["name"] for peer in data["peers"]], ["fsmm", "old"], "peers")
    equal(data["peers"][1]["provider"], os.path.realpath(LIBRARY), "provider")
    assert re.search(r"fsmm in relation to\n +old\n", text), text
    equal(len(data["cases"]), 4, "cases")


@test
def two_builds_and_peers():
    """a copy of the library is told from the library, and peers can stand beside both"""
    with tempfile.TemporaryDirectory() as folder:
        old = shutil.copy(LIBRARY, pathlib.Path(folder).resolve() / "old.so")
        _, data = succeed(f"--compare={old}", "--peers=malloc,fsmm", "--workload=pair")
    equal([peer["name"] for peer in data["peers"]], ["fsmm", "old", "malloc"], "peers")
    equal(data["peers"][1]["provider"], str(old), "provider")


@test
def instructions():
    """instructions are counted, the same each time, and more for more work"""
    if shutil.which("valgrind") is None:
        refused("valgrind is missing", "--instructions")
        return
    arguments = ["--instructions", "--peers=fsmm", "--workload=floor-pair,pair"]
    first, again = (figures(succeed(*arguments)[1]) for _ in range(2))
    for key, case in first.items():
        equal(case["unit"], "instructions", "unit")
        difference = abs(case["median"] - again[key]["median"])
        assert difference < 2, f"{key}: {case['median']}, then {again[key]['median']}"
    assert 4 < first["floor-pair", "fsmm"]["median"] < first["pair", "fsmm"]["median"], first


@test
def documents():
    """documents of five sizes are measured in three ways, and related to malloc"""
    text, data = succeed("--documents")
    ways, sizes = ("own-pool", "refill-all", "refill-each"), ("10", "100", "1k", "10k", "100k")
    expected = {f"{way}-{size}" for way in ways for size in sizes}
    equal(rows_of(data, "fsmm"), expected, "rows of fsmm")
    assert {f"refill-each-{size}" for size in sizes} <= rows_of(data, "malloc"), data["cases"]
    equal([peer["name"] for peer in data["peers"]], ["fsmm", "malloc", "mimalloc"], "peers")
    for size in sizes:
        assert f"fsmm's own-pool-{size} / malloc's refill-each-{size}: " in text, text
    for case in data["cases"]:
        assert case["unit"] == "ns" and case["median"] > 0, case


@test
def pools_of_documents():
    """a pool for each small document costs more than one that is kept"""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "figures.json")
        arguments = ["--documents", "--workload=own-pool-10,refill-each-10", "--peers=fsmm"]
        result = run("--seconds=0.02", "--rounds=2", *arguments, f"--json={path}")
        equal(result.returncode, 0, result.stderr)
        found = figures(json.loads(path.read_text(encoding="utf-8")))
    own, kept = (found[f"{row}-10", "fsmm"]["median"] for row in ("own-pool", "refill-each"))
    assert kept < own, found


@test
def memory_over_time():
    """what is in memory is followed through all phases, of which a peer may lack trimming"""
    text, data = succeed("--memory", "--peers=fsmm,malloc,simple-pool")
    assert "KiB in memory, more than before the first block" in text, text
    assert "in relation to" not in text, text
    phases = ["fill", "shrink", "trim", "idle", "refill", "drop"]
    equal(list(resident(data, "fsmm")), phases, "phases of fsmm")
    assert set(phases) - set(resident(data, "malloc")) <= {"trim"}, resident(data, "malloc")
    equal(set(phases) - set(resident(data, "simple-pool")), {"trim"}, "phases the simple pool lacks")
    check_courses(data)
    n_samples = {course["phase"]: len(course["seconds"]) for course in data["courses"][:6]}
    equal([n_samples[phase] for phase in phases], [20, 20, 1, 20, 20, 1], "samples of fsmm")


@test
def memory_comes_and_goes():
    """a million blocks are in memory once they are taken, and gone once they are dropped"""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "figures.json")
        arguments = ["--memory", "--idle=0.2", "--peers=fsmm,malloc"]
        # Some time, or there would be few blocks.
        result = run("--seconds=0.1", *arguments, f"--json={path}")
        equal(result.returncode, 0, result.stderr)
        data = json.loads(path.read_text(encoding="utf-8"))
    check_courses(data)
    needed = data["bulk"] * data["size"] / 1024
    for peer in ("fsmm", "malloc"):
        found = resident(data, peer)
        assert needed < found["fill"] < 2 * needed, f"{peer}: {found}"
        assert needed < found["refill"] < 2 * needed, f"{peer}: {found}"
    found = resident(data, "fsmm")
    assert max(found["trim"], found["idle"], found["drop"]) < needed / 2, found
    idle = next(course for course in data["courses"] if course["phase"] == "idle")
    assert idle["seconds"][-1] - idle["seconds"][0] > 0.15, idle


@test
def peers_of_memory():
    """where memory is followed, the peers are few, if nothing else is said"""
    _, data = succeed("--memory")
    expected = ["fsmm", "malloc", "mimalloc", "jemalloc", "tcmalloc"]
    equal([peer["name"] for peer in data["peers"]], expected, "peers")


# --- What is wrong is said ---


@test
def wrong_use():
    """what cannot be measured is refused"""
    refused("Blocks have 8 to 1048576 bytes, and not “4”", "--size=64,4")
    refused("Blocks have 8 to 1048576 bytes, and not “”", "--size=")
    refused("Not all workloads of “pair,pairs” are known", "--workload=pair,pairs")
    refused("There is no peer “old”", "--peers=fsmm,old")
    refused("There are 1 to 64 threads", "--threads=0")
    refused("cannot be combined", "--instructions", "--scaling")
    refused("cannot be combined", "--scaling", "--memory")
    refused("cannot be combined", "--documents", "--memory")
    refused("cannot be combined", "--memory", "--workload=fill")
    refused("--idle is 0 to 3600 seconds", "--memory", "--idle=-1")
    refused("valgrind is missing", "--instructions", PATH="/nowhere")
    refused("“fsmm” has to be among the peers", f"--compare={LIBRARY}", "--peers=malloc")
    for path in ("/nowhere.so", os.path.abspath(__file__), "/"):
        refused(f"“{path}” is no build of the library that can be loaded", f"--compare={path}")


tap.run(tests)
