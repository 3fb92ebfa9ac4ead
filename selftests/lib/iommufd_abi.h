/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few pieces of the iommufd and VFIO cdev ABI that the tests use. Userspace headers older than
 * Linux 6.6 lack them, and the tests must compile there to skip there.
 */
#ifndef SELFTEST_IOMMUFD_ABI_H
#define SELFTEST_IOMMUFD_ABI_H

#include <linux/vfio.h>

struct abi_ioas_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_ioas_id;
};

struct abi_bind {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};

struct abi_attach {
	__u32 argsz;
	__u32 flags;
	__u32 pt_id;
};

#define ABI_IOAS_ALLOC	_IO(VFIO_TYPE, 0x81)
#define ABI_BIND	_IO(VFIO_TYPE, VFIO_BASE + 18)
#define ABI_ATTACH	_IO(VFIO_TYPE, VFIO_BASE + 19)

#endif /* SELFTEST_IOMMUFD_ABI_H */
