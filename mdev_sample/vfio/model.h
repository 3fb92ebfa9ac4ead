/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Models: what makes one kind of device out of a VFIO descriptor. vfio/ has what all kinds of
 * device have in common, and knows nothing else of them.
 */
#ifndef MSAMP_MODEL_H
#define MSAMP_MODEL_H

#include "hw/pci_config.h"

struct msamp_device;
struct msamp_mig_state;
struct seq_file;

#define MSAMP_MSI_VECTORS	4
#define MSAMP_MSIX_VECTORS	8
#define MSAMP_MAX_VECTORS	8

/*
 * The memory BAR with the MSI-X table and pending bits, and where they are in it. All BARs below it
 * are the model's own.
 */
#define MSAMP_MSIX_BAR		5
#define MSAMP_MSIX_BAR_SIZE	4096
#define MSAMP_MSIX_TABLE	0
#define MSAMP_MSIX_PBA		2048

/**
 * struct msamp_model_ops - what the devices of a model do
 * @size: bytes of a device: a struct that begins with its struct msamp_device
 * @init: prepare the rest of that struct, which is zeroed
 * @add_files: add the model's own files to the device's folder in sysfs; fails with an errno, and
 *	then none is left
 * @remove_files: remove them
 * @withdraw: the device is going, and cannot be opened any more: give back what others see of it
 * @open: a user opens the device; after @reset. Fails with an errno
 * @close: the user has closed it: be as after @reset, and do nothing more by itself
 * @reset: be as after power-on
 * @freeze: stop: do nothing by itself, raise no interrupt, send nothing, until @thaw or @reset
 * @thaw: go on
 * @read: the bus reads 1, 2 or 4 bytes inside a BAR below MSAMP_MSIX_BAR, aligned
 * @write: the bus writes them
 * @has_wires: whether a migration has to carry what is under way to the device, in its state's
 *	@wires. Never changes while the device is open
 * @save: put what a guest can see, of a device that is frozen, into a migration's state
 * @check: whether the device, as it is set up here, can take a state over; if not, returns why
 * @load: take it over; frozen. Interrupts and configuration space are as they are to be
 * @show_registers: show the registers in debugfs, without side effects
 * @show_counters: show in debugfs what has passed since the device was opened
 * @describe: say in debugfs, in a few words, how the device is set up; there is a page to use
 *
 * Contexts: process, may sleep, but for @read and @write, which take no sleeping lock. @open and
 * @close are called under the device set's lock, @reset, @freeze, @thaw, @save, @check and @load
 * under the device's.
 */
struct msamp_model_ops {
	size_t size;
	void (*init)(struct msamp_device *msamp);
	int (*add_files)(struct msamp_device *msamp);
	void (*remove_files)(struct msamp_device *msamp);
	void (*withdraw)(struct msamp_device *msamp);
	int (*open)(struct msamp_device *msamp);
	void (*close)(struct msamp_device *msamp);
	void (*reset)(struct msamp_device *msamp);
	void (*freeze)(struct msamp_device *msamp);
	void (*thaw)(struct msamp_device *msamp);
	u32 (*read)(struct msamp_device *msamp, unsigned int bar, u32 offset, u32 width);
	void (*write)(struct msamp_device *msamp, unsigned int bar, u32 offset, u32 width,
		      u32 val);
	bool (*has_wires)(const struct msamp_device *msamp);
	void (*save)(struct msamp_device *msamp, struct msamp_mig_state *state);
	const char *(*check)(const struct msamp_device *msamp,
			     const struct msamp_mig_state *state);
	void (*load)(struct msamp_device *msamp, const struct msamp_mig_state *state);
	void (*show_registers)(struct msamp_device *msamp, struct seq_file *m);
	void (*show_counters)(struct msamp_device *msamp, struct seq_file *m);
	void (*describe)(struct msamp_device *msamp, struct seq_file *m, char *page);
};

/**
 * struct msamp_model - everything that makes one kind of device differ from another
 * @name: what follows "mtty-" in the type's name
 * @pretty_name: the type's name attribute; KubeVirt matches it
 * @description: the type's description attribute
 * @units: what a device takes of its parent's capacity, at least 1
 * @nr_ports: serial ports, each of which has a record in the migration stream
 * @ident: PCI identity and BARs
 * @fresh: configuration space as after power-on; made of @ident by msamp_pci_config_init()
 * @ops: what its devices do
 */
struct msamp_model {
	const char *name;
	const char *pretty_name;
	const char *description;
	unsigned int units;
	unsigned int nr_ports;
	struct msamp_pci_ident ident;
	struct msamp_pci_config fresh;
	const struct msamp_model_ops *ops;
};

#endif /* MSAMP_MODEL_H */
