// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls that describe the device, and those that it does not have. */
#include <sys/ioctl.h>
#include <stddef.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/memory.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_1) { DEV_VARIANT(CDEV, 1) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

TEST_F(dev, device_info)
{
	struct vfio_device_info info;

	vfio_info(self->fd, &info);
	EXPECT_TRUE(info.flags & VFIO_DEVICE_FLAGS_PCI);
	EXPECT_TRUE(info.flags & VFIO_DEVICE_FLAGS_RESET);
	EXPECT_LE(VFIO_PCI_NUM_REGIONS, info.num_regions);
	EXPECT_EQ(VFIO_PCI_NUM_IRQS, info.num_irqs);
}

/* The BAR that the MSI-X capability says the table is in, or -1. */
static int msix_bar(int fd)
{
	int cap = __cfg_find_cap(fd, PCI_CAP_ID_MSIX);
	__u32 table;

	if (cap <= 0 || __cfg_read(fd, cap + PCI_MSIX_TABLE, 4, &table))
		return -1;
	return table & PCI_MSIX_TABLE_BIR;
}

static unsigned int region_size(unsigned int index, unsigned int ports, int msix)
{
	if (index < ports)
		return BAR_SIZE;
	if (index == msix)
		return MSIX_BAR_SIZE;
	return index == VFIO_PCI_CONFIG_REGION_INDEX ? CFG_SIZE : 0;
}

TEST_F(dev, region_info)
{
	const __u32 rw = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	struct vfio_region_info info;
	int msix = msix_bar(self->fd);

	/* the guess of Linux's serial driver wants the ports' BARs side by side */
	EXPECT_TRUE(msix == -1 || msix >= (int)variant->ports);
	for (unsigned int i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		unsigned int size = region_size(i, variant->ports, msix);

		vfio_region_info(self->fd, i, &info);
		EXPECT_EQ(i, info.index);
		EXPECT_EQ(size, info.size);
		EXPECT_EQ(REGION_START(i), info.offset);
		if (size)
			EXPECT_EQ(rw, info.flags & rw);
		/* nothing here can be mapped, so nothing may say so */
		EXPECT_FALSE(info.flags & VFIO_REGION_INFO_FLAG_MMAP);
	}
}

/* There are no capabilities, whatever the user's memory held before. */
TEST_F(dev, region_info_has_no_capabilities)
{
	for (unsigned int i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		struct vfio_region_info info;

		memset(&info, 0xff, sizeof(info));
		info.argsz = sizeof(info);
		info.index = i;
		ASSERT_EQ(0, ioctl(self->fd, VFIO_DEVICE_GET_REGION_INFO, &info));
		EXPECT_EQ(0, info.cap_offset);
		EXPECT_EQ(0, info.flags & VFIO_REGION_INFO_FLAG_CAPS);
		EXPECT_EQ(sizeof(info), info.argsz);
	}
}

TEST_F(dev, region_info_beyond_the_last)
{
	static const __u32 index[] = { VFIO_PCI_NUM_REGIONS, 10, 255, 256, 1U << 31, ~0U };
	struct vfio_region_info info;

	for (size_t i = 0; i < ARRAY_SIZE(index); i++)
		EXPECT_ERRNO(EINVAL, __vfio_region_info(self->fd, index[i], &info));
}

TEST_F(dev, intx_info)
{
	struct vfio_irq_info info;

	vfio_irq_info(self->fd, VFIO_PCI_INTX_IRQ_INDEX, &info);
	EXPECT_EQ(1, info.count);
	EXPECT_EQ(VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED,
		  info.flags);
}

