// SPDX-License-Identifier: GPL-2.0-only
/*
 * A migration's data transfer, and the descriptor through which its data pass.
 *
 * The file has all that it needs: its device hands a copy of its state in or takes one out, and the
 * file never looks at the device. Two hold it, the descriptor and the device, each with a
 * reference; the last one to let go frees it. When the device leaves the states that the file
 * belongs to it disables it, and from then on every call on the descriptor fails.
 *
 * What is written is checked byte by byte; the first bad one spoils the file for good.
 *
 * A copy from or to user memory can wait for ever for a page. Only @io of the file is held then:
 * reads and writes of this descriptor take it, one after the other, and can be interrupted while
 * they wait. A piece of the stream that is being copied out stays as it is although @lock is free,
 * because only the holder of @io takes bytes from the stream. What the device does meanwhile shows
 * when @lock is taken again: a stop adds to the stream behind the piece, and a device that has left
 * ends the copy.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/uaccess.h>

#include "core/trace.h"
#include "vfio/compat.h"
#include "vfio/priv.h"

/*
 * What is copied in at once of what is written: all of most states without padding and wires. With
 * it, the transfer of a card with two ports takes less than half a page.
 */
#define MSAMP_MIG_PIECE		512

/**
 * struct msamp_mig_file - one data transfer
 * @refs: the descriptor's and the device's
 * @session: what was to be known when it began; never changes
 * @loading: data come in; never changes
 * @wait: woken when there is more to read, and when the file is disabled
 * @timer: fires when a poll may find the file ready: more of the padding has changed, or the rate
 *	allows more
 * @io: held for one read or write, also across its access to user memory; taken by those alone,
 *	interruptibly, before any other lock
 * @lock: protects the rest, but for the memory of a piece that is written, which is @io's; nests
 *	inside the device's lock and @io, and is never held across an access to user memory
 * @disabled: the device has left it
 * @passed: bytes that have passed
 * @free_at: with a limited rate, when the next bytes may pass, in monotonic nanoseconds
 * @aged_at: saving: until when what changes in pre-copy has been counted
 * @out: saving: the stream
 * @state: saving: the device's state when it has stopped
 * @dec: loading: the stream
 * @room: what is on the wires, if anything can be, and memory for pieces of the stream
 */
struct msamp_mig_file {
	refcount_t refs;
	struct msamp_mig_session session;
	bool loading;
	wait_queue_head_t wait;
	struct timer_list timer;
	struct mutex io;	/* order of reads and writes */
	struct mutex lock;	/* the stream */
	bool disabled;
	u64 passed;
	u64 free_at;
	u64 aged_at;
	union {
		struct {
			struct msamp_mig_out out;
			struct msamp_mig_state state;
		};
		struct msamp_mig_decoder dec;
	};
	u8 room[] __aligned(sizeof(u64));
};

static u8 *msamp_mig_file_buf(struct msamp_mig_file *f)
{
	return f->room + (f->session.wires ? sizeof(struct msamp_mig_wires) : 0);
}

/* Whether padding changes with time. Never changes. */
static bool msamp_mig_file_ages(const struct msamp_mig_file *f)
{
	return f->session.knobs.dirty_rate && f->out.parts;
}

/* Usually there is no waiter; then the queue's own lock need not be taken. */
static void msamp_mig_file_wake(struct msamp_mig_file *f)
{
	if (wq_has_sleeper(&f->wait))
		wake_up_interruptible(&f->wait);
}

static void msamp_mig_file_timer(struct timer_list *timer)
{
	msamp_mig_file_wake(container_of(timer, struct msamp_mig_file, timer));
}

static void msamp_mig_file_put(struct msamp_mig_file *f)
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

/* Counts what has changed in pre-copy since the last look. */
static void msamp_mig_file_age_locked(struct msamp_mig_file *f)
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

/* --- the descriptor --- */

/* With a limited rate, what may pass at once is what passes in a part of a second. */
#define MSAMP_MIG_SLICES	20

/* How many of @count bytes the knobs let pass: -EIO if the next one fails, -EAGAIN if too early. */
static ssize_t msamp_mig_file_allow_locked(struct msamp_mig_file *f, size_t count)
{
	const struct msamp_mig_knobs *knobs = &f->session.knobs;

	lockdep_assert_held(&f->lock);
	if (knobs->fail_byte) {
		if (f->passed + 1 >= knobs->fail_byte)
			return -EIO;
		count = min_t(u64, count, knobs->fail_byte - 1 - f->passed);
	}
	if (!knobs->rate)
		return count;
	if (ktime_get_ns() < f->free_at)
		return -EAGAIN;
	return min_t(u64, count, max_t(u64, knobs->rate / MSAMP_MIG_SLICES, 1));
}

/*
 * What a call that wants @count bytes to pass gets now: how many may, 0 at the end of the stream,
 * -ENOMSG at its end for now, -EAGAIN if it is too early, or another error. Polling asks the same.
 */
