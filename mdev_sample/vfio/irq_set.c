// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_GET_IRQ_INFO and VFIO_DEVICE_SET_IRQS: a table says what each kind of interrupt is,
 * and which function carries out which action on it.
 */
#include <linux/eventfd.h>
#include <linux/nospec.h>

#include "vfio/compat.h"
#include "vfio/priv.h"

typedef int (*msamp_irq_set_fn)(struct msamp_irq *irq, const struct vfio_irq_set *hdr,
				const void *data);

/**
 * struct msamp_irq_kind - one VFIO interrupt index
 * @count: how many vectors there are
 * @flags: VFIO_IRQ_INFO_*
 * @mask: carries out MASK and UNMASK
 * @trigger: carries out TRIGGER
 */
struct msamp_irq_kind {
	u32 count;
	u32 flags;
	msamp_irq_set_fn mask;
	msamp_irq_set_fn trigger;
};

/* NONE means every vector of the range, BOOL picks those whose byte is set. */
static bool msamp_irq_picked(const struct vfio_irq_set *hdr, const void *data, unsigned int i)
{
	return (hdr->flags & VFIO_IRQ_SET_DATA_NONE) || ((const u8 *)data)[i];
}

static void msamp_irq_put_eventfds(struct eventfd_ctx **ctx, unsigned int count)
{
	while (count--)
		if (ctx[count])
			eventfd_ctx_put(ctx[count]);
}

/* All or nothing: one bad descriptor, and none is taken. */
static int msamp_irq_get_eventfds(struct eventfd_ctx **ctx, const s32 *fd, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		ctx[i] = NULL;
		if (fd[i] == -1)
			continue;
		ctx[i] = fd[i] < 0 ? ERR_PTR(-EINVAL) : eventfd_ctx_fdget(fd[i]);
		if (IS_ERR(ctx[i])) {
			msamp_irq_put_eventfds(ctx, i);
			return PTR_ERR(ctx[i]);
		}
	}
	return 0;
}

static int msamp_irq_watch(struct msamp_virqfd *virqfd, s32 fd)
{
	if (fd == -1) {
		msamp_virqfd_clear(virqfd);
		return 0;
	}
	return fd < 0 ? -EINVAL : msamp_virqfd_set(virqfd, fd);
}

static int msamp_irq_mask_intx(struct msamp_irq *irq, const struct vfio_irq_set *hdr,
			       const void *data)
{
	bool mask = hdr->flags & VFIO_IRQ_SET_ACTION_MASK;

	if (irq->mode != VFIO_PCI_INTX_IRQ_INDEX || !hdr->count)
		return -EINVAL;
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return msamp_irq_watch(mask ? &irq->mask : &irq->unmask, *(const s32 *)data);
	if (msamp_irq_picked(hdr, data, 0))
		msamp_irq_set_intx_masked(irq, mask);
	return 0;
}

static int msamp_irq_trigger(struct msamp_irq *irq, const struct vfio_irq_set *hdr,
			     const void *data)
{
	struct eventfd_ctx *ctx[MSAMP_MAX_VECTORS];
	unsigned int i;
	int ret;

	/* the kinds exclude each other */
	if (irq->mode != hdr->index && irq->mode != MSAMP_IRQ_NONE)
		return -EINVAL;

	if (!hdr->count) {
		if (!(hdr->flags & VFIO_IRQ_SET_DATA_NONE))
			return -EINVAL;
		msamp_irq_turn_off(irq);
		return 0;
	}
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		ret = msamp_irq_get_eventfds(ctx, data, hdr->count);
		if (!ret)
			msamp_irq_set_eventfds(irq, hdr->index, hdr->start, hdr->count, ctx);
		return ret;
	}
	if (irq->mode != hdr->index)
		return -EINVAL;
	for (i = 0; i < hdr->count; i++)
		if (msamp_irq_picked(hdr, data, i))
			msamp_irq_signal(irq, hdr->start + i);
	return 0;
}

/* INTx is one line: clearing its eventfd turns it off. */
static int msamp_irq_trigger_intx(struct msamp_irq *irq, const struct vfio_irq_set *hdr,
				  const void *data)
{
	int ret = msamp_irq_trigger(irq, hdr, data);

	if (!ret && irq->mode == VFIO_PCI_INTX_IRQ_INDEX && !irq->ctx[0])
		msamp_irq_turn_off(irq);
	return ret;
}

