#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws what bench-pool measured, or prints it as tables for the guide.

FOLDER has, or gets, a file bench-RUN.json for each run; the charts become bench-CHART.svg beside
them.
"""

import argparse
import pathlib
import sys

import charts
import gnuplot
import runs
import svg
import tables


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--measure", metavar="BENCH-POOL", help="measure first, with this program")
    parser.add_argument("--only", metavar="RUN", choices=runs.ARGUMENTS, help="measure this alone")
    parser.add_argument("--table", action="store_true", help="draw nothing, but print tables")
    parser.add_argument("folder", metavar="FOLDER", type=pathlib.Path)
    parser.add_argument(
        "arguments", metavar="ARGUMENT", nargs="*", help="for bench-pool, after “--”"
    )
    options = parser.parse_args()
    if options.arguments and not options.measure:
        parser.error(f"only --measure has a use for “{options.arguments[0]}”")
    return options


def draw(folder):
    paths = []
    for chart in charts.make_charts(runs.read(folder)):
        path = folder / f"bench-{chart.name}.svg"
        path.write_text(svg.finish(gnuplot.draw(chart), chart), encoding="utf-8")
        paths.append(path)
    return paths


def run(options):
    written = []
    if not options.table:
        gnuplot.find()
    if options.measure:
        options.folder.mkdir(parents=True, exist_ok=True)
        written += runs.measure(options.measure, options.folder, options.arguments, options.only)
    if options.table:
        print(tables.make(runs.read(options.folder)), end="")
        return
    written += draw(options.folder)
    print("\n".join(map(str, written)))


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        run(parse())
    except (runs.Error, OSError) as error:
        sys.exit(f"plot.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
