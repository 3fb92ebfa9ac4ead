// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of a device that is stopped, and their state on its way to another one.
 *
 * Only what a guest has set and can see travels: mask and pending bits of MSI-X vectors. The kind
 * of interrupt that is on, its eventfds and the mask of INTx are the set-up of each device's user.
 */
#include "irq.h"

/**
 * msamp_irq_take_carried_locked() - what a migration has brought takes effect on a vector
 * @irq: the device's interrupts
 * @n: the vector, which can be heard now
 *
 * Context: Process, under the lock of @irq.
 */
void msamp_irq_take_carried_locked(struct msamp_irq *irq, unsigned int n)
{
	struct msamp_irq_vector *vector = &irq->vector[n];

	lockdep_assert_held(&irq->lock);
	if (irq->mode != VFIO_PCI_MSIX_IRQ_INDEX)
		return;
	vector->masked |= !!(irq->carried_masked & BIT(n));
	vector->pending |= !!(irq->carried_pending & BIT(n));
	irq->carried_masked &= ~BIT(n);
	irq->carried_pending &= ~BIT(n);
}

/**
 * msamp_irq_freeze() - the device stops: deliver nothing from now on
 * @irq: the device's interrupts
 *
 * Context: Process. Pairs with msamp_irq_thaw(); a reset thaws, too.
 */
void msamp_irq_freeze(struct msamp_irq *irq)
{
	spin_lock_bh(&irq->lock);
	irq->frozen = true;
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_thaw() - the device runs again: deliver what has been held up
 * @irq: the device's interrupts
 *
 * Context: Process.
 */
void msamp_irq_thaw(struct msamp_irq *irq)
{
	u32 held;

	spin_lock_bh(&irq->lock);
	held = irq->held;
	irq->held = 0;
	irq->frozen = false;
	msamp_irq_deliver_locked(irq, held);
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_save() - what a guest has set and can see of the MSI-X vectors
 * @irq: the device's interrupts
 * @masked: one bit for each vector whose mask bit is set; those masked for want of an eventfd,
 *	which is the user's affair, do not count
 * @pending: one bit for each vector that is pending
 *
 * Context: Process.
 */
void msamp_irq_save(struct msamp_irq *irq, u32 *masked, u32 *pending)
{
	unsigned int i;

	spin_lock_bh(&irq->lock);
	*masked = irq->carried_masked;
	*pending = irq->carried_pending;
	for (i = 0; i < MSAMP_MAX_VECTORS && irq->mode == VFIO_PCI_MSIX_IRQ_INDEX; i++) {
		if (irq->vector[i].masked && irq->vector[i].ctx)
			*masked |= BIT(i);
		if (irq->vector[i].pending)
			*pending |= BIT(i);
	}
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_load() - what msamp_irq_save() has told, on another device
 * @irq: the device's interrupts, frozen
 * @masked: vectors whose mask bit is set
 * @pending: vectors that are pending
 *
 * It makes no difference whether the user sets his eventfds before or after this.
 *
 * Context: Process.
 */
void msamp_irq_load(struct msamp_irq *irq, u32 masked, u32 pending)
{
	unsigned int i;

	spin_lock_bh(&irq->lock);
	irq->held = 0;
	irq->carried_masked = masked;
	irq->carried_pending = pending;
	for (i = 0; i < MSAMP_MAX_VECTORS && irq->mode == VFIO_PCI_MSIX_IRQ_INDEX; i++) {
		irq->vector[i].pending = false;
		irq->vector[i].masked = !irq->vector[i].ctx;
		if (irq->vector[i].ctx)
			msamp_irq_take_carried_locked(irq, i);
	}
	spin_unlock_bh(&irq->lock);
}
