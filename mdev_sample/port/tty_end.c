// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ttys of the host: the end of the line, and their lives.
 *
 * A tty is there from the moment that a port's backend becomes "host" until that changes or the
 * device is removed, whether or not the device is open: a closed card is a machine
 * that is switched off. Its modem lines are those of a null modem: carrier is the card's DTR, and
 * when that falls, or the device closes, a tty that is open without CLOCAL is hung up.
 *
 * The memory belongs to the tty layer's reference count, as a user may keep the tty open longer
 * than the card lives. When the card's port goes: @gone keeps everything away from the flip buffers
 * and refuses new opens, the number is taken out of the table's sight, the device node goes, and
 * the users are hung up. The number is free for another tty when the last user has let go.
 *
 * Code on the card's side has the port's line, which the device's close takes away
 * before its tty can go. Code on the tty's side finds the port under RCU: its memory
 * outlives the pointer by a grace period.
 *
 * Line disciplines call a tty's operations in any context: with interrupts off, in softirqs, and
 * under spinlocks that their own callbacks take too. Hence these rules:
 *
 * - @lock is taken with interrupts off, and no lock that is not safe then is taken under it.
 * - The lock of the card's port is not safe with interrupts or bottom halves off, so an operation
 *   runs the line by itself only where both are on, and leaves it to the worker @kick elsewhere.
 * - No operation and no end of the line calls the line discipline. Only @kick does, which holds no
 *   lock. Waking a wait queue, queueing input and asking for a hangup call no line discipline.
 * - @kick and @look are queued under @lock while the tty is not @gone, or by a holder of a
 *   reference, and are cancelled when the last reference is dropped. So is @give_up, which is
 *   queued under @lock only.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/serial_reg.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/tty_flip.h>
#include <linux/xarray.h>

#include "port/priv.h"

#define MSAMP_LINES_NEVER_SENT	0xff

/* A writer who waits for room is woken when as little as this is left. */
#define MSAMP_TTY_WAKEUP	256

/* Ttys by number; a number whose tty is going is reserved: taken, but not to be seen. */
static DEFINE_XARRAY_ALLOC(msamp_ttys);

static struct msamp_tty *endpoint_to_msamp_tty(const struct msamp_endpoint *end)
{
	return container_of(end, struct msamp_tty, end);
}

static u8 msamp_tty_out(const struct msamp_tty *mtty)
{
	u8 out = mtty->out & (UART_MCR_DTR | UART_MCR_RTS);

	if (mtty->gone)
		return 0;
	return mtty->throttled || mtty->crowded ? out & ~UART_MCR_RTS : out;
}

static bool msamp_tty_held(const struct msamp_tty *mtty)
{
	return mtty->seen & MSAMP_LINE_STOPPED;
}

/*
 * A card that is stopped gets nothing but modem lines. What does not heed them waits for as long as
 * the port's setting "stall" says; what leaves the tty after that is dropped.
 */
static bool msamp_tty_may_send(const struct msamp_tty *mtty)
{
	return !msamp_tty_held(mtty) ||
	       (mtty->stall && time_after_eq(jiffies, mtty->held_until));
}

/**
 * msamp_tty_sends() - whether there is something that may leave
 * @mtty: the tty
 *
 * Context: Any, under the tty's lock.
 * Return: false if the buffer is empty, or flow control or a break keeps what it has.
 */
bool msamp_tty_sends(const struct msamp_tty *mtty)
{
	if (!msamp_tty_may_send(mtty))
		return false;
	if (mtty->stopped || mtty->breaking || kfifo_is_empty(&mtty->port.xmit_fifo))
		return false;
	if (mtty->ixon && (mtty->seen & MSAMP_LINE_FULL))
		return false;
	return !(mtty->crtscts || mtty->peer_afe) || (mtty->seen & UART_MCR_RTS);
}

/* Flow control does not hold this one back, or two ends could stop each other for ever. */
static bool msamp_tty_sends_xchar(const struct msamp_tty *mtty)
{
	return mtty->xchar && !mtty->breaking && !msamp_tty_held(mtty);
}