/* QEMU's display=on probes for a dma-buf first, then for a region; then it asks for the plane. */
TEST_F(dev, gfx_plane)
{
	const __u32 region = VFIO_GFX_PLANE_TYPE_REGION, probe = VFIO_GFX_PLANE_TYPE_PROBE;
	const __u32 bad[] = { 0, probe, VFIO_GFX_PLANE_TYPE_DMABUF,
			      probe | VFIO_GFX_PLANE_TYPE_DMABUF,
			      region | VFIO_GFX_PLANE_TYPE_DMABUF, region | 8 };
	struct vfio_device_gfx_plane_info plane = { .argsz = sizeof(plane), .flags = region };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		plane.flags = bad[i];
		EXPECT_EQ(-1, ioctl(self->fd, VFIO_DEVICE_QUERY_GFX_PLANE, &plane));
		EXPECT_EQ(EINVAL, errno);
	}
	plane.flags = region | probe;
	EXPECT_EQ(0, ioctl(self->fd, VFIO_DEVICE_QUERY_GFX_PLANE, &plane));

	plane.flags = region;
	plane.drm_plane_type = 1;
	plane.drm_format = 77;
	plane.size = 77;
	plane.width = 77;
	ASSERT_EQ(0, ioctl(self->fd, VFIO_DEVICE_QUERY_GFX_PLANE, &plane));
	EXPECT_EQ(1, plane.drm_plane_type);
	EXPECT_EQ(0, plane.drm_format);
	EXPECT_EQ(0, plane.size);
	EXPECT_EQ(0, plane.width);
	EXPECT_EQ(~0U, plane.x_hot);

	plane.argsz = offsetof(struct vfio_device_gfx_plane_info, region_index);
	EXPECT_EQ(-1, ioctl(self->fd, VFIO_DEVICE_QUERY_GFX_PLANE, &plane));
	EXPECT_EQ(EINVAL, errno);
}

/* Whoever walks all kinds of interrupt gets an answer for each; none of them is a surprise. */
TEST_F(dev, every_irq_index_answers)
{
	static const __u32 most[VFIO_PCI_NUM_IRQS] = { 1, 32, 2048, 1, 1 };
	struct vfio_irq_info info;

	for (__u32 i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		vfio_irq_info(self->fd, i, &info);
		EXPECT_EQ(i, info.index);
		EXPECT_LE(info.count, most[i]);
		if (info.count)
			EXPECT_TRUE(info.flags & VFIO_IRQ_INFO_EVENTFD);
	}
}

TEST_F(dev, irq_info_beyond_the_last)
{
	static const __u32 index[] = { VFIO_PCI_NUM_IRQS, 6, 255, 256, 1U << 31, ~0U };
	struct vfio_irq_info info;

	for (size_t i = 0; i < ARRAY_SIZE(index); i++)
		EXPECT_ERRNO(EINVAL, __vfio_irq_info(self->fd, index[i], &info));
}

/* The MSI kinds of interrupt and their capabilities in config space come together or not at all. */
TEST_F(dev, msi_counts_match_capabilities)
{
	struct vfio_irq_info msi, msix;
	bool has_msi, has_msix;

	vfio_irq_info(self->fd, VFIO_PCI_MSI_IRQ_INDEX, &msi);
	vfio_irq_info(self->fd, VFIO_PCI_MSIX_IRQ_INDEX, &msix);
	has_msi = __cfg_find_cap(self->fd, PCI_CAP_ID_MSI) > 0;
	has_msix = __cfg_find_cap(self->fd, PCI_CAP_ID_MSIX) > 0;
	EXPECT_EQ(has_msi, msi.count > 0);
	EXPECT_EQ(has_msix, msix.count > 0);
}

static const struct {
	const char *name;
	unsigned long cmd;
	__u32 size;	/* of the struct's first version */
} info_ioctls[] = {
	{ "GET_INFO", VFIO_DEVICE_GET_INFO, 16 },
	{ "GET_REGION_INFO", VFIO_DEVICE_GET_REGION_INFO, 32 },
	{ "GET_IRQ_INFO", VFIO_DEVICE_GET_IRQ_INFO, 16 },
};

