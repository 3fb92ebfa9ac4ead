// SPDX-License-Identifier: GPL-2.0-only
/*
 * The settings of a tty of the host: each flag that a serial driver knows does what it says, or is
 * refused, which shows when the settings are read back.
 */
#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/expect.h"
#include "lib/host_fixture.h"
#include "lib/termios2.h"
#include "lib/util.h"

#define SOON_MS 5000
#define DTR_LINES (UART_MSR_DSR | UART_MSR_DCD)

/* With NULs among them. */
struct bytes {
	const char *c;
	size_t n;
};

#define BYTES(_text) { _text, sizeof(_text) - 1 }

/* What the line brings, perhaps a break first, and what a reader then gets. */
struct input {
	const char *name;
	tcflag_t iflag, lflag, cflag;
	bool brk;
	struct bytes sent, want;
};

static const struct input inputs[] = {
	{ "no flag", 0, 0, CS8, true, BYTES("\377x"), BYTES("\0\377x") },
	{ "IGNBRK", IGNBRK, 0, CS8, true, BYTES("x"), BYTES("x") },
	{ "IGNBRK BRKINT", IGNBRK | BRKINT, 0, CS8, true, BYTES("x"), BYTES("x") },
	{ "IGNBRK PARMRK", IGNBRK | PARMRK, 0, CS8, true, BYTES("\377x"), BYTES("\377\377x") },
	{ "PARMRK", PARMRK, 0, CS8, true, BYTES("\377x"), BYTES("\377\0\0\377\377x") },
	{ "PARMRK INPCK", PARMRK | INPCK, 0, CS8, true, BYTES("x"), BYTES("\377\0\0x") },
	{ "INPCK", INPCK, 0, CS8 | PARENB, true, BYTES("\377x"), BYTES("\0\377x") },
	{ "INPCK IGNPAR", INPCK | IGNPAR, 0, CS8 | PARENB, true, BYTES("x"), BYTES("\0x") },
	{ "IGNPAR", IGNPAR, 0, CS8, true, BYTES("x"), BYTES("\0x") },
	{ "ISTRIP", ISTRIP, 0, CS8, false, BYTES("\341x"), BYTES("ax") },
	{ "ISTRIP IGNBRK", ISTRIP | IGNBRK, 0, CS8, true, BYTES("\341x"), BYTES("ax") },
	{ "INLCR", INLCR, 0, CS8, false, BYTES("\r\nx"), BYTES("\r\rx") },
	{ "IGNCR", IGNCR, 0, CS8, false, BYTES("\r\nx"), BYTES("\nx") },
	{ "ICRNL", ICRNL, 0, CS8, false, BYTES("\r\nx"), BYTES("\n\nx") },
	{ "IUCLC", IUCLC, IEXTEN, CS8, false, BYTES("ABx"), BYTES("abx") },
	{ "CS7", 0, 0, CS7, false, BYTES("\377ax"), BYTES("\177ax") },
	{ "CS7 PARENB PARMRK", PARMRK, 0, CS7 | PARENB, true, BYTES("\377x"),
		BYTES("\377\0\0\177x") },
	{ "CS6", 0, 0, CS6, false, BYTES("\377ax"), BYTES("\077!8") },
	{ "CS5", 0, 0, CS5 | CSTOPB, false, BYTES("\377ax"), BYTES("\037\001\030") },
	{ "CS8 again", 0, 0, CS8, false, BYTES("\377ax"), BYTES("\377ax") },
};

static int set_mode(int tty, tcflag_t iflag, tcflag_t oflag, tcflag_t lflag, tcflag_t cflag)
{
	struct termios t;

	if (tcgetattr(tty, &t))
		return -errno;
	t.c_iflag = iflag;
	t.c_oflag = oflag;
	t.c_lflag = lflag;
	t.c_cflag &= ~(CSIZE | CSTOPB | PARENB | PARODD);
	t.c_cflag |= cflag;
	return tcsetattr(tty, TCSANOW, &t) ? -errno : 0;
}

#define card_sends_break() do {						\
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);			\
	out(UART_LCR, UART_LCR_WLEN8);					\
} while (0)

