# SPDX-License-Identifier: GPL-2.0-only
"""What comes of judging mutants: which ones are taken, which may live on, and TAP of it all."""

import collections
import random
import re
import sys

import mutate

# How a mutant ends. One that does not compile, or compiles to the same code, is none.
KILLED, SURVIVED, SAME, BROKEN = 'killed', 'survived', 'same', 'broken'


class Failure(Exception):
    """The judge cannot do its work."""


def short(name):
    """A file's path in the module's folder."""
    return name[len('mdev_sample/'):] if name.startswith('mdev_sample/') else name


def one_line(name, mutant):
    """How a list and a report name a mutant: by text, since lines move."""
    return '%s: %s => %s' % (short(name), mutant.before, mutant.after)


def read_list(path):
    """The mutants that may live on: comments say why, for the lines up to the next comment."""
    listed, reason = {}, ''
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            line = line.rstrip('\n')
            if line.startswith('#'):
                reason = line.lstrip('# ')
            elif line and not reason:
                raise Failure('%s: no reason stands above "%s"' % (path, line))
            elif line:
                listed[line] = reason
    return listed


class Tap:
    """Results, as they come."""

    def __init__(self):
        self.count = self.failed = 0

    def result(self, good, name):
        self.count += 1
        self.failed += not good
        print('%s %d - %s' % ('ok' if good else 'not ok', self.count, name), flush=True)

    def comment(self, text):
        print('\n'.join('# ' + line for line in text.splitlines()), flush=True)

    def end(self):
        """The plan comes last, so that a test that breaks off has none."""
        if not self.count:
            self.result(False, 'there is something to test')
        print('1..%d' % self.count, flush=True)
        return 1 if self.failed else 0


def judge_all(files, only, judge, tap, number, seed):
    """Have a sample of the mutants of files judged, of those that match the expression only as listed.

    Returns those that survive, how many ended how, and how many there are.
    """
    found = [(name, mutant) for name, mutant in mutate.mutants(files) if re.search(only, one_line(name, mutant))]
    order = list(range(len(found)))
    random.Random(seed).shuffle(order)
    ends, survivors = collections.Counter(), []
    for i in order:
        if ends[KILLED] + ends[SURVIVED] >= number:
            break
        name, mutant = found[i]
        end, killer = judge(name, mutant)
        ends[end] += 1
        if end == SURVIVED:
            survivors.append((name, mutant))
        if end in (KILLED, SURVIVED):
            tap.comment('%s%s %s:%d: %s' % (end, ' by ' + killer if killer else '', name, mutant.line,
                                            one_line(name, mutant).split(': ', 1)[1]))
    return survivors, ends, len(found)


def report(tap, what, survivors, ends, listed, goal, seed, possible):
    """Every survivor is listed with the reason why it does no harm, and they are few."""
    for name, mutant in survivors:
        line = one_line(name, mutant)
        tap.result(line in listed, 'a survivor is listed: %s:%d: %s' % (
            name, mutant.line, line.split(': ', 1)[1]))
        if line in listed:
            tap.comment(listed[line])
    judged = ends[KILLED] + ends[SURVIVED]
    percent = 100 * ends[KILLED] / judged if judged else 0
    tap.comment('%d possible; of the sample %d do not compile and %d make no difference to the code' %
                (possible, ends[BROKEN], ends[SAME]))
    tap.result(judged > 0, 'there are mutants to judge')
    tap.result(percent >= goal, 'at least %d %% of the mutants of %s are killed' % (goal, what))
    tap.comment('figure: mutants of %s: %d, seed %d, %.1f %% killed, %d survive, all but %d of them listed' % (
        what, judged, seed, percent, len(survivors),
        sum(one_line(*survivor) not in listed for survivor in survivors)))


def check_list(tap, listed, mutants, where):
    """Whether each line of a list is a mutant still, of the files that it is about."""
    names = {short(name) for name in where}
    known = {one_line(name, mutant) for name, mutant in mutants}
    stale = [line for line in listed if line.split(':')[0] in names and line not in known]
    for line in stale:
        tap.comment('no such mutant: ' + line)
    tap.result(not stale, 'the list names mutants that there are')


def run(main):
    """A judge's main program, whose failure to work is a failure."""
    tap = Tap()
    try:
        main(tap)
    except Failure as failure:
        tap.comment(str(failure))
        tap.result(False, 'the mutants can be judged')
    sys.exit(tap.end())
