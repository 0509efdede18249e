# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bench-pool measures becomes pictures and tables, and those in the guide are its figures.

usage: test-plots.py BENCH-POOL SOURCE
"""

import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

import tap

BENCH_POOL = sys.argv[1]
SOURCE = pathlib.Path(sys.argv[2])
PLOTS = SOURCE / "tests" / "benchmarks" / "plots"
GUIDE = SOURCE / "doc" / "performance"
sys.path.insert(0, str(PLOTS))

import charts  # noqa: E402
import runs  # noqa: E402
import svg  # noqa: E402
import tables  # noqa: E402

TIMEOUT = 120  # seconds
MAX_BYTES = 60 * 1024
NAMESPACE = f"{{{svg.SVG}}}"

tests = []
measured = None  # the folder with the files of a run for no time


def test(function):
    tests.append(function)
    return function


# --- Helpers ---


def plot(*arguments, **environment):
    return subprocess.run(
        [sys.executable, PLOTS / "plot.py", *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )


def succeed(*arguments):
    result = plot(*arguments)
    assert result.returncode == 0, f"status {result.returncode}:\n{result.stdout}{result.stderr}"
    return result.stdout


def refused(expected, *arguments, **environment):
    result = plot(*arguments, **environment)
    assert result.returncode != 0, "it succeeded"
    assert "Traceback" not in result.stderr, result.stderr
    assert expected in result.stderr, f"not “{expected}”: {result.stderr}"


def equal(actual, expected, what):
    assert actual == expected, f"{what}: {actual!r}, expected {expected!r}"


def pictures(folder):
    found = sorted(folder.glob("*.svg"))
    assert found, f"there are no pictures in {folder}"
    return found


def texts(path):
    return sorted(element.text for element in ET.parse(path).iter(NAMESPACE + "text"))


def make_data(figures, **others):
    """What bench-pool writes, with figures {row: {peer: median}} and middle halves of ± 10 %."""
    peers = sorted({peer for row in figures.values() for peer in row})
    data = {
        "machine": {"cpu": "a", "cores": 2, "kernel": "b", "glib": "c"},
        "size": 64,
        "threads": 2,
        "bulk": 1000,
        "measured": True,
        "percent-of-a-processor-used-by-others": 0,
        "peers": [{"name": peer, "provider": peer} for peer in peers],
        "cases": [
            {
                "group": row,
                "name": peer,
                "unit": "bytes" if row == "bytes/block" else "ns",
                "rounds": 3,
                "median": median,
                "low": median * 0.9,
                "high": median * 1.1,
            }
            for row, by_peer in figures.items()
            for peer, median in by_peer.items()
        ],
    }
    return data | others


def make_run(figures, **others):
    return runs.Run(make_data(figures, **others), "a test")


def make_documents_run():
    figures = {
        "own-pool-10": {"fsmm": 90, "malloc": 7.5, "mimalloc": 60},
        "refill-all-10": {"fsmm": 80},
        "refill-each-10": {"fsmm": 7, "malloc": 9, "mimalloc": 5},
        "own-pool-10k": {"fsmm": 6, "malloc": 8, "mimalloc": 8},
        "refill-each-10k": {"fsmm": 6.25, "malloc": 9},
    }
    return make_run(figures)


def make_memory_run():
    """Of three phases, the second of which malloc has nothing for."""
    figures = {
        "fill": {"fsmm": 61440, "malloc": 71680},
        "trim": {"fsmm": 1024},
        "drop": {"fsmm": 0, "malloc": 71680.4},
    }
    courses = [
        {"name": "fsmm", "phase": "fill", "seconds": [1, 2], "kib": [30720, 61440]},
        {"name": "fsmm", "phase": "trim", "seconds": [3], "kib": [1024]},
        {"name": "fsmm", "phase": "drop", "seconds": [4], "kib": [0]},
        {"name": "malloc", "phase": "fill", "seconds": [1, 2], "kib": [35840, 71680]},
        {"name": "malloc", "phase": "drop", "seconds": [3], "kib": [71680]},
    ]
    return make_run(figures, courses=courses, **{"percent-of-a-processor-used-by-others": 50})


def make_runs(workloads):
    alike = {"fsmm": 1, "malloc": 2, "mimalloc": 2}
    by_name = {name: make_run({runs.SIZED: alike}) for name in runs.ARGUMENTS}
    return by_name | {
        runs.MAIN: make_run(workloads),
        runs.SCALING: make_run({"10^3": alike}),
        runs.MEMORY: make_memory_run(),
        runs.INLINE: make_run({"pair": alike | {"inline": 1}}),
        "threads-1": make_run({"threads": {"fsmm": 4, "malloc": 2}}, threads=1),
        "threads-2": make_run({"threads": {"fsmm": 5, "malloc": 2}}),
    }


# --- From measuring to pictures ---


@test
def measuring_writes_files():
    """measuring writes a file for each run, and draws the pictures"""
    written = succeed("--measure", BENCH_POOL, measured, "--", "--seconds", "0").splitlines()
    found = sorted(str(path) for path in measured.iterdir())
    equal(sorted(written), found, "what was written")
    expected = sorted(f"bench-{name}.json" for name in runs.ARGUMENTS)
    equal(sorted(path.name for path in measured.glob("*.json")), expected, "files of figures")
    equal(len(pictures(measured)), 12, "number of pictures")


@test
def pictures_stand_alone():
    """pictures are well-formed, small, and need nothing from elsewhere"""
    for path in pictures(measured):
        root = ET.parse(path).getroot()
        equal(root.tag, NAMESPACE + "svg", path.name)
        assert path.stat().st_size < MAX_BYTES, f"{path.name} has {path.stat().st_size} bytes"
        for element in root.iter():
            assert element.tag not in (NAMESPACE + "script", NAMESPACE + "image"), path.name
            assert element.get(svg.HREF, "#").startswith("#"), element.attrib


@test
def pictures_can_be_read():
    """a picture has a title, a description with figures, and says what it shows"""
    for path in pictures(measured):
        root = ET.parse(path).getroot()
        equal((root.get("role"), root.get("aria-labelledby")), ("img", "title desc"), path.name)
        title, description = (root.find(NAMESPACE + name) for name in ("title", "desc"))
        equal((title.get("id"), description.get("id")), ("title", "desc"), "identifiers")
        assert title.text in texts(path), title.text
        main = {"bench-documents.svg": "own pool", "bench-inline.svg": "inline"}.get(path.name, "fsmm")
        assert f". {main}: " in description.text, description.text
        assert any(text.startswith("NOT MEASURED") for text in texts(path)), texts(path)


@test
def pictures_fit():
    """a picture is no taller than a screen, and so narrow that a telephone need not shrink it much"""
    for path in pictures(measured) + pictures(GUIDE):
        width, height = (int(ET.parse(path).getroot().get(name)) for name in ("width", "height"))
        assert width <= 440 and height <= 700, f"{path.name} has {width} x {height} pixels"


@test
def pictures_have_two_schemes():
    """what is dark on light pages is bright on dark ones"""
    for path in pictures(measured):
        text = path.read_text(encoding="utf-8")
        assert "prefers-color-scheme:dark" in text
        for colour in svg.ON_DARK:
            for attribute in ("fill", "color"):
                assert f' {attribute}="{colour}"' in text, f"{path.name}: no {attribute} {colour}"
        for colour in ("white", "#ffffff", "rgb("):
            assert colour not in text, f"{path.name}: {colour}"


@test
def nothing_is_left_out():
    """every peer and every row is named in a picture"""
    by_name = runs.read(measured)
    run = by_name[runs.MAIN]
    found = {path.name: texts(path) for path in pictures(measured)}
    drawn = {
        "bench-documents.svg": charts.WAYS,
        "bench-inline.svg": by_name[runs.INLINE].peers,
        "bench-memory.svg": by_name[runs.MEMORY].peers,
    }
    for name in found:
        for peer in drawn.get(name, run.peers):
            assert peer in found[name], f"{name}: no {peer}"
    shown = [f"bench-{name}.svg" for name in ("workloads", "patterns", "uses", "pools", "objects")]
    for row in charts.time_rows(run):
        assert row in charts.FLOOR or any(row in found[name] for name in shown), row
    for row in by_name["threads-1"].rows:
        assert row in found["bench-threads.svg"], row
    for row in by_name[runs.SCALING].rows:
        assert charts.superscript(row) in found["bench-scaling.svg"], row
    for size in runs.SIZES:
        assert str(size) in found["bench-sizes.svg"], size
    for group in ("workloads", "patterns", "both, 24 bytes"):
        assert group in found["bench-overview.svg"], group
    for size in ("10", "100", "1,000", "10,000", "100,000"):
        assert size in found["bench-documents.svg"], size
    for phase in ("fill", "shrink", "trim", "idle", "refill", "drop"):
        assert phase in found["bench-memory.svg"], phase


@test
def drawing_again():
    """drawing again makes the same pictures, and gnuplot has nothing to warn of"""
    before = {path: path.read_bytes() for path in pictures(measured)}
    result = plot(measured)
    equal((result.returncode, result.stderr), (0, ""), "result")
    equal(sorted(result.stdout.splitlines()), sorted(map(str, before)), "what was written")
    for path, content in before.items():
        equal(path.read_bytes() == content, True, f"{path.name} is the same")


@test
def no_place_and_time():
    """files say nothing of when and in which folder they were made"""
    for path in measured.glob("*.json"):
        data = json.loads(path.read_text(encoding="utf-8"))
        assert "date" not in data["machine"]
        assert not any("/" in peer.get("provider", "") for peer in data["peers"]), data["peers"]


# --- Tables ---


@test
def summary_of_figures():
    """the summary has geometric means, and how many rows are above what is wanted"""
    run = make_run(
        {
            "pair": {"fsmm": 2, "malloc": 8, "mimalloc": 4},
            "batch-1k": {"fsmm": 4, "malloc": 1, "mimalloc": 1},
            "larson": {"fsmm": 19, "malloc": 20, "mimalloc": 20},
            "free-all": {"fsmm": 1},
            "bytes/block": {"fsmm": 1, "malloc": 1000, "mimalloc": 1000},
        }
    )
    expected = [
        "| fsmm in relation to | malloc | mimalloc | simple-pool |",
        "| --- | ---: | ---: | ---: |",
        "| geometric mean, workloads | 1.00 | 1.41 | – |",
        "| geometric mean, patterns | 0.95 | 0.95 | – |",
        "| geometric mean, both | 0.98 | 1.24 | – |",
        "| the same, at the ends of the middle halves | 0.80 to 1.20 | 1.01 to 1.51 | – |",
        "| lowest | 0.25 | 0.50 | – |",
        "| highest | 4.00 | 4.00 | – |",
        "| rows above 0.9, or 1 for mimalloc | 2 of 3 | 1 of 3 | – |",
    ]
    tap.assert_same_lines(tables.summary(run).splitlines(), expected, "summary")


@test
def means_of_peers():
    """a mean is that of the rows that both have, with the ends of the middle halves"""
    run = make_run(
        {
            "pair": {"fsmm": 2, "malloc": 8},
            "larson": {"fsmm": 4, "malloc": 1},
            "free-all": {"fsmm": 1},
        }
    )
    result = charts.mean_of_rows(run, ["pair", "larson", "free-all"], "fsmm")
    found = [f"{number:.2f}" for number in (result.low, result.median, result.high)]
    equal(found, ["0.90", "1.00", "1.10"], "mean")
    equal(charts.mean_of_rows(run, ["free-all"], "fsmm"), None, "mean of what malloc lacks")


@test
def summary_of_sizes():
    """the summary has a mean for each further size, and none of what is no workload"""
    pair = {"fsmm": 3, "malloc": 6, "mimalloc": 4}
    run = make_run({"pair": pair, "boxed": {"fsmm": 9, "malloc": 1, "mimalloc": 1}})
    data = make_data({"pair": pair | {"fsmm": 1}})
    run.add_cases([case | {"size": 24} for case in data["cases"]])
    found = tables.summary(run).splitlines()
    assert "| geometric mean, both | 0.50 | 0.75 | – |" in found, found
    assert "| geometric mean, both, 24 bytes | 0.17 | 0.25 | – |" in found, found
    equal(run.rows, ["pair", "boxed"], "rows")


@test
def list_of_losses():
    """what malloc or mimalloc wins is listed, and marked where it may be noise"""
    workloads = {
        "pair": {"fsmm": 2.2, "malloc": 2, "mimalloc": 1},
        "threads": {"fsmm": 1, "malloc": 2, "mimalloc": 2},
    }
    expected = [
        "| fsmm in relation to | malloc | mimalloc |",
        "| --- | ---: | ---: |",
        "| pair | ≈ 1.10 | 2.20 |",
        "| own-pool-10 | 12.00 | 1.50 |",
    ]
    by_name = make_runs(workloads) | {runs.DOCUMENTS: make_documents_run()}
    tap.assert_same_lines(tables.losses(by_name).splitlines(), expected, "losses")
    del workloads["pair"]
    equal(tables.losses(make_runs(workloads)), "There is no such case in these figures.\n", "none")


@test
def threads_in_relation():
    """two threads are related to one"""
    by_name = make_runs({"pair": {"fsmm": 1, "malloc": 1}})
    assert "| threads | 1.25 | 1.00 |" in tables.make(by_name), tables.make(by_name)


@test
def rows_measured_twice():
    """ratios of one run stand beside those of another"""
    workloads = {
        "threads": {"fsmm": 3, "malloc": 2},
        "churn-1k": {"fsmm": 2, "malloc": 4, "mimalloc": 1},
        "churn-200k": {"fsmm": 1, "malloc": 4, "mimalloc": 1},
        "refill-each-10": {"fsmm": 1, "malloc": 1},
    }
    by_name = make_runs(workloads) | {runs.DOCUMENTS: make_documents_run()}
    expected = [
        "| fsmm in relation to | malloc | malloc, again | mimalloc | mimalloc, again |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| threads | 1.50 | 2.50 | – | – |",
        "| churn-1k | 0.50 | 0.50 | 2.00 | 0.50 |",
        "| churn-200k | 0.25 | 0.50 | 1.00 | 0.50 |",
        "| refill-each-10 | 1.00 | 0.78 | – | 1.40 |",
    ]
    tap.assert_same_lines(tables.repetitions(by_name).splitlines(), expected, "again")


@test
def table_of_libraries():
    """each allocator has its library, or is said not to have been measured"""
    peers = [{"name": "fsmm", "provider": "a"}, {"name": "malloc", "provider": "b"}]
    run = make_run({"pair": {"fsmm": 1}}, peers=[*peers, {"name": "boost", "missing": "c"}])
    lines = tables.providers(run).splitlines()
    equal(lines[2:], ["| fsmm | a |", "| malloc | b |", "| boost | not measured |"], "libraries")


@test
def ways_of_documents():
    """ways to store a document stand side by side, malloc's after those of pools"""
    run = make_documents_run()
    expected = [
        "| blocks | own pool | kept, free_all | kept, free each | malloc |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| 10 | 90.0 | 80.0 | 7.0 | 9.0 |",
        "| 10,000 | 6.0 | – | 6.2 | 9.0 |",
    ]
    tap.assert_same_lines(tables.documents(run).splitlines(), expected, "table")
    chart = charts.documents_chart(run)
    equal(chart.description.partition(". ")[2], "own pool: 10 90; 10,000 6.0.", "description")


