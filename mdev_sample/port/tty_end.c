// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ttys of the host: the end of the line, and their lives.
 *
 * A tty is there from the moment that a port's backend becomes "host" until that changes or the
 * device is removed, whether or not the device is open: a card that nobody has open is a machine
 * that is switched off. Its modem lines are those of a null modem: carrier is the card's DTR, and
 * when that falls, or the device closes, whoever has the tty open without CLOCAL is hung up.
 *
 * The memory belongs to the tty layer's reference count, as somebody may keep the tty open longer
 * than the card lives. When the card's port goes: @gone keeps everything away from the flip buffers
 * and refuses new opens, the number is taken out of the table's sight, the device node goes, and
 * the users are hung up. The number is free for another tty when the last user has let go.
 *
 * Whoever comes from the card's side has the port's line, which the device's close takes away
 * before its tty can go. Whoever comes from the tty's side finds the port under RCU: its memory
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

#define MSAMP_TOLD_NOTHING	0xff

/* A writer who waits for room is woken when as little as this is left. */
#define MSAMP_HOST_WAKEUP	256

/* Ttys by number; a number whose tty is going is reserved: taken, but not to be seen. */
static DEFINE_XARRAY_ALLOC(msamp_hosts);

static struct msamp_host *to_msamp_host(const struct msamp_end *end)
{
	return container_of(end, struct msamp_host, end);
}

static u8 msamp_host_out(const struct msamp_host *host)
{
	u8 out = host->out & (UART_MCR_DTR | UART_MCR_RTS);

	if (host->gone)
		return 0;
	return host->throttled || host->crowded ? out & ~UART_MCR_RTS : out;
}

static bool msamp_host_held(const struct msamp_host *host)
{
	return host->seen & MSAMP_LINE_STOPPED;
}

/*
 * A card that is stopped gets nothing but modem lines. What does not heed them waits for as long as
 * the port's setting "stall" says; what leaves the tty after that is dropped.
 */
static bool msamp_host_may_send(const struct msamp_host *host)
{
	return !msamp_host_held(host) ||
	       (host->stall && time_after_eq(jiffies, host->held_until));
}

/**
 * msamp_host_sends() - whether there is something that may leave
 * @host: the tty
 *
 * Context: Any, under the tty's lock.
 * Return: false if the buffer is empty, or flow control or a break keeps what it has.
 */
bool msamp_host_sends(const struct msamp_host *host)
{
	if (!msamp_host_may_send(host))
		return false;
	if (host->stopped || host->breaking || kfifo_is_empty(&host->tty.xmit_fifo))
		return false;
	if (host->ixon && (host->seen & MSAMP_LINE_FULL))
		return false;
	return !(host->crtscts || host->peer_afe) || (host->seen & UART_MCR_RTS);
}

/* Flow control does not hold this one back, or two ends could stop each other for ever. */
static bool msamp_host_sends_xchar(const struct msamp_host *host)
{
	return host->xchar && !host->breaking && !msamp_host_held(host);
}

static bool msamp_host_has_news(const struct msamp_host *host)
{
	return (host->brk && msamp_host_may_send(host)) || msamp_host_out(host) != host->told ||
	       msamp_host_sends_xchar(host) || msamp_host_sends(host);
}

static void msamp_host_signal_locked(struct msamp_host *host, struct msamp_signal *signal)
{
	lockdep_assert_held(&host->lock);
	signal->seq = ++host->seq;
	signal->lines = msamp_host_out(host);
	signal->afe = false;
	host->told = signal->lines;
}

/* The card has stopped, or goes on. */
static void msamp_host_hold_locked(struct msamp_host *host)
{
	lockdep_assert_held(&host->lock);
	cancel_delayed_work(&host->give_up);
	if (!msamp_host_held(host) || !host->stall || host->gone)
		return;
	host->held_until = jiffies + host->stall;
	schedule_delayed_work(&host->give_up, host->stall);
}

static void msamp_host_hear_locked(struct msamp_host *host, const struct msamp_signal *signal)
{
	u8 diff = host->seen ^ signal->lines;

	lockdep_assert_held(&host->lock);
	if (signal->seq <= host->heard)
		return;
	host->heard = signal->seq;
	host->seen = signal->lines;
	host->peer_afe = signal->afe;
	if (!diff)
		return;
	if (diff & MSAMP_LINE_STOPPED)
		msamp_host_hold_locked(host);
	if (diff & UART_MCR_RTS)
		host->icount.cts++;
	if (diff & UART_MCR_DTR) {
		host->icount.dsr++;
		host->icount.dcd++;
		if (host->seen & UART_MCR_DTR)
			wake_up_interruptible(&host->tty.open_wait);
		else
			tty_port_tty_hangup(&host->tty, true);
	}
	wake_up_interruptible(&host->tty.delta_msr_wait);
}

