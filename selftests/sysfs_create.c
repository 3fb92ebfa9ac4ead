// SPDX-License-Identifier: GPL-2.0-only
/* Creating mdevs: which strings are UUIDs, duplicates, and a parent that is full. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>

#include "kselftest_harness.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/sysfs.h"

/* No string below is the UUID of a device that a test creates on purpose. */
#define U "5e1f7e57-0000-4000-8000-00000000c0de"

FIXTURE(create)
{
	char uuid[PARENT_PORTS + 1][UUID_SIZE];
	int before;
	int kmsg;
};

FIXTURE_VARIANT(create)
{
	const char *type;
	const char *other;
	int ports;
};

FIXTURE_VARIANT_ADD(create, mtty_1)
{
	.type = "mtty-1",
	.other = "mtty-2",
	.ports = 1,
};

FIXTURE_VARIANT_ADD(create, mtty_2)
{
	.type = "mtty-2",
	.other = "mtty-1",
	.ports = 2,
};

FIXTURE_SETUP(create)
{
	mdev_reap();
	for (size_t i = 0; i < ARRAY_SIZE(self->uuid); i++)
		uuid_random(self->uuid[i]);
	self->before = mdev_available("mtty-1");
	ASSERT_LT(0, self->before) {
		TH_LOG("the parent has no free port: remove some mdevs first");
	}
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
}

FIXTURE_TEARDOWN(create)
{
	for (size_t i = 0; i < ARRAY_SIZE(self->uuid); i++)
		if (mdev_exists(self->uuid[i]))
			EXPECT_EQ(0, __mdev_remove(self->uuid[i]));
	EXPECT_EQ(self->before, mdev_available("mtty-1"));
	/* creating prints a line or two of the kernel's own, but never a trace */
	expect_kmsg_quiet(self->kmsg, KMSG_SPLAT);
	close(self->kmsg);
}

static const struct {
	const char *what;
	const char *bytes;
	size_t len;
} malformed[] = {
#define CASE(_what, _string) { _what, _string, sizeof(_string) - 1 }
	CASE("one character", "5"),
	CASE("newline alone", "\n"),
	CASE("last digit missing", "5e1f7e57-0000-4000-8000-00000000c0d"),
	CASE("last digit missing, newline", "5e1f7e57-0000-4000-8000-00000000c0d\n"),
	CASE("two newlines", U "\n\n"),
	CASE("carriage return and newline", U "\r\n"),
	CASE("one digit too many, newline", U "0\n"),
	CASE("leading space", " " U),
	CASE("leading newline", "\n" U),
	CASE("leading space instead of the last digit", " 5e1f7e57-0000-4000-8000-00000000c0d"),
	CASE("in braces", "{" U "}"),
	CASE("in braces, cut to length", "{5e1f7e57-0000-4000-8000-00000000c0}"),
	CASE("no dashes", "5e1f7e57000040008000000000000c0de"),
	CASE("no dashes, 36 digits", "5e1f7e570000400080000000000000000c0de"),
	CASE("first dash missing", "5e1f7e5700000-4000-8000-00000000c0de"),
	CASE("second dash missing", "5e1f7e57-000004000-8000-00000000c0de"),
	CASE("third dash missing", "5e1f7e57-0000-400008000-00000000c0de"),
	CASE("fourth dash missing", "5e1f7e57-0000-4000-8000000000000c0de"),
	CASE("dash one too early", "5e1f7e5-70000-4000-8000-00000000c0de"),
	CASE("underscores", "5e1f7e57_0000_4000_8000_00000000c0de"),
	CASE("first digit no hex", "ge1f7e57-0000-4000-8000-00000000c0de"),
	CASE("last digit no hex", "5e1f7e57-0000-4000-8000-00000000c0dg"),
	CASE("sign", "-e1f7e57-0000-4000-8000-00000000c0de"),
	CASE("hex prefix", "0x1f7e57-0000-4000-8000-00000000c0de"),
	CASE("fullwidth digit", "\357\274\2251f7e57-0000-4000-8000-00000000c0de"),
	CASE("embedded NUL", "5e1f7e57-0000-\000000-8000-00000000c0de"),
	CASE("NUL first", "\0e1f7e57-0000-4000-8000-00000000c0de"),
	CASE("NUL instead of the last digit", "5e1f7e57-0000-4000-8000-00000000c0d\0"),
	CASE("newline inside", "5e1f7e57-0000\n4000-8000-00000000c0de"),
	CASE("trailing word", U " mtty"),
	CASE("twice", U U),
	CASE("path", "../../../../../../sys/kernel/00000000"),
};

TEST_F(create, malformed_is_refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		EXPECT_ERRNO(EINVAL, mdev_create_raw(variant->type, malformed[i].bytes,
						     malformed[i].len)) {
			TH_LOG("UUID with %s", malformed[i].what);
		}
		EXPECT_EQ(self->before, mdev_available("mtty-1"));
	}
	EXPECT_FALSE(mdev_exists(U));
}

