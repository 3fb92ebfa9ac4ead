/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second process that works at the same time as this one.
 */
#ifndef BENCH_BESIDE_H
#define BENCH_BESIDE_H

#include <stddef.h>
#include <sys/types.h>

void *beside_share(size_t size);
pid_t beside_start(void (*work)(void *shared), void *shared);
void beside_end(pid_t pid);

#endif /* BENCH_BESIDE_H */
