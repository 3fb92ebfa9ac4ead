// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine of live migration, and the descriptors of its data transfers: every arc, every
 * refused arc, what each descriptor does in each state and after its end.
 */
#include <fcntl.h>
#include <linux/serial_reg.h>
#include <poll.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/memory.h"
#include "lib/mig.h"
#include "lib/uart.h"

#define STATE(_name) VFIO_DEVICE_STATE_##_name

FIXTURE_VARIANT_ADD(dev, group_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_2) { DEV_VARIANT(CDEV, 2) };

static bool has_pre_copy(int fd)
{
	return mig_flags(fd) & VFIO_MIGRATION_PRE_COPY;
}

static bool is_pre_copy(unsigned int state)
{
	return state == STATE(PRE_COPY) || state == STATE(PRE_COPY_P2P);
}

/* The states that share a data transfer that sends. */
static bool is_saving(unsigned int state)
{
	return is_pre_copy(state) || state == STATE(STOP_COPY);
}

static int poll_for(int fd, short events, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, ms) < 0 ? -errno : pfd.revents;
}

/* Brings a device from RUNNING to a state; ERROR by a stream that is none. */
static int go(int fd, unsigned int state, int *data_fd)
{
	*data_fd = -1;
	if (state != STATE(ERROR))
		return __mig_set(fd, state, data_fd);
	return mig_load(fd, "nonsense", 8) ? 0 : -ENODATA;
}

static int expected(unsigned int from, unsigned int to, bool pre_copy)
{
	if (from == STATE(ERROR) || to == STATE(ERROR))
		return -EINVAL;
	if (is_pre_copy(to) && (!pre_copy || from == STATE(STOP_COPY)))
		return -EINVAL;
	return 0;
}

static bool expects_fd(unsigned int from, unsigned int to)
{
	if (from == to)
		return false;
	return to == STATE(RESUMING) || (is_saving(to) && !is_saving(from));
}

TEST_F(dev, features)
{
	int flags = mig_flags(self->fd);
	__u64 size = 0;

	EXPECT_EQ(VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P,
		  flags & ~VFIO_MIGRATION_PRE_COPY);
	EXPECT_EQ(0, mig_feature(self->fd, VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET |
				 VFIO_DEVICE_FEATURE_SET |
				 VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, NULL, 0));
	EXPECT_EQ(STATE(RUNNING), mig_get(self->fd));
	if (!has_pre_copy(self->fd))
		return;
	EXPECT_EQ(0, mig_data_size(self->fd, &size));
	EXPECT_LT(0, size);
	EXPECT_GT(1025, size);
}

TEST_F(dev, every_arc)
{
	bool pre_copy = has_pre_copy(self->fd);
	char state[MIG_STATE_MAX];
	ssize_t len;

	len = mig_save(self->fd, state, sizeof(state));
	ASSERT_LT(0, len);
	for (unsigned int from = 0; from < MIG_NR_STATES; from++) {
		if (is_pre_copy(from) && !pre_copy)
			continue;
		for (unsigned int to = 0; to < MIG_NR_STATES + 2; to++) {
			bool known = to < MIG_NR_STATES;
			int want = known ? expected(from, to, pre_copy) : -EINVAL;
			int data_fd, new_fd = -1, ret;

			vfio_reset(self->fd);
			ASSERT_EQ(0, go(self->fd, from, &data_fd));
			ASSERT_EQ(from, mig_get(self->fd));
			if (from == STATE(RESUMING))
				ASSERT_EQ(len, mig_write(data_fd, state, len));
			ret = __mig_set(self->fd, to, &new_fd);
			EXPECT_EQ(want, ret) {
				TH_LOG("%s -> %s", mig_name(from), mig_name(to));
			}
			EXPECT_EQ(want ? from : to, mig_get(self->fd)) {
				TH_LOG("%s -> %s", mig_name(from), mig_name(to));
			}
			EXPECT_EQ(!want && expects_fd(from, to), new_fd >= 0) {
				TH_LOG("%s -> %s: fd %d", mig_name(from), mig_name(to), new_fd);
			}
			if (data_fd >= 0)
				close(data_fd);
			if (new_fd >= 0)
				close(new_fd);
		}
	}
	vfio_reset(self->fd);
}

TEST_F(dev, bad_arguments)
{
	const __u32 set = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE;
	struct vfio_device_feature_mig_state mig = { .device_state = STATE(STOP) };

	EXPECT_ERRNO(EINVAL, __mig_set(self->fd, 100, NULL));
	EXPECT_ERRNO(EINVAL, __mig_set(self->fd, ~0U, NULL));
	EXPECT_ERRNO(EINVAL, mig_feature(self->fd, set, &mig, sizeof(mig) - 1));
	EXPECT_ERRNO(EINVAL, mig_feature(self->fd, VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &mig,
					 sizeof(mig)));
	EXPECT_EQ(STATE(RUNNING), mig_get(self->fd));
}

