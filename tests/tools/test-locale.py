# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is printed, and read from FSMM_DEBUG, is the same in every locale.

usage: test-locale.py LOCALEDEF VICTIM [XML-TREE]
"""

import os
import re
import subprocess
import sys
import tempfile

import tap
import turkish

LOCALEDEF, VICTIM, *XML_TREE = sys.argv[1:]
folder = tempfile.TemporaryDirectory(prefix="fsmm-locale-")
TURKISH = turkish.make(folder.name, LOCALEDEF)


def run(*command, flags=""):
    result = subprocess.run(command, env=os.environ | TURKISH | {"FSMM_DEBUG": flags},
                            capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert result.returncode == 0, result
    return result


def test_leaks():
    """how old a leak is has a point in it"""
    text = run(VICTIM, "leak", flags="leaks").stderr
    assert re.search(r", the oldest for \d+\.\d s\n", text), text


def test_flags():
    """flags may have capitals"""
    for flags in ("POISON,LEAKS", "Poison:Trace", "LEAKS,victim:POISON", "Wipe NO-TOOLS",
                  "no_tools", "POISON:CANARY:LEAKS"):
        assert run(VICTIM, "nothing-wrong", flags=flags).stderr == "", flags
        has_leaks = "LEAKS" in flags
        text = run(VICTIM, "leak", flags=flags).stderr
        assert ("live when the program exited" in text) == has_leaks, (flags, text)


def test_xml_tree():
    """the numbers of the example have points"""
    path = os.path.join(folder.name, "document.xml")
    with open(path, "w", encoding="ascii") as file:
        file.write("<a>" + "<b c='1'>text</b>" * 5000 + "</a>")
    text = run(*XML_TREE, path).stdout
    assert not re.search(r"\d,\d", text), text
    for number in (r"\d\.\d [KMG]iB\n", r" \d+\.\d{3} +\d+\.\d{3} +\d+\.\d\d\n"):
        assert re.search(number, text), text


tap.run([test_leaks, test_flags] + ([test_xml_tree] if XML_TREE else []))