static ssize_t msamp_mig_file_budget_locked(struct msamp_mig_file *f, size_t count)
{
	lockdep_assert_held(&f->lock);
	if (f->disabled)
		return -ENODEV;
	if (f->loading)
		return f->dec.err ? f->dec.err : msamp_mig_file_allow_locked(f, count);
	msamp_mig_file_age_locked(f);
	if (!msamp_mig_out_more(&f->out))
		return f->out.stopped ? 0 : -ENOMSG;
	return msamp_mig_file_allow_locked(f, count);
}

static ssize_t msamp_mig_file_budget(struct msamp_mig_file *f, size_t count)
{
	ssize_t ret;

	mutex_lock(&f->lock);
	ret = msamp_mig_file_budget_locked(f, count);
	mutex_unlock(&f->lock);
	return ret;
}

static void msamp_mig_file_pass_locked(struct msamp_mig_file *f, size_t count)
{
	u64 rate = f->session.knobs.rate;

	lockdep_assert_held(&f->lock);
	f->passed += count;
	if (rate)
		f->free_at = max(f->free_at, ktime_get_ns()) +
			     div64_u64(count * NSEC_PER_SEC, rate);
}

/* Waits, without a lock, until the rate allows more. */
static int msamp_mig_file_wait(struct msamp_mig_file *f, bool nonblock)
{
	u64 now = ktime_get_ns();
	u64 free_at = READ_ONCE(f->free_at);
	long ret;

	if (nonblock)
		return -EAGAIN;
	if (free_at <= now)
		return 0;
	ret = wait_event_interruptible_timeout(f->wait, READ_ONCE(f->disabled),
					       nsecs_to_jiffies(free_at - now) + 1);
	return ret < 0 ? ret : 0;
}

/* The next bytes of the stream, @max at most; they stay until msamp_mig_file_taken(). */
static ssize_t msamp_mig_file_peek(struct msamp_mig_file *f, size_t max, const u8 **data)
{
	struct msamp_mig_out *out = &f->out;
	ssize_t n = -ENODEV;

	mutex_lock(&f->lock);
	if (!f->disabled) {
		msamp_mig_file_age_locked(f);
		n = msamp_mig_out_more(out) ? min_t(size_t, max, out->fill - out->pos) : 0;
		*data = out->piece + out->pos;
	}
	mutex_unlock(&f->lock);
	return n;
}

static void msamp_mig_file_taken(struct msamp_mig_file *f, size_t n)
{
	mutex_lock(&f->lock);
	f->out.pos += n;
	msamp_mig_file_pass_locked(f, n);
	mutex_unlock(&f->lock);
}

/* Under @io; @count bytes may pass. A piece that cannot be copied is not taken. */
static ssize_t msamp_mig_file_copy_out(struct msamp_mig_file *f, char __user *buf, size_t count)
{
	const u8 *data;
	size_t done = 0;
	ssize_t n;

	while (done < count) {
		n = msamp_mig_file_peek(f, count - done, &data);
		if (n > 0 && copy_to_user(buf + done, data, n))
			n = -EFAULT;
		if (n <= 0)
			return done ? done : n;
		msamp_mig_file_taken(f, n);
		done += n;
	}
	return done;
}

static int msamp_mig_file_decode(struct msamp_mig_file *f, const u8 *piece, size_t n)
{
	int ret = -ENODEV;

	mutex_lock(&f->lock);
	if (!f->disabled) {
		ret = msamp_mig_decode(&f->dec, piece, n);
		if (ret)
			trace_msamp_refuse(&f->session.uuid, f->dec.at, f->dec.why);
		else
			msamp_mig_file_pass_locked(f, n);
	}
	mutex_unlock(&f->lock);
	return ret;
}

/* Under @io, which the memory for a piece belongs to; @count bytes may pass. */
static ssize_t msamp_mig_file_copy_in(struct msamp_mig_file *f, const char __user *buf,
				      size_t count)
{
	u8 *piece = msamp_mig_file_buf(f);
	size_t done, n;
	int ret;

	for (done = 0; done < count; done += n) {
		n = min_t(size_t, count - done, MSAMP_MIG_PIECE);
		if (copy_from_user(piece, buf + done, n))
			return done ? done : -EFAULT;
		ret = msamp_mig_file_decode(f, piece, n);
		if (ret)
			return ret;
	}
	return done;
}

static ssize_t msamp_mig_file_try(struct msamp_mig_file *f, char __user *to,
				  const char __user *from, size_t count)
{
	ssize_t ret;

	if (mutex_lock_interruptible(&f->io))
		return -ERESTARTSYS;
	ret = msamp_mig_file_budget(f, count);
	if (ret > 0) {
		might_fault();
		lockdep_assert_not_held(&f->lock);
		ret = to ? msamp_mig_file_copy_out(f, to, ret) :
			   msamp_mig_file_copy_in(f, from, ret);
	}
	mutex_unlock(&f->io);
	return ret;
}

