# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every block of code in the README, the guides and the reference does what is said there.

usage: test-doc-code.py SOURCE CC CXX GJS MESON

The environment's search paths are those of the build. What is done with a block depends on its
language:

  c, cpp  is a program: it is compiled, linked and run
  js      is a program
  python  continues the program that the page's blocks before it have begun
  json    is parsed
  meson   builds the last whole program in C before it on its page
  ini     is a wrap file, by which the next description for Meson in its section finds the library
  diff    is a file of the examples, but for the licence
  sh      has its syntax checked; and files of the tree, commands of ./run and options that it names
          must be there
  text    is what the last program before it in its section prints

A comment in front of a block says what it is otherwise:

  <!-- code: declarations -->  C or C++ that stands before main, also for the fragments of that
                               language that follow it in the same section
  <!-- code: inside main -->   statements, which in C find a GError *error
  <!-- code: compiled only --> a program in C++ that uses another library, which is not linked with
  <!-- code: output -->        text that differs from run to run, or a session: it is not looked at

Any other block is a fault.

In the comments of the library, each block of C or C++ stands alone: it is declarations where it defines
functions, and stands inside main elsewhere. Text is not looked at.
"""

import configparser
import dataclasses
import functools
import itertools
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import tap

SOURCE = pathlib.Path(sys.argv[1])
CC, CXX, GJS, MESON = map(shlex.split, sys.argv[2:])
STAND_INS = pathlib.Path(__file__).parent / "doc-code"
# A callback need not use all that it is given.
WARNINGS = ("-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror")
CXX_STANDARD = "-std=c++17"

MARKING = re.compile(r"<!-- code: (.*) -->")
HEADING = re.compile(r"#+ ")
# Markdown has other ways to show code: these would not be found here.
HIDDEN = re.compile(r"( {4}|\t)|\s+(```|~~~)|~~~")

# Separates what the blocks of a Python program print.
END_OF_BLOCK = "\x1e\n"

FRAGMENTS = {"c": """#include <fsmm-glib/fsmm-glib.h>
{declarations}
int
main (void)
{{
  g_autoptr (GError) error = NULL;

{statements}
  return 0;
}}
""", "cpp": """#include <fsmm-glib/fsmm-glib.hpp>
{declarations}
int
main ()
{{
{statements}
}}
"""}


@dataclasses.dataclass(eq=False)
class Block:
    page: str
    line: int
    language: str
    marking: str
    code: str
    declarations: str = ""
    program: "Block | None" = None  # the last one before it in its section
    whole: "Block | None" = None  # the last one in C that is complete, before it on its page
    wrap: "Block | None" = None  # the last file of that sort before it in its section

    def __str__(self):
        return f"{self.page}:{self.line} {self.language}"

    def located(self):
        """The code, for a compiler that is to say where on the page a mistake is."""
        return f'#line {self.line + 1} "{self.page}"\n{self.code}'


# --- Finding blocks ---


class Page:
    """What the README or a guide shows."""

    def __init__(self, path):
        self.name = str(path.relative_to(SOURCE))
        self.lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        self.blocks = []
        self.faults = []
        self.marking = self.program = self.whole = self.wrap = None
        self.declarations = {}  # by language
        for number, line in self.lines:
            self.read(number, line)
        if self.marking is not None:
            self.fault("the end", "there is no block behind the last comment")

    def fault(self, place, words):
        self.faults.append(f"{self.name}:{place}: {words}")

    def read(self, number, line):
        marking = MARKING.fullmatch(line)
        if line.startswith("```"):
            self.add_block(number, line[3:].strip())
            return
        if not line:
            return

        if HIDDEN.match(line):
            self.fault(number, "code stands between lines of ``` that are not indented")
        if HEADING.match(line):
            self.declarations = {}
            self.program = self.wrap = None
        if self.marking is not None:
            self.fault(number, "a comment on code must stand right in front of a block")
        self.marking = marking and marking[1]

    def add_block(self, number, language):
        lines = itertools.takewhile(lambda line: line[1] != "```", self.lines)
        code = "".join(line + "\n" for _, line in lines)
        block = Block(self.name, number, language, self.marking or "", code,
                      self.declarations.get(language, ""), self.program, self.whole, self.wrap)
        if block.marking == "declarations":
            self.declarations[language] = block.declarations + block.located()
        if (language, block.marking) in PROGRAMS:
            self.program = block
        if (language, block.marking) == ("c", ""):
            self.whole = block
        if language == "ini":
            self.wrap = block
        self.blocks.append(block)
        self.marking = None


def find_pages():
    guides = sorted((SOURCE / "doc").rglob("*.md"))
    return [Page(path) for path in [SOURCE / "README.md", *guides]]


def marking_in_comment(language, code):
    if language == "text":
        return "output"
    return "declarations" if re.search("^static ", code, re.M) else "inside main"


def find_in_comments(path):
    """The blocks that the comments of a file of the library show."""
    name = str(path.relative_to(SOURCE))
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    for number, line in lines:
        if line.startswith(" * ```"):
            shown = itertools.takewhile(lambda line: line[1] != " * ```", lines)
            code = "".join(line[3:] + "\n" for _, line in shown)
            language = line[6:]
            yield Block(name, number, language, marking_in_comment(language, code), code)


# --- Trying blocks ---


def run(*command, **kwargs):
    words = shlex.join(map(str, command))
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                            **kwargs)
    if result.returncode != 0:
        raise AssertionError(
            f"{words} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


@functools.cache
def library_flags():
    return shlex.split(run("pkg-config", "--cflags", "--libs", "fsmm-glib-1"))


def build_and_run(language, source, *options):
    compiler = {"c": CC, "cpp": [*CXX, CXX_STANDARD]}[language]
    with tempfile.TemporaryDirectory(prefix="fsmm-doc-") as folder:
        file = pathlib.Path(folder, f"program.{language}")
        file.write_text(source, encoding="utf-8")
        program = file.with_suffix("")
        run(*compiler, *WARNINGS, *options, file, "-o", program, *library_flags())
        return run(program)


@functools.cache
def run_compiled(block):
    return build_and_run(block.language, block.located())


@functools.cache
def run_statements(block):
    source = FRAGMENTS[block.language].format(declarations=block.declarations,
                                              statements=block.located())
    return build_and_run(block.language, source, "-Wno-unused-function")


def check_declarations(block):
    source = FRAGMENTS[block.language].format(declarations=block.declarations + block.located(),
                                              statements="")
    build_and_run(block.language, source, "-Wno-unused-function")


def compile_only(block):
    run(*CXX, CXX_STANDARD, *WARNINGS, "-fsyntax-only", "-idirafter", STAND_INS, "-x", "c++", "-",
        input=block.located())


@functools.cache
def run_javascript(block):
    with tempfile.NamedTemporaryFile("w", suffix=".js", encoding="utf-8") as file:
        file.write(block.code)
        file.flush()
        options = ["-m"] if re.search("^import ", block.code, re.M) else []
        return run(*GJS, *options, file.name)


def python_blocks(page):
    return [block for block in BLOCKS if (block.page, block.language) == (page, "python")]


@functools.cache
def run_python_page(page):
    """What each block printed, as far as the program came; and the words it ended with."""
    # Empty lines, so that messages have the numbers of lines that the page has.
    program = ""
    for block in python_blocks(page):
        program += "\n" * (block.line - program.count("\n")) + block.code
        program += f"print({END_OF_BLOCK[:-1]!r})\n"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                            timeout=60, check=False)
    return result.stdout.split(END_OF_BLOCK), result.stderr


def run_python(block):
    index = python_blocks(block.page).index(block)
    outputs, errors = run_python_page(block.page)
    # Behind the last mark is what a block has printed that did not come to its end.
    assert index < len(outputs) - 1, f"the program ended before or in this block:\n{errors}"
    return outputs[index]


def check_json(block):
    json.loads(block.code)


@functools.cache
def run_commands():
    return re.findall(r"^  ([a-z]+) ", run(SOURCE / "run", "help"), re.M)


@functools.cache
def build_options():
    own = (SOURCE / "meson_options.txt").read_text(encoding="utf-8")
    return ["buildtype", "werror", *re.findall(r"^option\('(\w+)'", own, re.M)]


def check_shell(block):
    run("bash", "-n", input=block.code)
    for word in shlex.split(block.code, comments=True):
        in_tree = "/" in word and (SOURCE / word.split("/")[0]).is_dir() and word[0] not in "./_"
        assert not in_tree or (SOURCE / word).exists(), f"there is no {word}"
    for command in re.findall(r"\./run ([a-z]\w*)", block.code):
        assert command in run_commands(), f"./run has no command {command}"
    for option in re.findall(r"\s-D(\w+)=", block.code):
        assert option.startswith("b_") or option in build_options(), f"there is no option {option}"


# What a wrap file would fetch: it provides the library of the build under the same name.
SUBPROJECT = """project('fsmm-glib', 'c')
dep = declare_dependency(compile_args: {cflags}, link_args: {libs})
meson.override_dependency('fsmm-glib-1', dep)
"""


def write_subproject(project, wrap):
    folder = project / "subprojects" / "fsmm-glib"
    folder.mkdir(parents=True)
    (folder.parent / "fsmm-glib.wrap").write_text(wrap.code, encoding="utf-8")
    cflags, libs = (run("pkg-config", option, "fsmm-glib-1").split()
                    for option in ("--cflags", "--libs"))
    (folder / "meson.build").write_text(SUBPROJECT.format(cflags=cflags, libs=libs),
                                        encoding="utf-8")


def check_meson(block):
    program = block.whole
    assert program, "no whole program in C stands before this description on its page"
    with tempfile.TemporaryDirectory(prefix="fsmm-doc-") as folder:
        project = pathlib.Path(folder)
        (project / "meson.build").write_text(block.code, encoding="utf-8")
        for name in re.findall(r"'([\w-]+\.c)'", block.code):
            (project / name).write_text(program.located(), encoding="utf-8")
        options = []
        if block.wrap:
            write_subproject(project, block.wrap)
            options = ["--force-fallback-for=fsmm-glib"]
        output = run(*MESON, "setup", *options, project / "build", project)
        assert not block.wrap or "fsmm-glib : YES" in " ".join(output.split()), output
        run(*MESON, "compile", "-C", project / "build")


def check_diff(block):
    files = (SOURCE / "examples").rglob("*.diff")
    texts = [path.read_text(encoding="utf-8") for path in files]
    assert any(text.split("\n\n", 1)[1] == block.code for text in texts), "no file is like it"


def check_wrap(block):
    """What it provides is tried by the description that follows it."""
    followers = [other for other in BLOCKS if other.wrap is block and other.language == "meson"]
    assert followers, "no description for Meson follows in its section"
    wrap = configparser.ConfigParser()
    wrap.read_string(block.code)
    assert {"url", "revision"} <= set(wrap["wrap-git"]), "it does not say what to fetch"


def check_output(block):
    program = block.program
    assert program, "no program stands before this text in its section"
    printed = PROGRAMS[program.language, program.marking](program)
    tap.assert_same_lines(printed.splitlines(), block.code.splitlines(), str(block))


# By language and marking. Programs return what they print.
PROGRAMS = {
    ("c", ""): run_compiled,
    ("c", "inside main"): run_statements,
    ("cpp", ""): run_compiled,
    ("cpp", "inside main"): run_statements,
    ("js", ""): run_javascript,
    ("python", ""): run_python,
}
CHECKS = PROGRAMS | {
    ("c", "declarations"): check_declarations,
    ("cpp", "compiled only"): compile_only,
    ("cpp", "declarations"): check_declarations,
    ("diff", ""): check_diff,
    ("ini", ""): check_wrap,
    ("json", ""): check_json,
    ("meson", ""): check_meson,
    ("sh", ""): check_shell,
    ("text", ""): check_output,
    ("text", "output"): lambda block: None,
}


def check(block):
    kind = (block.language, block.marking)
    assert kind in CHECKS, (
        f"nothing is known of a block whose language is {block.language!r} and whose comment is"
        f" {block.marking!r}: see the head of {__file__}")
    CHECKS[kind](block)


def test_pages():
    """no code of a page is hidden from these tests"""
    languages = {block.language for block in BLOCKS}
    assert {"c", "cpp", "python", "js", "meson", "sh", "text"} <= languages, languages
    assert any(block.page.endswith(".h") for block in BLOCKS)
    faults = [fault for page in PAGES for fault in page.faults]
    assert not faults, "\n".join(faults)


def test_front():
    """the README and the front page of the manual begin with the same program"""
    first = {page: next(block.code for block in BLOCKS if block.page == page)
             for page in ("README.md", "doc/front.md")}
    assert first["README.md"] == first["doc/front.md"]


def test_of(block):
    def test():
        check(block)

    test.__doc__ = str(block)
    return test


PAGES = find_pages()
COMMENTED = sorted(path for pattern in ("*.[ch]", "*.hpp")
                   for path in (SOURCE / "fsmm-glib").rglob(pattern))
BLOCKS = [block for page in PAGES for block in page.blocks]
BLOCKS += [block for path in COMMENTED for block in find_in_comments(path)]
tap.run([test_pages, test_front, *map(test_of, BLOCKS)])
