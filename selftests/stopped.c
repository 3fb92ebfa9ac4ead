// SPDX-License-Identifier: GPL-2.0-only
/*
 * An end of a line that is stopped, as in a guest that is paused, and what waits for it: for ever
 * if flow control keeps it, for as long as the setting "stall" says if not; and what is left of it
 * after a reset.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/mig.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define STATE(_name) VFIO_DEVICE_STATE_##_name
#define MCR_ON (UART_MCR_DTR | UART_MCR_RTS)
#define PLUGGED (UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD)
#define SECOND_US 1000000
/* A wait is counted in jiffies, and begins within one: ten milliseconds at most. */
#define JIFFY_US 10000

/* One that is stopped, and one that sends to it. */
enum { STILL, SENDER, NR };

FIXTURE(stopped)
{
	char uuid[NR][UUID_SIZE];
	struct vfio_dev dev[NR];
	int still;
	int sender;
	int kmsg;
};

FIXTURE_SETUP(stopped)
{
	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	for (int i = 0; i < NR; i++) {
		self->dev[i] = (struct vfio_dev){ -1, -1, -1, -1 };
		uuid_random(self->uuid[i]);
		mdev_create("mtty-1", self->uuid[i]);
	}
}

FIXTURE_TEARDOWN(stopped)
{
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
	for (int i = 0; i < NR; i++) {
		vfio_close(&self->dev[i]);
		EXPECT_EQ(0, __mdev_remove(self->uuid[i]));
	}
}

#define start_device(_which) do {						\
	const int __i = (_which);						\
										\
	vfio_open(&self->dev[__i], self->uuid[__i], VIA_GROUP);			\
	uart_setup(self->dev[__i].fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);	\
} while (0)

#define start_pair(_stall) do {							\
	ASSERT_EQ(0, port_set_peer(self->uuid[STILL], 0, self->uuid[SENDER], 0));	\
	ASSERT_EQ(0, port_set(self->uuid[SENDER], 0, "stall", _stall));		\
	start_device(STILL);							\
	start_device(SENDER);							\
	self->still = self->dev[STILL].fd;					\
	self->sender = self->dev[SENDER].fd;					\
} while (0)

#define start_tty(_stall) ({							\
	ASSERT_EQ(0, port_set(self->uuid[STILL], 0, "backend", "host"));		\
	ASSERT_EQ(0, port_set(self->uuid[STILL], 0, "stall", _stall));		\
	start_device(STILL);							\
	self->still = self->dev[STILL].fd;					\
	tty_open(self->uuid[STILL], 0); })

#define stop() mig_set(self->still, STATE(STOP))
#define go_on() mig_set(self->still, STATE(RUNNING))
#define fill() uart_send(self->sender, 0, "0123456789abcdef", UART_FIFO_SIZE)
#define waits() (!(uart_in(self->sender, 0, UART_LSR) & UART_LSR_THRE))
#define dropped(_which) port_stats(self->uuid[_which], 0).dropped

#define expect_bytes(_text, _n) do {						\
	__u8 __got[2 * UART_FIFO_SIZE] = {};					\
	const int __n = (_n);							\
										\
	EXPECT_EQ(__n, __uart_drain(self->still, 0, __got, sizeof(__got)));	\
	EXPECT_EQ(0, memcmp(_text, __got, __n));				\
} while (0)

/* A character that takes the usual way. */
#define expect_flow() do {							\
	EXPECT_EQ(PLUGGED, uart_in(self->sender, 0, UART_MSR) & MSR_LINES);	\
	uart_out(self->sender, 0, UART_TX, 'y');				\
	expect_bytes("y", 1);							\
} while (0)

