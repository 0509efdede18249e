# SPDX-License-Identifier: LGPL-2.1-or-later
"""fsmm-chart draws what is in a record, whatever that is.

usage: test-chart.py CHART MODULES VICTIM
"""

import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

import tap

CHART, MODULES, VICTIM = map(os.path.abspath, sys.argv[1:])
FOLDER = tempfile.TemporaryDirectory(prefix="fsmm-chart-")
SVG = "{http://www.w3.org/2000/svg}"
LIVE, RESIDENT, LENT = "#2b7fd3", "#cc3f0a", "#0b8f83"
KIB, MIB = 1024, 1024**2
HEAD = ("# record of fsmm-glib 1.2.0, started 2026-12-01T02:54:52.333549Z, process 29874, "
        "program known\n"
        "seconds,event,id,name,kind,item-type,alloc-size,n-allocated,peak-allocated,max-blocks,"
        "n-waiting,reserved-bytes,resident-bytes,n-taken\n")


def new_folder():
    return pathlib.Path(tempfile.mkdtemp(dir=FOLDER.name))


def call(*arguments, **environment):
    return subprocess.run([sys.executable, CHART, *map(str, arguments)], capture_output=True,
                          env={**os.environ, "PYTHONPATH": MODULES, "LC_ALL": "C.UTF-8"} | environment,
                          cwd=FOLDER.name, encoding="utf-8", timeout=60, check=False)


def refused(*arguments, **environment):
    """What is said of a call that fails, which is one line."""
    done = call(*arguments, **environment)
    assert done.returncode == 1 and done.stdout == "", done
    assert re.fullmatch(r"fsmm-chart: .+\n", done.stderr), done.stderr
    return done.stderr


