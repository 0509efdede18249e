# SPDX-License-Identifier: LGPL-2.1-or-later
"""What several classes have in common."""

import contextlib
import functools
import inspect

from gi.module import get_introspection_module

from ._names import list_names


def with_attributes(**documentation):
    """Gives a class attributes for its properties: pool.name, as pool.get_name()."""

    def make_attribute(name, words):
        return property(lambda self: getattr(self, f"get_{name}")(), doc=words)

    def decorate(cls):
        for name, words in documentation.items():
            setattr(cls, name, make_attribute(name, words))
        return cls

    return decorate


def without_copies(why):
    """Makes copying and pickling fail with words that say why."""

    def refuse(self, *_):
        raise TypeError(f"cannot copy or pickle a {type(self).__name__}: {why}")

    def decorate(cls):
        for name in ("__copy__", "__deepcopy__", "__reduce_ex__"):
            setattr(cls, name, refuse)
        return cls

    return decorate


def with_keywords(init):
    """Lets an __init__ say which keywords it has, where it is called with others."""
    names = [name for name in inspect.signature(init).parameters if name != "self"]

    @functools.wraps(init)
    def checking(self, *args, **kwargs):
        call = f"Fsmm.{type(self).__name__}()"
        if args:
            raise TypeError(f"{call} takes no positional arguments, but {', '.join(names)}")
        for name in kwargs:
            if name not in names:
                raise TypeError(f'{call} has no argument "{name}": {list_names(name, names)}')
        init(self, **kwargs)

    return checking


def refuse_subclass(cls, **_):
    """For __init_subclass__ of a class whose GType cannot be derived from."""
    raise TypeError(f"Fsmm.{cls.__base__.__name__} is final: keep one in an object of your own")


def exists(pool):
    """Whether there is a GObject behind it: __new__() alone makes none."""
    try:
        return pool.__grefcount__ > 0
    except TypeError:
        return False


def take_many(pool, n, take):
    """Calls a function that takes something from a pool n times. Nothing is taken where one fails."""
    pool.reserve(n)  # finds most of what can go wrong, and fails at once
    handles = []
    try:
        for _ in range(n):
            handles.append(take())
    except BaseException:
        with contextlib.ExitStack() as taken:
            for handle in handles:
                taken.push(handle)
        raise
    return handles


def describe_limit(max_blocks):
    return f"at most {max_blocks}" if max_blocks else "no limit"


class HandleMeta(type(get_introspection_module("Fsmm").Block)):
    """Shows the documentation of a class, where PyGObject shows words of its own."""

    @property
    def __doc__(cls):
        return cls.__dict__.get("__doc__")
