# SPDX-License-Identifier: GPL-2.0-only
"""setserial: what TIOCGSERIAL and TIOCSSERIAL say and take."""

import client
from client import Client


class Setserial(Client):
    programs = 'setserial',

    def test_show(self):
        """-a and -b show the tty's settings"""
        self.assertIn(client.A, self.run_program('setserial', '-a', client.A))
        self.assertIn(client.A, self.run_program('setserial', '-b', client.A))

    def test_low_latency(self):
        """low_latency can be set, is shown, and can be taken back"""
        self.run_program('setserial', client.A, 'low_latency')
        self.assertIn('low_latency', self.run_program('setserial', '-a', client.A))
        self.run_program('setserial', client.A, '^low_latency')
        self.assertNotIn('low_latency', self.run_program('setserial', '-a', client.A))

    def test_closing_wait(self):
        """close_delay and closing_wait are kept"""
        self.run_program('setserial', client.A, 'close_delay', '20', 'closing_wait', '100')
        said = self.run_program('setserial', '-a', client.A)
        self.assertRegex(said, 'close_delay: 20')
        self.assertRegex(said, 'closing_wait: 100')
        self.run_program('setserial', client.A, 'close_delay', '50', 'closing_wait', '3000')
