// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the types of a parent share its ports: the parent's attribute pool.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/parent.h"

#define PORTS	8
#define A	PARENT_MARK "pool"

FIXTURE(pool)
{
	char uuid[PORTS + 1][UUID_SIZE];
	int kmsg;
};

FIXTURE_SETUP(pool)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	mdev_reap();
	parent_reap();
	for (size_t i = 0; i < ARRAY_SIZE(self->uuid); i++)
		uuid_random(self->uuid[i]);
	parent_add(A, PORTS);
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
}

FIXTURE_TEARDOWN(pool)
{
	expect_kmsg_quiet(self->kmsg, KMSG_SPLAT);
	close(self->kmsg);
	__parent_rmdir(A);
}

static void expect_pool(struct __test_metadata *_metadata, const char *name)
{
	char text[32] = "";

	ASSERT_LE(0, sysfs_read(CLASS_DIR "/" A "/pool", text, sizeof(text)));
	text[strcspn(text, "\n")] = '\0';
	EXPECT_STREQ(name, text);
}

#define expect_available(_one, _two, _four) do {				\
	EXPECT_EQ(_one, parent_available(A, "mtty-1"));				\
	EXPECT_EQ(_two, parent_available(A, "mtty-2"));				\
	EXPECT_EQ(_four, parent_available(A, "mtty-4"));			\
} while (0)

TEST_F(pool, shared)
{
	expect_pool(_metadata, "shared");
	expect_available(8, 4, 2);
	parent_create(A, "mtty-4", self->uuid[0]);
	expect_available(4, 2, 1);
	parent_create(A, "mtty-1", self->uuid[1]);
	expect_available(3, 1, 0);
	EXPECT_ERRNO(ENOSPC, __parent_create(A, "mtty-4", self->uuid[2]));
	mdev_remove(self->uuid[0]);
	expect_available(7, 3, 1);
}

TEST_F(pool, separate)
{
	ASSERT_EQ(0, __parent_write(A, "pool", "separate\n"));
	expect_pool(_metadata, "separate");
	parent_create(A, "mtty-4", self->uuid[0]);
	parent_create(A, "mtty-4", self->uuid[1]);
	expect_available(8, 4, 0);
	EXPECT_ERRNO(ENOSPC, __parent_create(A, "mtty-4", self->uuid[2]));
	for (int i = 0; i < PORTS - 2; i++)
		parent_create(A, "mtty-1", self->uuid[2 + i]);
	expect_available(2, 4, 0);
}

TEST_F(pool, homogeneous)
{
	ASSERT_EQ(0, __parent_write(A, "pool", "homogeneous"));
	expect_pool(_metadata, "homogeneous");
	expect_available(8, 4, 2);
	parent_create(A, "mtty-2", self->uuid[0]);
	expect_available(0, 3, 0);
	EXPECT_ERRNO(ENOSPC, __parent_create(A, "mtty-1", self->uuid[1]));
	parent_create(A, "mtty-2", self->uuid[1]);
	expect_available(0, 2, 0);

	/* the choice is open again when the last one has gone */
	mdev_remove(self->uuid[0]);
	expect_available(0, 3, 0);
	mdev_remove(self->uuid[1]);
	expect_available(8, 4, 2);
	parent_create(A, "mtty-1", self->uuid[1]);
	expect_available(7, 0, 0);
}

TEST_F(pool, set_while_there_are_no_devices)
{
	static const char * const bad[] = { "\n", "share", "sharedx", "Shared", "1",
					    "shared separate" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, __parent_write(A, "pool", bad[i])) {
			TH_LOG("pool '%s'", bad[i]);
		}
	}
	expect_pool(_metadata, "shared");
	parent_create(A, "mtty-1", self->uuid[0]);
	EXPECT_ERRNO(EBUSY, __parent_write(A, "pool", "separate"));
	expect_pool(_metadata, "shared");
	mdev_remove(self->uuid[0]);
	EXPECT_EQ(0, __parent_write(A, "pool", "separate"));
	expect_pool(_metadata, "separate");
}

TEST_HARNESS_MAIN
