# SPDX-License-Identifier: LGPL-2.1-or-later
"""GTK's inspector has a page that shows the pools of a program which knows nothing of it.

usage: test-inspector.py MODULE SPY PROGRAM-WITH-POOLS PROGRAM-WITHOUT PROGRAM-WITH-A-COPY
(The last one has pools, and a copy of the library of its own.)

The spy is a second module. It does on the page what a script says, and prints what is to be seen.
"""

import re
import sys

import inspecting
import tap

MODULES = sys.argv[1:3]
SOME_POOLS, NO_POOLS, COPY = sys.argv[3:]


def run(program, script, **variables):
    return inspecting.run(MODULES, program, script, **variables)


def find_rows(seen):
    """The cells of each row, by its name."""
    rows = [line.removeprefix("row: ").split(" | ")[:-1]
            for line in seen.splitlines() if line.startswith("row: ")]
    return {row[0]: row[1:] for row in rows}


def find_order(seen):
    return [name for name in find_rows(seen) if name != "Name"]


def test_rows():
    """there is a page Pools, with a row for each pool and what it has"""
    seen, _ = run([SOME_POOLS], ["show", "wait 1300", "rows"])
    assert "title: Pools" in seen, seen
    rows = find_rows(seen)
    assert rows["Name"] == ["Type", "Live", "Peak", "Limit", "Memory", "History"], seen
    for name, *expected in (("tree nodes", "48 bytes", "2000", "2500", "—", "128.0 KiB"),
                            ("points", "Point", "300", "300", "1000", "64.0 KiB"),
                            ("sessions", "GObject, lent", "3", "4", "8", "—"),
                            ("handles", "72 bytes", "3", "4", "—", "64.0 KiB")):
        assert rows[name][:5] == expected, f"{name}: {rows[name]}"
        live = expected[1]
        assert re.fullmatch(rf"{live} live \d looks? ago, {live} at most, {live} now", rows[name][5]), \
            rows[name]


def test_follows():
    """the page follows what a pool has, in the order that is asked for"""
    first, second = [find_rows(half) for half in run(
        [SOME_POOLS], ["show", "sort Live", "rows", "say then", "wait 9000", "rows"]
    )[0].split("then")]
    assert int(first["requests"][1]) < 2000 < int(second["requests"][1]), (first, second)
    assert list(first).index("requests") > list(first).index("tree nodes"), first
    assert list(second)[1:3] == ["requests", "tree nodes"], second


def test_sorting():
    """Ctrl and a number sort by a column, and again the other way round"""
    seen, _ = run([SOME_POOLS], ["show", *["press <Control>4", "say then", "rows"] * 2,
                                 "press <Control>1", "say then", "rows"])
    orders = [[name for name in find_order(part) if name in ("tree nodes", "points", "sessions")]
              for part in seen.split("then\n")[1:]]
    by_peak = ["tree nodes", "points", "sessions"]
    assert orders == [by_peak, by_peak[::-1], sorted(by_peak)], orders


def test_growing():
    """a pool that grows and never shrinks is said to, and can be seen alone"""
    seen, _ = run([SOME_POOLS], ["show", "wait 14000", "select requests", "texts", "click _Growing",
                                 "say growing", "rows"])
    assert re.search(r"growing: \d+ more in the last \d+ looks, and never fewer", seen), seen
    assert find_order(seen.split("growing\n")[1]) == ["requests"], seen


def test_search():
    """names and types are searched"""
    seen, _ = run([SOME_POOLS], ["show", "search NODE", "wait 500", "rows", "say then",
                                 "search gobject", "wait 500", "rows"])
    assert [find_order(half) for half in seen.split("then")] == [["tree nodes"], ["sessions"]], seen


def test_detail():
    """one pool is described with a map of its chunks, which can be dumped"""
    seen, logged = run([SOME_POOLS], ["show", "select tree nodes", "text", "say then",
                                      "click _Dump"])
    shown = seen.split("then")[0].partition("text: ")[2].strip()
    assert shown.startswith('pool "tree nodes" (alloc-size 48)\n'), seen
    assert len(re.findall(r"^  0x\w+ +\d+/\d+ [#+._]{63}$", shown, re.M)) == 2, seen
    assert shown in logged, (shown, logged)


