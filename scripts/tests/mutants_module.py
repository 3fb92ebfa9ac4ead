#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do the device suites notice when something is wrong with the module?

A sample of mutants of all files but the pure ones is built, one at a time, and each loaded in a machine of
its own, where the suites that run the changed line (scripts/check --coverage has found out which) run one
after the other. A suite that fails, or does not end, or a kernel that reports trouble has killed the
mutant. What survives on the first kernel meets the same suites on the next one, which checks more.
"""

import argparse
import collections
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

# a checkout may be read-only
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'lib'))

import mutant_report  # noqa: E402
import mutate  # noqa: E402
from mutant_report import BROKEN, KILLED, SAME, SURVIVED, Failure  # noqa: E402

# scripts/uml cannot do its work.
CANNOT_START = 243
# How much longer than with the module as it is may a suite take here.
PATIENCE = 6


class Build:
    """The module of one mdev core for one kernel, and what it is when nothing is wrong."""

    def __init__(self, repo, work, kdir, variables):
        self.work = work
        self.command = ['make', '-s', '-C', work, 'KDIR=' + kdir, 'ARCH=um'] + variables
        os.mkdir(work)
        for name in ('Makefile', 'Kbuild'):
            shutil.copy(os.path.join(repo, name), work)
        shutil.copytree(os.path.join(repo, 'mdev_sample'), os.path.join(work, 'mdev_sample'),
                        ignore=shutil.ignore_patterns('*.o', '*.ko', '*.mod*', '.*'))
        if not self.make():
            raise Failure('the module does not build as it is')
        self.good = self.digest()

    def make(self):
        done = subprocess.run(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False)
        return done.returncode == 0

    def digest(self):
        """What the kernel would run, of all files together."""
        with open(os.path.join(self.work, 'mdev_sample.o'), 'rb') as file:
            return hashlib.sha256(file.read()).digest()

    def has(self, name):
        return name.endswith('.h') or os.path.exists(os.path.join(self.work, name[:-2] + '.o'))

    def write(self, name, text):
        with open(os.path.join(self.work, name), 'w', encoding='utf-8') as file:
            file.write(text)

    def module(self):
        return os.path.join(self.work, 'mdev_sample.ko')


class Judge:
    """Kills mutants."""

    def __init__(self, args, files, notes):
        self.args, self.files, self.notes = args, files, notes
        self.kdirs = dict(kernel.split('=') for kernel in args.kernels)
        self.builds = {}
        self.unrun = []

    def build(self, checks, core):
        """The build for a kernel and an mdev core, made when it is asked for."""
        if (checks, core) not in self.builds:
            self.builds[checks, core] = Build(
                self.args.repo, os.path.join(self.args.work, '%s-%s' % (checks, core)),
                self.kdirs[checks], ['MDEV_CORE=own'] if core == 'own' else [])
        return self.builds[checks, core]

    def core(self, name):
        """The mdev core with which the module has this file."""
        return 'kernel' if self.build(list(self.kdirs)[0], 'kernel').has(name) else 'own'

    def known(self, name, mutant):
        """How often which suites run the line, or the statement that it is in; of a table, the file."""
        prefix, lines = mutant_report.short(name) + ': ', self.notes['lines']
        texts = [' '.join(line.split()) for line in self.files[name].split('\n')]
        for line in range(mutant.line, max(mutant.line - 4, 0), -1):
            if prefix + texts[line - 1] in lines:
                return lines[prefix + texts[line - 1]]
        sums = collections.Counter()
        for key in lines:
            if key.startswith(prefix):
                sums.update(lines[key])
        return sums

    def suites(self, name, mutant):
        """Those first that run it most often in their time, which are about it, as long as there is time."""
        core = 'coverage-%s/' % self.core(name)
        lengths = {suite: length + 1 for suite, length in self.notes['seconds'].items()}
        known = {suite: count / lengths[suite] for suite, count in self.known(name, mutant).items()
                 if suite.startswith(core)}
        chosen, seconds = [], 0
        for suite in sorted(known, key=lambda suite: (-known[suite], suite)):
            if seconds + lengths[suite] <= self.args.seconds:
                chosen.append(suite)
                seconds += lengths[suite]
        return chosen or sorted(known, key=lambda suite: (lengths[suite], suite))[:1]

    def run(self, build, checks, suites):
        """None if all of them pass, else who or what has seen that something is wrong."""
        seconds = [self.notes['seconds'][suite] for suite in suites]
        slow = PATIENCE * (1 if checks == list(self.kdirs)[0] else 4)
        done = subprocess.run(
            [self.args.uml, '--checks', checks, '--timeout', str(120 + slow * (sum(seconds) + len(seconds))),
             '--', 'env', 'MDEV_SAMPLE_PROGRAM_SECONDS=%d' % (20 + slow * max(seconds)), 'MDEV_SAMPLE_SECONDS=5',
             os.path.join(os.path.dirname(os.path.realpath(__file__)), 'mutant-suites.sh'),
             self.args.suites, build.module()] + [suite.split('/')[1] for suite in suites],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True, check=False)
        if done.returncode == CANNOT_START:
            raise Failure('scripts/uml cannot start')
        if done.returncode == 0:
            return None
        return ' '.join(done.stdout.split()) or 'the kernel (%d)' % done.returncode

    def judge(self, name, mutant):
        suites, core = self.suites(name, mutant), self.core(name)
        for number, checks in enumerate(self.kdirs):
            build = self.build(checks, core)
            build.write(name, mutate.apply(self.files[name], mutant))
            try:
                if not build.make():
                    return BROKEN, None
                if not number and build.digest() == build.good:
                    return SAME, None
                killer = self.run(build, checks, suites) if suites else None
            finally:
                build.write(name, self.files[name])
            if killer:
                return KILLED, killer
        if not suites:
            self.unrun.append('%s:%d' % (name, mutant.line))
        return SURVIVED, None


def read_files(repo, pure):
    """The module's files but for the pure ones."""
    files = {}
    for where, _, names in os.walk(os.path.join(repo, 'mdev_sample')):
        for name in names:
            path = os.path.relpath(os.path.join(where, name), repo)
            if re.search(r'(?<!\.mod)\.[ch]$', path) and path not in pure:
                with open(os.path.join(repo, path), encoding='utf-8') as file:
                    files[path] = file.read()
    return files


