// SPDX-License-Identifier: GPL-2.0-only
/*
 * The namespace of UUIDs.
 *
 * An entry says that a UUID is taken. Its states, and the only ways between them:
 *
 *	            hold                      reserve (by the same owner)
 *	(nothing) --------> HELD <-----------------------------> RESERVED
 *	    ^  ^             |     release of a failed creation      |
 *	    |  |   unhold    |                                       |
 *	    |  +-------------+                                       |
 *	    |     reserve: straight to RESERVED                      | publish
 *	    |     release of a failed creation: straight back        v
 *	    | release     close          begin_removal             LIVE
 *	    +------ CLOSED <---- DYING <---------------------------- |
 *	                           |       cancel_removal            ^
 *	                           +---------------------------------+
 *
 * Every arrow is one step under the namespace's mutex, which is held for that step only: nothing is
 * allocated, nothing waits under it. Inserting is one get-or-insert, so of any number of creators
 * of one UUID one gets a placeholder and the others -EEXIST. An entry that has left the table is
 * GONE; its UUID is free, even while the entry is referred to.
 *
 * References: the table has one from insertion to removal; reserve gives its caller one, dropped by
 * release; each successful get gives one, dropped by put. The last put waits for a grace period,
 * drops the object and frees the entry, in process context.
 *
 * A removal waits for the device's user. A DYING device is still open, perhaps, and its ports still
 * have lines; the removal may be cancelled. It becomes CLOSED when the last user has closed it and
 * it can no longer be opened. From then on nothing leads to it and nothing can fail.
 *
 * Readers take no lock: msamp_ns_find() under RCU, msamp_ns_get() with a reference. They see LIVE
 * entries only; msamp_ns_get_open() finds DYING ones as well. State may change under a reader's
 * feet; the reference keeps the memory and the object, not the state.
 */
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "core/namespace.h"

/* What one page of text can list: a UUID and a newline each. */
#define MSAMP_NS_HELD_MAX	(PAGE_SIZE / (UUID_STRING_LEN + 1))

static const struct rhashtable_params msamp_ns_params = {
	.head_offset = offsetof(struct msamp_ns_entry, node),
	.key_offset = offsetof(struct msamp_ns_entry, uuid),
	.key_len = sizeof(guid_t),
	.automatic_shrinking = true,
};

static void msamp_ns_free_work(struct work_struct *work)
{
	struct msamp_ns_entry *entry = container_of(to_rcu_work(work), struct msamp_ns_entry, free);

	if (entry->object && entry->ns->drop)
		entry->ns->drop(entry->object);
	kfree(entry);
}

/* A placeholder. */
static struct msamp_ns_entry *msamp_ns_alloc(struct msamp_namespace *ns, const guid_t *uuid,
					     struct msamp_ns_owner *owner)
{
	struct msamp_ns_entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return NULL;
	guid_copy(&entry->uuid, uuid);
	/* the table's; reserve takes another for its caller */
	refcount_set(&entry->ref, 1);
	entry->state = MSAMP_NS_RESERVED;
	entry->owner = owner;
	entry->ns = ns;
	INIT_RCU_WORK(&entry->free, msamp_ns_free_work);
	return entry;
}

static void msamp_ns_set_state_locked(struct msamp_ns_entry *entry, enum msamp_ns_state state)
{
	lockdep_assert_held(&entry->ns->mutex);
	/* pairs with the acquire in msamp_ns_find_in(): a device's entry has its object */
	smp_store_release(&entry->state, state);
}

static void msamp_ns_set_held_locked(struct msamp_ns_entry *entry)
{
	msamp_ns_set_state_locked(entry, MSAMP_NS_HELD);
	list_add_tail(&entry->held, &entry->owner->held);
}

/* Returns NULL if @fresh has been inserted, else the entry that has the UUID already. */
static struct msamp_ns_entry *msamp_ns_insert_locked(struct msamp_namespace *ns,
						     struct msamp_ns_entry *fresh)
{
	lockdep_assert_held(&ns->mutex);
	return rhashtable_lookup_get_insert_fast(&ns->table, &fresh->node, msamp_ns_params);
}

/* Frees the UUID; the caller drops the table's reference after the mutex. */
static void msamp_ns_remove_locked(struct msamp_ns_entry *entry)
{
	lockdep_assert_held(&entry->ns->mutex);
	rhashtable_remove_fast(&entry->ns->table, &entry->node, msamp_ns_params);
	msamp_ns_set_state_locked(entry, MSAMP_NS_GONE);
}

