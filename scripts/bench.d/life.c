// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices come and go through sysfs.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

static int open_attr(const char *dir, const char *name)
{
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

/* Without a metric it is not measured. */
void create(const char *type, const char *uuid, const char *metric)
{
	int fd = open_attr(type, "create");
	uint64_t start = now_ns();

	if (write(fd, uuid, strlen(uuid)) < 0)
		die("create");
	if (metric)
		sample(metric, since(start, 1), 0);
	close(fd);
}

void discard(const char *uuid, const char *metric)
{
	char dir[PATH_MAX];
	uint64_t start;
	int fd;

	snprintf(dir, sizeof(dir), "/sys/bus/mdev/devices/%s", uuid);
	fd = open_attr(dir, "remove");
	start = now_ns();
	if (write(fd, "1", 1) < 0)
		die("remove");
	if (metric)
		sample(metric, since(start, 1), 0);
	close(fd);
}

void measure_life(const char *type, const char *uuid, unsigned int pairs)
{
	/* the first device of a module finds cold caches and sets things up for the next ones */
	create(type, uuid, NULL);
	discard(uuid, NULL);
	while (pairs--) {
		create(type, uuid, "create");
		discard(uuid, "remove");
	}
}
