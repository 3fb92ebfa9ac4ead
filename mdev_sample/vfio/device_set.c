// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the devices of one parent share.
 */
#include <linux/device.h>

#include "vfio/device_set.h"

/**
 * msamp_card_init() - make a card without devices
 * @card: the card
 * @dev: the parent's device, in which the card is embedded
 * @ns: where its devices' UUIDs are; outlives the card
 * @ports: how many ports it can hand out
 *
 * Context: Process.
 */
void msamp_card_init(struct msamp_card *card, struct device *dev, struct msamp_namespace *ns,
		     unsigned int ports)
{
	card->dev = dev;
	card->ns = ns;
	msamp_ns_owner_init(&card->owner);
	init_completion(&card->registered);
	mutex_init(&card->lock);
	card->ports = ports;
	card->pool = MSAMP_POOL_SHARED;
	memset(card->used, 0, sizeof(card->used));
	INIT_LIST_HEAD(&card->devices);
	card->debugfs = NULL;
}

/**
 * msamp_card_get() - a device takes its link to the card
 * @card: the card
 *
 * Context: Any. Pairs with msamp_card_put().
 */
void msamp_card_get(struct msamp_card *card)
{
	get_device(card->dev);
}

/**
 * msamp_card_put() - a device drops its link to the card
 * @card: the card; its memory may be gone on return
 *
 * Context: Process, may sleep.
 */
void msamp_card_put(struct msamp_card *card)
{
	put_device(card->dev);
}

static unsigned int msamp_card_used_locked(const struct msamp_card *card)
{
	unsigned int i, used = 0;

	lockdep_assert_held(&card->lock);
	for (i = 0; i < MSAMP_NR_KINDS; i++)
		used += card->used[i];
	return used;
}

/* How many ports are left for devices of a kind. */
static unsigned int msamp_card_left_locked(const struct msamp_card *card,
					   const struct msamp_kind *kind)
{
	unsigned int own = card->used[kind - msamp_kinds];
	unsigned int all = msamp_card_used_locked(card);

	if (card->pool == MSAMP_POOL_SEPARATE)
		return card->ports - own;
	if (card->pool == MSAMP_POOL_HOMOGENEOUS && all != own)
		return 0;
	return card->ports - all;
}

/**
 * msamp_card_take() - take a device's ports out of the pool
 * @card: the card
 * @kind: the device's kind
 *
 * Context: Process, may sleep. Pairs with msamp_card_give().
 * Return: 0, -ENOSPC if too few are left.
 */
int msamp_card_take(struct msamp_card *card, const struct msamp_kind *kind)
{
	int ret = -ENOSPC;

	mutex_lock(&card->lock);
	if (msamp_card_left_locked(card, kind) >= kind->nr_ports) {
		card->used[kind - msamp_kinds] += kind->nr_ports;
		ret = 0;
	}
	mutex_unlock(&card->lock);
	return ret;
}

/**
 * msamp_card_give() - give a device's ports back
 * @card: the card
 * @kind: as given to msamp_card_take()
 *
 * Context: Process, may sleep.
 */
void msamp_card_give(struct msamp_card *card, const struct msamp_kind *kind)
{
	mutex_lock(&card->lock);
	card->used[kind - msamp_kinds] -= kind->nr_ports;
	mutex_unlock(&card->lock);
}

/**
 * msamp_card_set_pool() - set how the types share the ports
 * @card: the card
 * @pool: how
 *
 * Context: Process, may sleep.
 * Return: 0, -EBUSY while there are devices.
 */
int msamp_card_set_pool(struct msamp_card *card, enum msamp_pool pool)
{
	int ret = 0;

	mutex_lock(&card->lock);
	if (msamp_card_used_locked(card))
		ret = -EBUSY;
	else
		WRITE_ONCE(card->pool, pool);
	mutex_unlock(&card->lock);
	return ret;
}

/**
 * msamp_card_attach() - list a device
 * @card: the card
 * @node: the device's place in the list
 *
 * Context: Process, may sleep. Pairs with msamp_card_detach().
 */
void msamp_card_attach(struct msamp_card *card, struct list_head *node)
{
	mutex_lock(&card->lock);
	list_add_tail(node, &card->devices);
	mutex_unlock(&card->lock);
}

/**
 * msamp_card_detach() - take a device off the list
 * @card: the card
 * @node: the device's place in the list
 *
 * Context: Process, may sleep.
 */
void msamp_card_detach(struct msamp_card *card, struct list_head *node)
{
	mutex_lock(&card->lock);
	list_del(node);
	mutex_unlock(&card->lock);
}

/**
 * msamp_card_available() - how many more devices of a kind fit
 * @card: the card
 * @kind: the kind
 *
 * Context: Process, may sleep.
 * Return: their number, which may have changed when the caller looks at it.
 */
unsigned int msamp_card_available(struct msamp_card *card, const struct msamp_kind *kind)
{
	unsigned int left;

	mutex_lock(&card->lock);
	left = msamp_card_left_locked(card, kind);
	mutex_unlock(&card->lock);
	return left / kind->nr_ports;
}
