/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port: a UART with its lock, its character timeout, and what its line leads to.
 */
#ifndef MSAMP_PORT_H
#define MSAMP_PORT_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/uuid.h>

#include "hw/uart.h"

/* What a card has at most. */
#define MSAMP_MAX_PORTS		4

/* Characters on the wire to a port, at most. */
#define MSAMP_WIRE_SIZE		1024

#define MSAMP_PATH_BUCKETS		1024
#define MSAMP_PATH_BUCKETS_MAX		1048576
#define MSAMP_PATH_GC_INTERVAL		30
#define MSAMP_PATH_GC_INTERVAL_MAX	86400

struct device;
struct msamp_endpoint_ops;
struct msamp_tty;
struct msamp_cable;
struct msamp_namespace;
struct msamp_port;

/**
 * struct msamp_key - names a port on the whole host
 * @uuid: its device
 * @port: its number there, from 0
 */
struct msamp_key {
	guid_t uuid;
	u32 port;
};

/**
 * enum msamp_backend_kind - where a line leads
 * @MSAMP_BACKEND_LOOPBACK: back to the port
 * @MSAMP_BACKEND_HOST: to a tty of the host
 * @MSAMP_BACKEND_PEER: to another port, as a null modem
 */
enum msamp_backend_kind {
	MSAMP_BACKEND_LOOPBACK,
	MSAMP_BACKEND_HOST,
	MSAMP_BACKEND_PEER,
};

/**
 * struct msamp_endpoint - one end of a line
 * @ops: its kind
 * @running: batches are being taken; protected by the end's lock
 */
struct msamp_endpoint {
	const struct msamp_endpoint_ops *ops;
	bool running;
};

/**
 * struct msamp_backend - a port's settings; protected by the lock of all settings
 * @kind: where its line leads by its own wish
 * @peer: the port that it names, if that is a peer
 * @claim: place among the claims, if it names a peer
 * @setting: place among the settings that are no loopback
 * @tty: the tty, if it leads to one
 * @pace: 1 if the line keeps the pace that the divisor sets
 * @stay: 1 if carrier at the tty stays up when the device closes
 * @stall: seconds for which the line waits for an other end that is stopped; 0 for ever
 * @open: the device is open: nothing may be changed
 */
struct msamp_backend {
	enum msamp_backend_kind kind;
	struct msamp_key peer;
	struct hlist_node claim;
	struct hlist_node setting;
	struct msamp_tty *tty;
	unsigned int pace;
	unsigned int stay;
	unsigned int stall;
	bool open;
};

/**
 * struct msamp_port_stats - what has passed through a port since its device was created
 * @tx: characters that left the transmitter
 * @rx: characters that the receiver stored
 * @overruns: characters lost because a receiver, the port's or its tty's, was full
 * @breaks: breaks received
 * @dropped: characters sent, from either side, into an unplugged cable or to an end that has been
 *	stopped for too long
 * @interrupts: how often the interrupt pin has risen
 */
struct msamp_port_stats {
	u64 tx;
	u64 rx;
	u64 overruns;
	u64 breaks;
	u64 dropped;
	u64 interrupts;
};

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
 * @lock: protects @uart, @irq, @frozen, @cable, @end, @past and all that belongs to @timeout. It is
 *	taken with softirqs on, which is cheap; the timeout's softirq only ever tries to take it
 * @uart: the registers and FIFOs
 * @irq: level of the interrupt pin as last passed to @set_irq
 * @frozen: the device is stopped: the line and the timeout stand still
 * @set_irq: called for each change of the pin
 * @index: the port's number on its card, from 0
 * @timeout: the character timeout; fires in softirq context
 * @activity: @uart's activity count when @timeout was last looked at
 * @char_ns: what a character took on the line when @timeout was set
 * @quiet_left: character times without activity that are left until the timeout strikes
 * @quiet_step: character times between now and when @timeout fires
 * @cable: what is plugged in; NULL for a loopback plug. Changes only when the device opens or
 *	closes
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
	struct msamp_cable *cable;
	struct msamp_endpoint end;
	struct msamp_port_stats past;
	struct msamp_key key;
	struct msamp_backend backend;
};

void msamp_port_init(struct msamp_port *port, unsigned int index, msamp_port_irq_fn set_irq);
void msamp_port_reset(struct msamp_port *port);
void msamp_port_stop(struct msamp_port *port);
void msamp_port_stats(struct msamp_port *port, struct msamp_port_stats *stats);
u8 __msamp_port_read(struct msamp_port *port, unsigned int reg);
void msamp_port_write(struct msamp_port *port, unsigned int reg, u8 val);

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

/* port_end.c */
enum msamp_backend_kind msamp_port_leads_to(const struct msamp_port *port, struct msamp_key *peer);

/* backend.c */
void msamp_backend_init(struct msamp_port *port, const guid_t *uuid);
void msamp_backends_remove(struct msamp_port *ports, unsigned int nr);
int msamp_backend_open(struct msamp_port *port);
void msamp_backend_close(struct msamp_port *port);

int msamp_backend_set(struct msamp_port *port, struct device *dev, const char *text);
ssize_t msamp_backend_show(struct msamp_port *port, char *buf);
ssize_t msamp_backend_show_partner(struct msamp_port *port, char *buf);
ssize_t msamp_backend_show_tty(struct msamp_port *port, char *buf);
int msamp_backend_set_pace(struct msamp_port *port, bool pace);
int msamp_backend_set_hangup(struct msamp_port *port, bool hangup);
int msamp_backend_set_stall(struct msamp_port *port, unsigned int stall);
void msamp_backend_stats(struct msamp_port *port, struct msamp_port_stats *stats);

int msamp_ports_init(struct msamp_namespace *ns, unsigned int path_buckets,
		     unsigned int path_gc_interval,
		     struct msamp_port *(*resolve)(void *object, unsigned int port));
void msamp_ports_exit(void);

/* peer_table.c */

/**
 * struct msamp_peer_stats - what a table has done so far
 * @paths: paths in the table now
 * @hits: lookups that found one
 * @misses: lookups that had to ask the namespace
 * @collected: paths dropped because they were unused
 */
struct msamp_peer_stats {
	unsigned int paths;
	u64 hits;
	u64 misses;
	u64 collected;
};

int msamp_peers_check(unsigned int buckets, unsigned int interval);
void msamp_peers_stats(struct msamp_peer_stats *stats);

#endif /* MSAMP_PORT_H */
