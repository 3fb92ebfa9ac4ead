/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that knows kernel versions: Linux 6.1 to 7.x.
 *
 * One block for each interface, naming the release that changed it. The rest of the module is
 * written for the newest form and reads the same on every kernel.
 */
#ifndef MSAMP_COMPAT_H
#define MSAMP_COMPAT_H

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/kernfs.h>
#include <linux/version.h>
#include <linux/vfio.h>

#define MSAMP_SINCE(major, minor)	(LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

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

/* 6.3: ops of a tty's port speak of bool; before, of int. */
#if MSAMP_SINCE(6, 3)
#define MSAMP_COMPAT_TTY_BOOL bool
#else
#define MSAMP_COMPAT_TTY_BOOL int
#endif

/* 6.4: class_create() lost its module argument. */
static inline struct class *msamp_compat_class_create(const char *name)
{
#if MSAMP_SINCE(6, 4)
	return class_create(name);
#else
	return class_create(THIS_MODULE, name);
#endif
}

/* 6.6: a tty's write op counts in size_t, and its characters are u8. */
#if MSAMP_SINCE(6, 6)
#define MSAMP_COMPAT_TTY_SIZE size_t
#define MSAMP_COMPAT_TTY_COUNT ssize_t
#define MSAMP_COMPAT_TTY_CHAR u8
#else
#define MSAMP_COMPAT_TTY_SIZE int
#define MSAMP_COMPAT_TTY_COUNT int
#define MSAMP_COMPAT_TTY_CHAR char
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

/* 6.11: a bus's match op gets a const driver. */
#if MSAMP_SINCE(6, 11)
#define MSAMP_COMPAT_MATCH_CONST const
#else
#define MSAMP_COMPAT_MATCH_CONST
#endif

/* 6.13: hrtimer_setup() takes the callback too; 6.15 removed hrtimer_init(). */
static inline void msamp_compat_hrtimer_setup(struct hrtimer *timer,
					      enum hrtimer_restart (*fn)(struct hrtimer *),
					      clockid_t clock, enum hrtimer_mode mode)
{
#if MSAMP_SINCE(6, 13)
	hrtimer_setup(timer, fn, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
#endif
}

/* 6.14: links in a compatibility class lost their second device. */
static inline int msamp_compat_class_link(struct class_compat *class, struct device *dev)
{
#if MSAMP_SINCE(6, 14)
	return class_compat_create_link(class, dev);
#else
	return class_compat_create_link(class, dev, NULL);
#endif
}

static inline void msamp_compat_class_unlink(struct class_compat *class, struct device *dev)
{
#if MSAMP_SINCE(6, 14)
	class_compat_remove_link(class, dev);
#else
	class_compat_remove_link(class, dev, NULL);
#endif
}

/* 6.15: a kernfs node's parent is under RCU; those of the sysfs root's folders never change. */
static inline struct kernfs_node *msamp_compat_kernfs_parent(struct kernfs_node *kn)
{
#if MSAMP_SINCE(6, 15)
	return rcu_dereference_protected(kn->__parent, true);
#else
	return kn->parent;
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

#endif /* MSAMP_COMPAT_H */
