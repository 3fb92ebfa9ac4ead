// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port that leads to a tty of the host.
 *
 * MDEV_SAMPLE_BYTES says how much the streams carry each way (64 KiB).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/serial.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/host_fixture.h"
#include "lib/stream.h"
#include "lib/sysfs.h"

#define ON (UART_MCR_DTR | UART_MCR_RTS)
#define LINES_SEEN (TIOCM_CTS | TIOCM_DSR | TIOCM_CD)
#define SOON_US 5000000

#define expect_lines(_want) EXPECT_EQ(0, tty_lines(self->tty, LINES_SEEN, _want, SOON_US))

static ssize_t read_within(int fd, void *buf, size_t size, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, ms) != 1)
		return -ETIMEDOUT;
	return read(fd, buf, size);
}

TEST_F(host, bytes)
{
	__u8 got[8];

	setup(1);
	uart_send(self->fd, PORT, "to host", 7);
	ASSERT_EQ(7, tty_read(self->tty, got, 7, 5000));
	EXPECT_EQ(0, memcmp(got, "to host", 7));
	ASSERT_EQ(7, write(self->tty, "to card", 7));
	ASSERT_EQ(7, __uart_drain(self->fd, PORT, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "to card", 7));
	EXPECT_EQ(7, stats().tx);
	EXPECT_EQ(7, stats().rx);
	/* raw, and nothing is echoed */
	uart_send(self->fd, PORT, "\r\3\4", 3);
	ASSERT_EQ(3, tty_read(self->tty, got, 3, 5000));
	EXPECT_EQ(0, memcmp(got, "\r\3\4", 3));
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

/* The udev rule names the tty by its port's number and the device above it. */
TEST_F(host, port_number)
{
	char path[PATH_MAX], text[16], real[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/class/tty/%s/port_number",
		 port_get(self->uuid, PORT, "tty"));
	ASSERT_LT(0, sysfs_read(path, text, sizeof(text)));
	EXPECT_EQ(PORT, atoi(text));
	ASSERT_NE(NULL, realpath(path, real));
	EXPECT_NE(NULL, strstr(real, self->uuid));
}

TEST_F(host, lines)
{
	int lines;

	expect_lines(0);
	out(UART_MCR, UART_MCR_DTR);
	expect_lines(TIOCM_DSR | TIOCM_CD);
	out(UART_MCR, UART_MCR_RTS);
	expect_lines(TIOCM_CTS);
	out(UART_MCR, ON);
	expect_lines(LINES_SEEN);

	EXPECT_EQ(UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD, in(UART_MSR) & MSR_LINES);
	lines = TIOCM_RTS;
	ASSERT_EQ(0, ioctl(self->tty, TIOCMBIC, &lines));
	EXPECT_EQ(UART_MSR_DSR | UART_MSR_DCD | UART_MSR_DCTS, in(UART_MSR));
	lines = TIOCM_DTR;
	ASSERT_EQ(0, ioctl(self->tty, TIOCMBIC, &lines));
	EXPECT_EQ(UART_MSR_DDSR | UART_MSR_DDCD, in(UART_MSR));
	lines = TIOCM_DTR | TIOCM_RTS;
	ASSERT_EQ(0, ioctl(self->tty, TIOCMSET, &lines));
	EXPECT_EQ(UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD, in(UART_MSR) & MSR_LINES);
	/* the rate 0 hangs up */
	ASSERT_EQ(0, tty_set_speed(self->tty, B0));
	EXPECT_EQ(0, in(UART_MSR) & MSR_LINES);
	ASSERT_EQ(0, tty_set_speed(self->tty, B9600));
	EXPECT_EQ(UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD, in(UART_MSR) & MSR_LINES);
	/* so does the last close */
	close(self->tty);
	self->tty = -1;
	EXPECT_EQ(0, in(UART_MSR) & MSR_LINES);
	self->tty = tty_open(self->uuid, PORT);
	EXPECT_EQ(UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD, in(UART_MSR) & MSR_LINES);
}

static int wait_for_carrier(void *arg)
{
	int fd = __tty_open(arg, PORT, 0);

	if (fd < 0)
		return -fd;
	return ioctl(fd, TIOCMIWAIT, TIOCM_CD) ? errno : 0;
}

TEST_F(host, miwait_and_counters)
{
	struct serial_icounter_struct before, after;
	struct child child;

	setup(1);
	ASSERT_EQ(0, ioctl(self->tty, TIOCGICOUNT, &before));
	ASSERT_EQ(0, child_start(&child, wait_for_carrier, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 200));
	out(UART_MCR, UART_MCR_RTS);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	uart_send(self->fd, PORT, "abc", 3);
	ASSERT_EQ(2, write(self->tty, "xy", 2));
	ASSERT_EQ(0, ioctl(self->tty, TIOCGICOUNT, &after));
	EXPECT_EQ(before.dcd + 1, after.dcd);
	EXPECT_EQ(before.dsr + 1, after.dsr);
	EXPECT_EQ(before.cts, after.cts);
	EXPECT_EQ(before.rx + 3, after.rx);
	EXPECT_EQ(before.tx + 2, after.tx);
}

TEST_F(host, breaks)
{
	struct termios t;
	__u8 got[8];

	setup(1);
	ASSERT_EQ(0, tcgetattr(self->tty, &t));
	t.c_iflag = PARMRK;
	ASSERT_EQ(0, tcsetattr(self->tty, TCSANOW, &t));
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	out(UART_LCR, UART_LCR_WLEN8);
	uart_send(self->fd, PORT, "x", 1);
	EXPECT_EQ(0, __uart_wait(self->fd, PORT, UART_LSR, LSR_IDLE, LSR_IDLE, 1000000));
	ASSERT_EQ(4, tty_read(self->tty, got, 4, 5000));
	EXPECT_EQ(0, memcmp(got, "\377\0\0x", 4));

	ASSERT_EQ(0, ioctl(self->tty, TIOCSBRK));
	EXPECT_EQ(UART_LSR_BI | UART_LSR_DR, in(UART_LSR) & (UART_LSR_BI | UART_LSR_DR));
	EXPECT_EQ(0, in(UART_RX));
	/* the line carries nothing else meanwhile */
	ASSERT_EQ(1, write(self->tty, "y", 1));
	EXPECT_EQ(0, in(UART_LSR) & UART_LSR_DR);
	ASSERT_EQ(0, ioctl(self->tty, TIOCCBRK));
	EXPECT_EQ('y', in(UART_RX));
	EXPECT_EQ(1, stats().breaks);
}

TEST_F(host, nobody_has_it_open)
{
	__u8 got[4];

	setup(1);
	close(self->tty);
	self->tty = -1;
	EXPECT_EQ(0, in(UART_MSR) & MSR_LINES);
	uart_send(self->fd, PORT, "gone", 4);
	EXPECT_EQ(4, stats().dropped);
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
	/* held back by flow control, it waits */
	out(UART_MCR, ON | UART_MCR_AFE);
	uart_send(self->fd, PORT, "kept", 4);
	self->tty = tty_open(self->uuid, PORT);
	EXPECT_EQ(4, tty_read(self->tty, got, 4, 5000));
	EXPECT_EQ(0, memcmp(got, "kept", 4));
}

TEST_F(host, card_is_closed)
{
	__u8 got[8];

	setup(1);
	expect_lines(LINES_SEEN);
	vfio_close(&self->dev);
	expect_lines(0);
	/* a local line is not hung up, and with CRTSCTS what is written waits for the card */
	ASSERT_EQ(4, write(self->tty, "wait", 4));
	vfio_open(&self->dev, self->uuid, VIA_GROUP);
	self->fd = self->dev.fd;
	out(UART_LCR, UART_LCR_WLEN8);
	out(UART_FCR, UART_FCR_ENABLE_FIFO);
	EXPECT_EQ(0, in(UART_LSR) & UART_LSR_DR);
	out(UART_MCR, ON);
	expect_lines(LINES_SEEN);
	EXPECT_EQ(4, __uart_drain(self->fd, PORT, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "wait", 4));
	/* without, it is lost, but not in silence */
	vfio_close(&self->dev);
	ASSERT_EQ(0, tty_set(self->tty, 0, CRTSCTS));
	ASSERT_EQ(4, write(self->tty, "lost", 4));
	EXPECT_EQ(4, stats().dropped);
	vfio_open(&self->dev, self->uuid, VIA_GROUP);
}

TEST_F(host, carrier_loss_hangs_up)
{
	__u8 c;

	setup(1);
	ASSERT_EQ(0, tty_set(self->tty, 0, CLOCAL));
	out(UART_MCR, UART_MCR_RTS);
	EXPECT_EQ(0, read_within(self->tty, &c, 1, 5000));
	EXPECT_EQ(-1, write(self->tty, "x", 1));
	EXPECT_EQ(EIO, errno);
	close(self->tty);
	out(UART_MCR, ON);
	self->tty = tty_open(self->uuid, PORT);
	/* closing the card is a loss of carrier */
	ASSERT_EQ(0, tty_set(self->tty, 0, CLOCAL));
	vfio_close(&self->dev);
	EXPECT_EQ(0, read_within(self->tty, &c, 1, 5000));
	close(self->tty);
	self->tty = -1;
}

static int open_tty(void *arg)
{
	int fd = __tty_open(arg, PORT, 0);

	return fd < 0 ? -fd : 0;
}

TEST_F(host, open_waits_for_carrier)
{
	struct child child;

	/* the setting outlives the close */
	ASSERT_EQ(0, tty_set(self->tty, 0, CLOCAL));
	close(self->tty);
	self->tty = -1;
	out(UART_MCR, UART_MCR_RTS);
	ASSERT_EQ(0, child_start(&child, open_tty, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	/* whoever waits for a call has DTR up */
	EXPECT_EQ(UART_MSR_DSR, in(UART_MSR) & UART_MSR_DSR);
	out(UART_MCR, ON);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
}

TEST_F(host, removal_while_open)
{
	char path[64];
	__u8 c;

	setup(1);
	snprintf(path, sizeof(path), "/dev/%s", port_get(self->uuid, PORT, "tty"));
	ASSERT_EQ(3, write(self->tty, "abc", 3));
	vfio_close(&self->dev);
	mdev_remove(self->uuid);
	EXPECT_FALSE(sysfs_exists(path));
	EXPECT_EQ(0, read_within(self->tty, &c, 1, 5000));
	EXPECT_EQ(-1, write(self->tty, "x", 1));
	EXPECT_EQ(EIO, errno);
	/* the number is in use until the last user lets go */
	mdev_create("mtty-2", self->uuid);
	ASSERT_EQ(0, port_set(self->uuid, PORT, "backend", "host"));
	snprintf(path, sizeof(path), "/dev/%s", port_get(self->uuid, PORT, "tty"));
	close(self->tty);
	self->tty = open(path, O_RDWR | O_NOCTTY);
	EXPECT_LE(0, self->tty);
}

static void *tty_writer(void *arg)
{
	struct stream *stream = arg;

	while (stream->sent < stream->tx_len) {
		ssize_t n = write(stream->fd, stream->tx + stream->sent,
				  stream->tx_len - stream->sent);

		if (n <= 0)
			break;
		stream->sent += n;
	}
	return NULL;
}

static void *tty_reader(void *arg)
{
	struct stream *stream = arg;

	while (stream->received < stream->rx_len) {
		ssize_t n = read_within(stream->fd, stream->rx + stream->received,
					stream->rx_len - stream->received, 1000 * stream->limit);

		if (n <= 0)
			break;
		stream->received += n;
	}
	return NULL;
}

static void run_both(struct __test_metadata *_metadata, int fd, int tty, enum stream_flow flow)
{
	size_t n = effort("MDEV_SAMPLE_BYTES", 1 << 16);
	struct stream card = { .fd = fd, .port = PORT, .flow = flow, .limit = 20 };
	struct stream host = { .fd = tty, .limit = 20 };
	pthread_t reader, writer;
	double start = seconds_now();

	card.tx = random_bytes(n);
	host.tx = random_bytes(n);
	card.rx = calloc(n, 1);
	host.rx = calloc(n, 1);
	card.tx_len = n;
	card.rx_len = n;
	host.tx_len = n;
	host.rx_len = n;
	ASSERT_EQ(0, stream_setup(&card));
	ASSERT_EQ(0, pthread_create(&reader, NULL, tty_reader, &host));
	ASSERT_EQ(0, pthread_create(&writer, NULL, tty_writer, &host));
	EXPECT_EQ(0, stream_run(&card));
	pthread_join(reader, NULL);
	pthread_join(writer, NULL);
	EXPECT_EQ(n, card.received);
	EXPECT_EQ(n, host.received);
	EXPECT_EQ(0, memcmp(card.tx, host.rx, n));
	EXPECT_EQ(0, memcmp(host.tx, card.rx, n));
	EXPECT_EQ(0, card.errors);
	TH_LOG("%zu bytes each way in %.1f s: %.0f KiB/s each", n, seconds_now() - start,
	       n / 1024 / (seconds_now() - start));
}

#define expect_no_loss() do {			\
	EXPECT_EQ(0, stats().overruns);		\
	EXPECT_EQ(0, stats().dropped);		\
} while (0)

TEST_F_TIMEOUT(host, stream_crtscts_and_cts, 250)
{
	run_both(_metadata, self->fd, self->tty, FLOW_CTS);
	expect_no_loss();
}

TEST_F_TIMEOUT(host, stream_crtscts_and_afe, 250)
{
	run_both(_metadata, self->fd, self->tty, FLOW_AFE);
	expect_no_loss();
}

/* The card's auto flow control is enough. */
TEST_F_TIMEOUT(host, stream_afe_only, 250)
{
	ASSERT_EQ(0, tty_set(self->tty, 0, CRTSCTS));
	run_both(_metadata, self->fd, self->tty, FLOW_AFE);
	expect_no_loss();
}

TEST_F(host, what_the_card_loses_is_counted)
{
	const size_t n = 1 << 14;
	struct stream card = { .fd = self->fd, .port = PORT, .limit = 1, .rx_len = n };
	struct stream host = { .fd = self->tty, .tx_len = n, .tx = random_bytes(n) };

	card.rx = calloc(n, 1);
	ASSERT_EQ(0, tty_set(self->tty, 0, CRTSCTS));
	ASSERT_EQ(0, stream_setup(&card));
	tty_writer(&host);
	EXPECT_EQ(n, host.sent);
	EXPECT_EQ(0, tcdrain(self->tty));
	EXPECT_ERRNO(ETIMEDOUT, stream_run(&card));
	EXPECT_LT(0, card.received);
	EXPECT_LT(0, stats().overruns);
	EXPECT_EQ(n, card.received + stats().overruns);
	EXPECT_EQ(UART_LSR_OE, card.errors);
	EXPECT_EQ(0, memcmp(host.tx, card.rx, card.received));
}

/* More than the tty's buffers hold, sent by a driver that does not look at CTS. */
TEST_F_TIMEOUT(host, what_the_host_loses_is_counted, 120)
{
	const size_t n = 1 << 17;
	struct stream card = { .fd = self->fd, .port = PORT, .limit = 5, .tx_len = n };
	struct stream host = { .fd = self->tty, .rx_len = n, .limit = 1 };

	card.tx = random_bytes(n);
	host.rx = calloc(n, 1);
	ASSERT_EQ(0, stream_setup(&card));
	EXPECT_EQ(0, stream_run(&card));
	EXPECT_EQ(0, in(UART_MSR) & UART_MSR_CTS);
	tty_reader(&host);
	EXPECT_LT(0, host.received);
	EXPECT_LT(0, stats().overruns);
	EXPECT_EQ(n, host.received + stats().overruns);
	EXPECT_EQ(UART_MSR_CTS, in(UART_MSR) & UART_MSR_CTS);
}

TEST_HARNESS_MAIN
