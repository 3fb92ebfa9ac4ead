// SPDX-License-Identifier: GPL-2.0-only
/* The log of DMA: what a serial card writes to memory is nothing, but it can be asked wrongly. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/mig.h"

#define PAGE 4096ULL
#define BITS 512

FIXTURE_VARIANT_ADD(dev, group_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, cdev_2) { DEV_VARIANT(CDEV, 2) };

static int log_start(int fd, __u64 page_size, __u32 n,
		     const struct vfio_device_feature_dma_logging_range *range)
{
	struct vfio_device_feature_dma_logging_control control = {
		.page_size = page_size,
		.num_ranges = n,
		.ranges = (unsigned long)range,
	};

	return mig_feature(fd, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
			   &control, sizeof(control));
}

static int log_start_one(int fd, __u64 page_size, __u64 iova, __u64 length)
{
	struct vfio_device_feature_dma_logging_range range = { iova, length };

	return log_start(fd, page_size, 1, &range);
}

static int log_stop(int fd)
{
	return mig_feature(fd, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, NULL,
			   0);
}

/* 0 and an untouched bitmap, or -errno. */
static int log_report(int fd, __u64 iova, __u64 length)
{
	static __u64 bitmap[BITS];
	struct vfio_device_feature_dma_logging_report report = {
		.iova = iova,
		.length = length,
		.page_size = PAGE,
		.bitmap = (unsigned long)bitmap,
	};
	int ret;

	memset(bitmap, 0x5a, sizeof(bitmap));
	ret = mig_feature(fd, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT,
			  &report, sizeof(report));
	for (int i = 0; !ret && i < BITS; i++)
		if (bitmap[i] != 0x5a5a5a5a5a5a5a5aULL)
			return i + 1;
	return ret;
}

static const char *missing(int fd)
{
	int ret = mig_feature(fd, VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET |
				  VFIO_DEVICE_FEATURE_DMA_LOGGING_START, NULL, 0);

	return ret == -ENOTTY ? "no DMA log: needs CONFIG_IOMMUFD_DRIVER on Linux 6.7 and later" :
				NULL;
}

/* Where it is missing, all of it is. */
TEST_F(dev, all_or_nothing)
{
	int ret = missing(self->fd) ? -ENOTTY : -EINVAL;

	EXPECT_EQ(ret, log_stop(self->fd));
	EXPECT_EQ(ret, log_report(self->fd, 0, PAGE));
	EXPECT_EQ(ret, log_start(self->fd, PAGE, 0, NULL));
}

TEST_F(dev, nothing_is_written)
{
	if (missing(self->fd))
		SKIP(return, "%s", missing(self->fd));
	ASSERT_EQ(0, log_start_one(self->fd, PAGE, 16 * PAGE, 16 * PAGE));
	EXPECT_EQ(0, log_report(self->fd, 16 * PAGE, 16 * PAGE));
	EXPECT_EQ(0, log_report(self->fd, 20 * PAGE, PAGE));
	EXPECT_EQ(0, log_stop(self->fd));
}

TEST_F(dev, misuse)
{
	if (missing(self->fd))
		SKIP(return, "%s", missing(self->fd));
	EXPECT_ERRNO(EINVAL, log_report(self->fd, 0, PAGE));
	ASSERT_EQ(0, log_start_one(self->fd, PAGE, 16 * PAGE, 16 * PAGE));
	EXPECT_ERRNO(EINVAL, log_start_one(self->fd, PAGE, 64 * PAGE, PAGE));
	EXPECT_ERRNO(EINVAL, log_report(self->fd, 15 * PAGE, 2 * PAGE));
	EXPECT_ERRNO(EINVAL, log_report(self->fd, 31 * PAGE, 2 * PAGE));
	EXPECT_ERRNO(EINVAL, log_report(self->fd, 64 * PAGE, PAGE));
	EXPECT_EQ(0, log_report(self->fd, 31 * PAGE, PAGE));
	EXPECT_EQ(0, log_stop(self->fd));
	EXPECT_ERRNO(EINVAL, log_stop(self->fd));
	EXPECT_ERRNO(EINVAL, log_report(self->fd, 16 * PAGE, PAGE));
}

TEST_F(dev, bad_ranges)
{
	const struct vfio_device_feature_dma_logging_range overlap[] = {
		{ 0, 4 * PAGE }, { 3 * PAGE, PAGE },
	};

	if (missing(self->fd))
		SKIP(return, "%s", missing(self->fd));
	EXPECT_ERRNO(EINVAL, log_start_one(self->fd, PAGE, 0, 0));
	EXPECT_ERRNO(EINVAL, log_start_one(self->fd, PAGE, PAGE, 0));
	EXPECT_ERRNO(EINVAL, log_start_one(self->fd, 0, 0, PAGE));
	EXPECT_ERRNO(EINVAL, log_start_one(self->fd, 3 * PAGE, 0, 3 * PAGE));
	EXPECT_ERRNO(EINVAL, log_start_one(self->fd, PAGE, 1, PAGE));
	EXPECT_ERRNO(EOVERFLOW, log_start_one(self->fd, PAGE, -PAGE, 2 * PAGE));
	EXPECT_ERRNO(EINVAL, log_start(self->fd, PAGE, 2, overlap));
	EXPECT_ERRNO(EFAULT, log_start(self->fd, PAGE, 2, NULL));
	/* none of these has started it */
	EXPECT_ERRNO(EINVAL, log_stop(self->fd));
}

/* Ranges that touch are as good as one. */
TEST_F(dev, several_ranges)
{
	const struct vfio_device_feature_dma_logging_range range[] = {
		{ 8 * PAGE, PAGE }, { 0, 4 * PAGE }, { 4 * PAGE, PAGE },
	};

	if (missing(self->fd))
		SKIP(return, "%s", missing(self->fd));
	ASSERT_EQ(0, log_start(self->fd, PAGE, ARRAY_SIZE(range), range));
	EXPECT_EQ(0, log_report(self->fd, 0, 5 * PAGE));
	EXPECT_EQ(0, log_report(self->fd, 8 * PAGE, PAGE));
	EXPECT_ERRNO(EINVAL, log_report(self->fd, 4 * PAGE, 2 * PAGE));
	EXPECT_ERRNO(EINVAL, log_report(self->fd, 0, 9 * PAGE));
	EXPECT_EQ(0, log_stop(self->fd));
}

/* The log does not survive into the next open. */
TEST_F(dev, close_stops_it)
{
	if (missing(self->fd))
		SKIP(return, "%s", missing(self->fd));
	ASSERT_EQ(0, log_start_one(self->fd, PAGE, 0, PAGE));
	vfio_close(&self->vfio);
	vfio_open(&self->vfio, self->uuid, variant->via);
	self->fd = self->vfio.fd;
	EXPECT_ERRNO(EINVAL, log_report(self->fd, 0, PAGE));
	EXPECT_EQ(0, log_start_one(self->fd, PAGE, 0, PAGE));
}

TEST_HARNESS_MAIN
