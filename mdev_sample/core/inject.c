// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on demand.
 */
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "core/inject.h"

atomic_t msamp_faults[MSAMP_NR_FAULTS];
atomic_t msamp_holds[MSAMP_NR_HOLDS];

/**
 * msamp_inject_fault() - take the fault that has been set for an operation
 * @fault: the operation
 *
 * Context: Any.
 * Return: the negative errno to fail with, once; 0 if none is set.
 */
int msamp_inject_fault(enum msamp_fault fault)
{
	if (likely(!atomic_read(&msamp_faults[fault])))
		return 0;
	return -atomic_xchg(&msamp_faults[fault], 0);
}

/**
 * msamp_inject_sleep() - hold the caller up
 * @ms: milliseconds, at least
 *
 * Whatever the length, it is no hung task.
 *
 * Context: Process, may sleep.
 */
void msamp_inject_sleep(unsigned int ms)
{
	if (ms)
		schedule_timeout_idle(msecs_to_jiffies(ms) + 1);
}

/**
 * msamp_inject_hold() - hold the caller up if that has been asked for
 * @hold: the operation
 *
 * Context: Process, may sleep.
 */
void msamp_inject_hold(enum msamp_hold hold)
{
	msamp_inject_sleep(atomic_read(&msamp_holds[hold]));
}
