// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of serial ports on a tty of the host: TIOCGSERIAL and its kin, when what has been
 * written has left, what a close waits for, and modem lines. Each works as on the kernel's own
 * serial ports or is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/expect.h"
#include "lib/host_fixture.h"
#include "lib/util.h"

#define SOON_MS 5000
#define ON (UART_MCR_DTR | UART_MCR_RTS)
#define NOBODY 65534

/* At 9600 and at 50 baud: how long a character of ten bits takes. */
#define DIVISOR_9600 12
#define CHAR_US_9600 1041
#define DIVISOR_50 2304

/* A close that nothing delays is far below the 30 s that one waits by default. */
#define AT_ONCE_US 15000000
#define MANY 400

#ifndef TCGETX
#define TCGETX 0x5432
#define TCSETX 0x5433
#define TCSETXF 0x5434
#define TCSETXW 0x5435
#endif
#ifndef TIOCM_OUT1
#define TIOCM_OUT1 0x2000
#define TIOCM_OUT2 0x4000
#define TIOCM_LOOP 0x8000
#endif
#ifndef TIOCGISO7816
#define TIOCGISO7816 0x80285442
#define TIOCSISO7816 0xc0285443
#endif

#define set_paced(_divisor) do {					\
	card_close();							\
	ASSERT_EQ(0, port_set(self->uuid, PORT, "pace", "1"));		\
	card_open();							\
	setup(_divisor);						\
} while (0)

/* Characters enough for some time, all of which find room. */
static ssize_t write_many(int fd, size_t n)
{
	char c[MANY];

	memset(c, 'c', sizeof(c));
	return write(fd, c, n);
}

static int get_serial(int fd, struct serial_struct *ss)
{
	return ioctl(fd, TIOCGSERIAL, ss) ? -errno : 0;
}

static int set_serial(int fd, const struct serial_struct *ss)
{
	return ioctl(fd, TIOCSSERIAL, ss) ? -errno : 0;
}

static int set_closing_wait(int fd, unsigned short wait)
{
	struct serial_struct ss;
	int ret = get_serial(fd, &ss);

	ss.closing_wait = wait;
	return ret ? ret : set_serial(fd, &ss);
}

TEST_F(host, serial_struct)
{
	struct serial_struct ss;

	memset(&ss, 0xaa, sizeof(ss));
	ASSERT_EQ(0, get_serial(self->tty, &ss));
	EXPECT_EQ(PORT_16550A, ss.type);
	EXPECT_EQ(atoi(port_get(self->uuid, PORT, "tty") + strlen("ttyMS")), ss.line);
	EXPECT_EQ(0, ss.port);
	EXPECT_EQ(0, ss.irq);
	EXPECT_EQ(0, ss.flags);
	EXPECT_EQ(16, ss.xmit_fifo_size);
	EXPECT_EQ(0, ss.custom_divisor);
	EXPECT_EQ(115200, ss.baud_base);
	EXPECT_EQ(50, ss.close_delay);
	EXPECT_EQ(3000, ss.closing_wait);
	EXPECT_EQ(0, ss.hub6);
	EXPECT_EQ(NULL, ss.iomem_base);
	EXPECT_EQ(-1, ioctl(self->tty, TIOCGSERIAL, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->tty, TIOCSSERIAL, NULL));
	EXPECT_EQ(EFAULT, errno);
}

