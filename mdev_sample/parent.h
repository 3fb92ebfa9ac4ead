/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parents: the devices below which mdevs are created.
 */
#ifndef MSAMP_PARENT_H
#define MSAMP_PARENT_H

struct msamp_parent;

int msamp_parents_init(void);
void msamp_parents_exit(void);

struct msamp_parent *msamp_parent_create(const char *name, unsigned int ports);
void msamp_parent_destroy(struct msamp_parent *parent);

#endif /* MSAMP_PARENT_H */