/* What is longer than the word is cut. */
static void msamp_host_cut(const struct msamp_host *host, struct msamp_batch *batch)
{
	unsigned int i;

	if (host->word == 0xff)
		return;
	for (i = 0; i < batch->nr; i++)
		batch->c[i] &= host->word;
}

/* Have the worker run the line, and wake the line discipline. */
static void msamp_host_kick_locked(struct msamp_host *host)
{
	lockdep_assert_held(&host->lock);
	if (!host->gone)
		schedule_work(&host->kick);
}

static bool msamp_host_fill_locked(struct msamp_host *host, struct msamp_batch *batch)
{
	lockdep_assert_held(&host->lock);
	if (!msamp_host_has_news(host))
		return false;
	batch->brk = host->brk && msamp_host_may_send(host);
	if (batch->brk)
		host->brk = false;
	batch->nr = 0;
	if (msamp_host_sends_xchar(host)) {
		batch->c[batch->nr++] = host->xchar;
		host->xchar = 0;
	}
	if (msamp_host_sends(host))
		batch->nr += kfifo_out(&host->tty.xmit_fifo, &batch->c[batch->nr],
				       MSAMP_BATCH_SIZE - batch->nr);
	msamp_host_cut(host, batch);
	host->icount.tx += batch->nr;
	if (batch->nr && kfifo_len(&host->tty.xmit_fifo) < MSAMP_HOST_WAKEUP)
		msamp_host_kick_locked(host);
	if (msamp_host_held(host)) {
		host->dropped += batch->nr;
		batch->brk = false;
		batch->nr = 0;
	}
	msamp_host_signal_locked(host, &batch->signal);
	return true;
}

static bool msamp_host_take(struct msamp_end *end, const struct msamp_end *to,
			    struct msamp_batch *batch, const struct msamp_signal *reply,
			    enum msamp_turn turn)
{
	struct msamp_host *host = to_msamp_host(end);
	bool taken = false;

	spin_lock_irq(&host->lock);
	if (turn == MSAMP_TURN_FIRST && end->running)
		goto out;
	msamp_host_hear_locked(host, reply);
	if (turn != MSAMP_TURN_LAST)
		taken = msamp_host_fill_locked(host, batch);
	else
		msamp_host_kick_locked(host);
	end->running = taken;
out:
	spin_unlock_irq(&host->lock);
	return taken;
}

static bool msamp_host_receive_break_locked(struct msamp_host *host)
{
	lockdep_assert_held(&host->lock);
	host->icount.brk++;
	if (host->rx_off || host->brk_ignored)
		return false;
	return tty_insert_flip_char(&host->tty, 0, host->brk_flag);
}

static void msamp_host_receive_locked(struct msamp_host *host, struct msamp_batch *batch)
{
	bool brk = batch->brk && msamp_host_receive_break_locked(host);
	unsigned int n;

	lockdep_assert_held(&host->lock);
	if (host->rx_off) {
		host->icount.rx += batch->nr;
		return;
	}
	msamp_host_cut(host, batch);
	n = tty_insert_flip_string(&host->tty, batch->c, batch->nr);
	host->icount.rx += n;
	host->icount.buf_overrun += batch->nr - n;
	if (brk || n)
		tty_flip_buffer_push(&host->tty);
	msamp_host_flow_crowd_locked(host);
}

static bool msamp_host_give(struct msamp_end *end, const struct msamp_end *from,
			    struct msamp_batch *batch, struct msamp_signal *reply)
{
	struct msamp_host *host = to_msamp_host(end);
	bool answer = false;

	spin_lock_irq(&host->lock);
	if (host->gone)
		goto out;
	msamp_host_hear_locked(host, &batch->signal);
	/* otherwise nobody has it open, and what is sent is lost */
	if (tty_port_initialized(&host->tty)) {
		msamp_host_receive_locked(host, batch);
		batch->nr = 0;
	}
	msamp_host_signal_locked(host, reply);
	answer = msamp_host_has_news(host);
out:
	spin_unlock_irq(&host->lock);
	return answer;
}

