# SPDX-License-Identifier: LGPL-2.1-or-later
"""The figures as tables in Markdown, for the guide."""

import charts
import runs

REFERENCES = ("malloc", "mimalloc", "simple-pool")
# A pool should be clearly faster than malloc, and not slower than mimalloc.
GOALS = {"malloc": 0.9, "mimalloc": 1.0}
NONE = "–"


def table(head, lines):
    aligned = ["---"] + ["---:"] * (len(head) - 1)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, aligned, *lines])


def figure(result):
    return NONE if result is None else f"{result.median:.1f}"


def kibibytes(result):
    return NONE if result is None else f"{result.median:,.0f}"


def ratio(number):
    return NONE if number is None else f"{number:.2f}"


def divide(run, row, reference):
    """What fsmm needs in relation to another peer, or None."""
    result, other = run.get(row, "fsmm"), run.get(row, reference)
    return result.median / other.median if result and other else None


def ratios(run, rows, reference):
    found = (divide(run, row, reference) for row in rows)
    return [number for number in found if number is not None]


def of_peers(run, corner, rows):
    """A table of all peers; rows are (name, function of a peer)."""
    lines = [[name, *(get(peer) for peer in run.peers)] for name, get in rows]
    return table([corner, *run.peers], lines)


def medians(run, corner, name_row=str, show=figure):
    def get_row(row):
        return name_row(row), lambda peer: show(run.get(row, peer))

    return of_peers(run, corner, map(get_row, run.rows))


def threads(one, more):
    def get_row(row):
        def get(peer):
            result = charts.relate_threads(one, more, row, peer)
            return ratio(result and result.median)

        return row, get

    return of_peers(more, "workload", map(get_row, more.rows))


def sizes(sized):
    def get_row(run):
        return f"{run.size}", lambda peer: figure(run.get(runs.SIZED, peer))

    return of_peers(sized[0], "bytes of a block", map(get_row, sized))


def documents(run):
    lines = [
        [n_blocks, *(figure(charts.get_document(run, size, way)) for way in charts.WAYS)]
        for n_blocks, size in charts.document_sizes(run).items()
    ]
    return table(["blocks", *charts.WAYS], lines)


def summary(run):
    """How fsmm does on the whole, beside each of the references."""
    workloads = charts.workload_rows(run)
    patterns = charts.pattern_rows(run)
    rows = workloads + patterns
    found = {name: ratios(run, rows, name) for name in REFERENCES}

    def line(name, get):
        return [name, *(get(reference) for reference in REFERENCES)]

    def mean(rows):
        return lambda name: ratio(charts.geometric_mean(ratios(run, rows, name)))

    def mean_of_size(size):
        return lambda name: ratio(charts.geometric_mean(ratios(run.of_size(size), rows, name)))

    def ends(name):
        pairs = [(run.get(row, "fsmm"), run.get(row, name)) for row in rows]
        pairs = [(result, other) for result, other in pairs if result and other]
        least = charts.geometric_mean([result.low / other.high for result, other in pairs])
        most = charts.geometric_mean([result.high / other.low for result, other in pairs])
        return f"{ratio(least)} to {ratio(most)}" if pairs else NONE

    def above(name):
        goal = GOALS.get(name)
        n_above = sum(number > goal for number in found[name]) if goal else 0
        return f"{n_above} of {len(found[name])}" if goal else NONE

    return table(
        ["fsmm in relation to", *REFERENCES],
        [
            line("geometric mean, workloads", mean(workloads)),
            line("geometric mean, patterns", mean(patterns)),
            line("geometric mean, both", mean(rows)),
            line("the same, at the ends of the middle halves", ends),
            *(
                line(f"geometric mean, both, {size} bytes", mean_of_size(size))
                for size in sorted(run.by_size)
                if size != run.size
            ),
            line("lowest", lambda name: ratio(min(found[name], default=None))),
            line("highest", lambda name: ratio(max(found[name], default=None))),
            line(f"rows above {GOALS['malloc']:g}, or {GOALS['mimalloc']:g} for mimalloc", above),
        ],
    )


def inline(run):
    """A table of all peers, and what they need in relation to mimalloc in the mean of all rows."""
    rows = charts.time_rows(run)

    def mean_of_size(size):
        def get(peer):
            of_size = run.of_size(size)
            mean = charts.mean_of_rows(of_size, rows, peer, "mimalloc")
            return ratio(mean and mean.median)

        return f"mean, {size} bytes, relative to mimalloc", get

    lines = [(row, lambda peer, row=row: figure(run.get(row, peer))) for row in rows]
    return of_peers(run, "workload", lines + list(map(mean_of_size, sorted(run.by_size))))


