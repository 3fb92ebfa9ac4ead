/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that do something at the same moment, round after round, or all the time until told to
 * stop.
 */
#ifndef SELFTEST_CROWD_H
#define SELFTEST_CROWD_H

#include <pthread.h>
#include <stdbool.h>

#define CROWD_MAX	16

struct crowd;

/* Returns what the round is counted by: 0 or -errno. */
typedef int (*crowd_fn)(void *arg, unsigned int member);

struct crowd_member {
	struct crowd *crowd;
	unsigned int index;
	pthread_t thread;
	int ret;
};

struct crowd {
	unsigned int size;
	crowd_fn fn;
	void *arg;
	bool stop;
	pthread_barrier_t begin;
	pthread_barrier_t end;
	struct crowd_member member[CROWD_MAX];
};

int crowd_start(struct crowd *crowd, unsigned int size, crowd_fn fn, void *arg);
void crowd_round(struct crowd *crowd);
unsigned int crowd_count(const struct crowd *crowd, int ret);
void crowd_end(struct crowd *crowd);

long effort(const char *name, long usual);
double seconds_now(void);

#endif /* SELFTEST_CROWD_H */
