/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watching an eventfd that userspace signals.
 */
#ifndef MSAMP_WATCH_H
#define MSAMP_WATCH_H

#include <linux/poll.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct eventfd_ctx;

/**
 * struct msamp_watch - an eventfd, and what to do when it is signalled
 * @ctx: the eventfd, NULL while nothing is watched
 * @wait: our place in its wait queue
 * @table: puts @wait there
 * @work: calls @fn
 * @fn: called in process context, once for any number of signals since the last call
 */
struct msamp_watch {
	struct eventfd_ctx *ctx;
	wait_queue_entry_t wait;
	poll_table table;
	struct work_struct work;
	void (*fn)(struct msamp_watch *watch);
};

void msamp_watch_init(struct msamp_watch *watch, void (*fn)(struct msamp_watch *watch));
int msamp_watch_set(struct msamp_watch *watch, int fd);
void msamp_watch_clear(struct msamp_watch *watch);

#endif /* MSAMP_WATCH_H */
