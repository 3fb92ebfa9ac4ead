// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_SET_IRQS: what it refuses, and what every kind of interrupt that is there does. */
#include <fcntl.h>

#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/irq.h"
#include "lib/memory.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define INTX	VFIO_PCI_INTX_IRQ_INDEX
#define NONE	VFIO_IRQ_SET_DATA_NONE
#define BOOL	VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD	VFIO_IRQ_SET_DATA_EVENTFD
#define MASK	VFIO_IRQ_SET_ACTION_MASK
#define UNMASK	VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER

#define MAX_VECTORS 32

static const struct {
	const char *what;
	__u32 flags, index, start, count;
} malformed[] = {
	{ "no flags", 0, INTX, 0, 1 },
	{ "no action", EVENTFD, INTX, 0, 1 },
	{ "no data type", TRIGGER, INTX, 0, 1 },
	{ "two data types", NONE | EVENTFD | TRIGGER, INTX, 0, 1 },
	{ "all data types", NONE | BOOL | EVENTFD | TRIGGER, INTX, 0, 1 },
	{ "two actions", EVENTFD | MASK | TRIGGER, INTX, 0, 1 },
	{ "three actions", NONE | MASK | UNMASK | TRIGGER, INTX, 0, 1 },
	{ "unknown flag", EVENTFD | TRIGGER | 1 << 6, INTX, 0, 1 },
	{ "highest flag", EVENTFD | TRIGGER | 1U << 31, INTX, 0, 1 },
	{ "second of one", EVENTFD | TRIGGER, INTX, 1, 1 },
	{ "start far out", EVENTFD | TRIGGER, INTX, ~0U, 1 },
	{ "two of one", EVENTFD | TRIGGER, INTX, 0, 2 },
	{ "count far out", EVENTFD | TRIGGER, INTX, 0, ~0U },
	{ "start and count wrap", EVENTFD | TRIGGER, INTX, 1, ~0U },
	{ "sum wraps to one", EVENTFD | TRIGGER, INTX, ~0U, 2 },
	{ "eventfds, but none", EVENTFD | TRIGGER, INTX, 0, 0 },
	{ "bools, but none", BOOL | TRIGGER, INTX, 0, 0 },
	{ "mask none", NONE | MASK, INTX, 0, 0 },
	{ "unmask none", NONE | UNMASK, INTX, 0, 0 },
	{ "mask second", NONE | MASK, INTX, 1, 1 },
	{ "disable from second", NONE | TRIGGER, INTX, 1, 0 },
	{ "index beyond the last", EVENTFD | TRIGGER, VFIO_PCI_NUM_IRQS, 0, 1 },
	{ "index far out", EVENTFD | TRIGGER, ~0U, 0, 1 },
	{ "disable an index beyond the last", NONE | TRIGGER, VFIO_PCI_NUM_IRQS, 0, 0 },
};

TEST_F(dev, malformed_is_refused)
{
	__s32 efd[4];

	for (size_t i = 0; i < ARRAY_SIZE(efd); i++)
		efd[i] = evt_new();
	/* enabled, so that nothing is refused only for that */
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, TRIGGER, efd[3]));
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		EXPECT_ERRNO(EINVAL, irq_set_raw(self->fd, malformed[i].flags, malformed[i].index,
						 malformed[i].start, malformed[i].count,
						 efd, sizeof(efd))) {
			TH_LOG("%s", malformed[i].what);
		}
	}
	/* and nothing of it had an effect */
	ASSERT_EQ(0, irq_set_none(self->fd, INTX, TRIGGER, 0, 1));
	EXPECT_SIGNALS(1, efd[3]);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, evt_wait(efd[i], 0));
}

TEST_F(dev, payload_shorter_than_announced)
{
	__s32 efd = evt_new();

	EXPECT_ERRNO(EINVAL, irq_set_raw(self->fd, EVENTFD | TRIGGER, INTX, 0, 1, NULL, 0));
	EXPECT_ERRNO(EINVAL, irq_set_raw(self->fd, EVENTFD | TRIGGER, INTX, 0, 1, &efd, 3));
	EXPECT_ERRNO(EINVAL, irq_set_raw(self->fd, BOOL | TRIGGER, INTX, 0, 1, NULL, 0));
	EXPECT_EQ(0, irq_set_raw(self->fd, EVENTFD | TRIGGER, INTX, 0, 1, &efd, 4));
}

