/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels: ttys and timers. core/compat.h says how these files are written.
 */
#ifndef MSAMP_PORT_COMPAT_H
#define MSAMP_PORT_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/types.h>

#include "core/compat.h"

/* 6.3: ops of a tty's port speak of bool; before, of int. */
#if MSAMP_SINCE(6, 3)
#define MSAMP_COMPAT_TTY_BOOL bool
#else
#define MSAMP_COMPAT_TTY_BOOL int
#endif

/* 6.6: a tty's write op counts in size_t, and its characters are u8. */
#if MSAMP_SINCE(6, 6)
#define MSAMP_COMPAT_TTY_SIZE size_t
#define MSAMP_COMPAT_TTY_COUNT ssize_t
#define MSAMP_COMPAT_TTY_CHAR u8
#else
#define MSAMP_COMPAT_TTY_SIZE int
#define MSAMP_COMPAT_TTY_COUNT int
#define MSAMP_COMPAT_TTY_CHAR char
#endif

/* 6.13: hrtimer_setup() takes the callback too; 6.15 removed hrtimer_init(). */
static inline void msamp_compat_hrtimer_setup(struct hrtimer *timer,
					      enum hrtimer_restart (*fn)(struct hrtimer *),
					      clockid_t clock, enum hrtimer_mode mode)
{
#if MSAMP_SINCE(6, 13)
	hrtimer_setup(timer, fn, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
#endif
}

#endif /* MSAMP_PORT_COMPAT_H */
