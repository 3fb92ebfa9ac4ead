// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port that migrates, and its line: what is on the wire comes along, who sends to a port that
 * stands still is told to wait, and where the line leads must be of the same kind at both ends.
 */
#include <errno.h>
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

#define expect_bytes(_i) do {								\
	__u8 __got[BYTES + 1] = {};							\
											\
	EXPECT_EQ(BYTES, __uart_drain(self->dev[_i].fd, 0, __got, BYTES + 1));		\
	EXPECT_EQ(0, memcmp(self->sent, __got, BYTES));					\
} while (0)

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

/* Who does not heed CTS is heard all the same, when the port goes on. */
TEST_F(line, what_comes_meanwhile_waits)
{
	null_modem(FROM, FROM_PEER);
	start_device(FROM);
	start_device(FROM_PEER);
	mig_set(self->dev[FROM].fd, STATE(STOP));
	uart_send(self->dev[FROM_PEER].fd, 0, self->sent, BYTES);
	EXPECT_EQ(0, uart_in(self->dev[FROM].fd, 0, UART_LSR) & UART_LSR_DR);
	mig_set(self->dev[FROM].fd, STATE(RUNNING));
	expect_bytes(FROM);
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
