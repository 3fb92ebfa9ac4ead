// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one thread does with UUIDs of its own while the others churn: everything has to come exactly
 * as documented, whatever happens to the table meanwhile.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/slab.h>

#include "torture.h"

/* Enough to make the table grow several times, and to shrink again. */
#define TORT_FILL	1500

static bool tort_seen(struct msamp_ns_entry *entry)
{
	struct msamp_ns_entry *got = msamp_ns_get(&tort_ns, &entry->uuid);
	bool found;

	rcu_read_lock();
	found = msamp_ns_find(&tort_ns, &entry->uuid) == entry;
	rcu_read_unlock();
	tort_check(found == (got == entry), "find and get differ");
	if (got)
		msamp_ns_put(got);
	return found;
}

static struct msamp_ns_entry *tort_make(struct tort_thread *thread, const guid_t *uuid,
					struct tort_object *object)
{
	struct msamp_ns_entry *entry = msamp_ns_reserve(&tort_ns, uuid, &thread->owner);

	if (!tort_check(!IS_ERR(entry), "%ld", PTR_ERR(entry)))
		return NULL;
	msamp_ns_publish(entry, object);
	return entry;
}

static void tort_unmake(struct msamp_ns_entry *entry)
{
	int ret = msamp_ns_begin_removal(entry);

	tort_check(!ret, "%d", ret);
	msamp_ns_close(entry);
	msamp_ns_release(entry);
}

/* The next life of the UUID of an entry that somebody still has. */
static void tort_walk_again(struct tort_thread *thread, struct msamp_ns_entry *old)
{
	struct msamp_ns_entry *entry;
	int ret;

	tort_check(!tort_seen(old), "found after its removal");
	tort_check(old->state == MSAMP_NS_GONE, "%d", old->state);
	ret = msamp_ns_begin_removal(old);
	tort_check(ret == -ENODEV, "%d", ret);

	entry = tort_make(thread, &thread->uuid, NULL);
	if (!entry)
		return;
	tort_check(entry != old, "the old one");
	tort_check(tort_seen(entry), "not found");
	tort_check(old->state == MSAMP_NS_GONE, "%d", old->state);
	tort_unmake(entry);
}

/**
 * tort_walk() - take a UUID of one's own through all its states
 * @thread: the thread
 *
 * Context: Kernel thread.
 */
void tort_walk(struct tort_thread *thread)
{
	struct tort_object *object = tort_object_new(NULL);
	struct msamp_ns_entry *entry;
	int ret;

	if (!object)
		return;
	entry = tort_make(thread, &thread->uuid, object);
	if (!entry)
		return;
	/* to look at it when it has gone */
	msamp_ns_ref(entry);
	tort_check(tort_seen(entry), "not found");
	ret = msamp_ns_hold(&tort_ns, &thread->uuid, &thread->owner);
	tort_check(ret == -EEXIST || ret == -ENOSPC, "%d", ret);

	ret = msamp_ns_begin_removal(entry);
	tort_check(!ret && !tort_seen(entry), "%d", ret);
	msamp_ns_cancel_removal(entry);
	tort_check(tort_seen(entry), "not found after a removal that was broken off");
	tort_unmake(entry);
	tort_dawdle(thread);
	tort_walk_again(thread, entry);

	tort_check(entry->object == object && object->magic == TORT_ALIVE, "%#x", object->magic);
	msamp_ns_put(entry);
	thread->count[TORT_WALKED]++;
}

/**
 * tort_fill() - make the table grow and shrink
 * @thread: the thread
 *
 * Meanwhile no lookup may miss what is there.
 *
 * Context: Kernel thread.
 */
void tort_fill(struct tort_thread *thread)
{
	struct msamp_ns_entry **entry;
	unsigned int i, nr;
	guid_t uuid;

	entry = kvcalloc(TORT_FILL, sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return;
	for (nr = 0; nr < TORT_FILL; nr++) {
		guid_gen(&uuid);
		entry[nr] = tort_make(thread, &uuid, NULL);
		if (!entry[nr])
			break;
		tort_check(tort_seen(entry[nr]), "not found");
		tort_check(tort_seen(entry[tort_random(thread, nr + 1)]), "not found any more");
		cond_resched();
	}
	for (i = 0; i < nr; i++) {
		tort_check(tort_seen(entry[i]), "not found any more");
		tort_unmake(entry[i]);
		cond_resched();
	}
	kvfree(entry);
	thread->count[TORT_FILLED]++;
}
