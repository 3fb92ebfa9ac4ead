/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of what the device has written to the guest's memory.
 */
#ifndef MSAMP_DMA_LOG_H
#define MSAMP_DMA_LOG_H

#include <linux/types.h>

struct msamp_device;

/**
 * struct msamp_dma_range - addresses that are logged
 * @first: the first one
 * @last: the last one
 */
struct msamp_dma_range {
	u64 first;
	u64 last;
};

/**
 * struct msamp_dma_log - a device's log; protected by the device's lock
 * @range: what is logged, ascending, with gaps between them; NULL while logging is off
 * @nr: how many there are
 */
struct msamp_dma_log {
	struct msamp_dma_range *range;
	unsigned int nr;
};

void msamp_dma_log_init(struct msamp_device *msamp);
void msamp_dma_log_end(struct msamp_device *msamp);

#endif /* MSAMP_DMA_LOG_H */
