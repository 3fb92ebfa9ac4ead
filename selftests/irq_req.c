// SPDX-License-Identifier: GPL-2.0-only
/* REQ: whoever removes a device that is open asks its user, by eventfd, to let go. */
#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/dev_fixture.h"
#include "lib/irq.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define REQ	VFIO_PCI_REQ_IRQ_INDEX
#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER

static int remove_child(void *uuid)
{
	return -__mdev_remove(uuid);
}

TEST_F(dev, removal_asks_the_user)
{
	struct child child;
	int efd = evt_new();

	ASSERT_EQ(0, irq_set_fd(self->fd, REQ, TRIGGER, efd));
	EXPECT_SILENCE(efd);
	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	EXPECT_SIGNALS(1, efd);
	/* it asks, and waits: nothing is taken from a user who does not listen */
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	EXPECT_EQ(0x3253, cfg_read(self->fd, PCI_DEVICE_ID, 2));
	self->allow = KMSG_SPLAT;
	vfio_close(&self->vfio);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_EQ(0, __mdev_create(variant->type, self->uuid));
}

/* The core asks every ten seconds; a user who missed the first time hears it again. */
TEST_F(dev, removal_asks_again)
{
	struct child child;
	int efd = evt_new();

	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	ASSERT_EQ(0, irq_set_fd(self->fd, REQ, TRIGGER, efd));
	EXPECT_EQ(1, evt_wait(efd, 15000));
	self->allow = KMSG_SPLAT;
	vfio_close(&self->vfio);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_EQ(0, __mdev_create(variant->type, self->uuid));
}

TEST_F(dev, taken_back_is_not_asked)
{
	struct child child;
	int first = evt_new(), second = evt_new();

	ASSERT_EQ(0, irq_set_fd(self->fd, REQ, TRIGGER, first));
	ASSERT_EQ(0, irq_set_fd(self->fd, REQ, TRIGGER, second));
	ASSERT_EQ(0, irq_set_fd(self->fd, REQ, TRIGGER, -1));
	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	EXPECT_EQ(0, evt_wait(first, 0));
	EXPECT_EQ(0, evt_wait(second, 0));
	self->allow = KMSG_SPLAT;
	vfio_close(&self->vfio);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_EQ(0, __mdev_create(variant->type, self->uuid));
}

/* The user before is not asked for what the user now holds. */
TEST_F(dev, close_forgets_the_eventfd)
{
	struct child child;
	int efd = evt_new();

	ASSERT_EQ(0, irq_set_fd(self->fd, REQ, TRIGGER, efd));
	vfio_close(&self->vfio);
	vfio_open(&self->vfio, self->uuid, variant->via);
	self->fd = self->vfio.fd;
	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	EXPECT_EQ(0, evt_wait(efd, 0));
	self->allow = KMSG_SPLAT;
	vfio_close(&self->vfio);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_EQ(0, __mdev_create(variant->type, self->uuid));
}

TEST_HARNESS_MAIN
