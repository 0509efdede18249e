# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a build is asked for, by itself or as a part of another project, is what is built.

usage: test-build-options.py MESON SOURCE PROBES CC CXX
(PROBES is empty where there can be none, and CXX where there is no C++ compiler.)
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import tap

MESON, SOURCE, PROBES, CC, CXX = sys.argv[1:]
ROOT = pathlib.Path(tempfile.mkdtemp(prefix="fsmm-build-options-")) / "outer"
COMPILERS = {"CC": CC} | ({"CXX": CXX} if CXX else {})

# All sources of the library are compiled as one file here, as any project may have it done.
SETUP = ["setup", "--wrap-mode=forcefallback", "--prefix=/usr", "--libdir=lib", "-Dwerror=true",
         "-Dbuildtype=plain", "-Dunity=subprojects", "-Dunity_size=1000"]

PROJECT = """
project('outer', 'c')
executable('program', 'main.c', dependencies: dependency('fsmm-glib-1', fallback: 'fsmm-glib'),
  install: true)
executable('alone', 'main.c', dependencies: dependency('fsmm-glib-1', static: true), install: true)
"""

# With a C++ compiler, it has this as well.
CXX_PROJECT = """
add_languages('cpp', native: false)
executable('plus', 'plus.cc', dependencies: dependency('fsmm-glib-1', fallback: 'fsmm-glib'),
  override_options: 'cpp_std=c++17', build_by_default: false)
"""
CXX_PROGRAM = """
#include <fsmm-glib/fsmm-glib.hpp>
#include <set>
int main () {
  std::set<int, std::less<int>, fsmm::allocator<int>> numbers { 1, 2, 2 };
  g_print ("%d", static_cast<int> (numbers.size ()));
}
"""


def run(*command, env={}, **kwargs):
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True,
                            env=os.environ | COMPILERS | env, **kwargs)
    if result.returncode != 0:
        raise AssertionError(f"{shlex.join(map(str, command))} ended with {result.returncode}:\n"
                             f"{result.stdout}{result.stderr}")
    return result.stdout


def meson(*args):
    return run(*shlex.split(MESON), *args)


def write_project():
    (ROOT / "subprojects").mkdir(parents=True)
    readme = pathlib.Path(SOURCE, "README.md").read_text(encoding="utf-8")
    (ROOT / "main.c").write_text(re.search(r"^```c\n(.*?)^```$", readme, re.M | re.S)[1])
    (ROOT / "plus.cc").write_text(CXX_PROGRAM)
    (ROOT / "meson.build").write_text(PROJECT + (CXX_PROJECT if CXX else ""))
    (ROOT / "subprojects" / "fsmm-glib").symlink_to(pathlib.Path(SOURCE).resolve())


def build_and_install(kind, *install_args):
    """Returns the folder that the programs are installed to."""
    meson(*SETUP, f"-Ddefault_library={kind}", kind)
    meson("compile", "-C", kind, "program", "alone")
    meson("install", "-C", kind, "--no-rebuild", "--destdir", str(ROOT / f"{kind}-stage"),
          *install_args)
    return ROOT / f"{kind}-stage" / "usr"


def test_static():
    """with default_library=static, a program that is installed alone has the library in it"""
    installed = build_and_install("static", "--skip-subprojects")
    assert not list(installed.rglob("*fsmm-glib*"))
    assert run(str(installed / "bin" / "program"))


def test_no_more_than_the_library():
    """no test, example or page of the library is built as part of another project"""
    targets = json.loads(meson("introspect", "--targets", "static"))
    folders = {pathlib.Path(target["defined_in"]).parent.name for target in targets}
    assert folders == {"outer", "fsmm-glib"}, folders


def test_shared():
    """with default_library=shared, only a program that asks for it has the library in it"""
    installed = build_and_install("shared", "--tags", "runtime")
    assert run(str(installed / "bin" / "program"), env={"LD_LIBRARY_PATH": str(installed / "lib")})

    for library in installed.rglob("libfsmm-glib*"):
        library.unlink()
    assert run(str(installed / "bin" / "alone"))
    alone = subprocess.run([installed / "bin" / "program"], capture_output=True)
    assert alone.returncode != 0


def test_cplusplus():
    """a program of the other project can use the header for C++"""
    meson("compile", "-C", "shared", "plus")
    assert run(str(ROOT / "shared" / "plus")) == "2"


def path_without(*names):
    """A folder that has what those on the PATH have, apart from some programs."""
    folder = ROOT / "bin"
    folder.mkdir()
    for program in (path for place in os.get_exec_path() for path in pathlib.Path(place).glob("*")):
        link = folder / program.name
        if not program.name.startswith(names) and not link.is_symlink():
            link.symlink_to(program)
    return str(folder)


def test_no_bindings():
    """without introspection, the tests need no program of another language"""
    run(*shlex.split(MESON), "setup", "-Dintrospection=disabled", "-Dtests=enabled",
        str(pathlib.Path(SOURCE).resolve()), "no-bindings",
        env={"PATH": path_without("gjs", "valac", "lua")})


def compiler_without(header):
    """A compiler that does not find this header, until the file that is returned second is gone."""
    compiler, sign = ROOT / "compiler", ROOT / "without-header"
    sign.touch()
    compiler.write_text(f'#!/bin/sh\n[ ! -e {sign} ] || case "$*" in *{header}*) exit 1 ;; esac\n'
                        f'exec {CC} "$@"\n')
    compiler.chmod(0o755)
    return str(compiler), sign


def test_probes():
    """a folder that was set up without the header of probes finds it once it is there"""
    compiler, sign = compiler_without("sys/sdt.h")
    least = [f"-D{name}=disabled" for name in ("introspection", "tests", "examples", "docs")]

    def setup(*options):
        return run(*shlex.split(MESON), "setup", *options, str(pathlib.Path(SOURCE).resolve()),
                   "probes", env={"CC": compiler})

    assert re.search(r"probes +: NO", setup(*least))
    try:
        setup("--reconfigure", "-Dprobes=enabled")
    except AssertionError as error:
        assert "install systemtap-sdt-dev" in str(error), error
    else:
        raise AssertionError("probes are enabled without the header")

    sign.unlink()
    assert re.search(r"probes +: YES", setup("--reconfigure", "-Dprobes=enabled"))


write_project()
try:
    tap.run([test_static, test_no_more_than_the_library, test_shared, test_no_bindings] +
            ([test_cplusplus] if CXX else []) + ([test_probes] if PROBES else []))
finally:
    subprocess.run(["rm", "-rf", str(ROOT.parent)], check=False)
