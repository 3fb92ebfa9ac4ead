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
 * msamp_port_end_unplug() keeps the order: mark, timers, work, memory.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/serial_reg.h>
#include <linux/slab.h>

#include "port/priv.h"

/* The one workqueue of a line's work: a timer's is urgent, and two could run it twice at once. */
#define msamp_cable_wq	system_highpri_wq

/* All work of a line is queued here, but for its timers'. endpoint.c has the rule. */
static void msamp_cable_queue_locked(struct msamp_cable *cable, struct delayed_work *work,
				     unsigned long delay)
{
	lockdep_assert_held(&cable->port->lock);
	if (!cable->closing)
		queue_delayed_work(msamp_cable_wq, work, delay);
}

/**
 * msamp_cable_again_locked() - look at a line again soon, though nothing happens to it
 * @cable: the line
 *
 * Context: Any, under its port's lock.
 */
void msamp_cable_again_locked(struct msamp_cable *cable)
{
	msamp_cable_queue_locked(cable, &cable->again, 1);
}

/* Begin to wait for the other end, which is stopped. */
static void msamp_cable_wait_locked(struct msamp_cable *cable)
{
	lockdep_assert_held(&cable->port->lock);
	if (!cable->stall)
		return;
	cable->held_until = jiffies + cable->stall;
	cancel_delayed_work(&cable->give_up);
	msamp_cable_queue_locked(cable, &cable->give_up, cable->stall);
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

	mod_delayed_work(msamp_cable_wq, &pace->port->cable->again, 0);
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
 * msamp_cable_raised() - what the driver has on
 * @port: the port, which has a line
 *
 * Context: Any, under the port's lock.
 * Return: UART_MCR_DTR and UART_MCR_RTS; neither in loop mode, which forces the outputs inactive.
 */
u8 msamp_cable_raised(const struct msamp_port *port)
{
	u8 mcr = port->uart.mcr;

	return mcr & UART_MCR_LOOP ? 0 : mcr & (UART_MCR_DTR | UART_MCR_RTS);
}

/*
 * What leaves the port for the other end's inputs. RTS as auto flow control drives it ends at the
 * wire, which keeps what the FIFO has no room for; the other end sees RTS fall when the wire fills,
 * not with every handful of characters.
 */
static u8 msamp_cable_out(const struct msamp_port *port)
{
	const struct msamp_cable *cable = port->cable;
	u8 out = msamp_cable_raised(port) | cable->kept;

	if (cable->closing)
		return cable->kept;
	if (cable->choked || port->frozen)
		out &= ~UART_MCR_RTS;
	if (cable->choked)
		out |= MSAMP_LINE_FULL;
	return port->frozen ? out | MSAMP_LINE_STOPPED : out;
}

/* Whether the other end, which is stopped, has been waited for as long as it may. */
static bool msamp_cable_gives_up(const struct msamp_cable *cable)
{
	return cable->stall && time_after_eq(jiffies, cable->held_until);
}

/*
 * What a stopped device has to send waits until it goes on, and so does, for some time, what it
 * would be sent.
 */
static bool msamp_cable_may_send(const struct msamp_port *port)
{
	const struct msamp_cable *cable = port->cable;

	return !port->frozen && !cable->closing && (!cable->held || msamp_cable_gives_up(cable));
}

/**
 * msamp_cable_has_news() - whether the port has something to say to the other end
 * @port: the port, which has a line
 *
 * Context: Any, under the port's lock.
 * Return: true if msamp_port_end_run() must follow.
 */
bool msamp_cable_has_news(const struct msamp_port *port)
{
	const struct msamp_cable *cable = port->cable;

	if (msamp_cable_out(port) != cable->sent_lines)
		return true;
	return msamp_cable_may_send(port) && (cable->brk || msamp_uart_transmits(&port->uart));
}

/* During a break the line carries nothing else: what is written then is lost, as on a real one. */
static unsigned int msamp_cable_transmit_locked(struct msamp_port *port, u8 *buf)
{
	struct msamp_cable *cable = port->cable;
	struct msamp_uart *uart = &port->uart;
	unsigned int n = 0;

	lockdep_assert_held(&port->lock);
	while (n < MSAMP_BATCH_SIZE && msamp_uart_transmits(uart)) {
		if (!msamp_pace_pass_locked(&cable->tx))
			return n;
		msamp_uart_transmit(uart, &buf[n]);
		n += !msamp_uart_break_out(uart);
	}
	return n;
}

/* What leaves the transmitter, and a break before it, for the other end or for nowhere. */
static void msamp_cable_send_locked(struct msamp_port *port, struct msamp_batch *batch)
{
	struct msamp_cable *cable = port->cable;

	lockdep_assert_held(&port->lock);
	batch->brk = cable->brk;
	batch->nr = msamp_cable_transmit_locked(port, batch->c);
	cable->brk = false;
	if (!cable->held)
		return;
	port->past.dropped += batch->nr;
	batch->brk = false;
	batch->nr = 0;
}

/**
 * msamp_cable_signal_locked() - tell the other end the port's modem outputs
 * @port: the port, which has a line
 * @signal: the message
 *
 * Context: Any, under the port's lock.
 */
void msamp_cable_signal_locked(struct msamp_port *port, struct msamp_signal *signal)
{
	struct msamp_cable *cable = port->cable;

	lockdep_assert_held(&port->lock);
	signal->seq = ++cable->seq;
	signal->lines = msamp_cable_out(port);
	signal->afe = port->uart.mcr & UART_MCR_AFE;
	cable->sent_lines = signal->lines;
}

/**
 * msamp_cable_fill_locked() - take what the port has to say
 * @port: the port, which has a line
 * @batch: receives it
 *
 * Context: Any, under the port's lock.
 * Return: false if there is nothing.
 */
bool msamp_cable_fill_locked(struct msamp_port *port, struct msamp_batch *batch)
{
	struct msamp_cable *cable = port->cable;

	lockdep_assert_held(&port->lock);
	batch->brk = false;
	batch->nr = 0;
	if (msamp_cable_may_send(port))
		msamp_cable_send_locked(port, batch);
	if (msamp_cable_out(port) == cable->sent_lines && !batch->brk && !batch->nr)
		return false;
	msamp_cable_signal_locked(port, &batch->signal);
	return true;
}

/**
 * msamp_cable_take_char_locked() - take a character past the transmitter
 * @port: the port, which has a line
 * @c: the character that the driver writes
 * @batch: receives it
 *
 * What the register and msamp_cable_fill_locked() would do together when nothing else is to be
 * said, in one step: a line hardly sees anything else.
 *
 * Context: Any, under the port's lock.
 * Return: false if that is not so; then nothing has been done.
 */
bool msamp_cable_take_char_locked(struct msamp_port *port, u8 c, struct msamp_batch *batch)
{
	const struct msamp_cable *cable = port->cable;

	lockdep_assert_held(&port->lock);
	if (cable->tx.on || cable->held || !msamp_cable_may_send(port) || port->end.running ||
	    msamp_cable_has_news(port) || !msamp_uart_send(&port->uart, &c))
		return false;
	batch->brk = false;
	batch->nr = 1;
	batch->c[0] = c;
	msamp_cable_signal_locked(port, &batch->signal);
	return true;
}

/* --- what reaches the port --- */

/* The other end has stopped, or goes on. */
static void msamp_cable_hold_locked(struct msamp_cable *cable, bool held)
{
	lockdep_assert_held(&cable->port->lock);
	cable->held = held;
	if (held)
		msamp_cable_wait_locked(cable);
	else
		cancel_delayed_work(&cable->give_up);
}

/**
 * msamp_cable_take_signal_locked() - take the other end's modem outputs
 * @port: the port, which has a line
 * @signal: the message; ignored if a later one has come
 *
 * Context: Any, under the port's lock.
 */
void msamp_cable_take_signal_locked(struct msamp_port *port, const struct msamp_signal *signal)
{
	bool held = signal->lines & MSAMP_LINE_STOPPED;

	lockdep_assert_held(&port->lock);
	if (signal->seq <= port->cable->last_seq)
		return;
	port->cable->last_seq = signal->seq;
	port->cable->in = msamp_uart_cross(signal->lines);
	if (unlikely(held != port->cable->held))
		msamp_cable_hold_locked(port->cable, held);
	/* a stopped device sees it when it goes on */
	if (!port->frozen)
		msamp_uart_set_lines(&port->uart, port->cable->in);
}

/* From the wire into the FIFO, as room and pace allow. */
static void msamp_cable_refill_locked(struct msamp_port *port)
{
	struct msamp_cable *cable = port->cable;
	struct msamp_uart *uart = &port->uart;
	u16 c;

	lockdep_assert_held(&port->lock);
	while (!kfifo_is_empty(&cable->wire) && msamp_uart_receives(uart)) {
		if (!msamp_pace_pass_locked(&cable->rx))
			return;
		if (kfifo_get(&cable->wire, &c))
			msamp_uart_receive(uart, c, c >> 8);
	}
}

/* The receiver's side: a character, or a break, has arrived. */
static void msamp_cable_receive_locked(struct msamp_port *port, u8 c, u8 error)
{
	struct msamp_cable *cable = port->cable;

	lockdep_assert_held(&port->lock);
	if (!port->frozen && !cable->rx.on && kfifo_is_empty(&cable->wire) &&
	    msamp_uart_receives(&port->uart))
		msamp_uart_receive(&port->uart, c, error);
	else if (kfifo_put(&cable->wire, c | error << 8))
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
static void msamp_cable_extend_locked(struct msamp_port *port, const struct msamp_batch *batch)
{
	struct msamp_cable *cable = port->cable;
	u64 now, char_ns;

	lockdep_assert_held(&port->lock);
	now = ktime_get_ns();
	char_ns = msamp_uart_char_ns(&port->uart);
	cable->due = max(cable->due, now) + (batch->nr + batch->brk) * char_ns;
	cable->due = min(cable->due, now + kfifo_len(&cable->wire) * char_ns);
}

/**
 * msamp_cable_receive_batch_locked() - take a break, and characters
 * @port: the port, which has a line
 * @batch: the batch; what has found no room is lost, and counted
 *
 * Context: Any, under the port's lock.
 */
void msamp_cable_receive_batch_locked(struct msamp_port *port, const struct msamp_batch *batch)
{
	unsigned int i;

	lockdep_assert_held(&port->lock);
	if (batch->brk)
		msamp_cable_receive_locked(port, 0, UART_LSR_BI);
	for (i = 0; i < batch->nr; i++)
		msamp_cable_receive_locked(port, batch->c[i], 0);
	if (port->cable->rx.on)
		msamp_cable_extend_locked(port, batch);
}

/**
 * msamp_cable_due() - when the line will have carried what the other end has sent
 * @port: the port, with a line or not
 *
 * Context: Process, without any port's lock.
 * Return: monotonic nanoseconds; 0 if it has nothing to carry.
 */
u64 msamp_cable_due(struct msamp_port *port)
{
	u64 due = 0;

	spin_lock(&port->lock);
	if (port->cable && !kfifo_is_empty(&port->cable->wire))
		due = port->cable->due;
	spin_unlock(&port->lock);
	return due;
}

/* --- what happens to the port --- */

/* Notes from when on there is nothing to pass, whatever has emptied the FIFO or the wire. */
static void msamp_cable_idle_locked(struct msamp_port *port)
{
	struct msamp_cable *cable = port->cable;

	lockdep_assert_held(&port->lock);
	if (kfifo_is_empty(&cable->wire))
		msamp_pace_idle_locked(&cable->rx);
	if (!msamp_uart_transmits(&port->uart))
		msamp_pace_idle_locked(&cable->tx);
}

/**
 * msamp_cable_settle_locked() - follow what has happened to the port
 * @port: the port, which has a line
 *
 * Context: Any but hard interrupts, under the port's lock.
 * Return: true if the port has something to say: msamp_port_end_run() must follow, without the
 * lock, unless the caller is the one who runs it.
 */
bool msamp_cable_settle_locked(struct msamp_port *port)
{
	struct msamp_cable *cable = port->cable;
	unsigned int len;

	lockdep_assert_held(&port->lock);
	port->uart.modem_changed = false;
	if (cable->kept && msamp_cable_raised(port))
		cable->kept = 0;
	if (!port->frozen) {
		if (port->uart.line_in != cable->in)
			msamp_uart_set_lines(&port->uart, cable->in);
		msamp_cable_refill_locked(port);
	}
	if (cable->tx.on || cable->rx.on)
		msamp_cable_idle_locked(port);
	len = kfifo_len(&cable->wire);
	if (len > MSAMP_WIRE_HIGH)
		cable->choked = true;
	else if (len < MSAMP_WIRE_LOW)
		cable->choked = false;
	return msamp_cable_has_news(port);
}

/**
 * msamp_cable_clear_locked() - the port is being reset: nothing is on the wire any more
 * @port: the port, which has a line
 *
 * What stays is the last known state of the other end, and a DTR that is kept up: the reset at
 * the start of a machine comes before the state that says more.
 *
 * Context: Process, under the port's lock.
 */
void msamp_cable_clear_locked(struct msamp_port *port)
{
	struct msamp_cable *cable = port->cable;

	lockdep_assert_held(&port->lock);
	kfifo_reset(&cable->wire);
	cable->brk = false;
	msamp_pace_restart_locked(&cable->tx);
	msamp_pace_restart_locked(&cable->rx);
}

/**
 * msamp_cable_load_locked() - put characters on the wire in front of those that are there
 * @port: the port, which has a line
 * @wire: the characters, oldest first
 * @len: how many; what the wire then has no room for is an overrun
 *
 * Context: Process, under the port's lock.
 */
void msamp_cable_load_locked(struct msamp_port *port, const u16 *wire, unsigned int len)
{
	struct msamp_cable *cable = port->cable;
	unsigned int i, behind = kfifo_len(&cable->wire);
	u16 c;

	lockdep_assert_held(&port->lock);
	/* one that the port has sent before, and that has not left it */
	cable->brk = false;
	while (len + behind > MSAMP_WIRE_SIZE && kfifo_get(&cable->wire, &c)) {
		port->past.overruns++;
		behind--;
	}
	for (i = 0; i < len; i++)
		kfifo_put(&cable->wire, wire[i]);
	/* turn the ring until they are in front */
	while (behind-- && kfifo_get(&cable->wire, &c))
		kfifo_put(&cable->wire, c);
}

/**
 * msamp_cable_thaw_locked() - the port goes on
 * @port: the port, which has a line
 *
 * While it stood still it has not waited for the other end.
 *
 * Context: Process, under the port's lock.
 */
void msamp_cable_thaw_locked(struct msamp_port *port)
{
	lockdep_assert_held(&port->lock);
	if (port->cable->held)
		msamp_cable_wait_locked(port->cable);
}

/* --- its life --- */

/**
 * msamp_cable_alloc() - make a line, but for its work and its calls upwards
 * @port: the port that it is for
 * @setup: where it leads, and how it behaves
 *
 * Context: Process, may sleep. Pairs with msamp_cable_free().
 * Return: the line, NULL for want of memory.
 */
struct msamp_cable *msamp_cable_alloc(struct msamp_port *port,
				      const struct msamp_cable_setup *setup)
{
	struct msamp_cable *cable = kzalloc(sizeof(*cable), GFP_KERNEL);

	if (!cable)
		return NULL;
	cable->kind = setup->kind;
	cable->peer = setup->peer;
	cable->tty = setup->tty;
	cable->stay = setup->stay;
	cable->kept = setup->stay ? READ_ONCE(setup->tty->seen) & UART_MCR_DTR : 0;
	cable->sent_lines = MSAMP_LINES_NEVER_SENT;
	cable->seq = ktime_get_ns();
	cable->stall = setup->stall * HZ;
	INIT_KFIFO(cable->wire);
	cable->port = port;
	msamp_pace_init(&cable->tx, port, setup->pace);
	msamp_pace_init(&cable->rx, port, setup->pace && setup->kind != MSAMP_BACKEND_LOOPBACK);
	return cable;
}

/**
 * msamp_cable_stop() - take the last steps of endpoint.c's order
 * @cable: the line, which is closing
 *
 * Context: Process, may sleep. On return nothing can queue the line's work.
 */
void msamp_cable_stop(struct msamp_cable *cable)
{
	hrtimer_cancel(&cable->tx.timer);
	hrtimer_cancel(&cable->rx.timer);
	cancel_delayed_work_sync(&cable->again);
	cancel_delayed_work_sync(&cable->give_up);
}

/**
 * msamp_cable_free() - free a line
 * @cable: the line, stopped, which no port has any more
 *
 * Context: Process.
 */
void msamp_cable_free(struct msamp_cable *cable)
{
	WARN_ON_ONCE(delayed_work_pending(&cable->again) || delayed_work_pending(&cable->give_up));
	kfree(cable);
}
