// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors that somebody still holds while the device goes, and after it has gone: each of them
 * poked with every system call. None may crash, hang or reach what is no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/serial_reg.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/irq.h"
#include "lib/kmsg.h"
#include "lib/parent.h"
#include "lib/vfio.h"

#define PARENT	PARENT_MARK "hold"
#define TYPE	"mtty-2"
/* How long a removal is watched waiting for its user. */
#define WAIT_MS	300

FIXTURE(hold)
{
	char uuid[UUID_SIZE];
	struct vfio_dev vfio;
	struct child child;
	int efd;
	int req;
	int kmsg;
};

FIXTURE_VARIANT(hold)
{
	enum vfio_via via;
	bool parent;	/* the parent goes, not only the device */
};

FIXTURE_VARIANT_ADD(hold, group_device) { .via = VIA_GROUP };
FIXTURE_VARIANT_ADD(hold, group_parent) { .via = VIA_GROUP, .parent = true };
FIXTURE_VARIANT_ADD(hold, cdev_device) { .via = VIA_CDEV };
FIXTURE_VARIANT_ADD(hold, cdev_parent) { .via = VIA_CDEV, .parent = true };

static int remove_device(void *uuid)
{
	return -__mdev_remove(uuid);
}

/* The folder goes at once, the parent after its last user. */
static int remove_parent(void *name)
{
	int ret = __parent_rmdir(name);

	return -(ret ? ret : parent_wait_gone(name, INT_MAX));
}

FIXTURE_SETUP(hold)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	if (vfio_via_missing(variant->via))
		SKIP_SETUP("%s", vfio_via_missing(variant->via));
	mdev_reap();
	parent_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	uuid_random(self->uuid);
	parent_add(PARENT, 4);
	parent_create(PARENT, TYPE, self->uuid);
	vfio_open(&self->vfio, self->uuid, variant->via);
	self->efd = evt_new();
	self->req = evt_new();
	ASSERT_EQ(0, irq_set_fd(self->vfio.fd, VFIO_PCI_INTX_IRQ_INDEX,
				VFIO_IRQ_SET_ACTION_TRIGGER, self->efd));
	ASSERT_EQ(0, irq_set_fd(self->vfio.fd, VFIO_PCI_REQ_IRQ_INDEX,
				VFIO_IRQ_SET_ACTION_TRIGGER, self->req));
	ASSERT_EQ(0, child_start(&self->child, variant->parent ? remove_parent : remove_device,
				 variant->parent ? PARENT : self->uuid));
	/* it asks, and waits */
	EXPECT_SIGNALS(1, self->req);
	EXPECT_EQ(-ETIMEDOUT, child_wait(&self->child, WAIT_MS));
}

FIXTURE_TEARDOWN(hold)
{
	close(self->efd);
	close(self->req);
	__parent_rmdir(PARENT);
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

/* Every system call on a descriptor that leads nowhere any more; what it says is its own affair. */
static void poke(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };
	struct vfio_device_info info = { .argsz = sizeof(info) };
	char buf[256];
	void *map;

	poll(&pfd, 1, 0);
	if (pread(fd, buf, sizeof(buf), 0) < 0)
		errno = 0;
	if (pwrite(fd, buf, 8, REGION_START(0)) < 0)
		errno = 0;
	for (unsigned int nr = VFIO_BASE; nr < VFIO_BASE + 32; nr++)
		vfio_ioctl(fd, _IO(VFIO_TYPE, nr), &info);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		munmap(map, 4096);
}

/* While the removal waits, the user's device is whole; when the user lets go, it is gone. */
TEST_F(hold, device_fd_works_until_it_is_closed)
{
	struct vfio_device_info info;
	char c = 0x33, back = 0;

	ASSERT_EQ(1, region_write(self->vfio.fd, 1, UART_SCR, &c, 1));
	ASSERT_EQ(1, region_read(self->vfio.fd, 1, UART_SCR, &back, 1));
	EXPECT_EQ(c, back);
	vfio_info(self->vfio.fd, &info);
	EXPECT_EQ(VFIO_PCI_NUM_IRQS, info.num_irqs);
	EXPECT_EQ(0, irq_set_none(self->vfio.fd, VFIO_PCI_INTX_IRQ_INDEX,
				  VFIO_IRQ_SET_ACTION_TRIGGER, 0, 1));
	EXPECT_SIGNALS(1, self->efd);
	poke(self->vfio.fd);
	vfio_reset(self->vfio.fd);

	vfio_close(&self->vfio);
	EXPECT_EQ(0, child_wait(&self->child, CHILD_SOON_MS));
	EXPECT_FALSE(mdev_exists(self->uuid));
}

/* Group, container and iommufd outlive the device; there is nothing to be had from them. */
TEST_F(hold, other_fds_lead_nowhere)
{
	int group = variant->via == VIA_GROUP ? dup(self->vfio.group) : -1;
	int other = dup(variant->via == VIA_GROUP ? self->vfio.container : self->vfio.iommufd);

	vfio_close(&self->vfio);
	ASSERT_EQ(0, child_wait(&self->child, CHILD_SOON_MS));
	if (group >= 0) {
		EXPECT_GT(0, vfio_ioctl(group, VFIO_GROUP_GET_DEVICE_FD, self->uuid));
		poke(group);
		close(group);
	}
	poke(other);
	close(other);
}

/* An eventfd is the user's own: it stays, and nothing signals it any more. */
TEST_F(hold, eventfds_fall_silent)
{
	evt_wait(self->efd, 0);
	vfio_close(&self->vfio);
	ASSERT_EQ(0, child_wait(&self->child, CHILD_SOON_MS));
	evt_wait(self->req, 0);
	EXPECT_SILENCE(self->efd);
	EXPECT_SILENCE(self->req);
	poke(self->efd);
	EXPECT_EQ(0, evt_signal(self->efd));
	EXPECT_SIGNALS(1, self->efd);
}

TEST_HARNESS_MAIN
