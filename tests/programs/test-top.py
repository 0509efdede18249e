# SPDX-License-Identifier: LGPL-2.1-or-later
"""What fsmm-top prints where there is no terminal.

usage: test-top.py FSMM-TOP PROGRAM VERSION MANUAL-PAGE
"""

import itertools
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import tap

import showing

TOP, PROGRAM, VERSION, MANUAL = sys.argv[1:]
COLUMNS = ["KIND", "TYPE", "SIZE", "LIVE", "PEAK", "LIMIT", "WAIT", "RATE/s", "LIVE-BYTES",
           "RESERVED", "RESIDENT", "STATE", "NAME"]
BLANK = re.compile(r"  +")
# How names are shown that the program escapes in another way when it prints them.
SHOWN_AS = {
    "": "(unnamed)",
    r"gr\303\266\303\237e \346\274\242\345\255\227": "größe 漢字",
    r"evil\033[2J\r\n\302\2330m\007": r"evil\x1b[2J\x0d\x0a\u009b0m\x07",
}


def top(*args, status=0, text=True, **options):
    result = subprocess.run([TOP, *args], capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
                            env=os.environ | {"LC_ALL": "C.UTF-8"}, **options)
    assert result.returncode == status, (args, result)
    return result.stdout.decode() if text else result


def complaint(*args, status=1):
    result = top(*args, status=status, text=False)
    return result.stderr.decode()


def parse(report):
    """The head of a report, and its rows by column."""
    head, titles, *rows = report.rstrip("\n").split("\n")
    assert BLANK.split(titles.strip()) == COLUMNS, titles
    parsed = [dict(zip(COLUMNS, BLANK.split(row, len(COLUMNS) - 1), strict=True)) for row in rows]
    return head, parsed


def by_name(rows):
    return {row["NAME"]: row for row in rows}


def names(rows):
    return [row["NAME"] for row in rows]


def answering(*answers):
    """Figures, one set after the other, of which the last is given again and again."""
    series = itertools.chain(answers, itertools.repeat(answers[-1]))
    return lambda kind, identity: showing.in_frame(next(series))


def test_none():
    """where no program shows its pools, it says how to start one"""
    with showing.runtime_folder() as folder:
        said = complaint()
        for expected in (str(folder), "FSMM_DEBUG=monitor", "fsmm_monitor_export ()"):
            assert expected in said, said


def test_same_figures():
    """figures are those that the program has itself"""
    with showing.runtime_folder() as folder, showing.Program(folder, [PROGRAM, "300"]) as program:
        own = [pool for pool in program.figures() if pool[0] != "busy"]
        head, rows = parse(top("--interval=0.2"))
        shown = by_name(rows)
        assert f"(PID {program.pid}), fsmm-glib {VERSION}, {len(own) + 1} pools" in head, head
        assert len(rows) == len(own) + 1
        for name, size, live, peak, limit, waiting, reserved in own:
            name = SHOWN_AS.get(name, name)
            row = shown[name]
            assert (row["LIVE"], row["PEAK"], row["WAIT"]) == (live, peak, waiting), (row, name)
            assert row["LIMIT"] == (limit if limit != "0" else "-"), row
            is_memory = name != "sessions"
            assert row["SIZE"] == (size if is_memory else "-"), row
            assert row["RESERVED"] == (reserved if is_memory else "-"), row
            assert row["LIVE-BYTES"] == (str(int(size) * int(live)) if is_memory else "-"), row
        assert shown["waited for"]["STATE"] == "waits" and shown["full"]["STATE"] == "full"
        assert shown["limited"]["STATE"] == "-"
        assert (shown["GDate"]["KIND"], shown["GDate"]["TYPE"]) == ("typed", "GDate")
        assert (shown["sessions"]["KIND"], shown["sessions"]["TYPE"]) == ("objects", "GObject")
        assert float(shown["busy"]["RATE/s"]) > 1000 and shown["full"]["RATE/s"] == "0.0"


def test_sums():
    """the first line has the sums of what pools have"""
    pools = [showing.pool(2, name="a", alloc_size=10, n_allocated=3, reserved_bytes=100,
                          resident_bytes=50),
             showing.pool(4, name="b", alloc_size=7, n_allocated=2, reserved_bytes=1000,
                          resident_bytes=500)]
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", answering(showing.figures(1, pools))):
        head, _ = parse(top("--interval=0.1"))
        assert head == ("fake (PID 7), fsmm-glib 1.2.0, 2 pools: 44 bytes live, 1100 reserved, "
                        "550 resident"), head


