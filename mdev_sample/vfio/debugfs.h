/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /sys/kernel/debug/mdev_sample: a folder for each device, and faults on demand.
 */
#ifndef MSAMP_DEBUGFS_H
#define MSAMP_DEBUGFS_H

struct dentry;
struct msamp_device;
struct msamp_device_set;
struct msamp_namespace;

struct dentry *msamp_debugfs_init(struct msamp_namespace *ns);
void msamp_debugfs_exit(void);
void msamp_debugfs_add(struct msamp_device *msamp);
void msamp_debugfs_remove(struct msamp_device *msamp);
void msamp_debugfs_add_set(struct msamp_device_set *set);
void msamp_debugfs_remove_set(struct msamp_device_set *set);

#endif /* MSAMP_DEBUGFS_H */