static bool msamp_tty_has_news(const struct msamp_tty *mtty)
{
	return (mtty->brk && msamp_tty_may_send(mtty)) || msamp_tty_out(mtty) != mtty->sent_lines ||
	       msamp_tty_sends_xchar(mtty) || msamp_tty_sends(mtty);
}

static void msamp_tty_signal_locked(struct msamp_tty *mtty, struct msamp_signal *signal)
{
	lockdep_assert_held(&mtty->lock);
	signal->seq = ++mtty->seq;
	signal->lines = msamp_tty_out(mtty);
	signal->afe = false;
	mtty->sent_lines = signal->lines;
}

/* The card has stopped, or goes on. */
static void msamp_tty_hold_locked(struct msamp_tty *mtty)
{
	lockdep_assert_held(&mtty->lock);
	cancel_delayed_work(&mtty->give_up);
	if (!msamp_tty_held(mtty) || !mtty->stall || mtty->gone)
		return;
	mtty->held_until = jiffies + mtty->stall;
	schedule_delayed_work(&mtty->give_up, mtty->stall);
}

static void msamp_tty_take_signal_locked(struct msamp_tty *mtty, const struct msamp_signal *signal)
{
	u8 diff = mtty->seen ^ signal->lines;

	lockdep_assert_held(&mtty->lock);
	if (signal->seq <= mtty->last_seq)
		return;
	mtty->last_seq = signal->seq;
	mtty->seen = signal->lines;
	mtty->peer_afe = signal->afe;
	if (!diff)
		return;
	if (diff & MSAMP_LINE_STOPPED)
		msamp_tty_hold_locked(mtty);
	if (diff & UART_MCR_RTS)
		mtty->icount.cts++;
	if (diff & UART_MCR_DTR) {
		mtty->icount.dsr++;
		mtty->icount.dcd++;
		if (mtty->seen & UART_MCR_DTR)
			wake_up_interruptible(&mtty->port.open_wait);
		else
			tty_port_tty_hangup(&mtty->port, true);
	}
	wake_up_interruptible(&mtty->port.delta_msr_wait);
}

/* What is longer than the word is cut. */
static void msamp_tty_cut(const struct msamp_tty *mtty, struct msamp_batch *batch)
{
	unsigned int i;

	if (mtty->word == 0xff)
		return;
	for (i = 0; i < batch->nr; i++)
		batch->c[i] &= mtty->word;
}

/* Have the worker run the line, and wake the line discipline. */
static void msamp_tty_kick_locked(struct msamp_tty *mtty)
{
	lockdep_assert_held(&mtty->lock);
	if (!mtty->gone)
		schedule_work(&mtty->kick);
}

static bool msamp_tty_fill_locked(struct msamp_tty *mtty, struct msamp_batch *batch)
{
	lockdep_assert_held(&mtty->lock);
	if (!msamp_tty_has_news(mtty))
		return false;
	batch->brk = mtty->brk && msamp_tty_may_send(mtty);
	if (batch->brk)
		mtty->brk = false;
	batch->nr = 0;
	if (msamp_tty_sends_xchar(mtty)) {
		batch->c[batch->nr++] = mtty->xchar;
		mtty->xchar = 0;
	}
	if (msamp_tty_sends(mtty))
		batch->nr += kfifo_out(&mtty->port.xmit_fifo, &batch->c[batch->nr],
				       MSAMP_BATCH_SIZE - batch->nr);
	msamp_tty_cut(mtty, batch);
	mtty->icount.tx += batch->nr;
	if (batch->nr && kfifo_len(&mtty->port.xmit_fifo) < MSAMP_TTY_WAKEUP)
		msamp_tty_kick_locked(mtty);
	if (msamp_tty_held(mtty)) {
		mtty->dropped += batch->nr;
		batch->brk = false;
		batch->nr = 0;
	}
	msamp_tty_signal_locked(mtty, &batch->signal);
	return true;
}

