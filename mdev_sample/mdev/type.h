/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mdev types: each offers one kind of card below one parent.
 */
#ifndef MSAMP_TYPE_H
#define MSAMP_TYPE_H

#include "hw/model.h"
#include "mdev/mdev_api.h"

struct msamp_card;

/**
 * struct msamp_type - one kind of card, offered by one parent
 * @mdev: what the mdev core knows; it embeds a kobject, so each parent has its own
 * @kind: the kind
 * @card: the parent's half that devices use
 */
struct msamp_type {
	struct mdev_type mdev;
	const struct msamp_kind *kind;
	struct msamp_card *card;
};

static inline struct msamp_type *to_msamp_type(struct mdev_type *mdev)
{
	return container_of(mdev, struct msamp_type, mdev);
}

extern struct mdev_driver msamp_mdev_driver;

#endif /* MSAMP_TYPE_H */
