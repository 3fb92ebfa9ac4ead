// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path table.
 *
 * A path leads to one port of one device. It is made by the first lookup of that port, which
 * asks the namespace, and then serves all others. It goes when the device is removed, when a lookup
 * finds it stale, or when nobody has looked it up for two intervals of the collector. Nothing else
 * in the module keeps a pointer to another device's port.
 *
 * Each bucket has a lock for changes; lookups read it under RCU. In the table or not is decided
 * under the bucket's lock, once: who unlinks a path drops the table's reference. A lookup that
 * returns a path returns a reference with it. The last reference gives up the path's own on the
 * namespace's entry, and with it the device; the path's memory outlives a grace period.
 *
 * A device has paths as long as it may be open: while it is live, and while its removal waits for
 * its user. A path to a device that has been closed for the last time (the namespace's CLOSED) is
 * never returned. It cannot be put into the table either once msamp_paths_drop() has looked: the
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
#define MSAMP_PATH_IDLE_INTERVALS	2

/**
 * struct msamp_path_bucket - paths whose keys hash to the same value
 * @lock: protects changes of @head
 * @head: the paths, by msamp_path.node
 */
struct msamp_path_bucket {
	spinlock_t lock;	/* changes of the list */
	struct hlist_head head;
};

/**
 * struct msamp_path_counters - what one CPU's lookups came to
 * @hits: found in the table
 * @misses: not found there
 */
struct msamp_path_counters {
	u64 hits;
	u64 misses;
};

/**
 * struct msamp_path_table - paths by the names of the ports that they lead to
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
static struct msamp_path_table {
	struct msamp_namespace *ns;
	struct msamp_port *(*resolve)(void *object, unsigned int port);
	unsigned int nr_buckets;
	struct msamp_path_bucket *buckets;
	unsigned long interval;
	struct delayed_work collect;
	atomic_t nr;
	atomic64_t collected;
	struct msamp_path_counters __percpu *counters;
} msamp_paths;

static struct msamp_path_bucket *msamp_path_bucket(const struct msamp_key *key)
{
	u32 hash = jhash(key, sizeof(*key), 0);

	BUILD_BUG_ON(sizeof(*key) != sizeof(key->uuid) + sizeof(key->port));
	return &msamp_paths.buckets[reciprocal_scale(hash, msamp_paths.nr_buckets)];
}

static void msamp_path_unlink_locked(struct msamp_path_bucket *bucket, struct msamp_path *path)
{
	lockdep_assert_held(&bucket->lock);
	hlist_del_init_rcu(&path->node);
	atomic_dec(&msamp_paths.nr);
	/* the table's reference, from msamp_path_alloc() */
	msamp_path_put(path);
}

static struct msamp_path *msamp_path_find_locked(struct msamp_path_bucket *bucket,
						 const struct msamp_key *key)
{
	struct msamp_path *path;

	lockdep_assert_held(&bucket->lock);
	hlist_for_each_entry(path, &bucket->head, node)
		if (msamp_key_equal(&path->key, key))
			return path;
	return NULL;
}

/* A path in the table, with a reference for the caller. */
static struct msamp_path *msamp_path_lookup(struct msamp_path_bucket *bucket,
					    const struct msamp_key *key)
{
	struct msamp_path *path;

	rcu_read_lock();
	hlist_for_each_entry_rcu(path, &bucket->head, node)
		if (msamp_key_equal(&path->key, key))
			break;
	if (path && !(msamp_ns_is(path->entry, MSAMP_NS_MAY_BE_OPEN) &&
		      refcount_inc_not_zero(&path->ref)))
		path = NULL;
	rcu_read_unlock();
	if (unlikely(!path))
		return NULL;
	this_cpu_inc(msamp_paths.counters->hits);
	/* most lookups come within the same jiffy: leave the cache line alone */
	if (time_after(jiffies, READ_ONCE(path->used)))
		WRITE_ONCE(path->used, jiffies);
	return path;
}

/* Takes over the caller's reference on @entry if it succeeds. */
static struct msamp_path *msamp_path_alloc(const struct msamp_key *key,
					   struct msamp_ns_entry *entry)
{
	struct msamp_port *port = msamp_paths.resolve(entry->object, key->port);
	struct msamp_path *path;

