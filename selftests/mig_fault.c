// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory that never comes: a copy to or from it waits, and with it nothing but its own caller.
 * Opening, closing, resetting, migrating and removing this and other devices of the parent go on.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "kselftest_harness.h"
#include "lib/child.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/memory.h"
#include "lib/mig.h"
#include "lib/stall.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define STATE(_name) VFIO_DEVICE_STATE_##_name

/* How much a copy is to copy: less than a state, and all of it on the page. */
#define PIECE 16

/* What waits for the page. */
enum copy {
	COPY_STREAM_OUT,	/* a read of the stream */
	COPY_STREAM_IN,		/* a write of the stream */
	COPY_CONFIG_OUT,	/* a read of configuration space */
	COPY_CONFIG_IN,		/* a write of configuration space */
	COPY_IRQS,		/* the argument of an ioctl */
};

/* A device with a copy under way that waits for a page, and the name of another device. */
struct stalled {
	char uuid[UUID_SIZE];
	char other[UUID_SIZE];
	struct vfio_dev vfio;
	int data_fd;
	enum copy copy;
	/* where the device is to go */
	__u32 next;
	/* a state of the device's */
	char state[MIG_STATE_MAX];
	ssize_t len;
	struct stall stall;
	struct call call;
	int kmsg;
};

struct job {
	enum copy copy;
	int fd;
	int data_fd;
	char *page;
};

static ssize_t do_copy(const struct job *job)
{
	const off_t config = REGION_START(VFIO_PCI_CONFIG_REGION_INDEX);
	ssize_t ret;

	switch (job->copy) {
	case COPY_STREAM_OUT:
		ret = read(job->data_fd, job->page, PIECE);
		break;
	case COPY_STREAM_IN:
		ret = write(job->data_fd, job->page, PIECE);
		break;
	case COPY_CONFIG_OUT:
		ret = pread(job->fd, job->page, PIECE, config);
		break;
	case COPY_CONFIG_IN:
		ret = pwrite(job->fd, job->page, PIECE, config);
		break;
	default:
		ret = ioctl(job->fd, VFIO_DEVICE_SET_IRQS, job->page);
		break;
	}
	return ret < 0 ? -errno : ret;
}

static ssize_t copy_main(void *arg)
{
	struct job job = *(struct job *)arg;

	free(arg);
	return do_copy(&job);
}

static int begin_copy(struct stalled *s)
{
	struct job *job = malloc(sizeof(*job));
	int ret;

	*job = (struct job){ s->copy, s->vfio.fd, s->data_fd, s->stall.page };
	ret = call_begin(&s->call, copy_main, job);
	return ret ? ret : stall_wait(&s->stall, STALL_SOON_MS);
}

/* The page comes; what the copy that waited for it says. */
static ssize_t end_copy(struct stalled *s)
{
	stall_release(&s->stall);
	return call_end(&s->call, STALL_SOON_MS);
}

static const char *stalled_missing(void)
{
	return stall_missing() ? stall_missing() : vfio_via_missing(VIA_GROUP);
}

static int stalled_open(struct stalled *s)
{
	int ret;

	mdev_reap();
	uuid_random(s->uuid);
	uuid_random(s->other);
	s->data_fd = -1;
	s->kmsg = kmsg_open();
	if (s->kmsg < 0)
		return -EIO;
	ret = __mdev_create("mtty-2", s->uuid);
	if (!ret)
		ret = __vfio_open(&s->vfio, s->uuid, VIA_GROUP);
	if (ret)
		return ret;
	s->len = mig_save(s->vfio.fd, s->state, sizeof(s->state));
	if (s->len < PIECE)
		return -EIO;
	return __mig_set(s->vfio.fd, STATE(RUNNING), NULL);
}

static int stalled_begin(struct stalled *s, enum copy copy)
{
	int ret = stall_begin(&s->stall);

	s->copy = copy;
	return ret ? ret : begin_copy(s);
}

