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
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/serial_reg.h>
#include <linux/slab.h>

#include "port/priv.h"

/* No combination of lines: whatever they are, the other end is to be told. */
#define MSAMP_TOLD_NOTHING	0xff

static void msamp_line_again_work(struct work_struct *work)
{
	struct msamp_line *line = container_of(to_delayed_work(work), struct msamp_line, again);

	msamp_line_poke(line->port);
}

static void msamp_line_give_up_work(struct work_struct *work)
{
	struct msamp_line *line = container_of(to_delayed_work(work), struct msamp_line, give_up);

	msamp_line_poke(line->port);
}

/* A peer's port is kept by the path, looked up once for each run. */
static void msamp_line_run_peer(struct msamp_port *port)
{
	struct msamp_path *path = msamp_path_get(&port->line->peer);

	if (IS_ERR(path)) {
		/* no memory for the path: nothing has left the transmitter yet, so try again */
		port->end.ops->later(&port->end);
		return;
	}
	msamp_ends_run(&port->end, path ? &path->port->end : NULL);
	if (path)
		msamp_path_put(path);
}

/**
 * msamp_line_run() - carry what the port has to say to the other end, and what comes back
 * @port: the port; the caller keeps its line from being unplugged
 *
 * Context: Process, without any port's lock.
 */
void msamp_line_run(struct msamp_port *port)
{
	/* who is in the middle of a run must not be kept waiting: others leave their work to him */
	local_bh_disable();
	if (port->line->kind == MSAMP_BACKEND_PEER)
		msamp_line_run_peer(port);
	else if (port->line->kind == MSAMP_BACKEND_HOST)
		msamp_ends_run(&port->end, msamp_host_end(port->line->host));
	else
		msamp_ends_run(&port->end, &port->end);
	local_bh_enable();
}

static bool msamp_line_send_to(struct msamp_port *port, struct msamp_end *to, u8 c)
{
	struct msamp_batch batch;

	if (!msamp_line_take_char(port, c, &batch))
		return false;
	msamp_ends_carry(&port->end, to, &batch);
	return true;
}

static bool msamp_line_send_peer(struct msamp_port *port, u8 c)
{
	struct msamp_path *path = msamp_path_find(&port->line->peer);
	bool sent;

	if (!path)
		return false;
	sent = msamp_line_send_to(port, &path->port->end, c);
	msamp_path_put(path);
	return sent;
}

/**
 * msamp_line_send() - the driver writes THR
 * @port: the port, which has a line
 * @c: the character
 *
 * What a write of the register and msamp_line_run() would do together when the other end is there
 * and nothing else is to be said to it, in one step: a line hardly sees anything else.
 *
 * Context: Process, without any port's lock.
 * Return: false if that is not so; then nothing has been done.
 */
