// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our own mdev core: devices and parents.
 *
 * Creation. The driver waits until its parent is registered, since a type's files come before the
 * rest of it. Then it reserves UUID and capacity, so a duplicate is found in one step however many
 * devices there are, and nothing is made that would have to fail for want of room. Everything is
 * made with the device's uevents held back. When all of it is there the entry becomes live, the
 * creation is announced, once, and `create` returns. Whatever fails is undone, and nothing of it
 * was ever announced.
 *
 * Removal. Moving the entry from live to dying decides who removes; the others get -ENODEV, or
 * -EAGAIN while the creation still runs. The winner has the driver send the users away. A signal
 * while it waits for them makes the device live again. After that nothing can fail: when
 * `remove` returns 0 the UUID and the capacity are free.
 *
 * A parent that goes first lets running creations end and refuses new ones, then removes its
 * devices, waiting for their users, and for removals that others have begun; then it waits until
 * every device has been released.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>

#include "core/compat.h"
#include "core/namespace.h"
#include "mdev/core/priv.h"
#include "mdev/sysfs_util.h"

#define MSAMP_CORE_BUS		"mdev"
#define MSAMP_CORE_CLASS	"mdev_bus"

static struct class_compat *msamp_core_class;

static int msamp_core_bus_probe(struct device *dev)
{
	struct mdev_driver *drv = container_of(dev->driver, struct mdev_driver, driver);

	return drv->probe(to_mdev_device(dev));
}

static void msamp_core_bus_remove(struct device *dev)
{
	struct mdev_driver *drv = container_of(dev->driver, struct mdev_driver, driver);

	drv->remove(to_mdev_device(dev));
}

/* Creation binds each device to its parent's driver; nothing is matched. */
static int msamp_core_bus_match(struct device *dev,
				MSAMP_COMPAT_MATCH_CONST struct device_driver *drv)
{
	return 0;
}

static struct bus_type msamp_core_bus = {
	.name = MSAMP_CORE_BUS,
	.match = msamp_core_bus_match,
	.probe = msamp_core_bus_probe,
	.remove = msamp_core_bus_remove,
};

static void msamp_core_device_release(struct device *dev)
{
	struct mdev_device *mdev = to_mdev_device(dev);
	struct mdev_type *type = mdev->type;
	struct mdev_parent *parent = type->parent;

	msamp_ns_put(mdev->entry);
	kfree(mdev);
	if (atomic_dec_and_test(&parent->nr_devices))
		wake_up_all(&parent->wait);
	/* pairs with the get in msamp_core_alloc(); until here it has kept the parent */
	kobject_put(&type->kobj);
}

/* Takes over the caller's claim on @entry; put_device() undoes all of it but that. */
static struct mdev_device *msamp_core_alloc(struct mdev_type *type, const guid_t *uuid,
					    struct msamp_ns_entry *entry)
{
	struct mdev_device *mdev = kzalloc(sizeof(*mdev), GFP_KERNEL);

	if (!mdev)
		return NULL;
	guid_copy(&mdev->uuid, uuid);
	mdev->type = type;
	INIT_LIST_HEAD(&mdev->node);
	init_completion(&mdev->announced);
	/* dropped by msamp_core_device_release() */
	msamp_ns_ref(entry);
	mdev->entry = entry;

	/* dropped by msamp_core_device_release() */
	kobject_get(&type->kobj);
	atomic_inc(&type->parent->nr_devices);
	device_initialize(&mdev->dev);
	mdev->dev.parent = type->parent->dev;
	mdev->dev.bus = &msamp_core_bus;
	mdev->dev.release = msamp_core_device_release;
	mdev->dev.groups = msamp_core_device_groups;
	dev_set_uevent_suppress(&mdev->dev, true);
	return mdev;
}

