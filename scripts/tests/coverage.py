#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of the module no test has run?

Reads what builds of the module with counters have left: for each run a folder of counts (.gcda), and
the folder with the notes (.gcno) of the build that was run. Writes a report, and TAP: of each file every
line has been run, or is listed with a reason.
"""

import argparse
import collections
import gzip
import json
import os
import subprocess
import sys
import tempfile

# a checkout may be read-only
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'lib'))

import mutant_report  # noqa: E402
from mutant_report import Failure  # noqa: E402


def find(folder, suffix):
    """The files below a folder whose names end so, by their path without that."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            if name.endswith(suffix):
                path = os.path.join(where, name)
                found[path[:-len(suffix)]] = path
    return found


def pair(counts, notes):
    """The notes of each file of counts: those with the longest common end of the path."""
    by_name = collections.defaultdict(list)
    for stem, path in find(notes, '.gcno').items():
        by_name[os.path.basename(stem)].append((stem, path))
    for stem, path in find(counts, '.gcda').items():
        reverse = stem[::-1]
        best = max(by_name[os.path.basename(stem)], default=None,
                   key=lambda found, reverse=reverse: len(os.path.commonprefix([found[0][::-1], reverse])))
        if best:
            yield path, best[1]


def read_counts(counts, notes, repo, work):
    """For each line of the module's that has code, how often it has run, and which function it is of."""
    lines = {}
    for number, (gcda, gcno) in enumerate(pair(counts, notes)):
        stem = os.path.join(work, 'x%d' % number)
        os.symlink(os.path.abspath(gcda), stem + '.gcda')
        os.symlink(os.path.abspath(gcno), stem + '.gcno')
    if not os.listdir(work):
        return lines
    names = sorted(name for name in os.listdir(work) if name.endswith('.gcda'))
    done = subprocess.run(['gcov', '--json-format'] + names, cwd=work, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Failure('gcov says: ' + done.stderr)
    for name in os.listdir(work):
        if not name.endswith('.gcov.json.gz'):
            continue
        with gzip.open(os.path.join(work, name), 'rt', encoding='utf-8') as file:
            data = json.load(file)
        for entry in data['files']:
            path = ours(entry['file'], repo)
            for line in entry['lines'] if path else []:
                at = path, line['line_number']
                # without what the compiler has appended to the name of a copy
                function = line.get('function_name', '').split('.')[0]
                lines[at] = lines.get(at, (0, ''))[0] + line['count'], function
    return lines


def ours(path, repo):
    """A source's path in the repository, None for one of somebody else's."""
    folders = path.split('/')
    if 'mdev_sample' not in folders:
        return None
    # the folders on the way to it may have the same name
    last = len(folders) - 1 - folders[::-1].index('mdev_sample')
    name = '/'.join(folders[last:])
    return name if os.path.isfile(os.path.join(repo, name)) else None


def read_run(run, repo):
    """One run's counts, from COUNTS:NOTES."""
    counts, notes = run.split(':')
    with tempfile.TemporaryDirectory() as work:
        return read_counts(counts, notes, repo, work)


def text_of(repo, path):
    """A file's lines. One that only begins or ends a function is none: what is in between tells more."""
    with open(os.path.join(repo, path), encoding='utf-8') as file:
        return [' '.join(line.split()) if line[:1].isspace() else '' for line in file]


def note_run(notes, run, found, texts):
    """How often a suite, with which mdev core, runs which lines, if it passes, and how long it takes."""
    counts, build = run.split(':')
    try:
        with open(os.path.join(counts, 'seconds'), encoding='utf-8') as file:
            seconds = int(file.read())
        with open(os.path.join(counts, 'results'), encoding='utf-8') as file:
            lines = file.read().split('\n')
    except FileNotFoundError:
        return
    name = '%s/%s' % (os.path.basename(build), os.path.basename(counts))
    if any(line.startswith('not ok') for line in lines) or not any(line.startswith('ok') for line in lines):
        return
    notes['seconds'][name] = seconds
    for path, number in found:
        if found[path, number][0] and texts[path][number - 1]:
            key = '%s: %s' % (mutant_report.short(path), texts[path][number - 1])
            runs = notes['lines'].setdefault(key, {})
            runs[name] = runs.get(name, 0) + found[path, number][0]


def report_file(tap, path, text, counts, listed, out):
    """How one file fares; returns how many of its lines there are, how many run, how many are listed."""
    all_lines = sorted(number for name, number in counts if name == path and text[number - 1])
    missed = [number for number in all_lines if not counts[path, number][0]]
    unknown = 0
    for number in missed:
        whole, line = names_of(path, text[number - 1], counts[path, number][1])
        reason = listed.get(line) or listed.get(whole)
        out.append('%s:%d: %s%s' % (path, number, text[number - 1], '  (%s)' % reason if reason else ''))
        if not reason:
            unknown += 1
            tap.comment('line %d of %s' % (number, line))
    tap.result(not unknown, '%s: every line runs, or is listed with a reason (%d of %d run)' % (
        path, len(all_lines) - len(missed), len(all_lines)))
    return len(all_lines), len(all_lines) - len(missed), len(missed) - unknown


def names_of(path, text, function):
    """How a list names a function as a whole, and a line of it."""
    whole = '%s: %s()' % (mutant_report.short(path), function)
    return whole, '%s: %s' % (whole, text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--repo', default=os.path.join(os.path.dirname(os.path.realpath(__file__)), '../..'))
    parser.add_argument('--list', required=True, help='lines that need not run, with reasons')
    parser.add_argument('--report', required=True, help='where the report goes')
    parser.add_argument('--map', help='where a map of lines and suites goes')
    parser.add_argument('--goal', type=int, default=95, help='percent of the lines that have to run')
    parser.add_argument('runs', nargs='+', metavar='COUNTS:NOTES')
    return parser.parse_args()


def main(tap):
    args = arguments()
    listed = mutant_report.read_list(args.list)
    counts = {}
    by_run = {run: read_run(run, args.repo) for run in args.runs}
    for run, found in by_run.items():
        tap.result(any(count for count, _ in found.values()),
                   'there are counts of ' + os.path.basename(run.split(':')[0]))
        for line, (count, function) in found.items():
            counts[line] = counts.get(line, (0, ''))[0] + count, function
    paths = sorted({path for path, _ in counts})
    texts = {path: text_of(args.repo, path) for path in paths}
    if args.map:
        notes = {'lines': {}, 'seconds': {}}
        for run, found in by_run.items():
            note_run(notes, run, found, texts)
        with open(args.map, 'w', encoding='utf-8') as file:
            json.dump(notes, file, indent=1)
    known = {name for (path, number), (_, function) in counts.items()
             for name in names_of(path, texts[path][number - 1], function)}
    files = {mutant_report.short(path) for path in paths}
    stale = [line for line in listed if line.split(':')[0] in files and line not in known]
    for line in stale:
        tap.comment('no such line: ' + line)
    tap.result(not stale, 'the list names lines that there are')
    out, sums = [], [0, 0, 0]
    for path in paths:
        sums = [a + b for a, b in zip(sums, report_file(tap, path, texts[path], counts, listed, out))]
    percent = 100 * sums[1] / sums[0] if sums[0] else 0
    figure = '%d lines of the module have code, %.1f %% of them run; of the others %d are listed' % (
        sums[0], percent, sums[2])
    with open(args.report, 'w', encoding='utf-8') as file:
        file.write('\n'.join([figure] + out) + '\n')
    tap.result(percent >= args.goal, 'at least %d %% of the lines run' % args.goal)
    tap.comment('figure: ' + figure)


mutant_report.run(main)
