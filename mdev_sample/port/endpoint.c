// SPDX-License-Identifier: GPL-2.0-only
/*
 * What passes between the two ends of a line. endpoint.h has the contract.
 */
#include <linux/delay.h>
#include <linux/minmax.h>

#include "core/inject.h"
#include "port/endpoint.h"

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
	unsigned int ms = msamp_fault_hold_ms(MSAMP_HOLD_BATCH);
	unsigned int batches = MSAMP_RUN_BATCHES;

	if (unlikely(ms))
		batches = clamp(MSAMP_SPIN_MAX_MS / ms, 1U, batches);
	return (struct msamp_run){ .batches = batches, .hold_ms = ms };
}

/*
 * Hands over a batch that has been taken, and all that comes after it; returns true if that has
 * given @to something to say.
 */
static bool msamp_end_move(struct msamp_end *from, struct msamp_end *to, struct msamp_batch *batch,
			   struct msamp_run *run)
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

static bool msamp_end_begin(struct msamp_end *from, struct msamp_end *to, struct msamp_batch *batch)
{
	struct msamp_signal none = {};

	return from->ops->take(from, to, batch, &none, MSAMP_TURN_FIRST);
}

/**
 * msamp_ends_carry() - let two ends speak until both are silent; one of them has begun
 * @from: the end that has begun: it is marked as running
 * @to: the other end; NULL if nothing is plugged in there; may be @from itself
 * @batch: what @from says first; serves for the others too
 *
 * Context: Process, bottom halves off, without any end's lock. The caller keeps both
 * ends.
 */
void msamp_ends_carry(struct msamp_end *from, struct msamp_end *to, struct msamp_batch *batch)
{
	struct msamp_run run = msamp_run_new();
	bool answer;

	do {
		answer = msamp_end_move(from, to, batch, &run);
		swap(from, to);
	} while (answer && run.batches && msamp_end_begin(from, to, batch));
	/* the answer that the run was too short for */
	if (answer && !run.batches)
		from->ops->later(from);
}

/**
 * msamp_ends_run() - let two ends speak until both are silent
 * @from: the end that has something to say
 * @to: the other end, as for msamp_ends_carry()
 *
 * Context: As msamp_ends_carry().
 */
void msamp_ends_run(struct msamp_end *from, struct msamp_end *to)
{
	struct msamp_batch batch;

	if (msamp_end_begin(from, to, &batch))
		msamp_ends_carry(from, to, &batch);
}
