# SPDX-License-Identifier: LGPL-2.1-or-later

from gi import _gi

GBoxed = _gi.GBoxed
GPointer = _gi.GPointer
GType = _gi.GType

class Object(_gi.GObject): ...
class ObjectClass(_gi.GPointer): ...
