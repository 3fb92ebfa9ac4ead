# SPDX-License-Identifier: GPL-2.0-only
"""screen: a window on a tty."""

import os

import client
from client import Client


class Screen(Client):
    programs = 'screen',

    def command(self, *words):
        os.environ['SCREENDIR'] = self.path('sockets')
        self.run_program('screen', '-S', 'zoo', *words)

    def test_window(self):
        """what is stuffed into its window goes out, what comes in is in its hard copy; break; quit"""
        os.mkdir(self.path('sockets'), 0o700)
        b = self.port(client.B)
        self.command('-d', '-m', client.A, '115200,cs8,-parenb,-ixon,-ixoff')
        self.addCleanup(self.command, '-X', 'quit')
        self.soon(lambda: b.cd, 'carrier')
        self.command('-X', 'stuff', 'typed')
        self.assertEqual(b.read(5), b'typed')
        b.write(b'from the other end')

        def shown():
            self.command('-X', 'hardcopy', self.path('copy'))
            with open(self.path('copy'), encoding='ascii', errors='replace') as copy:
                return 'from the other end' in copy.read()

        self.soon(shown, 'shown in the window')
        self.command('-X', 'break')
        self.assertEqual(b.read(1), b'\0')
