// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creating and removing the same few UUIDs from several threads, as fast as it goes.
 *
 * MDEV_SAMPLE_SECONDS says how long (10).
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/parent.h"

#define THREADS 6
#define UUIDS 12
#define TYPE "mtty-2"
#define PORTS (2 * UUIDS)
#define PARENT PARENT_MARK "storm"
#define MAX_ERRNO 134

FIXTURE(storm)
{
	char uuid[UUIDS][UUID_SIZE];
	/* how often each answer was given, by -errno: [0] to create, [1] to remove */
	unsigned int said[THREADS][2][MAX_ERRNO + 1];
	struct crowd crowd;
	double end;
	int kmsg;
};

FIXTURE_SETUP(storm)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	mdev_reap();
	parent_reap();
	for (int i = 0; i < UUIDS; i++)
		uuid_random(self->uuid[i]);
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	parent_add(PARENT, PORTS);
	self->end = seconds_now() + effort("MDEV_SAMPLE_SECONDS", 5);
}

FIXTURE_TEARDOWN(storm)
{
	expect_no_complaint(self->kmsg);
	__parent_rmdir(PARENT);
}

static int blow(void *arg, unsigned int member)
{
	struct _test_data_storm *self = arg;
	unsigned int seed = member + getpid();

	while (seconds_now() < self->end) {
		const char *uuid = self->uuid[rand_r(&seed) % UUIDS];
		bool removes = rand_r(&seed) % 2;
		int ret = removes ? __mdev_remove(uuid) : __parent_create(PARENT, TYPE, uuid);

		self->said[member][removes][ret < -MAX_ERRNO ? MAX_ERRNO : -ret]++;
	}
	return 0;
}

static bool allowed(int err)
{
	return err == 0 || err == EEXIST || err == ENOENT || err == ENODEV || err == EAGAIN ||
	       err == EBUSY;
}

/* The kernel's core may leave a device without a file to remove it by: a known fault of its own. */
static int remove_what_is_left(struct __test_metadata *_metadata, struct _test_data_storm *self)
{
	int stranded = 0;

	for (int i = 0; i < UUIDS; i++) {
		char path[PATH_MAX];

		if (!mdev_exists(self->uuid[i]))
			continue;
		mdev_path(path, sizeof(path), self->uuid[i], "remove");
		if (!mdev_core_is_ours() && !sysfs_exists(path)) {
			stranded++;
			continue;
		}
		EXPECT_EQ(0, __mdev_remove(self->uuid[i]));
		EXPECT_FALSE(mdev_exists(self->uuid[i]));
	}
	return stranded;
}

static void judge_answers(struct __test_metadata *_metadata, struct _test_data_storm *self)
{
	for (int err = 0; err <= MAX_ERRNO; err++) {
		unsigned int n[2] = {};

		for (int i = 0; i < THREADS; i++) {
			n[0] += self->said[i][0][err];
			n[1] += self->said[i][1][err];
		}
		if (!n[0] && !n[1])
			continue;
		TH_LOG("%s: create %u, remove %u", err ? strerror(err) : "success", n[0], n[1]);
		EXPECT_TRUE(allowed(err));
		/* a storm in which nothing happens proves nothing */
		if (!err)
			EXPECT_LT(THREADS, n[0]);
	}
}

TEST_F_TIMEOUT(storm, strands_nothing, LONG_SECONDS)
{
	int stranded;

	ASSERT_EQ(0, crowd_start(&self->crowd, THREADS, blow, self));
	crowd_round(&self->crowd);
	crowd_end(&self->crowd);
	judge_answers(_metadata, self);
	stranded = remove_what_is_left(_metadata, self);
	if (stranded)
		TH_LOG("%d of %d devices were stranded by the kernel's core", stranded, UUIDS);
	EXPECT_EQ(PORTS - 2 * stranded, parent_available(PARENT, "mtty-1"));

	/* removing the parent frees even those */
	parent_rmdir(PARENT);
	parent_add(PARENT, PORTS);
	for (int i = 0; i < UUIDS; i++) {
		EXPECT_FALSE(mdev_exists(self->uuid[i]));
		EXPECT_EQ(0, __parent_create(PARENT, TYPE, self->uuid[i]));
	}
	EXPECT_EQ(0, parent_available(PARENT, "mtty-1"));
}

TEST_HARNESS_MAIN
