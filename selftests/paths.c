// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path table: what it counts, when a path comes and goes, that no lookup waits for the
 * namespace, and its parameters. The module is unloaded for each test, and loaded with the
 * parameters that it had in the end.
 */
#include <errno.h>
#include <stdio.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/child.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/module.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define INTERVAL 1
#define PARAMS "parents=mtty ports=24 path_gc_interval=1 "
#define HOLD_FILE "/sys/kernel/debug/mdev_sample/hold_namespace_ms"
#define HOLD_MS 4000

FIXTURE(paths)
{
	char params[MODULE_PARAMS_SIZE];
	char uuid[2][UUID_SIZE];
	struct vfio_dev dev[2];
	int kmsg;
};

FIXTURE_SETUP(paths)
{
	if (module_missing())
		SKIP_SETUP("%s", module_missing());
	if (backend_missing())
		SKIP_SETUP("%s", backend_missing());
	mdev_reap();
	module_params(self->params, sizeof(self->params));
	if (module_unload())
		SKIP_SETUP("something uses the module: let go of its devices and parents");
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
}

FIXTURE_TEARDOWN(paths)
{
	mdev_reap();
	if (module_loaded())
		EXPECT_EQ(0, module_unload());
	expect_no_complaint(self->kmsg);
	EXPECT_EQ(0, module_load(self->params));
	close(self->kmsg);
}

static int make_pair(char uuid[2][UUID_SIZE], struct vfio_dev *dev)
{
	int ret = 0;

	for (int i = 0; !ret && i < 2; i++) {
		uuid_random(uuid[i]);
		ret = __mdev_create("mtty-1", uuid[i]);
	}
	if (!ret)
		ret = port_set_peer(uuid[0], 0, uuid[1], 0);
	for (int i = 0; !ret && i < 2; i++) {
		ret = __vfio_open(&dev[i], uuid[i], VIA_GROUP);
		if (!ret)
			ret = __uart_setup(dev[i].fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	}
	return ret;
}

static int carry(struct vfio_dev *dev)
{
	__u8 c = 0;
	int ret = __uart_send(dev[0].fd, 0, "x", 1);

	if (!ret && (region_read(dev[1].fd, 0, UART_RX, &c, 1) != 1 || c != 'x'))
		ret = -EBADMSG;
	return ret;
}

#define load_pair(_params) do {					\
	ASSERT_EQ(0, module_load(PARAMS _params));		\
	ASSERT_EQ(0, make_pair(self->uuid, self->dev));		\
} while (0)
#define close_both() do {		\
	vfio_close(&self->dev[0]);	\
	vfio_close(&self->dev[1]);	\
} while (0)

/* Waits until there are so many paths. */
static double until_paths(unsigned int n, double seconds)
{
	double start = seconds_now();
	struct path_stats stats;

	do {
		if (!__path_stats(&stats) && stats.paths == n)
			return seconds_now() - start;
		usleep(20000);
	} while (seconds_now() < start + seconds);
	return -1;
}

TEST_F(paths, hits_and_misses)
{
	struct path_stats before, after;

	load_pair("");
	before = path_stats();
	EXPECT_EQ(2, before.paths);
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(0, carry(self->dev));
	after = path_stats();
	EXPECT_EQ(before.hits + 100, after.hits);
	EXPECT_EQ(before.misses, after.misses);
	/* an absent partner is asked for each time, and leaves no path */
	vfio_close(&self->dev[1]);
	mdev_remove(self->uuid[1]);
	before = path_stats();
	EXPECT_EQ(1, before.paths);
	ASSERT_EQ(0, __uart_send(self->dev[0].fd, 0, "xyz", 3));
	after = path_stats();
	EXPECT_EQ(before.misses + 3, after.misses);
	EXPECT_EQ(before.hits, after.hits);
	EXPECT_EQ(1, after.paths);
	vfio_close(&self->dev[0]);
	mdev_remove(self->uuid[0]);
	EXPECT_EQ(0, path_stats().paths);
	EXPECT_EQ(0, path_stats().collected);
}

