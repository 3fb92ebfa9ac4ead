// SPDX-License-Identifier: GPL-2.0-only
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sysfs.h"

/**
 * module_file() - where the module is
 *
 * Return: MDEV_SAMPLE_KO from the environment, or the one built beside the tests; NULL if neither
 * can be read.
 */
const char *module_file(void)
{
	static const char beside[] = "../mdev_sample.ko";
	const char *named = getenv("MDEV_SAMPLE_KO");

	if (named)
		return access(named, R_OK) ? NULL : named;
	return access(beside, R_OK) ? NULL : beside;
}

/* Why the module cannot be loaded and unloaded here; NULL if it can. */
const char *module_missing(void)
{
	return module_file() ? NULL : "set MDEV_SAMPLE_KO to the file of the module that is loaded";
}

/**
 * module_params() - the parameters that the module was loaded with
 * @params: receives them, as module_load() takes them
 * @size: size of @params
 */
void module_params(char *params, size_t size)
{
	char parents[4096] = "", ports[1024] = "", buckets[16] = "", interval[16] = "";

	sysfs_read(MODULE_DIR "/parameters/parents", parents, sizeof(parents));
	sysfs_read(MODULE_DIR "/parameters/ports", ports, sizeof(ports));
	sysfs_read(MODULE_DIR "/parameters/path_buckets", buckets, sizeof(buckets));
	sysfs_read(MODULE_DIR "/parameters/path_gc_interval", interval, sizeof(interval));
	snprintf(params, size, "parents=%s ports=%s path_buckets=%s path_gc_interval=%s", parents,
		 ports, buckets, interval);
}

bool module_loaded(void)
{
	return access(MODULE_DIR "/refcnt", F_OK) == 0;
}

/**
 * module_load() - load the module
 * @params: as on insmod's command line
 *
 * Return: 0 or -errno.
 */
int module_load(const char *params)
{
	int fd, ret;

	if (!module_file())
		return -ENOENT;
	fd = open(module_file(), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
	close(fd);
	return ret;
}

/* -EWOULDBLOCK, which is -EAGAIN, while something uses it; never waits for that. */
int module_unload(void)
{
	return syscall(SYS_delete_module, "mdev_sample", O_NONBLOCK) ? -errno : 0;
}
