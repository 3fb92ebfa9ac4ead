// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many devices: what the last ones cost beside the first, in time and in memory; and whether one
 * creation waits for another.
 *
 * MDEV_SAMPLE_DEVICES says how many (1000). The kernel's mdev core walks a list of all devices for
 * each new one, and VFIO before 6.2 one of all groups: there the same figures are shown, but the
 * limit is not for them. Nor is it where there are more than a thousand: VFIO registers a device
 * below each, in a folder for its class, and the driver core (get_device_parent()) walks a list of
 * all of those, 30 ns for each where this was written. What is ours, to find out whether a UUID is
 * taken, has the limit wherever our mdev core is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
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
/* More of them show the driver core's walk. */
#define FOLDERS 1000
#define TRIES 5
#define REFUSALS 5000
/* As long as a UUID. */
#define MALFORMED "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
#define HOLD "3000"
#define HOLD_SECONDS 3.0
/* At least three times what one takes. */
#define DEVICE_BYTES 65536UL

/**
 * struct cost - what something costs
 * @us: microseconds, the median
 * @floors: in units of a call that is refused at once, made next to it
 */
struct cost {
	double us;
	double floors;
};

FIXTURE(scale)
{
	int nr;
	char (*uuid)[UUID_SIZE];
	/* to create with, of A, of B, of A again: one open file takes one write at a time */
	int create[3];
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
	self->create[2] = open_create(A);
	for (int i = 0; i < ARRAY_SIZE(self->create); i++)
		ASSERT_LE(0, self->create[i]);
}

