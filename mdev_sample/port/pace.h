/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pace of a line: how fast characters may pass in one direction.
 */
#ifndef MSAMP_PACE_H
#define MSAMP_PACE_H

#include <linux/hrtimer.h>

struct delayed_work;
struct msamp_port;

/**
 * struct msamp_pace - one direction of a port's line; protected by the port's lock
 * @on: characters pass at the line rate; otherwise as they come
 * @idle: nothing is left to pass, since @idle_at
 * @idle_at: monotonic nanoseconds; 0 if nothing has passed yet
 * @at: when the next character may pass, monotonic nanoseconds
 * @timer: fires at @at
 * @port: the port
 * @work: looks at the port's line when @timer has fired
 */
struct msamp_pace {
	bool on;
	bool idle;
	u64 idle_at;
	u64 at;
	struct hrtimer timer;
	struct msamp_port *port;
	struct delayed_work *work;
};

void msamp_pace_init(struct msamp_pace *pace, struct msamp_port *port, struct delayed_work *work,
		     bool on);
void msamp_pace_stop(struct msamp_pace *pace);
bool __msamp_pace_pass_locked(struct msamp_pace *pace);
void __msamp_pace_idle_locked(struct msamp_pace *pace);
void msamp_pace_restart_locked(struct msamp_pace *pace);

/* Without a pace, which is what most lines have, there is nothing to ask. */

/**
 * msamp_pace_pass_locked() - see whether a character may pass now
 * @pace: the direction; there is a character
 *
 * Context: Process, under the port's lock.
 * Return: true if it passes; false if it has to wait, and then the line is looked at again in time.
 */
static inline bool msamp_pace_pass_locked(struct msamp_pace *pace)
{
	return !pace->on || __msamp_pace_pass_locked(pace);
}

/**
 * msamp_pace_idle_locked() - nothing is left to pass
 * @pace: the direction; may be idle already
 *
 * Context: Any, under the port's lock.
 */
static inline void msamp_pace_idle_locked(struct msamp_pace *pace)
{
	if (pace->on && !pace->idle)
		__msamp_pace_idle_locked(pace);
}

#endif /* MSAMP_PACE_H */
