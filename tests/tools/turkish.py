# SPDX-License-Identifier: LGPL-2.1-or-later
"""A locale with a comma in numbers, in which I is no capital of i, as in Turkish.

It is made here, of ASCII alone, because a machine may have no locale but C.
"""

import pathlib
import string
import subprocess


def symbols(letters):
    return ";".join(f"<U{ord(letter):04X}>" for letter in letters)


def describe_characters():
    lines = "".join(f"{symbols(chr(code))} /x{code:02x} -\n" for code in range(128))
    return f'<code_set_name> "UTF-8"\n<escape_char> /\nCHARMAP\n{lines}END CHARMAP\n'


def describe_locale():
    pairs = [f"({symbols(letter)},{symbols(letter.lower())})"
             for letter in string.ascii_uppercase if letter != "I"]
    return (f"LC_CTYPE\nupper {symbols(string.ascii_uppercase)}\n"
            f"lower {symbols(string.ascii_lowercase)}\ntolower {';'.join(pairs)}\nEND LC_CTYPE\n"
            'LC_NUMERIC\ndecimal_point "<U002C>"\nthousands_sep ""\ngrouping -1\nEND LC_NUMERIC\n')


def make(folder, localedef):
    """Returns the variables that a program needs to have this locale."""
    folder = pathlib.Path(folder)
    (folder / "characters").write_text(describe_characters(), encoding="ascii")
    (folder / "locale").write_text(describe_locale(), encoding="ascii")
    # It complains about what is left out, but does without.
    subprocess.run([localedef, "--quiet", "--force", f"--charmap={folder}/characters",
                    f"--inputfile={folder}/locale", folder / "xx_XX"], check=False, timeout=60,
                   stderr=subprocess.DEVNULL)
    assert (folder / "xx_XX" / "LC_NUMERIC").exists(), "localedef has made no locale"
    return {"LOCPATH": str(folder), "LC_ALL": "xx_XX"}