TEST_F(host, input)
{
	char got[16];

	setup(1);
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		const struct input *t = &inputs[i];

		ASSERT_EQ(0, set_mode(self->tty, t->iflag, 0, t->lflag, t->cflag));
		if (t->brk)
			card_sends_break();
		uart_send(self->fd, PORT, t->sent.c, t->sent.n);
		ASSERT_EQ(t->want.n, tty_read(self->tty, got, t->want.n, SOON_MS)) {
			TH_LOG("%s", t->name);
		}
		EXPECT_EQ(0, memcmp(got, t->want.c, t->want.n)) {
			TH_LOG("%s: %02x %02x %02x", t->name, (__u8)got[0], (__u8)got[1],
			       (__u8)got[2]);
		}
	}
	/* nothing has come besides */
	EXPECT_ERRNO(ETIMEDOUT, tty_read(self->tty, got, 1, 200));
}

/* What a program writes, and what the line takes to the card. */
struct output {
	const char *name;
	tcflag_t oflag, cflag;
	struct bytes written, want;
};

static const struct output outputs[] = {
	{ "no flag", ONLCR, CS8, BYTES("\377\nx"), BYTES("\377\nx") },
	{ "OPOST ONLCR", OPOST | ONLCR, CS8, BYTES("\nx"), BYTES("\r\nx") },
	{ "OPOST OCRNL", OPOST | OCRNL, CS8, BYTES("\rx"), BYTES("\nx") },
	{ "OPOST OLCUC", OPOST | OLCUC, CS8, BYTES("ax"), BYTES("AX") },
	{ "CS7", 0, CS7, BYTES("\377ax"), BYTES("\177ax") },
	{ "CS7 PARENB PARODD", 0, CS7 | PARENB | PARODD, BYTES("\377x"), BYTES("\177x") },
	{ "CS6", 0, CS6, BYTES("\377ax"), BYTES("\077!8") },
	{ "CS5", 0, CS5, BYTES("\377ax"), BYTES("\037\001\030") },
	{ "CS8 again", 0, CS8, BYTES("\377ax"), BYTES("\377ax") },
};

TEST_F(host, output)
{
	__u8 got[16];

	setup(1);
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		const struct output *t = &outputs[i];

		ASSERT_EQ(0, set_mode(self->tty, 0, t->oflag, 0, t->cflag));
		ASSERT_EQ(t->written.n, write(self->tty, t->written.c, t->written.n));
		for (size_t n = 0; n < t->want.n; n++) {
			uart_wait(self->fd, PORT, UART_LSR, UART_LSR_DR, UART_LSR_DR);
			got[n] = in(UART_RX);
		}
		EXPECT_EQ(0, memcmp(got, t->want.c, t->want.n)) {
			TH_LOG("%s: %02x %02x %02x", t->name, got[0], got[1], got[2]);
		}
	}
	EXPECT_EQ(0, in(UART_LSR) & UART_LSR_DR);
}

TEST_F(host, without_cread_nothing_is_received)
{
	__u8 got[8];

	setup(1);
	ASSERT_EQ(0, tty_set(self->tty, 0, CREAD));
	card_sends_break();
	uart_send(self->fd, PORT, "lost", 4);
	/* what is written leaves as ever */
	ASSERT_EQ(1, write(self->tty, "y", 1));
	uart_wait(self->fd, PORT, UART_LSR, UART_LSR_DR, UART_LSR_DR);
	EXPECT_EQ('y', in(UART_RX));
	EXPECT_ERRNO(ETIMEDOUT, tty_read(self->tty, got, 1, 200));
	ASSERT_EQ(0, tty_set(self->tty, CREAD, 0));
	uart_send(self->fd, PORT, "z", 1);
	ASSERT_EQ(1, tty_read(self->tty, got, 1, SOON_MS));
	EXPECT_EQ('z', got[0]);
	/* the setting outlives the close */
	ASSERT_EQ(0, tty_set(self->tty, 0, CREAD));
	close(self->tty);
	self->tty = tty_open(self->uuid, PORT);
	uart_send(self->fd, PORT, "lost", 4);
	EXPECT_ERRNO(ETIMEDOUT, tty_read(self->tty, got, 1, 200));
	ASSERT_EQ(0, tty_set(self->tty, CREAD, 0));
	uart_send(self->fd, PORT, "z", 1);
	ASSERT_EQ(1, tty_read(self->tty, got, 1, SOON_MS));
	EXPECT_EQ('z', got[0]);
}

static int wait_for_sigint(void *arg)
{
	const struct timespec limit = { .tv_sec = 20 };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setsid();
	fd = __tty_open(arg, PORT, 0);
	if (fd < 0)
		return -fd;
	if (ioctl(fd, TIOCSCTTY, 0) || set_mode(fd, BRKINT, 0, 0, CS8))
		return errno;
	return sigtimedwait(&set, NULL, &limit) == SIGINT ? 0 : ETIME;
}

