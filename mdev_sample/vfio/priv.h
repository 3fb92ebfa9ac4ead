/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this room share.
 */
#ifndef MSAMP_VFIO_PRIV_H
#define MSAMP_VFIO_PRIV_H

#include <linux/uuid.h>
#include <linux/vfio.h>

#include "stream/stream.h"
#include "vfio/device.h"

struct eventfd_ctx;
struct file;

/* device.c */
void msamp_device_reset(struct msamp_device *msamp);

/* region.c */
ssize_t msamp_region_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos);
ssize_t msamp_region_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			   loff_t *ppos);
int msamp_region_info(const struct msamp_device *msamp, struct vfio_region_info *info);

void msamp_region_follow_config(struct msamp_device *msamp);
void msamp_msix_reset(struct msamp_msix *msix);

/* ioctl.c */
long msamp_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);

/* debugfs.c */
void msamp_debugfs_add(struct msamp_device *msamp);
void msamp_debugfs_remove(struct msamp_device *msamp);

/* irq.c */

/**
 * struct msamp_irq_control - what configuration space says about interrupts
 * @intx_disabled: command register, INTx disable
 * @master: command register, bus master
 * @all_masked: MSI-X message control, function mask
 */
struct msamp_irq_control {
	bool intx_disabled;
	bool master;
	bool all_masked;
};

void msamp_irq_init(struct msamp_irq *irq, const guid_t *uuid);
void msamp_irq_reset(struct msamp_irq *irq);
void msamp_irq_release(struct msamp_irq *irq);

void msamp_irq_set_control(struct msamp_irq *irq, const struct msamp_irq_control *control);
bool msamp_irq_pending(struct msamp_irq *irq);
void msamp_irq_request(struct msamp_irq *irq);

void msamp_irq_set_intx_masked(struct msamp_irq *irq, bool masked);
void msamp_irq_set_vector_masked(struct msamp_irq *irq, unsigned int n, bool masked);
void msamp_irq_set_eventfds(struct msamp_irq *irq, unsigned int mode, unsigned int start,
			    unsigned int count, struct eventfd_ctx **ctx);
void msamp_irq_turn_off(struct msamp_irq *irq);
void msamp_irq_signal(struct msamp_irq *irq, unsigned int n);

void msamp_irq_deliver_locked(struct msamp_irq *irq);

u32 msamp_irq_pending_vectors(struct msamp_irq *irq);
void msamp_irq_freeze(struct msamp_irq *irq);
void msamp_irq_thaw(struct msamp_irq *irq);
void msamp_irq_save(struct msamp_irq *irq, u32 *masked, u32 *pending);
void msamp_irq_load(struct msamp_irq *irq, u32 masked, u32 pending);

/* irq_set.c */
int msamp_irq_info(struct vfio_irq_info *info);
int msamp_irq_set(struct msamp_irq *irq, const struct vfio_irq_set *hdr, const void *data);

/* virqfd.c */
void msamp_virqfd_init(struct msamp_virqfd *virqfd, void (*fn)(struct msamp_virqfd *virqfd));
int msamp_virqfd_set(struct msamp_virqfd *virqfd, int fd);
void msamp_virqfd_clear(struct msamp_virqfd *virqfd);

/* migration.c */

/* What VFIO's states are numbered up to, on any kernel. */
#define MSAMP_MIG_NR_STATES	8

extern const char * const msamp_migration_states[MSAMP_MIG_NR_STATES];

void msamp_migration_init(struct msamp_device *msamp);
int msamp_migration_feature(struct vfio_device *vdev, u32 flags, void __user *arg, size_t argsz);
void msamp_migration_reset(struct msamp_device *msamp);

/* migration_file.c */

/**
 * struct msamp_mig_session - what a file has to know about its device; copied
 * @card: the kind of card
 * @wires: something can be on the wires to its ports
 * @knobs: the knobs
 * @uuid: the device's name, for traces
 * @wants_flags: the user has asked for flags in the pre-copy information
 */
struct msamp_mig_session {
	struct msamp_mig_card card;
	bool wires;
	struct msamp_mig_knobs knobs;
	guid_t uuid;
	bool wants_flags;
};

struct msamp_mig_file *msamp_mig_file_new(const struct msamp_mig_session *session, bool loading);
struct file *msamp_mig_file_open(struct msamp_mig_file *f);
void msamp_mig_file_disable(struct msamp_mig_file *f);

struct msamp_mig_state *msamp_mig_file_state(struct msamp_mig_file *f);
void msamp_mig_file_stop(struct msamp_mig_file *f);
const struct msamp_mig_state *msamp_mig_file_result(struct msamp_mig_file *f, const char **why);
u64 msamp_mig_file_left(struct msamp_mig_file *f);

/* dirty.c */
void msamp_dirty_init(struct msamp_device *msamp);
void msamp_dirty_end(struct msamp_device *msamp);

#endif /* MSAMP_VFIO_PRIV_H */
