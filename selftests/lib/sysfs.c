// SPDX-License-Identifier: GPL-2.0-only
#include "sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Every UUID of ours starts so: what a killed test left behind can be told from anybody else's. */
#define UUID_MARK	"5e1f7e57"

/**
 * sysfs_write() - write an attribute in one go
 * @path: the attribute
 * @buf: what to write
 * @len: how much
 *
 * Return: what write() returns, -errno on failure of open() or write().
 */
ssize_t sysfs_write(const char *path, const void *buf, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, buf, len);
	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/**
 * sysfs_read() - read an attribute as a string
 * @path: the attribute
 * @buf: receives the string, without the newline that ends it
 * @size: size of @buf
 *
 * Return: length of the string, or -errno; -EBADMSG if it does not end in exactly one newline.
 */
ssize_t sysfs_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t ret;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	ret = read(fd, buf, size - 1);
	if (ret < 0)
		ret = -errno;
	close(fd);
	if (ret < 0)
		return ret;
	buf[ret] = '\0';
	if (!ret || strchr(buf, '\n') != buf + ret - 1)
		return -EBADMSG;
	buf[--ret] = '\0';
	return ret;
}

bool sysfs_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/**
 * sysfs_link_name() - last component of what a link points to
 * @path: the link
 * @buf: receives the name
 * @size: size of @buf
 *
 * Return: 0, or -errno; -ENOENT also for a link that points nowhere.
 */
int sysfs_link_name(const char *path, char *buf, size_t size)
{
	char target[PATH_MAX];

	if (!realpath(path, target))
		return -errno;
	snprintf(buf, size, "%s", strrchr(target, '/') + 1);
	return 0;
}

/**
 * debug_set() - turn one of the module's knobs in debugfs
 * @knob: its file
 * @text: what to write
 *
 * Return: how much was written, or -errno.
 */
int debug_set(const char *knob, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUG_DIR "/%s", knob);
	return sysfs_write(path, text, strlen(text));
}

void uuid_random(char uuid[UUID_SIZE])
{
	unsigned char r[12];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		abort();
	snprintf(uuid, UUID_SIZE, UUID_MARK "-%02x%02x-4%x%02x-8%x%02x-%02x%02x%02x%02x%02x%02x",
		 r[0], r[1], r[2] & 15, r[3], r[4] & 15, r[5],
		 r[6], r[7], r[8], r[9], r[10], r[11]);
}

/**
 * mdev_create_raw() - write exactly these bytes to a type's create attribute
 * @type: mdev type
 * @buf: bytes, valid or not
 * @len: how many
 *
 * Return: what write() returns, or -errno.
 */
ssize_t mdev_create_raw(const char *type, const void *buf, size_t len)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), TYPES_DIR "/%s/create", type);
	return sysfs_write(path, buf, len);
}

int __mdev_create(const char *type, const char *uuid)
{
	ssize_t ret = mdev_create_raw(type, uuid, strlen(uuid));

	if (ret < 0)
		return ret;
	return (size_t)ret == strlen(uuid) ? 0 : -EIO;
}

int __mdev_remove(const char *uuid)
{
	char path[PATH_MAX];
	ssize_t ret;

	mdev_path(path, sizeof(path), uuid, "remove");
	ret = sysfs_write(path, "1", 1);
	if (ret < 0)
		return ret;
	return ret == 1 ? 0 : -EIO;
}

int mdev_path(char *buf, size_t size, const char *uuid, const char *attr)
{
	return snprintf(buf, size, MDEV_DIR "/%s%s%s", uuid, *attr ? "/" : "", attr);
}

bool mdev_exists(const char *uuid)
{
	char path[PATH_MAX];

	mdev_path(path, sizeof(path), uuid, "");
	return sysfs_exists(path);
}

/**
 * mdev_available() - how many more devices of a type can be created
 * @type: mdev type
 *
 * Return: the number, or -errno; -EBADMSG if the attribute holds anything but a number.
 */
int mdev_available(const char *type)
{
	char path[PATH_MAX], buf[32], *end;
	ssize_t ret;
	long n;

	snprintf(path, sizeof(path), TYPES_DIR "/%s/available_instances", type);
	ret = sysfs_read(path, buf, sizeof(buf));
	if (ret < 0)
		return ret;
	n = strtol(buf, &end, 10);
	return end == buf || *end || n < 0 || n > INT_MAX ? -EBADMSG : n;
}

/**
 * mdev_count() - how many devices of a type exist
 * @type: mdev type
 *
 * Return: the number of entries in the type's devices folder, or -errno.
 */
int mdev_count(const char *type)
{
	char path[PATH_MAX];
	struct dirent *e;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), TYPES_DIR "/%s/devices", type);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((e = readdir(dir)))
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* Remove what tests before this one left behind when they were killed. */
void mdev_reap(void)
{
	struct dirent *e;
	DIR *dir = opendir(MDEV_DIR);

	if (!dir)
		return;
	while ((e = readdir(dir)))
		if (!strncmp(e->d_name, UUID_MARK, strlen(UUID_MARK)))
			__mdev_remove(e->d_name);
	closedir(dir);
}

/* Some promises are the mdev core's to keep; the kernel's own core does not keep all of ours. */
bool mdev_core_is_ours(void)
{
	return !sysfs_exists("/sys/module/mdev");
}
