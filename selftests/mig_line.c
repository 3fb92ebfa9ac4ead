// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port that migrates, and its line: what is under way or on the wire comes along, who sends to a
 * port that stands still waits, and where the line leads must be of the same kind at both ends.
 */
#include <errno.h>
#include <linux/serial.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/mig.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define STATE(_name) VFIO_DEVICE_STATE_##_name
#define MCR_ON (UART_MCR_DTR | UART_MCR_RTS)
#define BYTES 200

/* A card that moves away, the one that it becomes, and the partner of each. */
enum { FROM, FROM_PEER, TO, TO_PEER, NR };

FIXTURE(line)
{
	char uuid[NR][UUID_SIZE];
	struct vfio_dev dev[NR];
	__u8 sent[BYTES];
	__u8 state[MIG_STATE_MAX];
	ssize_t len;
	int kmsg;
};

FIXTURE_SETUP(line)
{
	if (backend_missing())
		SKIP_SETUP("%s", backend_missing());
	mdev_reap();
	for (int i = 0; i < NR; i++) {
		self->dev[i] = (struct vfio_dev){ -1, -1, -1, -1 };
		uuid_random(self->uuid[i]);
		mdev_create("mtty-1", self->uuid[i]);
	}
	for (unsigned int i = 0; i < BYTES; i++)
		self->sent[i] = i * 7 + 1;
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
}

FIXTURE_TEARDOWN(line)
{
	expect_kmsg_quiet(self->kmsg, KMSG_SPLAT);
	close(self->kmsg);
	/* a removal waits for its user: us */
	for (int i = 0; i < NR; i++)
		vfio_close(&self->dev[i]);
	mdev_reap();
	debug_set("hold_batch_ms", "0");
}

/* What has been written to a tty and not left it, or -errno. */
static int tty_waiting(int fd)
{
	int n;

	return ioctl(fd, TIOCOUTQ, &n) ? -errno : n;
}

static int start(struct vfio_dev *dev, const char *uuid)
{
	__u8 mcr = MCR_ON;
	int ret = __vfio_open(dev, uuid, VIA_GROUP);

	if (!ret)
		ret = __uart_setup(dev->fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	if (!ret && region_write(dev->fd, 0, UART_MCR, &mcr, 1) != 1)
		ret = -EIO;
	return ret;
}

#define start_device(_which) do {							\
	const int __i = (_which);							\
											\
	ASSERT_EQ(0, start(&self->dev[__i], self->uuid[__i]));				\
} while (0)
#define null_modem(_a, _b) \
	ASSERT_LE(0, port_set_peer(self->uuid[_a], 0, self->uuid[_b], 0))
#define host_tty(_i) ASSERT_LE(0, port_set(self->uuid[_i], 0, "backend", "host"))

/* The source stops and is closed before the target is opened, as on two machines. */
#define move_to(_to) do {								\
	const int __i = (_to);								\
											\
	self->len = mig_save(self->dev[FROM].fd, self->state, sizeof(self->state));	\
	ASSERT_LT(0, self->len);							\
	vfio_close(&self->dev[FROM]);							\
	vfio_open(&self->dev[__i], self->uuid[__i], VIA_GROUP);				\
	ASSERT_EQ(0, mig_load(self->dev[__i].fd, self->state, self->len));		\
	mig_set(self->dev[__i].fd, STATE(RUNNING));					\
} while (0)

#define expect_first(_i, _n) do {							\
	__u8 __got[BYTES + 1] = {};							\
	const int __n = (_n);								\
											\
	EXPECT_EQ(__n, __uart_drain(self->dev[_i].fd, 0, __got, BYTES + 1));		\
	EXPECT_EQ(0, memcmp(self->sent, __got, __n));					\
} while (0)
#define expect_bytes(_i) expect_first(_i, BYTES)

TEST_F(line, a_null_modems_wire_comes_along)
{
	null_modem(FROM, FROM_PEER);
	null_modem(TO, TO_PEER);
	start_device(FROM);
	start_device(FROM_PEER);
	start_device(TO_PEER);
	uart_send(self->dev[FROM_PEER].fd, 0, self->sent, BYTES);
	move_to(TO);
	expect_bytes(TO);
	EXPECT_EQ(0, port_stats(self->uuid[TO], 0).overruns);
	/* and the new partner is connected */
	uart_send(self->dev[TO_PEER].fd, 0, "x", 1);
	EXPECT_EQ('x', uart_in(self->dev[TO].fd, 0, UART_RX));
	EXPECT_EQ(MSR_LINES & (PLUG_DTR | PLUG_RTS),
		  uart_in(self->dev[TO].fd, 0, UART_MSR) & MSR_LINES);
}

