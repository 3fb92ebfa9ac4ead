// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at once: devices are created, removed, reserved, opened and used, parents come and go,
 * and somebody tries to unload the module all the time and loads it again when that has worked.
 * What each of them is told hardly matters; what is left in the end, and what the kernel has to
 * say, does.
 *
 * MDEV_SAMPLE_SECONDS says how long (10).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/irq.h"
#include "lib/kmsg.h"
#include "lib/module.h"
#include "lib/parent.h"
#include "lib/vfio.h"

#define UUIDS 12
#define PARENTS 3
#define IOMMU_DIR "/sys/kernel/iommu_groups"

/* Who does what; every third creator reserves as well. */
enum { CREATOR1, CREATOR2, CREATOR3, CREATOR4, USER1, USER2, USER3, PARENT1, UNLOADER, THREADS };

/* Steps taken and steps that have had an effect, each counted by its only thread. */
struct tally {
	unsigned int tried;
	unsigned int done;
};

FIXTURE(all)
{
	char uuid[UUIDS][UUID_SIZE];
	char parent[PARENTS][PARENT_SIZE];
	struct tally tally[THREADS];
	struct crowd crowd;
	char params[MODULE_PARAMS_SIZE];
	double end;
	unsigned int groups;
	unsigned int root;
	int kmsg;
};

static unsigned int entries(const char *path)
{
	struct dirent *e;
	unsigned int n = 0;
	DIR *dir = opendir(path);

	if (!dir)
		return 0;
	while ((e = readdir(dir)))
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

FIXTURE_SETUP(all)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	if (module_missing())
		SKIP_SETUP("%s", module_missing());
	mdev_reap();
	parent_reap();
	for (int i = 0; i < UUIDS; i++)
		uuid_random(self->uuid[i]);
	/* the first is there whenever the module is */
	snprintf(self->parent[0], PARENT_SIZE, "mtty");
	snprintf(self->parent[1], PARENT_SIZE, PARENT_MARK "storm1");
	snprintf(self->parent[2], PARENT_SIZE, PARENT_MARK "storm2");
	module_params(self->params, sizeof(self->params));
	self->groups = entries(IOMMU_DIR);
	self->root = entries("/sys");
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	self->end = seconds_now() + effort("MDEV_SAMPLE_SECONDS", 5);
}

FIXTURE_TEARDOWN(all)
{
	expect_no_complaint(self->kmsg);
	if (module_loaded())
		EXPECT_EQ(0, module_unload());
	EXPECT_EQ(0, module_load(self->params));
}

static const char *pick(struct _test_data_all *self, unsigned int *seed)
{
	return self->uuid[rand_r(seed) % UUIDS];
}

static int create_step(struct _test_data_all *self, unsigned int *seed, bool reserves)
{
	static const char * const type[] = { "mtty-1", "mtty-2", "mtty-4" };
	const char *parent = self->parent[rand_r(seed) % PARENTS];
	const char *uuid = pick(self, seed);

	switch (rand_r(seed) % (reserves ? 6 : 4)) {
	case 0:
	case 1:
		return __parent_create(parent, type[rand_r(seed) % 3], uuid);
	case 2:
	case 3:
		return __mdev_remove(uuid);
	case 4:
		return __parent_write(parent, "reserve", uuid);
	default:
		return __parent_write(parent, "unreserve", uuid);
	}
}

/* A little of everything that a user does with an open device. */
static void use(int fd, unsigned int *seed)
{
	int efd = evt_new();
	__u8 byte = rand_r(seed);
	__u32 val;

	irq_set_fd(fd, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, efd);
	for (int i = rand_r(seed) % 50; i > 0; i--) {
		region_write(fd, rand_r(seed) % 4, rand_r(seed) % 8, &byte, 1);
		region_read(fd, rand_r(seed) % 4, rand_r(seed) % 8, &byte, 1);
		__cfg_read(fd, rand_r(seed) % 64 * 4, 4, &val);
	}
	if (rand_r(seed) % 4 == 0)
		__vfio_reset(fd);
	if (rand_r(seed) % 2)
		usleep(rand_r(seed) % 20000);
	close(efd);
}

