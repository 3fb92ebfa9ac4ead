/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mdev core, the kernel's or our own (mdev_core/): the same calls, and how each of them works
 * together with the namespace.
 *
 * The kernel's core knows nothing of the namespace: the driver reserves the UUID in probe and gives
 * it back in remove. Ours reserves it before there is a device, and decides itself who removes.
 */
#ifndef MSAMP_MDEV_API_H
#define MSAMP_MDEV_API_H

#include "namespace.h"

#ifdef MSAMP_MDEV_CORE_OWN

#include "mdev_core/mdev.h"

#define MSAMP_MDEV_CORE_OPS(_reserve, _quiesce)	.reserve = _reserve, .quiesce = _quiesce,

static inline struct msamp_ns_entry *msamp_mdev_claim(struct mdev_device *mdev,
						      struct msamp_namespace *ns,
						      struct msamp_ns_owner *owner)
{
	return mdev->entry;
}

static inline void msamp_mdev_publish(struct mdev_device *mdev, struct msamp_ns_entry *entry,
				      void *object)
{
	mdev->object = object;
}

static inline void msamp_mdev_begin_removal(struct msamp_ns_entry *entry)
{
}

static inline void msamp_mdev_release(struct msamp_ns_entry *entry)
{
}

#else

#include <linux/mdev.h>

#define MSAMP_MDEV_CORE_OPS(_reserve, _quiesce)

static inline int msamp_mdev_core_init(void)
{
	return 0;
}

static inline void msamp_mdev_core_exit(void)
{
}

static inline struct msamp_ns_entry *msamp_mdev_claim(struct mdev_device *mdev,
						      struct msamp_namespace *ns,
						      struct msamp_ns_owner *owner)
{
	return msamp_ns_reserve(ns, &mdev->uuid, owner);
}

static inline void msamp_mdev_publish(struct mdev_device *mdev, struct msamp_ns_entry *entry,
				      void *object)
{
	msamp_ns_publish(entry, object);
}

static inline void msamp_mdev_begin_removal(struct msamp_ns_entry *entry)
{
	/* the kernel's core calls remove once, and only after probe has succeeded */
	WARN_ON_ONCE(msamp_ns_begin_removal(entry));
}

static inline void msamp_mdev_release(struct msamp_ns_entry *entry)
{
	msamp_ns_release(entry);
}

#endif /* MSAMP_MDEV_CORE_OWN */

#endif /* MSAMP_MDEV_API_H */
