// SPDX-License-Identifier: GPL-2.0-only
/*
 * What helps to find out what happened, and to make it happen: a device's folder in debugfs, faults
 * and delays on demand, tracepoints.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/child.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/parent.h"
#include "lib/stall.h"
#include "lib/sysfs.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define TRACE_DIR	"/sys/kernel/tracing/instances/mdev_sample"
#define HOLD_MS		600
#define TYPE		"mtty-2"
#define EARLY		PARENT_MARK "early"
#define EARLY_TYPE	CLASS_DIR "/" EARLY "/mdev_supported_types/" TYPE

FIXTURE(debug)
{
	char uuid[UUID_SIZE];
	struct vfio_dev vfio;
};

static void set_nothing(void)
{
	static const char * const knobs[] = {
		"fail_create", "fail_open", "fail_ioctl", "hold_create_ms", "hold_remove_ms",
		"hold_parent_ms", "hold_batch_ms",
	};

	for (unsigned int i = 0; i < sizeof(knobs) / sizeof(*knobs); i++)
		debug_set(knobs[i], "0");
}

FIXTURE_SETUP(debug)
{
	if (!sysfs_exists(DEBUG_DIR))
		SKIP_SETUP(NO_DEBUGFS);
	mdev_reap();
	set_nothing();
	uuid_random(self->uuid);
	mdev_create(TYPE, self->uuid);
	vfio_open(&self->vfio, self->uuid, VIA_GROUP);
}

FIXTURE_TEARDOWN(debug)
{
	set_nothing();
	rmdir(TRACE_DIR);
	vfio_close(&self->vfio);
	mdev_reap();
}

static int read_text(const char *path, char *text, size_t size)
{
	FILE *from = fopen(path, "r");
	size_t n;

	if (!from)
		return -errno;
	n = fread(text, 1, size - 1, from);
	text[n] = '\0';
	fclose(from);
	return n;
}

/* A file of the device's folder; NULL if it cannot be read. */
static const char *look(const char *uuid, const char *file)
{
	static char text[8192];
	char path[128];

	snprintf(path, sizeof(path), DEBUG_DIR "/%s/%s", uuid, file);
	return read_text(path, text, sizeof(text)) < 0 ? NULL : text;
}

#define EXPECT_TEXT(_text, _part) do {						\
	const char *__text = (_text), *__part = (_part);			\
										\
	ASSERT_NE(NULL, __text);						\
	EXPECT_NE(NULL, strstr(__text, __part))					\
		TH_LOG("no \"%s\" in:\n%s", __part, __text);			\
} while (0)

