/* SPDX-License-Identifier: GPL-2.0-only */
/* What the suites add to the harness's macros. */
#ifndef SELFTEST_EXPECT_H
#define SELFTEST_EXPECT_H

#include <unistd.h>

#ifndef EXPECT_ERRNO
#define EXPECT_ERRNO(_errno, _call) EXPECT_EQ(-(_errno), _call)
#endif

/*
 * SKIP() within a fixture's setup. Old harnesses go on to run the test after a plain return, but
 * can be left by a jump; new ones give each test a process, which has to end.
 */
#ifdef HARNESS_JUMPS
#define SKIP_SETUP(...) SKIP(longjmp(_metadata->env, 1), __VA_ARGS__)
#else
#define SKIP_SETUP(...) SKIP(_exit(0), __VA_ARGS__)
#endif

/* A test that somebody may ask to run for long; without that it takes a minute at most. */
#define LONG_SECONDS 7200

#endif /* SELFTEST_EXPECT_H */