TEST_F(host, brkint_interrupts)
{
	struct termios t = {};
	struct child child;

	setup(1);
	ASSERT_EQ(0, child_start(&child, wait_for_sigint, self->uuid));
	for (int i = 0; i < SOON_MS && !(t.c_iflag & BRKINT); i++) {
		usleep(1000);
		ASSERT_EQ(0, tcgetattr(self->tty, &t));
	}
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 200));
	card_sends_break();
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
}

/* A flag, and whether it is kept. */
struct kept {
	const char *name;
	size_t field;
	tcflag_t flag;
	bool kept;
};

#ifndef ADDRB
#define ADDRB 04000000000
#endif

#define I(_flag) { #_flag, offsetof(struct termios, c_iflag), _flag, true }
#define C(_flag, _kept) { #_flag, offsetof(struct termios, c_cflag), _flag, _kept }

static const struct kept flags[] = {
	I(IGNBRK), I(BRKINT), I(IGNPAR), I(PARMRK), I(INPCK), I(ISTRIP), I(INLCR), I(IGNCR),
	I(ICRNL), I(IUCLC), I(IXON), I(IXANY), I(IXOFF), I(IMAXBEL), I(IUTF8),
	C(CSTOPB, true), C(CREAD, true), C(PARENB, true), C(PARODD, true), C(HUPCL, true),
	C(CLOCAL, true), C(CRTSCTS, true),
	/* a parity bit that stays the same is not simulated; addresses come with RS-485 */
	C(CMSPAR, false), C(ADDRB, false),
};

TEST_F(host, a_flag_is_kept_or_refused)
{
	struct termios t;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		const struct kept *f = &flags[i];
		tcflag_t *field = (void *)((char *)&t + f->field);

		for (int on = 1; on >= 0; on--) {
			ASSERT_EQ(0, tcgetattr(self->tty, &t));
			*field = on ? *field | f->flag : *field & ~f->flag;
			ASSERT_EQ(0, tcsetattr(self->tty, TCSANOW, &t));
			ASSERT_EQ(0, tcgetattr(self->tty, &t));
			EXPECT_EQ(on && f->kept ? f->flag : 0, *field & f->flag) {
				TH_LOG("%s %s", f->name, on ? "on" : "off");
			}
		}
	}
}

/* Any rate is kept, and the receiver's is the transmitter's. */
TEST_F(host, rates)
{
	static const unsigned int rates[] = { 50, 12345, 115200, 4000000 };
	unsigned int rx, tx;

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		ASSERT_EQ(0, tty_set_rates(self->tty, rates[i], rates[i]));
		ASSERT_EQ(0, tty_get_rates(self->tty, &rx, &tx));
		EXPECT_EQ(rates[i], rx);
		EXPECT_EQ(rates[i], tx);
	}
	ASSERT_EQ(0, tty_set_rates(self->tty, 1200, 9600));
	ASSERT_EQ(0, tty_get_rates(self->tty, &rx, &tx));
	EXPECT_EQ(9600, rx);
	EXPECT_EQ(9600, tx);
	ASSERT_EQ(0, tty_set_speed(self->tty, B0));
	ASSERT_EQ(0, tty_set_speed(self->tty, B19200));
	ASSERT_EQ(0, tty_get_rates(self->tty, &rx, &tx));
	EXPECT_EQ(19200, rx);
	EXPECT_EQ(19200, tx);
}

TEST_F(host, hupcl)
{
	setup(1);
	ASSERT_EQ(0, tty_set(self->tty, 0, HUPCL));
	close(self->tty);
	EXPECT_EQ(DTR_LINES, in(UART_MSR) & DTR_LINES);
	self->tty = tty_open(self->uuid, PORT);
	ASSERT_EQ(0, tty_set(self->tty, HUPCL, 0));
	close(self->tty);
	EXPECT_EQ(0, in(UART_MSR) & DTR_LINES);
	self->tty = tty_open(self->uuid, PORT);
	EXPECT_EQ(DTR_LINES, in(UART_MSR) & DTR_LINES);
}

/* The same bit by another call. */
TEST_F(host, software_carrier)
{
	int on;

	for (int want = 0; want <= 1; want++) {
		ASSERT_EQ(0, tty_set(self->tty, want ? 0 : CLOCAL, want ? CLOCAL : 0));
		ASSERT_EQ(0, ioctl(self->tty, TIOCSSOFTCAR, &want));
		ASSERT_EQ(0, ioctl(self->tty, TIOCGSOFTCAR, &on));
		EXPECT_EQ(want, on);
	}
}

TEST_HARNESS_MAIN
