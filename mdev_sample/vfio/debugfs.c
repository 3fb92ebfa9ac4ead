// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/mdev_sample. Reading a register here has none of the side effects that the bus
 * would have. Like every user of debugfs, nothing in the module depends on it being there.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "core/inject.h"
#include "core/namespace.h"
#include "vfio/device_set.h"
#include "vfio/priv.h"

static struct dentry *msamp_debugfs_root;
static struct dentry *msamp_debugfs_parents;

/*
 * Shows a device's file if the device is still there, which it is until debugfs_file_put(). debugfs
 * would do that for each read as a whole, and so keep the device from being removed until the
 * reader's memory has been written, which can take for ever.
 */
static int msamp_debugfs_show(struct seq_file *m,
			      void (*show)(struct seq_file *m, struct msamp_device *msamp))
{
	struct dentry *dentry = m->file->f_path.dentry;
	int ret = debugfs_file_get(dentry);

	if (ret)
		return ret;
	show(m, m->private);
	debugfs_file_put(dentry);
	return 0;
}

static void msamp_debugfs_show_registers(struct seq_file *m, struct msamp_device *msamp)
{
	msamp->model->ops->show_registers(msamp, m);
	mutex_lock(&msamp->lock);
	seq_hex_dump(m, "config: ", DUMP_PREFIX_OFFSET, 16, 1, msamp->config.space,
		     sizeof(msamp->config.space), false);
	mutex_unlock(&msamp->lock);
}

static int registers_show(struct seq_file *m, void *unused)
{
	return msamp_debugfs_show(m, msamp_debugfs_show_registers);
}
DEFINE_SHOW_ATTRIBUTE(registers);

static void msamp_debugfs_show_counters(struct seq_file *m, struct msamp_device *msamp)
{
	seq_printf(m, "interrupts %llu\n", READ_ONCE(msamp->irq.fired));
	msamp->model->ops->show_counters(msamp, m);
}

static int counters_show(struct seq_file *m, void *unused)
{
	return msamp_debugfs_show(m, msamp_debugfs_show_counters);
}
DEFINE_SHOW_ATTRIBUTE(counters);

static int msamp_debugfs_get(void *data, u64 *val)
{
	*val = atomic_read(data);
	return 0;
}

