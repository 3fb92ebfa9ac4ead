# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the zoo's programs share: ttys, and processes that end with their test.

The module's user sets the paths of the ttys before any test runs. A null modem joins A and B, another
one C and D; the latter move characters at the pace of the line, the former as fast as they can.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import termios
import time
import unittest

import pexpect.fdpexpect
import serial

A = B = C = D = None

MIB = 1 << 20
# A step that takes a moment gets this many seconds on a slow, busy, emulated machine.
SOON = int(os.environ.get('ZOO_SOON', 60))


class Late(Exception):
    """A test has used up its time."""


def settings(path, flow='rts', local=True, speed=termios.B115200):
    """Make a tty raw, with flow control by 'rts', 'xon' or None, and forget what it holds."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        cflag = termios.CS8 | termios.CREAD | termios.HUPCL
        if flow == 'rts':
            cflag |= termios.CRTSCTS
        if local:
            cflag |= termios.CLOCAL
        iflag = termios.IXON | termios.IXOFF if flow == 'xon' else 0
        special = termios.tcgetattr(fd)[6]
        special[termios.VMIN], special[termios.VTIME] = 1, 0
        termios.tcsetattr(fd, termios.TCSANOW, [iflag, 0, cflag, 0, speed, speed, special])
        termios.tcflush(fd, termios.TCIOFLUSH)
    finally:
        os.close(fd)


def open_port(path, **more):
    """A tty in the hands of pyserial."""
    more = {'baudrate': 115200, 'rtscts': True, 'timeout': SOON, 'write_timeout': SOON, **more}
    return serial.Serial(path, **more)


def dialogue(port):
    """Something to hold a dialogue with; its port closes the tty."""
    talk = pexpect.fdpexpect.fdspawn(port.fileno(), timeout=SOON)
    talk.port = port
    return talk


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


class Client(unittest.TestCase):
    """A test of one program. Those that it runs must be in the list programs."""

    programs = ()
    limit = 4 * SOON    # seconds for one test

    @staticmethod
    def ttys():
        """Those that a test finds raw, with RTS and CTS, and empty."""
        return A, B, C, D

    def setUp(self):
        for program in self.programs:
            self.assertTrue(shutil.which(program), f'{program} is not installed')
        self.started = []
        self.work = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.work)
        self.addCleanup(self.end_all)
        signal.signal(signal.SIGALRM, self.late)
        signal.alarm(self.limit)
        self.addCleanup(signal.alarm, 0)
        for path in self.ttys():
            settings(path)

    def late(self, *_):
        raise Late(f'no end after {self.limit} s')

    # --- processes ------------------------------------------------------------------------------

    def start(self, *words, **more):
        """Start a program, as the leader of a group that does not outlive the test."""
        more.setdefault('stdin', subprocess.DEVNULL)
        more.setdefault('stdout', subprocess.PIPE)
        more.setdefault('stderr', subprocess.STDOUT)
        process = subprocess.Popen(words, start_new_session=True, cwd=self.work, **more)
        self.started.append(process)
        return process

    def finish(self, process, status=0):
        """Wait for a program to end; returns what it has said."""
        said = process.communicate()[0] or b''
        self.assertEqual(process.returncode, status, f'{process.args}: {said!r}')
        return said.decode(errors='replace')

    def run_program(self, *words, status=0, **more):
        return self.finish(self.start(*words, **more), status)

    def spawn(self, *words):
        """Start a program on a terminal of its own."""
        child = pexpect.spawn(words[0], list(words[1:]), timeout=SOON, cwd=self.work,
                              env={**os.environ, 'TERM': 'vt100', 'HOME': self.work})
        self.addCleanup(child.close, force=True)
        return child

    def ends(self, child, status=0):
        """Wait for a spawned program to end by itself."""
        child.expect(pexpect.EOF)
        child.close()
        self.assertEqual((child.exitstatus, child.signalstatus), (status, None), child.before)

    def end_all(self):
        for process in self.started:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            if process.stdout:
                process.stdout.close()

    # --- ttys -----------------------------------------------------------------------------------

    def port(self, path, **more):
        port = open_port(path, **more)
        self.addCleanup(port.close)
        return port

    def talk(self, path):
        return dialogue(self.port(path))

    def soon(self, question, what):
        """Until it is true."""
        end = time.monotonic() + SOON
        while not question():
            self.assertLess(time.monotonic(), end, f'not {what}')
            time.sleep(0.02)

    # --- data -----------------------------------------------------------------------------------

    def path(self, name):
        return os.path.join(self.work, name)

    def make_file(self, name, size):
        with open(self.path(name), 'wb') as file:
            file.write(os.urandom(size))
        return self.path(name)

    def assert_same(self, one, other):
        self.assertEqual(os.path.getsize(other), os.path.getsize(one), 'another size')
        self.assertEqual(digest(other), digest(one), 'other bytes')

    def figure(self, what, size, started):
        rate = size / (time.monotonic() - started) / 1024
        print(f'# figure: {what}: {rate:.0f} KiB/s', flush=True)
