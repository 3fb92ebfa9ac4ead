/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parents: the devices below which mdevs are created.
 */
#ifndef MSAMP_PARENT_H
#define MSAMP_PARENT_H

#include <linux/types.h>

#define MSAMP_PORTS_DEFAULT	24
#define MSAMP_PORTS_MAX		1048576

struct msamp_namespace;
struct msamp_parent;

int msamp_parents_init(struct msamp_namespace *ns);
void msamp_parents_wait(void);
void msamp_parents_exit(void);

int msamp_parent_check(const char *name, unsigned int ports);
struct msamp_parent *msamp_parent_create(const char *name, unsigned int ports);
void msamp_parent_remove(struct msamp_parent *parent);
int msamp_parent_remove_unused(struct msamp_parent *parent);

/* configfs.c */
int msamp_configfs_init(void);
void msamp_configfs_exit(void);

#endif /* MSAMP_PARENT_H */
