# SPDX-License-Identifier: LGPL-2.1-or-later

from enum import IntEnum

class Initable: ...

class MemoryMonitor:
    @staticmethod
    def dup_default() -> MemoryMonitor: ...

class MemoryMonitorWarningLevel(IntEnum):
    LOW = 50
    MEDIUM = 100
    CRITICAL = 255