static bool msamp_tty_take(struct msamp_endpoint *end, const struct msamp_endpoint *to,
			   struct msamp_batch *batch, const struct msamp_signal *reply,
			   enum msamp_turn turn)
{
	struct msamp_tty *mtty = endpoint_to_msamp_tty(end);
	bool taken = false;

	spin_lock_irq(&mtty->lock);
	if (turn == MSAMP_TURN_FIRST && end->running)
		goto out;
	msamp_tty_take_signal_locked(mtty, reply);
	if (turn != MSAMP_TURN_LAST)
		taken = msamp_tty_fill_locked(mtty, batch);
	else
		msamp_tty_kick_locked(mtty);
	end->running = taken;
out:
	spin_unlock_irq(&mtty->lock);
	return taken;
}

static bool msamp_tty_receive_break_locked(struct msamp_tty *mtty)
{
	lockdep_assert_held(&mtty->lock);
	mtty->icount.brk++;
	if (mtty->rx_off || mtty->brk_ignored)
		return false;
	return tty_insert_flip_char(&mtty->port, 0, mtty->brk_flag);
}

static void msamp_tty_receive_locked(struct msamp_tty *mtty, struct msamp_batch *batch)
{
	bool brk = batch->brk && msamp_tty_receive_break_locked(mtty);
	unsigned int n;

	lockdep_assert_held(&mtty->lock);
	if (mtty->rx_off) {
		mtty->icount.rx += batch->nr;
		return;
	}
	msamp_tty_cut(mtty, batch);
	n = tty_insert_flip_string(&mtty->port, batch->c, batch->nr);
	mtty->icount.rx += n;
	mtty->icount.buf_overrun += batch->nr - n;
	if (brk || n)
		tty_flip_buffer_push(&mtty->port);
	msamp_tty_flow_crowd_locked(mtty);
}

static bool msamp_tty_give(struct msamp_endpoint *end, const struct msamp_endpoint *from,
			   struct msamp_batch *batch, struct msamp_signal *reply)
{
	struct msamp_tty *mtty = endpoint_to_msamp_tty(end);
	bool answer = false;

	spin_lock_irq(&mtty->lock);
	if (mtty->gone)
		goto out;
	msamp_tty_take_signal_locked(mtty, &batch->signal);
	/* a tty that is not open loses what is sent */
	if (tty_port_initialized(&mtty->port)) {
		msamp_tty_receive_locked(mtty, batch);
		batch->nr = 0;
	}
	msamp_tty_signal_locked(mtty, reply);
	answer = msamp_tty_has_news(mtty);
out:
	spin_unlock_irq(&mtty->lock);
	return answer;
}

static void msamp_tty_drop(struct msamp_endpoint *end, unsigned int nr)
{
	struct msamp_tty *mtty = endpoint_to_msamp_tty(end);

	spin_lock_irq(&mtty->lock);
	mtty->dropped += nr;
	spin_unlock_irq(&mtty->lock);
}

static void msamp_tty_later(struct msamp_endpoint *end)
{
	struct msamp_tty *mtty = endpoint_to_msamp_tty(end);

	spin_lock_irq(&mtty->lock);
	msamp_tty_kick_locked(mtty);
	spin_unlock_irq(&mtty->lock);
}

/* It is connected to one port only. */
static bool msamp_tty_sends_to(struct msamp_endpoint *end, const struct msamp_endpoint *to)
{
	struct msamp_tty *mtty = endpoint_to_msamp_tty(end);
	bool sends_to;

	spin_lock_irq(&mtty->lock);
	sends_to = end->running;
	spin_unlock_irq(&mtty->lock);
	return sends_to;
}

static const struct msamp_endpoint_ops msamp_tty_endpoint_ops = {
	.take = msamp_tty_take,
	.give = msamp_tty_give,
	.drop = msamp_tty_drop,
	.later = msamp_tty_later,
	.sends_to = msamp_tty_sends_to,
};

/**
 * msamp_tty_run() - carry what the tty has to say to the card's port, and what comes back
 * @mtty: the tty; the caller has a reference
 *
 * Context: Any, without any end's lock. Where interrupts or bottom halves are off, a worker does
 * it.
 */