static void stalled_end(struct stalled *s)
{
	stall_release(&s->stall);
	stall_end(&s->stall);
	close(s->data_fd);
	vfio_close(&s->vfio);
	if (mdev_exists(s->other))
		__mdev_remove(s->other);
	if (mdev_exists(s->uuid))
		__mdev_remove(s->uuid);
}

/* A call that must not wait for the page; if it does, the page comes so that the test can end. */
static ssize_t soon(ssize_t (*fn)(void *arg), struct stalled *s)
{
	struct call call;
	ssize_t ret = call_begin(&call, fn, s);

	if (ret)
		return ret;
	ret = call_end(&call, STALL_SOON_MS);
	if (ret == -ETIMEDOUT) {
		end_copy(s);
		call_end(&call, STALL_SOON_MS);
	}
	return ret;
}

#define expect_soon(_want, _fn, _s) EXPECT_EQ(_want, soon(_fn, _s))

static ssize_t other_lives(void *arg)
{
	struct stalled *s = arg;
	struct vfio_dev vfio;
	int ret;

	ret = __mdev_create("mtty-1", s->other);
	if (ret)
		return ret;
	ret = __vfio_open(&vfio, s->other, VIA_GROUP);
	vfio_close(&vfio);
	return ret ? ret : __mdev_remove(s->other);
}

static ssize_t answers(void *arg)
{
	struct stalled *s = arg;
	unsigned int size[VFIO_PCI_NUM_REGIONS];
	__u64 left;
	__u32 val;
	int ret;

	ret = mig_get(s->vfio.fd);
	if (ret >= 0)
		ret = mig_data_size(s->vfio.fd, &left);
	if (!ret)
		ret = __vfio_region_sizes(s->vfio.fd, size);
	if (!ret)
		ret = __cfg_read(s->vfio.fd, PCI_VENDOR_ID, 2, &val);
	return ret;
}

static ssize_t reset(void *arg)
{
	struct stalled *s = arg;

	return __vfio_reset(s->vfio.fd);
}

/* Not the copy that waits since the fixture's setup: that would take the test with it. */
static ssize_t copy_in_child(void *page, void *arg)
{
	struct stalled *s = arg;

	return do_copy(&(struct job){ s->copy, s->vfio.fd, s->data_fd, page });
}

static int another_is_killed(struct stalled *s)
{
	pid_t pid = stall_fork(copy_in_child, s);

	return pid < 0 ? pid : killed_soon(pid);
}

/* --- copies through the device's own descriptor --- */

FIXTURE(device)
{
	struct stalled s;
};

FIXTURE_VARIANT(device)
{
	enum copy copy;
};

FIXTURE_VARIANT_ADD(device, config_read) { COPY_CONFIG_OUT };
FIXTURE_VARIANT_ADD(device, config_write) { COPY_CONFIG_IN };
FIXTURE_VARIANT_ADD(device, set_irqs) { COPY_IRQS };

FIXTURE_SETUP(device)
{
	if (stalled_missing())
		SKIP_SETUP("%s", stalled_missing());
	ASSERT_EQ(0, stalled_open(&self->s));
	ASSERT_EQ(0, stalled_begin(&self->s, variant->copy));
}

FIXTURE_TEARDOWN(device)
{
	stalled_end(&self->s);
	expect_no_complaint(self->s.kmsg);
	close(self->s.kmsg);
}

TEST_F_TIMEOUT(device, all_else_goes_on, 120)
{
	expect_soon(0, other_lives, &self->s);
	expect_soon(0, answers, &self->s);
	expect_soon(0, reset, &self->s);
}

TEST_F_TIMEOUT(device, can_be_killed, 120)
{
	end_copy(&self->s);
	EXPECT_ERRNO(EINTR, another_is_killed(&self->s));
}

/* --- copies through the descriptor of a data transfer --- */

