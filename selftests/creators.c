// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several creators at the same moment, one of whom can have what all want: a UUID, a port.
 *
 * MDEV_SAMPLE_ROUNDS says how often (200).
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "kselftest_harness.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/parent.h"

#define CREATORS 6
#define TYPE "mtty-1"

FIXTURE(creators)
{
	char parent[CREATORS][PARENT_SIZE];
	char uuid[CREATORS][UUID_SIZE];
	struct crowd crowd;
	long rounds;
	int kmsg;
};

FIXTURE_SETUP(creators)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	mdev_reap();
	parent_reap();
	self->rounds = effort("MDEV_SAMPLE_ROUNDS", 200);
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	for (int i = 0; i < CREATORS; i++) {
		snprintf(self->parent[i], PARENT_SIZE, PARENT_MARK "creator%d", i);
		uuid_random(self->uuid[i]);
	}
}

FIXTURE_TEARDOWN(creators)
{
	expect_no_complaint(self->kmsg);
	for (int i = 0; i < CREATORS; i++)
		__parent_rmdir(self->parent[i]);
}

/*
 * A UUID that is used again and again shows more; under the kernel's core it may still be taken
 * after remove has returned.
 */
static void pick_uuid(char uuid[UUID_SIZE])
{
	if (!mdev_core_is_ours())
		uuid_random(uuid);
}

static int create_own(void *arg, unsigned int member)
{
	struct _test_data_creators *self = arg;

	return __parent_create(self->parent[member], TYPE, self->uuid[0]);
}

TEST_F_TIMEOUT(creators, one_uuid_on_many_parents, LONG_SECONDS)
{
	for (int i = 0; i < CREATORS; i++)
		parent_add(self->parent[i], 2);
	ASSERT_EQ(0, crowd_start(&self->crowd, CREATORS, create_own, self));
	for (long round = 0; round < self->rounds; round++) {
		int room = 0;

		pick_uuid(self->uuid[0]);
		crowd_round(&self->crowd);
		ASSERT_EQ(1, crowd_count(&self->crowd, 0));
		ASSERT_EQ(CREATORS - 1, crowd_count(&self->crowd, -EEXIST));
		for (int i = 0; i < CREATORS; i++)
			room += parent_available(self->parent[i], TYPE);
		ASSERT_EQ(2 * CREATORS - 1, room);
		mdev_remove(self->uuid[0]);
	}
	crowd_end(&self->crowd);
}

static int create_on_first(void *arg, unsigned int member)
{
	struct _test_data_creators *self = arg;

	return __parent_create(self->parent[0], TYPE, self->uuid[0]);
}

/* There is room for one only, which must not change who is told what. */
TEST_F_TIMEOUT(creators, one_uuid_on_one_parent, LONG_SECONDS)
{
	parent_add(self->parent[0], CREATORS);
	ASSERT_EQ(0, crowd_start(&self->crowd, CREATORS, create_on_first, self));
	for (long round = 0; round < self->rounds; round++) {
		pick_uuid(self->uuid[0]);
		crowd_round(&self->crowd);
		ASSERT_EQ(1, crowd_count(&self->crowd, 0));
		ASSERT_EQ(CREATORS - 1, crowd_count(&self->crowd, -EEXIST));
		ASSERT_EQ(CREATORS - 1, parent_available(self->parent[0], TYPE));
		mdev_remove(self->uuid[0]);
		ASSERT_EQ(CREATORS, parent_available(self->parent[0], TYPE));
	}
	crowd_end(&self->crowd);
}

static int create_or_hold(void *arg, unsigned int member)
{
	struct _test_data_creators *self = arg;

	if (member % 2)
		return __parent_write(self->parent[member], "reserve", self->uuid[0]);
	return create_own(arg, member);
}

/* Odd ones reserve the UUID by hand instead. */
TEST_F_TIMEOUT(creators, one_uuid_created_or_reserved, LONG_SECONDS)
{
	if (!mdev_core_is_ours())
		SKIP(return, "the kernel's core makes the driver core complain; try MDEV_CORE=own");
	for (int i = 0; i < CREATORS; i++)
		parent_add(self->parent[i], 1);
	ASSERT_EQ(0, crowd_start(&self->crowd, CREATORS, create_or_hold, self));
	for (long round = 0; round < self->rounds; round++) {
		crowd_round(&self->crowd);
		ASSERT_EQ(1, crowd_count(&self->crowd, 0));
		ASSERT_EQ(CREATORS - 1, crowd_count(&self->crowd, -EEXIST));
		for (int i = 0; i < CREATORS; i++) {
			if (self->crowd.member[i].ret)
				continue;
			ASSERT_EQ(0, i % 2 ? __parent_write(self->parent[i], "unreserve",
							    self->uuid[0]) :
					     __mdev_remove(self->uuid[0]));
		}
	}
	crowd_end(&self->crowd);
}

static int create_another(void *arg, unsigned int member)
{
	struct _test_data_creators *self = arg;

	return __parent_create(self->parent[0], TYPE, self->uuid[member]);
}

/* As many UUIDs as creators, but only one port. */
TEST_F_TIMEOUT(creators, last_port, LONG_SECONDS)
{
	char line[1024];

	parent_add(self->parent[0], 1);
	ASSERT_EQ(0, crowd_start(&self->crowd, CREATORS, create_another, self));
	for (long round = 0; round < self->rounds; round++) {
		crowd_round(&self->crowd);
		ASSERT_EQ(1, crowd_count(&self->crowd, 0));
		ASSERT_EQ(CREATORS - 1, crowd_count(&self->crowd, -ENOSPC));
		for (int i = 0; i < CREATORS; i++) {
			ASSERT_EQ(!self->crowd.member[i].ret, mdev_exists(self->uuid[i]));
			if (!self->crowd.member[i].ret)
				mdev_remove(self->uuid[i]);
			pick_uuid(self->uuid[i]);
		}
		ASSERT_EQ(1, parent_available(self->parent[0], TYPE));
	}
	crowd_end(&self->crowd);
	/* the kernel's core leaves the refusal to probe, of which the driver core tells */
	while (!mdev_core_is_ours() &&
	       kmsg_line(self->kmsg, "failed with error -28", line, sizeof(line)))
		;
}

TEST_HARNESS_MAIN
