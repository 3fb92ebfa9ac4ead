// SPDX-License-Identifier: GPL-2.0-only
/*
 * Abuse of a device fd: random offsets, lengths, requests, sizes, eventfds and pointers, from
 * several threads at once. The kernel log, the device's health afterwards, and that everything goes
 * away again are the test.
 *
 * MDEV_SAMPLE_OPS says how many operations (200000), MDEV_SAMPLE_SEED which ones; the seed is
 * printed before they begin, so that it is known when the machine ends in them. A seed repeats each
 * thread's operations; with one thread (MDEV_SAMPLE_THREADS=1) it repeats what comes of them too.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/serial_reg.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "kselftest_harness.h"
#include "lib/crowd.h"
#include "lib/dev_fixture.h"
#include "lib/irq.h"

#define THREADS		4
#define EVENTFDS	4
#define PAYLOAD		512
#define REPEATED	20000

FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

/* What one thread works with. */
struct fuzz {
	unsigned long long state;
	int fd;
	int efd[EVENTFDS];
	/* a page that is mapped, followed by one that is not */
	unsigned char *edge;
	unsigned long ops;
	unsigned long worked;
	/* of what each operation returned, in its order */
	unsigned long long digest;
};

/* xorshift64: quick, and the same on every machine. */
static unsigned long long rnd(struct fuzz *f)
{
	f->state ^= f->state << 13;
	f->state ^= f->state >> 7;
	f->state ^= f->state << 17;
	return f->state;
}

static unsigned int below(struct fuzz *f, unsigned int n)
{
	return (rnd(f) >> 16) % n;
}

/* Small values, values around powers of two, and anything. */
static __u64 odd_value(struct fuzz *f)
{
	switch (below(f, 4)) {
	case 0:
		return below(f, 32);
	case 1:
		return (1ULL << below(f, 64)) + below(f, 5) - 2;
	case 2:
		return -(__u64)below(f, 4096);
	default:
		return rnd(f);
	}
}

static __u64 odd_offset(struct fuzz *f)
{
	__u64 region = REGION_START(below(f, VFIO_PCI_NUM_REGIONS + 2));

	switch (below(f, 8)) {
	case 0:
		return odd_value(f);
	case 1:
		return region + odd_value(f);
	case 2:
		return REGION_START(VFIO_PCI_CONFIG_REGION_INDEX) + below(f, CFG_SIZE + 8);
	case 3:
		return REGION_START(5) + below(f, 4096 + 8);
	default:
		return REGION_START(below(f, 4)) + below(f, BAR_SIZE + 1);
	}
}

/* Mostly good memory; sometimes it ends under the access, or is not there at all. */
static void *odd_buffer(struct fuzz *f, size_t len)
{
	long page = sysconf(_SC_PAGESIZE);

	switch (below(f, 16)) {
	case 0:
		return (void *)(uintptr_t)odd_value(f);
	case 1:
		return f->edge + page - below(f, len + 2);
	default:
		return f->edge;
	}
}

static int fuzz_region(struct fuzz *f)
{
	size_t len = below(f, 8) ? below(f, 9) : below(f, 2048);
	void *buf = odd_buffer(f, len);
	__u64 off = odd_offset(f);
	ssize_t ret;

	for (unsigned int i = 0; i < 8; i++)
		f->edge[i] = rnd(f) >> 8;
	ret = below(f, 2) ? pread(f->fd, buf, len, off) : pwrite(f->fd, buf, len, off);
	return ret < 0 ? -errno : 0;
}

static int fuzz_irqs(struct fuzz *f)
{
	static const __u32 data[] = { 1, 2, 4 };
	unsigned char buf[PAYLOAD];
	struct vfio_irq_set *set = (void *)buf;

	for (unsigned int i = 0; i < PAYLOAD / 4; i++)
		((__u32 *)buf)[i] = below(f, 8) ? (__u32)f->efd[below(f, EVENTFDS)] : rnd(f);
	set->argsz = below(f, 8) ? PAYLOAD : odd_value(f);
	set->flags = below(f, 8) ? data[below(f, 3)] | 8 << below(f, 3) : odd_value(f);
	set->index = below(f, 8) ? below(f, VFIO_PCI_NUM_IRQS) : odd_value(f);
	set->start = below(f, 2) ? 0 : below(f, 8) ? below(f, 9) : odd_value(f);
	set->count = below(f, 8) ? below(f, 9) : odd_value(f);
	return ioctl(f->fd, VFIO_DEVICE_SET_IRQS, set) ? -errno : 0;
}

static int fuzz_info(struct fuzz *f)
{
	static const unsigned long cmd[] = {
		VFIO_DEVICE_GET_INFO, VFIO_DEVICE_GET_REGION_INFO, VFIO_DEVICE_GET_IRQ_INFO,
		VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, VFIO_DEVICE_PCI_HOT_RESET,
		VFIO_DEVICE_FEATURE, VFIO_DEVICE_QUERY_GFX_PLANE, VFIO_DEVICE_IOEVENTFD,
	};
	__u32 *arg = odd_buffer(f, PAYLOAD);

	if (arg == (void *)f->edge) {
		for (unsigned int i = 0; i < 16; i++)
			arg[i] = odd_value(f);
		if (below(f, 4))
			arg[0] = PAYLOAD;
	}
	return ioctl(f->fd, cmd[below(f, ARRAY_SIZE(cmd))], arg) ? -errno : 0;
}

