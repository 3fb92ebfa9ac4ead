// SPDX-License-Identifier: GPL-2.0-only
/*
 * Others, while a removal has to wait for a user: none of them is stopped. The removals are those
 * of a parent, by rmdir and by its attribute live, and that of a device.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/irq.h"
#include "lib/kmsg.h"
#include "lib/parent.h"
#include "lib/vfio.h"

#define PARENT	PARENT_MARK "used"
#define OTHER	PARENT_MARK "other"
#define TYPE	"mtty-1"
#define PORTS	4
/* How long a removal that has to wait is watched waiting. */
#define WAIT_MS	400
#define NOBODY	65534

FIXTURE(bystanders)
{
	char uuid[UUID_SIZE];
	char other[UUID_SIZE];
	struct vfio_dev vfio;
	int unbound;
	int req;
	int kmsg;
};

/* How the device is used. */
enum use { OPEN_GROUP, OPEN_CDEV, UNBOUND_CDEV };

FIXTURE_VARIANT(bystanders)
{
	enum use use;
};

FIXTURE_VARIANT_ADD(bystanders, group) { OPEN_GROUP };
FIXTURE_VARIANT_ADD(bystanders, cdev) { OPEN_CDEV };
FIXTURE_VARIANT_ADD(bystanders, unbound) { UNBOUND_CDEV };

static enum vfio_via via_of(enum use use)
{
	return use == OPEN_GROUP ? VIA_GROUP : VIA_CDEV;
}

FIXTURE_SETUP(bystanders)
{
	self->vfio = (struct vfio_dev){ -1, -1, -1, -1 };
	self->unbound = -1;
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	if (vfio_via_missing(via_of(variant->use)))
		SKIP_SETUP("%s", vfio_via_missing(via_of(variant->use)));
	mdev_reap();
	parent_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	uuid_random(self->uuid);
	uuid_random(self->other);
	parent_add(PARENT, PORTS);
	parent_create(PARENT, TYPE, self->uuid);
	self->req = evt_new();
	if (variant->use == UNBOUND_CDEV) {
		self->unbound = __vfio_open_unbound(self->uuid);
		ASSERT_LE(0, self->unbound);
		return;
	}
	vfio_open(&self->vfio, self->uuid, via_of(variant->use));
	ASSERT_EQ(0, irq_set_fd(self->vfio.fd, VFIO_PCI_REQ_IRQ_INDEX,
				VFIO_IRQ_SET_ACTION_TRIGGER, self->req));
}

static void let_go(struct _test_data_bystanders *self)
{
	vfio_close(&self->vfio);
	if (self->unbound >= 0)
		close(self->unbound);
	self->unbound = -1;
}

