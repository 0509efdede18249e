# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the folder below PREFIX in which this Python looks for packages.

usage: find-python-folder.py PREFIX

That of PyGObject itself, where it is below PREFIX; or else one that Python looks into by itself; or
else the one where it would be if Python were installed in PREFIX.
"""

import os
import site
import sys
import sysconfig

import gi


def is_below(folder, prefix):
    return os.path.commonpath([folder, prefix]) == prefix


def find_folder(prefix):
    own = os.path.dirname(os.path.dirname(os.path.abspath(gi._overridesdir)))
    for folder in [own, *site.getsitepackages()]:
        if is_below(folder, prefix):
            return folder

    # Debian's own scheme would add another “local”.
    scheme = "posix_prefix" if os.name == "posix" else sysconfig.get_default_scheme()
    return sysconfig.get_path("purelib", scheme, {"base": prefix, "platbase": prefix})


print(find_folder(os.path.abspath(sys.argv[1])))