static int fuzz_anything(struct fuzz *f)
{
	struct pollfd pfd = { .fd = f->fd, .events = POLLIN | POLLOUT };
	void *map;

	switch (below(f, 5)) {
	case 0:
		return ioctl(f->fd, VFIO_DEVICE_RESET) ? -errno : 0;
	case 1:
		return ioctl(f->fd, (unsigned long)odd_value(f), odd_buffer(f, 64)) ? -errno : 0;
	case 2:
		return poll(&pfd, 1, 0) < 0 ? -errno : 0;
	case 3:
		return evt_signal(f->efd[below(f, EVENTFDS)]);
	default:
		map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd,
			   odd_offset(f) & ~4095ULL);
		if (map == MAP_FAILED)
			return -errno;
		munmap(map, 4096);
		return 0;
	}
}

static int fuzz_one(struct fuzz *f)
{
	switch (below(f, 16)) {
	case 0:
		return fuzz_anything(f);
	case 1 ... 2:
		return fuzz_info(f);
	case 3 ... 5:
		return fuzz_irqs(f);
	default:
		return fuzz_region(f);
	}
}

static int fuzz_run(void *arg, unsigned int member)
{
	struct fuzz *f = (struct fuzz *)arg + member;

	for (unsigned long i = 0; i < f->ops; i++) {
		int ret = fuzz_one(f);

		f->worked += !ret;
		f->digest = f->digest * 31 + (unsigned int)ret;
	}
	return 0;
}

static int fuzz_init(struct fuzz *f, int fd, unsigned long long seed, unsigned long ops)
{
	long page = sysconf(_SC_PAGESIZE);

	f->state = seed;
	f->fd = fd;
	f->ops = ops;
	f->worked = 0;
	f->digest = 0;
	for (int i = 0; i < EVENTFDS; i++) {
		f->efd[i] = evt_new();
		if (f->efd[i] < 0)
			return f->efd[i];
		/* nobody reads them: a write that would block must fail instead */
		fcntl(f->efd[i], F_SETFL, O_NONBLOCK);
	}
	f->edge = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (f->edge == MAP_FAILED)
		return -errno;
	return munmap(f->edge + page, page);
}

static void fuzz_exit(struct fuzz *f)
{
	for (int i = 0; i < EVENTFDS; i++)
		close(f->efd[i]);
	munmap(f->edge, sysconf(_SC_PAGESIZE));
}

TEST_F_TIMEOUT(dev, random_operations, LONG_SECONDS)
{
	long threads = effort("MDEV_SAMPLE_THREADS", THREADS);
	long ops = effort("MDEV_SAMPLE_OPS", 200000);
	unsigned long long seed = effort("MDEV_SAMPLE_SEED", time(NULL));
	struct fuzz f[CROWD_MAX];
	unsigned long worked = 0;
	struct crowd crowd;
	char scratch = 0x5a;

	ASSERT_TRUE(threads > 0 && threads <= CROWD_MAX);
	/* as many as were asked for, or a few more */
	ops = (ops + threads - 1) / threads * threads;
	TH_LOG("begins: MDEV_SAMPLE_SEED=%llu MDEV_SAMPLE_THREADS=%ld MDEV_SAMPLE_OPS=%ld", seed,
	       threads, ops);
	for (long i = 0; i < threads; i++)
		ASSERT_EQ(0, fuzz_init(&f[i], self->fd, (seed + i) * 0x9e3779b97f4a7c15ULL | 1,
				       ops / threads));
	ASSERT_EQ(0, crowd_start(&crowd, threads, fuzz_run, f));
	crowd_round(&crowd);
	crowd_end(&crowd);
	for (long i = 0; i < threads; i++) {
		worked += f[i].worked;
		fuzz_exit(&f[i]);
	}
	TH_LOG("seed %llu, %ld threads: %ld operations, of which %lu worked", seed, threads,
	       ops, worked);

	/* neither refused everything nor taken everything */
	EXPECT_LT(ops / 10, worked);
	EXPECT_GT(ops * 9 / 10, worked);

	/* and the device is as good as new after a reset */
	vfio_reset(self->fd);
	EXPECT_EQ(1, region_write(self->fd, 0, UART_SCR, &scratch, 1));
	scratch = 0;
	EXPECT_EQ(1, region_read(self->fd, 0, UART_SCR, &scratch, 1));
	EXPECT_EQ(0x5a, scratch);
	EXPECT_EQ(0x4348, cfg_read(self->fd, PCI_VENDOR_ID, 2));
}

static unsigned long long fuzz_alone(struct __test_metadata *_metadata, int fd,
				     unsigned long long seed, unsigned long ops)
{
	struct fuzz f;

	vfio_reset(fd);
	ASSERT_EQ(0, fuzz_init(&f, fd, seed, ops));
	fuzz_run(&f, 0);
	fuzz_exit(&f);
	/* the next run begins as this one did */
	for (unsigned int index = 0; index < VFIO_PCI_NUM_IRQS; index++)
		irq_set_none(fd, index, VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0);
	return f.digest;
}

/* Otherwise a failure could not be looked into. */
TEST_F(dev, a_seed_repeats_its_run)
{
	unsigned long long seed = effort("MDEV_SAMPLE_SEED", time(NULL)) * 2 + 1, first;

	TH_LOG("seed %llu", seed);
	first = fuzz_alone(_metadata, self->fd, seed, REPEATED);
	EXPECT_EQ(first, fuzz_alone(_metadata, self->fd, seed, REPEATED));
	EXPECT_NE(first, fuzz_alone(_metadata, self->fd, seed + 2, REPEATED));
}

TEST_HARNESS_MAIN
