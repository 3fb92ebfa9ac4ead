// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents named when the module is loaded. The module is unloaded for each test, and loaded with
 * the parameters that it had in the end.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/module.h"
#include "lib/parent.h"
#include "lib/vfio.h"

#define X62 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define MOST_PARENTS 64
/* Twenty loads take their time on an emulated machine. */
#define LOADS_SECONDS 200

FIXTURE(load)
{
	char params[MODULE_PARAMS_SIZE];
	int kmsg;
};

FIXTURE_SETUP(load)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	if (module_missing())
		SKIP_SETUP("%s", module_missing());
	parent_reap();
	module_params(self->params, sizeof(self->params));
	if (module_unload())
		SKIP_SETUP("something uses the module: let go of its devices and parents");
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
}

FIXTURE_TEARDOWN(load)
{
	if (module_loaded())
		EXPECT_EQ(0, module_unload());
	expect_no_complaint(self->kmsg);
	EXPECT_EQ(0, module_load(self->params)) {
		TH_LOG("cannot load the module again: %s", self->params);
	}
}

static void expect_nothing_left(struct __test_metadata *_metadata)
{
	EXPECT_FALSE(module_loaded());
	EXPECT_FALSE(sysfs_exists(CLASS_DIR));
	EXPECT_FALSE(sysfs_exists(CONFIGFS_DIR));
	EXPECT_FALSE(sysfs_exists("/sys/devices/virtual/mtty"));
	EXPECT_FALSE(sysfs_exists("/sys/bus/mdev/drivers/mdev_sample"));
	if (mdev_core_is_ours()) {
		EXPECT_FALSE(sysfs_exists("/sys/bus/mdev"));
		EXPECT_FALSE(sysfs_exists("/sys/class/mdev_bus"));
	}
}

TEST_F(load, default_is_mtty_with_24_ports)
{
	expect_nothing_left(_metadata);
	ASSERT_EQ(0, module_load(""));
	EXPECT_EQ(24, parent_available("mtty", "mtty-1"));
	EXPECT_EQ(12, parent_available("mtty", "mtty-2"));
	EXPECT_EQ(6, parent_available("mtty", "mtty-4"));
	ASSERT_EQ(0, module_unload());
	expect_nothing_left(_metadata);
}

TEST_F(load, named_parents)
{
	ASSERT_EQ(0, module_load("parents=one,0000:aa:00.0,x" X62));
	EXPECT_EQ(24, parent_available("one", "mtty-1"));
	EXPECT_EQ(24, parent_available("0000:aa:00.0", "mtty-1"));
	EXPECT_EQ(24, parent_available("x" X62, "mtty-1"));
	EXPECT_FALSE(parent_exists("mtty"));
}

TEST_F(load, ports_for_all_or_for_each)
{
	ASSERT_EQ(0, module_load("parents=one,two ports=5"));
	EXPECT_EQ(5, parent_available("one", "mtty-1"));
	EXPECT_EQ(5, parent_available("two", "mtty-1"));
	ASSERT_EQ(0, module_unload());
	ASSERT_EQ(0, module_load("parents=one,two ports=1,1048576"));
	EXPECT_EQ(1, parent_available("one", "mtty-1"));
	EXPECT_EQ(1048576, parent_available("two", "mtty-1"));
}

static void many_parents(char *params, size_t size, int n)
{
	int len = snprintf(params, size, "parents=");

	for (int i = 0; i < n; i++)
		len += snprintf(params + len, size - len, "%snumber%d", i ? "," : "", i);
}

TEST_F(load, as_many_as_possible)
{
	char params[1024];

	many_parents(params, sizeof(params), MOST_PARENTS);
	ASSERT_EQ(0, module_load(params));
	EXPECT_TRUE(parent_exists("number0"));
	EXPECT_TRUE(parent_exists("number63"));
	ASSERT_EQ(0, module_unload());
	many_parents(params, sizeof(params), MOST_PARENTS + 1);
	EXPECT_ERRNO(EINVAL, module_load(params));
	expect_one_line(self->kmsg, "parents");
	expect_nothing_left(_metadata);
}

