// SPDX-License-Identifier: GPL-2.0-only
/* UUIDs that a parent holds for itself: attributes reserve, unreserve and reserved. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/parent.h"

#define A PARENT_MARK "reserve-a"
#define B PARENT_MARK "reserve-b"
#define TYPE "mtty-1"
/* What a page of text has room for. */
#define MOST (4096 / (UUID_LEN + 1))

FIXTURE(reserve)
{
	char uuid[UUID_SIZE];
	char other[UUID_SIZE];
	int kmsg;
};

FIXTURE_SETUP(reserve)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	mdev_reap();
	parent_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	uuid_random(self->uuid);
	uuid_random(self->other);
	parent_add(A, 2);
	parent_add(B, 2);
}

FIXTURE_TEARDOWN(reserve)
{
	expect_no_complaint(self->kmsg);
	__parent_rmdir(A);
	__parent_rmdir(B);
}

static int hold(const char *parent, const char *uuid)
{
	return __parent_write(parent, "reserve", uuid);
}

static int unhold(const char *parent, const char *uuid)
{
	return __parent_write(parent, "unreserve", uuid);
}

/* The attribute's lines, with a newline in front so that each can be looked for as a whole. */
static ssize_t held(const char *parent, char *buf, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), CLASS_DIR "/%s/reserved", parent);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	buf[0] = '\n';
	n = read(fd, buf + 1, size - 2);
	close(fd);
	if (n < 0)
		return -errno;
	buf[n + 1] = '\0';
	return n;
}

static bool is_held(const char *parent, const char *uuid)
{
	char buf[8192], line[UUID_SIZE + 2];

	if (held(parent, buf, sizeof(buf)) < 0)
		return false;
	snprintf(line, sizeof(line), "\n%.*s\n", UUID_LEN, uuid);
	return strstr(buf, line);
}

static int held_count(const char *parent)
{
	char buf[8192];
	ssize_t n = held(parent, buf, sizeof(buf));

	return n < 0 ? n : n / (UUID_LEN + 1);
}

TEST_F(reserve, reserved_lists_what_is_reserved)
{
	EXPECT_EQ(0, held_count(A));
	ASSERT_EQ(0, hold(A, self->uuid));
	EXPECT_TRUE(is_held(A, self->uuid));
	EXPECT_EQ(1, held_count(A));
	EXPECT_EQ(0, held_count(B));
	ASSERT_EQ(0, hold(A, self->other));
	EXPECT_TRUE(is_held(A, self->uuid));
	EXPECT_TRUE(is_held(A, self->other));
	ASSERT_EQ(0, unhold(A, self->uuid));
	EXPECT_FALSE(is_held(A, self->uuid));
	EXPECT_TRUE(is_held(A, self->other));
	EXPECT_EQ(1, held_count(A));
}

TEST_F(reserve, a_reservation_is_no_device_and_takes_no_port)
{
	ASSERT_EQ(0, hold(A, self->uuid));
	EXPECT_FALSE(mdev_exists(self->uuid));
	EXPECT_EQ(2, parent_available(A, TYPE));
}

TEST_F(reserve, taken_is_taken)
{
	ASSERT_EQ(0, hold(A, self->uuid));
	EXPECT_ERRNO(EEXIST, hold(A, self->uuid));
	EXPECT_ERRNO(EEXIST, hold(B, self->uuid));
	parent_create(B, TYPE, self->other);
	EXPECT_ERRNO(EEXIST, hold(A, self->other));
	EXPECT_ERRNO(EEXIST, hold(B, self->other));
	EXPECT_EQ(1, held_count(A));
	EXPECT_EQ(0, held_count(B));
	mdev_remove(self->other);
	EXPECT_EQ(0, hold(A, self->other));
}

TEST_F(reserve, another_parent_cannot_create_it)
{
	char line[1024];

	ASSERT_EQ(0, hold(A, self->uuid));
	for (int i = 0; i < 3; i++)
		EXPECT_ERRNO(EEXIST, __parent_create(B, TYPE, self->uuid));
	EXPECT_FALSE(mdev_exists(self->uuid));
	EXPECT_EQ(2, parent_available(B, TYPE));
	EXPECT_TRUE(is_held(A, self->uuid));
	/* the kernel's core leaves the refusal to probe, of which the driver core tells */
	while (!mdev_core_is_ours() &&
	       kmsg_line(self->kmsg, "failed with error -17", line, sizeof(line)))
		;
}

