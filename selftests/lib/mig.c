// SPDX-License-Identifier: GPL-2.0-only
#include "mig.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"
#include "vfio.h"

const char *mig_name(unsigned int state)
{
	static const char * const name[MIG_NR_STATES] = {
		"ERROR", "STOP", "RUNNING", "STOP_COPY", "RESUMING", "RUNNING_P2P", "PRE_COPY",
		"PRE_COPY_P2P",
	};

	return state < MIG_NR_STATES ? name[state] : "?";
}

/**
 * mig_feature() - VFIO_DEVICE_FEATURE
 * @fd: device fd
 * @flags: feature and what to do with it
 * @data: its struct, in and out; NULL for none
 * @size: its size
 *
 * Return: 0 or -errno.
 */
int mig_feature(int fd, __u32 flags, void *data, size_t size)
{
	__u64 room[16] = { 0 };
	struct vfio_device_feature *feature = (void *)room;
	int ret;

	feature->argsz = sizeof(*feature) + size;
	feature->flags = flags;
	if (size)
		memcpy(feature->data, data, size);
	ret = vfio_ioctl(fd, VFIO_DEVICE_FEATURE, feature);
	if (size)
		memcpy(data, feature->data, size);
	return ret;
}

int mig_flags(int fd)
{
	struct vfio_device_feature_migration mig = { 0 };
	int ret;

	ret = mig_feature(fd, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION, &mig,
			  sizeof(mig));
	return ret ? ret : mig.flags;
}

int mig_get(int fd)
{
	struct vfio_device_feature_mig_state mig = { 0 };
	int ret;

	ret = mig_feature(fd, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &mig,
			  sizeof(mig));
	return ret ? ret : mig.device_state;
}

/**
 * __mig_set() - ask for a state
 * @fd: device fd
 * @state: the state
 * @data_fd: receives the new data transfer's descriptor or -1; NULL closes it
 *
 * Return: 0 or -errno.
 */
int __mig_set(int fd, __u32 state, int *data_fd)
{
	struct vfio_device_feature_mig_state mig = { .device_state = state, .data_fd = -1 };
	int ret;

	ret = mig_feature(fd, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &mig,
			  sizeof(mig));
	if (data_fd)
		*data_fd = ret ? -1 : mig.data_fd;
	else if (!ret && mig.data_fd >= 0)
		close(mig.data_fd);
	return ret;
}

int mig_data_size(int fd, __u64 *size)
{
	return mig_feature(fd, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, size,
			   sizeof(*size));
}

int mig_precopy(int data_fd, struct vfio_precopy_info *info)
{
	*info = (struct vfio_precopy_info){ .argsz = sizeof(*info) };
	return vfio_ioctl(data_fd, VFIO_MIG_GET_PRECOPY_INFO, info);
}

/* Read to the end of the stream, or to its end for now. */
ssize_t mig_read(int data_fd, void *buf, size_t size)
{
	size_t len = 0;
	ssize_t ret;

	do {
		ret = read(data_fd, (char *)buf + len, size - len);
		if (ret > 0)
			len += ret;
	} while (ret > 0 && len < size);
	return ret < 0 && errno != ENOMSG ? -errno : len;
}

ssize_t mig_write(int data_fd, const void *buf, size_t size)
{
	size_t len = 0;
	ssize_t ret = 0;

	while (len < size) {
		ret = write(data_fd, (const char *)buf + len, size - len);
		if (ret < 0)
			return -errno;
		len += ret;
	}
	return len;
}

/**
 * mig_save() - stop a device and get its state
 * @fd: device fd
 * @buf: receives it
 * @size: room
 *
 * Return: its length; the device is in STOP_COPY then. Or -errno.
 */
ssize_t mig_save(int fd, void *buf, size_t size)
{
	ssize_t len;
	int data_fd;
	int ret;

	ret = __mig_set(fd, VFIO_DEVICE_STATE_STOP_COPY, &data_fd);
	if (ret)
		return ret;
	len = mig_read(data_fd, buf, size);
	close(data_fd);
	return len;
}

/**
 * mig_load() - give a device a state
 * @fd: device fd
 * @buf: the state
 * @size: its length
 *
 * Return: 0, and the device is in STOP; or -errno.
 */
int mig_load(int fd, const void *buf, size_t size)
{
	ssize_t len;
	int data_fd;
	int ret;

	ret = __mig_set(fd, VFIO_DEVICE_STATE_RESUMING, &data_fd);
	if (ret)
		return ret;
	len = mig_write(data_fd, buf, size);
	ret = __mig_set(fd, VFIO_DEVICE_STATE_STOP, NULL);
	close(data_fd);
	return len < 0 ? len : ret;
}

/**
 * mig_knob() - write one of the files in the device's folder migration/
 * @uuid: the device
 * @name: the file
 * @val: what to write
 *
 * Return: 0 or -errno.
 */
int mig_knob(const char *uuid, const char *name, const char *val)
{
	char file[64], path[PATH_MAX];
	ssize_t ret;
	int fd;

	snprintf(file, sizeof(file), "migration/%s", name);
	mdev_path(path, sizeof(path), uuid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, val, strlen(val));
	ret = ret < 0 ? -errno : 0;
	close(fd);
	return ret;
}
