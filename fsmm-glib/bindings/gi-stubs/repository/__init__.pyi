# SPDX-License-Identifier: LGPL-2.1-or-later
# Namespaces that no stub is installed for may have anything in them. Of those that another package
# of stubs has, type checkers take what that says.

from typing import Any

def __getattr__(name: str) -> Any: ...
