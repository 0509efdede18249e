# SPDX-License-Identifier: LGPL-2.1-or-later
"""The xml-tree example in Python counts what the one in C counts, and refuses what is no XML.

usage: test-xml-tree-python.py XML-TREE XML-TREE.PY
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import tap

C_PROGRAM, PYTHON_PROGRAM = sys.argv[1:]
folder = None  # for files of the tests


def run(*command):
    return subprocess.run(command, env=os.environ | {"LC_ALL": "C.UTF-8"}, capture_output=True,
                          encoding="utf-8", timeout=60, check=False)


def write(name, content):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def same_counts(*arguments):
    expected = run(C_PROGRAM, "--counts", *arguments)
    actual = run(sys.executable, PYTHON_PROGRAM, *arguments)
    assert expected.returncode == 0, expected.stderr
    assert (actual.returncode, actual.stderr) == (0, ""), actual.stderr
    assert actual.stdout == expected.stdout, f"{actual.stdout} is not {expected.stdout}"


def test_the_gir_file():
    """it counts what is in the description of GLib as the C program does"""
    same_counts()


def test_small_documents():
    """it counts what is in small documents as the C program does"""
    for number, content in enumerate((
        "<a/>",
        "<?xml version='1.0'?>\n<a x='1' y='2'>\n <b/>text<b z=''/> more\n</a>\n",
        "<a>one<!-- c -->two<?p i?>three<![CDATA[four]]>five</a>",
        "<a> <![CDATA[ ]]> <b>&lt;</b>&#233;</a>",
        "<a xmlns='u' xmlns:n='v'><n:b n:x='1'/></a>",
        "<a>" * 5000 + "deep" + "</a>" * 5000,
        "<a>" + "<b c='d'>é</b>" * 5000 + "</a>",
    )):
        same_counts(write(f"{number}.xml", content))


def test_no_xml():
    """it refuses what is no XML, with its place"""
    result = run(sys.executable, PYTHON_PROGRAM, write("wrong.xml", "<a>\n <b>\n </a>"))
    assert (result.returncode, result.stdout) == (1, ""), result
    assert "wrong.xml:3:4: mismatched tag\n" in result.stderr, result.stderr
    result = run(sys.executable, PYTHON_PROGRAM, folder / "nowhere.xml")
    assert (result.returncode, result.stdout) == (1, ""), result
    assert "nowhere.xml: No such file or directory\n" in result.stderr, result.stderr


with tempfile.TemporaryDirectory(prefix="xml-tree-") as name:
    folder = pathlib.Path(name)
    tap.run([test_the_gir_file, test_small_documents, test_no_xml])