TEST_F(reserve, own_parent_can_create_it)
{
	ASSERT_EQ(0, hold(A, self->uuid));
	parent_create(A, TYPE, self->uuid);
	EXPECT_TRUE(mdev_exists(self->uuid));
	EXPECT_FALSE(is_held(A, self->uuid));
	EXPECT_ERRNO(ENOENT, unhold(A, self->uuid));
	EXPECT_ERRNO(EEXIST, hold(A, self->uuid));
	/* the reservation has become the device, and goes with it */
	mdev_remove(self->uuid);
	EXPECT_EQ(0, held_count(A));
	EXPECT_EQ(0, __parent_create(B, TYPE, self->uuid));
}

TEST_F(reserve, a_failed_creation_keeps_the_reservation)
{
	char line[1024];

	ASSERT_EQ(0, hold(A, self->uuid));
	parent_create(A, "mtty-2", self->other);
	for (int i = 0; i < 3; i++)
		EXPECT_ERRNO(ENOSPC, __parent_create(A, TYPE, self->uuid));
	EXPECT_TRUE(is_held(A, self->uuid));
	EXPECT_EQ(1, held_count(A));
	EXPECT_ERRNO(EEXIST, hold(B, self->uuid));
	mdev_remove(self->other);
	EXPECT_EQ(0, __parent_create(A, TYPE, self->uuid));
	EXPECT_EQ(0, held_count(A));
	while (!mdev_core_is_ours() &&
	       kmsg_line(self->kmsg, "failed with error -28", line, sizeof(line)))
		;
}

TEST_F(reserve, only_its_owner_lets_go_of_it)
{
	EXPECT_ERRNO(ENOENT, unhold(A, self->uuid));
	ASSERT_EQ(0, hold(A, self->uuid));
	EXPECT_ERRNO(ENOENT, unhold(B, self->uuid));
	EXPECT_TRUE(is_held(A, self->uuid));
	EXPECT_EQ(0, unhold(A, self->uuid));
	EXPECT_ERRNO(ENOENT, unhold(A, self->uuid));
	EXPECT_EQ(0, __parent_create(B, TYPE, self->uuid));
	EXPECT_ERRNO(ENOENT, unhold(A, self->uuid));
	EXPECT_ERRNO(ENOENT, unhold(B, self->uuid));
}

/* -EBUSY is for a reservation whose creation is under way: only seen while one is. */
TEST_F_TIMEOUT(reserve, let_go_while_it_is_created, 120)
{
	int busy = 0, gone = 0, freed = 0, ret, status;
	pid_t pid;

	for (int i = 0; i < 300 && !(busy && i > 50); i++) {
		uuid_random(self->uuid);
		ASSERT_EQ(0, hold(A, self->uuid));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(-__parent_create(A, TYPE, self->uuid));
		/* sooner or later while it is being created, however long that takes here */
		usleep(i % 100 * 100);
		do {
			ret = unhold(A, self->uuid);
			busy += ret == -EBUSY;
		} while (ret == -EBUSY);
		gone += ret == -ENOENT;
		freed += ret == 0;
		ASSERT_TRUE(ret == 0 || ret == -ENOENT);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		/* a UUID that has been let go of can still be created, by anybody */
		ASSERT_EQ(0, WEXITSTATUS(status));
		ASSERT_EQ(0, held_count(A));
		mdev_remove(self->uuid);
	}
	EXPECT_LT(0, busy);
	TH_LOG("refused as busy %d times, let go %d times, too late %d times", busy, freed, gone);
}

TEST_F(reserve, as_many_as_a_page_lists)
{
	char uuid[MOST][UUID_SIZE], buf[8192];

	for (int i = 0; i < MOST; i++) {
		uuid_random(uuid[i]);
		ASSERT_EQ(0, hold(A, uuid[i]));
	}
	EXPECT_ERRNO(ENOSPC, hold(A, self->uuid));
	/* one parent's limit is not another's */
	EXPECT_EQ(0, hold(B, self->uuid));
	EXPECT_EQ(MOST * (UUID_LEN + 1), held(A, buf, sizeof(buf)));
	for (int i = 0; i < MOST; i++)
		EXPECT_TRUE(is_held(A, uuid[i]));
	ASSERT_EQ(0, unhold(A, uuid[MOST / 2]));
	EXPECT_EQ(0, hold(A, uuid[MOST / 2]));
	EXPECT_ERRNO(ENOSPC, hold(A, self->other));
}