/* Ends a placeholder that is held by hand; its owner can hold another instead. */
static void msamp_ns_unhold_locked(struct msamp_ns_entry *entry)
{
	lockdep_assert_held(&entry->ns->mutex);
	list_del(&entry->held);
	entry->owner->nr_held--;
	msamp_ns_remove_locked(entry);
}

/**
 * msamp_ns_init() - make an empty namespace
 * @ns: the namespace
 * @drop: drops the namespace's reference on an object, given to it by msamp_ns_publish()
 *
 * Context: Process, may sleep.
 * Return: 0, -ENOMEM.
 */
int msamp_ns_init(struct msamp_namespace *ns, void (*drop)(void *object))
{
	int ret;

	mutex_init(&ns->mutex);
	ns->drop = drop;
	ns->wq = alloc_workqueue("mdev_sample_ns", WQ_UNBOUND, 0);
	if (!ns->wq)
		return -ENOMEM;
	ret = rhashtable_init(&ns->table, &msamp_ns_params);
	if (ret)
		destroy_workqueue(ns->wq);
	return ret;
}

/**
 * msamp_ns_exit() - destroy a namespace
 * @ns: the namespace, without entries; references on entries that have left it are gone too
 *
 * Context: Process; waits until the last entries have been freed.
 */
void msamp_ns_exit(struct msamp_namespace *ns)
{
	/* first the entries whose grace period runs, then those that wait for a worker */
	rcu_barrier();
	destroy_workqueue(ns->wq);
	WARN_ON_ONCE(atomic_read(&ns->table.nelems));
	rhashtable_destroy(&ns->table);
	mutex_destroy(&ns->mutex);
}

/**
 * msamp_ns_reserve() - take a UUID for a creation that is about to begin
 * @ns: the namespace
 * @uuid: the UUID
 * @owner: who creates; must match the owner of a placeholder that is held by hand
 *
 * Context: Process, may sleep.
 * Return: a placeholder with a reference for the caller, ended by msamp_ns_release() whether or not
 * the creation succeeds; -EEXIST if the UUID is taken, -ENOMEM, -E2BIG.
 */
struct msamp_ns_entry *msamp_ns_reserve(struct msamp_namespace *ns, const guid_t *uuid,
					struct msamp_ns_owner *owner)
{
	struct msamp_ns_entry *fresh, *entry;

	fresh = msamp_ns_alloc(ns, uuid, owner);
	if (!fresh)
		return ERR_PTR(-ENOMEM);

	mutex_lock(&ns->mutex);
	entry = msamp_ns_insert_locked(ns, fresh);
	if (!entry) {
		swap(entry, fresh);
	} else if (!IS_ERR(entry) && entry->state == MSAMP_NS_HELD && entry->owner == owner) {
		/* still one of its owner's: a creation that fails puts it back on the list */
		list_del(&entry->held);
		entry->by_hand = true;
		msamp_ns_set_state_locked(entry, MSAMP_NS_RESERVED);
	} else if (!IS_ERR(entry)) {
		entry = ERR_PTR(-EEXIST);
	}
	if (!IS_ERR(entry))
		refcount_inc(&entry->ref);
	mutex_unlock(&ns->mutex);

	kfree(fresh);
	return entry;
}

/**
 * msamp_ns_publish() - the creation has succeeded: lookups see the device from now on
 * @entry: the placeholder
 * @object: the device; the caller gives away a reference on it
 *
 * Context: Process, may sleep.
 */
void msamp_ns_publish(struct msamp_ns_entry *entry, void *object)
{
	mutex_lock(&entry->ns->mutex);
	WARN_ON_ONCE(entry->state != MSAMP_NS_RESERVED);
	if (entry->by_hand)
		entry->owner->nr_held--;
	entry->object = object;
	msamp_ns_set_state_locked(entry, MSAMP_NS_LIVE);
	mutex_unlock(&entry->ns->mutex);
}

/**
 * msamp_ns_begin_removal() - claim the removal of a device
 * @entry: the entry
 *
 * Of any number of callers one gets 0; it goes on to msamp_ns_release() or cancels.
 *
 * Context: Process.
 * Return: 0; -EAGAIN while the device is being created, -ENODEV if it is being removed or gone.
 */
int msamp_ns_begin_removal(struct msamp_ns_entry *entry)
{
	int ret = 0;

	mutex_lock(&entry->ns->mutex);
	if (entry->state == MSAMP_NS_LIVE)
		msamp_ns_set_state_locked(entry, MSAMP_NS_DYING);
	else if (entry->state == MSAMP_NS_RESERVED)
		ret = -EAGAIN;
	else
		ret = -ENODEV;
	mutex_unlock(&entry->ns->mutex);
	return ret;
}

