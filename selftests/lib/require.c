// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into a program, this makes it skip where it cannot run. It is a constructor because each
 * program's main() comes from the harness, which skips single tests only.
 */
#include <unistd.h>

#include "kselftest.h"
#include "sysfs.h"

static void __attribute__((constructor)) require_parent(void)
{
	if (geteuid()) {
		ksft_print_header();
		ksft_exit_skip("needs root: mdevs are created through sysfs\n");
	}
	if (!sysfs_exists(TYPES_DIR)) {
		ksft_print_header();
		ksft_exit_skip("no parent 'mtty': modprobe mdev_sample\n");
	}
}
