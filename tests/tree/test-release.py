# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tells people of a version tells them of the one that is built.

usage: test-release.py SOURCE VERSION
"""

import pathlib
import re
import sys

import tap

SOURCE = pathlib.Path(sys.argv[1])
VERSION = sys.argv[2]


def test_news():
    """NEWS begins with this version, and has one entry for each"""
    text = (SOURCE / "NEWS").read_text(encoding="utf-8")
    versions = re.findall(r"^fsmm-glib (\S+)\n=+$", text, re.MULTILINE)
    assert versions, "NEWS has no entry"
    assert versions[0] == VERSION, f"NEWS begins with {versions[0]}, but this is {VERSION}"
    assert len(set(versions)) == len(versions), f"one is there twice: {versions}"


def test_readme():
    """the README says which version this is"""
    series = ".".join(VERSION.split(".")[:2])
    found = re.findall(r"^Version (\S+);", (SOURCE / "README.md").read_text("utf-8"), re.M)
    assert found == [series], f"README.md says {found}, but this is {series}"


tap.run([test_news, test_readme])