/* What root may set. It stays as long as the tty, whoever opens it next. */
TEST_F(host, what_can_be_set)
{
	static const unsigned short waits[] = { 0, 1, 100, 26214, 65534, ASYNC_CLOSING_WAIT_NONE };
	struct serial_struct ss, now;

	ASSERT_EQ(0, get_serial(self->tty, &ss));
	ASSERT_EQ(0, set_serial(self->tty, &ss));
	/* this one stays as it is */
	ss.xmit_fifo_size = 0;
	ASSERT_EQ(0, set_serial(self->tty, &ss));
	ASSERT_EQ(0, get_serial(self->tty, &ss));
	EXPECT_EQ(16, ss.xmit_fifo_size);
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		ss.closing_wait = waits[i];
		ss.close_delay = 20 + i * 10;
		ss.flags = i & 1 ? ASYNC_LOW_LATENCY : 0;
		ASSERT_EQ(0, set_serial(self->tty, &ss));
		close(self->tty);
		self->tty = tty_open(self->uuid, PORT);
		ASSERT_EQ(0, get_serial(self->tty, &now));
		/* a clock that ticks 250 or 100 times a second rounds up */
		EXPECT_LE(ss.closing_wait, now.closing_wait);
		EXPECT_GE(ss.closing_wait + 1, now.closing_wait);
		EXPECT_LE(ss.close_delay, now.close_delay);
		EXPECT_GE(ss.close_delay + 1, now.close_delay);
		EXPECT_EQ(ss.flags, now.flags);
	}
}

/* Bits to flip, and what becomes of a call that does so: by root, and by another user. */
struct change {
	struct serial_struct bits;
	int root, user;
};

static const struct change changes[] = {
	{ { .type = 1 }, -EINVAL, -EPERM },
	{ { .line = 1 }, -EINVAL, -EPERM },
	{ { .port = 8 }, -EINVAL, -EPERM },
	{ { .port_high = 1 }, -EINVAL, -EPERM },
	{ { .irq = 4 }, -EINVAL, -EPERM },
	{ { .xmit_fifo_size = 32 }, -EINVAL, -EPERM },
	{ { .baud_base = 256 }, -EINVAL, -EPERM },
	{ { .hub6 = 1 }, -EINVAL, -EPERM },
	{ { .io_type = SERIAL_IO_MEM }, -EINVAL, -EPERM },
	{ { .iomem_base = (void *)4096 }, -EINVAL, -EPERM },
	{ { .iomem_reg_shift = 1 }, -EINVAL, -EPERM },
	{ { .close_delay = 4 }, 0, -EPERM },
	{ { .closing_wait = 4 }, 0, -EPERM },
	{ { .flags = ASYNC_LOW_LATENCY }, 0, 0 },
	/* other rates than the ones that are asked for: any user may, but not here */
	{ { .custom_divisor = 2 }, -EINVAL, -EINVAL },
	{ { .flags = ASYNC_SPD_HI }, -EINVAL, -EINVAL },
	{ { .flags = ASYNC_SPD_VHI }, -EINVAL, -EINVAL },
	{ { .flags = ASYNC_SPD_SHI }, -EINVAL, -EINVAL },
	{ { .flags = ASYNC_HUP_NOTIFY }, -EINVAL, -EPERM },
	{ { .flags = ASYNC_FOURPORT }, -EINVAL, -EPERM },
	{ { .flags = ASYNC_SAK }, -EINVAL, -EPERM },
	{ { .flags = ASYNC_SKIP_TEST }, -EINVAL, -EPERM },
	{ { .flags = ASYNC_AUTO_IRQ }, -EINVAL, -EPERM },
	{ { .flags = ASYNC_HARDPPS_CD }, -EINVAL, -EPERM },
	{ { .flags = ASYNC_BUGGY_UART }, -EINVAL, -EPERM },
	{ { .flags = ASYNC_MAGIC_MULTIPLIER }, -EINVAL, -EPERM },
};

static void flip(struct serial_struct *ss, const struct serial_struct *bits)
{
	for (size_t i = 0; i < sizeof(*ss); i++)
		((__u8 *)ss)[i] ^= ((const __u8 *)bits)[i];
}

static int try_change(int fd, const struct change *c, int want)
{
	struct serial_struct before = {}, ss, after = {};

	if (get_serial(fd, &before))
		return -EIO;
	ss = before;
	flip(&ss, &c->bits);
	if (set_serial(fd, &ss) != want || get_serial(fd, &after) ||
	    memcmp(want ? &before : &ss, &after, sizeof(after)))
		return -EIO;
	return want ? 0 : set_serial(fd, &before);
}

