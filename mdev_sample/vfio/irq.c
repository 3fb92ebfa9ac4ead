// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: from the ports' pins to the user's eventfds.
 *
 * INTx is a level, as VFIO defines it (include/uapi/linux/vfio.h, VFIO_IRQ_INFO_AUTOMASKED):
 * while it is high and unmasked it is signalled once and masks itself; unmasking looks at the
 * level again.
 *
 * MSI and MSI-X are messages: the rise of a port's pin needs one. The ports are spread over the
 * vectors that the user has asked for. The user's SET_IRQS, not the enable bits in configuration
 * space, decides which kind is on, as with vfio-pci.
 *
 * A message that cannot be sent waits in @unsent. It is sent when the last obstacle goes, whichever
 * that is, and it is dropped when the pin falls before. So msamp_irq_deliver_locked(), which every
 * change calls, is the only place that decides what reaches the user:
 *
 *   event		   INTx				 MSI, MSI-X
 *   a pin rises	   the level is high		 a message is due
 *   a pin falls	   the level is the OR		 its message is not due any more
 *   message sent/signal   masked until UNMASK		 not due any more
 *   the kind is turned on the level counts		 due for each pin that is high
 *   a vector is added	   -				 due for each high pin that moves to another
 *   reset		   no level, not disabled, and	 nothing is due, as all pins fall; no bus
 *			   the mask by signal ends	 master, no mask bit
 *
 *   obstacle		   INTx				 MSI, MSI-X
 *   no eventfd		   (is off)			 both
 *   stopped (migration)   yes				 both
 *   command register	   INTx disable			 not bus master: both
 *   mask		   by MASK, or by signal	 MSI-X: of the vector, of the function
 *
 * That is what PCI asks for of a vector that is masked: one message when it is unmasked, and a
 * pending bit that ends when the cause has been dealt with otherwise (PCI Express Base
 * Specification 5.0, 6.1.4.5; conventional PCI 3.0 has the same in 6.8.3). It says nothing of a
 * message that waits for bus mastership, and MSI without mask bits has no obstacle of its own;
 * these wait in the same way, so that no order of set-up loses an interrupt.
 */
#include <linux/bitops.h>
#include <linux/eventfd.h>
#include <linux/nospec.h>

#include "core/trace.h"
#include "vfio/compat.h"
#include "vfio/priv.h"

/* MSI-X vectors that the user has not set up, one bit for each; they are masked for that. */
static u32 msamp_irq_unset_locked(const struct msamp_irq *irq)
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

static void msamp_irq_fire_locked(struct msamp_irq *irq, unsigned int n)
{
	lockdep_assert_held(&irq->lock);
	irq->fired++;
	trace_msamp_interrupt(irq->uuid, irq->mode, n);
	msamp_compat_eventfd_signal(irq->ctx[n]);
}

static void msamp_irq_deliver_intx_locked(struct msamp_irq *irq)
{
	lockdep_assert_held(&irq->lock);
	if (!irq->sources || !irq->ctx[0] || irq->intx_disabled)
		return;
	if (irq->intx_masked || irq->intx_signalled)
		return;
	irq->intx_signalled = true;
	msamp_irq_fire_locked(irq, 0);
}

static bool msamp_irq_sends_locked(const struct msamp_irq *irq, unsigned int n)
{
	lockdep_assert_held(&irq->lock);
	if (!irq->ctx[n])
		return false;
	return irq->mode == VFIO_PCI_MSI_IRQ_INDEX ||
	       !(irq->all_masked || (irq->masked & BIT(n)));
}

/* What is due to one vector for several ports is one message. */
static void msamp_irq_deliver_messages_locked(struct msamp_irq *irq)
{
	u32 sent = 0;
	unsigned int i, n;

	lockdep_assert_held(&irq->lock);
	if (!irq->master)
		return;
	for_each_set_bit(i, &irq->unsent, BITS_PER_LONG) {
		n = i % irq->nr;
		if (!msamp_irq_sends_locked(irq, n))
			continue;
		if (!(sent & BIT(n)))
			msamp_irq_fire_locked(irq, n);
		sent |= BIT(n);
		irq->unsent &= ~BIT(i);
	}
}

/**
 * msamp_irq_deliver_locked() - deliver whatever is due and can be delivered now
 * @irq: the device's interrupts
 *
 * Context: Process or softirq, under the lock of @irq.
 */
void msamp_irq_deliver_locked(struct msamp_irq *irq)
{
	lockdep_assert_held(&irq->lock);
	if (irq->mode == MSAMP_IRQ_NONE || irq->frozen)
		return;
	if (irq->mode == VFIO_PCI_INTX_IRQ_INDEX)
		msamp_irq_deliver_intx_locked(irq);
	else
		msamp_irq_deliver_messages_locked(irq);
}

static void msamp_irq_unmask_work(struct msamp_virqfd *virqfd)
{
	msamp_irq_set_intx_masked(container_of(virqfd, struct msamp_irq, unmask), false);
}