def drawn(path, *arguments):
    """The picture of a record, which is beside it."""
    done = call(*arguments, path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done
    return ET.parse(path.with_suffix(".svg")).getroot()


def row(seconds, number, n_live, name="pool", event="figures", kind="raw", item_type="", size=KIB,
        peak=None, limit=0, resident=None):
    resident = n_live * size if resident is None else resident
    fields = [f"{seconds:.3f}", event, number, name, kind, item_type, size, n_live, peak or n_live,
              limit, 0, resident, resident, 0]
    return ",".join(map(str, fields)) + "\n"


def write(*rows, head=HEAD):
    path = new_folder() / "record.csv"
    path.write_text(head + "".join(rows), encoding="utf-8")
    return path


def draw(*rows, arguments=()):
    return drawn(write(*rows), *arguments)


def texts(root):
    return ["".join(element.itertext()) for element in root.iter(SVG + "text")]


def titles(root):
    """Those of panels."""
    bold = [element.text for element in root.iter(SVG + "text") if element.get("font-weight") == "bold"]
    return bold[1:]


def lines(root, colour):
    """Points of the lines of that colour, in the order of panels: the first two are in the legend."""
    paths = [element.get("d") for element in root.iter(SVG + "path") if element.get("stroke") == colour]
    found = [re.findall(r"[ML]([\d.]+),([\d.]+)", path) for path in paths]
    return [[(float(x), float(y)) for x, y in points] for points in found if len(points) > 1]


def assert_near(actual, expected, tolerance=0.6):
    assert len(actual) == len(expected), (actual, expected)
    for one, other in zip(actual, expected):
        assert math.dist(one, other) <= tolerance, (actual, expected)


# Where a panel alone is, in pixels.
LEFT, RIGHT, TOP, BOTTOM = 72, 616, 112, 186


def at(seconds, n_bytes, end, highest):
    return (LEFT + (RIGHT - LEFT) * seconds / end, BOTTOM - (BOTTOM - TOP) * n_bytes / (highest * 1.06))


def test_values():
    """lines are at the places of their values, which hold until the next ones"""
    root = draw(row(0, 2, 512, resident=2 * MIB), row(5, 2, 1024, resident=2 * MIB),
                row(10, 2, 1024, resident=2 * MIB))
    live, = lines(root, LIVE)
    assert_near(live, [at(*point, 10, 2 * MIB) for point in
                       ((0, MIB / 2), (5, MIB / 2), (5, MIB), (10, MIB))])
    resident, = lines(root, RESIDENT)
    assert_near(resident, [at(0, 2 * MIB, 10, 2 * MIB), at(10, 2 * MIB, 10, 2 * MIB)])
    assert {"0", "1 MiB", "2 MiB", "0 s", "10 s"} <= set(texts(root)), texts(root)
    assert "peak 1 MiB live, 2 MiB resident" in texts(root), texts(root)


def test_peak_and_limit():
    """a peak between two looks is seen, and so is a limit that is not far away"""
    root = draw(row(0, 2, 100, peak=1000, limit=1100), row(10, 2, 100, peak=1000, limit=1100))
    assert "peak 1000 KiB live, 100 KiB resident, limit 1.07 MiB" in texts(root), texts(root)
    assert "limit" in texts(root), texts(root)
    live, = lines(root, LIVE)
    assert_near(live[:1], [at(0, 100, 10, 1100)])
    root = draw(row(0, 2, 100, limit=10_000), row(10, 2, 100, limit=10_000))
    assert "limit" not in texts(root) and any("limit 9.77 MiB" in text for text in texts(root))


def test_end():
    """a pool that goes has nothing afterwards, and its end is marked"""
    root = draw(row(0, 2, 512), row(1, 4, 1, name="other"), row(4, 2, 512, event="end"),
                row(10, 4, 1, name="other"))
    assert titles(root) == ["2 pools together", "pool", "other"], titles(root)
    assert any("gone at 4.0 s" in text for text in texts(root)) and "gone" in texts(root)
    _, live, _ = lines(root, LIVE)
    assert max(x for x, _ in live) < LEFT + (RIGHT - LEFT) * 0.41, live


def test_sums():
    """the largest pools have panels, and the others one together"""
    rows = [row(time, 2 * i, 10 * i, name=f"pool {i}") for time in (0, 1) for i in range(1, 13)]
    root = draw(*rows)
    assert titles(root) == ["12 pools together", *(f"pool {i}" for i in range(12, 4, -1)), "4 others"]
    assert "peak 780 KiB live, 780 KiB resident" in texts(root), texts(root)
    assert "peak 100 KiB live, 100 KiB resident" in texts(root), texts(root)
    # What is of one look is of one moment.
    exchanged = draw(*(row(time, number, 100 if (time == 0) == (number == 4) else 0,
                           name=str(number), peak=100)
                       for time in (0, 1, 2) for number in (2, 4)))
    assert texts(exchanged).count("peak 100 KiB live, 100 KiB resident") == 3, texts(exchanged)
    for n, expected in (("1", ["12 pools together", "pool 12", "11 others"]),
                        ("0", ["12 pools together"]),
                        ("12", ["12 pools together", *(f"pool {i}" for i in range(12, 0, -1))])):
        assert titles(draw(*rows, arguments=["--pools", n])) == expected, n
    assert titles(draw(row(0, 2, 1), arguments=["--pools", "0"])) == ["1 pool"]


def test_names_chosen():
    """pools are chosen by name, or by type if they have none"""
    rows = [row(0, 2, 1, name="node a"), row(0, 4, 2, name="node b"), row(0, 6, 3, name="other"),
            row(0, 8, 4, name="", kind="typed", item_type="NodeType"), row(0, 10, 5, name="", size=64)]
    assert titles(draw(*rows, arguments=["--name", "node*"])) == ["2 pools together", "node b", "node a"]
    assert titles(draw(*rows, arguments=["--name", "Node*"])) == ["NodeType"]
    assert titles(draw(*rows))[1:] == ["NodeType", "other", "node b", "node a", "unnamed (64 bytes) #10"]
    assert "“nothing”" in refused("--name", "nothing", write(*rows))
    same = [row(0, 2, 1, name="twin"), row(0, 4, 1, name="twin")]
    assert titles(draw(*same))[1:] == ["twin #2", "twin #4"]


def test_objects():
    """pools of objects are drawn where they are asked for, in numbers"""
    lent = dict(kind="objects", item_type="GObject", size=0, resident=0)
    rows = [row(0, 2, 1), row(0, 3, 7, name="lent", **lent), row(1, 3, 20, name="lent", **lent)]
    assert titles(draw(*rows)) == ["pool"]
    root = draw(*rows, arguments=["--objects"])
    assert titles(root) == ["pool", "lent"] and "peak 20 lent" in texts(root), texts(root)
    assert len(lines(root, LENT)) == 1
    assert titles(draw(*rows[1:])) == ["lent"]
    assert titles(draw(*rows, arguments=["--name", "l*"])) == ["lent"]


def test_hostile_names():
    """names are only names, to gnuplot and in the picture"""
    folder = new_folder()
    names = ["`touch pwned`", '"; system("touch pwned")', "'; !touch pwned", "two\nlines\r\n",
             "<script>alert(1)</script>&amp;", "{/Symbol a}_b^c @x", "\u202eltr", "%s %n", "x" * 3000]
    environment = {**os.environ, "FSMM_DEBUG": "record=record.csv"}
    subprocess.run([VICTIM, "names", *names, b"\xff"], env=environment, cwd=folder, timeout=60,
                   check=True)
    root = drawn(folder / "record.csv", "--pools", "20", "--title", "<b> `touch pwned`")
    assert "<b> `touch pwned`" in texts(root), texts(root)
    found = titles(root)
    for name in names[:3] + names[4:6] + ["two\\x0alines\\x0d\\x0a", "\\u202eltr", "%s %n",
                                          "x" * 33 + "…", "\ufffd"]:
        assert name in found, (name, found)
    assert not [element for element in root.iter() if "script" in element.tag]
    assert sorted(path.name for path in folder.iterdir()) == ["record.csv", "record.svg"]
    assert not pathlib.Path(FOLDER.name, "pwned").exists()


def test_real_run():
    """a run of a program has the panels of its pools"""
    folder = new_folder()
    environment = {**os.environ, "FSMM_DEBUG": "record=run.csv"}
    subprocess.run([VICTIM, "course"], env=environment, cwd=folder, timeout=60, check=True)
    root = drawn(folder / "run.csv", "--objects")
    assert sorted(titles(root)) == ["2 pools together", "handles", "lent", "steps"], titles(root)
    assert "record-victim: memory of its pools" in texts(root)
    assert any(text.startswith("peak 900 KiB live, ") and ", limit 1000 KiB, gone at" in text
               for text in texts(root)), texts(root)


def test_cut_records():
    """what a program left that was killed is drawn as far as it goes"""
    whole = row(0, 2, 100) + row(1, 2, 200)
    rest = row(2, 2, 300, name='"a,\nb"')
    for n in (1, 10, rest.index("\n"), rest.index("\n") + 1, len(rest) - 2, len(rest) - 1):
        assert "peak 200 KiB live, 200 KiB resident" in texts(drawn(write(whole + rest[:n]))), rest[:n]
    assert "peak 200 KiB live, 200 KiB resident" in texts(draw(whole + "\0\0\0\0"))


def test_little():
    """a record without pools, or with one row, is drawn too"""
    root = draw()
    assert titles(root) == [] and "There was no pool at any look." in texts(root), texts(root)
    root = draw(row(0.006, 2, 100))
    live, = lines(root, LIVE)
    assert live[-1][0] - live[0][0] > 300, live
    assert titles(draw(row(0, 2, 0))) == ["pool"]
    assert titles(draw(row(0, 2, 0), row(0, 4, 1, name="used"))) == ["used"]


def test_long_run():
    """an hour is drawn small, and its shortest peak is seen"""
    rows = [row(i / 10, number, 5000 if i == 12_345 else i * 7919 % 1000, name=f"pool {number}",
                peak=5000 if i >= 12_345 else 1000)
            for i in range(36_000) for number in (2, 4)]
    path = write(*rows)
    root = drawn(path)
    assert path.with_suffix(".svg").stat().st_size < MIB, path.with_suffix(".svg").stat()
    assert {"0 min", "10 min", "60 min"} & set(texts(root)) == {"0 min", "10 min"}, texts(root)
    of_one = lines(root, LIVE)[1]
    top = min(y for _, y in of_one)
    bottom = max(y for _, y in of_one)
    # In the middle of a busy line, it is the one point that is five times as high.
    assert sum(y < (top + bottom) / 2 for _, y in of_one) == 2, of_one


def test_no_records():
    """a file that is no record is refused, and so is a damaged one"""
    folder = new_folder()
    (folder / "binary").write_bytes(bytes(range(256)) * 100)
    (folder / "empty").write_bytes(b"")
    for name in ("binary", "empty"):
        assert "is no record of fsmm-glib: " in refused(folder / name)
    assert "No such file or directory" in refused(folder / "missing.csv")
    assert "Is a directory" in refused(folder)
    for bad in (row(0, 2, -5), row(0, 2, 10**30), "nan" + row(0, 2, 1)[5:], "1,2,3\n", row(0, "x", 1)):
        assert "is damaged: line 3 is no row" in refused(write(bad, row(1, 2, 1))), bad
    assert "is damaged" in refused(write(row(5, 2, 1), row(4, 2, 1), row(6, 2, 1)))
    assert "has no column “kind”" in refused(write(head=HEAD.replace(",kind", "")))


def test_arguments():
    """the picture goes where it is to go, and what is wrong is said"""
    path = write(row(0, 2, 1))
    beside = path.with_name("elsewhere.svg")
    assert call(path, "-o", beside, "--title", "Own").returncode == 0
    assert "Own" in texts(ET.parse(beside).getroot())
    assert ET.fromstring(call(path, "-o", "-").stdout).tag == SVG + "svg"
    named = path.rename(path.with_name("record.csv.123"))
    assert call(named).returncode == 0 and path.with_name("record.csv.123.svg").exists()
    assert "is the record" in refused(named, "-o", named)
    assert "cannot write" in refused(named, "-o", path.with_name("nowhere") / "a.svg")
    assert "install the package gnuplot-nox" in refused(named, PATH=str(path.parent))
    for wrong in (["--pools", "-1"], ["--pools", "many"], []):
        assert call(*wrong, *([named] if wrong else [])).returncode == 2, wrong
    assert re.fullmatch(r"fsmm-chart \d+\.\d+\.\d+\n", call("--version").stdout)


tap.run([test_values, test_peak_and_limit, test_end, test_sums, test_names_chosen, test_objects,
         test_hostile_names, test_real_run, test_cut_records, test_little, test_long_run,
         test_no_records, test_arguments])