FIXTURE_TEARDOWN(scale)
{
	for (int i = 0; i < ARRAY_SIZE(self->create); i++)
		close(self->create[i]);
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

/* Microseconds that it takes to create a device of this UUID, or to fail with this error. */
static double timed_create(int fd, const char *uuid, int *ret)
{
	double start = seconds_now();

	*ret = create(fd, uuid);
	return (seconds_now() - start) * 1e6;
}

/*
 * What the same way into the kernel and back takes, and nothing else: by this a slow module is told
 * from a machine that has other things to do just then.
 */
static double floor_cost(int fd)
{
	int ret;
	double us = timed_create(fd, MALFORMED, &ret);

	return ret == -EINVAL ? us : 1e9;
}

static int create_some(struct _test_data_scale *self, int from, int n, double *us, double *floor)
{
	int ret = 0;

	for (int i = 0; i < n && !ret; i++) {
		us[i] = timed_create(self->create[0], self->uuid[from + i], &ret);
		floor[i] = floor_cost(self->create[0]);
	}
	return ret;
}

/* For each of END devices, which may be there: the median of some tries. The last one's stay. */
static struct cost create_cost(struct __test_metadata *_metadata, struct _test_data_scale *self,
			       int from)
{
	double us[END], floor[END], all_us[TRIES], all_floors[TRIES];
	struct cost cost;

	for (int try = 0; try < TRIES; try++) {
		for (int i = 0; i < END; i++)
			__mdev_remove(self->uuid[from + i]);
		ASSERT_EQ(0, create_some(self, from, END, us, floor));
		all_us[try] = median(us, END);
		all_floors[try] = all_us[try] / median(floor, END);
	}
	cost.us = median(all_us, TRIES);
	cost.floors = median(all_floors, TRIES);
	return cost;
}

/* Of a UUID that is taken: this is no more than the mdev core's own share of a creation. */
static struct cost refuse_cost(struct __test_metadata *_metadata, struct _test_data_scale *self)
{
	double us[REFUSALS], floor[REFUSALS];
	struct cost cost;
	int ret;

	for (int i = 0; i < REFUSALS; i++) {
		us[i] = timed_create(self->create[1], self->uuid[i % END], &ret);
		ASSERT_EQ(-EEXIST, ret);
		floor[i] = floor_cost(self->create[1]);
	}
	cost.us = median(us, REFUSALS);
	cost.floors = cost.us / median(floor, REFUSALS);
	return cost;
}

/*
 * How many times the first one the second cost is. A busy neighbour raises it in microseconds, and
 * a long creation, which leaves the caches cold, lowers it in floors: what is dear is so in both.
 */
static double growth(const struct cost cost[2])
{
	double us = cost[1].us / cost[0].us;
	double floors = cost[1].floors / cost[0].floors;

	return us < floors ? us : floors;
}

/*
 * What a machine in a machine uses for the first time its host must find first: 50 us for a page
 * where this was written, and the last devices' memory is newer than the first ones'.
 */
static void use_memory(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	memset(p, 1, bytes);
	munmap(p, bytes);
}

TEST_F_TIMEOUT(scale, last_ones_cost_as_much_as_first, LONG_SECONDS)
{
	long slab, used;
	struct cost create[2], refuse[2];
	double us, floor;

	if (self->nr < 3 * END)
		SKIP(return, "needs %d devices: set MDEV_SAMPLE_DEVICES", 3 * END);
	use_memory(self->nr * DEVICE_BYTES);
	slab = kib_of("Slab:");
	used = -kib_of("MemAvailable:");
	create[0] = create_cost(_metadata, self, 0);
	refuse[0] = refuse_cost(_metadata, self);
	for (int n = END; n < self->nr - END; n++)
		ASSERT_EQ(0, create_some(self, n, 1, &us, &floor));
	create[1] = create_cost(_metadata, self, self->nr - END);
	refuse[1] = refuse_cost(_metadata, self);
	slab = kib_of("Slab:") - slab;
	used = -kib_of("MemAvailable:") - used;
	EXPECT_EQ(0, parent_available(A, "mtty-1"));

	TH_LOG("create: first %d %.0f us each, last %d of %d %.0f us: %.2f times", END,
	       create[0].us, END, self->nr, create[1].us, growth(create));
	TH_LOG("refuse one that is there: %.1f us, %.1f us: %.2f times", refuse[0].us,
	       refuse[1].us, growth(refuse));
	TH_LOG("memory per device: %.1f KiB, of which slab %.1f KiB", (double)used / self->nr,
	       (double)slab / self->nr);
	if (mdev_core_is_ours())
		EXPECT_GE(LIMIT, growth(refuse));
	if (mdev_core_is_ours() && !vfio_walks_groups() && self->nr <= FOLDERS)
		EXPECT_GE(LIMIT, growth(create));
}

static int create_first(void *arg, unsigned int member)
{
	struct _test_data_scale *self = arg;

	return create(self->create[member ? 2 : 0], self->uuid[member]);
}

static int create_first_of_two(void *arg, unsigned int member)
{
	struct _test_data_scale *self = arg;

	return create(self->create[member], self->uuid[member]);
}

/*
 * Each creation is held up in its middle: two that wait for each other take twice as long, on any
 * number of processors.
 */
TEST_F_TIMEOUT(scale, creations_do_not_wait_for_each_other, LONG_SECONDS)
{
	static const crowd_fn fns[] = { create_first, create_first_of_two };

	if (!sysfs_exists(DEBUG_DIR))
		SKIP(return, NO_DEBUGFS);
	for (unsigned int i = 0; i < 2; i++) {
		double start;

		ASSERT_LT(0, debug_set("hold_create_ms", HOLD));
		ASSERT_EQ(0, crowd_start(&self->crowd, 2, fns[i], self));
		start = seconds_now();
		crowd_round(&self->crowd);
		start = seconds_now() - start;
		EXPECT_EQ(2, crowd_count(&self->crowd, 0));
		crowd_end(&self->crowd);
		ASSERT_LT(0, debug_set("hold_create_ms", "0"));
		EXPECT_LE(HOLD_SECONDS, start);
		EXPECT_GT(2 * HOLD_SECONDS, start);
		mdev_remove(self->uuid[0]);
		mdev_remove(self->uuid[1]);
	}
}

TEST_HARNESS_MAIN