static void msamp_irq_mask_work(struct msamp_virqfd *virqfd)
{
	msamp_irq_set_intx_masked(container_of(virqfd, struct msamp_irq, mask), true);
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
	memset(irq, 0, sizeof(*irq));
	spin_lock_init(&irq->lock);
	irq->uuid = uuid;
	irq->mode = MSAMP_IRQ_NONE;
	irq->masked = GENMASK(MSAMP_MAX_VECTORS - 1, 0);
	msamp_virqfd_init(&irq->mask, msamp_irq_mask_work);
	msamp_virqfd_init(&irq->unmask, msamp_irq_unmask_work);
}

/**
 * msamp_irq_reset() - the device has been reset
 * @irq: the device's interrupts
 *
 * The ports, which have been reset before, have taken their pins down, and with them what was due.
 *
 * What the user has set up with SET_IRQS stays, as with vfio-pci: which kind is on, the eventfds,
 * and a mask of INTx that MASK has set. The mask that INTx sets itself when it is signalled goes,
 * though vfio-pci keeps it: the interrupt that it stands for has ended with the reset, in the guest
 * too, which may never acknowledge it; a user who does not unmask after a reset would then get no
 * interrupt any more, and one who does loses nothing. QEMU turns INTx off before a reset and on
 * after it, and depends on neither.
 *
 * Context: Process.
 */
void msamp_irq_reset(struct msamp_irq *irq)
{
	spin_lock_bh(&irq->lock);
	irq->intx_disabled = false;
	irq->master = false;
	irq->all_masked = false;
	irq->frozen = false;
	irq->intx_signalled = false;
	irq->kept_masked = 0;
	irq->carried_pending = 0;
	irq->masked = msamp_irq_unset_locked(irq);
	msamp_irq_deliver_locked(irq);
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

	msamp_virqfd_clear(&irq->mask);
	msamp_virqfd_clear(&irq->unmask);

	spin_lock_bh(&irq->lock);
	irq->mode = MSAMP_IRQ_NONE;
	irq->nr = 0;
	irq->intx_masked = false;
	irq->intx_signalled = false;
	memcpy(old, irq->ctx, sizeof(old));
	memset(irq->ctx, 0, sizeof(irq->ctx));
	irq->masked = msamp_irq_unset_locked(irq);
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
		irq->unsent |= BIT(source);
		msamp_irq_deliver_locked(irq);
	} else {
		irq->sources &= ~BIT(source);
		irq->unsent &= ~BIT(source);
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
	msamp_irq_deliver_locked(irq);
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
		irq->intx_masked = masked;
		if (!masked)
			irq->intx_signalled = false;
		msamp_irq_deliver_locked(irq);
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
	u32 bit = masked ? BIT(n) : 0;

	spin_lock_bh(&irq->lock);
	irq->masked = (irq->masked & ~BIT(n)) | bit;
	irq->kept_masked = (irq->kept_masked & ~BIT(n)) | bit;
	msamp_irq_deliver_locked(irq);
	spin_unlock_bh(&irq->lock);
}

/*
 * A user who gives a vector its eventfd wants its messages: it is unmasked, as vfio-pci's would be,
 * unless a driver has masked it.
 */
static void msamp_irq_swap_locked(struct msamp_irq *irq, unsigned int n, struct eventfd_ctx **ctx)
{
	bool changes = !irq->ctx[n] != !*ctx;

	lockdep_assert_held(&irq->lock);
	swap(irq->ctx[n], *ctx);
	if (!changes || irq->mode != VFIO_PCI_MSIX_IRQ_INDEX)
		return;
	irq->masked &= ~BIT(n);
	if (!irq->ctx[n] || (irq->kept_masked & BIT(n)))
		irq->masked |= BIT(n);
}

/*
 * The ports are spread over @nr vectors from now on. One that moves to another vector gets a
 * message there if its pin is high, as the handler of the vector before may not serve the port.
 */
static void msamp_irq_spread_locked(struct msamp_irq *irq, unsigned int nr)
{
	unsigned int i;

	lockdep_assert_held(&irq->lock);
	if (nr <= irq->nr)
		return;
	for_each_set_bit(i, &irq->sources, BITS_PER_LONG)
		if (!irq->nr || i % irq->nr != i % nr)
			irq->unsent |= BIT(i);
	irq->nr = nr;
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
	unsigned int i;

	spin_lock_bh(&irq->lock);
	irq->mode = mode;
	if (mode == VFIO_PCI_MSIX_IRQ_INDEX)
		irq->carried_pending = 0;
	msamp_irq_spread_locked(irq, start + count);
	for (i = 0; i < count; i++)
		msamp_irq_swap_locked(irq, array_index_nospec(start + i, MSAMP_MAX_VECTORS),
				      &ctx[i]);
	msamp_irq_deliver_locked(irq);
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
	n = array_index_nospec(n, MSAMP_MAX_VECTORS);
	spin_lock_bh(&irq->lock);
	if (irq->ctx[n] && !(irq->mode == VFIO_PCI_INTX_IRQ_INDEX && irq->intx_disabled))
		msamp_compat_eventfd_signal(irq->ctx[n]);
	spin_unlock_bh(&irq->lock);
}

/*
 * What follows is for a device that is stopped, and for its state on its way to another one. Only
 * what a guest has set and can see travels: mask and pending bits of MSI-X vectors. The kind of
 * interrupt that is on, its eventfds and the mask of INTx are the set-up of each device's user.
 */

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