TEST_F(dev, reset_leads_back_from_everywhere)
{
	int data_fd;
	char c;

	for (unsigned int from = 0; from < MIG_NR_STATES; from++) {
		if (is_pre_copy(from) && !has_pre_copy(self->fd))
			continue;
		ASSERT_EQ(0, go(self->fd, from, &data_fd));
		vfio_reset(self->fd);
		EXPECT_EQ(STATE(RUNNING), mig_get(self->fd));
		if (data_fd < 0)
			continue;
		EXPECT_EQ(-1, from == STATE(RESUMING) ? write(data_fd, &c, 1) :
							read(data_fd, &c, 1));
		EXPECT_EQ(ENODEV, errno);
		close(data_fd);
	}
}

TEST_F(dev, error_only_ends_with_a_reset)
{
	int data_fd;

	ASSERT_EQ(0, go(self->fd, STATE(ERROR), &data_fd));
	for (unsigned int to = 0; to < MIG_NR_STATES; to++)
		EXPECT_ERRNO(EINVAL, __mig_set(self->fd, to, NULL));
	EXPECT_EQ(STATE(ERROR), mig_get(self->fd));
	vfio_reset(self->fd);
	mig_set(self->fd, STATE(STOP));
	mig_set(self->fd, STATE(RUNNING));
}

/* State never survives into the next open. */
TEST_F(dev, close_ends_it)
{
	int data_fd;
	char c;

	for (unsigned int from = 0; from < MIG_NR_STATES; from++) {
		if (is_pre_copy(from) && !has_pre_copy(self->fd))
			continue;
		ASSERT_EQ(0, go(self->fd, from, &data_fd));
		vfio_close(&self->vfio);
		if (data_fd >= 0) {
			EXPECT_EQ(POLLIN | POLLERR | POLLHUP,
				  poll_for(data_fd, POLLIN | POLLOUT, 0));
			EXPECT_EQ(-1, read(data_fd, &c, 1));
			EXPECT_EQ(from == STATE(RESUMING) ? EBADF : ENODEV, errno);
			close(data_fd);
		}
		vfio_open(&self->vfio, self->uuid, variant->via);
		self->fd = self->vfio.fd;
		EXPECT_EQ(STATE(RUNNING), mig_get(self->fd));
	}
}

