# SPDX-License-Identifier: LGPL-2.1-or-later
"""What FSMM_DEBUG=record=FILE wrote, read again."""

import collections
import csv
import dataclasses
import re

from fsmm_chart import Error

HEAD = re.compile(r"# record of fsmm-glib (\S+), started (\S+), process (\d+), program (.*)\r?\n?")
TEXTS = ("event", "name", "kind", "item-type")
NUMBERS = ("id", "alloc-size", "n-allocated", "peak-allocated", "max-blocks", "resident-bytes")
OBJECTS, END = "objects", "end"
csv.field_size_limit(2**31 - 1)  # a name may be of any length


# What a pool has from some time on, until the next one.
Step = collections.namedtuple("Step", "time live resident")


@dataclasses.dataclass
class Pool:
    """One pool. What is live is in bytes, or a number of objects."""

    number: int
    name: str
    kind: str
    type: str
    size: int  # of a block; 0: it has objects
    steps: list = dataclasses.field(default_factory=list)
    peak: Step = Step(0, 0, 0)  # the most that was live, when it was first known, and resident
    limit: int = 0
    end: float = None  # when it was gone

    @property
    def is_used(self):
        return self.peak.live > 0 or self.peak.resident > 0

    @property
    def unit(self):
        return self.size or 1

    @property
    def title(self):
        if self.name or self.type:
            return self.name or self.type
        sort = "handles" if self.kind == "handles" else f"unnamed ({self.size} bytes)"
        return f"{sort} #{self.number}"

    def add(self, row):
        self.limit = row["max-blocks"] * self.unit
        most = row["peak-allocated"] * self.unit
        if most > self.peak.live:
            self.peak = self.peak._replace(time=row["seconds"], live=most)
        if row["resident-bytes"] > self.peak.resident:
            self.peak = self.peak._replace(resident=row["resident-bytes"])
        if row["event"] == END:
            self.end = row["seconds"]
            self.steps.append(Step(self.end, 0, 0))
        else:
            live = row["n-allocated"] * self.unit
            self.steps.append(Step(row["seconds"], live, row["resident-bytes"]))


@dataclasses.dataclass
class Record:
    program: str
    process: str
    start: str
    begin: float = None  # when there was the first look, in seconds since the start
    end: float = 0  # and the last one
    pools: dict = dataclasses.field(default_factory=dict)  # by their ids

    def add(self, row):
        self.end = row["seconds"]
        if self.begin is None:
            self.begin = self.end
        if row["id"] not in self.pools:
            size = 0 if row["kind"] == OBJECTS else row["alloc-size"]
            self.pools[row["id"]] = Pool(
                row["id"], row["name"], row["kind"], row["item-type"], size
            )
        self.pools[row["id"]].add(row)


def parse_number(text):
    number = int(text)
    if not 0 <= number < 2**64:
        raise ValueError
    return number


def parse_row(columns, fields, earliest):
    """Raises ValueError for what is no row, or is of a time before that."""
    row = dict(zip(columns, fields))
    if len(columns) != len(fields) or not earliest <= float(row["seconds"]) < 1e9:
        raise ValueError
    return (
        {name: row[name] for name in TEXTS}
        | {name: parse_number(row[name]) for name in NUMBERS}
        | {"seconds": float(row["seconds"])}
    )


class WholeLines:
    """The lines of a file, as a csv.reader wants them. A program that was killed, or a system that
    has lost its power, may have left a last one that is not whole."""

    def __init__(self, file):
        self.file = file
        self.is_cut = False

    def __iter__(self):
        for line in self.file:
            if "\0" in line:
                return
            self.is_cut = not line.endswith("\n")
            yield line


def read_rows(path, file):
    """Yields the rows, but for a last one that is not whole."""
    lines = WholeLines(file)
    reader = csv.reader(lines)
    columns = next(reader, [])
    missing = [name for name in ("seconds", *TEXTS, *NUMBERS) if name not in columns]
    if missing:
        raise Error(f"{path} has no column “{missing[0]}”: another version has recorded it")
    failure = None
    row = {"seconds": 0}
    for fields in reader:
        if failure:
            raise failure
        try:
            row = parse_row(columns, fields, row["seconds"])
        except ValueError:
            # It may be the last one.
            failure = Error(f"{path} is damaged: line {reader.line_num + 1} is no row of a record")
            continue
        if not lines.is_cut:
            yield row


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            head = HEAD.fullmatch(file.readline(100_000))
            if head is None:
                raise Error(
                    f"{path} is no record of fsmm-glib: FSMM_DEBUG=record=FILE writes one, whose "
                    "first line says so"
                )
            record = Record(program=head[4], process=head[3], start=head[2])
            for row in read_rows(path, file):
                record.add(row)
            return record
    except OSError as error:
        raise Error(f"cannot read {path}: {error.strerror}") from error
    except csv.Error as error:
        raise Error(f"{path} is damaged: {error}") from error
