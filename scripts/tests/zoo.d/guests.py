# SPDX-License-Identifier: GPL-2.0-only
"""Programs in two guests: scripts/tests/guests.sh says where the guests' ports lead.

A is the console of the left guest, B and D are the logins of the left and the right one, C leads to
the left guest's ttyS7. The left guest's ttyS6 and the right one's ttyS4 are joined.
"""

import os
import time

import client
from client import Client, MIB

# A guest is a machine in a machine, both emulated: seconds until its login, and for a command there.
BOOT = 600
SLOW = 300


class Shell:
    """A root shell behind a login at the other end of a tty."""

    def __init__(self, talk):
        self.talk = talk
        # A prompt that came before the tty was open is lost; an empty name brings another one.
        talk.send('\r')
        talk.expect('login: ', timeout=BOOT)
        talk.send('root\r')
        talk.expect('[#$] ', timeout=SLOW)
        talk.send("stty -echo -onlcr; set +m; PS1=''\r")
        self.run('true')

    def start(self, command):
        self.talk.send(f'{command}; echo "status $?."\r')

    def result(self, timeout=SLOW):
        """Wait for the command to end well; returns its output."""
        self.talk.expect(r'status (\d+)\.', timeout=timeout)
        output = self.talk.before.decode(errors='replace')
        if self.talk.match[1] != b'0':
            raise AssertionError(f'status {self.talk.match[1].decode()}: {output}')
        return output

    def run(self, command, timeout=SLOW):
        self.start(command)
        return self.result(timeout)


