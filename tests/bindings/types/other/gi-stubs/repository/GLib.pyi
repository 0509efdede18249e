# SPDX-License-Identifier: LGPL-2.1-or-later

from gi import _gi

Error = _gi.GError

class Bytes(_gi.GBoxed):
    @staticmethod
    def new(data: bytes | None) -> Bytes: ...
    def get_size(self) -> int: ...

def get_user_name() -> str: ...
