# SPDX-License-Identifier: LGPL-2.1-or-later
"""An installed library serves programs outside the tree: that of the README among them.

usage: test-install.py MESON BUILD SOURCE CC CXX
(CXX is empty where there is no C++ compiler.)
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import tap

MESON, BUILD, SOURCE, CC, CXX = sys.argv[1:]
ROOT = pathlib.Path(tempfile.mkdtemp(prefix="fsmm-install-"))
STAGE = ROOT / "stage"

# Uses what is added to the library for JavaScript, and prints 64.
JAVASCRIPT = """
imports.gi.versions.Fsmm = '1';
print(new imports.gi.Fsmm.Pool({alloc_size: 64}).with(block => block.length));
"""

# The variables of the build's own test environment must not hide what the installation lacks.
ENV = {key: value for key, value in os.environ.items()
       if key not in ("LD_LIBRARY_PATH", "GI_TYPELIB_PATH", "GJS_PATH", "PKG_CONFIG_PATH")}


def run(*command, **kwargs):
    result = subprocess.run(command, capture_output=True, text=True, env=ENV | kwargs.pop("env", {}),
                            **kwargs)
    if result.returncode != 0:
        raise AssertionError(f"{shlex.join(map(str, command))} ended with {result.returncode}:\n"
                             f"{result.stdout}{result.stderr}")
    return result.stdout


def library_folder():
    return next(STAGE.rglob("libfsmm-glib-1.so")).parent


def pkg_config(*args):
    """Asks the installed file, with its prefix moved to where the staged installation is."""
    installed = library_folder() / "pkgconfig" / "fsmm-glib-1.pc"
    moved = ROOT / "pkgconfig"
    moved.mkdir(exist_ok=True)
    text = re.sub("^prefix=", f"prefix={STAGE}", installed.read_text(), flags=re.M)
    (moved / installed.name).write_text(text)
    return shlex.split(run("pkg-config", *args, "fsmm-glib-1",
                           env={"PKG_CONFIG_PATH": str(moved)}))


def build_and_run(compiler, source, *flags):
    program = ROOT / (source.stem + "-" + str(len(flags)))
    run(*shlex.split(compiler), "-Wall", "-Wextra", "-Werror", str(source), "-o", str(program),
        *flags)
    return run(str(program), env={"LD_LIBRARY_PATH": str(library_folder()),
                                  "G_DEBUG": "fatal-criticals"})


def readme_program():
    text = pathlib.Path(SOURCE, "README.md").read_text(encoding="utf-8")
    return re.search(r"^```c\n(.*?)^```$", text, re.M | re.S)[1]


def python_folder():
    """Where Python finds what is installed: the folder that has gi/overrides."""
    return next(STAGE.rglob("gi/overrides/Fsmm")).parents[2]


def javascript_env():
    folders = os.environ.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share")
    return bindings_env() | {"XDG_DATA_DIRS": f"{next(STAGE.rglob('gjs-1.0')).parent}:{folders}",
                             "LC_ALL": "C.UTF-8"}


def bindings_env():
    return {"LD_LIBRARY_PATH": str(library_folder()),
            "PYTHONPATH": str(python_folder()),
            "GI_TYPELIB_PATH": str(next(STAGE.rglob("Fsmm-1.typelib")).parent),
            "G_DEBUG": "fatal-criticals"}


def test_install():
    """meson install puts everything where it belongs"""
    run(*shlex.split(MESON), "install", "-C", BUILD, "--no-rebuild", "--destdir", str(STAGE))
    for name in ("fsmm-glib.h", "fsmm-glib.hpp", "fsmm-version.h", "libfsmm-glib-1.a", "Fsmm-1.gir",
                 "Fsmm-1.typelib", "fsmm-glib-1.vapi", "fsmm-glib-1.pc", "Fsmm.js", "fsmm-1.d.ts",
                 "gi/overrides/Fsmm/__init__.py", "gi-stubs/repository/Fsmm.pyi",
                 "gi-stubs/repository/__init__.pyi", "gi-stubs/__init__.pyi",
                 "gi-stubs/py.typed"):
        assert list(STAGE.rglob(name)), f"{name} is not installed"
    private = [path for path in STAGE.rglob("*private*")]
    assert not private, f"private headers are installed: {private}"


def test_inspector():
    """the page for GTK's inspector is where GTK looks, as seen from its prefix"""
    built, = pathlib.Path(BUILD, "inspector").glob("*.so")
    version = run("pkg-config", "--variable=gtk_binary_version", "gtk4").strip()
    folder = library_folder() / "gtk-4.0" / version / "inspector"
    assert [path.name for path in folder.iterdir()] == [built.name], folder


