# SPDX-License-Identifier: GPL-2.0-only
"""pyserial: each call that it offers for a port of Linux, with the peer as the witness."""

import os
import subprocess
import sys
import termios
import threading
import time

import serial
import serial.threaded

import client
from client import Client, MIB


def later(seconds, call):
    timer = threading.Timer(seconds, call)
    timer.start()
    return timer


class Pyserial(Client):
    def pair(self, **more):
        a, b = self.port(client.A, **more), self.port(client.B, **more)
        self.soon(lambda: a.cts and b.cts and a.dsr and b.dsr, 'both ends ready')
        return a, b

    def test_exclusive(self):
        """a tty that is opened with exclusive=True cannot be opened so by another process"""
        self.port(client.A, exclusive=True)
        said = subprocess.run([sys.executable, '-c', 'import serial, sys\n'
                               'serial.Serial(sys.argv[1], exclusive=True)', client.A],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(said.returncode, 1)
        self.assertIn('exclusively lock', said.stderr)

    def test_timeouts(self):
        """read ends after its timeout, with what has come; timeout 0 does not wait"""
        a, b = self.pair(timeout=0.5)
        started = time.monotonic()
        self.assertEqual(a.read(10), b'')
        self.assertGreaterEqual(time.monotonic() - started, 0.45)
        b.write(b'abc')
        self.assertEqual(a.read(10), b'abc')
        a.timeout = 0
        self.assertEqual(a.read(10), b'')
        b.write(b'xyz')
        self.soon(lambda: a.in_waiting, 'something to read')
        self.assertIn(a.read(10), (b'x', b'xy', b'xyz'))

    def test_lines(self):
        """RTS and DTR of each end are CTS, DSR and CD of the other"""
        for here, there in [(a, b) for a, b in [self.pair(rtscts=False)] for a, b in [(a, b), (b, a)]]:
            for rts, dtr in (False, True), (True, False), (False, False), (True, True):
                here.rts, here.dtr = rts, dtr
                self.soon(lambda: (there.cts, there.dsr, there.cd) == (rts, dtr, dtr),
                          f'RTS {rts}, DTR {dtr} at the other end')
            self.assertFalse(there.ri)

    def test_lines_at_open(self):
        """rts and dtr that are set before open() hold from then on"""
        b = self.port(client.B, rtscts=False)
        a = serial.Serial(baudrate=115200)
        a.port, a.rts, a.dtr = client.A, False, False
        a.open()
        self.addCleanup(a.close)
        self.soon(lambda: not b.cts and not b.dsr, 'RTS and DTR down')
        a.close()
        self.soon(lambda: not b.cd, 'carrier lost')

    def test_break(self):
        """send_break and break_condition arrive as one break each"""
        a, b = self.pair()
        attributes = termios.tcgetattr(b.fd)
        attributes[0] = attributes[0] & ~(termios.IGNBRK | termios.BRKINT) | termios.PARMRK
        termios.tcsetattr(b.fd, termios.TCSANOW, attributes)
        a.write(b'1')
        a.flush()
        a.send_break(0.25)
        a.write(b'2')
        self.assertEqual(b.read(5), b'1\xff\0\0' + b'2')
        a.break_condition = True
        self.assertEqual(b.read(3), b'\xff\0\0')
        a.break_condition = False
        a.write(b'3')
        self.assertEqual(b.read(1), b'3')

    def test_ignored_break(self):
        """a break does not reach a reader whose tty ignores breaks"""
        a, b = self.pair()
        attributes = termios.tcgetattr(b.fd)
        attributes[0] |= termios.IGNBRK
        termios.tcsetattr(b.fd, termios.TCSANOW, attributes)
        a.write(b'1')
        self.assertEqual(b.read(1), b'1')
        a.send_break(0.25)
        a.write(b'2')
        self.assertEqual(b.read(1), b'2')

    def test_in_waiting(self):
        """in_waiting counts what can be read; reset_input_buffer forgets it"""
        a, b = self.pair()
        a.write(bytes(100))
        self.soon(lambda: b.in_waiting == 100, '100 characters waiting')
        b.reset_input_buffer()
        self.assertEqual(b.in_waiting, 0)

    def test_out_waiting(self):
        """out_waiting counts what the peer's RTS holds back; reset_output_buffer forgets it"""
        a, b = self.pair(rtscts=False)
        a.rtscts = True
        b.rts = False
        self.soon(lambda: not a.cts, 'CTS down')
        a.write(bytes(200))
        self.assertEqual(a.out_waiting, 200)
        a.reset_output_buffer()
        self.assertEqual(a.out_waiting, 0)
        b.rts = True
        a.write(b'after')
        self.assertEqual(b.read(5), b'after')

    def test_cancel_read(self):
        """cancel_read ends a read that waits in another thread"""
        a, _ = self.pair()
        timer = later(1, a.cancel_read)
        started = time.monotonic()
        self.assertEqual(a.read(10), b'')
        self.assertLess(time.monotonic() - started, client.SOON - 5)
        timer.join()

    def test_cancel_write(self):
        """cancel_write ends a write that the peer's RTS holds back"""
        a, b = self.pair(rtscts=False)
        a.rtscts = True
        b.rts = False
        self.soon(lambda: not a.cts, 'CTS down')
        timer = later(1, a.cancel_write)
        started = time.monotonic()
        a.write(bytes(200000))
        self.assertLess(time.monotonic() - started, client.SOON - 5)
        timer.join()
        a.reset_output_buffer()

    def test_write_timeout(self):
        """a write that takes longer than write_timeout fails"""
        a, b = self.pair(rtscts=False)
        a.rtscts, a.write_timeout = True, 0.5
        b.rts = False
        self.soon(lambda: not a.cts, 'CTS down')
        with self.assertRaises(serial.SerialTimeoutException):
            a.write(bytes(200000))
        a.reset_output_buffer()

    def test_flush(self):
        """flush returns when the line has taken all, at its pace"""
        c, d = self.port(client.C), self.port(client.D)
        self.soon(lambda: c.cts and d.cts, 'both ends ready')
        reader = threading.Thread(target=lambda: got.append(d.read(14400)))
        got = []
        reader.start()
        started = time.monotonic()
        c.write(bytes(14400))
        c.flush()
        took = time.monotonic() - started
        reader.join()
        self.assertEqual(len(got[0]), 14400)
        # 1.25 s at 115200 baud; the FIFOs at both ends of each line hold a part of it
        self.assertGreater(took, 1.1)

    def test_settings(self):
        """every rate, size, parity and number of stop bits is taken, and data passes"""
        a, b = self.pair()
        rates = [rate for rate in serial.Serial.BAUDRATES if rate] + [250000, 31250]
        for rate in rates:
            a.baudrate = b.baudrate = rate
            a.write(b'%d' % rate)
            self.assertEqual(b.read(len(str(rate))), b'%d' % rate)
        a.baudrate = b.baudrate = 115200
        for bits in serial.Serial.BYTESIZES:
            for parity in serial.PARITY_NONE, serial.PARITY_EVEN, serial.PARITY_ODD:
                for stop in serial.STOPBITS_ONE, serial.STOPBITS_TWO:
                    a.apply_settings({'bytesize': bits, 'parity': parity, 'stopbits': stop})
        a.apply_settings({'bytesize': 8, 'parity': 'N', 'stopbits': 1})
        a.write(b'still there')
        self.assertEqual(b.read(11), b'still there')

    def test_low_latency(self):
        """set_low_latency_mode, which asks the driver by TIOCGSERIAL"""
        a, _ = self.pair()
        a.set_low_latency_mode(True)
        a.set_low_latency_mode(False)

    def stream(self, source, sink, size, pauses=()):
        """Send size random bytes; the reader stops for a second at each of the pauses."""
        data = os.urandom(size).translate(None, b'\x11\x13') if source.xonxoff else os.urandom(size)
        writer = threading.Thread(target=source.write, args=(data,), daemon=True)
        started = time.monotonic()
        writer.start()
        got = bytearray()
        pauses = list(pauses)
        while len(got) < len(data):
            if pauses and len(got) >= pauses[0]:
                pauses.pop(0)
                time.sleep(1)
            some = sink.read(min(len(data) - len(got), 4096))
            self.assertTrue(some, f'nothing comes after {len(got)} of {len(data)} characters')
            got += some
        writer.join()
        self.assertTrue(got == data, 'other bytes')
        return started

    def test_rts_cts(self):
        """1 MiB with RTS and CTS, to a reader that stops now and then"""
        a, b = self.pair(write_timeout=None)
        started = self.stream(a, b, MIB, (1, 100000, 600000))
        self.figure('pyserial, RTS and CTS, three pauses of a second', MIB, started)

    def test_xon_xoff(self):
        """1 MiB each way with XON and XOFF, to a reader that stops now and then"""
        a, b = self.pair(rtscts=False, xonxoff=True, write_timeout=None)
        for source, sink in (b, a), (a, b):
            started = self.stream(source, sink, MIB, (1, 80000, 200000, 700000))
            self.figure('pyserial, XON and XOFF, four pauses of a second', MIB, started)

    def test_reader_thread(self):
        """serial.threaded: lines come as they are sent, and the loss of the port is noticed"""
        a, b = self.pair()
        lines, lost = [], threading.Event()

        class Lines(serial.threaded.LineReader):
            def handle_line(self, line):
                lines.append(line)

            def connection_lost(self, exc):
                lost.set()

        reader = serial.threaded.ReaderThread(a, Lines)
        reader.start()
        b.write(b'one\r\ntwo\r\n')
        self.soon(lambda: lines == ['one', 'two'], 'two lines')
        reader.stop()
        self.assertTrue(lost.wait(client.SOON))

    def test_miniterm(self):
        """serial.tools.miniterm is a terminal on the tty"""
        child = self.spawn(sys.executable, '-m', 'serial.tools.miniterm', '--rtscts', '--raw',
                           client.A, '115200')
        child.expect('Miniterm on')
        b = self.talk(client.B)
        b.send('from the other end')
        child.expect_exact('from the other end')
        child.send('typed')
        b.expect_exact('typed')
        child.send('\x1d')
        self.ends(child)
