// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port. Every access runs the same three steps under the port's lock: the register, then the
 * line (move what the transmitter holds to where it leads), then the consequences (interrupt pin,
 * character timeout). Without anything else plugged in (cable.c) there is a loopback plug: what is
 * sent comes back, RTS is wired to CTS, DTR to DSR and DCD.
 */
#include "port/priv.h"

/* The data sheet's character timeout. */
#define MSAMP_TIMEOUT_CHARS	4

static void msamp_port_run_modem(struct msamp_uart *uart)
{
	while (uart->modem_changed) {
		uart->modem_changed = false;
		msamp_uart_set_lines(uart, msamp_uart_cross(msamp_uart_modem_out(uart)));
	}
}

/*
 * With auto flow control each character may drop RTS, and with it CTS; then the lines are looked
 * at before the next one.
 */
static void msamp_port_run_line(struct msamp_uart *uart)
{
	do {
		msamp_port_run_modem(uart);
	} while (msamp_uart_sends(uart) && msamp_uart_echo(uart));
}

static void msamp_port_arm(struct msamp_port *port, u8 chars)
{
	port->activity = port->uart.rx_activity;
	WRITE_ONCE(port->char_ns, msamp_uart_char_ns(&port->uart));
	port->quiet_step = chars;
	hrtimer_start(&port->timeout, ns_to_ktime(chars * port->char_ns), HRTIMER_MODE_REL_SOFT);
}

/**
 * msamp_port_settle_locked() - follow what has happened to the registers
 * @port: the port
 *
 * Context: Any but hard interrupts, under the port's lock.
 * Return: true if the line must be run, without the lock.
 */
bool msamp_port_settle_locked(struct msamp_port *port)
{
	struct msamp_uart *uart = &port->uart;
	bool run = false;
	bool irq;

	lockdep_assert_held(&port->lock);
	if (port->cable)
		run = msamp_cable_settle_locked(port);
	else if (!port->frozen)
		msamp_port_run_line(uart);
	uart->changed = false;

	irq = msamp_uart_irq(uart);
	if (irq != port->irq) {
		port->irq = irq;
		port->past.interrupts += irq;
		port->set_irq(port, irq);
	}

	if (port->frozen || !msamp_uart_timeout_running(uart))
		return run;
	/* one that was set at another rate, perhaps a very low one, is set anew */
	if (!hrtimer_is_queued(&port->timeout) || port->char_ns != msamp_uart_char_ns(uart)) {
		port->quiet_left = MSAMP_TIMEOUT_CHARS;
		msamp_port_arm(port, MSAMP_TIMEOUT_CHARS);
	}
	return run;
}

/*
 * Activity does not touch the timer; it is noticed here. After activity the timer fires every
 * character time until it has seen four quiet ones, so the timeout strikes four to five character
 * times after the last event.
 */
static enum hrtimer_restart msamp_port_timeout(struct hrtimer *timer)
{
	struct msamp_port *port = container_of(timer, struct msamp_port, timeout);
	struct msamp_uart *uart = &port->uart;

	/* its holder may be what this softirq has interrupted: come back a character later */
	if (!spin_trylock(&port->lock)) {
		hrtimer_start(timer, ns_to_ktime(READ_ONCE(port->char_ns)), HRTIMER_MODE_REL_SOFT);
		return HRTIMER_NORESTART;
	}
	/* an access may have set it anew since it fired */
	if (port->frozen || !msamp_uart_timeout_running(uart) || hrtimer_is_queued(timer))
		goto out;

	if (port->activity != uart->rx_activity)
		port->quiet_left = MSAMP_TIMEOUT_CHARS;
	else
		port->quiet_left -= port->quiet_step;

	if (port->quiet_left) {
		msamp_port_arm(port, 1);
	} else {
		msamp_uart_timeout(uart);
		msamp_port_settle_locked(port);
	}
out:
	spin_unlock(&port->lock);
	return HRTIMER_NORESTART;
}

/**
 * msamp_port_init() - make a port
 * @port: the port
 * @index: its number on the card
 * @set_irq: called for each change of the interrupt pin
 *
 * Context: Any.
 */
void msamp_port_init(struct msamp_port *port, unsigned int index, msamp_port_irq_fn set_irq)
{
	spin_lock_init(&port->lock);
	port->index = index;
	port->set_irq = set_irq;
	msamp_compat_hrtimer_setup(&port->timeout, msamp_port_timeout, CLOCK_MONOTONIC,
				   HRTIMER_MODE_REL_SOFT);
	msamp_uart_reset(&port->uart);
}

/* The figures so far, with those that the next reset of the UART would zero. */
static void msamp_port_sum_locked(const struct msamp_port *port, struct msamp_port_stats *sum)
{
	const struct msamp_uart_stats *now = &port->uart.stats;

	lockdep_assert_held(&port->lock);
	*sum = port->past;
	sum->tx += now->tx;
	sum->rx += now->rx;
	sum->overruns += now->overruns;
	sum->breaks += now->breaks;
}

/**
 * msamp_port_clear_locked() - registers and line as after power-on
 * @port: the port
 *
 * What is plugged in at the other end still drives the modem lines.
 *
 * Context: Process, under the port's lock.
 */
