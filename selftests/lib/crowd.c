// SPDX-License-Identifier: GPL-2.0-only
#include "crowd.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static void *crowd_main(void *arg)
{
	struct crowd_member *member = arg;
	struct crowd *crowd = member->crowd;

	for (;;) {
		pthread_barrier_wait(&crowd->begin);
		if (crowd->stop)
			return NULL;
		member->ret = crowd->fn(crowd->arg, member->index);
		pthread_barrier_wait(&crowd->end);
	}
}

/**
 * crowd_start() - start the threads; they wait for the first round
 * @crowd: the threads
 * @size: how many, at most CROWD_MAX
 * @fn: what each does in a round
 * @arg: its argument
 *
 * Return: 0 or -errno.
 */
int crowd_start(struct crowd *crowd, unsigned int size, crowd_fn fn, void *arg)
{
	int ret;

	crowd->size = size;
	crowd->fn = fn;
	crowd->arg = arg;
	crowd->stop = false;
	pthread_barrier_init(&crowd->begin, NULL, size + 1);
	pthread_barrier_init(&crowd->end, NULL, size + 1);
	for (unsigned int i = 0; i < size; i++) {
		crowd->member[i] = (struct crowd_member){ .crowd = crowd, .index = i };
		ret = pthread_create(&crowd->member[i].thread, NULL, crowd_main, &crowd->member[i]);
		if (ret)
			return -ret;
	}
	return 0;
}

/* All threads begin at the same moment; returns when the last one has done. */
void crowd_round(struct crowd *crowd)
{
	pthread_barrier_wait(&crowd->begin);
	pthread_barrier_wait(&crowd->end);
}

/* How many threads got this result in the last round. */
unsigned int crowd_count(const struct crowd *crowd, int ret)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < crowd->size; i++)
		n += crowd->member[i].ret == ret;
	return n;
}

void crowd_end(struct crowd *crowd)
{
	crowd->stop = true;
	pthread_barrier_wait(&crowd->begin);
	for (unsigned int i = 0; i < crowd->size; i++)
		pthread_join(crowd->member[i].thread, NULL);
	pthread_barrier_destroy(&crowd->begin);
	pthread_barrier_destroy(&crowd->end);
}

/**
 * effort() - how long or how often a test does what it does
 * @name: environment variable that says otherwise
 * @usual: what it is without
 *
 * Return: the number, at least 1.
 */
long effort(const char *name, long usual)
{
	const char *text = getenv(name);
	long n = text ? atol(text) : usual;

	return n > 0 ? n : usual;
}

double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}