FIXTURE_TEARDOWN(bystanders)
{
	let_go(self);
	close(self->req);
	__parent_rmdir(PARENT);
	__parent_rmdir(OTHER);
	EXPECT_EQ(0, parent_wait_gone(PARENT, CHILD_SOON_MS));
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

static int remove_child(void *uuid)
{
	return -__mdev_remove(uuid);
}

static int stop_child(void *name)
{
	return -__parent_set(name, "live", "0");
}

static int ports_child(void *name)
{
	return -__parent_set(name, "ports", "5");
}

static int rmdir_child(void *name)
{
	return -__parent_rmdir(name);
}

static int list_child(void *dir)
{
	DIR *d = opendir(dir);

	if (!d)
		return errno;
	while (readdir(d))
		;
	closedir(d);
	return 0;
}

/* A name that is not there has to be looked up in the folder itself, which any user may do. */
static int missing_child(void *path)
{
	struct stat st;

	if (setgid(NOBODY) || setuid(NOBODY))
		return errno;
	return stat(path, &st) ? errno : EEXIST;
}

static int parent_child(void *name)
{
	int ret = __parent_add(name, PORTS);

	return -(ret ? ret : __parent_rmdir(name));
}

static int create_child(void *uuid)
{
	int ret = __parent_create(PARENT, TYPE, uuid);

	return -(ret ? ret : __mdev_remove(uuid));
}

static int reserve_child(void *uuid)
{
	int ret = __parent_write(PARENT, "reserve", uuid);

	return -(ret ? ret : __parent_write(PARENT, "unreserve", uuid));
}

/* What a call says; -ETIMEDOUT if it does not come back, and then it is killed. */
static int bounded(int (*fn)(void *arg), void *arg)
{
	struct child child;
	int ret = child_start(&child, fn, arg);

	if (!ret)
		ret = child_wait(&child, CHILD_SOON_MS);
	if (ret == -ETIMEDOUT)
		kill(child.pid, SIGKILL);
	return ret;
}

/* Everything that has nothing to do with the device that is in use. */
static void expect_free(struct __test_metadata *_metadata)
{
	EXPECT_EQ(0, bounded(list_child, CONFIGFS_DIR));
	EXPECT_EQ(-ENOENT, bounded(missing_child, CONFIGFS_DIR "/nothing"));
	EXPECT_EQ(0, bounded(parent_child, OTHER));
	EXPECT_EQ(0, bounded(list_child, MDEV_DIR));
	EXPECT_EQ(0, bounded(list_child, CLASS_DIR));
}

/* The user is asked; one that has not bound its descriptor has no way to say how. */
static void expect_asked(struct __test_metadata *_metadata, struct _test_data_bystanders *self)
{
	if (self->vfio.fd >= 0)
		EXPECT_SIGNALS(1, self->req);
}

static int live_child(void *name)
{
	return -__parent_set(name, "live", "1");
}

/* The folder goes at once, the parent when its user has let go; until then it takes nothing new. */
TEST_F(bystanders, rmdir_goes_on_without_the_folder)
{
	ASSERT_EQ(0, bounded(rmdir_child, PARENT));
	expect_asked(_metadata, self);
	EXPECT_ERRNO(ENOENT, bounded(missing_child, CONFIGFS_DIR "/" PARENT));
	expect_free(_metadata);
	EXPECT_TRUE(mdev_exists(self->uuid));
	EXPECT_ERRNO(ENODEV, bounded(create_child, self->other));

	let_go(self);
	EXPECT_EQ(0, parent_wait_gone(PARENT, CHILD_SOON_MS));
	EXPECT_FALSE(mdev_exists(self->uuid));
	EXPECT_EQ(0, __parent_add(PARENT, PORTS));
	EXPECT_EQ(0, __parent_create(PARENT, TYPE, self->uuid));
}

TEST_F(bystanders, its_name_is_taken_until_it_has_gone)
{
	ASSERT_EQ(0, bounded(rmdir_child, PARENT));
	ASSERT_EQ(0, __parent_mkdir(PARENT));
	EXPECT_ERRNO(EEXIST, bounded(live_child, PARENT));
	expect_one_line(self->kmsg, "'" PARENT "'");
	EXPECT_EQ(0, bounded(rmdir_child, PARENT));
	EXPECT_TRUE(parent_exists(PARENT));
	ASSERT_EQ(0, __parent_mkdir(PARENT));

	let_go(self);
	EXPECT_EQ(0, parent_wait_gone(PARENT, CHILD_SOON_MS));
	EXPECT_EQ(0, bounded(live_child, PARENT));
	EXPECT_LT(0, parent_available(PARENT, TYPE));
}

/* Nobody gets in while it goes: another user would keep it from that for ever. */
TEST_F(bystanders, a_parent_that_goes_takes_no_user)
{
	struct vfio_dev late;
	enum vfio_via via = via_of(variant->use);

	parent_create(PARENT, TYPE, self->other);
	ASSERT_EQ(0, bounded(rmdir_child, PARENT));
	EXPECT_ERRNO(ENODEV, __vfio_open(&late, self->other, via));
	vfio_close(&late);
	EXPECT_TRUE(mdev_exists(self->other));
	let_go(self);
	EXPECT_EQ(0, parent_wait_gone(PARENT, CHILD_SOON_MS));
	EXPECT_FALSE(mdev_exists(self->other));
}

/* live=0 asks, and refuses; everything is as before. */
TEST_F(bystanders, live_is_refused)
{
	struct vfio_dev second = { -1, -1, -1, -1 };

	ASSERT_EQ(-EBUSY, bounded(stop_child, PARENT));
	expect_asked(_metadata, self);
	EXPECT_ERRNO(EBUSY, bounded(ports_child, PARENT));
	expect_free(_metadata);
	EXPECT_TRUE(parent_exists(PARENT));
	parent_create(PARENT, TYPE, self->other);
	EXPECT_EQ(0, __vfio_open(&second, self->other, via_of(variant->use)));
	vfio_close(&second);
	let_go(self);
	EXPECT_EQ(0, bounded(stop_child, PARENT));
	EXPECT_FALSE(parent_exists(PARENT));
	EXPECT_FALSE(mdev_exists(self->uuid));
}

/* One device's removal waits, in a task of its own. */
TEST_F(bystanders, a_device_is_waited_for)
{
	struct child child;

	parent_create(PARENT, TYPE, self->other);
	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, WAIT_MS));
	expect_asked(_metadata, self);
	expect_free(_metadata);
	/* nor is anybody with the same parent */
	EXPECT_EQ(0, bounded(remove_child, self->other));
	EXPECT_EQ(0, bounded(create_child, self->other));
	EXPECT_EQ(0, bounded(reserve_child, self->other));
	EXPECT_LE(0, parent_available(PARENT, TYPE));
	let_go(self);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_FALSE(mdev_exists(self->uuid));
}

/* The parent goes, too, while the device's removal waits. */
TEST_F(bystanders, both_are_waited_for)
{
	struct child child;
	int ret;

	ASSERT_EQ(0, child_start(&child, remove_child, self->uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, WAIT_MS));
	ASSERT_EQ(0, bounded(rmdir_child, PARENT));
	expect_free(_metadata);
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, WAIT_MS));
	let_go(self);
	ret = child_wait(&child, CHILD_SOON_MS);
	EXPECT_TRUE(ret == 0 || ret == -ENODEV) {
		TH_LOG("remove: %d", ret);
	}
	EXPECT_EQ(0, parent_wait_gone(PARENT, CHILD_SOON_MS));
	EXPECT_FALSE(mdev_exists(self->uuid));
}

TEST_HARNESS_MAIN
