// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port's attributes: what they show, what they take, and which errno refuses what. A refused
 * setting stays as it was.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/parent.h"
#include "lib/vfio.h"

#define NR 3
#define A (self->uuid[0])
#define B (self->uuid[1])
#define C (self->uuid[2])

FIXTURE(attrs)
{
	char uuid[NR][UUID_SIZE];
	int kmsg;
};

FIXTURE_SETUP(attrs)
{
	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	for (int i = 0; i < NR; i++) {
		uuid_random(self->uuid[i]);
		mdev_create("mtty-2", self->uuid[i]);
	}
}

FIXTURE_TEARDOWN(attrs)
{
	for (int i = 0; i < NR; i++)
		if (mdev_exists(self->uuid[i]))
			EXPECT_EQ(0, __mdev_remove(self->uuid[i]));
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

#define expect_backend(_uuid, _port, _text) \
	EXPECT_STREQ(_text, port_get(_uuid, _port, "backend"))
#define expect_partner(_uuid, _port, _text) \
	EXPECT_STREQ(_text, port_get(_uuid, _port, "partner"))

TEST_F(attrs, defaults)
{
	for (unsigned int port = 0; port < 2; port++) {
		expect_backend(A, port, "loopback");
		EXPECT_STREQ("", port_get(A, port, "tty"));
		EXPECT_STREQ("", port_get(A, port, "partner"));
		EXPECT_STREQ("0", port_get(A, port, "pace"));
		EXPECT_STREQ("1", port_get(A, port, "hangup"));
		EXPECT_STREQ("10", port_get(A, port, "stall"));
		EXPECT_STREQ("tx 0 rx 0 overruns 0 breaks 0 dropped 0 interrupts 0",
			     port_get(A, port, "stats"));
	}
	EXPECT_STREQ(strerror(ENOENT), port_get(A, 2, "backend"));
}

TEST_F(attrs, malformed)
{
	static const char * const texts[] = {
		"\n", "loop", "loopback\n\n", " loopback", "loopback ", "LOOPBACK", "hosts",
		"host 1", "peer", "peer ", "peer x", "peer\n", "ttyMS0",
	};
	static const char * const tails[] = {
		"0", ":", ":x", ":-1", ":+1", ":0x1", ":1x", ":1:1", ": 1", " 1", "::1", ":1\n\n",
	};
	char text[128];

	ASSERT_EQ(0, port_set(A, 0, "backend", "host\n"));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		EXPECT_ERRNO(EINVAL, port_set(A, 0, "backend", texts[i])) {
			TH_LOG("'%s'", texts[i]);
		}
	}
	for (int i = 1; i < UUID_LEN; i += 7) {
		snprintf(text, sizeof(text), "peer %.*s", i, B);
		EXPECT_ERRNO(EINVAL, port_set(A, 0, "backend", text));
	}
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		snprintf(text, sizeof(text), "peer %s%s", B, tails[i]);
		EXPECT_ERRNO(EINVAL, port_set(A, 0, "backend", text)) {
			TH_LOG("'%s'", text);
		}
	}
	expect_backend(A, 0, "host");
}

TEST_F(attrs, values)
{
	EXPECT_EQ(0, port_set(A, 1, "backend", "loopback"));
	EXPECT_EQ(0, port_set(A, 1, "backend", "loopback\n"));
	EXPECT_EQ(0, port_set_peer(A, 1, B, -1));
	expect_backend(A, 1, peer_text(B, 0));
	EXPECT_EQ(0, port_set_peer(A, 1, B, 1));
	expect_backend(A, 1, peer_text(B, 1));
	expect_partner(A, 1, partner_text(B, 1));
	expect_partner(B, 0, "");
	/* the other end of the cable, whose own setting is another one */
	expect_partner(B, 1, partner_text(A, 1));
	expect_backend(B, 1, "loopback");
	EXPECT_EQ(0, port_set(A, 1, "backend", "host"));
	expect_backend(A, 1, "host");
	expect_partner(A, 1, "");
	expect_partner(B, 1, "");
	EXPECT_EQ(0, port_set(A, 1, "backend", "loopback"));
	expect_backend(A, 1, "loopback");
}

