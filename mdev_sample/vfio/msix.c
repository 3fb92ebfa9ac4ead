// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory BAR with the MSI-X table and pending bits (PCI Local Bus Specification 3.0, 6.8.2).
 *
 * Addresses and data are storage only: SET_IRQS says where a message goes. The mask bits are real.
 */
#include <linux/nospec.h>
#include <linux/string.h>

#include "vfio/msix.h"

#define CONTROL_WORD	(PCI_MSIX_ENTRY_VECTOR_CTRL / 4)

/* An access is never wider than the 32-bit word that it lies in. */
static u32 msamp_msix_shift(u32 offset)
{
	return 8 * (offset % 4);
}

static u32 msamp_msix_table_word(const struct msamp_msix *msix, struct msamp_irq *irq, u32 index)
{
	u32 n = array_index_nospec(index / MSAMP_MSIX_ENTRY_WORDS, MSAMP_MSIX_VECTORS);
	u32 word = index % MSAMP_MSIX_ENTRY_WORDS;

	if (word != CONTROL_WORD)
		return msix->word[n][word];
	return irq->masked & BIT(n) ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0;
}

static u32 msamp_msix_word(const struct msamp_msix *msix, struct msamp_irq *irq, u32 offset)
{
	if (offset < MSAMP_MSIX_TABLE + MSAMP_MSIX_VECTORS * PCI_MSIX_ENTRY_SIZE)
		return msamp_msix_table_word(msix, irq, offset / 4);
	return offset / 4 == MSAMP_MSIX_PBA / 4 ? msamp_irq_pending_vectors(irq) : 0;
}

/**
 * msamp_msix_reset() - as after power-on
 * @msix: the table
 *
 * Context: Process, under the device's lock.
 */
void msamp_msix_reset(struct msamp_msix *msix)
{
	memset(msix, 0, sizeof(*msix));
}

/**
 * msamp_msix_read() - the bus reads the BAR
 * @msix: the table
 * @irq: the device's interrupts
 * @offset: first byte, a multiple of @width
 * @width: 1, 2 or 4 bytes
 *
 * Context: Process, under the device's lock.
 * Return: the value.
 */
u32 msamp_msix_read(const struct msamp_msix *msix, struct msamp_irq *irq, u32 offset, u32 width)
{
	/* bytes beyond @width are dropped by the caller */
	return msamp_msix_word(msix, irq, offset) >> msamp_msix_shift(offset);
}

/**
 * msamp_msix_write() - the bus writes the BAR
 * @msix: the table
 * @irq: the device's interrupts
 * @offset: first byte, a multiple of @width
 * @width: 1, 2 or 4 bytes
 * @val: the value; the pending bits and what lies beyond the table cannot be written
 *
 * Context: Process, under the device's lock.
 */
void msamp_msix_write(struct msamp_msix *msix, struct msamp_irq *irq, u32 offset, u32 width,
		      u32 val)
{
	u32 mask = (width == 4 ? ~0U : (1U << (8 * width)) - 1) << msamp_msix_shift(offset);
	u32 index = offset / 4;
	u32 n = index / MSAMP_MSIX_ENTRY_WORDS;
	u32 word;

	if (n >= MSAMP_MSIX_VECTORS)
		return;
	n = array_index_nospec(n, MSAMP_MSIX_VECTORS);
	word = msamp_msix_table_word(msix, irq, index) & ~mask;
	word |= (val << msamp_msix_shift(offset)) & mask;
	if (index % MSAMP_MSIX_ENTRY_WORDS == CONTROL_WORD)
		msamp_irq_set_vector_masked(irq, n, word & PCI_MSIX_ENTRY_CTRL_MASKBIT);
	else
		msix->word[n][index % MSAMP_MSIX_ENTRY_WORDS] = word;
}