static int msamp_debugfs_set_fault(void *data, u64 val)
{
	if (val > MAX_ERRNO)
		return -EINVAL;
	atomic_set(data, val);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(msamp_debugfs_fault_fops, msamp_debugfs_get, msamp_debugfs_set_fault,
			 "%llu\n");

static int msamp_debugfs_set_hold(void *data, u64 val)
{
	bool spins = data == &msamp_holds[MSAMP_HOLD_BATCH];

	if (val > (spins ? MSAMP_SPIN_MAX_MS : MSAMP_HOLD_MAX_MS))
		return -EINVAL;
	atomic_set(data, val);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(msamp_debugfs_hold_fops, msamp_debugfs_get, msamp_debugfs_set_hold,
			 "%llu\n");

/* One line: UUID, type, whether it is open, whether it stays, what its model says. */
static void msamp_debugfs_show_device(struct seq_file *m, struct msamp_device *msamp, char *page)
{
	seq_printf(m, "%pUl mtty-%s %s %s", &msamp->uuid, msamp->model->name,
		   READ_ONCE(msamp->open) ? "open" : "closed",
		   READ_ONCE(msamp->entry->state) == MSAMP_NS_LIVE ? "live" : "going");
	msamp->model->ops->describe(msamp, m, page);
	seq_putc(m, '\n');
}

static int set_show(struct seq_file *m, void *unused)
{
	struct msamp_device_set *set = m->private;
	char *page = (char *)__get_free_page(GFP_KERNEL);
	struct msamp_device *msamp;

	if (!page)
		return -ENOMEM;
	seq_printf(m, "%s\n", msamp_gate_is_closing(&set->gate) ? "going" : "live");
	mutex_lock(&set->lock);
	list_for_each_entry(msamp, &set->devices, node)
		msamp_debugfs_show_device(m, msamp, page);
	mutex_unlock(&set->lock);
	free_page((unsigned long)page);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(set);

/* The write returns when the time is over: who needs the mutex meanwhile waits, lookups do not. */
static int msamp_debugfs_hold_namespace(void *data, u64 val)
{
	struct msamp_namespace *ns = data;

	if (val > MSAMP_HOLD_MAX_MS)
		return -EINVAL;
	mutex_lock(&ns->mutex);
	msamp_inject_sleep(val);
	mutex_unlock(&ns->mutex);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(msamp_debugfs_namespace_fops, NULL, msamp_debugfs_hold_namespace,
			 "%llu\n");

/**
 * msamp_debugfs_add() - make a device's folder, unless it is there
 * @msamp: the device, which is being opened: until then it has nothing to show, and a device that
 *	is only created and removed is spared the work
 *
 * Context: Process, may sleep, under the device set's lock. Pairs with msamp_debugfs_remove().
 */
void msamp_debugfs_add(struct msamp_device *msamp)
{
	if (!IS_ERR_OR_NULL(msamp->debugfs))
		return;
	msamp->debugfs = debugfs_create_dir(dev_name(msamp->vdev.dev), msamp_debugfs_root);
	debugfs_create_file_unsafe("registers", 0400, msamp->debugfs, msamp, &registers_fops);
	debugfs_create_file_unsafe("counters", 0400, msamp->debugfs, msamp, &counters_fops);
}

/**
 * msamp_debugfs_remove() - remove a device's folder, if there is one
 * @msamp: the device, which cannot be opened any more
 *
 * Context: Process; waits for files that are being shown, not for their readers.
 */
void msamp_debugfs_remove(struct msamp_device *msamp)
{
	debugfs_remove(msamp->debugfs);
}

/**
 * msamp_debugfs_add_set() - make a parent's file
 * @set: the devices of the parent; no other parent has its name
 *
 * Context: Process, may sleep. Pairs with msamp_debugfs_remove_set().
 */
void msamp_debugfs_add_set(struct msamp_device_set *set)
{
	set->debugfs = debugfs_create_file(dev_name(set->dev), 0400, msamp_debugfs_parents, set,
					   &set_fops);
}

/**
 * msamp_debugfs_remove_set() - remove a parent's file
 * @set: the devices of the parent
 *
 * Context: Process; waits for readers.
 */
void msamp_debugfs_remove_set(struct msamp_device_set *set)
{
	debugfs_remove(set->debugfs);
}

/**
 * msamp_debugfs_init() - make the module's folder
 * @ns: outlives the folder
 *
 * Context: Process, may sleep. Pairs with msamp_debugfs_exit().
 * Return: the folder, for files of others; whatever it is, debugfs takes it.
 */
struct dentry *msamp_debugfs_init(struct msamp_namespace *ns)
{
	static const char * const fault[MSAMP_NR_FAULTS] = {
		[MSAMP_FAULT_CREATE] = "fail_create",
		[MSAMP_FAULT_OPEN] = "fail_open",
		[MSAMP_FAULT_IOCTL] = "fail_ioctl",
	};
	static const char * const hold[MSAMP_NR_HOLDS] = {
		[MSAMP_HOLD_CREATE] = "hold_create_ms",
		[MSAMP_HOLD_REMOVE] = "hold_remove_ms",
		[MSAMP_HOLD_PARENT] = "hold_parent_ms",
		[MSAMP_HOLD_BATCH] = "hold_batch_ms",
	};
	unsigned int i;

	msamp_debugfs_root = debugfs_create_dir(KBUILD_MODNAME, NULL);
	msamp_debugfs_parents = debugfs_create_dir("parents", msamp_debugfs_root);
	for (i = 0; i < MSAMP_NR_FAULTS; i++)
		debugfs_create_file_unsafe(fault[i], 0600, msamp_debugfs_root, &msamp_faults[i],
					   &msamp_debugfs_fault_fops);
	for (i = 0; i < MSAMP_NR_HOLDS; i++)
		debugfs_create_file_unsafe(hold[i], 0600, msamp_debugfs_root, &msamp_holds[i],
					   &msamp_debugfs_hold_fops);
	debugfs_create_file_unsafe("hold_namespace_ms", 0200, msamp_debugfs_root, ns,
				   &msamp_debugfs_namespace_fops);
	return msamp_debugfs_root;
}

/**
 * msamp_debugfs_exit() - remove the module's folder
 *
 * Context: Process, may sleep.
 */
void msamp_debugfs_exit(void)
{
	debugfs_remove(msamp_debugfs_root);
}