/* A console, which looks at the transmitter alone. */
TEST_F(stopped, a_sender_that_heeds_nothing_loses_characters_not_time)
{
	__u64 start;
	bool early;

	start_pair("1");
	start = now_us();
	stop();
	fill();
	early = waits();
	if (now_us() - start < SECOND_US - JIFFY_US)
		EXPECT_TRUE(early);
	EXPECT_EQ(0, __uart_wait(self->sender, 0, UART_LSR, LSR_IDLE, LSR_IDLE,
				 SECOND_US + UART_SOON_US));
	EXPECT_LE(SECOND_US - JIFFY_US, now_us() - start);
	EXPECT_EQ(UART_FIFO_SIZE, dropped(SENDER));
	/* from now on each goes at once */
	for (int i = 0; i < 100; i++) {
		fill();
		ASSERT_FALSE(waits());
	}
	EXPECT_EQ(101 * UART_FIFO_SIZE, dropped(SENDER));
	EXPECT_EQ(0, port_stats(self->uuid[STILL], 0).overruns);
	go_on();
	expect_bytes("", 0);
	expect_flow();
	EXPECT_EQ(101 * UART_FIFO_SIZE, dropped(SENDER));
	/* and the next stop is a new one */
	start = now_us();
	stop();
	fill();
	early = waits();
	if (now_us() - start < SECOND_US - JIFFY_US)
		EXPECT_TRUE(early);
	go_on();
	if (early)
		expect_bytes("0123456789abcdef", UART_FIFO_SIZE);
}