TEST_F(attrs, peers_that_cannot_be)
{
	char unknown[UUID_SIZE], text[BACKEND_SIZE];

	EXPECT_ERRNO(ERANGE, port_set_peer(A, 0, B, 2));
	snprintf(text, sizeof(text), "peer %s:99999999999", B);
	EXPECT_ERRNO(ERANGE, port_set(A, 0, "backend", text));
	/* no card to come can have it */
	uuid_random(unknown);
	EXPECT_ERRNO(ERANGE, port_set_peer(A, 0, unknown, 4));
	EXPECT_ERRNO(ELOOP, port_set_peer(A, 0, A, 0));
	expect_backend(A, 0, "loopback");
	/* two ports of one card are two ports */
	EXPECT_EQ(0, port_set_peer(A, 0, A, 1));
	expect_partner(A, 1, partner_text(A, 0));
}

/* A cable whose other end is plugged into nothing yet. */
TEST_F(attrs, a_peer_to_come)
{
	mdev_remove(B);
	ASSERT_EQ(0, port_set_peer(A, 0, B, 3));
	expect_backend(A, 0, peer_text(B, 3));
	expect_partner(A, 0, partner_text(B, 3));
	EXPECT_EQ(0, port_set_peer(A, 0, B, -1));
	expect_backend(A, 0, peer_text(B, 0));
	/* the port is taken before it is there */
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(C, 0, B, 0));
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(A, 1, B, 0));
	EXPECT_EQ(0, port_set_peer(C, 0, B, 1));
	mdev_create("mtty-2", B);
	expect_backend(B, 0, "loopback");
	expect_partner(B, 0, partner_text(A, 0));
	expect_partner(B, 1, partner_text(C, 0));
	/* a device that comes with another setting gets the error on its own write */
	EXPECT_ERRNO(EADDRINUSE, port_set(B, 0, "backend", "host"));
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(B, 0, C, 0));
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(B, 0, C, 1));
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(B, 0, B, 1));
	EXPECT_EQ(0, port_set(B, 0, "backend", "loopback"));
	EXPECT_EQ(0, port_set_peer(B, 0, A, 0));
	EXPECT_EQ(0, port_set(A, 0, "backend", "loopback"));
	expect_partner(A, 0, partner_text(B, 0));
	/* one that never comes */
	mdev_remove(B);
	expect_partner(A, 0, "");
	expect_partner(C, 0, partner_text(B, 1));
	EXPECT_EQ(0, port_set(C, 0, "backend", "loopback"));
	EXPECT_EQ(0, port_set_peer(A, 0, B, 1));
}

/* --- what running devices show makes the same devices again, in any order --- */

#define NR_PORTS 2
#define DUMP_MAX 8

/* A file that can be written, and what it shows. */
struct setting {
	char name[32];
	char value[BACKEND_SIZE];
};

struct dump {
	unsigned int nr;
	struct setting setting[NR_PORTS][DUMP_MAX];
};

static int dump_port(const char *uuid, unsigned int port, struct setting *setting)
{
	char path[PATH_MAX], name[32];
	struct dirent *e;
	struct stat st;
	int nr = 0;
	DIR *dir;

	snprintf(name, sizeof(name), "port%u", port);
	mdev_path(path, sizeof(path), uuid, name);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((e = readdir(dir))) {
		if (fstatat(dirfd(dir), e->d_name, &st, 0) || !S_ISREG(st.st_mode) ||
		    (st.st_mode & 0600) != 0600 || nr == DUMP_MAX)
			continue;
		snprintf(setting[nr].name, sizeof(setting[nr].name), "%.31s", e->d_name);
		snprintf(setting[nr].value, sizeof(setting[nr].value), "%.63s",
			 port_get(uuid, port, e->d_name));
		nr++;
	}
	closedir(dir);
	return nr;
}

static int dump_device(const char *uuid, struct dump *dump)
{
	int nr = 0;

	memset(dump, 0, sizeof(*dump));
	for (unsigned int port = 0; port < NR_PORTS; port++) {
		nr = dump_port(uuid, port, dump->setting[port]);
		if (nr <= 0)
			return nr ? nr : -ENOENT;
		dump->nr = nr;
	}
	return 0;
}

/* Makes a device as mdevctl does: all at once, or nothing. */
static int start_device(const char *uuid, const struct dump *dump)
{
	int ret = __mdev_create("mtty-2", uuid);

	for (unsigned int port = 0; port < NR_PORTS; port++)
		for (unsigned int i = 0; !ret && i < dump->nr; i++)
			ret = port_set(uuid, port, dump->setting[port][i].name,
				       dump->setting[port][i].value);
	return ret;
}