	if (!port)
		return NULL;
	path = kmalloc(sizeof(*path), GFP_ATOMIC | __GFP_NOWARN);
	if (!path)
		return ERR_PTR(-ENOMEM);
	path->key = *key;
	/* the table's and the caller's */
	refcount_set(&path->ref, 2);
	path->used = jiffies;
	path->entry = entry;
	path->port = port;
	return path;
}

static void msamp_path_free(struct msamp_path *path)
{
	msamp_ns_put(path->entry);
	kfree_rcu(path, rcu);
}

/* Returns what the table has for the key now: @path, or one that another lookup has put there. */
static struct msamp_path *msamp_path_insert(struct msamp_path_bucket *bucket,
					    struct msamp_path *path)
{
	struct msamp_path *old;
	bool first = false;

	spin_lock_bh(&bucket->lock);
	old = msamp_path_find_locked(bucket, &path->key);
	if (old && msamp_ns_is(old->entry, MSAMP_NS_MAY_BE_OPEN)) {
		refcount_inc(&old->ref);
	} else {
		if (old)
			msamp_path_unlink_locked(bucket, old);
		old = NULL;
		if (msamp_ns_is(path->entry, MSAMP_NS_MAY_BE_OPEN)) {
			hlist_add_head_rcu(&path->node, &bucket->head);
			first = atomic_inc_return(&msamp_paths.nr) == 1;
			old = path;
		}
	}
	spin_unlock_bh(&bucket->lock);

	if (old != path)
		msamp_path_free(path);
	if (first)
		schedule_delayed_work(&msamp_paths.collect, msamp_paths.interval);
	return old;
}

/**
 * msamp_path_get() - look up the way to a port
 * @key: the port
 *
 * Context: Any but hard interrupts; does not sleep.
 * Return: a path with a reference, to be dropped by msamp_path_put(); NULL if no device that may be
 * open has this port, -ENOMEM.
 */
struct msamp_path *msamp_path_get(const struct msamp_key *key)
{
	struct msamp_path_bucket *bucket = msamp_path_bucket(key);
	struct msamp_path *path = msamp_path_lookup(bucket, key);
	struct msamp_ns_entry *entry;

	if (likely(path))
		return path;
	this_cpu_inc(msamp_paths.counters->misses);
	entry = msamp_ns_get_open(msamp_paths.ns, &key->uuid);
	if (!entry)
		return NULL;
	path = msamp_path_alloc(key, entry);
	if (IS_ERR_OR_NULL(path)) {
		msamp_ns_put(entry);
		return path;
	}
	return msamp_path_insert(bucket, path);
}

/**
 * msamp_path_put() - drop a reference on a path
 * @path: the path; not to be used any more
 *
 * Context: Any but hard interrupts.
 */
void msamp_path_put(struct msamp_path *path)
{
	if (refcount_dec_and_test(&path->ref))
		msamp_path_free(path);
}

/**
 * msamp_paths_drop() - a device is being removed: drop the paths to it
 * @uuid: the device, which has been closed for the last time
 * @nr_ports: how many ports it has
 *
 * On return the table has no path to the device and takes none.
 *
 * Context: Process.
 */
void msamp_paths_drop(const guid_t *uuid, unsigned int nr_ports)
{
	struct msamp_path_bucket *bucket;
	struct msamp_path *path;
	struct msamp_key key;

	guid_copy(&key.uuid, uuid);
	for (key.port = 0; key.port < nr_ports; key.port++) {
		bucket = msamp_path_bucket(&key);
		spin_lock_bh(&bucket->lock);
		path = msamp_path_find_locked(bucket, &key);
		if (path)
			msamp_path_unlink_locked(bucket, path);
		spin_unlock_bh(&bucket->lock);
	}
}

/* Drops what nobody has used for @idle jiffies. */
static unsigned int msamp_path_collect_bucket(struct msamp_path_bucket *bucket, unsigned long idle)
{
	struct msamp_path *path;
	struct hlist_node *next;
	unsigned int n = 0;

	spin_lock_bh(&bucket->lock);
	hlist_for_each_entry_safe(path, next, &bucket->head, node) {
		if (time_before(jiffies, READ_ONCE(path->used) + idle))
			continue;
		msamp_path_unlink_locked(bucket, path);
		n++;
	}
	spin_unlock_bh(&bucket->lock);
	return n;
}

static unsigned int msamp_path_collect(unsigned long idle)
{
	unsigned int i, n = 0;

	for (i = 0; i < msamp_paths.nr_buckets; i++) {
		if (hlist_empty(&msamp_paths.buckets[i].head))
			continue;
		n += msamp_path_collect_bucket(&msamp_paths.buckets[i], idle);
		cond_resched();
	}
	return n;
}