static int use_step(struct _test_data_all *self, unsigned int *seed)
{
	enum vfio_via via = rand_r(seed) % 2 ? VIA_CDEV : VIA_GROUP;
	struct vfio_dev vfio;
	int ret;

	if (vfio_via_missing(via))
		via = via == VIA_CDEV ? VIA_GROUP : VIA_CDEV;
	ret = __vfio_open(&vfio, pick(self, seed), via);
	if (!ret)
		use(vfio.fd, seed);
	vfio_close(&vfio);
	return ret;
}

static int parent_step(struct _test_data_all *self, unsigned int *seed)
{
	const char *parent = self->parent[1 + rand_r(seed) % (PARENTS - 1)];

	switch (rand_r(seed) % 8) {
	case 0:
	case 1:
	case 2:
		return __parent_add(parent, 12);
	case 3:
		return __parent_set(parent, "live", "0");
	case 4:
		return __parent_set(parent, "live", "1");
	default:
		/* both must be away now and then, or the module would never be unloaded */
		__parent_rmdir(self->parent[1]);
		return __parent_rmdir(self->parent[2]);
	}
}

static int unload_step(struct _test_data_all *self, unsigned int *seed)
{
	int ret = module_unload();

	usleep(rand_r(seed) % 10000);
	if (ret)
		return ret;
	/* this thread alone loads it */
	if (module_load(""))
		abort();
	/* without it the others have nothing to do */
	usleep(rand_r(seed) % 1000000);
	return 0;
}

static int step(struct _test_data_all *self, unsigned int member, unsigned int *seed)
{
	switch (member) {
	case PARENT1:
		usleep(rand_r(seed) % 20000);
		return parent_step(self, seed);
	case UNLOADER:
		return unload_step(self, seed);
	case USER1:
	case USER2:
	case USER3:
		return use_step(self, seed);
	default:
		return create_step(self, seed, member == CREATOR3);
	}
}

/*
 * A storm in which one of them never gets anywhere proves little: on a machine that is slow it
 * takes longer, a minute at most.
 */
static bool is_over(struct _test_data_all *self)
{
	double now = seconds_now();

	if (now < self->end)
		return false;
	for (int i = 0; i < THREADS; i++)
		if (!__atomic_load_n(&self->tally[i].done, __ATOMIC_RELAXED))
			return now >= self->end + 60;
	return true;
}

static int rage(void *arg, unsigned int member)
{
	struct _test_data_all *self = arg;
	struct tally *tally = &self->tally[member];
	unsigned int seed = member * 7919 + getpid();

	while (!is_over(self)) {
		tally->tried++;
		tally->done += step(self, member, &seed) == 0;
		/* whoever finds nothing to do lets those run who may change that */
		usleep(100);
	}
	return 0;
}

TEST_F_TIMEOUT(all, ends_clean, LONG_SECONDS)
{
	static const char * const who[THREADS] = {
		"creator", "creator", "creator", "creator", "user", "user", "user",
		"parents", "unloader",
	};

	ASSERT_EQ(0, crowd_start(&self->crowd, THREADS, rage, self));
	crowd_round(&self->crowd);
	crowd_end(&self->crowd);
	for (int i = 0; i < THREADS; i++) {
		TH_LOG("%s: %u of %u", who[i], self->tally[i].done, self->tally[i].tried);
		EXPECT_LT(0, self->tally[i].done);
	}

	/* what is left can be taken away as ever, and then nothing is left */
	__parent_rmdir(self->parent[1]);
	__parent_rmdir(self->parent[2]);
	ASSERT_EQ(0, module_unload());
	EXPECT_EQ(0, entries(CLASS_DIR));
	EXPECT_EQ(0, entries(MDEV_DIR));
	EXPECT_GE(self->groups, entries(IOMMU_DIR));
	/* where a link goes whose folder is not there yet */
	EXPECT_EQ(self->root, entries("/sys"));
	EXPECT_FALSE(module_loaded());
	if (mdev_core_is_ours())
		EXPECT_FALSE(sysfs_exists("/sys/bus/mdev"));

	ASSERT_EQ(0, module_load(""));
	for (int i = 0; i < UUIDS; i++) {
		EXPECT_EQ(0, __mdev_create("mtty-2", self->uuid[i]));
		EXPECT_EQ(0, __mdev_remove(self->uuid[i]));
	}
}

TEST_HARNESS_MAIN
