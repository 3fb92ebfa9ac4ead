// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: from the ports' pins to the user's eventfds.
 *
 * INTx is a level, as VFIO defines it (include/uapi/linux/vfio.h, VFIO_IRQ_INFO_AUTOMASKED):
 * while it is high and unmasked it is signalled once and masks itself; unmasking looks at the
 * level again.
 *
 * MSI and MSI-X are messages: the rise of a port's pin sends one, if the card is bus master. The
 * ports are spread over the vectors that the user has asked for. A masked MSI-X vector stays
 * pending and fires when it is unmasked. The user's SET_IRQS, not the enable bits in
 * configuration space, decides which kind is on, as with vfio-pci.
 *
 * While the device is stopped for a migration nothing is delivered: a level waits as it is, a rise
 * is noted, and both are delivered when the device runs again.
 */
#include <linux/eventfd.h>

#include "compat.h"
#include "irq.h"
#include "trace.h"

static void msamp_irq_fire_locked(struct msamp_irq *irq, unsigned int n)
{
	lockdep_assert_held(&irq->lock);
	irq->fired++;
	trace_msamp_interrupt(irq->uuid, irq->mode, n);
	msamp_compat_eventfd_signal(irq->vector[n].ctx);
}

/* Signals and masks the line if it is high and nothing keeps it from being told. */
static void msamp_irq_deliver_intx_locked(struct msamp_irq *irq)
{
	struct msamp_irq_vector *intx = &irq->vector[0];

	lockdep_assert_held(&irq->lock);
	if (irq->mode != VFIO_PCI_INTX_IRQ_INDEX || irq->intx_disabled || irq->frozen)
		return;
	if (!irq->sources || intx->masked || !intx->ctx)
		return;
	intx->masked = true;
	msamp_irq_fire_locked(irq, 0);
}

static void msamp_irq_send_locked(struct msamp_irq *irq, unsigned int n)
{
	struct msamp_irq_vector *vector = &irq->vector[n];

	lockdep_assert_held(&irq->lock);
	vector->pending = irq->mode == VFIO_PCI_MSIX_IRQ_INDEX &&
			  (vector->masked || irq->all_masked);
	if (vector->pending || !vector->ctx || !irq->master)
		return;
	msamp_irq_fire_locked(irq, n);
}

static bool msamp_irq_is_message(const struct msamp_irq *irq)
{
	return irq->mode == VFIO_PCI_MSI_IRQ_INDEX || irq->mode == VFIO_PCI_MSIX_IRQ_INDEX;
}

/* The pins in @sources have risen, or are high when messages are turned on. */
static void msamp_irq_send_sources_locked(struct msamp_irq *irq, u32 sources)
{
	unsigned int i;

	if (irq->frozen)
		irq->held |= sources;
	if (irq->frozen || !msamp_irq_is_message(irq) || !irq->nr)
		return;
	for (i = 0; sources >> i; i++)
		if (sources & BIT(i))
			msamp_irq_send_locked(irq, i % irq->nr);
}

static void msamp_irq_send_pending_locked(struct msamp_irq *irq)
{
	unsigned int i;

	if (irq->frozen)
		return;
	for (i = 0; i < MSAMP_MAX_VECTORS; i++)
		if (irq->vector[i].pending)
			msamp_irq_send_locked(irq, i);
}

/**
 * msamp_irq_deliver_locked() - deliver whatever may be delivered now
 * @irq: the device's interrupts
 * @sources: ports whose pin has risen, one bit for each
 *
 * Context: Process or softirq, under the lock of @irq.
 */
void msamp_irq_deliver_locked(struct msamp_irq *irq, u32 sources)
{
	lockdep_assert_held(&irq->lock);
	msamp_irq_deliver_intx_locked(irq);
	msamp_irq_send_sources_locked(irq, sources);
	msamp_irq_send_pending_locked(irq);
}

static void msamp_irq_unmask_work(struct msamp_watch *watch)
{
	msamp_irq_set_intx_masked(container_of(watch, struct msamp_irq, unmask), false);
}

static void msamp_irq_mask_work(struct msamp_watch *watch)
{
	msamp_irq_set_intx_masked(container_of(watch, struct msamp_irq, mask), true);
}

