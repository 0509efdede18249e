#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The xml-tree example counts what Python's own XML parser counts, refuses what is no XML, and
prints its report.

usage: test-xml-tree.py XML-TREE SOURCE
"""

import functools
import os
import pathlib
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
import xml.parsers.expat

import tap

if len(sys.argv) != 3:
    sys.exit(__doc__)

# Takes the arguments.
from xml_tree import (  # noqa: E402
    PROGRAM, SOURCE, equal, find_map, find_times, folder, run, write)

sys.path.insert(0, str(SOURCE / "build-aux" / "picture"))

import screen  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
SHADES = "·░▒▓█"
ASCII_SHADES = ".-+*#"
BOLD, DIM, RED, GREEN, YELLOW, CYAN = 1, 2, 31, 32, 33, 36
PIECE = 256 * 1024  # how much xml-tree reads at a time
WHITE = " \t\r\n"
NOBODY = 65534

tests = []


def test(function):
    tests.append(function)
    return function


# --- Helpers ---


def count(path):
    result = run("--counts", path)
    equal(result.stderr, "", "stderr")
    equal(result.returncode, 0, "exit status")
    return {key: int(value) for key, value in map(str.split, result.stdout.splitlines())}


def count_with_expat(path):
    """Counts as xml-tree does: a CDATA section is a text of its own, and a comment ends one."""
    counts = {"elements": 0, "attributes": 0, "texts": 0, "depth": 0}
    depth = 0
    text = []

    def end_text(*_):
        if "".join(text).strip(WHITE):
            counts["texts"] += 1
        text.clear()

    def start(_, attributes):
        nonlocal depth
        end_text()
        depth += 1
        counts["elements"] += 1
        counts["attributes"] += len(attributes)
        counts["depth"] = max(counts["depth"], depth)

    def end(_):
        nonlocal depth
        end_text()
        depth -= 1

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.StartCdataSectionHandler = end_text
    parser.EndCdataSectionHandler = end_text
    parser.CommentHandler = end_text
    parser.ProcessingInstructionHandler = end_text
    with open(path, "rb") as file:
        parser.ParseFile(file)
    return counts


def same_counts(path):
    equal(count(path), count_with_expat(path), path)


def refused(path, where, pattern, *options, user=None):
    """Checks the one line, “xml-tree: FILE:LINE:COLUMN: message”, with --counts and without."""
    for arguments in [options, ("--counts", *options)]:
        result = run(*arguments, path, user=user)
        equal(result.stdout, "", "stdout")
        equal(result.stderr.count("\n"), 1, f"lines in {result.stderr!r}")
        start = f"xml-tree: {path or '“”'}:{where + ':' if where else ''} "
        assert result.stderr.startswith(start), f"{result.stderr!r} does not begin with {start!r}"
        message = result.stderr[len(start):-1]
        assert re.search(pattern, message), f"{message!r} does not match {pattern!r}"
        assert not re.search(r"on line|[Cc]har \d", message), f"{message!r} has a position, too"
        equal(result.returncode, 1, "exit status")


def refused_text(content, where, pattern):
    refused(write("refused.xml", content), where, pattern)


@functools.cache
def find_gir():
    """Returns the file that xml-tree reads by itself, or None if introspection is not there."""
    result = run()
    if result.returncode == 0:
        return pathlib.Path(re.search("^  file +(.*)$", result.stdout, re.M)[1])

    equal((result.returncode, result.stdout), (1, ""), "exit status and stdout")
    assert re.fullmatch(r"xml-tree: .*libgirepository1.0-dev.*\n", result.stderr), result.stderr
    return None


# --- Counts ---


@test
def counts_of_the_gir():
    """the GIR file has the nodes that expat finds"""
    path = find_gir()
    if path is None:
        print("# there is none")
        return

    same_counts(path)
    assert count(path)["elements"] > 10000


@test
def counts_of_small_documents():
    """small documents have the nodes that expat finds"""
    documents = [
        "<a/>",
        "\n<a />\n",
        "<?xml version='1.0'?><!-- c --><a x='1' y='2'>t</a><!-- d -->",
        "<a xmlns='u' xmlns:b='v'><b:c b:d='e'/></a>",
        "<a>one<!-- c -->two<?p i?>three<b/>four</a>",
        "<a> \t\r\n<b> </b>&#32;</a>",
        "<a>x<![CDATA[<b>&]]>y<![CDATA[ ]]></a>",
        "<a b='&lt;&amp;&#65;&#x1F600;'>&gt;&quot;&apos;</a>",
        "<!DOCTYPE a [ <!ELEMENT a (b)> ]><a><b/></a>",
        "<élan über='ä'>日本語</élan>",
        "\ufeff<a>mark</a>",
        "<a\n  x\n=\n'1'\n>\n</a\n>",
        "<a>\u00a0</a>",
    ]
    for number, document in enumerate(documents):
        same_counts(write(f"small-{number}.xml", document))


@test
def counts_where_pieces_meet():
    """nothing is lost where the pieces meet that a file is read in"""
    tail = "é<b x='1'>日本</b><![CDATA[c]]>\n\n<d/>&amp;</a>"
    for shift in range(len(tail.encode()) + 1):
        path = write("pieces.xml", "<a>" + "y" * (PIECE - 3 - shift) + tail)
        same_counts(path)


@test
def counts_of_many_nodes():
    """a large table has the nodes that expat finds"""
    lines = (f"<row n='{i}' odd='{i % 2}'><cell>{i}</cell>text<cell/></row>" for i in range(50000))
    same_counts(write("many.xml", "<table>" + "\n".join(lines) + "</table>"))


@test
def deep_nesting():
    """a million levels are counted"""
    n = 1000000
    path = write("deep.xml", b"<a>" * n + b"</a>" * n)
    equal(count(path), {"elements": n, "attributes": 0, "texts": 0, "depth": n}, "counts")


@test
def deep_nesting_is_dropped_node_by_node():
    """a hundred thousand levels are dropped node by node"""
    n = 100000
    path = write("deep-100000.xml", b"<a b='c'>" * n + b"</a>" * n)
    result = run(path)
    equal((result.returncode, result.stderr), (0, ""), "result")
    assert "Live blocks after every drop: 0\n" in result.stdout


# --- Files that are no XML ---


@test
def no_such_file():
    """a file that is not there is refused"""
    refused(folder / "missing.xml", "", "No such file")
    refused("", "", "No such file")


@test
def not_a_file():
    """directories and devices are refused"""
    refused(folder, "", "Is a directory")
    refused("/dev/null", "", "Not a regular file")
    refused("/dev/zero", "", "Not a regular file")


@test
def a_fifo():
    """a FIFO and a pipe are refused, and not waited for"""
    path = folder / "fifo"
    os.mkfifo(path)
    refused(path, "", "Not a regular file")

    end, other_end = os.pipe()
    try:
        result = run(f"/dev/fd/{end}", pass_fds=[end])
    finally:
        os.close(end)
        os.close(other_end)
    equal((result.returncode, result.stdout), (1, ""), "exit status and stdout")
    equal(result.stderr, f"xml-tree: /dev/fd/{end}: Not a regular file\n", "stderr")


@test
def unreadable():
    """a file that may not be read is refused"""
    path = write("unreadable.xml", "<a/>")
    path.chmod(0)
    folder.chmod(0o755)
    user = NOBODY if os.access(path, os.R_OK) else None
    try:
        run("--help", user=user).check_returncode()
    except (PermissionError, subprocess.CalledProcessError):
        print("# not tested: this user may read everything, and nobody else can run xml-tree")
        return

    refused(path, "", "Permission denied", user=user)


@test
def unreadable_in_the_middle():
    """an error of the system while reading is reported"""
    refused("/proc/self/mem", "", "Input/output error")


@test
def a_strange_name():
    """control characters in the name of a file do not reach the terminal"""
    path = write("two\nlines\033[1m.xml", "<a>")
    result = run(path)
    equal(result.stderr.count("\n"), 1, "lines")
    assert "\033" not in result.stderr
    equal(result.returncode, 1, "exit status")


@test
def nothing_in_it():
    """a document without an element is refused"""
    refused_text("", "1:1", "empty")
    refused_text(" \n\n ", "3:2", "empty")
    refused_text("<!-- only -->\n", "2:1", "no element")
    refused_text("<?xml version='1.0'?>", "1:22", "no element")


@test
def nul_bytes():
    """NUL bytes are refused"""
    refused_text(b"\0" * 1000, "1:1", "NUL")
    refused_text("<a>\n é\0</a>", "2:3", "NUL")
    refused_text("<a>" + "x" * PIECE + "\0</a>", f"1:{PIECE + 4}", "NUL")


@test
def a_gigabyte_of_nothing():
    """a gigabyte of NUL bytes is refused"""
    path = folder / "sparse.xml"
    with open(path, "wb") as file:
        file.truncate(1 << 30)
    refused(path, "1:1", "NUL")


@test
def not_utf_8():
    """what is not UTF-8 is refused at the very byte"""
    refused_text(b"<a>\n \xc3\xa9\xff</a>", "2:3", "UTF-8")
    refused_text(b"<a><![CDATA[\xc0\x80]]></b>", "1:13", "UTF-8")
    refused_text(b"<a><!-- \xe9 --></a>", "1:9", "UTF-8")
    refused_text(b"<a>\n\xe2\x82", "2:1", "UTF-8")
    refused_text("<a/>".encode("utf-16"), "1:1", "UTF-8")
    refused_text(b"<a>\xc3\0" + b"x" * PIECE, "1:4", "UTF-8")
    refused_text(b"<a>" + b"x" * (PIECE - 4) + b"\xc3\xa9\xc3</a>", f"1:{PIECE + 1}", "UTF-8")


@test
def not_xml():
    """what is not XML is refused"""
    refused_text("hello", "1:1", "must begin with an element")
    refused_text("<a>\n<b x/></a>", "2:5", "expected a “=”")
    refused_text("<a>\n\né<b 1/></a>", "3:6", "not a valid name")
    refused_text("<a>é<b x='1'y></a>", "1:14", "expected a “=”")
    refused_text("<a><></a>", "1:5", "may not begin an element name")


@test
def tags_that_do_not_match():
    """tags that do not match are refused"""
    refused_text("<a>\n <b>\n </c>\n</a>", "3:5", "“c” was closed, but .* is “b”")
    refused_text("</a>", "1:4", "no element is currently open")
    refused_text("<a/></a>", "1:8", "no element is currently open")
    long_name = "n" * 1000000
    refused_text(f"<a></{long_name}>", "1:1000006", r"^Element “n{200,300}…$")


@test
def truncated():
    """a document that ends too early is refused, wherever that is"""
    whole = "<?xml version='1.0'?>\n<a x='1'>\n<b>é&amp;</b><!-- c --></a>"
    for n in range(len(whole)):
        line = whole.count("\n", 0, n) + 1
        column = n - (whole.rfind("\n", 0, n) + 1) + 1
        refused_text(whole[:n], f"{line}:{column}", "ended|empty|no element|semicolon")
    n = 100000
    refused_text(b"<a>" * n, f"1:{3 * n + 1}", "elements still open — “a”")


@test
def more_than_one_root():
    """a second root element is refused"""
    refused_text("<a/>\n  <b\n x='1'/>", "2:3", "second root element, “b”")
    refused_text("<a></a><a></a>", "1:8", "second root element, “a”")
    refused_text("<a/>" + " " * PIECE + "\n\n<b " + " " * PIECE + "/>", "3:1", "second root")


@test
def text_outside_of_the_root():
    """text outside of the root element is refused"""
    refused_text("<a/>\n\n  é", "3:3", "text after the end of the root")
    refused_text("<a/>" + " " * (PIECE - 4) + "\nx", "2:1", "text after the end of the root")
    refused_text("<a/>\n<![CDATA[x]]>", "2:1", "text outside of the root")
    refused_text("x<a/>", "1:1", "must begin with an element")


@test
def bad_entities():
    """an entity that is none is refused at its ampersand"""
    refused_text("<a>\n é &amp; &nbsp; x\n&amp;</a>", "2:10", "“nbsp” is not known")
    refused_text("<a>\n<b x='&lt;'\n  y='1 & 2;'/></a>", "3:8", "not known")
    refused_text("<a>&#0;</a>", "1:4", "permitted character")
    refused_text("<a>x &</a>", "1:6", "semicolon")
    refused_text("<a>&one\ntwo\033;</a>", "1:4", "“one two.” is not known")


@test
def an_attribute_twice():
    """attributes that are there twice, or too many, are refused"""
    refused_text("<a>\n <b x='1' y='2' x='3'/></a>", "2:2", "two attributes “x”")
    start = "<a " + " ".join(f"n{i}=''" for i in range(1001)) + " n1001"
    refused_text(start + "=''/>", f"1:{len(start) + 1}", "Too many attributes in element “a”")


@test
def a_pool_that_is_full():
    """a pool that is full is an error at its place in the document"""
    path = write("full.xml", "<a>\n<b/>\n<b/>\n</a>")
    refused(path, "3:1", 'pool "elements".*max-blocks is 2', "--max-blocks=2")
    equal(run("--counts", "--max-blocks=3", path).returncode, 0, "exit status")


# --- The command line ---


@test
def wrong_arguments():
    """arguments that make no sense are refused, with a hint"""
    for arguments in (["--nonsense"], ["a", "b"], ["--max-blocks=-1"], ["--max-blocks=many"]):
        result = run(*arguments)
        equal(result.returncode, 2, f"exit status of {arguments}")
        equal(result.stdout, "", "stdout")
        assert re.fullmatch(r"xml-tree: .*; see xml-tree --help\n", result.stderr), result.stderr


@test
def help_says_what_is_counted():
    """--help says what is counted, in 80 columns"""
    result = run("--help")
    equal(result.returncode, 0, "exit status")
    assert "--counts" in result.stdout and "xmlns" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


@test
def output_that_cannot_be_written():
    """a full disk is noticed"""
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = run("--counts", write("fine.xml", "<a/>"), stdout=full)
    equal(result.returncode, 1, "exit status")
    assert "cannot write" in result.stderr


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
    n = 9000
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
    n = 450000
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
    return " ".join(re.sub(r"0x[0-9a-f]+|\b\d+\.\d\d+\b|[—·░▒▓█]", "", text).split())


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
        assert drawing.strip(SHADES) == "" and drawing, drawing
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
    """the picture in the README has what a terminal is shown"""
    texts = list(ET.parse(SOURCE / "doc" / "demo.svg").iter(f"{SVG}text"))
    bold = " ".join(text.text for text in texts if text.get("font-weight") == "bold")
    headings = " ".join(on_terminal()[0].styled(BOLD)).replace("Elements", "Most frequent elements")
    equal(bold, headings, "headings (meson compile demo-picture draws it again)")
    words = " ".join(text.text for text in texts)
    for what in ("FSMM_ERROR_DOUBLE_FREE", "part dropped", "free_all ()", "and tidy up"):
        assert what in words, what
    assert "doc/demo.svg" in (SOURCE / "README.md").read_text(encoding="utf-8")


sys.stdout.reconfigure(encoding="utf-8")
tap.run(tests)
