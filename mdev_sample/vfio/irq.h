/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts towards the holder of the device's file descriptor.
 */
#ifndef MSAMP_IRQ_H
#define MSAMP_IRQ_H

#include <linux/bits.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uuid.h>
#include <linux/vfio.h>

#include "vfio/model.h"
#include "vfio/virqfd.h"

struct eventfd_ctx;

/* irq->mode while no kind of interrupt is on */
#define MSAMP_IRQ_NONE		VFIO_PCI_NUM_IRQS

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
	struct msamp_watch mask;
	struct msamp_watch unmask;
};

/**
 * struct msamp_irq_control - what configuration space says about interrupts
 * @intx_disabled: command register, INTx disable
 * @master: command register, bus master
 * @all_masked: MSI-X message control, function mask
 */
struct msamp_irq_control {
	bool intx_disabled;
	bool master;
	bool all_masked;
};

void msamp_irq_init(struct msamp_irq *irq, const guid_t *uuid);
void msamp_irq_reset(struct msamp_irq *irq);
void msamp_irq_release(struct msamp_irq *irq);

void msamp_irq_set_source(struct msamp_irq *irq, unsigned int source, bool level);
void msamp_irq_set_control(struct msamp_irq *irq, const struct msamp_irq_control *control);
bool msamp_irq_pending(struct msamp_irq *irq);
void msamp_irq_request(struct msamp_irq *irq);

void msamp_irq_set_intx_masked(struct msamp_irq *irq, bool masked);
void msamp_irq_set_vector_masked(struct msamp_irq *irq, unsigned int n, bool masked);
void msamp_irq_set_eventfds(struct msamp_irq *irq, unsigned int mode, unsigned int start,
			    unsigned int count, struct eventfd_ctx **ctx);
void msamp_irq_turn_off(struct msamp_irq *irq);
void msamp_irq_signal(struct msamp_irq *irq, unsigned int n);

void msamp_irq_deliver_locked(struct msamp_irq *irq);

/* irq_state.c */
u32 msamp_irq_unset_locked(const struct msamp_irq *irq);
u32 msamp_irq_pending_vectors(struct msamp_irq *irq);
void msamp_irq_freeze(struct msamp_irq *irq);
void msamp_irq_thaw(struct msamp_irq *irq);
void msamp_irq_save(struct msamp_irq *irq, u32 *masked, u32 *pending);
void msamp_irq_load(struct msamp_irq *irq, u32 masked, u32 pending);

/* irq_set.c */
int msamp_irq_info(struct vfio_irq_info *info);
int msamp_irq_set(struct msamp_irq *irq, const struct vfio_irq_set *hdr, const void *data);

#endif /* MSAMP_IRQ_H */
