/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this room share.
 */
#ifndef MSAMP_PORT_PRIV_H
#define MSAMP_PORT_PRIV_H

#include <linux/bits.h>
#include <linux/kfifo.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/serial.h>
#include <linux/tty.h>
#include <linux/tty_port.h>
#include <linux/workqueue.h>

#include "port/compat.h"
#include "port/port.h"

struct ktermios;
struct msamp_ns_entry;

/* No combination of modem lines: the first real state always differs, and is sent. */
#define MSAMP_LINES_NEVER_SENT	0xff

static inline bool msamp_key_equal(const struct msamp_key *a, const struct msamp_key *b)
{
	return a->port == b->port && guid_equal(&a->uuid, &b->uuid);
}

/* --- endpoint.c --- */

#define MSAMP_BATCH_SIZE	64

/*
 * One of a signal's lines, of which no driver and no terminal learns: the end is stopped, to be
 * saved perhaps. It is sent nothing, even by an end that ignores RTS.
 */
#define MSAMP_LINE_STOPPED	BIT(7)

/*
 * Another one: the line itself has hardly room for more. RTS is down for that reason too. A sender
 * that is stopped by characters needs it: it has no pace, and the receiver cannot stop it in time.
 */
#define MSAMP_LINE_FULL		BIT(6)

/**
 * struct msamp_signal - an end's modem outputs as they were at one moment
 * @seq: later ones have higher numbers, by whatever route they arrive; 0 for none
 * @lines: UART_MCR_DTR, UART_MCR_RTS, MSAMP_LINE_STOPPED and MSAMP_LINE_FULL
 * @afe: auto flow control is on: the end expects its RTS to be heeded
 */
struct msamp_signal {
	u64 seq;
	u8 lines;
	bool afe;
};

/**
 * struct msamp_batch - what travels from one end to the other
 * @signal: the sender's modem outputs
 * @brk: a break has begun, before the characters
 * @nr: how many characters
 * @c: the characters
 */
struct msamp_batch {
	struct msamp_signal signal;
	bool brk;
	unsigned int nr;
	u8 c[MSAMP_BATCH_SIZE];
};

/**
 * enum msamp_turn - where in a run a batch is taken
 * @MSAMP_TURN_FIRST: in the beginning: fails if the end runs already
 * @MSAMP_TURN_NEXT: after another one
 * @MSAMP_TURN_LAST: not at all: the run is over, and the end has it go on later
 */
enum msamp_turn {
	MSAMP_TURN_FIRST,
	MSAMP_TURN_NEXT,
	MSAMP_TURN_LAST,
};

/**
 * struct msamp_endpoint_ops - one kind of end; all are called with bottom halves off and no lock
 * held
 * @take: applies the reply to the batch before, then marks the end as running and fills the batch;
 *	if there is nothing to send to @to, marks it as not running and fails
 * @give: receives a batch and replies with its own lines as they are then; returns true if the end
 *	has something to send. Leaves @nr as it is if there is no receiver for the characters,
 *	else sets it to 0: those that find no room are the receiver's loss, and counted there
 * @drop: counts characters that had no receiver
 * @later: has the end run again soon, unless it is closing
 * @sends_to: whether the end is in the middle of a run towards @to
 */
struct msamp_endpoint_ops {
	bool (*take)(struct msamp_endpoint *end, const struct msamp_endpoint *to,
		     struct msamp_batch *batch, const struct msamp_signal *reply,
		     enum msamp_turn turn);
	bool (*give)(struct msamp_endpoint *end, const struct msamp_endpoint *from,
		     struct msamp_batch *batch, struct msamp_signal *reply);
	void (*drop)(struct msamp_endpoint *end, unsigned int nr);
	void (*later)(struct msamp_endpoint *end);
	bool (*sends_to)(struct msamp_endpoint *end, const struct msamp_endpoint *to);
};

void msamp_endpoints_carry(struct msamp_endpoint *from, struct msamp_endpoint *to,
			   struct msamp_batch *batch);
void msamp_endpoints_run(struct msamp_endpoint *from, struct msamp_endpoint *to);

/* --- peer_table.c --- */

/**
 * struct msamp_peer - the way to a port
 * @node: place in its bucket
 * @key: the port's name
 * @ref: one for the table, one for each msamp_peer_get()
 * @used: jiffies when it was last looked up
 * @entry: the device's entry in the namespace; the path's reference on it keeps the device
 * @port: the port
 * @rcu: frees the path after a grace period
 */
