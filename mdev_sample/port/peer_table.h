/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The path table: how a port finds the port at the other end of its null modem. peer_table.c has
 * the contract.
 */
#ifndef MSAMP_PATH_H
#define MSAMP_PATH_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/uuid.h>
#include <linux/workqueue.h>

#define MSAMP_PATH_BUCKETS		1024
#define MSAMP_PATH_BUCKETS_MAX		1048576
#define MSAMP_PATH_GC_INTERVAL		30
#define MSAMP_PATH_GC_INTERVAL_MAX	86400

struct msamp_namespace;
struct msamp_ns_entry;
struct msamp_port;

/**
 * struct msamp_key - names a port on the whole host
 * @uuid: its device
 * @port: its number there, from 0
 */
struct msamp_key {
	guid_t uuid;
	u32 port;
};

/**
 * struct msamp_path - the way to a port
 * @node: place in its bucket
 * @key: the port's name
 * @ref: one for the table, one for each msamp_path_get()
 * @used: jiffies when it was last looked up
 * @entry: the device's entry in the namespace; the path's reference on it keeps the device
 * @port: the port
 * @rcu: frees the path after a grace period
 */
struct msamp_path {
	struct hlist_node node;
	struct msamp_key key;
	refcount_t ref;
	unsigned long used;
	struct msamp_ns_entry *entry;
	struct msamp_port *port;
	struct rcu_head rcu;
};

struct msamp_path_bucket;
struct msamp_path_counters;

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
struct msamp_path_table {
	struct msamp_namespace *ns;
	struct msamp_port *(*resolve)(void *object, unsigned int port);
	unsigned int nr_buckets;
	struct msamp_path_bucket *buckets;
	unsigned long interval;
	struct delayed_work collect;
	atomic_t nr;
	atomic64_t collected;
	struct msamp_path_counters __percpu *counters;
};

/**
 * struct msamp_path_stats - what a table has done so far
 * @paths: paths in the table now
 * @hits: lookups that found one
 * @misses: lookups that had to ask the namespace
 * @collected: paths dropped because nobody had used them
 */
struct msamp_path_stats {
	unsigned int paths;
	u64 hits;
	u64 misses;
	u64 collected;
};

static inline bool msamp_key_equal(const struct msamp_key *a, const struct msamp_key *b)
{
	return a->port == b->port && guid_equal(&a->uuid, &b->uuid);
}

int msamp_paths_check(unsigned int buckets, unsigned int interval);
int msamp_paths_init(struct msamp_path_table *table, struct msamp_namespace *ns,
		     unsigned int buckets, unsigned int interval,
		     struct msamp_port *(*resolve)(void *object, unsigned int port));
void msamp_paths_exit(struct msamp_path_table *table);

struct msamp_path *msamp_path_find(struct msamp_path_table *table, const struct msamp_key *key);
struct msamp_path *msamp_path_get(struct msamp_path_table *table, const struct msamp_key *key);
void msamp_path_put(struct msamp_path *path);
void msamp_paths_drop(struct msamp_path_table *table, const guid_t *uuid, unsigned int nr_ports);
void msamp_paths_stats(struct msamp_path_table *table, struct msamp_path_stats *stats);

#endif /* MSAMP_PATH_H */