static int msamp_irq_set_req(struct msamp_irq *irq, const struct vfio_irq_set *hdr,
			     const void *data)
{
	struct eventfd_ctx *ctx = NULL;
	int ret;

	if (hdr->count && !(hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD)) {
		if (!irq->req)
			return -EINVAL;
		if (msamp_irq_picked(hdr, data, 0))
			msamp_irq_request(irq);
		return 0;
	}
	if (!hdr->count && !(hdr->flags & VFIO_IRQ_SET_DATA_NONE))
		return -EINVAL;
	if (hdr->count) {
		ret = msamp_irq_get_eventfds(&ctx, data, 1);
		if (ret)
			return ret;
	}

	spin_lock_bh(&irq->lock);
	swap(irq->req, ctx);
	spin_unlock_bh(&irq->lock);
	if (ctx)
		eventfd_ctx_put(ctx);
	return 0;
}

static int msamp_irq_not_supported(struct msamp_irq *irq, const struct vfio_irq_set *hdr,
				   const void *data)
{
	return -ENOTTY;
}

static const struct msamp_irq_kind msamp_irq_kinds[VFIO_PCI_NUM_IRQS] = {
	[VFIO_PCI_INTX_IRQ_INDEX] = {
		.count = 1,
		.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED,
		.mask = msamp_irq_mask_intx,
		.trigger = msamp_irq_trigger_intx,
	},
	[VFIO_PCI_MSI_IRQ_INDEX] = {
		.count = MSAMP_MSI_VECTORS,
		.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE,
		.mask = msamp_irq_not_supported,
		.trigger = msamp_irq_trigger,
	},
	[VFIO_PCI_MSIX_IRQ_INDEX] = {
		.count = MSAMP_MSIX_VECTORS,
		.flags = VFIO_IRQ_INFO_EVENTFD,
		.mask = msamp_irq_not_supported,
		.trigger = msamp_irq_trigger,
	},
	/* ERR stays empty: there is no link that could report an error. */
	[VFIO_PCI_REQ_IRQ_INDEX] = {
		.count = 1,
		.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE,
		.mask = msamp_irq_not_supported,
		.trigger = msamp_irq_set_req,
	},
};

/**
 * msamp_irq_info() - answer VFIO_DEVICE_GET_IRQ_INFO
 * @info: index in, flags and count out; count is 0 for a kind of interrupt that the card lacks
 *
 * Context: Any.
 * Return: 0, -EINVAL for an index that does not exist.
 */
int msamp_irq_info(struct vfio_irq_info *info)
{
	const struct msamp_irq_kind *kind;

	if (info->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	kind = &msamp_irq_kinds[array_index_nospec(info->index, VFIO_PCI_NUM_IRQS)];
	info->flags = kind->flags;
	info->count = kind->count;
	return 0;
}

/* MSI cannot get more vectors while it is on, as with vfio-pci; of MSI-X any can be added. */
static bool msamp_irq_would_resize(const struct msamp_irq *irq, const struct msamp_irq_kind *kind,
				   const struct vfio_irq_set *hdr)
{
	return irq->mode == hdr->index && (kind->flags & VFIO_IRQ_INFO_NORESIZE) &&
	       (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD) && hdr->start + hdr->count > irq->nr;
}

/**
 * msamp_irq_set() - carry out VFIO_DEVICE_SET_IRQS
 * @irq: the device's interrupts
 * @hdr: the request, checked by vfio_set_irqs_validate_and_prepare()
 * @data: what came behind it; NULL with DATA_NONE or a count of 0
 *
 * Context: Process, may sleep, under the device's lock.
 * Return: 0, -EINVAL for what the kind of interrupt does not do, while it is off, while another
 * kind is on or for more vectors of one that cannot grow, -ENOTTY for masking anything but INTx,
 * -EBADF or -EINVAL for a file that is no eventfd.
 */
int msamp_irq_set(struct msamp_irq *irq, const struct vfio_irq_set *hdr, const void *data)
{
	const struct msamp_irq_kind *kind;

	kind = &msamp_irq_kinds[array_index_nospec(hdr->index, VFIO_PCI_NUM_IRQS)];
	if (msamp_irq_would_resize(irq, kind, hdr))
		return -EINVAL;
	switch (hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_MASK:
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return kind->mask ? kind->mask(irq, hdr, data) : -EINVAL;
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return kind->trigger ? kind->trigger(irq, hdr, data) : -EINVAL;
	default:
		return -EINVAL;
	}
}
