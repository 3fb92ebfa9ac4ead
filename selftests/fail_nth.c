// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every single failure of an allocation, or of a copy from or to user memory, while something is
 * made: the kernel fails the first, then, in the next attempt, the second, and so on until an
 * attempt needs fewer than that. After each, nothing is left, and the same without a failure works.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/inject.h"
#include "lib/irq.h"
#include "lib/kmsg.h"
#include "lib/module.h"
#include "lib/parent.h"
#include "lib/vfio.h"

#define PARENT PARENT_MARK "fail"
/* Twenty characters or more: configfs allocates the names of such items. */
#define LONG_NAME PARENT_MARK "a-name-that-is-allocated"
#define TYPE "mtty-2"
#define PORTS 4
#define MOST 2000

FIXTURE(fail)
{
	char uuid[UUID_SIZE];
	char params[MODULE_PARAMS_SIZE];
	struct vfio_dev vfio;
	int efd;
	int kmsg;
};

FIXTURE_SETUP(fail)
{
	self->vfio = (struct vfio_dev){ -1, -1, -1, -1 };
	if (parent_missing())
		SKIP_SETUP("%s", parent_missing());
	if (inject_setup())
		SKIP_SETUP("needs FAILSLAB and FAULT_INJECTION_DEBUG_FS: use scripts/uml's kernel");
	/* 7.2: VFIO warns of its own doing, a group that could not be added being released */
	if (inject_spare("vfio_create_group"))
		SKIP_SETUP("needs FAULT_INJECTION_STACKTRACE_FILTER: use scripts/uml's kernel");
	mdev_reap();
	parent_reap();
	__parent_rmdir(LONG_NAME);
	self->efd = evt_new();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	uuid_random(self->uuid);
	parent_add(PARENT, PORTS);
}

FIXTURE_TEARDOWN(fail)
{
	char line[1024];
	const char *msg;

	vfio_close(&self->vfio);
	__parent_rmdir(PARENT);
	close(self->efd);
	/* the driver core tells of failures that root provokes; only traces are too much */
	while ((msg = kmsg_next(self->kmsg, KMSG_SPLAT, line, sizeof(line))))
		EXPECT_STREQ("", msg);
}

typedef int (*fail_fn)(struct _test_data_fail *self);

struct fail_op {
	/* what is tried: 0 or -errno */
	fail_fn run;
	/* undoes it after success */
	fail_fn undo;
	/* whether everything is as before run */
	fail_fn clean;
	/* cleans up after a failure what its caller has to, as close() does; may be NULL */
	fail_fn give_up;
	/* one more way to say no, or 0 */
	int error;
};

static bool errno_fits(const struct fail_op *op, int ret)
{
	return ret == -ENOMEM || ret == -EFAULT || ret == -ENOSPC || ret == -EAGAIN ||
	       ret == -E2BIG || ret == op->error;
}

static void sweep(struct __test_metadata *_metadata, struct _test_data_fail *self,
		  const struct fail_op *op)
{
	unsigned int nth, refused = 0, survived = 0;
	int fd = inject_open();

	ASSERT_LE(0, fd);
	for (nth = 1; nth < MOST; nth++) {
		bool struck;
		int ret;

		inject_nth(nth);
		ret = op->run(self);
		struck = inject_struck(fd);
		if (ret && op->give_up)
			op->give_up(self);
		if (!struck)
			ASSERT_EQ(0, ret);
		if (ret) {
			refused++;
			EXPECT_TRUE(errno_fits(op, ret)) {
				TH_LOG("failure %u: %s", nth, strerror(-ret));
			}
			ASSERT_EQ(0, op->clean(self))
				TH_LOG("after failure %u: %s", nth, strerror(-ret));
			ASSERT_EQ(0, op->run(self))
				TH_LOG("after failure %u: %s", nth, strerror(-ret));
		} else if (struck) {
			survived++;
		}
		ASSERT_EQ(0, op->undo(self)) {
			TH_LOG("after failure %u", nth);
		}
		ASSERT_EQ(0, op->clean(self)) {
			TH_LOG("after failure %u", nth);
		}
		if (!struck)
			break;
	}
	close(fd);
	EXPECT_GT(MOST, nth);
	EXPECT_LT(0, refused);
	TH_LOG("%u failures: %u refused, %u got over", nth - 1, refused, survived);
}

static int run_create(struct _test_data_fail *self)
{
	return __parent_create(PARENT, TYPE, self->uuid);
}