static void msamp_path_collect_work(struct work_struct *work)
{
	atomic64_add(msamp_path_collect(MSAMP_PATH_IDLE_INTERVALS * msamp_paths.interval),
		     &msamp_paths.collected);
	/* whoever puts the first path into an empty table starts it again */
	if (atomic_read(&msamp_paths.nr))
		schedule_delayed_work(&msamp_paths.collect, msamp_paths.interval);
}

/**
 * msamp_paths_stats() - what a table has done so far
 * @stats: the figures
 *
 * Context: Any.
 */
void msamp_paths_stats(struct msamp_path_stats *stats)
{
	struct msamp_path_counters *counters;
	int cpu;

	stats->paths = atomic_read(&msamp_paths.nr);
	stats->collected = atomic64_read(&msamp_paths.collected);
	stats->hits = 0;
	stats->misses = 0;
	for_each_possible_cpu(cpu) {
		counters = per_cpu_ptr(msamp_paths.counters, cpu);
		stats->hits += READ_ONCE(counters->hits);
		stats->misses += READ_ONCE(counters->misses);
	}
}

/**
 * msamp_paths_check_name() - see whether a port can be named
 * @key: the port
 *
 * Context: Process, may sleep.
 * Return: 0; -ERANGE if the named device is there and has no such port, or none ever can.
 */
int msamp_paths_check_name(const struct msamp_key *key)
{
	struct msamp_ns_entry *entry;
	int ret = 0;

	if (key->port >= MSAMP_MAX_PORTS)
		return -ERANGE;
	entry = msamp_ns_get(msamp_paths.ns, &key->uuid);
	if (!entry)
		return 0;
	if (!msamp_paths.resolve(entry->object, key->port))
		ret = -ERANGE;
	msamp_ns_put(entry);
	return ret;
}

/**
 * msamp_paths_check() - see whether a table could be made of this
 * @buckets: how many buckets, 1 to MSAMP_PATH_BUCKETS_MAX
 * @interval: seconds, 1 to MSAMP_PATH_GC_INTERVAL_MAX
 *
 * Prints one line that names what is wrong: root typed it.
 *
 * Context: Any.
 * Return: 0, -EINVAL.
 */
int msamp_paths_check(unsigned int buckets, unsigned int interval)
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
 * msamp_paths_init() - make the table, which is empty
 * @ns: where devices are found; outlives the table
 * @buckets: how many buckets, checked by msamp_paths_check()
 * @interval: seconds from one run of the collector to the next, checked too
 * @resolve: from the object of a namespace entry to one of its ports, or NULL; must not sleep
 *
 * Context: Process, may sleep. Pairs with msamp_paths_exit().
 * Return: 0, -ENOMEM.
 */
int msamp_paths_init(struct msamp_namespace *ns,
		     unsigned int buckets, unsigned int interval,
		     struct msamp_port *(*resolve)(void *object, unsigned int port))
{
	unsigned int i;

	msamp_paths.counters = alloc_percpu(struct msamp_path_counters);
	msamp_paths.buckets = kvcalloc(buckets, sizeof(*msamp_paths.buckets), GFP_KERNEL);
	if (!msamp_paths.counters || !msamp_paths.buckets) {
		kvfree(msamp_paths.buckets);
		free_percpu(msamp_paths.counters);
		return -ENOMEM;
	}
	for (i = 0; i < buckets; i++)
		spin_lock_init(&msamp_paths.buckets[i].lock);
	msamp_paths.ns = ns;
	msamp_paths.resolve = resolve;
	msamp_paths.nr_buckets = buckets;
	msamp_paths.interval = interval * HZ;
	INIT_DELAYED_WORK(&msamp_paths.collect, msamp_path_collect_work);
	atomic_set(&msamp_paths.nr, 0);
	atomic64_set(&msamp_paths.collected, 0);
	return 0;
}

/**
 * msamp_paths_exit() - drop all paths and destroy the table
 *
 * Context: Process, may sleep.
 */
void msamp_paths_exit(void)
{
	cancel_delayed_work_sync(&msamp_paths.collect);
	msamp_path_collect(0);
	WARN_ON_ONCE(atomic_read(&msamp_paths.nr));
	kvfree(msamp_paths.buckets);
	free_percpu(msamp_paths.counters);
}
