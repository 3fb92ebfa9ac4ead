// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a name in sysfs is taken.
 *
 * Registering a class, a bus or a link whose name is taken makes sysfs print a stack trace, and the
 * driver core has no call to ask first. The sysfs root above /sys/kernel is looked at, whatever is
 * mounted where the caller runs.
 */
#include <linux/kobject.h>
#include <linux/string.h>

#include "core/compat.h"
#include "mdev/sysfs_util.h"

/* Room for a folder of the root, one in it, and the longest name of a parent. */
#define MSAMP_SYSFS_PATH_MAX	128

/**
 * msamp_sysfs_name_taken() - look for a name in the sysfs root or in a folder below it
 * @path: the name and its folders, such as "class/mtty"; shorter than MSAMP_SYSFS_PATH_MAX
 *
 * Context: Process, may sleep.
 * Return: true if it is there now.
 */
bool msamp_sysfs_name_taken(const char *path)
{
	struct kernfs_node *kn = msamp_compat_kernfs_parent(kernel_kobj->sd);
	char copy[MSAMP_SYSFS_PATH_MAX], *rest = copy, *name;

	strscpy(copy, path, sizeof(copy));
	kernfs_get(kn);
	while (kn && (name = strsep(&rest, "/"))) {
		struct kernfs_node *next = kernfs_find_and_get(kn, name);

		kernfs_put(kn);
		kn = next;
	}
	kernfs_put(kn);
	return kn;
}
