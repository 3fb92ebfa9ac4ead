// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents: devices of class "mtty" without hardware behind them.
 *
 * The class is the only one of its sort that libvirt takes for a parent of mdevs. A parent's memory
 * holds its types and the card of its devices, and goes with the last reference on its device:
 * those of the types (mdev core) and of the devices' links included.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "card.h"
#include "compat.h"
#include "device.h"
#include "parent.h"

#define MSAMP_CLASS_NAME	"mtty"

/**
 * struct msamp_parent - one parent
 * @dev: its device
 * @mdev: what the mdev core keeps about it
 * @card: what its devices share
 * @types: one for each kind of card
 * @mdev_types: the same, as the mdev core wants them
 */
struct msamp_parent {
	struct device dev;
	struct mdev_parent mdev;
	struct msamp_card card;
	struct msamp_type types[MSAMP_NR_KINDS];
	struct mdev_type *mdev_types[MSAMP_NR_KINDS];
};

static struct class *msamp_parent_class;

/* Parents whose memory is still there; the module's code must stay for them. */
static atomic_t msamp_parent_count = ATOMIC_INIT(0);

static void msamp_parent_release(struct device *dev)
{
	kfree(container_of(dev, struct msamp_parent, dev));
	if (atomic_dec_and_test(&msamp_parent_count))
		wake_up_var(&msamp_parent_count);
}

static void msamp_parent_init_types(struct msamp_parent *parent)
{
	unsigned int i;

	for (i = 0; i < MSAMP_NR_KINDS; i++) {
		struct msamp_type *type = &parent->types[i];

		type->kind = &msamp_kinds[i];
		type->card = &parent->card;
		type->mdev.sysfs_name = type->kind->name;
		type->mdev.pretty_name = type->kind->pretty_name;
		parent->mdev_types[i] = &type->mdev;
	}
}

/**
 * msamp_parent_create() - make a parent and offer its types
 * @name: its name in the class
 * @ports: how many serial ports its devices can have in all
 *
 * Context: Process, may sleep.
 * Return: the parent, to be given to msamp_parent_destroy(); an error pointer if the driver core or
 * the mdev core refused, and then nothing is left of it.
 */
struct msamp_parent *msamp_parent_create(const char *name, unsigned int ports)
{
	struct msamp_parent *parent;
	int ret;

	parent = kzalloc(sizeof(*parent), GFP_KERNEL);
	if (!parent)
		return ERR_PTR(-ENOMEM);

	atomic_inc(&msamp_parent_count);
	device_initialize(&parent->dev);
	parent->dev.class = msamp_parent_class;
	parent->dev.release = msamp_parent_release;
	msamp_card_init(&parent->card, &parent->dev, ports);
	msamp_parent_init_types(parent);

	ret = dev_set_name(&parent->dev, "%s", name);
	if (ret)
		goto err_put;
	ret = device_add(&parent->dev);
	if (ret)
		goto err_put;
	ret = mdev_register_parent(&parent->mdev, &parent->dev, &msamp_mdev_driver,
				   parent->mdev_types, MSAMP_NR_KINDS);
	if (ret)
		goto err_del;
	return parent;

err_del:
	device_del(&parent->dev);
err_put:
	put_device(&parent->dev);
	return ERR_PTR(ret);
}

/**
 * msamp_parent_destroy() - remove a parent and its devices
 * @parent: the parent; not to be used any more
 *
 * Context: Process; sleeps until the users of its devices have let go.
 */
void msamp_parent_destroy(struct msamp_parent *parent)
{
	mdev_unregister_parent(&parent->mdev);
	device_unregister(&parent->dev);
}

/*
 * Registering a class whose name is taken makes sysfs print a stack trace, so the name is looked
 * up first. The driver core has no call for that; the folder /sys/class tells, found from the sysfs
 * root above /sys/kernel, whatever the caller's mounts.
 */
static bool msamp_parent_class_taken(void)
{
	struct kernfs_node *root = msamp_compat_kernfs_parent(kernel_kobj->sd);
	struct kernfs_node *classes, *taken;

	classes = kernfs_find_and_get(root, "class");
	if (!classes)
		return false;
	taken = kernfs_find_and_get(classes, MSAMP_CLASS_NAME);
	kernfs_put(taken);
	kernfs_put(classes);
	return taken;
}

/**
 * msamp_parents_init() - make the class
 *
 * Context: Process, may sleep. Pairs with msamp_parents_exit().
 * Return: 0, -EBUSY if another module, such as the kernel's mtty, has the class; -ENOMEM.
 */
int msamp_parents_init(void)
{
	if (msamp_parent_class_taken()) {
		pr_err("class " MSAMP_CLASS_NAME " exists already: unload the module that has it (mtty?)\n");
		return -EBUSY;
	}
	msamp_parent_class = msamp_compat_class_create(MSAMP_CLASS_NAME);
	return PTR_ERR_OR_ZERO(msamp_parent_class);
}

/**
 * msamp_parents_exit() - remove the class
 *
 * Context: Process; sleeps until the memory of every parent has gone.
 */
void msamp_parents_exit(void)
{
	wait_var_event(&msamp_parent_count, !atomic_read(&msamp_parent_count));
	class_destroy(msamp_parent_class);
}
