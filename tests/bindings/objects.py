# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of pools of objects have in common."""

from gi.repository import GObject


class Item(GObject.Object):
    """A class of Python's own."""


class Unowned(GObject.InitiallyUnowned):
    """One whose objects are floating at first, as those of widgets are."""


def counts(pool):
    return pool.n_lent, pool.n_idle, pool.n_lingering


def refer_to(keep, lent, has_attribute):
    """Has C refer to an object, with or without an attribute of Python's own."""
    if has_attribute:
        lent.mine = 1
    keep.append(lent)


def lend(pool, keep, has_attribute):
    """Borrows an object, and leaves a reference behind that no variable has."""
    with pool.borrow() as lent:
        refer_to(keep, lent, has_attribute)
