// SPDX-License-Identifier: GPL-2.0-only
/* The knobs for people who test migration: files in the device's folder migration/. */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/mig.h"
#include "lib/uart.h"

#define STATE(_name) VFIO_DEVICE_STATE_##_name
#define MIB (1024 * 1024UL)

FIXTURE_VARIANT_ADD(dev, group_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, cdev_2) { DEV_VARIANT(CDEV, 2) };

#define knob(_name, _val) ASSERT_EQ(0, mig_knob(self->uuid, _name, _val))

static int show(const char *uuid, const char *name, char *buf, size_t size)
{
	char file[64], path[PATH_MAX];
	ssize_t len;
	int fd;

	snprintf(file, sizeof(file), "migration/%s", name);
	mdev_path(path, sizeof(path), uuid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	close(fd);
	buf[len > 0 ? len : 0] = 0;
	return len < 0 ? -EIO : 0;
}

#define EXPECT_SHOWN(_name, _val) do {					\
	char __buf[256];						\
									\
	EXPECT_EQ(0, show(self->uuid, _name, __buf, sizeof(__buf)));	\
	__buf[strcspn(__buf, "\n")] = 0;				\
	EXPECT_STREQ(_val, __buf);					\
} while (0)

TEST_F(dev, values)
{
	static const char * const number[] = { "padding", "rate", "dirty_rate", "fail_byte" };
	static const char * const bad[] = { "x", "-1", "1x", "1 2", "K" };

	for (size_t i = 0; i < ARRAY_SIZE(number); i++) {
		knob(number[i], "64K\n");
		for (size_t j = 0; j < ARRAY_SIZE(bad); j++) {
			EXPECT_GT(0, mig_knob(self->uuid, number[i], bad[j])) {
				TH_LOG("%s: %s", number[i], bad[j]);
			}
		}
	}
	EXPECT_SHOWN("padding", "65536");
	knob("padding", "1G");
	EXPECT_ERRNO(ERANGE, mig_knob(self->uuid, "padding", "1073741825"));
	EXPECT_SHOWN("padding", "1073741824");
	EXPECT_SHOWN("state", "RUNNING");
	EXPECT_SHOWN("refused", "");
	EXPECT_SHOWN("fail_arc", "none");
	knob("fail_arc", "STOP STOP_COPY");
	EXPECT_SHOWN("fail_arc", "STOP STOP_COPY");
	EXPECT_ERRNO(EINVAL, mig_knob(self->uuid, "fail_arc", "STOP"));
	EXPECT_ERRNO(EINVAL, mig_knob(self->uuid, "fail_arc", "STOP STOP"));
	EXPECT_ERRNO(EINVAL, mig_knob(self->uuid, "fail_arc", "STOP NOWHERE"));
	EXPECT_ERRNO(EINVAL, mig_knob(self->uuid, "fail_arc", "ERROR STOP"));
	knob("fail_arc", "none");
	EXPECT_SHOWN("fail_arc", "none");
}

/* Neither a product nor a sum of what can be set here can overflow. */
TEST_F(dev, limits)
{
	static const struct {
		const char *name, *most, *shown, *more;
	} limits[] = {
		{ "padding", "1G", "1073741824", "1073741825" },
		{ "rate", "16G", "17179869184", "17179869185" },
		{ "dirty_rate", "16G", "17179869184", "17179869185" },
		{ "fail_byte", "1T", "1099511627776", "1099511627777" },
	};
	/* the largest number of old, and what is the largest number and 1 more, or 2 more */
	static const char * const huge[] = {
		"9223372036854775807", "18446744073709551615", "18446744073709551616",
		"18446744073709551617", "16777216T", "16777217T", "17179869184G",
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		knob(limits[i].name, limits[i].most);
		EXPECT_SHOWN(limits[i].name, limits[i].shown);
		EXPECT_ERRNO(ERANGE, mig_knob(self->uuid, limits[i].name, limits[i].more)) {
			TH_LOG("%s: %s", limits[i].name, limits[i].more);
		}
		for (size_t j = 0; j < ARRAY_SIZE(huge); j++) {
			EXPECT_ERRNO(ERANGE, mig_knob(self->uuid, limits[i].name, huge[j])) {
				TH_LOG("%s: %s", limits[i].name, huge[j]);
			}
		}
		EXPECT_SHOWN(limits[i].name, limits[i].shown);
	}
}

