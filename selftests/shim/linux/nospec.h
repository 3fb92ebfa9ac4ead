/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_NOSPEC_H
#define SHIM_LINUX_NOSPEC_H

/* the tests do not guard against what a processor reads ahead */
#define array_index_nospec(index, size)	(index)

#endif /* SHIM_LINUX_NOSPEC_H */
