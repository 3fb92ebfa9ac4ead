/* SPDX-License-Identifier: GPL-2.0-only */
/* User memory that ends, or cannot be written, where a test wants it. */
#ifndef SELFTEST_MEMORY_H
#define SELFTEST_MEMORY_H

#include <linux/types.h>

void *page_end(void);
void *page_read_only(__u32 first);

#endif /* SELFTEST_MEMORY_H */