FIXTURE(transfer)
{
	struct stalled s;
};

FIXTURE_VARIANT(transfer)
{
	__u32 state;
	enum copy copy;
	/* where the device can go from there, and whether it succeeds */
	__u32 next;
	int ret;
};

#define SAVING(_state, _next) \
	.copy = COPY_STREAM_OUT, .state = STATE(_state), .next = STATE(_next)
#define LOADING(_next, _ret) \
	.copy = COPY_STREAM_IN, .state = STATE(RESUMING), .next = STATE(_next), .ret = _ret

FIXTURE_VARIANT_ADD(transfer, stop_copy) { SAVING(STOP_COPY, STOP) };
FIXTURE_VARIANT_ADD(transfer, pre_copy) { SAVING(PRE_COPY, STOP_COPY) };
FIXTURE_VARIANT_ADD(transfer, resuming) { LOADING(STOP, -EINVAL) };

FIXTURE_SETUP(transfer)
{
	struct stalled *s = &self->s;

	if (stalled_missing())
		SKIP_SETUP("%s", stalled_missing());
	ASSERT_EQ(0, stalled_open(s));
	if (variant->state == STATE(PRE_COPY) &&
	    !(mig_flags(s->vfio.fd) & VFIO_MIGRATION_PRE_COPY)) {
		vfio_close(&s->vfio);
		mdev_remove(s->uuid);
		SKIP_SETUP(NO_PRE_COPY);
	}
	s->data_fd = mig_begin(s->vfio.fd, variant->state);
	ASSERT_EQ(0, stalled_begin(s, variant->copy));
}

FIXTURE_TEARDOWN(transfer)
{
	stalled_end(&self->s);
	expect_no_complaint(self->s.kmsg);
	close(self->s.kmsg);
}

/* The next call on the descriptor. */
static int next_call(const struct stalled *s)
{
	char c = 0;
	ssize_t ret;

	ret = s->copy == COPY_STREAM_IN ? write(s->data_fd, &c, 1) : read(s->data_fd, &c, 1);
	return ret < 0 ? -errno : ret;
}

TEST_F_TIMEOUT(transfer, all_else_goes_on, 120)
{
	expect_soon(0, other_lives, &self->s);
	expect_soon(0, answers, &self->s);
}

TEST_F_TIMEOUT(transfer, reset, 120)
{
	expect_soon(0, reset, &self->s);
	EXPECT_EQ(STATE(RUNNING), mig_get(self->s.vfio.fd));
	end_copy(&self->s);
	/* whatever became of the copy, the next one says that the device has left */
	EXPECT_ERRNO(ENODEV, next_call(&self->s));
}

static ssize_t poll_and_ask(void *arg)
{
	struct stalled *s = arg;
	struct pollfd pfd = { .fd = s->data_fd, .events = POLLIN | POLLOUT };
	struct vfio_precopy_info info;
	int ret = poll(&pfd, 1, 0);

	mig_precopy(s->data_fd, &info);
	return ret;
}

TEST_F_TIMEOUT(transfer, can_be_polled, 120)
{
	expect_soon(1, poll_and_ask, &self->s);
}

static ssize_t close_device(void *arg)
{
	struct stalled *s = arg;

	vfio_close(&s->vfio);
	return 0;
}

/* A close takes a lock of all the parent's devices. */
TEST_F_TIMEOUT(transfer, another_device_while_this_one_closes, 120)
{
	struct call closing;

	ASSERT_EQ(0, call_begin(&closing, close_device, &self->s));
	usleep(100000);
	expect_soon(0, other_lives, &self->s);
	EXPECT_EQ(0, call_end(&closing, STALL_SOON_MS));
}

static ssize_t close_and_remove(void *arg)
{
	struct stalled *s = arg;
	int ret;

	vfio_close(&s->vfio);
	ret = __vfio_open(&s->vfio, s->uuid, VIA_GROUP);
	vfio_close(&s->vfio);
	return ret ? ret : __mdev_remove(s->uuid);
}

