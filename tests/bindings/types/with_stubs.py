# SPDX-License-Identifier: LGPL-2.1-or-later
"""As program.py, for where there are stubs of PyGObject."""

from gi.repository import Fsmm, Gio, GLib


def look_at(pool: Fsmm.Pool, trimmer: Fsmm.Trimmer, error: Fsmm.ExhaustedError) -> str:
    print(pool.colour)  # wrong
    trimmer.memory_monitor = pool  # wrong
    trimmer.memory_monitor = Gio.MemoryMonitor.dup_default()
    trimmer.trim(Gio.MemoryMonitorWarningLevel.LOW)
    print(error.mesage)  # wrong
    print(Fsmm.Error.TOO_MANY)  # wrong
    print(GLib.get_user_name() + 1)  # wrong
    size: int = pool.acquire().get_bytes().get_size()
    print(Fsmm.TypedPool.new("Date").item_type.nam)  # wrong
    Fsmm.TypedPool.new(5)  # wrong
    return Fsmm.Error(error.code).value_nick + Fsmm.Error.EXHAUSTED.value_nick + "!" * size
