# SPDX-License-Identifier: GPL-2.0-only
"""Mutants of C source: the same text with one small thing wrong.

mutants() finds them: another operator, a constant one larger or smaller, another bit of the same
register, a negation or a statement left out, another value returned. Comments, text, what is printed or
traced, assertions, declarations and the preprocessor's lines are left alone; so are the constants of
headers, which those that use the code and its tests share.
"""

import collections
import re

Mutant = collections.namedtuple('Mutant', 'line begin end text before after')

TOKEN = re.compile(r'''
      (?P<comment>/\*.*?\*/|//[^\n]*)
    | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    | (?P<directive>^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
    | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|[0-9]+[uUlL]*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<operator><<=|>>=|\.\.\.|->|\+\+|--|&&|\|\||<<|>>|[-<>=!+*/%&|^]=|[-+*/%&|^~!<>=?:;,(){}\[\].])
    ''', re.X | re.M | re.S)

OPERATORS = {
    '<': ['<=', '>='], '>': ['>=', '<='], '<=': ['<', '>'], '>=': ['>', '<'], '==': ['!='], '!=': ['=='],
    '+': ['-'], '-': ['+'], '*': ['/'], '/': ['*'], '%': ['/'], '<<': ['>>'], '>>': ['<<'],
    '&': ['|'], '|': ['&'], '^': ['|'], '&&': ['||'], '||': ['&&'],
    '+=': ['-=', '='], '-=': ['+=', '='], '|=': ['&=', '='], '&=': ['|=', '='], '^=': ['|='],
    '<<=': ['>>='], '>>=': ['<<='], '++': ['--'], '--': ['++'],
}
# Those that stand for something else where no value comes before them.
BINARY = {'+', '-', '*', '&'}

# What a call of these prints, checks or promises is not the program's result.
SILENT = re.compile(r'(trace_\w+|pr_\w+|dev_(err|warn|info|dbg)\w*|netdev_\w+|lockdep_\w+|WARN\w*|BUG\w*'
                    r'|static_assert|might_\w+|MODULE_\w+|EXPORT_\w+|array_index_nospec|kmemleak_\w+'
                    r'|(un)?likely_\w+|smp_mb\w*)$')
KEYWORDS = {'if', 'else', 'for', 'while', 'do', 'switch', 'case', 'default', 'return', 'goto', 'sizeof',
            'struct', 'enum', 'union', 'static', 'const', 'unsigned', 'typedef', 'extern', 'inline'}
TYPE = re.compile(r'([us](8|16|32|64)|size_t|int|long|unsigned|void|bool|char)$')
ASSIGNMENTS = {'=', '+=', '-=', '|=', '&=', '^=', '<<=', '>>='}


