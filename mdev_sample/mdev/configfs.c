// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents made at run time: a folder below /sys/kernel/config/mdev_sample is a parent to be. Its
 * attributes are set first; writing 1 to "live" makes the parent, 0 or rmdir removes it.
 *
 * Configfs calls these functions with locks held that anyone needs to list the folder or to look a
 * name up in it. So nothing here waits for the user of a device: "live" is refused while there is
 * one, and after rmdir the removal goes on without the folder.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/configfs.h>
#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mdev/parent.h"

/**
 * struct msamp_configfs_parent - one folder
 * @item: the folder
 * @lock: protects the rest
 * @ports: capacity of the parent
 * @parent: the parent while it is live, else NULL
 */
struct msamp_configfs_parent {
	struct config_item item;
	struct mutex lock;	/* attributes */
	unsigned int ports;
	struct msamp_parent *parent;
};

static struct msamp_configfs_parent *to_msamp_configfs_parent(struct config_item *item)
{
	return container_of(item, struct msamp_configfs_parent, item);
}

static ssize_t msamp_configfs_parent_ports_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%u\n", READ_ONCE(to_msamp_configfs_parent(item)->ports));
}

static ssize_t msamp_configfs_parent_ports_store(struct config_item *item, const char *page,
						 size_t count)
{
	struct msamp_configfs_parent *cp = to_msamp_configfs_parent(item);
	unsigned int ports;
	int ret;

	ret = kstrtouint(page, 0, &ports);
	if (ret)
		pr_err("parent '%s': ports '%.*s' is no number from 1 to %u\n",
		       config_item_name(item), (int)min_t(size_t, strcspn(page, "\n"), 32), page,
		       MSAMP_PORTS_MAX);
	else
		ret = msamp_parent_check(config_item_name(item), ports);
	if (ret)
		return ret;

	if (mutex_lock_interruptible(&cp->lock))
		return -ERESTARTSYS;
	if (cp->parent)
		ret = -EBUSY;
	else
		WRITE_ONCE(cp->ports, ports);
	mutex_unlock(&cp->lock);
	return ret ? ret : count;
}
CONFIGFS_ATTR(msamp_configfs_parent_, ports);

static ssize_t msamp_configfs_parent_live_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", !!READ_ONCE(to_msamp_configfs_parent(item)->parent));
}

static int msamp_configfs_parent_start_locked(struct msamp_configfs_parent *cp)
{
	struct msamp_parent *parent;

	lockdep_assert_held(&cp->lock);
	if (cp->parent)
		return 0;
	parent = msamp_parent_create(config_item_name(&cp->item), cp->ports);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	WRITE_ONCE(cp->parent, parent);
	return 0;
}

static int msamp_configfs_parent_stop_locked(struct msamp_configfs_parent *cp)
{
	int ret = 0;

	lockdep_assert_held(&cp->lock);
	if (cp->parent)
		ret = msamp_parent_remove_unused(cp->parent);
	if (!ret)
		WRITE_ONCE(cp->parent, NULL);
	return ret;
}

static ssize_t msamp_configfs_parent_live_store(struct config_item *item, const char *page,
						size_t count)
{
	struct msamp_configfs_parent *cp = to_msamp_configfs_parent(item);
	bool live;
	int ret;

	ret = kstrtobool(page, &live);
	if (ret)
		return ret;
	if (mutex_lock_interruptible(&cp->lock))
		return -ERESTARTSYS;
	if (live)
		ret = msamp_configfs_parent_start_locked(cp);
	else
		ret = msamp_configfs_parent_stop_locked(cp);
	mutex_unlock(&cp->lock);
	return ret ? ret : count;
}
CONFIGFS_ATTR(msamp_configfs_parent_, live);

static struct configfs_attribute *msamp_configfs_parent_attrs[] = {
	&msamp_configfs_parent_attr_ports,
	&msamp_configfs_parent_attr_live,
	NULL,
};

static void msamp_configfs_parent_release(struct config_item *item)
{
	struct msamp_configfs_parent *cp = to_msamp_configfs_parent(item);

	mutex_destroy(&cp->lock);
	kfree(cp);
}

static struct configfs_item_operations msamp_configfs_parent_ops = {
	.release = msamp_configfs_parent_release,
};

static const struct config_item_type msamp_configfs_parent_type = {
	.ct_item_ops = &msamp_configfs_parent_ops,
	.ct_attrs = msamp_configfs_parent_attrs,
	.ct_owner = THIS_MODULE,
};

static struct config_item *msamp_configfs_make(struct config_group *group, const char *name)
{
	struct msamp_configfs_parent *cp;
	int ret;

	ret = msamp_parent_check(name, MSAMP_PORTS_DEFAULT);
	if (ret)
		return ERR_PTR(ret);
	cp = kzalloc(sizeof(*cp), GFP_KERNEL);
	if (!cp)
		return ERR_PTR(-ENOMEM);
	mutex_init(&cp->lock);
	cp->ports = MSAMP_PORTS_DEFAULT;
	config_item_init_type_name(&cp->item, name, &msamp_configfs_parent_type);
	/* a long name is allocated, and configfs does not say when that fails */
	if (!config_item_name(&cp->item)) {
		config_item_put(&cp->item);
		return ERR_PTR(-ENOMEM);
	}
	return &cp->item;
}

/*
 * rmdir: the parent goes now, or when its devices' users have let go. Configfs has waited for the
 * stores into the folder's files and lets no other in, so the lock is free.
 */
static void msamp_configfs_drop(struct config_group *group, struct config_item *item)
{
	struct msamp_configfs_parent *cp = to_msamp_configfs_parent(item);

	mutex_lock(&cp->lock);
	if (cp->parent)
		msamp_parent_remove(cp->parent);
	cp->parent = NULL;
	mutex_unlock(&cp->lock);
	config_item_put(item);
}

static struct configfs_group_operations msamp_configfs_ops = {
	.make_item = msamp_configfs_make,
	.drop_item = msamp_configfs_drop,
};

static const struct config_item_type msamp_configfs_type = {
	.ct_group_ops = &msamp_configfs_ops,
	.ct_owner = THIS_MODULE,
};

static struct configfs_subsystem msamp_configfs = {
	.su_group = {
		.cg_item = {
			.ci_namebuf = KBUILD_MODNAME,
			.ci_type = &msamp_configfs_type,
		},
	},
};

/**
 * msamp_configfs_init() - make the folder
 *
 * Context: Process, may sleep. Pairs with msamp_configfs_exit().
 * Return: 0, or an error of configfs.
 */
int msamp_configfs_init(void)
{
	config_group_init(&msamp_configfs.su_group);
	mutex_init(&msamp_configfs.su_mutex);
	return configfs_register_subsystem(&msamp_configfs);
}

/**
 * msamp_configfs_exit() - remove the folder
 *
 * It is empty: each folder in it keeps the module.
 *
 * Context: Process, may sleep.
 */
void msamp_configfs_exit(void)
{
	configfs_unregister_subsystem(&msamp_configfs);
	mutex_destroy(&msamp_configfs.su_mutex);
}