def test_chart():
    """fsmm-chart finds what it consists of, wherever all of it was moved to"""
    program, = STAGE.rglob("bin/fsmm-chart")
    assert list(STAGE.rglob("man1/fsmm-chart.1"))
    assert "--pools" in run(str(program), "--help", env={"PYTHONPATH": ""})


def test_top():
    """fsmm-top runs without the library, and has a manual page"""
    program, = STAGE.rglob("bin/fsmm-top")
    assert run(str(program), "--version").startswith("fsmm-top ")
    assert [path.parent.name for path in STAGE.rglob("fsmm-top.1*")] == ["man1"]


def test_shared_library():
    """a program can be linked with the shared library"""
    source = ROOT / "shared.c"
    source.write_text(readme_program())
    assert build_and_run(CC, source, *pkg_config("--cflags", "--libs"))


def test_python_help():
    """help() has words of its own for Python"""
    words = run(sys.executable, "-c", "import gi; gi.require_version('Fsmm', '1');"
                "from gi.repository import Fsmm; help(Fsmm.Pool); help(Fsmm.Block)",
                env=bindings_env())
    # Since version 3.13 Python says of a method which module has it.
    words = re.sub(r"\) from gi\.overrides\.Fsmm\.\S+$", ")", words, flags=re.M)
    for expected in ("class Pool(", "Hands out blocks of one size", "n_allocated\n",
                     "acquire(self)\n", "class Block(", "A handle that owns a block",
                     "view(self)\n"):
        assert expected in words, f"no {expected!r} in:\n{words}"


def test_javascript():
    """JavaScript finds the library, and what is added to it there"""
    assert run("gjs", "-c", JAVASCRIPT, env=javascript_env()) == "64\n"


def test_vala():
    """the example in Vala builds with what is installed, and prints what it should"""
    pkg_config("--cflags")
    examples = pathlib.Path(SOURCE, "examples")
    program = ROOT / "first-steps"
    # What Vala generates is not free of warnings.
    run("valac", "--fatal-warnings", f"--vapidir={next(STAGE.rglob('*.vapi')).parent}",
        "--pkg=fsmm-glib-1", "-X", "-w", "-o", str(program), str(examples / "first-steps.vala"),
        cwd=ROOT, env={"CC": CC, "PKG_CONFIG_PATH": str(ROOT / "pkgconfig")})
    expected = examples / "expected" / "first-steps.vala.txt"
    output = run(str(program), env={"LD_LIBRARY_PATH": str(library_folder()), "LC_ALL": "C.UTF-8",
                                    "G_DEBUG": "fatal-criticals"})
    tap.assert_same_lines(output.splitlines(), expected.read_text("utf-8").splitlines(),
                          str(expected))


def test_static_library():
    """a program can be linked with the static library"""
    source = ROOT / "static.c"
    source.write_text(readme_program())
    flags = pkg_config("--cflags", "--libs", "--static")
    archive = str(next(STAGE.rglob("libfsmm-glib-1.a")))
    flags = [archive if flag == "-lfsmm-glib-1" else flag for flag in flags]
    assert build_and_run(CC, source, *flags)


def test_only_the_main_header():
    """no header but the main one can be included by itself, in C and in C++"""
    folder = next(STAGE.rglob("fsmm-glib.h")).parent
    languages = [("*.h", CC, ())] + ([("*.hpp", CXX, ("-std=c++17",))] if CXX else [])
    for pattern, compiler, flags in languages:
        for header in folder.glob(pattern):
            source = ROOT / ("single.c" if compiler == CC else "single.cc")
            source.write_text(f"#include <fsmm-glib/{header.name}>\n"
                              "int main (void) { return 0; }\n")
            command = [*shlex.split(compiler), *flags, "-fsyntax-only", str(source),
                       *pkg_config("--cflags")]
            compiles = subprocess.run(command, capture_output=True).returncode == 0
            assert compiles == (header.stem == "fsmm-glib"), header.name


