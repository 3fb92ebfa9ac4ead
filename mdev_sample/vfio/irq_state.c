// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of a device that is stopped, and their state on its way to another one.
 *
 * Only what a guest has set and can see travels: mask and pending bits of MSI-X vectors. The kind
 * of interrupt that is on, its eventfds and the mask of INTx are the set-up of each device's user.
 */
#include <linux/bitops.h>

#include "vfio/irq.h"

/**
 * msamp_irq_unset_locked() - MSI-X vectors that the user has not set up, which are masked for that
 * @irq: the device's interrupts
 *
 * Context: Any, under the lock of @irq.
 * Return: one bit for each.
 */
u32 msamp_irq_unset_locked(const struct msamp_irq *irq)
{
	u32 unset = GENMASK(MSAMP_MAX_VECTORS - 1, 0);
	unsigned int i;

	lockdep_assert_held(&irq->lock);
	for (i = 0; i < MSAMP_MAX_VECTORS && irq->mode == VFIO_PCI_MSIX_IRQ_INDEX; i++)
		if (irq->ctx[i])
			unset &= ~BIT(i);
	return unset;
}

/* Where no vectors are set up it is not known whose messages those of the ports will be. */
static u32 msamp_irq_pending_vectors_locked(const struct msamp_irq *irq)
{
	u32 pending = 0;
	unsigned int i;

	lockdep_assert_held(&irq->lock);
	if (irq->mode != VFIO_PCI_MSIX_IRQ_INDEX)
		return irq->sources ? irq->carried_pending : 0;
	for_each_set_bit(i, &irq->unsent, BITS_PER_LONG)
		pending |= BIT(i % irq->nr);
	return pending;
}

/**
 * msamp_irq_pending_vectors() - pending bits of the MSI-X vectors
 * @irq: the device's interrupts
 *
 * Context: Process.
 * Return: one bit for each vector for which a message waits.
 */
u32 msamp_irq_pending_vectors(struct msamp_irq *irq)
{
	u32 pending;

	spin_lock_bh(&irq->lock);
	pending = msamp_irq_pending_vectors_locked(irq);
	spin_unlock_bh(&irq->lock);
	return pending;
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
	spin_lock_bh(&irq->lock);
	irq->frozen = false;
	msamp_irq_deliver_locked(irq);
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_save() - what a guest has set and can see of the MSI-X vectors
 * @irq: the device's interrupts
 * @masked: one bit for each vector whose mask bit is set; those masked for want of an eventfd,
 *	which is a part of the user's set-up, do not count
 * @pending: one bit for each vector that is pending
 *
 * Context: Process.
 */
void msamp_irq_save(struct msamp_irq *irq, u32 *masked, u32 *pending)
{
	spin_lock_bh(&irq->lock);
	*masked = irq->kept_masked;
	*pending = msamp_irq_pending_vectors_locked(irq);
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_load() - take over what msamp_irq_save() has copied on another device
 * @irq: the device's interrupts, frozen
 * @masked: vectors whose mask bit is set
 * @pending: vectors that are pending
 *
 * It makes no difference whether the user sets the eventfds before or after this. Where MSI-X is on
 * the pending bits follow from the ports, whose pins rise anew when they are loaded.
 *
 * Context: Process.
 */
void msamp_irq_load(struct msamp_irq *irq, u32 masked, u32 pending)
{
	spin_lock_bh(&irq->lock);
	irq->kept_masked = masked;
	irq->masked = msamp_irq_unset_locked(irq) | masked;
	irq->carried_pending = irq->mode == VFIO_PCI_MSIX_IRQ_INDEX ? 0 : pending;
	spin_unlock_bh(&irq->lock);
}
