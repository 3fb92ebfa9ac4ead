/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels, Linux 6.1 to 7.x: the driver core and sysfs.
 *
 * No other files but this and its like in other rooms know kernel versions. One block for each
 * interface, naming the release that changed it. The rest of the module is written for the newest
 * form and reads the same on every kernel.
 */
#ifndef MSAMP_COMPAT_H
#define MSAMP_COMPAT_H

#include <linux/device.h>
#include <linux/kernfs.h>
#include <linux/version.h>

#define MSAMP_SINCE(major, minor)	(LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

/* 6.4: class_create() lost its module argument. */
static inline struct class *msamp_compat_class_create(const char *name)
{
#if MSAMP_SINCE(6, 4)
	return class_create(name);
#else
	return class_create(THIS_MODULE, name);
#endif
}

/* 6.11: a bus's match op gets a const driver. */
#if MSAMP_SINCE(6, 11)
#define MSAMP_COMPAT_MATCH_CONST const
#else
#define MSAMP_COMPAT_MATCH_CONST
#endif

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

#endif /* MSAMP_COMPAT_H */
