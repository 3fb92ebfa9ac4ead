// SPDX-License-Identifier: GPL-2.0-only
/* Parents made at run time: names, ports, what each of them offers. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/module.h"
#include "lib/parent.h"

#define A PARENT_MARK "parent-a"
#define B PARENT_MARK "parent-b"
#define X62 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

FIXTURE(parents)
{
	char uuid[4][UUID_SIZE];
	int kmsg;
};

FIXTURE_SETUP(parents)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	mdev_reap();
	parent_reap();
	for (int i = 0; i < 4; i++)
		uuid_random(self->uuid[i]);
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
}

FIXTURE_TEARDOWN(parents)
{
	expect_no_complaint(self->kmsg);
	__parent_rmdir(A);
	__parent_rmdir(B);
}

TEST_F(parents, good_names)
{
	static const char * const good[] = {
		PARENT_MARK "0", PARENT_MARK "0000:aa:00.0", PARENT_MARK "A-b_c.d:e--..",
		"a", "Z", "0", "0000:aa:00.0", "x" X62, "a..b", "a-",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, __parent_add(good[i], 1)) {
			TH_LOG("name '%s'", good[i]);
		}
		EXPECT_TRUE(parent_exists(good[i]));
		EXPECT_EQ(1, parent_available(good[i], "mtty-1"));
		EXPECT_EQ(0, __parent_rmdir(good[i]));
		EXPECT_FALSE(parent_exists(good[i]));
	}
}

TEST_F(parents, bad_names)
{
	static const char * const bad[] = {
		"-a", ".a", "_a", ":a", "a b", "a*", "a?", "a,b", "a\tb", "a=b", "a!b", "(a)",
		"a%sb", "a\\b", "\xc3\xa4", "a\x7f", "xx" X62, X62 X62 X62 X62,
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, __parent_mkdir(bad[i])) {
			TH_LOG("name '%s'", bad[i]);
			__parent_rmdir(bad[i]);
		}
		/* the log shows backslashes and bytes beyond ASCII in another form */
		expect_one_line(self->kmsg, strpbrk(bad[i], "\\\t\x7f\xc3") ? "name" : bad[i]);
	}
	EXPECT_ERRNO(ENAMETOOLONG, __parent_mkdir(X62 X62 X62 X62 X62));
	EXPECT_ERRNO(ENOENT, __parent_mkdir("a/b"));
}

TEST_F(parents, one_of_a_name)
{
	ASSERT_EQ(0, __parent_mkdir(A));
	EXPECT_ERRNO(EEXIST, __parent_mkdir(A));
	/* the default parent was there first; a folder takes no name before it is live */
	ASSERT_EQ(0, __parent_mkdir("mtty"));
	EXPECT_ERRNO(EEXIST, __parent_set("mtty", "live", "1")) {
		__parent_set("mtty", "live", "0");
	}
	expect_one_line(self->kmsg, "'mtty'");
	EXPECT_EQ(0, __parent_rmdir("mtty"));
	EXPECT_TRUE(parent_exists("mtty"));
	EXPECT_LE(0, mdev_available("mtty-1"));
}

/* A parent of another driver, by the mdev core's class of all parents. */
static bool foreign_parent(char *name, size_t size)
{
	DIR *dir = opendir("/sys/class/mdev_bus");
	bool found = false;
	struct dirent *e;

	if (!dir)
		return false;
	while (!found && (e = readdir(dir))) {
		if (snprintf(name, size, "%s", e->d_name) >= (int)size)
			continue;
		found = name[0] != '.' && !parent_exists(name);
	}
	closedir(dir);
	return found;
}

TEST_F(parents, other_drivers_have_names_too)
{
	char name[PARENT_SIZE], path[PATH_MAX];
	bool loaded = false;

	/* and with the kernel's core, which it would bring, there cannot be ours */
	if (mdev_core_is_ours())
		SKIP(return, "no other driver's parents beside our own mdev core");
	if (!foreign_parent(name, sizeof(name)))
		loaded = !system("modprobe -q mdpy");
	if (!foreign_parent(name, sizeof(name)))
		SKIP(return, "no parent of another driver: needs CONFIG_SAMPLE_VFIO_MDEV_MDPY");
	snprintf(path, sizeof(path), "/sys/class/mdev_bus/%s/mdev_supported_types", name);
	ASSERT_EQ(0, __parent_mkdir(name));
	EXPECT_ERRNO(EEXIST, __parent_set(name, "live", "1")) {
		__parent_set(name, "live", "0");
	}
	expect_one_line(self->kmsg, name);
	EXPECT_EQ(0, __parent_rmdir(name));
	EXPECT_FALSE(parent_exists(name));
	EXPECT_TRUE(sysfs_exists(path));
	if (loaded)
		EXPECT_EQ(0, system("modprobe -r mdpy"));
}

static void expect_value(struct __test_metadata *_metadata, const char *attr, const char *value)
{
	char path[PATH_MAX], buf[32];

	snprintf(path, sizeof(path), CONFIGFS_DIR "/" A "/%s", attr);
	EXPECT_LT(0, sysfs_read(path, buf, sizeof(buf)));
	EXPECT_STREQ(value, buf);
}

