/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User memory whose first access waits until a test allows it, and calls that must not wait for it.
 */
#ifndef SELFTEST_STALL_H
#define SELFTEST_STALL_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

/* Long enough for a busy emulated machine; a test waits this long only when it fails. */
#define STALL_SOON_MS	20000

struct stall {
	int uffd;
	char *page;
};

const char *stall_missing(void);
int stall_begin(struct stall *stall);
int stall_wait(const struct stall *stall, int ms);
void stall_release(const struct stall *stall);
void stall_end(struct stall *stall);

pid_t stall_fork(ssize_t (*fn)(void *page, void *arg), void *arg);
int killed_soon(pid_t pid);

/* A call in a thread of its own. */
struct call {
	pthread_t thread;
	ssize_t (*fn)(void *arg);
	void *arg;
	ssize_t ret;
};

int call_begin(struct call *call, ssize_t (*fn)(void *arg), void *arg);
ssize_t call_end(struct call *call, int ms);

#endif /* SELFTEST_STALL_H */
