// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port as one end of its line: plugging in, running the line, and what the other end asks of it.
 * cable.c has the contract of lines, endpoint.c that of ends.
 */
#include <linux/delay.h>
#include <linux/err.h>

#include "port/priv.h"

static struct msamp_port *endpoint_to_msamp_port(const struct msamp_endpoint *end)
{
	return container_of(end, struct msamp_port, end);
}

static const struct msamp_endpoint_ops msamp_port_end_ops;

static bool msamp_port_end_leads_to(const struct msamp_port *port, const struct msamp_endpoint *end)
{
	const struct msamp_cable *cable = port->cable;

	if (!cable)
		return false;
	switch (cable->kind) {
	case MSAMP_BACKEND_HOST:
		return end == &cable->tty->end;
	case MSAMP_BACKEND_PEER:
		return end->ops == &msamp_port_end_ops &&
		       msamp_key_equal(&endpoint_to_msamp_port(end)->key, &cable->peer);
	default:
		return end == &port->end;
	}
}

/* --- the operations of the end --- */

static bool msamp_port_end_take(struct msamp_endpoint *end, const struct msamp_endpoint *to,
				struct msamp_batch *batch, const struct msamp_signal *reply,
				enum msamp_turn turn)
{
	struct msamp_port *port = endpoint_to_msamp_port(end);
	bool taken = false;

	spin_lock(&port->lock);
	if (turn == MSAMP_TURN_FIRST && end->running)
		goto out;
	if (port->cable && (!to || msamp_port_end_leads_to(port, to))) {
		msamp_cable_take_signal_locked(port, reply);
		if (turn == MSAMP_TURN_LAST)
			msamp_cable_again_locked(port->cable);
		else
			taken = msamp_cable_fill_locked(port, batch);
		if (port->uart.changed)
			msamp_port_settle_locked(port);
	}
	end->running = taken;
out:
	spin_unlock(&port->lock);
	return taken;
}

static bool msamp_port_end_give(struct msamp_endpoint *end, const struct msamp_endpoint *from,
				struct msamp_batch *batch, struct msamp_signal *reply)
{
	struct msamp_port *port = endpoint_to_msamp_port(end);
	bool answer = false;

	spin_lock(&port->lock);
	if (!msamp_port_end_leads_to(port, from) || port->cable->closing)
		goto out;
	msamp_cable_take_signal_locked(port, &batch->signal);
	msamp_cable_receive_batch_locked(port, batch);
	batch->nr = 0;
	msamp_port_settle_locked(port);
	msamp_cable_signal_locked(port, reply);
	answer = msamp_cable_has_news(port);
out:
	spin_unlock(&port->lock);
	return answer;
}

static void msamp_port_end_drop(struct msamp_endpoint *end, unsigned int nr)
{
	struct msamp_port *port = endpoint_to_msamp_port(end);

	spin_lock(&port->lock);
	port->past.dropped += nr;
	spin_unlock(&port->lock);
}

static void msamp_port_end_later(struct msamp_endpoint *end)
{
	struct msamp_port *port = endpoint_to_msamp_port(end);

	spin_lock(&port->lock);
	if (port->cable)
		msamp_cable_again_locked(port->cable);
	spin_unlock(&port->lock);
}

static bool msamp_port_end_sends_to(struct msamp_endpoint *end, const struct msamp_endpoint *to)
{
	struct msamp_port *port = endpoint_to_msamp_port(end);
	bool sends_to;

	spin_lock(&port->lock);
	sends_to = end->running && msamp_port_end_leads_to(port, to);
	spin_unlock(&port->lock);
	return sends_to;
}

static const struct msamp_endpoint_ops msamp_port_end_ops = {
	.take = msamp_port_end_take,
	.give = msamp_port_end_give,
	.drop = msamp_port_end_drop,
	.later = msamp_port_end_later,
	.sends_to = msamp_port_end_sends_to,
};

/* --- running the line --- */

