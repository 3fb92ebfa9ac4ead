// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's state is saved and restored, as VFIO's migration protocol has it
 * (include/uapi/linux/vfio.h): by way of STOP_COPY and of RESUMING.
 */
#include <linux/types.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "probe.h"

/* More than any device here has, so that a stream that does not end is noticed. */
#define STATE_SIZE	1048576

struct feature {
	struct vfio_device_feature hdr;
	union {
		struct vfio_device_feature_migration migration;
		struct vfio_device_feature_mig_state state;
	};
};

static bool can_migrate(struct dev *dev)
{
	struct feature feature = {
		.hdr.argsz = sizeof(feature),
		.hdr.flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION,
	};

	return !ioctl(dev->fd, VFIO_DEVICE_FEATURE, &feature) &&
	       feature.migration.flags & VFIO_MIGRATION_STOP_COPY;
}

/* Returns the data file where the state has one, or else -1. */
static int go_to(struct dev *dev, enum vfio_device_mig_state state)
{
	struct feature feature = {
		.hdr.argsz = sizeof(feature),
		.hdr.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
		.state.device_state = state,
		.state.data_fd = -1,
	};

	if (ioctl(dev->fd, VFIO_DEVICE_FEATURE, &feature))
		die("migration state");
	return feature.state.data_fd;
}

static size_t save(struct dev *dev, uint8_t *state)
{
	int fd = go_to(dev, VFIO_DEVICE_STATE_STOP_COPY);
	size_t size = 0;
	ssize_t len;

	while ((len = read(fd, state + size, STATE_SIZE - size)) > 0)
		size += len;
	if (len < 0)
		die("reading the state");
	close(fd);
	go_to(dev, VFIO_DEVICE_STATE_STOP);
	return size;
}

static void restore(struct dev *dev, const uint8_t *state, size_t size)
{
	int fd = go_to(dev, VFIO_DEVICE_STATE_RESUMING);
	ssize_t len;

	for (; size; state += len, size -= len) {
		len = write(fd, state, size);
		if (len <= 0)
			die("writing the state");
	}
	close(fd);
	go_to(dev, VFIO_DEVICE_STATE_RUNNING);
}

/* Does nothing where devices stay: a mtty before Linux 6.7. */
void measure_migration(const char *type, const char *uuid, unsigned int times)
{
	static uint8_t state[STATE_SIZE];
	uint64_t start, saved, end;
	struct dev dev;
	double floor;
	size_t size;

	create(type, uuid, NULL);
	dev_open(&dev, uuid);
	while (can_migrate(&dev) && times--) {
		floor = measure_floor(100);
		start = now_ns();
		size = save(&dev, state);
		saved = now_ns();
		restore(&dev, state, size);
		end = now_ns();
		sample("save", saved - start, floor);
		sample("restore", end - saved, floor);
		sample("move", end - start, floor);
		sample("state", size, 0);
	}
	dev_close(&dev);
	discard(uuid, NULL);
}
