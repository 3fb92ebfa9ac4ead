/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels: ttys and timers. core/compat.h says how these files are written.
 */
#ifndef MSAMP_PORT_COMPAT_H
#define MSAMP_PORT_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/types.h>

#include "core/compat.h"

#if MSAMP_FORM_TTY_PORT_BOOL == 1
#define MSAMP_COMPAT_TTY_BOOL bool
#else
#define MSAMP_COMPAT_TTY_BOOL int
#endif

#if MSAMP_FORM_TTY_WRITE == 1
#define MSAMP_COMPAT_TTY_SIZE size_t
#define MSAMP_COMPAT_TTY_COUNT ssize_t
#else
#define MSAMP_COMPAT_TTY_SIZE int
#define MSAMP_COMPAT_TTY_COUNT int
#endif

#if MSAMP_FORM_TTY_TERMIOS == 1
#define MSAMP_COMPAT_TERMIOS_CONST const
#else
#define MSAMP_COMPAT_TERMIOS_CONST
#endif

#if MSAMP_FORM_TTY_XCHAR == 1
#define MSAMP_COMPAT_TTY_CHAR u8
#else
#define MSAMP_COMPAT_TTY_CHAR char
#endif

static inline void msamp_compat_hrtimer_setup(struct hrtimer *timer,
					      enum hrtimer_restart (*fn)(struct hrtimer *),
					      clockid_t clock, enum hrtimer_mode mode)
{
#if MSAMP_FORM_HRTIMER_SETUP == 1
	hrtimer_setup(timer, fn, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
#endif
}

#endif /* MSAMP_PORT_COMPAT_H */
