// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many devices: what the last ones cost beside the first, in time and in memory; and whether two
 * processors create faster than one.
 *
 * MDEV_SAMPLE_DEVICES says how many (1000). The kernel's mdev core walks a list of all devices for
 * each new one, and VFIO before 6.2 one of all groups: there the same figures are shown, but the
 * limit is not for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/parent.h"

#define A PARENT_MARK "scale-a"
#define B PARENT_MARK "scale-b"
/* Both ends that are compared. */
#define END 100
#define LIMIT 1.2
#define TRIES 5
#define REFUSE_SECONDS 1
#define PAIRS 100

FIXTURE(scale)
{
	int nr;
	char (*uuid)[UUID_SIZE];
	/* files to create with, of A and of B */
	int create[2];
	struct crowd crowd;
	int kmsg;
};

static int open_create(const char *parent)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), CLASS_DIR "/%s/mdev_supported_types/mtty-1/create", parent);
	return open(path, O_WRONLY | O_CLOEXEC);
}

FIXTURE_SETUP(scale)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	mdev_reap();
	parent_reap();
	self->nr = effort("MDEV_SAMPLE_DEVICES", 1000);
	self->uuid = calloc(self->nr, sizeof(*self->uuid));
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	for (int i = 0; i < self->nr; i++)
		uuid_random(self->uuid[i]);
	parent_add(A, self->nr);
	parent_add(B, self->nr);
	self->create[0] = open_create(A);
	self->create[1] = open_create(B);
	ASSERT_LE(0, self->create[0]);
	ASSERT_LE(0, self->create[1]);
}

FIXTURE_TEARDOWN(scale)
{
	close(self->create[0]);
	close(self->create[1]);
	expect_no_complaint(self->kmsg);
	EXPECT_EQ(0, __parent_rmdir(A));
	EXPECT_EQ(0, __parent_rmdir(B));
}

static int create(int fd, const char *uuid)
{
	return pwrite(fd, uuid, UUID_LEN, 0) == UUID_LEN ? 0 : -errno;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(const double *values, int n)
{
	double sorted[n];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*values), compare);
	return sorted[n / 2];
}

static long kib_of(const char *what)
{
	char line[128];
	long kib = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, what, strlen(what)))
			kib = atol(line + strlen(what));
	if (f)
		fclose(f);
	return kib;
}

static bool vfio_walks_groups(void)
{
	struct utsname uts;
	int major, minor;

	uname(&uts);
	return sscanf(uts.release, "%d.%d", &major, &minor) == 2 && major == 6 && minor < 2;
}

static int create_some(struct _test_data_scale *self, int from, int n, double *us)
{
	for (int i = 0; i < n; i++) {
		double start = seconds_now();
		int ret = create(self->create[0], self->uuid[from + i]);

		if (ret)
			return ret;
		us[i] = (seconds_now() - start) * 1e6;
	}
	return 0;
}

/*
 * Microseconds for each of END more devices. The machine's other work makes some tries slow, and
 * none fast: the best of them counts. The last try's devices stay.
 */
static double create_cost(struct __test_metadata *_metadata, struct _test_data_scale *self,
			  int from)
{
	double best = 1e9, us[END];

	for (int try = 0; try < TRIES; try++) {
		double cost;

		ASSERT_EQ(0, create_some(self, from, END, us));
		cost = median(us, END);
		if (cost < best)
			best = cost;
		for (int i = 0; i < END && try < TRIES - 1; i++)
			mdev_remove(self->uuid[from + i]);
	}
	return best;
}

/*
 * Of a UUID that is taken: this is no more than the mdev core's own share of a creation. A few
 * microseconds each, so the best of a whole second: long enough that a busy neighbour leaves the
 * machine alone for some of them.
 */
