#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pyright and TypeScript find mistakes in programs by what the library says of its types.

usage: check-types.py [--stubs FOLDER] [FOLDER]

It installs both, and the types of what the library builds on, with npm: in FOLDER, where they stay
for the next time, or in a temporary folder. With --stubs, the folder of that name has PyGObject's
stubs (it is called gi-stubs), which are taken in place of the few that the tests have.

No test: it needs Node.js and a package registry. The tests have mypy look at the same programs.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
TYPES = ROOT / "tests" / "bindings" / "types"
sys.path[:0] = [str(ROOT / "tests" / "support"), str(TYPES)]
import tap  # noqa: E402
import type_programs as programs  # noqa: E402

# All of one release, since each asks for those of its own or newer ones.
GIRS = ("cairo-1.0", "gio-2.0", "gjs", "glib-2.0", "gmodule-2.0", "gobject-2.0", "graphene-1.0")
PACKAGES = {
    "pyright": "1.1.414",
    "typescript": "7.0.2",
    **{f"@girs/{name}": "4.7.0" for name in GIRS},
}
TSCONFIG = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "bundler",
        "lib": ["esnext"],
        "types": ["@girs/gjs", "@girs/gio-2.0", "@girs/graphene-1.0"],
    },
    "files": [
        str(TYPES / "program.ts"),
        str(ROOT / "fsmm-glib" / "bindings" / "fsmm-1.d.ts"),
    ],
}


def run(*command, cwd, **env):
    """Returns what a command prints, and whether all went well."""
    result = subprocess.run(command, cwd=cwd, env={**os.environ, **env}, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    return result.stdout, result.returncode == 0


def make_folder(name):
    made = folder / name
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    return made


def install():
    package = {"private": True, "dependencies": PACKAGES}
    (folder / "package.json").write_text(json.dumps(package), encoding="utf-8")
    output, is_well = run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock",
                          cwd=folder)
    if not is_well:
        sys.exit(f"check-types: npm failed:\n{output}")


def tool(name):
    return str(folder / "node_modules" / ".bin" / name)


def check_python(program, *stubs):
    """Has Pyright look at a program, with the stubs in some folders."""
    project = make_folder("python")
    shutil.copy(program, project)
    (project / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    output, _ = run(tool("pyright"), "--pythonpath", sys.executable, cwd=project,
                    PYTHONPATH=os.pathsep.join(map(str, stubs)))
    programs.assert_finds_wrong_lines(output, program)


def install_stubs(name, *packages):
    return programs.install(make_folder(name), *packages)


def test_alone():
    """Pyright: the stub needs no others"""
    check_python(programs.PROGRAM, install_stubs("ours", programs.OURS))


def test_in_one_folder():
    """Pyright: other stubs can be in the same folder, whichever came first"""
    for stubs in (install_stubs("ours-first", programs.OURS, others),
                  install_stubs("others-first", others, programs.OURS)):
        check_python(programs.PROGRAM, stubs)
        check_python(programs.WITH_STUBS, stubs)


def test_copied():
    """Pyright: other stubs can be in another folder that has a copy of ours"""
    ours = install_stubs("ours", programs.OURS)
    copied = install_stubs("copied", others)
    stub = pathlib.Path("gi-stubs", "repository", "Fsmm.pyi")
    shutil.copy(ours / stub, copied / stub)
    for folders in (ours, copied), (copied, ours):
        check_python(programs.WITH_STUBS, *folders)


def test_typescript():
    """TypeScript: the declarations fit the packages @girs/…, and wrong lines are found"""
    project = make_folder("typescript")
    (project / "tsconfig.json").write_text(json.dumps(TSCONFIG), encoding="utf-8")
    output, is_well = run(tool("tsc"), "--project", ".", cwd=project)
    assert is_well, output


parser = argparse.ArgumentParser()
parser.add_argument("--stubs", type=pathlib.Path, default=programs.OTHERS)
parser.add_argument("folder", nargs="?", type=pathlib.Path)
arguments = parser.parse_args()
others = arguments.stubs.resolve()

with tempfile.TemporaryDirectory() as temporary:
    folder = (arguments.folder or pathlib.Path(temporary)).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    install()
    tap.run([test_alone, test_in_one_folder, test_copied, test_typescript])
