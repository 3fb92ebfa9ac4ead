/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels: VFIO. core/compat.h says how these files are written.
 */
#ifndef MSAMP_VFIO_COMPAT_H
#define MSAMP_VFIO_COMPAT_H

#include <linux/eventfd.h>
#include <linux/vfio.h>

#include "core/compat.h"

/* Where the core does not free a vfio_device after its release op, the op has to. */
static inline void msamp_compat_free_vfio_device(struct vfio_device *vdev)
{
#if MSAMP_FORM_VFIO_FREE_DEVICE == 2
	vfio_free_device(vdev);
#endif
}

#if MSAMP_FORM_VFIO_IOMMUFD == 1
#define MSAMP_COMPAT_IOMMUFD_OPS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas, \
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#elif MSAMP_FORM_VFIO_IOMMUFD == 2
#define MSAMP_COMPAT_IOMMUFD_OPS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
#else
#define MSAMP_COMPAT_IOMMUFD_OPS
#endif

/* A kernel without PRE_COPY leaves its numbers alone. */
#if MSAMP_FORM_VFIO_PRE_COPY == 1
#define MSAMP_COMPAT_MIGRATION_FLAGS \
	(VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P | VFIO_MIGRATION_PRE_COPY)
#else
#define MSAMP_COMPAT_MIGRATION_FLAGS	(VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P)
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

/* Where no op tells the size of the data, the core hands a request for it to the device. */
#if MSAMP_FORM_VFIO_DATA_SIZE == 1
#define MSAMP_COMPAT_MIG_DATA_SIZE_OP(fn)	.migration_get_data_size = fn,
#define MSAMP_COMPAT_FEATURE_OP(fn)
#else
#define MSAMP_COMPAT_MIG_DATA_SIZE_OP(fn)
#define MSAMP_COMPAT_FEATURE_OP(fn)	.device_feature = fn,
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE	9
#endif

#define MSAMP_COMPAT_CAN_LOG_DMA	(MSAMP_FORM_VFIO_LOG_DMA == 2)

static inline void msamp_compat_eventfd_signal(struct eventfd_ctx *ctx)
{
#if MSAMP_FORM_EVENTFD_SIGNAL == 1
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

/* Without the op GET_REGION_INFO is the ioctl op's. */
#if MSAMP_FORM_VFIO_REGION_INFO == 1
#define MSAMP_COMPAT_REGION_INFO_OP(fn)	.get_region_info_caps = fn,
#else
#define MSAMP_COMPAT_REGION_INFO_OP(fn)
#endif

/* Whether the user has asked for flags in the pre-copy information; else they stay as they are. */
static inline bool msamp_compat_wants_precopy_flags(const struct vfio_device *vdev)
{
#if MSAMP_FORM_VFIO_PRECOPY_V2 == 1
	return vdev->precopy_info_v2;
#else
	return false;
#endif
}

#endif /* MSAMP_VFIO_COMPAT_H */
