#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looks for mistakes in every C file that a build folder compiles, without running any.

usage: analyse.py [--explain] [--jobs N] [--tool NAME]... SOURCE BUILD

The tools are clang-tidy, cppcheck and gcc (for its -fanalyzer). What they look for is set in the
files .clang-tidy, in this folder, and below. Prints what they found, and exits with 1 if that is
anything.
"""

import argparse
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
HEADLINE = re.compile(r"^(?P<file>[^\s:][^:]*):\d+:(\d+:)? (?!note: )(?P<severity>[a-z ]+): .+")
# What they mean is the same to all three.
KEPT = ("-D", "-U", "-W", "-std=", "-pthread", "-fno-builtin")


class Project:
    """The commands that compile it, with only what matters here, and each of them once."""

    def __init__(self, source, build, jobs):
        self.source = source
        self.build = build
        self.jobs = jobs
        self.commands = {}
        with open(build / "compile_commands.json", encoding="utf-8") as database:
            for entry in json.load(database):
                self.add(entry)

    def add(self, entry):
        folder = pathlib.Path(entry["directory"])
        file = (folder / entry["file"]).resolve()
        if file.suffix != ".c" or not file.is_relative_to(self.source):
            return
        if "subprojects" in file.relative_to(self.source).parts:
            return

        own, foreign, others = [], [], []
        for argument in shlex.split(entry["command"])[1:]:
            if argument.startswith("-I"):
                include = (folder / argument[2:]).resolve()
                if not include.is_dir():
                    continue
                is_own = include.is_relative_to(self.source) or include.is_relative_to(self.build)
                (own if is_own else foreign).append(str(include))
            elif argument.startswith(KEPT) and not argument.startswith("-Werror"):
                others.append(argument)
        command = (str(file), tuple(own), tuple(foreign), tuple(others))
        self.commands[command] = None

    def files(self):
        return sorted({file for file, *_ in self.commands})

    def arguments(self, command, with_foreign):
        file, own, foreign, others = command
        arguments = [*others, *("-I" + folder for folder in own)]
        if with_foreign:
            arguments += [word for folder in foreign for word in ("-isystem", folder)]
        return [*arguments, "-c", file]

    def write_database(self, folder, with_foreign):
        entries = [
            {
                "directory": str(self.build),
                "file": command[0],
                # Not “arguments”: cppcheck 2.10 takes quotation marks out of those.
                "command": shlex.join(["cc", *self.arguments(command, with_foreign)]),
            }
            for command in self.commands
        ]
        path = pathlib.Path(folder) / "compile_commands.json"
        path.write_text(json.dumps(entries), encoding="utf-8")
        return path


def run(*command):
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )


def parse(output):
    """The findings in what a tool printed: for each headline what came below it."""
    findings, below = {}, []
    for line in output.splitlines():
        if HEADLINE.match(line):
            below = findings.setdefault(line, [])
            below.clear()
        else:
            below.append(line)
    return findings


def findings_of(result, name):
    """Those of one run. A tool that failed for another reason has that for a finding."""
    findings = parse(result.stdout + result.stderr)
    if result.returncode != 0 and not findings:
        findings[f"{name}: failed with status {result.returncode}"] = (
            result.stdout + result.stderr
        ).splitlines()[-20:]
    return findings


def run_each(project, function, items):
    findings = {}
    with concurrent.futures.ThreadPoolExecutor(project.jobs) as pool:
        for found in pool.map(function, items):
            findings.update(found)
    return findings


def run_clang_tidy(project):
    def look_at(folder, file):
        result = run(
            "clang-tidy",
            "--quiet",
            f"-p={folder}",
            f"--header-filter=^{re.escape(str(project.source))}/",
            "--extra-arg=-Wno-unknown-warning-option",
            file,
        )
        # Standard error has counts of what was suppressed, and complaints of .clang-tidy.
        if result.returncode == 0 and not re.search(r"error:", result.stderr):
            result.stderr = ""
        return findings_of(result, f"clang-tidy {file}")

    with tempfile.TemporaryDirectory() as folder:
        project.write_database(folder, with_foreign=True)
        return run_each(project, functools.partial(look_at, folder), project.files())


def run_cppcheck(project):
    # It knows GLib better from gtk.cfg than from GLib's headers. posix.cfg takes mmap (-1) for a
    # mistake, and munmap () of a part for a leak.
    with tempfile.TemporaryDirectory() as folder:
        database = project.write_database(folder, with_foreign=False)
        result = run(
            "cppcheck",
            "--quiet",
            f"-j{project.jobs}",
            f"--project={database}",
            "--enable=warning,style,performance,portability",
            "--library=gtk",
            f"--library={FOLDER / 'cppcheck-library.cfg'}",
            f"--suppressions-list={FOLDER / 'cppcheck-suppressions.txt'}",
            "--template={file}:{line}:{column}: {severity}: {message} [{id}]",
        )
        return findings_of(result, "cppcheck")


def run_gcc(project):
    def look_at(command):
        result = run(
            "gcc",
            *project.arguments(command, with_foreign=True),
            # Enough to bring macros into a form that the analyser follows.
            "-O1",
            "-fanalyzer",
            "-fdiagnostics-plain-output",
            "-include",
            FOLDER / "glib-for-gcc.h",
            # What is declared there is declared again by its own header.
            "-Wno-redundant-decls",
            "-o",
            os.devnull,
        )
        return findings_of(result, f"gcc {command[0]}")

    return run_each(project, look_at, project.commands)


TOOLS = {"clang-tidy": run_clang_tidy, "cppcheck": run_cppcheck, "gcc": run_gcc}


def show(findings, source, explain):
    prefix = f"{source}{os.sep}"
    for headline in sorted(findings):
        lines = [headline, *findings[headline]] if explain else [headline]
        print("\n".join(lines).replace(prefix, ""))


def parse_arguments():
    parser = argparse.ArgumentParser(description="Look for mistakes in the C files of a build.")
    parser.add_argument("--explain", action="store_true", help="say how each comes about")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many run at once")
    parser.add_argument("--tool", action="append", choices=TOOLS, help="only this one")
    parser.add_argument("source", type=pathlib.Path, help="the source folder")
    parser.add_argument("build", type=pathlib.Path, help="the build folder")
    return parser.parse_args()


def main():
    options = parse_arguments()
    tools = options.tool or list(TOOLS)
    missing = [name for name in tools if shutil.which(name) is None]
    if missing:
        sys.exit(f"analyse.py: not found: {', '.join(missing)}; install what has them")
    try:
        project = Project(options.source.resolve(), options.build.resolve(), options.jobs)
    except OSError as error:
        sys.exit(f"analyse.py: {error}; set the build folder up with meson")
    if not project.commands:
        sys.exit(f"analyse.py: {options.build} compiles no C file of {options.source}")

    counts = []
    for name in tools:
        findings = TOOLS[name](project)
        show(findings, project.source, options.explain)
        counts.append(f"{name} {len(findings)}")
    print(f"Findings in {len(project.files())} files: {', '.join(counts)}")
    return 0 if all(count.endswith(" 0") for count in counts) else 1


if __name__ == "__main__":
    sys.exit(main())