static ssize_t msamp_mig_file_move(struct file *filp, char __user *to, const char __user *from,
				   size_t count)
{
	struct msamp_mig_file *f = filp->private_data;
	ssize_t ret;

	if (!count)
		return 0;
	do {
		ret = msamp_mig_file_try(f, to, from, count);
		if (ret != -EAGAIN)
			return ret;
		ret = msamp_mig_file_wait(f, filp->f_flags & O_NONBLOCK);
	} while (!ret);
	return ret;
}

static ssize_t msamp_mig_file_read(struct file *filp, char __user *buf, size_t count, loff_t *ppos)
{
	return msamp_mig_file_move(filp, buf, NULL, count);
}

static ssize_t msamp_mig_file_write(struct file *filp, const char __user *buf, size_t count,
				    loff_t *ppos)
{
	return msamp_mig_file_move(filp, NULL, buf, count);
}

/* Has a waiter woken at this time. */
static void msamp_mig_file_wake_at(struct msamp_mig_file *f, u64 at)
{
	u64 now = ktime_get_ns();

	mod_timer(&f->timer, jiffies + (at > now ? nsecs_to_jiffies(at - now) : 0) + 1);
}

/* Ready is what a read or write would not wait for, whether it succeeds or fails. */
static __poll_t msamp_mig_file_poll_locked(struct msamp_mig_file *f)
{
	ssize_t budget;

	lockdep_assert_held(&f->lock);
	budget = msamp_mig_file_budget_locked(f, 1);
	if (budget == -ENODEV)
		return EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLHUP;
	if (budget == -EAGAIN)
		msamp_mig_file_wake_at(f, f->free_at);
	else if (budget == -ENOMSG && msamp_mig_file_ages(f))
		msamp_mig_file_wake_at(f, f->aged_at +
				       msamp_mig_pad_ns(f->session.knobs.dirty_rate));
	if (budget == -EAGAIN || budget == -ENOMSG)
		return 0;
	return f->loading ? EPOLLOUT | EPOLLWRNORM : EPOLLIN | EPOLLRDNORM;
}

static __poll_t msamp_mig_file_poll(struct file *filp, struct poll_table_struct *wait)
{
	struct msamp_mig_file *f = filp->private_data;
	__poll_t ready;

	poll_wait(filp, &f->wait, wait);
	mutex_lock(&f->lock);
	ready = msamp_mig_file_poll_locked(f);
	mutex_unlock(&f->lock);
	return ready;
}

static long msamp_mig_file_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	const size_t size = offsetofend(struct vfio_precopy_info, dirty_bytes);
	struct msamp_mig_file *f = filp->private_data;
	struct vfio_precopy_info info = {};
	int ret = 0;

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, (void __user *)arg, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	if (f->session.wants_flags)
		info.flags = 0;

	mutex_lock(&f->lock);
	if (f->disabled) {
		ret = -ENODEV;
	} else if (f->loading || f->out.stopped) {
		ret = -EINVAL;
	} else {
		msamp_mig_file_age_locked(f);
		info.initial_bytes = msamp_mig_out_initial(&f->out);
		info.dirty_bytes = msamp_mig_out_changed(&f->out);
	}
	mutex_unlock(&f->lock);
	if (ret)
		return ret;
	return copy_to_user((void __user *)arg, &info, size) ? -EFAULT : 0;
}

static int msamp_mig_file_release(struct inode *inode, struct file *filp)
{
	msamp_mig_file_put(filp->private_data);
	return 0;
}

/*
 * Each file is opened for reading or for writing, which the VFS sees to. The owner keeps the
 * module's code for as long as the descriptor is open.
 */
static const struct file_operations msamp_mig_fops = {
	.owner = THIS_MODULE,
	.read = msamp_mig_file_read,
	.write = msamp_mig_file_write,
	.poll = msamp_mig_file_poll,
	.unlocked_ioctl = msamp_mig_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = msamp_mig_file_release,
};

/**
 * msamp_mig_file_open() - make the file's descriptor, or rather what a descriptor is made of
 * @f: the file
 *
 * Context: Process, may sleep.
 * Return: an open file that has a reference on @f of its own; an error pointer.
 */
struct file *msamp_mig_file_open(struct msamp_mig_file *f)
{
	struct file *filp;

	filp = anon_inode_getfile("[mdev_sample]", &msamp_mig_fops, f,
				  f->loading ? O_WRONLY : O_RDONLY);
	if (IS_ERR(filp))
		return filp;
	stream_open(filp->f_inode, filp);
	/* the descriptor's, dropped by msamp_mig_file_release() */
	refcount_inc(&f->refs);
	return filp;
}
