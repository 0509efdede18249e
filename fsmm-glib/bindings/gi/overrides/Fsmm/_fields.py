# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fields of instances in boxes, as attributes."""

import functools
import importlib
import sys

from gi._gi import EnumInfo, StructInfo, UnionInfo
from gi.module import get_introspection_module

from ._errors import raises
from ._looking import looks
from ._names import list_names
from ._plain import READABLE, type_of, why_field_not_plain
from ._shared import without_copies
from ._values import Unfit, convert, show

Fsmm = get_introspection_module("Fsmm")
NativeBox = Fsmm.Box

# The instance in a box. It is good only for as long as the caller looks.
peek = raises(NativeBox.peek)

# --- What is known of a struct ---


def _name_of(info):
    return f"{info.get_namespace()}.{info.get_name()}"


def _values_of(target):
    """The values of an enumeration; flags are put together in many ways."""
    if not isinstance(target, EnumInfo) or target.is_flags():
        return None
    return [value.get_value() for value in target.get_values()]


class Field:
    """A field of a struct, and what can be done with it."""

    def __init__(self, info):
        type_ = type_of(info)
        tag = type_.get_tag_as_string()
        target = type_.get_interface() if tag == "interface" else None
        why = why_field_not_plain(info)
        if not why and tag == "array":
            why = "is an array"
        if not why and isinstance(target, UnionInfo):
            why = "is a union"
        is_string = tag in ("utf8", "filename") and int(info.get_flags()) & READABLE

        self.name = info.get_name()
        self.info = info
        self.struct = Struct(target) if not why and isinstance(target, StructInfo) else None
        self.why_not_written = why
        self.why_not_read = None if is_string else why
        self._tag = tag
        self._values = _values_of(target)
        self._words = f'field "{self.name}" ({_name_of(target) if target else tag})'

    def convert(self, value):
        if self.struct is not None:
            return self._convert_struct(value)
        try:
            converted = convert(value, self._tag)
        except Unfit as unfit:
            raise unfit.kind(f"{self._words} {unfit}, not {show(value)}") from None
        # PyGObject would write a value that it cannot read.
        if self._values and converted not in self._values:
            values = ", ".join(map(str, self._values))
            raise ValueError(f"{self._words} must be one of {values}, not {show(value)}")
        return converted

    def write(self, view, value):
        try:
            self.info.set_value(view, value)
        except (OverflowError, TypeError, ValueError) as error:
            kind = OverflowError if isinstance(error, OverflowError) else ValueError
            raise kind(f"{self._words} cannot be {show(value)}: {error}") from None

    def _convert_struct(self, value):
        if type(value) is Part and value._get_struct().name == self.struct.name:
            return value
        if issubclass(type(value), self.struct.find_class()):
            return value
        raise TypeError(f'field "{self.name}" must be {self.struct.name}, not {show(value)}')


class Struct:
    """The fields of a struct."""

    def __init__(self, info):
        self.namespace = info.get_namespace()
        self.name = _name_of(info)
        self.size = info.get_size()
        self.fields = {field.get_name(): Field(field) for field in info.get_fields()}

    def find_class(self):
        module = importlib.import_module(f"gi.repository.{self.namespace}")
        return getattr(module, self.name.partition(".")[2])

    def _find(self, name, do, why_not):
        field = self.fields.get(name)
        if field is None:
            names = list_names(str(name), self.fields, "it has")
            raise AttributeError(f'{self.name} has no field "{name}": {names}')
        why = getattr(field, why_not)
        if why:
            raise AttributeError(f'cannot {do} field "{name}" of {self.name}: it {why}')
        return field

    def list_readable(self):
        return [name for name, field in self.fields.items() if not field.why_not_read]

    def find_readable(self, name):
        return self._find(name, "read", "why_not_read")

    def find_writable(self, name):
        return self._find(name, "write", "why_not_written")