/* Everything that makes the device real, under the parent's lock against its unregistration. */
static int msamp_core_add(struct mdev_device *mdev)
{
	struct mdev_parent *parent = mdev->type->parent;
	int ret;

	ret = dev_set_name(&mdev->dev, "%pUl", &mdev->uuid);
	if (ret)
		return ret;
	ret = device_add(&mdev->dev);
	if (ret)
		return ret;
	ret = device_driver_attach(&parent->mdev_driver->driver, &mdev->dev);
	if (ret)
		goto err_del;
	ret = msamp_core_add_links(mdev);
	if (ret)
		goto err_del;

	spin_lock(&parent->lock);
	list_add_tail(&mdev->node, &parent->devices);
	spin_unlock(&parent->lock);
	msamp_ns_publish(mdev->entry, mdev->object);

	dev_set_uevent_suppress(&mdev->dev, false);
	kobject_uevent(&mdev->dev.kobj, KOBJ_ADD);
	complete(&mdev->announced);
	return 0;

err_del:
	device_del(&mdev->dev);
	/* the reference that would have gone into the namespace */
	if (mdev->object)
		mdev->entry->ns->drop(mdev->object);
	return ret;
}

/**
 * msamp_core_create() - create a device
 * @type: its type
 * @uuid: its UUID
 *
 * Context: Process, may sleep.
 * Return: 0 when all of it is there; -EEXIST if the UUID is taken anywhere, -ENOSPC if the parent
 * is full, -EAGAIN if it is still being made, -ENODEV if it is being removed, -ENOMEM; then nothing
 * is left of it.
 */
int msamp_core_create(struct mdev_type *type, const guid_t *uuid)
{
	struct mdev_parent *parent = type->parent;
	struct msamp_ns_entry *entry;
	struct mdev_device *mdev;
	int ret;

	entry = parent->mdev_driver->reserve(type, uuid);
	if (IS_ERR(entry))
		return PTR_ERR(entry);

	down_read(&parent->creating);
	ret = -ENODEV;
	if (parent->gone)
		goto err_unlock;
	ret = -ENOMEM;
	mdev = msamp_core_alloc(type, uuid, entry);
	if (!mdev)
		goto err_unlock;
	ret = msamp_core_add(mdev);
	if (ret)
		goto err_put;
	up_read(&parent->creating);
	return 0;

err_put:
	put_device(&mdev->dev);
err_unlock:
	up_read(&parent->creating);
	parent->mdev_driver->unreserve(type, entry);
	return ret;
}

/**
 * msamp_core_begin_removal() - claim the removal of a device
 * @mdev: the device, referenced by the caller
 *
 * Context: Process, may sleep.
 * Return: 0, and msamp_core_finish_removal() must follow; -EAGAIN while it is being created,
 * -ENODEV if another task removes it.
 */
int msamp_core_begin_removal(struct mdev_device *mdev)
{
	return msamp_ns_begin_removal(mdev->entry);
}

/**
 * msamp_core_finish_removal() - remove a device
 * @mdev: the device, claimed, referenced by the caller
 * @interruptible: a signal may end the wait for its users
 *
 * Context: Process, may sleep.
 * Return: 0 when it is gone, -ERESTARTSYS if a signal came first: the device is as before.
 */
int msamp_core_finish_removal(struct mdev_device *mdev, bool interruptible)
{
	struct mdev_parent *parent = mdev->type->parent;
	int ret;

	ret = parent->mdev_driver->quiesce(mdev, interruptible);
	if (ret) {
		msamp_ns_cancel_removal(mdev->entry);
		wake_up_all(&parent->wait);
		return ret;
	}

	/* it can be removed from the moment it is live, but not before it has been announced */
	wait_for_completion(&mdev->announced);
	msamp_core_remove_links(mdev);
	device_del(&mdev->dev);

	spin_lock(&parent->lock);
	list_del_init(&mdev->node);
	spin_unlock(&parent->lock);
	parent->mdev_driver->unreserve(mdev->type, mdev->entry);
	wake_up_all(&parent->wait);
	/* pairs with device_initialize() */
	put_device(&mdev->dev);
	return 0;
}

static struct mdev_device *msamp_core_get_first(struct mdev_parent *parent)
{
	struct mdev_device *mdev;

	spin_lock(&parent->lock);
	mdev = list_first_entry_or_null(&parent->devices, struct mdev_device, node);
	if (mdev)
		get_device(&mdev->dev);
	spin_unlock(&parent->lock);
	return mdev;
}

/* Waits in steps, or a patient user of the device would look like a hung task. */
static void msamp_core_wait(struct mdev_parent *parent, struct mdev_device *mdev)
{
	while (!wait_event_timeout(parent->wait,
				   !msamp_ns_is(mdev->entry, MSAMP_NS_BEING_REMOVED), HZ))
		;
}