/* Returns the number of the first entry, from 1, that is not as the table says; 0 if all are. */
static int try_changes(int fd, bool root)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		const struct change *c = &changes[i];

		if (try_change(fd, c, root ? c->root : c->user))
			return i + 1;
	}
	return 0;
}

static int try_changes_as_user(void *arg)
{
	int fd = __tty_open(arg, PORT, 0);

	if (fd < 0 || setgid(NOBODY) || setuid(NOBODY))
		return 101;
	return try_changes(fd, false);
}

TEST_F(host, what_cannot_be_set)
{
	struct child child;

	EXPECT_EQ(0, try_changes(self->tty, true));
	ASSERT_EQ(0, child_start(&child, try_changes_as_user, self->uuid));
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
}

struct refusal {
	const char *name;
	unsigned long request;
};

#define R(_request) { #_request, _request }

static const struct refusal refusals[] = {
	R(TIOCSRS485), R(TIOCGISO7816), R(TIOCSISO7816), R(TIOCSERCONFIG), R(TIOCSERGWILD),
	R(TIOCSERSWILD), R(TIOCSERGSTRUCT), R(TIOCSERGETMULTI), R(TIOCSERSETMULTI), R(TCGETX),
	R(TCSETX), R(TCSETXF), R(TCSETXW),
};

TEST_F(host, calls_that_are_refused)
{
	__u8 buf[256] = {};

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		EXPECT_EQ(-1, ioctl(self->tty, refusals[i].request, buf)) {
			TH_LOG("%s", refusals[i].name);
		}
		EXPECT_EQ(ENOTTY, errno) {
			TH_LOG("%s", refusals[i].name);
		}
	}
}

/* There is no RS-485: that it is off can be asked. */
TEST_F(host, rs485_is_off)
{
	struct serial_rs485 rs485, none = {};

	memset(&rs485, 0xaa, sizeof(rs485));
	ASSERT_EQ(0, ioctl(self->tty, TIOCGRS485, &rs485));
	EXPECT_EQ(0, memcmp(&rs485, &none, sizeof(none)));
	EXPECT_EQ(-1, ioctl(self->tty, TIOCGRS485, NULL));
	EXPECT_EQ(EFAULT, errno);
}

static int line_status(int fd)
{
	unsigned int lsr;

	return ioctl(fd, TIOCSERGETLSR, &lsr) ? -errno : (int)lsr;
}

TEST_F(host, transmitter_empty)
{
	/* without a pace everything leaves at once, whatever the rate */
	setup(DIVISOR_50);
	EXPECT_EQ(TIOCSER_TEMT, line_status(self->tty));
	ASSERT_EQ(64, write_many(self->tty, 64));
	EXPECT_EQ(TIOCSER_TEMT, line_status(self->tty));
	EXPECT_EQ(-1, ioctl(self->tty, TIOCSERGETLSR, NULL));
	EXPECT_EQ(EFAULT, errno);

	set_paced(DIVISOR_50);
	EXPECT_EQ(TIOCSER_TEMT, line_status(self->tty));
	ASSERT_EQ(10, write_many(self->tty, 10));
	EXPECT_EQ(0, line_status(self->tty));
	/* a reset clears the line; what flow control holds back has not reached the transmitter */
	vfio_reset(self->fd);
	EXPECT_EQ(TIOCSER_TEMT, line_status(self->tty));
	ASSERT_EQ(10, write_many(self->tty, 10));
	EXPECT_EQ(TIOCSER_TEMT, line_status(self->tty));
	setup(1);
	EXPECT_EQ(0, tcdrain(self->tty));
	EXPECT_EQ(TIOCSER_TEMT, line_status(self->tty));
	for (int i = 0; i < 10; i++) {
		uart_wait(self->fd, PORT, UART_LSR, UART_LSR_DR, UART_LSR_DR);
		EXPECT_EQ('c', in(UART_RX));
	}
}

