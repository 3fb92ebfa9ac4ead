// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ends of a line, and what passes between them.
 *
 * A line has two ends: serial ports of cards, or a card's port and a tty of the host. Each end has
 * a lock of its own, and no two ends' locks are ever held at once: a batch is taken out under the
 * lock of the one and given to the other under its lock. Meanwhile the first end is marked as
 * running, so that batches arrive in the order in which they left, whatever other CPUs do.
 *
 * Modem lines take a shorter way too: giving a batch returns the receiver's lines, so that a sender
 * stops at once, even if the CPU that runs the receiver stands still. Their numbers tell which of
 * two messages is the later one.
 *
 * An end that receives a batch may have something to send in return, which may make the other end
 * send again. msamp_endpoints_run() goes back and forth until neither has anything to send; nothing
 * recurses.
 *
 * A run that has to go on later is queued to a worker, by its end, and by whatever CPU runs the
 * line, perhaps on behalf of the other end. So an end queues its own work only, under its own lock,
 * to one workqueue, and not at all once it has been marked as closing. What cannot take the lock, a
 * timer, is stopped after the end has been marked and before its work is cancelled. After that
 * nothing can queue the work, and the memory around it can be freed.
 */
#include <linux/delay.h>
#include <linux/minmax.h>

#include "core/inject.h"
#include "port/priv.h"

/*
 * How many batches one run carries. Others may fill an end as fast as it is emptied, and no
 * register access may take for ever.
 */
#define MSAMP_RUN_BATCHES	64

/**
 * struct msamp_run - what is left of a run
 * @batches: how many batches it may still carry
 * @hold_ms: how much longer each batch is under way, for tests
 */
struct msamp_run {
	unsigned int batches;
	unsigned int hold_ms;
};

/* Bottom halves are off during a run, so one that is held up carries less. */
static struct msamp_run msamp_run_new(void)
{
	unsigned int ms = msamp_inject_hold_ms(MSAMP_HOLD_BATCH);
	unsigned int batches = MSAMP_RUN_BATCHES;

	if (unlikely(ms))
		batches = clamp(MSAMP_SPIN_MAX_MS / ms, 1U, batches);
	return (struct msamp_run){ .batches = batches, .hold_ms = ms };
}

/*
 * Hands over a batch that has been taken, and all that comes after it; returns true if that has
 * given @to something to say.
 */
static bool msamp_endpoint_move(struct msamp_endpoint *from, struct msamp_endpoint *to,
				struct msamp_batch *batch, struct msamp_run *run)
{
	struct msamp_signal reply = {};
	enum msamp_turn turn;
	bool answer = false;

	do {
		if (unlikely(run->hold_ms) && batch->nr)
			mdelay(run->hold_ms);
		if (to)
			answer |= to->ops->give(to, from, batch, &reply);
		if (batch->nr)
			from->ops->drop(from, batch->nr);
		turn = --run->batches ? MSAMP_TURN_NEXT : MSAMP_TURN_LAST;
	} while (from->ops->take(from, to, batch, &reply, turn));
	return answer;
}

static bool msamp_endpoint_begin(struct msamp_endpoint *from, struct msamp_endpoint *to,
				 struct msamp_batch *batch)
{
	struct msamp_signal none = {};

	return from->ops->take(from, to, batch, &none, MSAMP_TURN_FIRST);
}

/**
 * msamp_endpoints_carry() - exchange batches until neither end has any; one has been taken
 * @from: the end that has begun: it is marked as running
 * @to: the other end; NULL if nothing is plugged in there; may be @from itself
 * @batch: what @from says first; serves for the others too
 *
 * Context: Process, bottom halves off, without any end's lock. The caller keeps both
 * ends.
 */
void msamp_endpoints_carry(struct msamp_endpoint *from, struct msamp_endpoint *to,
			   struct msamp_batch *batch)
{
	struct msamp_run run = msamp_run_new();
	bool answer;

	do {
		answer = msamp_endpoint_move(from, to, batch, &run);
		swap(from, to);
	} while (answer && run.batches && msamp_endpoint_begin(from, to, batch));
	/* the answer that the run was too short for */
	if (answer && !run.batches)
		from->ops->later(from);
}

/**
 * msamp_endpoints_run() - exchange batches until neither end has any
 * @from: the end that has something to say
 * @to: the other end, as for msamp_endpoints_carry()
 *
 * Context: As msamp_endpoints_carry().
 */
void msamp_endpoints_run(struct msamp_endpoint *from, struct msamp_endpoint *to)
{
	struct msamp_batch batch;

	if (msamp_endpoint_begin(from, to, &batch))
		msamp_endpoints_carry(from, to, &batch);
}
