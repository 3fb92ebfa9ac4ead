/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this room share.
 */
#ifndef MSAMP_MDEV_PRIV_H
#define MSAMP_MDEV_PRIV_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/mutex.h>

#include "core/namespace.h"
#include "mdev/mdev_api.h"
#include "serial/serial.h"
#include "vfio/device_set.h"

#define MSAMP_NR_TYPES	MSAMP_NR_SERIAL_MODELS

/**
 * enum msamp_pool_mode - how the types of a parent share its ports; real cards differ in this
 * @MSAMP_POOL_SHARED: all types draw from one pool
 * @MSAMP_POOL_SEPARATE: each type has as many ports for itself
 * @MSAMP_POOL_HOMOGENEOUS: one pool, for the type that is created first until its last device goes
 * @MSAMP_NR_POOLS: how many there are
 */
enum msamp_pool_mode {
	MSAMP_POOL_SHARED,
	MSAMP_POOL_SEPARATE,
	MSAMP_POOL_HOMOGENEOUS,
	MSAMP_NR_POOLS
};

/**
 * struct msamp_pool - the ports that a parent has to hand out
 * @lock: protects @mode and @used; innermost
 * @ports: how many there are for devices, whose models take one or more
 * @mode: how the types share them
 * @used: how many devices of each type have taken
 */
struct msamp_pool {
	struct mutex lock;	/* the figures */
	unsigned int ports;
	enum msamp_pool_mode mode;
	unsigned int used[MSAMP_NR_TYPES];
};

/**
 * struct msamp_type - an mdev type: one model, offered by one parent
 * @mdev: what the mdev core knows; it embeds a kobject, so each parent has its own
 * @model: the model
 * @index: its place among the parent's types
 * @parent: the parent
 */
struct msamp_type {
	struct mdev_type mdev;
	const struct msamp_model *model;
	unsigned int index;
	struct msamp_parent *parent;
};

/**
 * struct msamp_parent - one parent
 * @dev: its device
 * @node: place in the list of parents, by which names are kept apart
 * @mdev: what the mdev core keeps about it
 * @set: what its devices share
 * @ns: where its devices' UUIDs are
 * @owner: the placeholders that it holds by hand
 * @registered: complete when the mdev core knows it, and devices can be created
 * @pool: the ports of its devices
 * @types: one for each model
 * @mdev_types: the same, as the mdev core wants them
 */
struct msamp_parent {
	struct device dev;
	struct list_head node;
	struct mdev_parent mdev;
	struct msamp_device_set set;
	struct msamp_namespace *ns;
	struct msamp_ns_owner owner;
	struct completion registered;
	struct msamp_pool pool;
	struct msamp_type types[MSAMP_NR_TYPES];
	struct mdev_type *mdev_types[MSAMP_NR_TYPES];
};

static inline struct msamp_type *to_msamp_type(struct mdev_type *mdev)
{
	return container_of(mdev, struct msamp_type, mdev);
}

/* pool.c */
void msamp_pool_init(struct msamp_pool *pool, unsigned int ports);
int msamp_pool_take(struct msamp_pool *pool, const struct msamp_type *type);
void msamp_pool_give(struct msamp_pool *pool, const struct msamp_type *type);
unsigned int msamp_pool_available(struct msamp_pool *pool, const struct msamp_type *type);
int msamp_pool_set_mode(struct msamp_pool *pool, enum msamp_pool_mode mode);

#endif /* MSAMP_MDEV_PRIV_H */