TEST_F(line, a_ttys_wire_comes_along)
{
	int tty;

	host_tty(FROM);
	host_tty(TO);
	start_device(FROM);
	tty = tty_open(self->uuid[FROM], 0);
	ASSERT_EQ(BYTES, write(tty, self->sent, BYTES));
	ASSERT_EQ(0, __uart_wait(self->dev[FROM].fd, 0, UART_LSR, UART_LSR_DR, UART_LSR_DR,
				 UART_SOON_US));
	move_to(TO);
	expect_bytes(TO);
	close(tty);
}

#define SEEN (TIOCM_CTS | TIOCM_DSR | TIOCM_CD)
#define expect_lines(_tty, _want) EXPECT_EQ(0, tty_lines(_tty, SEEN, _want, UART_SOON_US))

TEST_F(line, a_ttys_carrier_stays_if_that_is_asked)
{
	int tty, fd;
	char c;

	host_tty(FROM);
	ASSERT_LE(0, port_set(self->uuid[FROM], 0, "hangup", "0"));
	EXPECT_STREQ("0", port_get(self->uuid[FROM], 0, "hangup"));
	start_device(FROM);
	EXPECT_ERRNO(EBUSY, port_set(self->uuid[FROM], 0, "hangup", "1"));
	tty = tty_open(self->uuid[FROM], 0);
	ASSERT_EQ(0, tty_set(tty, 0, CLOCAL));
	expect_lines(tty, SEEN);
	/* it moves away, and what has moved comes back to the same machine */
	self->len = mig_save(self->dev[FROM].fd, self->state, sizeof(self->state));
	ASSERT_LT(0, self->len);
	vfio_close(&self->dev[FROM]);
	expect_lines(tty, TIOCM_DSR | TIOCM_CD);
	vfio_open(&self->dev[FROM], self->uuid[FROM], VIA_GROUP);
	fd = self->dev[FROM].fd;
	expect_lines(tty, TIOCM_DSR | TIOCM_CD);
	ASSERT_EQ(0, mig_load(fd, self->state, self->len));
	mig_set(fd, STATE(RUNNING));
	expect_lines(tty, SEEN);
	uart_out(fd, 0, UART_TX, 'y');
	ASSERT_EQ(1, read(tty, &c, 1));
	EXPECT_EQ('y', c);
	/* the driver's own word counts: a hangup */
	uart_out(fd, 0, UART_MCR, UART_MCR_RTS);
	EXPECT_EQ(0, read(tty, &c, 1));
	close(tty);
}

/* Plugging in says and learns the lines, whatever is kept up: also what has changed meanwhile. */
TEST_F(line, a_ttys_lines_are_learned_on_open)
{
	static const char * const hangup[] = { "1", "0" };
	int tty, fd, rts = TIOCM_RTS;
	char c;

	host_tty(FROM);
	tty = tty_open(self->uuid[FROM], 0);
	for (size_t i = 0; i < ARRAY_SIZE(hangup); i++) {
		ASSERT_LE(0, port_set(self->uuid[FROM], 0, "hangup", hangup[i]));
		ASSERT_EQ(0, ioctl(tty, TIOCMBIS, &rts));
		vfio_open(&self->dev[FROM], self->uuid[FROM], VIA_GROUP);
		fd = self->dev[FROM].fd;
		EXPECT_EQ(PLUG_DTR | PLUG_RTS, uart_in(fd, 0, UART_MSR) & MSR_LINES);
		uart_out(fd, 0, UART_LCR, UART_LCR_WLEN8);
		uart_out(fd, 0, UART_MCR, MCR_ON | UART_MCR_AFE);
		uart_out(fd, 0, UART_TX, 'x');
		EXPECT_EQ(LSR_IDLE, uart_in(fd, 0, UART_LSR));
		ASSERT_EQ(1, read(tty, &c, 1));
		EXPECT_EQ('x', c);
		vfio_close(&self->dev[FROM]);
		expect_lines(tty, i ? TIOCM_DSR | TIOCM_CD : 0);
		ASSERT_EQ(0, ioctl(tty, TIOCMBIC, &rts));
		vfio_open(&self->dev[FROM], self->uuid[FROM], VIA_GROUP);
		fd = self->dev[FROM].fd;
		EXPECT_EQ(PLUG_DTR, uart_in(fd, 0, UART_MSR) & MSR_LINES);
		expect_lines(tty, i ? TIOCM_DSR | TIOCM_CD : 0);
		vfio_close(&self->dev[FROM]);
		expect_lines(tty, i ? TIOCM_DSR | TIOCM_CD : 0);
	}
	close(tty);
}

