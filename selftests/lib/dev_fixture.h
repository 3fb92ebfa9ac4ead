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

#include "kmsg.h"
#include "sysfs.h"
#include "vfio.h"

#define EXPECT_ERRNO(_errno, _call) EXPECT_EQ(-(_errno), _call)

/* Why a test of two ports skips in the variant that has one. */
#define ONE_PORT "one port only: runs on mtty-2"

/*
 * SKIP() within a fixture's setup. Old harnesses go on to run the test after a plain return, new
 * ones do not; this ends it in both.
 */
#define SKIP_SETUP(...) SKIP(longjmp(_metadata->env, 1), __VA_ARGS__)

FIXTURE(dev)
{
	char uuid[UUID_SIZE];
	struct vfio_dev vfio;
	int fd;
	int kmsg;
	/* a test that removes the device allows the lines with which the core says so */
	enum kmsg_filter allow;
};

FIXTURE_VARIANT(dev)
{
	enum vfio_via via;
	const char *type;
	unsigned int ports;
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
