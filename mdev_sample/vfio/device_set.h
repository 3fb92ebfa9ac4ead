/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A card: what all devices of one parent share. They form one VFIO device set and draw their
 * ports from one pool.
 */
#ifndef MSAMP_CARD_H
#define MSAMP_CARD_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "core/namespace.h"
#include "hw/model.h"
#include "vfio/gate.h"

/**
 * enum msamp_pool - how the types of a parent share its ports; real cards differ in this
 * @MSAMP_POOL_SHARED: all types draw from one pool
 * @MSAMP_POOL_SEPARATE: each type has as many ports for itself
 * @MSAMP_POOL_HOMOGENEOUS: one pool, for the type that is created first until its last device goes
 * @MSAMP_NR_POOLS: how many there are
 */
enum msamp_pool {
	MSAMP_POOL_SHARED,
	MSAMP_POOL_SEPARATE,
	MSAMP_POOL_HOMOGENEOUS,
	MSAMP_NR_POOLS
};

/**
 * struct msamp_card - the shared part of a parent
 * @dev: the parent's device; its reference count keeps the card
 * @ns: where its devices' UUIDs are
 * @owner: the placeholders that the parent holds by hand
 * @registered: complete when the mdev core knows the parent, and devices can be created
 * @gate: who uses its devices, and whether more may come
 * @lock: protects @pool, @used and @devices; a holder can use the devices on the list
 * @ports: how many ports there are to hand out
 * @pool: how the types share them
 * @used: how many have been handed out to devices of each kind
 * @devices: the card's devices, by msamp_device.node: who removes the parent asks their users, and
 *	debugfs shows them
 * @debugfs: the parent's file in debugfs
 */
struct msamp_card {
	struct device *dev;
	struct msamp_namespace *ns;
	struct msamp_ns_owner owner;
	struct completion registered;
	struct msamp_gate gate;
	struct mutex lock;	/* the pool and the list */
	unsigned int ports;
	enum msamp_pool pool;
	unsigned int used[MSAMP_NR_KINDS];
	struct list_head devices;
	struct dentry *debugfs;
};

void msamp_card_init(struct msamp_card *card, struct device *dev,
		     struct msamp_namespace *ns, unsigned int ports);
void msamp_card_get(struct msamp_card *card);
void msamp_card_put(struct msamp_card *card);

int msamp_card_take(struct msamp_card *card, const struct msamp_kind *kind);
void msamp_card_give(struct msamp_card *card, const struct msamp_kind *kind);
void msamp_card_attach(struct msamp_card *card, struct list_head *node);
void msamp_card_detach(struct msamp_card *card, struct list_head *node);
unsigned int msamp_card_available(struct msamp_card *card, const struct msamp_kind *kind);
int msamp_card_set_pool(struct msamp_card *card, enum msamp_pool pool);

#endif /* MSAMP_CARD_H */