def arguments():
    here = os.path.dirname(os.path.realpath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--repo', default=os.path.join(here, '../..'))
    parser.add_argument('--uml', default=os.path.join(here, '../uml'))
    parser.add_argument('--work', required=True, help='a folder to build in, which machines see')
    parser.add_argument('--suites', required=True, help='where they are installed')
    parser.add_argument('--map', required=True, help='which suites run which line')
    parser.add_argument('--list', required=True, help='mutants that may survive, with reasons')
    parser.add_argument('--kernels', nargs='+', required=True, metavar='CHECKS=KDIR',
                        help='those of scripts/uml, in this order, and their build folders')
    parser.add_argument('--number', type=int, default=100, help='how many are judged; 0: all')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--seconds', type=int, default=60, help='of suites for each mutant')
    parser.add_argument('--goal', type=int, default=85, help='percent that are to be killed')
    parser.add_argument('--only', default='', help='those that match this, as a list has them')
    parser.add_argument('--pure', nargs='*', default=[], help='paths of files that are not judged here')
    return parser.parse_args()


def main(tap):
    args = arguments()
    try:
        with open(args.map, encoding='utf-8') as file:
            notes = json.load(file)
    except FileNotFoundError as error:
        raise Failure('nothing is known of what runs which line: run scripts/check --coverage first') from error
    files = read_files(args.repo, args.pure)
    judge = Judge(args, files, notes)
    listed = mutant_report.read_list(args.list)
    mutant_report.check_list(tap, listed, mutate.mutants(files), files)
    survivors, ends, possible = mutant_report.judge_all(
        files, args.only, judge.judge, tap, args.number or sys.maxsize, args.seed)
    for line in judge.unrun:
        tap.comment('no suite runs ' + line)
    mutant_report.report(tap, 'the other files', survivors, ends, listed, args.goal, args.seed, possible)


mutant_report.run(main)