TEST_F(debug, registers_are_shown_and_left_alone)
{
	int fd = self->vfio.fd;

	uart_setup(fd, 1, 3, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	uart_out(fd, 1, UART_SCR, 0x5a);
	uart_send(fd, 1, "ab", 2);
	for (int i = 0; i < 2; i++) {
		EXPECT_TEXT(look(self->uuid, "registers"), "port1: divisor=3 ");
		EXPECT_TEXT(look(self->uuid, "registers"), "SCR=5a");
		EXPECT_TEXT(look(self->uuid, "registers"), "rx=2");
	}
	/* vendor and device, as configuration space has them */
	EXPECT_TEXT(look(self->uuid, "registers"), "48 43 53 32");
	EXPECT_EQ('a', uart_in(fd, 1, UART_RX));
	EXPECT_EQ('b', uart_in(fd, 1, UART_RX));
}

TEST_F(debug, counters_count)
{
	uart_setup(self->vfio.fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	EXPECT_TEXT(look(self->uuid, "counters"), "port0: tx 0 rx 0 overruns 0 breaks 0");
	uart_send(self->vfio.fd, 0, "0123456789abcdef+", 17);
	EXPECT_TEXT(look(self->uuid, "counters"), "port0: tx 17 rx 16 overruns 1 breaks 0");
	EXPECT_TEXT(look(self->uuid, "counters"), "port1: tx 0 rx 0 overruns 0 breaks 0");
}

TEST_F(debug, the_folder_lasts_from_open_to_removal)
{
	char other[UUID_SIZE];

	uuid_random(other);
	mdev_create(TYPE, other);
	EXPECT_EQ(NULL, look(other, "registers"));
	for (int i = 0; i < 2; i++) {
		struct vfio_dev dev;

		vfio_open(&dev, other, VIA_GROUP);
		EXPECT_NE(NULL, look(other, "registers"));
		vfio_close(&dev);
		EXPECT_NE(NULL, look(other, "registers"));
	}
	mdev_remove(other);
	EXPECT_EQ(NULL, look(other, "registers"));
}

TEST_F(debug, a_parent_shows_its_devices)
{
	char path[128], line[256], other[UUID_SIZE], text[4096];

	snprintf(path, sizeof(path), DEBUG_DIR "/parents/mtty");
	uuid_random(other);
	mdev_create("mtty-1", other);
	ASSERT_LT(0, read_text(path, text, sizeof(text)));
	EXPECT_EQ(0, strncmp(text, "live\n", strlen("live\n")));
	snprintf(line, sizeof(line), "\n%s mtty-2 open live loopback, loopback\n", self->uuid);
	EXPECT_TEXT(text, line);
	snprintf(line, sizeof(line), "\n%s mtty-1 closed live loopback\n", other);
	EXPECT_TEXT(text, line);
	vfio_close(&self->vfio);
	mdev_remove(other);
	ASSERT_LT(0, read_text(path, text, sizeof(text)));
	snprintf(line, sizeof(line), "\n%s mtty-2 closed live loopback, loopback\n", self->uuid);
	EXPECT_TEXT(text, line);
	EXPECT_EQ(NULL, strstr(text, other));
}

TEST_F(debug, a_creation_fails_once)
{
	int available = mdev_available(TYPE);
	char other[UUID_SIZE];

	uuid_random(other);
	ASSERT_LT(0, debug_set("fail_create", "12"));
	EXPECT_ERRNO(ENOMEM, __mdev_create(TYPE, other));
	EXPECT_FALSE(mdev_exists(other));
	EXPECT_EQ(available, mdev_available(TYPE));
	EXPECT_EQ(0, __mdev_create(TYPE, other));
	EXPECT_EQ(0, __mdev_remove(other));
}

TEST_F(debug, an_open_fails_once)
{
	vfio_close(&self->vfio);
	ASSERT_LT(0, debug_set("fail_open", "5"));
	EXPECT_ERRNO(EIO, __vfio_open(&self->vfio, self->uuid, VIA_GROUP));
	vfio_close(&self->vfio);
	EXPECT_EQ(0, __vfio_open(&self->vfio, self->uuid, VIA_GROUP));
}

TEST_F(debug, an_ioctl_fails_once)
{
	ASSERT_LT(0, debug_set("fail_ioctl", "11"));
	EXPECT_ERRNO(EAGAIN, __vfio_reset(self->vfio.fd));
	EXPECT_EQ(0, __vfio_reset(self->vfio.fd));
}

TEST_F(debug, malformed_values_change_nothing)
{
	static const char * const bad[] = { "-1", "4096", "x", "99999999999999999999" };

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		EXPECT_GT(0, debug_set("fail_ioctl", bad[i])) TH_LOG("%s", bad[i]);
		EXPECT_EQ(0, __vfio_reset(self->vfio.fd));
	}
	EXPECT_ERRNO(EINVAL, debug_set("hold_create_ms", "60001"));
	EXPECT_ERRNO(EINVAL, debug_set("hold_remove_ms", "60001"));
	EXPECT_ERRNO(EINVAL, debug_set("hold_batch_ms", "1001"));
}

/* A parent's file goes with it. */
TEST_F(debug, file_of_a_parent_that_goes)
{
	static const char file[] = DEBUG_DIR "/parents/" EARLY;
	const char *missing = parent_missing();

	if (missing)
		SKIP(return, "%s", missing);
	EXPECT_FALSE(sysfs_exists(file));
	parent_add(EARLY, 2);
	EXPECT_TRUE(sysfs_exists(file));
	parent_rmdir(EARLY);
	ASSERT_EQ(0, parent_wait_gone(EARLY, 10000));
	EXPECT_FALSE(sysfs_exists(file));
}

/* What is set can be read, up to the largest value; a fault that has happened is over. */
TEST_F(debug, knobs_are_read_back)
{
	static const struct {
		const char *name, *largest;
	} knobs[] = {
		{ "fail_create", "4095" }, { "fail_open", "4095" }, { "fail_ioctl", "4095" },
		{ "hold_create_ms", "60000" }, { "hold_remove_ms", "60000" },
		{ "hold_parent_ms", "60000" }, { "hold_batch_ms", "1000" },
	};
	char path[PATH_MAX], text[32];

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		snprintf(path, sizeof(path), DEBUG_DIR "/%s", knobs[i].name);
		ASSERT_LT(0, debug_set(knobs[i].name, knobs[i].largest));
		ASSERT_LT(0, read_text(path, text, sizeof(text)));
		text[strcspn(text, "\n")] = '\0';
		EXPECT_STREQ(knobs[i].largest, text);
		ASSERT_LT(0, debug_set(knobs[i].name, "0"));
	}
	ASSERT_LT(0, debug_set("fail_ioctl", "5"));
	EXPECT_ERRNO(EIO, __vfio_reset(self->vfio.fd));
	ASSERT_LT(0, read_text(DEBUG_DIR "/fail_ioctl", text, sizeof(text)));
	EXPECT_STREQ("0\n", text);
}

