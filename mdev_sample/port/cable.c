// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines: what connects a port with a tty of the host, with another port, or, at the pace of a real
 * line, with itself.
 *
 * A null modem: DTR arrives as DSR and DCD, RTS as CTS, a break as a break. The line takes what the
 * transmitter has at once, or at the pace that the divisor sets. On the receiver's side is the
 * wire, a small buffer that fills the receive FIFO as there is room. When more than a part of it is
 * used the sender's CTS falls as if the receiver's RTS had, so that no flow control, by hardware or
 * by software, loses a character; a sender that does not heed CTS fills the wire, and what is lost
 * then is an overrun of the receiver.
 *
 * A port without a partner, or whose partner is closed, is an unplugged cable: its modem inputs
 * are low, and what it sends is dropped and counted as dropped. Each end tells its lines when it is
 * plugged in, which brings the other one's back, and when they change, and it ends by telling that
 * all of them are low.
 *
 * An end that is stopped takes its RTS down, and says that it is stopped: its partner's transmitter
 * waits even if its driver does not heed CTS. For that long only as the setting "stall" says: then
 * what the transmitter would send is lost, and counted as dropped, so that a console does not stand
 * still with a guest that has been suspended. What heeds CTS waits on.
 *
 * All of it is protected by the port's lock, which no softirq may wait for: timers leave what they
 * want to a worker. endpoint.c says who may queue that, and when. Here the mark is @closing, and
 * msamp_line_unplug() keeps the order: mark, timers, work, memory.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/serial_reg.h>
#include <linux/slab.h>

#include "port/priv.h"

/* The one workqueue of a line's work: a timer's is urgent, and two could run it twice at once. */
#define msamp_line_wq	system_highpri_wq

/* All work of a line is queued here, but for its timers'. endpoint.c has the rule. */
static void msamp_line_queue_locked(struct msamp_line *line, struct delayed_work *work,
				    unsigned long delay)
{
	lockdep_assert_held(&line->port->lock);
	if (!line->closing)
		queue_delayed_work(msamp_line_wq, work, delay);
}

/**
 * msamp_line_again_locked() - look at a line again soon, though nothing happens to it
 * @line: the line
 *
 * Context: Any, under its port's lock.
 */
void msamp_line_again_locked(struct msamp_line *line)
{
	msamp_line_queue_locked(line, &line->again, 1);
}

/* Begin to wait for the other end, which is stopped. */
static void msamp_line_wait_locked(struct msamp_line *line)
{
	lockdep_assert_held(&line->port->lock);
	if (!line->stall)
		return;
	line->held_until = jiffies + line->stall;
	cancel_delayed_work(&line->give_up);
	msamp_line_queue_locked(line, &line->give_up, line->stall);
}

/* --- the pace --- */

/*
 * A character that finds the line idle passes one character time later, the next ones a character
 * time apart. The transmitter's shift register gives a driver, as on the chip, one character time
 * from the moment that the transmitter is empty to refill it: a driver that keeps to that keeps the
 * rate. A timer or a worker that is late lets as many pass at once as were due, but no more than a
 * FIFO holds. So on average the rate is the one that the divisor sets.
 */

/* A softirq may not wait for the port's lock: the line is looked at by a worker, at once. */
static enum hrtimer_restart msamp_pace_timer(struct hrtimer *timer)
{
	struct msamp_pace *pace = container_of(timer, struct msamp_pace, timer);

	mod_delayed_work(msamp_line_wq, &pace->port->line->again, 0);
	return HRTIMER_NORESTART;
}

static void msamp_pace_init(struct msamp_pace *pace, struct msamp_port *port, bool on)
{
	pace->on = on;
	pace->idle = true;
	pace->port = port;
	msamp_compat_hrtimer_setup(&pace->timer, msamp_pace_timer, CLOCK_MONOTONIC,
				   HRTIMER_MODE_REL_SOFT);
}

/* Notes that nothing is left to pass. */
static void msamp_pace_idle_locked(struct msamp_pace *pace)
{
	lockdep_assert_held(&pace->port->lock);
	if (!pace->on || pace->idle)
		return;
	pace->idle = true;
	pace->idle_at = ktime_get_ns();
}