static double refuse_cost(struct __test_metadata *_metadata, struct _test_data_scale *self)
{
	double best = 1e9, end = seconds_now() + REFUSE_SECONDS, start;

	for (int i = 0; (start = seconds_now()) < end; i++) {
		ASSERT_EQ(-EEXIST, create(self->create[1], self->uuid[i % END]));
		start = (seconds_now() - start) * 1e6;
		if (start < best)
			best = start;
	}
	return best;
}

TEST_F_TIMEOUT(scale, last_ones_cost_as_much_as_first, LONG_SECONDS)
{
	long slab = kib_of("Slab:"), used = -kib_of("MemAvailable:");
	double create[2], refuse[2], us[END];

	if (self->nr < 3 * END)
		SKIP(return, "needs %d devices: set MDEV_SAMPLE_DEVICES", 3 * END);
	create[0] = create_cost(_metadata, self, 0);
	refuse[0] = refuse_cost(_metadata, self);
	for (int n = END; n < self->nr - END; n++)
		ASSERT_EQ(0, create_some(self, n, 1, us));
	create[1] = create_cost(_metadata, self, self->nr - END);
	refuse[1] = refuse_cost(_metadata, self);
	slab = kib_of("Slab:") - slab;
	used = -kib_of("MemAvailable:") - used;
	EXPECT_EQ(0, parent_available(A, "mtty-1"));

	TH_LOG("create: first %d %.0f us each, last %d of %d %.0f us: %.2f times", END, create[0],
	       END, self->nr, create[1], create[1] / create[0]);
	TH_LOG("refuse one that is there: %.1f us, %.1f us: %.2f times", refuse[0], refuse[1],
	       refuse[1] / refuse[0]);
	TH_LOG("memory per device: %.1f KiB, of which slab %.1f KiB", (double)used / self->nr,
	       (double)slab / self->nr);
	if (mdev_core_is_ours())
		EXPECT_GE(LIMIT, refuse[1] / refuse[0]);
	if (mdev_core_is_ours() && !vfio_walks_groups())
		EXPECT_GE(LIMIT, create[1] / create[0]);
}

static int create_share(struct _test_data_scale *self, unsigned int parent, unsigned int member)
{
	for (int i = 0; i < PAIRS; i++) {
		int ret = create(self->create[parent], self->uuid[member * PAIRS + i]);

		if (ret)
			return ret;
	}
	return 0;
}

static int create_on_same(void *arg, unsigned int member)
{
	return create_share(arg, 0, member);
}

static int create_on_different(void *arg, unsigned int member)
{
	return create_share(arg, member, member);
}

/* Devices per second. */
static double create_rate(struct __test_metadata *_metadata, struct _test_data_scale *self,
			  unsigned int threads, crowd_fn fn)
{
	double start;

	ASSERT_EQ(0, crowd_start(&self->crowd, threads, fn, self));
	start = seconds_now();
	crowd_round(&self->crowd);
	start = seconds_now() - start;
	EXPECT_EQ(threads, crowd_count(&self->crowd, 0));
	crowd_end(&self->crowd);
	for (unsigned int i = 0; i < threads * PAIRS; i++)
		mdev_remove(self->uuid[i]);
	return threads * PAIRS / start;
}

static double best(double a, double b)
{
	return a > b ? a : b;
}

TEST_F_TIMEOUT(scale, two_processors, LONG_SECONDS)
{
	double one = 0, same = 0, different = 0;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "needs two processors");
	if (self->nr < 2 * PAIRS)
		SKIP(return, "needs %d devices: set MDEV_SAMPLE_DEVICES", 2 * PAIRS);
	for (int i = 0; i < TRIES; i++) {
		one = best(one, create_rate(_metadata, self, 1, create_on_same));
		same = best(same, create_rate(_metadata, self, 2, create_on_same));
		different = best(different, create_rate(_metadata, self, 2, create_on_different));
	}
	TH_LOG("one thread %.0f/s, two on one parent %.0f/s (%.2f), on two %.0f/s (%.2f)", one,
	       same, same / one, different, different / one);
}

TEST_HARNESS_MAIN
