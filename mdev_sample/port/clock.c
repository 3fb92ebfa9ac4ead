// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock of a card.
 *
 * A timer is armed, firing or idle. Arming and cancelling take the clock's lock; the timer's
 * function runs without it, in softirq context, so that it may take its port's lock (order: port,
 * then clock). The owner cancels a timer before the memory around it goes: msamp_clock_cancel()
 * returns when the function is not running any more.
 */
#include <linux/delay.h>
#include <linux/ktime.h>

#include "port/clock.h"
#include "port/compat.h"

static struct msamp_clock_timer *msamp_clock_first_locked(struct msamp_clock *clock)
{
	struct timerqueue_node *node;

	lockdep_assert_held(&clock->lock);
	node = timerqueue_getnext(&clock->queue);
	return node ? container_of(node, struct msamp_clock_timer, node) : NULL;
}

static void msamp_clock_set_locked(struct msamp_clock *clock)
{
	struct msamp_clock_timer *first;

	lockdep_assert_held(&clock->lock);
	first = msamp_clock_first_locked(clock);
	if (first && clock->running)
		hrtimer_start(&clock->hrtimer, first->node.expires, HRTIMER_MODE_ABS_SOFT);
}

/* Takes the first timer off the queue if its time has come. */
static struct msamp_clock_timer *msamp_clock_next_due(struct msamp_clock *clock, ktime_t now)
{
	struct msamp_clock_timer *timer;

	spin_lock_bh(&clock->lock);
	timer = msamp_clock_first_locked(clock);
	if (timer && ktime_after(timer->node.expires, now))
		timer = NULL;
	if (timer)
		timerqueue_del(&clock->queue, &timer->node);
	else
		msamp_clock_set_locked(clock);
	clock->firing = timer;
	spin_unlock_bh(&clock->lock);
	return timer;
}

static enum hrtimer_restart msamp_clock_fire(struct hrtimer *hrtimer)
{
	struct msamp_clock *clock = container_of(hrtimer, struct msamp_clock, hrtimer);
	ktime_t now = hrtimer_cb_get_time(hrtimer);
	struct msamp_clock_timer *timer;

	while ((timer = msamp_clock_next_due(clock, now)))
		timer->fn(timer);
	return HRTIMER_NORESTART;
}

/**
 * msamp_clock_init() - make a clock that stands still
 * @clock: the clock
 *
 * Context: Any.
 */
void msamp_clock_init(struct msamp_clock *clock)
{
	spin_lock_init(&clock->lock);
	timerqueue_init_head(&clock->queue);
	clock->firing = NULL;
	clock->running = false;
	msamp_compat_hrtimer_setup(&clock->hrtimer, msamp_clock_fire, CLOCK_MONOTONIC,
				   HRTIMER_MODE_ABS_SOFT);
}

/**
 * msamp_clock_start() - let the clock run
 * @clock: the clock
 *
 * Context: Process. Pairs with msamp_clock_stop(); the caller serialises the two.
 */
void msamp_clock_start(struct msamp_clock *clock)
{
	spin_lock_bh(&clock->lock);
	clock->running = true;
	msamp_clock_set_locked(clock);
	spin_unlock_bh(&clock->lock);
}

/**
 * msamp_clock_stop() - stop the clock
 * @clock: the clock; all its timers have been cancelled
 *
 * Context: Process, may sleep.
 */
void msamp_clock_stop(struct msamp_clock *clock)
{
	spin_lock_bh(&clock->lock);
	WARN_ON_ONCE(msamp_clock_first_locked(clock));
	clock->running = false;
	spin_unlock_bh(&clock->lock);
	hrtimer_cancel(&clock->hrtimer);
}

/**
 * msamp_clock_timer_init() - make an idle timer
 * @timer: the timer
 * @fn: what to call when it fires
 *
 * Context: Any.
 */
void msamp_clock_timer_init(struct msamp_clock_timer *timer,
			    void (*fn)(struct msamp_clock_timer *timer))
{
	timerqueue_init(&timer->node);
	timer->fn = fn;
}

/**
 * msamp_clock_arm() - set a timer, anew if it is set already
 * @clock: the clock
 * @timer: the timer; the caller's own lock keeps others from arming it at the same time
 * @delay_ns: nanoseconds from now
 *
 * Context: Process or softirq.
 */
void msamp_clock_arm(struct msamp_clock *clock, struct msamp_clock_timer *timer, u64 delay_ns)
{
	spin_lock_bh(&clock->lock);
	if (msamp_clock_armed(timer))
		timerqueue_del(&clock->queue, &timer->node);
	timer->node.expires = ktime_add_ns(ktime_get(), delay_ns);
	if (timerqueue_add(&clock->queue, &timer->node))
		msamp_clock_set_locked(clock);
	spin_unlock_bh(&clock->lock);
}

/**
 * msamp_clock_cancel() - make a timer idle
 * @clock: the clock
 * @timer: the timer; nobody arms it from now on, its own function excepted
 *
 * Context: Process, may sleep; without any lock that the timer's function takes. On return the
 * function is not running and will not run.
 */
void msamp_clock_cancel(struct msamp_clock *clock, struct msamp_clock_timer *timer)
{
	for (;;) {
		bool firing;

		spin_lock_bh(&clock->lock);
		if (msamp_clock_armed(timer))
			timerqueue_del(&clock->queue, &timer->node);
		firing = clock->firing == timer;
		spin_unlock_bh(&clock->lock);
		if (!firing)
			return;
		/* its function is short; it may arm the timer once more, hence the loop */
		usleep_range(10, 50);
	}
}
