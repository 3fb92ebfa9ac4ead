// SPDX-License-Identifier: GPL-2.0-only
/* The eventfds of INTx: given, exchanged, taken back, closed, and those that mask and unmask it. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/intx.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

/* QEMU with KVM and crosvm hand the end of interrupt over by eventfd. */
TEST_F(dev, unmask_by_eventfd)
{
	int efd = new_evt(), resample = new_evt();

	enable(efd);
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, UNMASK, resample));
	prepare();
	raise_pin();
	for (int i = 0; i < 20; i++) {
		EXPECT_SIGNALS(1, efd);
		ASSERT_EQ(0, evt_signal(resample));
	}
	EXPECT_SIGNALS(1, efd);
	lower_pin();
	ASSERT_EQ(0, evt_signal(resample));
	EXPECT_SILENCE(efd);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	/* taken back, it is an eventfd like any other */
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, UNMASK, -1));
	ASSERT_EQ(0, evt_signal(resample));
	EXPECT_SILENCE(efd);
}

/* A user's mistake that answers itself for as long as the level lasts; it must not outlive that. */
TEST_F(dev, one_eventfd_for_both_directions)
{
	int efd = new_evt();

	enable(efd);
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, UNMASK, efd));
	prepare();
	raise_pin();
	usleep(100000);
	lower_pin();
	usleep(100000);
	evt_wait(efd, 0);
	EXPECT_SILENCE(efd);
	disable();
}

TEST_F(dev, mask_by_eventfd)
{
	int efd = new_evt(), hush = new_evt();

	enable(efd);
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, MASK, hush));
	prepare();
	ASSERT_EQ(0, evt_signal(hush));
	/* it acts in its own time, but not when the machine is only slow */
	usleep(200000);
	raise_pin();
	EXPECT_SILENCE(efd);
	unmask();
	EXPECT_SIGNALS(1, efd);
}

/* Descriptor 0 is one like any other, whatever it is usually for. */
TEST_F(dev, descriptor_zero)
{
	int efd = new_evt(), resample = new_evt();

	ASSERT_EQ(0, dup2(efd, 0));
	enable(0);
	ASSERT_EQ(0, dup2(resample, 0));
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, UNMASK, 0));
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	ASSERT_EQ(0, evt_signal(resample));
	EXPECT_SIGNALS(1, efd);
	lower_pin();
	disable();
}

/* The user may close his ends at any time, and may have signalled before he gave one over. */
TEST_F(dev, eventfds_go_when_their_owner_does)
{
	int efd = new_evt(), resample = new_evt();

	enable(efd);
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, UNMASK, resample));
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	close(efd);
	close(resample);
	disable();
	/* turned off, it forgets them; and a device that closes with them still set does, too */
	efd = new_evt();
	resample = new_evt();
	enable(efd);
	EXPECT_SIGNALS(1, efd);
	ASSERT_EQ(0, evt_signal(resample));
	EXPECT_SILENCE(efd);
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, UNMASK, resample));
	/* signalled before it was given over: that counts */
	EXPECT_SIGNALS(1, efd);
	close(resample);
}

TEST_F(dev, level_is_told_to_an_eventfd_that_comes_late)
{
	int efd = new_evt();

	prepare();
	out(UART_IER, UART_IER_RDI | UART_IER_THRI);
	raise_pin();
	enable(efd);
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, minus_one_takes_the_eventfd_away)
{
	int efd = new_evt();

	enable(efd);
	enable(-1);
	prepare();
	raise_pin();
	EXPECT_SILENCE(efd);
	enable(efd);
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, none_with_count_0_disables)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	disable();
	raise_pin();
	EXPECT_SILENCE(efd);
	EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, INTX, TRIGGER, 0, 1));
	EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, INTX, MASK, 0, 1));
	EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, INTX, UNMASK, 0, 1));
	disable();
	enable(efd);
	EXPECT_SIGNALS(1, efd);
}

/* Disabling ends the mask too: whoever enables anew does not know of it. */
TEST_F(dev, enabling_anew_starts_unmasked)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	mask();
	disable();
	enable(efd);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	disable();
	enable(efd);
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, eventfd_can_be_exchanged)
{
	int old = new_evt(), new = new_evt();

	enable(old);
	prepare();
	enable(new);
	raise_pin();
	EXPECT_SIGNALS(1, new);
	EXPECT_SILENCE(old);
}

/* The device holds its own reference: closing the user's fd is nothing to it. */
TEST_F(dev, closed_eventfd_does_no_harm)
{
	int efd = new_evt();

	enable(efd);
	close(efd);
	prepare();
	raise_pin();
	unmask();
	lower_pin();
	unmask();
	disable();
	efd = new_evt();
	enable(efd);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, full_eventfd_does_no_harm)
{
	__u64 most = ~0ULL - 1, n;
	int efd = new_evt();

	enable(efd);
	ASSERT_EQ(sizeof(most), write(efd, &most, sizeof(most)));
	prepare();
	raise_pin();
	lower_pin();
	ASSERT_EQ(sizeof(n), read(efd, &n, sizeof(n)));
	unmask();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

TEST_HARNESS_MAIN
