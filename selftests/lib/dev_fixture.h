/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture of every suite that works through a device fd: a new mdev, opened, and the kernel log
 * watched from then until just before it is closed. Nothing that a user of the fd does may print.
 *
 * A suite includes this after the harness and adds the variants that it wants with DEV_VARIANT().
 */
#ifndef SELFTEST_DEV_FIXTURE_H
#define SELFTEST_DEV_FIXTURE_H

#include <errno.h>
#include <unistd.h>

#include "expect.h"
#include "kmsg.h"
#include "sysfs.h"
#include "vfio.h"

/* Why a test of two ports skips in the variant that has one. */
#define ONE_PORT "one port only: runs on mtty-2"

FIXTURE(dev)
{
	char uuid[UUID_SIZE];
	struct vfio_dev vfio;
	int fd;
	/* what GET_REGION_INFO says; the suite info checks that it says the right thing */
	unsigned int size[VFIO_PCI_NUM_REGIONS];
	int kmsg;
	/* a test that removes the device allows the lines with which the core says so */
	enum kmsg_filter allow;
};

FIXTURE_VARIANT(dev)
{
	enum vfio_via via;
	const char *type;
	unsigned int ports;
	/* for suites that run once for each of several kinds of interrupt */
	unsigned int irq;
};

#define DEV_VARIANT(_via, _ports) \
	.via = VIA_##_via, .type = "mtty-" #_ports, .ports = _ports

FIXTURE_SETUP(dev)
{
	const char *missing = vfio_via_missing(variant->via);
	int ret;

	if (missing)
		SKIP_SETUP("%s", missing);
	mdev_reap();
	uuid_random(self->uuid);
	mdev_create(variant->type, self->uuid);
	ret = __vfio_open(&self->vfio, self->uuid, variant->via);
	if (!ret)
		ret = __vfio_region_sizes(self->vfio.fd, self->size);
	if (ret) {
		/* a failed setup is not torn down */
		vfio_close(&self->vfio);
		__mdev_remove(self->uuid);
	}
	ASSERT_EQ(0, ret);
	self->fd = self->vfio.fd;
	self->allow = KMSG_ANY;
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
}

FIXTURE_TEARDOWN(dev)
{
	expect_kmsg_quiet(self->kmsg, self->allow);
	close(self->kmsg);
	vfio_close(&self->vfio);
	EXPECT_EQ(0, __mdev_remove(self->uuid));
}

#endif /* SELFTEST_DEV_FIXTURE_H */