/* Whatever comes next finds the line idle. */
static void msamp_pace_restart_locked(struct msamp_pace *pace)
{
	lockdep_assert_held(&pace->port->lock);
	pace->idle = true;
	pace->idle_at = 0;
}

/* The rest of msamp_pace_pass_locked(). */
static bool __msamp_pace_pass_locked(struct msamp_pace *pace)
{
	u64 char_ns, late, now, at;

	lockdep_assert_held(&pace->port->lock);
	char_ns = msamp_uart_char_ns(&pace->port->uart);
	late = MSAMP_UART_FIFO_SIZE * char_ns;
	now = ktime_get_ns();
	at = pace->at;
	if (pace->idle && now - pace->idle_at >= char_ns)
		at = now + char_ns;
	pace->idle = false;
	/* one that was set at a lower rate, perhaps a very low one, is set anew */
	at = clamp(at, now - min(late, now), now + char_ns);
	if (at > now) {
		if (!hrtimer_is_queued(&pace->timer) || at < pace->at)
			hrtimer_start(&pace->timer, ns_to_ktime(at - now), HRTIMER_MODE_REL_SOFT);
		pace->at = at;
		return false;
	}
	pace->at = at + char_ns;
	return true;
}

/*
 * Whether a character that is there may pass now; else the line is looked at again in time. Without
 * a pace, which is what most lines have, there is nothing to ask.
 */
static bool msamp_pace_pass_locked(struct msamp_pace *pace)
{
	return !pace->on || __msamp_pace_pass_locked(pace);
}

/* --- what leaves the port, and what it has to say --- */

/**
 * msamp_line_raised() - what the driver has on
 * @port: the port, which has a line
 *
 * Context: Any, under the port's lock.
 * Return: UART_MCR_DTR and UART_MCR_RTS; neither in loop mode, which forces the outputs inactive.
 */
u8 msamp_line_raised(const struct msamp_port *port)
{
	u8 mcr = port->uart.mcr;

	return mcr & UART_MCR_LOOP ? 0 : mcr & (UART_MCR_DTR | UART_MCR_RTS);
}

/*
 * What leaves the port for the other end's inputs. When auto flow control takes RTS back it speaks
 * to the wire, which keeps what the FIFO has no room for; the other end hears of it when the wire
 * fills, not with every handful of characters.
 */
static u8 msamp_line_out(const struct msamp_port *port)
{
	const struct msamp_line *line = port->line;
	u8 out = msamp_line_raised(port) | line->kept;

	if (line->closing)
		return line->kept;
	if (line->choked || port->frozen)
		out &= ~UART_MCR_RTS;
	if (line->choked)
		out |= MSAMP_LINE_FULL;
	return port->frozen ? out | MSAMP_LINE_STOPPED : out;
}

/* Whether the other end, which is stopped, has been waited for as long as it may. */
static bool msamp_line_gives_up(const struct msamp_line *line)
{
	return line->stall && time_after_eq(jiffies, line->held_until);
}

/*
 * What a stopped device has to send waits until it goes on, and so does, for some time, what it
 * would be sent.
 */
static bool msamp_line_may_send(const struct msamp_port *port)
{
	const struct msamp_line *line = port->line;

	return !port->frozen && !line->closing && (!line->held || msamp_line_gives_up(line));
}

/**
 * msamp_line_has_news() - whether the port has something to say to the other end
 * @port: the port, which has a line
 *
 * Context: Any, under the port's lock.
 * Return: true if msamp_line_run() must follow.
 */
bool msamp_line_has_news(const struct msamp_port *port)
{
	const struct msamp_line *line = port->line;

	if (msamp_line_out(port) != line->told)
		return true;
	return msamp_line_may_send(port) && (line->brk || msamp_uart_transmits(&port->uart));
}

/* During a break the line carries nothing else: what is written then is lost, as on a real one. */
static unsigned int msamp_line_transmit_locked(struct msamp_port *port, u8 *buf)
{
	struct msamp_line *line = port->line;
	struct msamp_uart *uart = &port->uart;
	unsigned int n = 0;

	lockdep_assert_held(&port->lock);
	while (n < MSAMP_BATCH_SIZE && msamp_uart_transmits(uart)) {
		if (!msamp_pace_pass_locked(&line->tx))
			return n;
		msamp_uart_transmit(uart, &buf[n]);
		n += !msamp_uart_break_out(uart);
	}
	return n;
}