TEST_F(line, who_sends_to_a_stopped_port_is_told_to_wait)
{
	int from, peer;

	null_modem(FROM, FROM_PEER);
	start_device(FROM);
	start_device(FROM_PEER);
	from = self->dev[FROM].fd;
	peer = self->dev[FROM_PEER].fd;
	uart_out(peer, 0, UART_MCR, MCR_ON | UART_MCR_AFE);
	ASSERT_EQ(PLUG_DTR | PLUG_RTS, uart_in(peer, 0, UART_MSR) & MSR_LINES);

	mig_set(from, STATE(STOP));
	EXPECT_EQ(PLUG_DTR, uart_in(peer, 0, UART_MSR) & MSR_LINES);
	uart_out(peer, 0, UART_TX, 'w');
	EXPECT_EQ(0, uart_in(peer, 0, UART_LSR) & UART_LSR_THRE);
	EXPECT_EQ(0, uart_in(from, 0, UART_LSR) & UART_LSR_DR);

	mig_set(from, STATE(RUNNING));
	EXPECT_EQ(PLUG_DTR | PLUG_RTS, uart_in(peer, 0, UART_MSR) & MSR_LINES);
	EXPECT_EQ('w', uart_in(from, 0, UART_RX));
	EXPECT_EQ(0, port_stats(self->uuid[FROM_PEER], 0).dropped);
}

/* A driver that heeds CTS has filled its FIFO before it hears of it; others do not care. */
TEST_F(line, what_meets_a_stopped_port_waits_in_the_transmitter)
{
	int from, peer;

	null_modem(FROM, FROM_PEER);
	start_device(FROM);
	start_device(FROM_PEER);
	from = self->dev[FROM].fd;
	peer = self->dev[FROM_PEER].fd;
	mig_set(from, STATE(STOP));
	for (int i = 0; i < UART_FIFO_SIZE; i++)
		uart_out(peer, 0, UART_TX, self->sent[i]);
	EXPECT_EQ(0, uart_in(peer, 0, UART_LSR) & LSR_IDLE);
	EXPECT_EQ(0, uart_in(from, 0, UART_LSR) & UART_LSR_DR);
	mig_set(from, STATE(RUNNING));
	EXPECT_EQ(LSR_IDLE, uart_in(peer, 0, UART_LSR) & LSR_IDLE);
	expect_first(FROM, UART_FIFO_SIZE);
}

/* Both ends of a null modem, in one guest: the first has been saved when the other is stopped. */
TEST_F(line, what_waits_in_the_transmitter_comes_along)
{
	__u8 state[MIG_STATE_MAX];
	ssize_t len;

	null_modem(FROM, FROM_PEER);
	null_modem(TO, TO_PEER);
	start_device(FROM);
	start_device(FROM_PEER);
	self->len = mig_save(self->dev[FROM].fd, self->state, sizeof(self->state));
	ASSERT_LT(0, self->len);
	for (int i = 0; i < UART_FIFO_SIZE; i++)
		uart_out(self->dev[FROM_PEER].fd, 0, UART_TX, self->sent[i]);
	len = mig_save(self->dev[FROM_PEER].fd, state, sizeof(state));
	ASSERT_LT(0, len);
	vfio_open(&self->dev[TO_PEER], self->uuid[TO_PEER], VIA_GROUP);
	vfio_open(&self->dev[TO], self->uuid[TO], VIA_GROUP);
	ASSERT_EQ(0, mig_load(self->dev[TO].fd, self->state, self->len));
	ASSERT_EQ(0, mig_load(self->dev[TO_PEER].fd, state, len));
	mig_set(self->dev[TO_PEER].fd, STATE(RUNNING));
	EXPECT_EQ(0, uart_in(self->dev[TO].fd, 0, UART_LSR) & UART_LSR_DR);
	mig_set(self->dev[TO].fd, STATE(RUNNING));
	expect_first(TO, UART_FIFO_SIZE);
	EXPECT_EQ(0, port_stats(self->uuid[TO_PEER], 0).dropped);
}

TEST_F(line, a_tty_without_flow_control_waits_for_a_stopped_port)
{
	int tty;

	host_tty(FROM);
	start_device(FROM);
	tty = tty_open(self->uuid[FROM], 0);
	ASSERT_EQ(0, tty_set(tty, 0, CRTSCTS));
	mig_set(self->dev[FROM].fd, STATE(STOP));
	ASSERT_EQ(BYTES, write(tty, self->sent, BYTES));
	EXPECT_EQ(BYTES, tty_waiting(tty));
	mig_set(self->dev[FROM].fd, STATE(RUNNING));
	expect_bytes(FROM);
	EXPECT_EQ(0, tty_waiting(tty));
	close(tty);
}

