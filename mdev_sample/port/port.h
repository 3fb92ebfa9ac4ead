/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port: a UART with its lock, its character timeout, and what its line leads to.
 */
#ifndef MSAMP_PORT_H
#define MSAMP_PORT_H

#include <linux/hrtimer.h>
#include <linux/spinlock.h>

#include "hw/uart.h"
#include "port/backend.h"
#include "port/cable.h"
#include "port/endpoint.h"

/* What a card has at most. */
#define MSAMP_MAX_PORTS		4

struct msamp_port;

/**
 * typedef msamp_port_irq_fn - a port's interrupt pin has changed
 * @port: the port, locked
 * @level: the pin's new level
 *
 * Context: Process or softirq, under the port's lock.
 */
typedef void (*msamp_port_irq_fn)(struct msamp_port *port, bool level);

/**
 * struct msamp_port - one serial port of a card
 * @lock: protects @uart, @irq, @frozen, @line, @end, @past and all that belongs to @timeout. It is
 *	taken with softirqs on, which is cheap; the timeout's softirq only ever tries to take it
 * @uart: the registers and FIFOs
 * @irq: level of the interrupt pin as last told to @set_irq
 * @frozen: the device is stopped: the line and the timeout stand still
 * @set_irq: told of each change of the pin
 * @index: the port's number on its card, from 0
 * @timeout: the character timeout; fires in softirq context
 * @activity: @uart's activity count when @timeout was last looked at
 * @char_ns: what a character took on the line when @timeout was set
 * @quiet_left: character times without activity that are left until the timeout strikes
 * @quiet_step: character times between now and when @timeout fires
 * @line: what is plugged in; NULL for a loopback plug. Changes only when the device opens or closes
 * @end: the line's end on this side
 * @past: what had passed through when @uart was last reset
 * @key: the port's name on the whole host
 * @backend: the settings that say what is plugged in
 */
struct msamp_port {
	spinlock_t lock;	/* the registers */
	struct msamp_uart uart;
	bool irq;
	bool frozen;
	msamp_port_irq_fn set_irq;
	unsigned int index;
	struct hrtimer timeout;
	u32 activity;
	u64 char_ns;
	u8 quiet_left;
	u8 quiet_step;
	struct msamp_line *line;
	struct msamp_end end;
	struct msamp_port_stats past;
	struct msamp_key key;
	struct msamp_backend backend;
};

void msamp_port_init(struct msamp_port *port, unsigned int index, msamp_port_irq_fn set_irq);
void msamp_port_reset(struct msamp_port *port);
void msamp_port_stop(struct msamp_port *port);
void msamp_port_clear_locked(struct msamp_port *port);
bool msamp_port_settle_locked(struct msamp_port *port);
void msamp_port_stats(struct msamp_port *port, struct msamp_port_stats *stats);
u8 __msamp_port_read(struct msamp_port *port, unsigned int reg);
void msamp_port_write(struct msamp_port *port, unsigned int reg, u8 val);

/* port_state.c */
void msamp_port_freeze(struct msamp_port *port);
void msamp_port_thaw(struct msamp_port *port);
unsigned int msamp_port_save(struct msamp_port *port, struct msamp_uart *uart, u16 *wire);
void msamp_port_load(struct msamp_port *port, const struct msamp_uart *uart, const u16 *wire,
		     unsigned int len);

/**
 * msamp_port_read() - the bus reads a register
 * @port: the port
 * @reg: register number, below MSAMP_UART_REGS
 *
 * Context: Process.
 * Return: the register's value.
 */
static inline u8 msamp_port_read(struct msamp_port *port, unsigned int reg)
{
	u8 val;

	if (msamp_uart_peek(&port->uart, reg, &val))
		return val;
	return __msamp_port_read(port, reg);
}

#endif /* MSAMP_PORT_H */