def test_rates():
    """a rate is what was taken, by the time of the program"""
    first = showing.figures(10, [showing.pool(2, name="a", n_taken=1000),
                                 showing.pool(4, name="b", n_taken=64)])
    second = showing.figures(12.5, [showing.pool(2, name="a", n_taken=2000),
                                    showing.pool(4, name="b", n_taken=63),
                                    showing.pool(6, name="new", n_taken=50)])
    third = showing.figures(12.5, [showing.pool(2, name="a", n_taken=3000)])
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", answering(first, second, third)):
        reports = top("--count=2", "--interval=0.1").split("\n\n")
        assert len(reports) == 2
        rates = {row["NAME"]: row["RATE/s"] for row in parse(reports[0])[1]}
        assert rates == {"a": "400.0", "b": "0.0", "new": "20.0"}, rates
        # Where no time has passed, nothing is known.
        assert parse(reports[1])[1][0]["RATE/s"] == "-"


def test_sorting():
    """each column can be sorted by, either way"""
    def fill(first, second, third):
        return [showing.pool(2 * i + 2, name=f"{'bca'[i]}", kind=("raw", "typed", "objects")[n],
                             item_type="XYZ"[n], alloc_size=16 * n + 8, n_allocated=n + 1,
                             peak_allocated=n + 1, max_blocks=9 * n, n_waiting=n,
                             reserved_bytes=n, resident_bytes=n, n_taken=n * 100)
                for i, n in enumerate((first, second, third))]
    before = showing.figures(1, fill(0, 0, 0))
    # b has 1, c has 0, a has 2.
    after = showing.figures(2, fill(1, 0, 2))
    # Of kinds, objects come first; of states, none does, and those that are equal keep their order.
    expected = {"kind": "acb", "type": "cba", "state": "cba"}
    with showing.runtime_folder() as folder:
        for column in ("name", "kind", "type", "size", "live", "peak", "limit", "wait", "state",
                       "rate", "live-bytes", "reserved", "resident"):
            for reverse in ([], ["--reverse"]):
                order = expected.get(column, "abc")
                if reverse:
                    order = {"state": "bac"}.get(column, order[::-1])
                with showing.FakeProgram(folder, "7", answering(before, after)):
                    _, rows = parse(top("--interval=0.1", f"--sort={column}", *reverse))
                assert "".join(names(rows)) == order, (column, reverse, names(rows), order)


def test_counts():
    """as many reports are printed as are asked for"""
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", answering(showing.figures(1, []))):
        for args, n_reports in (([], 1), (["--once"], 1), (["-n", "3"], 3)):
            reports = top("--interval=0.1", *args).split("\n\n")
            assert len(reports) == n_reports, (args, reports)


def test_interval():
    """the interval lies between two looks"""
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", answering(showing.figures(1, []))):
        before = time.monotonic()
        top("--interval=0.7", "--count=2")
        assert time.monotonic() - before >= 1.4


def test_several():
    """of several programs, one has to be named"""
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", answering(showing.figures(1, [], "one"))), \
            showing.FakeProgram(folder, "12", answering(showing.figures(1, [], "two"))), \
            showing.FakeProgram(folder, "12-2", answering(showing.figures(1, [], "two"))):
        result = top(status=2, text=False)
        listed = result.stdout.decode()
        assert "by its PID" in result.stderr.decode()
        assert [line.split()[:3] for line in listed.splitlines()] == [
            ["PID", "POOLS", "PROGRAM"], ["7", "0", "one"], ["12", "0", "two"],
            ["12-2", "0", "two"]], listed
        assert top("--list") == listed
        assert "one (PID 7)" in top("7", "--interval=0.1")
        assert "one (PID 7)" in top("one", "--interval=0.1")
        assert "two (PID 12-2)" in top("12-2", "--interval=0.1")
        assert len(top("12", status=2).splitlines()) == 3
        assert 'no program "three"' in complaint("three")


def test_script():
    """a script is found by its own name, and by that of what runs it"""
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, str(os.getpid()), answering(showing.figures(1, [], "one"))), \
            showing.FakeProgram(folder, "999999999", answering(showing.figures(1, [], "two"))):
        words = pathlib.Path("/proc/self/cmdline").read_text(encoding="utf-8").split("\0")
        for wanted in (os.path.basename(__file__), os.path.basename(words[0])):
            assert f"one (PID {os.getpid()})" in top(wanted, "--interval=0.1"), wanted
        # That is an argument.
        assert "no program" in complaint(os.path.basename(PROGRAM))


