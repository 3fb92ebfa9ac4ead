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

#define DEVICES	"/sys/bus/mdev/devices"

static int open_attr(const char *dir, const char *name, int flags)
{
	char path[PATH_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static int open_device_attr(const char *uuid, const char *name, int flags)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), DEVICES "/%s", uuid);
	return open_attr(dir, name, flags);
}

/* How fast the machine is just now: what shares the host with it makes it slow for seconds. */
static double floor_for(const char *metric)
{
	return metric ? measure_floor(100) : 0;
}

/* Without a metric it is not measured. */
void create(const char *type, const char *uuid, const char *metric)
{
	int fd = open_attr(type, "create", O_WRONLY);
	double floor = floor_for(metric);
	uint64_t start = now_ns();

	if (write(fd, uuid, strlen(uuid)) < 0)
		die("create");
	if (metric)
		sample(metric, since(start, 1), floor);
	close(fd);
}

void discard(const char *uuid, const char *metric)
{
	int fd = open_device_attr(uuid, "remove", O_WRONLY);
	double floor = floor_for(metric);
	uint64_t start = now_ns();

	if (write(fd, "1", 1) < 0)
		die("remove");
	if (metric)
		sample(metric, since(start, 1), floor);
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

bool attr_exists(const char *uuid, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES "/%s/%s", uuid, name);
	return !access(path, F_OK);
}

void attr_write(const char *uuid, const char *name, const char *val)
{
	int fd = open_device_attr(uuid, name, O_WRONLY);

	if (write(fd, val, strlen(val)) < 0)
		die(name);
	close(fd);
}

/* What stands in the file, without the newline. */
void attr_read(const char *uuid, const char *name, char *val, size_t size)
{
	int fd = open_device_attr(uuid, name, O_RDONLY);
	ssize_t len = read(fd, val, size - 1);

	if (len < 0)
		die(name);
	val[len] = '\0';
	val[strcspn(val, "\n")] = '\0';
	close(fd);
}