@test
def courses_of_memory():
    """a line has as many points in each phase, and stays where it was in one that is left out"""
    n = charts.POINTS_OF_PHASE
    chart = charts.memory_chart(make_memory_run())
    expected = [0, *[30] * (n // 2), *[60] * (n // 2), *[1] * n, *[0] * n]
    equal(chart.courses["fsmm"], expected, "course of fsmm")
    expected = [0, *[35] * (n // 2), *[70] * (n // 2), *[70] * (2 * n)]
    equal(chart.courses["malloc"], expected, "course of malloc")
    equal(chart.description.partition(". ")[2], "fsmm: fill 60; trim 1.0; drop 0.00.", "fsmm")


@test
def table_of_memory():
    """KiB have no decimals, and nobody disturbs them"""
    by_name = make_runs({"pair": {"fsmm": 1, "malloc": 1}})
    expected = [
        "| phase | fsmm | malloc |",
        "| --- | ---: | ---: |",
        "| fill | 61,440 | 71,680 |",
        "| trim | 1,024 | – |",
        "| drop | 0 | 71,680 |",
    ]
    found = tables.make(by_name).partition("## Resident memory after each phase, in KiB\n\n")[2]
    tap.assert_same_lines(found.splitlines()[: len(expected)], expected, "table")
    chart = charts.memory_chart(by_name[runs.MEMORY])
    assert not any("Other programs" in text for text in chart.caption), chart.caption


# --- What is wrong is said ---


@test
def wrong_use():
    """what cannot work is refused, with a hint"""
    with tempfile.TemporaryDirectory() as empty:
        refused("./run bench --plot makes it", empty)
        refused("gnuplot is missing: install", measured, PATH=empty)
        measure = ["--measure", BENCH_POOL, empty, "--"]
        refused("--plot, which chooses", *measure, "--json=x")
        refused("--plot, which chooses", *measure, "--scaling")
        refused("--plot, which chooses", *measure, "--memory")
        refused("--plot, which chooses", *measure, "--size", "32")
        refused("“malloc” was not measured", *measure, "--seconds=0", "--peers=fsmm")
        refused("status 1", *measure, "--seconds=0", "--peers=nobody")
        equal(os.listdir(empty), [], "what was written")
        pathlib.Path(empty, "bench-workloads.json").write_text("{}", encoding="utf-8")
        refused("is not what bench-pool writes", empty)
    refused("only --measure has a use for", measured, "x")


# --- The guide ---


@test
def tables_of_the_guide():
    """the guide has the tables that belong to the figures beside it"""
    guide = (GUIDE / "performance.md").read_text(encoding="utf-8")
    expected = succeed("--table", GUIDE)
    if expected not in guide:
        _, separator, found = guide.partition(expected.splitlines()[0])
        assert separator, "the guide has no tables: paste what plot.py --table prints"
        tap.assert_same_lines(found.splitlines(), expected.splitlines()[1:], "plot.py --table")


@test
def pictures_of_the_guide():
    """the pictures in the guide belong to the figures beside them"""
    guide = (GUIDE / "performance.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        again = pathlib.Path(name)
        for path in GUIDE.glob("*.json"):
            (again / path.name).write_bytes(path.read_bytes())
        succeed(again)
        # Not to the byte, since another gnuplot draws otherwise.
        names = [path.name for path in pictures(again)]
        equal([path.name for path in pictures(GUIDE)], names, "pictures in the folder")
        for path in pictures(again):
            assert f"({path.name})" in guide, f"the guide does not show {path.name}"
            tap.assert_same_lines(texts(GUIDE / path.name), texts(path), f"new {path.name}")


def cells_of(text, name):
    """The row of that name in a table, without the name."""
    line, = (line for line in text.splitlines() if line.startswith(f"| {name} |"))
    return line.strip("| ").split(" | ")[1:]


@test
def verdict_of_the_guide():
    """what the guide says first is what its tables say"""
    guide = (GUIDE / "performance.md").read_text(encoding="utf-8")
    verdict, rest = guide.partition("# Performance\n\n")[2].split("\n\n", 1)
    by_name = runs.read(GUIDE)
    text = tables.make(by_name)
    means = cells_of(text, "geometric mean, both")
    ends = cells_of(text, "the same, at the ends of the middle halves")
    losses = text.partition("## Where malloc or mimalloc wins")[2]
    for figures in (
        f"{means[0]}, the geometric mean of fifteen",
        f"({means[1]})",
        f"{ends[0]} and {ends[1]}",
        f"up to {float(cells_of(text, 'highest')[1]):.1f} times",
    ):
        assert figures in " ".join(verdict.split()), f"the verdict does not say “{figures}”"
    worst = max(float(cells_of(losses, row)[0]) for row in charts.OBJECTS if f"| {row} |" in losses)
    assert f"(up to {worst:.1f} times)" in verdict, worst
    document = float(cells_of(losses, "own-pool-10")[0])
    assert f"({document:.0f} times for ten)" in verdict, document


@test
def spread_of_the_guide():
    """how far runs differ is what the table of rows that were measured twice says"""
    guide = " ".join((GUIDE / "performance.md").read_text(encoding="utf-8").split())
    lines = tables.repetitions(runs.read(GUIDE)).splitlines()[2:]
    rows = [[float(cell) for cell in line.strip("| ").split(" | ")[1:]] for line in lines]
    most = max(abs(row[i] - row[i + 1]) for row in rows for i in (0, 2))
    equal(len(rows), 10, "rows that were measured twice")
    assert f"differ by at most {most:.2f}: see" in guide, most
    run = runs.read(GUIDE)[runs.MAIN]
    results = [run.get(row, "fsmm") for row in charts.workload_rows(run) + charts.pattern_rows(run)]
    spread = statistics.median((result.high - result.low) / result.median for result in results)
    assert f"spans less than {math.ceil(spread * 100)} % of the median in half of" in guide, spread


with tempfile.TemporaryDirectory(prefix="plots-") as folder:
    measured = pathlib.Path(folder)
    tap.run(tests)
