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
#include "vfio/debugfs.h"
#include "vfio/device.h"
#include "vfio/device_set.h"

static struct dentry *msamp_debugfs_root;
static struct dentry *msamp_debugfs_parents;

static void msamp_debugfs_show_port(struct seq_file *m, struct msamp_port *port)
{
	struct msamp_uart uart;

	spin_lock(&port->lock);
	uart = port->uart;
	spin_unlock(&port->lock);

	seq_printf(m, "port%u: divisor=%u IER=%02x FCR=%02x LCR=%02x MCR=%02x MSR=%02x SCR=%02x",
		   port->index, uart.divisor, uart.ier, uart.fcr, uart.lcr, uart.mcr, uart.msr,
		   uart.scr);
	seq_printf(m, " errors=%02x rx=%u tx=%u thri=%d timeout=%d irq=%d\n", uart.lsr_error,
		   uart.rx.len, uart.tx.len, uart.thri, uart.rx_timeout, msamp_uart_irq(&uart));
}

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
	unsigned int i;

	for (i = 0; i < msamp->kind->nr_ports; i++)
		msamp_debugfs_show_port(m, &msamp->ports[i]);
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
	struct msamp_uart_stats stats;
	unsigned int i;

	seq_printf(m, "interrupts %llu\n", READ_ONCE(msamp->irq.fired));
	for (i = 0; i < msamp->kind->nr_ports; i++) {
		spin_lock(&msamp->ports[i].lock);
		stats = msamp->ports[i].uart.stats;
		spin_unlock(&msamp->ports[i].lock);
		seq_printf(m, "port%u: tx %llu rx %llu overruns %llu breaks %llu\n", i, stats.tx,
			   stats.rx, stats.overruns, stats.breaks);
	}
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

static int paths_show(struct seq_file *m, void *unused)
{
	struct msamp_path_stats stats;

	msamp_paths_stats(m->private, &stats);
	seq_printf(m, "paths %u\nhits %llu\nmisses %llu\ncollected %llu\n", stats.paths, stats.hits,
		   stats.misses, stats.collected);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(paths);

/* One line: UUID, type, whether it is open, whether it stays, where its ports lead. */
static void msamp_debugfs_show_device(struct seq_file *m, struct msamp_device *msamp, char *page)
{
	unsigned int i;

	seq_printf(m, "%pUl mtty-%s %s %s", &msamp->uuid, msamp->kind->name,
		   READ_ONCE(msamp->open) ? "open" : "closed",
		   READ_ONCE(msamp->entry->state) == MSAMP_NS_LIVE ? "live" : "going");
	for (i = 0; i < msamp->kind->nr_ports; i++) {
		msamp_backend_show(&msamp->ports[i], page);
		seq_printf(m, "%s%s", i ? ", " : " ", strim(page));
	}
	seq_putc(m, '\n');
}

static int card_show(struct seq_file *m, void *unused)
{
	struct msamp_card *card = m->private;
	char *page = (char *)__get_free_page(GFP_KERNEL);
	struct msamp_device *msamp;

	if (!page)
		return -ENOMEM;
	seq_printf(m, "%s\n", msamp_gate_is_closing(&card->gate) ? "going" : "live");
	mutex_lock(&card->lock);
	list_for_each_entry(msamp, &card->devices, node)
		msamp_debugfs_show_device(m, msamp, page);
	mutex_unlock(&card->lock);
	free_page((unsigned long)page);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(card);

/* The write returns when the time is over: who needs the mutex meanwhile waits, lookups do not. */
static int msamp_debugfs_hold_namespace(void *data, u64 val)
{
	struct msamp_namespace *ns = data;

	if (val > MSAMP_HOLD_MAX_MS)
		return -EINVAL;
	mutex_lock(&ns->mutex);
	msamp_fault_sleep(val);
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
 * msamp_debugfs_add_card() - make a parent's file
 * @card: the parent's card; no other parent has its name
 *
 * Context: Process, may sleep. Pairs with msamp_debugfs_remove_card().
 */
void msamp_debugfs_add_card(struct msamp_card *card)
{
	card->debugfs = debugfs_create_file(dev_name(card->dev), 0400, msamp_debugfs_parents, card,
					    &card_fops);
}

/**
 * msamp_debugfs_remove_card() - remove a parent's file
 * @card: the card
 *
 * Context: Process; waits for readers.
 */
void msamp_debugfs_remove_card(struct msamp_card *card)
{
	debugfs_remove(card->debugfs);
}

/**
 * msamp_debugfs_init() - make the module's folder
 * @paths: the path table; outlives the folder, as its namespace does
 *
 * Context: Process, may sleep. Pairs with msamp_debugfs_exit().
 */
void msamp_debugfs_init(struct msamp_path_table *paths)
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
	debugfs_create_file("paths", 0400, msamp_debugfs_root, paths, &paths_fops);
	debugfs_create_file_unsafe("hold_namespace_ms", 0200, msamp_debugfs_root, paths->ns,
				   &msamp_debugfs_namespace_fops);
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
