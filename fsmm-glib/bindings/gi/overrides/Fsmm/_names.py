# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names that somebody may have meant, who has written another one."""

SHORTEST_PART = 3


def _is_part(name, other):
    return len(name) >= SHORTEST_PART and name in other


def _find_near(wrong, names):
    """The name that is next to the one that is wrong, or None."""
    import difflib  # only once something is wrong

    near = difflib.get_close_matches(wrong, names, n=1)
    parts = [name for name in names if _is_part(wrong, name) or _is_part(name, wrong)]
    return next(iter(near + parts), None)


def list_names(wrong, names, have="there are"):
    """What an error says after a name that is wrong: which ones there are."""
    names = list(names)
    near = _find_near(wrong, names)
    listed = f"{have} {', '.join(names) or 'none'}"
    return f"did you mean {near}? {listed[0].upper()}{listed[1:]}" if near else listed