static const unsigned int orders[][NR] = {
	{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
};

/* All devices go, and come again as they were. */
static int restart(struct _test_data_attrs *self, const struct dump *dump, const unsigned int *stop,
		   const unsigned int *start)
{
	struct dump again;
	int ret = 0;

	for (int i = 0; !ret && i < NR; i++)
		ret = __mdev_remove(self->uuid[stop[i]]);
	for (int i = 0; !ret && i < NR; i++)
		ret = start_device(self->uuid[start[i]], &dump[start[i]]);
	for (int i = 0; !ret && i < NR; i++) {
		ret = dump_device(self->uuid[i], &again);
		if (!ret && memcmp(&dump[i], &again, sizeof(again)))
			ret = -EBADMSG;
	}
	return ret;
}

#define expect_any_order() do {						\
	struct dump __dump[NR];						\
									\
	for (int __i = 0; __i < NR; __i++)				\
		ASSERT_EQ(0, dump_device(self->uuid[__i], &__dump[__i])); \
	for (size_t __o = 0; __o < ARRAY_SIZE(orders); __o++) {		\
		ASSERT_EQ(0, restart(self, __dump, orders[5 - __o], orders[__o])) { \
			TH_LOG("order %zu", __o);			\
		}							\
	}								\
} while (0)

TEST_F_TIMEOUT(attrs, a_dump_of_what_runs_can_be_started, 120)
{
	ASSERT_EQ(0, port_set_peer(A, 0, B, 1));
	ASSERT_EQ(0, port_set_peer(C, 1, B, 0));
	ASSERT_EQ(0, port_set(A, 1, "backend", "host"));
	ASSERT_EQ(0, port_set(A, 1, "hangup", "0"));
	ASSERT_EQ(0, port_set(C, 0, "pace", "1"));
	expect_any_order();
	expect_partner(B, 0, partner_text(C, 1));
	expect_partner(B, 1, partner_text(A, 0));
	expect_partner(C, 0, "");
	EXPECT_STREQ("0", port_get(A, 1, "hangup"));
	EXPECT_STREQ("1", port_get(C, 0, "pace"));
	/* and where each names the other, or a port of its own */
	ASSERT_EQ(0, port_set_peer(B, 1, A, 0));
	ASSERT_EQ(0, port_set(A, 1, "backend", "loopback"));
	ASSERT_EQ(0, port_set(C, 1, "backend", "loopback"));
	ASSERT_EQ(0, port_set_peer(C, 0, C, 1));
	expect_any_order();
	expect_partner(C, 1, partner_text(C, 0));
}

TEST_F(attrs, a_port_has_one_partner)
{
	ASSERT_EQ(0, port_set_peer(A, 0, B, 0));
	/* somebody's already */
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(C, 0, B, 0));
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(C, 0, A, 0));
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(B, 0, C, 0));
	EXPECT_ERRNO(EADDRINUSE, port_set(B, 0, "backend", "host"));
	expect_partner(B, 0, partner_text(A, 0));
	expect_backend(B, 0, "loopback");
	/* each may name the other */
	EXPECT_EQ(0, port_set_peer(B, 0, A, 0));
	EXPECT_EQ(0, port_set(A, 0, "backend", "loopback"));
	expect_partner(A, 0, partner_text(B, 0));
	expect_backend(A, 0, "loopback");
	EXPECT_EQ(0, port_set(B, 0, "backend", "loopback"));
	expect_partner(A, 0, "");
	EXPECT_EQ(0, port_set_peer(C, 0, B, 0));
	/* one that leads to a tty leads there */
	EXPECT_EQ(0, port_set(A, 0, "backend", "host"));
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(B, 1, A, 0));
	expect_backend(B, 1, "loopback");
}

TEST_F(attrs, a_claim_goes_with_its_device_only)
{
	ASSERT_EQ(0, port_set_peer(A, 0, B, 0));
	mdev_remove(B);
	expect_backend(A, 0, peer_text(B, 0));
	mdev_create("mtty-1", B);
	expect_partner(B, 0, partner_text(A, 0));
	mdev_remove(A);
	expect_partner(B, 0, "");
	EXPECT_EQ(0, port_set_peer(C, 0, B, 0));
}

TEST_F(attrs, busy_while_open)
{
	struct vfio_dev dev;

	ASSERT_EQ(0, port_set_peer(A, 0, B, 0));
	vfio_open(&dev, A, VIA_GROUP);
	EXPECT_ERRNO(EBUSY, port_set(A, 0, "backend", "loopback"));
	EXPECT_ERRNO(EBUSY, port_set(A, 1, "backend", "host"));
	EXPECT_ERRNO(EBUSY, port_set_peer(A, 1, B, 1));
	EXPECT_ERRNO(EBUSY, port_set(A, 0, "pace", "1"));
	EXPECT_ERRNO(EBUSY, port_set(A, 0, "stall", "1"));
	EXPECT_ERRNO(EINVAL, port_set(A, 0, "backend", "nowhere"));
	expect_backend(A, 0, peer_text(B, 0));
	expect_backend(A, 1, "loopback");
	/* others may claim it meanwhile */
	EXPECT_EQ(0, port_set_peer(C, 1, A, 1));
	vfio_close(&dev);
	EXPECT_EQ(0, port_set(A, 0, "backend", "loopback"));
	EXPECT_EQ(0, port_set(A, 0, "pace", "1"));
}

