/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts towards the holder of the device's file descriptor.
 */
#ifndef MSAMP_IRQ_H
#define MSAMP_IRQ_H

#include <linux/bits.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uuid.h>
#include <linux/vfio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "vfio/model.h"

struct eventfd_ctx;

/* irq->mode while no kind of interrupt is on */
#define MSAMP_IRQ_NONE		VFIO_PCI_NUM_IRQS

/**
 * struct msamp_virqfd - an eventfd, and what to do when it is signalled
 * @ctx: the eventfd, NULL while nothing is watched
 * @wait: our place in its wait queue
 * @table: puts @wait there
 * @work: calls @fn
 * @fn: called in process context, once for any number of signals since the last call
 */
struct msamp_virqfd {
	struct eventfd_ctx *ctx;
	wait_queue_entry_t wait;
	poll_table table;
	struct work_struct work;
	void (*fn)(struct msamp_virqfd *virqfd);
};

/**
 * struct msamp_irq - interrupts of one device
 * @lock: protects the rest but for the watches; nests inside a port's lock
 * @mode: the kind that is on: VFIO_PCI_{INTX,MSI,MSIX}_IRQ_INDEX, or MSAMP_IRQ_NONE
 * @nr: the vectors that ports are spread over: those up to the highest one ever set, 0 while no
 *	kind is on; INTx is vector 0
 * @sources: one bit for each port whose pin is high; INTx is their OR
 * @unsent: those of @sources for whose rise no message has been sent
 * @intx_disabled: INTx disable bit of the PCI command register
 * @master: bus master bit of the PCI command register; messages need it
 * @all_masked: function mask bit of the MSI-X capability
 * @frozen: the device is stopped: nothing reaches the user
 * @intx_masked: the user has masked INTx
 * @intx_signalled: INTx has been signalled and not been unmasked since
 * @masked: one bit for each MSI-X vector whose mask bit reads as set
 * @kept_masked: those whose mask bit has been set by a driver, here or before a migration. It lasts
 *	until a driver clears it; the others are masked for want of an eventfd
 * @carried_pending: pending bits that a migration has brought, while MSI-X is off; when it is on
 *	they follow from @unsent
 * @ctx: eventfd of each vector of @mode; NULL where the user wants no signal
 * @req: signalled to ask the user to let go of the device
 * @uuid: the device's name, for traces
 * @fired: interrupts that reached the user, for debugging
 * @mask: eventfd that masks INTx; the watches are protected by the device's lock
 * @unmask: eventfd that unmasks INTx
 */
struct msamp_irq {
	spinlock_t lock;	/* vectors */
	unsigned int mode;
	unsigned int nr;
	unsigned long sources;
	unsigned long unsent;
	bool intx_disabled;
	bool master;
	bool all_masked;
	bool frozen;
	bool intx_masked;
	bool intx_signalled;
	u32 masked;
	u32 kept_masked;
	u32 carried_pending;
	struct eventfd_ctx *ctx[MSAMP_MAX_VECTORS];
	struct eventfd_ctx *req;
	const guid_t *uuid;
	u64 fired;
	struct msamp_virqfd mask;
	struct msamp_virqfd unmask;
};

void msamp_irq_set_source(struct msamp_irq *irq, unsigned int source, bool level);

#endif /* MSAMP_IRQ_H */
