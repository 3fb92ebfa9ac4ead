// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our own mdev core: its files in sysfs, as Documentation/ABI/testing/sysfs-bus-vfio-mdev in the
 * kernel lists them.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "mdev/core/priv.h"
#include "mdev/sysfs_util.h"

struct msamp_core_type_attr {
	struct attribute attr;
	ssize_t (*show)(struct mdev_type *type, char *buf);
	ssize_t (*store)(struct mdev_type *type, const char *buf, size_t count);
};

static struct mdev_type *msamp_core_to_type(struct kobject *kobj)
{
	return container_of(kobj, struct mdev_type, kobj);
}

static ssize_t msamp_core_type_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct msamp_core_type_attr *ta = container_of(attr, struct msamp_core_type_attr, attr);

	return ta->show ? ta->show(msamp_core_to_type(kobj), buf) : -EIO;
}

static ssize_t msamp_core_type_store(struct kobject *kobj, struct attribute *attr, const char *buf,
				     size_t count)
{
	struct msamp_core_type_attr *ta = container_of(attr, struct msamp_core_type_attr, attr);

	return ta->store ? ta->store(msamp_core_to_type(kobj), buf, count) : -EIO;
}

static const struct sysfs_ops msamp_core_type_sysfs_ops = {
	.show = msamp_core_type_show,
	.store = msamp_core_type_store,
};

static ssize_t create_store(struct mdev_type *type, const char *buf, size_t count)
{
	guid_t uuid;
	int ret;

	ret = msamp_uuid_from_text(buf, count, &uuid);
	if (!ret)
		ret = msamp_core_create(type, &uuid);
	return ret ? ret : count;
}

static ssize_t device_api_show(struct mdev_type *type, char *buf)
{
	return sysfs_emit(buf, "%s\n", type->parent->mdev_driver->device_api);
}

static ssize_t name_show(struct mdev_type *type, char *buf)
{
	return sysfs_emit(buf, "%s\n", type->pretty_name ? type->pretty_name : type->sysfs_name);
}

static ssize_t available_instances_show(struct mdev_type *type, char *buf)
{
	return sysfs_emit(buf, "%u\n", type->parent->mdev_driver->get_available(type));
}

static ssize_t description_show(struct mdev_type *type, char *buf)
{
	return type->parent->mdev_driver->show_description(type, buf);
}

static struct msamp_core_type_attr msamp_core_attr_create = __ATTR_WO(create);
static struct msamp_core_type_attr msamp_core_attr_device_api = __ATTR_RO(device_api);
static struct msamp_core_type_attr msamp_core_attr_name = __ATTR_RO(name);
static struct msamp_core_type_attr msamp_core_attr_available = __ATTR_RO(available_instances);
static struct msamp_core_type_attr msamp_core_attr_description = __ATTR_RO(description);

static struct attribute *msamp_core_type_attrs[] = {
	&msamp_core_attr_create.attr,
	&msamp_core_attr_device_api.attr,
	&msamp_core_attr_name.attr,
	&msamp_core_attr_available.attr,
	&msamp_core_attr_description.attr,
	NULL,
};

static umode_t msamp_core_type_attr_mode(struct kobject *kobj, struct attribute *attr, int n)
{
	struct mdev_type *type = msamp_core_to_type(kobj);

	if (attr == &msamp_core_attr_description.attr &&
	    !type->parent->mdev_driver->show_description)
		return 0;
	return attr->mode;
}

static const struct attribute_group msamp_core_type_group = {
	.attrs = msamp_core_type_attrs,
	.is_visible = msamp_core_type_attr_mode,
};

static const struct attribute_group *msamp_core_type_groups[] = {
	&msamp_core_type_group,
	NULL,
};

static void msamp_core_type_release(struct kobject *kobj)
{
	/* pairs with the get in msamp_core_add_type(); the type's memory is the parent's */
	put_device(msamp_core_to_type(kobj)->parent->dev);
}

static const struct kobj_type msamp_core_type_ktype = {
	.sysfs_ops = &msamp_core_type_sysfs_ops,
	.default_groups = msamp_core_type_groups,
	.release = msamp_core_type_release,
};

static int msamp_core_add_type(struct mdev_parent *parent, struct mdev_type *type)
{
	int ret;

	type->parent = parent;
	memset(&type->kobj, 0, sizeof(type->kobj));
	type->kobj.kset = parent->mdev_types_kset;
	/* dropped by msamp_core_type_release() */
	get_device(parent->dev);
	ret = kobject_init_and_add(&type->kobj, &msamp_core_type_ktype, NULL, "%s-%s",
				   dev_driver_string(parent->dev), type->sysfs_name);
	if (ret)
		goto err_put;
	type->devices_kobj = kobject_create_and_add("devices", &type->kobj);
	if (!type->devices_kobj) {
		ret = -ENOMEM;
		goto err_del;
	}
	return 0;

err_del:
	kobject_del(&type->kobj);
err_put:
	kobject_put(&type->kobj);
	return ret;
}

