# SPDX-License-Identifier: LGPL-2.1-or-later
"""For gdb: runs the program, and prints each probe of the library that it comes to.

PROBES in the environment has the kinds of each probe's arguments: S for a string, P for an address, N
for a number; as in "trimmed=SNNN wait__begin=SNN".
"""

import os

import gdb

READ = {
    "S": lambda word: word.cast(gdb.lookup_type("char").pointer()).string() if int(word) else "-",
    "P": lambda word: f"{int(word):#x}",
    "N": lambda word: str(int(word)),
}


class Probe(gdb.Breakpoint):
    def __init__(self, name, kinds):
        super().__init__(f"-probe-stap fsmm:{name}")
        self.name = name
        self.kinds = kinds

    def stop(self):
        found = int(gdb.parse_and_eval("$_probe_argc"))
        words = [gdb.parse_and_eval(f"(unsigned long) $_probe_arg{i}") for i in range(found)]
        values = [READ[kind](word) for kind, word in zip(self.kinds, words, strict=True)]
        print("PROBE", self.name, *values, flush=True)
        return False


# While the program runs, what it says is not to be mixed with anything.
gdb.execute("set print thread-events off")
gdb.execute("set debuginfod enabled off")
gdb.execute("set breakpoint pending off")
gdb.execute("break main")
gdb.execute("run")
for probe in os.environ["PROBES"].split():
    Probe(*probe.split("="))
gdb.execute("continue")
