// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of the kernel's mdev core: all devices in one list, walked under one mutex to see that a
 * UUID is not in it.
 */
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "torture.h"

#define TORT_WALKS	50

struct tort_item {
	struct list_head node;
	guid_t uuid;
	/* what a device has besides */
	char rest[1000];
};

static DEFINE_MUTEX(tort_list_lock);
static LIST_HEAD(tort_list);

static noinline bool tort_list_has(const guid_t *uuid)
{
	struct tort_item *item;
	bool found = false;

	mutex_lock(&tort_list_lock);
	list_for_each_entry(item, &tort_list, node) {
		if (guid_equal(&item->uuid, uuid)) {
			found = true;
			break;
		}
	}
	mutex_unlock(&tort_list_lock);
	return found;
}

static void tort_list_free(void)
{
	struct tort_item *item, *next;

	list_for_each_entry_safe(item, next, &tort_list, node)
		kfree(item);
	INIT_LIST_HEAD(&tort_list);
}

/**
 * tort_list_cost() - what a new UUID costs in a list
 * @nr: how many are in it
 *
 * Context: Process, may sleep.
 * Return: nanoseconds of one walk; 0 without memory.
 */
u32 tort_list_cost(unsigned int nr)
{
	unsigned int i, found = 0;
	guid_t uuid;
	u64 start;

	while (nr--) {
		struct tort_item *item = kmalloc(sizeof(*item), GFP_KERNEL);

		if (!item) {
			tort_list_free();
			return 0;
		}
		guid_gen(&item->uuid);
		list_add(&item->node, &tort_list);
	}
	guid_gen(&uuid);
	start = ktime_get_ns();
	for (i = 0; i < TORT_WALKS; i++) {
		found += tort_list_has(&uuid);
		cond_resched();
	}
	start = ktime_get_ns() - start;
	tort_check(!found, "%u", found);
	tort_list_free();
	return div_u64(start, TORT_WALKS);
}
