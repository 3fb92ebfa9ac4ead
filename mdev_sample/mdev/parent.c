// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents: devices of class "mtty" without hardware behind them.
 *
 * The class is the only one of its sort that libvirt takes for a parent of mdevs. A parent's memory
 * holds its types and what its devices share, and goes with the last reference on its device:
 * those of the types (mdev core) and of the devices' links included.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include "core/compat.h"
#include "core/inject.h"
#include "mdev/mdev_api.h"
#include "mdev/parent.h"
#include "mdev/priv.h"
#include "mdev/sysfs_util.h"
#include "vfio/device.h"

#define MSAMP_CLASS_NAME	"mtty"
#define MSAMP_MDEV_CLASS	"class/mdev_bus"
#define MSAMP_NAME_MAX		63

static struct class *msamp_parent_class;
static struct msamp_namespace *msamp_parent_ns;

/* Where parents are removed. */
static struct workqueue_struct *msamp_parent_wq;

/*
 * Protects the list of parents. Held for a look at it, and while a parent leaves sysfs and the
 * list, so that a name that is not seen in sysfs any more is free.
 */
static DEFINE_MUTEX(msamp_parent_lock);
static LIST_HEAD(msamp_parent_list);

/* Woken when a parent has left the list. */
static DECLARE_WAIT_QUEUE_HEAD(msamp_parent_wait);

/* Parents whose memory is still there; the module's code must stay for them. */
static atomic_t msamp_parent_count = ATOMIC_INIT(0);

static struct msamp_parent *to_msamp_parent(struct device *dev)
{
	return container_of(dev, struct msamp_parent, dev);
}

static ssize_t msamp_parent_hold(struct device *dev, const char *buf, size_t count,
				 int (*fn)(struct msamp_namespace *ns, const guid_t *uuid,
					   struct msamp_ns_owner *owner))
{
	struct msamp_parent *parent = to_msamp_parent(dev);
	guid_t uuid;
	int ret;

	ret = msamp_uuid_from_text(buf, count, &uuid);
	if (!ret)
		ret = fn(parent->ns, &uuid, &parent->owner);
	return ret ? ret : count;
}

static ssize_t reserve_store(struct device *dev, struct device_attribute *attr, const char *buf,
			     size_t count)
{
	return msamp_parent_hold(dev, buf, count, msamp_ns_hold);
}
static DEVICE_ATTR_WO(reserve);

static ssize_t unreserve_store(struct device *dev, struct device_attribute *attr, const char *buf,
			       size_t count)
{
	return msamp_parent_hold(dev, buf, count, msamp_ns_unhold);
}
static DEVICE_ATTR_WO(unreserve);

static ssize_t reserved_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct msamp_parent *parent = to_msamp_parent(dev);

	return msamp_ns_show_held(parent->ns, &parent->owner, buf);
}
static DEVICE_ATTR_RO(reserved);

static const char * const msamp_pool_names[MSAMP_NR_POOLS] = {
	[MSAMP_POOL_SHARED] = "shared",
	[MSAMP_POOL_SEPARATE] = "separate",
	[MSAMP_POOL_HOMOGENEOUS] = "homogeneous",
};

static ssize_t pool_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	enum msamp_pool_mode mode = READ_ONCE(to_msamp_parent(dev)->pool.mode);

	return sysfs_emit(buf, "%s\n", msamp_pool_names[mode]);
}

static ssize_t pool_store(struct device *dev, struct device_attribute *attr, const char *buf,
			  size_t count)
{
	int mode = sysfs_match_string(msamp_pool_names, buf);
	int ret = mode < 0 ? mode : msamp_pool_set_mode(&to_msamp_parent(dev)->pool, mode);

	return ret ? ret : count;
}
static DEVICE_ATTR_RW(pool);

static struct attribute *msamp_parent_attrs[] = {
	&dev_attr_pool.attr,
	&dev_attr_reserve.attr,
	&dev_attr_unreserve.attr,
	&dev_attr_reserved.attr,
	NULL,
};
ATTRIBUTE_GROUPS(msamp_parent);

/* The last access to the module's code and data may be this one: see msamp_parents_exit(). */
static void msamp_parent_release(struct device *dev)
{
	kfree(to_msamp_parent(dev));
	if (atomic_dec_and_test(&msamp_parent_count))
		wake_up_var(&msamp_parent_count);
}

static void msamp_parent_init_types(struct msamp_parent *parent)
{
	unsigned int i;

	for (i = 0; i < MSAMP_NR_TYPES; i++) {
		struct msamp_type *type = &parent->types[i];

		type->model = &msamp_serial_models[i];
		type->index = i;
		type->parent = parent;
		type->mdev.sysfs_name = type->model->name;
		type->mdev.pretty_name = type->model->pretty_name;
		parent->mdev_types[i] = &type->mdev;
	}
}

