// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a migration's data transfer.
 *
 * It has all that it needs: its device hands a copy of its state in or takes one out, and the file
 * never looks at the device. Two hold it, the descriptor (migration_file.c) and the device, each
 * with a reference; the last one to let go frees it. When the device leaves the states that the
 * file belongs to it disables it, and from then on every call on the descriptor fails.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "vfio/compat.h"
#include "vfio/mig_file_core.h"

/* Mostly nobody waits; then the queue's own lock need not be taken. */
static void msamp_mig_file_wake(struct msamp_mig_file *f)
{
	if (wq_has_sleeper(&f->wait))
		wake_up_interruptible(&f->wait);
}

static void msamp_mig_file_timer(struct timer_list *timer)
{
	msamp_mig_file_wake(container_of(timer, struct msamp_mig_file, timer));
}

/**
 * msamp_mig_file_put() - drop a reference
 * @f: the file
 *
 * Context: Process, may sleep.
 */
void msamp_mig_file_put(struct msamp_mig_file *f)
{
	if (!refcount_dec_and_test(&f->refs))
		return;
	/* only a poll starts it, and only with one of these */
	if (f->session.knobs.dirty_rate || f->session.knobs.rate)
		timer_delete_sync(&f->timer);
	mutex_destroy(&f->lock);
	mutex_destroy(&f->io);
	kvfree(f);
}

/* Most transfers are of a state without padding or wires, and get by with little. */
static size_t msamp_mig_file_room(const struct msamp_mig_session *session, bool loading)
{
	return (session->wires ? sizeof(struct msamp_mig_wires) : 0) +
	       (loading ? MSAMP_MIG_PIECE :
		msamp_mig_out_room(&session->card, session->wires, session->knobs.padding));
}

static struct msamp_mig_wires *msamp_mig_file_wires(struct msamp_mig_file *f)
{
	return f->session.wires ? (void *)f->room : NULL;
}

static void msamp_mig_file_begin(struct msamp_mig_file *f)
{
	const struct msamp_mig_session *session = &f->session;

	if (f->loading) {
		msamp_mig_decode_init(&f->dec, &session->card, msamp_mig_file_wires(f));
	} else {
		msamp_mig_out_init(&f->out, &session->card, msamp_mig_file_buf(f),
				   session->knobs.padding, f->aged_at);
		f->state.wires = msamp_mig_file_wires(f);
	}
}

/**
 * msamp_mig_file_new() - begin to send or to receive a state
 * @session: the device
 * @loading: receive; else send, and begin with pre-copy, until msamp_mig_file_stop()
 *
 * Context: Process, may sleep. Pairs with msamp_mig_file_disable().
 * Return: the file, -ENOMEM.
 */
struct msamp_mig_file *msamp_mig_file_new(const struct msamp_mig_session *session, bool loading)
{
	size_t room = msamp_mig_file_room(session, loading);
	struct msamp_mig_file *f = kvmalloc(struct_size(f, room, room), GFP_KERNEL_ACCOUNT);

	if (!f)
		return ERR_PTR(-ENOMEM);
	/* the device's, dropped by msamp_mig_file_disable() */
	refcount_set(&f->refs, 1);
	f->session = *session;
	f->loading = loading;
	init_waitqueue_head(&f->wait);
	timer_setup(&f->timer, msamp_mig_file_timer, 0);
	mutex_init(&f->io);
	mutex_init(&f->lock);
	f->disabled = false;
	f->passed = 0;
	/* as cheap as can be without knobs: some clocks take long to read */
	f->free_at = session->knobs.padding || session->knobs.rate ? ktime_get_ns() : 0;
	f->aged_at = f->free_at;
	msamp_mig_file_begin(f);
	return f;
}

/**
 * msamp_mig_file_disable() - the device leaves the file
 * @f: the file; not to be used any more
 *
 * Context: Process, may sleep. On return the stream does not change any more; a piece of it that
 * was being copied out may still arrive.
 */
void msamp_mig_file_disable(struct msamp_mig_file *f)
{
	mutex_lock(&f->lock);
	f->disabled = true;
	mutex_unlock(&f->lock);
	msamp_mig_file_wake(f);
	msamp_mig_file_put(f);
}

/**
 * msamp_mig_file_age_locked() - count what has changed in pre-copy since the last look
 * @f: the file, saving
 *
 * Context: Process, under the file's lock.
 */
void msamp_mig_file_age_locked(struct msamp_mig_file *f)
{
	lockdep_assert_held(&f->lock);
	if (msamp_mig_file_ages(f))
		f->aged_at += msamp_mig_out_age(&f->out, ktime_get_ns() - f->aged_at,
						f->session.knobs.dirty_rate);
}

/**
 * msamp_mig_file_left() - how much is still to be read if the device stops now
 * @f: the file, saving
 *
 * Context: Process, may sleep.
 * Return: bytes.
 */
u64 msamp_mig_file_left(struct msamp_mig_file *f)
{
	u64 left;

	mutex_lock(&f->lock);
	msamp_mig_file_age_locked(f);
	left = msamp_mig_out_left(&f->out);
	mutex_unlock(&f->lock);
	return left;
}

/**
 * msamp_mig_file_state() - where the device that has stopped puts its state
 * @f: the file, saving, in pre-copy
 *
 * Context: Any.
 * Return: room for the state, and for what is on the wires; for msamp_mig_file_stop().
 */
struct msamp_mig_state *msamp_mig_file_state(struct msamp_mig_file *f)
{
	return &f->state;
}

/**
 * msamp_mig_file_stop() - the device has stopped: its state is complete
 * @f: the file, saving, in pre-copy
 *
 * Context: Process, may sleep.
 */
void msamp_mig_file_stop(struct msamp_mig_file *f)
{
	mutex_lock(&f->lock);
	msamp_mig_file_age_locked(f);
	msamp_mig_out_stop(&f->out, &f->state);
	mutex_unlock(&f->lock);
	msamp_mig_file_wake(f);
}

/**
 * msamp_mig_file_result() - nothing more will come: see whether a complete state has
 * @f: the file, loading
 * @why: NULL, or what is wrong
 *
 * Context: Process, may sleep. On return the stream does not change any more.
 * Return: the state, which is @f's; or what msamp_mig_decode_end() returned, as an error pointer.
 */
const struct msamp_mig_state *msamp_mig_file_result(struct msamp_mig_file *f, const char **why)
{
	int ret;

	mutex_lock(&f->lock);
	f->disabled = true;
	ret = msamp_mig_decode_end(&f->dec);
	*why = f->dec.why;
	mutex_unlock(&f->lock);
	return ret ? ERR_PTR(ret) : &f->dec.state;
}
