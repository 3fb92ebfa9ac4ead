// SPDX-License-Identifier: GPL-2.0-only
/* Removing mdevs, idle ones and ones that somebody holds open. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/dev_fixture.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

/* The fixture's teardown wants to remove a device itself. */
static int put_back(const char *type, const char *uuid)
{
	return mdev_exists(uuid) ? 0 : __mdev_create(type, uuid);
}

static int remove_child(void *uuid)
{
	return -__mdev_remove(uuid);
}

static ssize_t write_remove(const char *uuid, const char *bytes)
{
	char path[PATH_MAX];

	mdev_path(path, sizeof(path), uuid, "remove");
	return sysfs_write(path, bytes, strlen(bytes));
}

TEST_F(dev, zero_removes_nothing)
{
	vfio_close(&self->vfio);
	EXPECT_EQ(1, write_remove(self->uuid, "0"));
	EXPECT_EQ(2, write_remove(self->uuid, "0\n"));
	EXPECT_TRUE(mdev_exists(self->uuid));
}

TEST_F(dev, garbage_removes_nothing)
{
	static const char * const garbage[] = {
		"\n", " ", "x", "yes", "1x", "one", "-", "0x", "1 2", "99999999999999999999",
	};

	vfio_close(&self->vfio);
	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		EXPECT_GT(0, write_remove(self->uuid, garbage[i])) {
			TH_LOG("'%s'", garbage[i]);
		}
		ASSERT_TRUE(mdev_exists(self->uuid));
	}
	EXPECT_EQ(0, write_remove(self->uuid, ""));
	EXPECT_TRUE(mdev_exists(self->uuid));
	/* and after all that it can still be removed, which the teardown does */
}

TEST_F(dev, removed_device_leaves_nothing)
{
	int before = mdev_available("mtty-1");
	char link[PATH_MAX], group[64], path[PATH_MAX];

	mdev_path(link, sizeof(link), self->uuid, "iommu_group");
	ASSERT_EQ(0, sysfs_link_name(link, group, sizeof(group)));
	self->allow = KMSG_SPLAT;
	vfio_close(&self->vfio);
	mdev_remove(self->uuid);
	EXPECT_EQ(before + (int)variant->ports, mdev_available("mtty-1"));
	EXPECT_FALSE(mdev_exists(self->uuid));
	snprintf(path, sizeof(path), PARENT_DIR "/%s", self->uuid);
	EXPECT_FALSE(sysfs_exists(path));
	snprintf(path, sizeof(path), "/dev/vfio/%s", group);
	EXPECT_FALSE(sysfs_exists(path));
	EXPECT_ERRNO(ENOENT, __mdev_remove(self->uuid));
	EXPECT_EQ(0, put_back(variant->type, self->uuid));
}

/* An attribute of a device that has gone, opened while it was there. */
TEST_F(dev, stale_remove_attribute_fails)
{
	char path[PATH_MAX];
	int fd;

	self->allow = KMSG_SPLAT;
	vfio_close(&self->vfio);
	mdev_path(path, sizeof(path), self->uuid, "remove");
	fd = open(path, O_WRONLY);
	ASSERT_LE(0, fd);
	mdev_remove(self->uuid);
	EXPECT_EQ(-1, write(fd, "1", 1));
	EXPECT_EQ(ENODEV, errno);
	close(fd);
	EXPECT_EQ(0, put_back(variant->type, self->uuid));
}

TEST_F(dev, remove_waits_for_the_user)
{
	int ports = mdev_available("mtty-1");
	struct child child;
	__u8 id[2];

	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 500));
	/* while it waits the device works, and neither name nor ports are free */
	EXPECT_EQ(2, region_read(self->fd, VFIO_PCI_CONFIG_REGION_INDEX, 0, id, 2));
	EXPECT_EQ(0x48, id[0]);
	EXPECT_ERRNO(EEXIST, __mdev_create(variant->type, self->uuid));
	EXPECT_EQ(ports, mdev_available("mtty-1"));

	expect_kmsg_quiet(self->kmsg, KMSG_ANY);
	self->allow = KMSG_SPLAT;
	vfio_close(&self->vfio);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_FALSE(mdev_exists(self->uuid));
	EXPECT_EQ(ports + (int)variant->ports, mdev_available("mtty-1"));
	EXPECT_EQ(0, put_back(variant->type, self->uuid));
}

TEST_F(dev, killed_remover_strands_nothing)
{
	struct child child;

	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	kill(child.pid, SIGKILL);
	/* the VFIO core names a killed waiter in the log */
	self->allow = KMSG_SPLAT;
	/* the core may keep the remover until the user is gone, but not longer */
	usleep(100000);
	vfio_close(&self->vfio);
	child_wait(&child, CHILD_SOON_MS);
	if (mdev_exists(self->uuid))
		mdev_remove(self->uuid);
	EXPECT_FALSE(mdev_exists(self->uuid));
	EXPECT_EQ(0, put_back(variant->type, self->uuid));
}

/* Several removers of one device: one of them removes it, each of the others is told no. */
TEST_F(dev, one_of_many_removers_wins)
{
	struct child child[4];
	int won = 0;

	self->allow = KMSG_SPLAT;
	for (size_t i = 0; i < ARRAY_SIZE(child); i++)
		ASSERT_EQ(0, child_start(&child[i], remove_child, self->uuid));
	usleep(200000);
	vfio_close(&self->vfio);
	for (size_t i = 0; i < ARRAY_SIZE(child); i++) {
		int ret = child_wait(&child[i], CHILD_SOON_MS);

		won += ret == 0;
		EXPECT_TRUE(ret == 0 || ret == -ENODEV || ret == -EAGAIN || ret == -ENOENT) {
			TH_LOG("remover %zu: %d", i, ret);
		}
	}
	EXPECT_EQ(1, won);
	EXPECT_FALSE(mdev_exists(self->uuid));
	EXPECT_EQ(0, put_back(variant->type, self->uuid));
}

TEST_HARNESS_MAIN