struct msamp_peer {
	struct hlist_node node;
	struct msamp_key key;
	refcount_t ref;
	unsigned long used;
	struct msamp_ns_entry *entry;
	struct msamp_port *port;
	struct rcu_head rcu;
};

int msamp_peers_init(struct msamp_namespace *ns, unsigned int buckets, unsigned int interval,
		     struct msamp_port *(*resolve)(void *object, unsigned int port));
void msamp_peers_exit(void);
int msamp_peers_check_name(const struct msamp_key *key);
struct msamp_peer *msamp_peer_get(const struct msamp_key *key);
void msamp_peer_put(struct msamp_peer *peer);
void msamp_peers_drop(const guid_t *uuid, unsigned int nr_ports);

/* --- port.c --- */

void msamp_port_clear_locked(struct msamp_port *port);
bool msamp_port_settle_locked(struct msamp_port *port);

/* --- lines: cable.c, port_end.c --- */

/* Characters on the wire: above HIGH the sender's CTS falls, below LOW it rises again. */
#define MSAMP_WIRE_HIGH		512
#define MSAMP_WIRE_LOW		128

/**
 * struct msamp_cable_setup - the settings that a line is plugged in with
 * @kind: where it leads
 * @peer: the port there, if it leads to one
 * @tty: the tty there, if it leads to one; outlives the line
 * @pace: keep the pace that the divisor sets
 * @stay: leave DTR at the tty as it is, when the line is unplugged and until the driver sets it
 * @stall: seconds for which an end that is stopped is waited for; 0 for ever
 */
struct msamp_cable_setup {
	enum msamp_backend_kind kind;
	struct msamp_key peer;
	struct msamp_tty *tty;
	bool pace;
	bool stay;
	unsigned int stall;
};

/**
 * struct msamp_cable_upcalls - what a port may ask of the end that it is of its line
 * @run: carry what the port has to say to the other end, and what comes back; without any port's
 *	lock
 * @send: the driver writes THR; without any port's lock
 */
struct msamp_cable_upcalls {
	void (*run)(struct msamp_port *port);
	void (*send)(struct msamp_port *port, u8 c);
};

/**
 * struct msamp_pace - one direction of a port's line; protected by the port's lock
 * @on: characters pass at the line rate; otherwise as they come
 * @idle: nothing is left to pass, since @idle_at
 * @idle_at: monotonic nanoseconds; 0 if nothing has passed yet
 * @at: when the next character may pass, monotonic nanoseconds
 * @timer: fires at @at
 * @port: the port
 */
struct msamp_pace {
	bool on;
	bool idle;
	u64 idle_at;
	u64 at;
	struct hrtimer timer;
	struct msamp_port *port;
};

/**
 * struct msamp_cable - a port's line, from open to close; protected by the port's lock
 * @kind: where it leads; this and the next two never change
 * @peer: the port at the other end
 * @tty: the tty at the other end
 * @up: set when it is plugged in
 * @closing: it is about to be unplugged: nothing more is sent, and its work is not queued
 * @stay: DTR stays as it is at the other end when the line is unplugged
 * @kept: DTR as it has stayed, until the driver first raises DTR or RTS; once the line is closing,
 *	DTR as it is to stay
 * @brk: a break has begun and has not been sent yet
 * @choked: too many characters are on the wire: RTS is down at the other end
 * @sent_lines: the modem lines as last sent to the other end
 * @seq: number of the last signal that left; grows slower than time, at which it begins, so that
 *	those of a later line are higher than those of an earlier one
 * @last_seq: number of the last signal that arrived
 * @in: what it means for the modem inputs, UART_MSR_CTS, DSR and DCD
 * @held: the other end is stopped: the transmitter waits
 * @due: when the line will have carried what the other end has sent, in monotonic nanoseconds
 * @stall: jiffies for which it waits; 0 for ever
 * @held_until: jiffies when it has waited for that long
 * @wire: characters on their way to the receiver, with LSR's error bits in the high byte
 * @tx: pace of the transmitter
 * @rx: pace of the receiver
 * @again: looks at the line again, in process context; queued by msamp_cable_queue_locked(), and by
 *	the timers of @tx and @rx, only
 * @give_up: the same when @held_until has come; queued by msamp_cable_queue_locked() only
 * @port: the port
 */
