/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening an mdev as userspace drivers do, and the ioctls and regions of its device fd.
 *
 * Functions return a count or 0, or -errno; none ends the test. The macro of the same name without
 * underscores, where there is one, does.
 */
#ifndef SELFTEST_VFIO_H
#define SELFTEST_VFIO_H

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stddef.h>
#include <linux/types.h>
#include <sys/types.h>

#include "sysfs.h"

/* By which of VFIO's two doors a test goes in. */
enum vfio_via {
	VIA_GROUP,	/* /dev/vfio/GROUP and a type1 container */
	VIA_CDEV,	/* /dev/vfio/devices/vfioN and iommufd */
};

struct vfio_dev {
	int fd;
	int group;
	int container;
	int iommufd;
};

/* Part of the contract, not read from the device: programs written for mtty rely on it. */
#define REGION_SHIFT	40
#define REGION_START(_index) ((__u64)(_index) << REGION_SHIFT)

#define CFG_SIZE	256
#define BAR_SIZE	8
/* The memory BAR of the MSI-X table, where there is one. */
#define MSIX_BAR_SIZE	4096

const char *vfio_via_missing(enum vfio_via via);
int __vfio_open(struct vfio_dev *dev, const char *uuid, enum vfio_via via);
int __vfio_open_unbound(const char *uuid);
void vfio_close(struct vfio_dev *dev);

int vfio_ioctl(int fd, unsigned long cmd, void *arg);
int vfio_ioctl_argsz(int fd, unsigned long cmd, void *arg, __u32 argsz);
int __vfio_info(int fd, struct vfio_device_info *info);
int __vfio_region_info(int fd, __u32 index, struct vfio_region_info *info);
int __vfio_region_sizes(int fd, unsigned int size[VFIO_PCI_NUM_REGIONS]);
int __vfio_irq_info(int fd, __u32 index, struct vfio_irq_info *info);
int __vfio_reset(int fd);

ssize_t region_read(int fd, __u32 index, __u64 off, void *buf, size_t len);
ssize_t region_write(int fd, __u32 index, __u64 off, const void *buf, size_t len);
int __cfg_read(int fd, unsigned int off, unsigned int width, __u32 *val);
int __cfg_write(int fd, unsigned int off, unsigned int width, __u32 val);
int __cfg_find_cap(int fd, __u8 id);

#define vfio_open(_dev, _uuid, _via) ASSERT_EQ(0, __vfio_open(_dev, _uuid, _via))
#define vfio_info(_fd, _info) ASSERT_EQ(0, __vfio_info(_fd, _info))
#define vfio_region_info(_fd, _index, _info) ASSERT_EQ(0, __vfio_region_info(_fd, _index, _info))
#define vfio_irq_info(_fd, _index, _info) ASSERT_EQ(0, __vfio_irq_info(_fd, _index, _info))
#define vfio_reset(_fd) ASSERT_EQ(0, __vfio_reset(_fd))
#define cfg_write(_fd, _off, _width, _val) ASSERT_EQ(0, __cfg_write(_fd, _off, _width, _val))
#define cfg_read(_fd, _off, _width) ({			\
	__u32 __v = 0;					\
	ASSERT_EQ(0, __cfg_read(_fd, _off, _width, &__v));	\
	__v; })

#endif /* SELFTEST_VFIO_H */