/* What leaves the transmitter, and a break before it, for the other end or for nowhere. */
static void msamp_line_send_locked(struct msamp_port *port, struct msamp_batch *batch)
{
	struct msamp_line *line = port->line;

	lockdep_assert_held(&port->lock);
	batch->brk = line->brk;
	batch->nr = msamp_line_transmit_locked(port, batch->c);
	line->brk = false;
	if (!line->held)
		return;
	port->past.dropped += batch->nr;
	batch->brk = false;
	batch->nr = 0;
}

/**
 * msamp_line_signal_locked() - tell the other end the port's modem outputs
 * @port: the port, which has a line
 * @signal: the message
 *
 * Context: Any, under the port's lock.
 */
void msamp_line_signal_locked(struct msamp_port *port, struct msamp_signal *signal)
{
	struct msamp_line *line = port->line;

	lockdep_assert_held(&port->lock);
	signal->seq = ++line->seq;
	signal->lines = msamp_line_out(port);
	signal->afe = port->uart.mcr & UART_MCR_AFE;
	line->told = signal->lines;
}

/**
 * msamp_line_fill_locked() - take what the port has to say
 * @port: the port, which has a line
 * @batch: receives it
 *
 * Context: Any, under the port's lock.
 * Return: false if there is nothing.
 */
bool msamp_line_fill_locked(struct msamp_port *port, struct msamp_batch *batch)
{
	struct msamp_line *line = port->line;

	lockdep_assert_held(&port->lock);
	batch->brk = false;
	batch->nr = 0;
	if (msamp_line_may_send(port))
		msamp_line_send_locked(port, batch);
	if (msamp_line_out(port) == line->told && !batch->brk && !batch->nr)
		return false;
	msamp_line_signal_locked(port, &batch->signal);
	return true;
}

/**
 * msamp_line_take_char_locked() - take a character past the transmitter
 * @port: the port, which has a line
 * @c: the character that the driver writes
 * @batch: receives it
 *
 * What the register and msamp_line_fill_locked() would do together when nothing else is to be said,
 * in one step: a line hardly sees anything else.
 *
 * Context: Any, under the port's lock.
 * Return: false if that is not so; then nothing has been done.
 */
bool msamp_line_take_char_locked(struct msamp_port *port, u8 c, struct msamp_batch *batch)
{
	const struct msamp_line *line = port->line;

	lockdep_assert_held(&port->lock);
	if (line->tx.on || line->held || !msamp_line_may_send(port) || port->end.running ||
	    msamp_line_has_news(port) || !msamp_uart_send(&port->uart, &c))
		return false;
	batch->brk = false;
	batch->nr = 1;
	batch->c[0] = c;
	msamp_line_signal_locked(port, &batch->signal);
	return true;
}

/* --- what reaches the port --- */

/* The other end has stopped, or goes on. */
static void msamp_line_hold_locked(struct msamp_line *line, bool held)
{
	lockdep_assert_held(&line->port->lock);
	line->held = held;
	if (held)
		msamp_line_wait_locked(line);
	else
		cancel_delayed_work(&line->give_up);
}

/**
 * msamp_line_hear_locked() - take the other end's modem outputs
 * @port: the port, which has a line
 * @signal: the message; ignored if a later one has come
 *
 * Context: Any, under the port's lock.
 */
void msamp_line_hear_locked(struct msamp_port *port, const struct msamp_signal *signal)
{
	bool held = signal->lines & MSAMP_LINE_STOPPED;

	lockdep_assert_held(&port->lock);
	if (signal->seq <= port->line->heard)
		return;
	port->line->heard = signal->seq;
	port->line->in = msamp_uart_cross(signal->lines);
	if (unlikely(held != port->line->held))
		msamp_line_hold_locked(port->line, held);
	/* a stopped device sees it when it goes on */
	if (!port->frozen)
		msamp_uart_set_lines(&port->uart, port->line->in);
}

