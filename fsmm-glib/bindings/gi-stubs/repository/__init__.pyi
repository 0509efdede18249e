# SPDX-License-Identifier: LGPL-2.1-or-later
# Namespaces that no stub is installed for may have anything in them. Where pygobject-stubs is
# installed in the same folder, type checkers take what it has; it has no such file itself.

from typing import Any

def __getattr__(name: str) -> Any: ...
