# SPDX-License-Identifier: GPL-2.0-only
"""stress-ng: open, poll, map and ioctl of the tty by several processes at once."""

import client
from client import Client


class StressNg(Client):
    programs = 'stress-ng',

    def test_dev(self):
        """--dev on a tty for ten seconds: it ends by itself with status 0, and the tty works"""
        said = self.run_program('stress-ng', '--dev', '2', '--dev-file', client.A, '--timeout', '10',
                                '--verbose')
        self.assertIn('successful run completed', said)
        client.settings(client.A)
        a, b = self.port(client.A), self.port(client.B)
        a.write(b'still there')
        # after the XOFF and XON that TCXONC has sent
        self.assertTrue(b.read_until(b'still there').endswith(b'still there'))
