// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a kernel says about itself on a slow or virtual machine at any time, whoever is testing. */
static const char * const noise[] = {
	"clocksource:", "hrtimer: interrupt took", "perf: interrupt took", "random:", "sched:",
	"workqueue:", "TSC ", "tsc:", NULL
};

static const char * const splats[] = {
	"------------[ cut here", "WARNING:", "BUG:", "Oops", "KASAN:", "UBSAN:", "INFO: task",
	"general protection fault", "refcount_t:", "unreferenced object", "sysfs: cannot create",
	"possible recursive locking", "possible circular locking", NULL
};

static bool kmsg_in(const char *msg, const char * const *list, bool prefix)
{
	for (; *list; list++) {
		const char *at = strstr(msg, *list);

		if (at && (!prefix || at == msg))
			return true;
	}
	return false;
}

/**
 * kmsg_open() - start listening to the kernel log
 *
 * Return: fd that sees only what is printed from now on, or -1.
 */
int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/**
 * kmsg_next() - next line that matters
 * @fd: from kmsg_open()
 * @filter: which lines matter
 * @buf: holds the record
 * @size: size of @buf
 *
 * A log that has wrapped before it was read counts as a line: somebody flooded it.
 *
 * Return: the line within @buf, or NULL if nothing more has been printed.
 */
const char *kmsg_next(int fd, enum kmsg_filter filter, char *buf, size_t size)
{
	for (;;) {
		ssize_t n = read(fd, buf, size - 1);
		char *msg;

		if (n < 0 && errno == EPIPE)
			return "(the kernel log has wrapped)";
		if (n < 0)
			return NULL;
		buf[n] = '\0';
		/* the facility, the number's upper bits, is 0 for the kernel's own messages */
		if (strtoul(buf, NULL, 10) >> 3)
			continue;
		msg = strchr(buf, ';');
		if (!msg)
			continue;
		msg[1 + strcspn(msg + 1, "\n")] = '\0';
		msg++;
		if (kmsg_in(msg, splats, false))
			return msg;
		if (filter == KMSG_ANY && !kmsg_in(msg, noise, true))
			return msg;
	}
}
