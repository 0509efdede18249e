# SPDX-License-Identifier: LGPL-2.1-or-later
# A little of what a package of stubs for PyGObject has, laid out as such a package is.

from . import _gi as _gi

def require_version(namespace: str, version: str) -> None: ...
