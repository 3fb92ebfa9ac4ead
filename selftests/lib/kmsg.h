/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the kernel said anything while a test ran. */
#ifndef SELFTEST_KMSG_H
#define SELFTEST_KMSG_H

#include <stddef.h>

enum kmsg_filter {
	KMSG_ANY,	/* any line that the kernel printed */
	KMSG_SPLAT,	/* only warnings with a trace, bugs, oopses, sanitizer reports */
};

int kmsg_open(void);
const char *kmsg_next(int fd, enum kmsg_filter filter, char *buf, size_t size);

/* Fails the test once for each line printed since kmsg_open() or the last call, and shows it. */
#define expect_kmsg_quiet(_fd, _filter) do {				\
	char __line[1024];						\
	const char *__msg;						\
									\
	while ((__msg = kmsg_next(_fd, _filter, __line, sizeof(__line))))	\
		EXPECT_STREQ("", __msg);				\
} while (0)

#endif /* SELFTEST_KMSG_H */
