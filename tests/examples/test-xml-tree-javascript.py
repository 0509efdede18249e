# SPDX-License-Identifier: LGPL-2.1-or-later
"""The xml-tree example in JavaScript counts what the one in C counts, and refuses what that does.

usage: test-xml-tree-javascript.py GJS SCRIPT XML-TREE
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import tap

GJS, SCRIPT, PROGRAM = sys.argv[1:]

DOCUMENTS = [
    "<a/>",
    "\n<a />\n",
    "<?xml version='1.0'?><!-- c --><a x='1' y='2'>t</a><!-- d -->",
    "<a xmlns='u' xmlns:b='v'><b:c b:d='e'/></a>",
    "<a>one<!-- c -->two<?p i?>three<b/>four</a>",
    "<a> \t\r\n<b> </b>&#32;</a>",
    "<a>x<![CDATA[<b>&]]>y<![CDATA[ ]]></a>",
    "<a b='&lt;&amp;&#65;&#x1F600;'>&gt;&quot;&apos;</a>",
    "<!DOCTYPE a [ <!ELEMENT a (b)> ]><a><b/></a>",
    "<élan über='ä'>日本語 😀</élan>",
    "\ufeff<a>mark</a>",
    "<a\n  x\n=\n'1'\n>\n</a\n>",
    "<a>\u00a0</a>",
    "<a>" * 10000 + "</a>" * 10000,
    "<r>" + "".join(f"<e n='{i}'>t<f/>u</e>" for i in range(1000)) + "</r>",
]

WRONG_DOCUMENTS = [
    "", " \n", "hello", "<a>", "</a>", "<a></b>", "<a/></a>", "<a/><b/>", "<a/>x", "x<a/>",
    "<a><b></a></b>", "<a x='1' x='2'/>", "<a x=1/>", "<a><></a>", "<a>&nbsp;</a>", "<a>x & y</a>",
    "<a", "<a><!-- </a>", b"<a>\xff</a>",
]


def run(*command):
    result = subprocess.run(command, env=os.environ | {"LC_ALL": "C.UTF-8"}, capture_output=True,
                            encoding="utf-8", timeout=60, check=False)
    return result.returncode, result.stdout, result.stderr


def run_both(*arguments):
    """The exit status and output of the one in C, and the same of the one in JavaScript."""
    return run(PROGRAM, "--counts", *arguments), run(GJS, "-m", SCRIPT, "--counts", *arguments)


def write(folder, content):
    path = pathlib.Path(folder, "document.xml")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_gir():
    """both count the same in the description of GLib"""
    ours, theirs = run_both()
    assert ours == theirs, f"{theirs} is not {ours}"
    assert int(ours[1].split()[1]) > 10000, ours


def test_small_documents():
    """both count the same in small documents"""
    with tempfile.TemporaryDirectory() as folder:
        for document in DOCUMENTS:
            ours, theirs = run_both(write(folder, document))
            assert ours == theirs, f"{document[:100]!r}: {theirs} is not {ours}"
            assert ours[0] == 0, ours


def test_wrong_documents():
    """both refuse what is wrong"""
    with tempfile.TemporaryDirectory() as folder:
        for document in WRONG_DOCUMENTS:
            for status, output, errors in run_both(write(folder, document)):
                assert (status, output) == (1, ""), f"{document!r}: {status} and {output!r}"
                assert errors.startswith("xml-tree: ") and errors.count("\n") == 1, errors


def test_report():
    """the whole report says how many nodes are live, and drops them"""
    with tempfile.TemporaryDirectory() as folder:
        status, output, errors = run(GJS, "-m", SCRIPT, write(folder, "<a x='1'><b>t</b></a>"))
    assert (status, errors) == (0, ""), errors
    lines = output.splitlines()
    assert lines[:4] == ["elements 2", "attributes 1", "texts 1", "depth 2"], output
    assert '"elements": blocks of 24 bytes, 2 live' in lines[4], output
    assert lines[-1] == "dropped 4", output


tap.run([test_gir, test_small_documents, test_wrong_documents, test_report])
