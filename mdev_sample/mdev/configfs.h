/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parents made at run time.
 */
#ifndef MSAMP_CONFIGFS_H
#define MSAMP_CONFIGFS_H

int msamp_configfs_init(void);
void msamp_configfs_exit(void);

#endif /* MSAMP_CONFIGFS_H */
