// SPDX-License-Identifier: GPL-2.0-only
/* Removing what somebody uses: a device that is open, a parent with such devices. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
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

static int stop_child(void *name)
{
	return -__parent_set(name, "live", "0");
}

static int rmdir_child(void *name)
{
	return -__parent_rmdir(name);
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

static int open_cdev(const char *uuid)
{
	char path[PATH_MAX];
	glob_t found;
	int fd = -1;

	mdev_path(path, sizeof(path), uuid, "vfio-dev/vfio*");
	if (glob(path, 0, NULL, &found))
		return -1;
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", strrchr(found.gl_pathv[0], '/') + 1);
	fd = open(path, O_RDWR | O_CLOEXEC);
	globfree(&found);
	return fd;
}

/* An open cdev that is not bound to an iommufd yet keeps the device, too. */
TEST_F(used, opened_but_never_bound)
{
	struct child child;
	int fd;

	if (variant->via != VIA_CDEV)
		SKIP(return, "about cdevs: runs in variant cdev");
	vfio_close(&self->vfio);
	fd = open_cdev(self->uuid);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	expect_waiting(&child);
	kill(child.pid, SIGKILL);
	close(fd);
	/* taken back or completed: either way nothing is left half-way */
	child_wait(&child, CHILD_SOON_MS);
	if (mdev_exists(self->uuid))
		mdev_remove(self->uuid);
	EXPECT_FALSE(mdev_exists(self->uuid));
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

TEST_F(used, parent_waits_for_the_user)
{
	char other[UUID_SIZE];
	struct child child;
	int ret;

	uuid_random(other);
	ASSERT_EQ(0, child_start(&child, stop_child, PARENT));
	expect_waiting(&child);
	EXPECT_EQ(0, device_id(&self->vfio));
	ret = __parent_create(PARENT, TYPE, other);
	EXPECT_TRUE(ret == -ENODEV || ret == -ENOENT) {
		TH_LOG("create: %d", ret);
	}
	EXPECT_FALSE(mdev_exists(other));
	vfio_close(&self->vfio);
	expect_done(&child);
	EXPECT_FALSE(mdev_exists(self->uuid));
	EXPECT_FALSE(parent_exists(PARENT));
	EXPECT_ERRNO(ENOENT, __parent_create(PARENT, TYPE, other));
	/* and can begin a new life at once */
	EXPECT_EQ(0, __parent_set(PARENT, "live", "1"));
	EXPECT_EQ(PORTS, parent_available(PARENT, TYPE));
	EXPECT_EQ(0, __parent_create(PARENT, TYPE, self->uuid));
}

TEST_F(used, rmdir_waits_for_the_user)
{
	struct child child;

	ASSERT_EQ(0, child_start(&child, rmdir_child, PARENT));
	expect_waiting(&child);
	EXPECT_EQ(0, device_id(&self->vfio));
	vfio_close(&self->vfio);
	expect_done(&child);
	EXPECT_FALSE(parent_exists(PARENT));
	EXPECT_FALSE(mdev_exists(self->uuid));
	EXPECT_EQ(0, __parent_add(PARENT, PORTS));
}

/* Somebody waits to remove the device, somebody else to remove the parent. */
TEST_F(used, parent_and_device_at_once)
{
	struct child device, parent;
	int ret;

	ASSERT_EQ(0, child_start(&device, remove_child, self->uuid));
	expect_waiting(&device);
	ASSERT_EQ(0, child_start(&parent, stop_child, PARENT));
	expect_waiting(&parent);
	vfio_close(&self->vfio);
	ret = child_wait(&device, CHILD_SOON_MS);
	EXPECT_TRUE(ret == 0 || ret == -ENODEV) {
		TH_LOG("remove: %d", ret);
	}
	expect_done(&parent);
	EXPECT_FALSE(mdev_exists(self->uuid));
	EXPECT_FALSE(parent_exists(PARENT));
}

/* The parent takes over what the killed one has begun. */
TEST_F(used, parent_takes_over_from_a_killed_remover)
{
	struct child device, parent;

	if (!mdev_core_is_ours())
		SKIP(return, NEEDS_OUR_CORE);
	ASSERT_EQ(0, child_start(&device, remove_child, self->uuid));
	expect_waiting(&device);
	ASSERT_EQ(0, child_start(&parent, stop_child, PARENT));
	expect_waiting(&parent);
	kill(device.pid, SIGKILL);
	EXPECT_ERRNO(EINTR, child_wait(&device, CHILD_SOON_MS));
	expect_waiting(&parent);
	EXPECT_EQ(0, device_id(&self->vfio));
	vfio_close(&self->vfio);
	expect_done(&parent);
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
