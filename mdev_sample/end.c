// SPDX-License-Identifier: GPL-2.0-only
/*
 * What passes between the two ends of a line. end.h has the contract.
 */
#include <linux/minmax.h>

#include "end.h"

/*
 * How many batches one run carries. Others may fill an end as fast as it is emptied, and nobody's
 * register access may take for ever.
 */
#define MSAMP_RUN_BATCHES	64

/* Empties @from; returns true if that has given @to something to say. */
static bool msamp_end_move(struct msamp_end *from, struct msamp_end *to, unsigned int *budget)
{
	enum msamp_turn turn = MSAMP_TURN_FIRST;
	struct msamp_signal reply = {};
	struct msamp_batch batch;
	bool answer = false;

	while (from->ops->take(from, to, &batch, &reply, turn)) {
		if (to)
			answer |= to->ops->give(to, from, &batch, &reply);
		if (batch.nr)
			from->ops->drop(from, batch.nr);
		turn = --*budget ? MSAMP_TURN_NEXT : MSAMP_TURN_LAST;
	}
	return answer;
}

/**
 * msamp_ends_run() - let two ends speak until both are silent
 * @from: the end that has something to say
 * @to: the other end; NULL if nothing is plugged in there; may be @from itself
 *
 * Context: Process, bottom halves off, without any end's lock. The caller keeps both
 * ends.
 */
void msamp_ends_run(struct msamp_end *from, struct msamp_end *to)
{
	unsigned int budget = MSAMP_RUN_BATCHES;
	bool answer;

	do {
		answer = msamp_end_move(from, to, &budget);
		swap(from, to);
	} while (answer && budget);
	/* the answer that there was no time for: it is heard when it runs again */
	if (answer)
		from->ops->later(from);
}