TEST_F(stopped, at_the_pace_of_the_line)
{
	__u64 start;

	ASSERT_EQ(0, port_set(self->uuid[SENDER], 0, "pace", "1"));
	start_pair("1");
	uart_setup(self->sender, 0, 12, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	stop();
	usleep(SECOND_US + SECOND_US / 2);
	start = now_us();
	for (int i = 0; i < 4; i++) {
		fill();
		uart_wait(self->sender, 0, UART_LSR, LSR_IDLE, LSR_IDLE);
	}
	EXPECT_LE(3 * UART_FIFO_SIZE * 10ULL * SECOND_US / 9600, now_us() - start);
	EXPECT_EQ(4 * UART_FIFO_SIZE, dropped(SENDER));
}

TEST_F(stopped, auto_flow_control_waits)
{
	start_pair("1");
	uart_out(self->sender, 0, UART_MCR, MCR_ON | UART_MCR_AFE);
	stop();
	fill();
	usleep(2 * SECOND_US);
	EXPECT_TRUE(waits());
	EXPECT_EQ(0, uart_in(self->sender, 0, UART_MSR) & UART_MSR_CTS);
	go_on();
	expect_bytes("0123456789abcdef", UART_FIFO_SIZE);
	EXPECT_EQ(0, dropped(SENDER));
	expect_flow();
}

TEST_F(stopped, for_ever_if_that_is_asked)
{
	start_pair("0");
	stop();
	fill();
	usleep(2 * SECOND_US);
	EXPECT_TRUE(waits());
	go_on();
	expect_bytes("0123456789abcdef", UART_FIFO_SIZE);
	EXPECT_EQ(0, dropped(SENDER));
}

/* A guest with both ends that is paused for long: its two cards stop and go on one by one. */
TEST_F(stopped, time_stands_still_for_a_sender_that_is_stopped_too)
{
	__u64 start;
	bool waited;

	start_pair("2");
	stop();
	fill();
	mig_set(self->sender, STATE(STOP));
	ASSERT_TRUE(waits());
	usleep(3 * SECOND_US);
	start = now_us();
	mig_set(self->sender, STATE(RUNNING));
	waited = waits();
	go_on();
	if (now_us() - start > 2 * SECOND_US)
		SKIP(return, "a machine that stood still for seconds shows nothing");
	EXPECT_TRUE(waited);
	expect_bytes("0123456789abcdef", UART_FIFO_SIZE);
	EXPECT_EQ(0, dropped(SENDER));
}

/* Whatever the two do meanwhile. */
TEST_F(stopped, the_sender_closes_or_is_reset)
{
	start_pair("1");
	stop();
	fill();
	vfio_reset(self->sender);
	usleep(2 * SECOND_US);
	EXPECT_EQ(0, dropped(SENDER));
	vfio_close(&self->dev[SENDER]);
	start_device(SENDER);
	self->sender = self->dev[SENDER].fd;
	EXPECT_EQ(PLUG_DTR, uart_in(self->sender, 0, UART_MSR) & MSR_LINES);
	fill();
	vfio_close(&self->dev[SENDER]);
	usleep(2 * SECOND_US);
	EXPECT_EQ(0, dropped(SENDER));
	go_on();
	expect_bytes("", 0);
}

#define BREAK_ON() uart_out(self->sender, 0, UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC)
#define BREAK_OFF() uart_out(self->sender, 0, UART_LCR, UART_LCR_WLEN8)

TEST_F(stopped, a_break_waits)
{
	start_pair("0");
	stop();
	BREAK_ON();
	BREAK_OFF();
	go_on();
	EXPECT_EQ(UART_LSR_BI, uart_in(self->still, 0, UART_LSR) & UART_LSR_BI);
	EXPECT_EQ(1, port_stats(self->uuid[STILL], 0).breaks);
}

TEST_F(stopped, a_break_that_waits_does_not_survive_a_reset)
{
	start_pair("0");
	stop();
	BREAK_ON();
	vfio_reset(self->sender);
	go_on();
	EXPECT_EQ(0, uart_in(self->still, 0, UART_LSR) & (UART_LSR_BI | UART_LSR_DR));
	EXPECT_EQ(0, port_stats(self->uuid[STILL], 0).breaks);
}

/* Nor does it become part of a state that is loaded. */
TEST_F(stopped, a_break_that_waits_does_not_survive_a_load)
{
	__u8 state[MIG_STATE_MAX];
	ssize_t len;

	start_pair("0");
	len = mig_save(self->sender, state, sizeof(state));
	ASSERT_LT(0, len);
	mig_set(self->sender, STATE(RUNNING));
	stop();
	BREAK_ON();
	ASSERT_EQ(0, mig_load(self->sender, state, len));
	mig_set(self->sender, STATE(RUNNING));
	go_on();
	EXPECT_EQ(0, uart_in(self->still, 0, UART_LSR) & (UART_LSR_BI | UART_LSR_DR));
	EXPECT_EQ(0, port_stats(self->uuid[STILL], 0).breaks);
}

/* What has been written to a tty and not left it, or -errno. */
static int tty_waiting(int fd)
{
	int n;

	return ioctl(fd, TIOCOUTQ, &n) ? -errno : n;
}

TEST_F(stopped, a_tty_that_heeds_nothing_loses_characters_not_time)
{
	int tty = start_tty("1");
	__u64 start;

	ASSERT_EQ(0, tty_set(tty, 0, CRTSCTS));
	start = now_us();
	stop();
	ASSERT_EQ(16, write(tty, "0123456789abcdef", 16));
	EXPECT_EQ(0, tcdrain(tty));
	EXPECT_LE(SECOND_US - JIFFY_US, now_us() - start);
	EXPECT_EQ(0, tty_waiting(tty));
	EXPECT_EQ(16, dropped(STILL));
	ASSERT_EQ(16, write(tty, "0123456789abcdef", 16));
	EXPECT_EQ(0, tcdrain(tty));
	EXPECT_EQ(32, dropped(STILL));
	go_on();
	expect_bytes("", 0);
	ASSERT_EQ(1, write(tty, "y", 1));
	EXPECT_EQ(0, tcdrain(tty));
	expect_bytes("y", 1);
	close(tty);
}

TEST_F(stopped, a_tty_with_flow_control_waits)
{
	int tty = start_tty("1");

	stop();
	ASSERT_EQ(16, write(tty, "0123456789abcdef", 16));
	usleep(2 * SECOND_US);
	EXPECT_EQ(16, tty_waiting(tty));
	go_on();
	expect_bytes("0123456789abcdef", 16);
	EXPECT_EQ(0, dropped(STILL));
	close(tty);
}

/* The next user's line does not begin with it. */
TEST_F(stopped, a_ttys_break_that_waits_does_not_survive_a_close)
{
	int tty = start_tty("0");

	stop();
	EXPECT_EQ(0, ioctl(tty, TIOCSBRK));
	EXPECT_EQ(0, ioctl(tty, TIOCCBRK));
	close(tty);
	tty = tty_open(self->uuid[STILL], 0);
	go_on();
	EXPECT_EQ(0, uart_in(self->still, 0, UART_LSR) & (UART_LSR_BI | UART_LSR_DR));
	close(tty);
}

TEST_HARNESS_MAIN