TEST_F(dev, padding_arrives)
{
	size_t room = 5 * MIB;
	char *state = malloc(room);
	ssize_t len;

	ASSERT_NE(NULL, state);
	knob("padding", "4M");
	len = mig_save(self->fd, state, room);
	ASSERT_LT(4 * MIB, len);
	ASSERT_EQ(0, mig_load(self->fd, state, len));
	/* and is looked at */
	state[2 * MIB] ^= 1;
	EXPECT_ERRNO(EINVAL, mig_load(self->fd, state, len));
	EXPECT_SHOWN("refused", "padding has been damaged");
	EXPECT_SHOWN("state", "ERROR");
	free(state);
}

TEST_F(dev, data_size_tells_it)
{
	__u64 size = 0;

	knob("padding", "16M");
	EXPECT_EQ(0, mig_data_size(self->fd, &size));
	EXPECT_LT(16 * MIB, size);
	EXPECT_GT(17 * MIB, size);
}

TEST_F(dev, a_slow_stream)
{
	static char state[MIB];
	__u64 begin;
	ssize_t len;

	knob("padding", "200K");
	knob("rate", "400K");
	begin = now_us();
	len = mig_save(self->fd, state, sizeof(state));
	EXPECT_LT(200 * 1024, len);
	EXPECT_LT(400000, now_us() - begin);
	begin = now_us();
	EXPECT_EQ(0, mig_load(self->fd, state, len));
	EXPECT_LT(400000, now_us() - begin);
}

TEST_F(dev, a_slow_stream_does_not_block_who_will_not_wait)
{
	static char state[MIB];
	int data_fd;

	knob("padding", "200K");
	knob("rate", "1K");
	data_fd = mig_begin(self->fd, STATE(STOP_COPY));
	ASSERT_EQ(0, fcntl(data_fd, F_SETFL, O_NONBLOCK));
	EXPECT_LT(0, read(data_fd, state, sizeof(state)));
	EXPECT_EQ(-1, read(data_fd, state, sizeof(state)));
	EXPECT_EQ(EAGAIN, errno);
	close(data_fd);
}

static int poll_for(int fd, short events, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, ms) < 0 ? -errno : pfd.revents;
}

/* How a stream passes by poll alone. */
struct polled {
	ssize_t len;
	unsigned int polls;
	unsigned int too_early;
};

/* One part of it in or out, when poll says so; returns what read or write does. */
static ssize_t pass_polled(int fd, char *buf, size_t size, bool out, struct polled *p)
{
	short event = out ? POLLOUT : POLLIN;
	ssize_t ret;

	p->polls++;
	if (poll_for(fd, event, 10000) != event)
		return -ETIME;
	ret = out ? write(fd, buf + p->len, size - p->len) : read(fd, buf + p->len, size - p->len);
	if (ret < 0 && errno == EAGAIN) {
		p->too_early++;
		return 1;
	}
	if (ret > 0)
		p->len += ret;
	return ret < 0 ? -errno : ret;
}

