// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many null modems: what a byte costs when all of them carry some, beside what it costs when one
 * does.
 *
 * MDEV_SAMPLE_PAIRS says how many (500).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/parent.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define PARENT PARENT_MARK "many"
#define LIMIT 1.2
/*
 * What else the machine does spoils the caches that many pairs need, by up to half here. Without
 * MDEV_SAMPLE_QUIET=1, by which one says that it does nothing, only a cost that grows with the
 * number of pairs is a failure.
 */
#define BUSY_LIMIT 2.0
#define TRIES 5
#define BLOCKS 21

struct pair {
	char uuid[2][UUID_SIZE];
	struct vfio_dev dev[2];
};

FIXTURE(many)
{
	int nr;
	struct pair *pair;
	int kmsg;
};

static int pair_make(struct pair *pair)
{
	int ret = 0;

	for (int i = 0; !ret && i < 2; i++) {
		uuid_random(pair->uuid[i]);
		ret = __parent_create(PARENT, "mtty-1", pair->uuid[i]);
	}
	if (!ret)
		ret = port_set_peer(pair->uuid[0], 0, pair->uuid[1], 0);
	for (int i = 0; !ret && i < 2; i++) {
		ret = __vfio_open(&pair->dev[i], pair->uuid[i], VIA_GROUP);
		if (!ret)
			ret = __uart_setup(pair->dev[i].fd, 0, 1, UART_LCR_WLEN8,
					   UART_FCR_ENABLE_FIFO);
	}
	return ret;
}

FIXTURE_SETUP(many)
{
	struct rlimit files = { 16384, 16384 };

	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	if (backend_missing())
		SKIP_SETUP("%s", backend_missing());
	mdev_reap();
	parent_reap();
	self->nr = effort("MDEV_SAMPLE_PAIRS", 500);
	self->pair = calloc(self->nr, sizeof(*self->pair));
	ASSERT_NE(NULL, self->pair);
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	setrlimit(RLIMIT_NOFILE, &files);
	parent_add(PARENT, 2 * self->nr);
	for (int i = 0; i < self->nr; i++)
		ASSERT_EQ(0, pair_make(&self->pair[i]));
}

FIXTURE_TEARDOWN(many)
{
	for (int i = 0; i < self->nr; i++) {
		vfio_close(&self->pair[i].dev[0]);
		vfio_close(&self->pair[i].dev[1]);
	}
	EXPECT_EQ(0, __parent_rmdir(PARENT));
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

/* A byte there, and one back. */
static int carry(struct pair *pair)
{
	__u8 c;

	for (int i = 0; i < 2; i++) {
		if (__uart_send(pair->dev[i].fd, 0, "x", 1))
			return -EIO;
		if (region_read(pair->dev[!i].fd, 0, UART_RX, &c, 1) != 1 || c != 'x')
			return -EBADMSG;
	}
	return 0;
}

static double block(struct pair *pair, int nr, int bytes, int *ret)
{
	double start = seconds_now();

	for (int i = 0; !*ret && i < bytes; i++)
		*ret = carry(&pair[i % nr]);
	return (seconds_now() - start) / bytes / 2;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *v, int n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}

TEST_F_TIMEOUT(many, cost_of_a_byte, 900)
{
	double limit = effort("MDEV_SAMPLE_QUIET", 0) ? LIMIT : BUSY_LIMIT;
	double one[BLOCKS], all[BLOCKS], ratio[TRIES];
	struct path_stats before, after;
	int ret = 0;

	/* making them all may have taken so long that the first paths were dropped as idle */
	block(self->pair, self->nr, self->nr, &ret);
	ASSERT_EQ(0, ret);
	before = path_stats();
	EXPECT_EQ(2 * self->nr, before.paths);
	for (int try = 0; try < TRIES; try++) {
		for (int i = 0; i < BLOCKS; i++) {
			one[i] = block(self->pair, 1, self->nr, &ret);
			all[i] = block(self->pair, self->nr, self->nr, &ret);
		}
		ASSERT_EQ(0, ret);
		ratio[try] = median(all, BLOCKS) / median(one, BLOCKS);
		TH_LOG("a byte through one pair %.2f us, through %d pairs in turn %.2f us: %.2f",
		       1e6 * one[BLOCKS / 2], self->nr, 1e6 * all[BLOCKS / 2], ratio[try]);
	}
	/* one try that a busy machine spoils decides nothing, nor does one lucky try */
	EXPECT_GE(limit, median(ratio, TRIES));
	/* all of them were found in the table */
	after = path_stats();
	EXPECT_EQ(before.misses, after.misses);
	EXPECT_LT(before.hits, after.hits);
}

TEST_HARNESS_MAIN