void msamp_tty_run(struct msamp_tty *mtty)
{
	struct msamp_port *port;

	if (in_interrupt() || irqs_disabled()) {
		schedule_work(&mtty->kick);
		return;
	}
	/* softirqs would delay the runner, while other CPUs queue work behind it */
	local_bh_disable();
	rcu_read_lock();
	port = rcu_dereference(mtty->serial);
	msamp_endpoints_run(&mtty->end, port ? &port->end : NULL);
	rcu_read_unlock();
	local_bh_enable();
}

static void msamp_tty_kick(struct work_struct *work)
{
	struct msamp_tty *mtty = container_of(work, struct msamp_tty, kick);

	msamp_tty_run(mtty);
	/* without need as often as not, which costs little */
	tty_port_tty_wakeup(&mtty->port);
}

static void msamp_tty_give_up(struct work_struct *work)
{
	msamp_tty_run(container_of(to_delayed_work(work), struct msamp_tty, give_up));
}

/**
 * msamp_tty_set_stall() - say how long the tty waits for a card that is stopped
 * @mtty: the tty
 * @stall: jiffies; 0 for ever
 *
 * Context: Process; while the card is closed.
 */
void msamp_tty_set_stall(struct msamp_tty *mtty, unsigned long stall)
{
	spin_lock_irq(&mtty->lock);
	mtty->stall = stall;
	spin_unlock_irq(&mtty->lock);
}

/**
 * msamp_tty_wake() - wake the line discipline, which may write more
 * @mtty: the tty; the caller has a reference
 *
 * Context: Any.
 */
void msamp_tty_wake(struct msamp_tty *mtty)
{
	schedule_work(&mtty->kick);
}

/**
 * msamp_tty_get() - find a tty by its number
 * @index: the number
 *
 * Context: Any.
 * Return: the tty with a reference, to be dropped by tty_port_put(); NULL if there is none.
 */
struct msamp_tty *msamp_tty_get(unsigned int index)
{
	struct msamp_tty *mtty;

	rcu_read_lock();
	mtty = xa_load(&msamp_ttys, index);
	if (mtty && !tty_port_get(&mtty->port))
		mtty = NULL;
	rcu_read_unlock();
	return mtty;
}

/**
 * msamp_tty_release() - the last reference on a tty is gone
 * @mtty: the tty
 *
 * Context: Process, may sleep.
 */
void msamp_tty_release(struct msamp_tty *mtty)
{
	/* these may queue the next one */
	msamp_tty_flow_exit(mtty);
	cancel_delayed_work_sync(&mtty->give_up);
	cancel_work_sync(&mtty->kick);
	xa_erase(&msamp_ttys, mtty->index);
	kfree_rcu(mtty, rcu);
}

static void msamp_tty_free(struct msamp_tty *mtty)
{
	tty_port_free_xmit_buf(&mtty->port);
	tty_port_destroy(&mtty->port);
	kfree(mtty);
}

/* Without a number yet, and so without references but ours. */
static struct msamp_tty *msamp_tty_alloc(struct msamp_port *port)
{
	struct msamp_tty *mtty = kzalloc(sizeof(*mtty), GFP_KERNEL);

	if (!mtty)
		return NULL;
	spin_lock_init(&mtty->lock);
	mtty->end.ops = &msamp_tty_endpoint_ops;
	mtty->sent_lines = MSAMP_LINES_NEVER_SENT;
	mtty->seq = ktime_get_ns();
	mtty->fresh = true;
	mtty->word = 0xff;
	INIT_WORK(&mtty->kick, msamp_tty_kick);
	INIT_DELAYED_WORK(&mtty->give_up, msamp_tty_give_up);
	RCU_INIT_POINTER(mtty->serial, port);
	mtty->port_number = port->index;
	msamp_tty_setup(mtty);
	msamp_tty_flow_init(mtty);
	if (tty_port_alloc_xmit_buf(&mtty->port)) {
		msamp_tty_free(mtty);
		return NULL;
	}
	return mtty;
}

