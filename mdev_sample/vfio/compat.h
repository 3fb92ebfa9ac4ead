/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels: VFIO. core/compat.h says how these files are written.
 */
#ifndef MSAMP_VFIO_COMPAT_H
#define MSAMP_VFIO_COMPAT_H

#include <linux/eventfd.h>
#include <linux/vfio.h>

#include "core/compat.h"

/* 6.2: the core frees a vfio_device after its release op; before, the op had to. */
static inline void msamp_compat_free_vfio_device(struct vfio_device *vdev)
{
#if !MSAMP_SINCE(6, 2)
	vfio_free_device(vdev);
#endif
}

/* 6.2: ops for iommufd, mandatory where the kernel has it; 6.6 added detach_ioas. */
#if MSAMP_SINCE(6, 6)
#define MSAMP_COMPAT_IOMMUFD_OPS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas, \
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#elif MSAMP_SINCE(6, 2)
#define MSAMP_COMPAT_IOMMUFD_OPS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
#else
#define MSAMP_COMPAT_IOMMUFD_OPS
#endif

/*
 * 6.2: PRE_COPY, and an op that tells the size of the data. Before, the core hands requests for
 * what it does not know to the device, and nobody uses PRE_COPY's numbers.
 */
#ifdef VFIO_MIGRATION_PRE_COPY
#define MSAMP_COMPAT_MIGRATION_FLAGS \
	(VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P | VFIO_MIGRATION_PRE_COPY)
#define MSAMP_COMPAT_MIG_DATA_SIZE_OP(fn)	.migration_get_data_size = fn,
#define MSAMP_COMPAT_FEATURE_OP(fn)
#else
#define MSAMP_COMPAT_MIGRATION_FLAGS	(VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P)
#define MSAMP_COMPAT_MIG_DATA_SIZE_OP(fn)
#define MSAMP_COMPAT_FEATURE_OP(fn)	.device_feature = fn,
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE	9
#define VFIO_DEVICE_STATE_PRE_COPY	6
#define VFIO_DEVICE_STATE_PRE_COPY_P2P	7
#define VFIO_MIG_GET_PRECOPY_INFO	_IO(VFIO_TYPE, VFIO_BASE + 21)

struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 initial_bytes;
	__aligned_u64 dirty_bytes;
};
#endif

/*
 * 6.7: the core can report logged DMA only where iommufd brings the code for bitmaps; before, it
 * had that code itself.
 */
#define MSAMP_COMPAT_CAN_LOG_DMA	(!MSAMP_SINCE(6, 7) || IS_ENABLED(CONFIG_IOMMUFD_DRIVER))

/* 6.8: eventfd_signal() lost its count, which had to be 1 for every caller that mattered. */
static inline void msamp_compat_eventfd_signal(struct eventfd_ctx *ctx)
{
#if MSAMP_SINCE(6, 8)
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

/* 6.19: the core carries out GET_REGION_INFO and asks an op; before, it was the ioctl op's. */
#if MSAMP_SINCE(6, 19)
#define MSAMP_COMPAT_REGION_INFO_OP(fn)	.get_region_info_caps = fn,
#else
#define MSAMP_COMPAT_REGION_INFO_OP(fn)
#endif

/* 7.1: a user may ask for flags in the pre-copy information; before, they stay as they are. */
static inline bool msamp_compat_wants_precopy_flags(const struct vfio_device *vdev)
{
#ifdef VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2
	return vdev->precopy_info_v2;
#else
	return false;
#endif
}

#endif /* MSAMP_VFIO_COMPAT_H */
