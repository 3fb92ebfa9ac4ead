// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port as one end of its line: what it has to say, and what it hears. cable.c has the contract,
 * endpoint.c that of ends.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/serial_reg.h>

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

/**
 * msamp_line_wait_locked() - begin to wait for the other end, which is stopped
 * @line: the line
 *
 * Context: Any, under its port's lock.
 */
void msamp_line_wait_locked(struct msamp_line *line)
{
	lockdep_assert_held(&line->port->lock);
	if (!line->stall)
		return;
	line->held_until = jiffies + line->stall;
	cancel_delayed_work(&line->give_up);
	msamp_line_queue_locked(line, &line->give_up, line->stall);
}

/**
 * msamp_line_timer() - a timer of a line has fired: look at the line at once
 * @again: the line's work
 *
 * Context: Softirq, from a timer that msamp_line_unplug() stops before it cancels the work.
 */
void msamp_line_timer(struct delayed_work *again)
{
	mod_delayed_work(msamp_line_wq, again, 0);
}

static struct msamp_port *to_msamp_port(const struct msamp_end *end)
{
	return container_of(end, struct msamp_port, end);
}

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

static bool msamp_line_leads_to(const struct msamp_port *port, const struct msamp_end *end)
{
	const struct msamp_line *line = port->line;

	if (!line)
		return false;
	switch (line->kind) {
	case MSAMP_BACKEND_HOST:
		return end == msamp_host_end(line->host);
	case MSAMP_BACKEND_PEER:
		return end->ops == &msamp_line_end_ops &&
		       msamp_key_equal(&to_msamp_port(end)->key, &line->peer);
	default:
		return end == &port->end;
	}
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

static void msamp_line_signal_locked(struct msamp_port *port, struct msamp_signal *signal)
{
	struct msamp_line *line = port->line;

	lockdep_assert_held(&port->lock);
	signal->seq = ++line->seq;
	signal->lines = msamp_line_out(port);
	signal->afe = port->uart.mcr & UART_MCR_AFE;
	line->told = signal->lines;
}

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

static void msamp_line_hear_locked(struct msamp_port *port, const struct msamp_signal *signal)
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

static bool msamp_line_fill_locked(struct msamp_port *port, struct msamp_batch *batch)
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
 * msamp_line_take_char() - the driver writes THR: have the line take the character at once
 * @port: the port, which has a line
 * @c: the character
 * @batch: receives it, as the first batch of a run
 *
 * Context: Process, bottom halves off, without any port's lock.
 * Return: true if msamp_ends_carry() must follow; false if there is something else to say before,
 * or somebody else is saying it: then nothing has been done.
 */
bool msamp_line_take_char(struct msamp_port *port, u8 c, struct msamp_batch *batch)
{
	bool taken = false;

	spin_lock(&port->lock);
	if (port->line->held || !msamp_line_may_send(port) || port->end.running ||
	    msamp_line_has_news(port) || !msamp_uart_send(&port->uart, &c))
		goto out;
	batch->brk = false;
	batch->nr = 1;
	batch->c[0] = c;
	msamp_line_signal_locked(port, &batch->signal);
	if (port->uart.changed)
		msamp_port_settle_locked(port);
	port->end.running = true;
	taken = true;
out:
	spin_unlock(&port->lock);
	return taken;
}

static bool msamp_line_take(struct msamp_end *end, const struct msamp_end *to,
			    struct msamp_batch *batch, const struct msamp_signal *reply,
			    enum msamp_turn turn)
{
	struct msamp_port *port = to_msamp_port(end);
	bool taken = false;

	spin_lock(&port->lock);
	if (turn == MSAMP_TURN_FIRST && end->running)
		goto out;
	if (port->line && (!to || msamp_line_leads_to(port, to))) {
		msamp_line_hear_locked(port, reply);
		if (turn == MSAMP_TURN_LAST)
			msamp_line_again_locked(port->line);
		else
			taken = msamp_line_fill_locked(port, batch);
		if (port->uart.changed)
			msamp_port_settle_locked(port);
	}
	end->running = taken;
out:
	spin_unlock(&port->lock);
	return taken;
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

static bool msamp_line_give(struct msamp_end *end, const struct msamp_end *from,
			    struct msamp_batch *batch, struct msamp_signal *reply)
{
	struct msamp_port *port = to_msamp_port(end);
	bool answer = false;
	unsigned int i;

	spin_lock(&port->lock);
	if (!msamp_line_leads_to(port, from) || port->line->closing)
		goto out;
	msamp_line_hear_locked(port, &batch->signal);
	if (batch->brk)
		msamp_line_receive_locked(port, 0, UART_LSR_BI);
	for (i = 0; i < batch->nr; i++)
		msamp_line_receive_locked(port, batch->c[i], 0);
	if (port->line->rx.on)
		msamp_line_extend_locked(port, batch);
	batch->nr = 0;
	msamp_port_settle_locked(port);
	msamp_line_signal_locked(port, reply);
	answer = msamp_line_has_news(port);
out:
	spin_unlock(&port->lock);
	return answer;
}

static void msamp_line_drop(struct msamp_end *end, unsigned int nr)
{
	struct msamp_port *port = to_msamp_port(end);

	spin_lock(&port->lock);
	port->past.dropped += nr;
	spin_unlock(&port->lock);
}

static void msamp_line_later(struct msamp_end *end)
{
	struct msamp_port *port = to_msamp_port(end);

	spin_lock(&port->lock);
	if (port->line)
		msamp_line_again_locked(port->line);
	spin_unlock(&port->lock);
}

static bool msamp_line_speaks(struct msamp_end *end, const struct msamp_end *to)
{
	struct msamp_port *port = to_msamp_port(end);
	bool speaks;

	spin_lock(&port->lock);
	speaks = end->running && msamp_line_leads_to(port, to);
	spin_unlock(&port->lock);
	return speaks;
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

const struct msamp_end_ops msamp_line_end_ops = {
	.take = msamp_line_take,
	.give = msamp_line_give,
	.drop = msamp_line_drop,
	.later = msamp_line_later,
	.speaks = msamp_line_speaks,
};

/**
 * msamp_port_leads_to() - where a port's line leads, while its device is open
 * @port: the port
 * @peer: receives the other port's name, if it leads to one
 *
 * Context: Process; the caller keeps the device open.
 * Return: where.
 */
enum msamp_backend_kind msamp_port_leads_to(const struct msamp_port *port, struct msamp_key *peer)
{
	if (!port->line)
		return MSAMP_BACKEND_LOOPBACK;
	*peer = port->line->peer;
	return port->line->kind;
}