/**
 * msamp_irq_init() - no interrupts
 * @irq: the device's interrupts
 * @uuid: the device's name; outlives @irq
 *
 * Context: Any.
 */
void msamp_irq_init(struct msamp_irq *irq, const guid_t *uuid)
{
	unsigned int i;

	memset(irq, 0, sizeof(*irq));
	spin_lock_init(&irq->lock);
	irq->uuid = uuid;
	irq->mode = MSAMP_IRQ_NONE;
	for (i = 0; i < MSAMP_MAX_VECTORS; i++)
		irq->vector[i].masked = true;
	msamp_watch_init(&irq->mask, msamp_irq_mask_work);
	msamp_watch_init(&irq->unmask, msamp_irq_unmask_work);
}

/**
 * msamp_irq_reset() - the device has been reset
 * @irq: the device's interrupts
 *
 * Nothing is pending, INTx is unmasked, and a vector is masked only if the user has not asked to
 * hear it. The eventfds stay: they belong to the user's set-up, as with vfio-pci.
 *
 * Context: Process.
 */
void msamp_irq_reset(struct msamp_irq *irq)
{
	unsigned int i;

	spin_lock_bh(&irq->lock);
	irq->intx_disabled = false;
	irq->master = false;
	irq->all_masked = false;
	irq->frozen = false;
	irq->held = 0;
	irq->carried_masked = 0;
	irq->carried_pending = 0;
	for (i = 0; i < MSAMP_MAX_VECTORS; i++) {
		irq->vector[i].pending = false;
		irq->vector[i].masked = !irq->vector[i].ctx;
	}
	msamp_irq_deliver_intx_locked(irq);
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_turn_off() - turn off whatever kind is on, and let go of its eventfds
 * @irq: the device's interrupts
 *
 * Context: Process, may sleep, under the device's lock.
 */
void msamp_irq_turn_off(struct msamp_irq *irq)
{
	struct eventfd_ctx *old[MSAMP_MAX_VECTORS];
	unsigned int i;

	msamp_watch_clear(&irq->mask);
	msamp_watch_clear(&irq->unmask);

	spin_lock_bh(&irq->lock);
	irq->mode = MSAMP_IRQ_NONE;
	irq->nr = 0;
	for (i = 0; i < MSAMP_MAX_VECTORS; i++) {
		old[i] = irq->vector[i].ctx;
		irq->vector[i].ctx = NULL;
		irq->vector[i].masked = true;
		irq->vector[i].pending = false;
	}
	spin_unlock_bh(&irq->lock);

	for (i = 0; i < MSAMP_MAX_VECTORS; i++)
		if (old[i])
			eventfd_ctx_put(old[i]);
}

/**
 * msamp_irq_release() - the device closes: let go of every eventfd
 * @irq: the device's interrupts
 *
 * Context: Process, may sleep, under the device's lock.
 */
void msamp_irq_release(struct msamp_irq *irq)
{
	struct eventfd_ctx *req;

	msamp_irq_turn_off(irq);
	spin_lock_bh(&irq->lock);
	req = irq->req;
	irq->req = NULL;
	spin_unlock_bh(&irq->lock);
	if (req)
		eventfd_ctx_put(req);
}

/**
 * msamp_irq_set_source() - a port's interrupt pin has changed
 * @irq: the device's interrupts
 * @source: the port's number
 * @level: the pin's level
 *
 * Context: Process or softirq.
 */
void msamp_irq_set_source(struct msamp_irq *irq, unsigned int source, bool level)
{
	spin_lock_bh(&irq->lock);
	if (level) {
		irq->sources |= BIT(source);
		msamp_irq_deliver_intx_locked(irq);
		msamp_irq_send_sources_locked(irq, BIT(source));
	} else {
		irq->sources &= ~BIT(source);
	}
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_set_control() - follow what has been written to configuration space
 * @irq: the device's interrupts
 * @control: what it says now
 *
 * Context: Process.
 */
void msamp_irq_set_control(struct msamp_irq *irq, const struct msamp_irq_control *control)
{
	spin_lock_bh(&irq->lock);
	irq->intx_disabled = control->intx_disabled;
	irq->master = control->master;
	irq->all_masked = control->all_masked;
	msamp_irq_deliver_locked(irq, 0);
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_pending() - level of the line, for the PCI status register
 * @irq: the device's interrupts
 *
 * Context: Any.
 * Return: true while any port asserts it.
 */
bool msamp_irq_pending(struct msamp_irq *irq)
{
	return READ_ONCE(irq->sources);
}

/**
 * msamp_irq_request() - ask the user to let go of the device
 * @irq: the device's interrupts
 *
 * Context: Process.
 */
void msamp_irq_request(struct msamp_irq *irq)
{
	spin_lock_bh(&irq->lock);
	if (irq->req)
		msamp_compat_eventfd_signal(irq->req);
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_set_intx_masked() - mask or unmask INTx
 * @irq: the device's interrupts
 * @masked: which
 *
 * Context: Process.
 */
void msamp_irq_set_intx_masked(struct msamp_irq *irq, bool masked)
{
	spin_lock_bh(&irq->lock);
	if (irq->mode == VFIO_PCI_INTX_IRQ_INDEX) {
		irq->vector[0].masked = masked;
		msamp_irq_deliver_intx_locked(irq);
	}
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_set_vector_masked() - mask or unmask an MSI-X vector through its table entry
 * @irq: the device's interrupts
 * @n: the vector
 * @masked: which
 *
 * Context: Process.
 */
void msamp_irq_set_vector_masked(struct msamp_irq *irq, unsigned int n, bool masked)
{
	spin_lock_bh(&irq->lock);
	if (irq->mode != VFIO_PCI_INTX_IRQ_INDEX) {
		irq->vector[n].masked = masked;
		irq->carried_masked &= ~BIT(n);
		irq->carried_masked |= masked && !irq->vector[n].ctx ? BIT(n) : 0;
		if (irq->vector[n].pending && !irq->frozen)
			msamp_irq_send_locked(irq, n);
	}
	spin_unlock_bh(&irq->lock);
}

/* A vector that has just been given an eventfd is unmasked, as vfio-pci's would be. */
static void msamp_irq_swap_locked(struct msamp_irq *irq, unsigned int n, struct eventfd_ctx **ctx)
{
	struct msamp_irq_vector *vector = &irq->vector[n];

	lockdep_assert_held(&irq->lock);
	if (!vector->ctx || !*ctx) {
		vector->masked = !*ctx;
		if (*ctx)
			msamp_irq_take_carried_locked(irq, n);
		else
			vector->pending = false;
	}
	swap(vector->ctx, *ctx);
}

/**
 * msamp_irq_set_eventfds() - give vectors their eventfds, and turn their kind on
 * @irq: the device's interrupts
 * @mode: the kind; no other one is on
 * @start: first vector
 * @count: how many
 * @ctx: an eventfd or NULL for each; the references are taken over, and those before dropped
 *
 * Context: Process, under the device's lock.
 */
void msamp_irq_set_eventfds(struct msamp_irq *irq, unsigned int mode, unsigned int start,
			    unsigned int count, struct eventfd_ctx **ctx)
{
	bool fresh, carried;
	unsigned int i;

	spin_lock_bh(&irq->lock);
	carried = irq->carried_pending;
	fresh = irq->mode != mode;
	irq->mode = mode;
	irq->nr = max(irq->nr, start + count);
	for (i = 0; i < count; i++)
		msamp_irq_swap_locked(irq, start + i, &ctx[i]);
	msamp_irq_deliver_intx_locked(irq);
	if (fresh)
		msamp_irq_send_sources_locked(irq, irq->sources);
	if (carried)
		msamp_irq_send_pending_locked(irq);
	spin_unlock_bh(&irq->lock);

	for (i = 0; i < count; i++)
		if (ctx[i])
			eventfd_ctx_put(ctx[i]);
}

/**
 * msamp_irq_signal() - signal a vector's eventfd by the user's own wish, masked or not
 * @irq: the device's interrupts
 * @n: the vector
 *
 * Context: Process.
 */
void msamp_irq_signal(struct msamp_irq *irq, unsigned int n)
{
	spin_lock_bh(&irq->lock);
	if (irq->vector[n].ctx && !(irq->mode == VFIO_PCI_INTX_IRQ_INDEX && irq->intx_disabled))
		msamp_compat_eventfd_signal(irq->vector[n].ctx);
	spin_unlock_bh(&irq->lock);
}
