# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the folder below PREFIX in which this Python looks for packages.

usage: find-python-folder.py PREFIX

That of PyGObject itself, if it is there and below PREFIX; or else one that Python looks into by itself;
or else the one where it would be if Python were installed in PREFIX.
"""

import os
import site
import sys
import sysconfig

try:
    # Not there either in a folder "gi" that holds nothing but other libraries' overrides.
    from gi import _overridesdir as own_overrides
except ImportError:
    own_overrides = None


def is_below(folder, prefix):
    return os.path.commonpath([folder, prefix]) == prefix


def find_folder(prefix):
    if own_overrides is not None:
        own = os.path.dirname(os.path.dirname(os.path.abspath(own_overrides)))
        if is_below(own, prefix):
            return own

    for folder in site.getsitepackages():
        # What is in /usr/local is not in the prefix /usr.
        if is_below(folder, prefix) and not is_below(folder, os.path.join(prefix, "local")):
            return folder

    # Debian's own scheme would add another “local”.
    scheme = "posix_prefix" if os.name == "posix" else sysconfig.get_default_scheme()
    return sysconfig.get_path("purelib", scheme, {"base": prefix, "platbase": prefix})


print(find_folder(os.path.abspath(sys.argv[1])))
