# SPDX-License-Identifier: LGPL-2.1-or-later
"""mypy finds mistakes by the stub, with and without stubs of PyGObject, wherever these are.

For another type checker, and for TypeScript, there is build-aux/check-types.py.
"""

import functools
import os
import pathlib
import subprocess
import sys
import tempfile

import tap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "types"))
import type_programs as programs  # noqa: E402


def check(looked_at, *folders):
    """Runs mypy over programs, with the stubs in some folders."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONNOUSERSITE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull,
             *map(str, looked_at)],
            env=env, cwd=folder, capture_output=True, text=True, check=False,
        )
    for program in looked_at:
        programs.assert_finds_wrong_lines(result.stdout + result.stderr, program)


def in_folders(test):
    """Gives a test two empty folders."""

    @functools.wraps(test)
    def testing():
        with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
            test(pathlib.Path(first), pathlib.Path(second))

    return testing


@in_folders
def test_alone(folder, _):
    """the stub needs no others"""
    check([programs.PROGRAM], programs.install(folder, programs.OURS))


@in_folders
def test_in_one_folder(first, second):
    """other stubs can be in the same folder, whichever came first"""
    for folder in (programs.install(first, programs.OURS, programs.OTHERS),
                   programs.install(second, programs.OTHERS, programs.OURS)):
        check([programs.PROGRAM, programs.WITH_STUBS], folder)


@in_folders
def test_in_two_folders(first, second):
    """other stubs can be in another folder, whichever is found first"""
    programs.install(first, programs.OURS)
    programs.install(second, programs.OTHERS)
    for folders in (first, second), (second, first):
        check([programs.PROGRAM, programs.WITH_STUBS], *folders)


tap.run([test_alone, test_in_one_folder, test_in_two_folders])
