// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the devices of one parent share.
 */
#include <linux/device.h>

#include "vfio/device.h"
#include "vfio/device_set.h"

/**
 * msamp_set_init() - make a set without devices, but for its gate
 * @set: the set
 * @dev: the parent's device, in which the set is embedded
 *
 * Context: Process.
 */
void msamp_set_init(struct msamp_device_set *set, struct device *dev)
{
	set->dev = dev;
	mutex_init(&set->lock);
	INIT_LIST_HEAD(&set->devices);
	set->debugfs = NULL;
}

/**
 * msamp_set_get() - a device takes its link to the set
 * @set: the set
 *
 * Context: Any. Pairs with msamp_set_put().
 */
void msamp_set_get(struct msamp_device_set *set)
{
	get_device(set->dev);
}

/**
 * msamp_set_put() - a device drops its link to the set
 * @set: the set; its memory may be gone on return
 *
 * Context: Process, may sleep.
 */
void msamp_set_put(struct msamp_device_set *set)
{
	put_device(set->dev);
}

/**
 * msamp_set_attach() - list a device
 * @set: the set
 * @msamp: the device
 *
 * Context: Process, may sleep. Pairs with msamp_set_detach().
 */
void msamp_set_attach(struct msamp_device_set *set, struct msamp_device *msamp)
{
	mutex_lock(&set->lock);
	list_add_tail(&msamp->node, &set->devices);
	mutex_unlock(&set->lock);
}

/**
 * msamp_set_detach() - take a device off the list
 * @set: the set
 * @msamp: the device
 *
 * Context: Process, may sleep.
 */
void msamp_set_detach(struct msamp_device_set *set, struct msamp_device *msamp)
{
	mutex_lock(&set->lock);
	list_del(&msamp->node);
	mutex_unlock(&set->lock);
}
