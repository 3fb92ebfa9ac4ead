/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of card.
 */
#ifndef MSAMP_MODEL_H
#define MSAMP_MODEL_H

#include "hw/pci_config.h"

#define MSAMP_NR_KINDS		3

/* What a card has at most. */
#define MSAMP_MAX_PORTS		4

#define MSAMP_MSI_VECTORS	4
#define MSAMP_MSIX_VECTORS	8
#define MSAMP_MAX_VECTORS	8

/* The memory BAR with the MSI-X table and pending bits, and where they are in it. */
#define MSAMP_MSIX_BAR		5
#define MSAMP_MSIX_BAR_SIZE	4096
#define MSAMP_MSIX_TABLE	0
#define MSAMP_MSIX_PBA		2048

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

extern struct msamp_kind msamp_kinds[MSAMP_NR_KINDS];

void msamp_kinds_init(void);

#endif /* MSAMP_MODEL_H */