def test_command():
    """a list has the command of each process"""
    with showing.runtime_folder() as folder, showing.Program(folder, [PROGRAM, "3"]) as program:
        line = top("--list").splitlines()[1]
        assert line.split() == [program.pid, "13", "pools-to-see", PROGRAM, "3"], line


def test_abandoned():
    """what a dead program has left behind is not spoken of"""
    with showing.runtime_folder() as folder:
        showing.abandon(folder, "99")
        (folder / "notes").write_text("")
        assert "no program shows" in complaint()
        with showing.FakeProgram(folder, "7", answering(showing.figures(1, []))):
            assert "fake (PID 7)" in top("--interval=0.1")
            assert "99" not in top("--list")
        # Another program may be about to listen there.
        assert (folder / "99").exists()


def test_end():
    """it says when the program has ended"""
    with showing.runtime_folder() as folder:
        for n_reports, status in (("5", 1), ("0", 0)):
            answers = iter([showing.in_frame(showing.figures(i, [])) for i in range(3)])

            def answer(kind, identity):
                found = next(answers, b"")
                if not found:
                    fake.end()
                return found

            with showing.FakeProgram(folder, "7", answer) as fake:
                result = top("-n", n_reports, "--interval=0.1", status=status, text=False)
                assert b"PID 7 has ended" in result.stderr, result
                assert len(result.stdout.decode().split("\n\n")) == 2


def test_real_end():
    """it says when a real program has ended"""
    with showing.runtime_folder() as folder, showing.Program(folder, [PROGRAM]) as program:
        with subprocess.Popen([TOP, "--count=0", "--interval=0.1"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.readline()
            program.finish()
            _, said = process.communicate(timeout=60)
        assert f"PID {program.pid} has ended" in said.decode() and process.returncode == 0, said


def test_silence():
    """a program that does not answer is not waited for long"""
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", lambda kind, identity: None):
        before = time.monotonic()
        assert "PID 7 does not answer" in complaint()
        assert time.monotonic() - before < 15
        with showing.FakeProgram(folder, "8", answering(showing.figures(1, []))):
            listed = top("--list")
            assert [line.split()[:3] for line in listed.splitlines()[1:]] == [
                ["7", "?", "?"], ["8", "0", "fake"]], listed
            assert "fake (PID 8)" in top("8", "--interval=0.1")


def test_dripping():
    """nor is one whose answer never ends"""
    def answer(kind, identity):
        connection = fake.connections[-1]
        connection.sendall(showing.ANSWER.pack(showing.MAGIC, 1000))
        for _ in range(1000):
            connection.sendall(b"x")
            time.sleep(0.1)

    with showing.runtime_folder() as folder, showing.FakeProgram(folder, "7", answer) as fake:
        before = time.monotonic()
        assert "PID 7 does not answer" in complaint()
        assert time.monotonic() - before < 15


def test_rubbish():
    """what is no answer is refused"""
    good = showing.figures(1, [showing.pool(2, name="a")])
    pools = showing.GLib.Variant.new_from_bytes(
        showing.GLib.VariantType("aa{sv}"), showing.GLib.Bytes(bytes(4 * 1000001)), True)
    too_many = showing.GLib.Variant("a{sv}", {"pools": pools}).get_data_as_bytes().get_data()
    cases = {
        "other version": (showing.in_frame(good, magic=0x46534D02), "language of this version"),
        "too much": (showing.in_frame(good, n_bytes=65 * 1024 * 1024), "language of this version"),
        "no answer": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "language of this version"),
        "noise": (showing.in_frame(bytes(range(256)) * 64), "what is no answer"),
        "cut": (showing.in_frame(good[:-1]), "what is no answer"),
        "nothing": (showing.in_frame(b""), "which pools"),
        "too many": (showing.in_frame(too_many), "1000001 pools"),
        "hanging up": (b"", "closes the connection"),
    }
    with showing.runtime_folder() as folder:
        for name, (answer, expected) in cases.items():
            with showing.FakeProgram(folder, "7", lambda kind, identity, sent=answer: sent):
                said = complaint()
                assert expected in said, (name, said)


def test_mutations():
    """an answer with a byte that is wrong is shown or refused"""
    good = showing.figures(1, [showing.pool(2, name="a", item_type="T"), showing.pool(4, name="b")])
    mutated = iter(good[:i] + bytes([good[i] ^ 0x55]) + good[i + 1:] for i in range(0, len(good), 17))
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", lambda *_: showing.in_frame(next(mutated, good))):
        for _ in range(0, len(good) // 17, 2):
            result = subprocess.run([TOP, "--interval=0.1"], capture_output=True, timeout=60,
                                    stdin=subprocess.DEVNULL)
            assert result.returncode in (0, 1), result


def test_strange_figures():
    """figures of other types count as none, and what is too much for a sum as unknown"""
    strange = showing.pool(2, name="a") | {
        "n-allocated": showing.GLib.Variant("s", "many"), "kind": showing.GLib.Variant("t", 1),
        "max-blocks": showing.GLib.Variant("x", -1)}
    huge = showing.pool(4, name="b", n_allocated=2**63, alloc_size=2**63, reserved_bytes=2**64 - 2)
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", answering(showing.figures(1, [strange, huge, {}]))):
        _, rows = parse(top("--interval=0.1", "--sort=name"))
        assert names(rows) == ["(unnamed)", "a", "b"]
        assert (rows[1]["LIVE"], rows[1]["KIND"], rows[1]["LIMIT"]) == ("0", "-", "-"), rows[1]
        assert (rows[2]["LIVE"], rows[2]["LIVE-BYTES"]) == (str(2**63), "-"), rows[2]


def test_hostile_names():
    """no name can do anything to a terminal, or look like another row"""
    name = "a\x1b]0;title\x07\nraw  -  1\r\x9b2J\u202eb"
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", answering(showing.figures(
                1, [showing.pool(2, name=name, item_type=name)], program=name))):
        for args in (["--interval=0.1"], ["--list"]):
            printed = top(*args)
            assert len(printed.splitlines()) == (2 if "--list" in args else 3)
            assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]", printed), printed


