# SPDX-License-Identifier: GPL-2.0-only
"""agetty: a login over the tty, without a modem and with one."""

import subprocess

import client
from client import Client


class Agetty(Client):
    programs = 'agetty', 'login'

    def setUp(self):
        super().setUp()
        subprocess.run(['passwd', '-q', '-d', 'root'], check=True)

    def log_in(self, b):
        b.expect('login: ')
        b.send('root\r')
        b.expect(r'[#$] ')
        b.send('tty; echo six times seven is $((6 * 7)); stty speed\r')
        b.expect_exact(client.A)
        b.expect_exact('six times seven is 42')
        b.expect_exact('115200')

    def test_local(self):
        """agetty -L: login prompt, shell, and a new session's tty; exit ends it"""
        b = self.talk(client.B)
        agetty = self.start('agetty', '-L', '115200', client.A.removeprefix('/dev/'), 'vt100')
        self.log_in(b)
        b.send('exit\r')
        self.assertEqual(agetty.wait(timeout=client.SOON), 0)

    def test_modem(self):
        """agetty -w waits for a carriage return; its session ends when the carrier is lost"""
        client.settings(client.A, local=False)
        agetty = self.start('agetty', '-w', '-h', '-L=never', '115200',
                            client.A.removeprefix('/dev/'), 'vt100')
        b = self.talk(client.B)
        self.soon(lambda: b.port.cts, 'agetty has the tty')
        b.send('\r')
        self.log_in(b)
        b.port.close()
        agetty.wait(timeout=client.SOON)