TEST_F(dev, payload_longer_than_announced)
{
	__s32 efd[4] = { evt_new(), -1, -1, -1 };

	EXPECT_EQ(0, irq_set_raw(self->fd, EVENTFD | TRIGGER, INTX, 0, 1, efd, sizeof(efd)));
	EXPECT_EQ(0, irq_set_raw(self->fd, NONE | TRIGGER, INTX, 0, 1, efd, sizeof(efd)));
	EXPECT_SIGNALS(1, efd[0]);
}

TEST_F(dev, argsz_too_small)
{
	struct vfio_irq_set set = { .flags = NONE | TRIGGER, .index = INTX };

	for (__u32 argsz = 0; argsz < sizeof(set); argsz++)
		EXPECT_ERRNO(EINVAL, vfio_ioctl_argsz(self->fd, VFIO_DEVICE_SET_IRQS, &set, argsz));
	EXPECT_EQ(0, vfio_ioctl_argsz(self->fd, VFIO_DEVICE_SET_IRQS, &set, sizeof(set)));
}

TEST_F(dev, request_in_bad_memory)
{
	char *end = page_end();
	struct vfio_irq_set set = {
		.argsz = sizeof(set) + 4, .flags = EVENTFD | TRIGGER, .index = INTX, .count = 1,
	};

	ASSERT_NE(NULL, end);
	EXPECT_ERRNO(EFAULT, vfio_ioctl(self->fd, VFIO_DEVICE_SET_IRQS, NULL));
	EXPECT_ERRNO(EFAULT, vfio_ioctl(self->fd, VFIO_DEVICE_SET_IRQS, end));
	for (size_t good = 4; good < sizeof(set) + 4; good += 4) {
		memcpy(end - good, &set, good < sizeof(set) ? good : sizeof(set));
		EXPECT_ERRNO(EFAULT, vfio_ioctl(self->fd, VFIO_DEVICE_SET_IRQS, end - good));
	}
}

TEST_F(dev, not_an_eventfd)
{
	int closed = evt_new(), null = open("/dev/null", O_RDWR);

	ASSERT_LE(0, null);
	close(closed);
	EXPECT_ERRNO(EBADF, irq_set_fd(self->fd, INTX, TRIGGER, closed));
	EXPECT_ERRNO(EBADF, irq_set_fd(self->fd, INTX, TRIGGER, 0x7fffffff));
	EXPECT_ERRNO(EINVAL, irq_set_fd(self->fd, INTX, TRIGGER, null));
	EXPECT_ERRNO(EINVAL, irq_set_fd(self->fd, INTX, TRIGGER, self->fd));
	EXPECT_ERRNO(EINVAL, irq_set_fd(self->fd, INTX, TRIGGER, -2));
	EXPECT_ERRNO(EINVAL, irq_set_fd(self->fd, INTX, TRIGGER, (__s32)0x80000000));
}

/* The same for those that mask and unmask; the one before goes on. */
TEST_F(dev, not_an_eventfd_that_acts)
{
	static const __u32 actions[] = { MASK, UNMASK };
	int null = open("/dev/null", O_RDWR);

	ASSERT_LE(0, null);
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, TRIGGER, evt_new()));
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		int efd = evt_new();

		ASSERT_EQ(0, irq_set_fd(self->fd, INTX, actions[i], efd));
		EXPECT_ERRNO(EBADF, irq_set_fd(self->fd, INTX, actions[i], 0x7fffffff));
		EXPECT_ERRNO(EINVAL, irq_set_fd(self->fd, INTX, actions[i], null));
		EXPECT_ERRNO(EINVAL, irq_set_fd(self->fd, INTX, actions[i], self->fd));
		EXPECT_ERRNO(EINVAL, irq_set_fd(self->fd, INTX, actions[i], -2));
		ASSERT_EQ(0, irq_set_fd(self->fd, INTX, actions[i], -1));
	}
}

TEST_F(dev, refused_eventfd_leaves_the_old_one)
{
	int efd = evt_new();

	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, TRIGGER, efd));
	EXPECT_ERRNO(EBADF, irq_set_fd(self->fd, INTX, TRIGGER, 0x7fffffff));
	EXPECT_ERRNO(EINVAL, irq_set_fd(self->fd, INTX, TRIGGER, -2));
	ASSERT_EQ(0, irq_set_none(self->fd, INTX, TRIGGER, 0, 1));
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, nothing_works_before_enabling)
{
	for (int val = 0; val < 2; val++) {
		EXPECT_ERRNO(EINVAL, irq_set_bool(self->fd, INTX, MASK, val));
		EXPECT_ERRNO(EINVAL, irq_set_bool(self->fd, INTX, UNMASK, val));
		EXPECT_ERRNO(EINVAL, irq_set_bool(self->fd, INTX, TRIGGER, val));
	}
	EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, INTX, MASK, 0, 1));
	EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, INTX, UNMASK, 0, 1));
	EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, INTX, TRIGGER, 0, 1));
	/* except for switching off what is off */
	EXPECT_EQ(0, irq_set_none(self->fd, INTX, TRIGGER, 0, 0));
	EXPECT_EQ(0, irq_set_fd(self->fd, INTX, TRIGGER, -1));
}

