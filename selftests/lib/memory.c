// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"

static char *pages(size_t n)
{
	char *p = mmap(NULL, n * getpagesize(), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/**
 * page_end() - memory that ends
 *
 * Return: the first byte that cannot be touched; the page before it can. NULL if out of memory.
 */
void *page_end(void)
{
	char *p = pages(2);

	if (!p || mprotect(p + getpagesize(), getpagesize(), PROT_NONE))
		return NULL;
	return p + getpagesize();
}

/**
 * page_read_only() - memory that cannot be written
 * @first: its first word, all else is 0
 *
 * Return: the page, or NULL if out of memory.
 */
void *page_read_only(__u32 first)
{
	char *p = pages(1);

	if (!p)
		return NULL;
	*(__u32 *)p = first;
	return mprotect(p, getpagesize(), PROT_READ) ? NULL : p;
}
