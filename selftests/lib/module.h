/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading and unloading the module.
 *
 * Functions return 0 or -errno.
 */
#ifndef SELFTEST_MODULE_H
#define SELFTEST_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#define MODULE_DIR "/sys/module/mdev_sample"

/* Room for the longest lists of parents and ports. */
#define MODULE_PARAMS_SIZE 5200

const char *module_file(void);
const char *module_missing(void);
void module_params(char *params, size_t size);
bool module_loaded(void);
int module_load(const char *params);
int module_unload(void);

#endif /* SELFTEST_MODULE_H */
