# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fsmm.Lease."""

import types

from gi.module import get_introspection_module
from gi.repository import GLib

from ._errors import raises
from ._home import is_away
from ._names import list_names
from ._shared import HandleMeta, refuse_subclass, without_copies
from ._waiting import hand_on

NativeLease = get_introspection_module("Fsmm").Lease

# To look them up takes long.
_get_object = NativeLease.get_object
_release_known = NativeLease.release_known


@without_copies("there is one who has borrowed the object")
class Lease(NativeLease, metaclass=HandleMeta):
    """A handle to an object that a pool has lent: see Fsmm.ObjectPool.borrow.

        with pool.borrow() as client:
            client.connect_to_host("gnome.org", 443, None)

    When the with statement ends, whatever happened in it, the object goes back to its pool; without
    one, it does so when the lease is gone, or with release(). A lease that has ended raises
    Fsmm.ReleasedError, and is false in a condition.

    Do not use the object afterwards: the next one may have it. The pool waits for whatever else in
    the program still has a reference to it, but not for variables of Python. What a program has
    set on the object in Python is still there for the next one: a reset function can remove it.
    """

    __init_subclass__ = classmethod(refuse_subclass)

    __class_getitem__ = classmethod(types.GenericAlias)  # what is lent, for type checkers

    _pool = None  # where a task has waited for it

    @property
    @raises
    def object(self):
        """The object that has been lent. Raises Fsmm.ReleasedError if the lease has ended."""
        lent = NativeLease.get_object(self)
        if lent is None:
            NativeLease.release(self)  # raises what there is to say
        return lent

    def get_object(self):
        """Returns the object that has been lent, or None if the lease has ended."""
        return NativeLease.get_object(self)

    def is_live(self):
        """Tells whether the lease still has its object."""
        return NativeLease.is_live(self)

    def _release(self):
        # What Python knows of the object has one reference, which is there for as long as this
        # variable is, and which does not mean that it is in use.
        lent = _get_object(self)
        is_released = _release_known(self, 1)
        del lent
        self._hand_on()
        return is_released

    def _hand_on(self):
        if self._pool is not None:
            hand_on(self._pool)

    @raises
    def release(self):
        """Gives the object back to its pool now. The reset function runs in this thread.

        Raises Fsmm.ReleasedError if the lease has ended already.
        """
        return self._release()

    @raises
    def release_known(self, n_known_refs):
        """Gives the object back as C does: release() is what knows the references of Python."""
        is_released = NativeLease.release_known(self, n_known_refs)
        self._hand_on()
        return is_released

    def discard(self):
        """Ends the lease, and has the pool drop the object. Does nothing if it has ended."""
        NativeLease.discard(self)
        self._hand_on()

    def steal(self):
        """Ends the lease, and returns the object, of which the pool knows nothing any more.

        Raises Fsmm.ReleasedError if the lease has ended already.
        """
        lent = self.object
        if NativeLease.steal(self) is None:
            lent = self.object  # raises what there is to say
        self._hand_on()
        return lent

    def copy(self):
        """Raises TypeError: there is one who has borrowed the object."""
        self.__copy__()

    def __enter__(self):
        return _get_object(self) or self.object

    def __exit__(self, *_):
        # A thread that only waits for others leaves it to the pool to reset the object.
        if is_away():
            return
        try:
            self._release()
        except GLib.Error:
            pass  # it has ended before

    def __bool__(self):
        return self.is_live()

    def __setattr__(self, name, value):
        if hasattr(type(self), name):
            raise AttributeError(f'"{name}" of a lease cannot be set')
        names = [name for name in dir(type(self)) if not name.startswith("_")]
        listed = list_names(name, names, "it has")
        raise AttributeError(f'a lease has no attribute "{name}", but its object may: {listed}')

    def __repr__(self):
        lent = self.get_object()
        return f"<Fsmm.Lease of {lent!r}>" if lent is not None else "<Fsmm.Lease, ended>"
