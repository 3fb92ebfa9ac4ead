/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ends of a line, and what passes between them.
 *
 * A line has two ends: serial ports of cards, or a card's port and a tty of the host. Each end has
 * a lock of its own, and no two ends' locks are ever held at once: a batch is taken out under the
 * lock of the one and given to the other under its lock. Meanwhile the first end is marked as
 * running, so that batches arrive in the order in which they left, whatever other CPUs do.
 *
 * Modem lines take a shorter way too: whoever gives a batch brings the receiver's lines back, so
 * that a sender hears at once that it must stop, even if the CPU that runs the receiver stands
 * still. Their numbers tell which of two messages is the later one.
 *
 * An end that is given something may have something to say in return, which makes the other end
 * speak again. msamp_ends_run() goes back and forth until both are silent; nothing recurses.
 *
 * A run that has to go on later is queued to a worker, by its end, and by whatever CPU runs the
 * line, perhaps on behalf of the other end. So an end queues its own work only, under its own lock,
 * to one workqueue, and not at all once it has been marked as closing. What cannot take the lock, a
 * timer, is stopped after the end has been marked and before its work is cancelled. After that
 * nothing can queue the work, and the memory around it can be freed.
 */
#ifndef MSAMP_END_H
#define MSAMP_END_H

#include <linux/bits.h>
#include <linux/types.h>

#define MSAMP_BATCH_SIZE	64

/*
 * One of a signal's lines, of which no driver and no terminal learns: the end is stopped, to be
 * saved perhaps. Nothing is to be sent to it, whoever heeds RTS or not.
 */
#define MSAMP_LINE_STOPPED	BIT(7)

/*
 * Another one: the line itself has hardly room for more. RTS is down for that reason too. A sender
 * that is stopped by characters needs it: it has no pace, and the receiver cannot stop it in time.
 */
#define MSAMP_LINE_FULL		BIT(6)

struct msamp_end;

/**
 * struct msamp_signal - an end's modem outputs as they were at one moment
 * @seq: later ones have higher numbers, whoever carries them; 0 for none
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
 * struct msamp_end_ops - one kind of end; all are called with bottom halves off and no lock held
 * @take: hears the reply to the batch before, then marks the end as running and fills the batch; if
 *	there is nothing to say to @to, marks it as not running and fails
 * @give: receives a batch and replies with its own lines as they are then; returns true if the end
 *	has something else to say. Leaves @nr as it is if nobody is there who could receive the
 *	characters, else sets it to 0: those that find no room are the receiver's loss, and
 *	counted there
 * @drop: counts characters that nobody received
 * @later: has the end run again soon, unless it is closing
 * @speaks: whether the end is running, and not yet through with what it says to @to
 */
struct msamp_end_ops {
	bool (*take)(struct msamp_end *end, const struct msamp_end *to, struct msamp_batch *batch,
		     const struct msamp_signal *reply, enum msamp_turn turn);
	bool (*give)(struct msamp_end *end, const struct msamp_end *from,
		     struct msamp_batch *batch, struct msamp_signal *reply);
	void (*drop)(struct msamp_end *end, unsigned int nr);
	void (*later)(struct msamp_end *end);
	bool (*speaks)(struct msamp_end *end, const struct msamp_end *to);
};

/**
 * struct msamp_end - one end of a line
 * @ops: its kind
 * @running: batches are being taken; protected by the end's lock
 */
struct msamp_end {
	const struct msamp_end_ops *ops;
	bool running;
};

void msamp_ends_carry(struct msamp_end *from, struct msamp_end *to, struct msamp_batch *batch);
void msamp_ends_run(struct msamp_end *from, struct msamp_end *to);

#endif /* MSAMP_END_H */
