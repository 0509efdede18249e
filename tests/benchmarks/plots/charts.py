# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which charts there are, and what each shows."""

import dataclasses
import math

import runs

# Rows that follow programs of others; the remaining ones are this benchmark's own.
PATTERNS = (
    "larson",
    "xmalloc-test",
    "cache-scratch",
    "cache-thrash",
    "glibc-simple",
    "glibc-thread",
)
# What is done with a pool besides taking blocks and giving them back,
USES = (
    "refill-each-100",
    "refill-all-100",
    "refill-each-1k",
    "refill-all-1k",
    "refill-each-100k",
    "refill-all-100k",
    "alloc0",
    "alloc-memset",
    "singles-64",
    "many-64",
)
# with many of them,
POOLS = (
    "pools-1",
    "pools-64",
    "pool-life",
)
# and with what is more than a block.
OBJECTS = (
    "construct",
    "construct-active",
    "boxed",
    "boxed-active",
    "box",
    "box-active",
    "handle",
)
# Calls of nothing, the same for every peer: in tables only.
FLOOR = ("floor-pair", "floor-batch-1k", "floor-churn-1k")
# What malloc cannot do at all is related to how it would have to be done.
INSTEAD = {
    "free-all": "free-each",
    "refill-all-100": "refill-each-100",
    "refill-all-1k": "refill-each-1k",
    "refill-all-100k": "refill-each-100k",
    "pools-1": "pair",
    "pools-64": "pair",
    "pool-life": "pair",
    "many-64": "singles-64",
}


# How a document can be stored: the row of each size, and whose. The first is the one to look at.
WAYS = {
    "own pool": ("own-pool", "fsmm"),
    "kept, free_all": ("refill-all", "fsmm"),
    "kept, free each": ("refill-each", "fsmm"),
    "malloc": ("refill-each", "malloc"),
}
# Where a course is drawn, however many samples there are of a phase.
POINTS_OF_PHASE = 20


@dataclasses.dataclass
class Chart:
    """Groups, and in each of them at most one result of each peer."""

    name: str
    title: str
    unit: str
    groups: list
    peers: list  # those that were measured
    all_peers: list  # which gives each its colour, whether measured or not
    results: dict  # by group and peer
    caption: list
    # What 1 is. None: there is none, and the groups are steps on the way to more.
    reference: str = None
    # The peer that the others are there for.
    main: str = "fsmm"
    # Where groups are phases: figures along them, by peer, after that of the start.
    courses: dict = None

    @property
    def description(self):
        """For those who do not see the picture: what it shows of the main peer."""
        figures = [
            f"{group} {show(self.results[group, self.main].median)}"
            for group in self.groups
            if (group, self.main) in self.results
        ]
        return f"{self.unit}. {self.main}: {'; '.join(figures)}."


def show(number):
    """Two or three digits, more than which the spread does not allow."""
    n_decimals = 0 if number >= 10 else 1 if number >= 1 else 2
    return f"{number:.{n_decimals}f}"


def relate_to_malloc(run, row, peer):
    """A peer's result in relation to malloc's median, or None."""
    result, reference = run.get(row, peer), run.get(INSTEAD.get(row, row), "malloc")
    return result and reference and result.relative_to(reference.median)


def collect(groups, peers, get):
    found = {(group, peer): get(group, peer) for group in groups for peer in peers}
    return {key: result for key, result in found.items() if result is not None}


def describe_machine(run):
    machine = run.machine
    glibc = f", glibc {machine['glibc']}" if "glibc" in machine else ""
    return (
        f"{machine['cpu']}, {machine['cores']} processors, Linux {machine['kernel']}, "
        f"GLib {machine['glib']}{glibc}."
    )


def describe_measuring(run):
    text = f"Medians of {run.n_rounds} rounds; the bars span their middle half."
    if not run.is_measured:
        text = "NOT MEASURED: all was done once, to see that it works."
    elif run.n_rounds == 1:
        text = "One round."
    if run.is_disturbed:
        text += f" Other programs used {run.others}\u00a0% of a processor meanwhile."
    return text


def caption(run, first):
    missing = f" Not measured: {', '.join(run.missing)}." if run.missing else ""
    return [first, describe_measuring(run), describe_machine(run) + missing]


