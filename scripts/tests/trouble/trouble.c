// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the kernel report trouble on purpose, so that scripts/tests/vm.sh can see the virtual
 * machine's runner notice it.
 */
#include <linux/module.h>
#include <linux/slab.h>

static char *kind = "warn";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "what to do when loaded: warn, or leak (a slab object)");

/* A cache with a constructor is never merged with another, so that its own end is checked. */
static void trouble_construct(void *object)
{
}

static int trouble_leak(void)
{
	struct kmem_cache *cache;

	cache = kmem_cache_create("trouble", 64, 0, 0, trouble_construct);
	if (!cache)
		return -ENOMEM;
	kmem_cache_alloc(cache, GFP_KERNEL);
	kmem_cache_destroy(cache);
	return 0;
}

static int __init trouble_init(void)
{
	if (!strcmp(kind, "leak"))
		return trouble_leak();
	WARN(1, "planted by a test\n");
	return 0;
}
module_init(trouble_init);

static void __exit trouble_exit(void)
{
}
module_exit(trouble_exit);

MODULE_DESCRIPTION("Trouble on purpose, for testing the test runner");
MODULE_LICENSE("GPL");
