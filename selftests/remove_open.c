// SPDX-License-Identifier: GPL-2.0-only
/* Removing a device that is in use, and from several sides at once. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/parent.h"
#include "lib/vfio.h"

#define PARENT PARENT_MARK "remove"
#define TYPE "mtty-1"
#define PORTS 4
#define REMOVERS 8
/* How long somebody who has to wait is watched waiting. */
#define WAIT_MS 400

#define NEEDS_OUR_CORE "the kernel's mdev core cannot take a removal back; try MDEV_CORE=own"

FIXTURE(used)
{
	char uuid[UUID_SIZE];
	struct vfio_dev vfio;
	struct crowd crowd;
	int remove[REMOVERS];
	int kmsg;
};

FIXTURE_VARIANT(used)
{
	enum vfio_via via;
};

FIXTURE_VARIANT_ADD(used, group) { .via = VIA_GROUP };
FIXTURE_VARIANT_ADD(used, cdev) { .via = VIA_CDEV };

FIXTURE_SETUP(used)
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
	parent_add(PARENT, PORTS);
	parent_create(PARENT, TYPE, self->uuid);
	vfio_open(&self->vfio, self->uuid, variant->via);
}

FIXTURE_TEARDOWN(used)
{
	vfio_close(&self->vfio);
	__parent_rmdir(PARENT);
	expect_no_complaint(self->kmsg);
}

static int remove_child(void *uuid)
{
	return -__mdev_remove(uuid);
}

#define expect_waiting(_child) EXPECT_ERRNO(ETIMEDOUT, child_wait(_child, WAIT_MS))
#define expect_done(_child) EXPECT_EQ(0, child_wait(_child, CHILD_SOON_MS))

static int device_id(struct vfio_dev *vfio)
{
	__u32 id = 0;
	int ret = __cfg_read(vfio->fd, 0, 4, &id);

	return ret ? ret : id == 0x32534348 ? 0 : -EIO;
}

static void reopen(struct __test_metadata *_metadata, struct _test_data_used *self,
		   enum vfio_via via)
{
	vfio_close(&self->vfio);
	ASSERT_EQ(0, __vfio_open(&self->vfio, self->uuid, via));
	EXPECT_EQ(0, device_id(&self->vfio));
}

/* After the waiter has gone everything is as if it had never come. */
static void break_off(struct __test_metadata *_metadata, struct _test_data_used *self,
		      enum vfio_via via, int sig)
{
	struct child child;

	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	expect_waiting(&child);
	EXPECT_ERRNO(ENODEV, __mdev_remove(self->uuid));
	EXPECT_ERRNO(EEXIST, __parent_create(PARENT, TYPE, self->uuid));
	EXPECT_EQ(0, device_id(&self->vfio));
	kill(child.pid, sig);
	EXPECT_ERRNO(EINTR, child_wait(&child, CHILD_SOON_MS));
	EXPECT_TRUE(mdev_exists(self->uuid));
	EXPECT_EQ(PORTS - 1, parent_available(PARENT, TYPE));
	EXPECT_EQ(0, device_id(&self->vfio));
	reopen(_metadata, self, via);
}

TEST_F(used, broken_off_removal_leaves_it_as_it_was)
{
	static const int sig[] = { SIGKILL, SIGINT, SIGTERM };

	if (!mdev_core_is_ours())
		SKIP(return, NEEDS_OUR_CORE);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(sig); i++)
		break_off(_metadata, self, variant->via, sig[i % ARRAY_SIZE(sig)]);
	vfio_close(&self->vfio);
	EXPECT_EQ(0, __mdev_remove(self->uuid));
	EXPECT_FALSE(mdev_exists(self->uuid));
	EXPECT_EQ(PORTS, parent_available(PARENT, TYPE));
	EXPECT_EQ(0, __parent_create(PARENT, TYPE, self->uuid));
}

/* A user who is let in again while somebody waits would never be got rid of. */
TEST_F(used, nobody_gets_in_while_it_is_removed)
{
	struct vfio_dev late;
	struct child child;

	if (!mdev_core_is_ours())
		SKIP(return, NEEDS_OUR_CORE);
	vfio_close(&self->vfio);
	ASSERT_EQ(0, __vfio_open(&self->vfio, self->uuid, variant->via));
	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	expect_waiting(&child);
	vfio_close(&self->vfio);
	/* whichever comes first: a refusal, or nothing there any more */
	EXPECT_GT(0, __vfio_open(&late, self->uuid, variant->via));
	vfio_close(&late);
	expect_done(&child);
	EXPECT_FALSE(mdev_exists(self->uuid));
}

