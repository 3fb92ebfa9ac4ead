/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a name in sysfs is taken.
 */
#ifndef MSAMP_SYSFS_NAME_H
#define MSAMP_SYSFS_NAME_H

#include <linux/types.h>

bool msamp_sysfs_name_taken(const char *path);

#endif /* MSAMP_SYSFS_NAME_H */
