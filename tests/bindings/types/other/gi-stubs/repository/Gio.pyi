# SPDX-License-Identifier: LGPL-2.1-or-later

from enum import IntEnum

class AsyncResult:
    def get_source_object(self) -> object: ...

class Cancellable:
    def __init__(self) -> None: ...
    def cancel(self) -> None: ...
    def is_cancelled(self) -> bool: ...

class Initable: ...

class MemoryMonitor:
    @staticmethod
    def dup_default() -> MemoryMonitor: ...

class MemoryMonitorWarningLevel(IntEnum):
    LOW = 50
    MEDIUM = 100
    CRITICAL = 255
