// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that create, remove, hold and look up the same few UUIDs for as long as they are let.
 *
 * How one knows what must be: whoever succeeds in taking a UUID counts one claim to it, and takes
 * the claim back before giving the UUID back, so there is never more than one. What an owner holds
 * is known to its only thread. And each thread has a UUID for itself, with which everything comes
 * as documented.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "torture.h"

static void tort_claim(struct tort_slot *slot)
{
	int claims = atomic_inc_return(&slot->claims);

	tort_check(claims == 1, "%pUl has %d owners", &slot->uuid, claims);
}

static void tort_unclaim(struct tort_slot *slot)
{
	int claims = atomic_dec_return(&slot->claims);

	tort_check(!claims, "%pUl had %d owners", &slot->uuid, claims + 1);
}

static enum msamp_ns_state tort_state(struct msamp_ns_entry *entry)
{
	/* pairs with the release that sets it: what was set before is seen */
	return smp_load_acquire(&entry->state);
}

/* What a reader may see next; it may miss what lies between. */
static bool tort_may_follow(enum msamp_ns_state was, enum msamp_ns_state is)
{
	switch (was) {
	case MSAMP_NS_LIVE:
	case MSAMP_NS_DYING:
		return is == MSAMP_NS_LIVE || is == MSAMP_NS_DYING || is == MSAMP_NS_CLOSED ||
		       is == MSAMP_NS_GONE;
	case MSAMP_NS_CLOSED:
		return is == MSAMP_NS_CLOSED || is == MSAMP_NS_GONE;
	case MSAMP_NS_GONE:
		return is == MSAMP_NS_GONE;
	default:
		return false;
	}
}

/* The entry has been live once and is kept by a reference or by RCU: it and its object stay. */
static void tort_watch(struct msamp_ns_entry *entry, struct tort_slot *slot, unsigned int looks)
{
	enum msamp_ns_state was = MSAMP_NS_LIVE, is;
	struct tort_object *object = entry->object;

	while (looks--) {
		is = tort_state(entry);
		tort_check(tort_may_follow(was, is), "%d to %d", was, is);
		was = is;
		tort_check(guid_equal(&entry->uuid, &slot->uuid), "%pUl is %pUl", &slot->uuid,
			   &entry->uuid);
		if (!tort_check(entry->object == object && object, "%p, was %p", entry->object,
				object))
			return;
		tort_check(object->magic == TORT_ALIVE, "%#x", object->magic);
		tort_check(object->slot == slot, "another's object");
		udelay(1);
	}
}

static void tort_reader(struct tort_thread *thread, struct tort_slot *slot)
{
	struct msamp_ns_entry *entry;

	if (tort_random(thread, 2)) {
		rcu_read_lock();
		entry = msamp_ns_find(&tort_ns, &slot->uuid);
		if (entry)
			tort_watch(entry, slot, tort_random(thread, 20));
		rcu_read_unlock();
	} else {
		entry = msamp_ns_get(&tort_ns, &slot->uuid);
		if (entry) {
			tort_watch(entry, slot, tort_random(thread, 5));
			tort_dawdle(thread);
			tort_watch(entry, slot, 1 + tort_random(thread, 5));
			msamp_ns_put(entry);
		}
	}
	thread->count[entry ? TORT_FOUND : TORT_MISSED]++;
}

/* An owner that never holds anything. */
static void tort_stranger(struct tort_slot *slot)
{
	struct msamp_ns_owner stranger;
	int ret;

	msamp_ns_owner_init(&stranger);
	ret = msamp_ns_unhold(&tort_ns, &slot->uuid, &stranger);
	tort_check(ret == -ENOENT, "%d", ret);
	tort_check(!stranger.nr_held, "%u", stranger.nr_held);
}

/* Between reserve and publish: the UUID is ours, and nobody sees a device. */
static void tort_check_reserved(struct tort_thread *thread, struct msamp_ns_entry *entry,
				struct tort_slot *slot, bool by_hand)
{
	int ret;