static void msamp_host_drop(struct msamp_end *end, unsigned int nr)
{
	struct msamp_host *host = to_msamp_host(end);

	spin_lock_irq(&host->lock);
	host->dropped += nr;
	spin_unlock_irq(&host->lock);
}

static void msamp_host_later(struct msamp_end *end)
{
	struct msamp_host *host = to_msamp_host(end);

	spin_lock_irq(&host->lock);
	msamp_host_kick_locked(host);
	spin_unlock_irq(&host->lock);
}

/* There is but one port that it can speak to. */
static bool msamp_host_speaks(struct msamp_end *end, const struct msamp_end *to)
{
	struct msamp_host *host = to_msamp_host(end);
	bool speaks;

	spin_lock_irq(&host->lock);
	speaks = end->running;
	spin_unlock_irq(&host->lock);
	return speaks;
}

static const struct msamp_end_ops msamp_host_end_ops = {
	.take = msamp_host_take,
	.give = msamp_host_give,
	.drop = msamp_host_drop,
	.later = msamp_host_later,
	.speaks = msamp_host_speaks,
};

/**
 * msamp_host_run() - carry what the tty has to say to the card's port, and what comes back
 * @host: the tty; the caller has a reference
 *
 * Context: Any, without any end's lock. Where interrupts or bottom halves are off, a worker does
 * it.
 */
void msamp_host_run(struct msamp_host *host)
{
	struct msamp_port *port;

	if (in_interrupt() || irqs_disabled()) {
		schedule_work(&host->kick);
		return;
	}
	/* who is in the middle of a run must not be kept waiting: others leave their work to him */
	local_bh_disable();
	rcu_read_lock();
	port = rcu_dereference(host->serial);
	msamp_ends_run(&host->end, port ? &port->end : NULL);
	rcu_read_unlock();
	local_bh_enable();
}

static void msamp_host_kick(struct work_struct *work)
{
	struct msamp_host *host = container_of(work, struct msamp_host, kick);

	msamp_host_run(host);
	/* without need as often as not, which costs little */
	tty_port_tty_wakeup(&host->tty);
}

static void msamp_host_give_up(struct work_struct *work)
{
	msamp_host_run(container_of(to_delayed_work(work), struct msamp_host, give_up));
}

/**
 * msamp_host_set_stall() - say how long the tty waits for a card that is stopped
 * @host: the tty
 * @stall: jiffies; 0 for ever
 *
 * Context: Process; while the card is closed.
 */
void msamp_host_set_stall(struct msamp_host *host, unsigned long stall)
{
	spin_lock_irq(&host->lock);
	host->stall = stall;
	spin_unlock_irq(&host->lock);
}

/**
 * msamp_host_wake() - wake the line discipline, which may write more
 * @host: the tty; the caller has a reference
 *
 * Context: Any.
 */
void msamp_host_wake(struct msamp_host *host)
{
	schedule_work(&host->kick);
}

/**
 * msamp_host_get() - find a tty by its number
 * @index: the number
 *
 * Context: Any.
 * Return: the tty with a reference, to be dropped by tty_port_put(); NULL if there is none.
 */
struct msamp_host *msamp_host_get(unsigned int index)
{
	struct msamp_host *host;

	rcu_read_lock();
	host = xa_load(&msamp_hosts, index);
	if (host && !tty_port_get(&host->tty))
		host = NULL;
	rcu_read_unlock();
	return host;
}

/**
 * msamp_host_release() - the last reference on a tty is gone
 * @host: the tty
 *
 * Context: Process, may sleep.
 */
void msamp_host_release(struct msamp_host *host)
{
	/* these may queue the next one */
	msamp_host_flow_exit(host);
	cancel_delayed_work_sync(&host->give_up);
	cancel_work_sync(&host->kick);
	xa_erase(&msamp_hosts, host->index);
	kfree_rcu(host, rcu);
}

static void msamp_host_free(struct msamp_host *host)
{
	tty_port_free_xmit_buf(&host->tty);
	tty_port_destroy(&host->tty);
	kfree(host);
}

/* Without a number yet, and so without references but ours. */
static struct msamp_host *msamp_host_alloc(struct msamp_port *port)
{
	struct msamp_host *host = kzalloc(sizeof(*host), GFP_KERNEL);