/*
 * The mdev core links all parents, those of other drivers too, into one class. A second link of one
 * name would make sysfs print a stack trace, and removing it would take the first one away.
 */
static bool msamp_parent_is_foreign(const char *name)
{
	char path[sizeof(MSAMP_MDEV_CLASS) + 1 + MSAMP_NAME_MAX];

	snprintf(path, sizeof(path), MSAMP_MDEV_CLASS "/%s", name);
	return msamp_sysfs_name_taken(path);
}

/* Takes the name; a second device of one name would make the driver core print a stack trace. */
static int msamp_parent_list_add(struct msamp_parent *parent)
{
	struct msamp_parent *other;
	int ret = 0;

	mutex_lock(&msamp_parent_lock);
	list_for_each_entry(other, &msamp_parent_list, node)
		if (!strcmp(dev_name(&other->dev), dev_name(&parent->dev)))
			ret = -EEXIST;
	if (!ret && msamp_parent_is_foreign(dev_name(&parent->dev)))
		ret = -EEXIST;
	if (!ret)
		list_add_tail(&parent->node, &msamp_parent_list);
	mutex_unlock(&msamp_parent_lock);
	if (ret)
		pr_err("parent name '%s' is taken\n", dev_name(&parent->dev));
	return ret;
}

/* Removes the parent's device, if it is there, and with it the name. */
static void msamp_parent_del(struct msamp_parent *parent)
{
	mutex_lock(&msamp_parent_lock);
	if (device_is_registered(&parent->dev))
		device_del(&parent->dev);
	/* while its files were there it could reserve, even if device_add() has failed */
	msamp_ns_unhold_all(parent->ns, &parent->owner);
	list_del(&parent->node);
	mutex_unlock(&msamp_parent_lock);
	wake_up_all(&msamp_parent_wait);
}

/* A parent's removal: runs again and again while a device is in use. */
static void msamp_parent_removal(struct work_struct *work)
{
	struct msamp_gate *gate = container_of(to_delayed_work(work), struct msamp_gate, removal);
	struct msamp_parent *parent = container_of(gate, struct msamp_parent, set.gate);

	if (msamp_gate_postpone(&parent->set))
		return;
	msamp_debugfs_remove_set(&parent->set);
	mdev_unregister_parent(&parent->mdev);
	msamp_parent_del(parent);
	msamp_gate_set_gone(gate);
	put_device(&parent->dev);
}

static struct msamp_parent *msamp_parent_alloc(const char *name, unsigned int ports)
{
	struct msamp_parent *parent = kzalloc(sizeof(*parent), GFP_KERNEL);

	if (!parent)
		return NULL;
	atomic_inc(&msamp_parent_count);
	device_initialize(&parent->dev);
	parent->dev.class = msamp_parent_class;
	parent->dev.groups = msamp_parent_groups;
	parent->dev.release = msamp_parent_release;
	INIT_LIST_HEAD(&parent->node);
	parent->ns = msamp_parent_ns;
	msamp_ns_owner_init(&parent->owner);
	init_completion(&parent->registered);
	msamp_pool_init(&parent->pool, ports);
	msamp_set_init(&parent->set, &parent->dev);
	msamp_gate_init(&parent->set.gate, msamp_parent_wq, msamp_parent_removal);
	msamp_parent_init_types(parent);
	if (dev_set_name(&parent->dev, "%s", name)) {
		put_device(&parent->dev);
		return NULL;
	}
	return parent;
}

/**
 * msamp_parent_check() - see whether a parent could be made of this
 * @name: its name: letters, digits and -_.: (a PCI address will do), beginning with a letter or a
 *	digit; at most 63 characters
 * @ports: its capacity, 1 to MSAMP_PORTS_MAX
 *
 * Prints one line that names what is wrong: root typed it.
 *
 * Context: Any.
 * Return: 0, -EINVAL.
 */
int msamp_parent_check(const char *name, unsigned int ports)
{
	size_t len = strlen(name);
	size_t i;

	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || !(isalnum(name[i]) || strchr("-_.:", name[i])))
			break;
	if (!len || i < len || !isalnum(name[0])) {
		pr_err("parent name '%s': only letters, digits and -_.: after a letter or digit\n",
		       name);
		return -EINVAL;
	}
	if (len > MSAMP_NAME_MAX) {
		pr_err("parent name '%s': longer than %u characters\n", name, MSAMP_NAME_MAX);
		return -EINVAL;
	}
	if (!ports || ports > MSAMP_PORTS_MAX) {
		pr_err("parent '%s': %u ports, but 1 to %u are possible\n", name, ports,
		       MSAMP_PORTS_MAX);
		return -EINVAL;
	}
	return 0;
}