@functools.lru_cache(maxsize=None)
def struct_of(cls):
    """The fields of instances of a class. The layout has the last word on how large they are."""
    info = getattr(cls, "__info__", None)
    if not isinstance(info, StructInfo):
        raise AttributeError(f"introspection knows no fields of {cls.__name__}")
    struct = Struct(info)
    size = Fsmm.TypedPool.get_default(cls.__gtype__).get_pool().get_alloc_size()
    if struct.size != size:
        raise AttributeError(
            f"cannot use the fields of {struct.name}: it has {size} bytes, but introspection takes "
            f"it for {struct.size}; use a copy, from peek()"
        )
    return struct


# --- Reading and writing ---


def _look(box, path):
    """The instance in a box, or what lies in it at the end of a path of fields: maybe a copy.

    It is good only for as long as the caller looks.
    """
    view = peek(box)
    for field in path:
        # PyGObject imports the class of the field. Where Python ends and imports nothing any more,
        # version 3.58 of it crashes.
        if sys.meta_path is None:
            raise RuntimeError(f'Python ends: "{field.name}" cannot be looked into any more')
        view = field.info.get_value(view)
    return view


@looks
def _read(box, path, field):
    return field.info.get_value(_look(box, path))


@looks
def _write(box, path, values):
    view = _look(box, path)
    for field, value in values:
        if type(value) is Part:
            value = _look(value._box, value._path)
        field.write(view, value)
    if path:
        _write(box, path[:-1], ((path[-1], view),))


class Fields:
    """Gives an object the fields of a struct as attributes: in its _box, at its _path."""

    __slots__ = ()

    def __getattr__(self, name):
        # Python and its libraries ask for these to find out what can be done with an object.
        if name.startswith("__"):
            raise AttributeError(f'{type(self).__name__} has no attribute "{name}"')
        return self[name]

    def __setattr__(self, name, value):
        if hasattr(type(self), name):
            raise AttributeError(f'"{name}" is no field here: one of that name is [{name!r}]')
        self[name] = value

    def __getitem__(self, name):
        field = self._get_struct().find_readable(name)
        if field.struct is not None:
            peek(self._box)  # raises what reading would
            return Part(self._box, (*self._path, field))
        return _read(self._box, self._path, field)

    def __setitem__(self, name, value):
        self._set(((name, value),))

    def _set(self, values):
        struct = self._get_struct()
        fields = [(struct.find_writable(name), value) for name, value in values]
        _write(self._box, self._path, [(field, field.convert(value)) for field, value in fields])

    @looks
    def __iter__(self):
        """Goes over names and values of the fields that can be read, as copies: for dict(box)."""
        struct = self._get_struct()
        return iter([(name, self._copy(struct.fields[name])) for name in struct.list_readable()])

    def __contains__(self, name):
        return name in self._get_struct().list_readable()

    def _copy(self, field):
        value = self[field.name]
        return value if field.struct is None else dict(value)

    def __dir__(self):
        return [*super().__dir__(), *self._get_struct().fields]

    def _describe(self):
        """The fields that can be read, as "x=1, y=2"."""
        words = []
        for name in self._get_struct().list_readable():
            value = self[name]
            shown = f"({value._describe()})" if type(value) is Part else repr(value)
            words.append(f"{name}={shown}")
        return ", ".join(words)


@without_copies("it is a part of what is in a box; copy that with peek()")
class Part(Fields):
    """A struct that is a field of an instance, and lies in it, or is all of it.

    It is equal to itself only.
    """

    __slots__ = ("__weakref__", "_box", "_path")

    def __init__(self, box, path):
        object.__setattr__(self, "_box", box)
        object.__setattr__(self, "_path", path)

    def __eq__(self, other):
        if type(other) is not Part:
            return NotImplemented
        return (self._box, self._path) == (other._box, other._path)

    def __hash__(self):
        return hash((self._box, self._path))

    def _get_struct(self):
        return self._path[-1].struct if self._path else self._box._get_struct()

    @looks
    def __repr__(self):
        what = self._describe() if self._box else "released"
        return f"<part of an Fsmm.Box, {self._get_struct().name}: {what}>"
