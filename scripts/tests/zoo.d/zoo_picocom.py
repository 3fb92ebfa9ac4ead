# SPDX-License-Identifier: GPL-2.0-only
"""picocom: a terminal; its commands are Ctrl-A and a letter."""

import os

import client
from client import Client


class Picocom(Client):
    programs = 'picocom', 'sz', 'rz'

    def picocom(self, *options):
        child = self.spawn('picocom', '-b', '115200', '-f', 'h', *options, client.A)
        child.expect('Terminal ready')
        return child

    def test_dialogue(self):
        """what is typed goes out, what comes in is shown, Ctrl-A Ctrl-X ends it with status 0"""
        b = self.talk(client.B)
        child = self.picocom()
        child.send('typed')
        b.expect_exact('typed')
        b.send('from the other end')
        child.expect_exact('from the other end')
        child.send('\x01\x18')
        child.expect('Thanks for using picocom')
        self.ends(child)

    def test_lines(self):
        """Ctrl-A Ctrl-T toggles DTR, Ctrl-A Ctrl-V shows the lines, Ctrl-A Ctrl-\\ sends a break"""
        b = self.port(client.B)
        child = self.picocom()
        self.soon(lambda: b.cd, 'carrier by DTR')
        child.send('\x01\x14')
        child.expect_exact('*** DTR: down')
        self.soon(lambda: not b.cd, 'no carrier')
        child.send('\x01\x14')
        child.expect_exact('*** DTR: up')
        self.soon(lambda: b.cd, 'carrier again')
        child.send('\x01\x16')
        child.expect_exact('*** baud: 115200')
        child.expect_exact('*** mctl: DTR:1 DSR:1 DCD:1 RTS:1 CTS:1')
        child.send('\x01\x1c')
        child.expect('break')
        # as a NUL, since the tty neither ignores breaks nor marks them
        self.assertEqual(b.read(1), b'\0')
        child.send('\x01\x18')
        self.ends(child)

    def test_lock(self):
        """a second picocom does not get the tty"""
        first = self.picocom()
        second = self.spawn('picocom', client.A)
        second.expect('cannot lock')
        self.ends(second, status=1)
        first.send('\x01\x18')
        self.ends(first)

    def test_send_file(self):
        """Ctrl-A Ctrl-S sends a file by its send command"""
        source = self.make_file('file', 65536)
        with open(client.B, 'r+b', buffering=0) as tty:
            os.mkdir(self.path('received'))
            rz = self.start('sh', '-c', 'cd received && exec rz -q', stdin=tty, stdout=tty)
            child = self.picocom('-s', 'sz -q -b')
            child.send('\x01\x13')
            child.expect_exact('*** file:')
            child.send(source + '\r')
            child.expect_exact('*** exit status: 0')
            self.assertEqual(rz.wait(), 0)
            # What picocom has not sent yet waits for CTS, and picocom for that.
            child.send('\x01\x18')
            self.ends(child)
        self.assert_same(source, self.path('received/file'))