	tort_check(atomic_read(&slot->claims) == 1, "%d", atomic_read(&slot->claims));
	tort_check(tort_state(entry) == MSAMP_NS_RESERVED, "%d", tort_state(entry));
	tort_check(!msamp_ns_get(&tort_ns, &slot->uuid), "a placeholder was found");
	ret = msamp_ns_begin_removal(entry);
	tort_check(ret == -EAGAIN, "%d", ret);
	ret = msamp_ns_unhold(&tort_ns, &slot->uuid, &thread->owner);
	tort_check(ret == (by_hand ? -EBUSY : -ENOENT), "%d", ret);
	ret = msamp_ns_hold(&tort_ns, &slot->uuid, &thread->owner);
	tort_check(ret == -EEXIST || ret == -ENOSPC, "%d", ret);
}

static void tort_creator(struct tort_thread *thread, struct tort_slot *slot)
{
	bool *holds = &thread->holds[slot - tort_slots];
	struct tort_object *object = NULL;
	struct msamp_ns_entry *entry;

	entry = msamp_ns_reserve(&tort_ns, &slot->uuid, &thread->owner);
	if (IS_ERR(entry)) {
		/* who holds it by hand can always have it */
		tort_check(PTR_ERR(entry) == -EEXIST && !*holds, "%ld", PTR_ERR(entry));
		thread->count[TORT_REFUSED]++;
		return;
	}
	if (!*holds)
		tort_claim(slot);
	tort_check_reserved(thread, entry, slot, *holds);
	tort_dawdle(thread);
	if (tort_random(thread, 4))
		object = tort_object_new(slot);
	if (!object) {
		if (!*holds)
			tort_unclaim(slot);
		msamp_ns_release(entry);
		thread->count[TORT_FAILED]++;
		return;
	}
	if (*holds)
		thread->nr_holds--;
	*holds = false;
	/* to look at it when it is anybody's */
	msamp_ns_ref(entry);
	msamp_ns_publish(entry, object);
	tort_watch(entry, slot, tort_random(thread, 3));
	tort_dawdle(thread);
	tort_watch(entry, slot, 1);
	msamp_ns_put(entry);
	thread->count[TORT_CREATED]++;
}

/* Until it is closed a dying one can be found by those who ask for that. */
static void tort_check_open(struct msamp_ns_entry *entry, struct tort_slot *slot, bool open)
{
	struct msamp_ns_entry *got = msamp_ns_get_open(&tort_ns, &slot->uuid);

	tort_check(got == (open ? entry : NULL), "%p, not %p", got, entry);
	if (got)
		msamp_ns_put(got);
}

/* The removal is ours alone until it is cancelled or done. */
static void tort_remove(struct tort_thread *thread, struct msamp_ns_entry *entry,
			struct tort_slot *slot, bool may_cancel)
{
	struct tort_object *object = entry->object;
	int removers = atomic_inc_return(&object->removers);
	int ret;

	tort_check(removers == 1, "%d removers", removers);
	tort_check(tort_state(entry) == MSAMP_NS_DYING, "%d", tort_state(entry));
	ret = msamp_ns_begin_removal(entry);
	tort_check(ret == -ENODEV, "%d", ret);
	tort_check(!msamp_ns_get(&tort_ns, &slot->uuid), "a dying one was found");
	tort_check_open(entry, slot, true);
	tort_check(IS_ERR(msamp_ns_reserve(&tort_ns, &slot->uuid, &thread->owner)), "free");
	tort_dawdle(thread);
	atomic_dec(&object->removers);
	if (may_cancel && !tort_random(thread, 3)) {
		msamp_ns_cancel_removal(entry);
		thread->count[TORT_CANCELLED]++;
		return;
	}
	msamp_ns_close(entry);
	tort_check_open(entry, slot, false);
	tort_check(IS_ERR(msamp_ns_reserve(&tort_ns, &slot->uuid, &thread->owner)), "free");
	tort_unclaim(slot);
	/* with the reference that its creator got from reserve */
	msamp_ns_release(entry);
	tort_check(tort_state(entry) == MSAMP_NS_GONE, "%d", tort_state(entry));
	thread->count[TORT_REMOVED]++;
}