/* From the wire into the FIFO, as room and pace allow. */
static void msamp_line_refill_locked(struct msamp_port *port)
{
	struct msamp_line *line = port->line;
	struct msamp_uart *uart = &port->uart;
	u16 c;

	lockdep_assert_held(&port->lock);
	while (!kfifo_is_empty(&line->wire) && msamp_uart_receives(uart)) {
		if (!msamp_pace_pass_locked(&line->rx))
			return;
		if (kfifo_get(&line->wire, &c))
			msamp_uart_receive(uart, c, c >> 8);
	}
}

/* The receiver's side: a character, or a break, has arrived. */
static void msamp_line_receive_locked(struct msamp_port *port, u8 c, u8 error)
{
	struct msamp_line *line = port->line;

	lockdep_assert_held(&port->lock);
	if (!port->frozen && !line->rx.on && kfifo_is_empty(&line->wire) &&
	    msamp_uart_receives(&port->uart))
		msamp_uart_receive(&port->uart, c, error);
	else if (kfifo_put(&line->wire, c | error << 8))
		return;
	else if (port->frozen)
		port->past.overruns++;
	else
		msamp_uart_overrun(&port->uart);
}

/*
 * How long the line needs for a batch that has come, at the pace of the receiver, beyond what it
 * had already. What has found no room takes no time.
 */
static void msamp_line_extend_locked(struct msamp_port *port, const struct msamp_batch *batch)
{
	struct msamp_line *line = port->line;
	u64 now, char_ns;

	lockdep_assert_held(&port->lock);
	now = ktime_get_ns();
	char_ns = msamp_uart_char_ns(&port->uart);
	line->due = max(line->due, now) + (batch->nr + batch->brk) * char_ns;
	line->due = min(line->due, now + kfifo_len(&line->wire) * char_ns);
}

/**
 * msamp_line_receive_batch_locked() - take a break, and characters
 * @port: the port, which has a line
 * @batch: the batch; what has found no room is lost, and counted
 *
 * Context: Any, under the port's lock.
 */
void msamp_line_receive_batch_locked(struct msamp_port *port, const struct msamp_batch *batch)
{
	unsigned int i;

	lockdep_assert_held(&port->lock);
	if (batch->brk)
		msamp_line_receive_locked(port, 0, UART_LSR_BI);
	for (i = 0; i < batch->nr; i++)
		msamp_line_receive_locked(port, batch->c[i], 0);
	if (port->line->rx.on)
		msamp_line_extend_locked(port, batch);
}

/**
 * msamp_line_due() - when the line will have carried what the other end has sent
 * @port: the port, with a line or not
 *
 * Context: Process, without any port's lock.
 * Return: monotonic nanoseconds; 0 if it has nothing to carry.
 */
u64 msamp_line_due(struct msamp_port *port)
{
	u64 due = 0;

	spin_lock(&port->lock);
	if (port->line && !kfifo_is_empty(&port->line->wire))
		due = port->line->due;
	spin_unlock(&port->lock);
	return due;
}

/* --- what happens to the port --- */

/* Notes from when on there is nothing to pass, whatever has emptied the FIFO or the wire. */
static void msamp_line_idle_locked(struct msamp_port *port)
{
	struct msamp_line *line = port->line;

	lockdep_assert_held(&port->lock);
	if (kfifo_is_empty(&line->wire))
		msamp_pace_idle_locked(&line->rx);
	if (!msamp_uart_transmits(&port->uart))
		msamp_pace_idle_locked(&line->tx);
}

/**
 * msamp_line_settle_locked() - follow what has happened to the port
 * @port: the port, which has a line
 *
 * Context: Any but hard interrupts, under the port's lock.
 * Return: true if the port has something to say: msamp_line_run() must follow, without the lock,
 * unless the caller is the one who runs it.
 */
bool msamp_line_settle_locked(struct msamp_port *port)
{
	struct msamp_line *line = port->line;
	unsigned int len;

	lockdep_assert_held(&port->lock);
	port->uart.modem_changed = false;
	if (line->kept && msamp_line_raised(port))
		line->kept = 0;
	if (!port->frozen) {
		if (port->uart.line_in != line->in)
			msamp_uart_set_lines(&port->uart, line->in);
		msamp_line_refill_locked(port);
	}
	if (line->tx.on || line->rx.on)
		msamp_line_idle_locked(port);
	len = kfifo_len(&line->wire);
	if (len > MSAMP_WIRE_HIGH)
		line->choked = true;
	else if (len < MSAMP_WIRE_LOW)
		line->choked = false;
	return msamp_line_has_news(port);
}

