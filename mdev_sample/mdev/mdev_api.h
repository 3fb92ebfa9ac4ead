/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mdev core, the kernel's or our own (core/): the same calls, and how each of them works
 * together with the namespace.
 *
 * The kernel's core knows nothing of the namespace: the driver reserves the UUID in probe and gives
 * it back in remove. Ours reserves it before there is a device, and decides itself who removes.
 */
#ifndef MSAMP_MDEV_API_H
#define MSAMP_MDEV_API_H

#include "core/namespace.h"

struct mdev_driver;
struct mdev_type;

/* takes a UUID, and the ports, for a device that is about to be created; or an error pointer */
typedef struct msamp_ns_entry *(*msamp_mdev_reserve_fn)(struct mdev_type *type, const guid_t *uuid);

/* gives both back, after a failed creation or a removal */
typedef void (*msamp_mdev_unreserve_fn)(struct mdev_type *type, struct msamp_ns_entry *entry);

extern struct mdev_driver msamp_mdev_driver;

#ifdef MSAMP_MDEV_CORE_OWN

#include "mdev/mdev.h"

#define MSAMP_MDEV_CORE_OPS(_reserve, _unreserve, _quiesce) \
	.reserve = _reserve, .unreserve = _unreserve, .quiesce = _quiesce,

static inline struct msamp_ns_entry *msamp_mdev_claim(struct mdev_device *mdev,
						      msamp_mdev_reserve_fn reserve)
{
	return mdev->entry;
}

static inline void msamp_mdev_unclaim(struct mdev_device *mdev, struct msamp_ns_entry *entry,
				      msamp_mdev_unreserve_fn unreserve)
{
}

static inline void msamp_mdev_publish(struct mdev_device *mdev, struct msamp_ns_entry *entry,
				      void *object)
{
	mdev->object = object;
}

static inline void msamp_mdev_begin_removal(struct msamp_ns_entry *entry)
{
}

#else

#include <linux/mdev.h>

#define MSAMP_MDEV_CORE_OPS(_reserve, _unreserve, _quiesce)

static inline int msamp_mdev_core_init(void)
{
	return 0;
}

static inline void msamp_mdev_core_exit(void)
{
}

static inline struct msamp_ns_entry *msamp_mdev_claim(struct mdev_device *mdev,
						      msamp_mdev_reserve_fn reserve)
{
	return reserve(mdev->type, &mdev->uuid);
}

static inline void msamp_mdev_unclaim(struct mdev_device *mdev, struct msamp_ns_entry *entry,
				      msamp_mdev_unreserve_fn unreserve)
{
	unreserve(mdev->type, entry);
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

#endif /* MSAMP_MDEV_CORE_OWN */

#endif /* MSAMP_MDEV_API_H */
