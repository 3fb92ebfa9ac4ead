// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of what the device has written to the guest's memory.
 *
 * A serial card writes nothing there, so the log is always empty, and that is what it reports. What
 * the user asks for is checked nevertheless, for users who test against this device: a log that is
 * started twice, or a report of what is not logged, is an error.
 */
#include <linux/interval_tree.h>
#include <linux/log2.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "vfio/compat.h"
#include "vfio/priv.h"

/* Ranges that touch are one. A range of length 0 has its end before its beginning, or wraps. */
static int msamp_dirty_fill(struct msamp_dirty *log, struct rb_root_cached *ranges)
{
	struct msamp_dirty_range *end = log->range;
	struct rb_node *rb;

	for (rb = rb_first_cached(ranges); rb; rb = rb_next(rb)) {
		struct interval_tree_node *node = rb_entry(rb, struct interval_tree_node, rb);

		if (node->last < node->start || node->last == ULONG_MAX)
			return -EINVAL;
		if (!log->nr || end->last + 1 != node->start) {
			end = &log->range[log->nr++];
			end->first = node->start;
		}
		end->last = node->last;
	}
	return 0;
}

static void msamp_dirty_clear(struct msamp_dirty *log)
{
	kfree(log->range);
	log->range = NULL;
	log->nr = 0;
}

static int msamp_dirty_start(struct vfio_device *vdev, struct rb_root_cached *ranges, u32 nnodes,
			     u64 *page_size)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	struct msamp_dirty *log = &msamp->dirty;
	int ret = -EINVAL;

	if (!nnodes || !is_power_of_2(*page_size))
		return -EINVAL;
	mutex_lock(&msamp->lock);
	if (log->range)
		goto out;
	log->range = kcalloc(nnodes, sizeof(*log->range), GFP_KERNEL_ACCOUNT);
	ret = log->range ? msamp_dirty_fill(log, ranges) : -ENOMEM;
	if (ret)
		msamp_dirty_clear(log);
	else
		*page_size = max_t(u64, *page_size, SZ_4K);
out:
	mutex_unlock(&msamp->lock);
	return ret;
}

static int msamp_dirty_stop(struct vfio_device *vdev)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	int ret;

	mutex_lock(&msamp->lock);
	ret = msamp->dirty.range ? 0 : -EINVAL;
	msamp_dirty_clear(&msamp->dirty);
	mutex_unlock(&msamp->lock);
	return ret;
}

static bool msamp_dirty_covers(const struct msamp_dirty *log, u64 first, u64 last)
{
	unsigned int i;

	for (i = 0; i < log->nr; i++)
		if (first >= log->range[i].first && last <= log->range[i].last)
			return true;
	return false;
}

/* There is nothing to set in the bitmap, ever. */
static int msamp_dirty_report(struct vfio_device *vdev, unsigned long iova, unsigned long length,
			      struct iova_bitmap *dirty)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	u64 last = (u64)iova + length - 1;
	int ret = -EINVAL;

	mutex_lock(&msamp->lock);
	if (length && last >= iova && msamp_dirty_covers(&msamp->dirty, iova, last))
		ret = 0;
	mutex_unlock(&msamp->lock);
	return ret;
}

static const struct vfio_log_ops msamp_dirty_ops = {
	.log_start = msamp_dirty_start,
	.log_stop = msamp_dirty_stop,
	.log_read_and_clear = msamp_dirty_report,
};

/**
 * msamp_dirty_init() - offer the log, if this kernel can report what is in it
 * @msamp: the device, not yet registered
 *
 * Elsewhere it would make QEMU give a migration up, which without it falls back on what the
 * container tracks.
 *
 * Context: Process.
 */
void msamp_dirty_init(struct msamp_device *msamp)
{
	if (MSAMP_COMPAT_CAN_LOG_DMA)
		msamp->vdev.log_ops = &msamp_dirty_ops;
}

/**
 * msamp_dirty_end() - the device is being closed: log no more
 * @msamp: the device
 *
 * Context: Process, may sleep, under the device's lock.
 */
void msamp_dirty_end(struct msamp_device *msamp)
{
	lockdep_assert_held(&msamp->lock);
	msamp_dirty_clear(&msamp->dirty);
}
