/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel complains about. Creating and removing devices prints messages of its own (the
 * IOMMU core's group numbers, for example): those are no complaints.
 */
#ifndef SELFTEST_COMPLAINT_H
#define SELFTEST_COMPLAINT_H

#include <stddef.h>

const char *complaint_next(int kmsg, char *buf, size_t size);
const char *kmsg_line(int kmsg, const char *about, char *buf, size_t size);
const char *kmsg_one_line(int kmsg, const char *word, char *buf, size_t size);

/* Fails the test once for each complaint since kmsg_open() or the last call, and shows it. */
#define expect_no_complaint(_kmsg) do {					\
	char __line[1024];						\
	const char *__msg;						\
									\
	while ((__msg = complaint_next(_kmsg, __line, sizeof(__line))))	\
		EXPECT_STREQ("", __msg);				\
} while (0)

/* Exactly one line of the module since kmsg_open() or the last call, and @_word is in it. */
#define expect_one_line(_kmsg, _word) do {				\
	char __line[1024];						\
									\
	EXPECT_STREQ("one line", kmsg_one_line(_kmsg, _word, __line, sizeof(__line))); \
} while (0)

#endif /* SELFTEST_COMPLAINT_H */
