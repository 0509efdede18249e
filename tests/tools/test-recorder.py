# SPDX-License-Identifier: LGPL-2.1-or-later
"""FSMM_DEBUG=record=FILE: what a program does is in the file, whatever ends the program.

usage: test-recorder.py VICTIM
"""

import csv
import io
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

import tap

VICTIM = os.path.abspath(sys.argv[1])
FOLDER = tempfile.TemporaryDirectory(prefix="fsmm-recorder-")
COLUMNS = ["seconds", "event", "id", "name", "kind", "item-type", "alloc-size", "n-allocated",
           "peak-allocated", "max-blocks", "n-waiting", "reserved-bytes", "resident-bytes", "n-taken"]
HEAD = (r"# record of fsmm-glib \d+\.\d+\.\d+, started \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z, "
        r"process (\d+), program record-victim\n")


def new_folder():
    return pathlib.Path(tempfile.mkdtemp(dir=FOLDER.name))


def start(folder, *act, file="record.csv", **options):
    environment = {**os.environ, "FSMM_DEBUG": f"record={file}", "LC_ALL": "C.UTF-8"}
    return subprocess.Popen([VICTIM, *act], env=environment, cwd=folder, stderr=subprocess.PIPE,
                            **options)


def run(folder, *act, **options):
    """Returns what the program said, which ended well."""
    process = start(folder, *act, **options)
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 0, (process.returncode, said)
    return said


def read(path):
    """The rows of a record, as dictionaries, and the number of the process."""
    text = path.read_bytes().decode("utf-8")
    head = re.match(HEAD, text)
    assert head, text[:200]
    assert path.stat().st_mode & 0o777 == 0o600
    lines = csv.reader(io.StringIO(text[head.end():], newline=""), strict=True)
    columns, *rows = lines
    assert columns == COLUMNS, columns
    assert all(len(row) == len(COLUMNS) for row in rows), rows
    return [dict(zip(COLUMNS, row)) for row in rows], int(head[2])


def record(*act, **options):
    folder = new_folder()
    said = run(folder, *act, **options)
    assert said == "", said
    return read(folder / "record.csv")[0]


def of(rows, key, value):
    return [row for row in rows if row[key] == value]


def without_repetitions(values):
    return [value for i, value in enumerate(values) if i == 0 or value != values[i - 1]]


def test_course():
    """figures are those of the program, and a pool that goes has an end"""
    rows = record("course")
    steps = of(rows, "name", "steps")
    assert without_repetitions([row["n-allocated"] for row in steps[:-1]]) == ["100", "900", "50"], steps
    assert [row["event"] for row in steps] == ["figures"] * (len(steps) - 1) + ["end"], steps
    last = steps[-1]
    assert (last["kind"], last["item-type"], last["alloc-size"]) == ("raw", "", "1024"), last
    assert (last["peak-allocated"], last["max-blocks"], last["n-taken"]) == ("900", "1000", "900"), last
    most = max(int(row["resident-bytes"]) for row in steps)
    assert 900 * 1024 <= most <= max(int(row["reserved-bytes"]) for row in steps), steps
    date, = {(row["kind"], row["item-type"], row["n-allocated"]) for row in of(rows, "name", "GDate")}
    assert date == ("typed", "GDate", "0"), date
    lent, = {(row["kind"], row["item-type"], row["n-allocated"]) for row in of(rows, "name", "lent")}
    assert lent == ("objects", "GObject", "1"), lent


def test_times():
    """times rise, and a pool has a row only if it has changed, and at the end"""
    rows = record("course")
    times = [float(row["seconds"]) for row in rows]
    assert times == sorted(times) and 0.9 < times[-1] < 30, times
    assert all(re.fullmatch(r"\d+\.\d{3}", row["seconds"]) for row in rows), rows
    of_dates = of(rows, "name", "GDate")
    figures = [[row[column] for column in COLUMNS[1:]] for row in of_dates]
    assert len(without_repetitions(figures)) == len(figures), of_dates


def test_last_figures():
    """what a program does before it ends is recorded, however short it runs"""
    rows = record("end-at-once")
    assert [(row["name"], row["n-allocated"]) for row in rows] == [("last", "7")], rows


def test_names():
    """names are read again as they were given, in UTF-8"""
    names = ['say "hello"', "a,b", "two\nlines\r\n", "<b>&amp;</b>", "", "Ünïcode ☃", "# no comment",
             "`id` $(id) \\n", "x" * 5000]
    rows = record("names", *names)
    assert [row["name"] for row in rows] == names + [""], rows
    rows = record("names", b"\xff\xfe")
    assert [row["name"] for row in rows] == ["\ufffd\ufffd", ""], rows


