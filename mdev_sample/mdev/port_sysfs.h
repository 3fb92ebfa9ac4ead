/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes of each device in sysfs.
 */
#ifndef MSAMP_ATTRS_H
#define MSAMP_ATTRS_H

struct msamp_device;

void msamp_attrs_init(void);
int msamp_attrs_add(struct msamp_device *msamp);
void msamp_attrs_remove(struct msamp_device *msamp);

#endif /* MSAMP_ATTRS_H */
