// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pace of a line.
 *
 * A character that finds the line idle passes one character time later, the next ones a character
 * time apart. The transmitter's shift register gives a driver, as on the chip, one character time
 * from the moment that the transmitter is empty to refill it: a driver that keeps to that keeps the
 * rate. A timer or a worker that is late lets as many pass at once as were due, but no more than a
 * FIFO holds. So on average the rate is the one that the divisor sets.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>

#include "port/priv.h"

/* A softirq may not wait for the port's lock: the line is looked at by a worker. */
static enum hrtimer_restart msamp_pace_timer(struct hrtimer *timer)
{
	msamp_line_timer(container_of(timer, struct msamp_pace, timer)->work);
	return HRTIMER_NORESTART;
}

/**
 * msamp_pace_init() - make an idle direction
 * @pace: the direction
 * @port: the port
 * @work: looks at the port's line in time; outlives the direction
 * @on: keep the line rate
 *
 * Context: Any. Pairs with msamp_pace_stop().
 */
void msamp_pace_init(struct msamp_pace *pace, struct msamp_port *port, struct delayed_work *work,
		     bool on)
{
	pace->on = on;
	pace->idle = true;
	pace->idle_at = 0;
	pace->at = 0;
	pace->port = port;
	pace->work = work;
	msamp_compat_hrtimer_setup(&pace->timer, msamp_pace_timer, CLOCK_MONOTONIC,
				   HRTIMER_MODE_REL_SOFT);
}

/**
 * msamp_pace_stop() - stop the timer for good
 * @pace: the direction; nothing passes any more
 *
 * Context: Process, may sleep.
 */
void msamp_pace_stop(struct msamp_pace *pace)
{
	hrtimer_cancel(&pace->timer);
}

/* The rest of msamp_pace_idle_locked(). */
void __msamp_pace_idle_locked(struct msamp_pace *pace)
{
	lockdep_assert_held(&pace->port->lock);
	pace->idle = true;
	pace->idle_at = ktime_get_ns();
}

/**
 * msamp_pace_restart_locked() - whatever comes next finds the line idle
 * @pace: the direction
 *
 * Context: Any, under the port's lock.
 */
void msamp_pace_restart_locked(struct msamp_pace *pace)
{
	lockdep_assert_held(&pace->port->lock);
	pace->idle = true;
	pace->idle_at = 0;
}

/* The rest of msamp_pace_pass_locked(). */
bool __msamp_pace_pass_locked(struct msamp_pace *pace)
{
	u64 char_ns, late, now, at;

	lockdep_assert_held(&pace->port->lock);
	char_ns = msamp_uart_char_ns(&pace->port->uart);
	late = MSAMP_UART_FIFO_SIZE * char_ns;
	now = ktime_get_ns();
	at = pace->at;
	if (pace->idle && now - pace->idle_at >= char_ns)
		at = now + char_ns;
	pace->idle = false;
	/* one that was set at a lower rate, perhaps a very low one, is set anew */
	at = clamp(at, now - min(late, now), now + char_ns);
	if (at > now) {
		if (!hrtimer_is_queued(&pace->timer) || at < pace->at)
			hrtimer_start(&pace->timer, ns_to_ktime(at - now), HRTIMER_MODE_REL_SOFT);
		pace->at = at;
		return false;
	}
	pace->at = at + char_ns;
	return true;
}
