# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nothing in the public headers makes a compiler warn users of what is not their doing.

usage: test-headers.py SOURCE BUILD CC [CXX]
"""

import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import tap

SOURCE, BUILD = map(pathlib.Path, sys.argv[1:3])
CC, CXX = (shlex.split(compiler) for compiler in (sys.argv[3:] + [""])[:2])
# Where public headers lie, which are side by side when they are installed.
PUBLIC_FOLDERS = ("base", "pool", "typed", "objects", "monitor", "watch", "cpp")
PROGRAM = pathlib.Path(__file__).parent / "every-macro.c"
CXX_PROGRAM = pathlib.Path(__file__).parent / "every-name.cc"

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wcast-align", "-Wcast-function-type", "-Wcast-qual",
            "-Wconversion", "-Wfloat-equal", "-Wformat=2", "-Wmissing-declarations",
            "-Wpointer-arith", "-Wredundant-decls", "-Wshadow", "-Wsign-conversion",
            "-Wswitch-default", "-Wswitch-enum", "-Wundef", "-Wvla", "-Wwrite-strings"]
C_WARNINGS = WARNINGS + ["-Wbad-function-cast", "-Wc++-compat", "-Wdeclaration-after-statement",
                         "-Wmissing-prototypes", "-Wnested-externs", "-Wold-style-definition",
                         "-Wstrict-prototypes"]
CXX_WARNINGS = WARNINGS + ["-Wextra-semi", "-Wold-style-cast"]
# For what is in C++ alone.
HPP_WARNINGS = CXX_WARNINGS + ["-Wnon-virtual-dtor", "-Woverloaded-virtual"]

# What only one of the two knows.
GCC_WARNINGS = ["-Wduplicated-branches", "-Wduplicated-cond", "-Wlogical-op"]
GCC_HPP_WARNINGS = GCC_WARNINGS + ["-Wnoexcept", "-Wsuggest-override", "-Wuseless-cast"]
CLANG_WARNINGS = ["-Wassign-enum", "-Wcomma", "-Wextra-semi-stmt", "-Wunreachable-code"]


def is_clang(compiler):
    version = subprocess.run([*compiler, "--version"], capture_output=True, text=True, check=True)
    return "clang" in version.stdout


def dependency_flags():
    """The folders of GLib are the system's, so that nothing is said of GLib's own headers."""
    flags = subprocess.run(["pkg-config", "--cflags", "gio-2.0"], capture_output=True, text=True,
                           check=True).stdout
    return [re.sub("^-I", "-isystem", flag) for flag in shlex.split(flags)]


def compile_as(compiler, language, standard, program, *flags):
    command = [*compiler, "-x", language, f"-std={standard}", "-O2", "-Werror", "-S", "-o",
               "/dev/null", f"-I{SOURCE}", f"-I{BUILD / 'fsmm-glib'}",
               *(f"-I{SOURCE / 'fsmm-glib' / folder}" for folder in PUBLIC_FOLDERS),
               *dependency_flags(), *flags, str(program)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{shlex.join(command)}:\n{result.stderr}"


def cplusplus_compilers():
    """That of the build, and the other one if it is there."""
    others = [[name] for name in ("g++", "clang++") if shutil.which(name)]
    return [CXX, *(other for other in others if is_clang(other) != is_clang(CXX))]


def test_every_macro():
    """every public macro is looked at here"""
    words = set(re.findall(r"\w+", PROGRAM.read_text()))
    folders = [SOURCE / "fsmm-glib" / folder for folder in PUBLIC_FOLDERS]
    included = re.findall(r'#include "(.*)"', (SOURCE / "fsmm-glib/fsmm-glib.h").read_text())
    for name in included:
        header = next(path for folder in [*folders, BUILD / "fsmm-glib"]
                      if (path := folder / name).exists())
        macros = re.findall(r"^# *define (FSMM_\w+)[( ]", header.read_text(), re.M)
        # For the headers themselves.
        missing = [macro for macro in macros
                   if macro not in words and not macro.startswith("FSMM_AVAILABLE_IN_")]
        assert not missing, missing


def test_c():
    """no compiler of C warns of anything in them"""
    warnings = C_WARNINGS + (CLANG_WARNINGS if is_clang(CC) else GCC_WARNINGS)
    for standard in "gnu89", "gnu99", "c11", "gnu17":
        compile_as(CC, "c", standard, PROGRAM, *warnings)


def test_cplusplus():
    """no compiler of C++ warns of anything in them"""
    warnings = CXX_WARNINGS + (CLANG_WARNINGS if is_clang(CXX) else GCC_WARNINGS)
    for standard in "c++11", "gnu++14", "c++17", "gnu++20":
        compile_as(CXX, "c++", standard, PROGRAM, *warnings)


def test_cplusplus_headers():
    """no compiler of C++ warns of anything in the headers for C++"""
    for compiler in cplusplus_compilers():
        warnings = HPP_WARNINGS + (CLANG_WARNINGS if is_clang(compiler) else GCC_HPP_WARNINGS)
        for standard in "c++17", "gnu++20":
            compile_as(compiler, "c++", standard, CXX_PROGRAM, *warnings)
        compile_as(compiler, "c++", "c++17", CXX_PROGRAM, "-fno-exceptions", "-fno-rtti", *warnings)


def test_cplusplus_names():
    """every public name of C++ is looked at here"""
    names = (pathlib.Path(__file__).parent / "expected/cplusplus.txt").read_text().split()
    words = set(re.findall(r"fsmm::(\w+)", CXX_PROGRAM.read_text()))
    assert words == set(names), words ^ set(names)


def test_old_standard():
    """a compiler that is told of an older standard says which one is needed"""
    try:
        compile_as(CXX, "c++", "c++14", CXX_PROGRAM)
    except AssertionError as error:
        assert "needs C++17 or newer" in str(error), error
    else:
        raise AssertionError("c++14 will do")


def test_no_declaration():
    """a boxed type can be defined without a declaration in front of it"""
    with tempfile.TemporaryDirectory(prefix="fsmm-headers-") as folder:
        program = pathlib.Path(folder, "program.c")
        program.write_text("#include <fsmm-glib/fsmm-glib.h>\n"
                           "typedef struct { int x; } Plain;\n"
                           "FSMM_DEFINE_BOXED_TYPE (Plain, plain, NULL, NULL)\n")
        compile_as(CC, "c", "gnu11", program, "-Wall", "-Wextra")
        if CXX:
            compile_as(CXX, "c++", "gnu++17", program, "-Wall", "-Wextra")


tap.run([test_every_macro, test_c, test_no_declaration] +
        ([test_cplusplus, test_cplusplus_headers, test_cplusplus_names, test_old_standard]
         if CXX else []))
