// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port that is stopped, and its state on its way to another one.
 *
 * In a port that is frozen nothing happens by itself: its line takes nothing from it and its
 * timeout, should it come, finds nothing to do. RTS is down at the other end, whose transmitter
 * waits, even if it does not heed CTS; what it had sent before is on the wire, which is part of the
 * state. Registers still answer. What they have set going is made up for when it thaws.
 */
#include "port/port.h"

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
	/* what is under way will be on the wire; from now on nothing is sent here */
	if (port->line)
		msamp_line_freeze(port);
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
	if (port->line)
		msamp_line_thaw_locked(port);
	run = msamp_port_settle_locked(port);
	spin_unlock(&port->lock);
	if (run)
		msamp_line_run(port);
}

/**
 * msamp_port_save() - copy the registers and FIFOs, and what is on the wire
 * @port: the port, frozen
 * @uart: receives the registers
 * @wire: receives the characters on the wire to the port; room for MSAMP_WIRE_SIZE
 *
 * Context: Process.
 * Return: how many characters are on the wire.
 */
unsigned int msamp_port_save(struct msamp_port *port, struct msamp_uart *uart, u16 *wire)
{
	unsigned int len = 0;

	spin_lock(&port->lock);
	*uart = port->uart;
	if (port->line)
		len = kfifo_out_peek(&port->line->wire, wire, MSAMP_WIRE_SIZE);
	spin_unlock(&port->lock);
	return len;
}

/**
 * msamp_port_load() - take over registers and FIFOs, and what was on the wire
 * @port: the port, frozen
 * @uart: what msamp_port_save() has copied, perhaps elsewhere
 * @wire: the characters on the wire
 * @len: how many; 0 if the port has no line
 *
 * The port's counters stay: they tell what has passed through this one. What has come by the line
 * meanwhile follows what was on the wire.
 *
 * Context: Process.
 */
void msamp_port_load(struct msamp_port *port, const struct msamp_uart *uart, const u16 *wire,
		     unsigned int len)
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
	if (port->line)
		msamp_line_load_locked(port, wire, len);
	/* a message may have been lost on the way: a pin that is high rises anew */
	if (port->irq)
		port->set_irq(port, false);
	port->irq = false;
	msamp_port_settle_locked(port);
	spin_unlock(&port->lock);
}