static void tort_remover(struct tort_thread *thread, struct tort_slot *slot, bool may_cancel)
{
	struct msamp_ns_entry *entry = msamp_ns_get(&tort_ns, &slot->uuid);
	int ret;

	if (!entry)
		return;
	tort_watch(entry, slot, 1);
	ret = msamp_ns_begin_removal(entry);
	if (ret)
		tort_check(ret == -ENODEV, "%d", ret);
	else
		tort_remove(thread, entry, slot, may_cancel);
	tort_watch(entry, slot, 1);
	tort_dawdle(thread);
	tort_watch(entry, slot, 1);
	msamp_ns_put(entry);
}

static void tort_holder(struct tort_thread *thread, struct tort_slot *slot)
{
	bool *holds = &thread->holds[slot - tort_slots];
	int ret = msamp_ns_hold(&tort_ns, &slot->uuid, &thread->owner);

	if (!ret) {
		tort_check(!*holds, "held twice");
		tort_claim(slot);
		*holds = true;
		thread->nr_holds++;
		thread->count[TORT_HELD]++;
	} else {
		tort_check(ret == -EEXIST || (ret == -ENOSPC && thread->nr_holds > 100), "%d", ret);
	}
	if (*holds)
		tort_check(!msamp_ns_get(&tort_ns, &slot->uuid), "a held one was found");
}

static void tort_unholder(struct tort_thread *thread, struct tort_slot *slot)
{
	bool *holds = &thread->holds[slot - tort_slots];
	int ret;

	if (*holds)
		tort_unclaim(slot);
	ret = msamp_ns_unhold(&tort_ns, &slot->uuid, &thread->owner);
	tort_check(ret == (*holds ? 0 : -ENOENT), "%d", ret);
	if (*holds) {
		thread->nr_holds--;
		thread->count[TORT_UNHELD]++;
	}
	*holds = false;
}

static void tort_unhold_all(struct tort_thread *thread)
{
	ssize_t len = msamp_ns_show_held(&tort_ns, &thread->owner, thread->page);
	unsigned int i;

	tort_check(len == thread->nr_holds * (UUID_STRING_LEN + 1), "%zd for %u", len,
		   thread->nr_holds);
	tort_check(thread->owner.nr_held == thread->nr_holds, "%u, not %u", thread->owner.nr_held,
		   thread->nr_holds);
	for (i = 0; i < tort_uuids; i++) {
		if (thread->holds[i])
			tort_unclaim(&tort_slots[i]);
		thread->holds[i] = false;
	}
	thread->nr_holds = 0;
	msamp_ns_unhold_all(&tort_ns, &thread->owner);
	tort_check(!thread->owner.nr_held, "%u", thread->owner.nr_held);
}

static void tort_step(struct tort_thread *thread, struct tort_slot *slot)
{
	switch (tort_random(thread, 16)) {
	case 0 ... 4:
		tort_creator(thread, slot);
		break;
	case 5 ... 7:
		tort_remover(thread, slot, true);
		break;
	case 8:
		tort_holder(thread, slot);
		break;
	case 9:
		tort_unholder(thread, slot);
		break;
	case 10:
		tort_stranger(slot);
		break;
	default:
		tort_reader(thread, slot);
	}
}

/**
 * tort_churn() - what a thread does while the storm lasts
 * @data: the thread
 *
 * The first two also do what is theirs alone: one walks through all states with a UUID of its own,
 * one makes the table grow and shrink.
 *
 * Context: Kernel thread.
 * Return: 0.
 */
int tort_churn(void *data)
{
	struct tort_thread *thread = data;
	unsigned int steps;

	for (steps = 0; !READ_ONCE(tort_stop); steps++) {
		tort_step(thread, &tort_slots[tort_random(thread, tort_uuids)]);
		if (thread->index == 0 && steps % 16 == 0)
			tort_walk(thread);
		if (thread->index == 1 && steps % 256 == 0)
			tort_fill(thread);
		if (steps % 1024 == 0)
			tort_unhold_all(thread);
		cond_resched();
	}
	return 0;
}

/**
 * tort_churn_sweep() - remove what a storm has left
 * @thread: whose placeholders; devices are everybody's
 *
 * Context: Process, may sleep, when the threads have stopped.
 */
void tort_churn_sweep(struct tort_thread *thread)
{
	unsigned int i;

	tort_unhold_all(thread);
	for (i = 0; i < tort_uuids; i++)
		tort_remover(thread, &tort_slots[i], false);
}