/* Whether the card's driver reads what arrives makes no difference to the transmitter. */
TEST_F(host, drain_takes_as_long_as_the_line)
{
	__u64 start;

	set_paced(DIVISOR_9600);
	start = now_us();
	ASSERT_EQ(MANY, write_many(self->tty, MANY));
	EXPECT_EQ(0, line_status(self->tty));
	EXPECT_EQ(0, tcdrain(self->tty));
	EXPECT_LE(MANY * CHAR_US_9600, now_us() - start);
	EXPECT_EQ(TIOCSER_TEMT, line_status(self->tty));
}

/* What a line has lost, because nothing kept the writer from writing, takes no time. */
TEST_F(host, drain_is_bounded)
{
	const int n = 65536 / MANY;
	__u64 start;

	set_paced(DIVISOR_9600);
	ASSERT_EQ(0, tty_set(self->tty, 0, CRTSCTS));
	start = now_us();
	for (int i = 0; i < n; i++)
		ASSERT_EQ(MANY, write_many(self->tty, MANY));
	EXPECT_LT(0, stats().overruns);
	EXPECT_EQ(0, tcdrain(self->tty));
	EXPECT_GT(n * MANY * CHAR_US_9600 / 2, now_us() - start);
}

TEST_F(host, drain_until_all_has_arrived)
{
	struct termios t;
	__u64 start;
	__u8 c[16];

	set_paced(DIVISOR_9600);
	ASSERT_EQ(0, tcgetattr(self->tty, &t));
	start = now_us();
	ASSERT_EQ(8, write(self->tty, "abcdefgh", 8));
	ASSERT_EQ(0, tcsetattr(self->tty, TCSADRAIN, &t));
	EXPECT_LE(8 * CHAR_US_9600, now_us() - start);
	/* a break follows what was written before it */
	start = now_us();
	ASSERT_EQ(4, write(self->tty, "ijkl", 4));
	ASSERT_EQ(0, tcsendbreak(self->tty, 0));
	EXPECT_LE(4 * CHAR_US_9600 + 250000, now_us() - start);
	for (int i = 0; i < 12; i++) {
		uart_wait(self->fd, PORT, UART_LSR, UART_LSR_DR, UART_LSR_DR);
		c[i] = in(UART_RX);
	}
	EXPECT_EQ(0, memcmp(c, "abcdefghijkl", 12));
	uart_wait(self->fd, PORT, UART_LSR, UART_LSR_BI, UART_LSR_BI);
	EXPECT_EQ(0, in(UART_RX));
	EXPECT_EQ(1, stats().breaks);
}

static void on_alarm(int sig)
{
}

static int drain(void *arg)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int fd = __tty_open(arg, PORT, 0);

	if (fd < 0)
		return -fd;
	sigaction(SIGUSR1, &action, NULL);
	return tcdrain(fd) ? errno : 0;
}

