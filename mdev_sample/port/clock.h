/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock of a card: one high resolution timer that serves the character timeouts of all ports
 * of all its devices. It runs from the first open device of the card to the last.
 */
#ifndef MSAMP_CLOCK_H
#define MSAMP_CLOCK_H

#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/timerqueue.h>

/**
 * struct msamp_clock_timer - one deadline
 * @node: in the clock's queue while armed
 * @fn: called in softirq context, without the clock's lock, when the deadline has passed; it may
 *	arm the timer again
 */
struct msamp_clock_timer {
	struct timerqueue_node node;
	void (*fn)(struct msamp_clock_timer *timer);
};

/**
 * struct msamp_clock - deadlines of one card
 * @lock: protects all of it; innermost but for the timer base's own lock
 * @queue: armed timers, earliest first
 * @firing: the timer whose function runs now
 * @hrtimer: set for the first in @queue
 * @running: deadlines are taken
 */
struct msamp_clock {
	spinlock_t lock;	/* the queue */
	struct timerqueue_head queue;
	struct msamp_clock_timer *firing;
	struct hrtimer hrtimer;
	bool running;
};

void msamp_clock_init(struct msamp_clock *clock);
void msamp_clock_start(struct msamp_clock *clock);
void msamp_clock_stop(struct msamp_clock *clock);

void msamp_clock_timer_init(struct msamp_clock_timer *timer,
			    void (*fn)(struct msamp_clock_timer *timer));
void msamp_clock_arm(struct msamp_clock *clock, struct msamp_clock_timer *timer, u64 delay_ns);
void msamp_clock_cancel(struct msamp_clock *clock, struct msamp_clock_timer *timer);

static inline bool msamp_clock_armed(const struct msamp_clock_timer *timer)
{
	return !RB_EMPTY_NODE(&timer->node.node);
}

#endif /* MSAMP_CLOCK_H */
