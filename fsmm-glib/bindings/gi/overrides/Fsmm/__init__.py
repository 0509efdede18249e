# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Python programs see of fsmm-glib beyond what introspection makes of it.

Everything goes through those calls of the C library that check. Nothing here keeps the address of a
block, but for a view, which keeps the block as well.
"""

from gi.overrides import override

from ._block import Block
from ._box import Box
from ._errors import (
    ClosedError,
    ExhaustedError,
    InvalidArgumentError,
    NoMemoryError,
    OutOfRangeError,
    ReleasedError,
    TimedOutError,
    UnsupportedTypeError,
)
from ._lease import Lease
from ._monitor import Monitor, PoolInfo
from ._object_pool import ObjectPool
from ._plain import type_register_plain_layout
from ._pool import Pool
from ._trimmer import Trimmer
from ._typed_pool import TypedPool

__all__ = [
    "Block",
    "Box",
    "ClosedError",
    "ExhaustedError",
    "InvalidArgumentError",
    "Lease",
    "Monitor",
    "NoMemoryError",
    "ObjectPool",
    "OutOfRangeError",
    "Pool",
    "PoolInfo",
    "ReleasedError",
    "TimedOutError",
    "Trimmer",
    "TypedPool",
    "UnsupportedTypeError",
    "type_register_plain_layout",
]

for _class in (Block, Box, Lease, Monitor, ObjectPool, Pool, PoolInfo, Trimmer, TypedPool):
    # PyGObject finds the namespace by this.
    _class.__module__ = __name__
    override(_class)

# In a traceback, the name that users know.
for _class in (
    ClosedError,
    ExhaustedError,
    InvalidArgumentError,
    NoMemoryError,
    OutOfRangeError,
    ReleasedError,
    TimedOutError,
    UnsupportedTypeError,
):
    _class.__module__ = "gi.repository.Fsmm"
