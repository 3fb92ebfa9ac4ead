// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port that is stopped, and its state on its way to another one.
 *
 * In a port that is frozen nothing happens by itself: its line carries nothing, its timeout does
 * not run. Registers still answer. What they have set going is made up for when it thaws.
 */
#include "port.h"

/**
 * msamp_port_freeze() - let nothing happen by itself
 * @port: the port
 *
 * Context: Process, may sleep. Pairs with msamp_port_thaw(); a reset thaws, too.
 */
void msamp_port_freeze(struct msamp_port *port)
{
	spin_lock(&port->lock);
	port->frozen = true;
	spin_unlock(&port->lock);
	msamp_clock_cancel(port->clock, &port->timeout);
}

/**
 * msamp_port_thaw() - go on
 * @port: the port
 *
 * Context: Process.
 */
void msamp_port_thaw(struct msamp_port *port)
{
	bool run;

	spin_lock(&port->lock);
	port->frozen = false;
	run = msamp_port_settle_locked(port);
	spin_unlock(&port->lock);
	if (run)
		msamp_line_run(port);
}

/**
 * msamp_port_save() - copy the registers and FIFOs
 * @port: the port
 * @uart: receives them
 *
 * Context: Process.
 */
void msamp_port_save(struct msamp_port *port, struct msamp_uart *uart)
{
	spin_lock(&port->lock);
	*uart = port->uart;
	spin_unlock(&port->lock);
}

/**
 * msamp_port_load() - take over registers and FIFOs
 * @port: the port, frozen
 * @uart: what msamp_port_save() has copied, perhaps elsewhere
 *
 * The port's counters stay: they tell what has passed through this one.
 *
 * Context: Process.
 */
void msamp_port_load(struct msamp_port *port, const struct msamp_uart *uart)
{
	struct msamp_uart_stats stats;
	u32 activity;

	spin_lock(&port->lock);
	stats = port->uart.stats;
	activity = port->uart.rx_activity;
	port->uart = *uart;
	port->uart.stats = stats;
	port->uart.rx_activity = activity + 1;
	port->uart.modem_changed = true;
	/* a message may have been lost on the way: a pin that is high rises anew */
	port->irq = false;
	port->set_irq(port, false);
	msamp_port_settle_locked(port);
	spin_unlock(&port->lock);
}
