// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port as one end of its line: plugging in, running the line, and what the other end asks of it.
 * cable.c has the contract of lines, endpoint.c that of ends.
 */
#include <linux/delay.h>
#include <linux/err.h>

#include "port/priv.h"

static struct msamp_port *to_msamp_port(const struct msamp_end *end)
{
	return container_of(end, struct msamp_port, end);
}

static const struct msamp_end_ops msamp_line_end_ops;

static bool msamp_line_leads_to(const struct msamp_port *port, const struct msamp_end *end)
{
	const struct msamp_line *line = port->line;

	if (!line)
		return false;
	switch (line->kind) {
	case MSAMP_BACKEND_HOST:
		return end == &line->host->end;
	case MSAMP_BACKEND_PEER:
		return end->ops == &msamp_line_end_ops &&
		       msamp_key_equal(&to_msamp_port(end)->key, &line->peer);
	default:
		return end == &port->end;
	}
}

/* --- the operations of the end --- */

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

static bool msamp_line_give(struct msamp_end *end, const struct msamp_end *from,
			    struct msamp_batch *batch, struct msamp_signal *reply)
{
	struct msamp_port *port = to_msamp_port(end);
	bool answer = false;

	spin_lock(&port->lock);
	if (!msamp_line_leads_to(port, from) || port->line->closing)
		goto out;
	msamp_line_hear_locked(port, &batch->signal);
	msamp_line_receive_batch_locked(port, batch);
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

static const struct msamp_end_ops msamp_line_end_ops = {
	.take = msamp_line_take,
	.give = msamp_line_give,
	.drop = msamp_line_drop,
	.later = msamp_line_later,
	.speaks = msamp_line_speaks,
};

/* --- running the line --- */

/*
 * The other end; NULL if nothing is plugged in there. A peer's port is kept by the path to it, to
 * be put afterwards if there is one. -ENOMEM if there is no memory for the path.
 */
static struct msamp_end *msamp_line_other_end(struct msamp_port *port, struct msamp_path **path)
{
	struct msamp_line *line = port->line;
	struct msamp_path *found;

	*path = NULL;
	if (line->kind == MSAMP_BACKEND_HOST)
		return &line->host->end;
	if (line->kind == MSAMP_BACKEND_LOOPBACK)
		return &port->end;
	found = msamp_path_get(&line->peer);
	if (IS_ERR_OR_NULL(found))
		return ERR_CAST(found);
	*path = found;
	return &found->port->end;
}

static void msamp_line_put_path(struct msamp_path *path)
{
	if (path)
		msamp_path_put(path);
}

/*
 * Carries what the port has to say to the other end, and what comes back. The caller keeps the line
 * from being unplugged. Softirqs would delay the runner, while other CPUs queue work behind it.
 */
static void msamp_line_run(struct msamp_port *port)
{
	struct msamp_path *path;
	struct msamp_end *to;

	local_bh_disable();
	to = msamp_line_other_end(port, &path);
	/* without memory for a path nothing has left the transmitter yet, so try again */
	if (IS_ERR(to))
		msamp_line_later(&port->end);
	else
		msamp_ends_run(&port->end, to);
	msamp_line_put_path(path);
	local_bh_enable();
}

/* The driver writes THR. The character leaves at once if it can, else by way of the transmitter. */
static bool msamp_line_begin_char(struct msamp_port *port, u8 c, struct msamp_batch *batch,
				  bool has_other)
{
	bool begun = false;

	spin_lock(&port->lock);
	if (has_other && msamp_line_take_char_locked(port, c, batch)) {
		begun = true;
	} else {
		msamp_uart_write(&port->uart, UART_TX, c);
		if (port->uart.changed && msamp_port_settle_locked(port)) {
			if (!has_other)
				msamp_line_again_locked(port->line);
			else if (!port->end.running)
				begun = msamp_line_fill_locked(port, batch);
		}
	}
	if (port->uart.changed)
		msamp_port_settle_locked(port);
	port->end.running |= begun;
	spin_unlock(&port->lock);
	return begun;
}

static void msamp_line_send(struct msamp_port *port, u8 c)
{
	struct msamp_batch batch;
	struct msamp_path *path;
	struct msamp_end *to;

	local_bh_disable();
	to = msamp_line_other_end(port, &path);
	if (msamp_line_begin_char(port, c, &batch, !IS_ERR(to)))
		msamp_ends_carry(&port->end, to, &batch);
	msamp_line_put_path(path);
	local_bh_enable();
}

/* Looks at the line though nothing has happened to it. */
static void msamp_line_poke(struct msamp_port *port)
{
	bool run;

	spin_lock(&port->lock);
	run = msamp_port_settle_locked(port);
	spin_unlock(&port->lock);
	if (run)
		msamp_line_run(port);
}

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

static const struct msamp_line_upcalls msamp_line_upcalls = {
	.run = msamp_line_run,
	.send = msamp_line_send,
};

/* --- plugging in --- */

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
	line->up = &msamp_line_upcalls;
	INIT_DELAYED_WORK(&line->again, msamp_line_again_work);
	INIT_DELAYED_WORK(&line->give_up, msamp_line_give_up_work);

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
	struct msamp_path *path;
	struct msamp_end *from = msamp_line_other_end(port, &path);
	bool speaks;

	if (IS_ERR_OR_NULL(from) || from == &port->end)
		return IS_ERR(from);
	speaks = from->ops->speaks(from, &port->end);
	msamp_line_put_path(path);
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
	msamp_line_free(line);
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
