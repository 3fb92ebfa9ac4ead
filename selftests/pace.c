// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pace of a line, by both bounds: as many characters a second as the divisor says, one percent
 * more or less, for a driver that refills the transmitter as soon as it is empty: with FIFOs and
 * without, through the loopback plug and through a null modem that either end, or both, keep.
 *
 * The chip gives a driver one character time to refill the transmitter, so only what a driver does
 * in time says something about the rate; without FIFOs it has as long to read what has come. The
 * characters are therefore divided into short windows, and a window is judged if each refill came
 * within a character time of the last look that showed the transmitter busy, and each look at the
 * receiver within one of the look before. A worker that is late is the module's affair, but for a
 * processor that is busy elsewhere for as long as a FIFO lasts: so of the windows that are judged
 * the median counts. Where fewer than half of them can be judged the machine is too slow for the
 * rate, and a lower one is tried; the lowest is judged in any case. No rate may be too high in all.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/uart.h"
#include "lib/vfio.h"

/* 9600 baud, and lower ones. */
static const __u16 divisors[] = { 12, 48, 192 };

#define CHAR_SECONDS(_divisor) (10.0 * (_divisor) / 115200)
#define WINDOW 32
#define WINDOWS 15
#define CHARS (WINDOW * WINDOWS + 1)
#define SECONDS 60

enum { A, B, NR };

FIXTURE(pace)
{
	char uuid[NR][UUID_SIZE];
	struct vfio_dev dev[NR];
	int kmsg;
};

FIXTURE_VARIANT(pace)
{
	bool null_modem;
	bool paced[NR];
	__u8 fcr;
};

FIXTURE_VARIANT_ADD(pace, loopback) { false, { true }, UART_FCR_ENABLE_FIFO };
FIXTURE_VARIANT_ADD(pace, loopback_without_fifos) { false, { true }, 0 };
FIXTURE_VARIANT_ADD(pace, sender) { true, { true, false }, UART_FCR_ENABLE_FIFO };
FIXTURE_VARIANT_ADD(pace, sender_without_fifos) { true, { true, false }, 0 };
FIXTURE_VARIANT_ADD(pace, receiver) { true, { false, true }, UART_FCR_ENABLE_FIFO };
FIXTURE_VARIANT_ADD(pace, receiver_without_fifos) { true, { false, true }, 0 };
FIXTURE_VARIANT_ADD(pace, both) { true, { true, true }, UART_FCR_ENABLE_FIFO };
FIXTURE_VARIANT_ADD(pace, both_without_fifos) { true, { true, true }, 0 };

FIXTURE_SETUP(pace)
{
	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	for (int i = 0; i < NR; i++) {
		uuid_random(self->uuid[i]);
		mdev_create("mtty-1", self->uuid[i]);
		ASSERT_EQ(0, port_set(self->uuid[i], 0, "pace", variant->paced[i] ? "1" : "0"));
	}
	if (variant->null_modem)
		ASSERT_EQ(0, port_set_peer(self->uuid[A], 0, self->uuid[B], 0));
	for (int i = 0; i < NR; i++)
		vfio_open(&self->dev[i], self->uuid[i], VIA_GROUP);
}

FIXTURE_TEARDOWN(pace)
{
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
	for (int i = 0; i < NR; i++) {
		vfio_close(&self->dev[i]);
		EXPECT_EQ(0, __mdev_remove(self->uuid[i]));
	}
}

/* A driver at both ends that does nothing else. */
struct driver {
	int tx;
	int rx;
	unsigned int depth;
	double slack;
	unsigned int sent;
	unsigned int got;
	/* the last look that showed the transmitter busy, and the last one at the receiver */
	double busy;
	double looked;
	/* windows in which a refill or a look was late, and when each began; the last one's end */
	bool late[WINDOWS + 1];
	double at[WINDOWS + 1];
};

static int driver_fill(struct driver *driver)
{
	double now = seconds_now();
	__u8 lsr, c;

	if (driver->sent == CHARS)
		return 0;
	if (region_read(driver->tx, 0, UART_LSR, &lsr, 1) != 1)
		return -EIO;
	if (!(lsr & UART_LSR_THRE)) {
		driver->busy = now;
		return 0;
	}
	for (unsigned int i = 0; i < driver->depth && driver->sent < CHARS; i++) {
		c = driver->sent++;
		if (region_write(driver->tx, 0, UART_TX, &c, 1) != 1)
			return -EIO;
		if (!i && seconds_now() - driver->busy > driver->slack)
			driver->late[driver->got / WINDOW] = true;
	}
	driver->busy = seconds_now();
	return 0;
}

static int driver_drain(struct driver *driver)
{
	__u8 buf[UART_FIFO_SIZE];
	int n = __uart_drain(driver->rx, 0, buf, sizeof(buf));
	double now = seconds_now();

	if (now - driver->looked > driver->slack)
		driver->late[driver->got / WINDOW] = true;
	driver->looked = now;
	for (int i = 0; i < n; i++) {
		if (buf[i] != (__u8)driver->got)
			return -EBADMSG;
		if (driver->got % WINDOW == 0)
			driver->at[driver->got / WINDOW] = seconds_now();
		driver->got++;
	}
	return n < 0 ? n : 0;
}