static int create(void *uuid)
{
	return -__mdev_create(TYPE, uuid);
}

static int destroy(void *uuid)
{
	return -__mdev_remove(uuid);
}

/* While a creation is held up its UUID is a placeholder: taken, and not yet a device. */
TEST_F(debug, a_creation_is_held_up)
{
	double start = seconds_now();
	struct child child;
	char other[UUID_SIZE];

	uuid_random(other);
	ASSERT_LT(0, debug_set("hold_create_ms", "600"));
	ASSERT_EQ(0, child_start(&child, create, other));
	usleep(HOLD_MS * 1000 / 3);
	EXPECT_ERRNO(EEXIST, __mdev_create("mtty-1", other));
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_LE(HOLD_MS / 1000.0, seconds_now() - start);
	ASSERT_LT(0, debug_set("hold_create_ms", "0"));
	EXPECT_EQ(0, __mdev_remove(other));
}

TEST_F(debug, a_removal_is_held_up)
{
	double start = seconds_now();
	struct child child;
	char other[UUID_SIZE];

	uuid_random(other);
	mdev_create(TYPE, other);
	ASSERT_LT(0, debug_set("hold_remove_ms", "600"));
	ASSERT_EQ(0, child_start(&child, destroy, other));
	usleep(HOLD_MS * 1000 / 3);
	EXPECT_ERRNO(EEXIST, __mdev_create("mtty-1", other));
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_LE(HOLD_MS / 1000.0, seconds_now() - start);
	EXPECT_EQ(0, __mdev_create(TYPE, other));
	ASSERT_LT(0, debug_set("hold_remove_ms", "0"));
	EXPECT_EQ(0, __mdev_remove(other));
}

static int add_parent(void *ports)
{
	return -__parent_add(EARLY, *(int *)ports);
}

/* A type can be written to as soon as its file is there: before all of its parent is. */
static int create_early(struct child *child, const char *hold_ms, const char *uuid)
{
	double end = seconds_now() + CHILD_SOON_MS / 1000.0;
	static int ports = 4;
	int ret;

	debug_set("hold_parent_ms", hold_ms);
	ret = child_start(child, add_parent, &ports);
	if (ret)
		return ret;
	while (!sysfs_exists(EARLY_TYPE "/create") && seconds_now() < end)
		;
	ret = __parent_create(EARLY, TYPE, uuid);
	debug_set("hold_parent_ms", "0");
	return ret;
}

TEST_F(debug, an_early_creation_waits)
{
	double start = seconds_now();
	char uuid[UUID_SIZE], path[PATH_MAX];
	struct child child;

	if (parent_missing())
		SKIP(return, "%s", parent_missing());
	parent_reap();
	uuid_random(uuid);
	EXPECT_EQ(0, create_early(&child, "600", uuid));
	EXPECT_LE(HOLD_MS / 1000.0, seconds_now() - start);
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	snprintf(path, sizeof(path), EARLY_TYPE "/devices/%s", uuid);
	EXPECT_TRUE(sysfs_exists(path));
	snprintf(path, sizeof(path), "/sys/%s", uuid);
	EXPECT_FALSE(sysfs_exists(path));
	EXPECT_EQ(0, __mdev_remove(uuid));
	EXPECT_EQ(0, __parent_rmdir(EARLY));
}

TEST_F(debug, but_not_for_ever)
{
	char uuid[UUID_SIZE];
	struct child child;

	if (parent_missing())
		SKIP(return, "%s", parent_missing());
	parent_reap();
	uuid_random(uuid);
	EXPECT_ERRNO(EAGAIN, create_early(&child, "4000", uuid));
	EXPECT_FALSE(mdev_exists(uuid));
	EXPECT_EQ(0, child_wait(&child, CHILD_SOON_MS));
	EXPECT_EQ(4 / 2, parent_available(EARLY, TYPE));
	EXPECT_EQ(0, __parent_create(EARLY, TYPE, uuid));
	EXPECT_EQ(0, __mdev_remove(uuid));
	EXPECT_EQ(0, __parent_rmdir(EARLY));
}

struct flood {
	int fd;
	bool stop;
	pthread_t thread;
};

static void *flood_main(void *arg)
{
	struct flood *flood = arg;
	ssize_t ret = 1;

	while (ret == 1 && !__atomic_load_n(&flood->stop, __ATOMIC_RELAXED))
		ret = region_write(flood->fd, 0, UART_TX, "y", 1);
	return NULL;
}

/* The kernel takes a processor that does not schedule for twenty seconds for locked up. */
#define LOCKED_UP_SECONDS 20

