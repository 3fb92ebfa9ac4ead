// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a lookup costs: in a small and in a big namespace, beside a bare rhashtable of the same
 * entries, and beside a walk through a list under a mutex, which is how the kernel's mdev core
 * looks for duplicates.
 *
 * Which entries are looked up decides as much as how many there are, because of the caches: so the
 * same is measured in three ways, each the same for the namespace and for the bare table.
 *
 *	few		the same 100, spread over all of them, which have just been looked up: what
 *			the number of entries costs by itself
 *	in order	all of them, in the order in which they were made
 *	at random	all of them, in no order
 *
 * Ratios are medians of the ratios of measurements next to each other.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "torture.h"

#define TORT_SMALL	1000
#define TORT_FEW	100
#define TORT_ROUNDS	201
/* Short enough that most of them are not interrupted on a machine that has other things to do. */
#define TORT_BATCH	500

enum tort_order { TORT_SAME_FEW, TORT_IN_ORDER, TORT_AT_RANDOM, TORT_NR_ORDERS };
enum tort_way { TORT_FIND, TORT_BARE, TORT_GET, TORT_NR_WAYS };

static const char * const tort_order_name[] = { "few", "in order", "at random" };

/**
 * struct tort_set - entries to look up
 * @nr: how many
 * @ns: in a namespace
 * @bare: as many of the same sort; only its table is used
 * @keys: their UUIDs, in each order
 * @nr_keys: how many of them
 * @next: with which to go on, in different places for each way: none profits from another
 * @cost: of one lookup, in tenths of a nanosecond
 */
struct tort_set {
	unsigned int nr;
	struct msamp_namespace ns;
	struct msamp_namespace bare;
	guid_t *keys[TORT_NR_ORDERS];
	unsigned int nr_keys[TORT_NR_ORDERS];
	unsigned int next[TORT_NR_ORDERS][TORT_NR_WAYS];
	u32 cost[TORT_NR_ORDERS][TORT_NR_WAYS][TORT_ROUNDS];
};

/* As the namespace's own. */
static const struct rhashtable_params tort_params = {
	.head_offset = offsetof(struct msamp_ns_entry, node),
	.key_offset = offsetof(struct msamp_ns_entry, uuid),
	.key_len = sizeof(guid_t),
	.automatic_shrinking = true,
};

/* A call, as msamp_ns_find() is one. */
static noinline struct msamp_ns_entry *tort_bare_find(struct msamp_namespace *bare,
						      const guid_t *uuid)
{
	return rhashtable_lookup(&bare->table, uuid, tort_params);
}

static unsigned int tort_lookups(struct tort_set *set, enum tort_way way, const guid_t *keys,
				 unsigned int nr)
{
	/*
	 * By a pointer, so that both are called in the same way: an emulator follows a call that
	 * stays in a page faster than one that leaves it.
	 */
	struct msamp_ns_entry *(*find)(struct msamp_namespace *ns, const guid_t *uuid) =
		way == TORT_FIND ? msamp_ns_find : tort_bare_find;
	struct msamp_namespace *ns = way == TORT_FIND ? &set->ns : &set->bare;
	struct msamp_ns_entry *entry;
	unsigned int missed = 0;

	while (nr--) {
		if (way == TORT_GET) {
			entry = msamp_ns_get(&set->ns, keys);
			if (entry)
				msamp_ns_put(entry);
		} else {
			rcu_read_lock();
			entry = find(ns, keys);
			rcu_read_unlock();
		}
		missed += !entry;
		keys++;
	}
	return missed;
}

/* A batch of lookups; the next one goes on where this one ended. */
static void tort_measure(struct tort_set *set, enum tort_order order, enum tort_way way,
			 unsigned int round)
{
	unsigned int nr = set->nr_keys[order], at = set->next[order][way], left, part;
	u64 start;

	if (order == TORT_SAME_FEW)
		tort_lookups(set, way, set->keys[order], nr);
	start = ktime_get_ns();
	for (left = TORT_BATCH; left; left -= part) {
		part = min(left, nr - at);
		tort_check(!tort_lookups(set, way, set->keys[order] + at, part), "missed");
		at = (at + part) % nr;
	}
	set->cost[order][way][round] = div_u64((ktime_get_ns() - start) * 10, TORT_BATCH);
	set->next[order][way] = at;
	cond_resched();
}