/* Whatever is wrong: a clear errno, one line that names it, and nothing is left. */
TEST_F_TIMEOUT(load, refused, LOADS_SECONDS)
{
	static const struct {
		const char *params;
		const char *named;
	} bad[] = {
		{ "parents=", "''" },
		{ "parents=one,,two", "''" },
		{ "parents=one,", "''" },
		{ "parents=-x", "'-x'" },
		{ "parents=a/b", "'a/b'" },
		{ "parents=/", "'/'" },
		{ "parents=..", "'..'" },
		{ "parents=one,a*b", "'a*b'" },
		{ "parents=xx" X62, "xx" X62 },
		{ "parents=one,one", "'one'" },
		{ "parents=one,two,three,one", "'one'" },
		{ "ports=0", "0 ports" },
		{ "ports=1048577", "1048577" },
		{ "ports=4294967295", "4294967295" },
		{ "ports=4294967296", "4294967296" },
		{ "ports=-1", "-1" },
		{ "ports=many", "many" },
		{ "ports=1,2", "2" },
		{ "parents=one,two ports=4,0", "0 ports" },
		{ "parents=one,two ports=1,2,3", "3" },
		{ "parents=one,two,three ports=1,2", "2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int ret = module_load(bad[i].params);

		EXPECT_TRUE(ret == -EINVAL || ret == -ERANGE) {
			TH_LOG("'%s': %d", bad[i].params, ret);
		}
		expect_one_line(self->kmsg, bad[i].named);
		if (!ret)
			module_unload();
		expect_nothing_left(_metadata);
	}
}

TEST_F(load, devices_go_with_the_module)
{
	char uuid[8][UUID_SIZE];

	ASSERT_EQ(0, module_load("parents=one,two ports=8"));
	for (int i = 0; i < 8; i++) {
		uuid_random(uuid[i]);
		parent_create(i % 2 ? "one" : "two", "mtty-1", uuid[i]);
	}
	ASSERT_EQ(0, __parent_write("one", "reserve", "5e1f7e57-0000-4000-8000-00000000c0de"));
	ASSERT_EQ(0, module_unload());
	for (int i = 0; i < 8; i++)
		EXPECT_FALSE(mdev_exists(uuid[i]));
	expect_nothing_left(_metadata);
	ASSERT_EQ(0, module_load("parents=one"));
	for (int i = 0; i < 8; i++)
		parent_create("one", "mtty-1", uuid[i]);
}

static int remove_child(void *uuid)
{
	return -__mdev_remove(uuid);
}

/* The code that removes a device, and returns from that, is the module's. */
TEST_F(load, a_removal_keeps_the_module)
{
	struct child child;
	char uuid[UUID_SIZE];

	if (!mdev_core_is_ours())
		SKIP(return, "about our own mdev core; try MDEV_CORE=own");
	ASSERT_EQ(0, module_load(""));
	if (!sysfs_exists(DEBUG_DIR))
		SKIP(return, NO_DEBUGFS);
	uuid_random(uuid);
	mdev_create("mtty-1", uuid);
	ASSERT_LT(0, debug_set("hold_remove_ms", "1500"));
	ASSERT_EQ(0, child_start(&child, remove_child, uuid));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 300));
	EXPECT_ERRNO(EAGAIN, module_unload());
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_FALSE(mdev_exists(uuid));
	EXPECT_EQ(0, module_unload());
}

/* A parent whose folder has gone, and which waits for a user. */
TEST_F(load, a_parent_on_its_way_out)
{
	enum vfio_via via = vfio_via_missing(VIA_GROUP) ? VIA_CDEV : VIA_GROUP;
	struct vfio_dev vfio;
	char uuid[UUID_SIZE];

	if (vfio_via_missing(via))
		SKIP(return, "%s", vfio_via_missing(via));
	ASSERT_EQ(0, module_load(""));
	uuid_random(uuid);
	for (int i = 0; i < 5; i++) {
		parent_add(PARENT_MARK "load", 2);
		parent_create(PARENT_MARK "load", "mtty-2", uuid);
		vfio_open(&vfio, uuid, via);
		EXPECT_EQ(0, __parent_rmdir(PARENT_MARK "load"));
		EXPECT_ERRNO(EAGAIN, module_unload());
		vfio_close(&vfio);
		if (i % 2)
			EXPECT_EQ(0, parent_wait_gone(PARENT_MARK "load", CHILD_SOON_MS));
		ASSERT_EQ(0, module_unload());
		expect_nothing_left(_metadata);
		ASSERT_EQ(0, module_load(""));
	}
}

TEST_F_TIMEOUT(load, again_and_again, LOADS_SECONDS)
{
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, module_load("parents=one,two,three"));
		ASSERT_EQ(0, module_unload());
	}
	expect_nothing_left(_metadata);
}

TEST_HARNESS_MAIN