TEST_F(parents, bad_ports)
{
	static const char * const bad[] = {
		"0", "1048577", "4294967295", "4294967296", "99999999999999999999", "-1",
	};
	static const char * const garbage[] = { "x", "1x", "1 2", " ", "\n", "0x", "1.5" };

	ASSERT_EQ(0, __parent_mkdir(A));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int ret = __parent_set(A, "ports", bad[i]);

		EXPECT_TRUE(ret == -EINVAL || ret == -ERANGE) {
			TH_LOG("ports '%s': %d", bad[i], ret);
		}
		expect_one_line(self->kmsg, bad[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		EXPECT_ERRNO(EINVAL, __parent_set(A, "ports", garbage[i])) {
			TH_LOG("ports '%s'", garbage[i]);
		}
		expect_one_line(self->kmsg, garbage[i][0] == '\n' ? "''" : garbage[i]);
	}
	expect_value(_metadata, "ports", "24");
}

TEST_F(parents, ports_are_capacity)
{
	static const unsigned int ports[] = { 1, 2, 3, 4, 7, 24, 1000, 1048576 };
	char number[16];

	ASSERT_EQ(0, __parent_mkdir(A));
	expect_value(_metadata, "ports", "24");
	expect_value(_metadata, "live", "0");
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		snprintf(number, sizeof(number), "%u", ports[i]);
		ASSERT_EQ(0, __parent_set(A, "ports", number));
		expect_value(_metadata, "ports", number);
		ASSERT_EQ(0, __parent_set(A, "live", "1"));
		EXPECT_ERRNO(EBUSY, __parent_set(A, "ports", "5"));
		expect_value(_metadata, "ports", number);
		EXPECT_EQ(ports[i], parent_available(A, "mtty-1"));
		EXPECT_EQ(ports[i] / 2, parent_available(A, "mtty-2"));
		EXPECT_EQ(ports[i] / 4, parent_available(A, "mtty-4"));
		ASSERT_EQ(0, __parent_set(A, "live", "0"));
	}
}

TEST_F(parents, live_switches)
{
	static const char * const garbage[] = { "2", "x", " ", "\n", "-1" };
	static const struct {
		const char *write;
		const char *live;
	} step[] = {
		{ "0", "0" }, { "1", "1" }, { "1\n", "1" }, { "0", "0" }, { "0\n", "0" },
		{ "y", "1" }, { "n", "0" }, { "on", "1" }, { "off", "0" },
	};

	ASSERT_EQ(0, __parent_mkdir(A));
	for (size_t i = 0; i < ARRAY_SIZE(step); i++) {
		EXPECT_EQ(0, __parent_set(A, "live", step[i].write)) {
			TH_LOG("live '%s'", step[i].write);
		}
		expect_value(_metadata, "live", step[i].live);
		EXPECT_EQ(*step[i].live == '1', parent_exists(A));
	}
	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		EXPECT_ERRNO(EINVAL, __parent_set(A, "live", garbage[i])) {
			TH_LOG("live '%s'", garbage[i]);
		}
	}
	expect_value(_metadata, "live", "0");
}

TEST_F(parents, each_has_its_own_devices)
{
	parent_add(A, 2);
	parent_add(B, 3);
	parent_create(A, "mtty-1", self->uuid[0]);
	parent_create(B, "mtty-2", self->uuid[1]);
	parent_create(B, "mtty-1", self->uuid[2]);
	EXPECT_EQ(1, parent_available(A, "mtty-1"));
	EXPECT_EQ(0, parent_available(B, "mtty-1"));
	EXPECT_ERRNO(EEXIST, __parent_create(A, "mtty-1", self->uuid[1]));
	EXPECT_ERRNO(EEXIST, __parent_create(B, "mtty-1", self->uuid[0]));

	/* the devices go with their parent, and only those */
	parent_rmdir(B);
	EXPECT_TRUE(mdev_exists(self->uuid[0]));
	EXPECT_FALSE(mdev_exists(self->uuid[1]));
	EXPECT_FALSE(mdev_exists(self->uuid[2]));
	EXPECT_EQ(1, parent_available(A, "mtty-1"));
	parent_create(A, "mtty-1", self->uuid[1]);
}

TEST_F(parents, twenty_of_them)
{
	char name[20][PARENT_SIZE], uuid[UUID_SIZE];

	for (int i = 0; i < 20; i++) {
		snprintf(name[i], PARENT_SIZE, PARENT_MARK "many%d", i);
		parent_add(name[i], i + 1);
	}
	for (int i = 0; i < 20; i++) {
		EXPECT_EQ(i + 1, parent_available(name[i], "mtty-1"));
		uuid_random(uuid);
		parent_create(name[i], "mtty-1", uuid);
		EXPECT_EQ(i, parent_available(name[i], "mtty-1"));
	}
	for (int i = 0; i < 20; i++)
		parent_rmdir(name[(i * 7) % 20]);
}

/* A folder keeps the module even when its parent is not live. */
TEST_F(parents, a_folder_keeps_the_module)
{
	if (module_missing())
		SKIP(return, "%s", module_missing());
	ASSERT_EQ(0, __parent_mkdir(A));
	EXPECT_ERRNO(EAGAIN, module_unload());
	ASSERT_EQ(0, __parent_set(A, "live", "1"));
	EXPECT_ERRNO(EAGAIN, module_unload());
	EXPECT_TRUE(parent_exists("mtty"));
	EXPECT_TRUE(parent_exists(A));
}

TEST_HARNESS_MAIN
