# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program that may do more than its user does not obey the environment of that user.

usage: test-privileges.py PROGRAM PRETENDER

PROGRAM has the library in it: such a program is loaded with no library from a build folder.
PRETENDER is a library that makes a program believe that it has privileges.
"""

import functools
import os
import shutil
import subprocess
import sys
import tempfile

import tap

PROGRAM, PRETENDER = map(os.path.abspath, sys.argv[1:])
NOBODY = 65534


def run(program, act, preloaded="", runtime="/", flags="trace,poisn,help", **options):
    environment = {**os.environ, "FSMM_DEBUG": flags, "LC_ALL": "C.UTF-8",
                   "LD_PRELOAD": preloaded, "XDG_RUNTIME_DIR": runtime}
    return subprocess.run([program, act], env=environment, cwd="/", capture_output=True, text=True,
                          encoding="utf-8", timeout=60, check=True, **options)


def other_group():
    """A group of this user that is not the first one, or None."""
    return next((group for group in os.getgroups() if group != os.getgid()), None)


def make_privileged(program):
    """Sets the bits that this user may set, and returns what to run the program with."""
    if os.getuid() == 0:
        os.chmod(program, 0o4755)
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    os.chown(program, -1, other_group())
    os.chmod(program, 0o2755)
    return {}


def run_privileged(act, **more):
    """Runs a copy of the program that has the bits, from a file system that heeds them."""
    for folder in (tempfile.gettempdir(), "/var/tmp", "/dev/shm", "/run", os.getcwd()):
        if os.access(folder, os.W_OK) and not os.statvfs(folder).f_flag & os.ST_NOSUID:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                os.chmod(own, 0o755)
                program = shutil.copy(PROGRAM, own)
                options = make_privileged(program)
                secure = run(program, "tell-privileges", **options)
                assert secure.stdout == "privileged\ndone\n", (folder, secure)
                return run(program, act, **options, **more)
    raise AssertionError("no folder to write to heeds the bits of programs")


def assert_obeyed(text):
    assert 'FSMM_DEBUG has "poisn"' in text and "quarantine" in text, text
    assert "it was taken by:" in text, text


def assert_not_obeyed(text):
    assert "is free already" in text, text
    assert "poisn" not in text and "quarantine" not in text, text
    assert "it was taken by:" not in text, text


def test_plain():
    """FSMM_DEBUG is obeyed where the user may do all that the program may"""
    assert run(PROGRAM, "tell-privileges").stdout == "not privileged\ndone\n"
    assert_obeyed(run(PROGRAM, "free-twice").stderr)


def test_privileged():
    """FSMM_DEBUG is not obeyed in a program with a set-user-ID or set-group-ID bit"""
    assert_not_obeyed(run_privileged("free-twice").stderr)


def test_told_to_be_privileged():
    """FSMM_DEBUG is not obeyed where the system says that it is not to be"""
    assert_not_obeyed(run(PROGRAM, "free-twice", preloaded=PRETENDER).stderr)


def export(run_it, **options):
    """What a program says that is to show its pools, and the names of what it leaves while it runs."""
    with tempfile.TemporaryDirectory() as runtime:
        if os.getuid() == 0 and options.pop("is_nobody", False):
            os.chown(runtime, NOBODY, NOBODY)
        record = f"{runtime}/record"
        result = run_it(act="export", runtime=runtime, flags=f"monitor,record={record}", **options)
        return result.stdout.splitlines(), result.stderr, os.listdir(runtime)


def test_plain_export():
    """a program shows its pools where its user may do all that it may"""
    said, warned, left = export(functools.partial(run, PROGRAM))
    assert said == ["exported", "something is open", "done"], said
    assert warned == "" and "fsmm-monitor" in left, (warned, left)


def test_privileged_export():
    """a program with a set-user-ID or set-group-ID bit shows its pools to nobody"""
    said, warned, left = export(run_privileged, is_nobody=True)
    assert "may do more than the user who started it" in said[0], said
    assert said[1:] == ["nothing is open", "done"], said
    assert warned == "" and left == [], (warned, left)


def test_told_to_be_privileged_export():
    """nor where the system says that it has privileges"""
    said, warned, left = export(functools.partial(run, PROGRAM, preloaded=PRETENDER))
    assert "may do more than the user who started it" in said[0], said
    assert said[1] == "nothing is open" and left == [], (said, left)


# Who is not root, and in one group only, cannot make a program that has privileges.
tap.run([test_plain, test_told_to_be_privileged, test_plain_export,
         test_told_to_be_privileged_export] +
        [test_privileged, test_privileged_export] * (os.getuid() == 0 or other_group() is not None))
