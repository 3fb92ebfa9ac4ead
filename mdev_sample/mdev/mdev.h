/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our own mdev core: the interface of <linux/mdev.h> for drivers, the same files in sysfs, for
 * kernels that are built without CONFIG_VFIO_MDEV. core.c has the contract.
 */
#ifndef MSAMP_MDEV_CORE_MDEV_H
#define MSAMP_MDEV_CORE_MDEV_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/uuid.h>
#include <linux/wait.h>

struct mdev_driver;
struct mdev_parent;
struct mdev_type;
struct msamp_ns_entry;

/**
 * struct mdev_device - a mediated device
 * @dev: its device on bus "mdev", named by its UUID
 * @uuid: the UUID
 * @type: the type it was made of
 * @node: place in the parent's list, from the end of its creation to the end of its removal
 * @announced: completed when the creation has been announced; a removal waits for it
 * @entry: the UUID's entry in the namespace, referenced until @dev is released
 * @object: what the driver's probe made; goes into the namespace when the creation is complete
 */
struct mdev_device {
	struct device dev;
	guid_t uuid;
	struct mdev_type *type;
	struct list_head node;
	struct completion announced;
	struct msamp_ns_entry *entry;
	void *object;
};

/**
 * struct mdev_type - what a parent offers
 * @sysfs_name: set by the driver: the type's folder is called PARENTDRIVER-@sysfs_name
 * @pretty_name: set by the driver: attribute "name"
 * @parent: the parent
 * @kobj: the type's folder
 * @devices_kobj: the folder of links to its devices
 */
struct mdev_type {
	const char *sysfs_name;
	const char *pretty_name;
	struct mdev_parent *parent;
	struct kobject kobj;
	struct kobject *devices_kobj;
};

/**
 * struct mdev_parent - what devices are created below
 * @dev: the parent's device
 * @mdev_driver: drives the devices
 * @mdev_types_kset: folder "mdev_supported_types"
 * @types: the types
 * @nr_types: how many
 * @creating: held for reading by each creation, for writing to end them
 * @gone: nothing is created any more; protected by @creating
 * @lock: protects @devices
 * @devices: by mdev_device.node
 * @nr_devices: devices that have not been released
 * @wait: woken when a removal ends, one way or the other, and when a device is released
 */
struct mdev_parent {
	struct device *dev;
	struct mdev_driver *mdev_driver;
	struct kset *mdev_types_kset;
	struct mdev_type **types;
	unsigned int nr_types;
	struct rw_semaphore creating;
	bool gone;
	spinlock_t lock;	/* the list of devices */
	struct list_head devices;
	atomic_t nr_devices;
	wait_queue_head_t wait;
};

/**
 * struct mdev_driver - drives mediated devices
 * @device_api: attribute "device_api"
 * @probe: a device has been made
 * @remove: the device is removed; it has no user
 * @get_available: how many more of a type can be created
 * @show_description: attribute "description" (optional)
 * @reserve: takes the UUID of a device that is about to be created, and the room for it; error
 *	pointer if it cannot
 * @unreserve: gives both back, after a failed creation or a removal
 * @quiesce: keeps new users away and waits until the present ones have let go; with
 *	@interruptible a signal ends the wait with -ERESTARTSYS, and users are let in again
 * @driver: the driver core's part
 */
struct mdev_driver {
	const char *device_api;
	int (*probe)(struct mdev_device *mdev);
	void (*remove)(struct mdev_device *mdev);
	unsigned int (*get_available)(struct mdev_type *type);
	ssize_t (*show_description)(struct mdev_type *type, char *buf);
	struct msamp_ns_entry *(*reserve)(struct mdev_type *type, const guid_t *uuid);
	void (*unreserve)(struct mdev_type *type, struct msamp_ns_entry *entry);
	int (*quiesce)(struct mdev_device *mdev, bool interruptible);
	struct device_driver driver;
};

static inline struct mdev_device *to_mdev_device(struct device *dev)
{
	return container_of(dev, struct mdev_device, dev);
}

int msamp_mdev_core_init(void);
void msamp_mdev_core_exit(void);

int mdev_register_driver(struct mdev_driver *drv);
void mdev_unregister_driver(struct mdev_driver *drv);

int mdev_register_parent(struct mdev_parent *parent, struct device *dev, struct mdev_driver *drv,
			 struct mdev_type **types, unsigned int nr_types);
void mdev_unregister_parent(struct mdev_parent *parent);

#endif /* MSAMP_MDEV_CORE_MDEV_H */
