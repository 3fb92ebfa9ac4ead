/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The namespace of UUIDs: one UUID, one device, on the whole host. namespace.c has the contract.
 */
#ifndef MSAMP_NAMESPACE_H
#define MSAMP_NAMESPACE_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/uuid.h>
#include <linux/workqueue.h>

/**
 * enum msamp_ns_state - what an entry stands for
 * @MSAMP_NS_HELD: a placeholder held by hand, for its owner to create a device with
 * @MSAMP_NS_RESERVED: a placeholder held by a creation that is under way
 * @MSAMP_NS_LIVE: a device
 * @MSAMP_NS_DYING: a device that is being removed, and may still be open
 * @MSAMP_NS_CLOSED: a device that is being removed, and cannot be opened any more
 * @MSAMP_NS_GONE: not in the table any more
 */
enum msamp_ns_state {
	MSAMP_NS_HELD,
	MSAMP_NS_RESERVED,
	MSAMP_NS_LIVE,
	MSAMP_NS_DYING,
	MSAMP_NS_CLOSED,
	MSAMP_NS_GONE,
};

/**
 * struct msamp_ns_owner - who may hold placeholders by hand: one for each parent
 * @held: the placeholders, by msamp_ns_entry.held; protected by the namespace's mutex
 * @nr_held: how many, with those that a creation uses at the moment: they come back if it fails
 */
struct msamp_ns_owner {
	struct list_head held;
	unsigned int nr_held;
};

/**
 * struct msamp_namespace - a set of UUIDs
 * @mutex: protects every change of @table, of an entry's state and of the owners' lists
 * @table: entries by UUID; read under RCU
 * @wq: where entries are freed
 * @drop: called in process context when the last reference on an entry that has been live is gone,
 *	with its object; may be NULL
 */
struct msamp_namespace {
	struct mutex mutex;	/* changes */
	struct rhashtable table;
	struct workqueue_struct *wq;
	void (*drop)(void *object);
};

/**
 * struct msamp_ns_entry - one UUID that is taken
 * @node: place in the table
 * @uuid: the UUID
 * @ref: one for the table, one for the task that reserved it, one for each lookup
 * @state: changed under the namespace's mutex, read without
 * @by_hand: was a held placeholder before its creation began; protected by the mutex
 * @owner: who may turn the placeholder into a device
 * @held: place in the owner's list while the state is HELD
 * @object: the device; set once, before the entry becomes live
 * @ns: the namespace
 * @free: frees the entry after a grace period
 */
struct msamp_ns_entry {
	struct rhash_head node;
	guid_t uuid;
	refcount_t ref;
	enum msamp_ns_state state;
	bool by_hand;
	struct msamp_ns_owner *owner;
	struct list_head held;
	void *object;
	struct msamp_namespace *ns;
	struct rcu_work free;
};

/* The states of a device that may be open, and of one whose removal has begun. */
#define MSAMP_NS_MAY_BE_OPEN	(BIT(MSAMP_NS_LIVE) | BIT(MSAMP_NS_DYING))
#define MSAMP_NS_BEING_REMOVED	(BIT(MSAMP_NS_DYING) | BIT(MSAMP_NS_CLOSED))

/* Whether the entry is in one of these states; that may change at once. */
static inline bool msamp_ns_is(const struct msamp_ns_entry *entry, unsigned long states)
{
	return BIT(READ_ONCE(entry->state)) & states;
}

int msamp_ns_init(struct msamp_namespace *ns, void (*drop)(void *object));
void msamp_ns_exit(struct msamp_namespace *ns);

struct msamp_ns_entry *msamp_ns_reserve(struct msamp_namespace *ns, const guid_t *uuid,
					struct msamp_ns_owner *owner);
void msamp_ns_publish(struct msamp_ns_entry *entry, void *object);
int msamp_ns_begin_removal(struct msamp_ns_entry *entry);
void msamp_ns_cancel_removal(struct msamp_ns_entry *entry);
void msamp_ns_close(struct msamp_ns_entry *entry);
void msamp_ns_release(struct msamp_ns_entry *entry);

struct msamp_ns_entry *msamp_ns_find(struct msamp_namespace *ns, const guid_t *uuid);
struct msamp_ns_entry *msamp_ns_get(struct msamp_namespace *ns, const guid_t *uuid);
struct msamp_ns_entry *msamp_ns_get_open(struct msamp_namespace *ns, const guid_t *uuid);
void msamp_ns_ref(struct msamp_ns_entry *entry);
void msamp_ns_put(struct msamp_ns_entry *entry);

int msamp_ns_hold(struct msamp_namespace *ns, const guid_t *uuid, struct msamp_ns_owner *owner);
int msamp_ns_unhold(struct msamp_namespace *ns, const guid_t *uuid, struct msamp_ns_owner *owner);
void msamp_ns_unhold_all(struct msamp_namespace *ns, struct msamp_ns_owner *owner);
ssize_t msamp_ns_show_held(struct msamp_namespace *ns, struct msamp_ns_owner *owner, char *buf);

void msamp_ns_owner_init(struct msamp_ns_owner *owner);

#endif /* MSAMP_NAMESPACE_H */