static int undo_create(struct _test_data_fail *self)
{
	return __mdev_remove(self->uuid);
}

static int clean_create(struct _test_data_fail *self)
{
	if (mdev_exists(self->uuid))
		return -EEXIST;
	return parent_available(PARENT, "mtty-1") == PORTS ? 0 : -ENOSPC;
}

TEST_F_TIMEOUT(fail, create, LONG_SECONDS)
{
	static const struct fail_op op = { run_create, undo_create, clean_create, NULL, 0 };

	sweep(_metadata, self, &op);
}

/*
 * A UUID that was reserved by hand is so again. The kernel's own mdev core can fail after it has
 * bound the driver, and then asks for a removal like any other, which ends the reservation.
 */
static int clean_reserved(struct _test_data_fail *self)
{
	char buf[64];
	int ret = 0;

	if (sysfs_read(CLASS_DIR "/" PARENT "/reserved", buf, sizeof(buf)) != UUID_LEN)
		ret = mdev_core_is_ours() ? -ENOENT :
					    __parent_write(PARENT, "reserve", self->uuid);
	return ret ? ret : clean_create(self);
}

static int undo_create_reserved(struct _test_data_fail *self)
{
	int ret = __mdev_remove(self->uuid);

	return ret ? ret : __parent_write(PARENT, "reserve", self->uuid);
}

TEST_F_TIMEOUT(fail, create_reserved, LONG_SECONDS)
{
	static const struct fail_op op = {
		run_create, undo_create_reserved, clean_reserved, NULL, 0
	};

	ASSERT_EQ(0, __parent_write(PARENT, "reserve", self->uuid));
	sweep(_metadata, self, &op);
}

static int run_reserve(struct _test_data_fail *self)
{
	return __parent_write(PARENT, "reserve", self->uuid);
}

static int undo_reserve(struct _test_data_fail *self)
{
	return __parent_write(PARENT, "unreserve", self->uuid);
}

static int clean_reserve(struct _test_data_fail *self)
{
	return undo_reserve(self) == -ENOENT ? 0 : -EEXIST;
}

TEST_F_TIMEOUT(fail, reserve, LONG_SECONDS)
{
	static const struct fail_op op = { run_reserve, undo_reserve, clean_reserve, NULL, 0 };

	sweep(_metadata, self, &op);
}

/* Backwards: the removal fails, or has happened; never in between. */
static int still_there(struct _test_data_fail *self)
{
	return mdev_exists(self->uuid) ? 0 : -ENOENT;
}

TEST_F_TIMEOUT(fail, remove, LONG_SECONDS)
{
	static const struct fail_op op = { undo_create, run_create, still_there, NULL, 0 };

	ASSERT_EQ(0, run_create(self));
	sweep(_metadata, self, &op);
}

static int run_open_group(struct _test_data_fail *self)
{
	return __vfio_open(&self->vfio, self->uuid, VIA_GROUP);
}

static int run_open_cdev(struct _test_data_fail *self)
{
	return __vfio_open(&self->vfio, self->uuid, VIA_CDEV);
}

static int undo_open(struct _test_data_fail *self)
{
	vfio_close(&self->vfio);
	return 0;
}

TEST_F_TIMEOUT(fail, open_group, LONG_SECONDS)
{
	/* that of the failures in the kernel's iommufd when it is built for its own tests */
	static const struct fail_op op = {
		run_open_group, undo_open, still_there, undo_open, -ENOENT
	};

	if (vfio_via_missing(VIA_GROUP))
		SKIP(return, "%s", vfio_via_missing(VIA_GROUP));
	parent_create(PARENT, TYPE, self->uuid);
	sweep(_metadata, self, &op);
}

TEST_F_TIMEOUT(fail, open_cdev, LONG_SECONDS)
{
	static const struct fail_op op = {
		run_open_cdev, undo_open, still_there, undo_open, -ENOENT
	};

	if (vfio_via_missing(VIA_CDEV))
		SKIP(return, "%s", vfio_via_missing(VIA_CDEV));
	parent_create(PARENT, TYPE, self->uuid);
	sweep(_metadata, self, &op);
}

static int run_set_irqs(struct _test_data_fail *self)
{
	return irq_set_fd(self->vfio.fd, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
			  self->efd);
}

static int undo_set_irqs(struct _test_data_fail *self)
{
	return irq_set_none(self->vfio.fd, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
			    0, 0);
}

