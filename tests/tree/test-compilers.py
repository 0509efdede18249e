# SPDX-License-Identifier: LGPL-2.1-or-later
"""A pool that is compiled in does the same whichever compiler has done that, for C and C++.

usage: test-compilers.py SOURCE BUILD
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import tap

SOURCE, BUILD = map(pathlib.Path, sys.argv[1:3])
LIBRARY = BUILD / "fsmm-glib"
PROGRAM = pathlib.Path(__file__).parent / "inline-program.c"
PUBLIC_FOLDERS = ("base", "pool", "typed", "objects", "monitor", "watch", "cpp")

WAYS = [(compiler, language, standard)
        for language, compilers, standards in (("c", ("gcc", "clang"), ("gnu11", "c17")),
                                               ("c++", ("g++", "clang++"), ("c++17", "gnu++20")))
        for compiler in compilers
        for standard in standards]


def flags(*what):
    text = subprocess.run(["pkg-config", *what, "gio-2.0"], capture_output=True, text=True,
                          check=True).stdout
    return [re.sub("^-I", "-isystem", flag) for flag in shlex.split(text)]


def run(command, **options):
    result = subprocess.run(command, capture_output=True, text=True, **options)
    assert result.returncode == 0, f"{shlex.join(command)}:\n{result.stdout}{result.stderr}"


def build_and_run(compiler, language, standard, optimization):
    with tempfile.TemporaryDirectory(prefix="fsmm-compilers-") as folder:
        program = os.path.join(folder, "program")
        run([compiler, "-x", language, f"-std={standard}", optimization, "-Wall", "-Wextra", "-Werror",
             f"-I{SOURCE}", f"-I{LIBRARY}",
             *(f"-I{SOURCE / 'fsmm-glib' / name}" for name in PUBLIC_FOLDERS), *flags("--cflags"),
             str(PROGRAM), "-o", program, f"-L{LIBRARY}", "-lfsmm-glib-1",
             *flags("--libs")])
        run([program], env=dict(os.environ, LD_LIBRARY_PATH=str(LIBRARY)), timeout=20)


def make_test(compiler, language, standard):
    def test():
        for optimization in "-O0", "-O2", "-O3":
            build_and_run(compiler, language, standard, optimization)

    test.__doc__ = f"compiled in by {compiler} as {standard}"
    return test


tests = [make_test(*way) for way in WAYS if shutil.which(way[0])]
tap.run(tests)
