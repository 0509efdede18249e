# SPDX-License-Identifier: LGPL-2.1-or-later
"""The folders of the library as fsmm-glib/layers.ini lists them, and what their files include."""

import collections
import configparser
import fnmatch
import pathlib
import posixpath
import re

INCLUDE = re.compile(r'\s*#\s*include\s*(?:["<]([^">]+)[">]|(\w+))')

Include = collections.namedtuple("Include", "file line included")


class Library:
    """The C files of a folder, named by their paths in it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        config = configparser.ConfigParser()
        with open(self.folder / "layers.ini", encoding="utf-8") as text:
            config.read_file(text)
        self.layers = dict(config["layers"])
        self.faces = {inside: faces.split() for inside, faces in config["faces"].items()}
        self.files = sorted(path.relative_to(self.folder).as_posix()
                            for path in self.folder.rglob("*")
                            if path.name.endswith((".c", ".h", ".hpp", ".h.in")))

    def level(self, file):
        """How high a file is. What lies in no folder is above them all."""
        folder = posixpath.dirname(file)
        return list(self.layers).index(folder) if folder else len(self.layers)

    def is_behind_face(self, user, file):
        """Whether a folder keeps one of its files from a user outside."""
        return any(file.startswith(f"{inside}/") and not user.startswith(f"{inside}/")
                   and not any(fnmatch.fnmatch(file, face) for face in faces)
                   for inside, faces in self.faces.items())

    def find(self, user, name):
        """The file that an include names, or None where it is not one of the library."""
        name = name.removeprefix("fsmm-glib/")
        for path in posixpath.join(posixpath.dirname(user), name), name:
            path = posixpath.normpath(path)
            for file in path, f"{path}.in":
                if file in self.files:
                    return file
        # Public headers lie side by side when they are installed, and name each other like that.
        return next((file for file in self.files
                     if posixpath.basename(file) in (name, f"{name}.in")), None)

    def includes(self):
        """Each #include of a file of the library, or of a name that only the preprocessor knows."""
        for file in self.files:
            lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines, 1):
                if match := INCLUDE.match(line):
                    name, macro = match.groups()
                    included = macro or self.find(file, name)
                    if included:
                        yield Include(file, number, included)
