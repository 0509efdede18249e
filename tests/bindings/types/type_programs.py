# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs for type checkers, and the stubs by which these must find the lines marked as wrong."""

import pathlib
import re
import shutil

HERE = pathlib.Path(__file__).resolve().parent
OURS = HERE.parents[2] / "fsmm-glib" / "bindings" / "gi-stubs"
# Stands for a package of stubs for PyGObject.
OTHERS = HERE / "other" / "gi-stubs"

# The second one needs the stubs of others.
PROGRAM, WITH_STUBS = HERE / "program.py", HERE / "with_stubs.py"


def install(folder, *packages):
    """Copies packages of stubs into a folder, one over the other, and returns it."""
    for package in packages:
        shutil.copytree(package, folder / "gi-stubs", dirs_exist_ok=True)
    return folder


def list_wrong_lines(program):
    lines = program.read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if line.endswith("  # wrong")]


def assert_finds_wrong_lines(output, program):
    """Fails if a type checker has found other errors in a program than those that are marked."""
    errors = re.findall(rf"{program.name}:(\d+)(?::\d+)?(?: -|:) error", output)
    found = sorted({int(number) for number in errors})
    marked = list_wrong_lines(program)
    assert len(marked) > 5, f"{program} has few lines that are marked"
    assert found == marked, f"{program}: {marked} are marked as wrong:\n{output}"