static int tort_compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* Of a copy, as the order in time matters for ratios. */
static u32 tort_median(const u32 *values)
{
	u32 sorted[TORT_ROUNDS];

	memcpy(sorted, values, sizeof(sorted));
	sort(sorted, TORT_ROUNDS, sizeof(*sorted), tort_compare, NULL);
	return sorted[TORT_ROUNDS / 2];
}

/* In hundredths. */
static u32 tort_ratio(const u32 *above, const u32 *below)
{
	u32 ratio[TORT_ROUNDS];
	unsigned int i;

	for (i = 0; i < TORT_ROUNDS; i++)
		ratio[i] = above[i] * 100 / max(below[i], 1U);
	return tort_median(ratio);
}

static void tort_bare_free(void *entry, void *unused)
{
	kfree(entry);
}

static void tort_set_free(struct tort_set *set)
{
	unsigned int i;

	for (i = 0; i < set->nr && set->keys[TORT_IN_ORDER]; i++) {
		struct msamp_ns_entry *entry = msamp_ns_get(&set->ns,
							    &set->keys[TORT_IN_ORDER][i]);

		if (entry && !msamp_ns_begin_removal(entry)) {
			msamp_ns_close(entry);
			msamp_ns_release(entry);
		}
		if (entry)
			msamp_ns_put(entry);
		cond_resched();
	}
	msamp_ns_exit(&set->ns);
	rhashtable_free_and_destroy(&set->bare.table, tort_bare_free, NULL);
	for (i = 0; i < TORT_NR_ORDERS; i++)
		kvfree(set->keys[i]);
	kvfree(set);
}

static int tort_set_add(struct tort_set *set, unsigned int i)
{
	static struct msamp_ns_owner owner;
	struct msamp_ns_entry *entry;
	guid_t *key = &set->keys[TORT_IN_ORDER][i];
	int ret;

	guid_gen(key);
	entry = msamp_ns_reserve(&set->ns, key, &owner);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	msamp_ns_publish(entry, NULL);

	/* allocated in turn with those of the namespace: memory looks the same to both */
	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	entry->uuid = *key;
	ret = rhashtable_insert_fast(&set->bare.table, &entry->node, tort_params);
	if (ret)
		kfree(entry);
	return ret;
}

static void tort_set_order(struct tort_set *set)
{
	guid_t *random = set->keys[TORT_AT_RANDOM];
	unsigned int i;

	memcpy(random, set->keys[TORT_IN_ORDER], set->nr * sizeof(guid_t));
	for (i = set->nr - 1; i; i--)
		swap(random[i], random[get_random_u32() % (i + 1)]);
	memcpy(set->keys[TORT_SAME_FEW], random, TORT_FEW * sizeof(guid_t));
	for (i = 0; i < TORT_NR_ORDERS * TORT_NR_WAYS; i++)
		set->next[i / TORT_NR_WAYS][i % TORT_NR_WAYS] =
			set->nr_keys[i / TORT_NR_WAYS] / TORT_NR_WAYS * (i % TORT_NR_WAYS);
}

static struct tort_set *tort_set_new(unsigned int nr)
{
	struct tort_set *set = kvzalloc(sizeof(*set), GFP_KERNEL);
	bool failed = false;
	unsigned int i;

	if (!set)
		return NULL;
	if (msamp_ns_init(&set->ns, NULL)) {
		kvfree(set);
		return NULL;
	}
	if (rhashtable_init(&set->bare.table, &tort_params)) {
		msamp_ns_exit(&set->ns);
		kvfree(set);
		return NULL;
	}
	for (i = 0; i < TORT_NR_ORDERS; i++) {
		set->nr_keys[i] = i == TORT_SAME_FEW ? TORT_FEW : nr;
		set->keys[i] = kvcalloc(set->nr_keys[i], sizeof(guid_t), GFP_KERNEL);
		failed |= !set->keys[i];
	}
	while (!failed && set->nr < nr) {
		failed = tort_set_add(set, set->nr);
		set->nr += !failed;
		cond_resched();
	}
	if (failed) {
		tort_set_free(set);
		return NULL;
	}
	tort_set_order(set);
	return set;
}

