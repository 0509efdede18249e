# SPDX-License-Identifier: LGPL-2.1-or-later
"""The example pipeline hashes files of any size in the same memory, and can be interrupted.

usage: test-pipeline.py COMMAND...
"""

import hashlib
import os
import pathlib
import pty
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import tap

if len(sys.argv) < 2:
    sys.exit(__doc__)

COMMAND = sys.argv[1:]
TIMEOUT = 60  # seconds: for what takes a second or two
PIECE = 64 * 1024
MIB = 1024 * 1024
INTERRUPTED = 130
PATIENCE = 20  # seconds: one that is not interrupted would go on for an hour

folder = tempfile.TemporaryDirectory(prefix="fsmm-pipeline-")


def write(name, data):
    path = pathlib.Path(folder.name, name)
    path.write_bytes(data)
    return path


def make_sparse(name, size):
    path = write(name, b"")
    os.truncate(path, size)
    return path


def run(path):
    return subprocess.run([*COMMAND, path], stdin=subprocess.DEVNULL, capture_output=True,
                          encoding="utf-8", timeout=TIMEOUT, check=False,
                          env=os.environ | {"LC_ALL": "C.UTF-8"})


def describe(data):
    """What the program should say of a file."""
    pieces = [data[start:start + PIECE] for start in range(0, len(data), PIECE)]
    total = hashlib.sha256(b"".join(hashlib.sha256(piece).digest() for piece in pieces))
    return [f"bytes: {len(data)}",
            f"blocks: {len(pieces)}, at most 16 at a time",
            f"SHA-256 of the SHA-256 of each: {total.hexdigest()}",
            "still live: 0"]


def measure_peak(path):
    """The most memory, in bytes, that it ever had for a file, as long as it could be asked."""
    with subprocess.Popen([*COMMAND, path], stdout=subprocess.DEVNULL) as process:
        peak = 0
        while process.poll() is None:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.M)
            peak = max(peak, int(found[1]) * 1024 if found else 0)
            time.sleep(0.005)
    assert process.returncode == 0, process.returncode
    return peak


def test_digests():
    """each block is hashed, and the results are in order"""
    data = random.Random(1).randbytes(100 * PIECE + 123)
    for size in (0, 1, PIECE - 1, PIECE, PIECE + 1, 16 * PIECE, len(data)):
        result = run(write("data", data[:size]))
        assert result.stderr == "", result.stderr
        tap.assert_same_lines(result.stdout.splitlines(), describe(data[:size]), f"{size} bytes")
        assert result.returncode == 0


def test_memory():
    """a large file takes no more memory than a small one"""
    small = measure_peak(make_sparse("small", 2 * MIB))
    large = measure_peak(make_sparse("large", 320 * MIB))
    print(f"# {small / MIB:.1f} MiB for 2 MiB, {large / MIB:.1f} MiB for 320 MiB")
    assert large < small + 16 * MIB, (small, large)


def read_until(terminal, pattern):
    """What is on the terminal until that has come; everything without a pattern."""
    text = ""
    while pattern is None or not re.search(pattern, text):
        try:
            text += os.read(terminal, 1024).decode()
        except OSError:  # there is nobody any more who could write
            break
    return text


def test_interrupted():
    """SIGINT ends it soon, with a word on what was done, while it shows its progress"""
    terminal, other_end = pty.openpty()
    with subprocess.Popen([*COMMAND, make_sparse("endless", 1024 * 1024 * MIB)],
                          stdout=subprocess.PIPE, stderr=other_end) as process:
        os.close(other_end)
        late = threading.Timer(PATIENCE, process.kill)
        late.start()
        shown = read_until(terminal, r"\r +0 %, +\d+ of 16 blocks are live")
        process.send_signal(signal.SIGINT)
        shown += read_until(terminal, None)
        printed = process.stdout.read()
        process.wait()
        late.cancel()
    os.close(terminal)
    assert (process.returncode, printed) == (INTERRUPTED, b""), (process.returncode, shown[-200:])
    last = shown.splitlines()[-1]
    assert re.fullmatch(r"pipeline: cancelled after [\d.]+\s\w+", last), shown


def test_refused():
    """what cannot be opened is named, and the reason why something cannot be read"""
    for path, words in ((folder.name + "/none", "/none.*No such file or directory"),
                        (folder.name, "Is a directory"),
                        ("/proc/self/mem", "Input/output error")):  # can be opened
        result = run(path)
        assert (result.returncode, result.stdout) == (1, ""), result
        assert re.fullmatch(f"pipeline: .*{words}.*\n", result.stderr), result.stderr


tap.run([test_digests, test_memory, test_interrupted, test_refused])
