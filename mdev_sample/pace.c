// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pace of a line.
 *
 * A character that finds the line idle passes one character time later, the next ones a character
 * time apart. A timer that fires late lets as many pass at once as were due, but no more than a
 * FIFO holds: on average the rate is the one that the divisor sets.
 */
#include <linux/ktime.h>
#include <linux/workqueue.h>

#include "pace.h"
#include "port.h"

/* A softirq may not wait for the port's lock: the line is looked at by a worker. */
static void msamp_pace_timer(struct msamp_clock_timer *timer)
{
	mod_delayed_work(system_highpri_wq, container_of(timer, struct msamp_pace, timer)->work, 0);
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
	pace->waiting = false;
	pace->at = 0;
	pace->port = port;
	pace->work = work;
	msamp_clock_timer_init(&pace->timer, msamp_pace_timer);
}

/**
 * msamp_pace_stop() - stop the timer for good
 * @pace: the direction; nothing passes any more
 *
 * Context: Process, may sleep.
 */
void msamp_pace_stop(struct msamp_pace *pace)
{
	msamp_clock_cancel(pace->port->clock, &pace->timer);
}

/* The rest of msamp_pace_pass_locked(). */
bool __msamp_pace_pass_locked(struct msamp_pace *pace)
{
	u64 char_ns, late, now;

	lockdep_assert_held(&pace->port->lock);
	char_ns = msamp_uart_char_ns(&pace->port->uart);
	late = MSAMP_UART_FIFO_SIZE * char_ns;
	now = ktime_get_ns();
	if (!pace->waiting)
		pace->at = now + char_ns;
	else if (pace->at + late < now)
		pace->at = now - late;
	pace->waiting = pace->at > now;
	if (pace->waiting) {
		if (!msamp_clock_armed(&pace->timer))
			msamp_clock_arm(pace->port->clock, &pace->timer, pace->at - now);
		return false;
	}
	pace->at += char_ns;
	pace->waiting = true;
	return true;
}
