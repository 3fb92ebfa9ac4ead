// SPDX-License-Identifier: GPL-2.0-only
/* What a parent, its types and an mdev show in sysfs: what libvirt, mdevctl and Nova read. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "lib/sysfs.h"

#define READ_ONLY	0444
#define WRITE_ONLY	0200

static int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -errno : st.st_mode & 07777;
}

TEST(parent_is_in_class_mtty)
{
	char real[PATH_MAX], name[64];

	/* libvirt knows virtual parents by this class name alone */
	ASSERT_NE(NULL, realpath("/sys/class/mtty/mtty", real));
	EXPECT_STREQ(PARENT_DIR, real);
	ASSERT_EQ(0, sysfs_link_name(PARENT_DIR "/subsystem", name, sizeof(name)));
	EXPECT_STREQ("mtty", name);
}

TEST(parent_is_in_mdev_bus)
{
	char real[PATH_MAX];

	ASSERT_NE(NULL, realpath("/sys/class/mdev_bus/mtty", real));
	EXPECT_STREQ(PARENT_DIR, real);
}

TEST(parent_has_no_devtype)
{
	char line[256];
	FILE *f = fopen(PARENT_DIR "/uevent", "r");

	ASSERT_NE(NULL, f);
	/* with one, libvirt would not take the parent for a virtual card */
	while (fgets(line, sizeof(line), f))
		EXPECT_NE(0, strncmp(line, "DEVTYPE=", 8));
	fclose(f);
}

TEST(every_type_answers_every_question)
{
	static const char * const attrs[] = {
		"name", "device_api", "available_instances", "description",
	};
	char path[PATH_MAX], value[4096];
	struct dirent *e;
	int types = 0;
	DIR *dir = opendir(TYPES_DIR);

	ASSERT_NE(NULL, dir);
	/* one entry that is no type makes libvirt drop the whole parent */
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		types++;
		EXPECT_EQ(0, strncmp(e->d_name, "mtty-", 5));
		for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
			snprintf(path, sizeof(path), TYPES_DIR "/%s/%s", e->d_name, attrs[i]);
			EXPECT_LT(0, sysfs_read(path, value, sizeof(value))) {
				TH_LOG("%s", path);
			}
			EXPECT_EQ(READ_ONLY, mode_of(path));
		}
		snprintf(path, sizeof(path), TYPES_DIR "/%s/create", e->d_name);
		EXPECT_EQ(WRITE_ONLY, mode_of(path));
	}
	closedir(dir);
	EXPECT_LE(2, types);
}

FIXTURE(type)
{
	char uuid[UUID_SIZE];
};

FIXTURE_VARIANT(type)
{
	const char *id;
	const char *name;
	int ports;
};

FIXTURE_VARIANT_ADD(type, mtty_1)
{
	.id = "mtty-1",
	.name = "Single port serial",
	.ports = 1,
};

FIXTURE_VARIANT_ADD(type, mtty_2)
{
	.id = "mtty-2",
	.name = "Dual port serial",
	.ports = 2,
};

FIXTURE_VARIANT_ADD(type, mtty_4)
{
	.id = "mtty-4",
	.name = "Quad port serial",
	.ports = 4,
};

FIXTURE_SETUP(type)
{
	mdev_reap();
	uuid_random(self->uuid);
}

FIXTURE_TEARDOWN(type)
{
	if (mdev_exists(self->uuid))
		EXPECT_EQ(0, __mdev_remove(self->uuid));
}

TEST_F(type, name_and_api)
{
	char path[PATH_MAX], value[256];

	snprintf(path, sizeof(path), TYPES_DIR "/%s/name", variant->id);
	ASSERT_LT(0, sysfs_read(path, value, sizeof(value)));
	EXPECT_STREQ(variant->name, value);
	snprintf(path, sizeof(path), TYPES_DIR "/%s/device_api", variant->id);
	ASSERT_LT(0, sysfs_read(path, value, sizeof(value)));
	EXPECT_STREQ("vfio-pci", value);
}