def test_fork():
    """a child that makes a pool has a record beside that of its parent"""
    folder = new_folder()
    assert run(folder, "fork") == ""
    rows, parent = read(folder / "record.csv")
    assert {row["name"] for row in rows} == {"parent"} and rows[-1]["n-allocated"] == "30", rows
    path, = folder.glob("record.csv.*")
    rows, child = read(path)
    # The child has its parent's pool as well.
    assert rows[-1]["name"] == "child" and rows[-1]["n-allocated"] == "20", rows
    assert path.name == f"record.csv.{child}" and child != parent, path


def test_child_alone():
    """a child whose parent has ended leaves its parent's record, and does not keep others from it"""
    folder = new_folder()
    assert run(folder, "leave-child") == ""
    assert {row["name"] for row in read(folder / "record.csv")[0]} == {"parent"}
    path, = folder.glob("record.csv.*")
    assert "last" in {row["name"] for row in read(path)[0]}

    with start(folder, "leave-child", file="again.csv") as parent:
        parent.wait()
        assert run(folder, "end-at-once", file="again.csv") == ""
        assert {row["name"] for row in read(folder / "again.csv")[0]} == {"last"}


def test_number():
    """%p is the number of the process, that of a child too"""
    folder = new_folder()
    assert run(folder, "fork", file="r-%p.csv") == ""
    paths = sorted(folder.iterdir())
    assert sorted(path.name for path in paths) == sorted(f"r-{read(path)[1]}.csv" for path in paths)
    assert len(paths) == 2, paths


def test_fork_at_work():
    """forks among threads at work leave whole records, and nobody waits for ever"""
    folder = new_folder()
    assert run(folder, "fork-at-work") == ""
    paths = list(folder.iterdir())
    assert len(paths) == 41, paths
    for path in paths:
        read(path)


def test_another_program():
    """a program that is started by another does not write into its record"""
    folder = new_folder()
    assert run(folder, "start-another") == ""
    assert {row["name"] for row in read(folder / "record.csv")[0]} == {"outer"}
    path, = folder.glob("record.csv.*")
    assert {row["name"] for row in read(path)[0]} == {"last"}


def test_killed():
    """a program that is killed leaves all that was recorded"""
    folder = new_folder()
    process = start(folder, "work", "60000")
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    rows, number = read(folder / "record.csv")
    assert number == process.pid and len(rows) >= 4, rows


def test_stopped():
    """after a time in which the program stood still, there is one look, and not one for each missed"""
    folder = new_folder()
    process = start(folder, "work", "2500")
    time.sleep(0.5)
    process.send_signal(signal.SIGSTOP)
    time.sleep(1.5)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=60)
    times = sorted({float(row["seconds"]) for row in read(folder / "record.csv")[0]})
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    longest = gaps.index(max(gaps))
    assert gaps[longest] > 1, gaps
    # The next one may be early: its time is counted from when the last one was due.
    assert sum(gap < 0.05 for gap in gaps[longest + 1:longest + 8]) <= 1, gaps


def test_full():
    """a file that may not grow any more ends with a whole row, which is said once"""
    folder = new_folder()

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))

    said = run(folder, "work", "1500", preexec_fn=limit)
    assert said.count("pools are no longer recorded: ") == 1 and "record.csv: " in said, said
    assert len(said.splitlines()) <= 2, said
    path = folder / "record.csv"
    assert read(path)[0] and 700 < path.stat().st_size <= 1000, path.stat()


def test_closed_files():
    """a program that closes all files is told so, once, and not kept busy"""
    folder = new_folder()
    said = run(folder, "close-files")
    assert said.count("WARNING") == 1 and "the program has closed it" in said, said
    assert read(folder / "record.csv")[0][-1]["n-allocated"] == "1"


def test_refused():
    """what cannot be written to is said once, with the reason, and the program goes on"""
    folder = new_folder()
    (folder / "link").symlink_to(folder / "other")
    for file, words in (("/dev/full", "it is no regular file"), ("link", "it is a symbolic link"),
                        ("nowhere/record.csv", "No such file or directory"),
                        ("/dev/stderr", "it is a symbolic link")):
        said = run(folder, "end-at-once", file=file)
        assert 'FSMM_DEBUG has "record", but pools are not recorded: ' in said, said
        assert words in said and said.count("WARNING") == 1, said
    assert [path.name for path in folder.iterdir()] == ["link"]


tap.run([test_course, test_times, test_last_figures, test_names, test_fork, test_child_alone,
         test_number, test_fork_at_work, test_another_program, test_killed, test_stopped, test_full,
         test_closed_files, test_refused])