/* The line has 80 s of work. */
TEST_F(host, drain_can_be_ended)
{
	struct child child;

	set_paced(DIVISOR_50);
	ASSERT_EQ(MANY, write_many(self->tty, MANY));
	ASSERT_EQ(0, child_start(&child, drain, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	kill(child.pid, SIGUSR1);
	EXPECT_ERRNO(EINTR, child_wait(&child, CHILD_SOON_MS));

	ASSERT_EQ(0, child_start(&child, drain, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	ASSERT_EQ(0, ioctl(self->tty, TIOCVHANGUP));
	EXPECT_NE(-ETIMEDOUT, child_wait(&child, CHILD_SOON_MS));
	close(self->tty);
	self->tty = tty_open(self->uuid, PORT);

	/* what has been written before is still on the line, which could not take as much again */
	vfio_reset(self->fd);
	setup(DIVISOR_50);
	ASSERT_EQ(MANY, write_many(self->tty, MANY));
	ASSERT_EQ(0, child_start(&child, drain, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	card_close();
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));

	card_open();
	setup(DIVISOR_50);
	ASSERT_EQ(MANY, write_many(self->tty, MANY));
	ASSERT_EQ(0, child_start(&child, drain, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	card_close();
	mdev_remove(self->uuid);
	EXPECT_NE(-ETIMEDOUT, child_wait(&child, CHILD_SOON_MS));
}

#define close_tty() ({							\
	__u64 __start = now_us();					\
									\
	close(self->tty);						\
	self->tty = -1;							\
	now_us() - __start; })

/* What flow control holds back is lost with the last close if no card is there to take it. */
TEST_F(host, close_without_a_card)
{
	setup(1);
	card_close();
	ASSERT_EQ(4, write(self->tty, "lost", 4));
	EXPECT_EQ(0, stats().dropped);
	EXPECT_GE(AT_ONCE_US, close_tty());
	EXPECT_EQ(4, stats().dropped);
	card_open();
	setup(1);
	self->tty = tty_open(self->uuid, PORT);
	EXPECT_EQ(0, in(UART_LSR) & UART_LSR_DR);
}

/* closing_wait limits the wait for flow control. */
TEST_F(host, close_waits_as_long_as_is_set)
{
	static const struct {
		unsigned short wait;
		__u64 least, most;
	} cases[] = {
		{ 100, 950000, AT_ONCE_US }, { ASYNC_CLOSING_WAIT_NONE, 0, AT_ONCE_US },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		__u64 took;

		out(UART_MCR, 0);
		ASSERT_EQ(0, set_closing_wait(self->tty, cases[i].wait));
		ASSERT_EQ(4, write(self->tty, "lost", 4));
		took = close_tty();
		EXPECT_LE(cases[i].least, took);
		EXPECT_GE(cases[i].most, took);
		EXPECT_EQ(4 * (i + 1), stats().dropped);
		self->tty = tty_open(self->uuid, PORT);
		setup(1);
		EXPECT_EQ(0, in(UART_LSR) & UART_LSR_DR);
	}
	/* so is what is thrown away on request */
	out(UART_MCR, 0);
	ASSERT_EQ(4, write(self->tty, "lost", 4));
	ASSERT_EQ(0, tcflush(self->tty, TCOFLUSH));
	EXPECT_EQ(12, stats().dropped);
	/* and by a hangup */
	ASSERT_EQ(4, write(self->tty, "lost", 4));
	ASSERT_EQ(0, ioctl(self->tty, TIOCVHANGUP));
	EXPECT_EQ(16, stats().dropped);
}

static int write_and_close(void *arg)
{
	int fd = __tty_open(arg, PORT, 0);

	if (fd < 0)
		return -fd;
	if (write(fd, "kept", 4) != 4)
		return errno;
	close(fd);
	return 0;
}

TEST_F(host, close_waits_for_flow_control)
{
	struct child child;
	__u8 got[8];

	close(self->tty);
	self->tty = -1;
	setup(1);
	out(UART_MCR, UART_MCR_DTR);
	ASSERT_EQ(0, child_start(&child, write_and_close, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	out(UART_MCR, ON);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_EQ(4, __uart_drain(self->fd, PORT, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "kept", 4));
	EXPECT_EQ(0, stats().dropped);
}

/* Without a limit a close waits until the card is closed, whose lines are low all the time. */
TEST_F(host, close_ends_with_the_card)
{
	struct child child;

	ASSERT_EQ(0, set_closing_wait(self->tty, ASYNC_CLOSING_WAIT_INF));
	close(self->tty);
	self->tty = -1;
	ASSERT_EQ(0, child_start(&child, write_and_close, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	card_close();
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_EQ(4, stats().dropped);
}

TEST_F(host, close_ends_with_the_device)
{
	struct child child;

	ASSERT_EQ(0, set_closing_wait(self->tty, ASYNC_CLOSING_WAIT_INF));
	close(self->tty);
	self->tty = -1;
	ASSERT_EQ(0, child_start(&child, write_and_close, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	card_close();
	mdev_remove(self->uuid);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
}

/* A last close waits for what the line is still moving, too. */
TEST_F(host, close_waits_for_the_line)
{
	set_paced(DIVISOR_9600);
	ASSERT_EQ(MANY, write_many(self->tty, MANY));
	EXPECT_LE(MANY * CHAR_US_9600 * 9 / 10, close_tty());
}

/* OUT1 and OUT2 lead nowhere, but are remembered; a loop inside the tty there is not. */
TEST_F(host, modem_outputs)
{
	int lines = TIOCM_OUT1 | TIOCM_OUT2;
	int now;

	setup(1);
	ASSERT_EQ(0, ioctl(self->tty, TIOCMBIS, &lines));
	ASSERT_EQ(0, ioctl(self->tty, TIOCMGET, &now));
	EXPECT_EQ(lines | TIOCM_DTR | TIOCM_RTS | TIOCM_CTS | TIOCM_DSR | TIOCM_CD, now);
	EXPECT_EQ(0, in(UART_MSR) & UART_MSR_RI);
	lines = TIOCM_OUT1;
	ASSERT_EQ(0, ioctl(self->tty, TIOCMBIC, &lines));
	ASSERT_EQ(0, ioctl(self->tty, TIOCMGET, &now));
	EXPECT_EQ(TIOCM_OUT2, now & (TIOCM_OUT1 | TIOCM_OUT2));
	lines = TIOCM_RTS;
	ASSERT_EQ(0, ioctl(self->tty, TIOCMSET, &lines));
	ASSERT_EQ(0, ioctl(self->tty, TIOCMGET, &now));
	EXPECT_EQ(TIOCM_RTS, now & (TIOCM_DTR | TIOCM_RTS | TIOCM_OUT1 | TIOCM_OUT2));
	EXPECT_EQ(UART_MSR_CTS, in(UART_MSR) & MSR_LINES);

	lines = TIOCM_DTR | TIOCM_LOOP;
	EXPECT_EQ(-1, ioctl(self->tty, TIOCMBIS, &lines));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->tty, TIOCMSET, &lines));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(UART_MSR_CTS, in(UART_MSR) & MSR_LINES);
	/* turning off what is off, as TIOCMSET does too, is no error */
	ASSERT_EQ(0, ioctl(self->tty, TIOCMBIC, &lines));
}

struct miwait {
	const char *uuid;
	int lines;
};

static int miwait(void *arg)
{
	const struct miwait *wait = arg;
	struct sigaction action = { .sa_handler = on_alarm };
	int fd = __tty_open(wait->uuid, PORT, 0);

	if (fd < 0)
		return -fd;
	sigaction(SIGUSR1, &action, NULL);
	return ioctl(fd, TIOCMIWAIT, wait->lines) ? errno : 0;
}

TEST_F(host, wait_for_a_line)
{
	static const struct {
		int lines;
		__u8 other, mcr;
	} cases[] = {
		{ TIOCM_CTS, UART_MCR_DTR, UART_MCR_RTS },
		{ TIOCM_DSR, UART_MCR_RTS, UART_MCR_DTR },
		{ TIOCM_CD, UART_MCR_RTS, UART_MCR_DTR },
		{ TIOCM_CTS | TIOCM_CD | TIOCM_RNG, 0, UART_MCR_RTS },
	};
	struct miwait wait = { .uuid = self->uuid };
	struct child child;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		out(UART_MCR, 0);
		wait.lines = cases[i].lines;
		ASSERT_EQ(0, child_start(&child, miwait, &wait));
		EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 200));
		out(UART_MCR, cases[i].other);
		EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 200));
		out(UART_MCR, cases[i].other | cases[i].mcr);
		EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	}
	/* a null modem has no ring indicator */
	wait.lines = TIOCM_RNG;
	ASSERT_EQ(0, child_start(&child, miwait, &wait));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 200));
	out(UART_MCR, 0);
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 200));
	kill(child.pid, SIGUSR1);
	EXPECT_ERRNO(EINTR, child_wait(&child, CHILD_SOON_MS));
	ASSERT_EQ(0, child_start(&child, miwait, &wait));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 200));
	ASSERT_EQ(0, ioctl(self->tty, TIOCVHANGUP));
	EXPECT_ERRNO(EIO, child_wait(&child, CHILD_SOON_MS));
}

