// SPDX-License-Identifier: GPL-2.0-only
/*
 * A UUID is free as soon as remove has returned, whoever still holds something of the old device.
 *
 * MDEV_SAMPLE_ROUNDS says how often (500).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "kselftest_harness.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/parent.h"
#include "lib/vfio.h"

#define A PARENT_MARK "reuse-a"
#define B PARENT_MARK "reuse-b"
/* How many generations of old files stay open. */
#define KEPT 16
#define FILES 4

FIXTURE(reuse)
{
	char uuid[UUID_SIZE];
	int old[KEPT][FILES];
	unsigned int late;
	long rounds;
	int kmsg;
};

FIXTURE_SETUP(reuse)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	mdev_reap();
	parent_reap();
	memset(self->old, -1, sizeof(self->old));
	self->rounds = effort("MDEV_SAMPLE_ROUNDS", 500);
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	uuid_random(self->uuid);
	parent_add(A, 2);
	parent_add(B, 2);
}

static void close_files(int files[FILES])
{
	for (int i = 0; i < FILES; i++)
		if (files[i] >= 0)
			close(files[i]);
}

FIXTURE_TEARDOWN(reuse)
{
	for (int i = 0; i < KEPT; i++)
		close_files(self->old[i]);
	expect_no_complaint(self->kmsg);
	__parent_rmdir(A);
	__parent_rmdir(B);
}

/* Under the kernel's core the UUID may stay taken a little longer: that is counted. */
static int create_again(struct _test_data_reuse *self, const char *parent, const char *type)
{
	int ret = __parent_create(parent, type, self->uuid);

	if (ret != -EEXIST || mdev_core_is_ours())
		return ret;
	self->late++;
	for (int i = 0; i < 1000 && ret == -EEXIST; i++) {
		usleep(1000);
		ret = __parent_create(parent, type, self->uuid);
	}
	return ret;
}

TEST_F_TIMEOUT(reuse, at_once, LONG_SECONDS)
{
	for (long round = 0; round < self->rounds; round++) {
		ASSERT_EQ(0, create_again(self, round % 2 ? A : B, round % 3 ? "mtty-1" : "mtty-2"))
			TH_LOG("round %ld", round);
		mdev_remove(self->uuid);
		ASSERT_FALSE(mdev_exists(self->uuid));
		ASSERT_EQ(2, parent_available(round % 2 ? A : B, "mtty-1"));
	}
	if (self->late)
		TH_LOG("%u times of %ld the kernel's core still had it", self->late, self->rounds);
}

static int open_attr(const char *uuid, const char *attr, int flags)
{
	char path[PATH_MAX];

	mdev_path(path, sizeof(path), uuid, attr);
	return open(path, flags | O_CLOEXEC);
}

static int open_group(const char *uuid)
{
	char link[PATH_MAX], path[PATH_MAX], number[32];

	mdev_path(link, sizeof(link), uuid, "iommu_group");
	if (sysfs_link_name(link, number, sizeof(number)))
		return -1;
	snprintf(path, sizeof(path), "/dev/vfio/%s", number);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void open_files(const char *uuid, int files[FILES])
{
	files[0] = open_attr(uuid, "remove", O_WRONLY);
	files[1] = open_attr(uuid, "uevent", O_RDONLY);
	files[2] = open_attr(uuid, "", O_RDONLY | O_DIRECTORY);
	files[3] = open_group(uuid);
}

/* Whatever is done with what is left of an old device, the one that has its name now stays. */
static void poke(struct __test_metadata *_metadata, int files[FILES], const char *uuid)
{
	char buf[256];

	EXPECT_EQ(-1, write(files[0], "1", 1));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, read(files[1], buf, sizeof(buf)));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_GT(0, openat(files[2], "remove", O_WRONLY));
	if (files[3] >= 0)
		EXPECT_GT(0, vfio_ioctl(files[3], VFIO_GROUP_GET_DEVICE_FD, (void *)uuid));
	EXPECT_TRUE(mdev_exists(uuid));
}

TEST_F_TIMEOUT(reuse, while_old_files_are_open, LONG_SECONDS)
{
	for (long round = 0; round < self->rounds; round++) {
		int *files = self->old[round % KEPT];

		ASSERT_EQ(0, create_again(self, round % 2 ? A : B, "mtty-1"))
			TH_LOG("round %ld", round);
		if (round >= KEPT)
			poke(_metadata, files, self->uuid);
		close_files(files);
		open_files(self->uuid, files);
		ASSERT_LE(0, files[0]);
		ASSERT_LE(0, files[1]);
		ASSERT_LE(0, files[2]);
		if (!vfio_via_missing(VIA_GROUP))
			ASSERT_LE(0, files[3]);
		mdev_remove(self->uuid);
	}
	if (self->late)
		TH_LOG("%u times of %ld the kernel's core still had it", self->late, self->rounds);
}

/* Used and let go of in every life. */
TEST_F_TIMEOUT(reuse, after_it_has_been_open, LONG_SECONDS)
{
	enum vfio_via via = vfio_via_missing(VIA_GROUP) ? VIA_CDEV : VIA_GROUP;
	struct vfio_dev vfio;
	__u32 id;

	if (vfio_via_missing(via))
		SKIP(return, "%s", vfio_via_missing(via));
	for (long round = 0; round < self->rounds / 2; round++) {
		ASSERT_EQ(0, create_again(self, round % 2 ? A : B, "mtty-2"));
		ASSERT_EQ(0, __vfio_open(&vfio, self->uuid, via));
		ASSERT_EQ(0, __cfg_read(vfio.fd, 0, 4, &id));
		ASSERT_EQ(0x32534348, id);
		vfio_close(&vfio);
		mdev_remove(self->uuid);
	}
	if (self->late)
		TH_LOG("%u times the kernel's core still had it", self->late);
}

TEST_HARNESS_MAIN
