# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fsmm.Box."""

import functools
import types

from gi.repository import GObject

from ._errors import raises
from ._fields import Fields, NativeBox, Part, peek, struct_of
from ._looking import looks, make_vanish
from ._shared import HandleMeta, refuse_subclass, without_copies
from ._waiting import hand_on


@without_copies("there is one owner of an instance; peek() returns a copy of that")
class Box(Fields, NativeBox, metaclass=HandleMeta):
    """A handle that owns an instance in a typed pool: see Fsmm.TypedPool.acquire.

        with pool.acquire(x=1, y=2) as point:
            point.x += 1
            print(point.x, point.y)

    The fields of the instance are its attributes, if they are numbers, enumerations, strings (to
    be read only), or structs of such. Where a method here has the name of a field, the field is
    box["drop"]. "x" in box tells whether there is one, and dict(box) copies all of them, those of
    structs in dictionaries of their own.

    box.value has the fields and nothing else, and is what type checkers know the fields of. Setting
    it is set_value(). Where the instance has a field of that name, it is the field.

    When the with statement ends, whatever happened in it, the instance is cleared, and its memory
    goes back to the pool; without one, it does so when the box is gone, or with drop(). A box whose
    instance is gone raises Fsmm.ReleasedError, and is false in a condition.
    """

    __init_subclass__ = classmethod(refuse_subclass)

    __class_getitem__ = classmethod(types.GenericAlias)  # what is in it, for type checkers

    _box = property(lambda self: self)
    _pool = None  # where a task has waited for it
    _path = ()

    def _is_value(self, name):
        return name == "value" and name not in self._get_struct().fields

    def __getattr__(self, name):
        return Part(self, ()) if self._is_value(name) else super().__getattr__(name)

    def __setattr__(self, name, value):
        if self._is_value(name):
            self.set_value(value)
        else:
            super().__setattr__(name, value)

    def _get_struct(self):
        # It stays what it is.
        struct = self.__dict__.get("_struct")
        if struct is None:
            struct = self.__dict__["_struct"] = struct_of(type(peek(self)))
        return struct

    @looks
    def peek(self):
        """Returns a copy of the instance. In C it is the instance itself."""
        view = peek(self)
        # The value in a GValue has been taken out of it, and is a copy.
        return GObject.GBoxed.copy(view) if isinstance(view, GObject.GBoxed) else view

    @raises
    @looks
    def set_value(self, value):
        """Clears the instance, and puts a copy of another one in its place.

        Raises Fsmm.InvalidArgumentError, which is a ValueError, if value is not of the pool's type.
        """
        return NativeBox.set_value(self, value)

    def drop(self):
        """Clears the instance now, and gives its memory back. Does nothing if it is gone."""
        make_vanish(functools.partial(NativeBox.drop, self))
        if self._pool is not None:
            hand_on(self._pool)

    def is_live(self):
        """Tells whether the box owns an instance."""
        return NativeBox.is_live(self)

    def get_pool(self):
        """Returns the Fsmm.TypedPool that the instance lives in, or has lived."""
        return NativeBox.get_pool(self)

    @looks
    def to_string(self):
        """Describes the instance, with the type's own function where its layout has one."""
        return NativeBox.to_string(self)

    def copy(self):
        """Raises TypeError: there is one owner of an instance."""
        self.__copy__()

    def __enter__(self):
        if not self:
            peek(self)  # raises what there is to say
        return self

    def __exit__(self, *_):
        self.drop()

    def __bool__(self):
        return self.is_live()

    def __dir__(self):
        return super().__dir__() if self else object.__dir__(self)

    @looks
    def __repr__(self):
        try:
            fields = f": {self._describe()}" if self else ""
        except (AttributeError, TypeError):  # as for a GValue that has none
            fields = ""
        return f"<Fsmm.Box, {self.to_string()}{fields}>"