TEST_F(type, available_is_free_ports)
{
	int used = mdev_count("mtty-1") + 2 * mdev_count("mtty-2") + 4 * mdev_count("mtty-4");

	EXPECT_EQ((PARENT_PORTS - used) / variant->ports, mdev_available(variant->id));
}

TEST_F(type, available_follows_create_and_remove)
{
	int one = mdev_available("mtty-1");
	int same = mdev_available(variant->id);

	/* Nova adds up existing and available: each device must take exactly one of its type */
	mdev_create(variant->id, self->uuid);
	EXPECT_EQ(same - 1, mdev_available(variant->id));
	EXPECT_EQ(one - variant->ports, mdev_available("mtty-1"));
	EXPECT_EQ((one - variant->ports) / 2, mdev_available("mtty-2"));
	mdev_remove(self->uuid);
	EXPECT_EQ(same, mdev_available(variant->id));
	EXPECT_EQ(one, mdev_available("mtty-1"));
}

TEST_F(type, mdev_sits_below_its_parent)
{
	char link[PATH_MAX], real[PATH_MAX], want[PATH_MAX];

	mdev_create(variant->id, self->uuid);
	mdev_path(link, sizeof(link), self->uuid, "");
	ASSERT_NE(NULL, realpath(link, real));
	snprintf(want, sizeof(want), PARENT_DIR "/%s", self->uuid);
	EXPECT_STREQ(want, real);
}

TEST_F(type, mdev_links_to_type)
{
	char link[PATH_MAX], real[PATH_MAX], want[PATH_MAX];

	mdev_create(variant->id, self->uuid);
	mdev_path(link, sizeof(link), self->uuid, "mdev_type");
	ASSERT_NE(NULL, realpath(link, real));
	snprintf(want, sizeof(want), TYPES_DIR "/%s", variant->id);
	EXPECT_STREQ(want, real);
}

TEST_F(type, type_lists_mdev)
{
	char link[PATH_MAX], real[PATH_MAX], want[PATH_MAX];
	int before = mdev_count(variant->id);

	mdev_create(variant->id, self->uuid);
	EXPECT_EQ(before + 1, mdev_count(variant->id));
	snprintf(link, sizeof(link), TYPES_DIR "/%s/devices/%s", variant->id, self->uuid);
	ASSERT_NE(NULL, realpath(link, real));
	snprintf(want, sizeof(want), PARENT_DIR "/%s", self->uuid);
	EXPECT_STREQ(want, real);
	mdev_remove(self->uuid);
	EXPECT_FALSE(sysfs_exists(link));
}

TEST_F(type, mdev_has_group_bus_and_driver)
{
	char link[PATH_MAX], name[64], node[128];

	mdev_create(variant->id, self->uuid);
	mdev_path(link, sizeof(link), self->uuid, "iommu_group");
	ASSERT_EQ(0, sysfs_link_name(link, name, sizeof(name)));
	snprintf(node, sizeof(node), "/dev/vfio/%s", name);
	EXPECT_TRUE(sysfs_exists(node)) {
		TH_LOG("%s", node);
	}
	mdev_path(link, sizeof(link), self->uuid, "subsystem");
	ASSERT_EQ(0, sysfs_link_name(link, name, sizeof(name)));
	EXPECT_STREQ("mdev", name);
	mdev_path(link, sizeof(link), self->uuid, "driver");
	EXPECT_EQ(0, sysfs_link_name(link, name, sizeof(name)));
}

TEST_F(type, mdev_remove_is_write_only)
{
	char path[PATH_MAX];

	mdev_create(variant->id, self->uuid);
	mdev_path(path, sizeof(path), self->uuid, "remove");
	EXPECT_EQ(WRITE_ONLY, mode_of(path));
}

TEST_HARNESS_MAIN
