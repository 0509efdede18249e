# SPDX-License-Identifier: LGPL-2.1-or-later
"""Boxed types whose instances are plain data, as far as introspection can tell."""

import gi
from gi._gi import EnumInfo, StructInfo, UnionInfo
from gi.module import get_introspection_module
from gi.repository import GLib, GObject

from ._errors import make_error, raises, to_size
from ._values import find_gtype

Fsmm = get_introspection_module("Fsmm")
native_register = Fsmm.type_register_plain_layout

READABLE = 1
WRITABLE = 2

_NUMBERS = frozenset(
    "gboolean gint8 guint8 gint16 guint16 gint32 guint32 gint64 guint64 "
    "gfloat gdouble GType gunichar".split()
)


def type_of(field):
    """The type of a field: the method was renamed in PyGObject 3.52."""
    return field.get_type_info() if hasattr(field, "get_type_info") else field.get_type()


def why_field_not_plain(field):
    """What keeps a field from being plain data, or None."""
    why = _why_type_not_plain(type_of(field))
    if not why and int(field.get_flags()) != READABLE | WRITABLE:
        why = "is private or read-only"
    return why


def _why_type_not_plain(type_):
    tag = type_.get_tag_as_string()
    if type_.is_pointer():
        return "is a pointer"
    if tag in _NUMBERS:
        return None
    if tag == "array":
        # An array of one is how C writes one of any length.
        if type_.get_array_fixed_size() < 2:
            return "is an array of unknown length"
        return _why_type_not_plain(type_.get_param_type(0))

    target = type_.get_interface() if tag == "interface" else None
    if isinstance(target, EnumInfo):
        return None
    if isinstance(target, (StructInfo, UnionInfo)):
        why = _why_struct_not_plain(target)
        return why and f"is not plain data: {why}"
    return "is not plain data"


def _why_struct_not_plain(info):
    if info.get_size() == 0:
        return "it is opaque"
    for field in info.get_fields():
        why = why_field_not_plain(field)
        if why:
            return f'its field "{field.get_name()}" {why}'
    return None


def _find_struct(gtype):
    """What introspection knows of a boxed type, or None."""
    known = getattr(gtype.pytype, "__info__", None)
    if known is not None:
        return known
    repository = gi.Repository.get_default()
    for namespace in repository.get_loaded_namespaces():
        for info in repository.get_infos(namespace):
            if isinstance(info, (StructInfo, UnionInfo)) and info.get_type_name() == gtype.name:
                return info
    return None


def _find_plain_struct(gtype):
    """What introspection knows of a boxed type whose instances are plain data."""
    info = _find_struct(gtype)
    why = "introspection knows no fields of it" if info is None else _why_struct_not_plain(info)
    if why:
        raise make_error(
            Fsmm.Error.UNSUPPORTED_TYPE,
            f"{gtype.name} cannot live in a pool: {why}; a pool takes structs that are plain data, "
            "and types for which C code has registered a layout",
        )
    return info


def _register(gtype):
    info = _find_plain_struct(gtype)
    native_register(gtype, info.get_size(), info.get_alignment())


@raises
def type_register_plain_layout(type, size, alignment):
    """Says how large instances of a boxed type are that introspection takes for plain data.

    That is done for every type that a pool is made for; it is needed where a struct is larger than
    introspection knows. Raises Fsmm.UnsupportedTypeError, which is a TypeError, for a type that is
    not plain data, and Fsmm.InvalidArgumentError, which is a ValueError, for a size or alignment
    that it cannot have.
    """
    gtype = to_gtype(type)
    known = _find_plain_struct(gtype).get_size()
    if to_size("size", size) < known:
        raise make_error(
            Fsmm.Error.INVALID_ARGUMENT, f"size is {size}: {gtype.name} has {known} bytes"
        )
    return native_register(gtype, size, to_size("alignment", alignment))


def to_gtype(item_type):
    """The GType of a class, a GType or a name."""
    if isinstance(item_type, GObject.GType):
        return item_type
    try:
        return find_gtype(item_type)
    except TypeError:
        raise make_error(
            Fsmm.Error.UNSUPPORTED_TYPE,
            f"{item_type!r} is not a type that is known: pass a class, a GObject.GType, or the "
            "name of a type that is in use already",
        ) from None


_with_layout = set()


def ensure_layout(gtype):
    """Gives a type a layout, if it has none and can have one. Others are for C to refuse."""
    # But for this one, which PyGObject 3.58 refuses before C sees it, with a ValueError.
    if gtype == GObject.TYPE_INVALID:
        raise make_error(
            Fsmm.Error.UNSUPPORTED_TYPE,
            "(invalid type) is not a boxed type: a pool holds instances of boxed types only",
        )
    if gtype in _with_layout or not gtype.is_a(GObject.TYPE_BOXED):
        return
    try:
        Fsmm.TypedPool.new(gtype, 0)
    except GLib.Error:
        _register(gtype)
    _with_layout.add(gtype)