/**
 * msamp_tty_create() - make a tty for a port
 * @port: the port at the other end; its memory outlives msamp_tty_destroy() by a grace period
 * @dev: the device below which the tty appears
 *
 * Context: Process, may sleep.
 * Return: the tty, to be given to msamp_tty_destroy(); -ENOSPC if all of the driver's ttys are
 * taken, -ENOMEM, or what the tty layer says.
 */
struct msamp_tty *msamp_tty_create(struct msamp_port *port, struct device *dev)
{
	struct msamp_tty *mtty = msamp_tty_alloc(port);
	int ret;

	if (!mtty)
		return ERR_PTR(-ENOMEM);
	ret = xa_alloc(&msamp_ttys, &mtty->index, mtty,
		       XA_LIMIT(0, MSAMP_NR_TTYS - 1), GFP_KERNEL);
	if (ret) {
		msamp_tty_free(mtty);
		return ERR_PTR(ret == -EBUSY ? -ENOSPC : ret);
	}
	ret = msamp_tty_add(mtty, dev);
	if (ret) {
		tty_port_put(&mtty->port);
		return ERR_PTR(ret);
	}
	return mtty;
}

/**
 * msamp_tty_destroy() - remove a port's tty, open or not
 * @mtty: the tty; not to be used any more
 *
 * Context: Process; waits for calls of the tty layer, not for its users.
 */
void msamp_tty_destroy(struct msamp_tty *mtty)
{
	spin_lock_irq(&mtty->lock);
	mtty->gone = true;
	/* or a close that is under way would wait for them to leave */
	msamp_tty_discard_locked(mtty);
	spin_unlock_irq(&mtty->lock);
	RCU_INIT_POINTER(mtty->serial, NULL);
	tty_port_tty_wakeup(&mtty->port);

	/* from now on it is not found; the number stays taken until msamp_tty_release() */
	xa_store(&msamp_ttys, mtty->index, XA_ZERO_ENTRY, GFP_KERNEL);
	msamp_tty_remove(mtty);
	tty_port_put(&mtty->port);
}

/**
 * msamp_tty_discard_locked() - throw away what has been written and not left yet
 * @mtty: the tty
 *
 * Context: Any, under the tty's lock.
 */
void msamp_tty_discard_locked(struct msamp_tty *mtty)
{
	lockdep_assert_held(&mtty->lock);
	mtty->dropped += kfifo_len(&mtty->port.xmit_fifo);
	kfifo_reset(&mtty->port.xmit_fifo);
}

/**
 * msamp_tty_plug() - the device at the other end has been opened or closed
 * @mtty: the tty
 * @plugged: which
 *
 * A last close of the tty waits for flow control, but not for a device that is closed.
 *
 * Context: Process, may sleep.
 */
void msamp_tty_plug(struct msamp_tty *mtty, bool plugged)
{
	spin_lock_irq(&mtty->lock);
	mtty->plugged = plugged;
	spin_unlock_irq(&mtty->lock);
	if (!plugged)
		msamp_tty_wake(mtty);
}

/**
 * msamp_tty_counts() - what has not arrived, since the tty was made
 * @mtty: the tty
 * @overruns: characters from the card that the tty had no room for
 * @dropped: characters written to the tty while the card was closed, or thrown away before they
 *	could leave
 *
 * Context: Process.
 */
void msamp_tty_counts(struct msamp_tty *mtty, u64 *overruns, u64 *dropped)
{
	spin_lock_irq(&mtty->lock);
	*overruns = mtty->icount.buf_overrun;
	*dropped = mtty->dropped;
	spin_unlock_irq(&mtty->lock);
}

/**
 * msamp_ttys_exit() - remove the tty driver
 *
 * Context: Process, may sleep; no tty is left, as each keeps the module.
 */
void msamp_ttys_exit(void)
{
	msamp_tty_driver_exit();
	WARN_ON_ONCE(!xa_empty(&msamp_ttys));
}