void msamp_port_clear_locked(struct msamp_port *port)
{
	lockdep_assert_held(&port->lock);
	port->frozen = false;
	msamp_port_sum_locked(port, &port->past);
	if (port->cable)
		msamp_cable_clear_locked(port);
	else
		port->uart.line_in = 0;
	msamp_uart_reset(&port->uart);
}

/**
 * msamp_port_reset() - as after power-on
 * @port: the port
 *
 * Context: Process.
 */
void msamp_port_reset(struct msamp_port *port)
{
	bool run;

	spin_lock(&port->lock);
	msamp_port_clear_locked(port);
	run = msamp_port_settle_locked(port);
	spin_unlock(&port->lock);
	if (run)
		port->cable->up->run(port);
}

/**
 * msamp_port_stats() - what has passed through since the device was created
 * @port: the port
 * @stats: the figures
 *
 * Context: Process.
 */
void msamp_port_stats(struct msamp_port *port, struct msamp_port_stats *stats)
{
	spin_lock(&port->lock);
	msamp_port_sum_locked(port, stats);
	spin_unlock(&port->lock);
}

/**
 * msamp_port_stop() - reset the port and stop its timeout for good
 * @port: the port; there are no more accesses
 *
 * Context: Process, may sleep.
 */
void msamp_port_stop(struct msamp_port *port)
{
	msamp_port_reset(port);
	hrtimer_cancel(&port->timeout);
}

static void msamp_port_break_locked(struct msamp_port *port)
{
	lockdep_assert_held(&port->lock);
	if (port->cable)
		port->cable->brk = true;
	else
		msamp_uart_receive(&port->uart, 0, UART_LSR_BI);
}

/*
 * After most accesses of a driver that polls there is nothing to follow: no interrupt is enabled,
 * nothing waits in the transmitter, and no other line than the loopback plug wants to know.
 */
static bool msamp_port_follow_locked(struct msamp_port *port)
{
	struct msamp_uart *uart = &port->uart;

	if (uart->ier || port->irq || port->cable || uart->modem_changed || msamp_uart_sends(uart))
		return msamp_port_settle_locked(port);
	uart->changed = false;
	return false;
}

static void msamp_port_write_locked(struct msamp_port *port, unsigned int reg, u8 val)
{
	struct msamp_uart *uart = &port->uart;
	bool broke = msamp_uart_break_out(uart);

	lockdep_assert_held(&port->lock);
	msamp_uart_write(uart, reg, val);
	if (!broke && msamp_uart_break_out(uart))
		msamp_port_break_locked(port);
}

/* The rest of msamp_port_read(). */
u8 __msamp_port_read(struct msamp_port *port, unsigned int reg)
{
	bool run = false;
	u8 val;

	spin_lock(&port->lock);
	val = msamp_uart_read(&port->uart, reg);
	if (port->uart.changed)
		run = msamp_port_follow_locked(port);
	spin_unlock(&port->lock);
	if (unlikely(run))
		port->cable->up->run(port);
	return val;
}

/* Most characters that a driver writes meet a plug that nothing stands in the way of. */
static bool msamp_port_pass_locked(struct msamp_port *port, unsigned int reg, u8 val)
{
	lockdep_assert_held(&port->lock);
	return reg == UART_TX && !port->cable && !port->frozen && msamp_uart_pass(&port->uart, val);
}

/**
 * msamp_port_write() - the bus writes a register
 * @port: the port
 * @reg: register number, below MSAMP_UART_REGS
 * @val: the value
 *
 * Context: Process.
 */
void msamp_port_write(struct msamp_port *port, unsigned int reg, u8 val)
{
	bool run = false;

	/* changes only when the device opens or closes */
	if (reg == UART_TX && port->cable) {
		port->cable->up->send(port, val);
		return;
	}
	spin_lock(&port->lock);
	if (!msamp_port_pass_locked(port, reg, val))
		msamp_port_write_locked(port, reg, val);
	if (port->uart.changed)
		run = msamp_port_follow_locked(port);
	spin_unlock(&port->lock);
	if (unlikely(run))
		port->cable->up->run(port);
}

/*
 * In a port that is frozen nothing happens by itself: its line takes nothing from it and its
 * timeout, should it come, finds nothing to do. RTS is down at the other end, whose transmitter
 * waits, even if it does not heed CTS; what it had sent before is on the wire, which is part of the
 * state. Registers still answer. What they have set going is made up for when it thaws.
 */

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
	if (port->cable)
		msamp_port_end_freeze(port);
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
	if (port->cable)
		msamp_cable_thaw_locked(port);
	run = msamp_port_settle_locked(port);
	spin_unlock(&port->lock);
	if (run)
		port->cable->up->run(port);
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
	if (port->cable)
		len = kfifo_out_peek(&port->cable->wire, wire, MSAMP_WIRE_SIZE);
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
	if (port->cable)
		msamp_cable_load_locked(port, wire, len);
	/* a message may have been lost on the way: a pin that is high rises anew */
	if (port->irq)
		port->set_irq(port, false);
	port->irq = false;
	msamp_port_settle_locked(port);
	spin_unlock(&port->lock);
}