TEST_F(dev, argsz_too_small)
{
	__u32 arg[64];

	for (size_t i = 0; i < ARRAY_SIZE(info_ioctls); i++) {
		for (__u32 argsz = 0; argsz < info_ioctls[i].size; argsz++) {
			memset(arg, 0, sizeof(arg));
			EXPECT_ERRNO(EINVAL, vfio_ioctl_argsz(self->fd, info_ioctls[i].cmd, arg,
							      argsz)) {
				TH_LOG("%s, argsz %u", info_ioctls[i].name, argsz);
			}
		}
	}
}

/* A caller with a newer header passes a longer struct; a careless one a senseless size. */
TEST_F(dev, argsz_larger)
{
	static const __u32 more[] = { 0, 1, 8, 64, 4096, 0x7fffffff };
	__u32 arg[64];

	for (size_t i = 0; i < ARRAY_SIZE(info_ioctls); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(more); j++) {
			memset(arg, 0, sizeof(arg));
			memset(arg + 16, 0xa5, sizeof(arg) - 64);
			EXPECT_EQ(0, vfio_ioctl_argsz(self->fd, info_ioctls[i].cmd, arg,
						      info_ioctls[i].size + more[j]));
			for (size_t k = 16; k < ARRAY_SIZE(arg); k++)
				ASSERT_EQ(0xa5a5a5a5, arg[k]);
		}
	}
}

TEST_F(dev, argument_in_bad_memory)
{
	void *end = page_end();

	ASSERT_NE(NULL, end);
	for (size_t i = 0; i < ARRAY_SIZE(info_ioctls); i++) {
		__u32 *arg = end - 4;

		EXPECT_ERRNO(EFAULT, vfio_ioctl(self->fd, info_ioctls[i].cmd, NULL));
		EXPECT_ERRNO(EFAULT, vfio_ioctl(self->fd, info_ioctls[i].cmd, end));
		/* only argsz can be read */
		EXPECT_ERRNO(EFAULT, vfio_ioctl_argsz(self->fd, info_ioctls[i].cmd, arg,
						      info_ioctls[i].size));
		/* everything up to the last byte can */
		arg = end - info_ioctls[i].size;
		memset(arg, 0, info_ioctls[i].size);
		EXPECT_EQ(0, vfio_ioctl_argsz(self->fd, info_ioctls[i].cmd, arg,
					      info_ioctls[i].size));
	}
}

TEST_F(dev, argument_in_read_only_memory)
{
	for (size_t i = 0; i < ARRAY_SIZE(info_ioctls); i++) {
		__u32 *arg = page_read_only(info_ioctls[i].size);

		ASSERT_NE(NULL, arg);
		EXPECT_ERRNO(EFAULT, vfio_ioctl(self->fd, info_ioctls[i].cmd, arg));
	}
}

/* The card sits on no bus that could be reset; QEMU asks, and takes this for an answer. */
TEST_F(dev, no_hot_reset)
{
	__u32 arg[16] = { sizeof(arg) };

	EXPECT_ERRNO(ENODEV, vfio_ioctl(self->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, arg));
	EXPECT_ERRNO(ENODEV, vfio_ioctl(self->fd, VFIO_DEVICE_PCI_HOT_RESET, arg));
}

TEST_F(dev, unknown_ioctls)
{
	__u32 arg[16] = { sizeof(arg) };

	EXPECT_ERRNO(ENOTTY, vfio_ioctl(self->fd, _IO(VFIO_TYPE, VFIO_BASE + 150), arg));
	EXPECT_ERRNO(ENOTTY, vfio_ioctl(self->fd, _IO('T', 1), arg));
	EXPECT_ERRNO(ENOTTY, vfio_ioctl(self->fd, VFIO_GROUP_GET_STATUS, arg));
	EXPECT_ERRNO(ENOTTY, vfio_ioctl(self->fd, ~0UL, arg));
}

TEST_F(dev, nothing_can_be_mapped)
{
	for (unsigned int i = 0; i <= VFIO_PCI_NUM_REGIONS; i++)
		EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd,
					   REGION_START(i)));
}

TEST_HARNESS_MAIN