/*
 * The other end; NULL if nothing is plugged in there. A peer's port is kept by the path to it, to
 * be put afterwards if there is one. -ENOMEM if there is no memory for the path.
 */
static struct msamp_endpoint *msamp_port_end_other(struct msamp_port *port,
						   struct msamp_peer **peer)
{
	struct msamp_cable *cable = port->cable;
	struct msamp_peer *found;

	*peer = NULL;
	if (cable->kind == MSAMP_BACKEND_HOST)
		return &cable->tty->end;
	if (cable->kind == MSAMP_BACKEND_LOOPBACK)
		return &port->end;
	found = msamp_peer_get(&cable->peer);
	if (IS_ERR_OR_NULL(found))
		return ERR_CAST(found);
	*peer = found;
	return &found->port->end;
}

static void msamp_port_end_put_peer(struct msamp_peer *peer)
{
	if (peer)
		msamp_peer_put(peer);
}

/*
 * Carries what the port has to say to the other end, and what comes back. The caller keeps the line
 * from being unplugged. Softirqs would delay the runner, while other CPUs queue work behind it.
 */
static void msamp_port_end_run(struct msamp_port *port)
{
	struct msamp_peer *peer;
	struct msamp_endpoint *to;

	local_bh_disable();
	to = msamp_port_end_other(port, &peer);
	/* without memory for a path nothing has left the transmitter yet, so try again */
	if (IS_ERR(to))
		msamp_port_end_later(&port->end);
	else
		msamp_endpoints_run(&port->end, to);
	msamp_port_end_put_peer(peer);
	local_bh_enable();
}

/* The driver writes THR. The character leaves at once if it can, else by way of the transmitter. */
static bool msamp_port_end_begin_char(struct msamp_port *port, u8 c, struct msamp_batch *batch,
				      bool has_other)
{
	bool begun = false;

	spin_lock(&port->lock);
	if (has_other && msamp_cable_take_char_locked(port, c, batch)) {
		begun = true;
	} else {
		msamp_uart_write(&port->uart, UART_TX, c);
		if (port->uart.changed && msamp_port_settle_locked(port)) {
			if (!has_other)
				msamp_cable_again_locked(port->cable);
			else if (!port->end.running)
				begun = msamp_cable_fill_locked(port, batch);
		}
	}
	if (port->uart.changed)
		msamp_port_settle_locked(port);
	port->end.running |= begun;
	spin_unlock(&port->lock);
	return begun;
}

static void msamp_port_end_send(struct msamp_port *port, u8 c)
{
	struct msamp_batch batch;
	struct msamp_peer *peer;
	struct msamp_endpoint *to;

	local_bh_disable();
	to = msamp_port_end_other(port, &peer);
	if (msamp_port_end_begin_char(port, c, &batch, !IS_ERR(to)))
		msamp_endpoints_carry(&port->end, to, &batch);
	msamp_port_end_put_peer(peer);
	local_bh_enable();
}

/* Looks at the line though nothing has happened to it. */
static void msamp_port_end_poke(struct msamp_port *port)
{
	bool run;

	spin_lock(&port->lock);
	run = msamp_port_settle_locked(port);
	spin_unlock(&port->lock);
	if (run)
		msamp_port_end_run(port);
}

static void msamp_port_end_again_work(struct work_struct *work)
{
	msamp_port_end_poke(container_of(to_delayed_work(work), struct msamp_cable, again)->port);
}

static void msamp_port_end_give_up_work(struct work_struct *work)
{
	msamp_port_end_poke(container_of(to_delayed_work(work), struct msamp_cable, give_up)->port);
}

static const struct msamp_cable_upcalls msamp_cable_upcalls = {
	.run = msamp_port_end_run,
	.send = msamp_port_end_send,
};

/* --- plugging in --- */

