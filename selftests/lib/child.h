/* SPDX-License-Identifier: GPL-2.0-only */
/* A call that may block, made in a process of its own. */
#ifndef SELFTEST_CHILD_H
#define SELFTEST_CHILD_H

#include <sys/types.h>

/* Long enough for a busy emulated machine; a test waits this long only when it fails. */
#define CHILD_SOON_MS	10000

struct child {
	pid_t pid;
};

int child_start(struct child *child, int (*fn)(void *arg), void *arg);
int child_wait(struct child *child, int ms);

#endif /* SELFTEST_CHILD_H */