def make_chart(run, groups, get, **others):
    return Chart(
        groups=groups,
        peers=run.peers,
        all_peers=run.all_peers,
        results=collect(groups, run.peers, get),
        **others,
    )


def ratio_chart(run, rows, name, title, first):
    return make_chart(
        run,
        rows,
        lambda row, peer: relate_to_malloc(run, row, peer),
        name=name,
        title=title,
        unit="time relative to malloc (log scale, left is faster)",
        reference="malloc",
        caption=caption(run, first),
    )


def time_rows(run):
    return [row for row in run.rows if run.units[row] == "ns"]


def workload_rows(run):
    apart = (*PATTERNS, *USES, *POOLS, *OBJECTS, *FLOOR)
    return [row for row in time_rows(run) if row not in apart]


def geometric_mean(numbers):
    return math.exp(sum(map(math.log, numbers)) / len(numbers)) if numbers else None


def mean_of_rows(run, rows, peer, reference="malloc"):
    """What a peer needs in relation to another one, in the mean of the rows that both have."""
    pairs = [(run.get(row, peer), run.get(row, reference)) for row in rows]
    results = [one.relative_to(other.median) for one, other in pairs if one and other]
    if not results:
        return None
    return runs.Result(
        *(
            geometric_mean([getattr(result, name) for result in results])
            for name in ("median", "low", "high")
        )
    )


def overview_chart(run):
    workloads, patterns = workload_rows(run), pattern_rows(run)
    groups = {"workloads": (run, workloads), "patterns": (run, patterns)}
    for size in sorted(run.by_size):
        if size != run.size:
            groups[f"both, {size} bytes"] = (run.of_size(size), workloads + patterns)
    first = (
        f"Blocks of {run.size} bytes, if nothing else is said. A mean is that of the rows that "
        f"malloc has as well."
    )
    return make_chart(
        run,
        list(groups),
        lambda group, peer: mean_of_rows(*groups[group], peer),
        name="overview",
        title="On the whole",
        unit="geometric means of time relative to malloc (left is faster)",
        reference="malloc",
        caption=caption(run, first),
    )


def workloads_chart(run):
    rows = workload_rows(run)
    first = (
        f"Blocks of {run.size} bytes; {run.n_threads} threads in “threads”; {run.n_bulk:,} blocks "
        f"where they come in bulk. free-all is related to malloc’s free-each."
    )
    return ratio_chart(run, rows, "workloads", "Workloads", first)


def pattern_rows(run):
    return [row for row in time_rows(run) if row in PATTERNS]


def patterns_chart(run):
    rows = pattern_rows(run)
    first = f"Blocks of {run.size} bytes, {run.n_threads} threads (glibc-simple: one)."
    return ratio_chart(run, rows, "patterns", "Patterns of other benchmarks", first)


def uses_chart(run):
    rows = [row for row in time_rows(run) if row in USES]
    first = (
        f"Blocks of {run.size} bytes, one thread. refill-all is related to malloc’s refill-each, "
        f"and many-64 to its singles-64."
    )
    return ratio_chart(run, rows, "uses", "Other uses of a pool", first)


def pools_chart(run):
    rows = [row for row in time_rows(run) if row in POOLS]
    first = f"Blocks of {run.size} bytes, one thread. All is related to malloc’s pair."
    return ratio_chart(run, rows, "pools", "More than one pool", first)


def objects_chart(run):
    rows = [row for row in time_rows(run) if row in OBJECTS]
    first = f"{run.size} bytes, one thread. The other allocators are called as malloc is."
    return ratio_chart(run, rows, "objects", "Instances, boxes and handles", first)


def inline_chart(run):
    first = f"Blocks of {run.size} bytes. “.a”: linked with the program, and optimized along with it."
    chart = ratio_chart(run, workload_rows(run), "inline", "A pool that is compiled in", first)
    chart.main = "inline"
    return chart


SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def superscript(row):
    base, exponent = row.split("^")
    return base + exponent.translate(SUPERSCRIPTS)


