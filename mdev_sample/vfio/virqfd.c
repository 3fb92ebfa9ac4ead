// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watching an eventfd that userspace signals.
 *
 * VFIO has helpers for this (vfio_virqfd_*), but only kernels with a VFIO bus driver for real
 * hardware contain them. The function runs from a work item and not from the wake-up: inside of the
 * wake-up of one eventfd no other may be signalled.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>

#include "vfio/priv.h"

static void msamp_watch_work(struct work_struct *work)
{
	struct msamp_watch *watch = container_of(work, struct msamp_watch, work);

	watch->fn(watch);
}

/* Runs under the wait queue's lock; reading the counter lets the next signal wake us again. */
static int msamp_watch_wake(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct msamp_watch *watch = container_of(wait, struct msamp_watch, wait);
	u64 count;

	if (key_to_poll(key) & EPOLLIN) {
		eventfd_ctx_do_read(watch->ctx, &count);
		schedule_work(&watch->work);
	}
	return 0;
}

static void msamp_watch_queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct msamp_watch *watch = container_of(table, struct msamp_watch, table);

	add_wait_queue(head, &watch->wait);
}

/**
 * msamp_watch_init() - watch nothing
 * @watch: the watch
 * @fn: what to do when the eventfd to come is signalled
 *
 * Context: Any.
 */
void msamp_watch_init(struct msamp_watch *watch, void (*fn)(struct msamp_watch *watch))
{
	watch->ctx = NULL;
	watch->fn = fn;
	INIT_WORK(&watch->work, msamp_watch_work);
	init_waitqueue_func_entry(&watch->wait, msamp_watch_wake);
	init_poll_funcptr(&watch->table, msamp_watch_queue);
}

/**
 * msamp_watch_set() - watch an eventfd, instead of the one before
 * @watch: the watch
 * @fd: the eventfd; one that has been signalled already counts as signalled now
 *
 * Context: Process, may sleep; the caller serialises, and holds no lock that the function takes.
 * Return: 0, -EBADF or -EINVAL if @fd is no eventfd, and then the one before is still watched.
 */
int msamp_watch_set(struct msamp_watch *watch, int fd)
{
	struct eventfd_ctx *ctx;
	struct file *file;

	file = eventfd_fget(fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ctx = eventfd_ctx_fileget(file);
	if (IS_ERR(ctx)) {
		fput(file);
		return PTR_ERR(ctx);
	}

	msamp_watch_clear(watch);
	watch->ctx = ctx;
	if (vfs_poll(file, &watch->table) & EPOLLIN)
		schedule_work(&watch->work);
	fput(file);
	return 0;
}

/**
 * msamp_watch_clear() - watch nothing any more
 * @watch: the watch
 *
 * Context: Process, may sleep; the caller serialises, and holds no lock that the function takes.
 * On return the function is not running and will not run.
 */
void msamp_watch_clear(struct msamp_watch *watch)
{
	u64 count;

	if (!watch->ctx)
		return;
	eventfd_ctx_remove_wait_queue(watch->ctx, &watch->wait, &count);
	cancel_work_sync(&watch->work);
	eventfd_ctx_put(watch->ctx);
	watch->ctx = NULL;
}