def all_cases(by_name):
    """Every row of every run with a name that tells it from the others. What is there only to be
    related to itself, with one thread and with several, is left out."""
    run = by_name[runs.MAIN]
    for row in charts.time_rows(run):
        if row not in charts.FLOOR:
            yield row, run, row
    run = by_name[runs.SCALING]
    for row in run.rows:
        yield f"{charts.superscript(row)} live blocks", run, row
    run = by_name[runs.DOCUMENTS]
    for size in charts.document_sizes(run).values():
        yield f"own-pool-{size}", run, f"own-pool-{size}"
    for n in runs.SIZES:
        yield f"{runs.SIZED}, {n} bytes", by_name[f"size-{n}"], runs.SIZED


def loss(run, row, reference):
    """A cell of those where fsmm is slower: by how much, and whether that is more than noise."""
    number = divide(run, row, reference)
    if number is None or number <= 1:
        return NONE
    is_noise = run.get(row, "fsmm").overlaps(run.get(row, reference))
    return f"{'≈ ' if is_noise else ''}{number:.2f}"


def losses(by_name):
    """A table of the cases in which malloc or mimalloc wins, or words that there are none."""
    lines = []
    for name, run, row in all_cases(by_name):
        cells = [loss(run, row, reference) for reference in GOALS]
        if any(cell != NONE for cell in cells):
            lines.append([name, *cells])
    if not lines:
        return "There is no such case in these figures.\n"
    return table(["fsmm in relation to", *GOALS], lines)


def repeated(by_name):
    """What was measured in a second run as well: (name of the row, that run, its name there)."""
    main, scaling, documents = (
        by_name[name] for name in (runs.MAIN, runs.SCALING, runs.DOCUMENTS)
    )
    more = by_name[f"threads-{runs.N_THREADS[-1]}"]
    if more.n_threads == main.n_threads:
        yield from ((row, more, row) for row in more.rows)
    yield "churn-1k", scaling, "10^3"
    yield runs.SIZED, by_name[f"size-{main.size}"], runs.SIZED
    yield from ((row, documents, row) for row in documents.rows if row.startswith("refill-each"))


def repetitions(by_name):
    """How far fsmm's ratios differ from one run to the next."""
    main = by_name[runs.MAIN]
    lines = []
    for row, other, name in repeated(by_name):
        if main.get(row, "fsmm"):
            cells = [
                ratio(divide(run, called, peer))
                for peer in GOALS
                for run, called in ((main, row), (other, name))
            ]
            lines.append([row, *cells])
    head = [title for peer in GOALS for title in (peer, f"{peer}, again")]
    return table(["fsmm in relation to", *head], lines)


def providers(run):
    """Which libraries the figures are those of."""
    lines = [[peer, run.providers.get(peer, "not measured")] for peer in run.all_peers]
    return "".join(
        f"| {' | '.join(cells)} |\n" for cells in [["allocator", "library"], ["---", "---"], *lines]
    )


def make(by_name):
    run = by_name[runs.MAIN]
    one, more = (by_name[f"threads-{n}"] for n in runs.N_THREADS)
    sections = {
        "On the whole": summary(run),
        f"Each workload, in ns (blocks of {run.size} bytes)": medians(run, "workload"),
        "Ever more live blocks, in ns": medians(
            by_name[runs.SCALING], "live blocks", charts.superscript
        ),
        "Different sizes, in ns": sizes([by_name[f"size-{n}"] for n in runs.SIZES]),
        f"{more.n_threads} threads in relation to one": threads(one, more),
        "One document after the other, in ns for each block": documents(by_name[runs.DOCUMENTS]),
        "Resident memory after each phase, in KiB": medians(
            by_name[runs.MEMORY], "phase", show=kibibytes
        ),
        f"Compiled in, in ns (blocks of {by_name[runs.INLINE].size} bytes)": inline(
            by_name[runs.INLINE]
        ),
        "The same rows in another run": repetitions(by_name),
        "Libraries": f"{charts.describe_machine(run)}\n\n{providers(run)}",
        "Where malloc or mimalloc wins": losses(by_name),
    }
    return "\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
