/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of our own mdev core share.
 */
#ifndef MSAMP_MDEV_CORE_CORE_H
#define MSAMP_MDEV_CORE_CORE_H

#include "mdev/mdev.h"

extern const struct attribute_group *msamp_core_device_groups[];

int msamp_core_create(struct mdev_type *type, const guid_t *uuid);
int msamp_core_begin_removal(struct mdev_device *mdev);
int msamp_core_finish_removal(struct mdev_device *mdev, bool interruptible);

int msamp_core_add_links(struct mdev_device *mdev);
void msamp_core_remove_links(struct mdev_device *mdev);
int msamp_core_add_types(struct mdev_parent *parent);
void msamp_core_remove_types(struct mdev_parent *parent);

#endif /* MSAMP_MDEV_CORE_CORE_H */