bool msamp_line_send(struct msamp_port *port, u8 c)
{
	struct msamp_line *line = port->line;
	bool sent = false;

	if (line->tx.on)
		return false;
	local_bh_disable();
	if (line->kind == MSAMP_BACKEND_PEER)
		sent = msamp_line_send_peer(port, c);
	else if (line->kind == MSAMP_BACKEND_HOST)
		sent = msamp_line_send_to(port, msamp_host_end(line->host), c);
	local_bh_enable();
	return sent;
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
 * msamp_line_break_locked() - the transmitter has begun a break
 * @port: the port, which has a line
 *
 * Context: Process, under the port's lock.
 */
void msamp_line_break_locked(struct msamp_port *port)
{
	lockdep_assert_held(&port->lock);
	port->line->brk = true;
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
 * msamp_line_poke() - look at the line though nothing has happened to it
 * @port: the port; the caller keeps its line from being unplugged
 *
 * Context: Process, without any port's lock.
 */
void msamp_line_poke(struct msamp_port *port)
{
	bool run;

	spin_lock(&port->lock);
	run = msamp_port_settle_locked(port);
	spin_unlock(&port->lock);
	if (run)
		msamp_line_run(port);
}

static struct msamp_line *msamp_line_alloc(struct msamp_port *port,
					   const struct msamp_line_setup *setup)
{
	struct msamp_line *line = kzalloc(sizeof(*line), GFP_KERNEL);

	if (!line)
		return NULL;
	line->kind = setup->kind;
	line->peer = setup->peer;
	line->host = setup->host;
	line->stay = setup->stay;
	line->kept = setup->stay ? msamp_host_seen(setup->host) & UART_MCR_DTR : 0;
	line->told = MSAMP_TOLD_NOTHING;
	line->seq = ktime_get_ns();
	line->stall = setup->stall * HZ;
	INIT_KFIFO(line->wire);
	line->port = port;
	INIT_DELAYED_WORK(&line->again, msamp_line_again_work);
	INIT_DELAYED_WORK(&line->give_up, msamp_line_give_up_work);
	msamp_pace_init(&line->tx, port, &line->again, setup->pace);
	msamp_pace_init(&line->rx, port, &line->again,
			setup->pace && setup->kind != MSAMP_BACKEND_LOOPBACK);
	return line;
}

/**
 * msamp_line_plug() - give a port a line
 * @port: the port; its device is being opened
 * @setup: where the line leads, and how it behaves
 *
 * The ends exchange their modem lines, whatever either has sent before.
 *
 * Context: Process, may sleep. Pairs with msamp_line_unplug().
 * Return: 0, -ENOMEM.
 */
int msamp_line_plug(struct msamp_port *port, const struct msamp_line_setup *setup)
{
	struct msamp_line *line = msamp_line_alloc(port, setup);

	if (!line)
		return -ENOMEM;

	if (line->kind == MSAMP_BACKEND_HOST)
		msamp_host_set_stall(line->host, line->stall);
	spin_lock(&port->lock);
	port->line = line;
	spin_unlock(&port->lock);
	msamp_line_poke(port);
	return 0;
}

static bool msamp_line_is_silent(struct msamp_port *port)
{
	bool told;

	spin_lock(&port->lock);
	told = !port->end.running && !msamp_line_has_news(port);
	spin_unlock(&port->lock);
	return told;
}

/* Says what the port has to say, and waits until all of it has arrived. */
static void msamp_line_silence(struct msamp_port *port)
{
	msamp_line_run(port);
	while (!msamp_line_is_silent(port)) {
		usleep_range(10, 50);
		msamp_line_run(port);
	}
}

/* Whether the other end is not yet through with what it says to the port; true if in doubt. */
static bool msamp_line_listens(struct msamp_port *port)
{
	struct msamp_line *line = port->line;
	struct msamp_path *path;
	bool speaks;

	if (line->kind == MSAMP_BACKEND_HOST)
		return msamp_host_end(line->host)->ops->speaks(msamp_host_end(line->host),
							       &port->end);
	if (line->kind == MSAMP_BACKEND_LOOPBACK)
		return false;
	path = msamp_path_get(&line->peer);
	if (IS_ERR_OR_NULL(path))
		return path;
	speaks = path->port->end.ops->speaks(&path->port->end, &port->end);
	msamp_path_put(path);
	return speaks;
}

/**
 * msamp_line_freeze() - the port has been stopped: wait until nothing is under way any more
 * @port: the port, which has a line
 *
 * What has left one end is in nobody's state until it is at the other. From now on the other end
 * sends nothing.
 *
 * Context: Process, may sleep, without any port's lock.
 */
void msamp_line_freeze(struct msamp_port *port)
{
	msamp_line_silence(port);
	while (msamp_line_listens(port))
		usleep_range(10, 50);
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

/* The last steps of endpoint.c's order; on return nothing can queue the line's work. */
static void msamp_line_stop(struct msamp_line *line)
{
	msamp_pace_stop(&line->tx);
	msamp_pace_stop(&line->rx);
	cancel_delayed_work_sync(&line->again);
	cancel_delayed_work_sync(&line->give_up);
}

/**
 * msamp_line_unplug() - take a port's line away, and let the other end know
 * @port: the port, with a line or not; its device is being closed, and nobody accesses it any more
 *
 * Context: Process, may sleep.
 */
void msamp_line_unplug(struct msamp_port *port)
{
	struct msamp_line *line = port->line;

	if (!line)
		return;
	spin_lock(&port->lock);
	line->kept = line->stay ? (msamp_line_raised(port) | line->kept) & UART_MCR_DTR : 0;
	line->closing = true;
	/* what is on the wire, or held back by flow control, goes nowhere any more */
	msamp_port_clear_locked(port);
	spin_unlock(&port->lock);
	/* the last word goes through the same channel as all others, or it might be overtaken */
	msamp_line_silence(port);
	msamp_line_stop(line);

	spin_lock(&port->lock);
	port->line = NULL;
	spin_unlock(&port->lock);
	WARN_ON_ONCE(delayed_work_pending(&line->again) || delayed_work_pending(&line->give_up));
	kfree(line);
}

/**
 * msamp_line_init() - make the line's end of a port that has no line yet
 * @port: the port
 *
 * Context: Any.
 */
void msamp_line_init(struct msamp_port *port)
{
	port->end.ops = &msamp_line_end_ops;
	port->end.running = false;
	port->line = NULL;
}
