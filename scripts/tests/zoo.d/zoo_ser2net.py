# SPDX-License-Identifier: GPL-2.0-only
"""ser2net: the tty by RFC 2217, to pyserial's client of that protocol."""

import os
import socket
import time

import serial

import client
from client import Client

PORT = 2217
CONFIG = '''%YAML 1.1
---
connection: &zoo
  accepter: telnet(rfc2217),tcp,{port}
  connector: serialdev,{tty},115200n81,local
  options:
    kickolduser: true
'''


class Ser2net(Client):
    programs = 'ser2net',

    def setUp(self):
        super().setUp()
        # It resolves no name, and no number, on a machine without a network.
        self.run_program('ip', 'link', 'add', 'zoo0', 'type', 'dummy')
        self.addCleanup(self.run_program, 'ip', 'link', 'del', 'zoo0')
        self.run_program('ip', 'address', 'add', '198.51.100.1/24', 'dev', 'zoo0')
        self.run_program('ip', 'link', 'set', 'zoo0', 'up')
        with open(self.path('ser2net.yaml'), 'w', encoding='ascii') as file:
            file.write(CONFIG.format(port=PORT, tty=client.A))
        server = self.start('ser2net', '-n', '-d', '-c', self.path('ser2net.yaml'))
        try:
            self.soon(self.listens, 'listening')
        except AssertionError:
            server.kill()
            self.fail(f'ser2net does not listen: {server.communicate()[0]!r}')
        self.remote = serial.serial_for_url(f'rfc2217://127.0.0.1:{PORT}', timeout=client.SOON,
                                            baudrate=115200)
        self.addCleanup(self.remote.close)

    @staticmethod
    def listens():
        try:
            socket.create_connection(('127.0.0.1', PORT), 5).close()
        except OSError:
            return False
        return True

    def test_data(self):
        """8 KiB each way, every value of a byte among them"""
        b = self.port(client.B, rtscts=False)
        data = bytes(range(256)) + os.urandom(8192 - 256)
        started = time.monotonic()
        for source, sink in (self.remote, b), (b, self.remote):
            for at in range(0, len(data), 512):
                source.write(data[at:at + 512])
                self.assertEqual(sink.read(512), data[at:at + 512])
        self.figure('ser2net and RFC 2217, one way after the other', 2 * len(data), started)

    def test_lines(self):
        """RTS and DTR reach the other end, its lines come back, a break arrives"""
        b = self.port(client.B, rtscts=False)
        for rts, dtr in (False, True), (True, False), (True, True):
            self.remote.rts, self.remote.dtr = rts, dtr
            self.soon(lambda: (b.cts, b.dsr) == (rts, dtr), f'RTS {rts}, DTR {dtr}')
        for rts, dtr in (False, True), (True, False), (True, True):
            b.rts, b.dtr = rts, dtr
            self.soon(lambda: (self.remote.cts, self.remote.dsr, self.remote.cd) == (rts, dtr, dtr),
                      f'RTS {rts}, DTR {dtr} at the client')
        self.remote.break_condition = True
        self.assertEqual(b.read(1), b'\0')
        # ser2net 4.3.11 acknowledges the end of a break as its start, on ports of any driver.
        with self.assertRaisesRegex(ValueError, 'control'):
            self.remote.break_condition = False
        self.remote.write(b'after the break')
        self.assertEqual(b.read(15), b'after the break')

    def test_settings(self):
        """rate, size, parity and stop bits are negotiated"""
        for settings in ({'baudrate': 9600}, {'baudrate': 57600, 'bytesize': 7, 'parity': 'E'},
                         {'baudrate': 115200, 'bytesize': 8, 'parity': 'N', 'stopbits': 2}):
            self.remote.apply_settings(settings)
        self.remote.reset_input_buffer()
        self.remote.reset_output_buffer()
