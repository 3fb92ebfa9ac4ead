/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Streams of characters through a device, and how they are timed.
 */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stream that stands still for so long is broken; a busy machine may keep a guest waiting. */
#define STALL_MS	2000
#define STALL_NS	(STALL_MS * 1000000ULL)

struct dev;
struct driver;

/**
 * struct meter - the time that a stream takes
 * @metric: its name
 * @bytes: how many had arrived when last looked at
 * @step_at: how many when the current step began
 * @step_start: when that was
 * @total: nanoseconds of all steps so far
 * @stretch_at: how many bytes had arrived when the current stretch began
 * @stretch: nanoseconds of its steps
 * @floor: sum of the floor's samples after these
 * @floors: how many
 * @resting: the floor is being measured: whoever else carries the stream has to stand still
 */
struct meter {
	const char *metric;
	size_t bytes;
	size_t step_at;
	uint64_t step_start;
	uint64_t total;
	size_t stretch_at;
	uint64_t stretch;
	double floor;
	unsigned int floors;
	atomic_bool resting;
};

/* stream.c */
void meter_start(struct meter *meter, const char *metric);
bool meter_read(struct meter *meter, size_t bytes);
bool stream_report(const char *metric, uint64_t ns, const char *trouble, size_t bytes);
const char *stream_receive(struct driver *drv, struct meter *meter, bool by_intx);
void measure_streams(struct dev *dev, unsigned int times);

/* pair.c, tty.c */
void measure_pair(const char *type, const char *const uuid[2], unsigned int times);
void measure_tty(const char *type, const char *uuid, unsigned int times);

#endif /* BENCH_STREAM_H */