TEST_F_TIMEOUT(fail, set_irqs, LONG_SECONDS)
{
	static const struct fail_op op = { run_set_irqs, undo_set_irqs, still_there, NULL, 0 };
	enum vfio_via via = vfio_via_missing(VIA_GROUP) ? VIA_CDEV : VIA_GROUP;

	if (vfio_via_missing(via))
		SKIP(return, "%s", vfio_via_missing(via));
	parent_create(PARENT, TYPE, self->uuid);
	vfio_open(&self->vfio, self->uuid, via);
	sweep(_metadata, self, &op);
}

static int run_live(struct _test_data_fail *self)
{
	return __parent_set(PARENT, "live", "1");
}

static int undo_live(struct _test_data_fail *self)
{
	return __parent_set(PARENT, "live", "0");
}

static int clean_live(struct _test_data_fail *self)
{
	return parent_exists(PARENT) ? -EEXIST : 0;
}

TEST_F_TIMEOUT(fail, parent_live, LONG_SECONDS)
{
	static const struct fail_op op = { run_live, undo_live, clean_live, NULL, 0 };

	ASSERT_EQ(0, undo_live(self));
	sweep(_metadata, self, &op);
}

static int reserve_always(void *uuid)
{
	/* a test that fails ends without a look at its children */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		__parent_write(PARENT, "reserve", uuid);
	return 0;
}

/* What was reserved while the parent was half there is free again: another parent can have it. */
static int clean_live_reserved(struct _test_data_fail *self)
{
	int ret = clean_live(self);

	if (!ret)
		ret = __parent_write("mtty", "reserve", self->uuid);
	if (!ret)
		ret = __parent_write("mtty", "unreserve", self->uuid);
	return ret;
}

TEST_F_TIMEOUT(fail, parent_live_reserved, LONG_SECONDS)
{
	static const struct fail_op op = { run_live, undo_live, clean_live_reserved, NULL, 0 };
	struct child child;

	ASSERT_EQ(0, undo_live(self));
	ASSERT_EQ(0, child_start(&child, reserve_always, self->uuid));
	sweep(_metadata, self, &op);
	kill(child.pid, SIGKILL);
	child_wait(&child, CHILD_SOON_MS);
}

/* Setting the ports of a folder looks at its name. */
static int run_mkdir(struct _test_data_fail *self)
{
	int ret = __parent_mkdir(LONG_NAME);

	if (!ret)
		ret = __parent_set(LONG_NAME, "ports", "5");
	if (ret)
		__parent_rmdir(LONG_NAME);
	return ret;
}

static int undo_mkdir(struct _test_data_fail *self)
{
	return __parent_rmdir(LONG_NAME);
}

static int clean_mkdir(struct _test_data_fail *self)
{
	return sysfs_exists(CONFIGFS_DIR "/" LONG_NAME) ? -EEXIST : 0;
}

TEST_F_TIMEOUT(fail, parent_mkdir, LONG_SECONDS)
{
	static const struct fail_op op = { run_mkdir, undo_mkdir, clean_mkdir, NULL, 0 };

	sweep(_metadata, self, &op);
}

static int run_load(struct _test_data_fail *self)
{
	return module_load("parents=mtty,mtty1");
}

static int undo_load(struct _test_data_fail *self)
{
	return module_unload();
}

static int clean_load(struct _test_data_fail *self)
{
	if (module_loaded() || sysfs_exists(CLASS_DIR) || sysfs_exists(CONFIGFS_DIR))
		return -EEXIST;
	if (mdev_core_is_ours() && sysfs_exists("/sys/bus/mdev"))
		return -EEXIST;
	return 0;
}

TEST_F_TIMEOUT(fail, module_load, LONG_SECONDS)
{
	/* the driver core's word if there is no memory for the module's folder of drivers */
	static const struct fail_op op = { run_load, undo_load, clean_load, NULL, -EINVAL };

	if (module_missing())
		SKIP(return, "%s", module_missing());
	module_params(self->params, sizeof(self->params));
	/* what the kernel does with any module before that is its own affair; it warns of some */
	ASSERT_EQ(0, inject_only("do_init_module"));
	parent_rmdir(PARENT);
	if (module_unload())
		SKIP(return, "something uses the module: let go of its devices and parents");
	sweep(_metadata, self, &op);
	ASSERT_EQ(0, module_load(self->params));
}

TEST_HARNESS_MAIN
