# SPDX-License-Identifier: GPL-2.0-only
"""pppd: a network over the null modem, between two network namespaces."""

import subprocess
import time

import client
from client import Client, MIB

SPACES = 'zoo-a', 'zoo-b'
ADDRESSES = '192.0.2.1', '192.0.2.2'


def ip(*words):
    subprocess.run(['ip', *words], check=True)


class Pppd(Client):
    programs = 'pppd', 'ping', 'socat', 'ip'

    def inside(self, space, *words, **more):
        return self.start('ip', 'netns', 'exec', space, *words, **more)

    def link(self, ttys, *options):
        """Both ends, each on its tty; returns when each has its address."""
        subprocess.run(['modprobe', 'ppp_async'], check=True)
        for space in SPACES:
            ip('netns', 'add', space)
            self.addCleanup(ip, 'netns', 'del', space)
        ends = []
        for i, space in enumerate(SPACES):
            addresses = f'{ADDRESSES[i]}:{ADDRESSES[1 - i]}'
            ends.append(self.inside(space, 'pppd', ttys[i], '115200', 'nodetach', 'noauth', 'local',
                                    'nodefaultroute', *options, addresses))
        for i, space in enumerate(SPACES):
            self.soon(lambda i=i, space=space: ADDRESSES[1 - i] in self.peers(space), 'connected')
        return ends

    @staticmethod
    def peers(space):
        return subprocess.run(['ip', '-n', space, '-4', 'address', 'show'], check=True,
                              capture_output=True, text=True).stdout

    def exercise(self, size):
        said = self.finish(self.inside(SPACES[0], 'ping', '-c', '5', '-i', '0.3', '-W', '20',
                                       ADDRESSES[1]))
        self.assertIn('5 received', said)
        source, sink = self.make_file('file', size), self.path('received')
        started = time.monotonic()
        server = self.inside(SPACES[1], 'socat', '-u', 'TCP4-LISTEN:7000', f'CREATE:{sink}')
        self.soon(lambda: b':7000' in subprocess.run(
            ['ip', 'netns', 'exec', SPACES[1], 'ss', '-ltn'], check=True,
            capture_output=True).stdout, 'listening')
        self.finish(self.inside(SPACES[0], 'socat', '-u', source, f'TCP4:{ADDRESSES[1]}:7000'))
        self.finish(server)
        self.assert_same(source, sink)
        self.figure('TCP over PPP', size, started)

    def hang_up(self, ends):
        """One side ends by a signal, the other by what that says to it: each with its own status."""
        ends[0].terminate()
        self.finish(ends[0], 5)
        self.finish(ends[1], 16)

    def test_rts_cts(self):
        """ping and 1 MiB of TCP, with RTS and CTS; the end of one side is noticed at the other"""
        ends = self.link((client.A, client.B), 'crtscts')
        self.exercise(MIB)
        self.hang_up(ends)

    def test_paced(self):
        """ping and 64 KiB of TCP at 115200 baud"""
        ends = self.link((client.C, client.D), 'crtscts')
        self.exercise(65536)
        self.hang_up(ends)
