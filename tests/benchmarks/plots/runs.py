# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bench-pool has measured, run by run: measuring it, keeping it in files, and reading it."""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile

MAIN = "workloads"
SCALING = "scaling"
DOCUMENTS = "documents"
MEMORY = "memory"
INLINE = "inline"
# Where each thread is by itself, so that the number of threads should make no difference. The other
# workloads of several threads come in pairs that hand blocks over.
THREADED = "threads,larson,cache-scratch,cache-thrash,glibc-thread"
N_THREADS = [1, 2]
SIZES = [16, 64, 256, 1024]
SIZED = "churn-200k"
# The first size has every row. The others are those of real structs.
STRUCT_SIZES = [64, 24, 40, 48]

# What a pool that is compiled in is for, with those that would be linked with the program.
INLINE_SIZES = [64, 24, 48]
INLINE_PEERS = "fsmm,inline,malloc,mimalloc,jemalloc,tcmalloc,jemalloc.a,tcmalloc.a"
INLINE_ROWS = (
    "pair,batch-1k,churn-1k,churn-200k,threads,hand-over,bulk-alloc,bulk-free,"
    "larson,xmalloc-test,cache-scratch,cache-thrash,glibc-simple,glibc-thread"
)

# The arguments that make a run what it is, in the order of measuring: what is compared with each
# other is measured one after the other.
ARGUMENTS = {
    MAIN: [f"--size={','.join(map(str, STRUCT_SIZES))}"],
    SCALING: ["--scaling"],
    DOCUMENTS: ["--documents"],
    MEMORY: ["--memory"],
    INLINE: [
        f"--size={','.join(map(str, INLINE_SIZES))}",
        f"--peers={INLINE_PEERS}",
        f"--workload={INLINE_ROWS}",
    ],
    **{f"threads-{n}": [f"--threads={n}", f"--workload={THREADED}"] for n in N_THREADS},
    **{f"size-{n}": [f"--size={n}", f"--workload={SIZED}"] for n in SIZES},
}
NOT_TO_BE_CHOSEN = (
    "--json",
    "--scaling",
    "--documents",
    "--memory",
    "--workload",
    "--size",
    "--compare",
    "--instructions",
    "--help",
)
NEEDED = ("fsmm", "malloc")


class Error(Exception):
    """Something that the user can mend."""


class Result:
    """What one peer needed for one row, and what the middle half of its rounds spans."""

    def __init__(self, median, low, high):
        self.median, self.low, self.high = median, low, high

    def relative_to(self, median):
        return Result(self.median / median, self.low / median, self.high / median)

    def overlaps(self, other):
        return self.low <= other.high and other.low <= self.high


class Run:
    """One file of bench-pool's."""

    def __init__(self, data, source):
        try:
            self._read(data)
        except (KeyError, TypeError) as error:
            raise Error(f"{source} is not what bench-pool writes ({error!r})") from None
        for name in NEEDED:
            if name not in self.peers:
                raise Error(
                    f"{source}: “{name}” was not measured, to which others are related; "
                    f"--peers must leave it in"
                )

    def _read(self, data):
        self.machine = data["machine"]
        self.size = data["size"]
        self.n_threads = data["threads"]
        self.n_bulk = data["bulk"]
        self.is_measured = data["measured"]
        self.others = data["percent-of-a-processor-used-by-others"]
        peers = data["peers"]
        self.all_peers = [peer["name"] for peer in peers]
        self.missing = {peer["name"]: peer["missing"] for peer in peers if "missing" in peer}
        self.providers = {peer["name"]: peer["provider"] for peer in peers if "provider" in peer}
        self.peers = list(self.providers)
        self.n_rounds = max((case["rounds"] for case in data["cases"]), default=0)
        self.units = {case["group"]: case["unit"] for case in data["cases"]}
        self.by_size = {self.size: {}}
        self.add_cases(data["cases"])
        self.results = self.by_size[self.size]
        # KiB along a phase, by peer and phase.
        courses = data.get("courses", [])
        self.courses = {(course["name"], course["phase"]): course["kib"] for course in courses}

    def add_cases(self, cases):
        for case in cases:
            results = self.by_size.setdefault(case.get("size", self.size), {})
            result = Result(case["median"], case["low"], case["high"])
            results[case["group"], case["name"]] = result

    @property
    def is_disturbed(self):
        """Whether others took time that was measured. They do not change what is in memory."""
        return self.is_measured and not self.courses and self.others >= 10

    @property
    def rows(self):
        return list(self.units)

    def get(self, row, peer):
        """A Result, or None where this was not measured."""
        return self.results.get((row, peer))

    def of_size(self, size):
        """The same for another of the sizes that were measured in this run."""
        other = copy.copy(self)
        other.size, other.results = size, self.by_size[size]
        return other


def path_of(folder, name):
    return pathlib.Path(folder, f"bench-{name}.json")


def read(folder):
    """All runs, by name."""
    runs = {}
    for name in ARGUMENTS:
        path = path_of(folder, name)
        try:
            runs[name] = Run(json.loads(path.read_text(encoding="utf-8")), path)
        except FileNotFoundError:
            raise Error(f"{path} is not there: ./run bench --plot makes it") from None
        except (OSError, ValueError) as error:
            raise Error(f"{path} cannot be read: {error}") from None
    return runs


def without_place_and_time(data):
    """What is the same wherever and whenever these figures are looked at."""
    del data["machine"]["date"], data["machine"]["load-percent"]
    for peer in data["peers"]:
        if "/" in peer.get("provider", ""):
            peer["provider"] = pathlib.Path(peer["provider"]).name
    return data


def to_text(data):
    """JSON with an item of a list to a line, so that differences can be read."""
    members = []
    for key, value in data.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list):
            lines = (json.dumps(item, ensure_ascii=False) for item in value)
            text = "[\n    " + ",\n    ".join(lines) + "\n  ]"
        members.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(members) + "\n}\n"


def check_arguments(arguments):
    for argument in arguments:
        if argument.split("=")[0] in NOT_TO_BE_CHOSEN:
            raise Error(f"{argument} cannot be combined with --plot, which chooses what to measure")


def measure(program, folder, arguments, only=None):
    """Does all runs, or one, and writes files only when all are done. Returns their paths."""
    check_arguments(arguments)
    texts = {}
    chosen = {name: own for name, own in ARGUMENTS.items() if only in (None, name)}
    with tempfile.TemporaryDirectory() as temporary:
        for number, (name, own_arguments) in enumerate(chosen.items(), 1):
            print(f"Measuring {name} ({number} of {len(chosen)})", file=sys.stderr)
            path = path_of(temporary, name)
            # The table that it prints says nothing that is not in the file.
            status = subprocess.run(
                [program, *arguments, *own_arguments, f"--json={path}"],
                stdout=subprocess.DEVNULL,
                check=False,
            ).returncode
            if status != 0:
                raise Error(f"{program} {' '.join(own_arguments)} ended with status {status}")
            data = without_place_and_time(json.loads(path.read_text(encoding="utf-8")))
            warn(Run(data, name), name)
            texts[path_of(folder, name)] = to_text(data)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return list(texts)


def warn(run, name):
    for peer, reason in run.missing.items():
        print(f"{name}: {peer} was not measured ({reason})", file=sys.stderr)
    if run.is_disturbed:
        print(
            f"{name}: not to be trusted, for other programs used {run.others} % of a processor",
            file=sys.stderr,
        )
