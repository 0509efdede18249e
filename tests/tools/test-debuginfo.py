# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where reports get files and lines from.

usage: test-debuginfo.py PROGRAM LIBRARY OBJCOPY FAKE

FAKE is a library that says so when libdw asks servers through it.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import partial

import tap

PROGRAM, LIBRARY, OBJCOPY, FAKE = sys.argv[1:]
LINES = r"take_block \(tools-victim\.c:\d+\)\n    free_twice \(tools-victim\.c:\d+\)\n    \w+ \(tools"
NO_LINES = r"it was taken by:\n    take_block \(victim\+0x\w+\)\n"


def objcopy(*arguments):
    subprocess.run([OBJCOPY, *arguments], check=True, timeout=60)


ENVIRONMENT = {**os.environ, "FSMM_DEBUG": "trace", "LC_ALL": "C.UTF-8",
               "LD_LIBRARY_PATH": os.path.dirname(LIBRARY)}


def report_of(folder, name="victim", **variables):
    """What the program in the folder says of a double free."""
    environment = ENVIRONMENT | variables
    result = subprocess.run([f"{folder}/{name}", "free-twice"], env=environment, timeout=60,
                            capture_output=True, text=True, encoding="utf-8", check=True)
    return result.stderr


def assert_matches(pattern, text):
    assert re.search(pattern, text), f"{pattern}\nis not in\n{text}"


def in_folder(test):
    """Makes a test of a function that is given a folder of its own."""
    def run():
        with tempfile.TemporaryDirectory() as folder:
            test(folder)

    run.__doc__ = test.__doc__
    return run


@in_folder
def test_without_table(folder):
    """lines are found in a program that has no table of addresses, as clang makes them"""
    objcopy("--remove-section=.debug_aranges", PROGRAM, f"{folder}/victim")
    assert_matches(LINES, report_of(folder))


def separate(folder, place):
    """Puts the debugging information into a file of its own, which the program names."""
    os.makedirs(f"{folder}/{place}", exist_ok=True)
    objcopy("--only-keep-debug", PROGRAM, f"{folder}/{place}/victim.debug")
    objcopy("--strip-debug", f"--add-gnu-debuglink={folder}/{place}/victim.debug", PROGRAM,
            f"{folder}/victim")


@in_folder
def test_separate_file(folder):
    """lines are found in a file beside the program, or in a folder called .debug"""
    for place in (".", ".debug"):
        separate(folder, place)
        assert_matches(LINES, report_of(folder))
        os.remove(f"{folder}/{place}/victim.debug")
        assert_matches(NO_LINES, report_of(folder))


@in_folder
def test_wrong_file(folder):
    """a file that has changed since is not believed"""
    separate(folder, ".")
    with open(f"{folder}/victim.debug", "ab") as file:
        file.write(b"\\0")
    assert_matches(NO_LINES, report_of(folder))


@in_folder
def test_no_client(folder):
    """libdw does not ask servers for what this machine does not have"""
    objcopy("--strip-debug", PROGRAM, f"{folder}/victim")
    os.mkdir(f"{folder}/fake")
    shutil.copy(FAKE, f"{folder}/fake/libdebuginfod.so.1")
    text = report_of(folder, DEBUGINFOD_URLS="http://127.0.0.1:9/",
                     LD_LIBRARY_PATH=f"{folder}/fake:{os.path.dirname(LIBRARY)}")
    assert_matches(NO_LINES, text)
    assert "server" not in text and "client" not in text, text


@in_folder
def test_no_connection(folder):
    """nobody is called, whatever DEBUGINFOD_URLS says"""
    objcopy("--strip-debug", PROGRAM, f"{folder}/victim")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        text = report_of(folder, DEBUGINFOD_URLS=f"http://127.0.0.1:{listener.getsockname()[1]}/",
                         DEBUGINFOD_TIMEOUT="5", DEBUGINFOD_CACHE_PATH=f"{folder}/cache")
        assert_matches(NO_LINES, text)
        try:
            listener.accept()
        except BlockingIOError:
            return
    raise AssertionError("somebody connected")


def report_after(folder, change):
    """What the program says of a double free if something is changed while it runs."""
    with subprocess.Popen([f"{folder}/victim", "free-twice-later"], env=ENVIRONMENT,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8") as process:
        assert process.stdout.readline() == "ready\n"
        change()
        _, text = process.communicate("\n", timeout=60)
        assert process.returncode == 0, text
    return text


def copy_other_build(path):
    """Makes a copy of the program that the linker seems to have made another time."""
    build_id = f"{path}.build-id"
    objcopy("--dump-section", f".note.gnu.build-id={build_id}", PROGRAM, f"{path}.new")
    with open(build_id, "r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(b"\0\1\2\3")
    objcopy("--update-section", f".note.gnu.build-id={build_id}", PROGRAM, f"{path}.new")
    os.replace(f"{path}.new", path)


def replace_program(program, path):
    os.remove(program)
    copy_other_build(path)


@in_folder
def test_deleted_program(folder):
    """lines are found in a program whose file is deleted or replaced while it runs"""
    program = f"{folder}/victim"
    for change in (partial(os.remove, program), partial(copy_other_build, program),
                   partial(os.rename, program, f"{folder}/renamed")):
        shutil.copy(PROGRAM, program)
        assert_matches(LINES, report_after(folder, change))


@in_folder
def test_newer_program(folder):
    """the lines of another file that has got the name of the program are not shown"""
    program = f"{folder}/victim"
    for name in ("victim", "victim (deleted)"):
        objcopy("--strip-debug", PROGRAM, program)
        change = partial(replace_program, program, f"{folder}/{name}")
        assert_matches(NO_LINES, report_after(folder, change))


@in_folder
def test_odd_file_name(folder):
    """the name of a file cannot start a line, or speak to a terminal"""
    name = "two\nlines\x1b[2J\u202e"
    objcopy("--strip-debug", PROGRAM, f"{folder}/{name}")
    assert_matches(r"\n    \S+ \(two\\x0alines\\x1b\[2J\\u202e\+0x\w+\)\n",
                   report_of(folder, name))


tap.run([test_without_table, test_separate_file, test_wrong_file, test_no_client,
         test_no_connection, test_deleted_program, test_newer_program, test_odd_file_name])
