/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names and UUIDs in sysfs.
 */
#ifndef MSAMP_SYSFS_UTIL_H
#define MSAMP_SYSFS_UTIL_H

#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uuid.h>

bool msamp_sysfs_name_taken(const char *path);

/**
 * msamp_uuid_from_text() - read a UUID that was written to a file
 * @buf: the text, terminated by a NUL behind its @count bytes as sysfs does
 * @count: its length
 * @uuid: the UUID
 *
 * Context: Any.
 * Return: 0, -EINVAL if it is not exactly 36 characters of a UUID, with or without a newline.
 */
static inline int msamp_uuid_from_text(const char *buf, size_t count, guid_t *uuid)
{
	if (count == UUID_STRING_LEN + 1 && buf[UUID_STRING_LEN] == '\n')
		count--;
	if (count != UUID_STRING_LEN)
		return -EINVAL;
	return guid_parse(buf, uuid);
}

#endif /* MSAMP_SYSFS_UTIL_H */
