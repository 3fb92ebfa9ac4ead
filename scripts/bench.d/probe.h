/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all measurements share: the clock, the samples, and the devices' life in sysfs.
 */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* sample.c */
noreturn void die(const char *what);
noreturn void give_up(const char *why);
uint64_t now_ns(void);
double since(uint64_t start, unsigned int ops);
void sample(const char *metric, double ns, double floor);
double measure_floor(unsigned int ops);

/* life.c */
void create(const char *type, const char *uuid, const char *metric);
void discard(const char *uuid, const char *metric);
void measure_life(const char *type, const char *uuid, unsigned int pairs);
bool attr_exists(const char *uuid, const char *name);
void attr_write(const char *uuid, const char *name, const char *val);
void attr_read(const char *uuid, const char *name, char *val, size_t size);

/* migrate.c */
void measure_migration(const char *type, const char *uuid, unsigned int times);

#endif /* BENCH_PROBE_H */