/**
 * msamp_line_clear_locked() - the port is being reset: nothing is on the wire any more
 * @port: the port, which has a line
 *
 * What stays is the other end's state as it has been heard, and a DTR that is kept up: the reset at
 * the start of a machine comes before the state that says more.
 *
 * Context: Process, under the port's lock.
 */
void msamp_line_clear_locked(struct msamp_port *port)
{
	struct msamp_line *line = port->line;

	lockdep_assert_held(&port->lock);
	kfifo_reset(&line->wire);
	line->brk = false;
	msamp_pace_restart_locked(&line->tx);
	msamp_pace_restart_locked(&line->rx);
}

/**
 * msamp_line_load_locked() - put characters on the wire in front of those that are there
 * @port: the port, which has a line
 * @wire: the characters, oldest first
 * @len: how many; what the wire then has no room for is an overrun
 *
 * Context: Process, under the port's lock.
 */
void msamp_line_load_locked(struct msamp_port *port, const u16 *wire, unsigned int len)
{
	struct msamp_line *line = port->line;
	unsigned int i, behind = kfifo_len(&line->wire);
	u16 c;

	lockdep_assert_held(&port->lock);
	/* one that the port has sent before, and that has not left it */
	line->brk = false;
	while (len + behind > MSAMP_WIRE_SIZE && kfifo_get(&line->wire, &c)) {
		port->past.overruns++;
		behind--;
	}
	for (i = 0; i < len; i++)
		kfifo_put(&line->wire, wire[i]);
	/* turn the ring until they are in front */
	while (behind-- && kfifo_get(&line->wire, &c))
		kfifo_put(&line->wire, c);
}

/**
 * msamp_line_thaw_locked() - the port goes on
 * @port: the port, which has a line
 *
 * While it stood still it has not waited for the other end.
 *
 * Context: Process, under the port's lock.
 */
void msamp_line_thaw_locked(struct msamp_port *port)
{
	lockdep_assert_held(&port->lock);
	if (port->line->held)
		msamp_line_wait_locked(port->line);
}

/* --- its life --- */

/**
 * msamp_line_alloc() - make a line, but for its work and its calls upwards
 * @port: the port that it is for
 * @setup: where it leads, and how it behaves
 *
 * Context: Process, may sleep. Pairs with msamp_line_free().
 * Return: the line, NULL for want of memory.
 */
struct msamp_line *msamp_line_alloc(struct msamp_port *port, const struct msamp_line_setup *setup)
{
	struct msamp_line *line = kzalloc(sizeof(*line), GFP_KERNEL);

	if (!line)
		return NULL;
	line->kind = setup->kind;
	line->peer = setup->peer;
	line->host = setup->host;
	line->stay = setup->stay;
	line->kept = setup->stay ? READ_ONCE(setup->host->seen) & UART_MCR_DTR : 0;
	line->told = MSAMP_TOLD_NOTHING;
	line->seq = ktime_get_ns();
	line->stall = setup->stall * HZ;
	INIT_KFIFO(line->wire);
	line->port = port;
	msamp_pace_init(&line->tx, port, setup->pace);
	msamp_pace_init(&line->rx, port, setup->pace && setup->kind != MSAMP_BACKEND_LOOPBACK);
	return line;
}

/**
 * msamp_line_stop() - take the last steps of endpoint.c's order
 * @line: the line, which is closing
 *
 * Context: Process, may sleep. On return nothing can queue the line's work.
 */
void msamp_line_stop(struct msamp_line *line)
{
	hrtimer_cancel(&line->tx.timer);
	hrtimer_cancel(&line->rx.timer);
	cancel_delayed_work_sync(&line->again);
	cancel_delayed_work_sync(&line->give_up);
}

/**
 * msamp_line_free() - free a line
 * @line: the line, stopped, which no port has any more
 *
 * Context: Process.
 */
void msamp_line_free(struct msamp_line *line)
{
	WARN_ON_ONCE(delayed_work_pending(&line->again) || delayed_work_pending(&line->give_up));
	kfree(line);
}