/*
 * The next three stretch a moment: a character has left one end of the line, and the port is
 * stopped before it has arrived at the other.
 */
#define HOLD_MS "500"

struct flight {
	int fd;
	int tty;
	const char *sender;
	pthread_t thread;
};

static void *fly(void *arg)
{
	struct flight *flight = arg;
	ssize_t n;

	if (flight->tty < 0)
		n = region_write(flight->fd, 0, UART_TX, "x", 1);
	else
		n = write(flight->tty, "x", 1);
	return (void *)n;
}

/* Characters that have left, as the sender counts them, or -errno. */
static int has_left(const struct flight *flight)
{
	struct serial_icounter_struct icount;
	struct port_stats stats;

	if (flight->tty >= 0)
		return ioctl(flight->tty, TIOCGICOUNT, &icount) ? -errno : icount.tx;
	return __port_stats(flight->sender, 0, &stats) ?: (int)stats.tx;
}

/* Returns when the character has left; where there is but one processor it has arrived as well. */
static int take_off(struct flight *flight)
{
	__u64 end = now_us() + UART_SOON_US;
	int left = has_left(flight), ret;

	if (left)
		return -EINVAL;
	ret = debug_set("hold_batch_ms", HOLD_MS);
	if (ret < 0)
		return ret;
	ret = pthread_create(&flight->thread, NULL, fly, flight);
	if (ret)
		return -ret;
	while (!left && now_us() < end)
		left = has_left(flight);
	return left == 1 ? 0 : -ETIMEDOUT;
}

static void expect_flight(struct __test_metadata *_metadata, struct _test_data_line *self,
			  struct flight *flight)
{
	void *written;
	int to;

	if (!sysfs_exists(DEBUG_DIR))
		SKIP(return, NO_DEBUGFS);
	ASSERT_EQ(0, take_off(flight));
	self->len = mig_save(self->dev[FROM].fd, self->state, sizeof(self->state));
	ASSERT_LT(0, self->len);
	ASSERT_EQ(0, pthread_join(flight->thread, &written));
	EXPECT_EQ(1, (ssize_t)written);
	vfio_close(&self->dev[FROM]);
	vfio_open(&self->dev[TO], self->uuid[TO], VIA_GROUP);
	to = self->dev[TO].fd;
	ASSERT_EQ(0, mig_load(to, self->state, self->len));
	mig_set(to, STATE(RUNNING));
	uart_wait(to, 0, UART_LSR, UART_LSR_DR, UART_LSR_DR);
	EXPECT_EQ('x', uart_in(to, 0, UART_RX));
}

TEST_F(line, what_the_port_has_under_way_comes_along)
{
	struct flight flight = { .tty = -1, .sender = self->uuid[FROM] };

	ASSERT_LE(0, port_set(self->uuid[FROM], 0, "pace", "1"));
	ASSERT_LE(0, port_set(self->uuid[TO], 0, "pace", "1"));
	start_device(FROM);
	flight.fd = self->dev[FROM].fd;
	expect_flight(_metadata, self, &flight);
}

TEST_F(line, what_a_partner_has_under_way_comes_along)
{
	struct flight flight = { .tty = -1, .sender = self->uuid[FROM_PEER] };

	null_modem(FROM, FROM_PEER);
	null_modem(TO, TO_PEER);
	start_device(FROM);
	start_device(FROM_PEER);
	flight.fd = self->dev[FROM_PEER].fd;
	expect_flight(_metadata, self, &flight);
}

TEST_F(line, what_a_tty_has_under_way_comes_along)
{
	struct flight flight = {};

	host_tty(FROM);
	host_tty(TO);
	start_device(FROM);
	flight.tty = tty_open(self->uuid[FROM], 0);
	expect_flight(_metadata, self, &flight);
	close(flight.tty);
}

TEST_F(line, the_kind_must_be_the_same)
{
	char refused[128], path[512];

	null_modem(FROM, FROM_PEER);
	start_device(FROM);
	start_device(TO);
	self->len = mig_save(self->dev[FROM].fd, self->state, sizeof(self->state));
	ASSERT_LT(0, self->len);
	EXPECT_ERRNO(EINVAL, mig_load(self->dev[TO].fd, self->state, self->len));
	mdev_path(path, sizeof(path), self->uuid[TO], "migration/refused");
	ASSERT_LT(0, sysfs_read(path, refused, sizeof(refused)));
	EXPECT_STREQ("a port's line is of another kind", refused);
	vfio_reset(self->dev[TO].fd);
	EXPECT_EQ(STATE(RUNNING), (unsigned int)mig_get(self->dev[TO].fd));
}

TEST_HARNESS_MAIN
