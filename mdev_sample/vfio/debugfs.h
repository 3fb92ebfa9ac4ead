/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /sys/kernel/debug/mdev_sample: a folder for each device, and faults on demand.
 */
#ifndef MSAMP_DEBUGFS_H
#define MSAMP_DEBUGFS_H

struct msamp_card;
struct msamp_device;
struct msamp_path_table;

void msamp_debugfs_init(struct msamp_path_table *paths);
void msamp_debugfs_exit(void);
void msamp_debugfs_add(struct msamp_device *msamp);
void msamp_debugfs_remove(struct msamp_device *msamp);
void msamp_debugfs_add_card(struct msamp_card *card);
void msamp_debugfs_remove_card(struct msamp_card *card);

#endif /* MSAMP_DEBUGFS_H */