TEST_F(attrs, pace)
{
	static const char * const good[] = { "1", "0", "y", "n", "on", "off", "1\n" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, port_set(A, 0, "pace", good[i]));
		EXPECT_STREQ(i % 2 ? "0" : "1", port_get(A, 0, "pace"));
	}
	EXPECT_ERRNO(EINVAL, port_set(A, 0, "pace", "2"));
	EXPECT_ERRNO(EINVAL, port_set(A, 0, "pace", "quick"));
	EXPECT_STREQ("1", port_get(A, 0, "pace"));
	EXPECT_STREQ("0", port_get(A, 1, "pace"));
}

TEST_F(attrs, stall)
{
	static const char * const good[] = { "1", "86400", "0", "60\n" };
	static const char * const bad[] = {
		"\n", "-1", "86401", "4294967297", "99999999999999999999", "1s", "1.5", "never",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, port_set(A, 0, "stall", good[i]));
		EXPECT_EQ(atoi(good[i]), atoi(port_get(A, 0, "stall")));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, port_set(A, 0, "stall", bad[i])) {
			TH_LOG("'%s'", bad[i]);
		}
	}
	EXPECT_STREQ("60", port_get(A, 0, "stall"));
	EXPECT_STREQ("10", port_get(A, 1, "stall"));
}

TEST_F(attrs, tty)
{
	char first[BACKEND_SIZE], path[BACKEND_SIZE + 8];

	ASSERT_EQ(0, port_set(A, 0, "backend", "host"));
	snprintf(first, sizeof(first), "%s", port_get(A, 0, "tty"));
	EXPECT_EQ(0, strncmp(first, "ttyMS", 5));
	snprintf(path, sizeof(path), "/dev/%s", first);
	EXPECT_TRUE(sysfs_exists(path));
	EXPECT_EQ(0, port_set(A, 0, "backend", "host"));
	EXPECT_STREQ(first, port_get(A, 0, "tty"));
	ASSERT_EQ(0, port_set(A, 1, "backend", "host"));
	EXPECT_STRNE(first, port_get(A, 1, "tty"));
	EXPECT_EQ(0, port_set(A, 0, "backend", "loopback"));
	EXPECT_STREQ("", port_get(A, 0, "tty"));
	EXPECT_FALSE(sysfs_exists(path));
	/* its number is free again */
	ASSERT_EQ(0, port_set(B, 0, "backend", "host"));
	EXPECT_STREQ(first, port_get(B, 0, "tty"));
	mdev_remove(B);
	EXPECT_FALSE(sysfs_exists(path));
}

/* The driver has a fixed number of ttys. */
TEST_F_TIMEOUT(attrs, ttys_used_up, 300)
{
	const unsigned int ttys = 1024, ports = 4;
	char (*uuid)[UUID_SIZE] = calloc(ttys / ports, UUID_SIZE);
	const char *name = PARENT_MARK "ttys";

	if (parent_missing())
		SKIP(return, "%s", parent_missing());
	ASSERT_NE(NULL, uuid);
	parent_reap();
	parent_add(name, ttys);
	for (unsigned int i = 0; i < ttys / ports; i++) {
		uuid_random(uuid[i]);
		parent_create(name, "mtty-4", uuid[i]);
		for (unsigned int port = 0; port < ports; port++)
			ASSERT_EQ(0, port_set(uuid[i], port, "backend", "host"));
	}
	EXPECT_ERRNO(ENOSPC, port_set(A, 0, "backend", "host"));
	expect_backend(A, 0, "loopback");
	ASSERT_EQ(0, port_set(uuid[7], 3, "backend", "loopback"));
	EXPECT_EQ(0, port_set(A, 0, "backend", "host"));
	EXPECT_ERRNO(ENOSPC, port_set(A, 1, "backend", "host"));
	parent_rmdir(name);
	EXPECT_EQ(0, port_set(A, 1, "backend", "host"));
	free(uuid);
}

TEST_HARNESS_MAIN
