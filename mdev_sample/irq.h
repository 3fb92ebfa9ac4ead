/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts towards the holder of the device's file descriptor.
 */
#ifndef MSAMP_IRQ_H
#define MSAMP_IRQ_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct eventfd_ctx;
struct vfio_irq_info;
struct vfio_irq_set;

/**
 * struct msamp_irq - INTx of one device
 * @lock: protects all of it; nests inside a port's lock
 * @intx: signalled when the line rises while unmasked; NULL while INTx is off
 * @sources: one bit for each port whose pin is high; the line is their OR
 * @masked: INTx is masked, by MASK or by having been signalled
 * @disabled: the INTx disable bit of the PCI command register
 */
struct msamp_irq {
	spinlock_t lock;	/* the line */
	struct eventfd_ctx *intx;
	u32 sources;
	bool masked;
	bool disabled;
};

void msamp_irq_init(struct msamp_irq *irq);
void msamp_irq_reset(struct msamp_irq *irq);
void msamp_irq_release(struct msamp_irq *irq);

void msamp_irq_set_source(struct msamp_irq *irq, unsigned int source, bool level);
void msamp_irq_set_disabled(struct msamp_irq *irq, bool disabled);
bool msamp_irq_pending(struct msamp_irq *irq);

int msamp_irq_info(struct vfio_irq_info *info);
int msamp_irq_set(struct msamp_irq *irq, const struct vfio_irq_set *hdr, const void *data);

#endif /* MSAMP_IRQ_H */
