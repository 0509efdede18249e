# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which panels a chart has, and what each of them shows."""

import collections
import dataclasses
import fnmatch

from fsmm_chart import Error, record, words

@dataclasses.dataclass
class Panel:
    title: str
    details: list
    steps: list
    peak: record.Step
    limit: int = 0
    end: float = None
    is_of_objects: bool = False
    is_large: bool = False

    @property
    def highest(self):
        """What has to be seen: a limit, too, if it is not so high that nothing else could be."""
        highest = max(self.peak.live, self.peak.resident)
        return max(highest, self.limit) if self.shows_limit else highest

    @property
    def shows_limit(self):
        return 0 < self.limit <= 1.6 * max(self.peak.live, self.peak.resident)


def add_up(pools):
    """The steps of all of them together."""
    changes = []
    for pool in pools:
        before = record.Step(0, 0, 0)
        for step in pool.steps:
            changes.append((step.time, step.live - before.live, step.resident - before.resident))
            before = step
    changes.sort(key=lambda change: change[0])
    steps = []
    live = resident = 0
    for time, more_live, more_resident in changes:
        live, resident = live + more_live, resident + more_resident
        if steps and steps[-1].time == time:
            steps.pop()
        steps.append(record.Step(time, live, resident))
    return steps


def describe_peak(peak, is_of_objects):
    if is_of_objects:
        return [f"peak {peak.live} lent"]
    live, resident = words.show_bytes(peak.live), words.show_bytes(peak.resident)
    return [f"peak {live} live", f"{resident} resident"]


def sum_panel(title, pools, **options):
    steps = add_up(pools)
    live = max(steps, key=lambda step: step.live)
    peak = record.Step(live.time, live.live, max(step.resident for step in steps))
    are_objects = pools[0].kind == record.OBJECTS
    details = describe_peak(peak, are_objects)
    return Panel(title, details, steps, peak, is_of_objects=are_objects, **options)


def pool_panel(pool, titles):
    """@titles: how often each one is there."""
    title = words.shorten(pool.title, 34)
    if titles[pool.title] > 1 and (pool.name or pool.type):
        title += f" #{pool.number}"
    details = describe_peak(pool.peak, pool.kind == record.OBJECTS)
    if pool.limit:
        details.append(f"limit {words.show_bytes(pool.limit) if pool.size else pool.limit}")
    if pool.end is not None:
        details.append(f"gone at {words.show_time(pool.end)}")
    return Panel(
        title, details, pool.steps, pool.peak, pool.limit, pool.end, pool.kind == record.OBJECTS
    )


def choose_pools(pools, options, path):
    """Those that are meant: of blocks, and of objects."""
    pattern = options.name
    if pattern is not None:
        pools = [pool for pool in pools if fnmatch.fnmatchcase(pool.name or pool.type, pattern)]
        if not pools:
            raise Error(f"{path} has no pool whose name, or type if it has none, is “{pattern}”")
    else:
        # What never had anything tells nothing, where there is something else.
        pools = [pool for pool in pools if pool.is_used] or pools
    of_objects = [pool for pool in pools if pool.kind == record.OBJECTS]
    of_blocks = [pool for pool in pools if pool.kind != record.OBJECTS]
    shows_objects = options.objects or pattern is not None or not of_blocks
    return of_blocks, of_objects if shows_objects else []


def pool_panels(pools, n_most):
    """A panel for each of the largest, and one for the rest."""
    pools = sorted(pools, key=lambda pool: (-pool.peak.resident, -pool.peak.live, pool.number))
    largest, others = pools[:n_most], pools[n_most:]
    titles = collections.Counter(pool.title for pool in largest)
    panels = [pool_panel(pool, titles) for pool in largest]
    if others and largest:
        panels.append(sum_panel(f"{len(others)} other{'s' * (len(others) > 1)}", others))
    return panels


def make_panels(pools, options, path):
    """That of all memory together comes first."""
    of_blocks, of_objects = choose_pools(pools, options, path)
    panels = []
    if len(of_blocks) > min(options.pools, 1):
        title = f"{len(of_blocks)} pools together" if len(of_blocks) > 1 else "1 pool"
        panels.append(sum_panel(title, of_blocks, is_large=True))
    panels += pool_panels(of_blocks, options.pools)
    panels += pool_panels(of_objects, options.pools)
    return panels