struct msamp_cable {
	enum msamp_backend_kind kind;
	struct msamp_key peer;
	struct msamp_tty *tty;
	const struct msamp_cable_upcalls *up;
	bool closing;
	bool stay;
	u8 kept;
	bool brk;
	bool choked;
	u8 sent_lines;
	u64 seq;
	u64 last_seq;
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

/* cable.c: functions of a port that has a line, and its UART; they call nothing above */
u8 msamp_cable_raised(const struct msamp_port *port);
bool msamp_cable_has_news(const struct msamp_port *port);
void msamp_cable_signal_locked(struct msamp_port *port, struct msamp_signal *signal);
bool msamp_cable_fill_locked(struct msamp_port *port, struct msamp_batch *batch);
bool msamp_cable_take_char_locked(struct msamp_port *port, u8 c, struct msamp_batch *batch);
void msamp_cable_take_signal_locked(struct msamp_port *port, const struct msamp_signal *signal);
void msamp_cable_receive_batch_locked(struct msamp_port *port, const struct msamp_batch *batch);
void msamp_cable_again_locked(struct msamp_cable *cable);
bool msamp_cable_settle_locked(struct msamp_port *port);
void msamp_cable_clear_locked(struct msamp_port *port);
void msamp_cable_load_locked(struct msamp_port *port, const u16 *wire, unsigned int len);
void msamp_cable_thaw_locked(struct msamp_port *port);
u64 msamp_cable_due(struct msamp_port *port);
struct msamp_cable *msamp_cable_alloc(struct msamp_port *port,
				      const struct msamp_cable_setup *setup);
void msamp_cable_stop(struct msamp_cable *cable);
void msamp_cable_free(struct msamp_cable *cable);

/* port_end.c */
void msamp_port_end_init(struct msamp_port *port);
int msamp_port_end_plug(struct msamp_port *port, const struct msamp_cable_setup *setup);
void msamp_port_end_unplug(struct msamp_port *port);
void msamp_port_end_freeze(struct msamp_port *port);

/* --- backend.c --- */

/* Seconds for which a line waits for an other end that is stopped. */
#define MSAMP_STALL_DEFAULT	10
#define MSAMP_STALL_MAX		86400

/* --- the ttys --- */

#define MSAMP_NR_TTYS		1024

/**
 * struct msamp_tty - one tty
 * @port: the tty layer's half; its reference count keeps all of this
 * @end: the end of the line
 * @index: its number
 * @port_number: number of the port on its card, for udev
 * @serial: the card's port at the other end; NULL when that is gone
 * @lock: protects what follows, the transmit buffer in @port and putting into its flip buffers;
 *	taken with interrupts off
 * @tty_struct: the tty layer's other half, from the first open until the last close has detached
 *	the line discipline; NULL while there is none
 * @gone: the card's port goes, and the tty with it
 * @brk: a break has begun and has not been sent
 * @breaking: the line is held in break
 * @throttled: the line discipline cannot take more: RTS is down
 * @crowded: too much waits for the line discipline: RTS is down
 * @ixon: the other end stops us by characters
 * @ixoff: the other end is also stopped and started by characters
 * @stop_char: the one that stops it
 * @start_char: the one that starts it
 * @xoff: @stop_char has been sent, or is about to be; @start_char is to follow
 * @xchar: a character that passes all others and is stopped by nothing but a break or a stopped
 *	card; 0 for none
 * @stopped: output is stopped (^S)
 * @crtscts: CTS is heeded
 * @word: mask of the bits that a character has
 * @rx_off: what arrives is not received
 * @brk_ignored: breaks are not received
 * @brk_flag: how one that is received is marked: TTY_BREAK or TTY_NORMAL
 * @peer_afe: the other end's auto flow control is on, so its RTS is heeded too
 * @out: our modem outputs, UART_MCR_DTR and RTS, and OUT1 and OUT2, which lead nowhere
 * @plugged: the device at the other end is open
 * @sent_lines: the modem lines as last sent to the other end
 * @seq: number of the last signal that left, as in struct msamp_cable
 * @last_seq: number of the last signal that arrived
 * @fresh: it has not been opened yet
 * @seen: the other end's outputs, and whether it is stopped
 * @icount: counters for TIOCGICOUNT and TIOCMIWAIT
 * @dropped: characters written while nothing was plugged in at the other end, or while it had been
 *	stopped for too long, or thrown away before they could leave
 * @low_latency: TIOCSSERIAL's flag, kept for TIOCGSERIAL; protected by @port's mutex
 * @stall: jiffies for which the tty waits for a card that is stopped; 0 for ever
 * @held_until: jiffies when it has waited for that long
 * @give_up: runs the line then
 * @kick: runs the line for those who must not, and wakes the line discipline
 * @look: looks whether less waits for the line discipline
 * @rcu: frees the memory after a grace period
 */
struct msamp_tty {
	struct tty_port port;
	struct msamp_endpoint end;
	unsigned int index;
	unsigned int port_number;
	struct msamp_port __rcu *serial;
	spinlock_t lock;	/* the end's state */
	struct tty_struct *tty_struct;
	bool gone;
	bool brk;
	bool breaking;
	bool throttled;
	bool crowded;
	bool ixon;
	bool ixoff;
	u8 stop_char;
	u8 start_char;
	bool xoff;
	u8 xchar;
	bool stopped;
	bool crtscts;
	u8 word;
	bool rx_off;
	bool brk_ignored;
	u8 brk_flag;
	bool peer_afe;
	u8 out;
	bool plugged;
	u8 sent_lines;
	u8 seen;
	u64 seq;
	u64 last_seq;
	bool fresh;
	struct serial_icounter_struct icount;
	u64 dropped;
	bool low_latency;
	unsigned long stall;
	unsigned long held_until;
	struct delayed_work give_up;
	struct work_struct kick;
	struct delayed_work look;
	struct rcu_head rcu;
};

struct msamp_tty *msamp_tty_create(struct msamp_port *port, struct device *dev);
void msamp_tty_destroy(struct msamp_tty *mtty);
void msamp_tty_plug(struct msamp_tty *mtty, bool plugged);
void msamp_tty_set_stall(struct msamp_tty *mtty, unsigned long stall);
void msamp_tty_counts(struct msamp_tty *mtty, u64 *overruns, u64 *dropped);

static inline struct msamp_tty *tty_to_msamp_tty(const struct tty_struct *tty)
{
	return container_of(tty->port, struct msamp_tty, port);
}

/* tty_end.c, for tty.c and tty_serial.c */
void msamp_tty_run(struct msamp_tty *mtty);
void msamp_tty_wake(struct msamp_tty *mtty);
bool msamp_tty_sends(const struct msamp_tty *mtty);
void msamp_tty_discard_locked(struct msamp_tty *mtty);
struct msamp_tty *msamp_tty_get(unsigned int index);
void msamp_tty_release(struct msamp_tty *mtty);

/* tty_serial.c, for tty.c */
void msamp_tty_apply_termios(struct msamp_tty *mtty, const struct tty_struct *tty);
void msamp_tty_refuse_termios(struct ktermios *termios);
void msamp_tty_wait_until_sent(struct tty_struct *tty, int timeout);
int msamp_tty_serial_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg);
int msamp_tty_get_serial(struct tty_struct *tty, struct serial_struct *ss);
int msamp_tty_set_serial(struct tty_struct *tty, struct serial_struct *ss);

