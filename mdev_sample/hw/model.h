/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of card, and the mdev types that offer them.
 */
#ifndef MSAMP_TYPES_H
#define MSAMP_TYPES_H

#include "hw/pci_config.h"
#include "mdev/mdev_api.h"

struct msamp_card;

#define MSAMP_NR_KINDS		3

/**
 * struct msamp_kind - everything that makes one kind of card differ from another
 * @name: what follows "mtty-" in the type's name
 * @pretty_name: the type's name attribute; KubeVirt matches it
 * @description: the type's description attribute
 * @nr_ports: serial ports, one I/O BAR each, from BAR 0 on
 * @ident: PCI identity and BARs
 * @fresh: configuration space as after power-on; made of @ident by msamp_kinds_init()
 */
struct msamp_kind {
	const char *name;
	const char *pretty_name;
	const char *description;
	unsigned int nr_ports;
	struct msamp_pci_ident ident;
	struct msamp_pci_config fresh;
};

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

extern struct msamp_kind msamp_kinds[MSAMP_NR_KINDS];

void msamp_kinds_init(void);

static inline struct msamp_type *to_msamp_type(struct mdev_type *mdev)
{
	return container_of(mdev, struct msamp_type, mdev);
}

#endif /* MSAMP_TYPES_H */
