/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_COMPILER_H
#define SHIM_LINUX_COMPILER_H

/* the tests have one thread */
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, val)	((x) = (val))
#ifndef __packed
#define __packed		__attribute__((packed))
#endif

#endif /* SHIM_LINUX_COMPILER_H */
