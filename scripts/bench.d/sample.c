// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock, the samples, and the floor that they are compared with.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void give_up(const char *why)
{
	fprintf(stderr, "bench: %s\n", why);
	exit(1);
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

double since(uint64_t start, unsigned int ops)
{
	return (double)(now_ns() - start) / ops;
}

void sample(const char *metric, double ns, double floor)
{
	printf("%s\t%.1f\t%.1f\n", metric, ns, floor);
}

/* Returns nanoseconds for one pread of /dev/zero. */
double measure_floor(unsigned int ops)
{
	static int zero = -1;
	unsigned int i;
	uint64_t start;
	double ns;
	uint8_t c;

	if (zero < 0)
		zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	start = now_ns();
	for (i = 0; i < ops; i++) {
		if (pread(zero, &c, 1, 0) != 1)
			die("/dev/zero");
	}
	ns = since(start, ops);
	sample("zero", ns, ns);
	return ns;
}
