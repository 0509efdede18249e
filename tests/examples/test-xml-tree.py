#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The xml-tree example counts what Python's own XML parser counts, and refuses what is no XML.

usage: test-xml-tree.py XML-TREE SOURCE
"""

import os
import re
import subprocess
import sys
import xml.parsers.expat

import tap

if len(sys.argv) != 3:
    sys.exit(__doc__)

# Takes the arguments.
from xml_tree import count, equal, fewer, find_gir, folder, run, write  # noqa: E402

PIECE = 256 * 1024  # how much xml-tree reads at a time
WHITE = " \t\r\n"
NOBODY = 65534

tests = []


def test(function):
    tests.append(function)
    return function


# --- Helpers ---


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
    """as many as a million levels are counted"""
    n = fewer(1000000)
    path = write("deep.xml", b"<a>" * n + b"</a>" * n)
    equal(count(path), {"elements": n, "attributes": 0, "texts": 0, "depth": n}, "counts")


@test
def deep_nesting_is_dropped_node_by_node():
    """as many as a hundred thousand levels are dropped node by node"""
    n = fewer(100000)
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


sys.stdout.reconfigure(encoding="utf-8")
tap.run(tests)