static void msamp_core_remove_type(struct mdev_type *type)
{
	kobject_put(type->devices_kobj);
	kobject_del(&type->kobj);
	kobject_put(&type->kobj);
}

static void msamp_core_remove_first_types(struct mdev_parent *parent, unsigned int nr)
{
	while (nr--)
		msamp_core_remove_type(parent->types[nr]);
	kset_unregister(parent->mdev_types_kset);
}

/**
 * msamp_core_add_types() - make folder "mdev_supported_types" and what is in it
 * @parent: the parent
 *
 * Context: Process, may sleep. Pairs with msamp_core_remove_types().
 * Return: 0, or an error, and then nothing is left of it.
 */
int msamp_core_add_types(struct mdev_parent *parent)
{
	unsigned int i;
	int ret;

	parent->mdev_types_kset = kset_create_and_add("mdev_supported_types", NULL,
						      &parent->dev->kobj);
	if (!parent->mdev_types_kset)
		return -ENOMEM;
	for (i = 0; i < parent->nr_types; i++) {
		ret = msamp_core_add_type(parent, parent->types[i]);
		if (ret) {
			msamp_core_remove_first_types(parent, i);
			return ret;
		}
	}
	return 0;
}

/**
 * msamp_core_remove_types() - undo msamp_core_add_types()
 * @parent: the parent, without devices
 *
 * Context: Process; waits for accesses to the files.
 */
void msamp_core_remove_types(struct mdev_parent *parent)
{
	msamp_core_remove_first_types(parent, parent->nr_types);
}

/**
 * msamp_core_add_links() - link a device and its type both ways
 * @mdev: the device
 *
 * Context: Process, may sleep. Pairs with msamp_core_remove_links().
 * Return: 0, or an error, and then nothing is left of it.
 */
int msamp_core_add_links(struct mdev_device *mdev)
{
	struct mdev_type *type = mdev->type;
	int ret;

	ret = sysfs_create_link(type->devices_kobj, &mdev->dev.kobj, dev_name(&mdev->dev));
	if (ret)
		return ret;
	ret = sysfs_create_link(&mdev->dev.kobj, &type->kobj, "mdev_type");
	if (ret)
		sysfs_remove_link(type->devices_kobj, dev_name(&mdev->dev));
	return ret;
}

/**
 * msamp_core_remove_links() - undo msamp_core_add_links()
 * @mdev: the device
 *
 * Context: Process, may sleep.
 */
void msamp_core_remove_links(struct mdev_device *mdev)
{
	sysfs_remove_link(&mdev->dev.kobj, "mdev_type");
	sysfs_remove_link(mdev->type->devices_kobj, dev_name(&mdev->dev));
}

/* No release: the kernel alone has code to run when such a file goes. */
static const struct file_operations msamp_core_pin_fops = {
	.owner = THIS_MODULE,
};

/*
 * Removing a device removes the file that is being written, which waits for its writers. Only the
 * writer that has won steps out of that: the others are done at once, and the file is still there
 * for them, and for later writers if the removal is broken off.
 *
 * With that it gives up what keeps the module's code for it, so it takes a reference on the module.
 * The module cannot drop that itself while it runs. A file does: fput() leaves its end, and with it
 * the end of the reference, to the kernel, on the task's way back to userspace.
 */
static ssize_t remove_store(struct device *dev, struct device_attribute *attr, const char *buf,
			    size_t count)
{
	struct mdev_device *mdev = to_mdev_device(dev);
	struct kernfs_node *kn;
	unsigned long val;
	struct file *pin;
	int ret;

	if (kstrtoul(buf, 0, &val))
		return -EINVAL;
	if (!val)
		return count;
	pin = anon_inode_getfile("[mdev_sample]", &msamp_core_pin_fops, NULL, O_RDONLY);
	/* -ENOENT: the module is being unloaded, and removes the device itself */
	if (IS_ERR(pin))
		return PTR_ERR(pin) == -ENOENT ? -ENODEV : PTR_ERR(pin);
	ret = msamp_core_begin_removal(mdev);
	if (ret)
		goto out_unpin;

	/* holds a reference on the device until unbreak */
	kn = sysfs_break_active_protection(&dev->kobj, &attr->attr);
	ret = msamp_core_finish_removal(mdev, true);
	if (kn)
		sysfs_unbreak_active_protection(kn);
out_unpin:
	fput(pin);
	return ret ? ret : count;
}
static DEVICE_ATTR_WO(remove);

static struct attribute *msamp_core_device_attrs[] = {
	&dev_attr_remove.attr,
	NULL,
};

static const struct attribute_group msamp_core_device_group = {
	.attrs = msamp_core_device_attrs,
};

const struct attribute_group *msamp_core_device_groups[] = {
	&msamp_core_device_group,
	NULL,
};
