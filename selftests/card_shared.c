// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices of one parent are one device set. Opening and closing one of them, in any order,
 * leaves the character timeouts of the others alone.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "kselftest_harness.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/parent.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define DEVICES 3
#define IIR_TIMEOUT 0x0c
/* Divisors of the base clock: 4 characters take 0.35 ms and 350 ms. */
#define FAST 1
#define SLOW 1000

FIXTURE(card)
{
	char uuid[DEVICES][UUID_SIZE];
	struct vfio_dev vfio[DEVICES];
	int kmsg;
};

FIXTURE_VARIANT(card)
{
	enum vfio_via via;
	/* devices 0 and 1 are of one parent; this is the parent of the third */
	const char *third;
};

#define A PARENT_MARK "card-a"
#define B PARENT_MARK "card-b"

FIXTURE_VARIANT_ADD(card, group_one_parent) { .via = VIA_GROUP, .third = A };
FIXTURE_VARIANT_ADD(card, group_two_parents) { .via = VIA_GROUP, .third = B };
FIXTURE_VARIANT_ADD(card, cdev_one_parent) { .via = VIA_CDEV, .third = A };

FIXTURE_SETUP(card)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	if (vfio_via_missing(variant->via))
		SKIP_SETUP("%s", vfio_via_missing(variant->via));
	mdev_reap();
	parent_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	parent_add(A, 3);
	parent_add(B, 1);
	for (int i = 0; i < DEVICES; i++) {
		self->vfio[i] = (struct vfio_dev){ -1, -1, -1, -1 };
		uuid_random(self->uuid[i]);
		parent_create(i < 2 ? A : variant->third, "mtty-1", self->uuid[i]);
	}
}

FIXTURE_TEARDOWN(card)
{
	for (int i = 0; i < DEVICES; i++)
		vfio_close(&self->vfio[i]);
	__parent_rmdir(A);
	__parent_rmdir(B);
	expect_no_complaint(self->kmsg);
}

static void open_one(struct __test_metadata *_metadata, struct _test_data_card *self, int i,
		     enum vfio_via via)
{
	vfio_open(&self->vfio[i], self->uuid[i], via);
}

#define open_dev(_i) open_one(_metadata, self, _i, variant->via)
#define close_dev(_i) vfio_close(&self->vfio[_i])

/* One character, fewer than the trigger level: only the timeout will tell of it. */
static void receive(struct __test_metadata *_metadata, struct vfio_dev *dev, __u16 divisor)
{
	uart_setup(dev->fd, 0, divisor, UART_LCR_WLEN8,
		   UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14);
	uart_out(dev->fd, 0, UART_IER, UART_IER_RDI);
	uart_send(dev->fd, 0, "x", 1);
}

#define receive(_i, _divisor) receive(_metadata, &self->vfio[_i], _divisor)
#define expect_timeout(_i) \
	uart_wait(self->vfio[_i].fd, 0, UART_IIR, IIR_CAUSE, IIR_TIMEOUT)
#define expect_quiet(_i) \
	EXPECT_NE(IIR_TIMEOUT, uart_in(self->vfio[_i].fd, 0, UART_IIR) & IIR_CAUSE)

/* Opened and closed in every order, whichever are open have timeouts. */
TEST_F(card, whoever_is_open_has_timeouts)
{
	for (unsigned int step = 0; step < 4 * (1 << DEVICES); step++) {
		/* each step opens or closes one: a Gray code visits all sets of open ones */
		unsigned int now = (step ^ step >> 1) % (1 << DEVICES);

		for (int i = 0; i < DEVICES; i++) {
			if (!(now & 1 << i))
				close_dev(i);
			else if (self->vfio[i].fd < 0)
				open_dev(i);
		}
		for (int i = 0; i < DEVICES; i++)
			if (now & 1 << i)
				receive(i, FAST);
		for (int i = 0; i < DEVICES; i++)
			if (now & 1 << i)
				expect_timeout(i);
	}
}

/* Closing the device whose timeout is due first leaves the others theirs. */
TEST_F(card, others_timeouts_outlive_the_first_closed)
{
	for (int i = 0; i < DEVICES; i++)
		open_dev(i);
	receive(0, SLOW / 4);
	receive(1, SLOW / 2);
	receive(2, SLOW / 2);
	expect_quiet(1);
	close_dev(0);
	expect_timeout(1);
	expect_timeout(2);
}

TEST_F(card, closed_with_timeouts_under_way)
{
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < DEVICES; i++) {
			open_dev(i);
			/* nothing of the last user's is left */
			expect_quiet(i);
			receive(i, SLOW);
		}
		for (int i = 0; i < DEVICES; i++)
			close_dev((i + round) % DEVICES);
	}
	usleep(400000);
	open_dev(1);
	expect_quiet(1);
	receive(1, FAST);
	expect_timeout(1);
}

TEST_F(card, removed_with_timeouts_under_way)
{
	for (int i = 0; i < DEVICES; i++) {
		open_dev(i);
		receive(i, SLOW / 2);
	}
	for (int i = 0; i < DEVICES - 1; i++) {
		close_dev(i);
		mdev_remove(self->uuid[i]);
	}
	expect_timeout(DEVICES - 1);
	receive(DEVICES - 1, FAST);
	expect_timeout(DEVICES - 1);
}

TEST_HARNESS_MAIN