TEST_F(paths, unused_ones_are_collected)
{
	struct path_stats before;
	double took;

	load_pair("");
	before = path_stats();
	took = until_paths(0, 20);
	EXPECT_LE(INTERVAL, took);
	EXPECT_EQ(before.collected + 2, path_stats().collected);
	/* the cable is still there */
	EXPECT_EQ(0, carry(self->dev));
	EXPECT_EQ(1, path_stats().paths);
	EXPECT_EQ(before.misses + 1, path_stats().misses);
	/* one that is used stays */
	for (int i = 0; i < 40; i++) {
		ASSERT_EQ(0, carry(self->dev));
		usleep(100000);
	}
	EXPECT_EQ(before.misses + 1, path_stats().misses);
	EXPECT_EQ(before.collected + 2, path_stats().collected);
	EXPECT_LT(0, until_paths(0, 20));
	close_both();
}

TEST_F(paths, one_bucket)
{
	char uuid[8][2][UUID_SIZE];
	struct vfio_dev dev[8][2];

	/* nothing is to be dropped as idle, however slow the machine */
	ASSERT_EQ(0, module_load(PARAMS "path_buckets=1 path_gc_interval=300"));
	for (int i = 0; i < 8; i++)
		ASSERT_EQ(0, make_pair(uuid[i], dev[i]));
	EXPECT_EQ(16, path_stats().paths);
	for (int i = 0; i < 80; i++)
		ASSERT_EQ(0, carry(dev[i % 8]));
	for (int i = 0; i < 8; i++) {
		vfio_close(&dev[i][0]);
		vfio_close(&dev[i][1]);
		mdev_remove(uuid[i][0]);
		mdev_remove(uuid[i][1]);
		EXPECT_EQ(16 - 2 * (i + 1), path_stats().paths);
	}
}

static int hold_namespace(void *arg)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", HOLD_MS);
	return sysfs_write(HOLD_FILE, text, strlen(text)) < 0 ? EIO : 0;
}

static int create_one(void *uuid)
{
	return -__mdev_create("mtty-1", uuid);
}

/* Neither one that finds a path nor one that has to ask the namespace. */
TEST_F(paths, lookups_do_without_the_mutex)
{
	struct path_stats before, after;
	struct child holder, creator;
	char uuid[UUID_SIZE];
	double start, took;

	load_pair("");
	uuid_random(uuid);
	ASSERT_LT(0, until_paths(0, 20));
	start = seconds_now();
	ASSERT_EQ(0, child_start(&holder, hold_namespace, NULL));
	usleep(500000);
	before = path_stats();
	ASSERT_EQ(0, child_start(&creator, create_one, uuid));
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(0, carry(self->dev));
	took = seconds_now() - start;
	after = path_stats();
	EXPECT_EQ(before.misses + 1, after.misses);
	EXPECT_EQ(before.hits + 99, after.hits);
	/* the mutex has been held all the time: who needs it is still waiting */
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&creator, 0));
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&holder, 0));
	EXPECT_GT(HOLD_MS / 1000.0, took);
	EXPECT_EQ(0, child_wait(&holder, CHILD_SOON_MS));
	EXPECT_EQ(0, child_wait(&creator, CHILD_SOON_MS));
	close_both();
}

TEST_F(paths, parameters)
{
	static const struct {
		const char *params, *word;
	} bad[] = {
		{ "path_buckets=0", "path_buckets=0" },
		{ "path_buckets=1048577", "path_buckets=1048577" },
		{ "path_gc_interval=0", "path_gc_interval=0" },
		{ "path_gc_interval=86401", "path_gc_interval=86401" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, module_load(bad[i].params));
		expect_one_line(self->kmsg, bad[i].word);
		EXPECT_FALSE(module_loaded());
	}
	EXPECT_EQ(0, module_load("path_buckets=1048576 path_gc_interval=86400"));
}

TEST_HARNESS_MAIN