/* A removal that another task has begun ends with the device gone, or live again. */
static void msamp_core_remove_all(struct mdev_parent *parent)
{
	struct mdev_device *mdev;

	while ((mdev = msamp_core_get_first(parent))) {
		if (!msamp_core_begin_removal(mdev))
			msamp_core_finish_removal(mdev, false);
		else
			msamp_core_wait(parent, mdev);
		put_device(&mdev->dev);
	}
}

static void msamp_core_announce(struct mdev_parent *parent, char *state)
{
	char *envp[2] = { state };

	kobject_uevent_env(&parent->dev->kobj, KOBJ_CHANGE, envp);
}

/**
 * mdev_register_parent() - offer types below a device
 * @parent: the core's part of the parent, overwritten
 * @dev: the parent's device; the caller holds a reference until mdev_unregister_parent()
 * @drv: drives the devices
 * @types: the types, with their names set
 * @nr_types: how many
 *
 * Context: Process, may sleep.
 * Return: 0, or an error, and then nothing is left of it.
 */
int mdev_register_parent(struct mdev_parent *parent, struct device *dev, struct mdev_driver *drv,
			 struct mdev_type **types, unsigned int nr_types)
{
	int ret;

	memset(parent, 0, sizeof(*parent));
	parent->dev = dev;
	parent->mdev_driver = drv;
	parent->types = types;
	parent->nr_types = nr_types;
	init_rwsem(&parent->creating);
	spin_lock_init(&parent->lock);
	INIT_LIST_HEAD(&parent->devices);
	init_waitqueue_head(&parent->wait);

	ret = msamp_core_add_types(parent);
	if (ret)
		return ret;
	ret = msamp_compat_class_link(msamp_core_class, dev);
	if (ret) {
		msamp_core_remove_types(parent);
		return ret;
	}
	msamp_core_announce(parent, "MDEV_STATE=registered");
	return 0;
}

/**
 * mdev_unregister_parent() - remove the devices and types of a parent
 * @parent: the parent
 *
 * Context: Process; waits for the devices' users, and until every device has been released.
 */
void mdev_unregister_parent(struct mdev_parent *parent)
{
	down_write(&parent->creating);
	parent->gone = true;
	up_write(&parent->creating);

	msamp_core_remove_all(parent);
	msamp_compat_class_unlink(msamp_core_class, parent->dev);
	msamp_core_remove_types(parent);
	wait_event(parent->wait, !atomic_read(&parent->nr_devices));
	msamp_core_announce(parent, "MDEV_STATE=unregistered");
}

/**
 * mdev_register_driver() - make a driver known to the bus
 * @drv: the driver
 *
 * Context: Process, may sleep.
 * Return: 0, or an error of the driver core.
 */
int mdev_register_driver(struct mdev_driver *drv)
{
	drv->driver.bus = &msamp_core_bus;
	return driver_register(&drv->driver);
}

/**
 * mdev_unregister_driver() - undo mdev_register_driver()
 * @drv: the driver; it has no devices any more
 *
 * Context: Process, may sleep.
 */
void mdev_unregister_driver(struct mdev_driver *drv)
{
	driver_unregister(&drv->driver);
}

/**
 * msamp_mdev_core_init() - register bus and class
 *
 * Tools look for a bus "mdev" and a class "mdev_bus", so ours must be called that.
 *
 * Context: Process, may sleep.
 * Return: 0, -EBUSY if the kernel's mdev core is there, or an error of the driver core.
 */
int msamp_mdev_core_init(void)
{
	int ret;

	if (msamp_sysfs_name_taken("bus/" MSAMP_CORE_BUS) ||
	    msamp_sysfs_name_taken("class/" MSAMP_CORE_CLASS)) {
		pr_err("bus mdev exists already: unload module mdev, or build for its core\n");
		return -EBUSY;
	}
	ret = bus_register(&msamp_core_bus);
	if (ret)
		return ret;
	msamp_core_class = class_compat_register(MSAMP_CORE_CLASS);
	if (!msamp_core_class) {
		bus_unregister(&msamp_core_bus);
		return -ENOMEM;
	}
	return 0;
}

/**
 * msamp_mdev_core_exit() - undo msamp_mdev_core_init()
 *
 * Context: Process, may sleep.
 */
void msamp_mdev_core_exit(void)
{
	class_compat_unregister(msamp_core_class);
	bus_unregister(&msamp_core_bus);
}
