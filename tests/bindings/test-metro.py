# SPDX-License-Identifier: LGPL-2.1-or-later
"""A library with a type of its own, such as others make, has it in pools of Python and JavaScript.

usage: test-metro.py EXAMPLE EXPECTED MESON PYTHON GJS
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import tap

EXAMPLE, EXPECTED = map(pathlib.Path, sys.argv[1:3])
MESON, PYTHON, GJS = sys.argv[3:]


def run(*command, folder):
    result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            encoding="utf-8", check=False)
    assert result.returncode == 0, f"{command}: {result.stdout}"
    return result.stdout


def assert_prints(*program):
    printed = run(MESON, "devenv", "-C", "_build", "-w", PROJECT, *program, folder=PROJECT)
    tap.assert_same_lines(printed.splitlines(), EXPECTED.read_text("utf-8").splitlines(),
                          str(EXPECTED))


def test_build():
    """the library and its typelib are built without a warning"""
    shutil.copytree(EXAMPLE, PROJECT)
    run(MESON, "setup", "--werror", "--warnlevel=3", "_build", folder=PROJECT)
    printed = run(MESON, "compile", "-C", "_build", folder=PROJECT)
    for complaint in ("warning", "error"):
        assert complaint not in printed.lower(), printed


def test_python():
    """Python makes a pool of the type"""
    assert_prints(PYTHON, "stations.py")


def test_javascript():
    """JavaScript makes a pool of the type"""
    assert_prints(GJS, "-m", "stations.js")


with tempfile.TemporaryDirectory(prefix="fsmm-metro-") as parent:
    PROJECT = pathlib.Path(parent, "metro")
    tap.run([test_build, test_python, test_javascript])
