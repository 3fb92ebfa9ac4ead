# SPDX-License-Identifier: GPL-2.0-only
"""minicom: a terminal with a screen of its own, and its scripts."""

import os
import time

import client
from client import Client


class Minicom(Client):
    programs = 'minicom', 'runscript'

    def minicom(self, *options):
        child = self.spawn('minicom', '-D', client.A, '-b', '115200', *options)
        child.expect('Welcome to minicom')
        return child

    def test_dialogue(self):
        """what is typed goes out, what comes in is shown; Ctrl-A X ends it with status 0"""
        b = self.talk(client.B)
        child = self.minicom('-o')
        child.expect('CTRL-A Z')
        child.send('typed')
        b.expect_exact('typed')
        b.send('from the other end')
        child.expect_exact('from the other end')
        child.send('\x01x')
        child.expect('(?i)leave minicom')
        child.send('\r')
        self.ends(child)

    def test_script(self):
        """a script waits for a prompt and answers"""
        with open(self.path('script'), 'w', encoding='ascii') as file:
            file.write('timeout 600\nsend "hello"\nexpect {\n  "login:" break\n'
                       f'  timeout 600 goto end\n}}\nsend "guest"\n! touch {self.path("through")}\nend:\n')
        b = self.talk(client.B)
        child = self.minicom('-o', '-S', self.path('script'))
        b.expect_exact('hello')
        b.send('login:')
        b.expect_exact('guest')
        self.soon(lambda: os.path.exists(self.path('through')), 'through')
        # What is typed until the script has ended is for the script.
        time.sleep(2)
        child.send('\x01x')
        child.expect('(?i)leave minicom')
        child.send('\r')
        self.ends(child)