def scaling_chart(run):
    rows = {superscript(row): row for row in run.rows}
    return make_chart(
        run,
        list(rows),
        lambda group, peer: run.get(rows[group], peer),
        name="scaling",
        title="Ever more live blocks",
        unit="ns for replacing one block, over live blocks (log scales)",
        caption=caption(run, f"Blocks of {run.size} bytes; random live ones are replaced."),
    )


def document_sizes(run):
    """What rows call the sizes of documents, by their numbers of blocks."""
    start = "refill-each-"
    sizes = [row.removeprefix(start) for row in run.rows if row.startswith(start)]
    return {size.replace("k", ",000"): size for size in sizes}


def get_document(run, size, way):
    row, peer = WAYS[way]
    return run.get(f"{row}-{size}", peer)


def documents_chart(run):
    sizes = document_sizes(run)
    first = (
        f"Blocks of {run.size} bytes. Each document is filled, and dropped before the next one: "
        f"with its pool, by free_all (), or block by block."
    )
    return Chart(
        groups=list(sizes),
        peers=list(WAYS),
        all_peers=list(WAYS),
        results=collect(sizes, WAYS, lambda group, way: get_document(run, sizes[group], way)),
        name="documents",
        title="One document after the other",
        unit="ns for each block, over the blocks of a document",
        main=next(iter(WAYS)),
        caption=caption(run, first),
    )


def in_mib(result):
    return result and result.relative_to(1024)


def make_course(run, peer):
    """MiB at the start, and at as many points of each phase; one that is left out changes
    nothing."""
    course = [0]
    for phase in run.rows:
        samples = run.courses.get((peer, phase), [course[-1] * 1024])
        for i in range(POINTS_OF_PHASE):
            course.append(samples[len(samples) * i // POINTS_OF_PHASE] / 1024)
    return course


def memory_chart(run):
    first = (
        f"{run.n_bulk:,} blocks of {run.size} bytes are taken; all but one of 5,000 are given "
        f"back; free memory is returned to the system; nothing happens; blocks are taken again; "
        f"all are dropped."
    )
    return make_chart(
        run,
        run.rows,
        lambda phase, peer: in_mib(run.get(phase, peer)),
        name="memory",
        title="Memory over time",
        unit="resident MiB, phase by phase; 0 is before the first block",
        courses={peer: make_course(run, peer) for peer in run.peers},
        caption=caption(run, first),
    )


def relate_threads(one, more, row, peer):
    alone, together = one.get(row, peer), more.get(row, peer)
    return alone and together and together.relative_to(alone.median)


def threads_chart(one, more):
    return make_chart(
        more,
        more.rows,
        lambda row, peer: relate_threads(one, more, row, peer),
        name="threads",
        title=f"{more.n_threads} threads at once",
        unit="time a thread needs, relative to being alone (log scale)",
        reference="alone",
        caption=caption(
            more, f"Blocks of {more.size} bytes. At 1, threads do not hinder each other at all."
        ),
    )


def sizes_chart(sized):
    by_group = {f"{run.size}": run for run in sized}
    return make_chart(
        sized[0],
        list(by_group),
        lambda group, peer: by_group[group].get(runs.SIZED, peer),
        name="sizes",
        title="Blocks of different sizes",
        unit="ns for replacing one block, over its bytes (log scales)",
        caption=caption(sized[0], "Random ones of 200,000 live blocks are replaced (churn-200k)."),
    )


def make_charts(by_name):
    one, more = (by_name[f"threads-{n}"] for n in runs.N_THREADS)
    charts = [
        overview_chart(by_name[runs.MAIN]),
        workloads_chart(by_name[runs.MAIN]),
        patterns_chart(by_name[runs.MAIN]),
        uses_chart(by_name[runs.MAIN]),
        pools_chart(by_name[runs.MAIN]),
        objects_chart(by_name[runs.MAIN]),
        scaling_chart(by_name[runs.SCALING]),
        documents_chart(by_name[runs.DOCUMENTS]),
        memory_chart(by_name[runs.MEMORY]),
        inline_chart(by_name[runs.INLINE]),
        threads_chart(one, more),
        sizes_chart([by_name[f"size-{n}"] for n in runs.SIZES]),
    ]
    return [chart for chart in charts if chart.groups]
