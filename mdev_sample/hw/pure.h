/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure layer needs of its surroundings.
 *
 * Files of the pure layer (uart, pci_config, mig_stream) know nothing of VFIO, take no lock and
 * allocate nothing, so that they compile in userspace too and their tests need no virtual
 * machine. They include this header and nothing else but headers of their own and of the kernel's
 * userspace ABI.
 */
#ifndef MSAMP_PURE_H
#define MSAMP_PURE_H

#include <linux/types.h>

#ifdef __KERNEL__

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/nospec.h>
#include <linux/string.h>

#else

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

/* the tests have one thread */
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, val)	((x) = (val))
/* nor do they guard against what a processor reads ahead */
#define array_index_nospec(index, size)	(index)
#define BIT(n)		(1UL << (n))
#define div64_u64(a, b)	((u64)(a) / (u64)(b))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif /* __KERNEL__ */

#endif /* MSAMP_PURE_H */
