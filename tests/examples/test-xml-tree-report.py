#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The xml-tree example prints its report: to a file, and to terminals of all sorts.

usage: test-xml-tree-report.py XML-TREE SOURCE
"""

import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET

import tap

if len(sys.argv) != 3:
    sys.exit(__doc__)

# Takes the arguments.
from xml_tree import (  # noqa: E402
    PROGRAM, SOURCE, count, equal, find_gir, find_map, find_times, folder, run, write)

sys.path.insert(0, str(SOURCE / "build-aux" / "picture"))

import screen  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
SHADES = "·░▒▓█"
ASCII_SHADES = ".-+*#"
BOLD, DIM, RED, GREEN, YELLOW, CYAN = 1, 2, 31, 32, 33, 36

tests = []


def test(function):
    tests.append(function)
    return function


# --- The report ---


@test
def the_default_run():
    """the report on the GIR file has all its parts, in 80 columns"""
    path = find_gir() or write("gir.xml", "<r>" + "<e a='1'>text</e>" * 10000 + "</r>")
    counts = count(path)
    result = run(path)
    equal((result.returncode, result.stderr), (0, ""), "result")
    assert "\033" not in result.stdout
    # The name of the file cannot be made shorter.
    assert max(len(line) for line in result.stdout.splitlines() if str(path) not in line) <= 80

    for heading in ("Document", "(Most frequent e|E)lements", "Pools", "Times in milliseconds"):
        assert re.search(rf"^{heading}$", result.stdout, re.M), heading
    for key in ("elements", "attributes", "texts"):
        assert re.search(rf"^  {key} +{counts[key]}\b", result.stdout, re.M), f"summary of {key}"
        assert re.search(rf"^  {key} +\d+ B( +{counts[key]}){{2}} ", result.stdout, re.M), key
    find_times(result.stdout)
    assert "Live blocks after every drop: 0\n" in result.stdout


@test
def a_document_too_large_to_measure():
    """where reading takes long, it is done once"""
    path = folder / "large.xml"
    with open(path, "wb") as file:
        file.write(b"<a/>")
        for _ in range(257):
            file.write(b"\n" * (1 << 20))
    result = run(path)
    path.unlink()
    equal((result.returncode, result.stderr), (0, ""), "result")
    assert "not measured: the document is too large" in result.stdout
    assert "live elements 1, then 1" in result.stdout


@test
def the_ten_most_frequent_names():
    """the most frequent names are listed, ties by name"""
    words = [f"name-{i:02}" for i in range(12)]
    expected = [("name-11", 3), ("name-03", 2)] + [(words[i], 1) for i in (0, 1, 2, 4, 5, 6, 7, 8)]
    words += ["name-11"] * 2 + ["name-03"]
    path = write("names.xml", "<r>" + "".join(f"<{word}/>" for word in words) + "</r>")
    table = run(path).stdout.split("Most frequent elements\n")[1].split("\n\n")[0]
    rows = [row.split() for row in table.splitlines()]
    found = [(row[0], int(row[1])) for row in rows] + [(row[2], int(row[3])) for row in rows]
    equal(found, expected, "names")


@test
def an_odd_number_of_names():
    """a last row of names need not be full"""
    table = run(write("odd.xml", "<r><a/><b/></r>")).stdout.split("Elements\n")[1].split("\n\n")[0]
    equal([row.split() for row in table.splitlines()], [["a", "1", "r", "1"], ["b", "1"]], "rows")


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@test
def wide_names():
    """names of wide characters take two columns for each, and long ones are cut"""
    result = run(write("wide.xml", f"<日本><{'é' * 30}/><{'語' * 30}/><b/></日本>"))
    rows = result.stdout.split("Elements\n")[1].split("\n\n")[0].splitlines()
    equal([width(row) for row in rows], [60, 60], "widths")
    names = [f"  {'é' * 19}…  ", f"  {'語' * 9}…   ", "  日本     "]
    equal([name for name in names if name not in "".join(rows)], [], "names that are not there")


# --- The map ---


@test
def map_of_a_tree():
    """the map shows what is live: all, what is left without a part, and nothing"""
    n = 2300
    rows = "".join(f"<row n='{i}'><cell>{i}</cell><cell/></row>" for i in range(n))
    report = run(write("map.xml", f"<table>{rows}</table>")).stdout
    found = find_map(report)
    assert "each “cell”" in " ".join(report.split()), report
    lives = {kind: [moment[0] for moment in found[kind].values()] for kind in found}
    equal(lives, {"elements": [3 * n + 1, n + 1, 0], "attributes": [n, n, 0], "texts": [n, 0, 0]},
          "live blocks")

    for moments in found.values():
        equal(list(moments), ["built", "part dropped", "free_all ()"], "moments")
        equal(moments["free_all ()"], (0, 0, ""), "in the end")
        groups = moments["built"][2].split()
        equal(len(groups), moments["built"][1], "groups")
        assert len(groups) == 1 or "█" * len(groups[0]) in groups, groups
    # A third of the elements are left, and lie between those that are gone.
    assert set(found["elements"]["part dropped"][2]) <= set("░▒· "), found["elements"]
    assert set(found["texts"]["part dropped"][2]) <= set("· "), found["texts"]
    equal(found["attributes"]["built"], found["attributes"]["part dropped"], "attributes")


@test
def map_of_one_name():
    """where all elements are called as the root, no part is dropped"""
    report = run(write("one.xml", "<a><a>b</a></a>")).stdout
    equal(list(find_map(report)["elements"]), ["built", "free_all ()"], "moments")
    equal(find_map(report)["elements"]["built"][:2], (2, 1), "built")
    assert "part that is dropped" not in " ".join(report.split()), report


@test
def map_of_many_chunks():
    """more chunks than there are columns share characters"""
    # An element takes half as much where addresses do.
    n = 240000 if sys.maxsize > 2**32 else 450000
    report = run(write("chunks.xml", "<r>" + "<e/>" * n + "</r>")).stdout
    live, chunks, drawing = find_map(report)["elements"]["built"]
    equal(live, n + 1, "live")
    assert chunks > 46 >= len(drawing), (chunks, drawing)
    assert drawing.count("█") >= len(drawing) - 2, drawing
    assert "of a chunk, or of several" in " ".join(report.split()), report


# --- Terminals ---

GARDEN = "<garden>" + "<bed n='1'>rose</bed>" * 2000 + "</garden>"


def on_terminal(columns=80, arguments=(), **environment):
    """Returns what is on the screen in the end, and what was sent to it."""
    path = write("garden.xml", GARDEN)
    environment = {"LC_ALL": "C.UTF-8", "TERM": "xterm", "NO_COLOR": ""} | environment
    sent, status = screen.record([PROGRAM, *arguments, path], columns, environment)
    equal(status, 0, "exit status")
    terminal = screen.Screen(columns)
    terminal.write(sent)
    return terminal, sent


@test
def colour():
    """on a terminal, each kind of thing has its colour"""
    terminal, _ = on_terminal()
    equal(terminal.styled(BOLD),
          ["Document", "Elements", "Pools", "Times in milliseconds",
           "Freeing what must not be freed, with the tree in use", "Where the blocks are"], "bold")
    equal(terminal.styled(RED),
          ["FSMM_ERROR_DOUBLE_FREE"] + ["FSMM_ERROR_INVALID_POINTER"] * 2, "red")
    assert all(float(ratio) < 1 for ratio in terminal.styled(GREEN)), terminal.styled(GREEN)
    assert all(float(ratio) > 1 for ratio in terminal.styled(YELLOW)), terminal.styled(YELLOW)
    assert terminal.styled(GREEN) + terminal.styled(YELLOW), "no ratio has a colour"
    equal(len(terminal.styled(CYAN)), 6, "rows of the map")
    assert all(set(row) <= set(SHADES + " ") for row in terminal.styled(CYAN))
    assert any(row.startswith("Measured ") for row in terminal.styled(DIM))


@test
def no_colour():
    """only a terminal gets colour, and only if nothing forbids it"""
    for environment in ({"NO_COLOR": "1"}, {"NO_COLOR": "0"}, {"TERM": "dumb"}):
        assert "\033" not in on_terminal(**environment)[1], environment
    environment = {"TERM": "xterm", "NO_COLOR": ""}
    assert "\033" not in run(folder / "garden.xml", environment=environment).stdout


def plain(text):
    """Without what differs from run to run."""
    text = " ".join(re.sub(r"0x[0-9a-f]+|\b\d+\.\d\d+\b|[—·░▒▓█]", "", text).split())
    return re.sub(r"Measured [^.]*\.", "", text)


@test
def the_same_everywhere():
    """a terminal, one without colour, and a file get the same text"""
    piped = run(write("garden.xml", GARDEN)).stdout
    for environment in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
        terminal, _ = on_terminal(**environment)
        equal(plain("\n".join(terminal.lines())), plain(piped), environment)


def find_updates(sent):
    return re.sub(r"\033\[\d*m", "", sent.split("Document")[0]).split("\r")


@test
def progress():
    """a terminal gets a line that is written over and vanishes, and nothing else gets one"""
    for environment in ({}, {"NO_COLOR": "1"}):
        terminal, sent = on_terminal(**environment)
        updates = find_updates(sent)
        assert re.fullmatch(r"[░█]{20} +\d+ %  reading garden.xml *", updates[1]), updates[1]
        assert any("measuring, round 1 of at most 6" in update for update in updates), updates
        equal({len(update) for update in updates[1:-1]}, {79}, "lengths of updates")
        assert "\n" not in "".join(updates), "more than one line"
        equal(terminal.lines()[0], "Document", "the first line in the end")

    for text in (on_terminal(TERM="dumb")[1], run(folder / "garden.xml").stdout):
        assert "measuring" not in text and not text.startswith("\r"), text
    equal(on_terminal(arguments=["--counts"])[0].lines()[0], "elements 2001", "--counts")


@test
def progress_vanishes_before_an_error():
    """an error is on a line of its own"""
    path = write("wrong.xml", "<a>" + "<b/>" * 100000 + "</c>")
    environment = {"LC_ALL": "C.UTF-8", "TERM": "xterm", "NO_COLOR": ""}
    sent, status = screen.record([PROGRAM, path], 400, environment, stderr=subprocess.STDOUT)
    terminal = screen.Screen(400)
    terminal.write(sent)
    equal(status, 1, "exit status")
    assert "reading wrong.xml" in sent, sent
    assert terminal.lines()[0].startswith(f"xml-tree: {path}:1:"), terminal.lines()


@test
def narrow_terminals():
    """from 60 columns on the report fits, and the line of progress always does"""
    for columns in (60, 61, 80, 200):
        terminal, sent = on_terminal(columns)
        equal(len(terminal.rows), sent.count("\n") + 1, f"rows on {columns} columns")
        assert max(map(len, terminal.lines())) <= 80, f"on {columns} columns"
        drawing = find_map("\n".join(terminal.lines()))["elements"]["built"][2]
        assert drawing.strip(SHADES + " ") == "" and drawing, drawing
    for columns in (10, 20, 40):
        lengths = {len(update) for update in find_updates(on_terminal(columns)[1])[1:-1]}
        equal(lengths, {columns - 1}, f"lengths of updates on {columns} columns")


@test
def a_plain_locale():
    """where the locale knows only ASCII, so does the output"""
    result = run(write("plain.xml", "<a><é/></a>"), environment={"LC_ALL": "C"})
    assert (result.stdout + result.stderr).isascii(), result.stdout
    assert 'pool "elements"' in result.stdout, result.stdout
    drawing = find_map(result.stdout)["elements"]["built"][2]
    assert set(drawing) <= set(ASCII_SHADES) and set(drawing) != {"."}, drawing
    assert run(write("plain.xml", "<a>"), environment={"LC_ALL": "C"}).stderr.isascii()
    _, sent = on_terminal(40, LC_ALL="C")
    assert sent.isascii() and {len(update) for update in find_updates(sent)[1:-1]} == {39}, sent


@test
def the_three_errors():
    """the three mistakes are reported, and harm nothing"""
    result = run(write("errors.xml", "<a><b/><c/></a>"))
    report = " ".join(result.stdout.split("Freeing what must not be freed")[1].split())
    codes = re.findall(r"FSMM_ERROR_\w+", report)
    equal(codes, ["FSMM_ERROR_DOUBLE_FREE"] + ["FSMM_ERROR_INVALID_POINTER"] * 2, "codes")
    equal(report.count('pool "elements" '), 3, "messages that name the pool")
    assert "live elements 3, then 3" in report, report


# --- The picture ---


@test
def the_picture():
    """the picture in the guide has the end of what a terminal is shown, and fits on a screen"""
    picture = ET.parse(SOURCE / "doc" / "demo.svg").getroot()
    assert int(picture.get("width")) <= 480 and int(picture.get("height")) <= 700, picture.attrib
    texts = list(picture.iter(f"{SVG}text"))
    bold = " ".join(text.text for text in texts if text.get("font-weight") == "bold")
    headings = " ".join(on_terminal()[0].styled(BOLD)[-3:])
    equal(bold, headings, "headings (meson compile demo-picture draws it again)")
    words = " ".join(text.text for text in texts)
    for what in ("FSMM_ERROR_DOUBLE_FREE", "part dropped", "free_all ()", "and tidy up"):
        assert what in words, what
    ratios = [text.text for text in texts if re.fullmatch(r"\d\.\d\d", text.text)]
    page = (SOURCE / "doc" / "performance" / "performance.md").read_text(encoding="utf-8")
    assert f"its medians are {ratios[0]}, {ratios[2]} and {ratios[6]} for" in page, ratios
    guide = (SOURCE / "doc" / "examples.md").read_text(encoding="utf-8")
    assert "(demo.svg)" in guide
    for spread in re.findall(r"\d\.\d\d to \d\.\d\d", guide):
        assert f"({spread})" in page, f"{spread} is not on the page on performance"


sys.stdout.reconfigure(encoding="utf-8")
tap.run(tests)
