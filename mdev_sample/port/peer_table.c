// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path table.
 *
 * A path leads to one port of one device. It is made by the first lookup of that port, which asks
 * the namespace, and then serves all others. It goes when the device is removed, when a lookup
 * finds it stale, or when it has not been looked up for two intervals of the collector. Nothing
 * else in the module keeps a pointer to another device's port.
 *
 * Each bucket has a lock for changes; lookups read it under RCU. Paths are hashed and
 * unhashed under the bucket lock only; unhashing drops the table's reference. A lookup that
 * returns a path returns a reference with it. The last reference gives up the path's own on the
 * namespace's entry, and with it the device; the path's memory outlives a grace period.
 *
 * A device has paths as long as it may be open: while it is live, and while its removal waits for
 * its user. A path to a device that has been closed for the last time (the namespace's CLOSED) is
 * never returned. It cannot be put into the table either once msamp_peers_drop() has looked: the
 * entry becomes CLOSED before that, for good, and both look at the bucket under its lock.
 *
 * No lookup takes the namespace's mutex, and none sleeps.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "core/namespace.h"
#include "port/priv.h"

/* A path is dropped when it has not been used for this many intervals. */
#define MSAMP_PEER_IDLE_INTERVALS	2

/**
 * struct msamp_peer_bucket - paths whose keys hash to the same value
 * @lock: protects changes of @head
 * @head: the paths, by msamp_peer.node
 */
struct msamp_peer_bucket {
	spinlock_t lock;	/* changes of the list */
	struct hlist_head head;
};

/**
 * struct msamp_peer_counters - what one CPU's lookups came to
 * @hits: found in the table
 * @misses: not found there
 */
struct msamp_peer_counters {
	u64 hits;
	u64 misses;
};

/**
 * struct msamp_peer_table - paths by the names of the ports that they lead to
 * @ns: where devices are found
 * @resolve: from the object of a namespace entry to one of its ports, NULL if it has no such port
 * @nr_buckets: how many there are
 * @buckets: the buckets
 * @interval: jiffies from one run of the collector to the next
 * @collect: the collector; scheduled while there are paths
 * @nr: paths in the table
 * @collected: paths that the collector has dropped so far
 * @counters: hits and misses, for each CPU
 */
static struct msamp_peer_table {
	struct msamp_namespace *ns;
	struct msamp_port *(*resolve)(void *object, unsigned int port);
	unsigned int nr_buckets;
	struct msamp_peer_bucket *buckets;
	unsigned long interval;
	struct delayed_work collect;
	atomic_t nr;
	atomic64_t collected;
	struct msamp_peer_counters __percpu *counters;
} msamp_peers;

static struct msamp_peer_bucket *msamp_peer_bucket(const struct msamp_key *key)
{
	u32 hash = jhash(key, sizeof(*key), 0);

	BUILD_BUG_ON(sizeof(*key) != sizeof(key->uuid) + sizeof(key->port));
	return &msamp_peers.buckets[reciprocal_scale(hash, msamp_peers.nr_buckets)];
}

static void msamp_peer_unlink_locked(struct msamp_peer_bucket *bucket, struct msamp_peer *peer)
{
	lockdep_assert_held(&bucket->lock);
	hlist_del_init_rcu(&peer->node);
	atomic_dec(&msamp_peers.nr);
	/* the table's reference, from msamp_peer_alloc() */
	msamp_peer_put(peer);
}

static struct msamp_peer *msamp_peer_find_locked(struct msamp_peer_bucket *bucket,
						 const struct msamp_key *key)
{
	struct msamp_peer *peer;

	lockdep_assert_held(&bucket->lock);
	hlist_for_each_entry(peer, &bucket->head, node)
		if (msamp_key_equal(&peer->key, key))
			return peer;
	return NULL;
}

/* A path in the table, with a reference for the caller. */
static struct msamp_peer *msamp_peer_lookup(struct msamp_peer_bucket *bucket,
					    const struct msamp_key *key)
{
	struct msamp_peer *peer;

	rcu_read_lock();
	hlist_for_each_entry_rcu(peer, &bucket->head, node)
		if (msamp_key_equal(&peer->key, key))
			break;
	if (peer && !(msamp_ns_is(peer->entry, MSAMP_NS_MAY_BE_OPEN) &&
		      refcount_inc_not_zero(&peer->ref)))
		peer = NULL;
	rcu_read_unlock();
	if (unlikely(!peer))
		return NULL;
	this_cpu_inc(msamp_peers.counters->hits);
	/* most lookups come within the same jiffy: leave the cache line alone */
	if (time_after(jiffies, READ_ONCE(peer->used)))
		WRITE_ONCE(peer->used, jiffies);
	return peer;
}

/* Takes over the caller's reference on @entry if it succeeds. */
static struct msamp_peer *msamp_peer_alloc(const struct msamp_key *key,
					   struct msamp_ns_entry *entry)
{
	struct msamp_port *port = msamp_peers.resolve(entry->object, key->port);
	struct msamp_peer *peer;

	if (!port)
		return NULL;
	peer = kmalloc(sizeof(*peer), GFP_ATOMIC | __GFP_NOWARN);
	if (!peer)
		return ERR_PTR(-ENOMEM);
	peer->key = *key;
	/* the table's and the caller's */
	refcount_set(&peer->ref, 2);
	peer->used = jiffies;
	peer->entry = entry;
	peer->port = port;
	return peer;
}

static void msamp_peer_free(struct msamp_peer *peer)
{
	msamp_ns_put(peer->entry);
	kfree_rcu(peer, rcu);
}

/* Returns what the table has for the key now: @peer, or one that another lookup has put there. */
static struct msamp_peer *msamp_peer_insert(struct msamp_peer_bucket *bucket,
					    struct msamp_peer *peer)
{
	struct msamp_peer *old;
	bool first = false;

	spin_lock_bh(&bucket->lock);
	old = msamp_peer_find_locked(bucket, &peer->key);
	if (old && msamp_ns_is(old->entry, MSAMP_NS_MAY_BE_OPEN)) {
		refcount_inc(&old->ref);
	} else {
		if (old)
			msamp_peer_unlink_locked(bucket, old);
		old = NULL;
		if (msamp_ns_is(peer->entry, MSAMP_NS_MAY_BE_OPEN)) {
			hlist_add_head_rcu(&peer->node, &bucket->head);
			first = atomic_inc_return(&msamp_peers.nr) == 1;
			old = peer;
		}
	}
	spin_unlock_bh(&bucket->lock);

	if (old != peer)
		msamp_peer_free(peer);
	if (first)
		schedule_delayed_work(&msamp_peers.collect, msamp_peers.interval);
	return old;
}

/**
 * msamp_peer_get() - look up the way to a port
 * @key: the port
 *
 * Context: Any but hard interrupts; does not sleep.
 * Return: a path with a reference, to be dropped by msamp_peer_put(); NULL if no device that may be
 * open has this port, -ENOMEM.
 */
struct msamp_peer *msamp_peer_get(const struct msamp_key *key)
{
	struct msamp_peer_bucket *bucket = msamp_peer_bucket(key);
	struct msamp_peer *peer = msamp_peer_lookup(bucket, key);
	struct msamp_ns_entry *entry;

	if (likely(peer))
		return peer;
	this_cpu_inc(msamp_peers.counters->misses);
	entry = msamp_ns_get_open(msamp_peers.ns, &key->uuid);
	if (!entry)
		return NULL;
	peer = msamp_peer_alloc(key, entry);
	if (IS_ERR_OR_NULL(peer)) {
		msamp_ns_put(entry);
		return peer;
	}
	return msamp_peer_insert(bucket, peer);
}

/**
 * msamp_peer_put() - drop a reference on a path
 * @peer: the path; not to be used any more
 *
 * Context: Any but hard interrupts.
 */
void msamp_peer_put(struct msamp_peer *peer)
{
	if (refcount_dec_and_test(&peer->ref))
		msamp_peer_free(peer);
}

/**
 * msamp_peers_drop() - a device is being removed: drop the paths to it
 * @uuid: the device, which has been closed for the last time
 * @nr_ports: how many ports it has
 *
 * On return the table has no path to the device and takes none.
 *
 * Context: Process.
 */
void msamp_peers_drop(const guid_t *uuid, unsigned int nr_ports)
{
	struct msamp_peer_bucket *bucket;
	struct msamp_peer *peer;
	struct msamp_key key;

	guid_copy(&key.uuid, uuid);
	for (key.port = 0; key.port < nr_ports; key.port++) {
		bucket = msamp_peer_bucket(&key);
		spin_lock_bh(&bucket->lock);
		peer = msamp_peer_find_locked(bucket, &key);
		if (peer)
			msamp_peer_unlink_locked(bucket, peer);
		spin_unlock_bh(&bucket->lock);
	}
}

/* Drop what has not been used for @idle jiffies. */
static unsigned int msamp_peer_collect_bucket(struct msamp_peer_bucket *bucket, unsigned long idle)
{
	struct msamp_peer *peer;
	struct hlist_node *next;
	unsigned int n = 0;

	spin_lock_bh(&bucket->lock);
	hlist_for_each_entry_safe(peer, next, &bucket->head, node) {
		if (time_before(jiffies, READ_ONCE(peer->used) + idle))
			continue;
		msamp_peer_unlink_locked(bucket, peer);
		n++;
	}
	spin_unlock_bh(&bucket->lock);
	return n;
}

static unsigned int msamp_peer_collect(unsigned long idle)
{
	unsigned int i, n = 0;

	for (i = 0; i < msamp_peers.nr_buckets; i++) {
		if (hlist_empty(&msamp_peers.buckets[i].head))
			continue;
		n += msamp_peer_collect_bucket(&msamp_peers.buckets[i], idle);
		cond_resched();
	}
	return n;
}

static void msamp_peer_collect_work(struct work_struct *work)
{
	atomic64_add(msamp_peer_collect(MSAMP_PEER_IDLE_INTERVALS * msamp_peers.interval),
		     &msamp_peers.collected);
	/* the first path in an empty table starts it again */
	if (atomic_read(&msamp_peers.nr))
		schedule_delayed_work(&msamp_peers.collect, msamp_peers.interval);
}

/**
 * msamp_peers_stats() - what a table has done so far
 * @stats: the figures
 *
 * Context: Any.
 */
void msamp_peers_stats(struct msamp_peer_stats *stats)
{
	struct msamp_peer_counters *counters;
	int cpu;

	stats->paths = atomic_read(&msamp_peers.nr);
	stats->collected = atomic64_read(&msamp_peers.collected);
	stats->hits = 0;
	stats->misses = 0;
	for_each_possible_cpu(cpu) {
		counters = per_cpu_ptr(msamp_peers.counters, cpu);
		stats->hits += READ_ONCE(counters->hits);
		stats->misses += READ_ONCE(counters->misses);
	}
}

/**
 * msamp_peers_check_name() - see whether a port can be named
 * @key: the port
 *
 * Context: Process, may sleep.
 * Return: 0; -ERANGE if the named device is there and has no such port, or none ever can.
 */
int msamp_peers_check_name(const struct msamp_key *key)
{
	struct msamp_ns_entry *entry;
	int ret = 0;

	if (key->port >= MSAMP_MAX_PORTS)
		return -ERANGE;
	entry = msamp_ns_get(msamp_peers.ns, &key->uuid);
	if (!entry)
		return 0;
	if (!msamp_peers.resolve(entry->object, key->port))
		ret = -ERANGE;
	msamp_ns_put(entry);
	return ret;
}

/**
 * msamp_peers_check() - see whether a table could be made of this
 * @buckets: how many buckets, 1 to MSAMP_PATH_BUCKETS_MAX
 * @interval: seconds, 1 to MSAMP_PATH_GC_INTERVAL_MAX
 *
 * Prints one line that names what is wrong: root typed it.
 *
 * Context: Any.
 * Return: 0, -EINVAL.
 */
int msamp_peers_check(unsigned int buckets, unsigned int interval)
{
	if (!buckets || buckets > MSAMP_PATH_BUCKETS_MAX) {
		pr_err("path_buckets=%u, but 1 to %u are possible\n", buckets,
		       MSAMP_PATH_BUCKETS_MAX);
		return -EINVAL;
	}
	if (!interval || interval > MSAMP_PATH_GC_INTERVAL_MAX) {
		pr_err("path_gc_interval=%u, but 1 to %u seconds are possible\n", interval,
		       MSAMP_PATH_GC_INTERVAL_MAX);
		return -EINVAL;
	}
	return 0;
}

/**
 * msamp_peers_init() - make the table, which is empty
 * @ns: where devices are found; outlives the table
 * @buckets: how many buckets, checked by msamp_peers_check()
 * @interval: seconds from one run of the collector to the next, checked too
 * @resolve: from the object of a namespace entry to one of its ports, or NULL; must not sleep
 *
 * Context: Process, may sleep. Pairs with msamp_peers_exit().
 * Return: 0, -ENOMEM.
 */
int msamp_peers_init(struct msamp_namespace *ns,
		     unsigned int buckets, unsigned int interval,
		     struct msamp_port *(*resolve)(void *object, unsigned int port))
{
	unsigned int i;

	msamp_peers.counters = alloc_percpu(struct msamp_peer_counters);
	msamp_peers.buckets = kvcalloc(buckets, sizeof(*msamp_peers.buckets), GFP_KERNEL);
	if (!msamp_peers.counters || !msamp_peers.buckets) {
		kvfree(msamp_peers.buckets);
		free_percpu(msamp_peers.counters);
		return -ENOMEM;
	}
	for (i = 0; i < buckets; i++)
		spin_lock_init(&msamp_peers.buckets[i].lock);
	msamp_peers.ns = ns;
	msamp_peers.resolve = resolve;
	msamp_peers.nr_buckets = buckets;
	msamp_peers.interval = interval * HZ;
	INIT_DELAYED_WORK(&msamp_peers.collect, msamp_peer_collect_work);
	atomic_set(&msamp_peers.nr, 0);
	atomic64_set(&msamp_peers.collected, 0);
	return 0;
}

/**
 * msamp_peers_exit() - drop all paths and destroy the table
 *
 * Context: Process, may sleep.
 */
void msamp_peers_exit(void)
{
	cancel_delayed_work_sync(&msamp_peers.collect);
	msamp_peer_collect(0);
	WARN_ON_ONCE(atomic_read(&msamp_peers.nr));
	kvfree(msamp_peers.buckets);
	free_percpu(msamp_peers.counters);
}
