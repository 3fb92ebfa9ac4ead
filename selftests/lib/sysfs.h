/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mdev side of sysfs: attributes, UUIDs, creating and removing devices.
 *
 * Functions return a count or 0, or -errno; none ends the test. The macro of the same name without
 * underscores, where there is one, does: use it for steps that are not what the test is about.
 */
#ifndef SELFTEST_SYSFS_H
#define SELFTEST_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PARENT_DIR	"/sys/devices/virtual/mtty/mtty"
#define TYPES_DIR	PARENT_DIR "/mdev_supported_types"
#define MDEV_DIR	"/sys/bus/mdev/devices"

#define DEBUG_DIR	"/sys/kernel/debug/mdev_sample"
#define NO_DEBUGFS	"no " DEBUG_DIR ": mount -t debugfs none /sys/kernel/debug"

#define UUID_LEN	36
#define UUID_SIZE	(UUID_LEN + 1)

/* Ports of a parent with the module's defaults. */
#define PARENT_PORTS	24

ssize_t sysfs_write(const char *path, const void *buf, size_t len);
ssize_t sysfs_read(const char *path, char *buf, size_t size);
bool sysfs_exists(const char *path);
int sysfs_link_name(const char *path, char *buf, size_t size);
int debug_set(const char *knob, const char *text);

void uuid_random(char uuid[UUID_SIZE]);

ssize_t mdev_create_raw(const char *type, const void *buf, size_t len);
int __mdev_create(const char *type, const char *uuid);
int __mdev_remove(const char *uuid);
bool mdev_exists(const char *uuid);
int mdev_path(char *buf, size_t size, const char *uuid, const char *attr);
int mdev_available(const char *type);
int mdev_count(const char *type);
void mdev_reap(void);
bool mdev_core_is_ours(void);

#define mdev_create(_type, _uuid) ASSERT_EQ(0, __mdev_create(_type, _uuid))
#define mdev_remove(_uuid) ASSERT_EQ(0, __mdev_remove(_uuid))

#endif /* SELFTEST_SYSFS_H */
