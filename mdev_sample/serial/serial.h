/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The serial cards: PCI cards of one to four ports.
 */
#ifndef MSAMP_SERIAL_H
#define MSAMP_SERIAL_H

#include "vfio/model.h"

#define MSAMP_NR_SERIAL_MODELS	3

struct dentry;
struct msamp_namespace;

extern struct msamp_model msamp_serial_models[MSAMP_NR_SERIAL_MODELS];

int msamp_serial_init(struct msamp_namespace *ns, unsigned int path_buckets,
		      unsigned int path_gc_interval);
void msamp_serial_exit(void);
void msamp_serial_add_debugfs(struct dentry *root);

#endif /* MSAMP_SERIAL_H */