/**
 * msamp_ns_cancel_removal() - the device stays after all
 * @entry: the entry, claimed by msamp_ns_begin_removal()
 *
 * Context: Process, may sleep.
 */
void msamp_ns_cancel_removal(struct msamp_ns_entry *entry)
{
	mutex_lock(&entry->ns->mutex);
	WARN_ON_ONCE(entry->state != MSAMP_NS_DYING);
	msamp_ns_set_state_locked(entry, MSAMP_NS_LIVE);
	mutex_unlock(&entry->ns->mutex);
}

/**
 * msamp_ns_close() - the device has been closed for the last time
 * @entry: the entry of a device that is being removed and cannot be opened any more; or that of a
 *	creation that has failed, which stays a placeholder
 *
 * Context: Process, may sleep.
 */
void msamp_ns_close(struct msamp_ns_entry *entry)
{
	mutex_lock(&entry->ns->mutex);
	WARN_ON_ONCE(entry->state != MSAMP_NS_RESERVED && entry->state != MSAMP_NS_DYING);
	if (entry->state == MSAMP_NS_DYING)
		msamp_ns_set_state_locked(entry, MSAMP_NS_CLOSED);
	mutex_unlock(&entry->ns->mutex);
}

/**
 * msamp_ns_release() - end what msamp_ns_reserve() began
 * @entry: the entry of a creation that has failed, or of a device that has been removed; the
 *	caller's reference goes with it
 *
 * On return the UUID is free, or, after a failed creation, held by hand again if it was before.
 *
 * Context: Process, may sleep.
 */
void msamp_ns_release(struct msamp_ns_entry *entry)
{
	bool back;

	mutex_lock(&entry->ns->mutex);
	WARN_ON_ONCE(entry->state != MSAMP_NS_RESERVED && entry->state != MSAMP_NS_CLOSED);
	back = entry->state == MSAMP_NS_RESERVED && entry->by_hand;
	if (back)
		msamp_ns_set_held_locked(entry);
	else
		msamp_ns_remove_locked(entry);
	mutex_unlock(&entry->ns->mutex);

	/* the table's */
	if (!back)
		msamp_ns_put(entry);
	/* the caller's, from msamp_ns_reserve() */
	msamp_ns_put(entry);
}

static struct msamp_ns_entry *msamp_ns_find_in(struct msamp_namespace *ns, const guid_t *uuid,
					       unsigned long states)
{
	struct msamp_ns_entry *entry = rhashtable_lookup(&ns->table, uuid, msamp_ns_params);

	/* pairs with the release in msamp_ns_set_state_locked() */
	if (entry && (BIT(smp_load_acquire(&entry->state)) & states))
		return entry;
	return NULL;
}

static struct msamp_ns_entry *msamp_ns_get_in(struct msamp_namespace *ns, const guid_t *uuid,
					      unsigned long states)
{
	struct msamp_ns_entry *entry;

	rcu_read_lock();
	entry = msamp_ns_find_in(ns, uuid, states);
	if (entry && !refcount_inc_not_zero(&entry->ref))
		entry = NULL;
	rcu_read_unlock();
	return entry;
}

/**
 * msamp_ns_find() - look a device up without taking a reference
 * @ns: the namespace
 * @uuid: its UUID
 *
 * Context: Any, under rcu_read_lock(); the entry is good until the matching unlock.
 * Return: the entry, NULL if no live device has this UUID.
 */
struct msamp_ns_entry *msamp_ns_find(struct msamp_namespace *ns, const guid_t *uuid)
{
	return msamp_ns_find_in(ns, uuid, BIT(MSAMP_NS_LIVE));
}

/**
 * msamp_ns_get() - look a device up
 * @ns: the namespace
 * @uuid: its UUID
 *
 * Context: Any.
 * Return: the entry with a reference, to be dropped by msamp_ns_put(); NULL if no live device has
 * this UUID.
 */
struct msamp_ns_entry *msamp_ns_get(struct msamp_namespace *ns, const guid_t *uuid)
{
	return msamp_ns_get_in(ns, uuid, BIT(MSAMP_NS_LIVE));
}

/**
 * msamp_ns_get_open() - look a device up that may be open
 * @ns: the namespace
 * @uuid: its UUID
 *
 * Context: Any.
 * Return: as msamp_ns_get(), also for a device that is being removed and has not been closed yet.
 */
struct msamp_ns_entry *msamp_ns_get_open(struct msamp_namespace *ns, const guid_t *uuid)
{
	return msamp_ns_get_in(ns, uuid, MSAMP_NS_MAY_BE_OPEN);
}

