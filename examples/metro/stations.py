# SPDX-License-Identifier: LGPL-2.1-or-later
"""A pool of stations, whose type is that of a library in C."""

import gi

gi.require_version("Fsmm", "1")
gi.require_version("Metro", "1")
from gi.repository import Fsmm, Metro

stations = Fsmm.TypedPool(item_type=Metro.Station, name="stations", max_blocks=1)

opera = stations.acquire(line=8, depth=12.5)
opera.line += 1

# What a pointer leads to is for C to set: in a copy, which takes the place of the station.
copy = opera.peek()
copy.rename("Opera")
opera.set_value(copy)
print(opera.name, opera.line, opera.depth)

try:
    stations.acquire(line=3)
except Fsmm.ExhaustedError as error:
    print(error.message)

print(stations.free_all(), "dropped,", opera.name if opera else "nothing", "left")
