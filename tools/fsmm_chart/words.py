# SPDX-License-Identifier: LGPL-2.1-or-later
"""Words and numbers, for people."""

import unicodedata

PREFIXES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def scale(n_bytes):
    """A unit that suits the number, and how many bytes it has."""
    i = 0
    while n_bytes >= 1024 ** (i + 1) and i < len(PREFIXES) - 1:
        i += 1
    return PREFIXES[i], 1024**i


def show_bytes(n_bytes):
    unit, size = scale(n_bytes)
    number = n_bytes / size
    return f"{number:.0f} {unit}" if number >= 100 or size == 1 else f"{number:.3g} {unit}"


def escape(character):
    is_plain = (
        unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
        or character in "\u200c\u200d"
    )
    if is_plain and character not in "\ufffe\uffff":
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"


def plain(text):
    """The text on one line, whatever is in it: what the library does in its messages."""
    return "".join(map(escape, text))


def shorten(text, n_characters):
    text = plain(text[: 4 * n_characters])
    return text if len(text) <= n_characters else text[: n_characters - 1] + "…"


def even_steps(highest, n_most):
    """0, and multiples of 1, 2 or 5 times a power of ten, up to the highest."""
    step = 10.0**-3
    factors = (2, 2.5, 2)
    i = 0
    while highest / step > n_most:
        step *= factors[i % 3]
        i += 1
    return [step * n for n in range(int(highest / step + 1e-9) + 1)]


def byte_ticks(highest):
    if highest <= 1:
        return [("0", 0)]
    unit, size = scale(highest)
    return [
        (f"{number:g} {unit}" if number else "0", number * size)
        for number in even_steps(highest / size, 4)
        if number * size >= 1 or not number
    ]


def object_ticks(highest):
    return [(f"{number:g}", number) for number in even_steps(highest, 4) if number == int(number)]


def time_unit(seconds):
    """A unit that suits it, and its seconds."""
    return ("s", 1) if seconds < 180 else ("min", 60) if seconds < 3 * 3600 else ("h", 3600)


def show_time(seconds):
    unit, size = time_unit(seconds)
    return f"{seconds / size:.1f} {unit}"


def time_ticks(end):
    unit, size = time_unit(end)
    return [(f"{number:g} {unit}", number * size) for number in even_steps(end / size, 8)]