static int create_child(void *uuid)
{
	return -__parent_create(A, TYPE, uuid);
}

/* A creation that is held up with a reservation of its own, seen to have begun. */
static int create_slowly(struct child *child, char *uuid)
{
	int ret;

	if (debug_set("hold_create_ms", "1000") < 0)
		return -EIO;
	ret = child_start(child, create_child, uuid);
	for (int ms = 0; !ret && is_held(A, uuid); ms += 5) {
		usleep(5000);
		ret = ms < CHILD_SOON_MS ? 0 : -ETIMEDOUT;
	}
	debug_set("hold_create_ms", "0");
	return ret;
}

/* One that a creation uses may come back: until it is a device it counts. */
TEST_F(reserve, as_many_with_one_that_is_created)
{
	char uuid[MOST][UUID_SIZE], buf[8192];
	struct child child;

	if (!sysfs_exists(DEBUG_DIR))
		SKIP(return, NO_DEBUGFS);
	for (int i = 0; i < MOST; i++) {
		uuid_random(uuid[i]);
		ASSERT_EQ(0, hold(A, uuid[i]));
	}
	ASSERT_LT(0, debug_set("fail_create", "12"));
	ASSERT_EQ(0, create_slowly(&child, uuid[0]));
	EXPECT_ERRNO(ENOSPC, hold(A, self->uuid));
	EXPECT_EQ((MOST - 1) * (UUID_LEN + 1), held(A, buf, sizeof(buf)));
	EXPECT_ERRNO(ENOMEM, child_wait(&child, CHILD_SOON_MS));
	EXPECT_EQ(MOST * (UUID_LEN + 1), held(A, buf, sizeof(buf)));
	for (int i = 0; i < MOST; i++)
		EXPECT_TRUE(is_held(A, uuid[i]));

	ASSERT_EQ(0, create_slowly(&child, uuid[0]));
	EXPECT_ERRNO(ENOSPC, hold(A, self->uuid));
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_EQ(0, hold(A, self->uuid));
	EXPECT_ERRNO(ENOSPC, hold(A, self->other));
	EXPECT_EQ(0, __mdev_remove(uuid[0]));
	EXPECT_ERRNO(ENOSPC, hold(A, self->other));
}

TEST_F(reserve, removing_the_parent_frees_them)
{
	char uuid[20][UUID_SIZE];

	for (int i = 0; i < 20; i++) {
		uuid_random(uuid[i]);
		ASSERT_EQ(0, hold(A, uuid[i]));
	}
	ASSERT_EQ(0, __parent_set(A, "live", "0"));
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(0, hold(B, uuid[i]));
	parent_rmdir(B);
	ASSERT_EQ(0, __parent_set(A, "live", "1"));
	EXPECT_EQ(0, held_count(A));
	for (int i = 0; i < 20; i++)
		EXPECT_EQ(0, hold(A, uuid[i]));
}

TEST_F(reserve, malformed_is_refused)
{
	static const char * const bad[] = {
		"\n", " ", "x", "5e1f7e57-0000-4000-8000-00000000c0d",
		"5e1f7e57-0000-4000-8000-00000000c0de0", "5e1f7e57-0000-4000-8000-00000000c0de ",
		" 5e1f7e57-0000-4000-8000-00000000c0de", "5e1f7e57-0000-4000-8000-00000000c0dg",
		"5e1f7e57+0000-4000-8000-00000000c0de", "5e1f7e57-0000-4000-8000-00000000c0de\n\n",
		"{5e1f7e57-0000-4000-8000-00000000c0de}", "5e1f7e570000400080000000000000c0de",
	};
	char upper[UUID_SIZE + 1];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, hold(A, bad[i])) {
			TH_LOG("reserve '%s'", bad[i]);
		}
		EXPECT_ERRNO(EINVAL, unhold(A, bad[i])) {
			TH_LOG("unreserve '%s'", bad[i]);
		}
	}
	EXPECT_EQ(0, held_count(A));
	/* with a newline and in capitals it is the same UUID */
	for (int i = 0; i < UUID_SIZE; i++)
		upper[i] = self->uuid[i] >= 'a' ? self->uuid[i] - 'a' + 'A' : self->uuid[i];
	strcpy(upper + UUID_LEN, "\n");
	EXPECT_EQ(0, hold(A, upper));
	EXPECT_TRUE(is_held(A, self->uuid));
	EXPECT_EQ(0, unhold(A, self->uuid));
}

TEST_HARNESS_MAIN
