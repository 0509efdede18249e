# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every file of the project says which licence it is under.

usage: test-licences.py SOURCE
"""

import pathlib
import re
import sys

import tap

SOURCE = pathlib.Path(sys.argv[1])
# Alone in its line, but for what a comment begins and ends with.
TAG = re.compile(r"^\W*SPDX-License-Identifier: LGPL-2\.1-or-later\W*$", re.MULTILINE)
# The licence itself, and what cannot hold a comment.
WITHOUT = {"LICENSE", "py.typed"}
# Inputs for the fuzz targets: every byte of one means something.
CORPUS = ("tests", "fuzz", "corpus")
DATA_SUFFIXES = {".txt", ".json", ".png", ".svg", ".xml"}


def source_files():
    for path in sorted(SOURCE.rglob("*")):
        parts = path.relative_to(SOURCE).parts
        if not path.is_file() or parts[0] in (".git", "subprojects") or parts[0].startswith("_"):
            continue
        if parts[:3] == CORPUS:
            continue
        if "__pycache__" in parts or path.name in WITHOUT or path.suffix in DATA_SUFFIXES:
            continue
        yield path


def test_spdx():
    """every file has an SPDX line among its first five"""
    files = list(source_files())
    assert len(files) > 50, f"only {len(files)} files were found"
    without = [str(path.relative_to(SOURCE)) for path in files
               if not TAG.search("\n".join(path.read_text().splitlines()[:5]))]
    assert not without, "no SPDX line: " + ", ".join(without)


tap.run([test_spdx])
