/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels: the driver core and sysfs.
 *
 * No other files but this and its like in other rooms know that kernels differ. One block for each
 * interface; which form of it a kernel has is found by compiling (probes.h), never by its version.
 * The rest of the module is written for the newest form and reads the same on every kernel.
 */
#ifndef MSAMP_COMPAT_H
#define MSAMP_COMPAT_H

#include <linux/device.h>
#include <linux/kernfs.h>
#include "core/forms.h"

static inline struct class *msamp_compat_class_create(const char *name)
{
#if MSAMP_FORM_CLASS_CREATE == 1
	return class_create(name);
#else
	return class_create(THIS_MODULE, name);
#endif
}

#if MSAMP_FORM_BUS_MATCH == 1
#define MSAMP_COMPAT_MATCH_CONST const
#else
#define MSAMP_COMPAT_MATCH_CONST
#endif

static inline int msamp_compat_class_link(struct class_compat *class, struct device *dev)
{
#if MSAMP_FORM_CLASS_COMPAT == 1
	return class_compat_create_link(class, dev);
#else
	return class_compat_create_link(class, dev, NULL);
#endif
}

static inline void msamp_compat_class_unlink(struct class_compat *class, struct device *dev)
{
#if MSAMP_FORM_CLASS_COMPAT == 1
	class_compat_remove_link(class, dev);
#else
	class_compat_remove_link(class, dev, NULL);
#endif
}

/* The parents of the sysfs root's folders never change. */
static inline struct kernfs_node *msamp_compat_kernfs_parent(struct kernfs_node *kn)
{
#if MSAMP_FORM_KERNFS_PARENT == 1
	return rcu_dereference_protected(kn->__parent, true);
#else
	return kn->parent;
#endif
}

#endif /* MSAMP_COMPAT_H */
