// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a name in sysfs is taken.
 *
 * Registering a class or a bus whose name is taken makes sysfs print a stack trace, and the driver
 * core has no call to ask first. The sysfs root above /sys/kernel tells, whatever is mounted where
 * the caller runs.
 */
#include <linux/kobject.h>

#include "compat.h"
#include "sysfs_name.h"

/**
 * msamp_sysfs_name_taken() - look for a name in a folder of the sysfs root
 * @folder: "class" or "bus"
 * @name: the name
 *
 * Context: Process, may sleep.
 * Return: true if it is there now.
 */
bool msamp_sysfs_name_taken(const char *folder, const char *name)
{
	struct kernfs_node *root = msamp_compat_kernfs_parent(kernel_kobj->sd);
	struct kernfs_node *dir, *taken;

	dir = kernfs_find_and_get(root, folder);
	if (!dir)
		return false;
	taken = kernfs_find_and_get(dir, name);
	kernfs_put(taken);
	kernfs_put(dir);
	return taken;
}