/* The descriptor does not keep the device. */
TEST_F_TIMEOUT(transfer, close_and_remove, 120)
{
	expect_soon(0, close_and_remove, &self->s);
	EXPECT_FALSE(mdev_exists(self->s.uuid));
	end_copy(&self->s);
	EXPECT_ERRNO(ENODEV, next_call(&self->s));
}

static ssize_t change_state(void *arg)
{
	struct stalled *s = arg;

	return __mig_set(s->vfio.fd, s->next, NULL);
}

/* The device goes on to another state while a piece of the stream is under way. */
TEST_F_TIMEOUT(transfer, the_state_changes, 120)
{
	struct stalled *s = &self->s;
	ssize_t ret;

	s->next = variant->next;
	expect_soon(variant->ret, change_state, s);
	ret = end_copy(s);
	if (variant->state != STATE(PRE_COPY)) {
		EXPECT_ERRNO(ENODEV, next_call(s));
		return;
	}
	/* the card stopped behind the piece: the stream is whole */
	ASSERT_EQ(PIECE, ret);
	EXPECT_EQ(0, memcmp(s->state, s->stall.page, PIECE));
	ret = mig_read(s->data_fd, s->state + PIECE, sizeof(s->state) - PIECE);
	ASSERT_LT(0, ret);
	EXPECT_EQ(0, mig_load(s->vfio.fd, s->state, PIECE + ret));
}

/* The page is full of zeros, and that is no stream: one that has had them wants no more. */
static int begin_anew(struct stalled *s)
{
	int ret = __vfio_reset(s->vfio.fd);

	close(s->data_fd);
	return ret ? ret : __mig_set(s->vfio.fd, STATE(RESUMING), &s->data_fd);
}

/* What was not copied is not lost: the stream goes on where it was. */
TEST_F_TIMEOUT(transfer, a_bad_address_loses_nothing, 120)
{
	struct stalled *s = &self->s;
	bool in = variant->copy == COPY_STREAM_IN;
	char state[MIG_STATE_MAX];
	char *end = page_end();
	ssize_t ret;

	ASSERT_NE(NULL, end);
	ret = end_copy(s);
	if (in) {
		EXPECT_EQ(-EINVAL, ret);
		ASSERT_EQ(0, begin_anew(s));
	}
	for (int i = 0; i < 20; i++) {
		EXPECT_EQ(-1, in ? write(s->data_fd, end - i, 40) : read(s->data_fd, end - i, 40));
		EXPECT_EQ(EFAULT, errno);
	}
	if (in) {
		ASSERT_EQ(s->len, mig_write(s->data_fd, s->state, s->len));
		mig_set(s->vfio.fd, STATE(STOP));
		return;
	}
	ASSERT_EQ(PIECE, ret);
	memcpy(state, s->stall.page, PIECE);
	if (variant->state == STATE(PRE_COPY))
		mig_set(s->vfio.fd, STATE(STOP_COPY));
	ret = mig_read(s->data_fd, state + PIECE, sizeof(state) - PIECE);
	ASSERT_EQ(s->len, PIECE + ret);
	EXPECT_EQ(0, memcmp(s->state, state, s->len));
}

TEST_F_TIMEOUT(transfer, can_be_killed, 120)
{
	end_copy(&self->s);
	if (variant->copy == COPY_STREAM_IN)
		ASSERT_EQ(0, begin_anew(&self->s));
	EXPECT_ERRNO(EINTR, another_is_killed(&self->s));
}

TEST_F_TIMEOUT(transfer, who_waits_for_its_turn_can_be_killed, 120)
{
	struct child child;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(next_call(&self->s) < 0);
	child.pid = pid;
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&child, 500));
	EXPECT_ERRNO(EINTR, killed_soon(pid));
}

TEST_HARNESS_MAIN
