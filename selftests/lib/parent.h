/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parents other than the default one, made through configfs, and creating devices on them.
 *
 * Functions return a count or 0, or -errno; none ends the test. The macro of the same name without
 * underscores, where there is one, does.
 */
#ifndef SELFTEST_PARENT_H
#define SELFTEST_PARENT_H

#include "sysfs.h"

#define CONFIGFS_DIR	"/sys/kernel/config/mdev_sample"
#define CLASS_DIR	"/sys/class/mtty"

/* Every parent of ours starts so: what a killed test left behind can be told from others. */
#define PARENT_MARK	"selftest-"
#define PARENT_SIZE	64

const char *parent_missing(void);
void parent_reap(void);

int __parent_mkdir(const char *name);
int __parent_rmdir(const char *name);
int __parent_set(const char *name, const char *attr, const char *value);
int __parent_add(const char *name, unsigned int ports);

int __parent_write(const char *name, const char *attr, const char *text);
int __parent_create(const char *name, const char *type, const char *uuid);
int parent_available(const char *name, const char *type);
bool parent_exists(const char *name);
int parent_wait_gone(const char *name, int ms);

#define parent_add(_name, _ports) ASSERT_EQ(0, __parent_add(_name, _ports))
#define parent_rmdir(_name) ASSERT_EQ(0, __parent_rmdir(_name))
#define parent_create(_name, _type, _uuid) ASSERT_EQ(0, __parent_create(_name, _type, _uuid))

#endif /* SELFTEST_PARENT_H */
