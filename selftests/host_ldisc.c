// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's line disciplines on a tty of the host. Each calls the tty's driver in contexts of
 * its own: with interrupts off, in softirqs, from timers, under its locks. A kernel that checks
 * locks says what is wrong with that; any kernel may hang.
 *
 * MDEV_SAMPLE_SECONDS says how long the storm takes (4).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/ldisc.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define PORT 1
#define ON (UART_MCR_DTR | UART_MCR_RTS)
#define SOON_US 10000000
#define SLOW 120

/* A thread that sends through the tty, or takes what arrives at the card, until it is stopped. */
struct helper {
	pthread_t thread;
	const struct ldisc *ldisc;
	struct ldisc_user *user;
	int fd;
	bool stop;
};

FIXTURE(ldisc)
{
	char uuid[UUID_SIZE];
	struct vfio_dev dev;
	struct ldisc_user user;
	const struct ldisc *ldisc;
	struct helper sender;
	struct helper drainer;
	int fd;
	int tty;
	int kmsg;
};

FIXTURE_VARIANT(ldisc)
{
	int which;
};

FIXTURE_VARIANT_ADD(ldisc, n_tty) { .which = LDISC_TTY, };
FIXTURE_VARIANT_ADD(ldisc, n_gsm) { .which = LDISC_GSM, };
FIXTURE_VARIANT_ADD(ldisc, n_hdlc) { .which = LDISC_HDLC, };
FIXTURE_VARIANT_ADD(ldisc, slip) { .which = LDISC_SLIP, };
FIXTURE_VARIANT_ADD(ldisc, ppp) { .which = LDISC_PPP, };
FIXTURE_VARIANT_ADD(ldisc, sync_ppp) { .which = LDISC_SYNC_PPP, };
FIXTURE_VARIANT_ADD(ldisc, slcan) { .which = LDISC_SLCAN, };
FIXTURE_VARIANT_ADD(ldisc, can327) { .which = LDISC_CAN327, };
FIXTURE_VARIANT_ADD(ldisc, pps) { .which = LDISC_PPS, };
FIXTURE_VARIANT_ADD(ldisc, hci) { .which = LDISC_HCI, };
FIXTURE_VARIANT_ADD(ldisc, mctp) { .which = LDISC_MCTP, };
FIXTURE_VARIANT_ADD(ldisc, nci) { .which = LDISC_NCI, };
FIXTURE_VARIANT_ADD(ldisc, serport) { .which = LDISC_MOUSE, };
FIXTURE_VARIANT_ADD(ldisc, n_null) { .which = LDISC_NULL, };

FIXTURE_SETUP(ldisc)
{
	int ret;

	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	self->ldisc = &ldiscs[variant->which];
	uuid_random(self->uuid);
	mdev_create("mtty-2", self->uuid);
	ASSERT_EQ(0, port_set(self->uuid, PORT, "backend", "host"));
	self->tty = __tty_open(self->uuid, PORT, O_NONBLOCK);
	ASSERT_LE(0, self->tty);
	vfio_open(&self->dev, self->uuid, VIA_GROUP);
	self->fd = self->dev.fd;
	uart_setup(self->fd, PORT, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	ret = ldisc_attach(self->ldisc, self->tty);
	if (ret == -EINVAL)
		SKIP_SETUP("this kernel has no line discipline %s", self->ldisc->name);
	ASSERT_EQ(0, ret);
}

/* It may have no room, or be on its way out. */
static void send_some(const struct ldisc *ldisc, int tty, struct ldisc_user *user, unsigned int n)
{
	while (n--)
		ldisc_send(ldisc, tty, user);
}

static void *keep_sending(void *arg)
{
	struct helper *helper = arg;

	while (!__atomic_load_n(&helper->stop, __ATOMIC_RELAXED)) {
		send_some(helper->ldisc, helper->fd, helper->user, 10);
		usleep(500);
	}
	return NULL;
}

static void *keep_draining(void *arg)
{
	struct helper *helper = arg;
	__u8 junk[64];

	while (!__atomic_load_n(&helper->stop, __ATOMIC_RELAXED))
		if (__uart_drain(helper->fd, PORT, junk, sizeof(junk)) <= 0)
			usleep(1000);
	return NULL;
}

#define begin_sending() do {						\
	self->sender = (struct helper) {				\
		.ldisc = self->ldisc, .user = &self->user, .fd = self->tty,	\
	};								\
	ASSERT_EQ(0, pthread_create(&self->sender.thread, NULL, keep_sending, &self->sender)); \
} while (0)

