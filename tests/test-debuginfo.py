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

import tap

PROGRAM, LIBRARY, OBJCOPY, FAKE = sys.argv[1:]
LINES = r"take_block \(tools-victim\.c:\d+\)\n    free_twice \(tools-victim\.c:\d+\)\n    main \(tools"
NO_LINES = r"it was taken by:\n    take_block \(victim\+0x\w+\)\n"


def objcopy(*arguments):
    subprocess.run([OBJCOPY, *arguments], check=True, timeout=60)


def report_of(folder, name="victim", **variables):
    """What the program in the folder says of a double free."""
    environment = {**os.environ, "FSMM_DEBUG": "trace", "LC_ALL": "C.UTF-8",
                   "LD_LIBRARY_PATH": os.path.dirname(LIBRARY), **variables}
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


@in_folder
def test_odd_file_name(folder):
    """the name of a file cannot start a line, or speak to a terminal"""
    name = "two\nlines\x1b[2J\u202e"
    objcopy("--strip-debug", PROGRAM, f"{folder}/{name}")
    assert_matches(r"\n    \S+ \(two\\x0alines\\x1b\[2J\\u202e\+0x\w+\)\n",
                   report_of(folder, name))


tap.run([test_without_table, test_separate_file, test_wrong_file, test_no_client,
         test_no_connection, test_odd_file_name])
