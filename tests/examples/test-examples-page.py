# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page on the examples has all of them, and the commands that it names run them.

usage: test-examples-page.py SOURCE BUILD
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import tap
import window

SOURCE = pathlib.Path(sys.argv[1])
BUILD = sys.argv[2]
EXAMPLES = SOURCE / "examples"
ROW = re.compile(r"\| \[([^]]+)\]\(\.\./examples/([^)]+)\) \| ([^|]+) \| `([^`]+)` \|")
LANGUAGES = {".c", ".cc", ".js", ".py", ".vala"}
# What begins with one of these is a part of an example.
PARTS = ("rows-", "xml-tree-")
# They open a window, and end by themselves only if they are asked to.
WINDOWS = {"rows", "widgets"}
TIMEOUT = 60  # seconds

PAGE = (SOURCE / "doc" / "examples.md").read_text(encoding="utf-8")
rows = [ROW.fullmatch(line) for line in PAGE.splitlines() if line.startswith("| [")]


def run(command, folder, has_window):
    """Runs it as the page says, with another build folder, and the Python that has gi."""
    words = [BUILD + word[len("_build"):] if re.match("_build(/|$)", word)
             else word.replace("=_build/", f"={BUILD}/") for word in shlex.split(command)]
    if has_window:
        words = window.with_display([*words, "--check"])
    python = pathlib.Path(folder, "python3")
    if not python.exists():
        python.symlink_to(sys.executable)
    return subprocess.run(words, cwd=SOURCE, stdin=subprocess.DEVNULL, capture_output=True,
                          encoding="utf-8", timeout=TIMEOUT, check=False,
                          env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}",
                                            "LC_ALL": "C.UTF-8"})


def test_every_example():
    """each example is in one row, with a sentence, and nothing else is"""
    assert all(rows), "a row that is none"
    found = sorted(path.name for path in EXAMPLES.iterdir()
                   if path.suffix in LANGUAGES and not path.name.startswith(PARTS))
    listed = sorted(row[2] for row in rows)
    assert listed == found, f"on the page: {listed}; in examples: {found}"
    for name, target, sentence, _ in map(re.Match.groups, rows):
        assert name == target, f"{name} links to {target}"
        assert sentence.endswith(".") and len(sentence) < 150, f"{name}: {sentence}"


def test_commands():
    """each command runs its example, which prints what it should"""
    with tempfile.TemporaryDirectory() as folder:
        for _, name, _, command in map(re.Match.groups, rows):
            stem = pathlib.PurePath(name).stem
            assert command.endswith((f"/examples/{stem}", f" examples/{name}")), command
            result = run(command, folder, stem in WINDOWS)
            assert result.returncode == 0, f"{command}:\n{result.stdout}{result.stderr}"
            is_compiled = name.endswith((".c", ".cc"))
            expected = EXAMPLES / "expected" / f"{stem if is_compiled else name}.txt"
            if expected.exists():
                tap.assert_same_lines(window.stable_lines(result.stdout),
                                      expected.read_text("utf-8").splitlines(), str(expected))
            else:
                assert stem == "xml-tree" and result.stdout, f"{name} has no {expected}"


tap.run([test_every_example, test_commands])