TEST_F(host, counters)
{
	struct serial_icounter_struct before, after;
	__u8 got[4];

	setup(1);
	ASSERT_EQ(0, ioctl(self->tty, TIOCGICOUNT, &before));
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	out(UART_LCR, UART_LCR_WLEN8);
	uart_send(self->fd, PORT, "abc", 3);
	ASSERT_EQ(2, write(self->tty, "xy", 2));
	ASSERT_EQ(4, tty_read(self->tty, got, 4, SOON_MS));
	ASSERT_EQ(0, ioctl(self->tty, TIOCGICOUNT, &after));
	EXPECT_EQ(before.brk + 1, after.brk);
	EXPECT_EQ(before.rx + 3, after.rx);
	EXPECT_EQ(before.tx + 2, after.tx);
	EXPECT_EQ(0, after.rng + after.frame + after.parity + after.overrun + after.buf_overrun);
}

static bool eventually(int fd, unsigned long request, int want)
{
	int n = -1;

	for (int ms = 0; n != want && ms < SOON_MS; ms++) {
		if (ms)
			usleep(1000);
		if (ioctl(fd, request, &n))
			return false;
	}
	return n == want;
}

TEST_F(host, queues)
{
	__u8 c[8];

	setup(1);
	uart_send(self->fd, PORT, "abcd", 4);
	EXPECT_TRUE(eventually(self->tty, TIOCINQ, 4));
	ASSERT_EQ(0, tcflush(self->tty, TCIFLUSH));
	EXPECT_TRUE(eventually(self->tty, TIOCINQ, 0));
	EXPECT_ERRNO(ETIMEDOUT, tty_read(self->tty, c, 1, 100));

	out(UART_MCR, UART_MCR_DTR);
	ASSERT_EQ(4, write(self->tty, "abcd", 4));
	EXPECT_TRUE(eventually(self->tty, TIOCOUTQ, 4));
	ASSERT_EQ(0, tcflush(self->tty, TCOFLUSH));
	EXPECT_TRUE(eventually(self->tty, TIOCOUTQ, 0));
	out(UART_MCR, ON);
	ASSERT_EQ(0, tcflow(self->tty, TCOOFF));
	ASSERT_EQ(4, write(self->tty, "efgh", 4));
	EXPECT_TRUE(eventually(self->tty, TIOCOUTQ, 4));
	EXPECT_EQ(0, in(UART_LSR) & UART_LSR_DR);
	ASSERT_EQ(0, tcflow(self->tty, TCOON));
	EXPECT_TRUE(eventually(self->tty, TIOCOUTQ, 0));
	EXPECT_EQ(4, __uart_drain(self->fd, PORT, c, sizeof(c)));
	EXPECT_EQ(0, memcmp(c, "efgh", 4));
}

static int open_as_user(void *arg)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", port_get(arg, PORT, "tty"));
	if (chmod(path, 0666) || setgid(NOBODY) || setuid(NOBODY))
		return 101;
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? errno : 0;
}

TEST_F(host, exclusive)
{
	struct child child;
	int on;

	ASSERT_EQ(0, ioctl(self->tty, TIOCEXCL));
	ASSERT_EQ(0, ioctl(self->tty, TIOCGEXCL, &on));
	EXPECT_EQ(1, on);
	ASSERT_EQ(0, child_start(&child, open_as_user, self->uuid));
	EXPECT_ERRNO(EBUSY, child_wait(&child, CHILD_SOON_MS));
	ASSERT_EQ(0, ioctl(self->tty, TIOCNXCL));
	ASSERT_EQ(0, child_start(&child, open_as_user, self->uuid));
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
}

TEST_HARNESS_MAIN