#define begin_draining() do {						\
	self->drainer = (struct helper) { .fd = self->fd };		\
	ASSERT_EQ(0, pthread_create(&self->drainer.thread, NULL, keep_draining, &self->drainer)); \
} while (0)

static void end(struct helper *helper)
{
	__atomic_store_n(&helper->stop, true, __ATOMIC_RELAXED);
	pthread_join(helper->thread, NULL);
}

FIXTURE_TEARDOWN(ldisc)
{
	ldisc_stop(&self->user);
	if (self->tty >= 0) {
		/* which waits until all that has been written has left */
		begin_draining();
		close(self->tty);
		end(&self->drainer);
	}
	vfio_close(&self->dev);
	if (mdev_exists(self->uuid))
		EXPECT_EQ(0, __mdev_remove(self->uuid));
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

#define in(_reg) uart_in(self->fd, PORT, _reg)
#define out(_reg, _val) uart_out(self->fd, PORT, _reg, _val)
#define start() ASSERT_EQ(0, ldisc_start(self->ldisc, self->tty, &self->user))
/* More than is on the way, though not for ever if somebody goes on sending. */
#define drain() do {							\
	__u8 __junk[64];						\
									\
	for (int __i = 0; __i < 64; __i++)				\
		__uart_drain(self->fd, PORT, __junk, sizeof(__junk));	\
} while (0)

TEST_F_TIMEOUT(ldisc, transmits, SLOW)
{
	start();
	if (self->ldisc->first >= 0) {
		ASSERT_EQ(0, __uart_wait(self->fd, PORT, UART_LSR, UART_LSR_DR, UART_LSR_DR,
					 SOON_US));
		EXPECT_EQ(self->ldisc->first, in(UART_RX));
	}
	/* until it has no room, and on when it has */
	send_some(self->ldisc, self->tty, &self->user, 200);
	drain();
	send_some(self->ldisc, self->tty, &self->user, 10);
	drain();
}

/* Of each something: an LCP frame, SLIP's, a CAN frame in text, one of a GSM mux. */
static const char noise[] = "~}#!}!}}}8}}}4}\"}&}}}}}%}&~\300ok\300t1230\r\371\3?\1\34\371";

/* What arrives is nonsense to most; they must take it, and the tty its settings. */
TEST_F_TIMEOUT(ldisc, receives, SLOW)
{
	start();
	begin_draining();
	for (int i = 0; i < 4; i++) {
		struct termios t;

		uart_send(self->fd, PORT, noise, sizeof(noise));
		out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
		out(UART_LCR, UART_LCR_WLEN8);
		tcflow(self->tty, TCOOFF);
		send_some(self->ldisc, self->tty, &self->user, 3);
		tcflow(self->tty, TCOON);
		tcflow(self->tty, i % 2 ? TCIOFF : TCION);
		/* some do not let the settings through */
		if (!tcgetattr(self->tty, &t)) {
			t.c_cflag ^= CRTSCTS | CSTOPB;
			t.c_iflag ^= IXOFF;
			ASSERT_EQ(0, tcsetattr(self->tty, TCSANOW, &t));
		}
		tcsendbreak(self->tty, 0);
		tcflush(self->tty, TCIOFLUSH);
	}
	end(&self->drainer);
}

/* Detached and attached again; in between the tty is as usual. */
TEST_F_TIMEOUT(ldisc, comes_and_goes, SLOW)
{
	__u8 got[4];

	for (int i = 0; i < 2; i++) {
		start();
		send_some(self->ldisc, self->tty, &self->user, 20);
		ldisc_stop(&self->user);
		/* which waits, as most calls that change something, until all has left */
		begin_draining();
		ASSERT_EQ(0, ldisc_detach(self->tty));
		ASSERT_EQ(0, tcdrain(self->tty));
		end(&self->drainer);
		drain();
		ASSERT_EQ(4, write(self->tty, "text", 4));
		ASSERT_EQ(0, __uart_wait(self->fd, PORT, UART_LSR, UART_LSR_DR, UART_LSR_DR,
					 SOON_US));
		ASSERT_EQ(4, __uart_drain(self->fd, PORT, got, 4));
		EXPECT_EQ(0, memcmp(got, "text", 4));
		ASSERT_EQ(0, ldisc_attach(self->ldisc, self->tty));
	}
}

