/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTEST_UTIL_H
#define SELFTEST_UTIL_H

/* The harness brings its own to the files that include it. */
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#endif /* SELFTEST_UTIL_H */
