/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ttys of the host, each the other end of a port's line. tty_end.c has the contract.
 */
#ifndef MSAMP_HOST_H
#define MSAMP_HOST_H

#include <linux/serial.h>
#include <linux/spinlock.h>
#include <linux/tty.h>
#include <linux/tty_port.h>
#include <linux/workqueue.h>

#include "port/compat.h"
#include "port/endpoint.h"

#define MSAMP_HOST_TTYS		1024

struct device;
struct ktermios;
struct msamp_port;
struct tty_struct;

/**
 * struct msamp_host - one tty
 * @tty: the tty layer's half; its reference count keeps all of this
 * @end: the end of the line
 * @index: its number
 * @port_number: number of the port on its card, for udev
 * @serial: the card's port at the other end; NULL when that is gone
 * @lock: protects what follows, the transmit buffer in @tty and putting into its flip buffers;
 *	taken with interrupts off
 * @tty_struct: the tty layer's other half, from the first open until the last close has detached
 *	the line discipline; NULL while there is none
 * @gone: the card's port goes, and the tty with it
 * @brk: a break has begun that the other end has not heard of
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
 * @stopped: the writer has been told to stop (^S)
 * @crtscts: CTS is heeded
 * @word: mask of the bits that a character has
 * @rx_off: what arrives is not received
 * @brk_ignored: breaks are not received
 * @brk_flag: how one that is received is marked: TTY_BREAK or TTY_NORMAL
 * @peer_afe: the other end's auto flow control is on, so its RTS is heeded too
 * @out: our modem outputs, UART_MCR_DTR and RTS, and OUT1 and OUT2, which lead nowhere
 * @plugged: the device at the other end is open
 * @told: the modem lines that the other end has been told
 * @seq: number of the last signal that left, as in struct msamp_line
 * @heard: number of the last signal that arrived
 * @fresh: nobody has opened it yet
 * @seen: what the other end has told us: its outputs, and whether it is stopped
 * @icount: counters for TIOCGICOUNT and TIOCMIWAIT
 * @dropped: characters written while nothing was plugged in at the other end, or while it had been
 *	stopped for too long, or thrown away before they could leave
 * @low_latency: TIOCSSERIAL's flag, kept for TIOCGSERIAL; protected by @tty's mutex
 * @stall: jiffies for which the tty waits for a card that is stopped; 0 for ever
 * @held_until: jiffies when it has waited for that long
 * @give_up: runs the line then
 * @kick: runs the line for those who must not, and wakes the line discipline
 * @look: looks whether less waits for the line discipline
 * @rcu: frees the memory after a grace period
 */
struct msamp_host {
	struct tty_port tty;
	struct msamp_end end;
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
	u8 told;
	u8 seen;
	u64 seq;
	u64 heard;
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

int msamp_hosts_init(void);
void msamp_hosts_exit(void);

struct msamp_host *msamp_host_create(struct msamp_port *port, struct device *dev);
void msamp_host_destroy(struct msamp_host *host);
void msamp_host_plug(struct msamp_host *host, bool plugged);
void msamp_host_set_stall(struct msamp_host *host, unsigned long stall);
void msamp_host_counts(struct msamp_host *host, u64 *overruns, u64 *dropped);

static inline struct msamp_host *tty_to_msamp_host(const struct tty_struct *tty)
{
	return container_of(tty->port, struct msamp_host, tty);
}

static inline struct msamp_end *msamp_host_end(struct msamp_host *host)
{
	return &host->end;
}

/* What the other end has told the tty, as in struct msamp_host. */
static inline u8 msamp_host_seen(const struct msamp_host *host)
{
	return READ_ONCE(host->seen);
}

/* tty_end.c, for tty.c and tty_serial.c */
void msamp_host_run(struct msamp_host *host);
void msamp_host_wake(struct msamp_host *host);
bool msamp_host_sends(const struct msamp_host *host);
void msamp_host_discard_locked(struct msamp_host *host);
struct msamp_host *msamp_host_get(unsigned int index);
void msamp_host_release(struct msamp_host *host);

/* tty_serial.c, for tty.c */
void msamp_host_apply_termios(struct msamp_host *host, const struct tty_struct *tty);
void msamp_host_refuse_termios(struct ktermios *termios);
void msamp_host_wait_until_sent(struct tty_struct *tty, int timeout);
int msamp_host_serial_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg);
int msamp_host_get_serial(struct tty_struct *tty, struct serial_struct *ss);
int msamp_host_set_serial(struct tty_struct *tty, struct serial_struct *ss);

/* tty_flow.c, for tty_end.c and tty.c */
void msamp_host_flow_init(struct msamp_host *host);
void msamp_host_flow_exit(struct msamp_host *host);
void msamp_host_flow_adopt_locked(struct msamp_host *host, struct tty_struct *tty);
void msamp_host_flow_crowd_locked(struct msamp_host *host);
void msamp_host_flow_reset_locked(struct msamp_host *host);
void msamp_host_flow_change(struct tty_struct *tty);
void msamp_host_send_xchar(struct tty_struct *tty, MSAMP_COMPAT_TTY_CHAR c);
void msamp_host_set_ldisc(struct tty_struct *tty);

/* tty.c, for tty_end.c and tty_flow.c */
#define MSAMP_HOST_NAME		"ttyMS"
bool msamp_host_open_locked(const struct msamp_host *host);
int msamp_host_tty_init(void);
void msamp_host_tty_exit(void);
void msamp_host_tty_setup(struct msamp_host *host);
int msamp_host_tty_add(struct msamp_host *host, struct device *dev);
void msamp_host_tty_remove(struct msamp_host *host);

#endif /* MSAMP_HOST_H */
