// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many devices: what the last ones cost beside the first, in time and in memory; and whether two
 * processors create faster than one.
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
#define AGAIN 4
#define REFUSALS 5000
/* As long as a UUID. */
#define MALFORMED "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
#define PAIRS 100
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

static void keep_cheaper(struct cost *best, struct cost cost)
{
	best->us = cost.us < best->us ? cost.us : best->us;
	best->floors = cost.floors < best->floors ? cost.floors : best->floors;
}

/* For each of END devices, which may be there. The last try's devices stay. */
static struct cost create_cost(struct __test_metadata *_metadata, struct _test_data_scale *self,
			       int from)
{
	struct cost best = { 1e9, 1e9 }, cost;
	double us[END], floor[END];

	for (int try = 0; try < TRIES; try++) {
		for (int i = 0; i < END; i++)
			__mdev_remove(self->uuid[from + i]);
		ASSERT_EQ(0, create_some(self, from, END, us, floor));
		cost.us = median(us, END);
		cost.floors = cost.us / median(floor, END);
		keep_cheaper(&best, cost);
	}
	return best;
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
	/* a machine that was busy just then is not so each time */
	for (int i = 0; i < AGAIN && growth(create) > LIMIT; i++)
		keep_cheaper(&create[1], create_cost(_metadata, self, self->nr - END));
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