/**
 * msamp_ns_ref() - take another reference
 * @entry: the entry, on which the caller has one
 *
 * Context: Any.
 */
void msamp_ns_ref(struct msamp_ns_entry *entry)
{
	refcount_inc(&entry->ref);
}

/**
 * msamp_ns_put() - drop a reference
 * @entry: the entry; not to be used any more
 *
 * Context: Any; the last reference frees later, in process context.
 */
void msamp_ns_put(struct msamp_ns_entry *entry)
{
	if (refcount_dec_and_test(&entry->ref))
		queue_rcu_work(entry->ns->wq, &entry->free);
}

/**
 * msamp_ns_owner_init() - make an owner that holds nothing
 * @owner: the owner
 *
 * Context: Any.
 */
void msamp_ns_owner_init(struct msamp_ns_owner *owner)
{
	INIT_LIST_HEAD(&owner->held);
	owner->nr_held = 0;
}

/**
 * msamp_ns_hold() - hold a placeholder by hand
 * @ns: the namespace
 * @uuid: the UUID
 * @owner: who may create a device with it
 *
 * Context: Process, may sleep.
 * Return: 0, -EEXIST if the UUID is taken, -ENOSPC if the owner holds as many as one page can
 * list, -ENOMEM.
 */
int msamp_ns_hold(struct msamp_namespace *ns, const guid_t *uuid, struct msamp_ns_owner *owner)
{
	struct msamp_ns_entry *fresh, *taken;
	int ret;

	fresh = msamp_ns_alloc(ns, uuid, owner);
	if (!fresh)
		return -ENOMEM;

	mutex_lock(&ns->mutex);
	taken = ERR_PTR(-ENOSPC);
	if (owner->nr_held < MSAMP_NS_HELD_MAX)
		taken = msamp_ns_insert_locked(ns, fresh);
	if (!taken) {
		msamp_ns_set_held_locked(fresh);
		owner->nr_held++;
	}
	mutex_unlock(&ns->mutex);

	if (!taken)
		return 0;
	ret = IS_ERR(taken) ? PTR_ERR(taken) : -EEXIST;
	kfree(fresh);
	return ret;
}

/**
 * msamp_ns_unhold() - let go of a placeholder that is held by hand
 * @ns: the namespace
 * @uuid: the UUID
 * @owner: as given to msamp_ns_hold()
 *
 * Context: Process, may sleep.
 * Return: 0, -EBUSY while a creation uses it, -ENOENT if this owner holds no such placeholder.
 */
int msamp_ns_unhold(struct msamp_namespace *ns, const guid_t *uuid, struct msamp_ns_owner *owner)
{
	struct msamp_ns_entry *entry;
	int ret = -ENOENT;

	mutex_lock(&ns->mutex);
	/* the mutex keeps the entry in the table, and with it the table's reference */
	entry = rhashtable_lookup_fast(&ns->table, uuid, msamp_ns_params);
	if (entry && entry->owner == owner) {
		if (entry->state == MSAMP_NS_HELD) {
			msamp_ns_unhold_locked(entry);
			ret = 0;
		} else if (entry->state == MSAMP_NS_RESERVED && entry->by_hand) {
			ret = -EBUSY;
		}
	}
	mutex_unlock(&ns->mutex);

	if (!ret)
		msamp_ns_put(entry);
	return ret;
}

/**
 * msamp_ns_unhold_all() - let go of every placeholder that an owner holds
 * @ns: the namespace
 * @owner: the owner; it creates and holds nothing any more
 *
 * Context: Process, may sleep.
 */
void msamp_ns_unhold_all(struct msamp_namespace *ns, struct msamp_ns_owner *owner)
{
	struct msamp_ns_entry *entry, *next;

	mutex_lock(&ns->mutex);
	list_for_each_entry_safe(entry, next, &owner->held, held) {
		msamp_ns_unhold_locked(entry);
		msamp_ns_put(entry);
	}
	mutex_unlock(&ns->mutex);
}

/**
 * msamp_ns_show_held() - list an owner's placeholders, for sysfs
 * @ns: the namespace
 * @owner: the owner
 * @buf: a page; gets one UUID a line
 *
 * Context: Process, may sleep.
 * Return: bytes written.
 */
ssize_t msamp_ns_show_held(struct msamp_namespace *ns, struct msamp_ns_owner *owner, char *buf)
{
	struct msamp_ns_entry *entry;
	ssize_t len = 0;

	mutex_lock(&ns->mutex);
	list_for_each_entry(entry, &owner->held, held)
		len += sysfs_emit_at(buf, len, "%pUl\n", &entry->uuid);
	mutex_unlock(&ns->mutex);
	return len;
}