def test_objects():
    """of a pool of objects, nothing is drawn, and those that are idle can be dropped"""
    seen, _ = run([SOME_POOLS], ["show", "select sessions", "text", "wait 300", "say then",
                                 "click _Trim", "texts"])
    before, after = seen.split("then\n")
    assert "text: This pool lends objects. It has no chunks." in before, seen
    assert "a session ends" not in before and "a session ends" in after, seen
    assert re.search("^Idle objects are dropped$", after, re.M), seen


def test_handles():
    """the memory of handles is the library's own to trim"""
    seen, _ = run([SOME_POOLS], ["show", "select handles", "focus"])
    assert "focus: _Trim" not in seen and "focus: _Dump" in seen, seen


def test_trim():
    """memory is given back, of one pool and of all"""
    for click in (["select tree nodes", "click _Trim"], ["click Trim _All"]):
        seen, _ = run([SOME_POOLS], ["show", *click, "rows", "texts"])
        assert float(find_rows(seen)["tree nodes"][4].split()[0]) < 128, seen
        assert len(click) == 1 or re.search(r"^[\d.]+ KiB given back$", seen, re.M), seen


def test_call_sites():
    """with FSMM_DEBUG=trace, it is shown where live blocks were taken"""
    seen, _ = run([SOME_POOLS], ["show", "select requests", "wait 300", "click Call Sites", "text"],
                  FSMM_DEBUG="trace,no-tools")
    # Whether functions have names, and calls are inlined, is the compiler's to say.
    assert re.search(r"^text: +\d+ blocks? \(\d+ bytes\) taken by:\n    \S", seen, re.M), seen
    seen, _ = run([SOME_POOLS], ["show", "select requests", "texts"])
    assert not re.search(r"^Call Sites$", seen, re.M), seen


def test_pools_go():
    """pools may go at any time, also the one that is shown"""
    seen, _ = run([SOME_POOLS, "--restless"], [
        "show", "search restless", *["wait 300", "click _Dump", "click _Trim"] * 10, "rows"])
    assert find_order(seen) == ["restless"], seen


def test_keyboard():
    """all can be reached with Tab"""
    seen, _ = run([SOME_POOLS], ["show", "select tree nodes", "focus"])
    found = re.findall("focus: (.*)", seen)
    wanted = ["GtkText", "_Growing", "Trim _All", "_Trim", "_Dump", "_Copy", "GtkTextView"]
    assert [name for name in found if name in wanted] == wanted, found
    assert len(found) > len(wanted), f"no row is among {found}"


def test_accessible():
    """what is drawn, and what has no text of its own, is told in words"""
    seen, _ = run([SOME_POOLS], ["show", "wait 1300", "accessible"])
    for name, least in (("FsmmInspectorSparkline", 6), ("GtkSearchEntry", 1), ("GtkColumnView", 1),
                        ("GtkTextView", 2)):
        assert seen.count(f"labelled: {name}\n") >= least, f"{name}: {seen}"


def test_hidden():
    """nobody looks at pools while the page is not seen"""
    seen, _ = run([SOME_POOLS], ["show", "hide", "wait 4000", "show", "rows"])
    looks = int(re.search(r"live (\d+) looks? ago", find_rows(seen)["points"][5])[1])
    assert looks <= 2, seen


def test_no_pools():
    """where there are no pools, or none that can be seen, the page says so"""
    for program in (NO_POOLS, COPY):
        seen, _ = run([program], ["show", "wait 1300", "texts"])
        assert "No pools: this program uses none" in seen and "0 pools" in seen, seen
        assert "History" not in seen, seen


tap.run([test_rows, test_follows, test_sorting, test_growing, test_search, test_detail, test_objects,
         test_handles, test_trim, test_call_sites, test_pools_go, test_keyboard, test_accessible, test_hidden,
         test_no_pools])
