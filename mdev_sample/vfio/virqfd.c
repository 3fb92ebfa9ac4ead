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

static void msamp_virqfd_work(struct work_struct *work)
{
	struct msamp_virqfd *virqfd = container_of(work, struct msamp_virqfd, work);

	virqfd->fn(virqfd);
}

/* Runs under the wait queue's lock; reading the counter lets the next signal wake us again. */
static int msamp_virqfd_wake(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct msamp_virqfd *virqfd = container_of(wait, struct msamp_virqfd, wait);
	u64 count;

	if (key_to_poll(key) & EPOLLIN) {
		eventfd_ctx_do_read(virqfd->ctx, &count);
		schedule_work(&virqfd->work);
	}
	return 0;
}

static void msamp_virqfd_queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct msamp_virqfd *virqfd = container_of(table, struct msamp_virqfd, table);

	add_wait_queue(head, &virqfd->wait);
}

/**
 * msamp_virqfd_init() - watch nothing
 * @virqfd: the watch
 * @fn: what to do when the eventfd to come is signalled
 *
 * Context: Any.
 */
void msamp_virqfd_init(struct msamp_virqfd *virqfd, void (*fn)(struct msamp_virqfd *virqfd))
{
	virqfd->ctx = NULL;
	virqfd->fn = fn;
	INIT_WORK(&virqfd->work, msamp_virqfd_work);
	init_waitqueue_func_entry(&virqfd->wait, msamp_virqfd_wake);
	init_poll_funcptr(&virqfd->table, msamp_virqfd_queue);
}

/**
 * msamp_virqfd_set() - watch an eventfd, instead of the one before
 * @virqfd: the watch
 * @fd: the eventfd; one that has been signalled already counts as signalled now
 *
 * Context: Process, may sleep; the caller serialises, and holds no lock that the function takes.
 * Return: 0, -EBADF or -EINVAL if @fd is no eventfd, and then the one before is still watched.
 */
int msamp_virqfd_set(struct msamp_virqfd *virqfd, int fd)
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

	msamp_virqfd_clear(virqfd);
	virqfd->ctx = ctx;
	if (vfs_poll(file, &virqfd->table) & EPOLLIN)
		schedule_work(&virqfd->work);
	fput(file);
	return 0;
}

/**
 * msamp_virqfd_clear() - watch nothing any more
 * @virqfd: the watch
 *
 * Context: Process, may sleep; the caller serialises, and holds no lock that the function takes.
 * On return the function is not running and will not run.
 */
void msamp_virqfd_clear(struct msamp_virqfd *virqfd)
{
	u64 count;

	if (!virqfd->ctx)
		return;
	eventfd_ctx_remove_wait_queue(virqfd->ctx, &virqfd->wait, &count);
	cancel_work_sync(&virqfd->work);
	eventfd_ctx_put(virqfd->ctx);
	virqfd->ctx = NULL;
}