/* 37 bytes are a UUID and a newline, and nothing else. */
TEST_F(create, any_other_37th_byte_is_refused)
{
	static const char last[] = { ' ', '0', '\0', '\r', '\t', '}', 'x', '\377' };
	char bytes[UUID_LEN + 1];

	if (!mdev_core_is_ours())
		SKIP(return, "the kernel's mdev core takes any 37th byte; try MDEV_CORE=own");
	memcpy(bytes, U, UUID_LEN);
	for (size_t i = 0; i < sizeof(last); i++) {
		bytes[UUID_LEN] = last[i];
		EXPECT_ERRNO(EINVAL, mdev_create_raw(variant->type, bytes, sizeof(bytes))) {
			TH_LOG("last byte 0x%02x", (unsigned char)last[i]);
		}
		if (mdev_exists(U))
			__mdev_remove(U);
	}
}

TEST_F(create, empty_write_does_nothing)
{
	EXPECT_EQ(0, mdev_create_raw(variant->type, "", 0));
	EXPECT_EQ(self->before, mdev_available("mtty-1"));
}

TEST_F(create, longer_than_a_page_is_refused)
{
	static char bytes[3 * 4096];

	memset(bytes, '\n', sizeof(bytes));
	memcpy(bytes, U, UUID_LEN);
	EXPECT_ERRNO(EINVAL, mdev_create_raw(variant->type, bytes, sizeof(bytes)));
	EXPECT_FALSE(mdev_exists(U));
}

TEST_F(create, with_and_without_newline)
{
	char line[UUID_SIZE + 1];

	EXPECT_EQ(UUID_LEN, mdev_create_raw(variant->type, self->uuid[0], UUID_LEN));
	EXPECT_TRUE(mdev_exists(self->uuid[0]));
	snprintf(line, sizeof(line), "%s\n", self->uuid[1]);
	if (variant->ports == 2 && self->before < 4)
		SKIP(return, "needs four free ports: remove some mdevs");
	EXPECT_EQ(UUID_LEN + 1, mdev_create_raw(variant->type, line, UUID_LEN + 1));
	EXPECT_TRUE(mdev_exists(self->uuid[1]));
}

TEST_F(create, capital_digits_name_the_same_device)
{
	char upper[UUID_SIZE];

	for (int i = 0; i < UUID_SIZE; i++)
		upper[i] = toupper(self->uuid[0][i]);
	mdev_create(variant->type, upper);
	EXPECT_TRUE(mdev_exists(self->uuid[0]));
	EXPECT_FALSE(mdev_exists(upper));
	EXPECT_ERRNO(EEXIST, __mdev_create(variant->type, self->uuid[0]));
}

TEST_F(create, duplicate_is_refused)
{
	int left;

	mdev_create(variant->type, self->uuid[0]);
	left = mdev_available("mtty-1");
	for (int i = 0; i < 3; i++) {
		EXPECT_ERRNO(EEXIST, __mdev_create(variant->type, self->uuid[0]));
		EXPECT_ERRNO(EEXIST, __mdev_create(variant->other, self->uuid[0]));
	}
	EXPECT_EQ(left, mdev_available("mtty-1"));
	EXPECT_TRUE(mdev_exists(self->uuid[0]));
}

TEST_F(create, uuid_is_free_again_after_remove)
{
	for (int i = 0; i < 5; i++) {
		mdev_create(variant->type, self->uuid[0]);
		mdev_remove(self->uuid[0]);
		EXPECT_FALSE(mdev_exists(self->uuid[0]));
		mdev_create(variant->other, self->uuid[0]);
		mdev_remove(self->uuid[0]);
	}
}

TEST_F(create, full_parent_refuses)
{
	int n = mdev_available(variant->type);

	for (int i = 0; i < n; i++) {
		mdev_create(variant->type, self->uuid[i]);
		EXPECT_EQ(n - i - 1, mdev_available(variant->type));
	}
	EXPECT_ERRNO(ENOSPC, __mdev_create(variant->type, self->uuid[n]));
	EXPECT_FALSE(mdev_exists(self->uuid[n]));
	EXPECT_EQ(0, mdev_available(variant->type));
	/* whoever asks for a UUID that is taken is told so, room or not */
	EXPECT_ERRNO(EEXIST, __mdev_create(variant->type, self->uuid[0]));

	mdev_remove(self->uuid[n - 1]);
	EXPECT_EQ(1, mdev_available(variant->type));
	mdev_create(variant->type, self->uuid[n]);
	EXPECT_EQ(0, mdev_available(variant->type));
}

/* Both types draw on the same ports, so one port left is room for a single port card only. */
TEST_F(create, types_share_the_ports)
{
	int n = 0;

	while (mdev_available("mtty-2") > 0)
		mdev_create("mtty-2", self->uuid[n++]);
	if (mdev_available("mtty-1") == 0) {
		mdev_remove(self->uuid[--n]);
		mdev_create("mtty-1", self->uuid[n++]);
	}
	EXPECT_EQ(1, mdev_available("mtty-1"));
	EXPECT_EQ(0, mdev_available("mtty-2"));
	EXPECT_ERRNO(ENOSPC, __mdev_create("mtty-2", self->uuid[n]));
	EXPECT_EQ(1, mdev_available("mtty-1"));
	mdev_create("mtty-1", self->uuid[n]);
	EXPECT_EQ(0, mdev_available("mtty-1"));
}

TEST_F_TIMEOUT(create, two_hundred_times, 120)
{
	for (int i = 0; i < 200; i++) {
		uuid_random(self->uuid[0]);
		mdev_create(variant->type, self->uuid[0]);
		mdev_remove(self->uuid[0]);
		ASSERT_EQ(self->before, mdev_available("mtty-1"));
	}
}

TEST_HARNESS_MAIN