/* tty_flow.c, for tty_end.c and tty.c */
void msamp_tty_flow_init(struct msamp_tty *mtty);
void msamp_tty_flow_exit(struct msamp_tty *mtty);
void msamp_tty_flow_adopt_locked(struct msamp_tty *mtty, struct tty_struct *tty);
void msamp_tty_flow_crowd_locked(struct msamp_tty *mtty);
void msamp_tty_flow_reset_locked(struct msamp_tty *mtty);
void msamp_tty_flow_change(struct tty_struct *tty);
void msamp_tty_send_xchar(struct tty_struct *tty, MSAMP_COMPAT_TTY_CHAR c);
void msamp_tty_set_ldisc(struct tty_struct *tty);

/* tty.c, for tty_end.c and tty_flow.c */
#define MSAMP_TTY_NAME		"ttyMS"
bool msamp_tty_open_locked(const struct msamp_tty *mtty);
int msamp_tty_driver_init(void);
void msamp_tty_driver_exit(void);
void msamp_ttys_exit(void);
void msamp_tty_setup(struct msamp_tty *mtty);
int msamp_tty_add(struct msamp_tty *mtty, struct device *dev);
void msamp_tty_remove(struct msamp_tty *mtty);

#endif /* MSAMP_PORT_PRIV_H */