/* Who polls is told when the next part may pass, not before. */
TEST_F(dev, a_slow_stream_is_polled)
{
	static char state[MIB];
	const unsigned int slice = 400 * 1024 / 20;
	struct polled out = { 0 }, in = { 0 };
	ssize_t ret;
	int data_fd;

	knob("padding", "200K");
	knob("rate", "400K");
	data_fd = mig_begin(self->fd, STATE(STOP_COPY));
	ASSERT_EQ(0, fcntl(data_fd, F_SETFL, O_NONBLOCK));
	while ((ret = pass_polled(data_fd, state, sizeof(state), false, &out)) > 0)
		;
	EXPECT_EQ(0, ret);
	EXPECT_LT(200 * 1024, out.len);
	EXPECT_EQ(0, out.too_early);
	EXPECT_GE(out.len / slice + 5, out.polls);
	close(data_fd);
	data_fd = mig_begin(self->fd, STATE(RESUMING));
	ASSERT_EQ(0, fcntl(data_fd, F_SETFL, O_NONBLOCK));
	while (in.len < out.len && pass_polled(data_fd, state, out.len, true, &in) > 0)
		;
	EXPECT_EQ(out.len, in.len);
	EXPECT_EQ(0, in.too_early);
	EXPECT_GE(in.len / slice + 5, in.polls);
	mig_set(self->fd, STATE(STOP));
	close(data_fd);
}

/* A byte a second: nothing is ready until the second is over, and then something is. */
TEST_F(dev, poll_waits_for_the_rate)
{
	__u64 begin;
	int data_fd;
	char c;

	knob("rate", "1");
	data_fd = mig_begin(self->fd, STATE(STOP_COPY));
	EXPECT_EQ(POLLIN, poll_for(data_fd, POLLIN, 0));
	begin = now_us();
	ASSERT_EQ(1, read(data_fd, &c, 1));
	if (poll_for(data_fd, POLLIN, 0))
		EXPECT_LT(1000000, now_us() - begin);
	EXPECT_EQ(POLLIN, poll_for(data_fd, POLLIN, 10000));
	EXPECT_LE(1000000, now_us() - begin);
	ASSERT_EQ(1, read(data_fd, &c, 1));
	/* nor does the end of it all wait */
	vfio_reset(self->fd);
	EXPECT_EQ(POLLIN | POLLERR | POLLHUP, poll_for(data_fd, POLLIN, 0));
	close(data_fd);
}

/* What fails without waiting is ready: a bad stream, a byte that is to fail, the stream's end. */
TEST_F(dev, poll_and_failure)
{
	char state[MIG_STATE_MAX];
	int data_fd;

	knob("rate", "20K");
	data_fd = mig_begin(self->fd, STATE(RESUMING));
	EXPECT_EQ(POLLOUT, poll_for(data_fd, POLLOUT, 0));
	EXPECT_EQ(-1, write(data_fd, "not a stream of ours", 20));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(POLLOUT, poll_for(data_fd, POLLOUT, 0));
	close(data_fd);
	vfio_reset(self->fd);
	knob("rate", "1");
	knob("fail_byte", "2");
	data_fd = mig_begin(self->fd, STATE(STOP_COPY));
	EXPECT_EQ(1, read(data_fd, state, sizeof(state)));
	EXPECT_EQ(POLLIN, poll_for(data_fd, POLLIN, 0));
	EXPECT_EQ(-1, read(data_fd, state, 1));
	EXPECT_EQ(EIO, errno);
	close(data_fd);
	vfio_reset(self->fd);
	/* all of it at once; its end need not wait */
	knob("rate", "20K");
	knob("fail_byte", "0");
	data_fd = mig_begin(self->fd, STATE(STOP_COPY));
	EXPECT_LT(0, read(data_fd, state, sizeof(state)));
	EXPECT_EQ(POLLIN, poll_for(data_fd, POLLIN, 0));
	EXPECT_EQ(0, read(data_fd, state, 1));
	close(data_fd);
}

