// SPDX-License-Identifier: GPL-2.0-only
/*
 * The descriptor of a data transfer against the end of all that it belongs to: reset, close,
 * removal of the device and of the parent, unloading of the module, from threads.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/mig.h"
#include "lib/module.h"
#include "lib/parent.h"
#include "lib/vfio.h"

#define STATE(_name) VFIO_DEVICE_STATE_##_name
#define PARENT	PARENT_MARK "race"
#define USERS	3

FIXTURE(race)
{
	char uuid[UUID_SIZE];
	struct vfio_dev vfio;
	/* the data fd of the moment; members poke it whatever it is */
	int data_fd;
	struct crowd crowd;
	int kmsg;
};

FIXTURE_VARIANT(race)
{
	enum vfio_via via;
};

FIXTURE_VARIANT_ADD(race, group) { .via = VIA_GROUP };
FIXTURE_VARIANT_ADD(race, cdev) { .via = VIA_CDEV };

FIXTURE_SETUP(race)
{
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	if (vfio_via_missing(variant->via))
		SKIP_SETUP("%s", vfio_via_missing(variant->via));
	mdev_reap();
	parent_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	parent_add(PARENT, 4);
	uuid_random(self->uuid);
	parent_create(PARENT, "mtty-2", self->uuid);
	vfio_open(&self->vfio, self->uuid, variant->via);
	self->data_fd = -1;
}

FIXTURE_TEARDOWN(race)
{
	vfio_close(&self->vfio);
	__parent_rmdir(PARENT);
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

/* Every call on the descriptor of the moment; what each says is its own affair. */
static int poke(void *arg, unsigned int member)
{
	struct _test_data_race *self = arg;
	int fd = __atomic_load_n(&self->data_fd, __ATOMIC_RELAXED);
	struct vfio_precopy_info info;
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };
	char buf[300];

	if (read(fd, buf, sizeof(buf)) < 0)
		errno = 0;
	if (write(fd, buf, member + 1) < 0)
		errno = 0;
	mig_precopy(fd, &info);
	poll(&pfd, 1, 0);
	return 0;
}

static int poll_hangs_up(int fd)
{
	struct pollfd pfd = { .fd = fd };

	return poll(&pfd, 1, 0) == 1 ? pfd.revents & POLLHUP : 0;
}

static void *poke_on(void *arg)
{
	struct crowd_member *member = arg;

	while (!__atomic_load_n(&member->crowd->stop, __ATOMIC_RELAXED))
		poke(member->crowd->arg, member->index);
	return NULL;
}

static int users_start(struct _test_data_race *self)
{
	struct crowd *crowd = &self->crowd;

	crowd->stop = false;
	crowd->arg = self;
	for (unsigned int i = 0; i < USERS; i++) {
		crowd->member[i] = (struct crowd_member){ .crowd = crowd, .index = i };
		if (pthread_create(&crowd->member[i].thread, NULL, poke_on, &crowd->member[i]))
			return -EAGAIN;
	}
	return 0;
}

static void users_stop(struct _test_data_race *self)
{
	__atomic_store_n(&self->crowd.stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < USERS; i++)
		pthread_join(self->crowd.member[i].thread, NULL);
}

/* A data transfer of some sort; which, the round decides. */
static int begin(struct _test_data_race *self, unsigned int round)
{
	static const __u32 kinds[] = { STATE(STOP_COPY), STATE(RESUMING), STATE(PRE_COPY) };
	__u32 kind = kinds[round % 3];
	int fd = -1;

	if (kind == STATE(PRE_COPY) && !(mig_flags(self->vfio.fd) & VFIO_MIGRATION_PRE_COPY))
		kind = STATE(STOP_COPY);
	if (__mig_set(self->vfio.fd, kind, &fd)) {
		__vfio_reset(self->vfio.fd);
		__mig_set(self->vfio.fd, kind, &fd);
	}
	__atomic_store_n(&self->data_fd, fd, __ATOMIC_RELAXED);
	return fd;
}

static void end(struct _test_data_race *self)
{
	int fd = self->data_fd;

	__atomic_store_n(&self->data_fd, -1, __ATOMIC_RELAXED);
	close(fd);
}

TEST_F_TIMEOUT(race, states_and_reset, 120)
{
	long rounds = effort("RACE_ROUNDS", 500);

	ASSERT_EQ(0, users_start(self));
	for (long i = 0; i < rounds; i++) {
		ASSERT_LE(0, begin(self, i));
		if (i % 2)
			__mig_set(self->vfio.fd, STATE(RUNNING), NULL);
		else
			EXPECT_EQ(0, __vfio_reset(self->vfio.fd));
		end(self);
	}
	users_stop(self);
	EXPECT_EQ(0, __vfio_reset(self->vfio.fd));
	EXPECT_EQ(STATE(RUNNING), mig_get(self->vfio.fd));
}

TEST_F_TIMEOUT(race, close_of_the_device, 120)
{
	long rounds = effort("RACE_ROUNDS", 500) / 5;

	ASSERT_EQ(0, users_start(self));
	for (long i = 0; i < rounds; i++) {
		ASSERT_LE(0, begin(self, i));
		vfio_close(&self->vfio);
		vfio_open(&self->vfio, self->uuid, variant->via);
		EXPECT_EQ(STATE(RUNNING), mig_get(self->vfio.fd));
		end(self);
	}
	users_stop(self);
}

TEST_F_TIMEOUT(race, removal_of_the_device, 120)
{
	long rounds = effort("RACE_ROUNDS", 500) / 20;

	ASSERT_EQ(0, users_start(self));
	for (long i = 0; i < rounds; i++) {
		ASSERT_LE(0, begin(self, i));
		vfio_close(&self->vfio);
		EXPECT_EQ(0, __mdev_remove(self->uuid));
		/* the descriptor is still there, and leads nowhere */
		usleep(1000);
		EXPECT_LT(0, poll_hangs_up(self->data_fd));
		uuid_random(self->uuid);
		parent_create(PARENT, "mtty-2", self->uuid);
		vfio_open(&self->vfio, self->uuid, variant->via);
		end(self);
	}
	users_stop(self);
}

TEST_F_TIMEOUT(race, removal_of_the_parent, 120)
{
	long rounds = effort("RACE_ROUNDS", 500) / 50;

	ASSERT_EQ(0, users_start(self));
	for (long i = 0; i < rounds; i++) {
		ASSERT_LE(0, begin(self, i));
		vfio_close(&self->vfio);
		EXPECT_EQ(0, __parent_rmdir(PARENT));
		usleep(1000);
		parent_add(PARENT, 4);
		uuid_random(self->uuid);
		parent_create(PARENT, "mtty-2", self->uuid);
		vfio_open(&self->vfio, self->uuid, variant->via);
		end(self);
	}
	users_stop(self);
}

/* A descriptor without its device keeps the module's code, and nothing else. */
TEST_F(race, unloading)
{
	char params[MODULE_PARAMS_SIZE];

	if (module_missing())
		SKIP(return, "%s", module_missing());
	module_params(params, sizeof(params));
	ASSERT_LE(0, begin(self, 0));
	ASSERT_EQ(0, users_start(self));
	vfio_close(&self->vfio);
	EXPECT_EQ(0, __parent_rmdir(PARENT));
	EXPECT_GT(0, module_unload());
	users_stop(self);
	end(self);
	ASSERT_EQ(0, module_unload());
	ASSERT_EQ(0, module_load(params));
}

TEST_HARNESS_MAIN