class Source:
    """One file, as tokens."""

    def __init__(self, name, text):
        self.text = text
        self.header = name.endswith('.h')
        self.tokens = []
        self.read(text, 0)
        self.pair()
        self.found = []

    def read(self, text, base):
        """The tokens of a piece of text that begins at base."""
        for match in TOKEN.finditer(text):
            kind, begin = match.lastgroup, base + match.start()
            if kind == 'directive':
                self.read_define(match.group(), begin)
            elif kind != 'comment':
                self.tokens.append((kind, match.group(), begin, base + match.end()))

    def read_define(self, text, begin):
        """A name for a value, in the only file that knows it, is as good as the value."""
        match = re.match(r'[ \t]*#\s*define\s+\w+\s+(?=\()', text)
        if match and not self.header:
            self.tokens.append(('operator', '{', begin, begin))
            self.read(text[match.end():].replace('\\\n', ' \n'), begin + match.end())
            self.tokens.append(('operator', '}', begin + len(text), begin + len(text)))

    def pair(self):
        """Where each bracket's partner is."""
        self.partner, stack = {}, []
        for i, (_, value, _, _) in enumerate(self.tokens):
            if value in ('(', '[', '{'):
                stack.append(i)
            elif value in (')', ']', '}') and stack:
                self.partner[i] = stack.pop()
                self.partner[self.partner[i]] = i

    def value(self, i):
        return self.tokens[i][1] if 0 <= i < len(self.tokens) else ''

    def kind(self, i):
        return self.tokens[i][0] if 0 <= i < len(self.tokens) else ''

    def add(self, first, last, text):
        """The tokens first to last become this text, which keeps the lines' numbers."""
        begin, end = self.tokens[first][2], self.tokens[last][3]
        text += '\n' * self.text.count('\n', begin, end)
        line = self.text.count('\n', 0, begin)
        start = self.text.rfind('\n', 0, begin) + 1
        stop = self.text.find('\n', end)
        stop = len(self.text) if stop < 0 else stop
        words = [' '.join(piece.split()) for piece in (
            self.text[start:stop], self.text[start:begin] + text + self.text[end:stop])]
        self.found.append(Mutant(line + 1, begin, end, text, *words))

    # --- which tokens -------------------------------------------------------------------------

    def declares(self, i):
        """Whether the brace at i opens a struct, a union or an enum, with its name or without."""
        j = i - 1
        if self.kind(j) == 'word' and self.value(j) not in KEYWORDS:
            j -= 1
        return self.value(j) in ('struct', 'union', 'enum')

    def walk(self):
        """The tokens inside of functions and of tables, without what is not to be touched."""
        i, depth = 0, 0
        while i < len(self.tokens):
            value = self.value(i)
            if value == '{' and self.declares(i) or \
                    value == '(' and SILENT.match(self.value(i - 1)):
                i = self.partner.get(i, i) + 1
                continue
            depth += (value == '{') - (value == '}')
            if depth > 0:
                yield i
            i += 1

    # --- what can be wrong with one ------------------------------------------------------------

    def binary(self, i):
        """Whether a value comes before the operator at i."""
        before = self.value(i - 1)
        if before == ')':
            # behind a cast there is none
            first = self.value(self.partner.get(i - 1, i - 1) + 1)
            return first != 'struct' and not TYPE.match(first)
        if self.kind(i - 1) == 'word':
            return before not in KEYWORDS and not TYPE.match(before) and \
                self.value(i - 2) not in ('struct', 'union', 'enum')
        return before == ']' or self.kind(i - 1) == 'number'

    def operator(self, i):
        value = self.value(i)
        if value in BINARY and not self.binary(i):
            return
        for other in OPERATORS.get(value, []):
            self.add(i, i, other)
        if value in ('!', '~'):
            self.add(i, i, '')

    def number(self, i):
        digits, suffix = re.match(r'(\w+?)([uUlL]*)$', self.value(i)).groups()
        number = int(digits, 0) if not re.match(r'0\d', digits) else int(digits, 8)
        form = hex if digits[:2].lower() == '0x' else str
        for other in [number + 1] + ([number - 1] if number else []):
            self.add(i, i, form(other) + suffix)

    def word(self, i, relatives):
        value = self.value(i)
        if value in ('true', 'false'):
            self.add(i, i, 'false' if value == 'true' else 'true')
        elif value in relatives and self.value(i - 1) not in ('case', 'goto', '.', '->'):
            self.add(i, i, relatives[value])

    def returned(self, i):
        """A return statement returns nothing in particular."""
        last = i
        while self.value(last) != ';':
            last = self.partner.get(last, last) + 1
        words = [token[1] for token in self.tokens[i + 1:last]]
        if words and words not in (['0'], ['NULL'], ['true'], ['false']):
            self.add(i + 1, last - 1, '0')

    def statement(self, i):
        """A statement is left out."""
        if self.value(i - 1) not in ('{', '}', ';', ')', 'else', ':') or self.kind(i) == 'number' or \
                self.value(i) in KEYWORDS or SILENT.match(self.value(i)):
            return
        last, acts = i, False
        while self.value(last) != ';':
            value = self.value(last)
            if value in ('{', '}', ':', '?', '') or self.kind(last) == self.kind(last + 1) == 'word':
                return
            acts |= value in ASSIGNMENTS or value in ('++', '--', 'break', 'continue') or \
                value == '(' and self.kind(last - 1) == 'word'
            last = self.partner[last] + 1 if value in ('(', '[') else last + 1
        # the head of a loop has none, nor has a declaration
        if acts and not (self.value(i + 1) == '*' and self.kind(i) == 'word'):
            self.add(i, last, ';')

    def collect(self, relatives):
        in_head = 0
        for i in self.walk():
            kind, value = self.kind(i), self.value(i)
            if value == 'for':
                in_head = self.partner.get(i + 1, i)
            if kind == 'operator':
                self.operator(i)
            elif kind == 'number':
                self.number(i)
            elif kind == 'word':
                self.word(i, relatives)
            if value == 'return':
                self.returned(i)
            elif i > in_head:
                self.statement(i)
        return sorted(self.found, key=lambda m: (m.begin, m.end, m.text))


def relatives(sources):
    """Another bit for each one, by the names that begin alike in all these files."""
    families = collections.defaultdict(set)
    for source in sources:
        for i in source.walk():
            name = source.value(i)
            if re.match(r'[A-Z][A-Z0-9]*_[A-Z0-9_]+$', name) and source.value(i + 1) != '(':
                families[name.rsplit('_', 1)[0]].add(name)
            elif re.match(r'E[A-Z]{2,}$', name) and source.value(i - 1) == '-':
                families['errno'].add(name)
    after = {}
    for family in families.values():
        names = sorted(family)
        after.update(zip(names, names[1:] + names[:1]))
    return {name: other for name, other in after.items() if name != other}


def mutants(files):
    """A list of (name, mutant) for files, a mapping of names to texts."""
    sources = {name: Source(name, text) for name, text in sorted(files.items())}
    known = relatives(sources.values())
    return [(name, mutant) for name, source in sources.items() for mutant in source.collect(known)]


def apply(text, mutant):
    """The text with the mutant in it."""
    return text[:mutant.begin] + mutant.text + text[mutant.end:]
