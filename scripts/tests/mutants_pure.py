#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do the unit tests notice when something is wrong with the module's pure files?

A sample of mutants of these files and of what they include is compiled with the unit tests, one at a
time. A unit test that fails or does not end has killed its mutant. First the tests run short and
without sanitizers; what survives that meets them as they are.
"""

import argparse
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

# a checkout may be read-only
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'lib'))

import mutant_report  # noqa: E402
import mutate  # noqa: E402
from mutant_report import BROKEN, KILLED, SAME, SURVIVED, Failure  # noqa: E402

# Enough for nearly all of them.
SHORT = {'UNIT_ROUNDS': '5000', 'UNIT_STEPS': '20000'}


class Builder:
    """A copy of what the unit tests are made of, and the objects of all that is right."""

    def __init__(self, repo, work, kselftest):
        self.work = work
        for folder in ('mdev_sample', 'selftests'):
            shutil.copytree(os.path.join(repo, folder), os.path.join(work, folder),
                            ignore=shutil.ignore_patterns('*.o', '*.ko', 'pure', '.*'))
        self.cwd = os.path.join(work, 'selftests')
        self.kselftest = kselftest
        values = self.ask('CC', 'CFLAGS', 'KHDR_INCLUDES', 'PURE_CFLAGS', 'UNIT_CFLAGS', 'PURE_SOURCES',
                          'UNIT_PROGS')
        self.compiler = (values['CC'] + values['PURE_CFLAGS'] + values['CFLAGS'] +
                         values['KHDR_INCLUDES'])
        self.flags = {'short': [], 'long': values['UNIT_CFLAGS']}
        self.pure = values['PURE_SOURCES']
        self.programs = values['UNIT_PROGS']
        if not self.pure or not self.programs:
            raise Failure('selftests/Makefile names no pure files, or no unit tests')
        self.needs = {source: self.includes(source) for source in self.sources()}
        self.objects = {}

    def sources(self):
        return self.pure + [program + '.c' for program in self.programs]

    def ask(self, *names):
        """What the Makefile says."""
        command = ['make', '-s', '-C', self.cwd, 'KSELFTEST=' + self.kselftest,
                   '--eval=show-%: ; @echo $($*)'] + ['show-' + name for name in names]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = done.stdout.split('\n')
        if done.returncode or len(lines) <= len(names):
            raise Failure('make says: ' + done.stderr)
        return {name: shlex.split(line) for name, line in zip(names, lines)}

    def includes(self, source):
        """The files of ours that this one is compiled from."""
        done = subprocess.run(self.compiler + ['-MM', source], cwd=self.cwd, capture_output=True,
                              text=True, check=False)
        words = done.stdout.replace('\\\n', ' ').split()[1:]
        return {os.path.relpath(os.path.join(self.cwd, word), self.work) for word in words}

    def files(self):
        """The pure files and those of the module that they include, with their texts."""
        names = set().union(*(self.needs[source] for source in self.pure))
        texts = {}
        for name in names:
            if name.startswith('mdev_sample/'):
                with open(os.path.join(self.work, name), encoding='utf-8') as file:
                    texts[name] = file.read()
        return texts

    def compile(self, source, kind):
        """The object's path, None if it cannot be compiled."""
        output = os.path.join(self.work, '%s-%s.o' % (kind, re.sub(r'\W', '_', source)))
        done = subprocess.run(self.compiler + self.flags[kind] + ['-w', '-c', source, '-o', output],
                              cwd=self.cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return output if done.returncode == 0 else None

    def compile_all(self, kind):
        for source in self.sources():
            made = self.compile(source, kind)
            if not made:
                raise Failure(source + ' does not compile as it is')
            os.rename(made, made + '.good')
            self.objects[kind, source] = made + '.good'

    def changed_objects(self, name, kind):
        """Those that a changed file changes, or None if one does not compile."""
        objects = {}
        for source in self.sources():
            if name not in self.needs[source]:
                continue
            made = self.compile(source, kind)
            if not made:
                return None
            if not same_content(made, self.objects[kind, source]):
                objects[source] = made
        return objects

    def link(self, program, kind, objects):
        output = os.path.join(self.work, 'program')
        parts = [objects.get(source, self.objects[kind, source]) for source in self.pure + [program + '.c']]
        done = subprocess.run(self.compiler + self.flags[kind] + parts + ['-o', output], cwd=self.cwd,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise Failure(program + ' cannot be linked')
        return output


def same_content(one, other):
    with open(one, 'rb') as first, open(other, 'rb') as second:
        return first.read() == second.read()


def passes(path, kind, limit):
    """Whether a program of tests runs to its end and all of them pass."""
    environment = {**os.environ, **(SHORT if kind == 'short' else {})}

    def confine():
        # a test is a process of its own
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with subprocess.Popen([path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
                          preexec_fn=confine, start_new_session=True) as process:
        timer = threading.Timer(20 * limit, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        good, passed = True, 0
        for line in process.stdout:
            passed += line.startswith(b'ok ')
            if line.startswith(b'not ok '):
                good = False
                os.killpg(process.pid, signal.SIGKILL)
                break
        timer.cancel()
    return good and passed > 0 and process.returncode == 0


class Judge:
    """Kills mutants."""

    def __init__(self, builder, files, limit):
        self.builder, self.files = builder, files
        # processor seconds for each test of a program: all of one's take a second or two, or ten
        self.limits = {'short': limit, 'long': 20 * limit}
        self.order = {name: list(builder.programs) for name in files}

    def passes_all(self, kind, objects, order):
        """The program that fails, None if there is none."""
        for program in list(order):
            if not passes(self.builder.link(program, kind, objects), kind, self.limits[kind]):
                # it is likely to kill the file's next mutant, too
                order.remove(program)
                order.insert(0, program)
                return program
        return None

    def without(self, kind):
        """The tests must pass as long as nothing is wrong."""
        self.builder.compile_all(kind)
        failed = self.passes_all(kind, {}, list(self.builder.programs))
        if failed:
            raise Failure(failed + ' fails without a mutant')

    def judge(self, name, mutant):
        path = os.path.join(self.builder.work, name)
        try:
            write(path, mutate.apply(self.files[name], mutant))
            objects = self.builder.changed_objects(name, 'short')
            if not objects:
                return BROKEN if objects is None else SAME, None
            killer = self.passes_all('short', objects, self.order[name])
            if not killer:
                objects = self.builder.changed_objects(name, 'long')
                killer = self.passes_all('long', objects, self.order[name])
        finally:
            write(path, self.files[name])
        return KILLED if killer else SURVIVED, killer


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--repo', default=os.path.join(os.path.dirname(os.path.realpath(__file__)), '../..'))
    parser.add_argument('--kselftest', required=True, help="the kernel's tools/testing/selftests")
    parser.add_argument('--list', required=True, help='mutants that may survive, with reasons')
    parser.add_argument('--number', type=int, default=300, help='how many are judged; 0: all')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--goal', type=int, default=95, help='percent that are to be killed')
    parser.add_argument('--limit', type=int, default=3, help='processor seconds of a test')
    parser.add_argument('--only', default='', help='those that match this, as a list has them')
    return parser.parse_args()


def main(tap):
    args = arguments()
    with tempfile.TemporaryDirectory() as work:
        builder = Builder(args.repo, work, args.kselftest)
        files = builder.files()
        judge = Judge(builder, files, args.limit)
        for kind in ('short', 'long'):
            judge.without(kind)
        tap.result(True, 'the unit tests pass without a mutant')
        listed = mutant_report.read_list(args.list)
        mutant_report.check_list(tap, listed, mutate.mutants(files), files)
        survivors, ends, possible = mutant_report.judge_all(
            files, args.only, judge.judge, tap, args.number or sys.maxsize, args.seed)
        mutant_report.report(tap, 'the pure files', survivors, ends, listed, args.goal, args.seed, possible)


mutant_report.run(main)
