/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * To be included first by a unit test that is built with counters: the harness runs each test in a
 * process that leaves by _exit(), which would leave the counts behind.
 */
#ifndef MDEV_SAMPLE_GCOV_EXIT_H
#define MDEV_SAMPLE_GCOV_EXIT_H

#include <unistd.h>

void __gcov_dump(void);

static inline void gcov_exit(int status)
{
	__gcov_dump();
	_exit(status);
}

#define _exit gcov_exit

#endif /* MDEV_SAMPLE_GCOV_EXIT_H */