TEST_F(dev, kinds_without_vectors_refuse)
{
	struct vfio_irq_info info;
	int efd = evt_new();

	for (__u32 i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		vfio_irq_info(self->fd, i, &info);
		if (info.count)
			continue;
		EXPECT_ERRNO(EINVAL, irq_set_fd(self->fd, i, TRIGGER, efd));
		EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, i, TRIGGER, 0, 1));
		EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, i, MASK, 0, 1));
	}
	EXPECT_EQ(0, evt_wait(efd, 0));
}

/* Only the vector that was meant is signalled, by NONE and by BOOL. */
static int wrong_signals(const __s32 *efd, __u32 n, __u32 meant)
{
	int wrong = 0;

	for (__u32 i = 0; i < n; i++)
		wrong += evt_wait(efd[i], i == meant ? EVT_SOON_MS : 0) != (i == meant);
	return wrong;
}

static int loop_back(int fd, __u32 index, __u32 n, const __s32 *efd)
{
	__u8 val[MAX_VECTORS];
	int wrong = 0;

	for (__u32 i = 0; i < n; i++) {
		wrong += irq_set_none(fd, index, TRIGGER, i, 1) != 0;
		wrong += wrong_signals(efd, n, i);
		memset(val, 0, sizeof(val));
		val[i] = 1;
		wrong += irq_set_raw(fd, BOOL | TRIGGER, index, 0, n, val, n) != 0;
		wrong += wrong_signals(efd, n, i);
	}
	return wrong;
}

TEST_F(dev, every_vector_loops_back)
{
	struct vfio_irq_info info;
	__s32 efd[MAX_VECTORS];

	for (size_t i = 0; i < ARRAY_SIZE(efd); i++)
		efd[i] = evt_new();
	for (__u32 i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		__u32 n;

		vfio_irq_info(self->fd, i, &info);
		n = info.count < MAX_VECTORS ? info.count : MAX_VECTORS;
		if (!n)
			continue;
		EXPECT_EQ(0, irq_set_raw(self->fd, EVENTFD | TRIGGER, i, 0, n, efd, 4 * n));
		EXPECT_EQ(0, loop_back(self->fd, i, n, efd)) {
			TH_LOG("index %u, %u vectors", i, n);
		}
		EXPECT_EQ(0, irq_set_none(self->fd, i, TRIGGER, 0, 0));
		/* off: whether that is refused or ignored, nobody hears it */
		irq_set_none(self->fd, i, TRIGGER, 0, 1);
		EXPECT_EQ(0, evt_wait(efd[0], 0));
	}
}

static __u32 next_random(__u32 *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 8;
}

/* Nonsense, the same every time; the kernel log and the device's health afterwards are the test. */
TEST_F(dev, random_requests)
{
	static const __u32 odd[] = { 0, 1, 2, 3, 31, 32, 0x7fffffff, 0x80000000, ~0U };
	__u32 seed = 99, refused = 0;
	__s32 payload[8];
	int efd = evt_new();

	for (int i = 0; i < 20000; i++) {
		__u32 r = next_random(&seed);
		__u32 flags = r & 8 ? next_random(&seed) & 0x7f : 1 << r % 3 | 8 << (r >> 4) % 3;

		for (size_t j = 0; j < ARRAY_SIZE(payload); j++)
			payload[j] = next_random(&seed) & 1 ? efd : r % 9 - 3;
		refused += irq_set_raw(self->fd, flags, next_random(&seed) % 6,
				       odd[next_random(&seed) % ARRAY_SIZE(odd)],
				       odd[next_random(&seed) % ARRAY_SIZE(odd)],
				       payload, next_random(&seed) % sizeof(payload)) != 0;
	}
	EXPECT_LT(0, refused);
	for (__u32 i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		irq_set_none(self->fd, i, TRIGGER, 0, 0);
	evt_wait(efd, 0);
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, TRIGGER, efd));
	ASSERT_EQ(0, irq_set_none(self->fd, INTX, TRIGGER, 0, 1));
	EXPECT_SIGNALS(1, efd);
}

TEST_HARNESS_MAIN