/**
 * msamp_port_end_plug() - give a port a line
 * @port: the port; its device is being opened
 * @setup: where the line leads, and how it behaves
 *
 * The ends exchange their modem lines, whatever either has sent before.
 *
 * Context: Process, may sleep. Pairs with msamp_port_end_unplug().
 * Return: 0, -ENOMEM.
 */
int msamp_port_end_plug(struct msamp_port *port, const struct msamp_cable_setup *setup)
{
	struct msamp_cable *cable = msamp_cable_alloc(port, setup);

	if (!cable)
		return -ENOMEM;
	cable->up = &msamp_cable_upcalls;
	INIT_DELAYED_WORK(&cable->again, msamp_port_end_again_work);
	INIT_DELAYED_WORK(&cable->give_up, msamp_port_end_give_up_work);

	if (cable->kind == MSAMP_BACKEND_HOST)
		msamp_tty_set_stall(cable->tty, cable->stall);
	spin_lock(&port->lock);
	port->cable = cable;
	spin_unlock(&port->lock);
	msamp_port_end_poke(port);
	return 0;
}

static bool msamp_port_end_is_silent(struct msamp_port *port)
{
	bool silent;

	spin_lock(&port->lock);
	silent = !port->end.running && !msamp_cable_has_news(port);
	spin_unlock(&port->lock);
	return silent;
}

/* Send all that the port has to send, and wait until it has arrived. */
static void msamp_port_end_silence(struct msamp_port *port)
{
	msamp_port_end_run(port);
	while (!msamp_port_end_is_silent(port)) {
		usleep_range(10, 50);
		msamp_port_end_run(port);
	}
}

/* Whether the other end is not yet through with what it says to the port; true if in doubt. */
static bool msamp_port_end_listens(struct msamp_port *port)
{
	struct msamp_peer *peer;
	struct msamp_endpoint *from = msamp_port_end_other(port, &peer);
	bool sends_to;

	if (IS_ERR_OR_NULL(from) || from == &port->end)
		return IS_ERR(from);
	sends_to = from->ops->sends_to(from, &port->end);
	msamp_port_end_put_peer(peer);
	return sends_to;
}

/**
 * msamp_port_end_freeze() - the port has been stopped: wait until nothing is under way any more
 * @port: the port, which has a line
 *
 * What has left one end is in neither end's state until it has arrived. From now on the other end
 * sends nothing.
 *
 * Context: Process, may sleep, without any port's lock.
 */
void msamp_port_end_freeze(struct msamp_port *port)
{
	msamp_port_end_silence(port);
	while (msamp_port_end_listens(port))
		usleep_range(10, 50);
}

/**
 * msamp_port_end_unplug() - take a port's line away, and let the other end know
 * @port: the port, with a line or not; its device is being closed, and there are no more accesses
 *
 * Context: Process, may sleep.
 */
void msamp_port_end_unplug(struct msamp_port *port)
{
	struct msamp_cable *cable = port->cable;

	if (!cable)
		return;
	spin_lock(&port->lock);
	cable->kept = cable->stay ? (msamp_cable_raised(port) | cable->kept) & UART_MCR_DTR : 0;
	cable->closing = true;
	/* what is on the wire, or held back by flow control, goes nowhere any more */
	msamp_port_clear_locked(port);
	spin_unlock(&port->lock);
	/* the last word goes through the same channel as all others, or it might be overtaken */
	msamp_port_end_silence(port);
	msamp_cable_stop(cable);

	spin_lock(&port->lock);
	port->cable = NULL;
	spin_unlock(&port->lock);
	msamp_cable_free(cable);
}

/**
 * msamp_port_end_init() - make the line's end of a port that has no line yet
 * @port: the port
 *
 * Context: Any.
 */
void msamp_port_end_init(struct msamp_port *port)
{
	port->end.ops = &msamp_port_end_ops;
	port->end.running = false;
	port->cable = NULL;
}

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
	if (!port->cable)
		return MSAMP_BACKEND_LOOPBACK;
	*peer = port->cable->peer;
	return port->cable->kind;
}
