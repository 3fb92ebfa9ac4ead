/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device: one mdev, one PCI function as a guest sees it.
 */
#ifndef MSAMP_DEVICE_H
#define MSAMP_DEVICE_H

#include <linux/mutex.h>
#include <linux/pci_regs.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "hw/pci_config.h"
#include "vfio/irq.h"
#include "vfio/model.h"

struct dentry;
struct msamp_device_set;
struct msamp_mig_file;
struct msamp_namespace;

#define MSAMP_MSIX_ENTRY_WORDS	(PCI_MSIX_ENTRY_SIZE / 4)

/**
 * struct msamp_msix - what a driver has written to the table
 * @word: address and data of each vector; the control words live in struct msamp_irq. Protected by
 *	the device's lock
 */
struct msamp_msix {
	u32 word[MSAMP_MSIX_VECTORS][MSAMP_MSIX_ENTRY_WORDS - 1];
};

/**
 * struct msamp_dirty_range - addresses that are logged
 * @first: the first one
 * @last: the last one
 */
struct msamp_dirty_range {
	u64 first;
	u64 last;
};

/**
 * struct msamp_dirty - a device's log; protected by the device's lock
 * @range: what is logged, ascending, with gaps between them; NULL while logging is off
 * @nr: how many there are
 */
struct msamp_dirty {
	struct msamp_dirty_range *range;
	unsigned int nr;
};

/**
 * struct msamp_mig_knobs - settings for tests of migration
 * @padding: bytes by which the state is made larger
 * @rate: bytes that pass through the file in a second; 0 for no limit
 * @dirty_rate: bytes of the padding that change in a second of pre-copy
 * @fail_byte: the byte of the stream, counted from 1, that fails with EIO; 0 for none
 */
struct msamp_mig_knobs {
	u64 padding;
	u64 rate;
	u64 dirty_rate;
	u64 fail_byte;
};

/**
 * struct msamp_migration - a device's part in a migration; protected by the device's lock
 * @state: where the device is
 * @file: the data transfer that goes on; NULL for none
 * @knobs: for the next data transfer
 * @fail_from: the arc from this state
 * @fail_to: to this one fails, once; both 0 for none
 * @refused: why the last stream was refused; NULL if it was not
 */
struct msamp_migration {
	enum vfio_device_mig_state state;
	struct msamp_mig_file *file;
	struct msamp_mig_knobs knobs;
	u32 fail_from;
	u32 fail_to;
	const char *refused;
};

/**
 * struct msamp_device - one mdev
 * @vdev: what the VFIO core knows; the last reference on it frees all of this
 * @set: the counted link to what the parent's devices share
 * @node: place in the set's list of devices
 * @model: the kind of device; its own data follow this struct
 * @entry: the UUID's entry in the namespace, from probe to remove
 * @open: a user has the device open; protected by the lock of the set's gate
 * @closed: opening is refused, as the device is about to go; protected as @open is
 * @leaving: the VFIO core is taking the device away; read without a lock
 * @lock: protects @config, @migration and @dirty and keeps requests that change interrupts,
 *	migrate or reset the device apart
 * @config: PCI configuration space
 * @irq: interrupts
 * @msix: MSI-X table; protected by @lock
 * @migration: its part in a live migration
 * @dirty: what it has written to memory
 * @debugfs: the device's folder in debugfs, from its first open on; protected by the device set's
 *	lock
 * @uuid: the device's name, for traces
 *
 * Lock order: the device set's lock (VFIO core), @lock, a port's lock, then the lock of @irq. A
 * migration file's lock nests inside @lock, and no other of ours is taken under it. The lock of
 * @set comes before those of all backends and of @irq and is held together with no other. The lock
 * of all backends comes after the device set's; namespace lookups nest inside, a port's lock does
 * not. A host tty's lock, and a bucket's of the path table, are never held together with any
 * port's, and no two ports' or devices' locks together at all.
 *
 * An access to user memory can wait for ever, for a page. No lock named above is held across one:
 * msamp_device_may_fault() checks. A migration file has another one, @io, for that, which only the
 * reads and writes of that file take, interruptibly and before any other lock. An allocation may be
 * made under @lock and under the lock of all backends: it ends, whatever a user does.
 *
 * Who may wait for a user, holding what. A user keeps a device for as long as it likes, so a wait
 * for it to let go may last for ever. A task that waits so holds no lock of ours, of configfs, or
 * of a device set, and does not keep a file in sysfs from being removed: else everything that needs
 * that lock would wait as well. Where such a lock is held, a removal is refused or goes on in the
 * background (device_set.c). A signal ends the wait of a task that writes to "remove". What the
 * kernel's own mdev core does is out of reach: the VFIO core waits within its removal, with the
 * device's own lock and the parent's for reading, which creations and removals only try to take.
 */
struct msamp_device {
	struct vfio_device vdev;
	struct msamp_device_set *set;
	struct list_head node;
	const struct msamp_model *model;
	struct msamp_ns_entry *entry;
	bool open;
	bool closed;
	bool leaving;
	struct mutex lock;	/* configuration */
	struct msamp_pci_config config;
	struct msamp_irq irq;
	struct msamp_msix msix;
	struct msamp_migration migration;
	struct msamp_dirty dirty;
	struct dentry *debugfs;
	guid_t uuid;
};

static inline struct msamp_device *to_msamp_device(struct vfio_device *vdev)
{
	return container_of(vdev, struct msamp_device, vdev);
}

/* To be called before the device's side accesses user memory. */
static inline void msamp_device_may_fault(struct msamp_device *msamp)
{
	might_fault();
	lockdep_assert_not_held(&msamp->lock);
	lockdep_assert_not_held(&msamp->vdev.dev_set->lock);
}

/**
 * struct msamp_device_setup - what a new device is to be
 * @set: what it shares with others; it takes a counted link
 * @model: the kind of device
 * @uuid: its name
 */
struct msamp_device_setup {
	struct msamp_device_set *set;
	const struct msamp_model *model;
	const guid_t *uuid;
};

struct msamp_device *msamp_device_new(struct device *dev, const struct msamp_device_setup *setup);
void msamp_device_get(struct msamp_device *msamp);
void msamp_device_put(struct msamp_device *msamp);
int msamp_device_register(struct msamp_device *msamp);
void msamp_device_unregister(struct msamp_device *msamp);
void msamp_device_withdraw(struct msamp_device *msamp);

void msamp_device_drop(void *object);

/* debugfs.c */
struct dentry *msamp_debugfs_init(struct msamp_namespace *ns);
void msamp_debugfs_exit(void);
void msamp_debugfs_add_set(struct msamp_device_set *set);
void msamp_debugfs_remove_set(struct msamp_device_set *set);

/* migration_sysfs.c */
extern const struct attribute_group msamp_migration_group;

#endif /* MSAMP_DEVICE_H */
