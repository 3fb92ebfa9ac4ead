/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device set: what all devices of one parent share. It is a VFIO device set too.
 */
#ifndef MSAMP_DEVICE_SET_H
#define MSAMP_DEVICE_SET_H

#include <linux/list.h>
#include <linux/mutex.h>

#include "vfio/gate.h"

/**
 * struct msamp_device_set - the devices of a parent
 * @dev: the parent's device; its reference count keeps the set
 * @gate: who uses the devices, and whether more may come
 * @lock: protects @devices; a holder can use the devices on the list
 * @devices: the devices, by msamp_device.node: who removes the parent asks their users, and debugfs
 *	shows them
 * @debugfs: the parent's file in debugfs
 */
struct msamp_device_set {
	struct device *dev;
	struct msamp_gate gate;
	struct mutex lock;	/* the list */
	struct list_head devices;
	struct dentry *debugfs;
};

void msamp_set_init(struct msamp_device_set *set, struct device *dev);
void msamp_set_get(struct msamp_device_set *set);
void msamp_set_put(struct msamp_device_set *set);
void msamp_set_attach(struct msamp_device_set *set, struct msamp_device *msamp);
void msamp_set_detach(struct msamp_device_set *set, struct msamp_device *msamp);

#endif /* MSAMP_DEVICE_SET_H */