/* The last close detaches it; nothing that it wrote is left for the next user. */
TEST_F_TIMEOUT(ldisc, closed, SLOW)
{
	int number, queued;

	for (int i = 0; i < 2; i++) {
		start();
		send_some(self->ldisc, self->tty, &self->user, 20);
		begin_draining();
		close(self->tty);
		end(&self->drainer);
		ldisc_stop(&self->user);
		self->tty = __tty_open(self->uuid, PORT, O_NONBLOCK);
		ASSERT_LE(0, self->tty);
		ASSERT_EQ(0, ioctl(self->tty, TIOCGETD, &number));
		EXPECT_EQ(ldiscs[LDISC_TTY].number, number);
		ASSERT_EQ(0, ioctl(self->tty, TIOCOUTQ, &queued));
		EXPECT_EQ(0, queued);
		ASSERT_EQ(0, ldisc_attach(self->ldisc, self->tty));
	}
}

#define close_and_open() do {						\
	vfio_close(&self->dev);						\
	vfio_open(&self->dev, self->uuid, VIA_GROUP);			\
	self->fd = self->dev.fd;					\
	uart_setup(self->fd, PORT, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);	\
} while (0)

TEST_F_TIMEOUT(ldisc, card_closes, SLOW)
{
	start();
	begin_sending();
	for (int i = 0; i < 3; i++) {
		drain();
		vfio_reset(self->fd);
		usleep(1000);
		close_and_open();
	}
	end(&self->sender);
}

TEST_F_TIMEOUT(ldisc, card_goes, SLOW)
{
	start();
	begin_sending();
	drain();
	vfio_close(&self->dev);
	mdev_remove(self->uuid);
	end(&self->sender);
	close(self->tty);
	self->tty = -1;
}

/* Some line disciplines do not let the settings through. */
#define change_cflag(_set, _clear) do {					\
	ASSERT_EQ(0, ldisc_detach(self->tty));				\
	ASSERT_EQ(0, tty_set(self->tty, _set, _clear));			\
	ASSERT_EQ(0, ldisc_attach(self->ldisc, self->tty));		\
} while (0)

/* Loss of carrier: the tty is hung up, which detaches the line discipline. */
TEST_F_TIMEOUT(ldisc, hung_up, SLOW)
{
	__u64 until = now_us() + SOON_US;
	int lines;

	change_cflag(0, CLOCAL);
	start();
	begin_sending();
	drain();
	out(UART_MCR, 0);
	while (!ioctl(self->tty, TIOCMGET, &lines) && now_us() < until)
		usleep(1000);
	end(&self->sender);
	EXPECT_EQ(-1, ioctl(self->tty, TIOCMGET, &lines));
	EXPECT_EQ(EIO, errno);
	ldisc_stop(&self->user);
	close(self->tty);
	out(UART_MCR, ON);
	self->tty = __tty_open(self->uuid, PORT, O_NONBLOCK);
	ASSERT_LE(0, self->tty);
	ASSERT_EQ(0, ldisc_attach(self->ldisc, self->tty));
	change_cflag(CLOCAL, 0);
}

/* All of them in turn, while the card and the tty come and go and others use the tty too. */
FIXTURE(storm)
{
	char uuid[UUID_SIZE];
	struct vfio_dev dev;
	int kmsg;
};

FIXTURE_SETUP(storm)
{
	int tty;

	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	uuid_random(self->uuid);
	mdev_create("mtty-2", self->uuid);
	ASSERT_EQ(0, port_set(self->uuid, PORT, "backend", "host"));
	/* load what there is */
	tty = tty_open(self->uuid, PORT);
	for (int i = 0; i < LDISC_COUNT; i++)
		if (!ldisc_attach(&ldiscs[i], tty))
			ldisc_detach(tty);
	close(tty);
}

