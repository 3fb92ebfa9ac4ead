/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctls of the device's file descriptor.
 */
#ifndef MSAMP_IOCTL_H
#define MSAMP_IOCTL_H

struct vfio_device;

long msamp_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);

#endif /* MSAMP_IOCTL_H */
