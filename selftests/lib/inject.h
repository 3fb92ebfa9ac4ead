/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures of allocations, and of copies from and to user memory, that the kernel makes at will.
 */
#ifndef SELFTEST_INJECT_H
#define SELFTEST_INJECT_H

#include <stdbool.h>

int inject_setup(void);
int inject_spare(const char *function);
int inject_only(const char *function);
int inject_open(void);
void inject_nth(unsigned int nth);
bool inject_struck(int fd);

#endif
