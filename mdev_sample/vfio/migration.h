/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live migration: VFIO's state machine (include/uapi/linux/vfio.h, version 2).
 */
#ifndef MSAMP_MIGRATION_H
#define MSAMP_MIGRATION_H

#include <linux/vfio.h>

#include "vfio/migration_file.h"

struct attribute_group;
struct msamp_device;

/* What VFIO's states are numbered up to, on any kernel. */
#define MSAMP_MIG_NR_STATES	8

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

extern const struct attribute_group msamp_migration_group;
extern const char * const msamp_migration_states[MSAMP_MIG_NR_STATES];

void msamp_migration_init(struct msamp_device *msamp);
int msamp_migration_feature(struct vfio_device *vdev, u32 flags, void __user *arg, size_t argsz);
void msamp_migration_reset(struct msamp_device *msamp);

#endif /* MSAMP_MIGRATION_H */