TEST_F_TIMEOUT(debug, no_access_is_held_up_for_long, 150)
{
	struct flood flood = {};
	double start;

	vfio_close(&self->vfio);
	ASSERT_EQ(0, port_set_peer(self->uuid, 0, self->uuid, 1));
	vfio_open(&self->vfio, self->uuid, VIA_GROUP);
	flood.fd = self->vfio.fd;
	uart_setup(flood.fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	uart_setup(flood.fd, 1, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	ASSERT_LT(0, debug_set("hold_batch_ms", "1000"));
	ASSERT_EQ(0, pthread_create(&flood.thread, NULL, flood_main, &flood));
	for (int i = 0; i < 4; i++) {
		start = seconds_now();
		uart_out(flood.fd, 0, UART_TX, 'x');
		EXPECT_GT(LOCKED_UP_SECONDS, seconds_now() - start);
	}
	__atomic_store_n(&flood.stop, true, __ATOMIC_RELAXED);
	start = seconds_now();
	pthread_join(flood.thread, NULL);
	EXPECT_GT(LOCKED_UP_SECONDS, seconds_now() - start);
}

/* Counts the lines of the trace with all of these words; -1 if there is none to read. */
static int traced(const char *event, const char *uuid, const char *words)
{
	FILE *file = fopen(TRACE_DIR "/trace", "r");
	char line[512];
	int n = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		n += strstr(line, event) && strstr(line, uuid) && strstr(line, words);
	fclose(file);
	return n;
}

TEST_F(debug, tracepoints_tell_what_happens)
{
	int fd = self->vfio.fd;

	if (!sysfs_exists("/sys/kernel/tracing/instances"))
		SKIP(return, "no tracefs on /sys/kernel/tracing");
	ASSERT_EQ(0, mkdir(TRACE_DIR, 0700));
	if (!sysfs_exists(TRACE_DIR "/events/mdev_sample/enable"))
		SKIP(return, "a kernel without events");
	ASSERT_LT(0, sysfs_write(TRACE_DIR "/events/mdev_sample/enable", "1", 1));

	uart_out(fd, 1, UART_SCR, 0x77);
	EXPECT_EQ(0x77, uart_in(fd, 1, UART_SCR));
	EXPECT_EQ(1, traced("msamp_access", self->uuid,
			    "write region=1 offset=0x7 width=1 val=0x77"));
	EXPECT_EQ(1, traced("msamp_access", self->uuid,
			    "read region=1 offset=0x7 width=1 val=0x77"));
	EXPECT_EQ(0, traced("msamp_reset", self->uuid, ""));
	vfio_reset(fd);
	EXPECT_EQ(1, traced("msamp_reset", self->uuid, ""));
	vfio_close(&self->vfio);
	EXPECT_EQ(1, traced("msamp_close", self->uuid, ""));
	vfio_open(&self->vfio, self->uuid, VIA_GROUP);
	EXPECT_EQ(1, traced("msamp_open", self->uuid, ""));
}

struct reader {
	int fd;
	char *page;
};

static ssize_t read_file(void *arg)
{
	struct reader *r = arg;
	ssize_t ret = read(r->fd, r->page, 4096);

	return ret < 0 ? -errno : ret;
}

static ssize_t remove_device(void *arg)
{
	return __mdev_remove(arg);
}

/* A reader whose memory never comes does not keep the device. */
TEST_F_TIMEOUT(debug, a_reader_that_waits, 120)
{
	static const char * const files[] = { "registers", "counters" };
	struct call reading, removing;
	char path[PATH_MAX];
	struct stall stall;
	struct reader r;

	if (stall_missing())
		SKIP(return, "%s", stall_missing());
	vfio_close(&self->vfio);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), DEBUG_DIR "/%s/%s", self->uuid, files[i]);
		ASSERT_EQ(0, stall_begin(&stall));
		r = (struct reader){ open(path, O_RDONLY | O_CLOEXEC), stall.page };
		ASSERT_LE(0, r.fd);
		ASSERT_EQ(0, call_begin(&reading, read_file, &r));
		ASSERT_EQ(0, stall_wait(&stall, STALL_SOON_MS));
		ASSERT_EQ(0, call_begin(&removing, remove_device, self->uuid));
		EXPECT_EQ(0, call_end(&removing, STALL_SOON_MS)) {
			TH_LOG("%s", files[i]);
			stall_release(&stall);
			call_end(&removing, STALL_SOON_MS);
		}
		stall_release(&stall);
		EXPECT_LT(0, call_end(&reading, STALL_SOON_MS));
		/* nothing is left that could be shown */
		lseek(r.fd, 0, SEEK_SET);
		EXPECT_EQ(-EIO, read_file(&r));
		close(r.fd);
		stall_end(&stall);
		mdev_create(TYPE, self->uuid);
		vfio_open(&self->vfio, self->uuid, VIA_GROUP);
		if (i + 1 < ARRAY_SIZE(files))
			vfio_close(&self->vfio);
	}
}

TEST_HARNESS_MAIN