def test_cplusplus():
    """the headers compile as C++, and link"""
    source = ROOT / "plus.cc"
    source.write_text("""
        #include <fsmm-glib/fsmm-glib.h>
        struct Pair { double a, b; };
        extern "C" GType pair_get_type (void);
        FSMM_DEFINE_BOXED_TYPE (Pair, pair, NULL, NULL)
        int main () {
          g_boxed_free (pair_get_type (), g_boxed_copy (pair_get_type (), new Pair ()));
          FsmmPool *pool = fsmm_pool_new (sizeof (int), 0, nullptr);
          int *number = static_cast<int *> (fsmm_pool_alloc (pool, nullptr));
          bool freed = fsmm_pool_free (pool, number, nullptr);
          g_print ("%d", freed);
          g_object_unref (pool);
          return freed && FSMM_CHECK_VERSION (1, 0, 0) ? 0 : 1;
        }
    """)
    assert build_and_run(CXX, source, "-std=c++17", *pkg_config("--cflags", "--libs")) == "1"


def test_cplusplus_header():
    """the header for C++ is all that a program needs, with the shared and the static library"""
    source = ROOT / "owners.cc"
    source.write_text("""
        #include <fsmm-glib/fsmm-glib.hpp>
        #include <list>
        #include <string>
        int main () {
          auto pool = fsmm::make_pool<std::string> ("texts");
          auto text = fsmm::make_unique<std::string> (pool.get (), "a text");
          std::list<int, fsmm::allocator<int>> numbers { 1, 2, 3 };
          auto live = fsmm_pool_get_n_allocated (numbers.get_allocator ().pools ()[0]);
          g_print ("%s %d", text->c_str (), static_cast<int> (live));
        }
    """)
    archive = str(next(STAGE.rglob("libfsmm-glib-1.a")))
    static = [archive if flag == "-lfsmm-glib-1" else flag
              for flag in pkg_config("--cflags", "--libs", "--static")]
    for flags in pkg_config("--cflags", "--libs"), static:
        assert build_and_run(CXX, source, "-std=c++17", *flags) == "a text 3"


def test_devenv():
    """meson devenv has what Python and JavaScript need to find the library of the build"""
    python = ("import gi; gi.require_version('Fsmm', '1');"
              "from gi.repository import Fsmm; print(Fsmm.Pool(alloc_size=64).block_size)")
    devenv = (*shlex.split(MESON), "devenv", "-C", BUILD)
    assert run(*devenv, sys.executable, "-c", python).splitlines()[-1] == "64"
    assert run(*devenv, "gjs", "-c", JAVASCRIPT).splitlines()[-1] == "64"


def test_devenv_without_pygobject():
    """in meson devenv, a Python that has no PyGObject says so"""
    # Without the packages of the system there is none.
    python = ("try: import gi\n"
              "except ModuleNotFoundError as error: print(error.name)")
    devenv = (*shlex.split(MESON), "devenv", "-C", BUILD)
    assert run(*devenv, sys.executable, "-S", "-c", python).splitlines()[-1] == "gi"


TESTS = [test_install, test_shared_library, test_static_library, test_python_help,
         test_javascript, test_vala, test_only_the_main_header, test_devenv,
         test_devenv_without_pygobject]
if list(pathlib.Path(BUILD, "inspector").glob("*.so")):
    TESTS += [test_inspector]
if pathlib.Path(BUILD, "tools", "fsmm-chart").exists():
    TESTS += [test_chart]
if pathlib.Path(BUILD, "tools", "fsmm-top").exists():
    TESTS += [test_top]
if CXX:
    TESTS += [test_cplusplus, test_cplusplus_header]

try:
    tap.run(TESTS)
finally:
    subprocess.run(["rm", "-rf", str(ROOT)], check=False)