static int driver_run(struct driver *driver)
{
	double end = seconds_now() + SECONDS;
	int ret = 0;

	while (!ret && driver->got < CHARS) {
		ret = driver_fill(driver);
		if (!ret)
			ret = driver_drain(driver);
		if (!ret && seconds_now() > end)
			ret = -ETIMEDOUT;
	}
	return ret;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Seconds for each character, in the median of the windows that are judged; how many those are. */
static unsigned int median(const struct driver *driver, bool all, double *seconds)
{
	double took[WINDOWS];
	unsigned int n = 0;

	for (int i = 0; i < WINDOWS; i++)
		if (all || !driver->late[i])
			took[n++] = (driver->at[i + 1] - driver->at[i]) / WINDOW;
	qsort(took, n, sizeof(*took), compare);
	*seconds = n ? took[n / 2] : 0;
	return n;
}

#define setup_both(_divisor) do {						\
	for (int __i = 0; __i < NR; __i++)					\
		uart_setup(self->dev[__i].fd, 0, _divisor, UART_LCR_WLEN8, variant->fcr);	\
	/* one that keeps no pace waits for a receiver that does */		\
	if (variant->null_modem)						\
		uart_out(self->dev[A].fd, 0, UART_MCR,				\
			 UART_MCR_DTR | UART_MCR_RTS | UART_MCR_AFE);		\
} while (0)

TEST_F_TIMEOUT(pace, is_that_of_the_divisor, 120)
{
	for (size_t i = 0; i < ARRAY_SIZE(divisors); i++) {
		const double due = CHAR_SECONDS(divisors[i]);
		const bool last = i == ARRAY_SIZE(divisors) - 1;
		struct driver driver = {
			.tx = self->dev[A].fd,
			.rx = self->dev[variant->null_modem ? B : A].fd,
			.depth = variant->fcr ? UART_FIFO_SIZE : 1,
			.slack = due,
		};
		double mid, all, start;
		unsigned int judged;

		setup_both(divisors[i]);
		start = seconds_now();
		driver.busy = start;
		driver.looked = start;
		ASSERT_EQ(0, driver_run(&driver));
		all = (driver.at[WINDOWS] - start) / CHARS;
		judged = median(&driver, false, &mid);
		if (judged <= WINDOWS / 2 && last)
			judged = median(&driver, true, &mid);
		TH_LOG("%.0f due: %.1f characters a second in %u of %u windows, %.1f in all",
		       1 / due, mid ? 1 / mid : 0, judged, WINDOWS, 1 / all);
		/* what a late timer makes up for is a FIFO at most */
		EXPECT_LE(due * (CHARS - UART_FIFO_SIZE) / CHARS, all);
		if (judged <= WINDOWS / 2)
			continue;
		EXPECT_LE(0.99 * due, mid);
		EXPECT_GE(1.01 * due, mid);
		break;
	}
	for (int i = 0; i < NR; i++)
		EXPECT_EQ(0, port_stats(self->uuid[i], 0).overruns);
}

/* A transmitter that has been empty for long, or whose FIFO has been cleared, begins anew. */
TEST_F(pace, nothing_is_made_up_for_after_a_pause)
{
	unsigned int fd = self->dev[A].fd, depth = variant->fcr ? UART_FIFO_SIZE : 1;
	const double due = CHAR_SECONDS(divisors[0]);
	double start;

	if (!variant->paced[A])
		SKIP(return, "about the sender's pace");
	setup_both(divisors[0]);
	for (int i = 0; i < 4; i++) {
		uart_send(fd, 0, "0123456789abcdef", depth);
		if (i % 2)
			uart_out(fd, 0, UART_FCR, variant->fcr | UART_FCR_ENABLE_FIFO |
				 UART_FCR_CLEAR_XMIT);
		uart_out(fd, 0, UART_FCR, variant->fcr);
		uart_wait(fd, 0, UART_LSR, LSR_IDLE, LSR_IDLE);
		usleep(100 * 1000);
		start = seconds_now();
		uart_send(fd, 0, "0123456789abcdef", depth);
		uart_wait(fd, 0, UART_LSR, LSR_IDLE, LSR_IDLE);
		EXPECT_LE(depth * due, seconds_now() - start);
	}
}

/* What waits at a rate that takes seconds a character does not wait for them at a new one. */
TEST_F(pace, a_new_rate_counts_at_once)
{
	int fd = self->dev[A].fd;
	double start;

	if (!variant->paced[A])
		SKIP(return, "about the sender's pace");
	uart_setup(fd, 0, 0xffff, UART_LCR_WLEN8, variant->fcr);
	uart_out(fd, 0, UART_TX, 'x');
	start = seconds_now();
	uart_out(fd, 0, UART_LCR, UART_LCR_WLEN8 | UART_LCR_DLAB);
	uart_out(fd, 0, UART_DLL, 1);
	uart_out(fd, 0, UART_DLM, 0);
	uart_out(fd, 0, UART_LCR, UART_LCR_WLEN8);
	EXPECT_EQ(0, __uart_wait(fd, 0, UART_LSR, LSR_IDLE, LSR_IDLE, 4 * 1000 * 1000));
	/* the slowest rate's character takes almost six seconds */
	EXPECT_GT(5, seconds_now() - start);
}

TEST_HARNESS_MAIN
