// SPDX-License-Identifier: GPL-2.0-only
#include "complaint.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From here on a message is no complaint: 4 is a warning, 5 a notice. */
#define LEVEL_NOTICE	5

/* Who could have been made to complain by what these tests do. */
static const char * const ours[] = {
	"mdev", "mtty", "vfio", "VFIO", "iommu", "IOMMU", "sysfs", "kobject", "configfs",
	"5e1f7e57", NULL
};

/* However loud they are said. */
static const char * const always[] = {
	"cut here", "WARNING:", "BUG:", "Oops", "KASAN:", "UBSAN:", "INFO: task", "refcount_t:",
	"general protection fault", "unreferenced object", "possible recursive locking",
	"possible circular locking", "suspicious RCU usage", NULL
};

/*
 * The driver core's word for a creation that was refused, where the kernel's mdev core asks it;
 * VFIO's for a removal that has to wait though whoever asked for it was killed; and ours for a
 * parent's name, which stays taken while a parent that has been removed waits for its users.
 */
static const char * const fair[] = {
	"failed with error", "Device is currently in use", "' is taken", NULL
};

static bool mentions(const char *msg, const char * const *list)
{
	for (; *list; list++)
		if (strstr(msg, *list))
			return true;
	return false;
}

/* Next message of the kernel itself; NULL if there is none yet. */
static char *next_message(int kmsg, char *buf, size_t size, unsigned int *level)
{
	for (;;) {
		ssize_t n = read(kmsg, buf, size - 1);
		unsigned long prio;
		char *msg;

		/* messages have been lost: go on with the oldest there is */
		if (n < 0 && errno == EPIPE)
			continue;
		if (n < 0)
			return NULL;
		buf[n] = '\0';
		prio = strtoul(buf, NULL, 10);
		*level = prio & 7;
		msg = strchr(buf, ';');
		if (!msg || prio >> 3)
			continue;
		msg[1 + strcspn(msg + 1, "\n")] = '\0';
		return msg + 1;
	}
}

/**
 * complaint_next() - next complaint
 * @kmsg: from kmsg_open()
 * @buf: holds the record
 * @size: size of @buf
 *
 * Return: the message within @buf, or NULL if there is none so far.
 */
const char *complaint_next(int kmsg, char *buf, size_t size)
{
	unsigned int level;
	char *msg;

	while ((msg = next_message(kmsg, buf, size, &level)))
		if (mentions(msg, always) ||
		    (level < LEVEL_NOTICE && mentions(msg, ours) && !mentions(msg, fair)))
			return msg;
	return NULL;
}

/**
 * kmsg_line() - next message about something
 * @kmsg: from kmsg_open()
 * @about: what has to be in it
 * @buf: holds the record
 * @size: size of @buf
 *
 * Return: the message within @buf, or NULL if there is none so far.
 */
const char *kmsg_line(int kmsg, const char *about, char *buf, size_t size)
{
	unsigned int level;
	char *msg;

	while ((msg = next_message(kmsg, buf, size, &level)))
		if (strstr(msg, about))
			return msg;
	return NULL;
}

/**
 * kmsg_one_line() - see whether the module has said one thing, and said it once
 * @kmsg: from kmsg_open()
 * @word: what has to be in it
 * @buf: holds a record
 * @size: size of @buf
 *
 * Return: "one line", or what is wrong.
 */
const char *kmsg_one_line(int kmsg, const char *word, char *buf, size_t size)
{
	const char *line = kmsg_line(kmsg, "mdev_sample: ", buf, size);

	if (!line)
		return "no line";
	if (!strstr(line, word))
		return line;
	return kmsg_line(kmsg, "mdev_sample: ", buf, size) ? "more than one line" : "one line";
}
