# SPDX-License-Identifier: GPL-2.0-only
"""lrzsz: a file by ZMODEM and YMODEM, which have checksums, retries and timeouts of their own."""

import os
import time

import client
from client import Client, MIB


class Lrzsz(Client):
    programs = 'sz', 'rz', 'sb', 'rb'

    def transfer(self, there, back, flow, size, sender, receiver):
        """Both programs take the tty as their standard input and output, as behind a login."""
        for path in there, back:
            client.settings(path, flow)
        source = self.make_file('file', size)
        os.mkdir(self.path('received'))
        fds = [os.open(path, os.O_RDWR | os.O_NOCTTY) for path in (there, back)]
        for fd in fds:
            self.addCleanup(os.close, fd)
        with open(self.path('complaints'), 'wb') as complaints:
            started = time.monotonic()
            rz = self.start('sh', '-c', 'cd received && exec "$@"', 'sh', *receiver,
                            stdin=fds[1], stdout=fds[1], stderr=complaints)
            sz = self.start(*sender, source, stdin=fds[0], stdout=fds[0], stderr=complaints)
            statuses = sz.wait(), rz.wait()
        with open(self.path('complaints'), 'rb') as complaints:
            self.assertEqual(statuses, (0, 0), complaints.read()[-2000:])
        self.assert_same(source, self.path('received/file'))
        self.figure(f'{sender[0]}, flow control {flow or "none"}', size, started)

    def test_rts_cts(self):
        """1 MiB by ZMODEM, with RTS and CTS"""
        self.transfer(client.A, client.B, 'rts', MIB, ['sz', '-q'], ['rz', '-q'])

    def test_xon_xoff(self):
        """1 MiB by ZMODEM, with XON and XOFF"""
        self.transfer(client.B, client.A, 'xon', MIB, ['sz', '-q', '-e'], ['rz', '-q', '-e'])

    def test_window(self):
        """16 KiB by ZMODEM, without flow control but for a window that the line can hold"""
        self.transfer(client.A, client.B, None, 16384, ['sz', '-q', '-w', '512', '-L', '128'],
                      ['rz', '-q'])

    def test_none(self):
        """64 KiB by ZMODEM at 115200 baud, without flow control"""
        self.transfer(client.C, client.D, None, 65536, ['sz', '-q'], ['rz', '-q'])

    def test_ymodem(self):
        """16 KiB by YMODEM, a packet at a time"""
        self.transfer(client.B, client.A, 'rts', 16384, ['sb', '-q', '-k'], ['rb', '-q'])