FIXTURE_TEARDOWN(storm)
{
	EXPECT_EQ(0, __mdev_remove(self->uuid));
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

struct user {
	const char *uuid;
	bool stop;
	unsigned int attached;
};

#define stopped(_user) __atomic_load_n(&(_user)->stop, __ATOMIC_RELAXED)

static void *attach_all(void *arg)
{
	struct ldisc_user has = {};
	struct user *user = arg;

	for (unsigned int i = 0; !stopped(user); i++) {
		const struct ldisc *ldisc = &ldiscs[i % LDISC_COUNT];
		int tty = __tty_open(user->uuid, PORT, O_NONBLOCK);

		if (tty < 0)
			continue;
		if (!ldisc_attach(ldisc, tty)) {
			ldisc_start(ldisc, tty, &has);
			send_some(ldisc, tty, &has, 20);
			__atomic_add_fetch(&user->attached, 1, __ATOMIC_RELAXED);
			if (i % 3)
				ldisc_detach(tty);
			ldisc_stop(&has);
		}
		close(tty);
	}
	return NULL;
}

static void *use_tty(void *arg)
{
	struct user *user = arg;
	struct termios t;
	char buf[64];

	while (!stopped(user)) {
		int tty = __tty_open(user->uuid, PORT, O_NONBLOCK);

		if (tty < 0)
			continue;
		for (int i = 0; i < 20; i++) {
			if (write(tty, "0123456789", 10) < 0 || read(tty, buf, sizeof(buf)) < 0)
				sched_yield();
			if (tcgetattr(tty, &t))
				continue;
			t.c_cflag ^= i % 2 ? CRTSCTS : CLOCAL;
			t.c_iflag ^= IXON | IXOFF;
			tcsetattr(tty, TCSANOW, &t);
			tcflow(tty, i % 4);
		}
		tcflow(tty, TCOON);
		tcflush(tty, TCIOFLUSH);
		close(tty);
	}
	return NULL;
}

/*
 * A last close may wait for the line meanwhile, and every open for it: until something has been
 * attached it takes longer, a minute at most.
 */
static bool is_over(const struct user *user, double until)
{
	double now = seconds_now();

	if (now < until)
		return false;
	return __atomic_load_n(&user->attached, __ATOMIC_RELAXED) || now >= until + 60;
}

TEST_F_TIMEOUT(storm, line_disciplines, LONG_SECONDS)
{
	double until = seconds_now() + effort("MDEV_SAMPLE_SECONDS", 4);
	struct user user = { .uuid = self->uuid };
	struct helper drainer = {};
	pthread_t attacher, other;
	unsigned int rounds = 0;
	__u8 junk[64];

	ASSERT_EQ(0, pthread_create(&attacher, NULL, attach_all, &user));
	ASSERT_EQ(0, pthread_create(&other, NULL, use_tty, &user));
	for (; !is_over(&user, until); rounds++) {
		vfio_open(&self->dev, self->uuid, VIA_GROUP);
		uart_setup(self->dev.fd, PORT, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
		for (int i = 0; i < 50; i++) {
			uart_send(self->dev.fd, PORT, "~0123\300\371\r456789", 14);
			__uart_drain(self->dev.fd, PORT, junk, sizeof(junk));
			if (i % 16 == 15)
				uart_out(self->dev.fd, PORT, UART_MCR, i & 16 ? ON : 0);
		}
		if (rounds % 3 == 0)
			vfio_reset(self->dev.fd);
		vfio_close(&self->dev);
		if (rounds % 8)
			continue;
		mdev_remove(self->uuid);
		mdev_create("mtty-2", self->uuid);
		ASSERT_EQ(0, port_set(self->uuid, PORT, "backend", "host"));
	}
	/* they may be waiting until what they have written has left */
	vfio_open(&self->dev, self->uuid, VIA_GROUP);
	uart_setup(self->dev.fd, PORT, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	drainer.fd = self->dev.fd;
	ASSERT_EQ(0, pthread_create(&drainer.thread, NULL, keep_draining, &drainer));
	user.stop = true;
	pthread_join(attacher, NULL);
	pthread_join(other, NULL);
	end(&drainer);
	vfio_close(&self->dev);
	EXPECT_LT(0, user.attached);
	TH_LOG("%u rounds, %u attached", rounds, user.attached);
}

static void *close_tty(void *arg)
{
	close(*(int *)arg);
	return NULL;
}

/*
 * A line discipline with a device below the tty's has to take it away before the tty's goes, though
 * the last close detaches it only when the driver's close has returned. hci_uart has one, and waits
 * two seconds for an answer to its first command, even when it is detached.
 */
TEST_F_TIMEOUT(storm, last_close_and_removal, SLOW)
{
	const struct ldisc *hci = &ldiscs[LDISC_HCI];
	struct ldisc_user has = {};
	pthread_t closer;
	int tty, ret;

	for (int i = 0; i < 12; i++) {
		tty = tty_open(self->uuid, PORT);
		ret = ldisc_attach(hci, tty);
		if (ret == -EINVAL) {
			close(tty);
			SKIP(return, "this kernel has no line discipline %s", hci->name);
		}
		ASSERT_EQ(0, ret);
		ASSERT_EQ(0, ldisc_start(hci, tty, &has));
		ASSERT_EQ(0, pthread_create(&closer, NULL, close_tty, &tty));
		usleep(i * 2000);
		EXPECT_EQ(0, port_set(self->uuid, PORT, "backend", "loopback"));
		pthread_join(closer, NULL);
		EXPECT_EQ(0, port_set(self->uuid, PORT, "backend", "host"));
	}
}

TEST_HARNESS_MAIN