class Guests(Client):
    programs = 'sz', 'rz'
    limit = 1500
    shells = {}

    @staticmethod
    def ttys():
        # The logins and the console stay open from test to test.
        return (client.C,)

    @classmethod
    def shell(cls, path):
        """The login on a tty, which the tests share."""
        if path not in cls.shells:
            # Without a login the tests that follow fail at once.
            cls.shells[path] = None
            cls.shells[path] = Shell(client.dialogue(client.open_port(path)))
        if not cls.shells[path]:
            raise AssertionError(f'no login at {path}')
        return cls.shells[path]

    @property
    def left(self):
        return self.shell(client.B)

    @property
    def right(self):
        return self.shell(client.D)

    def test_1_login(self):
        """getty, login and a shell on a port of each guest, from a tty of the host"""
        for shell, name in (self.left, 'left'), (self.right, 'right'):
            output = shell.run('tty; hostname; id -u; stty speed')
            self.assertEqual(output.split()[-4:], ['/dev/ttyS5', name, '0', '115200'])

    # --- the console ----------------------------------------------------------------------------

    def test_2_console(self):
        """messages of the guest's kernel come out of the port that is its console"""
        console = self.talk(client.A)
        self.left.run('echo a message >/dev/kmsg')
        console.expect_exact('a message', timeout=SLOW)

    def test_3_sysrq(self):
        """SysRq by a break and a letter on the guest's console, and not by a letter alone"""
        console = self.talk(client.A)
        console.send('h')
        self.left.run('echo after the letter >/dev/kmsg')
        console.expect_exact('after the letter', timeout=SLOW)
        self.assertNotIn(b'sysrq', console.before)
        for letter, answer in ('h', 'sysrq: HELP : loglevel'), ('s', 'sysrq: Emergency Sync'):
            console.port.send_break(0.25)
            console.send(letter)
            console.expect_exact(answer, timeout=SLOW)

    # --- files between the guest and the host ---------------------------------------------------

    def prepare(self, flow):
        """The same settings at both ends; the guest's shell keeps its end open as descriptor 3."""
        words = {'rts': 'crtscts -ixon -ixoff', 'xon': '-crtscts ixon ixoff'}[flow]
        self.left.run('rm -rf /tmp/zoo; mkdir /tmp/zoo; cd /tmp/zoo; exec 3<>/dev/ttyS7; '
                      f'stty -F /dev/ttyS7 raw -echo 115200 clocal {words}')
        client.settings(client.C, flow)

    def to_guest(self, flow, size, *options):
        self.prepare(flow)
        source = self.make_file('file', size)
        with open(client.C, 'r+b', buffering=0) as tty, open(os.devnull, 'wb') as null:
            started = time.monotonic()
            self.left.start('rz -q <&3 >&3')
            sz = self.start('sz', '-q', *options, source, stdin=tty, stdout=tty, stderr=null)
            self.assertEqual(sz.wait(), 0)
            self.left.result()
        self.figure(f'sz to a guest, flow control {flow}', size, started)
        self.assertIn(client.digest(source), self.left.run('sha256sum file; exec 3>&-'))

    def from_guest(self, flow, size, *options):
        self.prepare(flow)
        self.left.run(f'head -c {size} /dev/urandom >back')
        with open(client.C, 'r+b', buffering=0) as tty, open(os.devnull, 'wb') as null:
            started = time.monotonic()
            rz = self.start('rz', '-q', stdin=tty, stdout=tty, stderr=null)
            self.left.start(f'sz -q {" ".join(options)} back <&3 >&3')
            self.assertEqual(rz.wait(), 0)
            self.left.result()
        self.figure(f'sz from a guest, flow control {flow}', size, started)
        self.assertIn(client.digest(self.path('back')), self.left.run('sha256sum back; exec 3>&-'))

    def test_4_to_guest(self):
        """1 MiB by ZMODEM from the host to a guest, with RTS and CTS"""
        self.to_guest('rts', MIB)

    def test_5_from_guest(self):
        """256 KiB by ZMODEM from a guest to the host, with RTS and CTS"""
        self.from_guest('rts', MIB // 4)

    def test_6_xon_xoff(self):
        """64 KiB by ZMODEM each way, with XON and XOFF"""
        self.to_guest('xon', 65536, '-e')
        self.from_guest('xon', 65536, '-e')

    # --- between the guests ---------------------------------------------------------------------

    def link(self):
        """pppd in both guests, as a job of each login's shell; returns when both have their address."""
        addresses = '192.0.2.1', '192.0.2.2'
        sides = (self.left, 'ttyS6', addresses), (self.right, 'ttyS4', addresses[::-1])
        for shell, tty, (here, there) in sides:
            shell.run('cd /tmp')
            shell.run(f'pppd {tty} 115200 nodetach local noauth nodefaultroute crtscts '
                      f'{here}:{there} >ppp.log 2>&1 & ppp=$!')
        for shell, _, (here, _) in sides:
            shell.run(f'until ip address show dev ppp0 2>/dev/null | grep -F {here}; do '
                      'kill -0 $ppp && sleep 1 || { cat ppp.log; false; break; }; done')

    def test_7_pppd(self):
        """pppd between two guests: ping, 1 MiB of TCP one way, 64 KiB the other, both ends' statuses"""
        self.link()
        self.assertIn('5 packets received', self.left.run('ping -c 5 -W 60 192.0.2.2'))
        self.tcp(self.left, '192.0.2.1', self.right, MIB)
        self.tcp(self.right, '192.0.2.2', self.left, 65536)
        # One ends by a signal, the other as the first one terminates the link.
        self.left.run('kill $ppp; wait $ppp; s=$?; cat ppp.log; [ $s = 5 ]')
        self.right.run('wait $ppp; s=$?; cat ppp.log; [ $s = 16 ]')

    def tcp(self, sender, address, receiver, size):
        """A file from one guest to the other."""
        sender.run(f'head -c {size} /dev/urandom >sent; httpd -p 7000 -h /tmp')
        started = time.monotonic()
        receiver.run(f'wget -q -O received http://{address}:7000/sent', 4 * SLOW)
        self.figure('TCP over PPP between two guests', size, started)
        self.assertEqual(sender.run('sha256sum <sent'), receiver.run('sha256sum <received'))

    def test_8_logout(self):
        """exit ends the shells"""
        for shell in self.left, self.right:
            shell.talk.send('exit\r')
