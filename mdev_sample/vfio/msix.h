/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory BAR with the MSI-X table and pending bits.
 */
#ifndef MSAMP_MSIX_H
#define MSAMP_MSIX_H

#include <linux/pci_regs.h>
#include <linux/types.h>

#include "vfio/irq.h"

#define MSAMP_MSIX_ENTRY_WORDS	(PCI_MSIX_ENTRY_SIZE / 4)

/**
 * struct msamp_msix - what a driver has written to the table
 * @word: address and data of each vector; the control words live in struct msamp_irq. Protected by
 *	the device's lock
 */
struct msamp_msix {
	u32 word[MSAMP_MSIX_VECTORS][MSAMP_MSIX_ENTRY_WORDS - 1];
};

void msamp_msix_reset(struct msamp_msix *msix);
u32 msamp_msix_read(const struct msamp_msix *msix, struct msamp_irq *irq, u32 offset, u32 width);
void msamp_msix_write(struct msamp_msix *msix, struct msamp_irq *irq, u32 offset, u32 width,
		      u32 val);

#endif /* MSAMP_MSIX_H */
