/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The regions of the device's file descriptor.
 */
#ifndef MSAMP_REGION_H
#define MSAMP_REGION_H

#include <linux/types.h>

struct msamp_device;
struct vfio_device;
struct vfio_region_info;

ssize_t msamp_region_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos);
ssize_t msamp_region_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			   loff_t *ppos);
int msamp_region_info(const struct msamp_device *msamp, struct vfio_region_info *info);

void msamp_region_follow_config(struct msamp_device *msamp);

#endif /* MSAMP_REGION_H */
