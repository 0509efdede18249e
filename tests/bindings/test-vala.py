# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs in Vala compile without a warning against the generated vapi, and do what they should.

usage: test-vala.py VALAC CC BUILD SOURCE
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import tap

VALAC, CC, BUILD, SOURCE = sys.argv[1:]
LIBRARY = pathlib.Path(BUILD, "fsmm-glib")
ENV = os.environ | {
    "CC": CC,
    "G_DEBUG": "fatal-criticals",
    "LC_ALL": "C.UTF-8",
    "LD_LIBRARY_PATH": f"{LIBRARY}:{os.environ.get('LD_LIBRARY_PATH', '')}",
    "PKG_CONFIG_PATH": str(pathlib.Path(BUILD, "meson-uninstalled")),
}


def run(*command, folder):
    result = subprocess.run(command, env=ENV, cwd=folder, capture_output=True, encoding="utf-8",
                            check=False)
    assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
    return result.stdout


def compile_and_run(path, *arguments):
    """Compiles with the warnings of Vala, but not with those of C on what that generates."""
    with tempfile.TemporaryDirectory() as folder:
        run(VALAC, "--fatal-warnings", "--vapidir", str(LIBRARY), "--pkg", "gio-2.0",
            "--pkg", "fsmm-glib-1", "-X", "-w", "-o", "program", str(path), folder=folder)
        return run(str(pathlib.Path(folder, "program")), *arguments, folder=folder)


def test_smoke():
    """Vala has what the typelib has"""
    output = compile_and_run(pathlib.Path(SOURCE, "tests", "bindings", "smoke.vala"), "--tap")
    assert output.count("\nok ") == 8, output


def test_example():
    """the example prints what it should"""
    examples = pathlib.Path(SOURCE, "examples")
    expected = pathlib.Path(examples, "expected", "first-steps.vala.txt")
    output = compile_and_run(examples / "first-steps.vala")
    tap.assert_same_lines(output.splitlines(), expected.read_text("utf-8").splitlines(),
                          str(expected))


tap.run([test_smoke, test_example])
