#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says what runs of `meson test` came to, with every TAP sub-test counted.

Meson writes two logs, and neither is enough alone: testlog.json has each program's verdict and
output but no sub-tests; testlog.junit.xml has the sub-tests, but shows a program that timed out, or
that died after its last sub-test, as if nothing had happened.
"""

import argparse
import json
import re
import sys
import xml.etree.ElementTree

TAIL_LINES = 40
# Colours and the like, which a failing program must not leave switched on in the reader's terminal
# (and which no XML parser takes).
CONTROL = re.compile(r'\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]')


class Report:
    """What is counted in one run of meson, and what is told about it."""

    def __init__(self, left_out):
        self.left_out = left_out
        self.passed = 0
        self.failed = []
        self.skipped = []
        self.failed_programs = []
        self.problems = []

    def add_program(self, run, cases):
        """Counts one run of a program; `cases` are its sub-tests, if it has any."""
        name, result = run['name'], run['result']
        # Failing is what such a program is there for: its sub-tests have nothing to add.
        if result == 'EXPECTEDFAIL':
            self.passed += 1
            return
        if result == 'UNEXPECTEDPASS':
            self.add_failure(run, f'{name}: passed, but should have failed')
            return

        failed_before = len(self.failed)
        for case in cases:
            self.add_case(run, case)
        if result not in ('OK', 'SKIP'):
            if len(self.failed) == failed_before:
                self.add_failure(run, f'{name}: {describe_end(run)}')
        elif result == 'SKIP' and ended_early(run, cases):
            self.add_failure(run, f'{name}: ended before it had run its tests')
        elif result == 'SKIP' and not cases:
            self.skipped.append(f'{name}: {last_line(run)}')
        elif not cases:
            self.passed += 1

    def add_case(self, run, case):
        # Meson puts the number in front of the path that GLib's test programs go by.
        path = re.sub(r'^\d+ (?=.)', '', case.get('name'))
        name = f'{run["name"]}: {path}'
        reason = case.findtext('system-out')
        if reason:
            name += f' ({reason})'
        if case.find('failure') is not None or case.find('error') is not None:
            self.add_failure(run, name)
        elif f'{bare_name(run)}: {path}' in self.left_out:
            pass  # what is left out is told from its list
        elif case.find('skipped') is not None:
            self.skipped.append(name)
        else:
            self.passed += 1

    def add_failure(self, run, name):
        self.failed.append(name)
        if not any(run is other for other in self.failed_programs):
            self.failed_programs.append(run)

    def print(self):
        for run in self.failed_programs:
            print(f'\n--- {run["name"]}: {describe_end(run)}; the end of its output:')
            print('\n'.join(output_lines(run)[-TAIL_LINES:]) or '(no output)')
        print_list('Failed:', self.failed)
        print_list('Skipped:', self.skipped)
        if self.problems:
            print('', *self.problems, sep='\n')


def print_list(title, names):
    if names:
        print(f'\n{title}')
        for name in names:
            print(f'  {clean(name)}')


def clean(text):
    return CONTROL.sub('', text.replace('\r\n', '\n'))


def output_lines(run):
    parts = (run.get('stdout') or '', run.get('stderr') or '')
    return clean('\n'.join(part.rstrip() for part in parts if part.strip())).split('\n')


def last_line(run):
    return output_lines(run)[-1] or 'no reason given'


def describe_end(run):
    """How a program ended, in words."""
    status = run.get('returncode', 0)
    if run['result'] == 'TIMEOUT':
        return 'timed out'
    if run['result'] == 'INTERRUPT':
        return 'interrupted'
    if status < 0:
        return f'killed by signal {-status}'
    if status > 0:
        return f'exit status {status}'
    words = {'ERROR': 'not what its TAP plan said', 'SKIP': 'exit status 0',
             'FAIL': 'a failing sub-test', 'UNEXPECTEDPASS': 'no failure'}
    return words.get(run['result'], run['result'].lower())


def ended_early(run, cases):
    """Whether a program that meson calls skipped in truth ended without a word.

    Meson takes a TAP program without a result for a skipped one, even if it promised results, or
    printed nothing at all. One that exits with 77 has said that it skips.
    """
    if run.get('returncode') != 0:
        return False
    plan = re.search(r'^1\.\.(\d+)', run.get('stdout') or '', re.MULTILINE)
    return plan is None or int(plan.group(1)) != len(cases)


def read_runs(path):
    with open(path, encoding='utf-8', errors='replace') as log:
        return [json.loads(line) for line in log if line.strip()]


def read_suites(path):
    # What a program wrote to its standard error is in there as it is, escape characters and all,
    # which XML does not allow.
    with open(path, encoding='utf-8', errors='replace') as log:
        root = xml.etree.ElementTree.fromstring(clean(log.read()).encode())
    return {suite.get('name'): suite.findall('testcase') for suite in root.iter('testsuite')}


def find_cases(suites, name):
    """The sub-tests of a program: its suite is called PROJECT.PROGRAM."""
    matches = [suite for suite in suites if suite.endswith('.' + name)]
    # A longer one would be of another program, one with a dot in its name.
    return suites[min(matches, key=len)] if matches else []


def summarise(runs, suites, left_out):
    report = Report(left_out)
    # With --repeat a program is in the list more than once, but its sub-tests are those of the last
    # run; of the others only a failure is told.
    last_runs = {run['name']: run for run in runs}
    for run in runs:
        if run is last_runs[run['name']]:
            report.add_program(run, find_cases(suites, run['name']))
        elif run['result'] not in ('OK', 'SKIP', 'EXPECTEDFAIL'):
            report.add_failure(run, f'{run["name"]}: {describe_end(run)}')
    return report


def read_left_out(path):
    """The tests that a list leaves out, each with its reason: see tests/not-emulated.txt."""
    with open(path, encoding='utf-8') as listed:
        lines = [line.strip() for line in listed if line.strip() and not line.startswith('#')]
    return dict(re.fullmatch(r'(\S+(?:: .+)?): (.*)', line).groups() for line in lines)


def bare_name(run):
    """The name of a program as the build file has it, without project and suites."""
    return re.split(r' / |:', run['name'])[-1]


def read_report(status, json_path, junit_path, strict, left_out):
    runs, suites, unreadable = [], {}, None
    try:
        runs = read_runs(json_path)
        suites = read_suites(junit_path)
    except (OSError, ValueError, xml.etree.ElementTree.ParseError) as error:
        unreadable = error

    report = summarise(runs, suites, left_out)
    if unreadable is not None and runs:
        report.problems.append(f'The sub-tests are not counted: {unreadable}')
    if not report.passed and not report.failed:
        report.problems.append('No test ran.')
    elif status != '0' and not report.failed:
        report.problems.append(f'meson test ended with status {status}.')
    if strict and report.skipped:
        report.problems.append('A skipped test counts as a failure here.')
    # These are skipped on purpose, and only here.
    report.skipped += [f'{name}: {reason}' for name, reason in left_out.items()]
    for name in sorted(left_out.keys() & {bare_name(run) for run in runs}):
        report.problems.append(f'{name} ran, although it is listed as left out.')
    return report


def print_all(reports):
    for name, report in reports:
        # Of one run alone there is no need to say which, nor of one without anything to tell.
        if len(reports) > 1 and (report.failed or report.skipped or report.problems):
            print(f'\n=== {name}')
        report.print()

    passed = sum(report.passed for _, report in reports)
    failed = sum(len(report.failed) for _, report in reports)
    skipped = sum(len(report.skipped) for _, report in reports)
    print(f'\n{passed} passed, {failed} failed, {skipped} skipped')


def main():
    parser = argparse.ArgumentParser(description='Sum up runs of meson test.')
    parser.add_argument('--strict', action='store_true', help='a skipped test is a failure')
    parser.add_argument('--run', nargs=4, action='append', required=True, dest='runs',
                        metavar=('NAME', 'STATUS', 'JSON', 'JUNIT'),
                        help='a run, what meson test exited with, and its two logs')
    parser.add_argument('--left-out', nargs=2, action='append', default=[],
                        metavar=('NAME', 'FILE'), help='what this run leaves out, and why')
    options = parser.parse_args()
    sys.stdout.reconfigure(errors='replace')

    left_out = {name: read_left_out(path) for name, path in options.left_out}
    reports = [(name, read_report(*logs, options.strict, left_out.get(name, {})))
               for name, *logs in options.runs]
    print_all(reports)
    return 1 if any(report.failed or report.problems for _, report in reports) else 0


if __name__ == '__main__':
    sys.exit(main())
