// SPDX-License-Identifier: GPL-2.0-only
#include "parent.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VIRTUAL_DIR	"/sys/devices/virtual/mtty"

/**
 * parent_missing() - why no parent can be made here
 *
 * Return: NULL if one can, else what to do about it.
 */
const char *parent_missing(void)
{
	if (access(CONFIGFS_DIR, W_OK))
		return "no " CONFIGFS_DIR ": mount -t configfs none /sys/kernel/config";
	return NULL;
}

static int config_path(char *buf, size_t size, const char *name, const char *attr)
{
	return snprintf(buf, size, CONFIGFS_DIR "/%s%s%s", name, *attr ? "/" : "", attr);
}

int __parent_mkdir(const char *name)
{
	char path[PATH_MAX];

	config_path(path, sizeof(path), name, "");
	return mkdir(path, 0755) ? -errno : 0;
}

int __parent_rmdir(const char *name)
{
	char path[PATH_MAX];

	config_path(path, sizeof(path), name, "");
	return rmdir(path) ? -errno : 0;
}

static int write_all(const char *path, const char *text)
{
	ssize_t ret = sysfs_write(path, text, strlen(text));

	if (ret < 0)
		return ret;
	return (size_t)ret == strlen(text) ? 0 : -EIO;
}

/**
 * __parent_set() - write an attribute of a parent's folder in configfs
 * @name: the parent
 * @attr: "ports" or "live"
 * @value: the text to write
 *
 * Return: 0 or -errno.
 */
int __parent_set(const char *name, const char *attr, const char *value)
{
	char path[PATH_MAX];

	config_path(path, sizeof(path), name, attr);
	return write_all(path, value);
}

/**
 * __parent_add() - make a live parent
 * @name: its name
 * @ports: its capacity
 *
 * Return: 0, or -errno and then there is no folder of this name.
 */
int __parent_add(const char *name, unsigned int ports)
{
	char number[16];
	int ret;

	ret = __parent_mkdir(name);
	if (ret)
		return ret;
	snprintf(number, sizeof(number), "%u", ports);
	ret = __parent_set(name, "ports", number);
	if (!ret)
		ret = __parent_set(name, "live", "1");
	if (ret)
		__parent_rmdir(name);
	return ret;
}

/* Remove the parents that tests before this one left behind when they were killed. */
void parent_reap(void)
{
	DIR *dir = opendir(CONFIGFS_DIR);
	struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir)))
		if (!strncmp(e->d_name, PARENT_MARK, strlen(PARENT_MARK)))
			__parent_rmdir(e->d_name);
	closedir(dir);
}

/**
 * __parent_write() - write an attribute of a parent's device
 * @name: the parent
 * @attr: the attribute, relative to the device's folder
 * @text: the text to write
 *
 * Return: 0 or -errno.
 */
int __parent_write(const char *name, const char *attr, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), VIRTUAL_DIR "/%s/%s", name, attr);
	return write_all(path, text);
}

int __parent_create(const char *name, const char *type, const char *uuid)
{
	char attr[NAME_MAX];

	snprintf(attr, sizeof(attr), "mdev_supported_types/%s/create", type);
	return __parent_write(name, attr, uuid);
}

/**
 * parent_available() - how many more devices of a type a parent has room for
 * @name: the parent
 * @type: mdev type
 *
 * Return: the number, or -errno.
 */
int parent_available(const char *name, const char *type)
{
	char path[PATH_MAX], buf[32];
	ssize_t ret;

	snprintf(path, sizeof(path), VIRTUAL_DIR "/%s/mdev_supported_types/%s/available_instances",
		 name, type);
	ret = sysfs_read(path, buf, sizeof(buf));
	return ret < 0 ? ret : atoi(buf);
}

bool parent_exists(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), CLASS_DIR "/%s", name);
	return sysfs_exists(path);
}

/**
 * parent_wait_gone() - wait until a parent has gone that is removed in the background
 * @name: the parent
 * @ms: longest wait
 *
 * Return: 0 or -ETIMEDOUT.
 */
int parent_wait_gone(const char *name, int ms)
{
	for (; parent_exists(name); ms -= 5) {
		if (ms <= 0)
			return -ETIMEDOUT;
		usleep(5000);
	}
	return 0;
}