TEST_F(dev, a_sending_descriptor)
{
	char state[MIG_STATE_MAX], again[MIG_STATE_MAX];
	struct vfio_precopy_info info;
	ssize_t len, n;
	int data_fd;

	data_fd = mig_begin(self->fd, STATE(STOP_COPY));
	EXPECT_EQ(O_RDONLY, fcntl(data_fd, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(FD_CLOEXEC, fcntl(data_fd, F_GETFD));
	EXPECT_EQ(-1, write(data_fd, state, 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, pread(data_fd, state, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, lseek(data_fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, data_fd, 0));
	EXPECT_ERRNO(EINVAL, mig_precopy(data_fd, &info));
	EXPECT_ERRNO(ENOTTY, vfio_ioctl(data_fd, VFIO_DEVICE_RESET, NULL));
	EXPECT_EQ(-1, read(data_fd, page_end(), 10));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, read(data_fd, state, 0));
	EXPECT_EQ(POLLIN, poll_for(data_fd, POLLIN | POLLOUT, 0));
	/* one byte at a time gives the same stream as all at once */
	for (len = 0; (n = read(data_fd, state + len, 1)) == 1; len++)
		;
	EXPECT_EQ(0, n);
	EXPECT_EQ(0, read(data_fd, state, 1));
	EXPECT_EQ(POLLIN, poll_for(data_fd, POLLIN, 0));
	close(data_fd);
	mig_set(self->fd, STATE(STOP));
	EXPECT_EQ(len, mig_save(self->fd, again, sizeof(again)));
	EXPECT_EQ(0, memcmp(state, again, len));
	EXPECT_GT(1025, variant->ports <= 2 ? len : 0);
}

TEST_F(dev, a_receiving_descriptor)
{
	struct vfio_precopy_info info;
	char state[MIG_STATE_MAX];
	char *end = page_end();
	ssize_t len;
	int data_fd;

	len = mig_save(self->fd, state, sizeof(state));
	ASSERT_LT(0, len);
	data_fd = mig_begin(self->fd, STATE(RESUMING));
	EXPECT_EQ(O_WRONLY, fcntl(data_fd, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(-1, read(data_fd, state, 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_ERRNO(EINVAL, mig_precopy(data_fd, &info));
	EXPECT_EQ(POLLOUT, poll_for(data_fd, POLLIN | POLLOUT, 0));
	/* bad memory is no bad stream */
	EXPECT_EQ(-1, write(data_fd, end - 1, 2));
	EXPECT_EQ(EFAULT, errno);
	for (ssize_t at = 0; at < len; at++)
		ASSERT_EQ(1, write(data_fd, state + at, 1));
	mig_set(self->fd, STATE(STOP));
	EXPECT_EQ(-1, write(data_fd, state, 1));
	EXPECT_EQ(ENODEV, errno);
	close(data_fd);
}

/* The first bad byte spoils it, whatever comes behind. */
TEST_F(dev, a_bad_stream_is_final)
{
	char state[MIG_STATE_MAX];
	ssize_t len;
	int data_fd;

	len = mig_save(self->fd, state, sizeof(state));
	ASSERT_LT(0, len);
	data_fd = mig_begin(self->fd, STATE(RESUMING));
	EXPECT_ERRNO(EINVAL, mig_write(data_fd, "not a stream of ours", 20));
	EXPECT_ERRNO(EINVAL, mig_write(data_fd, state, len));
	EXPECT_EQ(STATE(RESUMING), mig_get(self->fd));
	EXPECT_ERRNO(EINVAL, __mig_set(self->fd, STATE(STOP), NULL));
	EXPECT_EQ(STATE(ERROR), mig_get(self->fd));
	close(data_fd);
}

TEST_F(dev, pre_copy)
{
	char state[MIG_STATE_MAX];
	struct vfio_precopy_info info;
	ssize_t head, tail;
	__u64 size, after;
	int data_fd;

	if (!has_pre_copy(self->fd))
		SKIP(return, NO_PRE_COPY);
	data_fd = mig_begin(self->fd, STATE(PRE_COPY));
	ASSERT_EQ(0, mig_precopy(data_fd, &info));
	EXPECT_LT(0, info.initial_bytes);
	EXPECT_EQ(0, info.dirty_bytes);
	EXPECT_ERRNO(EINVAL, vfio_ioctl_argsz(data_fd, VFIO_MIG_GET_PRECOPY_INFO, &info,
					      sizeof(info) - 1));
	EXPECT_ERRNO(EFAULT, vfio_ioctl(data_fd, VFIO_MIG_GET_PRECOPY_INFO, NULL));
	EXPECT_EQ(POLLIN, poll_for(data_fd, POLLIN, 0));
	ASSERT_EQ(0, mig_precopy(data_fd, &info));
	EXPECT_EQ(0, mig_data_size(self->fd, &size));
	head = mig_read(data_fd, state, sizeof(state));
	EXPECT_EQ(info.initial_bytes, head);
	/* the end for now */
	EXPECT_EQ(-1, read(data_fd, state, 1));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(0, poll_for(data_fd, POLLIN, 0));
	ASSERT_EQ(0, mig_precopy(data_fd, &info));
	EXPECT_EQ(0, info.initial_bytes);
	EXPECT_EQ(0, mig_data_size(self->fd, &after));
	EXPECT_EQ(size - head, after);
	mig_set(self->fd, STATE(PRE_COPY_P2P));
	EXPECT_EQ(-1, read(data_fd, state, 1));
	EXPECT_EQ(ENOMSG, errno);
	/* and the rest, through the same descriptor */
	mig_set(self->fd, STATE(STOP_COPY));
	EXPECT_EQ(POLLIN, poll_for(data_fd, POLLIN, 0));
	EXPECT_ERRNO(EINVAL, mig_precopy(data_fd, &info));
	tail = mig_read(data_fd, state + head, sizeof(state) - head);
	/* what it comes to is known when the card has stopped; before, the most that it can be */
	EXPECT_LT(0, tail);
	EXPECT_GE(after, tail);
	EXPECT_EQ(0, read(data_fd, state, 1));
	close(data_fd);
	EXPECT_EQ(0, mig_load(self->fd, state, head + tail));
}

/* A migration that is called off leaves the device as it was. */
TEST_F(dev, called_off)
{
	char state[MIG_STATE_MAX];
	int data_fd;

	uart_out(self->fd, 0, UART_SCR, 0x77);
	if (has_pre_copy(self->fd)) {
		data_fd = mig_begin(self->fd, STATE(PRE_COPY));
		mig_set(self->fd, STATE(RUNNING));
		EXPECT_EQ(-1, read(data_fd, state, 1));
		EXPECT_EQ(ENODEV, errno);
		close(data_fd);
	}
	EXPECT_LT(0, mig_save(self->fd, state, sizeof(state)));
	mig_set(self->fd, STATE(RUNNING));
	EXPECT_EQ(0x77, uart_in(self->fd, 0, UART_SCR));
}

TEST_HARNESS_MAIN