/* The end for now is not ready, whatever the rate says, and what changes then is. */
TEST_F(dev, poll_at_the_end_for_now)
{
	char state[MIG_STATE_MAX];
	int data_fd;

	if (!(mig_flags(self->fd) & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, NO_PRE_COPY);
	knob("rate", "16G");
	data_fd = mig_begin(self->fd, STATE(PRE_COPY));
	ASSERT_EQ(0, fcntl(data_fd, F_SETFL, O_NONBLOCK));
	EXPECT_LT(0, mig_read(data_fd, state, sizeof(state)));
	EXPECT_EQ(-1, read(data_fd, state, 1));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(0, poll_for(data_fd, POLLIN, 100));
	mig_set(self->fd, STATE(STOP_COPY));
	EXPECT_EQ(POLLIN, poll_for(data_fd, POLLIN, 10000));
	close(data_fd);
}

TEST_F(dev, dirtying)
{
	struct vfio_precopy_info info;
	struct pollfd pfd = { .events = POLLIN };
	size_t room = 64 * MIB;
	char *state = malloc(room);
	ssize_t len, ret;

	if (!(mig_flags(self->fd) & VFIO_MIGRATION_PRE_COPY))
		SKIP(return, NO_PRE_COPY);
	ASSERT_NE(NULL, state);
	knob("padding", "1M");
	knob("dirty_rate", "500K");
	pfd.fd = mig_begin(self->fd, STATE(PRE_COPY));
	ASSERT_EQ(0, mig_precopy(pfd.fd, &info));
	EXPECT_LT(MIB, info.initial_bytes);
	len = mig_read(pfd.fd, state, room);
	EXPECT_LE(info.initial_bytes, len);
	/* there is more soon, and who waits is told */
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(1, poll(&pfd, 1, 10000));
		ASSERT_EQ(POLLIN, pfd.revents);
		ASSERT_EQ(0, mig_precopy(pfd.fd, &info));
		EXPECT_LT(0, info.dirty_bytes);
		EXPECT_EQ(0, info.initial_bytes);
		ret = mig_read(pfd.fd, state + len, room - len);
		ASSERT_LT(0, ret);
		len += ret;
	}
	usleep(100000);
	mig_set(self->fd, STATE(STOP_COPY));
	ret = mig_read(pfd.fd, state + len, room - len);
	/* what changed meanwhile, and the card's state */
	EXPECT_LT(16384, ret);
	len += ret;
	close(pfd.fd);
	EXPECT_EQ(0, mig_load(self->fd, state, len));
	free(state);
}

TEST_F(dev, a_byte_that_fails)
{
	static char state[MIB];
	ssize_t len;
	int data_fd;

	len = mig_save(self->fd, state, sizeof(state));
	ASSERT_LT(0, len);
	mig_set(self->fd, STATE(RUNNING));
	knob("fail_byte", "100");
	data_fd = mig_begin(self->fd, STATE(STOP_COPY));
	EXPECT_EQ(99, read(data_fd, state + 1000, 1000));
	EXPECT_EQ(-1, read(data_fd, state + 1000, 1));
	EXPECT_EQ(EIO, errno);
	close(data_fd);
	mig_set(self->fd, STATE(RUNNING));
	data_fd = mig_begin(self->fd, STATE(RESUMING));
	EXPECT_EQ(99, write(data_fd, state, len));
	EXPECT_EQ(-1, write(data_fd, state + 99, len - 99));
	EXPECT_EQ(EIO, errno);
	close(data_fd);
	EXPECT_ERRNO(EINVAL, __mig_set(self->fd, STATE(STOP), NULL));
	vfio_reset(self->fd);
	knob("fail_byte", "0");
	EXPECT_EQ(0, mig_load(self->fd, state, len));
}

TEST_F(dev, an_arc_that_fails)
{
	knob("fail_arc", "RUNNING_P2P STOP");
	EXPECT_ERRNO(EIO, __mig_set(self->fd, STATE(STOP_COPY), NULL));
	EXPECT_EQ(STATE(RUNNING_P2P), mig_get(self->fd));
	EXPECT_SHOWN("state", "RUNNING_P2P");
	/* once */
	EXPECT_SHOWN("fail_arc", "none");
	EXPECT_EQ(0, __mig_set(self->fd, STATE(STOP_COPY), NULL));
}

TEST_HARNESS_MAIN