static void tort_measure_both(struct tort_set *small, struct tort_set *big)
{
	unsigned int round, order, way, i;

	for (round = 0; round < TORT_ROUNDS; round++) {
		for (order = 0; order < TORT_NR_ORDERS; order++) {
			/* each way comes first as often as the others */
			for (i = 0; i < TORT_NR_WAYS; i++) {
				way = (i + round) % TORT_NR_WAYS;
				tort_measure(small, order, way, round);
				tort_measure(big, order, way, round);
			}
		}
	}
}

static void tort_limit(const char *what, const char *order, u32 ratio, u32 limit)
{
	tort_report("%s %s, %s: %u.%02u times, at most %u.%02u\n", ratio > limit ? "fail" : "pass",
		    what, order, ratio / 100, ratio % 100, limit / 100, limit % 100);
}

static void tort_report_set(struct tort_set *set)
{
	unsigned int order;

	for (order = 0; order < TORT_NR_ORDERS; order++) {
		u32 find = tort_median(set->cost[order][TORT_FIND]);
		u32 bare = tort_median(set->cost[order][TORT_BARE]);
		u32 get = tort_median(set->cost[order][TORT_GET]);

		tort_report("info of %u, %s: find %u.%u ns (%u/s), bare %u.%u, get and put %u.%u\n",
			    set->nr, tort_order_name[order], find / 10, find % 10,
			    (u32)div_u64(10000000000ULL, max(find, 1U)), bare / 10, bare % 10,
			    get / 10, get % 10);
	}
}

static void tort_report_both(struct tort_set *small, struct tort_set *big)
{
	unsigned int order;

	tort_report_set(small);
	tort_report_set(big);
	for (order = 0; order < TORT_NR_ORDERS; order++) {
		tort_limit("small beside a bare table", tort_order_name[order],
			   tort_ratio(small->cost[order][TORT_FIND], small->cost[order][TORT_BARE]),
			   110);
		tort_limit("big beside a bare table", tort_order_name[order],
			   tort_ratio(big->cost[order][TORT_FIND], big->cost[order][TORT_BARE]),
			   110);
	}
	tort_limit("big beside small", tort_order_name[TORT_SAME_FEW],
		   tort_ratio(big->cost[TORT_SAME_FEW][TORT_FIND],
			      small->cost[TORT_SAME_FEW][TORT_FIND]), 150);
	for (order = TORT_IN_ORDER; order < TORT_NR_ORDERS; order++) {
		u32 find = tort_ratio(big->cost[order][TORT_FIND], small->cost[order][TORT_FIND]);
		u32 bare = tort_ratio(big->cost[order][TORT_BARE], small->cost[order][TORT_BARE]);

		tort_report("info big beside small, %s: %u.%02u times; bare %u.%02u times\n",
			    tort_order_name[order], find / 100, find % 100, bare / 100, bare % 100);
	}
}

/**
 * tort_bench() - measure lookups
 *
 * Context: Process, may sleep.
 * Return: 0, -ENOMEM.
 */
int tort_bench(void)
{
	struct tort_set *small = tort_set_new(TORT_SMALL);
	struct tort_set *big = tort_set_new(tort_entries);
	int ret = -ENOMEM;

	if (small && big) {
		tort_measure_both(small, big);
		tort_report_both(small, big);
		tort_report("info new UUID, list under a mutex: of 1000 %u ns, of 10000 %u ns\n",
			    tort_list_cost(1000), tort_list_cost(10000));
		ret = 0;
	}
	if (big)
		tort_set_free(big);
	if (small)
		tort_set_free(small);
	return ret;
}