/**
 * msamp_parent_create() - make a parent and offer its types
 * @name: its name in the class
 * @ports: how many serial ports its devices can have in all
 *
 * Context: Process, may sleep.
 * Return: the parent, to be given to msamp_parent_remove(); an error pointer, -EINVAL or -EEXIST
 * with a line in the log, or what the driver core or the mdev core said, and then nothing is left
 * of it.
 */
struct msamp_parent *msamp_parent_create(const char *name, unsigned int ports)
{
	struct msamp_parent *parent;
	int ret;

	ret = msamp_parent_check(name, ports);
	if (ret)
		return ERR_PTR(ret);
	parent = msamp_parent_alloc(name, ports);
	if (!parent)
		return ERR_PTR(-ENOMEM);
	ret = msamp_parent_list_add(parent);
	if (ret)
		goto err_put;
	ret = device_add(&parent->dev);
	if (ret)
		goto err_del;
	ret = mdev_register_parent(&parent->mdev, &parent->dev, &msamp_mdev_driver,
				   parent->mdev_types, MSAMP_NR_TYPES);
	if (ret)
		goto err_del;
	msamp_inject_hold(MSAMP_HOLD_PARENT);
	msamp_debugfs_add_set(&parent->set);
	complete_all(&parent->registered);
	return parent;

err_del:
	msamp_parent_del(parent);
err_put:
	put_device(&parent->dev);
	return ERR_PTR(ret);
}

/**
 * msamp_parent_remove() - remove a parent and its devices
 * @parent: the parent; not to be used any more
 *
 * While a device is in use its user is asked to let go, and the removal goes on in the background:
 * the name stays taken until it has ended.
 *
 * Context: Process, may sleep, but for no user, whatever the caller holds.
 */
void msamp_parent_remove(struct msamp_parent *parent)
{
	struct msamp_gate *gate = &parent->set.gate;

	msamp_gate_forbid_wait();
	get_device(&parent->dev);
	msamp_gate_remove(gate);
	msamp_gate_wait_gone(gate);
	put_device(&parent->dev);
	msamp_gate_allow_wait();
}

/**
 * msamp_parent_remove_unused() - remove a parent and its devices, unless one is in use
 * @parent: the parent; if it is removed, not to be used any more
 *
 * Context: Process, may sleep, but for no user, whatever the caller holds.
 * Return: 0; -EBUSY if a device is in use: its user has been asked to let go, and the parent is as
 * before.
 */
int msamp_parent_remove_unused(struct msamp_parent *parent)
{
	int ret;

	ret = msamp_gate_close_unused(&parent->set);
	if (!ret)
		msamp_parent_remove(parent);
	return ret;
}

/**
 * msamp_parents_wait() - wait until every parent has been removed
 *
 * Context: Process; each parent has been given to msamp_parent_remove(). Only a cdev that is open
 * and not bound to an iommufd can make this take long: all other users keep the module.
 */
void msamp_parents_wait(void)
{
	wait_event_idle(msamp_parent_wait, list_empty(&msamp_parent_list));
}

/**
 * msamp_parents_init() - make the class
 * @ns: where the UUIDs of all parents' devices are
 *
 * Context: Process, may sleep. Pairs with msamp_parents_exit().
 * Return: 0, -EBUSY if another module, such as the kernel's mtty, has the class; -ENOMEM.
 */
int msamp_parents_init(struct msamp_namespace *ns)
{
	if (msamp_sysfs_name_taken("class/" MSAMP_CLASS_NAME)) {
		pr_err("class mtty exists already: unload the module that has it (mtty?)\n");
		return -EBUSY;
	}
	msamp_parent_ns = ns;
	msamp_gates_init();
	msamp_parent_wq = alloc_workqueue("mdev_sample_parent", WQ_UNBOUND, 0);
	if (!msamp_parent_wq)
		return -ENOMEM;
	msamp_parent_class = msamp_compat_class_create(MSAMP_CLASS_NAME);
	if (IS_ERR(msamp_parent_class))
		destroy_workqueue(msamp_parent_wq);
	return PTR_ERR_OR_ZERO(msamp_parent_class);
}

/**
 * msamp_parents_exit() - remove the class
 *
 * The last reference on a device, and with it that on its parent, can be dropped by any task: one
 * that closes a cdev, for example. Such a task still runs the module's code when the wait ends. It
 * does not sleep before it has left that code, so it has left when every task has slept or been in
 * userspace, which is what synchronize_rcu_tasks() waits for.
 *
 * Context: Process; sleeps until the memory of every parent has gone.
 */
void msamp_parents_exit(void)
{
	destroy_workqueue(msamp_parent_wq);
	wait_var_event(&msamp_parent_count, !atomic_read(&msamp_parent_count));
	synchronize_rcu_tasks();
	class_destroy(msamp_parent_class);
}