	if (!host)
		return NULL;
	spin_lock_init(&host->lock);
	host->end.ops = &msamp_host_end_ops;
	host->told = MSAMP_TOLD_NOTHING;
	host->seq = ktime_get_ns();
	host->fresh = true;
	host->word = 0xff;
	INIT_WORK(&host->kick, msamp_host_kick);
	INIT_DELAYED_WORK(&host->give_up, msamp_host_give_up);
	RCU_INIT_POINTER(host->serial, port);
	host->port_number = port->index;
	msamp_host_tty_setup(host);
	msamp_host_flow_init(host);
	if (tty_port_alloc_xmit_buf(&host->tty)) {
		msamp_host_free(host);
		return NULL;
	}
	return host;
}

/**
 * msamp_host_create() - make a tty for a port
 * @port: the port at the other end; its memory outlives msamp_host_destroy() by a grace period
 * @dev: the device below which the tty appears
 *
 * Context: Process, may sleep.
 * Return: the tty, to be given to msamp_host_destroy(); -ENOSPC if all of the driver's ttys are
 * taken, -ENOMEM, or what the tty layer says.
 */
struct msamp_host *msamp_host_create(struct msamp_port *port, struct device *dev)
{
	struct msamp_host *host = msamp_host_alloc(port);
	int ret;

	if (!host)
		return ERR_PTR(-ENOMEM);
	ret = xa_alloc(&msamp_hosts, &host->index, host,
		       XA_LIMIT(0, MSAMP_HOST_TTYS - 1), GFP_KERNEL);
	if (ret) {
		msamp_host_free(host);
		return ERR_PTR(ret == -EBUSY ? -ENOSPC : ret);
	}
	ret = msamp_host_tty_add(host, dev);
	if (ret) {
		tty_port_put(&host->tty);
		return ERR_PTR(ret);
	}
	return host;
}

/**
 * msamp_host_destroy() - the port leaves its tty, which goes, whoever has it open
 * @host: the tty; not to be used any more
 *
 * Context: Process; waits for calls of the tty layer, not for its users.
 */
void msamp_host_destroy(struct msamp_host *host)
{
	spin_lock_irq(&host->lock);
	host->gone = true;
	/* or a close that is under way would wait for them to leave */
	msamp_host_discard_locked(host);
	spin_unlock_irq(&host->lock);
	RCU_INIT_POINTER(host->serial, NULL);
	tty_port_tty_wakeup(&host->tty);

	/* from now on it is not found; the number stays taken until msamp_host_release() */
	xa_store(&msamp_hosts, host->index, XA_ZERO_ENTRY, GFP_KERNEL);
	msamp_host_tty_remove(host);
	tty_port_put(&host->tty);
}

/**
 * msamp_host_discard_locked() - throw away what has been written and not left yet
 * @host: the tty
 *
 * Context: Any, under the tty's lock.
 */
void msamp_host_discard_locked(struct msamp_host *host)
{
	lockdep_assert_held(&host->lock);
	host->dropped += kfifo_len(&host->tty.xmit_fifo);
	kfifo_reset(&host->tty.xmit_fifo);
}

/**
 * msamp_host_plug() - the device at the other end has been opened or closed
 * @host: the tty
 * @plugged: which
 *
 * A last close of the tty waits for flow control, but not for a device that is closed.
 *
 * Context: Process, may sleep.
 */
void msamp_host_plug(struct msamp_host *host, bool plugged)
{
	spin_lock_irq(&host->lock);
	host->plugged = plugged;
	spin_unlock_irq(&host->lock);
	if (!plugged)
		msamp_host_wake(host);
}

/**
 * msamp_host_counts() - what has not arrived, since the tty was made
 * @host: the tty
 * @overruns: characters from the card that the tty had no room for
 * @dropped: characters written to the tty while the card was closed, or thrown away before they
 *	could leave
 *
 * Context: Process.
 */
void msamp_host_counts(struct msamp_host *host, u64 *overruns, u64 *dropped)
{
	spin_lock_irq(&host->lock);
	*overruns = host->icount.buf_overrun;
	*dropped = host->dropped;
	spin_unlock_irq(&host->lock);
}

/**
 * msamp_hosts_exit() - remove the tty driver
 *
 * Context: Process, may sleep; no tty is left, as each keeps the module.
 */
void msamp_hosts_exit(void)
{
	msamp_host_tty_exit();
	WARN_ON_ONCE(!xa_empty(&msamp_hosts));
}