def test_reader_that_leaves():
    """it ends quietly when nobody reads it"""
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", answering(showing.figures(1, []))):
        with subprocess.Popen([TOP, "--count=0", "--interval=0.1"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.close()
            assert process.wait(60) == -signal.SIGPIPE
            assert process.stderr.read() == b""


def test_full_device():
    """it says if it cannot write"""
    if not pathlib.Path("/dev/full").exists():
        return
    with showing.runtime_folder() as folder, open("/dev/full", "wb") as full, \
            showing.FakeProgram(folder, "7", answering(showing.figures(1, []))):
        result = subprocess.run([TOP, "--interval=0.1"], stdin=subprocess.DEVNULL, stdout=full,
                                stderr=subprocess.PIPE, timeout=60)
        assert result.returncode == 1 and b"cannot write" in result.stderr, result


def test_options():
    """a wrong option is refused with what would be right"""
    for args, expected in ((["--sort=colour"], "live-bytes"), (["--interval=0"], "0.1 to 3600"),
                           (["--interval=nan"], "0.1 to 3600"), (["--count=-2"], "--count is -2"),
                           (["--once", "--count=2"], "--once is --count=1"), (["a", "b"], '"b" is one'),
                           (["--what"], "--help")):
        said = complaint(*args, status=2)
        assert expected in said, (args, said)
    assert top("--version") == f"fsmm-top {VERSION}\n"
    assert "FSMM_DEBUG=monitor" in top("--help")


def test_manual():
    """the manual page has all options and columns, and no others"""
    manual = pathlib.Path(MANUAL).read_text(encoding="utf-8")
    printed = top("--help")
    assert (re.findall(r"^\.It Fl \w , Fl -(\S+)", manual, re.M) ==
            [*re.findall(r"^  -\w, --(\w+)", printed, re.M)[1:], "help"])
    listed = re.search(r"COLUMN is one of: (.*)\.$", printed, re.M)[1].split(", ")
    assert re.findall(r"^\.It Cm (\S+)$", manual, re.M) == listed


tap.run([test_none, test_same_figures, test_sums, test_rates, test_sorting, test_counts,
         test_interval, test_several, test_script, test_command, test_abandoned, test_end, test_real_end,
         test_silence, test_dripping, test_rubbish, test_mutations, test_strange_figures,
         test_hostile_names, test_reader_that_leaves, test_full_device, test_options, test_manual])
