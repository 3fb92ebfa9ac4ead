# SPDX-License-Identifier: GPL-2.0-only
"""socat: a file each way at once; the tty's settings are socat's own."""

import time

import client
from client import Client, MIB


class Socat(Client):
    programs = 'socat',

    def reader(self, path, words, file):
        """It ends by itself when all has come. Settings that it changes later could cost characters."""
        log = file + '.log'
        with open(log, 'wb') as errors:
            process = self.start('socat', '-d', '-d', '-u', f'{path},{words}',
                                 f'OPEN:{file}.received,creat,trunc', stderr=errors)

        def reads():
            with open(log, encoding='ascii', errors='replace') as text:
                return 'starting data transfer' in text.read()

        self.soon(reads, 'reading')
        return process

    def both_ways(self, words):
        files = {path: self.make_file(name, MIB) for path, name in ((client.A, 'a'), (client.B, 'b'))}
        started = time.monotonic()
        readers = [self.reader(path, f'{words},readbytes={MIB}', file) for path, file in files.items()]
        writers = [self.start('socat', '-u', files[path], f'{path},{words}') for path in files]
        for process in readers + writers:
            self.finish(process)
        self.assert_same(files[client.A], files[client.B] + '.received')
        self.assert_same(files[client.B], files[client.A] + '.received')
        self.figure('socat, each of both ways', MIB, started)

    def test_rts_cts(self):
        """1 MiB each way at once, with RTS and CTS"""
        # Each is a session's leader: with a controlling tty it would hang that up when it ends.
        self.both_ways('noctty,cfmakeraw,b115200,crtscts=1,clocal=1')
