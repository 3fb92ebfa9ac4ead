// SPDX-License-Identifier: GPL-2.0-only
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"
#include "util.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define DEBUGFS "/sys/kernel/debug"

/* Where an allocation may come from: a range of the kernel's code, "require" or "reject". */
static int set_range(const char *word, unsigned long long start, unsigned long long end)
{
	static const char * const knob[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	char path[PATH_MAX], text[24];
	int ret = 0;

	for (size_t i = 0; !ret && i < 2 * ARRAY_SIZE(knob); i++) {
		int len = snprintf(text, sizeof(text), "%llu", i % 2 ? end : start);

		snprintf(path, sizeof(path), DEBUGFS "/%s/%s-%s", knob[i / 2], word,
			 i % 2 ? "end" : "start");
		if (sysfs_write(path, text, len) != len)
			ret = -ENOENT;
	}
	return ret;
}

/**
 * inject_setup() - let allocations that may sleep fail, too, without a trace of each in the log
 *
 * Return: 0, or -ENOENT where the kernel cannot.
 */
int inject_setup(void)
{
	static const char * const file[][2] = {
		{ DEBUGFS "/failslab/ignore-gfp-wait", "N" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-wait", "N" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ DEBUGFS "/failslab/verbose", "0" },
		{ DEBUGFS "/fail_page_alloc/verbose", "0" },
		{ DEBUGFS "/fail_usercopy/verbose", "0" },
		{ DEBUGFS "/fail_iommufd/verbose", "0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(file); i++)
		if (sysfs_write(file[i][0], file[i][1], 1) != 1 && i < 2)
			return -ENOENT;
	/* whoever was here before may have left them otherwise */
	set_range("require", 0, ULONG_MAX);
	set_range("reject", 0, 0);
	return sysfs_exists(FAIL_NTH) ? 0 : -ENOENT;
}

/* From where a function of the kernel begins to where the next one does. */
static bool symbol_range(const char *name, unsigned long long *start, unsigned long long *end)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long at;
	char symbol[512];

	if (!file)
		return false;
	*start = *end = 0;
	while (fscanf(file, "%llx %*c %511s%*[^\n]", &at, symbol) == 2) {
		bool same = !strncmp(symbol, name, strlen(name));

		/* compilers add to names, after a dot; ".cold" is a part that lies elsewhere */
		if (same && strchr(".", symbol[strlen(name)]) && !strstr(symbol, ".cold"))
			*start = at;
		else if (*start && at > *start && (!*end || at < *end))
			*end = at;
	}
	fclose(file);
	return *start && *end;
}

/**
 * inject_spare() - let nothing fail in one function and what it calls
 * @function: its name; nothing happens where the kernel has none of this name
 *
 * Return: 0, or -ENOENT where the kernel cannot.
 */
int inject_spare(const char *function)
{
	unsigned long long start, end;

	return symbol_range(function, &start, &end) ? set_range("reject", start, end) : 0;
}

/**
 * inject_only() - let nothing fail but in one function and what it calls
 * @function: its name; nothing happens where the kernel has none of this name
 *
 * Return: 0, or -ENOENT where the kernel cannot.
 */
int inject_only(const char *function)
{
	unsigned long long start, end;

	return symbol_range(function, &start, &end) ? set_range("require", start, end) : 0;
}

/**
 * inject_open() - for inject_struck(), which must not fail itself for want of a file
 *
 * Return: fd or -1.
 */
int inject_open(void)
{
	return open(FAIL_NTH, O_RDWR | O_CLOEXEC);
}

/* The so-manieth thing that can fail in this thread, counted from now on, will. */
void inject_nth(unsigned int nth)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", nth);
	sysfs_write(FAIL_NTH, number, strlen(number));
}

/**
 * inject_struck() - whether the failure has struck; ends it if not
 * @fd: from inject_open()
 *
 * Return: true if it has.
 */
bool inject_struck(int fd)
{
	char number[16] = "";

	if (pread(fd, number, sizeof(number) - 1, 0) <= 0)
		return false;
	if (pwrite(fd, "0", 1, 0) != 1)
		return false;
	return atoi(number) == 0;
}
