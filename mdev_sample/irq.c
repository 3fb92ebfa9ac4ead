// SPDX-License-Identifier: GPL-2.0-only
/*
 * INTx as VFIO defines it (include/uapi/linux/vfio.h, VFIO_IRQ_INFO_AUTOMASKED): a level. While it
 * is high and unmasked it is signalled once and masks itself; unmasking looks at the level again.
 */
#include <linux/eventfd.h>
#include <linux/vfio.h>

#include "compat.h"
#include "irq.h"

/* Signals and masks the line if it is high and nothing keeps it from being told. */
static void msamp_irq_deliver_locked(struct msamp_irq *irq)
{
	lockdep_assert_held(&irq->lock);
	if (!irq->sources || irq->masked || irq->disabled || !irq->intx)
		return;
	irq->masked = true;
	msamp_compat_eventfd_signal(irq->intx);
}

/**
 * msamp_irq_init() - no interrupts
 * @irq: the device's interrupts
 *
 * Context: Any.
 */
void msamp_irq_init(struct msamp_irq *irq)
{
	spin_lock_init(&irq->lock);
	irq->intx = NULL;
	irq->sources = 0;
	irq->masked = false;
	irq->disabled = false;
}

/**
 * msamp_irq_reset() - the device has been reset: unmasked, not disabled
 * @irq: the device's interrupts
 *
 * The eventfd stays: it belongs to the user's set-up, as with vfio-pci.
 *
 * Context: Process.
 */
void msamp_irq_reset(struct msamp_irq *irq)
{
	spin_lock_bh(&irq->lock);
	irq->masked = false;
	irq->disabled = false;
	msamp_irq_deliver_locked(irq);
	spin_unlock_bh(&irq->lock);
}

/* Takes over the caller's reference on @ctx and drops that on the one before. */
static void msamp_irq_swap_eventfd(struct msamp_irq *irq, struct eventfd_ctx *ctx)
{
	struct eventfd_ctx *old;

	spin_lock_bh(&irq->lock);
	old = irq->intx;
	irq->intx = ctx;
	/* enabling starts unmasked; exchanging the eventfd keeps the mask */
	if (!old || !ctx)
		irq->masked = false;
	msamp_irq_deliver_locked(irq);
	spin_unlock_bh(&irq->lock);
	if (old)
		eventfd_ctx_put(old);
}

/**
 * msamp_irq_release() - the device closes: let go of every eventfd
 * @irq: the device's interrupts
 *
 * Context: Process.
 */
void msamp_irq_release(struct msamp_irq *irq)
{
	msamp_irq_swap_eventfd(irq, NULL);
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
	if (level)
		irq->sources |= BIT(source);
	else
		irq->sources &= ~BIT(source);
	msamp_irq_deliver_locked(irq);
	spin_unlock_bh(&irq->lock);
}

/**
 * msamp_irq_set_disabled() - follow the INTx disable bit of the PCI command register
 * @irq: the device's interrupts
 * @disabled: the bit
 *
 * Context: Process.
 */
void msamp_irq_set_disabled(struct msamp_irq *irq, bool disabled)
{
	spin_lock_bh(&irq->lock);
	irq->disabled = disabled;
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
 * msamp_irq_info() - answer VFIO_DEVICE_GET_IRQ_INFO
 * @info: index in, flags and count out; count is 0 for a kind of interrupt that the card lacks
 *
 * Context: Any.
 * Return: 0, -EINVAL for an index that does not exist.
 */
int msamp_irq_info(struct vfio_irq_info *info)
{
	if (info->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	info->count = 0;
	if (info->index == VFIO_PCI_INTX_IRQ_INDEX) {
		info->flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
		info->count = 1;
	}
	return 0;
}

static void msamp_irq_set_masked(struct msamp_irq *irq, bool masked)
{
	spin_lock_bh(&irq->lock);
	irq->masked = masked;
	msamp_irq_deliver_locked(irq);
	spin_unlock_bh(&irq->lock);
}

/* NONE means all, BOOL asks for each one; there is one. */
static bool msamp_irq_selected(const struct vfio_irq_set *hdr, const void *data)
{
	return hdr->count && ((hdr->flags & VFIO_IRQ_SET_DATA_NONE) || *(const u8 *)data);
}

static int msamp_irq_set_intx_mask(struct msamp_irq *irq, const struct vfio_irq_set *hdr,
				   const void *data)
{
	if (!READ_ONCE(irq->intx) || !hdr->count)
		return -EINVAL;
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return -ENOTTY;
	if (msamp_irq_selected(hdr, data))
		msamp_irq_set_masked(irq, hdr->flags & VFIO_IRQ_SET_ACTION_MASK);
	return 0;
}

static int msamp_irq_set_intx_eventfd(struct msamp_irq *irq, s32 fd)
{
	struct eventfd_ctx *ctx = NULL;

	if (fd < -1)
		return -EINVAL;
	if (fd >= 0) {
		ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}
	msamp_irq_swap_eventfd(irq, ctx);
	return 0;
}

static int msamp_irq_set_intx_trigger(struct msamp_irq *irq, const struct vfio_irq_set *hdr,
				      const void *data)
{
	int ret = 0;

	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return hdr->count ? msamp_irq_set_intx_eventfd(irq, *(const s32 *)data) : -EINVAL;

	if (!hdr->count) {
		if (!(hdr->flags & VFIO_IRQ_SET_DATA_NONE))
			return -EINVAL;
		msamp_irq_release(irq);
		return 0;
	}

	/* A loopback of the user's own: straight to the eventfd, masked or not. */
	spin_lock_bh(&irq->lock);
	if (!irq->intx)
		ret = -EINVAL;
	else if (msamp_irq_selected(hdr, data) && !irq->disabled)
		msamp_compat_eventfd_signal(irq->intx);
	spin_unlock_bh(&irq->lock);
	return ret;
}

/**
 * msamp_irq_set() - carry out VFIO_DEVICE_SET_IRQS
 * @irq: the device's interrupts
 * @hdr: the request, checked by vfio_set_irqs_validate_and_prepare()
 * @data: what came behind it; NULL with DATA_NONE or a count of 0
 *
 * Context: Process, under the device's ioctl lock, which keeps two requests apart.
 * Return: 0, -EINVAL for what the kind of interrupt does not do or while it is off, -ENOTTY for
 * mask and unmask by eventfd, -EBADF or -EINVAL for a file that is no eventfd.
 */
int msamp_irq_set(struct msamp_irq *irq, const struct vfio_irq_set *hdr, const void *data)
{
	if (hdr->index != VFIO_PCI_INTX_IRQ_INDEX)
		return -EINVAL;

	switch (hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_MASK:
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return msamp_irq_set_intx_mask(irq, hdr, data);
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return msamp_irq_set_intx_trigger(irq, hdr, data);
	default:
		return -EINVAL;
	}
}
