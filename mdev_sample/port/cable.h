/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The line of a port that is not simply a loopback plug. cable.c has the contract.
 */
#ifndef MSAMP_LINE_H
#define MSAMP_LINE_H

#include <linux/kfifo.h>
#include <linux/workqueue.h>

#include "port/pace.h"
#include "port/peer_table.h"

struct msamp_batch;
struct msamp_end_ops;
struct msamp_host;
struct msamp_port;

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
 * struct msamp_line_setup - the settings that a line is plugged in with
 * @kind: where it leads
 * @peer: the port there, if it leads to one
 * @host: the tty there, if it leads to one; outlives the line
 * @pace: keep the pace that the divisor sets
 * @stay: leave DTR at the tty as it is, when the line is unplugged and until the driver sets it
 * @stall: seconds for which an end that is stopped is waited for; 0 for ever
 */
struct msamp_line_setup {
	enum msamp_backend_kind kind;
	struct msamp_key peer;
	struct msamp_host *host;
	bool pace;
	bool stay;
	unsigned int stall;
};

/* Characters on the wire; above HIGH the sender's CTS falls, below LOW it rises again. */
#define MSAMP_WIRE_SIZE		1024
#define MSAMP_WIRE_HIGH		512
#define MSAMP_WIRE_LOW		128

/**
 * struct msamp_line - a port's line, from open to close; protected by the port's lock
 * @kind: where it leads; this and the next two never change
 * @peer: the port at the other end
 * @host: the tty at the other end
 * @closing: it is about to be unplugged: nothing more is sent, and its work is not queued
 * @stay: DTR stays as it is at the other end when the line is unplugged
 * @kept: DTR as it has stayed, until the driver first raises DTR or RTS; once the line is closing,
 *	DTR as it is to stay
 * @brk: a break has begun and has not been sent yet
 * @choked: too many characters are on the wire: RTS is down at the other end
 * @told: the modem lines that the other end has been told
 * @seq: number of the last signal that left; grows slower than time, at which it begins, so that
 *	those of a later line are higher than those of an earlier one
 * @heard: number of the last signal that arrived
 * @in: what it means for the modem inputs, UART_MSR_CTS, DSR and DCD
 * @held: the other end is stopped: the transmitter waits
 * @due: when the line will have carried what the other end has sent, in monotonic nanoseconds
 * @stall: jiffies for which it waits; 0 for ever
 * @held_until: jiffies when it has waited for that long
 * @wire: characters on their way to the receiver, with LSR's error bits in the high byte
 * @tx: pace of the transmitter
 * @rx: pace of the receiver
 * @again: looks at the line again, in process context; queued by msamp_line_queue_locked(), and by
 *	the timers of @tx and @rx, only
 * @give_up: the same when @held_until has come; queued by msamp_line_queue_locked() only
 * @port: the port
 */
struct msamp_line {
	enum msamp_backend_kind kind;
	struct msamp_key peer;
	struct msamp_host *host;
	bool closing;
	bool stay;
	u8 kept;
	bool brk;
	bool choked;
	u8 told;
	u64 seq;
	u64 heard;
	u8 in;
	bool held;
	u64 due;
	unsigned long stall;
	unsigned long held_until;
	DECLARE_KFIFO(wire, u16, MSAMP_WIRE_SIZE);
	struct msamp_pace tx;
	struct msamp_pace rx;
	struct delayed_work again;
	struct delayed_work give_up;
	struct msamp_port *port;
};

void msamp_line_init(struct msamp_port *port);
int msamp_line_plug(struct msamp_port *port, const struct msamp_line_setup *setup);
void msamp_line_unplug(struct msamp_port *port);

bool msamp_line_settle_locked(struct msamp_port *port);
void msamp_line_break_locked(struct msamp_port *port);
void msamp_line_clear_locked(struct msamp_port *port);
void msamp_line_load_locked(struct msamp_port *port, const u16 *wire, unsigned int len);
void msamp_line_run(struct msamp_port *port);
bool msamp_line_send(struct msamp_port *port, u8 c);
void msamp_line_poke(struct msamp_port *port);
void msamp_line_freeze(struct msamp_port *port);
u64 msamp_line_due(struct msamp_port *port);
void msamp_line_thaw_locked(struct msamp_port *port);
void msamp_line_timer(struct delayed_work *again);

void msamp_lines_init(struct msamp_path_table *paths);

/* port_end.c, for cable.c */
extern const struct msamp_end_ops msamp_line_end_ops;
bool msamp_line_take_char(struct msamp_port *port, u8 c, struct msamp_batch *batch);
u8 msamp_line_raised(const struct msamp_port *port);
bool msamp_line_has_news(const struct msamp_port *port);
void msamp_line_again_locked(struct msamp_line *line);
void msamp_line_wait_locked(struct msamp_line *line);

#endif /* MSAMP_LINE_H */
