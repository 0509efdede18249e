# SPDX-License-Identifier: LGPL-2.1-or-later
"""Steps aside for PyGObject. It is not installed.

PYTHONPATH names the folder above this one where the library is used without being installed, so
that PyGObject finds the overrides. A Python that has no PyGObject would take this folder for a
package without contents, and not say that PyGObject is missing.
"""

import os.path
import sys
from importlib.machinery import PathFinder


def _step_aside():
    here = os.path.realpath(os.path.dirname(os.path.dirname(__file__)))
    elsewhere = [entry for entry in sys.path if os.path.realpath(entry) != here]
    found = PathFinder.find_spec(__name__, elsewhere)
    if found is None or found.loader is None:
        raise ModuleNotFoundError(f"No module named {__name__!r}", name=__name__)

    module = sys.modules[__name__]
    module.__spec__, module.__loader__ = found, found.loader
    module.__file__, module.__path__ = found.origin, found.submodule_search_locations
    found.loader.exec_module(module)


_step_aside()