/* A cdev that is open and not bound to an iommufd keeps the device, and its remover, as well. */
TEST_F(used, opened_but_never_bound)
{
	int fd;

	if (variant->via != VIA_CDEV)
		SKIP(return, "about cdevs: runs in variant cdev");
	if (!mdev_core_is_ours())
		SKIP(return, NEEDS_OUR_CORE);
	vfio_close(&self->vfio);
	fd = __vfio_open_unbound(self->uuid);
	ASSERT_LE(0, fd);
	for (int i = 0; i < 3; i++) {
		struct child child;

		ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
		expect_waiting(&child);
		EXPECT_ERRNO(ENODEV, __mdev_remove(self->uuid));
		kill(child.pid, i ? SIGTERM : SIGKILL);
		EXPECT_ERRNO(EINTR, child_wait(&child, CHILD_SOON_MS));
		EXPECT_EQ(PORTS - 1, parent_available(PARENT, TYPE));
	}
	close(fd);
	vfio_open(&self->vfio, self->uuid, variant->via);
	EXPECT_EQ(0, device_id(&self->vfio));
	vfio_close(&self->vfio);
	EXPECT_EQ(0, __mdev_remove(self->uuid));
	EXPECT_EQ(PORTS, parent_available(PARENT, TYPE));
}

static int remove_by_fd(void *arg, unsigned int member)
{
	struct _test_data_used *self = arg;

	return write(self->remove[member], "1", 1) == 1 ? 0 : -errno;
}

/*
 * All have the file open already, so none can be told that there is no such file. The kernel's core
 * tells some of the late ones that they have succeeded.
 */
TEST_F(used, one_of_many_removers_succeeds)
{
	char path[PATH_MAX];
	unsigned int won;

	vfio_close(&self->vfio);
	mdev_remove(self->uuid);
	ASSERT_EQ(0, crowd_start(&self->crowd, REMOVERS, remove_by_fd, self));
	for (int round = 0; round < 50; round++) {
		uuid_random(self->uuid);
		parent_create(PARENT, TYPE, self->uuid);
		mdev_path(path, sizeof(path), self->uuid, "remove");
		for (int i = 0; i < REMOVERS; i++) {
			self->remove[i] = open(path, O_WRONLY | O_CLOEXEC);
			ASSERT_LE(0, self->remove[i]);
		}
		crowd_round(&self->crowd);
		won = crowd_count(&self->crowd, 0);
		EXPECT_LE(1, won);
		if (mdev_core_is_ours())
			EXPECT_EQ(1, won);
		EXPECT_EQ(REMOVERS - won, crowd_count(&self->crowd, -ENODEV));
		EXPECT_FALSE(mdev_exists(self->uuid));
		for (int i = 0; i < REMOVERS; i++)
			close(self->remove[i]);
	}
	crowd_end(&self->crowd);
}

/* A remover is killed; the parent goes all the same when the user has let go. */
TEST_F(used, parent_outlasts_a_killed_remover)
{
	struct child child;

	if (!mdev_core_is_ours())
		SKIP(return, NEEDS_OUR_CORE);
	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	expect_waiting(&child);
	EXPECT_EQ(0, __parent_rmdir(PARENT));
	kill(child.pid, SIGKILL);
	EXPECT_ERRNO(EINTR, child_wait(&child, CHILD_SOON_MS));
	EXPECT_EQ(0, device_id(&self->vfio));
	EXPECT_TRUE(parent_exists(PARENT));
	vfio_close(&self->vfio);
	EXPECT_EQ(0, parent_wait_gone(PARENT, CHILD_SOON_MS));
	EXPECT_FALSE(mdev_exists(self->uuid));
}

static int create_always(void *name)
{
	char uuid[UUID_SIZE];
	int ret;

	for (;;) {
		uuid_random(uuid);
		ret = __parent_create(name, TYPE, uuid);
		if (!ret)
			ret = __mdev_remove(uuid);
		if (ret && ret != -ENODEV && ret != -ENOENT && ret != -EAGAIN && ret != -ENOSPC)
			return -ret;
	}
}

/* On the kernel's core a device may be left without its file; the parent takes it along. */
TEST_F_TIMEOUT(used, parent_comes_and_goes_under_creators, 120)
{
	struct child child[3];

	vfio_close(&self->vfio);
	for (size_t i = 0; i < ARRAY_SIZE(child); i++)
		ASSERT_EQ(0, child_start(&child[i], create_always, PARENT));
	for (int i = 0; i < 25; i++) {
		usleep(i % 3 * 20000);
		EXPECT_EQ(0, __parent_set(PARENT, "live", "0"));
		EXPECT_FALSE(parent_exists(PARENT));
		EXPECT_EQ(0, __parent_set(PARENT, "live", "1"));
	}
	for (size_t i = 0; i < ARRAY_SIZE(child); i++) {
		/* still at it: none has been told anything unexpected */
		EXPECT_ERRNO(ETIMEDOUT, child_wait(&child[i], 0));
		kill(child[i].pid, SIGKILL);
		child_wait(&child[i], CHILD_SOON_MS);
	}
	EXPECT_EQ(0, __parent_set(PARENT, "live", "0"));
	EXPECT_FALSE(parent_exists(PARENT));
}

TEST_HARNESS_MAIN
